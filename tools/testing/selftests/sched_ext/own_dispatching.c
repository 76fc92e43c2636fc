// SPDX-License-Identifier: GPL-2.0
/*
 * A task that a CPU has claimed and is putting on a queue is changed: who wants to
 * dequeue it waits until it is there, and takes it from there.
 */
#include "scx_test.h"
#include "own.h"
#include "own.bpf.skel.h"
#include "own_run.h"

#define ROUNDS	6

static const unsigned long long queues[] = { OWN_DSQ, DSQ_GLOBAL, DSQ_LOCAL_ON(MOVER) };

/* Have the mover claim victim 0 and stop with it. */
static bool try_claim(struct stage *st, unsigned long long dsq)
{
	wake_to(st, 0, OWN_HOLD);
	pause_at("claimed", st->victims[0]->pid);
	order_insert(st, MOVER, 0, dsq);
	return pause_caught();
}

static void claim(struct stage *st, unsigned long long dsq)
{
	/* If it is let go too soon it comes to run. */
	while (!try_claim(st, dsq)) {
		if (dsq == OWN_DSQ)
			order_take(st, MOVER);
		check_runs(st, 0);
	}
}

/* The scheduler is to have it anew after change, which lasts as long as the claim. */
static void requeued(int (*change)(pid_t pid))
{
	unsigned long long enqueued, runs;
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		claim(&st, queues[i % ARRAY_SIZE(queues)]);
		enqueued = st.s->bss->nr_enqueued[0];
		runs = st.s->bss->nr_runs[0];
		pause_end_soon();
		CHECK_EQ(change(st.victims[0]->pid), 0);
		CHECK(!pause_inside());

		CHECK_EQ(st.s->bss->nr_enqueued[0], enqueued + 1);
		check_kept(&st, 0, runs);
		let_go(&st, 0);
		CHECK_EQ(try_allow(st.victims[0]->pid, MOVER), 0);
	}
	/* It was no longer, or not yet, the scheduler's when it was dequeued. */
	CHECK_EQ(st.s->bss->nr_dequeued[0], 0);
	tear_down(&st);
}

static void affinity(void)
{
	requeued(stay_home);
}

static void nice_value(void)
{
	requeued(renice);
}

static void policy(void)
{
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		unsigned long long runs;

		claim(&st, queues[i % ARRAY_SIZE(queues)]);
		runs = st.s->bss->nr_runs[0];
		pause_end_soon();
		scx_set_policy(st.victims[0]->pid, SCHED_OTHER);
		CHECK(!pause_inside());
		check_runs(&st, 0);
		CHECK_EQ(st.s->bss->nr_runs[0], runs);
		scx_set_policy(st.victims[0]->pid, SCHED_EXT);
	}
	tear_down(&st);
}

/* To die it has to run first. */
static void kill_it(void)
{
	struct stage st;
	int i;

	set_up_many(&st);
	for (i = 0; i < ROUNDS; i++) {
		claim(&st, queues[i % ARRAY_SIZE(queues)]);
		CHECK_EQ(kill(st.victims[0]->pid, SIGKILL), 0);
		pause_end();
		if (queues[i % ARRAY_SIZE(queues)] == OWN_DSQ)
			order_take(&st, MOVER);
		puppet_stop(st.victims[0]);
		new_victim(&st, 0);
	}
	tear_down(&st);
}

SCX_TEST(SCX_CASE(affinity), SCX_CASE(nice_value), SCX_CASE(policy), SCX_CASE(kill_it));
