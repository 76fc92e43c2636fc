// SPDX-License-Identifier: GPL-2.0
/*
 * ops.init() or ops.init_task() fails. At load, attaching works and the end is
 * told by ops.exit(), before attaching returns; nothing is left of it. At fork,
 * that fork fails.
 */
#include "scx_test.h"
#include "op_acts.bpf.skel.h"
#include "op_acts_run.h"

/* Of the last attach. */
static u64 calls(struct stage *st, int op)
{
	return st->s->bss->called[op];
}

static void fails_to_load(struct stage *st, int op, int skip, const char *words)
{
	struct bpf_link *link;

	memset((void *)st->s->bss->called, 0, sizeof(st->s->bss->called));
	link = attach_acting(st, op, ACT_FAIL, skip);
	CHECK_EQ(st->s->data->uei.kind, SCX_EXIT_ERROR);
	CHECK_EQ(calls(st, OP_EXIT), 1);
	CHECK(scx_matches(st->s->data->uei.msg, words));
	CHECK(scx_matches(st->s->data->uei.msg, "-29"));
	CHECK(scx_state_is("disabled"));
	CHECK(scx_root_ops_is(NULL));
	CHECK_EQ(bpf_link__destroy(link), 0);
	SCX_FORGET_EXIT(st->s);
}

static void loads(struct stage *st)
{
	struct bpf_link *link = attach_acting(st, OP_NONE, ACT_NONE, 0);

	CHECK(scx_state_is("enabled"));
	CHECK_PROGRESS(st->work);
	bpf_link__destroy(link);
	CHECK_EXIT(st->s, SCX_EXIT_UNREG, NULL);
	SCX_FORGET_EXIT(st->s);
}

static void init_fails(void)
{
	struct stage st;

	set_up(&st);
	fails_to_load(&st, OP_INIT, 0, "ops[.]init\\>");
	CHECK_EQ(calls(&st, OP_INIT_TASK), 0);
	loads(&st);
	tear_down(&st);
}

/* Every task of the victim's group that was initialised is let go again. */
static void init_task_fails(void)
{
	static const int nth[] = { 0, 1, 3, 5 };
	struct stage st;
	unsigned int i;

	set_up(&st);
	/* Our workers. */
	st.s->bss->victim = getpid();
	for (i = 0; i < ARRAY_SIZE(nth); i++) {
		fails_to_load(&st, OP_INIT_TASK, nth[i], "ops[.]init_task\\>.*[[][0-9]+[]]");
		CHECK_EQ(calls(&st, OP_INIT_TASK), nth[i] + 1);
		CHECK_EQ(calls(&st, OP_EXIT_TASK), nth[i]);
		CHECK_EQ(calls(&st, OP_ENABLE), 0);
		CHECK_PROGRESS(st.work);
		loads(&st);
	}
	tear_down(&st);
}

static int seven(void *arg)
{
	return 7;
}

static void fork_fails(void)
{
	struct bpf_link *link;
	struct stage st;
	pid_t pid;

	set_up(&st);
	st.s->bss->victim = -1;
	link = attach_acting(&st, OP_INIT_TASK, ACT_FAIL, 0);
	st.s->bss->victim = getpid();
	pid = fork();
	if (!pid)
		_exit(0);
	CHECK_EQ(pid, -1);
	CHECK_EQ(errno, ACT_ERRNO);
	CHECK_EQ(st.s->bss->acted, 1);
	CHECK(scx_state_is("enabled"));

	st.s->bss->act = ACT_NONE;
	CHECK_EQ(scx_wait(scx_fork(seven, NULL)), 7);
	bpf_link__destroy(link);
	CHECK_EXIT(st.s, SCX_EXIT_UNREG, NULL);
	tear_down(&st);
}

SCX_TEST(SCX_CASE(init_fails), SCX_CASE(init_task_fails), SCX_CASE(fork_fails));
