// SPDX-License-Identifier: GPL-2.0
/*
 * A CPU that goes or comes while a scheduler is loaded ends it, gracefully and
 * with the advice to load it again. Taking CPUs away and back does nothing to
 * tasks.
 */
#include "scx_puppet.h"
#include "books.bpf.skel.h"

#define RESTART	(SCX_ECODE_RSN_HOTPLUG | SCX_ECODE_ACT_RESTART)

static void set_online(int cpu, bool online)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	if (access(path, W_OK))
		scx_skip("CPU %d cannot be taken off", cpu);
	if (!scx_put(path, online ? "1" : "0"))
		FAIL("cannot set CPU %d %s: %s", cpu, online ? "online" : "offline",
		     strerror(errno));
}

static void check_ejected(struct books *s, struct bpf_link *link, struct work *work)
{
	CHECK_EXIT(s, SCX_EXIT_UNREG_KERN, NULL);
	CHECK_EQ(s->data->uei.exit_code, RESTART);
	CHECK_SOON(scx_state_is("disabled"));
	CHECK_PROGRESS(work);
	CHECK_EQ(bpf_link__destroy(link), 0);
	SCX_FORGET_EXIT(s);
}

static void check_works(struct books *s, struct work *work)
{
	struct bpf_link *link = scx_attach(s->maps.ops);

	CHECK(scx_state_is("enabled"));
	CHECK_PROGRESS(work);
	CHECK_EQ(bpf_link__destroy(link), 0);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	SCX_FORGET_EXIT(s);
}

static void off_and_on(void)
{
	int i, cpu = scx_nr_cpus() - 1;
	struct bpf_link *link;
	struct work *work;
	struct books *s;

	if (cpu < 1)
		scx_skip("there is one CPU only");
	scx_expect_log("^sched_ext: .*books.*unregistered from the main kernel");
	work = work_start(WORK_SLEEP, 4, 0);
	s = SCX_OPEN_LOAD(books);
	for (i = 0; i < 2; i++) {
		link = scx_attach(s->maps.ops);
		set_online(cpu, false);
		check_ejected(s, link, work);
		check_works(s, work);

		link = scx_attach(s->maps.ops);
		set_online(cpu, true);
		check_ejected(s, link, work);
		check_works(s, work);
	}
	work_stop(work);
	books__destroy(s);
}

SCX_TEST(SCX_CASE(off_and_on));
