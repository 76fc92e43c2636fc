/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What struct task_struct and struct rq embed of the extensible scheduler
 * class, and nothing more: <linux/sched.h> includes this file, so an edit here
 * rebuilds the world. The interface to BPF schedulers is <linux/sched/ext.h>.
 *
 * Names and values of enumerators and the names of the fields that BPF
 * schedulers read are ABI: they find them through kernel BTF.
 */
#ifndef _LINUX_SCHED_EXT_ENTITY_H
#define _LINUX_SCHED_EXT_ENTITY_H

#include <linux/types.h>
#include <linux/list.h>
#include <linux/rbtree_types.h>
#include <linux/spinlock_types.h>
#include <linux/atomic.h>

struct task_struct;
struct cgroup;
struct scx_op_frame;

/*
 * What a position in a DSQ's list is. @priv is the number of a task among the
 * inserts of the queue, or the last one that an iterator is to see.
 */
enum scx_dsq_lnode_flags {
	SCX_DSQ_LNODE_ITER_CURSOR	= 1 << 0,	/* an iterator, not a task */
};

struct scx_dsq_list_node {
	struct list_head	node;
	u32			flags;		/* SCX_DSQ_LNODE_* */
	u32			priv;
};

/* How a task sits on its DSQ, p->scx.dsq_flags. Guarded by the DSQ's lock. */
enum scx_ent_dsq_flags {
	SCX_TASK_DSQ_ON_PRIQ		= 1 << 0,	/* ordered by vtime */
};

/*
 * p->scx.flags, guarded by the task's rq lock. The state field is 0 (NONE)
 * whenever no scheduler has initialised the task.
 */
enum scx_ent_flags {
	SCX_TASK_QUEUED			= 1 << 0,	/* runnable on its rq */
	SCX_TASK_RUN_NOTIFIED		= 1 << 1,	/* running without stopping yet */
	SCX_TASK_RESET_RUNNABLE_AT	= 1 << 2,	/* waits anew: restart its clock */
	SCX_TASK_DEQD_FOR_SLEEP		= 1 << 3,	/* last dequeue was for sleep */

	SCX_TASK_STATE_SHIFT		= 8,
	SCX_TASK_STATE_BITS		= 2,
	SCX_TASK_STATE_MASK		= ((1 << SCX_TASK_STATE_BITS) - 1) << SCX_TASK_STATE_SHIFT,

	SCX_TASK_CURSOR			= 1 << 31,	/* iterator in the task list */
};

/*
 * NONE: unknown to the scheduler. INIT: ops.init_task() succeeded, the fork is
 * not complete. READY: may enter the class. ENABLED: in the class.
 */
enum scx_task_state {
	SCX_TASK_NONE,
	SCX_TASK_INIT,
	SCX_TASK_READY,
	SCX_TASK_ENABLED,

	SCX_TASK_NR_STATES,
};

/*
 * A dispatch queue. @lock guards everything but the hash linkage; a CPU's local
 * queue is guarded by its rq lock instead and leaves @lock unused.
 *
 * @list holds all tasks in the order in which they are consumed, @priq the same
 * tasks by vtime when the queue is used in vtime order.
 */
struct scx_dispatch_q {
	raw_spinlock_t		lock;
	u32			nr;		/* tasks on @list */
	struct list_head	list;
	struct rb_root		priq;
	u64			id;		/* SCX_DSQ_INVALID once destroyed */
	u32			seq;		/* inserts so far, for iterators */
	struct hlist_node	hash_node;	/* the scheduler's DSQ table */
	struct rcu_head		rcu;
};

/*
 * The class's part of a task. Guarded by the task's rq lock unless noted. Every
 * fork copies and initialises it, scheduler or not: what makes it larger has to
 * be worth that.
 * @slice, @dsq_vtime and @disallow are what BPF programs may write.
 */
struct sched_ext_entity {
	struct scx_dispatch_q	*dsq;		/* queue it is on; the queue's lock */
	struct scx_dsq_list_node dsq_list;	/* the queue's lock */
	struct rb_node		dsq_priq;	/* the queue's lock */

	u32			flags;		/* SCX_TASK_* */
	u32			weight;		/* cgroup scale, 100 = nice 0 */
	s32			sticky_cpu;	/* on its way to this CPU's local queue */
	s32			holding_cpu;	/* CPU that moves it; see dispatch.c */
	atomic_long_t		ops_state;	/* who owns it; see dispatch.c */

	u64			slice;		/* ns left to run */
	u64			dsq_vtime;	/* key in vtime-ordered queues */

	/* A direct dispatch waiting for its enqueue; INVALID if none. */
	u64			ddsp_dsq_id;
	u64			ddsp_enq_flags;

	struct list_head	runnable_node;	/* rq->scx.runnable_list */
	unsigned long		runnable_at;	/* jiffies since it waits */
	u32			core_sched_at;	/* rq clock >> 20, orders core scheduling */
	u8			dsq_flags;	/* SCX_TASK_DSQ_*; the queue's lock */
	bool			disallow;	/* refuse SCHED_EXT to this task */
	bool			cpu_selected;	/* asked for a CPU, until enqueued; pi_lock */

	/* Innermost op this task executes on behalf of the class; own task only. */
	struct scx_op_frame	*op_frame;

	struct list_head	tasks_node;	/* known tasks; scx_tasks_lock */
};

#endif /* _LINUX_SCHED_EXT_ENTITY_H */
