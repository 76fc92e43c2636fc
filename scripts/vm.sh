#!/bin/bash
# vm.sh [-o DIR] [-t SECONDS] [-a APPEND] [-n] KERNEL_OUT [FILE[:GUESTPATH]...] -- COMMAND...
# vm.sh -s [-o DIR] KERNEL_OUT [FILE[:GUESTPATH]...]
#
# Boots KERNEL_OUT/arch/x86/boot/bzImage in QEMU and runs COMMAND in it, or with
# -s an interactive shell. FILEs are put into the initramfs. DIR (default: a
# temporary one) is the guest's /host, and keeps DIR/console (kernel log) and
# DIR/output (what COMMAND printed, also shown as it comes).
#
# Fails when COMMAND does, when the end marker is missing (the kernel died or the
# SECONDS ran out), or, without -n, when the kernel log holds a complaint.
#
# Environment: CPUS (4), MEM (2G), APPEND (more kernel arguments),
# THREAD=single|multi (TCG), ICOUNT=1 (one CPU, one instruction per nanosecond).
set -euo pipefail
here=$(dirname "$(realpath "$0")")
die() { echo "vm: $*" >&2; exit 1; }

dir='' limit=300 append='' check=1 shell=''
while getopts o:t:a:ns opt; do
	case $opt in
	o) dir=$OPTARG ;;
	t) limit=$OPTARG ;;
	a) append=$OPTARG ;;
	n) check='' ;;
	s) shell=1 ;;
	*) sed -n '2,4p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || die "which kernel? (see the head of $0)"
kernel=$1; shift
[ -d "$kernel" ] && kernel=$kernel/arch/x86/boot/bzImage
[ -f "$kernel" ] || die "$kernel: no kernel there: make kernel"
command -v qemu-system-x86_64 >/dev/null || die "qemu-system-x86_64 is missing: make setup"

files=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	files+=("$1"); shift
done
[ $# -eq 0 ] || shift
[ -n "$shell" ] || [ $# -gt 0 ] || die "which command?"

if [ -z "$dir" ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
fi
mkdir -p "$dir"
rm -f "$dir/cmd" "$dir/console" "$dir/output"
[ -n "$shell" ] || printf '%s\n' "$*" > "$dir/cmd"
"$here/mkinitramfs.sh" "$dir/initramfs.cpio" "${files[@]}"

# Nested guests hang on hosts that offer /dev/kvm without the CPU flag. With five
# page-table levels KASAN of 6.1 takes an interrupt in identify_cpu() for a wild access.
cpu=max,la57=off
if [ -n "${ICOUNT:-}" ]; then
	accel=(-accel tcg -icount 'shift=0,sleep=off' -cpu "$cpu" -smp 1)
	append+=' possible_cpus=2 mitigations=off'
elif grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ] && [ -z "${THREAD:-}" ]; then
	accel=(-accel kvm -cpu host -smp "${CPUS:-4}")
else
	accel=(-accel "tcg,thread=${THREAD:-single}" -cpu "$cpu" -smp "${CPUS:-4}")
fi
# pc's AML for interrupt routing loops for longer than a debug kernel lets it.
qemu=(qemu-system-x86_64 -machine q35 "${accel[@]}" -m "${MEM:-2G}" -display none
	-nodefaults -no-reboot -kernel "$kernel" -initrd "$dir/initramfs.cpio"
	-virtfs "local,path=$dir,mount_tag=host,security_model=none,multidevs=remap"
	-append "no_timer_check console=ttyS0 panic=-1 printk.devkmsg=on $append ${APPEND:-}"
	-serial "file:$dir/console")

if [ -n "$shell" ]; then
	"${qemu[@]}" -serial mon:stdio || true
else
	: > "$dir/output"
	timeout --foreground -k 5 "$limit" "${qemu[@]}" -serial "file:$dir/output" </dev/null &
	pid=$!
	trap 'kill $pid 2>/dev/null' INT TERM
	tail --pid=$pid -s 0.2 -n +1 -f "$dir/output"
	qemu_rc=0
	wait $pid || qemu_rc=$?
	[ $qemu_rc -ne 124 ] || echo "vm: stopped after $limit s" >&2
fi
rm -f "$dir/initramfs.cpio"

# QEMU's own status says nothing: it is 0 after a crash in early boot as well.
rc=$(sed -n 's/^.*\] vm: end rc=\([0-9]*\).*$/\1/p' "$dir/console" | tail -n 1)
if [ -z "$rc" ]; then
	tail -n 25 "$dir/console" >&2
	die "no end marker: the kernel died or hung (log above)"
fi
if [ -n "$check" ]; then
	"$here/dmesg_check.py" "$dir/console" || exit 1
fi
[ "$rc" -eq 0 ] || echo "vm: the command failed with status $rc" >&2
exit "$rc"
