/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs in ends_refused.bpf.c, see pairs_run.h.
 */
#define OUTSIDE		"invalid access to map value"
#define NO_DYNPTR	"Expected an initialized dynptr"

#define PAIRS								\
	PAIR(tail_index, OUTSIDE)					\
	PAIR(tail_index_below, OUTSIDE)					\
	PAIR(tail_lock, "bpf_spin_unlock without taking a lock")	\
	PAIR(tail_in_callback, "tail_call is not allowed in callbacks")	\
	PAIR(tail_below_callback, "tail_call is not allowed in callbacks") \
	PAIR(load_ends, OUTSIDE)					\
	PAIR(dynptr_first, NO_DYNPTR)					\
	PAIR(dynptr_second, NO_DYNPTR)					\
	PAIR(dynptr_overlaps, NO_DYNPTR)
