/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/ia6.h"

#include "base/err.h"
#include "wire/dict6.h"

/* Sizes of fixed parts, without option headers. */
enum { NA_FIXED = 12, TA_FIXED = 4, ADDR_FIXED = 24, PREFIX_FIXED = 25, STATUS_FIXED = 2 };

/* For the options that ia6_next finds. */
static size_t fixed_len(uint16_t code)
{
	return code == OPT6_IAADDR || code == OPT6_IAPREFIX ? 0 : ia6_fixed_len(code);
}

size_t ia6_fixed_len(uint16_t code)
{
	switch (code) {
	case OPT6_IA_NA:
	case OPT6_IA_PD:
		return NA_FIXED;
	case OPT6_IA_TA:
		return TA_FIXED;
	case OPT6_IAADDR:
		return ADDR_FIXED;
	case OPT6_IAPREFIX:
		return PREFIX_FIXED;
	default:
		return 0;
	}
}

static uint16_t item_code(uint16_t ia_code)
{
	return ia_code == OPT6_IA_PD ? OPT6_IAPREFIX : OPT6_IAADDR;
}

static bool is_whole(struct bytes subs)
{
	struct reader r = reader_of(subs);
	struct opt opt;

	while (opt_next6(&r, &opt))
		if (opt.code == OPT6_STATUS_CODE && opt.data.len < STATUS_FIXED)
			return false;
	return !r.err;
}

static void read_item(uint16_t code, struct bytes data, struct ia6_item *ret)
{
	struct reader r = reader_of(data);

	ret->prefix.len = 128;
	if (code == OPT6_IAADDR)
		read_copy(&r, ret->prefix.addr.b, sizeof(ret->prefix.addr.b));
	ret->preferred = read_u32(&r);
	ret->valid = read_u32(&r);
	if (code == OPT6_IAPREFIX) {
		ret->prefix.len = read_u8(&r);
		read_copy(&r, ret->prefix.addr.b, sizeof(ret->prefix.addr.b));
	}
	ret->subs = read_rest(&r);
}

/* RFC 9915 21.22: bits after the length are ignored. Works on the bytes, even if they look like an IPv4 address. */
static void clean(struct prefix *p)
{
	for (unsigned i = p->len / 8u; i < sizeof(p->addr.b); i++)
		p->addr.b[i] &= i == p->len / 8u ? (uint8_t) ~(0xff >> p->len % 8) : 0;
}

static const char *check_item(const struct opt *opt)
{
	struct ia6_item item;

	if (opt->code == OPT6_IAADDR && opt->data.len < ADDR_FIXED)
		return "an address option is shorter than 24 bytes";
	if (opt->code == OPT6_IAPREFIX && opt->data.len < PREFIX_FIXED)
		return "a prefix option is shorter than 25 bytes";
	read_item(opt->code, opt->data, &item);
	if (item.prefix.len > 128)
		return "a prefix is longer than 128 bits";
	return is_whole(item.subs) ? NULL : "an option inside an address or prefix is cut short";
}

const char *ia6_check(const struct opt *opt)
{
	size_t fixed = fixed_len(opt->code);
	const char *wrong;
	struct reader r;
	struct opt sub;

	if (!fixed)
		return NULL;
	if (opt->data.len < fixed)
		return opt->code == OPT6_IA_TA ? "an IA_TA is shorter than 4 bytes" : "an IA is shorter than 12 bytes";
	r = reader_init(opt->data.data + fixed, opt->data.len - fixed);
	/* an IA inside an IA is an unknown option here, so this is the deepest level */
	while (opt_next6(&r, &sub)) {
		if (sub.code == OPT6_STATUS_CODE && sub.data.len < STATUS_FIXED)
			return "a status code is shorter than 2 bytes";
		wrong = sub.code == item_code(opt->code) ? check_item(&sub) : NULL;
		if (wrong)
			return wrong;
	}
	return r.err ? "an option inside an IA is cut short" : NULL;
}

bool ia6_next(const struct opts *opts, unsigned *pos, struct ia6 *ret)
{
	while (*pos < opts->n) {
		const struct opt *opt = &opts->v[(*pos)++];
		size_t fixed = fixed_len(opt->code);
		struct reader r = reader_of(opt->data);

		if (!fixed || opt->data.len < fixed)
			continue;
		ret->code = opt->code;
		ret->iaid = read_u32(&r);
		ret->t1 = fixed == NA_FIXED ? read_u32(&r) : 0;
		ret->t2 = fixed == NA_FIXED ? read_u32(&r) : 0;
		ret->subs = read_rest(&r);
		return true;
	}
	return false;
}

unsigned ia6_count(const struct opts *opts)
{
	unsigned n = 0;

	for (unsigned i = 0; i < opts->n; i++)
		n += fixed_len(opts->v[i].code) > 0;
	return n;
}

bool ia6_next_item(const struct ia6 *ia, struct reader *r, struct ia6_item *ret)
{
	struct opt opt;

	while (opt_next6(r, &opt)) {
		if (opt.code != item_code(ia->code) || check_item(&opt))
			continue;
		read_item(opt.code, opt.data, ret);
		clean(&ret->prefix);
		return true;
	}
	return false;
}

void ia6_read_address(struct bytes data, struct ia6_item *ret)
{
	read_item(OPT6_IAADDR, data, ret);
}

bool status6_read(struct bytes data, struct status6_value *ret)
{
	struct reader r = reader_of(data);

	if (data.len < STATUS_FIXED)
		return false;
	ret->code = read_u16(&r);
	ret->text = read_rest(&r);
	return true;
}

bool ia6_status(struct bytes subs, struct status6_value *ret)
{
	struct bytes data;

	return opt_find6(subs, OPT6_STATUS_CODE, &data) && status6_read(data, ret);
}

int ia6_builder_init(struct ia6_builder *b, struct opts *opts, size_t room)
{
	void *buf = arena_room(opts->arena, room ? room : 1);

	if (!buf)
		return -E_NOMEM;
	*b = (struct ia6_builder){ .w = writer_init(buf, room), .opts = opts };
	return 0;
}

void ia6_open(struct ia6_builder *b, uint16_t code, uint32_t iaid, uint32_t t1, uint32_t t2)
{
	b->code = code;
	b->start = writer_len(&b->w);
	b->item = 0;
	write_u32(&b->w, iaid);
	if (fixed_len(code) == NA_FIXED) {
		write_u32(&b->w, t1);
		write_u32(&b->w, t2);
	}
}

void ia6_begin_item(struct ia6_builder *b, const struct prefix *prefix, uint32_t preferred, uint32_t valid)
{
	uint16_t code = item_code(b->code);

	b->item = opt_begin6(&b->w, code);
	if (code == OPT6_IAADDR)
		write_bytes(&b->w, prefix->addr.b, sizeof(prefix->addr.b));
	write_u32(&b->w, preferred);
	write_u32(&b->w, valid);
	if (code == OPT6_IAPREFIX) {
		write_u8(&b->w, prefix->len);
		write_bytes(&b->w, prefix->addr.b, sizeof(prefix->addr.b));
	}
}

void ia6_end_item(struct ia6_builder *b)
{
	opt_end6(&b->w, b->item);
	b->item = 0;
}

void ia6_add(struct ia6_builder *b, const struct prefix *prefix, uint32_t preferred, uint32_t valid)
{
	ia6_begin_item(b, prefix, preferred, valid);
	ia6_end_item(b);
}

static void write_status(struct writer *w, uint16_t status, const char *text)
{
	write_u16(w, status);
	if (text)
		write_bytes(w, text, strlen(text));
}

void ia6_add_status(struct ia6_builder *b, uint16_t status, const char *text)
{
	size_t mark = opt_begin6(&b->w, OPT6_STATUS_CODE);

	write_status(&b->w, status, text);
	opt_end6(&b->w, mark);
}

void ia6_add_option(struct ia6_builder *b, uint16_t code, struct bytes data)
{
	opt_write6(&b->w, code, data);
}

void ia6_add_exclude(struct ia6_builder *b, uint8_t delegated_len, const struct prefix *excluded)
{
	size_t mark = opt_begin6(&b->w, OPT6_PD_EXCLUDE);

	pd_exclude_write(&b->w, delegated_len, excluded);
	opt_end6(&b->w, mark);
}

/* Makes an option of the list from what was written since `start`, or discards it. */
static int finish(struct ia6_builder *b, uint16_t code, size_t start)
{
	size_t len = writer_len(&b->w) - start;
	int err = -E_SPACE;

	if (!b->w.err && len <= UINT16_MAX)
		err = opts_add(b->opts, code, bytes_of(b->w.start + start, len));
	if (err < 0) {
		b->w.pos = b->w.start + start;
		b->w.err = false;
	}
	return err;
}

int ia6_close(struct ia6_builder *b)
{
	return finish(b, b->code, b->start);
}

int ia6_message_status(struct ia6_builder *b, uint16_t status, const char *text)
{
	size_t start = writer_len(&b->w);

	write_status(&b->w, status, text);
	return finish(b, OPT6_STATUS_CODE, start);
}

/* Returns how many bytes contain the bits from `from` to `to`. */
static size_t bytes_between(unsigned from, unsigned to)
{
	return (to - from + 7) / 8;
}

static unsigned bit_at(const struct ip *ip, unsigned i)
{
	return ip->b[i / 8] >> (7 - i % 8) & 1u;
}

void pd_exclude_write(struct writer *w, uint8_t delegated_len, const struct prefix *excluded)
{
	uint8_t id[16] = { 0 };

	if (excluded->len <= delegated_len || excluded->len > 128) {
		w->err = true;
		return;
	}
	for (unsigned i = delegated_len; i < excluded->len; i++)
		id[(i - delegated_len) / 8] |= (uint8_t)(bit_at(&excluded->addr, i) << (7 - (i - delegated_len) % 8));
	write_u8(w, excluded->len);
	write_bytes(w, id, bytes_between(delegated_len, excluded->len));
}

int pd_exclude_read(struct bytes data, const struct prefix *delegated, struct prefix *ret)
{
	struct reader r = reader_of(data);
	struct prefix excluded = { prefix_first(delegated), read_u8(&r) };
	const uint8_t *id;
	size_t n;

	if (r.err || excluded.len <= delegated->len || excluded.len > 128)
		return -E_INVAL;
	n = bytes_between(delegated->len, excluded.len);
	id = read_bytes(&r, n);
	if (!id || reader_left(&r))
		return -E_INVAL;
	for (unsigned i = delegated->len; i < excluded.len; i++) {
		unsigned at = i - delegated->len;

		if (id[at / 8] & 0x80u >> at % 8)
			excluded.addr.b[i / 8] |= (uint8_t)(0x80u >> i % 8);
	}
	*ret = excluded;
	return 0;
}
