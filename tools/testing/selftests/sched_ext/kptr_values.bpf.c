// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing but types of map values, for kptrs_refused.c to create maps of.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

#define tagged(tag)	__attribute__((btf_type_tag(tag)))

/* The kernel has neither. */
struct bpf_cpumask_not_there;
struct my_object {
	u32 data;
};

/* Each in a variable, for BTF to have it. */
#define value(name, members...)	static struct name { members } name SEC(".bss.values")

value(plain, u64 data; int number; struct task_struct *task;);
value(kptr, struct task_struct __kptr *task;);
value(kptr_ref, struct task_struct tagged("kptr_ref") *task;);
value(beside_others, u32 a; u32 b; u32 c : 3, d : 5; struct task_struct __kptr *task; u8 e;);
value(eight, struct task_struct __kptr *a, *b, *c, *d, *e, *f, *g, *h;);
value(incomplete, struct pid_namespace __kptr *pid_ns;);

value(tag_user, struct task_struct tagged("user") *task;);
value(tag_percpu, struct task_struct tagged("percpu") *task;);
value(tag_rcu, struct task_struct tagged("rcu") *task;);
value(tag_untrusted, struct task_struct tagged("kptr_untrusted") *task;);
value(tag_like_kptr, struct task_struct tagged("kptr_") *task;);
value(two_tags, struct task_struct tagged("kptr") tagged("user") *task;);
value(same_tag_twice, struct task_struct tagged("kptr") tagged("kptr_ref") *task;);
value(to_number, u64 __kptr *number;);
value(to_union, union bpf_attr __kptr *attr;);
value(to_void, void __kptr *nothing;);
value(to_unknown, struct bpf_cpumask_not_there __kptr *unknown;);
value(to_own, struct my_object __kptr *own; struct my_object o;);
value(to_other, struct file __kptr *file; struct path path;);
value(nine, struct task_struct __kptr *a, *b, *c, *d, *e, *f, *g, *h, *i;);

static struct packed {
	u32 data;
	struct task_struct __kptr *task;
} __attribute__((packed)) packed SEC(".bss.values");
