// SPDX-License-Identifier: GPL-2.0
/*
 * An extension takes the place of a function of a program that does not sleep, and of
 * no other: it would be freed in the middle of it.
 */
#include "scx_test.h"
#include "extend.bpf.skel.h"

static struct extend *load_target(bool sleepable)
{
	struct extend *s = SCX_OPEN(extend);

	CHECK_EQ(bpf_program__set_autoload(sleepable ? s->progs.sleepable : s->progs.atomic,
					   true), 0);
	CHECK_EQ(extend__load(s), 0);
	return s;
}

static struct extend *open_extension(const struct bpf_program *target)
{
	struct extend *s = SCX_OPEN(extend);

	CHECK_EQ(bpf_program__set_autoload(s->progs.replacement, true), 0);
	CHECK_EQ(bpf_program__set_attach_target(s->progs.replacement, bpf_program__fd(target),
						"replaceable"), 0);
	return s;
}

static void of_atomic(void)
{
	struct extend *target = load_target(false);
	struct extend *s = open_extension(target->progs.atomic);
	struct bpf_link *link;

	CHECK_EQ(extend__load(s), 0);
	CHECK_EQ(scx_run_prog(target->progs.atomic), 2);
	link = bpf_program__attach(s->progs.replacement);
	CHECK(link);
	CHECK_EQ(scx_run_prog(target->progs.atomic), 3);
	CHECK_EQ(s->bss->nr_replaced, 1);
	bpf_link__destroy(link);
	CHECK_EQ(scx_run_prog(target->progs.atomic), 2);
	extend__destroy(s);
	extend__destroy(target);
}

static void of_sleepable(void)
{
	struct extend *target = load_target(true);
	struct extend *s = open_extension(target->progs.sleepable);

	CHECK_EQ(scx_run_prog(target->progs.sleepable), 2);
	scx_libbpf_reset();
	CHECK_NE(extend__load(s), 0);
	CHECK(scx_matches(scx_libbpf_log(), "Cannot extend sleepable programs"));
	extend__destroy(s);
	extend__destroy(target);
}

SCX_TEST(SCX_CASE(of_atomic), SCX_CASE(of_sleepable));
