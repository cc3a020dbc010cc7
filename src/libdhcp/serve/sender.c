/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/sender.h"

#include "serve/config.h"

void request_set_scopes(struct request *req)
{
	struct opt_scopes *scopes = &req->scopes;

	scopes->n = 0;
	if (req->pool)
		opt_scopes_add(scopes, &req->pool->opts);
	if (req->second_pool)
		opt_scopes_add(scopes, &req->second_pool->opts);
	if (req->sub)
		opt_scopes_add(scopes, &req->sub->opts);
	if (req->sub && req->sub->net)
		opt_scopes_add(scopes, &req->sub->net->opts);
	opt_scopes_add(scopes, &req->cfg->opts);
}

struct sender sender_of(struct request *req, struct opts *to)
{
	return (struct sender){ .req = req, .to = to };
}

bool sender_take(struct sender *s, uint16_t code)
{
	uint64_t bit = 1ULL << code % 64;
	bool was;

	if (code >= 256)
		return opts_find(s->to, code) != NULL;
	was = s->seen[code / 64] & bit;
	s->seen[code / 64] |= bit;
	return was;
}

void sender_put(struct sender *s, uint16_t code, struct bytes data)
{
	if (!sender_take(s, code))
		(void)opts_add(s->to, code, data);
}

void sender_put_u32(struct sender *s, uint16_t code, uint32_t value)
{
	uint8_t *buf;
	struct writer w;

	if (sender_take(s, code))
		return;
	buf = arena_room(s->req->arena, 4);
	if (!buf)
		return;
	w = writer_init(buf, 4);
	write_u32(&w, value);
	(void)opts_add(s->to, code, bytes_of(buf, 4));
}

void sender_configured(struct sender *s, uint16_t code)
{
	const struct optval *val;

	if (sender_take(s, code))
		return;
	val = opt_scopes_find(&s->req->scopes, 0, code);
	if (val)
		(void)opts_add(s->to, code, val->data);
}

void sender_always(struct sender *s)
{
	unsigned i, k;

	for (i = 0; i < s->req->scopes.n; i++) {
		const struct optlist *list = s->req->scopes.v[i];

		for (k = 0; k < list->n_main; k++)
			if (list->v[k].always_send)
				sender_configured(s, list->v[k].code);
	}
}
