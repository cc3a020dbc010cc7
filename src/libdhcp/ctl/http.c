/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reads HTTP requests. Every limit and every rule that decides where a request ends is here; ctl/http_conn.c does the
 * rest. evhttp of libevent 2.1 cannot be used: it reads a whole body before the first callback, so clients that are not
 * authenticated could make the server store it; it has no limit on connections and none on the time of a request; and
 * it accepts several of the ambiguities that this file rejects.
 */
#include "ctl/http.h"

#include "ctl/limits.h"

#include <stdio.h>
#include <strings.h>

const char *http_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} rows[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 417, "Expectation Failed" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].phrase;
	/* Of a hook library. */
	return status < 400 ? "OK" : "Error";
}

size_t http_head_end(const char *text, size_t len, size_t *from)
{
	for (size_t i = *from; i < len; i++) {
		if (text[i] == '\0')
			return i + 1;
		if (text[i] != '\n')
			continue;
		if (i == 0 || text[i - 1] != '\r')
			return i + 1;
		if (i >= 3 && text[i - 2] == '\n')
			return i + 1;
	}
	*from = len;
	return 0;
}

/* RFC 9110 5.6.2 */
static bool is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (!is_token_char((char)b.data[i]))
			return false;
	return b.len > 0;
}

static bool is(struct bytes b, const char *text)
{
	return b.len == strlen(text) && (!b.len || strncasecmp((const char *)b.data, text, b.len) == 0);
}

static struct bytes trim(struct bytes b)
{
	while (b.len && (b.data[0] == ' ' || b.data[0] == '\t')) {
		b.data++;
		b.len--;
	}
	while (b.len && (b.data[b.len - 1] == ' ' || b.data[b.len - 1] == '\t'))
		b.len--;
	return b;
}

/* Returns the text up to c and moves *rest after it; false if there is no c. */
static bool cut(struct bytes *rest, char c, struct bytes *ret)
{
	const uint8_t *at = rest->len ? memchr(rest->data, c, rest->len) : NULL;

	if (!at)
		return false;
	*ret = bytes_of(rest->data, (size_t)(at - rest->data));
	rest->len -= ret->len + 1;
	rest->data = at + 1;
	return true;
}

/* A line without its end; false if there is none, or it does not end with both characters. */
static bool cut_line(struct bytes *rest, struct bytes *ret)
{
	if (!cut(rest, '\n', ret) || !ret->len || ret->data[ret->len - 1] != '\r')
		return false;
	ret->len--;
	return true;
}

static int fail(int status, const char *why, const char **ret_why)
{
	*ret_why = why;
	return status;
}

/* What was seen: headers that may occur once, and what is not supported. */
struct seen {
	bool host, type, expect, encoding;
	bool other_encoding, other_expectation, other_method;
};

static int parse_request_line(struct bytes line, struct http_head *head, struct seen *seen, const char **ret_why)
{
	struct bytes method, target;

	if (!cut(&line, ' ', &method) || !is_token(method) || !cut(&line, ' ', &target) || !target.len)
		return fail(400, "invalid request line", ret_why);
	for (size_t i = 0; i < target.len; i++)
		if (target.data[i] <= ' ' || target.data[i] >= 0x7f)
			return fail(400, "invalid character in the request target", ret_why);
	if (line.len != 8 || memcmp(line.data, "HTTP/", 5) != 0 || line.data[6] != '.')
		return fail(400, "invalid request line", ret_why);
	if (line.data[5] != '1' || line.data[7] < '0' || line.data[7] > '9')
		return fail(505, "unsupported version", ret_why);
	head->is_http10 = line.data[7] == '0';
	head->keep_alive = !head->is_http10;
	head->is_post = method.len == 4 && memcmp(method.data, "POST", 4) == 0;
	head->target = target;
	if (!head->is_post && (method.len != 3 || memcmp(method.data, "GET", 3) != 0))
		seen->other_method = true;
	return 0;
}

static int parse_length(struct bytes value, struct http_head *head, const char **ret_why)
{
	uint64_t n = 0;

	if (head->length >= 0)
		return fail(400, "several Content-Length headers", ret_why);
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return fail(400, "invalid Content-Length", ret_why);
		if (n < INT64_MAX / 100)
			n = n * 10 + (value.data[i] - '0');
	}
	if (!value.len)
		return fail(400, "invalid Content-Length", ret_why);
	head->length = (int64_t)n;
	return 0;
}

static void parse_connection(struct bytes value, struct http_head *head)
{
	struct bytes item;
	bool more = true;

	while (more) {
		more = cut(&value, ',', &item);
		item = trim(more ? item : value);
		if (is(item, "close"))
			head->keep_alive = false;
		else if (is(item, "keep-alive") && head->is_http10)
			head->keep_alive = true;
	}
}

static int parse_header(struct bytes name, struct bytes value, struct http_head *head, struct seen *seen,
			const char **ret_why)
{
	if (is(name, "Content-Length"))
		return parse_length(value, head, ret_why);
	if (is(name, "Transfer-Encoding")) {
		if (seen->encoding)
			return fail(400, "several Transfer-Encoding headers", ret_why);
		seen->encoding = true;
		head->is_chunked = is(value, "chunked");
		seen->other_encoding = !head->is_chunked;
	} else if (is(name, "Connection")) {
		parse_connection(value, head);
	} else if (is(name, "Content-Type")) {
		if (seen->type)
			return fail(400, "several Content-Type headers", ret_why);
		seen->type = true;
		head->content_type = value;
	} else if (is(name, "Authorization")) {
		if (head->authorization.data)
			return fail(401, "several Authorization headers", ret_why);
		head->authorization = value;
	} else if (is(name, "Last-Event-ID")) {
		head->last_event_id = value;
	} else if (is(name, "Expect")) {
		head->expects_continue = is(value, "100-continue");
		seen->other_expectation |= !head->expects_continue;
	} else if (is(name, "Host")) {
		if (seen->host)
			return fail(400, "several Host headers", ret_why);
		seen->host = true;
	}
	return 0;
}

static int parse_headers(struct bytes text, struct http_head *head, struct seen *seen, const char **ret_why)
{
	struct bytes line, name;
	unsigned n = 0;
	int status = 0;

	while (!status && cut_line(&text, &line)) {
		if (!line.len)
			return 0;
		if (++n > HTTP_HEADERS_MAX)
			return fail(431, "too many headers", ret_why);
		/* RFC 9112 5.1, 5.2: no space before the colon, no folded lines */
		if (!cut(&line, ':', &name) || !is_token(name))
			return fail(400, "invalid header", ret_why);
		for (size_t i = 0; i < line.len; i++)
			if ((line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7f)
				return fail(400, "control character in a header", ret_why);
		status = parse_header(name, trim(line), head, seen, ret_why);
	}
	return status ? status : fail(400, "invalid line end", ret_why);
}

/* RFC 9112 6: how long is the body? */
static int check_framing(const struct http_head *head, const struct seen *seen, const char **ret_why)
{
	if (seen->encoding && head->length >= 0)
		return fail(400, "both Content-Length and Transfer-Encoding", ret_why);
	if (seen->encoding && head->is_http10)
		return fail(400, "Transfer-Encoding in HTTP/1.0", ret_why);
	if (seen->other_encoding)
		return fail(501, "a Transfer-Encoding other than chunked", ret_why);
	if (seen->other_method)
		return fail(405, "only POST and GET are supported", ret_why);
	if (!head->is_post && (head->is_chunked || head->length > 0))
		return fail(400, "GET with a body", ret_why);
	if (head->is_post && head->length < 0 && !head->is_chunked)
		return fail(411, "Content-Length is missing", ret_why);
	if (seen->other_expectation)
		return fail(417, "an expectation other than 100-continue", ret_why);
	return 0;
}

int http_head_parse(const char *text, size_t len, struct http_head *ret, const char **ret_why)
{
	struct bytes rest = bytes_of(text, len), line = { 0 };
	struct seen seen = { 0 };
	int status;

	*ret = (struct http_head){ .is_http10 = true, .length = -1 };
	*ret_why = NULL;
	if (len < 4 || memcmp(text + len - 4, "\r\n\r\n", 4) != 0 || !cut_line(&rest, &line))
		return fail(400, "invalid line end", ret_why);
	status = parse_request_line(line, ret, &seen, ret_why);
	if (!status)
		status = parse_headers(rest, ret, &seen, ret_why);
	if (!status)
		status = check_framing(ret, &seen, ret_why);
	if (status)
		ret->keep_alive = false;
	return status;
}

/* --- chunks --- */

/* RFC 9112 7.1: hexadecimal digits, then perhaps an extension, which is ignored. */
static bool parse_size(struct http_chunks *chunks)
{
	unsigned i, n = chunks->n_line < sizeof(chunks->line) ? chunks->n_line : (unsigned)sizeof(chunks->line);
	uint64_t size = 0;

	for (i = 0; i < n && hex_value(chunks->line[i]) >= 0; i++) {
		if (i == 15)
			return false;
		size = size << 4 | (unsigned)hex_value(chunks->line[i]);
	}
	if (!i || (i < n && !strchr("; \t", chunks->line[i])))
		return false;
	chunks->left = size;
	return true;
}

static bool line_ends(struct http_chunks *chunks)
{
	switch (chunks->state) {
	case CHUNK_SIZE:
		if (!parse_size(chunks))
			return false;
		chunks->state = chunks->left ? CHUNK_DATA : CHUNK_TRAILER;
		break;
	case CHUNK_DATA_END:
		if (chunks->n_line)
			return false;
		chunks->state = CHUNK_SIZE;
		break;
	case CHUNK_TRAILER:
		if (!chunks->n_line)
			chunks->state = CHUNK_DONE;
		else if (++chunks->n_trailers > HTTP_TRAILERS_MAX)
			return false;
		break;
	case CHUNK_DATA:
	case CHUNK_DONE:
		return false;
	}
	chunks->n_line = 0;
	chunks->had_cr = false;
	return true;
}

static bool line_char(struct http_chunks *chunks, char c)
{
	if (c == '\n')
		return chunks->had_cr && line_ends(chunks);
	if (chunks->had_cr || ((unsigned char)c < ' ' && c != '\r' && c != '\t') || chunks->n_line >= HTTP_LINE_MAX)
		return false;
	if (c == '\r') {
		chunks->had_cr = true;
		return true;
	}
	if (chunks->n_line < sizeof(chunks->line))
		chunks->line[chunks->n_line] = c;
	chunks->n_line++;
	return true;
}

int64_t http_chunks_read(struct http_chunks *chunks, const char *text, size_t len, struct str *body, size_t max)
{
	size_t i = 0;

	while (i < len && chunks->state != CHUNK_DONE) {
		size_t n = len - i;

		if (chunks->state != CHUNK_DATA) {
			if (!line_char(chunks, text[i++]))
				return -400;
			continue;
		}
		if (chunks->left > max - body->len)
			return -413;
		if (n > chunks->left)
			n = (size_t)chunks->left;
		str_add_n(body, text + i, n);
		i += n;
		chunks->left -= n;
		if (!chunks->left)
			chunks->state = CHUNK_DATA_END;
	}
	return (int64_t)i;
}
