/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "wire/dict.h"

#include <stdlib.h>

/*
 * Configured options: checked and encoded once, when the configuration is loaded, including their sub-options. A
 * list is sorted and immutable; it is in the arena of its configuration.
 */
struct optval {
	uint32_t vendor; /* enterprise number for a vendor's sub-option; 0: an option of the family itself */
	uint16_t code;
	bool always_send; /* also sent to clients that do not request it */
	bool never_send;  /* never sent, regardless of other scopes */
	bool no_value;    /* not sent, and hides values of outer scopes */
	bool raw;         /* the bytes are complete: nothing is added when it is sent */
	struct bytes data;
	const struct optdef *def; /* NULL: not in the dictionary, configured as hex */
};

struct optlist {
	struct optval *v; /* by vendor, then code: options of the family itself first */
	unsigned n, n_main;
	uint64_t codes; /* one bit for each code % 64 of the family itself: most lists lack most codes */
};

/* Lists from the innermost scope to the outermost; the first match applies. */
#define OPT_SCOPES_FEW 6 /* without classes: reservation, two pools, subnet, network, global */
struct opt_scopes {
	const struct optlist **v; /* memory of the caller */
	unsigned n, max;
};

/* Returns NULL if the list has no such option. */
const struct optval *optlist_find(const struct optlist *list, uint16_t code);
/* Returns the first sub-option of a vendor (NULL if there is none), and their number. */
const struct optval *optlist_vendor(const struct optlist *list, uint32_t vendor, unsigned *ret_n);
/* Call this once the list is filled. */
void optlist_sort(struct optlist *list);

/* Skips an empty list. Adding more lists than there is space for aborts the program, in every build. */
static inline void opt_scopes_add(struct opt_scopes *scopes, const struct optlist *list)
{
	if (!list || !list->n)
		return;
	if (scopes->n == scopes->max)
		abort();
	scopes->v[scopes->n++] = list;
}

/* Returns the value of the innermost scope; NULL if there is none, or some scope has never-send. */
const struct optval *opt_scopes_find(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code);
/* Same, with all instances of the option in that scope: *ret_n of them, starting at the result. */
const struct optval *opt_scopes_all(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code, unsigned *ret_n);
/* True if some scope has never-send. */
bool opt_scopes_forbid(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code);

/*
 * Encodes an option's value. csv: text in the format of the definition's type; otherwise hex. def may be NULL,
 * but only with hex. Returns -E_INVAL with the reason in *ret_why (in the arena); or 0, with *ret_why NULL or
 * describing the parts of the text that were ignored or changed.
 */
int optconf_encode(const struct optdef *def, const char *text, bool csv, struct arena *arena, struct bytes *ret,
		   const char **ret_why);
