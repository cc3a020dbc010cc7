/* SPDX-License-Identifier: MPL-2.0 */
#include "legal_log/sentence.h"

#include "legal_log/messages.h"
#include "number.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define VALUE_MAX 4096
#define RELAYS_MAX 32
#define INFINITE UINT32_MAX

enum { RAI = 82, CIRCUIT_ID = 1, REMOTE_ID = 2, SUBSCRIBER_ID = 6 };
enum { INTERFACE_ID6 = 18, REMOTE_ID6 = 37, SUBSCRIBER_ID6 = 38 };
enum { TYPE_PD = 2 };

/* --- text --------------------------------------------------------------------------------------------------------- */

void text_add(struct text *text, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->buf + text->len, text->size - text->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		text->len = (size_t)n < text->size - text->len ? text->len + (size_t)n : text->size - 1;
}

static void add_field(struct text *text, const struct kea_object *object, enum kea_field field)
{
	char value[VALUE_MAX];

	if (kea->get_text(object, field, value, sizeof(value)) < 0)
		value[0] = '\0';
	text_add(text, "%s", value);
}

static bool is_printable(const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] < ' ' || data[i] > '~')
			return false;
	return len > 0;
}

/* "68:6f (ho)": text in parentheses if it is all text. */
static void add_bytes(struct text *text, const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text_add(text, i ? ":%02x" : "%02x", data[i]);
	if (is_printable(data, len))
		text_add(text, " (%.*s)", (int)len, (const char *)data);
}

void sentence_add_duration(struct text *text, int64_t seconds)
{
	if (seconds == INFINITE) {
		text_add(text, "infinite duration");
		return;
	}
	if (seconds >= 86400)
		text_add(text, "%" PRId64 " days ", seconds / 86400);
	text_add(text, "%" PRId64 " hrs %" PRId64 " mins %" PRId64 " secs", seconds / 3600 % 24, seconds / 60 % 60,
		 seconds % 60);
}

/* --- what identifies the place of a client ------------------------------------------------------------------------ */

/* An option of a relay, found in one of several places: "remote-id: 01:02". Returns true if it was added. */
static bool add_option(struct text *text, const char *before, const char *name, const void *data, size_t len)
{
	if (!data || !len)
		return false;
	text_add(text, "%s%s: ", before, name);
	add_bytes(text, data, len);
	return true;
}

static void add_relay4(struct text *text, const struct kea_object *query)
{
	static const struct {
		const char *name;
		uint32_t code;
	} rows[] = { { "circuit-id", CIRCUIT_ID }, { "remote-id", REMOTE_ID }, { "subscriber-id", SUBSCRIBER_ID } };
	const char *before = ", identified by ";
	size_t len = 0;
	const unsigned char *giaddr = kea->get_bytes(query, KEA_PACKET_GIADDR, &len);

	if (!giaddr || len != 4 || !(giaddr[0] | giaddr[1] | giaddr[2] | giaddr[3]))
		return;
	text_add(text, " connected via relay at address: ");
	add_field(text, query, KEA_PACKET_GIADDR);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint32_t path[] = { RAI, rows[i].code };
		const void *data = kea->option_get(query, path, 2, 0, &len);

		if (add_option(text, before, rows[i].name, data, len))
			before = " and ";
	}
}

/* The option of the relay next to the client that has one. */
static const void *find_in_relays(struct kea_object *query, unsigned n, uint32_t code, size_t *ret_len)
{
	while (n--) {
		struct kea_object *relay = kea->part(query, KEA_PART_RELAY, n);
		const void *data = relay ? kea->option_get(relay, &code, 1, 0, ret_len) : NULL;

		if (data)
			return data;
	}
	return NULL;
}

static void add_relay6(struct text *text, struct kea_object *query)
{
	unsigned n = (unsigned)number_of(query, KEA_PACKET_N_RELAYS);
	struct kea_object *relay = n ? kea->part(query, KEA_PART_RELAY, 0) : NULL;
	const char *before = ", identified by ";
	const void *data;
	size_t len = 0;

	if (!relay)
		return;
	n = n < RELAYS_MAX ? n : RELAYS_MAX;
	text_add(text, " connected via relay at address: ");
	add_field(text, relay, KEA_RELAY_PEER_ADDR);
	text_add(text, " for client on link address: ");
	add_field(text, relay, KEA_RELAY_LINK_ADDR);
	text_add(text, ", hop count: %" PRId64, number_of(relay, KEA_RELAY_HOP_COUNT));
	data = find_in_relays(query, n, REMOTE_ID6, &len);
	if (add_option(text, before, "remote-id", data, len))
		before = " and ";
	data = find_in_relays(query, n, SUBSCRIBER_ID6, &len);
	(void)add_option(text, before, "subscriber-id", data, len);
	data = find_in_relays(query, n, INTERFACE_ID6, &len);
	(void)add_option(text, ", connected at location ", "interface-id", data, len);
}

/* --- the client --------------------------------------------------------------------------------------------------- */

static const char *source_name(int64_t source)
{
	static const char *const names[] = { "Raw Socket",      "DUID",
					     "IPv6 Link Local", "Client Address Relay Option",
					     "Remote ID",       "Subscriber ID",
					     "DOCSIS CMTS",     "DOCSIS MODEM" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (source == (int64_t)1 << i)
			return names[i];
	return "UNKNOWN";
}

static void add_hwaddr(struct text *text, const struct kea_object *lease)
{
	text_add(text, "hardware address: hwtype=%" PRId64 " ", number_of(lease, KEA_LEASE_HWTYPE));
	add_field(text, lease, KEA_LEASE_HWADDR);
}

static void add_client4(struct text *text, const struct kea_object *lease)
{
	size_t len = 0;
	const void *id = kea->get_bytes(lease, KEA_LEASE_CLIENT_ID, &len);

	text_add(text, " a device with ");
	add_hwaddr(text, lease);
	(void)add_option(text, ", ", "client-id", id, len);
}

static void add_client6(struct text *text, const struct kea_object *lease)
{
	size_t len = 0;

	text_add(text, " a device with DUID: ");
	add_field(text, lease, KEA_LEASE_CLIENT_ID);
	if (!kea->get_bytes(lease, KEA_LEASE_HWADDR, &len) || !len)
		return;
	text_add(text, " and ");
	add_hwaddr(text, lease);
	text_add(text, " (from %s)", source_name(number_of(lease, KEA_LEASE_HWSOURCE)));
}

void sentence_add(struct text *text, struct kea_call *call, const struct kea_object *lease, bool has_ended)
{
	struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	bool is_v6 = kea->family(kea->library(call)) == 6;
	bool is_prefix = is_v6 && number_of(lease, KEA_LEASE_TYPE) == TYPE_PD;
	size_t len = 0;
	const char *context;

	text_add(text, is_prefix ? "Prefix: " : "Address: ");
	add_field(text, lease, KEA_LEASE_ADDRESS);
	if (is_prefix)
		text_add(text, "/%" PRId64, number_of(lease, KEA_LEASE_PREFIX_LEN));
	if (has_ended) {
		text_add(text, " has been released from");
	} else {
		text_add(text, " has been assigned for ");
		sentence_add_duration(text, number_of(lease, KEA_LEASE_VALID_LIFETIME));
		text_add(text, " to");
	}
	if (is_v6)
		add_client6(text, lease);
	else
		add_client4(text, lease);
	if (query && is_v6)
		add_relay6(text, query);
	else if (query)
		add_relay4(text, query);
	context = kea->get_bytes(lease, KEA_LEASE_USER_CONTEXT, &len);
	if (context && len)
		text_add(text, ", context: %.*s", (int)len, context);
}
