// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of types of its own in trees, lists and maps, from programs that can hold
 * locks. Sees which are given up.
 */
#include <scx/common.bpf.h>
#include "objects.h"

char _license[] SEC("license") = "GPL";

/* Nobody else has objects of these sizes. */
struct my_item {
	struct bpf_rb_node rb;
	u64 key;
	struct bpf_list_node link;
	u64 pad[91];
};

struct my_shared {
	u64 key;
	struct bpf_rb_node rb;
	struct bpf_list_node link;
	struct bpf_refcount count;
	u8 bytes[3];
	u64 pad[70];
};

private(TREE) struct bpf_spin_lock tree_lock;
private(TREE) struct bpf_rb_root tree __contains(my_item, rb);
private(TREE) struct bpf_rb_root shared_tree __contains(my_shared, rb);

private(LIST) struct bpf_spin_lock list_lock;
private(LIST) struct bpf_list_head list __contains(my_item, link);
private(LIST) struct bpf_list_head shared_list __contains(my_shared, link);

/* As many roots as there are values, and not the first thing in them */
struct my_bucket {
	u32 nr;
	struct bpf_spin_lock lock;
	struct bpf_list_head items __contains(my_item, link);
	u64 more;
	struct bpf_rb_root tree __contains(my_item, rb);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, u32);
	__type(value, struct my_bucket);
} buckets SEC(".maps");

struct my_stash {
	u32 data;
	struct my_item __kptr *item;
	struct my_shared __kptr *shared;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct my_stash);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct my_stash);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct my_stash);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct my_stash);
} malloc_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct my_stash);
} lru_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct my_stash);
} task_storage SEC(".maps");

u64 keys[NR_KEPT];
u64 nr_refused, nr_failed, nr_added, nr_taken;
u32 where;		/* enum stash_where */
u32 idx;		/* of a bucket */

/* Who is given up, by size and maybe not for the last time */
u64 nr_items_put, nr_shared_put;

SEC("?fentry/bpf_obj_put")
int BPF_PROG(obj_put, void *obj)
{
	u32 size = 0;

	/* In front of it. */
	if (obj)
		bpf_probe_read_kernel(&size, sizeof(size), obj - 8);
	if (size == sizeof(struct my_item))
		__sync_fetch_and_add(&nr_items_put, 1);
	if (size == sizeof(struct my_shared))
		__sync_fetch_and_add(&nr_shared_put, 1);
	return 0;
}

static bool item_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct my_item, rb)->key <
	       container_of((struct bpf_rb_node *)b, struct my_item, rb)->key;
}

static bool shared_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct my_shared, rb)->key <
	       container_of((struct bpf_rb_node *)b, struct my_shared, rb)->key;
}

/* One item for the tree, each time */
SEC("tc")
int tree_add(void *ctx)
{
	u64 key = bpf_get_prandom_u32() % 1000;
	struct my_item *item;
	int ret;

	item = bpf_obj_new(struct my_item);
	if (!item)
		return -ENOMEM;
	/* Memory that was something else before */
	if (item->key || item->pad[90])
		nr_failed++;
	item->key = key;
	bpf_spin_lock(&tree_lock);
	ret = bpf_rbtree_add(&tree, &item->rb, item_less);
	/* It is lent until the lock is given up. */
	item->pad[0] = item->key + 1;
	bpf_spin_unlock(&tree_lock);
	return ret;
}

/* Takes all items out of the tree, in order. */
SEC("tc")
int tree_take(void *ctx)
{
	struct bpf_rb_node *rb;
	struct my_item *item;
	u64 last = 0;
	int i, nr = 0;

	for (i = 0; i < 2 * NR_KEPT; i++) {
		bpf_spin_lock(&tree_lock);
		rb = bpf_rbtree_first(&tree);
		if (!rb) {
			bpf_spin_unlock(&tree_lock);
			break;
		}
		rb = bpf_rbtree_remove(&tree, rb);
		bpf_spin_unlock(&tree_lock);
		if (!rb)
			return -EUCLEAN;
		item = container_of(rb, struct my_item, rb);
		if (item->key < last || item->pad[0] != item->key + 1)
			nr_failed++;
		last = item->key;
		bpf_obj_drop(item);
		nr++;
	}
	return nr;
}

static int push(u64 key, bool back)
{
	struct my_item *item = bpf_obj_new(struct my_item);

	if (!item)
		return -ENOMEM;
	item->key = key;
	bpf_spin_lock(&list_lock);
	if (back)
		bpf_list_push_back(&list, &item->link);
	else
		bpf_list_push_front(&list, &item->link);
	bpf_spin_unlock(&list_lock);
	return 0;
}

static u64 pop(bool back)
{
	struct bpf_list_node *link;
	struct my_item *item;
	u64 key;

	bpf_spin_lock(&list_lock);
	if (back)
		link = bpf_list_pop_back(&list);
	else
		link = bpf_list_pop_front(&list);
	bpf_spin_unlock(&list_lock);
	if (!link)
		return 0;
	item = container_of(link, struct my_item, link);
	key = item->key;
	bpf_obj_drop(item);
	return key;
}

/* 3 2 1 4: the digits as they are popped */
SEC("tc")
int list_order(void *ctx)
{
	u64 order;

	if (push(1, false) || push(2, false) || push(3, false) || push(4, true))
		return -ENOMEM;
	order = pop(false);
	order = 10 * order + pop(true);
	order = 10 * order + pop(false);
	order = 10 * order + pop(false);
	return 10 * order + pop(false);
}

SEC("tc")
int list_keep(void *ctx)
{
	return push(7, true);
}

/* To a tree, not twice, to a list as well, and out of both */
SEC("tc")
int share(void *ctx)
{
	struct my_shared *obj, *other, *third;
	struct bpf_list_node *link;
	struct bpf_rb_node *rb;
	int ret;

	obj = bpf_obj_new(struct my_shared);
	if (!obj)
		return -ENOMEM;
	obj->key = 1;
	other = bpf_refcount_acquire(obj);
	third = bpf_refcount_acquire(other);
	obj->bytes[1] = 5;

	bpf_spin_lock(&tree_lock);
	ret = bpf_rbtree_add(&shared_tree, &obj->rb, shared_less);
	bpf_spin_unlock(&tree_lock);
	if (ret) {
		bpf_obj_drop(other);
		bpf_obj_drop(third);
		return 1;
	}

	bpf_spin_lock(&tree_lock);
	ret = bpf_rbtree_add(&shared_tree, &other->rb, shared_less);
	bpf_spin_unlock(&tree_lock);
	if (ret != -EINVAL) {
		bpf_obj_drop(third);
		return 2;
	}

	bpf_spin_lock(&list_lock);
	ret = bpf_list_push_back(&shared_list, &third->link);
	bpf_spin_unlock(&list_lock);
	if (ret)
		return 3;

	/* Which has it once more, under the lock that lends it. */
	bpf_spin_lock(&tree_lock);
	rb = bpf_rbtree_first(&shared_tree);
	if (!rb) {
		bpf_spin_unlock(&tree_lock);
		return 4;
	}
	obj = container_of(rb, struct my_shared, rb);
	other = bpf_refcount_acquire(obj);
	rb = bpf_rbtree_remove(&shared_tree, rb);
	bpf_spin_unlock(&tree_lock);
	ret = other->bytes[1];
	bpf_obj_drop(other);
	if (!rb)
		return 5;
	bpf_obj_drop(container_of(rb, struct my_shared, rb));
	if (ret != 5)
		return 6;

	bpf_spin_lock(&list_lock);
	link = bpf_list_pop_front(&shared_list);
	bpf_spin_unlock(&list_lock);
	if (!link)
		return 7;
	obj = container_of(link, struct my_shared, link);
	ret = obj->key == 1 && obj->bytes[1] == 5 ? 0 : 8;
	bpf_obj_drop(obj);
	return ret;
}

/* Not out of a root that it is not in: -ENOENT */
SEC("tc")
int remove_twice(void *ctx)
{
	struct bpf_rb_node *rb, *again;
	struct bpf_list_node *link;
	struct my_shared *obj, *other;
	int ret = -ENOENT;

	obj = bpf_obj_new(struct my_shared);
	if (!obj)
		return -ENOMEM;
	other = bpf_refcount_acquire(obj);
	bpf_spin_lock(&list_lock);
	bpf_list_push_back(&shared_list, &other->link);
	bpf_spin_unlock(&list_lock);

	bpf_spin_lock(&tree_lock);
	if (bpf_rbtree_add(&shared_tree, &obj->rb, shared_less))
		ret = 1;
	rb = bpf_rbtree_first(&shared_tree);
	if (!rb) {
		bpf_spin_unlock(&tree_lock);
		return 2;
	}
	rb = bpf_rbtree_remove(&shared_tree, rb);
	again = bpf_rbtree_first(&shared_tree);
	bpf_spin_unlock(&tree_lock);
	if (again)
		ret = 3;
	if (!rb)
		return 4;
	bpf_obj_drop(container_of(rb, struct my_shared, rb));
	bpf_spin_lock(&list_lock);
	link = bpf_list_pop_back(&shared_list);
	bpf_spin_unlock(&list_lock);
	if (!link)
		return 5;
	bpf_obj_drop(container_of(link, struct my_shared, link));
	return ret;
}

SEC("tc")
int bucket_add(void *ctx)
{
	u32 key = idx;
	struct my_bucket *b = bpf_map_lookup_elem(&buckets, &key);
	struct my_item *one, *two;

	if (!b)
		return -ENOENT;
	one = bpf_obj_new(struct my_item);
	if (!one)
		return -ENOMEM;
	two = bpf_obj_new(struct my_item);
	if (!two) {
		bpf_obj_drop(one);
		return -ENOMEM;
	}
	bpf_spin_lock(&b->lock);
	bpf_list_push_front(&b->items, &one->link);
	bpf_rbtree_add(&b->tree, &two->rb, item_less);
	b->nr += 2;
	b->more = b->nr;
	bpf_spin_unlock(&b->lock);
	return 0;
}

/* How many are in the list of a bucket, none of them in the end */
SEC("tc")
int bucket_take(void *ctx)
{
	u32 key = idx;
	struct my_bucket *b = bpf_map_lookup_elem(&buckets, &key);
	struct bpf_list_node *link;
	int i, nr = 0;

	if (!b)
		return -ENOENT;
	for (i = 0; i < NR_KEPT; i++) {
		bpf_spin_lock(&b->lock);
		link = bpf_list_pop_front(&b->items);
		bpf_spin_unlock(&b->lock);
		if (!link)
			break;
		bpf_obj_drop(container_of(link, struct my_item, link));
		nr++;
	}
	return nr;
}

static struct my_stash *get_stash(bool create)
{
	struct my_stash empty = {};
	u32 key = 0;

	switch (where) {
	case IN_ARRAY:
		return bpf_map_lookup_elem(&array, &key);
	case IN_PERCPU_ARRAY:
		return bpf_map_lookup_elem(&percpu_array, &key);
	case IN_HASH:
		if (create)
			bpf_map_update_elem(&hash, &key, &empty, BPF_NOEXIST);
		return bpf_map_lookup_elem(&hash, &key);
	case IN_MALLOC_HASH:
		if (create)
			bpf_map_update_elem(&malloc_hash, &key, &empty, BPF_NOEXIST);
		return bpf_map_lookup_elem(&malloc_hash, &key);
	case IN_LRU_HASH:
		if (create)
			bpf_map_update_elem(&lru_hash, &key, &empty, BPF_NOEXIST);
		return bpf_map_lookup_elem(&lru_hash, &key);
	}
	return NULL;
}

static int put_into(struct my_stash *stash)
{
	struct my_shared *shared;
	struct my_item *item;
	int ret = 0;

	if (!stash)
		return -ENODEV;
	item = bpf_obj_new(struct my_item);
	if (!item)
		return -ENOMEM;
	shared = bpf_obj_new(struct my_shared);
	if (!shared) {
		bpf_obj_drop(item);
		return -ENOMEM;
	}
	item->key = 11;
	shared->key = 12;
	item = bpf_kptr_xchg(&stash->item, item);
	if (item) {
		ret += item->key == 11;
		bpf_obj_drop(item);
	}
	shared = bpf_kptr_xchg(&stash->shared, shared);
	if (shared) {
		ret += shared->key == 12;
		bpf_obj_drop(shared);
	}
	return ret;
}

/* Returns how many there were. */
SEC("tc")
int stash_put(void *ctx)
{
	return put_into(get_stash(true));
}

SEC("syscall")
int stash_put_task(void *ctx)
{
	struct task_struct *p = bpf_get_current_task_btf();

	return put_into(bpf_task_storage_get(&task_storage, p, NULL,
					     BPF_LOCAL_STORAGE_GET_F_CREATE));
}

SEC("syscall")
int stash_delete_task(void *ctx)
{
	return bpf_task_storage_delete(&task_storage, bpf_get_current_task_btf());
}

SEC("tc")
int stash_delete(void *ctx)
{
	u32 key = 0;

	switch (where) {
	case IN_HASH:
		return bpf_map_delete_elem(&hash, &key);
	case IN_MALLOC_HASH:
		return bpf_map_delete_elem(&malloc_hash, &key);
	case IN_LRU_HASH:
		return bpf_map_delete_elem(&lru_hash, &key);
	}
	return -EINVAL;
}

/* From a map into a tree and back, as schedulers do */
SEC("tc")
int stash_to_tree(void *ctx)
{
	struct my_stash *stash = get_stash(true);
	struct bpf_rb_node *rb;
	struct my_item *item;

	if (!stash)
		return -ENODEV;
	item = bpf_kptr_xchg(&stash->item, NULL);
	if (!item)
		return -ENOENT;
	item->key = 42;
	bpf_spin_lock(&tree_lock);
	bpf_rbtree_add(&tree, &item->rb, item_less);
	rb = bpf_rbtree_first(&tree);
	if (!rb) {
		bpf_spin_unlock(&tree_lock);
		return -EUCLEAN;
	}
	rb = bpf_rbtree_remove(&tree, rb);
	bpf_spin_unlock(&tree_lock);
	if (!rb)
		return -EUCLEAN;
	item = container_of(rb, struct my_item, rb);
	if (item->key != 42)
		nr_failed++;
	item = bpf_kptr_xchg(&stash->item, item);
	if (item) {
		bpf_obj_drop(item);
		return 1;
	}
	return 0;
}

/* Everything at once, by several tasks: what is added by one is taken by another. */
SEC("tc")
int storm(void *ctx)
{
	struct bpf_list_node *link;
	struct bpf_rb_node *rb;
	struct my_shared *obj, *other;

	obj = bpf_obj_new(struct my_shared);
	if (obj) {
		obj->key = bpf_get_prandom_u32();
		other = bpf_refcount_acquire(obj);
		bpf_spin_lock(&tree_lock);
		if (bpf_rbtree_add(&shared_tree, &obj->rb, shared_less))
			nr_failed++;
		bpf_spin_unlock(&tree_lock);
		bpf_spin_lock(&list_lock);
		if (bpf_list_push_back(&shared_list, &other->link))
			nr_failed++;
		bpf_spin_unlock(&list_lock);
		__sync_fetch_and_add(&nr_added, 2);
	}

	bpf_spin_lock(&list_lock);
	link = bpf_list_pop_front(&shared_list);
	bpf_spin_unlock(&list_lock);
	if (link) {
		/* It may be in the tree, be taken out meanwhile, and be added again. */
		obj = container_of(link, struct my_shared, link);
		bpf_spin_lock(&tree_lock);
		if (bpf_rbtree_add(&shared_tree, &obj->rb, shared_less))
			__sync_fetch_and_add(&nr_refused, 1);
		bpf_spin_unlock(&tree_lock);
	}

	bpf_spin_lock(&tree_lock);
	rb = bpf_rbtree_first(&shared_tree);
	if (!rb) {
		bpf_spin_unlock(&tree_lock);
		return 0;
	}
	rb = bpf_rbtree_remove(&shared_tree, rb);
	bpf_spin_unlock(&tree_lock);
	if (!rb)
		return 0;
	__sync_fetch_and_add(&nr_taken, 1);
	bpf_obj_drop(container_of(rb, struct my_shared, rb));
	return 0;
}
