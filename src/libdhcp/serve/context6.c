/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The relays of a message as stored with its leases: JSON text in the user-context, where leasequery finds it.
 * This is Kea's form: a list that begins with the relay that sent us the message, each with its hop count, link
 * and peer address, its options as bytes, and its relay identifier and remote identifier by name. Before Kea 2.3
 * the list was called "relays" and had no names.
 */
#include "serve/context6.h"

#include "base/err.h"
#include "base/str.h"

#include <json-c/json.h>

static size_t room_of(const struct relay6 *relay)
{
	size_t n = sizeof("{ \"hop\": 255, \"link\": \"\", \"options\": \"0x\", \"peer\": \"\", \"relay-id\": \"\", "
			  "\"remote-id\": \"\" }, ") +
		   (size_t)2 * IP_TEXT_MAX;
	unsigned i;

	for (i = 0; i < relay->opts.n; i++)
		n += 4 * (4 + relay->opts.v[i].data.len);
	return n;
}

static char *put_options(char *at, const struct opts *opts)
{
	unsigned i;

	for (i = 0; i < opts->n; i++) {
		const struct opt *opt = &opts->v[i];
		uint8_t head[4] = { (uint8_t)(opt->code >> 8), (uint8_t)opt->code, (uint8_t)(opt->data.len >> 8),
				    (uint8_t)opt->data.len };

		at = context_put_hex(context_put_hex(at, bytes_of(head, sizeof(head))), opt->data);
	}
	return at;
}

static char *put_id(char *at, const char *name, const struct opt *opt)
{
	if (!opt)
		return at;
	at = context_put_text(context_put_text(at, ", \""), name);
	at = context_put_hex(context_put_text(at, "\": \""), opt->data);
	return context_put_text(at, "\"");
}

static char *put_relay(char *at, const struct relay6 *relay)
{
	char number[8], addr[IP_TEXT_MAX];

	(void)snprintf(number, sizeof(number), "%u", relay->hop_count);
	at = context_put_text(context_put_text(at, "{ \"hop\": "), number);
	at = context_put_text(context_put_text(at, ", \"link\": \""), ip_format(&relay->link, addr));
	if (relay->opts.n)
		at = put_options(context_put_text(at, "\", \"options\": \"0x"), &relay->opts);
	at = context_put_text(context_put_text(at, "\", \"peer\": \""), ip_format(&relay->peer, addr));
	at = context_put_text(at, "\"");
	at = put_id(at, "relay-id", opts_find(&relay->opts, OPT6_RELAY_ID));
	at = put_id(at, "remote-id", opts_find(&relay->opts, OPT6_REMOTE_ID));
	return context_put_text(at, " }");
}

static const char *fresh_context(struct arena *arena, const struct relay6 *relays, unsigned n)
{
	char *content, *at;
	size_t room = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		room += room_of(&relays[i]);
	at = content = context_begin(&context6_form, arena, room);
	if (!content)
		return NULL;
	for (i = 0; i < n; i++)
		at = put_relay(i ? context_put_text(at, ", ") : at, &relays[i]);
	return context_end(&context6_form, content, at);
}

const char *context6_make(struct arena *arena, const struct packet6 *query, const char *old)
{
	const char *fresh = query->n_relays ? fresh_context(arena, query->relays, query->n_relays) : NULL;

	return context_join(&context6_form, arena, fresh, old);
}

/* --- what is stored already ------------------------------------------------ */

static const char *text_of(struct json_object *map, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(map, key, &value) && json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
}

static bool read_options(struct arena *arena, const char *hex, struct opts *ret)
{
	size_t len = strlen(hex);
	uint8_t *buf = arena_alloc(arena, len / 2 + 1);
	struct reader r;
	struct opt opt;
	int n;

	if (!buf || strncmp(hex, "0x", 2) != 0 || len % 2 || (n = hex_to_bytes(hex + 2, len - 2, buf, len / 2)) < 0)
		return false;
	r = reader_of(bytes_of(buf, (size_t)n));
	while (opt_next6(&r, &opt))
		if (opts_add(ret, opt.code, opt.data) < 0)
			return false;
	return !r.err;
}

static bool read_relay(struct arena *arena, struct json_object *map, struct relay6 *ret)
{
	const char *link = text_of(map, "link"), *peer = text_of(map, "peer"), *options = text_of(map, "options");
	struct json_object *hop;

	if (!json_object_is_type(map, json_type_object) || !json_object_object_get_ex(map, "hop", &hop) ||
	    !json_object_is_type(hop, json_type_int) || json_object_get_int64(hop) < 0 ||
	    json_object_get_int64(hop) > UINT8_MAX || !link || ip_parse(link, &ret->link) < 0 || !peer ||
	    ip_parse(peer, &ret->peer) < 0)
		return false;
	ret->hop_count = (uint8_t)json_object_get_int64(hop);
	opts_init(&ret->opts, arena);
	if (json_object_object_get_ex(map, "options", NULL))
		return options && read_options(arena, options, &ret->opts);
	return true;
}

static bool rewrite(struct arena *arena, const char *context, struct json_object *list, const char **ret)
{
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0, i;
	struct relay6 relays[PACKET6_RELAYS_MAX];

	(void)context;
	if (!n || n > PACKET6_RELAYS_MAX)
		return false;
	for (i = 0; i < n; i++)
		if (!read_relay(arena, json_object_array_get_idx(list, i), &relays[i]))
			return false;
	*ret = fresh_context(arena, relays, (unsigned)n);
	return true;
}

const struct context_form context6_form = {
	CONTEXT_FORM("relay-info", "[", "]"),
	.old_key = "relays",
	.rewrite = rewrite,
};
