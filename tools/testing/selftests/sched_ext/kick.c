// SPDX-License-Identifier: GPL-2.0
/*
 * Kicks: SCX_KICK_IDLE gets an idle CPU to look for work and leaves a busy one
 * alone, SCX_KICK_PREEMPT ends the slice of whoever runs.
 */
#include "scx_test.h"
#include "place.bpf.skel.h"
#include "place_run.h"

#define KICKS	10

static void idle_cpu(u64 flags)
{
	struct stage st;
	int i;

	set_up(&st, PLACE_PARK);
	st.s->bss->kick_flags = flags;
	stop_hog(&st);
	for (i = 0; i < 20; i++) {
		place_waiter(&st, i % PLACE_MAX, 0);
		/* Only the CPU that is kicked takes it. */
		CHECK_SOON(puppet_idle(st.waiters[i % PLACE_MAX]));
	}
	continue_hog(&st);
	tear_down(&st);
}

static void plain_wakes_idle_cpu(void)
{
	idle_cpu(0);
}

static void idle_wakes_idle_cpu(void)
{
	idle_cpu(KICK_IDLE);
}

static void preempt_wakes_idle_cpu(void)
{
	idle_cpu(KICK_PREEMPT);
}

/* How often kicks make the CPU choose anew, although it chooses the hog again. */
static u64 choices(struct stage *st, u64 flags)
{
	u64 stops = st->s->bss->hog_stops;
	int i;

	st->s->bss->kick_flags = flags;
	for (i = 0; i < KICKS; i++) {
		scx_run_prog(st->s->progs.kick_target);
		CHECK_PROGRESS(st->hog);
	}
	return st->s->bss->hog_stops - stops;
}

static void busy_cpu(void)
{
	struct stage st;

	set_up(&st, PLACE_PARK);
	st.s->bss->kick_flags = 0;
	place_waiter(&st, 0, 0);
	check_waits(&st, 0);
	st.s->bss->kick_flags = KICK_IDLE;
	place_waiter(&st, 1, 0);
	check_waits(&st, 1);

	forget_order(&st);
	st.s->bss->kick_flags = KICK_PREEMPT;
	/* Its kick may take one off the queue before it is seen there. */
	puppet_poke(st.waiters[2]);
	/* If an RT task was running just then, the kick was for that one. */
	if (!WAIT(puppet_idle(st.waiters[0]), 1000))
		scx_run_prog(st.s->progs.kick_target);
	/* The first of the three, then it is the hog's turn again. */
	CHECK_SOON(puppet_idle(st.waiters[0]));
	CHECK_EQ(st.s->bss->order[0], 0);
	CHECK_PROGRESS(st.hog);

	stop_hog(&st);
	CHECK_SOON(all_ran(&st));
	continue_hog(&st);
	tear_down(&st);
}

static void idle_spares_busy_cpu(void)
{
	struct stage st;

	set_up(&st, PLACE_PARK);
	CHECK_GE(choices(&st, 0), KICKS);
	/* Others have reasons to disturb it, too, but not that often. */
	CHECK_LE(choices(&st, KICK_IDLE), KICKS / 2);
	tear_down(&st);
}

SCX_TEST(SCX_CASE(plain_wakes_idle_cpu), SCX_CASE(idle_wakes_idle_cpu),
	 SCX_CASE(preempt_wakes_idle_cpu), SCX_CASE(busy_cpu), SCX_CASE(idle_spares_busy_cpu));
