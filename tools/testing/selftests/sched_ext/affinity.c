// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks with every affinity there is, and with one that keeps changing: they run
 * where they may and nowhere else, whether they come through a queue that all
 * CPUs share or are sent to a CPU, and the scheduler is not to blame when an
 * affinity changes under it.
 */
#include "scx_puppet.h"
#include "books.bpf.skel.h"

static void set_mask(pid_t pid, unsigned long mask)
{
	cpu_set_t set;
	int cpu;

	CPU_ZERO(&set);
	for (cpu = 0; cpu < scx_nr_cpus(); cpu++)
		if (mask & 1UL << cpu)
			CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(pid, sizeof(set), &set), 0);
}

/* Every set of up to four CPUs; of more CPUs, a part. */
static int nr_masks(void)
{
	return scx_nr_cpus() >= 4 ? 15 : (1 << scx_nr_cpus()) - 1;
}

static struct books *load(bool local_on)
{
	struct books *s = SCX_OPEN(books);

	s->rodata->use_local_on = local_on;
	/* Much to switch between. */
	s->rodata->slice = 1000000;
	SCX_LOAD(s, books);
	return s;
}

static void unload(struct books *s, struct bpf_link *link)
{
	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_GT(s->bss->nr_runs, 0);
	books__destroy(s);
}

/* A worker that wakes up for each mask, and one that always runs for each CPU. */
static void every_mask(bool local_on)
{
	struct books *s = load(local_on);
	struct work *wake = work_start(WORK_SLEEP, nr_masks(), 0);
	struct work *spin = work_start(WORK_SPIN, scx_nr_cpus(), 0);
	struct bpf_link *link;
	int i;

	for (i = 0; i < work_nr(wake); i++)
		set_mask(work_pid(wake, i), i + 1);
	for (i = 0; i < work_nr(spin); i++)
		scx_pin(work_pid(spin, i), i);
	link = scx_attach(s->maps.ops);
	CHECK_PROGRESS(spin);
	CHECK_PROGRESS(wake);
	CHECK_EQ(s->bss->nr_misplaced, 0);
	unload(s, link);
	CHECK_PROGRESS(spin);
	CHECK_PROGRESS(wake);
	work_stop(spin);
	work_stop(wake);
}

static void flips(bool local_on)
{
	struct work *work = work_start(WORK_SLEEP, 12, 0);
	struct books *s = load(local_on);
	int i, rounds = scx_rounds(1000);
	unsigned int seed = 1;
	struct bpf_link *link;

	link = scx_attach(s->maps.ops);
	for (i = 0; i < rounds; i++)
		set_mask(work_pid(work, rand_r(&seed) % work_nr(work)),
			 rand_r(&seed) % nr_masks() + 1);
	CHECK_PROGRESS(work);
	unload(s, link);
	CHECK_PROGRESS(work);
	work_stop(work);
}

static void every_mask_by_queue(void)
{
	every_mask(false);
}

static void every_mask_by_cpu(void)
{
	every_mask(true);
}

static void flips_by_queue(void)
{
	flips(false);
}

static void flips_by_cpu(void)
{
	flips(true);
}

/* On the task itself, which has to move at once. */
static void follow(void)
{
	int cpu, cpus = scx_nr_cpus();

	for (cpu = 0; cpu < cpus; cpu++) {
		scx_pin(0, cpu);
		CHECK_EQ(sched_getcpu(), cpu);
	}
}

static void own_affinity(void)
{
	struct books *s = load(false);
	struct work *hogs = work_start(WORK_SPIN, 2, 0);
	int i, rounds = scx_rounds(30);
	struct bpf_link *link;

	link = scx_attach(s->maps.ops);
	for (i = 0; i < rounds; i++)
		follow();
	scx_unpin(0);
	unload(s, link);
	work_stop(hogs);
}

SCX_TEST(SCX_CASE(every_mask_by_queue), SCX_CASE(every_mask_by_cpu), SCX_CASE(flips_by_queue),
	 SCX_CASE(flips_by_cpu), SCX_CASE(own_affinity));
