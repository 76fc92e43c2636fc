/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs in locks_refused.bpf.c, see pairs_run.h.
 */
#define DIFFERENT	"bpf_spin_unlock of different lock"
#define NOT_TAKEN	"bpf_spin_unlock without taking a lock"
#define NOT_GIVEN	"bpf_spin_unlock is missing"
#define NO_CALL		"function calls are not allowed while holding a lock"

#define PAIRS								\
	/* which lock */						\
	PAIR(other_key, DIFFERENT)					\
	PAIR(other_map, DIFFERENT)					\
	PAIR(looked_up_again, NO_CALL)					\
	PAIR(other_in_callback, DIFFERENT)				\
	PAIR(other_in_timer, DIFFERENT)					\
	PAIR(other_on_one_way, DIFFERENT)				\
	PAIR(other_data, DIFFERENT)					\
	PAIR(other_data_on_one_way, DIFFERENT)				\
	PAIR(data_for_value, DIFFERENT)					\
	PAIR(value_for_data, DIFFERENT)					\
	/* when it is held */						\
	PAIR(data_left_locked, NOT_GIVEN)				\
	PAIR(data_unlocked_twice, NOT_TAKEN)				\
	PAIR(left_locked, NOT_GIVEN)					\
	PAIR(left_locked_in_callback, NOT_GIVEN)			\
	PAIR(left_locked_in_timer, NOT_GIVEN)				\
	PAIR(twice_in_callback, NO_CALL)				\
	PAIR(left_locked_below_callback, NOT_GIVEN)			\
	PAIR(left_locked_below, NOT_GIVEN)				\
	PAIR(unlocked_twice_below, NOT_TAKEN)				\
	PAIR(locked_once, NO_CALL)					\
	/* what is called */						\
	PAIR(calls_helper, NO_CALL)					\
	PAIR(calls_helper_below, NO_CALL)				\
	PAIR(calls_helper_in_callback, NO_CALL)				\
	PAIR(calls_back, NO_CALL)					\
	PAIR(calls_kfunc, NO_CALL)					\
	PAIR(calls_kfunc_below, NO_CALL)				\
	PAIR(calls_global, "global functions must not be called while holding a lock")	\
	PAIR(calls_global_below, "global functions must not be called while holding a lock")
