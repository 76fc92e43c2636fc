// SPDX-License-Identifier: GPL-2.0
/*
 * CPU masks: computes with two in a SYSCALL program, an op and a tracing program;
 * keeps some in a map.
 */
#include "fifo.bpf.h"
#include "cpumask.h"

struct slot {
	struct bpf_cpumask __kptr *mask;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

u64 a, b;			/* a bit for each CPU */
u64 result[NR_MASK_RESULTS];
s32 err;			/* of finding out */
u32 where;			/* enum cpumask_where; cleared before it is done ... */
u64 nr_done;			/* ... and then counted */

static void fill(struct bpf_cpumask *mask, u64 bits)
{
	u32 cpu;

	bpf_cpumask_clear(mask);
	for (cpu = 0; cpu < CPUMASK_BITS; cpu++)
		if (bits & (1ULL << cpu))
			bpf_cpumask_set_cpu(cpu, mask);
}

static u64 read(const struct cpumask *mask)
{
	u64 bits = 0;
	u32 cpu;

	for (cpu = 0; cpu < CPUMASK_BITS; cpu++)
		bits |= (u64)bpf_cpumask_test_cpu(cpu, mask) << cpu;
	return bits;
}

#define READ(mask)	read(cast_mask(mask))

static void look(const struct cpumask *ma, const struct cpumask *mb)
{
	result[MASK_READ] = read(ma);
	result[MASK_FIRST] = bpf_cpumask_first(ma);
	result[MASK_FIRST_ZERO] = bpf_cpumask_first_zero(ma);
	result[MASK_FIRST_AND] = bpf_cpumask_first_and(ma, mb);
	result[MASK_WEIGHT] = bpf_cpumask_weight(ma);
	result[MASK_EMPTY] = bpf_cpumask_empty(ma);
	result[MASK_FULL] = bpf_cpumask_full(ma);
	result[MASK_EQUAL] = bpf_cpumask_equal(ma, mb);
	result[MASK_INTERSECTS] = bpf_cpumask_intersects(ma, mb);
	result[MASK_SUBSET] = bpf_cpumask_subset(ma, mb);
	result[MASK_ANY] = bpf_cpumask_any_distribute(ma);
	result[MASK_ANY_AND] = bpf_cpumask_any_and_distribute(ma, mb);
}

static void combine(struct bpf_cpumask *to, struct bpf_cpumask *ma, struct bpf_cpumask *mb)
{
	result[MASK_AND_ANY] = bpf_cpumask_and(to, cast_mask(ma), cast_mask(mb));
	result[MASK_AND] = READ(to);
	bpf_cpumask_or(to, cast_mask(ma), cast_mask(mb));
	result[MASK_OR] = READ(to);
	bpf_cpumask_xor(to, cast_mask(ma), cast_mask(mb));
	result[MASK_XOR] = READ(to);
	bpf_cpumask_xor(to, cast_mask(to), cast_mask(mb));
	result[MASK_XOR_SELF] = READ(to);
	bpf_cpumask_setall(to);
	result[MASK_SETALL] = READ(to);
	result[MASK_SETALL_FULL] = bpf_cpumask_full(cast_mask(to));
	bpf_cpumask_clear(to);
	result[MASK_CLEAR] = READ(to);
	bpf_cpumask_copy(to, cast_mask(ma));
	result[MASK_COPY] = READ(to);
}

/* to is a, each time. */
static void change(struct bpf_cpumask *to, u64 bits)
{
	u64 there = 0;
	u32 cpu;

	for (cpu = 0; cpu < CPUMASK_BITS; cpu++)
		if (bits & (1ULL << cpu))
			there |= (u64)bpf_cpumask_test_and_set_cpu(cpu, to) << cpu;
	result[MASK_SET_THERE] = there;
	result[MASK_SET] = READ(to);
}

static void change_back(struct bpf_cpumask *to, u64 bits)
{
	u64 there = 0;
	u32 cpu;

	for (cpu = 0; cpu < CPUMASK_BITS; cpu++)
		if (bits & (1ULL << cpu))
			there |= (u64)bpf_cpumask_test_and_clear_cpu(cpu, to) << cpu;
	result[MASK_CLEAR_THERE] = there;
	result[MASK_CLEARED] = READ(to);
}

static void clear_cpus(struct bpf_cpumask *to, u64 bits)
{
	u32 cpu;

	for (cpu = 0; cpu < CPUMASK_BITS; cpu++)
		if (bits & (1ULL << cpu))
			bpf_cpumask_clear_cpu(cpu, to);
	result[MASK_CLEAR_CPU] = READ(to);
}

/* The last one is next to the mask. */
static const u32 beyond[] = {
	-1U, 1U << 31, 1U << 20, sizeof(cpumask_t) * 8,
};

static void go_beyond(struct bpf_cpumask *to)
{
	u32 i, cpu, there = 0;

	for (i = 0; i <= ARRAY_SIZE(beyond); i++) {
		cpu = i < ARRAY_SIZE(beyond) ? beyond[i] : scx_bpf_nr_cpu_ids();
		bpf_cpumask_set_cpu(cpu, to);
		there |= bpf_cpumask_test_cpu(cpu, cast_mask(to));
		there |= bpf_cpumask_test_and_set_cpu(cpu, to);
		there |= bpf_cpumask_test_and_set_cpu(cpu, to);
		there |= bpf_cpumask_test_and_clear_cpu(cpu, to);
		bpf_cpumask_clear_cpu(cpu, to);
	}
	result[MASK_BEYOND] = READ(to);
	result[MASK_BEYOND_THERE] = there;
	result[MASK_BEYOND_USAGE] = to->usage.refs.counter;
}

static void find_out_with(struct bpf_cpumask *ma, struct bpf_cpumask *mb,
			  struct bpf_cpumask *to)
{
	fill(ma, a);
	fill(mb, b);
	look(cast_mask(ma), cast_mask(mb));
	combine(to, ma, mb);
	change(to, b);
	bpf_cpumask_copy(to, cast_mask(ma));
	change_back(to, b);
	bpf_cpumask_copy(to, cast_mask(ma));
	clear_cpus(to, b);
	bpf_cpumask_copy(to, cast_mask(ma));
	go_beyond(to);
}

static int find_out(void)
{
	struct bpf_cpumask *ma, *mb, *to;
	int ret = -ENOMEM;

	ma = bpf_cpumask_create();
	if (!ma)
		return ret;
	mb = bpf_cpumask_create();
	if (!mb)
		goto release_a;
	to = bpf_cpumask_create();
	if (!to)
		goto release_b;

	find_out_with(ma, mb, to);
	ret = 0;
	bpf_cpumask_release(to);
release_b:
	bpf_cpumask_release(mb);
release_a:
	bpf_cpumask_release(ma);
	return ret;
}

SEC("syscall")
int in_syscall(void *ctx)
{
	return find_out();
}

static void find_out_if(enum cpumask_where here)
{
	if (where != here || __sync_val_compare_and_swap(&where, here, MASK_NOWHERE) != here)
		return;
	err = find_out();
	__sync_fetch_and_add(&nr_done, 1);
}

SEC("tp_btf/sched_switch")
int in_trace(u64 *ctx)
{
	find_out_if(MASK_IN_TRACE);
	return 0;
}

/* CPUs that any_distribute() and its like come by, in turns as these share a state. */
u64 met, met_both;

#define DISTRIBUTE_TIMES	256

static long meet(u64 i, void *ctx)
{
	struct bpf_cpumask *ma, *mb;

	ma = bpf_cpumask_create();
	if (!ma)
		return 0;
	fill(ma, a);
	mb = bpf_cpumask_create();
	if (mb) {
		fill(mb, b);
		if (i < DISTRIBUTE_TIMES)
			met |= 1ULL << (bpf_cpumask_any_distribute(cast_mask(ma)) % 64);
		else
			met_both |= 1ULL << (bpf_cpumask_any_and_distribute(cast_mask(ma),
									    cast_mask(mb)) % 64);
		bpf_cpumask_release(mb);
	}
	bpf_cpumask_release(ma);
	return 0;
}

SEC("syscall")
int distribute(void *ctx)
{
	met = 0;
	met_both = 0;
	bpf_loop(2 * DISTRIBUTE_TIMES, meet, NULL, 0);
	return 0;
}

static struct slot *get_slot(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&slots, &key);
}

/* Put a into the map. 1 if there was one before. */
static int stash(void)
{
	struct slot *slot = get_slot();
	struct bpf_cpumask *mask;

	if (!slot)
		return -ENOENT;
	mask = bpf_cpumask_create();
	if (!mask)
		return -ENOMEM;
	fill(mask, a);
	mask = bpf_kptr_xchg(&slot->mask, mask);
	if (!mask)
		return 0;
	bpf_cpumask_release(mask);
	return 1;
}

/* Take it from there, into b. */
static int unstash(void)
{
	struct slot *slot = get_slot();
	struct bpf_cpumask *mask;

	if (!slot)
		return -ENOENT;
	mask = bpf_kptr_xchg(&slot->mask, NULL);
	if (!mask)
		return -ENOENT;
	b = READ(mask);
	bpf_cpumask_release(mask);
	return 0;
}

SEC("syscall")
int stash_in_syscall(void *ctx)
{
	return stash();
}

SEC("syscall")
int unstash_in_syscall(void *ctx)
{
	return unstash();
}

u32 usage[5];

/* One mask by two references, one of which is in the map for a while. */
SEC("syscall")
int share(void *ctx)
{
	struct bpf_cpumask *mask, *other, *old;
	struct slot *slot = get_slot();

	if (!slot)
		return -ENOENT;
	mask = bpf_cpumask_create();
	if (!mask)
		return -ENOMEM;
	usage[0] = mask->usage.refs.counter;
	other = bpf_cpumask_acquire(mask);
	usage[1] = mask->usage.refs.counter;
	old = bpf_kptr_xchg(&slot->mask, other);
	usage[2] = mask->usage.refs.counter;
	if (old)
		bpf_cpumask_release(old);
	fill(mask, a);
	bpf_cpumask_release(mask);

	mask = bpf_kptr_xchg(&slot->mask, NULL);
	if (!mask)
		return -ENOENT;
	usage[3] = mask->usage.refs.counter;
	b = READ(mask);
	other = bpf_cpumask_acquire(mask);
	bpf_cpumask_release(mask);
	usage[4] = other->usage.refs.counter;
	bpf_cpumask_release(other);
	return 0;
}

/* One of two references is in the map when the element is written anew. */
SEC("syscall")
int overwrite(void *ctx)
{
	struct bpf_cpumask *mask, *old;
	struct slot *slot = get_slot(), none = {};
	u32 key = 0;

	if (!slot)
		return -ENOENT;
	mask = bpf_cpumask_create();
	if (!mask)
		return -ENOMEM;
	old = bpf_kptr_xchg(&slot->mask, bpf_cpumask_acquire(mask));
	if (old)
		bpf_cpumask_release(old);
	usage[0] = mask->usage.refs.counter;
	bpf_map_update_elem(&slots, &key, &none, BPF_ANY);
	usage[1] = mask->usage.refs.counter;
	bpf_cpumask_release(mask);
	return 0;
}

/* Turnover, and whether memory comes back within an RCU section. */
u32 nr_turns;			/* in a run of the program */
u64 nr_created, nr_missed, nr_at_once;
bool turn_over_in_op;

static long turn_over(u64 i, void *ctx)
{
	struct bpf_cpumask *mask;
	u64 before;

	mask = bpf_cpumask_create();
	if (!mask) {
		__sync_fetch_and_add(&nr_missed, 1);
		return 0;
	}
	before = (u64)mask;
	bpf_cpumask_release(mask);

	mask = bpf_cpumask_create();
	if (!mask) {
		__sync_fetch_and_add(&nr_missed, 1);
		return 0;
	}
	if ((u64)mask == before)
		__sync_fetch_and_add(&nr_at_once, 1);
	bpf_cpumask_release(mask);
	__sync_fetch_and_add(&nr_created, 2);
	return 0;
}

SEC("syscall")
int turn_over_in_syscall(void *ctx)
{
	bpf_loop(nr_turns, turn_over, NULL, 0);
	return 0;
}

/* The task whose affinity is read, and what it is. */
s32 pid;
u64 affinity;
u64 affinity_copied;
u32 affinity_weight;
s32 stash_err;
u32 wish;			/* enum mask_wish; one CPU is to grant it */

static void read_affinity(struct task_struct *p)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();

	if (!mask)
		return;
	bpf_cpumask_copy(mask, p->cpus_ptr);
	affinity_copied = READ(mask);
	affinity = read(p->cpus_ptr);
	affinity_weight = bpf_cpumask_weight(p->cpus_ptr);
	bpf_cpumask_release(mask);
}

void BPF_STRUCT_OPS(cpumask_enqueue, struct task_struct *p, u64 enq_flags)
{
	find_out_if(MASK_IN_OP);
	if (turn_over_in_op)
		bpf_loop(4, turn_over, NULL, 0);
	if (p->pid == pid)
		read_affinity(p);
	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(cpumask_running, struct task_struct *p)
{
	u32 mine = wish;


	if (!mine || __sync_val_compare_and_swap(&wish, mine, MASK_NOTHING) != mine)
		return;
	stash_err = mine == MASK_STASH ? stash() : unstash();
	__sync_fetch_and_add(&nr_done, 1);
}

s32 BPF_STRUCT_OPS(cpumask_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)cpumask_select_cpu,
	       .enqueue		= (void *)cpumask_enqueue,
	       .running		= (void *)cpumask_running,
	       .name		= "cpumask");
