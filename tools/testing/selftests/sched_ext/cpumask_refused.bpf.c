// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that the verifier must refuse for what it does with a CPU mask, and its
 * twin that differs in nothing but that. See refused.bpf.c.
 */
#include <scx/common.bpf.h>
#include "cpumask_refused.h"

char _license[] SEC("license") = "GPL";

const volatile u32 refusal;	/* enum cpumask_refusal: what */
const volatile bool mended;	/* the twin */

u64 seen;

struct slot {
	struct bpf_cpumask __kptr *mask;
	struct task_struct __kptr *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct bytes {
	u8 bytes[sizeof(struct bpf_cpumask)];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct bytes);
} memory SEC(".maps");

static struct slot *get_slot(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&slots, &key);
}

/* What is created is given back, or not. */
void BPF_STRUCT_OPS(refused_runnable, struct task_struct *p, u64 enq_flags)
{
	struct bpf_cpumask *mask = bpf_cpumask_create(), *other;

	if (!mask)
		return;
	if (refusal == MASK_LEAKED) {
		if (!mended)
			return;
	} else if (refusal == MASK_LEAKED_ON_ONE_PATH) {
		if (!mended && bpf_cpumask_test_cpu(1, p->cpus_ptr))
			return;
	} else if (refusal == MASK_ACQUIRED_AND_LEAKED) {
		other = bpf_cpumask_acquire(mask);
		if (mended)
			bpf_cpumask_release(other);
	} else if (refusal == MASK_WALKED) {
		if (mended)
			bpf_cpumask_copy(mask, p->cpus_ptr);
		else
			bpf_cpumask_copy(mask, p->last_wakee->cpus_ptr);
	} else if (refusal == MASK_AT_OFFSET) {
		if (mended)
			bpf_cpumask_set_cpu(0, mask);
		else
			bpf_cpumask_set_cpu(0, (void *)mask + 8);
	} else if (refusal == MASK_WRITTEN) {
		if (mended)
			seen = mask->usage.refs.counter;
		else
			mask->usage.refs.counter = 1;
	} else if (refusal == MASK_PUT) {
		if (!mended) {
			scx_bpf_put_cpumask(cast_mask(mask));
			return;
		}
	}
	bpf_cpumask_release(mask);
}

/* What is released is gone. */
void BPF_STRUCT_OPS(refused_quiescent, struct task_struct *p, u64 deq_flags)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();

	if (!mask)
		return;
	if (refusal == MASK_USED_AFTER_RELEASE) {
		if (mended)
			bpf_cpumask_set_cpu(0, mask);
		bpf_cpumask_release(mask);
		if (!mended)
			bpf_cpumask_set_cpu(0, mask);
	} else if (refusal == MASK_READ_AFTER_RELEASE) {
		if (mended)
			seen = mask->cpumask.bits[0];
		bpf_cpumask_release(mask);
		if (!mended)
			seen = mask->cpumask.bits[0];
	} else {
		bpf_cpumask_release(mask);
		if (refusal == MASK_RELEASED_TWICE && !mended)
			bpf_cpumask_release(mask);
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
	struct bpf_cpumask *mask = NULL;

	if (refusal == MASK_RELEASED_NULL) {
		if (mended)
			mask = bpf_cpumask_create();
		if (!mended || mask)
			bpf_cpumask_release(mask);
	} else if (refusal == MASK_RELEASED_UNCHECKED) {
		mask = bpf_cpumask_create();
		if (!tested_null(mask))
			bpf_cpumask_release(mask);
	} else if (refusal == MASK_SET_UNCHECKED) {
		mask = bpf_cpumask_create();
		if (tested_null(mask))
			return;
		bpf_cpumask_set_cpu(0, mask);
		bpf_cpumask_release(mask);
	} else if (refusal == MASK_READ_UNCHECKED) {
		mask = bpf_cpumask_create();
		if (tested_null(mask))
			return;
		seen = bpf_cpumask_weight(cast_mask(mask));
		bpf_cpumask_release(mask);
	}
}

/* Masks of the kernel are to be read, nothing else. */
void BPF_STRUCT_OPS(refused_stopping, struct task_struct *p, bool runnable)
{
	const struct cpumask *mask;

	if (refusal == MASK_OF_TASK_SET) {
		if (mended)
			seen = bpf_cpumask_test_cpu(0, p->cpus_ptr);
		else
			bpf_cpumask_set_cpu(0, (struct bpf_cpumask *)p->cpus_ptr);
	} else if (refusal == MASK_OF_TASK_RELEASED) {
		if (mended)
			seen = bpf_cpumask_weight(p->cpus_ptr);
		else
			bpf_cpumask_release((struct bpf_cpumask *)p->cpus_ptr);
	} else if (refusal == MASK_OF_KERNEL_RELEASED) {
		mask = scx_bpf_get_online_cpumask();
		if (mended)
			scx_bpf_put_cpumask(mask);
		else
			bpf_cpumask_release((struct bpf_cpumask *)mask);
	}
}

/* Memory of a program is no mask. */
void BPF_STRUCT_OPS(refused_tick, struct task_struct *p)
{
	struct bpf_cpumask on_stack = {}, *mask = &on_stack, *created;
	u32 key = 0;

	created = bpf_cpumask_create();
	if (!created)
		return;
	if (mended)
		mask = created;
	if (refusal == MASK_ON_STACK_SET) {
		bpf_cpumask_set_cpu(0, mask);
	} else if (refusal == MASK_ON_STACK_READ) {
		seen = bpf_cpumask_weight(cast_mask(mask));
	} else if (refusal == MASK_ON_STACK_ACQUIRED) {
		bpf_cpumask_release(bpf_cpumask_acquire(mask));
	} else if (refusal == MASK_IN_MAP_ACQUIRED) {
		if (!mended)
			mask = bpf_map_lookup_elem(&memory, &key);
		if (mask)
			bpf_cpumask_release(bpf_cpumask_acquire(mask));
	}
	bpf_cpumask_release(created);
}

/* Masks in maps are had by taking them out. */
void BPF_STRUCT_OPS(refused_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct bpf_cpumask *mask;
	struct slot *slot = get_slot();

	if (!slot)
		return;
	if (refusal == MASK_TAKEN_AND_LEAKED) {
		mask = bpf_kptr_xchg(&slot->mask, NULL);
		if (mask && mended)
			bpf_cpumask_release(mask);
	} else if (refusal == MASK_LOADED_ACQUIRED) {
		mask = mended ? bpf_kptr_xchg(&slot->mask, NULL) : slot->mask;
		if (!mask)
			return;
		bpf_cpumask_release(bpf_cpumask_acquire(mask));
		if (mended)
			bpf_cpumask_release(mask);
	}
}

void BPF_STRUCT_OPS(refused_dispatch, s32 cpu, struct task_struct *prev)
{
	struct bpf_cpumask *mask;
	struct slot *slot = get_slot();

	if (refusal != MASK_OF_OTHER_TYPE_KEPT || !slot)
		return;
	mask = bpf_cpumask_create();
	if (!mask)
		return;
	if (mended)
		mask = bpf_kptr_xchg(&slot->mask, mask);
	else
		mask = bpf_kptr_xchg((void *)&slot->task, mask);
	if (mask)
		bpf_cpumask_release(mask);
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
