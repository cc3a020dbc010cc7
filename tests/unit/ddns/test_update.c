/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DNS updates: the steps of each mode and where responses lead, the bytes of messages, responses that are malformed or
 * not ours, signatures (expected values from another implementation of RFC 8945).
 */
#include "ddns/tsig.h"

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
		enum dns_rcode rcodes[3]; /* of the responses, until the end */
		enum update_step steps[4];
	} rows[] = {
		{ NCR_CHECK_WITH_DHCID, NCR_ADD, false, { DNS_NOERROR }, { UPDATE_ADD, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { DNS_YXDOMAIN, DNS_NOERROR },
		  { UPDATE_ADD, UPDATE_REPLACE, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { DNS_YXDOMAIN, DNS_NXRRSET },
		  { UPDATE_ADD, UPDATE_REPLACE, UPDATE_REJECTED } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { DNS_YXDOMAIN, DNS_NXDOMAIN, DNS_NOERROR },
		  { UPDATE_ADD, UPDATE_REPLACE, UPDATE_ADD, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID, NCR_ADD, false, { DNS_REFUSED }, { UPDATE_ADD, UPDATE_REJECTED } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_REMOVE,
		  false,
		  { DNS_NOERROR, DNS_NOERROR },
		  { UPDATE_REMOVE_ADDR, UPDATE_REMOVE_NAME, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID,
		  NCR_REMOVE,
		  false,
		  { DNS_NOERROR, DNS_YXRRSET },
		  { UPDATE_REMOVE_ADDR, UPDATE_REMOVE_NAME, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID, NCR_REMOVE, false, { DNS_NXRRSET }, { UPDATE_REMOVE_ADDR, UPDATE_N } },
		{ NCR_CHECK_EXISTS_WITH_DHCID,
		  NCR_ADD,
		  false,
		  { DNS_YXDOMAIN, DNS_NXRRSET },
		  { UPDATE_ADD_EXISTS, UPDATE_REPLACE_EXISTS, UPDATE_REJECTED } },
		{ NCR_CHECK_EXISTS_WITH_DHCID,
		  NCR_REMOVE,
		  false,
		  { DNS_NOERROR, DNS_NOERROR },
		  { UPDATE_REMOVE_ADDR_EXISTS, UPDATE_REMOVE_NAME_EXISTS, UPDATE_N } },
		{ NCR_NO_CHECK_WITH_DHCID, NCR_ADD, false, { DNS_NOERROR }, { UPDATE_OVERWRITE, UPDATE_N } },
		{ NCR_NO_CHECK_WITH_DHCID, NCR_ADD, false, { DNS_YXDOMAIN }, { UPDATE_OVERWRITE, UPDATE_REJECTED } },
		{ NCR_NO_CHECK_WITH_DHCID, NCR_REMOVE, false, { DNS_NOERROR }, { UPDATE_REMOVE, UPDATE_N } },
		{ NCR_NO_CHECK_WITHOUT_DHCID, NCR_ADD, false, { DNS_NOERROR }, { UPDATE_OVERWRITE_PLAIN, UPDATE_N } },
		{ NCR_NO_CHECK_WITHOUT_DHCID, NCR_REMOVE, false, { DNS_NOERROR }, { UPDATE_REMOVE_PLAIN, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID, NCR_ADD, true, { DNS_NOERROR }, { UPDATE_REVERSE, UPDATE_N } },
		{ NCR_NO_CHECK_WITHOUT_DHCID, NCR_ADD, true, { DNS_NOERROR }, { UPDATE_REVERSE_PLAIN, UPDATE_N } },
		{ NCR_CHECK_WITH_DHCID, NCR_REMOVE, true, { DNS_NXRRSET }, { UPDATE_REMOVE_REVERSE, UPDATE_N } },
		{ NCR_NO_CHECK_WITH_DHCID,
		  NCR_REMOVE,
		  true,
		  { DNS_NOTZONE },
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
						      rcode == DNS_NXDOMAIN),
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
	struct writer w = writer_init(buf, sizeof(buf));

	update_write(step, ncr, &zone, &owner, 0x1234, &w);
	ck_assert(!w.err);
	(void)bytes_to_hex(bytes_of(buf, writer_len(&w)), 0, hex, sizeof(hex));
	ck_assert_str_eq(hex, want);
}

START_TEST(messages)
{
	struct ncr ncr = make(NCR_ADD, NCR_CHECK_WITH_DHCID, "192.0.2.1");

#define HEADER(pr, up) \
	"12342800"     \
	"0001" pr up "0000"
#define ZONE                 \
	"076578616d706c6500" \
	"00060001"
#define PC "027063c00c"
#define AGAIN "c019"
	writes(UPDATE_ADD, &ncr, "example", "pc.example",
	       HEADER("0001", "0002") ZONE PC "00ff00fe000000000000" AGAIN "00010001000002580004c0000201" AGAIN
					      "00310001000002580004000101aa");
	writes(UPDATE_REPLACE, &ncr, "example", "pc.example",
	       HEADER("0002", "0002") ZONE PC "00ff00ff000000000000" AGAIN "00310001000000000004000101aa" AGAIN
					      "000100ff000000000000" AGAIN "00010001000002580004c0000201");
	writes(UPDATE_REMOVE_NAME, &ncr, "example", "pc.example",
	       HEADER("0003", "0001") ZONE PC "00310001000000000004000101aa" AGAIN "000100fe000000000000" AGAIN
					      "001c00fe000000000000" AGAIN "00ff00ff000000000000");
	/* Records of IPv6; the owner is the zone; the root as zone. */
	ncr = make(NCR_REMOVE, NCR_NO_CHECK_WITHOUT_DHCID, "2001:db8::1");
	writes(UPDATE_REMOVE_PLAIN, &ncr, "example", "example",
	       HEADER("0000", "0001") ZONE "c00c"
					   "001c00fe00000000001020010db8000000000000000000000001");
	writes(UPDATE_REMOVE_PLAIN, &ncr, ".", "pc.",
	       HEADER("0000", "0001") "0000060001"
				      "02706300"
				      "001c00fe00000000001020010db8000000000000000000000001");
	/* 31 bits of TTL; the name in the data is not compressed. */
	ncr.lease_length = UINT32_MAX;
	writes(UPDATE_REVERSE_PLAIN, &ncr, "example", "pc.example",
	       HEADER("0000", "0003") ZONE PC "000c00ff000000000000" AGAIN "003100ff000000000000" AGAIN
					      "000c00017fffffff000c"
					      "027063076578616d706c6500");
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
		struct writer w = writer_init(buf, sizeof(buf));

		update_write((enum update_step)step, &ncr, &dname_root, &ncr.fqdn, 1, &w);
		tsig_sign(&key, 0, &w, &mac);
		ck_assert_msg(!w.err, "step %u", step);
	}
	str_free(&text);
}
END_TEST

static int response(const char *hex, struct dns_response *ret)
{
	static uint8_t data[1024];
	int len = hex_to_bytes(hex, strlen(hex), data, sizeof(data));

	ck_assert_int_gt(len, 0);
	return dns_response_parse(bytes_of(data, (size_t)len), 0x1234, ret);
}

START_TEST(responses)
{
	struct dns_response res;

	ck_assert_int_eq(response("1234a8000000000000000000", &res), 0);
	ck_assert_uint_eq(res.rcode, DNS_NOERROR);
	ck_assert(!res.is_truncated && !res.tsig.is_there);
	ck_assert_int_eq(response("1234a8060001000000000000" ZONE, &res), 0);
	ck_assert_uint_eq(res.rcode, DNS_YXDOMAIN);
	ck_assert_int_eq(response("1234aa000000000000000000", &res), 0);
	ck_assert(res.is_truncated);
	/* Another id, not a response, not of an update, cut off, too much, records that are not there. */
	ck_assert_int_lt(response("1235a8000000000000000000", &res), 0);
	ck_assert_int_lt(response("123428000000000000000000", &res), 0);
	ck_assert_int_lt(response("123480000000000000000000", &res), 0);
	ck_assert_int_lt(response("1234a80000000000000000", &res), 0);
	ck_assert_int_lt(response("1234", &res), 0);
	ck_assert_int_lt(response("1234a800000000000000000000", &res), 0);
	ck_assert_int_lt(response("1234a8000001000000000000", &res), 0);
	ck_assert_int_lt(response("1234a800ffffffffffffffff", &res), 0);
	/* A name that is a loop. */
	ck_assert_int_lt(response("1234a8000001000000000000"
				  "c00c"
				  "00060001",
				  &res),
			 0);
	ck_assert_int_lt(response("1234a8000001000000000000"
				  "c010"
				  "0006c00c"
				  "00010001",
				  &res),
			 0);
	/* Data longer than the message. */
	ck_assert_int_lt(response("1234a8000000000000000001"
				  "00"
				  "00010001"
				  "00000000"
				  "0100"
				  "00",
				  &res),
			 0);
	/* A TSIG record that is not the last one, in the wrong section or malformed. */
	ck_assert_int_lt(response("1234a8000000000000000001"
				  "00"
				  "00fa00ff"
				  "00000000"
				  "0000",
				  &res),
			 0);
	ck_assert_int_lt(response("1234a8000000000000000002"
				  "00"
				  "00fa00ff"
				  "00000000"
				  "0011"
				  "00"
				  "000000000000"
				  "012c"
				  "0000"
				  "1234"
				  "0000"
				  "0000"
				  "00"
				  "00010001"
				  "00000000"
				  "0000",
				  &res),
			 0);
	ck_assert_int_lt(response("1234a8000000000000010000"
				  "00"
				  "00fa00ff"
				  "00000000"
				  "0011"
				  "00"
				  "000000000000"
				  "012c"
				  "0000"
				  "1234"
				  "0000"
				  "0000",
				  &res),
			 0);
}
END_TEST

#define NOW 1767225600
static const char request_hex[] = "123428000001000000000000" ZONE;
static const char response_hex[] = "1234a8000001000000000000" ZONE;

static const struct {
	const char *word, *request, *response;
} macs[] = {
	{ "hmac-md5", "d9c03dcee3b62cdfa8000aef493d3202", "0d3e27c47a24d0b740e581ec4ddbf10d" },
	{ "HMAC-SHA1", "03a779c6e52df0db5f982a29047c38dfa19dcef2", "ef213c3b579d8ef9b476b9213028bab40a91073a" },
	{ "HMAC-SHA224", "0805fd1182207208343b6c591bdd2bf8cea4ad4d47ba5722e900a21b",
	  "6e17be9576c7771028cb280d3b3af44d10a54f02fe8842167b05ff9e" },
	{ "HMAC-SHA256", "aa9ee6d2a7ed20f8369502bcaf27213ab7315b5f6ece63d01476646249198d28",
	  "e96609a2ff0fd522c17f3ff84f64c3c805392798518f9f9d5366f7a1e681ea13" },
	{ "HMAC-SHA384",
	  "2a40340df2094eac6e4d168825743184817a58405b6188e889cfe6fdba0afe46d62fd70b94ac538a9dda0ed407f7b7ec",
	  "a270896bd83061914df72c3781cad4b8187430d1dc05bd01a92bad87f06f9c2d417b3c212f4d7de80ee95cb782d6a54d" },
	{ "HMAC-SHA512",
	  "7a7bc5f41393ca03a2109fea4d934c2a71e669ebdb3061f9639cbe9b8f4949e0c2fdde660929873e0669c1e620e7f8f3a64bad507667"
	  "b7e9"
	  "e7619d0cdad7a571",
	  "b3d2c7302883f93a6fb26801001cd089775be16438cf8609b2b791a91a2c2286bc69063e382c64ca8a9518101cdfb142ec15bfa23532"
	  "0558"
	  "b895775960c77638" },
};
#define MACS (sizeof(macs) / sizeof(macs[0]))

static size_t unhex(const char *hex, uint8_t *to, size_t size)
{
	int len = hex_to_bytes(hex, strlen(hex), to, size);

	ck_assert_int_gt(len, 0);
	return (size_t)len;
}

static struct tsig_key key_of(const char *algorithm)
{
	struct tsig_key key = { .name = name_of("KEY.example."),
				.algorithm = tsig_algorithm_find(algorithm),
				.secret = bytes_of("0123456789abcdef", 16) };

	ck_assert_ptr_nonnull(key.algorithm);
	key.mac_len = key.algorithm->bits / 8;
	return key;
}

/* Signs a request; checks and returns its MAC. */
static struct tsig_mac sign(const struct tsig_key *key, const char *want)
{
	uint8_t buf[512];
	struct writer w = writer_init(buf, sizeof(buf));
	char hex[2 * TSIG_MAC_MAX + 1];
	struct tsig_mac mac;

	(void)write_space(&w, unhex(request_hex, buf, sizeof(buf)));
	tsig_sign(key, NOW, &w, &mac);
	ck_assert(!w.err);
	ck_assert_uint_eq(buf[DNS_HEADER_LEN - 1], 1);
	(void)bytes_to_hex(bytes_of(mac.data, mac.len), 0, hex, sizeof(hex));
	ck_assert_uint_eq(mac.len, key->mac_len);
	ck_assert_msg(!strncmp(hex, want, 2 * mac.len), "%s %s", hex, want);
	return mac;
}

struct signed_response {
	uint8_t data[512];
	size_t len;
	struct dns_response res;
};

/* Makes a response with this MAC, time and error. */
static void make_response(const struct tsig_key *key, const char *mac_hex, size_t mac_len, int64_t time_sec,
			  uint16_t error, struct signed_response *ret)
{
	struct dname algorithm = name_of(key->algorithm->name);
	struct writer w = writer_init(ret->data, sizeof(ret->data));
	uint8_t mac[TSIG_MAC_MAX] = { 0 };

	if (mac_hex)
		(void)unhex(mac_hex, mac, sizeof(mac));
	(void)write_space(&w, unhex(response_hex, ret->data, sizeof(ret->data)));
	ret->data[DNS_HEADER_LEN - 1] = 1;
	dname_write(&w, &key->name);
	write_u16(&w, DNS_TSIG);
	write_u16(&w, DNS_CLASS_ANY);
	write_u32(&w, 0);
	write_u16(&w, (uint16_t)(algorithm.len + 16 + mac_len));
	dname_write(&w, &algorithm);
	write_u16(&w, (uint16_t)(time_sec >> 32));
	write_u32(&w, (uint32_t)time_sec);
	write_u16(&w, TSIG_FUDGE_SEC);
	write_u16(&w, (uint16_t)mac_len);
	write_bytes(&w, mac, mac_len);
	write_u16(&w, 0x1234);
	write_u16(&w, error);
	write_u16(&w, 0);
	ck_assert(!w.err);
	ret->len = writer_len(&w);
	ck_assert_int_eq(dns_response_parse(bytes_of(ret->data, ret->len), 0x1234, &ret->res), 0);
}

static int check_at(const struct tsig_key *key, const struct tsig_mac *mac, const struct signed_response *sr,
		    int64_t now, unsigned *reterr)
{
	return tsig_check(key, mac, bytes_of(sr->data, sr->len), &sr->res.tsig, now, reterr);
}

START_TEST(signatures)
{
	for (size_t i = 0; i < MACS; i++) {
		struct tsig_key key = key_of(macs[i].word), other;
		struct tsig_mac mac = sign(&key, macs[i].request), wrong = mac;
		struct signed_response sr;
		unsigned error = 0;

		make_response(&key, macs[i].response, key.mac_len, NOW, 0, &sr);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), 0);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW + 300, &error), 0);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW - 300, &error), 0);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW + 301, &error), -E_INVAL);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW - 301, &error), -E_INVAL);
		/* The response to another request, another secret, another name. */
		wrong.data[0] ^= 1;
		ck_assert_int_eq(check_at(&key, &wrong, &sr, NOW, &error), -E_INVAL);
		other = key;
		other.secret.len--;
		ck_assert_int_eq(check_at(&other, &mac, &sr, NOW, &error), -E_INVAL);
		other = key;
		other.name = name_of("key2.example.");
		ck_assert_int_eq(check_at(&other, &mac, &sr, NOW, &error), -E_INVAL);
		/* Any byte of the message is changed. */
		for (size_t k = 3; k < sr.len; k++) {
			struct signed_response bad = sr;

			bad.data[k] ^= 0x81;
			if (dns_response_parse(bytes_of(bad.data, bad.len), 0x1234, &bad.res) == 0)
				ck_assert_msg(check_at(&key, &mac, &bad, NOW, &error) < 0, "byte %zu", k);
		}
	}
}
END_TEST

START_TEST(truncated_signatures)
{
	for (size_t i = 0; i < MACS; i++) {
		struct tsig_key key = key_of(macs[i].word);
		struct signed_response sr;
		struct tsig_mac mac;
		unsigned error = 0;

		ck_assert(tsig_bits_are_valid(key.algorithm, 0));
		ck_assert(tsig_bits_are_valid(key.algorithm, key.algorithm->bits));
		ck_assert(!tsig_bits_are_valid(key.algorithm, key.algorithm->bits + 8));
		ck_assert(!tsig_bits_are_valid(key.algorithm, 72));
		ck_assert(!tsig_bits_are_valid(key.algorithm, key.algorithm->bits / 2 - 8));
		ck_assert(!tsig_bits_are_valid(key.algorithm, key.algorithm->bits - 4));
		/* A full MAC is expected: a truncated one is not accepted, nor is an empty one. */
		mac = sign(&key, macs[i].request);
		make_response(&key, macs[i].response, key.mac_len - 1, NOW, 0, &sr);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), -E_INVAL);
		make_response(&key, NULL, 0, NOW, 0, &sr);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), -E_INVAL);
		/* Of a truncated request the truncated MAC is hashed, so this response has another one. */
		key.mac_len -= 2;
		mac = sign(&key, macs[i].request);
		make_response(&key, macs[i].response, key.mac_len, NOW, 0, &sr);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), -E_INVAL);
	}
}
END_TEST

START_TEST(errors_of_signatures)
{
	struct tsig_key key = key_of("hmac-sha256");
	struct tsig_mac mac = sign(&key, macs[3].request);
	struct signed_response sr;
	unsigned error = 0;

	make_response(&key, NULL, 0, NOW, DNS_BADKEY, &sr);
	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), -E_CONFLICT);
	ck_assert_uint_eq(error, DNS_BADKEY);
	make_response(&key, NULL, 0, NOW, DNS_BADSIG, &sr);
	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), -E_CONFLICT);
	ck_assert_uint_eq(error, DNS_BADSIG);
	/* These must be signed. */
	make_response(&key, NULL, 0, NOW, DNS_BADTIME, &sr);
	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), -E_INVAL);
	make_response(&key, macs[3].response, 32, NOW, DNS_BADTIME, &sr);
	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), -E_INVAL);
	/* Not signed at all. */
	memset(&sr.res.tsig, 0, sizeof(sr.res.tsig));
	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW, &error), -E_INVAL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("update");

	tcase_add_test(tc, steps);
	tcase_add_test(tc, responses_lead_to_an_end);
	tcase_add_test(tc, messages);
	tcase_add_test(tc, messages_fit);
	tcase_add_test(tc, responses);
	tcase_add_test(tc, signatures);
	tcase_add_test(tc, truncated_signatures);
	tcase_add_test(tc, errors_of_signatures);
	return suite_run(tc);
}
