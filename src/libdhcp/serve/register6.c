/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Address registration, RFC 9686: a client tells which address it made for itself, the server writes that
 * down and says so. Nothing is granted; what is wrong is dropped, never refused.
 */
#include "serve/family6.h"

#include "serve/grant.h"
#include "serve/report.h"
#include "serve/server.h"

/* RFC 9686 4.2: the one IA Address option, which must be what the message came from. */
static const char *registered_address(const struct request *req, struct ia6_item *ret)
{
	const struct relay6 *relay = packet6_first_relay(&req->q6);
	const struct ip *from = relay ? &relay->peer : &req->in.src;
	const struct opt *found = NULL;
	struct reader r;
	unsigned i;

	if (ia6_count(&req->q6.opts))
		return "an IA in an ADDR-REG-INFORM";
	for (i = 0; i < req->q6.opts.n; i++) {
		if (req->q6.opts.v[i].code != OPT6_IAADDR)
			continue;
		if (found)
			return "two addresses in an ADDR-REG-INFORM";
		found = &req->q6.opts.v[i];
	}
	if (!found || found->data.len < 24)
		return "no address in an ADDR-REG-INFORM";
	r = reader_of(found->data);
	*ret = (struct ia6_item){ .prefix.len = 128 };
	read_copy(&r, ret->prefix.addr.b, 16);
	ret->preferred = read_u32(&r);
	ret->valid = read_u32(&r);
	ret->subs = found->data; /* the whole option, to be sent back */
	return ip_equal(&ret->prefix.addr, from) ? NULL : "the address is not the one the message came from";
}

static bool may_register(const struct request *req, const struct lease *at)
{
	return lease_is_over(at) || at->state == LEASE_REGISTERED || bytes_equal(at->client_id, req->client_id);
}

/* Is it part of a prefix that somebody on the link has? The claim finds the others (alloc.h). */
static bool is_delegated(struct request *req, const struct ip *addr)
{
	struct lease at;
	unsigned i, k;

	for (i = 0; i < link_size(req->chosen); i++) {
		const struct subnet *sub = link_subnet(req->chosen, i);

		for (k = 0; k < sub->n_pd_pools; k++) {
			struct prefix prefix = { *addr, sub->pd_pools[k].len };
			struct lease_query query = { .by = BY_ADDR, .type = LEASE_PD, .addr = prefix_first(&prefix) };

			if (store_find(req->worker->srv->store, &query, req->arena, &at, 1) == 1 &&
			    at.type == LEASE_PD && !lease_is_over(&at) && at.prefix_len <= prefix.len)
				return true;
		}
	}
	return false;
}

static struct client_key key_of(const struct request *req)
{
	return client_key_part(&req->turn.client, DHCP6_ADDR_REG_INFORM);
}

void register6_stored(const struct request *req)
{
	struct client_key key = key_of(req);

	alloc_unclaim(req->worker->srv->alloc, &key);
}

enum verdict bind6_register(struct request *req)
{
	struct lease_query query = { .by = BY_ADDR, .type = LEASE_NA };
	struct lease_query count = { .by = BY_CLIENT_ID, .type = LEASE_NA, .id = req->client_id };
	struct ia6_item item;
	struct lease at, lease;
	struct client_key key = key_of(req);
	const char *why;
	int n;

	req->n_bindings = 0;
	req->n_new = 0;
	req->has_status = false;
	if (!req->cfg->allow_registration)
		return request_drop(req, DROP_UNSUPPORTED_TYPE, NULL);
	if ((why = registered_address(req, &item)))
		return request_drop(req, DROP_RULE, why);
	if (!req->chosen || !link_contains(req->chosen, &item.prefix.addr))
		return request_drop(req, DROP_NO_SUBNET, "the address is not of this link");
	query.addr = req->wanted = item.prefix.addr;
	n = store_find(req->worker->srv->store, &query, req->arena, &at, 1);
	if (n < 0)
		return request_drop(req, DROP_LIMIT, "its lease is too large");
	if (n && !may_register(req, &at))
		return request_drop(req, DROP_RULE, "the address is leased to another client");
	/* An address that we leased to this very client is written down already. */
	req->answer_type = DHCP6_ADDR_REG_REPLY;
	if (n && at.state == LEASE_DEFAULT && !lease_is_over(&at))
		return STEP_NEXT;
	if (n && at.state == LEASE_REGISTERED && !bytes_equal(at.client_id, req->client_id))
		report6_takes_over(req, &at);
	lease = (struct lease){
		.addr = item.prefix.addr,
		.prefix_len = 128,
		.type = LEASE_NA,
		.state = LEASE_REGISTERED,
		.hwtype = req->hwtype,
		.hwsource = req->hwsource,
		.hwaddr = req->hwaddr,
		.client_id = req->client_id,
		.subnet_id = req->chosen->id,
		.hostname = name6_of(req),
	};
	for (unsigned i = 0; i < link_size(req->chosen); i++)
		if (prefix_contains(&link_subnet(req->chosen, i)->prefix, &lease.addr))
			lease.subnet_id = link_subnet(req->chosen, i)->id;
	/* A lifetime of 0 ends the registration. */
	if (!item.valid) {
		if (n && at.state == LEASE_REGISTERED)
			change_delete(req, &at);
		return STEP_NEXT;
	}
	if (!n || !bytes_equal(at.client_id, req->client_id)) {
		(void)store_find(req->worker->srv->store, &count, req->arena, NULL, 0);
		req->n_leases = count.n_client;
		if (!client_may_have_more(req)) {
			report_max_leases(req);
			return request_drop(req, DROP_MAX_LEASES, NULL);
		}
	}
	if (is_delegated(req, &lease.addr) ||
	    !alloc_claim(req->worker->srv->alloc, &(struct prefix){ lease.addr, 128 }, &key, n))
		return request_drop(req, DROP_RULE,
				    "the address was offered to another client or is part of a delegated prefix");
	lease_start(&lease, item.valid);
	lease.preferred = item.preferred < item.valid ? item.preferred : item.valid;
	(void)change_put(req, &lease, n ? &at : NULL);
	return STEP_NEXT;
}

void answer6_register(struct answer_opts *s)
{
	const struct opt *opt = opts_find(&s->req->q6.opts, OPT6_IAADDR);

	/* RFC 9686 4.3: unchanged. */
	if (opt)
		answer_opts_add(s, OPT6_IAADDR, opt->data);
}
