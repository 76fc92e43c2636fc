// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of other struct_ops types cannot call the kfuncs of schedulers. The same
 * program without the call loads, and controls a TCP connection as it would without
 * this class.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "scx_pause.h"
#include "foreign.h"
#include "foreign.bpf.skel.h"

static int load_calling(enum foreign_call call)
{
	struct foreign *s = SCX_OPEN(foreign);
	int err;

	s->rodata->call = call;
	scx_libbpf_reset();
	err = foreign__load(s);
	foreign__destroy(s);
	return err;
}

static void check_refused(enum foreign_call call, const char *words)
{
	CHECK_EQ(load_calling(CALL_NOTHING), 0);
	CHECK_NE(load_calling(call), 0);
	if (!scx_matches(scx_libbpf_log(), words))
		FAIL("refused, but not with \"%s\"", words);
}

static void ours(void)
{
	check_refused(CALL_OURS, "calling kernel function scx_bpf_nr_cpu_ids is not allowed");
}

static void of_pause_points(void)
{
	pause_need();
	check_refused(CALL_PAUSE,
		      "calling kernel function scx_bpf_pause_find_task is not allowed");
}

#define NAME		"foreign"
#define AVAILABLE	"/proc/sys/net/ipv4/tcp_available_congestion_control"
#define CHUNK		16384

static bool is_available(void)
{
	char line[512] = "";
	FILE *file = fopen(AVAILABLE, "r");

	if (!file)
		scx_skip("this kernel has no TCP");
	CHECK(fgets(line, sizeof(line), file));
	fclose(file);
	return scx_matches(line, "(^| )" NAME "( |\n)");
}

/* In a network of this case's own, where there are any. */
static void bring_up_loopback(void)
{
	struct ifreq req = { .ifr_name = "lo" };
	int fd;

	unshare(CLONE_NEWNET);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_GE(fd, 0);
	CHECK_EQ(ioctl(fd, SIOCGIFFLAGS, &req), 0);
	req.ifr_flags |= IFF_UP;
	CHECK_EQ(ioctl(fd, SIOCSIFFLAGS, &req), 0);
	close(fd);
}

/* Two ends of a connection through the loopback device. */
static void connect_ends(int ends[2])
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_GE(listener, 0);
	CHECK_EQ(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	CHECK_EQ(listen(listener, 1), 0);
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_GE(ends[0], 0);
	CHECK_EQ(connect(ends[0], (struct sockaddr *)&addr, sizeof(addr)), 0);
	ends[1] = accept(listener, NULL, NULL);
	CHECK_GE(ends[1], 0);
	close(listener);
}

static int control(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)) ? -errno : 0;
}

static void check_controlled(int fd)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	CHECK(!strcmp(name, NAME));
}

static void transfer(const int ends[2], int chunks)
{
	static char out[CHUNK], in[CHUNK];
	int i, k;

	for (i = 0; i < chunks; i++) {
		for (k = 0; k < CHUNK; k++)
			out[k] = i + k;
		CHECK_EQ(send(ends[0], out, CHUNK, 0), CHUNK);
		CHECK_EQ(recv(ends[1], in, CHUNK, MSG_WAITALL), CHUNK);
		CHECK(!memcmp(in, out, CHUNK));
	}
}

static void in_use(void)
{
	struct foreign *s, *twin;
	struct bpf_link *link;
	unsigned long long acks;
	int ends[2], err;

	bring_up_loopback();
	CHECK(!is_available());
	s = SCX_OPEN(foreign);
	CHECK_EQ(foreign__load(s), 0);
	/* To be loaded is not to be registered. */
	CHECK(!is_available());
	link = scx_attach(s->maps.foreign_ops);
	CHECK(is_available());

	/* There is one of a name. */
	twin = SCX_OPEN(foreign);
	CHECK_EQ(foreign__load(twin), 0);
	CHECK(!scx_try_attach(twin->maps.foreign_ops, &err));
	CHECK_EQ(err, -EEXIST);

	connect_ends(ends);
	CHECK_EQ(control(ends[0], NAME), 0);
	check_controlled(ends[0]);
	CHECK_EQ(s->bss->nr_inits, 1);
	transfer(ends, 64);
	acks = s->bss->nr_acks;
	CHECK_GT(acks, 0);

	/* A connection that has it keeps it. */
	CHECK_EQ(bpf_link__destroy(link), 0);
	CHECK(!is_available());
	CHECK_EQ(control(ends[1], NAME), -ENOENT);
	check_controlled(ends[0]);
	transfer(ends, 64);
	CHECK_GT(s->bss->nr_acks, acks);
	CHECK_EQ(s->bss->nr_releases, 0);

	/* The name is free for another, under which the old one goes on. */
	link = scx_attach(twin->maps.foreign_ops);
	CHECK(is_available());
	CHECK_EQ(control(ends[1], NAME), 0);
	CHECK_EQ(s->bss->nr_inits, 1);
	CHECK_EQ(twin->bss->nr_inits, 1);
	transfer(ends, 1);

	close(ends[0]);
	close(ends[1]);
	CHECK_SOON(s->bss->nr_releases == 1 && twin->bss->nr_releases == 1);
	CHECK_EQ(bpf_link__destroy(link), 0);
	CHECK(!is_available());
	foreign__destroy(twin);
	foreign__destroy(s);
}

/* It takes a map of the plain kind: the type has no links. */
static void has_no_links(void)
{
	struct foreign *s = SCX_OPEN(foreign);

	CHECK_EQ(bpf_map__set_map_flags(s->maps.foreign_ops, BPF_F_LINK), 0);
	CHECK_EQ(foreign__load(s), -EOPNOTSUPP);
	foreign__destroy(s);
}

SCX_TEST(SCX_CASE(ours), SCX_CASE(of_pause_points), SCX_CASE(in_use), SCX_CASE(has_no_links));
