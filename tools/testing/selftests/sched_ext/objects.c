// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of a program's own types: what goes into trees, lists and maps comes out of
 * them, in order, and each is given up once.
 */
#include <sys/wait.h>
#include "scx_test.h"
#include "objects.h"
#include "objects.bpf.skel.h"

#define PIN	SCX_BPFFS "/scx_selftest_map"

/* struct my_bucket as user space sees it */
struct user_bucket {
	u32 nr, lock;
	u64 items[2], more, tree[2];
};

static struct objects *load(void)
{
	struct objects *s = objects__open_and_load();

	CHECK(s);
	return s;
}

/* There are moments without memory. */
static int run(const struct bpf_program *prog)
{
	int ret;

	CHECK_SOON((ret = scx_run_prog(prog)) != -ENOMEM);
	return ret;
}

/* Counts what is given up, with a program of a set of its own. */
struct watch {
	struct objects *s;
	struct bpf_link *link;
};

static void watch_start(struct watch *w)
{
	w->s = objects__open();
	CHECK(w->s);
	CHECK_EQ(bpf_program__set_autoload(w->s->progs.obj_put, true), 0);
	CHECK_EQ(objects__load(w->s), 0);
	w->link = bpf_program__attach(w->s->progs.obj_put);
	if (!w->link)
		scx_skip("cannot trace who is given up");
}

static void watch_stop(struct watch *w)
{
	bpf_link__destroy(w->link);
	objects__destroy(w->s);
}

static void check_put(struct watch *w, u64 items, u64 shared)
{
	CHECK_SOON(w->s->bss->nr_items_put >= items && w->s->bss->nr_shared_put >= shared);
	usleep(100000);
	CHECK_EQ(w->s->bss->nr_items_put, items);
	CHECK_EQ(w->s->bss->nr_shared_put, shared);
}

static void tree(void)
{
	struct objects *s;
	struct watch w;
	int i;

	watch_start(&w);
	s = load();
	CHECK_EQ(run(s->progs.tree_take), 0);
	for (i = 0; i < NR_KEPT; i++)
		CHECK_EQ(run(s->progs.tree_add), 0);
	check_put(&w, 0, 0);
	CHECK_EQ(run(s->progs.tree_take), NR_KEPT);
	CHECK_EQ(s->bss->nr_failed, 0);
	check_put(&w, NR_KEPT, 0);

	/* With the map. */
	for (i = 0; i < NR_KEPT; i++)
		CHECK_EQ(run(s->progs.tree_add), 0);
	check_put(&w, NR_KEPT, 0);
	objects__destroy(s);
	check_put(&w, 2 * NR_KEPT, 0);
	watch_stop(&w);
}

static void list(void)
{
	struct objects *s;
	struct watch w;
	int i;

	watch_start(&w);
	s = load();
	CHECK_EQ(run(s->progs.list_order), 34210);
	check_put(&w, 4, 0);
	for (i = 0; i < NR_KEPT; i++)
		CHECK_EQ(run(s->progs.list_keep), 0);
	objects__destroy(s);
	check_put(&w, NR_KEPT + 4, 0);
	watch_stop(&w);
}

static void counted(void)
{
	struct objects *s;
	struct watch w;

	watch_start(&w);
	s = load();
	CHECK_EQ(run(s->progs.share), 0);
	/* made 1, acquired 3 */
	check_put(&w, 0, 4);
	CHECK_EQ(run(s->progs.remove_twice), -ENOENT);
	check_put(&w, 0, 6);
	objects__destroy(s);
	check_put(&w, 0, 6);
	watch_stop(&w);
}

/* User space neither sees nor changes what is kept, and what it writes leaves it alone. */
static void buckets(void)
{
	struct user_bucket b;
	struct objects *s;
	struct watch w;
	u32 idx;
	int fd;

	watch_start(&w);
	s = load();
	fd = bpf_map__fd(s->maps.buckets);
	for (idx = 0; idx < 3; idx++) {
		s->bss->idx = idx;
		CHECK_EQ(run(s->progs.bucket_add), 0);
		CHECK_EQ(run(s->progs.bucket_add), 0);
		memset(&b, 0xaa, sizeof(b));
		CHECK_EQ(bpf_map_lookup_elem(fd, &idx, &b), 0);
		CHECK_EQ(b.nr, 4);
		CHECK_EQ(b.more, 4);
		CHECK_EQ(b.lock, 0);
		CHECK(!b.items[0] && !b.items[1] && !b.tree[0] && !b.tree[1]);
		memset(&b, 0xaa, sizeof(b));
		CHECK_EQ(bpf_map_update_elem(fd, &idx, &b, idx & 1 ? BPF_F_LOCK : 0), 0);
		CHECK_EQ(bpf_map_lookup_elem(fd, &idx, &b), 0);
		CHECK_EQ(b.nr, 0xaaaaaaaa);
		CHECK_EQ(b.more, 0xaaaaaaaaaaaaaaaaULL);
		CHECK(!b.items[0] && !b.items[1] && !b.tree[0] && !b.tree[1]);
	}
	check_put(&w, 0, 0);
	s->bss->idx = 1;
	CHECK_EQ(run(s->progs.bucket_take), 2);
	CHECK_EQ(run(s->progs.bucket_take), 0);
	check_put(&w, 2, 0);
	objects__destroy(s);
	check_put(&w, 12, 0);
	watch_stop(&w);
}

static void keep(enum stash_where where)
{
	struct objects *s;
	struct watch w;
	u64 nr = 0;

	scx_pin(0, 0);
	watch_start(&w);
	s = load();
	s->bss->where = where;
	CHECK_EQ(run(s->progs.stash_put), 0);
	CHECK_EQ(run(s->progs.stash_put), 2);
	nr++;
	check_put(&w, nr, nr);
	CHECK_EQ(run(s->progs.stash_to_tree), 0);
	CHECK_EQ(s->bss->nr_failed, 0);
	if (!run(s->progs.stash_delete)) {
		nr++;
		check_put(&w, nr, nr);
		CHECK_EQ(run(s->progs.stash_put), 0);
	}
	check_put(&w, nr, nr);
	objects__destroy(s);
	nr++;
	check_put(&w, nr, nr);
	watch_stop(&w);
}

static void in_maps(void)
{
	enum stash_where where;

	for (where = IN_ARRAY; where < IN_TASK_STORAGE; where++)
		keep(where);
}

static void in_storage(void)
{
	struct objects *s;
	struct watch w;
	pid_t pid;

	watch_start(&w);
	s = load();
	CHECK_EQ(run(s->progs.stash_put_task), 0);
	CHECK_EQ(run(s->progs.stash_put_task), 2);
	check_put(&w, 1, 1);
	CHECK_EQ(run(s->progs.stash_delete_task), 0);
	check_put(&w, 2, 2);

	/* With a task, and with the map */
	pid = fork();
	CHECK_GE(pid, 0);
	if (!pid)
		_exit(run(s->progs.stash_put_task));
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	check_put(&w, 3, 3);
	CHECK_EQ(run(s->progs.stash_put_task), 0);
	objects__destroy(s);
	check_put(&w, 4, 4);
	watch_stop(&w);
}

/* With those that it does not see as it is in the middle of another, on the same CPU */
static u64 nr_put(const struct watch *w)
{
	struct bpf_prog_info info = {};
	u32 len = sizeof(info);

	CHECK_EQ(bpf_obj_get_info_by_fd(bpf_program__fd(w->s->progs.obj_put), &info, &len), 0);
	return w->s->bss->nr_shared_put + info.recursion_misses;
}

#define NR_STORMERS	8

/* A file that shows what is in a map, for everybody: but not what trees are made of. */
static bool is_shown(struct bpf_map *map)
{
	char line[256];
	FILE *file;
	bool shown;

	CHECK_EQ(bpf_map__pin(map, PIN), 0);
	file = fopen(PIN, "r");
	shown = file && fgets(line, sizeof(line), file);
	if (file)
		fclose(file);
	CHECK_EQ(bpf_map__unpin(map, PIN), 0);
	return shown;
}

static void not_shown(void)
{
	struct objects *s;

	scx_need_bpffs();
	unlink(PIN);
	s = load();
	CHECK(is_shown(s->maps.array));
	CHECK(!is_shown(s->maps.buckets));
	objects__destroy(s);
}

static void storm(void)
{
	pid_t pids[NR_STORMERS];
	struct objects *s;
	struct watch w;
	long long end;
	u64 nr;
	int i;

	watch_start(&w);
	s = load();
	end = scx_now_ms() + 5000;
	for (i = 0; i < NR_STORMERS; i++) {
		pids[i] = fork();
		CHECK_GE(pids[i], 0);
		if (pids[i])
			continue;
		while (scx_now_ms() < end)
			scx_run_prog(s->progs.storm);
		_exit(0);
	}
	for (i = 0; i < NR_STORMERS; i++)
		CHECK_EQ(waitpid(pids[i], NULL, 0), pids[i]);
	nr = s->bss->nr_added;
	scx_note("%llu times added, %llu times refused, %llu taken", (unsigned long long)nr,
		 (unsigned long long)s->bss->nr_refused,
		 (unsigned long long)s->bss->nr_taken);
	CHECK_GT(nr, 1000);
	CHECK_GT(s->bss->nr_taken, 0);
	CHECK_EQ(s->bss->nr_failed, 0);
	objects__destroy(s);
	CHECK_SOON(nr_put(&w) >= nr);
	usleep(100000);
	CHECK_EQ(nr_put(&w), nr);
	watch_stop(&w);
}

SCX_TEST(SCX_CASE(tree), SCX_CASE(list), SCX_CASE(counted), SCX_CASE(buckets),
	 SCX_CASE(in_maps), SCX_CASE(in_storage), SCX_CASE(not_shown),
	 SCX_CASE(storm));
