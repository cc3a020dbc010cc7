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

uint64_t ends_first(const struct ends *ends, uint32_t *ret_key)
{
	const void *below = ends->root;
	uint64_t i = 0;
	uint32_t key = 0;

	if (!below)
		return ENDS_NONE;
	for (unsigned level = ends->n_levels; level--;) {
		/* Both begin with their keys. */
		const uint32_t *keys = below;
		unsigned k = 0;

		key = largest(keys);
		while (keys[k] != key)
			k++;
		i = i << BITS | k;
		if (level)
			below = ((const struct node *)below)->child[k];
	}
	*ret_key = key;
	return i;
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
