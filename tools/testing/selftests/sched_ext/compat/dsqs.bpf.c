// SPDX-License-Identifier: GPL-2.0
/*
 * Queues, by the names of 6.12: a scheduler by virtual time with a queue of its own,
 * an overflow queue, direct inserts, inserts for other CPUs, kicks and built-in idle
 * tracking.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

#define SHARED_DSQ	0
#define FIFO_DSQ	1

const volatile bool fifo_too = true;
const volatile u32 nr_cpus = 1;

static u64 vtime_now;
u64 nr_direct, nr_vtime, nr_fifo, nr_local_on, nr_cancelled, nr_slots_seen, nr_kicked;
s32 nr_queued_unknown, destroyed;

UEI_DEFINE(uei);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u64));
	__uint(max_entries, 2);
} stats SEC(".maps");

static void stat_inc(u32 idx)
{
	u64 *cnt_p = bpf_map_lookup_elem(&stats, &idx);

	if (cnt_p)
		(*cnt_p)++;
}

s32 BPF_STRUCT_OPS(dsqs_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	bool is_idle = false;
	s32 cpu;

	cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, &is_idle);
	if (is_idle) {
		stat_inc(0);
		__sync_fetch_and_add(&nr_direct, 1);
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0);
	}
	return cpu;
}

static bool enqueue_elsewhere(struct task_struct *p, u64 enq_flags)
{
	s32 cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);

	if (cpu < 0)
		return false;
	scx_bpf_dispatch(p, SCX_DSQ_LOCAL_ON | cpu, SCX_SLICE_DFL, enq_flags);
	__sync_fetch_and_add(&nr_local_on, 1);
	scx_bpf_kick_cpu(cpu, __COMPAT_ENUM_OR_ZERO(enum scx_kick_flags, SCX_KICK_IDLE));
	__sync_fetch_and_add(&nr_kicked, 1);
	return true;
}

void BPF_STRUCT_OPS(dsqs_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 vtime = p->scx.dsq_vtime;

	stat_inc(1);
	if (!(enq_flags & SCX_ENQ_WAKEUP) && enqueue_elsewhere(p, enq_flags))
		return;
	if (fifo_too && (p->flags & PF_KTHREAD)) {
		scx_bpf_dispatch(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
		__sync_fetch_and_add(&nr_fifo, 1);
		return;
	}
	if (vtime_before(vtime, vtime_now - SCX_SLICE_DFL))
		vtime = vtime_now - SCX_SLICE_DFL;
	scx_bpf_dispatch_vtime(p, SHARED_DSQ, SCX_SLICE_DFL, vtime, enq_flags);
	__sync_fetch_and_add(&nr_vtime, 1);
}

void BPF_STRUCT_OPS(dsqs_dispatch, s32 cpu, struct task_struct *prev)
{
	if (scx_bpf_consume(FIFO_DSQ) || scx_bpf_consume(SHARED_DSQ))
		return;
	if (prev && (prev->scx.flags & SCX_TASK_QUEUED) && scx_bpf_dispatch_nr_slots()) {
		__sync_fetch_and_add(&nr_slots_seen, 1);
		scx_bpf_dispatch(prev, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, 0);
		scx_bpf_dispatch_cancel();
		__sync_fetch_and_add(&nr_cancelled, 1);
	}
}

void BPF_STRUCT_OPS(dsqs_running, struct task_struct *p)
{
	if (vtime_before(vtime_now, p->scx.dsq_vtime))
		vtime_now = p->scx.dsq_vtime;
}

void BPF_STRUCT_OPS(dsqs_stopping, struct task_struct *p, bool runnable)
{
	p->scx.dsq_vtime += (SCX_SLICE_DFL - p->scx.slice) * 100 / p->scx.weight;
}

void BPF_STRUCT_OPS(dsqs_tick, struct task_struct *p)
{
	if (scx_bpf_dsq_nr_queued(SCX_DSQ_LOCAL) > 1)
		p->scx.slice = 0;
}

void BPF_STRUCT_OPS(dsqs_enable, struct task_struct *p)
{
	p->scx.dsq_vtime = vtime_now;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(dsqs_init)
{
	s32 ret;

	ret = scx_bpf_create_dsq(SHARED_DSQ, -1);
	if (ret)
		return ret;
	ret = scx_bpf_create_dsq(FIFO_DSQ, -1);
	if (ret)
		return ret;
	ret = scx_bpf_create_dsq(FIFO_DSQ + 1, -1);
	if (ret)
		return ret;
	scx_bpf_destroy_dsq(FIFO_DSQ + 1);
	destroyed = scx_bpf_dsq_nr_queued(FIFO_DSQ + 1);
	nr_queued_unknown = scx_bpf_dsq_nr_queued(12345);
	return 0;
}

void BPF_STRUCT_OPS(dsqs_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(dsqs_ops,
	       .select_cpu		= (void *)dsqs_select_cpu,
	       .enqueue			= (void *)dsqs_enqueue,
	       .dispatch		= (void *)dsqs_dispatch,
	       .tick			= (void *)dsqs_tick,
	       .running			= (void *)dsqs_running,
	       .stopping		= (void *)dsqs_stopping,
	       .enable			= (void *)dsqs_enable,
	       .init			= (void *)dsqs_init,
	       .exit			= (void *)dsqs_exit,
	       .dispatch_max_batch	= 16,
	       .flags			= SCX_OPS_ENQ_LAST | SCX_OPS_ENQ_EXITING,
	       .timeout_ms		= 10000,
	       .exit_dump_len		= 65536,
	       .name			= "compat_dsqs");
