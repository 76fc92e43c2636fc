// SPDX-License-Identifier: GPL-2.0
/*
 * Checks for each task that its operations come in order and in pairs:
 *
 *	init_task, any number of (enable .. disable), exit_task, and within enable
 *	runnable, any number of (running, stopping), quiescent.
 *
 * A task's entry is deleted when it leaves with everything closed, so that an
 * empty table at the end says that all pairs were closed.
 */
#include "fifo.bpf.h"
#include "balance.h"

volatile u64 calls[NR_BALANCE_OPS];
volatile u64 nr_errors;
struct balance_error error;
volatile s32 hold_pid;			/* not dispatched while this is set */
volatile u64 nr_held;

/* Preallocated, the default: it is changed with rq locks held. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct balance_key);
	__type(value, u32);
	__uint(max_entries, 65536);
} tasks SEC(".maps");

static void complain(enum balance_op op, u32 state, const struct task_struct *p)
{
	if (__sync_fetch_and_add(&nr_errors, 1))
		return;
	error.op = op;
	error.state = state;
	error.pid = p->pid;
	bpf_probe_read_kernel_str(error.comm, sizeof(error.comm), p->comm);
}

/* In init_task of a fork it has not started yet: that is entered as 0. */
static struct balance_key key_of(const struct task_struct *p, bool started)
{
	struct balance_key key = { .pid = p->pid };

	if (started)
		key.start = p->start_time;
	return key;
}

/* Give the entry that a fork made its final key. */
static u32 *settle(const struct task_struct *p, struct balance_key *key)
{
	struct balance_key forked = key_of(p, false);
	u32 *entry = bpf_map_lookup_elem(&tasks, &forked);
	u32 state;

	if (!entry)
		return NULL;
	state = *entry;
	bpf_map_delete_elem(&tasks, &forked);
	bpf_map_update_elem(&tasks, key, &state, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tasks, key);
}

static u32 *find(const struct task_struct *p)
{
	struct balance_key key = key_of(p, true);
	u32 *entry = bpf_map_lookup_elem(&tasks, &key);

	return entry ?: settle(p, &key);
}

static void called(enum balance_op op)
{
	if (op < NR_BALANCE_OPS)
		__sync_fetch_and_add(&calls[op], 1);
}

/* op may come when the bits of mask are as in want; then they are as in then. */
static void step(enum balance_op op, const struct task_struct *p, u32 mask, u32 want, u32 then)
{
	u32 *state = find(p);

	called(op);
	if (!state) {
		complain(op, 0, p);
		return;
	}
	if ((*state & mask) != want)
		complain(op, *state, p);
	*state = (*state & ~mask) | then;
}

#define ALL	(BAL_INITED | BAL_ENABLED | BAL_RUNNABLE | BAL_RUNNING)
#define READY	BAL_INITED
#define IDLE	(BAL_INITED | BAL_ENABLED)
#define WAITING	(BAL_INITED | BAL_ENABLED | BAL_RUNNABLE)

s32 BPF_STRUCT_OPS(balance_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu;

	step(OP_SELECT_CPU, p, ALL, IDLE, IDLE);
	cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);
	if (is_idle && p->pid != hold_pid)
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0);
	return cpu;
}

void BPF_STRUCT_OPS(balance_enqueue, struct task_struct *p, u64 enq_flags)
{
	step(OP_ENQUEUE, p, ALL, WAITING, WAITING);
	if (p->pid == hold_pid) {
		__sync_fetch_and_add(&nr_held, 1);
		return;
	}
	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(balance_dequeue, struct task_struct *p, u64 deq_flags)
{
	step(OP_DEQUEUE, p, ALL, WAITING, WAITING);
}

void BPF_STRUCT_OPS(balance_dispatch, s32 cpu, struct task_struct *prev)
{
	called(OP_DISPATCH);
	scx_bpf_dsq_move_to_local(FIFO_DSQ);
}

void BPF_STRUCT_OPS(balance_tick, struct task_struct *p)
{
	step(OP_TICK, p, ALL, ALL, ALL);
}

void BPF_STRUCT_OPS(balance_runnable, struct task_struct *p, u64 enq_flags)
{
	step(OP_RUNNABLE, p, ALL, IDLE, WAITING);
}

void BPF_STRUCT_OPS(balance_running, struct task_struct *p)
{
	step(OP_RUNNING, p, ALL, WAITING, ALL);
}

void BPF_STRUCT_OPS(balance_stopping, struct task_struct *p, bool runnable)
{
	step(OP_STOPPING, p, ALL, ALL, WAITING);
}

void BPF_STRUCT_OPS(balance_quiescent, struct task_struct *p, u64 deq_flags)
{
	step(OP_QUIESCENT, p, ALL, WAITING, IDLE);
}

bool BPF_STRUCT_OPS(balance_yield, struct task_struct *from, struct task_struct *to)
{
	step(OP_YIELD, from, ALL, ALL, ALL);
	from->scx.slice = 0;
	return false;
}

void BPF_STRUCT_OPS(balance_set_weight, struct task_struct *p, u32 weight)
{
	step(OP_SET_WEIGHT, p, IDLE, IDLE, IDLE);
	if (weight < 1 || weight > 10000 || weight != p->scx.weight)
		complain(OP_SET_WEIGHT, weight, p);
}

void BPF_STRUCT_OPS(balance_set_cpumask, struct task_struct *p, const struct cpumask *cpumask)
{
	step(OP_SET_CPUMASK, p, IDLE, IDLE, IDLE);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(balance_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	struct balance_key key = key_of(p, !args->fork);
	u32 state = BAL_INITED;

	called(OP_INIT_TASK);
	if (bpf_map_update_elem(&tasks, &key, &state, BPF_NOEXIST))
		complain(OP_INIT_TASK, state, p);
	return 0;
}

void BPF_STRUCT_OPS(balance_exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
	struct balance_key key = key_of(p, true);

	step(OP_EXIT_TASK, p, ALL, READY, 0);
	bpf_map_delete_elem(&tasks, &key);
}

void BPF_STRUCT_OPS(balance_enable, struct task_struct *p)
{
	step(OP_ENABLE, p, ALL, READY, IDLE);
}

void BPF_STRUCT_OPS(balance_disable, struct task_struct *p)
{
	step(OP_DISABLE, p, ALL, IDLE, READY);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(balance_init)
{
	called(OP_INIT);
	return scx_bpf_create_dsq(FIFO_DSQ, -1);
}

void BPF_STRUCT_OPS(balance_exit, struct scx_exit_info *ei)
{
	called(OP_EXIT);
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops,
	       .select_cpu	= (void *)balance_select_cpu,
	       .enqueue		= (void *)balance_enqueue,
	       .dequeue		= (void *)balance_dequeue,
	       .dispatch	= (void *)balance_dispatch,
	       .tick		= (void *)balance_tick,
	       .runnable	= (void *)balance_runnable,
	       .running		= (void *)balance_running,
	       .stopping	= (void *)balance_stopping,
	       .quiescent	= (void *)balance_quiescent,
	       .yield		= (void *)balance_yield,
	       .set_weight	= (void *)balance_set_weight,
	       .set_cpumask	= (void *)balance_set_cpumask,
	       .init_task	= (void *)balance_init_task,
	       .exit_task	= (void *)balance_exit_task,
	       .enable		= (void *)balance_enable,
	       .disable		= (void *)balance_disable,
	       .init		= (void *)balance_init,
	       .exit		= (void *)balance_exit,
	       .name		= "balance");
