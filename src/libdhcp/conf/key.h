/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "json/read.h"

/*
 * Configuration keys are rows. A scope is the table of the keys that may stand in one kind of map; a
 * row says the key's name, type, field, range, default and meaning. Reading, printing (config-get),
 * suggestions and the reference manual walk the same rows.
 *
 *	struct relay_conf { struct conf_node node; struct conf_strings ip_addresses; };
 *	static const struct key relay_keys[] = {
 *		K_STRINGS(struct relay_conf, ip_addresses, "ip-addresses", .families = KEY_DHCP,
 *			  .since = "4.0.0", .doc = "relay addresses that select the scope"),
 *	};
 *	const struct scope relay_scope = SCOPE("relay", struct relay_conf, relay_keys);
 *
 * A key whose feature is not there yet has its row too, with `refuse` instead of `since`: it is
 * recognised and its type checked, and refused by name unless its value switches the feature off (the
 * default, false, 0, "", "off", "disabled", [] or {}).
 */
enum key_type {
	KEY_BOOL,    /* struct opt_bool */
	KEY_INT,     /* struct opt_int */
	KEY_REAL,    /* struct opt_real */
	KEY_STRING,  /* struct opt_str */
	KEY_ENUM,    /* struct opt_int: index of the word; words compare without case */
	KEY_STRINGS, /* struct conf_strings */
	KEY_MAP,     /* struct conf_map: one of `scope`, made of defaults when it is absent */
	KEY_LIST,    /* struct conf_list: many of `scope` */
	KEY_JSON,    /* struct json_object *: kept as it is */
};

enum { KEY_4 = 1, KEY_6 = 2, KEY_D2 = 4, KEY_DHCP = KEY_4 | KEY_6, KEY_ALL = 7 };

/*
 * `v` is the default (or 0, NULL) while `set` is false. `bad`: the value is in the text, but wrong, and that has been
 * reported: what is checked against it would say nothing. The two come first in each of them.
 */
struct opt_bool {
	bool set, bad;
	bool v;
};
struct opt_int {
	bool set, bad;
	int64_t v;
};
struct opt_real {
	bool set, bad;
	double v;
};
struct opt_str {
	bool set, bad;
	const char *v;
};
struct conf_strings {
	bool set, bad; /* bad: there were more, or something else */
	const char **v;
	struct pos *pos; /* of each */
	unsigned n;
};
struct conf_map {
	bool set, bad;
	void *v;
};
struct conf_list {
	bool set, bad; /* bad: some are not here, or something in one is wrong */
	void *v;
	unsigned n;
};

/* First member of every struct that is read from a map. */
struct conf_node {
	struct json_object *json; /* the map; NULL when it was absent. Lives as long as the document */
};

struct scope;

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	unsigned families;         /* KEY_4 | KEY_6 | KEY_D2; 0 = both of DHCP */
	int64_t min, max;          /* KEY_INT; max 0 = UINT32_MAX */
	double min_real, max_real; /* KEY_REAL; both 0 = 0..1 */
	const char *def;           /* default as JSON text; NULL = unset */
	const char *def6;          /* where DHCPv6 differs */
	const char *const *words;  /* KEY_ENUM, NULL-terminated */
	const struct scope *scope; /* KEY_MAP, KEY_LIST */
	const char *unit;          /* "s", "ms", NULL */
	bool inherit;              /* an inner scope without it takes that of the outer one */
	bool required;
	const char
		*replaced_by; /* an old spelling of that key: same field, read with a warning; a list may be one text */
	bool bool_word;       /* KEY_ENUM: true and false mean the words "always" and "never" */
	bool number_text;     /* KEY_STRING: a number is taken as its text */
	const char *since;    /* version it works since */
	const char *refuse;   /* what is not supported yet, for "... not supported yet" */
	const char *doc;
};

struct scope {
	const char *name;  /* as errors call it: "subnet" */
	const char *name6; /* in DHCPv6, NULL: the same */
	const struct key *keys;
	unsigned n;
	size_t size;
};

#define SCOPE(scope_name, type, table)                                                                           \
	{                                                                                                        \
		.name = scope_name, .keys = table, .n = sizeof(table) / sizeof((table)[0]), .size = sizeof(type) \
	}

static inline const char *scope_name(const struct scope *scope, unsigned family)
{
	return family == KEY_6 && scope->name6 ? scope->name6 : scope->name;
}

/* The offset of a field; does not compile when its type is not `want`. */
#define CONF_FIELD(type, field, want) \
	(offsetof(type, field) +      \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->field), want) ? 1 : -1]))

#define K_BOOL(s, f, n, ...)                                                                          \
	{                                                                                             \
		.name = n, .type = KEY_BOOL, .offset = CONF_FIELD(s, f, struct opt_bool), __VA_ARGS__ \
	}
#define K_INT(s, f, n, ...)                                                                         \
	{                                                                                           \
		.name = n, .type = KEY_INT, .offset = CONF_FIELD(s, f, struct opt_int), __VA_ARGS__ \
	}
#define K_REAL(s, f, n, ...)                                                                          \
	{                                                                                             \
		.name = n, .type = KEY_REAL, .offset = CONF_FIELD(s, f, struct opt_real), __VA_ARGS__ \
	}
#define K_STRING(s, f, n, ...)                                                                         \
	{                                                                                              \
		.name = n, .type = KEY_STRING, .offset = CONF_FIELD(s, f, struct opt_str), __VA_ARGS__ \
	}
#define K_ENUM(s, f, n, ...)                                                                         \
	{                                                                                            \
		.name = n, .type = KEY_ENUM, .offset = CONF_FIELD(s, f, struct opt_int), __VA_ARGS__ \
	}
#define K_STRINGS(s, f, n, ...)                                                                              \
	{                                                                                                    \
		.name = n, .type = KEY_STRINGS, .offset = CONF_FIELD(s, f, struct conf_strings), __VA_ARGS__ \
	}
#define K_MAP(s, f, n, sc, ...)                                                                                      \
	{                                                                                                            \
		.name = n, .type = KEY_MAP, .offset = CONF_FIELD(s, f, struct conf_map), .scope = &(sc), __VA_ARGS__ \
	}
#define K_LIST(s, f, n, sc, ...)                                                                                       \
	{                                                                                                              \
		.name = n, .type = KEY_LIST, .offset = CONF_FIELD(s, f, struct conf_list), .scope = &(sc), __VA_ARGS__ \
	}
#define K_JSON(s, f, n, ...)                                                                               \
	{                                                                                                  \
		.name = n, .type = KEY_JSON, .offset = CONF_FIELD(s, f, struct json_object *), __VA_ARGS__ \
	}
/* user-context and comment, which may stand in nearly every map. */
#define K_COMMENT(s)                                                                   \
	K_JSON(s, user_context, "user-context", .families = KEY_ALL, .since = "4.0.0", \
	       .doc = "free JSON kept with the object"),                               \
		K_STRING(s, comment, "comment", .families = KEY_ALL, .since = "4.0.0", \
			 .doc = "shorthand stored as user-context.comment")

/* What reading and checking share. */
struct conf_reader {
	unsigned family; /* KEY_4, KEY_6 or KEY_D2 */
	struct diag *diag;
	struct arena *arena;            /* of the result */
	const struct scope *const *all; /* NULL-terminated: where else a misplaced key may belong */
};

/*
 * Reads a map into the struct at `out` (scope->size bytes, zeroed by this). Always goes to the end; returns false
 * if anything in it was wrong, which is in diag. What is right can still be checked then: fields that are wrong are
 * `bad`, and lists hold all of their maps.
 */
bool conf_read(const struct conf_reader *rd, const struct scope *scope, struct json_object *map, void *out);
/* The place of the value of `key` in the node's map, else of the map. */
struct pos conf_pos(const struct conf_node *node, const char *key);
/* True if the map is there and complete, but has no such key, nor one that may have been meant for it. */
bool conf_lacks(const struct conf_node *node, const char *key);

/* Which keys are known where, for the reader of a text whose top map is of that scope. */
struct json_shape conf_shape(const struct scope *top);

/* The struct as config-get shows it: values that were set, and defaults of the keys that work. */
struct json_object *conf_print(unsigned family, const struct scope *scope, const void *in);
/* A double that prints as the shortest text that reads back the same. */
struct json_object *json_shortest_double(double v);
/* All scopes as JSON: name, type, range, default, since or refused, doc. */
struct json_object *conf_schema(unsigned family, const struct scope *const *all);
/* The same as tables in Markdown: the reference manual. */
void conf_reference(unsigned family, const struct scope *const *all, FILE *to);
