// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks of each helper that runs them, which count on the stack of the program.
 */
#include <scx/common.bpf.h>
#include "callbacks.h"

char _license[] SEC("license") = "GPL";

u32 nr;			/* of turns that are asked for */
u32 nr_inner;
u64 stop_at = -1;	/* the turn that is the last */
u64 addr;		/* to find the memory area of */
struct callbacks_seen seen;
u64 array[16];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CALLBACKS_ELEMS);
	__type(key, u64);
	__type(value, u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALLBACKS_ELEMS);
	__type(key, u32);
	__type(value, u64);
} values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

static __always_inline int count(struct callbacks_seen *s, u64 n)
{
	s->turns++;
	s->sum += n;
	s->last = n;
	return n == stop_at;
}

static int in_loop(u32 i, struct callbacks_seen *s)
{
	return count(s, i);
}

SEC("syscall")
int loop(void *ctx)
{
	struct callbacks_seen s = {};
	int ret;

	ret = bpf_loop(nr, in_loop, &s, 0);
	seen = s;
	return ret;
}

static int in_array(void *map, u32 *key, u64 *value, struct callbacks_seen *s)
{
	return count(s, *value);
}

SEC("syscall")
int walk_array(void *ctx)
{
	struct callbacks_seen s = {};
	int ret;

	ret = bpf_for_each_map_elem(&values, in_array, &s, 0);
	seen = s;
	return ret;
}

static int in_hash(void *map, u64 *key, u64 *value, struct callbacks_seen *s)
{
	return count(s, *value);
}

SEC("syscall")
int walk_hash(void *ctx)
{
	struct callbacks_seen s = {};
	int ret;

	ret = bpf_for_each_map_elem(&hash, in_hash, &s, 0);
	seen = s;
	return ret;
}

static int in_vma(struct task_struct *task, struct vm_area_struct *vma,
		  struct callbacks_seen *s)
{
	return count(s, vma->vm_start <= addr && addr < vma->vm_end);
}

SEC("syscall")
int find_vma(void *ctx)
{
	struct callbacks_seen s = {};
	int ret;

	ret = bpf_find_vma(bpf_get_current_task_btf(), addr, in_vma, &s, 0);
	seen = s;
	return ret;
}

static long in_drain(struct bpf_dynptr *record, struct callbacks_seen *s)
{
	u8 *data = bpf_dynptr_data(record, 0, CALLBACKS_RECORD);

	return data ? count(s, *data) : 1;
}

SEC("syscall")
int drain(void *ctx)
{
	struct callbacks_seen s = {};
	int ret;

	ret = bpf_user_ringbuf_drain(&records, in_drain, &s, 0);
	seen = s;
	return ret;
}

/* Three deep, the innermost one in a function */
static __noinline void inner_loop(struct callbacks_seen *s)
{
	bpf_loop(nr_inner, in_loop, s, 0);
}

static int middle(u32 i, struct callbacks_seen *s)
{
	inner_loop(s);
	return 0;
}

static int outer(u32 i, struct callbacks_seen *s)
{
	bpf_loop(nr_inner, middle, s, 0);
	return 0;
}

SEC("syscall")
int nested(void *ctx)
{
	struct callbacks_seen s = {};
	int ret;

	ret = bpf_loop(nr, outer, &s, 0);
	seen = s;
	return ret;
}

/* Inlined or not, as one is and the other is not known */
SEC("syscall")
int either(void *ctx)
{
	struct callbacks_seen s = {};
	int ret;

	if (bpf_get_prandom_u32() & 1)
		ret = bpf_loop(nr, in_loop, &s, 0);
	else
		ret = bpf_loop(nr, middle, &s, 0);
	seen = s;
	return ret;
}

/* What the first turn sets up keeps its value. */
struct once {
	u64 index;
	u64 *where;
};

static int sets_up(u32 i, struct once *o)
{
	o->index = 3;
	o->where = &array[4];
	return 0;
}

SEC("syscall")
int set_up(void *ctx)
{
	struct once o = {};

	bpf_loop(nr, sets_up, &o, 0);
	array[o.index] = 1;
	if (o.where)
		*o.where = 1;
	return array[3] * 2 + array[4];
}

/* Reads what it has written itself, up to a limit */
struct ring {
	u64 nr;
	u64 slots[8];
};

static int fills(u32 i, struct ring *r)
{
	u64 n = r->nr;

	if (n >= ARRAY_SIZE(r->slots))
		return 1;
	r->slots[n] = i;
	r->nr = n + 1;
	return 0;
}

SEC("syscall")
int fill(void *ctx)
{
	struct ring r = {};
	u32 i;

	bpf_loop(nr, fills, &r, 0);
	for (i = 0; i < ARRAY_SIZE(r.slots) && i < r.nr; i++)
		seen.sum += r.slots[i];
	return r.nr;
}

/* Each turn has what it has released when it is over. */
static int keeps(u32 pid, struct callbacks_seen *s)
{
	struct task_struct *p = bpf_task_from_pid(pid);

	if (!p)
		return 0;
	count(s, p->pid);
	bpf_task_release(p);
	return 0;
}

SEC("syscall")
int keep(void *ctx)
{
	struct callbacks_seen s = {};

	bpf_loop(nr, keeps, &s, 0);
	seen = s;
	return 0;
}

/* The callback asks whether there is what its caller has a reference to. This is not
 * run. (Of tasks the verifier would not know the answer afterwards.)
 */
struct held {
	struct bpf_sock *sk;
	u64 turns;
};

static int looks(u32 i, struct held *h)
{
	if (!h->sk)
		return 1;
	h->turns++;
	return 0;
}

SEC("tc")
int look(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	struct held h = {};

	h.sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0);
	bpf_loop(nr, looks, &h, 0);
	if (h.sk)
		bpf_sk_release(h.sk);
	return h.turns;
}

/* Many ways through a turn, and through what is before, that join again */
static int many_ways_turn(u32 i, struct callbacks_seen *s)
{
	u64 r = bpf_get_prandom_u32();

	if (r & 1)
		s->sum++;
	if (r & 2)
		s->last += i;
	if (r & 4)
		s->sum += 3;
	if (r & 8)
		s->last ^= i;
	if (r & 16)
		s->sum += 5;
	if (r & 32)
		s->last = i;
	s->turns++;
	return 0;
}

SEC("syscall")
int many_ways(void *ctx)
{
	struct callbacks_seen s = {};
	u64 r = bpf_get_prandom_u32(), a = 0, b = 0, c = 0, d = 0;

	if (r & 1)
		a = 1;
	if (r & 2)
		b = 2;
	if (r & 4)
		c = 3;
	if (r & 8)
		d = 4;
	s.last = a + b + c + d;
	bpf_loop(nr, many_ways_turn, &s, 0);
	bpf_loop(nr, many_ways_turn, &s, 0);
	return s.turns;
}
