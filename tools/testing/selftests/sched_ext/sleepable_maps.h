/* SPDX-License-Identifier: GPL-2.0 */
#define NR_VALUES	8
