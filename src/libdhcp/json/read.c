/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A recursive-descent reader. A value's position is attached to it as json-c userdata and is in the document's
 * arena, like the keys. After an error, reading continues after the next comma or bracket of the same level. If
 * brackets or quotes do not match, the text is repaired (repair.h) and read again, so that one mistake is one
 * error; if that also fails, nothing after the first such error is trusted.
 */
#include "json/read.h"

#include "base/err.h"
#include "json/read_int.h"

#include <errno.h>

/* One per value, so it is small. */
struct place {
	struct pos at;
	uint32_t key_file, key_line, key_col;
	uint32_t key_len : 30, is_broken : 1, is_cut : 1;
};

static struct json_object *parse_value(struct parser *p);

struct pos json_pos(struct json_object *value)
{
	const struct place *place = value ? json_object_get_userdata(value) : NULL;

	return place ? place->at : POS_NONE;
}

struct pos json_key_pos(struct json_object *value)
{
	const struct place *place = value ? json_object_get_userdata(value) : NULL;

	if (!place || !place->key_line)
		return json_pos(value);
	return (struct pos){ place->key_file, place->key_line, place->key_col, place->key_len };
}

bool json_is_broken(struct json_object *value)
{
	const struct place *place = value ? json_object_get_userdata(value) : NULL;

	return place && place->is_broken;
}

bool json_is_cut(struct json_object *value)
{
	const struct place *place = value ? json_object_get_userdata(value) : NULL;

	return place && place->is_cut;
}

void json_set_cut(struct json_object *value)
{
	struct place *place = value ? json_object_get_userdata(value) : NULL;

	if (place)
		place->is_cut = true;
}

/* --- positions and errors --- */

static struct json_object *placed(struct parser *p, struct json_object *value, struct pos start)
{
	struct place *place = arena_new_obj(p->arena, struct place);

	if (p->b->file == start.file && p->b->line == start.line && p->b->col > start.col)
		start.len = p->b->col - start.col;
	place->at = start;
	json_object_set_userdata(value, place, NULL);
	return value;
}

/* A placeholder for a value that could not be read, so that its key does not appear to be missing. */
static struct json_object *broken(struct parser *p, struct pos start)
{
	struct json_object *value = placed(p, json_object_new_string(""), start);
	struct place *place = json_object_get_userdata(value);

	place->is_broken = true;
	return value;
}

/* Nothing is read or reported after this. */
static void lose(struct parser *p)
{
	p->is_lost = true;
	p->depth = 0;
	p->b = &p->stack[0];
	p->b->p = p->b->end;
}

static void unexpected(struct parser *p, const char *expected)
{
	char name[64];

	if (p->is_lost || (peek(p) == EOF && p->eof_reported))
		return;
	p->is_tangled = true;
	if (peek(p) == EOF) {
		p->eof_reported = true;
		diag_error(p->diag, here(p), "unexpected end of file, expected %s", expected);
		if (p->open.n)
			diag_note(p->diag, p->open.v[p->open.n - 1], "opened here and never closed");
	} else {
		diag_error(p->diag, here(p), "unexpected %s, expected %s", char_name(p, name, sizeof(name)), expected);
	}
}

/* After an error: skips to the next comma or closing bracket of this level, or the end. */
static void resync(struct parser *p)
{
	unsigned level = 0;

	for (;;) {
		int c;

		skip_space(p);
		c = peek(p);
		if (c == EOF || (!level && (c == ',' || c == '}' || c == ']')))
			return;
		if (c == '"') {
			(void)next(p);
			while ((c = peek(p)) != '"' && c != EOF && c != '\n') {
				if (c == '\\')
					(void)next(p);
				(void)next(p);
			}
		} else if (c == '{' || c == '[') {
			level++;
		} else if (c == '}' || c == ']') {
			level--;
		}
		(void)next(p);
	}
}

/* --- values --- */

static struct json_object *parse_string(struct parser *p)
{
	struct pos start = here(p);

	if (!parse_text(p))
		return NULL;
	return placed(p, json_object_new_string_len(str_text(&p->text), (int)p->text.len), start);
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* True at the end of a number or a word. */
static bool is_value_end(const struct parser *p)
{
	int c = peek(p);

	if (c == '/')
		return peek_at(p, 1) == '/' || peek_at(p, 1) == '*';
	return c == EOF || (c >= 0 && c <= ' ') || strchr(",]}#\"[{", c);
}

static bool starts_number(int c)
{
	return is_digit(c) || c == '-' || c == '+' || c == '.';
}

static bool is_number_char(int c)
{
	return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/*
 * Accepts what Kea's lexer does, which is more than JSON: digits may be missing before or after the point (.45,
 * 5.), a sign may be '+'.
 */
static bool is_number(const char *s, bool *ret_real)
{
	unsigned digits = 0;

	*ret_real = *s == '+';
	if (*s == '-' || *s == '+')
		s++;
	for (; is_digit(*s); s++)
		digits++;
	if (*s == '.') {
		*ret_real = true;
		for (s++; is_digit(*s); s++)
			digits++;
	}
	if (!digits)
		return false;
	if (*s == 'e' || *s == 'E') {
		*ret_real = true;
		s += s[1] == '-' || s[1] == '+' ? 2 : 1;
		if (!is_digit(*s))
			return false;
		while (is_digit(*s))
			s++;
	}
	return !*s;
}

/* Text that begins like a number but is not one may be an unquoted address. */
static void not_a_number(struct parser *p, struct pos start)
{
	take_bare(p, false);
	start.len = count_chars(&p->text);
	diag_error(p->diag, start, "%s is not a number", str_text(&p->text));
	if (strpbrk(str_text(&p->text), "/:") || strchr(str_text(&p->text), '.') != strrchr(str_text(&p->text), '.'))
		diag_help(p->diag, "strings must be in double quotes");
}

static struct json_object *parse_number(struct parser *p)
{
	struct pos start = here(p);
	struct str *s = &p->text;
	const char *digits;
	bool is_real;

	str_reset(s);
	while (is_number_char(peek(p)))
		str_addc(s, (char)next(p));
	start.len = (uint32_t)s->len;
	if (!is_number(s->text, &is_real) || !is_value_end(p)) {
		not_a_number(p, start);
		return NULL;
	}
	digits = s->text[0] == '-' ? s->text + 1 : s->text;
	if (digits[0] == '0' && is_digit(digits[1]))
		diag_warn(p->diag, start, "leading zeros: %s is read as a decimal number", s->text);
	if (is_real) {
		double v = strtod(s->text, NULL);

		if (v <= 1e300 && v >= -1e300)
			return placed(p, json_object_new_double(v), start);
		diag_error(p->diag, start, "%s is too large", s->text);
	} else {
		long long v;

		errno = 0;
		v = strtoll(s->text, NULL, 10);
		if (errno != ERANGE)
			return placed(p, json_object_new_int64(v), start);
		diag_error(p->diag, start, "%s does not fit in 64 bits", s->text);
	}
	return NULL;
}

/* Recognizes other languages' words for true, false and null. */
static const char *meant_word(const char *word)
{
	static const char *const words[][2] = { { "true", "true" }, { "false", "false" }, { "null", "null" },
						{ "yes", "true" },  { "no", "false" },    { "on", "true" },
						{ "off", "false" }, { "none", "null" },   { "nil", "null" } };
	static const char *const json[] = { "true", "false", "null" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_case_equal(word, words[i][0]))
			return words[i][1];
	return diag_suggest(word, json, 3);
}

static struct json_object *parse_word(struct parser *p, bool *ret_null)
{
	struct pos start = here(p);
	struct str *s = &p->text;
	const char *meant;

	str_reset(s);
	while (is_letter(peek(p)))
		str_addc(s, (char)next(p));
	if (is_value_end(p)) {
		if (!strcmp(str_text(s), "true") || !strcmp(str_text(s), "false"))
			return placed(p, json_object_new_boolean(s->text[0] == 't'), start);
		if (!strcmp(str_text(s), "null")) {
			*ret_null = true;
			return NULL;
		}
	}
	take_bare(p, false);
	start.len = count_chars(&p->text);
	diag_error(p->diag, start, "unexpected word \"%s\": strings must be in double quotes", str_text(s));
	meant = meant_word(str_text(s));
	if (meant)
		diag_help(p->diag, "did you mean %s?", meant);
	return NULL;
}

static bool enter(struct parser *p)
{
	if (p->open.n >= JSON_DEPTH_MAX) {
		diag_error(p->diag, here(p), "nested more than %d deep", JSON_DEPTH_MAX);
		return false;
	}
	*vec_push(&p->open) = here(p);
	return true;
}

static void mark_end(struct parser *p)
{
	p->last_end = here(p);
	if (p->last_end.col > 1)
		p->last_end.col--;
}

static struct pos skip_comma(struct parser *p)
{
	struct pos comma = here(p);

	(void)next(p);
	skip_space(p);
	return comma;
}

/* A comma without a following member. Kea accepts any number of them. */
static void extra_comma(struct parser *p, struct pos comma)
{
	if (p->flags & JSON_STRICT)
		diag_error(p->diag, comma, "extra comma");
	else
		diag_warn(p->diag, comma, "extra comma: is something missing after it?");
}

/* An open bracket: what it contains, and how it ends. */
struct bracket {
	struct json_object *value;
	char close;
	bool (*starts)(int c); /* true if the character can start another member, whose comma is then missing */
};

static bool close_bracket(struct parser *p, const struct bracket *bracket)
{
	if (is_ghost(p))
		json_set_cut(bracket->value);
	(void)next(p);
	return false;
}

/* After a member: expects a comma or the closing bracket. Returns false if there are no more members. */
static bool more(struct parser *p, const struct bracket *bracket)
{
	struct pos end = p->last_end, comma;

	skip_space(p);
	if (peek(p) == bracket->close)
		return close_bracket(p, bracket);
	if (peek(p) == ',') {
		comma = skip_comma(p);
		while (peek(p) == ',') {
			extra_comma(p, comma);
			comma = skip_comma(p);
		}
		if (peek(p) != bracket->close)
			return peek(p) != EOF || (unexpected(p, "another value"), false);
		/* Before an inserted bracket it adds nothing to the error about the bracket. */
		if (!is_ghost(p))
			extra_comma(p, comma);
		return close_bracket(p, bracket);
	}
	if (bracket->starts(peek(p))) {
		p->is_tangled = true;
		diag_error(p->diag, end, "missing comma");
		return true;
	}
	unexpected(p, bracket->close == '}' ? "',' or '}'" : "',' or ']'");
	if (peek(p) == EOF)
		return false;
	if (peek(p) == '}' || peek(p) == ']') {
		diag_note(p->diag, p->open.v[p->open.n - 1], "opened here");
		lose(p);
		return false;
	}
	resync(p);
	return more(p, bracket);
}

static bool starts_member(int c)
{
	return c == '"';
}

static bool starts_value(int c)
{
	return c == '"' || c == '{' || c == '[' || starts_number(c) || (c >= 'a' && c <= 'z');
}

/* Reads a key into p->text. One without double quotes is an error, but the member is read. */
static bool parse_key(struct parser *p)
{
	struct pos start = here(p);

	if (peek(p) == '"')
		return parse_text(p);
	if (starts_odd_quotes(p))
		return parse_odd_quotes(p);
	if (is_letter(peek(p))) {
		str_reset(&p->text);
		take_bare(p, true);
		start.len = count_chars(&p->text);
		diag_error(p->diag, start, "key %s must be in double quotes", str_text(&p->text));
		return true;
	}
	unexpected(p, "a key in double quotes");
	return false;
}

/* Reads the colon after a key. If only the colon is missing, or is an equals sign, the member is read. */
static bool parse_colon(struct parser *p)
{
	skip_space(p);
	if (peek(p) == ':') {
		(void)next(p);
		return true;
	}
	unexpected(p, "':'");
	if (peek(p) == '=')
		(void)next(p);
	else if (!starts_value(peek(p)))
		return false;
	return true;
}

static void duplicate(struct parser *p, const char *key, struct pos pos, struct json_object *first)
{
	diag_error(p->diag, pos, "duplicate key \"%s\"", key);
	diag_note(p->diag, json_key_pos(first), "first defined here");
}

static void parse_member(struct parser *p, struct json_object *map)
{
	struct pos key_pos = here(p);
	struct json_object *value, *old;
	struct place *place;
	const char *key;
	bool known;

	if (!parse_key(p)) {
		resync(p);
		return;
	}
	key = arena_strndup(p->arena, str_text(&p->text), p->text.len);
	key_pos.len = p->b->col - key_pos.col;
	mark_end(p);
	known = json_object_object_get_ex(map, key, &old);
	if (parse_colon(p)) {
		value = parse_value(p);
	} else {
		value = broken(p, key_pos);
		resync(p);
	}
	mark_end(p);
	if (value) {
		place = json_object_get_userdata(value);
		place->key_file = key_pos.file;
		place->key_line = key_pos.line;
		place->key_col = key_pos.col;
		place->key_len = key_pos.len & 0x3fffffff;
	}
	if (known) {
		if (!p->is_lost)
			duplicate(p, key, key_pos, old);
		json_object_put(value);
	} else {
		/* This name of the flag also exists in json-c 0.15. */
		json_object_object_add_ex(map, key, value,
					  JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT);
	}
}

/*
 * json-c reserves space for ten members in every map, 640 bytes; most have two or three, and there are hundreds
 * of thousands of maps. If resizing fails, the map is left unchanged.
 */
static void shrink(struct json_object *map)
{
	int n = json_object_object_length(map);

	if (n <= 4)
		(void)lh_table_resize(json_object_get_object(map), 2 * n + 2);
}

static struct json_object *parse_map(struct parser *p)
{
	struct bracket bracket = { .close = '}', .starts = starts_member };
	struct pos start = here(p);

	if (!enter(p))
		return NULL;
	bracket.value = placed(p, json_object_new_object(), start);
	(void)next(p);
	skip_space(p);
	if (peek(p) == '}') {
		(void)close_bracket(p, &bracket);
	} else {
		do {
			skip_space(p);
			parse_member(p, bracket.value);
		} while (more(p, &bracket));
	}
	p->open.n--;
	shrink(bracket.value);
	return bracket.value;
}

static struct json_object *parse_list(struct parser *p)
{
	struct bracket bracket = { .close = ']', .starts = starts_value };
	struct pos start = here(p);

	if (!enter(p))
		return NULL;
	bracket.value = placed(p, json_object_new_array(), start);
	(void)next(p);
	skip_space(p);
	if (peek(p) == ']') {
		(void)close_bracket(p, &bracket);
	} else {
		do {
			struct json_object *value = parse_value(p);

			mark_end(p);
			json_object_array_add(bracket.value, value);
		} while (more(p, &bracket));
	}
	p->open.n--;
	return bracket.value;
}

static struct json_object *parse_odd_string(struct parser *p)
{
	struct pos start = here(p);

	if (!parse_odd_quotes(p))
		return NULL;
	return placed(p, json_object_new_string_len(str_text(&p->text), (int)p->text.len), start);
}

/* Returns NULL for null; after an error (reported, and resynchronized) a placeholder. */
static struct json_object *parse_value(struct parser *p)
{
	struct json_object *value = NULL;
	bool is_null = false;
	struct pos start;
	int c;

	skip_space(p);
	c = peek(p);
	start = here(p);
	if (c == '{')
		value = parse_map(p);
	else if (c == '[')
		value = parse_list(p);
	else if (c == '"')
		value = parse_string(p);
	else if (starts_number(c))
		value = parse_number(p);
	else if (starts_odd_quotes(p))
		value = parse_odd_string(p);
	else if (is_letter(c))
		value = parse_word(p, &is_null);
	else
		unexpected(p, "a value");
	if (value || is_null)
		return value;
	resync(p);
	return broken(p, start);
}

/* --- documents --- */

static bool looks_like(const struct parser *p, const char *const *words)
{
	for (; *words; words++)
		if (looking_at(p, *words))
			return true;
	return false;
}

/* Recognizes the file of another program by its first word; NULL if it may be JSON. */
static const char *other_program(const struct parser *p)
{
	/* ISC's dhcpd.conf: statements that end with semicolons. */
	static const char *const isc_words[] = {
		"authoritative",
		"class",
		"ddns-",
		"default-lease-time",
		"failover",
		"group",
		"host",
		"include",
		"key",
		"local-",
		"log-facility",
		"max-lease-time",
		"min-lease-time",
		"omapi",
		"one-lease-per-client",
		"option",
		"allow",
		"deny",
		"ignore",
		"not",
		"server-",
		"set",
		"shared-network",
		"subclass",
		"subnet",
		"subnet6",
		"update-",
		"use-host-decl-names",
		"zone",
		"default-",
		"dhcpv6-",
		"get-lease-hostnames",
		"if",
		"on",
		NULL,
	};
	static const char *const dnsmasq_words[] = {
		"address=",        "bind-interfaces", "bogus-priv", "conf-",        "dhcp-",
		"domain=",         "domain-needed",   "enable-ra",  "expand-hosts", "interface=",
		"listen-address=", "local=",          "log-",       "no-",          "port=",
		"server=",         "user=",           NULL,
	};

	if (memchr(p->b->p, ';', (size_t)(p->b->end - p->b->p)) && looks_like(p, isc_words))
		return "a dhcpd.conf of ISC DHCP";
	return looks_like(p, dnsmasq_words) ? "a configuration of dnsmasq" : NULL;
}

static void parse_top(struct parser *p, struct json_doc *ret)
{
	unsigned before = diag_errors(p->diag);
	const char *other;
	struct pos start;

	skip_space(p);
	start = here(p);
	other = p->flags & JSON_STRICT ? NULL : other_program(p);
	if (peek(p) == EOF) {
		unexpected(p, "'{'");
	} else if (other) {
		while (is_letter(peek(p)) || is_digit(peek(p)) || peek(p) == '-')
			(void)next(p);
		start.len = p->b->col - start.col;
		diag_error(p->diag, start, "this is %s, not a Kea configuration", other);
		diag_help(p->diag, "Kea's configuration is JSON%s",
			  strstr(other, "ISC") ? "; ISC's keama converts a dhcpd.conf" : "");
		lose(p);
	} else {
		ret->root = parse_value(p);
	}
	skip_space(p);
	if (peek(p) != EOF && !p->is_lost) {
		p->is_tangled = true;
		if (diag_errors(p->diag) == before)
			diag_error(p->diag, here(p), "unexpected text after the end of the configuration");
	}
}

/* Reads a mismatched text again, with each source repaired separately. */
static void parse_again(struct parser *p, const struct json_shape *shape, size_t mark, struct json_doc *ret)
{
	size_t i;

	json_object_put(ret->root);
	ret->root = NULL;
	diag_rewind(p->diag, mark);
	p->is_second = true;
	p->is_lost = p->eof_reported = p->is_tangled = false;
	p->open.n = 0;
	for (i = 0; i < diag_sources(p->diag); i++)
		*vec_push(&p->repairs) = repair_source(p->diag, (uint32_t)i + 1, i > 0, i ? NULL : shape);
	start_source(p, 0, 1);
	parse_top(p, ret);
}

static int parse_document(struct parser *p, const struct json_shape *shape, struct json_doc *ret)
{
	unsigned before = diag_errors(p->diag);
	size_t mark = diag_mark(p->diag), i;

	parse_top(p, ret);
	if (p->is_tangled && !(p->flags & JSON_STRICT))
		parse_again(p, shape, mark, ret);
	if (p->is_lost) {
		json_object_put(ret->root);
		ret->root = NULL;
	}
	for (i = 0; i < p->repairs.n; i++)
		repair_free(p->repairs.v[i]);
	vec_free(&p->repairs);
	vec_free(&p->ids);
	vec_free(&p->open);
	str_free(&p->text);
	ret->arena = p->arena;
	return diag_errors(p->diag) == before ? 0 : -E_CONFIG;
}

int json_read_file(const char *path, const struct json_shape *shape, struct diag *diag, struct json_doc *ret)
{
	struct parser p = { .diag = diag, .arena = arena_new(0) };

	*ret = (struct json_doc){ .arena = p.arena };
	if (push_file(&p, path, POS_NONE, 0) < 0)
		return -E_CONFIG;
	return parse_document(&p, shape, ret);
}

int json_read_text(const char *name, const char *text, size_t len, unsigned flags, const struct json_shape *shape,
		   struct diag *diag, struct json_doc *ret)
{
	struct parser p = { .diag = diag, .arena = arena_new(0), .flags = flags };
	char *copy = xmalloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	*ret = (struct json_doc){ .arena = p.arena };
	push_text(&p, name, copy, len);
	return parse_document(&p, shape, ret);
}

void json_doc_done(struct json_doc *doc)
{
	json_object_put(doc->root);
	arena_free(doc->arena);
	*doc = (struct json_doc){ 0 };
}
