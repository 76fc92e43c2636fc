/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What cgroup_storage.bpf.c keeps with cgroups. Included by both sides.
 */
#ifndef __CGROUP_STORAGE_H
#define __CGROUP_STORAGE_H

struct account {
	unsigned long long nr;
	unsigned long long mark;
};

#define MARK_OF_OP	77

#endif /* __CGROUP_STORAGE_H */
