/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pause points of the class: have a CPU dwell in the middle of a hand-over while
 * the test acts. One at a time.
 */
#ifndef __SCX_PAUSE_H
#define __SCX_PAUSE_H

#include "scx_test.h"

/*
 * Wait without sleeping: an idle CPU may be called to balance the load, and be stuck
 * where a lock is held by a CPU that dwells.
 */
#define SPIN(cond, ms)							\
({									\
	long long scx_end = scx_now_ms() + scx_ms(ms);			\
	bool scx_ok;							\
									\
	while (!(scx_ok = (cond)) && scx_now_ms() < scx_end)		\
		pause_relax();						\
	scx_ok;								\
})

/* Where emulated CPUs take turns, this is the end of one. */
static inline void pause_relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

void pause_need(void);		/* skip on kernels without such points */
void pause_at(const char *point, pid_t pid);
bool pause_inside(void);	/* a CPU dwells there */
void pause_await(void);		/* until one does */
bool pause_caught(void);	/* the same; false if it was over too soon */
void pause_end(void);		/* let it go on, and wait until it has */

void pause_give_up(void);	/* if a CPU dwells, let it go on */

/*
 * Let it go on in a moment: for when the test is about to do what lasts until then.
 * Nobody else can be counted on to end it, as whoever needs a lock that is held now
 * is stuck.
 */
void pause_end_soon(void);

#endif /* __SCX_PAUSE_H */
