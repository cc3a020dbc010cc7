/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "json/read.h"

/*
 * Configuration keys are rows. A scope is the table of the keys that may be in one kind of map; a row says the key's
 * name, type, C field, range, default and meaning. Reading, inheritance, printing (config-get), suggestions and the
 * reference manual walk the same rows. Reading writes the C field in the type that its user reads.
 *
 *	struct relay_conf { struct conf_node node; struct conf_strings ip_addresses; };
 *	static const struct key relay_keys[] = {
 *		K_STRINGS(struct relay_conf, ip_addresses, "ip-addresses", .families = KEY_DHCP,
 *			  .since = "4.0.0", .doc = "relay addresses that select the scope"),
 *	};
 *	const struct scope relay_scope = SCOPE("relay", struct relay_conf, relay_keys);
 *
 * A key whose feature is not there yet has its row too, with `refuse` instead of `since`: it is
 * recognized and its type checked, and refused by name unless its value switches the feature off (the
 * default, false, 0, "", "off", "disabled", [] or {}).
 */
enum key_type {
	KEY_BOOL,    /* bool */
	KEY_INT,     /* uint8_t, uint16_t, uint32_t or uint64_t */
	KEY_REAL,    /* double */
	KEY_STRING,  /* const char *; NULL: not set */
	KEY_IP4,     /* uint32_t: the text of an IPv4 address; "" is 0.0.0.0 */
	KEY_ENUM,    /* an enum or uint32_t: words count from `min`, and compare without case */
	KEY_STRINGS, /* struct conf_strings */
	KEY_MAP,     /* pointer to the struct of `scope`, made of defaults when the map is absent */
	KEY_LIST,    /* struct conf_list: many of `scope` */
	KEY_JSON,    /* struct json_object *: kept as it is */
};

enum { KEY_4 = 1, KEY_6 = 2, KEY_D2 = 4, KEY_DHCP = KEY_4 | KEY_6, KEY_ALL = 7 };

struct conf_strings {
	const char **v;
	struct pos *pos; /* of each */
	unsigned n;
};
struct conf_list {
	void *v;
	unsigned n;
};

/* First member of every struct that is read from a map. */
struct conf_node {
	struct json_object *json;      /* the map; NULL when it was absent. Lives as long as the document */
	const struct conf_node *outer; /* the scope that it inherits from; NULL before conf_inherit() */
	uint8_t *marks;                /* CONF_MARK_* of the fields, by their offset */
};

/*
 * Marks of a field. SET: the map has the key; without it the field is the default, or what is inherited, or 0. BAD:
 * the value in the text is wrong, and that has been reported: what is checked against it would say nothing. A list
 * that is bad lacks items, or something in one is wrong.
 */
enum { CONF_MARK_SET = 1, CONF_MARK_BAD = 2 };
#define CONF_MARK_BITS 2
#define CONF_MARKS_PER_BYTE (8 / CONF_MARK_BITS)

static inline bool conf_marked(const struct conf_node *node, size_t offset, unsigned mark)
{
	return node->marks[offset / CONF_MARKS_PER_BYTE] >> offset % CONF_MARKS_PER_BYTE * CONF_MARK_BITS & mark;
}

static inline void conf_mark(struct conf_node *node, size_t offset, unsigned mark)
{
	node->marks[offset / CONF_MARKS_PER_BYTE] |= (uint8_t)(mark << offset % CONF_MARKS_PER_BYTE * CONF_MARK_BITS);
}

#define CONF_OFFSET(conf, field) offsetof(__typeof__(*(conf)), field)
#define CONF_SET(conf, field) conf_marked(&(conf)->node, CONF_OFFSET(conf, field), CONF_MARK_SET)
#define CONF_BAD(conf, field) conf_marked(&(conf)->node, CONF_OFFSET(conf, field), CONF_MARK_BAD)

struct scope;

struct key {
	const char *name;
	enum key_type type;
	size_t offset, size; /* of the field */
	unsigned families;   /* KEY_4 | KEY_6 | KEY_D2; 0 = both of DHCP */
	/* KEY_INT; max 0 = UINT32_MAX. KEY_STRING: max characters, 0 = any number. KEY_ENUM: min is that of the first
	 * word */
	int64_t min, max;
	double min_real, max_real; /* KEY_REAL; both 0 = 0..1 */
	const char *def;           /* default as JSON text; NULL = unset */
	const char *def6;          /* where DHCPv6 differs */
	const char *const *words;  /* KEY_ENUM, NULL-terminated */
	const struct scope *scope; /* KEY_MAP, KEY_LIST */
	const char *unit;          /* "s", "ms", NULL */
	bool inherit;              /* a scope without it takes the outer one's value */
	bool own_default;          /* inherit: where no outer scope has the key, the default counts */
	bool empty_inherits;       /* inherit: "" means that the scope says nothing */
	bool required;
	const char
		*replaced_by; /* an old spelling of that key: same field, read with a warning; a list may be one text */
	bool bool_word;       /* KEY_ENUM: true and false mean the words "always" and "never" */
	bool number_text;     /* KEY_STRING: a number is taken as its text */
	const char *also;     /* what people call it who know other programs, words between spaces: for suggestions */
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
	size_t hands_down; /* inner scopes inherit what is before this offset; there it is at the same offset */
};

#define SCOPE(scope_name, type, table, ...)                                                                       \
	{                                                                                                         \
		.name = scope_name, .keys = table, .n = sizeof(table) / sizeof((table)[0]), .size = sizeof(type), \
		__VA_ARGS__                                                                                       \
	}

static inline const char *scope_name(const struct scope *scope, unsigned family)
{
	return family == KEY_6 && scope->name6 ? scope->name6 : scope->name;
}

/* The place of a field; does not compile when its type is not one of those. */
#define CONF_FIELD(s, field, is_right) \
	.offset = offsetof(s, field) + 0 * sizeof(char[(is_right) ? 1 : -1]), .size = sizeof(((s *)0)->field)
#define CONF_IS(s, field, want) __builtin_types_compatible_p(__typeof__(((s *)0)->field), want)
#define CONF_IS_UINT(s, field)                                                                       \
	(CONF_IS(s, field, uint8_t) || CONF_IS(s, field, uint16_t) || CONF_IS(s, field, uint32_t) || \
	 CONF_IS(s, field, uint64_t))
#define CONF_IS_ENUM(s, field) (sizeof(((s *)0)->field) == sizeof(uint32_t) && (__typeof__(((s *)0)->field))1 == 1)

#define K_BOOL(s, f, n, ...)                                                                    \
	{                                                                                       \
		.name = n, .type = KEY_BOOL, CONF_FIELD(s, f, CONF_IS(s, f, bool)), __VA_ARGS__ \
	}
#define K_INT(s, f, n, ...)                                                                   \
	{                                                                                     \
		.name = n, .type = KEY_INT, CONF_FIELD(s, f, CONF_IS_UINT(s, f)), __VA_ARGS__ \
	}
#define K_REAL(s, f, n, ...)                                                                      \
	{                                                                                         \
		.name = n, .type = KEY_REAL, CONF_FIELD(s, f, CONF_IS(s, f, double)), __VA_ARGS__ \
	}
#define K_STRING(s, f, n, ...)                                                                            \
	{                                                                                                 \
		.name = n, .type = KEY_STRING, CONF_FIELD(s, f, CONF_IS(s, f, const char *)), __VA_ARGS__ \
	}
#define K_IP4(s, f, n, ...)                                                                        \
	{                                                                                          \
		.name = n, .type = KEY_IP4, CONF_FIELD(s, f, CONF_IS(s, f, uint32_t)), __VA_ARGS__ \
	}
#define K_ENUM(s, f, n, ...)                                                                   \
	{                                                                                      \
		.name = n, .type = KEY_ENUM, CONF_FIELD(s, f, CONF_IS_ENUM(s, f)), __VA_ARGS__ \
	}
#define K_STRINGS(s, f, n, ...)                                                                                   \
	{                                                                                                         \
		.name = n, .type = KEY_STRINGS, CONF_FIELD(s, f, CONF_IS(s, f, struct conf_strings)), __VA_ARGS__ \
	}
/* sc: the name of the scope and of its struct, without _scope and _conf. */
#define K_MAP(s, f, n, sc, ...)                                                                                        \
	{                                                                                                              \
		.name = n, .type = KEY_MAP, CONF_FIELD(s, f, CONF_IS(s, f, struct sc##_conf *)), .scope = &sc##_scope, \
		__VA_ARGS__                                                                                            \
	}
#define K_LIST(s, f, n, sc, ...)                                                                                \
	{                                                                                                       \
		.name = n, .type = KEY_LIST, CONF_FIELD(s, f, CONF_IS(s, f, struct conf_list)), .scope = &(sc), \
		__VA_ARGS__                                                                                     \
	}
#define K_JSON(s, f, n, ...)                                                                                    \
	{                                                                                                       \
		.name = n, .type = KEY_JSON, CONF_FIELD(s, f, CONF_IS(s, f, struct json_object *)), __VA_ARGS__ \
	}
/* user-context and comment, which nearly every map may have. */
#define K_COMMENT(s)                                                                   \
	K_JSON(s, user_context, "user-context", .families = KEY_ALL, .since = "4.0.0", \
	       .doc = "free JSON kept with the object"),                               \
		K_STRING(s, comment, "comment", .families = KEY_ALL, .since = "4.0.0", \
			 .doc = "shorthand stored as user-context.comment")

/* What reading and checking share. */
struct conf_reader {
	unsigned family; /* KEY_4, KEY_6 or KEY_D2 */
	struct diag *diag;
	struct arena *arena;                   /* of the result */
	const struct scope *const *all;        /* NULL-terminated: where else a misplaced key may belong */
	const char *(*help)(const char *name); /* for a key that none of them has; NULL, or returns NULL: none */
};

/*
 * Reads a map into the struct at `out` (scope->size bytes, zeroed by this). Always goes to the end; returns false
 * if anything in it was wrong, which is in diag. What is right can still be checked then: fields that are wrong are
 * `bad`, and lists hold all of their maps.
 */
bool conf_read(const struct conf_reader *rd, const struct scope *scope, struct json_object *map, void *out);
/*
 * Applies inheritance, once the outer scope has what it inherits itself: fields marked for it that `inner` does not
 * set take the outer scope's values.
 */
void conf_inherit(const struct scope *scope, void *inner, const struct scope *outer_scope, const void *outer);
/* The scope that an inherited field has its value from: the innermost that sets it, else the outermost. */
const struct conf_node *conf_origin(const struct conf_node *node, size_t offset);
/* True if the scope or one that it inherits from sets the field: it is not a default. */
bool conf_is_given(const struct conf_node *node, size_t offset);
/* True if an inherited field is wrong in its scope or in any scope up to the one that sets it. */
bool conf_is_unknown(const struct conf_node *node, size_t offset);
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
