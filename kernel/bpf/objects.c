// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects of types that programs have of their own, and trees and lists of these.
 *
 * An object is memory for a struct of the program's BTF. The program reads and writes
 * its members, but for those of types that are known here: a struct bpf_rb_node or
 * bpf_list_node, by which it is in a tree or a list, and a struct bpf_refcount. Objects
 * own nothing: no other objects, no kptrs. So all that it takes to free one is its
 * memory, and freeing never goes from one to the next.
 *
 * Somebody owns an object: a program, which the verifier keeps an eye on, a kptr in a
 * map, or the root of a tree or list. One of them at a time, unless it has a
 * bpf_refcount, which says how many do. The last one frees it, at once, and its memory
 * may be another object the next moment: nobody looks at objects under RCU. Memory for
 * objects is charged to nobody, as programs that schedule allocate it for all. What a
 * program may do with the objects that a root owns is in bpf_verifier.h.
 *
 * A root is in the value of a map, next to a lock. Whoever looks at the root or at how
 * objects hang together below it holds that lock. A node says which root it belongs
 * to. It is set and cleared under the lock of that root, from NULL and to NULL. As an
 * object that is counted can be added to two roots at the same time, under different
 * locks, it is claimed with cmpxchg() before and given free after all else. An object
 * that belongs to no root has all its nodes at NULL: a root owns what belongs to it.
 *
 * The lock is that of bpf_spin_lock(), with IRQs off. Nothing here sleeps or takes
 * another, and all but the draining of a map is done in a bounded number of steps, or,
 * adding to a tree, in as many as the tree is high, each with a call of less(), which is
 * as long as the program has it. Programs that trace what is called with the lock
 * cannot use a map with a root, see check_map_prog_compatibility(). They must not wake a
 * task either: the scheduler may take the lock, as it may one of a runqueue.
 */
#include <linux/bpf.h>
#include <linux/bpf_mem_alloc.h>
#include <linux/bpf_verifier.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/capability.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/sched.h>

/* The kernel's view of the types in uapi. All zeroes is nothing: empty, in no root. */
struct obj_rb_node {
	struct rb_node rb;
	void *root;
};

struct obj_list_node {
	struct list_head list;
	void *root;
};

/*
 * In front of each object, as whoever frees it need not know its type: its size in the
 * lower half, the offset of the count in the upper, or BPF_OBJ_NOT_COUNTED. The verifier
 * passes it for a new object as the argument called meta. Never zero.
 */
struct obj_head {
	u64 meta;
};

struct bpf_mem_alloc bpf_obj_ma;

u64 bpf_obj_meta(const struct bpf_obj_layout *layout)
{
	u64 count_off = BPF_OBJ_NOT_COUNTED;
	u32 i;

	for (i = 0; i < layout->cnt; i++)
		if (layout->field[i].type == BPF_OBJ_REFCOUNT)
			count_off = layout->field[i].off;
	return count_off << 32 | layout->size;
}

static refcount_t *obj_count(void *obj)
{
	u32 off = upper_32_bits(((struct obj_head *)obj - 1)->meta);

	return off == BPF_OBJ_NOT_COUNTED ? NULL : obj + off;
}

/* Somebody owns @obj no more, in any context. There may be none. */
noinline void bpf_obj_put(void *obj)
{
	if (!obj || (obj_count(obj) && !refcount_dec_and_test(obj_count(obj))))
		return;

	migrate_disable();
	bpf_mem_free(&bpf_obj_ma, (struct obj_head *)obj - 1);
	migrate_enable();
}

static void tree_unlink(struct rb_root_cached *tree, struct obj_rb_node *node)
{
	rb_erase_cached(&node->rb, tree);
	/* Pairs with cmpxchg() in bpf_rbtree_add_impl() for another root. */
	smp_store_release(&node->root, NULL);
}

static void list_unlink(struct obj_list_node *node)
{
	list_del(&node->list);
	/* Pairs with cmpxchg() in list_add_node(). */
	smp_store_release(&node->root, NULL);
}

/* @node is in a root. The verifier knows of objects that are not counted that they are
 * not, and where they begin: otherwise better leave it than free what nobody knows.
 */
static int add_failed(void *node, u64 off)
{
	if (!WARN_ON_ONCE((u32)off == BPF_OBJ_NOT_COUNTED))
		bpf_obj_put(node - off);
	return -EINVAL;
}

static void drain_tree(struct rb_root_cached *tree, const struct bpf_map_root *root)
{
	struct rb_node *rb;

	while ((rb = rb_first_cached(tree))) {
		struct obj_rb_node *node = container_of(rb, struct obj_rb_node, rb);

		tree_unlink(tree, node);
		bpf_obj_put((void *)node - root->node_off);
		cond_resched();
	}
}

static void drain_list(struct list_head *head, const struct bpf_map_root *root)
{
	while (head->next && !list_empty(head)) {
		struct obj_list_node *node = list_first_entry(head, struct obj_list_node, list);

		list_unlink(node);
		bpf_obj_put((void *)node - root->node_off);
		cond_resched();
	}
}

/*
 * The map goes, and with it all programs that could take the locks in it. Others may
 * own some of the objects as well, and go on with those.
 */
void bpf_map_free_objs(const struct bpf_map *map, void *map_value)
{
	const struct bpf_map_root *root;
	u32 i;

	for (i = 0; i < map->roots->cnt; i++) {
		root = &map->roots->root[i];
		if (root->node_type == BPF_OBJ_RB_NODE)
			drain_tree(map_value + root->off, root);
		else
			drain_list(map_value + root->off, root);
	}
}

__diag_push();
__diag_ignore_all("-Wmissing-prototypes",
		  "Global kfuncs as their definitions will be in BTF");

/**
 * bpf_obj_new_impl - allocate an object
 * @local_type_id__k: its type, a struct in the BTF of the program; constant
 * @meta__ign: what the verifier knows of the type
 *
 * For bpf_obj_new(). From any context. With IRQs off, memory lasts for a few objects,
 * until they are on again and more is fetched.
 *
 * Return: the object, all zeroes, to be dropped, added to a root or put into a map, or
 * NULL if there is no memory.
 */
noinline __used void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign)
{
	u64 meta = (unsigned long)meta__ign;
	size_t size = sizeof(struct obj_head) + lower_32_bits(meta);
	struct obj_head *head = bpf_mem_alloc(&bpf_obj_ma, size);
	void *obj = head + 1;

	if (!head)
		return NULL;
	memset(head, 0, size);
	head->meta = meta;
	if (obj_count(obj))
		refcount_set(obj_count(obj), 1);
	return obj;
}

/**
 * bpf_obj_drop_impl - give up an object
 * @p__alloc: the object, which the program owns
 * @meta__ign: not used
 *
 * For bpf_obj_drop(). From any context, but with no lock held.
 */
noinline __used void bpf_obj_drop_impl(void *p__alloc, void *meta__ign)
{
	bpf_obj_put(p__alloc);
}

/**
 * bpf_refcount_acquire_impl - own an object once more
 * @p__refcounted_kptr: the object, of a type with a bpf_refcount, which the program or
 *	a root whose lock it holds owns
 * @meta__ign: not used
 *
 * For bpf_refcount_acquire(). From any context, with the lock of a root as well.
 *
 * Return: the object, never NULL, to be dropped, added or put into a map once more.
 */
noinline __used void *bpf_refcount_acquire_impl(void *p__refcounted_kptr, void *meta__ign)
{
	refcount_inc(obj_count(p__refcounted_kptr));
	return p__refcounted_kptr;
}

/**
 * bpf_rbtree_add_impl - add an object to a tree
 * @root: the tree
 * @node: the node of the object by which @root has them, of an object that the program
 *	owns; @root does, from now on
 * @less: whether the object of its first argument goes before that of the second
 * @meta__ign: not used
 * @off: the verifier's: where in the object @node is, or BPF_OBJ_NOT_COUNTED
 *
 * For bpf_rbtree_add(). Called with the lock of @root, under which @less is called as
 * well.
 *
 * Return: 0, or -EINVAL if the node is in a tree by another owner's hand: what the
 * program owned of the object is dropped then.
 */
noinline __used int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
					bool (*less)(struct bpf_rb_node *a,
						     const struct bpf_rb_node *b),
					void *meta__ign, u64 off)
{
	bpf_callback_t cb = (bpf_callback_t)(void *)less;
	struct rb_root_cached *tree = (void *)root;
	struct obj_rb_node *n = (void *)node;
	struct rb_node **link = &tree->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	if (cmpxchg(&n->root, NULL, root))
		return add_failed(node, off);

	while (*link) {
		parent = *link;
		if (cb((unsigned long)node, (unsigned long)parent, 0, 0, 0)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(&n->rb, parent, link);
	rb_insert_color_cached(&n->rb, tree, leftmost);
	return 0;
}

/**
 * bpf_rbtree_remove - take an object out of a tree
 * @root: the tree
 * @node: the node of an object that a tree owns
 *
 * Called with the lock of @root.
 *
 * Return: @node, of which the program owns the object now, or NULL if it is not in
 * @root.
 */
noinline __used struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root,
						      struct bpf_rb_node *node)
{
	struct obj_rb_node *n = (void *)node;

	if (READ_ONCE(n->root) != root)
		return NULL;
	tree_unlink((void *)root, n);
	return node;
}

/**
 * bpf_rbtree_first - find the first object of a tree
 * @root: the tree
 *
 * Called with the lock of @root.
 *
 * Return: its node, which @root still owns, or NULL if there is none.
 */
noinline __used struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root)
{
	struct rb_root_cached *tree = (void *)root;

	return (void *)rb_first_cached(tree);
}

static int list_add_node(struct bpf_list_head *head, struct bpf_list_node *node, bool back,
			 u64 off)
{
	struct obj_list_node *n = (void *)node;
	struct list_head *list = (void *)head;

	if (cmpxchg(&n->root, NULL, head))
		return add_failed(node, off);
	if (!list->next)
		INIT_LIST_HEAD(list);
	if (back)
		list_add_tail(&n->list, list);
	else
		list_add(&n->list, list);
	return 0;
}

static struct bpf_list_node *list_pop_node(struct bpf_list_head *head, bool back)
{
	struct list_head *list = (void *)head, *pos;

	if (!list->next || list_empty(list))
		return NULL;
	pos = back ? list->prev : list->next;
	list_unlink(container_of(pos, struct obj_list_node, list));
	return (void *)pos;
}

/**
 * bpf_list_push_front_impl - add an object to a list, as the first one
 * @head: the list
 * @node: the node of the object by which @head has them, of an object that the program
 *	owns; @head does, from now on
 * @meta__ign: not used
 * @off: the verifier's: where in the object @node is, or BPF_OBJ_NOT_COUNTED
 *
 * For bpf_list_push_front(). Called with the lock of @head.
 *
 * Return: 0, or -EINVAL if the node is in a list by another owner's hand: what the
 * program owned of the object is dropped then.
 */
noinline __used int bpf_list_push_front_impl(struct bpf_list_head *head,
					     struct bpf_list_node *node,
					     void *meta__ign, u64 off)
{
	return list_add_node(head, node, false, off);
}

/**
 * bpf_list_push_back_impl - add an object to a list, as the last one
 * @head: the list
 * @node: the node of the object by which @head has them, of an object that the program
 *	owns; @head does, from now on
 * @meta__ign: not used
 * @off: the verifier's: where in the object @node is, or BPF_OBJ_NOT_COUNTED
 *
 * For bpf_list_push_back(). Called with the lock of @head.
 *
 * Return: as bpf_list_push_front_impl().
 */
noinline __used int bpf_list_push_back_impl(struct bpf_list_head *head,
					    struct bpf_list_node *node,
					    void *meta__ign, u64 off)
{
	return list_add_node(head, node, true, off);
}

/**
 * bpf_list_pop_front - take the first object out of a list
 * @head: the list
 *
 * Called with the lock of @head.
 *
 * Return: its node, of which the program owns the object now, or NULL if the list is
 * empty.
 */
noinline __used struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head)
{
	return list_pop_node(head, false);
}

/**
 * bpf_list_pop_back - take the last object out of a list
 * @head: the list
 *
 * Called with the lock of @head.
 *
 * Return: as bpf_list_pop_front().
 */
noinline __used struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head)
{
	return list_pop_node(head, true);
}

__diag_pop();

/*
 * The verifier knows each of them, see check_obj_kfunc_call(), and what it demands is
 * more than what these flags say.
 */
BTF_SET8_START(obj_kfunc_ids)
BTF_ID_FLAGS(func, bpf_obj_new_impl, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_obj_drop_impl, KF_RELEASE)
BTF_ID_FLAGS(func, bpf_refcount_acquire_impl, KF_ACQUIRE | KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_rbtree_add_impl, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_rbtree_remove, KF_ACQUIRE | KF_RET_NULL | KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_rbtree_first, KF_RET_NULL | KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_list_push_front_impl, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_list_push_back_impl, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_list_pop_front, KF_ACQUIRE | KF_RET_NULL | KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_list_pop_back, KF_ACQUIRE | KF_RET_NULL | KF_TRUSTED_ARGS)
BTF_SET8_END(obj_kfunc_ids)

/* Pointers to objects are not kept from being computed with, nor from being seen. */
static int obj_kfunc_filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	return bpf_capable() && perfmon_capable() ? 0 : -EACCES;
}

static const struct btf_kfunc_id_set obj_kfunc_set = {
	.owner	= THIS_MODULE,
	.set	= &obj_kfunc_ids,
	.filter	= obj_kfunc_filter,
};

/* Before any kfunc that allocates from it is registered */
static int __init obj_ma_init(void)
{
	return bpf_mem_alloc_init(&bpf_obj_ma, 0, false);
}
subsys_initcall(obj_ma_init);

static int __init obj_kfunc_init(void)
{
	BUILD_BUG_ON(sizeof(struct obj_rb_node) > sizeof(struct bpf_rb_node));
	BUILD_BUG_ON(sizeof(struct obj_list_node) > sizeof(struct bpf_list_node));
	BUILD_BUG_ON(sizeof(struct rb_root_cached) > sizeof(struct bpf_rb_root));
	BUILD_BUG_ON(sizeof(struct list_head) > sizeof(struct bpf_list_head));
	BUILD_BUG_ON(sizeof(refcount_t) > sizeof(struct bpf_refcount));
	/* A pointer to either is the same. */
	BUILD_BUG_ON(offsetof(struct obj_rb_node, rb) || offsetof(struct obj_list_node, list));
	BTF_TYPE_EMIT(struct bpf_refcount);

	/* meta has to fit */
	if (sizeof(void *) != sizeof(u64) || !bpf_obj_ma.caches)
		return 0;
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &obj_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_SCHED_CLS, &obj_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &obj_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &obj_kfunc_set);
}
late_initcall(obj_kfunc_init);
