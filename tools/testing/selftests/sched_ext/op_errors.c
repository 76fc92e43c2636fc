// SPDX-License-Identifier: GPL-2.0
/*
 * scx_bpf_error() and scx_bpf_exit() from each op: the scheduler ends with the
 * kind, code and message given, whatever it was doing, the loading included.
 */
#include "scx_test.h"
#include "op_acts.bpf.skel.h"
#include "op_acts_run.h"

static void check_end(struct stage *st, int act, int op)
{
	const struct user_exit_info *uei = &st->s->data->uei;
	int kind = act == ACT_ERROR ? SCX_EXIT_ERROR_BPF : SCX_EXIT_UNREG_BPF;
	long long code = act == ACT_EXIT ? ACT_EXIT_CODE : 0;

	if (uei->kind != kind || uei->exit_code != code || strcmp(uei->msg, ACT_MESSAGE))
		FAIL("from %s: kind %d, not %d, code %#llx, not %#llx, message %s", op_names[op],
		     uei->kind, kind, uei->exit_code, code, uei->msg);
	CHECK(!strcmp(uei->reason, act == ACT_ERROR ? "scx_bpf_error" : "unregistered from BPF"));
}

static void ends_from(struct stage *st, int act, int op)
{
	struct bpf_link *link = attach_acting(st, op, act, 0);

	if (!WAIT(poke_and_see_end(st), 5000))
		FAIL("from %s: nothing happens", op_names[op]);
	check_end(st, act, op);
	check_recovery(st, link);
}

static void end_from_all_ops(int act)
{
	struct stage st;
	int op;

	set_up(&st);
	for (op = OP_SELECT_CPU; op < OP_EXIT; op++)
		if (op_is_called(op))
			ends_from(&st, act, op);
	CHECK_PROGRESS(st.work);
	tear_down(&st);
}

static void error_from_ops(void)
{
	end_from_all_ops(ACT_ERROR);
}

static void exit_from_ops(void)
{
	end_from_all_ops(ACT_EXIT);
}

/* These ops run while it is loaded: attaching works, and it has ended by then. */
static void at_load(void)
{
	static const int ops[] = { OP_INIT, OP_INIT_TASK, OP_ENABLE, OP_SET_WEIGHT,
				   OP_SET_CPUMASK };
	struct bpf_link *link;
	struct stage st;
	unsigned int i;

	set_up(&st);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		link = attach_acting(&st, ops[i], ACT_ERROR, 0);
		CHECK(UEI_EXITED(st.s, uei));
		CHECK(scx_state_is("disabled"));
		check_end(&st, ACT_ERROR, ops[i]);
		check_recovery(&st, link);
	}
	tear_down(&st);
}

/* Too late to change how it ends. */
static void from_exit(void)
{
	struct bpf_link *link;
	struct stage st;

	set_up(&st);
	link = attach_acting(&st, OP_EXIT, ACT_ERROR, 0);
	bpf_link__destroy(link);
	CHECK_EQ(st.s->bss->acted, 1);
	CHECK_EXIT(st.s, SCX_EXIT_UNREG, NULL);
	tear_down(&st);
}

SCX_TEST(SCX_CASE(error_from_ops), SCX_CASE(exit_from_ops), SCX_CASE(at_load),
	 SCX_CASE(from_exit));
