/* SPDX-License-Identifier: MPL-2.0 */
#include "eval/sanitize.h"

#include "base/err.h"
#include "eval/expr_int.h"

struct sanitizer {
	bool is_table;
	bool found[256]; /* is_table: the bytes that are replaced */
	void *regex;
	const char *replacement;
	size_t replacement_len;
};

bool sanitizer_needs_scratch(const struct sanitizer *s)
{
	return s && !s->is_table;
}

/* True for one bracket expression without classes or escapes: it matches a single byte, whatever is around it. */
static bool is_bracket(const char *set)
{
	size_t len = strlen(set), i = 1 + (set[0] == '[' && set[1] == '^');

	return len > i + 1 && set[0] == '[' && set[len - 1] == ']' && strcspn(set + i, "[]\\") == len - i - 1;
}

struct sanitizer *sanitizer_new(struct arena *arena, const char *set, const char *replacement, const char **ret_why,
				size_t *ret_at)
{
	struct sanitizer *s = arena_new_array(arena, struct sanitizer, 1);
	struct regex_scratch *scratch;
	unsigned c;

	*s = (struct sanitizer){ .replacement = replacement, .replacement_len = strlen(replacement) };
	s->regex = regex_compile(bytes_of(set, strlen(set)), REGEX_SEARCH, arena, ret_why, ret_at);
	if (!s->regex)
		return NULL;
	s->is_table = is_bracket(set) && !strchr(replacement, '$');
	if (!s->is_table)
		return s;
	scratch = regex_scratch_new();
	for (c = 0; c < 256; c++) {
		const uint8_t byte = (uint8_t)c;
		struct regex_span span[REGEX_GROUPS];

		s->found[c] = regex_find(s->regex, scratch, bytes_of(&byte, 1), 0, span) > 0;
	}
	regex_scratch_free(scratch);
	return s;
}

/* --- writing ------------------------------------------------------------------ */

struct out {
	char *buf;
	size_t len, size;
	bool is_full;
};

static void put(struct out *out, const void *data, size_t len)
{
	if (len > out->size - out->len) {
		out->is_full = true;
		return;
	}
	if (len)
		memcpy(out->buf + out->len, data, len);
	out->len += len;
}

static void put_span(struct out *out, struct bytes text, const struct regex_span *span)
{
	if (span->is_set)
		put(out, text.data + span->first, span->len);
}

static void put_replacement(struct out *out, const struct sanitizer *s, struct bytes text,
			    const struct regex_span span[REGEX_GROUPS])
{
	const char *c;

	for (c = s->replacement; *c; c++) {
		if (*c != '$') {
			put(out, c, 1);
		} else if (c[1] == '$') {
			put(out, c++, 1);
		} else if (c[1] == '&') {
			put_span(out, text, &span[0]);
			c++;
		} else if (c[1] >= '1' && c[1] <= '9') {
			put_span(out, text, &span[*++c - '0']);
		} else {
			put(out, c, 1);
		}
	}
}

static int finish(const struct out *out)
{
	return out->is_full ? -E_SPACE : (int)out->len;
}

static int run_table(const struct sanitizer *s, struct bytes text, struct out *out)
{
	size_t i;

	for (i = 0; i < text.len && !out->is_full; i++)
		if (s->found[text.data[i]])
			put(out, s->replacement, s->replacement_len);
		else
			put(out, text.data + i, 1);
	return finish(out);
}

/* As std::regex_replace(), which Kea uses: an empty match is replaced too, and the next byte follows unchanged. */
static int run_regex(const struct sanitizer *s, struct eval_scratch *scratch, struct bytes text, struct out *out)
{
	struct regex_span span[REGEX_GROUPS];
	size_t pos = 0;
	int n;

	while (pos <= text.len && (n = regex_find(s->regex, scratch->regex, text, pos, span)) != 0) {
		if (n < 0)
			return n;
		put(out, text.data + pos, span[0].first - pos);
		put_replacement(out, s, text, span);
		pos = span[0].first + span[0].len;
		if (!span[0].len && pos < text.len)
			put(out, text.data + pos, 1);
		pos += !span[0].len;
		if (out->is_full)
			return -E_SPACE;
	}
	if (pos < text.len)
		put(out, text.data + pos, text.len - pos);
	return finish(out);
}

int sanitizer_run(const struct sanitizer *s, struct eval_scratch *scratch, struct bytes text, char *buf, size_t size)
{
	struct out out = { .buf = buf, .size = size };

	if (s->is_table)
		return run_table(s, text, &out);
	if (!scratch || !scratch->regex)
		return -E_RANGE;
	return run_regex(s, scratch, text, &out);
}
