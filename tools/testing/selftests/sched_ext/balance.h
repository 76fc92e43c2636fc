/* SPDX-License-Identifier: GPL-2.0 */
/* What balance.bpf.c counts. Included by both sides. */
#ifndef __BALANCE_H
#define __BALANCE_H

enum balance_op {
	OP_SELECT_CPU, OP_ENQUEUE, OP_DEQUEUE, OP_DISPATCH, OP_TICK,
	OP_RUNNABLE, OP_RUNNING, OP_STOPPING, OP_QUIESCENT, OP_YIELD,
	OP_SET_WEIGHT, OP_SET_CPUMASK, OP_INIT_TASK, OP_EXIT_TASK,
	OP_ENABLE, OP_DISABLE, OP_INIT, OP_EXIT,
	NR_BALANCE_OPS,
};

/* A task is known by its pid and when it started. */
struct balance_key {
	int pid;
	int pad;
	unsigned long long start;
};

/* The state that the operations so far have left a task in. */
enum balance_state {
	BAL_INITED	= 1,
	BAL_ENABLED	= 2,
	BAL_RUNNABLE	= 4,
	BAL_RUNNING	= 8,
};

/* The first operation that did not fit. */
struct balance_error {
	unsigned int op;
	unsigned int state;
	int pid;
	char comm[16];
};

#endif /* __BALANCE_H */
