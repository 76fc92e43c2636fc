/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs in dsq_iter_refused.bpf.c: PAIR(name, words) stands for the
 * program "name", which the verifier refuses with these words (an extended regular
 * expression), and its twin "name_mended", which loads.
 */
#define OVERWRITES	"would overwrite an iterator"
#define NOT_SET_UP	"R1 does not point to a struct bpf_iter_scx_dsq that was set up"
#define NO_PLACE	"R1 is not a place on the stack for a struct bpf_iter_scx_dsq"
#define NOT_DESTROYED	"iterator at fp-48 is not destroyed"
#define NO_OBJECT	"must be a trusted or RCU pointer"

#define PAIRS								\
	/* it lives in one RCU section */				\
	PAIR(new_outside_of_section, "bpf_iter_scx_dsq_new needs an RCU section")	\
	PAIR(new_after_section, "bpf_iter_scx_dsq_new needs an RCU section")	\
	PAIR(left_by_unlock, "iterator at fp-48 is not destroyed in its RCU section")	\
	PAIR(left_by_unlock_below, "iterator at fp-48 is not destroyed in its RCU section")	\
	PAIR(unlocked_in_loop, "iterator at fp-48 is not destroyed in its RCU section")	\
	PAIR(sleeps_in_loop, "scx_bpf_create_dsq is sleepable")		\
	/* what is done to it */					\
	PAIR(next_without_new, NOT_SET_UP)				\
	PAIR(next_after_destroy, NOT_SET_UP)				\
	PAIR(destroy_twice, NOT_SET_UP)					\
	PAIR(never_destroyed, NOT_DESTROYED)				\
	PAIR(destroyed_on_one_way, NOT_DESTROYED)			\
	PAIR(unlocked_in_section, NOT_DESTROYED)			\
	PAIR(too_close_to_end, NO_PLACE)				\
	PAIR(in_the_middle, NOT_SET_UP)					\
	PAIR(overlaps_above, OVERWRITES)				\
	PAIR(overlaps_below, OVERWRITES)				\
	PAIR(small_one_inside, OVERWRITES)				\
	PAIR(of_two_kinds, NOT_SET_UP)					\
	PAIR(swapped, NOT_SET_UP)					\
	PAIR(endless, "infinite loop detected")				\
	/* it is not memory */						\
	PAIR(copied_first, "invalid read from stack")			\
	PAIR(copied_last, "invalid read from stack")			\
	PAIR(written_first, OVERWRITES)					\
	PAIR(written_middle, OVERWRITES)				\
	PAIR(written_last_byte, OVERWRITES)				\
	PAIR(written_by_helper, OVERWRITES)				\
	PAIR(read_by_helper, "invalid indirect read from stack")	\
	/* as an argument of others */					\
	PAIR(passed_without_new, NOT_SET_UP)				\
	PAIR(passed_after_destroy, NOT_SET_UP)				\
	PAIR(passed_other_kind, NOT_SET_UP)				\
	PAIR(passed_zeroes, NOT_SET_UP)					\
	PAIR(passed_middle, NOT_SET_UP)					\
	PAIR(passed_map_value, NO_PLACE)				\
	PAIR(passed_number, NO_PLACE)					\
	PAIR(passed_anywhere, NO_PLACE)					\
	PAIR(passed_in_callback, "R1 is a struct bpf_iter_scx_dsq outside of the callback")	\
	/* elements */							\
	PAIR(unchecked_element, "R0 invalid mem access 'scalar'")	\
	PAIR(null_moved, "R2 is NULL or may be NULL")			\
	PAIR(number_moved, "R2 " NO_OBJECT)				\
	PAIR(walked_moved, "R2 " NO_OBJECT)				\
	PAIR(used_after_section, "R1 " NO_OBJECT)			\
	PAIR(spilled_after_section, "R1 " NO_OBJECT)			\
	PAIR(released, "bpf_task_release expects refcounted")		\
	PAIR(element_written, "only read is supported")
