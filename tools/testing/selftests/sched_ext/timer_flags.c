// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_timer_start() for a point in time, and on the CPU that starts the timer.
 */
#include "scx_test.h"
#include "timer_flags.bpf.skel.h"

#define DELAY_NS	(30 * 1000 * 1000ULL)

static struct timer_flags *start_timer(__u64 flags)
{
	struct timer_flags *s = SCX_OPEN(timer_flags);

	CHECK_EQ(timer_flags__load(s), 0);
	s->bss->delay_ns = DELAY_NS;
	s->bss->flags = flags;
	CHECK_EQ(scx_run_prog(s->progs.start), 0);
	CHECK_SOON(s->bss->fired);
	return s;
}

static void at_a_time(void)
{
	struct timer_flags *s = start_timer(BPF_F_TIMER_ABS);

	/* As a distance from now it would be as far away as the boot. */
	CHECK_GE(s->bss->fired, s->bss->due);
	timer_flags__destroy(s);

	s = start_timer(0);
	CHECK_GE(s->bss->fired, s->bss->due);
	timer_flags__destroy(s);
}

static void on_this_cpu(void)
{
	struct timer_flags *s;
	int cpu;

	for (cpu = 0; cpu < scx_nr_cpus(); cpu++) {
		scx_pin(0, cpu);
		s = start_timer(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN);
		CHECK_EQ(s->bss->started_on, cpu);
		CHECK_EQ(s->bss->fired_on, cpu);
		timer_flags__destroy(s);
	}
}

static void others_are_refused(void)
{
	struct timer_flags *s = SCX_OPEN(timer_flags);

	CHECK_EQ(timer_flags__load(s), 0);
	s->bss->delay_ns = DELAY_NS;
	s->bss->flags = BPF_F_TIMER_CPU_PIN << 1;
	CHECK_EQ(scx_run_prog(s->progs.start), -EINVAL);
	timer_flags__destroy(s);
}

SCX_TEST(SCX_CASE(at_a_time), SCX_CASE(on_this_cpu), SCX_CASE(others_are_refused));
