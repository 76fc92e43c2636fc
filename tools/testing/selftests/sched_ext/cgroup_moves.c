// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks move between cgroups of the CPU controller while a scheduler is loaded,
 * comes and goes: it does not notice, and neither do they.
 */
#include <sys/stat.h>
#include "scx_puppet.h"
#include "books.bpf.skel.h"

#define ROOT		"/sys/fs/cgroup"
#define NR_CGROUPS	3

static const char *cgroup_path(int i, const char *file)
{
	static char path[128];

	snprintf(path, sizeof(path), ROOT "/scx_moves%d%s%s", i, *file ? "/" : "", file);
	return path;
}

static void move_to(pid_t pid, const char *procs)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (!scx_put(procs, text))
		FAIL("cannot move %d to %s: %s", pid, procs, strerror(errno));
}

static void make_cgroups(void)
{
	int i;

	if (!scx_put(ROOT "/cgroup.subtree_control", "+cpu"))
		scx_skip("no CPU controller in %s", ROOT);
	for (i = 0; i < NR_CGROUPS; i++) {
		CHECK(!mkdir(cgroup_path(i, ""), 0755) || errno == EEXIST);
		CHECK(scx_put(cgroup_path(i, "cpu.weight"), i ? "500" : "20"));
	}
}

static void remove_cgroups(struct work *work)
{
	int i;

	for (i = 0; i < work_nr(work); i++)
		move_to(work_pid(work, i), ROOT "/cgroup.procs");
	work_stop(work);
	/* Children of workers may be on their way out of them. */
	for (i = 0; i < NR_CGROUPS; i++)
		CHECK_SOON(!rmdir(cgroup_path(i, "")));
}

static void move_around(struct work *work, int rounds)
{
	int i;

	for (i = 0; i < rounds; i++)
		move_to(work_pid(work, i % work_nr(work)),
			cgroup_path(i % NR_CGROUPS, "cgroup.procs"));
}

static void while_loaded(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct books *s = SCX_OPEN_LOAD(books);
	int rounds = scx_rounds(500);
	struct bpf_link *link;

	make_cgroups();
	link = scx_attach(s->maps.ops);
	move_around(work, rounds);
	CHECK(scx_put(cgroup_path(0, "cpu.weight"), "200"));
	CHECK(scx_state_is("enabled"));
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(s->bss->nr_inited, s->bss->nr_exited);
	CHECK_PROGRESS(work);
	remove_cgroups(work);
	books__destroy(s);
}

struct mover {
	struct work *work;
	bool stop;
};

static void *move_all_the_time(void *arg)
{
	struct mover *m = arg;

	while (!__atomic_load_n(&m->stop, __ATOMIC_RELAXED))
		move_around(m->work, 50);
	return NULL;
}

static void while_loading(void)
{
	struct mover m = { .work = work_start(WORK_SLEEP, 4, 0) };
	struct books *s = SCX_OPEN_LOAD(books);
	int i, rounds = scx_rounds(20);
	struct bpf_link *link;
	pthread_t thread;

	make_cgroups();
	CHECK_EQ(pthread_create(&thread, NULL, move_all_the_time, &m), 0);
	for (i = 0; i < rounds; i++) {
		link = scx_attach(s->maps.ops);
		CHECK(scx_state_is("enabled"));
		bpf_link__destroy(link);
		CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
		SCX_FORGET_EXIT(s);
	}
	m.stop = true;
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_PROGRESS(m.work);
	remove_cgroups(m.work);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(while_loaded), SCX_CASE(while_loading));
