// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler as a plain struct_ops map, which is registered without a link, and
 * programs that try to do that.
 */
#include "fifo.bpf.h"

s32 map_fd;
u32 key;
u8 value[4096];

SEC("syscall")
int update(void *ctx)
{
	union bpf_attr attr = {
		.map_fd	= map_fd,
		.key	= (unsigned long)&key,
		.value	= (unsigned long)value,
	};

	return bpf_sys_bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

SEC("syscall")
int delete(void *ctx)
{
	union bpf_attr attr = {
		.map_fd	= map_fd,
		.key	= (unsigned long)&key,
	};

	return bpf_sys_bpf(BPF_MAP_DELETE_ELEM, &attr, sizeof(attr));
}

SEC(".struct_ops")
struct sched_ext_ops ops = { FIFO_OPS, .name = "plain" };
