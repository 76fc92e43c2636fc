// SPDX-License-Identifier: GPL-2.0
/*
 * The scheduler for tests that any will do.
 */
#include "fifo.bpf.h"

SCX_OPS_DEFINE(ops, FIFO_OPS, .name = "fifo");
