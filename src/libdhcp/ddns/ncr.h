/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/dname.h"

/*
 * A name change request: what a DHCP server asks kea-dhcp-ddns to change in the DNS. Kea's protocol: one UDP datagram
 * per request, two bytes of length and that many bytes of JSON text.
 *
 *	{ "change-type": 0, "forward-change": true, "reverse-change": true, "fqdn": "pc.example.org.",
 *	  "ip-address": "192.0.2.1", "dhcid": "000101...", "lease-expires-on": "20260131120000", "lease-length": 1200,
 *	  "use-conflict-resolution": true, "conflict-resolution-mode": "check-with-dhcid" }
 */
enum ncr_change { NCR_ADD, NCR_REMOVE };

/* How to treat records that may belong to another client. */
enum ncr_mode {
	NCR_CHECK_WITH_DHCID,        /* RFC 4703: only records with the client's DHCID are changed */
	NCR_NO_CHECK_WITH_DHCID,     /* whatever there is is replaced */
	NCR_CHECK_EXISTS_WITH_DHCID, /* records with any DHCID are changed, those without one are not */
	NCR_NO_CHECK_WITHOUT_DHCID,  /* whatever there is is replaced, and no DHCID is stored */
	NCR_MODE_N
};

/* By enum ncr_mode; ends with NULL. */
extern const char *const ncr_mode_words[];

#define NCR_DHCID_MAX 255
#define NCR_DATAGRAM_MAX 4096 /* enough for the longest name, each byte escaped for DNS and for JSON */
#define NCR_WHY_MAX 128
#define NCR_TEXT_MAX (DNAME_TEXT_MAX + 256)

struct ncr {
	enum ncr_change change;
	enum ncr_mode mode;
	bool forward, reverse; /* at least one */
	struct dname fqdn;
	struct ip addr;
	uint8_t dhcid[NCR_DHCID_MAX]; /* RDATA of the DHCID record */
	uint8_t dhcid_len;            /* 0 only with NCR_NO_CHECK_WITHOUT_DHCID */
	int64_t expires_sec;          /* wall-clock time at which the lease expires */
	uint32_t lease_length;        /* seconds; the TTL of the records */
	/* Only with ncr-journal, see journal.h: "journal" and "serial"; else 0. */
	uint64_t journal, serial;
};

/*
 * Reads a datagram. On -E_INVAL, why says what is wrong with it. Members it does not know are ignored, so that later
 * versions of the protocol remain readable.
 */
int ncr_parse(struct bytes datagram, struct ncr *ret, char why[NCR_WHY_MAX]);
/*
 * Writes a datagram for this and for Kea's DDNS server of any version. Returns its length; -E_SPACE, which cannot
 * happen with NCR_DATAGRAM_MAX bytes.
 */
int ncr_write(const struct ncr *ncr, uint8_t *buf, size_t size);
/* Returns the request as one line for the log, in buf of NCR_TEXT_MAX. */
const char *ncr_format(const struct ncr *ncr, char *buf);
/* Writes the DHCID as hexadecimal digits, by which the log identifies a request; "-" without one. Returns buf. */
#define NCR_ID_TEXT_MAX (2 * NCR_DHCID_MAX + 1)
const char *ncr_id(const struct ncr *ncr, char *buf);
