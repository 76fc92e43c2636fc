/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Members of dsq_pool.bpf.c that wait in its DSQs as the test wants it. Included after
 * the skeleton.
 */
#ifndef __DSQ_POOL_RUN_H
#define __DSQ_POOL_RUN_H

#include <sys/resource.h>
#include "scx_puppet.h"
#include "dsq_pool.h"

#define DSQ_GLOBAL	0x8000000000000001ULL
#define DSQ_LOCAL	0x8000000000000002ULL
#define DSQ_LOCAL_ON(cpu)	(0xc000000000000000ULL | (cpu))
#define DSQ_ITER_REV	(1 << 16)
#define SLICE_INF	(~0ULL)

struct pool {
	struct dsq_pool *s;
	struct bpf_link *link;
	struct puppet *member[POOL_MAX];
	int nr;
};

/* Member i has been let go, has run and sleeps. */
static inline void pool_await(struct pool *pool, int i)
{
	const struct puppet *puppet = pool->member[i];

	if (!WAIT(puppet_idle(puppet) && puppet_asleep(puppet), 10000))
		FAIL("member %d does not run", i);
}

/* Loading takes long: once a case. */
static struct dsq_pool *pool_loaded;

static inline void pool_start(struct pool *pool, int nr)
{
	struct dsq_pool *s;
	int i;

	if (!pool_loaded)
		pool_loaded = SCX_OPEN_LOAD(dsq_pool);
	s = pool_loaded;
	memset(s->bss, 0, sizeof(*s->bss));
	SCX_FORGET_EXIT(s);
	memset(pool, 0, sizeof(*pool));
	pool->s = s;
	pool->nr = nr;
	for (i = 0; i < nr; i++) {
		pool->member[i] = puppet_start(NULL);
		s->bss->member[i] = pool->member[i]->pid;
		s->bss->put[i].dsq = 1;
	}
	s->bss->walk.dsq = 1;
	s->bss->walk.hold_at = -1;
	pool->link = scx_attach(s->maps.ops);
	for (i = 0; i < nr; i++) {
		pool_await(pool, i);
		scx_set_policy(pool->member[i]->pid, SCHED_EXT);
	}
}

/* Wake member i, and wait for it to be in the DSQ that it is put in. */
static inline void pool_queue(struct pool *pool, int i)
{
	unsigned long long before = pool->s->bss->nr_enqueued[i];

	pool_await(pool, i);
	puppet_poke(pool->member[i]);
	CHECK_SOON(pool->s->bss->nr_enqueued[i] > before);
}

static inline void pool_queue_all(struct pool *pool)
{
	int i;

	for (i = 0; i < pool->nr; i++)
		pool_queue(pool, i);
	pool->s->bss->walk.nr_queued = pool->nr;
}

static inline void pool_open(struct pool *pool, int dsq, bool open)
{
	pool->s->bss->is_open[dsq] = open;
	if (open)
		scx_run_prog(pool->s->progs.kick_all);
}

/* Let all of them run that are in any of the DSQs. */
static inline void pool_let_go(struct pool *pool)
{
	int i;

	for (i = 1; i <= POOL_NR_DSQS; i++)
		pool->s->bss->is_open[i] = true;
	scx_run_prog(pool->s->progs.kick_all);
	for (i = 0; i < pool->nr; i++)
		pool_await(pool, i);
	for (i = 1; i <= POOL_NR_DSQS; i++)
		pool->s->bss->is_open[i] = false;
}

static inline void pool_forget(struct pool *pool)
{
	pool->s->bss->nr_seen = 0;
	pool->s->bss->nr_moved = 0;
	pool->s->bss->nr_not_moved = 0;
	pool->s->bss->nr_wrong_count = 0;
	pool->s->bss->done = 0;
}

static inline int pool_run(struct pool *pool, const struct bpf_program *prog)
{
	pool_forget(pool);
	return scx_run_prog(prog);
}

/* The programs have met these members, by number, and no others; -1 ends them. */
static inline void pool_check_seen(const char *file, int line, struct pool *pool,
				   const int *expected)
{
	const struct dsq_pool *s = pool->s;
	int n;

	for (n = 0; expected[n] >= 0; n++)
		if (n >= (int)s->bss->nr_seen ||
		    s->bss->seen[n] != pool->member[expected[n]]->pid)
			scx_fail(file, line, "element %d of %d is not member %d", n,
				 (int)s->bss->nr_seen, expected[n]);
	if (n != (int)s->bss->nr_seen)
		scx_fail(file, line, "%d elements, not %d", (int)s->bss->nr_seen, n);
}

#define CHECK_SEEN(pool, ...)						\
	pool_check_seen(__FILE__, __LINE__, pool, (const int[]){ __VA_ARGS__, -1 })

/* DSQ dsq holds these. */
#define CHECK_HOLDS(pool, id, ...)					\
do {									\
	unsigned long long scx_dsq = (pool)->s->bss->walk.dsq;		\
									\
	(pool)->s->bss->walk.dsq = id;					\
	pool_run(pool, (pool)->s->progs.inspect);			\
	pool_check_seen(__FILE__, __LINE__, pool, (const int[]){ __VA_ARGS__, -1 }); \
	(pool)->s->bss->walk.dsq = scx_dsq;				\
} while (0)

/* A program that runs in a thread of its own and holds somewhere. */
struct held {
	struct pool *pool;
	const struct bpf_program *prog;
	pthread_t thread;
	int ret;
};

static inline void *held_main(void *arg)
{
	struct held *held = arg;

	held->ret = scx_run_prog(held->prog);
	return NULL;
}

static inline void held_start(struct held *held, struct pool *pool,
			      const struct bpf_program *prog, int hold_at)
{
	held->pool = pool;
	held->prog = prog;
	pool_forget(pool);
	pool->s->bss->walk.hold_at = hold_at;
	CHECK_EQ(pthread_create(&held->thread, NULL, held_main, held), 0);
	CHECK_SOON(pool->s->bss->holding == 1);
}

static inline int held_end(struct held *held)
{
	struct dsq_pool *s = held->pool->s;

	/* It gave up, which would make what was tested void. */
	CHECK_EQ(s->bss->holding, 1);
	s->bss->holding = 0;
	CHECK_EQ(pthread_join(held->thread, NULL), 0);
	s->bss->walk.hold_at = -1;
	return held->ret;
}

static inline void pool_free(struct pool *pool)
{
	int i;

	for (i = 0; i < pool->nr; i++) {
		pool_await(pool, i);
		puppet_stop(pool->member[i]);
	}
}

static inline void pool_stop(struct pool *pool)
{
	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(pool->link);
	CHECK_EXIT(pool->s, SCX_EXIT_UNREG, NULL);
	pool_free(pool);
}

#endif /* __DSQ_POOL_RUN_H */
