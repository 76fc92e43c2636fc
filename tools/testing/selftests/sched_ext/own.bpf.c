// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler that does with its tasks, the victims, just what the test tells it
 * to, and each thing once: a CPU gets orders that it carries out when its hand, a
 * task of its own, goes to sleep. It has no other tasks than victims and hands, and
 * notes what befalls the victims.
 */
#include <scx/common.bpf.h>
#include "own.h"

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

/* Only kernels with pause points have these. */
struct task_struct *scx_bpf_pause_find_task(s32 pid) __ksym;
void scx_bpf_pause_put_task(struct task_struct *p) __ksym;

volatile s32 victim[OWN_VICTIMS];
volatile u32 enqueue_to[OWN_VICTIMS];	/* enum own_enqueue */
volatile s32 send_to[OWN_VICTIMS];
volatile bool wake_local[OWN_VICTIMS];	/* no enqueue at wakeup */
volatile struct own_order order[OWN_CPUS];
volatile s32 hand[OWN_CPUS];		/* who carries them out */
volatile u32 linger_on;

volatile u64 nr_enqueued[OWN_VICTIMS];
volatile u64 nr_stuck[OWN_VICTIMS];	/* of these, with migration disabled */
volatile u64 nr_dequeued[OWN_VICTIMS];
volatile u64 nr_runs[OWN_VICTIMS];
volatile s32 ran_on[OWN_VICTIMS];
volatile u64 nr_begun[OWN_CPUS];	/* orders */
volatile u64 nr_asked[OWN_CPUS];	/* dispatches, orders or not */
volatile u64 nr_double;			/* ran twice at once */
volatile u64 nr_forbidden;		/* ran where they may not */

static s32 running_now[OWN_VICTIMS];	/* a pid, as the next victim may come first */

#define count(which)	__sync_fetch_and_add(&(which), 1)

static __always_inline int victim_of(const struct task_struct *p)
{
	int i;

	for (i = 0; i < OWN_VICTIMS; i++)
		if (p->pid == victim[i])
			return i;
	return -1;
}

s32 BPF_STRUCT_OPS(own_select_cpu, struct task_struct *p, s32 prev_cpu, u64 wake_flags)
{
	int i = victim_of(p);

	if (i < 0 || i >= OWN_VICTIMS)
		return prev_cpu;
	if (wake_local[i])
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, SCX_SLICE_INF, 0);
	return OWN_HOME;
}

/* Endless slices, so that victims come here when they are told to, only. */
void BPF_STRUCT_OPS(own_enqueue, struct task_struct *p, u64 enq_flags)
{
	int i = victim_of(p);

	if (i < 0 || i >= OWN_VICTIMS) {
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags);
		return;
	}
	if (enqueue_to[i] == OWN_QUEUE)
		scx_bpf_dsq_insert(p, OWN_DSQ, SCX_SLICE_INF, 0);
	else if (enqueue_to[i] == OWN_SEND)
		scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL_ON | send_to[i], SCX_SLICE_INF, 0);
	if (is_migration_disabled(p))
		count(nr_stuck[i]);
	count(nr_enqueued[i]);
}

void BPF_STRUCT_OPS(own_dequeue, struct task_struct *p, u64 deq_flags)
{
	int i = victim_of(p);

	if (i >= 0 && i < OWN_VICTIMS)
		count(nr_dequeued[i]);
}

static __always_inline void insert(s32 pid, u64 dsq_id)
{
	struct task_struct *p;

	if (!pid)
		return;
	p = scx_bpf_pause_find_task(pid);
	if (!p)
		return;
	scx_bpf_dsq_insert(p, dsq_id, SCX_SLICE_INF, 0);
	scx_bpf_pause_put_task(p);
}

void BPF_STRUCT_OPS(own_dispatch, s32 cpu, struct task_struct *prev)
{
	volatile struct own_order *o;
	u32 what;
	int i;

	if (cpu < 0 || cpu >= OWN_CPUS)
		return;
	count(nr_asked[cpu]);
	if (bpf_get_current_task_btf()->pid != hand[cpu])
		return;
	o = &order[cpu];
	what = o->what;
	o->what = OWN_NOTHING;
	if (what == OWN_NOTHING)
		return;

	count(nr_begun[cpu]);
	if (what == OWN_TAKE) {
		scx_bpf_dsq_move_to_local(OWN_DSQ);
		return;
	}
	for (i = 0; i < OWN_INSERTS; i++)
		insert(o->pid[i], o->dsq[i]);
}

/*
 * A task that runs is stopped and started by whoever changes its affinity, and may
 * sit where it may not run any more for a moment.
 */
static bool picked(const struct task_struct *p)
{
	return p != (void *)bpf_get_current_task_btf() &&
	       scx_bpf_task_cpu(p) == bpf_get_smp_processor_id();
}

void BPF_STRUCT_OPS(own_running, struct task_struct *p)
{
	u32 cpu = scx_bpf_task_cpu(p);
	int i = victim_of(p);

	if (i < 0 || i >= OWN_VICTIMS)
		return;
	if (running_now[i] == p->pid)
		count(nr_double);
	running_now[i] = p->pid;
	/* One word is as many CPUs as these tests know. */
	if (picked(p) && cpu < 64 && !(p->cpus_ptr->bits[0] & 1UL << cpu))
		count(nr_forbidden);
	ran_on[i] = cpu;
	count(nr_runs[i]);
}

void BPF_STRUCT_OPS(own_stopping, struct task_struct *p, bool runnable)
{
	int i = victim_of(p);

	if (i >= 0 && i < OWN_VICTIMS)
		running_now[i] = 0;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(own_init)
{
	return scx_bpf_create_dsq(OWN_DSQ, -1);
}

void BPF_STRUCT_OPS(own_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

/* What runs there has to give way, although its slice has no end. */
SEC("syscall")
int preempt_home(void *ctx)
{
	scx_bpf_kick_cpu(OWN_HOME, SCX_KICK_PREEMPT);
	return 0;
}

SEC("syscall")
int nr_queued(void *ctx)
{
	return scx_bpf_dsq_nr_queued(OWN_DSQ);
}

static long look(u64 i, void *ctx)
{
	return linger_on == 0;
}

static long look_longer(u64 i, void *ctx)
{
	bpf_loop(1 << 23, look, NULL, 0);
	return linger_on == 0;
}

/* Programs run with migration disabled, but are preempted like anything else. */
SEC("syscall")
int linger(void *ctx)
{
	bpf_loop(100, look_longer, NULL, 0);
	return 0;
}

SCX_OPS_DEFINE(ops,
	       .select_cpu	= (void *)own_select_cpu,
	       .enqueue		= (void *)own_enqueue,
	       .dequeue		= (void *)own_dequeue,
	       .dispatch	= (void *)own_dispatch,
	       .running		= (void *)own_running,
	       .stopping	= (void *)own_stopping,
	       .init		= (void *)own_init,
	       .exit		= (void *)own_exit,
	       .flags		= SCX_OPS_ENQ_LAST | SCX_OPS_SWITCH_PARTIAL,
	       .name		= "own");
