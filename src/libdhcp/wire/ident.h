/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"

/* Text that identifies the client of a packet or lease; truncated to size, always NUL-terminated. */
enum { IDENT_MAX = 1024 };

/* "hwtype=1 02:00:00:00:00:01" */
void ident_hwaddr(uint8_t hwtype, struct bytes hwaddr, char *buf, size_t size);
/* "01:02:03" for a client-id or DUID, "no info" if empty. */
void ident_id(struct bytes id, char *buf, size_t size);
/* "[hwtype=1 02:00:00:00:00:01], cid=[01:02:03], tid=0x12345678": the beginning of log lines. */
void ident_label4(uint8_t hwtype, struct bytes hwaddr, struct bytes client_id, uint32_t xid, char *buf, size_t size);
/* "duid=[00:03:00:01:02:00:00:00:00:01], [no hwaddr info], tid=0x123456" */
void ident_label6(struct bytes duid, uint8_t hwtype, struct bytes hwaddr, uint32_t xid, char *buf, size_t size);

/*
 * DUIDs, RFC 9915 section 11. Received DUIDs are opaque and compared byte for byte. Only duid_hwaddr looks
 * inside.
 */
enum duid_type { DUID_LLT = 1, DUID_EN = 2, DUID_LL = 3, DUID_UUID = 4 };
enum { DUID_MIN = 3, DUID_MAX = 130 }; /* bytes, including the type */

struct duid {
	uint8_t b[DUID_MAX];
	unsigned len;
};

static inline struct bytes duid_bytes(const struct duid *duid)
{
	return bytes_of(duid->b, duid->len);
}

/* True for 3 to 130 bytes, except 00:00:00, which means "none" in lease files. */
bool duid_is_valid(struct bytes duid);
/* Returns the time for a DUID-LLT: seconds since 2000-01-01 00:00 UTC, modulo 2^32. */
uint32_t duid_time(int64_t wall_sec);
/* Returns -E_RANGE if the address or identifier is empty or too long. */
int duid_make_llt(uint16_t hwtype, uint32_t time, struct bytes hwaddr, struct duid *ret);
int duid_make_en(uint32_t enterprise, struct bytes id, struct duid *ret);
int duid_make_ll(uint16_t hwtype, struct bytes hwaddr, struct duid *ret);
/* Makes a version 4 UUID of RFC 4122 from 16 random bytes; sets the version and variant bits. */
void duid_make_uuid(const uint8_t random[16], struct duid *ret);
/* Parses hex, with or without colons: -E_INVAL, or -E_RANGE if it is not a valid DUID. */
int duid_parse(const char *text, struct duid *ret);
/*
 * Returns the hardware address in a DUID-LLT or -LL, borrowed from it. False for other types, for a hardware
 * type over 255 or more than 20 bytes, and for Ethernet without 6 bytes.
 */
bool duid_hwaddr(struct bytes duid, uint8_t *ret_hwtype, struct bytes *ret_hwaddr);

/* Returns the Ethernet address that a link-local address was made from (RFC 4291 appendix A). */
bool ident_eui64(const struct ip *addr, uint8_t ret_mac[6]);
