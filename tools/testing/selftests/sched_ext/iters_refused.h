/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs in iters_refused.bpf.c: PAIR(name, words) stands for the
 * program "name", which the verifier refuses with these words (an extended regular
 * expression), and its twin "name_mended", which loads.
 */
#define OVERWRITES	"would overwrite an iterator"
#define NOT_SET_UP	"does not point to a struct bpf_iter_num that was set up"
#define NO_PLACE	"R1 is not a place on the stack for a struct bpf_iter_num"
#define NOT_DESTROYED	"iterator at fp-[0-9]* is not destroyed"
#define NO_MEMORY	"invalid mem access 'scalar'"
/* What the number in the loop is known to have become, or that it is not known any more */
#define BEYOND_ARRAY	"invalid access to map value, value_size=[0-9]+ off=[0-9]+ size=1"
#define ANY_INDEX	"math between map_value pointer and register with unbounded min value"
/* Which of the two depends on where states are kept. */
#define ENDLESS		"infinite loop detected|sequence of [0-9]+ jumps is too complex"

#define PAIRS								\
	/* what is done to an iterator */				\
	PAIR(next_without_new, NOT_SET_UP)				\
	PAIR(next_of_bytes, NOT_SET_UP)					\
	PAIR(destroy_without_new, NOT_SET_UP)				\
	PAIR(next_after_destroy, NOT_SET_UP)				\
	PAIR(destroy_twice, NOT_SET_UP)					\
	PAIR(new_on_one_way, NOT_SET_UP)				\
	PAIR(new_twice, OVERWRITES)					\
	PAIR(never_destroyed, NOT_DESTROYED)				\
	PAIR(not_destroyed_below, NOT_DESTROYED)			\
	PAIR(not_destroyed_on_return, NOT_DESTROYED)			\
	PAIR(not_destroyed_in_callback, NOT_DESTROYED)			\
	PAIR(left_by_tail_call, "tail_call would lead to reference leak")	\
	PAIR(left_by_tail_call_below, "tail_call would lead to reference leak")	\
	/* where it is */						\
	PAIR(misaligned, NO_PLACE)					\
	PAIR(above_stack, NO_PLACE)					\
	PAIR(below_stack, NO_PLACE)					\
	PAIR(anywhere_on_stack, NO_PLACE)				\
	PAIR(in_map, NO_PLACE)						\
	PAIR(over_dynptr, "R1 points to a dynptr")			\
	PAIR(under_dynptr, OVERWRITES)					\
	PAIR(under_dynptr_anywhere, "cannot pass in dynptr at an offset")	\
	PAIR(other_dynptr, "Expected a dynptr of type ringbuf")	\
	PAIR(next_in_global, NO_PLACE)					\
	PAIR(next_in_callback, "outside of the callback")		\
	PAIR(new_in_callback, "outside of the callback")		\
	PAIR(destroy_in_callback, "outside of the callback")		\
	PAIR(next_below_callback, "outside of the callback")		\
	/* it is not memory */						\
	PAIR(read, "invalid read from stack")				\
	PAIR(read_byte, "invalid read from stack")			\
	PAIR(read_anywhere, "invalid read from stack")			\
	PAIR(written, OVERWRITES)					\
	PAIR(spilled_over, OVERWRITES)					\
	PAIR(written_byte, OVERWRITES)					\
	PAIR(written_anywhere, OVERWRITES)				\
	PAIR(added_to, "invalid read from stack")			\
	PAIR(written_by_callee, OVERWRITES)				\
	PAIR(read_by_helper, "invalid indirect read from stack")	\
	PAIR(read_among_others, "invalid indirect read from stack")	\
	PAIR(written_by_helper, OVERWRITES)				\
	PAIR(memory_of_kfunc, "invalid indirect read from stack")	\
	PAIR(memory_of_global, "Caller passes invalid args")		\
	/* elements */							\
	PAIR(no_element, NO_MEMORY)					\
	PAIR(element_written, "cannot write into rdonly_mem")		\
	PAIR(beyond_element, "invalid access to memory")		\
	PAIR(element_after_next, NO_MEMORY)				\
	PAIR(element_after_destroy, NO_MEMORY)				\
	PAIR(spilled_element, NO_MEMORY)				\
	PAIR(any_number, "R1 unbounded memory access")			\
	/* loops without an end */					\
	PAIR(without_next, "infinite loop detected")			\
	PAIR(loop_in_loop, "infinite loop detected")			\
	PAIR(beyond_the_end, "infinite loop detected")			\
	PAIR(set_up_again, ENDLESS)					\
	PAIR(set_up_again_sometimes, ENDLESS)				\
	/* what changes from turn to turn */				\
	PAIR(growing_index, BEYOND_ARRAY)				\
	PAIR(growing_index_after, ANY_INDEX)				\
	PAIR(growing_slot, ANY_INDEX)					\
	PAIR(growing_pointer, BEYOND_ARRAY)				\
	PAIR(second_turn, ANY_INDEX)					\
	PAIR(third_turn, ANY_INDEX)					\
	PAIR(copied_later, ANY_INDEX)					\
	PAIR(copied_slot_later, ANY_INDEX)				\
	PAIR(read_after_loop, BEYOND_ARRAY)				\
	PAIR(read_in_open_loop, ANY_INDEX)				\
	PAIR(read_in_callers_loop, ANY_INDEX)				\
	PAIR(read_after_outer, ANY_INDEX)				\
	PAIR(entered_in_the_middle, BEYOND_ARRAY)			\
	PAIR(swapped, NOT_SET_UP)					\
	PAIR(spilled_pointer, NO_MEMORY)				\
	PAIR(spilled_pointer_moved, BEYOND_ARRAY)			\
	PAIR(other_of_two, "invalid mem access 'map_value_or_null'")	\
	PAIR(equal_no_longer, ANY_INDEX)				\
	PAIR(bits_unset, "R2 !read_ok")					\
	PAIR(next_of_bits, NOT_SET_UP)					\
	PAIR(bits_on_one_way, NOT_DESTROYED)
