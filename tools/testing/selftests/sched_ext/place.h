/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where place.bpf.c puts tasks. Included by both sides.
 */
#ifndef __PLACE_H
#define __PLACE_H

#define PLACE_MAX	4		/* waiters */

enum where {
	PLACE_LOCAL,			/* they are bound to the CPU */
	PLACE_LOCAL_ON,			/* from another CPU */
	PLACE_PARK,			/* a DSQ that only the CPU consumes, and a kick */
};

#endif /* __PLACE_H */
