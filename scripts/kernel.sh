#!/bin/bash
# kernel.sh SRC OUT FRAGMENT... [-- TARGET...]
#
# Configures the kernel in SRC as tinyconfig plus the FRAGMENTs (the last one to
# name an option wins) and builds it in OUT. Every option of the fragments must
# have come out as asked. ccache is used where there is one.
set -euo pipefail
die() { echo "kernel: $*" >&2; exit 1; }

src=$(realpath "$1") out=$(realpath -m "$2"); shift 2
fragments=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	[ -f "$1" ] || die "$1: no such configuration (see configs/)"
	fragments+=("$1"); shift
done
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- bzImage vmlinux

export KBUILD_BUILD_TIMESTAMP=2022-12-11 KBUILD_BUILD_USER=user KBUILD_BUILD_HOST=host
cc=${KCC:-gcc}
if command -v ccache >/dev/null; then
	cc="ccache $cc"
	# Kbuild asks for the dependencies anyway: from them ccache knows what an object
	# was made of without a preprocessor run, a fifth of a build with nothing cached.
	export CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
	CCACHE_BASEDIR=${CCACHE_BASEDIR:-$(dirname "$src")}
	export CCACHE_BASEDIR
fi
kmake() { make --no-print-directory -C "$src" O="$out" CC="$cc" LOCALVERSION= -j"${JOBS:-$(nproc)}" "$@"; }

mkdir -p "$out"
if ! cat "${fragments[@]}" | cmp -s - "$out/.fragments" || [ ! -f "$out/.config" ]; then
	rm -f "$out/.fragments"
	kmake -s tinyconfig >/dev/null
	cat "${fragments[@]}" >> "$out/.config"
fi
kmake -s olddefconfig 2>&1 | { grep -v 'warning: override: ' || true; }
awk '
	/^CONFIG_/ { split($0, kv, "="); name = kv[1]; value = substr($0, length(name) + 2) }
	/^# CONFIG_.* is not set/ { name = $2; value = "n" }
	!/^(# )?CONFIG_/ { next }
	FILENAME == config { have[name] = value; next }
	{ want[name] = value }
	END {
		for (name in want) {
			got = name in have ? have[name] : "n"
			if (got != want[name]) {
				printf "kernel: %s=%s was asked for, but Kconfig gives %s\n", name, want[name], got
				bad = 1
			}
		}
		exit bad
	}' config="$out/.config" "${fragments[@]}" "$out/.config" >&2 ||
	die "the configuration did not come out as asked"
cat "${fragments[@]}" > "$out/.fragments"

# A line for every hundred steps: a cold build takes many minutes.
progress() {
	awk -v name="$(basename "$out")" '
		!/^(  [A-Z]|Kernel: |make\[1\]: Nothing)/ { print; fflush() }
		/^  (CC|AS|AR|LD) / && ++steps % 100 == 0 {
			print "build: " name ": " steps " steps"
			fflush()
		}'
}
kmake "$@" | progress
