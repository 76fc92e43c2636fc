/* SPDX-License-Identifier: GPL-2.0 */
/* Pairs of programs in walks_refused.bpf.c, see pairs_run.h */
#define NO_OBJECT	"must be a trusted or RCU pointer"
#define NOT_IN_SECTION	"is not destroyed in its RCU section"

#define PAIRS								\
	PAIR(task_outside_of_section, "bpf_iter_task_new needs an RCU section")	\
	PAIR(task_left_by_unlock, "iterator at fp-24 " NOT_IN_SECTION)	\
	PAIR(task_of_number, "R2 " NO_OBJECT)				\
	PAIR(task_of_null_or_number, "R2 " NO_OBJECT)			\
	PAIR(task_of_unchecked, "R2 is NULL or may be NULL")		\
	PAIR(task_of_walked, "R2 " NO_OBJECT)				\
	PAIR(task_of_other_object, "expected pointer to STRUCT task_struct")	\
	PAIR(task_after_section, "R1 " NO_OBJECT)			\
	PAIR(task_unchecked, "R1 is NULL or may be NULL|R0 invalid mem access 'scalar'") \
	PAIR(css_outside_of_section, "bpf_iter_css_new needs an RCU section")	\
	PAIR(css_left_by_unlock, NOT_IN_SECTION)			\
	PAIR(css_of_null, "R2 is NULL or may be NULL")			\
	PAIR(css_of_walked, "R2 " NO_OBJECT)				\
	PAIR(css_after_section, "R2 " NO_OBJECT)			\
	PAIR(css_as_task, "R1 does not point to a struct bpf_iter_task that was set up")
