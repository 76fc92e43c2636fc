// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading under many runnable threads, in bounded time.
 */
#include "scx_test.h"
#include "books.bpf.skel.h"

#define THREADS	2000

static void runnable_threads(void)
{
	struct work *work = work_start(WORK_YIELD, scx_rounds(THREADS), WORK_THREADS);
	struct books *s = SCX_OPEN_LOAD(books);
	unsigned long total;
	struct bpf_link *link;
	long long begin;
	int i;

	for (i = 0; i < 2; i++) {
		begin = scx_now_ms();
		link = scx_attach(s->maps.ops);
		scx_note("%d threads: loaded after %lld ms", work_nr(work), scx_now_ms() - begin);
		CHECK_LE(scx_now_ms() - begin, scx_ms(20000));
		CHECK(scx_state_is("enabled"));
		total = work_total(work);
		CHECK_SOON(work_total(work) > total + work_nr(work));

		begin = scx_now_ms();
		CHECK_EQ(bpf_link__destroy(link), 0);
		scx_note("unloaded after %lld ms", scx_now_ms() - begin);
		CHECK_LE(scx_now_ms() - begin, scx_ms(20000));
		CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
		SCX_FORGET_EXIT(s);
		CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
		CHECK_EQ(s->bss->nr_enabled, s->bss->nr_disabled);
	}
	total = work_total(work);
	CHECK_SOON(work_total(work) > total + work_nr(work));
	work_stop(work);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(runnable_threads));
