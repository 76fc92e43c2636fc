// SPDX-License-Identifier: GPL-2.0
/*
 * Storage that programs keep with cgroups.
 */
#include <linux/bpf.h>
#include <linux/bpf_local_storage.h>
#include <linux/btf_ids.h>
#include <linux/cgroup.h>
#include <linux/filter.h>
#include <linux/rcupdate_trace.h>

DEFINE_BPF_STORAGE_CACHE(cgrp_cache);

/* Lifetime
 *
 * A cgroup has storage from the first value that is created for it until the last one
 * is deleted, or until it is freed: that is when its values go, not at rmdir. It must be
 * referenced, or protected by RCU, so that it is not freed while its storage is looked at.
 * A value is created with a reference held, which there is to be had up to a grace period
 * before the cgroup is freed: what was created is found then.
 *
 * A program that may sleep can give up its reference to the cgroup and keep on using
 * a value. What it uses is freed after a grace period of tasks trace RCU, for which
 * call_rcu_tasks_trace() is called: with IRQs off it wakes up nobody, and it takes no
 * lock of a runqueue. One of plain RCU follows, called from a kthread.
 */

/* Who may be in the middle of changing storage on a CPU, see bpf_task_storage_busy. */
static DEFINE_PER_CPU(int, bpf_cgrp_storage_busy);

static void cgrp_storage_lock(void)
{
	migrate_disable();
	this_cpu_inc(bpf_cgrp_storage_busy);
}

static void cgrp_storage_unlock(void)
{
	this_cpu_dec(bpf_cgrp_storage_busy);
	migrate_enable();
}

static bool cgrp_storage_trylock(void)
{
	/* What it has interrupted may be about to allocate, or to call RCU. */
	if (in_nmi())
		return false;
	migrate_disable();
	if (likely(this_cpu_inc_return(bpf_cgrp_storage_busy) == 1))
		return true;
	cgrp_storage_unlock();
	return false;
}

static struct bpf_local_storage __rcu **cgrp_storage_ptr(void *owner)
{
	struct cgroup *cgrp = owner;

	return &cgrp->bpf_cgrp_storage;
}

static struct bpf_local_storage_data *
cgrp_storage_lookup(struct cgroup *cgrp, struct bpf_map *map, bool cacheit_lockit)
{
	struct bpf_local_storage *storage;

	storage = rcu_dereference_check(cgrp->bpf_cgrp_storage, bpf_rcu_lock_held());
	if (!storage)
		return NULL;
	return bpf_local_storage_lookup(storage, (struct bpf_local_storage_map *)map,
					cacheit_lockit);
}

/* With this CPU counted as busy. */
static int cgrp_storage_delete(struct cgroup *cgrp, struct bpf_map *map)
{
	struct bpf_local_storage_data *sdata = cgrp_storage_lookup(cgrp, map, false);

	if (!sdata)
		return -ENOENT;
	bpf_selem_unlink(SELEM(sdata), true);
	return 0;
}

/* The cgroup is about to be freed, and nobody else has it. */
void bpf_cgrp_storage_free(struct cgroup *cgrp)
{
	struct bpf_local_storage *storage;
	bool free_storage = false;
	unsigned long flags;

	rcu_read_lock();
	storage = rcu_dereference(cgrp->bpf_cgrp_storage);
	if (storage) {
		cgrp_storage_lock();
		raw_spin_lock_irqsave(&storage->lock, flags);
		free_storage = bpf_local_storage_unlink_nolock(storage, true);
		raw_spin_unlock_irqrestore(&storage->lock, flags);
		cgrp_storage_unlock();
	}
	rcu_read_unlock();

	if (free_storage)
		call_rcu_tasks_trace(&storage->rcu, bpf_local_storage_free_rcu);
}

/* User space names a cgroup by a file descriptor of its directory. */
static void *cgrp_storage_lookup_elem(struct bpf_map *map, void *key)
{
	struct bpf_local_storage_data *sdata;
	struct cgroup *cgrp = cgroup_v1v2_get_from_fd(*(int *)key);

	if (IS_ERR(cgrp))
		return ERR_CAST(cgrp);

	cgrp_storage_lock();
	sdata = cgrp_storage_lookup(cgrp, map, true);
	cgrp_storage_unlock();
	cgroup_put(cgrp);
	return sdata ? sdata->data : NULL;
}

static int cgrp_storage_update_elem(struct bpf_map *map, void *key, void *value,
				    u64 map_flags)
{
	struct bpf_local_storage_data *sdata;
	struct cgroup *cgrp = cgroup_v1v2_get_from_fd(*(int *)key);

	if (IS_ERR(cgrp))
		return PTR_ERR(cgrp);

	cgrp_storage_lock();
	sdata = bpf_local_storage_update(cgrp, (struct bpf_local_storage_map *)map, value,
					 map_flags, GFP_ATOMIC);
	cgrp_storage_unlock();
	cgroup_put(cgrp);
	return PTR_ERR_OR_ZERO(sdata);
}

static int cgrp_storage_delete_elem(struct bpf_map *map, void *key)
{
	struct cgroup *cgrp = cgroup_v1v2_get_from_fd(*(int *)key);
	int err;

	if (IS_ERR(cgrp))
		return PTR_ERR(cgrp);

	cgrp_storage_lock();
	err = cgrp_storage_delete(cgrp, map);
	cgrp_storage_unlock();
	cgroup_put(cgrp);
	return err;
}

static unsigned long cgrp_storage_value(struct bpf_local_storage_data *sdata)
{
	return IS_ERR_OR_NULL(sdata) ? (unsigned long)NULL : (unsigned long)sdata->data;
}

/* Unlike a task, a cgroup is met by several CPUs at a time, which may all create a
 * value. Who comes second takes that of the first, and tries again if the first was of
 * another map, or is gone already.
 */
#define CGRP_STORAGE_TRIES	8

static struct bpf_local_storage_data *
cgrp_storage_create(struct bpf_map *map, struct cgroup *cgrp, void *value, gfp_t gfp_flags)
{
	struct bpf_local_storage_data *sdata;
	int i;

	for (i = 0; i < CGRP_STORAGE_TRIES; i++) {
		sdata = bpf_local_storage_update(cgrp, (struct bpf_local_storage_map *)map,
						 value, BPF_NOEXIST, gfp_flags);
		if (sdata == ERR_PTR(-EEXIST))
			sdata = cgrp_storage_lookup(cgrp, map, true) ?: ERR_PTR(-EAGAIN);
		if (sdata != ERR_PTR(-EAGAIN))
			break;
	}
	return sdata;
}

/* With this CPU counted as busy. */
static unsigned long cgrp_storage_get(struct bpf_map *map, struct cgroup *cgrp, void *value,
				      u64 flags, gfp_t gfp_flags)
{
	struct bpf_local_storage_data *sdata = cgrp_storage_lookup(cgrp, map, true);

	if (!sdata && flags & BPF_LOCAL_STORAGE_GET_F_CREATE && cgroup_tryget(cgrp)) {
		sdata = cgrp_storage_create(map, cgrp, value, gfp_flags);
		cgroup_put(cgrp);
	}
	return cgrp_storage_value(sdata);
}

/* *gfp_flags* is a hidden argument provided by the verifier */
BPF_CALL_5(bpf_cgrp_storage_get, struct bpf_map *, map, struct cgroup *, cgrp,
	   void *, value, u64, flags, gfp_t, gfp_flags)
{
	unsigned long ret;

	WARN_ON_ONCE(!bpf_rcu_lock_held());
	if (flags & ~BPF_LOCAL_STORAGE_GET_F_CREATE)
		return (unsigned long)NULL;

	if (!cgrp_storage_trylock())
		return cgrp_storage_value(cgrp_storage_lookup(cgrp, map, false));
	ret = cgrp_storage_get(map, cgrp, value, flags, gfp_flags);
	cgrp_storage_unlock();
	return ret;
}

BPF_CALL_2(bpf_cgrp_storage_delete, struct bpf_map *, map, struct cgroup *, cgrp)
{
	int ret;

	WARN_ON_ONCE(!bpf_rcu_lock_held());
	if (!cgrp_storage_trylock())
		return -EBUSY;
	ret = cgrp_storage_delete(cgrp, map);
	cgrp_storage_unlock();
	return ret;
}

/* For programs that do not run inside. */
BPF_CALL_5(bpf_cgrp_storage_get_outside, struct bpf_map *, map, struct cgroup *, cgrp,
	   void *, value, u64, flags, gfp_t, gfp_flags)
{
	unsigned long ret;

	WARN_ON_ONCE(!bpf_rcu_lock_held());
	if (flags & ~BPF_LOCAL_STORAGE_GET_F_CREATE)
		return (unsigned long)NULL;

	cgrp_storage_lock();
	ret = cgrp_storage_get(map, cgrp, value, flags, gfp_flags);
	cgrp_storage_unlock();
	return ret;
}

BPF_CALL_2(bpf_cgrp_storage_delete_outside, struct bpf_map *, map, struct cgroup *, cgrp)
{
	int ret;

	WARN_ON_ONCE(!bpf_rcu_lock_held());
	cgrp_storage_lock();
	ret = cgrp_storage_delete(cgrp, map);
	cgrp_storage_unlock();
	return ret;
}

static int notsupp_get_next_key(struct bpf_map *map, void *key, void *next_key)
{
	return -ENOTSUPP;
}

static struct bpf_map *cgrp_storage_map_alloc(union bpf_attr *attr)
{
	return bpf_local_storage_map_alloc(attr, &cgrp_cache);
}

static void cgrp_storage_map_free(struct bpf_map *map)
{
	bpf_local_storage_map_free(map, &cgrp_cache, &bpf_cgrp_storage_busy);
}

BTF_ID_LIST_SINGLE(cgrp_storage_map_btf_ids, struct, bpf_local_storage_map)
const struct bpf_map_ops cgrp_storage_map_ops = {
	.map_meta_equal		= bpf_map_meta_equal,
	.map_alloc_check	= bpf_local_storage_map_alloc_check,
	.map_alloc		= cgrp_storage_map_alloc,
	.map_free		= cgrp_storage_map_free,
	.map_get_next_key	= notsupp_get_next_key,
	.map_lookup_elem	= cgrp_storage_lookup_elem,
	.map_update_elem	= cgrp_storage_update_elem,
	.map_delete_elem	= cgrp_storage_delete_elem,
	.map_check_btf		= bpf_local_storage_map_check_btf,
	.map_btf_id		= &cgrp_storage_map_btf_ids[0],
	.map_owner_storage_ptr	= cgrp_storage_ptr,
};

BTF_ID_LIST_SINGLE(cgrp_storage_btf_ids, struct, cgroup)

#define CGRP_STORAGE_GET_PROTO(name)						\
	const struct bpf_func_proto name##_proto = {				\
		.func		= name,						\
		.gpl_only	= false,					\
		.ret_type	= RET_PTR_TO_MAP_VALUE_OR_NULL,			\
		.arg1_type	= ARG_CONST_MAP_PTR,				\
		.arg2_type	= ARG_PTR_TO_BTF_ID | PTR_TRUSTED,		\
		.arg2_btf_id	= &cgrp_storage_btf_ids[0],			\
		.arg3_type	= ARG_PTR_TO_MAP_VALUE_OR_NULL,			\
		.arg4_type	= ARG_ANYTHING,					\
	}

#define CGRP_STORAGE_DELETE_PROTO(name)						\
	const struct bpf_func_proto name##_proto = {				\
		.func		= name,						\
		.gpl_only	= false,					\
		.ret_type	= RET_INTEGER,					\
		.arg1_type	= ARG_CONST_MAP_PTR,				\
		.arg2_type	= ARG_PTR_TO_BTF_ID | PTR_TRUSTED,		\
		.arg2_btf_id	= &cgrp_storage_btf_ids[0],			\
	}

CGRP_STORAGE_GET_PROTO(bpf_cgrp_storage_get);
CGRP_STORAGE_GET_PROTO(bpf_cgrp_storage_get_outside);
CGRP_STORAGE_DELETE_PROTO(bpf_cgrp_storage_delete);
CGRP_STORAGE_DELETE_PROTO(bpf_cgrp_storage_delete_outside);
