// SPDX-License-Identifier: GPL-2.0
/*
 * Pause points: places in the middle of a hand-over at which a test can have a CPU
 * dwell, so that another one meets it there. For debug kernels only.
 *
 * /sys/kernel/debug/sched_ext/pause takes "POINT PID TIMES LOOPS": the next TIMES
 * times that a CPU comes to POINT with task PID (0 for any) it spins, LOOPS times in all,
 * which can be set anew meanwhile. Reading it gives how often that has happened since,
 * and how many CPUs spin now. Where to spin is only set by writers of the file, whom a
 * mutex orders, and read locklessly; the counters are atomic.
 */
#ifdef CONFIG_SCHED_EXT_PAUSE

static struct {
	struct mutex	lock;		/* one writer at a time */
	int		point;
	pid_t		pid;
	atomic_t	loops;
	atomic_t	left;
	atomic_t	hits;
	atomic_t	inside;
} scx_paused = {
	.lock	= __MUTEX_INITIALIZER(scx_paused.lock),
};

static const char * const scx_pause_names[] = {
	[SCX_PAUSE_CLAIMED]	= "claimed",
	[SCX_PAUSE_TAKE]	= "take",
	[SCX_PAUSE_HELD]	= "held",
	[SCX_PAUSE_MIGRATE]	= "migrate",
	[SCX_PAUSE_DEFERRED]	= "deferred",
	[SCX_PAUSE_QUEUEING]	= "queueing",
	[SCX_PAUSE_ENABLE]	= "enable",
	[SCX_PAUSE_INIT_TASK]	= "init_task",
	[SCX_PAUSE_POST_FORK]	= "post_fork",
	[SCX_PAUSE_DISABLE]	= "disable",
	[SCX_PAUSE_EXIT]	= "exit",
	[SCX_PAUSE_MOVE]	= "move",
};

/*
 * An emulator that runs CPUs in turns leaves the CPU here. It must not do so all the
 * time, or it does not get round to the timers of the others.
 */
static void scx_pause_loop(void)
{
	int i;

	for (i = 0; i < 1000; i++)
		barrier();
	cpu_relax();
}

static void scx_pause(enum scx_pause_point point, struct task_struct *p)
{
	if (likely(!atomic_read(&scx_paused.left)) || READ_ONCE(scx_paused.point) != point)
		return;
	if (READ_ONCE(scx_paused.pid) && (!p || READ_ONCE(scx_paused.pid) != p->pid))
		return;
	if (atomic_dec_if_positive(&scx_paused.left) < 0)
		return;

	atomic_inc(&scx_paused.inside);
	atomic_inc(&scx_paused.hits);
	while (atomic_dec_if_positive(&scx_paused.loops) >= 0)
		scx_pause_loop();
	atomic_dec(&scx_paused.inside);
}

static ssize_t scx_pause_write(struct file *file, const char __user *ubuf, size_t len,
			       loff_t *ppos)
{
	unsigned int times, loops;
	char buf[64], name[16];
	int pid, point;

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	buf[len] = '\0';
	if (sscanf(buf, "%15s %d %u %u", name, &pid, &times, &loops) != 4)
		return -EINVAL;
	point = match_string(scx_pause_names, ARRAY_SIZE(scx_pause_names), name);
	if (point < 0)
		return point;

	mutex_lock(&scx_paused.lock);
	atomic_set(&scx_paused.left, 0);
	WRITE_ONCE(scx_paused.point, point);
	WRITE_ONCE(scx_paused.pid, pid);
	atomic_set(&scx_paused.loops, loops);
	atomic_set(&scx_paused.hits, 0);
	atomic_set_release(&scx_paused.left, times);
	mutex_unlock(&scx_paused.lock);
	return len;
}

static ssize_t scx_pause_read(struct file *file, char __user *ubuf, size_t len, loff_t *ppos)
{
	char buf[32];
	int n = scnprintf(buf, sizeof(buf), "%d %d\n", atomic_read(&scx_paused.hits),
			  atomic_read(&scx_paused.inside));

	return simple_read_from_buffer(ubuf, len, ppos, buf, n);
}

static const struct file_operations scx_pause_fops = {
	.open	= simple_open,
	.read	= scx_pause_read,
	.write	= scx_pause_write,
};

/*
 * How the schedulers of these tests come to the task that they dispatch at a given
 * moment. The lookup is good until the end of the RCU section that IRQs off make, so
 * there is nothing to hold on to and to put.
 */
noinline __used struct task_struct *scx_bpf_pause_find_task(s32 pid)
{
	struct task_struct *p = NULL;

	rcu_read_lock();
	if (irqs_disabled())
		p = find_task_by_pid_ns(pid, &init_pid_ns);
	rcu_read_unlock();
	return p;
}

noinline __used void scx_bpf_pause_put_task(struct task_struct *p)
{
}

BTF_SET8_START(scx_pause_kfunc_ids)
BTF_ID_FLAGS(func, scx_bpf_pause_find_task, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, scx_bpf_pause_put_task, KF_RELEASE)
BTF_SET8_END(scx_pause_kfunc_ids)

static const struct btf_kfunc_id_set scx_pause_kfunc_set = {
	.owner	= THIS_MODULE,
	.set	= &scx_pause_kfunc_ids,
	.filter	= scx_kfunc_filter,
};

static int __init scx_pause_init(void)
{
	struct dentry *dir = debugfs_create_dir("sched_ext", NULL);

	debugfs_create_file("pause", 0600, dir, NULL, &scx_pause_fops);
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &scx_pause_kfunc_set);
}
late_initcall(scx_pause_init);

#else

static void scx_pause(enum scx_pause_point point, struct task_struct *p) {}

#endif
