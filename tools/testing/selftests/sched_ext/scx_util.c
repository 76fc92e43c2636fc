// SPDX-License-Identifier: GPL-2.0
/*
 * What tests ask of the kernel: files of the class, attaching and the end of
 * schedulers, attributes of tasks, children.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "scx_test.h"

/* First line of a file, without the newline. False if there is no such file. */
static bool read_line(const char *path, char *buf, int size)
{
	FILE *file = fopen(path, "r");
	bool ok;

	if (!file)
		return false;
	ok = fgets(buf, size, file);
	fclose(file);
	if (ok)
		buf[strcspn(buf, "\n")] = 0;
	return ok;
}

bool scx_state_is(const char *state)
{
	char buf[32];

	if (!read_line(SCX_SYSFS "/state", buf, sizeof(buf)))
		FAIL("cannot read %s", SCX_SYSFS "/state");
	return !strcmp(buf, state);
}

long scx_sysfs_long(const char *name)
{
	char path[128], buf[32];

	snprintf(path, sizeof(path), SCX_SYSFS "/%s", name);
	if (!read_line(path, buf, sizeof(buf)))
		FAIL("cannot read %s", path);
	return atol(buf);
}

bool scx_root_ops_is(const char *ops_name)
{
	char buf[160];

	if (!read_line(SCX_SYSFS "/root/ops", buf, sizeof(buf)))
		return !ops_name;
	return ops_name && !strcmp(buf, ops_name);
}

void scx_sysrq(char key)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY);

	CHECK_GE(fd, 0);
	CHECK_EQ(write(fd, &key, 1), 1);
	close(fd);
}

int scx_task_on_ext(pid_t pid)
{
	char path[64], line[160];
	int on = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/sched", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "ext.enabled : %d", &on) == 1)
			break;
	if (file)
		fclose(file);
	return on;
}

void scx_hurry(bool hurry)
{
	static int before;

	if (hurry)
		before = getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, hurry ? -20 : before);
}

struct bpf_link *scx_try_attach(const struct bpf_map *map, int *err)
{
	struct bpf_link *link = bpf_map__attach_struct_ops(map);

	*err = link ? 0 : -errno;
	return link;
}

struct bpf_link *scx_attach(const struct bpf_map *map)
{
	struct bpf_link *link;
	int err;

	link = scx_try_attach(map, &err);
	if (!link)
		FAIL("cannot attach %s: %s", bpf_map__name(map), strerror(-err));
	return link;
}

void scx_check_exit(const char *file, int line, const struct user_exit_info *uei,
		    int kind, const char *regex)
{
	if (!WAIT(__atomic_load_n(&uei->kind, __ATOMIC_ACQUIRE), 10000))
		scx_fail(file, line, "the scheduler does not end");
	if (uei->kind != kind)
		scx_fail(file, line, "it ended with kind %d, not %d: %s (%s)",
			 uei->kind, kind, uei->reason, uei->msg);
	if (regex && !scx_matches(uei->msg, regex))
		scx_fail(file, line, "it ended with \"%s\", not with: %s", uei->msg, regex);
}

pid_t scx_fork(int (*fn)(void *arg), void *arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK_GE(pid, 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(fn(arg));
}

int scx_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			FAIL("cannot wait for %d", pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int scx_run_prog(const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	char packet[64] = {};

	if (bpf_program__type(prog) == BPF_PROG_TYPE_SCHED_CLS) {
		opts.data_in = packet;
		opts.data_size_in = sizeof(packet);
	}
	CHECK_EQ(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts), 0);
	return opts.retval;
}

void scx_need_bpffs(void)
{
	struct stat dir, parent;

	if (stat(SCX_BPFFS, &dir) || stat(SCX_BPFFS "/..", &parent))
		scx_skip("no " SCX_BPFFS);
	if (dir.st_dev == parent.st_dev && mount("bpf", SCX_BPFFS, "bpf", 0, NULL))
		scx_skip("no BPF file system");
}

int scx_nr_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

void scx_pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(pid, sizeof(set), &set), 0);
}

void scx_unpin(pid_t pid)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	CHECK_EQ(sched_setaffinity(pid, sizeof(set), &set), 0);
}

void scx_set_policy(pid_t pid, int policy)
{
	struct sched_param param = {
		.sched_priority = policy == SCHED_FIFO || policy == SCHED_RR,
	};

	CHECK_EQ(sched_setscheduler(pid, policy, &param), 0);
}
