#!/bin/bash
# test-the-checker.sh KERNEL_OUT: does a run fail when it should?
#
# Plants in the VM what the checks exist for, and looks whether each makes the
# run fail, and that what is in order passes.
# shellcheck disable=SC2317 # functions are called through should
set -euo pipefail
here=$(dirname "$(realpath "$0")")
kernel=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

vm() { "$here/vm.sh" -o "$work/vm" -t 60 "$kernel" -- "$@" > "$work/log" 2>&1; }
should() {
	local want=$1 what=$2; shift 2
	local got=pass
	"$@" || got=fail
	if [ "$got" = "$want" ]; then
		echo "  checker: ok: $what"
	else
		echo "  checker: NOT OK: $what: the run should $want, but it did not"
		cat "$work/log"
		bad=1
	fi
}

test_file() { printf '#!/bin/sh\n%s\n' "$2" > "$work/tests/$1"; chmod +x "$work/tests/$1"; }
suite() {
	"$here/run_tests.py" -c checker -k "$kernel" -d "$work/tests" -o "$work/out" -l 10 \
		--tally "$work/tally" > "$work/log" 2>&1
}
verdict() { grep -q "^$2	checker	$1	" "$work/tally"; }

should pass "a clean run" vm 'true'
should fail "a command that fails" vm 'false'
should fail "no end marker" vm 'poweroff -f'
should fail "a kernel that panics" vm 'echo c > /proc/sysrq-trigger'

mkdir "$work/tests"
log='> /dev/kmsg'
test_file a-pass 'echo "ok 1 a"'
test_file b-fail 'exit 1'
test_file c-skip 'exit 4'
test_file d-warn "echo '<4>WARNING: CPU: 0 PID: 7 at kernel/sched/core.c:1 planted' $log"
test_file e-lockdep "echo '<4>WARNING: possible circular locking dependency detected' $log"
test_file f-stall "echo '<3>rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:' $log"
test_file g-said "echo '<3>sched_ext: x: runtime error' $log"
test_file h-told "echo '# expect-log: ^sched_ext: x: runtime'; echo '<3>sched_ext: x: runtime error' $log"
test_file i-hangs 'while :; do :; done'
test_file j-dies 'poweroff -f'
test_file k-after 'echo "ok 1 k"'
should fail "a suite with failures" suite
for v in a-pass:ok b-fail:fail c-skip:skip d-warn:fail e-lockdep:fail f-stall:fail \
	g-said:fail h-told:ok i-hangs:fail j-dies:fail k-after:ok; do
	should pass "$v" verdict "${v%:*}" "${v#*:}"
done
exit $bad
