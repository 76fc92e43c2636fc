// SPDX-License-Identifier: GPL-2.0
/*
 * Generates programs from blocks of statements, their functions, and the mistakes.
 */
#include <time.h>
#include "fuzz_emit.h"

#define MAIN_STACK	288
#define FUNC_STACK	96

const char * const fuzz_feature_names[FZ_NR] = {
	"RCU section", "RCU walk", "task", "cgroup", "cpumask", "num iterator",
	"bits iterator", "task iterator", "css iterator", "DSQ iterator", "DSQ move",
	"kptr xchg", "kptr under RCU",
	"task storage", "cgroup storage", "bpf_loop", "for_each_elem", "function", "timer",
	"spin lock", "dynptr", "object", "tree", "list", "refcount",
};

const char * const fuzz_mutation_names[MUT_NR] = {
	"none", "leak", "release twice", "use released", "no NULL check", "wrong variable",
	"no RCU lock", "no RCU unlock", "use after RCU", "no new", "no next", "no destroy",
	"destroy twice", "iterator offset", "iterator overwritten", "back edge", "leave",
	"bound", "no bound", "access", "swap", "context", "sleep", "lock", "dynptr",
	"return", "object leak", "drop twice", "use dropped", "use unlocked", "use taken",
	"add twice", "no root lock", "other lock", "other root", "other node", "less function",
	"links", "object kptr", "kfunc", "instruction",
};

void feature(struct gen *g, enum fuzz_feature feature)
{
	g->p->features |= 1u << feature;
}

void scalar_to(struct gen *g, int reg)
{
	get(g, reg, pick(g, T(SCALAR)));
}

/* Something that may be NULL is in R0. It is there in a block, if it is not NULL. */
void with(struct gen *g, enum var_type type)
{
	struct scope scope = scope_begin(g);
	int out = jump_if_null(g);

	if (new_var(g, type, BPF_REG_0) >= 0)
		block(g, 1 + rnd(g, 3));
	scope_end(g, scope);
	land(g, out);
}

static void release(struct gen *g, enum var_type type)
{
	call_kfunc(g, type == V_TASK_REF ? K_TASK_RELEASE :
		   type == V_CGROUP_REF ? K_CGROUP_RELEASE :
		   type == V_MASK_REF ? K_MASK_RELEASE : K_OBJ_DROP);
}

/* Into a map, and what was there before is released. */
static bool give_away(struct gen *g, int var)
{
	int slot = pick(g, T(SLOT)), out;
	bool object = OBJECTS & 1u << g->vars[var].type;

	if (object && give_to_root(g, var))
		return true;
	if (slot < 0 || rnd(g, 2))
		return false;
	field_addr(g, slot, g->vars[var].type);
	get(g, BPF_REG_2, var);
	call_helper(g, BPF_FUNC_kptr_xchg);
	feature(g, FZ_KPTR_XCHG);
	out = jump_if_null(g);
	mov(g, BPF_REG_1, BPF_REG_0);
	if (!mistake(g, object ? MUT_OBJ_LEAK : MUT_LEAK))
		release(g, g->vars[var].type);
	land(g, out);
	return true;
}

static void disown(struct gen *g, int var)
{
	bool object = OBJECTS & 1u << g->vars[var].type;
	int times = mistake(g, object ? MUT_OBJ_LEAK : MUT_LEAK) ? 0 :
		    1 + mistake(g, object ? MUT_DROP_TWICE : MUT_RELEASE_TWICE);

	if (times != 1 || !give_away(g, var)) {
		while (times--) {
			get(g, BPF_REG_1, var);
			release(g, g->vars[var].type);
		}
	}
	if (mistake(g, object ? MUT_USE_DROPPED : MUT_USE_RELEASED)) {
		get(g, BPF_REG_1, var);
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, 0);
	}
}

/* R0 is a new reference. */
void own(struct gen *g, enum var_type type, bool may_be_null)
{
	struct scope scope = scope_begin(g);
	int out = 0, var;

	if (may_be_null && !mistake(g, MUT_NO_NULL_CHECK))
		out = jump(g, BPF_JEQ, BPF_REG_0, 0);
	var = new_var(g, type, BPF_REG_0);
	if (var < 0) {
		mov(g, BPF_REG_1, BPF_REG_0);
		release(g, type);
	} else {
		g->owed++;
		block(g, 1 + rnd(g, 4));
		g->owed--;
		disown(g, var);
	}
	scope_end(g, scope);
	land(g, out);
}

static bool do_arith(struct gen *g)
{
	static const u8 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_MOD, BPF_RSH, BPF_LSH,
	};
	int var = pick(g, T(SCALAR));
	u8 op = ops[rnd(g, ARRAY_SIZE(ops))];

	get(g, BPF_REG_1, var);
	if (rnd(g, 2) && op != BPF_LSH && op != BPF_RSH) {
		scalar_to(g, BPF_REG_2);
		emit(g, (rnd(g, 4) ? BPF_ALU64 : BPF_ALU) | op | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
	} else {
		emit(g, (rnd(g, 4) ? BPF_ALU64 : BPF_ALU) | op | BPF_K, BPF_REG_1, 0, 0,
		     1 + rnd(g, 12));
	}
	put(g, var, BPF_REG_1);
	return true;
}

static bool do_set(struct gen *g)
{
	mov_imm(g, BPF_REG_1, rnd(g, 10));
	put(g, pick(g, T(SCALAR)), BPF_REG_1);
	return true;
}

static bool do_random(struct gen *g)
{
	call_helper(g, BPF_FUNC_get_prandom_u32);
	if (rnd(g, 2))
		emit(g, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_0, 0, 0, 15);
	put(g, pick(g, T(SCALAR)), BPF_REG_0);
	return true;
}

static bool do_branch(struct gen *g)
{
	static const u8 ops[] = {
		BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSLT, BPF_JSET,
	};
	int otherwise, end;

	scalar_to(g, BPF_REG_1);
	g->p->nr_branches++;
	otherwise = emit(g, (rnd(g, 4) ? BPF_JMP : BPF_JMP32) | ops[rnd(g, ARRAY_SIZE(ops))] |
			 BPF_K, BPF_REG_1, 0, 0, rnd(g, 12));
	block(g, 1 + rnd(g, 3));
	if (rnd(g, 2)) {
		end = emit(g, BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(g, otherwise);
		block(g, 1 + rnd(g, 2));
		land(g, end);
	} else {
		land(g, otherwise);
	}
	return true;
}

/* Of one type, as references with all that depends on them. */
static bool do_swap(struct gen *g)
{
	int a = pick(g, g->locked ? ~(T(LOCKED) | ROOTED) : ANY);
	int b = pick(g, 1u << g->vars[a].type);

	if (mistake(g, MUT_SWAP))
		b = pick(g, ANY);
	if (a == b)
		return false;
	get(g, BPF_REG_1, a);
	get(g, BPF_REG_2, b);
	put(g, a, BPF_REG_2);
	put(g, b, BPF_REG_1);
	return true;
}

static bool do_context(struct gen *g)
{
	if (g->ctx < 0)
		return false;
	scalar_to(g, BPF_REG_2);
	get(g, BPF_REG_1, g->ctx);
	store_mem(g, BPF_DW, BPF_REG_1, BPF_REG_2,
		  mistake(g, MUT_CONTEXT) ? 16 : 8 * rnd(g, 2));
	return true;
}

static const struct {
	statement fn;
	int weight;
	enum { LOCKED = 1, KERNEL } where;
} statements[] = {
	/* With a lock held as well, as they call nothing, or what may be called then */
	{ do_arith, 4, LOCKED }, { do_set, 3, LOCKED }, { do_branch, 10, LOCKED },
	{ do_data, 10, LOCKED }, { do_context, 8, LOCKED }, { do_swap, 4, LOCKED },
	{ do_call, 7, LOCKED }, { do_count, 8, LOCKED }, { do_object, 10, LOCKED },
	{ do_share, 9, LOCKED }, { do_first, 10, LOCKED }, { do_move, 10, LOCKED },
	{ do_random, 3 }, { do_current, 4 }, { do_walk, 7 }, { do_read, 8 },
	{ do_slot, 8 }, { do_xchg, 8 }, { do_kptr_load, 8 }, { do_lock, 10 },
	{ do_locked, 20 }, { do_timer, 3 }, { do_timed, 20 }, { do_dynptr, 4 },
	{ do_record, 3 }, { do_loop, 16 }, { do_keep, 5 }, { do_leave, 6 }, { do_sleep, 3 },
	{ do_new, 6 }, { do_roots, 8 }, { do_take, 8 },
	/* Not in programs for SCHED_CLS, which lack functions for it */
	{ do_find_task, 5, KERNEL }, { do_acquire, 6, KERNEL }, { do_find_cgroup, 3, KERNEL },
	{ do_ancestor, 3, KERNEL }, { do_create_mask, 4, KERNEL }, { do_mask, 8, KERNEL },
	{ do_storage, 8, KERNEL }, { do_rcu, 12, KERNEL },
};

static bool do_any(struct gen *g)
{
	int i, at, sum = 0;

	for (i = 0; i < (int)ARRAY_SIZE(statements); i++)
		sum += statements[i].weight;
	at = rnd(g, sum);
	for (i = 0; at >= statements[i].weight; i++)
		at -= statements[i].weight;
	if ((g->locked && statements[i].where != LOCKED) ||
	    (g->p->roots && statements[i].where == KERNEL))
		return false;
	return statements[i].fn(g);
}

void block(struct gen *g, int nr)
{
	struct scope scope = scope_begin(g);
	int tries;

	g->depth++;
	for (; nr > 0 && g->left > 0 && g->depth < 12; nr--) {
		g->left--;
		for (tries = 0; tries < 8; tries++)
			if (do_any(g))
				break;
	}
	g->depth--;
	scope_end(g, scope);
}

/* An address of a function to be in a register, or a call of it. */
void ask_func(struct gen *g, enum func_kind kind, int reg, enum var_type passed)
{
	g->funcs[g->p->nr_funcs++] = (struct func) {
		.kind = kind,
		.called_at = g->p->nr_insns,
		.rcu = kind != F_TIMER && g->rcu,
		.atomic = kind == F_TIMER || kind == F_EACH_HASHED || g->atomic,
		.locked = g->locked,
		.nesting = g->nesting + 1,
		.depth = g->depth,
		.cost = kind == F_CALL || kind == F_TIMER ? g->cost : 8 * g->cost,
		.passed = passed,
	};
	if (reg)
		ld_imm64(g, reg, BPF_PSEUDO_FUNC, 0, 0);
	else
		emit(g, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
}

static void func_begin(struct gen *g, int stack)
{
	g->nr_vars = 0;
	g->first = 0;
	g->sp = 0;
	g->sp_min = -stack;
	g->regs = 0;
	g->loop = NULL;
	g->root = -1;
	g->ctx = -1;
}

static void func_end(struct gen *g)
{
	emit(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* A member of the context, which R9 points to */
static void take_member(struct gen *g, int off, enum var_type type)
{
	emit(g, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_9, off, 0);
	new_var(g, type, BPF_REG_1);
}

/* By way of R9, as new variables may be in any other register. */
static void take_context(struct gen *g, int reg, enum var_type passed)
{
	mov(g, BPF_REG_9, reg);
	g->regs |= 1 << BPF_REG_9;
	g->vars[0] = (struct var) { V_CONTEXT, true, BPF_REG_9 };
	g->ctx = 0;
	g->nr_vars = 1;
	take_member(g, 0, V_SCALAR);
	take_member(g, 16, passed);
	if (rnd(g, 2))
		take_member(g, 8, V_SCALAR);
}

static void func_args(struct gen *g, const struct func *f)
{
	switch (f->kind) {
	case F_LOOP:
	case F_CALL:
		emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_1, stack_room(g, 8), 0);
		take_context(g, BPF_REG_2, f->passed);
		emit(g, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_10, -8, 0);
		new_var(g, V_SCALAR, BPF_REG_1);
		return;
	case F_EACH:
	case F_EACH_HASHED:
		emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_3, stack_room(g, 8), 0);
		take_context(g, BPF_REG_4, f->passed);
		emit(g, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_10, -8, 0);
		new_var(g, V_SLOT, BPF_REG_1);
		return;
	case F_TIMER:
		mov_imm(g, BPF_REG_1, rnd(g, 10));
		new_var(g, V_SCALAR, BPF_REG_1);
		return;
	case F_LESS:
		less_args(g, f->passed);
	}
}

static void func_result(struct gen *g, enum func_kind kind)
{
	if (mistake(g, MUT_RETURN)) {
		scalar_to(g, BPF_REG_0);
		return;
	}
	if (kind == F_LESS) {
		less_result(g);
		return;
	}
	mov_imm(g, BPF_REG_0, 0);
	if (kind != F_TIMER && !rnd(g, 4)) {
		scalar_to(g, BPF_REG_0);
		emit(g, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_0, 0, 0, 1);
	}
}

static void gen_func(struct gen *g, int nr)
{
	struct func f = g->funcs[nr];

	g->p->funcs[nr] = g->p->nr_insns;
	g->p->insns[f.called_at].imm = g->p->nr_insns - f.called_at - 1;
	func_begin(g, FUNC_STACK);
	g->rcu = f.rcu;
	g->atomic = f.atomic;
	g->locked = f.locked;
	g->nesting = f.nesting;
	g->depth = f.depth;
	g->cost = f.cost;
	g->left = 4;
	func_args(g, &f);
	block(g, 1 + rnd(g, 5));
	func_result(g, f.kind);
	func_end(g);
}

static void gen_main(struct gen *g)
{
	int i;

	func_begin(g, MAIN_STACK);
	g->left = 6 + rnd(g, 20);
	g->cost = 1;
	for (i = 0; i < 3; i++) {
		if (i < 2)
			mov_imm(g, BPF_REG_0, rnd(g, 10));
		else
			call_helper(g, BPF_FUNC_get_prandom_u32);
		new_var(g, V_SCALAR, BPF_REG_0);
	}
	if (rnd(g, 4))
		do_current(g);
	if (g->p->roots)
		take_root(g);
	while (g->left > 0)
		block(g, 4 + rnd(g, 6));
	mov_imm(g, BPF_REG_0, 0);
	func_end(g);
}

/* Change a field of one instruction, but no call. */
static void change_insn(struct gen *g)
{
	struct bpf_insn *insn;
	int tries;

	for (tries = 0; tries < 20; tries++) {
		insn = &g->p->insns[rnd(g, g->p->nr_insns)];
		if (!insn->code || insn->code == (BPF_JMP | BPF_CALL) ||
		    insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		switch (rnd(g, 4)) {
		case 0:
			insn->dst_reg = rnd(g, 10);
			break;
		case 1:
			insn->src_reg = rnd(g, 11);
			break;
		case 2:
			insn->off += (rnd(g, 2) ? 1 : -1) * (rnd(g, 2) ? 1 : 8);
			break;
		default:
			insn->imm += (rnd(g, 2) ? 1 : -1) * (rnd(g, 2) ? 1 : 8);
		}
		g->p->mutation = MUT_INSN;
		return;
	}
}

static void generate(struct gen *g, struct fuzz_prog *prog, u64 seed)
{
	int i;

	memset(prog, 0, sizeof(*prog));
	prog->seed = seed;
	g->p = prog;
	g->rng = seed * 0x2545f4914f6cdd1dULL;
	memset(g->chances, 0, sizeof(g->chances));
	prog->roots = !rnd(g, 4);
	prog->sleepable = !prog->roots && rnd(g, 3);
	g->rcu = false;
	g->atomic = false;
	g->locked = false;
	g->owed = 0;
	g->nesting = 0;
	g->depth = 0;
	gen_main(g);
	for (i = 0; i < prog->nr_funcs; i++)
		gen_func(g, i);
}

static enum fuzz_mutation any_mutation(struct gen *choice, bool roots)
{
	int kind = rnd(choice, 6);

	if (!kind)
		return MUT_NO_BOUND;
	if (kind < 3 && roots)
		return MUT_OBJ_LEAK + rnd(choice, MUT_LINKS + 1 - MUT_OBJ_LEAK);
	return rnd(choice, MUT_NR);
}

/*
 * The same seed gives the same program up to the mistake. Of the kinds that can be made
 * in it each is as likely, but to rely on what the verifier knows about an index, or
 * what only programs with roots can do.
 */
void fuzz_generate(struct fuzz_prog *prog, u64 seed)
{
	struct gen g = { .wanted = MUT_NONE, .wanted_at = -1 };
	struct gen choice = { .rng = ~seed };
	enum fuzz_mutation wanted;
	int nr;

	generate(&g, prog, seed);
	if (rnd(&choice, 2))
		return;
	do {
		wanted = any_mutation(&choice, prog->roots);
		nr = wanted == MUT_INSN ? 1 : g.chances[wanted];
	} while (!nr);
	if (wanted == MUT_INSN) {
		change_insn(&g);
		return;
	}
	g.wanted = wanted;
	g.wanted_at = rnd(&choice, nr);
	generate(&g, prog, seed);
}
