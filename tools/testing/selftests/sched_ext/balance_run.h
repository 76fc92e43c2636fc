/* SPDX-License-Identifier: GPL-2.0 */
/* What balance.bpf.c has counted, judged. Included after its skeleton. */
#ifndef __BALANCE_RUN_H
#define __BALANCE_RUN_H

#include "scx_test.h"

static const char * const op_names[NR_BALANCE_OPS] = {
	[OP_SELECT_CPU] = "select_cpu", [OP_ENQUEUE] = "enqueue", [OP_DEQUEUE] = "dequeue",
	[OP_DISPATCH] = "dispatch", [OP_TICK] = "tick", [OP_RUNNABLE] = "runnable",
	[OP_RUNNING] = "running", [OP_STOPPING] = "stopping", [OP_QUIESCENT] = "quiescent",
	[OP_YIELD] = "yield", [OP_SET_WEIGHT] = "set_weight", [OP_SET_CPUMASK] = "set_cpumask",
	[OP_INIT_TASK] = "init_task", [OP_EXIT_TASK] = "exit_task", [OP_ENABLE] = "enable",
	[OP_DISABLE] = "disable", [OP_INIT] = "init", [OP_EXIT] = "exit",
};

static inline void check_order(const struct balance *s)
{
	const struct balance_error *e = &s->bss->error;

	if (s->bss->nr_errors)
		FAIL("%llu operations out of order, the first is %s of %s[%d] in state %#x",
		     (unsigned long long)s->bss->nr_errors, op_names[e->op], e->comm,
		     e->pid, e->state);
}

/* Tasks of which exit_task was not called. */
static inline int entries_left(const struct balance *s)
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

/* The scheduler is gone, and so is every task's entry. */
static inline void check_closed(const struct balance *s)
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

#endif /* __BALANCE_RUN_H */
