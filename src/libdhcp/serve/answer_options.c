/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/answer_options.h"

#include "root/config.h"
#include "serve/classify.h"
#include "serve/service.h"

void request_set_scopes(struct request *req)
{
	struct opt_scopes *scopes = &req->scopes;

	scopes->n = 0;
	if (req->host && req->host->extra)
		opt_scopes_add(scopes, &req->host->extra->opts);
	if (req->pool)
		opt_scopes_add(scopes, &req->pool->opts);
	if (req->second_pool)
		opt_scopes_add(scopes, &req->second_pool->opts);
	if (req->sub)
		opt_scopes_add(scopes, &req->sub->opts);
	if (req->sub && req->sub->net)
		opt_scopes_add(scopes, &req->sub->net->opts);
	if (req->classes.n)
		classify_scopes(req);
	opt_scopes_add(scopes, &req->cfg->opts);
}

void request_use_pool(struct request *req, const struct pool *pool)
{
	req->pool = pool;
	req->sub = pool->sub;
	request_set_scopes(req);
}

void answer_address(struct request *req)
{
	const struct server *srv = req->worker->srv;

	req->out = (struct dgram){
		.src = req->in.local,
		.local = req->in.local,
		.dst = req->in.src,
		.sport = srv->server_port,
		.dport = srv->to_source ? req->in.sport : srv->client_port,
		.ifindex = req->in.ifindex,
		.sock = req->in.sock,
	};
	memcpy(req->out.ifname, req->in.ifname, sizeof(req->out.ifname));
}

struct answer_opts answer_opts_of(struct request *req, struct opts *to)
{
	return (struct answer_opts){ .req = req, .to = to };
}

bool answer_opts_take(struct answer_opts *s, uint16_t code)
{
	uint64_t bit = 1ULL << code % 64;
	bool was;

	if (code >= 256)
		return opts_find(s->to, code) != NULL;
	was = s->seen[code / 64] & bit;
	s->seen[code / 64] |= bit;
	return was;
}

void answer_opts_add(struct answer_opts *s, uint16_t code, struct bytes data)
{
	if (opts_add(s->to, code, data) < 0)
		opts_omit(&s->req->omitted, code);
}

void answer_opts_put(struct answer_opts *s, uint16_t code, struct bytes data)
{
	if (!answer_opts_take(s, code))
		answer_opts_add(s, code, data);
}

void answer_opts_put_u32(struct answer_opts *s, uint16_t code, uint32_t value)
{
	uint8_t *buf;
	struct writer w;

	if (answer_opts_take(s, code))
		return;
	buf = arena_room(s->req->arena, 4);
	if (!buf) {
		opts_omit(&s->req->omitted, code);
		return;
	}
	w = writer_init(buf, 4);
	write_u32(&w, value);
	answer_opts_add(s, code, bytes_of(buf, 4));
}

/* A value that depends on the client's classes. */
static void add_conditional(struct answer_opts *s, const struct optval *val)
{
	const struct request *req = s->req;
	struct bytes data;
	unsigned pos = 0;
	int err;

	while ((err = optval_next(val, req->scopes.classes, req->arena, &pos, &data)) > 0)
		answer_opts_add(s, val->code, data);
	if (err < 0)
		opts_omit(&s->req->omitted, val->code);
}

void answer_opts_configured(struct answer_opts *s, uint16_t code)
{
	const struct optval *val;
	unsigned n;

	if (answer_opts_take(s, code))
		return;
	val = opt_scopes_all(&s->req->scopes, 0, code, &n);
	for (; n; n--, val++)
		if (val->cond)
			add_conditional(s, val);
		else
			answer_opts_add(s, code, val->data);
}

void answer_opts_always(struct answer_opts *s)
{
	unsigned i, k;

	for (i = 0; i < s->req->scopes.n; i++) {
		const struct optlist *list = s->req->scopes.v[i];

		for (k = 0; k < list->n_main; k++)
			if (list->v[k].always_send && optval_is_for(&list->v[k], s->req->scopes.classes))
				answer_opts_configured(s, list->v[k].code);
	}
}
