/* SPDX-License-Identifier: MPL-2.0 */
/* Heads and chunks of HTTP: what is accepted, and the status code of everything else; ends of JSON texts; users. */
#include "../suite.h"

#include "ctl/auth.h"
#include "ctl/frame.h"
#include "ctl/http.h"
#include "ctl/limits.h"
#include "json/limits.h"

#include <openssl/evp.h>

#define POST "POST / HTTP/1.1\r\n"
#define LENGTH "Content-Length: 2\r\n"

static int parse(const char *text, size_t len, struct http_head *head)
{
	const char *why = NULL;
	size_t from = 0, end = http_head_end(text, len, &from);
	int status;

	ck_assert_msg(end > 0, "no end: %s", text);
	status = http_head_parse(text, end, head, &why);
	ck_assert_msg(!status == !why, "%d without reason: %s", status, text);
	return status;
}

START_TEST(heads)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{ POST LENGTH "\r\n", 0 },
		{ POST "content-length:2\r\n\r\n", 0 },
		{ POST "Transfer-Encoding: Chunked\r\n\r\n", 0 },
		{ "POST http://127.0.0.1:8000/x?y HTTP/1.1\r\n" LENGTH "\r\n", 0 },
		{ "POST / HTTP/1.0\r\n" LENGTH "\r\n", 0 },
		{ POST LENGTH "Upgrade: h2c\r\nExpect: 100-continue\r\n\r\n", 0 },
		{ POST "\r\n", 411 },
		{ POST LENGTH LENGTH "\r\n", 400 },
		{ POST "Content-Length: -2\r\n\r\n", 400 },
		{ POST "Content-Length: +2\r\n\r\n", 400 },
		{ POST "Content-Length: 2, 2\r\n\r\n", 400 },
		{ POST "Content-Length:\r\n\r\n", 400 },
		{ POST "Content-Length: 0x2\r\n\r\n", 400 },
		{ POST "Content-Length : 2\r\n\r\n", 400 },
		{ POST "Content-Length: 99999999999999999999999999\r\n\r\n", 0 },
		{ POST LENGTH "Transfer-Encoding: chunked\r\n\r\n", 400 },
		{ POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
		{ POST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
		{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ POST LENGTH " folded\r\n\r\n", 400 },
		{ POST "no colon\r\n\r\n", 400 },
		{ POST ": 2\r\n\r\n", 400 },
		{ POST LENGTH "X: a\x01"
			      "b\r\n\r\n",
		  400 },
		{ POST LENGTH "X: a\rb\r\n\r\n", 400 },
		{ POST LENGTH "Host: a\r\nHost: b\r\n\r\n", 400 },
		{ POST LENGTH "Content-Type: a\r\nContent-Type: a\r\n\r\n", 400 },
		{ POST LENGTH "Authorization: Basic YQ==\r\nAuthorization: Basic YQ==\r\n\r\n", 401 },
		{ POST LENGTH "Expect: 200-ok\r\n\r\n", 417 },
		{ "GET / HTTP/1.1\r\n\r\n", 0 },
		{ "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 0 },
		{ "GET / HTTP/1.1\r\n" LENGTH "\r\n", 400 },
		{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ "get / HTTP/1.1\r\n\r\n", 405 },
		{ "GETS / HTTP/1.1\r\n\r\n", 405 },
		{ "HEAD / HTTP/1.1\r\n\r\n", 405 },
		{ "PUT / HTTP/1.1\r\n" LENGTH "\r\n", 405 },
		{ "TRACE / HTTP/1.1\r\n\r\n", 405 },
		{ "post / HTTP/1.1\r\n" LENGTH "\r\n", 405 },
		{ "GET /\r\n\r\n", 400 },
		{ "POST / HTTP/2.0\r\n\r\n", 505 },
		{ "POST / HTTP/1.1 \r\n" LENGTH "\r\n", 400 },
		{ "POST  / HTTP/1.1\r\n" LENGTH "\r\n", 400 },
		{ "POST /a b HTTP/1.1\r\n" LENGTH "\r\n", 400 },
		{ "P(ST / HTTP/1.1\r\n" LENGTH "\r\n", 400 },
		{ "\x16\x03\x01\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\n" LENGTH "\n", 400 },
		{ POST "Content-Length: 2\n\r\n", 400 },
	};
	struct http_head head;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = parse(rows[i].text, strlen(rows[i].text), &head);

		ck_assert_msg(status == rows[i].status, "%d, expected %d: %s", status, rows[i].status, rows[i].text);
		ck_assert_msg(status == 0 || !head.keep_alive, "kept after %d: %s", status, rows[i].text);
	}
	ck_assert_int_eq(parse(POST "X: a\0b\r\n" LENGTH "\r\n", sizeof(POST "X: a\0b\r\n" LENGTH "\r\n") - 1, &head),
			 400);
}
END_TEST

START_TEST(what_a_head_says)
{
	struct http_head head;
	struct str many = { 0 };

	ck_assert_int_eq(parse(POST "CONTENT-TYPE:\t application/json \r\nContent-Length: 00017\r\n"
				    "Authorization: Basic YTpi\r\nConnection: x, Close\r\n\r\n",
			       sizeof(POST "CONTENT-TYPE:\t application/json \r\nContent-Length: 00017\r\n"
					   "Authorization: Basic YTpi\r\nConnection: x, Close\r\n\r\n") -
				       1,
			       &head),
			 0);
	ck_assert_int_eq(head.length, 17);
	ck_assert(bytes_equal(head.content_type, bytes_of("application/json", 16)));
	ck_assert(bytes_equal(head.authorization, bytes_of("Basic YTpi", 10)));
	ck_assert(!head.keep_alive && !head.is_http10 && !head.is_chunked && !head.expects_continue);
	ck_assert_int_eq(parse("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n", 68, &head), 0);
	ck_assert(head.keep_alive && head.is_http10);
	ck_assert_int_eq(parse(POST "Content-Length: 99999999999999999999\r\n\r\n", 59, &head), 0);
	ck_assert_int_gt(head.length, INT64_C(1) << 40);
	str_add(&many, POST LENGTH);
	for (int i = 1; i < HTTP_HEADERS_MAX; i++)
		str_addf(&many, "X: %d\r\n", i);
	str_add(&many, "\r\n");
	ck_assert_int_eq(parse(many.text, many.len, &head), 0);
	many.len -= 2;
	str_add(&many, "X: 0\r\n\r\n");
	ck_assert_int_eq(parse(many.text, many.len, &head), 431);
	str_free(&many);
}
END_TEST

/* Reads text in pieces of n bytes; returns minus the status, or the number of bytes after the body. */
static int64_t chunks_in_pieces(const char *text, size_t n, size_t max, struct str *body)
{
	struct http_chunks chunks = { 0 };
	size_t len = strlen(text), at = 0;

	str_reset(body);
	while (at < len && chunks.state != CHUNK_DONE) {
		size_t most = len - at < n ? len - at : n;
		int64_t used = http_chunks_read(&chunks, text + at, most, body, max);

		if (used < 0)
			return used;
		ck_assert(used == (int64_t)most || chunks.state == CHUNK_DONE);
		at += (size_t)used;
	}
	return chunks.state == CHUNK_DONE ? (int64_t)(len - at) : -1;
}

START_TEST(chunked_bodies)
{
	static const struct {
		const char *text;
		const char *body;
		int64_t result;
	} rows[] = {
		{ "3\r\nabc\r\n0\r\n\r\n", "abc", 0 },
		{ "1\r\na\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\nnext", "a0123456789", 4 },
		{ "0\r\n\r\n", "", 0 },
		{ "3 \r\nabc\r\n0\r\n\r\n", "abc", 0 },
		{ "3\nabc\r\n0\r\n\r\n", NULL, -400 },
		{ "3\r\nabcd\r\n0\r\n\r\n", NULL, -400 },
		{ "\r\nabc", NULL, -400 },
		{ "-1\r\n", NULL, -400 },
		{ "0x3\r\nabc\r\n", NULL, -400 },
		{ "g\r\n", NULL, -400 },
		{ "3x\r\nabc", NULL, -400 },
		{ "fffffffffffffffff\r\n", NULL, -400 },
		{ "fffffffffffffff\r\nx", NULL, -413 },
		{ "64\r\nx", NULL, -413 },
		{ "3\r\nab", NULL, -1 },
	};
	struct str body = { 0 }, many = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t n = 1; n < 9; n++) {
			int64_t result = chunks_in_pieces(rows[i].text, n, 99, &body);

			ck_assert_msg(result == rows[i].result, "%lld, expected %lld, pieces of %zu: %s",
				      (long long)result, (long long)rows[i].result, n, rows[i].text);
			if (rows[i].body)
				ck_assert_str_eq(str_text(&body), rows[i].body);
		}
	}
	str_add(&many, "0\r\n");
	for (int i = 0; i <= HTTP_TRAILERS_MAX; i++)
		str_add(&many, "T: 1\r\n");
	ck_assert_int_eq(chunks_in_pieces(many.text, 7, 99, &body), -400);
	str_reset(&many);
	for (int i = 0; i <= HTTP_LINE_MAX; i++)
		str_addc(&many, '0');
	ck_assert_int_eq(chunks_in_pieces(many.text, 100, 99, &body), -400);
	str_free(&many);
	str_free(&body);
}
END_TEST

static int64_t frame_in_pieces(const char *text, size_t n)
{
	struct json_frame frame = { 0 };
	size_t len = strlen(text);
	char first;

	for (size_t at = 0; at < len; at += n) {
		int64_t end = json_frame_read(&frame, text + at, len - at < n ? len - at : n, &first);

		if (end)
			return end > 0 ? (int64_t)at + end : end;
	}
	return 0;
}

START_TEST(ends_of_json)
{
	static const struct {
		const char *text;
		int64_t end;
	} rows[] = {
		{ "{}", 2 },
		{ " \n {\"a\": [1, \"}\\\"]\"]} {}", 21 },
		{ "[[]]]", 4 },
		{ "{\"a\\\\\":1}x", 9 },
		{ "{", 0 },
		{ "  ", 0 },
		{ "{\"}", 0 },
		{ "hello", FRAME_NOT_JSON },
		{ " \"{}\"", FRAME_NOT_JSON },
		{ "}{}", FRAME_NOT_JSON },
		{ "1", FRAME_NOT_JSON },
	};
	struct str deep = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t n = 1; n < 12; n++)
			ck_assert_msg(frame_in_pieces(rows[i].text, n) == rows[i].end, "pieces of %zu: %s", n,
				      rows[i].text);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		str_addc(&deep, '[');
	ck_assert_int_eq(frame_in_pieces(deep.text, 1000), 0);
	str_addc(&deep, '{');
	ck_assert_int_eq(frame_in_pieces(deep.text, 1000), FRAME_TOO_DEEP);
	str_reset(&deep);
	str_addc(&deep, '[');
	for (int i = 0; i <= CHANNEL_MAPS_MAX; i++)
		str_add(&deep, "{},");
	ck_assert_int_eq(frame_in_pieces(deep.text, 65536), FRAME_TOO_MANY);
	str_free(&deep);
}
END_TEST

static struct bytes header(char buf[256], const char *scheme, const char *credentials)
{
	size_t len = strlen(scheme);

	memcpy(buf, scheme, len);
	len += (size_t)EVP_EncodeBlock((unsigned char *)buf + len, (const unsigned char *)credentials,
				       (int)strlen(credentials));
	return bytes_of(buf, len);
}

START_TEST(users)
{
	struct auth_user v[3];
	struct auth auth = { .realm = "kea", .users = v, .n_users = 3 };
	char buf[256];

	memset(v, 0, sizeof(v));
	auth_user_init(&v[0], "admin", "1234");
	auth_user_init(&v[1], "stork", "se:cret");
	auth_user_init(&v[2], "nobody", "");
	ck_assert_ptr_eq(auth_find(&auth, header(buf, "Basic ", "admin:1234")), &v[0]);
	ck_assert_ptr_eq(auth_find(&auth, header(buf, "bASIC    ", "stork:se:cret")), &v[1]);
	ck_assert_ptr_eq(auth_find(&auth, header(buf, "Basic ", "nobody:")), &v[2]);
	ck_assert_ptr_null(auth_find(&auth, header(buf, "Basic ", "admin:12345")));
	ck_assert_ptr_null(auth_find(&auth, header(buf, "Basic ", "admin:123")));
	ck_assert_ptr_null(auth_find(&auth, header(buf, "Basic ", "Admin:1234")));
	ck_assert_ptr_null(auth_find(&auth, header(buf, "Basic ", "admin")));
	ck_assert_ptr_null(auth_find(&auth, header(buf, "Basic ", ":")));
	ck_assert_ptr_null(auth_find(&auth, header(buf, "Bearer ", "admin:1234")));
	ck_assert_ptr_null(auth_find(&auth, bytes_of("Basic", 5)));
	ck_assert_ptr_null(auth_find(&auth, bytes_of("Basic ", 6)));
	ck_assert_ptr_null(auth_find(&auth, bytes_of("Basic YWRtaW46MTIzNA==x", 23)));
	ck_assert_ptr_null(auth_find(&auth, bytes_of("Basic YWRtaW46MTIzNA", 20)));
	ck_assert_ptr_null(auth_find(&auth, bytes_of("Basic YWRtaW46\tMTIzNA==", 23)));
	ck_assert_ptr_null(auth_find(&auth, bytes_of("Basic YWRtaW46\0MTIzNA==", 23)));
	/* A user that was not set up is nobody. */
	auth_user_init(&v[0], "x", "x");
	ck_assert_ptr_null(auth_find(&auth, header(buf, "Basic ", "admin:1234")));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, heads);
	tcase_add_test(tc, what_a_head_says);
	tcase_add_test(tc, chunked_bodies);
	tcase_add_test(tc, ends_of_json);
	tcase_add_test(tc, users);
	return suite_run(tc);
}
