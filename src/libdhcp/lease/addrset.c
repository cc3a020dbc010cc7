/* SPDX-License-Identifier: MPL-2.0 */
/* IPv4 addresses take four bytes, so that the set costs little next to the leases. */
#include "lease/addrset.h"

#include "base/arena.h"

#include <string.h>

struct addrset_block {
	struct ip first; /* a copy, so that searching the array does not touch the blocks */
	uint8_t *keys;
	uint8_t n, width; /* width: bytes of a key, 4 or 16; the last ones of an address */
};

_Static_assert(ADDRSET_BLOCK <= UINT8_MAX, "the number of keys fits");

void addrset_done(struct addrset *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		free(set->v[i].keys);
	free(set->v);
	*set = (struct addrset){ .is_ip6 = set->is_ip6 };
}

static uint8_t *key_at(const struct addrset_block *block, unsigned i)
{
	return block->keys + (size_t)i * block->width;
}

static const uint8_t *key_of(const struct addrset_block *block, const struct ip *addr)
{
	return addr->b + 16 - block->width;
}

/* Compares a key with an address; inline, as it is most of the work. */
static int compare(const struct addrset_block *block, unsigned i, const struct ip *addr)
{
	const uint8_t *key = key_at(block, i);
	struct ip other;

	if (block->width == 4) {
		uint32_t x = (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 | (uint32_t)key[2] << 8 | key[3];
		uint32_t y = ip_to4(addr);

		return (x > y) - (x < y);
	}
	memcpy(other.b, key, 16);
	return ip_cmp(&other, addr);
}

static struct ip ip_at(const struct addrset_block *block, unsigned i)
{
	struct ip ip = block->first; /* has the bytes that IPv4 keys leave out */

	memcpy(ip.b + 16 - block->width, key_at(block, i), block->width);
	return ip;
}

/* Returns the block the address belongs in: the last one that begins at or before it, or the first. */
static uint32_t find_block(const struct addrset *set, const struct ip *addr)
{
	uint32_t low = 0, high = set->n;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (ip_cmp(&set->v[mid].first, addr) <= 0)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* Returns the position of the address in the block, or where it would be. */
static unsigned find_key(const struct addrset_block *block, const struct ip *addr, bool *ret_found)
{
	unsigned low = 0, high = block->n;

	*ret_found = false;
	while (low < high && !*ret_found) {
		unsigned mid = (low + high) / 2;
		int order = compare(block, mid, addr);

		*ret_found = order == 0;
		if (order == 0)
			low = mid;
		else if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Makes an empty block at this place of the array. */
static struct addrset_block *insert_block(struct addrset *set, uint32_t at, const struct ip *first)
{
	uint8_t width = set->is_ip6 ? 16 : 4;

	if (set->n == set->cap) {
		set->cap = set->cap ? set->cap * 2 : 4;
		set->v = xrealloc(set->v, set->cap * sizeof(*set->v));
	}
	memmove(&set->v[at + 1], &set->v[at], (set->n - at) * sizeof(*set->v));
	set->n++;
	set->v[at] = (struct addrset_block){ *first, xmalloc((size_t)ADDRSET_BLOCK * width), 0, width };
	return &set->v[at];
}

/* Moves the keys from `from` on to a new block after this one. */
static void split(struct addrset *set, uint32_t at, unsigned from)
{
	struct ip first = ip_at(&set->v[at], from);
	struct addrset_block *next = insert_block(set, at + 1, &first), *block = next - 1;

	next->n = (uint8_t)(block->n - from);
	memcpy(next->keys, key_at(block, from), (size_t)next->n * next->width);
	block->n = (uint8_t)from;
}

void addrset_add(struct addrset *set, const struct ip *addr)
{
	struct addrset_block *block;
	bool found = false;
	uint32_t at;
	unsigned i;

	if (!set->n)
		(void)insert_block(set, 0, addr);
	at = set->n - 1;
	block = &set->v[at];
	i = block->n;
	if (i && compare(block, i - 1, addr) >= 0) {
		at = find_block(set, addr);
		block = &set->v[at];
		i = find_key(block, addr, &found);
	}
	if (found)
		return;
	if (block->n == ADDRSET_BLOCK && i == ADDRSET_BLOCK && at + 1 == set->n) {
		/* Addresses that are added in ascending order fill the blocks. */
		block = insert_block(set, ++at, addr);
		i = 0;
	} else if (block->n == ADDRSET_BLOCK) {
		split(set, at, ADDRSET_BLOCK / 2);
		at += i > ADDRSET_BLOCK / 2;
		i -= i > ADDRSET_BLOCK / 2 ? ADDRSET_BLOCK / 2 : 0;
		block = &set->v[at];
	}
	memmove(key_at(block, i + 1), key_at(block, i), (size_t)(block->n - i) * block->width);
	memcpy(key_at(block, i), key_of(block, addr), block->width);
	block->n++;
	if (!i)
		block->first = *addr;
}

void addrset_remove(struct addrset *set, const struct ip *addr)
{
	uint32_t at = find_block(set, addr);
	struct addrset_block *block = &set->v[at];
	bool found = false;
	unsigned i = set->n ? find_key(block, addr, &found) : 0;

	if (!found)
		return;
	block->n--;
	memmove(key_at(block, i), key_at(block, i + 1), (size_t)(block->n - i) * block->width);
	if (block->n) {
		block->first = ip_at(block, 0);
		return;
	}
	free(block->keys);
	set->n--;
	memmove(block, block + 1, (set->n - at) * sizeof(*block));
}

unsigned addrset_after(const struct addrset *set, const struct ip *addr, struct ip *ret, unsigned max)
{
	uint32_t at = find_block(set, addr);
	unsigned n = 0, i;
	bool found;

	if (!set->n)
		return 0;
	i = ip_cmp(&set->v[at].first, addr) > 0 ? 0 : find_key(&set->v[at], addr, &found) + found;
	for (; at < set->n && n < max; at++, i = 0)
		for (; i < set->v[at].n && n < max; i++)
			ret[n++] = ip_at(&set->v[at], i);
	return n;
}

/* Sets the bytes that are not the same in all addresses. */
static void find_differences(const struct ip *v, size_t n, struct ip *ret)
{
	uint64_t first[2], all[2] = { 0, 0 };

	memcpy(first, v[0].b, 16);
	for (size_t i = 1; i < n; i++) {
		uint64_t words[2];

		memcpy(words, v[i].b, 16);
		all[0] |= words[0] ^ first[0];
		all[1] |= words[1] ^ first[1];
	}
	memcpy(ret->b, all, 16);
}

struct ip *addrset_sort(struct ip *v, struct ip *work, size_t n)
{
	struct ip differences;

	if (n < 2)
		return v;
	find_differences(v, n, &differences);
	/* By each byte, the last one first. */
	for (unsigned b = 16; b-- > 0;) {
		size_t places[256] = { 0 }, sum = 0;
		struct ip *to = work;

		if (!differences.b[b])
			continue;
		for (size_t i = 0; i < n; i++)
			places[v[i].b[b]]++;
		for (unsigned k = 0; k < 256; k++) {
			size_t count = places[k];

			places[k] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++)
			work[places[v[i].b[b]]++] = v[i];
		work = v;
		v = to;
	}
	return v;
}

uint64_t addrset_bytes(const struct addrset *set)
{
	uint64_t sum = (uint64_t)set->cap * sizeof(*set->v);

	for (uint32_t i = 0; i < set->n; i++)
		sum += (uint64_t)ADDRSET_BLOCK * set->v[i].width;
	return sum;
}
