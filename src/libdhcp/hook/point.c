/* SPDX-License-Identifier: MPL-2.0 */
#include "hook/point.h"

#define V4 1
#define V6 2
#define BOTH 3

const struct hook_point hook_points[HOOK_POINT_N] = {
	[HOOK_SRV_CONFIGURED] = { "dhcp#_srv_configured", "io_context, json_config, server_config", BOTH,
				  .may_drop = true, .doc = "a configuration was built and is about to serve" },
	[HOOK_BUFFER_RECEIVE] = { "buffer#_receive", "query#*", BOTH, SKIP_STEP, true, false,
				  "a datagram arrived and is not unpacked yet" },
	[HOOK_PKT_RECEIVE] = { "pkt#_receive", "query#*", BOTH, SKIP_NO_ANSWER, true, true, "the message is unpacked" },
	[HOOK_SUBNET_SELECT] = { "subnet#_select", "query#, subnet#*, subnet#collection", BOTH, SKIP_NOTHING, true,
				 true, "the client's subnet was chosen" },
	[HOOK_HOST_IDENTIFIER] = { "host#_identifier", "query#, id_type*, id_value*", BOTH, SKIP_NOTHING, false, false,
				   "an identifier for the reservation lookup is wanted" },
	[HOOK_LEASE_SELECT] = { "lease#_select", "query#, subnet#, fake_allocation, lease#*", BOTH, SKIP_CHANGE, false,
				false, "a lease was picked and is about to be offered or stored" },
	[HOOK_LEASE_RENEW] = { "lease#_renew", "query#, subnet#, clientid, hwaddr, lease#*", BOTH, SKIP_CHANGE, false,
			       false, "a lease is about to be extended" },
	[HOOK_LEASE_REBIND] = { "lease#_rebind", "query#, lease#*, ia_na*, ia_pd*", V6, SKIP_CHANGE, false, false,
				"a lease is about to be extended for a Rebind" },
	[HOOK_LEASE_OFFER] = { "lease#_offer", "query#, leases#, offer_lifetime, old_lease, host", V4, SKIP_NOTHING,
			       true, true, "an offer is about to be made" },
	[HOOK_LEASE_RELEASE] = { "lease#_release", "query#, lease#", BOTH, SKIP_CHANGE, true, false,
				 "a client gives its lease back" },
	[HOOK_LEASE_DECLINE] = { "lease#_decline", "query#, lease#", BOTH, SKIP_CHANGE, true, false,
				 "a client found its address in use" },
	[HOOK_LEASE_SERVER_DECLINE] = { "lease#_server_decline", "query#, lease#", V4, SKIP_NOTHING, false, false,
					"the server found an address in use before offering it" },
	[HOOK_ADDR_REGISTER] = { "addr#_register", "query#, response#, address#, old_lease#, new_lease#", V6,
				 SKIP_CHANGE, true, false, "a client registers an address it made itself (RFC 9686)" },
	[HOOK_DDNS_UPDATE] = { "ddns#_update",
			       "query#, response#, subnet#, hostname*, fwd-update*, rev-update*, ddns-params", BOTH,
			       SKIP_NOTHING, false, false, "the client's name was decided" },
	[HOOK_LEASES_COMMITTED] = { "leases#_committed", "query#, response#, leases#, deleted_leases#", BOTH,
				    SKIP_NOTHING, true, true, "the changes are durable" },
	[HOOK_PKT_SEND] = { "pkt#_send", "query#, response#*, subnet#", BOTH, SKIP_STEP, true, true,
			    "the answer is complete and not packed yet" },
	[HOOK_BUFFER_SEND] = { "buffer#_send", "response#*", BOTH, SKIP_NO_ANSWER, true, false,
			       "the answer is packed" },
	[HOOK_LEASE_EXPIRE] = { "lease#_expire", "lease#*, remove_lease", BOTH, SKIP_CHANGE, false, false,
				"an expired lease is about to be reclaimed" },
	[HOOK_LEASE_RECOVER] = { "lease#_recover", "lease#", BOTH, SKIP_CHANGE, false, false,
				 "a declined address comes back into use" },
	[HOOK_COMMAND_PROCESSED] = { "command_processed", "name, arguments, response*", BOTH, SKIP_NOTHING, false,
				     false, "a control command was answered" },
};
