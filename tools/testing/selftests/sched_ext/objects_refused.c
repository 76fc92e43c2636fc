// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier refuses to do with objects of a program's own types.
 */
#include "pairs_run.h"
#include "objects_refused.h"
#include "objects_refused.bpf.skel.h"

SCX_TEST_PAIRS(objects_refused);
