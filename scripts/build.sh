#!/bin/bash
# build.sh kernel CONFIG [TARGET...]
# build.sh tools|selftests|sched CONFIG
#
# Builds one thing in $BUILD_DIR, of a kernel also just some make TARGETs.
# CONFIG is base, a fragment to put over base, `unpatched` (base on the kernel as
# the package has it), `unpatched-FRAGMENT` (with that over it) or `noext` (base on
# the patched one, without the class).
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
build=${BUILD_DIR:-$root/build}
what=$1 config=$2
targets=("${@:3}")
linux=$build/linux out=$build/kernel-$config
say() { echo "build: $*"; }

build_kernel() {
	local src=$linux fragments=("$root/configs/base.config")
	if [[ $config == unpatched* ]]; then
		src=$build/base-tree
		base_tree
	elif [ -f "$linux/kernel/sched/ext.c" ] && [ "$config" != noext ]; then
		fragments+=("$root/configs/ext.config")
	fi
	case $config in
	base | unpatched | noext) ;;
	*) fragments+=("$root/configs/${config#unpatched-}.config") ;;
	esac
	say "kernel-$config${targets:+ ${targets[*]}}"
	"$root/scripts/kernel.sh" "$src" "$out" "${fragments[@]}" -- "${targets[@]}"
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

# in_tree DIR VARIABLE...: builds a directory of the tree against this kernel.
in_tree() {
	quietly "$(basename "$1").log" make -s -C "$linux/$1" CLANG="${CLANG:-clang-19}" \
		VMLINUX_BTF="$out/vmlinux" -j"${JOBS:-$(nproc)}" "${@:2}"
}

build_tools() {
	[ -d "$linux/tools/sched_ext" ] || { say "this tree has no tools/sched_ext"; return; }
	say "tools"
	in_tree tools/sched_ext O="$build/tools"
}

# Schedulers from outside the repository.
build_sched() {
	in_tree tools/sched_ext O="$build/tools" SRC="$SRC" BIN="$build/sched"
	find "$build/sched" -maxdepth 1 -type f | sort | sed 's/^/build: /'
}

build_selftests() {
	[ -d "$linux/tools/testing/selftests/sched_ext" ] ||
		{ say "this tree has no selftests for sched_ext"; return; }
	say "selftests"
	mkdir -p "$build/selftests"
	in_tree tools/testing/selftests/sched_ext OUTPUT="$build/selftests" \
		SCX_OUT="$build/tools"
}

"build_$what"
