// SPDX-License-Identifier: GPL-2.0
/*
 * Real-time and deadline tasks beside a scheduler, bounded: they run when they
 * are to, its tasks get the rest, tasks that change between the classes are
 * followed, and real-time hogs on every CPU hold up no unload.
 */
#include <sys/syscall.h>
#include "scx_puppet.h"
#include "books.bpf.skel.h"

/* As the system call has it; libc's headers lack it. */
struct sched_attr_v0 {
	u32 size;
	u32 sched_policy;
	u64 sched_flags;
	s32 sched_nice;
	u32 sched_priority;
	u64 sched_runtime, sched_deadline, sched_period;
};

#define POLICY_DEADLINE	6

static void set_deadline(pid_t pid, int runtime_ms, int period_ms)
{
	struct sched_attr_v0 attr = {
		.size = sizeof(attr),
		.sched_policy = POLICY_DEADLINE,
		.sched_runtime = runtime_ms * 1000000ULL,
		.sched_deadline = period_ms * 1000000ULL,
		.sched_period = period_ms * 1000000ULL,
	};

	CHECK_EQ(syscall(SYS_sched_setattr, pid, &attr, 0), 0);
}

static struct books *load(struct bpf_link **link)
{
	struct books *s = SCX_OPEN_LOAD(books);

	*link = scx_attach(s->maps.ops);
	return s;
}

static void unload(struct books *s, struct bpf_link *link)
{
	CHECK(scx_state_is("enabled"));
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	CHECK_EQ(s->bss->nr_enabled, s->bss->nr_disabled);
	books__destroy(s);
}

/* Throttling leaves other classes a twentieth of each second. */
static void rt_hogs(void)
{
	struct work *work = work_start(WORK_SPIN, 4, 0);
	struct work *hogs = work_start(WORK_SPIN, scx_nr_cpus(), 0);
	long long begin;
	struct bpf_link *link;
	struct books *s;
	int i;

	scx_set_policy(0, SCHED_FIFO);
	s = load(&link);
	for (i = 0; i < work_nr(hogs); i++) {
		scx_pin(work_pid(hogs, i), i);
		scx_set_policy(work_pid(hogs, i), SCHED_RR);
	}
	CHECK_PROGRESS(work);
	CHECK_PROGRESS(hogs);

	begin = scx_now_ms();
	unload(s, link);
	scx_note("unloaded after %lld ms", scx_now_ms() - begin);
	CHECK_LE(scx_now_ms() - begin, scx_ms(10000));
	work_stop(hogs);
	CHECK_PROGRESS(work);
	work_stop(work);
}

/* One comes to the scheduler, the other leaves it. */
static void deadline_tasks(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct work *dl = work_start(WORK_SPIN, 2, 0);
	pid_t comes = work_pid(dl, 0), goes = work_pid(dl, 1);
	struct bpf_link *link;
	struct books *s;

	set_deadline(comes, 2, 20);
	s = load(&link);
	CHECK_PROGRESS(dl);
	CHECK_PROGRESS(work);
	CHECK_LE(scx_task_on_ext(comes), 0);
	CHECK_NE(scx_task_on_ext(goes), 0);

	/* Neither goes back: 6.1 can forget a deadline task that was another's meanwhile. */
	scx_set_policy(comes, SCHED_OTHER);
	set_deadline(goes, 2, 20);
	CHECK_NE(scx_task_on_ext(comes), 0);
	CHECK_LE(scx_task_on_ext(goes), 0);
	CHECK_PROGRESS(dl);
	unload(s, link);
	CHECK_PROGRESS(dl);
	work_stop(dl);
	CHECK_PROGRESS(work);
	work_stop(work);
}

/* Workers go up and down all the time. */
static void policy_storm(void)
{
	static const int policies[] = { SCHED_FIFO, SCHED_OTHER, SCHED_RR, SCHED_EXT,
					SCHED_BATCH, SCHED_FIFO, SCHED_IDLE };
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	int i, rounds = scx_rounds(1000);
	struct bpf_link *link;
	struct books *s;

	s = load(&link);
	for (i = 0; i < rounds; i++)
		scx_set_policy(work_pid(work, i % work_nr(work)),
			       policies[i % ARRAY_SIZE(policies)]);
	for (i = 0; i < work_nr(work); i++)
		scx_set_policy(work_pid(work, i), SCHED_OTHER);
	CHECK_PROGRESS(work);
	unload(s, link);
	CHECK_PROGRESS(work);
	work_stop(work);
}

/* What the holder of a mutex and the one who wants it share. */
struct boost {
	pthread_mutex_t lock;
	bool taken, wanted, stop;
	unsigned long rounds;
};

static void *want_lock(void *arg)
{
	struct boost *b = arg;

	scx_set_policy(0, SCHED_FIFO);
	while (!__atomic_load_n(&b->stop, __ATOMIC_ACQUIRE)) {
		while (!__atomic_load_n(&b->taken, __ATOMIC_ACQUIRE))
			usleep(100);
		__atomic_store_n(&b->wanted, true, __ATOMIC_RELEASE);
		pthread_mutex_lock(&b->lock);
		__atomic_store_n(&b->wanted, false, __ATOMIC_RELEASE);
		pthread_mutex_unlock(&b->lock);
	}
	return NULL;
}

/* Holds the mutex until somebody of a higher class lends it his priority. */
static void be_boosted(struct boost *b)
{
	pthread_mutex_lock(&b->lock);
	__atomic_store_n(&b->taken, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&b->wanted, __ATOMIC_ACQUIRE))
		sched_yield();
	scx_burn(200);
	__atomic_store_n(&b->taken, false, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&b->lock);
	while (__atomic_load_n(&b->wanted, __ATOMIC_ACQUIRE))
		usleep(100);
}

static void pi_boosts(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	int i, rounds = scx_rounds(200);
	pthread_mutexattr_t attr;
	struct boost b = {};
	struct bpf_link *link;
	pthread_t thread;
	struct books *s;
	u64 enabled;

	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
	CHECK_EQ(pthread_mutex_init(&b.lock, &attr), 0);
	s = load(&link);
	CHECK_EQ(pthread_create(&thread, NULL, want_lock, &b), 0);

	enabled = s->bss->nr_enabled;
	for (i = 0; i < rounds; i++)
		be_boosted(&b);
	/* Each way up and down leaves and enters the class. */
	CHECK_GT(s->bss->nr_enabled, enabled + rounds / 2);

	b.stop = true;
	b.taken = true;
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_PROGRESS(work);
	unload(s, link);
	work_stop(work);
}

SCX_TEST(SCX_CASE(rt_hogs), SCX_CASE(deadline_tasks), SCX_CASE(policy_storm),
	 SCX_CASE(pi_boosts));
