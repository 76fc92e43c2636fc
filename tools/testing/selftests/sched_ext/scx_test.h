/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Harness of the sched_ext selftests.
 *
 * A test is one C file with a few cases and the BPF schedulers that they use:
 *
 *	#include "scx_test.h"
 *	#include "fifo.bpf.skel.h"
 *
 *	static void loads(void)
 *	{
 *		struct fifo *s = SCX_OPEN_LOAD(fifo);
 *		struct bpf_link *link = scx_attach(s->maps.ops);
 *
 *		CHECK(scx_state_is("enabled"));
 *		bpf_link__destroy(link);
 *		CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
 *		fifo__destroy(s);
 *	}
 *
 *	SCX_TEST(SCX_CASE(loads));
 *
 * Each case runs in a process of its own and passes when it returns. The first
 * check that fails ends it, and everything that it started and loaded with it.
 * After each case the class has to be found disabled.
 *
 * Convention: the struct_ops variable of a BPF file is "ops", its exit info
 * "uei".
 */
#ifndef __SCX_TEST_H
#define __SCX_TEST_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>
#include <scx/common.h>

struct scx_case {
	const char *name;
	void (*fn)(void);
};

extern const struct scx_case scx_cases[];
extern const int scx_nr_cases;

#define SCX_CASE(fn)	{ #fn, fn }
#define SCX_TEST(...)							\
	const struct scx_case scx_cases[] = { __VA_ARGS__ };		\
	const int scx_nr_cases = ARRAY_SIZE(scx_cases)

/* Verdicts and remarks; lines need no newline. */
void scx_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void scx_skip(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void scx_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#define FAIL(fmt, args...)	scx_fail(__FILE__, __LINE__, fmt, ##args)

#define CHECK(cond)							\
do {									\
	if (!(cond))							\
		FAIL("%s", #cond);					\
} while (0)

#define __CHECK_OP(a, op, b)						\
do {									\
	long long scx_a = (a), scx_b = (b);				\
									\
	if (!(scx_a op scx_b))						\
		FAIL("%s is %lld (%#llx), not " #op " %s, %lld (%#llx)",	\
		     #a, scx_a, scx_a, #b, scx_b, scx_b);		\
} while (0)

#define CHECK_EQ(a, b)		__CHECK_OP(a, ==, b)
#define CHECK_NE(a, b)		__CHECK_OP(a, !=, b)
#define CHECK_GT(a, b)		__CHECK_OP(a, >, b)
#define CHECK_GE(a, b)		__CHECK_OP(a, >=, b)
#define CHECK_LE(a, b)		__CHECK_OP(a, <=, b)

/*
 * How much to do. On a slow kernel a count shrinks, but not below 20, unless this is
 * a full run, and a time grows. Set by SCX_TEST_SCALE and SCX_TEST_FULL.
 */
int scx_scale(void);
bool scx_full(void);
int scx_rounds(int count);
int scx_ms(int ms);

/*
 * Whether to do round i of count, beginning with 0. On a slow kernel the time that
 * the case has for its rounds ends it, but not before the 20th, unless this is a full
 * run. The report says how many were done.
 */
bool scx_again(int i, int count);

/* Wait for cond, ten seconds by default. */
#define __WAIT(cond, ms, sleep_us)					\
({									\
	long long scx_end = scx_now_ms() + scx_ms(ms);			\
	bool scx_ok;							\
									\
	while (!(scx_ok = (cond)) && scx_now_ms() < scx_end)		\
		usleep(sleep_us);					\
	scx_ok;								\
})
#define WAIT(cond, ms)		__WAIT(cond, ms, 5000)
#define CHECK_SOON(cond)						\
do {									\
	if (!WAIT(cond, 10000))						\
		FAIL("waited in vain for %s", #cond);			\
} while (0)

long long scx_now_ms(void);

/* Extended regular expressions, found anywhere in text. */
bool scx_matches(const char *text, const char *regex);

/*
 * Lines of the kernel log that the test provokes, matched by an extended
 * regular expression: announce them before. scx_expect_eject() stands for all
 * that is logged when the scheduler of that name is thrown out.
 */
void scx_expect_log(const char *regex);
void scx_expect_eject(const char *ops_name);

/*
 * What libbpf and the verifier said since the last scx_libbpf_reset(). It is
 * shown only when a case fails.
 */
const char *scx_libbpf_log(void);
void scx_libbpf_reset(void);

/* /sys/kernel/sched_ext */
bool scx_state_is(const char *state);
long scx_sysfs_long(const char *name);
bool scx_root_ops_is(const char *ops_name);	/* NULL: there is none */
void scx_sysrq(char key);

/* -1 if the kernel does not say, without SCHED_DEBUG */
int scx_task_on_ext(pid_t pid);

/*
 * Loading. The macros take the name of the skeleton. They hurry, as what takes
 * long here is libbpf and not what is tested, and there may be much to do beside.
 */
void scx_hurry(bool hurry);

#define SCX_OPEN(name)							\
({									\
	struct name *scx_s;						\
									\
	scx_hurry(true);						\
	scx_s = name##__open();						\
	scx_hurry(false);						\
	CHECK(scx_s);							\
	scx_s;								\
})

#define SCX_LOAD(s, name)						\
do {									\
	int scx_loaded;							\
									\
	UEI_SET_SIZE(s, ops, uei);					\
	scx_hurry(true);						\
	scx_loaded = name##__load(s);					\
	scx_hurry(false);						\
	CHECK_EQ(scx_loaded, 0);					\
} while (0)

#define SCX_OPEN_LOAD(name)						\
({									\
	struct name *scx_sk = SCX_OPEN(name);				\
									\
	SCX_LOAD(scx_sk, name);						\
	scx_sk;								\
})

/* The verifier, or libbpf, refuses it in words that match regex. */
#define CHECK_REFUSED(name, regex)					\
do {									\
	struct name *scx_s = SCX_OPEN(name);				\
									\
	scx_libbpf_reset();						\
	CHECK_NE(name##__load(scx_s), 0);				\
	if (!scx_matches(scx_libbpf_log(), regex))			\
		FAIL("refused, but not with: %s", regex);		\
	name##__destroy(scx_s);						\
} while (0)

/* A link, or a negative error by way of err. */
struct bpf_link *scx_try_attach(const struct bpf_map *map, int *err);
struct bpf_link *scx_attach(const struct bpf_map *map);		/* must work */
#define CHECK_ATTACH_FAILS(map, error)					\
do {									\
	int scx_err;							\
									\
	CHECK(!scx_try_attach(map, &scx_err));				\
	CHECK_EQ(scx_err, -(error));					\
} while (0)

/*
 * Wait for the end of a scheduler and compare: kind, and the message with a
 * regular expression unless that is NULL.
 */
void scx_check_exit(const char *file, int line, const struct user_exit_info *uei,
		    int kind, const char *regex);
#define CHECK_EXIT(s, kind, regex)					\
	scx_check_exit(__FILE__, __LINE__, &(s)->data->uei, kind, regex)

/* To use a loaded skeleton another time. */
#define SCX_FORGET_EXIT(s)	memset(&(s)->data->uei, 0, sizeof((s)->data->uei))

/* Tasks at work. They end with the case, or when stopped. */
enum work_kind {
	WORK_SPIN,	/* compute */
	WORK_SLEEP,	/* compute a little, sleep a millisecond */
	WORK_PINGPONG,	/* pairs that wake each other */
	WORK_YIELD,	/* give way all the time */
	WORK_FORK,	/* have children that exit at once */
	WORK_MIX,	/* all of the above in turns, by worker */
};

#define WORK_THREADS	1	/* of one process, instead of processes */

struct work;
struct work *work_start(enum work_kind kind, int nr, unsigned int flags);
void work_stop(struct work *work);
int work_nr(const struct work *work);
pid_t work_pid(const struct work *work, int i);
unsigned long work_count(const struct work *work, int i);
unsigned long work_total(const struct work *work);
/* Every single worker gets on, from now. */
void scx_check_progress(const char *file, int line, const struct work *work);
#define CHECK_PROGRESS(work)	scx_check_progress(__FILE__, __LINE__, work)

/* A child that runs fn(arg) and ends with what that returns. */
pid_t scx_fork(int (*fn)(void *arg), void *arg);
int scx_wait(pid_t pid);	/* exit status, or 128 plus the signal */

int scx_run_prog(const struct bpf_program *prog);	/* SYSCALL or SCHED_CLS: what it returns */
#define SCX_BPFFS	"/sys/fs/bpf"
void scx_need_bpffs(void);	/* mounts it, or skips the test */
int scx_nr_cpus(void);
void scx_pin(pid_t pid, int cpu);		/* to one CPU */
void scx_unpin(pid_t pid);
void scx_set_policy(pid_t pid, int policy);	/* SCHED_EXT, SCHED_OTHER ... */

#endif /* __SCX_TEST_H */
