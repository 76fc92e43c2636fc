// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that the verifier must refuse for how it keeps a task, and its twin
 * that differs in nothing but that. See refused.bpf.c.
 */
#include <scx/common.bpf.h>
#include "task_refused.h"

char _license[] SEC("license") = "GPL";

const volatile u32 refusal;	/* enum task_refusal: what */
const volatile bool mended;	/* the twin */

s32 seen;

struct slot {
	struct task_struct __kptr *task;
	struct bpf_cpumask __kptr *mask;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

static struct slot *get_slot(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&slots, &key);
}

/* What is acquired is given back, or not. */
void BPF_STRUCT_OPS(refused_runnable, struct task_struct *p, u64 enq_flags)
{
	struct task_struct *kept = bpf_task_acquire(p);

	if (!kept)
		return;
	if (refusal == TASK_LEAKED) {
		if (!mended)
			return;
	} else if (refusal == TASK_LEAKED_ON_ONE_PATH) {
		if (!mended && kept->prio > 100)
			return;
	}
	bpf_task_release(kept);
}

/* What is released is gone. */
void BPF_STRUCT_OPS(refused_quiescent, struct task_struct *p, u64 deq_flags)
{
	struct task_struct *kept = bpf_task_acquire(p);

	if (!kept)
		return;
	if (refusal == TASK_READ_AFTER_RELEASE) {
		if (mended)
			seen = kept->pid;
		bpf_task_release(kept);
		if (!mended)
			seen = kept->pid;
	} else if (refusal == TASK_USED_AFTER_RELEASE) {
		if (mended)
			seen = scx_bpf_task_cpu(kept);
		bpf_task_release(kept);
		if (!mended)
			seen = scx_bpf_task_cpu(kept);
	} else {
		bpf_task_release(kept);
		if (refusal == TASK_RELEASED_TWICE && !mended)
			bpf_task_release(kept);
	}
}

/* The twin tests ptr; without that, the compiler must not do so ahead of time. */
static __always_inline bool tested_null(const void *ptr)
{
	if (!mended)
		return false;
	barrier_var(ptr);
	return !ptr;
}

void BPF_STRUCT_OPS(refused_running, struct task_struct *p)
{
	struct task_struct *found = NULL;

	if (refusal == TASK_RELEASED_NULL) {
		if (mended)
			found = bpf_task_from_pid(1);
		if (!mended || found)
			bpf_task_release(found);
	} else if (refusal == TASK_RELEASED_UNCHECKED) {
		found = bpf_task_from_pid(1);
		if (!tested_null(found))
			bpf_task_release(found);
	} else if (refusal == TASK_READ_UNCHECKED) {
		found = bpf_task_from_pid(1);
		if (tested_null(found))
			return;
		seen = found->pid;
		bpf_task_release(found);
	} else if (refusal == TASK_FOUND_AND_LEAKED) {
		found = bpf_task_from_pid(1);
		if (found && mended)
			bpf_task_release(found);
	}
}

/* Tasks that are not known to be there cannot be kept, those of others not released. */
void BPF_STRUCT_OPS(refused_stopping, struct task_struct *p, bool runnable)
{
	struct task_struct *kept;

	if (refusal == TASK_WALKED_ACQUIRED) {
		kept = bpf_task_acquire(mended ? p->real_parent : p->last_wakee);
		if (kept)
			bpf_task_release(kept);
	} else if (refusal == TASK_OF_CURRENT_ACQUIRED) {
		kept = bpf_get_current_task_btf();
		kept = bpf_task_acquire(mended ? kept : kept->last_wakee);
		if (kept)
			bpf_task_release(kept);
	} else if (refusal == TASK_NOT_OURS_RELEASED) {
		if (mended)
			seen = p->pid;
		else
			bpf_task_release(p);
	}
}

void BPF_STRUCT_OPS(refused_dispatch, s32 cpu, struct task_struct *prev)
{
	struct task_struct *kept;

	if (refusal != TASK_MAYBE_NULL_ACQUIRED || tested_null(prev))
		return;
	kept = bpf_task_acquire(prev);
	if (kept)
		bpf_task_release(kept);
}

/* Tasks in maps are released by taking them out. */
void BPF_STRUCT_OPS(refused_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct slot *slot = get_slot();
	struct task_struct *task;

	if (!slot)
		return;
	if (refusal == TASK_TAKEN_AND_LEAKED) {
		task = bpf_kptr_xchg(&slot->task, NULL);
		if (task && mended)
			bpf_task_release(task);
	} else if (refusal == TASK_LOADED_RELEASED) {
		task = mended ? bpf_kptr_xchg(&slot->task, NULL) : slot->task;
		if (task)
			bpf_task_release(task);
	}
}

void BPF_STRUCT_OPS(refused_tick, struct task_struct *p)
{
	struct slot *slot = get_slot();
	struct task_struct *task;

	if (!slot)
		return;
	if (refusal == TASK_NOT_OURS_KEPT) {
		task = mended ? bpf_task_acquire(p) : p;
		if (!task)
			return;
		task = bpf_kptr_xchg(&slot->task, task);
		if (task)
			bpf_task_release(task);
	} else if (refusal == TASK_OF_OTHER_TYPE_KEPT) {
		task = bpf_task_acquire(p);
		if (!task)
			return;
		if (mended)
			task = bpf_kptr_xchg(&slot->task, task);
		else
			task = bpf_kptr_xchg((void *)&slot->mask, task);
		if (task)
			bpf_task_release(task);
	}
}

SCX_OPS_DEFINE(ops,
	       .enqueue		= (void *)refused_enqueue,
	       .dispatch	= (void *)refused_dispatch,
	       .runnable	= (void *)refused_runnable,
	       .running		= (void *)refused_running,
	       .stopping	= (void *)refused_stopping,
	       .quiescent	= (void *)refused_quiescent,
	       .tick		= (void *)refused_tick,
	       .name		= "refused");
