/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Hashing with a random key per process (SipHash-1-3): clients choose their identifiers, so hashes must not be
 * predictable. rand_* is for choices and jitter, not for secrets.
 */
uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);
/* Two independent halves, at little more than the cost of one. */
void hash_bytes2(const void *data, size_t len, uint64_t seed, uint64_t ret[2]);
/*
 * Hashes exactly 16 bytes, an address: two folded multiplications with the key. Much faster; for keys of which a
 * client controls little.
 */
uint64_t hash_16(const void *data);
/* For tests, before anything is hashed: hash_* return the same values in every run. */
void hash_seed(uint64_t seed);
uint64_t rand_u64(void);
/* Returns 0 .. n - 1; n > 0. */
uint64_t rand_below(uint64_t n);
/* For tests: makes rand_* return the same sequence in every run (this thread). */
void rand_seed(uint64_t seed);
