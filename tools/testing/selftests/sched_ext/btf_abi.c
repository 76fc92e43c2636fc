// SPDX-License-Identifier: GPL-2.0
/*
 * What BPF schedulers find by name in the kernel's BTF: members and their types, sizes
 * of what they have on their stacks and in values of maps, values of enumerators,
 * prototypes of kfuncs with the names of their parameters, some of which the verifier
 * goes by. It compiles nothing in, so that it shows the running kernel.
 *
 * Types are written in a canonical way: integers by sign and size, whatever
 * typedef the kernel uses.
 */
#include "scx_test.h"

#define TYPE_LEN	512

static const struct btf *btf;
static int nr_wrong;

static void type_str(__u32 id, bool names, char *buf);

static void append(char *buf, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + len, TYPE_LEN - len, fmt, args);
	va_end(args);
}

static const char *name_of(__u32 off)
{
	return btf__name_by_offset(btf, off);
}

static void int_str(const struct btf_type *t, char *buf)
{
	bool is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;

	if (btf_int_encoding(t) & BTF_INT_BOOL)
		append(buf, "bool");
	else if (!strcmp(name_of(t->name_off), "char"))
		append(buf, "char");
	else
		append(buf, "%c%d", is_signed ? 's' : 'u', t->size * 8);
}

static void proto_str(const struct btf_type *t, bool names, char *buf)
{
	const struct btf_param *p = btf_params(t);
	int i;

	append(buf, "(");
	for (i = 0; i < btf_vlen(t); i++) {
		append(buf, i ? ", " : "");
		type_str(p[i].type, false, buf);
		if (names)
			append(buf, "%s%s", buf[strlen(buf) - 1] == '*' ? "" : " ",
			       name_of(p[i].name_off));
	}
	append(buf, btf_vlen(t) ? ")" : "void)");
}

/* Appends to buf. With names, those of a function's parameters. */
static void type_str(__u32 id, bool names, char *buf)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	switch (btf_kind(t)) {
	case BTF_KIND_UNKN:
		append(buf, "void");
		break;
	case BTF_KIND_INT:
		int_str(t, buf);
		break;
	case BTF_KIND_CONST:
		append(buf, "const ");
		type_str(t->type, names, buf);
		break;
	case BTF_KIND_PTR:
		if (btf_is_func_proto(btf__type_by_id(btf, t->type))) {
			type_str(t->type, names, buf);
			break;
		}
		type_str(t->type, names, buf);
		append(buf, "%s*", buf[strlen(buf) - 1] == '*' ? "" : " ");
		break;
	case BTF_KIND_ARRAY:
		type_str(btf_array(t)->type, names, buf);
		append(buf, "[%u]", btf_array(t)->nelems);
		break;
	case BTF_KIND_FUNC_PROTO:
		type_str(t->type, names, buf);
		append(buf, " ");
		proto_str(t, names, buf);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_FWD:
		append(buf, "struct %s", name_of(t->name_off));
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		append(buf, "enum %s", name_of(t->name_off));
		break;
	default:
		/* typedef, volatile, tags */
		type_str(t->type, names, buf);
		break;
	}
}

static void wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void wrong(const char *fmt, ...)
{
	char text[2 * TYPE_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	scx_note("%s", text);
	nr_wrong++;
}

static void load_btf(void)
{
	btf = scx_kernel_btf();
	CHECK(btf);
}

struct named {
	const char *name;
	const char *type;
};

static const struct btf_member *find_member(const struct btf_type *t, const char *name)
{
	int i;

	for (i = 0; i < btf_vlen(t); i++)
		if (!strcmp(name_of(btf_members(t)[i].name_off), name))
			return &btf_members(t)[i];
	return NULL;
}

static const struct btf_type *find_struct(const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

static void check_members(const char *name, const struct named *members, int nr)
{
	const struct btf_type *t = find_struct(name);
	int i;

	if (!t)
		wrong("no struct %s", name);
	for (i = 0; t && i < nr; i++) {
		const struct btf_member *m = find_member(t, members[i].name);
		char type[TYPE_LEN] = "";

		if (m)
			type_str(m->type, false, type);
		if (strcmp(type, members[i].type))
			wrong("struct %s, %s: \"%s\", not \"%s\"", name, members[i].name,
			      type, members[i].type);
	}
}

static bool have_cgroups(void)
{
	const struct btf_type *ops = find_struct("sched_ext_ops");

	return ops && find_member(ops, "cgroup_init");
}

#define MEMBERS(name, table)	check_members(name, table, ARRAY_SIZE(table))

#define TASK	"struct task_struct *"

static const struct named ops_members[] = {
	{ "select_cpu",		"s32 (" TASK ", s32, u64)" },
	{ "enqueue",		"void (" TASK ", u64)" },
	{ "dequeue",		"void (" TASK ", u64)" },
	{ "dispatch",		"void (s32, " TASK ")" },
	{ "tick",		"void (" TASK ")" },
	{ "runnable",		"void (" TASK ", u64)" },
	{ "running",		"void (" TASK ")" },
	{ "stopping",		"void (" TASK ", bool)" },
	{ "quiescent",		"void (" TASK ", u64)" },
	{ "yield",		"bool (" TASK ", " TASK ")" },
	{ "core_sched_before",	"bool (" TASK ", " TASK ")" },
	{ "set_weight",		"void (" TASK ", u32)" },
	{ "set_cpumask",	"void (" TASK ", const struct cpumask *)" },
	{ "update_idle",	"void (s32, bool)" },
	{ "cpu_acquire",	"void (s32, struct scx_cpu_acquire_args *)" },
	{ "cpu_release",	"void (s32, struct scx_cpu_release_args *)" },
	{ "init_task",		"s32 (" TASK ", struct scx_init_task_args *)" },
	{ "exit_task",		"void (" TASK ", struct scx_exit_task_args *)" },
	{ "enable",		"void (" TASK ")" },
	{ "disable",		"void (" TASK ")" },
	{ "dump",		"void (struct scx_dump_ctx *)" },
	{ "dump_cpu",		"void (struct scx_dump_ctx *, s32, bool)" },
	{ "dump_task",		"void (struct scx_dump_ctx *, " TASK ")" },
	{ "cpu_online",		"void (s32)" },
	{ "cpu_offline",	"void (s32)" },
	{ "init",		"s32 (void)" },
	{ "exit",		"void (struct scx_exit_info *)" },
	{ "dispatch_max_batch",	"u32" },
	{ "flags",		"u64" },
	{ "timeout_ms",		"u32" },
	{ "exit_dump_len",	"u32" },
	{ "hotplug_seq",	"u64" },
	{ "name",		"char[128]" },
};

static const struct named ops_cgroup_members[] = {
	{ "cgroup_init",	"s32 (struct cgroup *, struct scx_cgroup_init_args *)" },
	{ "cgroup_exit",	"void (struct cgroup *)" },
	{ "cgroup_prep_move",	"s32 (" TASK ", struct cgroup *, struct cgroup *)" },
	{ "cgroup_move",	"void (" TASK ", struct cgroup *, struct cgroup *)" },
	{ "cgroup_cancel_move",	"void (" TASK ", struct cgroup *, struct cgroup *)" },
	{ "cgroup_set_weight",	"void (struct cgroup *, u32)" },
};

static const struct named exit_info_members[] = {
	{ "kind",	"enum scx_exit_kind" },
	{ "exit_code",	"s64" },
	{ "reason",	"const char *" },
	{ "bt",		"u64 *" },
	{ "bt_len",	"u32" },
	{ "msg",	"char *" },
	{ "dump",	"char *" },
};

static const struct named dump_ctx_members[] = {
	{ "kind",	"enum scx_exit_kind" },
	{ "exit_code",	"s64" },
	{ "reason",	"const char *" },
	{ "at_ns",	"u64" },
	{ "at_jiffies",	"u64" },
};

static const struct named init_task_members[] = { { "fork", "bool" } };
static const struct named init_task_cgroup_members[] = { { "cgroup", "struct cgroup *" } };
static const struct named exit_task_members[] = { { "cancelled", "bool" } };
static const struct named cgroup_init_members[] = { { "weight", "u32" } };

static const struct named cpu_release_members[] = {
	{ "reason",	"enum scx_cpu_preempt_reason" },
	{ "task",	TASK },
};

static const struct named entity_members[] = {
	{ "slice",		"u64" },
	{ "dsq_vtime",		"u64" },
	{ "disallow",		"bool" },
	{ "weight",		"u32" },
	{ "flags",		"u32" },
	{ "sticky_cpu",		"s32" },
	{ "holding_cpu",	"s32" },
	{ "dsq",		"struct scx_dispatch_q *" },
	{ "runnable_at",	"u64" },
	{ "ddsp_dsq_id",	"u64" },
	/* atomic_long_t, a struct without a name */
	{ "ops_state",		"struct " },
};

static const struct named cpumask_members[] = {
	{ "cpumask",	"struct cpumask" },
	{ "usage",	"struct refcount_struct" },
};

static const struct named task_members[] = { { "scx", "struct sched_ext_entity" } };

static void members(void)
{
	load_btf();
	MEMBERS("sched_ext_ops", ops_members);
	MEMBERS("scx_exit_info", exit_info_members);
	MEMBERS("scx_dump_ctx", dump_ctx_members);
	MEMBERS("scx_init_task_args", init_task_members);
	MEMBERS("scx_exit_task_args", exit_task_members);
	MEMBERS("scx_cpu_release_args", cpu_release_members);
	MEMBERS("sched_ext_entity", entity_members);
	MEMBERS("task_struct", task_members);
	MEMBERS("bpf_cpumask", cpumask_members);
	check_members("scx_cpu_acquire_args", NULL, 0);
	CHECK_EQ(nr_wrong, 0);
}

static void cgroup_members(void)
{
	load_btf();
	if (!have_cgroups())
		scx_skip("no EXT_GROUP_SCHED");
	MEMBERS("sched_ext_ops", ops_cgroup_members);
	MEMBERS("scx_init_task_args", init_task_cgroup_members);
	MEMBERS("scx_cgroup_init_args", cgroup_init_members);
	CHECK_EQ(nr_wrong, 0);
}

/* What is opaque to programs, and on their stacks or in values of theirs. */
static const struct {
	const char *name;
	u32 words;
} opaque[] = {
	{ "bpf_iter_num",	1 },
	{ "bpf_iter_bits",	2 },
	{ "bpf_iter_css",	3 },
	{ "bpf_iter_task",	3 },
	{ "bpf_iter_scx_dsq",	6 },
	{ "bpf_list_head",	2 },
	{ "bpf_list_node",	3 },
	{ "bpf_rb_root",	2 },
	{ "bpf_rb_node",	4 },
	{ "bpf_timer",		2 },
	{ "bpf_dynptr",		2 },
};

static void check_size(const char *name, u32 size)
{
	const struct btf_type *t = find_struct(name);

	if (!t)
		wrong("no struct %s", name);
	else if (t->size != size)
		wrong("struct %s has %u bytes, not %u", name, t->size, size);
}

static void sizes(void)
{
	unsigned int i;

	load_btf();
	for (i = 0; i < ARRAY_SIZE(opaque); i++)
		check_size(opaque[i].name, opaque[i].words * sizeof(u64));
	check_size("bpf_refcount", 4);
	check_size("bpf_spin_lock", 4);
	CHECK_EQ(nr_wrong, 0);
}

/*
 * The types of the wide enums that carry all flags are data members above. An enum
 * may be without a name.
 */
struct enumerator {
	const char *type;
	const char *name;
	unsigned long long value;
};

static const struct enumerator enumerators[] = {
	{ "scx_public_consts", "SCX_OPS_NAME_LEN", 128 },
	{ "scx_public_consts", "SCX_SLICE_DFL", 20000000 },
	{ "scx_public_consts", "SCX_SLICE_INF", ~0ULL },

	{ "scx_consts", "SCX_CPUPERF_ONE", 1024 },
	{ "scx_consts", "SCX_DSP_DFL_MAX_BATCH", 32 },
	{ "scx_consts", "SCX_DSP_MAX_LOOPS", 32 },
	{ "scx_consts", "SCX_OPS_TASK_ITER_BATCH", 32 },
	{ "scx_consts", "SCX_EXIT_BT_LEN", 64 },
	{ "scx_consts", "SCX_EXIT_MSG_LEN", 1024 },
	{ "scx_consts", "SCX_EXIT_DUMP_DFL_LEN", 32768 },

	{ "scx_dsq_id_flags", "SCX_DSQ_FLAG_BUILTIN", 1ULL << 63 },
	{ "scx_dsq_id_flags", "SCX_DSQ_FLAG_LOCAL_ON", 1ULL << 62 },
	{ "scx_dsq_id_flags", "SCX_DSQ_INVALID", 1ULL << 63 },
	{ "scx_dsq_id_flags", "SCX_DSQ_GLOBAL", 1ULL << 63 | 1 },
	{ "scx_dsq_id_flags", "SCX_DSQ_LOCAL", 1ULL << 63 | 2 },
	{ "scx_dsq_id_flags", "SCX_DSQ_LOCAL_ON", 3ULL << 62 },
	{ "scx_dsq_id_flags", "SCX_DSQ_LOCAL_CPU_MASK", 0xffffffff },

	{ "scx_ops_flags", "SCX_OPS_KEEP_BUILTIN_IDLE", 1 << 0 },
	{ "scx_ops_flags", "SCX_OPS_ENQ_LAST", 1 << 1 },
	{ "scx_ops_flags", "SCX_OPS_ENQ_EXITING", 1 << 2 },
	{ "scx_ops_flags", "SCX_OPS_SWITCH_PARTIAL", 1 << 3 },
	{ "scx_ops_flags", "SCX_OPS_HAS_CGROUP_WEIGHT", 1 << 16 },
	{ "scx_ops_flags", "SCX_OPS_ALL_FLAGS", 0xf | 1 << 16 },

	{ "scx_enq_flags", "SCX_ENQ_WAKEUP", 0x01 },
	{ "scx_enq_flags", "SCX_ENQ_HEAD", 0x10 },
	{ "scx_enq_flags", "SCX_ENQ_CPU_SELECTED", 0x400 },
	{ "scx_enq_flags", "SCX_ENQ_PREEMPT", 1ULL << 32 },
	{ "scx_enq_flags", "SCX_ENQ_REENQ", 1ULL << 40 },
	{ "scx_enq_flags", "SCX_ENQ_LAST", 1ULL << 41 },
	{ "scx_enq_flags", "__SCX_ENQ_INTERNAL_MASK", 0xffULL << 56 },
	{ "scx_enq_flags", "SCX_ENQ_CLEAR_OPSS", 1ULL << 56 },
	{ "scx_enq_flags", "SCX_ENQ_DSQ_PRIQ", 1ULL << 57 },

	{ "scx_deq_flags", "SCX_DEQ_SLEEP", 0x01 },
	{ "scx_deq_flags", "SCX_DEQ_CORE_SCHED_EXEC", 1ULL << 32 },

	{ "scx_wake_flags", "SCX_WAKE_FORK", 0x04 },
	{ "scx_wake_flags", "SCX_WAKE_TTWU", 0x08 },
	{ "scx_wake_flags", "SCX_WAKE_SYNC", 0x10 },

	{ "scx_pick_idle_cpu_flags", "SCX_PICK_IDLE_CORE", 1 << 0 },

	{ "scx_kick_flags", "SCX_KICK_IDLE", 1 << 0 },
	{ "scx_kick_flags", "SCX_KICK_PREEMPT", 1 << 1 },
	{ "scx_kick_flags", "SCX_KICK_WAIT", 1 << 2 },

	{ "scx_dsq_iter_flags", "SCX_DSQ_ITER_REV", 1 << 16 },

	{ "scx_ent_flags", "SCX_TASK_QUEUED", 1 << 0 },
	{ "scx_ent_flags", "SCX_TASK_RESET_RUNNABLE_AT", 1 << 2 },
	{ "scx_ent_flags", "SCX_TASK_DEQD_FOR_SLEEP", 1 << 3 },
	{ "scx_ent_flags", "SCX_TASK_STATE_SHIFT", 8 },
	{ "scx_ent_flags", "SCX_TASK_STATE_BITS", 2 },
	{ "scx_ent_flags", "SCX_TASK_STATE_MASK", 3 << 8 },
	{ "scx_ent_flags", "SCX_TASK_CURSOR", 1u << 31 },

	{ "scx_task_state", "SCX_TASK_NONE", 0 },
	{ "scx_task_state", "SCX_TASK_INIT", 1 },
	{ "scx_task_state", "SCX_TASK_READY", 2 },
	{ "scx_task_state", "SCX_TASK_ENABLED", 3 },
	{ "scx_task_state", "SCX_TASK_NR_STATES", 4 },

	{ "scx_ops_state", "SCX_OPSS_NONE", 0 },
	{ "scx_ops_state", "SCX_OPSS_QUEUEING", 1 },
	{ "scx_ops_state", "SCX_OPSS_QUEUED", 2 },
	{ "scx_ops_state", "SCX_OPSS_DISPATCHING", 3 },
	{ "scx_ops_state", "SCX_OPSS_QSEQ_SHIFT", 2 },

	{ "scx_cpu_preempt_reason", "SCX_CPU_PREEMPT_RT", 0 },
	{ "scx_cpu_preempt_reason", "SCX_CPU_PREEMPT_DL", 1 },
	{ "scx_cpu_preempt_reason", "SCX_CPU_PREEMPT_STOP", 2 },
	{ "scx_cpu_preempt_reason", "SCX_CPU_PREEMPT_UNKNOWN", 3 },

	{ "scx_exit_kind", "SCX_EXIT_NONE", 0 },
	{ "scx_exit_kind", "SCX_EXIT_DONE", 1 },
	{ "scx_exit_kind", "SCX_EXIT_UNREG", 64 },
	{ "scx_exit_kind", "SCX_EXIT_UNREG_BPF", 65 },
	{ "scx_exit_kind", "SCX_EXIT_UNREG_KERN", 66 },
	{ "scx_exit_kind", "SCX_EXIT_SYSRQ", 67 },
	{ "scx_exit_kind", "SCX_EXIT_ERROR", 1024 },
	{ "scx_exit_kind", "SCX_EXIT_ERROR_BPF", 1025 },
	{ "scx_exit_kind", "SCX_EXIT_ERROR_STALL", 1026 },

	{ "scx_exit_code", "SCX_ECODE_RSN_HOTPLUG", 1ULL << 32 },
	{ "scx_exit_code", "SCX_ECODE_ACT_RESTART", 1ULL << 48 },

	{ "bpf_attach_type", "BPF_STRUCT_OPS", 44 },
	{ "bpf_map_type", "BPF_MAP_TYPE_CGRP_STORAGE", 32 },
	{ "bpf_func_id", "BPF_FUNC_cgrp_storage_get", 210 },
	{ "bpf_func_id", "BPF_FUNC_cgrp_storage_delete", 211 },
	{ NULL, "BPF_F_LINK", 1 << 13 },
	{ NULL, "BPF_MAX_LOOPS", 8 << 20 },
	{ NULL, "BPF_F_TIMER_ABS", 1 << 0 },
	{ NULL, "BPF_F_TIMER_CPU_PIN", 1 << 1 },

	{ "bpf_cgroup_iter_order", "BPF_CGROUP_ITER_SELF_ONLY", 1 },
	{ "bpf_cgroup_iter_order", "BPF_CGROUP_ITER_DESCENDANTS_PRE", 2 },
	{ "bpf_cgroup_iter_order", "BPF_CGROUP_ITER_DESCENDANTS_POST", 3 },
	{ "bpf_cgroup_iter_order", "BPF_CGROUP_ITER_ANCESTORS_UP", 4 },

	{ NULL, "BPF_TASK_ITER_ALL_PROCS", 0 },
	{ NULL, "BPF_TASK_ITER_ALL_THREADS", 1 },
	{ NULL, "BPF_TASK_ITER_PROC_THREADS", 2 },
};

/* In the enum that it is said to be in, or in any. */
static bool find_enumerator(const struct enumerator *e, u64 *value)
{
	u32 id, nr = btf__type_cnt(btf);

	if (e->type)
		return __COMPAT_read_enum(e->type, e->name, value);
	for (id = 1; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_any_enum(t) && __COMPAT_enum_value(t, e->name, value))
			return true;
	}
	return false;
}

static void enumerator_values(void)
{
	unsigned int i;

	load_btf();
	/* An enum is signed that has bit 31 of an int: equal in those 32 bits. */
	for (i = 0; i < ARRAY_SIZE(enumerators); i++) {
		const struct enumerator *e = &enumerators[i];
		u64 value;

		if (!find_enumerator(e, &value))
			wrong("no %s in enum %s", e->name, e->type ?: "of any name");
		else if (value != e->value && value != (u64)(s32)e->value)
			wrong("%s is %#lx, not %#llx", e->name, value, e->value);
	}
	CHECK_EQ(nr_wrong, 0);
}

/* All of them, whether or not C code happens to use them. */
static void enums_exist(void)
{
	static const char * const names[] = {
		"scx_public_consts", "scx_dsq_id_flags", "scx_dsq_iter_flags", "scx_ent_flags",
		"scx_ent_dsq_flags", "scx_dsq_lnode_flags", "scx_task_state", "scx_exit_kind",
		"scx_exit_code", "scx_ops_flags", "scx_cpu_preempt_reason", "scx_enq_flags",
		"scx_deq_flags", "scx_pick_idle_cpu_flags", "scx_kick_flags", "scx_wake_flags",
		"scx_ops_enable_state", "scx_ops_state", "scx_consts", "scx_rq_flags",
		"scx_tg_flags", "scx_opi", "scx_kf_mask",
	};
	unsigned int i;

	load_btf();
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (btf__find_by_name_kind(btf, names[i], BTF_KIND_ENUM) < 0 &&
		    btf__find_by_name_kind(btf, names[i], BTF_KIND_ENUM64) < 0)
			wrong("no enum %s", names[i]);
	CHECK_EQ(nr_wrong, 0);
}

#define INSERT	"(" TASK "p, u64 dsq_id, u64 slice, u64 enq_flags)"
#define ITER	"struct bpf_iter_scx_dsq *"
#define MOVE	"(" ITER "it__iter, " TASK "p, u64 dsq_id, u64 enq_flags)"
#define VTIME	"(" TASK "p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags)"
#define MASK	"const struct cpumask *"
#define OWN	"struct bpf_cpumask *"
#define CGROUP	"struct cgroup *"
#define BITS	"struct bpf_iter_bits *"
#define NUM	"struct bpf_iter_num *"
#define CSS	"struct cgroup_subsys_state *"
#define LHEAD	"struct bpf_list_head *"
#define LNODE	"struct bpf_list_node *"
#define ROOT	"struct bpf_rb_root *"
#define NODE	"struct bpf_rb_node *"
#define LESS	"bool (" NODE ", const " NODE ") "
#define PUSH	"s32 (" LHEAD "head, " LNODE "node, void *meta__ign, u64 off)"
#define TWO_MASKS "(" MASK "src1, " MASK "src2)"
#define THREE_MASKS "(" OWN "dst, " MASK "src1, " MASK "src2)"

static const struct named kfuncs[] = {
	{ "scx_bpf_select_cpu_dfl",
	  "s32 (" TASK "p, s32 prev_cpu, u64 wake_flags, bool *is_idle)" },
	{ "scx_bpf_dispatch", "void " INSERT },
	{ "scx_bpf_dsq_insert", "void " INSERT },
	{ "scx_bpf_dispatch_vtime", "void " VTIME },
	{ "scx_bpf_dsq_insert_vtime", "void " VTIME },
	{ "scx_bpf_dispatch_nr_slots", "u32 (void)" },
	{ "scx_bpf_dispatch_cancel", "void (void)" },
	{ "scx_bpf_consume", "bool (u64 dsq_id)" },
	{ "scx_bpf_dsq_move_to_local", "bool (u64 dsq_id)" },
	{ "bpf_iter_scx_dsq_new", "s32 (" ITER "it, u64 dsq_id, u64 flags)" },
	{ "bpf_iter_scx_dsq_next", TASK " (" ITER "it)" },
	{ "bpf_iter_scx_dsq_destroy", "void (" ITER "it)" },
	{ "scx_bpf_dsq_move_set_slice", "void (" ITER "it__iter, u64 slice)" },
	{ "scx_bpf_dsq_move_set_vtime", "void (" ITER "it__iter, u64 vtime)" },
	{ "scx_bpf_dsq_move", "bool " MOVE },
	{ "scx_bpf_dsq_move_vtime", "bool " MOVE },
	{ "scx_bpf_dispatch_from_dsq_set_slice", "void (" ITER "it__iter, u64 slice)" },
	{ "scx_bpf_dispatch_from_dsq_set_vtime", "void (" ITER "it__iter, u64 vtime)" },
	{ "scx_bpf_dispatch_from_dsq", "bool " MOVE },
	{ "scx_bpf_dispatch_vtime_from_dsq", "bool " MOVE },
	{ "scx_bpf_create_dsq", "s32 (u64 dsq_id, s32 node)" },
	{ "scx_bpf_destroy_dsq", "void (u64 dsq_id)" },
	{ "scx_bpf_dsq_nr_queued", "s32 (u64 dsq_id)" },
	{ "scx_bpf_kick_cpu", "void (s32 cpu, u64 flags)" },
	{ "scx_bpf_exit_bstr", "void (s64 exit_code, char *fmt, u64 *data, u32 data__sz)" },
	{ "scx_bpf_error_bstr", "void (char *fmt, u64 *data, u32 data__sz)" },
	{ "scx_bpf_nr_cpu_ids", "u32 (void)" },
	{ "scx_bpf_get_possible_cpumask", MASK " (void)" },
	{ "scx_bpf_get_online_cpumask", MASK " (void)" },
	{ "scx_bpf_get_idle_cpumask", MASK " (void)" },
	{ "scx_bpf_get_idle_smtmask", MASK " (void)" },
	{ "scx_bpf_put_cpumask", "void (" MASK "cpumask)" },
	{ "scx_bpf_put_idle_cpumask", "void (" MASK "idle_mask)" },
	{ "scx_bpf_test_and_clear_cpu_idle", "bool (s32 cpu)" },
	{ "scx_bpf_pick_idle_cpu", "s32 (" MASK "cpus_allowed, u64 flags)" },
	{ "scx_bpf_pick_any_cpu", "s32 (" MASK "cpus_allowed, u64 flags)" },
	{ "scx_bpf_task_running", "bool (const " TASK "p)" },
	{ "scx_bpf_task_cpu", "s32 (const " TASK "p)" },

	{ "bpf_cpumask_create", OWN " (void)" },
	{ "bpf_cpumask_acquire", OWN " (" OWN "cpumask)" },
	{ "bpf_cpumask_release", "void (" OWN "cpumask)" },
	{ "bpf_cpumask_first", "u32 (" MASK "cpumask)" },
	{ "bpf_cpumask_first_zero", "u32 (" MASK "cpumask)" },
	{ "bpf_cpumask_first_and", "u32 " TWO_MASKS },
	{ "bpf_cpumask_set_cpu", "void (u32 cpu, " OWN "cpumask)" },
	{ "bpf_cpumask_clear_cpu", "void (u32 cpu, " OWN "cpumask)" },
	{ "bpf_cpumask_test_cpu", "bool (u32 cpu, " MASK "cpumask)" },
	{ "bpf_cpumask_test_and_set_cpu", "bool (u32 cpu, " OWN "cpumask)" },
	{ "bpf_cpumask_test_and_clear_cpu", "bool (u32 cpu, " OWN "cpumask)" },
	{ "bpf_cpumask_setall", "void (" OWN "cpumask)" },
	{ "bpf_cpumask_clear", "void (" OWN "cpumask)" },
	{ "bpf_cpumask_and", "bool " THREE_MASKS },
	{ "bpf_cpumask_or", "void " THREE_MASKS },
	{ "bpf_cpumask_xor", "void " THREE_MASKS },
	{ "bpf_cpumask_equal", "bool " TWO_MASKS },
	{ "bpf_cpumask_intersects", "bool " TWO_MASKS },
	{ "bpf_cpumask_subset", "bool " TWO_MASKS },
	{ "bpf_cpumask_empty", "bool (" MASK "cpumask)" },
	{ "bpf_cpumask_full", "bool (" MASK "cpumask)" },
	{ "bpf_cpumask_copy", "void (" OWN "dst, " MASK "src)" },
	{ "bpf_cpumask_any_distribute", "u32 (" MASK "cpumask)" },
	{ "bpf_cpumask_any_and_distribute", "u32 " TWO_MASKS },
	{ "bpf_cpumask_weight", "u32 (" MASK "cpumask)" },

	{ "bpf_task_acquire", TASK " (" TASK "p)" },
	{ "bpf_task_release", "void (" TASK "p)" },
	{ "bpf_task_from_pid", TASK " (s32 pid)" },
	{ "bpf_iter_task_new",
	  "s32 (struct bpf_iter_task *it, " TASK "task__nullable, u32 flags)" },
	{ "bpf_iter_task_next", TASK " (struct bpf_iter_task *it)" },
	{ "bpf_iter_task_destroy", "void (struct bpf_iter_task *it)" },
	{ "bpf_iter_css_new",
	  "s32 (struct bpf_iter_css *it, " CSS "start, u32 flags)" },
	{ "bpf_iter_css_next", CSS " (struct bpf_iter_css *it)" },
	{ "bpf_iter_css_destroy", "void (struct bpf_iter_css *it)" },
	{ "bpf_iter_num_new", "s32 (" NUM "it, s32 start, s32 end)" },
	{ "bpf_iter_num_next", "s32 * (" NUM "it)" },
	{ "bpf_iter_num_destroy", "void (" NUM "it)" },
	{ "bpf_iter_bits_new",
	  "s32 (" BITS "it, const u64 *unsafe_ptr__ign, u32 nr_words)" },
	{ "bpf_iter_bits_next", "s32 * (" BITS "it)" },
	{ "bpf_iter_bits_destroy", "void (" BITS "it)" },

	{ "bpf_cgroup_acquire", CGROUP " (" CGROUP "cgrp)" },
	{ "bpf_cgroup_release", "void (" CGROUP "cgrp)" },
	{ "bpf_cgroup_ancestor", CGROUP " (" CGROUP "cgrp, s32 level)" },
	{ "bpf_cgroup_from_id", CGROUP " (u64 cgid)" },

	{ "bpf_rcu_read_lock", "void (void)" },
	{ "bpf_rcu_read_unlock", "void (void)" },

	{ "bpf_obj_new_impl", "void * (u64 local_type_id__k, void *meta__ign)" },
	{ "bpf_obj_drop_impl", "void (void *p__alloc, void *meta__ign)" },
	{ "bpf_refcount_acquire_impl",
	  "void * (void *p__refcounted_kptr, void *meta__ign)" },
	{ "bpf_list_push_front_impl", PUSH },
	{ "bpf_list_push_back_impl", PUSH },
	{ "bpf_list_pop_front", LNODE " (" LHEAD "head)" },
	{ "bpf_list_pop_back", LNODE " (" LHEAD "head)" },
	{ "bpf_rbtree_add_impl",
	  "s32 (" ROOT "root, " NODE "node, " LESS "less, void *meta__ign, u64 off)" },
	{ "bpf_rbtree_remove", NODE " (" ROOT "root, " NODE "node)" },
	{ "bpf_rbtree_first", NODE " (" ROOT "root)" },
};

static void prototypes(void)
{
	unsigned int i;

	load_btf();
	for (i = 0; i < ARRAY_SIZE(kfuncs); i++) {
		int id = btf__find_by_name_kind(btf, kfuncs[i].name, BTF_KIND_FUNC);
		char type[TYPE_LEN] = "";

		if (id >= 0)
			type_str(btf__type_by_id(btf, id)->type, true, type);
		if (strcmp(type, kfuncs[i].type))
			wrong("%s: \"%s\", not \"%s\"", kfuncs[i].name, type, kfuncs[i].type);
	}
	CHECK_EQ(nr_wrong, 0);
}

SCX_TEST(SCX_CASE(members), SCX_CASE(cgroup_members), SCX_CASE(sizes),
	 SCX_CASE(enumerator_values), SCX_CASE(enums_exist), SCX_CASE(prototypes));
