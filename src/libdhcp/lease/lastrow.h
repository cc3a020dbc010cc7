/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Finds the last row of each address among many rows, in little memory: 8 bytes per slot for IPv4, 20 for IPv6,
 * and one bit per row. Rows are numbered from 1.
 */
#define LASTROW_MAX (UINT32_MAX - 1)

struct lastrow {
	unsigned key_len;
	uint8_t *slots; /* key, then the row number in 4 bytes; 0 = empty */
	size_t cap, n;  /* cap: a power of two */
	uint64_t *last; /* bit array: rows that are the last of their address */
	size_t last_words;
	uint64_t n_last;
};

void lastrow_init(struct lastrow *t, bool is4);
void lastrow_done(struct lastrow *t);
/* Adds a later row; `deleted` means that the address has no lease from here on. row <= LASTROW_MAX. */
void lastrow_add(struct lastrow *t, const struct ip *addr, uint32_t row, bool deleted);

static inline bool lastrow_is_last(const struct lastrow *t, uint64_t row)
{
	return row / 64 < t->last_words && (t->last[row / 64] >> (row % 64) & 1);
}
