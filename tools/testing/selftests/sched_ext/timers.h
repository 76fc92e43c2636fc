/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How timers.bpf.c can be told to end its timer. Included by both sides.
 */
#ifndef __TIMERS_H
#define __TIMERS_H

enum timers_end {
	TIMERS_CANCEL,		/* cancel it and start it anew */
	TIMERS_DELETE,		/* delete the element of the map that it is in */
	TIMERS_REPLACE,		/* write another over the element */
};

#endif /* __TIMERS_H */
