// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that call back, from a scheduler and from programs beside it: for elements of
 * maps, areas of memory, what user space writes, and a number of turns.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, s32);
	__type(value, u64);
} by_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} orders SEC(".maps");

u64 addr;			/* by the loader, to be found */
u64 nr_added, most, nr_areas, nr_orders, sum_orders;

struct sum {
	u64 nr;
	u64 most;
};

static long add_one(void *map, s32 *cpu, u64 *nr, struct sum *sum)
{
	sum->nr++;
	if (*nr > sum->most)
		sum->most = *nr;
	return 0;
}

void BPF_STRUCT_OPS(calls_tick, struct task_struct *p)
{
	s32 cpu = scx_bpf_task_cpu(p);
	struct sum sum = {};
	u64 *nr, one = 1;

	nr = bpf_map_lookup_elem(&by_cpu, &cpu);
	if (nr)
		__sync_fetch_and_add(nr, 1);
	else
		bpf_map_update_elem(&by_cpu, &cpu, &one, BPF_ANY);
	bpf_for_each_map_elem(&by_cpu, add_one, &sum, 0);
	nr_added = sum.nr;
	most = sum.most;
}

static long see_area(struct task_struct *task, struct vm_area_struct *vma, u64 *nr)
{
	if (vma->vm_start <= addr && addr < vma->vm_end)
		(*nr)++;
	return 0;
}

SEC("syscall")
int calls_area(void *ctx)
{
	struct task_struct *p = bpf_get_current_task_btf();
	u64 nr = 0;
	long err;

	err = bpf_find_vma(p, addr, see_area, &nr, 0);
	nr_areas = nr;
	return err;
}

static long take_order(struct bpf_dynptr *order, struct sum *sum)
{
	u64 nr;

	if (bpf_dynptr_read(&nr, sizeof(nr), order, 0, 0))
		return 1;
	sum->nr++;
	sum->most += nr;
	return 0;
}

SEC("syscall")
int calls_orders(void *ctx)
{
	struct sum sum = {};
	long ret;

	ret = bpf_user_ringbuf_drain(&orders, take_order, &sum, 0);
	nr_orders = sum.nr;
	sum_orders = sum.most;
	return ret;
}

void BPF_STRUCT_OPS(calls_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(calls_ops,
	       .tick	= (void *)calls_tick,
	       .exit	= (void *)calls_exit,
	       .name	= "compat_calls");
