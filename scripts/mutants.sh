#!/bin/bash
# mutants.sh [-n ROUNDS] [NUMBER...]: does the test of each rule notice that it is broken?
# mutants.sh -a: do they all apply?
#
# Every patch in selftests/sched_ext/mutants breaks one rule, and names it, the kernel
# and the test that is to fail. Each is built and the test run on it, up to ROUNDS times
# (3) until it fails; a VM that hangs or dies is a failure as well. What was killed on
# this very tree is not run again. Fails if one survives or does not apply.
set -uo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root" || exit 1
export BUILD_DIR=${BUILD_DIR:-$root/build}
linux=$BUILD_DIR/linux
patches=$root/tools/testing/selftests/sched_ext/mutants
results=$BUILD_DIR/results/mutants
rounds=3
limit=300		# seconds of a run, with the boot
[ "${1:-}" != -n ] || { rounds=$2; shift 2; }
mkdir -p "$results"

say() { echo "mutants: $*"; }
die() { say "$*"; exit 2; }
field() { sed -n "s/^$1: //p" "$2"; }

applied=''
restore() {
	[ -z "$applied" ] || git -C "$linux" apply -R -p1 "$applied"
	applied=''
}
trap restore EXIT
trap 'exit 1' INT TERM

# What this mutant's result depends on.
key() { { git -C "$linux" rev-parse 'HEAD^{tree}'; cat "$1"; } | sha1sum | cut -c1-16; }

# Why the test failed, in its own words or the kernel's.
reason() {
	grep -hm1 -oE '^# [a-z_]+\.[ch]:.*|WARNING: CPU.* at .*|BUG: .*|(KASAN|list_(add|del) corruption).*' \
		"$1"/vm/output "$1"/vm/console 2>/dev/null | head -1 | cut -c1-110
}

# kill_it NAME KERNEL TEST: run the test until it fails
kill_it() {
	local out=$results/$1 round
	for ((round = 1; round <= rounds; round++)); do
		rm -rf "$out"
		timeout "$limit" scripts/run_tests.py -c "$2" -l 120 -o "$out" "$3" \
			> "$results/$1.log" 2>&1 && continue
		echo "killed by $3, round $round: $(reason "$out")"
		return
	done
	echo "SURVIVED $rounds rounds of $3"
	return 1
}

try() {
	local patch=$1 name kernel test verdict rc=0
	name=$(basename "$patch" .patch)
	kernel=$(field Kernel "$patch") test=$(field Test "$patch")
	verdict=$results/$name.$(key "$patch")
	[ ! -e "$verdict" ] || { say "$name: $(cat "$verdict") (before)"; return; }

	git -C "$linux" apply -p1 "$patch" || { say "$name: DOES NOT APPLY"; return 1; }
	applied=$patch
	if scripts/build.sh kernel "$kernel" > "$results/build.log" 2>&1; then
		kill_it "$name" "$kernel" "$test" > "$verdict.new" || rc=1
	else
		echo "DOES NOT BUILD, see $results/build.log" > "$verdict.new"
		rc=1
	fi
	restore
	say "$name: $(cat "$verdict.new")"
	[ $rc -ne 0 ] || mv "$verdict.new" "$verdict"
	return $rc
}

check_apply() {
	local patch rc=0
	for patch in "$patches"/*.patch; do
		git -C "$linux" apply --check -p1 "$patch" || { say "$patch: does not apply"; rc=1; }
	done
	return $rc
}

if [ "${1:-}" = -a ]; then
	check_apply
	exit
fi
[ -z "$(git -C "$linux" status --porcelain -uno)" ] || die "$linux has uncommitted edits"
nr=0 failed=0
for patch in "$patches"/*.patch; do
	number=$(basename "$patch" | cut -d- -f1)
	case " ${*:-$number} " in *" $number "*) ;; *) continue ;; esac
	nr=$((nr + 1))
	try "$patch" || failed=$((failed + 1))
done
[ $nr -gt 0 ] || die "no such mutant"
say "$((nr - failed)) of $nr killed"
[ $failed -eq 0 ]
