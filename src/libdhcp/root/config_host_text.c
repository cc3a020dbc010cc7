/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The texts of reservations: a configuration that serves has no document, so they are found in its text. One walk over
 * it notes where each one is. The text was printed by this program: it is valid JSON.
 */
#include "base/vec.h"
#include "host/file.h"
#include "root/config.h"

#include <assert.h>
#include <stdlib.h>

/* A reservation in the text. */
struct spot {
	size_t at;
	uint32_t len, subnet_id, rank;
};

struct walk {
	const char *begin, *p;
	VEC(struct spot) spots;
};

static void skip_blanks(struct walk *w)
{
	while (*w->p == ' ' || *w->p == ',' || *w->p == ':')
		w->p++;
}

/* After the opening quote. */
static void skip_string(struct walk *w)
{
	for (; *w->p && *w->p != '"'; w->p++)
		if (*w->p == '\\' && w->p[1])
			w->p++;
	if (*w->p)
		w->p++;
}

static void skip_value(struct walk *w)
{
	unsigned depth = 0;

	do {
		skip_blanks(w);
		if (*w->p == '"') {
			w->p++;
			skip_string(w);
		} else if (*w->p == '{' || *w->p == '[') {
			depth++;
			w->p++;
		} else if (*w->p == '}' || *w->p == ']') {
			depth--;
			w->p++;
		} else {
			w->p += strcspn(w->p, " ,]}");
		}
	} while (depth && *w->p);
}

/* Enters a map or list. */
static void enter(struct walk *w)
{
	skip_blanks(w);
	if (*w->p)
		w->p++;
}

/* True if there is a further member or item; otherwise leaves the map or list. */
static bool has_more(struct walk *w)
{
	skip_blanks(w);
	if (*w->p && *w->p != '}' && *w->p != ']')
		return true;
	if (*w->p)
		w->p++;
	return false;
}

/* Reads the name of a member. */
static struct bytes name(struct walk *w)
{
	const char *begin = ++w->p;

	skip_string(w);
	return bytes_of(begin, (size_t)(w->p - begin) - 1);
}

static bool is(struct bytes name, const char *text)
{
	return name.len == strlen(text) && !memcmp(name.data, text, name.len);
}

static void walk_hosts(struct walk *w)
{
	enter(w);
	for (uint32_t rank = 0; has_more(w); rank++) {
		const char *begin = w->p;

		skip_value(w);
		*vec_push(&w->spots) = (struct spot){ (size_t)(begin - w->begin), (uint32_t)(w->p - begin), 0, rank };
	}
}

static void walk_subnets(struct walk *w)
{
	enter(w);
	while (has_more(w)) {
		size_t first = w->spots.n;
		uint32_t id = 0;

		enter(w);
		while (has_more(w)) {
			struct bytes key = name(w);

			skip_blanks(w);
			if (is(key, "id"))
				id = (uint32_t)strtoul(w->p, NULL, 10);
			if (is(key, "reservations"))
				walk_hosts(w);
			else
				skip_value(w);
		}
		for (size_t i = first; i < w->spots.n; i++)
			w->spots.v[i].subnet_id = id;
	}
}

static bool is_subnets(struct bytes key)
{
	return is(key, "subnet4") || is(key, "subnet6");
}

static void walk_networks(struct walk *w)
{
	enter(w);
	while (has_more(w)) {
		enter(w);
		while (has_more(w)) {
			if (is_subnets(name(w)))
				walk_subnets(w);
			else
				skip_value(w);
		}
	}
}

static void walk_root(struct walk *w)
{
	enter(w);
	while (has_more(w)) {
		struct bytes key = name(w);

		if (is(key, "reservations"))
			walk_hosts(w);
		else if (is(key, "shared-networks"))
			walk_networks(w);
		else if (is_subnets(key))
			walk_subnets(w);
		else
			skip_value(w);
	}
}

static int by_subnet(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	if (x->subnet_id != y->subnet_id)
		return x->subnet_id < y->subnet_id ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Returns the index of the first one in a subnet. */
static size_t first_of(const struct spot *v, size_t n, uint32_t subnet_id)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v[mid].subnet_id < subnet_id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int find_all(struct host_source *file, struct arena *arena, struct host_query *query)
{
	struct host_find find = { .v = query, .n = 1, .arena = arena };

	*query = (struct host_query){ .by = HOST_BY_PAGE, .max = UINT32_MAX };
	(void)host_find(file, &find);
	return query->n;
}

/* The source has the reservations of a subnet together, in the order of the document. */
static struct config_host_span *make_spans(const struct config *cfg, struct host_source *file)
{
	struct str text = { 0 };
	struct walk w = { 0 };
	struct arena *arena = arena_new(0);
	struct config_host_span *spans;
	struct host_query all;
	size_t at = 0;
	int n = find_all(file, arena, &all);

	config_text_add(cfg->text, 0, SIZE_MAX, &text);
	w.begin = w.p = str_text(&text);
	walk_root(&w);
	str_free(&text);
	assert(n >= 0 && (size_t)n == w.spots.n);
	if (n)
		qsort(w.spots.v, w.spots.n, sizeof(*w.spots.v), by_subnet);
	spans = xcalloc((size_t)n + 1, sizeof(*spans));
	for (int i = 0; i < n; i++, at++) {
		const struct spot *spot;

		if (!i || all.out[i]->subnet_id != all.out[i - 1]->subnet_id)
			at = first_of(w.spots.v, w.spots.n, all.out[i]->subnet_id);
		spot = &w.spots.v[at];
		spans[i] = (struct config_host_span){ spot->at, spot->len, spot->rank };
	}
	vec_free(&w.spots);
	arena_free(arena);
	return spans;
}

size_t config_host_text(const struct config *cfg, struct host_source *file, const struct host *host, struct str *out)
{
	const struct config_host_span *span;

	if (!cfg->text->hosts)
		cfg->text->hosts = make_spans(cfg, file);
	span = &cfg->text->hosts[host_file_index(file, host)];
	if (out)
		config_text_add(cfg->text, span->at, span->len, out);
	return span->rank;
}
