/* SPDX-License-Identifier: MPL-2.0 */
#include "ctl/frame.h"

#include "ctl/limits.h"
#include "json/limits.h"

static void string_char(struct json_frame *frame, char c)
{
	if (frame->is_escaped)
		frame->is_escaped = false;
	else if (c == '\\')
		frame->is_escaped = true;
	else if (c == '"')
		frame->is_string = false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum json_frame_error open_bracket(struct json_frame *frame)
{
	if (frame->depth == JSON_DEPTH_MAX)
		return FRAME_TOO_DEEP;
	frame->depth++;
	frame->has_begun = true;
	if (++frame->n_maps > CHANNEL_MAPS_MAX)
		return FRAME_TOO_MANY;
	return FRAME_MORE;
}

int64_t json_frame_read(struct json_frame *frame, const char *text, size_t len, char *ret_first)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		int err;

		if (frame->is_string) {
			string_char(frame, c);
			continue;
		}
		switch (c) {
		case '{':
		case '[':
			err = open_bracket(frame);
			if (err)
				return err;
			break;
		case '}':
		case ']':
			if (frame->has_begun && --frame->depth == 0)
				return (int64_t)i + 1;
			break;
		case '"':
			frame->is_string = frame->has_begun;
			break;
		case ',':
			if (++frame->n_values > CHANNEL_VALUES_MAX)
				return FRAME_TOO_MANY;
			break;
		default:
			break;
		}
		if (!frame->has_begun && !is_blank(c)) {
			*ret_first = c;
			return FRAME_NOT_JSON;
		}
	}
	return FRAME_MORE;
}
