/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The extensible scheduler class's part of a runqueue. Guarded by the rq lock
 * unless noted; written by kernel/sched/ext.o only.
 */
#ifndef _KERNEL_SCHED_EXT_RQ_H
#define _KERNEL_SCHED_EXT_RQ_H

#include <linux/irq_work.h>
#include <linux/sched/ext_entity.h>

enum scx_rq_flags {
	SCX_RQ_ONLINE		= 1 << 0,	/* the CPU takes tasks of the class */
	SCX_RQ_BYPASSING	= 1 << 1,	/* the BPF scheduler is not asked */
	SCX_RQ_NOTHING_ELSE	= 1 << 2,	/* balance found nothing but prev */
	SCX_RQ_CAN_STOP_TICK	= 1 << 3,	/* curr, if of the class, has an endless slice */
};

struct scx_rq {
	struct scx_dispatch_q	local_dsq;
	struct list_head	runnable_list;	/* waiting tasks, oldest first */
	struct list_head	deferred_list;	/* tasks bound for remote local queues */
	u64			extra_enq_flags; /* flags activate_task() cannot carry */
	u64			pnt_seq;	/* picks so far; read locklessly */
	u32			nr_running;
	u32			flags;		/* SCX_RQ_* */
	u32			bypass_slice;	/* ns that curr has left in bypass */
	struct irq_work		deferred_work;	/* handles @deferred_list */
};

#endif /* _KERNEL_SCHED_EXT_RQ_H */
