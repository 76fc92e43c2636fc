// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of other struct_ops types cannot call the kfuncs of schedulers. The same
 * program without the call loads.
 */
#include "scx_pause.h"
#include "foreign.h"
#include "foreign.bpf.skel.h"

static int load_calling(enum foreign_call call)
{
	struct foreign *s = SCX_OPEN(foreign);
	int err;

	s->rodata->call = call;
	scx_libbpf_reset();
	err = foreign__load(s);
	foreign__destroy(s);
	return err;
}

static void check_refused(enum foreign_call call, const char *words)
{
	CHECK_EQ(load_calling(CALL_NOTHING), 0);
	CHECK_NE(load_calling(call), 0);
	if (!scx_matches(scx_libbpf_log(), words))
		FAIL("refused, but not with \"%s\"", words);
}

static void ours(void)
{
	check_refused(CALL_OURS, "calling kernel function scx_bpf_nr_cpu_ids is not allowed");
}

static void of_pause_points(void)
{
	pause_need();
	check_refused(CALL_PAUSE,
		      "calling kernel function scx_bpf_pause_find_task is not allowed");
}

SCX_TEST(SCX_CASE(ours), SCX_CASE(of_pause_points));
