/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* Numbers of the DNS protocol that updates use (RFC 1035, 2136, 4701, 8945). */
enum dns_type {
	DNS_A = 1,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_AAAA = 28,
	DNS_DHCID = 49,
	DNS_TSIG = 250,
	DNS_TYPE_ANY = 255,
};

enum dns_class { DNS_IN = 1, DNS_NONE = 254, DNS_CLASS_ANY = 255 };

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_YXDOMAIN = 6,
	DNS_YXRRSET = 7,
	DNS_NXRRSET = 8,
	DNS_NOTAUTH = 9,
	DNS_NOTZONE = 10,
	/* only in a TSIG record */
	DNS_BADSIG = 16,
	DNS_BADKEY = 17,
	DNS_BADTIME = 18,
	DNS_BADTRUNC = 22,
};

/* Returns the name of a response code ("NXRRSET"); "RCODE 11" and the like for one without a name. */
const char *dns_rcode_text(unsigned rcode);

#define DNS_OPCODE_UPDATE 5
#define DNS_HEADER_LEN 12
#define DNS_PORT 53
