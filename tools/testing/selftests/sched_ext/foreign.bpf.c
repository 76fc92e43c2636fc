// SPDX-License-Identifier: GPL-2.0
/*
 * Not a scheduler but congestion control for TCP, which is struct_ops as well.
 */
#include <scx/common.bpf.h>
#include "foreign.h"

char _license[] SEC("license") = "GPL";

struct task_struct *scx_bpf_pause_find_task(s32 pid) __ksym __weak;
void scx_bpf_pause_put_task(struct task_struct *p) __ksym __weak;

const volatile u32 call;

u64 nr_inits, nr_acks, nr_releases;

SEC("struct_ops/foreign_init")
void BPF_PROG(foreign_init, struct sock *sk)
{
	__sync_fetch_and_add(&nr_inits, 1);
}

SEC("struct_ops/foreign_release")
void BPF_PROG(foreign_release, struct sock *sk)
{
	__sync_fetch_and_add(&nr_releases, 1);
}

SEC("struct_ops/foreign_ssthresh")
u32 BPF_PROG(foreign_ssthresh, struct sock *sk)
{
	struct task_struct *p;

	if (call == CALL_OURS)
		return scx_bpf_nr_cpu_ids();
	if (call == CALL_PAUSE) {
		p = scx_bpf_pause_find_task(1);
		if (p)
			scx_bpf_pause_put_task(p);
	}
	return 2;
}

SEC("struct_ops/foreign_cong_avoid")
void BPF_PROG(foreign_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	__sync_fetch_and_add(&nr_acks, 1);
}

SEC("struct_ops/foreign_undo_cwnd")
u32 BPF_PROG(foreign_undo_cwnd, struct sock *sk)
{
	return 2;
}

SEC(".struct_ops")
struct tcp_congestion_ops foreign_ops = {
	.init		= (void *)foreign_init,
	.release	= (void *)foreign_release,
	.ssthresh	= (void *)foreign_ssthresh,
	.cong_avoid	= (void *)foreign_cong_avoid,
	.undo_cwnd	= (void *)foreign_undo_cwnd,
	.name		= "foreign",
};
