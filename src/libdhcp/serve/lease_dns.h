/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "lease/store.h"
#include "root/config.h"

/*
 * What the DNS gets to know of changes of leases. The columns fqdn_fwd, fqdn_rev and hostname of a lease say which
 * records it has; the difference between the lease before and after a durable change is asked of kea-dhcp-ddns. Any
 * thread.
 */

/* The changes of a transaction are durable. sender is NULL if there is none. */
void lease_dns_note(struct ncr_sender *sender, const struct config *cfg, const struct store_change *v, unsigned n);
/* The lease whose records a change removes, and the one whose records it adds; NULL: none. */
void lease_dns_difference(const struct config *cfg, const struct store_change *change, const struct lease **ret_old,
			  const struct lease **ret_new);
/* Asks for the records of the lease, or for their removal; false if it has none. */
bool lease_dns_send(struct ncr_sender *sender, const struct config *cfg, enum ncr_change change,
		    const struct lease *lease);
/* Returns how the records of the lease are treated: by its pool, its subnet or the global scope. */
const struct naming *lease_naming(const struct config *cfg, const struct lease *lease);

/* How the records of a lease are treated, for when the configuration may be gone. */
struct lease_dns {
	enum ncr_mode mode;
	enum name_owner owner;
	uint32_t ttl; /* s */
};
struct lease_dns lease_dns_how(const struct config *cfg, const struct lease *lease);
/* The same as lease_dns_send(); family is an index. */
bool lease_dns_ask(struct ncr_sender *sender, unsigned family, enum ncr_change change, const struct lease_dns *how,
		   const struct lease *lease);
