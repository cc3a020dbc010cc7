/* SPDX-License-Identifier: MPL-2.0 */
/* The DHCPv6 row for fuzz_serve.c. */
#include "fuzz_serve.h"

static const char text[] =
	"{ \"Dhcp6\": { \"valid-lifetime\": 100, \"min-valid-lifetime\": 1, \"max-valid-lifetime\": 4294967295, "
	"\"preferred-lifetime\": 50,"
	" \"min-preferred-lifetime\": 0, \"max-preferred-lifetime\": 4294967295, \"store-extended-info\": true, "
	"\"max-addresses-per-ia\": 3,"
	" \"max-prefixes-per-ia\": 2, \"mac-sources\": [ \"any\" ], \"relay-supplied-options\": [ \"65\", "
	"\"bootfile-url\" ],"
	" \"lease-database\": { \"type\": \"memfile\", \"persist\": false }, \"decline-probation-period\": 60,"
	" \"option-def\": ["
	"  { \"name\": \"box\", \"code\": 1222, \"type\": \"record\", \"record-types\": \"uint8, fqdn, string\" },"
	"  { \"name\": \"inner\", \"code\": 1, \"space\": \"mine\", \"type\": \"ipv6-address\", \"array\": true },"
	"  { \"name\": \"outer\", \"code\": 1223, \"type\": \"empty\", \"encapsulate\": \"mine\" } ],"
	" \"option-data\": ["
	"  { \"name\": \"dns-servers\", \"data\": \"2001:db8::53, 2001:db8::54\" },"
	"  { \"name\": \"domain-search\", \"data\": \"a.example.org, b.example.org\" },"
	"  { \"name\": \"solmax-rt\", \"data\": \"3600\" }, { \"name\": \"information-refresh-time\", \"data\": "
	"\"3600\" },"
	"  { \"name\": \"box\", \"data\": \"7, box.example.org, text\", \"always-send\": true },"
	"  { \"name\": \"outer\" }, { \"name\": \"inner\", \"space\": \"mine\", \"data\": \"2001:db8::1, 2001:db8::2\" "
	"},"
	"  { \"code\": 224, \"data-hex\": \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" },"
	"  { \"name\": \"vendor-opts\", \"data\": \"4491\" }, { \"name\": \"tftp-servers\", \"space\": "
	"\"vendor-4491\", \"data\": \"2001:db8::7\", \"always-send\": true } ],"
	" \"shared-networks\": [ { \"name\": \"two\", \"interface\": \"eth0\", \"subnet6\": ["
	"  { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"rapid-commit\": true, \"pools\": [ { \"pool\": "
	"\"2001:db8:1::10 - 2001:db8:1::13\" } ],"
	"    \"pd-pools\": [ { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 62, \"delegated-len\": 64,"
	"                    \"excluded-prefix\": \"2001:db8:8000::8000:0:0:0\", \"excluded-prefix-len\": 72 } ] },"
	"  { \"id\": 2, \"subnet\": \"2001:db8:2::/64\", \"allocator\": \"flq\", \"cache-threshold\": 0.9, \"pools\": "
	"[ { \"pool\": \"2001:db8:2::/126\" } ],"
	"    \"pd-pools\": [ { \"prefix\": \"2001:9000::\", \"prefix-len\": 32, \"delegated-len\": 64 } ] } ] } ],"
	" \"subnet6\": ["
	"  { \"id\": 3, \"subnet\": \"2001:db8:3::/64\", \"allocator\": \"random\", \"pd-allocator\": \"random\", "
	"\"pools\": [ { \"pool\": \"2001:db8:3::/64\" } ],"
	"    \"relay\": { \"ip-addresses\": [ \"2001:db8:f::1\" ] } },"
	"  { \"id\": 4, \"subnet\": \"2001:db8:4::/64\", \"interface-id\": \"port\", \"pools\": [ { \"pool\": "
	"\"2001:db8:4::/112\" } ] } ] } }";

static void arrive(struct dgram *query, uint8_t how)
{
	(void)ip_parse("fe80::1", &query->local);
	(void)ip_parse(how & 2 ? "2001:db8:1::abcd" : "fe80::2", &query->src);
	(void)ip_parse(how & 4 ? "2001:db8::1" : "ff02::1:2", &query->dst);
	if (how & 8)
		query->sport = 1000 + how;
	if (how & 16)
		(void)snprintf(query->ifname, sizeof(query->ifname), "eth1");
}

/* T1 and T2 are the same in all IAs, preferred is at most valid, and nothing is in two IAs. */
static void check_ias(const struct packet6 *pkt)
{
	uint32_t t1 = 0, t2 = 0, n = 0;
	struct ia6_item item, items[256];
	struct ia6 ia, iaids[256];
	unsigned pos = 0, n_items = 0, i;

	while (ia6_next(&pkt->opts, &pos, &ia)) {
		struct reader r = reader_of(ia.subs);
		bool any = false;

		while (ia6_next_item(&ia, &r, &item)) {
			assert(item.preferred <= item.valid);
			if (!item.valid)
				continue;
			any = true;
			for (i = 0; i < n_items; i++)
				assert(!ip_equal(&items[i].prefix.addr, &item.prefix.addr) ||
				       items[i].prefix.len != item.prefix.len ||
				       (iaids[i].iaid == ia.iaid && iaids[i].code == ia.code));
			assert(n_items < 256);
			iaids[n_items] = ia;
			items[n_items++] = item;
		}
		if (!any)
			continue;
		assert(!n || (t1 == ia.t1 && t2 == ia.t2));
		assert(!ia.t2 || ia.t1 <= ia.t2);
		t1 = ia.t1;
		t2 = ia.t2;
		n++;
	}
}

static void check(const struct dgram *answer, const struct dgram *query, struct arena *arena)
{
	struct packet6 pkt, asked;
	const char *why;

	assert(packet6_parse(bytes_of(answer->buf, answer->len), arena, &pkt, &why) == 0);
	assert(packet6_parse_lenient(bytes_of(query->buf, query->len), arena, &asked, &why) == 0);
	assert(pkt.xid == asked.xid && pkt.n_relays == asked.n_relays);
	assert(pkt.type == DHCP6_ADVERTISE || pkt.type == DHCP6_REPLY || pkt.type == DHCP6_ADDR_REG_REPLY);
	assert(ip_equal(&answer->dst, &query->src));
	for (unsigned k = 0; k < pkt.n_relays; k++)
		assert(ip_equal(&pkt.relays[k].link, &asked.relays[k].link) &&
		       ip_equal(&pkt.relays[k].peer, &asked.relays[k].peer) && pkt.relay_type == DHCP6_RELAY_REPL);
	assert(opts_find(&pkt.opts, OPT6_SERVERID));
	assert(!opts_find(&pkt.opts, OPT6_CLIENTID) == !opts_find(&asked.opts, OPT6_CLIENTID));
	check_ias(&pkt);
}

const struct fuzz_family fuzz_family = {
	.family = &family6,
	.config = text,
	.server_duid = "00:03:00:01:aa:bb:cc:dd:ee:ff",
	.size_max = 65536,
	.arrive = arrive,
	.check = check,
};
