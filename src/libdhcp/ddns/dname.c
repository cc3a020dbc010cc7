/* SPDX-License-Identifier: MPL-2.0 */
#include "ddns/dname.h"

#include "base/err.h"
#include "base/str.h"

const struct dname dname_root = { .len = 1 };

/* Adds a label to a name that does not end in the root yet; false if it does not fit. */
static bool add_label(struct dname *name, const void *label, size_t len)
{
	/* One byte for the root. */
	if (!len || len > DNAME_LABEL_MAX || name->len + 1 + len > DNAME_MAX - 1)
		return false;
	name->wire[name->len] = (uint8_t)len;
	memcpy(name->wire + name->len + 1, label, len);
	name->len = (uint8_t)(name->len + 1 + len);
	return true;
}

static void add_root(struct dname *name)
{
	name->wire[name->len++] = 0;
}

int dname_of_labels(const char *text, size_t len, struct dname *ret)
{
	struct dname name = { 0 };
	size_t i, start = 0;

	len -= len && text[len - 1] == '.';
	for (i = 0; i <= len; i++) {
		if (i < len && text[i] != '.')
			continue;
		if (!add_label(&name, text + start, i - start))
			return -E_INVAL;
		start = i + 1;
	}
	add_root(&name);
	*ret = name;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Returns the number of characters that the byte takes in the text, 0 if they are not valid. */
static size_t parse_byte(const char *text, uint8_t *ret)
{
	unsigned v;

	*ret = (uint8_t)text[0];
	if (text[0] != '\\')
		return 1;
	*ret = (uint8_t)text[1];
	if (!is_digit(text[1]))
		return text[1] ? 2 : 0;
	if (!is_digit(text[2]) || !is_digit(text[3]))
		return 0;
	v = (unsigned)(text[1] - '0') * 100 + (unsigned)(text[2] - '0') * 10 + (unsigned)(text[3] - '0');
	*ret = (uint8_t)v;
	return v > 255 ? 0 : 4;
}

int dname_parse(const char *text, struct dname *ret)
{
	struct dname name = { 0 };
	uint8_t label[DNAME_LABEL_MAX], byte;
	size_t len = 0, used;

	if (!*text)
		return -E_INVAL;
	if (!strcmp(text, ".")) {
		*ret = dname_root;
		return 0;
	}
	while (*text) {
		if (*text == '.') {
			if (!len)
				return -E_INVAL;
			if (!add_label(&name, label, len))
				return -E_RANGE;
			len = 0;
			text++;
			continue;
		}
		used = parse_byte(text, &byte);
		if (!used)
			return -E_INVAL;
		if (len == sizeof(label))
			return -E_RANGE;
		label[len++] = byte;
		text += used;
	}
	if (len && !add_label(&name, label, len))
		return -E_RANGE;
	add_root(&name);
	*ret = name;
	return 0;
}

const char *dname_format(const struct dname *name, char *buf)
{
	struct writer w = writer_init(buf, DNAME_TEXT_MAX - 1);
	struct reader r = reader_init(name->wire, name->len);
	uint8_t label_len;

	if (name->len <= 1)
		write_u8(&w, '.');
	while ((label_len = read_u8(&r))) {
		const uint8_t *label = read_bytes(&r, label_len);

		for (unsigned i = 0; label && i < label_len; i++) {
			char code[5];

			if (label[i] > ' ' && label[i] < 127) {
				if (label[i] == '.' || label[i] == '\\' || label[i] == '"' || label[i] == ';')
					write_u8(&w, '\\');
				write_u8(&w, label[i]);
				continue;
			}
			(void)snprintf(code, sizeof(code), "\\%03u", label[i]);
			write_bytes(&w, code, 4);
		}
		write_u8(&w, '.');
	}
	*w.pos = '\0';
	return buf;
}

static uint8_t lower(uint8_t c)
{
	return (uint8_t)ascii_lower((char)c);
}

/* Length bytes are below 'A', so they are not changed. */
static bool equal_wire(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool dname_equal(const struct dname *a, const struct dname *b)
{
	return a->len == b->len && equal_wire(a->wire, b->wire, a->len);
}

bool dname_is_under(const struct dname *name, const struct dname *zone)
{
	size_t at = 0;

	while (name->len - at > zone->len)
		at += name->wire[at] + 1u;
	return name->len - at == zone->len && equal_wire(name->wire + at, zone->wire, zone->len);
}

struct dname dname_lower(const struct dname *name)
{
	struct dname ret = *name;

	for (unsigned i = 0; i < ret.len; i++)
		ret.wire[i] = lower(ret.wire[i]);
	return ret;
}

struct dname dname_reverse(const struct ip *ip)
{
	static const char digits[] = "0123456789abcdef";
	bool is4 = ip_is4(ip);
	struct dname name = { 0 };

	for (unsigned i = 16; i-- > (is4 ? 12u : 0u);) {
		char text[4];

		if (is4) {
			(void)snprintf(text, sizeof(text), "%u", ip->b[i]);
			(void)add_label(&name, text, strlen(text));
			continue;
		}
		(void)add_label(&name, &digits[ip->b[i] & 15], 1);
		(void)add_label(&name, &digits[ip->b[i] >> 4], 1);
	}
	(void)add_label(&name, is4 ? "in-addr" : "ip6", is4 ? 7 : 3);
	(void)add_label(&name, "arpa", 4);
	add_root(&name);
	return name;
}
