// SPDX-License-Identifier: GPL-2.0
/*
 * ops.enqueue() is asked about the last task of a CPU with SCX_OPS_ENQ_LAST, and
 * about tasks that exit with SCX_OPS_ENQ_EXITING. Without, they run on by
 * themselves. It learns whether ops.select_cpu() was called for this wakeup, which
 * is not the case for tasks that can run on one CPU only.
 */
#include <sys/mman.h>
#include "scx_puppet.h"
#include "books.bpf.skel.h"

#define OPS_ENQ_LAST	0x2ULL
#define OPS_ENQ_EXITING	0x4ULL

static struct books *load(u64 flags, struct bpf_link **link)
{
	struct books *s = SCX_OPEN(books);

	s->struct_ops.ops->flags = flags;
	/* Shorter than a tick. */
	s->rodata->slice = 100000;
	SCX_LOAD(s, books);
	*link = scx_attach(s->maps.ops);
	return s;
}

static void unload(struct books *s, struct bpf_link *link)
{
	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	books__destroy(s);
}

static void last(void)
{
	struct work *work = work_start(WORK_SPIN, 1, 0);
	struct bpf_link *link;
	struct books *s;

	s = load(0, &link);
	/* It outlives many slices. */
	CHECK_PROGRESS(work);
	scx_burn(scx_ms(20000));
	CHECK_EQ(s->bss->nr_last, 0);
	CHECK_PROGRESS(work);
	unload(s, link);

	s = load(OPS_ENQ_LAST, &link);
	CHECK_SOON(s->bss->nr_last >= 10);
	CHECK_PROGRESS(work);
	unload(s, link);
	work_stop(work);
}

/* Long enough in its exit to be preempted there. */
static int exit_slowly(void *arg)
{
	size_t size = 4 << 20;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return 1;
	memset(mem, 1, size);
	return 0;
}

/* Exits until ops.enqueue() has seen one, or max. */
static int exits_seen(struct books *s, int max)
{
	int i;

	for (i = 1; i <= max && !s->bss->nr_exiting; i++)
		CHECK_EQ(scx_wait(scx_fork(exit_slowly, NULL)), 0);
	return i;
}

static void exiting(void)
{
	struct work *hogs = work_start(WORK_SPIN, scx_nr_cpus(), 0);
	struct bpf_link *link;
	struct books *s;
	int enough;

	s = load(OPS_ENQ_EXITING, &link);
	enough = exits_seen(s, 100);
	scx_note("%d exits", enough);
	CHECK_GT(s->bss->nr_exiting, 0);
	unload(s, link);

	s = load(0, &link);
	exits_seen(s, 2 * enough);
	CHECK_EQ(s->bss->nr_exiting, 0);
	CHECK_PROGRESS(hogs);
	unload(s, link);
	work_stop(hogs);
}

static void selected(void)
{
	struct work *sleepers = work_start(WORK_SLEEP, 4, 0);
	struct work *forks = work_start(WORK_FORK, 1, 0);
	struct bpf_link *link;
	struct books *s;

	s = load(0, &link);
	scx_pin(work_pid(sleepers, 0), 0);
	/* What was enqueued in bypass has run and slept since. */
	CHECK_PROGRESS(sleepers);
	s->bss->watch_selected = true;

	CHECK_SOON(s->bss->nr_selected >= 100);
	CHECK_SOON(s->bss->nr_unasked >= 20);
	CHECK_PROGRESS(forks);
	CHECK_EQ(s->bss->nr_told_wrong, 0);
	unload(s, link);
	work_stop(forks);
	work_stop(sleepers);
}

SCX_TEST(SCX_CASE(last), SCX_CASE(exiting), SCX_CASE(selected));
