/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/report.h"

#include "base/hash.h"
#include "log/log.h"
#include "serve/family4.h"
#include "serve/grant.h"
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

/* --- what a message leads to ----------------------------------------------- */

static bool has_at(const struct request *req, const struct ip *addr)
{
	return req->has_at && ip_equal(&req->at.addr, addr);
}

static bool has_mine(const struct request *req, const struct ip *addr)
{
	return req->has_mine && ip_equal(&req->mine.addr, addr);
}

static void report_taken_over(const struct request *req)
{
	char text[LEASE_TEXT_MAX];

	if (has_at(req, &req->lease.addr) && !lease4_belongs(req, &req->at))
		LOG(ALLOC_ENGINE_V4_REUSE_EXPIRED_LEASE_DATA, request_label(req), describe_lease(&req->at, text));
}

static void report_offer(const struct request *req)
{
	char text[IP_TEXT_MAX];

	if (ip_is_zero(&req->lease.addr))
		return;
	if (has_mine(req, &req->lease.addr))
		LOG(ALLOC_ENGINE_V4_OFFER_EXISTING_LEASE, request_label(req));
	else if (ip_equal(&req->wanted, &req->lease.addr))
		LOG(ALLOC_ENGINE_V4_OFFER_REQUESTED_LEASE, request_label(req), ip_format(&req->wanted, text));
	else
		LOG(ALLOC_ENGINE_V4_OFFER_NEW_LEASE, request_label(req));
	report_taken_over(req);
}

static void report_ack(const struct request *req)
{
	char text[IP_TEXT_MAX];
	unsigned i;

	if (has_mine(req, &req->lease.addr))
		LOG(ALLOC_ENGINE_V4_REQUEST_EXTEND_LEASE, request_label(req), ip_format(&req->lease.addr, text));
	else if (ip_equal(&req->wanted, &req->lease.addr))
		LOG(ALLOC_ENGINE_V4_REQUEST_ALLOC_REQUESTED, request_label(req), ip_format(&req->lease.addr, text));
	else
		LOG(ALLOC_ENGINE_V4_REQUEST_PICK_ADDRESS, request_label(req));
	report_taken_over(req);
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
	char text[IP_TEXT_MAX];

	switch (req->type) {
	case DHCP4_DISCOVER:
		LOG(DHCP4_DISCOVER, request_label(req), ip_format(&req->wanted, text));
		if (req->answer_type == DHCP4_OFFER && !req->drop)
			report_offer(req);
		break;
	case DHCP4_REQUEST:
		LOG(DHCP4_REQUEST, request_label(req), ip_format(&req->wanted, text));
		if (req->answer_type == DHCP4_ACK && !req->drop)
			report_ack(req);
		else if (req->answer_type == DHCP4_NAK && !req->drop)
			report_nak(req);
		break;
	default:
		return;
	}
	report_other_subnet(req, req->sub);
}

/* --- declines and releases that make no sense ------------------------------ */

void report4_mismatch(const struct request *req)
{
	struct log_fold *fold = req->worker->srv->fold;
	char addr[IP_TEXT_MAX], hwaddr[80], id[3 * LEASE_ID_MAX + 1];

	(void)ip_format(&req->at.addr, addr);
	if (req->type == DHCP4_RELEASE) {
		LOG(DHCP4_RELEASE_FAIL_WRONG_CLIENT, request_label(req), addr);
		return;
	}
	ident_hwaddr(req->at.hwtype, req->at.hwaddr, hwaddr, sizeof(hwaddr));
	ident_id(req->at.client_id, id, sizeof(id));
	LOG_FOLDED(fold, report_key(req, &req->at.addr), DHCP4_DECLINE_LEASE_MISMATCH, request_label(req), addr, hwaddr,
		   id);
}

/* --- what was made durable ------------------------------------------------- */

static void report_details(const struct request *req)
{
	char text[LEASE_TEXT_MAX];

	LOG(DHCP4_LEASE_DATA, request_label(req), describe_lease(&req->lease, text));
}

void report4_commit(const struct request *req)
{
	char text[IP_TEXT_MAX];

	switch (req->type) {
	case DHCP4_DISCOVER:
		if (ip_is_zero(&req->lease.addr)) {
			LOG(DHCP4_V6_ONLY_PREFERRED, request_label(req), req->sub->id);
			break;
		}
		LOG(DHCP4_LEASE_OFFER, request_label(req), ip_format(&req->lease.addr, text));
		report_details(req);
		break;
	case DHCP4_REQUEST:
		if (req->answer_type != DHCP4_ACK)
			break;
		if (req->reused)
			LOG(DHCP4_LEASE_REUSE, request_label(req), ip_format(&req->lease.addr, text), req->lease.valid);
		else
			LOG(DHCP4_LEASE_ALLOC, request_label(req), ip_format(&req->lease.addr, text), req->lease.valid);
		report_details(req);
		break;
	case DHCP4_RELEASE:
		LOG(DHCP4_RELEASE, request_label(req), ip_format(&req->lease.addr, text));
		if (req->n_changes && req->changes[0].kind == CHANGE_DELETE)
			LOG(DHCP4_RELEASE_DELETED, request_label(req), ip_format(&req->lease.addr, text));
		else
			LOG(DHCP4_RELEASE_EXPIRED, request_label(req), ip_format(&req->lease.addr, text));
		break;
	case DHCP4_DECLINE:
		LOG(DHCP4_DECLINE_LEASE, request_label(req), ip_format(&req->lease.addr, text), req->lease.valid);
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
		LOG_FOLDED(fold, 0, DHCP4_RELEASE_FAIL, request_label(req), ip_format(&req->lease.addr, text));
	else if (req->type == DHCP4_DECLINE)
		LOG_FOLDED(fold, 0, DHCP4_DECLINE_FAIL, request_label(req), ip_format(&req->lease.addr, text));
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
