/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds the end of a JSON text that arrives in pieces: on unix sockets nothing else says where a request ends. It also
 * counts what is in it, so that a text that would take too much memory or nests too deep is rejected before it is
 * parsed. Does not check the text. Zero at the start.
 */
struct json_frame {
	unsigned depth;
	unsigned n_maps; /* and lists, which take as much memory when empty */
	unsigned n_values;
	bool has_begun, is_string, is_escaped;
};

enum json_frame_error {
	FRAME_MORE = 0,
	FRAME_NOT_JSON = -1, /* neither a map nor a list */
	FRAME_TOO_DEEP = -2,
	FRAME_TOO_MANY = -3, /* maps or values */
};

/*
 * Returns the number of bytes up to the end of the map or list, or enum json_frame_error. *ret_first is set to the
 * character in question with FRAME_NOT_JSON.
 */
int64_t json_frame_read(struct json_frame *frame, const char *text, size_t len, char *ret_first);
