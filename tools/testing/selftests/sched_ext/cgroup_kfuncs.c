// SPDX-License-Identifier: GPL-2.0
/*
 * The kfuncs that find and keep cgroups: which is found, by which id, and that a cgroup
 * that is kept stays to be read after its removal and goes when it is dropped.
 */
#include <sys/mount.h>
#include "cgroup_run.h"
#include "cgroup_kfuncs.h"
#include "cgroup_kfuncs.bpf.skel.h"

#define ABOVE		"scx_kfuncs"
#define BELOW		"scx_kfuncs/below"
#define TWIN		"scx_kfuncs_twin"

#define ROOT_ID		1

static int find(struct cgroup_kfuncs *s, u64 id)
{
	s->bss->cgid = id;
	return scx_run_prog(s->progs.find);
}

static void check_found(struct cgroup_kfuncs *s, u64 id, int level)
{
	CHECK_EQ(find(s, id), 0);
	CHECK_EQ(s->bss->seen_id, id);
	CHECK_EQ(s->bss->seen_level, level);
	CHECK(s->bss->seen_online);
	CHECK_EQ(s->bss->seen_hierarchy, 0);
}

static void by_id(void)
{
	struct cgroup_kfuncs *s = SCX_OPEN_LOAD(cgroup_kfuncs);
	u64 above, below, nobody[4];
	unsigned int i;

	rmdir(cgroup_path(BELOW, ""));
	above = cgroup_make(ABOVE);
	below = cgroup_make(BELOW);
	check_found(s, ROOT_ID, 0);
	check_found(s, above, 1);
	check_found(s, below, 2);

	nobody[0] = 0;
	nobody[1] = ~0ull;
	nobody[2] = below ^ 1ull << 32;		/* of an older or later age */
	nobody[3] = inode_of(cgroup_path(BELOW, "cgroup.procs"));
	for (i = 0; i < ARRAY_SIZE(nobody); i++)
		CHECK_EQ(find(s, nobody[i]), -ENOENT);

	cgroup_remove(BELOW);
	CHECK_EQ(find(s, below), -ENOENT);
	check_found(s, above, 1);
	cgroup_remove(ABOVE);
	CHECK_EQ(find(s, above), -ENOENT);
	cgroup_kfuncs__destroy(s);
}

/* Ids of other hierarchies mean nothing. */
static void of_default_hierarchy(void)
{
	struct cgroup_kfuncs *s = SCX_OPEN_LOAD(cgroup_kfuncs);
	char dir[] = "/tmp/scx_cgroupXXXXXX", sub[64];
	int i, nr_missed = 0;

	CHECK(mkdtemp(dir));
	if (mount("none", dir, "cgroup", 0, "none,name=scx"))
		scx_skip("no hierarchies of cgroup v1");
	for (i = 0; i < 5; i++) {
		snprintf(sub, sizeof(sub), "%s/%d", dir, i);
		CHECK_EQ(mkdir(sub, 0755), 0);
		if (find(s, inode_of(sub)))
			nr_missed++;
		else
			CHECK_EQ(s->bss->seen_hierarchy, 0);
		CHECK_EQ(rmdir(sub), 0);
	}
	CHECK_EQ(umount(dir), 0);
	CHECK_EQ(rmdir(dir), 0);
	CHECK_GT(nr_missed, 0);
	cgroup_kfuncs__destroy(s);
}

struct inmate {
	struct cgroup_kfuncs *s;
	u64 below;
};

static int find_outside(void *arg)
{
	struct inmate *inmate = arg;

	cgroup_enter(getpid(), BELOW);
	if (unshare(CLONE_NEWCGROUP))
		return 2;
	check_found(inmate->s, ROOT_ID, 0);
	check_found(inmate->s, inmate->below, 2);
	CHECK_EQ(scx_run_prog(inmate->s->progs.find_mine), 0);
	CHECK_EQ(inmate->s->bss->seen_id, inmate->below);
	return 0;
}

/* The same for all who run the program, whatever cgroups they see. */
static void in_namespace(void)
{
	struct inmate inmate = { .s = SCX_OPEN_LOAD(cgroup_kfuncs) };
	int ret;

	rmdir(cgroup_path(BELOW, ""));
	cgroup_make(ABOVE);
	inmate.below = cgroup_make(BELOW);
	ret = scx_wait(scx_fork(find_outside, &inmate));
	if (ret == 2)
		scx_skip("no cgroup namespaces");
	CHECK_EQ(ret, 0);
	cgroup_remove(BELOW);
	cgroup_remove(ABOVE);
	cgroup_kfuncs__destroy(inmate.s);
}

static int find_ancestor(struct cgroup_kfuncs *s, u64 id, int level)
{
	s->bss->cgid = id;
	s->bss->level = level;
	return scx_run_prog(s->progs.find_ancestor);
}

static void ancestors(void)
{
	static const int nowhere[] = { -1, 3, 4, 100, INT_MIN, INT_MAX };
	struct cgroup_kfuncs *s = SCX_OPEN_LOAD(cgroup_kfuncs);
	u64 ids[3] = { ROOT_ID };
	unsigned int i;

	rmdir(cgroup_path(BELOW, ""));
	ids[1] = cgroup_make(ABOVE);
	ids[2] = cgroup_make(BELOW);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		CHECK_EQ(find_ancestor(s, ids[2], i), 0);
		CHECK_EQ(s->bss->seen_id, ids[i]);
		CHECK_EQ(s->bss->seen_level, i);
	}
	for (i = 0; i < ARRAY_SIZE(nowhere); i++)
		CHECK_EQ(find_ancestor(s, ids[2], nowhere[i]), -ENOENT);
	CHECK_EQ(find_ancestor(s, ROOT_ID, 0), 0);
	CHECK_EQ(find_ancestor(s, ROOT_ID, 1), -ENOENT);
	cgroup_remove(BELOW);
	cgroup_remove(ABOVE);
	cgroup_kfuncs__destroy(s);
}

/* Sees cgroups go, from a set of programs of its own. */
struct watch {
	struct cgroup_kfuncs *s;
	struct bpf_link *link;
};

static void watch_start(struct watch *w)
{
	w->s = SCX_OPEN_LOAD(cgroup_kfuncs);
	w->link = bpf_program__attach(w->s->progs.cgroup_gone);
	if (!w->link)
		scx_skip("cannot trace cgroup_release");
}

static void watch_id(struct watch *w, u64 id)
{
	w->s->bss->watched = id;
	w->s->bss->nr_gone = 0;
}

static void watch_stop(struct watch *w)
{
	bpf_link__destroy(w->link);
	cgroup_kfuncs__destroy(w->s);
}

static void check_gone(struct watch *w)
{
	CHECK_SOON(w->s->bss->nr_gone == 1);
}

/* Not while others are that nobody keeps and that were removed later. */
static void check_not_gone(struct watch *w)
{
	unsigned long before = w->s->bss->nr_others_gone;
	unsigned long i;

	for (i = 0; i < 3; i++) {
		cgroup_make(TWIN);
		cgroup_remove(TWIN);
		CHECK_SOON(w->s->bss->nr_others_gone > before + i);
	}
	CHECK_EQ(w->s->bss->nr_gone, 0);
}

static void check_kept_ancestor(struct cgroup_kfuncs *s, int level, u64 id, bool online)
{
	s->bss->level = level;
	CHECK_EQ(scx_run_prog(s->progs.kept_ancestor), 0);
	CHECK_EQ(s->bss->seen_id, id);
	CHECK_EQ(s->bss->seen_level, level);
	CHECK_EQ(s->bss->seen_online, online);
}

/* Their removal, in a map, and what is above it does, too. */
static void outlives(void)
{
	struct cgroup_kfuncs *s = SCX_OPEN_LOAD(cgroup_kfuncs);
	u64 above, below;
	struct watch w;

	watch_start(&w);
	rmdir(cgroup_path(BELOW, ""));
	above = cgroup_make(ABOVE);
	below = cgroup_make(BELOW);
	s->bss->cgid = below;
	CHECK_EQ(scx_run_prog(s->progs.keep), 0);
	CHECK_EQ(scx_run_prog(s->progs.keep), 1);
	check_kept_ancestor(s, 1, above, true);

	watch_id(&w, below);
	cgroup_remove(BELOW);
	check_not_gone(&w);
	watch_id(&w, above);
	cgroup_remove(ABOVE);
	check_not_gone(&w);
	CHECK_EQ(find(s, below), -ENOENT);
	CHECK_EQ(find(s, above), -ENOENT);
	check_kept_ancestor(s, 0, ROOT_ID, true);
	check_kept_ancestor(s, 1, above, false);
	check_kept_ancestor(s, 2, below, false);

	CHECK_EQ(scx_run_prog(s->progs.drop), 0);
	CHECK_EQ(s->bss->seen_id, below);
	CHECK_EQ(s->bss->seen_level, 2);
	CHECK(!s->bss->seen_online);
	check_gone(&w);
	CHECK_EQ(scx_run_prog(s->progs.drop), -ENOENT);
	watch_stop(&w);
	cgroup_kfuncs__destroy(s);
}

static void goes_with_map(void)
{
	struct cgroup_kfuncs *s = SCX_OPEN_LOAD(cgroup_kfuncs);
	struct watch w;

	watch_start(&w);
	s->bss->cgid = cgroup_make(ABOVE);
	CHECK_EQ(scx_run_prog(s->progs.keep), 0);
	watch_id(&w, s->bss->cgid);
	cgroup_remove(ABOVE);
	check_not_gone(&w);
	cgroup_kfuncs__destroy(s);
	check_gone(&w);
	watch_stop(&w);
}

/* Done by the next task that is enqueued, or by pid. */
static int ask_op(struct cgroup_kfuncs *s, enum cgroup_wish wish, struct puppet *puppet)
{
	unsigned long nr_done = s->bss->nr_done;

	s->bss->pid = puppet ? puppet->pid : 0;
	s->bss->wish = wish;
	CHECK_SOON(((void)(puppet && (puppet_poke(puppet), 1)), s->bss->nr_done > nr_done));
	return s->bss->wish_ret;
}

/* Kept and dropped with the rq lock held: the last reference, too. */
static void keep_in_op(enum cgroup_wish how)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct cgroup_kfuncs *s = SCX_OPEN_LOAD(cgroup_kfuncs);
	int i, rounds = scx_rounds(50);
	struct puppet *puppet;
	u64 above, below, id;
	struct bpf_link *link;
	struct watch w;

	rmdir(cgroup_path(BELOW, ""));
	watch_start(&w);
	link = scx_attach(s->maps.ops);
	for (i = 0; i < rounds; i++) {
		above = cgroup_make(ABOVE);
		below = cgroup_make(BELOW);
		id = how == CGROUP_KEEP_ANCESTOR ? above : below;
		watch_id(&w, id);
		s->bss->cgid = id;
		s->bss->level = 1;
		puppet = puppet_start(NULL);
		cgroup_enter(puppet->pid, BELOW);
		CHECK_EQ(ask_op(s, how, how == CGROUP_FIND ? NULL : puppet), 0);
		puppet_stop(puppet);
		cgroup_remove(BELOW);
		cgroup_remove(ABOVE);
		if (!i)
			check_not_gone(&w);
		CHECK_EQ(w.s->bss->nr_gone, 0);
		CHECK_EQ(ask_op(s, CGROUP_DROP, NULL), 0);
		CHECK_EQ(s->bss->seen_id, id);
		CHECK(!s->bss->seen_online);
		check_gone(&w);
		CHECK_EQ(ask_op(s, CGROUP_DROP, NULL), -ENOENT);
		CHECK_EQ(ask_op(s, CGROUP_FIND, NULL), -ENOENT);
	}
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	watch_stop(&w);
	cgroup_kfuncs__destroy(s);
}

static void found_by_op(void)
{
	keep_in_op(CGROUP_FIND);
}

static void kept_by_op(void)
{
	keep_in_op(CGROUP_KEEP);
}

static void ancestor_kept_by_op(void)
{
	keep_in_op(CGROUP_KEEP_ANCESTOR);
}

SCX_TEST(SCX_CASE(by_id), SCX_CASE(of_default_hierarchy), SCX_CASE(in_namespace),
	 SCX_CASE(ancestors), SCX_CASE(outlives), SCX_CASE(goes_with_map),
	 SCX_CASE(found_by_op), SCX_CASE(kept_by_op), SCX_CASE(ancestor_kept_by_op));
