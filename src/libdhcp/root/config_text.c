/* SPDX-License-Identifier: MPL-2.0 */
#include "root/config_text.h"

#include "base/bytes.h"
#include "base/str.h"
#include "base/vec.h"
#include "json/read.h"
#include "json/value.h"

#include <openssl/evp.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

/* --- blocks: one that is not shorter when compressed is kept as it is --- */

#ifdef HAVE_ZLIB
static void pack(const char *block, size_t len, struct str *packed)
{
	uint8_t smaller[CONFIG_TEXT_BLOCK];
	uLongf n = len;

	if (compress2(smaller, &n, (const uint8_t *)block, len, Z_BEST_SPEED) == Z_OK && n < len)
		str_add_n(packed, (const char *)smaller, n);
	else
		str_add_n(packed, block, len);
}

static void unpack(const char *packed, size_t packed_len, char *block, size_t len)
{
	uLongf n = len;

	if (packed_len == len)
		memcpy(block, packed, len);
	else if (uncompress((uint8_t *)block, &n, (const uint8_t *)packed, packed_len) != Z_OK)
		die_of_memory(); /* nothing else can fail: it was packed here */
}
#else
static void pack(const char *block, size_t len, struct str *packed)
{
	str_add_n(packed, block, len);
}

static void unpack(const char *packed, size_t packed_len, char *block, size_t len)
{
	(void)packed_len;
	memcpy(block, packed, len);
}
#endif

static size_t block_len(const struct config_text *text, size_t no)
{
	size_t at = no * CONFIG_TEXT_BLOCK;

	return text->len - at < CONFIG_TEXT_BLOCK ? text->len - at : CONFIG_TEXT_BLOCK;
}

static const char *block_at(struct config_text *text, size_t no)
{
	size_t begin = no ? text->ends[no - 1] : 0;

	if (text->block && text->block_no == no)
		return text->block;
	if (!text->block)
		text->block = xmalloc(CONFIG_TEXT_BLOCK);
	unpack(text->packed + begin, text->ends[no] - begin, text->block, block_len(text, no));
	text->block_no = no;
	return text->block;
}

void config_text_add(struct config_text *text, size_t at, size_t len, struct str *out)
{
	size_t end = len < text->len - at ? at + len : text->len;

	while (at < end) {
		size_t no = at / CONFIG_TEXT_BLOCK, from = at % CONFIG_TEXT_BLOCK, n = CONFIG_TEXT_BLOCK - from;

		if (n > end - at)
			n = end - at;
		str_add_n(out, block_at(text, no) + from, n);
		at += n;
	}
}

/* --- the text --- */

struct config_text_writing {
	struct config_text *text;
	EVP_MD_CTX *digest; /* NULL if there is no memory */
	struct str packed;
	VEC(size_t) ends;
};

struct config_text_writing *config_text_begin(void)
{
	struct config_text_writing *wr = xcalloc(1, sizeof(*wr));

	wr->text = xcalloc(1, sizeof(*wr->text));
	wr->text->users = 1;
	wr->digest = EVP_MD_CTX_new();
	if (wr->digest && !EVP_DigestInit_ex(wr->digest, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(wr->digest);
		wr->digest = NULL;
	}
	return wr;
}

static void add_block(struct config_text_writing *wr, const char *block, size_t len)
{
	pack(block, len, &wr->packed);
	*vec_push(&wr->ends) = wr->packed.len;
	wr->text->len += len;
	if (wr->digest)
		(void)EVP_DigestUpdate(wr->digest, block, len);
}

void config_text_take(void *ctx, struct str *part)
{
	size_t n = part->len - part->len % CONFIG_TEXT_BLOCK;

	if (!n)
		return;
	for (size_t at = 0; at < n; at += CONFIG_TEXT_BLOCK)
		add_block(ctx, part->text + at, CONFIG_TEXT_BLOCK);
	part->len -= n;
	memmove(part->text, part->text + n, part->len + 1);
}

static void end_hash(EVP_MD_CTX *digest, char *ret)
{
	static const char hex[] = "0123456789ABCDEF";
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (digest && !EVP_DigestFinal_ex(digest, bytes, &n))
		n = 0;
	for (unsigned i = 0; i < n && i < CONFIG_HASH_MAX / 2; i++) {
		ret[2 * i] = hex[bytes[i] >> 4];
		ret[2 * i + 1] = hex[bytes[i] & 15];
	}
	EVP_MD_CTX_free(digest);
}

struct config_text *config_text_end(struct config_text_writing *wr, struct str *part)
{
	struct config_text *text = wr->text;

	config_text_take(wr, part);
	if (part->len)
		add_block(wr, part->text, part->len);
	str_free(part);
	end_hash(wr->digest, text->hash);
	text->packed = wr->packed.len ? xrealloc(wr->packed.text, wr->packed.len) : NULL;
	text->ends = wr->ends.v;
	free(wr);
	return text;
}

struct config_text *config_text_new(struct str *whole)
{
	return config_text_end(config_text_begin(), whole);
}

struct json_object *config_text_parse(struct config_text *text)
{
	struct json_object *map;
	struct str all = { 0 };

	config_text_add(text, 0, SIZE_MAX, &all);
	map = json_parse(str_text(&all), all.len);
	str_free(&all);
	return map;
}

void config_text_read(struct config_text *text, struct diag *diag, struct json_doc *ret)
{
	struct str all = { 0 };

	config_text_add(text, 0, SIZE_MAX, &all);
	(void)json_read_text("configuration", str_text(&all), all.len, JSON_STRICT, NULL, diag, ret);
	str_free(&all);
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
	free(text->packed);
	free(text->ends);
	free(text->block);
	free(text->hosts);
	free(text);
}
