/* SPDX-License-Identifier: GPL-2.0 */
/* What both sides of the callbacks test know. */
#ifndef __CALLBACKS_H
#define __CALLBACKS_H

struct callbacks_seen {
	unsigned long turns;
	unsigned long sum;
	unsigned long last;
};

#define CALLBACKS_ELEMS	8	/* at most, in each map */
#define CALLBACKS_RECORD 8	/* bytes, the first is of use */

#endif /* __CALLBACKS_H */
