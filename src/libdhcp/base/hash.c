/* SPDX-License-Identifier: MPL-2.0 */
#include "base/hash.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/random.h>

static uint64_t key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void key_init(void)
{
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		key[0] = (uint64_t)(uintptr_t)&key;
		key[1] = (uint64_t)time(NULL);
	}
}

static inline uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

#define ROUND(v0, v1, v2, v3)         \
	do {                          \
		v0 += v1;             \
		v1 = rotl(v1, 13);    \
		v1 ^= v0;             \
		v0 = rotl(v0, 32);    \
		v2 += v3;             \
		v3 = rotl(v3, 16);    \
		v3 ^= v2;             \
		v0 += v3;             \
		v3 = rotl(v3, 21);    \
		v3 ^= v0;             \
		v2 += v1;             \
		v1 = rotl(v1, 17);    \
		v1 ^= v2;             \
		v2 = rotl(v2, 32);    \
	} while (0)

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t v0, v1, v2, v3, m;
	size_t left = len;

	(void)pthread_once(&key_once, key_init);
	v0 = 0x736f6d6570736575ULL ^ key[0];
	v1 = 0x646f72616e646f6dULL ^ key[1] ^ seed;
	v2 = 0x6c7967656e657261ULL ^ key[0];
	v3 = 0x7465646279746573ULL ^ key[1];
	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&m, p, 8);
		v3 ^= m;
		ROUND(v0, v1, v2, v3);
		v0 ^= m;
	}
	m = (uint64_t)len << 56;
	if (left)
		memcpy(&m, p, left);
	m |= (uint64_t)len << 56;
	v3 ^= m;
	ROUND(v0, v1, v2, v3);
	v0 ^= m;
	v2 ^= 0xff;
	ROUND(v0, v1, v2, v3);
	ROUND(v0, v1, v2, v3);
	ROUND(v0, v1, v2, v3);
	return v0 ^ v1 ^ v2 ^ v3;
}

static _Thread_local uint64_t state;

void rand_seed(uint64_t seed)
{
	state = seed ? seed : 1;
}

/* splitmix64 */
uint64_t rand_u64(void)
{
	uint64_t z;

	if (!state && getrandom(&state, sizeof(state), 0) != (ssize_t)sizeof(state))
		state = (uint64_t)(uintptr_t)&state;
	z = state += 0x9e3779b97f4a7c15ULL;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint64_t rand_below(uint64_t n)
{
	return (uint64_t)(((unsigned __int128)rand_u64() * n) >> 64);
}
