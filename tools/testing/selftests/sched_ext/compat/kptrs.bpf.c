// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that are kept: in arrays, in hashes, in the storage of tasks and of cgroups
 * and in a global variable; taken out, exchanged, looked at where they are, and gone
 * with what they are in.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

struct kept {
	struct bpf_cpumask __kptr *mask;
	struct task_struct __kptr *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct kept);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, struct kept);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct kept);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, struct kept);
} lru_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kept);
} cgrp_ctxs SEC(".maps");

struct task_ctx {
	struct bpf_cpumask __kptr *tmp_mask;
	u64 nr;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_ctx);
} task_ctxs SEC(".maps");

private(MASKS) struct bpf_cpumask __kptr *global_mask;

u64 nr_allowed, nr_restricted, nr_kept, nr_in_maps, nr_percpu, nr_deleted;

static s32 keep_new_mask(struct bpf_cpumask **where)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();

	if (!mask)
		return -ENOMEM;
	bpf_cpumask_setall(mask);
	mask = bpf_kptr_xchg(where, mask);
	if (mask)
		bpf_cpumask_release(mask);
	return 0;
}

static s32 keep_in_maps(void)
{
	struct task_struct *p = bpf_get_current_task_btf(), *old;
	struct kept zero = {}, *v;
	u32 key = 0;

	bpf_map_update_elem(&hash, &key, &zero, BPF_NOEXIST);
	v = bpf_map_lookup_elem(&hash, &key);
	if (v && keep_new_mask(&v->mask))
		return -ENOMEM;
	v = bpf_map_lookup_elem(&array, &key);
	if (!v)
		return -ENOENT;
	p = bpf_task_acquire(p);
	if (!p)
		return -ESRCH;
	old = bpf_kptr_xchg(&v->task, p);
	if (old)
		bpf_task_release(old);
	nr_kept++;
	return keep_new_mask(&v->mask);
}

static s32 keep_one(struct kept *v)
{
	if (!v)
		return -ENOENT;
	if (keep_new_mask(&v->mask))
		return -ENOMEM;
	nr_in_maps++;
	return 0;
}

static s32 keep_in_more_maps(void)
{
	struct kept zero = {}, *v;
	struct cgroup *cgrp;
	u32 key = 0;
	s32 ret;

	bpf_map_update_elem(&lru_hash, &key, &zero, BPF_ANY);
	ret = keep_one(bpf_map_lookup_elem(&lru_hash, &key)) ?:
	      keep_one(bpf_map_lookup_elem(&percpu_array, &key));
	if (ret)
		return ret;
	cgrp = bpf_cgroup_from_id(1);
	if (!cgrp)
		return -ENOENT;
	v = bpf_cgrp_storage_get(&cgrp_ctxs, cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	ret = keep_one(v);
	bpf_cgroup_release(cgrp);
	return ret;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(kptrs_init)
{
	s32 ret = keep_new_mask(&global_mask);

	return ret ?: keep_in_maps() ?: keep_in_more_maps();
}

s32 BPF_STRUCT_OPS_SLEEPABLE(kptrs_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	struct task_ctx *tctx;

	tctx = bpf_task_storage_get(&task_ctxs, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return tctx ? keep_new_mask(&tctx->tmp_mask) : -ENOMEM;
}

/* One for each CPU to work with */
void BPF_STRUCT_OPS(kptrs_tick, struct task_struct *p)
{
	struct bpf_cpumask *mask;
	struct kept *v;
	u32 key = 0;

	v = bpf_map_lookup_elem(&percpu_array, &key);
	if (!v)
		return;
	mask = bpf_kptr_xchg(&v->mask, NULL);
	if (!mask)
		mask = bpf_cpumask_create();
	if (!mask)
		return;
	bpf_cpumask_copy(mask, p->cpus_ptr);
	mask = bpf_kptr_xchg(&v->mask, mask);
	if (mask)
		bpf_cpumask_release(mask);
	__sync_fetch_and_add(&nr_percpu, 1);
}

void BPF_STRUCT_OPS(kptrs_exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
	if (!bpf_task_storage_delete(&task_ctxs, p))
		__sync_fetch_and_add(&nr_deleted, 1);
}

void BPF_STRUCT_OPS(kptrs_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct task_ctx *tctx = bpf_task_storage_get(&task_ctxs, p, 0, 0);
	struct bpf_cpumask *mask;

	bpf_rcu_read_lock();
	mask = global_mask;
	if (mask && bpf_cpumask_subset(p->cpus_ptr, cast_mask(mask)))
		__sync_fetch_and_add(&nr_allowed, 1);
	bpf_rcu_read_unlock();

	if (tctx) {
		mask = bpf_kptr_xchg(&tctx->tmp_mask, NULL);
		if (mask) {
			bpf_cpumask_and(mask, cast_mask(mask), p->cpus_ptr);
			__sync_fetch_and_add(&nr_restricted, 1);
			mask = bpf_kptr_xchg(&tctx->tmp_mask, mask);
			if (mask)
				bpf_cpumask_release(mask);
		}
	}
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(kptrs_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(kptrs_ops,
	       .enqueue		= (void *)kptrs_enqueue,
	       .tick		= (void *)kptrs_tick,
	       .init_task	= (void *)kptrs_init_task,
	       .exit_task	= (void *)kptrs_exit_task,
	       .init		= (void *)kptrs_init,
	       .exit		= (void *)kptrs_exit,
	       .name		= "compat_kptrs");
