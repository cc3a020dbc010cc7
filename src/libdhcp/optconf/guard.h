/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Classes, by their numbers. */
struct class_refs {
	const unsigned *v;
	unsigned n;
};

/* True if the list is empty, or a client in these classes (a bit for each number) is in one of them. */
static inline bool guard_allows(const struct class_refs *guard, const uint64_t *classes)
{
	unsigned i;

	for (i = 0; i < guard->n; i++)
		if (classes[guard->v[i] / 64] >> guard->v[i] % 64 & 1)
			return true;
	return !guard->n;
}
