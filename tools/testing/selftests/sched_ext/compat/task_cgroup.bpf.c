// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that asks for the cgroup of the tasks it is given.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

u64 nr_cgroups;

void BPF_STRUCT_OPS(task_cgroup_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct cgroup *cgrp = scx_bpf_task_cgroup(p);

	if (cgrp->kn->id)
		__sync_fetch_and_add(&nr_cgroups, 1);
	bpf_cgroup_release(cgrp);
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(task_cgroup_running, struct task_struct *p)
{
	struct cgroup *cgrp = __COMPAT_scx_bpf_task_cgroup(p);

	if (cgrp)
		bpf_cgroup_release(cgrp);
}

void BPF_STRUCT_OPS(task_cgroup_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(task_cgroup_ops,
	       .enqueue	= (void *)task_cgroup_enqueue,
	       .running	= (void *)task_cgroup_running,
	       .exit	= (void *)task_cgroup_exit,
	       .name	= "compat_task_cgroup");
