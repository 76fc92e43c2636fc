// SPDX-License-Identifier: GPL-2.0
/*
 * A scheduler lives as long as its link has a holder, or until it is detached, and a
 * link that is stale has no say over the scheduler that came after. What a link says
 * of itself, and that neither its map nor the link can be given something else.
 */
#include "scx_test.h"
#include "fifo.bpf.skel.h"
#include "quit.bpf.skel.h"

#define PIN		SCX_BPFFS "/scx_selftest_link"

static void last_holder_unloads(void)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link = scx_attach(s->maps.ops);
	int fd = dup(bpf_link__fd(link));

	CHECK_GE(fd, 0);
	bpf_link__destroy(link);
	CHECK(scx_state_is("enabled"));
	CHECK_EQ(s->data->uei.kind, 0);

	close(fd);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
	CHECK(scx_state_is("disabled"));
}

static int attach_and_pin(void *arg)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);

	return bpf_link__pin(scx_attach(s->maps.ops), PIN) ? 1 : 0;
}

static void pin_outlives_loader(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct bpf_link *link;

	scx_need_bpffs();
	unlink(PIN);
	CHECK_EQ(scx_wait(scx_fork(attach_and_pin, NULL)), 0);
	CHECK(scx_root_ops_is("fifo"));
	CHECK_PROGRESS(work);

	link = bpf_link__open(PIN);
	CHECK(link);
	bpf_link__destroy(link);
	CHECK(scx_root_ops_is("fifo"));

	CHECK_EQ(unlink(PIN), 0);
	CHECK_SOON(scx_state_is("disabled"));
	CHECK_PROGRESS(work);
}

static void stale_link_is_harmless(void)
{
	struct quit *gone = SCX_OPEN_LOAD(quit);
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *stale = scx_attach(gone->maps.ops);
	struct bpf_link *link;

	scx_expect_eject("quit");
	gone->bss->quit_code = 1;
	CHECK_EXIT(gone, SCX_EXIT_UNREG_BPF, NULL);
	CHECK_SOON(scx_state_is("disabled"));

	link = scx_attach(s->maps.ops);
	bpf_link__destroy(stale);
	CHECK(scx_state_is("enabled"));
	CHECK(scx_root_ops_is("fifo"));
	CHECK_EQ(s->data->uei.kind, 0);
	/* Closing it said nothing new to the one that has gone either. */
	CHECK_EQ(gone->bss->nr_exits, 1);
	bpf_link__destroy(link);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
}

static u32 map_id(const struct bpf_map *map)
{
	struct bpf_map_info info = {};
	u32 len = sizeof(info);

	CHECK_EQ(bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len), 0);
	CHECK_GT(info.id, 0);
	return info.id;
}

/* By the link's info and by fdinfo: 0 when it is detached. */
static void check_link_map(const struct bpf_link *link, u32 id)
{
	struct bpf_link_info info = {};
	u32 len = sizeof(info), said;
	char path[64], line[128];
	int nr = 0;
	FILE *file;

	CHECK_EQ(bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len), 0);
	CHECK_EQ(info.type, BPF_LINK_TYPE_STRUCT_OPS);
	CHECK_GT(info.id, 0);
	CHECK_EQ(info.prog_id, 0);
	CHECK_EQ(info.struct_ops.map_id, id);

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_link__fd(link));
	file = fopen(path, "r");
	CHECK(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "map_id: %u", &said) != 1)
			continue;
		CHECK_EQ(said, id);
		nr++;
	}
	fclose(file);
	CHECK_EQ(nr, 1);
}

static void detached(void)
{
	struct work *work = work_start(WORK_SLEEP, 4, 0);
	struct quit *s = SCX_OPEN_LOAD(quit);
	struct bpf_link *link = scx_attach(s->maps.ops), *next;
	u32 id = map_id(s->maps.ops);

	check_link_map(link, id);
	CHECK_PROGRESS(work);
	CHECK_EQ(bpf_link_detach(bpf_link__fd(link)), 0);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
	CHECK_EQ(s->bss->nr_exits, 1);
	CHECK(scx_state_is("disabled"));
	check_link_map(link, 0);
	/* There is nothing left to detach, and nothing wrong with that. */
	CHECK_EQ(bpf_link_detach(bpf_link__fd(link)), 0);
	CHECK_EQ(s->bss->nr_exits, 1);

	/* The map is free for another link, over which the old one has no say. */
	SCX_FORGET_EXIT(s);
	next = scx_attach(s->maps.ops);
	check_link_map(next, id);
	check_link_map(link, 0);
	CHECK_EQ(bpf_link_detach(bpf_link__fd(link)), 0);
	bpf_link__destroy(link);
	CHECK(scx_root_ops_is("quit"));
	CHECK_PROGRESS(work);
	CHECK_EQ(s->data->uei.kind, 0);
	bpf_link__destroy(next);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
	CHECK_EQ(s->bss->nr_exits, 2);
	work_stop(work);
}

/* With nothing in it, which would be -EINVAL for having no name. */
static int update_value(const struct bpf_map *map)
{
	struct bpf_map_info info = {};
	u32 len = sizeof(info), key = 0;
	void *value;
	int err;

	CHECK_EQ(bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len), 0);
	value = calloc(1, info.value_size);
	CHECK(value);
	err = bpf_map_update_elem(bpf_map__fd(map), &key, value, 0);
	free(value);
	return err;
}

/* A map has one value, ever, whether it is attached or not. */
static void value_stays(void)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link;
	u32 key = 0;

	scx_expect_log("^sched_ext: cannot load");
	CHECK_EQ(update_value(s->maps.ops), -EINVAL);

	link = scx_attach(s->maps.ops);
	CHECK_EQ(update_value(s->maps.ops), -EBUSY);
	CHECK_EQ(bpf_map_delete_elem(bpf_map__fd(s->maps.ops), &key), -EOPNOTSUPP);
	CHECK(scx_root_ops_is("fifo"));
	CHECK_EQ(s->data->uei.kind, 0);
	bpf_link__destroy(link);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);

	CHECK_EQ(update_value(s->maps.ops), -EBUSY);
	CHECK_EQ(bpf_map_delete_elem(bpf_map__fd(s->maps.ops), &key), -EOPNOTSUPP);
	SCX_FORGET_EXIT(s);
	link = scx_attach(s->maps.ops);
	CHECK(scx_root_ops_is("fifo"));
	bpf_link__destroy(link);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
}

static int replace(const struct bpf_link *link, int map_fd, int old_map_fd, u32 flags)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts,
		    .flags = flags,
		    .old_prog_fd = old_map_fd);	/* the same field for maps */

	return bpf_link_update(bpf_link__fd(link), map_fd, &opts);
}

/* A scheduler is not exchanged for another under way: it goes on. */
static void link_keeps_its_map(void)
{
	struct fifo *s = SCX_OPEN_LOAD(fifo);
	struct quit *other = SCX_OPEN_LOAD(quit);
	struct bpf_link *link;
	int array, fd, other_fd;

	/* So that both maps have a value. */
	bpf_link__destroy(scx_attach(other->maps.ops));
	CHECK_EQ(other->bss->nr_inits, 1);
	link = scx_attach(s->maps.ops);
	fd = bpf_map__fd(s->maps.ops);
	other_fd = bpf_map__fd(other->maps.ops);
	array = bpf_map_create(BPF_MAP_TYPE_ARRAY, "array", 4, 4, 1, NULL);
	CHECK_GE(array, 0);

	CHECK_EQ(bpf_link__update_map(link, other->maps.ops), -EOPNOTSUPP);
	CHECK_EQ(replace(link, other_fd, 0, 0), -EOPNOTSUPP);
	CHECK_EQ(replace(link, other_fd, fd, BPF_F_REPLACE), -EOPNOTSUPP);
	CHECK_EQ(replace(link, fd, 0, 0), -EOPNOTSUPP);
	/* What is wrong in any case. */
	CHECK_EQ(replace(link, other_fd, other_fd, BPF_F_REPLACE), -EPERM);
	CHECK_EQ(replace(link, other_fd, fd, 0), -EINVAL);
	CHECK_EQ(replace(link, array, 0, 0), -EINVAL);
	CHECK_EQ(replace(link, -1, 0, 0), -EBADF);

	check_link_map(link, map_id(s->maps.ops));
	CHECK(scx_root_ops_is("fifo"));
	CHECK_EQ(s->data->uei.kind, 0);
	CHECK_EQ(other->bss->nr_inits, 1);

	CHECK_EQ(bpf_link_detach(bpf_link__fd(link)), 0);
	CHECK_EQ(replace(link, other_fd, 0, 0), -ENOLINK);
	CHECK_EQ(other->bss->nr_inits, 1);
	bpf_link__destroy(link);

	/* None of it took the other map. */
	link = scx_attach(other->maps.ops);
	CHECK(scx_root_ops_is("quit"));
	bpf_link__destroy(link);
	close(array);
}

SCX_TEST(SCX_CASE(last_holder_unloads), SCX_CASE(pin_outlives_loader),
	 SCX_CASE(stale_link_is_harmless), SCX_CASE(detached), SCX_CASE(value_stays),
	 SCX_CASE(link_keeps_its_map));
