// SPDX-License-Identifier: GPL-2.0
/*
 * Iterators over the bits of memory: in a map, in the kernel, and nowhere.
 */
#include "fifo.bpf.h"
#include "bits_iter.h"

u64 words[BITS_WORDS];		/* to be gone through */
u32 nr_words;
u64 address;			/* of them, if not in words */
u64 nr, sum;
s32 first, last;
u64 nr_cpus;			/* by the scheduler */

static __always_inline void see(const int *bit)
{
	if (!nr++)
		first = *bit;
	last = *bit;
	sum += *bit;
}

SEC("syscall")
int each(void *ctx)
{
	int *bit;

	bpf_for_each(bits, bit, (void *)words, nr_words)
		see(bit);
	return 0;
}

/* Anywhere, and beyond the end */
SEC("syscall")
int at_address(void *ctx)
{
	struct bpf_iter_bits it;
	int *bit, err;

	err = bpf_iter_bits_new(&it, (void *)address, nr_words);
	while ((bit = bpf_iter_bits_next(&it)))
		see(bit);
	if (bpf_iter_bits_next(&it) || bpf_iter_bits_next(&it))
		err = 1;
	bpf_iter_bits_destroy(&it);
	return err;
}

/* One within another, left early */
SEC("syscall")
int pairs(void *ctx)
{
	int *a, *b;

	bpf_for_each(bits, a, (void *)words, 2) {
		bpf_for_each(bits, b, (void *)words, nr_words) {
			if (*b > *a)
				break;
			nr++;
		}
	}
	return 0;
}

/* With locks of the scheduler held */
void BPF_STRUCT_OPS(bits_tick, struct task_struct *p)
{
	u64 found = 0;
	int *bit;

	bpf_rcu_read_lock();
	bpf_for_each(bits, bit, (void *)p->cpus_ptr, 1)
		found++;
	bpf_rcu_read_unlock();
	if (found > nr_cpus)
		nr_cpus = found;
}

SCX_OPS_DEFINE(ops, FIFO_OPS, .tick = (void *)bits_tick, .name = "bits_iter");
