// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that keeps books, for tests of what goes on beside it. It can
 * be told to lose tasks and to forbid them the policy.
 */
#include "fifo.bpf.h"

const volatile u64 slice = 5000000;
const volatile bool use_local_on;	/* straight to CPUs, not through the DSQ */

s32 lose_tgid;			/* these tasks are never dispatched */
bool lose_all;
s32 disallow_tgid;		/* these and their children may not be SCHED_EXT */
s32 parent_of_dead;

u64 nr_lost;
u64 nr_inited, nr_exited, nr_cancelled;
u64 nr_inited_dead;		/* children of parent_of_dead, which have ended before */
u64 nr_enabled, nr_disabled;
u64 nr_runs;			/* by ops.running() */
u64 nr_misplaced;		/* ran where they may not */
u64 nr_last, nr_exiting;	/* ops.enqueue() of such tasks */

/* Whether ops.enqueue() is told that ops.select_cpu() was called for a wakeup. */
bool watch_selected;
u64 nr_selected, nr_unasked, nr_told_wrong;
static u8 asked[1 << 15];	/* by pid */

#define count(which)	__sync_fetch_and_add(&(which), 1)

/* Has every task go through ops.enqueue(). */
s32 BPF_STRUCT_OPS(books_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	asked[p->pid & (ARRAY_SIZE(asked) - 1)] = 1;
	return prev_cpu;
}

static void check_selected(const struct task_struct *p, u64 enq_flags)
{
	u8 *was_asked = &asked[p->pid & (ARRAY_SIZE(asked) - 1)];
	bool told = enq_flags & SCX_ENQ_CPU_SELECTED;

	if (watch_selected) {
		if (told != *was_asked)
			count(nr_told_wrong);
		else if (told)
			count(nr_selected);
		else if (enq_flags & SCX_ENQ_WAKEUP)
			count(nr_unasked);
	}
	*was_asked = 0;
}

void BPF_STRUCT_OPS(books_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 dsq_id = FIFO_DSQ;

	check_selected(p, enq_flags);
	if (enq_flags & SCX_ENQ_LAST)
		count(nr_last);
	if (p->flags & PF_EXITING)
		count(nr_exiting);
	if (lose_all || (lose_tgid && p->tgid == lose_tgid)) {
		count(nr_lost);
		return;
	}
	if (enq_flags & SCX_ENQ_LAST)
		dsq_id = SCX_DSQ_LOCAL;
	else if (use_local_on)
		dsq_id = SCX_DSQ_LOCAL_ON | scx_bpf_pick_any_cpu(p->cpus_ptr, 0);
	scx_bpf_dispatch(p, dsq_id, slice, enq_flags);
}

void BPF_STRUCT_OPS(books_running, struct task_struct *p)
{
	u32 cpu = scx_bpf_task_cpu(p);

	count(nr_runs);
	/* One word is as many CPUs as these tests know. */
	if (cpu < 64 && !(p->cpus_ptr->bits[0] & (1UL << cpu)))
		count(nr_misplaced);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(books_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	/* Forks run init_task on the parent. */
	s32 tgid = args->fork ? bpf_get_current_task_btf()->tgid : p->tgid;

	if (disallow_tgid && tgid == disallow_tgid)
		p->scx.disallow = true;
	if (p->exit_state && p->real_parent->tgid == parent_of_dead)
		count(nr_inited_dead);
	count(nr_inited);
	return 0;
}

void BPF_STRUCT_OPS(books_exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
	if (args->cancelled)
		count(nr_cancelled);
	count(nr_exited);
}

void BPF_STRUCT_OPS(books_enable, struct task_struct *p)
{
	count(nr_enabled);
}

void BPF_STRUCT_OPS(books_disable, struct task_struct *p)
{
	count(nr_disabled);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)books_select_cpu,
	       .enqueue		= (void *)books_enqueue,
	       .running		= (void *)books_running,
	       .init_task	= (void *)books_init_task,
	       .exit_task	= (void *)books_exit_task,
	       .enable		= (void *)books_enable,
	       .disable		= (void *)books_disable,
	       .name		= "books");
