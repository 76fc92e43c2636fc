// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses when a program keeps tasks.
 */
#include "refused_run.h"
#include "task_refused.h"
#include "task_refused.bpf.skel.h"

static const struct refusal_words refusals[] = {
	{ TASK_LEAKED, "Unreleased reference" },
	{ TASK_LEAKED_ON_ONE_PATH, "Unreleased reference" },
	{ TASK_FOUND_AND_LEAKED, "Unreleased reference" },
	{ TASK_TAKEN_AND_LEAKED, "Unreleased reference" },
	{ TASK_READ_AFTER_RELEASE, "invalid mem access 'scalar'" },
	{ TASK_USED_AFTER_RELEASE, "R1 must be a trusted or RCU pointer" },
	{ TASK_RELEASED_TWICE, "R1 must be a trusted or RCU pointer" },
	{ TASK_RELEASED_UNCHECKED, "NULL or may be NULL, kernel function bpf_task_release" },
	{ TASK_RELEASED_NULL, "NULL or may be NULL, kernel function bpf_task_release" },
	{ TASK_READ_UNCHECKED, "invalid mem access 'ptr_or_null_'" },
	{ TASK_WALKED_ACQUIRED, "R1 must be a trusted or RCU pointer" },
	{ TASK_OF_CURRENT_ACQUIRED, "R1 must be a trusted or RCU pointer" },
	{ TASK_MAYBE_NULL_ACQUIRED, "NULL or may be NULL, kernel function bpf_task_acquire" },
	{ TASK_NOT_OURS_RELEASED, "bpf_task_release expects refcounted PTR_TO_BTF_ID" },
	{ TASK_LOADED_RELEASED, "bpf_task_release expects refcounted PTR_TO_BTF_ID" },
	{ TASK_NOT_OURS_KEPT, "R2 must be referenced when passed to release function" },
	{ TASK_OF_OTHER_TYPE_KEPT, "type=.*ptr_task_struct expected=ptr_bpf_cpumask" },
};

DEFINE_LOAD(task_refused)

static void statements(void)
{
	check_refusals(refusals, ARRAY_SIZE(refusals), load_task_refused);
}

SCX_TEST(SCX_CASE(statements));
