/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/dict.h"

/*
 * The option meant by an unknown name: the other family's name, or one used by people and other programs. Each row has
 * the DHCPv4 and the DHCPv6 name (NULL: the family has no such option) and further words for it.
 */
struct option_names {
	const char *v4, *v6;
	const char *words[8]; /* NULL-terminated */
	const char *instead;  /* for the family without it: what to use instead; NULL if nothing */
};

extern const struct option_names option_names[];
extern const unsigned n_option_names;

/* True if the word is a name or alias of an option in either family. */
bool is_option_word(const char *name);
/* Returns the row with this name, or NULL. */
const struct option_names *option_names_find(const char *name);
/* Returns the row's name in a family, 4 or 6; NULL if the family has no such option. */
static inline const char *option_names_in(const struct option_names *row, unsigned digit)
{
	return digit == 6 ? row->v6 : row->v4;
}
