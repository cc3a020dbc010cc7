/* SPDX-License-Identifier: MPL-2.0 */
/* Converts option bytes to text, and checks that bytes match their definition: both use the same walk. */
#include "base/err.h"
#include "base/ip.h"
#include "wire/codec.h"
#include "wire/codec_int.h"
#include "wire/dict4.h"
#include "wire/dnr.h"
#include "wire/domain.h"

/* out is NULL if only the format is checked */
struct dec {
	const struct optdef *def;
	struct bytes whole;
	struct reader r;
	struct str *out;
};

const struct int_type *int_type(enum opt_type type)
{
	static const struct int_type types[OPT_TYPES] = {
		[OPT_INT8] = { 1, INT8_MIN, INT8_MAX },    [OPT_INT16] = { 2, INT16_MIN, INT16_MAX },
		[OPT_INT32] = { 4, INT32_MIN, INT32_MAX }, [OPT_UINT8] = { 1, 0, UINT8_MAX },
		[OPT_UINT16] = { 2, 0, UINT16_MAX },       [OPT_UINT32] = { 4, 0, UINT32_MAX },
	};

	return &types[type];
}

bool codec_is_list(const struct optdef *def)
{
	return (def->array && def->type != OPT_RECORD) || def->type == OPT_INTERNAL;
}

bool codec_is_routes(const struct optdef *def)
{
	return def->type == OPT_INTERNAL && strcmp(def->space, "dhcp4") == 0 &&
	       (def->code == OPT4_CLASSLESS_STATIC_ROUTE || def->code == OPT4_MS_CLASSLESS_STATIC_ROUTE);
}

static void put(struct dec *d, const char *text)
{
	if (d->out)
		str_add(d->out, text);
}

static void put_number(struct dec *d, long long n)
{
	if (d->out)
		str_addf(d->out, "%lld", n);
}

static void put_hex(struct dec *d, struct bytes b)
{
	char hex[3];

	for (size_t i = 0; d->out && i < b.len; i++) {
		bytes_to_hex(bytes_of(b.data + i, 1), 0, hex, sizeof(hex));
		str_add(d->out, hex);
	}
}

/* Text from the network may end up in a log: escapes everything unprintable. */
static void put_text(struct dec *d, struct bytes b)
{
	for (size_t i = 0; d->out && i < b.len; i++) {
		if (b.data[i] == ',')
			str_add(d->out, "\\,");
		else if (b.data[i] >= ' ' && b.data[i] < 0x7f)
			str_addc(d->out, (char)b.data[i]);
		else
			str_addf(d->out, "\\x%02x", b.data[i]);
	}
}

static void put_ip(struct dec *d, const struct ip *ip)
{
	char buf[IP_TEXT_MAX];

	put(d, ip_format(ip, buf));
}

static int integer(struct dec *d, enum opt_type type)
{
	const struct int_type *t = int_type(type);
	uint32_t n = t->size == 1 ? read_u8(&d->r) : t->size == 2 ? read_u16(&d->r) : read_u32(&d->r);

	if (t->min == 0)
		put_number(d, n);
	else
		put_number(d, t->size == 1 ? (int8_t)n : t->size == 2 ? (int16_t)n : (int32_t)n);
	return 0;
}

static int prefix6(struct dec *d)
{
	struct prefix p = { .addr = ip_zero6 };
	char buf[PREFIX_TEXT_MAX];

	p.len = read_u8(&d->r);
	if (p.len > 128)
		return -E_INVAL;
	read_copy(&d->r, p.addr.b, (p.len + 7u) / 8);
	if (d->r.err)
		return -E_INVAL;
	put(d, prefix_format(&p, buf));
	return 0;
}

static int psid(struct dec *d)
{
	unsigned bits = read_u8(&d->r), raw = read_u16(&d->r);

	if (bits > 16 || raw & (0xffffu >> bits))
		return -E_INVAL;
	put_number(d, raw >> (16 - bits));
	put(d, "/");
	put_number(d, bits);
	return 0;
}

static int text(struct dec *d)
{
	struct bytes b = read_rest(&d->r);

	/* RFC 2132 section 2: some end in NUL */
	while (b.len && !b.data[b.len - 1])
		b.len--;
	/* in a record the other fields are enough */
	if (!b.len && d->def->type != OPT_RECORD)
		return -E_INVAL;
	put_text(d, b);
	return 0;
}

static int value(struct dec *d, enum opt_type type)
{
	char name[DOMAIN_TEXT_MAX];
	struct ip ip = ip_zero6;
	const uint8_t *bytes;
	size_t len;

	switch (type) {
	case OPT_BINARY:
		put_hex(d, read_rest(&d->r));
		return 0;
	case OPT_BOOLEAN:
		len = read_u8(&d->r);
		put(d, len ? "true" : "false");
		return len > 1 ? -E_INVAL : 0;
	case OPT_INT8:
	case OPT_INT16:
	case OPT_INT32:
	case OPT_UINT8:
	case OPT_UINT16:
	case OPT_UINT32:
		return integer(d, type);
	case OPT_STRING:
		return text(d);
	case OPT_FQDN:
		if (domain_read(&d->r, d->whole, name) < 0)
			return -E_INVAL;
		put(d, name);
		return 0;
	case OPT_TUPLE:
		len = d->def->wide_tuple ? read_u16(&d->r) : read_u8(&d->r);
		bytes = read_bytes(&d->r, len);
		if (!bytes)
			return -E_INVAL;
		put_text(d, bytes_of(bytes, len));
		return 0;
	case OPT_IPV4_ADDRESS:
		ip = ip_from4(read_u32(&d->r));
		put_ip(d, &ip);
		return 0;
	case OPT_IPV6_ADDRESS:
		read_copy(&d->r, ip.b, sizeof(ip.b));
		put_ip(d, &ip);
		return 0;
	case OPT_IPV6_PREFIX:
		return prefix6(d);
	case OPT_PSID:
		return psid(d);
	default:
		return -E_INVAL;
	}
}

static int route(struct dec *d)
{
	struct prefix p = { .addr = ip_zero4 };
	char buf[PREFIX_TEXT_MAX];
	struct ip router;

	p.len = read_u8(&d->r);
	if (p.len > 32)
		return -E_INVAL;
	read_copy(&d->r, p.addr.b + 12, (p.len + 7u) / 8);
	router = ip_from4(read_u32(&d->r));
	put(d, prefix_format(&p, buf));
	put(d, " - ");
	put_ip(d, &router);
	return 0;
}

static int fields(struct dec *d)
{
	const struct optdef *def = d->def;
	unsigned n = 0, last = def->type == OPT_RECORD ? def->record_n - 1 : 0;
	bool routes = codec_is_routes(def);
	int err;

	do {
		unsigned i = n < last ? n : last;

		if (n)
			put(d, ", ");
		err = routes ? route(d) : value(d, def->type == OPT_RECORD ? def->record[i] : def->type);
		if (err < 0 || d->r.err)
			return -E_INVAL;
		n++;
	} while (n <= last || ((def->array || routes) && reader_left(&d->r)));
	return 0;
}

/* Leaves the sub-options, if any, in the reader. */
static int decode_value(struct dec *d)
{
	const struct optdef *def = d->def;
	int err = 0;

	d->r = reader_of(d->whole);
	if (def->type == OPT_INTERNAL && !codec_is_routes(def)) {
		(void)read_rest(&d->r);
		return dnr_read(d->whole, strcmp(def->space, "dhcp6") == 0, d->out);
	}
	if (def->type != OPT_EMPTY)
		err = fields(d);
	if (err == 0 && reader_left(&d->r) && !def->encapsulate && !def->more)
		return -E_INVAL;
	return err;
}

static int decode(struct dec *d)
{
	int err = decode_value(d);

	if (err < 0 || !reader_left(&d->r))
		return err;
	if (d->def->type != OPT_EMPTY)
		put(d, ", ");
	put_hex(d, read_rest(&d->r));
	return 0;
}

int codec_decode_text(const struct optdef *def, struct bytes data, struct str *out)
{
	struct dec d = { .def = def, .whole = data, .out = out };
	size_t before = out->len;
	int err = decode(&d);

	if (err < 0 && out->text) {
		out->len = before;
		out->text[before] = 0;
	}
	return err;
}

int codec_check(const struct optdef *def, struct bytes data)
{
	struct dec d = { .def = def, .whole = data };

	return decode(&d);
}

int codec_sub_options(const struct optdef *def, struct bytes data, struct bytes *ret)
{
	struct dec d = { .def = def, .whole = data };
	int err = decode_value(&d);

	if (err < 0)
		return err;
	*ret = read_rest(&d.r);
	return 0;
}
