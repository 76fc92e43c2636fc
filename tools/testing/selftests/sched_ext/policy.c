// SPDX-License-Identifier: GPL-2.0
/*
 * The policy SCHED_EXT, with and without a scheduler, and which policies a
 * scheduler of SWITCH_PARTIAL gets.
 */
#include "scx_puppet.h"
#include "books.bpf.skel.h"

#define SWITCH_PARTIAL	0x8ULL

static const int fair_policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE };

/* Whether the victim has policy, and whether it is a scheduler's. */
static void check_task(const struct puppet *victim, int policy, int on_ext)
{
	int on;

	CHECK_EQ(sched_getscheduler(victim->pid), policy);
	on = scx_task_on_ext(victim->pid);
	if (on >= 0 && on != on_ext)
		FAIL("policy %d: ext.enabled is %d", policy, on);
}

/* It still runs. */
static void check_runs(struct puppet *victim)
{
	puppet_poke(victim);
	CHECK_SOON(puppet_idle(victim));
}

static void switch_to(struct puppet *victim, int policy, int on_ext)
{
	scx_set_policy(victim->pid, policy);
	check_task(victim, policy, on_ext);
	check_runs(victim);
}

/* Through all policies, and back from each to SCHED_EXT. */
static void switch_around(struct puppet *victim, int ext_on_ext, int fair_on_ext)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fair_policies); i++) {
		switch_to(victim, fair_policies[i], fair_on_ext);
		switch_to(victim, SCHED_EXT, ext_on_ext);
	}
	switch_to(victim, SCHED_FIFO, 0);
	switch_to(victim, SCHED_EXT, ext_on_ext);
}

static struct books *load(u64 flags, struct bpf_link **link)
{
	struct books *s = SCX_OPEN(books);

	s->struct_ops.ops->flags = flags;
	SCX_LOAD(s, books);
	*link = scx_attach(s->maps.ops);
	return s;
}

static void unload(struct books *s, struct bpf_link *link)
{
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(s->bss->nr_enabled, s->bss->nr_disabled);
	CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
	books__destroy(s);
}

static void without_scheduler(void)
{
	struct sched_param param = { .sched_priority = 1 };
	struct puppet *victim = puppet_start(NULL);

	switch_around(victim, 0, 0);
	CHECK_EQ(sched_get_priority_min(SCHED_EXT), 0);
	CHECK_EQ(sched_get_priority_max(SCHED_EXT), 0);
	CHECK_EQ(sched_setscheduler(victim->pid, SCHED_EXT, &param), -1);
	CHECK_EQ(errno, EINVAL);
	puppet_stop(victim);
}

static void with_scheduler(void)
{
	struct puppet *victim = puppet_start(NULL);
	struct bpf_link *link;
	struct books *s;

	scx_set_policy(victim->pid, SCHED_EXT);
	s = load(0, &link);
	CHECK_EQ(scx_sysfs_long("switch_all"), 1);
	check_task(victim, SCHED_EXT, 1);
	switch_around(victim, 1, 1);
	unload(s, link);

	check_task(victim, SCHED_EXT, 0);
	switch_around(victim, 0, 0);
	puppet_stop(victim);
}

static void partial(void)
{
	struct puppet *victims[ARRAY_SIZE(fair_policies)];
	struct puppet *victim = puppet_start(NULL);
	struct bpf_link *link;
	struct books *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		victims[i] = puppet_start(NULL);
		scx_set_policy(victims[i]->pid, fair_policies[i]);
	}
	scx_set_policy(victim->pid, SCHED_EXT);

	s = load(SWITCH_PARTIAL, &link);
	CHECK_EQ(scx_sysfs_long("switch_all"), 0);
	check_task(victim, SCHED_EXT, 1);
	CHECK_EQ(s->bss->nr_enabled, 1);
	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		check_task(victims[i], fair_policies[i], 0);
		check_runs(victims[i]);
	}
	switch_around(victim, 1, 0);
	unload(s, link);
	check_task(victim, SCHED_EXT, 0);
	check_runs(victim);

	for (i = 0; i < ARRAY_SIZE(victims); i++)
		puppet_stop(victims[i]);
	puppet_stop(victim);
}

/* SCHED_EXT workers run on the scheduler's account, others do not. */
static void partial_runs(void)
{
	struct work *work = work_start(WORK_PINGPONG, 4, 0);
	struct bpf_link *link;
	struct books *s;
	int i;

	s = load(SWITCH_PARTIAL, &link);
	CHECK_PROGRESS(work);
	CHECK_EQ(s->bss->nr_runs, 0);
	for (i = 0; i < work_nr(work); i++)
		scx_set_policy(work_pid(work, i), SCHED_EXT);
	CHECK_PROGRESS(work);
	CHECK_GT(s->bss->nr_runs, 0);
	unload(s, link);
	CHECK_PROGRESS(work);
	work_stop(work);
}

static int report_policy(void *arg)
{
	return sched_getscheduler(0);
}

static void inherited(void)
{
	struct sched_param param = {};
	struct bpf_link *link;
	struct books *s;

	s = load(SWITCH_PARTIAL, &link);
	scx_set_policy(0, SCHED_EXT);
	CHECK_EQ(scx_wait(scx_fork(report_policy, NULL)), SCHED_EXT);
	CHECK_EQ(sched_setscheduler(0, SCHED_EXT | SCHED_RESET_ON_FORK, &param), 0);
	CHECK_EQ(sched_getscheduler(0), SCHED_EXT | SCHED_RESET_ON_FORK);
	/* That resets real-time policies only. */
	CHECK_EQ(scx_wait(scx_fork(report_policy, NULL)), SCHED_EXT);
	unload(s, link);
}

SCX_TEST(SCX_CASE(without_scheduler), SCX_CASE(with_scheduler), SCX_CASE(partial),
	 SCX_CASE(partial_runs), SCX_CASE(inherited));
