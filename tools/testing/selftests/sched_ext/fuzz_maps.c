// SPDX-License-Identifier: GPL-2.0
/*
 * Statements of fuzzed programs about values of maps: their data, kptrs, locks and
 * timers; and about dynptrs.
 */
#include "fuzz_emit.h"

bool look_up(struct gen *g, enum fuzz_map map, u32 key)
{
	int off = stack_room(g, 8);

	if (!off)
		return false;
	emit(g, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, off, key);
	map_ptr(g, BPF_REG_1, map);
	stack_addr(g, BPF_REG_2, off);
	call_helper(g, BPF_FUNC_map_lookup_elem);
	return true;
}

bool do_slot(struct gen *g)
{
	struct scope scope = scope_begin(g);
	bool ok = true;

	switch (rnd(g, 3)) {
	case 0:
		ld_imm64(g, BPF_REG_0, BPF_PSEUDO_MAP_VALUE, fuzz_env->maps[MAP_SINGLE], 0);
		return new_var(g, V_SLOT, BPF_REG_0) >= 0;
	case 1:
		ok = look_up(g, MAP_SLOTS, rnd(g, FUZZ_SLOTS));
		break;
	default:
		ok = look_up(g, MAP_TABLE, rnd(g, 2 * FUZZ_SLOTS));
	}
	if (ok)
		with(g, V_SLOT);
	scope_end(g, scope);
	return ok;
}

struct storage {
	unsigned int owners;
	enum fuzz_map map;
	enum fuzz_feature feature;
	int get, delete;		/* helpers */
};

static const struct storage of_task = {
	TASKS, MAP_OF_TASK, FZ_TASK_STORAGE,
	BPF_FUNC_task_storage_get, BPF_FUNC_task_storage_delete,
};

static const struct storage of_cgroup = {
	CGROUPS, MAP_OF_CGROUP, FZ_CGROUP_STORAGE,
	BPF_FUNC_cgrp_storage_get, BPF_FUNC_cgrp_storage_delete,
};

bool do_storage(struct gen *g)
{
	const struct storage *of = rnd(g, 3) ? &of_cgroup : &of_task;
	int owner = pick(g, of->owners);

	if (owner < 0)
		return false;
	map_ptr(g, BPF_REG_1, of->map);
	get(g, BPF_REG_2, owner);
	feature(g, of->feature);
	if (!rnd(g, 4)) {
		call_helper(g, of->delete);
		return true;
	}
	mov_imm(g, BPF_REG_3, 0);
	mov_imm(g, BPF_REG_4, rnd(g, 4) ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	call_helper(g, of->get);
	with(g, V_SLOT);
	return true;
}

/* Keep R2 below FUZZ_WORDS, or jump. */
static int bound_index(struct gen *g)
{
	int last = FUZZ_WORDS - 1 + mistake(g, MUT_BOUND);

	if (mistake(g, MUT_NO_BOUND))
		return 0;
	switch (rnd(g, 4)) {
	case 0:
		emit(g, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0,
		     last == FUZZ_WORDS ? 2 * FUZZ_WORDS - 1 : last);
		return 0;
	case 1:
		return jump(g, BPF_JGT, BPF_REG_2, last);
	case 2:
		return jump(g, BPF_JGE, BPF_REG_2, last + 1);
	default:
		emit(g, BPF_ALU | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_2, 0, 0);
		return emit(g, BPF_JMP32 | BPF_JGT | BPF_K, BPF_REG_2, 0, 0, last);
	}
}

static void data_at_index(struct gen *g, int var, int off)
{
	log_value(g, BPF_REG_2, 0, FUZZ_WORDS - 1);
	get(g, BPF_REG_1, var);
	emit(g, BPF_ALU64 | BPF_LSH | BPF_K, BPF_REG_2, 0, 0, 3);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
	if (rnd(g, 2)) {
		scalar_to(g, BPF_REG_3);
		store_mem(g, BPF_DW, BPF_REG_1, BPF_REG_3, off);
	} else {
		/* A whole word could be a kptr, if the index is known. */
		load_mem(g, BPF_W, BPF_REG_2, BPF_REG_1, off);
		put(g, pick(g, T(SCALAR)), BPF_REG_2);
	}
}

bool do_data(struct gen *g)
{
	int var = pick(g, T(SLOT) | T(LOCKED) | ROOTED | OBJECTS), out;

	if (var < 0)
		return false;
	scalar_to(g, BPF_REG_2);
	out = bound_index(g);
	data_at_index(g, var, SLOT_DATA);
	land(g, out);
	return true;
}

/* A loop that counts what it does by itself. */
bool do_count(struct gen *g)
{
	int count = pick(g, T(COUNT)), var = pick(g, T(SLOT)), out;

	if (count < 0 || var < 0)
		return false;
	get(g, BPF_REG_2, count);
	out = bound_index(g);
	data_at_index(g, var, SLOT_DATA);
	get(g, BPF_REG_2, count);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, 1 + rnd(g, 2));
	put(g, count, BPF_REG_2);
	land(g, out);
	return true;
}

/* R1 */
void field_addr(struct gen *g, int slot, enum var_type type)
{
	static const int offsets[] = {
		[V_TASK_REF] = SLOT_TASK, [V_MASK_REF] = SLOT_MASK, [V_CGROUP_REF] = SLOT_CGROUP,
		[V_ITEM_REF] = SLOT_ITEM, [V_SHARED_REF] = SLOT_SHARED,
	};

	get(g, BPF_REG_1, slot);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, offsets[type]);
}

static enum var_type any_object(struct gen *g)
{
	return rnd(g, 2) ? V_ITEM_REF : V_SHARED_REF;
}

static enum var_type any_kernel_ref(struct gen *g)
{
	static const enum var_type types[] = { V_TASK_REF, V_MASK_REF, V_CGROUP_REF };

	return types[rnd(g, ARRAY_SIZE(types))];
}

/* What is of the kernel's types can only be released with functions of the kernel. */
bool do_xchg(struct gen *g)
{
	enum var_type type = g->p->roots || !rnd(g, 3) ? any_object(g) : any_kernel_ref(g);
	int slot = pick(g, T(SLOT));

	if (slot < 0)
		return false;
	field_addr(g, slot, type);
	mov_imm(g, BPF_REG_2, 0);
	call_helper(g, BPF_FUNC_kptr_xchg);
	feature(g, FZ_KPTR_XCHG);
	own(g, type, true);
	return true;
}

bool do_kptr_load(struct gen *g)
{
	enum var_type type = any_kernel_ref(g);
	int slot = pick(g, T(SLOT)), out;

	if (slot < 0)
		return false;
	field_addr(g, slot, mistake(g, MUT_OBJ_KPTR) ? any_object(g) : type);
	emit(g, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_1, 0, 0);
	if (in_rcu(g) || mistake(g, MUT_NO_RCU_LOCK)) {
		feature(g, FZ_KPTR_RCU);
		with(g, type == V_TASK_REF ? V_TASK_RCU :
		     type == V_MASK_REF ? V_MASK_RCU : V_CGROUP_RCU);
		return true;
	}
	out = jump(g, BPF_JEQ, BPF_REG_0, 0);
	load_mem(g, BPF_DW, BPF_REG_1, BPF_REG_0, 0);
	land(g, out);
	return true;
}

bool do_lock(struct gen *g)
{
	struct scope scope = scope_begin(g);

	if (g->p->sleepable || !look_up(g, MAP_LOCKS, rnd(g, FUZZ_SLOTS)))
		return false;
	with(g, V_LOCKED);
	scope_end(g, scope);
	return true;
}

void lock_value(struct gen *g, int var)
{
	get(g, BPF_REG_1, var);
	call_helper(g, BPF_FUNC_spin_lock);
	feature(g, FZ_LOCK);
	g->owed++;
	g->locked = true;
	if (g->vars[var].type != V_LOCKED)
		g->root = var;
}

void unlock_value(struct gen *g, int var)
{
	g->root = -1;
	g->locked = false;
	g->owed--;
	if (mistake(g, MUT_LOCK)) {
		if (rnd(g, 2))
			return;
		call_helper(g, BPF_FUNC_get_prandom_u32);
	}
	get(g, BPF_REG_1, var);
	call_helper(g, BPF_FUNC_spin_unlock);
	forget_lent(g);
}

bool do_locked(struct gen *g)
{
	int var = pick(g, T(LOCKED) | ROOTED);

	if (var < 0 || g->locked)
		return false;
	lock_value(g, var);
	block(g, 1 + rnd(g, 3));
	unlock_value(g, var);
	return true;
}

bool do_timer(struct gen *g)
{
	struct scope scope = scope_begin(g);

	if (g->nesting || !look_up(g, MAP_TIMERS, rnd(g, FUZZ_SLOTS)))
		return false;
	with(g, V_TIMED);
	scope_end(g, scope);
	return true;
}

static void set_up_timer(struct gen *g, int var)
{
	get(g, BPF_REG_1, var);
	map_ptr(g, BPF_REG_2, MAP_TIMERS);
	mov_imm(g, BPF_REG_3, CLOCK_MONOTONIC);
	call_helper(g, BPF_FUNC_timer_init);
	get(g, BPF_REG_1, var);
	ask_func(g, F_TIMER, BPF_REG_2, V_SCALAR);
	call_helper(g, BPF_FUNC_timer_set_callback);
}

bool do_timed(struct gen *g)
{
	int var = pick(g, T(TIMED));

	if (var < 0 || g->nesting || g->p->nr_funcs == FUZZ_FUNCS)
		return false;
	feature(g, FZ_TIMER);
	set_up_timer(g, var);
	if (rnd(g, 4)) {
		get(g, BPF_REG_1, var);
		mov_imm(g, BPF_REG_2, rnd(g, 3) * 1000);
		mov_imm(g, BPF_REG_3, 0);
		call_helper(g, BPF_FUNC_timer_start);
	}
	if (!rnd(g, 3)) {
		get(g, BPF_REG_1, var);
		call_helper(g, BPF_FUNC_timer_cancel);
	}
	return true;
}

static void use_dynptr(struct gen *g, int dynptr, int word)
{
	int out;

	switch (rnd(g, 3)) {
	case 0:
		stack_addr(g, BPF_REG_1, word);
		mov_imm(g, BPF_REG_2, 8);
		stack_addr(g, BPF_REG_3, dynptr);
		scalar_to(g, BPF_REG_4);
		mov_imm(g, BPF_REG_5, 0);
		call_helper(g, BPF_FUNC_dynptr_read);
		return;
	case 1:
		stack_addr(g, BPF_REG_1, dynptr);
		scalar_to(g, BPF_REG_2);
		stack_addr(g, BPF_REG_3, word);
		mov_imm(g, BPF_REG_4, 8);
		mov_imm(g, BPF_REG_5, 0);
		call_helper(g, BPF_FUNC_dynptr_write);
		return;
	default:
		stack_addr(g, BPF_REG_1, dynptr);
		mov_imm(g, BPF_REG_2, 8 * rnd(g, FUZZ_WORDS + 1));
		mov_imm(g, BPF_REG_3, 8);
		call_helper(g, BPF_FUNC_dynptr_data);
		out = jump_if_null(g);
		scalar_to(g, BPF_REG_1);
		store_mem(g, BPF_DW, BPF_REG_0, BPF_REG_1, 0);
		land(g, out);
	}
}

/* Two on the stack: the dynptr, and a word for it to read and write. */
static bool dynptr_room(struct gen *g, int *dynptr, int *word)
{
	*dynptr = stack_room(g, 16);
	*word = *dynptr ? stack_room(g, 8) : 0;
	if (!*word)
		return false;
	emit(g, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, *word, 7);
	return true;
}

bool do_dynptr(struct gen *g)
{
	struct scope scope = scope_begin(g);
	int slot = pick(g, T(SLOT)), dynptr, word;
	bool ok = slot >= 0 && dynptr_room(g, &dynptr, &word);

	if (ok) {
		get(g, BPF_REG_1, slot);
		emit(g, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, SLOT_DATA);
		mov_imm(g, BPF_REG_2, 8 * (FUZZ_WORDS + mistake(g, MUT_BOUND)));
		mov_imm(g, BPF_REG_3, 0);
		stack_addr(g, BPF_REG_4, dynptr);
		call_helper(g, BPF_FUNC_dynptr_from_mem);
		feature(g, FZ_DYNPTR);
		if (mistake(g, MUT_DYNPTR))
			emit(g, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0,
			     dynptr + 8 * rnd(g, 2), 7);
		g->owed++;
		use_dynptr(g, dynptr, word);
		block(g, 1);
		use_dynptr(g, dynptr, word);
		g->owed--;
		/* The place cannot become another one before. */
		emit(g, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, dynptr, 0);
		emit(g, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, dynptr + 8, 0);
	}
	scope_end(g, scope);
	return ok;
}

bool do_record(struct gen *g)
{
	struct scope scope = scope_begin(g);
	int dynptr, word, times;
	bool ok = dynptr_room(g, &dynptr, &word);

	if (ok) {
		map_ptr(g, BPF_REG_1, MAP_RECORDS);
		mov_imm(g, BPF_REG_2, 8 * FUZZ_WORDS);
		mov_imm(g, BPF_REG_3, 0);
		stack_addr(g, BPF_REG_4, dynptr);
		call_helper(g, BPF_FUNC_ringbuf_reserve_dynptr);
		feature(g, FZ_DYNPTR);
		g->owed++;
		use_dynptr(g, dynptr, word);
		block(g, 1 + rnd(g, 2));
		g->owed--;
		times = mistake(g, MUT_DYNPTR) ? 2 * rnd(g, 2) : 1;
		while (times--) {
			stack_addr(g, BPF_REG_1, dynptr);
			mov_imm(g, BPF_REG_2, 0);
			call_helper(g, rnd(g, 2) ? BPF_FUNC_ringbuf_submit_dynptr :
				    BPF_FUNC_ringbuf_discard_dynptr);
		}
		if (mistake(g, MUT_DYNPTR))
			use_dynptr(g, dynptr, word);
	}
	scope_end(g, scope);
	return ok;
}
