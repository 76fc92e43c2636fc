# SPDX-License-Identifier: GPL-2.0
#
# make -f sched.mk SRC= BUILD=: schedulers from outside the repository.
#
# Each NAME.bpf.c in SRC, with a loader NAME.c beside it, becomes
# BUILD/sched/NAME. They see <scx/...> of our tools/sched_ext, <bpf/...> of the
# tree's libbpf, vmlinux.h of the kernel last built, and the skeleton as
# "NAME.bpf.skel.h". `make tools` must have run.

CLANG ?= clang-19
CC := gcc
out := $(BUILD)/sched
linux := $(BUILD)/linux
bpftool := $(BUILD)/bpftool/bpftool
libbpf := $(BUILD)/bpftool/libbpf
includes := -I$(linux)/tools/sched_ext/include -I$(libbpf)/include \
	-I$(linux)/tools/include/uapi -I$(BUILD)
names := $(patsubst $(SRC)/%.bpf.c,%,$(wildcard $(SRC)/*.bpf.c))

all: $(addprefix $(out)/,$(names))
	@test -n "$(names)" || { echo 'sched: no *.bpf.c in $(SRC)' >&2; exit 1; }
	@$(foreach n,$(names),echo 'sched: $(out)/$(n)';)

$(out):
	mkdir -p $@

$(out)/%.bpf.o: $(SRC)/%.bpf.c $(BUILD)/vmlinux.h | $(out)
	$(CLANG) -g -O2 -Wall -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 $(includes) -MMD -c $< -o $@

$(out)/%.bpf.skel.h: $(out)/%.bpf.o
	$(bpftool) gen object $(out)/$*.bpf.linked.o $<
	$(bpftool) gen skeleton $(out)/$*.bpf.linked.o name $(subst -,_,$*) > $@ || { rm -f $@; exit 1; }

$(out)/%: $(SRC)/%.c $(out)/%.bpf.skel.h
	$(CC) -g -O2 -Wall -I$(out) $(includes) -MMD -o $@ $< $(libbpf)/libbpf.a -lelf -lz -lzstd -lpthread

-include $(wildcard $(out)/*.d)
.PRECIOUS: $(out)/%.bpf.o $(out)/%.bpf.skel.h
