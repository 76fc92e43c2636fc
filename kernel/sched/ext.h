/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rest of kernel/sched, fork and hotplug call of the extensible
 * scheduler class. Everything is an empty inline when the class is not built,
 * and costs a patched-out branch when no BPF scheduler is loaded; forks and deaths
 * pay for scx_fork_rwsem and a look at the list as well.
 */
#ifndef _KERNEL_SCHED_EXT_H
#define _KERNEL_SCHED_EXT_H

#ifdef CONFIG_SCHED_CLASS_EXT

#include <linux/percpu-rwsem.h>

extern const struct sched_class ext_sched_class;

DECLARE_STATIC_KEY_FALSE(__scx_ops_enabled);	/* a scheduler is loaded */
DECLARE_STATIC_KEY_FALSE(__scx_switched_all);	/* it has all fair tasks */

extern struct percpu_rw_semaphore scx_fork_rwsem;
extern bool scx_init_task_enabled;	/* forks list and initialise tasks */

#define scx_enabled()		static_branch_unlikely(&__scx_ops_enabled)
#define scx_switched_all()	static_branch_unlikely(&__scx_switched_all)

static inline bool task_on_scx(const struct task_struct *p)
{
	return scx_enabled() && p->sched_class == &ext_sched_class;
}

/* Tasks of the class on @rq, those that the BPF scheduler holds included. */
static inline unsigned int scx_nr_running(struct rq *rq)
{
	return rq->scx.nr_running;
}

void __init init_sched_ext_class(void);
void init_scx_entity(struct task_struct *p);
int __scx_fork(struct task_struct *p);
void __scx_post_fork(struct task_struct *p);
void scx_cancel_fork(struct task_struct *p);
void __scx_task_dead(struct task_struct *p);
bool scx_wants_task(const struct task_struct *p);
int scx_check_setscheduler(struct task_struct *p, int policy);
void __scx_class_changing(struct rq *rq, struct task_struct *p,
			  const struct sched_class *prev_class);
void __scx_reweight_task(struct rq *rq, struct task_struct *p);
void __scx_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next);
void __scx_tick(struct rq *rq);
bool __scx_can_stop_tick(struct rq *rq);
void scx_cpu_activate(struct rq *rq);
void scx_cpu_deactivate(struct rq *rq);

/* Skip the class in walks over all classes while it cannot have tasks. */
static inline const struct sched_class *next_active_class(const struct sched_class *class)
{
	class++;
	if (!scx_enabled() && class == &ext_sched_class)
		class++;
	return class;
}

/*
 * The class at which the core starts to balance when @prev stops running. The
 * class is always asked; CFS may pull tasks in place of one of this class.
 */
static inline const struct sched_class *
scx_balance_from(const struct sched_class *prev_class)
{
	if (!scx_enabled() || prev_class < &ext_sched_class)
		return prev_class;
	if (prev_class == &ext_sched_class && !scx_switched_all())
		return &fair_sched_class;
	return &ext_sched_class;
}

/**
 * scx_fork - let the scheduler know of a task that is being forked
 * @p: the new task, fully set up for the scheduler but not visible yet
 *
 * May sleep. On success scx_fork_rwsem stays read-locked until scx_post_fork()
 * or scx_cancel_fork().
 *
 * Return: 0, or the error of ops.init_task().
 */
static inline int scx_fork(struct task_struct *p)
{
	percpu_down_read(&scx_fork_rwsem);
	return unlikely(scx_init_task_enabled) ? __scx_fork(p) : 0;
}

/* @p is visible, its fork cannot fail any more, and it has not run yet. */
static inline void scx_post_fork(struct task_struct *p)
{
	if (IS_ENABLED(CONFIG_SCHED_EXT_PAUSE) || unlikely(scx_init_task_enabled))
		__scx_post_fork(p);
	percpu_up_read(&scx_fork_rwsem);
}

/* @p has been switched away from for the last time. */
static inline void scx_task_dead(struct task_struct *p)
{
	if (unlikely(!list_empty(&p->scx.tasks_node)))
		__scx_task_dead(p);
}

/* The class of @p while neither its policy nor a boost makes it RT or deadline. */
static inline const struct sched_class *scx_fair_class(const struct task_struct *p)
{
	if (scx_enabled() && scx_wants_task(p))
		return &ext_sched_class;
	return &fair_sched_class;
}

/* Before @p is enqueued in its new class; rq lock held. */
static inline void scx_class_changing(struct rq *rq, struct task_struct *p,
				      const struct sched_class *prev_class)
{
	if (scx_enabled() && p->sched_class != prev_class)
		__scx_class_changing(rq, p, prev_class);
}

/* After the weight of @p changed; rq lock held. */
static inline void scx_reweight_task(struct task_struct *p)
{
	if (task_on_scx(p))
		__scx_reweight_task(task_rq(p), p);
}

/* @next was picked to follow @prev (they may be the same); rq lock held. */
static inline void scx_switch(struct rq *rq, struct task_struct *prev,
			      struct task_struct *next)
{
	if (scx_enabled())
		__scx_switch(rq, prev, next);
}

/* From every tick, rq lock not held. */
static inline void scx_tick(struct rq *rq)
{
	if (scx_enabled())
		__scx_tick(rq);
}

static inline bool scx_can_stop_tick(struct rq *rq)
{
	return !scx_enabled() || __scx_can_stop_tick(rq);
}

#ifdef CONFIG_SCHED_CORE
bool scx_prio_less(const struct task_struct *a, const struct task_struct *b,
		   bool in_fi);
#endif

#else /* !CONFIG_SCHED_CLASS_EXT */

#define scx_enabled()		false
#define scx_switched_all()	false

static inline bool task_on_scx(const struct task_struct *p) { return false; }
static inline unsigned int scx_nr_running(struct rq *rq) { return 0; }
static inline void init_sched_ext_class(void) {}
static inline void init_scx_entity(struct task_struct *p) {}
static inline int scx_fork(struct task_struct *p) { return 0; }
static inline void scx_post_fork(struct task_struct *p) {}
static inline void scx_cancel_fork(struct task_struct *p) {}
static inline void scx_task_dead(struct task_struct *p) {}
static inline int scx_check_setscheduler(struct task_struct *p, int policy) { return 0; }
static inline void scx_class_changing(struct rq *rq, struct task_struct *p,
				      const struct sched_class *prev_class) {}
static inline void scx_reweight_task(struct task_struct *p) {}
static inline void scx_switch(struct rq *rq, struct task_struct *prev,
			      struct task_struct *next) {}
static inline void scx_tick(struct rq *rq) {}
static inline bool scx_can_stop_tick(struct rq *rq) { return true; }
static inline void scx_cpu_activate(struct rq *rq) {}
static inline void scx_cpu_deactivate(struct rq *rq) {}

static inline const struct sched_class *next_active_class(const struct sched_class *class)
{
	return class + 1;
}

static inline const struct sched_class *
scx_balance_from(const struct sched_class *prev_class)
{
	return prev_class;
}

static inline const struct sched_class *scx_fair_class(const struct task_struct *p)
{
	return &fair_sched_class;
}

#ifdef CONFIG_SCHED_CORE
static inline bool scx_prio_less(const struct task_struct *a,
				 const struct task_struct *b, bool in_fi)
{
	return false;
}
#endif

#endif /* CONFIG_SCHED_CLASS_EXT */

#endif /* _KERNEL_SCHED_EXT_H */
