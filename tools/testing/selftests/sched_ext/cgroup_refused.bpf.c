// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler, and a program that traces, that the verifier must refuse for how they
 * keep a cgroup, or something with it, and their twins that differ in nothing but that.
 * See refused.bpf.c.
 */
#include <scx/common.bpf.h>
#include "cgroup_refused.h"

char _license[] SEC("license") = "GPL";

const volatile u32 refusal;	/* enum cgroup_refusal: what */
const volatile bool mended;	/* the twin */

s32 seen;

struct slot {
	struct cgroup __kptr_ref *cgrp;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct slot);
} others SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} of_tasks SEC(".maps");

/* The twin tests ptr; without that, the compiler must not do so ahead of time. */
static __always_inline bool tested_null(const void *ptr)
{
	if (!mended)
		return false;
	barrier_var(ptr);
	return !ptr;
}

static __always_inline void note_number(struct cgroup *cgrp)
{
	u64 *number = bpf_cgrp_storage_get(&numbers, cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (number)
		*number = 1;
}

static __always_inline void acquire_and_release(struct cgroup *cgrp)
{
	cgrp = bpf_cgroup_acquire(cgrp);
	if (cgrp)
		bpf_cgroup_release(cgrp);
}

/* What is acquired is given back, or not. */
void BPF_STRUCT_OPS(refused_runnable, struct task_struct *p, u64 enq_flags)
{
	struct cgroup *kept = bpf_cgroup_acquire(p->cgroups->dfl_cgrp);
	struct cgroup *above;

	if (!kept)
		return;
	if (refusal == CGROUP_LEAKED) {
		if (!mended)
			return;
	} else if (refusal == CGROUP_LEAKED_ON_ONE_PATH) {
		if (!mended && kept->level > 2)
			return;
	} else if (refusal == CGROUP_ANCESTOR_LEAKED) {
		above = bpf_cgroup_ancestor(kept, 0);
		if (above && mended)
			bpf_cgroup_release(above);
	}
	bpf_cgroup_release(kept);
}

/* What is released is gone. */
void BPF_STRUCT_OPS(refused_quiescent, struct task_struct *p, u64 deq_flags)
{
	struct cgroup *kept = bpf_cgroup_acquire(p->cgroups->dfl_cgrp);

	if (!kept)
		return;
	if (refusal == CGROUP_READ_AFTER_RELEASE) {
		if (mended)
			seen = kept->level;
		bpf_cgroup_release(kept);
		if (!mended)
			seen = kept->level;
	} else if (refusal == CGROUP_USED_AFTER_RELEASE) {
		if (mended)
			acquire_and_release(kept);
		bpf_cgroup_release(kept);
		if (!mended)
			acquire_and_release(kept);
	} else if (refusal == STORAGE_OF_RELEASED) {
		if (mended)
			note_number(kept);
		bpf_cgroup_release(kept);
		if (!mended)
			note_number(kept);
	} else {
		bpf_cgroup_release(kept);
		if (refusal == CGROUP_RELEASED_TWICE && !mended)
			bpf_cgroup_release(kept);
	}
}

void BPF_STRUCT_OPS(refused_running, struct task_struct *p)
{
	struct cgroup *found;

	if (refusal == CGROUP_RELEASED_NULL) {
		found = bpf_cgroup_from_id(1);
		if (found)
			bpf_cgroup_release(mended ? found : NULL);
	} else if (refusal == CGROUP_RELEASED_UNCHECKED) {
		found = bpf_cgroup_from_id(1);
		if (!tested_null(found))
			bpf_cgroup_release(found);
	} else if (refusal == CGROUP_READ_UNCHECKED) {
		found = bpf_cgroup_from_id(1);
		if (tested_null(found))
			return;
		seen = found->level;
		bpf_cgroup_release(found);
	} else if (refusal == CGROUP_FOUND_AND_LEAKED) {
		found = bpf_cgroup_from_id(1);
		if (found && mended)
			bpf_cgroup_release(found);
	} else if (refusal == STORAGE_OF_UNCHECKED) {
		found = bpf_cgroup_from_id(1);
		if (tested_null(found))
			return;
		note_number(found);
		bpf_cgroup_release(found);
	}
}

/* Cgroups that are not known to be there cannot be kept, those of others not released. */
void BPF_STRUCT_OPS(refused_stopping, struct task_struct *p, bool runnable)
{
	struct cgroup *cgrp = p->cgroups->dfl_cgrp;
	struct cgroup *above;

	if (refusal == CGROUP_WALKED_ACQUIRED) {
		acquire_and_release(mended ? cgrp : cgrp->dom_cgrp);
	} else if (refusal == CGROUP_WALKED_ANCESTOR) {
		above = bpf_cgroup_ancestor(mended ? cgrp : cgrp->dom_cgrp, 0);
		if (above)
			bpf_cgroup_release(above);
	} else if (refusal == CGROUP_NULL_ACQUIRED) {
		acquire_and_release(mended ? cgrp : NULL);
	} else if (refusal == CGROUP_OTHER_TYPE_ACQUIRED) {
		acquire_and_release(mended ? cgrp : (void *)p->cgroups);
	} else if (refusal == CGROUP_NOT_OURS_RELEASED) {
		if (mended)
			seen = cgrp->level;
		else
			bpf_cgroup_release(cgrp);
	}
}

void BPF_STRUCT_OPS(refused_cgroup_move, struct task_struct *p, struct cgroup *from,
		    struct cgroup *to)
{
	if (refusal != CGROUP_OF_OP_RELEASED)
		return;
	if (mended)
		to = bpf_cgroup_acquire(to);
	if (to)
		bpf_cgroup_release(to);
}

void BPF_STRUCT_OPS(refused_tick, struct task_struct *p)
{
	struct cgroup *cgrp = p->cgroups->dfl_cgrp;
	struct slot *slot;
	u32 key = 0;

	slot = bpf_map_lookup_elem(&slots, &key);
	if (!slot || refusal != CGROUP_NOT_OURS_KEPT)
		return;
	if (mended)
		cgrp = bpf_cgroup_acquire(cgrp);
	if (!cgrp)
		return;
	cgrp = bpf_kptr_xchg(&slot->cgrp, cgrp);
	if (cgrp)
		bpf_cgroup_release(cgrp);
}

/* What RCU protects is there until the section ends. */
s32 BPF_STRUCT_OPS_SLEEPABLE(refused_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	struct cgroup *cgrp, *above;
	struct slot *slot;

	if (refusal == CGROUP_WITHOUT_SECTION_ACQUIRED) {
		if (mended)
			bpf_rcu_read_lock();
		acquire_and_release(p->cgroups->dfl_cgrp);
		bpf_rcu_read_unlock();
		return 0;
	}
	bpf_rcu_read_lock();
	cgrp = p->cgroups->dfl_cgrp;
	if (refusal == CGROUP_IN_STORAGE_AFTER_SECTION) {
		slot = bpf_cgrp_storage_get(&others, cgrp, 0, 0);
		cgrp = slot ? slot->cgrp : NULL;
	}
	if (!mended)
		bpf_rcu_read_unlock();
	if (refusal == CGROUP_AFTER_SECTION_ACQUIRED) {
		acquire_and_release(cgrp);
	} else if (refusal == CGROUP_IN_STORAGE_AFTER_SECTION) {
		if (cgrp)
			acquire_and_release(cgrp);
	} else if (refusal == CGROUP_AFTER_SECTION_ANCESTOR) {
		above = bpf_cgroup_ancestor(cgrp, 0);
		if (above)
			bpf_cgroup_release(above);
	} else if (refusal == STORAGE_AFTER_SECTION) {
		note_number(cgrp);
	}
	if (mended)
		bpf_rcu_read_unlock();
	return 0;
}

/* Storage is kept with cgroups that are known to be there, in maps for that. */
void BPF_STRUCT_OPS(refused_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct cgroup *cgrp = p->cgroups->dfl_cgrp;
	u64 *number;
	int key = 0;

	if (refusal == STORAGE_OF_NULL) {
		note_number(mended ? cgrp : NULL);
	} else if (refusal == STORAGE_OF_WALKED_CGROUP) {
		note_number(mended ? cgrp : cgrp->dom_cgrp);
	} else if (refusal == STORAGE_OF_TASK) {
		note_number(mended ? cgrp : (void *)p);
	} else if (refusal == STORAGE_OF_TASK_MAP) {
		if (mended)
			number = bpf_cgrp_storage_get(&numbers, cgrp, 0, 0);
		else
			number = bpf_cgrp_storage_get(&of_tasks, cgrp, 0, 0);
		if (number)
			seen = *number;
	} else if (refusal == STORAGE_OF_TASKS_IN_CGROUP_MAP) {
		if (mended)
			number = bpf_task_storage_get(&of_tasks, p, 0, 0);
		else
			number = bpf_task_storage_get(&numbers, p, 0, 0);
		if (number)
			seen = *number;
	} else if (refusal == STORAGE_LOOKED_UP) {
		if (mended)
			number = bpf_cgrp_storage_get(&numbers, cgrp, 0, 0);
		else
			number = bpf_map_lookup_elem(&numbers, &key);
		if (number)
			seen = *number;
	} else if (refusal == STORAGE_UNCHECKED) {
		number = bpf_cgrp_storage_get(&numbers, cgrp, 0, 0);
		if (!tested_null(number))
			seen = *number;
	} else if (refusal == STORAGE_BEYOND) {
		number = bpf_cgrp_storage_get(&numbers, cgrp, 0, 0);
		if (number)
			seen = number[mended ? 0 : 1];
	} else if (refusal == STORAGE_DELETED_OF_WALKED) {
		seen = bpf_cgrp_storage_delete(&numbers, mended ? cgrp : cgrp->dom_cgrp);
	}
}

/* What others call a tracing program with is not known to be there. */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(refused_mkdir, struct cgroup *made, const char *path)
{
	struct cgroup *cgrp;

	cgrp = mended ? bpf_get_current_task_btf()->cgroups->dfl_cgrp : made;
	if (refusal == STORAGE_TRACING_PLAIN)
		note_number(cgrp);
	else if (refusal == STORAGE_TRACING_DELETED_PLAIN)
		seen = bpf_cgrp_storage_delete(&numbers, cgrp);
	return 0;
}

SCX_OPS_DEFINE(ops,
	       .enqueue		= (void *)refused_enqueue,
	       .runnable	= (void *)refused_runnable,
	       .running		= (void *)refused_running,
	       .stopping	= (void *)refused_stopping,
	       .quiescent	= (void *)refused_quiescent,
	       .tick		= (void *)refused_tick,
	       .init_task	= (void *)refused_init_task,
	       .cgroup_move	= (void *)refused_cgroup_move,
	       .name		= "refused");
