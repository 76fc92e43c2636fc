/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generates BPF programs from a seed: with what they hold, and where, known at each
 * instruction, so that the verifier should accept them; half of them with one mistake.
 */
#ifndef __FUZZ_GEN_H
#define __FUZZ_GEN_H

#include <linux/bpf.h>
#include <bpf/btf.h>
#include "scx_test.h"
#include "fuzz.h"

#define FUZZ_INSNS	4000
#define FUZZ_FUNCS	8	/* beside the main one */

enum fuzz_feature {
	FZ_RCU, FZ_WALK, FZ_TASK, FZ_CGROUP, FZ_MASK, FZ_NUM_ITER, FZ_BITS_ITER,
	FZ_TASK_ITER, FZ_CSS_ITER, FZ_DSQ_ITER, FZ_DSQ_MOVE, FZ_KPTR_XCHG, FZ_KPTR_RCU,
	FZ_TASK_STORAGE, FZ_CGROUP_STORAGE, FZ_LOOP, FZ_EACH_ELEM, FZ_FUNC, FZ_TIMER,
	FZ_LOCK, FZ_DYNPTR, FZ_OBJECT, FZ_TREE, FZ_LIST, FZ_REFCOUNT,
	FZ_NR
};

/* The mistake in a program. */
enum fuzz_mutation {
	MUT_NONE,
	MUT_LEAK,		/* a reference is not released */
	MUT_RELEASE_TWICE,
	MUT_USE_RELEASED,
	MUT_NO_NULL_CHECK,
	MUT_WRONG_VAR,		/* another variable is taken, of whatever type */
	MUT_NO_RCU_LOCK,
	MUT_NO_RCU_UNLOCK,
	MUT_USE_AFTER_RCU,	/* what RCU protects, after the section */
	MUT_NO_NEW,		/* iterators */
	MUT_NO_NEXT,
	MUT_NO_DESTROY,
	MUT_DESTROY_TWICE,
	MUT_ITER_OFFSET,
	MUT_ITER_OVERWRITE,
	MUT_BACK_EDGE,		/* to another place than next */
	MUT_LEAVE,		/* a loop, and leave something behind */
	MUT_BOUND,		/* wrong by one */
	MUT_NO_BOUND,
	MUT_ACCESS,		/* of another size or offset */
	MUT_SWAP,		/* variables of different types */
	MUT_CONTEXT,		/* a callback overwrites its caller's variable */
	MUT_SLEEP,		/* where that is not allowed */
	MUT_LOCK,		/* no unlock, or a call before it */
	MUT_DYNPTR,		/* neither submitted nor discarded, or used after that */
	MUT_RETURN,		/* of a callback */
	MUT_OBJ_LEAK,		/* objects of the program's own types */
	MUT_DROP_TWICE,
	MUT_USE_DROPPED,	/* or what somebody else owns now */
	MUT_USE_UNLOCKED,	/* what was lent, when the lock is given up */
	MUT_USE_TAKEN,		/* what was lent, when it may have been taken out */
	MUT_ADD_TWICE,
	MUT_NO_ROOT_LOCK,
	MUT_OTHER_LOCK,
	MUT_OTHER_ROOT,
	MUT_OTHER_NODE,
	MUT_LESS,		/* does more than to compare */
	MUT_LINKS,		/* read or written */
	MUT_OBJ_KPTR,		/* loaded, as no object is under RCU */
	MUT_KFUNC,		/* another one */
	MUT_INSN,		/* a field of any instruction */
	MUT_NR
};

extern const char * const fuzz_feature_names[FZ_NR];
extern const char * const fuzz_mutation_names[MUT_NR];

enum fuzz_map {
	MAP_SLOTS, MAP_SINGLE, MAP_TABLE, MAP_TIMERS, MAP_LOCKS, MAP_OF_TASK,
	MAP_OF_CGROUP, MAP_RECORDS, MAP_SEEN, MAP_ROOTS, MAP_ROOT,
	MAP_NR
};

struct fuzz_env {
	const struct btf *btf;		/* of the kernel */
	const struct btf *own_btf;	/* of programs and maps */
	int maps[MAP_NR];		/* descriptors */
	s32 pids[FUZZ_PIDS];
	u64 cgroup;			/* id */
};

struct fuzz_prog {
	u64 seed;
	bool sleepable;			/* SYSCALL, else TRACING, */
	bool roots;			/* or SCHED_CLS, with maps that have roots */
	enum fuzz_mutation mutation;
	int before_mistake;		/* the instruction */
	u32 features;			/* a bit for each */
	int nr_branches, nr_loops;
	int nr_insns, nr_funcs, nr_sites;
	int funcs[FUZZ_FUNCS];		/* where they begin */
	struct bpf_insn insns[FUZZ_INSNS];
	struct {
		s64 min, max;
	} sites[FUZZ_SITES];		/* what is to be seen there */
};

/* Once, before programs are generated: false if the kernel lacks something. */
bool fuzz_gen_init(const struct fuzz_env *env);
void fuzz_generate(struct fuzz_prog *prog, u64 seed);

#endif /* __FUZZ_GEN_H */
