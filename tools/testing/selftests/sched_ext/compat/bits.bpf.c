// SPDX-License-Identifier: GPL-2.0
/*
 * Iterators over numbers and over bits of memory, with and without the loop macros.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

u64 words[2];			/* by the loader */
u64 nr_each, nr_early, nr_by_hand, sum_by_hand, nr_of_mask, sum_numbers;

SEC("syscall")
int bits_each(void *ctx)
{
	int *bit;

	bpf_for_each(bits, bit, words, ARRAY_SIZE(words))
		nr_each++;
	bpf_for_each(bits, bit, words, ARRAY_SIZE(words)) {
		if (*bit >= 64)
			break;
		nr_early++;
	}
	return 0;
}

SEC("syscall")
int bits_by_hand(void *ctx)
{
	struct bpf_iter_bits it;
	int *bit, err;

	err = bpf_iter_bits_new(&it, words, ARRAY_SIZE(words));
	while ((bit = bpf_iter_bits_next(&it))) {
		nr_by_hand++;
		sum_by_hand += *bit;
	}
	bpf_iter_bits_destroy(&it);
	return err;
}

/* The CPUs that a task may run on */
SEC("syscall")
int bits_of_mask(void *ctx)
{
	struct task_struct *p = bpf_get_current_task_btf();
	int *cpu;

	bpf_rcu_read_lock();
	bpf_for_each(bits, cpu, (const u64 *)p->cpus_ptr->bits, 1)
		nr_of_mask++;
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
int bits_numbers(void *ctx)
{
	struct bpf_iter_num it;
	int *number, err;

	err = bpf_iter_num_new(&it, -2, 10);
	while ((number = bpf_iter_num_next(&it)))
		sum_numbers += *number;
	bpf_iter_num_destroy(&it);
	return err;
}
