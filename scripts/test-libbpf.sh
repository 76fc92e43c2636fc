#!/bin/bash
# test-libbpf.sh KERNEL_OUT: loaders that bring a newer libbpf than the tree's.
#
# Builds the libbpf of Debian's package linux-source-6.12 as it is, unread, and with
# it scx_simple's loader and one that knows nothing but scx_simple's object. Both
# load and unload it in the VM. Nothing to test where the package is not installed.
# LIBBPF_SRC= names another linux-source-*.tar.xz.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
kernel=$1
build=${BUILD_DIR:-$root/build}
tar=${LIBBPF_SRC:-/usr/src/linux-source-6.12.tar.xz}
[ -f "$tar" ] ||
	{ echo "libbpf: skipped, $tar is not there: apt-get install linux-source-6.12"; exit 4; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { tail -n 40 "$work/log"; echo "libbpf: $*"; exit 1; }

# The library with what its makefile asks for, and nothing beside it.
new=$build/libbpf-new
if [ ! -f "$new/libbpf.a" ] || [ "$tar" -nt "$new/libbpf.a" ]; then
	rm -rf "$new"
	mkdir -p "$new"
	tar -C "$work" -xf "$tar" --strip-components=1 --wildcards '*/tools/lib/bpf' \
		'*/tools/build' '*/tools/scripts' '*/tools/include' '*/tools/arch/*/include' \
		'*/scripts/bpf_doc.py'
	make -s -C "$work/tools/lib/bpf" -j"${JOBS:-$(nproc)}" OUTPUT="$new/" DESTDIR="$new" \
		prefix= feature_display=0 "$new/libbpf.a" install_headers > "$work/log" 2>&1 ||
		fail "the newer library does not build"
fi
major=$(sed -n 's/^#define LIBBPF_MAJOR_VERSION *//p' "$new/include/bpf/libbpf_version.h")
minor=$(sed -n 's/^#define LIBBPF_MINOR_VERSION *//p' "$new/include/bpf/libbpf_version.h")

cat > "$work/object.c" <<'C'
/* object FILE: loads the scheduler in FILE, says its name, unloads it. */
#include <bpf/libbpf.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct bpf_object *obj = bpf_object__open_file(argv[1], NULL);
	struct bpf_link *link;
	char name[160] = "";
	FILE *file;

	if (!obj || bpf_object__load(obj))
		return 1;
	link = bpf_map__attach_struct_ops(bpf_object__find_map_by_name(obj, "simple_ops"));
	if (!link)
		return 2;
	file = fopen("/sys/kernel/sched_ext/root/ops", "r");
	if (!file || !fgets(name, sizeof(name), file))
		return 3;
	printf("object: libbpf %s loaded %s", libbpf_version_string(), name);
	fclose(file);
	bpf_link__destroy(link);
	bpf_object__close(obj);
	return 0;
}
C
tools=$build/tools
linux=$build/linux
cc=(gcc -O2 -Wall -pthread -I"$new/include" -I"$linux/tools/sched_ext/include"
	-I"$linux/tools/include/uapi" -I"$tools/obj")
"${cc[@]}" "$work/object.c" "$new/libbpf.a" -lelf -lz -o "$work/object" > "$work/log" 2>&1 ||
	fail "a loader does not compile with libbpf $major.$minor"
"${cc[@]}" "$linux/tools/sched_ext/scx_simple.c" "$new/libbpf.a" -lelf -lz \
	-o "$work/scx_simple" > "$work/log" 2>&1 ||
	fail "scx_simple does not compile with libbpf $major.$minor"
! grep warning: "$work/log" || fail "scx_simple does not compile cleanly"

# shellcheck disable=SC2016 # for the guest's shell
"$root/scripts/vm.sh" -t 120 "$kernel" "$work/object:/opt/object" \
	"$work/scx_simple:/opt/scx_simple" "$tools/obj/scx_simple.bpf.o:/opt/scx_simple.bpf.o" -- '
	disabled() { [ "$(cat /sys/kernel/sched_ext/state)" = disabled ]; }
	/opt/object /opt/scx_simple.bpf.o && disabled || exit 1
	/opt/scx_simple > /tmp/log 2>&1 & pid=$!
	until grep -q global= /tmp/log; do kill -0 $pid || { cat /tmp/log; exit 1; }; sleep 0.1; done
	[ "$(cat /sys/kernel/sched_ext/root/ops)" = simple ] || exit 1
	kill -INT $pid && wait $pid && grep EXIT: /tmp/log && disabled' > "$work/log" 2>&1 ||
	fail "libbpf $major.$minor does not load a scheduler"
grep -q '^object: libbpf' "$work/log" || fail "the loader did not get to its end"
echo "libbpf: scx_simple loaded and unloaded by libbpf $major.$minor, by its own loader and another"
