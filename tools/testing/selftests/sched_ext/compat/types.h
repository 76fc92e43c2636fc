/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types of mainline that this kernel does not have yet, so that what uses them can be
 * compiled. have.h says which there are; it is made of vmlinux.h.
 */
#ifndef __COMPAT_TYPES_H
#define __COMPAT_TYPES_H

#include "have.h"

#define OPAQUE(name, nr)						\
	struct name {							\
		u64 __opaque[nr];					\
	}

#ifndef HAVE_bpf_iter_scx_dsq
OPAQUE(bpf_iter_scx_dsq, 6);
#endif
#ifndef HAVE_bpf_iter_css
OPAQUE(bpf_iter_css, 3);
#endif
#ifndef HAVE_bpf_iter_task
OPAQUE(bpf_iter_task, 3);
enum {
	BPF_TASK_ITER_ALL_PROCS,
	BPF_TASK_ITER_ALL_THREADS,
	BPF_TASK_ITER_PROC_THREADS,
};
#endif
#ifndef HAVE_bpf_list_head
OPAQUE(bpf_list_head, 2);
#endif
#ifndef HAVE_bpf_list_node
OPAQUE(bpf_list_node, 3);
#endif
#ifndef HAVE_bpf_rb_root
OPAQUE(bpf_rb_root, 2);
#endif
#ifndef HAVE_bpf_rb_node
OPAQUE(bpf_rb_node, 4);
#endif
#ifndef HAVE_bpf_refcount
struct bpf_refcount {
	u32 __opaque[1];
} __attribute__((aligned(4)));
#endif
#ifndef HAVE_scx_event_stats
OPAQUE(scx_event_stats, 8);
#endif

#ifndef HAVE_BPF_MAP_TYPE_CGRP_STORAGE
#define BPF_MAP_TYPE_CGRP_STORAGE	32
static void *(*bpf_cgrp_storage_get)(void *map, struct cgroup *cgrp, void *value,
				     u64 flags) = (void *)210;
static long (*bpf_cgrp_storage_delete)(void *map, struct cgroup *cgrp) = (void *)211;
#endif

#endif /* __COMPAT_TYPES_H */
