// SPDX-License-Identifier: GPL-2.0
/*
 * Loading takes privileges, also where unprivileged BPF is allowed, and a loader
 * without them is told so.
 */
#include <fcntl.h>
#include "scx_test.h"
#include "fifo.bpf.skel.h"

#define NOBODY		65534
#define SYSCTL		"/proc/sys/kernel/unprivileged_bpf_disabled"

static char sysctl_get(void)
{
	char value = 0;
	int fd = open(SYSCTL, O_RDONLY);

	if (fd < 0 || read(fd, &value, 1) != 1)
		scx_skip("no " SYSCTL);
	close(fd);
	return value;
}

static bool sysctl_set(char value)
{
	int fd = open(SYSCTL, O_WRONLY);
	bool ok;

	ok = fd >= 0 && write(fd, &value, 1) == 1;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Exit status is the error of loading. */
static int load_as_nobody(void *arg)
{
	struct fifo *s = SCX_OPEN(fifo);

	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return 0;
	return -fifo__load(s);
}

static void as_nobody(void)
{
	CHECK_EQ(scx_wait(scx_fork(load_as_nobody, NULL)), EPERM);
	CHECK(scx_state_is("disabled"));
}

static void as_nobody_with_bpf_for_all(void)
{
	char before = sysctl_get();
	int err;

	if (!sysctl_set('0'))
		scx_skip("unprivileged BPF is off for good");
	err = scx_wait(scx_fork(load_as_nobody, NULL));
	sysctl_set(before);
	CHECK_EQ(err, EPERM);
	CHECK(scx_state_is("disabled"));
}

/* The twin: the same child as root. */
static int load_as_root(void *arg)
{
	return -fifo__load(SCX_OPEN(fifo));
}

static void as_root(void)
{
	CHECK_EQ(scx_wait(scx_fork(load_as_root, NULL)), 0);
}

SCX_TEST(SCX_CASE(as_nobody), SCX_CASE(as_nobody_with_bpf_for_all), SCX_CASE(as_root));
