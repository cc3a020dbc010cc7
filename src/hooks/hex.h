/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>

/* Writes two digits for each byte, with the separator between them unless it is 0, and a NUL. Returns the length. */
static inline size_t hex_write(const void *data, size_t len, char separator, char *text)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;
	char *to = text;

	for (size_t i = 0; i < len; i++) {
		if (i && separator)
			*to++ = separator;
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '\0';
	return (size_t)(to - text);
}

static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns the byte that two digits are; negative: the text, of `left` bytes or up to a NUL, does not begin with two. */
static inline int hex_pair(const char *text, size_t left)
{
	int high = left > 1 ? hex_digit(text[0]) : -1, low = high < 0 ? -1 : hex_digit(text[1]);

	return low < 0 ? -1 : high << 4 | low;
}
