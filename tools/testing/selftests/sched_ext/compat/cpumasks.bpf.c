// SPDX-License-Identifier: GPL-2.0
/*
 * CPU masks: all kfuncs on them, those that the class gives out, a mask that is kept
 * in a map and one in a global variable, with RCU sections in a program that may sleep.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

u64 nr_seen, nr_idle, nr_picked;
s32 first, first_zero, weight, any, any_both;
bool did_all;

static bool combine(struct bpf_cpumask *to, const struct cpumask *a, const struct cpumask *b)
{
	bool ok = bpf_cpumask_and(to, a, b);

	bpf_cpumask_or(to, a, b);
	bpf_cpumask_xor(to, a, b);
	bpf_cpumask_copy(to, a);
	ok |= bpf_cpumask_equal(a, b) || bpf_cpumask_intersects(a, b) ||
	      bpf_cpumask_subset(a, b);
	return ok && !bpf_cpumask_empty(a) && bpf_cpumask_full(cast_mask(to));
}

static void look_at(const struct cpumask *mask, const struct cpumask *other)
{
	first = bpf_cpumask_first(mask);
	first_zero = bpf_cpumask_first_zero(mask);
	weight = bpf_cpumask_weight(mask);
	any = bpf_cpumask_any_distribute(mask);
	any_both = bpf_cpumask_any_and_distribute(mask, other);
	if (bpf_cpumask_first_and(mask, other) < scx_bpf_nr_cpu_ids())
		__sync_fetch_and_add(&nr_seen, 1);
}

static s32 change(struct bpf_cpumask *mask)
{
	struct bpf_cpumask *again;

	bpf_cpumask_setall(mask);
	bpf_cpumask_clear(mask);
	bpf_cpumask_set_cpu(0, mask);
	if (!bpf_cpumask_test_cpu(0, cast_mask(mask)))
		return -EINVAL;
	bpf_cpumask_clear_cpu(0, mask);
	if (bpf_cpumask_test_and_set_cpu(0, mask) || !bpf_cpumask_test_and_clear_cpu(0, mask))
		return -EINVAL;
	again = bpf_cpumask_acquire(mask);
	bpf_cpumask_set_cpu(0, again);
	bpf_cpumask_release(again);
	return 0;
}

static s32 use_class(struct bpf_cpumask *mask)
{
	const struct cpumask *possible, *online;

	possible = scx_bpf_get_possible_cpumask();
	online = scx_bpf_get_online_cpumask();
	look_at(possible, online);
	did_all = combine(mask, possible, online);
	scx_bpf_put_cpumask(online);
	scx_bpf_put_cpumask(possible);
	return 0;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(cpumasks_init)
{
	struct bpf_cpumask *mask;
	s32 ret;

	mask = bpf_cpumask_create();
	if (!mask)
		return -ENOMEM;
	ret = change(mask) ?: use_class(mask);
	bpf_cpumask_release(mask);
	return ret;
}

s32 BPF_STRUCT_OPS(cpumasks_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	const struct cpumask *idle, *smt;
	s32 cpu = prev_cpu;

	idle = scx_bpf_get_idle_cpumask();
	smt = scx_bpf_get_idle_smtmask();
	if (bpf_cpumask_test_cpu(prev_cpu, idle) && bpf_cpumask_subset(smt, idle))
		__sync_fetch_and_add(&nr_idle, 1);
	scx_bpf_put_idle_cpumask(smt);
	scx_bpf_put_idle_cpumask(idle);

	if (scx_bpf_test_and_clear_cpu_idle(prev_cpu))
		return prev_cpu;
	cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr, SCX_PICK_IDLE_CORE);
	if (cpu < 0)
		cpu = scx_bpf_pick_idle_cpu(p->cpus_ptr, 0);
	if (cpu < 0)
		cpu = scx_bpf_pick_any_cpu(p->cpus_ptr, 0);
	__sync_fetch_and_add(&nr_picked, 1);
	return cpu < 0 ? prev_cpu : cpu;
}

void BPF_STRUCT_OPS(cpumasks_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(cpumasks_running, struct task_struct *p)
{
	s32 cpu = scx_bpf_task_cpu(p);

	if (!scx_bpf_task_running(p) || is_migration_disabled(p))
		return;
	if (!bpf_cpumask_test_cpu(cpu, p->cpus_ptr) && p->nr_cpus_allowed > 1)
		scx_bpf_error("%s[%d] runs on cpu %d", p->comm, p->pid, cpu);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(cpumasks_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	s32 cpu;

	bpf_rcu_read_lock();
	cpu = scx_bpf_pick_any_cpu(p->cpus_ptr, 0);
	bpf_rcu_read_unlock();
	return cpu < 0 && p->nr_cpus_allowed > 1 ? cpu : 0;
}

void BPF_STRUCT_OPS(cpumasks_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(cpumasks_ops,
	       .select_cpu	= (void *)cpumasks_select_cpu,
	       .enqueue		= (void *)cpumasks_enqueue,
	       .running		= (void *)cpumasks_running,
	       .init_task	= (void *)cpumasks_init_task,
	       .init		= (void *)cpumasks_init,
	       .exit		= (void *)cpumasks_exit,
	       .name		= "compat_cpumasks");
