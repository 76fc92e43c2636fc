/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loading schedulers, and asking what the running kernel knows. Included by
 * common.h.
 */
#ifndef __SCX_COMPAT_H
#define __SCX_COMPAT_H

#include <stdbool.h>
#include <unistd.h>

#define SCX_SYSFS	"/sys/kernel/sched_ext"
#define SCX_BTF		"/sys/kernel/btf/vmlinux"

/* BTF of the running kernel, NULL if it has none. */
static inline const struct btf *scx_kernel_btf(void)
{
	static struct btf *btf;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

static inline bool __COMPAT_enum_value(const struct btf_type *t, const char *name, u64 *v)
{
	const struct btf *btf = scx_kernel_btf();
	int i;

	for (i = 0; i < btf_vlen(t); i++) {
		const struct btf_enum64 *e64 = btf_enum64(t) + i;
		const struct btf_enum *e32 = btf_enum(t) + i;
		bool wide = btf_is_enum64(t);

		if (strcmp(btf__name_by_offset(btf, wide ? e64->name_off : e32->name_off), name))
			continue;
		if (wide)
			*v = btf_enum64_value(e64);
		else
			*v = btf_kflag(t) ? (u64)(s64)e32->val : (u64)(u32)e32->val;
		return true;
	}
	return false;
}

/* Read an enumerator of the running kernel. False if it does not have it. */
static inline bool __COMPAT_read_enum(const char *type, const char *name, u64 *v)
{
	const struct btf *btf = scx_kernel_btf();
	s32 id;

	if (!btf)
		return false;
	id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);
	if (id < 0)
		id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM64);
	return id >= 0 && __COMPAT_enum_value(btf__type_by_id(btf, id), name, v);
}

#define __COMPAT_ENUM_OR_ZERO(type, ent)				\
({									\
	u64 scx_val = 0;						\
									\
	__COMPAT_read_enum(type, ent, &scx_val);			\
	scx_val;							\
})

static inline bool __COMPAT_has_ksym(const char *ksym)
{
	const struct btf *btf = scx_kernel_btf();

	return btf && btf__find_by_name_kind(btf, ksym, BTF_KIND_FUNC) >= 0;
}

/* A struct of the running kernel, NULL if it has none of that name. */
static inline const struct btf_type *scx_kernel_struct(const char *type)
{
	const struct btf *btf = scx_kernel_btf();
	s32 id = btf ? btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT) : -1;

	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

/* Whether t, of the running kernel, has a member with the len characters for a name. */
static inline bool scx_has_member(const struct btf_type *t, const char *name, size_t len)
{
	const char *has;
	int i;

	for (i = 0; t && i < btf_vlen(t); i++) {
		has = btf__name_by_offset(scx_kernel_btf(), btf_members(t)[i].name_off);
		if (strlen(has) == len && !strncmp(has, name, len))
			return true;
	}
	return false;
}

static inline bool __COMPAT_struct_has_field(const char *type, const char *field)
{
	return scx_has_member(scx_kernel_struct(type), field, strlen(field));
}

/*
 * Flags by the names that they have in the kernel, 0 if the running kernel does not
 * have them: for what loaders set in .flags, or hand down to programs.
 */
#define SCX_OPS_FLAG(name)	__COMPAT_ENUM_OR_ZERO("scx_ops_flags", #name)
#define SCX_PICK_IDLE_FLAG(name)					\
	__COMPAT_ENUM_OR_ZERO("scx_pick_idle_cpu_flags", #name)

#define SCX_OPS_KEEP_BUILTIN_IDLE	SCX_OPS_FLAG(SCX_OPS_KEEP_BUILTIN_IDLE)
#define SCX_OPS_ENQ_LAST		SCX_OPS_FLAG(SCX_OPS_ENQ_LAST)
#define SCX_OPS_ENQ_EXITING		SCX_OPS_FLAG(SCX_OPS_ENQ_EXITING)
#define SCX_OPS_SWITCH_PARTIAL		SCX_OPS_FLAG(SCX_OPS_SWITCH_PARTIAL)
#define SCX_OPS_ENQ_MIGRATION_DISABLED	SCX_OPS_FLAG(SCX_OPS_ENQ_MIGRATION_DISABLED)
#define SCX_OPS_ALLOW_QUEUED_WAKEUP	SCX_OPS_FLAG(SCX_OPS_ALLOW_QUEUED_WAKEUP)
#define SCX_OPS_BUILTIN_IDLE_PER_NODE	SCX_OPS_FLAG(SCX_OPS_BUILTIN_IDLE_PER_NODE)
#define SCX_OPS_HAS_CGROUP_WEIGHT	SCX_OPS_FLAG(SCX_OPS_HAS_CGROUP_WEIGHT)

#define SCX_PICK_IDLE_CORE		SCX_PICK_IDLE_FLAG(SCX_PICK_IDLE_CORE)
#define SCX_PICK_IDLE_IN_NODE		SCX_PICK_IDLE_FLAG(SCX_PICK_IDLE_IN_NODE)

/*
 * How often CPUs came and went: given to the kernel at load, it refuses a
 * scheduler that was set up for other CPUs. 0, not to check, if the kernel does
 * not say.
 */
static inline long scx_hotplug_seq(void)
{
	FILE *file = fopen(SCX_SYSFS "/hotplug_seq", "r");
	long seq = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &seq) != 1)
		seq = 0;
	fclose(file);
	return seq;
}

/* Leave with a plain word if this kernel cannot run any scheduler. */
static inline void scx_require_kernel(void)
{
	const char *why = NULL;

	if (access(SCX_BTF, R_OK))
		why = "it has no type information, CONFIG_DEBUG_INFO_BTF";
	else if (access(SCX_SYSFS, F_OK))
		why = "it has no sched_ext, CONFIG_SCHED_CLASS_EXT";
	if (!why)
		return;
	fprintf(stderr, "This kernel cannot run BPF schedulers: %s\n", why);
	exit(EXIT_FAILURE);
}

/* Why loading or attaching did not work, in words for the cases that have any. */
static inline __attribute__((noreturn)) void scx_cannot(const char *what, const char *name)
{
	int err = errno;

	fprintf(stderr, "Cannot %s %s: ", what, name);
	if (err == EPERM)
		fputs("no permission, this takes root or CAP_BPF and CAP_PERFMON\n", stderr);
	else if (err == EBUSY)
		fputs("another scheduler is loaded, see " SCX_SYSFS "/root/ops\n", stderr);
	else
		fprintf(stderr, "%s; the kernel log may say more\n", strerror(err));
	exit(EXIT_FAILURE);
}

/* The struct that a struct_ops map is made of, as the BPF object has it, by its id. */
static inline s32 scx_ops_type(const struct btf *btf, const char *ops_name)
{
	s32 var = btf__find_by_name_kind(btf, ops_name, BTF_KIND_VAR);
	s32 id = var < 0 ? var : (s32)btf__type_by_id(btf, var)->type;

	return id > 0 && btf_is_struct(btf__type_by_id(btf, id)) ? id : -ENOENT;
}

static inline void scx_clear_member(const char *ops_name, const char *member, void *value,
				    size_t size)
{
	char *bytes = value;
	size_t i;

	for (i = 0; i < size && !bytes[i]; i++)
		;
	if (i == size)
		return;
	fprintf(stderr, "%s.%s is left out, this kernel does not have it\n", ops_name, member);
	memset(value, 0, size);
}

/*
 * Sources are newer than kernels. A member that the running kernel does not have would
 * keep the scheduler from loading: leave it out, and say so. What cannot do without it
 * asks __COMPAT_struct_has_field() by itself.
 */
static inline void scx_clear_unknown(const struct bpf_object *obj, const char *ops_name,
				     void *ops)
{
	const struct btf_type *kernel = scx_kernel_struct("sched_ext_ops"), *t;
	const struct btf *btf = bpf_object__btf(obj);
	s32 id = scx_ops_type(btf, ops_name);
	int i;

	if (!kernel || id < 0)
		return;
	t = btf__type_by_id(btf, id);
	for (i = 0; i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, btf_members(t)[i].name_off);
		const char *flavor = strstr(name, "___");
		s64 size = btf__resolve_size(btf, btf_members(t)[i].type);

		if (size <= 0 || scx_has_member(kernel, name,
						flavor ? (size_t)(flavor - name) : strlen(name)))
			continue;
		scx_clear_member(ops_name, name,
				 (char *)ops + btf_member_bit_offset(t, i) / 8, size);
	}
}

/* Open, load and attach the skeleton scx_name with its struct_ops map ops_name. */
#define SCX_OPS_OPEN(ops_name, scx_name)				\
({									\
	struct scx_name *scx_skel;					\
									\
	scx_require_kernel();						\
	scx_skel = scx_name##__open();					\
	if (!scx_skel)							\
		scx_cannot("open", #scx_name);				\
	scx_skel->struct_ops.ops_name->hotplug_seq = scx_hotplug_seq();	\
	scx_clear_unknown(scx_skel->obj, #ops_name,			\
			  scx_skel->struct_ops.ops_name);		\
	scx_skel;							\
})

#define SCX_OPS_LOAD(skel, ops_name, scx_name, uei_name)		\
({									\
	UEI_SET_SIZE(skel, ops_name, uei_name);				\
	if (scx_name##__load(skel))					\
		scx_cannot("load", #scx_name);				\
})

#define SCX_OPS_ATTACH(skel, ops_name, scx_name)			\
({									\
	struct bpf_link *scx_link;					\
									\
	scx_link = bpf_map__attach_struct_ops((skel)->maps.ops_name);	\
	if (!scx_link)							\
		scx_cannot("attach", #scx_name);			\
	scx_link;							\
})

#endif /* __SCX_COMPAT_H */
