/* SPDX-License-Identifier: MPL-2.0 */
#include "base/hash.h"
#include "base/wide.h"

#include <endian.h>
#include <stdbool.h>
#include <sys/random.h>

static uint64_t key[4];

/* Before main(), so that no call has to check whether the key is set. */
__attribute__((constructor)) static void key_init(void)
{
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		key[0] = key[2] = (uint64_t)(uintptr_t)&key;
		key[1] = key[3] = (uint64_t)time(NULL);
	}
}

void hash_seed(uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		key[i] = (seed + i + 1) * 0x9e3779b97f4a7c15ULL;
}

static inline uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

#define ROUND(v0, v1, v2, v3)      \
	do {                       \
		v0 += v1;          \
		v1 = rotl(v1, 13); \
		v1 ^= v0;          \
		v0 = rotl(v0, 32); \
		v2 += v3;          \
		v3 = rotl(v3, 16); \
		v3 ^= v2;          \
		v0 += v3;          \
		v3 = rotl(v3, 21); \
		v3 ^= v0;          \
		v2 += v1;          \
		v1 = rotl(v1, 17); \
		v1 ^= v2;          \
		v2 = rotl(v2, 32); \
	} while (0)

struct sip {
	uint64_t v0, v1, v2, v3;
};

/* Returns up to 7 bytes as a little-endian number. */
static inline uint64_t little_of(const uint8_t *p, size_t len)
{
	uint64_t m = 0;
	uint32_t low, high;

	if (len >= 4) {
		/* They overlap, except in 8 bytes. */
		memcpy(&low, p, 4);
		memcpy(&high, p + len - 4, 4);
		return le32toh(low) | (uint64_t)le32toh(high) << 8 * (len - 4);
	}
	for (size_t i = 0; i < len; i++)
		m |= (uint64_t)p[i] << 8 * i;
	return m;
}

static inline struct sip sip_of(const void *data, size_t len, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t v0 = 0x736f6d6570736575ULL ^ key[0], v1 = 0x646f72616e646f6dULL ^ key[1] ^ seed;
	uint64_t v2 = 0x6c7967656e657261ULL ^ key[0], v3 = 0x7465646279746573ULL ^ key[1], m;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&m, p, 8);
		m = le64toh(m);
		v3 ^= m;
		ROUND(v0, v1, v2, v3);
		v0 ^= m;
	}
	m = little_of(p, left) | (uint64_t)len << 56;
	v3 ^= m;
	ROUND(v0, v1, v2, v3);
	v0 ^= m;
	return (struct sip){ v0, v1, v2, v3 };
}

static inline uint64_t sip_half(struct sip *s)
{
	ROUND(s->v0, s->v1, s->v2, s->v3);
	ROUND(s->v0, s->v1, s->v2, s->v3);
	ROUND(s->v0, s->v1, s->v2, s->v3);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	struct sip s = sip_of(data, len, seed);

	s.v2 ^= 0xff;
	return sip_half(&s);
}

/* The 128-bit output of SipHash. */
void hash_bytes2(const void *data, size_t len, uint64_t seed, uint64_t ret[2])
{
	struct sip s = sip_of(data, len, seed);

	s.v2 ^= 0xee;
	ret[0] = sip_half(&s);
	s.v1 ^= 0xdd;
	ret[1] = sip_half(&s);
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	struct wide n = wide_mul(a, b);

	return n.lo ^ n.hi;
}

uint64_t hash_16(const void *data)
{
	uint64_t half[2];

	memcpy(half, data, sizeof(half));
	return fold(fold(half[0] ^ key[0], half[1] ^ key[1]) ^ key[2], key[3] | 1);
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
	return wide_mul(rand_u64(), n).hi;
}
