# Builds the schedulers in SRC (NAME.bpf.c with NAME.c beside it) against our
# headers and libbpf, into BUILD/sched/NAME.  make -f sched.mk SRC= BUILD= KERNEL=
# SPDX-License-Identifier: GPL-2.0

CLANG ?= clang-19
CC ?= gcc
out := $(BUILD)/sched
tools := $(BUILD)/tools
linux := $(BUILD)/linux
names := $(patsubst $(SRC)/%.bpf.c,%,$(wildcard $(SRC)/*.bpf.c))
