// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler with a timer: other CPUs arm it, the callback makes CPU 0
 * reschedule many times over, and CPU 0 ends it whenever a task stops there, with
 * its rq lock held, which these reschedules need.
 */
#include "fifo.bpf.h"
#include "timers.h"

#define CLOCK_MONOTONIC	1
#define TIMERS_NS	100000

struct elem {
	struct bpf_timer timer;
	u64 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct elem);
} elems SEC(".maps");

u32 end;		/* enum timers_end */
u64 nr_fired;
u64 nr_ended;
u64 nr_in_time;		/* while the callback ran */
bool firing;

static int fire(void *map, u32 *key, struct elem *e)
{
	int i;

	firing = true;
	for (i = 0; i < 50; i++)
		scx_bpf_kick_cpu(0, SCX_KICK_PREEMPT);
	firing = false;
	__sync_fetch_and_add(&nr_fired, 1);
	bpf_timer_start(&e->timer, TIMERS_NS, 0);
	return 0;
}

static void arm(void)
{
	struct elem *e, none = {};
	u32 key = 0;

	e = bpf_map_lookup_elem(&elems, &key);
	if (!e) {
		bpf_map_update_elem(&elems, &key, &none, BPF_NOEXIST);
		e = bpf_map_lookup_elem(&elems, &key);
		if (!e)
			return;
	}
	bpf_timer_init(&e->timer, &elems, CLOCK_MONOTONIC);
	if (bpf_timer_set_callback(&e->timer, fire))
		return;
	bpf_timer_start(&e->timer, TIMERS_NS, 0);
}

static void end_it(void)
{
	struct elem *e, none = {};
	bool fires = firing;
	long err = -1;
	u32 key = 0;

	e = bpf_map_lookup_elem(&elems, &key);
	if (!e)
		return;
	if (end == TIMERS_CANCEL)
		err = bpf_timer_cancel(&e->timer);
	else if (end == TIMERS_DELETE)
		err = bpf_map_delete_elem(&elems, &key);
	else
		err = bpf_map_update_elem(&elems, &key, &none, BPF_EXIST);
	if (err < 0)
		return;
	__sync_fetch_and_add(&nr_ended, 1);
	if (fires)
		__sync_fetch_and_add(&nr_in_time, 1);
}

void BPF_STRUCT_OPS(timers_running, struct task_struct *p)
{
	if (scx_bpf_task_cpu(p))
		arm();
}

void BPF_STRUCT_OPS(timers_stopping, struct task_struct *p, bool runnable)
{
	if (!scx_bpf_task_cpu(p))
		end_it();
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .running		= (void *)timers_running,
	       .stopping	= (void *)timers_stopping,
	       .name		= "timers");
