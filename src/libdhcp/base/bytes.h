/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Byte cursors, big-endian, with a sticky error: after the first read past the end, every read returns zero, no
 * bytes are left, and `err` stays set, so a parser checks only once at its end, and a loop over the remaining
 * bytes ends. All wire data is accessed through these.
 *
 *	struct reader r = reader_init(data, len);
 *	uint16_t code = read_u16(&r);
 *	uint16_t n = read_u16(&r);
 *	struct reader body = read_sub(&r, n);
 *	if (r.err)
 *		return -E_INVAL;
 */
struct reader {
	const uint8_t *pos;
	const uint8_t *end;
	bool err;
};

/* Bytes owned by someone else. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
	return (struct bytes){ data, len };
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

static inline struct reader reader_init(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct reader){ p, p ? p + len : p, false };
}

static inline struct reader reader_of(struct bytes b)
{
	return reader_init(b.data, b.len);
}

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->pos);
}

/* Borrows n bytes; NULL and the error set if there are fewer. */
static inline const uint8_t *read_bytes(struct reader *r, size_t n)
{
	const uint8_t *p = r->pos;

	if (r->err || reader_left(r) < n) {
		r->err = true;
		r->pos = r->end;
		return NULL;
	}
	r->pos += n;
	return p;
}

static inline void read_copy(struct reader *r, void *to, size_t n)
{
	const uint8_t *p = read_bytes(r, n);

	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

static inline uint8_t read_u8(struct reader *r)
{
	const uint8_t *p = read_bytes(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t read_u16(struct reader *r)
{
	const uint8_t *p = read_bytes(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t read_u32(struct reader *r)
{
	const uint8_t *p = read_bytes(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t read_u64(struct reader *r)
{
	uint64_t hi = read_u32(r);

	return hi << 32 | read_u32(r);
}

/* Returns a reader over the next n bytes and moves r past them. */
static inline struct reader read_sub(struct reader *r, size_t n)
{
	const uint8_t *p = read_bytes(r, n);
	struct reader sub = reader_init(p, p ? n : 0);

	sub.err = !p;
	return sub;
}

static inline struct bytes read_rest(struct reader *r)
{
	struct bytes b = { r->pos, r->err ? 0 : reader_left(r) };

	r->pos = r->end;
	return b;
}

/* Writes to a buffer that the caller owns; once it is full, `err` is set and nothing more is written. */
struct writer {
	uint8_t *start;
	uint8_t *pos;
	uint8_t *end;
	bool err;
};

static inline struct writer writer_init(void *buf, size_t len)
{
	uint8_t *p = buf;

	return (struct writer){ p, p, p + len, false };
}

static inline size_t writer_len(const struct writer *w)
{
	return (size_t)(w->pos - w->start);
}

static inline size_t writer_left(const struct writer *w)
{
	return (size_t)(w->end - w->pos);
}

/* Reserves n bytes for the caller to fill; NULL and the error set if they do not fit. */
static inline uint8_t *write_space(struct writer *w, size_t n)
{
	uint8_t *p = w->pos;

	if (w->err || writer_left(w) < n) {
		w->err = true;
		return NULL;
	}
	w->pos += n;
	return p;
}

static inline void write_bytes(struct writer *w, const void *data, size_t n)
{
	uint8_t *p = write_space(w, n);

	if (p && n)
		memcpy(p, data, n);
}

static inline void write_zeros(struct writer *w, size_t n)
{
	uint8_t *p = write_space(w, n);

	if (p && n)
		memset(p, 0, n);
}

static inline void write_u8(struct writer *w, uint8_t v)
{
	uint8_t *p = write_space(w, 1);

	if (p)
		p[0] = v;
}

static inline void write_u16(struct writer *w, uint16_t v)
{
	uint8_t *p = write_space(w, 2);

	if (p) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

static inline void write_u32(struct writer *w, uint32_t v)
{
	uint8_t *p = write_space(w, 4);

	if (p) {
		p[0] = (uint8_t)(v >> 24);
		p[1] = (uint8_t)(v >> 16);
		p[2] = (uint8_t)(v >> 8);
		p[3] = (uint8_t)v;
	}
}

static inline void write_u64(struct writer *w, uint64_t v)
{
	write_u32(w, (uint32_t)(v >> 32));
	write_u32(w, (uint32_t)v);
}

/*
 * Hex text. bytes_to_hex writes lower case with `sep` between bytes (0 for none), always ends with NUL, and
 * returns the length of the complete text (like snprintf). hex_to_bytes reads plain hex, or pairs (or single
 * digits) separated by ':' or ' ', with or without 0x; returns the number of bytes or -E_INVAL, -E_SPACE.
 */
size_t bytes_to_hex(struct bytes b, char sep, char *buf, size_t size);
int hex_to_bytes(const char *text, size_t len, uint8_t *buf, size_t size);
/* The same, or 'text' in single quotes. */
int text_to_bytes(const char *text, size_t len, uint8_t *buf, size_t size);
/* Returns the value of a hexadecimal digit; negative if it is none. */
static inline int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
