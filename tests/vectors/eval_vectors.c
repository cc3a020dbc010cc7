/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Runs the files of eval: expressions and their values. Lines:
 *
 *	packet4 NAME HEX, packet6 NAME HEX    a packet for the following lines
 *	set known, set unknown                the client has a reservation, or not
 *	NAME | EXPRESSION | VALUE             true, false, 'text' or hexadecimal digits; exceeded
 *	NAME ! EXPRESSION                     the following lines, up to an empty one, are the output of -t
 *
 * Packets come from fe80::9 or 192.0.2.9 to ff02::1:2 or 192.0.2.1 on eth1; they are in class foo, not in bar.
 */
#include "lines.h"

#include "base/str.h"
#include "eval/expr.h"

static const char *const files[] = { "eval/kea22.txt", "eval/packets.txt", "eval/values.txt", "eval/wrong.txt", NULL };
static const char *const class_names[] = { "foo", "bar", "printers" };

struct packet {
	char name[32];
	unsigned digit, len;
	uint8_t *data; /* exact length, so that a sanitizer detects any overrun */
	struct packet4 q4;
	struct packet6 q6;
};

struct run {
	struct lines in;
	struct arena *arena;
	struct dict *dicts[2];
	struct packet packets[64];
	unsigned n_packets;
	struct eval_scratch *scratch;
	bool is_known;
};

static int find_class(void *ctx, const char *name)
{
	(void)ctx;
	for (int i = 0; i < 3; i++)
		if (!strcmp(class_names[i], name))
			return i;
	return -1;
}

static const char *const *all_classes(void *ctx, size_t *ret_n)
{
	(void)ctx;
	*ret_n = 3;
	return class_names;
}

static struct bytes bytes_of_hex(struct run *run, const char *hex)
{
	size_t len = strlen(hex), n = 0;
	uint8_t *data = xmalloc((len + 1) / 2 + 1);

	for (size_t i = 0; i + 1 < len; i += 2)
		if (hex_to_bytes(hex + i, 2, data + n++, 1) != 1)
			lines_wrong(&run->in, "hex", hex + i, "two hex digits");
	return bytes_of(xrealloc(data, n), n);
}

static void add_packet(struct run *run, unsigned digit, char *rest)
{
	struct packet *pkt = &run->packets[run->n_packets++];
	char *hex = strchr(rest, ' ');
	struct bytes data;
	const char *why;
	int err;

	*hex = 0;
	data = bytes_of_hex(run, hex + 1);
	(void)snprintf(pkt->name, sizeof(pkt->name), "%s", rest);
	pkt->digit = digit;
	pkt->len = (unsigned)data.len;
	pkt->data = (uint8_t *)data.data;
	err = digit == 4 ? packet4_parse(data, run->arena, &pkt->q4, &why)
			 : packet6_parse(data, run->arena, &pkt->q6, &why);
	if (err < 0)
		lines_wrong(&run->in, pkt->name, why, "a packet");
}

static const struct packet *find_packet(const struct run *run, const char *name)
{
	static const struct packet any4 = { .digit = 4 }, any6 = { .digit = 6 };

	for (unsigned i = 0; i < run->n_packets; i++)
		if (!strcmp(run->packets[i].name, name))
			return &run->packets[i];
	return !strcmp(name, "4") ? &any4 : !strcmp(name, "6") ? &any6 : NULL;
}

/* The expression as an escaped JSON string. */
static const struct eval_expr *compile(struct run *run, unsigned digit, const char *text, bool raw, enum eval_type type,
				       struct diag *diag)
{
	struct eval_env env = { .digit = digit,
				.dict = run->dicts[digit == 6],
				.find_class = find_class,
				.class_names = all_classes,
				.arena = run->arena,
				.diag = diag };
	struct json_doc doc;
	struct str json = { 0 };
	const struct eval_expr *expr = NULL;

	str_addc(&json, '"');
	for (; *text; text++) {
		if (!raw && (*text == '"' || *text == '\\'))
			str_addc(&json, '\\');
		str_addc(&json, *text);
	}
	str_addc(&json, '"');
	if (json_read_text("t", json.text, json.len, 0, NULL, diag, &doc) == 0)
		expr = eval_compile(&env, doc.root, type);
	else
		lines_wrong(&run->in, "json", json.text, "a string");
	json_doc_done(&doc);
	str_free(&json);
	return expr;
}

static void print_diag(const struct diag *diag, char *buf, size_t size)
{
	FILE *to = fmemopen(buf, size, "w");
	char *verdict;

	diag_print(diag, to, DIAG_TEXT);
	fclose(to);
	/* The last line. */
	verdict = strstr(buf, "t: ");
	if (verdict && (verdict == buf || verdict[-1] == '\n'))
		*verdict = 0;
}

static void check_value(struct run *run, const struct packet *pkt, const char *text, const char *want)
{
	enum eval_type type =
		!strcmp(want, "true") || !strcmp(want, "false") || !strcmp(want, "exceeded") ? EVAL_BOOL : EVAL_TEXT;
	struct diag *diag = diag_new();
	const struct eval_expr *expr = compile(run, pkt->digit, text, false, type, diag);
	uint64_t classes = 1;
	struct eval ev = { .q4 = pkt->digit == 4 ? &pkt->q4 : NULL,
			   .q6 = pkt->digit == 6 ? &pkt->q6 : NULL,
			   .iface = "eth1",
			   .len = pkt->len,
			   .classes = &classes,
			   .is_known = run->is_known,
			   .scratch = run->scratch };
	char got[4096] = "", printed[8192] = "";
	unsigned twice;

	(void)ip_parse(pkt->digit == 4 ? "192.0.2.9" : "fe80::9", &ev.src);
	(void)ip_parse(pkt->digit == 4 ? "192.0.2.1" : "ff02::1:2", &ev.dst);
	if (!expr) {
		print_diag(diag, printed, sizeof(printed));
		lines_wrong(&run->in, text, printed, want);
	}
	eval_begin(&ev);
	for (twice = 0; expr && twice < 2; twice++) {
		if (type == EVAL_BOOL) {
			bool is_true = eval_test(expr, &ev);

			(void)snprintf(got, sizeof(got), "%s",
				       ev.is_exceeded ? "exceeded"
				       : is_true      ? "true"
						      : "false");
		} else if (want[0] == '\'') {
			struct bytes b = eval_text(expr, &ev);

			(void)snprintf(got, sizeof(got), "'%.*s'", (int)b.len, (const char *)b.data);
		} else {
			bytes_to_hex(eval_text(expr, &ev), 0, got, sizeof(got));
		}
		if (strcmp(got, want) != 0)
			lines_wrong(&run->in, text, got, want);
	}
	diag_free(diag);
	run->in.done++;
}

static void check_wrong(struct run *run, const struct packet *pkt, const char *text)
{
	char want[8192] = "", line[4096], got[8192] = "";
	struct diag *diag = diag_new();
	unsigned first = run->in.line;
	size_t len = 0;

	while (fgets(line, sizeof(line), run->in.f) && ++run->in.line && *trim(line)) {
		/* trim() removed the end */
		len += (size_t)snprintf(want + len, sizeof(want) - len, "%s\n", line);
	}
	(void)compile(run, pkt->digit, text, true, EVAL_BOOL, diag);
	print_diag(diag, got, sizeof(got));
	if (strcmp(got, want) != 0) {
		fprintf(stderr, "%s:%u: %s\n--- got\n%s--- expected\n%s---\n", run->in.file, first, text, got, want);
		run->in.failed++;
	}
	diag_free(diag);
	run->in.done++;
}

static void one_line(struct run *run, char *line)
{
	char *rest = trim(line), *bar, *last;
	const struct packet *pkt;

	if (!*rest || *rest == '#')
		return;
	if (!strncmp(rest, "packet", 6)) {
		add_packet(run, (unsigned)rest[6] - '0', rest + 8);
		return;
	}
	if (!strncmp(rest, "set ", 4)) {
		run->is_known = !strcmp(rest + 4, "known");
		return;
	}
	bar = rest + strcspn(rest, "|!");
	last = strrchr(rest, '|');
	if (!*bar || (*bar == '|' && last == bar)) {
		lines_wrong(&run->in, "line", rest, "NAME | EXPRESSION | VALUE");
		return;
	}
	last = *bar == '|' ? last : NULL;
	if (last)
		*last++ = 0;
	*bar = *bar == '!' ? 0 : '|';
	if (*bar)
		*bar = 0;
	pkt = find_packet(run, trim(rest));
	if (!pkt)
		lines_wrong(&run->in, "packet", rest, "one of those above");
	else if (last)
		check_value(run, pkt, trim(bar + 1), trim(last));
	else
		check_wrong(run, pkt, trim(bar + 1));
}

int main(void)
{
	struct run run = { .in.files = files, .arena = arena_new(0), .scratch = eval_scratch_new(true) };
	char line[16384];

	run.dicts[0] = dict_new(run.arena, 0);
	run.dicts[1] = dict_new(run.arena, 1);
	while (lines_next(&run.in, line, sizeof(line)))
		one_line(&run, line);
	for (unsigned i = 0; i < run.n_packets; i++)
		free(run.packets[i].data);
	eval_scratch_free(run.scratch);
	arena_free(run.arena);
	return lines_end(&run.in);
}
