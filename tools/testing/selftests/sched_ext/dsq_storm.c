// SPDX-License-Identifier: GPL-2.0
/*
 * All at once: CPUs that consume from DSQs, that iterate and move when they dispatch,
 * programs that do from outside, tasks that are taken out of the DSQs, DSQs that come
 * and go, and schedulers. Nobody is lost and no iteration goes on for ever.
 */
#include <sys/resource.h>
#include "scx_test.h"
#include "dsq_storm.bpf.skel.h"

static bool over;

struct stirrer {
	const struct bpf_program *prog;
	pthread_t thread;
};

static void *be_stirrer(void *arg)
{
	struct stirrer *stirrer = arg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		scx_run_prog(stirrer->prog);
		usleep(200);
	}
	return NULL;
}

/* Each is dequeued and enqueued again, wherever it is. */
static void renice_all(const struct work *work, int i)
{
	int n;

	for (n = 0; n < work_nr(work); n++)
		setpriority(PRIO_PROCESS, work_pid(work, n), (n + i) % 5);
}

static void start(struct dsq_storm *s, struct stirrer *stirrers)
{
	int i;

	stirrers[0].prog = s->progs.stir_outside;
	stirrers[1].prog = s->progs.stir_outside;
	stirrers[2].prog = s->progs.come_and_go;
	stirrers[3].prog = s->progs.look_at_empty;
	over = false;
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&stirrers[i].thread, NULL, be_stirrer, &stirrers[i]), 0);
}

static void stop(struct stirrer *stirrers)
{
	int i;

	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(stirrers[i].thread, NULL), 0);
}

static void storm(void)
{
	struct work *work = work_start(WORK_MIX, 20, 0);
	struct dsq_storm *s = SCX_OPEN_LOAD(dsq_storm);
	struct bpf_link *link = scx_attach(s->maps.ops);
	struct stirrer stirrers[4];
	int i;

	start(s, stirrers);
	for (i = 0; scx_again(i, 300); i++) {
		renice_all(work, i);
		usleep(10000);
	}
	CHECK_PROGRESS(work);
	stop(stirrers);

	CHECK(scx_state_is("enabled"));
	CHECK_GT(s->bss->nr_moved, 100);
	CHECK_GT(s->bss->nr_to_cpus, 10);
	CHECK_EQ(s->bss->nr_endless, 0);
	scx_note("%llu met, %llu moved, %llu gone before", (unsigned long long)s->bss->nr_met,
		 (unsigned long long)s->bss->nr_moved, (unsigned long long)s->bss->nr_lost);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
}

/* The scheduler goes and comes in the middle of it. */
static void reload(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct dsq_storm *s = SCX_OPEN_LOAD(dsq_storm);
	struct stirrer stirrers[4];
	struct bpf_link *link;
	int i;

	start(s, stirrers);
	for (i = 0; scx_again(i, 50); i++) {
		link = scx_attach(s->maps.ops);
		usleep(20000);
		bpf_link__destroy(link);
		CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
		SCX_FORGET_EXIT(s);
	}
	stop(stirrers);
	CHECK_EQ(s->bss->nr_endless, 0);
	CHECK_PROGRESS(work);
	work_stop(work);
}

SCX_TEST(SCX_CASE(storm), SCX_CASE(reload));
