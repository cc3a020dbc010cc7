/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that are written one after the other; what does not fit is missing, which is checked once at the end. */
struct out {
	uint8_t *bytes;
	size_t n, max;
	bool is_full;
};

static inline void put32(uint8_t to[4], uint32_t v)
{
	to[0] = (uint8_t)(v >> 24);
	to[1] = (uint8_t)(v >> 16);
	to[2] = (uint8_t)(v >> 8);
	to[3] = (uint8_t)v;
}

static inline void out_bytes(struct out *out, const void *bytes, size_t len)
{
	out->is_full = out->is_full || out->max - out->n < len;
	if (out->is_full || !len)
		return;
	memcpy(out->bytes + out->n, bytes, len);
	out->n += len;
}

static inline void out8(struct out *out, uint8_t v)
{
	out_bytes(out, &v, 1);
}

static inline void out16(struct out *out, size_t v)
{
	const uint8_t bytes[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	out_bytes(out, bytes, sizeof(bytes));
}

static inline void out32(struct out *out, uint32_t v)
{
	uint8_t bytes[4];

	put32(bytes, v);
	out_bytes(out, bytes, sizeof(bytes));
}

/* Adds the head of a DHCPv6 option. */
static inline void out_head6(struct out *out, uint16_t code, size_t len)
{
	out16(out, code);
	out16(out, len);
}

static inline void out_option6(struct out *out, uint16_t code, const void *value, size_t len)
{
	out_head6(out, code, len);
	out_bytes(out, value, len);
}

/* Sets the length of two bytes that is at `at` to that of what follows. */
static inline void out_end(struct out *out, size_t at)
{
	size_t len = out->n - at - 2;

	if (out->is_full)
		return;
	out->bytes[at] = (uint8_t)(len >> 8);
	out->bytes[at + 1] = (uint8_t)len;
}
