#!/bin/bash
# bpf-selftests.sh [build|run|compare]: is the BPF of 6.1 what it was?
#
# Builds the kernel's own BPF selftests from the unpatched tree, once, runs the same
# binaries on the unpatched and the patched kernel (both of bpf.config), and compares:
# test_verifier, the tests of test_progs and the programs that bpf-selftests.tests names.
# Which differences are meant to be is in bpf-selftests.expected. Without an argument,
# all three steps; each takes up what is there: bpf_testmod is built for each kernel, as
# modules must be, everything else for both.
#
# Environment: CLANG (clang-19; the programs are compiled with this one), JOBS, KERNELS
# (one of the two, to build or run just that), PARTS (of a run: tests verdicts cost).
# Results: $BUILD_DIR/results/bpf-selftests.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
build=$(realpath -m "${BUILD_DIR:-$here/../build}")
clang=${CLANG:-clang-19}
out=$build/bpf-selftests results=$build/results/bpf-selftests
src=$out/src bpf=$src/tools/testing/selftests/bpf bin=$out/bin
kernels=${KERNELS:-unpatched-bpf bpf}
parts=${PARTS:-tests verdicts cost}
say() { echo "bpf-selftests: $*"; }
die() { say "$*" >&2; exit 1; }

named() { sed -n "s/^$1 //p" "$here/bpf-selftests.tests" | tr ' ' '\n' | sort -u; }

need_tools() {
	local tool
	for tool in "$clang" "${clang/clang/llvm-strip}" gcc make git python3 pahole ip \
			qemu-system-x86_64; do
		command -v "$tool" >/dev/null || die "$tool is missing: make setup"
	done
}

build_kernels() {
	local kernel
	for kernel in $kernels; do
		"$here/build.sh" kernel "$kernel"
	done
}

# The objects that a skeleton is linked of, by the Makefile.
parts_of() { sed -n "s/^$1\.skel\.h-deps := //p" "$bpf/Makefile" | tr ' ' '\n' | sed 's/\.bpf\.o$//'; }

# The programs that a file of prog_tests/ uses, and that those include.
programs_of() {
	local stem parts
	grep -ohE '[A-Za-z0-9_]+\.(l?skel\.h|bpf\.o)' "$bpf/prog_tests.all/$1.c" |
	sed -E 's/\.(l?skel\.h|bpf\.o)$//' | sort -u |
	while read -r stem; do
		parts=$(parts_of "$stem")
		echo "${parts:-$stem}"
	done
}

# Only what is named of the tree's selftests, out of a copy of what they are built from.
unpack() {
	local base=$build/base-tree commit
	commit=$(git -C "$base" rev-parse HEAD)
	if [ "$(cat "$out/.source" 2>/dev/null)" != "$commit" ]; then
		say "the sources of $(git -C "$base" log -1 --format=%s)"
		rm -rf "$src" "$bin"
		mkdir -p "$src/include/generated"
		git -C "$base" archive "$commit" tools scripts include/uapi kernel/bpf |
			tar -x -C "$src"
		mv "$bpf/progs" "$bpf/progs.all"
		mv "$bpf/prog_tests" "$bpf/prog_tests.all"
		echo "$commit" > "$out/.source"
	fi
	# By this the tests know what the architecture can do.
	cmp -s "$build/kernel-unpatched-bpf/include/generated/autoconf.h" \
			"$src/include/generated/autoconf.h" ||
		cp "$build/kernel-unpatched-bpf/include/generated/autoconf.h" "$src/include/generated/"
}

# make in the selftests' directory
selftests_make() {
	make -s -C "$bpf" CLANG="$clang" LLC="${clang/clang/llc}" \
		LLVM_STRIP="${clang/clang/llvm-strip}" \
		VMLINUX_BTF="$build/kernel-unpatched-bpf/vmlinux" \
		TRUNNER_EXTRA_FILES='' -j"${JOBS:-$(nproc)}" "$@"
}

# take DIR NAME...: these files of DIR.all, and no others, in DIR, if they exist. Only
# what changed is touched, so that make does no more than it must.
take() {
	local dir=$bpf/$1 name
	shift
	mkdir -p "$dir"
	cp -pu "$dir.all"/*.h "$dir/" 2>/dev/null || true
	for name; do
		cp -pu "$dir.all/$name.c" "$dir/" 2>/dev/null || true
	done
	find "$dir" -name '*.c' | while read -r name; do
		name=$(basename "$name" .c)
		[[ " $* " == *" $name "* ]] || rm "$dir/$name.c"
	done
}

objects_in() { find "$1" -maxdepth 1 -name '*.bpf.o' -printf '%f\n' | sort; }

leave_out() { echo "$*" >> "$out/left-out"; }

# Tries each program; $out/left-out names those which this compiler does not compile
# and the tests that need them.
compile_programs() {
	local test program programs tests=() why
	for test in $(named test); do
		[ -f "$bpf/prog_tests.all/$test.c" ] || die "the tree has no test $test"
	done
	# shellcheck disable=SC2046
	programs=$({ for test in $(named test); do programs_of "$test"; done; named cost; } | sort -u)
	# What they include of each other.
	programs+=" $(for program in $programs; do
		sed -n 's/^#include "\([a-z0-9_]*\)\.c"/\1/p' "$bpf/progs.all/$program.c" 2>/dev/null || true
	done | sort -u)"
	programs=$(echo "$programs" | tr -s ' \n' ' ')
	# shellcheck disable=SC2086
	take progs $programs
	take prog_tests
	say "compiling programs with $clang"
	# shellcheck disable=SC2046,SC2086
	selftests_make -k $(printf "$bpf/%s.bpf.o " $programs) > "$out/programs.log" 2>&1 || true
	: > "$out/left-out"
	for program in $programs; do
		if [ ! -f "$bpf/$program.bpf.o" ]; then
			why=$(grep -m 1 -E "^progs/$program\.c:.*error:" "$out/programs.log" || true)
			leave_out "program $program: ${why:-see $out/programs.log}"
		fi
	done
	for test in $(named test); do
		for program in $(programs_of "$test"); do
			[ -f "$bpf/$program.bpf.o" ] && continue
			leave_out "test $test: needs program $program"
			continue 2
		done
		tests+=("$test")
	done
	printf '%s\n' "${tests[@]}" > "$out/tests"
}

# Skeletons are asked for by name: what the Makefile lists, as far as it is there.
present() {
	local name part
	sed -n "/^$1 :=/,/[^\\\\]\$/p" "$bpf/Makefile" | sed "s/^$1 :=//; s/\\\\//g" | tr -s ' \t' '\n' |
	while read -r name; do
		case $name in
		*.c) [ ! -f "$bpf/progs/$name" ] || echo "$name" ;;
		*.skel.h)
			for part in $(parts_of "${name%.skel.h}"); do
				[ -f "$bpf/progs/$part.c" ] || continue 2
			done
			echo "$name" ;;
		esac
	done | tr '\n' ' '
}

build_tests() {
	local tests programs test
	mapfile -t tests < "$out/tests"
	programs=$(objects_in "$bpf" | sed 's/\.bpf\.o$//')
	# shellcheck disable=SC2086
	take progs $programs
	take prog_tests "${tests[@]}"
	# tests.h is made of what is there.
	[ "${tests[*]}" = "$(cat "$out/.tests" 2>/dev/null)" ] || rm -f "$bpf/prog_tests/tests.h"
	echo "${tests[*]}" > "$out/.tests"
	say "test_verifier and ${#tests[@]} tests of test_progs"
	selftests_make LINKED_SKELS="$(present LINKED_SKELS)" LSKELS="$(present LSKELS)" \
		LSKELS_EXTRA="$(present LSKELS_EXTRA)" \
		"$bpf/test_verifier" "$bpf/test_progs" > "$out/tests.log" 2>&1 ||
		{ tail -n 30 "$out/tests.log" >&2; die "the tests do not build: $out/tests.log"; }
	gcc -O2 -Wall -I"$bpf/tools/include" -o "$out/bpf-load" "$here/bpf-load.c" \
		-Wl,--wrap=syscall "$bpf/tools/build/libbpf/libbpf.a" -lelf -lz
	mkdir -p "$bin"
	for test in test_verifier test_progs; do
		"${clang/clang/llvm-strip}" -g -o "$bin/$test" "$bpf/$test"
	done
	cp "$out/bpf-load" "$bin/"
	cp -u "$bpf"/*.bpf.o "$bin/"
}

build_testmod() {
	local dir=$out/testmod-$1
	# Its BTF is made of those of the kernel, on which make does not see it depend.
	rm -rf "$dir"
	mkdir -p "$dir"
	cp -u "$bpf"/bpf_testmod/*.[ch] "$bpf/bpf_testmod/Makefile" "$dir/"
	"$here/build.sh" kernel "$1" modules
	make -s -C "$build/kernel-$1" M="$dir" modules > "$dir.log" 2>&1 ||
		{ cat "$dir.log" >&2; die "bpf_testmod does not build for kernel-$1"; }
}

step_build() {
	local kernel
	need_tools
	mkdir -p "$out"
	build_kernels
	unpack
	compile_programs
	build_tests
	for kernel in $kernels; do
		build_testmod "$kernel"
	done
	[ ! -s "$out/left-out" ] || sed 's/^/bpf-selftests: left out: /' "$out/left-out"
}

# in_vm KERNEL TIMEOUT WHAT...: guest-bpf-selftests there
in_vm() {
	local kernel=$1 limit=$2
	shift 2
	say "$1 on kernel-$kernel"
	# -n: what the tests provoke on purpose is in the log as well. Threads that end
	# themselves load libgcc_s.
	"$here/vm.sh" -n -t "$limit" -o "$results/$kernel" "$build/kernel-$kernel" \
		"$bin:/opt/bpf" "$out/testmod-$kernel/bpf_testmod.ko:/opt/bpf/bpf_testmod.ko" \
		"$here/guest-bpf-selftests:/opt/scripts/guest-bpf-selftests" \
		"$(command -v ip):/opt/tools/ip" "$(gcc -print-file-name=libgcc_s.so.1):/lib/libgcc_s.so.1" \
		-- guest-bpf-selftests "$@" > "$results/$kernel/$1.log" ||
		{ tail -n 20 "$results/$kernel/$1.log" >&2; die "$1 on kernel-$kernel did not end"; }
	cp "$results/$kernel/console" "$results/$kernel/$1.console"
}

run_part() {
	local kernel=$1 name costs=''
	# shellcheck disable=SC2046,SC2086
	case $2 in
	tests)
		rm -rf "$results/$kernel/progs"
		in_vm "$kernel" 7200 tests 300 $(cat "$out/tests") ;;
	verdicts)
		in_vm "$kernel" 3600 verdicts $(objects_in "$bin") ;;
	cost)
		for name in $(named cost); do
			[ ! -f "$bin/$name.bpf.o" ] || costs+=" $name.bpf.o"
		done
		ICOUNT=1 in_vm "$kernel" 7200 cost $costs ;;
	esac
}

step_run() {
	local kernel part
	for kernel in $kernels; do
		mkdir -p "$results/$kernel"
		for part in $parts; do
			run_part "$kernel" "$part"
		done
	done
}

step_compare() {
	"$here/bpf_compare.py" "$results/unpatched-bpf" "$results/bpf" \
		"$here/bpf-selftests.expected" "$results/table.txt"
}

if [ $# -eq 0 ]; then
	set -- build run compare
fi
for step; do
	case $step in
	build | run | compare) "step_$step" ;;
	*) sed -n '2p' "$0" >&2; exit 2 ;;
	esac
done
