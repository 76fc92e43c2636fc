// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler with a thousand queues. Tasks are spread over them by pid; which
 * of the queues has one is remembered in a map.
 */
#include "fifo.bpf.h"
#include "many_dsqs.h"

s32 result[NR_DSQ_RESULTS];
volatile u64 nr_through;		/* tasks that came out of a queue */

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, u64);
	__uint(max_entries, 16384);
} filled SEC(".maps");

/* The first error of creating all from first on, every step. */
static s32 create(u64 first, u64 step)
{
	s32 err;
	u64 id;

	for (id = first; id <= MANY_DSQS; id += step) {
		err = scx_bpf_create_dsq(id, -1);
		if (err)
			return err;
	}
	return 0;
}

static void destroy(u64 first, u64 step)
{
	u64 id;

	for (id = first; id <= MANY_DSQS; id += step)
		scx_bpf_destroy_dsq(id);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(many_init)
{
	result[DSQ_CREATE_ALL] = create(1, 1);
	result[DSQ_CREATE_TWICE] = scx_bpf_create_dsq(7, -1);
	result[DSQ_CREATE_BUILTIN] = scx_bpf_create_dsq(SCX_DSQ_FLAG_BUILTIN | 7, -1);
	result[DSQ_CREATE_GLOBAL] = scx_bpf_create_dsq(SCX_DSQ_GLOBAL, -1);
	result[DSQ_CREATE_BAD_NODE] = scx_bpf_create_dsq(MANY_DSQS + 1, 1 << 20);
	result[DSQ_NR_QUEUED] = scx_bpf_dsq_nr_queued(8);

	destroy(2, 2);
	result[DSQ_NR_QUEUED_GONE] = scx_bpf_dsq_nr_queued(8);
	result[DSQ_NR_QUEUED_KEPT] = scx_bpf_dsq_nr_queued(7);
	result[DSQ_CREATE_AGAIN] = create(2, 2);
	result[DSQ_NR_QUEUED_AGAIN] = scx_bpf_dsq_nr_queued(8);

	result[DSQ_CREATE_LARGE_ID] = scx_bpf_create_dsq(LARGE_DSQ, -1);
	result[DSQ_NR_QUEUED_LARGE_ID] = scx_bpf_dsq_nr_queued(LARGE_DSQ);
	result[DSQ_NR_QUEUED_UNKNOWN] = scx_bpf_dsq_nr_queued(LARGE_DSQ - 1);
	result[DSQ_NR_QUEUED_GLOBAL] = scx_bpf_dsq_nr_queued(SCX_DSQ_GLOBAL);
	return 0;
}

void BPF_STRUCT_OPS(many_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 id = (u32)p->pid % MANY_DSQS + 1;

	/* Only one CPU can serve it: no queue for that. */
	if (p->nr_cpus_allowed == 1 || bpf_map_push_elem(&filled, &id, 0)) {
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
		return;
	}
	scx_bpf_dsq_insert(p, id, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(many_dispatch, s32 cpu, struct task_struct *prev)
{
	u64 id;
	int i;

	for (i = 0; i < 32; i++) {
		if (bpf_map_pop_elem(&filled, &id))
			return;
		if (scx_bpf_dsq_move_to_local(id)) {
			__sync_fetch_and_add(&nr_through, 1);
			return;
		}
		/* Not on its way any more, or not for this CPU. */
		if (scx_bpf_dsq_nr_queued(id) > 0)
			bpf_map_push_elem(&filled, &id, 0);
	}
}

SCX_OPS_DEFINE(ops,
	       .enqueue		= (void *)many_enqueue,
	       .dispatch	= (void *)many_dispatch,
	       .init		= (void *)many_init,
	       .exit		= (void *)fifo_exit,
	       .name		= "many_dsqs");
