/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The DHCPv6 response: identifiers, IAs, options by precedence, the relays' envelopes, and its destination. RFC
 * 9915 sections 18.3 and 19.3.
 */
#include "serve/family6.h"

#include "serve/binding.h"
#include "serve/grant.h"
#include "serve/answer_options.h"
#include "serve/classify.h"
#include "serve/host.h"
#include "serve/service.h"
#include "serve/vendor6.h"

#define IA_ROOM 1024      /* bytes for an IA: its leases, rejected ones, a status */
#define SURPLUS_ROOM 4096 /* for IAs that are not served, and for the status of the message */
#define ORO_MAX 256       /* codes of an option request; further ones are ignored */

/*
 * RFC 9915 21.4: calculated timers are a share of the preferred lifetime; a lease that never ends is never
 * renewed. A configured timer is sent if it is within the valid lifetime.
 */
static void timers6_of(const struct net_params *par, const struct lease *lease, uint32_t *ret_t1, uint32_t *ret_t2)
{
	bool for_ever = lease->preferred == LEASE_FOREVER && par->calculate_tee;
	uint32_t t1, t2;

	timers_of(par, lease->preferred, &t1, &t2);
	if (par->t2_set)
		t2 = par->t2 < lease->valid ? par->t2 : 0;
	else if (for_ever)
		t2 = LEASE_FOREVER;
	if (par->t1_set)
		t1 = par->t1 < (t2 ? t2 : lease->valid) ? par->t1 : 0;
	else if (for_ever)
		t1 = t2;
	*ret_t1 = t1;
	*ret_t2 = t2;
}

/* RFC 9915 18.3: T1 and T2 are the same in all IAs: those of the shortest lifetime. */
static void common_timers(const struct request *req, uint32_t *ret_t1, uint32_t *ret_t2)
{
	bool any = false;
	unsigned i;

	*ret_t1 = *ret_t2 = 0;
	for (i = 0; i < req->n_bindings; i++) {
		const struct binding *b = &req->bindings[i];
		uint32_t t1, t2;

		if (!b->is_granted)
			continue;
		timers6_of(&b->candidate.pool->sub->par, &b->lease, &t1, &t2);
		if (!any || t1 < *ret_t1)
			*ret_t1 = t1;
		if (!any || t2 < *ret_t2)
			*ret_t2 = t2;
		any = true;
	}
}

bool is_requested6(const struct request *req, uint16_t code)
{
	const struct opt *oro = opts_find(&req->q6.opts, OPT6_ORO);
	struct reader r = oro ? reader_of(oro->data) : reader_init(NULL, 0);
	unsigned i;

	for (i = 0; i < ORO_MAX && reader_left(&r) >= 2; i++)
		if (read_u16(&r) == code)
			return true;
	return false;
}

/* RFC 6603: returns the prefix excluded from a delegated prefix; length 0 if there is none. */
static const struct prefix *excluded_from(const struct request *req, const struct binding *b)
{
	static const struct prefix none;
	struct prefix prefix = { b->lease.addr, b->lease.prefix_len };
	const struct reserved *r = reserved_of(req, b->lease.type, &prefix);

	if (r && r->place->sets_excluded)
		return &req->host->extra->excluded[r->place - req->host->places];
	/* A prefix of another length than its pool delegates has none. */
	return prefix.len == b->candidate.pool->len ? &b->candidate.pool->excluded : &none;
}

static void write_lease(const struct request *req, struct ia6_builder *w, const struct binding *b)
{
	struct prefix prefix = { b->lease.addr, b->lease.prefix_len };
	const struct prefix *excluded = excluded_from(req, b);

	if (!excluded->len || !is_requested6(req, OPT6_PD_EXCLUDE)) {
		ia6_add(w, &prefix, b->lease.preferred, b->lease.valid);
		return;
	}
	ia6_begin_item(w, &prefix, b->lease.preferred, b->lease.valid);
	ia6_add_exclude(w, b->lease.prefix_len, excluded);
	ia6_end_item(w);
}

static void write_ia(const struct request *req, struct ia6_builder *w, const struct ia *ia, uint32_t t1, uint32_t t2)
{
	bool extends = req->type == DHCP6_RENEW || req->type == DHCP6_REBIND, any = false;
	unsigned i;

	if (ia->same_as)
		ia = ia->same_as;
	/* RFC 9915 18.3.8: prefixes are not declined. */
	if (req->type == DHCP6_DECLINE && ia->type == LEASE_PD)
		return;
	for (i = 0; i < ia->n_bindings; i++)
		any |= ia->bindings[i].is_granted;
	ia6_open(w, ia->code, ia->iaid, any ? t1 : 0, any ? t2 : 0);
	for (i = 0; i < ia->n_bindings; i++)
		if (ia->bindings[i].is_granted)
			write_lease(req, w, &ia->bindings[i]);
	/* RFC 9915 18.3.4: a lease that the client may no longer use is returned with lifetimes of 0. */
	for (i = 0; extends && !ia->has_status && i < ia->n_hints; i++)
		if (!ip_is_zero(&ia->hints[i].prefix.addr) && !ia_is_granted(ia, &ia->hints[i].prefix))
			ia6_add(w, &ia->hints[i].prefix, 0, 0);
	if (ia->has_status)
		ia6_add_status(w, ia->status, ia->text);
	(void)ia6_close(w);
}

/* RFC 9915 18.3: the status of further IAs: nothing is available, or no binding is known. */
static uint16_t surplus_status(const struct request *req, const struct ia6 *ia)
{
	if (req->type != DHCP6_SOLICIT && req->type != DHCP6_REQUEST)
		return STATUS6_UNSPEC_FAIL;
	return ia->code == OPT6_IA_PD ? STATUS6_NO_PREFIX_AVAIL : STATUS6_NO_ADDRS_AVAIL;
}

/* IAs beyond those that are served: each one gets a status while there is room. */
static void write_surplus(const struct request *req, struct ia6_builder *w)
{
	struct ia6 ia;
	unsigned pos = 0, n = 0;

	while (ia6_next(&req->q6.opts, &pos, &ia)) {
		if (ia.code == OPT6_IA_TA || n++ < IAS_MAX || (req->type == DHCP6_DECLINE && ia.code == OPT6_IA_PD))
			continue;
		ia6_open(w, ia.code, ia.iaid, 0, 0);
		ia6_add_status(w, surplus_status(req, &ia), "too many");
		if (ia6_close(w) < 0)
			return;
	}
}

static int write_ias(struct request *req)
{
	struct ia6_builder w;
	uint32_t t1, t2;
	unsigned i;

	if (!req->n_ias && !req->has_status)
		return 0;
	if (ia6_builder_init(&w, &req->a6.opts, req->n_ias * IA_ROOM + (req->n_ias == IAS_MAX ? SURPLUS_ROOM : 64)) < 0)
		return -E_NOMEM;
	common_timers(req, &t1, &t2);
	for (i = 0; i < req->n_ias; i++)
		write_ia(req, &w, &req->ias[i], t1, t2);
	if (req->n_ias == IAS_MAX)
		write_surplus(req, &w);
	return req->has_status ? ia6_message_status(&w, req->status, req->status_text) : 0;
}

/* --- options --------------------------------------------------------------- */

/* RFC 6422 6: options supplied by a relay, where that is allowed and the server has no value of its own. */
static void send_rsoo(struct answer_opts *s)
{
	const struct request *req = s->req;
	unsigned i, k;

	for (i = req->q6.n_relays; i--;) {
		const struct opt *rsoo = opts_find(&req->q6.relays[i].opts, OPT6_RSOO);
		struct reader r = rsoo ? reader_of(rsoo->data) : reader_init(NULL, 0);
		struct opt opt;

		while (opt_next6(&r, &opt))
			for (k = 0; k < req->cfg->n_rsoo; k++)
				if (req->cfg->rsoo[k] == opt.code && !opts_find(s->to, opt.code))
					answer_opts_add(s, opt.code, opt.data);
	}
}

static void send_options(struct answer_opts *s)
{
	const struct request *req = s->req;
	const struct opt *oro = opts_find(&req->q6.opts, OPT6_ORO);
	struct reader r = oro ? reader_of(oro->data) : reader_init(NULL, 0);
	unsigned i;

	name6_send(s);
	vendor6_send(s);
	for (i = 0; i < ORO_MAX && reader_left(&r) >= 2; i++)
		answer_opts_configured(s, read_u16(&r));
	answer_opts_always(s);
	send_rsoo(s);
}

/* --- where it goes --------------------------------------------------------- */

static void set_destination(struct request *req)
{
	answer_address(req);
	/* Ports of our own (-P) are for clients only. */
	if (req->q6.n_relays && !req->worker->srv->to_source)
		req->out.dport = packet6_answer_port(&req->q6, req->in.sport);
}

static const struct pool *first_pool(const struct request *req, enum lease_type type)
{
	unsigned i;

	for (i = 0; i < req->n_bindings; i++)
		if (req->bindings[i].is_granted && req->bindings[i].ia->type == type)
			return req->bindings[i].candidate.pool;
	return NULL;
}

/* The options of the first address's pool apply, then those of the first prefix's. */
static void choose_pool(struct request *req)
{
	const struct pool *prefixes = first_pool(req, LEASE_PD);

	req->pool = first_pool(req, LEASE_NA);
	req->second_pool = req->pool ? prefixes : NULL;
	if (!req->pool)
		req->pool = prefixes;
	if (req->pool)
		req->sub = req->pool->sub;
}

static void begin_header(struct request *req)
{
	req->a6 = (struct packet6){ .type = (uint8_t)req->answer_type, .xid = req->q6.xid };
	opts_init(&req->a6.opts, req->arena);
}

void begin6(struct request *req)
{
	begin_header(req);
	choose_pool(req);
}

/* RFC 5007 4.3.4: to the address and port that the query came from. */
int begin_answer6(struct request *req, unsigned type)
{
	struct packet6 *a = &req->a6;
	struct answer_opts s = answer_opts_of(req, &a->opts);
	const struct opt *cid = opts_find(&req->q6.opts, OPT6_CLIENTID);

	req->answer_type = type;
	begin_header(req);
	answer_opts_put(&s, OPT6_SERVERID, duid_bytes(&req->worker->srv->duid));
	if (cid)
		answer_opts_put(&s, OPT6_CLIENTID, cid->data);
	set_destination(req);
	if (!req->q6.n_relays)
		req->out.dport = req->in.sport;
	return packet6_wrap_answer(&req->q6, req->arena, a);
}

enum verdict answer6(struct request *req)
{
	struct packet6 *a = &req->a6;
	struct answer_opts s = answer_opts_of(req, &a->opts);

	answer_opts_put(&s, OPT6_SERVERID, duid_bytes(&req->worker->srv->duid));
	if (req->client_id.len)
		answer_opts_put(&s, OPT6_CLIENTID, req->client_id);
	if (req->rapid)
		answer_opts_put(&s, OPT6_RAPID_COMMIT, bytes_of("", 0));
	if (req->answer_type == DHCP6_ADDR_REG_REPLY)
		answer6_register(&s);
	else if (write_ias(req) < 0)
		return request_drop(req, DROP_LIMIT, "the response is too large");
	/* RFC 9915 18.3.7: the response to a client that gives something back has no other options. */
	if (req->answer_type != DHCP6_ADDR_REG_REPLY && req->type != DHCP6_RELEASE && req->type != DHCP6_DECLINE)
		send_options(&s);
	if (packet6_wrap_answer(&req->q6, req->arena, a) < 0)
		return request_drop(req, DROP_LIMIT, "the response is too large");
	set_destination(req);
	return STEP_NEXT;
}

enum verdict pack6(struct request *req)
{
	/* As much as UDP can carry; the kernel fragments it. */
	req->size_limit = PACKET6_MAX;
	return request_packed(req, packet6_write(&req->a6, req->out.buf, req->size_limit, &req->omitted));
}
