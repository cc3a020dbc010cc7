/* SPDX-License-Identifier: MPL-2.0 */
/* Text to option bytes. decode.c is the opposite direction. */
#include "wire/codec.h"

#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "wire/codec_int.h"
#include "wire/dnr.h"
#include "wire/domain.h"

#include <errno.h>

struct enc {
	const struct optdef *def;
	bool in_packet; /* the heap is not used */
	struct arena *arena;
	struct writer w;
	struct str notes; /* parts of the text that are ignored or changed */
	const char *why;
};

static __attribute__((format(printf, 3, 4))) int fail(struct enc *e, int err, const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	e->why = arena_strdup(e->arena, buf);
	if (!e->why)
		e->why = "not enough memory";
	return -err;
}

static __attribute__((format(printf, 2, 3))) void note(struct enc *e, const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	if (e->in_packet)
		return;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	str_addf(&e->notes, "%s%s", e->notes.len ? "; " : "", buf);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char *trim(char *s)
{
	size_t len;

	while (is_blank(*s))
		s++;
	len = strlen(s);
	while (len && is_blank(s[len - 1]))
		s[--len] = 0;
	return s;
}

/* Cuts the next value out of *pos, in place; NULL after the last one. *ret_none is true if there is no value at all. */
static char *next_value(char **pos, bool *ret_none)
{
	char *start = *pos, *to = start, *from = start;

	if (!start)
		return NULL;
	while (*from && *from != ',') {
		if (from[0] == '\\' && from[1] == ',') {
			*to++ = ',';
			from += 2;
		} else if (from[0] == '\\' && from[1]) {
			/* other backslashes are kept, with the character after them */
			*to++ = *from++;
			*to++ = *from++;
		} else {
			*to++ = *from++;
		}
	}
	*pos = *from ? from + 1 : NULL;
	*to = 0;
	*ret_none = to == start;
	return trim(start);
}

static int number(struct enc *e, const char *v, int64_t min, int64_t max, int64_t *ret)
{
	const char *digits = *v == '-' || *v == '+' ? v + 1 : v;
	int base = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 16 : 10;
	long long n;
	char *end;

	if (*digits < '0' || *digits > '9')
		return fail(e, E_INVAL, "'%s' is not a number", v);
	errno = 0;
	n = strtoll(v, &end, base);
	if (*end)
		return fail(e, E_INVAL, "'%s' is not a number", v);
	if (errno || n < min || n > max)
		return fail(e, E_RANGE, "%s is outside %lld to %lld", v, (long long)min, (long long)max);
	*ret = n;
	return 0;
}

static int integer(struct enc *e, enum opt_type type, const char *v)
{
	const struct int_type *t = int_type(type);
	int64_t n;
	int err = number(e, v, t->min, t->max, &n);

	if (err < 0)
		return err;
	if (t->size == 1)
		write_u8(&e->w, (uint8_t)n);
	else if (t->size == 2)
		write_u16(&e->w, (uint16_t)n);
	else
		write_u32(&e->w, (uint32_t)n);
	return 0;
}

static int boolean(struct enc *e, const char *v)
{
	int64_t n;

	if (str_case_equal(v, "true"))
		n = 1;
	else if (str_case_equal(v, "false"))
		n = 0;
	else if (number(e, v, 0, 1, &n) < 0)
		return fail(e, E_INVAL, "'%s' is not true or false", v);
	write_u8(&e->w, (uint8_t)n);
	return 0;
}

static int binary(struct enc *e, const char *v)
{
	size_t len = strlen(v);
	int n;

	if (len >= 2 && v[0] == '\'' && v[len - 1] == '\'') {
		write_bytes(&e->w, v + 1, len - 2);
		return 0;
	}
	n = hex_to_bytes(v, len, e->w.pos, writer_left(&e->w));
	if (n < 0)
		return fail(e, E_INVAL, "'%s' is neither hex nor text in single quotes", v);
	(void)write_space(&e->w, (size_t)n);
	return 0;
}

/* Clears the bits after the prefix length. */
static void clear_host_bits(struct enc *e, const char *text, struct prefix *p)
{
	char clean[PREFIX_TEXT_MAX];

	if (prefix_is_clean(p))
		return;
	p->addr = prefix_first(p);
	note(e, "'%s' has host bits set; it is read as '%s'", text, prefix_format(p, clean));
}

/* plen: NULL, or the length of the prefix that the address belongs to. */
static int address(struct enc *e, bool want4, const char *v, const uint8_t *plen)
{
	struct prefix p;

	if (ip_parse(v, &p.addr) < 0 || ip_is4(&p.addr) != want4)
		return fail(e, E_INVAL, "'%s' is not an IPv%c address", v, want4 ? '4' : '6');
	if (plen) {
		p.len = *plen;
		if (p.len > (want4 ? 32 : 128))
			return fail(e, E_RANGE, "the length of prefix '%s' is more than %d", v, want4 ? 32 : 128);
		clear_host_bits(e, v, &p);
	}
	write_bytes(&e->w, want4 ? p.addr.b + 12 : p.addr.b, want4 ? 4 : 16);
	return 0;
}

static int tuple(struct enc *e, const char *v)
{
	size_t len = strlen(v);

	if (len > (e->def->wide_tuple ? 65535u : 255u))
		return fail(e, E_RANGE, "a value is too long for its length field");
	if (e->def->wide_tuple)
		write_u16(&e->w, (uint16_t)len);
	else
		write_u8(&e->w, (uint8_t)len);
	write_bytes(&e->w, v, len);
	return 0;
}

static int prefix6(struct enc *e, const char *v)
{
	struct prefix p;

	if (prefix_parse(v, &p) < 0 || ip_is4(&p.addr))
		return fail(e, E_INVAL, "'%s' is not an IPv6 prefix", v);
	clear_host_bits(e, v, &p);
	write_u8(&e->w, p.len);
	write_bytes(&e->w, p.addr.b, (p.len + 7u) / 8);
	return 0;
}

/* "3/4": port set 3 of those that 4 bits distinguish; left-aligned on the wire (RFC 7618 4.2). */
static int psid(struct enc *e, char *v)
{
	char *slash = strchr(v, '/');
	int64_t value, bits;
	int err;

	if (!slash)
		return fail(e, E_INVAL, "'%s' is not a port set such as 3/4", v);
	*slash = 0;
	err = number(e, slash + 1, 0, 16, &bits);
	if (err == 0)
		err = number(e, v, 0, (1 << bits) - 1, &value);
	if (err < 0)
		return err;
	write_u8(&e->w, (uint8_t)bits);
	write_u16(&e->w, (uint16_t)(value << (16 - bits)));
	return 0;
}

/* field: index in the record */
static int value(struct enc *e, enum opt_type type, char *v, unsigned field)
{
	/* The preceding fields of the record have been written: the last byte is the length. */
	const uint8_t *plen = field && field == e->def->prefix_field && !e->w.err ? e->w.pos - 1 : NULL;

	switch (type) {
	case OPT_BINARY:
		return *v ? binary(e, v) : 0;
	case OPT_BOOLEAN:
		return boolean(e, v);
	case OPT_INT8:
	case OPT_INT16:
	case OPT_INT32:
	case OPT_UINT8:
	case OPT_UINT16:
	case OPT_UINT32:
		return integer(e, type, v);
	case OPT_STRING:
		write_bytes(&e->w, v, strlen(v));
		return 0;
	case OPT_FQDN:
		if (domain_write(&e->w, v, strlen(v)) < 0)
			return fail(e, E_INVAL, "'%s' is not a domain name", v);
		return 0;
	case OPT_TUPLE:
		return tuple(e, v);
	case OPT_IPV4_ADDRESS:
	case OPT_IPV6_ADDRESS:
		return address(e, type == OPT_IPV4_ADDRESS, v, plen);
	case OPT_IPV6_PREFIX:
		return prefix6(e, v);
	case OPT_PSID:
		return psid(e, v);
	default:
		return fail(e, E_INVAL, "type %s has no text form", opt_type_name(type));
	}
}

/* RFC 3442: prefix length, the significant bytes of the destination, router. */
static int route(struct enc *e, char *v)
{
	char *dash = strchr(v, '-'), *dest, *router;
	struct prefix p;

	if (!dash)
		return fail(e, E_INVAL, "'%s' is not a route such as 10.0.0.0/8 - 192.0.2.1", v);
	*dash = 0;
	dest = trim(v);
	router = trim(dash + 1);
	if (prefix_parse(dest, &p) < 0 || !ip_is4(&p.addr))
		return fail(e, E_INVAL, "'%s' is not an IPv4 network", dest);
	clear_host_bits(e, dest, &p);
	write_u8(&e->w, p.len);
	write_bytes(&e->w, p.addr.b + 12, (p.len + 7u) / 8);
	return address(e, true, router, NULL);
}

static int dnr(struct enc *e, const char *text)
{
	const char *why = NULL;
	int err = dnr_write(&e->w, text, strcmp(e->def->space, "dhcp6") == 0, &why);

	return err < 0 ? fail(e, -err, "%s", why) : 0;
}

/* True for a type that takes the rest of a record, or has its own length, so that it may be blank. */
static bool may_be_blank(const struct optdef *def, unsigned field)
{
	enum opt_type type = def->type == OPT_RECORD ? def->record[field] : def->type;

	return type == OPT_TUPLE || (def->type == OPT_RECORD && (type == OPT_STRING || type == OPT_BINARY));
}

/*
 * Encodes each comma-separated value. As in Kea, commas with nothing between them count as one, and excess
 * values are dropped.
 */
static int separate_values(struct enc *e, char *text)
{
	const struct optdef *def = e->def;
	unsigned n = 0, n_empty = 0, fields = def->type == OPT_RECORD ? def->record_n : 1;
	bool routes = codec_is_routes(def), is_none;
	char *v = NULL, blank[] = "";
	int err = 0;

	while (err == 0 && (v = next_value(&text, &is_none))) {
		unsigned i = n < fields ? n : fields - 1;

		if (!*v)
			n_empty++;
		if (is_none || (!*v && !may_be_blank(def, i)))
			continue;
		if (n >= fields && !def->array && !routes)
			break;
		err = routes ? route(e, v) : value(e, def->type == OPT_RECORD ? def->record[i] : def->type, v, n);
		n++;
	}
	if (err < 0)
		return err;
	if (n && n_empty)
		note(e, "a value is empty");
	if (n_empty && n && n + 1 == fields && may_be_blank(def, n)) {
		(void)value(e, def->record[n], blank, n);
		n++;
	}
	if (codec_is_list(def))
		return 0;
	if (!n)
		return fail(e, E_INVAL, "a value is missing");
	if (n < fields)
		return fail(e, E_INVAL, "expected %u values, found %u", fields, n);
	if (v)
		note(e, "more than %u value%s: the rest is ignored (a comma inside a value is written \\,)", fields,
		     fields == 1 ? "" : "s");
	return 0;
}

static int values(struct enc *e, char *text)
{
	const struct optdef *def = e->def;

	if (def->type == OPT_EMPTY)
		return *text ? fail(e, E_INVAL, "this option takes no value") : 0;
	if (def->type == OPT_INTERNAL && !codec_is_routes(def))
		return *text ? dnr(e, text) : 0;
	return separate_values(e, text);
}

/* No value is more than 16 times as long as its text: the worst is "::" with its comma. */
static size_t room_for(size_t len)
{
	return 16 * len + 64;
}

/* Encodes a text, which is changed, in a buffer of that size. */
static int encode_in(struct enc *e, char *text, uint8_t *buf, size_t size)
{
	int err;

	e->w = writer_init(buf, size);
	text = trim(text);
	err = e->def ? values(e, text) : *text ? binary(e, text) : 0;
	if (err == 0 && e->w.err)
		err = fail(e, E_SPACE, "the value is too long");
	if (err == 0 && writer_len(&e->w) > UINT16_MAX)
		err = fail(e, E_RANGE, "the value is longer than 65535 bytes");
	return err;
}

/* def NULL means plain bytes. */
static int encode(struct enc *e, const char *text, struct bytes *ret, const char **ret_why)
{
	size_t size = room_for(strlen(text));
	uint8_t *buf = xmalloc(size);
	char *copy = xstrdup(text);
	void *own;
	int err = encode_in(e, copy, buf, size);

	if (err < 0) {
		*ret_why = e->why;
		goto out;
	}
	/* one byte more, because an empty value also needs an address */
	own = arena_alloc(e->arena, writer_len(&e->w) + 1);
	if (!own) {
		*ret_why = "not enough memory";
		err = -E_NOMEM;
		goto out;
	}
	memcpy(own, buf, writer_len(&e->w));
	*ret = bytes_of(own, writer_len(&e->w));
	*ret_why = e->notes.len ? arena_strdup(e->arena, str_text(&e->notes)) : NULL;
out:
	str_free(&e->notes);
	free(copy);
	free(buf);
	return err;
}

int codec_encode_packet(const struct optdef *def, struct bytes text, struct arena *arena, struct bytes *ret,
			const char **ret_why)
{
	struct enc e = { .def = def, .arena = arena, .in_packet = true };
	char *copy = arena_strndup(arena, (const char *)text.data, text.len);
	uint8_t *buf = arena_room(arena, room_for(text.len));
	int err;

	*ret_why = "not enough memory";
	if (!copy || !buf)
		return -E_NOMEM;
	*ret_why = "a NUL is no text";
	if (memchr(text.data, 0, text.len))
		return -E_INVAL;
	err = encode_in(&e, copy, buf, room_for(text.len));
	*ret_why = err < 0 ? e.why : NULL;
	if (err == 0)
		*ret = bytes_of(buf, writer_len(&e.w));
	return err;
}

int codec_encode_text(const struct optdef *def, const char *text, struct arena *arena, struct bytes *ret,
		      const char **ret_why)
{
	struct enc e = { .def = def, .arena = arena };

	return encode(&e, text, ret, ret_why);
}

int codec_encode_hex(const char *text, struct arena *arena, struct bytes *ret, const char **ret_why)
{
	struct enc e = { .arena = arena };

	return encode(&e, text, ret, ret_why);
}
