// SPDX-License-Identifier: GPL-2.0
/* A scheduler as a plain struct_ops map, which is registered without a link. */
#include "fifo.bpf.h"

SEC(".struct_ops")
struct sched_ext_ops ops = { FIFO_OPS, .name = "plain" };
