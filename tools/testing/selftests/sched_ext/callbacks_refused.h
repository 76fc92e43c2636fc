/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs in callbacks_refused.bpf.c, see pairs_run.h.
 */
#define OUTSIDE_ARRAY	"invalid access to map value|unbounded|outside of the allowed memory range"
#define NO_MEMORY	"invalid mem access 'scalar'"
#define MAYBE_NULL	"invalid mem access 'map_value_or_null'"
#define ENDLESS		"infinite loop detected|program is too large|jumps is too complex"

#define PAIRS								\
	/* what an earlier turn left */					\
	PAIR(index_grows, OUTSIDE_ARRAY)				\
	PAIR(index_grows_below, OUTSIDE_ARRAY)				\
	PAIR(index_grows_inside, OUTSIDE_ARRAY)				\
	PAIR(index_grows_outside, OUTSIDE_ARRAY)			\
	PAIR(index_grows_array, OUTSIDE_ARRAY)				\
	PAIR(index_grows_hash, OUTSIDE_ARRAY)				\
	PAIR(index_grows_drain, OUTSIDE_ARRAY)				\
	PAIR(third_turn, OUTSIDE_ARRAY)					\
	PAIR(on_one_way, OUTSIDE_ARRAY)					\
	PAIR(pointer_moves, "invalid access to map value|BPF program is too large")	\
	PAIR(pointer_replaced, MAYBE_NULL)				\
	PAIR(pointer_swapped, NO_MEMORY)				\
	PAIR(tested_before, MAYBE_NULL)					\
	/* what is true afterwards, or not */				\
	PAIR(index_after, OUTSIDE_ARRAY)				\
	PAIR(no_turn, OUTSIDE_ARRAY)					\
	PAIR(no_turn_array, OUTSIDE_ARRAY)				\
	PAIR(no_turn_hash, OUTSIDE_ARRAY)				\
	PAIR(no_turn_vma, OUTSIDE_ARRAY)				\
	PAIR(no_turn_drain, OUTSIDE_ARRAY)				\
	PAIR(no_turn_pointer, NO_MEMORY)				\
	/* what a turn keeps or takes away */				\
	PAIR(reference_kept, "Unreleased reference")			\
	PAIR(reference_kept_below, "Unreleased reference")		\
	PAIR(reference_kept_later, "Unreleased reference")		\
	PAIR(reference_released, "reference has not been acquired")	\
	PAIR(reference_released_below, "reference has not been acquired")	\
	PAIR(section_begun, "bpf_rcu_read_unlock is missing in callback")	\
	PAIR(section_over, "must be a trusted or RCU pointer")		\
	PAIR(iterator_left, "iterator at fp-[0-9]* is not destroyed")	\
	/* which states are the same */					\
	PAIR(read_after, OUTSIDE_ARRAY)					\
	PAIR(other_argument, OUTSIDE_ARRAY)				\
	PAIR(precise_for_caller, OUTSIDE_ARRAY)				\
	PAIR(filled_by_pointer, OUTSIDE_ARRAY)				\
	PAIR(filled_by_callee, OUTSIDE_ARRAY)				\
	/* loops without an end */					\
	PAIR(endless, ENDLESS)						\
	PAIR(endless_sometimes, ENDLESS)				\
	PAIR(endless_by_turns, ENDLESS)					\
	PAIR(endless_within, ENDLESS)
