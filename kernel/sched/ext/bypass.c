// SPDX-License-Identifier: GPL-2.0
/*
 * Forward progress without the BPF scheduler.
 *
 * In bypass each CPU runs the tasks of its rq round-robin from its local DSQ and
 * an idle CPU pulls from the one with the most; no op that decides anything is
 * called. It is in force while enabling and disabling, which therefore wait for
 * nothing that the BPF scheduler schedules. Who is put goes behind the others, and
 * how long a turn lasts is counted where BPF programs cannot write. The depth is
 * only changed by the helper of the one scheduler that is being loaded or unloaded;
 * what a CPU goes by is the flag in its rq, which changes under the rq lock.
 */
static int scx_ops_bypass_depth;

/*
 * Take a waiting task from its owner and enqueue it by the rules now in force. How
 * long it has waited is not the fault of who gets it.
 */
static void scx_requeue(struct rq *rq, struct task_struct *p)
{
	int flags = DEQUEUE_SAVE | DEQUEUE_MOVE | DEQUEUE_NOCLOCK;

	dequeue_task(rq, p, flags);
	p->scx.flags |= SCX_TASK_RESET_RUNNABLE_AT;
	enqueue_task(rq, p, flags);
}

/*
 * Requeue all that wait on @rq, in batches so that the lock is not held for long.
 * What becomes runnable meanwhile follows the new rules already.
 */
static void scx_requeue_all(struct rq *rq, struct rq_flags *rf)
{
	struct task_struct *p;
	LIST_HEAD(todo);
	int nr = 0;

	list_splice_init(&rq->scx.runnable_list, &todo);
	while ((p = list_first_entry_or_null(&todo, struct task_struct,
					     scx.runnable_node))) {
		scx_requeue(rq, p);
		if (++nr % SCX_OPS_TASK_ITER_BATCH)
			continue;
		rq_unlock_irqrestore(rq, rf);
		cond_resched();
		rq_lock_irqsave(rq, rf);
		update_rq_clock(rq);
	}
}

static void scx_bypass_rq(struct rq *rq, bool bypass)
{
	struct rq_flags rf;

	rq_lock_irqsave(rq, &rf);
	update_rq_clock(rq);

	if (bypass)
		rq->scx.flags |= SCX_RQ_BYPASSING;
	else
		rq->scx.flags &= ~SCX_RQ_BYPASSING;

	scx_requeue_all(rq, &rf);
	scx_preempt_curr(rq);
	if (scx_curr(rq) == rq->idle && cpu_online(cpu_of(rq)))
		resched_curr(rq);

	rq_unlock_irqrestore(rq, &rf);
}

/* From the helper thread of a scheduler. */
static void scx_bypass(bool bypass)
{
	int cpu;

	if (bypass) {
		if (scx_ops_bypass_depth++)
			return;
	} else {
		if (--scx_ops_bypass_depth)
			return;
	}

	for_each_possible_cpu(cpu)
		scx_bypass_rq(cpu_rq(cpu), bypass);
}

/*
 * Enqueue in bypass: behind the others, but for kthreads that wake up. Loading and
 * unloading depend on some of them (RCU's above all), and among thousands of tasks
 * their turn would come late.
 */
static void scx_bypass_enqueue(struct rq *rq, struct task_struct *p, u64 enq_flags)
{
	bool first = (p->flags & PF_KTHREAD) && (enq_flags & SCX_ENQ_WAKEUP);

	scx_refill_slice(p);
	scx_clear_ddsp(p);
	scx_insert_local(rq, p, first ? SCX_ENQ_HEAD : 0);
}

#ifdef CONFIG_SMP

/* The rq with the longest local DSQ, of those that have one to spare for @rq. */
static struct rq *scx_bypass_busiest(struct rq *rq)
{
	struct rq *busiest = NULL;
	u32 most = 0;
	int cpu;

	for_each_online_cpu(cpu) {
		struct rq *src = cpu_rq(cpu);
		u32 nr = READ_ONCE(src->scx.local_dsq.nr);

		if (src == rq || nr <= most)
			continue;
		most = nr;
		busiest = src;
	}
	return busiest;
}

/*
 * Pull a task from the busiest rq, dropping the lock of @rq meanwhile. A bounded
 * number of its tasks are looked at: those that may not run here stay and are found
 * by others.
 */
static bool scx_bypass_pull(struct scx_sched *sch, struct rq *rq)
{
	struct rq *src = scx_bypass_busiest(rq);
	struct rq *locked = src;
	struct task_struct *p;
	int tries = SCX_OPS_TASK_ITER_BATCH;

	if (!src || !scx_rq_online(rq))
		return false;

	raw_spin_rq_unlock(rq);
	raw_spin_rq_lock(src);

	list_for_each_entry(p, &src->scx.local_dsq.list, scx.dsq_list.node) {
		if (!tries--)
			break;
		if (is_migration_disabled(p) || !scx_cpu_allowed(p, cpu_of(rq)))
			continue;
		scx_dsq_unlink(&src->scx.local_dsq, p);
		scx_migrate_to_local(src, p, rq, 0);
		locked = rq;
		break;
	}

	if (locked != rq) {
		raw_spin_rq_unlock(src);
		raw_spin_rq_lock(rq);
	}
	return rq->scx.local_dsq.nr;
}

#else

static bool scx_bypass_pull(struct scx_sched *sch, struct rq *rq) { return false; }

#endif
