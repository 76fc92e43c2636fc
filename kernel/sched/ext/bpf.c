// SPDX-License-Identifier: GPL-2.0
/*
 * The struct_ops type sched_ext_ops: what the verifier has to know about the
 * programs of a scheduler, and what is checked before it is loaded.
 */
static const struct btf_type *scx_task_type;

/* Offset in struct sched_ext_ops of the op that @prog implements. */
static u32 scx_prog_moff(const struct bpf_prog *prog)
{
	const struct btf_type *t = btf_type_by_id(bpf_get_btf_vmlinux(),
						  prog->aux->attach_btf_id);

	return __btf_member_bit_offset(t, &btf_type_member(t)[prog->expected_attach_type]) / 8;
}

/* The arguments that may be NULL, by op and offset in the context. */
static bool scx_arg_nullable(u32 moff, int off)
{
	return off == sizeof(u64) && (moff == offsetof(struct sched_ext_ops, dispatch) ||
				      moff == offsetof(struct sched_ext_ops, yield));
}

static bool scx_is_valid_access(int off, int size, enum bpf_access_type type,
				const struct bpf_prog *prog, struct bpf_insn_access_aux *info)
{
	if (!bpf_tracing_btf_ctx_access(off, size, type, prog, info))
		return false;

	if (base_type(info->reg_type) == PTR_TO_BTF_ID &&
	    scx_arg_nullable(scx_prog_moff(prog), off))
		info->reg_type |= PTR_MAYBE_NULL;
	return true;
}

#define SCX_IN_FIELD(field, off, size)						\
	((off) >= offsetof(struct task_struct, scx.field) &&			\
	 (off) + (size) <= offsetofend(struct task_struct, scx.field))

static int scx_btf_struct_access(struct bpf_verifier_log *log, const struct btf *btf,
				 const struct btf_type *t, int off, int size,
				 enum bpf_access_type atype, u32 *next_btf_id,
				 enum bpf_type_flag *flag)
{
	if (atype == BPF_READ)
		return btf_struct_access(log, btf, t, off, size, atype, next_btf_id, flag);

	if (t == scx_task_type &&
	    (SCX_IN_FIELD(slice, off, size) || SCX_IN_FIELD(dsq_vtime, off, size) ||
	     SCX_IN_FIELD(disallow, off, size)))
		return SCALAR_VALUE;

	bpf_log(log, "only scx.slice, scx.dsq_vtime and scx.disallow of a task can be written\n");
	return -EACCES;
}

static const struct bpf_func_proto *scx_get_func_proto(enum bpf_func_id func_id,
						       const struct bpf_prog *prog)
{
	switch (func_id) {
	case BPF_FUNC_task_storage_get:
		return &bpf_task_storage_get_outside_proto;
	case BPF_FUNC_task_storage_delete:
		return &bpf_task_storage_delete_outside_proto;
	case BPF_FUNC_cgrp_storage_get:
		return IS_ENABLED(CONFIG_CGROUPS) ? &bpf_cgrp_storage_get_outside_proto : NULL;
	case BPF_FUNC_cgrp_storage_delete:
		return IS_ENABLED(CONFIG_CGROUPS) ? &bpf_cgrp_storage_delete_outside_proto : NULL;
	case BPF_FUNC_get_current_pid_tgid:
		return &bpf_get_current_pid_tgid_proto;
	default:
		return bpf_base_func_proto(func_id);
	}
}

static const struct bpf_verifier_ops scx_verifier_ops = {
	.get_func_proto		= scx_get_func_proto,
	.is_valid_access	= scx_is_valid_access,
	.btf_struct_access	= scx_btf_struct_access,
	.trusted_writes		= true,
};

static bool scx_op_may_sleep(u32 moff)
{
	switch (moff) {
	case offsetof(struct sched_ext_ops, init_task):
#ifdef CONFIG_EXT_GROUP_SCHED
	case offsetof(struct sched_ext_ops, cgroup_init):
	case offsetof(struct sched_ext_ops, cgroup_exit):
	case offsetof(struct sched_ext_ops, cgroup_prep_move):
#endif
	case offsetof(struct sched_ext_ops, cpu_online):
	case offsetof(struct sched_ext_ops, cpu_offline):
	case offsetof(struct sched_ext_ops, init):
	case offsetof(struct sched_ext_ops, exit):
		return true;
	default:
		return false;
	}
}

static int scx_check_member(const struct btf_type *t, const struct btf_member *member,
			    const struct bpf_prog *prog)
{
	u32 moff = __btf_member_bit_offset(t, member) / 8;

	return prog->aux->sleepable && !scx_op_may_sleep(moff) ? -EINVAL : 0;
}

static int scx_refuse(int err, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	pr_warn("sched_ext: cannot load scheduler: %pV\n", &vaf);
	va_end(args);
	return err;
}

static int scx_init_flags(struct sched_ext_ops *ops, u64 flags)
{
	if (flags & ~(u64)SCX_OPS_ALL_FLAGS)
		return scx_refuse(-EINVAL, "unknown flags 0x%llx",
				  flags & ~(u64)SCX_OPS_ALL_FLAGS);
	ops->flags = flags;
	return 1;
}

/* Data members of the value that user space gives. */
static int scx_init_member(const struct btf_type *t, const struct btf_member *member,
			   void *kdata, const void *udata)
{
	u32 moff = __btf_member_bit_offset(t, member) / 8;
	const struct sched_ext_ops *uops = udata;
	struct sched_ext_ops *ops = kdata;

	switch (moff) {
	case offsetof(struct sched_ext_ops, dispatch_max_batch):
		if (uops->dispatch_max_batch > INT_MAX)
			return scx_refuse(-E2BIG, "dispatch_max_batch %u is above %d",
					  uops->dispatch_max_batch, INT_MAX);
		ops->dispatch_max_batch = uops->dispatch_max_batch;
		return 1;
	case offsetof(struct sched_ext_ops, flags):
		return scx_init_flags(ops, uops->flags);
	case offsetof(struct sched_ext_ops, timeout_ms):
		if (uops->timeout_ms > SCX_WATCHDOG_MAX_TIMEOUT)
			return scx_refuse(-E2BIG, "timeout_ms %u is above %d",
					  uops->timeout_ms, SCX_WATCHDOG_MAX_TIMEOUT);
		ops->timeout_ms = uops->timeout_ms;
		return 1;
	case offsetof(struct sched_ext_ops, exit_dump_len):
		ops->exit_dump_len = uops->exit_dump_len;
		return 1;
	case offsetof(struct sched_ext_ops, hotplug_seq):
		ops->hotplug_seq = uops->hotplug_seq;
		return 1;
	case offsetof(struct sched_ext_ops, name):
		if (bpf_obj_name_cpy(ops->name, uops->name, sizeof(ops->name)) <= 0)
			return scx_refuse(-EINVAL,
					  "its name must be of letters, digits, '_' and '.'");
		return 1;
	}
	return 0;
}

#define SCX_UNSERVED_OP(op)	{ offsetof(struct sched_ext_ops, op), #op }

/* Part of the interface, but not of this class yet. */
static const struct {
	u32		moff;
	const char	*name;
} scx_unserved_ops[] = {
	SCX_UNSERVED_OP(core_sched_before),
	SCX_UNSERVED_OP(update_idle),
	SCX_UNSERVED_OP(cpu_acquire),
	SCX_UNSERVED_OP(cpu_release),
	SCX_UNSERVED_OP(dump),
	SCX_UNSERVED_OP(dump_cpu),
	SCX_UNSERVED_OP(dump_task),
#ifdef CONFIG_EXT_GROUP_SCHED
	SCX_UNSERVED_OP(cgroup_init),
	SCX_UNSERVED_OP(cgroup_exit),
	SCX_UNSERVED_OP(cgroup_prep_move),
	SCX_UNSERVED_OP(cgroup_move),
	SCX_UNSERVED_OP(cgroup_cancel_move),
	SCX_UNSERVED_OP(cgroup_set_weight),
#endif
	SCX_UNSERVED_OP(cpu_online),
	SCX_UNSERVED_OP(cpu_offline),
};

static int scx_validate(void *kdata)
{
	const struct sched_ext_ops *ops = kdata;
	int i;

	if (ops->flags & SCX_OPS_KEEP_BUILTIN_IDLE)
		return scx_refuse(-EINVAL,
				  "\"%s\" sets SCX_OPS_KEEP_BUILTIN_IDLE, which this kernel does not serve",
				  ops->name);
	if (ops->flags & SCX_OPS_HAS_CGROUP_WEIGHT)
		return scx_refuse(-EINVAL,
				  "\"%s\" sets SCX_OPS_HAS_CGROUP_WEIGHT, which this kernel does not serve",
				  ops->name);

	for (i = 0; i < ARRAY_SIZE(scx_unserved_ops); i++)
		if (*(void **)(kdata + scx_unserved_ops[i].moff))
			return scx_refuse(-EINVAL,
					  "\"%s\" has ops.%s(), which this kernel does not serve",
					  ops->name, scx_unserved_ops[i].name);
	return 0;
}

/* Have the enums that programs look up in BTF, even where only they use them. */
static void scx_emit_btf(void)
{
	BTF_TYPE_EMIT_ENUM(SCX_OPS_NAME_LEN);
	BTF_TYPE_EMIT_ENUM(SCX_DSP_DFL_MAX_BATCH);
	BTF_TYPE_EMIT_ENUM(SCX_DSQ_FLAG_BUILTIN);
	BTF_TYPE_EMIT_ENUM(SCX_DSQ_ITER_REV);
	BTF_TYPE_EMIT_ENUM(SCX_DSQ_LNODE_ITER_CURSOR);
	BTF_TYPE_EMIT_ENUM(SCX_TASK_QUEUED);
	BTF_TYPE_EMIT_ENUM(SCX_TASK_DSQ_ON_PRIQ);
	BTF_TYPE_EMIT_ENUM(SCX_TASK_NONE);
	BTF_TYPE_EMIT_ENUM(SCX_EXIT_NONE);
	BTF_TYPE_EMIT_ENUM(SCX_ECODE_RSN_HOTPLUG);
	BTF_TYPE_EMIT_ENUM(SCX_OPS_KEEP_BUILTIN_IDLE);
	BTF_TYPE_EMIT_ENUM(SCX_CPU_PREEMPT_RT);
	BTF_TYPE_EMIT_ENUM(SCX_ENQ_WAKEUP);
	BTF_TYPE_EMIT_ENUM(SCX_DEQ_SLEEP);
	BTF_TYPE_EMIT_ENUM(SCX_PICK_IDLE_CORE);
	BTF_TYPE_EMIT_ENUM(SCX_KICK_IDLE);
	BTF_TYPE_EMIT_ENUM(SCX_WAKE_FORK);
	BTF_TYPE_EMIT_ENUM(SCX_OPS_ENABLING);
	BTF_TYPE_EMIT_ENUM(SCX_OPSS_NONE);
	BTF_TYPE_EMIT_ENUM(SCX_RQ_ONLINE);
	BTF_TYPE_EMIT_ENUM(SCX_TG_ONLINE);
	BTF_TYPE_EMIT_ENUM(SCX_OPI_BEGIN);
	BTF_TYPE_EMIT_ENUM(SCX_KF_UNLOCKED);
}

static int scx_bpf_init(struct btf *btf)
{
	s32 id = btf_find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT);

	if (id < 0)
		return -EINVAL;
	scx_task_type = btf_type_by_id(btf, id);
	scx_emit_btf();
	return 0;
}

/* "extern" is for sparse, only bpf_struct_ops.c uses it. */
extern struct bpf_struct_ops bpf_sched_ext_ops;

struct bpf_struct_ops bpf_sched_ext_ops = {
	.verifier_ops	= &scx_verifier_ops,
	.init		= scx_bpf_init,
	.check_member	= scx_check_member,
	.init_member	= scx_init_member,
	.validate	= scx_validate,
	.reg		= scx_load,
	.unreg		= scx_unload,
	.links		= true,
	.name		= "sched_ext_ops",
};
