/* SPDX-License-Identifier: GPL-2.0 */
/* What after_error.bpf.c does once it has called scx_bpf_error(). Included by both sides. */
#ifndef __AFTER_ERROR_H
#define __AFTER_ERROR_H

enum after_act {
	AFTER_NOTHING,
	AFTER_INSERT,		/* the victim into a DSQ */
	AFTER_INSERT_REMOTE,	/* into the local DSQ of the spinner's CPU */
	AFTER_INSERT_VTIME,	/* by virtual time */
	AFTER_KICK,		/* the spinner's CPU, its slice ends */
	/* From dispatch only. */
	AFTER_NOTED,		/* nothing: the victim was inserted just before the error */
	AFTER_CONSUME,		/* the task that is parked */
	AFTER_MOVE,		/* the same, to another DSQ */
	AFTER_MOVE_VTIME,	/* likewise, by virtual time */
};

#define AFTER_DSQ		1	/* of inserts and moves; consumed by nobody */
#define AFTER_VTIME_DSQ		2	/* likewise, by virtual time */
#define AFTER_PARK_DSQ		3

/* Of victim and parked task, before and as the act would have them. */
#define AFTER_OLD_SLICE		7654321
#define AFTER_OLD_VTIME		1111
#define AFTER_NEW_SLICE		1234567
#define AFTER_NEW_VTIME		9999

/* A task as it is found. */
struct after_task {
	unsigned long long slice;
	unsigned long long vtime;
	unsigned long long runs;
	int cpu;
	unsigned int owned;	/* by the scheduler, and on no DSQ */
};

struct after_seen {
	struct after_task victim;
	struct after_task parked;
	unsigned long long spinner_slice;
	int nr_queued[AFTER_PARK_DSQ + 1];	/* by DSQ */
};

#endif /* __AFTER_ERROR_H */
