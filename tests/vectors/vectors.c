/* SPDX-License-Identifier: MPL-2.0 */
/* Runs the *.txt files next to it: option values in text and hex, both ways. rfc2132.txt describes the format. */
#include "lines.h"

#include "base/err.h"
#include "wire/codec.h"

static const char *const files[] = { "rfc2132.txt", "rfc3397.txt", "rfc3442.txt",  "rfc9463.txt", "types.txt",
				     "rfc9915.txt", "rfc7598.txt", "options6.txt", NULL };

struct run {
	struct lines in;
	bool seen6[512]; /* rows of dict6 that were encoded and decoded */
	struct arena *arena;
	const struct dict *dicts[2];
	struct str out;
};

/* Cuts off and returns the text up to the separator; "" if there is none. */
static char *part(char **rest, char sep)
{
	char *start = *rest, *end = strchr(start, sep);

	*rest = start + strlen(start);
	if (end) {
		*end = 0;
		*rest = end + 1;
	}
	return trim(start);
}

static struct bytes bytes_of_hex(struct run *run, const char *hex)
{
	uint8_t *buf = arena_alloc(run->arena, strlen(hex) + 1);
	size_t n = 0;
	char two[3] = "";

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		if (!two[0]) {
			two[0] = *hex;
			continue;
		}
		two[1] = *hex;
		if (hex_to_bytes(two, 2, buf + n++, 1) != 1)
			lines_wrong(&run->in, "the vector's hex", two, "two hex digits");
		two[0] = 0;
	}
	/* exact length, so that a sanitizer detects any overrun */
	return bytes_of(arena_dup(run->arena, buf, n), n);
}

static void decodes(struct run *run, const struct optdef *def, struct bytes data, const char *text)
{
	str_reset(&run->out);
	if (codec_check(def, data) != 0)
		lines_wrong(&run->in, "check", "refused", "accepted");
	if (codec_decode_text(def, data, &run->out) != 0)
		lines_wrong(&run->in, "decode", "refused", text);
	else if (strcmp(trim((char *)str_text(&run->out)), text) != 0)
		lines_wrong(&run->in, "decode", str_text(&run->out), text);
}

/* note: NULL, or part of the warning about ignored or changed text. */
static void encodes(struct run *run, const struct optdef *def, const char *text, struct bytes expected,
		    const char *note)
{
	const char *why = "";
	char got[2048], want[2048];
	struct bytes data;

	bytes_to_hex(expected, 0, want, sizeof(want));
	if (codec_encode_text(def, text, run->arena, &data, &why) != 0) {
		lines_wrong(&run->in, "encode", why, want);
		return;
	}
	bytes_to_hex(data, 0, got, sizeof(got));
	if (!bytes_equal(data, expected))
		lines_wrong(&run->in, "encode", got, want);
	if (!why != !note || (note && !strstr(why, note)))
		lines_wrong(&run->in, "note", why ? why : "none", note ? note : "none");
}

static void refuses(struct run *run, const struct optdef *def, const char *text, const char *reason)
{
	const char *why = "";
	struct bytes data;
	int err = codec_encode_text(def, text, run->arena, &data, &why);

	if (err != -E_INVAL && err != -E_RANGE)
		lines_wrong(&run->in, "refusal", err_text(err), reason);
	else if (!strstr(why, reason))
		lines_wrong(&run->in, "reason", why, reason);
}

static void one_line(struct run *run, char *line)
{
	char *rest = trim(line), *space, *name, *text, *back, *hex, kind;
	const struct optdef *def;
	struct bytes data;

	if (!*rest || *rest == '#')
		return;
	space = part(&rest, ' ');
	name = part(&rest, ' ');
	kind = *rest++;
	def = dict_by_name(run->dicts[0], space, name);
	if (!def)
		def = dict_by_name(run->dicts[1], space, name);
	if (!def) {
		lines_wrong(&run->in, "definition", "none", name);
		return;
	}
	run->in.done++;
	switch (kind) {
	case '|':
		if (def >= dict6 && def < dict6 + dict6_n)
			run->seen6[def - dict6] = true;
		text = part(&rest, '|');
		hex = part(&rest, '?');
		data = bytes_of_hex(run, hex);
		back = strstr(text, " > ");
		if (back)
			*back = 0;
		encodes(run, def, trim(text), data, *rest ? trim(rest) : NULL);
		decodes(run, def, data, back ? trim(back + 3) : text);
		break;
	case '<':
		text = part(&rest, '|');
		decodes(run, def, bytes_of_hex(run, trim(rest)), text);
		break;
	case '!':
		text = part(&rest, '|');
		refuses(run, def, text, trim(rest));
		break;
	case '~':
		str_reset(&run->out);
		str_add(&run->out, "before");
		if (codec_decode_text(def, bytes_of_hex(run, trim(rest)), &run->out) != -E_INVAL)
			lines_wrong(&run->in, "decode", str_text(&run->out), "refused");
		else if (strcmp(str_text(&run->out), "before") != 0)
			lines_wrong(&run->in, "text after a refusal", str_text(&run->out), "before");
		break;
	default:
		lines_wrong(&run->in, "line", rest, "| < ! or ~ after the name");
	}
}

int main(void)
{
	struct run run = { .in.files = files, .arena = arena_new(0) };
	char line[16384];

	run.dicts[0] = dict_new(run.arena, 0);
	run.dicts[1] = dict_new(run.arena, 1);
	while (lines_next(&run.in, line, sizeof(line)))
		one_line(&run, line);
	for (unsigned i = 0; i < dict6_n; i++) {
		if (!run.seen6[i]) {
			fprintf(stderr, "%s %s: no vector\n", dict6[i].space, dict6[i].name);
			run.in.failed++;
		}
	}
	str_free(&run.out);
	arena_free(run.arena);
	return lines_end(&run.in);
}
