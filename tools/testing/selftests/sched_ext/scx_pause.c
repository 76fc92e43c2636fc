// SPDX-License-Identifier: GPL-2.0
/* The file by which pause points are set, see kernel/sched/ext/pause.c. */
#include "scx_pause.h"
#include "scx_puppet.h"

#define PAUSE_FILE	"/sys/kernel/debug/sched_ext/pause"

/*
 * Seconds, if the test does not end it: if it is stuck itself. Less than the 30 that
 * the watchdog of the class and the soft lockup detector bear, on slow machines, too.
 */
#define LOOPS		1000000

/* Where no lock is held that others need to run, there is time. */
static unsigned int loops_at(const char *point)
{
	static const char * const lockless[] = { "enable", "init_task", "disable", "post_fork" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lockless); i++)
		if (!strcmp(point, lockless[i]))
			return 4 * LOOPS;
	return LOOPS;
}

/* Enough for a system call to be made meanwhile. */
#define LAST_LOOPS	5000

static void read_pause(int *hits, int *inside)
{
	FILE *file = fopen(PAUSE_FILE, "r");

	CHECK(file);
	CHECK_EQ(fscanf(file, "%d %d", hits, inside), 2);
	fclose(file);
}

/* Also when the test fails, so that it does not take the CPU with it. */
static void no_pause(void)
{
	scx_put(PAUSE_FILE, "claimed 0 0 0");
}

void pause_need(void)
{
	if (access(PAUSE_FILE, F_OK))
		scx_skip("no pause points");
	atexit(no_pause);
}

void pause_at(const char *point, pid_t pid)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %d 1 %u", point, pid, loops_at(point));
	CHECK(scx_put(PAUSE_FILE, text));
}

bool pause_inside(void)
{
	int hits, inside;

	read_pause(&hits, &inside);
	return inside;
}

bool pause_caught(void)
{
	int hits, inside;

	if (!SPIN(({ read_pause(&hits, &inside); hits; }), 2000))
		FAIL("no CPU comes to the pause point");
	return inside;
}

void pause_await(void)
{
	if (!pause_caught())
		FAIL("no CPU stays at the pause point");
}

void pause_end(void)
{
	no_pause();
	if (!__WAIT(!pause_inside(), 2000, 500))
		FAIL("a CPU stays at the pause point");
}

void pause_give_up(void)
{
	if (pause_inside())
		no_pause();
}

void pause_end_soon(void)
{
	char text[64];

	CHECK(pause_inside());
	snprintf(text, sizeof(text), "claimed 0 0 %u", LAST_LOOPS);
	CHECK(scx_put(PAUSE_FILE, text));
}
