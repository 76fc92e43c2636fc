// SPDX-License-Identifier: GPL-2.0
/*
 * Timers that are started for a point in time, or on the CPU that starts them.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

struct elem {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct elem);
} elems SEC(".maps");

u64 delay_ns, flags;	/* asked for */
u64 due, fired;		/* by bpf_ktime_get_ns() */
s32 started_on, fired_on;

static int fires(void *map, u32 *key, struct elem *e)
{
	fired_on = bpf_get_smp_processor_id();
	fired = bpf_ktime_get_ns();
	return 0;
}

SEC("syscall")
int start(void *ctx)
{
	struct elem *e;
	u32 key = 0;
	u64 when;

	e = bpf_map_lookup_elem(&elems, &key);
	if (!e)
		return -1;
	bpf_timer_init(&e->timer, &elems, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&e->timer, fires);
	fired = 0;
	started_on = bpf_get_smp_processor_id();
	due = bpf_ktime_get_ns() + delay_ns;
	when = flags & BPF_F_TIMER_ABS ? due : delay_ns;
	return bpf_timer_start(&e->timer, when, flags);
}
