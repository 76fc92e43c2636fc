// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that is loaded by an update of its map, without the macro and a link.
 * It uses each kfunc by the name that the kernel has.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

#define PLAIN_DSQ	0

u64 nr_enqueued, nr_vtime, nr_moved;

static void insert_vtime(struct task_struct *p, u64 enq_flags)
{
	u64 vtime = p->scx.dsq_vtime;

	if (bpf_ksym_exists(scx_bpf_dsq_insert_vtime))
		scx_bpf_dsq_insert_vtime(p, PLAIN_DSQ, SCX_SLICE_DFL, vtime, enq_flags);
	else if (bpf_ksym_exists(scx_bpf_dispatch_vtime))
		scx_bpf_dispatch_vtime(p, PLAIN_DSQ, SCX_SLICE_DFL, vtime, enq_flags);
	__sync_fetch_and_add(&nr_vtime, 1);
}

void BPF_STRUCT_OPS(plain_enqueue, struct task_struct *p, u64 enq_flags)
{
	__sync_fetch_and_add(&nr_enqueued, 1);
	if (!(p->flags & PF_KTHREAD))
		insert_vtime(p, enq_flags);
	else if (bpf_ksym_exists(scx_bpf_dsq_insert))
		scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
	else if (bpf_ksym_exists(scx_bpf_dispatch))
		scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(plain_dispatch, s32 cpu, struct task_struct *prev)
{
	bool moved = false;

	if (bpf_ksym_exists(scx_bpf_dsq_move_to_local))
		moved = scx_bpf_dsq_move_to_local(PLAIN_DSQ);
	else if (bpf_ksym_exists(scx_bpf_consume))
		moved = scx_bpf_consume(PLAIN_DSQ);
	if (moved)
		__sync_fetch_and_add(&nr_moved, 1);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(plain_init)
{
	return scx_bpf_create_dsq(PLAIN_DSQ, -1);
}

void BPF_STRUCT_OPS(plain_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SEC(".struct_ops")
struct sched_ext_ops plain_ops = {
	.enqueue	= (void *)plain_enqueue,
	.dispatch	= (void *)plain_dispatch,
	.init		= (void *)plain_init,
	.exit		= (void *)plain_exit,
	.name		= "compat_plain",
};
