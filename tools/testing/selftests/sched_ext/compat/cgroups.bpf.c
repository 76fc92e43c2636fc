// SPDX-License-Identifier: GPL-2.0
/*
 * References to cgroups, and storage that goes with them.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

struct cgrp_ctx {
	u64 nr_seen;
	u32 weight;
};

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct cgrp_ctx);
} cgrp_ctx_stor SEC(".maps");

u64 nr_levels, nr_ctx;

static void see(struct cgroup *cgrp)
{
	struct cgrp_ctx *ctx;

	ctx = bpf_cgrp_storage_get(&cgrp_ctx_stor, cgrp, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!ctx)
		return;
	ctx->nr_seen++;
	nr_ctx++;
}

SEC("syscall")
int cgroups_walk(void *ctx)
{
	struct cgroup *cgrp, *kept, *ancestor;

	cgrp = bpf_cgroup_from_id(1);
	if (!cgrp)
		return -ENOENT;
	kept = bpf_cgroup_acquire(cgrp);
	if (kept) {
		see(kept);
		bpf_cgroup_release(kept);
	}
	ancestor = bpf_cgroup_ancestor(cgrp, cgrp->level);
	if (ancestor) {
		nr_levels++;
		bpf_cgroup_release(ancestor);
	}
	bpf_cgrp_storage_delete(&cgrp_ctx_stor, cgrp);
	bpf_cgroup_release(cgrp);
	return 0;
}

/* The cgroup of a task, by way of what RCU protects */
SEC("syscall")
int cgroups_of_current(void *ctx)
{
	struct task_struct *p = bpf_get_current_task_btf();
	struct cgroup *cgrp;
	int level = -1;

	bpf_rcu_read_lock();
	cgrp = bpf_cgroup_acquire(p->cgroups->dfl_cgrp);
	bpf_rcu_read_unlock();
	if (cgrp) {
		level = cgrp->level;
		bpf_cgroup_release(cgrp);
	}
	return level;
}
