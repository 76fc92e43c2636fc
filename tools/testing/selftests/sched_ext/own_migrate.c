// SPDX-License-Identifier: GPL-2.0
/*
 * A task is off the one CPU's queues and not on the other's yet, on the way to a
 * local queue: whoever changes it waits until it is there.
 */
#include "scx_test.h"
#include "own.h"
#include "own.bpf.skel.h"
#include "own_run.h"

#define ROUNDS	6

/* Nobody asks the scheduler on the way: it has said where to. */
static void undisturbed(void)
{
	unsigned long long enqueued;
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		stop_mover(&st, "migrate", i);
		enqueued = st.s->bss->nr_enqueued[0];
		pause_end();
		check_runs(&st, 0);
		CHECK_EQ(st.s->bss->ran_on[0], MOVER);
		CHECK_EQ(st.s->bss->nr_enqueued[0], enqueued);
	}
	tear_down(&st);
}

static int leave_class(pid_t pid)
{
	struct sched_param param = {};

	return sched_setscheduler(pid, SCHED_OTHER, &param);
}

static void changed(int (*change)(pid_t pid), int to)
{
	struct stage st;
	int i;

	set_up(&st, NULL);
	for (i = 0; i < ROUNDS; i++) {
		stop_mover(&st, "migrate", i);
		pause_end_soon();
		CHECK_EQ(change(st.victims[0]->pid), 0);
		CHECK(!pause_inside());

		/* Unless it ran at once, the scheduler has it. */
		if (change == leave_class) {
			check_runs(&st, 0);
			scx_set_policy(st.victims[0]->pid, SCHED_EXT);
		} else if (!puppet_idle(st.victims[0])) {
			order_insert(&st, to, 0, DSQ_LOCAL);
			check_runs(&st, 0);
		}
		check_owned(&st);
		CHECK_EQ(try_allow(st.victims[0]->pid, MOVER), 0);
	}
	tear_down(&st);
}

static void affinity(void)
{
	changed(stay_home, HOME);
}

static void nice_value(void)
{
	changed(renice, MOVER);
}

static void policy(void)
{
	changed(leave_class, MOVER);
}

static void killed(void)
{
	check_killed("migrate", ROUNDS);
}

/* Unloading passes over it, and finds it when it has arrived. */
static void unloaded(void)
{
	struct stage st;
	int i;

	for (i = 0; i < 2; i++) {
		set_up(&st, NULL);
		stop_mover(&st, "migrate", i);
		scx_expect_eject("own");
		scx_sysrq('S');
		CHECK_SOON(scx_state_is("disabling"));
		CHECK(pause_inside());
		pause_end();
		CHECK_EXIT(st.s, SCX_EXIT_SYSRQ, NULL);
		check_runs(&st, 0);
		CHECK_SOON(scx_state_is("disabled"));
		bpf_link__destroy(st.link);
		check_left(&st);
	}
}

SCX_TEST(SCX_CASE(undisturbed), SCX_CASE(affinity), SCX_CASE(nice_value), SCX_CASE(policy),
	 SCX_CASE(killed), SCX_CASE(unloaded));
