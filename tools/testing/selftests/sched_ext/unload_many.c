// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading under many runnable threads, in bounded time and with
 * each thread still getting its turns.
 */
#include "scx_puppet.h"
#include "books.bpf.skel.h"

#define THREADS	2000

/* ns; with more a round of all takes longer than RCU can wait on an emulator. */
#define SLICE	1000000

struct crowd {
	int nr;
	bool go, stop;
	unsigned long counts[];
};

struct member {
	struct crowd *crowd;
	unsigned long *count;
};

static void *be_runnable(void *arg)
{
	struct member *m = arg;

	/* Nobody would have to wake so many when they are in each other's way. */
	while (!__atomic_load_n(&m->crowd->go, __ATOMIC_RELAXED))
		usleep(500000);
	while (!__atomic_load_n(&m->crowd->stop, __ATOMIC_RELAXED))
		__atomic_fetch_add(m->count, 1, __ATOMIC_RELAXED);
	return NULL;
}

static int crowd_main(void *arg)
{
	struct crowd *crowd = arg;
	struct member *members = calloc(crowd->nr, sizeof(*members));
	pthread_t *threads = calloc(crowd->nr, sizeof(*threads));
	pthread_attr_t attr;
	int i;

	if (!members || !threads)
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (i = 0; i < crowd->nr; i++) {
		members[i].crowd = crowd;
		members[i].count = &crowd->counts[i];
		if (pthread_create(&threads[i], &attr, be_runnable, &members[i]))
			return 1;
	}
	__atomic_store_n(&crowd->go, true, __ATOMIC_RELAXED);
	for (i = 0; i < crowd->nr; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static unsigned long fewest(const struct crowd *crowd)
{
	unsigned long count, min = ~0UL;
	int i;

	for (i = 0; i < crowd->nr; i++) {
		count = __atomic_load_n(&crowd->counts[i], __ATOMIC_RELAXED);
		min = count < min ? count : min;
	}
	return min;
}

/* Every single one had a turn since. */
static void check_turns(struct crowd *crowd)
{
	unsigned long before[crowd->nr];
	int i;

	memcpy(before, crowd->counts, sizeof(before));
	for (i = 0; i < crowd->nr; i++)
		if (!WAIT(__atomic_load_n(&crowd->counts[i], __ATOMIC_RELAXED) != before[i],
			  40000))
			FAIL("thread %d of %d does not get on", i, crowd->nr);
}

static void load_and_unload(struct books *s, struct crowd *crowd)
{
	long long begin = scx_now_ms();
	struct bpf_link *link;

	link = scx_attach(s->maps.ops);
	scx_note("%d threads: loaded after %lld ms", crowd->nr, scx_now_ms() - begin);
	CHECK_LE(scx_now_ms() - begin, scx_ms(20000));
	CHECK(scx_state_is("enabled"));
	check_turns(crowd);

	begin = scx_now_ms();
	CHECK_EQ(bpf_link__destroy(link), 0);
	scx_note("unloaded after %lld ms", scx_now_ms() - begin);
	CHECK_LE(scx_now_ms() - begin, scx_ms(20000));
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	SCX_FORGET_EXIT(s);
	CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
	CHECK_EQ(s->bss->nr_enabled, s->bss->nr_disabled);
}

static void runnable_threads(void)
{
	int nr = scx_rounds(THREADS);
	struct crowd *crowd = scx_shared(sizeof(*crowd) + nr * sizeof(crowd->counts[0]));
	struct books *s = SCX_OPEN(books);
	pid_t pid;

	s->rodata->slice = SLICE;
	SCX_LOAD(s, books);
	crowd->nr = nr;
	pid = scx_fork(crowd_main, crowd);
	/* Not to wait for turns of ours. */
	scx_set_policy(0, SCHED_FIFO);
	CHECK(WAIT(fewest(crowd), 20000));
	load_and_unload(s, crowd);
	check_turns(crowd);

	__atomic_store_n(&crowd->stop, true, __ATOMIC_RELAXED);
	CHECK_EQ(scx_wait(pid), 0);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(runnable_threads));
