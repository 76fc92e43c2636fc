// SPDX-License-Identifier: GPL-2.0
/*
 * A CPU has taken a task of another one off its queue and goes for the lock of that
 * other CPU. Whoever dequeues the task meanwhile revokes the claim, and the taker
 * leaves it alone, whatever has become of it.
 */
#include "scx_test.h"
#include "own.h"
#include "own.bpf.skel.h"
#include "own_run.h"

#define ROUNDS	6

static int go_away(pid_t pid)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(OTHER, &set);
	return sched_setaffinity(pid, sizeof(set), &set);
}

static void requeued(int (*change)(pid_t pid))
{
	unsigned long long runs;
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		stop_mover(&st, "held", i);
		runs = st.s->bss->nr_runs[0];
		CHECK_EQ(change(st.victims[0]->pid), 0);
		CHECK(pause_inside());
		pause_end();

		check_kept(&st, 0, runs);
		CHECK_EQ(st.s->bss->nr_dequeued[0], change == go_away ? i + 1 : 0);
		order_insert(&st, change == go_away ? OTHER : HOME, 0, DSQ_LOCAL);
		check_runs(&st, 0);
		check_owned(&st);
		CHECK_EQ(try_allow(st.victims[0]->pid, MOVER), 0);
	}
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

/* False if the taker looked too soon. */
static bool try_other_class(struct stage *st, int i, bool kill_it)
{
	bool inside;

	stop_mover(st, "held", i);
	scx_set_policy(st->victims[0]->pid, SCHED_OTHER);
	check_runs(st, 0);
	if (kill_it) {
		puppet_stop(st->victims[0]);
		usleep(20000);
	}
	inside = pause_inside();
	pause_end();

	if (kill_it)
		new_victim(st, 0);
	else
		scx_set_policy(st->victims[0]->pid, SCHED_EXT);
	return inside;
}

/* It leaves the class and runs, and may even be gone, before the taker looks. */
static void other_class(bool kill_it)
{
	int tries = 0, i = 0;
	struct stage st;

	set_up_many(&st);
	while (i < ROUNDS) {
		if (try_other_class(&st, i, kill_it))
			i++;
		CHECK_LE(++tries, 2 * ROUNDS);
	}
	tear_down(&st);
}

static void policy(void)
{
	other_class(false);
}

static void gone(void)
{
	other_class(true);
}

static void killed(void)
{
	check_killed("held", ROUNDS);
}

/* Unloading takes it, too, and lets it run while the taker still dwells. */
static void unloaded(void)
{
	struct stage st;
	int i;

	for (i = 0; i < 2; i++) {
		set_up(&st, NULL);
		stop_mover(&st, "held", i);
		scx_expect_eject("own");
		scx_sysrq('S');
		check_runs(&st, 0);
		CHECK(pause_inside());
		pause_end();
		CHECK_EXIT(st.s, SCX_EXIT_SYSRQ, NULL);
		CHECK_SOON(scx_state_is("disabled"));
		bpf_link__destroy(st.link);
		check_left(&st);
	}
}

/*
 * The same with the taker still at the queue, whose lock keeps the one who dequeues
 * waiting: he finds the task off the queue that he has looked up.
 */
static void taken(void)
{
	unsigned long long runs;
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		wake_to(&st, 0, OWN_QUEUE);
		runs = st.s->bss->nr_runs[0];
		pause_at("take", st.victims[0]->pid);
		order_take(&st, MOVER);
		pause_await();
		st.s->bss->enqueue_to[0] = OWN_HOLD;
		pause_end_soon();
		CHECK_EQ(try_allow(st.victims[0]->pid, -1), 0);
		CHECK(!pause_inside());

		check_kept(&st, 0, runs);
		CHECK_EQ(scx_run_prog(st.s->progs.nr_queued), 0);
		let_go(&st, 0);
		CHECK_EQ(try_allow(st.victims[0]->pid, MOVER), 0);
	}
	tear_down(&st);
}

static void away(void)
{
	requeued(go_away);
}

SCX_TEST(SCX_CASE(affinity), SCX_CASE(away), SCX_CASE(nice_value), SCX_CASE(policy),
	 SCX_CASE(gone), SCX_CASE(killed), SCX_CASE(unloaded), SCX_CASE(taken));
