// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatch queues: FIFO and vtime order, lookup by id, create and destroy.
 *
 * A queue is used in FIFO or in vtime order, never in both at once. In either
 * case @list holds the tasks in the order in which they are consumed; vtime
 * order is kept by finding the place through @priq. Local queues are guarded by
 * their rq lock, all others by dsq->lock, under which p->scx.dsq of a task on
 * the queue changes.
 *
 * Beside tasks @list of a user queue has the cursors of iterators, see iter.c. Who
 * walks it skips them, and whether there are tasks is told by @nr alone.
 */

/*
 * This CPU has a DSQ lock or waits for one. What programs trace then, of whatever
 * context, must not take another.
 */
static DEFINE_PER_CPU(bool, scx_dsq_locking);

/* IRQs are off. */
static void scx_dsq_lock(struct scx_dispatch_q *dsq) __acquires(&dsq->lock)
{
	__this_cpu_write(scx_dsq_locking, true);
	raw_spin_lock(&dsq->lock);
}

static void scx_dsq_unlock(struct scx_dispatch_q *dsq) __releases(&dsq->lock)
{
	raw_spin_unlock(&dsq->lock);
	__this_cpu_write(scx_dsq_locking, false);
}

static void scx_dsq_init(struct scx_dispatch_q *dsq, u64 id)
{
	memset(dsq, 0, sizeof(*dsq));
	raw_spin_lock_init(&dsq->lock);
	INIT_LIST_HEAD(&dsq->list);
	dsq->priq = RB_ROOT;
	dsq->id = id;
}

static struct task_struct *scx_lnode_task(struct list_head *node)
{
	return container_of(node, struct task_struct, scx.dsq_list.node);
}

static struct task_struct *scx_dsq_first(struct scx_dispatch_q *dsq)
{
	if (list_empty(&dsq->list))
		return NULL;
	return scx_lnode_task(dsq->list.next);
}

static bool scx_vtime_less(struct rb_node *a, const struct rb_node *b)
{
	const struct task_struct *pa = container_of(a, struct task_struct, scx.dsq_priq);
	const struct task_struct *pb = container_of(b, struct task_struct, scx.dsq_priq);

	return time_before64(pa->scx.dsq_vtime, pb->scx.dsq_vtime);
}

static void scx_dsq_link_vtime(struct scx_dispatch_q *dsq, struct task_struct *p)
{
	struct rb_node *before;
	struct list_head *pos = &dsq->list;

	rb_add(&p->scx.dsq_priq, &dsq->priq, scx_vtime_less);
	p->scx.dsq_flags |= SCX_TASK_DSQ_ON_PRIQ;

	before = rb_prev(&p->scx.dsq_priq);
	if (before)
		pos = &container_of(before, struct task_struct,
				    scx.dsq_priq)->scx.dsq_list.node;
	list_add(&p->scx.dsq_list.node, pos);
}

/* Put @p on @dsq, whose lock is held (the rq lock for a local queue). */
static void scx_dsq_link(struct scx_dispatch_q *dsq, struct task_struct *p,
			 u64 enq_flags)
{
	SCHED_WARN_ON(p->scx.dsq || !list_empty(&p->scx.dsq_list.node));

	if (enq_flags & SCX_ENQ_DSQ_PRIQ)
		scx_dsq_link_vtime(dsq, p);
	else if (enq_flags & (SCX_ENQ_HEAD | SCX_ENQ_PREEMPT))
		list_add(&p->scx.dsq_list.node, &dsq->list);
	else
		list_add_tail(&p->scx.dsq_list.node, &dsq->list);

	p->scx.dsq_list.priv = ++dsq->seq;
	WRITE_ONCE(dsq->nr, dsq->nr + 1);
	WRITE_ONCE(p->scx.dsq, dsq);
}

/* Take @p off @dsq, whose lock is held (the rq lock for a local queue). */
static void scx_dsq_unlink(struct scx_dispatch_q *dsq, struct task_struct *p)
{
	if (p->scx.dsq_flags & SCX_TASK_DSQ_ON_PRIQ) {
		rb_erase(&p->scx.dsq_priq, &dsq->priq);
		RB_CLEAR_NODE(&p->scx.dsq_priq);
		p->scx.dsq_flags &= ~SCX_TASK_DSQ_ON_PRIQ;
	}
	list_del_init(&p->scx.dsq_list.node);
	WRITE_ONCE(dsq->nr, dsq->nr - 1);
	/* Pairs with scx_leave_dsq(), which looks without the lock. */
	smp_store_release(&p->scx.dsq, NULL);
}

/*
 * May @p join @dsq in the order that @enq_flags asks for? If not, the scheduler
 * is ejected, and @p has to go where it is not lost.
 */
static bool scx_dsq_order_ok(struct scx_sched *sch, struct scx_dispatch_q *dsq,
			     struct task_struct *p, u64 enq_flags)
{
	bool vtime = enq_flags & SCX_ENQ_DSQ_PRIQ;

	if (!dsq->nr || vtime != RB_EMPTY_ROOT(&dsq->priq))
		return true;

	scx_error(sch, "DSQ 0x%llx holds tasks in %s order, cannot insert %s[%d] in %s order",
		  dsq->id, vtime ? "FIFO" : "vtime", p->comm, p->pid,
		  vtime ? "vtime" : "FIFO");
	return false;
}

static struct hlist_head *scx_dsq_bucket(struct scx_sched *sch, u64 id)
{
	return &sch->dsq_hash[hash_64(id, SCX_DSQ_HASH_BITS)];
}

/* Needs RCU, which disabled IRQs imply. */
static struct scx_dispatch_q *scx_find_user_dsq(struct scx_sched *sch, u64 id)
{
	struct scx_dispatch_q *dsq;

	hlist_for_each_entry_rcu(dsq, scx_dsq_bucket(sch, id), hash_node,
				 lockdep_is_held(&sch->dsq_hash_lock))
		if (dsq->id == id)
			return dsq;
	return NULL;
}

/* May sleep. */
static struct scx_dispatch_q *scx_alloc_dsq(u64 id, int node)
{
	struct scx_dispatch_q *dsq;

	if (id & SCX_DSQ_FLAG_BUILTIN)
		return ERR_PTR(-EINVAL);
	if (node != NUMA_NO_NODE && (node < 0 || node >= nr_node_ids || !node_online(node)))
		return ERR_PTR(-EINVAL);

	dsq = kmalloc_node(sizeof(*dsq), GFP_KERNEL, node);
	if (!dsq)
		return ERR_PTR(-ENOMEM);
	scx_dsq_init(dsq, id);
	return dsq;
}

/* Make @dsq known to @sch, which owns it if this succeeds. */
static int scx_add_dsq(struct scx_sched *sch, struct scx_dispatch_q *dsq)
{
	u64 id = dsq->id;
	unsigned long flags;
	int ret = 0;

	raw_spin_lock_irqsave(&sch->dsq_hash_lock, flags);
	if (scx_find_user_dsq(sch, id))
		ret = -EEXIST;
	else
		hlist_add_head_rcu(&dsq->hash_node, scx_dsq_bucket(sch, id));
	raw_spin_unlock_irqrestore(&sch->dsq_hash_lock, flags);

	return ret;
}

/*
 * Whoever looked @dsq up before it left the table finds its id invalid once it
 * has the lock; the memory stays until they have all left their RCU section.
 */
static void scx_destroy_dsq(struct scx_sched *sch, u64 id)
{
	struct scx_dispatch_q *dsq;
	unsigned long flags;
	u32 nr = 0;

	raw_spin_lock_irqsave(&sch->dsq_hash_lock, flags);
	dsq = scx_find_user_dsq(sch, id);
	if (dsq) {
		scx_dsq_lock(dsq);
		nr = dsq->nr;
		if (!nr) {
			hlist_del_rcu(&dsq->hash_node);
			dsq->id = SCX_DSQ_INVALID;
		}
		scx_dsq_unlock(dsq);
	}
	raw_spin_unlock_irqrestore(&sch->dsq_hash_lock, flags);

	if (!dsq)
		return;
	if (nr)
		scx_error(sch, "scx_bpf_destroy_dsq: DSQ 0x%llx still holds %u tasks", id, nr);
	else
		kfree_rcu(dsq, rcu);
}

/* The scheduler is gone and its queues are empty. */
static void scx_free_dsqs(struct scx_sched *sch)
{
	struct scx_dispatch_q *dsq;
	struct hlist_node *tmp;
	int i;

	for (i = 0; i < ARRAY_SIZE(sch->dsq_hash); i++) {
		hlist_for_each_entry_safe(dsq, tmp, &sch->dsq_hash[i], hash_node) {
			WARN_ON_ONCE(dsq->nr);
			hlist_del_rcu(&dsq->hash_node);
			kfree_rcu(dsq, rcu);
		}
	}
}
