// SPDX-License-Identifier: GPL-2.0
/*
 * Iterating over a DSQ, and moving the tasks that are met.
 *
 * An iterator is on the stack of a BPF program. Its cursor stands on the list of the
 * queue between what has been passed and what is ahead, so that the lock can be
 * dropped between steps while others insert, consume and move as they like. It is no
 * task: those who walk the list skip it, and dsq->nr does not count it.
 *
 * Tasks are numbered in the order in which they are inserted, and the iterator sees
 * those whose number is not above the last one when it began. A task keeps its place
 * while it is on the queue, and gets a new number when it is inserted again. So each
 * task is met once at most, and the iteration ends whatever is inserted meanwhile.
 * Numbers wrap around: if 2^31 tasks are inserted while one waits, or during one
 * iteration, tasks may be missed, or seen that came later. But the end is for good,
 * as the verifier takes what next returns after it for NULL.
 *
 * What keeps the memory: the verifier has the iterator begin and end in one RCU
 * section. In it the queue stays after it was destroyed, with the cursor on a list
 * that has no tasks any more, and so does a task that was on the queue when it was
 * met, even if it runs and dies then.
 *
 * Locks: the cursor is on the list and moves under dsq->lock, with IRQs off, and is
 * touched by its program only. Nothing else is locked there, so that an iterator can
 * be used with any lock held but a DSQ lock. Programs that trace the code which holds
 * one find it locked, and get no iterator; whoever gets one can end it.
 *
 * A move takes the task's rq lock first, for which ops.dispatch() gives up that of
 * its CPU and takes it again at the end, then dsq->lock. What is on the queue under
 * both cannot be dequeued, as that takes the rq lock, nor be consumed or moved by
 * others, as that takes dsq->lock. Once it is off the queue, still under the rq lock,
 * nobody else knows of it, so that it needs no claim by holding_cpu, and goes on as
 * if it was being inserted.
 */

/* What struct bpf_iter_scx_dsq is to its kfuncs. @cursor.priv: the last to be seen. */
struct scx_dsq_iter {
	struct scx_dsq_list_node cursor;
	struct scx_dispatch_q	*dsq;		/* NULL: nothing to iterate over, or no more */
	u64			slice;		/* for the next move, or 0 */
	u64			vtime;		/* likewise, if ITER_VTIME */
};

/*
 * A flag of the cursor, beside SCX_DSQ_LNODE_ITER_CURSOR and SCX_DSQ_ITER_REV. Others
 * look at the first of them only, so this one needs no lock.
 */
enum {
	SCX_DSQ_ITER_VTIME	= 1 << 17,
};

struct bpf_iter_scx_dsq {
	u64			__opaque[6];
} __aligned(8);

static struct scx_dsq_iter *scx_dsq_iter(struct bpf_iter_scx_dsq *it)
{
	BUILD_BUG_ON(sizeof(struct scx_dsq_iter) != sizeof(struct bpf_iter_scx_dsq));
	BUILD_BUG_ON(__alignof__(struct scx_dsq_iter) != __alignof__(struct bpf_iter_scx_dsq));
	return (struct scx_dsq_iter *)it;
}

static bool scx_dsq_iter_sees(const struct scx_dsq_iter *it,
			      const struct scx_dsq_list_node *lnode)
{
	return !(READ_ONCE(lnode->flags) & SCX_DSQ_LNODE_ITER_CURSOR) &&
	       (s32)(lnode->priv - it->cursor.priv) <= 0;
}

/* Set @it up before the first or behind the last task of @dsq, known as @id. */
static int scx_dsq_iter_begin(struct scx_dsq_iter *it, struct scx_dispatch_q *dsq, u64 id,
			      bool rev)
{
	unsigned long flags;
	int ret = -ENOENT;

	local_irq_save(flags);
	scx_dsq_lock(dsq);
	if (dsq->id == id) {
		it->dsq = dsq;
		it->cursor.flags = SCX_DSQ_LNODE_ITER_CURSOR | (rev ? SCX_DSQ_ITER_REV : 0);
		it->cursor.priv = dsq->seq;
		if (rev)
			list_add_tail(&it->cursor.node, &dsq->list);
		else
			list_add(&it->cursor.node, &dsq->list);
		ret = 0;
	}
	scx_dsq_unlock(dsq);
	local_irq_restore(flags);
	return ret;
}

/* Move the cursor past the next task that @it sees. */
static struct task_struct *scx_dsq_iter_step(struct scx_dsq_iter *it)
{
	bool rev = it->cursor.flags & SCX_DSQ_ITER_REV;
	struct list_head *cursor = &it->cursor.node;
	struct list_head *pos = cursor;

	lockdep_assert_held(&it->dsq->lock);

	while ((pos = rev ? pos->prev : pos->next) != &it->dsq->list) {
		if (!scx_dsq_iter_sees(it, list_entry(pos, struct scx_dsq_list_node, node)))
			continue;
		if (rev)
			list_move_tail(cursor, pos);
		else
			list_move(cursor, pos);
		return scx_lnode_task(pos);
	}
	return NULL;
}

/**
 * bpf_iter_scx_dsq_new - begin to iterate over a DSQ
 * @it: the iterator
 * @dsq_id: a DSQ of the scheduler; the built-in ones cannot be iterated over
 * @flags: %SCX_DSQ_ITER_REV to go from the tail to the head, else 0
 *
 * From any op, and from SYSCALL and tracing programs, in an RCU section, which has to
 * outlast the iterator. Tasks are met in the order in which they are consumed. The
 * iterator sees those that are on the DSQ now, unless they have left it before it
 * gets to them.
 *
 * Return: 0, -EINVAL for unknown flags, -ENOENT if there is no such DSQ, -ENODEV if
 * no scheduler is loaded, -EBUSY in a program that traces code in the middle of work
 * on DSQs. After an error the iterator has no tasks.
 */
noinline __used int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags)
{
	struct scx_dsq_iter *iter = scx_dsq_iter(it);
	struct scx_dispatch_q *dsq;
	struct scx_sched *sch;

	memset(iter, 0, sizeof(*iter));
	if (flags & ~(u64)SCX_DSQ_ITER_REV)
		return -EINVAL;
	if (this_cpu_read(scx_dsq_locking))
		return -EBUSY;

	sch = scx_kf_sched();
	if (!sch)
		return -ENODEV;
	dsq = scx_find_user_dsq(sch, dsq_id);
	if (!dsq)
		return -ENOENT;
	return scx_dsq_iter_begin(iter, dsq, dsq_id, flags & SCX_DSQ_ITER_REV);
}

/**
 * bpf_iter_scx_dsq_next - go on to the next task
 * @it: the iterator
 *
 * Return: a task that is on the DSQ, but may leave it at any time, or NULL if there is
 * no other, then and whenever called again. It can be used to the end of the RCU
 * section, and moved until the iteration has come to its end.
 */
noinline __used struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it)
{
	struct scx_dsq_iter *iter = scx_dsq_iter(it);
	struct task_struct *p;
	unsigned long flags;

	if (!iter->dsq)
		return NULL;

	local_irq_save(flags);
	scx_dsq_lock(iter->dsq);
	p = scx_dsq_iter_step(iter);
	if (!p)
		list_del(&iter->cursor.node);
	scx_dsq_unlock(iter->dsq);
	local_irq_restore(flags);
	if (!p)
		iter->dsq = NULL;
	return p;
}

/**
 * bpf_iter_scx_dsq_destroy - end the iteration
 * @it: the iterator
 */
noinline __used void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it)
{
	struct scx_dsq_iter *iter = scx_dsq_iter(it);
	unsigned long flags;

	if (!iter->dsq)
		return;

	local_irq_save(flags);
	scx_dsq_lock(iter->dsq);
	list_del(&iter->cursor.node);
	scx_dsq_unlock(iter->dsq);
	local_irq_restore(flags);
	iter->dsq = NULL;
}

/* Moving what is met */

/* Take @p, whose rq lock is held, off the DSQ if @it has met it there. */
static bool scx_dsq_iter_take(struct scx_dsq_iter *it, struct task_struct *p)
{
	bool taken;

	scx_dsq_lock(it->dsq);
	taken = p->scx.dsq == it->dsq && scx_dsq_iter_sees(it, &p->scx.dsq_list);
	if (taken)
		scx_dsq_unlink(it->dsq, p);
	scx_dsq_unlock(it->dsq);
	return taken;
}

/* Hand over from the lock of @from to that of @to; either may be NULL for none. */
static void scx_switch_rq_lock(struct rq *from, struct rq *to)
{
	if (from == to)
		return;
	if (from)
		raw_spin_rq_unlock(from);
	if (to)
		raw_spin_rq_lock(to);
}

/*
 * Move @p to a DSQ, IRQs off. @rq is what ops.dispatch() has locked, or NULL; %LOCAL
 * is that of @rq then, else of this CPU.
 */
static bool scx_move_met(struct scx_sched *sch, struct rq *rq, struct scx_dsq_iter *it,
			 struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct rq *here = rq ?: this_rq();
	struct rq *src = task_rq(p);
	struct rq *locked = src;
	bool moved;

	scx_switch_rq_lock(rq, src);
	scx_pause(SCX_PAUSE_MOVE, p);

	/* Whoever took it to another rq has taken it off the DSQ before. */
	moved = task_rq(p) == src && scx_dsq_iter_take(it, p);
	if (moved) {
		if (it->slice)
			p->scx.slice = it->slice;
		if (it->cursor.flags & SCX_DSQ_ITER_VTIME)
			p->scx.dsq_vtime = it->vtime;
		if (scx_dsq_is_local(dsq_id))
			locked = scx_settle_local(sch, src, p, scx_local_rq(here, dsq_id),
						  enq_flags);
		else
			scx_insert_shared(sch, p, dsq_id, enq_flags);
		/* CPUs look at the global DSQ by themselves, if they are awake. */
		if (dsq_id == SCX_DSQ_GLOBAL && scx_curr(src) == src->idle)
			resched_curr(src);
	}

	scx_switch_rq_lock(locked, rq);
	/* There is more on the local DSQ now, or work has arrived without the lock. */
	if (rq && (moved || src != rq))
		this_cpu_ptr(sch->pcpu)->dsp_progress = true;
	return moved;
}

/* From ops.dispatch(), ops that may sleep, and outside of all ops */
static bool scx_may_move(const char *kf)
{
	return !current->scx.op_frame || scx_kf_frame(kf, SCX_KF_DISPATCH | SCX_KF_UNLOCKED);
}

/* May tasks be moved to DSQ @dsq_id from where @kf is called? */
static struct scx_sched *scx_move_sched(const char *kf, u64 dsq_id, bool vtime)
{
	struct scx_sched *sch = scx_kf_sched();

	if (!sch || !scx_may_move(kf))
		return NULL;
	if (scx_exiting(sch) || !scx_dsq_id_valid(sch, kf, dsq_id, vtime))
		return NULL;
	if (!(dsq_id & SCX_DSQ_FLAG_BUILTIN) && !scx_find_user_dsq(sch, dsq_id)) {
		scx_error(sch, "%s: no DSQ 0x%llx to move a task to", kf, dsq_id);
		return NULL;
	}
	return sch;
}

static bool scx_kf_move(const char *kf, struct bpf_iter_scx_dsq *it, struct task_struct *p,
			u64 dsq_id, u64 enq_flags)
{
	struct scx_sched *sch = scx_move_sched(kf, dsq_id, enq_flags & SCX_ENQ_DSQ_PRIQ);
	struct scx_op_frame *frame = current->scx.op_frame;
	struct scx_dsq_iter *iter = scx_dsq_iter(it);
	unsigned long flags;
	bool moved = false;

	/* If it is not there do not unlock for nothing. */
	if (sch && iter->dsq && READ_ONCE(p->scx.dsq) == iter->dsq) {
		local_irq_save(flags);
		moved = scx_move_met(sch, frame ? frame->rq : NULL, iter, p, dsq_id, enq_flags);
		local_irq_restore(flags);
	}

	iter->slice = 0;
	WRITE_ONCE(iter->cursor.flags, iter->cursor.flags & ~SCX_DSQ_ITER_VTIME);
	return moved;
}

static void scx_kf_set_slice(const char *kf, struct bpf_iter_scx_dsq *it, u64 slice)
{
	if (scx_may_move(kf))
		scx_dsq_iter(it)->slice = slice;
}

static void scx_kf_set_vtime(const char *kf, struct bpf_iter_scx_dsq *it, u64 vtime)
{
	struct scx_dsq_iter *iter = scx_dsq_iter(it);

	if (!scx_may_move(kf))
		return;
	iter->vtime = vtime;
	WRITE_ONCE(iter->cursor.flags, iter->cursor.flags | SCX_DSQ_ITER_VTIME);
}

/**
 * scx_bpf_dsq_move_set_slice - give a task that is moved another slice
 * @it__iter: the iterator with which it is moved
 * @slice: ns it may run, 0 keeps what it has left
 *
 * For the next move with this iterator, whether that succeeds or not. From where
 * scx_bpf_dsq_move() can be called.
 */
noinline __used void scx_bpf_dsq_move_set_slice(struct bpf_iter_scx_dsq *it__iter, u64 slice)
{
	scx_kf_set_slice(__func__, it__iter, slice);
}

/* The same under its earlier name. */
noinline __used void scx_bpf_dispatch_from_dsq_set_slice(struct bpf_iter_scx_dsq *it__iter,
							 u64 slice)
{
	scx_kf_set_slice(__func__, it__iter, slice);
}

/**
 * scx_bpf_dsq_move_set_vtime - give a task that is moved another vtime
 * @it__iter: the iterator with which it is moved
 * @vtime: its place in the vtime order of the DSQ that it goes to
 *
 * For the next move with this iterator, whether that succeeds or not. Without it the
 * task keeps its vtime. From where scx_bpf_dsq_move() can be called.
 */
noinline __used void scx_bpf_dsq_move_set_vtime(struct bpf_iter_scx_dsq *it__iter, u64 vtime)
{
	scx_kf_set_vtime(__func__, it__iter, vtime);
}

/* The same under its earlier name. */
noinline __used void scx_bpf_dispatch_from_dsq_set_vtime(struct bpf_iter_scx_dsq *it__iter,
							 u64 vtime)
{
	scx_kf_set_vtime(__func__, it__iter, vtime);
}

/**
 * scx_bpf_dsq_move - move a task to the FIFO order of another DSQ
 * @it__iter: an iterator over the DSQ that the task is on
 * @p: the task, which the iterator need not have met yet
 * @dsq_id: where to, as for scx_bpf_dispatch(). Outside of ops.dispatch()
 *          %SCX_DSQ_LOCAL is that of the CPU on which this is called.
 * @enq_flags: SCX_ENQ_*
 *
 * From ops.dispatch(), where the rq lock may be dropped and retaken, from sleepable
 * ops, timer callbacks and SYSCALL programs. Pending inserts of ops.dispatch() are
 * not made first. If the task cannot go to a local DSQ the same happens as with
 * scx_bpf_dispatch(). An unknown DSQ and an invalid CPU eject the scheduler.
 *
 * Return: whether the task has been moved. It has not if it has left the DSQ, or was
 * inserted after the iteration had begun.
 */
noinline __used bool scx_bpf_dsq_move(struct bpf_iter_scx_dsq *it__iter,
				      struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	return scx_kf_move(__func__, it__iter, p, dsq_id, SCX_ENQ_BPF(enq_flags));
}

/* The same under its earlier name. */
noinline __used bool scx_bpf_dispatch_from_dsq(struct bpf_iter_scx_dsq *it__iter,
					       struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	return scx_kf_move(__func__, it__iter, p, dsq_id, SCX_ENQ_BPF(enq_flags));
}

/**
 * scx_bpf_dsq_move_vtime - move a task to the vtime order of another DSQ
 * @it__iter: an iterator over the DSQ that the task is on
 * @p: the task
 * @dsq_id: a DSQ of the scheduler
 * @enq_flags: SCX_ENQ_*
 *
 * Like scx_bpf_dsq_move(). A built-in DSQ ejects the scheduler.
 *
 * Return: whether the task has been moved.
 */
noinline __used bool scx_bpf_dsq_move_vtime(struct bpf_iter_scx_dsq *it__iter,
					    struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	return scx_kf_move(__func__, it__iter, p, dsq_id,
			   SCX_ENQ_BPF(enq_flags) | SCX_ENQ_DSQ_PRIQ);
}

/* The same under its earlier name. */
noinline __used bool scx_bpf_dispatch_vtime_from_dsq(struct bpf_iter_scx_dsq *it__iter,
						     struct task_struct *p, u64 dsq_id,
						     u64 enq_flags)
{
	return scx_kf_move(__func__, it__iter, p, dsq_id,
			   SCX_ENQ_BPF(enq_flags) | SCX_ENQ_DSQ_PRIQ);
}

BTF_SET8_START(scx_iter_ids)
BTF_ID_FLAGS(func, bpf_iter_scx_dsq_new, KF_ITER_NEW | KF_RCU_PROTECTED)
BTF_ID_FLAGS(func, bpf_iter_scx_dsq_next, KF_ITER_NEXT | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_iter_scx_dsq_destroy, KF_ITER_DESTROY)
BTF_SET8_END(scx_iter_ids)

static const struct btf_kfunc_id_set scx_iter_set = {
	.owner	= THIS_MODULE,
	.set	= &scx_iter_ids,
	.filter	= scx_kfunc_filter,
};

static const struct btf_kfunc_id_set scx_iter_any_set = {
	.owner	= THIS_MODULE,
	.set	= &scx_iter_ids,
	.filter	= scx_kfunc_any_filter,
};

BTF_SET8_START(scx_move_ids)
BTF_ID_FLAGS(func, scx_bpf_dsq_move_set_slice, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dsq_move_set_vtime, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dsq_move, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dsq_move_vtime, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dispatch_from_dsq_set_slice, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dispatch_from_dsq_set_vtime, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dispatch_from_dsq, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dispatch_vtime_from_dsq, KF_RCU)
BTF_SET8_END(scx_move_ids)

static const struct btf_kfunc_id_set scx_move_set = {
	.owner	= THIS_MODULE,
	.set	= &scx_move_ids,
	.filter	= scx_kfunc_filter,
};

static const struct btf_kfunc_id_set scx_move_any_set = {
	.owner	= THIS_MODULE,
	.set	= &scx_move_ids,
	.filter	= scx_kfunc_any_filter,
};

static int __init scx_iter_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &scx_iter_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &scx_iter_any_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &scx_iter_any_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &scx_move_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &scx_move_any_set);
}
late_initcall(scx_iter_init);
