/* SPDX-License-Identifier: MPL-2.0 */
/* Applies the changes to the text. */
#include "json/repair.h"

#include "base/str.h"
#include "json/repair_int.h"

#define TOKENS_MAX 4000000 /* longer texts are not repaired */

static int by_place(const void *x, const void *y)
{
	const struct change *a = x, *b = y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->order - b->order;
}

struct ghosts {
	VEC(size_t) at;
	struct str text;
};

static void add_ghost(struct ghosts *g, char c)
{
	*vec_push(&g->at) = g->text.len;
	str_addc(&g->text, c);
}

static struct repair *build(struct text *t)
{
	struct repair *repair = xcalloc(1, sizeof(*repair));
	struct ghosts g = { .text = { 0 } };
	size_t at = 0, i, k;

	if (t->changes.n)
		qsort(t->changes.v, t->changes.n, sizeof(*t->changes.v), by_place);
	for (i = 0; i < t->changes.n; i++) {
		const struct change *c = &t->changes.v[i];

		if (c->at > at)
			str_add_n(&g.text, t->text + at, c->at - at);
		at = c->at > at ? c->at : at;
		for (k = 0; c->insert[k]; k++)
			add_ghost(&g, c->insert[k]);
		for (k = 0; k < c->drop && at < t->len; k++, at++)
			str_addc(&g.text, t->text[at] == '\n' ? '\n' : ' ');
	}
	str_add_n(&g.text, t->text + at, t->len - at);
	/* A comment on the last line would hide them. */
	if (t->tail.n)
		add_ghost(&g, '\n');
	for (i = 0; i < t->tail.n; i++)
		add_ghost(&g, t->tail.v[i]);
	repair->text = g.text.text;
	repair->len = g.text.len;
	repair->ghosts = g.at.v;
	repair->n_ghosts = g.at.n;
	return repair;
}

struct repair *repair_source(struct diag *diag, uint32_t file, bool is_fragment, const struct json_shape *shape)
{
	struct text t = { .diag = diag, .file = file, .is_fragment = is_fragment };
	struct repair *repair = NULL;
	size_t mark = diag_mark(diag);

	t.text = diag_source_text(diag, file, &t.len);
	if (!t.text)
		return NULL;
	lex(&t);
	if (t.tokens.n > TOKENS_MAX || !match_brackets(&t, shape))
		diag_rewind(diag, mark);
	else if (t.changes.n || t.tail.n)
		repair = build(&t);
	vec_free(&t.tokens);
	vec_free(&t.changes);
	vec_free(&t.tail);
	return repair;
}

void repair_free(struct repair *repair)
{
	if (!repair)
		return;
	free(repair->text);
	free(repair->ghosts);
	free(repair);
}
