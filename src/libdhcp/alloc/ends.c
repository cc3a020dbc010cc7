/* SPDX-License-Identifier: MPL-2.0 */
#include "alloc/ends.h"

#include <stddef.h>

#define BITS 4
#define WIDTH (1u << BITS)
#define LEVELS_MAX 16

struct leaf {
	uint32_t key[WIDTH];
};

struct node {
	uint32_t best[WIDTH]; /* largest key of each child; 0: no child */
	void *child[WIDTH];   /* nodes, or leaves at the lowest level */
};

void ends_memory_init(struct ends_memory *memory)
{
	objpool_init(&memory->leaves, sizeof(struct leaf));
	objpool_init(&memory->nodes, sizeof(struct node));
}

void ends_memory_done(struct ends_memory *memory)
{
	objpool_done(&memory->leaves);
	objpool_done(&memory->nodes);
}

void ends_init(struct ends *ends, uint64_t size)
{
	*ends = (struct ends){ .n_levels = 1 };
	while ((size - 1) >> BITS * ends->n_levels)
		ends->n_levels++;
}

/* level 0: a leaf */
static void free_below(struct ends_memory *memory, void *below, unsigned level)
{
	struct node *node = below;

	if (!level) {
		objpool_give(&memory->leaves, below);
		return;
	}
	for (unsigned k = 0; k < WIDTH; k++)
		if (node->child[k])
			free_below(memory, node->child[k], level - 1);
	objpool_give(&memory->nodes, node);
}

void ends_done(struct ends *ends, struct ends_memory *memory)
{
	if (ends->root)
		free_below(memory, ends->root, ends->n_levels - 1);
	ends->root = NULL;
}

static unsigned digit(uint64_t i, unsigned level)
{
	return (unsigned)(i >> BITS * level) % WIDTH;
}

static uint32_t largest(const uint32_t *keys)
{
	uint32_t best = 0;

	for (unsigned k = 0; k < WIDTH; k++)
		best = keys[k] > best ? keys[k] : best;
	return best;
}

uint32_t ends_get(const struct ends *ends, uint64_t i)
{
	const void *below = ends->root;

	for (unsigned level = ends->n_levels - 1; below && level; level--)
		below = ((const struct node *)below)->child[digit(i, level)];
	return below ? ((const struct leaf *)below)->key[digit(i, 0)] : 0;
}

struct search {
	uint64_t lo, hi;
	uint64_t found;
	uint32_t key; /* of what was found */
};

/*
 * Below a leaf or node whose first number is `base`. Of the children inside the bounds only the one with the largest
 * key matters; at most two others are cut by a bound.
 */
static void search_below(struct search *search, const void *below, unsigned level, uint64_t base)
{
	const uint32_t *keys = below; /* both begin with their keys */
	uint64_t width = 1ULL << BITS * level;
	unsigned best = WIDTH;

	for (unsigned k = 0; k < WIDTH; k++) {
		uint64_t first = base + k * width;

		if (keys[k] <= search->key || first >= search->hi || first + width <= search->lo)
			continue;
		if (first >= search->lo && first + width <= search->hi)
			best = best == WIDTH || keys[k] > keys[best] ? k : best;
		else
			search_below(search, ((const struct node *)below)->child[k], level - 1, first);
	}
	if (best == WIDTH || keys[best] <= search->key)
		return;
	if (level) {
		search_below(search, ((const struct node *)below)->child[best], level - 1, base + best * width);
		return;
	}
	search->key = keys[best];
	search->found = base + best;
}

uint64_t ends_first(const struct ends *ends, uint64_t lo, uint64_t hi, uint32_t *ret_key)
{
	struct search search = { .lo = lo, .hi = hi, .found = ENDS_NONE };

	if (ends->root)
		search_below(&search, ends->root, ends->n_levels - 1, 0);
	*ret_key = search.key;
	return search.found;
}

/* An empty leaf or node, which begins with its keys. */
static void give(struct ends_memory *memory, uint32_t *keys, unsigned level)
{
	objpool_give(level ? &memory->nodes : &memory->leaves, keys);
}

void ends_set(struct ends *ends, struct ends_memory *memory, uint64_t i, uint32_t key)
{
	struct node *path[LEVELS_MAX];
	void **place = &ends->root;
	uint32_t *keys;

	for (unsigned level = ends->n_levels - 1; level; level--) {
		if (!*place && !key)
			return;
		if (!*place)
			*place = objpool_take(&memory->nodes);
		path[level] = *place;
		place = &path[level]->child[digit(i, level)];
	}
	if (!*place && !key)
		return;
	if (!*place)
		*place = objpool_take(&memory->leaves);
	keys = *place;
	/* Upwards, as long as the largest key changes. */
	for (unsigned level = 0;; level++) {
		uint32_t *slot = &keys[digit(i, level)], old = *slot, best;
		struct node *parent;

		*slot = key;
		if (old == key)
			return;
		if (level + 1 == ends->n_levels)
			break;
		parent = path[level + 1];
		best = parent->best[digit(i, level + 1)];
		if (old < best && key < best)
			return;
		if (key < best)
			key = largest(keys);
		if (!key) {
			give(memory, keys, level);
			parent->child[digit(i, level + 1)] = NULL;
		}
		keys = parent->best;
	}
	if (!key && !largest(ends->root)) {
		give(memory, ends->root, ends->n_levels - 1);
		ends->root = NULL;
	}
}
