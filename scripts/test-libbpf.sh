#!/bin/bash
# test-libbpf.sh KERNEL_OUT: loaders that bring a newer libbpf than the tree's.
#
# Builds the libbpf of Debian's package linux-source-6.12 as it is, unread, and with
# it scx_simple's loader and one that knows nothing but objects. They load and unload
# in the VM, the latter also objects of the selftests with what has to be told to the
# kernel: kept pointers and objects, locks and roots, storage, iterators, kfuncs that
# may be missing. Needs tools and selftests built. Nothing to test where the package
# is not installed. LIBBPF_SRC= names another linux-source-*.tar.xz.
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
/*
 * object FILE...: loads each, attaches the scheduler if there is one, lets it run for a
 * while, runs the SYSCALL programs, says what it did, unloads it.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *loaded(void)
{
	FILE *file = fopen("/sys/kernel/sched_ext/root/ops", "r");
	static char name[160];

	if (!file || !fgets(name, sizeof(name), file))
		strcpy(name, "nothing");
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = 0;
	return name;
}

static int attach(struct bpf_object *obj, struct bpf_link **link)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		*link = bpf_map__attach_struct_ops(map);
		if (!*link)
			return -1;
	}
	return 0;
}

static int run(struct bpf_object *obj)
{
	struct bpf_program *prog;
	int nr = 0;

	bpf_object__for_each_program(prog, obj) {
		LIBBPF_OPTS(bpf_test_run_opts, opts);

		if (bpf_program__type(prog) != BPF_PROG_TYPE_SYSCALL)
			continue;
		if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts) ||
		    (int)opts.retval < 0) {
			printf("%s: %d\n", bpf_program__name(prog), opts.retval);
			return -1;
		}
		nr++;
	}
	return nr;
}

static int one(const char *path)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_link *link = NULL;
	char name[160];
	int nr;

	if (!obj || bpf_object__load(obj) || attach(obj, &link))
		return -1;
	strcpy(name, loaded());
	usleep(300000);
	nr = run(obj);
	/* What the kernel threw out meanwhile has no name any more. */
	if (nr < 0 || strcmp(name, loaded()) || !link == !!strcmp(name, "nothing"))
		return -1;
	printf("object: libbpf %s loaded %s: %s, %d programs run\n",
	       libbpf_version_string(), path, name, nr);
	bpf_link__destroy(link);
	bpf_object__close(obj);
	return strcmp(loaded(), "nothing");
}

int main(int argc, char **argv)
{
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 1; i < argc; i++) {
		if (one(argv[i])) {
			printf("object: %s: failed, loaded is %s\n", argv[i], loaded());
			return 1;
		}
	}
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

# Those with nothing to be set before they are loaded.
compat=(bits cgroups css_iter dsq_iter kptrs later_names locks objects plain)
objects=("$tools/obj/scx_simple.bpf.o:/opt/objects/scx_simple.bpf.o")
for name in "${compat[@]}"; do
	file=$build/selftests/obj/compat/$name.bpf.o
	[ -f "$file" ] || { echo "libbpf: $file is not there: build the selftests"; exit 1; }
	objects+=("$file:/opt/objects/$name.bpf.o")
done

# shellcheck disable=SC2016 # for the guest's shell
"$root/scripts/vm.sh" -t 180 "$kernel" "$work/object:/opt/object" \
	"$work/scx_simple:/opt/scx_simple" "${objects[@]}" -- '
	disabled() { [ "$(cat /sys/kernel/sched_ext/state)" = disabled ]; }
	while :; do sleep 0.01; done & work=$!
	/opt/object /opt/objects/*.bpf.o && disabled || exit 1
	kill $work
	/opt/scx_simple > /tmp/log 2>&1 & pid=$!
	until grep -q global= /tmp/log; do kill -0 $pid || { cat /tmp/log; exit 1; }; sleep 0.1; done
	[ "$(cat /sys/kernel/sched_ext/root/ops)" = simple ] || exit 1
	kill -INT $pid && wait $pid && grep EXIT: /tmp/log && disabled' > "$work/log" 2>&1 ||
	fail "libbpf $major.$minor does not load a scheduler"
nr=$(grep -c '^object: libbpf' "$work/log") || true
[ "$nr" -eq ${#objects[@]} ] || fail "the loader did not get to its end"
echo "libbpf: $nr objects loaded and unloaded by libbpf $major.$minor, scx_simple by its loader too"
