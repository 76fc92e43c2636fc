// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that does one thing with a victim, in enqueue or in dispatch, and
 * may say before that it is in error. The victim is asleep on a CPU of its own until
 * the test wakes it up. Another CPU has a spinner, to which this scheduler gives
 * endless time, and a task is parked in a DSQ.
 */
#include "fifo.bpf.h"
#include "after_error.h"

#define OPSS_STATE_MASK	3	/* p->scx.ops_state, below its sequence number */

u32 act;			/* enum after_act */
bool error_first;
bool in_dispatch;		/* else in enqueue */
s32 victim, parked, spinner;
s32 spinner_cpu;

volatile u64 nr_acts;
volatile bool spinning;		/* with endless time */
volatile u64 nr_parked;
volatile u32 kept;		/* the victim is the scheduler's to dispatch */
volatile u64 victim_runs, parked_runs;
volatile u64 nr_moved;		/* consumes and moves that said so */
volatile s64 slots_taken;	/* of dispatch, by the act */
struct after_seen seen;

static void look_at(const struct task_struct *p, struct after_task *at)
{
	u64 state = p->scx.ops_state.counter & OPSS_STATE_MASK;

	at->slice = p->scx.slice;
	at->vtime = p->scx.dsq_vtime;
	at->cpu = scx_bpf_task_cpu(p);
	at->owned = state == SCX_OPSS_QUEUED && !p->scx.dsq;
}

static void look_for(s32 pid, struct after_task *at)
{
	struct task_struct *p = bpf_task_from_pid(pid);

	if (!p)
		return;
	look_at(p, at);
	bpf_task_release(p);
}

/* When it is all over, but for the unloading. */
SEC("syscall")
int look(void *ctx)
{
	struct after_task of_spinner = {};
	int i;

	look_for(victim, &seen.victim);
	look_for(parked, &seen.parked);
	look_for(spinner, &of_spinner);
	seen.spinner_slice = of_spinner.slice;
	seen.victim.runs = victim_runs;
	seen.parked.runs = parked_runs;
	for (i = AFTER_DSQ; i <= AFTER_PARK_DSQ; i++)
		seen.nr_queued[i] = scx_bpf_dsq_nr_queued(i);
	return 0;
}

static __always_inline void mark(struct task_struct *p)
{
	p->scx.slice = AFTER_OLD_SLICE;
	p->scx.dsq_vtime = AFTER_OLD_VTIME;
}

static __always_inline void do_insert(struct task_struct *p)
{
	if (act == AFTER_INSERT)
		scx_bpf_dsq_insert(p, AFTER_DSQ, AFTER_NEW_SLICE, 0);
	else if (act == AFTER_INSERT_VTIME)
		scx_bpf_dsq_insert_vtime(p, AFTER_VTIME_DSQ, AFTER_NEW_SLICE, AFTER_NEW_VTIME, 0);
	else if (act == AFTER_INSERT_REMOTE)
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL_ON | spinner_cpu, AFTER_NEW_SLICE, 0);
	else if (act == AFTER_KICK)
		scx_bpf_kick_cpu(spinner_cpu, SCX_KICK_PREEMPT);
}

static __always_inline void do_move(void)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	bool moved = false;

	if (act == AFTER_CONSUME) {
		nr_moved += scx_bpf_dsq_move_to_local(AFTER_PARK_DSQ);
		return;
	}
	if (act != AFTER_MOVE && act != AFTER_MOVE_VTIME)
		return;
	bpf_iter_scx_dsq_new(&it, AFTER_PARK_DSQ, 0);
	p = bpf_iter_scx_dsq_next(&it);
	if (p) {
		scx_bpf_dsq_move_set_slice(&it, AFTER_NEW_SLICE);
		scx_bpf_dsq_move_set_vtime(&it, AFTER_NEW_VTIME);
		if (act == AFTER_MOVE)
			moved = scx_bpf_dsq_move(&it, p, AFTER_DSQ, 0);
		else
			moved = scx_bpf_dsq_move_vtime(&it, p, AFTER_VTIME_DSQ, 0);
	}
	bpf_iter_scx_dsq_destroy(&it);
	nr_moved += moved;
}

static __always_inline void say_error(const struct task_struct *p)
{
	if (error_first)
		scx_bpf_error("the first, of %d", p->pid);
}

/* Is not heard: the scheduler has come to its end. */
static __always_inline void say_another(void)
{
	if (error_first)
		scx_bpf_error("the second");
	nr_acts++;
}

s32 BPF_STRUCT_OPS(after_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

static __always_inline void enqueue_victim(struct task_struct *p)
{
	mark(p);
	if (in_dispatch) {
		kept = 1;
		return;
	}
	say_error(p);
	do_insert(p);
	say_another();
}

void BPF_STRUCT_OPS(after_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 slice = p->pid == spinner && !spinning ? SCX_SLICE_INF : SCX_SLICE_DFL;

	if (p->pid == victim && !nr_acts) {
		enqueue_victim(p);
	} else if (p->pid == parked) {
		mark(p);
		scx_bpf_dsq_insert(p, AFTER_PARK_DSQ, 0, 0);
		nr_parked++;
	} else {
		scx_bpf_dsq_insert(p, FIFO_DSQ, slice, enq_flags);
	}
}

/* Whoever comes first, once ops.enqueue() has returned. */
static __always_inline void dispatch_victim(void)
{
	struct task_struct *p;
	u32 slots;

	p = bpf_task_from_pid(victim);
	if (!p)
		return;
	if ((p->scx.ops_state.counter & OPSS_STATE_MASK) == SCX_OPSS_QUEUED &&
	    __sync_bool_compare_and_swap(&kept, 1, 0)) {
		if (act == AFTER_NOTED)
			scx_bpf_dsq_insert(p, AFTER_DSQ, 0, 0);
		say_error(p);
		slots = scx_bpf_dispatch_nr_slots();
		do_insert(p);
		slots_taken = (s64)slots - scx_bpf_dispatch_nr_slots();
		do_move();
		say_another();
	}
	bpf_task_release(p);
}

void BPF_STRUCT_OPS(after_dispatch, s32 cpu, struct task_struct *prev)
{
	if (kept)
		dispatch_victim();
	scx_bpf_dsq_move_to_local(FIFO_DSQ);
}

void BPF_STRUCT_OPS(after_running, struct task_struct *p)
{
	if (p->pid == victim)
		victim_runs++;
	else if (p->pid == parked)
		parked_runs++;
	else if (p->pid == spinner && p->scx.slice == SCX_SLICE_INF)
		spinning = true;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(after_init)
{
	return scx_bpf_create_dsq(FIFO_DSQ, -1) ?:
	       scx_bpf_create_dsq(AFTER_DSQ, -1) ?:
	       scx_bpf_create_dsq(AFTER_VTIME_DSQ, -1) ?:
	       scx_bpf_create_dsq(AFTER_PARK_DSQ, -1);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)after_select_cpu,
	       .enqueue		= (void *)after_enqueue,
	       .dispatch	= (void *)after_dispatch,
	       .running		= (void *)after_running,
	       .init		= (void *)after_init,
	       .name		= "after_error");
