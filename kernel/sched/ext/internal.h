/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of the extensible scheduler class, which all are included
 * by kernel/sched/ext.c in the order of their layers: a file calls what stands
 * above it. The few calls the other way are declared here, each with its reason.
 *
 * Lock order, outermost first:
 *
 *   scx_enable_mutex		one load or unload at a time
 *     cpu_hotplug_lock		(static keys, check for CPUs that came or went)
 *     scx_fork_rwsem		forks against what iterates over all tasks
 *       tasklist_lock		(for reading, to find them)
 *         scx_tasks_lock	the list of known tasks
 *           p->pi_lock
 *             rq lock		two at a time only by the core's helpers
 *               sch->dsq_hash_lock
 *                 dsq->lock	one at a time
 *
 * Under a DSQ lock no rq lock is taken. A CPU that needs another rq lock than
 * the one it holds drops its own first.
 */
#ifndef _KERNEL_SCHED_EXT_INTERNAL_H
#define _KERNEL_SCHED_EXT_INTERNAL_H

#define SCX_BYPASS_SLICE	(5 * NSEC_PER_MSEC)
#define SCX_DSQ_HASH_BITS	10

/* Which op runs, for kfuncs that only make sense in some; or-ed into masks. */
enum scx_kf_mask {
	SCX_KF_UNLOCKED		= 1 << 0,	/* sleepable, no scheduler lock */
	SCX_KF_SELECT_CPU	= 1 << 1,
	SCX_KF_ENQUEUE		= 1 << 2,
	SCX_KF_DISPATCH		= 1 << 3,
	SCX_KF_CPU_RELEASE	= 1 << 4,
	SCX_KF_REST		= 1 << 5,	/* other ops with a lock held */
};

/* Index of an op among the members of struct sched_ext_ops. */
#define SCX_OP_IDX(op)		(offsetof(struct sched_ext_ops, op) / sizeof(void (*)(void)))

enum scx_opi {
	SCX_OPI_BEGIN		= 0,
	SCX_OPI_END		= SCX_OP_IDX(exit) + 1,
};

/*
 * One op being executed. Frames live on the kernel stack of the task that
 * executes the op, innermost first from current->scx.op_frame, and are only
 * looked at by that task: kfuncs learn from it for which scheduler, in which op
 * and for which task they are called.
 */
struct scx_op_frame {
	struct scx_op_frame	*outer;
	struct scx_sched	*sch;
	const char		*op;		/* its name, for messages */
	struct rq		*rq;		/* whose lock is held, or NULL */
	struct task_struct	*subject;	/* the task in hand, or NULL */
	u32			mask;		/* SCX_KF_* */
};

/* An insert that ops.dispatch() asked for and that has not been made yet. */
struct scx_dsp_entry {
	struct task_struct	*task;
	unsigned long		qseq;
	u64			dsq_id;
	u64			enq_flags;
};

/* Written by its CPU with the rq lock held. */
struct scx_sched_pcpu {
	struct scx_dsp_entry	*dsp_buf;	/* ops.dispatch_max_batch entries */
	u32			dsp_nr;		/* pending in @dsp_buf */
	bool			dsp_progress;	/* the op inserted or moved something */
};

/*
 * One loaded scheduler, from reg to unreg. Reached through RCU from scx_root
 * while it may schedule, and by its own programs through their op frames.
 */
struct scx_sched {
	struct sched_ext_ops	ops;		/* constant once loaded */
	void			*kdata;		/* the struct_ops value: its identity */
	u32			dsp_max;

	struct scx_sched_pcpu __percpu *pcpu;
	struct scx_dispatch_q	global_dsq;
	raw_spinlock_t		dsq_hash_lock;	/* writers of @dsq_hash; RCU readers */
	struct hlist_head	dsq_hash[1 << SCX_DSQ_HASH_BITS];

	bool			switch_all;	/* all fair tasks; else SCHED_EXT ones */

	/*
	 * The first to move @exit_kind away from NONE owns @exit_info until
	 * it queues the disabling through @exit_irq_work.
	 */
	atomic_t		exit_kind;
	struct scx_exit_info	*exit_info;
	struct irq_work		exit_irq_work;

	struct kthread_worker	*helper;	/* RT thread that enables and disables */
	struct kthread_work	enable_work;
	struct kthread_work	disable_work;
	struct completion	init_done;	/* ops.init() returned or was not called */
	struct completion	disabled;	/* a claimed exit has been carried out */

	unsigned long		watchdog_timeout;	/* jiffies */
	unsigned long		watchdog_at;	/* jiffies of its last run; lockless */
	struct hrtimer		watchdog_timer;

	struct kobject		*kobj;		/* /sys/kernel/sched_ext/root */
};

/* Global: what outlives schedulers. */
extern struct scx_sched __rcu *scx_root;

/*
 * Call op @_op of scheduler @_sch with a frame around it: @_mask says which kind of
 * op it is, @_rq whose lock is held, @_subject which task it is about. The op must
 * be there.
 */
#define SCX_FRAME(_sch, _mask, _rq, _subject, _op)				\
	struct scx_op_frame __frame = {						\
		.outer		= current->scx.op_frame,			\
		.sch		= (_sch),					\
		.op		= #_op,						\
		.rq		= (_rq),					\
		.subject	= (_subject),					\
		.mask		= (_mask),					\
	}

#define SCX_CALL(_sch, _mask, _rq, _subject, _op, args...)			\
do {										\
	SCX_FRAME(_sch, _mask, _rq, _subject, _op);				\
										\
	WRITE_ONCE(current->scx.op_frame, &__frame);				\
	__frame.sch->ops._op(args);						\
	WRITE_ONCE(current->scx.op_frame, __frame.outer);			\
} while (0)

#define SCX_CALL_RET(_sch, _mask, _rq, _subject, _op, args...)			\
({										\
	SCX_FRAME(_sch, _mask, _rq, _subject, _op);				\
	typeof(__frame.sch->ops._op(args)) __ret;				\
										\
	WRITE_ONCE(current->scx.op_frame, &__frame);				\
	__ret = __frame.sch->ops._op(args);					\
	WRITE_ONCE(current->scx.op_frame, __frame.outer);			\
	__ret;									\
})

/* An op about @_p with the rq lock held, if the scheduler has it. */
#define SCX_CALL_TASK(_sch, _rq, _p, _op, args...)				\
do {										\
	struct scx_sched *__sch = (_sch);					\
										\
	if (__sch->ops._op)							\
		SCX_CALL(__sch, SCX_KF_REST, _rq, _p, _op, _p, ##args);		\
} while (0)

/*
 * The scheduler of tasks in the class. Valid with an rq lock held for a task of
 * the class, and for a task that was initialised, as unloading takes each such
 * task away from it first.
 */
static inline struct scx_sched *scx_task_sched(const struct task_struct *p)
{
	return rcu_dereference_raw(scx_root);
}

/* What @rq runs; its lock is held. */
static inline struct task_struct *scx_curr(struct rq *rq)
{
	return rcu_dereference_protected(rq->curr, lockdep_is_held(__rq_lockp(rq)));
}

static inline bool scx_exiting(const struct scx_sched *sch)
{
	return atomic_read(&sch->exit_kind) != SCX_EXIT_NONE;
}

static inline enum scx_task_state scx_get_task_state(const struct task_struct *p)
{
	return (p->scx.flags & SCX_TASK_STATE_MASK) >> SCX_TASK_STATE_SHIFT;
}

static inline bool scx_rq_bypassing(const struct rq *rq)
{
	return rq->scx.flags & SCX_RQ_BYPASSING;
}

static inline bool scx_rq_online(const struct rq *rq)
{
	return rq->scx.flags & SCX_RQ_ONLINE;
}

/* Points at which debug kernels can be told to dwell, see pause.c. */
enum scx_pause_point {
	SCX_PAUSE_CLAIMED,	/* a task is DISPATCHING */
	SCX_PAUSE_TAKE,		/* holding_cpu is set, the task is still on the DSQ */
	SCX_PAUSE_HELD,		/* holding_cpu is set, the task's rq not locked */
	SCX_PAUSE_MIGRATE,	/* taken off the source rq, not on the other yet */
	SCX_PAUSE_DEFERRED,	/* before the rq is locked for deferred tasks */
	SCX_PAUSE_QUEUEING,	/* ops.enqueue() returned, the task is not QUEUED yet */
	SCX_PAUSE_ENABLE,	/* between two tasks that change class */
	SCX_PAUSE_INIT_TASK,	/* ops.init_task() returned, the task is not READY yet */
	SCX_PAUSE_POST_FORK,	/* a forked task is visible, neither READY nor listed yet */
	SCX_PAUSE_DISABLE,	/* between two tasks that are exited */
	SCX_PAUSE_EXIT,		/* an exit is claimed, the disabling not queued yet */
	SCX_PAUSE_MOVE,		/* the rq is locked of a task that is to leave its DSQ */
};

/* exit.c: end a scheduler; any context, the first call counts. */
__printf(4, 5)
static void scx_exit(struct scx_sched *sch, enum scx_exit_kind kind, s64 code,
		     const char *fmt, ...);
__printf(4, 0)
static void scx_vexit(struct scx_sched *sch, enum scx_exit_kind kind, s64 code,
		      const char *fmt, va_list args);

#define scx_error(sch, fmt, args...)	\
	scx_exit(sch, SCX_EXIT_ERROR, 0, fmt, ##args)

/* sysfs.c shows what enable.c keeps, and appears and goes with a scheduler. */
static void scx_sysfs_add(struct scx_sched *sch);
static void scx_sysfs_del(struct scx_sched *sch);

/* kfuncs.c: called by BPF programs only. */
void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags);
void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags);
void scx_bpf_dispatch_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
			    u64 enq_flags);
void scx_bpf_dsq_insert_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
			      u64 enq_flags);
bool scx_bpf_consume(u64 dsq_id);
bool scx_bpf_dsq_move_to_local(u64 dsq_id);
u32 scx_bpf_dispatch_nr_slots(void);
void scx_bpf_dispatch_cancel(void);
s32 scx_bpf_create_dsq(u64 dsq_id, s32 node);
void scx_bpf_destroy_dsq(u64 dsq_id);
s32 scx_bpf_dsq_nr_queued(u64 dsq_id);
s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			   bool *is_idle);
void scx_bpf_kick_cpu(s32 cpu, u64 flags);
bool scx_bpf_test_and_clear_cpu_idle(s32 cpu);
s32 scx_bpf_pick_idle_cpu(const struct cpumask *cpus_allowed, u64 flags);
s32 scx_bpf_pick_any_cpu(const struct cpumask *cpus_allowed, u64 flags);
bool scx_bpf_task_running(const struct task_struct *p);
s32 scx_bpf_task_cpu(const struct task_struct *p);
u32 scx_bpf_nr_cpu_ids(void);
const struct cpumask *scx_bpf_get_possible_cpumask(void);
const struct cpumask *scx_bpf_get_online_cpumask(void);
void scx_bpf_put_cpumask(const struct cpumask *cpumask);
const struct cpumask *scx_bpf_get_idle_cpumask(void);
const struct cpumask *scx_bpf_get_idle_smtmask(void);
void scx_bpf_put_idle_cpumask(const struct cpumask *idle_mask);
void scx_bpf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data, u32 data__sz);
void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz);

/* iter.c: called by BPF programs only. */
struct bpf_iter_scx_dsq;
int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags);
struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it);
void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it);
void scx_bpf_dsq_move_set_slice(struct bpf_iter_scx_dsq *it__iter, u64 slice);
void scx_bpf_dsq_move_set_vtime(struct bpf_iter_scx_dsq *it__iter, u64 vtime);
bool scx_bpf_dsq_move(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p, u64 dsq_id,
		      u64 enq_flags);
bool scx_bpf_dsq_move_vtime(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p,
			    u64 dsq_id, u64 enq_flags);
void scx_bpf_dispatch_from_dsq_set_slice(struct bpf_iter_scx_dsq *it__iter, u64 slice);
void scx_bpf_dispatch_from_dsq_set_vtime(struct bpf_iter_scx_dsq *it__iter, u64 vtime);
bool scx_bpf_dispatch_from_dsq(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p,
			       u64 dsq_id, u64 enq_flags);
bool scx_bpf_dispatch_vtime_from_dsq(struct bpf_iter_scx_dsq *it__iter,
				     struct task_struct *p, u64 dsq_id, u64 enq_flags);

/* kfuncs.c: keeps other struct_ops types from our kfuncs; pause.c has some, too. */
static int scx_kfunc_filter(const struct bpf_prog *prog, u32 kfunc_id);

/* pause.c: called by BPF programs only, in debug kernels. */
struct task_struct *scx_bpf_pause_find_task(s32 pid);
void scx_bpf_pause_put_task(struct task_struct *p);

#endif /* _KERNEL_SCHED_EXT_INTERNAL_H */
