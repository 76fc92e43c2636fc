/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hog on one CPU and waiters behind it, placed by place.bpf.c. Included by the
 * tests of flags that decide who goes first, after the skeleton.
 */
#ifndef __PLACE_RUN_H
#define __PLACE_RUN_H

#include "scx_puppet.h"
#include "place.h"

#define ENQ_HEAD	0x10ULL
#define ENQ_PREEMPT	0x100000000ULL
#define KICK_IDLE	0x1ULL
#define KICK_PREEMPT	0x2ULL

struct stage {
	struct place *s;
	struct bpf_link *link;
	struct work *hog;
	struct puppet *waiters[PLACE_MAX];
	int target;
};

static inline void set_up(struct stage *st, int place)
{
	int i;

	st->target = scx_nr_cpus() - 1;
	if (!st->target)
		scx_skip("this takes two CPUs");
	st->hog = work_start(WORK_SPIN, 1, 0);
	scx_pin(work_pid(st->hog, 0), st->target);
	st->s = SCX_OPEN_LOAD(place);
	st->s->bss->target = st->target;
	st->s->bss->place = place;
	st->s->bss->hog = work_pid(st->hog, 0);
	for (i = 0; i < PLACE_MAX; i++) {
		st->waiters[i] = puppet_start(NULL);
		if (place == PLACE_LOCAL)
			scx_pin(st->waiters[i]->pid, st->target);
		st->s->bss->waiter[i] = st->waiters[i]->pid;
	}
	st->link = scx_attach(st->s->maps.ops);
	CHECK_PROGRESS(st->hog);
}

static inline void tear_down(struct stage *st)
{
	int i;

	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(st->link);
	CHECK_EXIT(st->s, SCX_EXIT_UNREG, NULL);
	CHECK_PROGRESS(st->hog);
	work_stop(st->hog);
	for (i = 0; i < PLACE_MAX; i++)
		puppet_stop(st->waiters[i]);
	place__destroy(st->s);
}

/* Wake waiter i and see it queued, if it does not run at once. */
static inline void place_waiter(struct stage *st, int i, u64 enq_flags)
{
	int queued = scx_run_prog(st->s->progs.queued);

	st->s->bss->enq_flags_of[i] = enq_flags;
	puppet_poke(st->waiters[i]);
	CHECK_SOON(puppet_idle(st->waiters[i]) || scx_run_prog(st->s->progs.queued) > queued);
}

static inline void forget_order(struct stage *st)
{
	memset(st->s->bss->in_order, 0, sizeof(st->s->bss->in_order));
	st->s->bss->nr_order = 0;
}

static inline bool all_ran(const struct stage *st)
{
	int i;

	for (i = 0; i < PLACE_MAX; i++)
		if (!puppet_idle(st->waiters[i]))
			return false;
	return true;
}

/* The hog has the CPU to itself, and keeps it. */
static inline void check_waits(const struct stage *st, int i)
{
	CHECK(!WAIT(puppet_idle(st->waiters[i]), 100));
	CHECK_PROGRESS(st->hog);
}

static inline void stop_hog(const struct stage *st)
{
	CHECK_EQ(kill(work_pid(st->hog, 0), SIGSTOP), 0);
}

static inline void continue_hog(const struct stage *st)
{
	CHECK_EQ(kill(work_pid(st->hog, 0), SIGCONT), 0);
	CHECK_PROGRESS(st->hog);
}

#endif /* __PLACE_RUN_H */
