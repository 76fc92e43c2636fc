// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks at work, to have something to schedule. Each counts its rounds in
 * memory that is shared with the test.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "scx_puppet.h"

struct worker {
	unsigned long count;
	const int *go;			/* begin once this is set */
	pid_t pid;			/* thread id, 0 until it runs */
	enum work_kind kind;
	int in, out;			/* pipe ends for ping-pong */
} __attribute__((aligned(64)));

struct work {
	int nr;
	int go;
	int nr_procs;
	pid_t *procs;
	struct worker workers[];
};

static void compute(int loops)
{
	volatile int i;

	for (i = 0; i < loops; i++)
		;
}

static void pass_on(struct worker *w)
{
	char ball;

	if (read(w->in, &ball, 1) != 1 || write(w->out, &ball, 1) != 1)
		_exit(1);
}

static void have_child(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void work_once(struct worker *w)
{
	switch (w->kind) {
	case WORK_SPIN:
		compute(10000);
		break;
	case WORK_SLEEP:
		compute(1000);
		usleep(scx_ms(1000));
		break;
	case WORK_PINGPONG:
		pass_on(w);
		break;
	case WORK_YIELD:
		compute(100);
		sched_yield();
		break;
	default:
		have_child();
		break;
	}
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	__atomic_store_n(&w->pid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	/* Together, so that the first do not keep the last from starting. */
	while (!__atomic_load_n(w->go, __ATOMIC_ACQUIRE))
		usleep(1000);
	for (;;) {
		work_once(w);
		__atomic_fetch_add(&w->count, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int process_main(void *arg)
{
	worker_main(arg);
	return 0;
}

static int threads_main(void *arg)
{
	struct work *work = arg;
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (i = 1; i < work->nr; i++)
		if (pthread_create(&thread, &attr, worker_main, &work->workers[i]))
			return 1;
	worker_main(&work->workers[0]);
	return 0;
}

static void connect_pair(struct worker *a, struct worker *b)
{
	int there[2], back[2];

	CHECK_EQ(pipe(there), 0);
	CHECK_EQ(pipe(back), 0);
	a->in = back[0];
	a->out = there[1];
	b->in = there[0];
	b->out = back[1];
	/* Kick-off. */
	CHECK_EQ(write(back[1], "", 1), 1);
}

/* Mixed in pairs, as ping-pong takes two. */
static enum work_kind kind_of(enum work_kind kind, unsigned int i)
{
	return kind == WORK_MIX ? i / 2 % WORK_MIX : kind;
}

static void assign(struct work *work, enum work_kind kind)
{
	int i;

	for (i = 0; i < work->nr; i++) {
		work->workers[i].kind = kind_of(kind, i);
		work->workers[i].go = &work->go;
	}
	for (i = 0; i < work->nr; i += 2)
		if (work->workers[i].kind == WORK_PINGPONG)
			connect_pair(&work->workers[i], &work->workers[i + 1]);
}

static void close_pipes(struct work *work)
{
	int i;

	for (i = 0; i < work->nr; i++) {
		if (work->workers[i].kind == WORK_PINGPONG) {
			close(work->workers[i].in);
			close(work->workers[i].out);
		}
	}
}

static bool all_run(const struct work *work)
{
	int i;

	for (i = 0; i < work->nr; i++)
		if (!work_pid(work, i))
			return false;
	return true;
}

struct work *work_start(enum work_kind kind, int nr, unsigned int flags)
{
	struct work *work;
	int i;

	if (kind == WORK_PINGPONG || kind == WORK_MIX)
		nr = (nr + 1) / 2 * 2;
	work = scx_shared(sizeof(*work) + nr * sizeof(work->workers[0]));
	work->nr = nr;
	work->nr_procs = flags & WORK_THREADS ? 1 : nr;
	work->procs = calloc(work->nr_procs, sizeof(work->procs[0]));
	CHECK(work->procs);
	assign(work, kind);

	for (i = 0; i < work->nr_procs; i++)
		work->procs[i] = flags & WORK_THREADS ? scx_fork(threads_main, work) :
				 scx_fork(process_main, &work->workers[i]);
	close_pipes(work);
	CHECK_SOON(all_run(work));
	__atomic_store_n(&work->go, 1, __ATOMIC_RELEASE);
	return work;
}

void work_stop(struct work *work)
{
	int i;

	for (i = 0; i < work->nr_procs; i++)
		kill(work->procs[i], SIGKILL);
	for (i = 0; i < work->nr_procs; i++)
		scx_wait(work->procs[i]);
	free(work->procs);
	munmap(work, sizeof(*work) + work->nr * sizeof(work->workers[0]));
}

int work_nr(const struct work *work)
{
	return work->nr;
}

pid_t work_pid(const struct work *work, int i)
{
	return __atomic_load_n(&work->workers[i].pid, __ATOMIC_ACQUIRE);
}

unsigned long work_count(const struct work *work, int i)
{
	return __atomic_load_n(&work->workers[i].count, __ATOMIC_RELAXED);
}

unsigned long work_total(const struct work *work)
{
	unsigned long total = 0;
	int i;

	for (i = 0; i < work->nr; i++)
		total += work_count(work, i);
	return total;
}

void scx_check_progress(const char *file, int line, const struct work *work)
{
	unsigned long before[work->nr];
	int i;

	for (i = 0; i < work->nr; i++)
		before[i] = work_count(work, i);
	for (i = 0; i < work->nr; i++)
		if (!WAIT(work_count(work, i) != before[i], 10000))
			scx_fail(file, line, "worker %d of %d (pid %d) does not get on",
				 i, work->nr, work_pid(work, i));
}
