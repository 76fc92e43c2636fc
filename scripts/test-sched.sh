#!/bin/bash
# test-sched.sh KERNEL_OUT: `make sched` with a scheduler from outside the repository,
# which is then loaded in the VM; and with one that does not compile.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
kernel=$1
src=$(mktemp -d)
export BUILD_DIR=${BUILD_DIR:-$root/build}
trap 'rm -rf "$src" "$BUILD_DIR/sched/mine" "$BUILD_DIR/sched/.obj${src//\//-}"' EXIT

fail() { echo "sched: $*"; exit 1; }
make_sched() { make -s -C "$root" sched SRC="$src"; }

# Another name: nothing of it comes from the tree.
for ext in bpf.c c; do
	sed 's/simple_ops/mine_ops/g; s/scx_simple/mine/g; s/"simple"/"mine"/' \
		"$root/tools/sched_ext/scx_simple.$ext" > "$src/mine.$ext"
done
make_sched > "$src/log" 2>&1 || { cat "$src/log"; fail "mine is not built"; }
grep -q '/sched/mine$' "$src/log" || fail "it is not said what was built"

# shellcheck disable=SC2016 # for the guest's shell
"$root/scripts/vm.sh" -t 120 "$kernel" "$BUILD_DIR/sched/mine:/opt/mine" -- '
	/opt/mine > /tmp/log 2>&1 & pid=$!
	until grep -q global= /tmp/log; do kill -0 $pid || exit 1; sleep 0.1; done
	[ "$(cat /sys/kernel/sched_ext/root/ops)" = mine ] || exit 1
	kill -INT $pid && wait $pid && grep EXIT: /tmp/log' > "$src/log" 2>&1 ||
	{ cat "$src/log"; fail "mine does not run"; }

echo 'no C' >> "$src/mine.bpf.c"
! make_sched > "$src/log" 2>&1 || fail "what does not compile is no error"
grep -q 'mine.bpf.c:.*error' "$src/log" || { cat "$src/log"; fail "no compiler's message"; }
echo "sched: built outside the repository, loaded and unloaded; a faulty one is refused"
