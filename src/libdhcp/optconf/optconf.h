/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "wire/dict.h"

#include <stdlib.h>

/*
 * Options as the configuration gives them: checked and encoded once, when it is loaded, with their
 * sub-options in them. A list is sorted and immutable; it lives in the arena of its configuration.
 */
struct optval {
	uint32_t vendor; /* enterprise number of a vendor's sub-option; 0: an option of the family itself */
	uint16_t code;
	bool always_send; /* also to clients that do not ask for it */
	bool never_send;  /* to nobody, whatever other scopes say */
	bool no_value;    /* not sent, and no outer scope's either */
	bool raw;         /* the bytes are all of it: nothing is added when it is sent */
	struct bytes data;
	const struct optdef *def; /* NULL: unknown to the dictionary, given as hex */
};

struct optlist {
	struct optval *v; /* by vendor, then code: those of the family itself first */
	unsigned n, n_main;
	uint64_t codes; /* a bit for each code % 64 of the family itself: most lists lack most codes */
};

/* Lists from the innermost scope to the outermost; what is found first counts. */
#define OPT_SCOPES_FEW 6 /* without classes: two pools, subnet, network, global, and one to spare */
struct opt_scopes {
	const struct optlist **v; /* room of the caller's */
	unsigned n, max;
};

/* NULL when the list has no such option. */
const struct optval *optlist_find(const struct optlist *list, uint16_t code);
/* The sub-options of one vendor: the first (NULL if none), and how many. */
const struct optval *optlist_vendor(const struct optlist *list, uint32_t vendor, unsigned *ret_n);
/* To be called once the list is filled. */
void optlist_sort(struct optlist *list);

/* An empty list takes no place. A program that adds more than there is room for ends there, in every build. */
static inline void opt_scopes_add(struct opt_scopes *scopes, const struct optlist *list)
{
	if (!list || !list->n)
		return;
	if (scopes->n == scopes->max)
		abort();
	scopes->v[scopes->n++] = list;
}

/* The value of the innermost scope; NULL when there is none, or some scope says never-send. */
const struct optval *opt_scopes_find(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code);
/* The same with all instances of the option in that scope: *ret_n of them from the result on. */
const struct optval *opt_scopes_all(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code, unsigned *ret_n);
/* Whether some scope says never-send. */
bool opt_scopes_forbid(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code);

/*
 * The bytes of an option's value.
 * csv: text in the form of the definition's type; else hex. def may be NULL with hex only.
 * -E_INVAL, and *ret_why (in the arena) says what is wrong; or 0, and *ret_why is NULL or says what
 * was not taken as it is written.
 */
int optconf_encode(const struct optdef *def, const char *text, bool csv, struct arena *arena, struct bytes *ret,
		   const char **ret_why);
