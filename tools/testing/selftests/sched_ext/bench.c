// SPDX-License-Identifier: GPL-2.0
/*
 * What a switch, a yield, a fork and a wake-up cost under a scheduling policy.
 *
 *	bench [-p other|batch|fifo|ext] [-n ROUNDS] [pipe|yield|fork|wake]...
 *
 * Prints a line "OP POLICY COST" each, COST in nanoseconds of CLOCK_MONOTONIC for
 * one operation.  Made for a VM with one CPU in which every instruction takes a
 * nanosecond (QEMU's -icount shift=0,sleep=off): there COST is instructions, and
 * runs agree to a thousandth.  On a real machine it is time, as noisy as ever.
 *
 * Not a test: it passes no judgment.
 */
#include <err.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SCHED_EXT
#define SCHED_EXT 7
#endif

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NR_YIELDERS	4

static const struct policy {
	const char *name;
	int nr, prio;
} policies[] = {
	{ "other", SCHED_OTHER, 0 },
	{ "batch", SCHED_BATCH, 0 },
	{ "fifo", SCHED_FIFO, 1 },
	{ "ext", SCHED_EXT, 0 },
};

/* Shared between the processes of one measurement. */
static struct shared {
	unsigned int turn;
	unsigned int ready;
	unsigned long long sum;
} *shared;

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static pid_t spawn(void (*fn)(long), long arg)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		fn(arg);
		_exit(0);
	}
	return pid;
}

static void reap(int nr)
{
	int status;

	while (nr--) {
		if (wait(&status) < 0 || status)
			errx(1, "a child failed");
	}
}

/* --- pipe: two tasks pass a byte to and fro, a switch each time --- */

static int ping[2], pong[2];

static void pass(int from, int to)
{
	char byte;

	if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
		err(1, "pipe");
}

static void pipe_peer(long rounds)
{
	while (rounds--)
		pass(ping[0], pong[1]);
}

static double bench_pipe(long rounds)
{
	unsigned long long start;
	long i;

	if (pipe(ping) || pipe(pong))
		err(1, "pipe");
	spawn(pipe_peer, rounds);
	start = now();
	if (write(ping[1], "", 1) != 1)
		err(1, "write");
	for (i = 1; i < rounds; i++)
		pass(pong[0], ping[1]);
	if (read(pong[0], &(char){ 0 }, 1) != 1)
		err(1, "read");
	start = now() - start;
	reap(1);
	close(ping[0]);
	close(ping[1]);
	close(pong[0]);
	close(pong[1]);
	return (double)start / (2 * rounds);
}

/* --- yield: some tasks give way to each other --- */

static void yielder(long rounds)
{
	/* All have to be there, or the first yields to nobody. */
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) < NR_YIELDERS)
		sched_yield();
	if (__atomic_exchange_n(&shared->turn, 1, __ATOMIC_SEQ_CST) == 0)
		shared->sum = now();
	while (rounds--)
		sched_yield();
}

static double bench_yield(long rounds)
{
	int i;

	for (i = 0; i < NR_YIELDERS; i++)
		spawn(yielder, rounds);
	reap(NR_YIELDERS);
	return (double)(now() - shared->sum) / (NR_YIELDERS * rounds);
}

/* --- fork: vfork, exit, wait --- */

static void fork_exit_wait(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		err(1, "vfork");
}

static double bench_fork(long rounds)
{
	unsigned long long start = now();
	long i;

	for (i = 0; i < rounds; i++)
		fork_exit_wait();
	return (double)(now() - start) / rounds;
}

/* --- wake: from the futex wake-up of a sleeper until it runs --- */

static void hand_over(unsigned int to)
{
	__atomic_store_n(&shared->turn, to, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &shared->turn, FUTEX_WAKE, 1, NULL);
}

static void wait_for_turn(unsigned int me)
{
	while (__atomic_load_n(&shared->turn, __ATOMIC_SEQ_CST) != me)
		syscall(SYS_futex, &shared->turn, FUTEX_WAIT, !me, NULL);
}

static void waker(long rounds)
{
	while (rounds--) {
		wait_for_turn(1);
		shared->sum -= now();
		hand_over(0);
	}
}

static double bench_wake(long rounds)
{
	long i;

	spawn(waker, rounds);
	for (i = 0; i < rounds; i++) {
		hand_over(1);
		wait_for_turn(0);
		shared->sum += now();
	}
	reap(1);
	return (double)shared->sum / rounds;
}

static const struct op {
	const char *name;
	double (*fn)(long rounds);
	long rounds;
} ops[] = {
	{ "pipe", bench_pipe, 10000 },
	{ "yield", bench_yield, 5000 },
	{ "fork", bench_fork, 2000 },
	{ "wake", bench_wake, 10000 },
};

static void run(const struct op *op, const struct policy *policy, long rounds)
{
	if (!rounds)
		rounds = op->rounds;
	/* Once for the caches, of which the page tables are one. */
	memset(shared, 0, sizeof(*shared));
	op->fn(rounds / 10 + 1);
	memset(shared, 0, sizeof(*shared));
	printf("%s %s %.0f\n", op->name, policy->name, op->fn(rounds));
	fflush(stdout);
}

static const struct policy *find_policy(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		if (!strcmp(policies[i].name, name))
			return &policies[i];
	}
	errx(2, "%s: no such policy", name);
}

static const struct op *find_op(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	}
	errx(2, "%s: no such operation", name);
}

static void set_policy(const struct policy *policy)
{
	struct sched_param param = { .sched_priority = policy->prio };

	if (sched_setscheduler(0, policy->nr, &param))
		err(1, "policy %s", policy->name);
}

int main(int argc, char **argv)
{
	const struct policy *policy = &policies[0];
	long rounds = 0;
	size_t i;
	int opt;

	while ((opt = getopt(argc, argv, "p:n:")) != -1) {
		switch (opt) {
		case 'p':
			policy = find_policy(optarg);
			break;
		case 'n':
			rounds = strtol(optarg, NULL, 0);
			break;
		default:
			errx(2, "see the head of the source");
		}
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	set_policy(policy);
	for (; optind < argc; optind++) {
		run(find_op(argv[optind]), policy, rounds);
		if (optind + 1 == argc)
			return 0;
	}
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		run(&ops[i], policy, rounds);
	return 0;
}
