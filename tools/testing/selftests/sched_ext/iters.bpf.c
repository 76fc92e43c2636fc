// SPDX-License-Identifier: GPL-2.0
/*
 * Numeric iterators and loops of all kinds around them, in programs and in a
 * scheduler that has eight queues.
 */
#include "fifo.bpf.h"
#include "iters.h"

struct iters_range range;	/* to loop over */
struct iters_seen seen;		/* what a program saw of it */
s32 seed;			/* unknown to the verifier */
s32 filled[16];
u64 nr_dispatched[ITERS_DSQS];
s32 nr_ready;
u32 turn;		/* of the queues, to be first */

SEC("syscall")
int new_only(void *ctx)
{
	struct bpf_iter_num it;
	int err;

	err = bpf_iter_num_new(&it, range.start, range.end);
	bpf_iter_num_destroy(&it);
	return err;
}

SEC("syscall")
int each(void *ctx)
{
	int *num;

	bpf_for_each(num, num, range.start, range.end) {
		if (!seen.nr++)
			seen.first = *num;
		seen.last = *num;
		seen.sum += *num;
	}
	return num ? -1 : 0;
}

SEC("syscall")
int numbers(void *ctx)
{
	int i;

	bpf_for(i, range.start, range.end) {
		if (!seen.nr++)
			seen.first = i;
		seen.last = i;
		seen.sum += i;
	}
	return 0;
}

SEC("syscall")
int repeat(void *ctx)
{
	bpf_repeat(range.end)
		seen.nr++;
	return 0;
}

/* Its end is the end, however often one asks. */
SEC("syscall")
int beyond(void *ctx)
{
	struct bpf_iter_num it;
	int nr = 0;

	bpf_iter_num_new(&it, range.start, range.end);
	while (bpf_iter_num_next(&it))
		seen.nr++;
	if (bpf_iter_num_next(&it))
		nr++;
	if (bpf_iter_num_next(&it))
		nr++;
	bpf_iter_num_destroy(&it);
	return nr;
}

SEC("syscall")
int nested(void *ctx)
{
	int i, j, k;

	bpf_for(i, 0, 5) {
		bpf_for(j, 0, i + 1) {
			bpf_for(k, j, 7)
				seen.nr++;
			seen.sum += j;
		}
	}
	return 0;
}

SEC("syscall")
int leaves(void *ctx)
{
	int i, j;

	bpf_for(i, 0, 100) {
		if (i & 1)
			continue;
		bpf_for(j, 0, 100) {
			seen.nr++;
			if (j == i)
				break;
			if (i + j == range.end)
				return j;
			if (j > range.last)
				goto out;
		}
	}
	return 1000;
out:
	return 2000;
}

/* The index is in bounds by itself. */
SEC("syscall")
int fill(void *ctx)
{
	int i;

	bpf_for(i, 0, ARRAY_SIZE(filled))
		filled[i] = i * i;
	return 0;
}

/* And here by the count of what was found before. */
SEC("syscall")
int fill_some(void *ctx)
{
	int i, nr = 0;

	bpf_for(i, range.start, range.end) {
		if ((u32)i % 3)
			continue;
		if (nr >= ARRAY_SIZE(filled))
			break;
		filled[nr++] = i;
	}
	return nr;
}

static __noinline int count_to(int end)
{
	int i, nr = 0;

	bpf_for(i, 0, end)
		nr++;
	return nr;
}

__noinline int count_to_global(int end)
{
	return count_to(end);
}

SEC("syscall")
int functions(void *ctx)
{
	int i, nr = 0;

	bpf_for(i, 0, 10) {
		nr += count_to(i);
		nr += count_to_global(i);
		if (nr > 1000)
			return -1;
	}
	return nr;
}

static __noinline int next_of(struct bpf_iter_num *it)
{
	int *num = bpf_iter_num_next(it);

	return num ? *num : -1;
}

/* The iterator of the caller, moved in two places */
SEC("syscall")
int function_moves(void *ctx)
{
	struct bpf_iter_num it;
	int i, sum = 0;

	bpf_iter_num_new(&it, range.start, range.end);
	bpf_repeat(1000) {
		i = next_of(&it);
		if (i < 0)
			break;
		sum += i;
		i = next_of(&it);
		if (i < 0)
			break;
		sum += 10 * i;
	}
	bpf_iter_num_destroy(&it);
	return sum;
}

static int callback(u32 nr, s64 *sum)
{
	int i;

	bpf_for(i, 0, nr)
		*sum += i;
	return 0;
}

/* A loop in a callback in a loop */
SEC("syscall")
int callbacks(void *ctx)
{
	s64 sum = 0;
	int i;

	bpf_for(i, 0, 5)
		bpf_loop(i + 1, callback, &sum, 0);
	return sum;
}

/* As many ways through each turn as would be too many, did they not join. */
SEC("syscall")
int many_ways(void *ctx)
{
	u32 a = 0, b = 0, c = 0, d = seed;
	int i;

	bpf_for(i, 0, 32) {
		d = d * 1664525 + 1013904223;
		if (d & 0x100)
			a++;
		if (d & 0x200)
			b++;
		if (d & 0x400)
			c++;
		if (d & 0x800)
			a += 2;
		if (d & 0x1000)
			b += 2;
		if (d & 0x2000)
			c += 2;
		if (d & 0x4000)
			a = b;
		if (d & 0x8000)
			b = c;
		if (d & 0x10000)
			c = 0;
		if (d & 0x20000)
			continue;
		if (d & 0x40000)
			seen.nr++;
		if (d & 0x80000)
			seen.sum += a + b + c;
	}
	return a + b + c;
}

/* Counts that end a loop, or others do, after more turns than are looked at */
SEC("syscall")
int counts(void *ctx)
{
	u32 nr = 0, odd = 0;
	int i;

	bpf_for(i, 0, 100000) {
		if (nr++ >= 1000)
			break;
		if (i & 1)
			odd += count_to(1);
	}
	return nr + odd;
}

/* An element of another iterator, and a pointer that is the same in all turns */
SEC("syscall")
int two(void *ctx)
{
	struct bpf_iter_num it;
	int *num, *pos = &filled[3];
	int i, sum = 0;

	bpf_iter_num_new(&it, 0, 3);
	bpf_for(i, 0, 10) {
		num = bpf_iter_num_next(&it);
		if (!num)
			break;
		sum += i + *num;
		*pos = sum;
	}
	bpf_iter_num_destroy(&it);
	return sum;
}

/*
 * Whichever way r6 was set to 7 the upper half is 0 after the loop. The instruction
 * that the verifier meets last is known to matter by the state only that closes it.
 */
SEC("syscall")
__attribute__((naked)) int upper_half(void)
{
	asm volatile("r6 = 0; r1 = r10; r1 += -8; r2 = 0; r3 = 10; call bpf_iter_num_new;"
		     "1: r1 = r10; r1 += -8; call bpf_iter_num_next; if r0 == 0 goto 4f;"
		     "call %[random]; w0 &= 1; if w0 != 0 goto 2f; w6 = 7; goto 3f;"
		     "2: w6 = 7; 3: goto 1b;"
		     "4: r1 = r10; r1 += -8; call bpf_iter_num_destroy;"
		     "r0 = r6; r0 >>= 32; exit;" : : [random]"i"(BPF_FUNC_get_prandom_u32));
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	bpf_repeat(3)
		__sync_fetch_and_add(&seen.nr, 1);
	return 0;
}

void BPF_STRUCT_OPS(iters_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert(p, (u32)p->pid % ITERS_DSQS, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(iters_dispatch, s32 cpu, struct task_struct *prev)
{
	u32 first = __sync_fetch_and_add(&turn, 1), dsq;
	int i;

	bpf_for(i, 0, ITERS_DSQS) {
		dsq = (first + i) % ITERS_DSQS;
		if (scx_bpf_dsq_move_to_local(dsq)) {
			__sync_fetch_and_add(&nr_dispatched[dsq], 1);
			return;
		}
	}
}

s32 BPF_STRUCT_OPS_SLEEPABLE(iters_init)
{
	int i, err;

	bpf_for(i, 0, ITERS_DSQS) {
		err = scx_bpf_create_dsq(i, -1);
		if (err)
			return err;
		nr_ready++;
	}
	return 0;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .enqueue		= (void *)iters_enqueue,
	       .dispatch	= (void *)iters_dispatch,
	       .init		= (void *)iters_init,
	       .name		= "iters");
