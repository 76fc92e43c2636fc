// SPDX-License-Identifier: GPL-2.0
/*
 * Who owns a task, and how it gets onto a DSQ and to a CPU.
 *
 * A runnable task that does not run is owned by the BPF scheduler, is on a DSQ,
 * or is being moved by a CPU. p->scx.ops_state says which, and each hand-over is
 * one atomic transition of it:
 *
 *   NONE		the core or a DSQ has it
 *   QUEUEING	ops.enqueue() is being asked, rq lock held
 *   QUEUED		the BPF scheduler has it
 *   DISPATCHING	a CPU that claimed it is putting it on a DSQ
 *
 *   NONE -> QUEUEING -> QUEUED		enqueue, rq lock held
 *   QUEUEING -> NONE			direct dispatch from enqueue, rq lock held
 *   QUEUED -> NONE			dequeue, rq lock held
 *   QUEUED -> DISPATCHING		claim by a dispatching CPU, any rq lock
 *   DISPATCHING -> NONE		the claimant, once it is on the DSQ
 *
 * Enqueue and dequeue are serialised by the task's rq lock; the claim is not,
 * and races with both. The word holds, above the state, a sequence number of the
 * task that each QUEUEING increments and that all other transitions keep: an
 * insert notes it when ops.dispatch() asks for it, and the claim succeeds only if
 * it is still the same, so an insert that was meant for an earlier enqueue has no
 * effect. A dequeue that meets DISPATCHING waits for the claimant, who takes no
 * rq lock before it leaves that state.
 *
 * To put a task on the local DSQ of a CPU while another rq has it, the mover must
 * drop the lock it holds and take that of the other rq. Meanwhile the task is
 * NONE and on no DSQ, and p->scx.holding_cpu, set before that by the mover, is
 * its claim. Whoever dequeues the task in between clears the claim, and the
 * mover, when it has the task's rq lock, goes on only if the claim still stands
 * and the task's rq is still the one that it locked.
 */

#define SCX_OPSS_STATE_MASK	((1UL << SCX_OPSS_QSEQ_SHIFT) - 1)
#define SCX_OPSS_QSEQ_MASK	(~SCX_OPSS_STATE_MASK)

static unsigned long scx_opss_state(unsigned long opss)
{
	return opss & SCX_OPSS_STATE_MASK;
}

static unsigned long scx_opss_qseq(struct task_struct *p)
{
	return atomic_long_read(&p->scx.ops_state) & SCX_OPSS_QSEQ_MASK;
}

/* The caller owns the transition. Orders it after what came before. */
static void scx_set_opss(struct task_struct *p, enum scx_ops_state state)
{
	atomic_long_set_release(&p->scx.ops_state, scx_opss_qseq(p) | state);
}

static void scx_clear_ddsp(struct task_struct *p)
{
	p->scx.ddsp_dsq_id = SCX_DSQ_INVALID;
	p->scx.ddsp_enq_flags = 0;
}

static void scx_refill_slice(struct task_struct *p)
{
	p->scx.slice = SCX_SLICE_DFL;
}

/*
 * How long @p, which @rq runs, may go on. BPF programs write its slice whenever
 * they like, so in bypass, where every turn has to end, the rq keeps the count.
 */
static u64 scx_turn_left(struct rq *rq, struct task_struct *p)
{
	return scx_rq_bypassing(rq) ? rq->scx.bypass_slice : READ_ONCE(p->scx.slice);
}

static void scx_refill_turn(struct rq *rq, struct task_struct *p)
{
	scx_refill_slice(p);
	rq->scx.bypass_slice = SCX_BYPASS_SLICE;
}

static void scx_end_turn(struct rq *rq, struct task_struct *p)
{
	p->scx.slice = 0;
	rq->scx.bypass_slice = 0;
}

/* End the slice of what runs on @rq if it is a task of the class. */
static void scx_preempt_curr(struct rq *rq)
{
	struct task_struct *curr = scx_curr(rq);

	if (curr->sched_class != &ext_sched_class)
		return;
	scx_end_turn(rq, curr);
	resched_curr(rq);
}

/* Put @p, whose rq is @rq, on its local DSQ. */
static void scx_insert_local(struct rq *rq, struct task_struct *p, u64 enq_flags)
{
	lockdep_assert_rq_held(rq);

	scx_dsq_link(&rq->scx.local_dsq, p, enq_flags);
	scx_set_opss(p, SCX_OPSS_NONE);

	if ((enq_flags & SCX_ENQ_PREEMPT) && p != scx_curr(rq))
		scx_preempt_curr(rq);
	if (sched_class_above(&ext_sched_class, scx_curr(rq)->sched_class))
		resched_curr(rq);
}

static void scx_insert_global(struct scx_sched *sch, struct task_struct *p, u64 enq_flags)
{
	struct scx_dispatch_q *dsq = &sch->global_dsq;

	scx_dsq_lock(dsq);
	scx_dsq_link(dsq, p, enq_flags & ~SCX_ENQ_DSQ_PRIQ);
	scx_set_opss(p, SCX_OPSS_NONE);
	scx_dsq_unlock(dsq);
}

/*
 * Put @p on a global or user DSQ. The state changes under the DSQ's lock: once it
 * is dropped, anybody may consume @p.
 */
static void scx_insert_user(struct scx_sched *sch, struct task_struct *p, u64 dsq_id,
			    u64 enq_flags)
{
	struct scx_dispatch_q *dsq = scx_find_user_dsq(sch, dsq_id);

	if (dsq) {
		scx_dsq_lock(dsq);
		if (dsq->id == dsq_id && scx_dsq_order_ok(sch, dsq, p, enq_flags)) {
			scx_dsq_link(dsq, p, enq_flags);
			scx_set_opss(p, SCX_OPSS_NONE);
			scx_dsq_unlock(dsq);
			return;
		}
		scx_dsq_unlock(dsq);
	}

	if (!scx_exiting(sch))
		scx_error(sch, "no DSQ 0x%llx to insert %s[%d] into", dsq_id, p->comm, p->pid);
	scx_insert_global(sch, p, enq_flags);
}

static void scx_insert_shared(struct scx_sched *sch, struct task_struct *p, u64 dsq_id,
			      u64 enq_flags)
{
	if (dsq_id == SCX_DSQ_GLOBAL)
		scx_insert_global(sch, p, enq_flags);
	else
		scx_insert_user(sch, p, dsq_id, enq_flags);
}

/*
 * Take @p off whatever queue it is on, rq lock held. If it is on none although it
 * waits, a mover has it: revoke its claim.
 */
static void scx_leave_dsq(struct rq *rq, struct task_struct *p)
{
	/* Pairs with scx_dsq_unlink(): off its DSQ, its mover's claim is there. */
	struct scx_dispatch_q *dsq = smp_load_acquire(&p->scx.dsq);

	if (dsq == &rq->scx.local_dsq) {
		scx_dsq_unlink(dsq, p);
		return;
	}

	if (!dsq) {
		/* Bound for a remote local DSQ, still on @rq's list. */
		if (!list_empty(&p->scx.dsq_list.node)) {
			list_del_init(&p->scx.dsq_list.node);
			scx_clear_ddsp(p);
		}
		p->scx.holding_cpu = -1;
		return;
	}

	scx_dsq_lock(dsq);
	if (p->scx.dsq == dsq)
		scx_dsq_unlink(dsq, p);
	else
		p->scx.holding_cpu = -1;
	scx_dsq_unlock(dsq);
}

#ifdef CONFIG_SMP

/* May @p run on @cpu, as far as its rq lock tells? */
static bool scx_cpu_allowed(struct task_struct *p, int cpu)
{
	return is_cpu_allowed(p, cpu) && scx_rq_online(cpu_rq(cpu));
}

/*
 * Move @p, which is on no DSQ, from @src to the local DSQ of @dst. Called with
 * the lock of @src held, returns with that of @dst.
 */
static void scx_migrate_to_local(struct rq *src, struct task_struct *p, struct rq *dst,
				 u64 enq_flags)
{
	lockdep_assert_rq_held(src);

	update_rq_clock(src);
	deactivate_task(src, p, DEQUEUE_NOCLOCK);
	p->scx.sticky_cpu = cpu_of(dst);
	set_task_cpu(p, cpu_of(dst));
	raw_spin_rq_unlock(src);

	scx_pause(SCX_PAUSE_MIGRATE, p);

	raw_spin_rq_lock(dst);
	update_rq_clock(dst);
	/* Flags beyond an int go beside the call. */
	dst->scx.extra_enq_flags = enq_flags;
	activate_task(dst, p, ENQUEUE_NOCLOCK);
	dst->scx.extra_enq_flags = 0;
}

/*
 * @p is bound for the local DSQ of @dst and its own rq @src is locked. Put it
 * there, or, if it may not run there, where it can be found. Returns with the
 * lock of the rq held on which @p ends up.
 */
static struct rq *scx_settle_local(struct scx_sched *sch, struct rq *src,
				   struct task_struct *p, struct rq *dst, u64 enq_flags)
{
	if (src == dst) {
		scx_insert_local(dst, p, enq_flags);
		return dst;
	}

	/* A task that is inside migrate_disable() can only go on where it is. */
	if (is_migration_disabled(p)) {
		scx_insert_local(src, p, enq_flags);
		return src;
	}

	if (!scx_cpu_allowed(p, cpu_of(dst))) {
		if (scx_rq_online(dst) && !cpumask_test_cpu(cpu_of(dst), p->cpus_ptr))
			scx_error(sch,
				  "%s[%d] was inserted into the local DSQ of CPU %d, which it may not use",
				  p->comm, p->pid, cpu_of(dst));
		scx_insert_global(sch, p, 0);
		if (scx_curr(src) == src->idle)
			resched_curr(src);
		return src;
	}

	scx_migrate_to_local(src, p, dst, enq_flags);
	return dst;
}

/*
 * The caller, who holds the lock of @rq, has set holding_cpu of @p, whose rq may
 * be another. Take over to the lock of @p's rq and put @p on the local DSQ of
 * @dst. Drops and retakes the lock of @rq. Returns whether @p was still ours and
 * went to @dst.
 */
static bool scx_move_held(struct scx_sched *sch, struct rq *rq, struct task_struct *p,
			  struct rq *src, struct rq *dst, u64 enq_flags)
{
	struct rq *locked = src;
	bool moved = false;

	scx_pause(SCX_PAUSE_HELD, p);
	if (src != rq) {
		raw_spin_rq_unlock(rq);
		raw_spin_rq_lock(src);
		/* Work may arrive for @rq meanwhile: have dispatch asked again. */
		this_cpu_ptr(sch->pcpu)->dsp_progress = true;
	}

	if (p->scx.holding_cpu == raw_smp_processor_id() && task_rq(p) == src) {
		p->scx.holding_cpu = -1;
		locked = scx_settle_local(sch, src, p, dst, enq_flags);
		moved = locked == dst;
	}

	if (locked != rq) {
		raw_spin_rq_unlock(locked);
		raw_spin_rq_lock(rq);
	}
	return moved;
}

#else /* !CONFIG_SMP */

static struct rq *scx_settle_local(struct scx_sched *sch, struct rq *src,
				   struct task_struct *p, struct rq *dst, u64 enq_flags)
{
	scx_insert_local(dst, p, enq_flags);
	return dst;
}

static bool scx_move_held(struct scx_sched *sch, struct rq *rq, struct task_struct *p,
			  struct rq *src, struct rq *dst, u64 enq_flags)
{
	return false;
}

#endif /* CONFIG_SMP */

static bool scx_dsq_is_local(u64 dsq_id)
{
	return dsq_id == SCX_DSQ_LOCAL ||
	       (dsq_id & SCX_DSQ_LOCAL_ON) == SCX_DSQ_LOCAL_ON;
}

/* The rq whose local queue @dsq_id means for a task or CPU on @rq. */
static struct rq *scx_local_rq(struct rq *rq, u64 dsq_id)
{
	if (dsq_id == SCX_DSQ_LOCAL)
		return rq;
	return cpu_rq(dsq_id & SCX_DSQ_LOCAL_CPU_MASK);
}

/*
 * Claim @p for a dispatch that was asked for when its sequence was @qseq. False:
 * it is not the BPF scheduler's any more, or is so anew.
 */
static bool scx_claim(struct task_struct *p, unsigned long qseq)
{
	unsigned long opss = atomic_long_read(&p->scx.ops_state);

	while (true) {
		if ((opss & SCX_OPSS_QSEQ_MASK) != qseq)
			return false;

		switch (scx_opss_state(opss)) {
		case SCX_OPSS_QUEUEING:
			/* ops.enqueue() has made it known and is about to return. */
			cpu_relax();
			opss = atomic_long_read_acquire(&p->scx.ops_state);
			break;
		case SCX_OPSS_QUEUED:
			if (atomic_long_try_cmpxchg(&p->scx.ops_state, &opss,
						    qseq | SCX_OPSS_DISPATCHING))
				return true;
			break;
		default:
			return false;
		}
	}
}

/* Carry out an insert that ops.dispatch() of @rq's CPU asked for. */
static void scx_finish_dispatch(struct scx_sched *sch, struct rq *rq,
				struct scx_dsp_entry *ent)
{
	struct task_struct *p = ent->task;
	struct rq *src, *dst;

	if (!scx_claim(p, ent->qseq))
		return;
	scx_pause(SCX_PAUSE_CLAIMED, p);

	if (!scx_dsq_is_local(ent->dsq_id)) {
		scx_insert_shared(sch, p, ent->dsq_id, ent->enq_flags);
		return;
	}

	/* While it is DISPATCHING the task stays on its rq. */
	src = task_rq(p);
	dst = scx_local_rq(rq, ent->dsq_id);
	if (src == rq && dst == rq) {
		scx_insert_local(rq, p, ent->enq_flags);
		return;
	}

	p->scx.holding_cpu = raw_smp_processor_id();
	scx_set_opss(p, SCX_OPSS_NONE);
	scx_move_held(sch, rq, p, src, dst, ent->enq_flags);
}

/*
 * Carry out what ops.dispatch() asked for so far. Nothing of it once an exit is
 * claimed: the tasks are still the scheduler's, and bypass takes them from there.
 */
static void scx_flush_dispatch(struct scx_sched *sch, struct rq *rq)
{
	struct scx_sched_pcpu *pc = this_cpu_ptr(sch->pcpu);
	u32 i;

	for (i = 0; i < pc->dsp_nr && !scx_exiting(sch); i++)
		scx_finish_dispatch(sch, rq, &pc->dsp_buf[i]);
	if (i)
		pc->dsp_progress = true;
	pc->dsp_nr = 0;
}

/* Worth a try for @rq? The move itself looks again under the task's rq lock. */
#ifdef CONFIG_SMP
static bool scx_may_consume(struct task_struct *p, struct rq *rq)
{
	/* What is still switching out looks migration-disabled but is not. */
	if (is_migration_disabled(p) && !READ_ONCE(p->on_cpu))
		return false;
	return cpumask_test_cpu(cpu_of(rq), p->cpus_ptr) &&
	       cpu_active(cpu_of(rq)) && scx_rq_online(rq);
}
#else
static bool scx_may_consume(struct task_struct *p, struct rq *rq)
{
	return true;
}
#endif

/*
 * Find the first task of @dsq that @rq may run. A task of another rq leaves the
 * DSQ here and is held for the calling CPU.
 */
static struct task_struct *scx_take_first(struct scx_dispatch_q *dsq, struct rq *rq,
					  struct rq **src)
{
	struct task_struct *p;

	lockdep_assert_held(&dsq->lock);

	list_for_each_entry(p, &dsq->list, scx.dsq_list.node) {
		if (READ_ONCE(p->scx.dsq_list.flags) & SCX_DSQ_LNODE_ITER_CURSOR)
			continue;
		*src = task_rq(p);
		if (*src != rq && !scx_may_consume(p, rq))
			continue;

		/* The claim must be there for whoever finds @p off the DSQ. */
		if (*src != rq)
			p->scx.holding_cpu = raw_smp_processor_id();
		scx_pause(SCX_PAUSE_TAKE, p);
		scx_dsq_unlink(dsq, p);
		return p;
	}
	return NULL;
}

/*
 * Move the first suitable task of @dsq to the local DSQ of @rq, whose lock is
 * held and may be dropped meanwhile. Returns whether there was one.
 */
static bool scx_consume(struct scx_sched *sch, struct rq *rq, struct scx_dispatch_q *dsq)
{
	int tries = SCX_DSP_MAX_LOOPS;
	struct task_struct *p;
	struct rq *src;

	/* Bounded, as a task that turns out not to fit may come back. */
	while (READ_ONCE(dsq->nr) && tries--) {
		scx_dsq_lock(dsq);
		p = scx_take_first(dsq, rq, &src);
		if (p && src == rq)
			scx_insert_local(rq, p, 0);
		scx_dsq_unlock(dsq);

		if (!p)
			return false;
		if (src == rq || scx_move_held(sch, rq, p, src, rq, 0))
			return true;
	}
	return false;
}

/*
 * Tasks of @rq that a direct dispatch sends to another CPU's local DSQ, which
 * enqueue cannot do as it must not drop the rq lock. Drops and retakes it.
 */
static void scx_run_deferred(struct rq *rq)
{
	struct task_struct *p;

	lockdep_assert_rq_held(rq);

	while ((p = list_first_entry_or_null(&rq->scx.deferred_list, struct task_struct,
					     scx.dsq_list.node))) {
		struct rq *dst = scx_local_rq(rq, p->scx.ddsp_dsq_id);
		u64 enq_flags = p->scx.ddsp_enq_flags;
		struct rq *locked;

		list_del_init(&p->scx.dsq_list.node);
		scx_clear_ddsp(p);

		locked = scx_settle_local(scx_task_sched(p), rq, p, dst, enq_flags);
		if (locked != rq) {
			raw_spin_rq_unlock(locked);
			raw_spin_rq_lock(rq);
		}
	}
}

static void scx_deferred_irq_workfn(struct irq_work *work)
{
	struct rq *rq = container_of(work, struct rq, scx.deferred_work);
	unsigned long flags;

	local_irq_save(flags);
	scx_pause(SCX_PAUSE_DEFERRED, NULL);
	raw_spin_rq_lock(rq);
	scx_run_deferred(rq);
	raw_spin_rq_unlock(rq);
	local_irq_restore(flags);
}

static void scx_defer_local(struct rq *rq, struct task_struct *p)
{
	list_add_tail(&p->scx.dsq_list.node, &rq->scx.deferred_list);
	scx_set_opss(p, SCX_OPSS_NONE);
	irq_work_queue(&rq->scx.deferred_work);
}

/* Make the insert that select_cpu or enqueue asked for; rq lock held. */
static void scx_direct_dispatch(struct scx_sched *sch, struct rq *rq,
				struct task_struct *p, u64 enq_flags)
{
	u64 dsq_id = p->scx.ddsp_dsq_id;

	enq_flags |= p->scx.ddsp_enq_flags;
	if (scx_dsq_is_local(dsq_id) && scx_local_rq(rq, dsq_id) != rq) {
		p->scx.ddsp_enq_flags = enq_flags;
		scx_defer_local(rq, p);
		return;
	}

	scx_clear_ddsp(p);
	if (scx_dsq_is_local(dsq_id))
		scx_insert_local(rq, p, enq_flags);
	else
		scx_insert_shared(sch, p, dsq_id, enq_flags);
}

/* Ask ops.enqueue(), rq lock held. */
static void scx_ask_enqueue(struct scx_sched *sch, struct rq *rq, struct task_struct *p,
			    u64 enq_flags)
{
	unsigned long qseq = scx_opss_qseq(p) + (1UL << SCX_OPSS_QSEQ_SHIFT);

	SCHED_WARN_ON(scx_opss_state(atomic_long_read(&p->scx.ops_state)) != SCX_OPSS_NONE);

	atomic_long_set(&p->scx.ops_state, qseq | SCX_OPSS_QUEUEING);
	SCX_CALL(sch, SCX_KF_ENQUEUE, rq, p, enqueue, p, enq_flags);

	scx_pause(SCX_PAUSE_QUEUEING, p);

	if (p->scx.ddsp_dsq_id != SCX_DSQ_INVALID)
		scx_direct_dispatch(sch, rq, p, enq_flags);
	else
		scx_set_opss(p, SCX_OPSS_QUEUED);
}

/* Take @p back from the BPF scheduler if that has it; rq lock held. */
static void scx_disown(struct scx_sched *sch, struct rq *rq, struct task_struct *p,
		       u64 deq_flags)
{
	unsigned long opss = atomic_long_read_acquire(&p->scx.ops_state);

	SCHED_WARN_ON(scx_opss_state(opss) == SCX_OPSS_QUEUEING);

	if (scx_opss_state(opss) == SCX_OPSS_QUEUED &&
	    atomic_long_try_cmpxchg(&p->scx.ops_state, &opss,
				    (opss & SCX_OPSS_QSEQ_MASK) | SCX_OPSS_NONE)) {
		SCX_CALL_TASK(sch, rq, p, dequeue, deq_flags);
		return;
	}

	if (scx_opss_state(opss) == SCX_OPSS_NONE)
		return;

	/*
	 * The claimant does not wait for us: it holds a DSQ lock at most. If it won
	 * just now, the failed cmpxchg has ordered nothing.
	 */
	atomic_long_cond_read_acquire(&p->scx.ops_state,
				      scx_opss_state(VAL) != SCX_OPSS_DISPATCHING);
}
