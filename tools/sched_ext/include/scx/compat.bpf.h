/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the BPF side of schedulers that are to load on kernels of different
 * versions. Included by common.bpf.h.
 */
#ifndef __SCX_COMPAT_BPF_H
#define __SCX_COMPAT_BPF_H

/* The running kernel's value of an enumerator, 0 if it does not have it. */
#define __COMPAT_ENUM_OR_ZERO(type, ent)				\
	(bpf_core_enum_value_exists(type, ent) ? bpf_core_enum_value(type, ent) : 0)

/*
 * The scheduler itself. Members that are given as zero do not keep it from
 * loading on a kernel that lacks them.
 */
#define SCX_OPS_DEFINE(name, ...)					\
	SEC(".struct_ops.link")						\
	struct sched_ext_ops name = { __VA_ARGS__ }

#endif /* __SCX_COMPAT_BPF_H */
