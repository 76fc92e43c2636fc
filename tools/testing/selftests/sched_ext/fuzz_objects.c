// SPDX-License-Identifier: GPL-2.0
/*
 * Statements of fuzzed programs about tasks, cgroups and CPU masks: found, walked to,
 * acquired, read, changed.
 */
#include "fuzz_emit.h"

#define PID_MAX		(4 * 1024 * 1024)
#define CPUS_MAX	8192

bool do_current(struct gen *g)
{
	call_helper(g, BPF_FUNC_get_current_task_btf);
	return new_var(g, V_TASK, BPF_REG_0) >= 0;
}

/* A variable, or -1 */
int walk_to_cgroup(struct gen *g, int task)
{
	get(g, BPF_REG_1, task);
	load_mem(g, BPF_DW, BPF_REG_1, BPF_REG_1, fuzz_members[M_TASK_CGROUPS]);
	load_mem(g, BPF_DW, BPF_REG_1, BPF_REG_1, fuzz_members[M_CSET_CGROUP]);
	feature(g, FZ_CGROUP);
	return new_var(g, V_CGROUP_RCU, BPF_REG_1);
}

static void walk_task(struct gen *g, int task)
{
	switch (rnd(g, 3)) {
	case 0:
		get(g, BPF_REG_1, task);
		load_mem(g, BPF_DW, BPF_REG_1, BPF_REG_1, fuzz_members[M_TASK_PARENT]);
		new_var(g, V_TASK_RCU, BPF_REG_1);
		return;
	case 1:
		get(g, BPF_REG_1, task);
		load_mem(g, BPF_DW, BPF_REG_1, BPF_REG_1, fuzz_members[M_TASK_CPUS]);
		new_var(g, V_CPUMASK, BPF_REG_1);
		feature(g, FZ_MASK);
		return;
	default:
		walk_to_cgroup(g, task);
	}
}

bool do_walk(struct gen *g)
{
	int task = pick(g, TASKS);

	if (!in_rcu(g) || task < 0)
		return false;
	feature(g, FZ_WALK);
	walk_task(g, task);
	return true;
}

static void read_task(struct gen *g)
{
	if (rnd(g, 3)) {
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, fuzz_members[M_TASK_PID]);
		log_value(g, BPF_REG_2, 0, PID_MAX);
		return;
	}
	/* Also where nothing protects it */
	load_mem(g, BPF_DW, BPF_REG_2, BPF_REG_1, fuzz_members[M_TASK_PARENT]);
	load_mem(g, BPF_W, BPF_REG_2, BPF_REG_2, fuzz_members[M_TASK_PID]);
	log_value(g, BPF_REG_2, 0, PID_MAX);
}

static void read_cgroup(struct gen *g)
{
	if (rnd(g, 2)) {
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, fuzz_members[M_CGROUP_LEVEL]);
		log_value(g, BPF_REG_2, 0, 256);
		return;
	}
	load_mem(g, BPF_DW, BPF_REG_2, BPF_REG_1, fuzz_members[M_CGROUP_KN]);
	load_mem(g, BPF_DW, BPF_REG_2, BPF_REG_2, fuzz_members[M_KN_ID]);
	log_value(g, BPF_REG_2, 1, 1LL << 40);
}

bool do_read(struct gen *g)
{
	int var = pick(g, TASKS | CGROUPS | MASKS | T(CPUMASK) | T(CSS) | T(NUM));

	if (var < 0)
		return false;
	get(g, BPF_REG_1, var);
	switch (g->vars[var].type) {
	case V_TASK: case V_TASK_REF: case V_TASK_RCU:
		read_task(g);
		return true;
	case V_CGROUP: case V_CGROUP_REF: case V_CGROUP_RCU:
		read_cgroup(g);
		return true;
	case V_CSS:
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, fuzz_members[M_CSS_ID]);
		log_value(g, BPF_REG_2, 0, 1 << 20);
		return true;
	case V_NUM:
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, 0);
		put(g, pick(g, T(SCALAR)), BPF_REG_2);
		return true;
	case V_CPUMASK:
		load_mem(g, BPF_DW, BPF_REG_2, BPF_REG_1, 0);
		return true;
	default:
		/* Who waits for its memory to be freed may be seen with no users. */
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, fuzz_members[M_MASK_USAGE]);
		log_value(g, BPF_REG_2, g->vars[var].type == V_MASK_RCU ? 0 : 1, 1000);
		return true;
	}
}

bool do_find_task(struct gen *g)
{
	mov_imm(g, BPF_REG_1, rnd(g, 8) ? fuzz_env->pids[rnd(g, FUZZ_PIDS)] : 0);
	call_kfunc(g, K_TASK_FROM_PID);
	feature(g, FZ_TASK);
	own(g, V_TASK_REF, true);
	return true;
}

bool do_acquire(struct gen *g)
{
	/* A mask that RCU protects may have no users left, which a task or cgroup tells. */
	int var = pick(g, TASKS | CGROUPS | T(MASK) | T(MASK_REF));

	if (var < 0)
		return false;
	get(g, BPF_REG_1, var);
	if ((1u << g->vars[var].type) & TASKS) {
		call_kfunc(g, K_TASK_ACQUIRE);
		feature(g, FZ_TASK);
		own(g, V_TASK_REF, true);
	} else if ((1u << g->vars[var].type) & CGROUPS) {
		call_kfunc(g, K_CGROUP_ACQUIRE);
		feature(g, FZ_CGROUP);
		own(g, V_CGROUP_REF, true);
	} else {
		call_kfunc(g, K_MASK_ACQUIRE);
		feature(g, FZ_MASK);
		own(g, V_MASK_REF, false);
	}
	return true;
}

bool do_find_cgroup(struct gen *g)
{
	u64 id = rnd(g, 4) ? fuzz_env->cgroup : rnd(g, 2) ? 1 : 0;

	ld_imm64(g, BPF_REG_1, 0, id, id >> 32);
	call_kfunc(g, K_CGROUP_FROM_ID);
	feature(g, FZ_CGROUP);
	own(g, V_CGROUP_REF, true);
	return true;
}

bool do_ancestor(struct gen *g)
{
	int var = pick(g, CGROUPS);

	if (var < 0)
		return false;
	get(g, BPF_REG_1, var);
	mov_imm(g, BPF_REG_2, rnd(g, 4) - 1);
	call_kfunc(g, K_CGROUP_ANCESTOR);
	feature(g, FZ_CGROUP);
	own(g, V_CGROUP_REF, true);
	return true;
}

bool do_create_mask(struct gen *g)
{
	call_kfunc(g, K_MASK_CREATE);
	feature(g, FZ_MASK);
	own(g, V_MASK_REF, true);
	return true;
}

static void look_at_masks(struct gen *g, int a, int b)
{
	static const enum kfunc of_one[] = {
		K_MASK_FIRST, K_MASK_FIRST_ZERO, K_MASK_EMPTY, K_MASK_FULL, K_MASK_ANY,
		K_MASK_WEIGHT,
	};
	static const enum kfunc of_two[] = {
		K_MASK_FIRST_AND, K_MASK_EQUAL, K_MASK_INTERSECTS, K_MASK_SUBSET, K_MASK_ANY_AND,
	};

	get(g, BPF_REG_1, a);
	if (rnd(g, 2)) {
		call_kfunc(g, of_one[rnd(g, ARRAY_SIZE(of_one))]);
	} else {
		get(g, BPF_REG_2, b);
		call_kfunc(g, of_two[rnd(g, ARRAY_SIZE(of_two))]);
	}
	/* Of a bool the rest of the register is anything. */
	emit(g, BPF_ALU | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_0, 0, 0);
	if (rnd(g, 2))
		emit(g, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
}

static void change_mask(struct gen *g, int to, int a, int b)
{
	static const enum kfunc cpu[] = {
		K_MASK_SET, K_MASK_CLEAR_CPU, K_MASK_TEST_AND_SET, K_MASK_TEST_AND_CLEAR,
	};
	static const enum kfunc combine[] = { K_MASK_AND, K_MASK_OR, K_MASK_XOR };

	switch (rnd(g, 4)) {
	case 0:
		scalar_to(g, BPF_REG_1);
		get(g, BPF_REG_2, to);
		call_kfunc(g, cpu[rnd(g, ARRAY_SIZE(cpu))]);
		return;
	case 1:
		get(g, BPF_REG_1, to);
		call_kfunc(g, rnd(g, 2) ? K_MASK_SETALL : K_MASK_CLEAR);
		return;
	case 2:
		get(g, BPF_REG_1, to);
		get(g, BPF_REG_2, a);
		call_kfunc(g, K_MASK_COPY);
		return;
	default:
		get(g, BPF_REG_1, to);
		get(g, BPF_REG_2, a);
		get(g, BPF_REG_3, b);
		call_kfunc(g, combine[rnd(g, ARRAY_SIZE(combine))]);
	}
}

bool do_mask(struct gen *g)
{
	int a = pick(g, MASKS | T(CPUMASK)), b = pick(g, MASKS | T(CPUMASK));
	int to = pick(g, MASKS);

	if (a < 0)
		return false;
	feature(g, FZ_MASK);
	if (to >= 0 && rnd(g, 2)) {
		change_mask(g, to, a, b);
	} else if (rnd(g, 4)) {
		look_at_masks(g, a, b);
	} else {
		scalar_to(g, BPF_REG_1);
		get(g, BPF_REG_2, a);
		call_kfunc(g, K_MASK_TEST);
	}
	return true;
}
