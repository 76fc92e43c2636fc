// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler for watching one CPU: a hog keeps it busy for good, and up to
 * PLACE_MAX waiters are put behind it with the flags that are under test. The
 * order in which the waiters come to run is written down.
 */
#include "fifo.bpf.h"
#include "place.h"

#define PARK_DSQ	1

s32 target;			/* the CPU */
s32 hog;
s32 waiter[PLACE_MAX];
u64 enq_flags_of[PLACE_MAX];
u32 place;			/* enum where */
u64 kick_flags;

s32 order[PLACE_MAX];		/* waiters as they came to run, each the first time */
bool in_order[PLACE_MAX];
u32 nr_order;
u64 hog_stops;
u32 placed_from;		/* CPU on which the last one was enqueued */

static __always_inline int waiter_of(const struct task_struct *p)
{
	int i;

	for (i = 0; i < PLACE_MAX; i++)
		if (p->pid == waiter[i])
			return i;
	return -1;
}

static __always_inline void place_waiter(struct task_struct *p, u64 enq_flags)
{
	switch (place) {
	case PLACE_LOCAL:
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
		break;
	case PLACE_LOCAL_ON:
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL_ON | target, SCX_SLICE_DFL, enq_flags);
		break;
	case PLACE_PARK:
		scx_bpf_dispatch(p, PARK_DSQ, SCX_SLICE_DFL, enq_flags);
		scx_bpf_kick_cpu(target, kick_flags);
		break;
	}
	placed_from = scx_bpf_task_cpu(p);
}

/* Keeps waiters away from the CPU until they are put there. */
s32 BPF_STRUCT_OPS(place_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	if (waiter_of(p) >= 0 && prev_cpu == target)
		return target ? 0 : 1;
	return prev_cpu;
}

void BPF_STRUCT_OPS(place_enqueue, struct task_struct *p, u64 enq_flags)
{
	int i = waiter_of(p);

	if (p->pid == hog)
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
	else if (i >= 0 && i < PLACE_MAX)
		place_waiter(p, enq_flags | enq_flags_of[i]);
	else
		scx_bpf_dispatch(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(place_dispatch, s32 cpu, struct task_struct *prev)
{
	if (cpu != target || !scx_bpf_consume(PARK_DSQ))
		scx_bpf_consume(FIFO_DSQ);
}

void BPF_STRUCT_OPS(place_running, struct task_struct *p)
{
	int i = waiter_of(p);
	u32 n;

	/* Also if it was not enqueued since it belongs to us. */
	if (p->pid == hog)
		p->scx.slice = SCX_SLICE_INF;
	if (i < 0 || i >= PLACE_MAX || in_order[i])
		return;
	in_order[i] = true;
	n = __sync_fetch_and_add(&nr_order, 1);
	if (n < PLACE_MAX)
		order[n] = i;
}

void BPF_STRUCT_OPS(place_stopping, struct task_struct *p, bool runnable)
{
	if (p->pid == hog)
		__sync_fetch_and_add(&hog_stops, 1);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(place_init)
{
	return scx_bpf_create_dsq(FIFO_DSQ, -1) ?: scx_bpf_create_dsq(PARK_DSQ, -1);
}

/* Waiters in the queue that they are put in. */
SEC("syscall")
int queued(void *ctx)
{
	if (place == PLACE_PARK)
		return scx_bpf_dsq_nr_queued(PARK_DSQ);
	return scx_bpf_dsq_nr_queued(SCX_DSQ_LOCAL_ON | target);
}

SEC("syscall")
int kick_target(void *ctx)
{
	scx_bpf_kick_cpu(target, kick_flags);
	return 0;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)place_select_cpu,
	       .enqueue		= (void *)place_enqueue,
	       .dispatch	= (void *)place_dispatch,
	       .running		= (void *)place_running,
	       .stopping	= (void *)place_stopping,
	       .init		= (void *)place_init,
	       .name		= "place");
