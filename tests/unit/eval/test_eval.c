/* SPDX-License-Identifier: MPL-2.0 */
/* Expressions: limits, what a caller learns about one, and evaluation without malloc. Values are in tests/vectors. */
#include "../suite.h"

#include "base/str.h"
#include "eval/expr_int.h"

static struct arena *arena;
static struct dict *dict;
static struct diag *diag;
static struct json_doc doc;
static struct eval_scratch *scratch;

/* --- memory: counted unless a sanitizer counts it --- */

#if !IS_SANITIZED && defined(__GLIBC__)
#define COUNTS_MALLOC 1
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
static unsigned long n_mallocs;

void *malloc(size_t size)
{
	n_mallocs++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	n_mallocs++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	n_mallocs++;
	return __libc_realloc(p, size);
}
#else
static unsigned long n_mallocs;
#endif

/* --- compile and evaluate --- */

static const char *const class_names[] = { "phones", "printers" };

static int find_class(void *ctx, const char *name)
{
	(void)ctx;
	return !strcmp(name, "phones") ? 70 : !strcmp(name, "printers") ? 3 : -1;
}

static const char *const *all_classes(void *ctx, size_t *ret_n)
{
	(void)ctx;
	*ret_n = 2;
	return class_names;
}

static const char *other_name(void *ctx, const char *space, const char *name)
{
	(void)ctx;
	return !strcmp(space, "dhcp4") && !strcmp(name, "gateway") ? "routers" : NULL;
}

static const struct eval_expr *compile_type(const char *text, enum eval_type type)
{
	struct eval_env env = { .digit = 4,
				.dict = dict,
				.find_class = find_class,
				.class_names = all_classes,
				.other_name = other_name,
				.arena = arena,
				.diag = diag };
	struct json_object *value = json_object_new_string(text);
	const struct eval_expr *expr = eval_compile(&env, value, type);

	json_object_put(value);
	return expr;
}

static const struct eval_expr *compile(const char *text)
{
	return compile_type(text, EVAL_BOOL);
}

static void collect(void *ctx, enum diag_kind kind, const char *line)
{
	str_addf(ctx, "%s %s\n", kind == DIAG_ERROR ? "E" : "W", line);
}

static void expect_diag(const char *want)
{
	struct str got = { 0 };

	diag_each(diag, collect, &got);
	ck_assert_str_eq(str_text(&got), want);
	str_free(&got);
}

static struct packet4 pkt;

static struct eval begin(void)
{
	struct eval ev = { .q4 = &pkt, .iface = "eth0", .scratch = scratch };

	eval_begin(&ev);
	return ev;
}

static void add_option(uint8_t code, const void *data, size_t len)
{
	ck_assert_int_eq(opts_add(&pkt.opts, code, bytes_of(arena_dup(arena, data, len), len)), 0);
}

static void setup(void)
{
	arena = arena_new(0);
	dict = dict_new(arena, 0);
	diag = diag_new();
	scratch = eval_scratch_new(true);
	pkt = (struct packet4){ .op = BOOTREQUEST, .htype = 1, .hlen = 6, .type = DHCP4_DISCOVER };
	opts_init(&pkt.opts, arena);
}

static void teardown(void)
{
	eval_scratch_free(scratch);
	json_doc_done(&doc);
	diag_free(diag);
	arena_free(arena);
}

/* --- compiling --- */

static void repeat(struct str *s, const char *text, unsigned n)
{
	while (n--)
		str_add(s, text);
}

START_TEST(nesting_is_limited)
{
	struct str text = { 0 };

	repeat(&text, "(", EVAL_DEPTH_MAX - 1);
	str_add(&text, "known");
	repeat(&text, ")", EVAL_DEPTH_MAX - 1);
	ck_assert_ptr_nonnull(compile(text.text));
	str_reset(&text);
	repeat(&text, "not ", EVAL_DEPTH_MAX);
	str_add(&text, "known");
	ck_assert_ptr_null(compile(text.text));
	str_reset(&text);
	repeat(&text, "(", 1000000);
	ck_assert_ptr_null(compile(text.text));
	str_reset(&text);
	repeat(&text, "lcase(", 1000000);
	ck_assert_ptr_null(compile(text.text));
	str_reset(&text);
	str_add(&text, "option[82]");
	repeat(&text, ".option[1]", 1000);
	str_add(&text, ".exists");
	ck_assert_ptr_null(compile(text.text));
	expect_diag("E nested more than 100 deep\n"
		    "W option 1 has no sub-options: \"option[82].option[1].option[1]\" is never present\n");
	str_free(&text);
}
END_TEST

/* A long chain is fine because it is not deep; its length is limited nevertheless. */
START_TEST(length_is_limited)
{
	struct eval ev = begin();
	struct str text = { 0 };
	const struct eval_expr *expr;

	str_add(&text, "known");
	repeat(&text, " or known", EVAL_NODES_MAX - 2);
	expr = compile(text.text);
	ck_assert_ptr_nonnull(expr);
	ck_assert(!eval_test(expr, &ev));
	ev.is_known = true;
	ck_assert(eval_test(expr, &ev));
	str_add(&text, " or known");
	ck_assert_ptr_null(compile(text.text));
	expect_diag("E the expression is too long: more than 4096 operators and values\n");
	str_free(&text);
}
END_TEST

START_TEST(literals_may_be_long)
{
	struct eval ev = begin();
	struct str text = { 0 };
	const struct eval_expr *expr;

	str_add(&text, "0x");
	repeat(&text, "ab", 1 << 20);
	str_add(&text, " == '");
	repeat(&text, "x", 1 << 20);
	str_add(&text, "'");
	expr = compile(text.text);
	ck_assert_ptr_nonnull(expr);
	ck_assert(!eval_test(expr, &ev));
	str_free(&text);
}
END_TEST

/* Errors of several expressions, each with its line and column; a wrong argument is reported once. */
START_TEST(all_errors_come_at_once)
{
	static const char text[] = "{\n"
				   "  \"a\": \"option[host-nam].exists\",\n"
				   "  \"b\": \"substring(option[60].hex, 0, 4 == 'x'\",\n"
				   "  \"c\": \"option[gateway].hex == \\\"\\u00e9\\\" or member('phone') or not 'x'\"\n"
				   "}";
	struct eval_env env = { .digit = 4,
				.dict = dict,
				.find_class = find_class,
				.class_names = all_classes,
				.other_name = other_name,
				.arena = arena,
				.diag = diag };

	ck_assert_int_eq(json_read_text("t", text, strlen(text), 0, NULL, diag, &doc), 0);
	json_object_object_foreach(doc.root, key, value)
	{
		(void)key;
		ck_assert_ptr_null(eval_compile(&env, value, EVAL_BOOL));
	}
	expect_diag(
		"E t:2:16: space dhcp4 has no option \"host-nam\" (did you mean \"host-name\"?)\n"
		"E t:3:40: missing \")\" before \"==\" [t:3:18: \"(\" is not closed]\n"
		"E t:4:16: space dhcp4 has no option \"gateway\" (did you mean \"routers\"?)\n"
		"E t:4:32: text must be in single quotes, not in double quotes (write '\xc3\xa9')\n"
		"E t:4:53: class \"phone\" is not defined (did you mean \"phones\"?)\n"
		"E t:4:69: what follows \"not\" must be true or false, but this is text (compare it with \"==\")\n");
}
END_TEST

START_TEST(options_of_the_configuration)
{
	struct optdef outer = {
		.name = "site", .code = 224, .type = OPT_EMPTY, .space = "dhcp4", .encapsulate = "site"
	};
	struct optdef inner = { .name = "room", .code = 7, .type = OPT_STRING, .space = "site", .encapsulate = NULL };
	struct optdef ports = {
		.name = "ports", .code = 225, .type = OPT_PSID, .space = "dhcp4", .encapsulate = "site"
	};
	struct optdef vendor = { .name = "model", .code = 2, .type = OPT_STRING, .space = "vendor-9" };
	struct eval ev = begin();
	const struct eval_expr *expr;

	ck_assert_int_eq(dict_add(dict, &outer), 0);
	ck_assert_int_eq(dict_add(dict, &inner), 0);
	ck_assert_int_eq(dict_add(dict, &ports), 0);
	ck_assert_int_eq(dict_add(dict, &vendor), 0);
	add_option(224,
		   "\x01\x01x\x07\x03"
		   "abc",
		   8);
	add_option(225,
		   "\x04\x10\0\x07\x03"
		   "abc",
		   8);
	add_option(125, "\0\0\0\x09\x04\x02\x02hi", 9);
	expr = compile("option[site].option[room].text == 'abc' and vendor[9].option[model].text == 'hi' and "
		       "option[224].option[7].exists and option[ports].option[room].text == 'abc'");
	expect_diag("");
	ck_assert(eval_test(expr, &ev));
	ck_assert_ptr_null(compile("option[site].option[rom].exists"));
	expect_diag("E space site has no option \"rom\" (did you mean \"room\"?)\n");
}
END_TEST

START_TEST(classes_and_hosts)
{
	uint64_t classes[2] = { 1 << 3, 0 };
	const struct eval_expr *expr = compile("member('printers') and not member('phones') and member('printers')");
	struct eval ev = begin();
	const unsigned *ids;
	size_t n;

	ck_assert(!eval_test(expr, &ev));
	ev.classes = classes;
	ck_assert(eval_test(expr, &ev));
	classes[1] = 1 << 6;
	ck_assert(!eval_test(expr, &ev));
	ids = eval_classes(expr, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(ids[0], 3);
	ck_assert_uint_eq(ids[1], 70);
	ck_assert(!eval_needs_host(expr));
	ck_assert(eval_needs_host(compile("option[60].exists or member('UNKNOWN')")));
	ck_assert(eval_needs_host(compile("known")));
	ck_assert(!eval_needs_host(compile("member('ALL')")));
	ck_assert(eval_has_match(compile("known or not match('a', 'b')")));
	ck_assert(!eval_has_match(expr));
}
END_TEST

/* --- evaluating --- */

START_TEST(text_is_limited)
{
	static uint8_t big[40000];
	const struct eval_expr *twice = compile("'a' + hexstring(option[61].hex, ':') == 'b'"),
			       *other = compile("option[61].exists");
	struct eval ev = begin();

	add_option(61, big, sizeof(big));
	ck_assert(eval_test(other, &ev));
	ck_assert(!eval_test(twice, &ev));
	ck_assert(ev.is_exceeded);
	/* It stays that way: later results cannot be trusted. */
	ck_assert(!eval_test(other, &ev));
	ck_assert(!eval_test(compile("not option[61].exists"), &ev));
	ck_assert_uint_eq(eval_text(compile_type("option[61].hex", EVAL_TEXT), &ev).len, 0);
	eval_begin(&ev);
	ck_assert(eval_test(other, &ev));
	ck_assert(!ev.is_exceeded);
}
END_TEST

/* Also an expression that is true if its parts are not. */
START_TEST(exceeded_is_false)
{
	static uint8_t big[65000];
	const struct eval_expr *expr = compile("not (lcase(option[61].hex) + lcase(option[61].hex) == 'x')");
	struct eval ev = begin();

	add_option(61, big, 3);
	ck_assert(eval_test(expr, &ev));
	opts_remove(&pkt.opts, 61);
	add_option(61, big, sizeof(big));
	eval_begin(&ev);
	ck_assert(!eval_test(expr, &ev));
	ck_assert(ev.is_exceeded);
}
END_TEST

/* Many expressions over a big packet have the same limit as one. */
START_TEST(work_is_limited)
{
	static uint8_t big[60000];
	const struct eval_expr *expr = compile("split(option[61].hex, '.', 60000) == 'x'");
	struct eval ev = begin();
	unsigned n = 0;

	memset(big, 'a', sizeof(big));
	add_option(61, big, sizeof(big));
	while (n < 1000 && !ev.is_exceeded) {
		ck_assert(!eval_test(expr, &ev));
		n++;
	}
	ck_assert_uint_eq(n, EVAL_WORK_MAX / sizeof(big) + 1);
}
END_TEST

/* The second class that asks for an option does not search for it. */
START_TEST(options_are_found_once)
{
	const struct eval_expr *expr = compile("option[60].hex == 'x'"), *absent = compile("option[61].exists");
	struct eval ev = begin();
	uint32_t before, first, second;
	unsigned i;

	for (i = 0; i < 1000; i++)
		add_option(1, "", 0);
	add_option(60, "x", 1);
	before = ev.work_left;
	ck_assert(eval_test(expr, &ev));
	first = before - ev.work_left;
	ck_assert(eval_test(expr, &ev));
	second = before - first - ev.work_left;
	ck_assert_uint_ge(first, 1000);
	ck_assert_uint_le(second, 10);
	ck_assert(!eval_test(absent, &ev));
	before = ev.work_left;
	ck_assert(!eval_test(absent, &ev));
	ck_assert_uint_le(before - ev.work_left, 10);
	/* Codes that share a slot. */
	ck_assert(
		eval_test(compile("not option[124].exists and option[60].hex == 'x' and not option[124].exists"), &ev));
}
END_TEST

START_TEST(evaluation_needs_no_memory)
{
	static const char *const texts[] = {
		"option[60].hex == 'x' or option[82].option[1].exists or vendor[9].option[1].hex == 'a'",
		"hexstring(pkt4.mac, ':') + ucase(option[60].hex) + lcase('A') == 'x' or pkt.iface == 'lo'",
		"addrtotext(pkt4.giaddr) == '1.2.3.4' or uint32totext(pkt.len) == '3' or option[93].text == 'type=1'",
		"split(option[60].hex, ':', 2) == 'x' or substring(option[60].hex, -2, 1) == 'y'",
		"match('((a|b)+c)*(.*)[de]', option[60].hex) or match('((((((((.))))))))*[xy]', option[60].hex)",
	};
	const struct eval_expr *exprs[5];
	struct eval ev = begin();
	unsigned long before;
	unsigned i;

	add_option(60, "abcabcbbcaccababcabcbabcabc:abcbabcabcabcabcabbcbc", 49);
	add_option(93, "\0\7", 2);
	add_option(82, "\2\1x", 3);
	for (i = 0; i < 5; i++) {
		exprs[i] = compile(texts[i]);
		ck_assert_ptr_nonnull(exprs[i]);
	}
	before = n_mallocs;
	for (i = 0; i < 5; i++) {
		eval_begin(&ev);
		(void)eval_test(exprs[i], &ev);
	}
	ck_assert_uint_eq(n_mallocs - before, 0);
}
END_TEST

/* Backtracking ends, and the next match has its full limit. */
START_TEST(regexes_are_limited)
{
	const struct eval_expr *bad = compile("match('(a|aa)+[xy]', option[60].hex)"),
			       *deep = compile("match('(?:(.)(?=(.*)))*?[xy]', option[60].hex)"),
			       *good = compile("match('a+', option[60].hex)");
	static char text[1000];
	struct eval ev = begin();

	memset(text, 'a', sizeof(text));
	add_option(60, text, sizeof(text));
	ck_assert(!eval_test(bad, &ev));
	ck_assert(ev.is_exceeded);
	eval_begin(&ev);
	ck_assert(!eval_test(deep, &ev));
	ck_assert(ev.is_exceeded);
	eval_begin(&ev);
	ck_assert(eval_test(good, &ev));
	ck_assert(!ev.is_exceeded);
}
END_TEST

/* A text is as long as the checks claim, or they would warn about valid cases. */
static void check_length(struct eval *ev, bool is_fixed, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void check_length(struct eval *ev, bool is_fixed, const char *fmt, ...)
{
	const struct eval_expr *expr;
	char text[256];
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	expr = compile_type(text, EVAL_TEXT);
	ck_assert_ptr_nonnull(expr);
	len = eval_text(expr, ev).len;
	ck_assert_msg(len >= expr->root->len.min && len <= expr->root->len.max &&
			      (!is_fixed || expr->root->len.min == expr->root->len.max),
		      "%s: %zu, not %u..%u", text, len, expr->root->len.min, expr->root->len.max);
}

START_TEST(lengths_are_known)
{
	static const char letters[] = "abcdef";
	struct eval ev = begin();
	int n, start, len;

	for (n = 0; n <= 6; n++) {
		const char *iface = letters + 6 - n;

		ev.iface = iface;
		pkt.hlen = (uint8_t)n;
		for (start = -8; start <= 8; start++) {
			for (len = -8; len <= 8; len++) {
				check_length(&ev, true, "substring('%s', %d, %d)", iface, start, len);
				check_length(&ev, false, "substring(pkt.iface, %d, %d)", start, len);
				check_length(&ev, false, "substring(pkt4.mac, %d, %d)", start, len);
				check_length(&ev, false, "substring(substring(pkt4.mac, %d, all), %d, all)", start,
					     len);
			}
			check_length(&ev, true, "substring('%s', %d, all)", iface, start);
			check_length(&ev, false, "substring(pkt4.mac, %d, all)", start);
			check_length(&ev, false, "split('%s', 'bd', %d)", iface, start);
		}
		check_length(&ev, true, "hexstring('%s', ':')", iface);
		check_length(&ev, true, "hexstring('%s', '') + 'x'", iface);
		check_length(&ev, false, "hexstring(pkt4.mac, '--')");
		check_length(&ev, false, "concat(pkt4.mac, pkt.iface) + '%s'", iface);
		check_length(&ev, false, "ifelse(known, pkt4.mac, '%s')", iface);
		check_length(&ev, false, "ucase(pkt4.mac) + lcase('%s')", iface);
		check_length(&ev, false, "addrtotext(pkt4.mac) + uint16totext(pkt4.mac) + int8totext(pkt4.mac)");
	}
	check_length(&ev, false, "addrtotext(255.255.255.255)");
	check_length(&ev, false, "addrtotext(0.0.0.0)");
	check_length(&ev, false, "addrtotext(::)");
	check_length(&ev, false, "addrtotext(2001:db8:1111:2222:3333:4444:5555:6666)");
	check_length(&ev, false, "int32totext(0x80000000) + int16totext(0x8000) + uint32totext(4294967295)");
	check_length(&ev, true, "pkt.src + pkt.len + pkt4.giaddr + 0xabc + 1.2.3.4 + ::1 + 77");
}
END_TEST

/* --- the manual --- */

static void add_word(void *ctx, const char *word, const char *meaning)
{
	ck_assert_uint_gt(strlen(meaning), 3);
	str_addf(ctx, "%s ", word);
}

START_TEST(words_to_complete)
{
	struct str words = { 0 };

	eval_each_word(4, "option", add_word, &words);
	ck_assert_str_eq(str_text(&words), "exists hex text option ");
	str_reset(&words);
	eval_each_word(6, "relay6", add_word, &words);
	ck_assert_str_eq(str_text(&words), "option peeraddr linkaddr ");
	str_reset(&words);
	eval_each_word(4, "relay6", add_word, &words);
	ck_assert_str_eq(str_text(&words), "");
	eval_each_word(6, NULL, add_word, &words);
	ck_assert_ptr_nonnull(strstr(words.text, "substring "));
	ck_assert_ptr_nonnull(strstr(words.text, "pkt6 "));
	ck_assert_ptr_null(strstr(words.text, "pkt4 "));
	str_free(&words);
}
END_TEST

START_TEST(manual_has_all_of_a_family)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	eval_print_reference(4, to);
	fclose(to);
	ck_assert_ptr_nonnull(strstr(text, "| `substring(TEXT, START, LENGTH)` | text |"));
	ck_assert_ptr_nonnull(strstr(text, "| `option[CODE or NAME]` |  |"));
	ck_assert_ptr_nonnull(strstr(text, "| `option[...].exists` | true or false |"));
	ck_assert_ptr_nonnull(strstr(text, "| `vendor.enterprise` | text |"));
	ck_assert_ptr_nonnull(strstr(text, "| `member('CLASS')` | true or false |"));
	ck_assert_ptr_nonnull(strstr(text, "first: `+`, `==`, `not`, `and`, `sand`, `or`, `sor`."));
	ck_assert_ptr_null(strstr(text, "pkt6"));
	free(text);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("eval");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nesting_is_limited);
	tcase_add_test(tc, length_is_limited);
	tcase_add_test(tc, literals_may_be_long);
	tcase_add_test(tc, all_errors_come_at_once);
	tcase_add_test(tc, options_of_the_configuration);
	tcase_add_test(tc, classes_and_hosts);
	tcase_add_test(tc, text_is_limited);
	tcase_add_test(tc, exceeded_is_false);
	tcase_add_test(tc, work_is_limited);
	tcase_add_test(tc, options_are_found_once);
	tcase_add_test(tc, evaluation_needs_no_memory);
	tcase_add_test(tc, regexes_are_limited);
	tcase_add_test(tc, lengths_are_known);
	tcase_add_test(tc, words_to_complete);
	tcase_add_test(tc, manual_has_all_of_a_family);
	return suite_run(tc);
}
