/* SPDX-License-Identifier: MPL-2.0 */
/*
 * "match" in a class: lists of hardware addresses and texts instead of an expression. The rows say which value of a
 * message a list is compared with, as an expression, so --print-config --kea prints an ordinary "test".
 */
#include "base/str.h"
#include "root/config_build.h"

/* Bytes of a whole address. */
#define HARDWARE_MIN 6
#define HARDWARE_MAX 20

/*
 * RFC 6939: the relay next to the client may add the address (option 79). Else it is in DUIDs of the types LLT and LL
 * (RFC 8415 11.2, 11.4).
 */
#define HARDWARE6                                                                             \
	"ifelse(relay6[-1].option[79].exists, substring(relay6[-1].option[79].hex, 2, all), " \
	"ifelse(substring(option[1].hex, 0, 2) == 0x0003, substring(option[1].hex, 4, all), " \
	"ifelse(substring(option[1].hex, 0, 2) == 0x0001, substring(option[1].hex, 8, all), '')))"

static const struct match_row {
	const char *key;
	size_t offset; /* of its strings in struct match_conf; of a bool for is_random */
	bool is_hardware, is_random;
	const char *text4, *text6; /* the value that is compared */
} rows[] = {
	{ "hardware", offsetof(struct match_conf, hardware), .is_hardware = true, .text4 = "pkt4.mac",
	  .text6 = HARDWARE6 },
	{ "random-mac", offsetof(struct match_conf, random_mac), .is_random = true, .text4 = "pkt4.mac",
	  .text6 = HARDWARE6 },
	{ "vendor-class", offsetof(struct match_conf, vendor_class), .text4 = "option[60].hex",
	  .text6 = "vendor-class[*].data" },
	/* RFC 8415 21.15: each class has a length before it. DHCPv4 clients send one class without a length. */
	{ "user-class", offsetof(struct match_conf, user_class), .text4 = "option[77].hex",
	  .text6 = "substring(option[15].hex, 2, all)" },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *text_of(unsigned family, const struct match_row *row)
{
	return family == KEY_6 ? row->text6 : row->text4;
}

/* --- patterns ------------------------------------------------------------------- */

/* Reads pairs of digits with separators into `data`; the last one may be half. Returns where it ends. */
static const char *read_digits(const char *s, uint8_t data[HARDWARE_MAX], unsigned *ret_n)
{
	unsigned n = 0;

	while (n < 2 * HARDWARE_MAX && hex_value(*s) >= 0) {
		data[n / 2] = (uint8_t)(n % 2 ? data[n / 2] | hex_value(*s) : hex_value(*s) << 4);
		n++;
		s++;
		if (n % 2 == 0 && (*s == ':' || *s == '-'))
			s++;
	}
	*ret_n = n;
	return s;
}

static bool bad_hardware(struct build *b, struct pos pos, const char *text)
{
	diag_error(b->diag, pos, "\"%s\" is not a hardware address or a block of them", text);
	diag_help(b->diag, "expected an address (\"00:1b:21:00:00:01\"), its beginning (\"00:1b:21:*\") or a length in "
			   "bits (\"00:1b:21:00:00:00/24\")");
	return false;
}

/* "/LENGTH": the first bits only. */
static bool read_length(struct build *b, struct pos pos, const char *text, const char *s, struct eval_pattern *pattern,
			uint8_t *data)
{
	char *end;
	unsigned long bits = strtoul(s, &end, 10);
	unsigned digits = (unsigned)(bits / 4), i;

	if (*end || s[0] < '0' || s[0] > '9')
		return bad_hardware(b, pos, text);
	if (!bits || bits % 4 || bits > 4UL * pattern->n_digits) {
		diag_error(b->diag, pos, "the length of \"%s\" must be a multiple of 4 from 4 to %u", text,
			   4U * pattern->n_digits);
		return false;
	}
	for (i = digits; i < pattern->n_digits; i++)
		if (data[i / 2] & (i % 2 ? 0x0f : 0xf0)) {
			diag_warn(b->diag, pos, "\"%s\" has bits set after its length: they are ignored", text);
			break;
		}
	pattern->n_digits = digits;
	pattern->is_prefix = true;
	return true;
}

static bool parse_hardware(struct build *b, struct pos pos, const char *text, struct eval_pattern *ret)
{
	uint8_t data[HARDWARE_MAX] = { 0 };
	const char *s = read_digits(text, data, &ret->n_digits);

	ret->data = NULL;
	ret->is_prefix = !strcmp(s, "*");
	if (!ret->n_digits || (!ret->is_prefix && ret->n_digits < 2 * HARDWARE_MIN) ||
	    (!ret->is_prefix && (ret->n_digits % 2 || s[-1] == ':' || s[-1] == '-')) ||
	    (*s && *s != '/' && !ret->is_prefix))
		return bad_hardware(b, pos, text);
	if (*s == '/' && !read_length(b, pos, text, s + 1, ret, data))
		return false;
	ret->data = arena_dup(b->cfg->arena, data, sizeof(data));
	return true;
}

static bool parse_text(struct build *b, struct pos pos, const char *text, struct eval_pattern *ret)
{
	size_t len = strlen(text);
	bool is_prefix = len && text[len - 1] == '*';

	len -= is_prefix;
	if (!len || len > 255) {
		diag_error(b->diag, pos, len ? "the text is too long" : "the text must not be empty");
		diag_help(b->diag, "expected a text (\"PXEClient\") or its beginning (\"PXEClient*\")");
		return false;
	}
	*ret = (struct eval_pattern){ (const uint8_t *)text, (unsigned)(2 * len), is_prefix };
	return true;
}

/* A pattern and where it is written. */
struct written {
	struct eval_pattern pattern;
	const char *text;
	struct pos pos;
};

static int order_written(const void *x, const void *y)
{
	const struct written *a = x, *b = y;

	return eval_pattern_compare(&a->pattern, &b->pattern);
}

/* Sorts them and leaves out those that others cover. */
static void set_patterns(struct build *b, struct written *all, unsigned n, struct eval_list *list)
{
	struct eval_pattern *v = arena_new_array(b->cfg->arena, struct eval_pattern, n);
	const struct written *last = NULL;
	unsigned i;

	qsort(all, n, sizeof(*all), order_written);
	for (i = 0; i < n; i++) {
		const struct eval_pattern *p = &all[i].pattern;

		if (last && eval_pattern_covers(&last->pattern, p->data, p->n_digits)) {
			diag_warn(b->diag, all[i].pos, "\"%s\" is in the list already", all[i].text);
			diag_note(b->diag, last->pos, "\"%s\" includes it", last->text);
			continue;
		}
		last = &all[i];
		v[list->n++] = *p;
	}
	list->patterns = v;
}

static void build_list(struct build *b, const struct match_row *row, const struct conf_strings *strings,
		       struct eval_list *list)
{
	struct written *all = xcalloc(strings->n, sizeof(*all));
	unsigned i, n = 0;

	for (i = 0; i < strings->n; i++) {
		bool ok = row->is_hardware ? parse_hardware(b, strings->pos[i], strings->v[i], &all[n].pattern)
					   : parse_text(b, strings->pos[i], strings->v[i], &all[n].pattern);

		all[n].text = strings->v[i];
		all[n].pos = strings->pos[i];
		n += ok;
	}
	set_patterns(b, all, n, list);
	free(all);
}

/* --- the class -------------------------------------------------------------------- */

static const struct eval_expr *compile_value(struct build *b, const struct match_row *row)
{
	struct eval_env env = eval_env_of(b);
	struct json_object *text = json_object_new_string(text_of(b->cfg->family, row));

	/* The expression refers to it. */
	if (!b->cfg->texts)
		b->cfg->texts = json_object_new_array();
	json_object_array_add(b->cfg->texts, text);
	return eval_compile(&env, text, EVAL_TEXT);
}

const struct eval_expr *build_match(struct build *b, const struct match_conf *conf, const struct class_match **ret)
{
	struct class_match *match = arena_new_obj(b->cfg->arena, struct class_match);
	unsigned before = diag_errors(b->diag), i;

	match->lists = arena_new_array(b->cfg->arena, struct eval_list, N_ROWS);
	match->rows = arena_new_array(b->cfg->arena, unsigned, N_ROWS);
	for (i = 0; i < N_ROWS; i++) {
		const void *field = (const char *)conf + rows[i].offset;
		struct eval_list *list = &match->lists[match->n];

		if (rows[i].is_random)
			list->is_random = *(const bool *)field;
		else
			build_list(b, &rows[i], field, list);
		if (!list->n && !list->is_random)
			continue;
		list->text = compile_value(b, &rows[i]);
		match->rows[match->n++] = i;
	}
	if (!match->n && diag_errors(b->diag) == before && !json_is_cut(conf->node.json))
		diag_warn(b->diag, conf_pos(&conf->node, NULL), "\"match\" is empty: no client is in the class");
	*ret = match;
	return match->n ? eval_any_list(b->cfg->arena, match->lists, match->n) : NULL;
}

/* --- as an expression --------------------------------------------------------------- */

static void add_hex(struct str *out, const struct eval_pattern *p)
{
	unsigned i;

	for (i = 0; i < p->n_digits; i++)
		str_addf(out, "%x", p->data[i / 2] >> (i % 2 ? 0 : 4) & 0xf);
}

static void add_pattern(struct str *out, const char *value, bool is_hardware, const struct eval_pattern *p)
{
	bool is_odd = p->n_digits % 2, is_plain = !is_hardware && !memchr(p->data, '\'', p->n_digits / 2);

	if (is_odd)
		str_addf(out, "substring(hexstring(%s, ''), 0, %u) == '", value, p->n_digits);
	else if (p->is_prefix)
		str_addf(out, "substring(%s, 0, %u) == %s", value, p->n_digits / 2, is_plain ? "'" : "0x");
	else
		str_addf(out, "%s == %s", value, is_plain ? "'" : "0x");
	if (is_plain)
		str_add_n(out, (const char *)p->data, p->n_digits / 2);
	else
		add_hex(out, p);
	str_add(out, is_odd || is_plain ? "'" : "");
}

const char *match_as_test(const struct config *cfg, const struct class_match *match)
{
	struct str out = { 0 };
	const char *text;
	unsigned i, k;

	for (i = 0; i < match->n; i++) {
		const struct eval_list *list = &match->lists[i];
		const struct match_row *row = &rows[match->rows[i]];
		const char *value = text_of(cfg->family, row), *digits = "26ae";

		for (k = 0; k < list->n; k++) {
			str_add(&out, out.len ? " or " : "");
			add_pattern(&out, value, row->is_hardware, &list->patterns[k]);
		}
		for (k = 0; list->is_random && digits[k]; k++)
			str_addf(&out, "%ssubstring(hexstring(%s, ''), 1, 1) == '%c'", out.len ? " or " : "", value,
				 digits[k]);
	}
	text = arena_strdup(cfg->arena, str_text(&out));
	str_free(&out);
	return text;
}
