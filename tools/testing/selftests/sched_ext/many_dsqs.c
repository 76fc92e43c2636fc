// SPDX-License-Identifier: GPL-2.0
/*
 * A thousand user queues, created in init: what creating, destroying and asking
 * for them returns, tasks that run through them, ids that are used again.
 */
#include "scx_test.h"
#include "many_dsqs.h"
#include "many_dsqs.bpf.skel.h"

#define EXPECT(which, value)	{ which, #which, value }

static const struct {
	enum dsq_result which;
	const char *name;
	int value;
} expected[] = {
	EXPECT(DSQ_CREATE_ALL, 0),
	EXPECT(DSQ_CREATE_TWICE, -EEXIST),
	EXPECT(DSQ_CREATE_BUILTIN, -EINVAL),
	EXPECT(DSQ_CREATE_GLOBAL, -EINVAL),
	EXPECT(DSQ_CREATE_BAD_NODE, -EINVAL),
	EXPECT(DSQ_NR_QUEUED, 0),
	EXPECT(DSQ_NR_QUEUED_GONE, -ENOENT),
	EXPECT(DSQ_NR_QUEUED_KEPT, 0),
	EXPECT(DSQ_CREATE_AGAIN, 0),
	EXPECT(DSQ_NR_QUEUED_AGAIN, 0),
	EXPECT(DSQ_CREATE_LARGE_ID, 0),
	EXPECT(DSQ_NR_QUEUED_LARGE_ID, 0),
	EXPECT(DSQ_NR_QUEUED_UNKNOWN, -ENOENT),
	EXPECT(DSQ_NR_QUEUED_GLOBAL, -ENOENT),
};

static void check_results(const struct many_dsqs *s)
{
	unsigned int i;

	CHECK_EQ(ARRAY_SIZE(expected), NR_DSQ_RESULTS);
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		int result = s->bss->result[expected[i].which];

		if (result != expected[i].value)
			FAIL("%s: %d, not %d", expected[i].name, result, expected[i].value);
	}
}

static void create_use_destroy(void)
{
	struct work *work = work_start(WORK_MIX, 40, 0);
	struct many_dsqs *s = SCX_OPEN_LOAD(many_dsqs);
	struct bpf_link *link;
	int i;

	/* The second time all ids were in use before, by another load. */
	for (i = 0; i < 2; i++) {
		link = scx_attach(s->maps.ops);
		check_results(s);
		s->bss->nr_through = 0;
		CHECK_PROGRESS(work);
		CHECK_SOON(s->bss->nr_through > 200);
		bpf_link__destroy(link);
		CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
		SCX_FORGET_EXIT(s);
		memset(s->bss->result, 0xff, sizeof(s->bss->result));
	}
	CHECK_PROGRESS(work);
}

SCX_TEST(SCX_CASE(create_use_destroy));
