// SPDX-License-Identifier: GPL-2.0
/*
 * The last holder of a link goes in bad places: in a fork that fails, in the
 * exit of a task. The scheduler is unloaded, and nothing deadlocks.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "scx_puppet.h"
#include "fork_hold.bpf.skel.h"
#include "books.bpf.skel.h"

struct forker {
	pthread_t thread;
	bool go;
	pid_t pid;
	int err;
};

/* Without libc's locks, which others need while it takes its time. */
static pid_t raw_fork(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void *fork_once(void *arg)
{
	struct forker *f = arg;

	while (!__atomic_load_n(&f->go, __ATOMIC_RELAXED))
		usleep(1000);
	f->pid = raw_fork();
	f->err = errno;
	if (!f->pid)
		_exit(0);
	return NULL;
}

/* A link that nothing holds but its file descriptor. */
static int attach_fd(const struct bpf_map *map)
{
	struct bpf_link *link;
	int fd, err;

	/* The last one may still be on its way out, if not we dropped it. */
	CHECK_SOON((link = scx_try_attach(map, &err)) || err != -EBUSY);
	CHECK(link);
	fd = dup(bpf_link__fd(link));
	CHECK_GE(fd, 0);
	CHECK_EQ(bpf_link__destroy(link), 0);
	CHECK(scx_state_is("enabled"));
	return fd;
}

/*
 * The child has a copy of the table of files when ops.init_task() is called for
 * it. While that takes its time, the parent closes its own, and then the fork
 * fails.
 */
static void in_failing_fork(void)
{
	struct fork_hold *s = SCX_OPEN_LOAD(fork_hold);
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct forker f;
	int i, fd;

	s->bss->verdict = -ENOMEM;
	for (i = 0; i < 5; i++) {
		s->bss->forker = 0;
		s->bss->forking = false;
		s->bss->let_go = 0;
		fd = attach_fd(s->maps.ops);
		/* To have a thread is a fork, too. */
		f.go = false;
		CHECK_EQ(pthread_create(&f.thread, NULL, fork_once, &f), 0);
		s->bss->forker = getpid();
		__atomic_store_n(&f.go, true, __ATOMIC_RELAXED);
		CHECK_SOON(s->bss->forking);
		close(fd);
		CHECK(scx_state_is("enabled"));
		s->bss->let_go = 1;
		CHECK_EQ(pthread_join(f.thread, NULL), 0);
		CHECK_EQ(f.pid, -1);
		CHECK_EQ(f.err, ENOMEM);
		CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
		SCX_FORGET_EXIT(s);
		CHECK_SOON(scx_state_is("disabled"));
	}
	CHECK_EQ(s->bss->nr_cancelled, 0);
	CHECK_PROGRESS(work);
	work_stop(work);
	fork_hold__destroy(s);
}

/* A process that is killed in the middle of its fork; shared with it. */
struct doomed {
	struct fork_hold *s;
	int fd;				/* the link */
	bool ready, go, closed;
};

static void *close_link(void *arg)
{
	struct doomed *d = arg;

	__atomic_store_n(&d->ready, true, __ATOMIC_RELEASE);
	while (!d->s->bss->forking)
		usleep(1000);
	close(d->fd);
	__atomic_store_n(&d->closed, true, __ATOMIC_RELEASE);
	pause();
	return NULL;
}

static int fork_and_die(void *arg)
{
	struct doomed *d = arg;
	pthread_t thread;

	if (pthread_create(&thread, NULL, close_link, d))
		return 1;
	while (!__atomic_load_n(&d->go, __ATOMIC_ACQUIRE))
		usleep(1000);
	raw_fork();
	return 1;
}

/* What the scheduler was told of the child is undone before its files are. */
static void in_killed_fork(void)
{
	struct fork_hold *s = SCX_OPEN_LOAD(fork_hold);
	struct doomed *d = scx_shared(sizeof(*d));
	pid_t pid;

	d->s = s;
	d->fd = attach_fd(s->maps.ops);
	pid = scx_fork(fork_and_die, d);
	close(d->fd);
	/* To have a thread is a fork, too. */
	CHECK_SOON(__atomic_load_n(&d->ready, __ATOMIC_ACQUIRE));
	s->bss->forker = pid;
	__atomic_store_n(&d->go, true, __ATOMIC_RELEASE);
	CHECK_SOON(__atomic_load_n(&d->closed, __ATOMIC_ACQUIRE));
	CHECK(scx_state_is("enabled"));

	CHECK_EQ(kill(pid, SIGKILL), 0);
	s->bss->let_go = 1;
	CHECK_EQ(scx_wait(pid), 128 + SIGKILL);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(s->bss->nr_cancelled, 1);
	CHECK_SOON(scx_state_is("disabled"));
	fork_hold__destroy(s);
}

static int wait_for_eof(void *arg)
{
	char c;

	return read(*(int *)arg, &c, 1);
}

static void in_exit(void)
{
	struct books *s = SCX_OPEN_LOAD(books);
	int i, fd, fds[2];
	pid_t child;

	for (i = 0; i < 5; i++) {
		CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
		fd = attach_fd(s->maps.ops);
		child = scx_fork(wait_for_eof, &fds[0]);
		close(fd);
		CHECK(scx_state_is("enabled"));
		/* It has a writing end of its own: no end of file for it. */
		CHECK_EQ(kill(child, SIGKILL), 0);
		CHECK_EQ(scx_wait(child), 128 + SIGKILL);
		CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
		SCX_FORGET_EXIT(s);
		CHECK_SOON(scx_state_is("disabled"));
		CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
		close(fds[0]);
		close(fds[1]);
	}
	books__destroy(s);
}

/* A cgroup that is to take but so many tasks, this one among them. */
#define CGROUP		"/sys/fs/cgroup/scx_last_link"

static void enter_cgroup(void)
{
	mkdir(CGROUP, 0755);
	if (!scx_put("/sys/fs/cgroup/cgroup.subtree_control", "+pids") ||
	    !scx_put(CGROUP "/pids.max", "max"))
		scx_skip("no pids controller");
	CHECK(scx_put(CGROUP "/cgroup.procs", "0"));
}

static void leave_cgroup(void)
{
	CHECK(scx_put("/sys/fs/cgroup/cgroup.procs", "0"));
	rmdir(CGROUP);
}

struct vain_forks {
	bool go, stop;
	pthread_barrier_t end;		/* who leaves makes room for a fork */
};

static void *fork_in_vain(void *arg)
{
	struct vain_forks *f = arg;
	pid_t pid;

	while (!__atomic_load_n(&f->go, __ATOMIC_RELAXED))
		usleep(1000);
	while (!__atomic_load_n(&f->stop, __ATOMIC_RELAXED)) {
		pid = raw_fork();
		if (!pid)
			_exit(0);
		if (pid > 0)
			return (void *)1;
	}
	pthread_barrier_wait(&f->end);
	return NULL;
}

/* Wherever in the fork it happens. */
static void among_failing_forks(void)
{
	struct books *s = SCX_OPEN_LOAD(books);
	int i, rounds = scx_rounds(30);
	struct vain_forks f = {};
	pthread_t threads[2];
	void *forked;

	enter_cgroup();
	CHECK_EQ(pthread_barrier_init(&f.end, NULL, 2), 0);
	for (i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, fork_in_vain, &f), 0);
	/* This thread and these two. */
	CHECK(scx_put(CGROUP "/pids.max", "3"));
	__atomic_store_n(&f.go, true, __ATOMIC_RELAXED);
	for (i = 0; i < rounds; i++) {
		close(attach_fd(s->maps.ops));
		CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
		SCX_FORGET_EXIT(s);
	}
	__atomic_store_n(&f.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(pthread_join(threads[i], &forked), 0);
		CHECK(!forked);
	}
	CHECK_SOON(scx_state_is("disabled"));
	CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
	leave_cgroup();
	books__destroy(s);
}

SCX_TEST(SCX_CASE(in_failing_fork), SCX_CASE(in_killed_fork), SCX_CASE(in_exit),
	 SCX_CASE(among_failing_forks));
