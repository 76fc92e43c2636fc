// SPDX-License-Identifier: GPL-2.0
/*
 * The maps of fuzzed programs, which are no part of this file, and programs that count
 * what those keep: references to tasks, CPU masks, cgroups, objects of the types here.
 */
#include "fifo.bpf.h"
#include "fuzz.h"

/* The data of objects has what links them next to it. */
struct fuzz_item {
	u64 key;
	u64 data[FUZZ_WORDS];
	struct bpf_rb_node rb;
	u64 twin;		/* of the key, as there is one owner */
	struct bpf_list_node link;
};

struct fuzz_shared {
	u64 key;
	u64 data[FUZZ_WORDS];
	struct bpf_refcount count;
	struct bpf_list_node link;
	struct bpf_rb_node rb;
};

/* Data that is indexed has kptrs before and after it. No index may reach those. */
struct slot {
	struct task_struct __kptr *task;
	u64 data[FUZZ_WORDS];
	struct bpf_cpumask __kptr *mask;
	struct cgroup __kptr *cgrp;
	struct fuzz_item __kptr *item;
	struct fuzz_shared __kptr *shared;
};

struct timed {
	struct bpf_timer timer;
	u64 data[FUZZ_WORDS];
};

struct locked {
	struct bpf_spin_lock lock;
	u64 data[FUZZ_WORDS];
};

struct rooted {
	struct bpf_spin_lock lock;
	u64 data[FUZZ_WORDS];
	struct bpf_rb_root item_tree __contains(fuzz_item, rb);
	struct bpf_list_head item_list __contains(fuzz_item, link);
	struct bpf_rb_root shared_tree __contains(fuzz_shared, rb);
	struct bpf_list_head shared_list __contains(fuzz_shared, link);
};

#define ARRAY(name, of, nr)					\
struct {						\
	__uint(type, BPF_MAP_TYPE_ARRAY);		\
	__uint(max_entries, nr);			\
	__type(key, u32);				\
	__type(value, struct of);			\
} name SEC(".maps")

ARRAY(slots, slot, FUZZ_SLOTS);
ARRAY(single, slot, 1);		/* found by its address */
ARRAY(timers, timed, FUZZ_SLOTS);
ARRAY(locks, locked, FUZZ_SLOTS);
ARRAY(roots, rooted, FUZZ_SLOTS);
ARRAY(root, rooted, 1);		/* found by its address */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * FUZZ_SLOTS);
	__type(key, u32);
	__type(value, struct slot);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct slot);
} of_task SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct slot);
} of_cgroup SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/* What the programs saw, by place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64[FUZZ_SITES]);
} seen SEC(".maps");

s32 pids[FUZZ_PIDS];
u32 users[FUZZ_PIDS];		/* references to them, without ours; 0: not found */

SEC("syscall")
int count_users(void *ctx)
{
	struct task_struct *p;
	u32 i;

	for (i = 0; i < FUZZ_PIDS; i++) {
		users[i] = 0;
		p = bpf_task_from_pid(pids[i]);
		if (!p)
			continue;
		users[i] = p->rcu_users.refs.counter - 1;
		bpf_task_release(p);
	}
	return 0;
}

/* What programs left with tasks and cgroups, whichever they came by */
SEC("syscall")
int clear_storage(void *ctx)
{
	struct cgroup *root = bpf_cgroup_from_id(1), *cgrp;
	struct cgroup_subsys_state *css;
	struct task_struct *p;

	bpf_rcu_read_lock();
	bpf_for_each(task, p, NULL, BPF_TASK_ITER_ALL_THREADS)
		bpf_task_storage_delete(&of_task, p);
	bpf_rcu_read_unlock();
	if (!root)
		return -1;
	bpf_rcu_read_lock();
	bpf_for_each(css, css, &root->self, BPF_CGROUP_ITER_DESCENDANTS_PRE) {
		cgrp = bpf_cgroup_from_id(css->cgroup->kn->id);
		if (!cgrp)
			continue;
		bpf_cgrp_storage_delete(&of_cgroup, cgrp);
		bpf_cgroup_release(cgrp);
	}
	bpf_rcu_read_unlock();
	bpf_cgroup_release(root);
	return 0;
}

s32 watched_pid;
u64 watched_cgroup;
u64 nr_tasks_freed, nr_cgroups_gone;
u64 nr_masks, nr_masks_freed;

SEC("tp_btf/sched_process_free")
int BPF_PROG(task_freed, struct task_struct *p)
{
	if (p->pid == watched_pid)
		__sync_fetch_and_add(&nr_tasks_freed, 1);
	return 0;
}

SEC("tp_btf/cgroup_release")
int BPF_PROG(cgroup_gone, struct cgroup *cgrp, const char *path)
{
	if (cgrp->kn->id == watched_cgroup)
		__sync_fetch_and_add(&nr_cgroups_gone, 1);
	return 0;
}

SEC("fexit/bpf_cpumask_create")
int BPF_PROG(mask_created, struct bpf_cpumask *mask)
{
	if (mask)
		__sync_fetch_and_add(&nr_masks, 1);
	return 0;
}

SEC("fentry/bpf_cpumask_free_rcu")
int BPF_PROG(mask_freed)
{
	__sync_fetch_and_add(&nr_masks_freed, 1);
	return 0;
}

/* How many owners objects got and lost */
u64 nr_owners, nr_owners_gone;

SEC("fexit/bpf_obj_new_impl")
int BPF_PROG(object_created, u64 type, void *meta, void *obj)
{
	if (obj)
		__sync_fetch_and_add(&nr_owners, 1);
	return 0;
}

SEC("fentry/bpf_refcount_acquire_impl")
int BPF_PROG(object_acquired)
{
	__sync_fetch_and_add(&nr_owners, 1);
	return 0;
}

SEC("fentry/bpf_obj_put")
int BPF_PROG(object_put, void *obj)
{
	if (obj)
		__sync_fetch_and_add(&nr_owners_gone, 1);
	return 0;
}

u64 nr_drained;

static __always_inline struct bpf_list_node *pop(struct rooted *r, struct bpf_list_head *list)
{
	struct bpf_list_node *node;

	bpf_spin_lock(&r->lock);
	node = bpf_list_pop_front(list);
	bpf_spin_unlock(&r->lock);
	nr_drained += !!node;
	return node;
}

static __always_inline struct bpf_rb_node *take(struct rooted *r, struct bpf_rb_root *tree)
{
	struct bpf_rb_node *node;

	bpf_spin_lock(&r->lock);
	node = bpf_rbtree_first(tree);
	if (node)
		node = bpf_rbtree_remove(tree, node);
	bpf_spin_unlock(&r->lock);
	nr_drained += !!node;
	return node;
}

/* One object of each root */
static int drain_value(u32 i, void *ctx)
{
	u32 key = i % (FUZZ_SLOTS + 1), only = 0;
	struct bpf_list_node *link;
	struct bpf_rb_node *rb;
	struct rooted *r;

	r = bpf_map_lookup_elem(&roots, &key) ?: bpf_map_lookup_elem(&root, &only);
	if (!r)
		return 1;
	link = pop(r, &r->item_list);
	if (link)
		bpf_obj_drop(container_of(link, struct fuzz_item, link));
	link = pop(r, &r->shared_list);
	if (link)
		bpf_obj_drop(container_of(link, struct fuzz_shared, link));
	rb = take(r, &r->item_tree);
	if (rb)
		bpf_obj_drop(container_of(rb, struct fuzz_item, rb));
	rb = take(r, &r->shared_tree);
	if (rb)
		bpf_obj_drop(container_of(rb, struct fuzz_shared, rb));
	return 0;
}

/* What programs left in roots, or some of it */
SEC("tc")
int drain(void *ctx)
{
	nr_drained = 0;
	bpf_loop(100 * (FUZZ_SLOTS + 1), drain_value, NULL, 0);
	return 0;
}

/* For programs, with whose maps they have one BTF: whole types of objects, functions */
private(TYPES) struct fuzz_item whole_item;
private(TYPES) struct fuzz_shared whole_shared;

static __noinline int fuzz_func(void)
{
	barrier();
	return 0;
}

int fuzz_main(void)
{
	return fuzz_func();
}

/*
 * With these two there, a third program comes to the tracepoint, and goes, without a
 * grace period.
 */
SEC("tp_btf/task_rename")
int BPF_PROG(first_there, struct task_struct *p, const char *name)
{
	return 0;
}

SEC("tp_btf/task_rename")
int BPF_PROG(second_there, struct task_struct *p, const char *name)
{
	return 0;
}

/* For DSQs to iterate over: every task goes through one. */
s32 BPF_STRUCT_OPS(fuzz_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)fuzz_select_cpu,
	       .name		= "fuzz");
