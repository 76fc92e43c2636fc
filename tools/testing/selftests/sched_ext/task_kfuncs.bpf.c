// SPDX-License-Identifier: GPL-2.0
/*
 * Finds tasks, keeps one in a map, and sees when it is freed: in SYSCALL programs, and
 * in a scheduler with the rq lock held.
 */
#include "fifo.bpf.h"
#include "task_kfuncs.h"

struct slot {
	struct task_struct __kptr *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

s32 pid;			/* whom it is about */

/* Of the task that was found or dropped. */
s32 seen_pid, seen_tgid, seen_parent;
char seen_comm[16];
u32 seen_exit_state;
u32 seen_users;
bool seen_is_me;

static void see(struct task_struct *p)
{
	seen_pid = p->pid;
	seen_tgid = p->tgid;
	seen_parent = p->real_parent->pid;
	seen_exit_state = p->exit_state;
	seen_users = p->rcu_users.refs.counter;
	seen_is_me = (u64)p == bpf_get_current_task();
	bpf_probe_read_kernel_str(seen_comm, sizeof(seen_comm), p->comm);
}

static struct slot *get_slot(void)
{
	u32 key = 0;

	return bpf_map_lookup_elem(&slots, &key);
}

/* Takes over the reference. 1 if a task was there before. */
static int put_in_slot(struct task_struct *p)
{
	struct slot *slot = get_slot();

	if (!slot) {
		bpf_task_release(p);
		return -ENOENT;
	}
	p = bpf_kptr_xchg(&slot->task, p);
	if (!p)
		return 0;
	bpf_task_release(p);
	return 1;
}

static int find_and_keep(void)
{
	struct task_struct *p = bpf_task_from_pid(pid);

	return p ? put_in_slot(p) : -ESRCH;
}

static int drop_kept(void)
{
	struct slot *slot = get_slot();
	struct task_struct *p;

	if (!slot)
		return -ENOENT;
	p = bpf_kptr_xchg(&slot->task, NULL);
	if (!p)
		return -ENOENT;
	see(p);
	bpf_task_release(p);
	return 0;
}

SEC("syscall")
int find(void *ctx)
{
	struct task_struct *p = bpf_task_from_pid(pid);

	if (!p)
		return -ESRCH;
	see(p);
	bpf_task_release(p);
	return 0;
}

u32 users[4];

/* One reference outlives the other. */
SEC("syscall")
int find_twice(void *ctx)
{
	struct task_struct *p, *q;

	p = bpf_task_from_pid(pid);
	if (!p)
		return -ESRCH;
	users[0] = p->rcu_users.refs.counter;
	q = bpf_task_acquire(p);
	users[1] = p->rcu_users.refs.counter;
	bpf_task_release(p);
	if (!q)
		return -ENOENT;
	users[2] = q->rcu_users.refs.counter;
	p = bpf_task_from_pid(pid);
	if (p) {
		users[3] = q->rcu_users.refs.counter;
		bpf_task_release(p);
	}
	see(q);
	bpf_task_release(q);
	return 0;
}

SEC("syscall")
int keep(void *ctx)
{
	return find_and_keep();
}

SEC("syscall")
int drop(void *ctx)
{
	return drop_kept();
}

s32 twin;
u64 nr_freed, nr_twins_freed;	/* of pid and of twin */

SEC("tp_btf/sched_process_free")
int BPF_PROG(task_freed, struct task_struct *p)
{
	if (p->pid == pid)
		__sync_fetch_and_add(&nr_freed, 1);
	if (p->pid == twin)
		__sync_fetch_and_add(&nr_twins_freed, 1);
	return 0;
}

u32 wish;			/* enum task_wish; cleared before it is done ... */
s32 wish_ret;
u64 nr_done;			/* ... and then counted */

static int keep_task(struct task_struct *p)
{
	p = bpf_task_acquire(p);
	return p ? put_in_slot(p) : -ESRCH;
}

void BPF_STRUCT_OPS(task_kfuncs_enqueue, struct task_struct *p, u64 enq_flags)
{
	u32 mine = wish;

	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
	if (!mine || (mine == TASK_KEEP && p->pid != pid) ||
	    __sync_val_compare_and_swap(&wish, mine, TASK_NOTHING) != mine)
		return;
	if (mine == TASK_KEEP)
		wish_ret = keep_task(p);
	else if (mine == TASK_DROP)
		wish_ret = drop_kept();
	else
		wish_ret = find_and_keep();
	__sync_fetch_and_add(&nr_done, 1);
}

s32 BPF_STRUCT_OPS(task_kfuncs_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

s32 verdict;			/* about forks of pid, in which tasks ... */
u64 nr_forks;
u64 nr_forked_kept;		/* ... could be had */
u64 nr_kept;			/* and others that could */

static bool can_be_had(struct task_struct *p)
{
	p = bpf_task_acquire(p);
	if (!p)
		return false;
	bpf_task_release(p);
	return true;
}

s32 BPF_STRUCT_OPS(task_kfuncs_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	bool kept = can_be_had(p);

	if (!args->fork) {
		__sync_fetch_and_add(&nr_kept, kept);
		return 0;
	}
	__sync_fetch_and_add(&nr_forks, 1);
	__sync_fetch_and_add(&nr_forked_kept, kept);
	return bpf_get_current_task_btf()->tgid == pid ? verdict : 0;
}

/* A task that was forked can be had from then on. */
u64 nr_enabled, nr_enabled_kept;

void BPF_STRUCT_OPS(task_kfuncs_enable, struct task_struct *p)
{
	__sync_fetch_and_add(&nr_enabled_kept, can_be_had(p));
	__sync_fetch_and_add(&nr_enabled, 1);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)task_kfuncs_select_cpu,
	       .enqueue		= (void *)task_kfuncs_enqueue,
	       .init_task	= (void *)task_kfuncs_init_task,
	       .enable		= (void *)task_kfuncs_enable,
	       .name		= "task_kfuncs");
