/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs in one BPF file: the verifier refuses "name" with words that match
 * an extended regular expression, and loads its twin "name_mended". The list is PAIRS,
 * in the header that the test shares with the BPF file. As the verifier need not
 * remember every state, all is done with and without the flag that makes it do so.
 */
#ifndef __PAIRS_RUN_H
#define __PAIRS_RUN_H

#include "scx_test.h"

#define LOG_STATS	4	/* the kernel's BPF_LOG_STATS */

struct pair {
	const char *name;
	const char *words;
};

#define PAIR(name, words)	{ #name, words },

/* The whole test of the object skel */
#define SCX_TEST_PAIRS(skel)						\
static const struct pair pairs[] = { PAIRS };				\
									\
static int load_one(const char *name, const char *suffix, __u32 flags)	\
{									\
	struct skel *s = SCX_OPEN(skel);				\
	struct bpf_program *prog;					\
	char full[80];							\
	int err;							\
									\
	snprintf(full, sizeof(full), "%s%s", name, suffix);		\
	prog = bpf_object__find_program_by_name(s->obj, full);		\
	if (!prog)							\
		FAIL("no program %s", full);				\
	CHECK_EQ(bpf_program__set_autoload(prog, true), 0);		\
	CHECK_EQ(bpf_program__set_flags(prog, bpf_program__flags(prog) | flags), 0); \
	/* The words only: what is verified of an endless loop would drown them. */ \
	CHECK_EQ(bpf_program__set_log_level(prog, LOG_STATS), 0);	\
	scx_libbpf_reset();						\
	err = skel##__load(s);						\
	skel##__destroy(s);						\
	return err;							\
}									\
									\
/* What is wrong with a pair, or NULL */				\
static const char *check_pair(int i, __u32 flags)			\
{									\
	if (load_one(pairs[i].name, "_mended", flags))			\
		return "the twin does not load";			\
	if (!load_one(pairs[i].name, "", flags))			\
		return "not refused";					\
	if (!scx_matches(scx_libbpf_log(), pairs[i].words))		\
		return "refused with other words";			\
	return NULL;							\
}									\
									\
static void check_pairs(__u32 flags)					\
{									\
	const char *wrong;						\
	int i, nr = 0;							\
									\
	for (i = 0; i < ARRAY_SIZE(pairs); i++) {			\
		wrong = check_pair(i, flags);				\
		if (!wrong)						\
			continue;					\
		scx_note("%s: %s\n%s", pairs[i].name, wrong, scx_libbpf_log()); \
		nr++;							\
	}								\
	if (nr)								\
		FAIL("%d of %d pairs", nr, i);				\
}									\
									\
static void programs(void)						\
{									\
	check_pairs(0);							\
}									\
									\
static void every_state_kept(void)					\
{									\
	check_pairs(BPF_F_TEST_STATE_FREQ);				\
}									\
									\
SCX_TEST(SCX_CASE(programs), SCX_CASE(every_state_kept))

#endif /* __PAIRS_RUN_H */
