#!/bin/bash
# mkinitramfs.sh OUT.cpio [FILE[:GUESTPATH]]...
#
# Writes an initramfs: busybox, guest-init, and the given files, each with the
# shared libraries that it needs. A directory is copied whole. Without
# GUESTPATH a file keeps its path.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
out=$1; shift

# What the guest uses of the host's own tools; busybox has the rest.
host_tools="chrt taskset setpriv strace nproc"

root=$(mktemp -d)
chmod 755 "$root"
trap 'rm -rf "$root"' EXIT

copy_libs() {
	# A static or foreign file has no list: nothing to copy.
	{ ldd "$1" 2>/dev/null || true; } | sed -n 's|.*[[:space:]]\(/[^ ]*\) .*|\1|p' |
	while read -r lib; do
		install -D -m 755 "$(realpath "$lib")" "$root$lib"
	done
}

copy_file() {
	install -D -m "$([ -x "$1" ] && echo 755 || echo 644)" "$1" "$root$2"
	if [ "$(head -c 4 "$1" | tail -c 3)" = ELF ]; then
		copy_libs "$1"
	fi
}

copy() {
	local f
	if [ -d "$1" ]; then
		find -L "$1" -type f | while read -r f; do
			copy_file "$f" "$2/${f#"$1"/}"
		done
	elif [ -e "$1" ]; then
		copy_file "$1" "$2"
	else
		echo "mkinitramfs: $1: no such file" >&2
		return 1
	fi
}

busybox=$(command -v busybox) ||
	{ echo "mkinitramfs: busybox is missing: make setup" >&2; exit 1; }
mkdir -p "$root"/{bin,dev,proc,sys,tmp,host,root,etc,run}
cp "$busybox" "$root/bin/busybox"
copy_libs "$busybox"
"$busybox" --list | while read -r applet; do
	[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
ln -s bin "$root/sbin"
echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >> "$root/etc/passwd"
install -m 755 "$here/guest-init" "$root/init"

for tool in $host_tools; do
	path=$(command -v "$tool") || continue
	# Over the applet of that name, wherever it is found first.
	rm -f "$root/bin/$tool"
	copy_file "$path" "/bin/$tool"
done
for arg; do
	src=${arg%%:*}
	dst=/${arg#"$src"}; dst=${dst/#\/:/}
	[ "$dst" != / ] || dst=$(realpath "$src")
	copy "$src" "$dst"
done

(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) > "$out.tmp"
mv "$out.tmp" "$out"
