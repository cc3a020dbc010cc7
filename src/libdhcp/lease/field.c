/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The columns of Kea's lease files, version 3.0 (DHCPv4) and 5.0 (DHCPv6), and how each is read and written.
 * Numbers and hex are formatted by hand: a journal row comes out of a worker's time, and printf would take most
 * of it.
 */
#include "lease/field.h"

#include "base/err.h"

/* --- numbers --- */

static int read_number(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!len || len > 20)
		return -E_INVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(unsigned char)text[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return -E_INVAL;
		v = v * 10 + digit;
	}
	if (v > max)
		return -E_INVAL;
	*ret = v;
	return 0;
}

static char *write_number(char *p, uint64_t v)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n)
		*p++ = digits[--n];
	return p;
}

#define NUMBER_FIELD(name, member, max, what)                                       \
	static int read_##name(const char *text, size_t len, struct lease_row *row) \
	{                                                                           \
		uint64_t v;                                                         \
                                                                                    \
		if (read_number(text, len, (max), &v) < 0) {                        \
			row->why = what;                                            \
			return -E_INVAL;                                            \
		}                                                                   \
		row->lease.member = (__typeof__(row->lease.member))v;               \
		return 0;                                                           \
	}                                                                           \
	static char *write_##name(char *p, const struct lease *lease)               \
	{                                                                           \
		return write_number(p, (uint64_t)lease->member);                    \
	}

NUMBER_FIELD(valid, valid, UINT32_MAX, "valid_lifetime is not a 32-bit number")
NUMBER_FIELD(subnet_id, subnet_id, UINT32_MAX, "subnet_id is not a 32-bit number")
NUMBER_FIELD(fqdn_fwd, fqdn_fwd, 1, "fqdn_fwd is not 0 or 1")
NUMBER_FIELD(fqdn_rev, fqdn_rev, 1, "fqdn_rev is not 0 or 1")
NUMBER_FIELD(state, state, LEASE_STATE_N - 1, "state is not a known lease state")
NUMBER_FIELD(pool_id, pool_id, UINT32_MAX, "pool_id is not a 32-bit number")
NUMBER_FIELD(preferred, preferred, UINT32_MAX, "pref_lifetime is not a 32-bit number")
NUMBER_FIELD(lease_type, type, LEASE_PD, "lease_type is not 0, 1 or 2")
NUMBER_FIELD(iaid, iaid, UINT32_MAX, "iaid is not a 32-bit number")
NUMBER_FIELD(prefix_len, prefix_len, 128, "prefix_len is not 0 to 128")
/* Like NUMBER_FIELD, but empty if there is no hardware address. */
#define HARDWARE_FIELD(name, member, max, what)                                     \
	NUMBER_FIELD(name##_number, member, max, what)                              \
	static int read_##name(const char *text, size_t len, struct lease_row *row) \
	{                                                                           \
		if (len)                                                            \
			return read_##name##_number(text, len, row);                \
		row->lease.member = 0;                                              \
		return 0;                                                           \
	}                                                                           \
	static char *write_##name(char *p, const struct lease *lease)               \
	{                                                                           \
		return lease->hwaddr.len ? write_##name##_number(p, lease) : p;     \
	}

HARDWARE_FIELD(hwtype, hwtype, UINT8_MAX, "hwtype is not a hardware type")
HARDWARE_FIELD(hwsource, hwsource, UINT16_MAX, "hwaddr_source is not a 16-bit number")

/* expire is cltt plus the valid lifetime; values beyond 34,000 years make no sense. */
static int read_expire(const char *text, size_t len, struct lease_row *row)
{
	uint64_t v;

	if (read_number(text, len, (1ULL << 40) - 1, &v) < 0) {
		row->why = "expire is not a time";
		return -E_INVAL;
	}
	row->expire_wall = (int64_t)v;
	return 0;
}

static char *write_expire(char *p, const struct lease *lease)
{
	return write_number(p, (uint64_t)lease->cltt + lease->valid);
}

/* --- addresses --- */

/* The largest files consist mostly of dotted quads; ip_parse_n() handles everything else. */
static bool read_quad(const char *text, size_t len, struct ip *ret)
{
	uint32_t addr = 0, part = 0;
	unsigned dots = 0, digits = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(unsigned char)text[i] - '0';

		if (digit <= 9 && digits < 3 && !(digits && !part)) {
			part = part * 10 + digit;
			digits++;
		} else if (text[i] == '.' && digits && part <= 255 && dots < 3) {
			addr = addr << 8 | part;
			part = digits = 0;
			dots++;
		} else {
			return false;
		}
	}
	if (dots != 3 || !digits || part > 255)
		return false;
	*ret = ip_from4(addr << 8 | part);
	return true;
}

static int read_addr4(const char *text, size_t len, struct lease_row *row)
{
	if (!read_quad(text, len, &row->lease.addr)) {
		row->why = "address is not an IPv4 address";
		return -E_INVAL;
	}
	row->lease.type = LEASE_V4;
	row->lease.prefix_len = 32;
	return 0;
}

static int read_addr6(const char *text, size_t len, struct lease_row *row)
{
	struct ip addr;

	if (ip_parse_n(text, len, &addr) < 0 || ip_is4(&addr)) {
		row->why = "address is not an IPv6 address";
		return -E_INVAL;
	}
	row->lease.addr = addr;
	row->lease.prefix_len = 128;
	return 0;
}

/* There is room for the NUL: more fields follow in the row. */
static char *write_addr(char *p, const struct lease *lease)
{
	return p + strlen(ip_format(&lease->addr, p));
}

/* --- bytes as colon-separated hex --- */

/* Pairs of digits, or single digits, separated by colons. */
static int read_colon_hex(const char *text, size_t len, uint8_t *buf, size_t size, struct bytes *ret)
{
	const char *p = text, *end = text + len;
	size_t n = 0;

	while (p < end) {
		int hi = hex_value(*p++), lo;

		if (hi < 0 || n == size)
			return -E_INVAL;
		if (p < end && *p != ':') {
			lo = hex_value(*p++);
			if (lo < 0)
				return -E_INVAL;
			hi = hi << 4 | lo;
		}
		buf[n++] = (uint8_t)hi;
		if (p == end)
			break;
		if (*p++ != ':' || p == end)
			return -E_INVAL;
	}
	*ret = bytes_of(buf, n);
	return 0;
}

static char *write_colon_hex(char *p, struct bytes b)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < b.len; i++) {
		if (i)
			*p++ = ':';
		*p++ = digits[b.data[i] >> 4];
		*p++ = digits[b.data[i] & 15];
	}
	return p;
}

static int read_hwaddr(const char *text, size_t len, struct lease_row *row)
{
	if (read_colon_hex(text, len, row->hwaddr, sizeof(row->hwaddr), &row->lease.hwaddr) < 0) {
		row->why = "hwaddr is not a hardware address of at most 20 bytes";
		return -E_INVAL;
	}
	/* v4 files have no column for the type: assume Ethernet, as Kea does. In a v6 file hwtype follows. */
	row->lease.hwtype = row->lease.hwaddr.len ? 1 : 0;
	return 0;
}

static char *write_hwaddr(char *p, const struct lease *lease)
{
	return write_colon_hex(p, lease->hwaddr);
}

static int read_client_id(const char *text, size_t len, struct lease_row *row)
{
	if (read_colon_hex(text, len, row->client_id, sizeof(row->client_id), &row->lease.client_id) < 0) {
		row->why = "client_id is not at most 255 bytes in hex";
		return -E_INVAL;
	}
	return 0;
}

static char *write_client_id(char *p, const struct lease *lease)
{
	return write_colon_hex(p, lease->client_id);
}

/* A declined v6 lease has no client; the file then has 00:00:00. */
static const uint8_t no_duid[3];

static int read_duid(const char *text, size_t len, struct lease_row *row)
{
	if (read_colon_hex(text, len, row->client_id, sizeof(row->client_id), &row->lease.client_id) < 0 ||
	    row->lease.client_id.len == 0) {
		row->why = "duid is not 1 to 255 bytes in hex";
		return -E_INVAL;
	}
	if (bytes_equal(row->lease.client_id, bytes_of(no_duid, sizeof(no_duid))))
		row->lease.client_id.len = 0;
	return 0;
}

static char *write_duid(char *p, const struct lease *lease)
{
	return write_colon_hex(p, lease->client_id.len ? lease->client_id : bytes_of(no_duid, sizeof(no_duid)));
}

/* --- strings: comma, ampersand and control characters are written as &#xHH --- */

static int read_text(const char *text, size_t len, char *buf, size_t size, const char **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '&' && len - i >= 5 && text[i + 1] == '#' && text[i + 2] == 'x' &&
		    hex_value(text[i + 3]) >= 0 && hex_value(text[i + 4]) >= 0) {
			c = (char)(hex_value(text[i + 3]) << 4 | hex_value(text[i + 4]));
			i += 4;
		}
		if (!c || n + 1 >= size)
			return -E_INVAL;
		buf[n++] = c;
	}
	buf[n] = '\0';
	*ret = buf;
	return 0;
}

static char *write_text(char *p, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != ',' && c != '&' && c != 0x7f) {
			*p++ = (char)c;
			continue;
		}
		*p++ = '&';
		*p++ = '#';
		*p++ = 'x';
		*p++ = digits[c >> 4];
		*p++ = digits[c & 15];
	}
	return p;
}

static int read_hostname(const char *text, size_t len, struct lease_row *row)
{
	if (read_text(text, len, row->hostname, sizeof(row->hostname), &row->lease.hostname) < 0) {
		row->why = "hostname is longer than 255 bytes or contains a zero byte";
		return -E_INVAL;
	}
	return 0;
}

static char *write_hostname(char *p, const struct lease *lease)
{
	return lease->hostname ? write_text(p, lease->hostname) : p;
}

static int read_context(const char *text, size_t len, struct lease_row *row)
{
	if (!len)
		return 0;
	if (read_text(text, len, row->context, sizeof(row->context), &row->lease.user_context) < 0) {
		row->why = "user_context is longer than 65535 bytes or contains a zero byte";
		return -E_INVAL;
	}
	return 0;
}

static char *write_context(char *p, const struct lease *lease)
{
	return lease->user_context ? write_text(p, lease->user_context) : p;
}

/* clang-format off */
static const struct lease_field fields4[] = {
	{ "address", 1, 0, read_addr4, write_addr,
	  "address of the lease; of a prefix, its first address" },
	{ "hwaddr", 1, 0, read_hwaddr, write_hwaddr,
	  "hardware address of the client, in hex with colons; may be empty" },
	{ "client_id", 1, 0, read_client_id, write_client_id,
	  "client identifier (option 61), in hex with colons; may be empty" },
	{ "valid_lifetime", 1, 0, read_valid, write_valid,
	  "lifetime, s; 0 deletes the lease, 4294967295 is infinite" },
	{ "expire", 1, 0, read_expire, write_expire,
	  "when the lease ends, s since 1970" },
	{ "subnet_id", 1, 0, read_subnet_id, write_subnet_id,
	  "id of its subnet" },
	{ "fqdn_fwd", 1, 0, read_fqdn_fwd, write_fqdn_fwd,
	  "1 if the DNS has an address record for it" },
	{ "fqdn_rev", 1, 0, read_fqdn_rev, write_fqdn_rev,
	  "1 if the DNS has a PTR record for it" },
	{ "hostname", 1, 0, read_hostname, write_hostname,
	  "name of the client; may be empty" },
	{ "state", 2, 0, read_state, write_state,
	  "0: assigned, 1: declined, 2: expired and reclaimed, 3: released, 4: registered" },
	{ "user_context", 2, 1, read_context, write_context,
	  "a JSON map; may be empty" },
	{ "pool_id", 3, 0, read_pool_id, write_pool_id,
	  "id of its pool; 0 if it has none" },
};

static const struct lease_field fields6[] = {
	{ "address", 1, 0, read_addr6, write_addr,
	  "address of the lease; of a prefix, its first address" },
	{ "duid", 1, 0, read_duid, write_duid,
	  "DUID of the client, in hex with colons; of a declined lease it may be 00:00:00" },
	{ "valid_lifetime", 1, 0, read_valid, write_valid,
	  "lifetime, s; 0 deletes the lease, 4294967295 is infinite" },
	{ "expire", 1, 0, read_expire, write_expire,
	  "when the lease ends, s since 1970" },
	{ "subnet_id", 1, 0, read_subnet_id, write_subnet_id,
	  "id of its subnet" },
	{ "pref_lifetime", 1, 0, read_preferred, write_preferred,
	  "preferred lifetime, s" },
	{ "lease_type", 1, 0, read_lease_type, write_lease_type,
	  "0: address (IA_NA), 1: temporary address (IA_TA), 2: prefix (IA_PD)" },
	{ "iaid", 1, 0, read_iaid, write_iaid,
	  "identifier of the IA" },
	{ "prefix_len", 1, 0, read_prefix_len, write_prefix_len,
	  "length of the prefix; 128 for an address" },
	{ "fqdn_fwd", 1, 0, read_fqdn_fwd, write_fqdn_fwd,
	  "1 if the DNS has an address record for it" },
	{ "fqdn_rev", 1, 0, read_fqdn_rev, write_fqdn_rev,
	  "1 if the DNS has a PTR record for it" },
	{ "hostname", 1, 0, read_hostname, write_hostname,
	  "name of the client; may be empty" },
	{ "hwaddr", 2, 0, read_hwaddr, write_hwaddr,
	  "hardware address of the client, in hex with colons; may be empty" },
	{ "state", 3, 0, read_state, write_state,
	  "0: assigned, 1: declined, 2: expired and reclaimed, 3: released, 4: registered" },
	{ "user_context", 3, 1, read_context, write_context,
	  "a JSON map; may be empty" },
	{ "hwtype", 4, 0, read_hwtype, write_hwtype,
	  "hardware type of hwaddr; empty without one" },
	{ "hwaddr_source", 4, 0, read_hwsource, write_hwsource,
	  "how the server learned hwaddr; empty without one" },
	{ "pool_id", 5, 0, read_pool_id, write_pool_id,
	  "id of its pool; 0 if it has none" },
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
_Static_assert(COUNT(fields6) <= LEASE_FIELDS_MAX, "LEASE_FIELDS_MAX");

const struct lease_fields *lease_fields(int family)
{
	static const struct lease_fields fields[2] = {
		{ fields4, COUNT(fields4), 9 },
		{ fields6, COUNT(fields6), 12 },
	};

	return &fields[family ? 1 : 0];
}
