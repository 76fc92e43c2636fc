// SPDX-License-Identifier: GPL-2.0
/*
 * Loops around numeric iterators do what they would do in C, in programs and in the
 * operations of a scheduler.
 */
#include <limits.h>
#include "scx_test.h"
#include "iters.h"
#include "iters.bpf.skel.h"

#define MAX_LOOPS	(8 * 1024 * 1024)	/* BPF_MAX_LOOPS */

static int run(struct iters *s, const struct bpf_program *prog, int start, int end)
{
	memset(&s->bss->seen, 0, sizeof(s->bss->seen));
	s->bss->range.start = start;
	s->bss->range.end = end;
	return scx_run_prog(prog);
}

static const struct {
	int start, end, err;
} ranges[] = {
	{ 0, 10, 0 },
	{ 3, 4, 0 },
	{ -5, 5, 0 },
	{ INT_MIN, INT_MIN + 3, 0 },
	{ INT_MAX - 3, INT_MAX, 0 },
	{ -1, MAX_LOOPS - 1, 0 },
	{ 0, 0, 0 },
	{ INT_MIN, INT_MIN, 0 },
	{ INT_MAX, INT_MAX, 0 },
	{ 1, 0, -EINVAL },
	{ INT_MAX, INT_MIN, -EINVAL },
	{ 0, MAX_LOOPS + 1, -E2BIG },
	{ INT_MIN, INT_MAX, -E2BIG },
};

static void check_seen(const struct iters_seen *seen, int i)
{
	long nr = ranges[i].err ? 0 : (long)ranges[i].end - ranges[i].start;

	CHECK_EQ(seen->nr, nr);
	if (!nr)
		return;
	CHECK_EQ(seen->first, ranges[i].start);
	CHECK_EQ(seen->last, ranges[i].end - 1);
	CHECK_EQ(seen->sum, nr * ranges[i].start + nr * (nr - 1) / 2);
}

static void numbers(void)
{
	struct iters *s = SCX_OPEN_LOAD(iters);
	const struct iters_seen *seen = &s->bss->seen;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		int start = ranges[i].start, end = ranges[i].end;

		CHECK_EQ(run(s, s->progs.new_only, start, end), ranges[i].err);
		CHECK_EQ(run(s, s->progs.each, start, end), 0);
		check_seen(seen, i);
		CHECK_EQ(run(s, s->progs.numbers, start, end), 0);
		check_seen(seen, i);
		CHECK_EQ(run(s, s->progs.beyond, start, end), 0);
		CHECK_EQ(seen->nr, ranges[i].err ? 0 : (long)end - start);
	}

	run(s, s->progs.repeat, 0, 7);
	CHECK_EQ(seen->nr, 7);
	run(s, s->progs.repeat, 0, 0);
	CHECK_EQ(seen->nr, 0);
	run(s, s->progs.repeat, 0, -1);
	CHECK_EQ(seen->nr, 0);
}

static int leaves_in_c(int end, int last, unsigned long *nr)
{
	int i, j;

	for (i = 0; i < 100; i += 2) {
		for (j = 0; j < 100; j++) {
			++*nr;
			if (j == i)
				break;
			if (i + j == end)
				return j;
			if (j > last)
				return 2000;
		}
	}
	return 1000;
}

static void check_leaves(struct iters *s, int end, int last)
{
	unsigned long nr = 0;

	s->bss->range.last = last;
	CHECK_EQ(run(s, s->progs.leaves, 0, end), leaves_in_c(end, last, &nr));
	CHECK_EQ(s->bss->seen.nr, nr);
}

static void loops(void)
{
	struct iters *s = SCX_OPEN_LOAD(iters);
	const struct iters_seen *seen = &s->bss->seen;
	unsigned long nr = 0, sum = 0;
	int i, j;

	for (i = 0; i < 5; i++) {
		for (j = 0; j <= i; j++) {
			nr += 7 - j;
			sum += j;
		}
	}
	run(s, s->progs.nested, 0, 0);
	CHECK_EQ(seen->nr, nr);
	CHECK_EQ(seen->sum, sum);

	check_leaves(s, 1000, 1000);
	check_leaves(s, 17, 1000);
	check_leaves(s, 1000, 30);

	run(s, s->progs.fill, 0, 0);
	for (i = 0; i < 16; i++)
		CHECK_EQ(s->bss->filled[i], i * i);
	CHECK_EQ(run(s, s->progs.fill_some, 0, 1000), 16);
	for (i = 0; i < 16; i++)
		CHECK_EQ(s->bss->filled[i], 3 * i);
	CHECK_EQ(run(s, s->progs.fill_some, 0, 10), 4);
	CHECK_EQ(run(s, s->progs.counts, 0, 0), 1001 + 500);
	CHECK_EQ(run(s, s->progs.two, 0, 0), 6);
	CHECK_EQ(s->bss->filled[3], 6);
}

static void functions(void)
{
	struct iters *s = SCX_OPEN_LOAD(iters);

	CHECK_EQ(run(s, s->progs.functions, 0, 0), 90);
	CHECK_EQ(run(s, s->progs.function_moves, 1, 5), 1 + 20 + 3 + 40);
	CHECK_EQ(run(s, s->progs.function_moves, 1, 4), 1 + 20 + 3);
	/* Callback n of i adds up the numbers below n. */
	CHECK_EQ(run(s, s->progs.callbacks, 0, 0), 0 + 0 + 1 + 4 + 10);
}

static unsigned int many_ways_in_c(unsigned int d, struct iters_seen *seen)
{
	unsigned int a = 0, b = 0, c = 0;
	int i;

	for (i = 0; i < 32; i++) {
		d = d * 1664525 + 1013904223;
		a += !!(d & 0x100);
		b += !!(d & 0x200);
		c += !!(d & 0x400);
		a += d & 0x800 ? 2 : 0;
		b += d & 0x1000 ? 2 : 0;
		c += d & 0x2000 ? 2 : 0;
		a = d & 0x4000 ? b : a;
		b = d & 0x8000 ? c : b;
		c = d & 0x10000 ? 0 : c;
		if (d & 0x20000)
			continue;
		seen->nr += !!(d & 0x40000);
		seen->sum += d & 0x80000 ? a + b + c : 0;
	}
	return a + b + c;
}

static void many_ways(void)
{
	struct iters *s = SCX_OPEN_LOAD(iters);
	struct iters_seen seen = {};

	s->bss->seed = 12345;
	CHECK_EQ(run(s, s->progs.many_ways, 0, 0), many_ways_in_c(12345, &seen));
	CHECK_EQ(s->bss->seen.nr, seen.nr);
	CHECK_EQ(s->bss->seen.sum, seen.sum);
}

/* The flag fills upper halves that nobody is said to look at with rubbish. */
static void upper_halves(void)
{
	struct iters *s = SCX_OPEN(iters);
	int i;

	CHECK_EQ(bpf_program__set_flags(s->progs.upper_half, BPF_F_TEST_RND_HI32), 0);
	SCX_LOAD(s, iters);
	for (i = 0; i < 50; i++)
		CHECK_EQ(run(s, s->progs.upper_half, 0, 0), 0);
}

static int leave(void *arg)
{
	return 0;
}

static void in_tracing(void)
{
	struct iters *s = SCX_OPEN_LOAD(iters);
	struct bpf_link *link = bpf_program__attach(s->progs.on_fork);

	CHECK(link);
	CHECK_EQ(scx_wait(scx_fork(leave, NULL)), 0);
	CHECK_GE(s->bss->seen.nr, 3);
	bpf_link__destroy(link);
	CHECK_EQ(s->bss->seen.nr % 3, 0);
}

static void in_scheduler(void)
{
	struct work *work = work_start(WORK_MIX, 20, 0);
	struct iters *s = SCX_OPEN_LOAD(iters);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int i;

	CHECK_EQ(s->bss->nr_ready, ITERS_DSQS);
	CHECK_PROGRESS(work);
	for (i = 0; i < ITERS_DSQS; i++)
		CHECK_SOON(s->bss->nr_dispatched[i] > 10);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
}

SCX_TEST(SCX_CASE(numbers), SCX_CASE(loops), SCX_CASE(functions), SCX_CASE(many_ways),
	 SCX_CASE(upper_halves), SCX_CASE(in_tracing), SCX_CASE(in_scheduler));
