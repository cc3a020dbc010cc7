/* SPDX-License-Identifier: MPL-2.0 */
/* Log lines about DHCPv4 requests. */
#include "serve/report.h"

#include "log/log.h"
#include "serve/binding.h"
#include "serve/event.h"
#include "serve/family4.h"
#include "serve/host.h"
#include "serve/refuse.h"

static const struct line chosen[] = {
	{ .when = if_by_relay, LINE_OF_F(0, DHCPSRV_CFGMGR_SUBNETx_RELAY, SAY_SUBNET, SAY_ADDRESS) },
	{ .when = if_by_interface, LINE_OF_F(0, DHCPSRV_CFGMGR_SUBNETx_IFACE, SAY_SUBNET, SAY_INTERFACE) },
	LINE(DHCPSRV_CFGMGR_SUBNET4_ADDR, SAY_SUBNET, SAY_ADDRESS),
	{ 0 },
};

static const struct line not_chosen[] = {
	LINE_IF_AND(if_relayed, DHCPSRV_SUBNET4_SELECT_BY_RELAY_ADDRESS_NO_MATCH, SAY_ADDRESS),
	{ .when = if_not_relayed,
	  .goes_on = true,
	  LINE_OF_F(0, DHCPSRV_SUBNETx_SELECT_BY_INTERFACE_NO_MATCH, SAY_INTERFACE) },
	{ .when = if_not_relayed, LINE_OF_F(0, DHCPSRV_SUBNETx_SELECT_BY_ADDRESS_NO_MATCH, SAY_LOCAL) },
	{ LINE_OF_F(0, DHCPSRV_SUBNETx_SELECT_BY_ADDRESS_NO_MATCH, SAY_ADDRESS) },
	{ 0 },
};

/* --- after bind -------------------------------------------------------------- */

static const struct line *const messages[DHCP4_TLS + 1] = {
	[DHCP4_DISCOVER] = LINES(LINE_AND(DHCP4_DISCOVER, SAY_LABEL, SAY_WANTED),
				 LINE_IF(if_reserved, ALLOC_ENGINE_V4_DISCOVER_HR, SAY_LABEL, SAY_RESERVED)),
	[DHCP4_REQUEST] = LINES(LINE(DHCP4_REQUEST, SAY_LABEL, SAY_WANTED)),
};

#define TAKEN_OVER LINE_IF_AND(if_takes_over, ALLOC_ENGINE_V4_REUSE_EXPIRED_LEASE_DATA, SAY_LABEL, SAY_OLD_DETAILS)

static const struct line *const bindings[DHCP4_TLS + 1] = {
	[DHCP4_DISCOVER] = LINES(TAKEN_OVER, LINE_IF(if_held, ALLOC_ENGINE_V4_OFFER_EXISTING_LEASE, SAY_LABEL),
				 LINE_IF(if_wanted, ALLOC_ENGINE_V4_OFFER_REQUESTED_LEASE, SAY_LABEL, SAY_ADDRESS),
				 LINE(ALLOC_ENGINE_V4_OFFER_NEW_LEASE, SAY_LABEL)),
	[DHCP4_REQUEST] =
		LINES(TAKEN_OVER, LINE_IF(if_held, ALLOC_ENGINE_V4_REQUEST_EXTEND_LEASE, SAY_LABEL, SAY_ADDRESS),
		      LINE_IF(if_wanted, ALLOC_ENGINE_V4_REQUEST_ALLOC_REQUESTED, SAY_LABEL, SAY_ADDRESS),
		      LINE_IF(if_from_host, ALLOC_ENGINE_V4_REQUEST_USE_HR, SAY_LABEL, SAY_ADDRESS),
		      LINE(ALLOC_ENGINE_V4_REQUEST_PICK_ADDRESS, SAY_LABEL)),
};

static const struct line *const removed[DHCP4_TLS + 1] = {
	[DHCP4_REQUEST] = LINES(LINE(ALLOC_ENGINE_V4_REQUEST_REMOVE_LEASE, SAY_LABEL, SAY_ADDRESS)),
};

static bool if_nak_without_subnet(const struct subject *s)
{
	return s->req->answer_type == DHCP4_NAK && !s->req->drop && !s->req->chosen;
}

static const struct line *const ends[DHCP4_TLS + 1] = {
	[DHCP4_REQUEST] =
		LINES(LINE_IF(if_nak_without_subnet, DHCP4_PACKET_NAK_0001, SAY_LABEL, SAY_SOURCE, SAY_MESSAGE)),
};

/* --- events ------------------------------------------------------------------ */

static bool names_address(const struct subject *s)
{
	return s->req->chosen && !ip_is_zero(&s->req->wanted);
}

static bool if_out_of_pool(const struct subject *s)
{
	return names_address(s) && !link_pool_of(s->req->chosen, &s->req->wanted);
}

/* Another address is reserved for the client, and it is free. */
static bool if_elsewhere(const struct subject *s)
{
	const struct ia *ia = &s->req->ias[0];

	return ia->n_bindings && ia->bindings[0].candidate.exists &&
	       !ip_equal(&ia->bindings[0].candidate.prefix.addr, &s->req->wanted);
}

static bool if_withheld(const struct subject *s)
{
	return names_address(s) && is_withheld_on_link(s->req, &s->req->wanted);
}

static bool if_in_use(const struct subject *s)
{
	return names_address(s) && refusal_of_addr(s->req, &s->req->ias[0], &s->req->wanted) == REFUSED_IN_USE;
}

#define DETAILS LINE(DHCP4_LEASE_DATA, SAY_LABEL, SAY_DETAILS)
#define ALLOCATED LINES(LINE_AND(DHCP4_LEASE_ALLOC, SAY_LABEL, SAY_ADDRESS, SAY_VALID), DETAILS)
#define DECLINED LINE(DHCP4_DECLINE_LEASE, SAY_LABEL, SAY_ADDRESS, SAY_SECONDS)
#define OUT_OF_POOL LINE_IF_AND(if_out_of_pool, ALLOC_ENGINE_V4_REQUEST_OUT_OF_POOL, SAY_LABEL, SAY_ADDRESS)

static const struct line *const events[EVENT_N] = {
	[EVENT_OFFERED] = LINES(LINE_AND(DHCP4_LEASE_OFFER, SAY_LABEL, SAY_ADDRESS), DETAILS),
	[EVENT_ASSIGNED] = ALLOCATED,
	[EVENT_RENEWED] = ALLOCATED,
	[EVENT_REUSED] = LINES(LINE_AND(DHCP4_LEASE_REUSE, SAY_LABEL, SAY_ADDRESS, SAY_VALID), DETAILS),
	[EVENT_RELEASED] = LINES(LINE_AND(DHCP4_RELEASE, SAY_LABEL, SAY_ADDRESS),
				 LINE_IF(if_deleted, DHCP4_RELEASE_DELETED, SAY_LABEL, SAY_ADDRESS),
				 LINE(DHCP4_RELEASE_EXPIRED, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_DECLINED] = LINES(DECLINED),
	[EVENT_SERVER_DECLINED] = LINES(LINE(DHCP4_SERVER_INITIATED_DECLINE, SAY_LABEL, SAY_ADDRESS, SAY_SECONDS)),
	[EVENT_DECLINE_LIMIT] = LINES({ .often = LINE_ONCE_PER_CLIENT,
					.goes_on = true,
					LINE_OF(DHCP4_DECLINE_LIMIT, SAY_LABEL, SAY_ADDRESS) },
				      DECLINED),
	[EVENT_REFUSED] =
		LINES(OUT_OF_POOL,
		      LINE_IF_AND(if_elsewhere, ALLOC_ENGINE_V4_REQUEST_INVALID, SAY_LABEL, SAY_ADDRESS, SAY_RESERVED),
		      LINE_IF_AND(if_withheld, ALLOC_ENGINE_V4_REQUEST_ADDRESS_RESERVED, SAY_LABEL, SAY_ADDRESS),
		      LINE_IF_AND(if_in_use, ALLOC_ENGINE_V4_REQUEST_IN_USE, SAY_LABEL, SAY_ADDRESS),
		      LINE(DHCP4_PACKET_NAK_0004, SAY_LABEL, SAY_ADDRESS, SAY_WHY)),
	[EVENT_REBOOT] = LINES(LINE(DHCP4_INIT_REBOOT, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_REBOOT_REFUSED] = LINES(OUT_OF_POOL, LINE(DHCP4_PACKET_NAK_0002, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_REBOOT_UNKNOWN] = LINES(LINE(DHCP4_NO_LEASE_INIT_REBOOT, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_RELEASE_UNKNOWN] =
		LINES(LINE_IF(if_lease, DHCP4_RELEASE_FAIL_NOT_ASSIGNED, SAY_LABEL, SAY_ADDRESS, SAY_STATE),
		      LINE(DHCP4_RELEASE_FAIL_NO_LEASE, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_RELEASE_FOREIGN] = LINES(LINE(DHCP4_RELEASE_FAIL_WRONG_CLIENT, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_DECLINE_UNKNOWN] =
		LINES(LINE_FOLDED(LINE_ONCE_PER_CLIENT, DHCP4_DECLINE_LEASE_NOT_FOUND, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_DECLINE_FOREIGN] = LINES(LINE_FOLDED(LINE_ONCE_PER_ADDRESS, DHCP4_DECLINE_LEASE_MISMATCH, SAY_LABEL,
						    SAY_ADDRESS, SAY_HWADDR, SAY_CLIENT_ID)),
	[EVENT_HOST_CONFLICT] = LINES(LINE_FOLDED(LINE_ONCE_PER_ADDRESS, ALLOC_ENGINE_V4_DISCOVER_ADDRESS_CONFLICT,
						  SAY_LABEL, SAY_ADDRESS, SAY_HWADDR, SAY_CLIENT_ID)),
	[EVENT_V6_ONLY] = LINES(LINE(DHCP4_V6_ONLY_PREFERRED, SAY_LABEL, SAY_SUBNET_ID)),
};

/* --- drops ------------------------------------------------------------------- */

static bool if_giaddr(const struct subject *s)
{
	return s->req->q.giaddr;
}

static bool if_release(const struct subject *s)
{
	return s->req->type == DHCP4_RELEASE;
}

#define WRONG_TYPE LINES(LINE(DHCP4_PACKET_DROP_0006, SAY_LABEL, SAY_TYPE))

static const struct line *const drops[DROP_N] = {
	[DROP_NONE] = LINES(LINE(DHCP4_PACKET_DROP_0007, SAY_LABEL, SAY_WHY)),
	[DROP_PARSE] = LINES(LINE(DHCP4_PACKET_DROP_0001, SAY_SOURCE, SAY_DESTINATION, SAY_INTERFACE, SAY_WHY)),
	[DROP_NO_TYPE] = LINES(LINE(DHCP4_PACKET_DROP_0004, SAY_LABEL, SAY_INTERFACE)),
	[DROP_UNKNOWN_TYPE] = LINES(LINE(DHCP4_PACKET_DROP_0005, SAY_LABEL, SAY_TYPE)),
	[DROP_UNSUPPORTED_TYPE] = WRONG_TYPE,
	[DROP_NOT_CLIENT] = WRONG_TYPE,
	[DROP_NO_SUBNET] = LINES(LINE_IF(if_giaddr, DHCP4_PACKET_DROP_0007, SAY_LABEL, SAY_WHY),
				 LINE(DHCP4_PACKET_DROP_0002, SAY_LABEL, SAY_INTERFACE)),
	[DROP_NOT_FOR_US] = LINES(LINE(DHCP4_PACKET_DROP_0003, SAY_LABEL, SAY_INTERFACE)),
	[DROP_DUPLICATE] = LINES(LINE(DHCP4_PACKET_DROP_0012, SAY_LABEL)),
	[DROP_CLASS] = LINES(LINE(DHCP4_PACKET_DROP_0010, SAY_LABEL, SAY_MESSAGE)),
	[DROP_CLASS_EARLY] = LINES(LINE(DHCP4_PACKET_DROP_0014, SAY_LABEL, SAY_MESSAGE)),
	[DROP_CLASS_HOST] = LINES(LINE(DHCP4_PACKET_DROP_0013, SAY_LABEL, SAY_MESSAGE)),
	[DROP_NO_ADDRESS] = LINES(LINE(DHCP4_PACKET_NAK_0003, SAY_LABEL, SAY_CIADDR, SAY_WANTED, SAY_WHY)),
	[DROP_NO_RECORD] = LINES(LINE(DHCP4_UNKNOWN_ADDRESS_REQUESTED, SAY_LABEL, SAY_CIADDR, SAY_WANTED)),
	[DROP_TOO_BIG] = LINES(LINE_FOLDED(LINE_ONCE_PER_CLIENT, DHCP4_PACKET_PACK_FAIL, SAY_LABEL, SAY_WHY)),
	[DROP_STORE] = LINES(LINE_IF_FOLDED(if_release, LINE_ONCE, DHCP4_RELEASE_FAIL, SAY_LABEL, SAY_ADDRESS),
			     LINE_IF_FOLDED(if_decline, LINE_ONCE, DHCP4_DECLINE_FAIL, SAY_LABEL, SAY_ADDRESS),
			     LINE_F_FOLDED(0, LINE_ONCE, DHCPx_STORE_FAILED, SAY_LABEL, SAY_ADDRESS)),
};

const struct line_tables report4_lines = {
	.message = messages,
	.binding = bindings,
	.removed = removed,
	.end = ends,
	.events = events,
	.drops = drops,
	.chosen = chosen,
	.not_chosen = not_chosen,
};
