// SPDX-License-Identifier: GPL-2.0
/*
 * Moving tasks that are met in a DSQ: to where, in which order, with what slice and
 * virtual time, from a program that holds no lock, from a timer and from
 * ops.dispatch(); and what is not moved.
 */
#include "scx_test.h"
#include "dsq_pool.h"
#include "dsq_pool.bpf.skel.h"
#include "dsq_pool_run.h"
#include "scx_pause.h"

/* Where moves are made from */
enum place {
	IN_SYSCALL,
	IN_TIMER,
	IN_DISPATCH,
	NR_PLACES,
};

static void run_moves(struct pool *pool, enum place place, int cpu)
{
	struct dsq_pool *s = pool->s;

	pool_forget(pool);
	switch (place) {
	case IN_SYSCALL:
		scx_run_prog(s->progs.move_all);
		return;
	case IN_TIMER:
		CHECK_EQ(scx_run_prog(s->progs.move_by_timer), 0);
		break;
	default:
		s->bss->move_on[cpu] = true;
		scx_run_prog(s->progs.kick_all);
	}
	CHECK_SOON(s->bss->done);
}

/* Move what DSQ 1 holds. */
static void move_to(struct pool *pool, enum place place, unsigned long long dsq)
{
	pool->s->bss->move.dsq = dsq;
	run_moves(pool, place, 1);
}

static void no_wish(struct pool *pool)
{
	memset(&pool->s->bss->move, 0, sizeof(pool->s->bss->move));
	pool->s->bss->walk.flags = 0;
	pool->s->bss->walk.skip = 0;
	pool->s->bss->walk.nr = 0;
}

static void to_user_dsq(enum place place, bool old_names)
{
	struct pool pool;

	pool_start(&pool, 4);
	pool.s->bss->move.old_names = old_names;
	pool_queue_all(&pool);

	/* All, in order */
	move_to(&pool, place, 2);
	CHECK_EQ(pool.s->bss->nr_moved, 4);
	CHECK_EQ(pool.s->bss->nr_not_moved, 0);
	CHECK_SEEN(&pool, 0, 1, 2, 3);
	CHECK_HOLDS(&pool, 1, -1);
	CHECK_HOLDS(&pool, 2, 0, 1, 2, 3);

	/* Backwards, to the head, and some only */
	pool.s->bss->walk.dsq = 2;
	pool.s->bss->walk.flags = DSQ_ITER_REV;
	pool.s->bss->walk.skip = 1;
	pool.s->bss->walk.nr = 2;
	pool.s->bss->move.enq_flags = 0x10;	/* SCX_ENQ_HEAD */
	move_to(&pool, place, 1);
	CHECK_EQ(pool.s->bss->nr_moved, 2);
	pool.s->bss->walk.flags = 0;
	CHECK_HOLDS(&pool, 1, 1, 2);
	CHECK_HOLDS(&pool, 2, 0, 3);

	/* Within the DSQ: what is moved is not met again. */
	pool.s->bss->walk.dsq = 1;
	pool.s->bss->walk.skip = 0;
	pool.s->bss->walk.nr = 0;
	pool.s->bss->move.enq_flags = 0;
	pool.s->bss->walk.nr_queued = 2;
	move_to(&pool, place, 1);
	CHECK_EQ(pool.s->bss->nr_moved, 2);
	CHECK_SEEN(&pool, 1, 2);
	CHECK_HOLDS(&pool, 1, 1, 2);
	pool.s->bss->walk.flags = DSQ_ITER_REV;
	pool.s->bss->walk.nr = 1;
	move_to(&pool, place, 1);
	CHECK_EQ(pool.s->bss->nr_moved, 1);
	pool.s->bss->walk.flags = 0;
	CHECK_HOLDS(&pool, 1, 1, 2);

	no_wish(&pool);
	pool_let_go(&pool);
	pool_stop(&pool);
}

static void user_dsq(void)
{
	enum place place;

	for (place = 0; place < NR_PLACES; place++)
		to_user_dsq(place, false);
}

static void earlier_names(void)
{
	to_user_dsq(IN_SYSCALL, true);
}

/* By vtime, which is set or kept, and back */
static void to_vtime(enum place place, bool old_names)
{
	struct pool pool;
	int i;

	pool_start(&pool, 4);
	for (i = 0; i < 4; i++) {
		pool.s->bss->put[i].order = POOL_VTIME;
		pool.s->bss->put[i].vtime = 100 - i;
	}
	pool_queue_all(&pool);
	CHECK_HOLDS(&pool, 1, 3, 2, 1, 0);

	/* 1 is before all others, then. */
	pool.s->bss->move.by_vtime = true;
	pool.s->bss->move.old_names = old_names;
	pool.s->bss->move.vtime = 50;
	pool.s->bss->move.slice = 12345;
	pool.s->bss->walk.skip = 2;
	pool.s->bss->walk.nr = 1;
	move_to(&pool, place, 2);
	CHECK_EQ(pool.s->bss->nr_moved, 1);
	pool.s->bss->move.vtime = 0;
	pool.s->bss->move.slice = 0;
	pool.s->bss->walk.skip = 0;
	pool.s->bss->walk.nr = 0;
	move_to(&pool, place, 2);
	CHECK_EQ(pool.s->bss->nr_moved, 3);
	CHECK_HOLDS(&pool, 2, 1, 3, 2, 0);
	CHECK_EQ(pool.s->bss->vtimes[0], 50);
	CHECK_EQ(pool.s->bss->vtimes[1], 97);
	CHECK_EQ(pool.s->bss->slices[0], 12345);
	CHECK_EQ(pool.s->bss->slices[1], SLICE_INF);

	pool.s->bss->walk.dsq = 2;
	pool.s->bss->move.by_vtime = false;
	move_to(&pool, place, 3);
	CHECK_EQ(pool.s->bss->nr_moved, 4);
	CHECK_HOLDS(&pool, 3, 1, 3, 2, 0);
	pool_let_go(&pool);
	pool_stop(&pool);
}

static void vtime(void)
{
	enum place place;

	for (place = 0; place < NR_PLACES; place++)
		to_vtime(place, false);
	to_vtime(IN_SYSCALL, true);
}

/* What is set is for one move. */
static void set_once(void)
{
	struct pool pool;

	pool_start(&pool, 3);
	pool_queue_all(&pool);
	pool.s->bss->move.dsq = 2;
	pool.s->bss->move.slice = 777;
	pool.s->bss->move.vtime = 1000;
	CHECK_EQ(pool_run(&pool, pool.s->progs.set_once), 3);
	CHECK_HOLDS(&pool, 2, 1, 2, 0);
	CHECK_EQ(pool.s->bss->vtimes[0], 0);
	CHECK_EQ(pool.s->bss->slices[0], SLICE_INF);
	CHECK_EQ(pool.s->bss->vtimes[2], 1000);
	CHECK_EQ(pool.s->bss->slices[2], 777);
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* Nobody takes that long, or comes back to where there is nobody to let him go. */
#define LONG_SLICE	5000000000ULL

/* They run where they are moved to, wherever they were before. */
static void to_each_cpu(enum place place)
{
	struct pool pool;
	int i, cpu;

	pool_start(&pool, 3);
	for (cpu = 0; cpu < scx_nr_cpus(); cpu++) {
		pool_queue_all(&pool);
		pool.s->bss->move.slice = cpu % 2 ? LONG_SLICE : 0;
		move_to(&pool, place, DSQ_LOCAL_ON(cpu));
		CHECK_EQ(pool.s->bss->nr_moved, 3);
		for (i = 0; i < 3; i++) {
			pool_await(&pool, i);
			CHECK_EQ(pool.s->bss->ran_on[i], cpu);
			if (cpu % 2)
				/* It may have run before, and have been preempted. */
				CHECK_GT(pool.s->bss->slice_at_run[i], LONG_SLICE / 2);
			else
				CHECK_EQ(pool.s->bss->slice_at_run[i], SLICE_INF);
		}
	}
	pool_stop(&pool);
}

static void local_on(void)
{
	enum place place;

	for (place = 0; place < NR_PLACES; place++)
		to_each_cpu(place);
}

static void local(void)
{
	struct pool pool;
	int cpu;

	pool_start(&pool, 1);
	for (cpu = 0; cpu < scx_nr_cpus(); cpu++) {
		pool_queue_all(&pool);
		pool.s->bss->move.dsq = DSQ_LOCAL;
		run_moves(&pool, IN_DISPATCH, cpu);
		CHECK_EQ(pool.s->bss->nr_moved, 1);
		pool_await(&pool, 0);
		CHECK_EQ(pool.s->bss->ran_on[0], cpu);

		pool_queue_all(&pool);
		scx_pin(0, cpu);
		run_moves(&pool, IN_SYSCALL, 0);
		scx_unpin(0);
		CHECK_EQ(pool.s->bss->nr_moved, 1);
		pool_await(&pool, 0);
		CHECK_EQ(pool.s->bss->ran_on[0], cpu);
	}

	pool_stop(&pool);
}

/* The only CPU that may run it is idle, and nobody else tells it. */
static void global(void)
{
	int cpu = scx_nr_cpus() - 1;
	struct pool pool;

	if (cpu < 1)
		scx_skip("this takes 2 CPUs");
	pool_start(&pool, 1);
	scx_pin(pool.member[0]->pid, cpu);
	pool_queue_all(&pool);
	scx_pin(0, 0);
	move_to(&pool, IN_SYSCALL, DSQ_GLOBAL);
	scx_unpin(0);
	CHECK_EQ(pool.s->bss->nr_moved, 1);
	pool_await(&pool, 0);
	CHECK_EQ(pool.s->bss->ran_on[0], cpu);
	pool_stop(&pool);
}

/* It has gone to another CPU's DSQ, to another DSQ, or to the end of its own. */
static void moved_before(void)
{
	static const unsigned long long dsqs[] = { 1, 2, DSQ_LOCAL_ON(0) };
	struct pool pool;
	unsigned int i;

	pool_start(&pool, 2);
	for (i = 0; i < ARRAY_SIZE(dsqs); i++) {
		pool_queue_all(&pool);
		pool.s->bss->move.twice = true;
		move_to(&pool, IN_SYSCALL, dsqs[i]);
		CHECK_EQ(pool.s->bss->nr_moved, 2);
		CHECK_EQ(pool.s->bss->nr_not_moved, 2);
		CHECK_SEEN(&pool, 0, 1);
		if (!(dsqs[i] >> 63))
			CHECK_HOLDS(&pool, dsqs[i], 0, 1);
		pool_let_go(&pool);
	}

	no_wish(&pool);
	pool_queue_all(&pool);
	pool.s->bss->move.dsq = 2;
	CHECK_EQ(pool_run(&pool, pool.s->progs.move_from_other), 0);
	CHECK_EQ(pool.s->bss->nr_not_moved, 2);
	CHECK_EQ(pool_run(&pool, pool.s->progs.move_with_none), -ENOENT);
	CHECK_EQ(pool.s->bss->nr_not_moved, 2);
	CHECK_HOLDS(&pool, 1, 0, 1);
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* What was met is consumed, or requeued, before it is moved. */
static void others_first(void)
{
	struct held held;
	struct pool pool;

	pool_start(&pool, 3);
	pool_queue_all(&pool);
	pool.s->bss->move.dsq = 2;
	held_start(&held, &pool, pool.s->progs.move_all, 0);
	pool_let_go(&pool);
	held_end(&held);
	CHECK_EQ(pool.s->bss->nr_moved, 0);
	CHECK_EQ(pool.s->bss->nr_not_moved, 1);
	CHECK_SEEN(&pool, 0);

	pool_queue_all(&pool);
	held_start(&held, &pool, pool.s->progs.move_all, 1);
	CHECK_EQ(setpriority(PRIO_PROCESS, pool.member[1]->pid, 5), 0);
	held_end(&held);
	CHECK_EQ(pool.s->bss->nr_moved, 2);
	CHECK_EQ(pool.s->bss->nr_not_moved, 1);
	CHECK_SEEN(&pool, 0, 1, 2);
	CHECK_HOLDS(&pool, 1, 1);
	CHECK_HOLDS(&pool, 2, 0, 2);
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* Who does what where in the case below: the lock of the home's rq is held for long. */
enum {
	TEST_CPU,
	HOME,
	MOVER,
	TAKER,
	NR_ROLES,
};

static void queue_at_home(struct pool *pool)
{
	pid_t pid = pool->member[0]->pid;
	unsigned long long before;
	cpu_set_t set;

	scx_pin(pid, HOME);
	pool_queue_all(pool);
	before = pool->s->bss->nr_enqueued[0];
	CPU_ZERO(&set);
	CPU_SET(HOME, &set);
	CPU_SET(TAKER, &set);
	CHECK_EQ(sched_setaffinity(pid, sizeof(set), &set), 0);
	CHECK_SOON(pool->s->bss->nr_enqueued[0] > before);
}

/* A process: page faults of a thread's siblings would wait for the CPU that dwells. */
static int be_mover(void *arg)
{
	scx_pin(0, MOVER);
	scx_run_prog(arg);
	return 0;
}

/* False if the mover did not wait for the taker, so that nothing was tried. */
static bool try_taken(struct pool *pool)
{
	struct dsq_pool *s = pool->s;
	bool inside;
	pid_t mover;

	queue_at_home(pool);
	pool_forget(pool);
	s->bss->move.dsq = 2;
	s->bss->walk.hold_at = 0;
	mover = scx_fork(be_mover, s->progs.move_all);
	CHECK_SOON(s->bss->holding == 1);
	pause_at("move", pool->member[0]->pid);
	s->bss->holding = 0;
	pause_caught();
	s->bss->is_open[1] = true;
	s->bss->kick_cpu = TAKER;
	scx_run_prog(s->progs.kick_one);
	inside = SPIN(scx_run_prog(s->progs.nr_queued) == 0, 2000) && pause_inside();
	pause_end();
	CHECK_EQ(scx_wait(mover), 0);
	s->bss->walk.hold_at = -1;
	if (inside) {
		CHECK_EQ(s->bss->nr_moved, 0);
		CHECK_EQ(s->bss->nr_not_moved, 1);
	}
	pool_let_go(pool);
	return inside;
}

/*
 * The mover has the lock of the task's rq, and another CPU has taken the task off the
 * DSQ, which it can without.
 */
static void taken(void)
{
	struct pool pool;
	int i, tries = 0;

	pause_need();
	if (scx_nr_cpus() < NR_ROLES)
		scx_skip("this takes %d CPUs", NR_ROLES);
	pool_start(&pool, 1);
	scx_pin(0, TEST_CPU);
	for (i = 0; i < 5; i += try_taken(&pool))
		CHECK_LE(++tries, 25);
	scx_unpin(0);
	pool_stop(&pool);
}

/* Errors of the scheduler, each in one of the places */
static const struct {
	unsigned long long dsq;
	bool by_vtime;
	bool vtime_before;		/* the DSQ holds tasks by vtime */
	int pin_to;
	enum place place;
	const char *words;
} wrongs[] = {
	{ 12345, false, false, -1, IN_SYSCALL, "no DSQ 0x3039 to move a task to" },
	{ 12345, true, false, -1, IN_DISPATCH, "no DSQ 0x3039 to move a task to" },
	{ DSQ_LOCAL_ON(4000), false, false, -1, IN_SYSCALL, "invalid CPU 4000" },
	{ DSQ_LOCAL_ON(4000), false, false, -1, IN_DISPATCH, "invalid CPU 4000" },
	{ 1ULL << 63, false, false, -1, IN_TIMER, "invalid DSQ" },
	{ DSQ_LOCAL, true, false, -1, IN_SYSCALL, "has no vtime order" },
	{ DSQ_GLOBAL, true, false, -1, IN_DISPATCH, "has no vtime order" },
	{ DSQ_LOCAL_ON(2), false, false, 1, IN_SYSCALL, "CPU 2, which it may not use" },
	{ DSQ_LOCAL_ON(2), false, false, 1, IN_DISPATCH, "CPU 2, which it may not use" },
	{ 2, false, true, -1, IN_SYSCALL, "DSQ 0x2 holds tasks in vtime order" },
	{ 2, false, true, -1, IN_DISPATCH, "DSQ 0x2 holds tasks in vtime order" },
};

static void check_wrong(unsigned int i)
{
	struct pool pool;

	scx_expect_eject("dsq_pool");
	pool_start(&pool, 2);
	if (wrongs[i].vtime_before) {
		pool.s->bss->put[1].dsq = 2;
		pool.s->bss->put[1].order = POOL_VTIME;
	}
	if (wrongs[i].pin_to >= 0)
		scx_pin(pool.member[0]->pid, wrongs[i].pin_to);
	pool_queue(&pool, 1);
	pool_queue(&pool, 0);
	if (!wrongs[i].vtime_before)
		pool.s->bss->walk.skip = 1;
	pool.s->bss->move.by_vtime = wrongs[i].by_vtime;
	pool.s->bss->move.dsq = wrongs[i].dsq;
	run_moves(&pool, wrongs[i].place, 3);
	CHECK_EXIT(pool.s, SCX_EXIT_ERROR, wrongs[i].words);
	bpf_link__destroy(pool.link);
	/* Nobody is lost. */
	pool_free(&pool);
}

static void errors(void)
{
	unsigned int i;

	if (scx_nr_cpus() < 4)
		scx_skip("this takes 4 CPUs");
	for (i = 0; i < ARRAY_SIZE(wrongs); i++)
		check_wrong(i);
}

/* It stays on the CPU that it cannot leave, or goes where it can be found. */
static void pinned(void)
{
	struct pool pool;

	if (scx_nr_cpus() < 3)
		scx_skip("this takes 3 CPUs");
	pool_start(&pool, 1);
	scx_pin(pool.member[0]->pid, 2);
	pool_queue_all(&pool);
	move_to(&pool, IN_DISPATCH, DSQ_LOCAL_ON(2));
	CHECK_EQ(pool.s->bss->nr_moved, 1);
	pool_await(&pool, 0);
	CHECK_EQ(pool.s->bss->ran_on[0], 2);
	pool_stop(&pool);
}

static void wrong_op(void)
{
	struct pool pool;

	scx_expect_eject("dsq_pool");
	pool_start(&pool, 2);
	pool_queue(&pool, 0);
	pool.s->bss->move.dsq = 2;
	pool.s->bss->wrong_op = true;
	puppet_poke(pool.member[1]);
	CHECK_EXIT(pool.s, SCX_EXIT_ERROR, "scx_bpf_dsq_move: called from ops[.]enqueue");
	bpf_link__destroy(pool.link);
	pool_free(&pool);
}

SCX_TEST(SCX_CASE(user_dsq), SCX_CASE(earlier_names), SCX_CASE(vtime), SCX_CASE(set_once),
	 SCX_CASE(local_on), SCX_CASE(local), SCX_CASE(global), SCX_CASE(moved_before),
	 SCX_CASE(others_first), SCX_CASE(taken), SCX_CASE(errors), SCX_CASE(pinned),
	 SCX_CASE(wrong_op));
