/* SPDX-License-Identifier: MPL-2.0 */
/* Packs a lease: about 90 bytes for a v4 lease with a client id and a short hostname. */
#include "lease/record.h"

#include "base/err.h"

static size_t text_len(const char *text)
{
	return text ? strlen(text) : 0;
}

int record_check(const struct lease *lease, int family)
{
	bool is4 = lease->type == LEASE_V4;

	if (is4 != (family == 0) || ip_is4(&lease->addr) != is4 || lease->hwaddr.len > LEASE_HWADDR_MAX ||
	    lease->client_id.len > LEASE_ID_MAX || text_len(lease->hostname) > LEASE_HOSTNAME_MAX ||
	    text_len(lease->user_context) > LEASE_CONTEXT_MAX || (unsigned)lease->state >= LEASE_STATE_N ||
	    lease->valid == 0 || lease->prefix_len > 128)
		return -E_RANGE;
	return 0;
}

static size_t fixed_len(bool is4)
{
	return offsetof(struct record, data) + (is4 ? 4 : 16 + 4 + 4);
}

static size_t texts_len(size_t host_len, size_t context_len)
{
	return (host_len ? host_len + 1 : 0) + (context_len ? context_len + 1 : 0);
}

size_t record_size(const struct lease *lease)
{
	return fixed_len(lease->type == LEASE_V4) + lease->hwaddr.len + lease->client_id.len +
	       texts_len(text_len(lease->hostname), text_len(lease->user_context));
}

size_t record_size_of(const struct record *rec)
{
	return fixed_len(rec->type == LEASE_V4) + rec->hw_len + rec->id_len +
	       texts_len(rec->host_len, rec->context_len);
}

static uint32_t pack_expires(int64_t expires, int64_t epoch)
{
	if (expires == INT64_MAX)
		return RECORD_NEVER;
	if (expires <= epoch)
		return 0;
	if (expires - epoch >= RECORD_NEVER)
		return RECORD_NEVER - 1;
	return (uint32_t)(expires - epoch);
}

static uint8_t *put(uint8_t *p, const void *data, size_t len)
{
	if (len)
		memcpy(p, data, len);
	return p + len;
}

void record_pack(struct record *rec, const struct lease *lease, int64_t epoch, uint64_t version)
{
	size_t host_len = text_len(lease->hostname), context_len = text_len(lease->user_context);
	uint8_t *p = rec->data;

	memset(rec, 0, offsetof(struct record, data));
	rec->version = version;
	rec->cltt = lease->cltt < 0 ? 0 : (uint64_t)lease->cltt & ((1ULL << 40) - 1);
	rec->hwsource = lease->hwsource;
	rec->hwtype = lease->hwtype;
	rec->expires = pack_expires(lease->expires, epoch);
	rec->valid = lease->valid;
	rec->subnet_id = lease->subnet_id;
	rec->pool_id = lease->pool_id;
	rec->context_len = (uint16_t)context_len;
	rec->hw_len = (uint8_t)lease->hwaddr.len;
	rec->id_len = (uint8_t)lease->client_id.len;
	rec->host_len = (uint8_t)host_len;
	rec->prefix_len = lease->prefix_len;
	rec->state = (uint8_t)lease->state & 7;
	rec->type = (uint8_t)lease->type & 3;
	rec->fqdn_fwd = lease->fqdn_fwd;
	rec->fqdn_rev = lease->fqdn_rev;
	if (lease->type == LEASE_V4) {
		p = put(p, lease->addr.b + 12, 4);
	} else {
		p = put(p, lease->addr.b, 16);
		p = put(p, &lease->iaid, 4);
		p = put(p, &lease->preferred, 4);
	}
	p = put(p, lease->hwaddr.data, lease->hwaddr.len);
	p = put(p, lease->client_id.data, lease->client_id.len);
	if (host_len)
		p = put(p, lease->hostname, host_len + 1);
	if (context_len)
		(void)put(p, lease->user_context, context_len + 1);
}

struct ip record_addr(const struct record *rec)
{
	struct ip addr = { .b = { [10] = 0xff, [11] = 0xff } };

	if (rec->type == LEASE_V4)
		memcpy(addr.b + 12, rec->data, 4);
	else
		memcpy(addr.b, rec->data, 16);
	return addr;
}

struct bytes record_key(const struct record *rec, enum record_key key)
{
	const uint8_t *p = (const uint8_t *)rec + fixed_len(rec->type == LEASE_V4);

	return key == KEY_HWADDR ? bytes_of(p, rec->hw_len) : bytes_of(p + rec->hw_len, rec->id_len);
}

uint32_t record_iaid(const struct record *rec)
{
	uint32_t iaid = 0;

	if (rec->type != LEASE_V4)
		memcpy(&iaid, rec->data + 16, 4);
	return iaid;
}

struct record_group record_group(const struct record *rec, enum record_key key)
{
	return (struct record_group){
		.subnet_id = rec->subnet_id,
		.iaid = key == KEY_ID ? record_iaid(rec) : 0,
		.type = rec->type,
		.is_retired = record_is_retired(rec),
		.is_registered = rec->state == LEASE_REGISTERED,
		.has_id = key == KEY_HWADDR && rec->id_len,
	};
}

int64_t record_expires(const struct record *rec, int64_t epoch)
{
	return rec->expires == RECORD_NEVER ? INT64_MAX : epoch + rec->expires;
}

void record_unpack(const struct record *rec, int64_t epoch, struct lease *ret)
{
	struct bytes id = record_key(rec, KEY_ID);
	const char *text = (const char *)id.data + id.len;

	*ret = (struct lease){
		.addr = record_addr(rec),
		.prefix_len = rec->prefix_len,
		.type = (enum lease_type)rec->type,
		.state = (enum lease_state)rec->state,
		.hwtype = rec->hwtype,
		.hwsource = rec->hwsource,
		.hwaddr = record_key(rec, KEY_HWADDR),
		.client_id = id,
		.subnet_id = rec->subnet_id,
		.pool_id = rec->pool_id,
		.valid = rec->valid,
		.cltt = (int64_t)rec->cltt,
		.expires = record_expires(rec, epoch),
		.fqdn_fwd = rec->fqdn_fwd,
		.fqdn_rev = rec->fqdn_rev,
		.hostname = rec->host_len ? text : "",
		.user_context = rec->context_len ? text + (rec->host_len ? rec->host_len + 1 : 0) : NULL,
		.version = rec->version,
		.iaid = record_iaid(rec),
	};
	if (rec->type != LEASE_V4)
		memcpy(&ret->preferred, rec->data + 20, 4);
}

bool record_is_retired(const struct record *rec)
{
	return rec->state == LEASE_RECLAIMED || rec->state == LEASE_RELEASED;
}

bool record_can_expire(const struct record *rec)
{
	return rec->expires != RECORD_NEVER && !record_is_retired(rec);
}
