/* SPDX-License-Identifier: MPL-2.0 */
/* Open addressing with linear probing; deleted addresses stay in the table, because they may return. */
#include "lease/lastrow.h"

#include "base/arena.h"
#include "base/hash.h"

#define FIRST_CAP 1024

void lastrow_init(struct lastrow *t, bool is4)
{
	*t = (struct lastrow){ .key_len = is4 ? 4 : 16 };
}

void lastrow_done(struct lastrow *t)
{
	free(t->slots);
	free(t->last);
	*t = (struct lastrow){ 0 };
}

static uint8_t *slot_at(const struct lastrow *t, size_t i)
{
	return t->slots + i * (t->key_len + 4);
}

static uint32_t row_of(const struct lastrow *t, const uint8_t *slot)
{
	uint32_t row;

	memcpy(&row, slot + t->key_len, sizeof(row));
	return row;
}

/* Returns the slot with the key, or the empty slot where it belongs. */
static uint8_t *find(const struct lastrow *t, const uint8_t *key)
{
	size_t i = hash_bytes(key, t->key_len, 0) & (t->cap - 1);
	uint8_t *slot;

	while (slot = slot_at(t, i), row_of(t, slot) && memcmp(slot, key, t->key_len) != 0)
		i = (i + 1) & (t->cap - 1);
	return slot;
}

static void grow(struct lastrow *t)
{
	struct lastrow old = *t;

	t->cap = old.cap ? old.cap * 2 : FIRST_CAP;
	t->slots = xcalloc(t->cap, t->key_len + 4);
	for (size_t i = 0; i < old.cap; i++) {
		const uint8_t *slot = slot_at(&old, i);

		if (row_of(&old, slot))
			memcpy(find(t, slot), slot, t->key_len + 4);
	}
	free(old.slots);
}

static void set_last(struct lastrow *t, uint32_t row)
{
	size_t word = row / 64;

	if (word >= t->last_words) {
		size_t words = word * 2 < FIRST_CAP ? FIRST_CAP : word * 2;

		t->last = xrealloc(t->last, words * sizeof(*t->last));
		memset(t->last + t->last_words, 0, (words - t->last_words) * sizeof(*t->last));
		t->last_words = words;
	}
	t->last[word] |= 1ULL << (row % 64);
	t->n_last++;
}

void lastrow_add(struct lastrow *t, const struct ip *addr, uint32_t row, bool deleted)
{
	const uint8_t *key = addr->b + 16 - t->key_len;
	uint8_t *slot;
	uint32_t before;

	if (t->n * 4 >= t->cap * 3)
		grow(t);
	slot = find(t, key);
	before = row_of(t, slot);
	if (!before) {
		memcpy(slot, key, t->key_len);
		t->n++;
	} else if (lastrow_is_last(t, before)) {
		t->last[before / 64] &= ~(1ULL << (before % 64));
		t->n_last--;
	}
	memcpy(slot + t->key_len, &row, sizeof(row));
	if (!deleted)
		set_last(t, row);
}
