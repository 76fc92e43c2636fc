// SPDX-License-Identifier: GPL-2.0
/*
 * Lets a crowd of threads pile up in one queue, by order of coming or by random
 * virtual times, then lets all CPUs take from it, and notes down in which order
 * the threads come to run where. A thread goes through the queue once.
 */
#include "fifo.bpf.h"
#include "order.h"

#define CROWD_DSQ	1
#define KEY_DONE	(~0ULL)

const volatile bool by_vtime;

volatile s32 crowd;		/* thread group, without its leader; 0: not yet */
volatile bool open;		/* the queue may be taken from */
volatile u64 nr_queued;
volatile u32 nr_runs;
struct order_run runs[ORDER_MAX];

/* What is queued stands in the crowd's own dsq_vtime, as all else is FIFO. */
static bool in_crowd(const struct task_struct *p)
{
	return crowd && p->tgid == crowd && p->pid != crowd && p->scx.dsq_vtime != KEY_DONE;
}

s32 BPF_STRUCT_OPS(order_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

void BPF_STRUCT_OPS(order_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (!in_crowd(p)) {
		scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
	} else if (by_vtime) {
		/* Few values, so that some are equal. */
		p->scx.dsq_vtime = bpf_get_prandom_u32() % 256;
		scx_bpf_dsq_insert_vtime(p, CROWD_DSQ, SCX_SLICE_DFL, p->scx.dsq_vtime, enq_flags);
		__sync_fetch_and_add(&nr_queued, 1);
	} else {
		p->scx.dsq_vtime = __sync_fetch_and_add(&nr_queued, 1);
		scx_bpf_dsq_insert(p, CROWD_DSQ, SCX_SLICE_DFL, enq_flags);
	}
}

void BPF_STRUCT_OPS(order_dispatch, s32 cpu, struct task_struct *prev)
{
	if (open && scx_bpf_dsq_move_to_local(CROWD_DSQ))
		return;
	scx_bpf_dsq_move_to_local(FIFO_DSQ);
}

void BPF_STRUCT_OPS(order_running, struct task_struct *p)
{
	u32 n;

	if (!in_crowd(p) || !open)
		return;
	n = __sync_fetch_and_add(&nr_runs, 1);
	if (n < ORDER_MAX) {
		runs[n].cpu = bpf_get_smp_processor_id();
		runs[n].key = p->scx.dsq_vtime;
	}
	p->scx.dsq_vtime = KEY_DONE;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(order_init)
{
	return scx_bpf_create_dsq(FIFO_DSQ, -1) ?: scx_bpf_create_dsq(CROWD_DSQ, -1);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)order_select_cpu,
	       .enqueue		= (void *)order_enqueue,
	       .dispatch	= (void *)order_dispatch,
	       .running		= (void *)order_running,
	       .init		= (void *)order_init,
	       .name		= "order");
