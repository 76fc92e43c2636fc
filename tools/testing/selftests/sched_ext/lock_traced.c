// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of programs that trace others: nobody traces what runs with a lock that he could
 * take, and a lock that is taken below another leaves IRQs to that.
 */
#include "scx_test.h"
#include "lock_traced.bpf.skel.h"

static const struct {
	const char *name;
	bool locked;		/* at its beginning or end */
} functions[] = {
	{ "unlocked", false },
	{ "below", true },
	{ "locked", true },
	{ "takes", true },
	{ "gives", true },
	{ "takes_and_gives", false },
};

static void try_to_trace(const struct lock_traced *target, int i, bool at_exit)
{
	struct lock_traced *s = SCX_OPEN(lock_traced);
	struct bpf_program *prog = at_exit ? s->progs.at_exit : s->progs.at_entry;
	struct bpf_link *link;
	int err;

	CHECK_EQ(bpf_program__set_autoload(s->progs.target, false), 0);
	CHECK_EQ(bpf_program__set_autoload(prog, true), 0);
	CHECK_EQ(bpf_program__set_attach_target(prog, bpf_program__fd(target->progs.target),
						functions[i].name), 0);
	scx_libbpf_reset();
	err = lock_traced__load(s);
	if (functions[i].locked) {
		if (!err)
			FAIL("%s can be traced, with a lock held", functions[i].name);
		if (!scx_matches(scx_libbpf_log(), "runs with a lock held"))
			FAIL("%s: refused with other words", functions[i].name);
	} else {
		if (err)
			FAIL("%s cannot be traced", functions[i].name);
		link = bpf_program__attach(prog);
		CHECK(link);
		CHECK_EQ(scx_run_prog(target->progs.target), 0);
		bpf_link__destroy(link);
	}
	lock_traced__destroy(s);
}

static void by_function(void)
{
	struct lock_traced *target = SCX_OPEN(lock_traced);
	int i;

	CHECK_EQ(lock_traced__load(target), 0);
	for (i = 0; i < (int)ARRAY_SIZE(functions); i++) {
		try_to_trace(target, i, false);
		try_to_trace(target, i, true);
	}
	lock_traced__destroy(target);
}

static void one_below_another(void)
{
	struct lock_traced *s = SCX_OPEN(lock_traced);
	struct bpf_link *link;
	int ret;

	CHECK_EQ(bpf_program__set_autoload(s->progs.adds, true), 0);
	CHECK_EQ(bpf_program__set_autoload(s->progs.nested, true), 0);
	CHECK_EQ(lock_traced__load(s), 0);
	CHECK_SOON((ret = scx_run_prog(s->progs.adds)) != -ENOMEM);
	CHECK_EQ(ret, 0);
	CHECK(s->bss->in_time);
	CHECK_EQ(s->bss->nr_nested, 0);

	s->bss->fired = false;
	link = bpf_program__attach(s->progs.nested);
	CHECK(link);
	CHECK_SOON((ret = scx_run_prog(s->progs.adds)) != -ENOMEM);
	CHECK_EQ(ret, 0);
	CHECK_EQ(s->bss->nr_nested, 1);
	/* Its IRQs are on. */
	CHECK(s->bss->in_time);
	bpf_link__destroy(link);
	lock_traced__destroy(s);
}

SCX_TEST(SCX_CASE(by_function), SCX_CASE(one_below_another));
