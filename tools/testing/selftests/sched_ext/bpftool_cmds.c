// SPDX-License-Identifier: GPL-2.0
/*
 * Schedulers by way of bpftool, as an administrator has them who did not write a
 * loader: registered with and without a link, listed, dumped, pinned, detached.
 */
#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include "scx_test.h"
#include "fifo.bpf.skel.h"
#include "plain.bpf.skel.h"
#include "timer_flags.bpf.skel.h"

#define DIR		SCX_BPFFS "/scx_bpftool"
#define PIN		DIR "/ops"		/* by the name of the map */
#define OBJECT		"/tmp/scx_bpftool.bpf.o"

static char tool[PATH_MAX];
static char said[64 * 1024];		/* by the last command */

/* What it printed is in said. Returns its exit status. */
__attribute__((format(printf, 1, 2)))
static int bpftool(const char *fmt, ...)
{
	char args[512], command[PATH_MAX + 600];
	va_list ap;
	size_t len;
	FILE *out;

	va_start(ap, fmt);
	vsnprintf(args, sizeof(args), fmt, ap);
	va_end(ap);
	snprintf(command, sizeof(command), "%s %s 2>&1", tool, args);
	out = popen(command, "r");
	CHECK(out);
	len = fread(said, 1, sizeof(said) - 1, out);
	said[len] = 0;
	return pclose(out);
}

#define RUNS(fmt, args...)						\
do {									\
	if (bpftool(fmt, ##args))					\
		FAIL("bpftool " fmt " failed: %s", ##args, said);	\
} while (0)

#define REFUSES(regex, fmt, args...)					\
do {									\
	if (!bpftool(fmt, ##args))					\
		FAIL("bpftool " fmt " did not fail", ##args);		\
	SAID(regex);							\
} while (0)

#define SAID(regex)							\
do {									\
	if (!scx_matches(said, regex))					\
		FAIL("\"%s\" does not match: %s", said, regex);		\
} while (0)

#define SAID_NOT(regex)							\
do {									\
	if (scx_matches(said, regex))					\
		FAIL("\"%s\" matches: %s", said, regex);		\
} while (0)

/* The number after the first occurrence of key. */
static unsigned int said_number(const char *key)
{
	const char *at = strstr(said, key);
	unsigned int number;

	if (!at || sscanf(at + strlen(key), "%u", &number) != 1)
		FAIL("no \"%s\" and number in: %s", key, said);
	return number;
}

/* What a case that fails leaves outlives it. */
static void tidy(void)
{
	bpftool("struct_ops unregister name ops");
	unlink(PIN);
	unlink(PIN "2");
	rmdir(DIR);
	unlink(OBJECT);
}

/* Beside the test, or what the shell finds. Not one that is too old. */
static void need_bpftool(void)
{
	char self[PATH_MAX] = "";

	CHECK_GT(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	snprintf(tool, sizeof(tool), "%s/bpftool", dirname(self));
	if (access(tool, X_OK))
		strcpy(tool, "bpftool");
	bpftool("struct_ops help");
	if (!strstr(said, "LINK_DIR"))
		scx_skip("no bpftool of this tree");
}

static void write_object(const void *elf, size_t size)
{
	FILE *file = fopen(OBJECT, "w");

	CHECK(file);
	CHECK_EQ(fwrite(elf, size, 1, file), 1);
	CHECK_EQ(fclose(file), 0);
}

#define WRITE_OBJECT(name)						\
do {									\
	size_t scx_size;						\
	const void *scx_elf = name##__elf_bytes(&scx_size);		\
									\
	write_object(scx_elf, scx_size);				\
} while (0)

static void start(void)
{
	need_bpftool();
	scx_need_bpffs();
	tidy();
	atexit(tidy);
	CHECK_EQ(mkdir(DIR, 0700), 0);
}

static void check_empty(const char *dir)
{
	CHECK_EQ(rmdir(dir), 0);
}

static unsigned int register_plain(void)
{
	WRITE_OBJECT(plain);
	RUNS("struct_ops register %s", OBJECT);
	SAID("^Registered sched_ext_ops ops id [0-9]+\n$");
	CHECK(scx_root_ops_is("plain"));
	return said_number("id ");
}

static void unload_plain(unsigned int id)
{
	RUNS("struct_ops unregister id %u", id);
	SAID("^Unregistered sched_ext_ops ops id [0-9]+\n$");
	CHECK(scx_state_is("disabled"));
}

static void plain_map(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	unsigned int id;

	start();
	id = register_plain();
	CHECK_PROGRESS(work);
	REFUSES("register struct_ops ops: Device or resource busy", "struct_ops register %s",
		OBJECT);
	CHECK(scx_root_ops_is("plain"));
	unload_plain(id);
	CHECK_PROGRESS(work);

	REFUSES("can't get map by id", "struct_ops unregister id %u", id);
	REFUSES("no struct_ops found for ops", "struct_ops unregister name ops");
	/* Once more, and by name. */
	CHECK_NE(register_plain(), id);
	RUNS("struct_ops unregister name ops");
	CHECK(scx_state_is("disabled"));
	/* Without a link there is nothing to pin. */
	RUNS("struct_ops register %s %s", OBJECT, DIR);
	unload_plain(said_number("id "));
	check_empty(DIR);
}

static void listed(void)
{
	unsigned int id;

	start();
	id = register_plain();
	RUNS("struct_ops list");
	SAID("^[0-9]+: ops +sched_ext_ops +\n$");
	CHECK_EQ(said_number(""), id);
	RUNS("struct_ops show id %u", id);
	SAID("^[0-9]+: ops +sched_ext_ops +\n$");
	RUNS("-j struct_ops show name ops");
	SAID("^\\[\\{\"id\":[0-9]+,\"name\":\"ops\",\"kernel_struct_ops\":\"sched_ext_ops\"\\}\\]");
	CHECK_EQ(said_number("\"id\":"), id);
	REFUSES("no struct_ops found for nobody", "struct_ops show name nobody");

	RUNS("map show id %u", id);
	SAID("^[0-9]+: struct_ops  name ops  flags 0x0\n");
	RUNS("prog show name fifo_enqueue");
	SAID("^[0-9]+: struct_ops  name fifo_enqueue ");
	unload_plain(id);
	RUNS("struct_ops list");
	SAID("^$");
}

static void dumped(void)
{
	unsigned int id, prog;
	char regex[64];

	start();
	id = register_plain();
	RUNS("prog show name fifo_enqueue");
	prog = said_number("");

	RUNS("struct_ops dump id %u", id);
	SAID("\"bpf_struct_ops_sched_ext_ops\": \\{");
	SAID("\"state\": \"BPF_STRUCT_OPS_STATE_INUSE\"");
	SAID("\"name\": \"plain\"");
	SAID("\"tick\": \"void \\(struct task_struct \\*\\) 0\"");
	snprintf(regex, sizeof(regex), "\"enqueue\": \".* fifo_enqueue/prog_id:%u\"", prog);
	SAID(regex);
	RUNS("-j struct_ops dump name ops");
	SAID("\"state\":\"BPF_STRUCT_OPS_STATE_INUSE\"");
	unload_plain(id);
}

static unsigned int register_link(void)
{
	WRITE_OBJECT(fifo);
	RUNS("struct_ops register %s %s", OBJECT, DIR);
	SAID("^Registered sched_ext_ops ops id [0-9]+\n$");
	CHECK(scx_root_ops_is("fifo"));
	CHECK_EQ(access(PIN, F_OK), 0);
	return said_number("id ");
}

static void link_needs_a_pin(void)
{
	long seq = scx_sysfs_long("enable_seq");

	start();
	WRITE_OBJECT(fifo);
	REFUSES("lasts as long as its link: give a LINK_DIR", "struct_ops register %s", OBJECT);
	CHECK(scx_state_is("disabled"));
	CHECK_EQ(scx_sysfs_long("enable_seq"), seq);
	RUNS("link show");
	SAID_NOT("struct_ops");

	/* A directory for pins is one of a BPF file system. */
	REFUSES("not in bpf file system|specified path /tmp", "struct_ops register %s /tmp",
		OBJECT);
	CHECK(scx_state_is("disabled"));

	/* The twin. */
	register_link();
	CHECK_EQ(unlink(PIN), 0);
	CHECK_SOON(scx_state_is("disabled"));
	check_empty(DIR);
}

/* The pin is in the way of the second one, which leaves nothing. */
static void pin_in_the_way(void)
{
	start();
	register_link();
	RUNS("link detach pinned %s", PIN);
	CHECK(scx_state_is("disabled"));
	REFUSES("can't pin the link of struct_ops ops at .*: File exists",
		"struct_ops register %s %s", OBJECT, DIR);
	CHECK(scx_state_is("disabled"));
	CHECK_EQ(unlink(PIN), 0);
	check_empty(DIR);
}

static void link_shown(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	unsigned int map, link;

	start();
	map = register_link();
	CHECK_PROGRESS(work);

	RUNS("struct_ops list");
	CHECK_EQ(said_number(""), map);
	RUNS("struct_ops dump id %u", map);
	SAID("\"state\": \"BPF_STRUCT_OPS_STATE_INUSE\"");
	SAID("\"name\": \"fifo\"");
	RUNS("map show id %u", map);
	SAID("^[0-9]+: struct_ops  name ops  flags 0x2000\n");

	RUNS("link show");
	SAID("^[0-9]+: struct_ops  prog 0 +\n\tmap_id [0-9]+ +\n$");
	CHECK_EQ(said_number("map_id "), map);
	link = said_number("");
	RUNS("-f link show id %u", link);
	SAID("\n\tpinned " PIN "\n$");
	RUNS("-j link show pinned %s", PIN);
	SAID("\"type\":\"struct_ops\"");
	CHECK_EQ(said_number("\"map_id\":"), map);
	CHECK_EQ(said_number("\"id\":"), link);

	CHECK_EQ(unlink(PIN), 0);
	CHECK_SOON(scx_state_is("disabled"));
	check_empty(DIR);
}

/* A map of links is in use by a link, and not registered by itself. */
static void link_not_unregistered(void)
{
	unsigned int map;

	start();
	map = register_link();
	REFUSES("can't unload sched_ext_ops ops id", "struct_ops unregister id %u", map);
	CHECK(scx_root_ops_is("fifo"));
	REFUSES("can't unload sched_ext_ops ops id", "struct_ops unregister name ops");
	CHECK(scx_root_ops_is("fifo"));
	CHECK_EQ(unlink(PIN), 0);
	CHECK_SOON(scx_state_is("disabled"));
	check_empty(DIR);
}

static void pinned_twice(void)
{
	unsigned int link;

	start();
	register_link();
	RUNS("link show");
	link = said_number("");
	RUNS("link pin id %u %s2", link, PIN);
	REFUSES("File exists", "link pin pinned %s %s2", PIN, PIN);
	CHECK_EQ(unlink(PIN), 0);
	CHECK(scx_root_ops_is("fifo"));
	RUNS("link show pinned %s2", PIN);
	CHECK_EQ(said_number(""), link);
	CHECK_EQ(unlink(PIN "2"), 0);
	CHECK_SOON(scx_state_is("disabled"));
	check_empty(DIR);
}

static void detached(void)
{
	unsigned int link;

	start();
	register_link();
	RUNS("link show pinned %s", PIN);
	link = said_number("");
	RUNS("link detach id %u", link);
	CHECK(scx_state_is("disabled"));

	/* What is left is a link of nothing. */
	RUNS("link show id %u", link);
	CHECK_EQ(said_number("map_id "), 0);
	RUNS("struct_ops list");
	SAID("^$");
	RUNS("link detach pinned %s", PIN);

	unlink(PIN);
	CHECK_SOON(bpftool("link show id %u", link));
	check_empty(DIR);
}

static void no_scheduler(void)
{
	start();
	WRITE_OBJECT(timer_flags);
	REFUSES("no struct_ops found in " OBJECT, "struct_ops register %s", OBJECT);
	REFUSES(".", "struct_ops register /tmp/there_is_no_such_file");
	check_empty(DIR);
}

SCX_TEST(SCX_CASE(plain_map), SCX_CASE(listed), SCX_CASE(dumped), SCX_CASE(link_needs_a_pin),
	 SCX_CASE(pin_in_the_way), SCX_CASE(link_shown), SCX_CASE(link_not_unregistered),
	 SCX_CASE(pinned_twice), SCX_CASE(detached), SCX_CASE(no_scheduler));
