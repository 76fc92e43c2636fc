// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses of numbers that are to be NULL, or in a range, and are so
 * on one of two ways that meet.
 */
#include "pairs_run.h"
#include "nulls_refused.h"
#include "nulls_refused.bpf.skel.h"

SCX_TEST_PAIRS(nulls_refused);
