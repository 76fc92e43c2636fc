// SPDX-License-Identifier: GPL-2.0
/*
 * Storage of tasks is there for a scheduler whoever else is busy with storage on
 * the CPU, and what is there already for everybody.
 */
#include <sys/syscall.h>
#include "scx_test.h"
#include "storage_busy.bpf.skel.h"

#define CPU	1

static int wakes_up(void *arg)
{
	scx_pin(0, CPU);
	while (!usleep(1000))
		;
	return 0;
}

static void schedulers_get_in(void)
{
	struct storage_busy *s = SCX_OPEN(storage_busy);
	struct bpf_link *held, *link;
	int pidfd, i, rounds = scx_rounds(50);
	__u64 value = 1;

	/* Before there is a link that it would hold. */
	scx_fork(wakes_up, NULL);
	s->rodata->holder = getpid();
	SCX_LOAD(s, storage_busy);
	pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	CHECK_GE(pidfd, 0);
	CHECK_EQ(bpf_map_update_elem(bpf_map__fd(s->maps.kept), &pidfd, &value, BPF_ANY), 0);

	held = bpf_program__attach(s->progs.hold);
	if (!held)
		scx_skip("cannot trace bpf_local_storage_update()");
	link = scx_attach(s->maps.ops);
	scx_pin(0, CPU);
	for (i = 0; i < rounds; i++) {
		CHECK_EQ(bpf_map_update_elem(bpf_map__fd(s->maps.kept), &pidfd, &value,
					     BPF_ANY), 0);
		usleep(1000);
	}
	bpf_link__destroy(held);
	CHECK_EQ(s->bss->nr_held, (__u64)rounds);
	CHECK_EQ(s->bss->nr_kept_seen, s->bss->nr_held);
	CHECK_GT(s->bss->nr_made, 0);
	CHECK_EQ(s->bss->nr_not_made, 0);
	CHECK_EQ(s->bss->nr_deleted, s->bss->nr_made);
	scx_note("made and deleted %lu times in %d", s->bss->nr_made, rounds);
	bpf_link__destroy(link);
	CHECK_EXIT(s, SCX_EXIT_UNREG, NULL);
}

SCX_TEST(SCX_CASE(schedulers_get_in));
