/* SPDX-License-Identifier: MPL-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lease_query/relay.h"

#include "hex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

extern const struct kea_api *kea; /* of the library */

#define OPTIONS_MAX 8192 /* of a relay */

/* Returns the user-context as text; NULL if there is none. */
static const char *context_of(const struct kea_object *lease, size_t *ret_len)
{
	const char *text = kea->get_bytes(lease, KEA_LEASE_USER_CONTEXT, ret_len);

	return *ret_len ? text : NULL;
}

/* Returns the number of bytes that the text, with or without "0x", has the digits of; 0: it has others, or too many. */
static size_t read_hex(const char *text, uint8_t *bytes, size_t max)
{
	size_t n = 0;
	int byte;

	text += !strncmp(text, "0x", 2) ? 2 : 0;
	while (n < max && (byte = hex_pair(text + 2 * n, 2)) >= 0)
		bytes[n++] = (uint8_t)byte;
	return text[2 * n] ? 0 : n;
}

static size_t info4(const struct kea_json *context, uint8_t info[RELAY_INFO_MAX])
{
	const struct kea_json *value = kea->json_get(kea->json_get(context, "ISC"), "relay-agent-info");

	/* Before Kea 2.3, a string instead of a map. */
	if (kea->json_type(value) == KEA_JSON_MAP)
		value = kea->json_get(value, "sub-options");
	return read_hex(kea->json_text(value), info, RELAY_INFO_MAX);
}

size_t relay_info4(const struct kea_object *lease, uint8_t info[RELAY_INFO_MAX])
{
	size_t len = 0, n;
	const char *text = context_of(lease, &len);
	struct kea_json *context;

	if (!text || !memmem(text, len, "relay", 5))
		return 0;
	context = kea->json_read(text, len);
	n = info4(context, info);
	kea->json_free(context);
	return n;
}

/* --- finding ----------------------------------------------------------------------------------------------------- */

void relay_wanted(struct relay_wanted *wanted, int family, const struct bulk_query *query)
{
	*wanted = (struct relay_wanted){ .family = family, .by = query->by, .id = query->id, .len = query->id_len };
	(void)hex_write(query->id, query->id_len, 0, wanted->lower);
	for (size_t i = 0; wanted->lower[i]; i++)
		wanted->upper[i] = (char)toupper((unsigned char)wanted->lower[i]);
}

static bool is_same(const struct relay_wanted *wanted, const uint8_t *id, size_t len)
{
	return id && len == wanted->len && !memcmp(id, wanted->id, len);
}

static bool is_wanted4(const struct relay_wanted *wanted, const struct kea_json *context)
{
	uint8_t info[RELAY_INFO_MAX], code = wanted->by == BULK_BY_RELAY_ID ? SUBOPT_RELAY_ID : SUBOPT_REMOTE_ID;
	size_t len = 0, n = info4(context, info);
	const uint8_t *id = bulk_suboption4(info, n, code, &len);

	return is_same(wanted, id, len);
}

static bool is_wanted_relay6(const struct relay_wanted *wanted, const struct kea_json *relay)
{
	bool is_relay_id = wanted->by == BULK_BY_RELAY_ID;
	const struct kea_json *named = kea->json_get(relay, is_relay_id ? "relay-id" : "remote-id");
	uint8_t bytes[OPTIONS_MAX];
	const uint8_t *id;
	size_t len = 0, n;

	if (named) {
		n = read_hex(kea->json_text(named), bytes, sizeof(bytes));
		return is_same(wanted, bytes, n);
	}
	/* Before Kea 2.3, they had no names of their own. */
	n = read_hex(kea->json_text(kea->json_get(relay, "options")), bytes, sizeof(bytes));
	id = bulk_option6(bytes, n, is_relay_id ? OPT6_RELAY_ID : OPT6_REMOTE_ID, &len);
	return is_same(wanted, id, len);
}

static bool is_wanted6(const struct relay_wanted *wanted, const struct kea_json *context)
{
	const struct kea_json *isc = kea->json_get(context, "ISC"), *list = kea->json_get(isc, "relay-info");

	if (!list)
		list = kea->json_get(isc, "relays");
	for (size_t i = 0; i < kea->json_count(list); i++)
		if (is_wanted_relay6(wanted, kea->json_at(list, i, NULL)))
			return true;
	return false;
}

bool relay_is_wanted(const struct relay_wanted *wanted, const struct kea_object *lease)
{
	size_t len = 0;
	const char *text = context_of(lease, &len);
	struct kea_json *context;
	bool is_wanted;

	if (!text ||
	    (!memmem(text, len, wanted->upper, 2 * wanted->len) && !memmem(text, len, wanted->lower, 2 * wanted->len)))
		return false;
	context = kea->json_read(text, len);
	is_wanted = wanted->family == 4 ? is_wanted4(wanted, context) : is_wanted6(wanted, context);
	kea->json_free(context);
	return is_wanted;
}
