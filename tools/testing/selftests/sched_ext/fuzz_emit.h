/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of the generator: what a program under construction holds, and how to emit.
 *
 * A variable has its home in a register that calls preserve, or on the stack, for as
 * long as the block that it was made in. What has to be undone (references, sections,
 * iterators) is undone at the end of the block that follows it, and counted, so that
 * nobody leaves a loop from inside.
 */
#ifndef __FUZZ_EMIT_H
#define __FUZZ_EMIT_H

#include "fuzz_gen.h"

enum var_type {
	V_SCALAR, V_TASK, V_TASK_REF, V_TASK_RCU, V_CGROUP, V_CGROUP_REF, V_CGROUP_RCU,
	V_CSS, V_MASK, V_MASK_REF, V_MASK_RCU, V_CPUMASK, V_SLOT,
	V_NUM,			/* element of an iterator */
	V_LOCKED, V_TIMED, V_COUNT,
	V_KEPT,			/* a task or NULL */
	V_CONTEXT,
	/* Objects: somebody else's, owned, owned by a root */
	V_ITEM, V_ITEM_REF, V_ITEM_LENT, V_SHARED, V_SHARED_REF, V_SHARED_LENT,
	V_ROOTED,
	V_ROOT,			/* the only value of its map */
	V_LOST,			/* nothing any more */
};

#define T(type)		(1u << V_##type)
#define TASKS		(T(TASK) | T(TASK_REF) | T(TASK_RCU))
#define CGROUPS		(T(CGROUP) | T(CGROUP_REF) | T(CGROUP_RCU))
#define MASKS		(T(MASK) | T(MASK_REF) | T(MASK_RCU))
#define OF_RCU		(T(TASK_RCU) | T(CGROUP_RCU) | T(MASK_RCU) | T(CPUMASK) | T(CSS))
#define ITEMS		(T(ITEM) | T(ITEM_REF) | T(ITEM_LENT))
#define SHARED		(T(SHARED) | T(SHARED_REF) | T(SHARED_LENT))
#define OBJECTS		(ITEMS | SHARED)
#define ROOTED		(T(ROOTED) | T(ROOT))
#define ANY		(~0u)

struct var {
	enum var_type type;
	bool in_reg;
	int where;		/* number of the register, or offset from R10 */
};

#define MAX_VARS	40
#define MAX_EXITS	8

struct loop {
	int head;
	int exits[MAX_EXITS];
	int nr_exits;
	int owed;		/* when it began */
	struct loop *outer;
};

enum func_kind { F_LOOP, F_EACH, F_EACH_HASHED, F_CALL, F_TIMER, F_LESS };

/* A function that has been called, but not generated yet. */
struct func {
	enum func_kind kind;
	int called_at;
	bool rcu, atomic, locked;
	int nesting, depth, cost;
	enum var_type passed;	/* by way of the context */
};

struct gen {
	struct fuzz_prog *p;
	u64 rng;

	struct var vars[MAX_VARS];
	int nr_vars;
	int first;		/* of the variables of this function */
	int sp, sp_min;
	unsigned int regs;	/* in use */
	int ctx;		/* variable: the caller's context, or -1 */

	bool rcu;		/* in a section of the program itself */
	bool atomic;		/* called in a section */
	bool locked;
	int root;		/* variable: what is locked, if it has roots, or -1 */
	int owed;
	int nesting;		/* of functions */
	int depth, cost, left;
	struct loop *loop;

	struct func funcs[FUZZ_FUNCS];

	/* Where there could be a mistake of each kind, and where there is one. */
	int chances[MUT_NR];
	enum fuzz_mutation wanted;
	int wanted_at;
};

struct scope {
	int nr_vars, sp;
	unsigned int regs;
};

enum kfunc {
	K_RCU_LOCK, K_RCU_UNLOCK, K_TASK_ACQUIRE, K_TASK_RELEASE, K_TASK_FROM_PID,
	K_CGROUP_ACQUIRE, K_CGROUP_RELEASE, K_CGROUP_ANCESTOR, K_CGROUP_FROM_ID,
	K_MASK_CREATE, K_MASK_ACQUIRE, K_MASK_RELEASE, K_MASK_FIRST, K_MASK_FIRST_ZERO,
	K_MASK_FIRST_AND, K_MASK_SET, K_MASK_CLEAR_CPU, K_MASK_TEST, K_MASK_TEST_AND_SET,
	K_MASK_TEST_AND_CLEAR, K_MASK_SETALL, K_MASK_CLEAR, K_MASK_AND, K_MASK_OR,
	K_MASK_XOR, K_MASK_EQUAL, K_MASK_INTERSECTS, K_MASK_SUBSET, K_MASK_EMPTY,
	K_MASK_FULL, K_MASK_COPY, K_MASK_ANY, K_MASK_ANY_AND, K_MASK_WEIGHT,
	K_NUM_NEW, K_NUM_NEXT, K_NUM_DESTROY, K_TASKS_NEW, K_TASKS_NEXT, K_TASKS_DESTROY,
	K_CSS_NEW, K_CSS_NEXT, K_CSS_DESTROY, K_DSQ_NEW, K_DSQ_NEXT, K_DSQ_DESTROY,
	K_BITS_NEW, K_BITS_NEXT, K_BITS_DESTROY, K_DSQ_MOVE,
	K_OBJ_NEW, K_OBJ_DROP, K_OBJ_ACQUIRE, K_TREE_ADD, K_TREE_REMOVE, K_TREE_FIRST,
	K_PUSH_FRONT, K_PUSH_BACK, K_POP_FRONT, K_POP_BACK,
	K_NR
};

enum member {
	M_TASK_PID, M_TASK_PARENT, M_TASK_CPUS, M_TASK_CGROUPS, M_TASK_USERS, M_CSET_CGROUP,
	M_CGROUP_SELF, M_CGROUP_LEVEL, M_CGROUP_KN, M_KN_ID, M_CSS_ID, M_MASK_USAGE,
	M_ITEM_RB, M_ITEM_LINK, M_ITEM_TWIN, M_SHARED_RB, M_SHARED_LINK, M_SHARED_COUNT,
	M_ITEM_TREE, M_ITEM_LIST, M_SHARED_TREE, M_SHARED_LIST,
	M_NR
};

/* In struct slot. Data is there in all values and objects that have some. */
#define SLOT_TASK	0
#define SLOT_DATA	8
#define SLOT_MASK	(SLOT_DATA + 8 * FUZZ_WORDS)
#define SLOT_CGROUP	(SLOT_MASK + 8)
#define SLOT_ITEM	(SLOT_CGROUP + 8)
#define SLOT_SHARED	(SLOT_ITEM + 8)

extern const struct fuzz_env *fuzz_env;
extern int fuzz_members[M_NR];
int fuzz_iter_size(enum kfunc new);
int fuzz_own_type(const char *name);

/* fuzz_emit.c */
unsigned int rnd(struct gen *g, unsigned int below);
bool mistake(struct gen *g, enum fuzz_mutation kind);
int emit(struct gen *g, u8 code, int dst, int src, int off, s32 imm);
void mov(struct gen *g, int dst, int src);
void mov_imm(struct gen *g, int dst, s32 imm);
void stack_addr(struct gen *g, int dst, int off);
void load_mem(struct gen *g, int size, int dst, int src, int off);
void store_mem(struct gen *g, int size, int dst, int src, int off);
void ld_imm64(struct gen *g, int dst, int pseudo, s32 imm, s32 next);
void call_helper(struct gen *g, int helper);
void call_kfunc(struct gen *g, enum kfunc kfunc);
int jump(struct gen *g, u8 op, int dst, s32 imm);	/* forward; lands at ... */
int jump_if_null(struct gen *g);	/* R0; 0 by mistake */
void land(struct gen *g, int at);
void jump_to(struct gen *g, int insn);

struct scope scope_begin(struct gen *g);
void scope_end(struct gen *g, struct scope scope);
int stack_room(struct gen *g, int size);		/* offset; 0: there is none */
int new_var(struct gen *g, enum var_type type, int reg);	/* -1: no room */
int pick(struct gen *g, unsigned int types);		/* a variable, or -1 */
void get(struct gen *g, int reg, int var);
void put(struct gen *g, int var, int reg);
void log_value(struct gen *g, int reg, s64 min, s64 max);
bool in_rcu(const struct gen *g);
bool afford(const struct gen *g, int times);
void map_ptr(struct gen *g, int reg, enum fuzz_map map);

/* fuzz_gen.c */
void block(struct gen *g, int nr);
void feature(struct gen *g, enum fuzz_feature feature);
void scalar_to(struct gen *g, int reg);
void own(struct gen *g, enum var_type type, bool may_be_null);
void with(struct gen *g, enum var_type type);
void field_addr(struct gen *g, int slot, enum var_type type);
void ask_func(struct gen *g, enum func_kind kind, int reg, enum var_type passed);

/* fuzz_maps.c */
bool look_up(struct gen *g, enum fuzz_map map, u32 key);
void lock_value(struct gen *g, int var);
void unlock_value(struct gen *g, int var);

/* fuzz_owned.c */
void forget_lent(struct gen *g);
bool give_to_root(struct gen *g, int var);
void less_args(struct gen *g, enum var_type lent);
void less_result(struct gen *g);
void take_root(struct gen *g);

/* True if they did it. */
typedef bool (*statement)(struct gen *g);

/* fuzz_objects.c, fuzz_maps.c, fuzz_owned.c, fuzz_loops.c */
bool do_current(struct gen *g);
bool do_walk(struct gen *g);
int walk_to_cgroup(struct gen *g, int task);
bool do_read(struct gen *g);
bool do_find_task(struct gen *g);
bool do_acquire(struct gen *g);
bool do_find_cgroup(struct gen *g);
bool do_ancestor(struct gen *g);
bool do_create_mask(struct gen *g);
bool do_mask(struct gen *g);
bool do_slot(struct gen *g);
bool do_storage(struct gen *g);
bool do_data(struct gen *g);
bool do_xchg(struct gen *g);
bool do_kptr_load(struct gen *g);
bool do_lock(struct gen *g);
bool do_locked(struct gen *g);
bool do_timer(struct gen *g);
bool do_timed(struct gen *g);
bool do_dynptr(struct gen *g);
bool do_record(struct gen *g);
bool do_new(struct gen *g);
bool do_object(struct gen *g);
bool do_share(struct gen *g);
bool do_roots(struct gen *g);
bool do_take(struct gen *g);
bool do_first(struct gen *g);
bool do_move(struct gen *g);
bool do_loop(struct gen *g);
bool do_count(struct gen *g);
bool do_keep(struct gen *g);
bool do_rcu(struct gen *g);
bool do_sleep(struct gen *g);
bool do_leave(struct gen *g);
bool do_call(struct gen *g);

#endif /* __FUZZ_EMIT_H */
