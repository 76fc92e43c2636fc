// SPDX-License-Identifier: GPL-2.0
/*
 * One scheduler at a time: a second one is refused while the first holds, and
 * either can be attached, detached and attached again.
 */
#include "scx_test.h"
#include "fifo.bpf.skel.h"
#include "quit.bpf.skel.h"

static void second_is_busy(void)
{
	struct fifo *first = SCX_OPEN_LOAD(fifo);
	struct quit *second = SCX_OPEN_LOAD(quit);
	struct bpf_link *link = scx_attach(first->maps.ops);

	CHECK_ATTACH_FAILS(second->maps.ops, EBUSY);
	CHECK(scx_root_ops_is("fifo"));
	CHECK_EQ(first->data->uei.kind, 0);
	/* Refused before anything of it was called. */
	CHECK_EQ(second->data->uei.kind, 0);
	CHECK_EQ(second->bss->nr_inits, 0);

	bpf_link__destroy(link);
	link = scx_attach(second->maps.ops);
	CHECK(scx_root_ops_is("quit"));
	CHECK_EQ(second->bss->nr_inits, 1);
	bpf_link__destroy(link);
}

static void same_map_is_busy(void)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link = scx_attach(s->maps.ops);

	CHECK_ATTACH_FAILS(s->maps.ops, EBUSY);
	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
}

static void again(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct quit *s = SCX_OPEN_LOAD(quit);
	int i;

	for (i = 1; i <= 10; i++) {
		SCX_FORGET_EXIT(s);
		bpf_link__destroy(scx_attach(s->maps.ops));
		CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
		CHECK_EQ(s->bss->nr_inits, i);
		CHECK_EQ(s->bss->nr_exits, i);
		CHECK(scx_state_is("disabled"));
	}
	CHECK_PROGRESS(work);
}

/* Attached again after it left by itself, with the old link still open. */
static void again_after_exit(void)
{
	struct quit *s = SCX_OPEN_LOAD(quit);
	struct bpf_link *link = scx_attach(s->maps.ops);

	scx_expect_eject("quit");
	s->bss->quit_code = 42;
	CHECK_EXIT(s, SCX_EXIT_UNREG_BPF, "^told to, 42$");
	CHECK_EQ(s->data->uei.exit_code, 42);
	CHECK(!strcmp(s->data->uei.reason, "unregistered from BPF"));
	CHECK_SOON(scx_state_is("disabled"));

	bpf_link__destroy(link);
	SCX_FORGET_EXIT(s);
	s->bss->quit_code = 0;
	link = scx_attach(s->maps.ops);
	CHECK(scx_root_ops_is("quit"));
	bpf_link__destroy(link);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
}

static int hold(void *arg)
{
	struct fifo *s = arg;

	scx_attach(s->maps.ops);
	pause();
	return 0;
}

/* Whoever sees that there is none can load one. */
static void when_disabled(void)
{
	struct fifo *held = SCX_OPEN_LOAD(fifo);
	struct quit *next = SCX_OPEN_LOAD(quit);
	pid_t holder;
	int i;

	for (i = 0; i < scx_rounds(20); i++) {
		holder = scx_fork(hold, held);
		CHECK_SOON(scx_root_ops_is("fifo"));
		kill(holder, SIGKILL);
		CHECK(__WAIT(scx_state_is("disabled"), 10000, 1));
		bpf_link__destroy(scx_attach(next->maps.ops));
		scx_wait(holder);
	}
}

SCX_TEST(SCX_CASE(second_is_busy), SCX_CASE(same_map_is_busy), SCX_CASE(again),
	 SCX_CASE(again_after_exit), SCX_CASE(when_disabled));
