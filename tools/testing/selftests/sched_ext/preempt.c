// SPDX-License-Identifier: GPL-2.0
/*
 * SCX_ENQ_PREEMPT, bit 32 of the enqueue flags, takes a CPU away from a task
 * whose slice never ends: for the local queue that the task is enqueued on, and
 * for that of another CPU. Without it the hog stays.
 */
#include "scx_test.h"
#include "place.bpf.skel.h"
#include "place_run.h"

static void preempts(int place)
{
	struct stage st;
	int i;

	set_up(&st, place);
	for (i = 0; i < 10; i++) {
		place_waiter(&st, 0, ENQ_PREEMPT);
		CHECK_SOON(puppet_idle(st.waiters[0]));
		if (place == PLACE_LOCAL_ON)
			CHECK_NE(st.s->bss->placed_from, st.target);
		CHECK_PROGRESS(st.hog);
	}

	place_waiter(&st, 1, 0);
	check_waits(&st, 1);
	stop_hog(&st);
	CHECK_SOON(puppet_idle(st.waiters[1]));
	continue_hog(&st);
	tear_down(&st);
}

static void local(void)
{
	preempts(PLACE_LOCAL);
}

static void remote(void)
{
	preempts(PLACE_LOCAL_ON);
}

SCX_TEST(SCX_CASE(local), SCX_CASE(remote));
