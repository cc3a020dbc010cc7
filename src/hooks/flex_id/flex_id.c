/* SPDX-License-Identifier: MPL-2.0 */
/*
 * flex_id: identifies clients by an expression over the query. The value is what reservations by flex-id match; it may
 * also replace the client identifier or DUID, so that leases belong to it. Clients never see it: responses have what
 * they sent.
 */
#include "flex_id/messages.h"
#include "hex.h"
#include "label.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ID_MAX 255 /* what a lease can store, and bytes of an identifier in log lines */
#define HEX_MAX (3 * ID_MAX + 1)
#define IAID_LEN 4
#define NODE_ID 255  /* RFC 4361 6.1: the type of a client identifier that contains a DUID */
#define PREFIX_MAX 7 /* what precedes the identifier: type, IAID, type of the DUID */

enum { CLIENT_ID4 = 61, CLIENT_ID6 = 1, IA_NA = 3, IA_PD = 25 };

struct flex_id {
	const struct kea_expression *expression; /* NULL: there is none */
	bool replaces, ignores_iaid, is_v6;
	/* What precedes the identifier in a client identifier or DUID. */
	unsigned char prefix[PREFIX_MAX];
	size_t prefix_len;
};

/* The IAs that a message may have once. */
static const uint32_t ias[] = { IA_NA, IA_PD };
#define IAS_N (sizeof(ias) / sizeof(ias[0]))

/* Of a message, in its memory. */
struct packet {
	bool is_evaluated, is_replaced, is_zeroed[IAS_N];
	const void *id, *sent; /* NULL: it has none; what the client sent before it was replaced */
	size_t id_len, sent_len;
	unsigned char iaids[IAS_N][IAID_LEN];
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

/* --- log ------------------------------------------------------------------------------------------------------- */

/* Pairs of digits, with colons between them if `colons`. */
static const char *hex(const void *data, size_t len, bool colons, char text[HEX_MAX])
{
	(void)hex_write(data, len < ID_MAX ? len : ID_MAX, colons ? ':' : 0, text);
	return text;
}

static bool is_printable(const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] < ' ' || data[i] > '~')
			return false;
	return true;
}

/* --- the identifier --------------------------------------------------------------------------------------------- */

static void evaluate(struct kea_call *call, const struct flex_id *flex, struct packet *packet)
{
	char label[LABEL_MAX], text[HEX_MAX];

	if (packet->is_evaluated || !flex->expression)
		return;
	packet->is_evaluated = true;
	packet->id = kea->evaluate(kea->argument(call, KEA_ARG_QUERY, 0), flex->expression, &packet->id_len);
	if (!packet->id)
		return;
	if (is_printable(packet->id, packet->id_len))
		LOG(FLEX_ID_EXPRESSION_EVALUATED, label_of(call, label), (int)packet->id_len, (const char *)packet->id,
		    packet->id_len);
	else
		LOG(FLEX_ID_EXPRESSION_EVALUATED_NP, label_of(call, label),
		    hex(packet->id, packet->id_len, false, text), packet->id_len);
}

static int host_identifier(struct kea_call *call)
{
	const struct flex_id *flex = kea->context(kea->library(call));
	struct packet *packet = kea->packet_context(call, sizeof(*packet), NULL);

	if (!packet)
		return KEA_CONTINUE;
	evaluate(call, flex, packet);
	/* One that is too long for any reservation matches none. */
	if (packet->id)
		(void)kea->set_bytes(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_ID_VALUE, packet->id,
				     packet->id_len);
	return KEA_CONTINUE;
}

/* --- the query -------------------------------------------------------------------------------------------------- */

static uint32_t client_id_code(const struct flex_id *flex)
{
	return flex->is_v6 ? CLIENT_ID6 : CLIENT_ID4;
}

/* Replaces what the client sent. False: the memory of the packet is used up. */
static bool replace(struct kea_call *call, const struct flex_id *flex, struct packet *packet)
{
	struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	uint32_t code = client_id_code(flex);
	size_t len = flex->prefix_len + packet->id_len;
	const void *sent = kea->option_get(query, &code, 1, 0, &packet->sent_len);
	unsigned char *copy = sent ? kea->packet_alloc(call, packet->sent_len + 1) : NULL;
	unsigned char *value = kea->packet_alloc(call, len);
	char label[LABEL_MAX], text[HEX_MAX];

	if (!value || (sent && !copy))
		return false;
	if (sent && packet->sent_len)
		memcpy(copy, sent, packet->sent_len);
	memcpy(value, flex->prefix, flex->prefix_len);
	memcpy(value + flex->prefix_len, packet->id, packet->id_len);
	if (kea->option_set(query, &code, 1, value, len) < 0)
		return false;
	packet->sent = copy;
	packet->is_replaced = true;
	if (flex->is_v6)
		LOG(FLEX_ID_USED_AS_DUID, label_of(call, label), hex(value, len, true, text));
	else
		LOG(FLEX_ID_USED_AS_CLIENT_ID, label_of(call, label), hex(value, len, true, text));
	return true;
}

static unsigned number_of(const unsigned char iaid[IAID_LEN])
{
	return (unsigned)iaid[0] << 24 | (unsigned)iaid[1] << 16 | (unsigned)iaid[2] << 8 | iaid[3];
}

/* Gives an IA of a packet another IAID. Returns false if that is not possible. */
static bool set_iaid(struct kea_call *call, struct kea_object *packet, uint32_t code,
		     const unsigned char iaid[IAID_LEN])
{
	size_t len;
	const void *data = kea->option_get(packet, &code, 1, 0, &len);
	unsigned char *copy = data && len >= IAID_LEN ? kea->packet_alloc(call, len) : NULL;

	if (!copy)
		return false;
	memcpy(copy, data, len);
	memcpy(copy, iaid, IAID_LEN);
	return kea->option_set(packet, &code, 1, copy, len) >= 0;
}

/* The IAID of a single IA becomes 0. False: the memory of the packet is used up. */
static bool zero_iaid(struct kea_call *call, struct packet *packet, unsigned i)
{
	static const unsigned char zero[IAID_LEN];
	struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	char label[LABEL_MAX];
	size_t len, other;
	const void *data = kea->option_get(query, &ias[i], 1, 0, &len);

	if (!data || len < IAID_LEN)
		return true;
	if (kea->option_get(query, &ias[i], 1, 1, &other)) {
		if (ias[i] == IA_NA)
			LOG(FLEX_ID_IGNORE_IAID_NOT_APPLIED_ON_NA, label_of(call, label));
		else
			LOG(FLEX_ID_IGNORE_IAID_NOT_APPLIED_ON_PD, label_of(call, label));
		return true;
	}
	memcpy(packet->iaids[i], data, IAID_LEN);
	packet->is_zeroed[i] = set_iaid(call, query, ias[i], zero);
	if (ias[i] == IA_NA)
		LOG(FLEX_ID_IGNORE_IAID_APPLIED_ON_NA, label_of(call, label), number_of(packet->iaids[i]));
	else
		LOG(FLEX_ID_IGNORE_IAID_APPLIED_ON_PD, label_of(call, label), number_of(packet->iaids[i]));
	return packet->is_zeroed[i];
}

/* A message that cannot get its identity is dropped: with that of the client it would get another lease. */
static int pkt_receive(struct kea_call *call)
{
	const struct flex_id *flex = kea->context(kea->library(call));
	struct packet *packet = kea->packet_context(call, sizeof(*packet), NULL);

	if (!packet)
		return KEA_DROP;
	for (unsigned i = 0; i < IAS_N && flex->ignores_iaid; i++)
		if (!zero_iaid(call, packet, i))
			return KEA_DROP;
	if (!flex->replaces)
		return KEA_CONTINUE;
	evaluate(call, flex, packet);
	return !packet->id || replace(call, flex, packet) ? KEA_CONTINUE : KEA_DROP;
}

/* --- the response ----------------------------------------------------------------------------------------------- */

/* False: the response has an identifier that is not the client's. */
static bool restore_client_id(struct kea_call *call, const struct flex_id *flex, const struct packet *packet)
{
	struct kea_object *response = kea->argument(call, KEA_ARG_RESPONSE, 0);
	uint32_t code = client_id_code(flex);
	char label[LABEL_MAX], text[HEX_MAX];

	if (!packet->sent)
		return kea->option_delete(response, &code, 1) >= 0;
	if (kea->option_set(response, &code, 1, packet->sent, packet->sent_len) < 0)
		return false;
	if (flex->is_v6)
		LOG(FLEX_ID_RESTORE_DUID, label_of(call, label), hex(packet->sent, packet->sent_len, true, text));
	else
		LOG(FLEX_ID_RESTORE_CLIENT_ID, label_of(call, label), hex(packet->sent, packet->sent_len, true, text));
	return true;
}

static int pkt_send(struct kea_call *call)
{
	const struct flex_id *flex = kea->context(kea->library(call));
	struct packet *packet = kea->packet_context(call, sizeof(*packet), NULL);
	struct kea_object *response = kea->argument(call, KEA_ARG_RESPONSE, 0);
	size_t len;

	if (!packet || !response)
		return KEA_DROP;
	for (unsigned i = 0; i < IAS_N; i++)
		if (packet->is_zeroed[i] && kea->option_get(response, &ias[i], 1, 0, &len) &&
		    !set_iaid(call, response, ias[i], packet->iaids[i]))
			return KEA_DROP;
	return !packet->is_replaced || restore_client_id(call, flex, packet) ? KEA_CONTINUE : KEA_DROP;
}

/* --- parameters ------------------------------------------------------------------------------------------------- */

/* A DUID begins with the type 0, which RFC 9915 does not assign; RFC 4361 puts it after a type and an IAID. */
static void set_prefix(struct flex_id *flex, bool as_duid)
{
	flex->prefix_len = flex->is_v6 ? 2 : 1;
	if (!flex->is_v6 && as_duid) {
		flex->prefix[0] = NODE_ID;
		flex->prefix_len = 1 + IAID_LEN + 2;
	}
}

static void set_expression(struct kea_library *lib, struct flex_id *flex, const struct kea_json *parameters)
{
	const struct kea_json *text = kea->json_get(parameters, "identifier-expression");

	if (text && (kea->json_type(text) != KEA_JSON_TEXT || kea->json_text(text)[0])) {
		flex->expression = kea->expression(lib, text, 0);
		return;
	}
	LOG(FLEX_ID_NO_IDENTIFIER_EXPRESSION);
	if (flex->replaces)
		kea->warn(lib, kea->json_get(parameters, "replace-client-id"),
			  "\"replace-client-id\" has no effect without \"identifier-expression\"");
	flex->replaces = false;
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "identifier-expression", "replace-client-id", "ignore-iaid",
					    "cid-as-rfc4361-duid", NULL };
	const struct kea_json *parameters = api->parameters(lib);
	struct flex_id *flex = calloc(1, sizeof(*flex));
	bool as_duid, ignores_iaid;
	int err;

	messages_register(lib, api);
	if (!flex)
		return KEA_E_NOMEM;
	kea->set_context(lib, flex);
	(void)kea->param_keys(lib, parameters, keys);
	flex->is_v6 = kea->family(lib) == 6;
	flex->replaces = kea->param_bool(lib, parameters, "replace-client-id", 0);
	ignores_iaid = kea->param_bool(lib, parameters, "ignore-iaid", 0);
	flex->ignores_iaid = ignores_iaid && flex->is_v6;
	as_duid = kea->param_bool(lib, parameters, "cid-as-rfc4361-duid", 0);
	set_prefix(flex, as_duid);
	set_expression(lib, flex, parameters);
	if (flex->ignores_iaid && !kea->is_check(lib))
		LOG(FLEX_ID_IGNORE_IAID_ENABLED);
	if (as_duid && !flex->is_v6 && flex->replaces)
		LOG(FLEX_ID_CID_AS_RFC4361_DUID_ENABLED);
	err = kea->on(lib, "host#_identifier", host_identifier);
	if (!err && (flex->replaces || flex->ignores_iaid)) {
		err = kea->on(lib, "pkt#_receive", pkt_receive);
		if (!err)
			err = kea->on(lib, "pkt#_send", pkt_send);
	}
	return err;
}

void kea_hook_unload(struct kea_library *lib)
{
	if (!kea->is_check(lib))
		LOG(FLEX_ID_UNLOAD);
	free(kea->context(lib));
}
