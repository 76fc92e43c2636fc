// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that creates and deletes storage of the tasks that are enqueued
 * on a CPU where somebody else is in the middle of changing task storage: held up
 * there by a program that looks whether it can see what it has stored before.
 */
#include "fifo.bpf.h"

#define HOLD_NS		(20 * 1000 * 1000)

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} kept SEC(".maps"), made SEC(".maps");

const volatile s32 holder;

s32 held_cpu = -1;
u64 nr_held, nr_kept_seen;
u64 nr_made, nr_not_made, nr_deleted;

#define count(which)	__sync_fetch_and_add(&(which), 1)

static long until(u32 i, u64 *end)
{
	return bpf_ktime_get_ns() > *end;
}

SEC("fentry/bpf_local_storage_update")
int BPF_PROG(hold)
{
	struct task_struct *p = bpf_get_current_task_btf();
	u64 end = bpf_ktime_get_ns() + HOLD_NS;

	if (p->pid != holder)
		return 0;
	count(nr_held);
	if (bpf_task_storage_get(&kept, p, 0, 0))
		count(nr_kept_seen);
	held_cpu = bpf_get_smp_processor_id();
	bpf_loop(1 << 20, until, &end, 0);
	held_cpu = -1;
	return 0;
}

void BPF_STRUCT_OPS(storage_busy_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (held_cpu == bpf_get_smp_processor_id() && p->pid != holder) {
		if (bpf_task_storage_get(&made, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
			count(nr_made);
		else
			count(nr_not_made);
		if (!bpf_task_storage_delete(&made, p))
			count(nr_deleted);
	}
	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .enqueue		= (void *)storage_busy_enqueue,
	       .name		= "storage_busy");
