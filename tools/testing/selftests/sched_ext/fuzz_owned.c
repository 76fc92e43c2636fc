// SPDX-License-Identifier: GPL-2.0
/*
 * Statements of fuzzed programs about objects of the program's own types: made, shared,
 * read and written, added to trees and lists and taken out of these.
 *
 * What a root lends is a variable for as long as the lock is held and nothing is taken
 * out of a root. Keys are small, and those of items, which have one owner, have a twin.
 */
#include "fuzz_emit.h"

#define KEY_MAX		15

static const struct own_type {
	const char *name;
	enum var_type ref, lent;
	enum member rb, link, tree, list;
} types[] = {
	{ "fuzz_item", V_ITEM_REF, V_ITEM_LENT, M_ITEM_RB, M_ITEM_LINK, M_ITEM_TREE, M_ITEM_LIST },
	{ "fuzz_shared", V_SHARED_REF, V_SHARED_LENT, M_SHARED_RB, M_SHARED_LINK, M_SHARED_TREE,
	  M_SHARED_LIST },
};

#define ITEM	(&types[0])
#define COUNTED	(&types[1])

static const struct own_type *any_type(struct gen *g)
{
	return &types[rnd(g, ARRAY_SIZE(types))];
}

static const struct own_type *type_of(const struct gen *g, int var)
{
	return 1u << g->vars[var].type & ITEMS ? ITEM : COUNTED;
}

static void add_imm(struct gen *g, int reg, s32 imm)
{
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, imm);
}

bool do_new(struct gen *g)
{
	const struct own_type *t = any_type(g);
	int out;

	mov_imm(g, BPF_REG_1, fuzz_own_type(t->name));
	call_kfunc(g, K_OBJ_NEW);
	feature(g, FZ_OBJECT);
	out = jump_if_null(g);
	load_mem(g, BPF_DW, BPF_REG_2, BPF_REG_0, rnd(g, FUZZ_WORDS + 1) * 8);
	log_value(g, BPF_REG_2, 0, 0);
	own(g, t->ref, false);
	land(g, out);
	return true;
}

static void mistake_links(struct gen *g, int var)
{
	bool item = type_of(g, var) == ITEM;
	int off = fuzz_members[rnd(g, 2) ? (item ? M_ITEM_RB : M_SHARED_RB) :
			       item ? M_ITEM_LINK : M_SHARED_COUNT];

	if (!mistake(g, MUT_LINKS))
		return;
	get(g, BPF_REG_1, var);
	if (rnd(g, 2)) {
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, off);
	} else {
		mov_imm(g, BPF_REG_2, 0);
		store_mem(g, BPF_W, BPF_REG_1, BPF_REG_2, off);
	}
}

static void read_key(struct gen *g, int var)
{
	get(g, BPF_REG_1, var);
	load_mem(g, BPF_DW, BPF_REG_2, BPF_REG_1, 0);
	if (type_of(g, var) == ITEM) {
		load_mem(g, BPF_DW, BPF_REG_3, BPF_REG_1, fuzz_members[M_ITEM_TWIN]);
		emit(g, BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
		log_value(g, BPF_REG_3, 0, 0);
	}
	log_value(g, BPF_REG_2, 0, KEY_MAX);
	if (rnd(g, 2))
		put(g, pick(g, T(SCALAR)), BPF_REG_2);
}

static void write_key(struct gen *g, int var)
{
	scalar_to(g, BPF_REG_2);
	emit(g, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, KEY_MAX);
	get(g, BPF_REG_1, var);
	store_mem(g, BPF_DW, BPF_REG_1, BPF_REG_2, 0);
	if (type_of(g, var) == ITEM)
		store_mem(g, BPF_DW, BPF_REG_1, BPF_REG_2, fuzz_members[M_ITEM_TWIN]);
}

bool do_object(struct gen *g)
{
	int var = pick(g, OBJECTS);

	if (var < 0)
		return false;
	mistake_links(g, var);
	if (rnd(g, 2))
		read_key(g, var);
	else
		write_key(g, var);
	return true;
}

/* Called when nothing is known any more of what roots have. */
void forget_lent(struct gen *g)
{
	int var = pick(g, T(ITEM_LENT) | T(SHARED_LENT)), i;

	if (var >= 0 && mistake(g, g->locked ? MUT_USE_TAKEN : MUT_USE_UNLOCKED)) {
		get(g, BPF_REG_1, var);
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, 0);
	}
	for (i = g->first; i < g->nr_vars; i++)
		if (1u << g->vars[i].type & (T(ITEM_LENT) | T(SHARED_LENT)))
			g->vars[i].type = V_LOST;
}

/* A root in what is locked: R1 */
static void root_to(struct gen *g, const struct own_type *t, bool tree)
{
	int root = g->root, other = pick(g, ROOTED);

	/* Two variables of the type V_ROOT are the same. */
	if (other != root && (g->vars[other].type == V_ROOTED || g->vars[root].type == V_ROOTED) &&
	    mistake(g, MUT_OTHER_LOCK))
		root = other;
	if (mistake(g, MUT_OTHER_ROOT))
		tree = !tree;
	get(g, BPF_REG_1, root);
	add_imm(g, BPF_REG_1, fuzz_members[tree ? t->tree : t->list]);
	feature(g, tree ? FZ_TREE : FZ_LIST);
}

static bool can_ask_less(const struct gen *g)
{
	/* Twice, by mistake */
	return g->nesting < 2 && g->p->nr_funcs + 1 < FUZZ_FUNCS;
}

/* Nothing is owned any more. */
static void add(struct gen *g, int var)
{
	const struct own_type *t = type_of(g, var);
	bool tree = can_ask_less(g) && rnd(g, 2);
	int times = 1 + mistake(g, MUT_ADD_TWICE);

	/* To add what is counted may fail. */
	g->vars[var].type = t == ITEM ? V_ITEM_LENT : V_LOST;
	if (mistake(g, MUT_OBJ_LEAK))
		return;
	while (times--) {
		root_to(g, t, tree);
		get(g, BPF_REG_2, var);
		add_imm(g, BPF_REG_2,
			fuzz_members[mistake(g, MUT_OTHER_NODE) == tree ? t->link : t->rb]);
		if (tree)
			ask_func(g, F_LESS, BPF_REG_3, t->lent);
		call_kfunc(g, tree ? K_TREE_ADD : rnd(g, 2) ? K_PUSH_FRONT : K_PUSH_BACK);
	}
	if (t == ITEM) {
		emit(g, BPF_ALU | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_0, 0, 0);
		log_value(g, BPF_REG_2, 0, 0);
	}
}

/* R0: the node of an object that is owned then, or NULL. Returns where it is in that. */
static int take_out(struct gen *g, const struct own_type *t)
{
	bool tree = rnd(g, 2);
	int out = 0;

	root_to(g, t, tree);
	if (tree) {
		call_kfunc(g, K_TREE_FIRST);
		out = jump_if_null(g);
		mov(g, BPF_REG_2, BPF_REG_0);
		root_to(g, t, true);
		call_kfunc(g, K_TREE_REMOVE);
	} else {
		call_kfunc(g, rnd(g, 2) ? K_POP_FRONT : K_POP_BACK);
	}
	forget_lent(g);
	land(g, out);
	return fuzz_members[tree ? t->rb : t->link];
}

/* A variable for what is owned later. */
static int make_room(struct gen *g)
{
	mov_imm(g, BPF_REG_1, 0);
	return new_var(g, V_LOST, BPF_REG_1);
}

/* Under the lock R0 is owned, and cannot be dropped. */
static void hold_and_add(struct gen *g, const struct own_type *t, int var)
{
	put(g, var, BPF_REG_0);
	g->vars[var].type = t->ref;
	block(g, rnd(g, 2));
	add(g, var);
	block(g, rnd(g, 2));
}

/* From one root to another, or the same */
bool do_move(struct gen *g)
{
	struct scope scope = scope_begin(g);
	const struct own_type *t = any_type(g);
	int var = g->root < 0 ? -1 : make_room(g), out, node;

	if (var >= 0) {
		node = take_out(g, t);
		out = jump_if_null(g);
		add_imm(g, BPF_REG_0, -node);
		hold_and_add(g, t, var);
		land(g, out);
	}
	scope_end(g, scope);
	return var >= 0;
}

bool do_share(struct gen *g)
{
	struct scope scope = scope_begin(g);
	int from = pick(g, SHARED), var;

	if (from < 0 || (g->locked && g->root < 0))
		return false;
	var = g->locked ? make_room(g) : 0;
	if (var >= 0) {
		get(g, BPF_REG_1, from);
		call_kfunc(g, K_OBJ_ACQUIRE);
		feature(g, FZ_REFCOUNT);
		if (g->locked)
			hold_and_add(g, COUNTED, var);
		else
			own(g, V_SHARED_REF, false);
	}
	scope_end(g, scope);
	return var >= 0;
}

bool do_first(struct gen *g)
{
	struct scope scope = scope_begin(g);
	const struct own_type *t = any_type(g);
	int out;

	if (g->root < 0)
		return false;
	root_to(g, t, true);
	call_kfunc(g, K_TREE_FIRST);
	out = jump_if_null(g);
	add_imm(g, BPF_REG_0, -fuzz_members[t->rb]);
	if (new_var(g, t->lent, BPF_REG_0) >= 0)
		block(g, 1 + rnd(g, 2));
	scope_end(g, scope);
	land(g, out);
	return true;
}

/* Returns whether it does. By mistake the lock is not taken, nor given up then. */
static bool lock_root(struct gen *g, int root)
{
	int at = g->p->nr_insns;

	lock_value(g, root);
	if (!mistake(g, MUT_NO_ROOT_LOCK))
		return true;
	g->p->nr_insns = at;
	g->p->before_mistake = at - 1;
	return false;
}

static void unlock_root(struct gen *g, int root, bool locked)
{
	int at = g->p->nr_insns;

	unlock_value(g, root);
	if (!locked)
		g->p->nr_insns = at;
}

/* What is owned, instead of dropping it */
bool give_to_root(struct gen *g, int var)
{
	int root = pick(g, ROOTED);
	bool locked;

	if (root < 0 || !rnd(g, 4))
		return false;
	locked = lock_root(g, root);
	block(g, rnd(g, 2));
	add(g, var);
	block(g, rnd(g, 2));
	unlock_root(g, root, locked);
	return true;
}

static void take_one(struct gen *g, int root, int off)
{
	const struct own_type *t = any_type(g);
	bool locked = lock_root(g, root);
	int node, out;

	block(g, rnd(g, 2));
	node = take_out(g, t);
	emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_0, off, 0);
	unlock_root(g, root, locked);
	emit(g, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_10, off, 0);
	out = jump_if_null(g);
	add_imm(g, BPF_REG_0, -node);
	own(g, t->ref, false);
	land(g, out);
}

bool do_take(struct gen *g)
{
	struct scope scope = scope_begin(g);
	int root = pick(g, ROOTED), off;

	if (root < 0)
		return false;
	off = stack_room(g, 8);
	if (off)
		take_one(g, root, off);
	scope_end(g, scope);
	return off;
}

void take_root(struct gen *g)
{
	ld_imm64(g, BPF_REG_0, BPF_PSEUDO_MAP_VALUE, fuzz_env->maps[MAP_ROOT], 0);
	new_var(g, V_ROOT, BPF_REG_0);
}

bool do_roots(struct gen *g)
{
	struct scope scope = scope_begin(g);
	bool ok;

	if (!g->p->roots)
		return false;
	if (!rnd(g, 4)) {
		take_root(g);
		return true;
	}
	ok = look_up(g, MAP_ROOTS, rnd(g, FUZZ_SLOTS));
	if (ok)
		with(g, V_ROOTED);
	scope_end(g, scope);
	return ok;
}

static void mistake_less(struct gen *g)
{
	if (!mistake(g, MUT_LESS))
		return;
	ld_imm64(g, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, fuzz_env->maps[MAP_ROOT], 0);
	switch (rnd(g, 4)) {
	case 0:
		call_helper(g, BPF_FUNC_get_prandom_u32);
		return;
	case 1:
		call_helper(g, BPF_FUNC_spin_unlock);
		return;
	case 2:
		add_imm(g, BPF_REG_1, fuzz_members[M_ITEM_TREE]);
		call_kfunc(g, K_TREE_FIRST);
		return;
	default:
		get(g, BPF_REG_1, 0);
		call_kfunc(g, K_OBJ_ACQUIRE);
	}
}

/* Two objects, and a number: the first variables of a less function */
void less_args(struct gen *g, enum var_type lent)
{
	int rb = fuzz_members[lent == V_ITEM_LENT ? M_ITEM_RB : M_SHARED_RB];

	add_imm(g, BPF_REG_1, -rb);
	new_var(g, lent, BPF_REG_1);
	add_imm(g, BPF_REG_2, -rb);
	new_var(g, lent, BPF_REG_2);
	load_mem(g, BPF_DW, BPF_REG_1, BPF_REG_1, 0);
	new_var(g, V_SCALAR, BPF_REG_1);
	mistake_less(g);
}

void less_result(struct gen *g)
{
	get(g, BPF_REG_1, 0);
	load_mem(g, BPF_DW, BPF_REG_1, BPF_REG_1, 0);
	get(g, BPF_REG_2, 1);
	load_mem(g, BPF_DW, BPF_REG_2, BPF_REG_2, 0);
	mov_imm(g, BPF_REG_0, 0);
	emit(g, BPF_JMP | BPF_JGE | BPF_X, BPF_REG_1, BPF_REG_2, 1, 0);
	mov_imm(g, BPF_REG_0, 1);
}
