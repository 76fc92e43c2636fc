// SPDX-License-Identifier: GPL-2.0
/*
 * Inserts into the local queue of another CPU: the task runs there, also if it
 * is pinned elsewhere meanwhile, and from dispatch a task that is not the
 * scheduler's to give is left alone.
 */
#include "scx_test.h"
#include "remote_insert.h"
#include "remote_insert.bpf.skel.h"

static struct remote_insert *load(enum remote_mode mode)
{
	struct remote_insert *s = SCX_OPEN(remote_insert);

	if (scx_nr_cpus() < 2)
		scx_skip("one CPU");
	s->rodata->mode = mode;
	s->rodata->nr_cpus = scx_nr_cpus() < REMOTE_MAX_CPUS ? scx_nr_cpus() : REMOTE_MAX_CPUS;
	SCX_LOAD(s, remote_insert);
	return s;
}

static void unload(struct remote_insert *s, struct bpf_link *link)
{
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(s->bss->nr_forbidden, 0);
}

static void all_cpus_run(enum remote_mode mode)
{
	struct work *work = work_start(WORK_MIX, 30, 0);
	struct remote_insert *s = load(mode);
	struct bpf_link *link = scx_attach(s->maps.ops);
	u32 cpu;

	CHECK_PROGRESS(work);
	CHECK_SOON(s->bss->nr_remote > 300);
	for (cpu = 0; cpu < s->rodata->nr_cpus; cpu++)
		CHECK_SOON(s->bss->nr_runs[cpu] > 10);
	/*
	 * Unloading may come between ops.select_cpu() and the insert: it runs anywhere
	 * then. What the core took back before it was sent from dispatch may be sent twice.
	 */
	CHECK_LE(s->bss->nr_astray, mode == REMOTE_DISPATCH ? s->bss->nr_taken_back : 0);
	unload(s, link);
}

static void from_enqueue(void)
{
	all_cpus_run(REMOTE_ENQUEUE);
}

static void from_select_cpu(void)
{
	all_cpus_run(REMOTE_SELECT);
}

static void from_dispatch(void)
{
	all_cpus_run(REMOTE_DISPATCH);
}

/* A task that runs is not the scheduler's. */
static void prev_from_dispatch(void)
{
	struct work *work = work_start(WORK_MIX, 30, 0);
	struct remote_insert *s = load(REMOTE_PREV);
	struct bpf_link *link = scx_attach(s->maps.ops);

	CHECK_SOON(s->bss->nr_remote > 300);
	CHECK_PROGRESS(work);
	unload(s, link);
	CHECK_PROGRESS(work);
}

/* The CPU that a task is sent to may be forbidden to it by the time it gets there. */
static void affinity_changes(void)
{
	struct work *work = work_start(WORK_SPIN, 2 * scx_nr_cpus(), 0);
	struct remote_insert *s = load(REMOTE_ENQUEUE);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int i;

	for (i = 0; scx_again(i, 1000); i++) {
		pid_t pid = work_pid(work, i % work_nr(work));

		if (i % 3)
			scx_pin(pid, i % scx_nr_cpus());
		else
			scx_unpin(pid);
	}
	CHECK_PROGRESS(work);
	unload(s, link);
}

SCX_TEST(SCX_CASE(from_enqueue), SCX_CASE(from_select_cpu), SCX_CASE(from_dispatch),
	 SCX_CASE(prev_from_dispatch), SCX_CASE(affinity_changes));
