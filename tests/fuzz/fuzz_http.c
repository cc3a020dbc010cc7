/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Requests of a control channel: the first byte chooses how the rest is cut into pieces. A head is read as a whole and
 * in pieces, its credentials are looked up, a body in chunks and the end of a JSON text are found; pieces change
 * nothing.
 */
#include "ctl/auth.h"
#include "ctl/frame.h"
#include "ctl/http.h"

#include <assert.h>

#define BODY_MAX 256 /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_chunks(const char *text, size_t len, size_t piece)
{
	struct http_chunks whole = { 0 }, cut = { 0 };
	struct str body = { 0 }, cut_body = { 0 };
	int64_t used = http_chunks_read(&whole, text, len, &body, BODY_MAX), n = 0;
	size_t at = 0;

	while (at < len && n >= 0 && cut.state != CHUNK_DONE) {
		n = http_chunks_read(&cut, text + at, len - at < piece ? len - at : piece, &cut_body, BODY_MAX);
		if (n >= 0)
			at += (size_t)n;
	}
	assert(used < 0 ? n == used : (int64_t)at == used);
	assert(body.len <= BODY_MAX && body.len == cut_body.len &&
	       (!body.len || memcmp(body.text, cut_body.text, body.len) == 0));
	str_free(&body);
	str_free(&cut_body);
}

static void check_frame(const char *text, size_t len, size_t piece)
{
	struct json_frame whole = { 0 }, cut = { 0 };
	char first;
	int64_t end = json_frame_read(&whole, text, len, &first), n = 0;
	size_t at = 0;

	while (at < len && n == FRAME_MORE) {
		size_t most = len - at < piece ? len - at : piece;

		n = json_frame_read(&cut, text + at, most, &first);
		at += n > 0 ? (size_t)n : most;
	}
	assert(end > 0 ? (int64_t)at == end : n == end);
}

static void check_head(const char *text, size_t len, size_t piece)
{
	static struct auth_user user;
	static const struct auth auth = { .realm = "kea", .users = &user, .n_users = 1 };
	size_t from = 0, end = http_head_end(text, len, &from), cut = 0, at;
	struct http_head head;
	const char *why;
	int status;

	if (!user.name)
		auth_user_init(&user, "admin", "1234");
	from = 0;
	for (at = 0; at < len && !cut; at += piece)
		cut = http_head_end(text, len - at < piece ? len : at + piece, &from);
	assert(cut == end);
	/* Also what is not a head as http_head_end() finds it. */
	status = http_head_parse(text, end ? end : len, &head, &why);
	assert(!status == !why && (status == 0 || (status >= 400 && !head.keep_alive)));
	if (status)
		return;
	assert(end && (head.is_post ? (head.length >= 0) != head.is_chunked : head.length <= 0 && !head.is_chunked));
	assert(head.target.len && (const char *)head.target.data + head.target.len <= text + end);
	assert(!head.authorization.data ||
	       (const char *)head.authorization.data + head.authorization.len <= text + end);
	if (head.authorization.data)
		(void)auth_find(&auth, head.authorization);
	check_chunks(text + end, len - end, piece);
	check_frame(text + end, len - end, piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	/* A copy, so that reading past the end is noticed. */
	text = xmalloc(size - 1 ? size - 1 : 1);
	memcpy(text, data + 1, size - 1);
	check_head(text, size - 1, (size_t)data[0] % 32 + 1);
	check_chunks(text, size - 1, (size_t)data[0] % 32 + 1);
	check_frame(text, size - 1, (size_t)data[0] % 32 + 1);
	free(text);
	return 0;
}
