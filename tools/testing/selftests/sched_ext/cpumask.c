// SPDX-License-Identifier: GPL-2.0
/*
 * The kfuncs on CPU masks, held against what is computed here, wherever programs
 * may call them; masks in maps; and where their memory goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include "scx_test.h"
#include "cpumask.h"
#include "cpumask.bpf.skel.h"

static const char * const names[NR_MASK_RESULTS] = {
	[MASK_READ]		= "set_cpu, test_cpu",
	[MASK_FIRST]		= "first",
	[MASK_FIRST_ZERO]	= "first_zero",
	[MASK_FIRST_AND]	= "first_and",
	[MASK_WEIGHT]		= "weight",
	[MASK_EMPTY]		= "empty",
	[MASK_FULL]		= "full",
	[MASK_EQUAL]		= "equal",
	[MASK_INTERSECTS]	= "intersects",
	[MASK_SUBSET]		= "subset",
	[MASK_AND]		= "and",
	[MASK_AND_ANY]		= "and returns",
	[MASK_OR]		= "or",
	[MASK_XOR]		= "xor",
	[MASK_XOR_SELF]		= "xor with itself",
	[MASK_COPY]		= "copy",
	[MASK_SETALL]		= "setall",
	[MASK_SETALL_FULL]	= "setall, full",
	[MASK_CLEAR]		= "clear",
	[MASK_CLEAR_CPU]	= "clear_cpu",
	[MASK_SET_THERE]	= "test_and_set_cpu returns",
	[MASK_SET]		= "test_and_set_cpu",
	[MASK_CLEAR_THERE]	= "test_and_clear_cpu returns",
	[MASK_CLEARED]		= "test_and_clear_cpu",
	[MASK_BEYOND]		= "out of range",
	[MASK_BEYOND_THERE]	= "out of range returns",
	[MASK_BEYOND_USAGE]	= "out of range, references",
};

/* The highest possible CPU, and one. */
static int nr_cpu_ids(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "r");
	int first, last;

	CHECK(file);
	switch (fscanf(file, "%d-%d", &first, &last)) {
	case 1:
		last = first;
		break;
	case 2:
		break;
	default:
		FAIL("cannot tell which CPUs are possible");
	}
	fclose(file);
	if (last >= CPUMASK_BITS)
		scx_skip("more than %d CPUs", CPUMASK_BITS);
	return last + 1;
}

static u64 all_cpus(void)
{
	return ~0ULL >> (CPUMASK_BITS - nr_cpu_ids());
}

static int first(u64 bits)
{
	return bits ? __builtin_ctzll(bits) : nr_cpu_ids();
}

static void reckon(u64 a, u64 b, u64 *want)
{
	u64 all = all_cpus();

	want[MASK_READ] = a;
	want[MASK_FIRST] = first(a);
	want[MASK_FIRST_ZERO] = first(all & ~a);
	want[MASK_FIRST_AND] = first(a & b);
	want[MASK_WEIGHT] = __builtin_popcountll(a);
	want[MASK_EMPTY] = !a;
	want[MASK_FULL] = a == all;
	want[MASK_EQUAL] = a == b;
	want[MASK_INTERSECTS] = (a & b) != 0;
	want[MASK_SUBSET] = !(a & ~b);
	want[MASK_AND] = a & b;
	want[MASK_AND_ANY] = (a & b) != 0;
	want[MASK_OR] = a | b;
	want[MASK_XOR] = a ^ b;
	want[MASK_XOR_SELF] = a;
	want[MASK_COPY] = a;
	want[MASK_SETALL] = all;
	want[MASK_SETALL_FULL] = 1;
	want[MASK_CLEAR] = 0;
	want[MASK_CLEAR_CPU] = a & ~b;
	want[MASK_SET_THERE] = a & b;
	want[MASK_SET] = a | b;
	want[MASK_CLEAR_THERE] = a & b;
	want[MASK_CLEARED] = a & ~b;
	want[MASK_BEYOND] = a;
	want[MASK_BEYOND_THERE] = 0;
	want[MASK_BEYOND_USAGE] = 1;
}

static bool is_any_of(u64 cpu, u64 bits)
{
	return bits ? cpu < CPUMASK_BITS && bits >> cpu & 1 : cpu >= (u64)nr_cpu_ids();
}

static void check_results(const struct cpumask *s, u64 a, u64 b)
{
	u64 want[NR_MASK_RESULTS];
	int i;

	reckon(a, b, want);
	for (i = 0; i < MASK_ANY; i++)
		if (s->bss->result[i] != want[i])
			FAIL("%s: %#lx, not %#lx, of %#lx and %#lx", names[i],
			     s->bss->result[i], want[i], a, b);
	if (!is_any_of(s->bss->result[MASK_ANY], a))
		FAIL("any_distribute: %lu of %#lx", s->bss->result[MASK_ANY], a);
	if (!is_any_of(s->bss->result[MASK_ANY_AND], a & b))
		FAIL("any_and_distribute: %lu of %#lx and %#lx", s->bss->result[MASK_ANY_AND],
		     a, b);
}

/* There are moments without memory, in which the program returns -ENOMEM. */
static int run_prog(const struct bpf_program *prog)
{
	int ret;

	CHECK_SOON((ret = scx_run_prog(prog)) != -ENOMEM);
	return ret;
}

static void run_at(struct cpumask *s, enum cpumask_where where)
{
	unsigned long nr_done;

	if (where == MASK_NOWHERE) {
		CHECK_EQ(run_prog(s->progs.in_syscall), 0);
		return;
	}
	do {
		nr_done = s->bss->nr_done;
		s->bss->where = where;
		CHECK_SOON(s->bss->nr_done > nr_done);
	} while (s->bss->err == -ENOMEM);
	CHECK_EQ(s->bss->err, 0);
}

static u64 random_mask(u64 all)
{
	return ((u64)random() << 32 ^ (u64)random() << 16 ^ random()) & all;
}

/* Of each: none, all, the first, the last, and whatever comes up. */
static void compute(struct cpumask *s, enum cpumask_where where)
{
	u64 all = all_cpus(), some[] = { 0, all, 1, all & ~(all >> 1), 0, 0, 0 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(some); i++) {
		for (j = 0; j < ARRAY_SIZE(some); j++) {
			some[4] = random_mask(all);
			some[5] = random_mask(all);
			some[6] = some[4] & some[5];
			s->bss->a = some[i];
			s->bss->b = some[j];
			memset(s->bss->result, 0xaa, sizeof(s->bss->result));
			run_at(s, where);
			check_results(s, some[i], some[j]);
		}
	}
}

static void in_syscall(void)
{
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);

	compute(s, MASK_NOWHERE);
	cpumask__destroy(s);
}

static void in_op(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);
	struct bpf_link *link = scx_attach(s->maps.ops);

	compute(s, MASK_IN_OP);
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	cpumask__destroy(s);
}

static void in_trace(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);
	struct bpf_link *link = bpf_program__attach(s->progs.in_trace);

	if (!link)
		scx_skip("cannot trace sched_switch");
	compute(s, MASK_IN_TRACE);
	bpf_link__destroy(link);
	work_stop(work);
	cpumask__destroy(s);
}

/* Each CPU gets its turn, and no other. */
static void distributed(void)
{
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);
	u64 all = all_cpus();

	s->bss->a = all;
	s->bss->b = all & ~1ULL ?: 1;
	CHECK_EQ(scx_run_prog(s->progs.distribute), 0);
	CHECK_EQ(s->bss->met, s->bss->a);
	CHECK_EQ(s->bss->met_both, s->bss->b);
	cpumask__destroy(s);
}

/* The mask that a task may run on is read where it is. */
static void affinities(void)
{
	struct work *work = work_start(WORK_SLEEP, 1, 0);
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int cpu;

	s->bss->pid = work_pid(work, 0);
	for (cpu = 0; cpu < scx_nr_cpus(); cpu++) {
		scx_pin(work_pid(work, 0), cpu);
		CHECK_SOON(s->bss->affinity == 1ULL << cpu);
		CHECK_SOON(s->bss->affinity_copied == 1ULL << cpu);
		CHECK_EQ(s->bss->affinity_weight, 1);
	}
	scx_unpin(work_pid(work, 0));
	CHECK_SOON(s->bss->affinity_copied == all_cpus());
	CHECK_SOON((int)s->bss->affinity_weight == nr_cpu_ids());
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	cpumask__destroy(s);
}

static void in_map(void)
{
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);

	CHECK_EQ(run_prog(s->progs.unstash_in_syscall), -ENOENT);
	s->bss->a = 1;
	CHECK_EQ(run_prog(s->progs.stash_in_syscall), 0);
	s->bss->a = all_cpus();
	CHECK_EQ(run_prog(s->progs.stash_in_syscall), 1);
	CHECK_EQ(run_prog(s->progs.unstash_in_syscall), 0);
	CHECK_EQ(s->bss->b, all_cpus());
	CHECK_EQ(run_prog(s->progs.unstash_in_syscall), -ENOENT);

	/* The last one goes with the map. */
	CHECK_EQ(run_prog(s->progs.stash_in_syscall), 0);
	cpumask__destroy(s);
}

/* Have an op grant it. */
static int serve(struct cpumask *s, enum mask_wish wish)
{
	unsigned long nr_done = s->bss->nr_done;

	s->bss->wish = wish;
	CHECK_SOON(s->bss->nr_done > nr_done);
	return s->bss->stash_err;
}

static void in_map_from_op(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);
	struct bpf_link *link = scx_attach(s->maps.ops);

	s->bss->a = all_cpus() & ~1ULL;
	CHECK_EQ(serve(s, MASK_STASH), 0);
	CHECK_EQ(serve(s, MASK_STASH), 1);
	CHECK_EQ(serve(s, MASK_UNSTASH), 0);
	CHECK_EQ(s->bss->b, s->bss->a);
	CHECK_EQ(serve(s, MASK_UNSTASH), -ENOENT);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
	cpumask__destroy(s);
}

static void shared(void)
{
	static const u32 usage[] = { 1, 2, 2, 1, 1 };
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);
	unsigned int i;

	s->bss->a = all_cpus() & ~1ULL;
	CHECK_EQ(run_prog(s->progs.share), 0);
	for (i = 0; i < ARRAY_SIZE(usage); i++)
		CHECK_EQ(s->bss->usage[i], usage[i]);
	CHECK_EQ(s->bss->b, s->bss->a);
	cpumask__destroy(s);
}

static void overwritten(void)
{
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);

	CHECK_EQ(run_prog(s->progs.overwrite), 0);
	CHECK_EQ(s->bss->usage[0], 2);
	CHECK_EQ(s->bss->usage[1], 1);
	CHECK_EQ(run_prog(s->progs.unstash_in_syscall), -ENOENT);
	cpumask__destroy(s);
}

static long unreclaimable_kb(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[256];
	long kb = -1;

	CHECK(file);
	while (kb < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "SUnreclaim: %ld", &kb) != 1)
			kb = -1;
	fclose(file);
	CHECK_GE(kb, 0);
	return kb;
}

#define MASK_BYTES	64		/* at least */

static void turn_over(struct cpumask *s, int nr_turns)
{
	s->bss->nr_turns = nr_turns;
	CHECK_EQ(scx_run_prog(s->progs.turn_over_in_syscall), 0);
}

/*
 * What was released comes back in the end: much less is missing than was created. The
 * allocator gives back some when it gets more.
 */
static void check_freed(struct cpumask *s, long before)
{
	long created_kb = s->bss->nr_created * MASK_BYTES / 1024;

	scx_note("created %lu times, %lu times not", s->bss->nr_created, s->bss->nr_missed);
	/* Slow kernels keep what is freed, and tell who uses it nevertheless. */
	if (scx_scale() > 1)
		return;
	CHECK_GT(created_kb, 10000);
	CHECK_SOON((turn_over(s, 50), unreclaimable_kb() - before < created_kb / 2));
}

/* Enough to be seen in the memory that is left. */
static u64 nr_masks(int nr)
{
	return scx_scale() > 1 ? nr / 16 : nr;
}

static void freed(void)
{
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);
	long before = unreclaimable_kb();
	u64 nr = nr_masks(400000);
	int i;

	for (i = 0; i < 1000 && s->bss->nr_created < nr; i++)
		turn_over(s, 1000);
	check_freed(s, before);
	cpumask__destroy(s);
}

/*
 * With the rq lock held, and in one RCU section: until that ends nothing is given to
 * another mask, as who has found the old one may look at it still.
 */
static void freed_in_op(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct cpumask *s = SCX_OPEN_LOAD(cpumask);
	struct bpf_link *link = scx_attach(s->maps.ops);
	long before = unreclaimable_kb();
	u64 nr = nr_masks(200000);

	s->bss->turn_over_in_op = true;
	CHECK(WAIT(s->bss->nr_created > nr, 60000));
	s->bss->turn_over_in_op = false;
	CHECK_PROGRESS(work);
	work_stop(work);
	CHECK_EQ(s->bss->nr_at_once, 0);
	check_freed(s, before);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	cpumask__destroy(s);
}

SCX_TEST(SCX_CASE(in_syscall), SCX_CASE(in_op), SCX_CASE(in_trace), SCX_CASE(distributed),
	 SCX_CASE(affinities), SCX_CASE(in_map), SCX_CASE(in_map_from_op), SCX_CASE(shared),
	 SCX_CASE(overwritten), SCX_CASE(freed), SCX_CASE(freed_in_op));
