// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that the verifier must refuse for one statement, and its twin that
 * differs in nothing but that. Both are constants to the verifier, which looks
 * at no branch that they rule out.
 */
#include <scx/common.bpf.h>
#include "refused.h"

char _license[] SEC("license") = "GPL";

const volatile u32 refusal;	/* enum refusal: what */
const volatile bool mended;	/* the twin */

s32 seen;

/* The twin tests ptr; without that, the compiler must not do so ahead of time. */
static __always_inline bool tested_null(const void *ptr)
{
	if (!mended)
		return false;
	barrier_var(ptr);
	return !ptr;
}

void BPF_STRUCT_OPS(refused_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (refusal == INSERT_FOREIGN) {
		if (mended)
			scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
		else
			scx_bpf_dispatch(p->real_parent, SCX_DSQ_GLOBAL, SCX_SLICE_DFL,
					 enq_flags);
	} else if (refusal == INSERT_CURRENT) {
		if (mended)
			scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
		else
			scx_bpf_dispatch(bpf_get_current_task_btf(), SCX_DSQ_GLOBAL,
					 SCX_SLICE_DFL, enq_flags);
	} else if (refusal == SLEEP_IN_ENQUEUE) {
		if (mended)
			scx_bpf_dsq_nr_queued(1);
		else
			scx_bpf_create_dsq(1, -1);
	} else if (refusal == MASK_KEPT) {
		const struct cpumask *mask = scx_bpf_get_online_cpumask();

		if (mended)
			scx_bpf_put_cpumask(mask);
	}
}

void BPF_STRUCT_OPS(refused_dispatch, s32 cpu, struct task_struct *prev)
{
	if (refusal == PREV_READ) {
		if (tested_null(prev))
			return;
		seen = prev->pid;
	} else if (refusal == PREV_TO_KFUNC) {
		if (tested_null(prev))
			return;
		seen = scx_bpf_task_cpu(prev);
	}
}

bool BPF_STRUCT_OPS(refused_yield, struct task_struct *from, struct task_struct *to)
{
	if (refusal == TO_READ) {
		if (tested_null(to))
			return false;
		seen = to->pid;
	} else if (refusal == TO_WRITE) {
		if (tested_null(to))
			return false;
		to->scx.slice = 0;
	}
	return true;
}

void BPF_STRUCT_OPS(refused_tick, struct task_struct *p)
{
	if (refusal == WRITE_WEIGHT) {
		if (mended)
			p->scx.slice = 100;
		else
			p->scx.weight = 100;
	} else if (refusal == WRITE_FLAGS) {
		if (mended)
			p->scx.dsq_vtime = 0;
		else
			p->scx.flags = 0;
	} else if (refusal == WRITE_PRIO) {
		if (mended)
			p->scx.slice = 100;
		else
			p->prio = 100;
	} else if (refusal == WRITE_COMM) {
		if (mended)
			p->scx.disallow = true;
		else
			p->comm[0] = 1;
	} else if (refusal == WRITE_WALKED) {
		if (mended)
			p->scx.slice = 0;
		else
			p->real_parent->scx.slice = 0;
	}
}

SCX_OPS_DEFINE(ops,
	       .enqueue		= (void *)refused_enqueue,
	       .dispatch	= (void *)refused_dispatch,
	       .yield		= (void *)refused_yield,
	       .tick		= (void *)refused_tick,
	       .name		= "refused");
