/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What cgroup_kfuncs.bpf.c can be asked to do in ops.enqueue(). Included by both sides.
 */
#ifndef __CGROUP_KFUNCS_H
#define __CGROUP_KFUNCS_H

enum cgroup_wish {
	CGROUP_NOTHING,
	CGROUP_FIND,		/* by id, and keep it */
	CGROUP_KEEP,		/* that of the task */
	CGROUP_KEEP_ANCESTOR,	/* at a level, of the task's */
	CGROUP_DROP,
};

#endif /* __CGROUP_KFUNCS_H */
