// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel tells of a scheduler when something goes wrong: the line in
 * stack dumps.
 */

static void scx_describe_wait(struct task_struct *p, char *buf, size_t len)
{
	buf[0] = '\0';
	if (READ_ONCE(p->sched_class) == &ext_sched_class && !list_empty(&p->scx.runnable_node))
		scnprintf(buf, len, ", runnable for %u ms",
			  jiffies_to_msecs(jiffies - READ_ONCE(p->scx.runnable_at)));
}

/**
 * print_scx_info - tell of the BPF scheduler in a stack dump
 * @log_lvl: log level
 * @p: the task whose stack is dumped
 *
 * Prints "Sched_ext: NAME (STATE[+all])", and for how long @p has been waiting if
 * it does; nothing while no scheduler is loaded. Called from anywhere, panics and
 * NMIs included, so it takes no lock and what it reads may be going away.
 */
void print_scx_info(const char *log_lvl, struct task_struct *p)
{
	enum scx_ops_enable_state state = scx_enable_state();
	struct scx_sched *sch = rcu_dereference_raw(scx_root);
	char name[SCX_OPS_NAME_LEN], wait[40];

	if (state == SCX_OPS_DISABLED || !sch)
		return;

	if (copy_from_kernel_nofault(name, sch->ops.name, sizeof(name)))
		strscpy(name, "?", sizeof(name));
	name[sizeof(name) - 1] = '\0';
	scx_describe_wait(p, wait, sizeof(wait));

	printk("%sSched_ext: %s (%s%s)%s\n", log_lvl, name, scx_ops_enable_state_str[state],
	       READ_ONCE(scx_switching_all) ? "+all" : "", wait);
}
