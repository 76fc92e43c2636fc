// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that do to iterators what must not be done to them, or need what was
 * true in one turn of a loop to be true in all, each with a twin that differs in one
 * statement. See iters_refused.h for what the verifier says.
 *
 * Most are written in assembly language, for the compiler to leave them alone.
 */
#include <scx/common.bpf.h>
#include "pairs.bpf.h"

char _license[] SEC("license") = "GPL";

u8 array[16];
u64 sink;
static const char word[8] = "word";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} progs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

/* Iterators at r10 + off */
#define AT(off)		"r1 = r10; r1 += " #off ";"
#define NEW(off)	AT(off) "r2 = 0; r3 = 10; call bpf_iter_num_new;"
#define NEXT(off)	AT(off) "call bpf_iter_num_next;"
#define DESTROY(off)	AT(off) "call bpf_iter_num_destroy;"

#define OPERANDS							\
	[array]"i"(array), [hash]"i"(&hash), [progs]"i"(&progs), [word]"i"(word),	\
	[records]"i"(&records), [reserve]"i"(BPF_FUNC_ringbuf_reserve_dynptr),	\
	[discard]"i"(BPF_FUNC_ringbuf_discard_dynptr),			\
	[random]"i"(BPF_FUNC_get_prandom_u32),				\
	[lookup]"i"(BPF_FUNC_map_lookup_elem),				\
	[read_kernel]"i"(BPF_FUNC_probe_read_kernel),			\
	[strncmp]"i"(BPF_FUNC_strncmp), [tail_call]"i"(BPF_FUNC_tail_call),	\
	[from_mem]"i"(BPF_FUNC_dynptr_from_mem)

/* What only assembly language calls has no type otherwise. */
SEC("?syscall")
int types(void *ctx)
{
	int i, *bit;

	bpf_for(i, 0, 10)
		sink += i;
	bpf_for_each(bits, bit, &sink, 1)
		sink += *bit;
	return 0;
}

REFUSED(next_without_new, NOTHING, "r0 = 0;", NEW(-8),
	NEXT(-8) DESTROY(-8) RETURN)
REFUSED(next_of_bytes, "r6 = 0; r7 = 10;", "*(u64 *)(r10 - 8) = r7;", NEW(-8),
	NEXT(-8) DESTROY(-8) RETURN)
REFUSED(destroy_without_new, NOTHING, "r0 = 0;", NEW(-8), DESTROY(-8) RETURN)
REFUSED(next_after_destroy, NEW(-8) DESTROY(-8), NEXT(-8), "r0 = 0;", RETURN)
REFUSED(destroy_twice, NEW(-8) DESTROY(-8), DESTROY(-8), "r0 = 0;", RETURN)
REFUSED(new_on_one_way, RANDOM "if r0 != 0 goto 1f;" NEW(-8) "goto 2f; 1:",
	"r0 = 0;", NEW(-8), "2:" NEXT(-8) DESTROY(-8) RETURN)
REFUSED(new_twice, NEW(-8), NEW(-8), "r0 = 0;", DESTROY(-8) RETURN)
REFUSED(never_destroyed, NEW(-8), NOTHING, DESTROY(-8), RETURN)

#define BELOW(name, statement)						\
static __noinline int name(void)					\
{									\
	struct bpf_iter_num it;						\
									\
	bpf_iter_num_new(&it, 0, 10);					\
	statement;							\
	return 0;							\
}

BELOW(below_leaves, barrier())
BELOW(below_destroys, bpf_iter_num_destroy(&it))

REFUSED_C(not_destroyed_below)
{
	if (mended)
		return below_destroys();
	return below_leaves();
}

REFUSED(not_destroyed_on_return,
	NEW(-8) "1:" NEXT(-8) "if r0 == 0 goto 2f; r6 = *(u32 *)(r0 + 0);"
	"if r6 != 5 goto 1b;", NOTHING, DESTROY(-8), RETURN "2:" DESTROY(-8) RETURN)

static int callback_leaves(u32 i, void *ctx)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	return 0;
}

static int callback_destroys(u32 i, void *ctx)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	bpf_iter_num_destroy(&it);
	return 0;
}

REFUSED_C(not_destroyed_in_callback)
{
	bpf_loop(10, mended ? callback_destroys : callback_leaves, NULL, 0);
	return 0;
}

/* Programs that may sleep have no tail calls. */
REFUSED_IN("?tp_btf/sched_process_fork", left_by_tail_call, "r6 = r1;" NEW(-8), "r0 = 0;",
	   DESTROY(-8), "r1 = r6; r2 = %[progs] ll; r3 = 0; call %[tail_call];" RETURN)

static __noinline int tail_calls(void *ctx)
{
	bpf_tail_call(ctx, &progs, 0);
	return 0;
}

SEC("?tp_btf/sched_process_fork")
int left_by_tail_call_below(void *ctx)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	tail_calls(ctx);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("?tp_btf/sched_process_fork")
int left_by_tail_call_below_mended(void *ctx)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	bpf_iter_num_destroy(&it);
	tail_calls(ctx);
	return 0;
}

/* Where it is */

#define PLACE	"r2 = 0; r3 = 10; call bpf_iter_num_new; r1 = r6;"	\
		"call bpf_iter_num_destroy;" RETURN

REFUSED(misaligned, "r6 = r10;", "r6 += -12;", "r6 += -16;", "r1 = r6;" PLACE)
REFUSED(above_stack, "r6 = r10;", "r6 += 0;", "r6 += -8;", "r1 = r6;" PLACE)
REFUSED(below_stack, "r6 = r10;", "r6 += -520;", "r6 += -512;", "r1 = r6;" PLACE)
REFUSED(anywhere_on_stack, RANDOM "r0 &= 8; r6 = r10; r6 += -16;", "r6 += r0;", "r6 += 8;",
	"r1 = r6;" PLACE)
REFUSED(in_map, "r6 = r10; r6 += -8;", "r6 = %[array] ll;", "r6 += 0;", "r1 = r6;" PLACE)

#define DYNPTR(off)	"r1 = %[array] ll; r2 = 16; r3 = 0; r4 = r10; r4 += " #off ";" \
			"call %[from_mem];"

REFUSED(over_dynptr, DYNPTR(-32) "r6 = r10;", "r6 += -24;", "r6 += -16;", "r1 = r6;" PLACE)
REFUSED(under_dynptr, NEW(-24), DYNPTR(-32), DYNPTR(-16), DESTROY(-24) RETURN)

__noinline int next_of_caller(struct bpf_iter_num *it)
{
	return bpf_iter_num_next(it) ? 1 : 0;
}

static __noinline int next_of_static_caller(struct bpf_iter_num *it)
{
	return bpf_iter_num_next(it) ? 1 : 0;
}

REFUSED_C(next_in_global)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	if (mended)
		next_of_static_caller(&it);
	else
		next_of_caller(&it);
	bpf_iter_num_destroy(&it);
	return 0;
}

static int callback(u32 i, struct bpf_iter_num *it)
{
	return 0;
}

static int callback_next(u32 i, struct bpf_iter_num *it)
{
	bpf_iter_num_next(it);
	return 0;
}

static int callback_new(u32 i, struct bpf_iter_num *it)
{
	bpf_iter_num_new(it, 0, 10);
	return 0;
}

static int callback_destroy(u32 i, struct bpf_iter_num *it)
{
	bpf_iter_num_destroy(it);
	return 0;
}

static int callback_next_below(u32 i, struct bpf_iter_num *it)
{
	next_of_static_caller(it);
	return 0;
}

REFUSED_C(next_in_callback)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	bpf_loop(10, mended ? callback : callback_next, &it, 0);
	bpf_iter_num_destroy(&it);
	return 0;
}

REFUSED_C(new_in_callback)
{
	struct bpf_iter_num it;

	bpf_loop(10, mended ? callback : callback_new, &it, 0);
	return 0;
}

REFUSED_C(destroy_in_callback)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	bpf_loop(10, mended ? callback : callback_destroy, &it, 0);
	bpf_iter_num_destroy(&it);
	return 0;
}

REFUSED_C(next_below_callback)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	bpf_loop(10, mended ? callback : callback_next_below, &it, 0);
	bpf_iter_num_destroy(&it);
	return 0;
}

/* It is not memory. */

#define END	DESTROY(-8) RETURN

REFUSED(read, NEW(-8), "r2 = *(u64 *)(r10 - 8);", "r2 = 1;", END)
REFUSED(read_byte, NEW(-8), "r2 = *(u8 *)(r10 - 5);", "r2 = 1;", END)
REFUSED(read_anywhere,
	NEW(-8) "r6 = r10; r6 += -16; r0 = 0; *(u64 *)(r10 - 16) = r0;" RANDOM "r0 &= 8;",
	"r6 += r0;", "r6 += 0;", "r2 = *(u8 *)(r6 + 0);" END)
REFUSED(written, NEW(-8) "r6 = 1;", "*(u64 *)(r10 - 8) = r6;", "*(u64 *)(r10 - 16) = r6;", END)
REFUSED(spilled_over, NEW(-8), "*(u64 *)(r10 - 8) = r10;", "*(u64 *)(r10 - 16) = r10;", END)
REFUSED(written_byte, NEW(-8) "r6 = 1;", "*(u8 *)(r10 - 3) = r6;", "*(u8 *)(r10 - 13) = r6;",
	END)
REFUSED(written_anywhere,
	NEW(-8) "r6 = r10; r6 += -16;" RANDOM "r0 &= 8;", "r6 += r0;", "r6 += 0;",
	"*(u8 *)(r6 + 0) = r0;" END)
REFUSED(added_to, NEW(-8) "r6 = 1; *(u64 *)(r10 - 16) = r6;",
	"lock *(u64 *)(r10 - 8) += r6;", "lock *(u64 *)(r10 - 16) += r6;", END)

static __noinline int write_to(u64 *p)
{
	*(volatile u64 *)p = 1;
	return 0;
}

REFUSED_C(written_by_callee)
{
	struct bpf_iter_num it;
	u64 other;

	bpf_iter_num_new(&it, 0, 10);
	if (mended)
		write_to(&other);
	else
		write_to((u64 *)&it);
	bpf_iter_num_destroy(&it);
	return 0;
}

REFUSED(read_by_helper, NEW(-8) "r6 = 0; *(u64 *)(r10 - 16) = r6; r1 = %[hash] ll; r2 = r10;",
	"r2 += -8;", "r2 += -16;", "call %[lookup];" END)
REFUSED(read_among_others,
	NEW(-8) "r6 = 0; *(u64 *)(r10 - 16) = r6; *(u64 *)(r10 - 24) = r6; r1 = r10; r1 += -24;",
	"r2 = 24;", "r2 = 16;", "r3 = %[word] ll; call %[strncmp];" END)
REFUSED(written_by_helper, NEW(-8) "r1 = r10;", "r1 += -8;", "r1 += -16;",
	"r2 = 8; r3 = 0; call %[read_kernel];" END)

char format[] = "%llu";

REFUSED_C(memory_of_kfunc)
{
	struct bpf_iter_num it;
	u64 data = 0;

	bpf_iter_num_new(&it, 0, 10);
	scx_bpf_error_bstr(format, mended ? (void *)&data : &it, sizeof(data));
	bpf_iter_num_destroy(&it);
	return 0;
}

__noinline int read_from(struct bpf_iter_num *it)
{
	return it ? it->__opaque[0] : 0;
}

REFUSED_C(memory_of_global)
{
	struct bpf_iter_num it, other = {};

	bpf_iter_num_new(&it, 0, 10);
	read_from(mended ? &other : &it);
	bpf_iter_num_destroy(&it);
	return 0;
}

/* Elements */

#define FIRST	NEW(-8) NEXT(-8) "if r0 == 0 goto 1f;"

REFUSED(no_element, NEW(-8) NEXT(-8), NOTHING, "if r0 == 0 goto 1f;",
	"r6 = *(u32 *)(r0 + 0); 1:" END)
REFUSED(element_written, FIRST "r6 = 1;", "*(u32 *)(r0 + 0) = r6;", "r6 = *(u32 *)(r0 + 0);",
	"1:" END)
REFUSED(beyond_element, FIRST, "r6 = *(u64 *)(r0 + 0);", "r6 = *(u32 *)(r0 + 0);", "1:" END)
REFUSED(element_after_next, FIRST "r7 = r0;", NEXT(-8), "r0 = 0;",
	"r6 = *(u32 *)(r7 + 0); 1:" END)
REFUSED(element_after_destroy, FIRST "r7 = r0;", DESTROY(-8) "r6 = *(u32 *)(r7 + 0);",
	"r6 = *(u32 *)(r7 + 0);" DESTROY(-8), RETURN "1:" END)
REFUSED(spilled_element, FIRST "*(u64 *)(r10 - 16) = r0;", NEXT(-8), "r0 = 0;",
	"r1 = *(u64 *)(r10 - 16); r6 = *(u32 *)(r1 + 0); 1:" END)
REFUSED(any_number, FIRST "r6 = *(u32 *)(r0 + 0);", NOTHING, "if r6 > 15 goto 1f;",
	INDEX(r6) "1:" END)

/* Loops without an end */

#define LOOP	NEW(-8) "1:" NEXT(-8) "if r0 == 0 goto 2f;"
#define ENDLOOP	"goto 1b; 2:"

REFUSED(without_next, NEW(-8) "1:", "r0 = 1;", NEXT(-8), "if r0 != 0 goto 1b;" END)
REFUSED(loop_in_loop, LOOP "r6 = 1; 3: r7 = 0;", "if r6 == 1 goto 3b;", "if r6 == 2 goto 3b;",
	ENDLOOP END)
REFUSED(beyond_the_end, NEW(-8) "1:" NEXT(-8), "if r0 == 0 goto 1b;", "if r0 != 0 goto 1b;", END)
REFUSED(set_up_again, LOOP DESTROY(-8) NEW(-8), "goto 1b;", "goto 2f;", "2:" END)
REFUSED(set_up_again_sometimes,
	LOOP RANDOM "if r0 != 0 goto 4f; 3: r6 = 0; goto 1b; 4:" DESTROY(-8) NEW(-8),
	"goto 3b;", "goto 2f;", "2:" END)

/* What changes from turn to turn */

REFUSED(growing_index, "r6 = 3;" LOOP INDEX(r6), "r6 += 1;", "r6 = 3;", ENDLOOP END)
REFUSED(growing_index_after, "r6 = 3;" LOOP, "r6 += 1;", "r6 = 3;", ENDLOOP INDEX(r6) END)
REFUSED(growing_slot, "r6 = 3; *(u64 *)(r10 - 16) = r6;" LOOP "r6 = *(u64 *)(r10 - 16);",
	"r6 += 1;", "r6 = 3;", "*(u64 *)(r10 - 16) = r6;" ENDLOOP
	"r6 = *(u64 *)(r10 - 16);" INDEX(r6) END)
REFUSED(growing_pointer, "r7 = %[array] ll;" LOOP "r6 = *(u8 *)(r7 + 0);",
	"r7 += 1;", "r7 += 0;", ENDLOOP END)

/* The first turn comes to no harm. */
REFUSED(second_turn, "r6 = 3; r8 = 0;" LOOP "if r8 == 0 goto 3f;" INDEX(r6) "3:",
	"r6 = 1000;", "r6 = 3;", "r8 = 1;" ENDLOOP END)
REFUSED(third_turn, "r6 = 3; r7 = 3; r8 = 3;" LOOP INDEX(r6) "r6 = r7; r7 = r8;",
	"r8 = 1000;", "r8 = 3;", ENDLOOP END)

/*
 * One way to the loop is as good as the other, if one looks at what was marked when
 * the loop was closed: r6 is precise because of what follows it, r7 is not yet.
 */
#define TWO_WAYS(first)	RANDOM first "if r0 != 0 goto 3f; goto 4f; 3:"

REFUSED(copied_later, TWO_WAYS("r6 = 5; r7 = 5;"), "r7 = 1000;", "r7 = 5;",
	"4:" LOOP "r6 = r7;" ENDLOOP INDEX(r6) END)
REFUSED(copied_slot_later,
	TWO_WAYS("r6 = 5; *(u64 *)(r10 - 16) = r6; *(u64 *)(r10 - 24) = r6;"),
	"r7 = 1000;", "r7 = 5;", "*(u64 *)(r10 - 24) = r7; 4:"
	LOOP "r7 = *(u64 *)(r10 - 24); *(u64 *)(r10 - 16) = r7;" ENDLOOP
	"r6 = *(u64 *)(r10 - 16);" INDEX(r6) END)
REFUSED(read_after_loop, TWO_WAYS("r6 = 5;"), "r6 = 1000;", "r6 = 6;",
	"4:" LOOP "r7 = 0;" ENDLOOP INDEX(r6) END)

/* r6 is read on no way through the loop, but after it. */
REFUSED(read_in_open_loop, "r6 = 1;" LOOP RANDOM "if r0 != 0 goto 3f; r6 = 1; goto 4f; 3:",
	"r6 = 1000;", "r6 = 1;", "4: r7 = 0;" ENDLOOP INDEX(r6) END)

#define SUB(name, statement)						\
static __attribute__((used)) __noinline __naked int name(void)		\
{									\
	asm volatile(RANDOM "if r0 != 0 goto 3f; r0 = 1; goto 4f; 3:"	\
		     statement "4: r6 = 0; exit;"			\
		     : : [random]"i"(BPF_FUNC_get_prandom_u32));	\
}

SUB(one_or_much, "r0 = 1000;")
SUB(one, "r0 = 1;")

REFUSED(read_in_callers_loop, "r6 = 1;" LOOP, "call one_or_much;", "call one;",
	"r6 = r0;" ENDLOOP INDEX(r6) END)
REFUSED(read_after_outer,
	"r6 = 1;" NEW(-16) "5:" NEXT(-16) "if r0 == 0 goto 6f;"
	LOOP RANDOM "if r0 != 0 goto 3f; r6 = 1; goto 4f; 3:",
	"r6 = 1000;", "r6 = 1;", "4: r7 = 0;" ENDLOOP DESTROY(-8) "goto 5b; 6:"
	INDEX(r6) DESTROY(-16) RETURN)

/* The second way into the loop finds a state there that knows nothing of r7. */
REFUSED(entered_in_the_middle, TWO_WAYS("r7 = 0;"), "r7 = 1000;", "r7 = 6;",
	"4:" NEW(-8) RANDOM "if r0 != 0 goto 5f; r7 = 0; 1:" NEXT(-8) "if r0 == 0 goto 2f;"
	"5: r9 = 1;" ENDLOOP INDEX(r7) END)

REFUSED(swapped, "r6 = r10; r6 += -8; r7 = r10; r7 += -16;" NEW(-8) NEW(-16)
	"1: r1 = r6; call bpf_iter_num_next; if r0 == 0 goto 2f; r8 = r6;",
	"r6 = r7;", "r0 = r7;", "r7 = r8;" ENDLOOP
	"r1 = r6; call bpf_iter_num_destroy;" DESTROY(-16) RETURN)

REFUSED(spilled_pointer, "r7 = %[array] ll; *(u64 *)(r10 - 16) = r7;" LOOP
	"r1 = *(u64 *)(r10 - 16); r2 = *(u8 *)(r1 + 0);", "r7 = 0;", "r7 = %[array] ll;",
	"*(u64 *)(r10 - 16) = r7;" ENDLOOP END)
REFUSED(spilled_pointer_moved, "r7 = %[array] ll; *(u64 *)(r10 - 16) = r7;" LOOP
	"r1 = *(u64 *)(r10 - 16); r2 = *(u8 *)(r1 + 0);", "r7 += 16;", "r7 += 0;",
	"*(u64 *)(r10 - 16) = r7;" ENDLOOP END)

/* In the first turn r8 is r7: both are NULL or neither. */
#define LOOKUP	"r1 = %[hash] ll; r2 = r10; r2 += -16; call %[lookup];"

REFUSED(other_of_two, "r6 = 0; *(u64 *)(r10 - 16) = r6;" LOOKUP "r7 = r0; r8 = r0;" LOOP LOOKUP,
	"r8 = r0;", "r8 = r7;", ENDLOOP DESTROY(-8)
	"if r7 == 0 goto 3f; r1 = *(u64 *)(r8 + 0); 3:" RETURN)
REFUSED(equal_no_longer, RANDOM "r6 = r0; r7 = r6;" LOOP RANDOM, "r7 = r0;", "r7 = r6;",
	ENDLOOP DESTROY(-8) "if r6 > 15 goto 3f;" INDEX(r7) "3:" RETURN)

/* Whether the iterator's place is among those where the dynptr may be, or not. */
REFUSED(under_dynptr_anywhere, NEW(-16) RANDOM "r0 &= 8; r4 = r10; r4 += -40;",
	"r4 += r0;", "r4 += -8;",
	"r1 = %[array] ll; r2 = 8; r3 = 0; call %[from_mem];" DESTROY(-16) RETURN)

#define RESERVE	"r1 = %[records] ll; r2 = 8; r3 = 0; r4 = r10; r4 += -24; call %[reserve];"
#define OTHER	"*(u64 *)(r10 - 24) = r6; *(u64 *)(r10 - 16) = r6;"	\
		"r1 = %[array] ll; r2 = 8; r3 = 0; r4 = r10; r4 += -24; call %[from_mem];"

/* Another kind of dynptr in the second turn */
REFUSED(other_dynptr, "r6 = 0;" RESERVE LOOP, OTHER, "r0 = 1;", ENDLOOP DESTROY(-8)
	"r1 = r10; r1 += -24; r2 = 0; call %[discard];" RETURN)

/* An iterator of two words, over memory anywhere: by any pointer, but one there must be. */
#define END_BITS	AT(-24) "call bpf_iter_bits_destroy;" RETURN

REFUSED(bits_unset, RANDOM AT(-24) "r3 = 1;", "r4 = 0;", "r2 = 0;",
	"call bpf_iter_bits_new;" END_BITS)
REFUSED(next_of_bits, AT(-24) "r2 = 8; r3 = 1; call bpf_iter_bits_new;", NEXT(-24), "r0 = 0;",
	END_BITS)
REFUSED(bits_on_one_way, AT(-24) "r2 = 8; r3 = 1; call bpf_iter_bits_new;" RANDOM,
	"if r0 > 1 goto 3f;", "r0 = 0;", AT(-24) "call bpf_iter_bits_destroy; 3:" RETURN)
