/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/report.h"

#include "base/hash.h"
#include "log/log.h"
#include "serve/binding.h"
#include "serve/event.h"
#include "serve/family6.h"
#include "serve/server.h"
#include "wire/ident.h"

enum { DUID_TEXT_MAX = 3 * LEASE_ID_MAX + 1 };

static const char *describe_lease(const struct lease *lease, char *buf)
{
	char addr[IP_TEXT_MAX], hwaddr[80], id[DUID_TEXT_MAX], name[LEASE_HOSTNAME_MAX + 1];

	(void)bytes_to_hex(lease->hwaddr, ':', hwaddr, sizeof(hwaddr));
	ident_id(lease->client_id, id, sizeof(id));
	(void)snprintf(buf, LEASE_TEXT_MAX,
		       "\nType:          %s(%d)\nAddress:       %s\nPrefix length: %u\nIAID:          %u\n"
		       "Pref life:     %u\nValid life:    %u\nCltt:          %lld\nDUID:          %s\n"
		       "Hardware addr: %s\nSubnet ID:     %u\nPool ID:       %u\nState:         %s\nHostname:      %s",
		       lease->type == LEASE_PD ? "IA_PD" : "IA_NA", lease->type, ip_format(&lease->addr, addr),
		       lease->prefix_len, lease->iaid, lease->preferred, lease->valid, (long long)lease->cltt, id,
		       lease->hwaddr.len ? hwaddr : "(none)", lease->subnet_id, lease->pool_id,
		       lease_state_name(lease->state), report_printable(lease->hostname, name, sizeof(name)));
	return buf;
}

/* --- the subnet ------------------------------------------------------------ */

void report6_chosen(const struct request *req, const struct select_query *query)
{
	char prefix[PREFIX_TEXT_MAX], text[IP_TEXT_MAX];
	bool relayed = query->has_relay && !ip_is_zero(&query->relay_addr);
	const struct ip *addr = relayed ? &query->relay_addr : &query->src_addr;
	const struct opt *iface_id = packet6_relay_opt(&req->q6, OPT6_INTERFACE_ID);
	struct link_text id = { 0 };

	if (!log_is_on(&log_msg_DHCPSRV_CFGMGR_SUBNET6))
		return;
	/* The query has only one that a subnet names. */
	if (iface_id)
		link_text_bytes(&id, "interface-id", query->iface_id.len ? query->iface_id : iface_id->data);
	if (req->chosen) {
		enum selected by = report_selected_by(req->chosen, query, &addr);

		(void)prefix_format(&req->chosen->prefix, prefix);
		if (by == SELECTED_BY_INTERFACE_ID)
			LOG(DHCPSRV_CFGMGR_SUBNET6_IFACE_ID, prefix, id.buf);
		else if (by == SELECTED_BY_RELAY)
			LOGF(1, DHCPSRV_CFGMGR_SUBNETx_RELAY, prefix, ip_format(addr, text));
		else if (by == SELECTED_BY_INTERFACE)
			LOGF(1, DHCPSRV_CFGMGR_SUBNETx_IFACE, prefix, query->iface);
		else
			LOG(DHCPSRV_CFGMGR_SUBNET6, prefix, ip_format(addr, text));
		return;
	}
	if (iface_id)
		LOG(DHCPSRV_SUBNET6_SELECT_BY_INTERFACE_ID_NO_MATCH, id.buf);
	if (!relayed)
		LOGF(1, DHCPSRV_SUBNETx_SELECT_BY_INTERFACE_NO_MATCH, query->iface);
	if (!ip_is_zero(addr))
		LOGF(1, DHCPSRV_SUBNETx_SELECT_BY_ADDRESS_NO_MATCH, ip_format(addr, text));
}

/* --- what a message leads to ----------------------------------------------- */

/* What the IA asks for first. */
static const char *hint_text(const struct ia *ia, char *buf)
{
	if (!ia->n_hints)
		return "(none)";
	return ia->type == LEASE_PD ? prefix_format(&ia->hints[0].prefix, buf)
				    : ip_format(&ia->hints[0].prefix.addr, buf);
}

static void report_ia(const struct request *req, const struct ia *ia)
{
	char hint[PREFIX_TEXT_MAX];
	bool pd = ia->type == LEASE_PD;

	switch (req->type) {
	case DHCP6_SOLICIT:
		if (pd)
			LOG(DHCP6_PROCESS_IA_PD_SOLICIT, request_label(req), ia->iaid, hint_text(ia, hint));
		else
			LOG(DHCP6_PROCESS_IA_NA_SOLICIT, request_label(req), ia->iaid, hint_text(ia, hint));
		break;
	case DHCP6_REQUEST:
		if (pd)
			LOG(DHCP6_PROCESS_IA_PD_REQUEST, request_label(req), ia->iaid, hint_text(ia, hint));
		else
			LOG(DHCP6_PROCESS_IA_NA_REQUEST, request_label(req), ia->iaid, hint_text(ia, hint));
		break;
	case DHCP6_RENEW:
	case DHCP6_REBIND:
		if (pd)
			LOG(DHCP6_PROCESS_IA_PD_EXTEND, request_label(req), ia->iaid);
		else
			LOG(DHCP6_PROCESS_IA_NA_EXTEND, request_label(req), ia->iaid);
		break;
	case DHCP6_RELEASE:
		if (!pd)
			LOG(DHCP6_PROCESS_IA_NA_RELEASE, request_label(req), ia->iaid);
		break;
	case DHCP6_DECLINE:
		if (!pd)
			LOG(DHCP6_DECLINE_PROCESS_IA, request_label(req), ia->iaid);
		break;
	default:
		break;
	}
	if (ia->has_status)
		LOG(DHCP6_ADD_STATUS_CODE_FOR_IA, request_label(req), ia->iaid, ia->status, ia->text);
}

static bool is_same_client(const struct request *req, const struct lease *lease)
{
	return bytes_equal(lease->client_id, req->client_id);
}

static bool extends(const struct request *req)
{
	return req->type == DHCP6_RENEW || req->type == DHCP6_REBIND;
}

static void report_binding(const struct request *req, const struct binding *b)
{
	const struct lease *old = b->candidate.lease;
	char addr[PREFIX_TEXT_MAX], text[LEASE_TEXT_MAX];

	if (!old) {
		if (extends(req))
			LOG(ALLOC_ENGINE_V6_EXTEND_ALLOC_UNRESERVED, request_label(req));
		else
			LOG(ALLOC_ENGINE_V6_ALLOC_UNRESERVED, request_label(req));
	} else if (!is_same_client(req, old)) {
		LOG(ALLOC_ENGINE_V6_REUSE_EXPIRED_LEASE_DATA, request_label(req), describe_lease(old, text));
	} else if (extends(req)) {
		LOG(ALLOC_ENGINE_V6_EXTEND_LEASE, request_label(req), b->ia->type == LEASE_PD ? "prefix" : "address",
		    lease_address_text(&b->lease, addr));
		LOG(ALLOC_ENGINE_V6_EXTEND_LEASE_DATA, request_label(req), describe_lease(old, text));
		LOG(ALLOC_ENGINE_V6_EXTEND_NEW_LEASE_DATA, request_label(req), describe_lease(&b->lease, text));
	}
	if (b->candidate.pool)
		report_other_subnet(req, b->candidate.pool->sub);
}

void report6_bound(const struct request *req)
{
	unsigned i;

	if (req->drop)
		return;
	if (req->rapid)
		LOG(DHCP6_RAPID_COMMIT, request_label(req));
	for (i = 0; i < req->n_ias; i++)
		if (!req->ias[i].same_as)
			report_ia(req, &req->ias[i]);
	for (i = 0; i < req->n_bindings; i++)
		if (req->bindings[i].is_granted)
			report_binding(req, &req->bindings[i]);
	if (req->has_status)
		LOG(DHCP6_ADD_GLOBAL_STATUS_CODE, request_label(req), req->status, req->status_text);
}

/* --- declines and releases that make no sense ------------------------------ */

static void report_decline_fail(const struct request *req, const struct event *event)
{
	struct log_fold *fold = req->worker->srv->fold;
	const struct lease *lease = event->hint->lease;
	char text[IP_TEXT_MAX], id[DUID_TEXT_MAX];
	uint64_t key = report_key(req, &event->hint->prefix.addr);

	(void)ip_format(&event->hint->prefix.addr, text);
	if (event->kind == EVENT_DECLINE_UNKNOWN) {
		LOG_FOLDED(fold, key, DHCP6_DECLINE_FAIL_NO_LEASE, request_label(req), text);
	} else if (!is_same_client(req, lease)) {
		ident_id(lease->client_id, id, sizeof(id));
		LOG_FOLDED(fold, key, DHCP6_DECLINE_FAIL_DUID_MISMATCH, request_label(req), text, id);
	} else {
		LOG_FOLDED(fold, key, DHCP6_DECLINE_FAIL_IAID_MISMATCH, request_label(req), text, event->ia->iaid,
			   lease->iaid);
	}
}

static void report_release_fail(const struct request *req, const struct event *event)
{
	struct log_fold *fold = req->worker->srv->fold;
	const struct prefix *prefix = &event->hint->prefix;
	const struct lease *lease = event->hint->lease;
	char text[IP_TEXT_MAX], id[DUID_TEXT_MAX];
	uint64_t key = report_key(req, &prefix->addr);
	bool pd = event->ia->type == LEASE_PD;

	(void)ip_format(&prefix->addr, text);
	if (event->kind == EVENT_RELEASE_UNKNOWN) {
		if (pd)
			LOG(DHCP6_RELEASE_PD_FAIL_NOT_ASSIGNED, request_label(req), text, prefix->len);
		else
			LOG(DHCP6_RELEASE_NA_FAIL_NOT_ASSIGNED, request_label(req), text);
	} else if (!is_same_client(req, lease)) {
		ident_id(lease->client_id, id, sizeof(id));
		if (pd)
			LOG_FOLDED(fold, key, DHCP6_RELEASE_PD_FAIL_WRONG_DUID, request_label(req), text, prefix->len,
				   id);
		else
			LOG_FOLDED(fold, key, DHCP6_RELEASE_NA_FAIL_WRONG_DUID, request_label(req), text, id);
	} else {
		if (pd)
			LOG_FOLDED(fold, key, DHCP6_RELEASE_PD_FAIL_WRONG_IAID, request_label(req), text, prefix->len,
				   event->ia->iaid, lease->iaid);
		else
			LOG_FOLDED(fold, key, DHCP6_RELEASE_NA_FAIL_WRONG_IAID, request_label(req), text,
				   event->ia->iaid, lease->iaid);
	}
}

/* --- events ---------------------------------------------------------------- */

static void report_prefix(const struct request *req, const struct event *event)
{
	const struct lease *lease = event->lease;
	uint32_t iaid = event->ia->iaid;
	char text[IP_TEXT_MAX];

	if (event->kind == EVENT_OFFERED)
		LOG(DHCP6_PD_LEASE_ADVERT, request_label(req), ip_format(&lease->addr, text), lease->prefix_len, iaid);
	else if (event->kind == EVENT_REUSED)
		LOG(DHCP6_PD_LEASE_REUSE, request_label(req), ip_format(&lease->addr, text), lease->prefix_len, iaid,
		    lease->valid);
	else if (extends(req))
		LOG(DHCP6_PD_LEASE_RENEW, request_label(req), ip_format(&lease->addr, text), lease->prefix_len, iaid,
		    lease->valid);
	else
		LOG(DHCP6_PD_LEASE_ALLOC, request_label(req), ip_format(&lease->addr, text), lease->prefix_len, iaid,
		    lease->valid);
}

static void report_addr(const struct request *req, const struct event *event)
{
	const struct lease *lease = event->lease;
	uint32_t iaid = event->ia->iaid;
	char text[IP_TEXT_MAX];

	if (event->kind == EVENT_OFFERED)
		LOG(DHCP6_LEASE_ADVERT, request_label(req), ip_format(&lease->addr, text), iaid);
	else if (event->kind == EVENT_REUSED)
		LOG(DHCP6_LEASE_REUSE, request_label(req), ip_format(&lease->addr, text), iaid, lease->valid);
	else if (extends(req))
		LOG(DHCP6_LEASE_RENEW, request_label(req), ip_format(&lease->addr, text), iaid, lease->valid);
	else
		LOG(DHCP6_LEASE_ALLOC, request_label(req), ip_format(&lease->addr, text), iaid, lease->valid);
}

static bool is_deleted(const struct request *req, const struct lease *lease)
{
	unsigned i;

	for (i = 0; i < req->n_changes; i++)
		if (req->changes[i].new.type == lease->type && ip_equal(&req->changes[i].addr, &lease->addr))
			return req->changes[i].kind == CHANGE_DELETE;
	return false;
}

static void report_released(const struct request *req, const struct lease *lease, const char *text)
{
	bool deleted = is_deleted(req, lease);

	if (lease->type == LEASE_PD) {
		LOG(DHCP6_RELEASE_PD, request_label(req), text, lease->prefix_len, lease->iaid);
		if (deleted)
			LOG(DHCP6_RELEASE_PD_DELETED, request_label(req), text, lease->prefix_len, lease->iaid);
		else
			LOG(DHCP6_RELEASE_PD_EXPIRED, request_label(req), text, lease->prefix_len, lease->iaid);
		return;
	}
	LOG(DHCP6_RELEASE_NA, request_label(req), text, lease->iaid);
	if (deleted)
		LOG(DHCP6_RELEASE_NA_DELETED, request_label(req), text, lease->iaid);
	else
		LOG(DHCP6_RELEASE_NA_EXPIRED, request_label(req), text, lease->iaid);
}

/* The pools were changed: the client gets another one, or none. */
static void report_revoked(const struct request *req, const struct lease *lease, const char *text)
{
	if (lease->type == LEASE_PD)
		LOG(ALLOC_ENGINE_V6_REVOKED_PREFIX_LEASE, request_label(req), text, lease->prefix_len, lease->iaid);
	else
		LOG(ALLOC_ENGINE_V6_REVOKED_ADDR_LEASE, request_label(req), text, lease->iaid);
}

static void report_moved(const struct request *req, const struct lease *old)
{
	char text[IP_TEXT_MAX], id[DUID_TEXT_MAX];

	ident_id(old->client_id, id, sizeof(id));
	LOG(DHCP6_ADDR_REG_INFORM_CLIENT_CHANGE, request_label(req), ip_format(&old->addr, text), id);
}

void report6_event(const struct request *req, const struct event *event)
{
	const struct lease *lease = event->lease;
	const struct ip *addr = lease ? &lease->addr : &req->wanted;
	char text[IP_TEXT_MAX], details[LEASE_TEXT_MAX];

	switch (event->kind) {
	case EVENT_OFFERED:
	case EVENT_ASSIGNED:
	case EVENT_RENEWED:
	case EVENT_REUSED:
		if (event->ia->type == LEASE_PD)
			report_prefix(req, event);
		else
			report_addr(req, event);
		LOG(DHCP6_LEASE_DATA, request_label(req), event->ia->iaid, describe_lease(lease, details));
		break;
	case EVENT_RELEASED:
		report_released(req, lease, ip_format(addr, text));
		break;
	case EVENT_DECLINED:
		LOG(DHCP6_DECLINE_LEASE, request_label(req), ip_format(addr, text), event->seconds);
		break;
	case EVENT_DECLINE_LIMIT:
		LOG_FOLDED(req->worker->srv->fold, req->turn.client.a, DHCP6_DECLINE_LIMIT, request_label(req));
		LOG(DHCP6_DECLINE_LEASE, request_label(req), ip_format(addr, text), event->seconds);
		break;
	case EVENT_DECLINE_UNKNOWN:
	case EVENT_DECLINE_FOREIGN:
		report_decline_fail(req, event);
		break;
	case EVENT_RELEASE_UNKNOWN:
	case EVENT_RELEASE_FOREIGN:
		report_release_fail(req, event);
		break;
	case EVENT_REGISTERED:
		LOG(DHCP6_ADDR_REGISTERED, request_label(req), ip_format(addr, text), lease->valid);
		break;
	case EVENT_REVOKED:
		report_revoked(req, lease, ip_format(addr, text));
		break;
	case EVENT_UNREGISTERED:
		LOG(DHCP6_ADDR_UNREGISTERED, request_label(req), ip_format(addr, text));
		break;
	case EVENT_REGISTER_MOVED:
		report_moved(req, lease);
		break;
	default:
		break;
	}
}

/* --- what was dropped ------------------------------------------------------ */

/* RFC 9686: the client gets no answer, so this line is all there is. */
static void report_not_registered(const struct request *req, const char *why)
{
	const struct opt *opt = opts_find(&req->q6.opts, OPT6_IAADDR);
	struct ip addr = ip_zero6;
	char text[IP_TEXT_MAX];

	if (opt && opt->data.len >= sizeof(addr.b))
		memcpy(addr.b, opt->data.data, sizeof(addr.b));
	/* Each reason is a constant text. */
	LOG_FOLDED(req->worker->srv->fold, report_key(req, &addr) ^ (uintptr_t)why, DHCP6_ADDR_REG_INFORM_FAIL,
		   request_label(req), ip_is_zero(&addr) ? "(no address)" : ip_format(&addr, text), why);
}

static void report_not_stored(const struct request *req)
{
	struct log_fold *fold = req->worker->srv->fold;
	const struct store_change *change = req->changes;
	char text[IP_TEXT_MAX];

	(void)report_address(req, text);
	if (req->type == DHCP6_ADDR_REG_INFORM && req->n_changes && change->kind == CHANGE_TAKE)
		LOG_FOLDED(fold, 0, DHCP6_REGISTERED_LEASE_ADD_FAIL, request_label(req), text);
	else if (req->type == DHCP6_ADDR_REG_INFORM)
		LOG_FOLDED(fold, 0, DHCP6_REGISTERED_LEASE_UPDATE_FAIL, request_label(req), text);
	else if (req->type == DHCP6_DECLINE)
		LOG_FOLDED(fold, 0, DHCP6_DECLINE_FAIL, request_label(req), text);
	else if (req->type == DHCP6_RELEASE && req->n_changes && change->new.type == LEASE_PD)
		LOG_FOLDED(fold, 0, DHCP6_RELEASE_PD_FAIL, request_label(req), text, change->new.prefix_len,
			   change->new.iaid);
	else if (req->type == DHCP6_RELEASE && req->n_changes)
		LOG_FOLDED(fold, 0, DHCP6_RELEASE_NA_FAIL, request_label(req), text, change->new.iaid);
	else
		report_store_failed(req);
}

void report6_drop(const struct request *req)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX];
	const char *why = req->why ? req->why : drop_rows[req->drop].name;
	bool registers = req->type == DHCP6_ADDR_REG_INFORM;

	switch (req->drop) {
	case DROP_PARSE:
		LOG(DHCP6_PACKET_DROP_PARSE_FAIL, ip_format(&req->in.src, from), ip_format(&req->in.dst, to),
		    req->in.ifname, why);
		break;
	case DROP_NOT_FOR_US:
		LOG(DHCP6_PACKET_DROP_SERVERID_MISMATCH, request_label(req), req->in.ifname);
		break;
	case DROP_UNICAST:
		LOG(DHCP6_PACKET_DROP_UNICAST, request_label(req), req->row->name);
		break;
	case DROP_DUPLICATE:
		LOG(DHCP6_PACKET_DROP_DUPLICATE, request_label(req));
		break;
	case DROP_RULE:
		if (registers)
			report_not_registered(req, why);
		else
			LOG(DHCP6_REQUIRED_OPTIONS_CHECK_FAIL, request_label(req), req->row->name, why);
		break;
	case DROP_UNSUPPORTED_TYPE:
		if (registers) {
			LOG(DHCP6_ADDR6_REGISTER_DISABLED_DROP, request_label(req));
			break;
		}
		/* fall through */
	case DROP_UNKNOWN_TYPE:
	case DROP_NOT_CLIENT:
		LOG(DHCP6_UNKNOWN_MSG_RECEIVED, request_label(req), req->type, req->in.ifname);
		break;
	case DROP_TOO_BIG:
		LOG_FOLDED(req->worker->srv->fold, req->turn.client.a, DHCP6_PACK_FAIL, request_label(req), why);
		break;
	case DROP_STORE:
		report_not_stored(req);
		break;
	default:
		if (registers)
			report_not_registered(req, why);
		else
			LOG(DHCP6_PACKET_PROCESS_FAIL, request_label(req), why);
		break;
	}
}
