/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "json/read.h"

/*
 * Configuration keys as table rows. A scope is the table of the keys allowed in one kind of map; a row has the
 * key's name, type, C field, range, default and meaning. Reading, inheritance, printing (config-get),
 * suggestions and the reference manual all walk these rows. Reading writes each C field with its declared type.
 *
 *	struct relay_conf { struct conf_node node; struct conf_strings ip_addresses; };
 *	static const struct key relay_keys[] = {
 *		K_STRINGS(struct relay_conf, ip_addresses, "ip-addresses", .families = KEY_DHCP,
 *			  .since = "4.0.0", .doc = "relay addresses that select the scope"),
 *	};
 *	const struct scope relay_scope = SCOPE("relay", struct relay_conf, relay_keys);
 *
 * A key that only some types of its map have a use for says so (for_types); the type is an enum, the first row of the
 * scope. With others it is an error unless its value is the default or turns its feature off, and its default is not
 * printed.
 *
 * A key for an unsupported feature also has a row, with `refuse` instead of `since`: it is recognized, its type
 * is checked, and it is rejected by name unless its value turns the feature off (the default, false, 0, "",
 * "off", "disabled", [] or {}).
 */
enum key_type {
	KEY_BOOL,    /* bool */
	KEY_INT,     /* uint8_t, uint16_t, uint32_t or uint64_t */
	KEY_REAL,    /* double */
	KEY_STRING,  /* const char *; NULL: not set */
	KEY_IP4,     /* uint32_t: an IPv4 address; "" is 0.0.0.0 */
	KEY_ENUM,    /* an enum or uint32_t: words are numbered from `min`, and compared ignoring case */
	KEY_STRINGS, /* struct conf_strings */
	KEY_INTS,    /* struct conf_ints: a list of integers; min and max as for KEY_INT */
	KEY_MAP,   /* pointer to the struct of `scope`, filled with defaults if the map is absent, see may_be_absent */
	KEY_LIST,  /* struct conf_list: a list of `scope` */
	KEY_JSON,  /* struct json_object *, unchanged */
	KEY_JSONS, /* struct json_object *, a list of maps, unchanged */
};

enum { KEY_4 = 1, KEY_6 = 2, KEY_D2 = 4, KEY_AGENT = 8, KEY_DHCP = KEY_4 | KEY_6, KEY_ALL = 15 };

struct conf_strings {
	const char **v;
	struct pos *pos; /* position of each */
	unsigned n;
};
struct conf_ints {
	uint32_t *v;
	unsigned n;
};
struct conf_list {
	void *v;
	unsigned n;
};

/* First member of every struct that is read from a map. */
struct conf_node {
	struct json_object *json;      /* the map; NULL if absent or detached. Lives as long as the document */
	const struct conf_node *outer; /* the scope it inherits from; NULL before conf_inherit() */
	uint8_t *marks;                /* CONF_MARK_* of the fields, by offset */
};

/*
 * Marks of a field. SET: the map has the key; otherwise the field has the default, an inherited value, or 0.
 * BAD: the value in the text is wrong, which has been reported, so checks that depend on it are meaningless. A
 * bad list lacks items or has an item with an error.
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

static inline void conf_unmark(struct conf_node *node, size_t offset, unsigned mark)
{
	node->marks[offset / CONF_MARKS_PER_BYTE] &= (uint8_t) ~(mark << offset % CONF_MARKS_PER_BYTE * CONF_MARK_BITS);
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
	/*
	 * KEY_INT: max 0 = UINT32_MAX. KEY_STRING: maximum number of characters, 0 = no limit. KEY_ENUM: min is the
	 * value of the first word
	 */
	int64_t min, max;
	double min_real, max_real; /* KEY_REAL; both 0 = 0..1 */
	const char *def;           /* default as JSON text; NULL = unset */
	const char *def6;          /* where DHCPv6 differs */
	const char *const *words;  /* KEY_ENUM, NULL-terminated */
	const struct scope *scope; /* KEY_MAP, KEY_LIST */
	const char *unit;          /* "s", "ms", NULL */
	bool inherit;              /* if not set, the outer scope's value applies */
	bool own_default;          /* with inherit: if no outer scope has the key, the default applies */
	bool empty_inherits;       /* with inherit: "" means not set */
	bool required;
	bool native;             /* not in Kea */
	bool expands;            /* with native: --print-config --kea prints other keys instead */
	bool may_be_absent;      /* KEY_MAP: without the map the field is NULL */
	unsigned for_types;      /* only with these values of the first row: 1 << value for each; 0: with any */
	bool loading;            /* KEY_LIST: only needed to build the configuration, see conf_detach() */
	const char *replaced_by; /* this is an old name of that key: same field, read with a warning; a list may be one
				    string */
	bool bool_word;          /* KEY_ENUM: true and false are accepted for "always" and "never" */
	const char *also;        /* names in other programs, separated by blanks: for suggestions */
	const char *since;       /* first version that supports it */
	const char *refuse;      /* what is not supported, for "... not supported yet" */
	const char *doc;
};

struct scope {
	const char *name;  /* name in error messages: "subnet" */
	const char *name6; /* same for DHCPv6; NULL: no difference */
	const struct key *keys;
	unsigned n;
	size_t size;
	size_t hands_down; /* inner scopes inherit fields before this offset; they have the same offset there */
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

/* The offset and size of a field; does not compile if its type is not one of those allowed. */
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
#define K_INTS(s, f, n, ...)                                                                                \
	{                                                                                                   \
		.name = n, .type = KEY_INTS, CONF_FIELD(s, f, CONF_IS(s, f, struct conf_ints)), __VA_ARGS__ \
	}
/* sc: the name of the scope and its struct, without _scope and _conf. */
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
#define K_JSONS(s, f, n, ...)                                                                                    \
	{                                                                                                        \
		.name = n, .type = KEY_JSONS, CONF_FIELD(s, f, CONF_IS(s, f, struct json_object *)), __VA_ARGS__ \
	}
/* user-context and comment, which nearly every map may contain. */
#define K_COMMENT(s)                                                                   \
	K_JSON(s, user_context, "user-context", .families = KEY_ALL, .since = "4.0.0", \
	       .doc = "free JSON kept with the object"),                               \
		K_STRING(s, comment, "comment", .families = KEY_ALL, .since = "4.0.0", \
			 .doc = "shorthand stored as user-context.comment")

/* Shared by reading and checking. */
struct conf_reader {
	unsigned family; /* KEY_4, KEY_6 or KEY_D2 */
	struct diag *diag;
	struct arena *arena;                   /* for the result, including its strings */
	struct arena *loading;                 /* for `loading` lists, whose strings are the document's; NULL: arena */
	const struct scope *const *all;        /* NULL-terminated: other scopes where a misplaced key may belong */
	const char *(*help)(const char *name); /* help for a key in none of them; NULL, or returns NULL: none */
};

/*
 * Reads a map into the struct at `out` (scope->size bytes, zeroed first). Always reads to the end; returns false
 * if there were errors, which are in diag. The correct parts can still be checked then: wrong fields are marked
 * BAD, and lists contain all their maps.
 */
bool conf_read(const struct conf_reader *rd, const struct scope *scope, struct json_object *map, void *out);
/*
 * Applies inheritance, once the outer scope has its own inherited values: inheritable fields that `inner` does
 * not set get the outer scope's values.
 */
void conf_inherit(const struct scope *scope, void *inner, const struct scope *outer_scope, const void *outer);
/*
 * Removes everything that refers to the document or to conf_reader.loading, so that both can be freed: positions,
 * KEY_JSON values, `loading` lists. The other values remain.
 */
void conf_detach(const struct scope *scope, void *in);
/* Returns the scope that provides an inherited field's value: the innermost that sets it, otherwise the outermost. */
const struct conf_node *conf_origin(const struct conf_node *node, size_t offset);
/* True if the scope or one that it inherits from sets the field, so it is not a default. */
bool conf_is_given(const struct conf_node *node, size_t offset);
/* True if an inherited field is wrong in its scope or in any scope up to the one that sets it. */
bool conf_is_unknown(const struct conf_node *node, size_t offset);
/* Returns the position of the value of `key` in the node's map, otherwise of the map. */
struct pos conf_pos(const struct conf_node *node, const char *key);
/* True if the map exists and is complete, but has neither this key nor one that was probably meant to be it. */
bool conf_lacks(const struct conf_node *node, const char *key);

/* The row that for_types is about; NULL if the scope has no rows. */
const struct key *conf_type_key(const struct scope *scope);
/* False if a key in the map that was read into `in` is for other values of its "type". */
bool conf_suits(const struct scope *scope, const struct key *key, const void *in);

/* Describes which keys are known where, to the reader of a text whose top-level map has this scope. */
struct json_shape conf_shape(const struct scope *top);

/*
 * Returns the struct as --print-config shows it: values that were set, and defaults of supported keys; asterisks in
 * place of passwords.
 */
struct json_object *conf_print(unsigned family, const struct scope *scope, const void *in);
/* Writes the text of the same, which never exists as JSON as a whole. The caller frees out->text. */
struct conf_output {
	struct str text;
	bool with_secrets;        /* passwords */
	struct json_object *more; /* lists, whose items are added to those of the outermost map; NULL: none */
	void (*take)(void *ctx,
		     struct str *text); /* called now and then: takes of the text what it likes; may be NULL */
	void *ctx;
};
void conf_write(unsigned family, const struct scope *scope, const void *in, struct conf_output *out);
/*
 * Same as conf_print, but only what was set, without keys that Kea does not have; warns about those that no other keys
 * replace.
 */
struct json_object *conf_print_set(unsigned family, const struct scope *scope, const void *in, struct diag *diag);
/* Returns a double that prints as the shortest text with the same value. */
struct json_object *json_shortest_double(double v);
/* Returns all scopes as JSON: name, type, range, default, since or refused, doc. */
struct json_object *conf_schema(unsigned family, const struct scope *const *all);
/* Returns one scope, with those in it, as JSON Schema; whatever that rejects, conf_read() rejects. */
struct json_object *conf_json_schema(unsigned family, const struct scope *scope);
/* Writes the same as Markdown tables: the reference manual. */
void conf_reference(unsigned family, const struct scope *const *all, FILE *to);
/* Writes the table of one scope, whose rows are called `what` in its header. */
void conf_reference_rows(unsigned family, const struct scope *scope, const char *what, FILE *to);
