// SPDX-License-Identifier: GPL-2.0
/*
 * Values of struct sched_ext_ops that cannot be, and parts of the interface that
 * this kernel does not serve: attaching fails, a line in the kernel log says
 * why, and nothing has happened. Of what is noticed later ops.exit() is told.
 */
#include <limits.h>
#include "any_op_run.h"
#include "scx_puppet.h"
#include "fifo.bpf.skel.h"
#include "quit.bpf.skel.h"
#include "any_op.bpf.skel.h"

#define UNKNOWN_FLAG		0x10000000000ULL
#define KEEP_BUILTIN_IDLE	0x1ULL
#define ENQ_LAST		0x2ULL
#define HAS_CGROUP_WEIGHT	0x10000ULL

/* Attaching map fails with error and a line of the log in words. */
static void check_refused(struct bpf_map *map, int error, const char *words)
{
	long seq = scx_sysfs_long("enable_seq");
	struct bpf_link *link;
	int kmsg, err;

	scx_expect_log("^sched_ext: cannot load");
	kmsg = kmsg_open();
	link = scx_try_attach(map, &err);
	if (link || err != -error)
		FAIL("attached with %d, not %d (%s)", err, -error, words);
	if (!kmsg_has(kmsg, words))
		FAIL("the kernel log does not say: %s", words);
	close(kmsg);
	CHECK(scx_state_is("disabled"));
	CHECK_EQ(scx_sysfs_long("enable_seq"), seq);
}

/* set is a statement on ops that makes it wrong. */
#define REFUSED(set, error, words)					\
do {									\
	struct fifo *s = SCX_OPEN(fifo);				\
	typeof(s->struct_ops.ops) ops = s->struct_ops.ops;		\
									\
	set;								\
	SCX_LOAD(s, fifo);						\
	check_refused(s->maps.ops, error, "sched_ext: .*" words);	\
	fifo__destroy(s);						\
} while (0)

#define ACCEPTED(set)							\
do {									\
	struct fifo *s = SCX_OPEN(fifo);				\
	typeof(s->struct_ops.ops) ops = s->struct_ops.ops;		\
									\
	set;								\
	SCX_LOAD(s, fifo);						\
	bpf_link__destroy(scx_attach(s->maps.ops));			\
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);				\
	fifo__destroy(s);						\
} while (0)

#define NO_MEMORY(set)							\
do {									\
	struct fifo *s = SCX_OPEN(fifo);				\
	typeof(s->struct_ops.ops) ops = s->struct_ops.ops;		\
									\
	set;								\
	CHECK_EQ(fifo__load(s), 0);					\
	CHECK_ATTACH_FAILS(s->maps.ops, ENOMEM);			\
	fifo__destroy(s);						\
} while (0)

static void bad_flags(void)
{
	REFUSED(ops->flags = UNKNOWN_FLAG, EINVAL, "flags 0x10000000000");
	REFUSED(ops->flags = ENQ_LAST | UNKNOWN_FLAG, EINVAL, "flags 0x10000000000");
	REFUSED(ops->flags = KEEP_BUILTIN_IDLE, EINVAL, "fifo.*KEEP_BUILTIN_IDLE");
	REFUSED(ops->flags = HAS_CGROUP_WEIGHT, EINVAL, "fifo.*HAS_CGROUP_WEIGHT");
}

static void bad_names(void)
{
	REFUSED(ops->name[0] = 0, EINVAL, "name");
	REFUSED(strcpy(ops->name, "bad name"), EINVAL, "name");
	REFUSED(strcpy(ops->name, "bad/name"), EINVAL, "name");
	REFUSED(strcpy(ops->name, "bad\nname"), EINVAL, "name");
	/* Without an end. */
	REFUSED(memset(ops->name, 'x', sizeof(ops->name)), EINVAL, "name");
	ACCEPTED(strcpy(ops->name, "A_good.name_1"));
	ACCEPTED({ memset(ops->name, 'x', sizeof(ops->name));
		   ops->name[sizeof(ops->name) - 1] = 0; });
}

static void bad_sizes(void)
{
	REFUSED(ops->timeout_ms = 30001, E2BIG, "timeout_ms 30001");
	REFUSED(ops->timeout_ms = UINT_MAX, E2BIG, "timeout_ms");
	REFUSED(ops->dispatch_max_batch = INT_MAX + 1U, E2BIG, "dispatch_max_batch 2147483648");
	ACCEPTED(ops->timeout_ms = 30000);
	/* There is no memory for these, and no more than that. */
	NO_MEMORY(ops->dispatch_max_batch = INT_MAX);
	NO_MEMORY(ops->exit_dump_len = UINT_MAX);
	ACCEPTED(ops->dispatch_max_batch = 1000);
}

/* Noticed too late for attaching to fail. */
static void enq_last_without_enqueue(void)
{
	struct fifo *s = SCX_OPEN(fifo);
	struct bpf_link *link;

	scx_expect_eject("fifo");
	s->struct_ops.ops->flags = ENQ_LAST;
	s->struct_ops.ops->enqueue = NULL;
	SCX_LOAD(s, fifo);
	link = scx_attach(s->maps.ops);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_ERROR);
	CHECK(scx_matches(s->data->uei.msg, "ENQ_LAST.*enqueue"));
	CHECK(scx_state_is("disabled"));
	bpf_link__destroy(link);
	fifo__destroy(s);
}

#define RESTART	(SCX_ECODE_RSN_HOTPLUG | SCX_ECODE_ACT_RESTART)

/*
 * CPUs came or went after a loader looked at them: attaching works, but the scheduler
 * has ended when it returns, with nothing called but ops.exit(), and is to be loaded
 * anew.
 */
static void check_stale(unsigned long long expected, unsigned long long current)
{
	struct quit *s = SCX_OPEN(quit);
	struct bpf_link *link;
	char words[128];
	long seq;

	scx_expect_log("^sched_ext: .*quit.*unregistered from the main kernel");
	s->struct_ops.ops->hotplug_seq = expected;
	SCX_LOAD(s, quit);
	seq = scx_sysfs_long("enable_seq");
	link = scx_attach(s->maps.ops);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG_KERN);
	CHECK_EQ(s->data->uei.exit_code, RESTART);
	CHECK(!strcmp(s->data->uei.reason, "unregistered from the main kernel"));
	snprintf(words, sizeof(words), "hotplug_seq %llu,.* %llu$", expected, current);
	if (!scx_matches(s->data->uei.msg, words))
		FAIL("it ended with \"%s\", not with: %s", s->data->uei.msg, words);
	CHECK_EQ(s->bss->nr_inits, 0);
	CHECK_EQ(s->bss->nr_exits, 1);
	CHECK(scx_state_is("disabled"));
	CHECK(scx_root_ops_is(NULL));
	CHECK_EQ(scx_sysfs_long("enable_seq"), seq);
	bpf_link__destroy(link);
	CHECK_EQ(s->bss->nr_exits, 1);
	quit__destroy(s);
}

static void stale_hotplug_seq(void)
{
	struct work *work = work_start(WORK_SLEEP, 2, 0);
	unsigned long long seq = scx_sysfs_long("hotplug_seq");

	check_stale(seq + 1, seq);
	CHECK_PROGRESS(work);
	/* The upper half counts as well. */
	check_stale(seq | 1ULL << 32, seq);
	/* Load it anew, as it said; or do not ask. */
	ACCEPTED(ops->hotplug_seq = seq);
	ACCEPTED(ops->hotplug_seq = 0);
	CHECK_PROGRESS(work);
	work_stop(work);
}

static void after_hotplug(void)
{
	unsigned long long seq = scx_sysfs_long("hotplug_seq");
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", scx_nr_cpus() - 1);
	if (access(path, W_OK))
		scx_skip("no CPU can be taken off");
	CHECK(scx_put(path, "0"));
	CHECK_EQ(scx_sysfs_long("hotplug_seq"), seq + 1);
	CHECK(scx_put(path, "1"));
	CHECK_EQ(scx_sysfs_long("hotplug_seq"), seq + 2);
	check_stale(seq, seq + 2);
	ACCEPTED(ops->hotplug_seq = seq + 2);
}

static const struct {
	const char *op;
	bool served;
} all_ops[] = {
	{ "select_cpu", true },
	{ "enqueue", true },
	{ "dequeue", true },
	{ "dispatch", true },
	{ "tick", true },
	{ "runnable", true },
	{ "running", true },
	{ "stopping", true },
	{ "quiescent", true },
	{ "yield", true },
	{ "set_weight", true },
	{ "set_cpumask", true },
	{ "init_task", true },
	{ "exit_task", true },
	{ "enable", true },
	{ "disable", true },
	{ "init", true },
	{ "exit", true },
	{ "core_sched_before", false },
	{ "update_idle", false },
	{ "cpu_acquire", false },
	{ "cpu_release", false },
	{ "dump", false },
	{ "dump_cpu", false },
	{ "dump_task", false },
	{ "cgroup_init", false },
	{ "cgroup_exit", false },
	{ "cgroup_prep_move", false },
	{ "cgroup_move", false },
	{ "cgroup_cancel_move", false },
	{ "cgroup_set_weight", false },
	{ "cpu_online", false },
	{ "cpu_offline", false },
};

/* A scheduler that has no op but this one runs, if the op is served. */
static void each_op_alone(void)
{
	struct work *work = work_start(WORK_SLEEP, 2, 0);
	char words[128];
	struct any_op *s;
	struct bpf_link *link;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all_ops); i += scx_stride()) {
		s = SCX_OPEN(any_op);
		any_op_set(s->obj, s->maps.ops, all_ops[i].op);
		CHECK_EQ(any_op__load(s), 0);
		if (all_ops[i].served) {
			link = scx_attach(s->maps.ops);
			CHECK(scx_state_is("enabled"));
			CHECK_PROGRESS(work);
			bpf_link__destroy(link);
			CHECK(scx_state_is("disabled"));
		} else {
			snprintf(words, sizeof(words), "sched_ext: .*any_op.*ops[.]%s\\>",
				 all_ops[i].op);
			check_refused(s->maps.ops, EINVAL, words);
		}
		any_op__destroy(s);
	}
	work_stop(work);
}

SCX_TEST(SCX_CASE(bad_flags), SCX_CASE(bad_names), SCX_CASE(bad_sizes),
	 SCX_CASE(enq_last_without_enqueue), SCX_CASE(stale_hotplug_seq),
	 SCX_CASE(after_hotplug), SCX_CASE(each_op_alone));
