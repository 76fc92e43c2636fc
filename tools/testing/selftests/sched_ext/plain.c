// SPDX-License-Identifier: GPL-2.0
/*
 * The plain form of struct_ops: loaded by an update of the map's element, until
 * the element is deleted, whether or not the loader still lives.
 */
#include "scx_test.h"
#include "fifo.bpf.skel.h"
#include "plain.bpf.skel.h"

/* libbpf's link of a plain map deletes the element when it is destroyed. */
static void update_and_delete(void)
{
	struct work *work = work_start(WORK_MIX, 10, 0);
	struct plain *s = SCX_OPEN_LOAD(plain);
	struct bpf_link *link = scx_attach(s->maps.ops);

	CHECK(scx_root_ops_is("plain"));
	CHECK_PROGRESS(work);
	bpf_link__destroy(link);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
	CHECK(scx_state_is("disabled"));
	CHECK_PROGRESS(work);
}

static void excludes_links(void)
{
	struct plain *s = SCX_OPEN_LOAD(plain);
	struct fifo *other = SCX_OPEN_LOAD(fifo);
	struct bpf_link *link = scx_attach(s->maps.ops);

	CHECK_ATTACH_FAILS(other->maps.ops, EBUSY);
	bpf_link__destroy(link);
	link = scx_attach(other->maps.ops);

	s = SCX_OPEN_LOAD(plain);
	CHECK_ATTACH_FAILS(s->maps.ops, EBUSY);
	CHECK(scx_root_ops_is("fifo"));
	bpf_link__destroy(link);

	/* The refused map is as good as before. */
	bpf_link__destroy(scx_attach(s->maps.ops));
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
}

static int attach_and_leave(void *arg)
{
	struct plain *s = SCX_OPEN_LOAD(plain);

	bpf_link__disconnect(scx_attach(s->maps.ops));
	return 0;
}

/* The struct_ops map "ops" that somebody left loaded. */
static int find_ops_map(void)
{
	struct bpf_map_info info;
	__u32 id = 0, len;
	int fd;

	while (!bpf_map_get_next_id(id, &id)) {
		fd = bpf_map_get_fd_by_id(id);
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
		    info.type == BPF_MAP_TYPE_STRUCT_OPS && !strcmp(info.name, "ops"))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

static void outlives_loader(void)
{
	__u32 key = 0;
	int fd;

	CHECK_EQ(scx_wait(scx_fork(attach_and_leave, NULL)), 0);
	usleep(100000);
	CHECK(scx_root_ops_is("plain"));

	fd = find_ops_map();
	CHECK_GE(fd, 0);
	CHECK_EQ(bpf_map_delete_elem(fd, &key), 0);
	CHECK(scx_state_is("disabled"));
	close(fd);
}

/* They run on one CPU, and CPU hotplug, for which loading may wait, waits for them. */
static void not_from_programs(void)
{
	struct plain *s = SCX_OPEN_LOAD(plain);
	struct bpf_link *link;

	CHECK_GE(sizeof(s->bss->value), bpf_map__value_size(s->maps.ops));
	s->bss->map_fd = bpf_map__fd(s->maps.ops);
	CHECK_EQ(scx_run_prog(s->progs.update), -EOPNOTSUPP);
	CHECK(scx_state_is("disabled"));

	link = scx_attach(s->maps.ops);
	CHECK_EQ(scx_run_prog(s->progs.delete), -EOPNOTSUPP);
	CHECK(scx_root_ops_is("plain"));
	bpf_link__destroy(link);
	CHECK_EQ(s->data->uei.kind, SCX_EXIT_UNREG);
}

SCX_TEST(SCX_CASE(update_and_delete), SCX_CASE(excludes_links), SCX_CASE(outlives_loader),
	 SCX_CASE(not_from_programs));
