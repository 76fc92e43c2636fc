// SPDX-License-Identifier: GPL-2.0
/*
 * scx_bpf_kick_cpu(): make a CPU reschedule.
 *
 * A kick can be asked for with any rq lock held, so the asking CPU notes it in
 * masks of its own, with IRQs off, and takes the other CPU's rq lock from an
 * irq_work.
 */
struct scx_kicks {
	cpumask_var_t	kick;		/* in any case */
	cpumask_var_t	idle;		/* if idle */
	cpumask_var_t	preempt;	/* end the slice, in any case */
	struct irq_work	work;
};

static DEFINE_PER_CPU(struct scx_kicks, scx_kicks);

static void scx_kick_one(int cpu, bool preempt, bool only_idle)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	raw_spin_rq_lock_irqsave(rq, flags);
	if (cpu_online(cpu) && (!only_idle || scx_curr(rq) == rq->idle)) {
		if (preempt)
			scx_preempt_curr(rq);
		resched_curr(rq);
	}
	raw_spin_rq_unlock_irqrestore(rq, flags);
}

static void scx_kick_irq_workfn(struct irq_work *work)
{
	struct scx_kicks *kicks = container_of(work, struct scx_kicks, work);
	int cpu;

	for_each_cpu(cpu, kicks->preempt) {
		cpumask_clear_cpu(cpu, kicks->preempt);
		scx_kick_one(cpu, true, false);
	}
	for_each_cpu(cpu, kicks->kick) {
		cpumask_clear_cpu(cpu, kicks->kick);
		scx_kick_one(cpu, false, false);
	}
	for_each_cpu(cpu, kicks->idle) {
		cpumask_clear_cpu(cpu, kicks->idle);
		scx_kick_one(cpu, false, true);
	}
}

static void scx_kick_cpu(int cpu, u64 flags)
{
	struct scx_kicks *kicks;
	unsigned long irq_flags;

	local_irq_save(irq_flags);
	kicks = this_cpu_ptr(&scx_kicks);
	if (flags & SCX_KICK_PREEMPT)
		cpumask_set_cpu(cpu, kicks->preempt);
	else if (flags & SCX_KICK_IDLE)
		cpumask_set_cpu(cpu, kicks->idle);
	else
		cpumask_set_cpu(cpu, kicks->kick);
	irq_work_queue(&kicks->work);
	local_irq_restore(irq_flags);
}

static void __init scx_init_kicks(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct scx_kicks *kicks = per_cpu_ptr(&scx_kicks, cpu);

		BUG_ON(!zalloc_cpumask_var(&kicks->kick, GFP_KERNEL));
		BUG_ON(!zalloc_cpumask_var(&kicks->idle, GFP_KERNEL));
		BUG_ON(!zalloc_cpumask_var(&kicks->preempt, GFP_KERNEL));
		init_irq_work(&kicks->work, scx_kick_irq_workfn);
	}
}
