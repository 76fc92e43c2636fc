// SPDX-License-Identifier: GPL-2.0
/* Schedulers that come and go in a loop while the machine has work to do. */
#include "scx_test.h"
#include "fifo.bpf.skel.h"

#define NR_WORKERS	20

/* Programs and maps are new each time as well, which takes long on a slow kernel. */
static void reload_under_load(void)
{
	struct work *work = work_start(WORK_MIX, NR_WORKERS, 0);
	int i, count = scx_scale() > 1 && !scx_full() ? 10 : 50;

	for (i = 0; scx_again(i, count); i++) {
		struct fifo *s = SCX_OPEN_LOAD(fifo);
		struct bpf_link *link = scx_attach(s->maps.ops);

		CHECK(scx_state_is("enabled"));
		bpf_link__destroy(link);
		CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
		fifo__destroy(s);
	}
	CHECK_PROGRESS(work);
}

static void reattach_under_load(void)
{
	struct work *work = work_start(WORK_MIX, NR_WORKERS, WORK_THREADS);
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	int i;

	for (i = 0; scx_again(i, 50); i++) {
		unsigned long before = work_total(work);
		struct bpf_link *link = scx_attach(s->maps.ops);

		CHECK_SOON(work_total(work) > before);
		bpf_link__destroy(link);
		CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
		SCX_FORGET_EXIT(s);
	}
	CHECK_PROGRESS(work);
}

SCX_TEST(SCX_CASE(reload_under_load), SCX_CASE(reattach_under_load));
