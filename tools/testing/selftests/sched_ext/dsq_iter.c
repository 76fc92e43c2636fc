// SPDX-License-Identifier: GPL-2.0
/*
 * Iterators over DSQs: what they meet and in which order, what they do not, and what
 * becomes of them when others consume from the DSQ, insert into it or destroy it.
 */
#include "scx_test.h"
#include "dsq_pool.h"
#include "dsq_pool.bpf.skel.h"
#include "dsq_pool_run.h"

static void list(struct pool *pool, unsigned long long flags)
{
	pool->s->bss->walk.flags = flags;
	CHECK_EQ(pool_run(pool, pool->s->progs.list), 0);
	pool->s->bss->walk.flags = 0;
	CHECK_EQ(pool->s->bss->nr_wrong_count, 0);
}

static void fifo(void)
{
	struct pool pool;

	pool_start(&pool, 6);
	list(&pool, 0);
	CHECK_SEEN(&pool, -1);
	list(&pool, DSQ_ITER_REV);
	CHECK_SEEN(&pool, -1);

	pool.s->bss->put[1].order = POOL_HEAD;
	pool.s->bss->put[4].order = POOL_HEAD;
	pool_queue_all(&pool);
	list(&pool, 0);
	CHECK_SEEN(&pool, 4, 1, 0, 2, 3, 5);
	list(&pool, DSQ_ITER_REV);
	CHECK_SEEN(&pool, 5, 3, 2, 0, 1, 4);
	CHECK_EQ(pool_run(&pool, pool.s->progs.last_pid), pool.member[5]->pid);
	CHECK_EQ(pool_run(&pool, pool.s->progs.nr_queued), 6);

	pool_let_go(&pool);
	list(&pool, 0);
	CHECK_SEEN(&pool, -1);
	pool_stop(&pool);
}

/* Where virtual times are equal, the first to come is the first. */
static void vtime(void)
{
	static const unsigned long long vtimes[] = { 30, 10, -5, 30, 20, 10 };
	struct pool pool;
	int i;

	pool_start(&pool, 6);
	for (i = 0; i < 6; i++) {
		pool.s->bss->put[i].order = POOL_VTIME;
		pool.s->bss->put[i].vtime = vtimes[i];
	}
	pool_queue_all(&pool);
	list(&pool, 0);
	CHECK_SEEN(&pool, 2, 1, 5, 4, 0, 3);
	list(&pool, DSQ_ITER_REV);
	CHECK_SEEN(&pool, 3, 0, 4, 5, 1, 2);
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* Two cursors pass each other, and neither counts. */
static void nested(void)
{
	struct pool pool;
	int i, j, n = 0;

	pool_start(&pool, 4);
	pool_queue_all(&pool);
	CHECK_EQ(pool_run(&pool, pool.s->progs.nested), 0);
	CHECK_EQ(pool.s->bss->nr_wrong_count, 0);
	for (i = 0; i < 4; i++) {
		for (j = 3; j >= 0; j--) {
			CHECK_EQ(pool.s->bss->seen[n++], pool.member[i]->pid);
			CHECK_EQ(pool.s->bss->seen[n++], pool.member[j]->pid);
		}
	}
	CHECK_EQ(pool.s->bss->nr_seen, n);
	pool_let_go(&pool);
	pool_stop(&pool);
}

static int try_new(struct pool *pool, unsigned long long dsq, unsigned long long flags)
{
	int err;

	pool->s->bss->walk.dsq = dsq;
	pool->s->bss->walk.flags = flags;
	err = pool_run(pool, pool->s->progs.new_only);
	pool->s->bss->walk.dsq = 1;
	pool->s->bss->walk.flags = 0;
	if (err)
		CHECK_EQ(pool->s->bss->nr_seen, 0);
	return err;
}

static void errors(void)
{
	struct pool pool;

	pool_start(&pool, 2);
	pool_queue_all(&pool);
	CHECK_EQ(try_new(&pool, 1, 0), 0);
	CHECK_EQ(pool.s->bss->nr_seen, 2);
	CHECK_EQ(try_new(&pool, 1, DSQ_ITER_REV), 0);
	CHECK_EQ(pool.s->bss->nr_seen, 2);
	CHECK_EQ(try_new(&pool, 1, 1), -EINVAL);
	CHECK_EQ(try_new(&pool, 1, DSQ_ITER_REV << 1), -EINVAL);
	CHECK_EQ(try_new(&pool, 1, 1ULL << 48), -EINVAL);
	CHECK_EQ(try_new(&pool, 12345, 0), -ENOENT);
	CHECK_EQ(try_new(&pool, DSQ_GLOBAL, 0), -ENOENT);
	CHECK_EQ(try_new(&pool, DSQ_LOCAL, 0), -ENOENT);
	CHECK_EQ(try_new(&pool, DSQ_LOCAL_ON(0), 0), -ENOENT);
	pool_let_go(&pool);
	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(pool.link);
	CHECK_EXIT(pool.s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(try_new(&pool, 1, 0), -ENODEV);
	pool_free(&pool);
}

/* What joins behind the iterator, ahead of it, or at its end */
static void queued_later(void)
{
	struct held held;
	struct pool pool;

	pool_start(&pool, 6);
	pool.s->bss->put[3].order = POOL_HEAD;
	pool_queue(&pool, 0);
	pool_queue(&pool, 1);
	pool_queue(&pool, 2);

	held_start(&held, &pool, pool.s->progs.list, 2);
	pool_queue(&pool, 3);
	pool_queue(&pool, 4);
	held_end(&held);
	CHECK_SEEN(&pool, 0, 1, 2);

	held_start(&held, &pool, pool.s->progs.new_hold_next, 0);
	pool_queue(&pool, 5);
	CHECK_EQ(held_end(&held), 0);
	CHECK_SEEN(&pool, 3, 0, 1, 2, 4);

	pool_let_go(&pool);

	/* Nothing there, only what is queued later; and backwards */
	pool.s->bss->walk.flags = DSQ_ITER_REV;
	held_start(&held, &pool, pool.s->progs.new_hold_next, 0);
	pool_queue(&pool, 0);
	pool_queue(&pool, 3);
	CHECK_EQ(held_end(&held), 0);
	CHECK_SEEN(&pool, -1);
	pool.s->bss->walk.flags = 0;
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* An empty DSQ with a cursor takes either order. */
static void either_order(void)
{
	struct held held;
	struct pool pool;

	pool_start(&pool, 2);
	pool.s->bss->put[1].order = POOL_VTIME;
	held_start(&held, &pool, pool.s->progs.new_hold_next, 0);
	pool_queue(&pool, 1);
	pool_let_go(&pool);
	pool_queue(&pool, 0);
	CHECK_EQ(held_end(&held), 0);
	CHECK_SEEN(&pool, -1);
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* Those around the cursor go, or all. */
static void consumed(void)
{
	struct held held;
	struct pool pool;

	pool_start(&pool, 5);
	pool_queue_all(&pool);
	held_start(&held, &pool, pool.s->progs.list, 2);
	pool_let_go(&pool);
	CHECK_EQ(scx_run_prog(pool.s->progs.nr_queued), 0);
	held_end(&held);
	CHECK_SEEN(&pool, 0, 1);

	/* The same tasks are others when they come again. */
	pool_queue_all(&pool);
	held_start(&held, &pool, pool.s->progs.list, 1);
	pool_let_go(&pool);
	pool_queue_all(&pool);
	held_end(&held);
	CHECK_SEEN(&pool, 0);
	list(&pool, 0);
	CHECK_SEEN(&pool, 0, 1, 2, 3, 4);
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* What is dequeued comes back as another, be it at the same place. */
static void requeued(void)
{
	struct held held;
	struct pool pool;

	pool_start(&pool, 4);
	pool_queue_all(&pool);
	held_start(&held, &pool, pool.s->progs.list, 2);
	/* The one at which the iterator is, and the last, which stays the last but one */
	CHECK_EQ(setpriority(PRIO_PROCESS, pool.member[3]->pid, 5), 0);
	CHECK_EQ(setpriority(PRIO_PROCESS, pool.member[1]->pid, 5), 0);
	held_end(&held);
	CHECK_SEEN(&pool, 0, 1, 2);
	list(&pool, 0);
	CHECK_SEEN(&pool, 0, 2, 3, 1);
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* The DSQ goes, and another one takes its id, while the cursor is on its list. */
static void destroyed(void)
{
	struct held held;
	struct pool pool;
	int i;

	pool_start(&pool, 3);
	for (i = 0; i < 2; i++) {
		pool_queue_all(&pool);
		held_start(&held, &pool, pool.s->progs.list, i + 1);
		pool_let_go(&pool);
		CHECK_EQ(scx_run_prog(pool.s->progs.destroy), 0);
		CHECK_EQ(scx_run_prog(pool.s->progs.nr_queued), -ENOENT);
		CHECK_EQ(scx_run_prog(pool.s->progs.create), 0);
		pool_queue_all(&pool);
		held_end(&held);
		CHECK_EQ(pool.s->bss->nr_seen, i + 1);
		list(&pool, 0);
		CHECK_SEEN(&pool, 0, 1, 2);
		pool_let_go(&pool);
	}
	pool_stop(&pool);
}

static void *unload(void *arg)
{
	bpf_link__destroy(arg);
	return NULL;
}

/* The scheduler goes, and takes its tasks along. Its DSQs have to stay. */
static void unloaded(void)
{
	pthread_t thread;
	struct held held;
	struct pool pool;
	int i;

	pool_start(&pool, 3);
	pool_queue_all(&pool);
	held_start(&held, &pool, pool.s->progs.list, 1);
	CHECK_EQ(pthread_create(&thread, NULL, unload, pool.link), 0);
	for (i = 0; i < 3; i++)
		pool_await(&pool, i);
	held_end(&held);
	CHECK_SEEN(&pool, 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EXIT(pool.s, SCX_EXIT_UNREG, NULL);
	pool_free(&pool);
}

static void check_traced(struct pool *pool, const struct bpf_program *prog)
{
	struct bpf_link *link = bpf_program__attach(prog);

	CHECK(link);
	CHECK_SOON(pool->s->bss->nr_met > 10);
	bpf_link__destroy(link);
}

/* A runqueue may be locked there, which is no matter. */
static void traced(void)
{
	struct pool pool;

	pool_start(&pool, 3);
	pool_queue_all(&pool);
	check_traced(&pool, pool.s->progs.on_switch);
	CHECK_GT(pool.s->bss->nr_traced, 10);
	CHECK_EQ(pool.s->bss->nr_busy, 0);
	list(&pool, 0);
	CHECK_SEEN(&pool, 0, 1, 2);
	pool_let_go(&pool);
	pool_stop(&pool);
}

/* A DSQ is, maybe the one that the iterator is to go over. */
static void traced_inserts(void)
{
	struct dsq_pool *s = SCX_OPEN(dsq_pool);
	struct bpf_link *link;
	struct pool pool;
	int i;

	CHECK_EQ(bpf_program__set_autoload(s->progs.on_insert, true), 0);
	UEI_SET_SIZE(s, ops, uei);
	/* It depends on the compiler whether there is such a function. */
	if (dsq_pool__load(s))
		scx_skip("scx_dsq_link() cannot be traced");
	pool_loaded = s;

	pool_start(&pool, 4);
	link = bpf_program__attach(pool.s->progs.on_insert);
	CHECK(link);
	for (i = 0; i < 4; i++)
		pool_queue(&pool, i);
	CHECK_GE(pool.s->bss->nr_busy, 4);
	CHECK_EQ(pool.s->bss->nr_met, 0);
	/* Into local DSQs, which have no such lock */
	scx_set_policy(0, SCHED_EXT);
	for (i = 0; i < 10; i++)
		usleep(1000);
	scx_set_policy(0, SCHED_OTHER);
	CHECK_GT(pool.s->bss->nr_met, 3);
	pool.s->bss->walk.nr_queued = 4;
	list(&pool, 0);
	CHECK_SEEN(&pool, 0, 1, 2, 3);
	/* Who waits for good holds up the end of the tracing. */
	pool_let_go(&pool);
	bpf_link__destroy(link);
	pool_stop(&pool);
}

SCX_TEST(SCX_CASE(fifo), SCX_CASE(vtime), SCX_CASE(nested), SCX_CASE(errors),
	 SCX_CASE(queued_later), SCX_CASE(either_order), SCX_CASE(consumed),
	 SCX_CASE(requeued), SCX_CASE(destroyed), SCX_CASE(unloaded), SCX_CASE(traced),
	 SCX_CASE(traced_inserts));
