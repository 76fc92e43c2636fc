/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A type of mainline that this kernel does not have, so that what uses it can be
 * compiled. It does not compile once there is one: then it is to go.
 */
#ifndef __COMPAT_TYPES_H
#define __COMPAT_TYPES_H

struct scx_event_stats {
	u64 __opaque[8];
};

#endif /* __COMPAT_TYPES_H */
