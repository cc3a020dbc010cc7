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
#include "json/value.h"
#include "lease/lease.h"

#include <json-c/json.h>

#define KEY "relay-info"
#define OLD_KEY "relays"
#define CONTEXT_HEAD "{ \"ISC\": { \"" KEY "\": [ "
#define CONTEXT_TAIL " ] } }"

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
	size_t room = sizeof(CONTEXT_HEAD CONTEXT_TAIL);
	char *text, *at;
	unsigned i;

	for (i = 0; i < n; i++)
		room += room_of(&relays[i]);
	/* A context that is too long for a lease is not stored. */
	text = room <= LEASE_CONTEXT_MAX ? arena_alloc(arena, room) : NULL;
	if (!text)
		return NULL;
	at = context_put_text(text, CONTEXT_HEAD);
	for (i = 0; i < n; i++)
		at = put_relay(i ? context_put_text(at, ", ") : at, &relays[i]);
	at = context_put_text(at, CONTEXT_TAIL);
	*at = '\0';
	return text;
}

/* True if the whole context is what fresh_context() writes, so that nothing of another origin would be lost. */
static bool is_ours_alone(const char *context)
{
	const char *end = strstr(context, CONTEXT_TAIL);

	/* There is no list inside a relay, so this one ends where the context does, with nothing in between. */
	return !strncmp(context, CONTEXT_HEAD, strlen(CONTEXT_HEAD)) && end && !end[strlen(CONTEXT_TAIL)] &&
	       !memchr(context, ']', (size_t)(end + 1 - context));
}

const char *context6_make(struct arena *arena, const struct packet6 *query, const char *old)
{
	const char *fresh;

	if (!query->n_relays)
		return old;
	fresh = fresh_context(arena, query->relays, query->n_relays);
	if (!fresh || !old || !old[0] || is_ours_alone(old))
		return fresh ? fresh : old;
	return context_merge(arena, old, fresh, KEY);
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

/*
 * Returns the list as it should be, made from what can be read of the stored one; the caller puts it. NULL if
 * nothing can be read, or the list would be too long for a lease.
 */
static struct json_object *want_of(struct arena *arena, struct json_object *list, bool *ret_too_long)
{
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0, i;
	struct json_object *context, *isc, *info = NULL;
	struct relay6 relays[PACKET6_RELAYS_MAX];
	const char *text;

	if (!n || n > PACKET6_RELAYS_MAX)
		return NULL;
	for (i = 0; i < n; i++)
		if (!read_relay(arena, json_object_array_get_idx(list, i), &relays[i]))
			return NULL;
	text = fresh_context(arena, relays, (unsigned)n);
	*ret_too_long = !text;
	context = text ? json_parse(text, strlen(text)) : NULL;
	if (json_object_object_get_ex(context, "ISC", &isc) && json_object_object_get_ex(isc, KEY, &info))
		(void)json_object_get(info);
	json_object_put(context);
	return info;
}

/* True if two relays have the same content; with all_keys, and no other keys. */
static bool is_right(struct json_object *map, struct json_object *want, bool all_keys)
{
	struct json_object *got;

	json_object_object_foreach(want, key, value)
	{
		if (!json_object_object_get_ex(map, key, &got) || !json_object_equal(got, value))
			return false;
	}
	return !all_keys || json_object_object_length(map) == json_object_object_length(want);
}

static bool all_are_right(struct json_object *list, struct json_object *want, bool all_keys)
{
	size_t i;

	for (i = 0; i < json_object_array_length(want); i++)
		if (!is_right(json_object_array_get_idx(list, i), json_object_array_get_idx(want, i), all_keys))
			return false;
	return true;
}

enum context_verdict context6_check(struct arena *arena, const char *context, enum context_checks level,
				    const char **ret)
{
	struct json_object *root, *isc, *list = NULL, *want = NULL;
	enum context_verdict verdict = CONTEXT_FINE;
	bool is_old, too_long = false;

	if (level == CONTEXT_CHECK_NONE || !context ||
	    (!strstr(context, "\"" KEY "\"") && !strstr(context, "\"" OLD_KEY "\"")))
		return CONTEXT_FINE;
	root = json_parse(context, strlen(context));
	if (!json_object_is_type(root, json_type_object) || !json_object_object_get_ex(root, "ISC", &isc) ||
	    !json_object_is_type(isc, json_type_object))
		goto out;
	is_old = !json_object_object_get_ex(isc, KEY, &list);
	if (is_old && !json_object_object_get_ex(isc, OLD_KEY, &list))
		goto out;
	want = want_of(arena, list, &too_long);
	if (too_long)
		goto out;
	if (!want)
		verdict = CONTEXT_REMOVED;
	else if (is_old ||
		 (level >= CONTEXT_CHECK_STRICT && !all_are_right(list, want, level == CONTEXT_CHECK_PEDANTIC)))
		verdict = CONTEXT_UPGRADED;
	if (verdict == CONTEXT_FINE)
		goto out;
	json_object_object_del(isc, KEY);
	json_object_object_del(isc, OLD_KEY);
	if (want)
		json_object_object_add(isc, KEY, json_object_get(want));
	if (!json_object_object_length(isc))
		json_object_object_del(root, "ISC");
	verdict = context_checked(arena, root, verdict, ret);
out:
	json_object_put(want);
	json_object_put(root);
	return verdict;
}
