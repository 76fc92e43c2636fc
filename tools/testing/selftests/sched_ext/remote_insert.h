/* SPDX-License-Identifier: GPL-2.0 */
/* Where remote_insert.bpf.c inserts from. Included by both sides. */
#ifndef __REMOTE_INSERT_H
#define __REMOTE_INSERT_H

enum remote_mode {
	REMOTE_ENQUEUE,		/* each task, from enqueue */
	REMOTE_SELECT,		/* each task that wakes up, from select_cpu */
	REMOTE_DISPATCH,	/* each task, from dispatch; enqueue keeps it till then */
	REMOTE_PREV,		/* the previous task, from dispatch: has no effect */
};

#define REMOTE_MAX_CPUS	64
#define REMOTE_BATCH	8	/* tasks sent by one dispatch */

#endif /* __REMOTE_INSERT_H */
