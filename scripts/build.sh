#!/bin/bash
# build.sh kernel|tools|selftests CONFIG: builds one thing in $BUILD_DIR.
#
# CONFIG is base, a fragment to put over base, `unpatched` (base on the kernel as
# the package has it) or `noext` (base on the patched one, without the class).
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
build=${BUILD_DIR:-$root/build}
what=$1 config=$2
linux=$build/linux out=$build/kernel-$config
say() { echo "build: $*"; }

build_kernel() {
	local src=$linux fragments=("$root/configs/base.config")
	if [ "$config" = unpatched ]; then
		src=$build/base-tree
		base_tree
	elif [ -f "$linux/kernel/sched/ext.c" ] && [ "$config" != noext ]; then
		fragments+=("$root/configs/ext.config")
	fi
	case $config in
	base | unpatched | noext) ;;
	*) fragments+=("$root/configs/$config.config") ;;
	esac
	say "kernel-$config"
	"$root/scripts/kernel.sh" "$src" "$out" "${fragments[@]}"
}

base_tree() {
	if [ ! -e "$build/base-tree/.git" ]; then
		git -C "$linux" worktree prune
		git -C "$linux" worktree add -q --detach "$build/base-tree" base
	fi
	git -C "$build/base-tree" checkout -q --detach base
}

# quietly LOG COMMAND...: shows the output only when COMMAND fails or warns.
quietly() {
	local log=$build/$1 rc=0; shift
	"$@" > "$log" 2>&1 || rc=$?
	if [ $rc -ne 0 ] || grep -q 'warning:' "$log"; then
		cat "$log"
	fi
	return $rc
}

kmake() { make -s CLANG="${CLANG:-clang-19}" LLVM_STRIP="${LLVM_STRIP:-llvm-strip-19}" \
	-j"${JOBS:-$(nproc)}" "$@"; }

# bpftool with the libbpf of the tree, and vmlinux.h of the kernel: what BPF
# sources are built with, the tree's own and those of `make sched`.
build_bpftool() {
	mkdir -p "$build/bpftool"
	quietly bpftool.log kmake -C "$linux/tools/bpf/bpftool" OUTPUT="$build/bpftool/"
	"$build/bpftool/bpftool" btf dump file "$out/vmlinux" format c > "$build/vmlinux.h.new"
	if cmp -s "$build/vmlinux.h.new" "$build/vmlinux.h"; then
		rm "$build/vmlinux.h.new"
	else
		mv "$build/vmlinux.h.new" "$build/vmlinux.h"
	fi
}

# in_tree DIR VARIABLE...: builds a directory of the tree against this kernel.
in_tree() {
	quietly "$(basename "$1").log" kmake -C "$linux/$1" VMLINUX_BTF="$out/vmlinux" \
		VMLINUX_H="$build/vmlinux.h" BPFTOOL="$build/bpftool/bpftool" "${@:2}"
}

build_tools() {
	[ -d "$linux/tools/sched_ext" ] || { say "this tree has no tools/sched_ext"; return; }
	say "tools"
	build_bpftool
	in_tree tools/sched_ext O="$build/tools"
}

build_selftests() {
	[ -d "$linux/tools/testing/selftests/sched_ext" ] ||
		{ say "this tree has no selftests for sched_ext"; return; }
	say "selftests"
	mkdir -p "$build/selftests"
	in_tree tools/testing/selftests/sched_ext OUTPUT="$build/selftests"
}

"build_$what"
