// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses of iterators over DSQs and of the kfuncs that move a task
 * that was met.
 */
#include "pairs_run.h"
#include "dsq_iter_refused.h"
#include "dsq_iter_refused.bpf.skel.h"

SCX_TEST_PAIRS(dsq_iter_refused);
