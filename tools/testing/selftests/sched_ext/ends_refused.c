// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses of functions that end in their midst, and of dynptrs on
 * one of two ways that meet.
 */
#include "pairs_run.h"
#include "ends_refused.h"
#include "ends_refused.bpf.skel.h"

SCX_TEST_PAIRS(ends_refused);
