/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * An address of either family in 16 bytes; IPv4 is stored v4-mapped (::ffff:a.b.c.d), so shared code compares,
 * hashes and adds without checking the family. Prefix lengths are in the family's own terms (24, not 120):
 * functions that take one look at the address.
 */
struct ip {
	uint8_t b[16];
};

#define IP_TEXT_MAX 46
#define PREFIX_TEXT_MAX 50

struct prefix {
	struct ip addr;
	uint8_t len; /* 0..32 or 0..128 */
};

extern const struct ip ip_zero4; /* 0.0.0.0 */
extern const struct ip ip_zero6; /* :: */

/* Half 0 is the first eight bytes, half 1 the rest. */
static inline uint64_t ip_half(const struct ip *ip, unsigned i)
{
	uint64_t v;

	memcpy(&v, ip->b + 8 * i, 8);
	return be64toh(v);
}

static inline bool ip_is4(const struct ip *ip)
{
	return ip_half(ip, 0) == 0 && ip_half(ip, 1) >> 32 == 0xffff;
}

/* v4 addresses as numbers in host order. */
static inline uint32_t ip_to4(const struct ip *ip)
{
	return (uint32_t)ip->b[12] << 24 | (uint32_t)ip->b[13] << 16 | (uint32_t)ip->b[14] << 8 | ip->b[15];
}

static inline struct ip ip_from4(uint32_t host_order)
{
	struct ip ip = { .b = { [10] = 0xff, [11] = 0xff } };

	ip.b[12] = (uint8_t)(host_order >> 24);
	ip.b[13] = (uint8_t)(host_order >> 16);
	ip.b[14] = (uint8_t)(host_order >> 8);
	ip.b[15] = (uint8_t)host_order;
	return ip;
}

static inline int ip_cmp(const struct ip *a, const struct ip *b)
{
	unsigned i = ip_half(a, 0) == ip_half(b, 0);
	uint64_t x = ip_half(a, i), y = ip_half(b, i);

	return (x > y) - (x < y);
}

static inline bool ip_equal(const struct ip *a, const struct ip *b)
{
	return ip_half(a, 0) == ip_half(b, 0) && ip_half(a, 1) == ip_half(b, 1);
}

/* The same address and length. */
static inline bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

/* Returns how many of n ascending addresses, `stride` bytes apart, are less than ip; with or_equal, less or equal. */
size_t ip_count_less_in(const struct ip *first, size_t stride, size_t n, const struct ip *ip, bool or_equal);
/* The same in an array of addresses. */
static inline size_t ip_count_less(const struct ip *sorted, size_t n, const struct ip *ip, bool or_equal)
{
	return ip_count_less_in(sorted, sizeof(*sorted), n, ip, or_equal);
}

/* 0.0.0.0 or :: */
bool ip_is_zero(const struct ip *ip);
/* In fe80::/10, in ff00::/8. */
static inline bool ip_is_link_local6(const struct ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

static inline bool ip_is_multicast6(const struct ip *ip)
{
	return ip->b[0] == 0xff;
}

/* Parses an address of either family; the whole text must be the address. -E_INVAL otherwise. */
int ip_parse(const char *text, struct ip *ret);
int ip_parse_n(const char *text, size_t len, struct ip *ret);
/* Writes canonical text (RFC 5952) to buf of IP_TEXT_MAX; returns buf. */
const char *ip_format(const struct ip *ip, char *buf);

/* Parses "192.0.2.0/24": -E_INVAL for syntax, -E_RANGE for a length invalid in the family. */
int prefix_parse(const char *text, struct prefix *ret);
const char *prefix_format(const struct prefix *p, char *buf);
bool prefix_contains(const struct prefix *p, const struct ip *ip);
/* True if one contains the other, or they are equal. */
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
struct ip prefix_first(const struct prefix *p);
struct ip prefix_last(const struct prefix *p);
/* True if all bits after the length are zero. */
bool prefix_is_clean(const struct prefix *p);
/* Converts a netmask, 255.255.255.0, to a length. False if it is not IPv4, or has ones after a zero. */
bool ip_mask_len(const struct ip *mask, uint8_t *ret);

/*
 * Finds the first block of reserved interface identifiers (the last 64 bits) that ends at or after `from`: RFC
 * 5453 and the IANA registry it created. False if there is none.
 */
bool ip_next_reserved(const struct ip *from, struct ip *ret_first, struct ip *ret_last);

/* ip + n * 2^shift, and the number of steps of 2^shift between two addresses, at most UINT64_MAX. */
struct ip ip_add_steps(const struct ip *ip, uint64_t n, unsigned shift);
uint64_t ip_count_steps(const struct ip *first, const struct ip *last, unsigned shift);
/* ip + n, wrapping around within the family. */
struct ip ip_add(const struct ip *ip, uint64_t n);
/* last - first, at most UINT64_MAX. */
uint64_t ip_distance(const struct ip *first, const struct ip *last);
