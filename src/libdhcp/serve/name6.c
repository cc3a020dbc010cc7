/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The name in option 39, RFC 4704: read and sent. A message has one name; its records are those of the first address
 * that it gets. The other leases are stored with the name alone. Without an address, the first prefix decides.
 */
#include "serve/answer_options.h"
#include "serve/binding.h"
#include "serve/family6.h"
#include "serve/name.h"

#define FQDN_FIXED 1 /* bytes before the name: the flags */
#define FQDN_N 0x04  /* the server makes no updates */

/* RFC 4704 4.1: ignored if flags contradict each other or the name cannot be read. */
static bool read_fqdn(const struct opt *opt, struct name_asked *ret)
{
	if (!opt || !name_read_flags(opt->data, FQDN_FIXED, FQDN_N, ret))
		return false;
	return name_read_labels_or_text(bytes_of(opt->data.data + FQDN_FIXED, opt->data.len - FQDN_FIXED), ret->text,
					&ret->len, &ret->is_partial);
}

/* As in Kea: a client without a name that is to get one is treated as if it had asked for it. */
static void ask_for_name(const struct naming *naming, struct name_asked *asked)
{
	asked->has_fqdn = asked->client_s = asked->is_partial =
		naming->sends && (naming->replace == REPLACE_ALWAYS || naming->replace == REPLACE_WHEN_NOT_PRESENT);
	asked->client_n = false;
	asked->len = 0;
}

static const struct name *decide(struct request *req, const struct pool *pool, const struct ip *addr)
{
	const struct naming *naming = pool ? pool->naming : req->chosen->naming;
	struct name *name = arena_room(req->arena, sizeof(*name));
	struct name_asked asked;

	if (!name)
		return NULL;
	asked.has_hostname = asked.is_partial = false;
	asked.len = 0;
	asked.has_fqdn = read_fqdn(opts_find(&req->q6.opts, OPT6_CLIENT_FQDN), &asked);
	if (!asked.has_fqdn)
		ask_for_name(naming, &asked);
	name_decide(req, naming, &asked, addr, name);
	/* A reserved name is stored even if the client has not sent the option, but that is all. */
	if (name->is_fqdn) {
		name_settle(req, pool, name);
	} else {
		name->fwd = name->rev = false;
		name_end(name);
	}
	req->name = name;
	return name;
}

/* Returns what names are made from: the first address that the message may get, or else the first prefix. */
static const struct binding *first_lease(const struct request *req)
{
	const struct binding *prefix = NULL;
	unsigned i;

	for (i = 0; i < req->n_bindings; i++) {
		const struct binding *b = &req->bindings[i];

		if (b->candidate.exists && b->ia->type == LEASE_NA)
			return b;
		if (b->candidate.exists && !prefix)
			prefix = b;
	}
	return prefix;
}

const struct name *name6_of(struct request *req, const struct binding *b)
{
	const struct binding *first = first_lease(req);
	const struct pool *pool = (first ? first : b)->candidate.pool;
	struct name *other;

	if (!req->name)
		(void)decide(req, pool, &(first ? first : b)->candidate.prefix.addr);
	if (!req->name || b == first)
		return req->name;
	/* A name made from one lease is not the name of another one. */
	if (req->name->is_generated)
		return NULL;
	other = arena_dup(req->arena, req->name, sizeof(*other));
	if (other)
		other->fwd = other->rev = false;
	return other;
}

static bool has_lease(const struct request *req)
{
	unsigned i;

	for (i = 0; i < req->n_bindings; i++)
		if (req->bindings[i].is_granted)
			return true;
	return false;
}

void name6_send(struct answer_opts *s)
{
	const struct name *name = s->req->name;
	uint8_t *buf;
	struct writer w;

	/* RFC 4704 6: only to clients that request the option. */
	if (!name || !name->is_fqdn || !name->len || !has_lease(s->req) || !is_requested6(s->req, OPT6_CLIENT_FQDN) ||
	    opt_scopes_forbid(&s->req->scopes, 0, OPT6_CLIENT_FQDN))
		return;
	buf = arena_alloc(s->req->arena, FQDN_FIXED + DOMAIN_WIRE_MAX);
	if (!buf)
		return;
	w = writer_init(buf, FQDN_FIXED + DOMAIN_WIRE_MAX);
	write_u8(&w, name_flags(name, FQDN_N));
	/* As in Kea: an address that is only offered makes no name yet. */
	if (!name->is_generated || s->req->answer_type != DHCP6_ADVERTISE)
		name_write_labels(&w, name);
	if (!w.err)
		answer_opts_put(s, OPT6_CLIENT_FQDN, bytes_of(buf, writer_len(&w)));
}
