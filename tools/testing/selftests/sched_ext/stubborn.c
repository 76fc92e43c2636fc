// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler whose tasks never come to the end of their slices: it is unloaded all
 * the same, and what waits in CFS for their CPU does not wait for them.
 */
#include "scx_pause.h"
#include "scx_puppet.h"
#include "stubborn.bpf.skel.h"

#define SWITCH_PARTIAL	0x8ULL

/* One on every CPU, and one that needs all of the core for each round. */
struct stage {
	struct work *hogs;
	struct work *forks;
	struct stubborn *s;
	struct bpf_link *link;
};

static void start_work(struct stage *st)
{
	int i;

	st->hogs = work_start(WORK_SPIN, scx_nr_cpus(), 0);
	st->forks = work_start(WORK_FORK, 1, 0);
	for (i = 0; i < work_nr(st->hogs); i++)
		scx_pin(work_pid(st->hogs, i), i);
}

/* Children that are started later hold the link as well. */
static void load(struct stage *st)
{
	st->s = SCX_OPEN_LOAD(stubborn);
	scx_set_policy(0, SCHED_FIFO);
	st->link = scx_attach(st->s->maps.ops);
	CHECK_PROGRESS(st->forks);
	st->s->bss->keep = true;
	CHECK_SOON(st->s->bss->nr_kept > 100);
}

static void check_over(struct stage *st, int kind, long long since)
{
	scx_note("unloaded after %lld ms", scx_now_ms() - since);
	CHECK_LE(scx_now_ms() - since, scx_ms(10000));
	CHECK_EXIT(st->s, kind, NULL);
	CHECK_PROGRESS(st->forks);
	CHECK_PROGRESS(st->hogs);
	work_stop(st->hogs);
	work_stop(st->forks);
	stubborn__destroy(st->s);
}

static void unload(void)
{
	struct stage st;
	long long since;

	start_work(&st);
	load(&st);
	since = scx_now_ms();
	bpf_link__destroy(st.link);
	check_over(&st, SCX_EXIT_UNREG, since);
}

static void sysrq(void)
{
	struct stage st;
	long long since;

	start_work(&st);
	load(&st);
	scx_expect_eject("stubborn");
	since = scx_now_ms();
	scx_sysrq('S');
	CHECK_SOON(scx_state_is("disabled"));
	bpf_link__destroy(st.link);
	check_over(&st, SCX_EXIT_SYSRQ, since);
}

static void *destroy_link(void *link)
{
	bpf_link__destroy(link);
	return NULL;
}

/*
 * The unload dwells while all of them are the scheduler's still: who shares a CPU with
 * a hog has its turn, unless it is the CPU where the unload is.
 */
static void turns_end(void)
{
	struct puppet *first, *last;
	pthread_t unloader;
	struct stage st;

	pause_need();
	if (scx_nr_cpus() < 4)
		scx_skip("this takes 4 CPUs");
	start_work(&st);
	first = puppet_start(NULL);
	last = puppet_start(NULL);
	scx_pin(first->pid, 1);
	scx_pin(last->pid, 2);
	load(&st);

	/* The youngest is given back first. */
	pause_at("disable", last->pid);
	CHECK_EQ(pthread_create(&unloader, NULL, destroy_link, st.link), 0);
	pause_await();
	puppet_poke(first);
	puppet_poke(last);
	CHECK(SPIN(puppet_idle(first) || puppet_idle(last), 5000));
	CHECK(pause_inside());
	pause_end();

	CHECK_EQ(pthread_join(unloader, NULL), 0);
	CHECK_EXIT(st.s, SCX_EXIT_UNREG, NULL);
	CHECK_SOON(puppet_idle(first) && puppet_idle(last));
	puppet_stop(first);
	puppet_stop(last);
	work_stop(st.hogs);
	work_stop(st.forks);
	stubborn__destroy(st.s);
}

/* How long a task of CFS waits for a CPU whose hog comes down from real time. */
static int come_down_ms(struct puppet *cfs, pid_t hog)
{
	long long since;

	scx_set_policy(hog, SCHED_FIFO);
	usleep(scx_ms(20000));
	puppet_poke(cfs);
	since = scx_now_ms();
	scx_set_policy(hog, SCHED_EXT);
	CHECK_SOON(puppet_idle(cfs));
	return scx_now_ms() - since;
}

/*
 * Other wakeups on that CPU may hide that nobody makes room, and a busy machine that
 * somebody did: most rounds count.
 */
static void cfs_comes_first(void)
{
	struct work *hog = work_start(WORK_SPIN, 1, 0);
	struct puppet *cfs = puppet_start(NULL);
	struct stubborn *s = SCX_OPEN(stubborn);
	int i, ms, prompt = 0, rounds = 21;
	int cpu = scx_nr_cpus() - 1;
	struct bpf_link *link;

	s->struct_ops.ops->flags = SWITCH_PARTIAL;
	SCX_LOAD(s, stubborn);
	s->bss->keep = true;
	scx_pin(cfs->pid, cpu);
	scx_pin(work_pid(hog, 0), cpu);
	if (cpu)
		scx_pin(0, 0);
	scx_set_policy(0, SCHED_FIFO);
	link = scx_attach(s->maps.ops);
	for (i = 0; i < rounds; i++) {
		ms = come_down_ms(cfs, work_pid(hog, 0));
		prompt += ms < scx_ms(50);
	}
	scx_note("prompt %d times of %d", prompt, rounds);
	CHECK_GT(prompt, rounds / 2);
	CHECK_GT(s->bss->nr_kept, 0);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(hog);
	puppet_stop(cfs);
	stubborn__destroy(s);
}

SCX_TEST(SCX_CASE(unload), SCX_CASE(sysrq), SCX_CASE(turns_end),
	 SCX_CASE(cfs_comes_first));
