/* SPDX-License-Identifier: MPL-2.0 */
#include "root/config_text.h"

#include "base/bytes.h"
#include "base/str.h"
#include "json/write.h"

#include <openssl/evp.h>

static void hash(const char *text, size_t len, char *ret)
{
	static const char hex[] = "0123456789ABCDEF";
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!EVP_Digest(text, len, digest, &n, EVP_sha256(), NULL))
		n = 0;
	for (unsigned i = 0; i < n && i < CONFIG_HASH_MAX / 2; i++) {
		ret[2 * i] = hex[digest[i] >> 4];
		ret[2 * i + 1] = hex[digest[i] & 15];
	}
}

struct config_text *config_text_new(struct json_object *map)
{
	struct json_writing writing;
	struct config_text *text;
	struct str out = { 0 };

	json_write_init(&writing, map);
	while (json_write_next(&writing, &out, 64 << 10))
		;
	text = xcalloc(1, sizeof(*text) + out.len + 1);
	text->users = 1;
	text->len = out.len;
	memcpy(text->v, str_text(&out), out.len);
	hash(text->v, text->len, text->hash);
	str_free(&out);
	return text;
}

struct config_text *config_text_ref(struct config_text *text)
{
	text->users++;
	return text;
}

void config_text_unref(struct config_text *text)
{
	if (!text || --text->users)
		return;
	free(text->hosts);
	free(text);
}
