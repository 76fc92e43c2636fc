// SPDX-License-Identifier: GPL-2.0
/*
 * Once an error is recorded, no insert, move or kick of the scheduler takes effect,
 * from the very op on that made the error: tasks stay where they are and what they
 * are, and the first error is the one that is told of. Each act has a twin without
 * the error, which does take effect.
 *
 * Unloading would soon hide what an act did, so the test keeps it from starting: it
 * does not give the CPU to the helper that is to do it, which has the highest RT
 * priority, but no higher one than the test.
 */
#include <dirent.h>
#include "scx_pause.h"
#include "scx_puppet.h"
#include "after_error.h"
#include "after_error.bpf.skel.h"

#define OUR_CPU		0	/* and the helper's */
#define SPINNER_CPU	1
#define VICTIM_CPU	2
#define SLICE_INF	(~0ULL)
#define HELPER		"sched_ext_helpe"	/* as much as there is in any kernel */

struct stage {
	struct after_error *s;
	struct puppet *victim, *parked;
	struct work *spinner;
};

static const char * const act_names[] = {
	[AFTER_INSERT]		= "insert",
	[AFTER_INSERT_REMOTE]	= "insert into another CPU's local DSQ",
	[AFTER_INSERT_VTIME]	= "insert by vtime",
	[AFTER_KICK]		= "kick",
	[AFTER_NOTED]		= "insert before the error",
	[AFTER_CONSUME]		= "move to local",
	[AFTER_MOVE]		= "move",
	[AFTER_MOVE_VTIME]	= "move by vtime",
};

static bool is_helper(const char *pid)
{
	char path[300], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = 0;
	fclose(file);
	return !strncmp(comm, HELPER, strlen(HELPER));
}

static pid_t find_helper(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t pid = 0;

	CHECK(proc);
	while ((entry = readdir(proc))) {
		if (atoi(entry->d_name) <= 0 || !is_helper(entry->d_name))
			continue;
		CHECK_EQ(pid, 0);
		pid = atoi(entry->d_name);
	}
	closedir(proc);
	CHECK_GT(pid, 0);
	return pid;
}

/* From here on unloading waits until this thread lets it, or sleeps. */
static void hold_helper(void)
{
	struct sched_param param = { .sched_priority = sched_get_priority_max(SCHED_FIFO) };

	scx_pin(0, OUR_CPU);
	CHECK_EQ(sched_setscheduler(0, SCHED_FIFO, &param), 0);
	scx_pin(find_helper(), OUR_CPU);
}

static void let_helper_go(void)
{
	scx_set_policy(0, SCHED_OTHER);
	scx_unpin(0);
}

/* For all CPUs to do what they have to. */
static void spin_a_while(void)
{
	long long end = scx_now_ms() + 300;

	while (scx_now_ms() < end)
		pause_relax();
}

static struct puppet *start_victim(void)
{
	struct puppet *puppet = puppet_start(NULL);

	scx_pin(puppet->pid, VICTIM_CPU);
	puppet_poke(puppet);
	CHECK_SOON(puppet_idle(puppet) && puppet_asleep(puppet));
	scx_unpin(puppet->pid);
	return puppet;
}

static void set_up(struct stage *st)
{
	if (scx_nr_cpus() < 3)
		scx_skip("this takes 3 CPUs");
	scx_expect_eject("after_error");
	st->s = SCX_OPEN_LOAD(after_error);
	st->spinner = work_start(WORK_SPIN, 1, 0);
	scx_pin(work_pid(st->spinner, 0), SPINNER_CPU);
}

static void tear_down(struct stage *st)
{
	CHECK_PROGRESS(st->spinner);
	work_stop(st->spinner);
	after_error__destroy(st->s);
}

static struct bpf_link *attach(struct stage *st, enum after_act act, bool in_dispatch,
			       bool error_first)
{
	struct after_error *s = st->s;
	struct bpf_link *link;

	SCX_FORGET_EXIT(s);
	memset(s->bss, 0, sizeof(*s->bss));
	s->bss->act = act;
	s->bss->in_dispatch = in_dispatch;
	s->bss->error_first = error_first;
	s->bss->victim = st->victim->pid;
	s->bss->parked = st->parked->pid;
	s->bss->spinner = work_pid(st->spinner, 0);
	s->bss->spinner_cpu = SPINNER_CPU;
	link = scx_attach(s->maps.ops);
	CHECK_SOON(s->bss->spinning);
	puppet_poke(st->parked);
	CHECK_SOON(s->bss->nr_parked);
	return link;
}

/* Have act done, and look what came of it before the scheduler is unloaded. */
static void act_and_look(struct stage *st, enum after_act act, bool in_dispatch,
			 bool error_first)
{
	struct after_error *s = st->s;
	struct bpf_link *link;

	st->victim = start_victim();
	st->parked = start_victim();
	link = attach(st, act, in_dispatch, error_first);

	hold_helper();
	puppet_poke(st->victim);
	CHECK(SPIN(s->bss->nr_acts, 5000));
	spin_a_while();
	CHECK_EQ(scx_run_prog(s->progs.look), 0);
	CHECK(scx_state_is("enabled"));
	CHECK_EQ(s->data->uei.kind, 0);
	let_helper_go();

	if (error_first)
		CHECK_EXIT(s, SCX_EXIT_ERROR_BPF, "^the first, of [0-9]+$");
	bpf_link__destroy(link);
	CHECK_SOON(puppet_idle(st->victim) && puppet_idle(st->parked));
	puppet_stop(st->victim);
	puppet_stop(st->parked);
	CHECK_EQ(s->bss->nr_acts, 1);
}

#define FAIL_AT(fmt, args...)						\
	FAIL("%s from %s: " fmt, act_names[act], in_dispatch ? "dispatch" : "enqueue", ##args)

static void check_task(const struct after_task *task, const char *name, enum after_act act,
		       bool in_dispatch)
{
	if (task->slice != AFTER_OLD_SLICE)
		FAIL_AT("the slice of the %s is %llu", name, task->slice);
	if (task->vtime != AFTER_OLD_VTIME)
		FAIL_AT("the vtime of the %s is %llu", name, task->vtime);
	if (task->cpu != VICTIM_CPU)
		FAIL_AT("the %s is on CPU %d", name, task->cpu);
	if (task->runs)
		FAIL_AT("the %s ran", name);
}

static void check_no_effect(struct stage *st, enum after_act act, bool in_dispatch)
{
	const struct after_seen *seen = &st->s->bss->seen;

	act_and_look(st, act, in_dispatch, true);
	check_task(&seen->victim, "victim", act, in_dispatch);
	check_task(&seen->parked, "parked task", act, in_dispatch);
	if (!seen->victim.owned)
		FAIL_AT("the victim has left the scheduler");
	if (seen->nr_queued[AFTER_DSQ] || seen->nr_queued[AFTER_VTIME_DSQ])
		FAIL_AT("there is a task on a DSQ");
	if (seen->nr_queued[AFTER_PARK_DSQ] != 1)
		FAIL_AT("the parked task has left its DSQ");
	if (seen->spinner_slice != SLICE_INF)
		FAIL_AT("the slice of the spinner is %llu", seen->spinner_slice);
	if (st->s->bss->slots_taken || st->s->bss->nr_moved)
		FAIL_AT("it was told to have worked");
}

static void check_effect(struct stage *st, enum after_act act, bool in_dispatch)
{
	const struct after_seen *seen = &st->s->bss->seen;
	bool inserts = act <= AFTER_INSERT_VTIME;
	bool moves_victim = inserts || act == AFTER_NOTED;
	bool works;

	act_and_look(st, act, in_dispatch, false);
	if (seen->victim.owned == moves_victim)
		FAIL_AT("the victim is %s the scheduler's", moves_victim ? "still" : "not");
	if (inserts && seen->victim.slice != AFTER_NEW_SLICE)
		FAIL_AT("the slice of the victim is %llu", seen->victim.slice);
	if (st->s->bss->slots_taken != (inserts && in_dispatch))
		FAIL_AT("it takes %lld slots", (long long)st->s->bss->slots_taken);

	switch (act) {
	case AFTER_INSERT:
	case AFTER_NOTED:
		works = seen->nr_queued[AFTER_DSQ] == 1;
		break;
	case AFTER_INSERT_VTIME:
		works = seen->nr_queued[AFTER_VTIME_DSQ] == 1 &&
			seen->victim.vtime == AFTER_NEW_VTIME;
		break;
	case AFTER_INSERT_REMOTE:
		works = seen->victim.cpu == SPINNER_CPU;
		break;
	case AFTER_KICK:
		works = seen->spinner_slice != SLICE_INF;
		break;
	case AFTER_CONSUME:
		/* It may have used up its slice since, and be parked once more. */
		works = st->s->bss->nr_moved == 1 &&
			(seen->parked.runs || !seen->nr_queued[AFTER_PARK_DSQ]);
		break;
	case AFTER_MOVE:
		works = seen->nr_queued[AFTER_DSQ] == 1 &&
			seen->parked.slice == AFTER_NEW_SLICE;
		break;
	default:
		works = seen->nr_queued[AFTER_VTIME_DSQ] == 1 &&
			seen->parked.vtime == AFTER_NEW_VTIME;
		break;
	}
	if (!works)
		FAIL_AT("no effect although there is no error");
}

static void check_acts(enum after_act first, enum after_act last, bool in_dispatch)
{
	enum after_act act;
	struct stage st;

	set_up(&st);
	for (act = first; act <= last; act++) {
		check_effect(&st, act, in_dispatch);
		check_no_effect(&st, act, in_dispatch);
	}
	tear_down(&st);
}

static void insert_in_enqueue(void)
{
	check_acts(AFTER_INSERT, AFTER_INSERT_REMOTE, false);
}

static void insert_vtime_in_enqueue(void)
{
	check_acts(AFTER_INSERT_VTIME, AFTER_INSERT_VTIME, false);
}

static void kick_in_enqueue(void)
{
	check_acts(AFTER_KICK, AFTER_KICK, false);
}

static void insert_in_dispatch(void)
{
	check_acts(AFTER_INSERT, AFTER_INSERT_REMOTE, true);
}

static void insert_vtime_in_dispatch(void)
{
	check_acts(AFTER_INSERT_VTIME, AFTER_INSERT_VTIME, true);
}

static void kick_in_dispatch(void)
{
	check_acts(AFTER_KICK, AFTER_KICK, true);
}

/* What ops.dispatch() asked for is to be done when it returns. */
static void insert_before_error(void)
{
	check_acts(AFTER_NOTED, AFTER_NOTED, true);
}

static void move_in_dispatch(void)
{
	check_acts(AFTER_CONSUME, AFTER_MOVE_VTIME, true);
}

SCX_TEST(SCX_CASE(insert_in_enqueue), SCX_CASE(insert_vtime_in_enqueue),
	 SCX_CASE(kick_in_enqueue), SCX_CASE(insert_in_dispatch),
	 SCX_CASE(insert_vtime_in_dispatch), SCX_CASE(kick_in_dispatch),
	 SCX_CASE(insert_before_error), SCX_CASE(move_in_dispatch));
