// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that rely on how often a callback runs, each with a twin that differs in
 * one statement. See callbacks_refused.h for what the verifier says.
 */
#include <scx/common.bpf.h>
#include "pairs.bpf.h"

char _license[] SEC("license") = "GPL";

u8 array[16];
u64 cell;
u64 sink;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, u64);
	__type(value, u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/* On the stack of a program, for its callback to change */
struct turns {
	u64 i, j;
	u64 *p, *q;
	struct task_struct *task;
};

#define MANY	100

/* The callback of bpf_loop() */
#define TURN(name)							\
	static __always_inline int name##_turn(const bool mended, struct turns *c); \
	static int name##_cb(u32 i, struct turns *c)			\
	{								\
		return name##_turn(false, c);				\
	}								\
	static int name##_cb_mended(u32 i, struct turns *c)		\
	{								\
		return name##_turn(true, c);				\
	}								\
	static __always_inline int name##_turn(const bool mended, struct turns *c)

#define LOOP(name, c)	bpf_loop(MANY, mended ? name##_cb_mended : name##_cb, c, 0)

/* A program that does nothing else */
#define JUST_LOOP(name)							\
REFUSED_C(name)								\
{									\
	struct turns c = {};						\
									\
	LOOP(name, &c);							\
	return 0;							\
}

/* Of no consequence, but where the verifier looks for states that it has seen */
static __always_inline void join_here(void)
{
	if (bpf_get_prandom_u32() & 1)
		sink++;
	if (bpf_get_prandom_u32() & 1)
		sink++;
}

static __always_inline int use_index(const bool mended, struct turns *c)
{
	if (mended && c->i >= sizeof(array))
		return 1;
	sink += array[c->i];
	c->i++;
	return 0;
}

TURN(index_grows)
{
	return use_index(mended, c);
}
JUST_LOOP(index_grows)

static __noinline int below(struct turns *c)
{
	c->i++;
	return 0;
}

TURN(index_grows_below)
{
	below(c);
	if (mended && c->i >= sizeof(array))
		return 1;
	sink += array[c->i];
	return 0;
}
JUST_LOOP(index_grows_below)

static int inside_cb(u32 i, struct turns *c)
{
	c->i++;
	return 0;
}

/* One callback in another: the inner one has the index grow. */
TURN(index_grows_inside)
{
	bpf_loop(2, inside_cb, c, 0);
	if (mended && c->i >= sizeof(array))
		return 1;
	sink += array[c->i];
	return 0;
}
JUST_LOOP(index_grows_inside)

/* The inner one uses what the outer one has grown. */
TURN(index_grows_outside_inner)
{
	if (mended && c->i >= sizeof(array))
		return 1;
	sink += array[c->i];
	return 0;
}

TURN(index_grows_outside)
{
	LOOP(index_grows_outside_inner, c);
	c->i++;
	return 0;
}
JUST_LOOP(index_grows_outside)

/* With each of the other helpers. NO_TURN's index is good after a turn only. */
#define GROWS_IN_WALK(name, map)					\
	static int name##_cb(void *m, void *k, void *v, struct turns *c) \
	{								\
		return use_index(false, c);				\
	}								\
	static int name##_cb_mended(void *m, void *k, void *v, struct turns *c) \
	{								\
		return use_index(true, c);				\
	}								\
	REFUSED_C(name)							\
	{								\
		struct turns c = {};					\
									\
		bpf_for_each_map_elem(map, mended ? name##_cb_mended : name##_cb, &c, 0); \
		return 0;						\
	}

GROWS_IN_WALK(index_grows_array, &values)
GROWS_IN_WALK(index_grows_hash, &hash)

static long grows_drain(struct bpf_dynptr *d, struct turns *c)
{
	return use_index(false, c);
}

static long grows_drain_mended(struct bpf_dynptr *d, struct turns *c)
{
	return use_index(true, c);
}

REFUSED_C(index_grows_drain)
{
	struct turns c = {};

	bpf_user_ringbuf_drain(&records, mended ? grows_drain_mended : grows_drain, &c, 0);
	return 0;
}

#define NO_TURN(name, call)						\
	REFUSED_C(name)							\
	{								\
		struct turns c = {};					\
									\
		c.i = mended ? 1 : 100;					\
		call;							\
		sink += array[c.i];					\
		return 0;						\
	}

static int set_index(u32 i, struct turns *c)
{
	c->i = 2;
	return 0;
}

static int set_index_walk(void *m, void *k, void *v, struct turns *c)
{
	c->i = 2;
	return 0;
}

static int set_index_vma(struct task_struct *t, struct vm_area_struct *v, struct turns *c)
{
	c->i = 2;
	return 0;
}

static long set_index_drain(struct bpf_dynptr *d, struct turns *c)
{
	c->i = 2;
	return 0;
}

NO_TURN(no_turn, bpf_loop(MANY, set_index, &c, 0))
NO_TURN(no_turn_array, bpf_for_each_map_elem(&values, set_index_walk, &c, 0))
NO_TURN(no_turn_hash, bpf_for_each_map_elem(&hash, set_index_walk, &c, 0))
NO_TURN(no_turn_vma, bpf_find_vma(bpf_get_current_task_btf(), 0, set_index_vma, &c, 0))
NO_TURN(no_turn_drain, bpf_user_ringbuf_drain(&records, set_index_drain, &c, 0))

static int set_pointer(u32 i, struct turns *c)
{
	c->p = &cell;
	return 0;
}

REFUSED_C(no_turn_pointer)
{
	struct turns c = {};

	c.p = mended ? &cell : NULL;
	bpf_loop(MANY, set_pointer, &c, 0);
	sink += *c.p;
	return 0;
}

REFUSED_C(index_after)
{
	struct turns c = {};

	bpf_loop(MANY, inside_cb, &c, 0);
	if (mended && c.i >= sizeof(array))
		return 0;
	sink += array[c.i];
	return 0;
}

/* Two turns are good. */
TURN(third_turn)
{
	if (mended && c->i >= sizeof(array))
		return 1;
	sink += array[c->i];
	c->i = c->j;
	c->j = 100;
	return 0;
}
JUST_LOOP(third_turn)

/* So are any number of them, on one way through. */
TURN(on_one_way)
{
	if (bpf_get_prandom_u32() & 1) {
		c->i = mended ? 2 : 100;
		return 0;
	}
	sink += array[c->i];
	return 0;
}
JUST_LOOP(on_one_way)

TURN(pointer_moves)
{
	sink += *c->p;
	if (!mended)
		c->p++;
	return 0;
}

REFUSED_C(pointer_moves)
{
	struct turns c = {};

	c.p = &cell;
	LOOP(pointer_moves, &c);
	return 0;
}

TURN(pointer_replaced)
{
	u64 key = 0;

	sink += *c->p;
	c->p = bpf_map_lookup_elem(&hash, &key);
	if (mended && !c->p)
		c->p = &cell;
	return 0;
}

REFUSED_C(pointer_replaced)
{
	struct turns c = {};

	c.p = &cell;
	LOOP(pointer_replaced, &c);
	return 0;
}

TURN(pointer_swapped)
{
	u64 *p = c->p;

	sink += *p;
	c->p = mended ? p : c->q;
	c->q = p;
	return 0;
}

REFUSED_C(pointer_swapped)
{
	struct turns c = {};

	c.p = &cell;
	LOOP(pointer_swapped, &c);
	return 0;
}

/* The program tests its pointer, the callback exchanges it. */
TURN(tested_before)
{
	u64 key = 0;

	if (!mended)
		c->p = bpf_map_lookup_elem(&hash, &key);
	return 0;
}

REFUSED_C(tested_before)
{
	struct turns c = {};
	u64 key = 0;

	c.p = bpf_map_lookup_elem(&hash, &key);
	if (!c.p)
		return 0;
	LOOP(tested_before, &c);
	sink += *c.p;
	return 0;
}

TURN(reference_kept)
{
	struct task_struct *p = bpf_task_from_pid(1);

	if (p && mended)
		bpf_task_release(p);
	return 0;
}
JUST_LOOP(reference_kept)

static __noinline int find_below(void)
{
	return !!bpf_task_from_pid(1);
}

static __noinline int find_below_mended(void)
{
	struct task_struct *p = bpf_task_from_pid(1);

	if (p)
		bpf_task_release(p);
	return 0;
}

TURN(reference_kept_below)
{
	sink += mended ? find_below_mended() : find_below();
	return 0;
}
JUST_LOOP(reference_kept_below)

/* From the second turn on */
TURN(reference_kept_later)
{
	struct task_struct *p;

	if (c->i) {
		p = bpf_task_from_pid(1);
		if (p && mended)
			bpf_task_release(p);
	}
	c->i = 1;
	return 0;
}
JUST_LOOP(reference_kept_later)

#define HOLD_TASK(name)							\
REFUSED_C(name)								\
{									\
	struct turns c = {};						\
	struct task_struct *p;						\
									\
	p = bpf_task_from_pid(1);					\
	if (!p)								\
		return 0;						\
	c.task = p;							\
	LOOP(name, &c);							\
	if (mended)							\
		bpf_task_release(p);					\
	return 0;							\
}

TURN(reference_released)
{
	if (!mended)
		bpf_task_release(c->task);
	return 0;
}
HOLD_TASK(reference_released)

static __noinline int release_below(struct turns *c)
{
	bpf_task_release(c->task);
	return 0;
}

TURN(reference_released_below)
{
	if (!mended)
		release_below(c);
	return 0;
}
HOLD_TASK(reference_released_below)

TURN(section_begun)
{
	if (c->i) {
		bpf_rcu_read_lock();
		if (mended)
			bpf_rcu_read_unlock();
	}
	c->i = 1;
	return 0;
}
JUST_LOOP(section_begun)

/* A walk over a hash table is an RCU section, but not one for all of it. */
static __always_inline int section_over_turn(const bool mended, struct turns *c)
{
	if (c->task)
		sink += scx_bpf_task_cpu(c->task);
	c->task = mended ? NULL : bpf_get_current_task_btf()->real_parent;
	return 0;
}

static int section_over_cb(void *m, void *k, void *v, struct turns *c)
{
	return section_over_turn(false, c);
}

static int section_over_cb_mended(void *m, void *k, void *v, struct turns *c)
{
	return section_over_turn(true, c);
}

REFUSED_C(section_over)
{
	struct turns c = {};

	bpf_for_each_map_elem(&hash, mended ? section_over_cb_mended : section_over_cb, &c, 0);
	return 0;
}

TURN(iterator_left)
{
	struct bpf_iter_num it;

	if (c->i) {
		bpf_iter_num_new(&it, 0, 10);
		if (mended)
			bpf_iter_num_destroy(&it);
	}
	c->i = 1;
	return 0;
}
JUST_LOOP(iterator_left)

/* Not read in any turn */
TURN(read_after)
{
	join_here();
	return 0;
}

REFUSED_C(read_after)
{
	struct turns c = {};

	c.i = 1;
	if (bpf_get_prandom_u32() & 1)
		c.i = mended ? 2 : 100;
	LOOP(read_after, &c);
	sink += array[c.i];
	return 0;
}

#define OPERANDS							\
	[array]"i"(array), [cell]"i"(&cell), [loop]"i"(BPF_FUNC_loop),	\
	[random]"i"(BPF_FUNC_get_prandom_u32)

/* What it does to its r6 is nothing to the caller. */
static __naked __attribute__((used)) int own_r6(void)
{
	asm volatile("r1 = *(u8 *)(r1 + 0); r6 = 0; call %[random]; if r0 == 0 goto 1f;"
		     "r6 = 1; 1: r0 = 0; exit;" : : [random]"i"(BPF_FUNC_get_prandom_u32));
}

/* On the first way r6 is good. On the second it is, and the rest is known from own_r6()
 * on, which needs r6 to be precise: on the third it is not good.
 */
REFUSED(precise_for_caller,
	RANDOM "*(u64 *)(r10 - 8) = 0; if r0 != 0 goto 1f;"
	"r6 = 1; r1 = %[cell] ll; goto 4f;"
	"1:" RANDOM "r6 = 1; if r0 != 0 goto 2f; goto 3f; 2:", "r6 = 100;", "r6 = 2;",
	"3: r0 = 0; if r0 == 1 goto 4f; r1 = r10; r1 += -8;"
	"4: call own_r6;" INDEX(r6) RETURN)

/* Not by way of r10 */
REFUSED(filled_by_pointer,
	"r7 = r10; r7 += -8;" RANDOM "r1 = 1; if r0 != 0 goto 1f; goto 2f; 1:",
	"r1 = 100;", "r1 = 2;", "2: *(u64 *)(r10 - 8) = r1; r0 = 0; if r0 == 1 goto 3f; 3:"
	"r3 = *(u64 *)(r7 + 0);" INDEX(r3) RETURN)

static __naked __attribute__((used)) int fills(void)
{
	asm volatile("r3 = *(u64 *)(r1 + 0);" INDEX(r3) RETURN : : [array]"i"(array));
}

REFUSED(filled_by_callee,
	RANDOM "r1 = 1; if r0 != 0 goto 1f; goto 2f; 1:",
	"r1 = 100;", "r1 = 2;", "2: *(u64 *)(r10 - 8) = r1; r1 = r10; r1 += -8;"
	"call fills; r0 = 0; exit;")

/* r2 points to an index, and a pointer to where 100 is written. */
static __naked __attribute__((used)) int argument_turn(void)
{
	asm volatile("r3 = *(u64 *)(r2 + 0); r4 = *(u64 *)(r2 + 8); r5 = 100;"
		     "*(u64 *)(r4 + 0) = r5;" INDEX(r3)
		     "call %[random]; if r0 == 0 goto 1f; r0 = 1; 1: r0 = 0; exit;"
		     : : [array]"i"(array), [random]"i"(BPF_FUNC_get_prandom_u32));
}

/* With one argument or another. A turn leaves the same with both, but only one of them
 * has the next one use what is written.
 */
REFUSED(other_argument,
	"r1 = r10; r1 += -32; *(u64 *)(r10 - 8) = r1; *(u64 *)(r10 - 24) = r1;"
	"r1 = 1; *(u64 *)(r10 - 16) = r1; *(u64 *)(r10 - 32) = r1;"
	RANDOM "r3 = r10; r3 += -16; if r0 != 0 goto 1f; goto 2f; 1:",
	"r3 += -16;", "r3 += 0;",
	"2: r1 = 100; r2 = argument_turn ll; r4 = 0; call %[loop];" RETURN)

REFUSED_C(endless)
{
	struct turns c = {};

	do {
		bpf_loop(MANY, set_index, &c, 0);
	} while (!mended);
	return 0;
}

REFUSED_C(endless_sometimes)
{
	struct turns c = {};

	do {
		bpf_loop(MANY, inside_cb, &c, 0);
	} while (!mended && bpf_get_prandom_u32() & 1);
	return 0;
}

/* r2 points to what it adds one to, and what it keeps for a while. */
static __naked __attribute__((used)) int endless_turn(void)
{
	asm volatile("r6 = r2; r7 = *(u64 *)(r6 + 8); call %[random]; if r0 == 0 goto 1f;"
		     "r8 = 1; 1: r1 = *(u64 *)(r6 + 0); r1 += 1; *(u64 *)(r6 + 0) = r1;"
		     "r1 = %[cell] ll; *(u64 *)(r1 + 0) = r7; r0 = 0; exit;"
		     : : [cell]"i"(&cell), [random]"i"(BPF_FUNC_get_prandom_u32));
}

/* Without end if the callback runs once. The second call may not go by what is known of
 * the first one, which is not finished: anything may be on the stack there in the end.
 */
REFUSED(endless_by_turns,
	RANDOM "r6 = r0; r6 &= 255;"
	"1: r1 = 0; *(u64 *)(r10 - 16) = r1; *(u64 *)(r10 - 8) = r6;"
	"r1 = 100; r2 = endless_turn ll; r3 = r10; r3 += -16; r4 = 0; call %[loop];"
	"r1 = *(u64 *)(r10 - 16); r1 &= 1; if r1 == 0 goto 2f; r6 = 1;",
	"goto 1b;", "goto 2f;", "2:" RETURN)

TURN(endless_within)
{
	while (!mended)
		join_here();
	return 0;
}
JUST_LOOP(endless_within)
