// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that run with or without a lock, programs to be attached to them, and one
 * that takes a lock in the middle of what another does under its own.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

struct value {
	struct bpf_spin_lock lock;
	u32 v;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct value);
} values SEC(".maps");

static __always_inline struct value *value_at(u32 key)
{
	return bpf_map_lookup_elem(&values, &key);
}

static __always_inline void lock_and_unlock(u32 key)
{
	struct value *v = value_at(key);

	if (v) {
		bpf_spin_lock(&v->lock);
		v->v++;
		bpf_spin_unlock(&v->lock);
	}
}

/*
 * The functions. The first is never called, and is removed: the numbers of the others
 * are not what they were.
 */
const volatile bool never;
u64 sink;

static __noinline int removed(struct value *v)
{
	barrier_var(v);
	return v->v;
}

static __noinline int unlocked(struct value *v)
{
	barrier_var(v);
	return v->v;
}

static __noinline int below(struct value *v)
{
	barrier_var(v);
	return v->v;
}

static __noinline int locked(struct value *v)
{
	v->v++;
	return below(v);
}

static __noinline int takes(struct value *v)
{
	bpf_spin_lock(&v->lock);
	return 0;
}

static __noinline int gives(struct value *v)
{
	bpf_spin_unlock(&v->lock);
	return 0;
}

static __noinline int takes_and_gives(struct value *v)
{
	bpf_spin_lock(&v->lock);
	v->v++;
	bpf_spin_unlock(&v->lock);
	return 0;
}

SEC("tc")
int target(void *ctx)
{
	struct value *v = value_at(0);

	if (!v)
		return 0;
	if (never)
		sink += removed(v);
	sink += unlocked(v);
	bpf_spin_lock(&v->lock);
	locked(v);
	bpf_spin_unlock(&v->lock);
	takes(v);
	gives(v);
	takes_and_gives(v);
	return 0;
}

SEC("?fentry")
int BPF_PROG(at_entry)
{
	lock_and_unlock(0);
	return 0;
}

SEC("?fexit")
int BPF_PROG(at_exit)
{
	lock_and_unlock(0);
	return 0;
}

/*
 * One lock below another: a program adds to a tree, another traces that and takes its
 * own lock. Then the first one waits for a timer of this CPU.
 */
#define WAIT_NS		(500 * 1000 * 1000ULL)
#define TURNS		(1 << 22)

struct my_item {
	u64 key;
	struct bpf_rb_node rb;
};

private(A) struct bpf_spin_lock tree_lock;
private(A) struct bpf_rb_root tree __contains(my_item, rb);

struct with_timer {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct with_timer);
} timers SEC(".maps");

u64 deadline, nr_nested;
bool fired, in_time;	/* in_time: before the program ended */

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return false;
}

static int fires(void *map, u32 *key, struct with_timer *t)
{
	fired = true;
	return 0;
}

static int look(u64 i, void *ctx)
{
	return *(volatile bool *)&fired || bpf_ktime_get_ns() > deadline;
}

SEC("?tc")
int adds(void *ctx)
{
	struct my_item *item = bpf_obj_new(struct my_item);
	struct with_timer *t;
	u32 key = 0;

	if (!item)
		return -ENOMEM;
	t = bpf_map_lookup_elem(&timers, &key);
	if (!t) {
		bpf_obj_drop(item);
		return -1;
	}
	bpf_timer_init(&t->timer, &timers, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&t->timer, fires);

	bpf_spin_lock(&tree_lock);
	bpf_rbtree_add(&tree, &item->rb, less);
	bpf_spin_unlock(&tree_lock);

	deadline = bpf_ktime_get_ns() + WAIT_NS;
	bpf_timer_start(&t->timer, 1, BPF_F_TIMER_CPU_PIN);
	bpf_loop(TURNS, look, NULL, 0);
	in_time = *(volatile bool *)&fired;
	return 0;
}

SEC("?fentry/bpf_rbtree_add_impl")
int BPF_PROG(nested)
{
	lock_and_unlock(1);
	nr_nested++;
	return 0;
}
