#!/bin/bash
# layout.sh: what the class changes in the structures of the scheduler core, by
# pahole: the unpatched kernel, and the patched one without and with the class.
# Fails if any differs without it.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
build=${BUILD_DIR:-$here/../build}
object=kernel/sched/core.o
rc=0

layout() { pahole -C "$2" "$build/kernel-$1/$object"; }
size() { layout "$1" "$2" | sed -n 's|.*/\* size: \([0-9]*\),.*members: \([0-9]*\).*|\1 bytes, \2 members|p'; }

for config in unpatched noext base; do
	"$here/build.sh" kernel $config $object >/dev/null
done
for struct in task_struct rq sched_class; do
	for config in unpatched noext base; do
		found=$(size $config $struct)
		[ -n "$found" ] || { echo "layout: pahole finds no $struct in $config" >&2; exit 1; }
		printf '%-12s %-10s %s\n' $struct $config "$found"
	done
	if cmp -s <(layout unpatched $struct) <(layout noext $struct); then
		echo "$struct: the same without the class"
	else
		echo "$struct: differs without the class"
		rc=1
	fi
done
exit $rc
