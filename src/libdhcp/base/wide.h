/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * Products of 128 bits, in two halves. One instruction where the compiler has such a type; processors of 32 bits take
 * them from four smaller products.
 */
struct wide {
	uint64_t hi, lo;
};

static inline struct wide wide_mul_parts(uint64_t a, uint64_t b)
{
	uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
	uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (uint32_t)mid;

	return (struct wide){ a1 * b1 + (mid >> 32) + (mid2 >> 32), mid2 << 32 | (uint32_t)low };
}

static inline struct wide wide_mul(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 n = (unsigned __int128)a * b;

	return (struct wide){ (uint64_t)(n >> 64), (uint64_t)n };
#else
	return wide_mul_parts(a, b);
#endif
}
