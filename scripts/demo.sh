#!/bin/bash
# demo.sh KERNEL_OUT: boots the VM and runs guest-demo in it.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
build=${BUILD_DIR:-$here/../build}
[ -x "$build/tools/bin/scx_simple" ] ||
	{ echo "demo: $build/tools/bin/scx_simple is missing: make tools" >&2; exit 1; }
"$here/vm.sh" -o "$build/run" -t 180 "$1" "$build/tools/bin:/opt/tools" \
	"$here/guest-demo:/opt/scripts/guest-demo" -- sh /opt/scripts/guest-demo
echo
echo "### kernel log clean, VM ended well"
