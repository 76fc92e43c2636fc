/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What refused.bpf.c can be asked to contain. Included by both sides.
 */
#ifndef __REFUSED_H
#define __REFUSED_H

enum refusal {
	REFUSE_NOTHING,
	PREV_READ,
	PREV_TO_KFUNC,
	TO_READ,
	TO_WRITE,
	WRITE_WEIGHT,
	WRITE_FLAGS,
	WRITE_PRIO,
	WRITE_COMM,
	WRITE_WALKED,
	INSERT_FOREIGN,
	SLEEP_IN_ENQUEUE,
	MASK_KEPT,
	SLEEP_IN_TIMER,
	SLEEP_BELOW_TIMER,
	SLEEP_IN_WALK,
	PART_OF_POINTER,
	STORAGE_OF_WALKED,
	RELEASE_RECORD,
};

#endif /* __REFUSED_H */
