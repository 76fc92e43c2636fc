// SPDX-License-Identifier: GPL-2.0
/*
 * Each memory allocation of attaching fails in turn. Attaching fails, or works
 * and the end is reported, or works; in any case nothing is left behind and the
 * next load works. Takes CONFIG_FAILSLAB.
 */
#include <fcntl.h>
#include "scx_puppet.h"
#include "fifo.bpf.skel.h"

#define FAILSLAB	"/sys/kernel/debug/failslab"

static void set_failslab(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), FAILSLAB "/%s", name);
	if (!scx_put(path, value))
		scx_skip("no %s: is debugfs mounted and CONFIG_FAILSLAB on?", path);
}

static int open_fail_nth(void)
{
	int fd = open("/proc/thread-self/fail-nth", O_RDWR);

	if (fd < 0)
		scx_skip("this kernel has no fault injection");
	/* Allocations that may sleep count too; no word about each. */
	set_failslab("ignore-gfp-wait", "N");
	set_failslab("verbose", "0");
	return fd;
}

static void set_fail_nth(int fd, int nth)
{
	char buf[16];
	int len = snprintf(buf, sizeof(buf), "%d", nth);

	CHECK_EQ(pwrite(fd, buf, len, 0), len);
}

static bool was_injected(int fd)
{
	char buf[16] = "";

	CHECK_GT(pread(fd, buf, sizeof(buf) - 1, 0), 0);
	return atoi(buf) == 0;
}

static void check_loads(struct fifo *s)
{
	struct bpf_link *link;

	SCX_FORGET_EXIT(s);
	link = scx_attach(s->maps.ops);
	CHECK(scx_state_is("enabled"));
	CHECK_EQ(bpf_link__destroy(link), 0);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
	SCX_FORGET_EXIT(s);
}

/* Returns whether the nth allocation was there to fail. */
static bool attach_failing(struct fifo *s, int fd, int nth)
{
	struct bpf_link *link;
	bool injected;
	int err;

	set_fail_nth(fd, nth);
	link = scx_try_attach(s->maps.ops, &err);
	injected = was_injected(fd);
	set_fail_nth(fd, 0);

	if (!link && !injected)
		FAIL("attaching fails with %d, and allocation %d did not", err, nth);
	if (!link && err != -ENOMEM)
		FAIL("attaching fails with %d when allocation %d does", err, nth);
	if (link && !UEI_EXITED(s, uei))
		CHECK(scx_state_is("enabled"));
	if (link && UEI_EXITED(s, uei))
		CHECK_EQ(s->data->uei.kind, SCX_EXIT_ERROR);
	bpf_link__destroy(link);
	CHECK(scx_state_is("disabled"));
	CHECK(scx_root_ops_is(NULL));
	return injected;
}

static void expect_complaints(void)
{
	scx_expect_eject("fifo");
	scx_expect_log("^sched_ext: cannot load");
}

/* The registration itself. */
static void attach_again(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	int fd = open_fail_nth(), nth = 1;

	expect_complaints();
	check_loads(s);
	while (attach_failing(s, fd, nth++)) {
		check_loads(s);
		CHECK_LE(nth, 500);
	}
	scx_note("%d allocations failed", nth - 2);
	CHECK_GT(nth, 2);
	CHECK_PROGRESS(work);
	work_stop(work);
	fifo__destroy(s);
}

/* With what is done once for a map: its programs' trampolines. */
static void attach_first(void)
{
	int fd = open_fail_nth(), nth = 1;
	bool injected;
	struct fifo *s;

	expect_complaints();
	do {
		s = SCX_OPEN_LOAD(fifo);
		injected = attach_failing(s, fd, nth++);
		check_loads(s);
		fifo__destroy(s);
		CHECK_LE(nth, 500);
	} while (injected);
	scx_note("%d allocations failed", nth - 2);
	CHECK_GT(nth, 2);
}

SCX_TEST(SCX_CASE(attach_again), SCX_CASE(attach_first));
