/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the reason for a scheduler's end comes from ops.exit() to its loader: the
 * BPF side records it in its .data section, where the loader reads it.
 *
 * UEI_DEFINE() and UEI_RECORD() are for the BPF side, the rest for loaders.
 */
#ifndef __SCX_USER_EXIT_INFO_H
#define __SCX_USER_EXIT_INFO_H

enum uei_sizes {
	UEI_REASON_LEN		= 128,
	UEI_MSG_LEN		= 1024,
	UEI_DUMP_DFL_LEN	= 32768,
};

struct user_exit_info {
	int		kind;		/* SCX_EXIT_*, 0 while it has not ended */
	long long	exit_code;
	char		reason[UEI_REASON_LEN];
	char		msg[UEI_MSG_LEN];
};

#ifdef __bpf__

#include <bpf/bpf_core_read.h>

#define UEI_DEFINE(name)						\
	char RESIZABLE_ARRAY(data, name##_dump);			\
	const volatile u32 name##_dump_len;				\
	struct user_exit_info name SEC(".data")

/*
 * To be called from ops.exit(). The kind comes last: a loader that sees it can
 * read the others.
 */
#define UEI_RECORD(name, ei)						\
({									\
	bpf_probe_read_kernel_str(name.reason, sizeof(name.reason), (ei)->reason); \
	bpf_probe_read_kernel_str(name.msg, sizeof(name.msg), (ei)->msg);	\
	bpf_probe_read_kernel_str(name##_dump, name##_dump_len, (ei)->dump);	\
	name.exit_code = (ei)->exit_code;				\
	__sync_fetch_and_add(&name.kind, (ei)->kind);			\
})

#else /* !__bpf__ */

#include <stdbool.h>
#include <stdio.h>

#include "common.h"

/* Which bits of an exit code are whose. */
#define UEI_ECODE_USER_MASK	0x00000000ffffffffULL
#define UEI_ECODE_RSN_MASK	0x0000ffff00000000ULL
#define UEI_ECODE_ACT_MASK	0xffff000000000000ULL

#define UEI_ECODE_USER(code)	((code) & UEI_ECODE_USER_MASK)
#define UEI_ECODE_SYS_RSN(code)	((code) & UEI_ECODE_RSN_MASK)
#define UEI_ECODE_SYS_ACT(code)	((code) & UEI_ECODE_ACT_MASK)

/* Whether the kernel asks for the scheduler to be loaded again. */
#define UEI_ECODE_RESTART(code)						\
	(UEI_ECODE_SYS_ACT(code) == (unsigned long long)SCX_ECODE_ACT_RESTART)

/* Room for the debug dump, as much as the kernel was asked to make. */
#define UEI_SET_SIZE(skel, ops_name, uei_name)				\
({									\
	u32 uei_len = (skel)->struct_ops.ops_name->exit_dump_len ?: UEI_DUMP_DFL_LEN; \
									\
	(skel)->rodata->uei_name##_dump_len = uei_len;			\
	RESIZE_ARRAY((skel), data, uei_name##_dump, uei_len);		\
})

#define UEI_EXITED(skel, uei_name)					\
	(__atomic_load_n(&(skel)->data->uei_name.kind, __ATOMIC_ACQUIRE) != 0)

/* Print why it ended, and the debug dump if there is one. Returns the code. */
static inline unsigned long long uei_report(const struct user_exit_info *uei,
					    const char *dump)
{
	if (dump[0])
		fprintf(stderr, "\nDEBUG DUMP\n%s\n", dump);
	fprintf(stderr, "EXIT: %s", uei->reason);
	if (uei->msg[0])
		fprintf(stderr, " (%s)", uei->msg);
	if (uei->exit_code)
		fprintf(stderr, ", code 0x%llx", uei->exit_code);
	fputs("\n", stderr);
	return uei->exit_code;
}

#define UEI_REPORT(skel, uei_name)					\
	uei_report(&(skel)->data->uei_name, (skel)->data_##uei_name##_dump->uei_name##_dump)

/* Whether it ended because somebody asked for it, and not by force. */
static inline bool uei_asked_for(const struct user_exit_info *uei)
{
	return uei->kind == SCX_EXIT_UNREG || uei->kind == SCX_EXIT_UNREG_BPF;
}

#define UEI_ASKED_FOR(skel, uei_name)	uei_asked_for(&(skel)->data->uei_name)

#endif /* !__bpf__ */
#endif /* __SCX_USER_EXIT_INFO_H */
