/* SPDX-License-Identifier: MPL-2.0 */
/* The messages of a conversion and their summary. */
#include "kea-migrate/report.h"

#include "base/str.h"

void report_init(struct report *rep, struct arena *arena)
{
	*rep = (struct report){ .arena = arena, .what = "statement" };
}

void report_done(struct report *rep)
{
	vec_free(&rep->paths);
	vec_free(&rep->notes);
}

uint32_t report_source(struct report *rep, const char *path)
{
	*vec_push(&rep->paths) = arena_strdup(rep->arena, path);
	return (uint32_t)rep->paths.n;
}

static bool same_place(struct pos a, struct pos b)
{
	return a.file == b.file && a.line == b.line && a.col == b.col;
}

bool report_note(struct report *rep, enum report_kind kind, struct pos pos, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;
	bool is_new = false;
	size_t recent = rep->notes.n > 64 ? rep->notes.n - 64 : 0;

	if (rep->notes.n >= REPORT_MAX) {
		rep->dropped++;
		rep->undecided += kind != REPORT_NOTICE;
		return false;
	}
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	for (size_t i = recent; i < rep->notes.n; i++)
		if (same_place(rep->notes.v[i].pos, pos) && strcmp(rep->notes.v[i].text, str_text(&text)) == 0)
			goto out;
	is_new = true;
	*vec_push(&rep->notes) = (struct report_note){ kind, pos, arena_strdup(rep->arena, str_text(&text)) };
out:
	str_free(&text);
	return is_new;
}

static const char *path_of(const struct report *rep, struct pos pos)
{
	return pos.file && pos.file <= rep->paths.n ? rep->paths.v[pos.file - 1] : "-";
}

size_t report_offset(const char *text, size_t len, struct pos pos)
{
	const char *p = text, *end = text + len;

	for (uint32_t line = 1; line < pos.line && p < end; p++)
		line += *p == '\n';
	for (uint32_t col = 1; p < end && (col < pos.col || (*p & 0xc0) == 0x80); p++)
		col += (p[1] & 0xc0) != 0x80;
	return (size_t)(p - text);
}

const char *report_where(const struct report *rep, struct pos pos)
{
	return arena_printf(rep->arena, "%s:%u", path_of(rep, pos), pos.line);
}

static int compare(const void *a, const void *b)
{
	const struct report_note *x = a, *y = b;

	if (x->pos.file != y->pos.file)
		return x->pos.file < y->pos.file ? -1 : 1;
	if (x->pos.line != y->pos.line)
		return x->pos.line < y->pos.line ? -1 : 1;
	return (x->pos.col > y->pos.col) - (x->pos.col < y->pos.col);
}

static struct report_note *sorted(const struct report *rep)
{
	struct report_note *v = xcalloc(rep->notes.n + 1, sizeof(*v));

	if (rep->notes.n)
		memcpy(v, rep->notes.v, rep->notes.n * sizeof(*v));
	qsort(v, rep->notes.n, sizeof(*v), compare);
	return v;
}

/* Calls the text builder for each place with a decision, once. */
static unsigned decisions(const struct report *rep, struct str *places)
{
	struct report_note *v = sorted(rep), *last = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < rep->notes.n; i++) {
		if (v[i].kind == REPORT_NOTICE || (last && same_place(last->pos, v[i].pos)))
			continue;
		last = &v[i];
		n++;
		if (places && n <= 10)
			str_addf(places, "%s %s:%u", n > 1 ? "," : "", path_of(rep, v[i].pos), v[i].pos.line);
	}
	if (places && n > 10)
		str_add(places, ", ...");
	free(v);
	return n + rep->undecided;
}

unsigned report_decisions(const struct report *rep)
{
	return decisions(rep, NULL);
}

void report_print(const struct report *rep, FILE *to)
{
	static const char *const kinds[] = { "notice", "needs a decision", "error" };
	struct report_note *v = sorted(rep);
	struct str places = { 0 };
	char text[COUNT_TEXT_MAX];
	unsigned n, done;

	for (size_t i = 0; i < rep->notes.n; i++) {
		fprintf(to, "%s:", path_of(rep, v[i].pos));
		if (v[i].pos.line)
			fprintf(to, "%u:%u:", v[i].pos.line, v[i].pos.col);
		fprintf(to, " %s: %s\n", kinds[v[i].kind], v[i].text);
	}
	free(v);
	if (rep->dropped)
		fprintf(to, "%u further messages are not shown\n", rep->dropped);
	n = decisions(rep, &places);
	done = rep->statements > n ? rep->statements - n : 0;
	fprintf(to, "%s converted", str_count(text, done, rep->what));
	if (n)
		fprintf(to, ", %u %s a decision:%s", n, n == 1 ? "needs" : "need", str_text(&places));
	fputc('\n', to);
	str_free(&places);
}

int report_status(const struct report *rep)
{
	return rep->is_unusable ? 1 : report_decisions(rep) ? 2 : 0;
}
