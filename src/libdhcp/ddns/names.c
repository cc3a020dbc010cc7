/* SPDX-License-Identifier: MPL-2.0 */
/* A hash table of addresses; rows of addresses without a name are removed when it grows. */
#include "ddns/names.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIZE_MIN 64

struct names {
	struct names_row **v; /* by hash of the address; NULL: free */
	size_t size, n;
	VEC(const char *) reserved; /* in ascending order, each belongs to a row */
	bool is_changed;
};

struct names *names_new(void)
{
	struct names *names = xcalloc(1, sizeof(*names));

	names->size = SIZE_MIN;
	names->v = xcalloc(names->size, sizeof(struct names_row *));
	return names;
}

static void free_row(struct names_row *row)
{
	free(row->leased);
	free(row->reserved);
	free(row->sent);
	free(row);
}

void names_free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->size; i++)
		if (names->v[i])
			free_row(names->v[i]);
	free(names->v);
	vec_free(&names->reserved);
	free(names);
}

static struct names_row **place_of(struct names_row **v, size_t size, const struct ip *addr)
{
	size_t i = hash_16(addr->b) & (size - 1);

	while (v[i] && !ip_equal(&v[i]->addr, addr))
		i = (i + 1) & (size - 1);
	return &v[i];
}

static bool is_empty(const struct names_row *row)
{
	return !row->leased && !row->reserved && !row->sent;
}

static void grow(struct names *names)
{
	size_t n = 0, size = SIZE_MIN;
	struct names_row **v;

	for (size_t i = 0; i < names->size; i++)
		n += names->v[i] && !is_empty(names->v[i]);
	while (size < 4 * n)
		size *= 2;
	v = xcalloc(size, sizeof(struct names_row *));
	for (size_t i = 0; i < names->size; i++) {
		struct names_row *row = names->v[i];

		if (row && is_empty(row))
			free_row(row);
		else if (row)
			*place_of(v, size, &row->addr) = row;
	}
	free(names->v);
	names->v = v;
	names->size = size;
	names->n = n;
}

static struct names_row *row_at(struct names *names, const struct ip *addr)
{
	struct names_row **place = place_of(names->v, names->size, addr);

	if (*place)
		return *place;
	if (names->n >= names->size / 2) {
		grow(names);
		place = place_of(names->v, names->size, addr);
	}
	*place = xcalloc(1, sizeof(**place));
	(*place)->addr = *addr;
	names->n++;
	return *place;
}

static char *copy(const char *name)
{
	size_t len = name ? strlen(name) : 0;
	char *text;

	if (len && name[len - 1] == '.')
		len--;
	if (!len)
		return NULL;
	text = xcalloc(1, len + 1);
	memcpy(text, name, len);
	return text;
}

void names_begin(struct names *names)
{
	for (size_t i = 0; i < names->size; i++) {
		struct names_row *row = names->v[i];

		if (!row)
			continue;
		free(row->leased);
		free(row->reserved);
		row->leased = row->reserved = NULL;
	}
	vec_free(&names->reserved);
	names->is_changed = true;
}

void names_reserve(struct names *names, const struct ip *addr, const char *name)
{
	struct names_row *row = row_at(names, addr);

	if (!row->reserved)
		row->reserved = copy(name);
	if (row->reserved)
		*vec_push(&names->reserved) = row->reserved;
}

static int compare_names(const void *a, const void *b)
{
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

void names_reserved(struct names *names)
{
	if (names->reserved.n)
		qsort(names->reserved.v, names->reserved.n, sizeof(names->reserved.v[0]), compare_names);
	names->is_changed = true;
}

static bool is_reserved(const struct names *names, const char *name)
{
	return names->reserved.n &&
	       bsearch(&name, names->reserved.v, names->reserved.n, sizeof(names->reserved.v[0]), compare_names);
}

const char *names_of(const struct names *names, const struct names_row *row)
{
	bool is_taken = row->leased && is_reserved(names, row->leased) &&
			!(row->reserved && str_case_equal(row->leased, row->reserved));

	return row->leased && !is_taken ? row->leased : row->reserved;
}

void names_lease(struct names *names, const struct ip *addr, const char *name)
{
	bool has_name = name && name[0];
	struct names_row *row = has_name ? row_at(names, addr) : *place_of(names->v, names->size, addr);
	char *text;

	if (!row)
		return;
	text = copy(name);
	if (str_equal(row->leased, text)) {
		free(text);
		return;
	}
	free(row->leased);
	row->leased = text;
	names->is_changed = true;
}

bool names_have_changed(struct names *names)
{
	bool is_changed = names->is_changed;

	names->is_changed = false;
	return is_changed;
}

struct names_row *names_next(struct names *names, size_t *place)
{
	while (*place < names->size) {
		struct names_row *row = names->v[(*place)++];

		if (row)
			return row;
	}
	return NULL;
}

void names_set_sent(struct names_row *row, const char *name)
{
	char *text = copy(name);

	free(row->sent);
	row->sent = text;
}

static bool is_host_name(const char *name)
{
	for (; *name; name++)
		if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
		      (*name >= '0' && *name <= '9') || strchr("-_.", *name)))
			return false;
	return true;
}

static int compare_rows(const void *a, const void *b)
{
	const struct names_row *const *x = a, *const *y = b;

	return memcmp((*x)->addr.b, (*y)->addr.b, sizeof((*x)->addr.b));
}

void names_write_hosts(struct names *names, struct str *out)
{
	VEC(const struct names_row *) rows = { 0 };
	const struct names_row *row;
	char addr[IP_TEXT_MAX];
	size_t place = 0;

	while ((row = names_next(names, &place))) {
		const char *name = names_of(names, row);

		if (name && is_host_name(name))
			*vec_push(&rows) = row;
	}
	if (rows.n)
		qsort(rows.v, rows.n, sizeof(rows.v[0]), compare_rows);
	for (size_t i = 0; i < rows.n; i++)
		str_addf(out, "%s\t%s\n", ip_format(&rows.v[i]->addr, addr), names_of(names, rows.v[i]));
	vec_free(&rows);
}
