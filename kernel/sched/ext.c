// SPDX-License-Identifier: GPL-2.0
/*
 * The extensible scheduler class as the core sees it: the sched_class methods in
 * the order in which the core calls them. The policy is a BPF program, see
 * struct sched_ext_ops; everything behind the methods is in ext/, one concern a
 * file, lowest layer first.
 *
 * A task leaves the local DSQ of its CPU in only one way to run, and a task that
 * stops running while runnable always goes to a DSQ or to the BPF scheduler before
 * the next one is picked. So a pick that ends with another class loses nothing.
 */
#include <linux/sched/cputime.h>

#include "sched.h"

#include <linux/bpf.h>
#include <linux/bpf_local_storage.h>
#include <linux/bpf_verifier.h>
#include <linux/btf_ids.h>
#include <linux/debugfs.h>
#include <linux/hash.h>
#include <linux/kthread.h>
#include <linux/percpu-rwsem.h>
#include <linux/rculist.h>
#include <linux/sched/debug.h>
#include <linux/sched/ext.h>
#include <linux/sched/isolation.h>
#include <linux/stacktrace.h>
#include <linux/sysrq.h>
#include <linux/uaccess.h>
#include <uapi/linux/sched/types.h>

#include "pelt.h"
#include "ext/internal.h"

#include "ext/pause.c"
#include "ext/exit.c"
#include "ext/dsq.c"
#include "ext/idle.c"
#include "ext/dispatch.c"
#include "ext/kick.c"
#include "ext/bypass.c"
#include "ext/watchdog.c"
#include "ext/task.c"
#include "ext/enable.c"
#include "ext/dump.c"
#include "ext/sysfs.c"
#include "ext/kfuncs.c"
#include "ext/iter.c"
#include "ext/bpf.c"

/* Find an owner for @p, which is runnable, waits, and has none. */
static void scx_give_out(struct rq *rq, struct task_struct *p, u64 enq_flags)
{
	struct scx_sched *sch = scx_task_sched(p);

	if (scx_rq_bypassing(rq)) {
		scx_bypass_enqueue(rq, p, enq_flags);
		return;
	}

	if (p->scx.ddsp_dsq_id != SCX_DSQ_INVALID && scx_rq_online(rq)) {
		scx_direct_dispatch(sch, rq, p, enq_flags);
		return;
	}
	scx_clear_ddsp(p);

	if (!scx_rq_online(rq) ||
	    ((p->flags & PF_EXITING) && !(sch->ops.flags & SCX_OPS_ENQ_EXITING))) {
		scx_refill_slice(p);
		scx_insert_local(rq, p, 0);
	} else if (sch->ops.enqueue) {
		scx_ask_enqueue(sch, rq, p, enq_flags);
	} else {
		scx_refill_slice(p);
		scx_insert_global(sch, p, 0);
	}
}

static void enqueue_task_scx(struct rq *rq, struct task_struct *p, int core_flags)
{
	u64 enq_flags = core_flags | rq->scx.extra_enq_flags;
	s32 sticky_cpu = p->scx.sticky_cpu;

	if (p->scx.cpu_selected) {
		p->scx.cpu_selected = false;
		enq_flags |= SCX_ENQ_CPU_SELECTED;
	}
	p->scx.sticky_cpu = -1;
	p->scx.flags |= SCX_TASK_QUEUED;
	p->scx.flags &= ~SCX_TASK_DEQD_FOR_SLEEP;
	rq->scx.nr_running++;
	add_nr_running(rq, 1);

	if ((enq_flags & SCX_ENQ_WAKEUP) || !p->scx.core_sched_at)
		p->scx.core_sched_at = rq_clock(rq) >> 20;

	if (!task_on_rq_migrating(p))
		SCX_CALL_TASK(scx_task_sched(p), rq, p, runnable, enq_flags);

	/* Its properties change while it runs: set_next_task() is to follow. */
	if (task_current(rq, p))
		return;

	scx_set_runnable(rq, p);
	if (sticky_cpu == cpu_of(rq))
		scx_insert_local(rq, p, enq_flags);
	else
		scx_give_out(rq, p, enq_flags);
}

static void update_curr_scx(struct rq *rq)
{
	struct task_struct *curr = scx_curr(rq);
	u64 now = rq_clock_task(rq);
	s64 delta = now - curr->se.exec_start;
	u64 slice;

	if (delta <= 0)
		return;

	update_current_exec_runtime(curr, now, delta);
	if (unlikely(scx_rq_bypassing(rq)))
		rq->scx.bypass_slice -= min_t(u64, rq->scx.bypass_slice, delta);
	/* BPF programs may write it at any time. */
	slice = READ_ONCE(curr->scx.slice);
	if (slice != SCX_SLICE_INF)
		WRITE_ONCE(curr->scx.slice, slice - min_t(u64, slice, delta));
}

/* @p stops running, if the scheduler was told that it runs. */
static void scx_stop_running(struct rq *rq, struct task_struct *p, bool runnable)
{
	if (!(p->scx.flags & SCX_TASK_RUN_NOTIFIED))
		return;
	p->scx.flags &= ~SCX_TASK_RUN_NOTIFIED;
	SCX_CALL_TASK(scx_task_sched(p), rq, p, stopping, runnable);
}

static void dequeue_task_scx(struct rq *rq, struct task_struct *p, int core_flags)
{
	struct scx_sched *sch = scx_task_sched(p);

	scx_disown(sch, rq, p, core_flags);
	scx_leave_dsq(rq, p);
	scx_clear_ddsp(p);

	if (task_current(rq, p)) {
		update_curr_scx(rq);
		scx_stop_running(rq, p, false);
	}
	if (!task_on_rq_migrating(p))
		SCX_CALL_TASK(sch, rq, p, quiescent, core_flags);

	scx_clear_runnable(p, core_flags & DEQUEUE_SLEEP);
	if (core_flags & DEQUEUE_SLEEP)
		p->scx.flags |= SCX_TASK_DEQD_FOR_SLEEP;
	p->scx.flags &= ~SCX_TASK_QUEUED;
	rq->scx.nr_running--;
	sub_nr_running(rq, 1);

	/*
	 * The core waits for a CPU that goes down to run out of tasks, and looks
	 * when that CPU schedules; ours may leave it while it idles.
	 */
	if (unlikely(!scx_rq_online(rq)))
		resched_curr(rq);
}

static void yield_task_scx(struct rq *rq)
{
	struct task_struct *p = scx_curr(rq);
	struct scx_sched *sch = scx_task_sched(p);

	if (sch->ops.yield && !scx_rq_bypassing(rq))
		(void)SCX_CALL_RET(sch, SCX_KF_REST, rq, p, yield, p, NULL);
	else
		scx_end_turn(rq, p);
}

static bool yield_to_task_scx(struct rq *rq, struct task_struct *to)
{
	struct task_struct *from = scx_curr(rq);
	struct scx_sched *sch = scx_task_sched(from);

	if (!sch->ops.yield || scx_rq_bypassing(rq))
		return false;
	return SCX_CALL_RET(sch, SCX_KF_REST, rq, from, yield, from, to);
}

/* Preemption within the class is a matter of slices and kicks. */
static void check_preempt_curr_scx(struct rq *rq, struct task_struct *p, int flags)
{
}

/* Something of a higher class waits on @rq. */
static bool scx_higher_class_waits(struct rq *rq)
{
	return rq->nr_running > rq->scx.nr_running;
}

/* Can @prev, which ran until now, go on? */
static bool scx_prev_runnable(struct rq *rq, struct task_struct *prev)
{
	return prev->sched_class == &ext_sched_class && task_on_rq_queued(prev) &&
	       (prev->scx.flags & SCX_TASK_QUEUED);
}

static bool scx_prev_continues(struct rq *rq, struct task_struct *prev)
{
	return scx_prev_runnable(rq, prev) && scx_turn_left(rq, prev);
}

/* Ask ops.dispatch() until there is something to run or it has nothing. */
static bool scx_ask_dispatch(struct scx_sched *sch, struct rq *rq, struct task_struct *prev)
{
	struct scx_sched_pcpu *pc = this_cpu_ptr(sch->pcpu);
	int loops = SCX_DSP_MAX_LOOPS;

	while (loops--) {
		struct task_struct *arg = scx_prev_runnable(rq, prev) ? prev : NULL;

		SCX_CALL(sch, SCX_KF_DISPATCH, rq, arg, dispatch, cpu_of(rq), arg);
		scx_flush_dispatch(sch, rq);

		if (scx_prev_continues(rq, prev) || rq->scx.local_dsq.nr ||
		    scx_consume(sch, rq, &sch->global_dsq))
			return true;
		if (!pc->dsp_progress || scx_higher_class_waits(rq))
			return false;
		pc->dsp_progress = false;
	}

	/*
	 * It keeps dispatching to others: let them run, and come back. The
	 * core clears need_resched after the pick, so not that way.
	 */
	scx_kick_cpu(cpu_of(rq), 0);
	return false;
}

/*
 * Fill the local DSQ of @rq. Returns whether there is something to run, @prev
 * included. @prev with slice left, be it anew, goes to the head of the local DSQ
 * when it is put.
 */
static bool scx_balance(struct rq *rq, struct task_struct *prev)
{
	struct scx_sched *sch = rcu_dereference_sched(scx_root);

	if (scx_prev_runnable(rq, prev))
		update_curr_scx(rq);
	if (scx_higher_class_waits(rq) || scx_prev_continues(rq, prev) ||
	    rq->scx.local_dsq.nr)
		return true;
	if (unlikely(!sch))
		return false;

	this_cpu_ptr(sch->pcpu)->dsp_progress = false;
	if (scx_consume(sch, rq, &sch->global_dsq))
		return true;

	if (scx_rq_bypassing(rq)) {
		if (!scx_prev_runnable(rq, prev) && scx_bypass_pull(sch, rq))
			return true;
		/* It ended meanwhile: what woke up since is for dispatch to find. */
		if (!scx_rq_bypassing(rq))
			scx_kick_cpu(cpu_of(rq), 0);
	} else if (sch->ops.dispatch && scx_rq_online(rq) && READ_ONCE(scx_switching)) {
		if (scx_ask_dispatch(sch, rq, prev))
			return true;
	}

	if (!scx_prev_runnable(rq, prev))
		return rq->scx.local_dsq.nr;

	/* Nothing but @prev: it goes on, or the scheduler wants to be asked. */
	if ((sch->ops.flags & SCX_OPS_ENQ_LAST) && !scx_rq_bypassing(rq))
		rq->scx.flags |= SCX_RQ_NOTHING_ELSE;
	else
		scx_refill_turn(rq, prev);
	return true;
}

#ifdef CONFIG_SMP
static int balance_scx(struct rq *rq, struct task_struct *prev, struct rq_flags *rf)
{
	bool ret;

	rq_unpin_lock(rq, rf);
	ret = scx_balance(rq, prev);
	rq_repin_lock(rq, rf);
	return ret;
}

static void scx_balance_up(struct rq *rq, struct task_struct *prev) {}
#else
/* The core does not balance on UP: put and pick do. No lock is dropped there. */
static void scx_balance_up(struct rq *rq, struct task_struct *prev)
{
	scx_balance(rq, prev);
}
#endif

static void put_prev_task_scx(struct rq *rq, struct task_struct *p)
{
	u64 enq_flags = 0;

	if (p->scx.flags & SCX_TASK_QUEUED)
		scx_balance_up(rq, p);
	update_curr_scx(rq);
	scx_stop_running(rq, p, p->scx.flags & SCX_TASK_QUEUED);

	/* Sleeps, or its properties change. */
	if (!(p->scx.flags & SCX_TASK_QUEUED))
		return;

	scx_set_runnable(rq, p);
	if (p->scx.slice && !scx_rq_bypassing(rq)) {
		scx_insert_local(rq, p, SCX_ENQ_HEAD);
		return;
	}

	if (rq->scx.flags & SCX_RQ_NOTHING_ELSE)
		enq_flags |= SCX_ENQ_LAST;
	rq->scx.flags &= ~SCX_RQ_NOTHING_ELSE;
	scx_give_out(rq, p, enq_flags);
}

/* The tick ends slices, but for those that are endless. */
static void scx_update_tick_dependency(struct rq *rq, struct task_struct *curr)
{
	bool endless = scx_turn_left(rq, curr) == SCX_SLICE_INF;

	if (endless == !!(rq->scx.flags & SCX_RQ_CAN_STOP_TICK))
		return;
	rq->scx.flags ^= SCX_RQ_CAN_STOP_TICK;
	sched_update_tick_dependency(rq);
}

static void set_next_task_scx(struct rq *rq, struct task_struct *p, bool first)
{
	if (!(p->scx.flags & SCX_TASK_QUEUED))
		return;

	/* The core may choose a task that is not on the local DSQ. */
	scx_disown(scx_task_sched(p), rq, p, SCX_DEQ_CORE_SCHED_EXEC);
	scx_leave_dsq(rq, p);
	scx_clear_runnable(p, true);

	if (p != scx_curr(rq))
		rq->scx.bypass_slice = SCX_BYPASS_SLICE;
	p->se.exec_start = rq_clock_task(rq);
	p->scx.flags |= SCX_TASK_RUN_NOTIFIED;
	SCX_CALL_TASK(scx_task_sched(p), rq, p, running);
	scx_update_tick_dependency(rq, p);
}

static struct task_struct *scx_first_local(struct rq *rq)
{
	struct task_struct *p = scx_dsq_first(&rq->scx.local_dsq);

	if (p && !scx_turn_left(rq, p))
		scx_refill_turn(rq, p);
	return p;
}

static struct task_struct *pick_next_task_scx(struct rq *rq)
{
	struct task_struct *p = scx_first_local(rq);

	if (!p) {
		scx_balance_up(rq, rq->idle);
		p = scx_first_local(rq);
	}
	if (p)
		set_next_task_scx(rq, p, true);
	return p;
}

#ifdef CONFIG_SMP

/*
 * For core scheduling, which has put @rq's task already if @rq is the local one,
 * but not those of the siblings.
 */
static struct task_struct *pick_task_scx(struct rq *rq)
{
	struct task_struct *curr = scx_curr(rq);
	bool running = scx_prev_runnable(rq, curr) &&
		       (curr->scx.flags & SCX_TASK_RUN_NOTIFIED);

	if (running && (scx_turn_left(rq, curr) || !rq->scx.local_dsq.nr)) {
		if (!scx_turn_left(rq, curr))
			scx_refill_turn(rq, curr);
		return curr;
	}
	return scx_first_local(rq);
}

static int select_task_rq_scx(struct task_struct *p, int prev_cpu, int wake_flags)
{
	struct scx_sched *sch = scx_task_sched(p);
	bool found;
	s32 cpu;

	if (wake_flags & WF_EXEC)
		return prev_cpu;

	/* Nobody else wakes @p or changes its class until it is enqueued. */
	p->scx.cpu_selected = true;
	scx_clear_ddsp(p);
	if (!sch->ops.select_cpu || scx_rq_bypassing(task_rq(p))) {
		cpu = scx_default_cpu(p, prev_cpu, wake_flags, &found);
		if (found) {
			scx_refill_slice(p);
			p->scx.ddsp_dsq_id = SCX_DSQ_LOCAL;
		}
		return cpu;
	}

	cpu = SCX_CALL_RET(sch, SCX_KF_SELECT_CPU, NULL, p, select_cpu, p, prev_cpu, wake_flags);
	if (cpu >= 0 && cpu < nr_cpu_ids && cpu_possible(cpu))
		return cpu;

	scx_error(sch, "ops.select_cpu() returned CPU %d for %s[%d]", cpu, p->comm, p->pid);
	return prev_cpu;
}

/* The rq lock may be dropped here: good for what enqueue had to put off. */
static void task_woken_scx(struct rq *rq, struct task_struct *p)
{
	scx_run_deferred(rq);
}

static void set_cpus_allowed_scx(struct task_struct *p, const struct cpumask *mask,
				 u32 flags)
{
	struct scx_sched *sch = scx_task_sched(p);

	set_cpus_allowed_common(p, mask, flags);
	if (scx_get_task_state(p) == SCX_TASK_ENABLED && sch->ops.set_cpumask)
		SCX_CALL(sch, SCX_KF_REST, NULL, p, set_cpumask, p, p->cpus_ptr);
}

#endif /* CONFIG_SMP */

/* What the ticks of CFS keep up to date of the other classes. */
static void scx_update_load_avgs(struct rq *rq)
{
	u64 now = rq_clock_pelt(rq);

	update_rt_rq_load_avg(now, rq, 0);
	update_dl_rq_load_avg(now, rq, 0);
	update_thermal_load_avg(rq_clock_thermal(rq), rq, arch_scale_thermal_pressure(cpu_of(rq)));
	update_irq_load_avg(rq, 0);
}

static void task_tick_scx(struct rq *rq, struct task_struct *curr, int queued)
{
	struct scx_sched *sch = scx_task_sched(curr);

	update_curr_scx(rq);
	scx_update_load_avgs(rq);

	if (!scx_rq_bypassing(rq))
		SCX_CALL_TASK(sch, rq, curr, tick);

	if (!scx_turn_left(rq, curr))
		resched_curr(rq);
	scx_update_tick_dependency(rq, curr);
}

static void switched_from_scx(struct rq *rq, struct task_struct *p)
{
	scx_disable_task(scx_task_sched(p), rq, p);
}

/* It may have come from a class above those that wait. */
static void switched_to_scx(struct rq *rq, struct task_struct *p)
{
	if (task_current(rq, p))
		resched_curr(rq);
	else if (task_on_rq_queued(p))
		check_preempt_curr(rq, p, 0);
}

static void prio_changed_scx(struct rq *rq, struct task_struct *p, int oldprio)
{
}

DEFINE_SCHED_CLASS(ext) = {
	.enqueue_task		= enqueue_task_scx,
	.dequeue_task		= dequeue_task_scx,
	.yield_task		= yield_task_scx,
	.yield_to_task		= yield_to_task_scx,

	.check_preempt_curr	= check_preempt_curr_scx,

	.pick_next_task		= pick_next_task_scx,
	.put_prev_task		= put_prev_task_scx,
	.set_next_task		= set_next_task_scx,

#ifdef CONFIG_SMP
	.balance		= balance_scx,
	.pick_task		= pick_task_scx,
	.select_task_rq		= select_task_rq_scx,
	.task_woken		= task_woken_scx,
	.set_cpus_allowed	= set_cpus_allowed_scx,
#endif

	.task_tick		= task_tick_scx,

	.switched_from		= switched_from_scx,
	.switched_to		= switched_to_scx,
	.prio_changed		= prio_changed_scx,

	.update_curr		= update_curr_scx,

#ifdef CONFIG_UCLAMP_TASK
	.uclamp_enabled		= 1,
#endif
};

/* What the core calls beside the methods, by way of the inlines in ext.h. */

void __scx_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	WRITE_ONCE(rq->scx.pnt_seq, rq->scx.pnt_seq + 1);

	if (next == rq->idle)
		scx_set_cpu_idle(rq, true);
	else if (prev == rq->idle)
		scx_set_cpu_idle(rq, false);
}

void __scx_tick(struct rq *rq)
{
	struct scx_sched *sch;

	rcu_read_lock();
	sch = rcu_dereference(scx_root);
	if (sch && scx_enable_state() == SCX_OPS_ENABLED)
		scx_watchdog_check(sch);
	rcu_read_unlock();
}

bool __scx_can_stop_tick(struct rq *rq)
{
	return !rq->scx.nr_running || (rq->scx.flags & SCX_RQ_CAN_STOP_TICK);
}

/* A CPU that comes or goes ends the scheduler. */
static void scx_hotplug(struct rq *rq, bool online)
{
	struct scx_sched *sch;
	unsigned long flags;

	raw_spin_rq_lock_irqsave(rq, flags);
	if (online)
		rq->scx.flags |= SCX_RQ_ONLINE;
	else
		rq->scx.flags &= ~SCX_RQ_ONLINE;
	raw_spin_rq_unlock_irqrestore(rq, flags);

	atomic_long_inc(&scx_hotplug_seq);

	rcu_read_lock();
	sch = rcu_dereference(scx_root);
	if (sch)
		scx_exit(sch, SCX_EXIT_UNREG_KERN,
			 SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG,
			 "CPU %d goes %s", cpu_of(rq), online ? "online" : "offline");
	rcu_read_unlock();
}

void scx_cpu_activate(struct rq *rq)
{
	scx_hotplug(rq, true);
}

void scx_cpu_deactivate(struct rq *rq)
{
	scx_hotplug(rq, false);
}

#ifdef CONFIG_SCHED_CORE
bool scx_prio_less(const struct task_struct *a, const struct task_struct *b, bool in_fi)
{
	return (s32)(a->scx.core_sched_at - b->scx.core_sched_at) > 0;
}
#endif

void __init init_sched_ext_class(void)
{
	int cpu;

	BUG_ON(!alloc_cpumask_var(&scx_idle_masks.cpus, GFP_KERNEL));
	BUG_ON(!alloc_cpumask_var(&scx_idle_masks.smts, GFP_KERNEL));

	for_each_possible_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		scx_dsq_init(&rq->scx.local_dsq, SCX_DSQ_LOCAL);
		INIT_LIST_HEAD(&rq->scx.runnable_list);
		INIT_LIST_HEAD(&rq->scx.deferred_list);
		init_irq_work(&rq->scx.deferred_work, scx_deferred_irq_workfn);
		/* Others become so through scx_cpu_activate(). */
		if (cpu == smp_processor_id())
			rq->scx.flags = SCX_RQ_ONLINE;
	}
	scx_init_kicks();
}
