// SPDX-License-Identifier: GPL-2.0
/*
 * Every operation is called, and for each task they come in order and in pairs;
 * also for tasks that die meanwhile, change their class or are held by the
 * scheduler when it is unloaded.
 */
#include <sys/resource.h>
#include "scx_test.h"
#include "balance.h"
#include "balance.bpf.skel.h"
#include "balance_run.h"

static void unload_and_check(struct balance *s, struct bpf_link *link)
{
	bpf_link__destroy(link);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
	check_closed(s);
}

/*
 * Only a task that the scheduler owns is dequeued from it: hold one back, and
 * change it.
 */
static void make_dequeue(struct balance *s, pid_t pid)
{
	unsigned long long held = s->bss->nr_held;
	unsigned long long dequeued = s->bss->calls[OP_DEQUEUE];

	s->bss->hold_pid = pid;
	CHECK_SOON(s->bss->nr_held > held);
	s->bss->hold_pid = 0;
	CHECK_EQ(setpriority(PRIO_PROCESS, pid, 5), 0);
	CHECK_GT(s->bss->calls[OP_DEQUEUE], dequeued);
}

static void all_called(void)
{
	struct work *work = work_start(WORK_MIX, 30, 0);
	struct balance *s = SCX_OPEN_LOAD(balance);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int op;

	CHECK_PROGRESS(work);
	make_dequeue(s, work_pid(work, 2));
	scx_pin(work_pid(work, 0), 0);
	CHECK_PROGRESS(work);
	/* A tick needs a task that runs on. */
	CHECK_SOON(s->bss->calls[OP_TICK]);

	unload_and_check(s, link);
	for (op = 0; op < NR_BALANCE_OPS; op++)
		if (!s->bss->calls[op])
			FAIL("%s was not called", op_names[op]);
}

static void dying_tasks(void)
{
	struct balance *s = SCX_OPEN_LOAD(balance);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int i;

	for (i = 0; scx_again(i, 50); i++) {
		struct work *work = work_start(i & 1 ? WORK_FORK : WORK_SPIN, 8,
					       i & 2 ? WORK_THREADS : 0);

		work_stop(work);
		check_order(s);
	}
	unload_and_check(s, link);
}

/* Loading and unloading while tasks come and go. */
static void dying_at_load(void)
{
	struct work *work = work_start(WORK_FORK, 8, 0);
	struct balance *s = SCX_OPEN_LOAD(balance);
	int i;

	for (i = 0; scx_again(i, 30); i++) {
		struct bpf_link *link = scx_attach(s->maps.ops);

		usleep(i * 300);
		unload_and_check(s, link);
		SCX_FORGET_EXIT(s);
	}
	CHECK_PROGRESS(work);
}

static void changing_class(void)
{
	static const int policies[] = { SCHED_FIFO, SCHED_OTHER, SCHED_BATCH, SCHED_RR, SCHED_EXT };
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct balance *s = SCX_OPEN_LOAD(balance);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int i;

	for (i = 0; scx_again(i, 200); i++) {
		scx_set_policy(work_pid(work, i % 4), policies[i % ARRAY_SIZE(policies)]);
		check_order(s);
	}
	CHECK_PROGRESS(work);
	unload_and_check(s, link);
	CHECK_PROGRESS(work);
}

static void held_at_unload(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct balance *s = SCX_OPEN_LOAD(balance);
	struct bpf_link *link = scx_attach(s->maps.ops);

	s->bss->hold_pid = work_pid(work, 1);
	CHECK_SOON(s->bss->nr_held);
	unload_and_check(s, link);
	CHECK_PROGRESS(work);
}

SCX_TEST(SCX_CASE(all_called), SCX_CASE(dying_tasks), SCX_CASE(dying_at_load),
	 SCX_CASE(changing_class), SCX_CASE(held_at_unload));
