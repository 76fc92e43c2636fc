// SPDX-License-Identifier: GPL-2.0
/*
 * Storage that programs keep with cgroups: the same for user space, programs and a
 * scheduler, there whoever is busy with it, and as long as the cgroup is.
 */
#include "cgroup_run.h"
#include "cgroup_storage.h"
#include "cgroup_storage.bpf.skel.h"

#define CGROUP		"scx_storage"
#define OTHER		"scx_storage_other"
#define CPU		1

_Static_assert(BPF_MAP_TYPE_CGRP_STORAGE == 32, "as in Linux");
_Static_assert(BPF_FUNC_cgrp_storage_get == 210, "as in Linux");
_Static_assert(BPF_FUNC_cgrp_storage_delete == 211, "as in Linux");

static void known_to_libbpf(void)
{
	CHECK_EQ(strcmp(libbpf_bpf_map_type_str(BPF_MAP_TYPE_CGRP_STORAGE), "cgrp_storage"), 0);
	CHECK_EQ(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_CGRP_STORAGE, NULL), 1);
}

static int update(struct cgroup_storage *s, int fd, u64 mark, u64 flags)
{
	struct account account = { .mark = mark };

	return bpf_map_update_elem(bpf_map__fd(s->maps.accounts), &fd, &account, flags);
}

static int lookup(struct cgroup_storage *s, int fd, struct account *account)
{
	return bpf_map_lookup_elem(bpf_map__fd(s->maps.accounts), &fd, account);
}

static int delete_by_fd(struct cgroup_storage *s, int fd)
{
	return bpf_map_delete_elem(bpf_map__fd(s->maps.accounts), &fd);
}

static void check_mark(struct cgroup_storage *s, int fd, u64 mark)
{
	struct account account;

	CHECK_EQ(lookup(s, fd, &account), 0);
	CHECK_EQ(account.mark, mark);
}

static void check_no_cgroup(struct cgroup_storage *s, int fd, int err)
{
	struct account account;

	CHECK_EQ(update(s, fd, 1, BPF_ANY), err);
	CHECK_EQ(lookup(s, fd, &account), err);
	CHECK_EQ(delete_by_fd(s, fd), err);
}

static void by_fd(void)
{
	struct cgroup_storage *s = SCX_OPEN_LOAD(cgroup_storage);
	int fd, other, file, tmp;
	struct account account;

	cgroup_make(CGROUP);
	cgroup_make(OTHER);
	fd = cgroup_open(CGROUP);
	other = cgroup_open(OTHER);
	CHECK_EQ(lookup(s, fd, &account), -ENOENT);
	CHECK_EQ(delete_by_fd(s, fd), -ENOENT);
	CHECK_EQ(update(s, fd, 1, BPF_EXIST), -ENOENT);
	CHECK_EQ(update(s, fd, 1, BPF_NOEXIST), 0);
	CHECK_EQ(update(s, fd, 2, BPF_NOEXIST), -EEXIST);
	check_mark(s, fd, 1);
	CHECK_EQ(update(s, other, 3, BPF_ANY), 0);
	CHECK_EQ(update(s, fd, 2, BPF_EXIST), 0);
	check_mark(s, fd, 2);
	check_mark(s, other, 3);
	CHECK_EQ(delete_by_fd(s, fd), 0);
	CHECK_EQ(lookup(s, fd, &account), -ENOENT);
	check_mark(s, other, 3);

	tmp = open("/tmp", O_RDONLY | O_DIRECTORY);
	file = open(cgroup_path(CGROUP, "cgroup.procs"), O_RDONLY);
	CHECK(tmp >= 0 && file >= 0);
	check_no_cgroup(s, tmp, -EBADF);
	check_no_cgroup(s, file, -EBADF);
	check_no_cgroup(s, 1000, -EBADF);
	cgroup_remove(CGROUP);
	cgroup_remove(OTHER);
	check_no_cgroup(s, fd, -ENOENT);
	check_no_cgroup(s, other, -ENOENT);
	cgroup_storage__destroy(s);
}

/* -ENOENT or what was got. */
static int get(struct cgroup_storage *s, const struct bpf_program *prog, u64 flags, u64 mark)
{
	s->bss->flags = flags;
	s->bss->initial_mark = mark;
	return scx_run_prog(prog);
}

static int enter_and_get(void *arg)
{
	struct cgroup_storage *s = arg;

	cgroup_enter(getpid(), CGROUP);
	return get(s, s->progs.get_mine, BPF_LOCAL_STORAGE_GET_F_CREATE, 0) ? 1 : 0;
}

static void by_program(void)
{
	struct cgroup_storage *s = SCX_OPEN_LOAD(cgroup_storage);
	int fd;

	s->bss->cgid = cgroup_make(CGROUP);
	fd = cgroup_open(CGROUP);
	CHECK_EQ(get(s, s->progs.get, 0, 5), -ENOENT);
	CHECK_EQ(get(s, s->progs.get, 2, 5), -ENOENT);		/* no such flag */
	CHECK_EQ(get(s, s->progs.get, BPF_LOCAL_STORAGE_GET_F_CREATE, 5), 0);
	CHECK_EQ(s->bss->got_mark, 5);
	check_mark(s, fd, 5);
	CHECK_EQ(get(s, s->progs.get, BPF_LOCAL_STORAGE_GET_F_CREATE, 6), 0);
	CHECK_EQ(s->bss->got_mark, 5);
	CHECK_EQ(update(s, fd, 7, BPF_EXIST), 0);
	CHECK_EQ(get(s, s->progs.get, 0, 0), 0);
	CHECK_EQ(s->bss->got_mark, 7);
	CHECK_EQ(scx_run_prog(s->progs.delete), 0);
	CHECK_EQ(scx_run_prog(s->progs.delete), -ENOENT);
	CHECK_EQ(get(s, s->progs.get, 0, 0), -ENOENT);

	s->bss->got_mark = 1;
	CHECK_EQ(scx_wait(scx_fork(enter_and_get, s)), 0);
	CHECK_EQ(s->bss->got_mark, 0);
	check_mark(s, fd, 0);
	cgroup_remove(CGROUP);
	cgroup_storage__destroy(s);
}

static void by_op(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct cgroup_storage *s = SCX_OPEN_LOAD(cgroup_storage);
	struct account account, other;
	struct bpf_link *link;
	int fd, other_fd, i;

	s->bss->cgid = cgroup_make(CGROUP);
	cgroup_make(OTHER);
	fd = cgroup_open(CGROUP);
	other_fd = cgroup_open(OTHER);
	for (i = 0; i < 4; i++)
		cgroup_enter(work_pid(work, i), i % 2 ? OTHER : CGROUP);
	s->bss->accounting = true;
	link = scx_attach(s->maps.ops);
	CHECK_SOON(s->bss->nr_accounted > 200);
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(s->bss->nr_missed, 0);
	CHECK_EQ(lookup(s, fd, &account), 0);
	CHECK_EQ(account.nr, s->bss->nr_accounted);
	CHECK_EQ(lookup(s, other_fd, &other), 0);
	CHECK_GT(other.nr, 0);
	work_stop(work);
	cgroup_remove(CGROUP);
	cgroup_remove(OTHER);
	cgroup_storage__destroy(s);
}

/* Sees storage freed, from a set of programs of its own. */
struct watch {
	struct cgroup_storage *s;
	struct bpf_link *link;
};

static void watch_start(struct watch *w)
{
	w->s = SCX_OPEN_LOAD(cgroup_storage);
	w->link = bpf_program__attach(w->s->progs.storage_freed);
	if (!w->link)
		scx_skip("cannot trace bpf_local_storage_free_rcu()");
	/* That of earlier cases may still be waiting for a grace period. */
	do {
		w->s->bss->nr_freed = 0;
		usleep(1000 * scx_ms(100));
	} while (w->s->bss->nr_freed);
}

static void watch_stop(struct watch *w)
{
	bpf_link__destroy(w->link);
	cgroup_storage__destroy(w->s);
}

static void check_freed(struct watch *w, unsigned long nr)
{
	CHECK_SOON(w->s->bss->nr_freed == nr);
	usleep(1000 * scx_ms(20));
	CHECK_EQ(w->s->bss->nr_freed, nr);
}

/* Those of other cgroups that were removed later have been freed, and no more. */
static void check_only_others_freed(struct watch *w, struct cgroup_storage *s)
{
	unsigned long before = w->s->bss->nr_freed;
	int fd, i;

	for (i = 0; i < 3; i++) {
		cgroup_make(OTHER);
		fd = cgroup_open(OTHER);
		CHECK_EQ(update(s, fd, 1, BPF_ANY), 0);
		close(fd);
		cgroup_remove(OTHER);
		CHECK_SOON(w->s->bss->nr_freed > before + i);
	}
	CHECK_EQ(w->s->bss->nr_freed, before + i);
}

static void goes_with_cgroup(void)
{
	struct cgroup_storage *s = SCX_OPEN_LOAD(cgroup_storage);
	struct watch w;
	int fd, i;

	watch_start(&w);
	for (i = 0; i < 10; i++) {
		s->bss->cgid = cgroup_make(CGROUP);
		fd = cgroup_open(CGROUP);
		CHECK_EQ(update(s, fd, 1, BPF_ANY), 0);
		close(fd);
		CHECK_EQ(w.s->bss->nr_freed, i);
		cgroup_remove(CGROUP);
		check_freed(&w, i + 1);
	}
	watch_stop(&w);
	cgroup_storage__destroy(s);
}

/* Which is after its removal if it is kept. */
static void stays_with_kept(void)
{
	struct cgroup_storage *s = SCX_OPEN_LOAD(cgroup_storage);
	unsigned long nr_freed;
	struct watch w;

	watch_start(&w);
	s->bss->cgid = cgroup_make(CGROUP);
	CHECK_EQ(get(s, s->progs.get, BPF_LOCAL_STORAGE_GET_F_CREATE, 8), 0);
	CHECK_EQ(scx_run_prog(s->progs.keep), 0);
	cgroup_remove(CGROUP);
	check_only_others_freed(&w, s);
	CHECK_EQ(get(s, s->progs.get_of_kept, 0, 0), 0);
	CHECK_EQ(s->bss->got_mark, 8);
	nr_freed = w.s->bss->nr_freed;
	CHECK_EQ(scx_run_prog(s->progs.drop), 0);
	check_freed(&w, nr_freed + 1);
	watch_stop(&w);
	cgroup_storage__destroy(s);
}

static void created_after_removal(void)
{
	struct cgroup_storage *s = SCX_OPEN_LOAD(cgroup_storage);
	struct watch w;

	watch_start(&w);
	s->bss->cgid = cgroup_make(CGROUP);
	CHECK_EQ(scx_run_prog(s->progs.keep), 0);
	cgroup_remove(CGROUP);
	CHECK_EQ(get(s, s->progs.get_of_kept, BPF_LOCAL_STORAGE_GET_F_CREATE, 9), 0);
	CHECK_EQ(s->bss->got_mark, 9);
	CHECK_EQ(scx_run_prog(s->progs.drop), 0);
	check_freed(&w, 1);
	watch_stop(&w);
	cgroup_storage__destroy(s);
}

/* And its value, once found, until the program ends that uses it. */
static void stays_with_program(void)
{
	struct bpf_link *gone, *value_freed;
	struct cgroup_storage *s;
	struct watch w;

	watch_start(&w);
	s = w.s;
	gone = bpf_program__attach(s->progs.cgroup_gone);
	value_freed = bpf_program__attach(s->progs.value_freed);
	if (!gone || !value_freed)
		scx_skip("cannot trace bpf_cgrp_storage_free() and bpf_selem_free_rcu()");
	s->bss->cgid = cgroup_make(CGROUP);
	CHECK_EQ(get(s, s->progs.get, BPF_LOCAL_STORAGE_GET_F_CREATE, 8), 0);
	CHECK_EQ(scx_run_prog(s->progs.keep), 0);
	cgroup_remove(CGROUP);
	CHECK_EQ(s->bss->nr_gone, 0);
	CHECK_EQ(scx_run_prog(s->progs.use_after_release), 0);
	CHECK_EQ(s->bss->nr_gone_inside, 1);
	CHECK_EQ(s->bss->nr_freed_inside, 0);
	CHECK_EQ(s->bss->nr_values_freed_inside, 0);
	CHECK_EQ(s->bss->got_mark, 8);
	CHECK_EQ(s->bss->got_nr, 1);
	check_freed(&w, 1);
	CHECK_EQ(s->bss->nr_values_freed, 1);
	bpf_link__destroy(gone);
	bpf_link__destroy(value_freed);
	watch_stop(&w);
}

/* Or with the map, and not twice then. Here it is the map that is freed first. */
static void goes_with_map(void)
{
	struct cgroup_storage *s = SCX_OPEN_LOAD(cgroup_storage);
	struct watch w;

	watch_start(&w);
	s->bss->cgid = cgroup_make(CGROUP);
	CHECK_EQ(get(s, s->progs.get, BPF_LOCAL_STORAGE_GET_F_CREATE, 8), 0);
	cgroup_storage__destroy(s);
	check_freed(&w, 1);
	cgroup_remove(CGROUP);
	check_freed(&w, 1);
	watch_stop(&w);
}

static int wakes_up(void *arg)
{
	scx_pin(0, *(int *)arg);
	while (!usleep(1000))
		;
	return 0;
}

/* Others are let in where somebody is busy and was preempted, but not who runs inside. */
static void schedulers_get_in(void)
{
	struct cgroup_storage *s = SCX_OPEN(cgroup_storage);
	int fd, i, rounds = scx_rounds(50), cpu = CPU;
	struct bpf_link *held, *link;

	/* Before there is a link that it would hold. */
	scx_fork(wakes_up, &cpu);
	s->rodata->holder = getpid();
	SCX_LOAD(s, cgroup_storage);
	cgroup_make(CGROUP);
	cgroup_enter(getpid(), CGROUP);
	fd = cgroup_open(CGROUP);
	CHECK_EQ(update(s, fd, 1, BPF_ANY), 0);

	held = bpf_program__attach(s->progs.hold);
	if (!held)
		scx_skip("cannot trace bpf_local_storage_update()");
	link = scx_attach(s->maps.ops);
	scx_pin(0, CPU);
	for (i = 0; i < rounds; i++) {
		CHECK_EQ(update(s, fd, 1, BPF_ANY), 0);
		usleep(1000);
	}
	bpf_link__destroy(held);
	CHECK_EQ(s->bss->nr_held, (u64)rounds);
	CHECK_EQ(s->bss->nr_seen_inside, (u64)rounds);
	CHECK_EQ(s->bss->nr_made_inside, 0);
	CHECK_EQ(s->bss->nr_busy_inside, (u64)rounds);
	CHECK_GT(s->bss->nr_made, 0);
	CHECK_EQ(s->bss->nr_not_made, 0);
	CHECK_EQ(s->bss->nr_deleted, s->bss->nr_made);
	scx_note("made and deleted %lu times in %d", s->bss->nr_made, rounds);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	cgroup_enter(getpid(), "");
	cgroup_remove(CGROUP);
}

/* Two who create the account of one cgroup get the same. */
static void creators_meet(void)
{
	struct cgroup_storage *s = SCX_OPEN(cgroup_storage);
	int i, rounds = scx_rounds(20), cpu = 2;
	struct bpf_link *held, *link;
	pid_t other;

	if (scx_nr_cpus() < 3)
		scx_skip("needs three CPUs");
	s->rodata->holder = getpid();
	SCX_LOAD(s, cgroup_storage);
	s->bss->cgid = cgroup_make(CGROUP);
	other = scx_fork(wakes_up, &cpu);
	cgroup_enter(other, CGROUP);
	link = scx_attach(s->maps.ops);
	scx_pin(0, CPU);
	held = bpf_program__attach(s->progs.hold_creator);
	if (!held)
		scx_skip("cannot trace bpf_map_kzalloc()");
	for (i = 0; i < rounds; i++) {
		s->bss->nr_met = 0;
		s->bss->meeting = true;
		CHECK_EQ(get(s, s->progs.get, BPF_LOCAL_STORAGE_GET_F_CREATE, 1), 0);
		s->bss->meeting = false;
		CHECK_GT(s->bss->nr_met, 0);
		CHECK_EQ(s->bss->nr_not_met, 0);
		CHECK_EQ(s->bss->got_mark, MARK_OF_OP);
		CHECK_EQ(scx_run_prog(s->progs.delete), 0);
	}
	bpf_link__destroy(held);
	CHECK_GE(s->bss->nr_held, (u64)rounds);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	kill(other, SIGKILL);
	scx_wait(other);
	cgroup_remove(CGROUP);
}

SCX_TEST(SCX_CASE(known_to_libbpf), SCX_CASE(by_fd), SCX_CASE(by_program), SCX_CASE(by_op),
	 SCX_CASE(goes_with_cgroup), SCX_CASE(stays_with_kept), SCX_CASE(stays_with_program),
	 SCX_CASE(created_after_removal), SCX_CASE(goes_with_map),
	 SCX_CASE(schedulers_get_in), SCX_CASE(creators_meet));
