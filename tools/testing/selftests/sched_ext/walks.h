/* SPDX-License-Identifier: GPL-2.0 */
/* What walks.bpf.c notes down. Included by both sides. */
#ifndef __WALKS_H
#define __WALKS_H

#define WALKS_SEEN	4096

#endif /* __WALKS_H */
