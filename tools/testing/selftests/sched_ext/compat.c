// SPDX-License-Identifier: GPL-2.0
/*
 * Schedulers as they are written for mainline, sources in compat/ and loaders here, with
 * the macros that theirs use. Each compiles, or this test is not built; how far it comes
 * beyond that is what its case is about:
 *
 *   RUNS      it is loaded, and does what it is for
 *   LOADS     the verifier takes it, but the class refuses it, as it says
 *   COMPILES  it is refused at load; a skip and not a pass
 *
 * A case that comes further than it says fails: then it is to be written anew.
 */
#include "scx_test.h"

/* A type of macros.bpf.c, which the skeleton has an array of. */
struct cpu_ctx {
	u64 nr_ticks;
	u64 hist[8];
};

#include "compat/all_ops.bpf.skel.h"
#include "compat/bits.bpf.skel.h"
#include "compat/calls.bpf.skel.h"
#include "compat/cgroups.bpf.skel.h"
#include "compat/class_later.bpf.skel.h"
#include "compat/cpumasks.bpf.skel.h"
#include "compat/css_iter.bpf.skel.h"
#include "compat/dsq_iter.bpf.skel.h"
#include "compat/dsqs.bpf.skel.h"
#include "compat/kptrs.bpf.skel.h"
#include "compat/later_names.bpf.skel.h"
#include "compat/locks.bpf.skel.h"
#include "compat/macros.bpf.skel.h"
#include "compat/newer.bpf.skel.h"
#include "compat/objects.bpf.skel.h"
#include "compat/plain.bpf.skel.h"
#include "compat/task_cgroup.bpf.skel.h"
#include "compat/tasks.bpf.skel.h"
#include "compat/tracing.bpf.skel.h"
#include "compat/names.h"

/* All words of the sources, this one included, without their comments and texts. */
static const char * const words[] = {
#include "compat/words.h"
};

/* What this kernel lacks for it to be more than compiled. */
#define COMPILES(name, lacks)						\
static void name(void)							\
{									\
	struct name *skel = name##__open();				\
									\
	CHECK(skel);							\
	if (!name##__load(skel))					\
		FAIL("it loads, there is " lacks " now: have it run");	\
	name##__destroy(skel);						\
	scx_skip("compiles only, for want of " lacks);			\
}									\
static void name(void)

COMPILES(task_cgroup, "scx_bpf_task_cgroup()");
COMPILES(class_later, "scx_bpf_cpuperf_set() and others of the class");

/* Every operation is known, and may be given; not all are served. */
static void all_ops(void)
{
	struct all_ops *skel = SCX_OPS_OPEN(all_ops_ops, all_ops);

	scx_expect_log("sched_ext: cannot load scheduler: \"compat_all_ops\"");
	SCX_OPS_LOAD(skel, all_ops_ops, all_ops, uei);
	CHECK_ATTACH_FAILS(skel->maps.all_ops_ops, EINVAL);
	all_ops__destroy(skel);
}

/* The main function of a scheduler's loader. */
static void dsqs(void)
{
	/* One that has a CPU while others are idle, and then more than there are CPUs. */
	struct work *one = work_start(WORK_SPIN, 1, 0), *work;
	int nr_cpus = libbpf_num_possible_cpus();
	struct bpf_link *link;
	struct dsqs *skel;
	u64 cnts[nr_cpus], ecode;
	u32 idx = 1;

	skel = SCX_OPS_OPEN(dsqs_ops, dsqs);
	skel->rodata->nr_cpus = nr_cpus;
	skel->struct_ops.dsqs_ops->flags |= SCX_OPS_ENQ_EXITING;
	SCX_OPS_LOAD(skel, dsqs_ops, dsqs, uei);
	work = work_start(WORK_MIX, 10, 0);
	link = SCX_OPS_ATTACH(skel, dsqs_ops, dsqs);

	CHECK_PROGRESS(one);
	CHECK_PROGRESS(work);
	CHECK(!UEI_EXITED(skel, uei));
	CHECK_EQ(bpf_map_lookup_elem(bpf_map__fd(skel->maps.stats), &idx, cnts), 0);
	CHECK_SOON(skel->bss->nr_vtime > 0);
	CHECK_SOON(skel->bss->nr_fifo > 0);
	work_stop(work);
	CHECK_SOON(skel->bss->nr_direct > 0);
	CHECK_SOON(skel->bss->nr_local_on > 0 && skel->bss->nr_kicked > 0);
	CHECK_EQ(skel->bss->nr_cancelled, skel->bss->nr_slots_seen);
	CHECK_EQ(skel->bss->nr_queued_unknown, -ENOENT);
	CHECK_EQ(skel->bss->destroyed, -ENOENT);

	bpf_link__destroy(link);
	ecode = UEI_REPORT(skel, uei);
	CHECK_EQ(ecode, 0);
	CHECK_EQ(skel->data->uei.kind, SCX_EXIT_UNREG);
	dsqs__destroy(skel);
}

static void later_names(void)
{
	struct later_names *skel;
	struct bpf_link *link;
	struct work *work;

	skel = SCX_OPS_OPEN(later_names_ops, later_names);
	CHECK_EQ(skel->struct_ops.later_names_ops->flags, SCX_OPS_SWITCH_PARTIAL);
	skel->struct_ops.later_names_ops->flags &= ~SCX_OPS_SWITCH_PARTIAL;
	skel->struct_ops.later_names_ops->flags |= SCX_OPS_ALLOW_QUEUED_WAKEUP |
						   SCX_OPS_ENQ_MIGRATION_DISABLED |
						   SCX_OPS_BUILTIN_IDLE_PER_NODE;
	SCX_OPS_LOAD(skel, later_names_ops, later_names, uei);
	work = work_start(WORK_MIX, 10, 0);
	link = SCX_OPS_ATTACH(skel, later_names_ops, later_names);
	CHECK_PROGRESS(work);
	CHECK_SOON(skel->bss->nr_run > 100);
	if (!__COMPAT_has_ksym("scx_bpf_dsq_insert___v2"))
		CHECK_SOON(skel->bss->nr_v1 > 0);
	if (!__COMPAT_has_ksym("scx_bpf_cpuperf_cap"))
		CHECK_EQ(skel->bss->perf_cap, 1024);
	if (!__COMPAT_has_ksym("scx_bpf_nr_node_ids"))
		CHECK_EQ(skel->bss->nr_nodes, 1);
	if (!__COMPAT_has_ksym("scx_bpf_cpu_curr") && !__COMPAT_has_ksym("scx_bpf_cpu_rq"))
		CHECK_EQ(skel->bss->nr_curr, 0);
	CHECK_GT(skel->bss->ran_at, skel->bss->started_at);
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	later_names__destroy(skel);
}

static void cpumasks(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct work *few = work_start(WORK_SLEEP, 2, 0);
	struct cpumasks *skel;
	struct bpf_link *link;

	skel = SCX_OPS_OPEN(cpumasks_ops, cpumasks);
	SCX_OPS_LOAD(skel, cpumasks_ops, cpumasks, uei);
	link = SCX_OPS_ATTACH(skel, cpumasks_ops, cpumasks);
	CHECK_PROGRESS(work);
	CHECK(skel->bss->did_all);
	CHECK_EQ(skel->bss->nr_seen, 1);
	CHECK_EQ(skel->bss->first, 0);
	CHECK_EQ(skel->bss->first_zero, libbpf_num_possible_cpus());
	CHECK_EQ(skel->bss->weight, libbpf_num_possible_cpus());
	CHECK_SOON(skel->bss->nr_picked > 0);
	work_stop(work);
	CHECK_PROGRESS(few);
	CHECK_SOON(skel->bss->nr_idle > 0);
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	cpumasks__destroy(skel);
}

static void kptrs(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct bpf_link *link;
	struct kptrs *skel;

	skel = SCX_OPS_OPEN(kptrs_ops, kptrs);
	SCX_OPS_LOAD(skel, kptrs_ops, kptrs, uei);
	link = SCX_OPS_ATTACH(skel, kptrs_ops, kptrs);
	CHECK_PROGRESS(work);
	CHECK_EQ(skel->bss->nr_kept, 1);
	CHECK_EQ(skel->bss->nr_in_maps, 3);
	CHECK_SOON(skel->bss->nr_allowed > 0);
	CHECK_SOON(skel->bss->nr_restricted > 0);
	CHECK_SOON(skel->bss->nr_percpu > 0);
	work_stop(work);
	CHECK_SOON(skel->bss->nr_deleted >= 10);
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	kptrs__destroy(skel);
}

static void locks(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct bpf_link *link;
	struct locks *skel;

	skel = SCX_OPS_OPEN(locks_ops, locks);
	SCX_OPS_LOAD(skel, locks_ops, locks, uei);
	link = SCX_OPS_ATTACH(skel, locks_ops, locks);
	CHECK_PROGRESS(work);
	CHECK_SOON(skel->bss->nr_locked > 10);
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	locks__destroy(skel);
}

/* There are moments without memory. */
static void objects(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct bpf_link *link;
	struct objects *skel;

	skel = SCX_OPS_OPEN(objects_ops, objects);
	SCX_OPS_LOAD(skel, objects_ops, objects, uei);
	link = SCX_OPS_ATTACH(skel, objects_ops, objects);
	CHECK_PROGRESS(work);
	CHECK_SOON(skel->bss->first_key > 0);
	CHECK_SOON(skel->bss->nr_listed > 10);
	CHECK_GT(skel->bss->nr_listed, skel->bss->nr_failed);
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	objects__destroy(skel);
}

static void dsq_iter(void)
{
	struct work *work = work_start(WORK_SLEEP, 10, 0);
	struct bpf_link *link;
	struct dsq_iter *skel;

	skel = SCX_OPS_OPEN(dsq_iter_ops, dsq_iter);
	SCX_OPS_LOAD(skel, dsq_iter_ops, dsq_iter, uei);
	link = SCX_OPS_ATTACH(skel, dsq_iter_ops, dsq_iter);
	CHECK_PROGRESS(work);
	CHECK_SOON(skel->bss->nr_met > 0);
	CHECK_SOON(skel->bss->nr_moved > 0);
	CHECK_SOON((scx_run_prog(skel->progs.dsq_iter_count), skel->bss->nr_by_hand > 0));
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	dsq_iter__destroy(skel);
}

static void css_iter(void)
{
	struct css_iter *skel = css_iter__open_and_load();
	u64 nr;

	CHECK(skel);
	CHECK_EQ(scx_run_prog(skel->progs.css_iter_cgroups), 0);
	nr = skel->bss->nr_cgroups;
	CHECK_GE(nr, 2);
	CHECK_EQ(skel->bss->nr_ancestors, 1);
	CHECK_EQ(scx_run_prog(skel->progs.css_iter_tasks), 0);
	CHECK_GT(skel->bss->nr_procs, 1);
	CHECK_GE(skel->bss->nr_threads, skel->bss->nr_procs);
	CHECK_EQ(skel->bss->nr_of_proc, 1);
	CHECK_EQ(scx_run_prog(skel->progs.css_iter_by_hand), 0);
	CHECK_EQ(skel->bss->nr_cgroups, nr + nr / 2);
	css_iter__destroy(skel);
}

static void bits(void)
{
	struct bits *skel = bits__open_and_load();

	CHECK(skel);
	skel->bss->words[0] = 1 | 1ULL << 63;
	skel->bss->words[1] = 1ULL << 7;
	CHECK_EQ(scx_run_prog(skel->progs.bits_each), 0);
	CHECK_EQ(skel->bss->nr_each, 3);
	CHECK_EQ(skel->bss->nr_early, 2);
	CHECK_EQ(scx_run_prog(skel->progs.bits_by_hand), 0);
	CHECK_EQ(skel->bss->nr_by_hand, 3);
	CHECK_EQ(skel->bss->sum_by_hand, 0 + 63 + 64 + 7);
	CHECK_EQ(scx_run_prog(skel->progs.bits_of_mask), 0);
	CHECK_EQ(skel->bss->nr_of_mask, scx_nr_cpus());
	CHECK_EQ(scx_run_prog(skel->progs.bits_numbers), 0);
	CHECK_EQ(skel->bss->sum_numbers, -2 + -1 + 9 * 10 / 2);
	bits__destroy(skel);
}

static void give_orders(const struct calls *skel, int nr)
{
	struct user_ring_buffer *ring;
	u64 *order;

	ring = user_ring_buffer__new(bpf_map__fd(skel->maps.orders), NULL);
	CHECK(ring);
	while (nr) {
		order = user_ring_buffer__reserve(ring, sizeof(*order));
		CHECK(order);
		*order = nr--;
		user_ring_buffer__submit(ring, order);
	}
	user_ring_buffer__free(ring);
}

static void calls(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct bpf_link *link;
	struct calls *skel;

	skel = SCX_OPS_OPEN(calls_ops, calls);
	SCX_OPS_LOAD(skel, calls_ops, calls, uei);
	link = SCX_OPS_ATTACH(skel, calls_ops, calls);
	CHECK_PROGRESS(work);
	CHECK_SOON(skel->bss->most > 1);
	CHECK_GT(skel->bss->nr_added, 0);
	CHECK_LE(skel->bss->nr_added, libbpf_num_possible_cpus());
	skel->bss->addr = (unsigned long)&work;
	/* The lock of the address space may be busy. */
	CHECK_SOON(!scx_run_prog(skel->progs.calls_area));
	CHECK_EQ(skel->bss->nr_areas, 1);
	give_orders(skel, 5);
	CHECK_EQ(scx_run_prog(skel->progs.calls_orders), 5);
	CHECK_EQ(skel->bss->nr_orders, 5);
	CHECK_EQ(skel->bss->sum_orders, 1 + 2 + 3 + 4 + 5);
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	calls__destroy(skel);
}

struct peek_args {
	u64 number;
	u64 text;
	char word[8];
};

static s32 peek(const struct tracing *skel, struct peek_args *req)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = req, .ctx_size_in = sizeof(*req));

	CHECK_EQ(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.tracing_peek), &opts), 0);
	return opts.retval;
}

static void check_peeks(const struct tracing *skel)
{
	u64 number = 0x1234567890abcdef;
	struct peek_args req = {
		.number	= (unsigned long)&number,
		.text	= (unsigned long)"words",
	};

	CHECK_EQ(peek(skel, &req), 0);
	CHECK_EQ(req.number, number);
	CHECK(!strcmp(req.word, "words"));
	req.number = 8;
	CHECK_EQ(peek(skel, &req), -EFAULT);
}

static void tracing(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct tracing *skel;
	struct bpf_link *link;

	skel = SCX_OPS_OPEN(tracing_ops, tracing);
	skel->rodata->nr_cpus = libbpf_num_possible_cpus();
	SCX_OPS_LOAD(skel, tracing_ops, tracing, uei);
	CHECK_EQ(tracing__attach(skel), 0);
	link = SCX_OPS_ATTACH(skel, tracing_ops, tracing);
	CHECK_PROGRESS(work);
	CHECK_SOON(skel->bss->nr_here > 0 && skel->bss->nr_there > 0);
	CHECK_GT(skel->bss->nr_beyond, 0);
	CHECK_EQ(skel->bss->nr_wrong_cpu, 0);
	CHECK_SOON(skel->bss->nr_read > 0);
	CHECK_GT(skel->bss->nr_switches, 0);
	CHECK_SOON(skel->bss->nr_woken > 0);
	CHECK_SOON(skel->bss->nr_pushed > 0);
	CHECK_SOON(skel->bss->nr_stacks > 0);
	CHECK_EQ(scx_run_prog(skel->progs.tracing_last), 0);
	CHECK_GT(skel->bss->forked_last, 0);
	check_peeks(skel);
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	tracing__destroy(skel);
}

static int give_up(void *arg)
{
	int *fds = arg;

	dup2(fds[1], STDERR_FILENO);
	errno = ENOENT;
	SCX_BUG("no more than %d", 42);
}

/* A loader that gives up says where and why, and ends. */
static void gives_up(void)
{
	char text[256] = "";
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(scx_wait(scx_fork(give_up, fds)), EXIT_FAILURE);
	CHECK_GT(read(fds[0], text, sizeof(text) - 1), 0);
	if (!scx_matches(text, "compat\\.c:[0-9]+: no more than 42 \\(No such file"))
		FAIL("it says: %s", text);
}

/* A loader that does by itself what the macros do. */
static void plain(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	const struct user_exit_info *uei;
	struct bpf_link *link;
	struct plain *skel;

	skel = plain__open();
	if (!skel)
		SCX_BUG("no skeleton");
	CHECK_GT(scx_hotplug_seq(), 0);
	CHECK_EQ(scx_hotplug_seq(), scx_sysfs_long("hotplug_seq"));
	skel->struct_ops.plain_ops->hotplug_seq = scx_hotplug_seq();
	skel->struct_ops.plain_ops->exit_dump_len = 4096;
	UEI_SET_SIZE(skel, plain_ops, uei);
	CHECK_EQ(skel->rodata->uei_dump_len, 4096);
	CHECK_EQ(bpf_map__value_size(skel->maps.data_uei_dump), 4096);
	CHECK_EQ(plain__load(skel), 0);
	link = bpf_map__attach_struct_ops(skel->maps.plain_ops);
	CHECK(link);
	CHECK(scx_root_ops_is("compat_plain"));
	CHECK_PROGRESS(work);
	CHECK_SOON(skel->bss->nr_vtime > 0 && skel->bss->nr_moved > 0);
	CHECK_SOON(skel->bss->nr_enqueued > skel->bss->nr_vtime);
	bpf_link__destroy(link);
	uei = &skel->data->uei;
	CHECK_EQ(uei->kind, SCX_EXIT_UNREG);
	CHECK_EQ(uei->exit_code, 0);
	CHECK_EQ(sizeof(uei->reason), 128);
	CHECK_EQ(sizeof(uei->msg), 1024);
	CHECK(!strcmp(uei->reason, "unregistered from user space"));
	plain__destroy(skel);
}

static void cgroups(void)
{
	struct cgroups *skel = cgroups__open_and_load();

	CHECK(skel);
	CHECK_EQ(scx_run_prog(skel->progs.cgroups_walk), 0);
	CHECK_EQ(skel->bss->nr_levels, 1);
	CHECK_EQ(skel->bss->nr_ctx, 1);
	CHECK_GE(scx_run_prog(skel->progs.cgroups_of_current), 0);
	cgroups__destroy(skel);
}

struct ask_args {
	s32 pid;
	u64 nr_enqueued;
};

static u64 ask(const struct tasks *skel, s32 pid)
{
	struct ask_args req = { .pid = pid };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &req, .ctx_size_in = sizeof(req));

	CHECK_EQ(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.tasks_ask), &opts), 0);
	CHECK_EQ(opts.retval, 0);
	return req.nr_enqueued;
}

static void tasks(void)
{
	struct bpf_link *link;
	struct tasks *skel;
	struct work *work;

	skel = SCX_OPS_OPEN(tasks_ops, tasks);
	skel->rodata->nr_cpus = libbpf_num_possible_cpus();
	SCX_OPS_LOAD(skel, tasks_ops, tasks, uei);
	CHECK_EQ(tasks__attach(skel), 0);
	work = work_start(WORK_MIX, 10, 0);
	link = SCX_OPS_ATTACH(skel, tasks_ops, tasks);

	CHECK_PROGRESS(work);
	CHECK_GT(skel->bss->nr_queued, 0);
	CHECK_GT(skel->bss->nr_popped, 0);
	CHECK_GT(skel->bss->nr_found, 0);
	CHECK_EQ(skel->bss->nr_ctx_missing, 0);
	CHECK_GT(skel->bss->nr_named, 0);
	CHECK_GT(skel->bss->nr_parents, 0);
	CHECK_GT(skel->bss->nr_roots, 0);
	CHECK_GT(skel->bss->nr_forks, 0);
	CHECK_GT(skel->bss->nr_events, 0);
	CHECK_SOON(skel->bss->nr_timer > 2);
	CHECK_GT(skel->bss->nr_bits, 0);
	CHECK_GT(ask(skel, work_pid(work, 0)), 0);
	CHECK_EQ(scx_run_prog(skel->progs.tasks_dsqs), 0);

	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	tasks__destroy(skel);
}

static u64 nr_ticks(const struct macros *skel, int nr_cpus)
{
	u64 sum = 0;
	int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		CHECK_EQ(skel->data_cpu_ctxs->cpu_ctxs[cpu].nr_ticks,
			 skel->bss_counts->counts[cpu]);
		sum += skel->bss_counts->counts[cpu];
	}
	return sum;
}

static void check_macros(struct macros *skel, int nr_cpus)
{
	CHECK_EQ(skel->bss->log2s[0], 0);
	CHECK_EQ(skel->bss->log2s[1], 10 + (nr_cpus >= 2) + (nr_cpus >= 4));
	CHECK_EQ(skel->bss->log2s[2], 33);
	CHECK_EQ(skel->bss->log2s[3], 4);
	CHECK_EQ(skel->bss->nr_before, 7);
	CHECK_EQ(skel->bss->in_enum, 8);
	CHECK_EQ(skel->bss->not_in_enum, 1LL << 41);
	CHECK(skel->bss->has_field);
	CHECK(!skel->bss->no_field);
	CHECK_EQ(skel->bss->has_ksym, __COMPAT_has_ksym("scx_bpf_now"));
}

static void macros(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	int nr_cpus = libbpf_num_possible_cpus();
	struct bpf_link *link;
	struct macros *skel;
	u64 ecode, flag = 0;

	scx_expect_eject("compat_macros");
	skel = SCX_OPS_OPEN(macros_ops, macros);
	SCX_BUG_ON(!skel, "no skeleton");
	CHECK(__COMPAT_struct_has_field("sched_ext_ops", "exit_dump_len"));
	CHECK(__COMPAT_read_enum("scx_ops_flags", "SCX_OPS_ENQ_LAST", &flag));
	CHECK_EQ(flag, SCX_OPS_ENQ_LAST);
	CHECK_EQ(SCX_PICK_IDLE_CORE, 1);
	CHECK_EQ(SCX_PICK_IDLE_IN_NODE, 0);
	skel->rodata->nr_cpus = nr_cpus;
	skel->struct_ops.macros_ops->exit_dump_len = 4096;
	RESIZE_ARRAY(skel, data, cpu_ctxs, nr_cpus);
	RESIZE_ARRAY(skel, bss, counts, nr_cpus);
	SCX_OPS_LOAD(skel, macros_ops, macros, uei);
	link = SCX_OPS_ATTACH(skel, macros_ops, macros);

	CHECK_PROGRESS(work);
	check_macros(skel, nr_cpus);
	CHECK_SOON(skel->bss->nr_counted > 10 && skel->bss->nr_hidden > 10);
	skel->bss->quit = 17;
	CHECK_EXIT(skel, SCX_EXIT_UNREG_BPF,
		   "^asked to by the loader, .+\\[[0-9]+\\] ran for [0-9]+ ns");
	CHECK_SOON(scx_state_is("disabled"));
	CHECK_GT(nr_ticks(skel, nr_cpus), 10);
	CHECK(UEI_EXITED(skel, uei));
	bpf_link__destroy(link);
	ecode = UEI_REPORT(skel, uei);
	CHECK(UEI_ECODE_RESTART(ecode));
	CHECK_EQ(UEI_ECODE_USER(ecode), 17);
	CHECK_EQ(UEI_ECODE_SYS_RSN(ecode), SCX_ECODE_RSN_HOTPLUG);
	CHECK_EQ(UEI_ECODE_SYS_ACT(ecode), SCX_ECODE_ACT_RESTART);
	macros__destroy(skel);
}

/* What is left out is said on stderr. */
static void newer(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct newer *skel;
	struct bpf_link *link;

	skel = newer__open();
	CHECK(skel);
	CHECK_NE(newer__load(skel), 0);
	CHECK(scx_matches(scx_libbpf_log(), "no_such_op"));
	newer__destroy(skel);

	skel = SCX_OPS_OPEN(newer_ops, newer);
	CHECK(!skel->struct_ops.newer_ops->no_such_op);
	CHECK_EQ(skel->struct_ops.newer_ops->no_such_value, 0);
	CHECK(skel->struct_ops.newer_ops->enqueue == skel->progs.newer_enqueue);
	CHECK(skel->struct_ops.newer_ops->dispatch___newer == skel->progs.newer_dispatch);
	SCX_OPS_LOAD(skel, newer_ops, newer, uei);
	link = SCX_OPS_ATTACH(skel, newer_ops, newer);
	CHECK(scx_root_ops_is("compat_newer"));
	CHECK_PROGRESS(work);
	CHECK_SOON(skel->bss->nr_enqueued > 0);
	work_stop(work);
	CHECK_SOON(skel->bss->nr_dispatched > 0);
	bpf_link__destroy(link);
	CHECK_EXIT(skel, SCX_EXIT_UNREG, NULL);
	newer__destroy(skel);
}

/*
 * Whether all that sources can ask for is asked for by one in compat/, or by a loader
 * here: kfuncs as far as the headers declare them, by what the objects call, and the
 * rest by words of the sources.
 */
static bool asked_for[ARRAY_SIZE(kfuncs)];
static int nr_missing;

static void missing(const char *name)
{
	scx_note("no source of compat uses %s", name);
	nr_missing++;
}

static bool is_word(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], name))
			return true;
	return false;
}

static void look_into(const void *elf, size_t size)
{
	struct bpf_object *obj = bpf_object__open_mem(elf, size, NULL);
	const struct btf *btf;
	int i;

	CHECK(obj);
	btf = bpf_object__btf(obj);
	for (i = 0; i < ARRAY_SIZE(kfuncs); i++)
		if (btf__find_by_name_kind(btf, kfuncs[i], BTF_KIND_FUNC) >= 0)
			asked_for[i] = true;
	bpf_object__close(obj);
}

#define LOOK_INTO(name)							\
do {									\
	size_t scx_size;						\
	const void *scx_elf = name##__elf_bytes(&scx_size);		\
									\
	look_into(scx_elf, scx_size);					\
} while (0)

static void complete(void)
{
	int i;

	LOOK_INTO(all_ops);
	LOOK_INTO(bits);
	LOOK_INTO(calls);
	LOOK_INTO(cgroups);
	LOOK_INTO(class_later);
	LOOK_INTO(cpumasks);
	LOOK_INTO(css_iter);
	LOOK_INTO(dsq_iter);
	LOOK_INTO(dsqs);
	LOOK_INTO(kptrs);
	LOOK_INTO(later_names);
	LOOK_INTO(locks);
	LOOK_INTO(macros);
	LOOK_INTO(newer);
	LOOK_INTO(objects);
	LOOK_INTO(plain);
	LOOK_INTO(task_cgroup);
	LOOK_INTO(tasks);
	LOOK_INTO(tracing);
	for (i = 0; i < ARRAY_SIZE(kfuncs); i++)
		if (!asked_for[i])
			missing(kfuncs[i]);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!is_word(names[i]))
			missing(names[i]);
	CHECK_EQ(nr_missing, 0);
}

SCX_TEST(SCX_CASE(complete), SCX_CASE(dsqs), SCX_CASE(later_names), SCX_CASE(all_ops),
	 SCX_CASE(cpumasks), SCX_CASE(tasks), SCX_CASE(macros), SCX_CASE(newer), SCX_CASE(kptrs),
	 SCX_CASE(dsq_iter), SCX_CASE(css_iter), SCX_CASE(cgroups), SCX_CASE(task_cgroup),
	 SCX_CASE(locks), SCX_CASE(objects), SCX_CASE(class_later), SCX_CASE(bits),
	 SCX_CASE(calls), SCX_CASE(tracing), SCX_CASE(plain), SCX_CASE(gives_up));
