// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses of iterators and of the loops around them. As it need
 * not remember every state, programs are verified with and without the flag that
 * makes it do so.
 */
#include "scx_test.h"
#include "iters_refused.h"
#include "iters_refused.bpf.skel.h"

#define LOG_STATS	4	/* the kernel's BPF_LOG_STATS */

#define PAIR(name, words)	{ #name, words },
static const struct {
	const char *name;
	const char *words;
} pairs[] = { PAIRS };
#undef PAIR

static int load_one(const char *name, const char *suffix, __u32 flags)
{
	struct iters_refused *s = SCX_OPEN(iters_refused);
	struct bpf_program *prog;
	char full[80];
	int err;

	snprintf(full, sizeof(full), "%s%s", name, suffix);
	prog = bpf_object__find_program_by_name(s->obj, full);
	if (!prog)
		FAIL("no program %s", full);
	CHECK_EQ(bpf_program__set_autoload(prog, true), 0);
	CHECK_EQ(bpf_program__set_flags(prog, flags), 0);
	/* The words only: what is verified of an endless loop would drown them. */
	CHECK_EQ(bpf_program__set_log_level(prog, LOG_STATS), 0);
	scx_libbpf_reset();
	err = iters_refused__load(s);
	iters_refused__destroy(s);
	return err;
}

/* What is wrong with a pair, or NULL */
static const char *check_pair(int i, __u32 flags)
{
	if (load_one(pairs[i].name, "_mended", flags))
		return "the twin does not load";
	if (!load_one(pairs[i].name, "", flags))
		return "not refused";
	if (!scx_matches(scx_libbpf_log(), pairs[i].words))
		return "refused with other words";
	return NULL;
}

static void check_pairs(__u32 flags)
{
	const char *wrong;
	int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		wrong = check_pair(i, flags);
		if (!wrong)
			continue;
		scx_note("%s: %s\n%s", pairs[i].name, wrong, scx_libbpf_log());
		nr++;
	}
	if (nr)
		FAIL("%d of %d pairs", nr, i);
}

static void programs(void)
{
	check_pairs(0);
}

static void every_state_kept(void)
{
	check_pairs(BPF_F_TEST_STATE_FREQ);
}

SCX_TEST(SCX_CASE(programs), SCX_CASE(every_state_kept));
