// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that puts its few tasks, the members, into the DSQs that the test names
 * and leaves them there until the test opens a DSQ or moves them; and programs that
 * iterate over DSQs and move what they meet.
 */
#include <scx/common.bpf.h>
#include "dsq_pool.h"

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

s32 member[POOL_MAX];
struct pool_put put[POOL_MAX];
volatile bool is_open[POOL_NR_DSQS + 1];
volatile bool move_on[POOL_CPUS];	/* this CPU is to move when it dispatches */
volatile bool wrong_op;			/* enqueue is to move */

volatile u64 nr_enqueued[POOL_MAX];
volatile u64 nr_runs[POOL_MAX];
volatile s32 ran_on[POOL_MAX];
volatile u64 slice_at_run[POOL_MAX];

struct pool_walk walk;
struct pool_move move;
s32 kick_cpu;

/* What was met, and what came of it */
volatile s32 seen[POOL_SEEN];
volatile u32 nr_seen;
volatile u32 nr_moved, nr_not_moved;
volatile u32 nr_wrong_count;
volatile s32 holding;
volatile s32 nth, nr_tried;		/* so far; the verifier would count along with locals */
volatile s32 done;			/* moves on behalf of dispatch or a timer */
volatile u64 nr_traced, nr_busy, nr_met;

#define count(which)	__sync_fetch_and_add(&(which), 1)

static __always_inline int member_of(const struct task_struct *p)
{
	int i;

	for (i = 0; i < POOL_MAX; i++)
		if (p->pid == member[i])
			return i;
	return -1;
}

static __always_inline void note(const struct task_struct *p)
{
	u32 n = nr_seen;

	if (n < POOL_SEEN)
		seen[n] = p->pid;
	nr_seen = n + 1;
}

static __noinline bool hold_on(void)
{
	bpf_repeat(1 << 20)
		if (!holding)
			return false;
	return true;
}

/* Until the test has done something, for which other CPUs are there, or too long. */
static __noinline int hold(int n)
{
	if (n != walk.hold_at)
		return 0;
	holding = 1;
	bpf_repeat(200)
		if (!hold_on())
			return 0;
	holding = -1;
	return 0;
}

static __always_inline void walk_dsq(void)
{
	struct task_struct *p;

	nth = 0;
	bpf_for_each(scx_dsq, p, walk.dsq, walk.flags) {
		note(p);
		nth++;
		hold(nth);
		if (scx_bpf_dsq_nr_queued(walk.dsq) != walk.nr_queued)
			count(nr_wrong_count);
	}
}

SEC("syscall")
int list(void *ctx)
{
	bpf_rcu_read_lock();
	walk_dsq();
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
int new_only(void *ctx)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	int err;

	bpf_rcu_read_lock();
	err = bpf_iter_scx_dsq_new(&it, walk.dsq, walk.flags);
	bpf_repeat(3) {
		p = bpf_iter_scx_dsq_next(&it);
		if (!p)
			continue;
		note(p);
		scx_bpf_dsq_move_set_slice(&it, 1);
		scx_bpf_dsq_move_set_vtime(&it, 1);
	}
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return err;
}

/* The test does something between new and the first element, and behind the last. */
SEC("syscall")
int new_hold_next(void *ctx)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	int err;

	bpf_rcu_read_lock();
	err = bpf_iter_scx_dsq_new(&it, walk.dsq, walk.flags);
	hold(0);
	bpf_repeat(POOL_SEEN) {
		p = bpf_iter_scx_dsq_next(&it);
		if (p)
			note(p);
	}
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return err;
}

/* Each with each, in both directions */
SEC("syscall")
int nested(void *ctx)
{
	struct task_struct *p, *q;

	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, walk.dsq, 0) {
		bpf_for_each(scx_dsq, q, walk.dsq, SCX_DSQ_ITER_REV) {
			note(p);
			note(q);
			if (scx_bpf_dsq_nr_queued(walk.dsq) != walk.nr_queued)
				count(nr_wrong_count);
		}
	}
	bpf_rcu_read_unlock();
	return 0;
}

/* p is used behind the end of the loop, which RCU allows. */
SEC("syscall")
int last_pid(void *ctx)
{
	struct task_struct *p, *last = NULL;
	int pid = 0;

	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, walk.dsq, walk.flags)
		last = p;
	if (last && scx_bpf_task_cpu(last) >= 0)
		pid = last->pid;
	bpf_rcu_read_unlock();
	return pid;
}

/*
 * Moving
 */
static __always_inline bool move_one(struct bpf_iter_scx_dsq *it, struct task_struct *p)
{
	if (move.old_names) {
		if (move.slice)
			scx_bpf_dispatch_from_dsq_set_slice(it, move.slice);
		if (move.vtime)
			scx_bpf_dispatch_from_dsq_set_vtime(it, move.vtime);
		if (move.by_vtime)
			return scx_bpf_dispatch_vtime_from_dsq(it, p, move.dsq, move.enq_flags);
		return scx_bpf_dispatch_from_dsq(it, p, move.dsq, move.enq_flags);
	}
	if (move.slice)
		__COMPAT_scx_bpf_dsq_move_set_slice(it, move.slice);
	if (move.vtime)
		__COMPAT_scx_bpf_dsq_move_set_vtime(it, move.vtime);
	if (move.by_vtime)
		return __COMPAT_scx_bpf_dsq_move_vtime(it, p, move.dsq, move.enq_flags);
	return __COMPAT_scx_bpf_dsq_move(it, p, move.dsq, move.enq_flags);
}

static __always_inline void count_move(bool moved)
{
	if (moved)
		count(nr_moved);
	else
		count(nr_not_moved);
}

static __always_inline void move_some(void)
{
	struct task_struct *p;

	nth = 0;
	nr_tried = 0;
	bpf_for_each(scx_dsq, p, walk.dsq, walk.flags) {
		note(p);
		hold(nth);
		nth++;
		if (nth <= walk.skip)
			continue;
		count_move(move_one(BPF_FOR_EACH_ITER, p));
		if (move.twice)
			count_move(move_one(BPF_FOR_EACH_ITER, p));
		nr_tried++;
		if (nr_tried == walk.nr)
			break;
	}
}

SEC("syscall")
int move_all(void *ctx)
{
	bpf_rcu_read_lock();
	move_some();
	bpf_rcu_read_unlock();
	return nr_moved;
}

/* Set once, moved twice: the second keeps what it has. */
SEC("syscall")
int set_once(void *ctx)
{
	struct task_struct *p;
	bool set = false;

	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, walk.dsq, 0) {
		if (!set) {
			scx_bpf_dsq_move_set_slice(BPF_FOR_EACH_ITER, move.slice);
			scx_bpf_dsq_move_set_vtime(BPF_FOR_EACH_ITER, move.vtime);
			set = true;
		}
		count_move(scx_bpf_dsq_move_vtime(BPF_FOR_EACH_ITER, p, move.dsq, 0));
	}
	bpf_rcu_read_unlock();
	return nr_moved;
}

/* What the iterator of one DSQ has met is not on the other. */
SEC("syscall")
int move_from_other(void *ctx)
{
	struct bpf_iter_scx_dsq other;
	struct task_struct *p;
	int err;

	bpf_rcu_read_lock();
	err = bpf_iter_scx_dsq_new(&other, POOL_NR_DSQS, 0);
	bpf_for_each(scx_dsq, p, walk.dsq, 0)
		count_move(move_one(&other, p));
	bpf_iter_scx_dsq_destroy(&other);
	bpf_rcu_read_unlock();
	return err;
}

/* Its iterator has no DSQ, but moves like any other. */
SEC("syscall")
int move_with_none(void *ctx)
{
	struct bpf_iter_scx_dsq none;
	struct task_struct *p;
	int err;

	bpf_rcu_read_lock();
	err = bpf_iter_scx_dsq_new(&none, 12345, 0);
	bpf_for_each(scx_dsq, p, walk.dsq, 0)
		count_move(move_one(&none, p));
	bpf_iter_scx_dsq_destroy(&none);
	bpf_rcu_read_unlock();
	return err;
}

/* What a DSQ's tasks are like, in its order */
u64 slices[POOL_SEEN], vtimes[POOL_SEEN];

SEC("syscall")
int inspect(void *ctx)
{
	struct task_struct *p;
	u32 n;

	bpf_rcu_read_lock();
	bpf_for_each(scx_dsq, p, walk.dsq, 0) {
		n = nr_seen;
		if (n < POOL_SEEN) {
			slices[n] = p->scx.slice;
			vtimes[n] = p->scx.dsq_vtime;
		}
		note(p);
	}
	bpf_rcu_read_unlock();
	return 0;
}

struct elem {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct elem);
} elems SEC(".maps");

static int on_time(void *map, u32 *key, struct elem *e)
{
	move_some();
	done = 1;
	return 0;
}

SEC("syscall")
int move_by_timer(void *ctx)
{
	struct elem *e;
	u32 key = 0;

	e = bpf_map_lookup_elem(&elems, &key);
	if (!e)
		return -1;
	bpf_timer_init(&e->timer, &elems, CLOCK_MONOTONIC);
	return bpf_timer_set_callback(&e->timer, on_time) ?: bpf_timer_start(&e->timer, 0, 0);
}

SEC("syscall")
int kick_all(void *ctx)
{
	int cpu;

	bpf_for(cpu, 0, scx_bpf_nr_cpu_ids())
		scx_bpf_kick_cpu(cpu, 0);
	return 0;
}

SEC("syscall")
int kick_one(void *ctx)
{
	scx_bpf_kick_cpu(kick_cpu, 0);
	return 0;
}

SEC("syscall")
int destroy(void *ctx)
{
	scx_bpf_destroy_dsq(walk.dsq);
	return 0;
}

SEC("syscall")
int create(void *ctx)
{
	return scx_bpf_create_dsq(walk.dsq, -1);
}

SEC("syscall")
int nr_queued(void *ctx)
{
	return scx_bpf_dsq_nr_queued(walk.dsq);
}

/* Tracing: with the lock of a DSQ held, of the members' or another, or of a runqueue */
static __always_inline int trace(void)
{
	struct bpf_iter_scx_dsq it;
	struct task_struct *p;
	int err;

	err = bpf_iter_scx_dsq_new(&it, walk.dsq, 0);
	if (err == -EBUSY)
		count(nr_busy);
	else if (!err)
		count(nr_traced);
	p = bpf_iter_scx_dsq_next(&it);
	if (p && member_of(p) >= 0)
		count(nr_met);
	bpf_iter_scx_dsq_destroy(&it);
	return 0;
}

SEC("?fentry/scx_dsq_link")
int BPF_PROG(on_insert)
{
	return trace();
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch)
{
	return trace();
}

/*
 * The scheduler
 */
s32 BPF_STRUCT_OPS(pool_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	return prev_cpu;
}

void BPF_STRUCT_OPS(pool_enqueue, struct task_struct *p, u64 enq_flags)
{
	int i = member_of(p);

	if (i < 0 || i >= POOL_MAX) {
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
		return;
	}
	if (wrong_op)
		move_some();
	if (put[i].order == POOL_VTIME)
		scx_bpf_dsq_insert_vtime(p, put[i].dsq, SCX_SLICE_INF, put[i].vtime, 0);
	else
		scx_bpf_dsq_insert(p, put[i].dsq, SCX_SLICE_INF,
				   put[i].order == POOL_HEAD ? SCX_ENQ_HEAD : 0);
	count(nr_enqueued[i]);
}

void BPF_STRUCT_OPS(pool_dispatch, s32 cpu, struct task_struct *prev)
{
	int i;

	if (cpu >= 0 && cpu < POOL_CPUS && move_on[cpu]) {
		move_on[cpu] = false;
		move_some();
		done = 1;
	}
	for (i = 1; i <= POOL_NR_DSQS; i++)
		if (is_open[i] && scx_bpf_dsq_move_to_local(i))
			return;
}

void BPF_STRUCT_OPS(pool_running, struct task_struct *p)
{
	int i = member_of(p);

	if (i < 0 || i >= POOL_MAX)
		return;
	ran_on[i] = scx_bpf_task_cpu(p);
	slice_at_run[i] = p->scx.slice;
	count(nr_runs[i]);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(pool_init)
{
	int i, err;

	bpf_for(i, 1, POOL_NR_DSQS + 1) {
		err = scx_bpf_create_dsq(i, -1);
		if (err)
			return err;
	}
	return 0;
}

void BPF_STRUCT_OPS(pool_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops,
	       .select_cpu	= (void *)pool_select_cpu,
	       .enqueue		= (void *)pool_enqueue,
	       .dispatch	= (void *)pool_dispatch,
	       .running		= (void *)pool_running,
	       .init		= (void *)pool_init,
	       .exit		= (void *)pool_exit,
	       .flags		= SCX_OPS_SWITCH_PARTIAL,
	       .name		= "dsq_pool");
