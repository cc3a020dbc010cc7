/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lookup of option definitions: two hash tables over the same rows, by space and code and by space and name,
 * chained through an entry per row. Filled at load time, read by all threads.
 */
#include "wire/dict.h"

#include "base/err.h"

#include <string.h>

enum { BUCKETS = 512 };

struct entry {
	const struct optdef *def;
	struct entry *next_code, *next_name;
};

struct dict {
	struct arena *arena;
	const struct dict *below; /* definitions that it does not have itself; NULL: none */
	int family;
	struct entry *by_code[BUCKETS];
	struct entry *by_name[BUCKETS];
};

static const char *const type_names[OPT_TYPES] = {
	[OPT_EMPTY] = "empty",
	[OPT_BINARY] = "binary",
	[OPT_BOOLEAN] = "boolean",
	[OPT_INT8] = "int8",
	[OPT_INT16] = "int16",
	[OPT_INT32] = "int32",
	[OPT_UINT8] = "uint8",
	[OPT_UINT16] = "uint16",
	[OPT_UINT32] = "uint32",
	[OPT_STRING] = "string",
	[OPT_FQDN] = "fqdn",
	[OPT_TUPLE] = "tuple",
	[OPT_IPV4_ADDRESS] = "ipv4-address",
	[OPT_IPV6_ADDRESS] = "ipv6-address",
	[OPT_IPV6_PREFIX] = "ipv6-prefix",
	[OPT_PSID] = "psid",
	[OPT_RECORD] = "record",
	[OPT_INTERNAL] = "internal",
};

const char *opt_type_name(enum opt_type type)
{
	return (unsigned)type < OPT_TYPES ? type_names[type] : NULL;
}

int opt_type_by_name(const char *name)
{
	for (int i = 0; i < OPT_TYPES; i++)
		if (strcmp(type_names[i], name) == 0)
			return i;
	return -E_NOENT;
}

uint32_t opt_type_size(enum opt_type type)
{
	switch (type) {
	case OPT_BOOLEAN:
	case OPT_INT8:
	case OPT_UINT8:
		return 1;
	case OPT_INT16:
	case OPT_UINT16:
		return 2;
	case OPT_PSID:
		return 3;
	case OPT_INT32:
	case OPT_UINT32:
	case OPT_IPV4_ADDRESS:
		return 4;
	case OPT_IPV6_ADDRESS:
		return 16;
	default:
		return 0;
	}
}

/* FNV-1a: names in a configuration are trusted, so no keyed hash is needed. */
static uint32_t hash_text(const char *text, uint32_t h)
{
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h;
}

static unsigned code_bucket(const char *space, uint16_t code)
{
	uint32_t h = hash_text(space, 2166136261u);

	h = (h ^ code) * 16777619u;
	return (h ^ h >> 16) % BUCKETS;
}

static unsigned name_bucket(const char *space, const char *name)
{
	uint32_t h = hash_text(name, hash_text(space, 2166136261u) * 16777619u);

	return (h ^ h >> 16) % BUCKETS;
}

static int insert(struct dict *dict, const struct optdef *def)
{
	struct entry *e = arena_new_obj(dict->arena, struct entry);
	unsigned code, name;

	if (!e)
		return -E_NOMEM;
	code = code_bucket(def->space, def->code);
	name = name_bucket(def->space, def->name);
	*e = (struct entry){ def, dict->by_code[code], dict->by_name[name] };
	dict->by_code[code] = e;
	dict->by_name[name] = e;
	return 0;
}

struct dict *dict_new(struct arena *arena, int family)
{
	struct dict *dict = arena_new_obj(arena, struct dict);
	const struct optdef *rows = family ? dict6 : dict4;
	unsigned n = family ? dict6_n : dict4_n;

	if (!dict)
		return NULL;
	dict->arena = arena;
	dict->family = family;
	for (unsigned i = 0; i < n; i++)
		if (insert(dict, &rows[i]) < 0)
			return NULL;
	return dict;
}

struct dict *dict_over(struct arena *arena, const struct dict *below)
{
	struct dict *dict = arena_new_obj(arena, struct dict);

	if (!dict)
		return NULL;
	dict->arena = arena;
	dict->below = below;
	dict->family = below->family;
	return dict;
}

/* The end of such a value is unknown, so nothing may follow it. */
static bool takes_the_rest(enum opt_type type)
{
	return type == OPT_STRING || type == OPT_BINARY;
}

const char *optdef_fault(const struct optdef *def)
{
	if (!def->name || !*def->name || !def->space || !*def->space)
		return "name and space must not be empty";
	if ((unsigned)def->type >= OPT_TYPES || (def->type == OPT_RECORD) != (def->record_n > 0))
		return "only type \"record\" has \"record-types\"";
	if (def->array && def->encapsulate && *def->encapsulate)
		return "an array cannot have sub-options";
	if (def->array && (def->type == OPT_EMPTY || def->type == OPT_INTERNAL))
		return "this type cannot be an array";
	if (def->array && takes_the_rest(def->record_n ? def->record[def->record_n - 1] : def->type))
		return "a string or binary value takes the rest of the option, so it cannot be repeated";
	for (unsigned i = 0; i < def->record_n; i++) {
		if ((unsigned)def->record[i] >= OPT_TYPES || def->record[i] == OPT_RECORD ||
		    def->record[i] == OPT_EMPTY || def->record[i] == OPT_INTERNAL)
			return "a record cannot contain a field of this type";
		if (takes_the_rest(def->record[i]) && i + 1 < def->record_n)
			return "a string or binary field takes the rest of the option, so it must be the last one";
	}
	return NULL;
}

static bool is_built_in(const struct dict *dict, const struct optdef *def)
{
	return dict->family ? def >= dict6 && def < dict6 + dict6_n : def >= dict4 && def < dict4 + dict4_n;
}

static bool has(const struct dict *dict, const struct optdef *def)
{
	const struct entry *e = dict->by_code[code_bucket(def->space, def->code)];

	while (e && e->def != def)
		e = e->next_code;
	return e != NULL;
}

/* RFC 2132 8.4: the content of option 43 is up to the vendor. */
static bool may_hide(const struct dict *dict, const struct optdef *old)
{
	if (!old || old->ours)
		return true;
	if (!is_built_in(dict, old))
		return !has(dict, old);
	return !dict->family && old->code == 43 && !strcmp(old->space, "dhcp4");
}

int dict_add(struct dict *dict, const struct optdef *def)
{
	struct optdef *own;

	if (optdef_fault(def))
		return -E_INVAL;
	if (!may_hide(dict, dict_by_code(dict, def->space, def->code)) ||
	    !may_hide(dict, dict_by_name(dict, def->space, def->name)))
		return -E_EXIST;
	own = arena_dup(dict->arena, def, sizeof(*def));
	if (!own)
		return -E_NOMEM;
	own->name = arena_strdup(dict->arena, def->name);
	own->space = arena_strdup(dict->arena, def->space);
	own->ours = false;
	own->wide_tuple = def->wide_tuple || dict->family;
	own->encapsulate = NULL;
	if (def->encapsulate && *def->encapsulate)
		own->encapsulate = arena_strdup(dict->arena, def->encapsulate);
	if (def->record_n)
		own->record = arena_dup(dict->arena, def->record, def->record_n * sizeof(*def->record));
	if (!own->name || !own->space || (def->record_n && !own->record) ||
	    (def->encapsulate && *def->encapsulate && !own->encapsulate))
		return -E_NOMEM;
	return insert(dict, own);
}

const struct optdef *dict_by_code(const struct dict *dict, const char *space, uint16_t code)
{
	unsigned bucket = code_bucket(space, code);

	for (; dict; dict = dict->below)
		for (const struct entry *e = dict->by_code[bucket]; e; e = e->next_code)
			if (e->def->code == code && strcmp(e->def->space, space) == 0)
				return e->def;
	return NULL;
}

const struct optdef *dict_by_name(const struct dict *dict, const char *space, const char *name)
{
	unsigned bucket = name_bucket(space, name);

	for (; dict; dict = dict->below)
		for (const struct entry *e = dict->by_name[bucket]; e; e = e->next_name)
			if (strcmp(e->def->name, name) == 0 && strcmp(e->def->space, space) == 0)
				return e->def;
	return NULL;
}

/* Walks over all definitions. */
struct walk {
	const struct dict *dict;
	unsigned bucket;
	const struct entry *entry;
};

static const struct optdef *next_def(struct walk *walk)
{
	const struct entry *entry = walk->entry;

	while (!entry && walk->dict) {
		if (walk->bucket < BUCKETS) {
			entry = walk->dict->by_code[walk->bucket++];
		} else {
			walk->dict = walk->dict->below;
			walk->bucket = 0;
		}
	}
	walk->entry = entry ? entry->next_code : NULL;
	return entry ? entry->def : NULL;
}

const struct optdef *dict_container(const struct dict *dict, const char *space)
{
	const char *main_space = dict_main_space(dict);
	struct walk walk = { .dict = dict };
	const struct optdef *def;

	while ((def = next_def(&walk)))
		if (def->encapsulate && !strcmp(def->encapsulate, space) && !strcmp(def->space, main_space))
			return def;
	return NULL;
}

bool dict_has_space(const struct dict *dict, const char *space)
{
	struct walk walk = { .dict = dict };
	const struct optdef *def;

	while ((def = next_def(&walk)))
		if (!strcmp(def->space, space) || (def->encapsulate && !strcmp(def->encapsulate, space)))
			return true;
	return false;
}

static size_t count_defs(const struct dict *dict)
{
	struct walk walk = { .dict = dict };
	size_t n = 0;

	while (next_def(&walk))
		n++;
	return n;
}

const char **dict_spaces(const struct dict *dict, struct arena *arena, size_t *ret_n)
{
	const char **names = arena_new_array(arena, const char *, 2 * count_defs(dict));
	struct walk walk = { .dict = names ? dict : NULL };
	const struct optdef *def;

	*ret_n = 0;
	while ((def = next_def(&walk))) {
		names[(*ret_n)++] = def->space;
		if (def->encapsulate)
			names[(*ret_n)++] = def->encapsulate;
	}
	return names;
}

const char **dict_names(const struct dict *dict, const char *space, struct arena *arena, size_t *ret_n)
{
	const char **names = arena_new_array(arena, const char *, count_defs(dict));
	struct walk walk = { .dict = names ? dict : NULL };
	const struct optdef *def;

	*ret_n = 0;
	while ((def = next_def(&walk)))
		if (!strcmp(def->space, space))
			names[(*ret_n)++] = def->name;
	return names;
}

const struct optdef *dict_name_anywhere(const struct dict *dict, const char *name)
{
	struct walk walk = { .dict = dict };
	const struct optdef *def;

	while ((def = next_def(&walk)))
		if (!strcmp(def->name, name))
			return def;
	return NULL;
}

const char *dict_main_space(const struct dict *dict)
{
	return dict->family ? "dhcp6" : "dhcp4";
}

const char *dict_vendor_space(const struct dict *dict, uint32_t enterprise)
{
	switch (enterprise) {
	case 4491: /* CableLabs */
		return dict->family ? "docsis3-v6" : "docsis3-v4";
	case 2495: /* ISC */
		return dict->family ? "4o6" : NULL;
	default:
		return NULL;
	}
}
