// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading a scheduler.
 *
 *   DISABLED -> ENABLING -> ENABLED -> DISABLING -> DISABLED
 *
 * scx_enable_mutex admits one load or unload at a time. What changes tasks is done
 * by the scheduler's helper, a thread of the highest RT priority, as the loading
 * thread is itself among the tasks that change hands. The helper runs one work
 * item after the other: the disabling, whenever it is asked for, starts after the
 * enabling has ended, which looks for a claimed exit between its steps. It undoes
 * what each task's state says was done.
 *
 * Both run in bypass, so they wait for nothing that the BPF scheduler schedules.
 */
struct scx_sched __rcu *scx_root;

DEFINE_STATIC_KEY_FALSE(__scx_ops_enabled);
DEFINE_STATIC_KEY_FALSE(__scx_switched_all);

static DEFINE_MUTEX(scx_enable_mutex);
static struct scx_sched *scx_loaded;	/* from load to unload; scx_enable_mutex */

static atomic_t scx_ops_enable_state_var = ATOMIC_INIT(SCX_OPS_DISABLED);
static const char * const scx_ops_enable_state_str[] = {
	[SCX_OPS_ENABLING]	= "enabling",
	[SCX_OPS_ENABLED]	= "enabled",
	[SCX_OPS_DISABLING]	= "disabling",
	[SCX_OPS_DISABLED]	= "disabled",
};

static bool scx_switching;		/* tasks belong in the class; scx_fork_rwsem */
static bool scx_switching_all;		/* those of all fair policies do */
static atomic_long_t scx_nr_rejected = ATOMIC_LONG_INIT(0);
static atomic_long_t scx_enable_seq = ATOMIC_LONG_INIT(0);
static atomic_long_t scx_hotplug_seq = ATOMIC_LONG_INIT(0);

static enum scx_ops_enable_state scx_enable_state(void)
{
	return atomic_read(&scx_ops_enable_state_var);
}

static void scx_set_enable_state(enum scx_ops_enable_state to)
{
	atomic_set(&scx_ops_enable_state_var, to);
}

/*
 * Does @p, which neither RT nor deadline has, belong in the class? Not if the
 * scheduler does not know it: it is dead, or was about to die at loading, see task.c.
 */
bool scx_wants_task(const struct task_struct *p)
{
	if (!READ_ONCE(scx_switching) || scx_get_task_state(p) == SCX_TASK_NONE)
		return false;
	return READ_ONCE(scx_switching_all) || p->policy == SCHED_EXT;
}

int scx_check_setscheduler(struct task_struct *p, int policy)
{
	if (scx_enabled() && policy == SCHED_EXT && p->scx.disallow &&
	    scx_get_task_state(p) != SCX_TASK_NONE)
		return -EACCES;
	return 0;
}

/* Put @p into the class that its policy and the loaded scheduler ask for. */
static void scx_reclass_task(struct rq *rq, struct task_struct *p)
{
	const struct sched_class *prev_class = p->sched_class;
	int flags = DEQUEUE_SAVE | DEQUEUE_MOVE | DEQUEUE_NOCLOCK;
	bool queued = task_on_rq_queued(p);
	bool running = task_current(rq, p);

	update_rq_clock(rq);
	if (queued)
		dequeue_task(rq, p, flags);
	if (running)
		put_prev_task(rq, p);

	__setscheduler_prio(p, p->prio);
	scx_class_changing(rq, p, prev_class);

	if (queued)
		enqueue_task(rq, p, flags);
	if (running)
		set_next_task(rq, p);

	check_class_changed(rq, p, prev_class, p->prio);
}

/* task_rq_unlock() for after a class change: run the balance callbacks left behind. */
static void scx_task_rq_unlock(struct rq *rq, struct task_struct *p, struct rq_flags *rf)
{
	rq_unpin_lock(rq, rf);
	__balance_callbacks(rq);
	raw_spin_rq_unlock(rq);
	raw_spin_unlock_irqrestore(&p->pi_lock, rf->flags);
}

/* Enabling */

/* A SCHED_EXT task that ops.init_task() does not want. */
static void scx_heed_disallow(struct task_struct *p)
{
	struct rq_flags rf;
	struct rq *rq;

	if (!p->scx.disallow)
		return;

	rq = task_rq_lock(p, &rf);
	if (p->policy == SCHED_EXT) {
		p->policy = SCHED_NORMAL;
		atomic_long_inc(&scx_nr_rejected);
	}
	task_rq_unlock(rq, p, &rf);
}

static void scx_init_one(struct scx_sched *sch, struct task_struct *p)
{
	int ret;

	p->scx.disallow = false;
	ret = scx_call_init_task(sch, p, false);
	if (ret) {
		scx_error(sch, "ops.init_task() failed (%d) for %s[%d]", ret, p->comm, p->pid);
		return;
	}
	scx_pause(SCX_PAUSE_INIT_TASK, p);
	scx_heed_disallow(p);
	scx_task_ready(sch, p);
}

/* Initialise every task; from here on forks do so for the new ones. */
static void scx_init_tasks(struct scx_sched *sch)
{
	struct scx_task_iter it;
	struct task_struct *p;

	percpu_down_write(&scx_fork_rwsem);

	scx_init_task_enabled = true;
	scx_list_tasks();
	scx_task_iter_start(&it);
	while (!scx_exiting(sch) && (p = scx_task_iter_next(&it))) {
		scx_init_one(sch, p);
		put_task_struct(p);
	}
	scx_task_iter_stop(&it);

	if (!scx_exiting(sch)) {
		WRITE_ONCE(scx_switching_all, sch->switch_all);
		WRITE_ONCE(scx_switching, true);
	}
	percpu_up_write(&scx_fork_rwsem);
}

/* Put every task that belongs there into the class. */
static void scx_switch_tasks(struct scx_sched *sch)
{
	struct scx_task_iter it;
	struct task_struct *p;
	struct rq_flags rf;
	struct rq *rq;

	scx_task_iter_start(&it);
	while ((p = scx_task_iter_next(&it))) {
		scx_pause(SCX_PAUSE_ENABLE, p);
		rq = task_rq_lock(p, &rf);
		if (p->sched_class == &fair_sched_class && scx_wants_task(p))
			scx_reclass_task(rq, p);
		scx_task_rq_unlock(rq, p, &rf);
		put_task_struct(p);
	}
	scx_task_iter_stop(&it);
}

static void scx_enable_workfn(struct kthread_work *work)
{
	struct scx_sched *sch = container_of(work, struct scx_sched, enable_work);

	if (scx_exiting(sch))
		return;

	scx_bypass(true);
	scx_refresh_idle();
	scx_init_tasks(sch);
	if (!scx_exiting(sch)) {
		scx_switch_tasks(sch);
		if (sch->switch_all)
			static_branch_enable(&__scx_switched_all);
		scx_watchdog_start(sch);
		scx_set_enable_state(SCX_OPS_ENABLED);
		atomic_long_inc(&scx_enable_seq);
		scx_sysfs_add(sch);
		pr_info("sched_ext: BPF scheduler \"%s\" enabled%s\n", sch->ops.name,
			sch->switch_all ? "" : " for SCHED_EXT tasks");
	}
	scx_bypass(false);
}

/* Disabling */

/* From here on forks and policy changes have nothing to do with the scheduler. */
static void scx_stop_switching(void)
{
	percpu_down_write(&scx_fork_rwsem);
	scx_init_task_enabled = false;
	WRITE_ONCE(scx_switching, false);
	WRITE_ONCE(scx_switching_all, false);
	percpu_up_write(&scx_fork_rwsem);
}

/* Give every task back to the core, exit it and forget it. No fork adds others. */
static void scx_exit_tasks(struct scx_sched *sch)
{
	struct task_struct *p;
	struct rq_flags rf;
	struct rq *rq;

	while ((p = scx_first_listed())) {
		scx_pause(SCX_PAUSE_DISABLE, p);
		rq = task_rq_lock(p, &rf);
		if (p->sched_class == &ext_sched_class)
			scx_reclass_task(rq, p);
		if (scx_get_task_state(p) != SCX_TASK_NONE)
			scx_exit_task(sch, rq, p, false);
		scx_task_rq_unlock(rq, p, &rf);
		scx_unlist_task(p);
		put_task_struct(p);
		cond_resched();
	}
}

/* Nothing asks the scheduler any more once this returns. */
static void scx_quiesce(struct scx_sched *sch)
{
	int cpu;

	static_branch_disable(&__scx_switched_all);
	static_branch_disable(&__scx_ops_enabled);

	hrtimer_cancel(&sch->watchdog_timer);
	for_each_possible_cpu(cpu)
		irq_work_sync(&cpu_rq(cpu)->scx.deferred_work);

	RCU_INIT_POINTER(scx_root, NULL);
	synchronize_rcu();
}

static void scx_disable_workfn(struct kthread_work *work)
{
	struct scx_sched *sch = container_of(work, struct scx_sched, disable_work);

	wait_for_completion(&sch->init_done);

	scx_set_enable_state(SCX_OPS_DISABLING);
	scx_bypass(true);
	scx_sysfs_del(sch);
	scx_stop_switching();
	scx_exit_tasks(sch);
	scx_bypass(false);
	scx_quiesce(sch);

	scx_log_exit(sch);
	if (sch->ops.exit)
		SCX_CALL(sch, SCX_KF_UNLOCKED, NULL, NULL, exit, sch->exit_info);
	scx_free_dsqs(sch);

	atomic_set(&sch->exit_kind, SCX_EXIT_DONE);
	scx_set_enable_state(SCX_OPS_DISABLED);
	complete_all(&sch->disabled);
}

/* Objects */

static void scx_free_pcpu(struct scx_sched *sch)
{
	int cpu;

	if (!sch->pcpu)
		return;
	for_each_possible_cpu(cpu)
		kvfree(per_cpu_ptr(sch->pcpu, cpu)->dsp_buf);
	free_percpu(sch->pcpu);
}

static int scx_alloc_pcpu(struct scx_sched *sch)
{
	int cpu;

	sch->pcpu = alloc_percpu(struct scx_sched_pcpu);
	if (!sch->pcpu)
		return -ENOMEM;

	for_each_possible_cpu(cpu) {
		struct scx_sched_pcpu *pc = per_cpu_ptr(sch->pcpu, cpu);

		pc->dsp_buf = kvcalloc(sch->dsp_max, sizeof(*pc->dsp_buf),
				       GFP_KERNEL | __GFP_NOWARN);
		if (!pc->dsp_buf)
			return -ENOMEM;
	}
	return 0;
}

static int scx_start_helper(struct scx_sched *sch)
{
	struct kthread_worker *helper = kthread_create_worker(0, "sched_ext_helper");
	struct sched_param param = { .sched_priority = MAX_RT_PRIO - 1 };

	if (IS_ERR(helper))
		return PTR_ERR(helper);

	sched_setscheduler_nocheck(helper->task, SCHED_FIFO, &param);
	sch->helper = helper;
	return 0;
}

static void scx_free_sched(struct scx_sched *sch)
{
	irq_work_sync(&sch->exit_irq_work);
	if (sch->helper)
		kthread_destroy_worker(sch->helper);
	scx_free_pcpu(sch);
	if (sch->exit_info)
		scx_free_exit_info(sch->exit_info);
	kvfree(sch);
}

static void scx_init_sched(struct scx_sched *sch, void *kdata)
{
	const struct sched_ext_ops *ops = kdata;
	u32 timeout_ms = ops->timeout_ms ?: SCX_WATCHDOG_MAX_TIMEOUT;

	sch->ops = *ops;
	sch->kdata = kdata;
	sch->dsp_max = ops->dispatch_max_batch ?: SCX_DSP_DFL_MAX_BATCH;
	sch->switch_all = !(ops->flags & SCX_OPS_SWITCH_PARTIAL);
	sch->watchdog_timeout = max(msecs_to_jiffies(timeout_ms), 1UL);

	raw_spin_lock_init(&sch->dsq_hash_lock);
	scx_dsq_init(&sch->global_dsq, SCX_DSQ_GLOBAL);
	atomic_set(&sch->exit_kind, SCX_EXIT_NONE);
	init_irq_work(&sch->exit_irq_work, scx_exit_irq_workfn);
	kthread_init_work(&sch->enable_work, scx_enable_workfn);
	kthread_init_work(&sch->disable_work, scx_disable_workfn);
	init_completion(&sch->init_done);
	init_completion(&sch->disabled);
	hrtimer_init(&sch->watchdog_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	sch->watchdog_timer.function = scx_watchdog_fn;
}

static struct scx_sched *scx_alloc_sched(void *kdata)
{
	struct scx_sched *sch = kvzalloc(sizeof(*sch), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!sch)
		return ERR_PTR(-ENOMEM);

	scx_init_sched(sch, kdata);
	sch->exit_info = scx_alloc_exit_info(sch->ops.exit_dump_len ?: SCX_EXIT_DUMP_DFL_LEN);
	if (sch->exit_info)
		ret = scx_alloc_pcpu(sch);
	if (!ret)
		ret = scx_start_helper(sch);
	if (ret) {
		scx_free_sched(sch);
		return ERR_PTR(ret);
	}
	return sch;
}

/* Loading and unloading, as struct_ops asks for them. */

static int scx_check_isolation(const char *name)
{
	if (cpumask_equal(housekeeping_cpumask(HK_TYPE_DOMAIN), cpu_possible_mask))
		return 0;
	pr_err("sched_ext: cannot load \"%s\": CPUs are isolated from scheduling domains, boot without isolcpus=domain\n",
	       name);
	return -EINVAL;
}

/*
 * CPUs neither come nor go while @sch becomes known to the hotplug callbacks, which
 * eject it from then on.
 */
static void scx_arm(struct scx_sched *sch)
{
	u64 seq;

	atomic_long_set(&scx_nr_rejected, 0);
	scx_set_enable_state(SCX_OPS_ENABLING);

	cpus_read_lock();
	rcu_assign_pointer(scx_root, sch);
	static_branch_enable_cpuslocked(&__scx_ops_enabled);
	seq = atomic_long_read(&scx_hotplug_seq);
	cpus_read_unlock();

	if (sch->ops.hotplug_seq && sch->ops.hotplug_seq != seq)
		scx_exit(sch, SCX_EXIT_UNREG_KERN, SCX_ECODE_RSN_HOTPLUG | SCX_ECODE_ACT_RESTART,
			 "CPUs came or went before loading: expected hotplug_seq %llu, it is %llu",
			 sch->ops.hotplug_seq, seq);
	else if ((sch->ops.flags & SCX_OPS_ENQ_LAST) && !sch->ops.enqueue)
		scx_error(sch, "SCX_OPS_ENQ_LAST needs ops.enqueue()");
}

static void scx_call_init(struct scx_sched *sch)
{
	int ret;

	if (!sch->ops.init || scx_exiting(sch))
		return;

	ret = SCX_CALL_RET(sch, SCX_KF_UNLOCKED, NULL, NULL, init);
	if (ret)
		scx_error(sch, "ops.init() failed (%d)", ret);
}

static int __scx_load(void *kdata)
{
	struct scx_sched *sch;
	int ret;

	if (scx_enable_state() != SCX_OPS_DISABLED)
		return -EBUSY;
	ret = scx_check_isolation(((struct sched_ext_ops *)kdata)->name);
	if (ret)
		return ret;

	sch = scx_alloc_sched(kdata);
	if (IS_ERR(sch))
		return PTR_ERR(sch);

	/* One that was ejected and whose link is still open. */
	if (scx_loaded)
		scx_free_sched(scx_loaded);
	scx_loaded = sch;

	scx_arm(sch);
	scx_call_init(sch);
	complete(&sch->init_done);

	kthread_queue_work(sch->helper, &sch->enable_work);
	kthread_flush_work(&sch->enable_work);
	if (scx_exiting(sch))
		wait_for_completion(&sch->disabled);
	return 0;
}

/**
 * scx_load - load a scheduler
 * @kdata: its struct sched_ext_ops
 *
 * Return: 0 if it was loaded, or if it came far enough for ops.exit() to tell why
 * it was not; that has run then. -EBUSY while another one is loaded or changes,
 * -EINVAL with isolated CPUs, -ENOMEM.
 */
static int scx_load(void *kdata)
{
	int ret;

	/* One that is disabled may still be cleaned up: that is worth waiting for. */
	if (scx_enable_state() != SCX_OPS_DISABLED)
		return -EBUSY;
	mutex_lock(&scx_enable_mutex);
	ret = __scx_load(kdata);
	mutex_unlock(&scx_enable_mutex);
	return ret;
}

/**
 * scx_unload - unload a scheduler, unless it has ended by itself
 * @kdata: what it was loaded with
 *
 * ops.exit() has run when this returns.
 */
static void scx_unload(void *kdata)
{
	struct scx_sched *sch;

	mutex_lock(&scx_enable_mutex);
	sch = scx_loaded;
	if (sch && sch->kdata == kdata) {
		scx_exit(sch, SCX_EXIT_UNREG, 0, NULL);
		wait_for_completion(&sch->disabled);
		scx_free_sched(sch);
		scx_loaded = NULL;
	}
	mutex_unlock(&scx_enable_mutex);
}
