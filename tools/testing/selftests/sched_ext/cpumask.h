/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What cpumask.bpf.c finds out about two masks, a and b, given as words with a bit
 * for each CPU. Included by both sides.
 */
#ifndef __CPUMASK_H
#define __CPUMASK_H

#define CPUMASK_BITS	64

enum cpumask_result {
	MASK_READ,		/* a */
	MASK_FIRST,
	MASK_FIRST_ZERO,
	MASK_FIRST_AND,
	MASK_WEIGHT,
	MASK_EMPTY,
	MASK_FULL,
	MASK_EQUAL,
	MASK_INTERSECTS,
	MASK_SUBSET,
	MASK_AND,
	MASK_AND_ANY,		/* what that returns */
	MASK_OR,
	MASK_XOR,
	MASK_XOR_SELF,		/* a ^= b, then a ^= b again */
	MASK_COPY,
	MASK_SETALL,
	MASK_SETALL_FULL,
	MASK_CLEAR,
	MASK_CLEAR_CPU,		/* those of b from a */
	MASK_SET_THERE,		/* those of b to a: what was there */
	MASK_SET,
	MASK_CLEAR_THERE,
	MASK_CLEARED,
	MASK_BEYOND,		/* a after CPUs that cannot be were set and cleared */
	MASK_BEYOND_THERE,	/* any of these there? */
	MASK_BEYOND_USAGE,	/* references, which are next to the mask */
	MASK_ANY,		/* any of a, any of both: not always the same one */
	MASK_ANY_AND,
	NR_MASK_RESULTS,
};

/* Where to find out, when asked to. */
enum cpumask_where {
	MASK_NOWHERE,
	MASK_IN_OP,		/* enqueue, with the rq lock held */
	MASK_IN_TRACE,		/* sched_switch, with IRQs off */
};

/* What a scheduler is asked for. */
enum mask_wish {
	MASK_NOTHING,
	MASK_STASH,
	MASK_UNSTASH,
};

#endif /* __CPUMASK_H */
