// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks and what is kept of them: storage, queues of pids, lookups by pid, pointers
 * that RCU protects, a timer, ring buffer, loops.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

#define SHARED_DSQ	0
#define TIMER_NS	5000000

const volatile u32 nr_cpus = 1;
const volatile s32 watched;

u64 nr_ctx_missing, nr_queued, nr_popped, nr_found, nr_named, nr_timer, nr_events, nr_forks;
u64 nr_parents, nr_roots, nr_bits, nr_repeats;

struct task_ctx {
	u64 enqueued_at;
	u32 nr_enqueued;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_ctx);
} task_ctx_stor SEC(".maps");

/* One queue in another map, as qmap has them. */
struct qmap {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4096);
	__type(value, u32);
} queue0 SEC(".maps"), queue1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, int);
	__array(values, struct qmap);
} queue_arr SEC(".maps") = {
	.values = {
		[0] = &queue0,
		[1] = &queue1,
	},
};

struct timer_elem {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct timer_elem);
} timers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, s32);
	__type(value, u64);
} by_pid SEC(".maps");

static struct task_ctx *lookup_task_ctx(struct task_struct *p)
{
	struct task_ctx *tctx = bpf_task_storage_get(&task_ctx_stor, p, 0, 0);

	if (!tctx)
		__sync_fetch_and_add(&nr_ctx_missing, 1);
	return tctx;
}

void BPF_STRUCT_OPS(tasks_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct task_ctx *tctx = lookup_task_ctx(p);
	u32 pid = p->pid, idx = pid & 1;
	void *ring;

	if (!tctx)
		return;
	tctx->enqueued_at = bpf_ktime_get_ns();
	tctx->nr_enqueued++;
	ring = bpf_map_lookup_elem(&queue_arr, &idx);
	if (!ring) {
		scx_bpf_error("failed to find ring %d", idx);
		return;
	}
	if (bpf_map_push_elem(ring, &pid, 0)) {
		scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
		return;
	}
	__sync_fetch_and_add(&nr_queued, 1);
}

static bool dispatch_one(u32 idx)
{
	struct task_struct *p;
	void *fifo;
	s32 pid;

	fifo = bpf_map_lookup_elem(&queue_arr, &idx);
	if (!fifo || bpf_map_pop_elem(fifo, &pid))
		return false;
	__sync_fetch_and_add(&nr_popped, 1);
	p = bpf_task_from_pid(pid);
	if (!p)
		return true;
	__sync_fetch_and_add(&nr_found, 1);
	scx_bpf_dispatch(p, SHARED_DSQ, SCX_SLICE_DFL, 0);
	bpf_task_release(p);
	return true;
}

void BPF_STRUCT_OPS(tasks_dispatch, s32 cpu, struct task_struct *prev)
{
	int i;

	if (scx_bpf_consume(SHARED_DSQ))
		return;
	bpf_for(i, 0, 2) {
		bpf_repeat(BPF_MAX_LOOPS) {
			if (!dispatch_one(i) || !scx_bpf_dispatch_nr_slots())
				break;
		}
	}
	scx_bpf_consume(SHARED_DSQ);
}

void BPF_STRUCT_OPS(tasks_running, struct task_struct *p)
{
	struct task_struct *parent, *leader;

	bpf_rcu_read_lock();
	parent = p->real_parent;
	leader = p->group_leader;
	if (parent && leader && parent->pid != p->pid)
		__sync_fetch_and_add(&nr_parents, 1);
	if (p->cgroups->dfl_cgrp->kn->id == 1)
		__sync_fetch_and_add(&nr_roots, 1);
	bpf_rcu_read_unlock();
	if (!bpf_strncmp(p->comm, 6, "compat"))
		__sync_fetch_and_add(&nr_named, 1);
}

static long count_bits(u64 index, u64 *mask)
{
	if (*mask & (1ULL << (index & 63)))
		__sync_fetch_and_add(&nr_bits, 1);
	return index >= 63;
}

static int timer_fn(void *map, int *key, struct timer_elem *elem)
{
	const struct cpumask *online = scx_bpf_get_online_cpumask();
	u64 mask = bpf_cpumask_weight(online);
	s32 cpu;

	scx_bpf_put_cpumask(online);
	bpf_loop(64, count_bits, &mask, 0);
	bpf_for(cpu, 0, nr_cpus)
		if (scx_bpf_dsq_nr_queued(SCX_DSQ_LOCAL_ON | cpu) > 0)
			scx_bpf_kick_cpu(cpu, SCX_KICK_PREEMPT);
	__sync_fetch_and_add(&nr_timer, 1);
	bpf_timer_start(&elem->timer, TIMER_NS, 0);
	return 0;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(tasks_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	if (bpf_task_storage_get(&task_ctx_stor, p, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		return 0;
	return -ENOMEM;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(tasks_init)
{
	struct timer_elem *elem;
	u32 key = 0;
	int ret;

	ret = scx_bpf_create_dsq(SHARED_DSQ, -1);
	if (ret)
		return ret;
	elem = bpf_map_lookup_elem(&timers, &key);
	if (!elem)
		return -ESRCH;
	bpf_timer_init(&elem->timer, &timers, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&elem->timer, timer_fn);
	ret = bpf_timer_start(&elem->timer, bpf_ktime_get_ns() + TIMER_NS,
			      BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN);
	if (ret == -EINVAL)
		ret = bpf_timer_start(&elem->timer, TIMER_NS, 0);
	if (ret)
		scx_bpf_error("bpf_timer_start failed (%d)", ret);
	return ret;
}

void BPF_STRUCT_OPS(tasks_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

/* Beside the scheduler */
struct event {
	s32 pid;
	char comm[16];
};

SEC("tp_btf/sched_process_fork")
int BPF_PROG(tasks_fork, struct task_struct *parent, struct task_struct *child)
{
	struct event *event;

	__sync_fetch_and_add(&nr_forks, 1);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->pid = BPF_CORE_READ(child, pid);
	bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), child->comm);
	bpf_ringbuf_submit(event, 0);
	__sync_fetch_and_add(&nr_events, 1);
	return 0;
}

struct ask_args {
	s32 pid;
	u64 nr_enqueued;
};

/* What the loader asks of a running scheduler. */
SEC("syscall")
int tasks_ask(struct ask_args *req)
{
	struct task_struct *p = bpf_task_from_pid(req->pid), *kept;
	struct task_ctx *tctx;
	u64 now = bpf_ktime_get_ns();
	int ret = -ENOENT;
	s32 pid;

	if (!p)
		return -ESRCH;
	pid = req->pid;
	bpf_map_update_elem(&by_pid, &pid, &now, BPF_ANY);
	kept = bpf_task_acquire(p);
	if (kept)
		bpf_task_release(kept);
	tctx = bpf_task_storage_get(&task_ctx_stor, p, 0, 0);
	if (tctx) {
		req->nr_enqueued = tctx->nr_enqueued;
		ret = 0;
	}
	bpf_task_release(p);
	return ret;
}

SEC("syscall")
int tasks_dsqs(void *ctx)
{
	s32 cpu, ret;

	ret = scx_bpf_create_dsq(77, -1);
	if (ret)
		return ret;
	ret = scx_bpf_dsq_nr_queued(77);
	scx_bpf_destroy_dsq(77);
	bpf_for(cpu, 0, nr_cpus)
		scx_bpf_kick_cpu(cpu, 0);
	return ret;
}

SCX_OPS_DEFINE(tasks_ops,
	       .enqueue			= (void *)tasks_enqueue,
	       .dispatch		= (void *)tasks_dispatch,
	       .running			= (void *)tasks_running,
	       .init_task		= (void *)tasks_init_task,
	       .init			= (void *)tasks_init,
	       .exit			= (void *)tasks_exit,
	       .timeout_ms		= 5000,
	       .name			= "compat_tasks");
