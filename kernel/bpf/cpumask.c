// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU masks for BPF programs: those that programs own, and functions on these and
 * on the masks of the kernel.
 *
 * A mask of a program is a struct bpf_cpumask, which starts with a struct cpumask.
 * So it can be passed where the functions below only read, as the mask of a task
 * can, while those that change a mask take a struct bpf_cpumask and nothing else.
 *
 * It is counted. Whoever holds a reference, a program or a kptr in a map, can read
 * and change the mask. When the last reference goes, the mask is left alone until
 * an RCU grace period has passed. Only then does its memory go back to the
 * allocator, which may give it to another mask at once. Hence a mask that was found
 * in a map under RCU is that mask until the RCU section ends. It may not be in use
 * any more: to read or change it is harmless then, but its count cannot be raised.
 *
 * CPUs are those below nr_cpu_ids. What a mask has beyond has no meaning, and no
 * function tells.
 *
 * Nothing here is atomic but set_cpu(), clear_cpu(), test_and_set_cpu() and
 * test_and_clear_cpu(): who shares a mask has to care for the rest.
 */
#include <linux/bpf.h>
#include <linux/bpf_mem_alloc.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>

/**
 * struct bpf_cpumask - a CPU mask that BPF programs own
 * @cpumask: the mask; has to be first, the verifier passes it as a struct cpumask
 * @usage: references to it
 */
struct bpf_cpumask {
	cpumask_t	cpumask;
	refcount_t	usage;
};

/* As allocated. Programs do not get to see how it is freed. */
struct bpf_cpumask_mem {
	struct bpf_cpumask	mask;
	struct rcu_head		rcu;
	struct irq_work		free_work;
};

static struct bpf_mem_alloc bpf_cpumask_ma;

/* BHs are off, and with them migration, as the allocator wants it. */
static void bpf_cpumask_free_rcu(struct rcu_head *rcu)
{
	bpf_mem_cache_free(&bpf_cpumask_ma, container_of(rcu, struct bpf_cpumask_mem, rcu));
}

static void bpf_cpumask_free_work(struct irq_work *work)
{
	call_rcu(&container_of(work, struct bpf_cpumask_mem, free_work)->rcu,
		 bpf_cpumask_free_rcu);
}

__diag_push();
__diag_ignore_all("-Wmissing-prototypes",
		  "Global kfuncs as their definitions will be in BTF");

/**
 * bpf_cpumask_create - create a CPU mask
 *
 * From any context. With IRQs off, memory lasts for a few masks, until they are on
 * again and more is fetched.
 *
 * Return: a mask without any CPU, to be released with bpf_cpumask_release() or put
 * into a map, or NULL if there is no memory.
 */
noinline __used struct bpf_cpumask *bpf_cpumask_create(void)
{
	struct bpf_cpumask_mem *mem = bpf_mem_cache_alloc(&bpf_cpumask_ma);

	if (!mem)
		return NULL;

	/* It may have been another mask before. */
	memset(&mem->mask.cpumask, 0, sizeof(mem->mask.cpumask));
	refcount_set(&mem->mask.usage, 1);
	mem->free_work = IRQ_WORK_INIT_HARD(bpf_cpumask_free_work);
	return &mem->mask;
}

/**
 * bpf_cpumask_acquire - take another reference to a CPU mask
 * @cpumask: the mask, to which the program has a reference
 *
 * From any context.
 *
 * Return: @cpumask, to be released once more.
 */
noinline __used struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *cpumask)
{
	refcount_inc(&cpumask->usage);
	return cpumask;
}

/**
 * bpf_cpumask_release - give up a reference to a CPU mask
 * @cpumask: the mask; with the last reference it is freed, through RCU
 *
 * From any context. Under the lock of a runqueue, and in the middle of call_rcu()
 * itself, call_rcu() is out of the question: with many callbacks it takes the lock
 * of an RCU node, under which RCU takes those of runqueues to prod CPUs. All of that
 * has IRQs off, NMIs included, and a hard irq_work runs when they are on.
 */
noinline __used void bpf_cpumask_release(struct bpf_cpumask *cpumask)
{
	struct bpf_cpumask_mem *mem = container_of(cpumask, struct bpf_cpumask_mem, mask);

	if (!refcount_dec_and_test(&cpumask->usage))
		return;
	if (irqs_disabled())
		irq_work_queue(&mem->free_work);
	else
		call_rcu(&mem->rcu, bpf_cpumask_free_rcu);
}

/* For kptrs in maps, which call it with this type. Some are empty. */
noinline __used void bpf_cpumask_release_dtor(void *cpumask)
{
	if (cpumask)
		bpf_cpumask_release(cpumask);
}

/**
 * bpf_cpumask_first - the first CPU of a mask
 * @cpumask: the mask
 *
 * From any context.
 *
 * Return: the CPU, or nr_cpu_ids if the mask is empty.
 */
noinline __used u32 bpf_cpumask_first(const struct cpumask *cpumask)
{
	return cpumask_first(cpumask);
}

/**
 * bpf_cpumask_first_zero - the first CPU that a mask lacks
 * @cpumask: the mask
 *
 * From any context.
 *
 * Return: the CPU, or nr_cpu_ids if the mask is full.
 */
noinline __used u32 bpf_cpumask_first_zero(const struct cpumask *cpumask)
{
	return cpumask_first_zero(cpumask);
}

/**
 * bpf_cpumask_first_and - the first CPU that two masks have in common
 * @src1: one mask
 * @src2: the other mask
 *
 * From any context.
 *
 * Return: the CPU, or nr_cpu_ids if there is none.
 */
noinline __used u32 bpf_cpumask_first_and(const struct cpumask *src1,
					  const struct cpumask *src2)
{
	return cpumask_first_and(src1, src2);
}

/**
 * bpf_cpumask_set_cpu - add a CPU to a mask
 * @cpu: the CPU; nothing happens if it is out of range
 * @cpumask: the mask
 *
 * From any context. Atomic.
 */
noinline __used void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *cpumask)
{
	if (cpu < nr_cpu_ids)
		cpumask_set_cpu(cpu, &cpumask->cpumask);
}

/**
 * bpf_cpumask_clear_cpu - remove a CPU from a mask
 * @cpu: the CPU; nothing happens if it is out of range
 * @cpumask: the mask
 *
 * From any context. Atomic.
 */
noinline __used void bpf_cpumask_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask)
{
	if (cpu < nr_cpu_ids)
		cpumask_clear_cpu(cpu, &cpumask->cpumask);
}

/**
 * bpf_cpumask_test_cpu - is a CPU in a mask?
 * @cpu: the CPU
 * @cpumask: the mask
 *
 * From any context.
 *
 * Return: whether it is; false if it is out of range.
 */
noinline __used bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask)
{
	return cpu < nr_cpu_ids && cpumask_test_cpu(cpu, cpumask);
}

/**
 * bpf_cpumask_test_and_set_cpu - add a CPU to a mask, and tell if it was there
 * @cpu: the CPU; nothing happens if it is out of range
 * @cpumask: the mask
 *
 * From any context. Atomic.
 *
 * Return: whether it was there; false if it is out of range.
 */
noinline __used bool bpf_cpumask_test_and_set_cpu(u32 cpu, struct bpf_cpumask *cpumask)
{
	return cpu < nr_cpu_ids && cpumask_test_and_set_cpu(cpu, &cpumask->cpumask);
}

/**
 * bpf_cpumask_test_and_clear_cpu - remove a CPU from a mask, and tell if it was there
 * @cpu: the CPU; nothing happens if it is out of range
 * @cpumask: the mask
 *
 * From any context. Atomic.
 *
 * Return: whether it was there; false if it is out of range.
 */
noinline __used bool bpf_cpumask_test_and_clear_cpu(u32 cpu, struct bpf_cpumask *cpumask)
{
	return cpu < nr_cpu_ids && cpumask_test_and_clear_cpu(cpu, &cpumask->cpumask);
}

/**
 * bpf_cpumask_setall - add all CPUs to a mask
 * @cpumask: the mask
 *
 * From any context.
 */
noinline __used void bpf_cpumask_setall(struct bpf_cpumask *cpumask)
{
	cpumask_setall(&cpumask->cpumask);
}

/**
 * bpf_cpumask_clear - remove all CPUs from a mask
 * @cpumask: the mask
 *
 * From any context.
 */
noinline __used void bpf_cpumask_clear(struct bpf_cpumask *cpumask)
{
	cpumask_clear(&cpumask->cpumask);
}

/**
 * bpf_cpumask_and - have in a mask what is in both of two
 * @dst: the mask, which may be one of them
 * @src1: one mask
 * @src2: the other mask
 *
 * From any context.
 *
 * Return: whether @dst has any CPU now.
 */
noinline __used bool bpf_cpumask_and(struct bpf_cpumask *dst, const struct cpumask *src1,
				     const struct cpumask *src2)
{
	return cpumask_and(&dst->cpumask, src1, src2);
}

/**
 * bpf_cpumask_or - have in a mask what is in either of two
 * @dst: the mask, which may be one of them
 * @src1: one mask
 * @src2: the other mask
 *
 * From any context.
 */
noinline __used void bpf_cpumask_or(struct bpf_cpumask *dst, const struct cpumask *src1,
				    const struct cpumask *src2)
{
	cpumask_or(&dst->cpumask, src1, src2);
}

/**
 * bpf_cpumask_xor - have in a mask what is in one of two, but not in both
 * @dst: the mask, which may be one of them
 * @src1: one mask
 * @src2: the other mask
 *
 * From any context.
 */
noinline __used void bpf_cpumask_xor(struct bpf_cpumask *dst, const struct cpumask *src1,
				     const struct cpumask *src2)
{
	cpumask_xor(&dst->cpumask, src1, src2);
}

/**
 * bpf_cpumask_equal - do two masks have the same CPUs?
 * @src1: one mask
 * @src2: the other mask
 *
 * From any context.
 *
 * Return: whether they do.
 */
noinline __used bool bpf_cpumask_equal(const struct cpumask *src1, const struct cpumask *src2)
{
	return cpumask_equal(src1, src2);
}

/**
 * bpf_cpumask_intersects - do two masks have a CPU in common?
 * @src1: one mask
 * @src2: the other mask
 *
 * From any context.
 *
 * Return: whether they do.
 */
noinline __used bool bpf_cpumask_intersects(const struct cpumask *src1,
					    const struct cpumask *src2)
{
	return cpumask_intersects(src1, src2);
}

/**
 * bpf_cpumask_subset - are the CPUs of one mask all in another?
 * @src1: the mask that may be part of @src2
 * @src2: the other mask
 *
 * From any context.
 *
 * Return: whether they are.
 */
noinline __used bool bpf_cpumask_subset(const struct cpumask *src1, const struct cpumask *src2)
{
	return cpumask_subset(src1, src2);
}

/**
 * bpf_cpumask_empty - does a mask have no CPU?
 * @cpumask: the mask
 *
 * From any context.
 *
 * Return: whether it has none.
 */
noinline __used bool bpf_cpumask_empty(const struct cpumask *cpumask)
{
	return cpumask_empty(cpumask);
}

/**
 * bpf_cpumask_full - does a mask have all CPUs?
 * @cpumask: the mask
 *
 * From any context.
 *
 * Return: whether it has all.
 */
noinline __used bool bpf_cpumask_full(const struct cpumask *cpumask)
{
	return cpumask_full(cpumask);
}

/**
 * bpf_cpumask_copy - have in a mask what is in another
 * @dst: the mask
 * @src: the other mask
 *
 * From any context.
 */
noinline __used void bpf_cpumask_copy(struct bpf_cpumask *dst, const struct cpumask *src)
{
	cpumask_copy(&dst->cpumask, src);
}

/**
 * bpf_cpumask_any_distribute - a CPU of a mask, another one each time
 * @cpumask: the mask
 *
 * From any context.
 *
 * Return: the CPU, or nr_cpu_ids if the mask is empty.
 */
noinline __used u32 bpf_cpumask_any_distribute(const struct cpumask *cpumask)
{
	return cpumask_any_distribute(cpumask);
}

/**
 * bpf_cpumask_any_and_distribute - a CPU that two masks have, another one each time
 * @src1: one mask
 * @src2: the other mask
 *
 * From any context.
 *
 * Return: the CPU, or nr_cpu_ids if there is none.
 */
noinline __used u32 bpf_cpumask_any_and_distribute(const struct cpumask *src1,
						   const struct cpumask *src2)
{
	return cpumask_any_and_distribute(src1, src2);
}

/**
 * bpf_cpumask_weight - the number of CPUs in a mask
 * @cpumask: the mask
 *
 * From any context.
 *
 * Return: their number.
 */
noinline __used u32 bpf_cpumask_weight(const struct cpumask *cpumask)
{
	return cpumask_weight(cpumask);
}

__diag_pop();

/*
 * KF_RCU is for all: the structs consist of numbers only, so that memory of a program
 * would do, were it not for that flag, which insists on an object. Beside the others it
 * has no effect but that, and that it refuses NULL.
 */
BTF_SET8_START(bpf_cpumask_kfunc_ids)
BTF_ID_FLAGS(func, bpf_cpumask_create, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_cpumask_acquire, KF_ACQUIRE | KF_TRUSTED_ARGS | KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_release, KF_RELEASE | KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_first, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_first_zero, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_first_and, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_set_cpu, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_clear_cpu, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_test_cpu, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_test_and_set_cpu, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_test_and_clear_cpu, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_setall, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_clear, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_and, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_or, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_xor, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_equal, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_intersects, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_subset, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_empty, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_full, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_copy, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_any_distribute, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_any_and_distribute, KF_RCU)
BTF_ID_FLAGS(func, bpf_cpumask_weight, KF_RCU)
BTF_SET8_END(bpf_cpumask_kfunc_ids)

static const struct btf_kfunc_id_set bpf_cpumask_kfunc_set = {
	.owner	= THIS_MODULE,
	.set	= &bpf_cpumask_kfunc_ids,
};

BTF_ID_LIST(bpf_cpumask_dtor_ids)
BTF_ID(struct, bpf_cpumask)
BTF_ID(func, bpf_cpumask_release_dtor)

static int __init bpf_cpumask_kfunc_init(void)
{
	const struct btf_id_dtor_kfunc dtor = {
		.btf_id		= bpf_cpumask_dtor_ids[0],
		.kfunc_btf_id	= bpf_cpumask_dtor_ids[1],
	};

	BUILD_BUG_ON(offsetof(struct bpf_cpumask, cpumask));

	return bpf_mem_alloc_init(&bpf_cpumask_ma, sizeof(struct bpf_cpumask_mem), false) ?:
	       register_btf_id_dtor_kfuncs(&dtor, 1, THIS_MODULE) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &bpf_cpumask_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &bpf_cpumask_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &bpf_cpumask_kfunc_set);
}
late_initcall(bpf_cpumask_kfunc_init);
