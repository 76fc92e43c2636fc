/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Children that do one thing whenever they are poked, for tests that make
 * something happen to one task; and what the kernel log says about it.
 */
#ifndef __SCX_PUPPET_H
#define __SCX_PUPPET_H

#include "scx_test.h"

struct puppet {
	pid_t pid;
	int strings;			/* pipe, a byte a poke */
	unsigned long pokes;
	unsigned long *done;		/* pokes answered */
};

/* Its name in messages of the kernel. */
#define PUPPET_COMM	"puppet"

struct puppet *puppet_start(void (*act)(void));
void puppet_stop(struct puppet *puppet);
void puppet_poke(struct puppet *puppet);
bool puppet_idle(const struct puppet *puppet);	/* answered all pokes */
bool puppet_asleep(const struct puppet *puppet);

/* Write a small file of /proc or /sys; false, with errno, if it does not take it. */
bool scx_put(const char *path, const char *text);

/* Memory that children share, zero. */
void *scx_shared(size_t size);

/* Compute for a time, by the task's own CPU clock. */
void scx_burn(int us);

/* Lines of the kernel log from now on. */
int kmsg_open(void);
bool kmsg_has(int kmsg, const char *regex);	/* takes what has come so far */

#endif /* __SCX_PUPPET_H */
