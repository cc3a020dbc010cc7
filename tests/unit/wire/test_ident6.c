/* SPDX-License-Identifier: MPL-2.0 */
/* The identity of a DHCPv6 client: DUIDs, labels of log lines, hardware addresses from all sources. */
#include "fixture.h"

#include "base/err.h"
#include "wire/dump.h"
#include "wire/hwaddr6.h"
#include "wire/ia6.h"
#include "wire/ident.h"

static const uint8_t mac[] = { 2, 0, 0, 0, 0, 1 };

static const char *text(struct bytes b)
{
	char *buf = arena_alloc(arena, IDENT_MAX);

	ident_id(b, buf, IDENT_MAX);
	return buf;
}

static const char *duid_text(const struct duid *duid)
{
	return text(duid_bytes(duid));
}

START_TEST(duids_are_made)
{
	static const uint8_t random[16] = { 0, 1, 2, 3, 4, 5, 0xff, 7, 0xff, 9, 10, 11, 12, 13, 14, 15 };
	static const uint8_t long_id[130];
	struct duid duid, before;

	ck_assert_int_eq(duid_make_llt(1, 0x2a0b0c0d, bytes_of(mac, 6), &duid), 0);
	ck_assert_str_eq(duid_text(&duid), "00:01:00:01:2a:0b:0c:0d:02:00:00:00:00:01");
	ck_assert_int_eq(duid_make_en(2495, bytes_of("abc", 3), &duid), 0);
	ck_assert_str_eq(duid_text(&duid), "00:02:00:00:09:bf:61:62:63");
	ck_assert_int_eq(duid_make_ll(32, bytes_of(mac, 6), &duid), 0);
	ck_assert_str_eq(duid_text(&duid), "00:03:00:20:02:00:00:00:00:01");
	duid_make_uuid(random, &duid);
	ck_assert_str_eq(duid_text(&duid), "00:04:00:01:02:03:04:05:4f:07:bf:09:0a:0b:0c:0d:0e:0f");
	ck_assert(duid_is_valid(duid_bytes(&duid)));

	before = duid;
	ck_assert_int_eq(duid_make_ll(1, bytes_of(NULL, 0), &duid), -E_RANGE);
	ck_assert_int_eq(duid_make_en(1, bytes_of(long_id, 125), &duid), -E_RANGE);
	ck_assert_int_eq(duid_make_llt(1, 1, bytes_of(long_id, 123), &duid), -E_RANGE);
	ck_assert_mem_eq(&before, &duid, sizeof(duid));
	ck_assert_int_eq(duid_make_en(1, bytes_of(long_id, 124), &duid), 0);
	ck_assert_uint_eq(duid.len, DUID_MAX);

	ck_assert_uint_eq(duid_time(946684800), 0);
	ck_assert_uint_eq(duid_time(946684800 + 4294967296), 0);
	ck_assert_uint_eq(duid_time(1700000000), 753315200);
}
END_TEST

START_TEST(duids_are_valid_or_not)
{
	static const uint8_t ones[131] = { 1 };
	struct duid duid;

	for (size_t len = 0; len <= sizeof(ones); len++)
		ck_assert_int_eq(duid_is_valid(bytes_of(ones, len)), len >= 3 && len <= 130);
	ck_assert(!duid_is_valid(hex("000000")));
	ck_assert(duid_is_valid(hex("00000000")));
	ck_assert(duid_is_valid(hex("000001")));

	ck_assert_int_eq(duid_parse("00:03:00:01:02:00:00:00:00:01", &duid), 0);
	ck_assert_str_eq(duid_text(&duid), "00:03:00:01:02:00:00:00:00:01");
	ck_assert_int_eq(duid_parse("0003000a", &duid), 0);
	ck_assert_uint_eq(duid.len, 4);
	ck_assert_int_eq(duid_parse("", &duid), -E_RANGE);
	ck_assert_int_eq(duid_parse("00:03", &duid), -E_RANGE);
	ck_assert_int_eq(duid_parse("00:00:00", &duid), -E_RANGE);
	ck_assert_int_eq(duid_parse("00:03:xx", &duid), -E_INVAL);
	ck_assert_uint_eq(duid.len, 4);
}
END_TEST

static const char *hwaddr_of(const char *duid)
{
	struct bytes addr;
	uint8_t hwtype;
	char *buf = arena_alloc(arena, 100);

	if (!duid_hwaddr(hex(duid), &hwtype, &addr))
		return "none";
	ident_hwaddr(hwtype, addr, buf, 100);
	return buf;
}

START_TEST(duids_hold_hardware_addresses)
{
	ck_assert_str_eq(hwaddr_of("000100012a0b0c0d020000000001"), "hwtype=1 02:00:00:00:00:01");
	ck_assert_str_eq(hwaddr_of("00030001020000000001"), "hwtype=1 02:00:00:00:00:01");
	ck_assert_str_eq(hwaddr_of("00030020000102030405060708090a0b0c0d0e0f10111213"),
			 "hwtype=32 00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13");
	ck_assert_str_eq(hwaddr_of("00030020000102030405060708090a0b0c0d0e0f1011121314"), "none");
	ck_assert_str_eq(hwaddr_of("0003"), "none");
	ck_assert_str_eq(hwaddr_of("00030001"), "none");
	ck_assert_str_eq(hwaddr_of("00030020"), "none");
	ck_assert_str_eq(hwaddr_of("0003000102000000"), "none");
	ck_assert_str_eq(hwaddr_of("0001000102000000"), "none");
	ck_assert_str_eq(hwaddr_of("000100012a0b0c"), "none");
	ck_assert_str_eq(hwaddr_of("0003ffff020000000001"), "none");
	ck_assert_str_eq(hwaddr_of("0000000102000000ffff"), "none");
	ck_assert_str_eq(hwaddr_of("0002000102000000ffff"), "none");
	ck_assert_str_eq(hwaddr_of("0004000102000000ffff"), "none");
	ck_assert_str_eq(hwaddr_of("ffff000102000000ffff"), "none");
}
END_TEST

START_TEST(labels)
{
	static const uint8_t long_id[1000], infiniband[20];
	char buf[IDENT_MAX], small[12];

	ident_label6(hex("00030001020000000001"), 1, bytes_of(mac, 6), 0x123456, buf, sizeof(buf));
	ck_assert_str_eq(buf, "duid=[00:03:00:01:02:00:00:00:00:01], [hwtype=1 02:00:00:00:00:01], tid=0x123456");
	ident_label6(hex("000301"), 0, bytes_of(NULL, 0), 1, buf, sizeof(buf));
	ck_assert_str_eq(buf, "duid=[00:03:01], [no hwaddr info], tid=0x1");
	ident_label6(bytes_of(NULL, 0), 0, bytes_of(NULL, 0), 0, buf, sizeof(buf));
	ck_assert_str_eq(buf, "duid=[no info], [no hwaddr info], tid=0x0");
	ident_label6(bytes_of(long_id, 1000), 255, bytes_of(infiniband, 20), 7, buf, sizeof(buf));
	ck_assert_ptr_nonnull(strstr(buf, ":00], [hwtype=255 00:"));
	ck_assert_ptr_nonnull(strstr(buf, ":00], tid=0x7"));
	ident_label6(hex("000301"), 0, bytes_of(NULL, 0), 1, small, sizeof(small));
	ck_assert_str_eq(small, "duid=[00:03");
}
END_TEST

static struct opts list(void)
{
	struct opts opts;

	opts_init(&opts, arena);
	return opts;
}

/* Returns what a source finds in the message from that address. */
static const char *find(const struct packet6 *pkt, enum hwaddr6_source source, const char *from)
{
	struct hwaddr6 hw;
	struct ip addr;
	char *buf = arena_alloc(arena, 200);

	ck_assert_int_eq(ip_parse(from, &addr), 0);
	if (!hwaddr6_find(pkt, source, &addr, 6, &hw))
		return "none";
	snprintf(buf, 200, "%s %u %s", hwaddr6_source_name(hw.source), hw.hwtype, text(bytes_of(hw.b, hw.len)));
	return buf;
}

START_TEST(hwaddr_of_a_message)
{
	struct packet6 pkt = { .type = DHCP6_SOLICIT, .opts = list() };
	static const char *const odd = "fe80::1", *eui = "fe80::200:ff:fe00:9";

	for (unsigned source = 0; source < 256; source++)
		ck_assert_str_eq(find(&pkt, source, odd), "none");
	ck_assert_str_eq(find(&pkt, HWADDR6_LINK_LOCAL, eui), "ipv6-link-local 6 00:00:00:00:00:09");
	ck_assert_str_eq(find(&pkt, HWADDR6_ANY, eui), "ipv6-link-local 6 00:00:00:00:00:09");
	ck_assert_str_eq(find(&pkt, HWADDR6_LINK_LOCAL, "2001:db8::200:ff:fe00:9"), "none");
	ck_assert_str_eq(find(&pkt, HWADDR6_LINK_LOCAL, "febf::200:ff:fe00:9"), "ipv6-link-local 6 00:00:00:00:00:09");
	ck_assert_str_eq(find(&pkt, HWADDR6_LINK_LOCAL, "fec0::200:ff:fe00:9"), "none");

	/* sub-option 36 of another vendor, then of CableLabs */
	opts_add(&pkt.opts, OPT6_VENDOR_OPTS, hex("000000010024000102"));
	ck_assert_str_eq(find(&pkt, HWADDR6_DOCSIS_MODEM, odd), "none");
	opts_add(&pkt.opts, OPT6_VENDOR_OPTS, hex("0000118b00010002002000240006020000000036"));
	ck_assert_str_eq(find(&pkt, HWADDR6_DOCSIS_MODEM, odd), "docsis-modem 6 02:00:00:00:00:36");
	ck_assert_str_eq(find(&pkt, HWADDR6_DOCSIS_CMTS, odd), "none");
	ck_assert_str_eq(find(&pkt, HWADDR6_ANY, odd), "docsis-modem 6 02:00:00:00:00:36");

	opts_add(&pkt.opts, OPT6_CLIENTID, hex("00030001020000000001"));
	ck_assert_str_eq(find(&pkt, HWADDR6_DUID, odd), "duid 1 02:00:00:00:00:01");
	ck_assert_str_eq(find(&pkt, HWADDR6_ANY, eui), "duid 1 02:00:00:00:00:01");
	ck_assert_str_eq(find(&pkt, HWADDR6_RAW, eui), "none");
}
END_TEST

START_TEST(hwaddr_of_relays)
{
	struct relay6 relays[2] = { { .opts = list() }, { .opts = list() } };
	struct packet6 pkt = {
		.type = DHCP6_SOLICIT, .opts = list(), .relay_type = DHCP6_RELAY_FORW, .n_relays = 2, .relays = relays
	};
	static const char *const eui = "fe80::200:ff:fe00:9";

	/* the address seen by the relay closest to the client, not by the server */
	ip_parse("fe80::1", &relays[1].peer);
	ck_assert_str_eq(find(&pkt, HWADDR6_LINK_LOCAL, eui), "none");
	ip_parse("fe80::200:ff:fe00:7", &relays[1].peer);
	ck_assert_str_eq(find(&pkt, HWADDR6_LINK_LOCAL, "::"), "ipv6-link-local 6 00:00:00:00:00:07");

	opts_add(&relays[0].opts, OPT6_REMOTE_ID, hex("00000009020000000037"));
	opts_add(&relays[0].opts, OPT6_SUBSCRIBER_ID, hex("020000000038"));
	opts_add(&relays[0].opts, OPT6_CLIENT_LINKLAYER_ADDR, hex("0020020000000079"));
	opts_add(&relays[0].opts, OPT6_VENDOR_OPTS, hex("0000118b04020006020000000402"));
	ck_assert_str_eq(find(&pkt, HWADDR6_REMOTE_ID, "::"), "remote-id 6 02:00:00:00:00:37");
	ck_assert_str_eq(find(&pkt, HWADDR6_SUBSCRIBER_ID, "::"), "subscriber-id 6 02:00:00:00:00:38");
	ck_assert_str_eq(find(&pkt, HWADDR6_CLIENT_LINK_ADDR, "::"), "client-link-addr-option 32 02:00:00:00:00:79");
	ck_assert_str_eq(find(&pkt, HWADDR6_DOCSIS_CMTS, "::"), "docsis-cmts 6 02:00:00:00:04:02");
	ck_assert_str_eq(find(&pkt, HWADDR6_DOCSIS_MODEM, "::"), "none");

	/* the one closer to the client has precedence */
	opts_add(&relays[1].opts, OPT6_SUBSCRIBER_ID, hex("020000000011"));
	ck_assert_str_eq(find(&pkt, HWADDR6_SUBSCRIBER_ID, "::"), "subscriber-id 6 02:00:00:00:00:11");

	/* too short, too long, a type that leases cannot hold */
	opts_add(&relays[1].opts, OPT6_CLIENT_LINKLAYER_ADDR, hex("0001"));
	opts_add(&relays[1].opts, OPT6_REMOTE_ID, hex("000000"));
	ck_assert_str_eq(find(&pkt, HWADDR6_CLIENT_LINK_ADDR, "::"), "none");
	ck_assert_str_eq(find(&pkt, HWADDR6_REMOTE_ID, "::"), "none");
	relays[1].opts.v[1].data = hex("0001000102030405060708090a0b0c0d0e0f1011121314");
	ck_assert_str_eq(find(&pkt, HWADDR6_CLIENT_LINK_ADDR, "::"), "none");
	relays[1].opts.v[1].data = hex("0100020000000079");
	ck_assert_str_eq(find(&pkt, HWADDR6_CLIENT_LINK_ADDR, "::"), "none");
}
END_TEST

START_TEST(names_of_sources)
{
	ck_assert_int_eq(hwaddr6_source_by_name("any"), HWADDR6_ANY);
	ck_assert_int_eq(hwaddr6_source_by_name("raw"), HWADDR6_RAW);
	ck_assert_int_eq(hwaddr6_source_by_name("rfc6939"), HWADDR6_CLIENT_LINK_ADDR);
	ck_assert_int_eq(hwaddr6_source_by_name("client-link-addr-option"), HWADDR6_CLIENT_LINK_ADDR);
	ck_assert_int_eq(hwaddr6_source_by_name("rfc4649"), HWADDR6_REMOTE_ID);
	ck_assert_int_eq(hwaddr6_source_by_name("rfc4580"), HWADDR6_SUBSCRIBER_ID);
	ck_assert_int_eq(hwaddr6_source_by_name("docsis"), HWADDR6_UNKNOWN);
	ck_assert_str_eq(hwaddr6_source_name(HWADDR6_DOCSIS_CMTS), "docsis-cmts");
	ck_assert_ptr_null(hwaddr6_source_name(HWADDR6_UNKNOWN));
}
END_TEST

START_TEST(dump_is_one_printable_line)
{
	uint8_t buf[512];
	struct relay6 relay = { .hop_count = 3, .opts = list() };
	struct packet6 pkt = { .type = DHCP6_SOLICIT,
			       .xid = 0x3456,
			       .opts = list(),
			       .relay_type = DHCP6_RELAY_FORW,
			       .n_relays = 1,
			       .relays = &relay };
	struct prefix address, prefix;
	struct ia6_builder b;
	struct str out = { 0 };
	const char *why = "";
	int len;

	ip_parse("2001:db8::1", &relay.link);
	ip_parse("fe80::2", &relay.peer);
	prefix_parse("2001:db8::10/128", &address);
	prefix_parse("2001:db8:8000::/56", &prefix);
	opts_add(&relay.opts, OPT6_INTERFACE_ID, bytes_of("a\n", 2));
	opts_add(&pkt.opts, OPT6_RAPID_COMMIT, bytes_of(NULL, 0));
	ia6_builder_init(&b, &pkt.opts, 500);
	ia6_open(&b, OPT6_IA_NA, 1, 10, 20);
	ia6_add(&b, &address, 3000, 4000);
	ia6_add_status(&b, STATUS6_NO_BINDING, "a\nb");
	ck_assert_int_eq(ia6_close(&b), 0);
	ia6_open(&b, OPT6_IA_PD, 2, 0, 0);
	ia6_begin_item(&b, &prefix, 1, 2);
	ia6_add_option(&b, 65500, bytes_of("\1", 1));
	ia6_end_item(&b);
	ck_assert_int_eq(ia6_close(&b), 0);
	ia6_open(&b, OPT6_IA_TA, 3, 0, 0);
	ck_assert_int_eq(ia6_close(&b), 0);
	opts_add(&pkt.opts, OPT6_ORO, bytes_of("\0\27\0", 3));
	len = packet6_write(&pkt, buf, sizeof(buf), NULL);
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(packet6_parse(bytes_of(buf, (size_t)len), arena, &pkt, &why), 0);

	dump_packet6(&pkt, &out);
	ck_assert_str_eq(str_text(&out),
			 "(RELAY_FORW hop-count=3 link=2001:db8::1 peer=fe80::2 options(1): 18:interface-id=610a) "
			 "SOLICIT xid=0x003456 options(5): 14:rapid-commit= "
			 "3:ia-na=1, 10, 20 [ 5:iaaddr=2001:db8::10, 3000, 4000 13:status-code=3, a\\x0ab ] "
			 "25:ia-pd=2, 0, 0 [ 26:iaprefix=1, 2, 56, 2001:db8:8000:: [ 65500=01 ] ] "
			 "4:ia-ta=3 6:oro=001700");
	str_free(&out);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ident6");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, duids_are_made);
	tcase_add_test(tc, duids_are_valid_or_not);
	tcase_add_test(tc, duids_hold_hardware_addresses);
	tcase_add_test(tc, labels);
	tcase_add_test(tc, hwaddr_of_a_message);
	tcase_add_test(tc, hwaddr_of_relays);
	tcase_add_test(tc, names_of_sources);
	tcase_add_test(tc, dump_is_one_printable_line);
	return suite_run(tc);
}
