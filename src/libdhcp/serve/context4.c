/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Option 82 as stored with a lease: JSON text in its user-context, where leasequery and the next renewal find
 * it. This is Kea's form: a map; before Kea 2.3, a single string.
 */
#include "serve/context4.h"

#define KEY "relay-agent-info"

static const char *fresh_context(struct arena *arena, const struct relay_info4 *rai)
{
	char *content = context_begin(&context4_form, arena,
				      64 + 2 * (rai->bytes.len + rai->remote_id.len + rai->relay_id.len));
	char *at = content;

	if (!content)
		return NULL;
	if (rai->relay_id.len) {
		at = context_put_hex(context_put_text(at, "\"relay-id\": \""), rai->relay_id);
		at = context_put_text(at, "\", ");
	}
	if (rai->remote_id.len) {
		at = context_put_hex(context_put_text(at, "\"remote-id\": \""), rai->remote_id);
		at = context_put_text(at, "\", ");
	}
	at = context_put_hex(context_put_text(at, "\"sub-options\": \"0x"), rai->bytes);
	return context_end(&context4_form, content, context_put_text(at, "\""));
}

const char *context4_make(struct arena *arena, const struct relay_info4 *rai, const char *old)
{
	return rai->bytes.len ? context_join(&context4_form, arena, fresh_context(arena, rai), old) : old;
}

struct bytes context4_relay(struct arena *arena, const char *context)
{
	const char *at = context ? strstr(context, "\"" KEY "\"") : NULL;
	const char *inner = at ? strstr(at, "\"sub-options\"") : NULL;
	size_t len;
	uint8_t *buf;

	/* Kea before 2.3 wrote the string directly, later versions a map. */
	if (!at)
		return bytes_of(NULL, 0);
	at = inner ? inner + strlen("\"sub-options\"") : at + strlen("\"" KEY "\"");
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

static bool rewrite(struct arena *arena, const char *context, struct json_object *value, const char **ret)
{
	struct bytes option = context4_relay(arena, context);
	struct relay_info4 rai;

	(void)value;
	if (!option.len)
		return false;
	relay_info4_read(option, &rai);
	*ret = fresh_context(arena, &rai);
	return true;
}

const struct context_form context4_form = { CONTEXT_FORM(KEY, "{", "}"), .rewrite = rewrite };
