// SPDX-License-Identifier: GPL-2.0
/*
 * What the loader of scx_simple says and how it exits. Skipped where there is no
 * scx_simple on PATH.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "scx_test.h"

static char output[64 * 1024];
static int out_fd = -1;
static pid_t loader;

static int run_simple(void *arg)
{
	dup2(out_fd, 1);
	dup2(out_fd, 2);
	execlp("scx_simple", "scx_simple", arg, NULL);
	return 127;
}

static void start_simple(char *arg)
{
	char path[] = "/tmp/scx_loader.XXXXXX";

	out_fd = mkstemp(path);
	CHECK_GE(out_fd, 0);
	unlink(path);
	loader = scx_fork(run_simple, arg);
}

static const char *read_output(void)
{
	ssize_t len = pread(out_fd, output, sizeof(output) - 1, 0);

	CHECK_GE(len, 0);
	output[len] = 0;
	return output;
}

static int end_of_simple(void)
{
	int rc = scx_wait(loader);

	if (rc == 127)
		scx_skip("no scx_simple on PATH");
	read_output();
	return rc;
}

#define CHECK_OUTPUT(regex)						\
do {									\
	if (!scx_matches(output, regex))				\
		FAIL("not said: %s, but:\n%s", regex, output);		\
} while (0)

static void wait_loaded(void)
{
	if (!WAIT(scx_root_ops_is("simple"), 30000)) {
		kill(loader, SIGKILL);
		end_of_simple();
		FAIL("it does not load:\n%s", output);
	}
}

static void ends_by(int sig, char *arg)
{
	struct work *work = work_start(WORK_MIX, 10, 0);

	start_simple(arg);
	wait_loaded();
	CHECK_SOON(scx_matches(read_output(), "local=.*global=.*[1-9].*global="));
	CHECK_PROGRESS(work);
	kill(loader, sig);
	CHECK_EQ(end_of_simple(), 0);
	CHECK_OUTPUT("EXIT: unregistered from user space");
	CHECK(scx_state_is("disabled"));
}

static void vtime_ends_by_sigint(void)
{
	ends_by(SIGINT, NULL);
}

static void fifo_ends_by_sigterm(void)
{
	ends_by(SIGTERM, "-f");
}

static void ends_by_sysrq(void)
{
	start_simple(NULL);
	wait_loaded();
	scx_expect_eject("simple");
	scx_expect_log("sysrq: ");
	scx_sysrq('S');
	CHECK_NE(end_of_simple(), 0);
	CHECK_OUTPUT("EXIT: disabled by sysrq-S");
}

static void second_is_told(void)
{
	pid_t first;

	start_simple(NULL);
	wait_loaded();
	first = loader;

	start_simple(NULL);
	CHECK_NE(end_of_simple(), 0);
	CHECK_OUTPUT("another scheduler is loaded");
	CHECK(scx_root_ops_is("simple"));

	kill(first, SIGINT);
	CHECK_EQ(scx_wait(first), 0);
}

static int as_nobody(void *arg)
{
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 0;
	return run_simple(arg);
}

static void nobody_is_told(void)
{
	start_simple("-h");
	CHECK_EQ(end_of_simple(), 0);
	CHECK_OUTPUT("Usage: scx_simple");
	CHECK_EQ(ftruncate(out_fd, 0), 0);
	CHECK_EQ(lseek(out_fd, 0, SEEK_SET), 0);

	loader = scx_fork(as_nobody, NULL);
	CHECK_NE(end_of_simple(), 0);
	CHECK_OUTPUT("no permission, this takes root");
}

static void wrong_option(void)
{
	start_simple("-x");
	CHECK_NE(end_of_simple(), 0);
	CHECK_OUTPUT("Usage: scx_simple");
	CHECK(scx_state_is("disabled"));
}

/* Where /sys/kernel shows nothing but, if there is BTF, a file of that name. */
static int on_old_kernel(void *has_btf)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/sys/kernel", "tmpfs", 0, NULL))
		return 0;
	if (has_btf && (mkdir("/sys/kernel/btf", 0755) ||
			creat("/sys/kernel/btf/vmlinux", 0444) < 0))
		return 0;
	return run_simple(NULL);
}

static void old_kernel_is_told(bool has_btf, const char *why)
{
	start_simple("-h");
	CHECK_EQ(end_of_simple(), 0);
	loader = scx_fork(on_old_kernel, has_btf ? output : NULL);
	CHECK_EQ(end_of_simple(), EXIT_FAILURE);
	CHECK_OUTPUT("This kernel cannot run BPF schedulers: ");
	CHECK_OUTPUT(why);
}

static void no_class(void)
{
	old_kernel_is_told(true, "CONFIG_SCHED_CLASS_EXT");
}

static void no_btf(void)
{
	old_kernel_is_told(false, "CONFIG_DEBUG_INFO_BTF");
}

SCX_TEST(SCX_CASE(vtime_ends_by_sigint), SCX_CASE(fifo_ends_by_sigterm),
	 SCX_CASE(ends_by_sysrq), SCX_CASE(second_is_told), SCX_CASE(nobody_is_told),
	 SCX_CASE(wrong_option), SCX_CASE(no_class), SCX_CASE(no_btf));
