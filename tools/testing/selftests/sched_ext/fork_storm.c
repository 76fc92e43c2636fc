// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading in the middle of forks and exits: a bounded fork bomb,
 * after which every child is accounted for, and every task that was initialised
 * let go of. The dead are left alone.
 */
#include <sys/wait.h>
#include "scx_puppet.h"
#include "books.bpf.skel.h"

#define BOMBS	4
#define DEPTH	4

/* A tree of 2^depth tasks, each of which waits for the ones below it. */
static int grow(int depth)
{
	int i, status, leaves = 0;
	pid_t pid;

	if (!depth)
		return 1;
	for (i = 0; i < 2; i++) {
		pid = fork();
		if (!pid)
			_exit(grow(depth - 1));
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
			return 0;
		leaves += WEXITSTATUS(status);
	}
	return leaves;
}

/* Trees until told to stop; 1 if a child went amiss. */
static int bomb(void *arg)
{
	bool *stop = arg;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED))
		if (grow(DEPTH) != 1 << DEPTH)
			return 1;
	return 0;
}

static void *bomb_thread(void *arg)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		return (void *)1;
	return waitpid(pid, NULL, 0) == pid ? NULL : (void *)1;
}

/* Short-lived threads that fork. */
static int thread_bomb(void *arg)
{
	bool *stop = arg;
	pthread_t thread;
	void *failed;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		if (pthread_create(&thread, NULL, bomb_thread, NULL) ||
		    pthread_join(thread, &failed) || failed)
			return 1;
	}
	return 0;
}

static void reload(struct books *s)
{
	u64 inited = s->bss->nr_inited, enabled = s->bss->nr_enabled;
	struct bpf_link *link = scx_attach(s->maps.ops);

	CHECK(scx_state_is("enabled"));
	CHECK_SOON(s->bss->nr_inited > inited + 20);
	CHECK_EQ(bpf_link__destroy(link), 0);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	SCX_FORGET_EXIT(s);
	CHECK_GT(s->bss->nr_enabled, enabled);
	CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
	CHECK_EQ(s->bss->nr_enabled, s->bss->nr_disabled);
}

static void during_reload(void)
{
	int i, rounds = scx_rounds(20);
	bool *stop = scx_shared(sizeof(*stop));
	struct books *s = SCX_OPEN_LOAD(books);
	pid_t bombs[BOMBS];

	for (i = 0; i < BOMBS; i++)
		bombs[i] = scx_fork(i % 2 ? thread_bomb : bomb, stop);
	for (i = 0; i < rounds; i++)
		reload(s);
	*stop = true;
	for (i = 0; i < BOMBS; i++)
		CHECK_EQ(scx_wait(bombs[i]), 0);
	books__destroy(s);
}

/* Children that have ended and wait for somebody to ask how. */
static void make_zombies(pid_t *pids, int nr)
{
	siginfo_t info;
	int i;

	for (i = 0; i < nr; i++) {
		pids[i] = fork();
		CHECK_GE(pids[i], 0);
		if (!pids[i])
			_exit(0);
		CHECK_EQ(waitid(P_PID, pids[i], &info, WEXITED | WNOWAIT), 0);
	}
	/* They can be waited for before they are off their CPU. */
	usleep(scx_ms(100) * 1000);
}

static void zombies(void)
{
	struct books *s = SCX_OPEN_LOAD(books);
	struct bpf_link *link;
	pid_t pids[20];
	int i;

	s->bss->parent_of_dead = getpid();
	make_zombies(pids, ARRAY_SIZE(pids));
	link = scx_attach(s->maps.ops);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		CHECK_EQ(scx_wait(pids[i]), 0);
	/* Their memory is freed after a grace period, and used anew. */
	for (i = 0; i < 100; i++)
		CHECK_EQ(grow(1), 2);

	CHECK_EQ(bpf_link__destroy(link), 0);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(s->bss->nr_inited_dead, 0);
	CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(during_reload), SCX_CASE(zombies));
