// SPDX-License-Identifier: GPL-2.0
/* No scheduler, but a program that can end one with a message. */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

SEC("syscall")
int bystander(void *ctx)
{
	scx_bpf_error("from outside");
	return 0;
}
