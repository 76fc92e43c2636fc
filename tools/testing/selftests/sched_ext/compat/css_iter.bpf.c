// SPDX-License-Identifier: GPL-2.0
/*
 * Iterators over cgroups and tasks, from a program that may sleep and from one that
 * does not.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

u64 nr_cgroups, nr_ancestors, nr_procs, nr_threads, nr_of_proc;

static void walk_cgroups(struct cgroup *root)
{
	struct cgroup_subsys_state *pos;

	bpf_for_each(css, pos, &root->self, BPF_CGROUP_ITER_DESCENDANTS_PRE)
		nr_cgroups++;
	bpf_for_each(css, pos, &root->self, BPF_CGROUP_ITER_DESCENDANTS_POST)
		nr_cgroups++;
	bpf_for_each(css, pos, &root->self, BPF_CGROUP_ITER_ANCESTORS_UP)
		nr_ancestors++;
}

static void walk_tasks(struct task_struct *current_task)
{
	struct task_struct *pos;

	bpf_for_each(task, pos, NULL, BPF_TASK_ITER_ALL_PROCS)
		nr_procs++;
	bpf_for_each(task, pos, NULL, BPF_TASK_ITER_ALL_THREADS)
		nr_threads++;
	bpf_for_each(task, pos, current_task, BPF_TASK_ITER_PROC_THREADS)
		nr_of_proc++;
}

SEC("syscall")
int css_iter_cgroups(void *ctx)
{
	struct cgroup *root = bpf_cgroup_from_id(1);

	if (!root)
		return -ENOENT;
	bpf_rcu_read_lock();
	walk_cgroups(root);
	bpf_rcu_read_unlock();
	bpf_cgroup_release(root);
	return 0;
}

SEC("syscall")
int css_iter_tasks(void *ctx)
{
	bpf_rcu_read_lock();
	walk_tasks(bpf_get_current_task_btf());
	bpf_rcu_read_unlock();
	return 0;
}

/* The same without the loop macro. */
SEC("syscall")
int css_iter_by_hand(void *ctx)
{
	struct cgroup *root = bpf_cgroup_from_id(1);
	struct cgroup_subsys_state *pos;
	struct bpf_iter_task tasks;
	struct bpf_iter_css css;
	struct task_struct *p;

	if (!root)
		return -ENOENT;
	bpf_rcu_read_lock();
	if (!bpf_iter_css_new(&css, &root->self, BPF_CGROUP_ITER_DESCENDANTS_PRE))
		while ((pos = bpf_iter_css_next(&css)))
			nr_cgroups++;
	bpf_iter_css_destroy(&css);
	if (!bpf_iter_task_new(&tasks, NULL, BPF_TASK_ITER_ALL_PROCS))
		while ((p = bpf_iter_task_next(&tasks)))
			nr_procs++;
	bpf_iter_task_destroy(&tasks);
	bpf_rcu_read_unlock();
	bpf_cgroup_release(root);
	return 0;
}
