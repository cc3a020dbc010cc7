/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Which of many rows is the last one of its address, at little memory: 8 bytes per slot for IPv4, 20
 * for IPv6, and one bit per row. Rows are named by numbers from 1.
 */
#define LASTROW_MAX (UINT32_MAX - 1)

struct lastrow {
	unsigned key_len;
	uint8_t *slots; /* key, then the row's number as 4 bytes; 0 = empty */
	size_t cap, n;  /* cap: a power of two */
	uint64_t *last; /* bits */
	size_t last_words;
	uint64_t n_last;
};

void lastrow_init(struct lastrow *t, bool is4);
void lastrow_done(struct lastrow *t);
/* A later row; with `deleted` the address has none from here on. row <= LASTROW_MAX. */
void lastrow_add(struct lastrow *t, const struct ip *addr, uint32_t row, bool deleted);

static inline bool lastrow_is_last(const struct lastrow *t, uint64_t row)
{
	return row / 64 < t->last_words && (t->last[row / 64] >> (row % 64) & 1);
}
