/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where objects.bpf.c keeps objects. Included by both sides.
 */
#ifndef __OBJECTS_H
#define __OBJECTS_H

enum stash_where {
	IN_ARRAY,
	IN_PERCPU_ARRAY,
	IN_HASH,
	IN_MALLOC_HASH,
	IN_LRU_HASH,
	IN_TASK_STORAGE,	/* of the task that runs the program */
};

#define NR_KEPT		50

#endif /* __OBJECTS_H */
