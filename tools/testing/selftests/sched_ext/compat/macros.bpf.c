// SPDX-License-Identifier: GPL-2.0
/*
 * What the headers offer beside kfuncs: arrays that are resized, pointers with bounds,
 * exits with a code, shared data, numbers.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

const volatile u32 nr_cpus = 1;
const volatile u64 ask_flags;		/* that the loader found for us */

struct cpu_ctx {
	u64 nr_ticks;
	u64 hist[8];
};

struct cpu_ctx RESIZABLE_ARRAY(data, cpu_ctxs);
u64 RESIZABLE_ARRAY(bss, counts);

static struct {
	struct cpu_ctx rows[4];
} table;

private(HIDDEN) u64 hidden_nr;		/* not in the loader's skeleton */

u32 quit;				/* by the loader */
u64 log2s[4], nr_hidden, nr_counted, nr_pinned, nr_before;
u64 in_enum, not_in_enum;
bool has_field, no_field, has_ksym;

static void count_tick(u32 cpu)
{
	struct cpu_ctx *cctx = ARRAY_ELEM_PTR(cpu_ctxs, cpu, nr_cpus);
	u64 *cnt = ARRAY_ELEM_PTR(counts, cpu, nr_cpus), *cell;

	if (!cctx || !cnt)
		return;
	cctx->nr_ticks++;
	(*cnt)++;
	cell = MEMBER_VPTR(cctx->hist, [log2_u64(cctx->nr_ticks) & 7]);
	if (cell)
		(*cell)++;
	cell = MEMBER_VPTR(table, .rows[cpu].nr_ticks);
	if (cell)
		WRITE_ONCE(*cell, READ_ONCE(*cell) + 1);
	__sync_fetch_and_add(&nr_counted, 1);
}

void BPF_STRUCT_OPS(macros_tick, struct task_struct *p)
{
	u32 code = READ_ONCE(quit);

	count_tick(bpf_get_smp_processor_id());
	if (unlikely(code))
		scx_bpf_exit(SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG | code,
			     "asked to by the loader, %s[%d] ran for %llu ns", p->comm, p->pid,
			     p->se.sum_exec_runtime);
}

void BPF_STRUCT_OPS(macros_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (is_migration_disabled(p))
		__sync_fetch_and_add(&nr_pinned, 1);
	scx_bpf_dispatch(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

void BPF_STRUCT_OPS(macros_running, struct task_struct *p)
{
	nr_hidden = __sync_add_and_fetch(&hidden_nr, 1);
}

static void ask_kernel(void)
{
	in_enum = __COMPAT_ENUM_OR_ZERO(enum scx_ops_flags, SCX_OPS_SWITCH_PARTIAL);
	if (bpf_core_enum_value_exists(enum scx_enq_flags, SCX_ENQ_LAST))
		not_in_enum = bpf_core_enum_value(enum scx_enq_flags, SCX_ENQ_LAST);
	has_field = bpf_core_field_exists(struct task_struct, scx.dsq_vtime);
	no_field = bpf_core_type_exists(struct scx_no_such_struct___of_ours);
	has_ksym = bpf_ksym_exists(scx_bpf_now);
}

struct scx_no_such_struct___of_ours {
	int member;
};

s32 BPF_STRUCT_OPS_SLEEPABLE(macros_init)
{
	log2s[0] = log2_u32(1);
	log2s[1] = log2_u32(nr_cpus * 1024);
	log2s[2] = log2_u64(1ULL << 33);
	log2s[3] = ARRAY_SIZE(log2s);
	nr_before = vtime_before(1, 2) + time_before(1, 2) + time_after(2, 1) +
		    time_before_eq(1, 1) + time_after_eq(2, 2) + time_in_range(2, 1, 3) +
		    time_delta(5, 4);
	ask_kernel();
	bpf_printk("compat macros: %d CPUs", nr_cpus);
	return likely(nr_cpus) ? 0 : -EINVAL;
}

void BPF_STRUCT_OPS_SLEEPABLE(macros_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(macros_ops,
	       .enqueue	= (void *)macros_enqueue,
	       .tick	= (void *)macros_tick,
	       .running	= (void *)macros_running,
	       .init	= (void *)macros_init,
	       .exit	= (void *)macros_exit,
	       .name	= "compat_macros");
