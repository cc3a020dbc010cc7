/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/tsig_key.h"

#include "base/str.h"

const struct tsig_algorithm tsig_algorithms[] = {
	{ "HMAC-MD5", "hmac-md5.sig-alg.reg.int.", "MD5", 128 },
	{ "HMAC-SHA1", "hmac-sha1.", "SHA1", 160 },
	{ "HMAC-SHA224", "hmac-sha224.", "SHA224", 224 },
	{ "HMAC-SHA256", "hmac-sha256.", "SHA256", 256 },
	{ "HMAC-SHA384", "hmac-sha384.", "SHA384", 384 },
	{ "HMAC-SHA512", "hmac-sha512.", "SHA512", 512 },
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
unsigned tsig_bits_min(const struct tsig_algorithm *algorithm)
{
	return algorithm->bits / 2 > BITS_MIN ? algorithm->bits / 2 : BITS_MIN;
}

bool tsig_bits_are_valid(const struct tsig_algorithm *algorithm, unsigned bits)
{
	return !bits || (bits % 8 == 0 && bits >= tsig_bits_min(algorithm) && bits <= algorithm->bits);
}
