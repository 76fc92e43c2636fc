// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks run as often as the helper says, and what they leave is there: for the
 * verifier may well forget what it knows, but must not make anything up.
 */
#include <limits.h>
#include "scx_test.h"
#include "callbacks.h"
#include "callbacks.bpf.skel.h"

#define MAX_LOOPS	(8 * 1024 * 1024)	/* BPF_MAX_LOOPS */

static struct callbacks *load(void)
{
	struct callbacks *s = SCX_OPEN(callbacks);

	CHECK_EQ(callbacks__load(s), 0);
	return s;
}

static int run(struct callbacks *s, const struct bpf_program *prog, __u32 nr)
{
	memset(&s->bss->seen, 0, sizeof(s->bss->seen));
	s->bss->nr = nr;
	return scx_run_prog(prog);
}

static void check_seen(const struct callbacks *s, unsigned long turns, unsigned long sum)
{
	CHECK_EQ(s->bss->seen.turns, turns);
	CHECK_EQ(s->bss->seen.sum, sum);
}

static void loops(void)
{
	static const __u32 numbers[] = { 0, 1, 2, 10, 1000, 100000 };
	struct callbacks *s = load();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		unsigned long nr = numbers[i];

		CHECK_EQ(run(s, s->progs.loop, nr), nr);
		check_seen(s, nr, nr * (nr - 1) / 2);
		CHECK_EQ(s->bss->seen.last, nr ? nr - 1 : 0);
	}
	CHECK_EQ(run(s, s->progs.loop, MAX_LOOPS + 1), -E2BIG);
	check_seen(s, 0, 0);
	s->data->stop_at = 4;
	CHECK_EQ(run(s, s->progs.loop, 10), 5);
	check_seen(s, 5, 0 + 1 + 2 + 3 + 4);
	callbacks__destroy(s);
}

static void set_elems(struct callbacks *s, __u32 nr)
{
	__u64 key, value;
	__u32 i;

	for (i = 0; i < nr; i++) {
		key = i + 10;
		value = key;
		CHECK_EQ(bpf_map__update_elem(s->maps.hash, &key, sizeof(key), &value,
					      sizeof(value), BPF_ANY), 0);
		CHECK_EQ(bpf_map__update_elem(s->maps.values, &i, sizeof(i), &value,
					      sizeof(value), BPF_ANY), 0);
	}
}

static void walks(void)
{
	struct callbacks *s = load();

	CHECK_EQ(run(s, s->progs.walk_hash, 0), 0);
	check_seen(s, 0, 0);
	CHECK_EQ(run(s, s->progs.walk_array, 0), CALLBACKS_ELEMS);
	check_seen(s, CALLBACKS_ELEMS, 0);
	set_elems(s, 3);
	CHECK_EQ(run(s, s->progs.walk_hash, 0), 3);
	check_seen(s, 3, 10 + 11 + 12);
	CHECK_EQ(run(s, s->progs.walk_array, 0), CALLBACKS_ELEMS);
	check_seen(s, CALLBACKS_ELEMS, 10 + 11 + 12);
	s->data->stop_at = 11;
	CHECK_EQ(run(s, s->progs.walk_array, 0), 2);
	check_seen(s, 2, 10 + 11);
	callbacks__destroy(s);
}

/* The lock of the address space may be busy. */
static int find_vma(struct callbacks *s, unsigned long addr)
{
	int err, tries = 1000;

	s->bss->addr = addr;
	do {
		err = run(s, s->progs.find_vma, 0);
	} while (err == -EBUSY && --tries);
	return err;
}

static void areas(void)
{
	struct callbacks *s = load();

	CHECK_EQ(find_vma(s, (unsigned long)&s), 0);
	check_seen(s, 1, 1);
	CHECK_EQ(find_vma(s, ULONG_MAX - 4096), -ENOENT);
	check_seen(s, 0, 0);
	callbacks__destroy(s);
}

static void submit(struct user_ring_buffer *rb, int nr)
{
	unsigned char *record;

	while (nr--) {
		record = user_ring_buffer__reserve(rb, CALLBACKS_RECORD);
		if (!record)
			FAIL("reserve: %s", strerror(errno));
		*record = nr + 20;
		user_ring_buffer__submit(rb, record);
	}
}

static void records(void)
{
	struct callbacks *s = load();
	struct user_ring_buffer *rb;

	rb = user_ring_buffer__new(bpf_map__fd(s->maps.records), NULL);
	if (!rb)
		FAIL("user_ring_buffer: %s", strerror(errno));
	CHECK_EQ(run(s, s->progs.drain, 0), 0);
	check_seen(s, 0, 0);
	submit(rb, 1);
	CHECK_EQ(run(s, s->progs.drain, 0), 1);
	check_seen(s, 1, 20);
	submit(rb, 5);
	CHECK_EQ(run(s, s->progs.drain, 0), 5);
	check_seen(s, 5, 20 + 21 + 22 + 23 + 24);
	user_ring_buffer__free(rb);
	callbacks__destroy(s);
}

static void nested(void)
{
	struct callbacks *s = load();
	int ret;

	s->bss->nr_inner = 3;
	CHECK_EQ(run(s, s->progs.nested, 5), 5);
	check_seen(s, 5 * 3 * 3, 5 * 3 * (0 + 1 + 2));
	CHECK_EQ(run(s, s->progs.nested, 0), 0);
	check_seen(s, 0, 0);
	s->bss->nr_inner = 0;
	CHECK_EQ(run(s, s->progs.nested, 5), 5);
	check_seen(s, 0, 0);
	s->bss->nr_inner = 1;
	ret = run(s, s->progs.either, 4);
	CHECK_EQ(ret, 4);
	CHECK_EQ(s->bss->seen.turns, 4);
	callbacks__destroy(s);
}

static void left_behind(void)
{
	struct callbacks *s = load();

	CHECK_EQ(run(s, s->progs.set_up, 0), 0);
	CHECK_EQ(s->bss->array[0], 1);
	CHECK_EQ(run(s, s->progs.set_up, 2), 3);
	CHECK_EQ(run(s, s->progs.fill, 0), 0);
	CHECK_EQ(run(s, s->progs.fill, 3), 3);
	CHECK_EQ(s->bss->seen.sum, 0 + 1 + 2);
	CHECK_EQ(run(s, s->progs.fill, 100), 8);
	CHECK_EQ(s->bss->seen.sum, 0 + 1 + 2 + 3 + 4 + 5 + 6 + 7);
	CHECK_EQ(run(s, s->progs.many_ways, 7), 14);
	callbacks__destroy(s);
}

static void references(void)
{
	struct callbacks *s = load();

	CHECK_EQ(run(s, s->progs.keep, 2), 0);
	check_seen(s, 1, 1);
	callbacks__destroy(s);
}

SCX_TEST(SCX_CASE(loops), SCX_CASE(walks), SCX_CASE(areas), SCX_CASE(records),
	 SCX_CASE(nested), SCX_CASE(left_behind), SCX_CASE(references));
