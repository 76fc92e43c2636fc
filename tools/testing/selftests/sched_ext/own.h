/* SPDX-License-Identifier: GPL-2.0 */
/* What own.bpf.c is told by the tests. Included by both sides. */
#ifndef __OWN_H
#define __OWN_H

#define OWN_VICTIMS	2
#define OWN_CPUS	4
#define OWN_DSQ		1
#define OWN_HOME	1	/* the CPU to which victims wake up */

/* What becomes of a victim that is enqueued. */
enum own_enqueue {
	OWN_HOLD,		/* the scheduler keeps it */
	OWN_QUEUE,		/* OWN_DSQ */
	OWN_SEND,		/* the local queue of CPU send_to */
};

/* What a CPU does when its hand makes it dispatch. */
enum own_what {
	OWN_NOTHING,
	OWN_INSERT,		/* these tasks into these queues */
	OWN_TAKE,		/* a task off OWN_DSQ */
};

#define OWN_INSERTS	2

struct own_order {
	unsigned int wanted;			/* by the test, enum own_what */
	unsigned int what;			/* set by the hand when it is ready */
	int pid[OWN_INSERTS];			/* 0: no more */
	unsigned long long dsq[OWN_INSERTS];
};

#endif /* __OWN_H */
