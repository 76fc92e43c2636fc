/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The extensible scheduler class: what a BPF scheduler implements and what the
 * kernel tells it.
 *
 * A BPF scheduler is a struct_ops map of type sched_ext_ops. Programs and their
 * loaders find everything in this file by name through kernel BTF, so names,
 * values, member kinds and sizes are ABI; the order of members is not.
 */
#ifndef _LINUX_SCHED_EXT_H
#define _LINUX_SCHED_EXT_H

#include <linux/sched/ext_entity.h>

struct cgroup;
struct cpumask;
struct task_struct;

enum scx_public_consts {
	SCX_OPS_NAME_LEN		= 128,

	SCX_SLICE_DFL			= 20 * 1000000,	/* ns */
	SCX_SLICE_INF			= U64_MAX,	/* runs until it gives way */
};

/* Sizes and limits that loaders and dumps rely on. */
enum scx_consts {
	SCX_DSP_DFL_MAX_BATCH		= 32,
	SCX_DSP_MAX_LOOPS		= 32,
	SCX_OPS_TASK_ITER_BATCH		= 32,
	SCX_WATCHDOG_MAX_TIMEOUT	= 30 * 1000,	/* ms */
	SCX_EXIT_BT_LEN			= 64,
	SCX_EXIT_MSG_LEN		= 1024,
	SCX_EXIT_DUMP_DFL_LEN		= 32768,
	SCX_CPUPERF_ONE			= 1024,
};

/*
 * DSQ ids. Bit 63 marks the built-in queues; a scheduler is free to choose the
 * ids of its own queues below it.
 */
enum scx_dsq_id_flags {
	SCX_DSQ_FLAG_BUILTIN		= 1LLU << 63,
	SCX_DSQ_FLAG_LOCAL_ON		= 1LLU << 62,

	SCX_DSQ_INVALID			= SCX_DSQ_FLAG_BUILTIN | 0,
	SCX_DSQ_GLOBAL			= SCX_DSQ_FLAG_BUILTIN | 1,
	SCX_DSQ_LOCAL			= SCX_DSQ_FLAG_BUILTIN | 2,
	SCX_DSQ_LOCAL_ON		= SCX_DSQ_FLAG_BUILTIN | SCX_DSQ_FLAG_LOCAL_ON,
	SCX_DSQ_LOCAL_CPU_MASK		= 0xffffffffLLU,
};

enum scx_dsq_iter_flags {
	SCX_DSQ_ITER_REV		= 1 << 16,	/* from the tail */
};

/* Why a scheduler ended, struct scx_exit_info.kind. */
enum scx_exit_kind {
	SCX_EXIT_NONE,
	SCX_EXIT_DONE,

	SCX_EXIT_UNREG			= 64,	/* from user space */
	SCX_EXIT_UNREG_BPF,			/* scx_bpf_exit() */
	SCX_EXIT_UNREG_KERN,			/* the kernel, no fault */
	SCX_EXIT_SYSRQ,				/* SysRq-S */

	SCX_EXIT_ERROR			= 1024,	/* the scheduler did wrong */
	SCX_EXIT_ERROR_BPF,			/* scx_bpf_error() */
	SCX_EXIT_ERROR_STALL,			/* the watchdog */
};

/* Codes for SCX_EXIT_UNREG_KERN, or-ed: a reason and what to do about it. */
enum scx_exit_code {
	SCX_ECODE_RSN_HOTPLUG		= 1LLU << 32,

	SCX_ECODE_ACT_RESTART		= 1LLU << 48,
};

/**
 * struct scx_exit_info - why and how a scheduler ended
 * @kind: SCX_EXIT_*
 * @exit_code: what scx_bpf_exit() gave, or SCX_ECODE_*
 * @reason: @kind in words
 * @bt: backtrace of where an error was noticed
 * @bt_len: entries in @bt
 * @msg: what happened, one line
 * @dump: state of the scheduler when it was ejected
 */
struct scx_exit_info {
	enum scx_exit_kind	kind;
	s64			exit_code;
	const char		*reason;
	unsigned long		*bt;
	u32			bt_len;
	char			*msg;
	char			*dump;
};

enum scx_ops_flags {
	/* Keep the built-in idle tracking although update_idle() is there. */
	SCX_OPS_KEEP_BUILTIN_IDLE	= 1LLU << 0,
	/* Enqueue the last runnable task of a CPU with %SCX_ENQ_LAST. */
	SCX_OPS_ENQ_LAST		= 1LLU << 1,
	/* Enqueue exiting tasks like others. */
	SCX_OPS_ENQ_EXITING		= 1LLU << 2,
	/* Take tasks of policy SCHED_EXT only. */
	SCX_OPS_SWITCH_PARTIAL		= 1LLU << 3,
	/* The scheduler heeds cgroup weights. */
	SCX_OPS_HAS_CGROUP_WEIGHT	= 1LLU << 16,

	SCX_OPS_ALL_FLAGS		= SCX_OPS_KEEP_BUILTIN_IDLE |
					  SCX_OPS_ENQ_LAST |
					  SCX_OPS_ENQ_EXITING |
					  SCX_OPS_SWITCH_PARTIAL |
					  SCX_OPS_HAS_CGROUP_WEIGHT,
};

enum scx_enq_flags {
	/* As the core has them, ENQUEUE_*. */
	SCX_ENQ_WAKEUP			= 0x01,
	SCX_ENQ_HEAD			= 0x10,

	/* The class asked for a CPU. No flag of the core, nor used by it. */
	SCX_ENQ_CPU_SELECTED		= 0x400,

	/* The class's own are above bit 31. */
	SCX_ENQ_PREEMPT			= 1LLU << 32,	/* to local: replace current */
	SCX_ENQ_REENQ			= 1LLU << 40,	/* was taken back from a local DSQ */
	SCX_ENQ_LAST			= 1LLU << 41,	/* nothing else to run here */

	/* Not for BPF. */
	__SCX_ENQ_INTERNAL_MASK		= 0xffLLU << 56,
	SCX_ENQ_CLEAR_OPSS		= 1LLU << 56,
	SCX_ENQ_DSQ_PRIQ		= 1LLU << 57,
};

enum scx_deq_flags {
	SCX_DEQ_SLEEP			= 0x01,		/* DEQUEUE_SLEEP */

	SCX_DEQ_CORE_SCHED_EXEC		= 1LLU << 32,
};

enum scx_wake_flags {
	SCX_WAKE_FORK			= 0x04,		/* WF_FORK */
	SCX_WAKE_TTWU			= 0x08,		/* WF_TTWU */
	SCX_WAKE_SYNC			= 0x10,		/* WF_SYNC */
};

enum scx_pick_idle_cpu_flags {
	SCX_PICK_IDLE_CORE		= 1LLU << 0,	/* all siblings idle */
};

enum scx_kick_flags {
	SCX_KICK_IDLE			= 1LLU << 0,	/* only if it is idle */
	SCX_KICK_PREEMPT		= 1LLU << 1,	/* end current's slice */
	SCX_KICK_WAIT			= 1LLU << 2,	/* until it rescheduled */
};

enum scx_cpu_preempt_reason {
	SCX_CPU_PREEMPT_RT,
	SCX_CPU_PREEMPT_DL,
	SCX_CPU_PREEMPT_STOP,
	SCX_CPU_PREEMPT_UNKNOWN,
};

enum scx_tg_flags {
	SCX_TG_ONLINE			= 1U << 0,
	SCX_TG_INITED			= 1U << 1,
};

enum scx_ops_enable_state {
	SCX_OPS_ENABLING,
	SCX_OPS_ENABLED,
	SCX_OPS_DISABLING,
	SCX_OPS_DISABLED,
};

/*
 * Who owns a task as far as the BPF scheduler is concerned, the low bits of
 * p->scx.ops_state. The protocol is described in kernel/sched/ext/dispatch.c.
 */
enum scx_ops_state {
	SCX_OPSS_NONE,		/* the core, or a DSQ */
	SCX_OPSS_QUEUEING,	/* ops.enqueue() is being asked */
	SCX_OPSS_QUEUED,	/* the BPF scheduler */
	SCX_OPSS_DISPATCHING,	/* a CPU that puts it on a DSQ */

	/* Above the state: which enqueue it is, so that a stale one is seen. */
	SCX_OPSS_QSEQ_SHIFT		= 2,
};

/**
 * struct scx_init_task_args - for ops.init_task()
 * @fork: the task is being forked, else it was there at load
 * @cgroup: the cgroup of the CPU controller that the task is in
 */
struct scx_init_task_args {
	bool			fork;
#ifdef CONFIG_EXT_GROUP_SCHED
	struct cgroup		*cgroup;
#endif
};

/**
 * struct scx_exit_task_args - for ops.exit_task()
 * @cancelled: the task never came to be, its fork failed
 */
struct scx_exit_task_args {
	bool			cancelled;
};

/**
 * struct scx_cgroup_init_args - for ops.cgroup_init()
 * @weight: of the cgroup, 1..10000
 */
struct scx_cgroup_init_args {
	u32			weight;
};

/* For ops.cpu_acquire(); nothing to tell so far. */
struct scx_cpu_acquire_args {
};

/**
 * struct scx_cpu_release_args - for ops.cpu_release()
 * @reason: the class that took the CPU
 * @task: the task that runs instead
 */
struct scx_cpu_release_args {
	enum scx_cpu_preempt_reason reason;
	struct task_struct	*task;
};

/**
 * struct scx_dump_ctx - for the ops.dump*() callbacks
 * @kind: SCX_EXIT_* that led to the dump
 * @exit_code: of the exit
 * @reason: @kind in words
 * @at_ns: ktime when the dump was taken
 * @at_jiffies: the same in jiffies
 */
struct scx_dump_ctx {
	enum scx_exit_kind	kind;
	s64			exit_code;
	const char		*reason;
	u64			at_ns;
	u64			at_jiffies;
};

/**
 * struct sched_ext_ops - a BPF scheduler
 *
 * Only @name is mandatory. Context of a callback: "rq" runs with the rq lock of
 * the task or CPU held and IRQs off; "pi" with the task's pi_lock held, IRQs
 * off and no rq lock; "sleep" may sleep and holds no scheduler lock.
 */
struct sched_ext_ops {
	/**
	 * @select_cpu: choose a CPU for a task that wakes up or was forked (pi)
	 * @p: the task
	 * @prev_cpu: where it ran last
	 * @wake_flags: SCX_WAKE_*
	 *
	 * An idle CPU that is returned is woken. The task can be inserted into
	 * a DSQ here, which skips @enqueue; %SCX_DSQ_LOCAL is then the queue of
	 * the returned CPU. Not called for tasks that can run on one CPU only.
	 * An invalid CPU ejects the scheduler.
	 *
	 * Absent: built-in choice of an idle CPU, and direct insert if one is
	 * found.
	 */
	s32 (*select_cpu)(struct task_struct *p, s32 prev_cpu, u64 wake_flags);

	/**
	 * @enqueue: a task became runnable (rq)
	 * @p: the task
	 * @enq_flags: SCX_ENQ_*
	 *
	 * From here on the BPF scheduler owns @p, unless it inserts it into a
	 * DSQ at once. Absent: insert into %SCX_DSQ_GLOBAL.
	 */
	void (*enqueue)(struct task_struct *p, u64 enq_flags);

	/**
	 * @dequeue: take a task back from the BPF scheduler (rq)
	 * @p: the task, owned by the BPF scheduler
	 * @deq_flags: SCX_DEQ_*
	 *
	 * Absent: nothing; late inserts of the task are ignored.
	 */
	void (*dequeue)(struct task_struct *p, u64 deq_flags);

	/**
	 * @dispatch: a CPU is out of tasks (rq, dropped within some kfuncs)
	 * @cpu: the CPU
	 * @prev: task that runs there now and may be continued, or NULL
	 *
	 * Insert or move tasks into the CPU's local DSQ. If @prev is still
	 * queued, doing nothing lets it continue. Absent: consume
	 * %SCX_DSQ_GLOBAL only.
	 */
	void (*dispatch)(s32 cpu, struct task_struct *prev);

	/**
	 * @tick: periodic tick while a task runs (rq)
	 * @p: the running task; zero its slice to have it give way
	 */
	void (*tick)(struct task_struct *p);

	/**
	 * @runnable: a task becomes runnable (rq)
	 * @p: the task
	 * @enq_flags: SCX_ENQ_*
	 *
	 * runnable, running, stopping and quiescent always nest: runnable,
	 * any number of running and stopping, quiescent.
	 */
	void (*runnable)(struct task_struct *p, u64 enq_flags);

	/**
	 * @running: a task starts to run on its CPU (rq)
	 * @p: the task
	 */
	void (*running)(struct task_struct *p);

	/**
	 * @stopping: a task stops to run (rq)
	 * @p: the task
	 * @runnable: it is still runnable
	 */
	void (*stopping)(struct task_struct *p, bool runnable);

	/**
	 * @quiescent: a task is not runnable any more (rq)
	 * @p: the task
	 * @deq_flags: SCX_DEQ_*
	 */
	void (*quiescent)(struct task_struct *p, u64 deq_flags);

	/**
	 * @yield: give way (rq, of both tasks)
	 * @from: the task that yields
	 * @to: whom to, or NULL for anybody
	 *
	 * Returns whether yielding to @to was honoured; ignored without @to.
	 * Absent: the slice of @from ends; @to is not honoured.
	 */
	bool (*yield)(struct task_struct *from, struct task_struct *to);

	/**
	 * @core_sched_before: order for core scheduling (rq, core-wide)
	 * @a: a task
	 * @b: another
	 *
	 * Returns whether @a goes first. Absent: by time of becoming runnable.
	 */
	bool (*core_sched_before)(struct task_struct *a, struct task_struct *b);

	/**
	 * @set_weight: the weight of a task changed, or it enters (rq)
	 * @p: the task
	 * @weight: 1..10000, 100 is nice 0
	 */
	void (*set_weight)(struct task_struct *p, u32 weight);

	/**
	 * @set_cpumask: the affinity of a task changed, or it enters (pi or rq)
	 * @p: the task
	 * @cpumask: CPUs it may use
	 */
	void (*set_cpumask)(struct task_struct *p, const struct cpumask *cpumask);

	/**
	 * @update_idle: a CPU becomes idle or busy (rq)
	 * @cpu: the CPU
	 * @idle: which of the two
	 *
	 * Turns the built-in idle tracking off unless
	 * %SCX_OPS_KEEP_BUILTIN_IDLE is set.
	 */
	void (*update_idle)(s32 cpu, bool idle);

	/**
	 * @cpu_acquire: the class has a CPU again (rq)
	 * @cpu: the CPU
	 * @args: details
	 */
	void (*cpu_acquire)(s32 cpu, struct scx_cpu_acquire_args *args);

	/**
	 * @cpu_release: a higher class took a CPU (rq)
	 * @cpu: the CPU
	 * @args: details
	 */
	void (*cpu_release)(s32 cpu, struct scx_cpu_release_args *args);

	/**
	 * @init_task: a task comes into being, or was there at load (sleep)
	 * @p: the task
	 * @args: details
	 *
	 * An error fails the fork, or the load.
	 */
	s32 (*init_task)(struct task_struct *p, struct scx_init_task_args *args);

	/**
	 * @exit_task: pair of @init_task (rq)
	 * @p: the task
	 * @args: details
	 */
	void (*exit_task)(struct task_struct *p, struct scx_exit_task_args *args);

	/**
	 * @enable: a task enters the class (rq)
	 * @p: the task
	 */
	void (*enable)(struct task_struct *p);

	/**
	 * @disable: a task leaves the class, pair of @enable (rq)
	 * @p: the task
	 */
	void (*disable)(struct task_struct *p);

	/**
	 * @dump: add to the debug dump (IRQs off)
	 * @ctx: what the dump is for
	 */
	void (*dump)(struct scx_dump_ctx *ctx);

	/**
	 * @dump_cpu: add to the debug dump of a CPU (rq of that CPU)
	 * @ctx: what the dump is for
	 * @cpu: the CPU
	 * @idle: it is idle
	 */
	void (*dump_cpu)(struct scx_dump_ctx *ctx, s32 cpu, bool idle);

	/**
	 * @dump_task: add to the debug dump of a runnable task (rq)
	 * @ctx: what the dump is for
	 * @p: the task
	 */
	void (*dump_task)(struct scx_dump_ctx *ctx, struct task_struct *p);

#ifdef CONFIG_EXT_GROUP_SCHED
	/**
	 * @cgroup_init: a cgroup comes into being, or was there at load (sleep)
	 * @cgrp: the cgroup
	 * @args: details
	 *
	 * An error fails the creation, or the load.
	 */
	s32 (*cgroup_init)(struct cgroup *cgrp, struct scx_cgroup_init_args *args);

	/**
	 * @cgroup_exit: pair of @cgroup_init (sleep)
	 * @cgrp: the cgroup
	 */
	void (*cgroup_exit)(struct cgroup *cgrp);

	/**
	 * @cgroup_prep_move: a task is to change cgroups (sleep)
	 * @p: the task
	 * @from: the cgroup it is in
	 * @to: the cgroup it goes to
	 *
	 * An error refuses the move.
	 */
	s32 (*cgroup_prep_move)(struct task_struct *p, struct cgroup *from,
				struct cgroup *to);

	/**
	 * @cgroup_move: it does change cgroups (rq)
	 * @p: the task
	 * @from: the cgroup it was in
	 * @to: the cgroup it is in
	 */
	void (*cgroup_move)(struct task_struct *p, struct cgroup *from,
			    struct cgroup *to);

	/**
	 * @cgroup_cancel_move: it does not after all
	 * @p: the task
	 * @from: the cgroup it is in
	 * @to: the cgroup it does not go to
	 */
	void (*cgroup_cancel_move)(struct task_struct *p, struct cgroup *from,
				   struct cgroup *to);

	/**
	 * @cgroup_set_weight: the weight of a cgroup changed
	 * @cgrp: the cgroup
	 * @weight: 1..10000
	 */
	void (*cgroup_set_weight)(struct cgroup *cgrp, u32 weight);
#endif	/* CONFIG_EXT_GROUP_SCHED */

	/**
	 * @cpu_online: a CPU came (sleep)
	 * @cpu: the CPU
	 */
	void (*cpu_online)(s32 cpu);

	/**
	 * @cpu_offline: a CPU goes (sleep)
	 * @cpu: the CPU
	 */
	void (*cpu_offline)(s32 cpu);

	/**
	 * @init: the scheduler is being loaded (sleep)
	 *
	 * Runs on the thread that loads it. An error fails the load.
	 */
	s32 (*init)(void);

	/**
	 * @exit: the scheduler was unloaded (sleep)
	 * @info: why
	 *
	 * Called after a failed @init as well.
	 */
	void (*exit)(struct scx_exit_info *info);

	/** @dispatch_max_batch: inserts per @dispatch without a move, 0 for 32 */
	u32 dispatch_max_batch;

	/** @flags: SCX_OPS_* */
	u64 flags;

	/** @timeout_ms: longest wait of a runnable task, 0 for 30 seconds */
	u32 timeout_ms;

	/** @exit_dump_len: bytes for the debug dump, 0 for 32768 */
	u32 exit_dump_len;

	/** @hotplug_seq: refuse to load after CPUs came or went since, 0: do not check */
	u64 hotplug_seq;

	/** @name: letters, digits, '_' and '.' */
	char name[SCX_OPS_NAME_LEN];
};

#endif /* _LINUX_SCHED_EXT_H */
