// SPDX-License-Identifier: GPL-2.0
/*
 * Loading while CFS is saturated by hogs of highest weight, and unloading while
 * the scheduler runs nothing but its favourites: neither waits for its turn.
 */
#include <sys/resource.h>
#include "scx_test.h"
#include "favour.bpf.skel.h"

static struct work *start_hogs(int per_cpu)
{
	struct work *hogs = work_start(WORK_SPIN, per_cpu * scx_nr_cpus(), 0);
	int i;

	for (i = 0; i < work_nr(hogs); i++)
		CHECK_EQ(setpriority(PRIO_PROCESS, work_pid(hogs, i), -20), 0);
	return hogs;
}

static void cfs_is_saturated(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct favour *s = SCX_OPEN_LOAD(favour);
	struct work *hogs = start_hogs(1);
	long long begin = scx_now_ms();
	struct bpf_link *link;

	link = scx_attach(s->maps.ops);
	CHECK(scx_state_is("enabled"));
	scx_note("attached after %lld ms", scx_now_ms() - begin);
	CHECK_LE(scx_now_ms() - begin, scx_ms(20000));
	CHECK_PROGRESS(work);

	begin = scx_now_ms();
	bpf_link__destroy(link);
	CHECK_LE(scx_now_ms() - begin, scx_ms(20000));
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(hogs);
	CHECK_PROGRESS(work);
	work_stop(work);
	favour__destroy(s);
}

/* From when the hogs are all that is dispatched. */
static void scheduler_starves(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct favour *s = SCX_OPEN_LOAD(favour);
	struct work *hogs = start_hogs(2);
	struct bpf_link *link;
	long long begin;
	int i;

	scx_set_policy(0, SCHED_FIFO);
	CHECK_LE(work_nr(hogs), (int)ARRAY_SIZE(s->bss->favourites));
	for (i = 0; i < work_nr(hogs); i++)
		s->bss->favourites[i] = work_pid(hogs, i);
	link = scx_attach(s->maps.ops);
	s->bss->nr_favourites = work_nr(hogs);
	CHECK_SOON(s->bss->nr_starved >= 5);

	begin = scx_now_ms();
	bpf_link__destroy(link);
	CHECK_LE(scx_now_ms() - begin, scx_ms(20000));
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_PROGRESS(work);
	work_stop(hogs);
	work_stop(work);
	favour__destroy(s);
}

SCX_TEST(SCX_CASE(cfs_is_saturated), SCX_CASE(scheduler_starves));
