// SPDX-License-Identifier: GPL-2.0
/*
 * Children that act when poked, and a reader of the kernel log.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include "scx_puppet.h"

bool scx_put(const char *path, const char *text)
{
	ssize_t len = strlen(text);
	int fd = open(path, O_WRONLY);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, len) == len;
	close(fd);
	return ok;
}

void *scx_shared(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(mem != MAP_FAILED);
	return mem;
}

static void puppet_main(struct puppet *puppet, int pokes, void (*act)(void))
{
	char poke;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, PUPPET_COMM);
	while (read(pokes, &poke, 1) == 1) {
		if (act)
			act();
		__atomic_fetch_add(puppet->done, 1, __ATOMIC_RELEASE);
	}
	_exit(0);
}

/* act may be NULL, to wake up and go back to sleep. */
struct puppet *puppet_start(void (*act)(void))
{
	struct puppet *puppet = calloc(1, sizeof(*puppet));
	int fds[2];

	CHECK(puppet);
	puppet->done = scx_shared(sizeof(*puppet->done));
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);

	fflush(stdout);
	puppet->pid = fork();
	CHECK_GE(puppet->pid, 0);
	if (!puppet->pid) {
		close(fds[1]);
		puppet_main(puppet, fds[0], act);
	}

	close(fds[0]);
	puppet->strings = fds[1];
	CHECK_EQ(fcntl(puppet->strings, F_SETFL, O_NONBLOCK), 0);
	/* It has its name once it answers. */
	puppet_poke(puppet);
	CHECK_SOON(puppet_idle(puppet));
	return puppet;
}

void puppet_stop(struct puppet *puppet)
{
	close(puppet->strings);
	kill(puppet->pid, SIGKILL);
	scx_wait(puppet->pid);
	munmap(puppet->done, sizeof(*puppet->done));
	free(puppet);
}

void puppet_poke(struct puppet *puppet)
{
	if (write(puppet->strings, "", 1) == 1)
		puppet->pokes++;
}

bool puppet_idle(const struct puppet *puppet)
{
	return __atomic_load_n(puppet->done, __ATOMIC_ACQUIRE) == puppet->pokes;
}

bool puppet_asleep(const struct puppet *puppet)
{
	char path[32], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", puppet->pid);
	file = fopen(path, "r");
	CHECK(file);
	CHECK_EQ(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'S';
}

static long cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void scx_burn(int us)
{
	long end = cpu_us() + us;

	while (cpu_us() < end)
		;
}

int kmsg_open(void)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	CHECK_GE(kmsg, 0);
	CHECK_GE(lseek(kmsg, 0, SEEK_END), 0);
	return kmsg;
}

bool kmsg_has(int kmsg, const char *regex)
{
	bool found = false;
	char record[1024];
	ssize_t len;

	for (;;) {
		len = read(kmsg, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE)
			continue;	/* some were overwritten */
		if (len < 0)
			return found;
		record[len] = 0;
		found |= scx_matches(record, regex);
	}
}
