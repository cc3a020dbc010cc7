/* SPDX-License-Identifier: MPL-2.0 */
#include "json/diag.h"

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "json/excerpt.h"

#include <json-c/json.h>
#include <unistd.h>

struct source {
	char *path;
	char *text;
	size_t len;
	struct pos included_from;
	VEC(size_t) lines; /* start of each line */
};

struct note {
	struct pos pos;
	char *text;
};

struct item {
	enum diag_kind kind;
	unsigned order;
	struct pos pos;
	char *text;
	char *help; /* NULL if none */
	VEC(struct note) notes;
};

struct diag {
	VEC(struct source) sources;
	VEC(struct item) items;
	unsigned n_errors, n_warnings;
	size_t max;
	bool is_strict;    /* warnings count as errors */
	bool last_dropped; /* the last one was over the limit or a duplicate, so its notes are dropped too */
};

struct diag *diag_new(void)
{
	struct diag *diag = xcalloc(1, sizeof(*diag));

	diag->max = DIAG_MAX;
	return diag;
}

static void item_done(struct item *item)
{
	size_t k;

	for (k = 0; k < item->notes.n; k++)
		free(item->notes.v[k].text);
	vec_free(&item->notes);
	free(item->text);
	free(item->help);
}

size_t diag_mark(const struct diag *diag)
{
	return diag->items.n;
}

void diag_rewind(struct diag *diag, size_t mark)
{
	size_t k;

	/* Those over the limit were only counted. */
	diag->n_errors = diag->n_warnings = 0;
	for (k = 0; k < mark; k++)
		*(diag->items.v[k].kind == DIAG_ERROR ? &diag->n_errors : &diag->n_warnings) += 1;
	for (; diag->items.n > mark; diag->items.n--)
		item_done(&diag->items.v[diag->items.n - 1]);
}

void diag_free(struct diag *diag)
{
	size_t i;

	if (!diag)
		return;
	for (i = 0; i < diag->sources.n; i++) {
		free(diag->sources.v[i].path);
		free(diag->sources.v[i].text);
		vec_free(&diag->sources.v[i].lines);
	}
	diag_rewind(diag, 0);
	vec_free(&diag->sources);
	vec_free(&diag->items);
	free(diag);
}

uint32_t diag_add_source(struct diag *diag, const char *path, char *text, size_t len, struct pos included_from)
{
	struct source *src = vec_push(&diag->sources);

	src->path = xstrdup(path);
	src->text = text;
	src->len = len;
	src->included_from = included_from;
	*vec_push(&src->lines) = 0;
	for (const char *p = text; p && (p = memchr(p, '\n', len - (size_t)(p - text))); p++)
		*vec_push(&src->lines) = (size_t)(p - text) + 1;
	return (uint32_t)diag->sources.n;
}

static const struct source *source(const struct diag *diag, uint32_t file)
{
	return file && file <= diag->sources.n ? &diag->sources.v[file - 1] : NULL;
}

const char *diag_source_path(const struct diag *diag, uint32_t file)
{
	const struct source *src = source(diag, file);

	return src ? src->path : "";
}

const char *diag_source_text(const struct diag *diag, uint32_t file, size_t *ret_len)
{
	const struct source *src = source(diag, file);

	*ret_len = src ? src->len : 0;
	return src ? src->text : NULL;
}

size_t diag_sources(const struct diag *diag)
{
	return diag->sources.n;
}

uint32_t diag_find_source(const struct diag *diag, const char *path, struct pos from)
{
	size_t i;

	for (i = 0; i < diag->sources.n; i++) {
		const struct source *src = &diag->sources.v[i];

		if (src->text && src->included_from.file == from.file && src->included_from.line == from.line &&
		    src->included_from.col == from.col && !strcmp(src->path, path))
			return (uint32_t)i + 1;
	}
	return 0;
}

static char *format(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static char *format(const char *fmt, va_list ap)
{
	va_list copy;
	char *text;
	int len;

	va_copy(copy, ap);
	len = vsnprintf(NULL, 0, fmt, copy);
	va_end(copy);
	text = xmalloc((size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

static void add(struct diag *diag, enum diag_kind kind, struct pos pos, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
static bool is_known(const struct diag *diag, struct pos pos, const char *text)
{
	size_t i;

	for (i = 0; i < diag->items.n; i++) {
		const struct item *item = &diag->items.v[i];

		if (item->pos.file == pos.file && item->pos.line == pos.line && item->pos.col == pos.col &&
		    !strcmp(item->text, text))
			return true;
	}
	return false;
}

/* Errors displace warnings. False if there is no space. */
static bool make_room(struct diag *diag, enum diag_kind kind)
{
	size_t i = diag->items.n;

	if (i < diag->max)
		return true;
	while (kind == DIAG_ERROR && i-- > 0)
		if (diag->items.v[i].kind == DIAG_WARNING) {
			item_done(&diag->items.v[i]);
			memmove(&diag->items.v[i], &diag->items.v[i + 1],
				(diag->items.n - i - 1) * sizeof(*diag->items.v));
			diag->items.n--;
			return true;
		}
	return false;
}

static void add(struct diag *diag, enum diag_kind kind, struct pos pos, const char *fmt, va_list ap)
{
	char *text = format(fmt, ap);
	struct item *item;

	/* A wrong value that many scopes inherit is reported once. */
	if (is_known(diag, pos, text)) {
		diag->last_dropped = true;
		free(text);
		return;
	}
	if (kind == DIAG_ERROR)
		diag->n_errors++;
	else
		diag->n_warnings++;
	diag->last_dropped = !make_room(diag, kind);
	if (diag->last_dropped) {
		free(text);
		return;
	}
	item = vec_push(&diag->items);
	item->kind = kind;
	item->order = diag->n_errors + diag->n_warnings;
	item->pos = pos;
	item->text = text;
}

void diag_set_lenient(struct diag *diag)
{
	diag->max = DIAG_MAX_LENIENT;
}

void diag_each_error(const struct diag *diag, void (*fn)(void *ctx, struct pos pos, const char *text), void *ctx)
{
	size_t i;

	for (i = 0; i < diag->items.n; i++)
		if (diag->items.v[i].kind == DIAG_ERROR)
			fn(ctx, diag->items.v[i].pos, diag->items.v[i].text);
}

void diag_error(struct diag *diag, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(diag, DIAG_ERROR, pos, fmt, ap);
	va_end(ap);
}

void diag_warn(struct diag *diag, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(diag, DIAG_WARNING, pos, fmt, ap);
	va_end(ap);
}

static struct item *last(struct diag *diag)
{
	return diag->items.n && !diag->last_dropped ? &diag->items.v[diag->items.n - 1] : NULL;
}

void diag_note(struct diag *diag, struct pos pos, const char *fmt, ...)
{
	struct item *item = last(diag);
	struct note *note;
	va_list ap;

	if (!item)
		return;
	note = vec_push(&item->notes);
	note->pos = pos;
	va_start(ap, fmt);
	note->text = format(fmt, ap);
	va_end(ap);
}

void diag_help(struct diag *diag, const char *fmt, ...)
{
	struct item *item = last(diag);
	va_list ap;

	if (!item)
		return;
	free(item->help);
	va_start(ap, fmt);
	item->help = format(fmt, ap);
	va_end(ap);
}

unsigned diag_errors(const struct diag *diag)
{
	return diag ? diag->n_errors : 0;
}

unsigned diag_warnings(const struct diag *diag)
{
	return diag ? diag->n_warnings : 0;
}

void diag_set_strict(struct diag *diag)
{
	diag->is_strict = true;
}

bool diag_is_usable(const struct diag *diag)
{
	return !diag->n_errors && !(diag->is_strict && diag->n_warnings);
}

/* --- printing --- */

static int by_place(const void *x, const void *y)
{
	const struct item *const *a = x, *const *b = y;

	if ((*a)->pos.file != (*b)->pos.file)
		return (*a)->pos.file < (*b)->pos.file ? -1 : 1;
	if ((*a)->pos.line != (*b)->pos.line)
		return (*a)->pos.line < (*b)->pos.line ? -1 : 1;
	if ((*a)->pos.col != (*b)->pos.col)
		return (*a)->pos.col < (*b)->pos.col ? -1 : 1;
	return (*a)->order < (*b)->order ? -1 : 1;
}

static const struct item **sorted(const struct diag *diag)
{
	const struct item **v = xcalloc(diag->items.n, sizeof(*v));
	size_t i;

	for (i = 0; i < diag->items.n; i++)
		v[i] = &diag->items.v[i];
	qsort(v, diag->items.n, sizeof(*v), by_place);
	return v;
}

static void add_place(const struct diag *diag, struct pos pos, struct str *out)
{
	const struct source *src = source(diag, pos.file);

	if (!src)
		return;
	str_add(out, src->path);
	if (pos.line)
		str_addf(out, ":%u:%u", pos.line, pos.col);
	str_add(out, ": ");
}

/* Adds the source line, and the marks below it. */
static void add_quote(const struct diag *diag, struct pos pos, char mark, struct str *out)
{
	const struct source *src = source(diag, pos.file);
	size_t from, to;

	if (!src || !pos.line || pos.line > src->lines.n)
		return;
	from = src->lines.v[pos.line - 1];
	to = pos.line < src->lines.n ? src->lines.v[pos.line] - 1 : src->len;
	if (to > from && src->text[to - 1] == '\r')
		to--;
	if (!from && src->len >= 3 && !memcmp(src->text, "\xef\xbb\xbf", 3))
		from = to < 3 ? to : 3;
	excerpt_add(out, src->text + from, to - from, pos.line, pos.col, pos.len, mark);
}

static const char *kind_name(enum diag_kind kind)
{
	return kind == DIAG_ERROR ? "error" : "warning";
}

static void add_item(const struct diag *diag, const struct item *item, bool quote, struct str *out)
{
	const struct source *src = source(diag, item->pos.file);
	size_t i;

	add_place(diag, item->pos, out);
	str_addf(out, "%s: %s\n", kind_name(item->kind), item->text);
	if (!quote)
		return;
	add_quote(diag, item->pos, '^', out);
	for (i = 0; i < item->notes.n; i++) {
		const struct note *note = &item->notes.v[i];

		str_add(out, "  ");
		add_place(diag, note->pos, out);
		str_addf(out, "note: %s\n", note->text);
		add_quote(diag, note->pos, '-', out);
	}
	if (item->help)
		str_addf(out, "  help: %s\n", item->help);
	while (src && src->included_from.file) {
		str_add(out, "  included from ");
		str_addf(out, "%s:%u\n", diag_source_path(diag, src->included_from.file), src->included_from.line);
		src = source(diag, src->included_from.file);
	}
}

static void add_count(struct str *out, unsigned n, const char *what)
{
	str_addf(out, "%u %s%s", n, what, n == 1 ? "" : "s");
}

static void add_verdict(const struct diag *diag, struct str *out)
{
	if (diag->n_errors + diag->n_warnings > diag->items.n)
		str_addf(out, "%zu more are not shown\n", diag->n_errors + diag->n_warnings - diag->items.n);
	str_addf(out, "%s: ", diag->sources.n ? diag->sources.v[0].path : "configuration");
	if (diag->n_errors || diag->n_warnings) {
		add_count(out, diag->n_errors, "error");
		str_add(out, ", ");
		add_count(out, diag->n_warnings, "warning");
		str_add(out, ": ");
	}
	if (diag_is_usable(diag))
		str_add(out, "configuration is valid\n");
	else
		str_addf(out, "configuration NOT usable%s\n", diag->n_errors ? "" : ": warnings count as errors");
}

static struct json_object *place_json(const struct diag *diag, struct pos pos, const char *text)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "text", json_object_new_string(text));
	json_object_object_add(o, "file", json_object_new_string(diag_source_path(diag, pos.file)));
	json_object_object_add(o, "line", json_object_new_int64(pos.line));
	json_object_object_add(o, "column", json_object_new_int64(pos.col));
	json_object_object_add(o, "length", json_object_new_int64(pos.len));
	return o;
}

static void print_json(const struct diag *diag, const struct item **items, FILE *to)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();
	size_t i, k;

	for (i = 0; i < diag->items.n; i++) {
		struct json_object *o = place_json(diag, items[i]->pos, items[i]->text);
		struct json_object *notes = json_object_new_array();

		json_object_object_add(o, "severity", json_object_new_string(kind_name(items[i]->kind)));
		for (k = 0; k < items[i]->notes.n; k++)
			json_object_array_add(notes,
					      place_json(diag, items[i]->notes.v[k].pos, items[i]->notes.v[k].text));
		json_object_object_add(o, "notes", notes);
		if (items[i]->help)
			json_object_object_add(o, "help", json_object_new_string(items[i]->help));
		json_object_array_add(list, o);
	}
	json_object_object_add(root, "diagnostics", list);
	json_object_object_add(root, "errors", json_object_new_int64(diag->n_errors));
	json_object_object_add(root, "warnings", json_object_new_int64(diag->n_warnings));
	json_object_object_add(root, "usable", json_object_new_boolean(diag_is_usable(diag)));
	fprintf(to, "%s\n",
		json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

void diag_print(const struct diag *diag, FILE *to, enum diag_format fmt)
{
	const struct item **items = sorted(diag);
	struct str out = { 0 };
	size_t i;

	if (fmt == DIAG_JSON) {
		print_json(diag, items, to);
	} else {
		for (i = 0; i < diag->items.n; i++)
			add_item(diag, items[i], fmt == DIAG_TEXT, &out);
		add_verdict(diag, &out);
		fputs(str_text(&out), to);
	}
	str_free(&out);
	free(items);
}

int diag_format_option(const char *word, enum diag_format *ret, char why[ARGS_WHY_MAX])
{
	static const char *const words[] = { [DIAG_TEXT] = "text", [DIAG_GCC] = "gcc", [DIAG_JSON] = "json" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], word)) {
			*ret = (enum diag_format)i;
			return 0;
		}
	(void)snprintf(why, ARGS_WHY_MAX, "--format %s is not text, gcc or json", word);
	return -E_INVAL;
}

void diag_print_check(const struct diag *diag, FILE *to, enum diag_format fmt)
{
	struct str reason = { 0 };

	diag_print(diag, to, fmt);
	if (fmt == DIAG_JSON || diag_is_usable(diag))
		return;
	diag_reason(diag, &reason);
	fprintf(to, "Error encountered: %s\n", str_text(&reason));
	str_free(&reason);
}

void diag_each(const struct diag *diag, void (*fn)(void *ctx, enum diag_kind kind, const char *line), void *ctx)
{
	const struct item **items;
	struct str out = { 0 };
	size_t i, k;

	if (!diag)
		return;
	items = sorted(diag);
	for (i = 0; i < diag->items.n; i++) {
		str_reset(&out);
		add_place(diag, items[i]->pos, &out);
		str_add(&out, items[i]->text);
		for (k = 0; k < items[i]->notes.n; k++) {
			str_add(&out, " [");
			add_place(diag, items[i]->notes.v[k].pos, &out);
			str_addf(&out, "%s]", items[i]->notes.v[k].text);
		}
		if (items[i]->help)
			str_addf(&out, " (%s)", items[i]->help);
		fn(ctx, items[i]->kind, out.text);
	}
	str_free(&out);
	free(items);
}

struct reason {
	struct str *out;
	enum diag_kind kind;
	bool found;
};

static void add_reason(void *ctx, enum diag_kind kind, const char *line)
{
	struct reason *reason = ctx;

	if (kind == reason->kind && !reason->found) {
		str_add(reason->out, line);
		reason->found = true;
	}
}

void diag_reason(const struct diag *diag, struct str *out)
{
	bool is_error = !diag->is_strict || diag->n_errors;
	struct reason reason = { .out = out, .kind = is_error ? DIAG_ERROR : DIAG_WARNING };
	unsigned n = is_error ? diag->n_errors : diag->n_warnings;
	char more[COUNT_TEXT_MAX];

	diag_each(diag, add_reason, &reason);
	if (n > 1)
		str_addf(out, " (and %s)", str_count(more, n - 1, is_error ? "more error" : "more warning"));
}

static bool is_last_word(const char *text, const char *word)
{
	size_t len = strlen(text), word_len = strlen(word);

	return word_len && len > word_len && strchr("-_. ", text[len - word_len - 1]) &&
	       str_case_equal(text + len - word_len, word);
}

const char *diag_suggest(const char *wrong, const char *const *names, size_t n)
{
	unsigned best = (unsigned)strlen(wrong) / 3 + 1;
	const char *name = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned d = str_distance(wrong, names[i]);

		if (d < best) {
			best = d;
			name = names[i];
		}
	}
	/* Finds "DUID-EN" for "EN". */
	for (i = 0; i < n && !name; i++)
		if (is_last_word(wrong, names[i]))
			name = names[i];
	return name;
}

bool diag_help_near(struct diag *diag, const char *wrong, const char *const *names, size_t n)
{
	const char *near = diag_suggest(wrong, names, n);

	if (near)
		diag_help(diag, "did you mean \"%s\"?", near);
	return near != NULL;
}
