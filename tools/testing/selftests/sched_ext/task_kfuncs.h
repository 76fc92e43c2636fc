/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the scheduler of task_kfuncs.bpf.c can be asked to do with a task. Included
 * by both sides.
 */
#ifndef __TASK_KFUNCS_H
#define __TASK_KFUNCS_H

enum task_wish {
	TASK_NOTHING,
	TASK_KEEP,		/* the task when it is enqueued */
	TASK_DROP,		/* what is kept */
	TASK_FIND,		/* keep it by its pid */
};

#endif /* __TASK_KFUNCS_H */
