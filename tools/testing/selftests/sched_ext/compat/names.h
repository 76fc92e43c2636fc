/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What sources written for mainline ask for by name, see "complete" in compat.c.
 */
#ifndef __COMPAT_NAMES_H
#define __COMPAT_NAMES_H

static const char * const kfuncs[] = {
	"scx_bpf_select_cpu_dfl", "scx_bpf_select_cpu_and", "scx_bpf_dispatch",
	"scx_bpf_dispatch_vtime", "scx_bpf_dsq_insert", "scx_bpf_dsq_insert_vtime",
	"scx_bpf_dispatch_nr_slots", "scx_bpf_dispatch_cancel", "scx_bpf_consume",
	"scx_bpf_dsq_move_to_local", "scx_bpf_dispatch_from_dsq_set_slice",
	"scx_bpf_dispatch_from_dsq_set_vtime", "scx_bpf_dispatch_from_dsq",
	"scx_bpf_dispatch_vtime_from_dsq", "scx_bpf_dsq_move_set_slice",
	"scx_bpf_dsq_move_set_vtime", "scx_bpf_dsq_move", "scx_bpf_dsq_move_vtime",
	"scx_bpf_reenqueue_local", "scx_bpf_create_dsq", "scx_bpf_destroy_dsq",
	"scx_bpf_dsq_nr_queued", "scx_bpf_kick_cpu", "bpf_iter_scx_dsq_new",
	"bpf_iter_scx_dsq_next", "bpf_iter_scx_dsq_destroy", "scx_bpf_exit_bstr",
	"scx_bpf_error_bstr", "scx_bpf_dump_bstr", "scx_bpf_cpuperf_cap",
	"scx_bpf_cpuperf_cur", "scx_bpf_cpuperf_set", "scx_bpf_nr_cpu_ids",
	"scx_bpf_get_possible_cpumask", "scx_bpf_get_online_cpumask", "scx_bpf_put_cpumask",
	"scx_bpf_get_idle_cpumask", "scx_bpf_get_idle_smtmask", "scx_bpf_put_idle_cpumask",
	"scx_bpf_test_and_clear_cpu_idle", "scx_bpf_pick_idle_cpu", "scx_bpf_pick_any_cpu",
	"scx_bpf_task_running", "scx_bpf_task_cpu", "scx_bpf_cpu_rq", "scx_bpf_task_cgroup",
	"scx_bpf_now", "scx_bpf_dsq_peek", "scx_bpf_cpu_curr", "scx_bpf_locked_rq",
	"scx_bpf_task_set_slice", "scx_bpf_task_set_dsq_vtime", "scx_bpf_events",
	"scx_bpf_nr_node_ids", "scx_bpf_cpu_node", "scx_bpf_get_idle_cpumask_node",
	"scx_bpf_get_idle_smtmask_node", "scx_bpf_pick_idle_cpu_node",
	"scx_bpf_pick_any_cpu_node", "scx_bpf_switch_all",
	"bpf_rcu_read_lock", "bpf_rcu_read_unlock", "bpf_task_acquire", "bpf_task_release",
	"bpf_task_from_pid", "bpf_cgroup_acquire", "bpf_cgroup_release",
	"bpf_cgroup_ancestor", "bpf_cgroup_from_id", "bpf_cpumask_create",
	"bpf_cpumask_acquire", "bpf_cpumask_release", "bpf_cpumask_first",
	"bpf_cpumask_first_zero", "bpf_cpumask_first_and", "bpf_cpumask_set_cpu",
	"bpf_cpumask_clear_cpu", "bpf_cpumask_test_cpu", "bpf_cpumask_test_and_set_cpu",
	"bpf_cpumask_test_and_clear_cpu", "bpf_cpumask_setall", "bpf_cpumask_clear",
	"bpf_cpumask_and", "bpf_cpumask_or", "bpf_cpumask_xor", "bpf_cpumask_equal",
	"bpf_cpumask_intersects", "bpf_cpumask_subset", "bpf_cpumask_empty",
	"bpf_cpumask_full", "bpf_cpumask_copy", "bpf_cpumask_any_distribute",
	"bpf_cpumask_any_and_distribute", "bpf_cpumask_weight", "bpf_iter_num_new",
	"bpf_iter_num_next", "bpf_iter_num_destroy", "bpf_iter_bits_new",
	"bpf_iter_bits_next", "bpf_iter_bits_destroy", "bpf_iter_css_new",
	"bpf_iter_css_next", "bpf_iter_css_destroy", "bpf_iter_task_new",
	"bpf_iter_task_next", "bpf_iter_task_destroy", "bpf_obj_new_impl", "bpf_obj_drop_impl",
	"bpf_refcount_acquire_impl", "bpf_list_push_front_impl", "bpf_list_push_back_impl",
	"bpf_list_pop_front", "bpf_list_pop_back", "bpf_rbtree_add_impl",
	"bpf_rbtree_remove", "bpf_rbtree_first",
};

/* Macros, helpers, types, and sections as they are written. */
static const char * const names[] = {
	/* Headers, for programs */
	"BPF_STRUCT_OPS", "BPF_STRUCT_OPS_SLEEPABLE", "SCX_OPS_DEFINE", "UEI_DEFINE",
	"UEI_RECORD", "RESIZABLE_ARRAY", "MEMBER_VPTR", "ARRAY_ELEM_PTR",
	"BPF_FOR_EACH_ITER", "scx_bpf_exit", "scx_bpf_error", "scx_bpf_dump", "scx_bpf_now",
	"cast_mask", "is_migration_disabled", "READ_ONCE", "WRITE_ONCE", "log2_u32",
	"log2_u64", "private", "__contains", "likely", "unlikely", "ARRAY_SIZE",
	"vtime_before", "time_before", "time_after", "time_before_eq", "time_after_eq",
	"time_in_range", "time_delta", "bpf_obj_new", "bpf_obj_drop",
	"bpf_refcount_acquire", "bpf_list_push_front", "bpf_list_push_back",
	"bpf_rbtree_add",

	/* ... for kernels of several versions */
	"__COMPAT_ENUM_OR_ZERO", "__COMPAT_scx_bpf_switch_all",
	"__COMPAT_scx_bpf_kick_cpu_IDLE", "__COMPAT_scx_bpf_task_cgroup",
	"__COMPAT_scx_bpf_cpu_curr", "__COMPAT_scx_bpf_events",
	"__COMPAT_scx_bpf_cpuperf_cap", "__COMPAT_scx_bpf_cpuperf_cur",
	"__COMPAT_scx_bpf_cpuperf_set", "__COMPAT_scx_bpf_dsq_move",
	"__COMPAT_scx_bpf_dsq_move_vtime", "__COMPAT_scx_bpf_dsq_move_set_slice",
	"__COMPAT_scx_bpf_dsq_move_set_vtime", "__COMPAT_scx_bpf_dispatch_from_dsq",
	"__COMPAT_scx_bpf_dispatch_vtime_from_dsq",
	"__COMPAT_scx_bpf_dispatch_from_dsq_set_slice",
	"__COMPAT_scx_bpf_dispatch_from_dsq_set_vtime", "__COMPAT_scx_bpf_nr_node_ids",
	"__COMPAT_scx_bpf_cpu_node", "__COMPAT_scx_bpf_get_idle_cpumask_node",
	"__COMPAT_scx_bpf_get_idle_smtmask_node", "__COMPAT_scx_bpf_pick_idle_cpu_node",
	"__COMPAT_scx_bpf_pick_any_cpu_node",

	/* ... for loaders */
	"SCX_OPS_OPEN", "SCX_OPS_LOAD", "SCX_OPS_ATTACH", "UEI_SET_SIZE", "UEI_EXITED",
	"UEI_REPORT", "UEI_ECODE_USER", "UEI_ECODE_SYS_RSN", "UEI_ECODE_SYS_ACT",
	"UEI_ECODE_RESTART", "user_exit_info", "RESIZE_ARRAY", "SCX_BUG", "SCX_BUG_ON",
	"scx_hotplug_seq", "__COMPAT_read_enum", "__COMPAT_has_ksym",
	"__COMPAT_struct_has_field",

	/* Constants that kfuncs and operations take */
	"SCX_DSQ_GLOBAL", "SCX_DSQ_LOCAL", "SCX_DSQ_LOCAL_ON", "SCX_DSQ_ITER_REV",
	"SCX_SLICE_DFL", "SCX_SLICE_INF", "SCX_CPUPERF_ONE", "SCX_KICK_IDLE",
	"SCX_KICK_PREEMPT", "SCX_KICK_WAIT", "SCX_PICK_IDLE_CORE", "SCX_PICK_IDLE_IN_NODE",
	"SCX_ENQ_WAKEUP", "SCX_ENQ_HEAD", "SCX_ENQ_PREEMPT", "SCX_ENQ_REENQ",
	"SCX_ENQ_LAST", "SCX_DEQ_SLEEP", "SCX_DEQ_CORE_SCHED_EXEC", "SCX_WAKE_SYNC",
	"SCX_TASK_QUEUED", "SCX_CPU_PREEMPT_RT", "SCX_CPU_PREEMPT_DL",
	"SCX_CPU_PREEMPT_STOP", "SCX_ECODE_ACT_RESTART", "SCX_ECODE_RSN_HOTPLUG",
	"SCX_EXIT_ERROR", "SCX_OPS_KEEP_BUILTIN_IDLE", "SCX_OPS_ENQ_LAST",
	"SCX_OPS_ENQ_EXITING", "SCX_OPS_SWITCH_PARTIAL", "SCX_OPS_HAS_CGROUP_WEIGHT",
	"SCX_OPS_ENQ_MIGRATION_DISABLED", "SCX_OPS_ALLOW_QUEUED_WAKEUP",
	"SCX_OPS_BUILTIN_IDLE_PER_NODE",

	/* libbpf's macros */
	"BPF_PROG", "BPF_CORE_READ", "__ksym", "__weak", "__kptr", "bpf_ksym_exists",
	"bpf_for", "bpf_repeat", "bpf_for_each", "bpf_core_enum_value_exists",
	"bpf_core_enum_value", "bpf_core_field_exists", "bpf_core_type_exists",
	"bpf_printk", "container_of",

	/* Helpers */
	"bpf_kptr_xchg", "bpf_task_storage_get", "bpf_task_storage_delete",
	"bpf_cgrp_storage_get", "bpf_cgrp_storage_delete", "bpf_map_lookup_elem",
	"bpf_map_update_elem", "bpf_map_push_elem", "bpf_map_pop_elem", "bpf_map_peek_elem",
	"bpf_spin_lock", "bpf_spin_unlock", "bpf_timer_init", "bpf_timer_set_callback",
	"bpf_timer_start", "bpf_loop", "bpf_for_each_map_elem", "bpf_find_vma",
	"bpf_user_ringbuf_drain", "bpf_dynptr_read", "bpf_ringbuf_reserve",
	"bpf_ringbuf_submit", "bpf_this_cpu_ptr", "bpf_per_cpu_ptr",
	"bpf_probe_read_kernel", "bpf_probe_read_kernel_str", "bpf_probe_read_user",
	"bpf_probe_read_user_str", "bpf_get_stackid", "bpf_strncmp",
	"bpf_get_current_task_btf", "bpf_get_smp_processor_id", "bpf_ktime_get_ns",

	/* Maps, and flags */
	"BPF_MAP_TYPE_ARRAY", "BPF_MAP_TYPE_PERCPU_ARRAY", "BPF_MAP_TYPE_HASH",
	"BPF_MAP_TYPE_LRU_HASH", "BPF_MAP_TYPE_TASK_STORAGE", "BPF_MAP_TYPE_CGRP_STORAGE",
	"BPF_MAP_TYPE_QUEUE", "BPF_MAP_TYPE_STACK", "BPF_MAP_TYPE_STACK_TRACE",
	"BPF_MAP_TYPE_RINGBUF", "BPF_MAP_TYPE_USER_RINGBUF", "BPF_MAP_TYPE_ARRAY_OF_MAPS",
	"BPF_F_TIMER_ABS", "BPF_F_TIMER_CPU_PIN", "BPF_MAX_LOOPS",
	"BPF_LOCAL_STORAGE_GET_F_CREATE", "BPF_CGROUP_ITER_DESCENDANTS_PRE",
	"BPF_CGROUP_ITER_DESCENDANTS_POST", "BPF_CGROUP_ITER_ANCESTORS_UP",
	"BPF_TASK_ITER_ALL_PROCS", "BPF_TASK_ITER_ALL_THREADS",
	"BPF_TASK_ITER_PROC_THREADS",

	/* Types */
	"bpf_iter_num", "bpf_iter_bits", "bpf_iter_css", "bpf_iter_task",
	"bpf_iter_scx_dsq", "bpf_cpumask", "bpf_list_head", "bpf_list_node", "bpf_rb_root",
	"bpf_rb_node", "bpf_refcount", "bpf_timer", "bpf_dynptr", "scx_exit_info",
	"scx_dump_ctx", "scx_init_task_args", "scx_exit_task_args", "scx_cgroup_init_args",
	"scx_cpu_acquire_args", "scx_cpu_release_args", "scx_event_stats", "sched_ext_ops",

	/* Programs, by their sections */
	"syscall", "tp_btf", "fexit", ".struct_ops", ".struct_ops.link",
};

#endif /* __COMPAT_NAMES_H */
