// SPDX-License-Identifier: GPL-2.0
/*
 * The scx headers: pointers with bounds, arrays that are resized, asking what the
 * kernel has, numbers.
 */
#include "scx_test.h"
#include "macros.h"
#include "macros.bpf.skel.h"

#define NR_SLOTS	1000

static unsigned long long sum(const struct macros *s)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < NR_SLOTS; i++)
		sum += s->data_slots->slots[i];
	return sum;
}

static void bpf_side(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct macros *s = SCX_OPEN(macros);
	const unsigned long long *result;
	struct bpf_link *link;

	s->rodata->nr_slots = NR_SLOTS;
	RESIZE_ARRAY(s, data, slots, NR_SLOTS);
	s->bss->row = MACROS_ROWS - 1;
	s->bss->col = MACROS_COLS - 1;
	s->bss->slot = NR_SLOTS;
	SCX_LOAD(s, macros);
	link = scx_attach(s->maps.ops);

	result = (const unsigned long long *)s->bss->result;
	CHECK_EQ(result[MACROS_MEMBER_FOUND], 1);
	CHECK_EQ(s->bss->table.row[MACROS_ROWS - 1][MACROS_COLS - 1], 42);
	CHECK_EQ(result[MACROS_MEMBER_OUTSIDE], 0);
	CHECK_EQ(result[MACROS_ELEM_LAST], 1);
	CHECK_EQ(result[MACROS_ELEM_OUTSIDE], 0);
	CHECK_EQ(result[MACROS_ENUM], 1LL << 32);
	CHECK_EQ(result[MACROS_HAS_NOW], __COMPAT_has_ksym("scx_bpf_now") ? 2 : 0);
	CHECK_EQ(result[MACROS_LOG2_0], 0);
	CHECK_EQ(result[MACROS_LOG2_4095], 11);
	CHECK_EQ(result[MACROS_LOG2_4096], 12);
	CHECK_EQ(result[MACROS_LOG2_HIGH], 40);
	CHECK_EQ(result[MACROS_VTIME_BEFORE], 1);

	CHECK_PROGRESS(work);
	CHECK_SOON(sum(s) > 100);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
}

static void loader_side(void)
{
	u64 v = 0;

	CHECK(__COMPAT_read_enum("scx_enq_flags", "SCX_ENQ_PREEMPT", &v));
	CHECK_EQ(v, 1LL << 32);
	CHECK(!__COMPAT_read_enum("scx_enq_flags", "SCX_ENQ_NO_SUCH_FLAG", &v));
	CHECK_EQ(__COMPAT_ENUM_OR_ZERO("scx_no_such_enum", "SCX_ENQ_PREEMPT"), 0);
	CHECK_EQ(__COMPAT_ENUM_OR_ZERO("scx_ops_flags", "SCX_OPS_SWITCH_PARTIAL"), 8);
	CHECK(__COMPAT_has_ksym("scx_bpf_dsq_insert"));
	CHECK(!__COMPAT_has_ksym("scx_bpf_no_such_function"));
	CHECK(__COMPAT_struct_has_field("sched_ext_ops", "hotplug_seq"));
	CHECK(!__COMPAT_struct_has_field("sched_ext_ops", "no_such_op"));

	CHECK(UEI_ECODE_RESTART(SCX_ECODE_ACT_RESTART | SCX_ECODE_RSN_HOTPLUG | 7));
	CHECK(!UEI_ECODE_RESTART(SCX_ECODE_RSN_HOTPLUG));
	CHECK_EQ(UEI_ECODE_USER(SCX_ECODE_ACT_RESTART | 7), 7);
	CHECK_EQ(UEI_ECODE_SYS_RSN(SCX_ECODE_RSN_HOTPLUG | 7), 1LL << 32);
}

SCX_TEST(SCX_CASE(bpf_side), SCX_CASE(loader_side));
