/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A recursive-descent reader with a stack of buffers, so an include is simply more text. After an
 * error it goes on behind the next comma or bracket of the same level. A value's place hangs on it as
 * json-c userdata and lives in the document's arena, as the keys do.
 */
#include "json/read.h"

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "base/vec.h"

#include <errno.h>
#include <sys/stat.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct place {
	struct pos at, key;
};

struct buffer {
	const char *p, *end;
	uint32_t file, line, col;
	dev_t dev;
	ino_t ino;
};

struct parser {
	struct diag *diag;
	struct arena *arena;
	unsigned flags;
	struct buffer stack[JSON_INCLUDE_MAX + 1];
	unsigned depth; /* of buffers - 1 */
	struct buffer *b;
	struct pos last_end;  /* just behind the last token */
	VEC(struct pos) open; /* brackets */
	struct str text;      /* of the string, key or number being read */
	bool eof_told;
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

	return place ? (place->key.line ? place->key : place->at) : POS_NONE;
}

/* --- characters ------------------------------------------------------------ */

static struct pos here(const struct parser *p)
{
	return (struct pos){ p->b->file, p->b->line, p->b->col, 1 };
}

static int peek(const struct parser *p)
{
	return p->b->p < p->b->end ? (unsigned char)*p->b->p : EOF;
}

static int peek_at(const struct parser *p, size_t n)
{
	return (size_t)(p->b->end - p->b->p) > n ? (unsigned char)p->b->p[n] : EOF;
}

static int next(struct parser *p)
{
	int c = peek(p);

	if (c == EOF)
		return c;
	p->b->p++;
	if (c == '\n') {
		p->b->line++;
		p->b->col = 1;
	} else if ((c & 0xc0) != 0x80) {
		p->b->col++;
	}
	return c;
}

static bool looking_at(const struct parser *p, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(p->b->end - p->b->p) >= len && !memcmp(p->b->p, text, len);
}

static void skip_n(struct parser *p, size_t n)
{
	while (n--)
		(void)next(p);
}

static bool strict(struct parser *p, const char *what)
{
	if (!(p->flags & JSON_STRICT))
		return false;
	diag_error(p->diag, here(p), "%s are not allowed here", what);
	return true;
}

/* --- includes -------------------------------------------------------------- */

static char *read_whole(FILE *file, size_t *ret_len)
{
	size_t cap = 65536, len = 0, n;
	char *text = xmalloc(cap + 1);

	while ((n = fread(text + len, 1, cap - len, file)) > 0) {
		len += n;
		if (len == cap) {
			if (cap >= JSON_FILE_MAX)
				break;
			cap *= 2;
			text = xrealloc(text, cap + 1);
		}
	}
	text[len] = '\0';
	*ret_len = len;
	return text;
}

static int push_file(struct parser *p, const char *path, struct pos from, unsigned level)
{
	FILE *file = fopen(path, "re");
	struct buffer *b = &p->stack[level];
	struct stat st;
	size_t len;
	char *text;
	unsigned i;

	/* The file itself may be a pipe, what it includes may not. */
	if (!file || fstat(fileno(file), &st) < 0 || S_ISDIR(st.st_mode) || (level && !S_ISREG(st.st_mode))) {
		char why[FILE_WHY_MAX];

		errno = !file ? errno : S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		(void)file_why(path, R_OK, why);

		if (!from.line)
			from.file = diag_add_source(p->diag, path, NULL, 0, POS_NONE);
		diag_error(p->diag, from, "cannot open %s: %s", path, why);
		if (file)
			fclose(file);
		return -E_CONFIG;
	}
	for (i = 0; i < level; i++)
		if (p->stack[i].dev == st.st_dev && p->stack[i].ino == st.st_ino) {
			diag_error(p->diag, from, "%s includes itself", path);
			fclose(file);
			return -E_CONFIG;
		}
	text = read_whole(file, &len);
	if (ferror(file) || len >= JSON_FILE_MAX) {
		if (!from.line)
			from.file = diag_add_source(p->diag, path, NULL, 0, POS_NONE);
		diag_error(p->diag, from, "cannot read %s: %s", path,
			   ferror(file) ? strerror(errno) : "the file is too large");
		free(text);
		fclose(file);
		return -E_CONFIG;
	}
	fclose(file);
	*b = (struct buffer){ .p = text, .end = text + len, .line = 1, .col = 1, .dev = st.st_dev, .ino = st.st_ino };
	b->file = diag_add_source(p->diag, path, text, len, from);
	p->b = b;
	p->depth = level;
	return 0;
}

/* A relative name is looked for beside the including file, then in the working directory. */
static void include(struct parser *p)
{
	struct pos from = here(p);
	struct str name = { 0 }, path = { 0 };
	const char *base, *slash;
	int c;

	skip_n(p, strlen("<?include"));
	while (peek(p) == ' ' || peek(p) == '\t')
		(void)next(p);
	if (next(p) != '"') {
		diag_error(p->diag, from, "malformed include: expected <?include \"FILE\"?>");
		return;
	}
	while ((c = next(p)) != '"' && c != EOF && c != '\n')
		str_addc(&name, (char)c);
	while (peek(p) == ' ' || peek(p) == '\t')
		(void)next(p);
	if (c != '"' || !looking_at(p, "?>")) {
		diag_error(p->diag, from, "malformed include: expected <?include \"FILE\"?>");
		goto out;
	}
	skip_n(p, 2);
	from.len = (uint32_t)(p->b->line == from.line ? p->b->col - from.col : 1);
	if (p->depth == JSON_INCLUDE_MAX) {
		diag_error(p->diag, from, "includes are nested more than %d deep", JSON_INCLUDE_MAX);
		goto out;
	}
	base = diag_source_path(p->diag, p->b->file);
	slash = strrchr(base, '/');
	if (str_text(&name)[0] != '/' && slash) {
		struct stat st;

		str_add_n(&path, base, (size_t)(slash - base) + 1);
		str_add(&path, str_text(&name));
		if (stat(path.text, &st) < 0)
			str_reset(&path);
	}
	(void)push_file(p, path.len ? path.text : str_text(&name), from, p->depth + 1);
out:
	str_free(&name);
	str_free(&path);
}

/* White space, comments and includes; leaves finished includes. */
static void skip_space(struct parser *p)
{
	for (;;) {
		int c = peek(p);

		if (c == EOF && p->depth) {
			p->b = &p->stack[--p->depth];
		} else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			(void)next(p);
		} else if (c == '#' || (c == '/' && peek_at(p, 1) == '/')) {
			(void)strict(p, "comments");
			while (peek(p) != EOF && peek(p) != '\n')
				(void)next(p);
		} else if (c == '/' && peek_at(p, 1) == '*') {
			struct pos start = here(p);

			(void)strict(p, "comments");
			skip_n(p, 2);
			while (peek(p) != EOF && !looking_at(p, "*/"))
				(void)next(p);
			if (peek(p) == EOF)
				diag_error(p->diag, start, "comment is not closed");
			else
				skip_n(p, 2);
		} else if (c == '<' && looking_at(p, "<?include")) {
			if (strict(p, "includes")) {
				skip_n(p, 9);
				continue;
			}
			include(p);
		} else {
			return;
		}
	}
}

/* --- places and errors ----------------------------------------------------- */

static struct json_object *placed(struct parser *p, struct json_object *value, struct pos start)
{
	struct place *place = arena_new_obj(p->arena, struct place);

	if (p->b->file == start.file && p->b->line == start.line && p->b->col > start.col)
		start.len = p->b->col - start.col;
	place->at = start;
	json_object_set_userdata(value, place, NULL);
	return value;
}

static void unexpected(struct parser *p, const char *want)
{
	int c = peek(p);

	if (c == EOF) {
		if (p->eof_told)
			return;
		p->eof_told = true;
		diag_error(p->diag, here(p), "unexpected end of file, expected %s", want);
		if (p->open.n)
			diag_note(p->diag, p->open.v[p->open.n - 1], "opened here and never closed");
	} else if (c < 32 || c > 126) {
		diag_error(p->diag, here(p), "unexpected character 0x%02x, expected %s", (unsigned)c, want);
	} else {
		diag_error(p->diag, here(p), "unexpected '%c', expected %s", c, want);
	}
}

/* Behind an error: to the next comma or closing bracket of this level, or the end. */
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

/* --- values ---------------------------------------------------------------- */

static int hex4(struct parser *p)
{
	int v = 0, i;

	for (i = 0; i < 4; i++) {
		int c = peek(p);

		if (c >= '0' && c <= '9')
			v = v * 16 + c - '0';
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			v = v * 16 + c - 'A' + 10;
		else
			return -1;
		(void)next(p);
	}
	return v;
}

static void add_utf8(struct str *s, unsigned c)
{
	if (c < 0x80) {
		str_addc(s, (char)c);
	} else if (c < 0x800) {
		str_addc(s, (char)(0xc0 | c >> 6));
		str_addc(s, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		str_addc(s, (char)(0xe0 | c >> 12));
		str_addc(s, (char)(0x80 | (c >> 6 & 63)));
		str_addc(s, (char)(0x80 | (c & 63)));
	} else {
		str_addc(s, (char)(0xf0 | c >> 18));
		str_addc(s, (char)(0x80 | (c >> 12 & 63)));
		str_addc(s, (char)(0x80 | (c >> 6 & 63)));
		str_addc(s, (char)(0x80 | (c & 63)));
	}
}

static bool parse_escape(struct parser *p, struct str *s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	struct pos at = here(p);
	int c = next(p);
	const char *hit;

	if (c == 'u') {
		int hi = hex4(p), lo;

		if (hi >= 0xd800 && hi < 0xdc00 && looking_at(p, "\\u")) {
			skip_n(p, 2);
			lo = hex4(p);
			if (lo >= 0xdc00 && lo < 0xe000) {
				add_utf8(s, 0x10000 + ((unsigned)(hi - 0xd800) << 10) + (unsigned)(lo - 0xdc00));
				return true;
			}
			hi = -1;
		}
		if (hi <= 0 || (hi >= 0xd800 && hi < 0xe000)) {
			diag_error(p->diag, at, "\\u must be followed by the four hex digits of a valid character");
			return false;
		}
		add_utf8(s, (unsigned)hi);
		return true;
	}
	hit = c > 0 ? strchr(from, c) : NULL;
	if (!hit) {
		diag_error(p->diag, at, "unknown escape in a string");
		return false;
	}
	str_addc(s, to[hit - from]);
	return true;
}

/* Length of the UTF-8 sequence at the cursor, 0 if it is broken. */
static unsigned utf8_len(const struct parser *p)
{
	int c = peek(p);
	unsigned n = c < 0x80                ? 1
		     : c >= 0xc2 && c < 0xe0 ? 2
		     : c >= 0xe0 && c < 0xf0 ? 3
		     : c >= 0xf0 && c < 0xf5 ? 4
					     : 0,
		 i;

	for (i = 1; i < n; i++) {
		int d = peek_at(p, i);

		if (d == EOF || (d & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

/* What needs no second look, nearly always all of the string, in one piece. */
static void take_plain(struct parser *p, struct str *s)
{
	const char *from = p->b->p;
	size_t len;

	while (p->b->p < p->b->end && *p->b->p >= 32 && *p->b->p < 0x7f && *p->b->p != '"' && *p->b->p != '\\')
		p->b->p++;
	len = (size_t)(p->b->p - from);
	p->b->col += (uint32_t)len;
	str_add_n(s, from, len);
}

/* Into p->text. The cursor is on the opening quote. False: an error was told; the cursor is behind the string. */
static bool parse_text(struct parser *p)
{
	struct pos start = here(p);
	struct str *s = &p->text;
	bool ok = true;

	str_reset(s);
	(void)next(p);
	for (;;) {
		int c;

		take_plain(p, s);
		c = peek(p);
		if (c == '"') {
			(void)next(p);
			return ok;
		}
		if (c == EOF || c == '\n') {
			diag_error(p->diag, start, "string is not closed: it must end on its line");
			return false;
		}
		if (c == '\\') {
			(void)next(p);
			ok &= parse_escape(p, s);
		} else if (c < 32) {
			diag_error(p->diag, here(p), "control character 0x%02x in a string", (unsigned)c);
			(void)next(p);
			ok = false;
		} else {
			unsigned n = utf8_len(p);

			if (!n) {
				diag_error(p->diag, here(p), "invalid UTF-8");
				(void)next(p);
				ok = false;
			}
			while (n--)
				str_addc(s, (char)next(p));
		}
	}
}

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

static bool starts_number(int c)
{
	return is_digit(c) || c == '-' || c == '+' || c == '.';
}

static bool is_number_char(int c)
{
	return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* Kea's lexer, more generous than JSON: digits may be missing before or after the point (.45, 5.), a sign may be '+'.
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
	if (!is_number(s->text, &is_real)) {
		diag_error(p->diag, start, "%s is not a number", s->text);
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

static struct json_object *parse_word(struct parser *p, bool *ret_null)
{
	struct pos start = here(p);
	struct str *s = &p->text;
	struct json_object *value = NULL;
	int c;

	str_reset(s);
	while (((c = peek(p)) >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
	       (s->len && c >= '0' && c <= '9'))
		str_addc(s, (char)next(p));
	start.len = (uint32_t)s->len;
	if (!strcmp(str_text(s), "true") || !strcmp(str_text(s), "false"))
		value = placed(p, json_object_new_boolean(s->text[0] == 't'), start);
	else if (!strcmp(str_text(s), "null"))
		*ret_null = true;
	else
		diag_error(p->diag, start, "unexpected word \"%s\": strings must be in double quotes", str_text(s));
	return value;
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

/* One that no member follows. Kea takes any number of them. */
static void extra_comma(struct parser *p, struct pos comma)
{
	if (p->flags & JSON_STRICT)
		diag_error(p->diag, comma, "extra comma");
	else
		diag_warn(p->diag, comma, "extra comma: is something missing after it?");
}

/*
 * Behind a member: a comma, or the closing bracket. Returns false when the list is over. `starts`
 * tells whether a character can start the next member, which then lacks its comma.
 */
static bool more(struct parser *p, char close, bool (*starts)(int c))
{
	struct pos end = p->last_end;
	struct pos comma;

	skip_space(p);
	if (peek(p) == close) {
		(void)next(p);
		return false;
	}
	if (peek(p) == ',') {
		comma = skip_comma(p);
		while (peek(p) == ',') {
			extra_comma(p, comma);
			comma = skip_comma(p);
		}
		if (peek(p) != close)
			return peek(p) != EOF || (unexpected(p, "another value"), false);
		extra_comma(p, comma);
		(void)next(p);
		return false;
	}
	if (starts(peek(p))) {
		diag_error(p->diag, end, "missing comma");
		return true;
	}
	unexpected(p, close == '}' ? "',' or '}'" : "',' or ']'");
	if (peek(p) == EOF)
		return false;
	if (peek(p) == '}' || peek(p) == ']') {
		diag_note(p->diag, p->open.v[p->open.n - 1], "opened here");
		(void)next(p); /* taken for the right one */
		return false;
	}
	resync(p);
	return more(p, close, starts);
}

static bool starts_member(int c)
{
	return c == '"';
}

static bool starts_value(int c)
{
	return c == '"' || c == '{' || c == '[' || starts_number(c) || (c >= 'a' && c <= 'z');
}

static void parse_member(struct parser *p, struct json_object *map)
{
	struct pos key_pos = here(p);
	struct json_object *value, *old;
	const char *key;
	bool known;

	if (peek(p) != '"') {
		unexpected(p, "a key in double quotes");
		resync(p);
		return;
	}
	if (!parse_text(p)) {
		resync(p);
		return;
	}
	key = arena_strndup(p->arena, str_text(&p->text), p->text.len);
	key_pos.len = p->b->col - key_pos.col;
	mark_end(p);
	skip_space(p);
	if (peek(p) != ':') {
		unexpected(p, "':'");
		resync(p);
		return;
	}
	(void)next(p);
	known = json_object_object_get_ex(map, key, &old);
	value = parse_value(p);
	mark_end(p);
	if (value) {
		struct place *place = json_object_get_userdata(value);

		place->key = key_pos;
	}
	if (known) {
		diag_error(p->diag, key_pos, "duplicate key \"%s\"", key);
		diag_note(p->diag, json_key_pos(old), "first defined here");
		json_object_put(value);
	} else if (value) {
		/* The flag's name in json-c 0.15, too. */
		json_object_object_add_ex(map, key, value,
					  JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT);
	}
}

/*
 * json-c gives every map room for ten members, 640 bytes; most have two or three, and there are
 * hundreds of thousands. If it cannot be had, it stays as it is.
 */
static void shrink(struct json_object *map)
{
	int n = json_object_object_length(map);

	if (n <= 4)
		(void)lh_table_resize(json_object_get_object(map), 2 * n + 2);
}

static struct json_object *parse_map(struct parser *p)
{
	struct pos start = here(p);
	struct json_object *map;

	if (!enter(p))
		return NULL;
	map = placed(p, json_object_new_object(), start);
	(void)next(p);
	skip_space(p);
	if (peek(p) == '}') {
		(void)next(p);
	} else {
		do {
			skip_space(p);
			parse_member(p, map);
		} while (more(p, '}', starts_member));
	}
	p->open.n--;
	shrink(map);
	return map;
}

static struct json_object *parse_list(struct parser *p)
{
	struct pos start = here(p);
	struct json_object *list;

	if (!enter(p))
		return NULL;
	list = placed(p, json_object_new_array(), start);
	(void)next(p);
	skip_space(p);
	if (peek(p) == ']') {
		(void)next(p);
	} else {
		do {
			struct json_object *value = parse_value(p);

			mark_end(p);
			if (value)
				json_object_array_add(list, value);
		} while (more(p, ']', starts_value));
	}
	p->open.n--;
	return list;
}

/* NULL after an error (told, and resynchronised) and for null. */
static struct json_object *parse_value(struct parser *p)
{
	struct json_object *value = NULL;
	bool is_null = false;
	int c;

	skip_space(p);
	c = peek(p);
	if (c == '{')
		value = parse_map(p);
	else if (c == '[')
		value = parse_list(p);
	else if (c == '"')
		value = parse_string(p);
	else if (starts_number(c))
		value = parse_number(p);
	else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		value = parse_word(p, &is_null);
	else
		unexpected(p, "a value");
	if (!value && !is_null)
		resync(p);
	return value;
}

static int parse_document(struct parser *p, struct json_doc *ret)
{
	unsigned before = diag_errors(p->diag);

	skip_space(p);
	if (peek(p) == EOF)
		unexpected(p, "{");
	else
		ret->root = parse_value(p);
	skip_space(p);
	if (peek(p) != EOF && diag_errors(p->diag) == before)
		diag_error(p->diag, here(p), "unexpected text after the end of the configuration");
	vec_free(&p->open);
	str_free(&p->text);
	ret->arena = p->arena;
	return diag_errors(p->diag) == before ? 0 : -E_CONFIG;
}

int json_read_file(const char *path, struct diag *diag, struct json_doc *ret)
{
	struct parser p = { .diag = diag, .arena = arena_new(0) };

	*ret = (struct json_doc){ .arena = p.arena };
	if (push_file(&p, path, POS_NONE, 0) < 0)
		return -E_CONFIG;
	return parse_document(&p, ret);
}

int json_read_text(const char *name, const char *text, size_t len, unsigned flags, struct diag *diag,
		   struct json_doc *ret)
{
	struct parser p = { .diag = diag, .arena = arena_new(0), .flags = flags };
	char *copy = xmalloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	*ret = (struct json_doc){ .arena = p.arena };
	p.b = &p.stack[0];
	*p.b = (struct buffer){ .p = copy, .end = copy + len, .line = 1, .col = 1 };
	p.b->file = diag_add_source(diag, name, copy, len, POS_NONE);
	return parse_document(&p, ret);
}

void json_doc_done(struct json_doc *doc)
{
	json_object_put(doc->root);
	arena_free(doc->arena);
	*doc = (struct json_doc){ 0 };
}
