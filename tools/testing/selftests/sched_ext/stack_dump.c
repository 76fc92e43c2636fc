// SPDX-License-Identifier: GPL-2.0
/*
 * Stack dumps name the scheduler and its state, and say of a task that waits how
 * long it has done so.
 */
#include "scx_puppet.h"
#include "fifo.bpf.skel.h"

#define LOADED	"Sched_ext: fifo \\(enabled\\+all\\)"

/* Does key bring a line that matches regex into the kernel log? */
static bool dumped_with(char key, const char *regex)
{
	int kmsg = kmsg_open();
	bool found;

	scx_sysrq(key);
	found = WAIT(kmsg_has(kmsg, regex), 2000);
	close(kmsg);
	return found;
}

static void names_the_scheduler(void)
{
	struct work *work = work_start(WORK_SPIN, 2 * scx_nr_cpus(), 0);
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link = scx_attach(s->maps.ops);

	scx_expect_log("^Call Trace:");
	/* Of every task, and of what the CPUs run. */
	CHECK(dumped_with('t', LOADED ", runnable for [0-9]+ ms"));
	CHECK(dumped_with('l', LOADED "\n"));

	bpf_link__destroy(link);
	work_stop(work);
	fifo__destroy(s);
}

static void says_nothing_without(void)
{
	scx_expect_log("^Call Trace:");
	CHECK(!dumped_with('l', "Sched_ext"));
}

SCX_TEST(SCX_CASE(names_the_scheduler), SCX_CASE(says_nothing_without));
