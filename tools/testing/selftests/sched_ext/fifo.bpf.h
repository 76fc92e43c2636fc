/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The least of a scheduler, for tests to build on: one queue for all CPUs,
 * first in first out. A test includes this file, adds or replaces operations
 * and defines "ops" with the rest by FIFO_OPS:
 *
 *	#include "fifo.bpf.h"
 *
 *	void BPF_STRUCT_OPS(mine_tick, struct task_struct *p) { ... }
 *
 *	SCX_OPS_DEFINE(ops, FIFO_OPS, .tick = (void *)mine_tick, .name = "mine");
 *
 * A later member replaces an earlier one of the same name.
 */
#ifndef __FIFO_BPF_H
#define __FIFO_BPF_H

#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

#define FIFO_DSQ	0

UEI_DEFINE(uei);

void BPF_STRUCT_OPS(fifo_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(fifo_dispatch, s32 cpu, struct task_struct *prev)
{
	scx_bpf_dsq_move_to_local(FIFO_DSQ);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(fifo_init)
{
	return scx_bpf_create_dsq(FIFO_DSQ, -1);
}

void BPF_STRUCT_OPS(fifo_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

#pragma clang diagnostic ignored "-Winitializer-overrides"
#define FIFO_OPS							\
	.enqueue	= (void *)fifo_enqueue,				\
	.dispatch	= (void *)fifo_dispatch,			\
	.init		= (void *)fifo_init,				\
	.exit		= (void *)fifo_exit

#endif /* __FIFO_BPF_H */
