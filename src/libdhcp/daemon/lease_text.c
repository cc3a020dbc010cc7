/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/lease_text.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "json/value.h"
#include "json/write.h"
#include "serve/grant.h"

#define HWTYPE_ETHERNET 1

const char *const lease_type_words[] = { "IA_NA", "IA_TA", "IA_PD", NULL };

/* --- as JSON --- */

static void add_number(struct str *out, const char *name, int64_t v)
{
	str_addf(out, "\"%s\": %lld, ", name, (long long)v);
}

static void add_bool(struct str *out, const char *name, bool v)
{
	str_addf(out, "\"%s\": %s, ", name, v ? "true" : "false");
}

static void add_hex(struct str *out, const char *name, struct bytes v)
{
	char hex[3 * LEASE_ID_MAX + 1];

	(void)bytes_to_hex(v, ':', hex, sizeof(hex));
	str_addf(out, "\"%s\": \"%s\", ", name, hex);
}

/* What was stored is text of another program, so it must prove to be JSON. */
static void add_context(struct str *out, const char *text)
{
	struct json_object *v = text ? json_parse(text, strlen(text)) : NULL;

	if (json_object_is_type(v, json_type_object)) {
		str_add(out, "\"user-context\": ");
		json_write_all(v, out);
		str_add(out, ", ");
	}
	json_object_put(v);
}

void lease_add_json(struct str *out, const struct lease *lease)
{
	static const uint8_t no_duid[3];
	bool is4 = lease->type == LEASE_V4;
	char addr[IP_TEXT_MAX];

	str_add(out, "{ ");
	if (is4 && lease->client_id.len)
		add_hex(out, "client-id", lease->client_id);
	add_number(out, "cltt", lease->cltt);
	if (!is4)
		add_hex(out, "duid", lease->client_id.len ? lease->client_id : bytes_of(no_duid, sizeof(no_duid)));
	add_bool(out, "fqdn-fwd", lease->fqdn_fwd);
	add_bool(out, "fqdn-rev", lease->fqdn_rev);
	str_add(out, "\"hostname\": ");
	json_add_string(out, lease->hostname ? lease->hostname : "", lease->hostname ? strlen(lease->hostname) : 0);
	str_add(out, ", ");
	if (is4 || lease->hwaddr.len)
		add_hex(out, "hw-address", lease->hwaddr);
	if (!is4)
		add_number(out, "iaid", lease->iaid);
	str_addf(out, "\"ip-address\": \"%s\", ", ip_format(&lease->addr, addr));
	if (lease->pool_id)
		add_number(out, "pool-id", lease->pool_id);
	if (!is4)
		add_number(out, "preferred-lft", lease->preferred);
	if (lease->type == LEASE_PD)
		add_number(out, "prefix-len", lease->prefix_len);
	add_number(out, "state", lease->state);
	add_number(out, "subnet-id", lease->subnet_id);
	if (!is4)
		str_addf(out, "\"type\": \"%s\", ", lease_type_words[lease->type]);
	add_context(out, lease->user_context);
	str_addf(out, "\"valid-lft\": %u }", lease->valid);
}

/* --- from arguments --- */

#define SINCE .since = "4.2.0"
#define K_LEASE(state_max)                                                                                            \
	K_STRING(struct lease_args, ip_address, "ip-address", .required = true, .max = 64, SINCE,                     \
		 .doc = "address, or address of the prefix"),                                                         \
		K_INT(struct lease_args, subnet_id, "subnet-id", SINCE,                                               \
		      .doc = "id of the subnet; 0 or missing: the one that contains the address"),                    \
		K_INT(struct lease_args, pool_id, "pool-id", SINCE, .doc = "id of the pool; missing: the address's"), \
		K_INT(struct lease_args, valid_lft, "valid-lft", .min = 1, .unit = "s", SINCE,                        \
		      .doc = "valid lifetime; missing: the subnet's"),                                                \
		K_INT(struct lease_args, expire, "expire", .max = INT64_MAX, .unit = "s", SINCE,                      \
		      .doc = "when it expires, seconds since 1970; missing: valid-lft from now"),                     \
		K_INT(struct lease_args, cltt, "cltt", .max = INT64_MAX, .unit = "s", SINCE,                          \
		      .doc = "as in responses; ignored, \"expire\" counts"),                                          \
		K_STRING(struct lease_args, hostname, "hostname", .max = LEASE_HOSTNAME_MAX, SINCE,                   \
			 .doc = "host name of the client"),                                                           \
		K_BOOL(struct lease_args, fqdn_fwd, "fqdn-fwd", SINCE, .doc = "the name has an address record"),      \
		K_BOOL(struct lease_args, fqdn_rev, "fqdn-rev", SINCE, .doc = "the address has a PTR record"),        \
		K_INT(struct lease_args, state, "state", .max = state_max, SINCE,                                     \
		      .doc = "0 default, 1 declined, 2 expired-reclaimed, 3 released, in DHCPv6 also 4 registered"),  \
		K_STRING(struct lease_args, origin, "origin", .max = 32, SINCE, .doc = "accepted from HA partners"),  \
		K_JSON(struct lease_args, user_context, "user-context", SINCE,                                        \
		       .doc = "free JSON kept with the lease"),                                                       \
		K_STRING(struct lease_args, comment, "comment", SINCE, .doc = "stored in user-context")
#define K_LEASE4                                                                                                     \
	K_LEASE(3),                                                                                                  \
		K_STRING(struct lease_args, hw_address, "hw-address", .required = true, .max = 3 * LEASE_HWADDR_MAX, \
			 SINCE, .doc = "hardware address of the client"),                                            \
		K_STRING(struct lease_args, client_id, "client-id", .max = 3 * LEASE_ID_MAX, SINCE,                  \
			 .doc = "client identifier")
#define K_LEASE6                                                                                                      \
	K_LEASE(4),                                                                                                   \
		K_STRING(struct lease_args, duid, "duid", .required = true, .max = 3 * LEASE_ID_MAX, SINCE,           \
			 .doc = "DUID of the client"),                                                                \
		K_INT(struct lease_args, iaid, "iaid", .required = true, SINCE, .doc = "IAID"),                       \
		K_ENUM(struct lease_args, type, "type", .words = lease_type_words, .def = "\"IA_NA\"", SINCE,         \
		       .doc = "address or prefix"),                                                                   \
		K_INT(struct lease_args, prefix_len, "prefix-len", .max = 128, SINCE, .doc = "length of the prefix"), \
		K_INT(struct lease_args, preferred_lft, "preferred-lft", .unit = "s", SINCE,                          \
		      .doc = "preferred lifetime; missing: valid-lft"),                                               \
		K_STRING(struct lease_args, hw_address, "hw-address", .max = 3 * LEASE_HWADDR_MAX, SINCE,             \
			 .doc = "hardware address of the client")
#define K_FORCE K_BOOL(struct lease_args, force_create, "force-create", SINCE, .doc = "add the lease if there is none")

static const struct key lease4_add_keys[] = { K_LEASE4 };
static const struct key lease4_update_keys[] = { K_LEASE4, K_FORCE };
static const struct key lease6_add_keys[] = { K_LEASE6 };
static const struct key lease6_update_keys[] = { K_LEASE6, K_FORCE };
const struct scope lease4_add_scope = SCOPE("arguments", struct lease_args, lease4_add_keys);
const struct scope lease4_update_scope = SCOPE("arguments", struct lease_args, lease4_update_keys);
const struct scope lease6_add_scope = SCOPE("arguments", struct lease_args, lease6_add_keys);
const struct scope lease6_update_scope = SCOPE("arguments", struct lease_args, lease6_update_keys);

int lease_address_parse(const char *text, unsigned family, struct ip *ret, struct str *why)
{
	unsigned digit = family == KEY_4 ? 4 : 6;

	if (ip_parse(text, ret) < 0)
		str_addf(why, "Failed to convert string to address '%s': Invalid argument", text);
	else if (ip_is4(ret) != (digit == 4))
		str_addf(why, "Invalid IPv%u address specified: %s", digit, text);
	else
		return 0;
	return -E_INVAL;
}

int lease_id_parse(const char *name, const char *text, uint32_t max, struct arena *arena, struct bytes *ret,
		   struct str *why)
{
	size_t len = strlen(text);
	uint8_t *buf = arena_alloc(arena, len + 1);
	int n = hex_to_bytes(text, len, buf, len);

	if (n <= 0 || (uint32_t)n > max) {
		str_addf(why, "'%s': '%s' is not 1 to %u hexadecimal bytes", name, text, max);
		return -E_INVAL;
	}
	*ret = bytes_of(buf, (uint32_t)n);
	return 0;
}

static int choose_subnet(const struct lease_args *a, unsigned digit, const struct plan *plan, const struct lease *lease,
			 const struct subnet **ret, struct str *why)
{
	const struct subnet *sub =
		a->subnet_id ? subnet_by_id(plan, a->subnet_id) : subnet_by_address(plan, &lease->addr);
	char prefix[PREFIX_TEXT_MAX];

	if (!sub && a->subnet_id)
		str_addf(why, "Invalid subnet-id: No IPv%u subnet with subnet-id=%u currently configured.", digit,
			 a->subnet_id);
	else if (!sub)
		str_addf(why, "subnet-id not specified and failed to find a subnet for address %s", a->ip_address);
	else if (lease->type != LEASE_PD && !prefix_contains(&sub->prefix, &lease->addr))
		str_addf(why, "The address %s does not belong to subnet %s, subnet-id=%u", a->ip_address,
			 prefix_format(&sub->prefix, prefix), sub->id);
	else {
		*ret = sub;
		return 0;
	}
	return -E_INVAL;
}

static const struct pool *pool_of(const struct subnet *sub, const struct lease *lease)
{
	struct prefix prefix = { lease->addr, lease->prefix_len };

	return lease->type == LEASE_PD ? link_pd_pool_around(sub, &prefix) : subnet_pool_of(sub, &lease->addr);
}

/* The context as it is stored, with the comment in it; NULL if there is none. */
static int make_context(const struct lease_args *a, struct arena *arena, const char **ret, struct str *why)
{
	struct json_object *map;
	const char *text;

	if (!a->user_context && !a->comment)
		return 0;
	map = json_object_new_object();
	if (a->user_context) {
		json_object_object_foreach(a->user_context, name, value)
			json_object_object_add(map, name, json_object_get(value));
	}
	if (a->comment)
		json_object_object_add(map, "comment", json_object_new_string(a->comment));
	text = json_object_to_json_string_ext(map, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (strlen(text) <= LEASE_CONTEXT_MAX)
		*ret = arena_strdup(arena, text);
	json_object_put(map);
	if (*ret)
		return 0;
	str_addf(why, "'user-context' is longer than %u bytes", LEASE_CONTEXT_MAX);
	return -E_INVAL;
}

static const char *lower(struct arena *arena, const char *name)
{
	char *copy = arena_strdup(arena, name);

	for (char *p = copy; *p; p++)
		*p = ascii_lower(*p);
	return copy;
}

static void set_times(const struct lease_args *a, struct lease *lease)
{
	int64_t expire = (int64_t)a->expire, now = clock_wall_sec();

	lease_start(lease, lease->valid);
	if (!CONF_SET(a, expire) || lease->valid == LEASE_FOREVER)
		return;
	lease->cltt = expire - lease->valid;
	lease->expires = clock_boot_sec() + (expire - now);
}

int lease_from_args(const struct lease_args *args, unsigned family, const struct plan *plan, struct arena *arena,
		    struct lease *ret, struct str *why)
{
	const struct lease_args *a = args;
	bool is4 = family == KEY_4;
	struct lease lease = { .type = is4 ? LEASE_V4 : (enum lease_type)a->type,
			       .prefix_len = is4 ? 32 : 128,
			       .hostname = "",
			       .state = (enum lease_state)a->state,
			       .iaid = a->iaid,
			       .fqdn_fwd = a->fqdn_fwd,
			       .fqdn_rev = a->fqdn_rev };
	const char *id_name = is4 ? "client-id" : "duid", *id = is4 ? a->client_id : a->duid;
	const struct subnet *sub = NULL;
	const struct pool *pool;

	if (lease_address_parse(a->ip_address, family, &lease.addr, why) < 0)
		return -E_INVAL;
	if (a->hw_address) {
		if (lease_id_parse("hw-address", a->hw_address, LEASE_HWADDR_MAX, arena, &lease.hwaddr, why) < 0)
			return -E_INVAL;
		lease.hwtype = HWTYPE_ETHERNET;
	}
	if (id && lease_id_parse(id_name, id, LEASE_ID_MAX, arena, &lease.client_id, why) < 0)
		return -E_INVAL;
	if (lease.type == LEASE_PD) {
		if (!a->prefix_len || !prefix_is_clean(&(struct prefix){ lease.addr, a->prefix_len })) {
			str_addf(why, "'%s' with 'prefix-len' %u is not a prefix", a->ip_address, a->prefix_len);
			return -E_INVAL;
		}
		lease.prefix_len = a->prefix_len;
	}
	if (choose_subnet(a, is4 ? 4 : 6, plan, &lease, &sub, why) < 0 ||
	    make_context(a, arena, &lease.user_context, why) < 0)
		return -E_INVAL;
	if (a->hostname)
		lease.hostname = lower(arena, a->hostname);
	if ((a->fqdn_fwd || a->fqdn_rev) && !lease.hostname[0]) {
		str_add(why, "No hostname specified and either forward or reverse fqdn was set to true.");
		return -E_INVAL;
	}
	lease.subnet_id = sub->id;
	pool = pool_of(sub, &lease);
	lease.pool_id = CONF_SET(a, pool_id) ? a->pool_id : pool ? pool->id : 0;
	lease.valid = CONF_SET(a, valid_lft) ? a->valid_lft : lifetime_granted(&sub->par.valid, 0);
	lease.preferred = is4 ? 0 : CONF_SET(a, preferred_lft) ? a->preferred_lft : lease.valid;
	if (lease.preferred > lease.valid)
		lease.preferred = lease.valid;
	set_times(a, &lease);
	*ret = lease;
	return 0;
}
