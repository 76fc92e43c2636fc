/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scheduler that the verifier refuses for one statement at a time, and loads when
 * that is mended.
 */
#ifndef __REFUSED_RUN_H
#define __REFUSED_RUN_H

#include "scx_test.h"

struct refusal_words {
	u32 refusal;
	const char *words;
};

/* load() returns what loading does. */
static inline void check_refusals(const struct refusal_words *refusals, int nr,
				  int (*load)(u32 refusal, bool mended))
{
	int i;

	for (i = 0; i < nr; i++) {
		scx_libbpf_reset();
		if (load(refusals[i].refusal, true))
			FAIL("%d: the twin of \"%s\" does not load", i, refusals[i].words);
		scx_libbpf_reset();
		if (!load(refusals[i].refusal, false))
			FAIL("%d: not refused with \"%s\"", i, refusals[i].words);
		if (!scx_matches(scx_libbpf_log(), refusals[i].words))
			FAIL("%d: refused, but not with \"%s\"", i, refusals[i].words);
	}
}

#define DEFINE_LOAD(name)						\
static int load_##name(u32 refusal, bool mended)			\
{									\
	struct name *s = SCX_OPEN(name);				\
	int err;							\
									\
	s->rodata->refusal = refusal;					\
	s->rodata->mended = mended;					\
	err = name##__load(s);						\
	name##__destroy(s);						\
	return err;							\
}

#endif /* __REFUSED_RUN_H */
