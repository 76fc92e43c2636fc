// SPDX-License-Identifier: GPL-2.0
/*
 * Who ends a scheduler is one of its tasks and comes to the end of its slice between
 * the claim and the queueing of the disabling, when nobody would have it run again.
 * Needs a kernel with pause points.
 */
#include <sys/syscall.h>
#include "scx_pause.h"
#include "scx_puppet.h"
#include "books.bpf.skel.h"

#define CPU	1

static struct closer {
	struct bpf_link *link;
	pid_t tid;
	bool go;
} closer;

static void *close_link(void *unused)
{
	closer.tid = syscall(SYS_gettid);
	scx_set_policy(0, SCHED_OTHER);
	scx_pin(0, CPU);
	while (!__atomic_load_n(&closer.go, __ATOMIC_ACQUIRE))
		usleep(1000);
	bpf_link__destroy(closer.link);
	return NULL;
}

static void slice_ends(void)
{
	long long end;
	struct books *s;
	struct work *hog;
	pthread_t thread;

	pause_need();
	if (scx_nr_cpus() < 4)
		scx_skip("this takes 4 CPUs");
	hog = work_start(WORK_SPIN, 1, 0);
	scx_pin(work_pid(hog, 0), CPU);
	/* Another task is in the local DSQ already, none can come to it later. */
	s = SCX_OPEN(books);
	s->rodata->use_local_on = true;
	SCX_LOAD(s, books);
	scx_set_policy(0, SCHED_FIFO);
	closer.link = scx_attach(s->maps.ops);
	CHECK_EQ(pthread_create(&thread, NULL, close_link, NULL), 0);
	CHECK_SOON(__atomic_load_n(&closer.tid, __ATOMIC_ACQUIRE));

	pause_at("exit", closer.tid);
	__atomic_store_n(&closer.go, true, __ATOMIC_RELEASE);
	pause_await();
	/* Several slices. */
	end = scx_now_ms() + 200;
	SPIN(scx_now_ms() > end, 2000);
	CHECK(pause_inside());
	pause_end();

	CHECK_SOON(scx_state_is("disabled"));
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_PROGRESS(hog);
	work_stop(hog);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(slice_ends));
