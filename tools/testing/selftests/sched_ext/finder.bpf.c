// SPDX-License-Identifier: GPL-2.0
/* No scheduler, but a program that finds a task. */
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
