// SPDX-License-Identifier: GPL-2.0
/*
 * A task that is on its way from enqueue to the local queue of another CPU is
 * dequeued.
 */
#include "scx_test.h"
#include "own.h"
#include "own.bpf.skel.h"
#include "own_run.h"

#define ROUNDS	6

static void yield(void)
{
	sched_yield();
}

/*
 * The victim gives way, and the scheduler sends it to the mover's local queue, which
 * its CPU can only do when it has let go of its lock.
 */
static void dequeued_deferred(void)
{
	unsigned long long enqueued;
	struct stage st;
	int i;

	set_up(&st, yield);
	st.s->bss->wake_local[0] = true;
	st.s->bss->send_to[0] = MOVER;
	for (i = 0; i < ROUNDS; i++) {
		enqueued = st.s->bss->nr_enqueued[0];
		st.s->bss->enqueue_to[0] = OWN_SEND;
		pause_at("deferred", 0);
		puppet_poke(st.victims[0]);
		pause_await();
		CHECK_EQ(st.s->bss->nr_enqueued[0], enqueued + 1);

		st.s->bss->enqueue_to[0] = OWN_HOLD;
		CHECK_EQ(try_allow(st.victims[0]->pid, -1), 0);
		CHECK(pause_inside());
		pause_end();
		CHECK_EQ(st.s->bss->nr_enqueued[0], enqueued + 2);
		let_go(&st, 0);
		CHECK_EQ(st.s->bss->ran_on[0], HOME);
		CHECK_EQ(try_allow(st.victims[0]->pid, MOVER), 0);
	}
	tear_down(&st);
}

SCX_TEST(SCX_CASE(dequeued_deferred));
