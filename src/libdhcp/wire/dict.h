/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Option definitions: the built-in ones and those of a configuration ("option-def"). A dict
 * belongs to one configuration and is not changed after it is loaded; any thread may read it.
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
	OPT_INTERNAL, /* a form of its own: classless routes, DNR */
	OPT_TYPES,
};

/* What becomes of a value that is configured. */
enum opt_role {
	OPT_PLAIN,     /* sent as configured */
	OPT_NO_SERVER, /* in servers' messages it means nothing, and does no harm: sent as configured */
	OPT_FALLBACK,  /* the server makes it when it can; else the configured one is sent */
	OPT_MADE,      /* the server makes it, or nobody may: the configured one is never sent */
};

struct optdef {
	const char *name;
	uint16_t code;
	enum opt_type type;
	bool array;                  /* of a record: its last field repeats */
	const enum opt_type *record; /* fields when type is OPT_RECORD */
	unsigned record_n;
	const char *space;
	const char *encapsulate; /* space of its sub-options, NULL if none */
	bool wide_tuple;         /* lengths of tuples have two bytes: all of DHCPv6, RFC 8572 */
	bool ours; /* not every Kea has it: a configuration may define the code or name anew, and gives any bytes in hex
		    */
	uint8_t prefix_field; /* this address of the record is a prefix, the field before it its length; 0: none */
	enum opt_role role;
	bool more; /* sub-options of a space not known by name follow the value */
	bool many; /* a message may have several instances; of DHCPv4 their values are joined (RFC 3396) */
	bool each; /* an instance holds one sub-option: several of them are several instances */
};

extern const struct optdef dict4[], dict6[];
extern const unsigned dict4_n, dict6_n;

/* "ipv4-address" and back; NULL or -E_NOENT when there is no such type. */
const char *opt_type_name(enum opt_type type);
int opt_type_by_name(const char *name);

struct dict;

/* The built-in definitions of a family, 0 = DHCPv4, 1 = DHCPv6; lives in the arena. */
struct dict *dict_new(struct arena *arena, int family);
/* Why the definition contradicts itself; NULL if it does not. */
const char *optdef_fault(const struct optdef *def);
/*
 * Add a definition of the configuration; it and its texts are copied, and hide a built-in one that may be
 * defined anew (`ours`, and option 43, whose form is the vendor's). -E_EXIST when the space has that code or
 * name already otherwise, -E_INVAL for one that contradicts itself.
 */
int dict_add(struct dict *dict, const struct optdef *def);
/* NULL if none; borrowed from the dict. */
const struct optdef *dict_by_code(const struct dict *dict, const char *space, uint16_t code);
const struct optdef *dict_by_name(const struct dict *dict, const char *space, const char *name);
/* The option of the main space that encapsulates `space`; NULL if none does. */
const struct optdef *dict_container(const struct dict *dict, const char *space);
/* Does any definition belong to or encapsulate that space? "dhcp4" and "dhcp6" always do. */
bool dict_has_space(const struct dict *dict, const char *space);
/* Names of spaces, each at least once, to suggest from; *ret_n of them, in the arena. */
const char **dict_spaces(const struct dict *dict, struct arena *arena, size_t *ret_n);
/* Names of a space's options, to suggest from; *ret_n of them, in the arena. */
const char **dict_names(const struct dict *dict, const char *space, struct arena *arena, size_t *ret_n);
/* A definition with that name in any space; NULL if there is none. */
const struct optdef *dict_name_anywhere(const struct dict *dict, const char *name);
/* "dhcp4" or "dhcp6". */
const char *dict_main_space(const struct dict *dict);
