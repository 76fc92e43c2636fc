// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that take a lock for another, or do what must not be done under one, each
 * with a twin that differs in one statement. See locks_refused.h for what the
 * verifier says.
 */
#include <scx/common.bpf.h>
#include "pairs.bpf.h"

char _license[] SEC("license") = "GPL";

#define CLOCK_MONOTONIC	1

u64 sink;

struct locked {
	struct bpf_spin_lock lock;
	u64 i;
	struct bpf_timer timer;
};

struct locked_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct locked);
};

struct locked_map one SEC(".maps"), two SEC(".maps");

static __always_inline struct locked *find_in(void *map, u32 key)
{
	return bpf_map_lookup_elem(map, &key);
}

/* The program finds two values for what follows. */
#define REFUSED_WITH(name, map_b, key_b)				\
	static __always_inline int name##_values(const bool mended, struct locked *a, \
						 struct locked *b);	\
	REFUSED_C_IN("?tp_btf/sched_switch", name)			\
	{								\
		struct locked *a = find_in(&one, 0), *b = find_in(map_b, key_b); \
									\
		return a && b ? name##_values(mended, a, b) : 0;	\
	}								\
	static __always_inline int name##_values(const bool mended, struct locked *a, \
						 struct locked *b)

/* A function of the program is called with a value, in place of its twin. */
#define CALLED(name)							\
	static __always_inline int name##_either(const bool mended, struct locked *v); \
	static __noinline int name##_wrong(struct locked *v)		\
	{								\
		return name##_either(false, v);				\
	}								\
	static __noinline int name##_mended(struct locked *v)		\
	{								\
		return name##_either(true, v);				\
	}								\
	static __always_inline int name##_either(const bool mended, struct locked *v)

/* A callback that runs for each value, and that of a timer */
#define EACH(name)							\
	static __always_inline int name##_each(const bool mended, struct locked *v, \
					       struct locked **other);	\
	static int name##_cb(void *m, void *k, struct locked *v, struct locked **other) \
	{								\
		return name##_each(false, v, other);			\
	}								\
	static int name##_cb_mended(void *m, void *k, struct locked *v, \
				    struct locked **other)		\
	{								\
		return name##_each(true, v, other);			\
	}								\
	REFUSED_C_IN("?tp_btf/sched_switch", name)			\
	{								\
		struct locked *other = find_in(&one, 1);		\
									\
		if (!other)						\
			return 0;					\
		bpf_for_each_map_elem(&one, mended ? name##_cb_mended : name##_cb, \
				      &other, 0);			\
		return 0;						\
	}								\
	static __always_inline int name##_each(const bool mended, struct locked *v, \
					       struct locked **other)

#define TIMER(name)							\
	static __always_inline int name##_timer(const bool mended, struct locked *v); \
	static int name##_cb(void *m, void *k, struct locked *v)	\
	{								\
		return name##_timer(false, v);				\
	}								\
	static int name##_cb_mended(void *m, void *k, struct locked *v)	\
	{								\
		return name##_timer(true, v);				\
	}								\
	REFUSED_WITH(name, &two, 0)					\
	{								\
		bpf_timer_set_callback(&a->timer, mended ? name##_cb_mended : name##_cb); \
		return 0;						\
	}								\
	static __always_inline int name##_timer(const bool mended, struct locked *v)

REFUSED_WITH(other_key, &one, 1)
{
	bpf_spin_lock(&a->lock);
	if (mended)
		b = a;
	bpf_spin_unlock(&b->lock);
	return 0;
}

REFUSED_WITH(other_map, &two, 0)
{
	bpf_spin_lock(&a->lock);
	if (mended)
		b = a;
	bpf_spin_unlock(&b->lock);
	return 0;
}

/* It is the same one, which the verifier does not know. */
REFUSED_WITH(looked_up_again, &one, 0)
{
	bpf_spin_lock(&a->lock);
	if (mended)
		bpf_spin_unlock(&a->lock);
	bpf_spin_lock(&b->lock);
	bpf_spin_unlock(&b->lock);
	return 0;
}

EACH(other_in_callback)
{
	struct locked *o = mended ? v : *other;

	bpf_spin_lock(&v->lock);
	v->i++;
	bpf_spin_unlock(&o->lock);
	return 0;
}

TIMER(other_in_timer)
{
	struct locked *b = find_in(&one, 1);

	if (!b)
		return 0;
	bpf_spin_lock(&v->lock);
	v->i++;
	if (mended)
		b = v;
	bpf_spin_unlock(&b->lock);
	return 0;
}

REFUSED_WITH(other_on_one_way, &one, 1)
{
	u64 random = bpf_get_prandom_u32();

	bpf_spin_lock(&a->lock);
	if (random & 1 && !mended) {
		a->i = 1;
		a = b;
	}
	bpf_spin_unlock(&a->lock);
	return 0;
}

/* Global data: each section is a map with one value, and one lock. */
private(DATA_A) struct bpf_spin_lock data_lock;
private(DATA_A) u64 data_nr;
private(DATA_B) struct bpf_spin_lock data_lock_b;

#define DATA(name)	REFUSED_C_IN("?tp_btf/sched_switch", name)

DATA(other_data)
{
	bpf_spin_lock(&data_lock);
	data_nr++;
	if (mended)
		bpf_spin_unlock(&data_lock);
	else
		bpf_spin_unlock(&data_lock_b);
	return 0;
}

DATA(other_data_on_one_way)
{
	if (bpf_get_prandom_u32() & 1 && !mended)
		bpf_spin_lock(&data_lock_b);
	else
		bpf_spin_lock(&data_lock);
	bpf_spin_unlock(&data_lock);
	return 0;
}

DATA(data_left_locked)
{
	bpf_spin_lock(&data_lock);
	data_nr++;
	if (mended)
		bpf_spin_unlock(&data_lock);
	return 0;
}

DATA(data_unlocked_twice)
{
	bpf_spin_lock(&data_lock);
	data_nr++;
	bpf_spin_unlock(&data_lock);
	if (!mended)
		bpf_spin_unlock(&data_lock);
	return 0;
}

REFUSED_WITH(data_for_value, &one, 1)
{
	bpf_spin_lock(&a->lock);
	if (mended)
		bpf_spin_unlock(&a->lock);
	else
		bpf_spin_unlock(&data_lock);
	return 0;
}

REFUSED_WITH(value_for_data, &one, 1)
{
	bpf_spin_lock(&data_lock);
	if (mended)
		bpf_spin_unlock(&data_lock);
	else
		bpf_spin_unlock(&a->lock);
	return 0;
}

REFUSED_WITH(left_locked, &one, 1)
{
	bpf_spin_lock(&a->lock);
	if (mended)
		bpf_spin_unlock(&a->lock);
	return 0;
}

EACH(left_locked_in_callback)
{
	bpf_spin_lock(&v->lock);
	v->i++;
	if (mended)
		bpf_spin_unlock(&v->lock);
	return 0;
}

TIMER(left_locked_in_timer)
{
	bpf_spin_lock(&v->lock);
	v->i++;
	if (mended)
		bpf_spin_unlock(&v->lock);
	return 0;
}

EACH(twice_in_callback)
{
	bpf_spin_lock(&v->lock);
	if (!mended)
		bpf_spin_lock(&v->lock);
	v->i++;
	bpf_spin_unlock(&v->lock);
	return 0;
}

static __noinline int locks(struct locked *v)
{
	bpf_spin_lock(&v->lock);
	v->i++;
	return 0;
}

static __noinline int unlocks(struct locked *v)
{
	v->i++;
	bpf_spin_unlock(&v->lock);
	return 0;
}

static __noinline int changes(struct locked *v)
{
	v->i++;
	return v->i & 1;
}

EACH(left_locked_below_callback)
{
	locks(v);
	if (mended)
		unlocks(v);
	return 0;
}

/* Twins of these have all that is allowed. */
REFUSED_WITH(left_locked_below, &one, 1)
{
	locks(a);
	changes(a);
	if (mended)
		unlocks(a);
	return 0;
}

REFUSED_WITH(unlocked_twice_below, &one, 1)
{
	locks(a);
	unlocks(a);
	if (!mended)
		unlocks(a);
	return 0;
}

static int locks_once(u32 i, struct locked **v)
{
	locks(*v);
	unlocks(*v);
	return 0;
}

REFUSED_WITH(locked_once, &one, 1)
{
	bpf_loop(2, locks_once, &a, 0);
	bpf_spin_lock(&a->lock);
	if (!mended)
		locks(b);
	bpf_spin_unlock(&a->lock);
	return 0;
}

REFUSED_WITH(calls_helper, &one, 1)
{
	bpf_spin_lock(&a->lock);
	if (!mended)
		a->i = bpf_ktime_get_ns();
	bpf_spin_unlock(&a->lock);
	return 0;
}

CALLED(helper_below)
{
	v->i = mended ? 0 : bpf_ktime_get_ns();
	return v->i & 1;
}

#define CALL_UNDER_LOCK(name, called)					\
REFUSED_WITH(name, &one, 1)						\
{									\
	bpf_spin_lock(&a->lock);					\
	if (mended)							\
		called##_mended(a);					\
	else								\
		called##_wrong(a);					\
	bpf_spin_unlock(&a->lock);					\
	return 0;							\
}

CALL_UNDER_LOCK(calls_helper_below, helper_below)

EACH(calls_helper_in_callback)
{
	bpf_spin_lock(&v->lock);
	v->i = mended ? 0 : bpf_ktime_get_ns();
	bpf_spin_unlock(&v->lock);
	return 0;
}

static int nothing(u32 i, void *ctx)
{
	return 0;
}

REFUSED_WITH(calls_back, &one, 1)
{
	bpf_spin_lock(&a->lock);
	if (!mended)
		bpf_loop(2, nothing, NULL, 0);
	bpf_spin_unlock(&a->lock);
	return 0;
}

REFUSED_WITH(calls_kfunc, &one, 1)
{
	bpf_spin_lock(&a->lock);
	if (!mended)
		bpf_rcu_read_lock();
	bpf_spin_unlock(&a->lock);
	if (!mended)
		bpf_rcu_read_unlock();
	return 0;
}

CALLED(kfunc_below)
{
	struct bpf_iter_num it;

	v->i++;
	if (!mended) {
		bpf_iter_num_new(&it, 0, 10);
		bpf_iter_num_destroy(&it);
	}
	return v->i & 1;
}

CALL_UNDER_LOCK(calls_kfunc_below, kfunc_below)

__noinline int global(u64 i)
{
	sink += i;
	return sink & 1;
}

REFUSED_WITH(calls_global, &one, 1)
{
	bpf_spin_lock(&a->lock);
	if (!mended)
		global(1);
	bpf_spin_unlock(&a->lock);
	return global(2);
}

CALLED(global_below)
{
	v->i++;
	return mended ? v->i & 1 : global(1);
}

CALL_UNDER_LOCK(calls_global_below, global_below)
