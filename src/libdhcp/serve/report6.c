/* SPDX-License-Identifier: MPL-2.0 */
/* Log lines about DHCPv6 requests. */
#include "serve/report.h"

#include "log/log.h"
#include "serve/binding.h"
#include "serve/event.h"
#include "serve/family6.h"
#include "serve/host.h"

static bool if_interface_id(const struct subject *s)
{
	return packet6_relay_opt(&s->req->q6, OPT6_INTERFACE_ID);
}

static bool if_global(const struct subject *s)
{
	return !ip_is_zero(&s->addr);
}

static const struct line chosen[] = {
	LINE_IF(if_by_interface_id, DHCPSRV_CFGMGR_SUBNET6_IFACE_ID, SAY_SUBNET, SAY_INTERFACE_ID),
	{ .when = if_by_relay, LINE_OF_F(1, DHCPSRV_CFGMGR_SUBNETx_RELAY, SAY_SUBNET, SAY_ADDRESS) },
	{ .when = if_by_interface, LINE_OF_F(1, DHCPSRV_CFGMGR_SUBNETx_IFACE, SAY_SUBNET, SAY_INTERFACE) },
	LINE(DHCPSRV_CFGMGR_SUBNET6, SAY_SUBNET, SAY_ADDRESS),
	{ 0 },
};

static const struct line not_chosen[] = {
	LINE_IF_AND(if_interface_id, DHCPSRV_SUBNET6_SELECT_BY_INTERFACE_ID_NO_MATCH, SAY_INTERFACE_ID),
	{ .when = if_not_relayed,
	  .goes_on = true,
	  LINE_OF_F(1, DHCPSRV_SUBNETx_SELECT_BY_INTERFACE_NO_MATCH, SAY_INTERFACE) },
	{ .when = if_global, LINE_OF_F(1, DHCPSRV_SUBNETx_SELECT_BY_ADDRESS_NO_MATCH, SAY_ADDRESS) },
	{ 0 },
};

/* --- after bind -------------------------------------------------------------- */

static bool if_rapid(const struct subject *s)
{
	return s->req->rapid && !s->req->drop;
}

static bool if_address(const struct subject *s)
{
	return !if_prefix(s);
}

static bool if_ia_status(const struct subject *s)
{
	return s->ia->has_status;
}

static bool if_status(const struct subject *s)
{
	return s->req->has_status;
}

static bool if_extended(const struct subject *s)
{
	return s->req->type == DHCP6_RENEW || s->req->type == DHCP6_REBIND;
}

static bool if_new(const struct subject *s)
{
	return !s->binding->candidate.lease;
}

static bool if_extended_by_new(const struct subject *s)
{
	return if_new(s) && if_extended(s);
}

static bool if_hint_reserved(const struct subject *s)
{
	const struct hint *hint = s->ia->n_hints ? &s->ia->hints[0] : NULL;

	return hint && s->req->chosen && !ip_is_zero(&hint->prefix.addr) &&
	       is_reserved_for_others(s->req, s->ia->type, &hint->prefix);
}

static bool if_prefix_from_host(const struct subject *s)
{
	return if_prefix(s) && if_from_host(s);
}

static bool if_address_from_host(const struct subject *s)
{
	return if_address(s) && if_from_host(s);
}

/* A lease that ends is reserved for another client. */
static bool if_withheld(const struct subject *s)
{
	const struct pool *pool = s->req->chosen ? lease_pool(s->req->chosen, s->lease) : NULL;
	struct prefix span = lease_span(s->lease);

	return pool && is_withheld(s->req, pool, s->lease->type, &span);
}

/* It ends because the client gets what is reserved for it. */
static bool if_moved(const struct subject *s)
{
	return s->req->chosen && pool_to_keep(s->req, s->lease);
}

static const struct line *const messages[DHCP6_TYPES] = {
	[DHCP6_RENEW] = LINES(LINE_IF(if_reserved, ALLOC_ENGINE_V6_RENEW_HR, SAY_LABEL)),
	[DHCP6_REBIND] = LINES(LINE_IF(if_reserved, ALLOC_ENGINE_V6_RENEW_HR, SAY_LABEL)),
	[0] = LINES(LINE_IF(if_rapid, DHCP6_RAPID_COMMIT, SAY_LABEL)),
};

#define IA_STATUS \
	LINE_IF(if_ia_status, DHCP6_ADD_STATUS_CODE_FOR_IA, SAY_LABEL, SAY_IAID, SAY_IA_STATUS, SAY_IA_STATUS_TEXT)
#define IA_EXTENDED                                                                    \
	LINES(LINE_IF_AND(if_prefix, DHCP6_PROCESS_IA_PD_EXTEND, SAY_LABEL, SAY_IAID), \
	      LINE_IF_AND(if_address, DHCP6_PROCESS_IA_NA_EXTEND, SAY_LABEL, SAY_IAID), IA_STATUS)

#define HINT_RESERVED LINE_IF_AND(if_hint_reserved, ALLOC_ENGINE_V6_HINT_RESERVED, SAY_LABEL, SAY_HINT)

static const struct line *const ias[DHCP6_TYPES] = {
	[0] = LINES(IA_STATUS),
	[DHCP6_SOLICIT] = LINES(LINE_IF_AND(if_prefix, DHCP6_PROCESS_IA_PD_SOLICIT, SAY_LABEL, SAY_IAID, SAY_HINT),
				LINE_IF_AND(if_address, DHCP6_PROCESS_IA_NA_SOLICIT, SAY_LABEL, SAY_IAID, SAY_HINT),
				HINT_RESERVED, IA_STATUS),
	[DHCP6_REQUEST] = LINES(LINE_IF_AND(if_prefix, DHCP6_PROCESS_IA_PD_REQUEST, SAY_LABEL, SAY_IAID, SAY_HINT),
				LINE_IF_AND(if_address, DHCP6_PROCESS_IA_NA_REQUEST, SAY_LABEL, SAY_IAID, SAY_HINT),
				HINT_RESERVED, IA_STATUS),
	[DHCP6_RENEW] = IA_EXTENDED,
	[DHCP6_REBIND] = IA_EXTENDED,
	[DHCP6_RELEASE] = LINES(LINE_IF_AND(if_address, DHCP6_PROCESS_IA_NA_RELEASE, SAY_LABEL, SAY_IAID), IA_STATUS),
	[DHCP6_DECLINE] = LINES(LINE_IF_AND(if_address, DHCP6_DECLINE_PROCESS_IA, SAY_LABEL, SAY_IAID), IA_STATUS),
};

static const struct line *const bindings[DHCP6_TYPES] = {
	[0] = LINES(LINE_IF(if_extended_by_new, ALLOC_ENGINE_V6_EXTEND_ALLOC_UNRESERVED, SAY_LABEL),
		    LINE_IF(if_new, ALLOC_ENGINE_V6_ALLOC_UNRESERVED, SAY_LABEL),
		    LINE_IF(if_takes_over, ALLOC_ENGINE_V6_REUSE_EXPIRED_LEASE_DATA, SAY_LABEL, SAY_OLD_DETAILS),
		    LINE_IF_AND(if_extended, ALLOC_ENGINE_V6_EXTEND_LEASE, SAY_LABEL, SAY_KIND, SAY_LEASE),
		    LINE_IF_AND(if_extended, ALLOC_ENGINE_V6_EXTEND_LEASE_DATA, SAY_LABEL, SAY_OLD_DETAILS),
		    LINE_IF(if_extended, ALLOC_ENGINE_V6_EXTEND_NEW_LEASE_DATA, SAY_LABEL, SAY_DETAILS)),
};

static const struct line *const ends[DHCP6_TYPES] = {
	[0] = LINES(LINE_IF(if_status, DHCP6_ADD_GLOBAL_STATUS_CODE, SAY_LABEL, SAY_STATUS, SAY_STATUS_TEXT)),
};

/* --- events ------------------------------------------------------------------ */

static bool if_extended_prefix(const struct subject *s)
{
	return if_prefix(s) && if_extended(s);
}

static bool if_deleted_prefix(const struct subject *s)
{
	return if_prefix(s) && if_deleted(s);
}

static bool if_other_client(const struct subject *s)
{
	return s->lease && !bytes_equal(s->lease->client_id, s->req->client_id);
}

static bool if_other_clients_prefix(const struct subject *s)
{
	return if_prefix(s) && if_other_client(s);
}

#define ABOUT_ADDRESS SAY_LABEL, SAY_ADDRESS, SAY_IAID
#define ABOUT_PREFIX SAY_LABEL, SAY_ADDRESS, SAY_LENGTH, SAY_IAID
#define DETAILS LINE(DHCP6_LEASE_DATA, SAY_LABEL, SAY_IAID, SAY_DETAILS)
#define DECLINED LINE(DHCP6_DECLINE_LEASE, SAY_LABEL, SAY_ADDRESS, SAY_SECONDS)

/* One line for several, followed by the details. */
static bool if_extended_address(const struct subject *s)
{
	return if_address(s) && if_extended(s);
}

static bool if_assigned_prefix(const struct subject *s)
{
	return if_prefix(s) && !if_extended(s);
}

static bool if_assigned_address(const struct subject *s)
{
	return if_address(s) && !if_extended(s);
}

#define GRANTED_LINES                                                                           \
	LINE_IF_AND(if_extended_prefix, DHCP6_PD_LEASE_RENEW, ABOUT_PREFIX, SAY_VALID),         \
		LINE_IF_AND(if_assigned_prefix, DHCP6_PD_LEASE_ALLOC, ABOUT_PREFIX, SAY_VALID), \
		LINE_IF_AND(if_extended_address, DHCP6_LEASE_RENEW, ABOUT_ADDRESS, SAY_VALID),  \
		LINE_IF_AND(if_assigned_address, DHCP6_LEASE_ALLOC, ABOUT_ADDRESS, SAY_VALID), DETAILS

static const struct line *const events[EVENT_N] = {
	[EVENT_OFFERED] = LINES(LINE_IF_AND(if_prefix, DHCP6_PD_LEASE_ADVERT, ABOUT_PREFIX),
				LINE_IF_AND(if_address, DHCP6_LEASE_ADVERT, ABOUT_ADDRESS), DETAILS),
	[EVENT_ASSIGNED] =
		LINES(LINE_IF_AND(if_prefix_from_host, ALLOC_ENGINE_V6_HR_PREFIX_GRANTED, SAY_LABEL, SAY_LEASE),
		      LINE_IF_AND(if_address_from_host, ALLOC_ENGINE_V6_HR_ADDR_GRANTED, SAY_LABEL, SAY_LEASE),
		      GRANTED_LINES),
	[EVENT_RENEWED] = LINES(GRANTED_LINES),
	[EVENT_REUSED] = LINES(LINE_IF_AND(if_prefix, DHCP6_PD_LEASE_REUSE, ABOUT_PREFIX, SAY_VALID),
			       LINE_IF_AND(if_address, DHCP6_LEASE_REUSE, ABOUT_ADDRESS, SAY_VALID), DETAILS),
	[EVENT_RELEASED] = LINES(LINE_IF_AND(if_prefix, DHCP6_RELEASE_PD, ABOUT_PREFIX),
				 LINE_IF_AND(if_address, DHCP6_RELEASE_NA, ABOUT_ADDRESS),
				 LINE_IF(if_deleted_prefix, DHCP6_RELEASE_PD_DELETED, ABOUT_PREFIX),
				 LINE_IF(if_prefix, DHCP6_RELEASE_PD_EXPIRED, ABOUT_PREFIX),
				 LINE_IF(if_deleted, DHCP6_RELEASE_NA_DELETED, ABOUT_ADDRESS),
				 LINE(DHCP6_RELEASE_NA_EXPIRED, ABOUT_ADDRESS)),
	[EVENT_DECLINED] = LINES(DECLINED),
	[EVENT_DECLINE_LIMIT] = LINES(
		{ .often = LINE_ONCE_PER_CLIENT, .goes_on = true, LINE_OF(DHCP6_DECLINE_LIMIT, SAY_LABEL) }, DECLINED),
	[EVENT_DECLINE_UNKNOWN] =
		LINES(LINE_FOLDED(LINE_ONCE_PER_ADDRESS, DHCP6_DECLINE_FAIL_NO_LEASE, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_DECLINE_FOREIGN] = LINES(
		LINE_IF_FOLDED(if_other_client, LINE_ONCE_PER_ADDRESS, DHCP6_DECLINE_FAIL_DUID_MISMATCH, SAY_LABEL,
			       SAY_ADDRESS, SAY_CLIENT_ID),
		LINE_FOLDED(LINE_ONCE_PER_ADDRESS, DHCP6_DECLINE_FAIL_IAID_MISMATCH, ABOUT_ADDRESS, SAY_LEASE_IAID)),
	[EVENT_RELEASE_UNKNOWN] =
		LINES(LINE_IF(if_prefix, DHCP6_RELEASE_PD_FAIL_NOT_ASSIGNED, SAY_LABEL, SAY_ADDRESS, SAY_LENGTH),
		      LINE(DHCP6_RELEASE_NA_FAIL_NOT_ASSIGNED, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_RELEASE_FOREIGN] = LINES(
		LINE_IF_FOLDED(if_other_clients_prefix, LINE_ONCE_PER_ADDRESS, DHCP6_RELEASE_PD_FAIL_WRONG_DUID,
			       SAY_LABEL, SAY_ADDRESS, SAY_LENGTH, SAY_CLIENT_ID),
		LINE_IF_FOLDED(if_other_client, LINE_ONCE_PER_ADDRESS, DHCP6_RELEASE_NA_FAIL_WRONG_DUID, SAY_LABEL,
			       SAY_ADDRESS, SAY_CLIENT_ID),
		LINE_IF_FOLDED(if_prefix, LINE_ONCE_PER_ADDRESS, DHCP6_RELEASE_PD_FAIL_WRONG_IAID, ABOUT_PREFIX,
			       SAY_LEASE_IAID),
		LINE_FOLDED(LINE_ONCE_PER_ADDRESS, DHCP6_RELEASE_NA_FAIL_WRONG_IAID, ABOUT_ADDRESS, SAY_LEASE_IAID)),
	[EVENT_REGISTERED] = LINES(LINE(DHCP6_ADDR_REGISTERED, SAY_LABEL, SAY_ADDRESS, SAY_VALID)),
	/* Reservations or pools were changed: the client gets another lease, or none. */
	[EVENT_REVOKED] =
		LINES(LINE_IF(if_withheld, ALLOC_ENGINE_V6_RENEW_REMOVE_RESERVED, SAY_LABEL, SAY_KIND, SAY_LEASE),
		      LINE_IF(if_moved, ALLOC_ENGINE_V6_RENEW_REMOVE_UNRESERVED, SAY_LABEL, SAY_KIND, SAY_LEASE),
		      LINE_IF(if_prefix, ALLOC_ENGINE_V6_REVOKED_PREFIX_LEASE, ABOUT_PREFIX),
		      LINE(ALLOC_ENGINE_V6_REVOKED_ADDR_LEASE, ABOUT_ADDRESS)),
	[EVENT_HOST_CONFLICT] = LINES(LINE(ALLOC_ENGINE_V6_ALLOC_HR_LEASE_EXISTS, SAY_LABEL, SAY_KIND, SAY_LEASE)),
	[EVENT_UNREGISTERED] = LINES(LINE(DHCP6_ADDR_UNREGISTERED, SAY_LABEL, SAY_ADDRESS)),
	[EVENT_REGISTER_MOVED] =
		LINES(LINE(DHCP6_ADDR_REG_INFORM_CLIENT_CHANGE, SAY_LABEL, SAY_ADDRESS, SAY_CLIENT_ID)),
};

/* --- drops ------------------------------------------------------------------- */

static bool if_registers(const struct subject *s)
{
	return s->req->type == DHCP6_ADDR_REG_INFORM;
}

static bool if_registers_anew(const struct subject *s)
{
	return if_registers(s) && s->req->n_changes && s->req->changes[0].kind == CHANGE_TAKE;
}

static bool if_release(const struct subject *s)
{
	return s->req->type == DHCP6_RELEASE && s->lease;
}

static bool if_prefix_release(const struct subject *s)
{
	return if_release(s) && if_prefix(s);
}

/* RFC 9686: the client gets no response, so this line is the only information. */
#define NOT_REGISTERED                                                                             \
	LINE_IF_FOLDED(if_registers, LINE_ONCE_PER_ADDRESS, DHCP6_ADDR_REG_INFORM_FAIL, SAY_LABEL, \
		       SAY_ADDRESS_OR_NONE, SAY_WHY)
#define UNKNOWN_MESSAGE LINE(DHCP6_UNKNOWN_MSG_RECEIVED, SAY_LABEL, SAY_TYPE, SAY_INTERFACE)

static const struct line *const drops[DROP_N] = {
	[DROP_NONE] = LINES(NOT_REGISTERED, LINE(DHCP6_PACKET_PROCESS_FAIL, SAY_LABEL, SAY_WHY)),
	[DROP_PARSE] = LINES(LINE(DHCP6_PACKET_DROP_PARSE_FAIL, SAY_SOURCE, SAY_DESTINATION, SAY_INTERFACE, SAY_WHY)),
	[DROP_NOT_FOR_US] = LINES(LINE(DHCP6_PACKET_DROP_SERVERID_MISMATCH, SAY_LABEL, SAY_INTERFACE)),
	[DROP_UNICAST] = LINES(LINE(DHCP6_PACKET_DROP_UNICAST, SAY_LABEL, SAY_MESSAGE)),
	[DROP_DUPLICATE] = LINES(LINE(DHCP6_PACKET_DROP_DUPLICATE, SAY_LABEL)),
	[DROP_CLASS] = LINES(LINE(DHCP6_PACKET_DROP_DROP_CLASS, SAY_LABEL, SAY_MESSAGE)),
	[DROP_CLASS_EARLY] = LINES(LINE(DHCP6_PACKET_DROP_DROP_CLASS_EARLY, SAY_LABEL, SAY_MESSAGE)),
	[DROP_CLASS_HOST] = LINES(LINE(DHCP6_PACKET_DROP_DROP_CLASS2, SAY_LABEL, SAY_MESSAGE)),
	[DROP_RULE] = LINES(NOT_REGISTERED, LINE(DHCP6_REQUIRED_OPTIONS_CHECK_FAIL, SAY_LABEL, SAY_MESSAGE, SAY_WHY)),
	[DROP_UNSUPPORTED_TYPE] =
		LINES(LINE_IF(if_registers, DHCP6_ADDR6_REGISTER_DISABLED_DROP, SAY_LABEL), UNKNOWN_MESSAGE),
	[DROP_UNKNOWN_TYPE] = LINES(UNKNOWN_MESSAGE),
	[DROP_NOT_CLIENT] = LINES(UNKNOWN_MESSAGE),
	[DROP_TOO_BIG] = LINES(LINE_FOLDED(LINE_ONCE_PER_CLIENT, DHCP6_PACK_FAIL, SAY_LABEL, SAY_WHY)),
	[DROP_STORE] = LINES(
		LINE_IF_FOLDED(if_registers_anew, LINE_ONCE, DHCP6_REGISTERED_LEASE_ADD_FAIL, SAY_LABEL, SAY_ADDRESS),
		LINE_IF_FOLDED(if_registers, LINE_ONCE, DHCP6_REGISTERED_LEASE_UPDATE_FAIL, SAY_LABEL, SAY_ADDRESS),
		LINE_IF_FOLDED(if_decline, LINE_ONCE, DHCP6_DECLINE_FAIL, SAY_LABEL, SAY_ADDRESS),
		LINE_IF_FOLDED(if_prefix_release, LINE_ONCE, DHCP6_RELEASE_PD_FAIL, ABOUT_PREFIX),
		LINE_IF_FOLDED(if_release, LINE_ONCE, DHCP6_RELEASE_NA_FAIL, ABOUT_ADDRESS),
		LINE_F_FOLDED(1, LINE_ONCE, DHCPx_STORE_FAILED, SAY_LABEL, SAY_ADDRESS)),
};

const struct line_tables report6_lines = {
	.message = messages,
	.ia = ias,
	.binding = bindings,
	.end = ends,
	.events = events,
	.drops = drops,
	.chosen = chosen,
	.not_chosen = not_chosen,
};
