/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What op_acts.bpf.c can be told to do, and in which op. Included by both sides.
 */
#ifndef __OP_ACTS_H
#define __OP_ACTS_H

enum act_op {
	OP_NONE,
	OP_SELECT_CPU,
	OP_ENQUEUE,
	OP_DEQUEUE,
	OP_DISPATCH,
	OP_TICK,
	OP_RUNNABLE,
	OP_RUNNING,
	OP_STOPPING,
	OP_QUIESCENT,
	OP_YIELD,
	OP_SET_WEIGHT,
	OP_SET_CPUMASK,
	OP_INIT_TASK,
	OP_EXIT_TASK,
	OP_ENABLE,
	OP_DISABLE,
	OP_INIT,
	OP_EXIT,
	NR_OPS,
};

enum act {
	ACT_NONE,
	ACT_ERROR,		/* scx_bpf_error(ACT_MESSAGE) */
	ACT_EXIT,		/* scx_bpf_exit(ACT_EXIT_CODE, ACT_MESSAGE) */
	ACT_FAIL,		/* return -ACT_ERRNO */
	/* The rest are kfuncs that are not for every op. */
	ACT_SELECT_CPU_DFL,
	ACT_DISPATCH,
	ACT_DISPATCH_VTIME,
	ACT_DSQ_INSERT,
	ACT_DSQ_MOVE,
	ACT_FROM_DSQ,
	ACT_MOVE_SET_SLICE,
	ACT_CONSUME,
	ACT_MOVE_TO_LOCAL,
	ACT_NR_SLOTS,
	ACT_CANCEL,
	NR_ACTS,
};

#define ACT_MESSAGE		"told to by the test"
#define ACT_EXIT_CODE		0x5ca1ab1e
#define ACT_ERRNO		29	/* ESPIPE: nobody else comes up with it */
#define ACT_DSQ			7

#endif /* __OP_ACTS_H */
