// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks of the system as a scheduler knows them: the list of them, and the
 * state of each, NONE -> INIT -> READY <-> ENABLED -> NONE, which changes under its
 * rq lock.
 *
 * scx_tasks is empty while no scheduler is loaded. Loading puts every task on it
 * that can be found and has not died; one that has been reaped already and is on its
 * way to its death stays unknown, and so out of the class, see scx_wants_task().
 * Who sets TASK_DEAD takes the task's pi_lock for that, and under this lock the task
 * is put on the list if it is not dead: so its death sees that it is listed.
 *
 * Forks hold scx_fork_rwsem for reading from the decision about the new task to its
 * entry into the list; loading and unloading write-lock it to change what forks do,
 * so each task is listed and initialised either by its fork or by loading, never by
 * both.
 *
 * A dying task leaves the list and is exited in one scx_tasks_lock section. A
 * walk that has passed it therefore need not care for it, and a walk that finds it
 * gone from the list after ops.init_task() undoes that itself.
 */
static DEFINE_RAW_SPINLOCK(scx_tasks_lock);	/* not from IRQs */
static LIST_HEAD(scx_tasks);

DEFINE_PERCPU_RWSEM(scx_fork_rwsem);
bool scx_init_task_enabled;

/*
 * A walk over scx_tasks. The cursor stands on the list so that the lock can be
 * dropped between steps. Tasks that are forked meanwhile are added at the head
 * and not met.
 */
struct scx_task_iter {
	struct sched_ext_entity	cursor;
};

static void scx_task_iter_start(struct scx_task_iter *it)
{
	memset(it, 0, sizeof(*it));
	it->cursor.flags = SCX_TASK_CURSOR;

	raw_spin_lock(&scx_tasks_lock);
	list_add(&it->cursor.tasks_node, &scx_tasks);
	raw_spin_unlock(&scx_tasks_lock);
}

static void scx_task_iter_stop(struct scx_task_iter *it)
{
	raw_spin_lock(&scx_tasks_lock);
	list_del(&it->cursor.tasks_node);
	raw_spin_unlock(&scx_tasks_lock);
}

/* The next task with a reference held, or NULL. May sleep. */
static struct task_struct *scx_task_iter_next(struct scx_task_iter *it)
{
	struct list_head *cursor = &it->cursor.tasks_node;
	struct task_struct *p = NULL;
	struct sched_ext_entity *pos;

	cond_resched();

	raw_spin_lock(&scx_tasks_lock);
	while (!list_is_last(cursor, &scx_tasks)) {
		list_move(cursor, cursor->next);
		pos = list_entry(cursor->prev, struct sched_ext_entity, tasks_node);
		if (pos->flags & SCX_TASK_CURSOR)
			continue;
		/* On the list it has not died, which its last reference outlives. */
		p = get_task_struct(container_of(pos, struct task_struct, scx));
		break;
	}
	raw_spin_unlock(&scx_tasks_lock);
	return p;
}

/* Put all tasks that there are on the list. scx_fork_rwsem is write-locked. */
static void scx_list_tasks(void)
{
	struct task_struct *g, *p;
	unsigned long flags;

	read_lock(&tasklist_lock);
	for_each_process_thread(g, p) {
		raw_spin_lock(&scx_tasks_lock);
		raw_spin_lock_irqsave(&p->pi_lock, flags);
		if (READ_ONCE(p->__state) != TASK_DEAD)
			list_add_tail(&p->scx.tasks_node, &scx_tasks);
		raw_spin_unlock_irqrestore(&p->pi_lock, flags);
		raw_spin_unlock(&scx_tasks_lock);
	}
	read_unlock(&tasklist_lock);
}

/* One of the tasks on the list with a reference held, or NULL. */
static struct task_struct *scx_first_listed(void)
{
	struct task_struct *p;

	raw_spin_lock(&scx_tasks_lock);
	p = list_first_entry_or_null(&scx_tasks, struct task_struct, scx.tasks_node);
	if (p)
		get_task_struct(p);
	raw_spin_unlock(&scx_tasks_lock);
	return p;
}

/* It may have left the list by itself. */
static void scx_unlist_task(struct task_struct *p)
{
	raw_spin_lock(&scx_tasks_lock);
	list_del_init(&p->scx.tasks_node);
	raw_spin_unlock(&scx_tasks_lock);
}

static void scx_set_task_state(struct task_struct *p, enum scx_task_state state)
{
	p->scx.flags &= ~SCX_TASK_STATE_MASK;
	p->scx.flags |= state << SCX_TASK_STATE_SHIFT;
}

#ifdef CONFIG_EXT_GROUP_SCHED
/* The cgroup of @p, or the root for tasks in an autogroup. Referenced. */
static struct cgroup *scx_get_task_cgroup(struct task_struct *p)
{
	struct cgroup *cgrp;

	rcu_read_lock();
	do {
		struct cgroup_subsys_state *css = &READ_ONCE(p->sched_task_group)->css;

		cgrp = css->cgroup ?: root_task_group.css.cgroup;
	} while (!cgroup_tryget(cgrp));
	rcu_read_unlock();
	return cgrp;
}
#endif

static int scx_call_init_task(struct scx_sched *sch, struct task_struct *p, bool fork)
{
	struct scx_init_task_args args = { .fork = fork };
	int ret = 0;

	if (!sch->ops.init_task)
		return 0;

#ifdef CONFIG_EXT_GROUP_SCHED
	args.cgroup = scx_get_task_cgroup(p);
#endif
	ret = SCX_CALL_RET(sch, SCX_KF_UNLOCKED, NULL, NULL, init_task, p, &args);
#ifdef CONFIG_EXT_GROUP_SCHED
	cgroup_put(args.cgroup);
#endif
	if (ret > 0 || ret < -MAX_ERRNO)
		ret = -EPROTO;
	return ret;
}

/* @p leaves the scheduler for good; rq lock held. */
static void scx_exit_task(struct scx_sched *sch, struct rq *rq, struct task_struct *p,
			  bool cancelled)
{
	struct scx_exit_task_args args = { .cancelled = cancelled };

	SCX_CALL_TASK(sch, rq, p, exit_task, &args);
	scx_set_task_state(p, SCX_TASK_NONE);
}

/* The weight of @p on the scale of cgroup weights. */
static u32 scx_task_weight(struct task_struct *p)
{
	u32 load = WEIGHT_IDLEPRIO;

	if (!task_has_idle_policy(p))
		load = sched_prio_to_weight[p->static_prio - MAX_RT_PRIO];

	return clamp_t(u32, DIV_ROUND_CLOSEST(load * CGROUP_WEIGHT_DFL, sched_prio_to_weight[20]),
		       CGROUP_WEIGHT_MIN, CGROUP_WEIGHT_MAX);
}

/* @p enters the class; rq lock held, not queued. */
static void scx_enable_task(struct scx_sched *sch, struct rq *rq, struct task_struct *p)
{
	lockdep_assert_rq_held(rq);

	if (scx_get_task_state(p) == SCX_TASK_ENABLED)
		return;
	SCHED_WARN_ON(scx_get_task_state(p) == SCX_TASK_NONE);

	scx_set_task_state(p, SCX_TASK_ENABLED);
	p->scx.flags |= SCX_TASK_RESET_RUNNABLE_AT;
	p->scx.core_sched_at = 0;
	p->scx.slice = SCX_SLICE_DFL;
	p->scx.weight = scx_task_weight(p);

	SCX_CALL_TASK(sch, rq, p, enable);
	SCX_CALL_TASK(sch, rq, p, set_weight, p->scx.weight);
	SCX_CALL_TASK(sch, rq, p, set_cpumask, p->cpus_ptr);
}

/* @p left the class; rq lock held. */
static void scx_disable_task(struct scx_sched *sch, struct rq *rq, struct task_struct *p)
{
	lockdep_assert_rq_held(rq);

	if (scx_get_task_state(p) != SCX_TASK_ENABLED)
		return;

	SCX_CALL_TASK(sch, rq, p, disable);
	scx_set_task_state(p, SCX_TASK_READY);
}

/*
 * ops.init_task() has run for @p, which was there when the scheduler was loaded.
 * If @p died meanwhile nobody else will exit it.
 */
static void scx_task_ready(struct scx_sched *sch, struct task_struct *p)
{
	struct rq_flags rf;
	struct rq *rq;

	raw_spin_lock(&scx_tasks_lock);
	rq = task_rq_lock(p, &rf);
	if (list_empty(&p->scx.tasks_node))
		scx_exit_task(sch, rq, p, false);
	else
		scx_set_task_state(p, SCX_TASK_READY);
	task_rq_unlock(rq, p, &rf);
	raw_spin_unlock(&scx_tasks_lock);
}

/* What the core calls, by way of the inlines in ext.h. */

/* Member by member, which takes half the instructions of clearing it as a whole. */
void init_scx_entity(struct task_struct *p)
{
	struct sched_ext_entity *scx = &p->scx;

	scx->dsq = NULL;
	INIT_LIST_HEAD(&scx->dsq_list.node);
	scx->dsq_list.flags = 0;
	scx->dsq_list.priv = 0;
	RB_CLEAR_NODE(&scx->dsq_priq);
	scx->flags = 0;
	scx->weight = CGROUP_WEIGHT_DFL;
	scx->sticky_cpu = -1;
	scx->holding_cpu = -1;
	atomic_long_set(&scx->ops_state, SCX_OPSS_NONE);
	scx->slice = SCX_SLICE_DFL;
	scx->dsq_vtime = 0;
	scx->ddsp_dsq_id = SCX_DSQ_INVALID;
	scx->ddsp_enq_flags = 0;
	INIT_LIST_HEAD(&scx->runnable_node);
	scx->runnable_at = 0;
	scx->core_sched_at = 0;
	scx->dsq_flags = 0;
	scx->disallow = false;
	scx->cpu_selected = false;
	scx->op_frame = NULL;
	INIT_LIST_HEAD(&scx->tasks_node);
}

static int scx_init_forked(struct task_struct *p)
{
	struct scx_sched *sch = scx_task_sched(p);
	int ret = scx_call_init_task(sch, p, true);

	if (ret)
		return ret;

	scx_set_task_state(p, SCX_TASK_INIT);
	if (p->scx.disallow && p->policy == SCHED_EXT)
		scx_error(sch, "ops.init_task() set disallow for %s[%d], which is being forked",
			  p->comm, p->pid);
	return 0;
}

/*
 * Only now is @p known, and can belong in the class: while it was set up, schedulers
 * could come and go without knowing of it.
 */
int __scx_fork(struct task_struct *p)
{
	int ret = scx_init_forked(p);

	if (ret)
		percpu_up_read(&scx_fork_rwsem);
	else if (p->sched_class == &fair_sched_class)
		p->sched_class = scx_fair_class(p);
	return ret;
}

static void scx_forked_ready(struct task_struct *p)
{
	struct rq_flags rf;
	struct rq *rq;

	rq = task_rq_lock(p, &rf);
	/* sched_setscheduler() may have been here already. */
	if (scx_get_task_state(p) == SCX_TASK_INIT)
		scx_set_task_state(p, SCX_TASK_READY);
	if (p->sched_class == &ext_sched_class)
		scx_enable_task(scx_task_sched(p), rq, p);
	task_rq_unlock(rq, p, &rf);

	raw_spin_lock(&scx_tasks_lock);
	list_add(&p->scx.tasks_node, &scx_tasks);
	raw_spin_unlock(&scx_tasks_lock);
}

void __scx_post_fork(struct task_struct *p)
{
	scx_pause(SCX_PAUSE_POST_FORK, current);

	if (scx_init_task_enabled)
		scx_forked_ready(p);
}

/* The fork failed after scx_fork() succeeded. */
void scx_cancel_fork(struct task_struct *p)
{
	struct rq_flags rf;
	struct rq *rq;

	if (scx_get_task_state(p) != SCX_TASK_NONE) {
		rq = task_rq_lock(p, &rf);
		scx_exit_task(scx_task_sched(p), rq, p, true);
		task_rq_unlock(rq, p, &rf);
	}
	percpu_up_read(&scx_fork_rwsem);
}

/* With scx_tasks_lock held, so that unloading does not pass in between. */
static void scx_exit_dead(struct task_struct *p)
{
	struct scx_sched *sch = scx_task_sched(p);
	struct rq_flags rf;
	struct rq *rq;

	rq = task_rq_lock(p, &rf);
	scx_disable_task(sch, rq, p);
	if (scx_get_task_state(p) != SCX_TASK_NONE)
		scx_exit_task(sch, rq, p, false);
	task_rq_unlock(rq, p, &rf);
}

void __scx_task_dead(struct task_struct *p)
{
	raw_spin_lock(&scx_tasks_lock);
	list_del_init(&p->scx.tasks_node);
	if (scx_get_task_state(p) != SCX_TASK_NONE)
		scx_exit_dead(p);
	raw_spin_unlock(&scx_tasks_lock);
}

void __scx_class_changing(struct rq *rq, struct task_struct *p,
			  const struct sched_class *prev_class)
{
	if (p->sched_class == &ext_sched_class)
		scx_enable_task(scx_task_sched(p), rq, p);
}

void __scx_reweight_task(struct rq *rq, struct task_struct *p)
{
	p->scx.weight = scx_task_weight(p);
	if (scx_get_task_state(p) == SCX_TASK_ENABLED)
		SCX_CALL_TASK(scx_task_sched(p), rq, p, set_weight, p->scx.weight);
}
