// SPDX-License-Identifier: GPL-2.0
/*
 * Stall detection: a task that waits longer than the scheduler's timeout ejects
 * the scheduler.
 *
 * Each rq lists its waiting tasks, the oldest first but for those that were
 * requeued, under its lock. A timer looks at the head of every list ten times per
 * timeout. It runs in hard IRQ context, as softirqs are left to ksoftirqd at times,
 * which the scheduler might starve; should even that not run, the tick notices.
 */
#define SCX_WATCHDOG_SCAN	64	/* tasks looked at per rq and run */

/* @p starts to wait, or goes on waiting after a requeue. rq lock held. */
static void scx_set_runnable(struct rq *rq, struct task_struct *p)
{
	struct list_head *list = &rq->scx.runnable_list;
	struct task_struct *head;

	if (p->scx.flags & SCX_TASK_RESET_RUNNABLE_AT) {
		p->scx.flags &= ~SCX_TASK_RESET_RUNNABLE_AT;
		p->scx.runnable_at = jiffies;
		list_add_tail(&p->scx.runnable_node, list);
		return;
	}

	head = list_first_entry_or_null(list, struct task_struct, scx.runnable_node);
	if (head && time_before(p->scx.runnable_at, head->scx.runnable_at))
		list_add(&p->scx.runnable_node, list);
	else
		list_add_tail(&p->scx.runnable_node, list);
}

/* @p waits no more. @ran: it runs, or sleeps, and starts afresh later. */
static void scx_clear_runnable(struct task_struct *p, bool ran)
{
	list_del_init(&p->scx.runnable_node);
	if (ran)
		p->scx.flags |= SCX_TASK_RESET_RUNNABLE_AT;
}

static void scx_watchdog_rq(struct scx_sched *sch, struct rq *rq)
{
	struct task_struct *p;
	int left = SCX_WATCHDOG_SCAN;
	unsigned long flags;

	raw_spin_rq_lock_irqsave(rq, flags);
	list_for_each_entry(p, &rq->scx.runnable_list, scx.runnable_node) {
		unsigned long since = p->scx.runnable_at;

		if (time_after(jiffies, since + sch->watchdog_timeout)) {
			u32 ms = jiffies_to_msecs(jiffies - since);

			scx_exit(sch, SCX_EXIT_ERROR_STALL, 0,
				 "%s[%d] on CPU %d failed to run for %u.%03us",
				 p->comm, p->pid, cpu_of(rq), ms / 1000, ms % 1000);
			break;
		}
		if (!--left)
			break;
	}
	raw_spin_rq_unlock_irqrestore(rq, flags);
}

static ktime_t scx_watchdog_period(struct scx_sched *sch)
{
	return jiffies_to_nsecs(max(sch->watchdog_timeout / 10, 1UL));
}

static enum hrtimer_restart scx_watchdog_fn(struct hrtimer *timer)
{
	struct scx_sched *sch = container_of(timer, struct scx_sched, watchdog_timer);
	int cpu;

	if (scx_exiting(sch))
		return HRTIMER_NORESTART;

	WRITE_ONCE(sch->watchdog_at, jiffies);
	for_each_online_cpu(cpu)
		scx_watchdog_rq(sch, cpu_rq(cpu));
	hrtimer_forward_now(timer, scx_watchdog_period(sch));
	return HRTIMER_RESTART;
}

static void scx_watchdog_start(struct scx_sched *sch)
{
	WRITE_ONCE(sch->watchdog_at, jiffies);
	hrtimer_start(&sch->watchdog_timer, scx_watchdog_period(sch), HRTIMER_MODE_REL_HARD);
}

/* From the tick: is the watchdog itself alive? */
static void scx_watchdog_check(struct scx_sched *sch)
{
	unsigned long at = READ_ONCE(sch->watchdog_at);

	if (time_after(jiffies, at + sch->watchdog_timeout))
		scx_exit(sch, SCX_EXIT_ERROR_STALL, 0,
			 "watchdog did not run for %u ms", jiffies_to_msecs(jiffies - at));
}
