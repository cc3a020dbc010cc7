/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "conf/key.h"
#include "lease/lease.h"
#include "subnet/subnet.h"

/* Leases as commands show and take them. */

struct str;

/* Appends the lease as a JSON map. */
void lease_add_json(struct str *out, const struct lease *lease);

/* The arguments of lease4-add and -update, or lease6-; also the items of lease6-bulk-apply. */
struct lease_args {
	struct conf_node node;
	const char *ip_address, *hw_address, *client_id, *duid, *hostname, *comment, *origin;
	uint32_t subnet_id, pool_id, iaid, valid_lft, preferred_lft;
	uint64_t expire, cltt;
	uint8_t prefix_len;
	uint32_t type, state;
	bool fqdn_fwd, fqdn_rev, force_create;
	struct json_object *user_context;
};
extern const struct scope lease4_add_scope, lease4_update_scope, lease6_add_scope, lease6_update_scope;
extern const char *const lease_type_words[]; /* "IA_NA", "IA_TA", "IA_PD": enum lease_type */

/*
 * Makes a lease, with what the plan says where an argument is missing. Its bytes are in the arena. On failure returns
 * -E_INVAL, with the reason in why.
 */
int lease_from_args(const struct lease_args *args, unsigned family, const struct plan *plan, struct arena *arena,
		    struct lease *ret, struct str *why);
/* Reads an address of the family: 0, or -E_INVAL with the reason in why. */
int lease_address_parse(const char *text, unsigned family, struct ip *ret, struct str *why);
/* Reads hexadecimal bytes with or without colons, at most max: 0, or -E_INVAL with the reason in why. */
int lease_id_parse(const char *name, const char *text, uint32_t max, struct arena *arena, struct bytes *ret,
		   struct str *why);
