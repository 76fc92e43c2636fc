// SPDX-License-Identifier: GPL-2.0
/*
 * kfuncs to find and keep cgroups.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/init.h>

/* References that programs have to cgroups
 *
 * They are those of cgroup_get() and cgroup_put(). A cgroup without any is freed after
 * an RCU grace period, and cannot be had meanwhile.
 *
 * What a reference keeps is struct cgroup, its ancestors, and its directory entry, cgrp->kn.
 * The cgroup may have been removed since: then it has no tasks and never gets any, and is
 * not found by its id. What a cgroup has for a controller, in cgrp->subsys, is not kept.
 *
 * Programs run with IRQs off and the lock of a runqueue held. There they take references
 * and give them up like elsewhere: taking one is a per-CPU counter, or an atomic one once
 * the cgroup is removed, and css_release() has the last one dealt with later, as that
 * queues work, which wakes up a task.
 */
__diag_push();
__diag_ignore_all("-Wmissing-prototypes",
		  "Global kfuncs as their definitions will be in BTF");

/**
 * bpf_cgroup_acquire - take a reference to a cgroup
 * @cgrp: the cgroup
 *
 * From any context.
 *
 * Return: @cgrp, to be released with bpf_cgroup_release() or put into a map, or NULL
 * if it is about to be freed.
 */
noinline __used struct cgroup *bpf_cgroup_acquire(struct cgroup *cgrp)
{
	return cgroup_tryget(cgrp) ? cgrp : NULL;
}

/**
 * bpf_cgroup_release - give up a reference to a cgroup
 * @cgrp: the cgroup
 *
 * From any context. Nothing is freed before an RCU grace period has passed.
 */
noinline __used void bpf_cgroup_release(struct cgroup *cgrp)
{
	cgroup_put(cgrp);
}

/* For kptrs in maps, which call it with this type. Some are empty. */
noinline __used void bpf_cgroup_release_dtor(void *cgrp)
{
	if (cgrp)
		cgroup_put(cgrp);
}

/**
 * bpf_cgroup_ancestor - find an ancestor of a cgroup
 * @cgrp: the cgroup
 * @level: how far the ancestor is from the root of the hierarchy, which is at level 0.
 *         At the level of @cgrp that is @cgrp.
 *
 * From any context.
 *
 * Return: the ancestor, to be released with bpf_cgroup_release() or put into a map, or
 * NULL if there is no such level at or above @cgrp.
 */
noinline __used struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level)
{
	if (level < 0 || level > cgrp->level)
		return NULL;
	/* They have a reference each until @cgrp is freed, after a grace period. */
	return bpf_cgroup_acquire(cgrp->ancestors[level]);
}

/**
 * bpf_cgroup_from_id - find a cgroup
 * @cgid: its id, which is the inode number of its directory
 *
 * On the default hierarchy, all of it: what is found does not depend on the cgroup
 * namespace of the current task, who need not have to do with the program.
 *
 * From any context.
 *
 * Return: the cgroup, to be released with bpf_cgroup_release() or put into a map, or
 * NULL if there is none, or none any more.
 */
noinline __used struct cgroup *bpf_cgroup_from_id(u64 cgid)
{
	return cgroup_tryget_from_id(cgid);
}

__diag_pop();

/* KF_RCU has bpf_cgroup_release() refuse NULL. */
BTF_SET8_START(cgroup_kfunc_ids)
BTF_ID_FLAGS(func, bpf_cgroup_acquire, KF_ACQUIRE | KF_RCU | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_cgroup_release, KF_RELEASE | KF_RCU)
BTF_ID_FLAGS(func, bpf_cgroup_ancestor, KF_ACQUIRE | KF_RCU | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_cgroup_from_id, KF_ACQUIRE | KF_RET_NULL)
BTF_SET8_END(cgroup_kfunc_ids)

/* The kernel's memory can be read by way of a cgroup, and no namespace keeps others' from
 * being found: not by everybody. Other types of programs ask for the same when they are
 * loaded.
 */
static int cgroup_kfunc_filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	return perfmon_capable() ? 0 : -EACCES;
}

static const struct btf_kfunc_id_set cgroup_kfunc_set = {
	.owner	= THIS_MODULE,
	.set	= &cgroup_kfunc_ids,
	.filter	= cgroup_kfunc_filter,
};

BTF_ID_LIST(cgroup_dtor_ids)
BTF_ID(struct, cgroup)
BTF_ID(func, bpf_cgroup_release_dtor)

static int __init cgroup_kfunc_init(void)
{
	const struct btf_id_dtor_kfunc dtor = {
		.btf_id		= cgroup_dtor_ids[0],
		.kfunc_btf_id	= cgroup_dtor_ids[1],
	};

	return register_btf_id_dtor_kfuncs(&dtor, 1, THIS_MODULE) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &cgroup_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &cgroup_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &cgroup_kfunc_set);
}
late_initcall(cgroup_kfunc_init);
