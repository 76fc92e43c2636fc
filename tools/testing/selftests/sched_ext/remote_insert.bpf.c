// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that sends tasks to the local queues of other CPUs, one after the
 * other, and counts where they come to run.
 */
#include "fifo.bpf.h"
#include "remote_insert.h"

const volatile u32 mode;	/* enum remote_mode */
const volatile u32 nr_cpus = 1;

volatile u64 nr_remote;			/* inserts for another CPU */
volatile u64 nr_runs[REMOTE_MAX_CPUS];	/* of tasks sent, by CPU */
volatile u64 nr_astray;			/* ran elsewhere than sent to */
volatile u64 nr_forbidden;		/* ran where they may not */
volatile u64 nr_taken_back;		/* by the core, before they were sent */

static u32 turn;

/* Where a task was sent: CPU + 1. Preallocated. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, s32);
	__type(value, u32);
	__uint(max_entries, 16384);
} sent SEC(".maps");

/* Tasks that wait to be sent from dispatch, by pid. Preallocated. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, s32);
	__uint(max_entries, 16384);
} kept SEC(".maps");

static bool may_run_on(const struct task_struct *p, u32 cpu)
{
	return cpu < REMOTE_MAX_CPUS && p->cpus_ptr->bits[0] & 1UL << cpu;
}

/* The next CPU in turn, or where the task is if that is not for it. */
static u32 next_cpu(const struct task_struct *p)
{
	u32 cpu = __sync_fetch_and_add(&turn, 1) % nr_cpus;

	return may_run_on(p, cpu) ? cpu : scx_bpf_task_cpu(p);
}

static void note_down(const struct task_struct *p, u32 cpu)
{
	s32 pid = p->pid;

	cpu++;
	bpf_map_update_elem(&sent, &pid, &cpu, BPF_ANY);
}

static void send(struct task_struct *p, u64 enq_flags)
{
	u32 cpu = next_cpu(p);

	note_down(p, cpu);
	if (cpu != scx_bpf_task_cpu(p))
		__sync_fetch_and_add(&nr_remote, 1);
	scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL_ON | cpu, SCX_SLICE_DFL, enq_flags);
}

s32 BPF_STRUCT_OPS(remote_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	if (mode == REMOTE_SELECT)
		send(p, 0);
	return prev_cpu;
}

static bool keep(const struct task_struct *p)
{
	s32 pid = p->pid;

	return !bpf_map_push_elem(&kept, &pid, 0);
}

void BPF_STRUCT_OPS(remote_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (mode == REMOTE_ENQUEUE)
		send(p, enq_flags);
	else if (mode != REMOTE_DISPATCH || !keep(p))
		scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
}

/* It stays in the queue, and will be sent with its next turn there or for nothing. */
void BPF_STRUCT_OPS(remote_dequeue, struct task_struct *p, u64 deq_flags)
{
	__sync_fetch_and_add(&nr_taken_back, 1);
}

/* Returns whether there was any. */
static bool send_kept(void)
{
	struct task_struct *p;
	s32 pid;

	if (bpf_map_pop_elem(&kept, &pid))
		return false;
	p = bpf_task_from_pid(pid);
	if (p) {
		send(p, 0);
		bpf_task_release(p);
	}
	return true;
}

void BPF_STRUCT_OPS(remote_dispatch, s32 cpu, struct task_struct *prev)
{
	if (mode == REMOTE_DISPATCH) {
		bpf_repeat(REMOTE_BATCH)
			if (!send_kept())
				break;
	}
	/* It is not the scheduler's to give: it runs, and is enqueued afterwards. */
	if (mode == REMOTE_PREV && prev) {
		__sync_fetch_and_add(&nr_remote, 1);
		scx_bpf_dsq_insert(prev, SCX_DSQ_LOCAL_ON | next_cpu(prev), SCX_SLICE_DFL, 0);
	}
	scx_bpf_dsq_move_to_local(FIFO_DSQ);
}

/*
 * A task that runs is stopped and started when its affinity changes, by whoever
 * changes it, and may sit where it may not run any more for a moment.
 */
static bool picked(const struct task_struct *p)
{
	return p != (void *)bpf_get_current_task_btf() &&
	       scx_bpf_task_cpu(p) == bpf_get_smp_processor_id();
}

void BPF_STRUCT_OPS(remote_running, struct task_struct *p)
{
	u32 cpu = scx_bpf_task_cpu(p);
	s32 pid = p->pid;
	u32 *to;

	if (picked(p) && !may_run_on(p, cpu))
		__sync_fetch_and_add(&nr_forbidden, 1);
	to = bpf_map_lookup_elem(&sent, &pid);
	if (!to || !*to)
		return;
	if (*to != cpu + 1)
		__sync_fetch_and_add(&nr_astray, 1);
	else if (cpu < REMOTE_MAX_CPUS)
		__sync_fetch_and_add(&nr_runs[cpu], 1);
	*to = 0;
}

/* Not on its way any more: it is enqueued anew, or its affinity changed. */
void BPF_STRUCT_OPS(remote_quiescent, struct task_struct *p, u64 deq_flags)
{
	s32 pid = p->pid;

	bpf_map_delete_elem(&sent, &pid);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)remote_select_cpu,
	       .enqueue		= (void *)remote_enqueue,
	       .dequeue		= (void *)remote_dequeue,
	       .dispatch	= (void *)remote_dispatch,
	       .running		= (void *)remote_running,
	       .quiescent	= (void *)remote_quiescent,
	       .name		= "remote_insert");
