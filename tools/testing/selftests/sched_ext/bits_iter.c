// SPDX-License-Identifier: GPL-2.0
/*
 * Iterators over bits find those which are set, in order, in memory that they can read.
 */
#include <limits.h>
#include "scx_test.h"
#include "bits_iter.h"
#include "bits_iter.bpf.skel.h"

static int run(struct bits_iter *s, const struct bpf_program *prog, u32 nr_words)
{
	s->bss->nr = 0;
	s->bss->sum = 0;
	s->bss->first = -1;
	s->bss->last = -1;
	s->bss->nr_words = nr_words;
	return scx_run_prog(prog);
}

static void set(struct bits_iter *s, int bit)
{
	s->bss->words[bit / 64] |= 1ULL << bit % 64;
}

static void found(void)
{
	static const u32 sizes[] = { 1, 2, 3, 64, BITS_WORDS - 1 };
	struct bits_iter *s = SCX_OPEN_LOAD(bits_iter);
	u32 i, nr;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		nr = sizes[i] * 64;
		memset(s->bss->words, 0, sizeof(s->bss->words));
		CHECK_EQ(run(s, s->progs.each, sizes[i]), 0);
		CHECK_EQ(s->bss->nr, 0);

		/* What is behind the end is not seen. */
		set(s, 0);
		set(s, nr / 2);
		set(s, nr - 1);
		if (sizes[i] < BITS_WORDS)
			set(s, nr);
		CHECK_EQ(run(s, s->progs.each, sizes[i]), 0);
		CHECK_EQ(s->bss->nr, 3);
		CHECK_EQ(s->bss->first, 0);
		CHECK_EQ(s->bss->last, nr - 1);
		CHECK_EQ(s->bss->sum, nr / 2 + nr - 1);

		memset(s->bss->words, 0xff, sizeof(s->bss->words));
		CHECK_EQ(run(s, s->progs.each, sizes[i]), 0);
		CHECK_EQ(s->bss->nr, nr);
		CHECK_EQ(s->bss->sum, (u64)nr * (nr - 1) / 2);
	}

	memset(s->bss->words, 0xff, sizeof(s->bss->words));
	CHECK_EQ(run(s, s->progs.pairs, 2), 0);
	CHECK_EQ(s->bss->nr, 128 * 129 / 2);
	bits_iter__destroy(s);
}

static void errors(void)
{
	struct bits_iter *s = SCX_OPEN_LOAD(bits_iter);

	memset(s->bss->words, 0xff, sizeof(s->bss->words));
	s->bss->address = 0;
	CHECK_EQ(run(s, s->progs.at_address, 1), -EINVAL);
	s->bss->address = 1;
	CHECK_EQ(run(s, s->progs.at_address, 0), -EINVAL);
	CHECK_EQ(run(s, s->progs.at_address, BITS_WORDS), -E2BIG);
	CHECK_EQ(run(s, s->progs.at_address, UINT_MAX), -E2BIG);
	/* Neither a small number is where memory is, nor what user space has. */
	CHECK_EQ(run(s, s->progs.at_address, 1), -EFAULT);
	CHECK_EQ(run(s, s->progs.at_address, 100), -EFAULT);
	s->bss->address = (unsigned long)s;
	CHECK_EQ(run(s, s->progs.at_address, 1), -EFAULT);
	CHECK_EQ(s->bss->nr, 0);
	bits_iter__destroy(s);
}

static void in_scheduler(void)
{
	struct bits_iter *s = SCX_OPEN_LOAD(bits_iter);
	struct work *work = work_start(WORK_MIX, 8, 0);
	struct bpf_link *link = scx_attach(s->maps.ops);

	CHECK_PROGRESS(work);
	CHECK_SOON(s->bss->nr_cpus == (u64)scx_nr_cpus());
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	bits_iter__destroy(s);
}

SCX_TEST(SCX_CASE(found), SCX_CASE(errors), SCX_CASE(in_scheduler));
