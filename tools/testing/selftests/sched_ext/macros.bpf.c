// SPDX-License-Identifier: GPL-2.0
/*
 * Uses what the scx headers offer to schedulers, mostly in init, for the test to
 * look at the results.
 */
#include "fifo.bpf.h"
#include "macros.h"

const volatile u32 nr_slots = 1;
u64 RESIZABLE_ARRAY(data, slots);	/* by pid */

struct {
	u64 row[MACROS_ROWS][MACROS_COLS];
} table;

volatile u32 row, col, slot;		/* not bounded by anything */
u64 result[NR_MACROS_RESULTS];

void BPF_STRUCT_OPS(macros_running, struct task_struct *p)
{
	u64 *cnt = ARRAY_ELEM_PTR(slots, (u32)p->pid % nr_slots, nr_slots);

	if (cnt)
		__sync_fetch_and_add(cnt, 1);
}

static void try_pointers(void)
{
	u64 *elem = MEMBER_VPTR(table, .row[row][col]);

	if (elem)
		*elem = 42;
	result[MACROS_MEMBER_FOUND] = elem == &table.row[MACROS_ROWS - 1][MACROS_COLS - 1];

	elem = MEMBER_VPTR(table, .row[row + 1][col]);
	result[MACROS_MEMBER_OUTSIDE] = !!elem;

	elem = ARRAY_ELEM_PTR(slots, slot, nr_slots);
	result[MACROS_ELEM_OUTSIDE] = !!elem;
	elem = ARRAY_ELEM_PTR(slots, slot - 1, nr_slots);
	result[MACROS_ELEM_LAST] = !!elem;
}

static void try_compat(void)
{
	result[MACROS_ENUM] = __COMPAT_ENUM_OR_ZERO(enum scx_enq_flags, SCX_ENQ_PREEMPT);
	result[MACROS_HAS_NOW] = bpf_ksym_exists(scx_bpf_now);
	if (bpf_ksym_exists(scx_bpf_now))
		result[MACROS_HAS_NOW] += scx_bpf_now() ? 1 : 0;
}

static void try_numbers(void)
{
	result[MACROS_LOG2_0] = log2_u32(0);
	result[MACROS_LOG2_4095] = log2_u32(4095);
	result[MACROS_LOG2_4096] = log2_u32(4096);
	result[MACROS_LOG2_HIGH] = log2_u64(1ULL << 40 | 5);
	result[MACROS_VTIME_BEFORE] = vtime_before(-5ULL, 5) && !vtime_before(5, 5);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(macros_init)
{
	try_pointers();
	try_compat();
	try_numbers();
	return scx_bpf_create_dsq(FIFO_DSQ, -1);
}

void BPF_STRUCT_OPS(macros_tick, struct task_struct *p)
{
	if (is_migration_disabled(p) && READ_ONCE(row) == 0)
		scx_bpf_error("%s[%d] cannot migrate, %llu", p->comm, p->pid, p->scx.slice);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .running	= (void *)macros_running,
	       .tick	= (void *)macros_tick,
	       .init	= (void *)macros_init,
	       .name	= "macros");
