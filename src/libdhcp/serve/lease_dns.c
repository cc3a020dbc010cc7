/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/lease_dns.h"

#include "log/log.h"

#define TTL_MIN 600 /* s; RFC 4702 5: at least ten minutes */
#define TTL_SHARE 3 /* and at most a third of the lifetime */
#define IAID_LEN 4

/* A prefix has none, whatever its columns say: Kea sets them. */
static bool has_dns(const struct lease *lease)
{
	return lease && lease->type != LEASE_PD && lease_is_in_use(lease) && lease->hostname && lease->hostname[0] &&
	       (lease->fqdn_fwd || lease->fqdn_rev);
}

static bool same_dns(const struct lease *a, const struct lease *b)
{
	return a->fqdn_fwd == b->fqdn_fwd && a->fqdn_rev == b->fqdn_rev && !strcmp(a->hostname, b->hostname) &&
	       a->hwtype == b->hwtype && bytes_equal(a->hwaddr, b->hwaddr) && bytes_equal(a->client_id, b->client_id);
}

const struct naming *lease_naming(const struct config *cfg, const struct lease *lease)
{
	const struct subnet *sub = subnet_by_id(&cfg->plan, lease->subnet_id);
	const struct pool *pool = sub ? subnet_pool_of(sub, &lease->addr) : NULL;

	return pool ? pool->naming : sub ? sub->naming : cfg->plan.naming;
}

/* Returns the TTL of the records of a lease with this valid lifetime, s. */
static uint32_t ttl_of(const struct naming *naming, uint32_t valid)
{
	uint32_t ttl;

	if (naming->ttl)
		return naming->ttl;
	ttl = naming->ttl_percent > 0 ? (uint32_t)(naming->ttl_percent * valid + 0.5) : 0;
	if (!ttl) {
		ttl = valid / TTL_SHARE;
		if (ttl < TTL_MIN)
			ttl = TTL_MIN;
	}
	if (naming->ttl_min && ttl < naming->ttl_min)
		ttl = naming->ttl_min;
	if (naming->ttl_max && ttl > naming->ttl_max)
		ttl = naming->ttl_max;
	return ttl;
}

struct lease_dns lease_dns_how(const struct config *cfg, const struct lease *lease)
{
	const struct naming *naming = lease_naming(cfg, lease);

	return (struct lease_dns){ naming->mode, naming->owner, ttl_of(naming, lease->valid) };
}

/*
 * RFC 4701 3.5: a DHCPv6 client by its DUID, a DHCPv4 client by its client identifier, or by the DUID that is in it
 * (RFC 4361), or else by its hardware address. A host by its hardware address, if that is known.
 */
static void set_client(const struct lease *lease, enum name_owner owner, struct ncr_item *item)
{
	bool by_hwaddr = !lease->client_id.len || (owner == OWNER_HOST && lease->hwaddr.len);
	struct bytes id = lease->client_id;

	if (by_hwaddr) {
		item->client_type = DHCID_HWADDR;
		item->client[item->client_len++] = lease->hwtype;
		id = lease->hwaddr;
	} else if (lease->type != LEASE_V4) {
		item->client_type = DHCID_DUID;
	} else if (id.len > 1 + IAID_LEN && id.data[0] == 255) {
		item->client_type = DHCID_DUID;
		id = bytes_of(id.data + 1 + IAID_LEN, id.len - 1 - IAID_LEN);
	} else {
		item->client_type = DHCID_CLIENT_ID;
	}
	if (id.len > sizeof(item->client) - item->client_len)
		id.len = sizeof(item->client) - item->client_len;
	if (id.len)
		memcpy(item->client + item->client_len, id.data, id.len);
	item->client_len = (uint8_t)(item->client_len + id.len);
}

bool lease_dns_ask(struct ncr_sender *sender, unsigned family, enum ncr_change change, const struct lease_dns *how,
		   const struct lease *lease)
{
	char addr[IP_TEXT_MAX];
	struct ncr_item item;
	size_t len;

	if (!has_dns(lease))
		return false;
	len = strlen(lease->hostname);
	item.change = change;
	item.mode = how->mode;
	item.forward = lease->fqdn_fwd;
	item.reverse = lease->fqdn_rev;
	item.addr = lease->addr;
	item.expires_sec = lease->cltt + lease->valid;
	item.lease_length = how->ttl;
	item.client_len = 0;
	item.has_dhcid = item.is_done = false;
	item.serial = 0;
	item.name_len = (uint8_t)(len < NCR_NAME_MAX ? len : NCR_NAME_MAX);
	memcpy(item.name, lease->hostname, item.name_len);
	set_client(lease, how->owner, &item);
	LOGF(family, DHCPx_QUEUE_NCR, change == NCR_ADD ? "add" : "remove", item.forward ? "forward" : "",
	     item.forward && item.reverse ? " and " : "", item.reverse ? "reverse" : "", lease->hostname,
	     ip_format(&lease->addr, addr), item.lease_length, ncr_mode_words[item.mode]);
	if (sender)
		ncr_sender_put(sender, &item);
	return true;
}

bool lease_dns_send(struct ncr_sender *sender, const struct config *cfg, enum ncr_change change,
		    const struct lease *lease)
{
	struct lease_dns how;

	if (!cfg->ncr_target.is_enabled || !has_dns(lease))
		return false;
	how = lease_dns_how(cfg, lease);
	return lease_dns_ask(sender, cfg->family == KEY_6, change, &how, lease);
}

void lease_dns_difference(const struct config *cfg, const struct store_change *change, const struct lease **ret_old,
			  const struct lease **ret_new)
{
	const struct lease *old = change->old, *new = change->kind == CHANGE_DELETE ? NULL : &change->new;

	*ret_old = has_dns(old) ? old : NULL;
	*ret_new = has_dns(new) ? new : NULL;
	if (*ret_old && *ret_new && same_dns(old, new) && !lease_naming(cfg, new)->update_on_renew)
		*ret_old = *ret_new = NULL;
}

/* A name may move from one address of a client to another: it is removed there before it is added here. */
void lease_dns_note(struct ncr_sender *sender, const struct config *cfg, const struct store_change *v, unsigned n)
{
	const struct lease *old, *new;
	unsigned i;

	if (!cfg->ncr_target.is_enabled)
		return;
	for (i = 0; i < n; i++) {
		lease_dns_difference(cfg, &v[i], &old, &new);
		(void)lease_dns_send(sender, cfg, NCR_REMOVE, old);
	}
	for (i = 0; i < n; i++) {
		lease_dns_difference(cfg, &v[i], &old, &new);
		(void)lease_dns_send(sender, cfg, NCR_ADD, new);
	}
}
