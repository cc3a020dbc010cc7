/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The first byte selects a definition, the rest is its value; it is also read as a list of options of either
 * family. A value that decodes passes the check, and its text is printable. Read as text, it is encoded in the same way
 * for packets as for configurations.
 */
#include "base/err.h"
#include "wire/codec.h"
#include "wire/option.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(struct arena *arena, const struct optdef *def, struct bytes b)
{
	struct bytes ours = { 0 }, other = { 0 };
	const char *why = NULL;
	int err = codec_encode_packet(def, b, arena, &ours, &why);
	char *text;

	assert(err == 0 || why);
	if (memchr(b.data, 0, b.len)) {
		assert(err < 0);
		return;
	}
	text = arena_strndup(arena, (const char *)b.data, b.len);
	if (err == -E_NOMEM || !text || codec_encode_text(def, text, arena, &other, &why) != err)
		assert(arena_used(arena) > 1 << 19);
	else
		assert(err < 0 || (ours.len == other.len && !memcmp(ours.data, other.data, ours.len)));
}

static void value(const struct optdef *def, struct bytes b)
{
	struct str text = { 0 };
	int err = codec_decode_text(def, b, &text);

	assert(err == codec_check(def, b));
	assert(err == 0 || !text.len);
	for (size_t i = 0; i < text.len; i++)
		assert(text.text[i] >= ' ' && text.text[i] < 0x7f);
	str_free(&text);
}

static void list(struct arena *arena, struct bytes b, int (*parse)(struct reader *, struct arena *, struct opts *))
{
	struct reader r = reader_of(b);
	struct opts opts;
	size_t total = 0;

	opts_init(&opts, arena);
	if (parse(&r, arena, &opts) < 0)
		return;
	for (unsigned i = 0; i < opts.n; i++)
		total += opts.v[i].data.len;
	assert(total <= b.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	struct bytes rest;

	if (!size)
		return 0;
	if (!arena)
		arena = arena_new(1 << 20);
	arena_reset(arena);
	rest = bytes_of(data + 1, size - 1);
	value(&dict4[data[0] % dict4_n], rest);
	value(&dict6[data[0] % dict6_n], rest);
	encode(arena, &dict4[data[0] % dict4_n], rest);
	encode(arena, &dict6[data[0] % dict6_n], rest);
	list(arena, rest, opts_parse4);
	list(arena, rest, opts_parse6);
	return 0;
}
