// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of a program's own types: allocated, counted, in a tree and in a list.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

struct tree_item {
	struct bpf_rb_node rb_node;
	struct bpf_list_node list_node;
	struct bpf_refcount refcount;
	u64 key;
};

private(TREE) struct bpf_spin_lock tree_lock;
private(TREE) struct bpf_rb_root tree __contains(tree_item, rb_node);

private(LIST) struct bpf_spin_lock list_lock;
private(LIST) struct bpf_list_head list __contains(tree_item, list_node);

struct stash {
	struct tree_item __kptr *node;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct stash);
} stashes SEC(".maps");

UEI_DEFINE(uei);

u64 first_key, nr_listed, nr_failed;

static bool node_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct tree_item, rb_node)->key <
	       container_of(b, struct tree_item, rb_node)->key;
}

static s32 use_tree(void)
{
	struct bpf_rb_node *rb_node;
	struct tree_item *node;

	node = bpf_obj_new(struct tree_item);
	if (!node)
		return -ENOMEM;
	node->key = bpf_ktime_get_ns();

	bpf_spin_lock(&tree_lock);
	bpf_rbtree_add(&tree, &node->rb_node, node_less);
	rb_node = bpf_rbtree_first(&tree);
	if (!rb_node) {
		bpf_spin_unlock(&tree_lock);
		return -ENOENT;
	}
	first_key = container_of(rb_node, struct tree_item, rb_node)->key;
	rb_node = bpf_rbtree_remove(&tree, rb_node);
	bpf_spin_unlock(&tree_lock);
	if (rb_node)
		bpf_obj_drop(container_of(rb_node, struct tree_item, rb_node));
	return 0;
}

static s32 use_list(void)
{
	struct bpf_list_node *front, *back;
	struct tree_item *a, *b;

	a = bpf_obj_new(struct tree_item);
	if (!a)
		return -ENOMEM;
	b = bpf_obj_new(struct tree_item);
	if (!b) {
		bpf_obj_drop(a);
		return -ENOMEM;
	}
	bpf_spin_lock(&list_lock);
	bpf_list_push_front(&list, &a->list_node);
	bpf_list_push_back(&list, &b->list_node);
	front = bpf_list_pop_front(&list);
	back = bpf_list_pop_back(&list);
	bpf_spin_unlock(&list_lock);
	if (front) {
		nr_listed++;
		bpf_obj_drop(container_of(front, struct tree_item, list_node));
	}
	if (back) {
		nr_listed++;
		bpf_obj_drop(container_of(back, struct tree_item, list_node));
	}
	return 0;
}

static s32 use_shared(void)
{
	struct tree_item *node, *other;
	struct stash *stash;
	u32 key = 0;

	stash = bpf_map_lookup_elem(&stashes, &key);
	if (!stash)
		return -ENOENT;
	node = bpf_obj_new(struct tree_item);
	if (!node)
		return -ENOMEM;
	other = bpf_refcount_acquire(node);
	bpf_obj_drop(node);
	if (!other)
		return -ENOENT;
	other = bpf_kptr_xchg(&stash->node, other);
	if (other)
		bpf_obj_drop(other);
	return 0;
}

void BPF_STRUCT_OPS(objects_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (use_tree() || use_list() || use_shared())
		__sync_fetch_and_add(&nr_failed, 1);
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(objects_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(objects_ops,
	       .enqueue	= (void *)objects_enqueue,
	       .exit	= (void *)objects_exit,
	       .name	= "compat_objects");
