/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Responses of DNS servers: those that are malformed or not ours, and signatures (expected values from other
 * implementations of RFC 8945).
 */
#include "kea-dhcp-ddns/message.h"

#include "base/arena.h"
#include "../suite.h"

#define ZONE                 \
	"076578616d706c6500" \
	"00060001"
#define ID 0x1234
#define NOW 1767225600

static size_t unhex(const char *hex, uint8_t *to, size_t size)
{
	int len = hex_to_bytes(hex, strlen(hex), to, size);

	ck_assert_int_gt(len, 0);
	return (size_t)len;
}

static struct dname name_of(const char *text)
{
	struct dname name;

	ck_assert_int_eq(dname_parse(text, &name), 0);
	return name;
}

static enum response_verdict response(const char *hex, struct response *ret)
{
	/* Of its size, so that sanitizers see what is read behind it. */
	uint8_t data[1024], *copy;
	size_t len = unhex(hex, data, sizeof(data));
	enum response_verdict verdict;

	copy = xmalloc(len);
	memcpy(copy, data, len);
	verdict = message_read(bytes_of(copy, len), ID, NULL, NULL, NOW, ret);
	free(copy);
	return verdict;
}

START_TEST(responses)
{
	struct response res;

	ck_assert_int_eq(response("1234a8000000000000000000", &res), RESPONSE_VALID);
	ck_assert_uint_eq(res.rcode, LDNS_RCODE_NOERROR);
	ck_assert(!res.is_truncated);
	ck_assert_int_eq(response("1234a8060001000000000000" ZONE, &res), RESPONSE_VALID);
	ck_assert_uint_eq(res.rcode, LDNS_RCODE_YXDOMAIN);
	ck_assert_int_eq(response("1234aa000000000000000000", &res), RESPONSE_VALID);
	ck_assert(res.is_truncated);
	/* The update again, with compressed names, and EDNS. */
	ck_assert_int_eq(response("1234a8030001000100000001" ZONE "027063c00c"
				  "00ff00ff000000000000"
				  "0000290200000000000000",
				  &res),
			 RESPONSE_VALID);
	ck_assert_uint_eq(res.rcode, LDNS_RCODE_NXDOMAIN);
}
END_TEST

#define RR_A "00010001000000000004c0000201"
#define TSIG_FIELDS "000000000000012c0000123400000000"

START_TEST(malformed_responses)
{
	static const char *const rows[] = {
		/* Another id, not a response, not to an update, cut off, too much, records that are not there. */
		"1235a8000000000000000000",
		"123428000000000000000000",
		"123480000000000000000000",
		"1234a80000000000000000",
		"1234",
		"1234a800000000000000000000",
		"1234a8000001000000000000",
		"1234a800ffffffffffffffff",
		/* Names: loops, to the end and past it, cut off, labels too long or of unknown types. */
		"1234a8000001000000000000c00c00060001",
		"1234a8000001000000000000c0100006c00c00010001",
		"1234a8000001000000000000c01200060001",
		"1234a8000001000000000000cfff00060001",
		"1234a8000001000000000000c0",
		"1234a8000001000000000000c000",
		"1234a8000001000000000000056162",
		"1234a800000100000000000040616200060001",
		"1234a800000100000000000081616200060001",
		/* Data: longer than the message, than the type, not complete. */
		"1234a8000000000000000001000001000100000000010000",
		"1234a800000000000000000100" RR_A "00",
		"1234a8000000000000000001000001000100000000000500000000ff",
		"1234a80000000000000000010000010001000000000003000000",
		"1234a8000000000000000001000001000100000000",
		/* A TSIG record that is malformed, not the last one, twice, in another section, of class IN, with a
		   TTL. */
		"1234a80000000000000000010000fa00ff000000000000",
		"1234a80000000000000000010000fa00ff00000000001200" TSIG_FIELDS "00",
		"1234a80000000000000000010000fa00ff000000000010" TSIG_FIELDS,
		"1234a80000000000000000010000fa00ff00000000001100000000000000012cffff123400000000",
		"1234a80000000000000000020000fa00ff00000000001100" TSIG_FIELDS "00" RR_A,
		"1234a80000000000000000020000fa00ff00000000001100" TSIG_FIELDS "0000fa00ff00000000001100" TSIG_FIELDS,
		"1234a80000000000000100000000fa00ff00000000001100" TSIG_FIELDS,
		"1234a80000000000000000010000fa000100000000001100" TSIG_FIELDS,
		"1234a80000000000000000010000fa00ff00000001001100" TSIG_FIELDS,
	};
	struct response res;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(response(rows[i], &res) == RESPONSE_MALFORMED, "row %zu: %s", i, rows[i]);
	/* The same record where it belongs. */
	ck_assert_int_eq(response("1234a80000000000000000010000fa00ff00000000001100" TSIG_FIELDS, &res),
			 RESPONSE_VALID);
}
END_TEST

/* Names in a chain of pointers, each before the last, that become longer than a name may be. */
START_TEST(long_names)
{
	uint8_t data[2048];
	struct response res;

	for (unsigned n = 1; n <= 130; n++) {
		struct writer w = writer_init(data, sizeof(data));
		size_t last = LDNS_HEADER_SIZE;

		write_u16(&w, ID);
		write_u16(&w, 0xa800);
		write_u16(&w, (uint16_t)(n + 1));
		write_zeros(&w, 6 + 1 + 4);
		for (unsigned i = 0; i < n; i++) {
			size_t here = writer_len(&w);

			write_bytes(&w, "\001a", 2);
			write_u16(&w, (uint16_t)(0xc000 | last));
			write_u32(&w, 0);
			last = here;
		}
		ck_assert(!w.err);
		ck_assert_msg(message_read(bytes_of(data, writer_len(&w)), ID, NULL, NULL, NOW, &res) ==
				      (n <= 127 ? RESPONSE_VALID : RESPONSE_MALFORMED),
			      "%u", n);
	}
}
END_TEST

static const char request_hex[] = "123428000001000000000000" ZONE;
static const char response_hex[] = "1234a8000001000000000000" ZONE;

/* Of request and response; truncated: of the response if both are two bytes shorter. */
static const struct {
	const char *word, *request, *response, *truncated;
} macs[] = {
	{ "hmac-md5", "d9c03dcee3b62cdfa8000aef493d3202", "0d3e27c47a24d0b740e581ec4ddbf10d",
	  "716a7c33f60409e7ad41d7ed8313" },
	{ "HMAC-SHA1", "03a779c6e52df0db5f982a29047c38dfa19dcef2", "ef213c3b579d8ef9b476b9213028bab40a91073a",
	  "0633a4734cf1e58ef9146a6f30f9b5c03580" },
	{ "HMAC-SHA224", "0805fd1182207208343b6c591bdd2bf8cea4ad4d47ba5722e900a21b",
	  "6e17be9576c7771028cb280d3b3af44d10a54f02fe8842167b05ff9e",
	  "c4ce2e922379178015a4d780e5e1d7678f0e16d5184ee1ddd30b" },
	{ "HMAC-SHA256", "aa9ee6d2a7ed20f8369502bcaf27213ab7315b5f6ece63d01476646249198d28",
	  "e96609a2ff0fd522c17f3ff84f64c3c805392798518f9f9d5366f7a1e681ea13",
	  "db87b61a4eb7f064e43537543ae07a162feefd42a5de87a12ce92e566eb2" },
	{ "HMAC-SHA384",
	  "2a40340df2094eac6e4d168825743184817a58405b6188e889cfe6fdba0afe46d62fd70b94ac538a9dda0ed407f7b7ec",
	  "a270896bd83061914df72c3781cad4b8187430d1dc05bd01a92bad87f06f9c2d417b3c212f4d7de80ee95cb782d6a54d",
	  "ba87c16cbf998d9e28079dd1adb873292ead56293320c9cba461b2c3ed8459960b6474a9163a37a9520330ce15d5" },
	{ "HMAC-SHA512",
	  "7a7bc5f41393ca03a2109fea4d934c2a71e669ebdb3061f9639cbe9b8f4949e0c2fdde660929873e0669c1e620e7f8f3"
	  "a64bad507667b7e9e7619d0cdad7a571",
	  "b3d2c7302883f93a6fb26801001cd089775be16438cf8609b2b791a91a2c2286bc69063e382c64ca8a9518101cdfb142"
	  "ec15bfa235320558b895775960c77638",
	  "306dad26daf3f2457c7ed0c4bc759023085278cbed30361b4b73e02ca0e3d83e2cc5f8cb3b5f46d92cdf5aff157d3bf6"
	  "353b3b2876183cf3faf1e54af35f" },
};
#define MACS (sizeof(macs) / sizeof(macs[0]))
#define SHA256 3 /* of them */

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
	char hex[2 * TSIG_MAC_MAX + 1];
	struct tsig_mac mac;
	uint8_t buf[64];
	size_t len = unhex(request_hex, buf, sizeof(buf));

	ldns_rr_free(tsig_new(key, NOW, bytes_of(buf, len), &mac));
	(void)bytes_to_hex(bytes_of(mac.data, mac.len), 0, hex, sizeof(hex));
	ck_assert_uint_eq(mac.len, key->mac_len);
	ck_assert_msg(!strncmp(hex, want, 2 * mac.len), "%s %s", hex, want);
	return mac;
}

struct signed_response {
	uint8_t data[512];
	size_t len;
};

/* What the record of a response says. */
struct record {
	const char *mac; /* NULL: zeros */
	size_t mac_len;
	int64_t time_sec;
	uint16_t error, original_id;
	bool has_other; /* RFC 8945 5.2.3: the time of the server */
};

static struct signed_response make_response(const struct tsig_key *key, struct record rec)
{
	struct signed_response ret;
	struct dname algorithm = name_of(key->algorithm->name);
	struct writer w = writer_init(ret.data, sizeof(ret.data));
	uint8_t mac[TSIG_MAC_MAX] = { 0 };

	if (rec.mac)
		(void)unhex(rec.mac, mac, sizeof(mac));
	(void)write_space(&w, unhex(response_hex, ret.data, sizeof(ret.data)));
	ret.data[LDNS_ARCOUNT_OFF + 1] = 1;
	write_bytes(&w, key->name.wire, key->name.len);
	write_u16(&w, LDNS_RR_TYPE_TSIG);
	write_u16(&w, LDNS_RR_CLASS_ANY);
	write_u32(&w, 0);
	write_u16(&w, (uint16_t)(algorithm.len + 16 + rec.mac_len + (rec.has_other ? 6 : 0)));
	write_bytes(&w, algorithm.wire, algorithm.len);
	write_u16(&w, (uint16_t)(rec.time_sec >> 32));
	write_u32(&w, (uint32_t)rec.time_sec);
	write_u16(&w, TSIG_FUDGE_SEC);
	write_u16(&w, (uint16_t)rec.mac_len);
	write_bytes(&w, mac, rec.mac_len);
	write_u16(&w, rec.original_id ? rec.original_id : ID);
	write_u16(&w, rec.error);
	write_u16(&w, rec.has_other ? 6 : 0);
	if (rec.has_other) {
		write_u16(&w, 0);
		write_u32(&w, NOW + 1000);
	}
	ck_assert(!w.err);
	ret.len = writer_len(&w);
	return ret;
}

static enum response_verdict check_at(const struct tsig_key *key, const struct tsig_mac *mac,
				      const struct signed_response *sr, int64_t now)
{
	struct response res;

	return message_read(bytes_of(sr->data, sr->len), ID, key, mac, now, &res);
}

/* Checks a response with an error. */
static unsigned refused(const struct tsig_key *key, const struct tsig_mac *mac, struct record rec)
{
	struct signed_response sr = make_response(key, rec);
	struct response res = { 0 };

	ck_assert_int_eq(message_read(bytes_of(sr.data, sr.len), ID, key, mac, NOW, &res), RESPONSE_KEY_REFUSED);
	return res.tsig_error;
}

START_TEST(signatures)
{
	for (size_t i = 0; i < MACS; i++) {
		struct tsig_key key = key_of(macs[i].word), other;
		struct tsig_mac mac = sign(&key, macs[i].request), wrong = mac;
		struct signed_response sr = make_response(&key, (struct record){ macs[i].response, key.mac_len, NOW });

		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_VALID);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW + 300), RESPONSE_VALID);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW - 300), RESPONSE_VALID);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW + 301), RESPONSE_UNSIGNED);
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW - 301), RESPONSE_UNSIGNED);
		/* The response to another request, another secret, another name. */
		wrong.data[0] ^= 1;
		ck_assert_int_eq(check_at(&key, &wrong, &sr, NOW), RESPONSE_UNSIGNED);
		other = key;
		other.secret.len--;
		ck_assert_int_eq(check_at(&other, &mac, &sr, NOW), RESPONSE_UNSIGNED);
		other = key;
		other.name = name_of("key2.example.");
		ck_assert_int_eq(check_at(&other, &mac, &sr, NOW), RESPONSE_UNSIGNED);
		/* Any byte of the message is changed. */
		for (size_t k = 3; k < sr.len; k++) {
			struct signed_response bad = sr;

			bad.data[k] ^= 0x81;
			ck_assert_msg(check_at(&key, &mac, &bad, NOW) != RESPONSE_VALID, "byte %zu", k);
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

		ck_assert(tsig_bits_are_valid(key.algorithm, 0));
		ck_assert(tsig_bits_are_valid(key.algorithm, key.algorithm->bits));
		ck_assert(!tsig_bits_are_valid(key.algorithm, key.algorithm->bits + 8));
		ck_assert(!tsig_bits_are_valid(key.algorithm, 72));
		ck_assert(!tsig_bits_are_valid(key.algorithm, key.algorithm->bits / 2 - 8));
		ck_assert(!tsig_bits_are_valid(key.algorithm, key.algorithm->bits - 4));
		/* A full MAC is expected: a truncated one is not accepted, nor is an empty one, nor a longer one. */
		mac = sign(&key, macs[i].request);
		for (unsigned change = 0; change < 3; change++) {
			static const int more[] = { -1, 1, -TSIG_MAC_MAX };
			int len = (int)key.mac_len + more[change];

			if (len > TSIG_MAC_MAX)
				continue;
			sr = make_response(&key, (struct record){ macs[i].response, len > 0 ? (size_t)len : 0, NOW });
			ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_UNSIGNED);
		}
		/* Of a truncated request the truncated MAC is hashed, so the response to the full one has another. */
		key.mac_len -= 2;
		mac = sign(&key, macs[i].request);
		sr = make_response(&key, (struct record){ macs[i].response, key.mac_len, NOW });
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_UNSIGNED);
		sr = make_response(&key, (struct record){ macs[i].truncated, key.mac_len, NOW });
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_VALID);
		sr = make_response(&key, (struct record){ macs[i].truncated, key.mac_len - 1, NOW });
		ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_UNSIGNED);
	}
}
END_TEST

/* A server on the way has replaced the id of the request, and restored it in the response. */
START_TEST(forwarded_update)
{
	struct tsig_key key = key_of("hmac-sha256");
	struct tsig_mac mac = sign(&key, macs[SHA256].request);
	struct signed_response sr =
		make_response(&key, (struct record){ "1948a378ffc47cb956c9b485f073b97e1a68e4efbfbf109327936d3d7003aff1",
						     32, NOW, .original_id = 0x4321 });

	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_VALID);
}
END_TEST

START_TEST(errors_of_signatures)
{
	struct tsig_key key = key_of("hmac-sha256");
	struct tsig_mac mac = sign(&key, macs[SHA256].request);
	struct signed_response sr;

	ck_assert_uint_eq(refused(&key, &mac, (struct record){ NULL, 0, NOW, TSIG_BADKEY }), TSIG_BADKEY);
	ck_assert_uint_eq(refused(&key, &mac, (struct record){ NULL, 0, NOW, TSIG_BADSIG }), TSIG_BADSIG);
	ck_assert_uint_eq(refused(&key, &mac,
				  (struct record){ "d7460b92d0f8d7870f3cab4c9c2e06cc499c1fdb25cbc4e3502c5e93e74d7bb4",
						   32, NOW, TSIG_BADTIME, .has_other = true }),
			  TSIG_BADTIME);
	ck_assert_uint_eq(refused(&key, &mac,
				  (struct record){ "5a217aed7f67c90c21b3209c862ed957c7c225c952f2fc4df2fe1b18e3c490e4",
						   32, NOW, TSIG_BADTRUNC }),
			  TSIG_BADTRUNC);
	/* These must be signed. */
	sr = make_response(&key, (struct record){ NULL, 0, NOW, TSIG_BADTIME });
	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_UNSIGNED);
	sr = make_response(&key, (struct record){ macs[SHA256].response, 32, NOW, TSIG_BADTIME });
	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_UNSIGNED);
	/* Not signed at all. */
	sr.len = unhex(response_hex, sr.data, sizeof(sr.data));
	ck_assert_int_eq(check_at(&key, &mac, &sr, NOW), RESPONSE_UNSIGNED);
}
END_TEST

START_TEST(names_of_codes)
{
	char buf[RCODE_TEXT_MAX];

	ck_assert_str_eq(rcode_text(LDNS_RCODE_NXRRSET, buf), "NXRRSET");
	ck_assert_str_eq(rcode_text(TSIG_BADTIME, buf), "BADTIME");
	ck_assert_str_eq(rcode_text(11, buf), "RCODE 11");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("message");

	tcase_add_test(tc, responses);
	tcase_add_test(tc, malformed_responses);
	tcase_add_test(tc, long_names);
	tcase_add_test(tc, signatures);
	tcase_add_test(tc, truncated_signatures);
	tcase_add_test(tc, forwarded_update);
	tcase_add_test(tc, errors_of_signatures);
	tcase_add_test(tc, names_of_codes);
	return suite_run(tc);
}
