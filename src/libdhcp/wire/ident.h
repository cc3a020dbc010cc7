/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"

/* Texts that say who a packet or lease belongs to; cut to size, always NUL-terminated. */
enum { IDENT_MAX = 1024 };

/* "hwtype=1 02:00:00:00:00:01" */
void ident_hwaddr(uint8_t hwtype, struct bytes hwaddr, char *buf, size_t size);
/* "01:02:03" for a client-id or DUID, "no info" when empty. */
void ident_id(struct bytes id, char *buf, size_t size);
/* "[hwtype=1 02:00:00:00:00:01], cid=[01:02:03], tid=0x12345678": how log lines begin. */
void ident_label4(uint8_t hwtype, struct bytes hwaddr, struct bytes client_id, uint32_t xid, char *buf, size_t size);
/* "duid=[00:03:00:01:02:00:00:00:00:01], [no hwaddr info], tid=0x123456" */
void ident_label6(struct bytes duid, uint8_t hwtype, struct bytes hwaddr, uint32_t xid, char *buf, size_t size);

/*
 * DUIDs, RFC 9915 section 11. What others send is opaque: it is compared byte for byte. Only
 * duid_hwaddr looks inside.
 */
enum duid_type { DUID_LLT = 1, DUID_EN = 2, DUID_LL = 3, DUID_UUID = 4 };
enum { DUID_MIN = 3, DUID_MAX = 130 }; /* bytes, with the type */

struct duid {
	uint8_t b[DUID_MAX];
	unsigned len;
};

static inline struct bytes duid_bytes(const struct duid *duid)
{
	return bytes_of(duid->b, duid->len);
}

/* 3 to 130 bytes, and not 00:00:00: that is what stands for "none" in lease files. */
bool duid_is_valid(struct bytes duid);
/* The seconds of a DUID-LLT: since 2000-01-01 00:00 UTC, modulo 2^32. */
uint32_t duid_time(int64_t wall_sec);
/* -E_RANGE when the address or identifier is empty or too long. */
int duid_make_llt(uint16_t hwtype, uint32_t time, struct bytes hwaddr, struct duid *ret);
int duid_make_en(uint32_t enterprise, struct bytes id, struct duid *ret);
int duid_make_ll(uint16_t hwtype, struct bytes hwaddr, struct duid *ret);
/* Version 4 of RFC 4122 from 16 random bytes; the bits that say so are set here. */
void duid_make_uuid(const uint8_t random[16], struct duid *ret);
/* Hex, with or without colons: -E_INVAL, or -E_RANGE when it is no valid DUID. */
int duid_parse(const char *text, struct duid *ret);
/*
 * The hardware address a DUID-LLT or -LL was made from, borrowed from it. False for other types,
 * for one with a type over 255 or more than 20 bytes, and for Ethernet without 6 bytes.
 */
bool duid_hwaddr(struct bytes duid, uint8_t *ret_hwtype, struct bytes *ret_hwaddr);

/* The Ethernet address in a link-local address made of it (RFC 4291 appendix A). */
bool ident_eui64(const struct ip *addr, uint8_t ret_mac[6]);
