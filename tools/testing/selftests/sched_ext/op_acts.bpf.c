// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler with all ops that does one thing, the act, in one of them,
 * on behalf of one task, the victim. Both can be changed between two attaches.
 */
#include "fifo.bpf.h"
#include "op_acts.h"

u32 act_op;		/* enum act_op: where */
u32 act;		/* enum act: what */
s32 victim;		/* thread group; itself and its children */
u32 skip;		/* let it pass that many times first */
bool hold;		/* keep the victim from being dispatched */
u64 acted;		/* times it was done */
u64 called[NR_OPS];

static __always_inline bool due(u32 op)
{
	__sync_fetch_and_add(&called[op], 1);
	if (op != act_op || !act)
		return false;
	if (skip) {
		skip--;
		return false;
	}
	__sync_fetch_and_add(&acted, 1);
	return true;
}

static __always_inline bool is_victim(const struct task_struct *p)
{
	return p->tgid == victim || p->real_parent->tgid == victim;
}

/* While it is being forked, a task has no parent yet. */
static __always_inline bool inits_victim(const struct task_struct *p,
					 const struct scx_init_task_args *args)
{
	return args->fork ? bpf_get_current_task_btf()->tgid == victim : is_victim(p);
}

/* What needs no task. */
static __always_inline void do_act(void)
{
	switch (act) {
	case ACT_ERROR:
		scx_bpf_error(ACT_MESSAGE);
		break;
	case ACT_EXIT:
		scx_bpf_exit(ACT_EXIT_CODE, ACT_MESSAGE);
		break;
	case ACT_CONSUME:
		scx_bpf_consume(ACT_DSQ);
		break;
	case ACT_MOVE_TO_LOCAL:
		scx_bpf_dsq_move_to_local(ACT_DSQ);
		break;
	case ACT_NR_SLOTS:
		scx_bpf_dispatch_nr_slots();
		break;
	case ACT_CANCEL:
		scx_bpf_dispatch_cancel();
		break;
	}
}

/* It is in another DSQ, or in none. */
static __always_inline void do_move(struct task_struct *p)
{
	struct bpf_iter_scx_dsq it;

	/* Some of the ops may sleep. */
	bpf_rcu_read_lock();
	bpf_iter_scx_dsq_new(&it, ACT_DSQ, 0);
	if (act == ACT_DSQ_MOVE)
		scx_bpf_dsq_move(&it, p, FIFO_DSQ, 0);
	else if (act == ACT_FROM_DSQ)
		scx_bpf_dispatch_vtime_from_dsq(&it, p, FIFO_DSQ, 0);
	else
		scx_bpf_dsq_move_set_slice(&it, 1);
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
}

static __always_inline void do_task_act(struct task_struct *p)
{
	bool idle;

	switch (act) {
	case ACT_SELECT_CPU_DFL:
		scx_bpf_select_cpu_dfl(p, scx_bpf_task_cpu(p), 0, &idle);
		break;
	case ACT_DISPATCH:
		scx_bpf_dispatch(p, ACT_DSQ, SCX_SLICE_DFL, 0);
		break;
	case ACT_DISPATCH_VTIME:
		scx_bpf_dispatch_vtime(p, ACT_DSQ, SCX_SLICE_DFL, 1, 0);
		break;
	case ACT_DSQ_INSERT:
		scx_bpf_dsq_insert(p, ACT_DSQ, SCX_SLICE_DFL, 0);
		break;
	case ACT_DSQ_MOVE:
	case ACT_FROM_DSQ:
	case ACT_MOVE_SET_SLICE:
		do_move(p);
		break;
	default:
		do_act();
	}
}

static __always_inline void in_op(u32 op, struct task_struct *p)
{
	if (is_victim(p) && due(op))
		do_task_act(p);
}

s32 BPF_STRUCT_OPS(acts_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	in_op(OP_SELECT_CPU, p);
	return prev_cpu;
}

void BPF_STRUCT_OPS(acts_enqueue, struct task_struct *p, u64 enq_flags)
{
	bool mine = is_victim(p);

	if (mine && due(OP_ENQUEUE)) {
		do_task_act(p);
		if (act >= ACT_DISPATCH && act <= ACT_DSQ_INSERT)
			return;
	}
	if (!mine || !hold)
		scx_bpf_dispatch(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(acts_dequeue, struct task_struct *p, u64 deq_flags)
{
	in_op(OP_DEQUEUE, p);
}

void BPF_STRUCT_OPS(acts_dispatch, s32 cpu, struct task_struct *prev)
{
	if (prev)
		in_op(OP_DISPATCH, prev);
	if (!scx_bpf_consume(ACT_DSQ))
		scx_bpf_consume(FIFO_DSQ);
}

void BPF_STRUCT_OPS(acts_tick, struct task_struct *p)
{
	in_op(OP_TICK, p);
}

void BPF_STRUCT_OPS(acts_runnable, struct task_struct *p, u64 enq_flags)
{
	in_op(OP_RUNNABLE, p);
}

void BPF_STRUCT_OPS(acts_running, struct task_struct *p)
{
	in_op(OP_RUNNING, p);
}

void BPF_STRUCT_OPS(acts_stopping, struct task_struct *p, bool runnable)
{
	in_op(OP_STOPPING, p);
}

void BPF_STRUCT_OPS(acts_quiescent, struct task_struct *p, u64 deq_flags)
{
	in_op(OP_QUIESCENT, p);
}

bool BPF_STRUCT_OPS(acts_yield, struct task_struct *from, struct task_struct *to)
{
	in_op(OP_YIELD, from);
	from->scx.slice = 0;
	return false;
}

void BPF_STRUCT_OPS(acts_set_weight, struct task_struct *p, u32 weight)
{
	in_op(OP_SET_WEIGHT, p);
}

void BPF_STRUCT_OPS(acts_set_cpumask, struct task_struct *p, const struct cpumask *cpumask)
{
	in_op(OP_SET_CPUMASK, p);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(acts_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	if (!inits_victim(p, args) || !due(OP_INIT_TASK))
		return 0;
	if (act == ACT_FAIL)
		return -ACT_ERRNO;
	do_task_act(p);
	return 0;
}

void BPF_STRUCT_OPS(acts_exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
	in_op(OP_EXIT_TASK, p);
}

void BPF_STRUCT_OPS(acts_enable, struct task_struct *p)
{
	in_op(OP_ENABLE, p);
}

void BPF_STRUCT_OPS(acts_disable, struct task_struct *p)
{
	in_op(OP_DISABLE, p);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(acts_init)
{
	int err;

	err = scx_bpf_create_dsq(FIFO_DSQ, -1) ?: scx_bpf_create_dsq(ACT_DSQ, -1);
	if (err || !due(OP_INIT))
		return err;
	if (act == ACT_FAIL)
		return -ACT_ERRNO;
	do_act();
	return 0;
}

void BPF_STRUCT_OPS_SLEEPABLE(acts_exit, struct scx_exit_info *ei)
{
	if (due(OP_EXIT))
		do_act();
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)acts_select_cpu,
	       .enqueue		= (void *)acts_enqueue,
	       .dequeue		= (void *)acts_dequeue,
	       .dispatch	= (void *)acts_dispatch,
	       .tick		= (void *)acts_tick,
	       .runnable	= (void *)acts_runnable,
	       .running		= (void *)acts_running,
	       .stopping	= (void *)acts_stopping,
	       .quiescent	= (void *)acts_quiescent,
	       .yield		= (void *)acts_yield,
	       .set_weight	= (void *)acts_set_weight,
	       .set_cpumask	= (void *)acts_set_cpumask,
	       .init_task	= (void *)acts_init_task,
	       .exit_task	= (void *)acts_exit_task,
	       .enable		= (void *)acts_enable,
	       .disable		= (void *)acts_disable,
	       .init		= (void *)acts_init,
	       .exit		= (void *)acts_exit,
	       .name		= "op_acts");
