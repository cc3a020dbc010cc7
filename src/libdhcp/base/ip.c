/* SPDX-License-Identifier: MPL-2.0 */
#include "base/ip.h"

#include "base/err.h"

#include <arpa/inet.h>

const struct ip ip_zero4 = { .b = { [10] = 0xff, [11] = 0xff } };
const struct ip ip_zero6;

bool ip_is_zero(const struct ip *ip)
{
	return ip_equal(ip, &ip_zero4) || ip_equal(ip, &ip_zero6);
}

int ip_parse(const char *text, struct ip *ret)
{
	struct in_addr in4;
	struct ip ip;

	if (inet_pton(AF_INET, text, &in4) == 1) {
		*ret = ip_from4(ntohl(in4.s_addr));
		return 0;
	}
	if (inet_pton(AF_INET6, text, ip.b) == 1) {
		*ret = ip;
		return 0;
	}
	return -E_INVAL;
}

int ip_parse_n(const char *text, size_t len, struct ip *ret)
{
	char buf[IP_TEXT_MAX];

	if (len >= sizeof(buf))
		return -E_INVAL;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (strlen(buf) != len)
		return -E_INVAL;
	return ip_parse(buf, ret);
}

const char *ip_format(const struct ip *ip, char *buf)
{
	if (ip_is4(ip))
		(void)inet_ntop(AF_INET, ip->b + 12, buf, IP_TEXT_MAX);
	else
		(void)inet_ntop(AF_INET6, ip->b, buf, IP_TEXT_MAX);
	return buf;
}

/*
 * The length in terms of the 16 bytes. A DHCPv6 message may name a v4-mapped address with a length
 * of its own family: whatever comes, no byte behind the address is touched.
 */
static unsigned width(const struct prefix *p)
{
	unsigned bits = ip_is4(&p->addr) ? p->len + 96u : p->len;

	return bits < 128 ? bits : 128;
}

int prefix_parse(const char *text, struct prefix *ret)
{
	const char *slash = strchr(text, '/');
	struct prefix p;
	unsigned len = 0;
	const char *s;

	if (!slash || ip_parse_n(text, (size_t)(slash - text), &p.addr) < 0)
		return -E_INVAL;
	s = slash + 1;
	if (!*s)
		return -E_INVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -E_INVAL;
		len = len * 10 + (unsigned)(*s - '0');
		if (len > 999)
			return -E_RANGE;
	}
	if (len > (ip_is4(&p.addr) ? 32u : 128u))
		return -E_RANGE;
	p.len = (uint8_t)len;
	*ret = p;
	return 0;
}

const char *prefix_format(const struct prefix *p, char *buf)
{
	size_t len;

	(void)ip_format(&p->addr, buf);
	len = strlen(buf);
	(void)snprintf(buf + len, PREFIX_TEXT_MAX - len, "/%u", p->len);
	return buf;
}

static struct ip fill(const struct prefix *p, uint8_t value)
{
	struct ip ip = p->addr;
	unsigned bits = width(p), i = bits / 8;

	if (bits % 8) {
		uint8_t mask = (uint8_t)(0xff >> (bits % 8));

		ip.b[i] = (uint8_t)((ip.b[i] & ~mask) | (value & mask));
		i++;
	}
	for (; i < 16; i++)
		ip.b[i] = value;
	return ip;
}

struct ip prefix_first(const struct prefix *p)
{
	return fill(p, 0x00);
}

struct ip prefix_last(const struct prefix *p)
{
	return fill(p, 0xff);
}

bool prefix_is_clean(const struct prefix *p)
{
	struct ip first = prefix_first(p);

	return ip_equal(&first, &p->addr);
}

bool prefix_contains(const struct prefix *p, const struct ip *ip)
{
	unsigned bits = width(p), n = bits / 8;
	uint8_t mask = (uint8_t)~(0xff >> (bits % 8));

	if (ip_is4(&p->addr) != ip_is4(ip) || memcmp(p->addr.b, ip->b, n) != 0)
		return false;
	return bits % 8 == 0 || ((p->addr.b[n] ^ ip->b[n]) & mask) == 0;
}

struct ip ip_add(const struct ip *ip, uint64_t n)
{
	struct ip sum = *ip;
	int i, low = ip_is4(ip) ? 12 : 0;

	for (i = 15; i >= low && n; i--) {
		n += sum.b[i];
		sum.b[i] = (uint8_t)n;
		n >>= 8;
	}
	return sum;
}

uint64_t ip_distance(const struct ip *first, const struct ip *last)
{
	uint64_t hi1 = 0, lo1 = 0, hi2 = 0, lo2 = 0;
	int i;

	for (i = 0; i < 8; i++) {
		hi1 = hi1 << 8 | first->b[i];
		lo1 = lo1 << 8 | first->b[8 + i];
		hi2 = hi2 << 8 | last->b[i];
		lo2 = lo2 << 8 | last->b[8 + i];
	}
	hi2 -= hi1 + (lo2 < lo1);
	lo2 -= lo1;
	return hi2 ? UINT64_MAX : lo2;
}

__extension__ typedef unsigned __int128 wide;

static wide to_wide(const struct ip *ip)
{
	wide n = 0;
	unsigned i;

	for (i = 0; i < 16; i++)
		n = n << 8 | ip->b[i];
	return n;
}

struct ip ip_add_steps(const struct ip *ip, uint64_t n, unsigned shift)
{
	wide sum = to_wide(ip) + ((wide)n << shift);
	struct ip ret;
	unsigned i;

	for (i = 16; i--; sum >>= 8)
		ret.b[i] = (uint8_t)sum;
	return ret;
}

uint64_t ip_count_steps(const struct ip *first, const struct ip *last, unsigned shift)
{
	wide n = (to_wide(last) - to_wide(first)) >> shift;

	return n > UINT64_MAX ? UINT64_MAX : (uint64_t)n;
}
