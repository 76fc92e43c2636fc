/* SPDX-License-Identifier: GPL-2.0 */
/* What both sides of the iters test know. */
#ifndef __ITERS_H
#define __ITERS_H

#define ITERS_DSQS	8

struct iters_range {
	int start;
	int end;
	int last;
};

struct iters_seen {
	unsigned long nr;
	long sum;
	int first;
	int last;
};

#endif /* __ITERS_H */
