// SPDX-License-Identifier: GPL-2.0
/*
 * What schedulers look at beside their tasks: variables that the kernel has for each
 * CPU, memory that may not be there, and what is traced by programs of the same object.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

extern const struct rq runqueues __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 256);
	__type(value, s32);
} forked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 256);
	__uint(key_size, sizeof(u32));
	__uint(value_size, 16 * sizeof(u64));
} stacks SEC(".maps");

const volatile s32 nr_cpus = 1;

u64 nr_here, nr_there, nr_wrong_cpu, nr_beyond, nr_read;
u64 nr_switches, nr_woken, nr_pushed, nr_stacks, nr_queued;
s32 forked_last;

static void look_at_cpus(s32 here)
{
	const struct rq *rq = bpf_this_cpu_ptr(&runqueues);
	s32 cpu;

	if (rq->cpu != here)
		__sync_fetch_and_add(&nr_wrong_cpu, 1);
	if (rq->nr_running)
		__sync_fetch_and_add(&nr_here, 1);
	bpf_for(cpu, 0, nr_cpus) {
		rq = bpf_per_cpu_ptr(&runqueues, cpu);
		if (!rq)
			continue;
		if (rq->cpu != cpu)
			__sync_fetch_and_add(&nr_wrong_cpu, 1);
		if (cpu != here && rq->nr_running)
			__sync_fetch_and_add(&nr_there, 1);
	}
	if (!bpf_per_cpu_ptr(&runqueues, 1 << 20))
		__sync_fetch_and_add(&nr_beyond, 1);
}

void BPF_STRUCT_OPS(tracing_tick, struct task_struct *p)
{
	struct task_struct *parent = NULL;
	s32 pid = 0;

	look_at_cpus(bpf_get_smp_processor_id());
	if (!bpf_probe_read_kernel(&parent, sizeof(parent), &p->real_parent) &&
	    !bpf_probe_read_kernel(&pid, sizeof(pid), &parent->pid) &&
	    pid == BPF_CORE_READ(p, real_parent, pid))
		__sync_fetch_and_add(&nr_read, 1);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(tracing_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__sync_fetch_and_add(&nr_switches, 1);
	return 0;
}

SEC("fexit/wake_up_new_task")
int BPF_PROG(tracing_woken, struct task_struct *p)
{
	s32 pid = BPF_CORE_READ(p, pid);

	__sync_fetch_and_add(&nr_woken, 1);
	if (!bpf_map_push_elem(&forked, &pid, BPF_EXIST))
		__sync_fetch_and_add(&nr_pushed, 1);
	if (bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID) >= 0)
		__sync_fetch_and_add(&nr_stacks, 1);
	if (scx_bpf_dsq_nr_queued(SCX_DSQ_LOCAL) > 0)
		__sync_fetch_and_add(&nr_queued, 1);
	return 0;
}

/* Which child was the last, from where it may sleep */
SEC("syscall")
int tracing_last(void *ctx)
{
	s32 pid;

	if (bpf_map_peek_elem(&forked, &pid) || bpf_map_pop_elem(&forked, &pid))
		return -ENOENT;
	forked_last = pid;
	return 0;
}

struct peek_args {
	u64 number;		/* where it is; then what it is */
	u64 text;
	char word[8];
};

/* In the memory of who asks */
SEC("syscall")
int tracing_peek(struct peek_args *req)
{
	u64 number = 0;
	char word[8];

	if (bpf_probe_read_user(&number, sizeof(number), (void *)req->number))
		return -EFAULT;
	if (bpf_probe_read_user_str(word, sizeof(word), (void *)req->text) < 0)
		return -EFAULT;
	req->number = number;
	__builtin_memcpy(req->word, word, sizeof(word));
	return 0;
}

void BPF_STRUCT_OPS(tracing_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(tracing_ops,
	       .tick	= (void *)tracing_tick,
	       .exit	= (void *)tracing_exit,
	       .name	= "compat_tracing");
