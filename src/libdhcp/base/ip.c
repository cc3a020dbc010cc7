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

/* Approximate distance from a to b. */
static double span(const struct ip *a, const struct ip *b)
{
	if (ip_half(a, 0) == ip_half(b, 0) && ip_half(b, 1) >= ip_half(a, 1))
		return (double)(ip_half(b, 1) - ip_half(a, 1));
	return ((double)ip_half(b, 0) - (double)ip_half(a, 0)) * 0x1p64 +
	       ((double)ip_half(b, 1) - (double)ip_half(a, 1));
}

struct sorted {
	const struct ip *first;
	size_t stride; /* bytes from one to the next */
	const struct ip *ip;
	bool or_equal;
};

static const struct ip *ip_at(const struct sorted *sorted, size_t i)
{
	return (const struct ip *)((const char *)sorted->first + i * sorted->stride);
}

static bool is_less(const struct sorted *sorted, size_t i)
{
	return ip_cmp(ip_at(sorted, i), sorted->ip) < sorted->or_equal;
}

/*
 * Addresses of a network plan or reservations are mostly evenly spaced, so interpolation usually lands near the right
 * position, and the range to be searched begins there and grows in steps: few memory locations are read, where a binary
 * search in ten thousand reads fourteen.
 */
static void guess(const struct sorted *sorted, size_t n, size_t *lo, size_t *hi)
{
	double all = span(sorted->first, ip_at(sorted, n - 1)), part = span(sorted->first, sorted->ip);
	size_t i, step = 1;

	if (!(part > 0 && part < all)) {
		/* Before the first or after the last, unless the distances are too large to tell. */
		*hi = is_less(sorted, 0) ? n : 0;
		*lo = *hi && is_less(sorted, n - 1) ? n : 0;
		return;
	}
	i = (size_t)(part / all * (double)(n - 1));
	if (is_less(sorted, i)) {
		for (; i + step < n && is_less(sorted, i + step); step *= 2)
			i += step;
		*lo = i + 1;
		*hi = i + step < n ? i + step : n;
	} else {
		for (; i >= step && !is_less(sorted, i - step); step *= 2)
			i -= step;
		*lo = i >= step ? i - step + 1 : 0;
		*hi = i;
	}
}

size_t ip_count_less_in(const struct ip *first, size_t stride, size_t n, const struct ip *ip, bool or_equal)
{
	const struct sorted sorted = { first, stride, ip, or_equal };
	size_t lo = 0, hi = n;

	if (n > 32)
		guess(&sorted, n, &lo, &hi);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (is_less(&sorted, mid))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
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

/*
 * Formatted by hand, because an address is written with every lease: inet_ntop() goes through printf.
 */
static char *format_byte(char *p, uint8_t v)
{
	if (v >= 100)
		*p++ = (char)('0' + v / 100);
	if (v >= 10)
		*p++ = (char)('0' + v / 10 % 10);
	*p++ = (char)('0' + v % 10);
	return p;
}

static char *format4(char *p, const uint8_t *b)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		p = format_byte(p, b[i]);
	}
	return p;
}

static uint16_t group_of(const struct ip *ip, unsigned i)
{
	return (uint16_t)(ip->b[2 * i] << 8 | ip->b[2 * i + 1]);
}

static char *format_group(char *p, uint16_t v)
{
	static const char digits[] = "0123456789abcdef";

	if (v >= 0x1000)
		*p++ = digits[v >> 12];
	if (v >= 0x100)
		*p++ = digits[v >> 8 & 15];
	if (v >= 0x10)
		*p++ = digits[v >> 4 & 15];
	*p++ = digits[v & 15];
	return p;
}

/* Returns the longest run of at least two zero groups, the first of equally long ones; *ret_len 0: none. */
static unsigned zero_run(const struct ip *ip, unsigned *ret_len)
{
	unsigned best = 0, best_len = 0, len = 0;

	for (unsigned i = 0; i < 8; i++) {
		len = group_of(ip, i) ? 0 : len + 1;
		if (len > 1 && len > best_len) {
			best_len = len;
			best = i + 1 - len;
		}
	}
	*ret_len = best_len;
	return best;
}

static char *format6(char *p, const struct ip *ip)
{
	unsigned run_len, run = zero_run(ip, &run_len), i = 0;

	while (i < 8) {
		if (run_len && i == run) {
			*p++ = ':';
			*p++ = ':';
			i += run_len;
			continue;
		}
		if (i && !(run_len && i == run + run_len))
			*p++ = ':';
		/* An IPv4 address after 96 zero bits (::192.0.2.1), as inet_ntop() writes it. */
		if (i == 6 && run == 0 && run_len == 6)
			return format4(p, ip->b + 12);
		p = format_group(p, group_of(ip, i++));
	}
	return p;
}

static char *format_ip(const struct ip *ip, char *p)
{
	return ip_is4(ip) ? format4(p, ip->b + 12) : format6(p, ip);
}

const char *ip_format(const struct ip *ip, char *buf)
{
	*format_ip(ip, buf) = '\0';
	return buf;
}

/*
 * The length in terms of the 16 bytes. A DHCPv6 message may contain a v4-mapped address with an IPv6 length: no
 * input may cause access past the address.
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
	char *end = format_ip(&p->addr, buf);

	*end++ = '/';
	*format_byte(end, p->len) = '\0';
	return buf;
}

/* 128-bit numbers in halves: processors compute them this way anyway, and 32-bit ones have no such type. */
static struct ip from_halves(uint64_t hi, uint64_t lo)
{
	uint64_t halves[2] = { htobe64(hi), htobe64(lo) };
	struct ip ip;

	memcpy(ip.b, halves, sizeof(halves));
	return ip;
}

/* Sets all bits after the length to 0 or 1. */
static struct ip fill(const struct prefix *p, uint64_t value)
{
	unsigned bits = width(p);
	uint64_t hi = bits >= 64 ? 0 : UINT64_MAX >> bits;
	uint64_t lo = bits == 128 ? 0 : bits > 64 ? UINT64_MAX >> (bits - 64) : UINT64_MAX;

	return from_halves((ip_half(&p->addr, 0) & ~hi) | (value & hi), (ip_half(&p->addr, 1) & ~lo) | (value & lo));
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return a->len < b->len ? prefix_contains(a, &b->addr) : prefix_contains(b, &a->addr);
}

struct ip prefix_first(const struct prefix *p)
{
	return fill(p, 0);
}

struct ip prefix_last(const struct prefix *p)
{
	return fill(p, UINT64_MAX);
}

bool prefix_is_clean(const struct prefix *p)
{
	struct ip first = prefix_first(p);

	return ip_equal(&first, &p->addr);
}

bool ip_mask_len(const struct ip *mask, uint8_t *ret)
{
	uint32_t bits = ip_to4(mask);
	uint8_t len = 0;

	for (; bits & 0x80000000; bits <<= 1)
		len++;
	if (bits || !ip_is4(mask))
		return false;
	*ret = len;
	return true;
}

bool prefix_contains(const struct prefix *p, const struct ip *ip)
{
	unsigned bits = width(p), n = bits / 8;
	uint8_t mask = (uint8_t) ~(0xff >> (bits % 8));

	if (ip_is4(&p->addr) != ip_is4(ip) || memcmp(p->addr.b, ip->b, n) != 0)
		return false;
	return bits % 8 == 0 || ((p->addr.b[n] ^ ip->b[n]) & mask) == 0;
}

static struct ip add_halves(const struct ip *ip, uint64_t hi, uint64_t lo)
{
	uint64_t sum = ip_half(ip, 1) + lo;

	return from_halves(ip_half(ip, 0) + hi + (sum < lo), sum);
}

struct ip ip_add(const struct ip *ip, uint64_t n)
{
	return ip_is4(ip) ? ip_from4(ip_to4(ip) + (uint32_t)n) : add_halves(ip, 0, n);
}

uint64_t ip_distance(const struct ip *first, const struct ip *last)
{
	return ip_count_steps(first, last, 0);
}

struct ip ip_add_steps(const struct ip *ip, uint64_t n, unsigned shift)
{
	if (shift >= 64)
		return add_halves(ip, n << (shift - 64), 0);
	return add_halves(ip, shift ? n >> (64 - shift) : 0, n << shift);
}

uint64_t ip_count_steps(const struct ip *first, const struct ip *last, unsigned shift)
{
	uint64_t from = ip_half(first, 1), to = ip_half(last, 1), lo = to - from;
	uint64_t hi = ip_half(last, 0) - ip_half(first, 0) - (to < from);

	if (shift >= 64)
		return hi >> (shift - 64);
	if (hi >> shift)
		return UINT64_MAX;
	return shift ? lo >> shift | hi << (64 - shift) : lo;
}

bool ip_next_reserved(const struct ip *from, struct ip *ret_first, struct ip *ret_last)
{
	static const uint64_t blocks[][2] = {
		{ 0, 0 },                                   /* routers: RFC 4291 2.6.1 */
		{ 0x02005efffe000000, 0x02005efffeffffff }, /* RFC 5213, RFC 7136, and IANA reservations */
		{ 0xfdffffffffffff80, 0xfdffffffffffffff }, /* RFC 2526 */
		{ 0, 0 },                                   /* for the next 64 bits */
	};
	uint64_t high = ip_half(from, 0), low = ip_half(from, 1);
	unsigned i = 0, n = sizeof(blocks) / sizeof(blocks[0]);

	while (i < n - 1 && blocks[i][1] < low)
		i++;
	if (i == n - 1 && !++high)
		return false;
	*ret_first = from_halves(high, blocks[i][0]);
	*ret_last = from_halves(high, blocks[i][1]);
	return true;
}
