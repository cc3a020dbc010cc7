/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reads dhcpd.conf as statements. dhcpd's own parser decides token by token what a word may mean; here a word is
 * everything between blanks and punctuation, and the conversion looks at its letters.
 */
#include "kea-migrate/statement.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXCERPT_MAX 400

struct file_id {
	dev_t dev;
	ino_t ino;
};

struct shared {
	struct report *rep;
	struct arena *arena;
	struct file_id stack[INCLUDE_DEPTH];
	unsigned depth, n_files;
	size_t bytes;
	bool may_include;
};

struct parser {
	struct shared *sh;
	const char *p, *end;
	struct pos pos;
	const char *path;
	struct str comment; /* lines since the last statement */
	bool raw_next;      /* the next word ends at a semicolon only: a secret */
};

bool token_is(const struct statement *st, unsigned i, const char *word)
{
	return i < st->n && st->v[i].kind != TOKEN_STRING && str_case_equal(st->v[i].text, word);
}

const char *token_text(const struct statement *st, unsigned i)
{
	return i < st->n ? st->v[i].text : "";
}

char *source_read(struct arena *arena, const char *path, size_t max, size_t *ret_len, const char **ret_why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t cap = 65536, len = 0;
	char *text = NULL, *copy = NULL;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		*ret_why = arena_strdup(arena, strerror(errno));
		goto out;
	}
	if (S_ISDIR(st.st_mode)) {
		*ret_why = "is a directory";
		goto out;
	}
	(void)fcntl(fd, F_SETFL, 0);
	text = xmalloc(cap + 1);
	while ((n = read(fd, text + len, cap - len)) > 0) {
		len += (size_t)n;
		if (len > max) {
			*ret_why = "is too large";
			goto out;
		}
		if (len == cap)
			text = xrealloc(text, (cap *= 2) + 1);
	}
	if (n < 0) {
		*ret_why = arena_strdup(arena, strerror(errno));
		goto out;
	}
	text[len] = '\0';
	copy = arena_dup(arena, text, len + 1);
	*ret_len = len;
out:
	if (fd >= 0)
		(void)close(fd);
	free(text);
	return copy;
}

static int next_char(struct parser *p)
{
	int c;

	if (p->p >= p->end)
		return EOF;
	c = (unsigned char)*p->p++;
	if (c == '\n') {
		p->pos.line++;
		p->pos.col = 1;
	} else if ((c & 0xc0) != 0x80) {
		p->pos.col++;
	}
	return c;
}

static int peek_char(const struct parser *p)
{
	return p->p < p->end ? (unsigned char)*p->p : EOF;
}

static void skip_blank(struct parser *p)
{
	int c;

	while ((c = peek_char(p)) != EOF) {
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0' || c == '\f' || c == '\v') {
			(void)next_char(p);
			continue;
		}
		if (c != '#')
			return;
		(void)next_char(p);
		if (peek_char(p) == ' ')
			(void)next_char(p);
		while ((c = peek_char(p)) != EOF && c != '\n') {
			if (p->comment.len < 16384 && c != '\r' && c != '\0')
				str_addc(&p->comment, (char)c);
			(void)next_char(p);
		}
		if (p->comment.len < 16384)
			str_addc(&p->comment, '\n');
	}
}

static int escape(struct parser *p)
{
	int c = next_char(p), v = 0;

	switch (c) {
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case 'b':
		return '\b';
	case 'x':
		for (int i = 0; i < 2 && peek_char(p) != EOF && hex_value((char)peek_char(p)) >= 0; i++)
			v = v * 16 + hex_value((char)next_char(p));
		return v;
	default:
		if (c < '0' || c > '7')
			return c;
		v = c - '0';
		for (int i = 0; i < 2 && peek_char(p) >= '0' && peek_char(p) <= '7'; i++)
			v = v * 8 + next_char(p) - '0';
		return v & 0xff;
	}
}

static void read_string(struct parser *p, struct token *tok)
{
	struct str s = { 0 };
	int c;

	tok->kind = TOKEN_STRING;
	(void)next_char(p);
	while ((c = next_char(p)) != '"') {
		if (c == EOF) {
			report_note(p->sh->rep, REPORT_ERROR, tok->pos, "string without its closing quote");
			break;
		}
		if (c == '\\')
			c = escape(p);
		if (c != EOF)
			str_addc(&s, (char)c);
	}
	tok->text = arena_strndup(p->sh->arena, "", 0);
	if (s.len)
		tok->text = arena_dup(p->sh->arena, s.text, s.len + 1);
	tok->len = s.len;
	str_free(&s);
}

static bool is_punct(int c)
{
	return c == ';' || c == '{' || c == '}' || c == '(' || c == ')' || c == ',' || c == '=' || c == '!' ||
	       c == '~' || c == '&' || c == '|' || c == '^' || c == '%' || c == '*' || c == '+';
}

/* A base64 secret may contain '+', '/' and '='. */
static bool ends_word(const struct parser *p, int c)
{
	if (c == EOF || c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0' || c == '"' || c == ';' ||
	    c == '#')
		return true;
	return !p->raw_next && is_punct(c);
}

static bool read_token(struct parser *p, struct token *tok)
{
	const char *from;
	int c;

	skip_blank(p);
	*tok = (struct token){ .pos = p->pos };
	c = peek_char(p);
	if (c == EOF)
		return false;
	if (c == '"') {
		read_string(p, tok);
		p->raw_next = false;
		return true;
	}
	from = p->p;
	if (is_punct(c) && !p->raw_next) {
		tok->kind = TOKEN_PUNCT;
		(void)next_char(p);
		if ((c == '!' || c == '~') && (peek_char(p) == '=' || peek_char(p) == '~'))
			(void)next_char(p);
	} else {
		do
			(void)next_char(p);
		while (!ends_word(p, peek_char(p)));
	}
	tok->len = (size_t)(p->p - from);
	tok->text = arena_strndup(p->sh->arena, from, tok->len);
	tok->len = strlen(tok->text);
	p->raw_next = tok->kind == TOKEN_WORD && str_case_equal(tok->text, "secret");
	return true;
}

static struct statement **parse_block(struct parser *p, struct statement **tail, unsigned depth);
static struct statement **include(struct parser *p, const struct statement *st, struct statement **tail,
				  unsigned depth);

static bool is(const struct token *tok, char c)
{
	return tok->kind == TOKEN_PUNCT && tok->text[0] == c && !tok->text[1];
}

static void excerpt(const struct parser *p, const char *from, struct statement *st)
{
	size_t len = (size_t)(p->p - from);

	if (len > EXCERPT_MAX)
		st->source = arena_printf(p->sh->arena, "%.*s ...", EXCERPT_MAX, from);
	else
		st->source = arena_strndup(p->sh->arena, from, len);
}

/* Skips a block that is nested too deeply. */
static void skip_block(struct parser *p)
{
	struct token tok;
	unsigned depth = 1;

	while (depth && read_token(p, &tok))
		depth += is(&tok, '{') ? 1U : is(&tok, '}') ? -1U : 0U;
}

struct reading {
	VEC(struct token) toks;
	unsigned braces; /* of an option's definition */
	bool is_option, is_case;
};

/* True if the token ends the statement. */
static bool ends_statement(struct parser *p, struct reading *rd, const struct token *tok, struct statement *st,
			   unsigned depth)
{
	if (is(tok, ';') && !rd->braces)
		return true;
	if (is(tok, '{') && !rd->is_option) {
		st->has_block = true;
		if (depth >= STATEMENT_DEPTH) {
			report_note(p->sh->rep, REPORT_ERROR, tok->pos, "blocks are nested more than %d deep",
				    STATEMENT_DEPTH);
			skip_block(p);
		} else {
			(void)parse_block(p, &st->block, depth + 1);
		}
		return true;
	}
	if (rd->is_option && (is(tok, '{') || is(tok, '}')))
		rd->braces += is(tok, '{') ? 1U : rd->braces ? -1U : 0U;
	*vec_push(&rd->toks) = *tok;
	return rd->is_case && tok->len && tok->kind == TOKEN_WORD && tok->text[tok->len - 1] == ':';
}

static struct statement **parse_statement(struct parser *p, struct token *tok, struct statement **tail, unsigned depth)
{
	struct statement *st = arena_new_obj(p->sh->arena, struct statement);
	struct reading rd = { .is_option = str_case_equal(tok->text, "option") && tok->kind == TOKEN_WORD,
			      .is_case = (str_case_equal(tok->text, "case") || str_case_equal(tok->text, "default")) &&
					 tok->kind == TOKEN_WORD };
	const char *from = p->p - tok->len - (tok->kind == TOKEN_STRING);
	bool is_ended = is(tok, ';') || (tok->kind == TOKEN_WORD && str_case_equal(tok->text, "default:"));

	st->pos = tok->pos;
	if (p->comment.len)
		st->comment = arena_strndup(p->sh->arena, p->comment.text, p->comment.len - 1);
	str_reset(&p->comment);
	if (from < p->path)
		from = p->path;
	*vec_push(&rd.toks) = *tok;
	while (!is_ended && read_token(p, tok)) {
		if (is(tok, '}') && !rd.braces) {
			report_note(p->sh->rep, REPORT_ERROR, tok->pos, "expected a semicolon before }");
			p->p--;
			p->pos.col--;
			is_ended = true;
			break;
		}
		is_ended = ends_statement(p, &rd, tok, st, depth);
	}
	if (!is_ended)
		report_note(p->sh->rep, REPORT_ERROR, st->pos, "the file ends within this statement");
	st->n = (unsigned)rd.toks.n;
	st->v = arena_dup(p->sh->arena, rd.toks.v, rd.toks.n * sizeof(*rd.toks.v));
	vec_free(&rd.toks);
	excerpt(p, from, st);
	if (token_is(st, 0, "include"))
		return include(p, st, tail, depth);
	p->sh->rep->statements++;
	*tail = st;
	return &st->next;
}

/* Reads statements up to "}" or the end, and returns where the next one belongs. */
static struct statement **parse_block(struct parser *p, struct statement **tail, unsigned depth)
{
	struct pos from = p->pos;
	struct token tok;

	while (read_token(p, &tok)) {
		if (is(&tok, '}')) {
			if (depth)
				return tail;
			report_note(p->sh->rep, REPORT_ERROR, tok.pos, "} without {");
			continue;
		}
		if (!is(&tok, ';'))
			tail = parse_statement(p, &tok, tail, depth);
	}
	if (depth)
		report_note(p->sh->rep, REPORT_ERROR, from, "block without its closing }");
	return tail;
}

static struct statement **parse_text(struct shared *sh, uint32_t file, const char *text, size_t len,
				     struct statement **tail, unsigned depth, const char **ret_trailing)
{
	struct parser p = { .sh = sh,
			    .p = text,
			    .end = text + len,
			    .path = text,
			    .pos = { .file = file, .line = 1, .col = 1, .len = 1 } };

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		p.p += 3;
	tail = parse_block(&p, tail, 0);
	(void)depth;
	if (ret_trailing && p.comment.len)
		*ret_trailing = arena_strndup(sh->arena, p.comment.text, p.comment.len - 1);
	str_free(&p.comment);
	return tail;
}

/* dhcpd looks for a relative name in its working directory; here also beside the including file. */
static const char *included_path(struct shared *sh, uint32_t file, const char *name)
{
	const char *base = sh->rep->paths.v[file - 1], *slash = strrchr(base, '/');
	struct stat st;

	if (name[0] == '/' || !slash || stat(name, &st) == 0)
		return name;
	return arena_printf(sh->arena, "%.*s%s", (int)(slash - base + 1), base, name);
}

static bool includes_itself(struct shared *sh, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	for (unsigned i = 0; i < sh->depth; i++)
		if (sh->stack[i].dev == st.st_dev && sh->stack[i].ino == st.st_ino)
			return true;
	sh->stack[sh->depth] = (struct file_id){ st.st_dev, st.st_ino };
	return false;
}

static struct statement **include(struct parser *p, const struct statement *st, struct statement **tail, unsigned depth)
{
	struct shared *sh = p->sh;
	const char *path, *why = NULL;
	char *text;
	size_t len;

	if (st->n != 2 || st->has_block || !st->v[1].len || strlen(st->v[1].text) != st->v[1].len)
		why = "expected: include \"FILE\";";
	else if (!sh->may_include)
		why = "files are not included here";
	else if (sh->depth == INCLUDE_DEPTH || sh->n_files == INCLUDE_MAX)
		why = "too many files are included";
	if (why) {
		report_note(sh->rep, REPORT_ERROR, st->pos, "%s", why);
		return tail;
	}
	path = included_path(sh, st->pos.file, st->v[1].text);
	if (includes_itself(sh, path)) {
		report_note(sh->rep, REPORT_ERROR, st->pos, "%s includes itself", path);
		return tail;
	}
	text = source_read(sh->arena, path, SOURCE_MAX - sh->bytes, &len, &why);
	if (!text) {
		report_note(sh->rep, REPORT_ERROR, st->pos, "%s: %s", path, why);
		return tail;
	}
	sh->bytes += len;
	sh->n_files++;
	sh->depth++;
	tail = parse_text(sh, report_source(sh->rep, path), text, len, tail, depth, NULL);
	sh->depth--;
	return tail;
}

int statements_read(const char *path, struct report *rep, struct statements *ret)
{
	struct shared sh = { .rep = rep, .arena = rep->arena, .may_include = true };
	uint32_t file = report_source(rep, path);
	const char *why = NULL;
	size_t len;
	char *text = source_read(rep->arena, path, SOURCE_MAX, &len, &why);

	*ret = (struct statements){ 0 };
	if (!text) {
		report_note(rep, REPORT_ERROR, (struct pos){ .file = file }, "%s", why);
		return -E_SYS;
	}
	sh.bytes = len;
	(void)includes_itself(&sh, path);
	sh.depth = 1;
	(void)parse_text(&sh, file, text, len, &ret->first, 0, &ret->trailing);
	return 0;
}

void statements_parse(const char *name, const char *text, size_t len, struct report *rep, struct statements *ret)
{
	struct shared sh = { .rep = rep, .arena = rep->arena };

	*ret = (struct statements){ 0 };
	(void)parse_text(&sh, report_source(rep, name), text, len, &ret->first, 0, &ret->trailing);
}

struct statement_reader {
	struct shared sh;
	struct parser p;
};

struct statement_reader *statement_reader_new(const char *name, const char *text, size_t len, struct report *rep)
{
	struct statement_reader *reader = xcalloc(1, sizeof(*reader));
	uint32_t file = report_source(rep, name);

	reader->sh.rep = rep;
	reader->p = (struct parser){ .sh = &reader->sh,
				     .p = text,
				     .end = text + len,
				     .path = text,
				     .pos = { .file = file, .line = 1, .col = 1, .len = 1 } };
	return reader;
}

const struct statement *statement_reader_next(struct statement_reader *reader, struct arena *arena)
{
	struct statement *st = NULL;
	struct token tok;

	reader->sh.arena = arena;
	while (!st && read_token(&reader->p, &tok)) {
		if (is(&tok, '}'))
			report_note(reader->sh.rep, REPORT_ERROR, tok.pos, "} without {");
		else if (!is(&tok, ';'))
			(void)parse_statement(&reader->p, &tok, &st, 0);
	}
	return st;
}

void statement_reader_free(struct statement_reader *reader)
{
	str_free(&reader->p.comment);
	free(reader);
}
