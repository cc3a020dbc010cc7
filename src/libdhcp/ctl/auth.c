/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The credentials of a user, encoded as clients send them (base64 has one canonical form), are hashed when the
 * configuration is loaded. So nothing that a client sends needs to be decoded.
 */
#include "ctl/auth.h"

#include "base/arena.h"
#include "base/str.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <strings.h>

static void digest_of(struct bytes text, uint8_t digest[32])
{
	unsigned len = 32;

	if (!EVP_Digest(text.data, text.len, digest, &len, EVP_sha256(), NULL) || len != 32)
		die_of_memory();
}

void auth_user_init(struct auth_user *user, const char *name, const char *password)
{
	struct str plain = { 0 };
	unsigned char *encoded;
	int len;

	str_addf(&plain, "%s:%s", name, password);
	encoded = xmalloc(plain.len / 3 * 4 + 8);
	len = EVP_EncodeBlock(encoded, (const unsigned char *)plain.text, (int)plain.len);
	user->name = name;
	digest_of(bytes_of(encoded, (size_t)len), user->digest);
	OPENSSL_cleanse(encoded, (size_t)len);
	OPENSSL_cleanse(plain.text, plain.len);
	free(encoded);
	str_free(&plain);
}

const struct auth_user *auth_find(const struct auth *auth, struct bytes header)
{
	const struct auth_user *found = NULL;
	uint8_t digest[32];
	size_t i = 5;

	if (header.len < 7 || strncasecmp((const char *)header.data, "Basic", 5) != 0 || header.data[5] != ' ')
		return NULL;
	while (i < header.len && header.data[i] == ' ')
		i++;
	digest_of(bytes_of(header.data + i, header.len - i), digest);
	for (unsigned u = 0; u < auth->n_users; u++)
		if (CRYPTO_memcmp(digest, auth->users[u].digest, sizeof(digest)) == 0 && !found)
			found = &auth->users[u];
	return found;
}
