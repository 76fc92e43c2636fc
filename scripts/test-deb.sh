#!/bin/bash
# test-deb.sh: does the package of `make deb` turn a Debian 12 into one with sched_ext?
#
# Installs BUILD/deb/linux-image-*.deb with dpkg in a fresh Debian 12 system, boots
# that from its own /boot in QEMU, and loads scx_simple there. Needs root,
# debootstrap, and the network for the system's packages. Takes some minutes.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
build=${BUILD_DIR:-$root/build}
dir=$build/test-deb
system=$dir/system
image=$dir/disk.img
console=$dir/console
tools=${TOOLS:-$build/tools/bin}
say() { echo "test-deb: $*"; }
die() { say "$*"; exit 1; }

[ "$(id -u)" -eq 0 ] || die "needs root, for debootstrap and chroot"
for tool in debootstrap mkfs.ext4 qemu-system-x86_64; do
	command -v "$tool" >/dev/null || die "$tool is missing: apt-get install debootstrap e2fsprogs qemu-system-x86"
done
package=$(find "$build/deb" -name 'linux-image-*-scx_*.deb' -print -quit 2>/dev/null)
[ -n "$package" ] || die "no package in $build/deb: make deb"
[ -x "$tools/scx_simple" ] || die "$tools/scx_simple is missing: make tools"

make_system() {
	rm -rf "$system"
	mkdir -p "$dir"
	debootstrap --variant=minbase \
		--include=systemd-sysv,udev,kmod,initramfs-tools,zstd,libelf1,zlib1g,libzstd1 \
		bookworm "$system" "${MIRROR:-http://deb.debian.org/debian}" > "$dir/debootstrap.log" 2>&1 ||
		die "debootstrap failed, see $dir/debootstrap.log"
}

# What the user of the machine does, and a service that says how it went.
install_package() {
	cp "$package" "$system/root/"
	cp "$tools/scx_simple" "$system/usr/local/bin/"
	chroot "$system" sh -c 'dpkg -i /root/linux-image-*.deb' > "$dir/dpkg.log" 2>&1 ||
		{ cat "$dir/dpkg.log"; die "dpkg -i failed"; }

	cat > "$system/usr/local/bin/try-scx" <<-'END'
	#!/bin/sh
	echo "try: booted $(uname -r)"
	scx_simple > /tmp/loader.log 2>&1 &
	sleep 15
	echo "try: state $(cat /sys/kernel/sched_ext/state), ops $(cat /sys/kernel/sched_ext/root/ops)"
	kill -INT $!
	wait $!
	echo "try: scx_simple ended with $?, state $(cat /sys/kernel/sched_ext/state)"
	tail -n 2 /tmp/loader.log
	systemctl poweroff
	END
	chmod +x "$system/usr/local/bin/try-scx"
	cat > "$system/etc/systemd/system/try-scx.service" <<-'END'
	[Unit]
	After=multi-user.target
	[Service]
	Type=oneshot
	ExecStart=/usr/local/bin/try-scx
	StandardOutput=tty
	TTYPath=/dev/ttyS0
	[Install]
	WantedBy=multi-user.target
	END
	chroot "$system" systemctl -q enable try-scx.service
	# A login prompt would hang up the line that the service writes to.
	chroot "$system" systemctl -q mask serial-getty@ttyS0.service
	echo '/dev/vda / ext4 defaults 0 1' > "$system/etc/fstab"
}

boot() {
	rm -f "$image" "$console"
	truncate -s 2G "$image"
	mkfs.ext4 -q -d "$system" "$image"
	timeout -k 5 600 qemu-system-x86_64 -machine q35 -accel tcg -cpu max,la57=off \
		-smp 2 -m 2G -display none -nodefaults -no-reboot \
		-kernel "$(ls "$system"/boot/vmlinuz-*-scx)" -initrd "$(ls "$system"/boot/initrd.img-*-scx)" \
		-drive "file=$image,format=raw,if=virtio" -serial "file:$console" \
		-append 'root=/dev/vda rw console=ttyS0 no_timer_check panic=-1' < /dev/null ||
		say "QEMU ended with $?"
	rm -f "$image"
}

has() { grep -aq "$1" "$console" || { tail -n 30 "$console"; die "not seen on the console: $1"; }; }

make_system
install_package
boot
grep -a '^try: ' "$console" || true
has 'try: booted .*-scx'
has 'try: state enabled, ops simple'
has 'try: scx_simple ended with 0, state disabled'
! grep -aE 'BUG:|WARNING:|Oops' "$console" || die "the kernel complained"
say "passed"
