/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Expressions of dhcpd (dhcp-eval(5)) as expressions of Kea. What dhcpd calls null is the empty text in Kea; where the
 * difference matters (pick-first-value), `exists` has the condition.
 */
#include "kea-migrate/dhcpd.h"

#include "base/err.h"

#include <stdlib.h>

#define NEST_MAX 40
#define TEXT_MAX 60000

struct reader_ex {
	struct dhcpd *d;
	const struct statement *st;
	unsigned i, depth;
	const char *why;
};

static struct ex bad(struct reader_ex *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static struct ex bad(struct reader_ex *r, const char *fmt, ...)
{
	struct str s = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	if (!r->why)
		r->why = arena_strdup(r->d->arena, str_text(&s));
	str_free(&s);
	return (struct ex){ EX_BAD, .text = "" };
}

static struct ex make(struct reader_ex *r, enum ex_type type, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static struct ex make(struct reader_ex *r, enum ex_type type, const char *fmt, ...)
{
	struct str s = { 0 };
	struct ex e = { type };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	e.text = s.len > TEXT_MAX ? "" : arena_strdup(r->d->arena, str_text(&s));
	if (s.len > TEXT_MAX)
		e = bad(r, "the expression is too long");
	str_free(&s);
	return e;
}

const char *dhcpd_literal(struct dhcpd *d, struct bytes b)
{
	char *hex;
	bool is_text = b.len > 0;

	for (size_t i = 0; i < b.len; i++)
		if (b.data[i] < ' ' || b.data[i] > '~' || b.data[i] == '\'' || b.data[i] == '\\')
			is_text = false;
	if (is_text || !b.len)
		return arena_printf(d->arena, "'%.*s'", (int)b.len, b.len ? (const char *)b.data : "");
	hex = arena_alloc(d->arena, 2 * b.len + 3);
	(void)bytes_to_hex(b, 0, hex + 2, 2 * b.len + 1);
	hex[0] = '0';
	hex[1] = 'x';
	return hex;
}

static struct ex constant(struct reader_ex *r, const void *data, size_t len)
{
	struct ex e = { EX_DATA, .is_const = true };

	if (len > 4096)
		return bad(r, "the text is too long");
	e.data = bytes_of(arena_dup(r->d->arena, len ? data : "", len + !len), len);
	e.text = dhcpd_literal(r->d, e.data);
	return e;
}

int dhcpd_hex(const char *text, uint8_t *buf, size_t size)
{
	size_t n = 0;

	while (*text) {
		int v = hex_value(*text++);

		if (v < 0 || n == size)
			return -E_INVAL;
		if (*text && *text != ':') {
			int low = hex_value(*text++);

			if (low < 0)
				return -E_INVAL;
			v = v * 16 + low;
		}
		buf[n++] = (uint8_t)v;
		if (*text == ':' && text[1])
			text++;
		else if (*text)
			return -E_INVAL;
	}
	return n ? (int)n : -E_INVAL;
}

static bool at(struct reader_ex *r, const char *word)
{
	return token_is(r->st, r->i, word);
}

static bool accept(struct reader_ex *r, const char *word)
{
	if (!at(r, word))
		return false;
	r->i++;
	return true;
}

static bool expect(struct reader_ex *r, const char *word)
{
	if (accept(r, word))
		return true;
	(void)bad(r, "expected %s", word);
	return false;
}

static struct ex parse_or(struct reader_ex *r);
static struct ex parse_sum(struct reader_ex *r);

static struct ex as_data(struct reader_ex *r)
{
	struct ex e = parse_sum(r);

	if (e.type == EX_NUMBER && !e.is_const) {
		e.type = EX_DATA;
		return e;
	}
	return e.type == EX_DATA || e.type == EX_BAD ? e : bad(r, "expected a text");
}

static bool read_number(struct reader_ex *r, uint64_t *ret)
{
	struct ex e = parse_sum(r);

	if (e.type != EX_NUMBER || !e.is_const) {
		(void)bad(r, "expected a number");
		return false;
	}
	*ret = e.number;
	return true;
}

static struct ex option_of(struct reader_ex *r)
{
	struct dhcpd_option opt;
	const char *name = token_text(r->st, r->i);
	struct ex e;

	r->i++;
	if (!dhcpd_find_option(r->d, name, &opt))
		return bad(r, "option %s is unknown", name);
	if (strcmp(opt.space, "agent") == 0)
		e = make(r, EX_DATA, "relay4[%u]", opt.code);
	else if (strcmp(opt.space, "dhcp4") == 0 || strcmp(opt.space, "dhcp6") == 0)
		e = make(r, EX_DATA, "option[%u]", opt.code);
	else if (strncmp(opt.space, "vendor-", 7) == 0)
		e = make(r, EX_DATA, "vendor[%s].option[%u]", opt.space + 7, opt.code);
	else
		return bad(r, "option %s of clients cannot be tested", name);
	return e;
}

static struct ex parse_option(struct reader_ex *r)
{
	struct ex e = option_of(r);

	if (e.type == EX_BAD)
		return e;
	e.exists = arena_printf(r->d->arena, "%s.exists", e.text);
	e.text = arena_printf(r->d->arena, "%s.hex", e.text);
	return e;
}

static struct ex parse_substring(struct reader_ex *r)
{
	struct ex e, res;
	uint64_t from, len;

	if (!expect(r, "("))
		return bad(r, "expected (");
	e = as_data(r);
	if (e.type == EX_BAD || !expect(r, ",") || !read_number(r, &from) || !expect(r, ",") || !read_number(r, &len) ||
	    !expect(r, ")"))
		return bad(r, "malformed substring()");
	if (e.is_const) {
		from = from > e.data.len ? e.data.len : from;
		len = len > e.data.len - from ? e.data.len - from : len;
		return constant(r, e.data.data + from, len);
	}
	if (from > 65535 || len > 65535)
		return bad(r, "substring() of more bytes than a message has");
	if (e.is_hardware && from > 0)
		res = make(r, EX_DATA, "substring(pkt4.mac, %u, %u)", (unsigned)from - 1, (unsigned)len);
	else
		res = make(r, EX_DATA, "substring(%s, %u, %u)", e.text, (unsigned)from, (unsigned)len);
	res.exists = e.exists;
	return res;
}

static struct ex parse_suffix(struct reader_ex *r)
{
	struct ex e, res;
	uint64_t len;

	if (!expect(r, "("))
		return bad(r, "expected (");
	e = as_data(r);
	if (e.type == EX_BAD || !expect(r, ",") || !read_number(r, &len) || !expect(r, ")") || !len || len > 65535)
		return bad(r, "malformed suffix()");
	if (e.is_const)
		return constant(r, e.data.data + (len < e.data.len ? e.data.len - len : 0),
				len < e.data.len ? len : e.data.len);
	res = make(r, EX_DATA, "substring(%s, -%u, all)", e.text, (unsigned)len);
	res.exists = e.exists;
	return res;
}

static struct ex parse_case(struct reader_ex *r, const char *name)
{
	struct ex e, res;

	if (!expect(r, "("))
		return bad(r, "expected (");
	e = as_data(r);
	if (e.type == EX_BAD || !expect(r, ")"))
		return bad(r, "malformed %s()", name);
	res = make(r, EX_DATA, "%s(%s)", name, e.text);
	res.exists = e.exists;
	return res;
}

static struct ex parse_concat(struct reader_ex *r)
{
	struct ex sum;
	struct str all = { 0 };

	if (!expect(r, "("))
		return bad(r, "expected (");
	sum = as_data(r);
	if (sum.type != EX_BAD && sum.is_const)
		str_add_n(&all, (const char *)sum.data.data, sum.data.len);
	while (sum.type != EX_BAD && accept(r, ",")) {
		struct ex e = as_data(r);
		bool is_const = sum.is_const && e.is_const;

		if (e.type == EX_BAD) {
			sum = e;
			break;
		}
		if (is_const && all.len + e.data.len <= 4096)
			str_add_n(&all, (const char *)e.data.data, e.data.len);
		sum = is_const ? constant(r, str_text(&all), all.len)
			       : make(r, EX_DATA, "concat(%s, %s)", sum.text, e.text);
	}
	str_free(&all);
	return sum.type == EX_BAD || expect(r, ")") ? sum : bad(r, "malformed concat()");
}

/* The first value that is not null; without a condition it is the last one that is looked at. */
static struct ex parse_pick(struct reader_ex *r)
{
	struct ex v[8];
	unsigned n = 0;
	struct ex e;

	if (!expect(r, "("))
		return bad(r, "expected (");
	do {
		if (n == 8)
			return bad(r, "pick-first-value() of more than 8 values");
		v[n] = as_data(r);
		if (v[n++].type == EX_BAD)
			return v[n - 1];
	} while (accept(r, ","));
	if (!expect(r, ")"))
		return bad(r, "malformed pick-first-value()");
	e = v[n - 1];
	e.is_hardware = false;
	for (unsigned k = n - 1; k-- > 0;) {
		if (!v[k].exists)
			e = v[k];
		else
			e = make(r, EX_DATA, "ifelse(%s, %s, %s)", v[k].exists, v[k].text, e.text);
	}
	return e;
}

static struct ex parse_b2a(struct reader_ex *r)
{
	uint64_t base, bits;
	struct ex sep, e, res;

	if (!expect(r, "(") || !read_number(r, &base) || !expect(r, ",") || !read_number(r, &bits) || !expect(r, ","))
		return bad(r, "malformed binary-to-ascii()");
	sep = as_data(r);
	if (sep.type == EX_BAD || !expect(r, ","))
		return bad(r, "malformed binary-to-ascii()");
	e = as_data(r);
	if (e.type == EX_BAD || !expect(r, ")") || !sep.is_const || base < 2 || base > 16)
		return bad(r, "malformed binary-to-ascii()");
	if (base == 10 && bits == 8 && sep.data.len == 1 && sep.data.data[0] == '.' && strstr(e.text, "addr"))
		return make(r, EX_DATA, "addrtotext(%s)", e.text);
	/* It prints 0 before a single digit no more than dhcpd's does; only a comparison can be converted. */
	res = make(r, EX_DATA, "hexstring(%s, %s)", e.text, sep.text);
	res.base = (unsigned)base;
	res.bits = (unsigned)bits;
	res.sep = arena_strndup(r->d->arena, (const char *)sep.data.data, sep.data.len);
	res.of = e.text;
	return res;
}

static struct ex parse_extract(struct reader_ex *r)
{
	struct ex e, res;
	uint64_t bits;

	if (!expect(r, "("))
		return bad(r, "expected (");
	e = as_data(r);
	if (e.type == EX_BAD || !expect(r, ",") || !read_number(r, &bits) || !expect(r, ")") ||
	    (bits != 8 && bits != 16 && bits != 32))
		return bad(r, "malformed extract-int()");
	if (e.is_hardware)
		e = make(r, EX_DATA, "concat(substring(pkt4.htype, 3, 1), pkt4.mac)");
	res = make(r, EX_NUMBER, "substring(%s, 0, %u)", e.text, (unsigned)bits / 8);
	res.width = (unsigned)bits / 8;
	return res;
}

static struct ex parse_encode(struct reader_ex *r)
{
	uint64_t v, bits;
	uint8_t buf[4];

	if (!expect(r, "(") || !read_number(r, &v) || !expect(r, ",") || !read_number(r, &bits) || !expect(r, ")") ||
	    (bits != 8 && bits != 16 && bits != 32))
		return bad(r, "malformed encode-int()");
	for (unsigned k = 0; k < bits / 8; k++)
		buf[k] = (uint8_t)(v >> (bits - 8 - 8 * k));
	return constant(r, buf, bits / 8);
}

static struct ex parse_packet(struct reader_ex *r)
{
	static const struct {
		unsigned from, len;
		const char *text;
	} fields[] = { { 4, 4, "pkt4.transid" }, { 12, 4, "pkt4.ciaddr" }, { 16, 4, "pkt4.yiaddr" },
		       { 20, 4, "pkt4.siaddr" }, { 24, 4, "pkt4.giaddr" }, { 28, 6, "substring(pkt4.mac, 0, 6)" },
		       { 28, 16, "pkt4.mac" } };
	uint64_t from, len;

	if (!expect(r, "(") || !read_number(r, &from) || !expect(r, ",") || !read_number(r, &len) || !expect(r, ")"))
		return bad(r, "malformed packet()");
	for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
		if (fields[k].from == from && fields[k].len == len)
			return make(r, EX_DATA, "%s", fields[k].text);
	return bad(r, "packet(%u, %u) is no field that Kea knows", (unsigned)from, (unsigned)len);
}

static struct ex parse_hardware(struct reader_ex *r)
{
	struct ex e = make(r, EX_DATA, "concat(substring(pkt4.htype, 3, 1), pkt4.mac)");

	if (r->d->family == 6)
		return bad(r, "hardware addresses are not in DHCPv6 messages");
	e.is_hardware = true;
	return e;
}

static struct ex parse_word(struct reader_ex *r)
{
	const char *text = token_text(r->st, r->i);
	uint8_t buf[1024];
	struct ip ip;
	uint64_t v;
	char *end;
	int len;

	if (!*text)
		return bad(r, "the expression ends too early");
	r->i++;
	if (!strchr(text, ':') && text[strspn(text, "0123456789")] == '\0') {
		struct ex e = { EX_NUMBER, .is_const = true, .text = arena_strdup(r->d->arena, text) };

		if (!dhcpd_number(text, UINT32_MAX, &v))
			return bad(r, "number %s is out of range", text);
		e.number = v;
		/* In a comparison with data it is one byte in hexadecimal, if it has up to two digits. */
		return e;
	}
	if (strncmp(text, "0x", 2) == 0) {
		struct ex e = { EX_NUMBER, .is_const = true, .text = text };

		e.number = strtoull(text, &end, 16);
		return *end ? bad(r, "%s is no number", text) : e;
	}
	if (ip_parse(text, &ip) == 0 && (!strchr(text, ':') || r->d->family == 6))
		return ip_is4(&ip) ? constant(r, ip.b + 12, 4) : constant(r, ip.b, 16);
	len = dhcpd_hex(text, buf, sizeof(buf));
	return len > 0 ? constant(r, buf, (size_t)len) : bad(r, "\"%s\" has no counterpart in Kea", text);
}

static struct ex parse_primary(struct reader_ex *r)
{
	static const struct {
		const char *word;
		struct ex (*parse)(struct reader_ex *r);
	} functions[] = { { "option", parse_option },         { "substring", parse_substring },
			  { "suffix", parse_suffix },         { "concat", parse_concat },
			  { "pick-first-value", parse_pick }, { "pick", parse_pick },
			  { "binary-to-ascii", parse_b2a },   { "extract-int", parse_extract },
			  { "encode-int", parse_encode },     { "packet", parse_packet },
			  { "hardware", parse_hardware } };

	if (r->i < r->st->n && r->st->v[r->i].kind == TOKEN_STRING) {
		const struct token *tok = &r->st->v[r->i++];

		return constant(r, tok->text, tok->len);
	}
	for (size_t k = 0; k < sizeof(functions) / sizeof(functions[0]); k++)
		if (accept(r, functions[k].word))
			return functions[k].parse(r);
	if (accept(r, "lcase"))
		return parse_case(r, "lcase");
	if (accept(r, "ucase"))
		return parse_case(r, "ucase");
	if (accept(r, "exists")) {
		struct ex e = option_of(r);

		return e.type == EX_BAD ? e : make(r, EX_BOOL, "%s.exists", e.text);
	}
	if (accept(r, "known")) {
		r->d->uses_known = true;
		return make(r, EX_BOOL, "known");
	}
	if (accept(r, "(")) {
		struct ex e = parse_or(r);

		return e.type == EX_BAD || expect(r, ")") ? e : bad(r, "expected )");
	}
	return parse_word(r);
}

/* Sums are only computed for constants. */
static struct ex parse_sum(struct reader_ex *r)
{
	struct ex e;

	if (r->depth >= NEST_MAX)
		return bad(r, "the expression is nested too deeply");
	r->depth++;
	e = parse_primary(r);
	r->depth--;
	for (const char *op = token_text(r->st, r->i); *op && strchr("+-*/%&|^", *op) && !op[1];
	     op = token_text(r->st, r->i))
		return bad(r, "operator %s has no counterpart in Kea", op);
	return e;
}

/* Text that binary-to-ascii would make of the bytes, back to bytes; false if it makes no such text. */
static bool from_ascii(const struct ex *e, struct bytes text, uint8_t *buf, size_t *ret_len)
{
	const char *p = (const char *)text.data, *end = p + text.len;
	size_t n = 0, sep = strlen(e->sep), bytes = e->bits / 8;

	if ((e->bits != 8 && e->bits != 16 && e->bits != 32) || !sep)
		return false;
	while (p < end) {
		uint64_t v = 0;
		const char *from = p;

		for (; p < end && hex_value(*p) >= 0 && (unsigned)hex_value(*p) < e->base; p++) {
			v = v * e->base + (unsigned)hex_value(*p);
			if (v > UINT32_MAX)
				return false;
		}
		if (p == from || n + bytes > 64 || v >> e->bits)
			return false;
		for (size_t k = 0; k < bytes; k++)
			buf[n++] = (uint8_t)(v >> (e->bits - 8 - 8 * k));
		if (p < end && ((size_t)(end - p) <= sep || memcmp(p, e->sep, sep) != 0))
			return false;
		p += p < end ? sep : 0;
	}
	*ret_len = n;
	return n > 0;
}

static struct ex number_as_data(struct reader_ex *r, const struct ex *n, unsigned width)
{
	uint8_t buf[4];

	if (width > 4 || !width || (width < 4 && n->number >> (8 * width)))
		return bad(r, "the number does not fit");
	for (unsigned k = 0; k < width; k++)
		buf[k] = (uint8_t)(n->number >> (8 * (width - 1 - k)));
	struct ex e = constant(r, buf, width);

	/* Always as bytes: a digit in quotes would be confusing. */
	e.text = arena_printf(r->d->arena, "0x%0*llx", (int)(2 * width), (unsigned long long)n->number);
	return e;
}

static const char *equals(struct reader_ex *r, struct ex a, struct ex b)
{
	if (a.is_const && !b.is_const) {
		struct ex swap = a;

		a = b;
		b = swap;
	}
	if (a.type == EX_NUMBER && b.type == EX_NUMBER && !a.is_const && b.is_const)
		b = number_as_data(r, &b, a.width);
	else if (b.type == EX_NUMBER && b.is_const && a.type == EX_DATA) {
		/* dhcpd reads a number without colon as hexadecimal bytes here. */
		uint8_t buf[64];
		int len = dhcpd_hex(b.text, buf, sizeof(buf));

		b = len > 0 ? constant(r, buf, (size_t)len) : bad(r, "a text is compared with a number");
	}
	if (a.type == EX_BAD || b.type == EX_BAD)
		return NULL;
	if (a.type == EX_BOOL || b.type == EX_BOOL) {
		(void)bad(r, "conditions cannot be compared");
		return NULL;
	}
	if (b.is_const && a.base) {
		uint8_t buf[64];
		size_t len;

		if (!from_ascii(&a, b.data, buf, &len)) {
			(void)bad(r, "binary-to-ascii() never has this value");
			return NULL;
		}
		return arena_printf(r->d->arena, "%s == %s", a.of, constant(r, buf, len).text);
	}
	if (a.base || b.base) {
		(void)bad(r, "binary-to-ascii() cannot be compared with something that is not constant");
		return NULL;
	}
	if (a.is_hardware && b.is_const && b.data.len > 1 && b.data.data[0] == 1)
		return arena_printf(r->d->arena, "pkt4.mac == %s", constant(r, b.data.data + 1, b.data.len - 1).text);
	return arena_printf(r->d->arena, "%s == %s", a.text, b.text);
}

const char *dhcpd_equals(struct dhcpd *d, const struct ex *a, const struct ex *b)
{
	struct reader_ex r = { .d = d, .st = d->current };

	return equals(&r, *a, *b);
}

/* dhcpd searches the text, Kea's regular expression must match all of it. */
static struct ex regex(struct reader_ex *r, struct ex a, struct ex b, bool any_case)
{
	if (a.type == EX_BAD || b.type == EX_BAD)
		return a.type == EX_BAD ? a : b;
	if (a.type != EX_DATA || b.type != EX_DATA || !b.is_const || memchr(b.data.data, '\'', b.data.len) ||
	    memchr(b.data.data, '\0', b.data.len))
		return bad(r, "this regular expression cannot be converted");
	return make(r, EX_BOOL, "match('(?s%s).*?(?:%.*s).*', %s)", any_case ? "i" : "", (int)b.data.len,
		    (const char *)b.data.data, a.text);
}

static struct ex parse_comparison(struct reader_ex *r)
{
	struct ex a, b, e;
	const char *text;
	bool is_not = false;

	if (accept(r, "not")) {
		if (r->depth >= NEST_MAX)
			return bad(r, "the expression is nested too deeply");
		r->depth++;
		a = parse_comparison(r);
		r->depth--;
		if (a.type != EX_BOOL)
			return bad(r, "expected a condition after not");
		e = make(r, EX_BOOL, a.is_compound ? "not (%s)" : "not %s", a.text);
		return e;
	}
	a = parse_sum(r);
	if (a.type == EX_BAD)
		return a;
	if (at(r, "~=") || at(r, "~~")) {
		bool any_case = at(r, "~~");

		r->i++;
		b = parse_sum(r);
		return regex(r, a, b, any_case);
	}
	if (!accept(r, "=")) {
		if (!accept(r, "!="))
			return a;
		is_not = true;
	}
	b = parse_sum(r);
	text = equals(r, a, b);
	if (!text)
		return bad(r, "these values cannot be compared");
	return is_not ? make(r, EX_BOOL, "not (%s)", text) : make(r, EX_BOOL, "%s", text);
}

static struct ex parse_chain(struct reader_ex *r, const char *word, struct ex (*part)(struct reader_ex *r))
{
	struct ex e = part(r);

	while (e.type != EX_BAD && at(r, word)) {
		struct ex b;

		r->i++;
		b = part(r);
		if (b.type == EX_BAD)
			return b;
		if (e.type != EX_BOOL || b.type != EX_BOOL)
			return bad(r, "expected a condition at %s", word);
		e = make(r, EX_BOOL, "%s %s %s", e.text, word, b.text);
		e.is_compound = true;
	}
	return e;
}

/* "or" within "and" only comes from parentheses. */
static struct ex parse_factor(struct reader_ex *r)
{
	struct ex e = parse_comparison(r);

	if (e.type == EX_BOOL && e.is_compound)
		e.text = arena_printf(r->d->arena, "(%s)", e.text);
	e.is_compound = false;
	return e;
}

static struct ex parse_and(struct reader_ex *r)
{
	return parse_chain(r, "and", parse_factor);
}

static struct ex parse_or(struct reader_ex *r)
{
	struct ex e;

	if (r->depth >= NEST_MAX)
		return bad(r, "the expression is nested too deeply");
	r->depth++;
	e = parse_chain(r, "or", parse_and);
	r->depth--;
	return e;
}

struct ex dhcpd_expr(struct dhcpd *d, const struct statement *st, unsigned *i, const char **ret_why)
{
	struct reader_ex r = { .d = d, .st = st, .i = *i };
	struct ex e = parse_or(&r);

	*i = r.i;
	*ret_why = r.why;
	return e;
}

const char *dhcpd_condition(struct dhcpd *d, const struct statement *st, unsigned i, const char **ret_why)
{
	struct ex e = dhcpd_expr(d, st, &i, ret_why);

	if (e.type == EX_BAD)
		return NULL;
	if (e.type != EX_BOOL)
		*ret_why = "this is no condition";
	else if (i < st->n)
		*ret_why = arena_printf(d->arena, "unexpected \"%s\"", token_text(st, i));
	else
		return e.text;
	return NULL;
}
