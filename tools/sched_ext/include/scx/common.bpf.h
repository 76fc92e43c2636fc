/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the BPF side of a scheduler includes first: kernel types, libbpf's
 * helpers, the kfuncs of the class and a few conveniences. Sources written for
 * other versions of the class compile against it.
 */
#ifndef __SCX_COMMON_BPF_H
#define __SCX_COMMON_BPF_H

#ifdef LSP
#define __bpf__
#endif

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <asm-generic/errno.h>
#include "user_exit_info.h"

#define PF_IDLE			0x00000002	/* p->flags */
#define PF_EXITING		0x00000004
#define PF_IO_WORKER		0x00000010
#define PF_WQ_WORKER		0x00000020
#define PF_KSWAPD		0x00020000
#define PF_KTHREAD		0x00200000
#define PF_NO_SETAFFINITY	0x04000000

#define CLOCK_MONOTONIC		1

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(arr)		(sizeof(arr) / sizeof((arr)[0]))
#endif

#ifndef likely
#define likely(cond)		__builtin_expect(!!(cond), 1)
#define unlikely(cond)		__builtin_expect(!!(cond), 0)
#endif

/*
 * Operations. A program in a section "struct_ops/..." serves the member of
 * sched_ext_ops that SCX_OPS_DEFINE() sets to it.
 */
#define BPF_STRUCT_OPS(name, args...)					\
	SEC("struct_ops/" #name) BPF_PROG(name, ##args)

#define BPF_STRUCT_OPS_SLEEPABLE(name, args...)				\
	SEC("struct_ops.s/" #name) BPF_PROG(name, ##args)

/*
 * kfuncs. Those that not every kernel has are weak: test with
 * bpf_ksym_exists() before the call.
 */
struct bpf_iter_scx_dsq;
struct scx_event_stats;

/* select_cpu */
s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			   bool *is_idle) __ksym;
s32 scx_bpf_select_cpu_and(struct task_struct *p, s32 prev_cpu, u64 wake_flags,
			   const struct cpumask *cpus_allowed, u64 flags) __ksym __weak;

/* select_cpu, enqueue, dispatch; each by two names, of which kernels may have one */
void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice,
		      u64 enq_flags) __ksym __weak;
void scx_bpf_dispatch_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
			    u64 enq_flags) __ksym __weak;
void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice,
			u64 enq_flags) __ksym __weak;
void scx_bpf_dsq_insert_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime,
			      u64 enq_flags) __ksym __weak;

/* dispatch; the last two are one by two names */
u32 scx_bpf_dispatch_nr_slots(void) __ksym;
void scx_bpf_dispatch_cancel(void) __ksym;
bool scx_bpf_consume(u64 dsq_id) __ksym __weak;
bool scx_bpf_dsq_move_to_local(u64 dsq_id) __ksym __weak;

/* dispatch and programs that hold no lock */
void scx_bpf_dispatch_from_dsq_set_slice(struct bpf_iter_scx_dsq *it__iter,
					 u64 slice) __ksym __weak;
void scx_bpf_dispatch_from_dsq_set_vtime(struct bpf_iter_scx_dsq *it__iter,
					 u64 vtime) __ksym __weak;
bool scx_bpf_dispatch_from_dsq(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p,
			       u64 dsq_id, u64 enq_flags) __ksym __weak;
bool scx_bpf_dispatch_vtime_from_dsq(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p,
				     u64 dsq_id, u64 enq_flags) __ksym __weak;
void scx_bpf_dsq_move_set_slice(struct bpf_iter_scx_dsq *it__iter, u64 slice) __ksym __weak;
void scx_bpf_dsq_move_set_vtime(struct bpf_iter_scx_dsq *it__iter, u64 vtime) __ksym __weak;
bool scx_bpf_dsq_move(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p,
		      u64 dsq_id, u64 enq_flags) __ksym __weak;
bool scx_bpf_dsq_move_vtime(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p,
			    u64 dsq_id, u64 enq_flags) __ksym __weak;

/* The iterator of the innermost bpf_for_each() around, for the kfuncs above */
#define BPF_FOR_EACH_ITER	(&___it)

/* cpu_release */
u32 scx_bpf_reenqueue_local(void) __ksym __weak;

/* sleepable */
s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) __ksym;

/* any operation */
void scx_bpf_destroy_dsq(u64 dsq_id) __ksym;
s32 scx_bpf_dsq_nr_queued(u64 dsq_id) __ksym;
void scx_bpf_kick_cpu(s32 cpu, u64 flags) __ksym;
int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags) __ksym __weak;
struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it) __ksym __weak;
void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it) __ksym __weak;
void scx_bpf_exit_bstr(s64 exit_code, char *fmt, unsigned long long *data, u32 data__sz) __ksym;
void scx_bpf_error_bstr(char *fmt, unsigned long long *data, u32 data__sz) __ksym;
void scx_bpf_dump_bstr(char *fmt, unsigned long long *data, u32 data__sz) __ksym __weak;
u32 scx_bpf_cpuperf_cap(s32 cpu) __ksym __weak;
u32 scx_bpf_cpuperf_cur(s32 cpu) __ksym __weak;
void scx_bpf_cpuperf_set(s32 cpu, u32 perf) __ksym __weak;
u32 scx_bpf_nr_cpu_ids(void) __ksym;
const struct cpumask *scx_bpf_get_possible_cpumask(void) __ksym;
const struct cpumask *scx_bpf_get_online_cpumask(void) __ksym;
void scx_bpf_put_cpumask(const struct cpumask *cpumask) __ksym;
const struct cpumask *scx_bpf_get_idle_cpumask(void) __ksym;
const struct cpumask *scx_bpf_get_idle_smtmask(void) __ksym;
void scx_bpf_put_idle_cpumask(const struct cpumask *idle_mask) __ksym;
bool scx_bpf_test_and_clear_cpu_idle(s32 cpu) __ksym;
s32 scx_bpf_pick_idle_cpu(const struct cpumask *cpus_allowed, u64 flags) __ksym;
s32 scx_bpf_pick_any_cpu(const struct cpumask *cpus_allowed, u64 flags) __ksym;
bool scx_bpf_task_running(const struct task_struct *p) __ksym;
s32 scx_bpf_task_cpu(const struct task_struct *p) __ksym;
struct rq *scx_bpf_cpu_rq(s32 cpu) __ksym __weak;
struct cgroup *scx_bpf_task_cgroup(struct task_struct *p) __ksym __weak;
struct rq *scx_bpf_locked_rq(void) __ksym __weak;
struct task_struct *scx_bpf_cpu_curr(s32 cpu) __ksym __weak;
struct task_struct *scx_bpf_dsq_peek(u64 dsq_id) __ksym __weak;
bool scx_bpf_task_set_slice(struct task_struct *p, u64 slice) __ksym __weak;
bool scx_bpf_task_set_dsq_vtime(struct task_struct *p, u64 vtime) __ksym __weak;
u64 scx_bpf_now(void) __ksym __weak;
void scx_bpf_events(struct scx_event_stats *events, size_t events__sz) __ksym __weak;
u32 scx_bpf_nr_node_ids(void) __ksym __weak;
int scx_bpf_cpu_node(s32 cpu) __ksym __weak;
const struct cpumask *scx_bpf_get_idle_cpumask_node(int node) __ksym __weak;
const struct cpumask *scx_bpf_get_idle_smtmask_node(int node) __ksym __weak;
s32 scx_bpf_pick_idle_cpu_node(const struct cpumask *cpus_allowed, int node,
			       u64 flags) __ksym __weak;
s32 scx_bpf_pick_any_cpu_node(const struct cpumask *cpus_allowed, int node,
			      u64 flags) __ksym __weak;

/* init, of the first versions of the class, which switched no task without it */
void scx_bpf_switch_all(void) __ksym __weak;

/*
 * kfuncs of BPF itself. A mask of a program's own goes where one is read by way of
 * cast_mask().
 */
void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;

struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *cpumask) __ksym;
void bpf_cpumask_release(struct bpf_cpumask *cpumask) __ksym;
u32 bpf_cpumask_first(const struct cpumask *cpumask) __ksym;
u32 bpf_cpumask_first_zero(const struct cpumask *cpumask) __ksym;
u32 bpf_cpumask_first_and(const struct cpumask *src1, const struct cpumask *src2) __ksym;
void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *cpumask) __ksym;
void bpf_cpumask_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask) __ksym;
bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask) __ksym;
bool bpf_cpumask_test_and_set_cpu(u32 cpu, struct bpf_cpumask *cpumask) __ksym;
bool bpf_cpumask_test_and_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask) __ksym;
void bpf_cpumask_setall(struct bpf_cpumask *cpumask) __ksym;
void bpf_cpumask_clear(struct bpf_cpumask *cpumask) __ksym;
bool bpf_cpumask_and(struct bpf_cpumask *dst, const struct cpumask *src1,
		     const struct cpumask *src2) __ksym;
void bpf_cpumask_or(struct bpf_cpumask *dst, const struct cpumask *src1,
		    const struct cpumask *src2) __ksym;
void bpf_cpumask_xor(struct bpf_cpumask *dst, const struct cpumask *src1,
		     const struct cpumask *src2) __ksym;
bool bpf_cpumask_equal(const struct cpumask *src1, const struct cpumask *src2) __ksym;
bool bpf_cpumask_intersects(const struct cpumask *src1, const struct cpumask *src2) __ksym;
bool bpf_cpumask_subset(const struct cpumask *src1, const struct cpumask *src2) __ksym;
bool bpf_cpumask_empty(const struct cpumask *cpumask) __ksym;
bool bpf_cpumask_full(const struct cpumask *cpumask) __ksym;
void bpf_cpumask_copy(struct bpf_cpumask *dst, const struct cpumask *src) __ksym;
u32 bpf_cpumask_any_distribute(const struct cpumask *cpumask) __ksym;
u32 bpf_cpumask_any_and_distribute(const struct cpumask *src1,
				   const struct cpumask *src2) __ksym;
u32 bpf_cpumask_weight(const struct cpumask *cpumask) __ksym;

struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
void bpf_task_release(struct task_struct *p) __ksym;
struct task_struct *bpf_task_from_pid(s32 pid) __ksym;

struct cgroup *bpf_cgroup_acquire(struct cgroup *cgrp) __ksym;
void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level) __ksym;
struct cgroup *bpf_cgroup_from_id(u64 cgid) __ksym;

/* Iterators, for bpf_for_each(bits, ...), bpf_for_each(css, ...), bpf_for_each(task, ...) */
struct bpf_iter_bits;
struct bpf_iter_css;
struct bpf_iter_task;

int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign,
		      u32 nr_words) __ksym __weak;
int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym __weak;
void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym __weak;
int bpf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start,
		     unsigned int flags) __ksym __weak;
struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *it) __ksym __weak;
void bpf_iter_css_destroy(struct bpf_iter_css *it) __ksym __weak;
int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable,
		      unsigned int flags) __ksym __weak;
struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym __weak;
void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym __weak;

/*
 * Objects of a program's own types, and lists and trees of them. A root is a global
 * variable in a section of its own with the lock that guards it, see private(), or a
 * member of a map's value. It says with __contains() what it has: the type, and the
 * member by which objects of it are linked.
 *
 * "meta" and "off" are the verifier's to fill in.
 */
struct bpf_list_head;
struct bpf_list_node;
struct bpf_rb_root;
struct bpf_rb_node;

#ifndef __contains
#define __contains(type, member)					\
	__attribute__((btf_decl_tag("contains:" #type ":" #member)))
#endif

#ifndef private
#define private(name)							\
	SEC(".data." #name) __hidden __attribute__((aligned(8)))
#endif

void *bpf_obj_new_impl(u64 local_type_id, void *meta) __ksym __weak;
void bpf_obj_drop_impl(void *obj, void *meta) __ksym __weak;
void *bpf_refcount_acquire_impl(void *obj, void *meta) __ksym __weak;
int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node,
			     void *meta, u64 off) __ksym __weak;
int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node,
			    void *meta, u64 off) __ksym __weak;
struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym __weak;
struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) __ksym __weak;
int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			bool (*less)(struct bpf_rb_node *a, const struct bpf_rb_node *b),
			void *meta, u64 off) __ksym __weak;
struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root,
				      struct bpf_rb_node *node) __ksym __weak;
struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym __weak;

#define bpf_obj_new(type)						\
	((type *)bpf_obj_new_impl(bpf_core_type_id_local(type), NULL))
#define bpf_obj_drop(obj)		bpf_obj_drop_impl(obj, NULL)
#define bpf_refcount_acquire(obj)	bpf_refcount_acquire_impl(obj, NULL)
#define bpf_list_push_front(head, node)	bpf_list_push_front_impl(head, node, NULL, 0)
#define bpf_list_push_back(head, node)	bpf_list_push_back_impl(head, node, NULL, 0)
#define bpf_rbtree_add(root, node, less)				\
	bpf_rbtree_add_impl(root, node, less, NULL, 0)

static inline const struct cpumask *cast_mask(struct bpf_cpumask *mask)
{
	return (const struct cpumask *)mask;
}

/*
 * Messages. The kernel formats as bpf_trace_printk() does. A format has to be
 * in memory that is not read-only, arguments in an array of 64 bit values,
 * which must be there even if it is not used.
 */
#define __scx_with_args(stmt, fmt, args...)				\
do {									\
	static char scx_fmt[] = fmt;					\
	unsigned long long scx_args[___bpf_narg(args) ?: 1] = {};	\
	const u32 scx_args_sz = ___bpf_narg(args) * sizeof(scx_args[0]);	\
									\
	_Pragma("GCC diagnostic push")					\
	_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")		\
	___bpf_fill(scx_args, args);					\
	_Pragma("GCC diagnostic pop")					\
	stmt;								\
} while (0)

/* End as asked for, with a code for the loader in the low 32 bits. */
#define scx_bpf_exit(code, fmt, args...)				\
	__scx_with_args(scx_bpf_exit_bstr(code, scx_fmt, scx_args, scx_args_sz), fmt, ##args)

/* End because of an error of the scheduler's own. */
#define scx_bpf_error(fmt, args...)					\
	__scx_with_args(scx_bpf_error_bstr(scx_fmt, scx_args, scx_args_sz), fmt, ##args)

/* Add to the debug dump, from the dump operations. */
#define scx_bpf_dump(fmt, args...)					\
	__scx_with_args(scx_bpf_dump_bstr(scx_fmt, scx_args, scx_args_sz), fmt, ##args)

/*
 * Arrays whose size the loader sets, see RESIZE_ARRAY(): one to a section,
 * which it must be the last and only variable of.
 */
#define RESIZABLE_ARRAY(elfsec, arr)	arr[1] SEC("." #elfsec "." #arr)

/*
 * Pointers into memory of known size at offsets that the verifier cannot bound
 * by itself. Null when out of bounds.
 *
 * The offset is tested, then added to the base from the same register: without
 * the barriers the compiler is free to test a value and to add another that it
 * knows to be as good.
 */
#define __scx_bounded_ptr(type, base, size, addr)			\
({									\
	u64 scx_base = (u64)(base);					\
	u64 scx_off = (u64)(addr) - scx_base;				\
	type *scx_ptr = NULL;						\
									\
	barrier_var(scx_off);						\
	if (scx_off <= (size) - sizeof(type)) {				\
		barrier_var(scx_off);					\
		scx_ptr = (void *)scx_base + scx_off;			\
	}								\
	scx_ptr;							\
})

/* &base member, e.g. MEMBER_VPTR(table, [cpu].counter) */
#define MEMBER_VPTR(base, member)					\
	__scx_bounded_ptr(typeof((base)member), &(base), sizeof(base), &(base)member)

/* &arr[i] of an array of n elements, of which n may have been resized */
#define ARRAY_ELEM_PTR(arr, i, n)					\
	__scx_bounded_ptr(typeof((arr)[0]), arr, (n) * sizeof((arr)[0]), &(arr)[i])

/* Data that several maps or CPUs look at. */
#ifndef READ_ONCE
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#endif
#ifndef WRITE_ONCE
#define WRITE_ONCE(x, val)	(*(volatile typeof(x) *)&(x) = (val))
#endif

/*
 * Points in time, or in virtual time, which may wrap around. time_delta() is 0 if
 * there is nothing from b to a.
 */
static inline bool time_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static inline bool time_after(u64 a, u64 b)
{
	return time_before(b, a);
}

static inline bool time_before_eq(u64 a, u64 b)
{
	return !time_before(b, a);
}

static inline bool time_after_eq(u64 a, u64 b)
{
	return !time_before(a, b);
}

static inline bool time_in_range(u64 t, u64 first, u64 last)
{
	return time_after_eq(t, first) && time_before_eq(t, last);
}

static inline u64 time_delta(u64 a, u64 b)
{
	return time_before(a, b) ? 0 : a - b;
}

static inline bool vtime_before(u64 a, u64 b)
{
	return time_before(a, b);
}

/* Whether p must stay where it is, not counting the program's own doing. */
static inline bool is_migration_disabled(const struct task_struct *p)
{
	const struct task_struct *curr = (void *)bpf_get_current_task_btf();

	/* A BPF program keeps the task that it runs on from migrating. */
	return p->migration_disabled > (p == curr);
}

/* Rounded down; 0 for 0. */
static inline u32 log2_u32(u32 v)
{
	u32 log = 0, step;

	for (step = 16; step; step /= 2) {
		if (v >> step) {
			v >>= step;
			log += step;
		}
	}
	return log;
}

static inline u32 log2_u64(u64 v)
{
	u32 high = v >> 32;

	return high ? log2_u32(high) + 32 : log2_u32(v);
}

#include "compat.bpf.h"

#endif /* __SCX_COMMON_BPF_H */
