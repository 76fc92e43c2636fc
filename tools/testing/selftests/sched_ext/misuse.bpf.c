// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that does one thing wrong when it meets a victim. What it
 * does can be changed between two attaches.
 */
#include "fifo.bpf.h"
#include "misuse.h"

#define VICTIM_SLICE	1000000

u32 misuse;		/* enum wrong_way */
s32 victim[2];
s32 forbidden_cpu;		/* to the victims */
u64 nr_harmless;
u32 bt_len;			/* frames of the backtrace that ops.exit() got */
u64 bt_first;

static __always_inline bool due(const struct task_struct *p)
{
	return p->pid == victim[0] || p->pid == victim[1];
}

static __always_inline void park(struct task_struct *p, bool vtime)
{
	if (vtime)
		scx_bpf_dispatch_vtime(p, MISUSE_PARK_DSQ, SCX_SLICE_DFL, 1, 0);
	else
		scx_bpf_dispatch(p, MISUSE_PARK_DSQ, SCX_SLICE_DFL, 0);
}

static __always_inline void insert(struct task_struct *p, u64 dsq_id, u64 enq_flags)
{
	scx_bpf_dispatch(p, dsq_id, SCX_SLICE_DFL, enq_flags);
}

static __always_inline void insert_vtime(struct task_struct *p, u64 dsq_id)
{
	scx_bpf_dispatch_vtime(p, dsq_id, SCX_SLICE_DFL, 1, 0);
}

/* Returns whether p is disposed of. */
static __always_inline bool wrong_in_enqueue(struct task_struct *p, u64 enq_flags)
{
	bool parked = scx_bpf_dsq_nr_queued(MISUSE_PARK_DSQ) > 0;

	switch (misuse) {
	case ENQ_BAD_DSQ:
		insert(p, MISUSE_NO_DSQ, enq_flags);
		return true;
	case ENQ_BAD_BUILTIN:
		insert(p, SCX_DSQ_FLAG_BUILTIN | MISUSE_NO_DSQ, enq_flags);
		return true;
	case ENQ_INVALID:
		insert(p, SCX_DSQ_INVALID, enq_flags);
		return true;
	case ENQ_BAD_LOCAL_ON:
		insert(p, SCX_DSQ_LOCAL_ON | MISUSE_NO_CPU, enq_flags);
		return true;
	case ENQ_FORBIDDEN_LOCAL_ON:
		insert(p, SCX_DSQ_LOCAL_ON | forbidden_cpu, enq_flags);
		return true;
	case ENQ_TWICE:
		insert(p, FIFO_DSQ, enq_flags);
		insert(p, FIFO_DSQ, enq_flags);
		return true;
	case ENQ_FOREIGN:
		/* Who wakes it up. */
		insert(bpf_get_current_task_btf(), FIFO_DSQ, enq_flags);
		return true;
	case ENQ_VTIME_GLOBAL:
		insert_vtime(p, SCX_DSQ_GLOBAL);
		return true;
	case ENQ_VTIME_LOCAL:
		insert_vtime(p, SCX_DSQ_LOCAL);
		return true;
	case ENQ_VTIME_LOCAL_ON:
		insert_vtime(p, SCX_DSQ_LOCAL_ON | scx_bpf_task_cpu(p));
		return true;
	case ENQ_FIFO_AMONG_VTIME:
		park(p, !parked);
		return true;
	case ENQ_VTIME_AMONG_FIFO:
		park(p, parked);
		return true;
	case ENQ_DESTROY_FULL:
		if (parked)
			scx_bpf_destroy_dsq(MISUSE_PARK_DSQ);
		park(p, false);
		return true;
	case ENQ_INTERNAL_FLAGS:
		insert(p, FIFO_DSQ, __SCX_ENQ_INTERNAL_MASK);
		__sync_fetch_and_add(&nr_harmless, 1);
		return true;
	case ENQ_KICK_BAD_CPU:
		scx_bpf_kick_cpu(MISUSE_NO_CPU, 0);
		return false;
	case ENQ_KICK_NEGATIVE_CPU:
		scx_bpf_kick_cpu(-1, 0);
		return false;
	case ENQ_KICK_BAD_FLAGS:
		scx_bpf_kick_cpu(scx_bpf_task_cpu(p), SCX_KICK_IDLE | SCX_KICK_PREEMPT);
		return false;
	}
	return false;
}

static __always_inline s32 wrong_in_select(struct task_struct *p, s32 prev_cpu)
{
	bool idle;

	switch (misuse) {
	case SELECT_BAD_CPU:
		return MISUSE_NO_CPU;
	case SELECT_NEGATIVE_CPU:
		return -1;
	case SELECT_BAD_DSQ:
		insert(p, MISUSE_NO_DSQ, 0);
		break;
	case SELECT_BAD_LOCAL_ON:
		insert(p, SCX_DSQ_LOCAL_ON | MISUSE_NO_CPU, 0);
		break;
	case SELECT_INSERT_TWICE:
		insert(p, SCX_DSQ_LOCAL, 0);
		insert(p, SCX_DSQ_LOCAL, 0);
		break;
	case SELECT_DFL_BAD_CPU:
		scx_bpf_select_cpu_dfl(p, MISUSE_NO_CPU, 0, &idle);
		break;
	}
	return prev_cpu;
}

static __always_inline void wrong_in_dispatch(struct task_struct *prev)
{
	int i;

	switch (misuse) {
	case DISPATCH_CONSUME_UNKNOWN:
		scx_bpf_consume(MISUSE_NO_DSQ);
		break;
	case DISPATCH_CONSUME_GLOBAL:
		scx_bpf_consume(SCX_DSQ_GLOBAL);
		break;
	case DISPATCH_CONSUME_LOCAL:
		scx_bpf_consume(SCX_DSQ_LOCAL);
		break;
	case DISPATCH_BAD_BUILTIN:
		insert(prev, SCX_DSQ_FLAG_BUILTIN | MISUSE_NO_DSQ, 0);
		break;
	case DISPATCH_BAD_LOCAL_ON:
		insert(prev, SCX_DSQ_LOCAL_ON | MISUSE_NO_CPU, 0);
		break;
	case DISPATCH_VTIME_GLOBAL:
		insert_vtime(prev, SCX_DSQ_GLOBAL);
		break;
	case DISPATCH_TOO_MANY:
		for (i = 0; i <= MISUSE_BATCH; i++)
			insert(prev, FIFO_DSQ, 0);
		break;
	case DISPATCH_CANCEL:
		scx_bpf_dispatch_cancel();
		break;
	case DISPATCH_SPURIOUS:
		insert(prev, FIFO_DSQ, 0);
		__sync_fetch_and_add(&nr_harmless, 1);
		break;
	}
}

s32 BPF_STRUCT_OPS(misuse_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return due(p) ? wrong_in_select(p, prev_cpu) : prev_cpu;
}

void BPF_STRUCT_OPS(misuse_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (!due(p))
		insert(p, FIFO_DSQ, enq_flags);
	else if (!wrong_in_enqueue(p, enq_flags))
		scx_bpf_dispatch(p, FIFO_DSQ, VICTIM_SLICE, enq_flags);
}

void BPF_STRUCT_OPS(misuse_dispatch, s32 cpu, struct task_struct *prev)
{
	if (prev && due(prev))
		wrong_in_dispatch(prev);
	scx_bpf_consume(FIFO_DSQ);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(misuse_init)
{
	return scx_bpf_create_dsq(FIFO_DSQ, -1) ?:
	       scx_bpf_create_dsq(MISUSE_PARK_DSQ, -1);
}

void BPF_STRUCT_OPS(misuse_exit, struct scx_exit_info *ei)
{
	bt_len = ei->bt_len;
	bpf_probe_read_kernel(&bt_first, sizeof(bt_first), ei->bt);
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu		= (void *)misuse_select_cpu,
	       .enqueue			= (void *)misuse_enqueue,
	       .dispatch		= (void *)misuse_dispatch,
	       .init			= (void *)misuse_init,
	       .exit			= (void *)misuse_exit,
	       .dispatch_max_batch	= MISUSE_BATCH,
	       .name			= "misuse");
