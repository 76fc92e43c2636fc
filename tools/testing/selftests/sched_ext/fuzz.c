// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzz run: loads generated programs, runs those that the verifier accepts, and
 * checks that what they saw was possible, that they terminate, that nothing they got
 * is lost, and that verdicts do not depend on which states the verifier prunes by. The
 * kernel's own checks are the rest of it.
 *
 * SCX_TEST_FUZZ_SEED= is the first seed, SCX_TEST_FUZZ_COUNT= how many there are. A
 * single one is shown with what the verifier says. The name of the task tells the seed
 * to who reads the kernel log.
 */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include "scx_puppet.h"
#include "fuzz_gen.h"
#include "fuzz.bpf.skel.h"

#define COUNT		200
#define MANY		4000	/* so many show each feature often */
#define OFTEN		100
#define BATCH		100	/* programs that share a puppet and a cgroup */
#define RUNS		3	/* of a program */
#define REPORTS		8	/* of one kind */
#define HANG_MS		20000
#define WATCH_MS	200
#define CGROUP		"/sys/fs/cgroup/fuzz"
#define LOAD_MS		300	/* for the verifier, before it is told to give up */
#define LOG_SIZE	(4 << 20)

struct tally {
	int generated, accepted, refused, run, branches, loops, both;
};

static struct fuzz *s;
static struct fuzz_env env;
static struct fuzz_prog prog;
static struct tally all, by_feature[FZ_NR], by_mutation[MUT_NR];
static int nr_wrong, nr_clean_refused, nr_too_complex, nr_mistakes_accepted;
static bool single;
static char verifier_log[LOG_SIZE];
static u32 baseline[FUZZ_PIDS];

/* How far the run has come, for the watchdog */
static volatile u64 current_seed;
static const char *volatile stage;
static volatile bool busy;

static u64 env_u64(const char *name, u64 otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

/* Where the kernel is in it */
static void show_stack(void)
{
	FILE *file = fopen("/proc/self/stack", "r");
	char line[160];

	while (file && fgets(line, sizeof(line), file))
		scx_note("%s", line);
	if (file)
		fclose(file);
}

/*
 * By how often it woke up meanwhile, as clocks go on when the whole machine does not.
 * A single program may take the time it wants. Signals are for who loads programs.
 */
static void *watch(void *arg)
{
	u64 watched = 0;
	sigset_t alarm;
	int times = 0;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &alarm, NULL), 0);
	for (;;) {
		usleep(WATCH_MS * 1000);
		times = current_seed == watched && busy && !single ? times + 1 : 0;
		watched = current_seed;
		if (times < scx_ms(HANG_MS) / WATCH_MS)
			continue;
		show_stack();
		FAIL("seed %lu: %s takes too long", current_seed, stage);
	}
	return NULL;
}

static void on_alarm(int sig)
{
}

/* The verifier looks for signals. Only a single program gets the time it takes. */
static void limit_time(int ms)
{
	struct itimerval limit = {
		.it_value = { ms / 1000, ms % 1000 * 1000 },
		.it_interval = { 0, ms ? 100 * 1000 : 0 },
	};
	struct sigaction action = { .sa_handler = on_alarm };

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	if (!single)
		CHECK_EQ(setitimer(ITIMER_REAL, &limit, NULL), 0);
}

/* Objects are of types in the BTF that their maps have, too. */
static void set_func_infos(struct bpf_func_info *infos)
{
	int func = btf__find_by_name_kind(env.own_btf, "fuzz_func", BTF_KIND_FUNC);
	int i;

	infos[0].insn_off = 0;
	infos[0].type_id = btf__find_by_name_kind(env.own_btf, "fuzz_main", BTF_KIND_FUNC);
	for (i = 0; i < prog.nr_funcs; i++)
		infos[i + 1] = (struct bpf_func_info) { prog.funcs[i], func };
}

static enum bpf_prog_type prog_type(void)
{
	return prog.sleepable ? BPF_PROG_TYPE_SYSCALL :
	       prog.roots ? BPF_PROG_TYPE_SCHED_CLS : BPF_PROG_TYPE_TRACING;
}

static int load(u32 flags, int log_level)
{
	static int tracepoint;
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	struct bpf_func_info infos[1 + FUZZ_FUNCS];
	int fd;

	if (!tracepoint)
		tracepoint = btf__find_by_name_kind(env.btf, "btf_trace_task_rename",
						    BTF_KIND_TYPEDEF);
	set_func_infos(infos);
	opts.prog_btf_fd = bpf_object__btf_fd(s->obj);
	opts.func_info = infos;
	opts.func_info_cnt = 1 + prog.nr_funcs;
	opts.func_info_rec_size = sizeof(infos[0]);
	opts.prog_flags = flags;
	opts.log_level = log_level;
	opts.attempts = 1;
	if (log_level) {
		opts.log_buf = verifier_log;
		opts.log_size = LOG_SIZE;
		verifier_log[0] = 0;
	}
	if (prog.sleepable) {
		opts.prog_flags |= BPF_F_SLEEPABLE;
	} else if (!prog.roots) {
		opts.expected_attach_type = BPF_TRACE_RAW_TP;
		opts.attach_btf_id = tracepoint;
	}
	limit_time(scx_ms(LOAD_MS));
	fd = bpf_prog_load(prog_type(), "fuzz", "GPL", prog.insns, prog.nr_insns, &opts);
	limit_time(0);
	return fd;
}

static bool too_complex(int err)
{
	return err == -E2BIG || err == -EAGAIN || err == -ENOMEM;
}

static void show_insns(void)
{
	int i;

	for (i = 0; i < prog.nr_insns; i++)
		scx_note("%4d: code %02x dst %d src %d off %d imm %d", i, prog.insns[i].code,
			 prog.insns[i].dst_reg, prog.insns[i].src_reg, prog.insns[i].off,
			 prog.insns[i].imm);
}

/* The last words of the verifier, or all of them */
static void show_log(u32 flags)
{
	char *line = verifier_log, *end;
	int fd = load(flags, single ? 2 : 1);

	if (fd >= 0)
		close(fd);
	if (single) {
		for (; (end = strchr(line, '\n')); line = end + 1)
			scx_note("%.*s", (int)(end - line), line);
		return;
	}
	end = strstr(verifier_log, "\nprocessed ");
	if (!end)
		return;
	for (line = end; line > verifier_log && line[-1] != '\n'; )
		line--;
	scx_note("    %.*s", (int)(end - line), line);
}

static void report(const char *what, u32 flags)
{
	scx_note("seed %lu (%s, %s): %s", prog.seed,
		 prog.sleepable ? "sleeps" : prog.roots ? "roots" : "atomic",
		 fuzz_mutation_names[prog.mutation], what);
	show_log(flags);
}

/*
 * Programs that have roots are called for packets. This one is called by itself.
 */
static void run_prog(int fd)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	char packet[64] = {};

	if (!prog.sleepable) {
		opts.data_in = packet;
		opts.data_size_in = sizeof(packet);
	}
	CHECK_EQ(bpf_prog_test_run_opts(fd, &opts), 0);
}

/*
 * Maps as they are before each program
 */
static void drain_roots(void)
{
	do {
		run_prog(bpf_program__fd(s->progs.drain));
	} while (s->bss->nr_drained);
}

static void reset_maps(void)
{
	static const char zero[512];
	u32 key;

	for (key = 0; key < FUZZ_SLOTS; key++) {
		CHECK_EQ(bpf_map_update_elem(env.maps[MAP_SLOTS], &key, zero, 0), 0);
		CHECK_EQ(bpf_map_update_elem(env.maps[MAP_TIMERS], &key, zero, 0), 0);
		CHECK_EQ(bpf_map_update_elem(env.maps[MAP_LOCKS], &key, zero, 0), 0);
	}
	for (key = 0; key < 2 * FUZZ_SLOTS; key++) {
		bpf_map_delete_elem(env.maps[MAP_TABLE], &key);
		if (key < FUZZ_SLOTS)
			CHECK_EQ(bpf_map_update_elem(env.maps[MAP_TABLE], &key, zero, 0), 0);
	}
	key = 0;
	CHECK_EQ(bpf_map_update_elem(env.maps[MAP_SINGLE], &key, zero, 0), 0);
	if (prog.features & (1 << FZ_TREE | 1 << FZ_LIST))
		drain_roots();
	if (prog.features & (1 << FZ_TASK_STORAGE | 1 << FZ_CGROUP_STORAGE))
		CHECK_EQ(scx_run_prog(s->progs.clear_storage), 0);
}

static void forget_seen(void)
{
	u64 seen[FUZZ_SITES];
	u32 key = 0;
	int i;

	for (i = 0; i < FUZZ_SITES; i++)
		seen[i] = FUZZ_UNSEEN;
	CHECK_EQ(bpf_map_update_elem(env.maps[MAP_SEEN], &key, seen, 0), 0);
}

/* A program with another instruction may as well log something else. */
static void check_seen(void)
{
	u64 seen[FUZZ_SITES];
	u32 key = 0;
	int i;

	CHECK_EQ(bpf_map_lookup_elem(env.maps[MAP_SEEN], &key, seen), 0);
	for (i = 0; i < prog.nr_sites; i++) {
		if (seen[i] == FUZZ_UNSEEN || prog.mutation == MUT_INSN ||
		    prog.mutation == MUT_ACCESS || prog.mutation == MUT_WRONG_VAR ||
		    prog.mutation == MUT_SWAP)
			continue;
		if ((s64)seen[i] >= prog.sites[i].min && (s64)seen[i] <= prog.sites[i].max)
			continue;
		report("it saw what cannot be", 0);
		FAIL("seed %lu: place %d: %ld, not %ld..%ld", prog.seed, i, seen[i],
		     prog.sites[i].min, prog.sites[i].max);
	}
}

static bool users_as_before(void)
{
	CHECK_EQ(scx_run_prog(s->progs.count_users), 0);
	return !memcmp(s->bss->users, baseline, sizeof(baseline));
}

static void check_users(void)
{
	int i;

	if (WAIT(users_as_before(), 10000))
		return;
	report("it keeps or loses a task", 0);
	for (i = 0; i < FUZZ_PIDS; i++)
		scx_note("    pid %d: %u references, before %u", env.pids[i],
			 s->bss->users[i], baseline[i]);
	FAIL("seed %lu: references", prog.seed);
}

static void run(int fd)
{
	bool traces = prog_type() == BPF_PROG_TYPE_TRACING;
	char name[16];
	int i, link = -1;

	snprintf(name, sizeof(name), "fz%lu", prog.seed);
	forget_seen();
	if (traces) {
		link = bpf_raw_tracepoint_open(NULL, fd);
		CHECK_GE(link, 0);
	}
	for (i = 0; i < RUNS; i++) {
		CHECK_EQ(prctl(PR_SET_NAME, name), 0);
		if (!traces)
			run_prog(fd);
	}
	if (link >= 0)
		close(link);
	stage = "resetting";
	check_seen();
	reset_maps();
	check_users();
}

static void count(struct tally *t, bool accepted)
{
	bool loops = prog.nr_loops, branches = prog.nr_branches;

	t->generated++;
	t->accepted += accepted;
	t->refused += !accepted;
	t->run += accepted;
	t->branches += accepted && branches;
	t->loops += accepted && loops;
	t->both += accepted && loops && branches;
}

static void count_all(bool accepted)
{
	int i;

	count(&all, accepted);
	count(&by_mutation[prog.mutation], accepted);
	for (i = 0; i < FZ_NR; i++)
		if (prog.features & (1u << i))
			count(&by_feature[i], accepted);
}

/* With every state kept, and compared, the verdict is the same. */
static void check_verdict(int verdict)
{
	int fd = load(BPF_F_TEST_STATE_FREQ, 0);
	bool refused = fd < 0, accepted = verdict >= 0;

	if (!refused)
		close(fd);
	if (refused != accepted)
		return;
	if (too_complex(fd) || too_complex(verdict)) {
		nr_too_complex += refused;
		return;
	}
	if (++nr_wrong > REPORTS)
		return;
	report(verdict < 0 ? "accepted only if all states are kept" :
	       "refused only if all states are kept", verdict < 0 ? 0 : BPF_F_TEST_STATE_FREQ);
}

/*
 * What the verifier must not accept, unless it knows that it is never executed. Not next
 * of another iterator, nor none at all in a loop that is always left before its end.
 */
static const bool always_wrong[MUT_NR] = {
	[MUT_LEAK] = true, [MUT_RELEASE_TWICE] = true, [MUT_USE_RELEASED] = true,
	[MUT_NO_RCU_UNLOCK] = true, [MUT_USE_AFTER_RCU] = true, [MUT_NO_NEW] = true,
	[MUT_NO_DESTROY] = true, [MUT_DESTROY_TWICE] = true, [MUT_ITER_OVERWRITE] = true,
	[MUT_SLEEP] = true, [MUT_LOCK] = true, [MUT_OBJ_LEAK] = true,
	[MUT_DROP_TWICE] = true, [MUT_USE_DROPPED] = true, [MUT_USE_UNLOCKED] = true,
	[MUT_USE_TAKEN] = true, [MUT_ADD_TWICE] = true, [MUT_NO_ROOT_LOCK] = true,
	[MUT_OTHER_LOCK] = true, [MUT_OTHER_ROOT] = true, [MUT_OTHER_NODE] = true,
	[MUT_LESS] = true, [MUT_LINKS] = true, [MUT_OBJ_KPTR] = true,
};

static bool visited(int insn)
{
	char line[16];

	snprintf(line, sizeof(line), "\n%d: (", insn);
	return strstr(verifier_log, line);
}

static void check_mistake(void)
{
	int fd;

	if (!always_wrong[prog.mutation])
		return;
	fd = load(0, 2);
	if (fd < 0)
		return;
	close(fd);
	if (visited(prog.before_mistake) && visited(prog.before_mistake + 1) &&
	    ++nr_mistakes_accepted <= REPORTS)
		report("accepted with its mistake", 0);
}

static void try_seed(u64 seed)
{
	int fd;

	fuzz_generate(&prog, seed);
	current_seed = seed;
	busy = true;
	if (single)
		show_insns();
	stage = "loading";
	fd = load(0, 0);
	count_all(fd >= 0);
	if (single)
		report(fd < 0 ? strerror(-fd) : "accepted", 0);
	else if (fd < 0 && too_complex(fd) && !nr_too_complex++)
		scx_note("seed %lu, as others, is too complex for the verifier", seed);
	else if (fd < 0 && !too_complex(fd) && !prog.mutation && ++nr_clean_refused <= REPORTS)
		report("refused, though without a mistake", 0);
	stage = "loading with all states";
	check_verdict(fd);
	if (fd >= 0) {
		check_mistake();
		stage = "running";
		run(fd);
		close(fd);
	}
	busy = false;
}

/*
 * What programs of a batch share: gone, with what belongs to it, when they are.
 */
static struct puppet *batch_begin(void)
{
	struct puppet *puppet = puppet_start(NULL);
	struct stat st;
	int i;

	if (access(CGROUP, F_OK))
		CHECK_EQ(mkdir(CGROUP, 0755), 0);
	CHECK(scx_put(CGROUP "/cgroup.procs", "0"));
	CHECK_EQ(stat(CGROUP, &st), 0);
	env.cgroup = st.st_ino;
	env.pids[0] = puppet->pid;
	env.pids[1] = getpid();
	env.pids[2] = 1;
	for (i = 0; i < FUZZ_PIDS; i++)
		s->bss->pids[i] = env.pids[i];
	s->bss->nr_tasks_freed = 0;
	s->bss->nr_cgroups_gone = 0;
	s->bss->watched_pid = puppet->pid;
	s->bss->watched_cgroup = env.cgroup;
	CHECK_EQ(scx_run_prog(s->progs.count_users), 0);
	memcpy(baseline, s->bss->users, sizeof(baseline));
	return puppet;
}

/* A counter misses what happens on its CPU before it is through: in a timer's callback. */
static u64 missed(const struct bpf_program *counter)
{
	struct bpf_prog_info info = {};
	u32 len = sizeof(info);

	CHECK_EQ(bpf_obj_get_info_by_fd(bpf_program__fd(counter), &info, &len), 0);
	return info.recursion_misses;
}

static bool masks_freed(void)
{
	return s->bss->nr_masks_freed <= s->bss->nr_masks + missed(s->progs.mask_created) &&
	       s->bss->nr_masks <= s->bss->nr_masks_freed + missed(s->progs.mask_freed);
}

static bool owners_gone(void)
{
	u64 made = s->bss->nr_owners, gone = s->bss->nr_owners_gone;

	return gone <= made + missed(s->progs.object_created) +
		       missed(s->progs.object_acquired) &&
	       made <= gone + missed(s->progs.object_put);
}

static void batch_end(struct puppet *puppet, u64 first, u64 last)
{
	puppet_stop(puppet);
	CHECK(scx_put("/sys/fs/cgroup/cgroup.procs", "0"));
	CHECK_SOON(!rmdir(CGROUP));
	if (!WAIT(s->bss->nr_tasks_freed == 1, 10000))
		FAIL("seeds %lu..%lu: they keep a task", first, last);
	if (!WAIT(s->bss->nr_cgroups_gone == 1, 10000))
		FAIL("seeds %lu..%lu: they keep a cgroup", first, last);
	if (!WAIT(masks_freed(), 10000))
		FAIL("seeds %lu..%lu: of %lu CPU masks %lu were freed", first, last,
		     s->bss->nr_masks, s->bss->nr_masks_freed);
	if (!WAIT(owners_gone(), 10000))
		FAIL("seeds %lu..%lu: of %lu owners of objects %lu gave up", first, last,
		     s->bss->nr_owners, s->bss->nr_owners_gone);
}

static void show_tally(const char *name, const struct tally *t)
{
	if (t->generated)
		scx_note("%-20s %9d %8d %7d %5d %8d %5d %5d", name, t->generated, t->accepted,
			 t->refused, t->run, t->branches, t->loops, t->both);
}

static void show_tallies(void)
{
	int i;

	scx_note("%-20s %9s %8s %7s %5s %8s %5s %5s", "feature", "generated", "accepted",
		 "refused", "run", "branches", "loops", "both");
	for (i = 0; i < FZ_NR; i++)
		show_tally(fuzz_feature_names[i], &by_feature[i]);
	scx_note("mistake");
	for (i = 0; i < MUT_NR; i++)
		show_tally(fuzz_mutation_names[i], &by_mutation[i]);
	show_tally("all", &all);
	scx_note("too complex for a verdict: %d", nr_too_complex);
	scx_note("owners of objects: %lu, gone %lu, missed %lu %lu %lu", s->bss->nr_owners,
		 s->bss->nr_owners_gone, missed(s->progs.object_created),
		 missed(s->progs.object_acquired), missed(s->progs.object_put));
}

static void check_tallies(int count)
{
	int i;

	show_tallies();
	CHECK_EQ(nr_wrong, 0);
	CHECK_EQ(nr_mistakes_accepted, 0);
	if (count < COUNT)
		return;
	CHECK_GE(all.accepted * 5, all.generated);
	CHECK_GT(all.refused, 0);
	CHECK_EQ(nr_clean_refused, 0);
	for (i = 0; i < FZ_NR; i++)
		if (by_feature[i].both < (count < MANY ? 1 : OFTEN))
			FAIL("%d programs with \"%s\", loops and branches were accepted",
			     by_feature[i].both, fuzz_feature_names[i]);
}

static void watch_by(const struct bpf_program *watcher)
{
	if (!bpf_program__attach(watcher))
		scx_skip("cannot attach %s", bpf_program__name(watcher));
}

static void find_maps(void)
{
	env.maps[MAP_SLOTS] = bpf_map__fd(s->maps.slots);
	env.maps[MAP_SINGLE] = bpf_map__fd(s->maps.single);
	env.maps[MAP_TABLE] = bpf_map__fd(s->maps.table);
	env.maps[MAP_TIMERS] = bpf_map__fd(s->maps.timers);
	env.maps[MAP_LOCKS] = bpf_map__fd(s->maps.locks);
	env.maps[MAP_OF_TASK] = bpf_map__fd(s->maps.of_task);
	env.maps[MAP_OF_CGROUP] = bpf_map__fd(s->maps.of_cgroup);
	env.maps[MAP_RECORDS] = bpf_map__fd(s->maps.records);
	env.maps[MAP_SEEN] = bpf_map__fd(s->maps.seen);
	env.maps[MAP_ROOTS] = bpf_map__fd(s->maps.roots);
	env.maps[MAP_ROOT] = bpf_map__fd(s->maps.root);
}

static void start(void)
{
	static pthread_t watchdog;

	if (access("/sys/fs/cgroup/cgroup.procs", W_OK))
		scx_skip("no cgroup2 in /sys/fs/cgroup");
	s = SCX_OPEN_LOAD(fuzz);
	env.btf = btf__load_vmlinux_btf();
	CHECK(env.btf);
	env.own_btf = bpf_object__btf(s->obj);
	find_maps();
	CHECK(fuzz_gen_init(&env));
	watch_by(s->progs.task_freed);
	watch_by(s->progs.cgroup_gone);
	watch_by(s->progs.mask_created);
	watch_by(s->progs.mask_freed);
	watch_by(s->progs.object_created);
	watch_by(s->progs.object_acquired);
	watch_by(s->progs.object_put);
	watch_by(s->progs.first_there);
	watch_by(s->progs.second_there);
	CHECK_EQ(pthread_create(&watchdog, NULL, watch, NULL), 0);
}

static void fuzz_seeds(u64 first, int count)
{
	struct puppet *puppet = NULL;
	u64 begin = first;
	int i;

	single = count == 1;
	scx_note("seeds %lu..%lu", first, first + count - 1);
	for (i = 0; i < count; i++) {
		if (i % BATCH == 0) {
			puppet = batch_begin();
			begin = first + i;
		}
		try_seed(first + i);
		if (i % BATCH == BATCH - 1 || i == count - 1)
			batch_end(puppet, begin, first + i);
	}
	check_tallies(count);
}

static int wanted_count(void)
{
	return env_u64("SCX_TEST_FUZZ_COUNT", scx_rounds(COUNT));
}

static void without_scheduler(void)
{
	start();
	fuzz_seeds(env_u64("SCX_TEST_FUZZ_SEED", 1), wanted_count());
}

/* Then there are tasks in DSQs. Other programs than before, but for a single one. */
static void with_scheduler(void)
{
	u64 first = env_u64("SCX_TEST_FUZZ_SEED", 1);
	int count = wanted_count();
	struct work *work = work_start(WORK_MIX, 4, 0);
	struct bpf_link *link;

	start();
	link = scx_attach(s->maps.ops);
	fuzz_seeds(count == 1 ? first : first + count, (count + 3) / 4);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	work_stop(work);
}

SCX_TEST(SCX_CASE(without_scheduler), SCX_CASE(with_scheduler));
