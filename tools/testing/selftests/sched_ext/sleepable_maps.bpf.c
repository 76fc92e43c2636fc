// SPDX-License-Identifier: GPL-2.0
/*
 * Queues and stacks in programs that may sleep.
 */
#include <scx/common.bpf.h>
#include "sleepable_maps.h"

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, NR_VALUES);
	__type(value, u64);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, NR_VALUES);
	__type(value, u64);
} stack SEC(".maps");

u64 out[NR_VALUES + 1];	/* what came out, in order */
s32 err_full, err_empty;

static __always_inline int through(void *map)
{
	u64 value;
	int i;

	bpf_for(i, 0, NR_VALUES) {
		value = i;
		if (bpf_map_push_elem(map, &value, 0))
			return -1;
	}
	err_full = bpf_map_push_elem(map, &value, 0);

	if (bpf_map_peek_elem(map, &value))
		return -2;
	out[NR_VALUES] = value;
	bpf_for(i, 0, NR_VALUES) {
		if (bpf_map_pop_elem(map, &value))
			return -3;
		out[i] = value;
	}
	err_empty = bpf_map_pop_elem(map, &value);
	return 0;
}

SEC("syscall")
int through_queue(void *ctx)
{
	return through(&queue);
}

SEC("syscall")
int through_stack(void *ctx)
{
	return through(&stack);
}
