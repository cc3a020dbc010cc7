/* SPDX-License-Identifier: MPL-2.0 */
/* Domain names: text, limits, zones, reverse names; the vectors of RFC 4701. */
#include "ddns/dhcid.h"

#include "base/err.h"
#include "base/str.h"
#include "../suite.h"

static struct dname parse(const char *text)
{
	struct dname name = { 0 };

	ck_assert_msg(dname_parse(text, &name) == 0, "%s", text);
	return name;
}

START_TEST(text_round_trips)
{
	static const struct {
		const char *text, *again;
	} rows[] = {
		{ ".", "." },
		{ "example.org", "example.org." },
		{ "PC-1.Example.org.", "PC-1.Example.org." },
		{ "a\\.b.c", "a\\.b.c." },
		{ "a\\046b.c", "a\\.b.c." },
		{ "\\000\\255 x", "\\000\\255\\032x." },
		{ "\\\\.\\\"", "\\\\.\\\"." },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dname name = parse(rows[i].text), second;
		char buf[DNAME_TEXT_MAX];

		ck_assert_str_eq(dname_format(&name, buf), rows[i].again);
		second = parse(buf);
		ck_assert(dname_equal(&name, &second));
	}
}
END_TEST

START_TEST(wrong_text)
{
	static const char *const texts[] = { "", "..", ".a", "a..b", "a\\", "a\\25", "a\\256", "a\\2x5" };
	struct dname name;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(dname_parse(texts[i], &name) == -E_INVAL, "%s", texts[i]);
}
END_TEST

START_TEST(limits)
{
	char text[300] = "", buf[DNAME_TEXT_MAX];
	struct str longest = { 0 };
	struct dname name;
	unsigned i;

	memset(text, 'x', 63);
	ck_assert_int_eq(dname_parse(text, &name), 0);
	text[63] = 'x';
	ck_assert_int_eq(dname_parse(text, &name), -E_RANGE);
	/* 127 labels of one byte and the root are 255 bytes. */
	for (i = 0; i < 127; i++)
		memcpy(text + 2 * i, "a.", 3);
	ck_assert_int_eq(dname_parse(text, &name), 0);
	ck_assert_uint_eq(name.len, DNAME_MAX);
	memcpy(text + 2 * i, "a.", 3);
	ck_assert_int_eq(dname_parse(text, &name), -E_RANGE);
	/* The longest text. */
	for (i = 0; i < 4; i++)
		for (unsigned k = 0; k < (i < 3 ? 63u : 61u); k++)
			str_add(&longest, k == (i < 3 ? 62u : 60u) ? "\\001." : "\\001");
	ck_assert_int_eq(dname_parse(longest.text, &name), 0);
	ck_assert_str_eq(dname_format(&name, buf), longest.text);
	str_free(&longest);
	ck_assert_uint_lt(strlen(buf), DNAME_TEXT_MAX);
}
END_TEST

START_TEST(zones)
{
	static const struct {
		const char *name, *zone;
		bool is_under;
	} rows[] = {
		{ "pc.Example.org.", "example.ORG.", true },
		{ "example.org.", "example.org.", true },
		{ "example.org.", "pc.example.org.", false },
		{ "pcexample.org.", "example.org.", false },
		{ "a.b.c.", ".", true },
		{ ".", ".", true },
		{ "org.", "example.org.", false },
		/* The bytes of the zone are at the end of a label. */
		{ "a\\003org\\000.x.", "org.", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dname name = parse(rows[i].name), zone = parse(rows[i].zone);

		ck_assert_msg(dname_is_under(&name, &zone) == rows[i].is_under, "%s %s", rows[i].name, rows[i].zone);
	}
}
END_TEST

START_TEST(reverse_names)
{
	char buf[DNAME_TEXT_MAX];
	struct dname name;
	struct ip ip;

	ck_assert_int_eq(ip_parse("192.0.2.105", &ip), 0);
	name = dname_reverse(&ip);
	ck_assert_str_eq(dname_format(&name, buf), "105.2.0.192.in-addr.arpa.");
	ck_assert_int_eq(ip_parse("2001:db8::5:f0", &ip), 0);
	name = dname_reverse(&ip);
	ck_assert_str_eq(dname_format(&name, buf),
			 "0.f.0.0.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.");
}
END_TEST

/* RFC 4701 3.6 */
START_TEST(dhcid_of_rfc_4701)
{
	static const struct {
		enum dhcid_type type;
		const char *id, *name, *rdata;
	} rows[] = {
		{ DHCID_DUID, "00010006412df166010203040506", "chi6.example.com",
		  "000201636fc0b8271c82825bb1ac5c41cf5351aa69b4febd94e8f17cdb95000da48c40" },
		{ DHCID_CLIENT_ID, "010708090a0b0c", "chi.example.com",
		  "0001013920fe5d1dceb3fd0ba3379756a70d73b17009f41d58bddbfcd6a2503956d8da" },
		{ DHCID_HWADDR, "01010203040506", "Client.example.com",
		  "000001c4b9a5b249651343158dde7bcc77169841f7a4243a572b5c283fffedeb3f75e6" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dname name = parse(rows[i].name);
		uint8_t id[32], rdata[DHCID_LEN];
		char hex[2 * DHCID_LEN + 1];
		int len = hex_to_bytes(rows[i].id, strlen(rows[i].id), id, sizeof(id));

		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(dhcid_make(rows[i].type, bytes_of(id, (size_t)len), &name, rdata), 0);
		(void)bytes_to_hex(bytes_of(rdata, DHCID_LEN), 0, hex, sizeof(hex));
		ck_assert_str_eq(hex, rows[i].rdata);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("dname");

	tcase_add_test(tc, text_round_trips);
	tcase_add_test(tc, wrong_text);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, zones);
	tcase_add_test(tc, reverse_names);
	tcase_add_test(tc, dhcid_of_rfc_4701);
	return suite_run(tc);
}
