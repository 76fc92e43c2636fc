// SPDX-License-Identifier: GPL-2.0
/*
 * A program for every operation of 6.12, those on cgroups included.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

u64 dumped_at;

s32 BPF_STRUCT_OPS(all_ops_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return (wake_flags & SCX_WAKE_SYNC) ? (s32)bpf_get_smp_processor_id() : prev_cpu;
}

void BPF_STRUCT_OPS(all_ops_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (enq_flags & (SCX_ENQ_HEAD | SCX_ENQ_PREEMPT | SCX_ENQ_REENQ | SCX_ENQ_LAST))
		scx_bpf_dispatch(p, SCX_DSQ_LOCAL, SCX_SLICE_INF, enq_flags);
	else
		scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(all_ops_dequeue, struct task_struct *p, u64 deq_flags)
{
	if (deq_flags & (SCX_DEQ_SLEEP | SCX_DEQ_CORE_SCHED_EXEC))
		return;
}

void BPF_STRUCT_OPS(all_ops_dispatch, s32 cpu, struct task_struct *prev)
{
	if (prev && prev->scx.slice)
		return;
}

void BPF_STRUCT_OPS(all_ops_tick, struct task_struct *p)
{
	if (p->scx.weight > 100)
		p->scx.slice = 0;
}

void BPF_STRUCT_OPS(all_ops_runnable, struct task_struct *p, u64 enq_flags)
{
}

void BPF_STRUCT_OPS(all_ops_running, struct task_struct *p)
{
}

void BPF_STRUCT_OPS(all_ops_stopping, struct task_struct *p, bool runnable)
{
}

void BPF_STRUCT_OPS(all_ops_quiescent, struct task_struct *p, u64 deq_flags)
{
}

bool BPF_STRUCT_OPS(all_ops_yield, struct task_struct *from, struct task_struct *to)
{
	return to && to->scx.slice > from->scx.slice;
}

bool BPF_STRUCT_OPS(all_ops_core_sched_before, struct task_struct *a, struct task_struct *b)
{
	return vtime_before(a->scx.dsq_vtime, b->scx.dsq_vtime);
}

void BPF_STRUCT_OPS(all_ops_set_weight, struct task_struct *p, u32 weight)
{
}

void BPF_STRUCT_OPS(all_ops_set_cpumask, struct task_struct *p, const struct cpumask *cpumask)
{
	if (bpf_cpumask_test_cpu(0, cpumask))
		return;
}

void BPF_STRUCT_OPS(all_ops_update_idle, s32 cpu, bool idle)
{
}

void BPF_STRUCT_OPS(all_ops_cpu_acquire, s32 cpu, struct scx_cpu_acquire_args *args)
{
}

void BPF_STRUCT_OPS(all_ops_cpu_release, s32 cpu, struct scx_cpu_release_args *args)
{
	if (args->reason == SCX_CPU_PREEMPT_RT || args->reason == SCX_CPU_PREEMPT_DL ||
	    args->reason == SCX_CPU_PREEMPT_STOP)
		return;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(all_ops_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	if (p->tgid < 0 && !args->fork)
		p->scx.disallow = true;
	return args->cgroup ? 0 : -ENOENT;
}

void BPF_STRUCT_OPS(all_ops_exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
	if (args->cancelled)
		return;
}

void BPF_STRUCT_OPS(all_ops_enable, struct task_struct *p)
{
}

void BPF_STRUCT_OPS(all_ops_disable, struct task_struct *p)
{
}

void BPF_STRUCT_OPS(all_ops_dump, struct scx_dump_ctx *dctx)
{
	if (dctx->kind >= SCX_EXIT_ERROR && dctx->exit_code && dctx->reason)
		dumped_at = dctx->at_ns + dctx->at_jiffies;
}

void BPF_STRUCT_OPS(all_ops_dump_cpu, struct scx_dump_ctx *dctx, s32 cpu, bool idle)
{
}

void BPF_STRUCT_OPS(all_ops_dump_task, struct scx_dump_ctx *dctx, struct task_struct *p)
{
}

s32 BPF_STRUCT_OPS_SLEEPABLE(all_ops_cgroup_init, struct cgroup *cgrp,
			     struct scx_cgroup_init_args *args)
{
	return args->weight ? 0 : -EINVAL;
}

void BPF_STRUCT_OPS_SLEEPABLE(all_ops_cgroup_exit, struct cgroup *cgrp)
{
}

s32 BPF_STRUCT_OPS_SLEEPABLE(all_ops_cgroup_prep_move, struct task_struct *p,
			     struct cgroup *from, struct cgroup *to)
{
	return from->kn->id == to->kn->id;
}

void BPF_STRUCT_OPS(all_ops_cgroup_move, struct task_struct *p, struct cgroup *from,
		    struct cgroup *to)
{
}

void BPF_STRUCT_OPS(all_ops_cgroup_cancel_move, struct task_struct *p, struct cgroup *from,
		    struct cgroup *to)
{
}

void BPF_STRUCT_OPS(all_ops_cgroup_set_weight, struct cgroup *cgrp, u32 weight)
{
}

void BPF_STRUCT_OPS_SLEEPABLE(all_ops_cpu_online, s32 cpu)
{
}

void BPF_STRUCT_OPS_SLEEPABLE(all_ops_cpu_offline, s32 cpu)
{
}

s32 BPF_STRUCT_OPS_SLEEPABLE(all_ops_init)
{
	return 0;
}

void BPF_STRUCT_OPS_SLEEPABLE(all_ops_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(all_ops_ops,
	       .select_cpu		= (void *)all_ops_select_cpu,
	       .enqueue			= (void *)all_ops_enqueue,
	       .dequeue			= (void *)all_ops_dequeue,
	       .dispatch		= (void *)all_ops_dispatch,
	       .tick			= (void *)all_ops_tick,
	       .runnable		= (void *)all_ops_runnable,
	       .running			= (void *)all_ops_running,
	       .stopping		= (void *)all_ops_stopping,
	       .quiescent		= (void *)all_ops_quiescent,
	       .yield			= (void *)all_ops_yield,
	       .core_sched_before	= (void *)all_ops_core_sched_before,
	       .set_weight		= (void *)all_ops_set_weight,
	       .set_cpumask		= (void *)all_ops_set_cpumask,
	       .update_idle		= (void *)all_ops_update_idle,
	       .cpu_acquire		= (void *)all_ops_cpu_acquire,
	       .cpu_release		= (void *)all_ops_cpu_release,
	       .init_task		= (void *)all_ops_init_task,
	       .exit_task		= (void *)all_ops_exit_task,
	       .enable			= (void *)all_ops_enable,
	       .disable			= (void *)all_ops_disable,
	       .dump			= (void *)all_ops_dump,
	       .dump_cpu		= (void *)all_ops_dump_cpu,
	       .dump_task		= (void *)all_ops_dump_task,
	       .cgroup_init		= (void *)all_ops_cgroup_init,
	       .cgroup_exit		= (void *)all_ops_cgroup_exit,
	       .cgroup_prep_move	= (void *)all_ops_cgroup_prep_move,
	       .cgroup_move		= (void *)all_ops_cgroup_move,
	       .cgroup_cancel_move	= (void *)all_ops_cgroup_cancel_move,
	       .cgroup_set_weight	= (void *)all_ops_cgroup_set_weight,
	       .cpu_online		= (void *)all_ops_cpu_online,
	       .cpu_offline		= (void *)all_ops_cpu_offline,
	       .init			= (void *)all_ops_init,
	       .exit			= (void *)all_ops_exit,
	       .flags			= SCX_OPS_KEEP_BUILTIN_IDLE | SCX_OPS_ENQ_LAST |
					  SCX_OPS_HAS_CGROUP_WEIGHT,
	       .hotplug_seq		= 0,
	       .name			= "compat_all_ops");
