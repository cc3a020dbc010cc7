/* SPDX-License-Identifier: MPL-2.0 */
/* Client hostnames: what is read from hostile bytes, and that no result is longer than a lease can hold. */
#include "../suite.h"

#include "serve/name.h"
#include "wire/domain.h"

static char text[DOMAIN_TEXT_MAX], name[NAME_SIZE];

/* Returns the text of the labels, "!" if they cannot be read. */
static const char *read_with(bool (*fn)(struct bytes, char *, size_t *), const void *data, size_t len)
{
	size_t n = 0;

	if (!fn(bytes_of(data, len), text, &n))
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
	size_t i, n;

	/* Labels of 63 bytes: 15 of them with dots are 960 bytes of text, one more does not fit. */
	for (i = 0; i < sizeof(many); i++)
		many[i] = i % 64 ? 'a' : 63;
	ck_assert(name_read_labels(bytes_of(many, 15 * 64), text, &n));
	ck_assert_uint_eq(n, 15 * 64);
	ck_assert(!name_read_labels(bytes_of(many, 16 * 64), text, &n));
	ck_assert(!name_read_labels(bytes_of(many, sizeof(many)), text, &n));
	many[0] = 64;
	ck_assert(!name_read_labels(bytes_of(many, 65), text, &n));
	memset(many, 'a', sizeof(many));
	ck_assert(name_read_labels_or_text(bytes_of(many, DOMAIN_TEXT_MAX - 1), text, &n));
	ck_assert(!name_read_labels_or_text(bytes_of(many, DOMAIN_TEXT_MAX), text, &n));
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

START_TEST(clean)
{
	char longest[400];
	size_t i;

	ck_assert_uint_eq(name_clean("My_PC.Example.", 14, name), 12);
	ck_assert_str_eq(name, "mypc.example");
	ck_assert_uint_eq(name_clean("...", 3, name), 0);
	ck_assert_uint_eq(name_clean("a..b", 4, name), 0);
	ck_assert_str_eq(name, "");
	ck_assert_uint_eq(name_clean(" \xff\n", 3, name), 0);
	/* a label of 64 bytes, then labels of 63: 253 bytes of text are the longest name */
	memset(longest, 'a', sizeof(longest));
	ck_assert_uint_eq(name_clean(longest, 64, name), 0);
	ck_assert_uint_eq(name_clean(longest, 63, name), 63);
	for (i = 63; i < sizeof(longest); i += 64)
		longest[i] = '.';
	ck_assert_uint_eq(name_clean(longest, 253, name), 253);
	ck_assert_uint_eq(name_clean(longest, 254, name), 0);
	ck_assert_uint_eq(name_clean(longest, sizeof(longest), name), 0);
}
END_TEST

START_TEST(keep)
{
	struct arena *arena = arena_new(0), *tiny = arena_new(1);

	ck_assert_str_eq(name_keep(arena, "host", true), "host.");
	ck_assert_str_eq(name_keep(arena, "host", false), "host");
	ck_assert_str_eq(name_keep(arena, "", true), "");
	ck_assert_str_eq(name_keep(tiny, "host", true), "");
	arena_free(arena);
	arena_free(tiny);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("name");

	tcase_add_test(t, labels);
	tcase_add_test(t, labels_are_bounded);
	tcase_add_test(t, labels_or_text);
	tcase_add_test(t, clean);
	tcase_add_test(t, keep);
	return suite_run(t);
}
