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

static const char * const op_names[NR_BALANCE_OPS] = {
	[OP_SELECT_CPU] = "select_cpu", [OP_ENQUEUE] = "enqueue", [OP_DEQUEUE] = "dequeue",
	[OP_DISPATCH] = "dispatch", [OP_TICK] = "tick", [OP_RUNNABLE] = "runnable",
	[OP_RUNNING] = "running", [OP_STOPPING] = "stopping", [OP_QUIESCENT] = "quiescent",
	[OP_YIELD] = "yield", [OP_SET_WEIGHT] = "set_weight", [OP_SET_CPUMASK] = "set_cpumask",
	[OP_INIT_TASK] = "init_task", [OP_EXIT_TASK] = "exit_task", [OP_ENABLE] = "enable",
	[OP_DISABLE] = "disable", [OP_INIT] = "init", [OP_EXIT] = "exit",
};

static void check_order(const struct balance *s)
{
	const struct balance_error *e = &s->bss->error;

	if (s->bss->nr_errors)
		FAIL("%llu operations out of order, the first is %s of %s[%d] in state %#x",
		     (unsigned long long)s->bss->nr_errors, op_names[e->op], e->comm,
		     e->pid, e->state);
}

/* Tasks of which exit_task was not called. */
static int entries_left(const struct balance *s)
{
	struct balance_key key, *prev = NULL;
	int nr = 0;

	while (!bpf_map_get_next_key(bpf_map__fd(s->maps.tasks), prev, &key)) {
		scx_note("no exit_task of pid %d", key.pid);
		prev = &key;
		nr++;
	}
	return nr;
}

static void check_closed(const struct balance *s)
{
	static const enum balance_op pairs[][2] = {
		{ OP_INIT_TASK, OP_EXIT_TASK }, { OP_ENABLE, OP_DISABLE },
		{ OP_RUNNABLE, OP_QUIESCENT }, { OP_RUNNING, OP_STOPPING }, { OP_INIT, OP_EXIT },
	};
	unsigned int i;

	check_order(s);
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		if (s->bss->calls[pairs[i][0]] != s->bss->calls[pairs[i][1]])
			FAIL("%llu calls of %s, but %llu of %s",
			     (unsigned long long)s->bss->calls[pairs[i][0]], op_names[pairs[i][0]],
			     (unsigned long long)s->bss->calls[pairs[i][1]], op_names[pairs[i][1]]);
	CHECK_EQ(entries_left(s), 0);
}

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
