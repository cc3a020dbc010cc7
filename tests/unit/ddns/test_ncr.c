/* SPDX-License-Identifier: MPL-2.0 */
/* Name change requests: those that Kea 2.2.0 sends, round trips, and what is rejected with which reason. */
#include "ddns/dhcid.h"
#include "ddns/ncr.h"

#include "base/err.h"
#include "base/str.h"
#include "../suite.h"

static int parse(const char *text, struct ncr *ret, char *why)
{
	uint8_t buf[8192];
	struct writer w = writer_init(buf, sizeof(buf));

	write_u16(&w, (uint16_t)strlen(text));
	write_bytes(&w, text, strlen(text));
	ck_assert(!w.err);
	return ncr_parse(bytes_of(buf, writer_len(&w)), ret, why);
}

#define DHCID "000101E84DD7CA2D8A0FBD8F8DD4DFB7FC3F2CA9AD9D9FBB7B0D4D0D0F0A0B0C0D0E0F"

/* A request with its members in this order; NULL: without it. */
static const char *const members[] = {
	"\"change-type\": 0",
	"\"forward-change\": true",
	"\"reverse-change\": false",
	"\"fqdn\": \"pc.example.org.\"",
	"\"ip-address\": \"192.0.2.7\"",
	"\"dhcid\": \"" DHCID "\"",
	"\"lease-expires-on\": \"20260131120005\"",
	"\"lease-length\": 1300",
	"\"use-conflict-resolution\": true",
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* Returns the reason why the request with member i replaced (NULL: left out) is rejected; "" if it is not. */
static const char *why_with(unsigned i, const char *member, struct ncr *ret)
{
	static char why[NCR_WHY_MAX];
	struct str text = { 0 };
	const char *sep = "{ ";
	int err;

	for (unsigned k = 0; k < MEMBERS; k++) {
		const char *m = k == i ? member : members[k];

		if (m) {
			str_addf(&text, "%s%s", sep, m);
			sep = ", ";
		}
	}
	str_add(&text, " }");
	why[0] = '\0';
	err = parse(text.text, ret, why);
	ck_assert_msg((err == 0) == !why[0], "%s: %d %s", text.text, err, why);
	str_free(&text);
	return why;
}

START_TEST(what_kea_sends)
{
	static const char removal[] =
		"{\"change-type\":1,\"forward-change\":true,\"reverse-change\":true,\"fqdn\":\"pc-1.example.org.\","
		"\"ip-address\":\"198.51.100.100\","
		"\"dhcid\":\"00000151A4BF02D2BB66C49B68997A1A8DA420FDB593FE2C06967D96110E8F89A267E7\","
		"\"lease-expires-on\":\"20261129160105\",\"lease-length\":1200,\"use-conflict-resolution\":true}";
	static const uint8_t hwaddr[] = { 1, 2, 0, 0, 0, 0, 1 };
	char why[NCR_WHY_MAX] = "", text[NCR_TEXT_MAX], id[NCR_ID_TEXT_MAX];
	uint8_t dhcid[DHCID_LEN];
	struct ncr ncr;

	ck_assert_msg(parse(removal, &ncr, why) == 0, "%s", why);
	ck_assert_str_eq(
		ncr_format(&ncr, text),
		"remove forward and reverse, name pc-1.example.org., address 198.51.100.100, lease length 1200, "
		"check-with-dhcid");
	ck_assert_int_eq(ncr.expires_sec, 1795968065);
	ck_assert_str_eq(ncr_id(&ncr, id), "00000151a4bf02d2bb66c49b68997a1a8da420fdb593fe2c06967d96110e8f89a267e7");
	/* Of the client 02:00:00:00:00:01, without a client id. */
	ck_assert_int_eq(dhcid_make(DHCID_HWADDR, bytes_of(hwaddr, sizeof(hwaddr)), &ncr.fqdn, dhcid), 0);
	ck_assert_uint_eq(ncr.dhcid_len, DHCID_LEN);
	ck_assert_mem_eq(ncr.dhcid, dhcid, DHCID_LEN);
}
END_TEST

START_TEST(modes)
{
	static const struct {
		const char *member;
		enum ncr_mode mode;
	} rows[] = {
		{ NULL, NCR_CHECK_WITH_DHCID },
		{ "\"use-conflict-resolution\": true", NCR_CHECK_WITH_DHCID },
		{ "\"use-conflict-resolution\": false", NCR_NO_CHECK_WITH_DHCID },
		{ "\"conflict-resolution-mode\": \"check-with-dhcid\"", NCR_CHECK_WITH_DHCID },
		{ "\"conflict-resolution-mode\": \"no-check-with-dhcid\"", NCR_NO_CHECK_WITH_DHCID },
		{ "\"conflict-resolution-mode\": \"check-exists-with-dhcid\"", NCR_CHECK_EXISTS_WITH_DHCID },
		{ "\"conflict-resolution-mode\": \"no-check-without-dhcid\"", NCR_NO_CHECK_WITHOUT_DHCID },
		{ "\"use-conflict-resolution\": true, \"conflict-resolution-mode\": \"no-check-without-dhcid\"",
		  NCR_NO_CHECK_WITHOUT_DHCID },
	};
	struct ncr ncr;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_str_eq(why_with(8, rows[i].member, &ncr), "");
		ck_assert_int_eq(ncr.mode, rows[i].mode);
	}
}
END_TEST

START_TEST(wrong_members)
{
	static const struct {
		unsigned i;
		const char *member, *why;
	} rows[] = {
		{ 0, NULL, "\"change-type\" is missing" },
		{ 0, "\"change-type\": 2", "\"change-type\" is not in 0..1" },
		{ 0, "\"change-type\": -1", "\"change-type\" is not in 0..1" },
		{ 0, "\"change-type\": 0.0", "\"change-type\" is not a int" },
		{ 1, NULL, "\"forward-change\" is missing" },
		{ 1, "\"forward-change\": 1", "\"forward-change\" is not a boolean" },
		{ 1, "\"forward-change\": false", "neither \"forward-change\" nor \"reverse-change\" is true" },
		{ 3, NULL, "\"fqdn\" is missing" },
		{ 3, "\"fqdn\": \"\"", "\"fqdn\" is not a domain name" },
		{ 3, "\"fqdn\": \".\"", "\"fqdn\" is not a domain name" },
		{ 3, "\"fqdn\": \"a..b\"", "\"fqdn\" is not a domain name" },
		{ 3, "\"fqdn\": \"a\\u0000b\"", "\"fqdn\" contains a NUL character" },
		{ 3, "\"fqdn\": [ ]", "\"fqdn\" is not a string" },
		{ 4, "\"ip-address\": \"192.0.2\"", "\"ip-address\" is not an address" },
		{ 4, "\"ip-address\": \"192.0.2.0/24\"", "\"ip-address\" is not an address" },
		{ 5, "\"dhcid\": \"\"", "\"dhcid\" is empty" },
		{ 5, "\"dhcid\": \"123\"", "\"dhcid\" is not an even number of at most 510 hexadecimal digits" },
		{ 5, "\"dhcid\": \"12:3\"", "\"dhcid\" is not an even number of at most 510 hexadecimal digits" },
		{ 6, "\"lease-expires-on\": \"2026013112000\"", "\"lease-expires-on\" is not a date: YYYYMMDDhhmmss" },
		{ 6, "\"lease-expires-on\": \"20260231120000\"", "\"lease-expires-on\" is not a valid date" },
		{ 6, "\"lease-expires-on\": \"20260131250000\"", "\"lease-expires-on\" is not a valid date" },
		{ 6, "\"lease-expires-on\": \"20260100000000\"", "\"lease-expires-on\" is not a valid date" },
		{ 7, "\"lease-length\": 4294967296", "\"lease-length\" is not in 0..4294967295" },
		{ 7, "\"lease-length\": \"1300\"", "\"lease-length\" is not a int" },
		{ 8, "\"use-conflict-resolution\": \"yes\"", "\"use-conflict-resolution\" is not a boolean" },
		{ 8, "\"conflict-resolution-mode\": \"check\"", "\"conflict-resolution-mode\" is not a mode" },
	};
	struct ncr ncr;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_str_eq(why_with(rows[i].i, rows[i].member, &ncr), rows[i].why);
	/* Unknown members are those of a later version. */
	ck_assert_str_eq(why_with(8, "\"color\": { \"a\": [ 1 ] }", &ncr), "");
	/* Nothing identifies the client, and nothing has to. */
	ck_assert_int_eq(ncr.dhcid_len, 35);
}
END_TEST

START_TEST(wrong_texts)
{
	static const char *const texts[] = { "",           "{",        "[]",
					     "null",       "1",        "{} x",
					     "{\"a\":1,}", "\"\xff\"", "[[[[[[[[[[[[[[[[[[[[" };
	char why[NCR_WHY_MAX];
	struct ncr ncr;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		why[0] = '\0';
		ck_assert_msg(parse(texts[i], &ncr, why) == -E_INVAL && why[0], "%s", texts[i]);
	}
}
END_TEST

START_TEST(wrong_lengths)
{
	uint8_t buf[NCR_DATAGRAM_MAX], copy[NCR_DATAGRAM_MAX];
	char why[NCR_WHY_MAX];
	struct ncr ncr;
	int len;

	ck_assert_str_eq(why_with(0, members[0], &ncr), "");
	len = ncr_write(&ncr, buf, sizeof(buf));
	ck_assert_int_gt(len, 2);
	for (int cut = 0; cut < len; cut++)
		ck_assert_int_eq(ncr_parse(bytes_of(buf, (size_t)cut), &ncr, why), -E_INVAL);
	memcpy(copy, buf, (size_t)len);
	copy[len] = ' ';
	ck_assert_int_eq(ncr_parse(bytes_of(copy, (size_t)len + 1), &ncr, why), -E_INVAL);
	for (int size = 0; size < len; size++)
		ck_assert_int_eq(ncr_write(&ncr, copy, (size_t)size), -E_SPACE);
}
END_TEST

/* What is written reads back as the same request, also one with the longest name. */
START_TEST(round_trip)
{
	uint8_t buf[NCR_DATAGRAM_MAX];
	char why[NCR_WHY_MAX] = "";
	struct ncr ncr = { .forward = true, .fqdn = { .len = 255 }, .lease_length = UINT32_MAX };
	struct ncr again;
	int len;

	for (unsigned i = 0; i < 254; i += 64)
		ncr.fqdn.wire[i] = i == 192 ? 61 : 63;
	ncr.fqdn.wire[253] = ncr.fqdn.wire[254] = 0;
	ncr.fqdn.wire[1] = '"';
	ncr.fqdn.wire[2] = '\\';
	ncr.expires_sec = 1772323199;
	ncr.dhcid_len = NCR_DHCID_MAX;
	memset(ncr.dhcid, 0xa5, sizeof(ncr.dhcid));
	for (unsigned i = 0; i < 2 * NCR_MODE_N; i++) {
		ncr.mode = (enum ncr_mode)(i / 2);
		ncr.change = i % 2 ? NCR_REMOVE : NCR_ADD;
		ck_assert_int_eq(ip_parse(i % 2 ? "2001:db8::1" : "192.0.2.1", &ncr.addr), 0);
		if (ncr.mode == NCR_NO_CHECK_WITHOUT_DHCID) {
			ncr.dhcid_len = 0;
			memset(ncr.dhcid, 0, sizeof(ncr.dhcid));
		}
		len = ncr_write(&ncr, buf, sizeof(buf));
		ck_assert_int_gt(len, 0);
		ck_assert_msg(ncr_parse(bytes_of(buf, (size_t)len), &again, why) == 0, "%s", why);
		ck_assert(again.change == ncr.change && again.mode == ncr.mode && again.forward && !again.reverse);
		ck_assert(ip_equal(&again.addr, &ncr.addr) && again.fqdn.len == ncr.fqdn.len);
		ck_assert_mem_eq(again.fqdn.wire, ncr.fqdn.wire, ncr.fqdn.len);
		ck_assert_uint_eq(again.dhcid_len, ncr.dhcid_len);
		ck_assert_mem_eq(again.dhcid, ncr.dhcid, sizeof(ncr.dhcid));
		ck_assert_int_eq(again.expires_sec, ncr.expires_sec);
		ck_assert_uint_eq(again.lease_length, ncr.lease_length);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ncr");

	tcase_add_test(tc, what_kea_sends);
	tcase_add_test(tc, modes);
	tcase_add_test(tc, wrong_members);
	tcase_add_test(tc, wrong_texts);
	tcase_add_test(tc, wrong_lengths);
	tcase_add_test(tc, round_trip);
	return suite_run(tc);
}
