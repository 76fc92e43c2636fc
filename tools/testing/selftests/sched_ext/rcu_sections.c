// SPDX-License-Identifier: GPL-2.0
/*
 * What programs may do with what RCU protects, and where: in sections of their
 * own when they may sleep, anywhere when not, and never after the section.
 */
#include <sys/wait.h>
#include "refused_run.h"
#include "rcu_sections.h"
#include "rcu_sections.bpf.skel.h"

static const struct refusal_words refusals[] = {
	{ RCU_NO_SECTION, "must be a trusted or RCU pointer" },
	{ RCU_AFTER_SECTION, "must be a trusted or RCU pointer" },
	{ RCU_AFTER_SECTION_ATOMIC, "must be a trusted or RCU pointer" },
	{ RCU_NOT_UNLOCKED, "bpf_rcu_read_unlock is missing" },
	{ RCU_NOT_LOCKED, "bpf_rcu_read_unlock\\(\\) without bpf_rcu_read_lock" },
	{ RCU_NESTED, "bpf_rcu_read_lock\\(\\) inside of an RCU section" },
	{ RCU_SLEEP, "scx_bpf_create_dsq is sleepable but the RCU section is not" },
	{ RCU_SLEEP_BELOW, "scx_bpf_create_dsq is sleepable but the RCU section is not" },
	{ RCU_SLEEP_HELPER, "helper call might sleep in a non-sleepable RCU section" },
	{ RCU_LOCK_IN_CALLBACK, "bpf_rcu_read_unlock is missing in callback" },
	{ RCU_UNLOCK_IN_CALLBACK, "callback cannot end the RCU section of its caller" },
	{ RCU_PRUNED_IN_CALLBACK, "bpf_rcu_read_unlock is missing in callback" },
	{ RCU_OUT_OF_WALK, "must be a trusted or RCU pointer" },
	{ RCU_TAIL_CALL, "bpf_rcu_read_unlock is missing" },
	{ RCU_UNLISTED, "must be a trusted or RCU pointer" },
	{ RCU_RELATIVE_NO_SECTION, "must be a trusted or RCU pointer" },
	{ BYTES_TOO_MANY, "are not in one array of bytes" },
	{ BYTES_OF_WALKED, "must be a trusted or RCU pointer for a helper" },
	{ BYTES_OF_NO_ARRAY, "are not in one array of bytes" },
};

DEFINE_LOAD(rcu_sections)

static void statements(void)
{
	check_refusals(refusals, ARRAY_SIZE(refusals), load_rcu_sections);
}

static int nothing(void *arg)
{
	return 0;
}

/* A new task has no parent of its own yet when the scheduler is asked. */
static void relatives(void)
{
	struct rcu_sections *s = SCX_OPEN(rcu_sections);
	struct bpf_link *link;
	pid_t pid;

	s->rodata->watched = getpid();
	SCX_LOAD(s, rcu_sections);
	link = scx_attach(s->maps.ops);

	pid = scx_fork(nothing, NULL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(s->bss->parent_at_fork, getpid());
	CHECK_GT(s->bss->nr_named, 0);
	CHECK_GT(s->bss->nr_cgroups, 0);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
}

static void syscall_program(void)
{
	struct rcu_sections *s = SCX_OPEN_LOAD(rcu_sections);

	CHECK_EQ(scx_run_prog(s->progs.rcu_syscall), 1);
}

SCX_TEST(SCX_CASE(statements), SCX_CASE(relatives), SCX_CASE(syscall_program));
