/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

/*
 * A configuration as config-get returns it: the text of the map Dhcp4 or Dhcp6, with all defaults. It is what commands
 * read and change: a configuration that serves has no document. Shared by the configuration and the responses that are
 * still being sent. Main thread.
 *
 * Configurations repeat themselves: the text is kept in blocks that are compressed by themselves, if zlib is linked,
 * and that a part of the text can be read from.
 */
#define CONFIG_HASH_MAX 65

/* Where a reservation of the file is in the text. */
struct config_host_span {
	size_t at;
	uint32_t len;  /* bytes */
	uint32_t rank; /* position in its list */
};

#define CONFIG_TEXT_BLOCK (32u << 10) /* bytes of text */

struct config_text {
	unsigned users;
	struct config_host_span *hosts; /* in the order of the source (host/file.h); NULL until it is needed */
	char hash[CONFIG_HASH_MAX];     /* SHA-256 of the text, in upper-case hexadecimal */
	size_t len;                     /* bytes of text */
	/* Private: */
	char *packed; /* the blocks */
	size_t *ends; /* of each block, in packed */
	char *block;  /* the one that was read last; NULL: none */
	size_t block_no;
};

/*
 * Makes one of what conf_write() writes, the value of Dhcp4 or Dhcp6, piece by piece: it is never in memory as a whole.
 *
 *	struct config_text_writing *wr = config_text_begin();
 *	struct conf_output out = { .take = config_text_take, .ctx = wr };
 *	conf_write(family, scope, in, &out);
 *	text = config_text_end(wr, &out.text);
 */
struct config_text_writing *config_text_begin(void);
void config_text_take(void *writing, struct str *part);
/* Takes the last part, which may be empty, and frees it and wr. */
struct config_text *config_text_end(struct config_text_writing *wr, struct str *part);
/* The same for a short text, which is freed. */
struct config_text *config_text_new(struct str *whole);
struct json_object;
/* Appends the part of the text from byte `at` on; `len` bytes, or what there is. */
void config_text_add(struct config_text *text, size_t at, size_t len, struct str *out);
/* Returns it as a document without positions; the caller puts it. */
struct json_object *config_text_parse(struct config_text *text);
/* Reads it as a document with positions. The caller calls json_doc_done(). */
struct json_doc;
struct diag;
void config_text_read(struct config_text *text, struct diag *diag, struct json_doc *ret);
struct config_text *config_text_ref(struct config_text *text);
void config_text_unref(struct config_text *text); /* NULL is fine */
