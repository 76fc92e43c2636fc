/* SPDX-License-Identifier: GPL-2.0 */
/* What foreign.bpf.c calls. Included by both sides. */
#ifndef __FOREIGN_H
#define __FOREIGN_H

enum foreign_call {
	CALL_NOTHING,
	CALL_OURS,
	CALL_PAUSE,
};

#endif /* __FOREIGN_H */
