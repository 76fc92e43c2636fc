/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs of the fuzz run work on. Included by both sides. */
#ifndef __FUZZ_H
#define __FUZZ_H

#define FUZZ_WORDS	8	/* of data in a slot */
#define FUZZ_SLOTS	3	/* in the array, and in the table */
#define FUZZ_SITES	64	/* places where a program logs a value */
#define FUZZ_UNSEEN	0xfeedfacecafebeefULL
#define FUZZ_PIDS	3

#endif /* __FUZZ_H */
