/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Give the scheduler of any_op.bpf.c one op, by name.
 */
#ifndef __ANY_OP_RUN_H
#define __ANY_OP_RUN_H

#include "scx_test.h"

/* Every op has its turn in a full run, and where that does not take minutes. */
static inline int scx_stride(void)
{
	return scx_scale() > 2 && !scx_full() ? 4 : 1;
}

/* Offset of a member in the struct as the BPF object has it. */
static inline int ops_member_offset(const struct bpf_object *obj, const char *name)
{
	const struct btf *btf = bpf_object__btf(obj);
	int id = btf__find_by_name_kind(btf, "sched_ext_ops", BTF_KIND_STRUCT);
	const struct btf_type *t;
	int i;

	CHECK_GT(id, 0);
	t = btf__type_by_id(btf, id);
	for (i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), name))
			return btf_member_bit_offset(t, i) / 8;
	FAIL("there is no ops.%s", name);
}

/* Between opening and loading. */
static inline struct bpf_program *any_op_set(struct bpf_object *obj, struct bpf_map *map,
					     const char *op)
{
	struct bpf_program *prog;
	char name[64];
	size_t size;
	char *shadow;

	snprintf(name, sizeof(name), "any_%s", op);
	prog = bpf_object__find_program_by_name(obj, name);
	CHECK(prog);
	shadow = (char *)bpf_map__initial_value(map, &size);
	CHECK(shadow);
	memcpy(shadow + ops_member_offset(obj, op), &prog, sizeof(prog));
	return prog;
}

#endif /* __ANY_OP_RUN_H */
