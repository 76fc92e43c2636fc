// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that the verifier must refuse for what they do with objects in maps, and
 * their twins that differ in nothing but that. See refused.bpf.c.
 */
#include <scx/common.bpf.h>
#include "kptrs_refused.h"

char _license[] SEC("license") = "GPL";

const volatile u32 refusal;	/* enum kptr_refusal: what */
const volatile bool mended;	/* the twin */

u64 seen;

struct slot {
	u64 data[4];
	struct bpf_cpumask __kptr *mask;
	struct task_struct __kptr *task;
	struct bpf_cpumask __kptr *other;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct slot);
} storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} numbers SEC(".maps");

static struct slot *get_slot(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&slots, &key);
}

/* As the compiler must not know better. */
static __always_inline u64 any_of(u64 n)
{
	return bpf_get_prandom_u32() & (n - 1);
}

static __always_inline void drop(struct bpf_cpumask *mask)
{
	if (mask)
		bpf_cpumask_release(mask);
}

/* The twin tests ptr; without that, the compiler must not do so ahead of time. */
static __always_inline bool tested_null(const void *ptr)
{
	if (!mended)
		return false;
	barrier_var(ptr);
	return !ptr;
}

/* How the place is accessed. */
void BPF_STRUCT_OPS(refused_runnable, struct task_struct *p, u64 enq_flags)
{
	struct slot *slot = get_slot();
	u64 *number;
	u32 key = 0;

	if (!slot)
		return;
	number = slot->data;
	switch (refusal) {
	case KPTR_STORED_NULL:
		if (!mended)
			*(volatile u64 *)&slot->mask = 0;
		break;
	case KPTR_STORED_LOADED:
		if (!mended)
			*(struct bpf_cpumask * volatile *)&slot->other = slot->mask;
		break;
	case KPTR_COUNTED_UP:
		__sync_fetch_and_add(mended ? number : (u64 *)&slot->mask, 1);
		break;
	case KPTR_HALF_READ:
		seen = *(volatile u32 *)(mended ? (void *)number : (void *)&slot->mask);
		break;
	case KPTR_HALF_WRITTEN:
		*(volatile u32 *)(mended ? (void *)number : (void *)&slot->mask) = 1;
		break;
	case KPTR_READ_ACROSS:
		seen = *(volatile u64 *)((void *)&slot->mask - (mended ? 0 : 4)) != 0;
		break;
	case KPTR_READ_ANYWHERE:
		seen = ((volatile u64 *)number)[(mended ? 2 : 3) + any_of(2)];
		break;
	case KPTR_COPIED:
		if (mended)
			bpf_map_update_elem(&numbers, &key, number, 0);
		else
			bpf_map_update_elem(&numbers, &key, &slot->mask, 0);
		break;
	case KPTR_OVERWRITTEN:
		bpf_probe_read_kernel(mended ? (void *)number : (void *)&slot->mask, 8, p);
		break;
	}
}

/* What is put there. */
void BPF_STRUCT_OPS(refused_quiescent, struct task_struct *p, u64 deq_flags)
{
	struct slot *slot = get_slot();
	struct bpf_cpumask *mask, *old;
	struct task_struct *task, *given;
	u64 *number;
	u32 key = 0;

	number = bpf_map_lookup_elem(&numbers, &key);
	if (!slot || !number)
		return;
	task = bpf_task_acquire(p);
	if (!task)
		return;
	mask = bpf_cpumask_create();
	if (!mask) {
		bpf_task_release(task);
		return;
	}
	switch (refusal) {
	case KPTR_STORED:
		if (mended)
			drop(bpf_kptr_xchg(&slot->mask, mask));
		else
			*(struct bpf_cpumask * volatile *)&slot->mask = mask;
		goto put_task;
	case KPTR_PUT_ANYWHERE:
		drop(bpf_kptr_xchg((void *)&slot->mask + (mended ? 0 : any_of(2) * 16), mask));
		goto put_task;
	case KPTR_PUT_BESIDE:
		drop(bpf_kptr_xchg((void *)&slot->mask - (mended ? 0 : 8), mask));
		goto put_task;
	case KPTR_PUT_OTHER_TYPE:
		drop(bpf_kptr_xchg(mended ? (void *)&slot->mask : (void *)&slot->task, mask));
		goto put_task;
	case KPTR_PUT_NO_KPTR:
		drop(bpf_kptr_xchg(mended ? (void *)&slot->mask : (void *)number, mask));
		goto put_task;
	case KPTR_PUT_UNCOUNTED:
		given = mended ? bpf_task_acquire(p) : p;
		if (!given)
			break;
		given = bpf_kptr_xchg(&slot->task, given);
		if (given)
			bpf_task_release(given);
		break;
	case KPTR_PUT_MEMBER:
		drop(bpf_kptr_xchg(&slot->mask, mended ? mask : (void *)mask + 8));
		goto put_task;
	case KPTR_PUT_AND_RELEASED:
		old = bpf_kptr_xchg(&slot->mask, mask);
		if (mended)
			drop(old);
		else
			bpf_cpumask_release(mask);
		goto put_task;
	case KPTR_PUT_AND_READ:
		if (mended)
			seen = mask->usage.refs.counter;
		drop(bpf_kptr_xchg(&slot->mask, mask));
		if (!mended)
			seen = mask->usage.refs.counter;
		goto put_task;
	case KPTR_OLD_LEAKED:
		old = bpf_kptr_xchg(&slot->mask, mask);
		if (mended)
			drop(old);
		goto put_task;
	case KPTR_OLD_UNCHECKED:
		old = bpf_kptr_xchg(&slot->mask, mask);
		if (!tested_null(old))
			bpf_cpumask_release(old);
		goto put_task;
	}
	bpf_cpumask_release(mask);
put_task:
	bpf_task_release(task);
}

/* What is loaded, in a program that does not sleep. */
void BPF_STRUCT_OPS(refused_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct slot *slot = get_slot();
	struct bpf_cpumask *mask, *other;
	struct task_struct *task;

	if (!slot)
		return;
	switch (refusal) {
	case KPTR_UNCHECKED_READ:
		mask = slot->mask;
		if (!tested_null(mask))
			seen = mask->usage.refs.counter;
		break;
	case KPTR_UNCHECKED_PASSED:
		mask = slot->mask;
		if (!tested_null(mask))
			seen = bpf_cpumask_weight(cast_mask(mask));
		break;
	case KPTR_CHECKED_OTHER:
		/* It may have changed in between. */
		mask = *(struct bpf_cpumask * volatile *)&slot->mask;
		other = mended ? mask : *(struct bpf_cpumask * volatile *)&slot->mask;
		if (mask)
			seen = bpf_cpumask_weight(cast_mask(other));
		break;
	case KPTR_LOADED_RELEASED:
		task = mended ? bpf_kptr_xchg(&slot->task, NULL) : slot->task;
		if (task)
			bpf_task_release(task);
		break;
	case KPTR_LOADED_ACQUIRED:
		/* A mask that is not in use any more may be read but not had. */
		other = bpf_kptr_xchg(&slot->other, NULL);
		if (!other)
			return;
		mask = slot->mask;
		if (mask)
			bpf_cpumask_release(bpf_cpumask_acquire(mended ? other : mask));
		bpf_cpumask_release(other);
		break;
	case KPTR_PUT_LOADED:
		mask = mended ? bpf_kptr_xchg(&slot->mask, NULL) : slot->mask;
		if (mask)
			drop(bpf_kptr_xchg(&slot->other, mask));
		break;
	case KPTR_LOADED_WRITTEN:
		mask = slot->mask;
		if (!mask)
			return;
		if (mended)
			seen = mask->usage.refs.counter;
		else
			mask->usage.refs.counter = 1;
		break;
	case KPTR_LOADED_BEYOND:
		mask = slot->mask;
		if (mask)
			seen = *(u32 *)((void *)mask + (mended ? 0 : sizeof(*mask)));
		break;
	case KPTR_LOADED_OTHER_TYPE:
		mask = slot->mask;
		if (mask)
			seen = scx_bpf_task_cpu(mended ? p : (void *)mask);
		break;
	case KPTR_WALKED:
		/* RCU is about the object, not about what it points to. */
		task = slot->task;
		if (task)
			seen = scx_bpf_task_cpu(mended ? task : task->last_wakee);
		break;
	}
}

static long loads(u32 i, struct bpf_cpumask **mask)
{
	struct slot *slot = get_slot();

	if (!slot)
		return 1;
	bpf_rcu_read_lock();
	*mask = slot->mask;
	bpf_rcu_read_unlock();
	return 0;
}

/* And in one that does, where there are sections. */
SEC("syscall")
int refused_syscall(void *ctx)
{
	struct bpf_cpumask *mask = NULL, *other;
	struct slot *slot = get_slot();

	if (!slot)
		return 0;
	switch (refusal) {
	case KPTR_AFTER_SECTION_STORAGE:
		slot = bpf_task_storage_get(&storage, bpf_get_current_task_btf(), NULL, 0);
		if (!slot)
			break;
		__attribute__((fallthrough));
	case KPTR_AFTER_SECTION:
		bpf_rcu_read_lock();
		mask = slot->mask;
		if (mended && mask)
			seen = bpf_cpumask_weight(cast_mask(mask));
		bpf_rcu_read_unlock();
		if (!mended && mask)
			seen = bpf_cpumask_weight(cast_mask(mask));
		break;
	case KPTR_BEFORE_SECTION:
		if (!mended)
			mask = *(struct bpf_cpumask * volatile *)&slot->mask;
		bpf_rcu_read_lock();
		if (mended)
			mask = *(struct bpf_cpumask * volatile *)&slot->mask;
		if (mask)
			seen = bpf_cpumask_weight(cast_mask(mask));
		bpf_rcu_read_unlock();
		break;
	case KPTR_NEXT_SECTION:
		bpf_rcu_read_lock();
		mask = *(struct bpf_cpumask * volatile *)&slot->mask;
		bpf_rcu_read_unlock();
		bpf_rcu_read_lock();
		if (mended)
			mask = *(struct bpf_cpumask * volatile *)&slot->mask;
		if (mask)
			seen = bpf_cpumask_weight(cast_mask(mask));
		bpf_rcu_read_unlock();
		break;
	case KPTR_NO_SECTION_STORAGE:
		slot = bpf_task_storage_get(&storage, bpf_get_current_task_btf(), NULL, 0);
		if (!slot)
			break;
		__attribute__((fallthrough));
	case KPTR_NO_SECTION:
		if (mended)
			bpf_rcu_read_lock();
		mask = slot->mask;
		if (mask)
			seen = bpf_cpumask_weight(cast_mask(mask));
		bpf_rcu_read_unlock();
		break;
	case KPTR_PRUNED:
		if (any_of(2)) {
			bpf_rcu_read_lock();
			mask = *(struct bpf_cpumask * volatile *)&slot->mask;
		} else {
			if (!mended)
				mask = *(struct bpf_cpumask * volatile *)&slot->mask;
			bpf_rcu_read_lock();
			if (mended)
				mask = *(struct bpf_cpumask * volatile *)&slot->mask;
		}
		if (mask)
			seen = bpf_cpumask_weight(cast_mask(mask));
		bpf_rcu_read_unlock();
		break;
	case KPTR_OUT_OF_CALLBACK:
		mask = bpf_cpumask_create();
		if (!mask)
			break;
		other = mask;
		bpf_loop(1, loads, &other, 0);
		if (mended)
			other = mask;
		if (other)
			seen = bpf_cpumask_weight(cast_mask(other));
		bpf_cpumask_release(mask);
		break;
	}
	return 0;
}

SCX_OPS_DEFINE(ops,
	       .enqueue		= (void *)refused_enqueue,
	       .runnable	= (void *)refused_runnable,
	       .quiescent	= (void *)refused_quiescent,
	       .name		= "refused");
