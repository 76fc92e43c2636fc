// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that has its tasks in some DSQs by order of coming and in some by virtual
 * time, and moves them to and fro by iterators when it dispatches and when it is told
 * to from outside, while CPUs consume.
 */
#include "fifo.bpf.h"

#define NR_DSQS		6	/* with ids from 1, the odd ones by virtual time */
#define EMPTY_DSQ	99	/* comes and goes */

volatile u64 nr_met, nr_moved, nr_lost, nr_to_cpus, nr_endless;

#define count(which)	__sync_fetch_and_add(&(which), 1)

static __always_inline u64 random_dsq(void)
{
	return 1 + bpf_get_prandom_u32() % NR_DSQS;
}

void BPF_STRUCT_OPS(storm_enqueue, struct task_struct *p, u64 enq_flags)
{
	u64 dsq = random_dsq();

	if (dsq % 2)
		scx_bpf_dsq_insert_vtime(p, dsq, SCX_SLICE_DFL / 4, bpf_get_prandom_u32(), 0);
	else
		scx_bpf_dsq_insert(p, dsq, SCX_SLICE_DFL / 4,
				   bpf_get_prandom_u32() % 4 ? 0 : SCX_ENQ_HEAD);
}

/* Go over a DSQ and move every third task on average to somewhere. */
static __noinline int stir(u64 from)
{
	u64 flags = bpf_get_prandom_u32() % 2 ? SCX_DSQ_ITER_REV : 0;
	u64 to = random_dsq();
	struct task_struct *p;
	u32 n = 0;
	bool moved;
	s32 cpu;

	bpf_for_each(scx_dsq, p, from, flags) {
		count(nr_met);
		/* There are not as many tasks: the last one was new. */
		if (++n > 10000) {
			count(nr_endless);
			break;
		}
		if (bpf_get_prandom_u32() % 3)
			continue;
		if (bpf_get_prandom_u32() % 4 == 0) {
			cpu = scx_bpf_pick_any_cpu(p->cpus_ptr, 0);
			if (cpu < 0)
				continue;
			moved = scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, SCX_DSQ_LOCAL_ON | cpu,
						 n % 2 ? SCX_ENQ_PREEMPT : 0);
			if (moved)
				count(nr_to_cpus);
		} else if (to % 2) {
			scx_bpf_dsq_move_set_vtime(BPF_FOR_EACH_ITER, bpf_get_prandom_u32());
			moved = scx_bpf_dsq_move_vtime(BPF_FOR_EACH_ITER, p, to, 0);
		} else {
			scx_bpf_dsq_move_set_slice(BPF_FOR_EACH_ITER, SCX_SLICE_DFL / 8);
			moved = scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, to, 0);
		}
		if (moved)
			count(nr_moved);
		else
			count(nr_lost);
	}
	return 0;
}

void BPF_STRUCT_OPS(storm_dispatch, s32 cpu, struct task_struct *prev)
{
	u64 first = random_dsq();
	int i;

	if (bpf_get_prandom_u32() % 4 == 0)
		stir(first);
	bpf_for(i, 0, NR_DSQS)
		if (scx_bpf_dsq_move_to_local(1 + (first + i) % NR_DSQS))
			return;
}

SEC("syscall")
int stir_outside(void *ctx)
{
	bpf_rcu_read_lock();
	stir(random_dsq());
	bpf_rcu_read_unlock();
	return 0;
}

/* A DSQ without tasks that is destroyed while others iterate over it */
SEC("syscall")
int come_and_go(void *ctx)
{
	struct task_struct *p;

	scx_bpf_create_dsq(EMPTY_DSQ, -1);
	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, EMPTY_DSQ, 0)
		count(nr_endless);
	bpf_rcu_read_unlock();
	scx_bpf_destroy_dsq(EMPTY_DSQ);
	return 0;
}

SEC("syscall")
int look_at_empty(void *ctx)
{
	struct bpf_iter_scx_dsq it;

	bpf_rcu_read_lock();
	bpf_iter_scx_dsq_new(&it, EMPTY_DSQ, 0);
	bpf_repeat(100)
		if (bpf_iter_scx_dsq_next(&it))
			count(nr_endless);
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(storm_init)
{
	int i, err;

	bpf_for(i, 1, NR_DSQS + 1) {
		err = scx_bpf_create_dsq(i, -1);
		if (err)
			return err;
	}
	return 0;
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .enqueue		= (void *)storm_enqueue,
	       .dispatch	= (void *)storm_dispatch,
	       .init		= (void *)storm_init,
	       .name		= "dsq_storm");
