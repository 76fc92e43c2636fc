// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler may forbid the policy SCHED_EXT to a task from ops.init_task().
 */
#include "scx_puppet.h"
#include "books.bpf.skel.h"

#define SWITCH_PARTIAL	0x8ULL

static struct books *load_disallowing(pid_t tgid, struct bpf_link **link)
{
	struct books *s = SCX_OPEN(books);

	s->struct_ops.ops->flags = SWITCH_PARTIAL;
	SCX_LOAD(s, books);
	s->bss->disallow_tgid = tgid;
	*link = scx_attach(s->maps.ops);
	return s;
}

static void check_denied(pid_t pid)
{
	struct sched_param param = {};

	CHECK_EQ(sched_setscheduler(pid, SCHED_EXT, &param), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(sched_getscheduler(pid), SCHED_OTHER);
}

static void at_load(void)
{
	struct puppet *victim = puppet_start(NULL);
	struct puppet *other = puppet_start(NULL);
	struct bpf_link *link;
	struct books *s;

	scx_set_policy(victim->pid, SCHED_EXT);
	s = load_disallowing(victim->pid, &link);
	CHECK_EQ(sched_getscheduler(victim->pid), SCHED_OTHER);
	CHECK_LE(scx_task_on_ext(victim->pid), 0);
	check_denied(victim->pid);
	puppet_poke(victim);
	CHECK_SOON(puppet_idle(victim));
	scx_set_policy(other->pid, SCHED_EXT);

	/* The ban goes with the scheduler. */
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	scx_set_policy(victim->pid, SCHED_EXT);
	puppet_stop(victim);
	puppet_stop(other);
	books__destroy(s);
}

static int pause_child(void *arg)
{
	pause();
	return 0;
}

/* Of a task that has another policy. */
static void at_fork(void)
{
	struct bpf_link *link;
	struct books *s = load_disallowing(-1, &link);
	pid_t child;

	s->bss->disallow_tgid = getpid();
	child = scx_fork(pause_child, NULL);
	CHECK_EQ(sched_getscheduler(child), SCHED_OTHER);
	check_denied(child);
	/* It has the link, too. */
	CHECK_EQ(kill(child, SIGKILL), 0);
	scx_wait(child);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	books__destroy(s);
}

static int nothing(void *arg)
{
	return 0;
}

/* There is nothing to fall back to for a task that is not there yet. */
static void at_fork_of_ext_task(void)
{
	struct bpf_link *link;
	struct books *s = load_disallowing(-1, &link);

	scx_expect_eject("books");
	scx_set_policy(0, SCHED_EXT);
	s->bss->disallow_tgid = getpid();
	scx_wait(scx_fork(nothing, NULL));
	CHECK_EXIT(s, SCX_EXIT_ERROR, "ops[.]init_task.*disallow");
	bpf_link__destroy(link);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(at_load), SCX_CASE(at_fork), SCX_CASE(at_fork_of_ext_task));
