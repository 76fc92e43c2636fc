/* SPDX-License-Identifier: GPL-2.0 */
#define BITS_WORDS	512	/* one more than an iterator takes */
