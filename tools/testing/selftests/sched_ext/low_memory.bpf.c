// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that gives every task a large local storage when it is enqueued
 * for the first time, that is with the rq lock held.
 */
#include "fifo.bpf.h"

struct large {
	u8 bytes[3500];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct large);
} storage SEC(".maps");

u64 nr_got;
u64 nr_missed;

void BPF_STRUCT_OPS(low_memory_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (bpf_task_storage_get(&storage, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		__sync_fetch_and_add(&nr_got, 1);
	else
		__sync_fetch_and_add(&nr_missed, 1);
	scx_bpf_dispatch(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

s32 BPF_STRUCT_OPS(low_memory_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)low_memory_select_cpu,
	       .enqueue		= (void *)low_memory_enqueue,
	       .name		= "low_memory");
