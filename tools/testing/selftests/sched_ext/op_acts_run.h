/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Make op_acts.bpf.c do an act in an op, with a victim that goes through all that
 * makes a scheduler's ops be called. Included by the tests that are about ops,
 * after the skeleton, which the Makefile looks for in them.
 */
#ifndef __OP_ACTS_RUN_H
#define __OP_ACTS_RUN_H

#include <sys/resource.h>
#include "scx_puppet.h"
#include "op_acts.h"

static const char * const op_names[NR_OPS] = {
	[OP_SELECT_CPU]		= "select_cpu",
	[OP_ENQUEUE]		= "enqueue",
	[OP_DEQUEUE]		= "dequeue",
	[OP_DISPATCH]		= "dispatch",
	[OP_TICK]		= "tick",
	[OP_RUNNABLE]		= "runnable",
	[OP_RUNNING]		= "running",
	[OP_STOPPING]		= "stopping",
	[OP_QUIESCENT]		= "quiescent",
	[OP_YIELD]		= "yield",
	[OP_SET_WEIGHT]		= "set_weight",
	[OP_SET_CPUMASK]	= "set_cpumask",
	[OP_INIT_TASK]		= "init_task",
	[OP_EXIT_TASK]		= "exit_task",
	[OP_ENABLE]		= "enable",
	[OP_DISABLE]		= "disable",
	[OP_INIT]		= "init",
	[OP_EXIT]		= "exit",
};

struct stage {
	struct op_acts *s;
	struct puppet *victim;
	struct work *work;
	int nice;			/* of the victim */
};

/* Where there is one CPU only nobody asks for one. */
static inline bool op_is_called(int op)
{
	return op != OP_SELECT_CPU || scx_nr_cpus() > 1;
}

/* The life of the victim, in short. */
static void live(void)
{
	pid_t child;

	scx_burn(scx_ms(2000));
	sched_yield();
	setpriority(PRIO_PROCESS, 0, 1);
	setpriority(PRIO_PROCESS, 0, 0);
	scx_pin(0, 0);
	scx_unpin(0);
	scx_set_policy(0, SCHED_FIFO);
	scx_set_policy(0, SCHED_OTHER);
	child = fork();
	if (!child)
		_exit(0);
	if (child > 0)
		scx_wait(child);
}

static inline void set_up(struct stage *st)
{
	scx_expect_eject("op_acts");
	st->work = work_start(WORK_SLEEP, 4, 0);
	st->s = SCX_OPEN_LOAD(op_acts);
	st->victim = puppet_start(live);
	st->s->bss->victim = st->victim->pid;
	st->nice = 0;
}

static void tear_down(struct stage *st)
{
	puppet_stop(st->victim);
	work_stop(st->work);
	op_acts__destroy(st->s);
}

/* Attach with an act that is to be done in op after it was due skip times. */
static struct bpf_link *attach_acting(struct stage *st, int op, int act, int skip)
{
	st->s->bss->act_op = op;
	st->s->bss->act = act;
	st->s->bss->skip = skip;
	st->s->bss->acted = 0;
	/* Only a task that waits is dequeued. */
	st->s->bss->hold = op == OP_DEQUEUE;
	return scx_attach(st->s->maps.ops);
}

static inline bool poke_and_see_end(struct stage *st)
{
	if (puppet_idle(st->victim))
		puppet_poke(st->victim);
	/* While it waits it cannot do this itself. */
	st->nice = !st->nice;
	setpriority(PRIO_PROCESS, st->victim->pid, st->nice);
	return UEI_EXITED(st->s, uei);
}

/* It has ended; the victim and all others go on without it. */
static inline void check_recovery(struct stage *st, struct bpf_link *link)
{
	CHECK_SOON(scx_state_is("disabled"));
	CHECK_SOON(puppet_idle(st->victim));
	bpf_link__destroy(link);
	SCX_FORGET_EXIT(st->s);
}

#endif /* __OP_ACTS_RUN_H */
