// SPDX-License-Identifier: GPL-2.0
/*
 * A program for every op, of which the test gives one to the scheduler.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

s32 BPF_STRUCT_OPS(any_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

void BPF_STRUCT_OPS(any_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

/* NAME must be an op with these arguments; it does nothing. */
#define EMPTY_OP(name, args...)						\
	void BPF_STRUCT_OPS(any_##name, ##args) {}

EMPTY_OP(dequeue, struct task_struct *p, u64 deq_flags)
EMPTY_OP(dispatch, s32 cpu, struct task_struct *prev)
EMPTY_OP(tick, struct task_struct *p)
EMPTY_OP(runnable, struct task_struct *p, u64 enq_flags)
EMPTY_OP(running, struct task_struct *p)
EMPTY_OP(stopping, struct task_struct *p, bool runnable)
EMPTY_OP(quiescent, struct task_struct *p, u64 deq_flags)
EMPTY_OP(set_weight, struct task_struct *p, u32 weight)
EMPTY_OP(set_cpumask, struct task_struct *p, const struct cpumask *cpumask)
EMPTY_OP(update_idle, s32 cpu, bool idle)
EMPTY_OP(cpu_acquire, s32 cpu, struct scx_cpu_acquire_args *args)
EMPTY_OP(cpu_release, s32 cpu, struct scx_cpu_release_args *args)
EMPTY_OP(exit_task, struct task_struct *p, struct scx_exit_task_args *args)
EMPTY_OP(enable, struct task_struct *p)
EMPTY_OP(disable, struct task_struct *p)
EMPTY_OP(dump, struct scx_dump_ctx *dctx)
EMPTY_OP(dump_cpu, struct scx_dump_ctx *dctx, s32 cpu, bool idle)
EMPTY_OP(dump_task, struct scx_dump_ctx *dctx, struct task_struct *p)
EMPTY_OP(cgroup_exit, struct cgroup *cgrp)
EMPTY_OP(cgroup_move, struct task_struct *p, struct cgroup *from, struct cgroup *to)
EMPTY_OP(cgroup_cancel_move, struct task_struct *p, struct cgroup *from, struct cgroup *to)
EMPTY_OP(cgroup_set_weight, struct cgroup *cgrp, u32 weight)
EMPTY_OP(cpu_online, s32 cpu)
EMPTY_OP(cpu_offline, s32 cpu)
EMPTY_OP(exit, struct scx_exit_info *ei)

bool BPF_STRUCT_OPS(any_yield, struct task_struct *from, struct task_struct *to)
{
	return false;
}

bool BPF_STRUCT_OPS(any_core_sched_before, struct task_struct *a, struct task_struct *b)
{
	return false;
}

s32 BPF_STRUCT_OPS(any_init_task, struct task_struct *p, struct scx_init_task_args *args)
{
	return 0;
}

s32 BPF_STRUCT_OPS(any_cgroup_init, struct cgroup *cgrp, struct scx_cgroup_init_args *args)
{
	return 0;
}

s32 BPF_STRUCT_OPS(any_cgroup_prep_move, struct task_struct *p, struct cgroup *from,
		   struct cgroup *to)
{
	return 0;
}

s32 BPF_STRUCT_OPS(any_init)
{
	return 0;
}

SCX_OPS_DEFINE(ops, .name = "any_op");
