// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps accounts with cgroups: in SYSCALL programs, in a scheduler with the rq lock held,
 * and in the middle of somebody else's creating one.
 */
#include "fifo.bpf.h"
#include "cgroup_storage.h"

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct account);
} accounts SEC(".maps"), made SEC(".maps");

struct slot {
	struct cgroup __kptr_ref *cgrp;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

const volatile s32 holder;

#define count(which)	__sync_fetch_and_add(&(which), 1)

u64 cgid;			/* of which the account is ... */
u64 flags;			/* ... got, with these ... */
u64 initial_mark;		/* ... and with this if it is created, unless zero */

/* Of the account that was got. */
u64 got_nr, got_mark;

static int get_account(struct cgroup *cgrp)
{
	struct account initial = { .mark = initial_mark };
	struct account *account;

	account = bpf_cgrp_storage_get(&accounts, cgrp, initial_mark ? &initial : NULL, flags);
	if (!account)
		return -ENOENT;
	got_nr = account->nr;
	got_mark = account->mark;
	return 0;
}

SEC("syscall")
int get(void *ctx)
{
	struct cgroup *cgrp = bpf_cgroup_from_id(cgid);
	int ret;

	if (!cgrp)
		return -ESRCH;
	ret = get_account(cgrp);
	bpf_cgroup_release(cgrp);
	return ret;
}

SEC("syscall")
int delete(void *ctx)
{
	struct cgroup *cgrp = bpf_cgroup_from_id(cgid);
	int ret;

	if (!cgrp)
		return -ESRCH;
	ret = bpf_cgrp_storage_delete(&accounts, cgrp);
	bpf_cgroup_release(cgrp);
	return ret;
}

/* By way of what RCU protects, where nothing may sleep. */
SEC("syscall")
int get_mine(void *ctx)
{
	int ret;

	bpf_rcu_read_lock();
	ret = get_account(bpf_get_current_task_btf()->cgroups->dfl_cgrp);
	bpf_rcu_read_unlock();
	return ret;
}

static struct cgroup *exchange(struct cgroup *cgrp)
{
	u32 key = 0;
	struct slot *slot = bpf_map_lookup_elem(&slots, &key);

	return slot ? bpf_kptr_xchg(&slot->cgrp, cgrp) : cgrp;
}

static void put_in_slot(struct cgroup *cgrp)
{
	cgrp = exchange(cgrp);
	if (cgrp)
		bpf_cgroup_release(cgrp);
}

SEC("syscall")
int keep(void *ctx)
{
	struct cgroup *cgrp = bpf_cgroup_from_id(cgid);

	if (!cgrp)
		return -ESRCH;
	put_in_slot(cgrp);
	return 0;
}

SEC("syscall")
int get_of_kept(void *ctx)
{
	struct cgroup *cgrp = exchange(NULL);
	int ret;

	if (!cgrp)
		return -ESRCH;
	ret = get_account(cgrp);
	put_in_slot(cgrp);
	return ret;
}

SEC("syscall")
int drop(void *ctx)
{
	struct cgroup *cgrp = exchange(NULL);

	if (!cgrp)
		return -ESRCH;
	bpf_cgroup_release(cgrp);
	return 0;
}

u64 nr_freed;

SEC("fentry/bpf_local_storage_free_rcu")
int BPF_PROG(storage_freed)
{
	count(nr_freed);
	return 0;
}

/*
 * The holder is held up in the middle of creating or changing an account, until
 * somebody has done what is to be done meanwhile, or for a time.
 */
#define HOLD_NS		(20 * 1000 * 1000)
#define LONG_HOLD_NS	(3ull * 1000 * 1000 * 1000)

s32 held_cpu = -1;
u64 nr_held, nr_seen_inside, nr_made_inside, nr_busy_inside;
u64 nr_made, nr_not_made, nr_deleted;
u64 nr_met, nr_not_met;

static long until_time(u32 i, u64 *end)
{
	return bpf_ktime_get_ns() > *end;
}

static long until_met(u32 i, u64 *end)
{
	return nr_met || bpf_ktime_get_ns() > *end;
}

static void look_inside(void)
{
	struct cgroup *cgrp = bpf_get_current_task_btf()->cgroups->dfl_cgrp;

	if (bpf_cgrp_storage_get(&accounts, cgrp, 0, 0))
		count(nr_seen_inside);
	if (bpf_cgrp_storage_get(&made, cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		count(nr_made_inside);
	if (bpf_cgrp_storage_delete(&accounts, cgrp) == -EBUSY)
		count(nr_busy_inside);
}

SEC("fentry/bpf_local_storage_update")
int BPF_PROG(hold)
{
	u64 end = bpf_ktime_get_ns() + HOLD_NS;

	if (bpf_get_current_task_btf()->pid != holder)
		return 0;
	count(nr_held);
	look_inside();
	held_cpu = bpf_get_smp_processor_id();
	bpf_loop(1 << 20, until_time, &end, 0);
	held_cpu = -1;
	return 0;
}

/* Once it has seen that there is no account. */
SEC("fentry/bpf_map_kzalloc")
int BPF_PROG(hold_creator)
{
	u64 end = bpf_ktime_get_ns() + LONG_HOLD_NS;

	if (bpf_get_current_task_btf()->pid != holder)
		return 0;
	count(nr_held);
	held_cpu = bpf_get_smp_processor_id();
	bpf_loop(1 << 23, until_met, &end, 0);
	held_cpu = -1;
	return 0;
}

/*
 * A program that sleeps may go on using an account when it has released the cgroup, also
 * if that was the last reference, and the cgroup goes meanwhile.
 */
u64 nr_gone, nr_values_freed;
u64 nr_gone_inside, nr_freed_inside, nr_values_freed_inside;

SEC("fentry/bpf_cgrp_storage_free")
int BPF_PROG(cgroup_gone, struct cgroup *cgrp)
{
	if (cgrp->kn->id == cgid)
		count(nr_gone);
	return 0;
}

SEC("fentry/bpf_selem_free_rcu")
int BPF_PROG(value_freed)
{
	count(nr_values_freed);
	return 0;
}

static long until_gone(u32 i, u64 *end)
{
	return nr_gone || bpf_ktime_get_ns() > *end;
}

/* Long enough for all that waits for programs that do not sleep. */
static void let_it_go(void)
{
	u64 end = bpf_ktime_get_ns() + LONG_HOLD_NS;

	bpf_loop(1 << 23, until_gone, &end, 0);
	end = bpf_ktime_get_ns() + 10 * HOLD_NS;
	bpf_loop(1 << 23, until_time, &end, 0);
}

SEC("syscall")
int use_after_release(void *ctx)
{
	struct cgroup *cgrp = exchange(NULL);
	struct account *account;

	if (!cgrp)
		return -ESRCH;
	account = bpf_cgrp_storage_get(&accounts, cgrp, 0, 0);
	bpf_cgroup_release(cgrp);
	if (!account)
		return -ENOENT;
	let_it_go();
	nr_gone_inside = nr_gone;
	nr_freed_inside = nr_freed;
	nr_values_freed_inside = nr_values_freed;
	got_mark = account->mark;
	count(account->nr);
	got_nr = account->nr;
	return 0;
}

bool accounting;		/* of all tasks that are enqueued */
u64 nr_accounted;		/* of cgid */
u64 nr_missed;

static void account_for(struct cgroup *cgrp)
{
	struct account *account;

	account = bpf_cgrp_storage_get(&accounts, cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!account) {
		count(nr_missed);
		return;
	}
	__sync_fetch_and_add(&account->nr, 1);
	if (cgrp->kn->id == cgid)
		count(nr_accounted);
}

/* Where the holder is held. */
static void make_and_delete(struct cgroup *cgrp)
{
	if (bpf_cgrp_storage_get(&made, cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		count(nr_made);
	else
		count(nr_not_made);
	if (!bpf_cgrp_storage_delete(&made, cgrp))
		count(nr_deleted);
}

bool meeting;			/* elsewhere */

static void meet(struct cgroup *cgrp)
{
	struct account *account;

	account = bpf_cgrp_storage_get(&accounts, cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (account) {
		account->mark = MARK_OF_OP;
		count(nr_met);
	} else {
		count(nr_not_met);
	}
}

void BPF_STRUCT_OPS(cgroup_storage_enqueue, struct task_struct *p, u64 enq_flags)
{
	struct cgroup *cgrp = p->cgroups->dfl_cgrp;

	scx_bpf_dsq_insert(p, FIFO_DSQ, SCX_SLICE_DFL, enq_flags);
	if (accounting)
		account_for(cgrp);
	if (p->pid == holder)
		return;
	if (meeting) {
		if (held_cpu >= 0 && cgrp->kn->id == cgid)
			meet(cgrp);
	} else if (held_cpu == bpf_get_smp_processor_id()) {
		make_and_delete(cgrp);
	}
}

s32 BPF_STRUCT_OPS(cgroup_storage_select_cpu, struct task_struct *p, s32 prev_cpu,
		   u64 wake_flags)
{
	return prev_cpu;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .select_cpu	= (void *)cgroup_storage_select_cpu,
	       .enqueue		= (void *)cgroup_storage_enqueue,
	       .name		= "cgroup_storage");
