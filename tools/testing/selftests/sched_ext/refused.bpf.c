// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that the verifier must refuse for one statement, and its twin that
 * differs in nothing but that. Both are constants to the verifier, which looks
 * at no branch that they rule out.
 */
#include <scx/common.bpf.h>
#include "refused.h"

char _license[] SEC("license") = "GPL";

const volatile u32 refusal;	/* enum refusal: what */
const volatile bool mended;	/* the twin */

s32 seen;

/* What the sleepable ops.init() can have called after it returned. */
struct elem {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct elem);
} elems SEC(".maps");

static int sleeps(void *map, u32 *key, struct elem *e)
{
	if (refusal == SLEEP_IN_TIMER && !mended)
		scx_bpf_create_dsq(1, -1);
	return 0;
}

/* Global functions are verified by themselves. */
__noinline int sleeps_if(u32 dsq_id)
{
	if (refusal == SLEEP_BELOW_TIMER && !mended)
		return scx_bpf_create_dsq(dsq_id, -1);
	return 0;
}

static int calls_global(void *map, u32 *key, struct elem *e)
{
	sleeps_if(1);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} table SEC(".maps");

/* With what is walked locked for reading. */
static long sleeps_in_walk(struct bpf_map *map, u32 *key, u32 *value, void *ctx)
{
	if (refusal == SLEEP_IN_WALK && !mended)
		scx_bpf_create_dsq(1, -1);
	return 0;
}

/*
 * Sets @var to @then, unless @cond is above 5: the path that the verifier takes
 * first. It remembers what it has seen where paths meet, but not more often than
 * every two branches and eight instructions: the second path is to meet that.
 */
#define PAD(cond)	"r0 = 1\nr0 = 2\nr0 = 3\nif %[c] == " cond " goto +1\nr0 = 4\n"
#define SET_UNLESS(var, otherwise, cond, then)					\
	asm volatile("%[v] = %[o]\n"						\
		     "if %[c] > 5 goto +1\n"					\
		     "%[v] = %[t]\n"						\
		     PAD("100") PAD("101") PAD("102") PAD("103") PAD("104")	\
		     : [v] "=&r"(var)						\
		     : [o] "r"(otherwise), [c] "r"((u64)(cond)), [t] "r"(then)	\
		     : "r0")

static int returns(void *map, u32 *key, struct elem *e)
{
	u64 ret, bad = mended ? 0 : 1, good = 0;

	barrier_var(good);
	SET_UNLESS(ret, bad, *key, good);
	return ret;
}

struct locked {
	struct bpf_spin_lock lock;
	u32 nr;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct locked);
} locked SEC(".maps");

/* In the first path a and b are the same, in the second they are not. */
static __always_inline void pruned(u64 cond)
{
	u32 zero = 0, one = 1;
	struct locked *a, *b, *other;

	a = bpf_map_lookup_elem(&locked, &zero);
	other = mended ? a : bpf_map_lookup_elem(&locked, &one);
	if (refusal == PRUNED_LOCK) {
		if (!a || !other)
			return;
		SET_UNLESS(b, other, cond, a);
		bpf_spin_lock(&a->lock);
		bpf_spin_unlock(&b->lock);
	} else {
		SET_UNLESS(b, other, cond, a);
		barrier_var(a);
		if (a)
			b->nr = 1;
	}
}

s32 BPF_STRUCT_OPS_SLEEPABLE(refused_init)
{
	struct elem *e;
	u32 key = 0;

	/* This itself may sleep. */
	scx_bpf_create_dsq(2, -1);

	e = bpf_map_lookup_elem(&elems, &key);
	if (!e)
		return 0;
	bpf_timer_set_callback(&e->timer, sleeps);
	bpf_timer_set_callback(&e->timer, calls_global);
	if (refusal == PRUNED_RETURN)
		bpf_timer_set_callback(&e->timer, returns);
	bpf_for_each_map_elem(&table, sleeps_in_walk, NULL, 0);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u32);
} storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

void BPF_STRUCT_OPS(refused_runnable, struct task_struct *p, u64 enq_flags)
{
	void *record;

	if (refusal == STORAGE_OF_WALKED) {
		if (mended)
			bpf_task_storage_get(&storage, p, 0, 0);
		else
			bpf_task_storage_get(&storage, p->last_wakee, 0, 0);
	} else if (refusal == RELEASE_RECORD) {
		record = bpf_ringbuf_reserve(&records, 1024, 0);
		if (!record)
			return;
		if (mended)
			bpf_ringbuf_discard(record, 0);
		else
			scx_bpf_put_cpumask(record);
	} else if (refusal == PRUNED_NULL || refusal == PRUNED_LOCK) {
		pruned(enq_flags);
	}
}

/*
 * To the verifier it is a constant whether the kernel has a weak kfunc, also when it has:
 * no branch that this rules out is looked at.
 */
void scx_bpf_no_such_kfunc(void) __ksym __weak;
bool variable;

static __always_inline bool has_kfunc(void)
{
	if (mended)
		return bpf_ksym_exists(scx_bpf_dsq_move_set_slice);
	if (refusal == KFUNC_ABSENT)
		return bpf_ksym_exists(scx_bpf_no_such_kfunc);
	return variable;
}

void BPF_STRUCT_OPS(refused_quiescent, struct task_struct *p, u64 deq_flags)
{
	if (refusal != KFUNC_ABSENT && refusal != KFUNC_OR_VARIABLE)
		return;
	if (has_kfunc())
		p->scx.slice = 100;
	else
		p->scx.weight = 100;
}

/* Its arguments are where ctx is: one pointer, of a task. */
SEC("struct_ops/refused_running")
void refused_running(u64 *ctx)
{
	struct task_struct *p = NULL;

	if (refusal != PART_OF_POINTER)
		return;
	if (mended)
		p = (void *)*(volatile unsigned long *)ctx;
	else
		p = (void *)(unsigned long)*(volatile u32 *)ctx;
	p->scx.slice = 100;
}

/* The twin tests ptr; without that, the compiler must not do so ahead of time. */
static __always_inline bool tested_null(const void *ptr)
{
	if (!mended)
		return false;
	barrier_var(ptr);
	return !ptr;
}

void BPF_STRUCT_OPS(refused_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (refusal == INSERT_FOREIGN) {
		if (mended)
			scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
		else
			scx_bpf_dispatch(p->last_wakee, SCX_DSQ_GLOBAL, SCX_SLICE_DFL,
					 enq_flags);
	} else if (refusal == SLEEP_IN_ENQUEUE) {
		if (mended)
			scx_bpf_dsq_nr_queued(1);
		else
			scx_bpf_create_dsq(1, -1);
	} else if (refusal == MASK_KEPT) {
		const struct cpumask *mask = scx_bpf_get_online_cpumask();

		if (mended)
			scx_bpf_put_cpumask(mask);
	}
}

void BPF_STRUCT_OPS(refused_dispatch, s32 cpu, struct task_struct *prev)
{
	if (refusal == PREV_READ) {
		if (tested_null(prev))
			return;
		seen = prev->pid;
	} else if (refusal == PREV_TO_KFUNC) {
		if (tested_null(prev))
			return;
		seen = scx_bpf_task_cpu(prev);
	}
}

bool BPF_STRUCT_OPS(refused_yield, struct task_struct *from, struct task_struct *to)
{
	if (refusal == TO_READ) {
		if (tested_null(to))
			return false;
		seen = to->pid;
	} else if (refusal == TO_WRITE) {
		if (tested_null(to))
			return false;
		to->scx.slice = 0;
	}
	return true;
}

void BPF_STRUCT_OPS(refused_tick, struct task_struct *p)
{
	if (refusal == WRITE_WEIGHT) {
		if (mended)
			p->scx.slice = 100;
		else
			p->scx.weight = 100;
	} else if (refusal == WRITE_FLAGS) {
		if (mended)
			p->scx.dsq_vtime = 0;
		else
			p->scx.flags = 0;
	} else if (refusal == WRITE_PRIO) {
		if (mended)
			p->scx.slice = 100;
		else
			p->prio = 100;
	} else if (refusal == WRITE_COMM) {
		if (mended)
			p->scx.disallow = true;
		else
			p->comm[0] = 1;
	} else if (refusal == WRITE_WALKED) {
		if (mended)
			p->scx.slice = 0;
		else
			p->last_wakee->scx.slice = 0;
	}
}

SCX_OPS_DEFINE(ops,
	       .enqueue		= (void *)refused_enqueue,
	       .dispatch	= (void *)refused_dispatch,
	       .yield		= (void *)refused_yield,
	       .tick		= (void *)refused_tick,
	       .runnable	= (void *)refused_runnable,
	       .running		= (void *)refused_running,
	       .quiescent	= (void *)refused_quiescent,
	       .init		= (void *)refused_init,
	       .name		= "refused");
