/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the loader of a scheduler includes first. The interface of the class as
 * far as user space needs it, loading and attaching, and reading why it ended.
 */
#ifndef __SCX_COMMON_H
#define __SCX_COMMON_H

#ifdef __bpf__
#error "this header is for loaders, BPF programs include common.bpf.h"
#endif

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(arr)		(sizeof(arr) / sizeof((arr)[0]))
#endif

#ifndef SCHED_EXT
#define SCHED_EXT		7
#endif

/* How a scheduler can end, and what the kernel wants done about it. */
enum scx_exit_kind {
	SCX_EXIT_NONE,
	SCX_EXIT_DONE,

	SCX_EXIT_UNREG		= 64,
	SCX_EXIT_UNREG_BPF,
	SCX_EXIT_UNREG_KERN,
	SCX_EXIT_SYSRQ,

	SCX_EXIT_ERROR		= 1024,
	SCX_EXIT_ERROR_BPF,
	SCX_EXIT_ERROR_STALL,
};

#define SCX_ECODE_RSN_HOTPLUG	(1ULL << 32)
#define SCX_ECODE_ACT_RESTART	(1ULL << 48)

/* For what a loader cannot go on from. */
static inline __attribute__((noreturn, format(printf, 3, 4)))
void scx_die(const char *file, int line, const char *fmt, ...)
{
	int err = errno;
	va_list args;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	if (err)
		fprintf(stderr, " (%s)", strerror(err));
	fputs("\n", stderr);
	exit(EXIT_FAILURE);
}

#define SCX_BUG(fmt, args...)	scx_die(__FILE__, __LINE__, fmt, ##args)

#define SCX_BUG_ON(cond, fmt, args...)					\
do {									\
	if (cond)							\
		SCX_BUG(fmt, ##args);					\
} while (0)

/*
 * Make the array arr, which the BPF side declared with RESIZABLE_ARRAY(), n
 * elements large. Between opening and loading.
 */
#define RESIZE_ARRAY(skel, elfsec, arr, n)				\
do {									\
	struct bpf_map *scx_map = (skel)->maps.elfsec##_##arr;		\
	size_t scx_size = (n) * sizeof((skel)->elfsec##_##arr->arr[0]);	\
									\
	SCX_BUG_ON(bpf_map__set_value_size(scx_map, scx_size),		\
		   "no room for %zu bytes of " #arr, scx_size);		\
	(skel)->elfsec##_##arr =					\
		(void *)bpf_map__initial_value(scx_map, &scx_size);	\
} while (0)

#include "user_exit_info.h"
#include "compat.h"

#endif /* __SCX_COMMON_H */
