// SPDX-License-Identifier: GPL-2.0
/*
 * What a user sees and can do: /sys/kernel/sched_ext, uevents, SysRq-S.
 *
 * The files are world-readable and take no lock. The directory "root" is there
 * while a scheduler is enabled; it is added and removed by the scheduler's helper.
 */
static struct kset *scx_kset;

#define SCX_ATTR(name)	\
	static struct kobj_attribute scx_attr_##name = __ATTR(name, 0444, scx_##name##_show, NULL)

static ssize_t scx_state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", scx_ops_enable_state_str[scx_enable_state()]);
}
SCX_ATTR(state);

static ssize_t scx_switch_all_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(scx_switching_all));
}
SCX_ATTR(switch_all);

static ssize_t scx_nr_rejected_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&scx_nr_rejected));
}
SCX_ATTR(nr_rejected);

static ssize_t scx_hotplug_seq_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&scx_hotplug_seq));
}
SCX_ATTR(hotplug_seq);

static ssize_t scx_enable_seq_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&scx_enable_seq));
}
SCX_ATTR(enable_seq);

static struct attribute *scx_global_attrs[] = {
	&scx_attr_state.attr,
	&scx_attr_switch_all.attr,
	&scx_attr_nr_rejected.attr,
	&scx_attr_hotplug_seq.attr,
	&scx_attr_enable_seq.attr,
	NULL,
};

static const struct attribute_group scx_global_group = {
	.attrs = scx_global_attrs,
};

/* A loaded scheduler; the kobject has its own copy of the name. */
struct scx_root_kobj {
	struct kobject	kobj;
	char		name[SCX_OPS_NAME_LEN];
};

static struct scx_root_kobj *scx_to_root(struct kobject *kobj)
{
	return container_of(kobj, struct scx_root_kobj, kobj);
}

static ssize_t scx_ops_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", scx_to_root(kobj)->name);
}
SCX_ATTR(ops);

static struct attribute *scx_root_attrs[] = {
	&scx_attr_ops.attr,
	NULL,
};
ATTRIBUTE_GROUPS(scx_root);

static void scx_root_release(struct kobject *kobj)
{
	kfree(scx_to_root(kobj));
}

static const struct kobj_type scx_root_ktype = {
	.release	= scx_root_release,
	.sysfs_ops	= &kobj_sysfs_ops,
	.default_groups	= scx_root_groups,
};

static int scx_uevent(struct kobject *kobj, struct kobj_uevent_env *env)
{
	return add_uevent_var(env, "SCXOPS=%s", scx_to_root(kobj)->name);
}

static const struct kset_uevent_ops scx_uevent_ops = {
	.uevent = scx_uevent,
};

static void scx_sysfs_add(struct scx_sched *sch)
{
	struct scx_root_kobj *root = kzalloc(sizeof(*root), GFP_KERNEL);

	if (!root) {
		scx_error(sch, "no memory for /sys/kernel/sched_ext/root");
		return;
	}

	strscpy(root->name, sch->ops.name, sizeof(root->name));
	root->kobj.kset = scx_kset;
	if (kobject_init_and_add(&root->kobj, &scx_root_ktype, NULL, "root")) {
		kobject_put(&root->kobj);
		scx_error(sch, "cannot create /sys/kernel/sched_ext/root");
		return;
	}
	sch->kobj = &root->kobj;
	kobject_uevent(sch->kobj, KOBJ_ADD);
}

static void scx_sysfs_del(struct scx_sched *sch)
{
	if (!sch->kobj)
		return;
	kobject_del(sch->kobj);
	kobject_put(sch->kobj);
	sch->kobj = NULL;
}

/* SysRq-S */

static void scx_sysrq_exit(int key)
{
	struct scx_sched *sch;

	rcu_read_lock();
	sch = rcu_dereference(scx_root);
	if (sch)
		scx_exit(sch, SCX_EXIT_SYSRQ, 0, NULL);
	else
		pr_info("sched_ext: no BPF scheduler to disable\n");
	rcu_read_unlock();
}

static const struct sysrq_key_op scx_sysrq_exit_op = {
	.handler	= scx_sysrq_exit,
	.help_msg	= "disable-BPF-scheduler(S)",
	.action_msg	= "Disable the BPF scheduler",
	.enable_mask	= SYSRQ_ENABLE_RTNICE,
};

static int __init scx_sysfs_init(void)
{
	int ret;

	scx_kset = kset_create_and_add("sched_ext", &scx_uevent_ops, kernel_kobj);
	if (!scx_kset)
		return -ENOMEM;
	ret = sysfs_create_group(&scx_kset->kobj, &scx_global_group);
	if (ret) {
		kset_unregister(scx_kset);
		return ret;
	}
	return register_sysrq_key('S', &scx_sysrq_exit_op);
}
late_initcall(scx_sysfs_init);
