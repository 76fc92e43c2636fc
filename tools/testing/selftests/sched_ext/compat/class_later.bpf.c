// SPDX-License-Identifier: GPL-2.0
/*
 * kfuncs of 6.12 without asking whether they are there: speed of CPUs, runqueues,
 * giving back what waits for a CPU that is lost, adding to the debug dump, kicks that
 * wait.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

u64 nr_reenqueued;
u32 perf;

void BPF_STRUCT_OPS(class_later_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(class_later_tick, struct task_struct *p)
{
	s32 cpu = scx_bpf_task_cpu(p);
	struct rq *rq = scx_bpf_cpu_rq(cpu);

	perf = scx_bpf_cpuperf_cur(cpu) * 100 / scx_bpf_cpuperf_cap(cpu);
	if (rq && rq->nr_running > 1)
		scx_bpf_cpuperf_set(cpu, SCX_CPUPERF_ONE);
	if (cpu)
		scx_bpf_kick_cpu(0, SCX_KICK_PREEMPT | SCX_KICK_WAIT);
}

void BPF_STRUCT_OPS(class_later_cpu_release, s32 cpu, struct scx_cpu_release_args *args)
{
	__sync_fetch_and_add(&nr_reenqueued, scx_bpf_reenqueue_local());
}

void BPF_STRUCT_OPS(class_later_dump, struct scx_dump_ctx *dctx)
{
	scx_bpf_dump("reenqueued %llu times, perf %u", nr_reenqueued, perf);
	scx_bpf_dump("\n");
}

void BPF_STRUCT_OPS(class_later_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(class_later_ops,
	       .enqueue		= (void *)class_later_enqueue,
	       .tick		= (void *)class_later_tick,
	       .cpu_release	= (void *)class_later_cpu_release,
	       .dump		= (void *)class_later_dump,
	       .exit		= (void *)class_later_exit,
	       .name		= "compat_class_later");
