/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs in objects_refused.bpf.c, see pairs_run.h.
 */
#define NO_TYPE		"R1 is type [0-9]+, of which there can be no objects"
#define NO_OBJECT	"R1 does not point to an object"
#define BEYOND		"invalid access to memory, mem_size=1[0-9]+"
#define NOT_PLAIN	"leads to what links and counts objects, at"
#define GONE		"invalid mem access 'scalar'"
#define LEAKED		"Unreleased reference"
#define NOT_LOCKED	"the lock of the root that R1 points to is not held"
#define NO_NODE		"R2 does not point to a node by which the root has objects"
#define NOT_OWNED	"R2 points to a node of an object that the program does not own"
#define NO_TREE		"R1 does not point to the root of a tree"
#define NO_LIST		"R1 does not point to the root of a list"
#define NO_CALL		"function calls are not allowed while holding a lock"
#define NOT_HIS		"the object is not the function's to give up"
#define NO_ROOT		"bpf_rb_root cannot be accessed directly by load/store"

#define PAIRS								\
	/* types */							\
	PAIR(type_lock, NO_TYPE)					\
	PAIR(type_list, NO_TYPE)					\
	PAIR(type_tree, NO_TYPE)					\
	PAIR(type_timer, NO_TYPE)					\
	PAIR(type_kptr, NO_TYPE)					\
	PAIR(type_two_counts, NO_TYPE)					\
	PAIR(type_too_large, NO_TYPE)					\
	PAIR(type_union, NO_TYPE)					\
	PAIR(type_int, NO_TYPE)						\
	PAIR(type_unknown, "R1 is not a known type")			\
	/* access */							\
	PAIR(unchecked, "invalid mem access 'obj_or_null'")		\
	PAIR(drop_unchecked, NO_OBJECT)					\
	PAIR(read_beyond, BEYOND)					\
	PAIR(write_across, BEYOND)					\
	PAIR(read_before, "invalid access to memory, mem_size=[0-9]+ off=-8 size=8") \
	PAIR(read_node, NOT_PLAIN)					\
	PAIR(write_node, NOT_PLAIN)					\
	PAIR(write_list_node, NOT_PLAIN)				\
	PAIR(count_up, NOT_PLAIN)					\
	PAIR(write_anywhere, NOT_PLAIN)					\
	PAIR(write_count, NOT_PLAIN)					\
	/* references */						\
	PAIR(leaked, LEAKED)						\
	PAIR(dropped_twice, NO_OBJECT)					\
	PAIR(read_after_drop, GONE)					\
	PAIR(drop_member, NO_OBJECT)					\
	PAIR(drop_of_kernel, NO_OBJECT)					\
	PAIR(drop_on_one_way, NO_OBJECT)				\
	PAIR(to_kfunc, "R1 must be a trusted or RCU pointer")		\
	PAIR(to_helper, "R1 type=obj expected")			\
	PAIR(two_types, "same call cannot be used with different types of objects") \
	PAIR(drop_in_callback, NOT_HIS)					\
	PAIR(add_in_callback, NOT_HIS)					\
	/* adding */							\
	PAIR(add_unlocked, NOT_LOCKED)					\
	PAIR(add_other_lock, NOT_LOCKED)				\
	PAIR(add_other_node, NO_NODE)					\
	PAIR(add_list_node, NO_NODE)					\
	PAIR(add_object, NO_NODE)					\
	PAIR(add_to_list, NO_TREE)					\
	PAIR(add_beside, NO_TREE)					\
	PAIR(add_other_type, NO_NODE)					\
	PAIR(add_other_value, NOT_LOCKED)				\
	PAIR(add_twice, NOT_OWNED)					\
	PAIR(add_to_two, NOT_OWNED)					\
	PAIR(push_too, NOT_OWNED)					\
	/* what is lent */						\
	PAIR(drop_lent, NO_CALL)					\
	PAIR(new_under_lock, NO_CALL)					\
	PAIR(write_lent_node, NOT_PLAIN)				\
	PAIR(lent_after_unlock, GONE)					\
	PAIR(drop_after_unlock, NO_OBJECT)				\
	PAIR(lent_after_unlock_below, GONE)				\
	PAIR(lent_next_time, GONE)					\
	PAIR(lent_on_stack, GONE)					\
	PAIR(lent_on_one_way, LEAKED)					\
	PAIR(first_unchecked, "invalid mem access 'obj_or_null'")	\
	PAIR(first_unlocked, NOT_LOCKED)				\
	PAIR(first_after_unlock, GONE)					\
	PAIR(first_dropped, NO_OBJECT)					\
	PAIR(lent_after_remove, GONE)					\
	PAIR(removed_twice, "R2 points to a node of an object that the program owns") \
	PAIR(remove_other_node, NO_NODE)				\
	PAIR(remove_other_lock, NOT_LOCKED)				\
	PAIR(removed_unchecked, LEAKED)					\
	PAIR(drop_under_lock, NO_CALL)					\
	PAIR(drop_under_other_lock, NO_CALL)				\
	PAIR(drop_under_rootless_lock, NO_CALL)				\
	PAIR(remove_owned, "R2 points to a node of an object that the program owns") \
	/* comparing */							\
	PAIR(less_unlocks, NO_CALL)					\
	PAIR(less_unlocks_below, NO_CALL)				\
	PAIR(less_removes, NO_CALL)					\
	PAIR(less_looks, NO_CALL)					\
	PAIR(less_adds, NO_CALL)					\
	PAIR(less_acquires, NO_CALL)					\
	PAIR(less_asks, NO_CALL)					\
	PAIR(less_writes_node, NOT_PLAIN)				\
	PAIR(less_beyond, BEYOND)					\
	PAIR(less_of_timer, "the callback of a timer cannot be a less function") \
	PAIR(timer_of_less, "a less function cannot be the callback of a timer") \
	PAIR(less_elsewhere, "pointer arithmetic on func prohibited")	\
	PAIR(less_number, "R3 is not a less function")			\
	/* lists */							\
	PAIR(push_unlocked, NOT_LOCKED)					\
	PAIR(push_to_tree, NO_LIST)					\
	PAIR(push_other_node, NO_NODE)					\
	PAIR(push_twice, NOT_OWNED)					\
	PAIR(pop_leaked, LEAKED)					\
	PAIR(pop_unchecked, "arithmetic on obj_or_null prohibited, null-check it first") \
	PAIR(lent_after_pop, GONE)					\
	/* counts */							\
	PAIR(acquire_uncounted, "R1 points to an object without a bpf_refcount") \
	PAIR(acquired_leaked, LEAKED)					\
	PAIR(acquire_after_unlock, NO_OBJECT)				\
	PAIR(acquire_under_other_lock, NO_CALL)				\
	PAIR(counted_not_lent, GONE)					\
	/* maps */							\
	PAIR(kptr_loaded, "can only be accessed with bpf_kptr_xchg")	\
	PAIR(kptr_stored, "can only be accessed with bpf_kptr_xchg")	\
	PAIR(kptr_other_type, "R2 is a struct my_item, but the kptr is to my_other") \
	PAIR(kptr_of_kernel, "R2 is a struct my_item, but the kptr is to bpf_cpumask") \
	PAIR(kptr_kernel_object, "invalid kptr access, R2 type=ptr_bpf_cpumask") \
	PAIR(kptr_member, "dereference of modified obj ptr R2 off=8 disallowed") \
	PAIR(kptr_old_leaked, LEAKED)					\
	PAIR(kptr_put_and_read, GONE)					\
	PAIR(kptr_lent, NO_CALL)					\
	PAIR(root_read, NO_ROOT)					\
	PAIR(root_written, NO_ROOT)					\
	PAIR(root_anywhere, NO_ROOT)					\
	PAIR(root_copied, NO_ROOT)					\
	PAIR(root_in_tracing, "programs of this type cannot use maps with trees and lists") \
	PAIR(root_asleep, "sleepable progs cannot use bpf_spin_lock")
