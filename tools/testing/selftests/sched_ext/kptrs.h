/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kptrs.bpf.c keeps objects, and what its scheduler can be asked to do with
 * them. Included by both sides.
 */
#ifndef __KPTRS_H
#define __KPTRS_H

enum kptr_where {
	IN_ARRAY,
	IN_PERCPU_ARRAY,
	IN_HASH,
	IN_MALLOC_HASH,
	IN_LRU_HASH,
	IN_VARIABLE,
	IN_TASK_STORAGE,	/* of the task that runs the program, or is enqueued */
};

enum kptr_wish {
	KPTR_NOTHING,
	KPTR_PUT,		/* a new mask; what was there is released */
	KPTR_LOOK,		/* at the mask that is there */
	KPTR_TAKE,		/* it */
	KPTR_DELETE,		/* the place */
};

#define KPTR_LRU_ENTRIES	8

#endif /* __KPTRS_H */
