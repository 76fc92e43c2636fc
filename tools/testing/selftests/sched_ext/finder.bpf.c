// SPDX-License-Identifier: GPL-2.0
/* No scheduler, but programs that find a task and a cgroup. */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

SEC("syscall")
int finder(void *ctx)
{
	struct task_struct *p = bpf_task_from_pid(1);

	if (!p)
		return -ESRCH;
	bpf_task_release(p);
	return 0;
}

SEC("syscall")
int cgroup_finder(void *ctx)
{
	struct cgroup *cgrp = bpf_cgroup_from_id(1);

	if (!cgrp)
		return -ENOENT;
	bpf_cgroup_release(cgrp);
	return 0;
}
