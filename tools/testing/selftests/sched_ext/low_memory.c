// SPDX-License-Identifier: GPL-2.0
/*
 * Local storage is created with the lock of a runqueue held while memory is so low
 * that the kernel wants to reclaim some: who does that is woken up by others.
 */
#include <stdio.h>
#include "scx_puppet.h"
#include "low_memory.bpf.skel.h"

#define MIN_FREE	"/proc/sys/vm/min_free_kbytes"

static long read_kb(const char *path, const char *format)
{
	FILE *file = fopen(path, "r");
	char line[256];
	long kb = -1;

	CHECK(file);
	while (kb < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, format, &kb) != 1)
			kb = -1;
	fclose(file);
	CHECK_GE(kb, 0);
	return kb;
}

static void set_min_free(long kb)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", kb);
	CHECK(scx_put(MIN_FREE, text));
}

/* Each with a storage of its own for as long as it lives. */
static struct work *start_crowd(int nr)
{
	return work_start(WORK_SLEEP, nr, WORK_THREADS);
}

static void create_storage(void)
{
	long min_free = read_kb(MIN_FREE, "%ld");
	struct low_memory *s = SCX_OPEN_LOAD(low_memory);
	struct bpf_link *watch, *link;
	int i, nr = scx_rounds(200);
	struct work *crowd;

	watch = bpf_program__attach(s->progs.low_memory_wakeup);
	if (!watch)
		scx_skip("cannot trace wakeup_kswapd()");
	link = scx_attach(s->maps.ops);
	for (i = 0; i < 5; i++) {
		/* Below the mark at which reclaim begins, above that of failures. */
		set_min_free(read_kb("/proc/meminfo", "MemFree: %ld") * 9 / 10);
		crowd = start_crowd(nr);
		set_min_free(min_free);
		work_stop(crowd);
		CHECK(scx_state_is("enabled"));
	}
	scx_note("created or found %lu times, %lu times not, kswapd woken up %lu times beside it",
		 s->bss->nr_got, s->bss->nr_missed, s->bss->nr_woken_outside);
	CHECK_EQ(s->bss->nr_woken_inside, 0);
	CHECK_GT(s->bss->nr_woken_outside, 0);
	CHECK_GT(s->bss->nr_got, (u64)5 * nr);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
	bpf_link__destroy(watch);
	low_memory__destroy(s);
}

SCX_TEST(SCX_CASE(create_storage));
