// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the cases of a test, one process each, and reports in KTAP; checks and
 * what they print.
 */
#include <regex.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include "kselftest.h"
#include "scx_test.h"

#define SAID_MAX	(256 * 1024)
#define ROUNDS_MS	5000

/* Said by libbpf, the tail of it. */
static char *said;
static size_t said_len;

static void say(const char *prefix, const char *fmt, va_list args)
{
	char *text, *line, *rest;

	if (vasprintf(&text, fmt, args) < 0)
		return;
	for (rest = text; (line = strsep(&rest, "\n")); )
		if (*line)
			printf("# %s%s\n", prefix, line);
	free(text);
}

void scx_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("", fmt, args);
	va_end(args);
}

void scx_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("skipped: ", fmt, args);
	va_end(args);
	exit(KSFT_SKIP);
}

void scx_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# %s:%d: ", file, line);
	say("", fmt, args);
	va_end(args);
	exit(KSFT_FAIL);
}

static int say_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	size_t room;
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	if (said_len > SAID_MAX / 2)
		scx_libbpf_reset();
	room = SAID_MAX - said_len;
	len = vsnprintf(said + said_len, room, fmt, args);
	said_len += len < 0 ? 0 : (size_t)len < room ? (size_t)len : room - 1;
	return len;
}

const char *scx_libbpf_log(void)
{
	return said;
}

void scx_libbpf_reset(void)
{
	said_len = 0;
	said[0] = 0;
}

bool scx_matches(const char *text, const char *regex)
{
	regex_t re;
	int err;

	err = regcomp(&re, regex, REG_EXTENDED | REG_NOSUB);
	if (err)
		FAIL("bad regular expression: %s", regex);
	err = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return !err;
}

void scx_expect_log(const char *regex)
{
	printf("# expect-log: %s\n", regex);
}

void scx_expect_eject(const char *ops_name)
{
	printf("# expect-log: ^sched_ext: .*%s\n", ops_name);
}

long long scx_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int env_int(const char *name, int otherwise)
{
	const char *value = getenv(name);

	return value && atoi(value) > 0 ? atoi(value) : otherwise;
}

int scx_scale(void)
{
	return env_int("SCX_TEST_SCALE", 1);
}

bool scx_full(void)
{
	return env_int("SCX_TEST_FULL", 0);
}

int scx_rounds(int count)
{
	int floor = count < 20 ? count : 20;

	if (!scx_full())
		count /= scx_scale();
	return count < floor ? floor : count;
}

bool scx_again(int i, int count)
{
	static long long end;
	static bool over;

	if (!i || !end) {
		end = scx_now_ms() + ROUNDS_MS;
		over = false;
	}
	if (i < count && (i < 20 || scx_full() || scx_scale() == 1 || scx_now_ms() < end))
		return true;
	/* Threads that share their rounds all come here. */
	if (!__atomic_exchange_n(&over, true, __ATOMIC_RELAXED))
		scx_note("%d of %d rounds", i, count);
	return false;
}

int scx_ms(int ms)
{
	return ms * scx_scale();
}

/* Macros of the scx headers end the process without a word to us. */
static void say_why(int status, void *arg)
{
	if (status != KSFT_PASS && status != KSFT_SKIP && said_len)
		scx_note("%s", said);
}

static void run_child(const struct scx_case *c)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	on_exit(say_why, NULL);
	c->fn();
	exit(KSFT_PASS);
}

/* Exit status of the case, or 128 plus the signal that ended it. */
static int run_case(const struct scx_case *c)
{
	int status, rc;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ksft_exit_fail_msg("no fork: %s\n", strerror(errno));
	if (!pid)
		run_child(c);

	rc = scx_wait(pid);
	/* Its workers, if it did not stop them. */
	kill(-pid, SIGKILL);
	while (waitpid(-1, &status, 0) > 0)
		;
	return rc;
}

static void report_case(const struct scx_case *c, int rc)
{
	if (!WAIT(scx_state_is("disabled"), 10000)) {
		scx_note("the class is not disabled after %s", c->name);
		rc = rc == KSFT_PASS ? KSFT_FAIL : rc;
	}

	if (rc == KSFT_PASS)
		ksft_test_result_pass("%s\n", c->name);
	else if (rc == KSFT_SKIP)
		ksft_test_result_skip("%s\n", c->name);
	else if (rc > 128)
		ksft_test_result_fail("%s: killed by signal %d\n", c->name, rc - 128);
	else
		ksft_test_result_fail("%s\n", c->name);
}

static bool wanted(const struct scx_case *c, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], c->name))
			return true;
	return argc < 2;
}

/* Arguments are the names of the cases to run, all without any. */
int main(int argc, char **argv)
{
	int i, nr = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("this takes root\n");
	if (access(SCX_SYSFS, F_OK))
		ksft_exit_skip("this kernel has no sched_ext\n");
	if (!scx_state_is("disabled"))
		ksft_exit_fail_msg("a scheduler is loaded already\n");

	said = calloc(1, SAID_MAX);
	if (!said)
		ksft_exit_fail_msg("no memory\n");
	libbpf_set_print(say_libbpf);
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	for (i = 0; i < scx_nr_cases; i++)
		nr += wanted(&scx_cases[i], argc, argv);
	ksft_set_plan(nr);
	for (i = 0; i < scx_nr_cases; i++)
		if (wanted(&scx_cases[i], argc, argv))
			report_case(&scx_cases[i], run_case(&scx_cases[i]));

	if (ksft_get_xskip_cnt() && ksft_get_xskip_cnt() == nr) {
		ksft_print_cnts();
		return KSFT_SKIP;
	}
	ksft_finished();
}
