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
	elif [ -f "$linux/kernel/Kconfig.ext" ] && [ "$config" != noext ]; then
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

# The tools' makefiles want the kernel's type information, not its sources.
in_tree() {
	make -s -C "$linux/$1" CLANG="${CLANG:-clang-19}" LLVM_STRIP="${LLVM_STRIP:-llvm-strip-19}" \
		VMLINUX_BTF="$out/vmlinux" -j"${JOBS:-$(nproc)}" "${@:2}"
}

build_tools() {
	[ -d "$linux/tools/sched_ext" ] || { say "this tree has no tools/sched_ext"; return; }
	say "tools"
	in_tree tools/sched_ext O="$build/tools"
}

build_selftests() {
	[ -d "$linux/tools/testing/selftests/sched_ext" ] ||
		{ say "this tree has no selftests for sched_ext"; return; }
	say "selftests"
	in_tree tools/testing/selftests/sched_ext OUTPUT="$build/selftests"
}

"build_$what"
