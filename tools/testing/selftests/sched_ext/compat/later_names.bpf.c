// SPDX-License-Identifier: GPL-2.0
/*
 * The same by the names that came with 6.13, and what came after: weak, and only
 * called where the kernel has it, or by way of what does instead.
 */
#include <scx/common.bpf.h>
#include "types.h"

char _license[] SEC("license") = "GPL";

#define SHARED_DSQ	0
#define FIFO_DSQ	1

UEI_DEFINE(uei);

u64 started_at, nr_run, nr_used, nr_nodes, nr_v1, nr_curr, ran_at;
s32 node, cpu_picked;
u32 perf_cap, perf_cur;

/* A kfunc that says whether it worked in later kernels, under another name. */
bool scx_bpf_dsq_insert___v2(struct task_struct *p, u64 dsq_id, u64 slice,
			     u64 enq_flags) __ksym __weak;
void scx_bpf_dsq_insert___v1(struct task_struct *p, u64 dsq_id, u64 slice,
			     u64 enq_flags) __ksym __weak;

static bool insert(struct task_struct *p, u64 dsq_id)
{
	if (bpf_ksym_exists(scx_bpf_dsq_insert___v2))
		return scx_bpf_dsq_insert___v2(p, dsq_id, SCX_SLICE_DFL, 0);
	scx_bpf_dsq_insert___v1(p, dsq_id, SCX_SLICE_DFL, 0);
	__sync_fetch_and_add(&nr_v1, 1);
	return true;
}

void BPF_STRUCT_OPS(later_names_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (p->flags & PF_KTHREAD)
		scx_bpf_dsq_insert_vtime(p, SHARED_DSQ, SCX_SLICE_DFL, 0, enq_flags);
	else if (p->pid & 1)
		scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
	else if (!insert(p, FIFO_DSQ))
		scx_bpf_error("%s[%d] is not inserted", p->comm, p->pid);
}

void BPF_STRUCT_OPS(later_names_dispatch, s32 cpu, struct task_struct *prev)
{
	if (!scx_bpf_dsq_move_to_local(SHARED_DSQ))
		scx_bpf_dsq_move_to_local(FIFO_DSQ);
}

static void use_later(struct task_struct *p)
{
	struct scx_event_stats events;
	s32 cpu = scx_bpf_task_cpu(p);

	if (bpf_ksym_exists(scx_bpf_task_set_slice))
		nr_used += scx_bpf_task_set_slice(p, SCX_SLICE_DFL);
	if (bpf_ksym_exists(scx_bpf_task_set_dsq_vtime))
		nr_used += scx_bpf_task_set_dsq_vtime(p, 1);
	if (bpf_ksym_exists(scx_bpf_locked_rq))
		nr_used += !!scx_bpf_locked_rq();
	if (bpf_ksym_exists(scx_bpf_dsq_peek))
		nr_used += !!scx_bpf_dsq_peek(SHARED_DSQ);
	if (bpf_ksym_exists(scx_bpf_cpu_curr)) {
		bpf_rcu_read_lock();
		nr_used += !!scx_bpf_cpu_curr(cpu);
		bpf_rcu_read_unlock();
	}
	bpf_rcu_read_lock();
	if (__COMPAT_scx_bpf_cpu_curr(cpu))
		__sync_fetch_and_add(&nr_curr, 1);
	bpf_rcu_read_unlock();
	__COMPAT_scx_bpf_events(&events, sizeof(events));
	__COMPAT_scx_bpf_cpuperf_set(cpu, SCX_CPUPERF_ONE / 2);
	perf_cap = __COMPAT_scx_bpf_cpuperf_cap(cpu);
	perf_cur = __COMPAT_scx_bpf_cpuperf_cur(cpu);
}

static void use_nodes(struct task_struct *p)
{
	const struct cpumask *idle;
	s32 cpu;

	nr_nodes = __COMPAT_scx_bpf_nr_node_ids();
	node = __COMPAT_scx_bpf_cpu_node(scx_bpf_task_cpu(p));
	idle = __COMPAT_scx_bpf_get_idle_cpumask_node(node);
	nr_used += bpf_cpumask_empty(idle);
	scx_bpf_put_cpumask(idle);
	idle = __COMPAT_scx_bpf_get_idle_smtmask_node(node);
	nr_used += bpf_cpumask_empty(idle);
	scx_bpf_put_cpumask(idle);
	cpu = __COMPAT_scx_bpf_pick_idle_cpu_node(p->cpus_ptr, node, 0);
	if (cpu >= 0)
		__COMPAT_scx_bpf_kick_cpu_IDLE(cpu);
	cpu_picked = __COMPAT_scx_bpf_pick_any_cpu_node(p->cpus_ptr, node, 0);
}

void BPF_STRUCT_OPS(later_names_running, struct task_struct *p)
{
	ran_at = scx_bpf_now();
	use_later(p);
	use_nodes(p);
	__sync_fetch_and_add(&nr_run, 1);
}

s32 BPF_STRUCT_OPS(later_names_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	s32 cpu = -EBUSY;

	if (bpf_ksym_exists(scx_bpf_select_cpu_and))
		cpu = scx_bpf_select_cpu_and(p, prev_cpu, wake_flags, p->cpus_ptr, 0);
	return cpu >= 0 ? cpu : prev_cpu;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(later_names_init)
{
	started_at = scx_bpf_now();
	__COMPAT_scx_bpf_switch_all();
	return scx_bpf_create_dsq(SHARED_DSQ, -1) ?: scx_bpf_create_dsq(FIFO_DSQ, -1);
}

void BPF_STRUCT_OPS(later_names_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(later_names_ops,
	       .select_cpu	= (void *)later_names_select_cpu,
	       .enqueue		= (void *)later_names_enqueue,
	       .dispatch	= (void *)later_names_dispatch,
	       .running		= (void *)later_names_running,
	       .init		= (void *)later_names_init,
	       .exit		= (void *)later_names_exit,
	       .flags		= SCX_OPS_SWITCH_PARTIAL,
	       .name		= "compat_later_names");
