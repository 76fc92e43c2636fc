// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses to a scheduler, each with a twin that differs in the
 * one statement and loads.
 */
#include <bpf/btf.h>
#include "any_op_run.h"
#include "refused.h"
#include "refused_run.h"
#include "refused.bpf.skel.h"
#include "any_op.bpf.skel.h"

static const struct refusal_words refusals[] = {
	{ PREV_READ, "invalid mem access 'trusted_ptr_or_null_'" },
	{ PREV_TO_KFUNC, "NULL or may be NULL, kernel function scx_bpf_task_cpu" },
	{ TO_READ, "invalid mem access 'trusted_ptr_or_null_'" },
	{ TO_WRITE, "invalid mem access 'trusted_ptr_or_null_'" },
	{ WRITE_WEIGHT, "only scx.slice, scx.dsq_vtime and scx.disallow" },
	{ WRITE_FLAGS, "only scx.slice, scx.dsq_vtime and scx.disallow" },
	{ WRITE_PRIO, "only scx.slice, scx.dsq_vtime and scx.disallow" },
	{ WRITE_COMM, "only scx.slice, scx.dsq_vtime and scx.disallow" },
	{ WRITE_WALKED, "must be a trusted or RCU pointer to be written through" },
	{ INSERT_FOREIGN, "must be a trusted or RCU pointer" },
	{ SLEEP_IN_ENQUEUE, "scx_bpf_create_dsq is sleepable but the program is not" },
	{ MASK_KEPT, "Unreleased reference" },
	{ SLEEP_IN_TIMER, "scx_bpf_create_dsq is sleepable but the callback is not" },
	{ SLEEP_BELOW_TIMER, "scx_bpf_create_dsq is sleepable but the callback is not" },
	{ SLEEP_IN_WALK, "scx_bpf_create_dsq is sleepable but the callback is not" },
	{ PART_OF_POINTER, "is a pointer, cannot load 4 bytes of it" },
	{ STORAGE_OF_WALKED, "must be a trusted or RCU pointer for a helper" },
	{ RELEASE_RECORD, "scx_bpf_put_cpumask: .* holds a reference, but is no object" },
	{ PRUNED_NULL, "invalid mem access 'map_value_or_null'" },
	{ PRUNED_LOCK, "bpf_spin_unlock of different lock" },
	{ PRUNED_RETURN, "async callback the register R0 has value \\(0x1;" },
	{ KFUNC_ABSENT, "only scx.slice, scx.dsq_vtime and scx.disallow" },
	{ KFUNC_OR_VARIABLE, "only scx.slice, scx.dsq_vtime and scx.disallow" },
};

DEFINE_LOAD(refused)

static void statements(void)
{
	check_refusals(refusals, ARRAY_SIZE(refusals), load_refused);
}

/* Programs may sleep in these ops, and in no others. */
static const struct {
	const char *op;
	bool may_sleep;
} ops[] = {
	{ "select_cpu", false },
	{ "enqueue", false },
	{ "dequeue", false },
	{ "dispatch", false },
	{ "tick", false },
	{ "runnable", false },
	{ "running", false },
	{ "stopping", false },
	{ "quiescent", false },
	{ "yield", false },
	{ "core_sched_before", false },
	{ "set_weight", false },
	{ "set_cpumask", false },
	{ "update_idle", false },
	{ "cpu_acquire", false },
	{ "cpu_release", false },
	{ "init_task", true },
	{ "exit_task", false },
	{ "enable", false },
	{ "disable", false },
	{ "dump", false },
	{ "dump_cpu", false },
	{ "dump_task", false },
	{ "cgroup_init", true },
	{ "cgroup_exit", true },
	{ "cgroup_prep_move", true },
	{ "cgroup_move", false },
	{ "cgroup_cancel_move", false },
	{ "cgroup_set_weight", false },
	{ "cpu_online", true },
	{ "cpu_offline", true },
	{ "init", true },
	{ "exit", true },
};

static int load_op(const char *op, bool sleepable)
{
	struct any_op *s = SCX_OPEN(any_op);
	struct bpf_program *prog = any_op_set(s->obj, s->maps.ops, op);
	int err;

	if (sleepable)
		CHECK_EQ(bpf_program__set_flags(prog, BPF_F_SLEEPABLE), 0);
	scx_libbpf_reset();
	err = any_op__load(s);
	any_op__destroy(s);
	return err;
}

static void sleepable_programs(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ops); i += scx_stride()) {
		if (load_op(ops[i].op, false))
			FAIL("%s does not load", ops[i].op);
		if (!load_op(ops[i].op, true) != ops[i].may_sleep)
			FAIL("%s is %s with a program that sleeps", ops[i].op,
			     ops[i].may_sleep ? "refused" : "loaded");
		if (!ops[i].may_sleep && !scx_matches(scx_libbpf_log(), "unsupported member"))
			FAIL("%s is not refused by the type", ops[i].op);
	}
}

static int put_in_array(bool sleepable)
{
	struct any_op *s = SCX_OPEN(any_op);
	struct bpf_program *prog = any_op_set(s->obj, s->maps.ops, "init_task");
	int array, prog_fd, err;
	__u32 key = 0;

	if (sleepable)
		CHECK_EQ(bpf_program__set_flags(prog, BPF_F_SLEEPABLE), 0);
	CHECK_EQ(any_op__load(s), 0);
	array = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "progs", 4, 4, 1, NULL);
	CHECK_GE(array, 0);
	prog_fd = bpf_program__fd(prog);
	err = bpf_map_update_elem(array, &key, &prog_fd, BPF_ANY);
	close(array);
	any_op__destroy(s);
	return err;
}

/* Whoever can call it there must not sleep. */
static void tail_calls(void)
{
	CHECK_EQ(put_in_array(false), 0);
	CHECK_EQ(put_in_array(true), -EINVAL);
}

/* BTF with a struct of eight bytes, and one with a lock in it */
static int load_values(int *key, int *plain, int *locked)
{
	struct btf *btf = btf__new_empty();
	int lock, fd;

	CHECK(btf);
	*key = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	*plain = btf__add_struct(btf, "plain", 8);
	CHECK_EQ(btf__add_field(btf, "a", *key, 0, 0), 0);
	lock = btf__add_struct(btf, "bpf_spin_lock", 4);
	CHECK_EQ(btf__add_field(btf, "val", *key, 0, 0), 0);
	*locked = btf__add_struct(btf, "locked", 8);
	CHECK_EQ(btf__add_field(btf, "lock", lock, 0, 0), 0);
	CHECK_EQ(btf__load_into_kernel(btf), 0);
	fd = dup(btf__fd(btf));
	btf__free(btf);
	return fd;
}

/* Who finds a map with a lock where there should be one without may write to the lock. */
static void inner_locks(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int key_type, plain_type, locked_type, plain, locked, outer, index = 0;

	opts.btf_fd = load_values(&key_type, &plain_type, &locked_type);
	opts.btf_key_type_id = key_type;
	opts.btf_value_type_id = plain_type;
	plain = bpf_map_create(BPF_MAP_TYPE_ARRAY, "plain", 4, 8, 1, &opts);
	CHECK_GE(plain, 0);
	opts.btf_value_type_id = locked_type;
	locked = bpf_map_create(BPF_MAP_TYPE_ARRAY, "locked", 4, 8, 1, &opts);
	CHECK_GE(locked, 0);
	opts = (struct bpf_map_create_opts){ .sz = sizeof(opts), .inner_map_fd = plain };
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "outer", 4, 4, 1, &opts);
	CHECK_GE(outer, 0);
	CHECK_EQ(bpf_map_update_elem(outer, &index, &plain, BPF_ANY), 0);
	CHECK_EQ(bpf_map_update_elem(outer, &index, &locked, BPF_ANY), -EINVAL);
}

SCX_TEST(SCX_CASE(statements), SCX_CASE(sleepable_programs), SCX_CASE(tail_calls),
	 SCX_CASE(inner_locks));
