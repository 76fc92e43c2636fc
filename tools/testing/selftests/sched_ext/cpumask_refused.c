// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses to do with CPU masks.
 */
#include "refused_run.h"
#include "cpumask_refused.h"
#include "cpumask_refused.bpf.skel.h"

static const struct refusal_words refusals[] = {
	{ MASK_LEAKED, "Unreleased reference" },
	{ MASK_LEAKED_ON_ONE_PATH, "Unreleased reference" },
	{ MASK_ACQUIRED_AND_LEAKED, "Unreleased reference" },
	{ MASK_TAKEN_AND_LEAKED, "Unreleased reference" },
	{ MASK_USED_AFTER_RELEASE, "R2 must be a trusted or RCU pointer" },
	{ MASK_READ_AFTER_RELEASE, "invalid mem access 'scalar'" },
	{ MASK_RELEASED_TWICE, "R1 must be a trusted or RCU pointer" },
	{ MASK_RELEASED_UNCHECKED, "NULL or may be NULL, kernel function bpf_cpumask_release" },
	{ MASK_RELEASED_NULL, "NULL or may be NULL, kernel function bpf_cpumask_release" },
	{ MASK_SET_UNCHECKED, "NULL or may be NULL, kernel function bpf_cpumask_set_cpu" },
	{ MASK_READ_UNCHECKED, "NULL or may be NULL, kernel function bpf_cpumask_weight" },
	{ MASK_OF_TASK_SET, "expected pointer to STRUCT bpf_cpumask but .* STRUCT cpumask" },
	{ MASK_OF_TASK_RELEASED, "expected pointer to STRUCT bpf_cpumask but .* STRUCT cpumask" },
	{ MASK_OF_KERNEL_RELEASED, "expected pointer to STRUCT bpf_cpumask but .* STRUCT cpumask" },
	{ MASK_PUT, "expected pointer to STRUCT cpumask but .* STRUCT bpf_cpumask" },
	{ MASK_WALKED, "R2 must be a trusted or RCU pointer" },
	{ MASK_ON_STACK_SET, "R2 must be a trusted or RCU pointer" },
	{ MASK_ON_STACK_READ, "R1 must be a trusted or RCU pointer" },
	{ MASK_ON_STACK_ACQUIRED, "R1 must be a trusted or RCU pointer" },
	{ MASK_IN_MAP_ACQUIRED, "R1 must be a trusted or RCU pointer" },
	{ MASK_LOADED_ACQUIRED, "R1 must be referenced or trusted" },
	{ MASK_WRITTEN, "only scx.slice, scx.dsq_vtime and scx.disallow" },
	{ MASK_AT_OFFSET, "R2 must have zero offset" },
	{ MASK_OF_OTHER_TYPE_KEPT, "type=ptr_bpf_cpumask expected=ptr_task_struct" },
};

DEFINE_LOAD(cpumask_refused)

static void statements(void)
{
	check_refusals(refusals, ARRAY_SIZE(refusals), load_cpumask_refused);
}

SCX_TEST(SCX_CASE(statements));
