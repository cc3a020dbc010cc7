/* SPDX-License-Identifier: MPL-2.0 */
#include "conf/key.h"

#include "json/secret.h"
#include "json/write.h"

/* Formats the shortest text that reads back as the same value. */
struct json_object *json_shortest_double(double v)
{
	char text[40];
	int digits;

	for (digits = 1; digits < 18; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	if (!strpbrk(text, ".e")) {
		size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, ".0");
	}
	return json_object_new_double_s(v, text);
}

#define PIECE ((size_t)64 << 10) /* bytes of text that are worth taking */

/* How to print. */
struct printing {
	unsigned family;
	struct diag *diag; /* set: only what was set and Kea has */
	bool with_secrets;
};

static struct json_object *print_scope(const struct printing *how, const struct scope *scope, const void *in);

static struct json_object *print_strings(const struct conf_strings *strings)
{
	struct json_object *list = json_object_new_array();
	unsigned i;

	for (i = 0; i < strings->n; i++)
		json_object_array_add(list, json_object_new_string(strings->v[i]));
	return list;
}

static struct json_object *print_ints(const struct conf_ints *ints)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < ints->n; i++)
		json_object_array_add(list, json_object_new_int64(ints->v[i]));
	return list;
}

/* Returns the default of a supported key that it does not get from an outer scope; NULL if there is none. */
static struct json_object *print_default(const struct printing *how, const struct key *key)
{
	const char *def = how->family == KEY_6 && key->def6 ? key->def6 : key->def;

	if (how->diag || !def || !key->since || (key->inherit && !key->own_default))
		return NULL;
	switch (key->type) {
	case KEY_BOOL:
		return json_object_new_boolean(def[0] == 't');
	case KEY_INT:
		return json_object_new_int64(strtoll(def, NULL, 10));
	case KEY_REAL:
		return json_shortest_double(strtod(def, NULL));
	case KEY_STRING:
	case KEY_IP4:
	case KEY_ENUM:
		return json_object_new_string_len(def + 1, (int)strlen(def) - 2);
	default:
		return NULL;
	}
}

static int64_t get_int(const struct key *key, const void *field)
{
	switch (key->size) {
	case sizeof(uint8_t):
		return *(const uint8_t *)field;
	case sizeof(uint16_t):
		return *(const uint16_t *)field;
	case sizeof(uint32_t):
		return *(const uint32_t *)field;
	default:
		return (int64_t) * (const uint64_t *)field;
	}
}

static struct json_object *print_map(const struct printing *how, const struct key *key, const void *field, bool is_set)
{
	struct json_object *map;
	const void *v;

	memcpy(&v, field, sizeof(v));
	if (!v || (!is_set && (!key->since || key->may_be_absent || how->diag)))
		return NULL;
	map = print_scope(how, key->scope, v);
	if (is_set || json_object_object_length(map))
		return map;
	json_object_put(map);
	return NULL;
}

static struct json_object *print_list(const struct printing *how, const struct key *key, const struct conf_list *v)
{
	struct json_object *list = json_object_new_array();
	unsigned i;

	for (i = 0; i < v->n; i++)
		json_object_array_add(list, print_scope(how, key->scope, (const char *)v->v + i * key->scope->size));
	return list;
}

/* Returns NULL if the key is neither set nor has a default worth showing. */
static struct json_object *print_value(const struct printing *how, const struct scope *scope, const struct key *key,
				       const struct conf_node *node)
{
	const void *field = (const char *)node + key->offset;
	bool is_set = conf_marked(node, key->offset, CONF_MARK_SET);
	struct json_object *v;

	if (key->type == KEY_MAP)
		return print_map(how, key, field, is_set);
	if (!is_set)
		return conf_suits(scope, key, node) ? print_default(how, key) : NULL;
	if (!how->with_secrets && key->type == KEY_STRING && json_is_secret(key->name, strlen(key->name)) &&
	    **(const char *const *)field)
		return json_object_new_string(JSON_HIDDEN);
	switch (key->type) {
	case KEY_BOOL:
		return json_object_new_boolean(*(const bool *)field);
	case KEY_INT:
		return json_object_new_int64(get_int(key, field));
	case KEY_REAL:
		return json_shortest_double(*(const double *)field);
	case KEY_STRING:
		if (!key->empty_inherits)
			return json_object_new_string(*(const char *const *)field);
		/* fall through */
	case KEY_IP4: /* as written in the text */
		return json_object_object_get_ex(node->json, key->name, &v) ? json_object_get(v) : NULL;
	case KEY_ENUM:
		return json_object_new_string(key->words[get_int(key, field) - key->min]);
	case KEY_INTS:
		return print_ints(field);
	case KEY_STRINGS:
		return print_strings(field);
	case KEY_LIST:
		return print_list(how, key, field);
	case KEY_JSON:
	case KEY_JSONS:
		return json_object_get(*(struct json_object *const *)field);
	default:
		return NULL;
	}
}

/* "comment" is a shorthand for "comment" in "user-context", whose row is the one before: it is shown there. */
static void add_comment(struct json_object *map, struct json_object *comment)
{
	struct json_object *context, *folded = json_object_new_object();

	json_object_object_add(folded, "comment", comment);
	if (json_object_object_get_ex(map, "user-context", &context)) {
		json_object_object_foreach(context, name, value) if (strcmp(name, "comment"))
			json_object_object_add(folded, name, json_object_get(value));
	}
	json_object_object_add(map, "user-context", folded);
}

/* True for a key that Kea does not have. */
static bool is_left_out(const struct printing *how, const struct key *key, const struct conf_node *node)
{
	if (!how->diag || !key->native)
		return false;
	if (!key->expands && conf_marked(node, key->offset, CONF_MARK_SET))
		diag_warn(how->diag, conf_pos(node, key->name), "\"%s\" is left out: Kea has nothing like it",
			  key->name);
	return true;
}

static bool is_printed(const struct printing *how, const struct key *key, const void *in)
{
	return (!key->families || key->families & how->family) && !key->replaced_by && !is_left_out(how, key, in);
}

/* Takes the value. */
static void add_member(struct json_object *map, const struct key *key, struct json_object *value)
{
	if (!strcmp(key->name, "comment"))
		add_comment(map, value);
	else
		json_object_object_add(map, key->name, value);
}

static struct json_object *print_scope(const struct printing *how, const struct scope *scope, const void *in)
{
	struct json_object *map = json_object_new_object(), *value;

	for (unsigned i = 0; i < scope->n; i++) {
		value = is_printed(how, &scope->keys[i], in) ? print_value(how, scope, &scope->keys[i], in) : NULL;
		if (value)
			add_member(map, &scope->keys[i], value);
	}
	return map;
}

struct json_object *conf_print(unsigned family, const struct scope *scope, const void *in)
{
	return print_scope(&(struct printing){ .family = family }, scope, in);
}

struct json_object *conf_print_set(unsigned family, const struct scope *scope, const void *in, struct diag *diag)
{
	return print_scope(&(struct printing){ .family = family, .diag = diag }, scope, in);
}

/* --- as a text, of which only one item of a list exists as JSON at a time --- */

static void write_scope(const struct printing *how, const struct scope *scope, const void *in, struct json_object *more,
			struct conf_output *out);

static void write_name(const char *name, bool *is_first, struct str *out)
{
	str_add(out, *is_first ? "" : ", ");
	*is_first = false;
	json_add_string(out, name, strlen(name));
	str_add(out, ": ");
}

static void write_member(const char *name, struct json_object *value, bool *is_first, struct str *out)
{
	write_name(name, is_first, out);
	json_write_all(value, out);
	json_object_put(value);
}

static void write_list(const struct printing *how, const struct key *key, const struct conf_list *v,
		       struct json_object *more, struct conf_output *out)
{
	size_t n_more = more ? json_object_array_length(more) : 0;

	str_add(&out->text, "[ ");
	for (unsigned i = 0; i < v->n; i++) {
		str_add(&out->text, i ? ", " : "");
		write_scope(how, key->scope, (const char *)v->v + i * key->scope->size, NULL, out);
		if (out->take && out->text.len >= PIECE)
			out->take(out->ctx, &out->text);
	}
	for (size_t i = 0; i < n_more; i++) {
		str_add(&out->text, i || v->n ? ", " : "");
		json_write_all(json_object_array_get_idx(more, i), &out->text);
	}
	str_add(&out->text, " ]");
}

/* Writes the user-context, which "comment" may have been folded into, if there is one in *map; frees the map. */
static void write_context(struct json_object **map, bool *is_first, struct str *out)
{
	struct json_object *context;

	if (!*map)
		return;
	if (json_object_object_get_ex(*map, "user-context", &context))
		write_member("user-context", json_object_get(context), is_first, out);
	json_object_put(*map);
	*map = NULL;
}

static bool is_context(const struct key *key)
{
	return !strcmp(key->name, "user-context") || !strcmp(key->name, "comment");
}

static void write_scope(const struct printing *how, const struct scope *scope, const void *in, struct json_object *more,
			struct conf_output *out)
{
	struct json_object *context = NULL, *items, *value;
	bool is_first = true;

	str_add(&out->text, "{ ");
	for (unsigned i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];

		items = NULL;
		if (!is_printed(how, key, in))
			continue;
		if (more && key->type == KEY_LIST)
			(void)json_object_object_get_ex(more, key->name, &items);
		if (key->type == KEY_LIST && (items || conf_marked(in, key->offset, CONF_MARK_SET))) {
			write_context(&context, &is_first, &out->text);
			write_name(key->name, &is_first, &out->text);
			write_list(how, key, (const void *)((const char *)in + key->offset), items, out);
			continue;
		}
		value = print_value(how, scope, key, in);
		if (!value)
			continue;
		if (is_context(key)) {
			context = context ? context : json_object_new_object();
			add_member(context, key, value);
			continue;
		}
		write_context(&context, &is_first, &out->text);
		write_member(key->name, value, &is_first, &out->text);
	}
	write_context(&context, &is_first, &out->text);
	str_add(&out->text, " }");
}

void conf_write(unsigned family, const struct scope *scope, const void *in, struct conf_output *out)
{
	const struct printing how = { .family = family, .with_secrets = out->with_secrets };

	write_scope(&how, scope, in, out->more, out);
}

/* --- the schema --- */

static void add_text(struct json_object *o, const char *name, const char *text)
{
	if (text)
		json_object_object_add(o, name, json_object_new_string(text));
}

/* The values of "type" that the key is for. */
static struct json_object *types_of(const struct scope *scope, const struct key *key)
{
	struct json_object *list = json_object_new_array();
	const struct key *type = conf_type_key(scope);

	for (unsigned i = 0; type->words[i]; i++)
		if (key->for_types >> i & 1)
			json_object_array_add(list, json_object_new_string(type->words[i]));
	return list;
}

static struct json_object *schema_row(unsigned family, const struct scope *scope, const struct key *key)
{
	static const char *const types[] = {
		[KEY_BOOL] = "boolean",
		[KEY_INT] = "integer",
		[KEY_REAL] = "real",
		[KEY_STRING] = "string",
		[KEY_IP4] = "string",
		[KEY_ENUM] = "enum",
		[KEY_MAP] = "map",
		[KEY_LIST] = "list of maps",
		[KEY_STRINGS] = "list of strings",
		[KEY_JSON] = "any map",
		[KEY_INTS] = "list of integers",
		[KEY_JSONS] = "list of maps",
	};
	struct json_object *o = json_object_new_object();
	unsigned i;

	add_text(o, "name", key->name);
	add_text(o, "type", types[key->type]);
	if (key->type == KEY_INT) {
		json_object_object_add(o, "min", json_object_new_int64(key->min));
		json_object_object_add(o, "max", json_object_new_int64(key->max ? key->max : UINT32_MAX));
	}
	if (key->type == KEY_ENUM) {
		struct json_object *words = json_object_new_array();

		for (i = 0; key->words[i]; i++)
			json_object_array_add(words, json_object_new_string(key->words[i]));
		json_object_object_add(o, "words", words);
	}
	add_text(o, "scope", key->scope ? scope_name(key->scope, family) : NULL);
	add_text(o, "default", family == KEY_6 && key->def6 ? key->def6 : key->def);
	add_text(o, "unit", key->unit);
	if (key->for_types)
		json_object_object_add(o, "types", types_of(scope, key));
	if (key->inherit)
		json_object_object_add(o, "inherit", json_object_new_boolean(true));
	if (key->required)
		json_object_object_add(o, "required", json_object_new_boolean(true));
	if (key->native)
		json_object_object_add(o, "native", json_object_new_boolean(true));
	add_text(o, "replaced-by", key->replaced_by);
	add_text(o, "since", key->since);
	add_text(o, "refused", key->refuse);
	add_text(o, "doc", key->doc);
	return o;
}

struct json_object *conf_schema(unsigned family, const struct scope *const *all)
{
	struct json_object *root = json_object_new_object();
	unsigned k, i;

	for (k = 0; all[k]; k++) {
		struct json_object *rows = json_object_new_array();

		for (i = 0; i < all[k]->n; i++)
			if (!all[k]->keys[i].families || all[k]->keys[i].families & family)
				json_object_array_add(rows, schema_row(family, all[k], &all[k]->keys[i]));
		json_object_object_add(root, scope_name(all[k], family), rows);
	}
	return root;
}

/* --- the reference --- */

/* The type, with the words or the range of the value where the row has them. */
static void reference_type(const struct key *key, const char *type, FILE *to)
{
	fputs(type, to);
	if (key->unit)
		fprintf(to, ", %s", key->unit);
	for (unsigned i = 0; key->type == KEY_ENUM && key->words[i]; i++)
		fprintf(to, "%s `%s`", i ? "," : ":", key->words[i]);
	if (key->type == KEY_INT && key->max && key->max != UINT32_MAX)
		fprintf(to, ", %lld to %lld", (long long)key->min, (long long)key->max);
	else if (key->type == KEY_INT && key->min)
		fprintf(to, ", at least %lld", (long long)key->min);
}

void conf_reference_rows(unsigned family, const struct scope *scope, const char *what, FILE *to)
{
	fprintf(to, "| %s | type | default | works since | meaning |\n|---|---|---|---|---|\n", what);
	for (unsigned i = 0; i < scope->n; i++) {
		const struct key *key = &scope->keys[i];
		const char *def = family == KEY_6 && key->def6 ? key->def6 : key->def;
		struct json_object *row, *type;

		if (key->inherit || !def)
			def = key->inherit ? "inherited" : "-";
		if (key->families && !(key->families & family))
			continue;
		row = schema_row(family, scope, key);
		(void)json_object_object_get_ex(row, "type", &type);
		fprintf(to, "| `%s` | ", key->name);
		reference_type(key, json_object_get_string(type), to);
		fprintf(to, " | %s%s | %s | %s%s%s%s%s |\n", def, key->required ? " (required)" : "",
			key->since && !key->refuse ? key->since : "not yet", key->doc ? key->doc : "",
			key->native ? " (native, not in Kea)" : "", key->replaced_by ? " (use `" : "",
			key->replaced_by ? key->replaced_by : "", key->replaced_by ? "`)" : "");
		json_object_put(row);
	}
	fputc('\n', to);
}

void conf_reference(unsigned family, const struct scope *const *all, FILE *to)
{
	for (unsigned k = 0; all[k]; k++) {
		fprintf(to, "## %s\n\n", scope_name(all[k], family));
		conf_reference_rows(family, all[k], "key", to);
	}
}
