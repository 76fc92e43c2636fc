// SPDX-License-Identifier: GPL-2.0
/*
 * A lock in global data, and what it guards.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

private(LOCKED) struct bpf_spin_lock lock;
private(LOCKED) u64 locked_nr;

u64 nr_locked;

void BPF_STRUCT_OPS(locks_enqueue, struct task_struct *p, u64 enq_flags)
{
	bpf_spin_lock(&lock);
	nr_locked = ++locked_nr;
	bpf_spin_unlock(&lock);
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(locks_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(locks_ops,
	       .enqueue	= (void *)locks_enqueue,
	       .exit	= (void *)locks_exit,
	       .name	= "compat_locks");
