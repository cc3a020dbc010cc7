/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The server identifiers that option-data sets. A client names the one it was sent, which may depend on what is known
 * only later than the server must decide whether it is meant: pool, reservation, classes.
 */
#include "root/config_build.h"
#include "wire/dict4.h"

#include <stdlib.h>

static void add(struct build *b, uint32_t id)
{
	/* Mostly the same one, in every subnet. */
	if (!b->server_ids.n || b->server_ids.v[b->server_ids.n - 1] != id)
		*vec_push(&b->server_ids) = id;
}

void note_server_ids(struct build *b, const struct optlist *list)
{
	const struct optval *val = optlist_find(list, OPT4_DHCP_SERVER_IDENTIFIER);

	if (b->cfg->family != KEY_4)
		return;
	for (; val && val < list->v + list->n_main && val->code == OPT4_DHCP_SERVER_IDENTIFIER; val++) {
		struct reader r = reader_of(val->data);

		if (val->data.len == 4)
			add(b, read_u32(&r));
	}
}

static int by_number(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

void finish_server_ids(struct build *b)
{
	uint32_t *v = b->server_ids.v;
	size_t n = b->server_ids.n;

	if (!n)
		return;
	qsort(v, n, sizeof(*v), by_number);
	b->cfg->server_ids = arena_dup(b->cfg->arena, v, n * sizeof(*v));
	b->cfg->n_server_ids = (unsigned)n;
	vec_free(&b->server_ids);
}

bool config_has_server_id(const struct config *cfg, uint32_t id)
{
	return cfg->n_server_ids &&
	       bsearch(&id, cfg->server_ids, cfg->n_server_ids, sizeof(*cfg->server_ids), by_number);
}
