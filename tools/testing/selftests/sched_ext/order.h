/* SPDX-License-Identifier: GPL-2.0 */
/* What order.bpf.c notes down. Included by both sides. */
#ifndef __ORDER_H
#define __ORDER_H

#define ORDER_MAX	1024

struct order_run {
	int cpu;
	unsigned int pad;
	unsigned long long key;		/* position in the queue, or virtual time */
};

#endif /* __ORDER_H */
