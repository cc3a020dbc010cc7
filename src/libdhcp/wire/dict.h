/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Option definitions: the built-in ones and those of a configuration ("option-def"). A dict belongs to one
 * configuration and does not change after loading; any thread may read it.
 */
enum opt_type {
	OPT_EMPTY, /* no data of its own; sub-options if it encapsulates a space */
	OPT_BINARY,
	OPT_BOOLEAN,
	OPT_INT8,
	OPT_INT16,
	OPT_INT32,
	OPT_UINT8,
	OPT_UINT16,
	OPT_UINT32,
	OPT_STRING,
	OPT_FQDN,
	OPT_TUPLE, /* length and bytes */
	OPT_IPV4_ADDRESS,
	OPT_IPV6_ADDRESS,
	OPT_IPV6_PREFIX,
	OPT_PSID,
	OPT_RECORD,
	OPT_INTERNAL, /* a special format: classless routes, DNR */
	OPT_TYPES,
};

/* How a configured value is used. */
enum opt_role {
	OPT_PLAIN,     /* sent as configured */
	OPT_NO_SERVER, /* meaningless but harmless in server messages: sent as configured */
	OPT_FALLBACK,  /* the server sets it if it can; otherwise the configured value is sent */
	OPT_MADE,      /* only the server sets it, or nobody may: a configured value is never sent */
};

struct optdef {
	const char *name;
	uint16_t code;
	enum opt_type type;
	bool array;                  /* record: the last field repeats */
	const enum opt_type *record; /* fields when type is OPT_RECORD */
	unsigned record_n;
	const char *space;
	const char *encapsulate; /* space of the sub-options, NULL if none */
	bool wide_tuple;         /* tuples have two-byte lengths: all of DHCPv6, RFC 8572 */
	bool ours; /* not in every Kea: a configuration may redefine the code or name, and specify any bytes in hex */
	uint8_t prefix_field; /* this address of the record is a prefix, whose length is the preceding field; 0: none */
	enum opt_role role;
	bool more; /* the value is followed by sub-options of a space without a name */
	bool many; /* a message may have several instances; DHCPv4 concatenates their values (RFC 3396) */
	bool each; /* an instance contains one sub-option: several sub-options become several instances */
};

extern const struct optdef dict4[], dict6[];
extern const unsigned dict4_n, dict6_n;

/* Converts "ipv4-address" to its type and back; NULL or -E_NOENT if there is no such type. */
const char *opt_type_name(enum opt_type type);
int opt_type_by_name(const char *name);
/* Returns the bytes of one value; 0 if they vary, or if there are none. */
uint32_t opt_type_size(enum opt_type type);

struct dict;

/* Returns the built-in definitions of a family, 0 = DHCPv4, 1 = DHCPv6; in the arena. */
struct dict *dict_new(struct arena *arena, int family);
/* Returns why the definition contradicts itself; NULL if it does not. */
const char *optdef_fault(const struct optdef *def);
/* Returns an empty dictionary over another one, which stays unchanged: its own definitions are found first. */
struct dict *dict_over(struct arena *arena, const struct dict *below);
/*
 * Adds a definition of the configuration; it and its strings are copied. It hides a built-in one if that may be
 * redefined (`ours`, and option 43, whose format is up to the vendor). -E_EXIST if the space already has another
 * one with that code or name, -E_INVAL if it contradicts itself.
 */
int dict_add(struct dict *dict, const struct optdef *def);
/* NULL if none; borrowed from the dict. */
const struct optdef *dict_by_code(const struct dict *dict, const char *space, uint16_t code);
const struct optdef *dict_by_name(const struct dict *dict, const char *space, const char *name);
/* Returns the option of the main space that encapsulates `space`; NULL if there is none. */
const struct optdef *dict_container(const struct dict *dict, const char *space);
/* True if any definition belongs to or encapsulates that space; always for "dhcp4" and "dhcp6". */
bool dict_has_space(const struct dict *dict, const char *space);
/* Returns names of spaces for suggestions, each at least once; *ret_n of them, in the arena. */
const char **dict_spaces(const struct dict *dict, struct arena *arena, size_t *ret_n);
/* Returns the names of a space's options for suggestions; *ret_n of them, in the arena. */
const char **dict_names(const struct dict *dict, const char *space, struct arena *arena, size_t *ret_n);
/* Returns a definition with that name in any space; NULL if there is none. */
const struct optdef *dict_name_anywhere(const struct dict *dict, const char *name);
/* Returns "dhcp4" or "dhcp6". */
const char *dict_main_space(const struct dict *dict);
/* Returns the space of the vendor's built-in options; NULL if there are none. A configuration adds "vendor-4491". */
const char *dict_vendor_space(const struct dict *dict, uint32_t enterprise);
