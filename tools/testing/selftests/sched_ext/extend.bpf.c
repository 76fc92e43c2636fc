// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that can be extended or not, and what is to take the place of a function.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

u64 nr_replaced;

__noinline int replaceable(int x)
{
	barrier_var(x);
	return x + 1;
}

SEC("?tc")
int atomic(void *ctx)
{
	return replaceable(1);
}

SEC("?syscall")
int sleepable(void *ctx)
{
	return replaceable(1);
}

SEC("?freplace")
int replacement(int x)
{
	nr_replaced++;
	return x + 2;
}
