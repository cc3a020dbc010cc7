/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a DHCPv6 message means for each of its IAs: from the subnet, the client's leases and the candidates, bind
 * makes changes, events and what the response says about the IA. RFC 9915 section 18.3. Pure: nothing is asked,
 * claimed, counted or logged here.
 */
#include "serve/family6.h"

#include "serve/event.h"
#include "serve/grant.h"
#include "serve/host.h"
#include "serve/propose.h"
#include "serve/refuse.h"

/* --- candidates ------------------------------------------------------------ */

/* RFC 9915 18.3.9: what the client has, names, was offered, or any that is free. */
#define ORDER                                                                    \
	.order = {                                                               \
		SOURCE_RESERVED, SOURCE_HELD,  SOURCE_HINTED,    SOURCE_OFFERED, \
		SOURCE_FREE,     SOURCE_ENDED, SOURCE_OVERTAKEN,                 \
	}
static const struct policy offer_policy = { ORDER, .offers = true };
static const struct policy assign_policy = { ORDER };
static const struct policy extend_policy = { ORDER, .extends = true };

/* RFC 9915 18.3.2: true if it names an address that is not on this link. */
static bool names_other_link(const struct request *req, const struct ia *ia)
{
	unsigned i;

	for (i = 0; ia->type == LEASE_NA && i < ia->n_hints; i++)
		if (!ip_is_zero(&ia->hints[i].prefix.addr) && !link_contains(req->chosen, &ia->hints[i].prefix.addr))
			return true;
	return false;
}

/* RFC 9915 18.3.1: two messages instead of four, for clients that ask for it where it is allowed. */
static bool is_rapid(const struct request *req)
{
	return req->chosen && req->chosen->par.rapid_commit && opts_find(&req->q6.opts, OPT6_RAPID_COMMIT);
}

const struct policy *policy6_solicit(const struct request *req, const struct ia *ia)
{
	(void)ia;
	return is_rapid(req) ? &assign_policy : &offer_policy;
}

const struct policy *policy6_request(const struct request *req, const struct ia *ia)
{
	return names_other_link(req, ia) ? NULL : &assign_policy;
}

const struct policy *policy6_extend(const struct request *req, const struct ia *ia)
{
	(void)req;
	(void)ia;
	return &extend_policy;
}

/* --- what an IA gets ------------------------------------------------------- */

/* True if the message already changes what is stored at the lease's address. */
static bool is_changed(const struct request *req, const struct lease *lease)
{
	unsigned i;

	for (i = 0; i < req->n_changes; i++)
		if (ip_equal(&req->changes[i].addr, &lease->addr))
			return true;
	return false;
}

/* True if the IA is granted what is reserved for it: it then keeps no other leases. */
static bool is_moved(const struct ia *ia)
{
	unsigned i;

	for (i = 0; i < ia->n_bindings; i++)
		if (ia->bindings[i].is_granted && ia->bindings[i].candidate.source == SOURCE_RESERVED)
			return true;
	return false;
}

/* Deletes leases that the IA may not keep: no pool contains them any longer, or they are reserved for others. */
static void delete_lost(struct request *req, const struct ia *ia)
{
	bool moved = is_moved(ia);
	unsigned i;

	for (i = 0; i < ia->n_held; i++) {
		const struct lease *held = &ia->held[i];
		struct prefix span = lease_span(held);

		/* A shorter or longer prefix that begins at the same address replaces it. */
		if (ia_is_granted(ia, &span) || is_changed(req, held) ||
		    (pool_to_keep(req, held) && (!moved || lease_is_over(held) || reserved_of(req, ia->type, &span))))
			continue;
		change_delete(req, held);
		event_note(req, EVENT_REVOKED)->lease = held;
	}
}

/* Grants all candidates of the IA. */
static bool grant_ia(struct request *req, struct ia *ia)
{
	if (!grant_candidates(req, ia, grant_lease))
		return false;
	delete_lost(req, ia);
	return true;
}

static void set_status(struct ia *ia, uint16_t status, const char *text)
{
	ia->has_status = true;
	ia->status = status;
	ia->text = text;
}

static void none_available(struct request *req, struct ia *ia)
{
	if (req->chosen)
		refuse_ia(req, ia);
	set_status(ia, ia->type == LEASE_PD ? STATUS6_NO_PREFIX_AVAIL : STATUS6_NO_ADDRS_AVAIL,
		   refusal_text(refusal_of_ia(req, ia), ia));
}

static void begin(struct request *req)
{
	req->has_status = false;
	req->rapid = false;
	req->answer_type = DHCP6_REPLY;
}

/* --- messages -------------------------------------------------------------- */

enum verdict bind6_solicit(struct request *req)
{
	unsigned i;

	begin(req);
	req->rapid = is_rapid(req);
	if (!req->rapid)
		req->answer_type = DHCP6_ADVERTISE;
	for (i = 0; i < req->n_ias; i++) {
		struct ia *ia = &req->ias[i];

		if (!ia->same_as && !(req->rapid ? grant_ia(req, ia) : grant_candidates(req, ia, grant_offer)))
			none_available(req, ia);
	}
	reserved_note_conflicts(req);
	return STEP_NEXT;
}

enum verdict bind6_request(struct request *req)
{
	unsigned i;

	begin(req);
	for (i = 0; i < req->n_ias; i++) {
		struct ia *ia = &req->ias[i];

		if (ia->same_as)
			continue;
		if (req->chosen && !ia->policy) /* see policy6_request() */
			set_status(ia, STATUS6_NOT_ON_LINK, "the address is not on this link");
		else if (!grant_ia(req, ia))
			none_available(req, ia);
	}
	return STEP_NEXT;
}

/* True if the hint names a lease of its IA, on whatever link. */
static bool is_own(const struct request *req, const struct hint *hint)
{
	const struct lease *lease = hint->lease;

	return lease && !lease_is_over(lease) && req->fam->belongs(req, hint->ia, lease) &&
	       lease_span(lease).len == hint->prefix.len;
}

static bool names_own(const struct request *req, const struct ia *ia)
{
	for (unsigned i = 0; i < ia->n_hints; i++)
		if (is_own(req, &ia->hints[i]))
			return true;
	return false;
}

/*
 * Extends what the IA has; an unknown IA gets a lease if one is available. What the client names and does not
 * get is returned with lifetimes of 0 (answer6.c). Returns false if this server has nothing to say about the IA.
 */
static bool extend_ia(struct request *req, struct ia *ia, bool is_rebind)
{
	if (!req->chosen) {
		/* RFC 9915 18.3.5: its lease is on another link. */
		if (is_rebind && names_own(req, ia))
			return true;
		set_status(ia, STATUS6_NO_BINDING, refusal_text(REFUSED_NO_SUBNET, ia));
		return false;
	}
	if (grant_ia(req, ia))
		return true;
	/*
	 * No pool contains it any longer and nothing else is available, or it is of no use on this link, whoever
	 * granted it.
	 */
	delete_lost(req, ia);
	if (names_own(req, ia) || names_other_link(req, ia))
		return true;
	refuse_ia(req, ia);
	set_status(ia, STATUS6_NO_BINDING, "no such binding");
	return false;
}

/* RFC 9915 18.3.4 and 18.3.5. A client that renews asks this server, which always responds. */
enum verdict bind6_extend(struct request *req)
{
	bool is_rebind = req->row->rebinds, any = !is_rebind && req->n_ias;
	unsigned i;

	begin(req);
	for (i = 0; i < req->n_ias; i++)
		if (!req->ias[i].same_as)
			any |= extend_ia(req, &req->ias[i], is_rebind);
	if (any)
		return STEP_NEXT;
	if (!req->chosen)
		return request_drop(req, DROP_NO_SUBNET, NULL);
	return req->n_ias ? request_drop(req, DROP_NO_RECORD, NULL) : STEP_NEXT;
}

const struct subnet *own_subnet6(const struct request *req, const struct ip *addr)
{
	for (unsigned i = 0; i < link_size(req->chosen); i++) {
		const struct subnet *sub = link_subnet(req->chosen, i);

		if (prefix_contains(&sub->prefix, addr) && subnet_allows(sub, req->classes.bits))
			return sub;
	}
	return NULL;
}

/* RFC 9915 18.3.3: are the addresses on this link at all? */
enum verdict bind6_confirm(struct request *req)
{
	bool any = false, all = true;
	unsigned i, k;

	begin(req);
	if (!req->chosen)
		return request_drop(req, DROP_NO_SUBNET, NULL);
	for (i = 0; i < req->n_ias; i++)
		for (k = 0; req->ias[i].type == LEASE_NA && k < req->ias[i].n_hints; k++) {
			any = true;
			all &= own_subnet6(req, &req->ias[i].hints[k].prefix.addr) != NULL;
		}
	if (!any)
		return request_drop(req, DROP_RULE, "no addresses to confirm");
	req->n_ias = 0;
	req->has_status = true;
	req->status = all ? STATUS6_SUCCESS : STATUS6_NOT_ON_LINK;
	req->status_text = all ? "all addresses are on this link" : "an address is not on this link";
	return STEP_NEXT;
}

/* Reports what the IA names but does not get, and why. */
static void name_in_vain(struct request *req, const struct ia *ia, const struct hint *hint, bool is_decline)
{
	const struct lease *lease = hint->lease;
	bool is_known = lease && !lease_is_over(lease) && lease->state == LEASE_DEFAULT &&
			lease_span(lease).len == hint->prefix.len;
	struct event *event = event_note(req, is_decline ? is_known ? EVENT_DECLINE_FOREIGN : EVENT_DECLINE_UNKNOWN
					      : is_known ? EVENT_RELEASE_FOREIGN
							 : EVENT_RELEASE_UNKNOWN);

	event->ia = ia;
	event->hint = hint;
}

/* Gives back the leases at what the IA names, if they are its own. Returns how many. */
static unsigned give_back_ia(struct request *req, struct ia *ia, bool is_decline)
{
	unsigned i, n = 0;

	for (i = 0; i < ia->n_hints; i++) {
		const struct lease *lease = ia->hints[i].lease;

		if (lease && is_changed(req, lease))
			continue;
		if (!is_own(req, &ia->hints[i])) {
			name_in_vain(req, ia, &ia->hints[i], is_decline);
			continue;
		}
		n++;
		if (is_decline)
			change_decline(req, ia, lease);
		else
			change_release(req, ia, lease);
	}
	return n;
}

enum verdict bind6_give_back(struct request *req)
{
	bool is_decline = req->row->declines;
	unsigned i;

	begin(req);
	for (i = 0; i < req->n_ias; i++) {
		struct ia *ia = &req->ias[i];

		/* RFC 9915 18.3.8: prefixes are not declined, so these IAs are ignored. */
		if (ia->same_as || (is_decline && ia->type == LEASE_PD))
			continue;
		if (give_back_ia(req, ia, is_decline))
			set_status(ia, STATUS6_SUCCESS, is_decline ? "declined" : "released");
		else
			set_status(ia, STATUS6_NO_BINDING, "no such binding");
	}
	req->has_status = true;
	req->status = STATUS6_SUCCESS;
	req->status_text = is_decline ? "declined" : "released";
	return STEP_NEXT;
}

/* RFC 9915 18.3.6 and 16.12: options only; with an IA in it the message is discarded. */
enum verdict bind6_inform(struct request *req)
{
	if (ia6_count(&req->q6.opts))
		return request_drop(req, DROP_RULE, "an IA in an INFORMATION-REQUEST");
	req->answer_type = DHCP6_REPLY;
	req->has_status = false;
	return STEP_NEXT;
}

enum verdict without_lease6(struct request *req, struct ia *ia)
{
	unsigned i;

	(void)req;
	for (i = 0; i < ia->n_bindings; i++)
		if (ia->bindings[i].is_granted)
			return STEP_NEXT;
	set_status(ia, ia->type == LEASE_PD ? STATUS6_NO_PREFIX_AVAIL : STATUS6_NO_ADDRS_AVAIL,
		   refusal_text(REFUSED_EXHAUSTED, ia));
	return STEP_NEXT;
}
