/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "wire/dict.h"

/*
 * Options as the configuration gives them: checked and encoded once, when it is loaded. A list is
 * sorted by code and immutable; it lives in the arena of its configuration.
 */
struct optval {
	uint16_t code;
	bool always_send; /* also to clients that do not ask for it */
	bool never_send;  /* to nobody; hides the values of outer scopes */
	struct bytes data;
	const struct optdef *def; /* NULL: unknown to the dictionary, given as hex */
};

struct optlist {
	struct optval *v;
	unsigned n;
};

/* NULL when the list has no such option. */
const struct optval *optlist_find(const struct optlist *list, uint16_t code);
/* To be called once the list is filled. */
void optlist_sort(struct optlist *list);

/*
 * The bytes of an option's value.
 * csv: text in the form of the definition's type; else hex. def may be NULL with hex only.
 * -E_INVAL and *reterr_why (in the arena) say what is wrong.
 */
int optconf_encode(const struct optdef *def, const char *text, bool csv, struct arena *arena,
		   struct bytes *ret, const char **reterr_why);
