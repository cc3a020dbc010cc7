/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdint.h>

/*
 * 128-bit numbers, in two halves. A product is one instruction if the compiler has such a type; 32-bit
 * processors compute it from four smaller products.
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

/* Saturating: returns the largest number on overflow. */
static inline struct wide wide_add(struct wide a, struct wide b)
{
	struct wide sum = { a.hi + b.hi, a.lo + b.lo };
	uint64_t carry = sum.lo < a.lo;

	if (sum.hi < a.hi || sum.hi + carry < sum.hi)
		return (struct wide){ UINT64_MAX, UINT64_MAX };
	sum.hi += carry;
	return sum;
}

/* a must not be less than b. */
static inline struct wide wide_sub(struct wide a, struct wide b)
{
	return (struct wide){ a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo };
}

/* n < 128 */
static inline struct wide wide_shift_right(struct wide a, unsigned n)
{
	if (n >= 64)
		return (struct wide){ 0, a.hi >> (n - 64) };
	return n ? (struct wide){ a.hi >> n, a.hi << (64 - n) | a.lo >> n } : a;
}

#define WIDE_TEXT_MAX 40

/* Writes decimal text to buf of WIDE_TEXT_MAX; returns its start. */
static inline const char *wide_format(struct wide n, char *buf)
{
	char *p = buf + WIDE_TEXT_MAX - 1;

	*p = '\0';
	do {
		/* Long division in 32-bit steps, from the top. */
		uint64_t parts[4] = { n.hi >> 32, (uint32_t)n.hi, n.lo >> 32, (uint32_t)n.lo }, rest = 0;

		for (unsigned i = 0; i < 4; i++) {
			parts[i] |= rest << 32;
			rest = parts[i] % 10;
			parts[i] /= 10;
		}
		*--p = (char)('0' + rest);
		n = (struct wide){ parts[0] << 32 | parts[1], parts[2] << 32 | parts[3] };
	} while (n.hi || n.lo);
	return p;
}
