/* SPDX-License-Identifier: MPL-2.0 */
#include "base/bytes.h"

#include "base/err.h"

size_t bytes_to_hex(struct bytes b, char sep, char *buf, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0, i;

#define PUT(c)                        \
	do {                          \
		if (n + 1 < size)     \
			buf[n] = (c); \
		n++;                  \
	} while (0)
	for (i = 0; i < b.len; i++) {
		if (i && sep)
			PUT(sep);
		PUT(digits[b.data[i] >> 4]);
		PUT(digits[b.data[i] & 15]);
	}
#undef PUT
	if (size)
		buf[n < size ? n : size - 1] = '\0';
	return n;
}

static bool is_sep(char c)
{
	return c == ':' || c == ' ';
}

/* Separated form: each group has one or two digits. */
static int hex_groups(const char *text, size_t len, uint8_t *buf, size_t size)
{
	size_t i = 0, n = 0;

	while (i < len) {
		int hi = hex_value(text[i++]);
		int lo = i < len && !is_sep(text[i]) ? hex_value(text[i++]) : -2;

		if (hi < 0 || lo == -1)
			return -E_INVAL;
		if (n == size)
			return -E_SPACE;
		buf[n++] = (uint8_t)(lo < 0 ? hi : hi << 4 | lo);
		if (i == len)
			break;
		if (!is_sep(text[i++]) || i == len)
			return -E_INVAL;
	}
	return (int)n;
}

int text_to_bytes(const char *text, size_t len, uint8_t *buf, size_t size)
{
	if (len < 2 || text[0] != '\'' || text[len - 1] != '\'')
		return hex_to_bytes(text, len, buf, size);
	if (len - 2 > size)
		return -E_SPACE;
	memcpy(buf, text + 1, len - 2);
	return (int)(len - 2);
}

int hex_to_bytes(const char *text, size_t len, uint8_t *buf, size_t size)
{
	size_t i, n = 0;

	if (len >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		text += 2;
		len -= 2;
	}
	for (i = 0; i < len; i++)
		if (is_sep(text[i]))
			return hex_groups(text, len, buf, size);
	i = 0;
	if (len % 2) { /* odd number of digits: the first is a byte of its own */
		int lo = hex_value(text[i++]);

		if (lo < 0)
			return -E_INVAL;
		if (!size)
			return -E_SPACE;
		buf[n++] = (uint8_t)lo;
	}
	for (; i < len; i += 2) {
		int hi = hex_value(text[i]), lo = hex_value(text[i + 1]);

		if (hi < 0 || lo < 0)
			return -E_INVAL;
		if (n == size)
			return -E_SPACE;
		buf[n++] = (uint8_t)(hi << 4 | lo);
	}
	return (int)n;
}
