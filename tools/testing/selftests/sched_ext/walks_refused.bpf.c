// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that begin to iterate over tasks or cgroups with what must not be begun
 * with, or use what is met beyond its RCU section, each with a twin that differs in
 * one statement. See walks_refused.h for what the verifier says.
 */
#include <scx/common.bpf.h>
#include "pairs.bpf.h"

char _license[] SEC("license") = "GPL";

s32 sink;

#define LOCK		"call bpf_rcu_read_lock;"
#define UNLOCK		"call bpf_rcu_read_unlock;"
#define AT(off)		"r1 = r10; r1 += " #off ";"
#define NEW_OF(task)	AT(-24) "r2 = " #task "; r3 = 2; call bpf_iter_task_new;"
#define NEXT		AT(-24) "call bpf_iter_task_next;"
#define DESTROY		AT(-24) "call bpf_iter_task_destroy;"
#define CURRENT		"call %[current];"
#define END		DESTROY UNLOCK RETURN

#define OPERANDS							\
	[random]"i"(BPF_FUNC_get_prandom_u32),				\
	[current]"i"(BPF_FUNC_get_current_task_btf)

/* What only assembly language calls has no type otherwise. */
SEC("?syscall")
int types(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	bpf_for_each(task, p, NULL, 0)
		sink = scx_bpf_task_cpu(p);
	bpf_rcu_read_unlock();
	p = bpf_task_from_pid(1);
	if (p)
		bpf_task_release(p);
	return 0;
}

REFUSED(task_outside_of_section, NOTHING, "r0 = 0;", LOCK, NEW_OF(0) END)
REFUSED(task_left_by_unlock, LOCK NEW_OF(0), UNLOCK, "r0 = 0;", END)
REFUSED(task_of_number, CURRENT "r6 = r0;" LOCK, "r6 = 1;", "r6 = 0;", NEW_OF(r6) END)

/* That it is NULL on the way that is verified first is no reason to skip the other. */
REFUSED(task_of_null_or_number, LOCK RANDOM, "r6 = r0;", "r6 = 0;",
	"if r0 != 0 goto 1f; r6 = 0; 1: r8 = 0;" NEW_OF(r6) END)
REFUSED(task_of_unchecked, LOCK "r1 = 1; call bpf_task_from_pid; r6 = r0;",
	NOTHING, "if r0 == 0 goto 1f;",
	NEW_OF(r6) DESTROY "r1 = r6; call bpf_task_release; 1:" UNLOCK RETURN)
REFUSED(task_after_section,
	LOCK NEW_OF(0) NEXT "if r0 == 0 goto 1f; r6 = r0;" DESTROY, UNLOCK, "r0 = 0;",
	"r1 = r6; call scx_bpf_task_cpu;" UNLOCK RETURN "1:" END)
REFUSED(task_unchecked, LOCK NEW_OF(0) NEXT, NOTHING, "if r0 == 0 goto 1f;",
	"r1 = r0; call scx_bpf_task_cpu; 1:" END)

REFUSED_C(task_of_walked)
{
	struct task_struct *me = bpf_get_current_task_btf(), *p;

	bpf_rcu_read_lock();
	bpf_for_each(task, p, mended ? me : me->last_wakee, BPF_TASK_ITER_PROC_THREADS)
		sink = p->pid;
	bpf_rcu_read_unlock();
	return 0;
}

REFUSED_C(task_of_other_object)
{
	struct task_struct *me = bpf_get_current_task_btf(), *p;

	bpf_rcu_read_lock();
	bpf_for_each(task, p, mended ? me : (void *)me->cgroups, BPF_TASK_ITER_PROC_THREADS)
		sink = p->pid;
	bpf_rcu_read_unlock();
	return 0;
}

REFUSED_C(css_outside_of_section)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct bpf_iter_css it;

	if (mended)
		bpf_rcu_read_lock();
	bpf_iter_css_new(&it, &me->cgroups->dfl_cgrp->self, BPF_CGROUP_ITER_ANCESTORS_UP);
	bpf_iter_css_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

REFUSED_C(css_left_by_unlock)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct bpf_iter_css it;

	bpf_rcu_read_lock();
	bpf_iter_css_new(&it, &me->cgroups->dfl_cgrp->self, BPF_CGROUP_ITER_ANCESTORS_UP);
	if (!mended)
		bpf_rcu_read_unlock();
	bpf_iter_css_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

REFUSED_C(css_of_null)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct cgroup_subsys_state *css, *start = NULL;

	bpf_rcu_read_lock();
	if (mended)
		start = &me->cgroups->dfl_cgrp->self;
	bpf_for_each(css, css, start, BPF_CGROUP_ITER_ANCESTORS_UP)
		sink++;
	bpf_rcu_read_unlock();
	return 0;
}

REFUSED_C(css_of_walked)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct cgroup_subsys_state *css;
	struct css_set *cset;

	bpf_rcu_read_lock();
	cset = me->cgroups;
	bpf_for_each(css, css, mended ? &cset->dfl_cgrp->self : cset->dfl_cgrp->self.parent,
		     BPF_CGROUP_ITER_ANCESTORS_UP)
		sink++;
	bpf_rcu_read_unlock();
	return 0;
}

REFUSED_C(css_after_section)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct cgroup_subsys_state *css, *start, *last;

	bpf_rcu_read_lock();
	start = &me->cgroups->dfl_cgrp->self;
	last = start;
	bpf_for_each(css, css, start, BPF_CGROUP_ITER_ANCESTORS_UP)
		last = css;
	if (!mended) {
		bpf_rcu_read_unlock();
		bpf_rcu_read_lock();
	}
	bpf_for_each(css, css, last, BPF_CGROUP_ITER_DESCENDANTS_PRE)
		sink++;
	bpf_rcu_read_unlock();
	return 0;
}

REFUSED_C(css_as_task)
{
	struct task_struct *me = bpf_get_current_task_btf();
	struct bpf_iter_css it;

	bpf_rcu_read_lock();
	bpf_iter_css_new(&it, &me->cgroups->dfl_cgrp->self, BPF_CGROUP_ITER_ANCESTORS_UP);
	if (mended)
		bpf_iter_css_next(&it);
	else
		bpf_iter_task_next((void *)&it);
	bpf_iter_css_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}
