/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a DHCPv4 message means: from the subnet, the client's leases and the candidate, bind makes changes,
 * events and the type of the response. RFC 2131 section 4.3. Pure: nothing is asked, claimed, counted or logged
 * here.
 */
#include "serve/family4.h"

#include "serve/event.h"
#include "serve/grant.h"
#include "serve/host.h"
#include "serve/propose.h"
#include "serve/refuse.h"

/* --- candidates ------------------------------------------------------------ */

/* RFC 2131 4.3.1: the current address, else the former one, else the requested one, else a new one. */
static const struct policy discover_policy = {
	.order = { SOURCE_RESERVED, SOURCE_HELD, SOURCE_OFFERED, SOURCE_HINTED, SOURCE_FREE, SOURCE_ENDED,
		   SOURCE_OVERTAKEN },
	.offers = true,
};
/* What is reserved for the client comes first: if it names another address, it must ask again. */
static const struct policy named_policy = { .order = { SOURCE_RESERVED, SOURCE_HINTED } };
static const struct policy bare_policy = { .order = { SOURCE_RESERVED, SOURCE_HELD, SOURCE_FREE, SOURCE_ENDED,
						      SOURCE_OVERTAKEN } };

/* RFC 8925 3.3: the client can do without IPv4, and this link is configured for that. */
static bool is_v6_only(const struct request *req)
{
	const struct opt *prl = opts_find(&req->q.opts, OPT4_DHCP_PARAMETER_REQUEST_LIST);

	return prl && codes4_have(prl->data, OPT4_V6_ONLY_PREFERRED) &&
	       opt_scopes_find(&req->scopes, 0, OPT4_V6_ONLY_PREFERRED);
}

const struct policy *policy4_discover(const struct request *req, const struct ia *ia)
{
	(void)ia;
	return is_v6_only(req) ? NULL : &discover_policy;
}

static enum verdict drop_without_subnet(struct request *req)
{
	return request_drop(req, DROP_NO_SUBNET, req->q.giaddr ? "no subnet matches the relay" : NULL);
}

/* RFC 2131 4.3.2, and one state that the table there does not have: no address at all. */
enum request_state { SELECTING, INIT_REBOOT, RENEWING, REBINDING, BARE };

static enum request_state state_of(const struct request *req)
{
	if (ip_is_zero(&req->wanted))
		return BARE;
	if (opts_find(&req->q.opts, OPT4_DHCP_SERVER_IDENTIFIER))
		return SELECTING;
	if (!req->q.ciaddr)
		return INIT_REBOOT;
	return ip_to4(&req->in.dst) == UINT32_MAX || req->q.giaddr ? REBINDING : RENEWING;
}

static bool holds_wanted(const struct request *req, const struct ia *ia)
{
	return (ia->n_held && ia_held_at(ia, &req->wanted)) || holds_reserved(req, ia, &req->wanted);
}

const struct policy *policy4_request(const struct request *req, const struct ia *ia)
{
	switch (state_of(req)) {
	case BARE:
		return &bare_policy;
	case INIT_REBOOT:
		return holds_wanted(req, ia) ? &named_policy : NULL;
	default:
		return &named_policy;
	}
}

/* --- responses ------------------------------------------------------------- */

static enum verdict nak(struct request *req, enum event_kind kind, const char *why)
{
	event_note(req, kind)->why = why;
	req->answer_type = DHCP4_NAK;
	return STEP_NEXT;
}

/*
 * Assigns the candidate to the client and ends the lease it had on the link: a client has one address. Leases of
 * the same hardware address with other client ids are left alone: they belong to other stages of a boot.
 */
static enum verdict ack(struct request *req, struct ia *ia)
{
	struct binding *b = &ia->bindings[0];

	req->answer_type = DHCP4_ACK;
	request_use_pool(req, b->candidate.pool);
	grant_lease(req, b);
	if (!b->is_reused && ia->n_held && !ip_equal(&ia->held[0].addr, &b->lease.addr))
		change_delete(req, &ia->held[0]);
	return STEP_NEXT;
}

enum verdict bind4_discover(struct request *req)
{
	struct ia *ia = &req->ias[0];

	req->answer_type = DHCP4_OFFER;
	if (!req->chosen)
		return drop_without_subnet(req);
	if (!ia->policy) {
		(void)event_note(req, EVENT_V6_ONLY);
		return STEP_NEXT;
	}
	if (!ia->bindings[0].candidate.exists) {
		enum refusal refusal = refusal_of_ia(req, ia);

		reserved_note_conflicts(req);
		refuse_ia(req, ia);
		return request_drop(req, refusal_rows[refusal].reason, refusal_text(refusal, ia));
	}
	request_use_pool(req, ia->bindings[0].candidate.pool);
	grant_offer(req, &ia->bindings[0]);
	reserved_note_conflicts(req);
	return STEP_NEXT;
}

/* --- DHCPREQUEST, state by state -------------------------------------------- */

/* Otherwise the candidate is another address, which is reserved for the client, or there is none. */
static bool may_have_wanted(const struct request *req, const struct ia *ia)
{
	const struct candidate *c = &ia->bindings[0].candidate;

	return c->exists && ip_equal(&c->prefix.addr, &req->wanted);
}

static enum verdict refuse(struct request *req, struct ia *ia)
{
	enum refusal refusal = refusal_of_ia(req, ia);

	if (refusal == REFUSED_MAX_LEASES || refusal == REFUSED_UNKNOWN)
		refuse_ia(req, ia);
	return nak(req, EVENT_REFUSED, refusal_text(refusal_of_addr(req, ia, &req->wanted), ia));
}

/* RFC 2131 4.3.2: the client names this server, so there is always a response. */
static enum verdict selecting(struct request *req, struct ia *ia)
{
	return may_have_wanted(req, ia) ? ack(req, ia) : refuse(req, ia);
}

/* RFC 2131 4.3.2: a client that restarts and names the address it had. */
static enum verdict init_reboot(struct request *req, struct ia *ia)
{
	(void)event_note(req, EVENT_REBOOT);
	if (!ia->n_held && !holds_wanted(req, ia) && !req->chosen->par.authoritative) {
		(void)event_note(req, EVENT_REBOOT_UNKNOWN);
		return request_drop(req, DROP_NO_RECORD, NULL);
	}
	if (!holds_wanted(req, ia))
		return nak(req, EVENT_REBOOT_REFUSED, NULL);
	return may_have_wanted(req, ia) ? ack(req, ia) : refuse(req, ia);
}

/* True if another client has or may have the address. */
static bool is_of_another(const struct request *req, const struct ia *ia)
{
	return (ia->hints[0].lease && link_contains(req->chosen, &req->wanted)) ||
	       is_withheld_on_link(req, &req->wanted);
}

/*
 * The client extends a lease, which another server, or this one on another link, may have granted. Only a server that
 * is authoritative, or knows whose address it is, decides about that.
 */
static enum verdict extend(struct request *req, struct ia *ia)
{
	if (may_have_wanted(req, ia))
		return ack(req, ia);
	if (ia->is_limited && !req->chosen->par.authoritative) {
		refuse_ia(req, ia);
		return request_drop(req, DROP_MAX_LEASES, NULL);
	}
	if (!ia->n_held && !req->chosen->par.authoritative && !is_of_another(req, ia))
		return request_drop(req, DROP_NO_RECORD, NULL);
	return refuse(req, ia);
}

static enum verdict renewing(struct request *req, struct ia *ia)
{
	return extend(req, ia);
}

static enum verdict rebinding(struct request *req, struct ia *ia)
{
	return extend(req, ia);
}

/* Neither option 50 nor ciaddr: the client gets the address it has, or a new one. */
static enum verdict bare(struct request *req, struct ia *ia)
{
	if (ia->bindings[0].candidate.exists)
		return ack(req, ia);
	refuse_ia(req, ia);
	return nak(req, EVENT_REFUSED, refusal_text(refusal_of_ia(req, ia), ia));
}

enum verdict bind4_request(struct request *req)
{
	static enum verdict (*const states[])(struct request * req, struct ia * ia) = {
		[SELECTING] = selecting, [INIT_REBOOT] = init_reboot, [RENEWING] = renewing, [REBINDING] = rebinding,
		[BARE] = bare,
	};

	if (!req->chosen) {
		/* A client that names this server gets a clear response; others may be served by another server. */
		if (!opts_find(&req->q.opts, OPT4_DHCP_SERVER_IDENTIFIER) && !req->cfg->global.net.par.authoritative)
			return drop_without_subnet(req);
		req->answer_type = DHCP4_NAK;
		return STEP_NEXT;
	}
	return states[state_of(req)](req, &req->ias[0]);
}

/* --- giving an address back -------------------------------------------------- */

/* Adds an event about the lease at the named address, NULL if there is none. */
static enum verdict ignore(struct request *req, enum event_kind kind)
{
	event_note(req, kind)->lease = req->ias[0].hints[0].lease;
	return STEP_DONE;
}

/* RFC 2131 4.3.3: another host uses the address; withhold it from all clients for a while. */
enum verdict bind4_decline(struct request *req)
{
	struct ia *ia = &req->ias[0];
	const struct lease *lease = ia->hints[0].lease;

	if (ip_is_zero(&req->wanted))
		return request_drop(req, DROP_RULE, "DHCPDECLINE without a requested address");
	if (!lease || lease_is_over(lease))
		return ignore(req, EVENT_DECLINE_UNKNOWN);
	if (!req->fam->belongs(req, ia, lease))
		return ignore(req, EVENT_DECLINE_FOREIGN);
	req->answer_type = 0;
	change_decline(req, ia, lease);
	return STEP_NEXT;
}

/* RFC 2131 4.3.4 */
enum verdict bind4_release(struct request *req)
{
	struct ia *ia = &req->ias[0];
	const struct lease *lease = ia->hints[0].lease;

	if (!lease || lease->state != LEASE_DEFAULT)
		return ignore(req, EVENT_RELEASE_UNKNOWN);
	if (!req->fam->belongs(req, ia, lease))
		return ignore(req, EVENT_RELEASE_FOREIGN);
	req->answer_type = 0;
	change_release(req, ia, lease);
	return STEP_NEXT;
}

/* RFC 2131 4.3.5: options only, no lease. */
enum verdict bind4_inform(struct request *req)
{
	if (!req->chosen)
		return drop_without_subnet(req);
	req->answer_type = DHCP4_ACK;
	return STEP_NEXT;
}

enum verdict without_lease4(struct request *req, struct ia *ia)
{
	(void)ia;
	if (req->type == DHCP4_DISCOVER)
		return request_drop(req, DROP_HOOK, NULL);
	return nak(req, EVENT_REFUSED, drop_rows[DROP_HOOK].name);
}
