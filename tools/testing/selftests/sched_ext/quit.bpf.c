// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that ends itself, with a code, when the test sets one; and counts
 * how often it came and went.
 */
#include "fifo.bpf.h"

volatile u32 quit_code;
volatile u64 nr_inits, nr_exits;

void BPF_STRUCT_OPS(quit_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (quit_code)
		scx_bpf_exit(quit_code, "told to, %u", quit_code);
	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(quit_init)
{
	__sync_fetch_and_add(&nr_inits, 1);
	return scx_bpf_create_dsq(FIFO_DSQ, -1);
}

void BPF_STRUCT_OPS(quit_exit, struct scx_exit_info *ei)
{
	__sync_fetch_and_add(&nr_exits, 1);
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .enqueue	= (void *)quit_enqueue,
	       .init	= (void *)quit_init,
	       .exit	= (void *)quit_exit,
	       .name	= "quit");
