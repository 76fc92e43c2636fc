// SPDX-License-Identifier: GPL-2.0
/*
 * Iterators over cgroups: in all orders, over groups that are removed and created
 * meanwhile.
 */
#include <sys/stat.h>
#include "scx_puppet.h"
#include "walks.h"
#include "walks.bpf.skel.h"

#define ROOT	"/sys/fs/cgroup"
#define TOP	ROOT "/css_iters"

enum { SELF_ONLY = 1, PRE, POST, UP };

/* In the order in which they are made; the test is in the last one. */
static const char * const groups[] = {
	TOP, TOP "/a", TOP "/a/x", TOP "/a/y", TOP "/b", TOP "/b/z", TOP "/b/z/me",
};

static unsigned long long id_of(const char *path)
{
	struct stat st;

	CHECK_EQ(stat(path, &st), 0);
	return st.st_ino;
}

static void leave(void)
{
	int i;

	if (access(TOP, F_OK))
		return;
	CHECK(scx_put(ROOT "/cgroup.procs", "0"));
	rmdir(TOP "/b/new");
	for (i = ARRAY_SIZE(groups) - 1; i >= 0; i--)
		if (!access(groups[i], F_OK))
			CHECK_SOON(!rmdir(groups[i]));
}

static struct walks *start(void)
{
	struct walks *s;
	unsigned int i;

	if (access(ROOT "/cgroup.procs", W_OK))
		scx_skip("no cgroup2 in " ROOT);
	leave();
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		CHECK_EQ(mkdir(groups[i], 0755), 0);
	CHECK(scx_put(TOP "/b/z/me/cgroup.procs", "0"));
	s = SCX_OPEN_LOAD(walks);
	s->bss->top = id_of(TOP);
	return s;
}

static void check_seen(struct walks *s, const int *order, int nr)
{
	int i;

	CHECK_EQ(s->bss->nr_seen, nr);
	for (i = 0; i < nr; i++)
		CHECK_EQ(s->bss->seen[i], id_of(groups[order[i]]));
}

static int run(struct walks *s, const struct bpf_program *prog, int flags)
{
	s->bss->nr_seen = 0;
	s->bss->flags = flags;
	return scx_run_prog(prog);
}

static void orders(void)
{
	static const int pre[] = { 0, 1, 2, 3, 4, 5, 6 };
	static const int post[] = { 2, 3, 1, 6, 5, 4, 0 };
	static const int up[] = { 6, 5, 4, 0 };
	struct walks *s = start();

	CHECK_EQ(run(s, s->progs.descendants, PRE), 7);
	check_seen(s, pre, 7);
	CHECK_EQ(run(s, s->progs.descendants, POST), 7);
	check_seen(s, post, 7);
	CHECK_EQ(run(s, s->progs.descendants, UP), 2);
	CHECK_EQ(s->bss->seen[0], id_of(TOP));
	CHECK_EQ(s->bss->seen[1], id_of(ROOT));

	CHECK_EQ(run(s, s->progs.ancestors, 0), 0);
	CHECK_EQ(s->bss->nr_seen, 5);
	CHECK_EQ(s->bss->seen[4], id_of(ROOT));
	s->bss->nr_seen = 4;
	check_seen(s, up, 4);
	leave();
}

static void errors(void)
{
	struct walks *s = start();

	CHECK_EQ(run(s, s->progs.css_new_only, PRE), 0);
	CHECK_EQ(s->bss->nr_seen, 1);
	CHECK_EQ(run(s, s->progs.css_new_only, UP), 0);
	CHECK_EQ(s->bss->nr_seen, 3);
	CHECK_EQ(run(s, s->progs.css_new_only, 0), -EINVAL);
	CHECK_EQ(s->bss->nr_seen, 0);
	CHECK_EQ(run(s, s->progs.css_new_only, SELF_ONLY), -EINVAL);
	CHECK_EQ(run(s, s->progs.css_new_only, UP + 1), -EINVAL);
	CHECK_EQ(s->bss->nr_seen, 0);
	leave();
}

static void *walk(void *arg)
{
	struct walks *s = arg;

	return (void *)(long)scx_run_prog(s->progs.descendants);
}

/* The iterator is at "a" when that goes, and another comes. */
static void removed(void)
{
	struct walks *s = start();
	unsigned long long a = id_of(TOP "/a"), b = id_of(TOP "/b");
	pthread_t thread;
	void *nr;

	s->bss->nr_seen = 0;
	s->bss->flags = PRE;
	s->bss->holding = 1;
	s->bss->found = 0;
	CHECK_EQ(pthread_create(&thread, NULL, walk, s), 0);
	CHECK_SOON(s->bss->found);
	CHECK_EQ(rmdir(TOP "/a/x"), 0);
	CHECK_EQ(rmdir(TOP "/a/y"), 0);
	CHECK_EQ(rmdir(TOP "/a"), 0);
	CHECK_EQ(mkdir(TOP "/b/new", 0755), 0);
	s->bss->holding = 0;
	CHECK_EQ(pthread_join(thread, &nr), 0);
	/* "x" and "y" are linked until everybody has let go of them. */
	CHECK((long)nr == 6 || (long)nr == 8);
	CHECK_EQ(s->bss->seen[1], a);
	CHECK_EQ(s->bss->seen[(long)nr - 4], b);
	CHECK_EQ(s->bss->seen[(long)nr - 1], id_of(TOP "/b/new"));
	leave();
}

SCX_TEST(SCX_CASE(orders), SCX_CASE(errors), SCX_CASE(removed));
