// SPDX-License-Identifier: GPL-2.0
/*
 * Which CPUs are idle, and the default choice of a CPU for a task.
 *
 * @cpus has a bit for every idle CPU that nobody has claimed. A bit is set and
 * cleared by its CPU when it switches to and from the idle task, with its rq
 * lock held, and cleared by whoever claims the CPU, without a lock: the atomic
 * test-and-clear decides between claimants. A claimed CPU that finds nothing to
 * run picks the idle task anew, which sets its bit again.
 *
 * @smts has the bits of all CPUs of those cores that are idle as a whole. It is
 * a hint derived from @cpus, for callers that prefer whole cores.
 */
static struct {
	cpumask_var_t	cpus;
	cpumask_var_t	smts;
} scx_idle_masks;

#ifdef CONFIG_SCHED_SMT
static void scx_idle_clear_core(int cpu)
{
	const struct cpumask *core = cpu_smt_mask(cpu);
	int sibling;

	for_each_cpu(sibling, core)
		if (cpumask_test_cpu(sibling, scx_idle_masks.smts))
			cpumask_clear_cpu(sibling, scx_idle_masks.smts);
}

static void scx_idle_set_core(int cpu)
{
	const struct cpumask *core = cpu_smt_mask(cpu);
	int sibling;

	if (!cpumask_subset(core, scx_idle_masks.cpus))
		return;
	for_each_cpu(sibling, core)
		cpumask_set_cpu(sibling, scx_idle_masks.smts);
}

static bool scx_has_smt(void)
{
	return sched_smt_active();
}
#else
static void scx_idle_clear_core(int cpu) {}
static void scx_idle_set_core(int cpu) {}
static bool scx_has_smt(void) { return false; }
#endif

/* Claim @cpu if it is idle: true for one caller. */
static bool scx_claim_idle_cpu(int cpu)
{
	if (!cpumask_test_cpu(cpu, scx_idle_masks.cpus))
		return false;
	if (scx_has_smt())
		scx_idle_clear_core(cpu);
	return cpumask_test_and_clear_cpu(cpu, scx_idle_masks.cpus);
}

/* Claim an idle CPU of @allowed, or -EBUSY. */
static s32 scx_pick_idle_cpu(const struct cpumask *allowed, u64 flags)
{
	const struct cpumask *idle = scx_idle_masks.cpus;
	int cpu;

	if (scx_has_smt() && (flags & SCX_PICK_IDLE_CORE))
		idle = scx_idle_masks.smts;

	while ((cpu = cpumask_any_and_distribute(idle, allowed)) < nr_cpu_ids) {
		if (scx_claim_idle_cpu(cpu))
			return cpu;
		/* A hint that lost its core: do not meet it again. */
		if (idle == scx_idle_masks.smts)
			scx_idle_clear_core(cpu);
	}
	return -EBUSY;
}

/*
 * On a synchronous wakeup the waker is about to leave its CPU, whose caches hold
 * what it wakes @p up for. Only while the waker is all that is runnable there: @p
 * goes past every queue, and two tasks that wake each other in turn would keep the
 * CPU for good from tasks that wait for it in a DSQ or with the BPF scheduler.
 */
static bool scx_sync_to_waker(struct task_struct *p, int cpu, u64 wake_flags)
{
	return (wake_flags & SCX_WAKE_SYNC) && !(current->flags & PF_EXITING) &&
	       cpumask_test_cpu(cpu, p->cpus_ptr) &&
	       READ_ONCE(cpu_rq(cpu)->nr_running) <= 1;
}

/* The CPUs that share the last level cache with @cpu, or NULL if all do. */
static const struct cpumask *scx_llc_span(int cpu)
{
#ifdef CONFIG_SMP
	struct sched_domain *sd = rcu_dereference_sched(per_cpu(sd_llc, cpu));

	if (sd && sd->span_weight < num_online_cpus())
		return sched_domain_span(sd);
#endif
	return NULL;
}

static s32 scx_pick_near(struct task_struct *p, s32 prev_cpu, u64 flags)
{
	const struct cpumask *llc = scx_llc_span(prev_cpu);
	s32 cpu = -EBUSY;

	if (llc && p->nr_cpus_allowed >= num_possible_cpus())
		cpu = scx_pick_idle_cpu(llc, flags);
	if (cpu < 0)
		cpu = scx_pick_idle_cpu(p->cpus_ptr, flags);
	return cpu;
}

/**
 * scx_default_cpu - choose a CPU for @p
 * @p: a task that wakes up, its pi_lock held
 * @prev_cpu: where it ran last
 * @wake_flags: SCX_WAKE_*
 * @found: set to whether the CPU is idle and claimed for @p
 *
 * In this order: the waker's CPU on a synchronous wakeup, an idle core, the
 * previous CPU, any idle CPU; nearby ones first.
 */
static s32 scx_default_cpu(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			   bool *found)
{
	s32 cpu = smp_processor_id();

	*found = true;
	if (scx_sync_to_waker(p, cpu, wake_flags))
		return cpu;

	if (scx_has_smt()) {
		if (cpumask_test_cpu(prev_cpu, scx_idle_masks.smts) &&
		    cpumask_test_cpu(prev_cpu, p->cpus_ptr) &&
		    scx_claim_idle_cpu(prev_cpu))
			return prev_cpu;
		cpu = scx_pick_near(p, prev_cpu, SCX_PICK_IDLE_CORE);
		if (cpu >= 0)
			return cpu;
	}

	if (cpumask_test_cpu(prev_cpu, p->cpus_ptr) && scx_claim_idle_cpu(prev_cpu))
		return prev_cpu;
	cpu = scx_pick_near(p, prev_cpu, 0);
	if (cpu >= 0)
		return cpu;

	*found = false;
	return prev_cpu;
}

/* @rq switches to (or again picks) its idle task, or away from it. */
static void scx_set_cpu_idle(struct rq *rq, bool idle)
{
	int cpu = cpu_of(rq);

	if (idle && scx_rq_online(rq)) {
		if (!cpumask_test_and_set_cpu(cpu, scx_idle_masks.cpus) && scx_has_smt())
			scx_idle_set_core(cpu);
	} else {
		if (scx_has_smt())
			scx_idle_clear_core(cpu);
		if (cpumask_test_cpu(cpu, scx_idle_masks.cpus))
			cpumask_clear_cpu(cpu, scx_idle_masks.cpus);
	}
}

/* The masks are not kept while no scheduler is loaded: take stock. */
static void scx_refresh_idle(void)
{
	struct rq_flags rf;
	int cpu;

	cpumask_clear(scx_idle_masks.cpus);
	cpumask_clear(scx_idle_masks.smts);

	for_each_online_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);

		rq_lock_irqsave(rq, &rf);
		scx_set_cpu_idle(rq, scx_curr(rq) == rq->idle);
		rq_unlock_irqrestore(rq, &rf);
	}
}
