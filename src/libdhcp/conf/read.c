/* SPDX-License-Identifier: MPL-2.0 */
#include "conf/key.h"

#include "base/ip.h"
#include "base/str.h"

#include <inttypes.h>

static bool read_map(const struct conf_reader *rd, const struct scope *scope, const char *name, struct json_object *map,
		     void *out);

static unsigned families(const struct key *key)
{
	return key->families ? key->families : KEY_DHCP;
}

static const struct key *find(const struct scope *scope, const char *name)
{
	unsigned i;

	for (i = 0; i < scope->n; i++)
		if (!strcmp(scope->keys[i].name, name))
			return &scope->keys[i];
	return NULL;
}

struct pos conf_pos(const struct conf_node *node, const char *key)
{
	struct json_object *value;

	if (key && node->json && json_object_object_get_ex(node->json, key, &value) && value)
		return json_pos(value);
	return json_pos(node->json);
}

bool conf_lacks(const struct conf_node *node, const char *key)
{
	return node->json && !json_is_cut(node->json) && !json_object_object_get_ex(node->json, key, NULL);
}

static enum json_kind kind_of(const struct key *key)
{
	switch (key->type) {
	case KEY_INTS:
		return JSON_SCALARS;
	case KEY_STRINGS:
		return key->replaced_by ? JSON_ANY : JSON_SCALARS;
	case KEY_MAP:
		return JSON_MAP;
	case KEY_LIST:
	case KEY_JSONS:
		return JSON_MAPS;
	case KEY_JSON:
		return JSON_MAP;
	default:
		return JSON_SCALAR;
	}
}

static enum json_kind shape_key(const void *scope, const char *name, size_t len, const void **ret_inner)
{
	const struct scope *in = scope;
	unsigned i;

	*ret_inner = NULL;
	for (i = 0; i < in->n; i++)
		if (strlen(in->keys[i].name) == len && !memcmp(in->keys[i].name, name, len)) {
			*ret_inner = in->keys[i].scope;
			return kind_of(&in->keys[i]);
		}
	return JSON_UNKNOWN;
}

struct json_shape conf_shape(const struct scope *top)
{
	return (struct json_shape){ .top = top, .key = shape_key };
}

/* --- unknown keys --- */

static void help_family(const struct conf_reader *rd, const struct key *key)
{
	diag_help(rd->diag, "\"%s\" is a %s key", key->name,
		  families(key) & KEY_6   ? "DHCPv6"
		  : families(key) & KEY_4 ? "DHCPv4"
					  : "DHCP-DDNS");
}

/* A misspelled key is present, but its value is unknown: marks the field it was meant for. */
static void take_for(const struct scope *scope, const char *name, void *out)
{
	conf_mark(out, find(scope, name)->offset, CONF_MARK_BAD);
	json_set_cut(((struct conf_node *)out)->json);
}

/* True if supported keys lead to this scope. The depth is that of the deepest map. */
static bool is_reached(const struct conf_reader *rd, const struct scope *scope, unsigned depth)
{
	bool is_inner = false;
	unsigned i, k;

	for (k = 0; depth && rd->all[k]; k++)
		for (i = 0; i < rd->all[k]->n; i++) {
			const struct key *key = &rd->all[k]->keys[i];

			if (key->scope != scope)
				continue;
			is_inner = true;
			if (!key->refuse && is_reached(rd, rd->all[k], depth - 1))
				return true;
		}
	return depth && !is_inner;
}

/* Finds a key by its name in other programs. */
static const char *by_other_word(const struct conf_reader *rd, const struct scope *scope, const char *name)
{
	size_t len = strlen(name);
	unsigned i;

	for (i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];
		const char *at = key->also && families(key) & rd->family ? strstr(key->also, name) : NULL;

		if (at && (at == key->also || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return key->name;
	}
	return NULL;
}

/* map_name: what errors call the map. */
static void unknown_key(const struct conf_reader *rd, const struct scope *scope, const char *map_name, const char *name,
			struct pos pos, void *out)
{
	const struct key *key = find(scope, name);
	const char *names[128], *near;
	unsigned n = 0, i, k;

	diag_error(rd->diag, pos, "unknown parameter \"%s\" in %s", name, map_name);
	if (key) {
		help_family(rd, key);
		return;
	}
	for (i = 0; i < scope->n && n < 128; i++)
		if (families(&scope->keys[i]) & rd->family)
			names[n++] = scope->keys[i].name;
	near = by_other_word(rd, scope, name);
	if (!near)
		near = diag_suggest(name, names, n);
	if (near) {
		diag_help(rd->diag, "did you mean \"%s\"?", near);
		take_for(scope, near, out);
		return;
	}
	for (k = 0; rd->all && rd->all[k]; k++) {
		key = find(rd->all[k], name);
		if (key && families(key) & rd->family && is_reached(rd, rd->all[k], 8)) {
			diag_help(rd->diag, "\"%s\" belongs in %s", name, scope_name(rd->all[k], rd->family));
			return;
		}
	}
	for (k = 0; rd->all && rd->all[k]; k++) {
		key = find(rd->all[k], name);
		if (key) {
			help_family(rd, key);
			return;
		}
	}
	if (rd->help && (near = rd->help(name)))
		diag_help(rd->diag, "%s", near);
}

/* --- types --- */

static const char *type_name(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return "a boolean";
	case json_type_double:
		return "a real number";
	case json_type_int:
		return "an integer";
	case json_type_object:
		return "a map";
	case json_type_array:
		return "a list";
	case json_type_string:
		return "a string";
	}
	return "something else";
}

static int64_t int_max(const struct key *key)
{
	return key->max ? key->max : UINT32_MAX;
}

static double real_max(const struct key *key)
{
	return key->min_real == 0 && key->max_real == 0 ? 1 : key->max_real;
}

static void add_words(const struct key *key, struct str *out)
{
	unsigned i;

	for (i = 0; key->words[i]; i++)
		str_addf(out, "%s\"%s\"", i ? ", " : "", key->words[i]);
	if (key->bool_word)
		str_add(out, ", true, false");
}

static void help_words(const struct conf_reader *rd, const struct key *key)
{
	struct str words = { 0 };

	add_words(key, &words);
	diag_help(rd->diag, "it is one of %s", str_text(&words));
	str_free(&words);
}

static bool wrong_type(const struct conf_reader *rd, const struct key *key, struct json_object *value)
{
	struct str want = { 0 };

	switch (key->type) {
	case KEY_BOOL:
		str_add(&want, "true or false");
		break;
	case KEY_INT:
		str_addf(&want, "an integer in %" PRId64 "..%" PRId64, key->min, int_max(key));
		break;
	case KEY_REAL:
		str_addf(&want, "a number in %g..%g", key->min_real, real_max(key));
		break;
	case KEY_STRING:
	case KEY_IP4:
		str_add(&want, "a string");
		break;
	case KEY_ENUM:
		str_add(&want, "one of ");
		add_words(key, &want);
		break;
	case KEY_STRINGS:
		str_add(&want, "a list of strings");
		break;
	case KEY_INTS:
		str_add(&want, "a list of integers");
		break;
	case KEY_MAP:
	case KEY_JSON:
		str_add(&want, "a map");
		break;
	case KEY_LIST:
	case KEY_JSONS:
		str_add(&want, "a list of maps");
		break;
	}
	diag_error(rd->diag, json_pos(value), "\"%s\" is %s, expected %s", key->name, type_name(value),
		   str_text(&want));
	str_free(&want);
	return false;
}

static void wrong_item(const struct conf_reader *rd, const struct key *key, struct json_object *item,
		       struct json_object *list, const char *expected)
{
	diag_error(rd->diag, json_pos(item ? item : list), "item of \"%s\" is %s, expected %s", key->name,
		   type_name(item), expected);
}

/* Writes a number with the size of the field. */
static void put_int(const struct key *key, void *field, uint64_t v)
{
	switch (key->size) {
	case sizeof(uint8_t):
		*(uint8_t *)field = (uint8_t)v;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)field = (uint16_t)v;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)field = (uint32_t)v;
		break;
	default:
		*(uint64_t *)field = v;
	}
}

static bool read_enum(const struct conf_reader *rd, const struct key *key, struct json_object *value, void *field)
{
	const char *text;
	struct str words = { 0 };
	unsigned n;

	if (key->bool_word && json_object_is_type(value, json_type_boolean))
		text = json_object_get_boolean(value) ? "always" : "never";
	else if (json_object_is_type(value, json_type_string))
		text = json_object_get_string(value);
	else
		return wrong_type(rd, key, value);
	for (n = 0; key->words[n]; n++)
		if (str_case_equal(key->words[n], text)) {
			put_int(key, field, (uint64_t)key->min + n);
			return true;
		}
	add_words(key, &words);
	diag_error(rd->diag, json_pos(value), "\"%s\" is \"%s\", expected one of %s", key->name, text,
		   str_text(&words));
	str_free(&words);
	(void)diag_help_near(rd->diag, text, key->words, n);
	return false;
}

/* Returns the text as it lives as long as the result. */
static const char *keep(const struct conf_reader *rd, const char *text)
{
	return rd->arena == rd->loading ? text : arena_strdup(rd->arena, text);
}

static void add_string(const struct conf_reader *rd, struct conf_strings *out, struct json_object *item)
{
	out->pos[out->n] = json_pos(item);
	out->v[out->n++] = keep(rd, json_object_get_string(item));
}

static bool read_strings(const struct conf_reader *rd, const struct key *key, struct json_object *value,
			 struct conf_strings *out)
{
	/* An old name may accept a single string instead of a list. */
	bool is_one = key->replaced_by && json_object_is_type(value, json_type_string), ok = true;
	size_t n, i;

	if (!is_one && !json_object_is_type(value, json_type_array))
		return wrong_type(rd, key, value);
	n = is_one ? 1 : json_object_array_length(value);
	out->v = arena_new_array(rd->arena, const char *, n);
	out->pos = arena_new_array(rd->arena, struct pos, n);
	if (is_one) {
		add_string(rd, out, value);
		return true;
	}
	for (i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(value, i);

		if (json_object_is_type(item, json_type_string) && !json_is_broken(item)) {
			add_string(rd, out, item);
			continue;
		}
		ok = false;
		if (!json_is_broken(item))
			wrong_item(rd, key, item, value, "a string");
	}
	return ok;
}

static bool read_ints(const struct conf_reader *rd, const struct key *key, struct json_object *value,
		      struct conf_ints *out)
{
	size_t n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
	bool ok = true;

	if (!json_object_is_type(value, json_type_array))
		return wrong_type(rd, key, value);
	out->v = arena_new_array(rd->arena, uint32_t, n);
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(value, i);
		int64_t v = json_object_is_type(item, json_type_int) ? json_object_get_int64(item) : key->min - 1;

		if (v >= key->min && v <= int_max(key)) {
			out->v[out->n++] = (uint32_t)v;
			continue;
		}
		ok = false;
		if (json_object_is_type(item, json_type_int))
			diag_error(rd->diag, json_pos(item),
				   "\"%s\" contains %" PRId64 ", not in %" PRId64 "..%" PRId64, key->name, v, key->min,
				   int_max(key));
		else if (!json_is_broken(item))
			wrong_item(rd, key, item, value, "an integer");
	}
	return ok;
}

static bool read_list(const struct conf_reader *rd, const struct key *key, struct json_object *value,
		      struct conf_list *out)
{
	struct conf_reader inner = *rd;
	bool ok = true;
	size_t n, i;

	if (!json_object_is_type(value, json_type_array))
		return wrong_type(rd, key, value);
	n = json_object_array_length(value);
	if (key->loading && rd->loading)
		inner.arena = rd->loading;
	out->v = arena_alloc_array(inner.arena, n, key->scope->size);
	for (i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(value, i);

		if (json_object_is_type(item, json_type_object)) {
			ok &= conf_read(&inner, key->scope, item, (char *)out->v + out->n++ * key->scope->size);
			continue;
		}
		ok = false;
		if (!json_is_broken(item))
			wrong_item(rd, key, item, value, "a map");
	}
	return ok;
}

static bool read_jsons(const struct conf_reader *rd, const struct key *key, struct json_object *value,
		       struct json_object **out)
{
	bool ok = true;

	if (!json_object_is_type(value, json_type_array))
		return wrong_type(rd, key, value);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *item = json_object_array_get_idx(value, i);

		if (json_object_is_type(item, json_type_object))
			continue;
		ok = false;
		if (!json_is_broken(item))
			wrong_item(rd, key, item, value, "a map");
	}
	*out = value;
	return ok;
}

static bool is_off(const struct conf_reader *rd, const struct key *key, struct json_object *value);

/* A map is off if its switch ("enable-...") is off, or if everything in it is that is unsupported or required. */
static bool map_is_off(const struct conf_reader *rd, const struct scope *scope, struct json_object *map)
{
	json_object_object_foreach(map, name, value)
	{
		if (!strncmp(name, "enable-", 7) && json_object_is_type(value, json_type_boolean) &&
		    !json_object_get_boolean(value))
			return true;
	}
	json_object_object_foreach(map, member, inner)
	{
		const struct key *key = find(scope, member);

		if (!key || ((key->refuse || key->required) && !is_off(rd, key, inner)))
			return false;
	}
	return true;
}

/* True if the value of an unsupported key leaves its feature turned off. */
static bool is_off(const struct conf_reader *rd, const struct key *key, struct json_object *value)
{
	const char *def = rd->family == KEY_6 && key->def6 ? key->def6 : key->def;
	const char *text =
		json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (def && !strcmp(def, text))
		return true;
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		return !json_object_get_boolean(value);
	case json_type_int:
		return json_object_get_int64(value) == 0;
	case json_type_double:
		return json_object_get_double(value) == 0 ||
		       (def && strtod(def, NULL) == json_object_get_double(value));
	case json_type_string:
		return json_object_get_string_len(value) == 0 || !strcasecmp(json_object_get_string(value), "off") ||
		       !strcasecmp(json_object_get_string(value), "disable") ||
		       !strcasecmp(json_object_get_string(value), "disabled") ||
		       (def && def[0] == '"' && strlen(def) == strlen(json_object_get_string(value)) + 2 &&
			!strncasecmp(def + 1, json_object_get_string(value), strlen(def) - 2));
	case json_type_array:
		return json_object_array_length(value) == 0;
	case json_type_object:
		return json_object_object_length(value) == 0 ||
		       (key->type == KEY_MAP && map_is_off(rd, key->scope, value));
	default:
		return true;
	}
}

static bool read_int(const struct conf_reader *rd, const struct key *key, struct json_object *value, void *field)
{
	int64_t v;

	if (!json_object_is_type(value, json_type_int))
		return wrong_type(rd, key, value);
	v = json_object_get_int64(value);
	if (v < key->min || v > int_max(key)) {
		diag_error(rd->diag, json_pos(value), "\"%s\" is %" PRId64 ", not in %" PRId64 "..%" PRId64 "%s%s",
			   key->name, v, key->min, int_max(key), key->unit ? " " : "", key->unit ? key->unit : "");
		return false;
	}
	put_int(key, field, (uint64_t)v);
	return true;
}

static bool read_real(const struct conf_reader *rd, const struct key *key, struct json_object *value, void *field)
{
	double v;

	if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
		return wrong_type(rd, key, value);
	v = json_object_get_double(value);
	if (v < key->min_real || v > real_max(key)) {
		diag_error(rd->diag, json_pos(value), "\"%s\" is %g, not in %g..%g", key->name, v, key->min_real,
			   real_max(key));
		return false;
	}
	*(double *)field = v;
	return true;
}

/* Returns NULL after an error. */
static const char *read_text(const struct conf_reader *rd, const struct key *key, struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string)) {
		(void)wrong_type(rd, key, value);
		return NULL;
	}
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value)) {
		diag_error(rd->diag, json_pos(value), "\"%s\" contains a NUL character", key->name);
		return NULL;
	}
	if (key->type == KEY_STRING && key->max && strlen(text) > (size_t)key->max) {
		diag_error(rd->diag, json_pos(value), "\"%s\" is longer than %" PRId64 " characters", key->name,
			   key->max);
		return NULL;
	}
	return text;
}

static bool read_ip4(const struct conf_reader *rd, const struct key *key, struct json_object *value, void *field)
{
	const char *text = read_text(rd, key, value);
	struct ip ip = ip_from4(0);

	if (!text)
		return false;
	if (text[0] && (ip_parse(text, &ip) < 0 || !ip_is4(&ip))) {
		diag_error(rd->diag, json_pos(value), "\"%s\": \"%s\" is not an IPv4 address", key->name, text);
		return false;
	}
	*(uint32_t *)field = ip_to4(&ip);
	return true;
}

/* Fields of this type are pointers to various structs. */
static void *new_map(const struct conf_reader *rd, const struct key *key, void *field)
{
	void *map = arena_alloc(rd->arena, key->scope->size);

	memcpy(field, &map, sizeof(map));
	return map;
}

static bool read_value(const struct conf_reader *rd, const struct key *key, struct json_object *value, void *field)
{
	switch (key->type) {
	case KEY_BOOL:
		if (!json_object_is_type(value, json_type_boolean))
			return wrong_type(rd, key, value);
		*(bool *)field = json_object_get_boolean(value);
		return true;
	case KEY_INT:
		return read_int(rd, key, value, field);
	case KEY_REAL:
		return read_real(rd, key, value, field);
	case KEY_STRING: {
		const char *text = read_text(rd, key, value);

		if (text)
			*(const char **)field = keep(rd, text);
		return text != NULL;
	}
	case KEY_IP4:
		return read_ip4(rd, key, value, field);
	case KEY_ENUM:
		return read_enum(rd, key, value, field);
	case KEY_INTS:
		return read_ints(rd, key, value, field);
	case KEY_STRINGS:
		return read_strings(rd, key, value, field);
	case KEY_MAP:
		if (!json_object_is_type(value, json_type_object))
			return wrong_type(rd, key, value);
		return read_map(rd, key->scope, key->name, value, new_map(rd, key, field));
	case KEY_LIST:
		return read_list(rd, key, value, field);
	case KEY_JSONS:
		return read_jsons(rd, key, value, field);
	case KEY_JSON:
		if (!json_object_is_type(value, json_type_object))
			return wrong_type(rd, key, value);
		*(struct json_object **)field = value;
		return true;
	}
	return false;
}

static bool read_field(const struct conf_reader *rd, const struct key *key, struct json_object *value, void *out)
{
	bool ok = read_value(rd, key, value, (char *)out + key->offset), is_there = ok;

	/* With an error inside, the value is still present. */
	if (key->type == KEY_STRINGS || key->type == KEY_INTS || key->type == KEY_LIST)
		is_there |= json_object_is_type(value, json_type_array);
	if (key->type == KEY_MAP)
		is_there |= json_object_is_type(value, json_type_object);
	if (is_there)
		conf_mark(out, key->offset, CONF_MARK_SET);
	return ok;
}

static bool read_key(const struct conf_reader *rd, const char *map_name, const struct key *key,
		     struct json_object *value, void *out)
{
	if (!value) {
		diag_error(rd->diag, json_pos(((struct conf_node *)out)->json), "\"%s\" is null in %s", key->name,
			   map_name);
		return false;
	}
	if (key->replaced_by) {
		diag_warn(rd->diag, json_key_pos(value), "\"%s\" is deprecated: use \"%s\"", key->name,
			  key->replaced_by);
	}
	if (!key->refuse)
		return read_field(rd, key, value, out);
	/* Off: kept, so that it is printed again. On: rejected as a whole, without checking its content. */
	if (is_off(rd, key, value))
		return key->type == KEY_MAP || key->type == KEY_LIST || read_field(rd, key, value, out);
	if (key->type != KEY_MAP && key->type != KEY_LIST && !read_field(rd, key, value, out))
		return false;
	diag_error(rd->diag, json_key_pos(value), "\"%s\": %s not supported yet", key->name, key->refuse);
	return false;
}

/* Sets the default of a key from the JSON text in its row. */
static void set_default(const struct conf_reader *rd, const struct key *key, void *out)
{
	const char *def = rd->family == KEY_6 && key->def6 ? key->def6 : key->def;
	char *field = (char *)out + key->offset;
	struct ip ip;
	unsigned i;

	if (key->may_be_absent)
		return;
	if (key->type == KEY_MAP) {
		(void)conf_read(rd, key->scope, NULL, new_map(rd, key, field));
		return;
	}
	/* An inner scope gets the outer scope's value. */
	if (!def || (key->inherit && !key->own_default))
		return;
	switch (key->type) {
	case KEY_BOOL:
		*(bool *)field = def[0] == 't';
		break;
	case KEY_INT:
		put_int(key, field, strtoull(def, NULL, 10));
		break;
	case KEY_REAL:
		*(double *)field = strtod(def, NULL);
		break;
	case KEY_STRING:
		*(const char **)field = def[1] == '"' ? "" : arena_strndup(rd->arena, def + 1, strlen(def) - 2);
		break;
	case KEY_IP4:
		if (ip_parse_n(def + 1, strlen(def) - 2, &ip) == 0)
			*(uint32_t *)field = ip_to4(&ip);
		break;
	case KEY_ENUM:
		for (i = 0; key->words[i]; i++)
			if (strlen(key->words[i]) == strlen(def) - 2 &&
			    !strncmp(key->words[i], def + 1, strlen(def) - 2))
				put_int(key, field, (uint64_t)key->min + i);
		break;
	default:
		break;
	}
}

static bool has_required(const struct conf_reader *rd, const struct scope *scope, const char *map_name, const void *out)
{
	const struct conf_node *node = out;
	bool ok = true;
	unsigned i;

	for (i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];

		if (!key->required || !(families(key) & rd->family) || !conf_lacks(node, key->name))
			continue;
		diag_error(rd->diag, json_pos(node->json), "\"%s\" is missing in %s", key->name, map_name);
		if (key->words)
			help_words(rd, key);
		ok = false;
	}
	return ok;
}

/* --- keys for some types --- */

const struct key *conf_type_key(const struct scope *scope)
{
	return scope->n ? &scope->keys[0] : NULL;
}

static uint32_t type_value(const struct key *type, const void *in)
{
	return *(const uint32_t *)(const void *)((const char *)in + type->offset) - (uint32_t)type->min;
}

bool conf_suits(const struct scope *scope, const struct key *key, const void *in)
{
	return !key->for_types || key->for_types >> type_value(conf_type_key(scope), in) & 1;
}

static void add_types(const struct key *key, const struct key *type, struct str *out)
{
	const char *before = "";

	for (unsigned i = 0; type->words[i]; i++)
		if (key->for_types >> i & 1) {
			str_addf(out, "%s\"%s\"", before, type->words[i]);
			before = " or ";
		}
}

/* True if a key for other types means nothing with this value: "persist": false would. */
static bool says_nothing(const struct conf_reader *rd, const struct key *key, struct json_object *value)
{
	bool is_on_by_default = key->type == KEY_BOOL && key->def && key->def[0] == 't';

	return is_off(rd, key, value) && (!is_on_by_default || json_object_get_boolean(value));
}

static bool check_types(const struct conf_reader *rd, const struct scope *scope, const void *out)
{
	const struct conf_node *node = out;
	const struct key *type = conf_type_key(scope);
	bool ok = true;

	if (!type || conf_marked(node, type->offset, CONF_MARK_BAD) || !conf_marked(node, type->offset, CONF_MARK_SET))
		return true;
	for (unsigned i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];
		struct json_object *value;
		struct str types = { 0 };

		if (conf_suits(scope, key, out) || !json_object_object_get_ex(node->json, key->name, &value) ||
		    !value || says_nothing(rd, key, value))
			continue;
		add_types(key, type, &types);
		diag_error(rd->diag, json_key_pos(value), "\"%s\" is for \"%s\": %s, not \"%s\"", key->name, type->name,
			   str_text(&types), type->words[type_value(type, out)]);
		str_free(&types);
		ok = false;
	}
	return ok;
}

/*
 * "comment" is short for "comment" in "user-context". Kea rejects it after a user-context that contains a
 * comment, but lets it override one in a later user-context.
 */
static bool check_comment(const struct conf_reader *rd, struct json_object *map)
{
	struct json_object *comment, *context, *inner, *first = NULL;

	if (!json_object_object_get_ex(map, "comment", &comment) ||
	    !json_object_object_get_ex(map, "user-context", &context) ||
	    !json_object_is_type(context, json_type_object) || !json_object_object_get_ex(context, "comment", &inner))
		return true;
	json_object_object_foreach(map, name, value)
	{
		(void)name;
		if (!first && (value == comment || value == context))
			first = value;
	}
	if (first == comment) {
		diag_warn(rd->diag, json_key_pos(inner), "this comment is ignored: \"comment\" is set next to it");
		diag_note(rd->diag, json_key_pos(comment), "this one counts");
		return true;
	}
	diag_error(rd->diag, json_key_pos(comment), "duplicate comment: \"user-context\" has one");
	diag_note(rd->diag, json_key_pos(inner), "first defined here");
	return false;
}

static bool read_map(const struct conf_reader *rd, const struct scope *scope, const char *map_name,
		     struct json_object *map, void *out)
{
	struct conf_node *node = out;
	bool ok = true;
	unsigned i;

	memset(out, 0, scope->size);
	node->json = map;
	node->marks = arena_alloc(rd->arena, scope->size / CONF_MARKS_PER_BYTE + 1);
	for (i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];

		if (key->families && !(key->families & rd->family))
			continue;
		if (key->replaced_by)
			continue;
		set_default(rd, key, out);
	}
	if (!map)
		return true;
	json_object_object_foreach(map, name, value)
	{
		const struct key *key = find(scope, name);

		if (!key || !(families(key) & rd->family)) {
			unknown_key(rd, scope, map_name, name, value ? json_key_pos(value) : json_pos(map), out);
			ok = false;
			continue;
		}
		/* An old spelling that says nothing may be next to the new one. */
		if (key->replaced_by && json_object_object_get_ex(map, key->replaced_by, NULL)) {
			if (is_off(rd, key, value))
				continue;
			diag_error(rd->diag, json_key_pos(value), "\"%s\" conflicts with \"%s\", its new name", name,
				   key->replaced_by);
			ok = false;
			continue;
		}
		/* The JSON reader has reported what it could not read. */
		if (json_is_broken(value) || !read_key(rd, map_name, key, value, out)) {
			conf_mark(out, key->offset, CONF_MARK_BAD);
			ok = false;
		}
	}
	ok &= check_comment(rd, map);
	ok &= check_types(rd, scope, out);
	return has_required(rd, scope, map_name, out) && ok;
}

bool conf_read(const struct conf_reader *rd, const struct scope *scope, struct json_object *map, void *out)
{
	return read_map(rd, scope, scope_name(scope, rd->family), map, out);
}

static void detach_list(const struct key *key, struct conf_list *list)
{
	for (unsigned i = 0; i < list->n && !key->loading; i++)
		conf_detach(key->scope, (char *)list->v + i * key->scope->size);
	if (key->loading)
		*list = (struct conf_list){ 0 };
}

void conf_detach(const struct scope *scope, void *in)
{
	((struct conf_node *)in)->json = NULL;
	for (unsigned i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];
		char *field = (char *)in + key->offset;
		void *map;

		switch (key->type) {
		case KEY_MAP:
			memcpy(&map, field, sizeof(map));
			if (map)
				conf_detach(key->scope, map);
			break;
		case KEY_LIST:
			detach_list(key, (struct conf_list *)(void *)field);
			break;
		case KEY_JSON:
		case KEY_JSONS:
			*(struct json_object **)(void *)field = NULL;
			break;
		default:
			break;
		}
	}
}
