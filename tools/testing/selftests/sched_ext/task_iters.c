// SPDX-License-Identifier: GPL-2.0
/*
 * Iterators over tasks: all processes, all threads, those of a process; tasks that die
 * and are forked meanwhile.
 */
#include <sys/syscall.h>
#include "scx_puppet.h"
#include "walks.h"
#include "walks.bpf.skel.h"

enum { ALL_PROCS, ALL_THREADS, PROC_THREADS, NR_FLAGS };

#define NR_THREADS	5

struct crowd {
	pid_t pid;
	volatile pid_t *tid;	/* shared, the leader's not among them */
};

static void *be_thread(void *arg)
{
	*(volatile pid_t *)arg = syscall(SYS_gettid);
	pause();
	return NULL;
}

static int be_process(void *arg)
{
	struct crowd *crowd = arg;
	pthread_t thread;
	int i;

	for (i = 0; i < NR_THREADS; i++)
		if (pthread_create(&thread, NULL, be_thread, (void *)&crowd->tid[i]))
			return 1;
	for (;;)
		pause();
}

static void start_crowd(struct crowd *crowd)
{
	int i;

	crowd->tid = scx_shared(NR_THREADS * sizeof(*crowd->tid));
	crowd->pid = scx_fork(be_process, crowd);
	for (i = 0; i < NR_THREADS; i++)
		CHECK_SOON(crowd->tid[i]);
}

static int run(struct walks *s, const struct bpf_program *prog, int flags, pid_t pid)
{
	s->bss->nr_seen = 0;
	s->bss->nr_wrong = 0;
	s->bss->flags = flags;
	s->bss->pid = pid;
	return scx_run_prog(prog);
}

static int times_seen(const struct walks *s, pid_t pid)
{
	int i, nr = 0;

	CHECK_LE(s->bss->nr_seen, WALKS_SEEN);
	for (i = 0; i < (int)s->bss->nr_seen; i++)
		nr += s->bss->seen[i] == (unsigned int)pid;
	return nr;
}

static void everybody(void)
{
	struct walks *s = SCX_OPEN_LOAD(walks);
	struct crowd crowd;
	int i;

	start_crowd(&crowd);
	CHECK_EQ(run(s, s->progs.tasks, ALL_PROCS, 0), 0);
	CHECK_EQ(s->bss->nr_wrong, 0);
	CHECK_EQ(times_seen(s, 0), 0);
	CHECK_EQ(times_seen(s, 1), 1);
	CHECK_EQ(times_seen(s, 2), 1);
	CHECK_EQ(times_seen(s, getpid()), 1);
	CHECK_EQ(times_seen(s, crowd.pid), 1);
	CHECK_EQ(s->bss->seen[0], 1);
	for (i = 0; i < NR_THREADS; i++)
		CHECK_EQ(times_seen(s, crowd.tid[i]), 0);

	CHECK_EQ(run(s, s->progs.tasks, ALL_THREADS, 0), 0);
	CHECK_EQ(s->bss->nr_wrong, 0);
	CHECK_EQ(times_seen(s, 0), 0);
	CHECK_EQ(times_seen(s, 1), 1);
	CHECK_EQ(times_seen(s, crowd.pid), 1);
	for (i = 0; i < NR_THREADS; i++)
		CHECK_EQ(times_seen(s, crowd.tid[i]), 1);

	CHECK_EQ(run(s, s->progs.nested, 0, 0), 0);
	CHECK_EQ(s->bss->nr_wrong, 0);
	CHECK_EQ(times_seen(s, crowd.pid), 1);
	for (i = 0; i < NR_THREADS; i++)
		CHECK_EQ(times_seen(s, crowd.tid[i]), 1);
	walks__destroy(s);
}

static void one_process(void)
{
	struct walks *s = SCX_OPEN_LOAD(walks);
	struct crowd crowd;
	int i;

	start_crowd(&crowd);
	/* From whichever of them */
	CHECK_EQ(run(s, s->progs.threads, 0, crowd.pid), NR_THREADS + 1);
	CHECK_EQ(s->bss->seen[0], crowd.pid);
	CHECK_EQ(run(s, s->progs.threads, 0, crowd.tid[NR_THREADS / 2]), NR_THREADS + 1);
	CHECK_EQ(s->bss->seen[0], crowd.pid);
	for (i = 0; i < NR_THREADS; i++)
		CHECK_EQ(s->bss->seen[i + 1], crowd.tid[i]);
	walks__destroy(s);
}

static void errors(void)
{
	struct walks *s = SCX_OPEN_LOAD(walks);

	CHECK_EQ(run(s, s->progs.new_only, ALL_PROCS, 0), 0);
	CHECK_EQ(s->bss->nr_seen, 3);
	CHECK_EQ(run(s, s->progs.new_only, ALL_THREADS, 0), 0);
	CHECK_EQ(s->bss->nr_seen, 3);
	CHECK_EQ(run(s, s->progs.new_only, PROC_THREADS, 0), -EINVAL);
	CHECK_EQ(s->bss->nr_seen, 0);
	CHECK_EQ(run(s, s->progs.new_only, NR_FLAGS, 0), -EINVAL);
	CHECK_EQ(s->bss->nr_seen, 0);
	CHECK_EQ(run(s, s->progs.new_only, -1, 0), -EINVAL);
	CHECK_EQ(s->bss->nr_seen, 0);
	walks__destroy(s);
}

static void *find_threads(void *arg)
{
	struct walks *s = arg;

	return (void *)(long)scx_run_prog(s->progs.threads);
}

/* A process that was reaped has no threads, and leads nowhere. */
static void reaped(void)
{
	struct walks *s = SCX_OPEN_LOAD(walks);
	struct crowd crowd;
	pthread_t thread;
	void *ret;
	int i;

	for (i = 0; i < 4; i++) {
		start_crowd(&crowd);
		s->bss->holding = 1;
		s->bss->found = 0;
		s->bss->nr_seen = 0;
		s->bss->pid = i % 2 ? crowd.tid[2] : crowd.pid;
		CHECK_EQ(pthread_create(&thread, NULL, find_threads, s), 0);
		CHECK_SOON(s->bss->found);
		CHECK_EQ(kill(crowd.pid, SIGKILL), 0);
		CHECK_EQ(scx_wait(crowd.pid), 128 + SIGKILL);
		/* And out of all memory but its own */
		usleep(scx_ms(50) * 1000);
		s->bss->holding = 0;
		CHECK_EQ(pthread_join(thread, &ret), 0);
		CHECK_EQ((long)ret, 0);
	}
	walks__destroy(s);
}

static void coming_and_going(void)
{
	struct work *work = work_start(WORK_FORK, 8, 0);
	struct walks *s = SCX_OPEN_LOAD(walks);
	int i;

	for (i = 0; scx_again(i, 500); i++) {
		CHECK_EQ(run(s, s->progs.tasks, i % 2, 0), 0);
		CHECK_EQ(times_seen(s, getpid()), 1);
		CHECK_EQ(s->bss->nr_wrong, 0);
		CHECK_EQ(run(s, s->progs.nested, 0, 0), 0);
		CHECK_EQ(s->bss->nr_wrong, 0);
		run(s, s->progs.threads, 0, work_pid(work, i % work_nr(work)));
	}
	CHECK_PROGRESS(work);
	work_stop(work);
	walks__destroy(s);
}

static void in_ops(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct walks *s = SCX_OPEN_LOAD(walks);
	struct bpf_link *link = scx_attach(s->maps.ops);

	CHECK_PROGRESS(work);
	CHECK_GT(s->bss->nr_in_op, 100);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
}

SCX_TEST(SCX_CASE(everybody), SCX_CASE(one_process), SCX_CASE(errors), SCX_CASE(reaped),
	 SCX_CASE(coming_and_going), SCX_CASE(in_ops));
