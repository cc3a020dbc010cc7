/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Option 82 as stored with a lease: JSON text in its user-context, where leasequery and the next renewal find
 * it. This is Kea's form: a map; before Kea 2.3, a single string.
 */
#include "serve/context4.h"

#include "json/value.h"
#include "lease/lease.h"
#include "wire/packet4.h"

#include <json-c/json.h>

#define CONTEXT_HEAD "{ \"ISC\": { \"relay-agent-info\": { "
#define CONTEXT_TAIL " } } }"

static const char *fresh_context(struct arena *arena, const struct relay_info4 *rai)
{
	size_t room =
		sizeof(CONTEXT_HEAD CONTEXT_TAIL) + 64 + 2 * (rai->bytes.len + rai->remote_id.len + rai->relay_id.len);
	/* A context that is too long for a lease is not stored. */
	char *text = room <= LEASE_CONTEXT_MAX ? arena_alloc(arena, room) : NULL;
	char *at = text;

	if (!text)
		return NULL;
	at = context_put_text(at, CONTEXT_HEAD);
	if (rai->relay_id.len) {
		at = context_put_hex(context_put_text(at, "\"relay-id\": \""), rai->relay_id);
		at = context_put_text(at, "\", ");
	}
	if (rai->remote_id.len) {
		at = context_put_hex(context_put_text(at, "\"remote-id\": \""), rai->remote_id);
		at = context_put_text(at, "\", ");
	}
	at = context_put_hex(context_put_text(at, "\"sub-options\": \"0x"), rai->bytes);
	at = context_put_text(at, "\"" CONTEXT_TAIL);
	*at = '\0';
	return text;
}

/* True if the whole context is what fresh_context() writes, so that nothing of another origin would be lost. */
static bool is_ours_alone(const char *context)
{
	const char *end = strstr(context, CONTEXT_TAIL);

	return !strncmp(context, CONTEXT_HEAD, strlen(CONTEXT_HEAD)) && end && !end[strlen(CONTEXT_TAIL)] &&
	       !memchr(context + strlen(CONTEXT_HEAD), '{', (size_t)(end - context) - strlen(CONTEXT_HEAD));
}

const char *context4_make(struct arena *arena, const struct relay_info4 *rai, const char *old)
{
	const char *fresh;

	if (!rai->bytes.len)
		return old;
	fresh = fresh_context(arena, rai);
	if (!fresh || !old || !old[0] || is_ours_alone(old))
		return fresh ? fresh : old;
	return context_merge(arena, old, fresh, "relay-agent-info");
}

struct bytes context4_relay(struct arena *arena, const char *context)
{
	const char *at = context ? strstr(context, "\"relay-agent-info\"") : NULL;
	const char *inner = at ? strstr(at, "\"sub-options\"") : NULL;
	size_t len;
	uint8_t *buf;

	/* Kea before 2.3 wrote the string directly, later versions a map. */
	if (!at)
		return bytes_of(NULL, 0);
	at = inner ? inner + strlen("\"sub-options\"") : at + strlen("\"relay-agent-info\"");
	at += strspn(at, " \t:");
	if (strncmp(at, "\"0x", 3) != 0)
		return bytes_of(NULL, 0);
	at += 3;
	len = strcspn(at, "\"");
	buf = arena_alloc(arena, len / 2 + 1);
	if (!buf || len % 2 || hex_to_bytes(at, len, buf, len / 2) < 0)
		return bytes_of(NULL, 0);
	return bytes_of(buf, len / 2);
}

/* --- what is stored already ------------------------------------------------ */

static bool is_text(struct json_object *map, const char *key, const char *want)
{
	struct json_object *value;

	if (!json_object_object_get_ex(map, key, &value))
		return want == NULL;
	return want && json_object_is_type(value, json_type_string) && !strcmp(json_object_get_string(value), want);
}

/* True if two maps of relay information have the same content; with all_keys, and no other keys. */
static bool is_right(struct json_object *info, struct json_object *want, bool all_keys)
{
	json_object_object_foreach(want, key, value)
	{
		if (!is_text(info, key, json_object_get_string(value)))
			return false;
	}
	return !all_keys || json_object_object_length(info) == json_object_object_length(want);
}

/* Returns the map for these bytes of option 82; the caller puts it. */
static struct json_object *info_of(struct arena *arena, struct bytes option)
{
	struct json_object *context, *isc, *info = NULL;
	struct relay_info4 rai;
	const char *text;

	relay4_read(option, &rai);
	text = fresh_context(arena, &rai);
	context = text ? json_parse(text, strlen(text)) : NULL;
	if (json_object_object_get_ex(context, "ISC", &isc) &&
	    json_object_object_get_ex(isc, "relay-agent-info", &info))
		(void)json_object_get(info);
	json_object_put(context);
	return info;
}

enum context_verdict context4_check(struct arena *arena, const char *context, enum context_checks level,
				    const char **ret)
{
	struct json_object *root, *isc, *info, *want = NULL;
	enum context_verdict verdict = CONTEXT_FINE;
	struct bytes option;

	if (level == CONTEXT_CHECK_NONE || !context || !strstr(context, "\"relay-agent-info\""))
		return CONTEXT_FINE;
	root = json_parse(context, strlen(context));
	if (!json_object_is_type(root, json_type_object) || !json_object_object_get_ex(root, "ISC", &isc) ||
	    !json_object_object_get_ex(isc, "relay-agent-info", &info))
		goto out;
	option = context4_relay(arena, context);
	want = option.len ? info_of(arena, option) : NULL;
	if (!want && option.len) /* a lease cannot hold any form of it: left alone */
		goto out;
	if (!want) {
		json_object_object_del(isc, "relay-agent-info");
		if (!json_object_object_length(isc))
			json_object_object_del(root, "ISC");
		verdict = CONTEXT_REMOVED;
	} else if (json_object_is_type(info, json_type_string) ||
		   (level >= CONTEXT_CHECK_STRICT && !is_right(info, want, level == CONTEXT_CHECK_PEDANTIC))) {
		json_object_object_add(isc, "relay-agent-info", json_object_get(want));
		verdict = CONTEXT_UPGRADED;
	}
	verdict = context_checked(arena, root, verdict, ret);
out:
	json_object_put(want);
	json_object_put(root);
	return verdict;
}
