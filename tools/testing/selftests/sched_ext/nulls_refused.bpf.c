// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that come to a place with a number which is all right there, and on another
 * way with one that is not, each with a twin that differs in this number. See
 * nulls_refused.h for what the verifier says.
 */
#include <scx/common.bpf.h>
#include "pairs.bpf.h"

char _license[] SEC("license") = "GPL";

struct slot {
	struct bpf_cpumask __kptr *mask;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} storage SEC(".maps");

#define OPERANDS							\
	[slots]"i"(&slots), [storage]"i"(&storage),			\
	[random]"i"(BPF_FUNC_get_prandom_u32),				\
	[lookup]"i"(BPF_FUNC_map_lookup_elem), [xchg]"i"(BPF_FUNC_kptr_xchg), \
	[current]"i"(BPF_FUNC_get_current_task_btf),			\
	[get]"i"(BPF_FUNC_task_storage_get)

/* To where r7 is used, first with 0, from far enough for the verifier to remember it. */
#define TWO_WAYS(section, name, before, wrong, after)			\
	REFUSED_IN(section, name,					\
		   before RANDOM "if r0 == 1 goto 1f; 1: r1 = 1; r1 = 2; r1 = 3; r1 = 4;" \
		   "r7 = 0; if r0 != 0 goto 2f; goto 3f; 2:",		\
		   wrong, "r7 = 0;", "3:" after)

TWO_WAYS("?syscall", xchg,
	 "r1 = 0; *(u32 *)(r10 - 4) = r1; r2 = r10; r2 += -4; r1 = %[slots] ll; call %[lookup];"
	 "if r0 == 0 goto 9f; r6 = r0;",
	 "r7 = 4096;",
	 "r1 = r6; r2 = r7; call %[xchg]; if r0 == 0 goto 9f; r1 = r0; call bpf_cpumask_release;"
	 "9:" RETURN)

TWO_WAYS("?syscall", first_value,
	 "call %[current]; r6 = r0;",
	 "r7 = 4096;",
	 "r1 = %[storage] ll; r2 = r6; r3 = r7; r4 = 1; call %[get];" RETURN)

__noinline __attribute__((used)) int fill(u64 *p)
{
	if (p)
		*p = 1;
	return 0;
}

TWO_WAYS("?syscall", global_function, NOTHING, "r7 = 4096;", "r1 = r7; call fill;" RETURN)

TWO_WAYS("?fentry/bpf_map_kzalloc", returned, NOTHING, "r7 = 1;", "r0 = r7; exit;")

/* For the call above to be of a function of the kernel that the object knows */
SEC("?syscall")
int uses_release(void *ctx)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();

	if (mask)
		bpf_cpumask_release(mask);
	return 0;
}
