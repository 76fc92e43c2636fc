// SPDX-License-Identifier: GPL-2.0
/*
 * The built-in choice of a CPU puts what is woken synchronously on its waker's
 * CPU at once. Pairs that wake each other like that all the time must not keep a
 * CPU from what waits in the queue for it and may run nowhere else.
 */
#include "scx_test.h"
#include "fifo.bpf.skel.h"

static void others_have_their_turn(void)
{
	struct work *pairs = work_start(WORK_PINGPONG, 4 * scx_nr_cpus(), 0);
	struct work *pinned = work_start(WORK_SPIN, scx_nr_cpus(), 0);
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link;
	int i;

	for (i = 0; i < work_nr(pinned); i++)
		scx_pin(work_pid(pinned, i), i);

	link = scx_attach(s->maps.ops);
	for (i = 0; i < 3; i++) {
		CHECK_PROGRESS(pinned);
		CHECK_PROGRESS(pairs);
	}
	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(pinned);
	work_stop(pairs);
	fifo__destroy(s);
}

SCX_TEST(SCX_CASE(others_have_their_turn));
