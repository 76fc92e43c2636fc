// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that can be told to let nobody off a CPU: whatever it is called
 * for, the task in hand has an endless slice afterwards.
 */
#include "fifo.bpf.h"

bool keep;
u64 nr_kept;

static void grant(struct task_struct *p)
{
	if (!keep)
		return;
	p->scx.slice = SCX_SLICE_INF;
	__sync_fetch_and_add(&nr_kept, 1);
}

void BPF_STRUCT_OPS(stubborn_running, struct task_struct *p)
{
	grant(p);
}

void BPF_STRUCT_OPS(stubborn_stopping, struct task_struct *p, bool runnable)
{
	grant(p);
}

void BPF_STRUCT_OPS(stubborn_tick, struct task_struct *p)
{
	grant(p);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .running		= (void *)stubborn_running,
	       .stopping	= (void *)stubborn_stopping,
	       .tick		= (void *)stubborn_tick,
	       .name		= "stubborn");
