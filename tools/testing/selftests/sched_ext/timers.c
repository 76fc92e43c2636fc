// SPDX-License-Identifier: GPL-2.0
/*
 * A timer that is ended with the lock of a runqueue held, while its callback runs on
 * another CPU and wants that lock: nobody waits for the other.
 */
#include "scx_test.h"
#include "timers.h"
#include "timers.bpf.skel.h"

static void check_ends(enum timers_end end)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct timers *s = SCX_OPEN_LOAD(timers);
	struct bpf_link *link;

	if (scx_nr_cpus() < 2)
		scx_skip("one CPU only");
	s->bss->end = end;
	link = scx_attach(s->maps.ops);
	/* What has a chance of being met is short. */
	CHECK(WAIT(s->bss->nr_in_time >= 10, 30000));
	CHECK_PROGRESS(work);
	CHECK(scx_state_is("enabled"));
	scx_note("fired %lu times, ended %lu times, %lu of them in time",
		 s->bss->nr_fired, s->bss->nr_ended, s->bss->nr_in_time);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	timers__destroy(s);
}

static void cancel(void)
{
	check_ends(TIMERS_CANCEL);
}

static void delete_element(void)
{
	check_ends(TIMERS_DELETE);
}

static void replace_element(void)
{
	check_ends(TIMERS_REPLACE);
}

SCX_TEST(SCX_CASE(cancel), SCX_CASE(delete_element), SCX_CASE(replace_element));
