# Front door of the project: `make help`.
# SPDX-License-Identifier: GPL-2.0

BUILD ?= build
CONFIG ?=
JOBS ?= $(shell nproc)
export JOBS

build := $(abspath $(BUILD))
linux := $(build)/linux
scripts := $(CURDIR)/scripts
# One kernel for the targets that need one; `make test` takes both by default.
config := $(or $(CONFIG),base)
kernel := $(or $(KERNEL),$(build)/kernel-$(config))
configs := $(or $(CONFIG),base debug)
export CONFIGS := $(configs)
export BUILD_DIR := $(build)

tree := $(scripts)/tree.py
tree_args := -b $(build) $(if $(KERNEL_SRC),-k $(abspath $(KERNEL_SRC))) $(if $(FORCE),-f)

.PHONY: help setup deps tree refresh check-tree series check-series kernel tools \
	selftests run shell test check full fuzz mutants bench bpf-selftests layout lint sched deb \
	test-deb clean
.DEFAULT_GOAL := help

help:
	@echo 'Everyday:'
	@echo '  make run             boot a VM and let a BPF scheduler run it'
	@echo '  make test            all tests on the plain and the debug kernel (CONFIG=base: one)'
	@echo '  make check T=name    one selftest, on the kernel as it is now'
	@echo '  make shell           a shell in the VM (CPUS=, MEM=, KERNEL=OUT_DIR)'
	@echo '  make sched SRC=dir   build schedulers of your own against our headers'
	@echo '  make deb             Debian packages of the kernel (KCONFIG=, LSMOD=), in $(BUILD)/deb'
	@echo 'Kernel tree:'
	@echo '  make tree            repository -> $(BUILD)/linux (KERNEL_SRC=tarball or tree; FORCE=1)'
	@echo '  make refresh         commits in $(BUILD)/linux -> repository'
	@echo '  make check-tree      do the two agree?'
	@echo '  make kernel          CONFIG=base|debug|... -> $(BUILD)/kernel-CONFIG'
	@echo '  make tools           $(BUILD)/tools/bin/scx_*'
	@echo '  make selftests       $(BUILD)/selftests'
	@echo '  make series          the patches as mails, in $(BUILD)/series'
	@echo '  make check-series    does every step of the series build?'
	@echo 'Before a release:'
	@echo '  make full            every test at its full count'
	@echo '  make fuzz            thousands of generated programs, on debug (N=, SEED=, CONFIG=)'
	@echo '  make mutants         do the tests notice when a rule is broken? (M="01 02": these)'
	@echo '  make bench           instructions per operation'
	@echo '  make bpf-selftests   is the BPF of 6.1 what it was? (hours; STEP=build|run|compare)'
	@echo '  make layout          what the class changes in task_struct, rq and sched_class'
	@echo '  make lint            checkpatch, W=1, sparse'
	@echo '  make test-deb        do the packages work in a Debian system? (root)'
	@echo 'Also: make setup (Debian packages; root), make clean'
	@echo 'Configurations: $(patsubst configs/%.config,%,$(filter-out configs/ext.config,$(wildcard configs/*.config))) unpatched noext'

setup:
	@$(scripts)/setup.sh

# Installs only what is missing, so that run and test work on a fresh machine.
deps:
	@$(scripts)/setup.sh -q || $(scripts)/setup.sh

tree: deps
	@$(tree) tree $(tree_args)

refresh:
	@$(tree) refresh $(tree_args)

check-tree:
	@$(tree) check $(tree_args)

series: deps
	@$(tree) series $(tree_args)

check-series: tree
	@$(scripts)/check-series.sh $(if $(QUICK),-q)

kernel: tree
	@$(scripts)/build.sh kernel $(config)

tools: kernel
	@$(scripts)/build.sh tools $(config)

selftests: tools
	@$(scripts)/build.sh selftests $(config)

run: tools
	@$(scripts)/demo.sh $(kernel)

shell: $(if $(KERNEL),deps,tools)
	@$(scripts)/vm.sh -s -o $(build)/shell $(kernel) \
		$(addsuffix :/opt/tools,$(wildcard $(build)/tools/bin)) \
		$(addsuffix :/opt/selftests,$(wildcard $(build)/selftests))

check: selftests
	@test -n "$(T)" || { echo 'which test? make check T=name' >&2; exit 2; }
	@$(scripts)/run_tests.py -v -c $(config) $(T)

test: deps
	@$(scripts)/test.sh

full: deps
	@FULL=1 $(scripts)/test.sh

# A single program, N=1, is shown with what the verifier says.
fuzz: config := $(or $(CONFIG),debug)
fuzz: selftests
	@$(scripts)/run_tests.py -v -c $(config) -l $(or $(LIMIT),900) \
		-e "SCX_TEST_FUZZ_COUNT=$(or $(N),5000) SCX_TEST_FUZZ_SEED=$(or $(SEED),1)" fuzz

mutants: selftests
	@$(scripts)/mutants.sh $(M)

bench: kernel
	@$(scripts)/bench.sh

bpf-selftests: tree
	@$(scripts)/bpf-selftests.sh $(STEP)

layout: tree
	@$(scripts)/layout.sh

lint: tree
	@$(scripts)/lint.sh

sched: tools
	@test -d "$(SRC)" || { echo 'make sched SRC=dir: which directory?' >&2; exit 2; }
	@SRC=$(abspath $(SRC)) $(scripts)/build.sh sched $(config)

deb: tree
	@$(scripts)/deb.sh $(KCONFIG)

test-deb:
	@$(scripts)/test-deb.sh

clean:
	rm -rf $(build)
