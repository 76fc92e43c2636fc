// SPDX-License-Identifier: GPL-2.0
/*
 * Loading takes privileges, also where unprivileged BPF is allowed, and a loader
 * without them is told so.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include "scx_test.h"
#include "bystander.bpf.skel.h"
#include "fifo.bpf.skel.h"
#include "finder.bpf.skel.h"

#define NOBODY		65534
#define SYSCTL		"/proc/sys/kernel/unprivileged_bpf_disabled"

static char sysctl_get(void)
{
	char value = 0;
	int fd = open(SYSCTL, O_RDONLY);

	if (fd < 0 || read(fd, &value, 1) != 1)
		scx_skip("no " SYSCTL);
	close(fd);
	return value;
}

static bool sysctl_set(char value)
{
	int fd = open(SYSCTL, O_WRONLY);
	bool ok;

	ok = fd >= 0 && write(fd, &value, 1) == 1;
	if (fd >= 0)
		close(fd);
	return ok;
}

static int be_nobody(void)
{
	return setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY);
}

/* Exit status is the error of loading. */
static int load_as_nobody(void *arg)
{
	struct fifo *s = SCX_OPEN(fifo);

	return be_nobody() ? 0 : -fifo__load(s);
}

static void as_nobody(void)
{
	CHECK_EQ(scx_wait(scx_fork(load_as_nobody, NULL)), EPERM);
}

/*
 * Where all may use BPF, libbpf still gives up before it comes to the scheduler.
 * So ask the kernel for the map, with type information that root has loaded.
 */
struct creator {
	bool nobody;
	int btf_fd;
};

static int create_map(void *arg)
{
	const struct creator *creator = arg;
	const struct btf *btf = scx_kernel_btf();
	int id = btf__find_by_name_kind(btf, "bpf_struct_ops_sched_ext_ops", BTF_KIND_STRUCT);
	struct bpf_map_create_opts opts = {
		.sz = sizeof(opts),
		.btf_fd = creator->btf_fd,
		.btf_vmlinux_value_type_id = id,
		.map_flags = BPF_F_LINK,
	};

	if (id < 0 || (creator->nobody && be_nobody()))
		return 255;
	return bpf_map_create(BPF_MAP_TYPE_STRUCT_OPS, "ops", 4,
			      btf__type_by_id(btf, id)->size, 1, &opts) < 0 ? errno : 0;
}

static int load_some_btf(void)
{
	struct btf *btf = btf__new_empty();

	CHECK(btf && btf__add_int(btf, "int", 4, BTF_INT_SIGNED) > 0);
	CHECK_EQ(btf__load_into_kernel(btf), 0);
	return btf__fd(btf);
}

static void with_bpf_for_all(void)
{
	struct creator creator = { .btf_fd = load_some_btf() };
	char before = sysctl_get();
	int err;

	CHECK_EQ(scx_wait(scx_fork(create_map, &creator)), 0);
	if (!sysctl_set('0'))
		scx_skip("unprivileged BPF is off for good");
	creator.nobody = true;
	err = scx_wait(scx_fork(create_map, &creator));
	sysctl_set(before);
	CHECK_EQ(err, EPERM);
}

/* The twin: the same child as root. */
static int load_as_root(void *arg)
{
	return -fifo__load(SCX_OPEN(fifo));
}

static void as_root(void)
{
	CHECK_EQ(scx_wait(scx_fork(load_as_root, NULL)), 0);
}

static int keep_capabilities(u64 caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};

	return syscall(SYS_capset, &head, data);
}

static int load_bystander(void *arg)
{
	struct bystander *s = SCX_OPEN(bystander);

	return keep_capabilities(*(u64 *)arg) ? 0 : -bystander__load(s);
}

/* A message can be made of what only some may look at. */
static void without_perfmon(void)
{
	u64 caps = 1ULL << CAP_BPF;

	CHECK_EQ(scx_wait(scx_fork(load_bystander, &caps)), EACCES);
	caps |= 1ULL << CAP_PERFMON;
	CHECK_EQ(scx_wait(scx_fork(load_bystander, &caps)), 0);
}

struct seeker {
	u64 caps;
	bool cgroups;
};

static int load_finder(void *arg)
{
	const struct seeker *seeker = arg;
	struct finder *s = SCX_OPEN(finder);

	bpf_program__set_autoload(s->progs.finder, !seeker->cgroups);
	bpf_program__set_autoload(s->progs.cgroup_finder, seeker->cgroups);
	return keep_capabilities(seeker->caps) ? 0 : -finder__load(s);
}

/* By way of a task or a cgroup everything can be looked at. */
static void find_without_perfmon(bool cgroups)
{
	struct seeker seeker = { .caps = 1ULL << CAP_BPF, .cgroups = cgroups };

	CHECK_EQ(scx_wait(scx_fork(load_finder, &seeker)), EACCES);
	seeker.caps |= 1ULL << CAP_PERFMON;
	CHECK_EQ(scx_wait(scx_fork(load_finder, &seeker)), 0);
}

static void tasks_without_perfmon(void)
{
	find_without_perfmon(false);
}

static void cgroups_without_perfmon(void)
{
	find_without_perfmon(true);
}

SCX_TEST(SCX_CASE(as_nobody), SCX_CASE(with_bpf_for_all), SCX_CASE(as_root),
	 SCX_CASE(without_perfmon), SCX_CASE(tasks_without_perfmon),
	 SCX_CASE(cgroups_without_perfmon));
