/* SPDX-License-Identifier: MPL-2.0 */
/* Lists of options and their two wire forms, RFC 2132 with RFC 3396 and RFC 8415 21.1. */
#include "wire/option.h"

#include "base/err.h"

enum { FIELDS_MAX = 3 };

void opts_init(struct opts *opts, struct arena *arena)
{
	*opts = (struct opts){ .arena = arena };
}

const struct opt *opts_find(const struct opts *opts, uint16_t code)
{
	for (unsigned i = 0; i < opts->n; i++)
		if (opts->v[i].code == code)
			return &opts->v[i];
	return NULL;
}

int opts_add(struct opts *opts, uint16_t code, struct bytes data)
{
	if (opts->n == opts->cap) {
		unsigned cap = opts->cap ? 2 * opts->cap : 16;
		struct opt *v = arena_room(opts->arena, cap * sizeof(*v));

		if (!v)
			return -E_NOMEM;
		if (opts->n)
			memcpy(v, opts->v, opts->n * sizeof(*v));
		opts->v = v;
		opts->cap = cap;
	}
	opts->v[opts->n++] = (struct opt){ code, data };
	return 0;
}

void opts_remove(struct opts *opts, uint16_t code)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < opts->n; i++)
		if (opts->v[i].code != code)
			opts->v[kept++] = opts->v[i];
	opts->n = kept;
}

/*
 * Options in several parts: the first pass adds up the lengths for each code, the second copies the parts of
 * those with more than one, so an option in a thousand parts is joined in linear time.
 */
static int parse4_parts(struct reader *fields, unsigned n, bool lenient, struct arena *arena, struct opts *out,
			uint8_t *ret_code)
{
	uint32_t total[256] = { 0 }, parts[256] = { 0 }, filled[256] = { 0 };
	uint8_t *joined[256];
	struct reader again[FIELDS_MAX];
	struct opt part = { 0 };

	for (unsigned i = 0; i < n; i++) {
		again[i] = fields[i];
		while (opt_next4(&fields[i], true, &part)) {
			total[part.code] += (uint32_t)part.data.len;
			parts[part.code]++;
		}
		if (fields[i].err && !lenient) {
			*ret_code = (uint8_t)part.code;
			return -E_INVAL;
		}
	}
	for (unsigned i = 0; i < n; i++) {
		while (opt_next4(&again[i], true, &part)) {
			struct bytes data = part.data;
			uint16_t code = part.code;
			int err;

			if (!filled[code]) {
				joined[code] = NULL;
				if (parts[code] > 1) {
					/* one byte more, because an empty value also needs an address */
					joined[code] = arena_alloc(arena, total[code] + 1);
					if (!joined[code])
						return -E_NOMEM;
				}
				err = opts_add(out, code, joined[code] ? bytes_of(joined[code], total[code]) : data);
				if (err < 0)
					return err;
				/* from here on: the offset of the next part, plus one */
				filled[code] = 1;
			}
			if (joined[code] && data.len)
				memcpy(joined[code] + filled[code] - 1, data.data, data.len);
			filled[code] += (uint32_t)data.len;
		}
	}
	return 0;
}

int opts_parse4_fields(struct reader *fields, unsigned n, bool lenient, struct arena *arena, struct opts *out,
		       uint8_t *ret_code)
{
	struct reader r[FIELDS_MAX];
	uint64_t seen[4] = { 0 };
	unsigned before = out->n;
	struct opt part = { 0 };
	int err;

	if (n > FIELDS_MAX)
		return -E_RANGE;
	memcpy(r, fields, n * sizeof(*r));
	/* Nearly always each code occurs once, complete. */
	for (unsigned i = 0; i < n; i++) {
		while (opt_next4(&r[i], true, &part)) {
			uint64_t bit = 1ULL << part.code % 64;

			if (seen[part.code / 64] & bit) {
				out->n = before;
				return parse4_parts(fields, n, lenient, arena, out, ret_code);
			}
			seen[part.code / 64] |= bit;
			err = opts_add(out, part.code, part.data);
			if (err < 0)
				return err;
		}
		if (r[i].err && !lenient) {
			*ret_code = (uint8_t)part.code;
			return -E_INVAL;
		}
	}
	memcpy(fields, r, n * sizeof(*r));
	return 0;
}

int opts_parse4(struct reader *r, struct arena *arena, struct opts *out)
{
	uint8_t code;

	return opts_parse4_fields(r, 1, false, arena, out, &code);
}

bool opt_next6(struct reader *r, struct opt *ret)
{
	uint16_t code, len;
	const uint8_t *data;

	if (r->err || !reader_left(r))
		return false;
	code = read_u16(r);
	len = read_u16(r);
	data = read_bytes(r, len);
	*ret = (struct opt){ code, bytes_of(data, data ? len : 0) };
	return data != NULL;
}

bool opt_find6(struct bytes subs, uint16_t code, struct bytes *ret)
{
	struct reader r = reader_of(subs);
	struct opt opt;

	while (opt_next6(&r, &opt)) {
		if (opt.code == code) {
			*ret = opt.data;
			return true;
		}
	}
	return false;
}

bool opt_find4(struct bytes subs, uint16_t code, struct bytes *ret)
{
	struct reader r = reader_of(subs);
	struct opt opt;

	while (opt_next4(&r, false, &opt))
		if (opt.code == code) {
			*ret = opt.data;
			return true;
		}
	return false;
}

bool codes4_have(struct bytes codes, uint16_t code)
{
	return codes.len && code <= UINT8_MAX && memchr(codes.data, code, codes.len);
}

bool codes6_have(struct bytes codes, uint16_t code)
{
	struct reader r = reader_of(codes);

	while (reader_left(&r) >= 2)
		if (read_u16(&r) == code)
			return true;
	return false;
}

int opts_parse6(struct reader *r, struct arena *arena, struct opts *out)
{
	struct opt opt;

	(void)arena; /* nothing is joined: only the list grows, in its own arena */
	while (opt_next6(r, &opt)) {
		int err = opts_add(out, opt.code, opt.data);

		if (err < 0)
			return err;
	}
	return r->err ? -E_INVAL : 0;
}

size_t opt_wire_len4(size_t len)
{
	return len <= 255 ? len + 2 : len + 2 * ((len + 254) / 255);
}

void opt_write4(struct writer *w, uint8_t code, struct bytes data)
{
	do {
		size_t part = data.len < 255 ? data.len : 255;

		write_u8(w, code);
		write_u8(w, (uint8_t)part);
		write_bytes(w, data.data, part);
		if (part) {
			data.data += part;
			data.len -= part;
		}
	} while (data.len);
}

void opt_write6(struct writer *w, uint16_t code, struct bytes data)
{
	if (data.len > UINT16_MAX) {
		w->err = true;
		return;
	}
	write_u16(w, code);
	write_u16(w, (uint16_t)data.len);
	write_bytes(w, data.data, data.len);
}

size_t opt_begin6(struct writer *w, uint16_t code)
{
	write_u16(w, code);
	write_u16(w, 0);
	return writer_len(w);
}

void opt_end6(struct writer *w, size_t mark)
{
	size_t len = writer_len(w) - mark;

	if (w->err)
		return;
	if (len > UINT16_MAX) {
		w->err = true;
		return;
	}
	w->start[mark - 2] = (uint8_t)(len >> 8);
	w->start[mark - 1] = (uint8_t)len;
}

int opts_write6(struct writer *w, const struct opts *opts)
{
	for (unsigned i = 0; i < opts->n; i++) {
		if (opts->v[i].data.len > UINT16_MAX)
			return -E_RANGE;
		opt_write6(w, opts->v[i].code, opts->v[i].data);
	}
	return w->err ? -E_SPACE : 0;
}
