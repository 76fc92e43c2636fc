// SPDX-License-Identifier: GPL-2.0
/*
 * The functions that BPF schedulers call, and where they may be called.
 *
 * Each looks at the innermost op frame of the calling task: it tells which
 * scheduler is meant, which op runs, and which task is in hand. Outside of any op,
 * as in a SYSCALL program, the loaded scheduler is meant. A call from the wrong op
 * ejects the scheduler. Once an exit is claimed, no insert, move or kick that a
 * scheduler asks for takes effect, nor what ops.dispatch() noted before.
 */

/*
 * The scheduler that the caller means, or NULL. Its memory stays as long as the
 * caller's op runs, or until the end of the caller's RCU section.
 */
static struct scx_sched *scx_kf_sched(void)
{
	struct scx_op_frame *frame = current->scx.op_frame;

	return frame ? frame->sch : rcu_dereference_check(scx_root, rcu_read_lock_any_held());
}

/* The frame of the op that calls @kf if its kind is in @mask, or NULL. */
static struct scx_op_frame *scx_kf_frame(const char *kf, u32 mask)
{
	struct scx_op_frame *frame = current->scx.op_frame;
	struct scx_sched *sch;

	if (!frame) {
		sch = scx_kf_sched();
		if (sch)
			scx_error(sch, "%s: called from outside of any op", kf);
		return NULL;
	}
	if (!(frame->mask & mask)) {
		scx_error(frame->sch, "%s: called from ops.%s(), not allowed there", kf, frame->op);
		return NULL;
	}
	return frame;
}

static bool scx_cpu_valid(struct scx_sched *sch, const char *kf, s32 cpu)
{
	if (likely(cpu >= 0 && cpu < nr_cpu_ids && cpu_possible(cpu)))
		return true;
	scx_error(sch, "%s: invalid CPU %d", kf, cpu);
	return false;
}

/* Inserting into DSQs */

static bool scx_dsq_id_valid(struct scx_sched *sch, const char *kf, u64 dsq_id, bool vtime)
{
	if (!(dsq_id & SCX_DSQ_FLAG_BUILTIN))
		return true;
	if (vtime) {
		scx_error(sch, "%s: built-in DSQ 0x%llx has no vtime order", kf, dsq_id);
		return false;
	}
	if (dsq_id == SCX_DSQ_GLOBAL || dsq_id == SCX_DSQ_LOCAL)
		return true;
	if ((dsq_id & ~SCX_DSQ_LOCAL_CPU_MASK) == SCX_DSQ_LOCAL_ON)
		return scx_cpu_valid(sch, kf, dsq_id & SCX_DSQ_LOCAL_CPU_MASK);
	scx_error(sch, "%s: invalid DSQ 0x%llx", kf, dsq_id);
	return false;
}

/* From select_cpu and enqueue: note the insert for when the task is enqueued. */
static bool scx_note_direct(struct scx_op_frame *frame, const char *kf, struct task_struct *p,
			    u64 dsq_id, u64 enq_flags)
{
	struct task_struct *subject = frame->subject;

	if (p != subject) {
		scx_error(frame->sch, "%s: called for %s[%d] while ops.%s() is about %s[%d]",
			  kf, p->comm, p->pid, frame->op, subject->comm, subject->pid);
		return false;
	}
	if (p->scx.ddsp_dsq_id != SCX_DSQ_INVALID) {
		scx_error(frame->sch, "%s: %s[%d] was already inserted into DSQ 0x%llx",
			  kf, p->comm, p->pid, p->scx.ddsp_dsq_id);
		return false;
	}
	p->scx.ddsp_dsq_id = dsq_id;
	p->scx.ddsp_enq_flags = enq_flags;
	return true;
}

/* From dispatch: note the insert, to be made when the op returns or moves tasks. */
static bool scx_note_dispatch(struct scx_op_frame *frame, const char *kf,
			      struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct scx_sched_pcpu *pc = this_cpu_ptr(frame->sch->pcpu);

	if (pc->dsp_nr >= frame->sch->dsp_max) {
		scx_error(frame->sch,
			  "%s: more than dispatch_max_batch (%u) inserts in one ops.%s()",
			  kf, frame->sch->dsp_max, frame->op);
		return false;
	}
	pc->dsp_buf[pc->dsp_nr++] = (struct scx_dsp_entry) {
		.task = p,
		.qseq = scx_opss_qseq(p),
		.dsq_id = dsq_id,
		.enq_flags = enq_flags,
	};
	return true;
}

/* Note the insert; false if it was refused, and @p is as it was. */
static bool scx_kf_note(const char *kf, struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	struct scx_op_frame *frame;

	frame = scx_kf_frame(kf, SCX_KF_SELECT_CPU | SCX_KF_ENQUEUE | SCX_KF_DISPATCH);
	if (!frame || scx_exiting(frame->sch))
		return false;
	if (!scx_dsq_id_valid(frame->sch, kf, dsq_id, enq_flags & SCX_ENQ_DSQ_PRIQ))
		return false;
	if (frame->mask & SCX_KF_DISPATCH)
		return scx_note_dispatch(frame, kf, p, dsq_id, enq_flags);
	return scx_note_direct(frame, kf, p, dsq_id, enq_flags);
}

static bool scx_kf_insert(const char *kf, struct task_struct *p, u64 dsq_id, u64 slice,
			  u64 enq_flags)
{
	if (!scx_kf_note(kf, p, dsq_id, enq_flags))
		return false;
	if (slice)
		p->scx.slice = slice;
	else if (!p->scx.slice)
		p->scx.slice = 1;
	return true;
}

static void scx_kf_insert_vtime(const char *kf, struct task_struct *p, u64 dsq_id, u64 slice,
				u64 vtime, u64 enq_flags)
{
	if (scx_kf_insert(kf, p, dsq_id, slice, enq_flags | SCX_ENQ_DSQ_PRIQ))
		p->scx.dsq_vtime = vtime;
}

/* Bits of enqueue flags that are not for BPF are dropped before they do harm. */
#define SCX_ENQ_BPF(flags)	((flags) & ~(u64)__SCX_ENQ_INTERNAL_MASK)

/**
 * scx_bpf_dispatch - insert a task into the FIFO order of a DSQ
 * @p: the task
 * @dsq_id: a DSQ of the scheduler, %SCX_DSQ_GLOBAL, %SCX_DSQ_LOCAL, or
 *          %SCX_DSQ_LOCAL_ON | cpu
 * @slice: ns it may run, 0 keeps what it has left
 * @enq_flags: SCX_ENQ_*
 *
 * From ops.select_cpu() and ops.enqueue() for the task in hand, once. From
 * ops.dispatch() for any task, up to dispatch_max_batch times without a move; a
 * task that the BPF scheduler does not own any more is left alone.
 *
 * An unknown DSQ, an invalid CPU, another task than the one in hand and a second
 * insert eject the scheduler.
 */
noinline __used void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice,
				      u64 enq_flags)
{
	scx_kf_insert(__func__, p, dsq_id, slice, SCX_ENQ_BPF(enq_flags));
}

/* The same under its later name. */
noinline __used void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice,
					u64 enq_flags)
{
	scx_kf_insert(__func__, p, dsq_id, slice, SCX_ENQ_BPF(enq_flags));
}

/**
 * scx_bpf_dispatch_vtime - insert a task into the vtime order of a DSQ
 * @p: the task
 * @dsq_id: a DSQ of the scheduler
 * @slice: ns it may run, 0 keeps what it has left
 * @vtime: where in the order, wraps around
 * @enq_flags: SCX_ENQ_*
 *
 * Like scx_bpf_dispatch(). A DSQ holds tasks in FIFO or in vtime order; mixing
 * them, or a built-in DSQ, ejects the scheduler.
 */
noinline __used void scx_bpf_dispatch_vtime(struct task_struct *p, u64 dsq_id, u64 slice,
					    u64 vtime, u64 enq_flags)
{
	scx_kf_insert_vtime(__func__, p, dsq_id, slice, vtime, SCX_ENQ_BPF(enq_flags));
}

/* The same under its later name. */
noinline __used void scx_bpf_dsq_insert_vtime(struct task_struct *p, u64 dsq_id, u64 slice,
					      u64 vtime, u64 enq_flags)
{
	scx_kf_insert_vtime(__func__, p, dsq_id, slice, vtime, SCX_ENQ_BPF(enq_flags));
}

/* Dispatching */

static bool scx_kf_consume(const char *kf, u64 dsq_id)
{
	struct scx_op_frame *frame = scx_kf_frame(kf, SCX_KF_DISPATCH);
	struct scx_dispatch_q *dsq;
	struct scx_sched *sch;

	if (!frame)
		return false;
	sch = frame->sch;

	scx_flush_dispatch(sch, frame->rq);
	if (scx_exiting(sch))
		return false;

	dsq = scx_find_user_dsq(sch, dsq_id);
	if (unlikely(!dsq)) {
		scx_error(sch, "%s: no DSQ 0x%llx to move a task from", kf, dsq_id);
		return false;
	}
	if (!scx_consume(sch, frame->rq, dsq))
		return false;
	this_cpu_ptr(sch->pcpu)->dsp_progress = true;
	return true;
}

/**
 * scx_bpf_consume - move a task from a DSQ to the local DSQ of the CPU
 * @dsq_id: a DSQ of the scheduler
 *
 * From ops.dispatch(). Pending inserts are made first. The rq lock may be dropped
 * and retaken. A DSQ that does not exist ejects the scheduler.
 *
 * Return: whether a task was moved.
 */
noinline __used bool scx_bpf_consume(u64 dsq_id)
{
	return scx_kf_consume(__func__, dsq_id);
}

/* The same under its later name. */
noinline __used bool scx_bpf_dsq_move_to_local(u64 dsq_id)
{
	return scx_kf_consume(__func__, dsq_id);
}

/**
 * scx_bpf_dispatch_nr_slots - how many inserts ops.dispatch() may still make
 *
 * Return: their number.
 */
noinline __used u32 scx_bpf_dispatch_nr_slots(void)
{
	struct scx_op_frame *frame = scx_kf_frame(__func__, SCX_KF_DISPATCH);

	if (!frame)
		return 0;
	return frame->sch->dsp_max - this_cpu_ptr(frame->sch->pcpu)->dsp_nr;
}

/**
 * scx_bpf_dispatch_cancel - take back the latest pending insert of ops.dispatch()
 *
 * Without one, the scheduler is ejected.
 */
noinline __used void scx_bpf_dispatch_cancel(void)
{
	struct scx_op_frame *frame = scx_kf_frame(__func__, SCX_KF_DISPATCH);
	struct scx_sched_pcpu *pc;

	if (!frame)
		return;
	pc = this_cpu_ptr(frame->sch->pcpu);
	if (pc->dsp_nr)
		pc->dsp_nr--;
	else
		scx_error(frame->sch, "%s: no insert to take back", __func__);
}

/* DSQs */

/**
 * scx_bpf_create_dsq - create a DSQ
 * @dsq_id: its id, bit 63 clear
 * @node: NUMA node to allocate it on, -1 for any
 *
 * From sleepable ops and SYSCALL programs.
 *
 * Return: 0, -EINVAL for a bad id or node, -EEXIST, -ENOMEM, -ENODEV if no
 * scheduler is loaded.
 */
noinline __used s32 scx_bpf_create_dsq(u64 dsq_id, s32 node)
{
	struct scx_dispatch_q *dsq;
	struct scx_sched *sch;
	int ret = -ENODEV;

	if (current->scx.op_frame && !scx_kf_frame(__func__, SCX_KF_UNLOCKED))
		return -EINVAL;

	dsq = scx_alloc_dsq(dsq_id, node);
	if (IS_ERR(dsq))
		return PTR_ERR(dsq);

	rcu_read_lock();
	sch = scx_kf_sched();
	if (sch)
		ret = scx_add_dsq(sch, dsq);
	rcu_read_unlock();

	if (ret)
		kfree(dsq);
	return ret;
}

/**
 * scx_bpf_destroy_dsq - destroy a DSQ
 * @dsq_id: its id; nothing happens if there is none
 *
 * The id can be used anew at once. Tasks on the DSQ eject the scheduler.
 */
noinline __used void scx_bpf_destroy_dsq(u64 dsq_id)
{
	struct scx_sched *sch;

	rcu_read_lock();
	sch = scx_kf_sched();
	if (sch)
		scx_destroy_dsq(sch, dsq_id);
	rcu_read_unlock();
}

/**
 * scx_bpf_dsq_nr_queued - number of tasks on a DSQ
 * @dsq_id: a DSQ of the scheduler, %SCX_DSQ_LOCAL or %SCX_DSQ_LOCAL_ON | cpu
 *
 * Return: their number, stale as soon as it is known, or -ENOENT. An invalid CPU
 * ejects the scheduler.
 */
noinline __used s32 scx_bpf_dsq_nr_queued(u64 dsq_id)
{
	struct scx_dispatch_q *dsq = NULL;
	struct scx_sched *sch;
	s32 nr = -ENOENT;

	rcu_read_lock();
	sch = scx_kf_sched();
	if (!sch)
		goto out;

	if (dsq_id == SCX_DSQ_LOCAL)
		dsq = &cpu_rq(raw_smp_processor_id())->scx.local_dsq;
	else if (!(dsq_id & SCX_DSQ_FLAG_BUILTIN))
		dsq = scx_find_user_dsq(sch, dsq_id);
	else if ((dsq_id & ~SCX_DSQ_LOCAL_CPU_MASK) == SCX_DSQ_LOCAL_ON &&
		 scx_cpu_valid(sch, __func__, dsq_id & SCX_DSQ_LOCAL_CPU_MASK))
		dsq = &cpu_rq(dsq_id & SCX_DSQ_LOCAL_CPU_MASK)->scx.local_dsq;

	if (dsq)
		nr = READ_ONCE(dsq->nr);
out:
	rcu_read_unlock();
	return nr;
}

/* CPUs and tasks */

/**
 * scx_bpf_select_cpu_dfl - the built-in choice of a CPU
 * @p: the task in hand
 * @prev_cpu: where it ran last
 * @wake_flags: SCX_WAKE_*
 * @is_idle: set to whether the CPU is idle; it is claimed then
 *
 * From ops.select_cpu(). An invalid @prev_cpu ejects the scheduler.
 *
 * Return: the CPU.
 */
noinline __used s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu,
					   u64 wake_flags, bool *is_idle)
{
	struct scx_op_frame *frame = scx_kf_frame(__func__, SCX_KF_SELECT_CPU);

	*is_idle = false;
	if (!frame || !scx_cpu_valid(frame->sch, __func__, prev_cpu))
		return 0;
	return scx_default_cpu(p, prev_cpu, wake_flags, is_idle);
}

/**
 * scx_bpf_kick_cpu - make a CPU reschedule
 * @cpu: the CPU
 * @flags: %SCX_KICK_IDLE only if it is idle, %SCX_KICK_PREEMPT end the slice of what
 *         runs there; they exclude each other
 *
 * An invalid CPU or flag ejects the scheduler.
 */
noinline __used void scx_bpf_kick_cpu(s32 cpu, u64 flags)
{
	struct scx_sched *sch;

	rcu_read_lock();
	sch = scx_kf_sched();
	if (!sch || scx_exiting(sch) || !scx_cpu_valid(sch, __func__, cpu))
		goto out;

	if (flags & ~(u64)(SCX_KICK_IDLE | SCX_KICK_PREEMPT) ||
	    flags == (SCX_KICK_IDLE | SCX_KICK_PREEMPT))
		scx_error(sch, "%s: invalid flags 0x%llx", __func__, flags);
	else
		scx_kick_cpu(cpu, flags);
out:
	rcu_read_unlock();
}

/**
 * scx_bpf_test_and_clear_cpu_idle - claim an idle CPU
 * @cpu: the CPU; an invalid one ejects the scheduler
 *
 * Return: whether it was idle and unclaimed.
 */
noinline __used bool scx_bpf_test_and_clear_cpu_idle(s32 cpu)
{
	struct scx_sched *sch;
	bool claimed = false;

	rcu_read_lock();
	sch = scx_kf_sched();
	if (sch && scx_cpu_valid(sch, __func__, cpu))
		claimed = scx_claim_idle_cpu(cpu);
	rcu_read_unlock();
	return claimed;
}

/**
 * scx_bpf_pick_idle_cpu - claim an idle CPU out of several
 * @cpus_allowed: those to choose from
 * @flags: %SCX_PICK_IDLE_CORE to consider wholly idle cores only
 *
 * Return: the CPU, or -EBUSY.
 */
noinline __used s32 scx_bpf_pick_idle_cpu(const struct cpumask *cpus_allowed, u64 flags)
{
	if (!scx_enabled())
		return -EBUSY;
	return scx_pick_idle_cpu(cpus_allowed, flags);
}

/**
 * scx_bpf_pick_any_cpu - claim an idle CPU, or choose any
 * @cpus_allowed: those to choose from
 * @flags: %SCX_PICK_IDLE_CORE to consider wholly idle cores only at first
 *
 * Return: the CPU, or -EBUSY if @cpus_allowed is empty.
 */
noinline __used s32 scx_bpf_pick_any_cpu(const struct cpumask *cpus_allowed, u64 flags)
{
	s32 cpu = scx_bpf_pick_idle_cpu(cpus_allowed, flags);

	if (cpu >= 0)
		return cpu;
	cpu = cpumask_any_distribute(cpus_allowed);
	return cpu < nr_cpu_ids ? cpu : -EBUSY;
}

/**
 * scx_bpf_task_running - does a task run right now?
 * @p: the task
 */
noinline __used bool scx_bpf_task_running(const struct task_struct *p)
{
	return rcu_access_pointer(task_rq(p)->curr) == p;
}

/**
 * scx_bpf_task_cpu - the CPU that a task runs or ran on
 * @p: the task
 */
noinline __used s32 scx_bpf_task_cpu(const struct task_struct *p)
{
	return task_cpu(p);
}

/**
 * scx_bpf_nr_cpu_ids - one more than the highest CPU number
 */
noinline __used u32 scx_bpf_nr_cpu_ids(void)
{
	return nr_cpu_ids;
}

/**
 * scx_bpf_get_possible_cpumask - the possible CPUs
 *
 * To be given back with scx_bpf_put_cpumask().
 */
noinline __used const struct cpumask *scx_bpf_get_possible_cpumask(void)
{
	return cpu_possible_mask;
}

/**
 * scx_bpf_get_online_cpumask - the CPUs that are online
 *
 * To be given back with scx_bpf_put_cpumask().
 */
noinline __used const struct cpumask *scx_bpf_get_online_cpumask(void)
{
	return cpu_online_mask;
}

/**
 * scx_bpf_put_cpumask - give back what one of the two above returned
 * @cpumask: the mask; it is always there, only the verifier counts
 */
noinline __used void scx_bpf_put_cpumask(const struct cpumask *cpumask)
{
}

/**
 * scx_bpf_get_idle_cpumask - the CPUs that are idle and unclaimed
 *
 * To be given back with scx_bpf_put_idle_cpumask().
 */
noinline __used const struct cpumask *scx_bpf_get_idle_cpumask(void)
{
	return scx_idle_masks.cpus;
}

/**
 * scx_bpf_get_idle_smtmask - the CPUs of wholly idle cores
 *
 * To be given back with scx_bpf_put_idle_cpumask().
 */
noinline __used const struct cpumask *scx_bpf_get_idle_smtmask(void)
{
	return scx_has_smt() ? scx_idle_masks.smts : scx_idle_masks.cpus;
}

/**
 * scx_bpf_put_idle_cpumask - give back what one of the two above returned
 * @idle_mask: the mask; it is always there, only the verifier counts
 */
noinline __used void scx_bpf_put_idle_cpumask(const struct cpumask *idle_mask)
{
}

/* Ending the scheduler */

struct scx_msg_buf {
	char	fmt[SCX_EXIT_MSG_LEN];
	char	msg[SCX_EXIT_MSG_LEN];
	int	busy;
};

static DEFINE_PER_CPU(struct scx_msg_buf, scx_msg_buf);

/* Format a message of a BPF program; the verifier vouches for one byte of @fmt. */
static void scx_format_msg(struct scx_msg_buf *buf, const char *fmt,
			   unsigned long long *args, u32 args_len)
{
	struct bpf_bprintf_data data = { .get_bin_args = true };

	buf->msg[0] = '\0';
	if (args_len % 8 || args_len > MAX_BPRINTF_VARARGS * 8)
		return;
	if (strncpy_from_kernel_nofault(buf->fmt, fmt, sizeof(buf->fmt)) < 0)
		return;
	if (bpf_bprintf_prepare(buf->fmt, sizeof(buf->fmt), args, args_len / 8, &data) < 0)
		return;
	bstr_printf(buf->msg, sizeof(buf->msg), buf->fmt, data.bin_args);
	bpf_bprintf_cleanup(&data);
}

static void scx_kf_exit(enum scx_exit_kind kind, s64 code, const char *fmt,
			unsigned long long *args, u32 args_len)
{
	struct scx_msg_buf *buf;
	struct scx_sched *sch;
	unsigned long flags;

	rcu_read_lock();
	sch = scx_kf_sched();
	if (!sch)
		goto out;

	local_irq_save(flags);
	buf = this_cpu_ptr(&scx_msg_buf);
	if (!buf->busy) {
		buf->busy = 1;
		scx_format_msg(buf, fmt, args, args_len);
		scx_exit(sch, kind, code, "%s", buf->msg);
		buf->busy = 0;
	} else {
		/* An NMI in the middle of it. */
		scx_exit(sch, kind, code, "(message lost)");
	}
	local_irq_restore(flags);
out:
	rcu_read_unlock();
}

/**
 * scx_bpf_exit_bstr - end the scheduler in good order
 * @exit_code: for the loader
 * @fmt: message, as for bpf_snprintf()
 * @data: its arguments
 * @data__sz: bytes of @data
 */
noinline __used void scx_bpf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data,
				       u32 data__sz)
{
	scx_kf_exit(SCX_EXIT_UNREG_BPF, exit_code, fmt, data, data__sz);
}

/**
 * scx_bpf_error_bstr - end the scheduler with an error
 * @fmt: message, as for bpf_snprintf()
 * @data: its arguments
 * @data__sz: bytes of @data
 */
noinline __used void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz)
{
	scx_kf_exit(SCX_EXIT_ERROR_BPF, 0, fmt, data, data__sz);
}

/* Where the verifier admits them. The op is checked when they run. */

BTF_SET8_START(scx_kfunc_ids)
BTF_ID_FLAGS(func, scx_bpf_dispatch, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dsq_insert, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dispatch_vtime, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_dsq_insert_vtime, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_consume)
BTF_ID_FLAGS(func, scx_bpf_dsq_move_to_local)
BTF_ID_FLAGS(func, scx_bpf_dispatch_nr_slots)
BTF_ID_FLAGS(func, scx_bpf_dispatch_cancel)
BTF_ID_FLAGS(func, scx_bpf_select_cpu_dfl, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_create_dsq, KF_SLEEPABLE)
BTF_ID_FLAGS(func, scx_bpf_destroy_dsq)
BTF_ID_FLAGS(func, scx_bpf_dsq_nr_queued)
BTF_ID_FLAGS(func, scx_bpf_kick_cpu)
BTF_ID_FLAGS(func, scx_bpf_test_and_clear_cpu_idle)
BTF_ID_FLAGS(func, scx_bpf_pick_idle_cpu, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_pick_any_cpu, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_task_running, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_task_cpu, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_nr_cpu_ids)
BTF_ID_FLAGS(func, scx_bpf_get_possible_cpumask, KF_ACQUIRE)
BTF_ID_FLAGS(func, scx_bpf_get_online_cpumask, KF_ACQUIRE)
BTF_ID_FLAGS(func, scx_bpf_put_cpumask, KF_RELEASE)
BTF_ID_FLAGS(func, scx_bpf_get_idle_cpumask, KF_ACQUIRE)
BTF_ID_FLAGS(func, scx_bpf_get_idle_smtmask, KF_ACQUIRE)
BTF_ID_FLAGS(func, scx_bpf_put_idle_cpumask, KF_RELEASE)
BTF_ID_FLAGS(func, scx_bpf_exit_bstr, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, scx_bpf_error_bstr, KF_TRUSTED_ARGS)
BTF_SET8_END(scx_kfunc_ids)

static int scx_kfunc_filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	return bpf_prog_is_struct_ops(prog, "sched_ext_ops") ? 0 : -EACCES;
}

static const struct btf_kfunc_id_set scx_kfunc_set = {
	.owner	= THIS_MODULE,
	.set	= &scx_kfunc_ids,
	.filter	= scx_kfunc_filter,
};

/*
 * What makes sense outside of ops: in tracing programs, but for what takes locks
 * that the traced code may hold ...
 */
BTF_SET8_START(scx_kfunc_any_ids)
BTF_ID_FLAGS(func, scx_bpf_dsq_nr_queued)
BTF_ID_FLAGS(func, scx_bpf_kick_cpu)
BTF_ID_FLAGS(func, scx_bpf_test_and_clear_cpu_idle)
BTF_ID_FLAGS(func, scx_bpf_pick_idle_cpu, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_pick_any_cpu, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_task_running, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_task_cpu, KF_RCU)
BTF_ID_FLAGS(func, scx_bpf_nr_cpu_ids)
BTF_ID_FLAGS(func, scx_bpf_get_possible_cpumask, KF_ACQUIRE)
BTF_ID_FLAGS(func, scx_bpf_get_online_cpumask, KF_ACQUIRE)
BTF_ID_FLAGS(func, scx_bpf_put_cpumask, KF_RELEASE)
BTF_ID_FLAGS(func, scx_bpf_get_idle_cpumask, KF_ACQUIRE)
BTF_ID_FLAGS(func, scx_bpf_get_idle_smtmask, KF_ACQUIRE)
BTF_ID_FLAGS(func, scx_bpf_put_idle_cpumask, KF_RELEASE)
BTF_ID_FLAGS(func, scx_bpf_exit_bstr, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, scx_bpf_error_bstr, KF_TRUSTED_ARGS)
BTF_SET8_END(scx_kfunc_any_ids)

/* Messages show what is in memory: as with the other types, not to everybody. */
static int scx_kfunc_any_filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	return perfmon_capable() ? 0 : -EACCES;
}

static const struct btf_kfunc_id_set scx_kfunc_any_set = {
	.owner	= THIS_MODULE,
	.set	= &scx_kfunc_any_ids,
	.filter	= scx_kfunc_any_filter,
};

/* ... and beside these in SYSCALL programs, which may sleep. */
BTF_SET8_START(scx_kfunc_sleepable_ids)
BTF_ID_FLAGS(func, scx_bpf_create_dsq, KF_SLEEPABLE)
BTF_ID_FLAGS(func, scx_bpf_destroy_dsq)
BTF_SET8_END(scx_kfunc_sleepable_ids)

static const struct btf_kfunc_id_set scx_kfunc_sleepable_set = {
	.owner	= THIS_MODULE,
	.set	= &scx_kfunc_sleepable_ids,
};

static int __init scx_kfuncs_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &scx_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &scx_kfunc_any_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &scx_kfunc_any_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &scx_kfunc_sleepable_set);
}
late_initcall(scx_kfuncs_init);
