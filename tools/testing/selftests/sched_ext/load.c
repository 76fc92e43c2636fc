// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler is loaded, runs every ordinary task, and is unloaded; what
 * /sys/kernel/sched_ext says meanwhile.
 */
#include "scx_test.h"
#include "fifo.bpf.skel.h"

static void load_and_unload(void)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link;

	CHECK(scx_state_is("disabled"));
	CHECK(scx_root_ops_is(NULL));

	link = scx_attach(s->maps.ops);
	CHECK(scx_state_is("enabled"));
	CHECK(scx_root_ops_is("fifo"));
	CHECK_EQ(scx_sysfs_long("switch_all"), 1);

	CHECK_EQ(bpf_link__destroy(link), 0);
	/* No waiting: ops.exit() has run when detaching returns. */
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
	CHECK(!strcmp(s->data->uei.reason, "unregistered from user space"));
	CHECK(scx_state_is("disabled"));
	CHECK(scx_root_ops_is(NULL));
	fifo__destroy(s);
}

static void enable_seq_counts(void)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	long before = scx_sysfs_long("enable_seq");

	bpf_link__destroy(scx_attach(s->maps.ops));
	CHECK_EQ(scx_sysfs_long("enable_seq"), before + 1);
	fifo__destroy(s);
}

static void tasks_run(void)
{
	struct work *work = work_start(WORK_MIX, 20, 0);
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int i;

	for (i = 0; i < work_nr(work); i++)
		CHECK_NE(scx_task_on_ext(work_pid(work, i)), 0);
	CHECK_PROGRESS(work);
	CHECK(scx_state_is("enabled"));

	bpf_link__destroy(link);
	for (i = 0; i < work_nr(work); i++)
		CHECK_LE(scx_task_on_ext(work_pid(work, i)), 0);
	CHECK_PROGRESS(work);
	work_stop(work);
	fifo__destroy(s);
}

SCX_TEST(SCX_CASE(load_and_unload), SCX_CASE(enable_seq_counts), SCX_CASE(tasks_run));
