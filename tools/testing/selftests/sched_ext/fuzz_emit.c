// SPDX-License-Identifier: GPL-2.0
/*
 * Emits instructions, keeps track of variables and stack, knows kfuncs and members of
 * the kernel's types.
 */
#include "fuzz_emit.h"

const struct fuzz_env *fuzz_env;
int fuzz_members[M_NR];
static int kfunc_ids[K_NR];

static const char * const kfunc_names[K_NR] = {
	[K_RCU_LOCK] = "bpf_rcu_read_lock", [K_RCU_UNLOCK] = "bpf_rcu_read_unlock",
	[K_TASK_ACQUIRE] = "bpf_task_acquire", [K_TASK_RELEASE] = "bpf_task_release",
	[K_TASK_FROM_PID] = "bpf_task_from_pid",
	[K_CGROUP_ACQUIRE] = "bpf_cgroup_acquire", [K_CGROUP_RELEASE] = "bpf_cgroup_release",
	[K_CGROUP_ANCESTOR] = "bpf_cgroup_ancestor",
	[K_CGROUP_FROM_ID] = "bpf_cgroup_from_id",
	[K_MASK_CREATE] = "bpf_cpumask_create", [K_MASK_ACQUIRE] = "bpf_cpumask_acquire",
	[K_MASK_RELEASE] = "bpf_cpumask_release", [K_MASK_FIRST] = "bpf_cpumask_first",
	[K_MASK_FIRST_ZERO] = "bpf_cpumask_first_zero",
	[K_MASK_FIRST_AND] = "bpf_cpumask_first_and", [K_MASK_SET] = "bpf_cpumask_set_cpu",
	[K_MASK_CLEAR_CPU] = "bpf_cpumask_clear_cpu", [K_MASK_TEST] = "bpf_cpumask_test_cpu",
	[K_MASK_TEST_AND_SET] = "bpf_cpumask_test_and_set_cpu",
	[K_MASK_TEST_AND_CLEAR] = "bpf_cpumask_test_and_clear_cpu",
	[K_MASK_SETALL] = "bpf_cpumask_setall", [K_MASK_CLEAR] = "bpf_cpumask_clear",
	[K_MASK_AND] = "bpf_cpumask_and", [K_MASK_OR] = "bpf_cpumask_or",
	[K_MASK_XOR] = "bpf_cpumask_xor", [K_MASK_EQUAL] = "bpf_cpumask_equal",
	[K_MASK_INTERSECTS] = "bpf_cpumask_intersects",
	[K_MASK_SUBSET] = "bpf_cpumask_subset", [K_MASK_EMPTY] = "bpf_cpumask_empty",
	[K_MASK_FULL] = "bpf_cpumask_full", [K_MASK_COPY] = "bpf_cpumask_copy",
	[K_MASK_ANY] = "bpf_cpumask_any_distribute",
	[K_MASK_ANY_AND] = "bpf_cpumask_any_and_distribute",
	[K_MASK_WEIGHT] = "bpf_cpumask_weight",
	[K_NUM_NEW] = "bpf_iter_num_new", [K_NUM_NEXT] = "bpf_iter_num_next",
	[K_NUM_DESTROY] = "bpf_iter_num_destroy",
	[K_TASKS_NEW] = "bpf_iter_task_new", [K_TASKS_NEXT] = "bpf_iter_task_next",
	[K_TASKS_DESTROY] = "bpf_iter_task_destroy",
	[K_CSS_NEW] = "bpf_iter_css_new", [K_CSS_NEXT] = "bpf_iter_css_next",
	[K_CSS_DESTROY] = "bpf_iter_css_destroy",
	[K_DSQ_NEW] = "bpf_iter_scx_dsq_new", [K_DSQ_NEXT] = "bpf_iter_scx_dsq_next",
	[K_DSQ_DESTROY] = "bpf_iter_scx_dsq_destroy", [K_DSQ_MOVE] = "scx_bpf_dsq_move",
	[K_BITS_NEW] = "bpf_iter_bits_new", [K_BITS_NEXT] = "bpf_iter_bits_next",
	[K_BITS_DESTROY] = "bpf_iter_bits_destroy",
	[K_OBJ_NEW] = "bpf_obj_new_impl", [K_OBJ_DROP] = "bpf_obj_drop_impl",
	[K_OBJ_ACQUIRE] = "bpf_refcount_acquire_impl",
	[K_TREE_ADD] = "bpf_rbtree_add_impl", [K_TREE_REMOVE] = "bpf_rbtree_remove",
	[K_TREE_FIRST] = "bpf_rbtree_first",
	[K_PUSH_FRONT] = "bpf_list_push_front_impl", [K_PUSH_BACK] = "bpf_list_push_back_impl",
	[K_POP_FRONT] = "bpf_list_pop_front", [K_POP_BACK] = "bpf_list_pop_back",
};

static const struct {
	const char *type, *member;
} members[M_NR] = {
	[M_TASK_PID] = { "task_struct", "pid" },
	[M_TASK_PARENT] = { "task_struct", "real_parent" },
	[M_TASK_CPUS] = { "task_struct", "cpus_ptr" },
	[M_TASK_CGROUPS] = { "task_struct", "cgroups" },
	[M_TASK_USERS] = { "task_struct", "rcu_users" },
	[M_CSET_CGROUP] = { "css_set", "dfl_cgrp" },
	[M_CGROUP_SELF] = { "cgroup", "self" },
	[M_CGROUP_LEVEL] = { "cgroup", "level" },
	[M_CGROUP_KN] = { "cgroup", "kn" },
	[M_KN_ID] = { "kernfs_node", "id" },
	[M_CSS_ID] = { "cgroup_subsys_state", "id" },
	[M_MASK_USAGE] = { "bpf_cpumask", "usage" },
	[M_ITEM_RB] = { "fuzz_item", "rb" },
	[M_ITEM_LINK] = { "fuzz_item", "link" },
	[M_ITEM_TWIN] = { "fuzz_item", "twin" },
	[M_SHARED_RB] = { "fuzz_shared", "rb" },
	[M_SHARED_LINK] = { "fuzz_shared", "link" },
	[M_SHARED_COUNT] = { "fuzz_shared", "count" },
	[M_ITEM_TREE] = { "rooted", "item_tree" },
	[M_ITEM_LIST] = { "rooted", "item_list" },
	[M_SHARED_TREE] = { "rooted", "shared_tree" },
	[M_SHARED_LIST] = { "rooted", "shared_list" },
};

static int find_member(const struct btf *btf, int type_id, const char *name)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);
	const struct btf_member *m = btf_members(t);
	int i, inside;

	for (i = 0; i < btf_vlen(t); i++) {
		const char *mname = btf__name_by_offset(btf, m[i].name_off);
		int off = btf_member_bit_offset(t, i) / 8;

		if (!strcmp(mname, name))
			return off;
		if (mname[0])
			continue;
		inside = find_member(btf, btf__resolve_type(btf, m[i].type), name);
		if (inside >= 0)
			return off + inside;
	}
	return -1;
}

int fuzz_own_type(const char *name)
{
	return btf__find_by_name_kind(fuzz_env->own_btf, name, BTF_KIND_STRUCT);
}

static int member_offset(const char *type, const char *member)
{
	int id = btf__find_by_name_kind(fuzz_env->btf, type, BTF_KIND_STRUCT);

	if (id >= 0)
		return find_member(fuzz_env->btf, id, member);
	id = fuzz_own_type(type);
	return id < 0 ? -1 : find_member(fuzz_env->own_btf, id, member);
}

bool fuzz_gen_init(const struct fuzz_env *env)
{
	int i;

	fuzz_env = env;
	for (i = 0; i < K_NR; i++) {
		kfunc_ids[i] = btf__find_by_name_kind(env->btf, kfunc_names[i], BTF_KIND_FUNC);
		if (kfunc_ids[i] < 0) {
			scx_note("no %s()", kfunc_names[i]);
			return false;
		}
	}
	for (i = 0; i < M_NR; i++) {
		fuzz_members[i] = member_offset(members[i].type, members[i].member);
		if (fuzz_members[i] < 0) {
			scx_note("no %s in struct %s", members[i].member, members[i].type);
			return false;
		}
	}
	return true;
}

int fuzz_iter_size(enum kfunc new)
{
	const struct btf *btf = fuzz_env->btf;
	const struct btf_type *proto;

	proto = btf__type_by_id(btf, btf__type_by_id(btf, kfunc_ids[new])->type);
	return btf__resolve_size(btf, btf__type_by_id(btf, btf_params(proto)[0].type)->type);
}

unsigned int rnd(struct gen *g, unsigned int below)
{
	u64 z = g->rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) % below;
}

/* Whether to make it here. */
bool mistake(struct gen *g, enum fuzz_mutation kind)
{
	if (g->chances[kind]++ != g->wanted_at || g->wanted != kind)
		return false;
	g->p->mutation = kind;
	g->p->before_mistake = g->p->nr_insns - 1;
	return true;
}

int emit(struct gen *g, u8 code, int dst, int src, int off, s32 imm)
{
	CHECK(g->p->nr_insns < FUZZ_INSNS);
	g->p->insns[g->p->nr_insns] = (struct bpf_insn) {
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm,
	};
	return g->p->nr_insns++;
}

void mov(struct gen *g, int dst, int src)
{
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void mov_imm(struct gen *g, int dst, s32 imm)
{
	emit(g, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

void stack_addr(struct gen *g, int dst, int off)
{
	mov(g, dst, BPF_REG_10);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, off);
}

static void mistake_access(struct gen *g, int *size, int *off)
{
	if (!mistake(g, MUT_ACCESS))
		return;
	*off += rnd(g, 2) ? 4 : rnd(g, 2) ? -8 : 1 << 14;
	*size = rnd(g, 2) ? BPF_DW : BPF_W;
}

void load_mem(struct gen *g, int size, int dst, int src, int off)
{
	mistake_access(g, &size, &off);
	emit(g, BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}

void store_mem(struct gen *g, int size, int dst, int src, int off)
{
	mistake_access(g, &size, &off);
	emit(g, BPF_STX | BPF_MEM | size, dst, src, off, 0);
}

void ld_imm64(struct gen *g, int dst, int pseudo, s32 imm, s32 next)
{
	emit(g, BPF_LD | BPF_IMM | BPF_DW, dst, pseudo, 0, imm);
	emit(g, 0, 0, 0, 0, next);
}

void map_ptr(struct gen *g, int reg, enum fuzz_map map)
{
	ld_imm64(g, reg, BPF_PSEUDO_MAP_FD, fuzz_env->maps[map], 0);
}

void call_helper(struct gen *g, int helper)
{
	emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

void call_kfunc(struct gen *g, enum kfunc kfunc)
{
	bool of_objects = kfunc >= K_OBJ_NEW;

	if (mistake(g, MUT_KFUNC))
		kfunc = of_objects ? K_OBJ_NEW + rnd(g, K_NR - K_OBJ_NEW) : rnd(g, K_NR);
	emit(g, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, kfunc_ids[kfunc]);
}

int jump(struct gen *g, u8 op, int dst, s32 imm)
{
	return emit(g, BPF_JMP | op | BPF_K, dst, 0, 0, imm);
}

int jump_if_null(struct gen *g)
{
	return mistake(g, MUT_NO_NULL_CHECK) ? 0 : jump(g, BPF_JEQ, BPF_REG_0, 0);
}

/* From nowhere, if there was no jump. */
void land(struct gen *g, int at)
{
	if (at)
		g->p->insns[at].off = g->p->nr_insns - at - 1;
}

void jump_to(struct gen *g, int insn)
{
	emit(g, BPF_JMP | BPF_JA, 0, 0, insn - g->p->nr_insns - 1, 0);
}

struct scope scope_begin(struct gen *g)
{
	return (struct scope) { g->nr_vars, g->sp, g->regs };
}

void scope_end(struct gen *g, struct scope scope)
{
	g->nr_vars = scope.nr_vars;
	g->sp = scope.sp;
	g->regs = scope.regs;
}

int stack_room(struct gen *g, int size)
{
	if (g->sp - size < g->sp_min)
		return 0;
	return g->sp -= size;
}

static int free_reg(struct gen *g)
{
	int reg;

	for (reg = BPF_REG_6; reg <= BPF_REG_9; reg++)
		if (!(g->regs & (1 << reg)))
			return reg;
	return 0;
}

/* A variable with the value of a register. */
int new_var(struct gen *g, enum var_type type, int reg)
{
	struct var *var = &g->vars[g->nr_vars];
	int home = rnd(g, 2) ? free_reg(g) : 0;

	if (g->nr_vars == MAX_VARS)
		return -1;
	var->type = type;
	var->in_reg = home;
	var->where = home ?: stack_room(g, 8);
	if (!var->where) {
		var->where = free_reg(g);
		var->in_reg = true;
		if (!var->where)
			return -1;
	}
	if (var->in_reg)
		g->regs |= 1 << var->where;
	put(g, g->nr_vars, reg);
	return g->nr_vars++;
}

int pick(struct gen *g, unsigned int types)
{
	int i, nr = 0, found = -1;

	for (i = g->first; i < g->nr_vars; i++)
		if (types & (1u << g->vars[i].type) && !rnd(g, ++nr))
			found = i;
	return found;
}

void get(struct gen *g, int reg, int var)
{
	struct var *v = &g->vars[var];

	if (mistake(g, MUT_WRONG_VAR))
		v = &g->vars[pick(g, ANY)];
	if (v->in_reg)
		mov(g, reg, v->where);
	else
		emit(g, BPF_LDX | BPF_MEM | BPF_DW, reg, BPF_REG_10, v->where, 0);
}

void put(struct gen *g, int var, int reg)
{
	struct var *v = &g->vars[var];

	if (v->in_reg)
		mov(g, v->where, reg);
	else
		emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, reg, v->where, 0);
}

/* Overwrites R1, hence not for what is there. Nothing of it is known to the verifier. */
void log_value(struct gen *g, int reg, s64 min, s64 max)
{
	int site = g->p->nr_sites;

	if (site == FUZZ_SITES)
		return;
	g->p->sites[site].min = min;
	g->p->sites[site].max = max;
	g->p->nr_sites++;
	ld_imm64(g, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, fuzz_env->maps[MAP_SEEN], 8 * site);
	emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_1, reg, 0, 0);
}

bool in_rcu(const struct gen *g)
{
	return g->rcu || g->atomic || !g->p->sleepable;
}

/* Nested loops multiply. */
bool afford(const struct gen *g, int times)
{
	return g->depth < 5 && g->cost * times <= 1000;
}
