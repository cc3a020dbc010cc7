/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The text is scanned into spans, one for each value, with the place where each member or item begins: after the comma
 * before it, so that comments above belong to it. The result is put together from pieces of the text.
 */
#include "json/merge.h"

#include "base/vec.h"
#include "json/limits.h"
#include "json/write.h"

#include <ctype.h>
#include <string.h>

struct span {
	size_t start, end;
	char open;      /* '{', '[', or 0 */
	bool is_opaque; /* contains an include */
	struct part *parts;
	size_t n;
};

struct part {
	size_t begin; /* after the opening bracket or the comma before it */
	char *key;    /* NULL in a list */
	struct span value;
};

struct scanner {
	const char *text;
	size_t len, at;
	struct arena *arena;
	unsigned depth;
	bool failed;
};

struct merge {
	const char *text;
	struct str *out;
};

/* --- scanning --- */

static bool starts(const struct scanner *s, const char *what)
{
	size_t len = strlen(what);

	return s->len - s->at >= len && !memcmp(s->text + s->at, what, len);
}

static void skip_until(struct scanner *s, const char *what)
{
	while (s->at < s->len && !starts(s, what))
		s->at++;
	if (s->at < s->len && what[0] != '\n')
		s->at += strlen(what);
}

/* Skips white space, comments and includes; returns true if there was an include. */
static bool skip_space(struct scanner *s)
{
	bool has_include = false;

	while (s->at < s->len) {
		if (isspace((unsigned char)s->text[s->at])) {
			s->at++;
		} else if (starts(s, "#") || starts(s, "//")) {
			skip_until(s, "\n");
		} else if (starts(s, "/*")) {
			s->at += 2;
			skip_until(s, "*/");
		} else if (starts(s, "<?")) {
			has_include = true;
			skip_until(s, "?>");
		} else {
			break;
		}
	}
	return has_include;
}

static void skip_string(struct scanner *s)
{
	for (s->at++; s->at < s->len && s->text[s->at] != '"'; s->at++)
		if (s->text[s->at] == '\\')
			s->at++;
	if (s->at < s->len)
		s->at++;
	else
		s->failed = true;
}

/* Reads the member's name and its colon. */
static char *scan_key(struct scanner *s)
{
	size_t start = s->at;
	struct json_object *name;
	char *text, *key;

	if (s->at == s->len || s->text[s->at] != '"') {
		s->failed = true;
		return NULL;
	}
	skip_string(s);
	text = arena_strndup(s->arena, s->text + start, s->at - start);
	name = json_tokener_parse(text);
	key = arena_strdup(s->arena, json_object_is_type(name, json_type_string) ? json_object_get_string(name) : "");
	json_object_put(name);
	(void)skip_space(s);
	if (s->at < s->len && s->text[s->at] == ':')
		s->at++;
	else
		s->failed = true;
	return key;
}

static void scan_value(struct scanner *s, struct span *ret);

static void scan_parts(struct scanner *s, struct span *span)
{
	char close = span->open == '{' ? '}' : ']';
	VEC(struct part) parts = { 0 };

	for (s->at++; !s->failed;) {
		struct part part = { .begin = s->at };

		span->is_opaque |= skip_space(s);
		if (s->at < s->len && s->text[s->at] == ',') { /* after an include */
			s->at++;
			continue;
		}
		if (s->at < s->len && s->text[s->at] == close)
			break;
		if (span->open == '{')
			part.key = scan_key(s);
		if (!s->failed)
			scan_value(s, &part.value);
		if (s->failed)
			break;
		*vec_push(&parts) = part;
		span->is_opaque |= skip_space(s);
		if (s->at < s->len && s->text[s->at] == ',')
			s->at++;
		else if (s->at == s->len || s->text[s->at] != close)
			s->failed = true;
	}
	span->n = parts.n;
	span->parts = parts.n ? arena_dup(s->arena, parts.v, parts.n * sizeof(*parts.v)) : NULL;
	vec_free(&parts);
	s->at++;
}

static void scan_value(struct scanner *s, struct span *ret)
{
	*ret = (struct span){ .is_opaque = skip_space(s) };
	ret->start = s->at;
	if (s->at >= s->len || s->depth == JSON_DEPTH_MAX) {
		s->failed = true;
		return;
	}
	if (s->text[s->at] == '{' || s->text[s->at] == '[') {
		ret->open = s->text[s->at];
		s->depth++;
		scan_parts(s, ret);
		s->depth--;
	} else if (s->text[s->at] == '"') {
		skip_string(s);
	} else {
		while (s->at < s->len && !strchr(",]}#/<", s->text[s->at]) && !isspace((unsigned char)s->text[s->at]))
			s->at++;
		s->failed |= s->at == ret->start && !ret->is_opaque;
	}
	ret->end = s->at;
}

/* --- putting together --- */

void json_add_pretty(struct str *out, struct json_object *value, const char *indent, size_t indent_len)
{
	const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
									 JSON_C_TO_STRING_NOSLASHESCAPE);

	for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		str_add_n(out, text, (size_t)(end - text) + 1);
		str_add_n(out, indent, indent_len);
	}
	str_add(out, text);
}

static void add_text(const struct merge *m, size_t from, size_t to)
{
	str_add_n(m->out, m->text + from, to - from);
}

/* The white space before the part on its line. */
static const char *indent_of(const struct merge *m, size_t at, size_t *ret_len)
{
	size_t start = at, end;

	while (start && m->text[start - 1] != '\n')
		start--;
	for (end = start; end < at && (m->text[end] == ' ' || m->text[end] == '\t');)
		end++;
	*ret_len = end - start;
	return m->text + start;
}

/* Where the text of the part itself starts: its key or value. */
static size_t start_of(const struct merge *m, const struct part *part)
{
	struct scanner s = { .text = m->text, .len = part->value.end, .at = part->begin };

	(void)skip_space(&s);
	return s.at;
}

static void merge_value(const struct merge *m, const struct span *span, struct json_object *before,
			struct json_object *after);

/* A map or list that is being written: how many parts it has, and where the text of the last one ends. */
struct writing {
	const struct span *span;
	size_t n;
	size_t end; /* of the part of the text that was written last, or the opening bracket */
	const char *indent;
	size_t indent_len;
	bool is_long; /* its parts are on lines of their own */
};

static struct writing begin(const struct merge *m, const struct span *span)
{
	struct writing w = { .span = span, .end = span->start + 1 };

	if (span->n) {
		size_t start = start_of(m, &span->parts[0]);

		w.indent = indent_of(m, start, &w.indent_len);
		w.is_long = w.indent + w.indent_len == m->text + start;
	}
	add_text(m, span->start, span->start + 1);
	return w;
}

static void keep_part(const struct merge *m, struct writing *w, const struct part *part, struct json_object *before,
		      struct json_object *after)
{
	if (w->n++)
		str_addc(m->out, ',');
	add_text(m, part->begin, part->value.start);
	merge_value(m, &part->value, before, after);
	w->end = part->value.end;
}

static void new_part(const struct merge *m, struct writing *w, const char *key, struct json_object *value)
{
	if (w->n++)
		str_addc(m->out, ',');
	if (w->is_long) {
		/* A comment on the line of the part before belongs to that one. */
		const char *from = m->text + w->end, *newline = strchr(from, '\n');
		size_t len = newline ? (size_t)(newline - from) : 0;

		if (w->end > w->span->start + 1 && len && strspn(from, " \t,") < len &&
		    strchr("#/", from[strspn(from, " \t,")])) {
			size_t skip = strspn(from, ",");

			str_add_n(m->out, from + skip, len - skip);
			w->end += len;
		}
		str_addc(m->out, '\n');
		str_add_n(m->out, w->indent, w->indent_len);
	} else {
		str_addc(m->out, ' ');
	}
	if (key) {
		json_add_string(m->out, key, strlen(key));
		str_add(m->out, ": ");
	}
	json_add_pretty(m->out, value, w->indent, w->indent_len);
}

/* The rest: comments after the last part, without its comma, and the bracket. */
static void finish(const struct merge *m, const struct writing *w)
{
	size_t last = w->span->n ? w->span->parts[w->span->n - 1].value.end : w->span->start + 1;
	struct scanner s = { .text = m->text, .len = w->span->end, .at = w->end > last ? w->end : last };
	size_t from = s.at;

	(void)skip_space(&s);
	if (s.at < s.len && m->text[s.at] == ',') {
		add_text(m, from, s.at);
		from = s.at + 1;
	}
	add_text(m, from, w->span->end);
}

static struct json_object *member(struct json_object *map, const char *key, bool *ret_has)
{
	struct json_object *value = NULL;

	*ret_has = json_object_object_get_ex(map, key, &value);
	return value;
}

static void merge_map(const struct merge *m, const struct span *span, struct json_object *before,
		      struct json_object *after)
{
	struct json_object *written = json_object_new_object();
	struct writing w = begin(m, span);
	bool had, has;

	for (size_t i = 0; i < span->n; i++) {
		const struct part *part = &span->parts[i];
		struct json_object *old = member(before, part->key, &had), *new = member(after, part->key, &has);

		json_object_object_add(written, part->key, NULL);
		if (has || !had)
			keep_part(m, &w, part, had ? old : NULL, has ? new : NULL);
	}
	json_object_object_foreach(after, key, value)
	{
		struct json_object *old = member(before, key, &had);

		if (!member(written, key, &has) && !has && (!had || !json_object_equal(old, value)))
			new_part(m, &w, key, value);
	}
	json_object_put(written);
	finish(m, &w);
}

/* Returns what makes an item the same one before and after, as text. */
static const char *identity(struct json_object *item)
{
	static const char *const keys[] = { "id", "name", "subnet", "pool", "prefix" };
	struct json_object *value;

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_object_get_ex(item, keys[i], &value))
			return json_object_to_json_string(value);
	return json_object_to_json_string(item);
}

static void merge_list(const struct merge *m, const struct span *span, struct json_object *before,
		       struct json_object *after)
{
	struct json_object *places = json_object_new_object(), *place;
	size_t n = json_object_array_length(after), next = 0;
	struct writing w = begin(m, span);

	for (size_t i = 0; i < n; i++)
		json_object_object_add(places, identity(json_object_array_get_idx(after, i)),
				       json_object_new_int64((int64_t)i));
	for (size_t i = 0; i < span->n; i++) {
		struct json_object *old = json_object_array_get_idx(before, i);
		size_t at;

		if (!json_object_object_get_ex(places, identity(old), &place))
			continue;
		at = (size_t)json_object_get_int64(place);
		if (at < next)
			continue;
		for (; next < at; next++)
			new_part(m, &w, NULL, json_object_array_get_idx(after, next));
		keep_part(m, &w, &span->parts[i], old, json_object_array_get_idx(after, next++));
	}
	for (; next < n; next++)
		new_part(m, &w, NULL, json_object_array_get_idx(after, next));
	json_object_put(places);
	finish(m, &w);
}

static bool both(struct json_object *a, struct json_object *b, json_type type)
{
	return json_object_is_type(a, type) && json_object_is_type(b, type);
}

/* Neither before nor after: the member is unknown, and stays. */
static void merge_value(const struct merge *m, const struct span *span, struct json_object *before,
			struct json_object *after)
{
	size_t indent_len;
	const char *indent;

	if (json_object_equal(before, after)) {
		add_text(m, span->start, span->end);
	} else if (span->open == '{' && !span->is_opaque && both(before, after, json_type_object)) {
		merge_map(m, span, before, after);
	} else if (span->open == '[' && !span->is_opaque && both(before, after, json_type_array) &&
		   json_object_array_length(before) == span->n) {
		merge_list(m, span, before, after);
	} else {
		indent = indent_of(m, span->start, &indent_len);
		json_add_pretty(m->out, after, indent, indent_len);
	}
}

bool json_merge(const char *text, size_t len, struct json_object *before, struct json_object *after, struct str *out)
{
	struct scanner s = { .text = text, .len = len, .arena = arena_new(0) };
	const struct merge m = { .text = text, .out = out };
	struct span root;
	bool ok;

	scan_value(&s, &root);
	ok = !s.failed && root.open == '{' && !root.is_opaque;
	if (ok) {
		add_text(&m, 0, root.start);
		merge_map(&m, &root, before, after);
		add_text(&m, root.end, len);
	}
	arena_free(s.arena);
	return ok;
}
