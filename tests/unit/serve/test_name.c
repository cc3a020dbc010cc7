/* SPDX-License-Identifier: MPL-2.0 */
/* Names of clients: what is read from hostile bytes, what is decided, and that no name is longer than a lease can hold.
 */
#include "../suite.h"

#include "root/classes.h"
#include "serve/family4.h"
#include "serve/name.h"
#include "serve/service.h"

static char text[DOMAIN_TEXT_MAX];

/* Returns the text of the labels, "!" if they cannot be read. */
static const char *read_with(bool (*fn)(struct bytes, char *, size_t *, bool *), const void *data, size_t len)
{
	size_t n = 0;
	bool is_partial;

	if (!fn(bytes_of(data, len), text, &n, &is_partial))
		return "!";
	text[n] = '\0';
	return text;
}

START_TEST(labels)
{
	ck_assert_str_eq(read_with(name_read_labels, "", 0), "");
	ck_assert_str_eq(read_with(name_read_labels, "\0", 1), "");
	ck_assert_str_eq(read_with(name_read_labels, "\4host", 5), "host.");
	ck_assert_str_eq(read_with(name_read_labels, "\4host\3org\0", 10), "host.org.");
	ck_assert_str_eq(read_with(name_read_labels, "\1a\0\1b", 5), "a.");
	ck_assert_str_eq(read_with(name_read_labels, "\5host", 5), "!");
	ck_assert_str_eq(read_with(name_read_labels, "\4host\xc0\0", 7), "!");
	ck_assert_str_eq(read_with(name_read_labels, "host", 4), "!");
}
END_TEST

START_TEST(labels_are_bounded)
{
	uint8_t many[4 * DOMAIN_TEXT_MAX];
	bool is_partial;
	size_t i, n;

	/* Labels of 63 bytes: 15 of them with dots are 960 bytes of text, one more does not fit. */
	for (i = 0; i < sizeof(many); i++)
		many[i] = i % 64 ? 'a' : 63;
	ck_assert(name_read_labels(bytes_of(many, 15 * 64), text, &n, &is_partial));
	ck_assert_uint_eq(n, 15 * 64);
	ck_assert(!name_read_labels(bytes_of(many, 16 * 64), text, &n, &is_partial));
	ck_assert(!name_read_labels(bytes_of(many, sizeof(many)), text, &n, &is_partial));
	many[0] = 64;
	ck_assert(!name_read_labels(bytes_of(many, 65), text, &n, &is_partial));
	memset(many, 'a', sizeof(many));
	ck_assert(name_read_labels_or_text(bytes_of(many, DOMAIN_TEXT_MAX - 1), text, &n, &is_partial));
	ck_assert(!name_read_labels_or_text(bytes_of(many, DOMAIN_TEXT_MAX), text, &n, &is_partial));
}
END_TEST

START_TEST(labels_or_text)
{
	ck_assert_str_eq(read_with(name_read_labels_or_text, "\4host", 5), "host.");
	ck_assert_str_eq(read_with(name_read_labels_or_text, "host.example", 12), "host.example");
	ck_assert_str_eq(read_with(name_read_labels_or_text, "1my_pc-2", 8), "1my_pc-2");
	ck_assert_str_eq(read_with(name_read_labels_or_text, "host\0", 5), "!");
	ck_assert_str_eq(read_with(name_read_labels_or_text, "my host", 7), "!");
	ck_assert_str_eq(read_with(name_read_labels_or_text, "\6host", 5), "!");
}
END_TEST

/* --- the decision ---------------------------------------------------------------- */

enum { S = 1, N = 2, PARTIAL = 4 };

/* How a message names its client, and what follows. */
struct case_row {
	const char *fqdn, *hostname, *reserved; /* NULL: none */
	unsigned flags;                         /* of fqdn */
	const char *name;                       /* decided; "" = none */
	const char *response;                   /* flags: "S", "SO", "N", "NO", "" or "12" for option 12 */
	const char *records;                    /* "fr", "r", "" */
};

static struct arena *arena;
static struct serve_worker worker;
static struct naming naming;
static struct live live; /* without libraries */

static const struct sanitizer *sanitizer_for(const char *set, const char *replacement)
{
	const char *why;
	size_t at;

	return sanitizer_new(arena, set, replacement, &why, &at);
}

static void setup(void)
{
	arena = arena_new(0);
	worker = (struct serve_worker){ .scratch = eval_scratch_new(true) };
	naming = (struct naming){ .sends = true, .prefix = "myhost", .suffix = "lan.example" };
	naming.sanitizer = sanitizer_for("[^A-Za-z0-9.-]", "");
}

static void teardown(void)
{
	eval_scratch_free(worker.scratch);
	arena_free(arena);
}

static struct name decide(const struct case_row *row, struct ip addr, uint64_t *classes)
{
	struct host host = { .hostname = row->reserved };
	struct request req = { .fam = &family4,
			       .live = &live,
			       .worker = &worker,
			       .host = row->reserved ? &host : NULL,
			       .classes.bits = classes };
	struct name_asked asked = { .has_fqdn = row->fqdn,
				    .client_s = row->flags & S,
				    .client_n = row->flags & N,
				    .is_partial = row->flags & PARTIAL,
				    .has_hostname = !row->fqdn && row->hostname };
	const char *sent = row->fqdn ? row->fqdn : row->hostname ? row->hostname : "";
	struct name ret;

	asked.len = strlen(sent);
	memcpy(asked.text, sent, asked.len);
	name_decide(&req, &naming, &asked, &addr, &ret);
	name_settle(&req, NULL, &ret);
	ck_assert_uint_eq(strlen(ret.text), ret.len);
	return ret;
}

static void check(const struct case_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct name got = decide(&rows[i], ip_from4(0xc0000201), NULL);
		char flags[8] = "", records[4] = "";

		(void)snprintf(flags, sizeof(flags), "%s%s%s", got.s ? "S" : "", got.n ? "N" : "", got.o ? "O" : "");
		(void)snprintf(records, sizeof(records), "%s%s", got.fwd ? "f" : "", got.rev ? "r" : "");
		ck_assert_msg(!strcmp(got.text, rows[i].name), "row %zu: %s, expected %s", i, got.text, rows[i].name);
		ck_assert_msg(!strcmp(got.is_fqdn ? flags : "12", rows[i].response), "row %zu: flags %s, expected %s",
			      i, flags, rows[i].response);
		ck_assert_msg(!strcmp(records, rows[i].records), "row %zu: records %s, expected %s", i, records,
			      rows[i].records);
	}
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

START_TEST(flags)
{
	static const struct case_row plain[] = {
		{ "Host.Example.", .flags = 0, "host.example.", "", "r" },
		{ "host.example.", .flags = S, "host.example.", "S", "fr" },
		{ "host.example.", .flags = N, "host.example.", "N", "" },
		{ "host", .flags = S | PARTIAL, "host.lan.example.", "S", "fr" },
	};
	static const struct case_row no_update[] = { { "a.", .flags = N, "a.", "SO", "fr" },
						     { "a.", .flags = 0, "a.", "", "r" } };
	static const struct case_row client_update[] = { { "a.", .flags = N, "a.", "N", "" },
							 { "a.", .flags = 0, "a.", "SO", "fr" } };
	static const struct case_row off[] = { { "a.", .flags = S, "a.", "NO", "" },
					       { "a.", .flags = 0, "a.", "N", "" },
					       { .hostname = "a", .name = "a.lan.example", "12", "" } };

	CHECK(plain);
	naming.override_no_update = true;
	CHECK(no_update);
	naming.override_no_update = false;
	naming.override_client_update = true;
	CHECK(client_update);
	naming.sends = false;
	naming.override_no_update = true;
	CHECK(off);
}
END_TEST

START_TEST(names)
{
	static const struct case_row rows[] = {
		{ .hostname = "Pc_1", .name = "pc1.lan.example", "12", "fr" },
		{ .hostname = "pc1.", .name = "pc1.lan.example", "12", "fr" },
		{ .hostname = "pc1.example.org.", .name = "pc1.example.org.", "12", "fr" },
		{ .hostname = "pc1.lan.example", .name = "pc1.lan.example", "12", "fr" },
		{ .hostname = ".", .name = "myhost-192-0-2-1.lan.example", "12", "fr" },
		{ "", .flags = S, "myhost-192-0-2-1.lan.example.", "S", "fr" },
		{ ".", .flags = S, "myhost-192-0-2-1.lan.example.", "S", "fr" },
		{ "pc.xlan.example", .flags = S | PARTIAL, "pc.xlan.example.lan.example.", "S", "fr" },
		{ .name = "", .response = "12", .records = "" },
		/* nothing left of the name or of a label; not a name; bytes that cannot be stored */
		{ .hostname = "__", .name = "", "12", "" },
		{ "___.", .flags = S, "", "S", "" },
		{ "a.__.b.", .flags = S, "", "S", "" },
		{ .hostname = "a..b", .name = "", "12", "" },
		{ .hostname = ".a", .name = "", "12", "" },
		/* a reservation is neither sanitized nor replaced */
		{ .hostname = "x", .reserved = "Fo_ur", .name = "fo_ur.lan.example", "12", "fr" },
		{ "x.", .flags = 0, .reserved = "four.lan.example.", .name = "four.lan.example.", "", "r" },
		{ .reserved = "four.example.org", .name = "four.example.org.lan.example", "12", "fr" },
	};

	CHECK(rows);
}
END_TEST

START_TEST(replaced)
{
#define MADE "myhost-192-0-2-1.lan.example"
	static const struct case_row always[] = { { "a.", .flags = S, MADE ".", "S", "fr" },
						  { .hostname = "a", .name = MADE, "12", "fr" },
						  { .name = MADE, .response = "12", .records = "fr" } };
	static const struct case_row present[] = { { "a.", .flags = S, MADE ".", "S", "fr" },
						   { .hostname = "a", .name = MADE, "12", "fr" },
						   { .name = "", .response = "12", .records = "" } };
	static const struct case_row not_present[] = { { "a.", .flags = S, "a.", "S", "fr" },
						       { .hostname = "a", .name = "a.lan.example", "12", "fr" },
						       { .name = MADE, .response = "12", .records = "fr" } };

	naming.replace = REPLACE_ALWAYS;
	CHECK(always);
	naming.replace = REPLACE_WHEN_PRESENT;
	CHECK(present);
	naming.replace = REPLACE_WHEN_NOT_PRESENT;
	CHECK(not_present);
}
END_TEST

START_TEST(six)
{
	static const struct case_row row = { "", .flags = S };
	struct ip addr;

	ck_assert_int_eq(ip_parse("2001:db8::1", &addr), 0);
	ck_assert_str_eq(decide(&row, addr, NULL).text, "myhost-2001-db8--1.lan.example.");
}
END_TEST

START_TEST(skip_ddns)
{
	static const struct case_row row = { "a.", .flags = S };
	uint64_t classes = UINT64_C(1) << CLASS_BIT_SKIP_DDNS;
	struct name got = decide(&row, ip_from4(0xc0000201), &classes);

	ck_assert_str_eq(got.text, "a.");
	ck_assert(!got.s && got.n && got.o && !got.fwd && !got.rev);
}
END_TEST

START_TEST(lengths)
{
	char longest[400];
	struct case_row row = { longest, .flags = S };
	size_t i;

	naming.suffix = "";
	memset(longest, 'a', sizeof(longest));
	for (i = 63; i < sizeof(longest); i += 64)
		longest[i] = '.';
	longest[253] = '\0';
	ck_assert_uint_eq(decide(&row, ip_from4(1), NULL).len, 254);
	longest[253] = 'a';
	longest[254] = '\0';
	ck_assert_uint_eq(decide(&row, ip_from4(1), NULL).len, 0);
	longest[63] = 'a';
	longest[64] = '\0';
	ck_assert_uint_eq(decide(&row, ip_from4(1), NULL).len, 0);
	/* too long only with the suffix */
	longest[63] = '.';
	longest[64] = 'a';
	longest[250] = '\0';
	ck_assert_uint_eq(decide(&row, ip_from4(1), NULL).len, 251);
	naming.suffix = "lan.example";
	row.flags = S | PARTIAL;
	ck_assert_uint_eq(decide(&row, ip_from4(1), NULL).len, 0);
	/* or with the replacement */
	naming.sanitizer = sanitizer_for("a", "bbbbbbbbbbbbbbbb");
	row.flags = S;
	ck_assert_uint_eq(decide(&row, ip_from4(1), NULL).len, 0);
}
END_TEST

START_TEST(bytes_that_remain)
{
	static const struct case_row kept[] = {
		{ .hostname = "b\303\274ro", .name = "b\303\274ro.lan.example", "12", "fr" },
		{ .hostname = "a b", .name = "a b.lan.example", "12", "fr" }
	};
	static const char *const lost[] = { "\377a", "a\303", "\300\200", "\355\240\200", "a\nb", "\364\220\200\200",
					    "\177" };

	naming.sanitizer = NULL;
	CHECK(kept);
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		struct case_row row = { .hostname = lost[i] };

		ck_assert_uint_eq(decide(&row, ip_from4(1), NULL).len, 0);
	}
}
END_TEST

START_TEST(expressions)
{
	static const struct {
		const char *set, *replacement, *name, *expected;
	} rows[] = {
		{ "[^A-Za-z0-9-]", "x", "a.b_c", "axbxc" },
		{ "([^a-z0-9]+|[0-9]{2})", "-$1-", "p_c123", "p-_-c-12-3" },
		{ "[0-9]+", "<$&>$$$2", "a12b3", "a<12>$b<3>$" },
		{ "x*", "-", "axb", "-a--b-" },
		{ "^p", "", "ppp", "pp" },
	};
	struct case_row row = { 0 };

	naming.suffix = "";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		naming.sanitizer = sanitizer_for(rows[i].set, rows[i].replacement);
		row.hostname = rows[i].name;
		ck_assert_str_eq(decide(&row, ip_from4(1), NULL).text, rows[i].expected);
	}
	/* one that would backtrack for ever */
	naming.sanitizer = sanitizer_for("(a|aa)+$", "");
	row.hostname = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
	ck_assert_str_eq(decide(&row, ip_from4(1), NULL).text, "");
	ck_assert_ptr_null(sanitizer_for("[a", ""));
}
END_TEST

START_TEST(labels_written)
{
	struct name n = { .len = 5, .text = "a\\.b." };
	uint8_t buf[16];
	struct writer w = writer_init(buf, sizeof(buf));

	name_write_labels(&w, &n);
	ck_assert_uint_eq(writer_len(&w), 6);
	ck_assert_mem_eq(buf, "\2a\\\1b\0", 6);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("name");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, labels);
	tcase_add_test(t, labels_are_bounded);
	tcase_add_test(t, labels_or_text);
	tcase_add_test(t, flags);
	tcase_add_test(t, names);
	tcase_add_test(t, replaced);
	tcase_add_test(t, six);
	tcase_add_test(t, skip_ddns);
	tcase_add_test(t, lengths);
	tcase_add_test(t, bytes_that_remain);
	tcase_add_test(t, expressions);
	tcase_add_test(t, labels_written);
	return suite_run(t);
}
