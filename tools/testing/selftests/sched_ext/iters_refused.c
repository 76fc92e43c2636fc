// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses of iterators and of the loops around them.
 */
#include "pairs_run.h"
#include "iters_refused.h"
#include "iters_refused.bpf.skel.h"

SCX_TEST_PAIRS(iters_refused);
