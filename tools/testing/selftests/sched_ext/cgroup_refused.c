// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses when a program keeps cgroups, or something with them.
 */
#include "refused_run.h"
#include "cgroup_refused.h"
#include "cgroup_refused.bpf.skel.h"

#define NOT_TRUSTED	"R1 must be a trusted or RCU pointer"
#define NO_TRUSTED_ARG	"R2 must be a trusted or RCU pointer for a helper"

static const struct refusal_words refusals[] = {
	{ CGROUP_LEAKED, "Unreleased reference" },
	{ CGROUP_LEAKED_ON_ONE_PATH, "Unreleased reference" },
	{ CGROUP_FOUND_AND_LEAKED, "Unreleased reference" },
	{ CGROUP_ANCESTOR_LEAKED, "Unreleased reference" },
	{ CGROUP_READ_AFTER_RELEASE, "invalid mem access 'scalar'" },
	{ CGROUP_USED_AFTER_RELEASE, NOT_TRUSTED },
	{ CGROUP_RELEASED_TWICE, NOT_TRUSTED },
	{ CGROUP_RELEASED_NULL, "NULL or may be NULL, kernel function bpf_cgroup_release" },
	{ CGROUP_RELEASED_UNCHECKED,
	  "NULL or may be NULL, kernel function bpf_cgroup_release" },
	{ CGROUP_READ_UNCHECKED, "invalid mem access 'ptr_or_null_'" },
	{ CGROUP_WALKED_ACQUIRED, NOT_TRUSTED },
	{ CGROUP_WALKED_ANCESTOR, NOT_TRUSTED },
	{ CGROUP_NULL_ACQUIRED, "NULL or may be NULL, kernel function bpf_cgroup_acquire" },
	{ CGROUP_OTHER_TYPE_ACQUIRED,
	  "args#0 expected pointer to STRUCT cgroup but R1 has a pointer to STRUCT css_set" },
	{ CGROUP_NOT_OURS_RELEASED, "bpf_cgroup_release expects refcounted PTR_TO_BTF_ID" },
	{ CGROUP_OF_OP_RELEASED, "bpf_cgroup_release expects refcounted PTR_TO_BTF_ID" },
	{ CGROUP_NOT_OURS_KEPT, "R2 must be referenced when passed to release function" },
	{ CGROUP_AFTER_SECTION_ACQUIRED, NOT_TRUSTED },
	{ CGROUP_AFTER_SECTION_ANCESTOR, NOT_TRUSTED },
	{ CGROUP_WITHOUT_SECTION_ACQUIRED, NOT_TRUSTED },
	{ CGROUP_IN_STORAGE_AFTER_SECTION, NOT_TRUSTED },
	{ STORAGE_OF_NULL, "R2 type=scalar expected=ptr_" },
	{ STORAGE_OF_UNCHECKED, "R2 type=ptr_or_null_ expected=ptr_" },
	{ STORAGE_OF_WALKED_CGROUP, NO_TRUSTED_ARG },
	{ STORAGE_OF_TASK, "R2 is of type task_struct but cgroup is expected" },
	{ STORAGE_OF_RELEASED, "R2 type=scalar expected=ptr_" },
	{ STORAGE_AFTER_SECTION, NO_TRUSTED_ARG },
	{ STORAGE_OF_TASK_MAP, "cannot pass map_type 29 into func bpf_cgrp_storage_get#210" },
	{ STORAGE_OF_TASKS_IN_CGROUP_MAP,
	  "cannot pass map_type 32 into func bpf_task_storage_get#156" },
	{ STORAGE_LOOKED_UP, "cannot pass map_type 32 into func bpf_map_lookup_elem#1" },
	{ STORAGE_UNCHECKED, "invalid mem access 'map_value_or_null'" },
	{ STORAGE_BEYOND, "invalid access to map value, value_size=8 off=8 size=8" },
	{ STORAGE_DELETED_OF_WALKED, NO_TRUSTED_ARG },
	{ STORAGE_TRACING_PLAIN, NO_TRUSTED_ARG },
	{ STORAGE_TRACING_DELETED_PLAIN, NO_TRUSTED_ARG },
};

DEFINE_LOAD(cgroup_refused)

static void statements(void)
{
	check_refusals(refusals, ARRAY_SIZE(refusals), load_cgroup_refused);
}

SCX_TEST(SCX_CASE(statements));
