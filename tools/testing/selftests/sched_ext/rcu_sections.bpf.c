// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that uses what RCU protects, and does one thing that the verifier
 * must refuse; its twin differs in nothing but that.
 */
#include <scx/common.bpf.h>
#include "rcu_sections.h"

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

const volatile u32 refusal;	/* enum rcu_refusal: what */
const volatile bool mended;	/* the twin */
const volatile s32 watched;	/* pid of the task to tell about */

s32 parent_at_fork;
u64 nr_named, nr_cgroups;
s32 seen;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} progs SEC(".maps");

struct walk {
	struct task_struct *p;
	const struct cpumask *mask;
};

/* With what is walked locked for reading, which is an RCU section. */
static long keeps_mask(struct bpf_map *map, u32 *key, u32 *value, struct walk *walk)
{
	walk->mask = walk->p->cpus_ptr;
	seen = scx_bpf_pick_any_cpu(walk->mask, 0);
	return 0;
}

static void walks(struct task_struct *p)
{
	const struct cpumask *online = scx_bpf_get_online_cpumask();
	struct walk walk = { .p = p, .mask = online };

	bpf_for_each_map_elem(&table, keeps_mask, &walk, 0);
	if (mended)
		seen = scx_bpf_pick_any_cpu(online, 0);
	else
		seen = scx_bpf_pick_any_cpu(walk.mask, 0);
	scx_bpf_put_cpumask(online);
}

static long locks(u32 i, void *ctx)
{
	bpf_rcu_read_lock();
	if (mended)
		bpf_rcu_read_unlock();
	return 0;
}

static long unlocks(u32 i, void *ctx)
{
	if (!mended)
		bpf_rcu_read_unlock();
	return 0;
}

/*
 * Called inside and outside of a section, in which it is at the end in any case. There
 * the verifier remembers what it has seen.
 */
#define PAD(cond)	"r0 = 1\nr0 = 2\nr0 = 3\nif %[c] == " cond " goto +1\nr0 = 4\n"
static long locks_if(u32 i, u64 *outside)
{
	if (*outside) {
		bpf_rcu_read_lock();
		if (mended)
			bpf_rcu_read_unlock();
	}
	asm volatile(PAD("100") PAD("101") PAD("102") PAD("103") PAD("104")
		     : : [c] "r"((u64)i) : "r0");
	return 0;
}

static void pruned(void)
{
	volatile u64 outside = 1;

	if (bpf_get_prandom_u32() & 1) {
		outside = 0;
		bpf_rcu_read_lock();
	}
	bpf_loop(2, locks_if, (void *)&outside, 0);
	if (!outside)
		bpf_rcu_read_unlock();
}

/* Global functions are verified by themselves. */
__noinline int sleeps_if(u32 dsq_id)
{
	return scx_bpf_create_dsq(dsq_id, -1);
}

static __always_inline void in_section(struct task_struct *p)
{
	const struct cpumask *mask;

	bpf_rcu_read_lock();
	mask = p->cpus_ptr;
	seen = scx_bpf_pick_any_cpu(mask, 0);
	if (refusal == RCU_NESTED && !mended)
		bpf_rcu_read_lock();
	if (refusal == RCU_SLEEP && !mended)
		scx_bpf_create_dsq(1, -1);
	if (refusal == RCU_SLEEP_BELOW && !mended)
		sleeps_if(1);
	if (refusal == RCU_UNLOCK_IN_CALLBACK)
		bpf_loop(2, unlocks, NULL, 0);
	if (refusal != RCU_NOT_UNLOCKED || mended)
		bpf_rcu_read_unlock();
	if (refusal == RCU_NOT_LOCKED && !mended)
		bpf_rcu_read_unlock();
	if (refusal == RCU_AFTER_SECTION && !mended)
		seen = scx_bpf_pick_any_cpu(mask, 0);
	/* It can still be read. */
	if (mask)
		seen = mask->bits[0];
}

static __always_inline void no_section(struct task_struct *p)
{
	if (refusal == RCU_NO_SECTION && !mended)
		seen = scx_bpf_pick_any_cpu(p->cpus_ptr, 0);
	if (refusal == RCU_RELATIVE_NO_SECTION && !mended)
		seen = scx_bpf_task_cpu(p->real_parent);
	if (refusal != RCU_NOT_UNLOCKED)
		sleeps_if(2);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(rcu_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	in_section(p);
	no_section(p);
	if (refusal == RCU_LOCK_IN_CALLBACK)
		bpf_loop(2, locks, NULL, 0);
	if (refusal == RCU_PRUNED_IN_CALLBACK)
		pruned();
	if (refusal == RCU_OUT_OF_WALK)
		walks(p);
	if (args->fork && p->real_parent->pid == watched)
		parent_at_fork = p->real_parent->pid;
	return 0;
}

/* This one does not sleep, hence runs in an RCU section. */
static __always_inline void atomic_section(struct task_struct *p)
{
	const struct cpumask *mask;

	bpf_rcu_read_lock();
	mask = p->cpus_ptr;
	bpf_rcu_read_unlock();
	if (mended)
		mask = p->cpus_ptr;
	seen = scx_bpf_pick_any_cpu(mask, 0);
}

static __always_inline void bytes(struct task_struct *p)
{
	if (refusal == BYTES_TOO_MANY && !mended)
		seen = bpf_strncmp(p->comm, sizeof(p->comm) + 1, "rcu_sections");
	if (refusal == BYTES_OF_WALKED && !mended)
		seen = bpf_strncmp(p->last_wakee->comm, sizeof(p->comm), "rcu_sections");
	if (refusal == BYTES_OF_NO_ARRAY && !mended)
		seen = bpf_strncmp((void *)p->cpus_ptr, 1, "rcu_sections");
	if (!bpf_strncmp(p->comm, sizeof(p->comm), "rcu_sections") ||
	    !bpf_strncmp(p->real_parent->comm, sizeof(p->comm), "rcu_sections"))
		__sync_fetch_and_add(&nr_named, 1);
}

void BPF_STRUCT_OPS(rcu_running, struct task_struct *p)
{
	if (refusal == RCU_AFTER_SECTION_ATOMIC)
		atomic_section(p);
	if (refusal == RCU_UNLISTED && !mended)
		seen = scx_bpf_task_cpu(p->last_wakee);
	seen = scx_bpf_task_cpu(p->real_parent);
	bytes(p);
	if (p->cgroups->dfl_cgrp->kn->id)
		__sync_fetch_and_add(&nr_cgroups, 1);
	if (refusal == RCU_TAIL_CALL) {
		bpf_rcu_read_lock();
		if (mended)
			bpf_rcu_read_unlock();
		bpf_tail_call(ctx, &progs, 0);
		if (!mended)
			bpf_rcu_read_unlock();
	}
}

/* Not part of the scheduler, but of a type that has helpers which sleep. */
SEC("syscall")
int rcu_syscall(void *ctx)
{
	u64 word;

	bpf_rcu_read_lock();
	if (refusal == RCU_SLEEP_HELPER && !mended)
		bpf_copy_from_user(&word, sizeof(word), NULL);
	bpf_rcu_read_unlock();
	return bpf_copy_from_user(&word, sizeof(word), NULL) == -14 /* EFAULT */;
}

void BPF_STRUCT_OPS(rcu_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops,
	       .init_task	= (void *)rcu_init_task,
	       .running		= (void *)rcu_running,
	       .exit		= (void *)rcu_exit,
	       .name		= "rcu_sections");
