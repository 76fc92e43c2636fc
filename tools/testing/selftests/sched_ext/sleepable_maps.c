// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that may sleep use queues and stacks.
 */
#include "scx_test.h"
#include "sleepable_maps.h"
#include "sleepable_maps.bpf.skel.h"

static void in_order(void)
{
	struct sleepable_maps *s = SCX_OPEN(sleepable_maps);
	int i;

	CHECK_EQ(sleepable_maps__load(s), 0);
	CHECK_EQ(scx_run_prog(s->progs.through_queue), 0);
	CHECK_EQ(s->bss->out[NR_VALUES], 0);
	for (i = 0; i < NR_VALUES; i++)
		CHECK_EQ(s->bss->out[i], i);
	CHECK_EQ(s->bss->err_full, -E2BIG);
	CHECK_EQ(s->bss->err_empty, -ENOENT);

	CHECK_EQ(scx_run_prog(s->progs.through_stack), 0);
	CHECK_EQ(s->bss->out[NR_VALUES], NR_VALUES - 1);
	for (i = 0; i < NR_VALUES; i++)
		CHECK_EQ(s->bss->out[i], NR_VALUES - 1 - i);
	CHECK_EQ(s->bss->err_full, -E2BIG);
	CHECK_EQ(s->bss->err_empty, -ENOENT);
	sleepable_maps__destroy(s);
}

SCX_TEST(SCX_CASE(in_order));
