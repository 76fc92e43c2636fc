// SPDX-License-Identifier: GPL-2.0
/*
 * A simple scheduler: one queue that all CPUs take from, ordered by weighted
 * virtual time, or first in first out with fifo_sched. A task that wakes up and
 * finds an idle CPU goes there at once.
 *
 * Virtual time is real time on a CPU divided by weight. The queue's clock,
 * vtime_now, is that of the task furthest ahead that was started. One clock for
 * all is racy, and good enough.
 *
 * It does well on machines with one last-level cache; tasks that saturate the
 * queue in FIFO mode starve the others' latency, but nobody forever.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

#define SHARED_DSQ	0

const volatile bool fifo_sched;

static u64 vtime_now;
UEI_DEFINE(uei);

enum simple_stat {
	SIMPLE_STAT_LOCAL,	/* straight to an idle CPU */
	SIMPLE_STAT_GLOBAL,	/* through the queue */
	SIMPLE_NR_STATS,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, u32);
	__type(value, u64);
	__uint(max_entries, SIMPLE_NR_STATS);
} stats SEC(".maps");

static void count(enum simple_stat which)
{
	u32 key = which;
	u64 *cnt = bpf_map_lookup_elem(&stats, &key);

	if (cnt)
		(*cnt)++;
}

s32 BPF_STRUCT_OPS(simple_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu;

	cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);
	if (is_idle) {
		count(SIMPLE_STAT_LOCAL);
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0);
	}
	return cpu;
}

void BPF_STRUCT_OPS(simple_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 vtime = p->scx.dsq_vtime;

	count(SIMPLE_STAT_GLOBAL);
	if (fifo_sched) {
		scx_bpf_dsq_insert(p, SHARED_DSQ, SCX_SLICE_DFL, enq_flags);
		return;
	}

	/* Who slept long has saved up one slice and no more. */
	if (vtime_before(vtime, vtime_now - SCX_SLICE_DFL))
		vtime = vtime_now - SCX_SLICE_DFL;
	scx_bpf_dsq_insert_vtime(p, SHARED_DSQ, SCX_SLICE_DFL, vtime, enq_flags);
}

void BPF_STRUCT_OPS(simple_dispatch, s32 cpu, struct task_struct *prev)
{
	scx_bpf_dsq_move_to_local(SHARED_DSQ);
}

void BPF_STRUCT_OPS(simple_running, struct task_struct *p)
{
	if (!fifo_sched && vtime_before(vtime_now, p->scx.dsq_vtime))
		vtime_now = p->scx.dsq_vtime;
}

/*
 * What is left of the slice is what was not used, also when a task yields: then
 * nothing is left and it pays for the whole.
 */
void BPF_STRUCT_OPS(simple_stopping, struct task_struct *p, bool runnable)
{
	if (!fifo_sched)
		p->scx.dsq_vtime += (SCX_SLICE_DFL - p->scx.slice) * 100 / p->scx.weight;
}

void BPF_STRUCT_OPS(simple_enable, struct task_struct *p)
{
	p->scx.dsq_vtime = vtime_now;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(simple_init)
{
	return scx_bpf_create_dsq(SHARED_DSQ, -1);
}

void BPF_STRUCT_OPS(simple_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(simple_ops,
	       .select_cpu	= (void *)simple_select_cpu,
	       .enqueue		= (void *)simple_enqueue,
	       .dispatch	= (void *)simple_dispatch,
	       .running		= (void *)simple_running,
	       .stopping	= (void *)simple_stopping,
	       .enable		= (void *)simple_enable,
	       .init		= (void *)simple_init,
	       .exit		= (void *)simple_exit,
	       .name		= "simple");
