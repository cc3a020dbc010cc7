/* SPDX-License-Identifier: MPL-2.0 */
/* The configuration that is written, and its text. */
#include "kea-migrate/out.h"

#include "json/write.h"

#include <json-c/json.h>

#define LINE_WIDTH 110
#define INDENT 4

struct out *out_new(struct arena *arena, enum out_kind kind)
{
	struct out *o = arena_new_obj(arena, struct out);

	o->kind = kind;
	return o;
}

static void unlink_value(struct out *o)
{
	struct out *in = o->parent;

	if (!in)
		return;
	if (o->prev)
		o->prev->next = o->next;
	else
		in->first = o->next;
	if (o->next)
		o->next->prev = o->prev;
	else
		in->last = o->prev;
	o->prev = o->next = o->parent = NULL;
}

void out_remove(struct out *value)
{
	unlink_value(value);
}

static void append(struct out *in, struct out *o)
{
	o->parent = in;
	o->prev = in->last;
	o->next = NULL;
	if (in->last)
		in->last->next = o;
	else
		in->first = o;
	in->last = o;
}

void out_append(struct out *in, struct out *value)
{
	append(in, value);
}

size_t out_count(const struct out *in)
{
	size_t n = 0;

	for (const struct out *o = in->first; o; o = o->next)
		n += 1 + out_count(o);
	return n;
}

struct out *out_copy(struct arena *arena, struct out *in, const struct out *from)
{
	struct out *o = out_new(arena, from->kind);

	*o = (struct out){ .kind = from->kind,
			   .key = from->key,
			   .text = from->text,
			   .comment = from->comment,
			   .why = from->why,
			   .src = from->src };
	for (const struct out *c = from->first; c; c = c->next)
		(void)out_copy(arena, o, c);
	append(in, o);
	return o;
}

void out_move_first(struct out *in, struct out *o)
{
	unlink_value(o);
	o->parent = in;
	o->next = in->first;
	if (in->first)
		in->first->prev = o;
	else
		in->last = o;
	in->first = o;
}

void out_insert_before(struct out *place, struct out *o)
{
	struct out *in = place->parent;

	if (!place->prev) {
		out_move_first(in, o);
		return;
	}
	unlink_value(o);
	o->parent = in;
	o->prev = place->prev;
	o->next = place;
	place->prev->next = o;
	place->prev = o;
}

struct out *out_find(const struct out *in, const char *key)
{
	for (struct out *o = in->first; o; o = o->next)
		if (o->key && !o->why && strcmp(o->key, key) == 0)
			return o;
	return NULL;
}

static struct out *add(struct arena *arena, struct out *in, const char *key, enum out_kind kind)
{
	struct out *o = key ? out_find(in, key) : NULL;

	if (o) {
		o->kind = kind;
		o->first = o->last = NULL;
		return o;
	}
	o = out_new(arena, kind);
	o->key = key ? arena_strdup(arena, key) : NULL;
	append(in, o);
	return o;
}

struct out *out_map(struct arena *arena, struct out *in, const char *key)
{
	return add(arena, in, key, OUT_MAP);
}

struct out *out_list(struct arena *arena, struct out *in, const char *key)
{
	return add(arena, in, key, OUT_LIST);
}

void out_decide(struct report *rep, struct out *in, const struct undecided *what, const char *fmt, va_list ap)
{
	struct str why = { 0 }, text = { 0 };

	str_addv(&why, fmt, ap);
	report_note(rep, REPORT_DECISION, what->pos, "%s%s%s", what->word ? what->word : "", what->word ? ": " : "",
		    str_text(&why));
	if (what->comment)
		str_addf(&text, "%s\n", what->comment);
	str_addf(&text, "NEEDS A DECISION (%s): %s\n%s", report_where(rep, what->pos), str_text(&why), what->source);
	out_comment(rep->arena, in, str_text(&text));
	str_free(&why);
	str_free(&text);
}

struct out *out_get_list(struct arena *arena, struct out *in, const char *key)
{
	struct out *o = out_find(in, key);

	return o ? o : add(arena, in, key, OUT_LIST);
}

struct out *out_raw(struct arena *arena, struct out *in, const char *key, const char *json)
{
	struct out *o = add(arena, in, key, OUT_TEXT);

	o->text = arena_strdup(arena, json);
	return o;
}

struct out *out_string(struct arena *arena, struct out *in, const char *key, const char *value)
{
	struct str s = { 0 };
	struct out *o;

	json_add_string(&s, value, strlen(value));
	o = out_raw(arena, in, key, str_text(&s));
	str_free(&s);
	return o;
}

struct out *out_number(struct arena *arena, struct out *in, const char *key, int64_t value)
{
	return out_raw(arena, in, key, arena_printf(arena, "%lld", (long long)value));
}

struct out *out_bool(struct arena *arena, struct out *in, const char *key, bool value)
{
	return out_raw(arena, in, key, value ? "true" : "false");
}

struct out *out_comment(struct arena *arena, struct out *in, const char *text)
{
	struct out *o = add(arena, in, NULL, OUT_COMMENT);

	o->text = arena_strdup(arena, text);
	return o;
}

const char *out_value(struct arena *arena, const struct out *in, const char *key)
{
	struct out *o = out_find(in, key);
	struct json_object *v;
	const char *text = NULL;

	if (!o || o->kind != OUT_TEXT)
		return NULL;
	v = json_tokener_parse(o->text);
	if (v && json_object_is_type(v, json_type_string))
		text = arena_strndup(arena, json_object_get_string(v), (size_t)json_object_get_string_len(v));
	if (v)
		json_object_put(v);
	return text;
}

/* --- printing --- */

static void indent(struct str *to, unsigned depth)
{
	for (unsigned i = 0; i < depth * INDENT; i++)
		str_addc(to, ' ');
}

static void print_comment(struct str *to, const char *text, unsigned depth)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		indent(to, depth);
		str_add(to, len ? "// " : "//");
		for (size_t i = 0; i < len; i++)
			str_addc(to, (unsigned char)text[i] < ' ' && text[i] != '\t' ? ' ' : text[i]);
		str_addc(to, '\n');
		text += len + (text[len] == '\n');
	}
}

static bool is_value(const struct out *o)
{
	return o->kind != OUT_COMMENT && !o->why;
}

static bool has_comments(const struct out *o)
{
	for (const struct out *c = o->first; c; c = c->next)
		if (!is_value(c) || c->comment || has_comments(c))
			return true;
	return false;
}

static void print_flat(struct out *o, struct str *to);

static void print_flat_inside(struct out *o, struct str *to)
{
	str_add(to, o->kind == OUT_MAP ? "{" : "[");
	for (struct out *c = o->first; c; c = c->next) {
		if (!is_value(c))
			continue;
		str_add(to, to->text[to->len - 1] == ',' || c == o->first                  ? " "
			    : to->text[to->len - 1] == '{' || to->text[to->len - 1] == '[' ? " "
											   : ", ");
		print_flat(c, to);
	}
	str_add(to, o->first ? (o->kind == OUT_MAP ? " }" : " ]") : (o->kind == OUT_MAP ? "}" : "]"));
}

static void print_flat(struct out *o, struct str *to)
{
	o->from = to->len;
	if (o->key)
		str_addf(to, "\"%s\": ", o->key);
	if (o->kind == OUT_TEXT)
		str_add(to, o->text);
	else
		print_flat_inside(o, to);
	o->to = to->len;
}

static void print_rejected(struct out *o, struct str *to, unsigned depth)
{
	struct str text = { 0 };

	str_addf(&text, "NEEDS A DECISION: %s\n", o->why);
	print_flat(o, &text);
	print_comment(to, text.text, depth);
	str_free(&text);
}

static bool fits(struct out *o, unsigned depth)
{
	struct str flat = { 0 };
	bool is_short;

	if (has_comments(o))
		return false;
	print_flat(o, &flat);
	is_short = flat.len + (size_t)depth * INDENT < LINE_WIDTH;
	str_free(&flat);
	return is_short;
}

static void print(struct out *o, struct str *to, unsigned depth);

static void print_inside(struct out *o, struct str *to, unsigned depth)
{
	struct out *last = o->last;

	while (last && !is_value(last))
		last = last->prev;
	for (struct out *c = o->first; c; c = c->next) {
		if (c->comment)
			print_comment(to, c->comment, depth);
		if (c->kind == OUT_COMMENT) {
			print_comment(to, c->text, depth);
			continue;
		}
		if (c->why) {
			print_rejected(c, to, depth);
			continue;
		}
		indent(to, depth);
		print(c, to, depth);
		str_add(to, c == last ? "\n" : ",\n");
	}
}

static void print(struct out *o, struct str *to, unsigned depth)
{
	if (o->kind == OUT_TEXT || (o->parent && fits(o, depth))) {
		print_flat(o, to);
		return;
	}
	o->from = to->len;
	if (o->key)
		str_addf(to, "\"%s\": ", o->key);
	str_add(to, o->kind == OUT_MAP ? "{\n" : "[\n");
	print_inside(o, to, depth + 1);
	indent(to, depth);
	str_add(to, o->kind == OUT_MAP ? "}" : "]");
	o->to = to->len;
}

void out_print(struct out *root, struct str *to)
{
	str_reset(to);
	if (root->comment)
		print_comment(to, root->comment, 0);
	print(root, to, 0);
	str_addc(to, '\n');
}

struct out *out_unit(struct out *root, size_t offset)
{
	struct out *unit = NULL, *o = root, *part = NULL;

	while (o) {
		struct out *c = o->first;

		if (o->src.line)
			unit = o;
		/* Without a statement, what the program and list have: { "Dhcp4": { part: [ part ... */
		if (o->parent && o->parent->parent && (!o->parent->parent->parent || o->parent->kind == OUT_LIST))
			part = o;
		while (c && !(is_value(c) && c->from <= offset && offset < c->to))
			c = c->next;
		o = c;
	}
	return unit ? unit : part;
}
