// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks that exec, change their weight and their affinity all the time, while a
 * scheduler is loaded and unloaded.
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include "scx_puppet.h"
#include "books.bpf.skel.h"

struct storm {
	bool (*gust)(unsigned int *seed);
	unsigned long *count;
	unsigned int seed;
};

static bool exec_true(unsigned int *seed)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static bool renice(unsigned int *seed)
{
	return !setpriority(PRIO_PROCESS, 0, (int)(rand_r(seed) % 40) - 20);
}

static bool move(unsigned int *seed)
{
	cpu_set_t set;
	int cpu = rand_r(seed) % scx_nr_cpus();

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || sched_getcpu() != cpu)
		return false;
	CPU_SET(rand_r(seed) % scx_nr_cpus(), &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

static int blow(void *arg)
{
	struct storm *storm = arg;

	while (storm->gust(&storm->seed))
		__atomic_fetch_add(storm->count, 1, __ATOMIC_RELAXED);
	return 1;
}

static bool all_blow(const struct storm *storms, int nr, const unsigned long *before)
{
	int i;

	for (i = 0; i < nr; i++)
		if (__atomic_load_n(storms[i].count, __ATOMIC_RELAXED) < before[i] + 2)
			return false;
	return true;
}

static void check_blowing(const struct storm *storms, int nr)
{
	unsigned long before[nr];
	int i;

	for (i = 0; i < nr; i++)
		before[i] = *storms[i].count;
	CHECK_SOON(all_blow(storms, nr, before));
}

static void all_at_once(void)
{
	static bool (*const gusts[])(unsigned int *seed) = { exec_true, renice, move };
	struct storm storms[ARRAY_SIZE(gusts)];
	int i, nr = ARRAY_SIZE(storms), rounds = scx_rounds(20);
	unsigned long *counts = scx_shared(nr * sizeof(*counts));
	struct books *s = SCX_OPEN_LOAD(books);
	struct bpf_link *link;

	for (i = 0; i < nr; i++) {
		storms[i].gust = gusts[i % ARRAY_SIZE(gusts)];
		storms[i].count = &counts[i];
		storms[i].seed = i;
		scx_fork(blow, &storms[i]);
	}
	for (i = 0; i < rounds; i++) {
		link = scx_attach(s->maps.ops);
		check_blowing(storms, nr);
		CHECK(scx_state_is("enabled"));
		bpf_link__destroy(link);
		CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
		SCX_FORGET_EXIT(s);
		CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
	}
	check_blowing(storms, nr);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(all_at_once));
