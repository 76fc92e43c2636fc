#!/bin/bash
# test.sh: everything that `make test` runs, for the kernels in $CONFIGS.
#
# With both kernels (the default) it also checks style and the series; with one
# it is the short version for the desk. FULL=1: no test is cut short. The last
# line is `N passed, N failed, N skipped`, in BUILD/results/summary as well.
set -uo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root" || exit 1
export BUILD_DIR=${BUILD_DIR:-$root/build}
configs=${CONFIGS:-base debug}
results=$BUILD_DIR/results
tally=$results/tally
series_args=(-q)
[ -z "${FULL:-}" ] || series_args=()
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

# suite CONFIG ARGUMENT...: selftests, each of which counts.
suite() {
	echo "== [$(clock)] selftests on $1 ${THREAD:+(thread=$THREAD)}"
	scripts/run_tests.py -c "$1" --tally "$tally" ${FULL:+-l 600 -e SCX_TEST_FULL=1} "${@:2}"
}

run_config() {
	local config=$1
	step "kernel-$config" scripts/build.sh kernel "$config" || return
	step "tools-$config" scripts/build.sh tools "$config" &&
		step "selftests-$config" scripts/build.sh selftests "$config" || return
	if [ "$config" = base ]; then
		step checker scripts/test-the-checker.sh "$BUILD_DIR/kernel-base"
		step demo scripts/demo.sh "$BUILD_DIR/kernel-base"
	fi
	suite "$config"
	[ "$config" != debug ] || parallel_suite
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
	if [ "$configs" = "base debug" ]; then
		step check-tree make -s check-tree
		step lint scripts/lint.sh
		step series scripts/check-series.sh "${series_args[@]}"
	fi
fi

count() { grep -c "^$1	" "$tally"; }
echo "== [$(clock)] done in $(((SECONDS - begin) / 60)) min"
grep '^fail' "$tally" | cut -f2,3 | sed 's/^/failed: /'
echo "$(count ok) passed, $(count fail) failed, $(count skip) skipped" | tee "$results/summary"
[ "$(count fail)" -eq 0 ] && [ "$(count ok)" -gt 0 ]
