// SPDX-License-Identifier: GPL-2.0
/*
 * A task changes just when its turn has come to be initialised, switched or given
 * back, or when it has been forked and is not listed yet; or the scheduler does
 * while a task is at that point. Needs a kernel with pause points.
 */
#include <dirent.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "scx_pause.h"
#include "scx_puppet.h"
#include "balance.h"
#include "balance.bpf.skel.h"
#include "balance_run.h"

#define GONE	-1

static struct stage {
	struct balance *s;
	struct bpf_link *link;		/* while it is loaded */
	pthread_t changer;		/* loads or unloads */
	struct puppet *puppet;
} stage;

/* What the puppet and its children share with the test. */
static struct told {
	bool let_go;			/* the child may end */
	bool mute;			/* no child */
	int child_on_ext;
} *told;

static void be_child(void)
{
	while (!__atomic_load_n(&told->let_go, __ATOMIC_ACQUIRE))
		usleep(1000);
	told->child_on_ext = scx_task_on_ext(getpid());
	_exit(0);
}

static void fork_child(void)
{
	pid_t child;

	if (__atomic_load_n(&told->mute, __ATOMIC_ACQUIRE))
		return;
	child = fork();
	if (!child)
		be_child();
	waitpid(child, NULL, 0);
}

/* Before the scheduler is there, or it would hold the link as well. */
static void start_puppet(bool let_go)
{
	told->mute = true;
	stage.puppet = puppet_start(fork_child);
	told->let_go = let_go;
	told->child_on_ext = GONE;
	told->mute = false;
}

static void set_up(void)
{
	pause_need();
	if (scx_nr_cpus() < 4)
		scx_skip("this takes 4 CPUs");
	told = scx_shared(sizeof(*told));
	stage.s = SCX_OPEN_LOAD(balance);
}

static void *load(void *unused)
{
	int err;

	stage.link = scx_try_attach(stage.s->maps.ops, &err);
	return NULL;
}

static void *unload(void *unused)
{
	bpf_link__destroy(stage.link);
	stage.link = NULL;
	return NULL;
}

static void begin(void *(*change)(void *))
{
	CHECK_EQ(pthread_create(&stage.changer, NULL, change, NULL), 0);
}

static void finish(void)
{
	CHECK_EQ(pthread_join(stage.changer, NULL), 0);
}

static void load_now(void)
{
	begin(load);
	finish();
	CHECK(stage.link);
	CHECK(scx_state_is("enabled"));
}

/* However it ended. */
static void check_unloaded(int kind)
{
	if (stage.link)
		unload(NULL);
	CHECK_EXIT(stage.s, kind, NULL);
	CHECK_SOON(scx_state_is("disabled"));
	check_closed(stage.s);
	SCX_FORGET_EXIT(stage.s);
}

static void poke(void)
{
	puppet_poke(stage.puppet);
	CHECK_SOON(puppet_idle(stage.puppet));
}

/* What may befall the task; each returns whether it belongs in the class then. */

static int nothing(pid_t pid)
{
	return 1;
}

static int become_rt(pid_t pid)
{
	scx_set_policy(pid, SCHED_FIFO);
	return 0;
}

static int become_rt_and_back(pid_t pid)
{
	scx_set_policy(pid, SCHED_FIFO);
	scx_set_policy(pid, SCHED_OTHER);
	return 1;
}

static int become_ext(pid_t pid)
{
	scx_set_policy(pid, SCHED_EXT);
	return 1;
}

static int become_nicer(pid_t pid)
{
	CHECK_EQ(setpriority(PRIO_PROCESS, pid, getpriority(PRIO_PROCESS, pid) ? 0 : 5), 0);
	return 1;
}

static int move(pid_t pid)
{
	scx_pin(pid, 1);
	scx_pin(pid, 2);
	scx_unpin(pid);
	return 1;
}

static int die(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGKILL), 0);
	return GONE;
}

static int (*const changes[])(pid_t pid) = {
	nothing, become_rt, become_rt_and_back, become_ext, become_nicer, move, die,
};

/* Of the puppet: when it is dead, it has been switched away from. */
static int change_puppet(int i)
{
	int on_ext = changes[i](stage.puppet->pid);

	if (on_ext == GONE) {
		puppet_stop(stage.puppet);
		usleep(20000);
	}
	CHECK(pause_inside());
	return on_ext;
}

/* In and out of the class it still does what it is told. */
static void check_puppet(int on_ext)
{
	if (on_ext == GONE)
		return;
	CHECK_EQ(scx_task_on_ext(stage.puppet->pid), on_ext);
	poke();
}

static void stop_puppet(int on_ext)
{
	if (on_ext != GONE)
		puppet_stop(stage.puppet);
}

static void changed_during_load(const char *point)
{
	int i, on_ext;

	set_up();
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		start_puppet(true);
		pause_at(point, stage.puppet->pid);
		begin(load);
		pause_await();
		on_ext = change_puppet(i);
		pause_end();
		finish();

		CHECK(scx_state_is("enabled"));
		check_puppet(on_ext);
		check_order(stage.s);
		check_unloaded(SCX_EXIT_UNREG);
		check_puppet(on_ext == GONE ? GONE : 0);
		stop_puppet(on_ext);
	}
}

static void initialised(void)
{
	changed_during_load("init_task");
}

static void switched(void)
{
	changed_during_load("enable");
}

static void given_back(void)
{
	int i, on_ext;

	set_up();
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		start_puppet(true);
		load_now();
		pause_at("disable", stage.puppet->pid);
		begin(unload);
		pause_await();
		on_ext = change_puppet(i);
		pause_end();
		finish();

		check_unloaded(SCX_EXIT_UNREG);
		check_puppet(on_ext == GONE ? GONE : 0);
		stop_puppet(on_ext);
	}
}

/* The task itself forks meanwhile, or waits to do so. */
static void forking(void)
{
	set_up();
	start_puppet(true);

	/* Others wait until all are initialised. */
	pause_at("init_task", stage.puppet->pid);
	begin(load);
	pause_await();
	puppet_poke(stage.puppet);
	CHECK(!WAIT(puppet_idle(stage.puppet), 50));
	CHECK(pause_inside());
	pause_end();
	finish();
	CHECK_SOON(puppet_idle(stage.puppet));
	CHECK_EQ(told->child_on_ext, 1);
	check_unloaded(SCX_EXIT_UNREG);

	/* Then the children are the scheduler's before their parent is. */
	pause_at("enable", stage.puppet->pid);
	begin(load);
	pause_await();
	CHECK_EQ(scx_task_on_ext(stage.puppet->pid), 0);
	poke();
	CHECK_EQ(told->child_on_ext, 1);
	CHECK(pause_inside());
	pause_end();
	finish();

	/* And are not any more when their parent still is. */
	pause_at("disable", stage.puppet->pid);
	begin(unload);
	pause_await();
	CHECK_EQ(scx_task_on_ext(stage.puppet->pid), 1);
	poke();
	CHECK_EQ(told->child_on_ext, 0);
	CHECK(pause_inside());
	pause_end();
	finish();
	check_unloaded(SCX_EXIT_UNREG);
	puppet_stop(stage.puppet);
}

/* The scheduler is ejected in the middle of its being loaded. */
static void ejected(void)
{
	static const char * const points[] = { "init_task", "enable" };
	int i;

	set_up();
	scx_expect_eject("balance");
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		start_puppet(true);
		pause_at(points[i], stage.puppet->pid);
		begin(load);
		pause_await();
		CHECK(scx_state_is("enabling"));
		scx_sysrq('S');
		CHECK(pause_inside());
		pause_end();
		finish();
		check_unloaded(SCX_EXIT_SYSRQ);
		check_puppet(0);
		stop_puppet(0);
	}
}

/* Nobody else gets in between. */
static void refused(void)
{
	set_up();
	start_puppet(true);
	load_now();
	pause_at("disable", stage.puppet->pid);
	begin(unload);
	pause_await();
	CHECK(scx_state_is("disabling"));
	CHECK_ATTACH_FAILS(stage.s->maps.ops, EBUSY);
	CHECK(pause_inside());
	pause_end();
	finish();
	check_unloaded(SCX_EXIT_UNREG);
	stop_puppet(0);
}

static pid_t parent_of(pid_t pid)
{
	pid_t parent = 0;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %*c %d", &parent) != 1)
		parent = 0;
	fclose(file);
	return parent;
}

static pid_t child_of(pid_t parent)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t child = 0;

	CHECK(proc);
	while (!child && (entry = readdir(proc)))
		if (atoi(entry->d_name) && parent_of(atoi(entry->d_name)) == parent)
			child = atoi(entry->d_name);
	closedir(proc);
	CHECK(child);
	return child;
}

/* The puppet stops in its fork, with a child that has not run yet. */
static pid_t begin_fork(void)
{
	pause_at("post_fork", stage.puppet->pid);
	puppet_poke(stage.puppet);
	pause_await();
	return child_of(stage.puppet->pid);
}

static void end_child(void)
{
	__atomic_store_n(&told->let_go, true, __ATOMIC_RELEASE);
	CHECK_SOON(puppet_idle(stage.puppet));
}

static void forked(void)
{
	int i, on_ext;

	set_up();
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		start_puppet(false);
		load_now();
		on_ext = changes[i](begin_fork());
		CHECK(pause_inside());
		pause_end();
		end_child();
		CHECK_EQ(told->child_on_ext, on_ext);
		check_unloaded(SCX_EXIT_UNREG);
		stop_puppet(0);
	}
}

/* Loading and unloading wait for the fork. */
static void forked_at_load(void)
{
	set_up();
	start_puppet(false);
	begin_fork();
	begin(load);
	CHECK_SOON(scx_state_is("enabling"));
	CHECK(!WAIT(scx_state_is("enabled"), 100));
	CHECK(pause_inside());
	pause_end();
	finish();
	CHECK(scx_state_is("enabled"));
	end_child();
	CHECK_EQ(told->child_on_ext, 1);
	check_unloaded(SCX_EXIT_UNREG);
	stop_puppet(0);
}

static void forked_at_unload(void)
{
	int i;

	set_up();
	for (i = 0; i < 2; i++) {
		start_puppet(false);
		load_now();
		begin_fork();
		if (i) {
			scx_expect_eject("balance");
			scx_sysrq('S');
		} else {
			begin(unload);
		}
		CHECK_SOON(scx_state_is("disabling"));
		CHECK(!WAIT(scx_state_is("disabled"), 100));
		CHECK(pause_inside());
		pause_end();
		if (!i)
			finish();
		check_unloaded(i ? SCX_EXIT_SYSRQ : SCX_EXIT_UNREG);
		end_child();
		CHECK_EQ(told->child_on_ext, 0);
		stop_puppet(0);
	}
}

SCX_TEST(SCX_CASE(initialised), SCX_CASE(switched), SCX_CASE(given_back), SCX_CASE(forking),
	 SCX_CASE(ejected), SCX_CASE(refused), SCX_CASE(forked), SCX_CASE(forked_at_load),
	 SCX_CASE(forked_at_unload));
