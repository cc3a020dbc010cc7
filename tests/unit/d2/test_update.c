/* SPDX-License-Identifier: MPL-2.0 */
/* DNS updates: the steps of each mode and where responses lead, the bytes of messages. */
#include "kea-dhcp-ddns/message.h"

#include "base/err.h"
#include "base/str.h"
#include "../suite.h"

static struct dname name_of(const char *text)
{
	struct dname name;

	ck_assert_int_eq(dname_parse(text, &name), 0);
	return name;
}

static struct ncr make(enum ncr_change change, enum ncr_mode mode, const char *addr)
{
	struct ncr ncr = { .change = change,
			   .mode = mode,
			   .forward = true,
			   .fqdn = name_of("pc.example."),
			   .dhcid = { 0, 1, 1, 0xaa },
			   .dhcid_len = 4,
			   .lease_length = 600 };

	ck_assert_int_eq(ip_parse(addr, &ncr.addr), 0);
	return ncr;
}

START_TEST(steps)
{
	static const struct {
		enum ncr_mode mode;
		enum ncr_change change;
		bool reverse;
		ldns_pkt_rcode rcodes[3]; /* of the responses, until the end */
		enum update_step steps[4];
	} rows[] = {
		{ NCR_CHECK_WITH_DHCID, NCR_ADD, false, { LDNS_RCODE_NOERROR }, { UPDATE_ADD, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { LDNS_RCODE_YXDOMAIN, LDNS_RCODE_NOERROR },
		  { UPDATE_ADD, UPDATE_REPLACE, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { LDNS_RCODE_YXDOMAIN, LDNS_RCODE_NXRRSET },
		  { UPDATE_ADD, UPDATE_REPLACE, UPDATE_REJECTED } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { LDNS_RCODE_YXDOMAIN, LDNS_RCODE_NXDOMAIN, LDNS_RCODE_NOERROR },
		  { UPDATE_ADD, UPDATE_REPLACE, UPDATE_ADD, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID, NCR_ADD, false, { LDNS_RCODE_REFUSED }, { UPDATE_ADD, UPDATE_REJECTED } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_REMOVE,
		  false,
		  { LDNS_RCODE_NOERROR, LDNS_RCODE_NOERROR },
		  { UPDATE_REMOVE_ADDR, UPDATE_REMOVE_NAME, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_REMOVE,
		  false,
		  { LDNS_RCODE_NOERROR, LDNS_RCODE_YXRRSET },
		  { UPDATE_REMOVE_ADDR, UPDATE_REMOVE_NAME, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID, NCR_REMOVE, false, { LDNS_RCODE_NXRRSET }, { UPDATE_REMOVE_ADDR, UPDATE_N } },
		{ NCR_CHECK_EXISTS_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { LDNS_RCODE_YXDOMAIN, LDNS_RCODE_NXRRSET },
		  { UPDATE_ADD_EXISTS, UPDATE_REPLACE_EXISTS, UPDATE_REJECTED } },
		{ NCR_CHECK_EXISTS_WITH_DHCID,
		  NCR_REMOVE,
		  false,
		  { LDNS_RCODE_NOERROR, LDNS_RCODE_NOERROR },
		  { UPDATE_REMOVE_ADDR_EXISTS, UPDATE_REMOVE_NAME_EXISTS, UPDATE_N } },
		{ NCR_NO_CHECK_WITH_DHCID, NCR_ADD, false, { LDNS_RCODE_NOERROR }, { UPDATE_OVERWRITE, UPDATE_N } },
		{ NCR_NO_CHECK_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { LDNS_RCODE_YXDOMAIN },
		  { UPDATE_OVERWRITE, UPDATE_REJECTED } },
		{ NCR_NO_CHECK_WITH_DHCID, NCR_REMOVE, false, { LDNS_RCODE_NOERROR }, { UPDATE_REMOVE, UPDATE_N } },
		{ NCR_NO_CHECK_WITHOUT_DHCID,
		  NCR_ADD,
		  false,
		  { LDNS_RCODE_NOERROR },
		  { UPDATE_OVERWRITE_PLAIN, UPDATE_N } },
		{ NCR_NO_CHECK_WITHOUT_DHCID,
		  NCR_REMOVE,
		  false,
		  { LDNS_RCODE_NOERROR },
		  { UPDATE_REMOVE_PLAIN, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID, NCR_ADD, true, { LDNS_RCODE_NOERROR }, { UPDATE_REVERSE, UPDATE_N } },
		{ NCR_NO_CHECK_WITHOUT_DHCID,
		  NCR_ADD,
		  true,
		  { LDNS_RCODE_NOERROR },
		  { UPDATE_REVERSE_PLAIN, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID, NCR_REMOVE, true, { LDNS_RCODE_NXRRSET }, { UPDATE_REMOVE_REVERSE, UPDATE_N } },
		{ NCR_NO_CHECK_WITH_DHCID,
		  NCR_REMOVE,
		  true,
		  { LDNS_RCODE_NOTZONE },
		  { UPDATE_REMOVE_REVERSE, UPDATE_REJECTED } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ncr ncr = make(rows[i].change, rows[i].mode, "192.0.2.1");
		enum update_step step = update_first(&ncr, rows[i].reverse);
		unsigned n = 0;

		while (step < UPDATE_N) {
			ck_assert_msg(step == rows[i].steps[n], "row %zu, %u", i, n);
			step = update_next(step, rows[i].rcodes[n++]);
		}
		ck_assert_msg(step == rows[i].steps[n], "row %zu ends with %d", i, (int)step);
	}
}
END_TEST

/* Whatever servers respond, a request comes to an end, except where a name appears and goes again and again. */
START_TEST(responses_lead_to_an_end)
{
	for (unsigned step = 0; step < UPDATE_N; step++)
		for (unsigned rcode = 0; rcode < 24; rcode++) {
			enum update_step next = update_next((enum update_step)step, rcode);

			ck_assert(next <= UPDATE_REJECTED);
			ck_assert_msg(next > step || ((step == UPDATE_REPLACE || step == UPDATE_REPLACE_EXISTS) &&
						      rcode == LDNS_RCODE_NXDOMAIN),
				      "step %u, rcode %u", step, rcode);
		}
}
END_TEST

static void writes(enum update_step step, const struct ncr *ncr, const char *zone_text, const char *owner_text,
		   const char *want)
{
	struct dname zone = name_of(zone_text), owner = name_of(owner_text);
	char hex[2 * UPDATE_MESSAGE_MAX + 1];
	uint8_t buf[UPDATE_MESSAGE_MAX];
	size_t len = message_write(step, ncr, &zone, &owner, 0x1234, NULL, 0, buf, NULL);

	(void)bytes_to_hex(bytes_of(buf, len), 0, hex, sizeof(hex));
	ck_assert_str_eq(hex, want);
}

START_TEST(messages)
{
	struct ncr ncr = make(NCR_ADD, NCR_CHECK_WITH_DHCID, "192.0.2.1");

#define HEADER(pr, up) \
	"12342800"     \
	"0001" pr up "0000"
#define EXAMPLE "076578616d706c6500"
#define ZONE EXAMPLE "00060001"
#define PC "027063" EXAMPLE
	writes(UPDATE_ADD, &ncr, "example", "pc.example",
	       HEADER("0001", "0002") ZONE PC "00ff00fe000000000000" PC "00010001000002580004c0000201" PC
					      "00310001000002580004000101aa");
	writes(UPDATE_REPLACE, &ncr, "example", "pc.example",
	       HEADER("0002", "0002") ZONE PC "00ff00ff000000000000" PC "00310001000000000004000101aa" PC
					      "000100ff000000000000" PC "00010001000002580004c0000201");
	writes(UPDATE_REMOVE_NAME, &ncr, "example", "pc.example",
	       HEADER("0003", "0001") ZONE PC "00310001000000000004000101aa" PC "000100fe000000000000" PC
					      "001c00fe000000000000" PC "00ff00ff000000000000");
	/* Records of IPv6; the owner is the zone; the root as zone. */
	ncr = make(NCR_REMOVE, NCR_NO_CHECK_WITHOUT_DHCID, "2001:db8::1");
	writes(UPDATE_REMOVE_PLAIN, &ncr, "example", "example",
	       HEADER("0000", "0001") ZONE EXAMPLE "001c00fe00000000001020010db8000000000000000000000001");
	writes(UPDATE_REMOVE_PLAIN, &ncr, ".", "pc.",
	       HEADER("0000", "0001") "0000060001"
				      "02706300"
				      "001c00fe00000000001020010db8000000000000000000000001");
	/* 31 bits of TTL. */
	ncr.lease_length = UINT32_MAX;
	writes(UPDATE_REVERSE_PLAIN, &ncr, "example", "pc.example",
	       HEADER("0000", "0003") ZONE PC "000c00ff000000000000" PC "003100ff000000000000" PC
					      "000c00017fffffff000c" PC);
}
END_TEST

/* The longest names, with a signature, in each step. */
START_TEST(messages_fit)
{
	struct tsig_key key = { .algorithm = tsig_algorithm_find("hmac-sha512"),
				.secret = bytes_of("secret", 6),
				.mac_len = 64 };
	struct ncr ncr = make(NCR_ADD, NCR_CHECK_WITH_DHCID, "2001:db8::1");
	uint8_t buf[UPDATE_MESSAGE_MAX];
	struct str text = { 0 };
	struct tsig_mac mac;

	for (unsigned i = 0; i < 127; i++)
		str_add(&text, "a.");
	ncr.fqdn = key.name = name_of(text.text);
	ncr.dhcid_len = NCR_DHCID_MAX;
	for (unsigned step = 0; step < UPDATE_N; step++) {
		size_t len = message_write((enum update_step)step, &ncr, &ncr.fqdn, &ncr.fqdn, 1, &key, 0, buf, &mac);

		ck_assert_msg(len > 0 && len <= sizeof(buf), "step %u: %zu", step, len);
	}
	str_free(&text);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("update");

	tcase_add_test(tc, steps);
	tcase_add_test(tc, responses_lead_to_an_end);
	tcase_add_test(tc, messages);
	tcase_add_test(tc, messages_fit);
	return suite_run(tc);
}
