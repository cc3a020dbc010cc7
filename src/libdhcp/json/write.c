/* SPDX-License-Identifier: MPL-2.0 */
/* Values appear as Kea prints them: on one line, with a space after colons and commas and inside brackets. */
#include "json/write.h"

#include "base/utf8.h"

void json_add_string(struct str *out, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t i, n, from = 0;

	str_addc(out, '"');
	for (i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)text[i];

		n = utf8_decode(text + i, len - i, NULL);
		if (n && c >= ' ' && c != '"' && c != '\\' && c != 0x7f)
			continue;
		str_add_n(out, text + from, i - from);
		if (!n) {
			str_add(out, "\xef\xbf\xbd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			str_addc(out, '\\');
			str_addc(out, (char)c);
		} else if (c == '\n') {
			str_add(out, "\\n");
		} else if (c == '\t') {
			str_add(out, "\\t");
		} else {
			str_add(out, "\\u00");
			str_addc(out, hex[c >> 4]);
			str_addc(out, hex[c & 15]);
		}
		from = i + n;
	}
	str_add_n(out, text + from, len - from);
	str_addc(out, '"');
}

static void add_scalar(struct str *out, struct json_object *v)
{
	if (json_object_is_type(v, json_type_string))
		json_add_string(out, json_object_get_string(v), (size_t)json_object_get_string_len(v));
	else
		str_add(out,
			json_object_to_json_string_ext(v, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static bool is_nested(struct json_object *v)
{
	return json_object_is_type(v, json_type_object) || json_object_is_type(v, json_type_array);
}

static void enter(struct json_writing *wr, struct str *out, struct json_object *v)
{
	if (!is_nested(v) || wr->depth == JSON_WRITE_DEPTH) {
		add_scalar(out, v);
		return;
	}
	wr->at[wr->depth].in = v;
	wr->at[wr->depth].i = 0;
	wr->at[wr->depth].entry = json_object_is_type(v, json_type_object) ? json_object_get_object(v)->head : NULL;
	wr->depth++;
	str_add(out, json_object_is_type(v, json_type_object) ? "{ " : "[ ");
}

/* Prints the next member or item of the innermost value, or its end. */
static void step(struct json_writing *wr, struct str *out)
{
	struct json_object *in = wr->at[wr->depth - 1].in, *v;
	bool is_map = json_object_is_type(in, json_type_object);
	struct lh_entry *entry = wr->at[wr->depth - 1].entry;
	size_t i = wr->at[wr->depth - 1].i;

	if (is_map ? !entry : i == json_object_array_length(in)) {
		str_add(out, is_map ? " }" : " ]");
		wr->depth--;
		return;
	}
	if (i)
		str_add(out, ", ");
	wr->at[wr->depth - 1].i++;
	if (is_map) {
		wr->at[wr->depth - 1].entry = lh_entry_next(entry);
		json_add_string(out, lh_entry_k(entry), strlen(lh_entry_k(entry)));
		str_add(out, ": ");
		v = lh_entry_v(entry);
	} else {
		v = json_object_array_get_idx(in, i);
	}
	enter(wr, out, v);
}

void json_write_init(struct json_writing *wr, struct json_object *value)
{
	wr->value = value;
	wr->depth = 0;
}

bool json_write_next(struct json_writing *wr, struct str *out, size_t len)
{
	size_t until = out->len + len;

	if (!wr->depth)
		enter(wr, out, wr->value);
	while (wr->depth && out->len < until)
		step(wr, out);
	return wr->depth;
}

void json_write_all(struct json_object *value, struct str *out)
{
	struct json_writing writing;

	json_write_init(&writing, value);
	while (json_write_next(&writing, out, SIZE_MAX / 2))
		;
}
