// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses of programs whose callbacks do not run exactly once.
 */
#include "pairs_run.h"
#include "callbacks_refused.h"
#include "callbacks_refused.bpf.skel.h"

SCX_TEST_PAIRS(callbacks_refused);
