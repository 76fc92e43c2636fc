// SPDX-License-Identifier: GPL-2.0
/*
 * SysRq-S ends a scheduler, also one that lets nobody run any more.
 */
#include "scx_puppet.h"
#include "books.bpf.skel.h"

static void check_sysrq(struct books *s)
{
	scx_sysrq('S');
	CHECK_EXIT(s, SCX_EXIT_SYSRQ, NULL);
	CHECK(!strcmp(s->data->uei.reason, "disabled by sysrq-S"));
	CHECK_EQ(s->data->uei.exit_code, 0);
	CHECK_SOON(scx_state_is("disabled"));
}

static void ends_it(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct books *s = SCX_OPEN_LOAD(books);
	struct bpf_link *link;
	int i;

	scx_expect_eject("books");
	for (i = 0; i < 3; i++) {
		link = scx_attach(s->maps.ops);
		check_sysrq(s);
		CHECK_EQ(bpf_link__destroy(link), 0);
		SCX_FORGET_EXIT(s);
	}
	CHECK_PROGRESS(work);
	work_stop(work);
	books__destroy(s);
}

static void ends_a_dead_one(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct books *s = SCX_OPEN_LOAD(books);
	struct bpf_link *link;

	scx_expect_eject("books");
	/* Somebody has to press the key. */
	scx_set_policy(0, SCHED_FIFO);
	link = scx_attach(s->maps.ops);
	s->bss->lose_all = true;
	CHECK_SOON(s->bss->nr_lost >= 5);
	check_sysrq(s);
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	work_stop(work);
	books__destroy(s);
}

static void without_scheduler(void)
{
	int kmsg = kmsg_open();

	scx_expect_log("^sched_ext: no BPF scheduler");
	scx_sysrq('S');
	CHECK_SOON(kmsg_has(kmsg, "sched_ext: no BPF scheduler"));
	CHECK(scx_state_is("disabled"));
	close(kmsg);
}

SCX_TEST(SCX_CASE(ends_it), SCX_CASE(ends_a_dead_one), SCX_CASE(without_scheduler));
