/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/dict.h"

/*
 * The option that is meant by a name which no option of the family has: the other family's name, or what people and
 * other programs call it. In a row, the name with DHCPv4 and with DHCPv6 (NULL: the family has no such option), and
 * more words for it.
 */
struct option_names {
	const char *v4, *v6;
	const char *words[8]; /* up to a NULL */
	const char *instead;  /* for the family that has none: what to do there; NULL if there is nothing */
};

extern const struct option_names option_names[];
extern const unsigned n_option_names;

/* True if it is, or is called, an option of either family. */
bool is_option_word(const char *name);
/* NULL if no row has the name. */
const struct option_names *option_names_find(const char *name);
