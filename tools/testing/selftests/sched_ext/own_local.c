// SPDX-License-Identifier: GPL-2.0
/*
 * A task goes to no local queue of a CPU on which it may not run, whichever way it
 * is sent there: that ejects the scheduler, or, where the scheduler could not know,
 * the task stays where it is.
 */
#include "scx_test.h"
#include "own.h"
#include "own.bpf.skel.h"
#include "own_run.h"

#define ROUNDS	6

#define FORBIDDEN	"puppet.* local DSQ of CPU 2, which it may not use"

/* It got out of hand, but nowhere it may not be. */
static void check_ejected(struct stage *st)
{
	CHECK_EXIT(st->s, SCX_EXIT_ERROR, FORBIDDEN);
	check_runs(st, 0);
	CHECK_SOON(scx_state_is("disabled"));
	bpf_link__destroy(st->link);
	check_left(st);
}

static void from_dispatch(void)
{
	static const int movers[] = { HOME, OTHER, MOVER };
	struct stage st;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(movers); i++) {
		set_up(&st, NULL);
		scx_expect_eject("own");
		wake_to(&st, 0, OWN_HOLD);
		order_insert(&st, movers[i], 0, DSQ_LOCAL_ON(OTHER));
		check_ejected(&st);
	}
}

static void from_enqueue(void)
{
	struct stage st;

	set_up(&st, NULL);
	scx_expect_eject("own");
	st.s->bss->send_to[0] = OTHER;
	wake_to(&st, 0, OWN_SEND);
	check_ejected(&st);
}

/* Other CPUs that look into a shared queue pass over it. */
static void not_consumed(void)
{
	unsigned long long runs;
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		wake_to(&st, 0, OWN_QUEUE);
		runs = st.s->bss->nr_runs[0];
		order_take(&st, OTHER);
		check_kept(&st, 0, runs);
		order_take(&st, i & 1 ? MOVER : HOME);
		check_runs(&st, 0);
		CHECK_EQ(st.s->bss->ran_on[0], i & 1 ? MOVER : HOME);
	}
	tear_down(&st);
}

static void linger(void)
{
	if (skel->bss->linger_on)
		scx_run_prog(skel->progs.linger);
}

/* Victim 0 is preempted where it may not migrate, and enqueued like that. */
static void preempt_stuck(struct stage *st, enum own_enqueue to)
{
	unsigned long long stuck = st->s->bss->nr_stuck[0];
	unsigned long long runs = st->s->bss->nr_runs[0];

	st->s->bss->linger_on = 1;
	st->s->bss->enqueue_to[0] = to;
	puppet_poke(st->victims[0]);
	CHECK_SOON(st->s->bss->nr_runs[0] > runs);
	usleep(20000);
	scx_run_prog(st->s->progs.preempt_home);
	CHECK_SOON(st->s->bss->nr_stuck[0] > stuck);
}

/*
 * A task in a BPF program may only go on where it is. The scheduler need not know: a
 * CPU that was to get it leaves it there, or does not take it off the queue.
 */
static void migration_disabled(void)
{
	struct stage st;
	int i;

	set_up(&st, linger);
	st.s->bss->wake_local[0] = true;
	for (i = 0; i < ROUNDS; i++) {
		unsigned long long runs;

		preempt_stuck(&st, i & 1 ? OWN_HOLD : OWN_QUEUE);
		runs = st.s->bss->nr_runs[0];
		if (i & 1) {
			order_insert(&st, MOVER, 0, DSQ_LOCAL_ON(MOVER));
		} else {
			order_take(&st, MOVER);
			check_kept(&st, 0, runs);
			order_take(&st, HOME);
		}
		if (!__WAIT(st.s->bss->nr_runs[0] > runs, 2000, 500))
			FAIL("the victim was lost");
		CHECK_EQ(st.s->bss->ran_on[0], HOME);
		st.s->bss->linger_on = 0;
		check_runs(&st, 0);
	}
	tear_down(&st);
}

SCX_TEST(SCX_CASE(from_dispatch), SCX_CASE(from_enqueue), SCX_CASE(not_consumed),
	 SCX_CASE(migration_disabled));
