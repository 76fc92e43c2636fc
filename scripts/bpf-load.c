// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel says to BPF programs, and what each costs it to load.
 *
 *	bpf-load [-r ROUNDS] OBJECT...
 *
 * Loads every program of every object alone. Prints for each
 *
 *	OBJECT PROGRAM accepted|refused|unloadable INSNS NANOSECONDS LAST_LINE
 *
 * INSNS is what the verifier processed, NANOSECONDS the time of the BPF_PROG_LOAD
 * system call alone (the least of ROUNDS; under QEMU's -icount it is instructions),
 * LAST_LINE what the verifier said at the end if it refused. "unloadable" never
 * reached the verifier: libbpf gave up before.
 *
 * The linker puts __wrap_syscall() in the place of libc's syscall(), by which libbpf
 * calls the kernel (-Wl,--wrap=syscall).
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

long __real_syscall(long nr, ...);
long __wrap_syscall(long nr, ...);

static char log_buf[1 << 20];

/* The last load of a program that carried log_buf: libbpf's own probes do not. */
static struct {
	int seen;
	long long ns;
} last;

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int is_load_of_ours(long nr, long cmd, const union bpf_attr *attr)
{
	return nr == __NR_bpf && cmd == BPF_PROG_LOAD &&
	       attr->log_buf == (unsigned long)log_buf;
}

long __wrap_syscall(long nr, ...)
{
	long arg[6], ret;
	long long start;
	va_list ap;
	int i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		arg[i] = va_arg(ap, long);
	va_end(ap);

	if (!is_load_of_ours(nr, arg[0], (union bpf_attr *)arg[1]))
		return __real_syscall(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	start = now();
	ret = __real_syscall(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	last.ns = now() - start;
	last.seen = 1;
	return ret;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The last line of the log that says something on the program. */
static const char *verdict_line(void)
{
	char *line = log_buf, *found = "", *end;

	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		if (*line && strncmp(line, "processed ", 10) &&
		    strncmp(line, "verification time", 17) && strncmp(line, "stack depth", 11))
			found = line;
		if (!end)
			break;
	}
	return found;
}

static unsigned int insns_processed(const struct bpf_program *prog)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		err(1, "no information on a program");
	return info.verified_insns;
}

static unsigned int insns_in_log(void)
{
	const char *found = strstr(log_buf, "processed ");

	return found ? strtoul(found + strlen("processed "), NULL, 10) : 0;
}

/* The n-th program of the object alone. Returns whether there was an n-th. */
static int load_one(const char *path, int n, int rounds)
{
	unsigned int insns = 0;
	struct bpf_program *prog, *ours;
	const char *verdict = NULL;
	struct bpf_object *obj;
	long long least = 0;
	char name[128];
	int i, ret;

	while (rounds--) {
		obj = bpf_object__open_file(path, NULL);
		if (!obj) {
			printf("%s - unopenable 0 0 -\n", base(path));
			return 0;
		}
		ours = NULL;
		i = 0;
		bpf_object__for_each_program(prog, obj) {
			bpf_program__set_autoload(prog, i == n);
			if (i++ == n)
				ours = prog;
		}
		if (!ours) {
			bpf_object__close(obj);
			return 0;
		}
		snprintf(name, sizeof(name), "%s", bpf_program__name(ours));
		log_buf[0] = '\0';
		bpf_program__set_log_buf(ours, log_buf, sizeof(log_buf));
		bpf_program__set_log_level(ours, 4);
		last.seen = 0;
		ret = bpf_object__load(obj);
		verdict = !last.seen ? "unloadable" : ret ? "refused" : "accepted";
		if (!ret)
			insns = insns_processed(ours);
		else
			insns = insns_in_log();
		if (!least || last.ns < least)
			least = last.ns;
		bpf_object__close(obj);
	}
	printf("%s %s %s %u %lld %s\n", base(path), name, verdict, insns,
	       last.seen ? least : 0, strcmp(verdict, "refused") ? "-" : verdict_line());
	fflush(stdout);
	return 1;
}

int main(int argc, char **argv)
{
	int opt, n, rounds = 1;

	while ((opt = getopt(argc, argv, "r:")) != -1) {
		if (opt != 'r')
			return 2;
		rounds = atoi(optarg);
	}
	if (optind == argc || rounds < 1)
		errx(2, "usage: bpf-load [-r ROUNDS] OBJECT...");
	libbpf_set_print(quiet);
	for (; optind < argc; optind++) {
		for (n = 0; load_one(argv[optind], n, rounds); n++)
			;
	}
	return 0;
}
