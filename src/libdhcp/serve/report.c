/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/report.h"

#include "base/hash.h"
#include "log/log.h"
#include "serve/binding.h"
#include "serve/family.h"
#include "serve/grant.h"
#include "serve/service.h"

void report_no_subnet(const struct request *req)
{
	char local[IP_TEXT_MAX];
	struct link_text link = { 0 };

	req->fam->describe_link(req, &link);
	LOGF_FOLDED(req->fam->idx, req->worker->srv->fold, req->turn.client.a, DHCPx_NO_SUBNET, request_label(req),
		    req->in.ifname, ip_format(&req->in.local, local), link.buf);
}

/* Addresses and prefixes of a subnet or network are logged separately. */
static uint64_t pool_key(uint32_t subnet_id, bool prefixes)
{
	return (uint64_t)prefixes << 32 | subnet_id;
}

void report_exhausted(struct request *req, bool prefixes)
{
	const struct subnet *sub = req->chosen;
	const char *what = prefixes ? "prefix" : "address";
	struct stats *stats = req->worker->stats;
	struct stat_place *place = sub->place;
	struct server *srv = req->worker->srv;
	unsigned fam = req->fam->idx;
	char prefix[PREFIX_TEXT_MAX];

	stat_count(stats, place, STAT_ALLOC_FAIL, 1);
	(void)prefix_format(&sub->prefix, prefix);
	if (!link_has_pools(sub, prefixes, NULL)) {
		stat_count(stats, place, STAT_ALLOC_FAIL_NO_POOLS, 1);
		LOGF(fam, ALLOC_ENGINE_Vx_ALLOC_FAIL_NO_POOLS, request_label(req), what, prefix, sub->id);
		return;
	}
	if (link_denies_unknown(sub, prefixes, req->classes.bits)) {
		stat_count(stats, place, STAT_ALLOC_FAIL_DENY_UNKNOWN, 1);
		LOGF_FOLDED(fam, srv->fold, req->turn.client.a, ALLOC_ENGINE_Vx_ALLOC_FAIL_DENY_UNKNOWN,
			    request_label(req), what, prefix, sub->id);
		return;
	}
	if (!link_has_pools(sub, prefixes, req->classes.bits)) {
		stat_count(stats, place, STAT_ALLOC_FAIL_CLASSES, 1);
		LOGF_FOLDED(fam, srv->fold, pool_key(sub->id, prefixes), ALLOC_ENGINE_Vx_ALLOC_FAIL_CLASSES,
			    request_label(req), what, prefix, sub->id);
		return;
	}
	server_want_reclaim(srv);
	if (sub->net) {
		stat_count(stats, place, STAT_ALLOC_FAIL_SHARED_NETWORK, 1);
		LOGF_FOLDED(fam, srv->fold, pool_key(sub->net->subs[0].id, prefixes),
			    ALLOC_ENGINE_Vx_ALLOC_FAIL_SHARED_NETWORK, request_label(req), what, sub->net->name,
			    sub->net->n);
	} else {
		stat_count(stats, place, STAT_ALLOC_FAIL_SUBNET, 1);
		LOGF_FOLDED(fam, srv->fold, pool_key(sub->id, prefixes), ALLOC_ENGINE_Vx_ALLOC_FAIL_SUBNET,
			    request_label(req), what, prefix, sub->id);
	}
}

void report_max_leases(struct request *req)
{
	struct stat_place *place = req->chosen ? req->chosen->place : NULL;
	struct stats *stats = req->worker->stats;

	stat_count(stats, place, STAT_ALLOC_FAIL, 1);
	stat_count(stats, place, STAT_ALLOC_FAIL_MAX_LEASES, 1);
	LOGF_FOLDED(req->fam->idx, req->worker->srv->fold, req->turn.client.a, ALLOC_ENGINE_Vx_ALLOC_FAIL_MAX_LEASES,
		    request_label(req), req->cfg->global.max_leases_per_client);
}

void report_send_fail(const struct request *req, int err)
{
	char text[IP_TEXT_MAX];

	LOGF_FOLDED(req->fam->idx, req->worker->srv->fold, hash_16(req->out.dst.b), DHCPx_PACKET_SEND_FAIL,
		    request_label(req), ip_format(&req->out.dst, text), req->out.ifname, strerror(err));
}

void report_subnet(const struct request *req)
{
	const struct subnet *sub = req->chosen;
	unsigned fam = req->fam->idx;
	char prefix[PREFIX_TEXT_MAX];

	LOGF(fam, DHCPx_SUBNET_SELECTED, request_label(req), sub->id);
	LOGF(fam, DHCPx_SUBNET_DATA, request_label(req), prefix_format(&sub->prefix, prefix), sub->id,
	     sub->net ? sub->net->name : "none", lifetime_granted(&sub->par.valid, 0), sub->n_pools, sub->n_pd_pools);
}

enum selected report_selected_by(const struct subnet *sub, const struct select_query *query, const struct ip **ret_addr)
{
	const struct ip *named[] = { &query->client_addr, &query->src_addr };
	unsigned i;

	*ret_addr = &query->link_addr;
	if (query->has_link)
		return SELECTED_BY_ADDRESS;
	if (query->has_relay && query->iface_id.len && bytes_equal(sub->iface_id, query->iface_id))
		return SELECTED_BY_INTERFACE_ID;
	*ret_addr = &query->relay_addr;
	if (query->has_relay && !ip_is_zero(&query->relay_addr)) {
		for (i = 0; i < sub->n_relays; i++)
			if (ip_equal(&sub->relays[i], &query->relay_addr))
				return SELECTED_BY_RELAY;
		return SELECTED_BY_ADDRESS;
	}
	for (i = 0; i < 2; i++) {
		*ret_addr = named[i];
		if (!ip_is_zero(named[i]) && prefix_contains(&sub->prefix, named[i]))
			return SELECTED_BY_ADDRESS;
	}
	*ret_addr = &query->local_addr;
	return sub->iface[0] && !strcmp(sub->iface, query->iface) ? SELECTED_BY_INTERFACE : SELECTED_BY_ADDRESS;
}

/* Returns the address that the subnet should contain. */
static const struct ip *named_by(const struct select_query *query)
{
	if (query->has_link)
		return &query->link_addr;
	return query->has_relay && !ip_is_zero(&query->relay_addr) ? &query->relay_addr : &query->src_addr;
}

void report_chosen(const struct request *req, const struct select_query *query)
{
	const struct line_tables *tables = req->fam->lines;
	const struct ip *addr;
	struct subject s;

	if (!log_debugs())
		return;
	addr = named_by(query);
	s = (struct subject){ .req = req, .query = query };
	if (req->chosen)
		s.by = report_selected_by(req->chosen, query, &addr);
	s.addr = *addr;
	line_log(req->chosen ? tables->chosen : tables->not_chosen, &s);
}

/* The lease is from a subnet of the shared network other than the selected one. */
static void report_other_subnet(const struct request *req, const struct subnet *sub)
{
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];

	if (sub == req->chosen || !sub || !req->chosen)
		return;
	LOGF(req->fam->idx, DHCPx_SUBNET_DYNAMICALLY_CHANGED, request_label(req),
	     prefix_format(&req->chosen->prefix, from), prefix_format(&sub->prefix, to),
	     sub->net ? sub->net->name : "");
}

/* --- what a message leads to ----------------------------------------------- */

static const struct line *lines_of(const struct line *const *table, unsigned key)
{
	return !table ? NULL : table[key] ? table[key] : table[0];
}

static void report_binding(const struct request *req, const struct binding *b)
{
	const struct line *lines = lines_of(req->fam->lines->binding, req->type),
			  *removed = lines_of(req->fam->lines->removed, req->type);
	unsigned i;

	if (line_is_on(lines) || line_is_on(removed)) {
		struct subject s = { .req = req, .ia = b->ia, .binding = b, .lease = &b->lease, .addr = b->lease.addr };

		line_log(lines, &s);
		for (i = 0; i < req->n_changes; i++)
			if (req->changes[i].kind == CHANGE_DELETE) {
				s.addr = req->changes[i].addr;
				line_log(removed, &s);
			}
	}
	if (b->candidate.pool)
		report_other_subnet(req, b->candidate.pool->sub);
}

static void report_message(const struct request *req, const struct line *const *table, const struct ia *ia)
{
	const struct line *lines = lines_of(table, req->type);

	if (line_is_on(lines))
		line_log(lines, &(struct subject){ .req = req, .ia = ia, .addr = req->wanted });
}

void report_bound(const struct request *req)
{
	const struct line_tables *lines = req->fam->lines;
	unsigned i;

	if (!log_debugs())
		return;
	report_message(req, lines->message, NULL);
	if (req->drop)
		return;
	for (i = 0; lines->ia && i < req->n_ias; i++)
		if (!req->ias[i].same_as)
			report_message(req, lines->ia, &req->ias[i]);
	for (i = 0; i < req->n_bindings; i++)
		if (req->bindings[i].is_granted)
			report_binding(req, &req->bindings[i]);
	report_message(req, lines->end, NULL);
}

void report_event(const struct request *req, const struct event *event)
{
	const struct line *lines = req->fam->lines->events[event->kind];
	const struct hint *hint = event->hint;
	struct subject s;

	if (!line_is_on(lines))
		return;
	s = (struct subject){
		.req = req,
		.event = event,
		.ia = event->ia,
		.binding = event->binding,
		.lease = event->lease ? event->lease
			 : hint       ? hint->lease
				      : NULL,
		.why = event->why,
	};
	s.addr = hint ? hint->prefix.addr : s.lease ? s.lease->addr : req->wanted;
	s.prefix_len = hint ? hint->prefix.len : s.lease ? s.lease->prefix_len : 0;
	line_log(lines, &s);
}

/* Logs the lease that could not be stored, or what the client names. */
void report_drop(const struct request *req)
{
	const struct store_change *change = req->n_changes ? &req->changes[0] : NULL;
	const struct line *lines = lines_of(req->fam->lines->drops, req->drop);
	struct subject s;

	if (!line_is_on(lines))
		return;
	s = (struct subject){
		.req = req,
		.addr = req->wanted,
		.why = req->why ? req->why : drop_rows[req->drop].name,
	};
	if (change) {
		s.lease = &change->new;
		s.addr = change->kind == CHANGE_DELETE ? change->addr : change->new.addr;
		s.prefix_len = change->new.prefix_len;
	}
	line_log(lines, &s);
}
