/* SPDX-License-Identifier: MPL-2.0 */
/* The variables that a script gets: their names and values are those of Kea. */
#include "run_script/environment.h"

#include "hex.h"
#include "run_script/messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 8192
#define NAME_SIZE 64
#define LEASES_MAX 256 /* of a message */

/* A variable: its name after the prefix, and the field. */
struct row {
	const char *name;
	enum kea_field field;
};

static const struct row query4[] = {
	{ "TYPE", KEA_PACKET_TYPE_NAME },
	{ "TXID", KEA_PACKET_TXID },
	{ "LOCAL_ADDR", KEA_PACKET_LOCAL_ADDR },
	{ "LOCAL_PORT", KEA_PACKET_LOCAL_PORT },
	{ "REMOTE_ADDR", KEA_PACKET_REMOTE_ADDR },
	{ "REMOTE_PORT", KEA_PACKET_REMOTE_PORT },
	{ "IFACE_INDEX", KEA_PACKET_IFACE_INDEX },
	{ "IFACE_NAME", KEA_PACKET_IFACE_NAME },
	{ "HOPS", KEA_PACKET_HOPS },
	{ "SECS", KEA_PACKET_SECS },
	{ "FLAGS", KEA_PACKET_FLAGS },
	{ "CIADDR", KEA_PACKET_CIADDR },
	{ "SIADDR", KEA_PACKET_SIADDR },
	{ "YIADDR", KEA_PACKET_YIADDR },
	{ "GIADDR", KEA_PACKET_GIADDR },
	{ 0 },
};
static const struct row query6[] = {
	{ "TYPE", KEA_PACKET_TYPE_NAME },          { "TXID", KEA_PACKET_TXID },
	{ "LOCAL_ADDR", KEA_PACKET_LOCAL_ADDR },   { "LOCAL_PORT", KEA_PACKET_LOCAL_PORT },
	{ "REMOTE_ADDR", KEA_PACKET_REMOTE_ADDR }, { "REMOTE_PORT", KEA_PACKET_REMOTE_PORT },
	{ "IFACE_INDEX", KEA_PACKET_IFACE_INDEX }, { "IFACE_NAME", KEA_PACKET_IFACE_NAME },
	{ "CLIENT_ID", KEA_PACKET_CLIENT_ID },     { 0 },
};
static const struct row subnet[] = {
	{ "ID", KEA_SUBNET_ID },
	{ "NAME", KEA_SUBNET_NAME },
	{ "PREFIX", KEA_SUBNET_PREFIX },
	{ "PREFIX_LEN", KEA_SUBNET_PREFIX_LEN },
	{ 0 },
};
static const struct row lease4[] = {
	{ "ADDRESS", KEA_LEASE_ADDRESS },     { "CLTT", KEA_LEASE_CLTT },
	{ "HOSTNAME", KEA_LEASE_HOSTNAME },   { "STATE", KEA_LEASE_STATE_NAME },
	{ "SUBNET_ID", KEA_LEASE_SUBNET_ID }, { "VALID_LIFETIME", KEA_LEASE_VALID_LIFETIME },
	{ "CLIENT_ID", KEA_LEASE_CLIENT_ID }, { 0 },
};
static const struct row lease6[] = {
	{ "ADDRESS", KEA_LEASE_ADDRESS },
	{ "CLTT", KEA_LEASE_CLTT },
	{ "HOSTNAME", KEA_LEASE_HOSTNAME },
	{ "STATE", KEA_LEASE_STATE_NAME },
	{ "SUBNET_ID", KEA_LEASE_SUBNET_ID },
	{ "VALID_LIFETIME", KEA_LEASE_VALID_LIFETIME },
	{ "DUID", KEA_LEASE_CLIENT_ID },
	{ "IAID", KEA_LEASE_IAID },
	{ "PREFERRED_LIFETIME", KEA_LEASE_PREFERRED_LIFETIME },
	{ "PREFIX_LEN", KEA_LEASE_PREFIX_LEN },
	{ "TYPE", KEA_LEASE_TYPE_NAME },
	{ 0 },
};

/* --- text ------------------------------------------------------------------------------------------------------- */

/* Makes room for n more bytes and a NUL. */
static bool has_room(const struct environment *env, size_t n)
{
	return n < env->size && env->len < env->size - n;
}

static void put(struct environment *env, const char *prefix, const char *name, const char *value)
{
	size_t begin = env->len, n = strlen(prefix) + strlen(name) + 1, used = 0;

	if (!has_room(env, n))
		return;
	env->len += (size_t)snprintf(env->text + env->len, env->size - env->len, "%s%s=", prefix, name);
	for (const unsigned char *p = (const unsigned char *)value; *p && used < VALUE_MAX; p++, used++) {
		if (!has_room(env, 4)) {
			env->len = begin;
			return;
		}
		if (*p < ' ' || *p == 127)
			env->len += (size_t)snprintf(env->text + env->len, env->size - env->len, "\\x%02x", *p);
		else
			env->text[env->len++] = (char)*p;
	}
	env->text[env->len++] = '\0';
}

static void put_number(struct environment *env, const char *prefix, const char *name, unsigned long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", n);
	put(env, prefix, name, text);
}

/* Bytes as 0x0a0b. */
static void put_hex(struct environment *env, const char *prefix, const char *name, const unsigned char *data,
		    size_t len)
{
	char text[VALUE_MAX + 1] = "0x";
	size_t room = (VALUE_MAX - 2) / 2;

	(void)hex_write(data, len < room ? len : room, 0, text + 2);
	put(env, prefix, name, text);
}

/* --- objects ------------------------------------------------------------------------------------------------------ */

static void put_field(struct environment *env, const char *prefix, const char *name, const struct kea_object *object,
		      enum kea_field field)
{
	char text[VALUE_MAX + 1];

	if (kea->get_text(object, field, text, sizeof(text)) < 0)
		text[0] = '\0';
	put(env, prefix, name, text);
}

static void put_rows(struct environment *env, const char *prefix, const struct kea_object *object,
		     const struct row *rows)
{
	for (; rows->name; rows++)
		put_field(env, prefix, rows->name, object, rows->field);
}

/* Without a field for its type, an address has the one of Ethernet: only such sockets know addresses. */
static void put_hwaddr(struct environment *env, const char *prefix, const char *name, const struct kea_object *object,
		       enum kea_field field, enum kea_field type)
{
	char type_name[NAME_SIZE];
	size_t len = 0;
	int64_t number = 0;

	snprintf(type_name, sizeof(type_name), "%s_TYPE", name);
	put_field(env, prefix, name, object, field);
	if (type != KEA_FIELD_NONE)
		(void)kea->get_int(object, type, &number);
	if (kea->get_bytes(object, field, &len) && len)
		put_number(env, prefix, type_name, number ? (unsigned long)number : 1);
	else
		put(env, prefix, type_name, "");
}

/* An option and its sub-options, as bytes. */
static void put_option(struct environment *env, const char *prefix, const struct kea_object *packet, uint32_t code)
{
	const void *data;
	size_t len;
	uint32_t sub;
	char name[NAME_SIZE];

	data = kea->option_get(packet, &code, 1, 0, &len);
	if (!data)
		return;
	snprintf(name, sizeof(name), "OPTION_%u", (unsigned)code);
	put_hex(env, prefix, name, data, len);
	for (unsigned i = 0; i < 256 && kea->option_at(packet, &code, 1, i, &sub, &data, &len); i++) {
		snprintf(name, sizeof(name), "OPTION_%u_SUB_OPTION_%u", (unsigned)code, (unsigned)sub);
		put_hex(env, prefix, name, data, len);
	}
}

static void put_packet4(struct environment *env, const char *prefix, const struct kea_object *packet)
{
	int64_t relayed = 0;

	put_rows(env, prefix, packet, query4);
	(void)kea->get_int(packet, KEA_PACKET_RELAYED, &relayed);
	put(env, prefix, "RELAYED", relayed ? "true" : "false");
	put_hwaddr(env, prefix, "HWADDR", packet, KEA_PACKET_HWADDR, KEA_PACKET_HWTYPE);
	put_hwaddr(env, prefix, "LOCAL_HWADDR", packet, KEA_PACKET_LOCAL_HWADDR, KEA_FIELD_NONE);
	put_hwaddr(env, prefix, "REMOTE_HWADDR", packet, KEA_PACKET_REMOTE_HWADDR, KEA_FIELD_NONE);
	put_option(env, prefix, packet, 82);
}

static void put_packet6(struct environment *env, const char *prefix, const struct kea_object *packet)
{
	put_rows(env, prefix, packet, query6);
	put(env, prefix, "PROTO", "UDP");
	put_hwaddr(env, prefix, "REMOTE_HWADDR", packet, KEA_PACKET_REMOTE_HWADDR, KEA_FIELD_NONE);
}

static void put_packet(struct environment *env, const char *prefix, const struct kea_object *packet, int digit)
{
	if (packet && digit == 4)
		put_packet4(env, prefix, packet);
	else if (packet)
		put_packet6(env, prefix, packet);
}

static void put_lease(struct environment *env, const char *prefix, const struct kea_object *lease, int digit)
{
	if (!lease)
		return;
	put_rows(env, prefix, lease, digit == 4 ? lease4 : lease6);
	put_hwaddr(env, prefix, "HWADDR", lease, KEA_LEASE_HWADDR, KEA_LEASE_HWTYPE);
}

static void put_leases(struct environment *env, struct kea_call *call, enum kea_argument which, const char *word,
		       int digit)
{
	struct kea_object *lease;
	char prefix[NAME_SIZE];
	unsigned n = 0;

	while (n < LEASES_MAX && (lease = kea->argument(call, which, n)) != NULL) {
		snprintf(prefix, sizeof(prefix), "%s%d_AT%u_", word, digit, n++);
		put_lease(env, prefix, lease, digit);
	}
	snprintf(prefix, sizeof(prefix), "%s%d_", word, digit);
	put_number(env, prefix, "SIZE", n);
}

/* The IA of a lease that is extended. Its times are decided later, so they are 0, as in Kea. */
static void put_ia(struct environment *env, const struct kea_object *lease)
{
	int64_t type = 0;

	if (!lease)
		return;
	(void)kea->get_int(lease, KEA_LEASE_TYPE, &type);
	put_field(env, "PKT6_IA_", "IAID", lease, KEA_LEASE_IAID);
	put_number(env, "PKT6_IA_", "IA_TYPE", type == 2 ? 25 : 3);
	put_number(env, "PKT6_IA_", "IA_T1", 0);
	put_number(env, "PKT6_IA_", "IA_T2", 0);
}

static void put_client(struct environment *env, const struct kea_object *query)
{
	if (!query)
		return;
	put_field(env, "PKT4_", "CLIENT_ID", query, KEA_PACKET_CLIENT_ID);
	put_hwaddr(env, "PKT4_", "HWADDR", query, KEA_PACKET_HWADDR, KEA_PACKET_HWTYPE);
}

static void put_registered(struct environment *env, struct kea_call *call, int digit)
{
	struct kea_object *lease = kea->argument(call, KEA_ARG_LEASE, 0);

	put_packet(env, "RESPONSE6_", kea->argument(call, KEA_ARG_RESPONSE, 0), digit);
	if (lease)
		put_field(env, "", "ADDRESS6", lease, KEA_LEASE_ADDRESS);
	put_lease(env, "OLD_LEASE6_", kea->argument(call, KEA_ARG_OLD_LEASE, 0), digit);
	put_lease(env, "NEW_LEASE6_", lease, digit);
}

void environment_add(struct environment *env, struct kea_call *call, unsigned has)
{
	int digit = kea->family(kea->library(call));
	struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0), *object;
	int64_t removes = 0;

	if (has & HAS_QUERY)
		put_packet(env, digit == 4 ? "QUERY4_" : "QUERY6_", query, digit);
	object = has & HAS_SUBNET ? kea->argument(call, KEA_ARG_SUBNET, 0) : NULL;
	if (object)
		put_rows(env, "SUBNET4_", object, subnet);
	if (has & HAS_CLIENT)
		put_client(env, query);
	if (has & HAS_LEASE)
		put_lease(env, digit == 4 ? "LEASE4_" : "LEASE6_", kea->argument(call, KEA_ARG_LEASE, 0), digit);
	if (has & HAS_IA)
		put_ia(env, kea->argument(call, KEA_ARG_LEASE, 0));
	if (has & HAS_LEASES) {
		put_leases(env, call, KEA_ARG_LEASES, "LEASES", digit);
		put_leases(env, call, KEA_ARG_DELETED_LEASES, "DELETED_LEASES", digit);
	}
	if (has & HAS_REGISTERED)
		put_registered(env, call, digit);
	if (has & HAS_REMOVES) {
		(void)kea->get_int(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_REMOVES, &removes);
		put(env, "", "REMOVE_LEASE", removes ? "true" : "false");
	}
}
