// SPDX-License-Identifier: GPL-2.0
/*
 * Loader of scx_simple: loads it, prints statistics once a second, and says why
 * it ended. Exits with 0 if it was asked to, by a signal or by the scheduler
 * itself, and loads it again if the kernel asks for that.
 */
#include <signal.h>
#include <unistd.h>
#include <scx/common.h>
#include "scx_simple.bpf.skel.h"

static const char help[] =
"A simple BPF scheduler: weighted virtual time over one queue.\n"
"\n"
"Usage: scx_simple [-f] [-v] [-h]\n"
"\n"
"  -f   first in, first out instead of virtual time\n"
"  -v   statistics of each CPU, and what libbpf has to say\n"
"  -h   this text\n"
"\n"
"Statistics are numbers of tasks: local, started at once on an idle CPU,\n"
"and global, by way of the queue.\n";

static bool verbose;
static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	stop = 1;
}

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG && !verbose)
		return 0;
	return vfprintf(stderr, format, args);
}

/* Values of one counter, one for each possible CPU. Returns their sum. */
static u64 read_stat(const struct scx_simple *skel, u32 which, u64 *of_cpu, int nr_cpus)
{
	u64 sum = 0;
	int cpu;

	memset(of_cpu, 0, nr_cpus * sizeof(*of_cpu));
	bpf_map_lookup_elem(bpf_map__fd(skel->maps.stats), &which, of_cpu);
	for (cpu = 0; cpu < nr_cpus; cpu++)
		sum += of_cpu[cpu];
	return sum;
}

static void print_stats(const struct scx_simple *skel, int nr_cpus)
{
	u64 local[nr_cpus], global[nr_cpus];
	u64 local_sum = read_stat(skel, 0, local, nr_cpus);
	u64 global_sum = read_stat(skel, 1, global, nr_cpus);
	int cpu;

	for (cpu = 0; verbose && cpu < nr_cpus; cpu++)
		printf("cpu%d: local=%lu global=%lu\n", cpu, local[cpu], global[cpu]);
	printf("local=%lu global=%lu\n", local_sum, global_sum);
	fflush(stdout);
}

static struct scx_simple *load(bool fifo)
{
	struct scx_simple *skel = SCX_OPS_OPEN(simple_ops, scx_simple);

	skel->rodata->fifo_sched = fifo;
	SCX_OPS_LOAD(skel, simple_ops, scx_simple, uei);
	return skel;
}

/* From load to unload. Returns whether to load it again. */
static bool run(bool fifo, bool *asked_for)
{
	int nr_cpus = libbpf_num_possible_cpus();
	struct scx_simple *skel;
	struct bpf_link *link;
	bool again;

	SCX_BUG_ON(nr_cpus < 1, "no number of CPUs");
	skel = load(fifo);
	link = SCX_OPS_ATTACH(skel, simple_ops, scx_simple);

	while (!stop && !UEI_EXITED(skel, uei)) {
		print_stats(skel, nr_cpus);
		sleep(1);
	}

	bpf_link__destroy(link);
	again = UEI_ECODE_RESTART(UEI_REPORT(skel, uei)) && !stop;
	*asked_for = UEI_ASKED_FOR(skel, uei);
	scx_simple__destroy(skel);
	return again;
}

static void handle_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

int main(int argc, char **argv)
{
	bool fifo = false, asked_for;
	int opt;

	while ((opt = getopt(argc, argv, "fvh")) != -1) {
		switch (opt) {
		case 'f':
			fifo = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			fputs(help, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	}

	libbpf_set_print(print_libbpf);
	handle_signals();
	while (run(fifo, &asked_for))
		;
	return asked_for ? EXIT_SUCCESS : EXIT_FAILURE;
}
