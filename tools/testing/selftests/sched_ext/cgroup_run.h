/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cgroups of the default hierarchy for tests to make and remove. Paths are below its
 * root; what a case leaves behind the next one removes.
 */
#ifndef __CGROUP_RUN_H
#define __CGROUP_RUN_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include "scx_puppet.h"

#define CGROUP_ROOT	"/sys/fs/cgroup"

static inline const char *cgroup_path(const char *name, const char *file)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s%s%s", name, *file ? "/" : "", file);
	return path;
}

static inline u64 inode_of(const char *path)
{
	struct stat st;

	CHECK_EQ(stat(path, &st), 0);
	return st.st_ino;
}

/* A fresh one, its id. */
static inline u64 cgroup_make(const char *name)
{
	if (access(CGROUP_ROOT "/cgroup.procs", F_OK))
		scx_skip("no cgroups in " CGROUP_ROOT);
	rmdir(cgroup_path(name, ""));
	CHECK_EQ(mkdir(cgroup_path(name, ""), 0755), 0);
	return inode_of(cgroup_path(name, ""));
}

/* Tasks that have been in there may be on their way out. */
static inline void cgroup_remove(const char *name)
{
	CHECK_SOON(!rmdir(cgroup_path(name, "")));
}

static inline int cgroup_open(const char *name)
{
	int fd = open(cgroup_path(name, ""), O_RDONLY | O_DIRECTORY);

	CHECK_GE(fd, 0);
	return fd;
}

static inline void cgroup_enter(pid_t pid, const char *name)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (!scx_put(cgroup_path(name, "cgroup.procs"), text))
		FAIL("cannot move %d to %s: %s", pid, name, strerror(errno));
}

#endif /* __CGROUP_RUN_H */
