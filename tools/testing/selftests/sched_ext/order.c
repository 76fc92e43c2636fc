// SPDX-License-Identifier: GPL-2.0
/*
 * A user queue keeps its order, first in first out or by virtual time, with
 * several CPUs that take from it. Which CPU gets on faster is open, so the order
 * is that of the tasks on each CPU; all of them run, once.
 */
#include <sys/mman.h>
#include "scx_test.h"
#include "order.h"
#include "order.bpf.skel.h"

#define CROWD		200
#define MAX_ROUNDS	5

struct crowd {
	pid_t pid;
	int pipe[CROWD][2];
	volatile int *here;		/* shared: threads that wait or have run */
	int nr;
};

static struct crowd crowd;

/* A few milliseconds, so that one CPU alone cannot run them all in a moment. */
static void burn(void)
{
	volatile int i;

	for (i = 0; i < 300000; i++)
		;
}

static void *member(void *arg)
{
	int *fds = arg;
	char c;

	__atomic_fetch_add(crowd.here, 1, __ATOMIC_RELAXED);
	if (read(fds[0], &c, 1) == 1)
		burn();
	__atomic_fetch_add(crowd.here, 1, __ATOMIC_RELAXED);
	return NULL;
}

static int crowd_main(void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (i = 0; i < crowd.nr; i++)
		if (pthread_create(&thread, &attr, member, crowd.pipe[i]))
			return 1;
	for (;;)
		pause();
}

static void gather(void)
{
	int i;

	crowd.nr = scx_rounds(CROWD);
	crowd.here = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)crowd.here != MAP_FAILED);
	for (i = 0; i < crowd.nr; i++)
		CHECK_EQ(pipe(crowd.pipe[i]), 0);
	crowd.pid = scx_fork(crowd_main, NULL);
	CHECK_SOON(*crowd.here == crowd.nr);
	/* From there into read(). */
	usleep(scx_ms(100) * 1000);
}

static void disperse(void)
{
	int i;

	kill(crowd.pid, SIGKILL);
	CHECK_EQ(scx_wait(crowd.pid), 128 + SIGKILL);
	for (i = 0; i < crowd.nr; i++) {
		close(crowd.pipe[i][0]);
		close(crowd.pipe[i][1]);
	}
	munmap((void *)crowd.here, 4096);
}

/* One waker, so that the order of coming is what it is. */
static void queue_all(struct order *s)
{
	int i;

	s->bss->crowd = crowd.pid;
	for (i = 0; i < crowd.nr; i++)
		CHECK_EQ(write(crowd.pipe[i][1], "", 1), 1);
	CHECK_SOON(s->bss->nr_queued == (unsigned long long)crowd.nr);
}

/* Returns how many CPUs took from the queue. */
static int check_each_cpu(const struct order *s)
{
	int i, cpu, cpus = 0;

	for (cpu = 0; cpu < scx_nr_cpus(); cpu++) {
		unsigned long long last = 0;
		int on_cpu = 0;

		for (i = 0; i < crowd.nr; i++) {
			if (s->bss->runs[i].cpu != cpu)
				continue;
			if (s->bss->runs[i].key < last)
				FAIL("CPU %d ran %llu after %llu", cpu, s->bss->runs[i].key, last);
			last = s->bss->runs[i].key;
			on_cpu++;
		}
		cpus += on_cpu > 0;
	}
	return cpus;
}

static void check_fifo_complete(const struct order *s)
{
	bool seen[CROWD] = {};
	int i;

	for (i = 0; i < crowd.nr; i++) {
		unsigned long long key = s->bss->runs[i].key;

		CHECK(key < (unsigned long long)crowd.nr && !seen[key]);
		seen[key] = true;
	}
}

/* Returns how many CPUs took from the queue. */
static int run_crowd(bool by_vtime)
{
	struct order *s = SCX_OPEN(order);
	struct work *others;
	struct bpf_link *link;
	int cpus;

	s->rodata->by_vtime = by_vtime;
	SCX_LOAD(s, order);
	gather();
	/* Something that brings every CPU to dispatch all the time. */
	others = work_start(WORK_SLEEP, 2 * scx_nr_cpus(), 0);
	link = scx_attach(s->maps.ops);

	queue_all(s);
	CHECK_EQ(s->bss->nr_runs, 0);
	s->bss->open = true;
	CHECK_SOON(*crowd.here == 2 * crowd.nr);
	CHECK_EQ(s->bss->nr_runs, crowd.nr);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);

	if (!by_vtime)
		check_fifo_complete(s);
	cpus = check_each_cpu(s);
	work_stop(others);
	disperse();
	order__destroy(s);
	return cpus;
}

/* One CPU may be fast enough to leave nothing to the others, but not each time. */
static void in_order(bool by_vtime)
{
	int i;

	if (scx_nr_cpus() < 2)
		scx_skip("one CPU");
	for (i = 0; i < MAX_ROUNDS; i++)
		if (run_crowd(by_vtime) > 1)
			return;
	FAIL("one CPU alone took from the queue in each of %d rounds", MAX_ROUNDS);
}

static void fifo(void)
{
	in_order(false);
}

static void vtime(void)
{
	in_order(true);
}

SCX_TEST(SCX_CASE(fifo), SCX_CASE(vtime));
