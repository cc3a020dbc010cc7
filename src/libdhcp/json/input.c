/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The characters of a configuration: files, includes, comments. Buffers form a stack, so an include is simply
 * more text.
 */
#include "base/err.h"
#include "base/file.h"
#include "json/read_int.h"

#include <errno.h>
#include <unistd.h>

void pass_ghost(struct buffer *b)
{
	const struct repair *repair = b->repair;

	b->p++;
	b->n_ghosts++;
	b->ghost = b->n_ghosts < repair->n_ghosts ? repair->text + repair->ghosts[b->n_ghosts] : NULL;
}

bool looking_at(const struct parser *p, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(p->b->end - p->b->p) >= len && !memcmp(p->b->p, text, len);
}

void skip_n(struct parser *p, size_t n)
{
	while (n--)
		(void)next(p);
}

bool strict(struct parser *p, const char *what)
{
	if (!(p->flags & JSON_STRICT))
		return false;
	diag_error(p->diag, here(p), "%s are not allowed here", what);
	return true;
}

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

/* A byte order mark is not part of the text. */
static void skip_bom(struct parser *p)
{
	if (looking_at(p, "\xef\xbb\xbf"))
		p->b->p += 3;
	else if (looking_at(p, "\xff\xfe") || looking_at(p, "\xfe\xff")) {
		diag_error(p->diag, here(p), "this file is UTF-16: save it as UTF-8");
		p->b->p = p->b->end;
		p->is_lost = true;
	}
}

void start_source(struct parser *p, unsigned level, uint32_t file)
{
	struct buffer *b = &p->stack[level];
	const struct repair *repair = file <= p->repairs.n ? p->repairs.v[file - 1] : NULL;
	size_t len;
	const char *text = diag_source_text(p->diag, file, &len);

	*b = (struct buffer){ .file = file, .line = 1, .col = 1 };
	if (repair) {
		text = repair->text;
		len = repair->len;
		b->repair = repair;
		b->ghost = repair->n_ghosts ? text + repair->ghosts[0] : NULL;
	}
	b->p = text;
	b->end = text + len;
	p->b = b;
	p->depth = level;
	skip_bom(p);
}

static void cannot(struct parser *p, const char *verb, const char *path, struct pos from, const char *why)
{
	if (!from.line)
		from.file = diag_add_source(p->diag, path, NULL, 0, POS_NONE);
	diag_error(p->diag, from, "cannot %s %s: %s", verb, path, why);
}

static struct file_id *id_of(struct parser *p, uint32_t file)
{
	while (p->ids.n < file)
		(void)vec_push(&p->ids);
	return &p->ids.v[file - 1];
}

/* Reads the file and adds it as a source; 0 after an error. The main file may be a pipe, included files may not. */
static uint32_t load(struct parser *p, const char *path, struct pos from, unsigned level)
{
	FILE *file = fopen(path, "re");
	uint32_t number = 0;
	struct stat st;
	size_t len;
	char *text;
	unsigned i;

	if (!file || fstat(fileno(file), &st) < 0 || S_ISDIR(st.st_mode) || (level && !S_ISREG(st.st_mode))) {
		char why[FILE_WHY_MAX];

		errno = !file ? errno : S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		cannot(p, "open", path, from, file_why(path, R_OK, why));
		goto out;
	}
	for (i = 0; i < level; i++) {
		const struct file_id *id = id_of(p, p->stack[i].file);

		if (id->dev == st.st_dev && id->ino == st.st_ino) {
			diag_error(p->diag, from, "%s includes itself", path);
			goto out;
		}
	}
	text = read_whole(file, &len);
	if (ferror(file) || len >= JSON_FILE_MAX) {
		cannot(p, "read", path, from, ferror(file) ? strerror(errno) : "the file is too large");
		free(text);
		goto out;
	}
	number = diag_add_source(p->diag, path, text, len, from);
	*id_of(p, number) = (struct file_id){ st.st_dev, st.st_ino };
out:
	if (file)
		fclose(file);
	return number;
}

int push_file(struct parser *p, const char *path, struct pos from, unsigned level)
{
	/* In the second pass it is already loaded; a pipe could not be read again. */
	uint32_t number = p->is_second ? diag_find_source(p->diag, path, from) : 0;

	if (!number)
		number = load(p, path, from, level);
	if (!number)
		return -E_CONFIG;
	start_source(p, level, number);
	return 0;
}

void push_text(struct parser *p, const char *name, char *text, size_t len)
{
	start_source(p, 0, diag_add_source(p->diag, name, text, len, POS_NONE));
}

/* A relative name is searched next to the including file, then in the working directory. */
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

void skip_space(struct parser *p)
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
			struct pos from = here(p);

			(void)strict(p, "comments");
			skip_n(p, 2);
			while (peek(p) != EOF && !looking_at(p, "*/"))
				(void)next(p);
			if (peek(p) == EOF) {
				from.len = 2;
				diag_error(p->diag, from, "comment is not closed");
				p->is_lost = true;
			} else {
				skip_n(p, 2);
			}
		} else if (c == '<' && looking_at(p, "<?include")) {
			if (strict(p, "includes")) {
				skip_n(p, 9);
				continue;
			}
			include(p);
		} else if (c < 128 || !skip_odd_blank(p)) {
			return;
		}
	}
}
