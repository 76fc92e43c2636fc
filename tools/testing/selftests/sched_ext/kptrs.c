// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that are kept in maps: that they are there to be looked at and taken
 * out, and that each is freed once, when it is replaced or when its place goes.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include "scx_puppet.h"
#include "kptrs.h"
#include "kptrs.bpf.skel.h"

#define EXIT_DEAD	16
#define MAX_CPUS	64

/* The value of a slot as user space sees it. */
struct user_slot {
	u32 data, bits;
	u64 mask, task;
};

/* Counts what is freed, with programs of a set of their own. */
struct watch {
	struct kptrs *s;
	struct bpf_link *masks, *tasks;
	u64 turns;
};

static void watch_start(struct watch *w)
{
	w->s = SCX_OPEN_LOAD(kptrs);
	w->turns = 0;
	w->masks = bpf_program__attach(w->s->progs.mask_freed);
	w->tasks = bpf_program__attach(w->s->progs.task_freed);
	if (!w->masks || !w->tasks)
		scx_skip("cannot trace who is freed");
}

static void watch_stop(struct watch *w)
{
	bpf_link__destroy(w->masks);
	bpf_link__destroy(w->tasks);
	kptrs__destroy(w->s);
}

static int run_prog(const struct bpf_program *prog)
{
	int ret;

	/* There are moments without memory. */
	CHECK_SOON((ret = scx_run_prog(prog)) != -ENOMEM);
	return ret;
}

static bool turn_one_over(struct watch *w)
{
	w->turns++;
	CHECK_EQ(run_prog(w->s->progs.turn_over), 1);
	return WAIT(w->s->bss->nr_masks_freed >= w->turns, 10000);
}

/* So many, and no more while others are freed. */
static void check_freed(struct watch *w, u64 nr)
{
	int i;

	CHECK_SOON(w->s->bss->nr_masks_freed >= nr + w->turns);
	for (i = 0; i < 3; i++)
		CHECK(turn_one_over(w));
	CHECK_SOON(w->s->bss->nr_masks_freed >= nr + w->turns);
	CHECK_EQ(w->s->bss->nr_masks_freed, nr + w->turns);
}

static const struct bpf_map *map_of(const struct kptrs *s, enum kptr_where where)
{
	switch (where) {
	case IN_ARRAY:
		return s->maps.array;
	case IN_PERCPU_ARRAY:
		return s->maps.percpu_array;
	case IN_HASH:
		return s->maps.hash;
	case IN_MALLOC_HASH:
		return s->maps.malloc_hash;
	case IN_LRU_HASH:
		return s->maps.lru_hash;
	case IN_TASK_STORAGE:
		return s->maps.task_storage;
	default:
		return NULL;
	}
}

/* The task itself, or 0. */
static int key_of(enum kptr_where where)
{
	int pidfd;

	if (where != IN_TASK_STORAGE)
		return 0;
	pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	CHECK_GE(pidfd, 0);
	return pidfd;
}

/* User space neither sees nor changes what is kept; what it writes replaces that. */
static void from_user(struct kptrs *s, enum kptr_where where)
{
	struct user_slot slots[MAX_CPUS];
	int key = key_of(where), fd = bpf_map__fd(map_of(s, where)), i;

	memset(slots, 0xaa, sizeof(slots));
	CHECK_EQ(bpf_map_lookup_elem(fd, &key, slots), 0);
	for (i = 0; i < (where == IN_PERCPU_ARRAY ? scx_nr_cpus() : 1); i++) {
		CHECK_EQ(slots[i].data, 0);
		CHECK_EQ(slots[i].mask, 0);
		CHECK_EQ(slots[i].task, 0);
	}

	memset(slots, 0xaa, sizeof(slots));
	CHECK_EQ(bpf_map_update_elem(fd, &key, slots, BPF_EXIST), 0);
	CHECK_EQ(run_prog(s->progs.look), -ENOENT);
	CHECK_EQ(run_prog(s->progs.look_at_task), -ENOENT);

	CHECK_EQ(bpf_map_lookup_elem(fd, &key, slots), 0);
	CHECK_EQ(slots[0].data, 0xaaaaaaaa);
	CHECK_EQ(slots[0].mask, 0);
	CHECK_EQ(slots[0].task, 0);
}

static void check_seen(struct kptrs *s, u32 cpus)
{
	s->bss->cpus = 0;
	CHECK_EQ(run_prog(s->progs.look), __builtin_popcount(cpus));
	CHECK_EQ(s->bss->cpus, cpus);
}

static void put(struct kptrs *s, u32 cpus, int ret)
{
	s->bss->cpus = cpus;
	CHECK_EQ(run_prog(s->progs.put), ret);
}

static void keep(enum kptr_where where)
{
	struct kptrs *s;
	struct watch w;
	u64 nr = 0;

	scx_pin(0, 0);
	watch_start(&w);
	s = SCX_OPEN_LOAD(kptrs);
	s->bss->where = where;
	CHECK_EQ(run_prog(s->progs.make), 0);
	CHECK_EQ(run_prog(s->progs.look), -ENOENT);

	put(s, 0x5, 0);
	check_seen(s, 0x5);
	check_freed(&w, nr);
	put(s, 0xe, 1);
	check_seen(s, 0xe);
	check_freed(&w, ++nr);
	s->bss->cpus = 0;
	CHECK_EQ(run_prog(s->progs.take), 0);
	CHECK_EQ(s->bss->cpus, 0xe);
	CHECK_EQ(run_prog(s->progs.look), -ENOENT);
	check_freed(&w, ++nr);

	if (where != IN_VARIABLE) {
		put(s, 0x3, 0);
		from_user(s, where);
		check_freed(&w, ++nr);
	}
	put(s, 0x9, 0);
	if (!run_prog(s->progs.delete)) {
		CHECK_EQ(run_prog(s->progs.look), -ENODEV);
		check_freed(&w, ++nr);
		CHECK_EQ(run_prog(s->progs.make), 0);
		CHECK_EQ(run_prog(s->progs.look), -ENOENT);
		put(s, 0x9, 0);
	}

	/* With the map. */
	check_seen(s, 0x9);
	check_freed(&w, nr);
	kptrs__destroy(s);
	check_freed(&w, ++nr);
	watch_stop(&w);
}

static void array(void)
{
	keep(IN_ARRAY);
}

static void percpu_array(void)
{
	keep(IN_PERCPU_ARRAY);
}

static void hash(void)
{
	keep(IN_HASH);
}

static void malloc_hash(void)
{
	keep(IN_MALLOC_HASH);
}

static void lru_hash(void)
{
	keep(IN_LRU_HASH);
}

static void variable(void)
{
	keep(IN_VARIABLE);
}

static void task_storage(void)
{
	keep(IN_TASK_STORAGE);
}

static void check_cgroup(struct kptrs *s, u32 cpus)
{
	s->bss->cpus = 0;
	CHECK_EQ(run_prog(s->progs.look_in_cgroup), __builtin_popcount(cpus));
	CHECK_EQ(s->bss->cpus, cpus);
}

static void cgrp_storage(void)
{
	struct kptrs *s;
	struct watch w;
	u64 nr = 0;

	watch_start(&w);
	s = SCX_OPEN_LOAD(kptrs);
	CHECK_EQ(run_prog(s->progs.look_in_cgroup), -ENODEV);
	s->bss->cpus = 0x5;
	CHECK_EQ(run_prog(s->progs.put_in_cgroup), 0);
	check_cgroup(s, 0x5);
	check_freed(&w, nr);
	s->bss->cpus = 0xe;
	CHECK_EQ(run_prog(s->progs.put_in_cgroup), 1);
	check_cgroup(s, 0xe);
	check_freed(&w, ++nr);

	CHECK_EQ(run_prog(s->progs.delete_in_cgroup), 1);
	CHECK_EQ(run_prog(s->progs.look_in_cgroup), -ENODEV);
	check_freed(&w, ++nr);

	/* With the map. */
	s->bss->cpus = 0x9;
	CHECK_EQ(run_prog(s->progs.put_in_cgroup), 0);
	check_cgroup(s, 0x9);
	check_freed(&w, nr);
	kptrs__destroy(s);
	check_freed(&w, ++nr);
	watch_stop(&w);
}

/* Those who make room for others. */
static void evicted(void)
{
	struct kptrs *s;
	struct watch w;
	u64 nr = 0;

	watch_start(&w);
	s = SCX_OPEN_LOAD(kptrs);
	s->bss->where = IN_LRU_HASH;
	for (s->bss->key = 0; s->bss->key < 1000; s->bss->key++) {
		CHECK_EQ(run_prog(s->progs.make), 0);
		put(s, 0x3, 0);
		nr++;
	}
	/* Room is made in advance, for several. */
	CHECK_SOON(w.s->bss->nr_masks_freed > nr / 2);
	CHECK_EQ(s->bss->nr_created, nr);
	kptrs__destroy(s);
	check_freed(&w, nr);
	watch_stop(&w);
}

/* What is put into storage that is being freed is freed with it. */
static void into_deleted(void)
{
	struct kptrs *s;
	struct watch w;
	u64 nr = 0;
	int i;

	watch_start(&w);
	s = SCX_OPEN_LOAD(kptrs);
	s->bss->where = IN_TASK_STORAGE;
	for (i = 0; i < 5; i++) {
		CHECK_EQ(run_prog(s->progs.make), 0);
		CHECK_EQ(run_prog(s->progs.put_in_deleted), 0);
		CHECK_EQ(run_prog(s->progs.look), -ENODEV);
		check_freed(&w, ++nr);
	}
	/* With the map right behind it. */
	CHECK_EQ(run_prog(s->progs.make), 0);
	CHECK_EQ(run_prog(s->progs.put_in_deleted), 0);
	kptrs__destroy(s);
	check_freed(&w, ++nr);
	watch_stop(&w);
}

static int leaves_one(void *arg)
{
	struct kptrs *s = arg;

	return run_prog(s->progs.make) || run_prog(s->progs.put);
}

/* The task and the map at a time, and either first. */
static void both_go(void)
{
	int i, rounds = scx_rounds(30);
	struct kptrs *s;
	struct watch w;
	pid_t pid;
	u64 nr = 0;

	watch_start(&w);
	for (i = 0; i < rounds; i++) {
		s = SCX_OPEN_LOAD(kptrs);
		s->bss->where = IN_TASK_STORAGE;
		pid = scx_fork(leaves_one, s);
		if (i % 3)
			CHECK_SOON(s->bss->nr_created);
		if (i % 3 == 2)
			usleep(i * 100);
		if (!(i % 3))
			CHECK_EQ(scx_wait(pid), 0);
		kptrs__destroy(s);
		if (i % 3)
			CHECK_EQ(scx_wait(pid), 0);
		nr++;
	}
	check_freed(&w, nr);
	watch_stop(&w);
}

static struct bpf_link *attach_to(const struct bpf_program *prog, const struct bpf_map *map)
{
	union bpf_iter_link_info linfo = { .map.map_fd = bpf_map__fd(map) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &linfo,
		    .link_info_len = sizeof(linfo));

	return bpf_program__attach_iter(prog, &opts);
}

static int iterate(const struct bpf_program *prog, const struct bpf_map *map)
{
	struct bpf_link *link = attach_to(prog, map);
	int fd, err = -errno;
	char byte;

	if (!link)
		return err;
	fd = bpf_iter_create(bpf_link__fd(link));
	CHECK_GE(fd, 0);
	CHECK_EQ(read(fd, &byte, 1), 0);
	close(fd);
	bpf_link__destroy(link);
	return 0;
}

/* No iterator gets at what is kept; for a per-CPU map it has a copy of it. */
static void iterated(void)
{
	struct kptrs *s = SCX_OPEN_LOAD(kptrs);
	struct bpf_link *link;

	s->bss->where = IN_HASH;
	CHECK_EQ(run_prog(s->progs.make), 0);
	put(s, 0x3, 0);
	s->bss->cpus = 0;
	CHECK_EQ(iterate(s->progs.reads_data, s->maps.hash), 0);
	CHECK_EQ(s->bss->nr_iterated, 1);
	CHECK_EQ(iterate(s->progs.writes_mask, s->maps.hash), -EACCES);
	CHECK_EQ(iterate(s->progs.writes_mask, s->maps.array), -EACCES);
	CHECK_EQ(iterate(s->progs.writes_mask, s->maps.lru_hash), -EACCES);
	link = attach_to(s->progs.reads_data, s->maps.hash);
	CHECK(link);
	CHECK_EQ(bpf_link_update(bpf_link__fd(link), bpf_program__fd(s->progs.writes_mask), NULL),
		 -EACCES);
	bpf_link__destroy(link);
	CHECK_EQ(iterate(s->progs.writes_mask, s->maps.percpu_array), 0);
	check_seen(s, 0x3);
	s->bss->where = IN_PERCPU_ARRAY;
	put(s, 0x5, 0);
	CHECK_EQ(iterate(s->progs.writes_mask, s->maps.percpu_array), 0);
	check_seen(s, 0x5);
	kptrs__destroy(s);
}

/* A task in the storage of another, across its death. */
static void keeps_task(void)
{
	struct puppet *puppet;
	struct kptrs *s;
	struct watch w;
	pid_t pid;

	watch_start(&w);
	s = SCX_OPEN_LOAD(kptrs);
	puppet = puppet_start(NULL);
	pid = puppet->pid;
	s->bss->where = IN_TASK_STORAGE;
	CHECK_EQ(run_prog(s->progs.make), 0);
	CHECK_EQ(run_prog(s->progs.look_at_task), -ENOENT);
	s->bss->pid = pid;
	CHECK_EQ(run_prog(s->progs.put_task), 0);
	CHECK_EQ(run_prog(s->progs.put_task), 1);

	w.s->bss->dead = pid;
	puppet_stop(puppet);
	check_freed(&w, 0);
	CHECK_EQ(w.s->bss->nr_tasks_freed, 0);
	s->bss->pid = 0;
	CHECK_EQ(run_prog(s->progs.look_at_task), 0);
	CHECK_EQ(s->bss->pid, pid);
	CHECK_EQ(s->bss->exit_state, EXIT_DEAD);
	CHECK_EQ(run_prog(s->progs.delete), 0);
	CHECK_SOON(w.s->bss->nr_tasks_freed == 1);
	kptrs__destroy(s);
	watch_stop(&w);
}

static int keeps_itself(void *arg)
{
	struct kptrs *s = arg;

	s->bss->pid = getpid();
	return run_prog(s->progs.make) || run_prog(s->progs.put_task);
}

/* One that keeps itself stays until the map goes. */
static void kept_by_itself(void)
{
	struct kptrs *s;
	struct watch w;
	pid_t pid;

	watch_start(&w);
	s = SCX_OPEN_LOAD(kptrs);
	s->bss->where = IN_TASK_STORAGE;
	pid = scx_fork(keeps_itself, s);
	w.s->bss->dead = pid;
	CHECK_EQ(scx_wait(pid), 0);
	check_freed(&w, 0);
	CHECK_EQ(w.s->bss->nr_tasks_freed, 0);
	kptrs__destroy(s);
	CHECK_SOON(w.s->bss->nr_tasks_freed == 1);
	watch_stop(&w);
}

/* Have the op that enqueues the puppet grant it. */
static int ask(struct kptrs *s, struct puppet *puppet, enum kptr_wish wish)
{
	unsigned long nr_done;

	do {
		nr_done = s->bss->nr_done;
		s->bss->wish = wish;
		CHECK_SOON((puppet_poke(puppet), s->bss->nr_done > nr_done));
	} while (s->bss->wish_ret == -ENOMEM);
	return s->bss->wish_ret;
}

static void keep_in_op(enum kptr_where where)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct puppet *puppet;
	struct bpf_link *link;
	struct kptrs *s;
	struct watch w;
	u64 nr = 0;
	int i;

	watch_start(&w);
	s = SCX_OPEN_LOAD(kptrs);
	s->bss->where = where;
	link = scx_attach(s->maps.ops);
	for (i = 0; i < 5; i++) {
		puppet = puppet_start(NULL);
		s->bss->pid = puppet->pid;
		s->bss->cpus = 0x6;
		CHECK_EQ(ask(s, puppet, KPTR_PUT), i && where == IN_ARRAY);
		CHECK_EQ(ask(s, puppet, KPTR_LOOK), 2);
		CHECK_EQ(ask(s, puppet, KPTR_PUT), 1);
		if (i && where == IN_ARRAY)
			nr++;
		check_freed(&w, ++nr);
		if (where != IN_ARRAY) {
			CHECK_EQ(ask(s, puppet, KPTR_DELETE), 0);
			CHECK_EQ(ask(s, puppet, KPTR_LOOK), -ENODEV);
			check_freed(&w, ++nr);
			CHECK_EQ(ask(s, puppet, KPTR_PUT), 0);
		}
		CHECK_EQ(ask(s, puppet, KPTR_TAKE), 0);
		CHECK_EQ(ask(s, puppet, KPTR_LOOK), -ENOENT);
		CHECK_EQ(ask(s, puppet, KPTR_PUT), 0);
		check_freed(&w, ++nr);

		/* Storage goes with the task. */
		puppet_stop(puppet);
		if (where == IN_TASK_STORAGE) {
			check_freed(&w, ++nr);
		} else if (where == IN_HASH) {
			CHECK_EQ(run_prog(s->progs.delete), 0);
			check_freed(&w, ++nr);
		}
	}
	CHECK_PROGRESS(work);
	work_stop(work);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	kptrs__destroy(s);
	check_freed(&w, nr + (where == IN_ARRAY));
	watch_stop(&w);
}

static void op_array(void)
{
	keep_in_op(IN_ARRAY);
}

static void op_hash(void)
{
	keep_in_op(IN_HASH);
}

static void op_task_storage(void)
{
	keep_in_op(IN_TASK_STORAGE);
}

/* In the storage of tasks that come and go, all the time; none is lost. */
static void churned(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct bpf_link *link;
	struct kptrs *s;
	struct watch w;
	u64 nr;

	watch_start(&w);
	s = SCX_OPEN_LOAD(kptrs);
	s->bss->cpus = 0x5;
	s->bss->churn = true;
	link = scx_attach(s->maps.ops);
	CHECK(WAIT(s->bss->nr_churned > (u64)scx_rounds(20000), 60000));
	CHECK_PROGRESS(work);
	CHECK_EQ(s->bss->nr_changed, 0);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	nr = s->bss->nr_created;
	scx_note("%lu masks", nr);
	kptrs__destroy(s);
	check_freed(&w, nr);
	watch_stop(&w);
}

static volatile bool swapped_enough;

static void *swaps(void *arg)
{
	struct kptrs *s = arg;

	while (!swapped_enough)
		run_prog(s->progs.put);
	return NULL;
}

/* Who looks at one in an RCU section is not shown another's memory. */
static void swapped(void)
{
	struct kptrs *s = SCX_OPEN_LOAD(kptrs);
	long long end = scx_now_ms() + scx_ms(1500);
	pthread_t threads[2];
	unsigned int i;

	s->bss->where = IN_ARRAY;
	s->bss->cpus = 0x9;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, swaps, s), 0);
	while (scx_now_ms() < end)
		CHECK_EQ(scx_run_prog(s->progs.stare_at_mask), 0);
	swapped_enough = true;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	scx_note("looked at %lu, of %lu", s->bss->nr_stared, s->bss->nr_created);
	CHECK_GT(s->bss->nr_stared, 0);
	CHECK_GT(s->bss->nr_created, 100);
	CHECK_EQ(s->bss->nr_changed, 0);
	kptrs__destroy(s);
}

SCX_TEST(SCX_CASE(array), SCX_CASE(percpu_array), SCX_CASE(hash), SCX_CASE(malloc_hash),
	 SCX_CASE(lru_hash), SCX_CASE(variable), SCX_CASE(task_storage), SCX_CASE(cgrp_storage),
	 SCX_CASE(evicted),
	 SCX_CASE(into_deleted), SCX_CASE(both_go), SCX_CASE(iterated), SCX_CASE(keeps_task),
	 SCX_CASE(kept_by_itself), SCX_CASE(op_array), SCX_CASE(op_hash),
	 SCX_CASE(op_task_storage), SCX_CASE(churned), SCX_CASE(swapped));
