// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses of iterators over tasks and cgroups.
 */
#include "pairs_run.h"
#include "walks_refused.h"
#include "walks_refused.bpf.skel.h"

SCX_TEST_PAIRS(walks_refused);
