// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that attach and detach one map at the same time: each attempt either
 * works or finds it busy, and every scheduler that came also went.
 */
#include "scx_test.h"
#include "quit.bpf.skel.h"

#define NR_RACERS	2

static struct quit *skel;
static int done;			/* attempts that worked */

struct racer {
	pthread_t thread;
	int attached;
	int error;			/* neither 0 nor -EBUSY */
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct bpf_link *link;
	int err;

	while (!r->error && scx_again(__atomic_load_n(&done, __ATOMIC_RELAXED), 1000)) {
		link = scx_try_attach(skel->maps.ops, &err);
		if (link) {
			r->attached++;
			__atomic_fetch_add(&done, 1, __ATOMIC_RELAXED);
			bpf_link__destroy(link);
		} else if (err != -EBUSY) {
			r->error = err;
		}
		sched_yield();
	}
	return NULL;
}

/* Until it worked 1,000 times, see scx_again(). */
static void two_threads_one_map(void)
{
	struct racer racers[NR_RACERS] = {};
	int i, attached = 0;

	skel = SCX_OPEN_LOAD(quit);
	for (i = 0; i < NR_RACERS; i++)
		CHECK_EQ(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (i = 0; i < NR_RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		CHECK_EQ(racers[i].error, 0);
		CHECK_GT(racers[i].attached, 0);
		attached += racers[i].attached;
	}

	CHECK(scx_state_is("disabled"));
	CHECK_EQ(skel->bss->nr_inits, attached);
	CHECK_EQ(skel->bss->nr_exits, attached);
	scx_note("attached %d + %d times", racers[0].attached, racers[1].attached);
}

SCX_TEST(SCX_CASE(two_threads_one_map));
