// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that gives every task a large local storage when it is enqueued
 * for the first time, that is with the rq lock held, and a program that sees whether
 * kswapd is to be woken up in there.
 */
#include "fifo.bpf.h"

#define MAX_CPUS	64

struct large {
	u8 bytes[3500];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct large);
} storage SEC(".maps");

bool inside[MAX_CPUS];
u64 nr_got;
u64 nr_missed;
u64 nr_woken_inside;
u64 nr_woken_outside;

#define count(which)	__sync_fetch_and_add(&(which), 1)

void BPF_STRUCT_OPS(low_memory_enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 cpu = bpf_get_smp_processor_id() % MAX_CPUS;

	inside[cpu] = true;
	if (bpf_task_storage_get(&storage, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		count(nr_got);
	else
		count(nr_missed);
	inside[cpu] = false;
	scx_bpf_dispatch(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

s32 BPF_STRUCT_OPS(low_memory_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

SEC("fentry/wakeup_kswapd")
int BPF_PROG(low_memory_wakeup)
{
	if (inside[bpf_get_smp_processor_id() % MAX_CPUS])
		count(nr_woken_inside);
	else
		count(nr_woken_outside);
	return 0;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)low_memory_select_cpu,
	       .enqueue		= (void *)low_memory_enqueue,
	       .name		= "low_memory");
