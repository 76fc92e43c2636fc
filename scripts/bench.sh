#!/bin/bash
# bench.sh: instructions per operation, on the unpatched and the patched kernel.
#
# One CPU under -icount, where a nanosecond is an instruction; two possible ones,
# so that wake-ups have to choose. Absolute figures hold for this configuration;
# only ratios within one boot travel.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
build=${BUILD_DIR:-$here/../build}
out=$build/results/bench
mkdir -p "$out"
bench=$build/selftests/bench
if [ ! -x "$bench" ]; then
	bench=$out/bench
	gcc -O2 -D_GNU_SOURCE -static -o "$bench" "$build/linux/tools/testing/selftests/sched_ext/bench.c"
fi

files=("$bench:/opt/selftests/bench" "$here/guest-bench:/opt/scripts/guest-bench")
[ ! -d "$build/tools/bin" ] || files+=("$build/tools/bin:/opt/tools")

measure() {
	ICOUNT=1 "$here/vm.sh" -o "$out/$1" -t 300 "$build/kernel-$1" "${files[@]}" \
		-- sh /opt/scripts/guest-bench > "$out/$1.txt" || { cat "$out/$1.txt"; exit 1; }
	sed "s/^/$1 /" "$out/$1.txt"
}

"$here/build.sh" kernel unpatched
{ measure unpatched; measure base; } | awk '
	{ row = $1 " " $2 " " $4; rows[row] = rows[row] ? rows[row] : ++n; name[rows[row]] = row
	  cost[row, $3] = $5 }
	END {
		printf "%-10s %-16s %-7s %8s %8s %8s %8s\n", "kernel", "scheduler", "policy",
			"pipe", "yield", "fork", "wake"
		for (i = 1; i <= n; i++) {
			split(name[i], p, " ")
			printf "%-10s %-16s %-7s %8d %8d %8d %8d\n", p[1], p[2], p[3],
				cost[name[i], "pipe"], cost[name[i], "yield"],
				cost[name[i], "fork"], cost[name[i], "wake"]
		}
	}' | tee "$out/table.txt"
