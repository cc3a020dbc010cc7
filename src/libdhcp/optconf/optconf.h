/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "optconf/guard.h"
#include "wire/dict.h"

#include <stdlib.h>

/*
 * Configured options: checked and encoded once, when the configuration is loaded, including their sub-options. A
 * list is sorted and immutable; it is in the arena of its configuration.
 */
struct optcond;

struct optval {
	uint32_t vendor; /* enterprise number for a vendor's sub-option; 0: an option of the family itself */
	uint16_t code;
	bool always_send; /* also sent to clients that do not request it */
	bool never_send;  /* never sent, regardless of other scopes */
	bool no_value;    /* not sent, and hides values of outer scopes */
	bool raw;         /* the bytes are complete: nothing is added when it is sent */
	struct bytes data;
	const struct optdef *def;   /* NULL: not in the dictionary, configured as hex */
	const struct optcond *cond; /* NULL: the same for every client */
};

/*
 * A value that depends on the client's classes. Of several values of an option in a list, the first one for the client
 * counts, with those that have the same guard: these are adjacent, and have the same guard.v.
 */
struct optcond {
	struct class_refs guard;     /* only for clients in one of these classes; empty: for all */
	const struct optpart *parts; /* sub-options that follow the data; sorted like a list */
	unsigned n_parts;
	bool is_each; /* each part is an instance of the option */
	bool is_wide; /* sub-options have headers of two times two bytes */
};

/* A sub-option that is added to its option when that is sent. */
struct optpart {
	uint16_t code;
	bool never_send, no_value; /* as in struct optval */
	struct bytes data;
	struct optcond cond;
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
	const uint64_t *classes; /* of the client, a bit for each number; NULL: every value counts */
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
/* Same, with all instances of the option for the client in that scope: *ret_n of them, starting at the result. */
const struct optval *opt_scopes_all(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code, unsigned *ret_n);
/* True if the value is for a client in these classes. */
static inline bool optval_is_for(const struct optval *val, const uint64_t *classes)
{
	return !val->cond || !classes || guard_allows(&val->cond->guard, classes);
}

/*
 * Returns 1 and the next instance of the value as a client in these classes gets it, its sub-options included; 0 after
 * the last one; or -E_NOMEM. *pos is 0 for the first one. The bytes are those of the value, or in the arena.
 */
int optval_next(const struct optval *val, const uint64_t *classes, struct arena *arena, unsigned *pos,
		struct bytes *ret);
/* Returns the length of a value with the longest of its alternative sub-options. */
size_t optcond_size(struct bytes data, const struct optcond *cond, bool is_wide);
/* Encodes data and the sub-options for a client in these classes. -E_NOMEM: the arena is full. */
int optcond_encode(struct bytes data, const struct optcond *cond, bool is_wide, const uint64_t *classes,
		   struct arena *arena, struct bytes *ret);
/* True if some scope has never-send. */
bool opt_scopes_forbid(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code);

/*
 * Encodes an option's value. csv: text in the format of the definition's type; otherwise hex. def may be NULL,
 * but only with hex. Returns -E_INVAL with the reason in *ret_why (in the arena); or 0, with *ret_why NULL or
 * describing the parts of the text that were ignored or changed.
 */
int optconf_encode(const struct optdef *def, const char *text, bool csv, struct arena *arena, struct bytes *ret,
		   const char **ret_why);
