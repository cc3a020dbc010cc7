/* SPDX-License-Identifier: MPL-2.0 */
/* Domain names. Reading follows pointers only backwards, which bounds the work. */
#include "wire/domain.h"

#include "base/err.h"

enum { LABEL_MAX = 63, POINTER = 0xc0 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One character, plain or escaped: returns its length in the text, 0 if it is invalid. */
static size_t text_byte(const char *text, size_t len, uint8_t *ret)
{
	unsigned v;

	if (text[0] != '\\') {
		*ret = (uint8_t)text[0];
		return 1;
	}
	if (len >= 4 && is_digit(text[1]) && is_digit(text[2]) && is_digit(text[3])) {
		v = (unsigned)(text[1] - '0') * 100 + (unsigned)(text[2] - '0') * 10 + (unsigned)(text[3] - '0');
		*ret = (uint8_t)v;
		return v <= 255 ? 4 : 0;
	}
	if (len < 2 || is_digit(text[1]))
		return 0;
	*ret = (uint8_t)text[1];
	return 2;
}

int domain_write(struct writer *w, const char *text, size_t len)
{
	uint8_t name[DOMAIN_WIRE_MAX];
	size_t n = 1, start = 0, i = 0;

	if (!len)
		return -E_INVAL;
	if (len == 1 && text[0] == '.') {
		write_u8(w, 0);
		return w->err ? -E_SPACE : 0;
	}
	/* name[start] is the length byte of the label being read */
	while (i < len) {
		size_t used;

		if (text[i] == '.') {
			if (n == start + 1 || n >= sizeof(name))
				return -E_INVAL;
			name[start] = (uint8_t)(n - start - 1);
			start = n++;
			i++;
			continue;
		}
		if (n - start > LABEL_MAX || n >= sizeof(name))
			return -E_INVAL;
		used = text_byte(text + i, len - i, &name[n]);
		if (!used)
			return -E_INVAL;
		n++;
		i += used;
	}
	name[start] = (uint8_t)(n - start - 1);
	if (name[start]) {
		if (n >= sizeof(name))
			return -E_INVAL;
		name[n++] = 0;
	}
	write_bytes(w, name, n);
	return w->err ? -E_SPACE : 0;
}

static size_t put_label(char *buf, const uint8_t *label, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = label[i];

		if (c == '.' || c == '\\' || c == ',') {
			buf[n++] = '\\';
			buf[n++] = (char)c;
		} else if (c > ' ' && c < 0x7f) {
			buf[n++] = (char)c;
		} else {
			buf[n++] = '\\';
			buf[n++] = (char)('0' + c / 100);
			buf[n++] = (char)('0' + c / 10 % 10);
			buf[n++] = (char)('0' + c % 10);
		}
	}
	buf[n++] = '.';
	return n;
}

int domain_read(struct reader *r, struct bytes whole, char *buf)
{
	struct reader at = *r;
	bool jumped = false;
	size_t wire = 1, n = 0;

	for (;;) {
		size_t here = (size_t)(at.pos - whole.data);
		uint8_t len = read_u8(&at);
		const uint8_t *label;

		if (at.err)
			return -E_INVAL;
		if ((len & POINTER) == POINTER) {
			size_t to = (size_t)(len & ~POINTER) << 8 | read_u8(&at);

			/* strictly backwards: the next part ends before this pointer */
			if (at.err || to >= here)
				return -E_INVAL;
			if (!jumped)
				*r = at;
			jumped = true;
			at = reader_init(whole.data + to, here - to);
			continue;
		}
		if (len > LABEL_MAX)
			return -E_INVAL;
		if (!len)
			break;
		label = read_bytes(&at, len);
		wire += len + 1u;
		if (!label || wire > DOMAIN_WIRE_MAX)
			return -E_INVAL;
		n += put_label(buf + n, label, len);
	}
	if (!jumped)
		*r = at;
	if (!n)
		buf[n++] = '.';
	buf[n] = 0;
	return (int)n;
}
