/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/name.h"

#include "wire/domain.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

bool name_read_labels(struct bytes labels, char *text, size_t *ret_len)
{
	struct reader r = reader_of(labels);
	size_t n = 0;

	while (reader_left(&r)) {
		uint8_t len = read_u8(&r);
		const uint8_t *label;

		if (!len)
			break;
		label = len <= LABEL_MAX ? read_bytes(&r, len) : NULL;
		if (!label || n + len + 1 >= DOMAIN_TEXT_MAX)
			return false;
		memcpy(text + n, label, len);
		n += len;
		text[n++] = '.';
	}
	*ret_len = n;
	return true;
}

static bool is_letter_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool name_read_labels_or_text(struct bytes data, char *text, size_t *ret_len)
{
	size_t i;

	if (name_read_labels(data, text, ret_len))
		return true;
	for (i = 0; i < data.len; i++)
		if (!is_letter_or_digit(data.data[i]) && !memchr("-._", data.data[i], 3))
			return false;
	if (data.len >= DOMAIN_TEXT_MAX)
		return false;
	memcpy(text, data.data, data.len);
	*ret_len = data.len;
	return true;
}

static bool is_name(const char *text, size_t len)
{
	uint8_t labels[DOMAIN_WIRE_MAX];
	struct writer w = writer_init(labels, sizeof(labels));

	return len && domain_write(&w, text, len) == 0;
}

size_t name_clean(const char *text, size_t len, char *buf)
{
	size_t n = 0, i;

	/* One byte less than a lease can hold, for the trailing dot. */
	for (i = 0; i < len && n < LEASE_HOSTNAME_MAX - 1; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (is_letter_or_digit((uint8_t)c) || c == '-' || c == '.')
			buf[n++] = c;
	}
	while (n && buf[n - 1] == '.')
		n--;
	if (!is_name(buf, n))
		n = 0;
	buf[n] = '\0';
	return n;
}

const char *name_keep(struct arena *arena, const char *name, bool is_fqdn)
{
	size_t len = strlen(name);
	char *text = len ? arena_alloc(arena, len + 2) : NULL;

	if (!text)
		return "";
	memcpy(text, name, len);
	if (is_fqdn)
		text[len] = '.'; /* as Kea writes it */
	return text;
}
