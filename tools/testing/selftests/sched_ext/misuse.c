// SPDX-License-Identifier: GPL-2.0
/*
 * Schedulers that call a kfunc or return from an op with something that cannot
 * be. Each is ejected with the reason, the kfunc or op and the offending value
 * named, and where it was noticed in the kernel log; and tasks beside it, the one
 * that it was done to included, get on.
 */
#include "scx_puppet.h"
#include "misuse.h"
#include "misuse.bpf.skel.h"

struct wrong {
	u32 misuse;
	bool task;			/* the message names the victim */
	const char *what;
	const char *words[2];		/* and these */
};

static const struct wrong in_enqueue[] = {
	{ ENQ_BAD_DSQ, true, "insert into a DSQ that is not there", { "0xbad5c0" } },
	{ ENQ_BAD_BUILTIN, false, "built-in DSQ that is not there",
		{ "scx_bpf_dispatch:", "0x8000000000bad5c0" } },
	{ ENQ_INVALID, false, "SCX_DSQ_INVALID", { "scx_bpf_dispatch:", "0x8000000000000000" } },
	{ ENQ_BAD_LOCAL_ON, false, "local DSQ of no CPU", { "scx_bpf_dispatch:", "4321" } },
	{ ENQ_TWICE, true, "insert twice", { "scx_bpf_dispatch:" } },
	{ ENQ_FOREIGN, true, "insert another task",
		{ "scx_bpf_dispatch: called for", "while ops.enqueue() is about" } },
	{ ENQ_VTIME_GLOBAL, false, "vtime on the global DSQ",
		{ "scx_bpf_dispatch_vtime:", "0x8000000000000001" } },
	{ ENQ_VTIME_LOCAL, false, "vtime on the local DSQ",
		{ "scx_bpf_dispatch_vtime:", "0x8000000000000002" } },
	{ ENQ_VTIME_LOCAL_ON, false, "vtime on a CPU's local DSQ",
		{ "scx_bpf_dispatch_vtime:", "0xc0000000000000" } },
	{ ENQ_FIFO_AMONG_VTIME, true, "FIFO among vtime", { "0x2", "FIFO" } },
	{ ENQ_VTIME_AMONG_FIFO, true, "vtime among FIFO", { "0x2", "vtime" } },
	{ ENQ_DESTROY_FULL, false, "destroy a DSQ with a task on it",
		{ "scx_bpf_destroy_dsq:", "0x2" } },
	{ ENQ_KICK_BAD_CPU, false, "kick no CPU", { "scx_bpf_kick_cpu:", "4321" } },
	{ ENQ_KICK_NEGATIVE_CPU, false, "kick CPU -1", { "scx_bpf_kick_cpu:", "-1" } },
	{ ENQ_KICK_BAD_FLAGS, false, "kick idle and preempt", { "scx_bpf_kick_cpu:", "0x3" } },
};

static const struct wrong in_select_cpu[] = {
	{ SELECT_BAD_CPU, true, "return no CPU", { "select_cpu", "4321" } },
	{ SELECT_NEGATIVE_CPU, true, "return CPU -1", { "select_cpu", "-1" } },
	{ SELECT_BAD_DSQ, true, "insert into a DSQ that is not there", { "0xbad5c0" } },
	{ SELECT_BAD_LOCAL_ON, false, "local DSQ of no CPU", { "scx_bpf_dispatch:", "4321" } },
	{ SELECT_INSERT_TWICE, true, "insert twice", { "scx_bpf_dispatch:" } },
	{ SELECT_DFL_BAD_CPU, false, "default choice near no CPU",
		{ "scx_bpf_select_cpu_dfl:", "4321" } },
};

static const struct wrong in_dispatch[] = {
	{ DISPATCH_CONSUME_UNKNOWN, false, "consume a DSQ that is not there",
		{ "scx_bpf_consume:", "0xbad5c0" } },
	{ DISPATCH_CONSUME_GLOBAL, false, "consume the global DSQ",
		{ "scx_bpf_consume:", "0x8000000000000001" } },
	{ DISPATCH_CONSUME_LOCAL, false, "consume the local DSQ",
		{ "scx_bpf_consume:", "0x8000000000000002" } },
	{ DISPATCH_BAD_BUILTIN, false, "built-in DSQ that is not there",
		{ "scx_bpf_dispatch:", "0x8000000000bad5c0" } },
	{ DISPATCH_BAD_LOCAL_ON, false, "local DSQ of no CPU", { "scx_bpf_dispatch:", "4321" } },
	{ DISPATCH_VTIME_GLOBAL, false, "vtime on the global DSQ",
		{ "scx_bpf_dispatch_vtime:", "0x8000000000000001" } },
	{ DISPATCH_TOO_MANY, false, "more inserts than fit",
		{ "scx_bpf_dispatch:", "dispatch_max_batch" } },
	{ DISPATCH_CANCEL, false, "take back what was not given", { "scx_bpf_dispatch_cancel:" } },
};

struct stage {
	struct misuse *s;
	struct puppet *victims[2];
	struct work *work;
};

/* Long enough for a slice to end, so that ops.dispatch() has a task, too. */
static void use_cpu(void)
{
	scx_burn(scx_ms(3000));
}

static void set_up(struct stage *st)
{
	unsigned int i;

	scx_expect_eject("misuse");
	st->work = work_start(WORK_SLEEP, 4, 0);
	st->s = SCX_OPEN_LOAD(misuse);
	for (i = 0; i < ARRAY_SIZE(st->victims); i++) {
		st->victims[i] = puppet_start(use_cpu);
		st->s->bss->victim[i] = st->victims[i]->pid;
	}
}

static void tear_down(struct stage *st)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(st->victims); i++)
		puppet_stop(st->victims[i]);
	work_stop(st->work);
	misuse__destroy(st->s);
}

static bool poke_and_see(struct stage *st)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(st->victims); i++)
		if (puppet_idle(st->victims[i]))
			puppet_poke(st->victims[i]);
	return UEI_EXITED(st->s, uei);
}

static void check_message(struct stage *st, const struct wrong *w)
{
	const char *msg = st->s->data->uei.msg;
	char task[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(w->words); i++)
		if (w->words[i] && !strstr(msg, w->words[i]))
			FAIL("%s: \"%s\" does not say %s", w->what, msg, w->words[i]);
	snprintf(task, sizeof(task), PUPPET_COMM "\\[(%d|%d)\\]",
		 st->victims[0]->pid, st->victims[1]->pid);
	if (w->task && !scx_matches(msg, task))
		FAIL("%s: \"%s\" does not name the task", w->what, msg);
}

static void ejects(struct stage *st, const struct wrong *w)
{
	struct bpf_link *link;
	unsigned int i;

	st->s->bss->misuse = w->misuse;
	link = scx_attach(st->s->maps.ops);
	if (!WAIT(poke_and_see(st), 5000))
		FAIL("%s: nothing happens", w->what);
	if (st->s->data->uei.kind != SCX_EXIT_ERROR)
		FAIL("%s: kind %d: %s", w->what, st->s->data->uei.kind, st->s->data->uei.msg);
	if (strcmp(st->s->data->uei.reason, "runtime error"))
		FAIL("%s: reason \"%s\"", w->what, st->s->data->uei.reason);
	CHECK_EQ(st->s->data->uei.exit_code, 0);
	check_message(st, w);

	CHECK_SOON(scx_state_is("disabled"));
	for (i = 0; i < ARRAY_SIZE(st->victims); i++)
		CHECK_SOON(puppet_idle(st->victims[i]));
	bpf_link__destroy(link);
	SCX_FORGET_EXIT(st->s);
}

static void eject_all(const struct wrong *wrongs, int nr)
{
	struct stage st;
	int i;

	set_up(&st);
	for (i = 0; i < nr; i++) {
		ejects(&st, &wrongs[i]);
		CHECK_PROGRESS(st.work);
	}
	tear_down(&st);
}

static void from_enqueue(void)
{
	eject_all(in_enqueue, ARRAY_SIZE(in_enqueue));
}

static void from_select_cpu(void)
{
	if (scx_nr_cpus() < 2)
		scx_skip("there is one CPU only");
	eject_all(in_select_cpu, ARRAY_SIZE(in_select_cpu));
}

static void from_dispatch(void)
{
	eject_all(in_dispatch, ARRAY_SIZE(in_dispatch));
}

/* Victims are kept to one CPU and sent to another. */
static void to_forbidden_cpu(void)
{
	static const struct wrong wrong = {
		ENQ_FORBIDDEN_LOCAL_ON, true, "local DSQ of a CPU that it may not use",
		{ "CPU 1", "may not use" },
	};
	struct stage st;
	unsigned int i;

	if (scx_nr_cpus() < 2)
		scx_skip("there is one CPU only");
	set_up(&st);
	for (i = 0; i < ARRAY_SIZE(st.victims); i++)
		scx_pin(st.victims[i]->pid, 0);
	st.s->bss->forbidden_cpu = 1;
	ejects(&st, &wrong);
	CHECK_PROGRESS(st.work);
	tear_down(&st);
}

#define ERROR_LINE	";sched_ext: BPF scheduler \"misuse\" disabled due to error \\(runtime error\\): "
#define FRAME		";  +[^ ]+\\+0x[0-9a-f]+/0x[0-9a-f]+( \\[[^ ]+\\])?\n"
#define OP_FRAME	";  +bpf_prog_[0-9a-f]+_misuse_enqueue\\+"
#define MAX_FRAMES	64			/* SCX_EXIT_BT_LEN */

struct logged {
	unsigned int errors;		/* lines that tell of one */
	unsigned int frames;		/* of the backtrace that follows */
	bool has_op;			/* the program's among them */
};

static void read_log(int kmsg, struct logged *log)
{
	char record[1024];
	ssize_t len;

	for (;;) {
		len = read(kmsg, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE)
			FAIL("the log was overwritten");
		if (len < 0)
			return;
		record[len] = 0;
		if (scx_matches(record, ERROR_LINE)) {
			CHECK(scx_matches(record, "scx_bpf_dispatch: .*0x8000000000bad5c0"));
			log->errors++;
		} else if (log->errors && scx_matches(record, FRAME)) {
			log->frames++;
			log->has_op |= scx_matches(record, OP_FRAME);
		}
	}
}

/* As many frames follow the error in the kernel log as ops.exit() gets. */
static void backtrace(void)
{
	static const struct wrong wrong = {
		ENQ_BAD_BUILTIN, false, "built-in DSQ that is not there",
		{ "scx_bpf_dispatch:", "0x8000000000bad5c0" }
	};
	struct logged log = {};
	struct stage st;
	int kmsg;

	if (access("/proc/self/stack", F_OK))
		scx_skip("this kernel has no CONFIG_STACKTRACE");
	set_up(&st);
	kmsg = kmsg_open();
	ejects(&st, &wrong);
	read_log(kmsg, &log);
	close(kmsg);

	CHECK_EQ(log.errors, 1);
	CHECK_GT(st.s->bss->bt_len, 1);
	CHECK_LE(st.s->bss->bt_len, MAX_FRAMES);
	CHECK_EQ(log.frames, st.s->bss->bt_len);
	CHECK(log.has_op);
	/* Of the kernel. */
	CHECK_GT(st.s->bss->bt_first >> 63, 0);
	tear_down(&st);
}

static void does_no_harm(u32 misuse)
{
	struct bpf_link *link;
	struct stage st;

	set_up(&st);
	st.s->bss->misuse = misuse;
	link = scx_attach(st.s->maps.ops);
	CHECK_SOON(poke_and_see(&st) || st.s->bss->nr_harmless >= 20);
	CHECK_SOON(puppet_idle(st.victims[0]) && puppet_idle(st.victims[1]));
	CHECK_PROGRESS(st.work);
	bpf_link__destroy(link);
	CHECK_EXIT(st.s, SCX_EXIT_UNREG, NULL);
	tear_down(&st);
}

/* Of a task that the scheduler does not have. */
static void spurious_insert(void)
{
	does_no_harm(DISPATCH_SPURIOUS);
}

/* Enqueue flags that are the kernel's own do not get through. */
static void internal_flags(void)
{
	does_no_harm(ENQ_INTERNAL_FLAGS);
}

SCX_TEST(SCX_CASE(from_enqueue), SCX_CASE(from_select_cpu), SCX_CASE(from_dispatch),
	 SCX_CASE(to_forbidden_cpu), SCX_CASE(backtrace), SCX_CASE(spurious_insert),
	 SCX_CASE(internal_flags));
