// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that do to iterators over DSQs, which take six slots of the stack, live in
 * one RCU section and are passed to other kfuncs, what must not be done to them, each
 * with a twin that differs in one statement. See dsq_iter_refused.h for what the
 * verifier says; what holds for all iterators is in iters_refused.bpf.c.
 *
 * Most are written in assembly language, for the compiler to leave them alone.
 */
#include <scx/common.bpf.h>
#include "pairs.bpf.h"

char _license[] SEC("license") = "GPL";

u8 array[64];
s32 sink;
static const char word[8] = "word";

#define LOCK		"call bpf_rcu_read_lock;"
#define UNLOCK		"call bpf_rcu_read_unlock;"
#define AT(off)		"r1 = r10; r1 += " #off ";"
#define NEW(off)	AT(off) "r2 = 1; r3 = 0; call bpf_iter_scx_dsq_new;"
#define NEXT(off)	AT(off) "call bpf_iter_scx_dsq_next;"
#define DESTROY(off)	AT(off) "call bpf_iter_scx_dsq_destroy;"
#define SET_SLICE	"r2 = 1; call scx_bpf_dsq_move_set_slice;"
#define MOVE		"r3 = 1; r4 = 0; call scx_bpf_dsq_move;"
#define END		DESTROY(-48) UNLOCK RETURN
#define FIRST		LOCK NEW(-48) NEXT(-48) "if r0 == 0 goto 1f;"

#define OPERANDS							\
	[array]"i"(array), [word]"i"(word), [random]"i"(BPF_FUNC_get_prandom_u32),	\
	[read_kernel]"i"(BPF_FUNC_probe_read_kernel),			\
	[strncmp]"i"(BPF_FUNC_strncmp)

/* What only assembly language calls has no type otherwise. */
SEC("?syscall")
int types(void *ctx)
{
	struct task_struct *p;
	int i;

	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, 1, 0) {
		scx_bpf_dsq_move_set_slice(BPF_FOR_EACH_ITER, 1);
		scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, 1, 0);
		sink = scx_bpf_task_cpu(p);
		p = bpf_task_acquire(p);
		if (p)
			bpf_task_release(p);
	}
	bpf_rcu_read_unlock();
	bpf_for(i, 0, 10)
		sink += i;
	return scx_bpf_create_dsq(1, -1);
}

/* It lives in one RCU section. */

REFUSED(new_outside_of_section, NOTHING, "r0 = 0;", LOCK, NEW(-48) END)
REFUSED(new_after_section, LOCK, UNLOCK, "r0 = 0;", NEW(-48) END)
REFUSED(left_by_unlock, LOCK NEW(-48), UNLOCK, "r0 = 0;", END)
REFUSED(unlocked_in_loop, LOCK NEW(-48) "1:" NEXT(-48) "if r0 == 0 goto 2f;",
	UNLOCK, "r0 = 0;", "goto 1b; 2:" END)
REFUSED(sleeps_in_loop, FIRST, "r1 = 1; r2 = -1; call scx_bpf_create_dsq;", "r0 = 0;", "1:" END)

static __noinline int unlocks(void)
{
	bpf_rcu_read_unlock();
	bpf_rcu_read_lock();
	return 0;
}

static __noinline int does_not(void)
{
	barrier();
	return 0;
}

REFUSED_C(left_by_unlock_below)
{
	struct bpf_iter_scx_dsq it;

	bpf_rcu_read_lock();
	bpf_iter_scx_dsq_new(&it, 1, 0);
	if (mended)
		does_not();
	else
		unlocks();
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

/* What is done to it */

REFUSED(next_without_new, LOCK, "r0 = 0;", NEW(-48), NEXT(-48) END)
REFUSED(next_after_destroy, LOCK NEW(-48) DESTROY(-48), NEXT(-48), "r0 = 0;", UNLOCK RETURN)
REFUSED(destroy_twice, LOCK NEW(-48) DESTROY(-48), DESTROY(-48), "r0 = 0;", UNLOCK RETURN)

/* Programs of this kind are one RCU section. */
REFUSED_IN("?tp_btf/sched_process_fork", never_destroyed, NEW(-48), NOTHING, DESTROY(-48), RETURN)
REFUSED_IN("?tp_btf/sched_process_fork", destroyed_on_one_way,
	   NEW(-48) RANDOM "if r0 != 0 goto 1f;" DESTROY(-48) "goto 2f; 1:",
	   "r0 = 0;", DESTROY(-48), "2:" RETURN)
REFUSED_IN("?tp_btf/sched_process_fork", unlocked_in_section,
	   LOCK NEW(-48), NOTHING, DESTROY(-48), UNLOCK RETURN)

#define PLACE	LOCK "r1 = r6; r2 = 1; r3 = 0; call bpf_iter_scx_dsq_new; r1 = r6;" \
		"call bpf_iter_scx_dsq_destroy;" UNLOCK RETURN
#define NEW_NUM(off)	AT(off) "r2 = 0; r3 = 10; call bpf_iter_num_new;"
#define DESTROY_NUM(off) AT(off) "call bpf_iter_num_destroy;"

REFUSED(too_close_to_end, "r6 = r10;", "r6 += -40;", "r6 += -48;", PLACE)
REFUSED(in_the_middle, LOCK NEW(-96) "r6 = r10;", "r6 += -88;", "r6 += -96;",
	"r1 = r6; call bpf_iter_scx_dsq_next;" DESTROY(-96) UNLOCK RETURN)
REFUSED(overlaps_above, LOCK NEW(-96), NEW(-88), NEW(-48), DESTROY(-96) END)
REFUSED(overlaps_below, LOCK NEW(-48), NEW(-56), NEW(-96), DESTROY(-96) END)
REFUSED(small_one_inside, LOCK NEW(-48), NEW_NUM(-24), NEW_NUM(-56), DESTROY_NUM(-56) END)
REFUSED(of_two_kinds, LOCK, NEW_NUM(-48), NEW(-48), NEXT(-48) END)
REFUSED(swapped, "r6 = r10; r6 += -48; r7 = r10; r7 += -96;" LOCK NEW(-48) NEW(-96)
	"1: r1 = r6; call bpf_iter_scx_dsq_next; if r0 == 0 goto 2f; r8 = r6;",
	"r6 = r7;", "r0 = r7;",
	"r7 = r8; goto 1b; 2: r1 = r6; call bpf_iter_scx_dsq_destroy;" DESTROY(-96) UNLOCK RETURN)
REFUSED(endless, LOCK NEW(-48) "1:", "r0 = 1;", NEXT(-48), "if r0 != 0 goto 1b;" END)

/* It is not memory. */

REFUSED(copied_first, LOCK NEW(-48), "r2 = *(u64 *)(r10 - 48);", "r2 = 1;", END)
REFUSED(copied_last, LOCK NEW(-48), "r2 = *(u64 *)(r10 - 8);", "r2 = 1;", END)
REFUSED(written_first, LOCK NEW(-48) "r6 = 1;", "*(u64 *)(r10 - 48) = r6;",
	"*(u64 *)(r10 - 56) = r6;", END)
REFUSED(written_middle, LOCK NEW(-48) "r6 = 1;", "*(u64 *)(r10 - 24) = r6;",
	"*(u64 *)(r10 - 56) = r6;", END)
REFUSED(written_last_byte, LOCK NEW(-48) "r6 = 1;", "*(u8 *)(r10 - 1) = r6;",
	"*(u8 *)(r10 - 49) = r6;", END)
REFUSED(written_by_helper, LOCK NEW(-48) "r1 = r10;", "r1 += -16;", "r1 += -56;",
	"r2 = 8; r3 = 0; call %[read_kernel];" END)
REFUSED(read_by_helper, LOCK NEW(-48) "r6 = 0; *(u64 *)(r10 - 56) = r6; r1 = r10;",
	"r1 += -8;", "r1 += -56;", "r2 = 8; r3 = %[word] ll; call %[strncmp];" END)

/* As an argument of others */

#define ZEROES	"r6 = 0; *(u64 *)(r10 - 96) = r6; *(u64 *)(r10 - 88) = r6;"	\
		"*(u64 *)(r10 - 80) = r6; *(u64 *)(r10 - 72) = r6;"		\
		"*(u64 *)(r10 - 64) = r6; *(u64 *)(r10 - 56) = r6;"

REFUSED(passed_without_new, LOCK, "r0 = 0;", NEW(-48), AT(-48) SET_SLICE END)
REFUSED(passed_after_destroy, LOCK NEW(-48), DESTROY(-48), "r0 = 0;", AT(-48) SET_SLICE END)
REFUSED(passed_other_kind, LOCK NEW(-96) NEW_NUM(-48) "r6 = r10;", "r6 += -48;", "r6 += -96;",
	"r1 = r6;" SET_SLICE DESTROY_NUM(-48) DESTROY(-96) UNLOCK RETURN)
REFUSED(passed_zeroes, ZEROES LOCK NEW(-48) "r6 = r10;", "r6 += -96;", "r6 += -48;",
	"r1 = r6;" SET_SLICE END)
REFUSED(passed_middle, LOCK NEW(-96) "r6 = r10;", "r6 += -88;", "r6 += -96;",
	"r1 = r6;" SET_SLICE DESTROY(-96) UNLOCK RETURN)
REFUSED(passed_map_value, LOCK NEW(-48) "r6 = r10; r6 += -48;", "r6 = %[array] ll;",
	"r6 += 0;", "r1 = r6;" SET_SLICE END)
REFUSED(passed_number, LOCK NEW(-48) "r6 = r10; r6 += -48;", "r6 = 0;", "r6 += 0;",
	"r1 = r6;" SET_SLICE END)
REFUSED(passed_anywhere, LOCK NEW(-48) RANDOM "r0 &= 8; r6 = r10; r6 += -56;",
	"r6 += r0;", "r6 += 8;", "r1 = r6;" SET_SLICE END)

static int callback(u32 i, struct bpf_iter_scx_dsq *it)
{
	return 0;
}

static int callback_sets(u32 i, struct bpf_iter_scx_dsq *it)
{
	scx_bpf_dsq_move_set_slice(it, 1);
	return 0;
}

REFUSED_C(passed_in_callback)
{
	struct bpf_iter_scx_dsq it;

	bpf_rcu_read_lock();
	bpf_iter_scx_dsq_new(&it, 1, 0);
	bpf_loop(10, mended ? callback : callback_sets, &it, 0);
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

/* Elements */

REFUSED(unchecked_element, LOCK NEW(-48) NEXT(-48), NOTHING, "if r0 == 0 goto 1f;",
	"r6 = *(u64 *)(r0 + 0); 1:" END)
REFUSED(null_moved, LOCK NEW(-48) NEXT(-48), NOTHING, "if r0 == 0 goto 1f;",
	"r2 = r0;" AT(-48) MOVE "1:" END)
REFUSED(number_moved, FIRST "r2 = r0;", "r2 = 1;", "r0 = 1;", AT(-48) MOVE "1:" END)

REFUSED_C(walked_moved)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, 1, 0)
		scx_bpf_dsq_move(BPF_FOR_EACH_ITER, mended ? p : p->last_wakee, 1, 0);
	bpf_rcu_read_unlock();
	return 0;
}

REFUSED(used_after_section, LOCK NEW(-48) NEXT(-48) "if r0 == 0 goto 1f; r6 = r0;" DESTROY(-48),
	UNLOCK, "r0 = 0;", "r1 = r6; call scx_bpf_task_cpu;" UNLOCK RETURN "1:" END)
REFUSED(spilled_after_section,
	LOCK NEW(-48) NEXT(-48) "if r0 == 0 goto 1f; *(u64 *)(r10 - 56) = r0;" DESTROY(-48),
	UNLOCK, "r0 = 0;", "r1 = *(u64 *)(r10 - 56); call scx_bpf_task_cpu;" UNLOCK RETURN
	"1:" END)
REFUSED(released, FIRST, "r1 = r0;", "r1 = r0; call bpf_task_acquire; if r0 == 0 goto 1f;",
	"r1 = r0; call bpf_task_release; 1:" END)
REFUSED(element_written, FIRST "r6 = 1;", "*(u32 *)(r0 + 0) = r6;", "r6 = *(u32 *)(r0 + 0);",
	"1:" END)
