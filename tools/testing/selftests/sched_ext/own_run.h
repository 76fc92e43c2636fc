/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stage of the tests of who owns a task: own.bpf.c, two victims at home on one
 * CPU, and a CPU that moves them away, to be stopped at a pause point on the way.
 * The test itself acts from a third CPU. Included after the skeleton.
 *
 * Victims are puppets: each runs once it was poked and the scheduler lets it.
 */
#ifndef __OWN_RUN_H
#define __OWN_RUN_H

#include <dirent.h>
#include <sys/resource.h>
#include "scx_pause.h"
#include "scx_puppet.h"
#include "own.h"

#define TEST_CPU	0
#define HOME		OWN_HOME
#define OTHER		2
#define MOVER		3

#define DSQ_LOCAL	0x8000000000000002ULL
#define DSQ_GLOBAL	0x8000000000000001ULL
#define DSQ_LOCAL_ON(cpu)	(0xc000000000000000ULL | (cpu))

#define POOL		16

/* For what victims do. */
static struct own *skel;

struct stage {
	struct own *s;
	struct bpf_link *link;
	struct puppet *victims[OWN_VICTIMS];
	struct puppet *pool[POOL];
	int nr_used;
	pid_t hands[OWN_CPUS];
};

/* The victim may use home and, unless that is negative, another CPU. */
static inline int try_allow(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(HOME, &set);
	if (cpu >= 0)
		CPU_SET(cpu, &set);
	return sched_setaffinity(pid, sizeof(set), &set);
}

/* What is done to a victim while somebody moves it: it may not go where it was to go ... */
static inline int stay_home(pid_t pid)
{
	return try_allow(pid, -1);
}

/* ... or is only requeued. */
static inline int renice(pid_t pid)
{
	return setpriority(PRIO_PROCESS, pid, getpriority(PRIO_PROCESS, pid) ? 0 : 5);
}

/* It has done what it was poked for, and sleeps. */
static inline bool is_done(const struct puppet *puppet)
{
	return puppet_idle(puppet) && puppet_asleep(puppet);
}

/* The next one of those that were started before the link was there for them to have. */
static inline void new_victim(struct stage *st, int i)
{
	struct puppet *puppet;

	CHECK_LE(st->nr_used + 1, POOL);
	puppet = st->pool[st->nr_used++];
	CHECK(puppet);
	/* Runnable when it joins the class, it would be held, and nobody let it go. */
	CHECK_SOON(is_done(puppet));
	st->victims[i] = puppet;
	CHECK_EQ(try_allow(puppet->pid, MOVER), 0);
	st->s->bss->victim[i] = puppet->pid;
	scx_set_policy(puppet->pid, SCHED_EXT);
}

/*
 * Makes its CPU dispatch in its own name, with the order that waits for it. Busy for
 * some ticks before, so that its CPU does not count as idle while it dwells: others
 * would wake tasks there or balance it, and be stuck. It is of the class itself, or
 * its CPU would look at others for fair tasks first.
 */
static int be_hand(void *arg)
{
	volatile struct own_order *order = arg;

	for (;;) {
		usleep(1000);
		if (__atomic_load_n(&order->wanted, __ATOMIC_ACQUIRE)) {
			scx_burn(3000);
			order->what = order->wanted;
			order->wanted = OWN_NOTHING;
		}
	}
	return 0;
}

static inline void start_hands(struct stage *st)
{
	int cpu;

	for (cpu = HOME; cpu <= MOVER; cpu++) {
		st->hands[cpu] = scx_fork(be_hand, (void *)&st->s->bss->order[cpu]);
		scx_pin(st->hands[cpu], cpu);
		st->s->bss->hand[cpu] = st->hands[cpu];
	}
}

static inline void stop_hands(struct stage *st)
{
	int cpu;

	for (cpu = HOME; cpu <= MOVER; cpu++) {
		CHECK_EQ(kill(st->hands[cpu], SIGKILL), 0);
		scx_wait(st->hands[cpu]);
	}
}

static inline void start_victims(struct stage *st, void (*act)(void), int nr)
{
	int i;

	pause_need();
	if (scx_nr_cpus() < OWN_CPUS)
		scx_skip("this takes %d CPUs", OWN_CPUS);
	scx_pin(0, TEST_CPU);
	memset(st, 0, sizeof(*st));
	st->s = SCX_OPEN_LOAD(own);
	skel = st->s;
	start_hands(st);
	for (i = 0; i < nr; i++)
		st->pool[i] = puppet_start(act);
}

/* Nor must what loads and unloads want to run on a CPU that dwells. */
static inline void move_helper(void)
{
	char path[300], comm[32];
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	FILE *file;

	CHECK(proc);
	while ((entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%31s", comm) == 1 && !strncmp(comm, "sched_ext_help", 14))
			scx_pin(atoi(entry->d_name), OTHER);
		fclose(file);
	}
	closedir(proc);
}

/*
 * As an RT task that cannot move the test keeps the helper off its CPU, and with it
 * the watchdog, either of which may get stuck at a CPU that dwells.
 */
static inline void enter_victims(struct stage *st)
{
	int i;

	scx_set_policy(0, SCHED_FIFO);
	st->link = scx_attach(st->s->maps.ops);
	move_helper();
	for (i = HOME; i <= MOVER; i++)
		scx_set_policy(st->hands[i], SCHED_EXT);
	for (i = 0; i < OWN_VICTIMS; i++)
		new_victim(st, i);
}

static inline void set_up(struct stage *st, void (*act)(void))
{
	start_victims(st, act, OWN_VICTIMS);
	enter_victims(st);
}

/* For a test that uses up victims. */
static inline void set_up_many(struct stage *st)
{
	start_victims(st, NULL, POOL);
	enter_victims(st);
}

/* What no hand-over may lead to. */
static inline void check_owned(const struct stage *st)
{
	CHECK_EQ(st->s->bss->nr_double, 0);
	CHECK_EQ(st->s->bss->nr_forbidden, 0);
}

/* Soon, as a task that waits for its turn would run at once here. */
static inline void check_runs(const struct stage *st, int i)
{
	const struct puppet *puppet = st->victims[i];

	if (!__WAIT(is_done(puppet), 2000, 500))
		FAIL("victim %d was lost", i);
}

/* The scheduler is gone, the victims are not. */
static inline void check_left(struct stage *st)
{
	int i;

	for (i = 0; i < OWN_VICTIMS; i++) {
		puppet_poke(st->victims[i]);
		CHECK_SOON(puppet_idle(st->victims[i]));
		puppet_stop(st->victims[i]);
	}
	for (i = st->nr_used; i < POOL; i++)
		if (st->pool[i])
			puppet_stop(st->pool[i]);
	stop_hands(st);
	check_owned(st);
	own__destroy(st->s);
}

static inline void tear_down(struct stage *st)
{
	check_owned(st);
	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(st->link);
	CHECK_EXIT(st->s, SCX_EXIT_UNREG, NULL);
	check_left(st);
}

/* Wake victim i and have it enqueued like that. */
static inline void wake_to(struct stage *st, int i, enum own_enqueue to)
{
	unsigned long long before = st->s->bss->nr_enqueued[i];

	st->s->bss->enqueue_to[i] = to;
	do {
		CHECK(scx_state_is("enabled"));
		/* It may have been on its way to sleep only. */
		puppet_poke(st->victims[i]);
		CHECK_SOON(st->s->bss->nr_enqueued[i] > before ||
			   puppet_idle(st->victims[i]));
	} while (st->s->bss->nr_enqueued[i] == before);
}

/* If the CPU is stuck until the pause ends, the pause ends before the CPU begins. */
static inline void begin_order(struct stage *st, int cpu, enum own_what what)
{
	unsigned long long begun = st->s->bss->nr_begun[cpu];

	__atomic_store_n(&st->s->bss->order[cpu].wanted, what, __ATOMIC_RELEASE);
	if (SPIN(st->s->bss->nr_begun[cpu] > begun, 1000))
		return;
	/* Some bystander there wants a lock that a CPU holds which dwells. */
	pause_give_up();
	if (!SPIN(st->s->bss->nr_begun[cpu] > begun, 6000))
		FAIL("CPU %d does not dispatch", cpu);
}

static inline void order_take(struct stage *st, int cpu)
{
	begin_order(st, cpu, OWN_TAKE);
}

static inline void order_insert(struct stage *st, int cpu, int i, unsigned long long dsq)
{
	st->s->bss->order[cpu].pid[0] = st->victims[i]->pid;
	st->s->bss->order[cpu].dsq[0] = dsq;
	st->s->bss->order[cpu].pid[1] = 0;
	begin_order(st, cpu, OWN_INSERT);
}

/* As above, for both victims at once. */
static inline void order_inserts(struct stage *st, int cpu, unsigned long long dsq0,
				 unsigned long long dsq1)
{
	st->s->bss->order[cpu].pid[0] = st->victims[0]->pid;
	st->s->bss->order[cpu].dsq[0] = dsq0;
	st->s->bss->order[cpu].pid[1] = st->victims[1]->pid;
	st->s->bss->order[cpu].dsq[1] = dsq1;
	begin_order(st, cpu, OWN_INSERT);
}

/* The scheduler has it, and nobody else. */
static inline void check_kept(struct stage *st, int i, unsigned long long runs)
{
	usleep(5000);
	CHECK_EQ(st->s->bss->nr_runs[i], runs);
	CHECK(!puppet_idle(st->victims[i]));
	CHECK(scx_state_is("enabled"));
}

/* Give a victim that the scheduler holds to its home CPU. */
static inline void let_go(struct stage *st, int i)
{
	order_insert(st, HOME, i, DSQ_LOCAL);
	check_runs(st, i);
	check_owned(st);
}

/*
 * Have the mover stop at point with victim 0, which it gets by an insert or off a
 * queue, in turns.
 */
static inline bool try_stop_mover(struct stage *st, const char *point, int i)
{
	wake_to(st, 0, i & 1 ? OWN_HOLD : OWN_QUEUE);
	pause_at(point, st->victims[0]->pid);
	if (i & 1)
		order_insert(st, MOVER, 0, DSQ_LOCAL_ON(MOVER));
	else
		order_take(st, MOVER);
	return pause_caught();
}

static inline void stop_mover(struct stage *st, const char *point, int i)
{
	/* If it is let go too soon the victim comes to run. */
	while (!try_stop_mover(st, point, i))
		check_runs(st, 0);
	st->s->bss->enqueue_to[0] = OWN_HOLD;
}

/* To die the victim has to run first: nobody takes it from the mover. */
static inline void check_killed(const char *point, int rounds)
{
	struct stage st;
	int i;

	set_up_many(&st);
	for (i = 0; i < rounds; i++) {
		stop_mover(&st, point, i);
		CHECK_EQ(kill(st.victims[0]->pid, SIGKILL), 0);
		CHECK(pause_inside());
		pause_end();
		puppet_stop(st.victims[0]);
		new_victim(&st, 0);
	}
	tear_down(&st);
}

#endif /* __OWN_RUN_H */
