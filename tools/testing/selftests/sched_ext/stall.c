// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that loses tasks meets the watchdog in time, which names the task;
 * one that does not is left alone.
 */
#include "scx_puppet.h"
#include "books.bpf.skel.h"

/* Enough for whoever is not lost to get a turn. */
static int timeout_ms(void)
{
	return scx_scale() > 2 ? 6000 : 2000;
}

static struct books *load(void)
{
	struct books *s = SCX_OPEN(books);

	s->struct_ops.ops->timeout_ms = timeout_ms();
	SCX_LOAD(s, books);
	return s;
}

/* From when something is lost until ops.exit() has run. */
static void check_in_time(struct books *s, long long since)
{
	int timeout = timeout_ms();
	long long took;

	CHECK_SOON(UEI_EXITED(s, uei));
	took = scx_now_ms() - since;
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_ERROR_STALL);
	CHECK(!strcmp(s->data->uei.reason, "runnable task stall"));
	CHECK_GE(took, timeout * 9 / 10);
	/* A tenth late, and what it takes to unload. */
	CHECK_LE(took, timeout * 11 / 10 + scx_ms(500));
}

static void lost_task(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct puppet *victim = puppet_start(NULL);
	struct books *s = load();
	struct bpf_link *link = scx_attach(s->maps.ops);
	char words[64];
	long long since;

	scx_expect_eject("books");
	s->bss->lose_tgid = victim->pid;
	since = scx_now_ms();
	puppet_poke(victim);
	check_in_time(s, since);
	snprintf(words, sizeof(words), PUPPET_COMM "\\[%d\\].* [0-9]+[.][0-9]+s", victim->pid);
	CHECK_EXIT(s, SCX_EXIT_ERROR_STALL, words);

	CHECK_SOON(puppet_idle(victim));
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	work_stop(work);
	puppet_stop(victim);
	books__destroy(s);
}

/* No kthread that could help is left running. */
static void all_lost(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct books *s = load();
	struct bpf_link *link;
	long long since;

	scx_expect_eject("books");
	scx_set_policy(0, SCHED_FIFO);
	link = scx_attach(s->maps.ops);
	since = scx_now_ms();
	s->bss->lose_all = true;
	check_in_time(s, since);
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	work_stop(work);
	books__destroy(s);
}

static void none_lost(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct books *s = load();
	struct bpf_link *link = scx_attach(s->maps.ops);
	long long end = scx_now_ms() + timeout_ms() * 3 / 2;

	while (scx_now_ms() < end)
		CHECK_PROGRESS(work);
	CHECK(!UEI_EXITED(s, uei));
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(lost_task), SCX_CASE(all_lost), SCX_CASE(none_lost));
