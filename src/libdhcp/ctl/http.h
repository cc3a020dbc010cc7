/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/str.h"

/*
 * HTTP/1.1 (RFC 9112) as the control channel needs it: a POST with a body of known length or in chunks, or a GET.
 * Strict: what could be read in two ways (bare line feeds, folded headers, two lengths) is an error, and after an error
 * the connection is closed, so no text is ever taken for a second request that others see as part of the first. No I/O.
 */
struct http_head {
	bool is_http10;
	bool is_post; /* otherwise GET, without a body */
	bool keep_alive;
	bool is_chunked;
	bool expects_continue; /* the client waits for "100 Continue" before it sends the body */
	int64_t length;        /* of the body; -1: in chunks, or none */
	struct bytes target;   /* path and query */
	struct bytes content_type;
	struct bytes authorization; /* data is NULL if there is none */
	struct bytes last_event_id; /* of server-sent events; the last one if there are several */
};

/*
 * Returns the length of the head at the start of text, with the empty line; 0 if its end is not there yet. *from
 * remembers what was searched and is 0 at the start of a request. The end is also where a head is invalid: at a line
 * feed without a carriage return, or at a NUL.
 */
size_t http_head_end(const char *text, size_t len, size_t *from);
/*
 * Reads a head. Returns 0, or the status code of the response to send; *ret_why then says why. `is_http10` and
 * `keep_alive` are valid also then. The result borrows text.
 */
int http_head_parse(const char *text, size_t len, struct http_head *ret, const char **ret_why);

/* A body in chunks. Zero at the start. */
struct http_chunks {
	enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER, CHUNK_DONE } state;
	uint64_t left; /* of the chunk */
	unsigned n_trailers;
	unsigned n_line; /* bytes of the unfinished line */
	char line[32];   /* its beginning */
	bool had_cr;
};
/*
 * Appends the content of text to body, up to max bytes. Returns the number of bytes used, all of them unless the body
 * is complete (CHUNK_DONE); or minus a status code: 400, 413.
 */
int64_t http_chunks_read(struct http_chunks *chunks, const char *text, size_t len, struct str *body, size_t max);

/* "Bad Request" for 400 */
const char *http_phrase(int status);
