// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that do with objects of their own types what they must not, each with a
 * twin that differs in one statement. See objects_refused.h for what the verifier says.
 */
#include <scx/common.bpf.h>
#include "pairs.bpf.h"

char _license[] SEC("license") = "GPL";

struct my_item {
	u64 key;
	struct bpf_rb_node rb;
	struct bpf_rb_node rb2;
	struct bpf_list_node link;
	u32 last[2];
};

struct my_other {
	u64 key;
	struct bpf_rb_node rb;
	struct bpf_list_node link;
};

struct my_shared {
	u64 key;
	struct bpf_rb_node rb;
	struct bpf_list_node link;
	struct bpf_refcount count;
};

private(A) struct bpf_spin_lock lock;
private(A) struct bpf_rb_root tree __contains(my_item, rb);
private(A) struct bpf_rb_root tree2 __contains(my_item, rb2);
private(A) struct bpf_rb_root shared_tree __contains(my_shared, rb);
private(A) struct bpf_list_head list __contains(my_item, link);

private(B) struct bpf_spin_lock lock_b;
private(B) struct bpf_rb_root tree_b __contains(my_item, rb);

struct my_bucket {
	u64 nr[2];
	struct bpf_rb_root tree __contains(my_item, rb);
	struct bpf_spin_lock lock;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct my_bucket);
} buckets SEC(".maps");

struct my_stash {
	struct bpf_timer timer;
	struct my_item __kptr *item;
	struct my_other __kptr *other;
	struct bpf_cpumask __kptr *mask;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct my_stash);
} stashes SEC(".maps");

u64 sink;
/* For its type to be complete */
private(C) struct my_other unused;

#define RANDOMLY	(bpf_get_prandom_u32() & 1)

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct my_item, rb)->key <
	       container_of((struct bpf_rb_node *)b, struct my_item, rb)->key;
}

static bool any_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return false;
}

#define PAIR_IN(section, name)	REFUSED_C_IN("?" section, name)

/* Of a type that has more kfuncs, but no roots */
#define TRACING			"tp_btf/sched_switch"

private(D) struct bpf_spin_lock rootless_lock;

/* Nothing yet, one object, and one that is in the tree, lent with the lock held. */
#define PAIR_0(name)		PAIR_IN("tc", name)
#define PAIR_1(name)		PAIR_1_IN("tc", name)
#define PAIR_1_IN(section, name)					\
	static __always_inline int name##_item(const bool mended, struct my_item *item); \
	PAIR_IN(section, name)						\
	{								\
		struct my_item *item = bpf_obj_new(struct my_item);		\
									\
		return item ? name##_item(mended, item) : 0;		\
	}								\
	static __always_inline int name##_item(const bool mended, struct my_item *item)
#define PAIR_TREE(name)							\
	static __always_inline void name##_tree(const bool mended, struct my_item *item); \
	PAIR_1(name)							\
	{								\
		bpf_spin_lock(&lock);					\
		bpf_rbtree_add(&tree, &item->rb, less);			\
		name##_tree(mended, item);				\
		bpf_spin_unlock(&lock);					\
		return 0;						\
	}								\
	static __always_inline void name##_tree(const bool mended, struct my_item *item)

/* What types there can be objects of */

#define PAIR_TYPE(name, type)						\
	PAIR_0(name)							\
	{								\
		void *obj;						\
									\
		if (mended)						\
			obj = bpf_obj_new_impl(bpf_core_type_id_local(struct my_item), NULL); \
		else							\
			obj = bpf_obj_new_impl(bpf_core_type_id_local(type), NULL); \
		if (obj)						\
			bpf_obj_drop(obj);				\
		return 0;						\
	}

struct has_lock {
	u64 a;
	struct bpf_spin_lock lock;
};
struct has_list {
	struct bpf_list_head list __contains(my_item, link);
};
struct has_tree {
	struct bpf_rb_root tree __contains(my_item, rb);
};
struct has_timer {
	struct bpf_timer timer;
};
struct has_kptr {
	struct my_item __kptr *item;
};
struct has_two_counts {
	struct bpf_refcount a, b;
};
struct too_large {
	u8 a[4096];
};
union no_struct {
	u64 a;
};

PAIR_TYPE(type_lock, struct has_lock)
PAIR_TYPE(type_list, struct has_list)
PAIR_TYPE(type_tree, struct has_tree)
PAIR_TYPE(type_timer, struct has_timer)
PAIR_TYPE(type_kptr, struct has_kptr)
PAIR_TYPE(type_two_counts, struct has_two_counts)
PAIR_TYPE(type_too_large, struct too_large)
PAIR_TYPE(type_union, union no_struct)
PAIR_TYPE(type_int, int)

PAIR_0(type_unknown)
{
	u64 id = bpf_core_type_id_local(struct my_item);
	void *obj;

	if (!mended)
		id += RANDOMLY;
	obj = bpf_obj_new_impl(id, NULL);
	if (obj)
		bpf_obj_drop(obj);
	return 0;
}

/* What can be read and written */

PAIR_0(unchecked)
{
	struct my_item *item = bpf_obj_new(struct my_item);

	if (mended && !item)
		return 0;
	item->key = 1;
	bpf_obj_drop(item);
	return 0;
}

PAIR_0(drop_unchecked)
{
	struct my_item *item = bpf_obj_new(struct my_item);

	if (mended && !item)
		return 0;
	bpf_obj_drop(item);
	return 0;
}

#define PAIR_ACCESS(name, wrong, right)					\
	PAIR_1(name)							\
	{								\
		if (mended)						\
			right;						\
		else							\
			wrong;						\
		bpf_obj_drop(item);					\
		return 0;						\
	}

#define at(p, off)	(*(volatile u64 *)((void *)(p) + (off)))

PAIR_ACCESS(read_beyond, sink = at(item, sizeof(*item)), sink = at(item, sizeof(*item) - 8))
PAIR_ACCESS(write_across, at(item, sizeof(*item) - 4) = 1, at(item, sizeof(*item) - 8) = 1)
PAIR_ACCESS(read_before, sink = at(item, -8), sink = at(item, 0))
PAIR_ACCESS(read_node, sink = at(&item->rb, 0), sink = item->key)
PAIR_ACCESS(write_node, at(&item->rb, 24) = 1, item->key = 1)
PAIR_ACCESS(write_list_node, at(&item->link, 16) = 1, item->last[0] = 1)
PAIR_ACCESS(count_up, __sync_fetch_and_add((u64 *)&item->rb2, 1),
	    __sync_fetch_and_add(&item->key, 1))

PAIR_1(write_anywhere)
{
	u64 i = bpf_get_prandom_u32();

	barrier_var(i);
	if (mended)
		i &= 1;
	else
		i &= 15;
	*(volatile u32 *)((void *)item + 4 * i) = 1;
	bpf_obj_drop(item);
	return 0;
}

PAIR_0(write_count)
{
	struct my_shared *obj = bpf_obj_new(struct my_shared);

	if (!obj)
		return 0;
	if (mended)
		obj->key = 1;
	else
		*(volatile u32 *)&obj->count = 1;
	bpf_obj_drop(obj);
	return 0;
}

/* Who gives up what */

PAIR_1(leaked)
{
	if (mended)
		bpf_obj_drop(item);
	return 0;
}

PAIR_1(dropped_twice)
{
	bpf_obj_drop(item);
	if (!mended)
		bpf_obj_drop(item);
	return 0;
}

PAIR_1(read_after_drop)
{
	if (mended)
		sink = item->key;
	bpf_obj_drop(item);
	if (!mended)
		sink = item->key;
	return 0;
}

PAIR_1(drop_member)
{
	bpf_obj_drop_impl(mended ? (void *)item : (void *)&item->rb, NULL);
	return 0;
}

PAIR_1_IN(TRACING, drop_of_kernel)
{
	void *mask = bpf_cpumask_create();

	if (mask) {
		if (mended)
			bpf_cpumask_release(mask);
		else
			bpf_obj_drop(mask);
	}
	bpf_obj_drop(item);
	return 0;
}

PAIR_1(drop_on_one_way)
{
	if (RANDOMLY && !mended)
		bpf_obj_drop(item);
	bpf_obj_drop(item);
	return 0;
}

PAIR_1_IN(TRACING, to_kfunc)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();

	if (mask) {
		bpf_cpumask_clear(mended ? mask : (void *)item);
		bpf_cpumask_release(mask);
	}
	bpf_obj_drop(item);
	return 0;
}

PAIR_1(to_helper)
{
	u64 key = 0;

	bpf_probe_read_kernel(mended ? &key : &item->key, 8, NULL);
	sink = key;
	bpf_obj_drop(item);
	return 0;
}

PAIR_0(two_types)
{
	u64 id = bpf_core_type_id_local(struct my_item);
	void *obj;

	if (!mended && RANDOMLY)
		id = bpf_core_type_id_local(struct my_shared);
	obj = bpf_obj_new_impl(id, NULL);
	if (obj)
		bpf_obj_drop(obj);
	return 0;
}

static int drops(u32 i, struct my_item **item)
{
	bpf_obj_drop(*item);
	return 0;
}

static int drops_own(u32 i, struct my_item **item)
{
	struct my_item *own = bpf_obj_new(struct my_item);

	if (own)
		bpf_obj_drop(own);
	return 0;
}

PAIR_1(drop_in_callback)
{
	struct my_item *mine = item;

	bpf_loop(1, mended ? drops_own : drops, &mine, 0);
	bpf_obj_drop(item);
	return 0;
}

static int adds(u32 i, struct my_item **item)
{
	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &(*item)->rb, less);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_1(add_in_callback)
{
	struct my_item *mine = item;

	bpf_loop(1, mended ? drops_own : adds, &mine, 0);
	bpf_obj_drop(item);
	return 0;
}

/* Roots and locks */

#define PAIR_ADD(name, wrong, right)					\
	PAIR_1(name)							\
	{								\
		if (mended)						\
			right						\
		else							\
			wrong						\
		return 0;						\
	}

#define ADD(lock, root, node) {						\
	bpf_spin_lock(lock);						\
	bpf_rbtree_add(root, node, any_less);				\
	bpf_spin_unlock(lock);						\
}

PAIR_1(add_unlocked)
{
	if (mended)
		bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, any_less);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_1(add_other_lock)
{
	struct bpf_spin_lock *held = mended ? &lock : &lock_b;

	bpf_spin_lock(held);
	bpf_rbtree_add(&tree, &item->rb, any_less);
	bpf_spin_unlock(held);
	return 0;
}

PAIR_ADD(add_other_node, ADD(&lock, &tree, &item->rb2), ADD(&lock, &tree2, &item->rb2))
PAIR_ADD(add_list_node, ADD(&lock, &tree, (void *)&item->link), ADD(&lock, &tree, &item->rb))
PAIR_ADD(add_object, ADD(&lock, &tree, (void *)item), ADD(&lock, &tree, &item->rb))
PAIR_ADD(add_to_list, ADD(&lock, (void *)&list, &item->rb), ADD(&lock, &tree, &item->rb))
PAIR_ADD(add_beside, ADD(&lock, (void *)&tree + 8, &item->rb), ADD(&lock, &tree, &item->rb))

PAIR_0(add_other_type)
{
	struct my_shared *obj = bpf_obj_new(struct my_shared);

	if (!obj)
		return 0;
	bpf_spin_lock(&lock);
	bpf_rbtree_add(mended ? &shared_tree : &tree, &obj->rb, any_less);
	bpf_spin_unlock(&lock);
	return 0;
}

static __always_inline struct my_bucket *get_bucket(u32 key)
{
	return bpf_map_lookup_elem(&buckets, &key);
}

PAIR_1(add_other_value)
{
	struct my_bucket *a = get_bucket(0), *b = get_bucket(1);

	if (!a || !b) {
		bpf_obj_drop(item);
		return 0;
	}
	bpf_spin_lock(&a->lock);
	bpf_rbtree_add(mended ? &a->tree : &b->tree, &item->rb, any_less);
	bpf_spin_unlock(&a->lock);
	return 0;
}

PAIR_TREE(add_twice)
{
	if (!mended)
		bpf_rbtree_add(&tree, &item->rb, less);
}

PAIR_TREE(add_to_two)
{
	if (!mended)
		bpf_rbtree_add(&tree2, &item->rb2, any_less);
}

PAIR_TREE(push_too)
{
	if (!mended)
		bpf_list_push_front(&list, &item->link);
}

PAIR_TREE(drop_lent)
{
	if (!mended)
		bpf_obj_drop(item);
}

PAIR_TREE(new_under_lock)
{
	if (!mended)
		sink = (u64)bpf_obj_new(struct my_item);
}

PAIR_TREE(write_lent_node)
{
	if (mended)
		item->key = 1;
	else
		at(&item->rb, 0) = 1;
}

PAIR_1(lent_after_unlock)
{
	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, less);
	if (mended)
		sink = item->key;
	bpf_spin_unlock(&lock);
	if (!mended)
		sink = item->key;
	return 0;
}

PAIR_1(drop_after_unlock)
{
	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, less);
	bpf_spin_unlock(&lock);
	if (!mended)
		bpf_obj_drop(item);
	return 0;
}

static __noinline void unlocks(void)
{
	bpf_spin_unlock(&lock);
}

PAIR_1(lent_after_unlock_below)
{
	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, less);
	if (mended)
		sink = item->key;
	unlocks();
	if (!mended)
		sink = item->key;
	return 0;
}

PAIR_1(lent_next_time)
{
	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, less);
	if (mended)
		sink = item->key;
	bpf_spin_unlock(&lock);
	bpf_spin_lock(&lock);
	if (!mended)
		sink = item->key;
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_1(lent_on_stack)
{
	struct my_item *volatile kept;

	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, less);
	kept = item;
	if (mended)
		sink = kept->key;
	bpf_spin_unlock(&lock);
	if (!mended)
		sink = kept->key;
	return 0;
}

/* Pruned: on the one way it is lent, on the other it is owned. */
PAIR_1(lent_on_one_way)
{
	bool add = RANDOMLY;

	bpf_spin_lock(&lock);
	if (add || mended)
		bpf_rbtree_add(&tree, &item->rb, less);
	item->key = 1;
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_0(first_unchecked)
{
	struct bpf_rb_node *rb;

	bpf_spin_lock(&lock);
	rb = bpf_rbtree_first(&tree);
	if (rb || !mended)
		sink = at(rb, -8);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_0(first_unlocked)
{
	if (mended)
		bpf_spin_lock(&lock);
	bpf_rbtree_first(&tree);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_0(first_after_unlock)
{
	struct bpf_rb_node *rb;

	bpf_spin_lock(&lock);
	rb = bpf_rbtree_first(&tree);
	if (rb && mended)
		sink = container_of(rb, struct my_item, rb)->key;
	bpf_spin_unlock(&lock);
	if (rb && !mended)
		sink = container_of(rb, struct my_item, rb)->key;
	return 0;
}

/* What follows takes the first one out. */
#define PAIR_FIRST(name)						\
	static __always_inline struct bpf_rb_node *name##_first(const bool mended, \
								struct bpf_rb_node *rb); \
	PAIR_0(name)							\
	{								\
		struct bpf_rb_node *rb;					\
									\
		bpf_spin_lock(&lock);					\
		rb = bpf_rbtree_first(&tree);				\
		if (rb)							\
			rb = name##_first(mended, rb);			\
		bpf_spin_unlock(&lock);					\
		if (rb)							\
			bpf_obj_drop(container_of(rb, struct my_item, rb)); \
		return 0;						\
	}								\
	static __always_inline struct bpf_rb_node *name##_first(const bool mended, \
								struct bpf_rb_node *rb)

PAIR_FIRST(first_dropped)
{
	return mended ? bpf_rbtree_remove(&tree, rb) : rb;
}

PAIR_FIRST(lent_after_remove)
{
	struct bpf_rb_node *out;

	if (mended)
		sink = at(rb, -8);
	out = bpf_rbtree_remove(&tree, rb);
	if (!mended)
		sink = at(rb, -8);
	return out;
}

PAIR_FIRST(removed_twice)
{
	struct bpf_rb_node *out = bpf_rbtree_remove(&tree, rb);

	if (!mended && out)
		bpf_rbtree_remove(&tree, out);
	return out;
}

PAIR_FIRST(remove_other_node)
{
	return bpf_rbtree_remove(mended ? &tree : &tree2, rb);
}

PAIR_FIRST(remove_other_lock)
{
	return bpf_rbtree_remove(mended ? &tree : &tree_b, rb);
}

static __always_inline struct bpf_rb_node *take_out(void)
{
	struct bpf_rb_node *rb;

	bpf_spin_lock(&lock);
	rb = bpf_rbtree_first(&tree);
	if (rb)
		rb = bpf_rbtree_remove(&tree, rb);
	bpf_spin_unlock(&lock);
	return rb;
}

PAIR_0(removed_unchecked)
{
	struct bpf_rb_node *rb = take_out();

	if (rb && mended)
		bpf_obj_drop(container_of(rb, struct my_item, rb));
	return 0;
}

/* What is taken out is dropped with no lock held, be it that of its root or another. */
static __always_inline int take_out_and_drop(const bool mended, struct bpf_spin_lock *held)
{
	struct bpf_rb_node *rb = take_out();

	if (!rb)
		return 0;
	bpf_spin_lock(held);
	if (!mended)
		bpf_obj_drop(container_of(rb, struct my_item, rb));
	bpf_spin_unlock(held);
	if (mended)
		bpf_obj_drop(container_of(rb, struct my_item, rb));
	return 0;
}

PAIR_0(drop_under_lock)
{
	return take_out_and_drop(mended, &lock);
}

PAIR_0(drop_under_other_lock)
{
	return take_out_and_drop(mended, &lock_b);
}

PAIR_0(drop_under_rootless_lock)
{
	return take_out_and_drop(mended, &rootless_lock);
}

PAIR_1(remove_owned)
{
	struct bpf_rb_node *rb = NULL;

	bpf_spin_lock(&lock);
	if (!mended)
		rb = bpf_rbtree_remove(&tree, &item->rb);
	bpf_spin_unlock(&lock);
	bpf_obj_drop(item);
	if (rb)
		bpf_obj_drop(container_of(rb, struct my_item, rb));
	return 0;
}

/* Functions that compare */

#define PAIR_LESS(name)							\
	static __always_inline bool name##_less(const bool mended, struct my_item *a, \
						struct bpf_rb_node *b);	\
	static bool name##_wrong(struct bpf_rb_node *a, const struct bpf_rb_node *b) \
	{								\
		return name##_less(false, container_of(a, struct my_item, rb), (void *)b);	\
	}								\
	static bool name##_right(struct bpf_rb_node *a, const struct bpf_rb_node *b) \
	{								\
		return name##_less(true, container_of(a, struct my_item, rb), (void *)b); \
	}								\
	PAIR_1(name)							\
	{								\
		bpf_spin_lock(&lock);					\
		if (mended)						\
			bpf_rbtree_add(&tree, &item->rb, name##_right);	\
		else							\
			bpf_rbtree_add(&tree, &item->rb, name##_wrong);	\
		bpf_spin_unlock(&lock);					\
		return 0;						\
	}								\
	static __always_inline bool name##_less(const bool mended, struct my_item *a, \
						struct bpf_rb_node *b)

PAIR_LESS(less_unlocks)
{
	if (!mended)
		bpf_spin_unlock(&lock);
	return a->key & 1;
}

PAIR_LESS(less_unlocks_below)
{
	if (!mended)
		unlocks();
	return a->key & 1;
}

PAIR_LESS(less_removes)
{
	if (!mended)
		bpf_rbtree_remove(&tree, b);
	return a->key & 1;
}

PAIR_LESS(less_looks)
{
	if (!mended)
		bpf_rbtree_first(&tree);
	return a->key & 1;
}

PAIR_LESS(less_adds)
{
	if (!mended)
		bpf_rbtree_add(&tree, &a->rb, any_less);
	return a->key & 1;
}

PAIR_LESS(less_acquires)
{
	if (!mended)
		bpf_refcount_acquire(a);
	return a->key & 1;
}

PAIR_LESS(less_asks)
{
	return mended ? a->key & 1 : bpf_get_prandom_u32() & 1;
}

PAIR_LESS(less_writes_node)
{
	if (mended)
		a->key++;
	else
		at(b, 8) = 1;
	return false;
}

PAIR_LESS(less_beyond)
{
	return at(a, mended ? sizeof(*a) - 8 : sizeof(*a)) & 1;
}

static bool timer_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return 0;
}

static __always_inline struct my_stash *get_stash(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&stashes, &key);
}

PAIR_1(less_of_timer)
{
	struct my_stash *stash = get_stash();

	if (stash && !mended)
		bpf_timer_set_callback(&stash->timer, (void *)timer_less);
	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, timer_less);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_1(timer_of_less)
{
	struct my_stash *stash = get_stash();

	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, timer_less);
	bpf_spin_unlock(&lock);
	if (stash && !mended)
		bpf_timer_set_callback(&stash->timer, (void *)timer_less);
	return 0;
}

/* Compilers refuse to compute with it, but the address is a number to the machine. */
PAIR_1(less_elsewhere)
{
	void *fn = less;

	if (mended)
		asm volatile("%0 += 0" : "+r"(fn));
	else
		asm volatile("%0 += 8" : "+r"(fn));
	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, fn);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_1(less_number)
{
	bpf_spin_lock(&lock);
	if (mended)
		bpf_rbtree_add(&tree, &item->rb, less);
	else
		bpf_rbtree_add(&tree, &item->rb, (void *)8);
	bpf_spin_unlock(&lock);
	return 0;
}

/* Lists */

PAIR_1(push_unlocked)
{
	if (mended)
		bpf_spin_lock(&lock);
	bpf_list_push_back(&list, &item->link);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_1(push_to_tree)
{
	bpf_spin_lock(&lock);
	bpf_list_push_front(mended ? &list : (void *)&tree, &item->link);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_1(push_other_node)
{
	bpf_spin_lock(&lock);
	bpf_list_push_front(&list, mended ? &item->link : (void *)&item->rb);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_1(push_twice)
{
	bpf_spin_lock(&lock);
	bpf_list_push_front(&list, &item->link);
	if (!mended)
		bpf_list_push_back(&list, &item->link);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_0(pop_leaked)
{
	struct bpf_list_node *link;

	bpf_spin_lock(&lock);
	link = bpf_list_pop_back(&list);
	bpf_spin_unlock(&lock);
	if (link && mended)
		bpf_obj_drop(container_of(link, struct my_item, link));
	return 0;
}

PAIR_0(pop_unchecked)
{
	struct bpf_list_node *link;

	bpf_spin_lock(&lock);
	link = bpf_list_pop_front(&list);
	bpf_spin_unlock(&lock);
	if (link || !mended)
		bpf_obj_drop(container_of(link, struct my_item, link));
	return 0;
}

PAIR_TREE(lent_after_pop)
{
	struct bpf_list_node *link;

	if (mended)
		sink = item->key;
	link = bpf_list_pop_front(&list);
	if (link)
		bpf_list_push_back(&list, link);
	if (!mended)
		sink = item->key;
}

/* Counts */

PAIR_0(acquire_uncounted)
{
	struct my_shared *obj = bpf_obj_new(struct my_shared), *more;
	struct my_item *item;

	if (!obj)
		return 0;
	item = bpf_obj_new(struct my_item);
	if (item) {
		more = bpf_refcount_acquire(mended ? (void *)obj : (void *)item);
		bpf_obj_drop(item);
		bpf_obj_drop(more);
	}
	bpf_obj_drop(obj);
	return 0;
}

PAIR_0(acquired_leaked)
{
	struct my_shared *obj = bpf_obj_new(struct my_shared), *more;

	if (!obj)
		return 0;
	more = bpf_refcount_acquire(obj);
	bpf_obj_drop(obj);
	if (mended)
		bpf_obj_drop(more);
	return 0;
}

PAIR_0(acquire_after_unlock)
{
	struct my_shared *more;
	struct bpf_rb_node *rb;

	bpf_spin_lock(&lock);
	rb = bpf_rbtree_first(&shared_tree);
	if (!rb) {
		bpf_spin_unlock(&lock);
		return 0;
	}
	if (mended)
		more = bpf_refcount_acquire(container_of(rb, struct my_shared, rb));
	bpf_spin_unlock(&lock);
	if (!mended)
		more = bpf_refcount_acquire(container_of(rb, struct my_shared, rb));
	bpf_obj_drop(more);
	return 0;
}

/* What traces it can take this lock. */
PAIR_0(acquire_under_other_lock)
{
	struct bpf_spin_lock *held = mended ? &lock : &rootless_lock;
	struct my_shared *obj = bpf_obj_new(struct my_shared), *more;

	if (!obj)
		return 0;
	bpf_spin_lock(held);
	more = bpf_refcount_acquire(obj);
	bpf_spin_unlock(held);
	bpf_obj_drop(more);
	bpf_obj_drop(obj);
	return 0;
}

/* Adding may fail, and free it. */
PAIR_0(counted_not_lent)
{
	struct my_shared *obj = bpf_obj_new(struct my_shared);

	if (!obj)
		return 0;
	bpf_spin_lock(&lock);
	if (mended)
		sink = obj->key;
	bpf_rbtree_add(&shared_tree, &obj->rb, any_less);
	if (!mended)
		sink = obj->key;
	bpf_spin_unlock(&lock);
	return 0;
}

/* Maps */

PAIR_0(kptr_loaded)
{
	struct my_stash *stash = get_stash();

	if (stash && mended)
		sink = (u64)stash->mask;
	if (stash && !mended)
		sink = (u64)stash->item;
	return 0;
}

PAIR_0(kptr_stored)
{
	struct my_stash *stash = get_stash();

	if (stash && !mended)
		*(volatile u64 *)&stash->item = 0;
	return 0;
}

static __always_inline int put_item(struct my_item *item, const bool right, void *wrong_place)
{
	struct my_stash *stash = get_stash();
	struct my_item *old;

	if (!stash) {
		bpf_obj_drop(item);
		return 0;
	}
	if (right)
		old = bpf_kptr_xchg(&stash->item, item);
	else
		old = bpf_kptr_xchg((void *)stash + (u64)wrong_place, item);
	if (old)
		bpf_obj_drop(old);
	return 0;
}

PAIR_1(kptr_other_type)
{
	return put_item(item, mended, (void *)offsetof(struct my_stash, other));
}

PAIR_1_IN(TRACING, kptr_of_kernel)
{
	return put_item(item, mended, (void *)offsetof(struct my_stash, mask));
}

PAIR_IN(TRACING, kptr_kernel_object)
{
	struct my_stash *stash = get_stash();
	struct bpf_cpumask *mask;

	if (!stash)
		return 0;
	mask = bpf_cpumask_create();
	if (!mask)
		return 0;
	if (mended)
		mask = bpf_kptr_xchg(&stash->mask, mask);
	else
		mask = bpf_kptr_xchg((struct bpf_cpumask **)&stash->item, mask);
	if (mask)
		bpf_cpumask_release(mask);
	return 0;
}

PAIR_1(kptr_member)
{
	struct my_stash *stash = get_stash();

	if (stash)
		item = bpf_kptr_xchg(&stash->item, mended ? item : (void *)&item->rb);
	if (item)
		bpf_obj_drop(item);
	return 0;
}

PAIR_1(kptr_old_leaked)
{
	struct my_stash *stash = get_stash();
	struct my_item *old = item;

	if (stash)
		old = bpf_kptr_xchg(&stash->item, item);
	if (old && mended)
		bpf_obj_drop(old);
	return 0;
}

PAIR_1(kptr_put_and_read)
{
	struct my_stash *stash = get_stash();
	struct my_item *old = item;

	if (stash) {
		if (mended)
			sink = item->key;
		old = bpf_kptr_xchg(&stash->item, item);
		if (!mended)
			sink = item->key;
	}
	if (old)
		bpf_obj_drop(old);
	return 0;
}

PAIR_1(kptr_lent)
{
	struct my_stash *stash = get_stash();

	if (!stash) {
		bpf_obj_drop(item);
		return 0;
	}
	bpf_spin_lock(&lock);
	bpf_rbtree_add(&tree, &item->rb, less);
	if (!mended)
		item = bpf_kptr_xchg(&stash->item, item);
	bpf_spin_unlock(&lock);
	return 0;
}

PAIR_0(root_read)
{
	struct my_bucket *b = get_bucket(0);

	if (b)
		sink = mended ? b->nr[0] : at(&b->tree, 8);
	return 0;
}

PAIR_0(root_written)
{
	if (mended)
		sink = 1;
	else
		at(&tree, 0) = 0;
	return 0;
}

PAIR_0(root_anywhere)
{
	struct my_bucket *b = get_bucket(0);
	u64 i = bpf_get_prandom_u32();

	barrier_var(i);
	if (mended)
		i &= 1;
	else
		i &= 3;
	if (b)
		*(volatile u64 *)((void *)b + 8 * i) = 1;
	return 0;
}

PAIR_0(root_copied)
{
	struct my_bucket *b = get_bucket(0);

	if (b)
		bpf_probe_read_kernel(mended ? (void *)&b->nr : (void *)&b->tree, 16, NULL);
	return 0;
}

PAIR_IN(TRACING, root_in_tracing)
{
	sink = (u64)(mended ? (void *)get_stash() : get_bucket(0));
	return 0;
}

PAIR_IN("syscall", root_asleep)
{
	sink = (u64)(mended ? (void *)get_stash() : get_bucket(0));
	return 0;
}
