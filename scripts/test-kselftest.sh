#!/bin/bash
# test-kselftest.sh KERNEL_OUT: the selftests installed and run as kselftest does it,
# by `make install` of tools/testing/selftests and its run_kselftest.sh in the VM.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
kernel=$1
build=${BUILD_DIR:-$root/build}
dest=$build/kselftest
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { cat "$work/log"; echo "kselftest: $*"; exit 1; }

rm -rf "$dest"
make -s -C "$build/linux/tools/testing/selftests" TARGETS=sched_ext O="$build/kselftest-obj" \
	SCX_OUT="$build/tools" CLANG="${CLANG:-clang-19}" VMLINUX_BTF="$kernel/vmlinux" \
	INSTALL_PATH="$dest" -j"${JOBS:-$(nproc)}" install > "$work/log" 2>&1 ||
	fail "make install fails"
grep -q '^sched_ext:storms$' "$dest/kselftest-list.txt" || fail "not all tests are listed"

# One that passes and one that skips on this kernel.
"$root/scripts/vm.sh" -t 200 "$kernel" "$dest:/opt/kselftest" -- \
	"cd /opt/kselftest && ./run_kselftest.sh -t sched_ext:load -t sched_ext:own_claim" \
	> "$work/log" 2>&1 || fail "the runner fails in the VM"
grep -q '^ok .* selftests: sched_ext: load$' "$work/log" || fail "load does not pass"
grep -q '^ok .* selftests: sched_ext: own_claim # SKIP' "$work/log" || fail "own_claim is not skipped"
echo "kselftest: $(wc -l < "$dest/kselftest-list.txt") tests installed, two of them run by its runner"
