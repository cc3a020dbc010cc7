/* SPDX-License-Identifier: MPL-2.0 */
#include "ddns/tsig.h"

#include "base/err.h"
#include "base/str.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

const struct tsig_algorithm tsig_algorithms[] = {
	{ "HMAC-MD5", "hmac-md5.sig-alg.reg.int.", "MD5", 128 },
	{ "HMAC-SHA1", "hmac-sha1.", "SHA1", 160 },
	{ "HMAC-SHA224", "hmac-sha224.", "SHA2-224", 224 },
	{ "HMAC-SHA256", "hmac-sha256.", "SHA2-256", 256 },
	{ "HMAC-SHA384", "hmac-sha384.", "SHA2-384", 384 },
	{ "HMAC-SHA512", "hmac-sha512.", "SHA2-512", 512 },
	{ 0 },
};

#define BITS_MIN 80

const struct tsig_algorithm *tsig_algorithm_find(const char *word)
{
	for (const struct tsig_algorithm *row = tsig_algorithms; row->word; row++)
		if (str_case_equal(row->word, word))
			return row;
	return NULL;
}

/* RFC 8945 5.2.2.1: at least 10 bytes, and at least half of the hash. */
static unsigned least_bits(const struct tsig_algorithm *algorithm)
{
	return algorithm->bits / 2 > BITS_MIN ? algorithm->bits / 2 : BITS_MIN;
}

bool tsig_bits_are_valid(const struct tsig_algorithm *algorithm, unsigned bits)
{
	return !bits || (bits % 8 == 0 && bits >= least_bits(algorithm) && bits <= algorithm->bits);
}

/* Up to four pieces are hashed, one after the other. */
#define PIECES 4

static void hmac(const struct tsig_key *key, const struct bytes pieces[PIECES], struct tsig_mac *ret)
{
	static EVP_MAC *mac;
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
								  (char *)(uintptr_t)key->algorithm->digest, 0),
				 OSSL_PARAM_construct_end() };
	EVP_MAC_CTX *ctx;
	bool ok;

	if (!mac)
		mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	ok = ctx && EVP_MAC_init(ctx, key->secret.data, key->secret.len, params) == 1;
	for (unsigned i = 0; ok && i < PIECES; i++)
		ok = EVP_MAC_update(ctx, pieces[i].data, pieces[i].len) == 1;
	ret->len = 0;
	if (ok)
		ok = EVP_MAC_final(ctx, ret->data, &ret->len, sizeof(ret->data)) == 1;
	EVP_MAC_CTX_free(ctx);
	/* A library that cannot do this has no message that could be sent: a MAC of length 0 is never accepted. */
	if (!ok)
		ret->len = 0;
}

static struct dname algorithm_name(const struct tsig_key *key)
{
	struct dname name = dname_root;
	int err = dname_parse(key->algorithm->name, &name);

	assert(err == 0);
	(void)err;
	return name;
}

static void write_time(struct writer *w, int64_t sec)
{
	write_u16(w, (uint16_t)(sec >> 32));
	write_u32(w, (uint32_t)sec);
}

/* RFC 8945 4.3.3: the variables, which are hashed after the message. */
#define VARIABLES_MAX (2 * DNAME_MAX + 32)
static struct bytes variables(const struct tsig_key *key, int64_t time_sec, unsigned fudge, unsigned error,
			      struct bytes other, uint8_t buf[VARIABLES_MAX])
{
	struct writer w = writer_init(buf, VARIABLES_MAX);
	struct dname name = dname_lower(&key->name), algorithm = algorithm_name(key);

	dname_write(&w, &name);
	write_u16(&w, DNS_CLASS_ANY);
	write_u32(&w, 0);
	dname_write(&w, &algorithm);
	write_time(&w, time_sec);
	write_u16(&w, (uint16_t)fudge);
	write_u16(&w, (uint16_t)error);
	write_u16(&w, (uint16_t)other.len);
	write_bytes(&w, other.data, other.len);
	return bytes_of(buf, w.err ? 0 : writer_len(&w));
}

/* Adds one record to the number of additional ones. */
static void count_additional(struct writer *w)
{
	struct reader r;
	struct writer count;

	if (writer_len(w) < DNS_HEADER_LEN) {
		w->err = true;
		return;
	}
	r = reader_init(w->start + DNS_HEADER_LEN - 2, 2);
	count = writer_init(w->start + DNS_HEADER_LEN - 2, 2);
	write_u16(&count, (uint16_t)(read_u16(&r) + 1));
}

void tsig_sign(const struct tsig_key *key, int64_t now_sec, struct writer *w, struct tsig_mac *ret)
{
	struct dname algorithm = algorithm_name(key);
	uint8_t buf[VARIABLES_MAX];
	const struct bytes pieces[PIECES] = {
		bytes_of(w->start, writer_len(w)),
		variables(key, now_sec, TSIG_FUDGE_SEC, 0, bytes_of(NULL, 0), buf),
	};

	hmac(key, pieces, ret);
	if (ret->len > key->mac_len)
		ret->len = key->mac_len;
	dname_write(w, &key->name);
	write_u16(w, DNS_TSIG);
	write_u16(w, DNS_CLASS_ANY);
	write_u32(w, 0);
	write_u16(w, (uint16_t)(algorithm.len + 16 + ret->len));
	dname_write(w, &algorithm);
	write_time(w, now_sec);
	write_u16(w, TSIG_FUDGE_SEC);
	write_u16(w, (uint16_t)ret->len);
	write_bytes(w, ret->data, ret->len);
	write_bytes(w, w->start, 2); /* the id of the message */
	write_u16(w, 0);
	write_u16(w, 0);
	count_additional(w);
}

/* True if the MAC is that of the response and long enough. */
static bool is_signed(const struct tsig_key *key, const struct tsig_mac *request, struct bytes msg,
		      const struct dns_tsig *tsig)
{
	uint8_t mac_len[2], header[DNS_HEADER_LEN], buf[VARIABLES_MAX];
	struct writer w = writer_init(mac_len, sizeof(mac_len)), h = writer_init(header, sizeof(header));
	struct reader r = reader_of(msg);
	uint8_t prefix[2 + TSIG_MAC_MAX];
	struct tsig_mac mac;
	struct bytes pieces[PIECES];

	if (tsig->mac.len < key->mac_len || tsig->mac.len > key->algorithm->bits / 8 || tsig->other.len > 6)
		return false;
	/* RFC 8945 4.3.2: the message as it was before the record was added, with its original id */
	(void)read_u16(&r);
	write_u16(&h, tsig->original_id);
	write_bytes(&h, read_bytes(&r, 8), 8);
	write_u16(&h, (uint16_t)(read_u16(&r) - 1));
	write_u16(&w, (uint16_t)request->len);
	memcpy(prefix, mac_len, 2);
	memcpy(prefix + 2, request->data, request->len);
	pieces[0] = bytes_of(prefix, 2 + request->len);
	pieces[1] = bytes_of(header, sizeof(header));
	pieces[2] = bytes_of(msg.data + DNS_HEADER_LEN, tsig->offset - DNS_HEADER_LEN);
	pieces[3] = variables(key, tsig->time_sec, tsig->fudge, tsig->error, tsig->other, buf);
	hmac(key, pieces, &mac);
	return mac.len >= tsig->mac.len && CRYPTO_memcmp(mac.data, tsig->mac.data, tsig->mac.len) == 0;
}

int tsig_check(const struct tsig_key *key, const struct tsig_mac *request, struct bytes msg,
	       const struct dns_tsig *tsig, int64_t now_sec, unsigned *reterr)
{
	struct dname algorithm = algorithm_name(key);

	if (!tsig->is_there || !dname_equal(&tsig->key, &key->name) || !dname_equal(&tsig->algorithm, &algorithm))
		return -E_INVAL;
	/* RFC 8945 5.3.2: these two cannot be signed. */
	if (!tsig->mac.len && (tsig->error == DNS_BADKEY || tsig->error == DNS_BADSIG)) {
		*reterr = tsig->error;
		return -E_CONFLICT;
	}
	if (!tsig->mac.len || !is_signed(key, request, msg, tsig))
		return -E_INVAL;
	if (tsig->error) {
		*reterr = tsig->error;
		return -E_CONFLICT;
	}
	if (now_sec > tsig->time_sec + tsig->fudge || now_sec < tsig->time_sec - tsig->fudge)
		return -E_INVAL;
	return 0;
}
