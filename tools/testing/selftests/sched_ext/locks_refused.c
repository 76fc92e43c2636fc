// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses of programs that hold locks.
 */
#include "pairs_run.h"
#include "locks_refused.h"
#include "locks_refused.bpf.skel.h"

SCX_TEST_PAIRS(locks_refused);
