// SPDX-License-Identifier: GPL-2.0
/*
 * The kfuncs that find and keep tasks: who is found, by which pid, and that a task
 * that is kept stays to be read after its death and goes when it is dropped.
 */
#include <limits.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "scx_puppet.h"
#include "task_kfuncs.h"
#include "task_kfuncs.bpf.skel.h"

#define EXIT_DEAD	16

static void *ask_by_tid(void *arg)
{
	struct task_kfuncs *s = arg;

	s->bss->pid = syscall(SYS_gettid);
	CHECK_EQ(scx_run_prog(s->progs.find), 0);
	CHECK_EQ(s->bss->seen_pid, s->bss->pid);
	CHECK_EQ(s->bss->seen_tgid, getpid());
	CHECK(s->bss->seen_is_me);
	return NULL;
}

static void living(void)
{
	struct puppet *puppet = puppet_start(NULL);
	struct task_kfuncs *s = SCX_OPEN_LOAD(task_kfuncs);
	pthread_t thread;

	s->bss->pid = puppet->pid;
	CHECK_EQ(scx_run_prog(s->progs.find), 0);
	CHECK_EQ(s->bss->seen_pid, puppet->pid);
	CHECK_EQ(s->bss->seen_tgid, puppet->pid);
	CHECK_EQ(s->bss->seen_exit_state, 0);
	CHECK_EQ(strcmp(s->bss->seen_comm, PUPPET_COMM), 0);
	CHECK(!s->bss->seen_is_me);
	puppet_stop(puppet);

	CHECK_EQ(pthread_create(&thread, NULL, ask_by_tid, s), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	task_kfuncs__destroy(s);
}

static int exit_at_once(void *arg)
{
	return 0;
}

/* Dead but not reaped yet. The status is left for others to get. */
static void await_death(pid_t pid)
{
	siginfo_t info;

	CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
}

static void dead(void)
{
	static const int nobody[] = { 0, -1, INT_MIN, INT_MAX };
	struct task_kfuncs *s = SCX_OPEN_LOAD(task_kfuncs);
	pid_t pid = scx_fork(exit_at_once, NULL);
	unsigned int i;

	s->bss->pid = pid;
	await_death(pid);
	CHECK_EQ(scx_run_prog(s->progs.find), 0);
	CHECK_EQ(s->bss->seen_pid, pid);
	CHECK_NE(s->bss->seen_exit_state, 0);
	CHECK_EQ(s->bss->seen_parent, getpid());
	CHECK_EQ(scx_wait(pid), 0);
	CHECK_EQ(scx_run_prog(s->progs.find), -ESRCH);

	for (i = 0; i < ARRAY_SIZE(nobody); i++) {
		s->bss->pid = nobody[i];
		CHECK_EQ(scx_run_prog(s->progs.find), -ESRCH);
	}
	task_kfuncs__destroy(s);
}

static int find_pid_1(void *arg)
{
	struct task_kfuncs *s = arg;

	s->bss->pid = 1;
	return getpid() == 1 && !scx_run_prog(s->progs.find) && !s->bss->seen_is_me &&
	       s->bss->seen_pid == 1 ? 0 : 1;
}

/* Pid 1 is that of the system, for the first process of a namespace, too. */
static void in_namespace(void)
{
	struct task_kfuncs *s = SCX_OPEN_LOAD(task_kfuncs);

	if (unshare(CLONE_NEWPID))
		scx_skip("no pid namespaces");
	CHECK_EQ(scx_wait(scx_fork(find_pid_1, s)), 0);
	task_kfuncs__destroy(s);
}

static void counted(void)
{
	struct puppet *puppet = puppet_start(NULL);
	struct task_kfuncs *s = SCX_OPEN_LOAD(task_kfuncs);
	/* One for user space, one for the scheduler, and ours. */
	static const u32 users[] = { 3, 4, 3, 4 };
	unsigned int i;

	s->bss->pid = puppet->pid;
	CHECK_EQ(scx_run_prog(s->progs.find_twice), 0);
	for (i = 0; i < ARRAY_SIZE(users); i++)
		CHECK_EQ(s->bss->users[i], users[i]);
	CHECK_EQ(scx_run_prog(s->progs.find), 0);
	CHECK_EQ(s->bss->seen_users, 3);
	puppet_stop(puppet);
	task_kfuncs__destroy(s);
}

/* Sees tasks freed, from a set of programs of its own. */
struct watch {
	struct task_kfuncs *s;
	struct bpf_link *link;
};

static void watch_start(struct watch *w)
{
	w->s = SCX_OPEN_LOAD(task_kfuncs);
	w->link = bpf_program__attach(w->s->progs.task_freed);
	if (!w->link)
		scx_skip("cannot trace sched_process_free");
}

static void watch_pid(struct watch *w, pid_t pid)
{
	w->s->bss->pid = pid;
	w->s->bss->nr_freed = 0;
}

static void watch_stop(struct watch *w)
{
	bpf_link__destroy(w->link);
	task_kfuncs__destroy(w->s);
}

static void check_freed(struct watch *w)
{
	CHECK_SOON(w->s->bss->nr_freed == 1);
}

/* Not while others are that nobody keeps and that died later. */
static void check_not_freed(struct watch *w)
{
	unsigned long i;
	pid_t twin;

	w->s->bss->nr_twins_freed = 0;
	for (i = 0; i < 3; i++) {
		twin = scx_fork(exit_at_once, NULL);
		w->s->bss->twin = twin;
		CHECK_EQ(scx_wait(twin), 0);
		CHECK_SOON(w->s->bss->nr_twins_freed > i);
	}
	CHECK_EQ(w->s->bss->nr_freed, 0);
}

static void check_dead(const struct task_kfuncs *s, pid_t pid)
{
	CHECK_EQ(s->bss->seen_pid, pid);
	CHECK_EQ(s->bss->seen_tgid, pid);
	CHECK_EQ(s->bss->seen_exit_state, EXIT_DEAD);
	/* It does not keep its parent, and is nobody's child any more. */
	CHECK_EQ(s->bss->seen_parent, 0);
	CHECK_EQ(s->bss->seen_users, 1);
	CHECK_EQ(strcmp(s->bss->seen_comm, PUPPET_COMM), 0);
}

/* Across its death, in a map. */
static void outlives(void)
{
	struct task_kfuncs *s = SCX_OPEN_LOAD(task_kfuncs);
	struct puppet *puppet;
	struct watch w;
	pid_t pid;

	watch_start(&w);
	puppet = puppet_start(NULL);
	pid = puppet->pid;
	s->bss->pid = pid;
	CHECK_EQ(scx_run_prog(s->progs.keep), 0);
	CHECK_EQ(scx_run_prog(s->progs.keep), 1);
	watch_pid(&w, pid);
	puppet_stop(puppet);
	check_not_freed(&w);
	CHECK_EQ(scx_run_prog(s->progs.find), -ESRCH);
	CHECK_EQ(scx_run_prog(s->progs.drop), 0);
	check_dead(s, pid);
	check_freed(&w);
	CHECK_EQ(scx_run_prog(s->progs.drop), -ENOENT);
	watch_stop(&w);
	task_kfuncs__destroy(s);
}

static void goes_with_map(void)
{
	struct task_kfuncs *s = SCX_OPEN_LOAD(task_kfuncs);
	struct puppet *puppet;
	struct watch w;

	watch_start(&w);
	puppet = puppet_start(NULL);
	s->bss->pid = puppet->pid;
	CHECK_EQ(scx_run_prog(s->progs.keep), 0);
	watch_pid(&w, puppet->pid);
	puppet_stop(puppet);
	check_not_freed(&w);
	task_kfuncs__destroy(s);
	check_freed(&w);
	watch_stop(&w);
}

static int ask_op(struct task_kfuncs *s, enum task_wish wish)
{
	unsigned long nr_done = s->bss->nr_done;

	s->bss->wish = wish;
	CHECK_SOON(s->bss->nr_done > nr_done);
	return s->bss->wish_ret;
}

/* Kept and dropped with the rq lock held: the last reference, too. */
static void keep_in_op(enum task_wish how)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct task_kfuncs *s = SCX_OPEN_LOAD(task_kfuncs);
	struct puppet *puppet;
	struct bpf_link *link;
	struct watch w;
	int i, ret;

	watch_start(&w);
	link = scx_attach(s->maps.ops);
	for (i = 0; i < 20; i++) {
		puppet = puppet_start(NULL);
		s->bss->pid = puppet->pid;
		watch_pid(&w, puppet->pid);
		puppet_poke(puppet);
		if (how == TASK_FIND) {
			ret = ask_op(s, TASK_FIND);
		} else {
			s->bss->wish = TASK_KEEP;
			CHECK_SOON((puppet_poke(puppet), !s->bss->wish));
			ret = s->bss->wish_ret;
		}
		CHECK_EQ(ret, 0);
		puppet_stop(puppet);
		if (!i)
			check_not_freed(&w);
		CHECK_EQ(w.s->bss->nr_freed, 0);
		CHECK_EQ(ask_op(s, TASK_DROP), 0);
		CHECK_EQ(s->bss->seen_pid, s->bss->pid);
		check_freed(&w);
		CHECK_EQ(ask_op(s, TASK_DROP), -ENOENT);
		CHECK_EQ(ask_op(s, TASK_FIND), -ESRCH);
	}
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	watch_stop(&w);
	task_kfuncs__destroy(s);
}

static void kept_by_op(void)
{
	keep_in_op(TASK_KEEP);
}

static void found_by_op(void)
{
	keep_in_op(TASK_FIND);
}

/* A task cannot be had while its fork can fail, but is from then on. */
static void forked(void)
{
	struct task_kfuncs *s = SCX_OPEN_LOAD(task_kfuncs);
	struct bpf_link *link = scx_attach(s->maps.ops);
	struct work *work = work_start(WORK_FORK, 4, 0);
	pid_t pid;

	CHECK_GT(s->bss->nr_kept, 0);
	CHECK_SOON(s->bss->nr_forks > 200);
	CHECK_SOON(s->bss->nr_enabled > 200);
	work_stop(work);

	s->bss->pid = getpid();
	s->bss->verdict = -ENOMEM;
	pid = fork();
	if (!pid)
		_exit(0);
	CHECK_EQ(pid, -1);
	CHECK_EQ(errno, ENOMEM);
	s->bss->verdict = 0;

	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(s->bss->nr_forked_kept, 0);
	CHECK_EQ(s->bss->nr_enabled_kept, s->bss->nr_enabled);
	task_kfuncs__destroy(s);
}

SCX_TEST(SCX_CASE(living), SCX_CASE(dead), SCX_CASE(in_namespace), SCX_CASE(counted),
	 SCX_CASE(outlives), SCX_CASE(goes_with_map), SCX_CASE(kept_by_op),
	 SCX_CASE(found_by_op), SCX_CASE(forked));
