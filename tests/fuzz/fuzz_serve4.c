/* SPDX-License-Identifier: MPL-2.0 */
/* The DHCPv4 row for fuzz_serve.c. */
#include "fuzz_serve.h"

static const char text[] =
	"{ \"Dhcp4\": { \"valid-lifetime\": 100, \"min-valid-lifetime\": 1, \"max-valid-lifetime\": 4294967295,"
	" \"authoritative\": true, \"calculate-tee-times\": true, \"store-extended-info\": true, "
	"\"stash-agent-options\": true,"
	" \"lease-database\": { \"type\": \"memfile\", \"persist\": false }, \"decline-probation-period\": 60,"
	" \"option-def\": ["
	"  { \"name\": \"box\", \"code\": 222, \"type\": \"record\", \"record-types\": \"uint8, fqdn, string\" },"
	"  { \"name\": \"inner\", \"code\": 1, \"space\": \"mine\", \"type\": \"ipv4-address\", \"array\": true },"
	"  { \"name\": \"outer\", \"code\": 223, \"type\": \"empty\", \"encapsulate\": \"mine\" } ],"
	" \"option-data\": ["
	"  { \"name\": \"domain-name-servers\", \"data\": \"192.0.2.53, 192.0.2.54\" },"
	"  { \"name\": \"domain-search\", \"data\": \"a.example.org, b.example.org\" },"
	"  { \"name\": \"v6-only-preferred\", \"data\": \"1800\" },"
	"  { \"name\": \"box\", \"data\": \"7, box.example.org, text\", \"always-send\": true },"
	"  { \"name\": \"outer\" }, { \"name\": \"inner\", \"space\": \"mine\", \"data\": \"192.0.2.1, 192.0.2.2\" },"
	"  { \"code\": 224, \"data-hex\": \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" },"
	"  { \"name\": \"vivso-suboptions\", \"data\": \"4491\", \"always-send\": true },"
	"  { \"name\": \"tftp-servers\", \"space\": \"vendor-4491\", \"data\": \"192.0.2.7\" } ],"
	" \"shared-networks\": [ { \"name\": \"two\", \"interface\": \"eth0\", \"subnet4\": ["
	"  { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": \"192.0.2.10 - 192.0.2.13\" } ] },"
	"  { \"id\": 2, \"subnet\": \"198.51.100.0/24\", \"allocator\": \"flq\", \"cache-threshold\": 0.9,"
	"    \"pools\": [ { \"pool\": \"198.51.100.0/30\" } ], \"boot-file-name\": \"boot\", \"next-server\": "
	"\"192.0.2.9\" } ] } ],"
	" \"subnet4\": [ { \"id\": 3, \"subnet\": \"203.0.113.0/24\", \"allocator\": \"random\", \"offer-lifetime\": 9,"
	"    \"match-client-id\": false, \"pools\": [ { \"pool\": \"203.0.113.1 - 203.0.113.254\" } ],"
	"    \"relay\": { \"ip-addresses\": [ \"10.0.0.1\" ] } } ] } }";

static void arrive(struct dgram *query, uint8_t how)
{
	query->raw_in = how & 1;
	query->local = ip_from4(0xc0000201);
	query->src = how & 2 ? ip_from4(0xc000020a + (how >> 4)) : ip_zero4;
	query->dst = how & 4 ? query->local : ip_from4(UINT32_MAX);
	if (how & 8)
		query->sport = 67;
}

static void check(const struct dgram *answer, const struct dgram *query, struct arena *arena)
{
	const uint8_t *asked = query->buf;
	struct packet4 pkt;
	const char *why;

	assert(answer->len >= PACKET4_MIN && answer->len <= 1500 - 28);
	assert(packet4_parse(bytes_of(answer->buf, answer->len), arena, &pkt, &why) == 0);
	assert(pkt.op == BOOTREPLY);
	/* xid and chaddr come back unchanged */
	assert(memcmp(answer->buf + 4, asked + 4, 4) == 0 && memcmp(answer->buf + 28, asked + 28, 16) == 0);
	assert(pkt.type == DHCP4_OFFER || pkt.type == DHCP4_ACK || pkt.type == DHCP4_NAK);
	assert(opts_find(&pkt.opts, OPT4_DHCP_SERVER_IDENTIFIER));
	assert(!pkt.yiaddr || opts_find(&pkt.opts, OPT4_DHCP_LEASE_TIME));
}

const struct fuzz_family fuzz_family = {
	.family = &family4,
	.config = text,
	.size_max = 2048,
	.arrive = arrive,
	.check = check,
};
