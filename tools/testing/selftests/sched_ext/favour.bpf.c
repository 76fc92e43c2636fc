// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that, when told to, has favourites: others wait in a queue
 * that nobody consumes while there are any.
 */
#include "fifo.bpf.h"

#define STARVED_DSQ	1

s32 favourites[64];
u32 nr_favourites;
u64 nr_starved;

static bool is_favourite(const struct task_struct *p)
{
	int i;

	for (i = 0; i < 64; i++)
		if (p->pid == favourites[i])
			return true;
	return false;
}

void BPF_STRUCT_OPS(favour_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 dsq_id = FIFO_DSQ;

	if (nr_favourites && !is_favourite(p)) {
		__sync_fetch_and_add(&nr_starved, 1);
		dsq_id = STARVED_DSQ;
	}
	scx_bpf_dsq_insert(p, dsq_id, SCX_SLICE_DFL, enq_flags);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(favour_init)
{
	return scx_bpf_create_dsq(FIFO_DSQ, -1) ?: scx_bpf_create_dsq(STARVED_DSQ, -1);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .enqueue		= (void *)favour_enqueue,
	       .init		= (void *)favour_init,
	       .name		= "favour");
