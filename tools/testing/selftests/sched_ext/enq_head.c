// SPDX-License-Identifier: GPL-2.0
/*
 * SCX_ENQ_HEAD puts a task before those that wait already, in the local queue of
 * a CPU and in a queue of the scheduler's own.
 */
#include "scx_test.h"
#include "place.bpf.skel.h"
#include "place_run.h"

/* Three that come as 0, 1, 2 run in the order given. */
static void check_order(struct stage *st, u64 flags_of_last, int first, int second, int third)
{
	forget_order(st);
	place_waiter(st, 0, 0);
	place_waiter(st, 1, 0);
	place_waiter(st, 2, flags_of_last);
	check_waits(st, 0);

	stop_hog(st);
	CHECK_SOON(all_ran(st));
	CHECK_GE(st->s->bss->nr_order, 3);
	CHECK_EQ(st->s->bss->order[0], first);
	CHECK_EQ(st->s->bss->order[1], second);
	CHECK_EQ(st->s->bss->order[2], third);
	continue_hog(st);
}

static void both_orders(int place)
{
	struct stage st;

	set_up(&st, place);
	check_order(&st, 0, 0, 1, 2);
	check_order(&st, ENQ_HEAD, 2, 0, 1);
	tear_down(&st);
}

static void local_queue(void)
{
	both_orders(PLACE_LOCAL);
}

static void remote_queue(void)
{
	both_orders(PLACE_LOCAL_ON);
}

static void own_queue(void)
{
	both_orders(PLACE_PARK);
}

SCX_TEST(SCX_CASE(local_queue), SCX_CASE(remote_queue), SCX_CASE(own_queue));
