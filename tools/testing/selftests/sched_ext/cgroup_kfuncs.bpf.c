// SPDX-License-Identifier: GPL-2.0
/*
 * Finds cgroups, keeps one in a map, and sees when the last reference to it goes: in
 * SYSCALL programs, and in a scheduler with the rq lock held.
 */
#include "fifo.bpf.h"
#include "cgroup_kfuncs.h"

struct slot {
	struct cgroup __kptr_ref *cgrp;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

u64 cgid;			/* which it is about */
s32 level;
s32 pid;			/* whose */

/* Of the cgroup that was found or dropped. */
u64 seen_id;
s32 seen_level;
bool seen_online;
s32 seen_hierarchy;

static void see(struct cgroup *cgrp)
{
	seen_id = cgrp->kn->id;
	seen_level = cgrp->level;
	seen_online = cgrp->self.flags & CSS_ONLINE;
	seen_hierarchy = cgrp->root->hierarchy_id;
}

static struct slot *get_slot(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&slots, &key);
}

/* Takes over the reference. 1 if a cgroup was there before. */
static int put_in_slot(struct cgroup *cgrp)
{
	struct slot *slot = get_slot();

	if (!slot) {
		bpf_cgroup_release(cgrp);
		return -ENOENT;
	}
	cgrp = bpf_kptr_xchg(&slot->cgrp, cgrp);
	if (!cgrp)
		return 0;
	bpf_cgroup_release(cgrp);
	return 1;
}

static int find_and_keep(void)
{
	struct cgroup *cgrp = bpf_cgroup_from_id(cgid);

	return cgrp ? put_in_slot(cgrp) : -ENOENT;
}

static int drop_kept(void)
{
	struct slot *slot = get_slot();
	struct cgroup *cgrp;

	if (!slot)
		return -ENOENT;
	cgrp = bpf_kptr_xchg(&slot->cgrp, NULL);
	if (!cgrp)
		return -ENOENT;
	see(cgrp);
	bpf_cgroup_release(cgrp);
	return 0;
}

SEC("syscall")
int find(void *ctx)
{
	struct cgroup *cgrp = bpf_cgroup_from_id(cgid);

	if (!cgrp)
		return -ENOENT;
	see(cgrp);
	bpf_cgroup_release(cgrp);
	return 0;
}

SEC("syscall")
int find_ancestor(void *ctx)
{
	struct cgroup *cgrp, *ancestor;

	cgrp = bpf_cgroup_from_id(cgid);
	if (!cgrp)
		return -ESRCH;
	ancestor = bpf_cgroup_ancestor(cgrp, level);
	bpf_cgroup_release(cgrp);
	if (!ancestor)
		return -ENOENT;
	see(ancestor);
	bpf_cgroup_release(ancestor);
	return 0;
}

/* Of the cgroup that is kept, which stays there. */
SEC("syscall")
int kept_ancestor(void *ctx)
{
	struct cgroup *cgrp, *ancestor;
	struct slot *slot = get_slot();

	if (!slot)
		return -ESRCH;
	cgrp = bpf_kptr_xchg(&slot->cgrp, NULL);
	if (!cgrp)
		return -ESRCH;
	ancestor = bpf_cgroup_ancestor(cgrp, level);
	put_in_slot(cgrp);
	if (!ancestor)
		return -ENOENT;
	see(ancestor);
	bpf_cgroup_release(ancestor);
	return 0;
}

SEC("syscall")
int find_mine(void *ctx)
{
	struct cgroup *cgrp;

	bpf_rcu_read_lock();
	cgrp = bpf_cgroup_acquire(bpf_get_current_task_btf()->cgroups->dfl_cgrp);
	bpf_rcu_read_unlock();
	if (!cgrp)
		return -ENOENT;
	see(cgrp);
	bpf_cgroup_release(cgrp);
	return 0;
}

SEC("syscall")
int keep(void *ctx)
{
	return find_and_keep();
}

SEC("syscall")
int drop(void *ctx)
{
	return drop_kept();
}

u64 watched;
u64 nr_gone, nr_others_gone;	/* of watched, and not */

/* After the last reference. */
SEC("tp_btf/cgroup_release")
int BPF_PROG(cgroup_gone, struct cgroup *cgrp, const char *path)
{
	if (cgrp->kn->id == watched)
		__sync_fetch_and_add(&nr_gone, 1);
	else
		__sync_fetch_and_add(&nr_others_gone, 1);
	return 0;
}

u32 wish;			/* enum cgroup_wish; cleared before it is done ... */
s32 wish_ret;
u64 nr_done;			/* ... and then counted */

static int keep_cgroup(struct task_struct *p)
{
	struct cgroup *cgrp = bpf_cgroup_acquire(p->cgroups->dfl_cgrp);

	return cgrp ? put_in_slot(cgrp) : -ENOENT;
}

static int keep_ancestor(struct task_struct *p)
{
	struct cgroup *cgrp = bpf_cgroup_ancestor(p->cgroups->dfl_cgrp, level);

	return cgrp ? put_in_slot(cgrp) : -ENOENT;
}

void BPF_STRUCT_OPS(cgroup_kfuncs_enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 mine = wish;

	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
	if (!mine || (pid && p->pid != pid) ||
	    __sync_val_compare_and_swap(&wish, mine, CGROUP_NOTHING) != mine)
		return;
	if (mine == CGROUP_KEEP)
		wish_ret = keep_cgroup(p);
	else if (mine == CGROUP_KEEP_ANCESTOR)
		wish_ret = keep_ancestor(p);
	else if (mine == CGROUP_DROP)
		wish_ret = drop_kept();
	else
		wish_ret = find_and_keep();
	__sync_fetch_and_add(&nr_done, 1);
}

s32 BPF_STRUCT_OPS(cgroup_kfuncs_select_cpu, struct task_struct *p, s32 prev_cpu,
		   u64 wake_flags)
{
	return prev_cpu;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)cgroup_kfuncs_select_cpu,
	       .enqueue		= (void *)cgroup_kfuncs_enqueue,
	       .name		= "cgroup_kfuncs");
