/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Hashing with a per-process random key (SipHash-1-3): clients choose their identifiers, so the
 * hash of one must not be predictable. rand_* is for picks and jitter, not for secrets.
 */
uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);
/* Two independent halves, for little more than the price of one. */
void hash_bytes2(const void *data, size_t len, uint64_t seed, uint64_t ret[2]);
/*
 * Of exactly 16 bytes, an address: two folded multiplications with the key. Much faster; for keys of which
 * a client chooses little.
 */
uint64_t hash_16(const void *data);
uint64_t rand_u64(void);
/* 0 .. n - 1; n > 0. */
uint64_t rand_below(uint64_t n);
/* Same sequence in every run from here on (this thread). For tests. */
void rand_seed(uint64_t seed);
