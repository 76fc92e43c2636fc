#!/bin/bash
# deb.sh [CONFIG]: Debian packages of the patched kernel, in BUILD/deb.
#
# CONFIG (may be .xz) is the configuration of the machine that they are for, by default
# that of the running kernel; the class is added to it. With LSMOD=file, the output of
# lsmod there, only those modules are built, which saves most of the time.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
build=${BUILD_DIR:-$root/build}
config=${1:-/boot/config-$(uname -r)}
linux=$build/linux
out=$build/kernel-deb
debs=$build/deb
die() { echo "deb: $*" >&2; exit 1; }

[ -f "$config" ] || die "$config: not found; name the configuration: make deb KCONFIG=file"
for tool in fakeroot dpkg-deb rsync cpio; do
	command -v "$tool" >/dev/null || die "$tool is missing: apt-get install fakeroot dpkg-dev rsync cpio"
done
cc=gcc
! command -v ccache >/dev/null || cc='ccache gcc'
kmake() { make -s -C "$linux" O="$out" CC="$cc" LOCALVERSION= -j"${JOBS:-$(nproc)}" "$@"; }
set_config() { "$linux/scripts/config" --file "$out/.config" "$@"; }

configure() {
	local option
	case $config in
	*.xz) xzcat "$config" ;;
	*) cat "$config" ;;
	esac > "$out/.config"
	# Debian signs its modules with keys that nobody else has.
	set_config --set-str SYSTEM_TRUSTED_KEYS '' --set-str LOCALVERSION -scx \
		-d LOCALVERSION_AUTO -d MODULE_SIG -d SECURITY_LOCKDOWN_LSM
	cat "$root/configs/ext.config" >> "$out/.config"
	kmake olddefconfig
	if [ -n "${LSMOD:-}" ]; then
		# Asks about what is new, and `yes` dies of SIGPIPE.
		{ yes '' || true; } | kmake LSMOD="$(realpath "$LSMOD")" localmodconfig > /dev/null
	fi
	for option in SCHED_CLASS_EXT DEBUG_INFO_BTF BPF_JIT; do
		grep -q "^CONFIG_$option=y" "$out/.config" ||
			die "with $config CONFIG_$option=y cannot be had"
	done
}

mkdir -p "$out" "$debs"
configure
rm -f "$build"/linux-*.deb "$debs"/*.deb
KDEB_COMPRESS=gzip kmake KDEB_PKGVERSION="$(kmake kernelversion)-1" bindeb-pkg
mv "$build"/linux-*.deb "$debs/"
rm -f "$build"/linux-*.buildinfo "$build"/linux-*.changes
ls -1 "$debs"/*.deb
