#!/bin/bash
# setup.sh [-q]: installs the Debian packages that the project needs.
# With -q, only says by its status whether any of them is missing.
set -euo pipefail
packages="
	linux-source-6.1 gcc libc6-dev make bc bison flex libelf-dev libssl-dev libzstd-dev zlib1g-dev
	libcap-dev cpio kmod lz4 rsync xz-utils dwarves ccache git ca-certificates python3
	clang-19 llvm-19 lld-19
	qemu-system-x86 seabios busybox-static util-linux strace iproute2
	sparse perl"
# For one test, which is skipped without: not every mirror has it.
extra=linux-source-6.12

missing=()
for package in $packages; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
		missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
[ "${1:-}" != -q ] || exit 1

echo "setup: installing ${missing[*]}"
if [ "$(id -u)" -eq 0 ]; then
	sudo=''
elif command -v sudo >/dev/null; then
	sudo=sudo
	echo "setup: using sudo"
else
	echo "setup: this needs root: run \`make setup\` as root, or install sudo" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Installing busybox-static replaces busybox; nothing else is removed.
$sudo apt-get update -q
$sudo apt-get install -y -q --no-install-recommends "${missing[@]}"
$sudo apt-get install -y -q --no-install-recommends $extra ||
	echo "setup: no $extra: scripts/test-libbpf.sh will skip its test"
