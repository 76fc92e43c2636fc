/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pairs of programs that differ in one statement: what the verifier refuses, and its
 * twin, name_mended, which loads. See pairs_run.h for the test.
 */
#ifndef __PAIRS_BPF_H
#define __PAIRS_BPF_H

#define __naked	__attribute__((naked))

/* In assembly language. The file says with OPERANDS what the text can refer to. */
#define PROG(section, name, text)					\
	SEC(section) __naked int name(void)				\
	{								\
		asm volatile(text : : OPERANDS);			\
	}

#define REFUSED_IN(section, name, before, wrong, right, after)		\
	PROG(section, name, before wrong after)				\
	PROG(section, name##_mended, before right after)
#define REFUSED(name, before, wrong, right, after)			\
	REFUSED_IN("?syscall", name, before, wrong, right, after)

#define RANDOM		"call %[random];"
#define RETURN		"r0 = 0; exit;"
#define NOTHING		""
#define INDEX(index)	"r1 = %[array] ll; r1 += " #index "; r2 = *(u8 *)(r1 + 0);"

/* In C: the statement asks for mended, which is constant. */
#define REFUSED_C_IN(section, name)					\
	static __always_inline int name##_either(const bool mended);	\
	SEC(section) int name(void *ctx) { return name##_either(false); } \
	SEC(section) int name##_mended(void *ctx) { return name##_either(true); } \
	static __always_inline int name##_either(const bool mended)
#define REFUSED_C(name)							\
	REFUSED_C_IN("?syscall", name)

#endif /* __PAIRS_BPF_H */
