#!/bin/bash
# test.sh: everything that `make test` runs, for the kernels in $CONFIGS.
#
# With one kernel it is the short version for the desk. FULL=1: no test is left out
# or cut short, and every step of the series is built; otherwise what has not begun
# after $BUDGET minutes is left out and counts as skipped. The last line is
# `N passed, N failed, N skipped`, in BUILD/results/summary as well.
set -uo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root" || exit 1
export BUILD_DIR=${BUILD_DIR:-$root/build}
configs=${CONFIGS:-base debug}
budget=${BUDGET:-68}
results=$BUILD_DIR/results
tally=$results/tally
begin=$SECONDS
mkdir -p "$results"
: > "$tally"

clock() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# step NAME COMMAND...: a part that passes or fails as a whole; 4 is a skip.
step() {
	local name=$1 start=$SECONDS verdict=ok rc=0; shift
	echo "== [$(clock)] $name"
	"$@" || rc=$?
	case $rc in
	0) ;;
	4) verdict=skip ;;
	*) verdict=fail; echo "== [$(clock)] $name FAILED" ;;
	esac
	printf '%s\tstep\t%s\t%s\n' "$verdict" "$name" $((SECONDS - start)) >> "$tally"
	[ "$verdict" != fail ]
}

# Minutes of the budget that are left to what leaves so many to others; for
# run_tests.py 0 would be no limit, as in a full run.
left() {
	local minutes=$((budget - $1 - (SECONDS - begin) / 60))
	[ -z "${FULL:-}" ] || { echo 0; return; }
	echo $((minutes > 1 ? minutes : 1))
}

# suite CONFIG ARGUMENT...: selftests, each of which counts. What fails is tried
# once more by itself, as bounds in time are met late on a busy machine; that it
# took two tries is said.
suite() {
	local config=$1 again name; shift
	echo "== [$(clock)] selftests on $config ${THREAD:+(thread=$THREAD)}"
	: > "$tally.suite"
	scripts/run_tests.py -c "$config" --tally "$tally.suite" "$@" \
		${FULL:+-l 600 -e SCX_TEST_FULL=1}
	again=$(awk -F'\t' '$1 == "fail" { print $3 }' "$tally.suite")
	for name in $again; do
		: > "$tally.again"
		scripts/run_tests.py -c "$config" -o "$results/$config-again" \
			--tally "$tally.again" ${FULL:+-l 600 -e SCX_TEST_FULL=1} "$name"
		grep -q '^ok' "$tally.again" || continue
		echo "== $config: $name passed at the second try"
		sed -i "s/^fail\t$config\t$name\t/ok\t$config\t$name\t/" "$tally.suite"
	done
	cat "$tally.suite" >> "$tally"
}

run_config() {
	local config=$1
	step "kernel-$config" scripts/build.sh kernel "$config" || return
	step "tools-$config" scripts/build.sh tools "$config" &&
		step "selftests-$config" scripts/build.sh selftests "$config" || return
	if [ "$config" = base ]; then
		step checker scripts/test-the-checker.sh "$BUILD_DIR/kernel-base"
		step demo scripts/demo.sh "$BUILD_DIR/kernel-base"
		step sched scripts/test-sched.sh "$BUILD_DIR/kernel-base"
		step libbpf scripts/test-libbpf.sh "$BUILD_DIR/kernel-base"
		step kselftest scripts/test-kselftest.sh "$BUILD_DIR/kernel-base"
	fi
	if [ "$config" = debug ]; then
		debug_suites
	else
		suite "$config" -j 2 -l 300
	fi
}

# Some fifteen times slower, so in two VMs, and what finds most comes first. Without
# jump labels vCPUs may really run side by side: in a full run races get their chance
# once more in a VM that has both CPUs.
debug_first='load attach links plain balance fail_nth hotplug sysrq init_errors misuse
	halfway own_claim own_deferred own_dispatching own_held own_local own_migrate
	own_queueing stubborn timers low_memory verifier rcu_sections iters_refused
	iters task_kfuncs cpumask storage_busy kptrs objects lock_traced callbacks dsq_move
	dsq_storm cgroup_kfuncs cgroup_storage policy storms'
# These take minutes there, for what user space does, or for 200 programs (make fuzz has
# more of them): they count as skipped.
debug_without='bpftool_cmds compat fuzz'
debug_suites() {
	suite debug -j 2 -l 45 -m "$(left 3)" --first "$debug_first" \
		--without "$([ -n "${FULL:-}" ] || echo "$debug_without")"
	[ -n "${FULL:-}" ] || return
	THREAD=multi suite debug -l 30 -m "$(left 0)" -o "$results/debug-multi" \
		storms halfway own_claim own_deferred own_dispatching own_held own_local \
		own_migrate own_queueing
}

series() {
	[ -z "${FULL:-}" ] || step series scripts/check-series.sh
}

if step tree make -s tree; then
	step check-tree make -s check-tree
	step mutants-apply scripts/mutants.sh -a
	step lint scripts/lint.sh
	for config in $configs; do
		run_config "$config"
	done
	[ "$configs" = base ] || series
fi

count() { grep -c "^$1	" "$tally"; }
echo "== [$(clock)] done in $(((SECONDS - begin) / 60)) min"
grep '^fail' "$tally" | cut -f2,3 | sed 's/^/failed: /'
echo "$(count ok) passed, $(count fail) failed, $(count skip) skipped" | tee "$results/summary"
[ "$(count fail)" -eq 0 ] && [ "$(count ok)" -gt 0 ]
