/* SPDX-License-Identifier: MPL-2.0 */
/* Classes by name: a hash table while a configuration is built and afterwards. */
#include "root/classes.h"

#include "base/hash.h"

#include <string.h>

static uint32_t slot_of(const struct classes *classes, const char *name)
{
	return (uint32_t)hash_bytes(name, strlen(name), 0) & (classes->cap - 1);
}

static void insert(struct classes *classes, unsigned number)
{
	uint32_t i = slot_of(classes, classes->v[number].name);

	while (classes->slots[i])
		i = (i + 1) & (classes->cap - 1);
	classes->slots[i] = number + 1;
}

static void grow(struct classes *classes, struct arena *arena)
{
	struct client_class *old = classes->v;

	classes->max = classes->max ? 2 * classes->max : 16;
	classes->v = arena_new_array(arena, struct client_class, classes->max);
	if (classes->n)
		memcpy(classes->v, old, classes->n * sizeof(*old));
	classes->cap = 2 * classes->max;
	classes->slots = arena_new_array(arena, uint32_t, classes->cap);
	for (unsigned i = 0; i < classes->n; i++)
		insert(classes, i);
}

unsigned class_add(struct classes *classes, struct arena *arena, const char *name)
{
	if (classes->n == classes->max)
		grow(classes, arena);
	classes->v[classes->n] = (struct client_class){ .name = name, .server_hostname = "", .boot_file_name = "" };
	insert(classes, classes->n);
	return classes->n++;
}

int class_by_name(const struct classes *classes, const char *name)
{
	if (!classes->n)
		return -1;
	for (uint32_t i = slot_of(classes, name); classes->slots[i]; i = (i + 1) & (classes->cap - 1))
		if (!strcmp(classes->v[classes->slots[i] - 1].name, name))
			return (int)classes->slots[i] - 1;
	return -1;
}

/* Like strcmp() with the parts put together, which may contain zeros. */
static int compare(const char *name, const struct bytes *parts, unsigned n_parts)
{
	for (unsigned i = 0; i < n_parts; i++)
		for (size_t k = 0; k < parts[i].len; k++, name++)
			if (!*name || (uint8_t)*name != parts[i].data[k])
				return *name ? (uint8_t)*name - parts[i].data[k] : -1;
	return *name ? 1 : 0;
}

int class_by_parts(const struct classes *classes, const unsigned *sorted, unsigned n, const struct bytes *parts,
		   unsigned n_parts)
{
	unsigned low = 0, high = n;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		int order = compare(classes->v[sorted[mid]].name, parts, n_parts);

		if (!order)
			return (int)sorted[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

bool class_may_spawn(const char *template, const char *name)
{
	size_t len = strlen(template);

	if (strncmp(name, SPAWN_PREFIX, strlen(SPAWN_PREFIX)) != 0)
		return false;
	name += strlen(SPAWN_PREFIX);
	return !strncmp(name, template, len) && name[len] == '_';
}
