// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that is newer than this kernel: it has operations and members that there
 * are none of here, and sets some.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

struct sched_ext_ops___newer {
	void (*enqueue)(struct task_struct *p, u64 enq_flags);
	void (*no_such_op)(struct task_struct *p, u64 arg);
	u64 no_such_value;
	u64 no_such_zero;
	void (*dispatch___newer)(s32 cpu, struct task_struct *prev);
	void (*exit)(struct scx_exit_info *ei);
	u64 hotplug_seq;
	u32 exit_dump_len;
	char name[128];
};

u64 nr_enqueued, nr_dispatched;

void BPF_STRUCT_OPS(newer_enqueue, struct task_struct *p, u64 enq_flags)
{
	__sync_fetch_and_add(&nr_enqueued, 1);
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(newer_no_such_op, struct task_struct *p, u64 arg)
{
}

void BPF_STRUCT_OPS(newer_dispatch, s32 cpu, struct task_struct *prev)
{
	__sync_fetch_and_add(&nr_dispatched, 1);
}

void BPF_STRUCT_OPS(newer_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SEC(".struct_ops.link")
struct sched_ext_ops___newer newer_ops = {
	.enqueue		= (void *)newer_enqueue,
	.no_such_op		= (void *)newer_no_such_op,
	.no_such_value		= 42,
	.dispatch___newer	= (void *)newer_dispatch,
	.exit			= (void *)newer_exit,
	.name			= "compat_newer",
};
