// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO scheduler that holds up forks of one process, so that the test can act
 * in the middle of them, and then fails them or not.
 */
#include "fifo.bpf.h"

s32 forker;			/* thread group */
bool forking;			/* it is held now */
u32 let_go;			/* set by the test */
s32 verdict;			/* of init_task then */
u64 nr_cancelled;

static long look(u64 i, void *ctx)
{
	return let_go != 0;
}

/* One loop may not be long enough. */
static long look_longer(u64 i, void *ctx)
{
	bpf_loop(1 << 23, look, NULL, 0);
	return let_go != 0;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(hold_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	if (!args->fork || bpf_get_current_task_btf()->tgid != forker)
		return 0;
	forking = true;
	bpf_loop(100, look_longer, NULL, 0);
	return verdict;
}

void BPF_STRUCT_OPS(hold_exit_task, struct task_struct *p, struct scx_exit_task_args *args)
{
	if (args->cancelled)
		__sync_fetch_and_add(&nr_cancelled, 1);
}

SCX_OPS_DEFINE(ops, FIFO_OPS,
	       .init_task	= (void *)hold_init_task,
	       .exit_task	= (void *)hold_exit_task,
	       .name		= "fork_hold");
