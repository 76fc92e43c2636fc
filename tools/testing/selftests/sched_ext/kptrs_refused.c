// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses to do with objects in maps, and which maps cannot have
 * any.
 */
#include <bpf/btf.h>
#include "scx_puppet.h"
#include "refused_run.h"
#include "kptrs_refused.h"
#include "kptrs_refused.bpf.skel.h"
#include "kptr_values.bpf.skel.h"

#define STORED	"store to referenced kptr disallowed, .* kptr does not mean unreferenced any more"

static const struct refusal_words refusals[] = {
	{ KPTR_STORED, STORED },
	{ KPTR_STORED_NULL, STORED },
	{ KPTR_STORED_LOADED, STORED },
	{ KPTR_COUNTED_UP, "kptr in map can only be accessed using BPF_MEM instruction mode" },
	{ KPTR_HALF_READ, "kptr access size must be BPF_DW" },
	{ KPTR_HALF_WRITTEN, "kptr access size must be BPF_DW" },
	{ KPTR_READ_ACROSS, "kptr access misaligned expected=32 off=28" },
	{ KPTR_READ_ANYWHERE, "kptr access cannot have variable offset" },
	{ KPTR_COPIED, "kptr cannot be accessed indirectly by helper" },
	{ KPTR_OVERWRITTEN, "kptr cannot be accessed indirectly by helper" },
	{ KPTR_PUT_ANYWHERE, "R1 doesn't have constant offset" },
	{ KPTR_PUT_BESIDE, "off=24 doesn't point to kptr" },
	{ KPTR_PUT_NO_KPTR, "map 'numbers' has no valid kptr" },
	{ KPTR_PUT_OTHER_TYPE, "R2 type=ptr_bpf_cpumask expected=ptr_task_struct" },
	{ KPTR_PUT_UNCOUNTED, "R2 must be referenced when passed to release function" },
	{ KPTR_PUT_LOADED, "R2 must be referenced when passed to release function" },
	{ KPTR_PUT_MEMBER, "invalid kptr access, R2 type=ptr_bpf_cpumask" },
	{ KPTR_PUT_AND_RELEASED, "R1 must be a trusted or RCU pointer" },
	{ KPTR_PUT_AND_READ, "invalid mem access 'scalar'" },
	{ KPTR_OLD_LEAKED, "Unreleased reference" },
	{ KPTR_OLD_UNCHECKED, "NULL or may be NULL, kernel function bpf_cpumask_release" },
	{ KPTR_UNCHECKED_READ, "invalid mem access 'rcu_ptr_or_null_'" },
	{ KPTR_UNCHECKED_PASSED, "NULL or may be NULL, kernel function bpf_cpumask_weight" },
	{ KPTR_CHECKED_OTHER, "NULL or may be NULL, kernel function bpf_cpumask_weight" },
	{ KPTR_LOADED_RELEASED, "bpf_task_release expects refcounted PTR_TO_BTF_ID" },
	{ KPTR_LOADED_ACQUIRED, "R1 must be referenced or trusted" },
	{ KPTR_LOADED_WRITTEN, "only scx.slice, scx.dsq_vtime and scx.disallow" },
	{ KPTR_LOADED_BEYOND, "access beyond struct bpf_cpumask" },
	{ KPTR_LOADED_OTHER_TYPE,
	  "expected pointer to STRUCT task_struct but .* STRUCT bpf_cpumask" },
	{ KPTR_WALKED, "R1 must be a trusted or RCU pointer" },
	{ KPTR_AFTER_SECTION, "R1 must be a trusted or RCU pointer" },
	{ KPTR_AFTER_SECTION_STORAGE, "R1 must be a trusted or RCU pointer" },
	{ KPTR_BEFORE_SECTION, "R1 must be a trusted or RCU pointer" },
	{ KPTR_NEXT_SECTION, "R1 must be a trusted or RCU pointer" },
	{ KPTR_NO_SECTION, "R1 must be a trusted or RCU pointer" },
	{ KPTR_NO_SECTION_STORAGE, "R1 must be a trusted or RCU pointer" },
	{ KPTR_PRUNED, "R1 must be a trusted or RCU pointer" },
	{ KPTR_OUT_OF_CALLBACK, "R1 must be a trusted or RCU pointer" },
};

DEFINE_LOAD(kptrs_refused)

static void statements(void)
{
	check_refusals(refusals, ARRAY_SIZE(refusals), load_kptrs_refused);
}

/* libbpf would try again without BTF. */
static int create(const struct btf *btf, const char *name, enum bpf_map_type type, u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd, value, max_entries = 1;

	value = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	CHECK_GT(value, 0);
	opts.btf_fd = btf__fd(btf);
	opts.btf_key_type_id = btf__find_by_name(btf, "int");
	opts.btf_value_type_id = value;
	opts.map_flags = flags;
	if (type == BPF_MAP_TYPE_TASK_STORAGE || type == BPF_MAP_TYPE_CGRP_STORAGE ||
	    type == BPF_MAP_TYPE_SK_STORAGE || type == BPF_MAP_TYPE_INODE_STORAGE) {
		opts.map_flags |= BPF_F_NO_PREALLOC;
		max_entries = 0;
	}
	CHECK_GT((int)opts.btf_key_type_id, 0);
	fd = bpf_map_create(type, NULL, sizeof(int), btf__resolve_size(btf, value),
			    max_entries, &opts);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void values(void)
{
	static const struct {
		const char *name;
		int err;
	} values[] = {
		{ "plain", 0 },
		{ "kptr", 0 },
		{ "kptr_ref", 0 },
		{ "beside_others", 0 },
		{ "eight", 0 },
		{ "nine", -E2BIG },
		{ "tag_user", -EINVAL },
		{ "tag_percpu", -EINVAL },
		{ "tag_rcu", -EINVAL },
		{ "tag_untrusted", -EINVAL },
		{ "tag_like_kptr", -EINVAL },
		{ "two_tags", -EINVAL },
		{ "same_tag_twice", -EINVAL },
		{ "to_number", -EINVAL },
		{ "to_union", -EINVAL },
		{ "to_void", -EINVAL },
		{ "to_unknown", -ENOENT },
		{ "to_own", 0 },
		{ "packed", -EINVAL },
	};
	struct kptr_values *s = kptr_values__open_and_load();
	const struct btf *btf;
	unsigned int i;
	int kmsg;

	CHECK(s);
	btf = bpf_object__btf(s->obj);
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		scx_note("%s", values[i].name);
		CHECK_EQ(create(btf, values[i].name, BPF_MAP_TYPE_ARRAY, 0), values[i].err);
		CHECK_EQ(create(btf, values[i].name, BPF_MAP_TYPE_HASH, 0), values[i].err);
	}

	/* Nobody would release it: the log tells. */
	kmsg = kmsg_open();
	CHECK_EQ(create(btf, "to_other", BPF_MAP_TYPE_ARRAY, 0), -ENOENT);
	CHECK_SOON(kmsg_has(kmsg, "no kptrs to struct file, which has no destructor"));
	close(kmsg);
	kmsg = kmsg_open();
	CHECK_EQ(create(btf, "incomplete", BPF_MAP_TYPE_ARRAY, 0), -ENOENT);
	CHECK_SOON(kmsg_has(kmsg, "no kptrs to struct pid_namespace, which has no destructor"));
	close(kmsg);
	kptr_values__destroy(s);
}

static void map_types(void)
{
	static const enum bpf_map_type good[] = {
		BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_HASH,
		BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_TASK_STORAGE,
		BPF_MAP_TYPE_CGRP_STORAGE,
	}, bad[] = {
		BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH,
		BPF_MAP_TYPE_SK_STORAGE, BPF_MAP_TYPE_INODE_STORAGE,
	};
	struct kptr_values *s = kptr_values__open_and_load();
	const struct btf *btf;
	unsigned int i;
	int err;

	CHECK(s);
	btf = bpf_object__btf(s->obj);
	for (i = 0; i < ARRAY_SIZE(good); i++)
		CHECK_EQ(create(btf, "kptr", good[i], 0), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		/* This kernel may not have that type. */
		err = create(btf, "plain", bad[i], 0);
		scx_note("map type %d without kptrs: %d", bad[i], err);
		CHECK_EQ(create(btf, "kptr", bad[i], 0), err ?: -ENOTSUP);
	}
	CHECK_EQ(create(btf, "plain", BPF_MAP_TYPE_ARRAY, BPF_F_RDONLY_PROG), 0);
	CHECK_EQ(create(btf, "kptr", BPF_MAP_TYPE_ARRAY, BPF_F_RDONLY_PROG), -EACCES);
	CHECK_EQ(create(btf, "plain", BPF_MAP_TYPE_ARRAY, BPF_F_WRONLY_PROG), 0);
	CHECK_EQ(create(btf, "kptr", BPF_MAP_TYPE_ARRAY, BPF_F_WRONLY_PROG), -EACCES);
	kptr_values__destroy(s);
}

/* Two members at the same place, as no compiler has it. */
static struct btf *overlapping(int off)
{
	struct btf *btf = btf__new_empty();
	int task, mask, lock, number;

	CHECK(btf);
	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	task = btf__add_struct(btf, "task_struct", 4);
	CHECK_EQ(btf__add_field(btf, "data", number, 0, 0), 0);
	task = btf__add_ptr(btf, btf__add_type_tag(btf, "kptr", task));
	mask = btf__add_struct(btf, "bpf_cpumask", 4);
	CHECK_EQ(btf__add_field(btf, "data", number, 0, 0), 0);
	mask = btf__add_ptr(btf, btf__add_type_tag(btf, "kptr", mask));
	lock = btf__add_struct(btf, "bpf_spin_lock", 4);
	CHECK_EQ(btf__add_field(btf, "val", number, 0, 0), 0);

	CHECK_GT(btf__add_struct(btf, "two_kptrs", 16), 0);
	CHECK_EQ(btf__add_field(btf, "a", task, 0, 0), 0);
	CHECK_EQ(btf__add_field(btf, "b", mask, off * 8, 0), 0);
	CHECK_GT(btf__add_struct(btf, "lock_and_kptr", 16), 0);
	CHECK_EQ(btf__add_field(btf, "a", task, 0, 0), 0);
	CHECK_EQ(btf__add_field(btf, "b", lock, off * 8, 0), 0);
	CHECK_EQ(btf__load_into_kernel(btf), 0);
	return btf;
}

static void overlaps(void)
{
	struct btf *btf;

	btf = overlapping(8);
	CHECK_EQ(create(btf, "two_kptrs", BPF_MAP_TYPE_ARRAY, 0), 0);
	CHECK_EQ(create(btf, "lock_and_kptr", BPF_MAP_TYPE_ARRAY, 0), 0);
	btf__free(btf);
	btf = overlapping(0);
	CHECK_EQ(create(btf, "two_kptrs", BPF_MAP_TYPE_ARRAY, 0), -EEXIST);
	CHECK_EQ(create(btf, "lock_and_kptr", BPF_MAP_TYPE_ARRAY, 0), -EEXIST);
	btf__free(btf);
	btf = overlapping(4);
	CHECK_EQ(create(btf, "lock_and_kptr", BPF_MAP_TYPE_ARRAY, 0), -EEXIST);
	btf__free(btf);
}

SCX_TEST(SCX_CASE(statements), SCX_CASE(values), SCX_CASE(map_types), SCX_CASE(overlaps));
