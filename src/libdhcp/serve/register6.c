/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Address registration, RFC 9686: a client reports an address that it made itself; the server stores it and
 * confirms. Nothing is granted; a wrong registration is dropped, never refused.
 */
#include "serve/family6.h"

#include "serve/event.h"
#include "serve/grant.h"
#include "serve/host.h"
#include "serve/name.h"
#include "serve/propose.h"

/* RFC 9686 4.2: the single IA Address option, which must equal the source address of the message. */
static const char *registered_address(const struct request *req, struct ia6_item *ret)
{
	struct ip from = client_address6(req);
	const struct opt *found = NULL;
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
	ia6_read_address(found->data, ret);
	return ip_equal(&ret->prefix.addr, &from) ? NULL : "the address is not the one the message came from";
}

/* --- what is asked and claimed before anything is decided ------------------ */

static const struct policy own_policy = { .order = { SOURCE_OWN } };

/* Adds the prefixes of this link that could contain the address: they may be delegated to a client. */
static unsigned add_prefixes(struct request *req, struct ia *ia, const struct ip *addr)
{
	unsigned i, k;

	for (i = 0; i < link_size(req->chosen); i++) {
		const struct subnet *sub = link_subnet(req->chosen, i);

		for (k = 0; k < sub->n_pd_pools && ia->n_hints < HINTS_MAX; k++) {
			struct prefix prefix = { *addr, sub->pd_pools[k].len };

			prefix.addr = prefix_first(&prefix);
			ia->hints[ia->n_hints++] = (struct hint){ .ia = ia, .prefix = prefix };
		}
	}
	return ia->n_hints;
}

int read_ias6_register(struct request *req)
{
	struct hint *hints = arena_new_array(req->arena, struct hint, 1 + HINTS_MAX);
	struct ia6_item item;

	req->ias = arena_new_array(req->arena, struct ia, 2);
	if (!req->ias || !hints)
		return -E_NOMEM;
	if (registered_address(req, &item))
		return 0; /* bind reports what is wrong */
	req->ias[0] = (struct ia){ .type = LEASE_NA, .hints = hints, .n_hints = 1 };
	req->ias[1] = (struct ia){ .type = LEASE_PD, .hints = hints + 1 };
	hints[0] = (struct hint){
		.ia = &req->ias[0], .prefix = item.prefix, .preferred = item.preferred, .valid = item.valid
	};
	req->n_ias = req->chosen && add_prefixes(req, &req->ias[1], &item.prefix.addr) ? 2 : 1;
	return 0;
}

static bool may_register(const struct request *req, const struct lease *lease)
{
	return !lease || lease_is_over(lease) || lease->state == LEASE_REGISTERED ||
	       bytes_equal(lease->client_id, req->client_id);
}

/* True if it is part of a prefix that is delegated on the link. */
static bool is_delegated(const struct request *req)
{
	unsigned i;

	for (i = 0; req->n_ias == 2 && i < req->ias[1].n_hints; i++) {
		const struct hint *hint = &req->ias[1].hints[i];

		if (hint->lease && hint->lease->type == LEASE_PD && !lease_is_over(hint->lease) &&
		    hint->lease->prefix_len <= hint->prefix.len)
			return true;
	}
	return false;
}

/* An address that this server leased to this client needs no registration. */
static bool is_leased(const struct lease *lease)
{
	return lease && lease->state == LEASE_DEFAULT && !lease_is_over(lease);
}

/* True if it is reserved for another host: clients may not use it on their own. */
static bool is_reserved(const struct request *req, const struct ip *addr)
{
	return is_reserved_for_others(req, LEASE_NA, &(struct prefix){ *addr, 128 });
}

const struct policy *policy6_register(const struct request *req, const struct ia *ia)
{
	const struct hint *hint = &ia->hints[0];

	return ia->type == LEASE_NA && req->cfg->global.allow_address_registration && hint->valid &&
			       own_subnet6(req, &hint->prefix.addr) && may_register(req, hint->lease) &&
			       !is_leased(hint->lease) && !is_delegated(req) && !is_reserved(req, &hint->prefix.addr)
		       ? &own_policy
		       : NULL;
}

/* --- what it means --------------------------------------------------------- */

static uint32_t at_most(uint32_t value, uint32_t max)
{
	return value < max ? value : max;
}

enum verdict bind6_register(struct request *req)
{
	const struct subnet *sub;
	const struct hint *hint;
	struct ia6_item item;
	struct lease lease;
	const char *why;

	req->has_status = false;
	if (!req->cfg->global.allow_address_registration)
		return request_drop(req, DROP_UNSUPPORTED_TYPE, NULL);
	if ((why = registered_address(req, &item)))
		return request_drop(req, DROP_RULE, why);
	req->wanted = item.prefix.addr;
	sub = req->chosen ? own_subnet6(req, &req->wanted) : NULL;
	if (!sub)
		return request_drop(req, DROP_NO_SUBNET, "the address is not on this link");
	hint = &req->ias[0].hints[0];
	if (!may_register(req, hint->lease))
		return request_drop(req, DROP_RULE, "the address is leased to another client");
	if (is_reserved(req, &req->wanted))
		return request_drop(req, DROP_RULE, "the address is reserved for another client");
	req->answer_type = DHCP6_ADDR_REG_REPLY;
	if (is_leased(hint->lease))
		return STEP_NEXT;
	if (hint->lease && hint->lease->state == LEASE_REGISTERED &&
	    !bytes_equal(hint->lease->client_id, req->client_id))
		event_note(req, EVENT_REGISTER_MOVED)->lease = hint->lease;
	/* A lifetime of 0 ends the registration. */
	if (!item.valid) {
		if (hint->lease && hint->lease->state == LEASE_REGISTERED) {
			change_delete(req, hint->lease);
			event_note(req, EVENT_UNREGISTERED)->lease = hint->lease;
		}
		return STEP_NEXT;
	}
	if (!req->n_bindings || !req->bindings[0].candidate.exists) {
		if (!req->ias[0].is_limited)
			return request_drop(req, DROP_RULE, "the address is offered or delegated to a client");
		event_of_ia(req, EVENT_MAX_LEASES, &req->ias[0]);
		return request_drop(req, DROP_MAX_LEASES, NULL);
	}
	lease = (struct lease){
		.addr = item.prefix.addr,
		.prefix_len = 128,
		.type = LEASE_NA,
		.state = LEASE_REGISTERED,
		.hwtype = req->hwtype,
		.hwsource = req->hwsource,
		.hwaddr = req->hwaddr,
		.client_id = req->client_id,
		.subnet_id = sub->id,
	};
	name_of_lease(req->fam->name_of(req, &req->bindings[0]), &lease);
	/* Stored for no longer than the subnet grants leases; the response has what the client sent. */
	lease_start(&lease, at_most(item.valid, sub->par.valid.max));
	lease.preferred = at_most(at_most(item.preferred, sub->par.preferred.max), lease.valid);
	(void)change_put(req, &lease, hint->lease);
	req->bindings[0].lease = lease;
	event_of_binding(req, EVENT_REGISTERED, &req->bindings[0]);
	return STEP_NEXT;
}

void answer6_register(struct answer_opts *s)
{
	const struct opt *opt = opts_find(&s->req->q6.opts, OPT6_IAADDR);

	/* RFC 9686 4.3: unchanged. */
	if (opt)
		answer_opts_add(s, OPT6_IAADDR, opt->data);
}
