// SPDX-License-Identifier: GPL-2.0
/*
 * How a scheduler comes to its end: the claim, which anybody may make from any
 * context, NMI included, and the exit info. The unloading itself is in enable.c.
 *
 * The first claim wins. It alone fills in the exit info and then queues the
 * disabling through an irq_work, so that nothing here takes a lock. It does not lose
 * its CPU in between: what the scheduler asks for has no effect any more, so nobody
 * would let a task of the class go on.
 */

static const char *scx_exit_reason(enum scx_exit_kind kind)
{
	switch (kind) {
	case SCX_EXIT_UNREG:
		return "unregistered from user space";
	case SCX_EXIT_UNREG_BPF:
		return "unregistered from BPF";
	case SCX_EXIT_UNREG_KERN:
		return "unregistered from the main kernel";
	case SCX_EXIT_SYSRQ:
		return "disabled by sysrq-S";
	case SCX_EXIT_ERROR:
		return "runtime error";
	case SCX_EXIT_ERROR_BPF:
		return "scx_bpf_error";
	case SCX_EXIT_ERROR_STALL:
		return "runnable task stall";
	default:
		return "none";
	}
}

static struct scx_exit_info *scx_alloc_exit_info(u32 dump_len)
{
	struct scx_exit_info *ei = kzalloc(sizeof(*ei), GFP_KERNEL);

	if (!ei)
		return NULL;

	ei->bt = kcalloc(SCX_EXIT_BT_LEN, sizeof(*ei->bt), GFP_KERNEL);
	ei->msg = kzalloc(SCX_EXIT_MSG_LEN, GFP_KERNEL);
	ei->dump = kvzalloc(dump_len, GFP_KERNEL | __GFP_NOWARN);
	if (ei->bt && ei->msg && ei->dump)
		return ei;

	kvfree(ei->dump);
	kfree(ei->msg);
	kfree(ei->bt);
	kfree(ei);
	return NULL;
}

static void scx_free_exit_info(struct scx_exit_info *ei)
{
	kvfree(ei->dump);
	kfree(ei->msg);
	kfree(ei->bt);
	kfree(ei);
}

static void scx_vexit(struct scx_sched *sch, enum scx_exit_kind kind, s64 code,
		      const char *fmt, va_list args)
{
	struct scx_exit_info *ei = sch->exit_info;

	preempt_disable();
	if (atomic_cmpxchg(&sch->exit_kind, SCX_EXIT_NONE, kind) != SCX_EXIT_NONE)
		goto out;
	scx_pause(SCX_PAUSE_EXIT, current);

	ei->kind = kind;
	ei->exit_code = code;
	ei->reason = scx_exit_reason(kind);
#ifdef CONFIG_STACKTRACE
	if (kind >= SCX_EXIT_ERROR)
		ei->bt_len = stack_trace_save(ei->bt, SCX_EXIT_BT_LEN, 1);
#endif
	if (fmt)
		vscnprintf(ei->msg, SCX_EXIT_MSG_LEN, fmt, args);

	irq_work_queue(&sch->exit_irq_work);
out:
	preempt_enable();
}

static void scx_exit(struct scx_sched *sch, enum scx_exit_kind kind, s64 code,
		     const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	scx_vexit(sch, kind, code, fmt, args);
	va_end(args);
}

static void scx_exit_irq_workfn(struct irq_work *work)
{
	struct scx_sched *sch = container_of(work, struct scx_sched, exit_irq_work);

	kthread_queue_work(sch->helper, &sch->disable_work);
}

/* One line for every end, and for errors where they were noticed. */
static void scx_log_exit(struct scx_sched *sch)
{
	struct scx_exit_info *ei = sch->exit_info;

	if (ei->kind < SCX_EXIT_ERROR) {
		pr_info("sched_ext: BPF scheduler \"%s\" disabled (%s)%s%s\n",
			sch->ops.name, ei->reason, ei->msg[0] ? ": " : "", ei->msg);
		return;
	}

	pr_err("sched_ext: BPF scheduler \"%s\" disabled due to error (%s): %s\n",
	       sch->ops.name, ei->reason, ei->msg);
#ifdef CONFIG_STACKTRACE
	stack_trace_print(ei->bt, ei->bt_len, 2);
#endif
}
