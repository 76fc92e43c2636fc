// SPDX-License-Identifier: GPL-2.0
/*
 * Kfuncs that are meant for certain ops, called from each of the others: the
 * scheduler loads and is ejected when it does so, with the kfunc and the op
 * named. Called from the ops that they are for, they do no harm.
 */
#include "scx_test.h"
#include "op_acts.bpf.skel.h"
#include "op_acts_run.h"

static const struct kfunc {
	const char *name;
	bool in_select_cpu, in_enqueue, in_dispatch, in_init_task;
} kfuncs[NR_ACTS] = {
	[ACT_SELECT_CPU_DFL]	= { "scx_bpf_select_cpu_dfl", true, false, false },
	[ACT_DISPATCH]		= { "scx_bpf_dispatch", true, true, true },
	[ACT_DISPATCH_VTIME]	= { "scx_bpf_dispatch_vtime", true, true, true },
	[ACT_DSQ_INSERT]	= { "scx_bpf_dsq_insert", true, true, true },
	[ACT_DSQ_MOVE]		= { "scx_bpf_dsq_move", false, false, true, true },
	[ACT_FROM_DSQ]		= { "scx_bpf_dispatch_vtime_from_dsq", false, false, true, true },
	[ACT_MOVE_SET_SLICE]	= { "scx_bpf_dsq_move_set_slice", false, false, true, true },
	[ACT_CONSUME]		= { "scx_bpf_consume", false, false, true },
	[ACT_MOVE_TO_LOCAL]	= { "scx_bpf_dsq_move_to_local", false, false, true },
	[ACT_NR_SLOTS]		= { "scx_bpf_dispatch_nr_slots", false, false, true },
	[ACT_CANCEL]		= { "scx_bpf_dispatch_cancel", false, false, true },
};

static bool may_call(int act, int op)
{
	const struct kfunc *kfunc = &kfuncs[act];

	return (op == OP_SELECT_CPU && kfunc->in_select_cpu) ||
	       (op == OP_ENQUEUE && kfunc->in_enqueue) ||
	       (op == OP_DISPATCH && kfunc->in_dispatch) ||
	       (op == OP_INIT_TASK && kfunc->in_init_task);
}

static void ejects(struct stage *st, int act, int op)
{
	const struct user_exit_info *uei = &st->s->data->uei;
	struct bpf_link *link = attach_acting(st, op, act, 0);
	char words[128];

	if (!WAIT(poke_and_see_end(st), 5000))
		FAIL("%s from %s: nothing happens, called %lld times", kfuncs[act].name,
		     op_names[op], (long long)st->s->bss->acted);
	snprintf(words, sizeof(words), "%s:.*ops[.]%s\\>", kfuncs[act].name, op_names[op]);
	if (uei->kind != SCX_EXIT_ERROR || !scx_matches(uei->msg, words))
		FAIL("%s from %s: kind %d: %s", kfuncs[act].name, op_names[op], uei->kind,
		     uei->msg);
	check_recovery(st, link);
}

/* One kfunc of a class from every op, the others of it in turns. */
static void eject_from_all_ops(const int *acts, int nr_acts)
{
	int op, act, turn = 0;
	struct stage st;

	set_up(&st);
	for (op = OP_SELECT_CPU; op < OP_EXIT; op++) {
		act = acts[turn % nr_acts];
		/* There is no task to insert in init. */
		if (!op_is_called(op) || may_call(act, op) ||
		    (op == OP_INIT && act < ACT_CONSUME))
			continue;
		turn++;
		ejects(&st, act, op);
	}
	CHECK_PROGRESS(st.work);
	tear_down(&st);
}

static void select_cpu_kfuncs(void)
{
	static const int acts[] = { ACT_SELECT_CPU_DFL };

	eject_from_all_ops(acts, ARRAY_SIZE(acts));
}

static void insert_kfuncs(void)
{
	static const int acts[] = { ACT_DISPATCH, ACT_DISPATCH_VTIME, ACT_DSQ_INSERT };

	eject_from_all_ops(acts, ARRAY_SIZE(acts));
}

static void dispatch_kfuncs(void)
{
	static const int acts[] = { ACT_CONSUME, ACT_NR_SLOTS, ACT_MOVE_TO_LOCAL, ACT_CANCEL };

	eject_from_all_ops(acts, ARRAY_SIZE(acts));
}

static void move_kfuncs(void)
{
	static const int acts[] = { ACT_DSQ_MOVE, ACT_FROM_DSQ, ACT_MOVE_SET_SLICE };

	eject_from_all_ops(acts, ARRAY_SIZE(acts));
}

static bool poke_and_see_act(struct stage *st, u64 times)
{
	return poke_and_see_end(st) || st->s->bss->acted >= times;
}

static void works(struct stage *st, int act, int op)
{
	struct bpf_link *link = attach_acting(st, op, act, 0);

	if (!WAIT(poke_and_see_act(st, 3), 5000))
		FAIL("%s from %s is not called", kfuncs[act].name, op_names[op]);
	CHECK_SOON(puppet_idle(st->victim));
	bpf_link__destroy(link);
	CHECK_EXIT(st->s, SCX_EXIT_UNREG, NULL);
	SCX_FORGET_EXIT(st->s);
}

static void where_they_belong(void)
{
	struct stage st;
	int act, op;

	set_up(&st);
	for (act = ACT_SELECT_CPU_DFL; act < NR_ACTS; act++)
		for (op = OP_SELECT_CPU; op < NR_OPS; op++)
			/* Taking back what was not given is an error of its own. */
			if (op_is_called(op) && may_call(act, op) && act != ACT_CANCEL)
				works(&st, act, op);
	CHECK_PROGRESS(st.work);
	tear_down(&st);
}

SCX_TEST(SCX_CASE(select_cpu_kfuncs), SCX_CASE(insert_kfuncs), SCX_CASE(dispatch_kfuncs),
	 SCX_CASE(move_kfuncs), SCX_CASE(where_they_belong));
