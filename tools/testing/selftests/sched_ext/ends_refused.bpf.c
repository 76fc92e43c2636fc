// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that a tail call or a load from a packet ends, and dynptrs that are there
 * on one way only; each with a twin that differs in one statement. See ends_refused.h
 * for what the verifier says.
 */
#include <scx/common.bpf.h>

char _license[] SEC("license") = "GPL";

char bytes[8];

struct locked {
	struct bpf_spin_lock lock;
	u64 i;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct locked);
} values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} words SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} programs SEC(".maps");

/* All but one statement is the same: that asks for mended, which is constant. */
#define REFUSED_C(name)							\
	static __always_inline int name##_either(struct __sk_buff *skb, const bool mended); \
	SEC("?tc") int name(struct __sk_buff *skb) { return name##_either(skb, false); } \
	SEC("?tc") int name##_mended(struct __sk_buff *skb) { return name##_either(skb, true); } \
	static __always_inline int name##_either(struct __sk_buff *skb, const bool mended)

/* The function that does it is called by its name, or that of its twin. */
#define FUNCTION(name, type)						\
	static __always_inline int name##_do(struct __sk_buff *skb, type arg, const bool mended); \
	static __noinline int name##_wrong(struct __sk_buff *skb, type arg) \
	{								\
		return name##_do(skb, arg, false);			\
	}								\
	static __noinline int name##_right(struct __sk_buff *skb, type arg) \
	{								\
		return name##_do(skb, arg, true);			\
	}								\
	static __always_inline int name##_do(struct __sk_buff *skb, type arg, const bool mended)

/* Out of bounds while another program runs in its place */
FUNCTION(put_back, volatile u64 *)
{
	*arg = mended ? 1 : 1 << 20;
	bpf_tail_call(skb, &programs, 0);
	*arg = 0;
	return 0;
}

REFUSED_C(tail_index)
{
	volatile u64 i = 0;

	if (mended)
		put_back_right(skb, &i);
	else
		put_back_wrong(skb, &i);
	return bytes[i];
}

FUNCTION(put_back_below, volatile u64 *)
{
	if (mended)
		put_back_right(skb, arg);
	else
		put_back_wrong(skb, arg);
	return 1;
}

REFUSED_C(tail_index_below)
{
	volatile u64 i = 0;

	if (mended)
		put_back_below_right(skb, &i);
	else
		put_back_below_wrong(skb, &i);
	return bytes[i];
}

FUNCTION(take, struct locked *)
{
	if (!mended)
		bpf_tail_call(skb, &programs, 0);
	bpf_spin_lock(&arg->lock);
	return 0;
}

REFUSED_C(tail_lock)
{
	u32 key = 0;
	struct locked *v = bpf_map_lookup_elem(&values, &key);

	if (!v)
		return 0;
	if (mended)
		take_right(skb, v);
	else
		take_wrong(skb, v);
	v->i++;
	bpf_spin_unlock(&v->lock);
	return 0;
}

struct packet {
	struct __sk_buff *skb;
};

static int go_on(u32 i, struct packet *packet)
{
	return packet->skb->len == i;
}

static int go_elsewhere(u32 i, struct packet *packet)
{
	bpf_tail_call(packet->skb, &programs, 0);
	return 0;
}

REFUSED_C(tail_in_callback)
{
	struct packet packet = { skb };

	bpf_loop(2, mended ? go_on : go_elsewhere, &packet, 0);
	return 0;
}

FUNCTION(call, u32 *)
{
	if (!mended)
		bpf_tail_call(skb, &programs, 0);
	*arg = skb->len;
	return 0;
}

static int go_on_below(u32 i, struct packet *packet)
{
	return call_right(packet->skb, &i) & 1;
}

static int go_elsewhere_below(u32 i, struct packet *packet)
{
	return call_wrong(packet->skb, &i) & 1;
}

REFUSED_C(tail_below_callback)
{
	struct packet packet = { skb };

	bpf_loop(2, mended ? go_on_below : go_elsewhere_below, &packet, 0);
	return 0;
}

/*
 * A load from the packet beyond its end ends the function. The caller uses r8 only
 * then, as the function leaves what is not NULL else. The function has an r8 of its own,
 * of which nothing is known when it is found in the search for where the caller's is
 * from.
 */
static __attribute__((naked, used)) int leave_word(void)
{
	asm volatile("							\
	r6 = r1;							\
	r9 = r2;							\
	r7 = r3;							\
	r1 = 0;								\
	*(u64 *)(r10 - 8) = r1;						\
	r8 = 0;								\
	r0 = *(u8 *)skb[0];						\
	*(u64 *)(r9 + 0) = r7;						\
	r0 = 0;								\
	exit;								\
	" ::: "memory");
}

#define LOAD_ENDS(name, far)						\
SEC("?tc") __attribute__((naked)) int name(void)			\
{									\
	asm volatile("							\
	r9 = r1;							\
	r1 = 0;								\
	*(u64 *)(r10 - 8) = r1;						\
	r2 = r10;							\
	r2 += -8;							\
	r1 = %[words] ll;						\
	call %[lookup];							\
	if r0 == 0 goto 2f;						\
	r7 = r0;							\
	call %[random];							\
	r8 = " #far ";							\
	if r0 == 0 goto 1f;						\
	r8 = 0;								\
1:	r1 = r9;							\
	r2 = r10;							\
	r2 += -8;							\
	r3 = r7;							\
	call leave_word;						\
	r1 = *(u64 *)(r10 - 8);						\
	if r1 != 0 goto 2f;						\
	r7 += r8;							\
	r1 = 0;								\
	*(u8 *)(r7 + 0) = r1;						\
2:	r0 = 0;								\
	exit;								\
	" : : [words]"i"(&words), [lookup]"i"(BPF_FUNC_map_lookup_elem),	\
	      [random]"i"(BPF_FUNC_get_prandom_u32)			\
	  : "memory");							\
}

LOAD_ENDS(load_ends, 0x1000)
LOAD_ENDS(load_ends_mended, 7)

/* Words of the program's own choice in place of a dynptr */
static __always_inline void forge(struct bpf_dynptr *d)
{
	volatile u64 *word = (void *)d;

	word[0] = 0xffff888000000000;
	word[1] = 1 << 28 | 8;
}

static __always_inline int use(struct bpf_dynptr *d)
{
	char byte;

	return bpf_dynptr_read(&byte, sizeof(byte), d, 0, 0);
}

/* The verifier goes one way first: it is not known which, hence the next one. */
REFUSED_C(dynptr_first)
{
	struct bpf_dynptr d __attribute__((aligned(8)));

	if (bpf_get_prandom_u32())
		bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, &d);
	else if (mended)
		bpf_dynptr_from_mem(bytes, 1, 0, &d);
	else
		forge(&d);
	return use(&d);
}

REFUSED_C(dynptr_second)
{
	struct bpf_dynptr d __attribute__((aligned(8)));

	if (!bpf_get_prandom_u32())
		bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, &d);
	else if (mended)
		bpf_dynptr_from_mem(bytes, 1, 0, &d);
	else
		forge(&d);
	return use(&d);
}

/* The second half of one is the first of another. */
REFUSED_C(dynptr_overlaps)
{
	struct bpf_dynptr room[2] __attribute__((aligned(8)));
	volatile u64 *word = (void *)room;

	bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, (void *)&word[0]);
	word[1] = 0;
	bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, (void *)&word[1]);
	return use((void *)&word[mended ? 1 : 0]);
}
