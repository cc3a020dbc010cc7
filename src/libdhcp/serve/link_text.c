/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/link_text.h"

#include <stdarg.h>
#include <stdio.h>

enum { BYTES_MAX = 64 }; /* of an identifier; longer ones are truncated */

void link_text_add(struct link_text *text, const char *fmt, ...)
{
	size_t left = sizeof(text->buf) - text->len;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text->buf + text->len, left, fmt, ap);
	va_end(ap);
	if (len > 0)
		text->len += (size_t)len < left ? (size_t)len : left - 1;
}

void link_text_ip(struct link_text *text, const char *name, const struct ip *ip)
{
	char buf[IP_TEXT_MAX];

	link_text_add(text, ", %s %s", name, ip_format(ip, buf));
}

void link_text_bytes(struct link_text *text, const char *name, struct bytes bytes)
{
	const char *more = bytes.len > BYTES_MAX ? "..." : "";
	char hex[2 * BYTES_MAX + 1];
	size_t i;

	if (bytes.len > BYTES_MAX)
		bytes.len = BYTES_MAX;
	for (i = 0; i < bytes.len; i++)
		if (bytes.data[i] < 0x20 || bytes.data[i] > 0x7e || bytes.data[i] == '"')
			break;
	if (i == bytes.len) {
		link_text_add(text, ", %s \"%.*s%s\"", name, (int)bytes.len, (const char *)bytes.data, more);
		return;
	}
	(void)bytes_to_hex(bytes, 0, hex, sizeof(hex));
	link_text_add(text, ", %s 0x%s%s", name, hex, more);
}
