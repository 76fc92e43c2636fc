// SPDX-License-Identifier: GPL-2.0
/*
 * ops.enqueue() has made a task known and another CPU dispatches it, before the one
 * that enqueues has put down whose the task is: the other one waits for that.
 */
#include "scx_test.h"
#include "own.h"
#include "own.bpf.skel.h"
#include "own_run.h"

#define ROUNDS	6

static struct stage st;

/* Who wakes the victim gets stuck with it. */
static void wake_victim(void)
{
	puppet_poke(st.pool[0]);
}

/* The waker counts pokes in a copy of its own. */
static void wake_by(struct puppet *waker)
{
	puppet_poke(waker);
	st.pool[0]->pokes++;
}

/* The waker has to know the victim and must not have the link. */
static struct puppet *set_up_waker(void)
{
	struct puppet *waker;

	start_victims(&st, NULL, OWN_VICTIMS);
	waker = puppet_start(wake_victim);
	/* It is poked when it starts. */
	st.pool[0]->pokes++;
	scx_pin(waker->pid, OTHER);
	enter_victims(&st);
	return waker;
}

/*
 * The insert of the mover comes while the victim is being enqueued like that. False
 * if it came too late: a fork on the mover's CPU, say, wants the lock of the home CPU.
 */
static bool try_insert(struct puppet *waker, enum own_enqueue to)
{
	bool inside;

	st.s->bss->enqueue_to[0] = to;
	st.s->bss->send_to[0] = HOME;
	pause_at("queueing", st.victims[0]->pid);
	wake_by(waker);
	pause_caught();
	order_insert(&st, MOVER, 0, DSQ_LOCAL_ON(MOVER));
	/* Time for the insert, if it does not wait. */
	inside = !SPIN(!pause_inside(), 2);
	pause_end();
	check_runs(&st, 0);
	check_owned(&st);
	return inside;
}

static void insert_while_queueing(enum own_enqueue to, int runs_on)
{
	struct puppet *waker = set_up_waker();
	int tries = 0, i = 0;

	while (i < ROUNDS) {
		CHECK_LE(++tries, 5 * ROUNDS);
		if (!try_insert(waker, to))
			continue;
		CHECK_EQ(st.s->bss->ran_on[0], runs_on);
		i++;
	}
	puppet_stop(waker);
	tear_down(&st);
}

static void dispatched(void)
{
	insert_while_queueing(OWN_HOLD, MOVER);
}

/* What ops.enqueue() itself inserts is nobody else's. */
static void inserted(void)
{
	insert_while_queueing(OWN_SEND, HOME);
}

SCX_TEST(SCX_CASE(dispatched), SCX_CASE(inserted));
