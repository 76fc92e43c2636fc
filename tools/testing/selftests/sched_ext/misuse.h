/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wrongs that misuse.bpf.c can do. Included by both sides.
 */
#ifndef __MISUSE_H
#define __MISUSE_H

enum misuse {
	MISUSE_NONE,

	/* From enqueue, with the victim in hand. */
	ENQ_BAD_DSQ,
	ENQ_BAD_BUILTIN,
	ENQ_INVALID,
	ENQ_BAD_LOCAL_ON,
	ENQ_TWICE,
	ENQ_BAD_FLAGS,
	ENQ_VTIME_GLOBAL,
	ENQ_VTIME_LOCAL,
	ENQ_VTIME_LOCAL_ON,
	ENQ_FIFO_AMONG_VTIME,
	ENQ_VTIME_AMONG_FIFO,
	ENQ_DESTROY_FULL,
	ENQ_KICK_BAD_CPU,
	ENQ_KICK_NEGATIVE_CPU,
	ENQ_KICK_BAD_FLAGS,

	/* From select_cpu, likewise. */
	SELECT_BAD_CPU,
	SELECT_NEGATIVE_CPU,
	SELECT_BAD_DSQ,
	SELECT_BAD_LOCAL_ON,
	SELECT_INSERT_TWICE,
	SELECT_DFL_BAD_CPU,

	/* From dispatch. */
	DISPATCH_CONSUME_UNKNOWN,
	DISPATCH_CONSUME_GLOBAL,
	DISPATCH_CONSUME_LOCAL,
	DISPATCH_BAD_DSQ,
	DISPATCH_TOO_MANY,
};

#define MISUSE_SHARED_DSQ	1	/* where everybody goes */
#define MISUSE_PARK_DSQ		2	/* consumed by nobody */
#define MISUSE_NO_DSQ		0xbad5c0
#define MISUSE_NO_CPU		4321
#define MISUSE_BATCH		4

#endif /* __MISUSE_H */
