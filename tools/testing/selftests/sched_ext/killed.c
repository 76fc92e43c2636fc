// SPDX-License-Identifier: GPL-2.0
/* The loader is killed by SIGKILL, at rest and while it loads and unloads. */
#include <sys/mman.h>
#include "scx_test.h"
#include "fifo.bpf.skel.h"

static int hold(void *arg)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);

	scx_attach(s->maps.ops);
	for (;;)
		pause();
}

static void at_rest(void)
{
	struct work *work = work_start(WORK_MIX, 20, 0);
	pid_t loader = scx_fork(hold, NULL);

	CHECK_SOON(scx_state_is("enabled"));
	CHECK_PROGRESS(work);
	kill(loader, SIGKILL);
	CHECK_EQ(scx_wait(loader), 128 + SIGKILL);
	CHECK_SOON(scx_state_is("disabled"));
	CHECK(scx_root_ops_is(NULL));
	CHECK_PROGRESS(work);
}

struct comer {
	struct fifo *skel;
	int rounds;
};

/* Has the maps and programs from the test, and the link for itself. */
static int come_and_go(void *arg)
{
	struct comer *comer = arg;
	int err;

	for (;;) {
		bpf_link__destroy(scx_try_attach(comer->skel->maps.ops, &err));
		__atomic_fetch_add(&comer->rounds, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

/* At another moment each time. */
static void at_work(void)
{
	struct work *work = work_start(WORK_MIX, 20, 0);
	struct comer *comer;
	int i;

	comer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(comer != MAP_FAILED);
	comer->skel = SCX_OPEN_LOAD(fifo);
	for (i = 0; scx_again(i, 100); i++) {
		pid_t loader;

		comer->rounds = 0;
		loader = scx_fork(come_and_go, comer);
		CHECK_SOON(__atomic_load_n(&comer->rounds, __ATOMIC_RELAXED));
		usleep(i * 700);
		kill(loader, SIGKILL);
		CHECK_EQ(scx_wait(loader), 128 + SIGKILL);
		CHECK_SOON(scx_state_is("disabled"));
	}
	CHECK_PROGRESS(work);
	bpf_link__destroy(scx_attach(comer->skel->maps.ops));
}

SCX_TEST(SCX_CASE(at_rest), SCX_CASE(at_work));
