/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the BPF side of schedulers that are to load on kernels of different
 * versions. Included by common.bpf.h.
 */
#ifndef __SCX_COMPAT_BPF_H
#define __SCX_COMPAT_BPF_H

/* The running kernel's value of an enumerator, 0 if it does not have it. */
#define __COMPAT_ENUM_OR_ZERO(type, ent)				\
	(bpf_core_enum_value_exists(type, ent) ? bpf_core_enum_value(type, ent) : 0)

/*
 * Moves of tasks met by an iterator over a DSQ: by the later names of the kfuncs, by the
 * earlier ones where there are no others, and none on kernels that have neither.
 */
#define __scx_call_either(later, earlier, none, args...)		\
	(bpf_ksym_exists(later) ? later(args) :				\
	 bpf_ksym_exists(earlier) ? earlier(args) : (none))

#define __COMPAT_scx_bpf_dsq_move_set_slice(it, slice)			\
	__scx_call_either(scx_bpf_dsq_move_set_slice,			\
			  scx_bpf_dispatch_from_dsq_set_slice, (void)0, it, slice)

#define __COMPAT_scx_bpf_dsq_move_set_vtime(it, vtime)			\
	__scx_call_either(scx_bpf_dsq_move_set_vtime,			\
			  scx_bpf_dispatch_from_dsq_set_vtime, (void)0, it, vtime)

#define __COMPAT_scx_bpf_dsq_move(it, p, dsq_id, enq_flags)		\
	__scx_call_either(scx_bpf_dsq_move, scx_bpf_dispatch_from_dsq, false, \
			  it, p, dsq_id, enq_flags)

#define __COMPAT_scx_bpf_dsq_move_vtime(it, p, dsq_id, enq_flags)	\
	__scx_call_either(scx_bpf_dsq_move_vtime, scx_bpf_dispatch_vtime_from_dsq, false, \
			  it, p, dsq_id, enq_flags)

#define __COMPAT_scx_bpf_dispatch_from_dsq_set_slice(it, slice)	\
	__COMPAT_scx_bpf_dsq_move_set_slice(it, slice)

#define __COMPAT_scx_bpf_dispatch_from_dsq_set_vtime(it, vtime)	\
	__COMPAT_scx_bpf_dsq_move_set_vtime(it, vtime)

#define __COMPAT_scx_bpf_dispatch_from_dsq(it, p, dsq_id, enq_flags)	\
	__COMPAT_scx_bpf_dsq_move(it, p, dsq_id, enq_flags)

#define __COMPAT_scx_bpf_dispatch_vtime_from_dsq(it, p, dsq_id, enq_flags) \
	__COMPAT_scx_bpf_dsq_move_vtime(it, p, dsq_id, enq_flags)

/*
 * A kfunc, or what does instead of it where there is none.
 */
#define __scx_call_or(kfunc, none, args...)				\
	(bpf_ksym_exists(kfunc) ? kfunc(args) : (none))

#define __COMPAT_scx_bpf_switch_all()					\
	__scx_call_or(scx_bpf_switch_all, (void)0)

#define __COMPAT_scx_bpf_kick_cpu_IDLE(cpu)				\
	scx_bpf_kick_cpu(cpu, __COMPAT_ENUM_OR_ZERO(enum scx_kick_flags, SCX_KICK_IDLE))

/* NULL where it does not say. */
#define __COMPAT_scx_bpf_task_cgroup(p)					\
	__scx_call_or(scx_bpf_task_cgroup, NULL, p)

/* All CPUs are as fast as they can be. */
#define __COMPAT_scx_bpf_cpuperf_cap(cpu)				\
	__scx_call_or(scx_bpf_cpuperf_cap, SCX_CPUPERF_ONE, cpu)

#define __COMPAT_scx_bpf_cpuperf_cur(cpu)				\
	__scx_call_or(scx_bpf_cpuperf_cur, SCX_CPUPERF_ONE, cpu)

#define __COMPAT_scx_bpf_cpuperf_set(cpu, perf)				\
	__scx_call_or(scx_bpf_cpuperf_set, (void)0, cpu, perf)

/* Who runs on a CPU; NULL where there is no way to find out. */
#define __COMPAT_scx_bpf_cpu_curr(cpu)					\
	__scx_call_or(scx_bpf_cpu_curr, __scx_curr_of_rq(cpu), cpu)

static inline struct task_struct *__scx_curr_of_rq(s32 cpu)
{
	struct rq *rq = __scx_call_or(scx_bpf_cpu_rq, NULL, cpu);

	return rq ? rq->curr : NULL;
}

#define __COMPAT_scx_bpf_events(events, size)				\
	__scx_call_or(scx_bpf_events, (void)0, events, size)

/* Idle CPUs by NUMA node: there is a single one where nodes are not told apart. */
#define __COMPAT_scx_bpf_nr_node_ids()					\
	__scx_call_or(scx_bpf_nr_node_ids, 1U)

#define __COMPAT_scx_bpf_cpu_node(cpu)					\
	__scx_call_or(scx_bpf_cpu_node, 0, cpu)

#define __COMPAT_scx_bpf_get_idle_cpumask_node(node)			\
	__scx_call_or(scx_bpf_get_idle_cpumask_node, scx_bpf_get_idle_cpumask(), node)

#define __COMPAT_scx_bpf_get_idle_smtmask_node(node)			\
	__scx_call_or(scx_bpf_get_idle_smtmask_node, scx_bpf_get_idle_smtmask(), node)

#define __COMPAT_scx_bpf_pick_idle_cpu_node(cpus_allowed, node, flags)	\
	__scx_call_or(scx_bpf_pick_idle_cpu_node,			\
		      scx_bpf_pick_idle_cpu(cpus_allowed, flags), cpus_allowed, node, flags)

#define __COMPAT_scx_bpf_pick_any_cpu_node(cpus_allowed, node, flags)	\
	__scx_call_or(scx_bpf_pick_any_cpu_node,			\
		      scx_bpf_pick_any_cpu(cpus_allowed, flags), cpus_allowed, node, flags)

/* Time in ns, cheap where the class keeps it. */
#define scx_bpf_now()							\
	__scx_call_or(scx_bpf_now, bpf_ktime_get_ns())

/*
 * The scheduler itself. Members that are given as zero do not keep it from
 * loading on a kernel that lacks them.
 */
#define SCX_OPS_DEFINE(name, ...)					\
	SEC(".struct_ops.link")						\
	struct sched_ext_ops name = { __VA_ARGS__ }

#endif /* __SCX_COMPAT_BPF_H */
