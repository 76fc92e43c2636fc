// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler lives as long as its link has a holder, and a link that is stale
 * has no say over the scheduler that came after.
 */
#include "scx_test.h"
#include "fifo.bpf.skel.h"
#include "quit.bpf.skel.h"

#define PIN		SCX_BPFFS "/scx_selftest_link"

static void last_holder_unloads(void)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int fd = dup(bpf_link__fd(link));

	CHECK_GE(fd, 0);
	bpf_link__destroy(link);
	CHECK(scx_state_is("enabled"));
	CHECK_EQ(s->data->uei.kind, 0);

	close(fd);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
	CHECK(scx_state_is("disabled"));
}

static int attach_and_pin(void *arg)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);

	return bpf_link__pin(scx_attach(s->maps.ops), PIN) ? 1 : 0;
}

static void pin_outlives_loader(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct bpf_link *link;

	scx_need_bpffs();
	unlink(PIN);
	CHECK_EQ(scx_wait(scx_fork(attach_and_pin, NULL)), 0);
	CHECK(scx_root_ops_is("fifo"));
	CHECK_PROGRESS(work);

	link = bpf_link__open(PIN);
	CHECK(link);
	bpf_link__destroy(link);
	CHECK(scx_root_ops_is("fifo"));

	CHECK_EQ(unlink(PIN), 0);
	CHECK_SOON(scx_state_is("disabled"));
	CHECK_PROGRESS(work);
}

static void stale_link_is_harmless(void)
{
	struct quit *gone = SCX_OPEN_LOAD(quit);
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *stale = scx_attach(gone->maps.ops);
	struct bpf_link *link;

	scx_expect_eject("quit");
	gone->bss->quit_code = 1;
	CHECK_EXIT(gone, SCX_EXIT_UNREG_BPF, NULL);
	CHECK_SOON(scx_state_is("disabled"));

	link = scx_attach(s->maps.ops);
	bpf_link__destroy(stale);
	CHECK(scx_state_is("enabled"));
	CHECK(scx_root_ops_is("fifo"));
	CHECK_EQ(s->data->uei.kind, 0);
	/* Closing it said nothing new to the one that has gone either. */
	CHECK_EQ(gone->bss->nr_exits, 1);
	bpf_link__destroy(link);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
}

SCX_TEST(SCX_CASE(last_holder_unloads), SCX_CASE(pin_outlives_loader),
	 SCX_CASE(stale_link_is_harmless));
