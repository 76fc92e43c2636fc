/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs in nulls_refused.bpf.c, see pairs_run.h.
 */
#define PAIRS								\
	PAIR(xchg, "R2 type=scalar expected=")				\
	PAIR(first_value, "R3 type=scalar expected=")			\
	PAIR(global_function, "R1 type=scalar expected=") \
	PAIR(returned, "At program exit the register R0 has value")
