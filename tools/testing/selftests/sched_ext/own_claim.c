// SPDX-License-Identifier: GPL-2.0
/*
 * ops.dispatch() inserts tasks that the scheduler does not own any more by the time
 * that the insert is made, or that it owns anew: neither has an effect.
 */
#include "scx_test.h"
#include "own.h"
#include "own.bpf.skel.h"
#include "own_run.h"

#define ROUNDS	6

/*
 * The mover is told to insert both victims, and stops with the first. Meanwhile the
 * second is requeued, here by change, so its insert is for another time.
 */
static void requeue_before_insert(struct stage *st, int (*change)(pid_t pid))
{
	unsigned long long dequeued = st->s->bss->nr_dequeued[1];
	unsigned long long enqueued = st->s->bss->nr_enqueued[1];

	pause_at("claimed", st->victims[0]->pid);
	order_inserts(st, MOVER, DSQ_LOCAL_ON(MOVER), DSQ_LOCAL_ON(MOVER));
	pause_await();
	CHECK_EQ(change(st->victims[1]->pid), 0);
	CHECK_EQ(st->s->bss->nr_dequeued[1], dequeued + 1);
	CHECK_EQ(st->s->bss->nr_enqueued[1], enqueued + 1);
	CHECK(pause_inside());
	pause_end();
}

static void stale_insert(void)
{
	unsigned long long runs;
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		wake_to(&st, 0, OWN_HOLD);
		wake_to(&st, 1, OWN_HOLD);
		runs = st.s->bss->nr_runs[1];

		requeue_before_insert(&st, i & 1 ? stay_home : renice);
		check_runs(&st, 0);
		CHECK_EQ(st.s->bss->ran_on[0], MOVER);
		check_kept(&st, 1, runs);

		let_go(&st, 1);
		CHECK_EQ(try_allow(st.victims[1]->pid, MOVER), 0);
	}
	tear_down(&st);
}

/* While one CPU has claimed the task another one inserts it, too. */
static void two_movers(void)
{
	unsigned long long asked;
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		wake_to(&st, 0, OWN_HOLD);
		pause_at("claimed", st.victims[0]->pid);
		order_insert(&st, MOVER, 0, DSQ_LOCAL_ON(MOVER));
		pause_await();
		asked = st.s->bss->nr_asked[HOME];
		order_insert(&st, HOME, 0, DSQ_LOCAL);
		/* It has made the insert, or not, when it is asked again. */
		CHECK_SOON(st.s->bss->nr_asked[HOME] > asked + 1);
		CHECK(pause_inside());
		pause_end();

		check_runs(&st, 0);
		CHECK_EQ(st.s->bss->ran_on[0], MOVER);
		check_owned(&st);
	}
	tear_down(&st);
}

SCX_TEST(SCX_CASE(stale_insert), SCX_CASE(two_movers));
