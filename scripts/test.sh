#!/bin/bash
# test.sh: everything that `make test` runs, for the kernels in $CONFIGS.
#
# With one kernel it is the short version for the desk. FULL=1: no test is left out
# or cut short, those of races run once more on parallel vCPUs, and every step of the
# series is built. The last line is `N passed, N failed, N skipped`, in
# BUILD/results/summary as well.
set -uo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root" || exit 1
export BUILD_DIR=${BUILD_DIR:-$root/build}
configs=${CONFIGS:-base debug}
results=$BUILD_DIR/results
tally=$results/tally
begin=$SECONDS
mkdir -p "$results"
: > "$tally"

clock() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# step NAME COMMAND...: a part that passes or fails as a whole.
step() {
	local name=$1 start=$SECONDS verdict=ok; shift
	echo "== [$(clock)] $name"
	"$@" || verdict=fail
	printf '%s\tstep\t%s\t%s\n' "$verdict" "$name" $((SECONDS - start)) >> "$tally"
	[ "$verdict" = ok ] || echo "== [$(clock)] $name FAILED"
	[ "$verdict" = ok ]
}

# suite CONFIG ARGUMENT...: selftests, each of which counts. What fails is tried
# once more by itself, as bounds in time are met late on a busy machine; that it
# took two tries is said.
suite() {
	local config=$1 again name; shift
	echo "== [$(clock)] selftests on $config ${THREAD:+(thread=$THREAD)}"
	scripts/run_tests.py -c "$config" --tally "$tally" ${FULL:+-l 600 -e SCX_TEST_FULL=1} "$@"
	again=$(awk -F'\t' -v c="$config" '$1 == "fail" && $2 == c { print $3 }' "$tally")
	for name in $again; do
		: > "$tally.again"
		scripts/run_tests.py -c "$config" -o "$results/$config-again" \
			--tally "$tally.again" ${FULL:+-l 600 -e SCX_TEST_FULL=1} "$name"
		grep -q '^ok' "$tally.again" || continue
		echo "== $config: $name passed at the second try"
		sed -i "s/^fail\t$config\t$name\t/ok\t$config\t$name\t/" "$tally"
	done
}

# The debug kernel is some fifteen times slower: these in every run, all in full.
debug_tests=(load attach links plain balance fail_nth hotplug sysrq init_errors misuse)

run_config() {
	local config=$1
	step "kernel-$config" scripts/build.sh kernel "$config" || return
	step "tools-$config" scripts/build.sh tools "$config" &&
		step "selftests-$config" scripts/build.sh selftests "$config" || return
	if [ "$config" = base ]; then
		step checker scripts/test-the-checker.sh "$BUILD_DIR/kernel-base"
		step demo scripts/demo.sh "$BUILD_DIR/kernel-base"
	fi
	if [ "$config" = debug ] && [ -z "${FULL:-}" ]; then
		suite debug -l 30 "${debug_tests[@]}"
	else
		suite "$config"
	fi
	[ "$config" != debug ] || [ -z "${FULL:-}" ] || parallel_suite
}

# Without jump labels vCPUs may really run side by side: races get their chance.
parallel_suite() {
	local names
	names=$(cd "$BUILD_DIR/selftests" && ls -d storm_* own_* 2>/dev/null)
	# shellcheck disable=SC2086 # a list of words
	[ -z "$names" ] || THREAD=multi suite debug -o "$results/debug-multi" $names
}

if step tree make -s tree; then
	for config in $configs; do
		run_config "$config"
	done
	step check-tree make -s check-tree
	step lint scripts/lint.sh
	[ -z "${FULL:-}" ] || step series scripts/check-series.sh
fi

count() { grep -c "^$1	" "$tally"; }
echo "== [$(clock)] done in $(((SECONDS - begin) / 60)) min"
grep '^fail' "$tally" | cut -f2,3 | sed 's/^/failed: /'
echo "$(count ok) passed, $(count fail) failed, $(count skip) skipped" | tee "$results/summary"
[ "$(count fail)" -eq 0 ] && [ "$(count ok)" -gt 0 ]
