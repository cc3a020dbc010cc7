/* SPDX-License-Identifier: MPL-2.0 */
#include "limits/context.h"

#include "limits/messages.h"

#include <stdbool.h>
#include <string.h>

static const char isc[] = "ISC", classes_key[] = "client-classes";

const struct kea_json *context_classes(const struct kea_json *context)
{
	return kea->json_get(kea->json_get(context, isc), classes_key);
}

/* Text that may not fit. */
struct out {
	char *buf;
	size_t size, len;
};

static void put(struct out *out, const char *text, size_t len)
{
	if (out->len + len < out->size)
		memcpy(out->buf + out->len, text, len);
	out->len += len;
}

static void put_text(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

/* As a JSON string. */
static void put_string(struct out *out, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	put_text(out, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		char escaped[] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };

		if (c < ' ' || c == '"' || c == '\\')
			put(out, escaped, sizeof(escaped));
		else
			put(out, text, 1);
	}
	put_text(out, "\"");
}

static void put_value(struct out *out, const struct kea_json *value)
{
	size_t room = out->len < out->size ? out->size - out->len : 0;

	out->len += kea->json_print(value, room ? out->buf + out->len : NULL, room);
}

/* The members of a map but one, each followed by a comma. */
static void put_members(struct out *out, const struct kea_json *map, const char *but)
{
	for (size_t i = 0; i < kea->json_count(map); i++) {
		const char *key = NULL;
		const struct kea_json *value = kea->json_at(map, i, &key);

		if (!key || !strcmp(key, but))
			continue;
		put_string(out, key);
		put_text(out, ": ");
		put_value(out, value);
		put_text(out, ", ");
	}
}

size_t context_write(const struct kea_json *context, const char *const *classes, size_t n, char *buf, size_t size)
{
	struct out out = { buf, size, 0 };

	put_text(&out, "{ ");
	put_members(&out, context, isc);
	put_text(&out, "\"ISC\": { ");
	put_members(&out, kea->json_get(context, isc), classes_key);
	put_text(&out, "\"client-classes\": [ ");
	for (size_t i = 0; i < n; i++) {
		if (i)
			put_text(&out, ", ");
		put_string(&out, classes[i]);
	}
	put_text(&out, " ] } }");
	if (out.len >= size)
		return 0;
	buf[out.len] = '\0';
	return out.len;
}
