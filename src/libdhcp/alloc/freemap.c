/* SPDX-License-Identifier: MPL-2.0 */
#include "alloc/freemap.h"

#include "base/arena.h"

#define LEVELS_MAX 5 /* 64^5 > FREEMAP_MAX */

struct freemap {
	uint64_t size;
	uint64_t n_free;
	unsigned n_levels;
	/* level[0]: one bit per number, 1 = free; level[k]: one bit per word of level[k-1], 1 = not zero */
	uint64_t *level[LEVELS_MAX];
	uint64_t words[LEVELS_MAX];
	uint64_t word[]; /* the words of all levels */
};

struct freemap *freemap_new(uint64_t size)
{
	struct freemap like = { .size = size, .n_free = size }, *map;
	uint64_t bits = size, total = 0, *word;

	if (!size || size > FREEMAP_MAX)
		return NULL;
	do {
		like.words[like.n_levels] = (bits + 63) / 64;
		bits = like.words[like.n_levels++];
		total += bits;
	} while (bits > 1);
	/* A single allocation keeps a small map in few cache lines. */
	map = xmalloc(sizeof(*map) + total * sizeof(*word));
	*map = like;
	word = map->word;
	memset(word, 0xff, total * sizeof(*word));
	bits = size;
	for (unsigned k = 0; k < map->n_levels; k++) {
		map->level[k] = word;
		word += map->words[k];
		if (bits % 64)
			word[-1] = (1ULL << bits % 64) - 1;
		bits = map->words[k];
	}
	return map;
}

void freemap_free(struct freemap *map)
{
	free(map);
}

bool freemap_is_free(const struct freemap *map, uint64_t i)
{
	return map->level[0][i / 64] >> i % 64 & 1;
}

uint64_t freemap_count(const struct freemap *map)
{
	return map->n_free;
}

uint64_t freemap_size(const struct freemap *map)
{
	return map->size;
}

/* A word of level 0 became zero or nonzero: the levels above only record that. */
static void note_word(struct freemap *map, uint64_t w)
{
	bool any = map->level[0][w] != 0;

	for (unsigned k = 1; k < map->n_levels; k++) {
		uint64_t *word = &map->level[k][w / 64];
		uint64_t before = *word;

		if (any)
			*word |= 1ULL << w % 64;
		else
			*word &= ~(1ULL << w % 64);
		if (!before == !*word)
			break;
		w /= 64;
	}
}

uint64_t freemap_set_word(struct freemap *map, uint64_t w, uint64_t mask, uint64_t bits)
{
	uint64_t *word = &map->level[0][w], before = *word, changed = (before ^ bits) & mask;

	*word = before ^ changed;
	map->n_free += (uint64_t)__builtin_popcountll(*word) - (uint64_t)__builtin_popcountll(before);
	if (!before != !*word)
		note_word(map, w);
	return changed;
}

bool freemap_set(struct freemap *map, uint64_t i, bool is_free)
{
	uint64_t *word = &map->level[0][i / 64], before = *word;

	if (freemap_is_free(map, i) == is_free)
		return false;
	*word = before ^ 1ULL << i % 64;
	map->n_free += is_free ? 1 : (uint64_t)-1;
	if (!before != !*word)
		note_word(map, i / 64);
	return true;
}

/* Returns the first set bit of level k at or after i, or FREEMAP_NONE. */
static uint64_t first_at(const struct freemap *map, uint64_t i)
{
	unsigned k = 0;

	/* Climb while the rest of the word is empty ... */
	for (;; k++) {
		uint64_t w = i / 64;

		if (k == map->n_levels || w >= map->words[k])
			return FREEMAP_NONE;
		if (map->level[k][w] >> i % 64) {
			i += (uint64_t)__builtin_ctzll(map->level[k][w] >> i % 64);
			break;
		}
		i = w + 1;
	}
	/* ... then descend to the first number below the bit that was found. */
	while (k--)
		i = i * 64 + (uint64_t)__builtin_ctzll(map->level[k][i]);
	return i;
}

uint64_t freemap_next(const struct freemap *map, uint64_t from)
{
	uint64_t i = FREEMAP_NONE;

	if (!map->n_free)
		return FREEMAP_NONE;
	if (from < map->size)
		i = first_at(map, from);
	return i != FREEMAP_NONE ? i : first_at(map, 0);
}
