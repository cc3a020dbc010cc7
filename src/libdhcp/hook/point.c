/* SPDX-License-Identifier: MPL-2.0 */
#include "hook/point.h"

#define V4 1
#define V6 2
#define BOTH 3
#define D2 HOOK_POINT_D2

/* clang-format off */
const struct hook_point hook_points[HOOK_POINT_N] = {
	[HOOK_SRV_CONFIGURED] = {
		"dhcp#_srv_configured", "io_context, network_state, json_config, server_config", BOTH,
		.may_drop = true, .doc = "a configuration was built and is about to serve" },
	[HOOK_CB_UPDATED] = {
		"cb#_updated", "audit_entries", BOTH, .skip = SKIP_NOTHING,
		.refuse = true,
		.doc = "the configuration was changed by a configuration backend" },
	[HOOK_BUFFER_RECEIVE] = {
		"buffer#_receive", "query#*", BOTH, .skip = SKIP_STEP,
		.may_drop = true, .doc = "a datagram arrived and is not unpacked yet" },
	[HOOK_PKT_RECEIVE] = {
		"pkt#_receive", "query#*, response#*", BOTH, .skip = SKIP_NO_ANSWER,
		.may_drop = true, .may_park = true,
		.doc = "the message is unpacked; there is a response once a library answers the message itself" },
	[HOOK_HOST_IDENTIFIER] = {
		"host#_identifier", "query#, id_type*, id_value*", BOTH, .skip = SKIP_IDENTIFIER,
		.doc = "\"host-reservation-identifiers\" contains flex-id, whose value the library sets" },
	[HOOK_SUBNET_SELECT] = {
		"subnet#_select", "query#, subnet#*, subnet#collection", BOTH, .skip = SKIP_SUBNET,
		.may_drop = true, .may_park = true, .doc = "the client's subnet was selected" },
	[HOOK_LEASE_SELECT] = {
		"lease#_select", "query#, subnet#, fake_allocation, lease#*", BOTH, .skip = SKIP_LEASE,
		.doc = "a lease is about to be offered or assigned" },
	[HOOK_LEASE_RENEW] = {
		"lease#_renew", "query#, subnet#, clientid, hwaddr, lease#*", BOTH, .skip = SKIP_CHANGE,
		.arguments6 = "query#, lease#*, ia_na*, ia_pd*",
		.doc = "a lease is about to be extended" },
	[HOOK_LEASE_REBIND] = {
		"lease#_rebind", "query#, lease#*, ia_na*, ia_pd*", V6, .skip = SKIP_CHANGE,
		.doc = "a lease is about to be extended for a Rebind" },
	[HOOK_LEASE_RELEASE] = {
		"lease#_release", "query#, lease#", BOTH, .skip = SKIP_CHANGE,
		.may_drop = true, .doc = "a client releases its lease" },
	[HOOK_LEASE_DECLINE] = {
		"lease#_decline", "query#, lease#", BOTH, .skip = SKIP_CHANGE,
		.may_drop = true, .doc = "a client found its address in use" },
	[HOOK_LEASE_SERVER_DECLINE] = {
		"lease#_server_decline", "query#, lease#", V4, .skip = SKIP_NOTHING,
		.doc = "a library found the address in use at lease4_offer; it is about to be declined" },
	[HOOK_ADDR_REGISTER] = {
		"addr#_register", "query#, response#, address#, old_lease#, new_lease#", V6, .skip = SKIP_NO_ANSWER,
		.may_drop = true, .doc = "a client registers an address it made itself (RFC 9686)" },
	[HOOK_LEASE_OFFER] = {
		"lease#_offer", "query#, leases#, offer_lifetime, old_lease, host, offer_address_in_use*", V4,
		.skip = SKIP_NOTHING, .may_drop = true, .may_park = true, .doc = "an offer is about to be made" },
	[HOOK_DDNS_UPDATE] = {
		"ddns#_update", "query#, response#, subnet#, hostname*, fwd-update*, rev-update*, ddns-params", BOTH,
		.skip = SKIP_NOTHING, .doc = "the client's name was decided" },
	[HOOK_LEASES_COMMITTED] = {
		"leases#_committed", "query#, response#, leases#, deleted_leases#", BOTH, .skip = SKIP_NOTHING,
		.may_drop = true, .may_park = true, .doc = "the changes are durable" },
	[HOOK_PKT_SEND] = {
		"pkt#_send", "query#, response#*, subnet#", BOTH, .skip = SKIP_STEP,
		.may_drop = true, .may_park = true, .doc = "the response is complete and not packed yet" },
	[HOOK_BUFFER_SEND] = {
		"buffer#_send", "response#*", BOTH, .skip = SKIP_NO_ANSWER,
		.may_drop = true, .doc = "the response is packed" },
	[HOOK_LEASE_EXPIRE] = {
		"lease#_expire", "lease#*, remove_lease", BOTH, .skip = SKIP_CHANGE,
		.doc = "an expired lease is about to be reclaimed" },
	[HOOK_LEASE_RECOVER] = {
		"lease#_recover", "lease#", BOTH, .skip = SKIP_CHANGE,
		.doc = "a declined address becomes available again" },
	[HOOK_COMMAND_PROCESSED] = {
		"command_processed", "name, arguments, result", BOTH | D2, .skip = SKIP_NOTHING,
		.doc = "a control command was processed" },
	[HOOK_HTTP_AUTH] = {
		"http_auth", "request, response*", BOTH | D2, .skip = SKIP_UNKNOWN,
		.may_drop = true, .decides = true,
		.doc = "a request arrived over HTTP, its user was authenticated, and it is not processed yet" },
	[HOOK_HTTP_RESPONSE] = {
		"http_response", "request, response*", BOTH | D2, .skip = SKIP_NOTHING,
		.doc = "the response to a request over HTTP is about to be sent" },
	[HOOK_D2_CONFIGURED] = {
		"d2_srv_configured", "io_context, json_config, server_config, error*", D2,
		.may_drop = true, .doc = "kea-dhcp-ddns: a configuration was built and is about to serve" },
	[HOOK_SELECT_KEY] = {
		"select_key", "current_server, tsig_key*", D2, .skip = SKIP_SERVER,
		.doc = "kea-dhcp-ddns: an update is about to be sent to a DNS server" },
};
/* clang-format on */

const char *hook_point_name(const struct hook_point *point, unsigned digit, char buf[HOOK_POINT_NAME_MAX])
{
	size_t i;

	for (i = 0; point->name[i] && i < HOOK_POINT_NAME_MAX - 1; i++)
		buf[i] = point->name[i] == '#' ? (char)('0' + digit) : point->name[i];
	buf[i] = '\0';
	return buf;
}
