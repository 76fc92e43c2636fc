/* SPDX-License-Identifier: GPL-2.0 */
/* What dsq_pool.bpf.c can be told to do. Included by both sides. */
#ifndef __DSQ_POOL_H
#define __DSQ_POOL_H

#define POOL_MAX	8	/* members */
#define POOL_CPUS	64
#define POOL_SEEN	128
#define POOL_NR_DSQS	4	/* with ids 1 .. */

enum pool_order {
	POOL_FIFO,
	POOL_HEAD,
	POOL_VTIME,
};

/* How a member is to be enqueued */
struct pool_put {
	unsigned long long dsq;
	unsigned long long vtime;
	unsigned int order;		/* enum pool_order */
};

/* For the programs that iterate */
struct pool_walk {
	unsigned long long dsq;
	unsigned long long flags;
	int nr_queued;			/* that is to be found meanwhile */
	int hold_at;			/* dwell at this element; 0: before the first; -1: not */
	int skip;			/* elements at which not to move ... */
	int nr;				/* ... and how many to move then */
};

/* And for those that move */
struct pool_move {
	unsigned long long dsq;
	unsigned long long enq_flags;
	unsigned long long slice;	/* to set before, unless 0 */
	unsigned long long vtime;	/* likewise */
	bool by_vtime;
	bool old_names;
	bool twice;			/* and once more at the same element */
};

#endif /* __DSQ_POOL_H */
