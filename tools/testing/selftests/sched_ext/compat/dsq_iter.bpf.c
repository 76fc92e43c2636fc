// SPDX-License-Identifier: GPL-2.0
/*
 * The iterator over DSQs and the kfuncs that move tasks which it meets, by both names
 * and by the names of the headers that choose between them.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

#define SHARED_DSQ	0
#define HIGHPRI_DSQ	1

u64 nr_met, nr_moved, nr_by_hand;

void BPF_STRUCT_OPS(dsq_iter_enqueue, struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert_vtime(p, SHARED_DSQ, SCX_SLICE_DFL, p->scx.dsq_vtime, enq_flags);
}

static bool move_each_way(s32 cpu)
{
	struct task_struct *p;

	bpf_for_each(scx_dsq, p, SHARED_DSQ, 0) {
		__sync_fetch_and_add(&nr_met, 1);
		if ((p->pid & 1) || !bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
			continue;
		scx_bpf_dispatch_from_dsq_set_slice(BPF_FOR_EACH_ITER, SCX_SLICE_DFL * 2);
		scx_bpf_dispatch_from_dsq_set_vtime(BPF_FOR_EACH_ITER, 1);
		if (scx_bpf_dispatch_from_dsq(BPF_FOR_EACH_ITER, p, SCX_DSQ_LOCAL_ON | cpu,
					      SCX_ENQ_PREEMPT))
			return true;
		if (scx_bpf_dispatch_vtime_from_dsq(BPF_FOR_EACH_ITER, p, HIGHPRI_DSQ, 0))
			break;
	}
	bpf_for_each(scx_dsq, p, SHARED_DSQ, SCX_DSQ_ITER_REV) {
		if (!bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
			continue;
		scx_bpf_dsq_move_set_slice(BPF_FOR_EACH_ITER, SCX_SLICE_DFL);
		scx_bpf_dsq_move_set_vtime(BPF_FOR_EACH_ITER, 2);
		if (scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, SCX_DSQ_LOCAL, 0))
			return true;
		if (scx_bpf_dsq_move_vtime(BPF_FOR_EACH_ITER, p, HIGHPRI_DSQ, 0))
			break;
	}
	return false;
}

static bool move_by_headers(s32 cpu)
{
	struct task_struct *p;

	bpf_for_each(scx_dsq, p, SHARED_DSQ, 0) {
		if (!bpf_cpumask_test_cpu(cpu, p->cpus_ptr))
			continue;
		__COMPAT_scx_bpf_dsq_move_set_slice(BPF_FOR_EACH_ITER, SCX_SLICE_DFL);
		__COMPAT_scx_bpf_dsq_move_set_vtime(BPF_FOR_EACH_ITER, 3);
		__COMPAT_scx_bpf_dispatch_from_dsq_set_slice(BPF_FOR_EACH_ITER, SCX_SLICE_DFL);
		__COMPAT_scx_bpf_dispatch_from_dsq_set_vtime(BPF_FOR_EACH_ITER, 3);
		if (__COMPAT_scx_bpf_dsq_move(BPF_FOR_EACH_ITER, p, SCX_DSQ_LOCAL, 0) ||
		    __COMPAT_scx_bpf_dispatch_from_dsq(BPF_FOR_EACH_ITER, p, SCX_DSQ_LOCAL, 0))
			return true;
		if (__COMPAT_scx_bpf_dsq_move_vtime(BPF_FOR_EACH_ITER, p, HIGHPRI_DSQ, 0) ||
		    __COMPAT_scx_bpf_dispatch_vtime_from_dsq(BPF_FOR_EACH_ITER, p,
							     HIGHPRI_DSQ, 0))
			return false;
	}
	return false;
}

void BPF_STRUCT_OPS(dsq_iter_dispatch, s32 cpu, struct task_struct *prev)
{
	if (scx_bpf_dsq_move_to_local(HIGHPRI_DSQ) || move_each_way(cpu) || move_by_headers(cpu))
		__sync_fetch_and_add(&nr_moved, 1);
	else
		scx_bpf_dsq_move_to_local(SHARED_DSQ);
}

/* Without the loop, as a program that holds no lock. */
SEC("syscall")
int dsq_iter_count(void *ctx)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	int nr = 0;

	bpf_rcu_read_lock();
	if (!bpf_iter_scx_dsq_new(&it, SHARED_DSQ, SCX_DSQ_ITER_REV))
		while ((p = bpf_iter_scx_dsq_next(&it)))
			nr++;
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	nr_by_hand += nr;
	return nr;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(dsq_iter_init)
{
	return scx_bpf_create_dsq(SHARED_DSQ, -1) ?: scx_bpf_create_dsq(HIGHPRI_DSQ, -1);
}

void BPF_STRUCT_OPS(dsq_iter_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(dsq_iter_ops,
	       .enqueue		= (void *)dsq_iter_enqueue,
	       .dispatch	= (void *)dsq_iter_dispatch,
	       .init		= (void *)dsq_iter_init,
	       .exit		= (void *)dsq_iter_exit,
	       .name		= "compat_dsq_iter");
