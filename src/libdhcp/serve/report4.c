/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/report.h"

#include "base/hash.h"
#include "log/log.h"
#include "serve/binding.h"
#include "serve/event.h"
#include "serve/family4.h"
#include "serve/server.h"
#include "wire/ident.h"

static const char *describe_lease(const struct lease *lease, char *buf)
{
	char addr[IP_TEXT_MAX], hwaddr[80], id[3 * LEASE_ID_MAX + 1], name[LEASE_HOSTNAME_MAX + 1];

	(void)bytes_to_hex(lease->hwaddr, ':', hwaddr, sizeof(hwaddr));
	ident_id(lease->client_id, id, sizeof(id));
	(void)snprintf(buf, LEASE_TEXT_MAX,
		       "\nAddress:       %s\nValid life:    %u\nCltt:          %lld\nHardware addr: %s\n"
		       "Client id:     %s\nSubnet ID:     %u\nPool ID:       %u\nState:         %s\nHostname:      %s",
		       ip_format(&lease->addr, addr), lease->valid, (long long)lease->cltt,
		       lease->hwaddr.len ? hwaddr : "(none)", id, lease->subnet_id, lease->pool_id,
		       lease_state_name(lease->state), report_printable(lease->hostname, name, sizeof(name)));
	return buf;
}

/* --- the subnet ------------------------------------------------------------ */

void report4_chosen(const struct request *req, const struct select_query *query)
{
	char prefix[PREFIX_TEXT_MAX], text[IP_TEXT_MAX];
	const struct ip *addr = query->has_link ? &query->link_addr : &query->local_addr;

	if (!log_is_on(&log_msg_DHCPSRV_CFGMGR_SUBNET4_ADDR))
		return;
	if (req->chosen) {
		enum selected by = report_selected_by(req->chosen, query, &addr);

		(void)prefix_format(&req->chosen->prefix, prefix);
		if (by == SELECTED_BY_RELAY)
			LOGF(0, DHCPSRV_CFGMGR_SUBNETx_RELAY, prefix, ip_format(addr, text));
		else if (by == SELECTED_BY_INTERFACE)
			LOGF(0, DHCPSRV_CFGMGR_SUBNETx_IFACE, prefix, query->iface);
		else
			LOG(DHCPSRV_CFGMGR_SUBNET4_ADDR, prefix, ip_format(addr, text));
		return;
	}
	if (query->has_relay && !query->has_link)
		LOG(DHCPSRV_SUBNET4_SELECT_BY_RELAY_ADDRESS_NO_MATCH, ip_format(&query->relay_addr, text));
	if (!query->has_relay && !query->has_link)
		LOGF(0, DHCPSRV_SUBNETx_SELECT_BY_INTERFACE_NO_MATCH, query->iface);
	LOGF(0, DHCPSRV_SUBNETx_SELECT_BY_ADDRESS_NO_MATCH,
	     ip_format(query->has_relay && !query->has_link ? &query->relay_addr : addr, text));
}

/* --- what a message leads to ----------------------------------------------- */

static void report_taken_over(const struct request *req, const struct binding *b)
{
	const struct lease *old = b->candidate.lease;
	char text[LEASE_TEXT_MAX];

	if (old && !req->fam->belongs(req, b->ia, old))
		LOG(ALLOC_ENGINE_V4_REUSE_EXPIRED_LEASE_DATA, request_label(req), describe_lease(old, text));
}

static void report_offer(const struct request *req, const struct binding *b)
{
	char text[IP_TEXT_MAX];

	if (ia_held_at(b->ia, &b->lease.addr))
		LOG(ALLOC_ENGINE_V4_OFFER_EXISTING_LEASE, request_label(req));
	else if (ip_equal(&req->wanted, &b->lease.addr))
		LOG(ALLOC_ENGINE_V4_OFFER_REQUESTED_LEASE, request_label(req), ip_format(&req->wanted, text));
	else
		LOG(ALLOC_ENGINE_V4_OFFER_NEW_LEASE, request_label(req));
	report_taken_over(req, b);
}

static void report_ack(const struct request *req, const struct binding *b)
{
	char text[IP_TEXT_MAX];
	unsigned i;

	if (ia_held_at(b->ia, &b->lease.addr))
		LOG(ALLOC_ENGINE_V4_REQUEST_EXTEND_LEASE, request_label(req), ip_format(&b->lease.addr, text));
	else if (ip_equal(&req->wanted, &b->lease.addr))
		LOG(ALLOC_ENGINE_V4_REQUEST_ALLOC_REQUESTED, request_label(req), ip_format(&b->lease.addr, text));
	else
		LOG(ALLOC_ENGINE_V4_REQUEST_PICK_ADDRESS, request_label(req));
	report_taken_over(req, b);
	for (i = 0; i < req->n_changes; i++)
		if (req->changes[i].kind == CHANGE_DELETE)
			LOG(ALLOC_ENGINE_V4_REQUEST_REMOVE_LEASE, request_label(req),
			    ip_format(&req->changes[i].addr, text));
}

static void report_nak(const struct request *req)
{
	char text[IP_TEXT_MAX];

	if (!req->chosen)
		LOG(DHCP4_PACKET_NAK_0001, request_label(req), ip_format(&req->in.src, text), req->row->name);
	else if (link_pool_of(req->chosen, &req->wanted))
		LOG(ALLOC_ENGINE_V4_REQUEST_IN_USE, request_label(req), ip_format(&req->wanted, text));
	else
		LOG(ALLOC_ENGINE_V4_REQUEST_OUT_OF_POOL, request_label(req), ip_format(&req->wanted, text));
}

void report4_bound(const struct request *req)
{
	const struct binding *b = req->n_bindings && req->bindings[0].is_granted ? &req->bindings[0] : NULL;
	char text[IP_TEXT_MAX];

	switch (req->type) {
	case DHCP4_DISCOVER:
		LOG(DHCP4_DISCOVER, request_label(req), ip_format(&req->wanted, text));
		if (b)
			report_offer(req, b);
		break;
	case DHCP4_REQUEST:
		LOG(DHCP4_REQUEST, request_label(req), ip_format(&req->wanted, text));
		if (b)
			report_ack(req, b);
		else if (req->answer_type == DHCP4_NAK && !req->drop)
			report_nak(req);
		break;
	default:
		return;
	}
	report_other_subnet(req, req->sub);
}

/* --- events ---------------------------------------------------------------- */

static void report_mismatch(const struct request *req, const struct lease *lease)
{
	char addr[IP_TEXT_MAX], hwaddr[80], id[3 * LEASE_ID_MAX + 1];

	ident_hwaddr(lease->hwtype, lease->hwaddr, hwaddr, sizeof(hwaddr));
	ident_id(lease->client_id, id, sizeof(id));
	LOG_FOLDED(req->worker->srv->fold, report_key(req, &lease->addr), DHCP4_DECLINE_LEASE_MISMATCH,
		   request_label(req), ip_format(&lease->addr, addr), hwaddr, id);
}

static void report_details(const struct request *req, const struct lease *lease)
{
	char text[LEASE_TEXT_MAX];

	LOG(DHCP4_LEASE_DATA, request_label(req), describe_lease(lease, text));
}

static void report_released(const struct request *req, const char *addr)
{
	LOG(DHCP4_RELEASE, request_label(req), addr);
	if (req->n_changes && req->changes[0].kind == CHANGE_DELETE)
		LOG(DHCP4_RELEASE_DELETED, request_label(req), addr);
	else
		LOG(DHCP4_RELEASE_EXPIRED, request_label(req), addr);
}

static void report_not_released(const struct request *req, const struct lease *lease, const char *addr)
{
	if (lease)
		LOG(DHCP4_RELEASE_FAIL_NOT_ASSIGNED, request_label(req), addr, lease_state_name(lease->state));
	else
		LOG(DHCP4_RELEASE_FAIL_NO_LEASE, request_label(req), addr);
}

void report4_event(const struct request *req, const struct event *event)
{
	struct log_fold *fold = req->worker->srv->fold;
	const struct lease *lease = event->lease;
	const struct ip *addr = lease ? &lease->addr : &req->wanted;
	char text[IP_TEXT_MAX];

	switch (event->kind) {
	case EVENT_OFFERED:
		LOG(DHCP4_LEASE_OFFER, request_label(req), ip_format(addr, text));
		report_details(req, lease);
		break;
	case EVENT_ASSIGNED:
	case EVENT_RENEWED:
		LOG(DHCP4_LEASE_ALLOC, request_label(req), ip_format(addr, text), lease->valid);
		report_details(req, lease);
		break;
	case EVENT_REUSED:
		LOG(DHCP4_LEASE_REUSE, request_label(req), ip_format(addr, text), lease->valid);
		report_details(req, lease);
		break;
	case EVENT_RELEASED:
		report_released(req, ip_format(addr, text));
		break;
	case EVENT_DECLINED:
		LOG(DHCP4_DECLINE_LEASE, request_label(req), ip_format(addr, text), event->seconds);
		break;
	case EVENT_DECLINE_LIMIT:
		LOG_FOLDED(fold, req->turn.client.a, DHCP4_DECLINE_LIMIT, request_label(req), ip_format(addr, text));
		LOG(DHCP4_DECLINE_LEASE, request_label(req), ip_format(addr, text), event->seconds);
		break;
	case EVENT_REFUSED:
		LOG(DHCP4_PACKET_NAK_0004, request_label(req), ip_format(addr, text), event->why);
		break;
	case EVENT_REBOOT:
		LOG(DHCP4_INIT_REBOOT, request_label(req), ip_format(addr, text));
		break;
	case EVENT_REBOOT_REFUSED:
		LOG(DHCP4_PACKET_NAK_0002, request_label(req), ip_format(addr, text));
		break;
	case EVENT_REBOOT_UNKNOWN:
		LOG(DHCP4_NO_LEASE_INIT_REBOOT, request_label(req), ip_format(addr, text));
		break;
	case EVENT_RELEASE_UNKNOWN:
		report_not_released(req, lease, ip_format(addr, text));
		break;
	case EVENT_RELEASE_FOREIGN:
		LOG(DHCP4_RELEASE_FAIL_WRONG_CLIENT, request_label(req), ip_format(addr, text));
		break;
	case EVENT_DECLINE_UNKNOWN:
		LOG_FOLDED(fold, req->turn.client.a, DHCP4_DECLINE_LEASE_NOT_FOUND, request_label(req),
			   ip_format(addr, text));
		break;
	case EVENT_DECLINE_FOREIGN:
		report_mismatch(req, lease);
		break;
	case EVENT_V6_ONLY:
		LOG(DHCP4_V6_ONLY_PREFERRED, request_label(req), req->sub->id);
		break;
	default:
		break;
	}
}

/* --- what was dropped ------------------------------------------------------ */

static void report_not_stored(const struct request *req)
{
	struct log_fold *fold = req->worker->srv->fold;
	char text[IP_TEXT_MAX];

	(void)report_address(req, text);
	if (req->type == DHCP4_RELEASE)
		LOG_FOLDED(fold, 0, DHCP4_RELEASE_FAIL, request_label(req), text);
	else if (req->type == DHCP4_DECLINE)
		LOG_FOLDED(fold, 0, DHCP4_DECLINE_FAIL, request_label(req), text);
	else
		report_store_failed(req);
}

void report4_drop(const struct request *req)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX];
	const char *why = req->why ? req->why : drop_rows[req->drop].name;
	struct ip ciaddr = ip_from4(req->q.ciaddr);

	switch (req->drop) {
	case DROP_PARSE:
		LOG(DHCP4_PACKET_DROP_0001, ip_format(&req->in.src, from), ip_format(&req->in.dst, to), req->in.ifname,
		    why);
		break;
	case DROP_NO_TYPE:
		LOG(DHCP4_PACKET_DROP_0004, request_label(req), req->in.ifname);
		break;
	case DROP_UNKNOWN_TYPE:
		LOG(DHCP4_PACKET_DROP_0005, request_label(req), req->type);
		break;
	case DROP_UNSUPPORTED_TYPE:
	case DROP_NOT_CLIENT:
		LOG(DHCP4_PACKET_DROP_0006, request_label(req), req->type);
		break;
	case DROP_NO_SUBNET:
		if (req->q.giaddr)
			LOG(DHCP4_PACKET_DROP_0007, request_label(req), "no subnet matches the relay");
		else
			LOG(DHCP4_PACKET_DROP_0002, request_label(req), req->in.ifname);
		break;
	case DROP_NOT_FOR_US:
		LOG(DHCP4_PACKET_DROP_0003, request_label(req), req->in.ifname);
		break;
	case DROP_DUPLICATE:
		LOG(DHCP4_PACKET_DROP_0012, request_label(req));
		break;
	case DROP_NO_ADDRESS:
		LOG(DHCP4_PACKET_NAK_0003, request_label(req), ip_format(&ciaddr, from), ip_format(&req->wanted, to),
		    why);
		break;
	case DROP_NO_RECORD:
		LOG(DHCP4_UNKNOWN_ADDRESS_REQUESTED, request_label(req), ip_format(&ciaddr, from),
		    ip_format(&req->wanted, to));
		break;
	case DROP_TOO_BIG:
		LOG_FOLDED(req->worker->srv->fold, req->turn.client.a, DHCP4_PACKET_PACK_FAIL, request_label(req), why);
		break;
	case DROP_STORE:
		report_not_stored(req);
		break;
	default:
		LOG(DHCP4_PACKET_DROP_0007, request_label(req), why);
		break;
	}
}
