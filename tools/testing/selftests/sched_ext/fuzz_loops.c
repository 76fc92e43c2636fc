// SPDX-License-Identifier: GPL-2.0
/*
 * Statements of fuzzed programs that run others: iterators, RCU sections, callbacks
 * and other functions, the ways out of a loop.
 */
#include "fuzz_emit.h"

#define BITS_WORDS	3
#define DSQ_GLOBAL	(1ULL << 63 | 1)	/* SCX_DSQ_GLOBAL */

struct iter {
	enum kfunc new;			/* followed by next and destroy */
	enum fuzz_feature feature;
	enum var_type elem;
	int times;			/* about */
};

static const struct iter nums = { K_NUM_NEW, FZ_NUM_ITER, V_NUM, 8 };
static const struct iter bits = { K_BITS_NEW, FZ_BITS_ITER, V_NUM, 40 };
static const struct iter tasks = { K_TASKS_NEW, FZ_TASK_ITER, V_TASK_RCU, 100 };
static const struct iter csses = { K_CSS_NEW, FZ_CSS_ITER, V_CSS, 6 };
static const struct iter dsq = { K_DSQ_NEW, FZ_DSQ_ITER, V_TASK_RCU, 6 };

static void new_numbers(struct gen *g)
{
	mov_imm(g, BPF_REG_2, rnd(g, 4));
	if (rnd(g, 2)) {
		mov_imm(g, BPF_REG_3, rnd(g, 10));
	} else {
		scalar_to(g, BPF_REG_3);
		emit(g, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_3, 0, 0, 7);
	}
}

static void new_tasks(struct gen *g)
{
	int task = pick(g, TASKS);

	if (task >= 0)
		get(g, BPF_REG_2, task);
	else
		mov_imm(g, BPF_REG_2, 0);
	mov_imm(g, BPF_REG_3, rnd(g, 4));
}

/* Of anything: the kernel must be able to tell what it can read. */
static void new_bits(struct gen *g)
{
	if (rnd(g, 4))
		stack_addr(g, BPF_REG_2, -8 - 8 * (int)rnd(g, 4));
	else
		get(g, BPF_REG_2, pick(g, TASKS | T(SCALAR)));
	mov_imm(g, BPF_REG_3, rnd(g, 8) ? 1 + rnd(g, BITS_WORDS) : 1000 * rnd(g, 2));
}

/* R1 is set. */
static void iter_new(struct gen *g, const struct iter *it, int from)
{
	if (it == &nums) {
		new_numbers(g);
	} else if (it == &bits) {
		new_bits(g);
	} else if (it == &tasks) {
		new_tasks(g);
	} else if (it == &csses) {
		get(g, BPF_REG_2, from);
		if (g->vars[from].type != V_CSS)
			emit(g, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0,
			     fuzz_members[M_CGROUP_SELF]);
		mov_imm(g, BPF_REG_3, rnd(g, 6));
	} else {
		mov_imm(g, BPF_REG_2, rnd(g, 4) ? 0 : 1);
		mov_imm(g, BPF_REG_3, rnd(g, 4) ? 0 : 1 << 16);
	}
	call_kfunc(g, it->new);
}

static void note_element(struct gen *g, const struct iter *it)
{
	if (it->elem == V_NUM) {
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_0, 0);
		log_value(g, BPF_REG_2, 0, it == &nums ? 9 : 64 * BITS_WORDS - 1);
		if (rnd(g, 2)) {
			new_var(g, V_SCALAR, BPF_REG_2);
			return;
		}
	}
	new_var(g, it->elem, BPF_REG_0);
}

/* The element, which R0 is, to the global DSQ. */
static void move(struct gen *g, int off)
{
	feature(g, FZ_DSQ_MOVE);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_0, 0, 0);
	stack_addr(g, BPF_REG_1, off);
	ld_imm64(g, BPF_REG_3, 0, (s32)DSQ_GLOBAL, DSQ_GLOBAL >> 32);
	mov_imm(g, BPF_REG_4, 0);
	call_kfunc(g, K_DSQ_MOVE);
	/* Of a bool just the lowest byte is returned. */
	emit(g, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_0, 0, 0, 0xff);
	log_value(g, BPF_REG_0, 0, 1);
}

static void loop_body(struct gen *g, const struct iter *it, struct loop *loop, int off)
{
	int body, out;

	out = jump_if_null(g);
	if (out)
		loop->exits[loop->nr_exits++] = out;
	body = g->p->nr_insns;
	if (it == &dsq && g->p->sleepable && rnd(g, 4))
		move(g, off);
	else
		note_element(g, it);
	block(g, 1 + rnd(g, 4));
	if (mistake(g, MUT_BACK_EDGE))
		jump_to(g, rnd(g, 2) ? body - 1 : loop->head - 1 - rnd(g, 3));
	else
		jump_to(g, loop->head);
	while (loop->nr_exits)
		land(g, loop->exits[--loop->nr_exits]);
}

static void run_loop(struct gen *g, const struct iter *it, int off)
{
	struct loop loop = { .head = g->p->nr_insns, .owed = g->owed, .outer = g->loop };
	int cost = g->cost;

	g->loop = &loop;
	g->depth++;
	g->cost *= it->times;
	g->p->nr_loops++;
	stack_addr(g, BPF_REG_1, off + 8 * mistake(g, MUT_ITER_OFFSET));
	if (!mistake(g, MUT_NO_NEXT))
		call_kfunc(g, it->new + 1);
	if (mistake(g, MUT_ITER_OVERWRITE)) {
		mov_imm(g, BPF_REG_2, 0);
		store_mem(g, rnd(g, 2) ? BPF_DW : BPF_B, BPF_REG_10, BPF_REG_2,
			  off + rnd(g, fuzz_iter_size(it->new)) / 8 * 8);
	}
	loop_body(g, it, &loop, off);
	g->cost = cost;
	g->depth--;
	g->loop = loop.outer;
}

static void iterate(struct gen *g, const struct iter *it, int from, int off)
{
	int times;

	feature(g, it->feature);
	stack_addr(g, BPF_REG_1, off + 8 * mistake(g, MUT_ITER_OFFSET));
	if (!mistake(g, MUT_NO_NEW))
		iter_new(g, it, from);
	g->owed++;
	run_loop(g, it, off);
	g->owed--;
	times = mistake(g, MUT_NO_DESTROY) ? 0 : 1 + mistake(g, MUT_DESTROY_TWICE);
	while (times--) {
		stack_addr(g, BPF_REG_1, off);
		call_kfunc(g, it->new + 2);
	}
}

static const struct iter *pick_iter(struct gen *g, int from)
{
	if (!in_rcu(g))
		return mistake(g, MUT_NO_RCU_LOCK) ? &tasks : rnd(g, 4) ? &nums : &bits;
	if (from >= 0 && rnd(g, 3))
		return &csses;
	switch (rnd(g, 14)) {
	case 0 ... 2: return &tasks;
	case 3 ... 10: return &dsq;
	case 11: return &bits;
	default: return &nums;
	}
}

bool do_loop(struct gen *g)
{
	struct scope scope = scope_begin(g);
	int from = pick(g, CGROUPS | T(CSS)), task = pick(g, TASKS);
	const struct iter *it;
	int off;

	if (g->p->roots)
		return do_call(g);
	if (!afford(g, tasks.times / 10))
		return false;
	if (from < 0 && task >= 0 && in_rcu(g) && rnd(g, 2))
		from = walk_to_cgroup(g, task);
	it = pick_iter(g, from);
	if (!afford(g, it->times))
		return true;
	if (rnd(g, 2)) {
		mov_imm(g, BPF_REG_1, rnd(g, 3));
		new_var(g, V_COUNT, BPF_REG_1);
	}
	off = stack_room(g, fuzz_iter_size(it->new));
	if (off)
		iterate(g, it, from, off);
	scope_end(g, scope);
	return off;
}

/* Remember an element of a loop, or none, for after the loop. */
bool do_keep(struct gen *g)
{
	struct scope scope = scope_begin(g);
	int kept, task, out;

	if (!in_rcu(g) || !afford(g, 100))
		return false;
	mov_imm(g, BPF_REG_1, 0);
	kept = new_var(g, V_KEPT, BPF_REG_1);
	if (kept < 0)
		return false;
	block(g, 1);
	task = pick(g, T(TASK_RCU) | T(TASK));
	if (task >= 0) {
		scalar_to(g, BPF_REG_1);
		out = jump(g, BPF_JSET, BPF_REG_1, 3);
		get(g, BPF_REG_1, task);
		put(g, kept, BPF_REG_1);
		land(g, out);
	}
	block(g, 1);
	get(g, BPF_REG_0, kept);
	out = jump_if_null(g);
	if (task >= 0) {
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_0, fuzz_members[M_TASK_PID]);
		log_value(g, BPF_REG_2, 0, 1 << 22);
	}
	land(g, out);
	scope_end(g, scope);
	return true;
}

/* Break or continue. */
bool do_leave(struct gen *g)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JGT, BPF_JSLT, BPF_JSET };
	struct loop *loop = g->loop;
	int at;

	if (!loop || g->locked || loop->nr_exits == MAX_EXITS ||
	    (loop->owed != g->owed && !mistake(g, MUT_LEAVE)))
		return false;
	scalar_to(g, BPF_REG_1);
	at = jump(g, ops[rnd(g, ARRAY_SIZE(ops))], BPF_REG_1, rnd(g, 10));
	g->p->nr_branches++;
	if (rnd(g, 2))
		loop->exits[loop->nr_exits++] = at;
	else
		g->p->insns[at].off = loop->head - at - 1;
	return true;
}

static void use_after_section(struct gen *g)
{
	int var = pick(g, OF_RCU);

	if (var < 0 || !mistake(g, MUT_USE_AFTER_RCU))
		return;
	get(g, BPF_REG_1, var);
	call_kfunc(g, (1u << g->vars[var].type) & TASKS ? K_TASK_ACQUIRE :
		   (1u << g->vars[var].type) & CGROUPS ? K_CGROUP_ACQUIRE : K_MASK_WEIGHT);
	own(g, (1u << g->vars[var].type) & TASKS ? V_TASK_REF : V_CGROUP_REF, true);
}

/* In others than sleepable programs, too, but there its end is that of the outer one. */
bool do_rcu(struct gen *g)
{
	struct scope scope = scope_begin(g);

	if (g->rcu || g->atomic || (!g->p->sleepable && (g->nesting || pick(g, OF_RCU) >= 0)))
		return false;
	feature(g, FZ_RCU);
	if (!mistake(g, MUT_NO_RCU_LOCK))
		call_kfunc(g, K_RCU_LOCK);
	g->rcu = true;
	g->owed++;
	do_walk(g);
	block(g, 2 + rnd(g, 5));
	g->owed--;
	g->rcu = false;
	if (!mistake(g, MUT_NO_RCU_UNLOCK))
		call_kfunc(g, K_RCU_UNLOCK);
	use_after_section(g);
	scope_end(g, scope);
	return true;
}

bool do_sleep(struct gen *g)
{
	struct scope scope = scope_begin(g);
	int off;

	if (!g->p->sleepable || (in_rcu(g) && !mistake(g, MUT_SLEEP)))
		return false;
	off = stack_room(g, 8);
	if (!off)
		return false;
	stack_addr(g, BPF_REG_1, off);
	mov_imm(g, BPF_REG_2, 8);
	mov_imm(g, BPF_REG_3, 0);
	call_helper(g, BPF_FUNC_copy_from_user);
	scope_end(g, scope);
	return true;
}

/* What others may do with it who do not own it. */
static enum var_type borrowed(enum var_type type)
{
	switch (type) {
	case V_TASK_REF: return V_TASK;
	case V_CGROUP_REF: return V_CGROUP;
	case V_MASK_REF: return V_MASK;
	case V_ITEM_REF: return V_ITEM;
	case V_SHARED_REF: return V_SHARED;
	default: return type;
	}
}

static void call(struct gen *g, enum func_kind kind, int context, enum var_type passed)
{
	static const enum fuzz_feature features[] = {
		[F_LOOP] = FZ_LOOP, [F_EACH] = FZ_EACH_ELEM,
		[F_EACH_HASHED] = FZ_EACH_ELEM, [F_CALL] = FZ_FUNC,
	};

	feature(g, features[kind]);
	switch (kind) {
	case F_LOOP:
		scalar_to(g, BPF_REG_1);
		if (rnd(g, 2))
			mov_imm(g, BPF_REG_1, rnd(g, 9));
		else
			emit(g, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_1, 0, 0, 7);
		ask_func(g, kind, BPF_REG_2, passed);
		break;
	case F_EACH:
	case F_EACH_HASHED:
		map_ptr(g, BPF_REG_1, kind == F_EACH ? MAP_SLOTS : MAP_TABLE);
		ask_func(g, kind, BPF_REG_2, passed);
		break;
	default:
		scalar_to(g, BPF_REG_1);
		stack_addr(g, BPF_REG_2, context);
		ask_func(g, kind, 0, passed);
		return;
	}
	stack_addr(g, BPF_REG_3, context);
	mov_imm(g, BPF_REG_4, 0);
	call_helper(g, kind == F_LOOP ? BPF_FUNC_loop : BPF_FUNC_for_each_map_elem);
	g->p->nr_loops++;
}

/* With two numbers and another variable in the context, as the function knows. */
bool do_call(struct gen *g)
{
	struct scope scope = scope_begin(g);
	enum func_kind kind = g->locked ? F_CALL : rnd(g, F_CALL + 1);
	enum var_type passed;
	int context, var, i;

	if (g->nesting == 2 || g->p->nr_funcs == FUZZ_FUNCS || !afford(g, 8))
		return false;
	context = stack_room(g, 24);
	if (!context)
		return false;
	for (i = 0; i < 2; i++) {
		scalar_to(g, BPF_REG_1);
		emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_1, context + 8 * i, 0);
	}
	var = pick(g, ~(T(COUNT) | T(KEPT) | T(CONTEXT) | T(NUM) | T(LOCKED) | T(TIMED) |
			T(LOST) | (g->locked ? ROOTED : 0)));
	get(g, BPF_REG_1, var);
	emit(g, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_1, context + 16, 0);
	passed = borrowed(g->vars[var].type);
	call(g, kind, context, passed);

	emit(g, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_10, context, 0);
	put(g, pick(g, T(SCALAR)), BPF_REG_1);
	emit(g, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_10, context + 16, 0);
	/* What is borrowed, and swapped then, would be in use when it is released. Roots are
	 * different ones if their variables are.
	 */
	if (!g->locked && passed == g->vars[var].type && !(1u << passed & ROOTED) &&
	    new_var(g, passed, BPF_REG_1) >= 0)
		block(g, 1);
	scope_end(g, scope);
	return true;
}
