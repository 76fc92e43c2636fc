// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps a CPU mask, and a task, in values of maps of all types that can: from
 * SYSCALL programs and from a scheduler with the rq lock held. Sees when they are
 * freed.
 */
#include "fifo.bpf.h"
#include "kptrs.h"

/* With members that are not aligned like a pointer, and a bit field. */
struct slot {
	u32 data;
	u32 bits : 3, more : 5;
	struct bpf_cpumask __kptr *mask;
	struct task_struct __kptr *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct slot);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct slot);
} malloc_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KPTR_LRU_ENTRIES);
	__type(key, u32);
	__type(value, struct slot);
} lru_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct slot);
} task_storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct slot);
} cgrp_storage SEC(".maps");

/* In a section of its own, which user space does not map. */
static struct bpf_cpumask __kptr *variable SEC(".bss.variable");

u32 where;			/* enum kptr_where */
u32 key;			/* of tables */
u32 cpus;			/* to be in a mask, and found in one: a bit for each */
u64 nr_created;

static struct slot *get_slot(struct task_struct *p)
{
	u32 first = 0, mine = key;

	switch (where) {
	case IN_ARRAY:
		return bpf_map_lookup_elem(&array, &first);
	case IN_PERCPU_ARRAY:
		return bpf_map_lookup_elem(&percpu_array, &first);
	case IN_HASH:
		return bpf_map_lookup_elem(&hash, &mine);
	case IN_MALLOC_HASH:
		return bpf_map_lookup_elem(&malloc_hash, &mine);
	case IN_LRU_HASH:
		return bpf_map_lookup_elem(&lru_hash, &mine);
	case IN_TASK_STORAGE:
		return bpf_task_storage_get(&task_storage, p, 0, 0);
	default:
		return NULL;
	}
}

static int make_slot(struct task_struct *p)
{
	struct slot none = {};
	u32 mine = key;

	switch (where) {
	case IN_HASH:
		return bpf_map_update_elem(&hash, &mine, &none, BPF_NOEXIST);
	case IN_MALLOC_HASH:
		return bpf_map_update_elem(&malloc_hash, &mine, &none, BPF_NOEXIST);
	case IN_LRU_HASH:
		return bpf_map_update_elem(&lru_hash, &mine, &none, BPF_NOEXIST);
	case IN_TASK_STORAGE:
		return bpf_task_storage_get(&task_storage, p, 0,
					    BPF_LOCAL_STORAGE_GET_F_CREATE) ? 0 : -ENOMEM;
	default:
		return 0;
	}
}

static int delete_slot(struct task_struct *p)
{
	u32 mine = key;

	switch (where) {
	case IN_HASH:
		return bpf_map_delete_elem(&hash, &mine);
	case IN_MALLOC_HASH:
		return bpf_map_delete_elem(&malloc_hash, &mine);
	case IN_LRU_HASH:
		return bpf_map_delete_elem(&lru_hash, &mine);
	case IN_TASK_STORAGE:
		return bpf_task_storage_delete(&task_storage, p);
	default:
		return -EINVAL;
	}
}

/* A pointer that comes from a call is compared with NULL as if that were new. */
static __always_inline struct bpf_cpumask *new_mask(void)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();
	u32 cpu;

	if (!mask)
		return NULL;
	__sync_fetch_and_add(&nr_created, 1);
	for (cpu = 0; cpu < 4; cpu++)
		if (cpus & (1 << cpu))
			bpf_cpumask_set_cpu(cpu, mask);
	return mask;
}

static u32 read_mask(struct bpf_cpumask *mask)
{
	u32 found = 0, cpu;

	for (cpu = 0; cpu < 4; cpu++)
		if (bpf_cpumask_test_cpu(cpu, cast_mask(mask)))
			found |= 1 << cpu;
	return found;
}

/* 1 if there was a mask before. */
static int drop_mask(struct bpf_cpumask *mask)
{
	if (!mask)
		return 0;
	bpf_cpumask_release(mask);
	return 1;
}

static int put_mask(struct slot *slot)
{
	struct bpf_cpumask *mask = new_mask();

	if (!mask)
		return -ENOMEM;
	if (where == IN_VARIABLE)
		return drop_mask(bpf_kptr_xchg(&variable, mask));
	if (!slot) {
		bpf_cpumask_release(mask);
		return -ENOENT;
	}
	return drop_mask(bpf_kptr_xchg(&slot->mask, mask));
}

/* In an RCU section. The mask stays where it is. */
static int look_at_mask(struct slot *slot)
{
	struct bpf_cpumask *mask;

	if (where == IN_VARIABLE)
		mask = variable;
	else if (slot)
		mask = slot->mask;
	else
		return -ENODEV;
	if (!mask)
		return -ENOENT;
	cpus = read_mask(mask);
	return bpf_cpumask_weight(cast_mask(mask));
}

static int take_mask(struct slot *slot)
{
	struct bpf_cpumask *mask;

	if (where == IN_VARIABLE)
		mask = bpf_kptr_xchg(&variable, NULL);
	else if (slot)
		mask = bpf_kptr_xchg(&slot->mask, NULL);
	else
		return -ENODEV;
	if (!mask)
		return -ENOENT;
	cpus = read_mask(mask);
	bpf_cpumask_release(mask);
	return 0;
}

#define SELF	bpf_get_current_task_btf()

SEC("syscall")
int make(void *ctx)
{
	return make_slot(SELF);
}

SEC("syscall")
int delete(void *ctx)
{
	return delete_slot(SELF);
}

SEC("syscall")
int put(void *ctx)
{
	return put_mask(get_slot(SELF));
}

SEC("syscall")
int look(void *ctx)
{
	struct slot *slot = get_slot(SELF);
	int ret;

	bpf_rcu_read_lock();
	ret = look_at_mask(slot);
	bpf_rcu_read_unlock();
	return ret;
}

SEC("syscall")
int take(void *ctx)
{
	return take_mask(get_slot(SELF));
}

/* Nobody finds the slot any more, but who has found it before has it. */
SEC("syscall")
int put_in_deleted(void *ctx)
{
	struct slot *slot = get_slot(SELF);
	int ret;

	ret = delete_slot(SELF);
	return ret ?: put_mask(slot);
}

static struct slot *cgroup_slot(u64 flags)
{
	return bpf_cgrp_storage_get(&cgrp_storage, SELF->cgroups->dfl_cgrp, 0, flags);
}

/* The cgroup of the task is protected by RCU only. */
SEC("syscall")
int put_in_cgroup(void *ctx)
{
	struct bpf_cpumask *mask = new_mask();
	struct slot *slot;
	int ret = -ENOENT;

	if (!mask)
		return -ENOMEM;
	bpf_rcu_read_lock();
	slot = cgroup_slot(BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (slot) {
		mask = bpf_kptr_xchg(&slot->mask, mask);
		ret = 0;
	}
	bpf_rcu_read_unlock();
	return drop_mask(mask) ?: ret;
}

SEC("syscall")
int look_in_cgroup(void *ctx)
{
	struct slot *slot;
	int ret = -ENODEV;

	bpf_rcu_read_lock();
	slot = cgroup_slot(0);
	if (slot)
		ret = look_at_mask(slot);
	bpf_rcu_read_unlock();
	return ret;
}

/* 1 if the slot is gone with what was in it. */
SEC("syscall")
int delete_in_cgroup(void *ctx)
{
	int ret;

	bpf_rcu_read_lock();
	ret = bpf_cgrp_storage_delete(&cgrp_storage, SELF->cgroups->dfl_cgrp);
	bpf_rcu_read_unlock();
	return !ret;
}

SEC("syscall")
int turn_over(void *ctx)
{
	return drop_mask(new_mask());
}

s32 pid;			/* of the task to keep, and of the one that was found */
u32 exit_state;			/* of that */

SEC("syscall")
int put_task(void *ctx)
{
	struct slot *slot = get_slot(SELF);
	struct task_struct *p;

	if (!slot)
		return -ENODEV;
	p = bpf_task_from_pid(pid);
	if (!p)
		return -ESRCH;
	p = bpf_kptr_xchg(&slot->task, p);
	if (!p)
		return 0;
	bpf_task_release(p);
	return 1;
}

/* Acquires what it finds in the map, which has it still. */
static int acquire_task(struct slot *slot)
{
	struct task_struct *p = slot->task;

	if (!p)
		return -ENOENT;
	pid = p->pid;
	exit_state = p->exit_state;
	p = bpf_task_acquire(p);
	if (!p)
		return -ESRCH;
	bpf_task_release(p);
	return 0;
}

SEC("syscall")
int look_at_task(void *ctx)
{
	struct slot *slot = get_slot(SELF);
	int ret;

	if (!slot)
		return -ENODEV;
	bpf_rcu_read_lock();
	ret = acquire_task(slot);
	bpf_rcu_read_unlock();
	return ret;
}

/* Iterators over elements get values as memory, and may reach as far as the first. */
u64 nr_iterated;

SEC("iter/bpf_map_elem")
int reads_data(struct bpf_iter__bpf_map_elem *ctx)
{
	struct slot *slot = ctx->value;

	if (slot && slot->data == cpus)
		nr_iterated++;
	return 0;
}

SEC("iter/bpf_map_elem")
int writes_mask(struct bpf_iter__bpf_map_elem *ctx)
{
	struct slot *slot = ctx->value;

	if (slot)
		*(volatile u64 *)&slot->mask = 0;
	return 0;
}

/* As long as the section lasts a mask is what it was, whoever replaces it. */
u64 nr_stared, nr_changed;

static long stare(u32 i, void *ctx)
{
	u32 first = 0;
	struct slot *slot = bpf_map_lookup_elem(&array, &first);
	struct bpf_cpumask *now;
	u32 j;

	if (!slot)
		return 1;
	now = slot->mask;
	if (!now)
		return 0;
	__sync_fetch_and_add(&nr_stared, 1);
	for (j = 0; j < 100; j++)
		if (bpf_cpumask_weight(cast_mask(now)) != 2)
			__sync_fetch_and_add(&nr_changed, 1);
	return 0;
}

SEC("syscall")
int stare_at_mask(void *ctx)
{
	bpf_rcu_read_lock();
	bpf_loop(1000, stare, NULL, 0);
	bpf_rcu_read_unlock();
	return 0;
}

s32 dead;
u64 nr_masks_freed, nr_tasks_freed;	/* of all masks, of dead */

SEC("fentry/bpf_cpumask_free_rcu")
int BPF_PROG(mask_freed)
{
	__sync_fetch_and_add(&nr_masks_freed, 1);
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(task_freed, struct task_struct *p)
{
	if (p->pid == dead)
		__sync_fetch_and_add(&nr_tasks_freed, 1);
	return 0;
}

u32 wish;			/* enum kptr_wish; cleared before it is done ... */
s32 wish_ret;
u64 nr_done;			/* ... and then counted */

static int grant(u32 mine, struct task_struct *p)
{
	int ret;

	switch (mine) {
	case KPTR_PUT:
		ret = make_slot(p);
		return ret && ret != -EEXIST ? ret : put_mask(get_slot(p));
	case KPTR_LOOK:
		return look_at_mask(get_slot(p));
	case KPTR_TAKE:
		return take_mask(get_slot(p));
	default:
		return delete_slot(p);
	}
}

bool churn;			/* storage of all tasks */
u64 nr_churned;

static void churn_storage(struct task_struct *p)
{
	struct slot *slot;
	struct bpf_cpumask *mask;

	slot = bpf_task_storage_get(&task_storage, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!slot)
		return;
	mask = slot->mask;
	if (mask && bpf_cpumask_weight(cast_mask(mask)) != 2)
		__sync_fetch_and_add(&nr_changed, 1);
	mask = new_mask();
	if (!mask)
		return;
	drop_mask(bpf_kptr_xchg(&slot->mask, mask));
	if (!(__sync_fetch_and_add(&nr_churned, 1) % 16))
		bpf_task_storage_delete(&task_storage, p);
}

void BPF_STRUCT_OPS(kptrs_enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 mine = wish;

	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
	if (churn)
		churn_storage(p);
	if (!mine || p->pid != pid ||
	    __sync_val_compare_and_swap(&wish, mine, KPTR_NOTHING) != mine)
		return;
	wish_ret = grant(mine, p);
	__sync_fetch_and_add(&nr_done, 1);
}

s32 BPF_STRUCT_OPS(kptrs_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)kptrs_select_cpu,
	       .enqueue		= (void *)kptrs_enqueue,
	       .name		= "kptrs");
