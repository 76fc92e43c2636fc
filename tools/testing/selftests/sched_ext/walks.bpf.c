// SPDX-License-Identifier: GPL-2.0
/*
 * Programs, and a scheduler, that iterate over tasks and over cgroups, and note whom
 * they meet.
 */
#include "fifo.bpf.h"
#include "walks.h"

u32 flags;
s32 pid;			/* of the task to begin with; 0: none */
u64 top;			/* id of the cgroup to begin with */

volatile u64 seen[WALKS_SEEN];	/* pids, or ids of cgroups */
volatile u32 nr_seen;
volatile u32 nr_wrong;
volatile s32 holding;		/* set by the test */
volatile s32 found;
volatile u64 nr_in_op;

static __always_inline void note(u64 what)
{
	u32 n = nr_seen;

	if (n < WALKS_SEEN)
		seen[n] = what;
	nr_seen = n + 1;
}

SEC("syscall")
int tasks(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	bpf_for_each(task, p, NULL, flags) {
		/* They are good for kfuncs as they are, and to keep. */
		if (scx_bpf_task_cpu(p) < 0)
			nr_wrong++;
		note(p->pid);
		p = bpf_task_acquire(p);
		if (p)
			bpf_task_release(p);
	}
	bpf_rcu_read_unlock();
	return 0;
}

static __noinline bool hold_on(void)
{
	bpf_repeat(1 << 20)
		if (!holding)
			return false;
	return true;
}

static __always_inline void hold(void)
{
	bpf_repeat(100)
		if (!hold_on())
			break;
}

/* The threads of the process of a task, which may die meanwhile if "holding" is set. */
SEC("syscall")
int threads(void *ctx)
{
	struct task_struct *of, *p;
	int nr = 0;

	of = bpf_task_from_pid(pid);
	if (!of)
		return -1;
	found = 1;
	hold();
	bpf_rcu_read_lock();
	bpf_for_each(task, p, of, BPF_TASK_ITER_PROC_THREADS) {
		note(p->pid);
		nr++;
	}
	bpf_rcu_read_unlock();
	bpf_task_release(of);
	return nr;
}

SEC("syscall")
int new_only(void *ctx)
{
	struct bpf_iter_task it;
	int err;

	bpf_rcu_read_lock();
	err = bpf_iter_task_new(&it, NULL, flags);
	bpf_repeat(3)
		if (bpf_iter_task_next(&it))
			nr_seen++;
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	return err;
}

/* Of each process each thread, found by way of another than the leader */
SEC("syscall")
int nested(void *ctx)
{
	struct task_struct *p, *t, *u;

	bpf_rcu_read_lock();
	bpf_for_each(task, p, NULL, BPF_TASK_ITER_ALL_PROCS) {
		struct task_struct *last = p;

		bpf_for_each(task, t, p, BPF_TASK_ITER_PROC_THREADS) {
			if (t->tgid != p->tgid)
				nr_wrong++;
			last = t;
		}
		bpf_for_each(task, u, last, BPF_TASK_ITER_PROC_THREADS)
			note(u->pid);
	}
	bpf_rcu_read_unlock();
	return 0;
}

/*
 * Cgroups. The tests' own one leads to the others.
 */
static __always_inline u64 css_id(struct cgroup_subsys_state *css)
{
	return css->cgroup->kn->id;
}

SEC("syscall")
int ancestors(void *ctx)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct cgroup_subsys_state *css;

	bpf_rcu_read_lock();
	bpf_for_each(css, css, &me->cgroups->dfl_cgrp->self, BPF_CGROUP_ITER_ANCESTORS_UP)
		note(css_id(css));
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
int descendants(void *ctx)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct cgroup_subsys_state *up, *css;
	int nr = 0;

	bpf_rcu_read_lock();
	bpf_for_each(css, up, &me->cgroups->dfl_cgrp->self, BPF_CGROUP_ITER_ANCESTORS_UP) {
		if (css_id(up) != top)
			continue;
		bpf_for_each(css, css, up, flags) {
			note(css_id(css));
			nr++;
			/* Those there are now are met, even if they go. */
			if (nr == 2) {
				found = 1;
				hold();
			}
		}
		break;
	}
	bpf_rcu_read_unlock();
	return nr;
}

SEC("syscall")
int css_new_only(void *ctx)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct bpf_iter_css it;
	int err;

	bpf_rcu_read_lock();
	err = bpf_iter_css_new(&it, &me->cgroups->dfl_cgrp->self, flags);
	bpf_repeat(3)
		if (bpf_iter_css_next(&it))
			nr_seen++;
	bpf_iter_css_destroy(&it);
	bpf_rcu_read_unlock();
	return err;
}

/* Ops are RCU sections by themselves. */
void BPF_STRUCT_OPS(walks_runnable, struct task_struct *p, u64 enq_flags)
{
	struct cgroup_subsys_state *css;
	struct task_struct *t;
	int nr = 0;

	bpf_for_each(task, t, p, BPF_TASK_ITER_PROC_THREADS)
		nr++;
	bpf_for_each(css, css, &p->cgroups->dfl_cgrp->self, BPF_CGROUP_ITER_ANCESTORS_UP)
		nr++;
	__sync_fetch_and_add(&nr_in_op, nr);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .runnable	= (void *)walks_runnable,
	       .name		= "walks");
