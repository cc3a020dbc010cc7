/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"
#include "wire/dict.h"

/*
 * Where two responses to one request differ: that of this server and the one in a capture. Options are compared by
 * value, whatever their order and however they were split; an IA by its identifier, an address by itself.
 */
struct json_object;

struct replay_response {
	struct bytes bytes; /* empty: there is no response */
	struct ip dst;
	uint16_t dport;
};

/*
 * Returns a list of maps, empty if there is no difference, which the caller puts:
 *
 *	field		"yiaddr", "option 6 domain-name-servers", "ia-na 1 address 2001:db8::1 valid-lifetime"
 *	server		the value in our response; missing if it has none
 *	captured	the same of the capture
 */
struct json_object *replay_compare(const struct dict *dict, unsigned digit, const struct replay_response *ours,
				   const struct replay_response *captured);
