/* SPDX-License-Identifier: MPL-2.0 */
/* The text of a configuration in compressed blocks: every part of it can be read. */
#include "../suite.h"

#include "json/value.h"
#include "json/write.h"
#include "root/config.h"
#include "root/config_text.h"

#include <json-c/json.h>

/* A map whose text has n bytes at least. */
static struct json_object *map_of(size_t n, bool repeats)
{
	struct json_object *map = json_object_new_object(), *list = json_object_new_array();
	uint32_t x = 1;

	json_object_object_add(map, "list", list);
	for (size_t len = 0; len < n; len += 12) {
		char text[16];

		x = x * 1664525 + 1013904223;
		(void)snprintf(text, sizeof(text), "%08x", repeats ? 0 : x);
		json_object_array_add(list, json_object_new_string(text));
	}
	return map;
}

static char *whole(struct config_text *text, struct str *s)
{
	str_reset(s);
	config_text_add(text, 0, SIZE_MAX, s);
	return s->text;
}

static void check_parts(struct config_text *text)
{
	static const size_t lengths[] = {
		0, 1, 100, CONFIG_TEXT_BLOCK - 1, CONFIG_TEXT_BLOCK, 2 * CONFIG_TEXT_BLOCK + 3
	};
	struct str all = { 0 }, part = { 0 };

	(void)whole(text, &all);
	ck_assert_uint_eq(all.len, text->len);
	for (size_t at = 0; at <= text->len; at += at + 777 < text->len ? 777 : 1)
		for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			size_t len = lengths[i] < text->len - at ? lengths[i] : text->len - at;

			str_reset(&part);
			config_text_add(text, at, lengths[i], &part);
			ck_assert_uint_eq(part.len, len);
			ck_assert(!len || !memcmp(part.text, all.text + at, len));
			if (at + 777 >= text->len)
				break;
		}
	str_free(&all);
	str_free(&part);
}

static struct config_text *text_of(struct json_object *map)
{
	struct str text = { 0 };

	str_add(&text, json_object_to_json_string(map));
	return config_text_new(&text);
}

START_TEST(parts)
{
	/* repeats: compressed; otherwise hardly; the first sizes are within one block */
	static const size_t sizes[] = { 1, 20000, 32700, 200000 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct json_object *map = map_of(sizes[i], _i), *read;
		struct config_text *text = text_of(map);

		check_parts(text);
		ck_assert_uint_eq(strlen(text->hash), CONFIG_HASH_MAX - 1);
		read = config_text_parse(text);
		ck_assert(json_object_equal(map, read));
		json_object_put(read);
		json_object_put(map);
		config_text_unref(text);
	}
}
END_TEST

START_TEST(same_text_same_hash)
{
	struct json_object *map = map_of(100000, false), *other = map_of(100012, false);
	struct config_text *a = text_of(map), *b = text_of(map), *c = text_of(other);

	ck_assert_str_eq(a->hash, b->hash);
	ck_assert_str_ne(a->hash, c->hash);
	json_object_put(map);
	json_object_put(other);
	config_text_unref(a);
	config_text_unref(b);
	config_text_unref(c);
}
END_TEST

static struct config *load(const char *file, unsigned digit, unsigned flags)
{
	struct config *cfg = NULL;
	struct diag *diag = NULL;
	char path[512];
	int err;

	(void)snprintf(path, sizeof(path), "%s/%s", getenv("srcdir") ? getenv("srcdir") : ".", file);
	err = config_load_file(path, digit, flags, &diag, &cfg);
	ck_assert_msg(!err, "%s is rejected", path);
	diag_free(diag);
	return cfg;
}

static const struct {
	const char *file;
	unsigned digit;
} rows[] = {
	{ "examples/kea4/reservations.conf", 4 },     { "examples/kea4/comments.conf", 4 },
	{ "examples/kea4/shared-network.conf", 4 },   { "examples/kea4/classes.conf", 4 },
	{ "tests/configs/cases/lenient.conf", 4 },    { "examples/kea6/reservations.conf", 6 },
	{ "tests/configs/cases/lenient-v6.conf", 6 },
};

START_TEST(written_as_printed)
{
	struct config *served = load(rows[_i].file, rows[_i].digit, CONFIG_SERVE);
	struct config *checked = load(rows[_i].file, rows[_i].digit, 0);
	struct json_object *top = config_print(checked), *map = NULL;
	struct str text = { 0 }, printed = { 0 };

	ck_assert(json_object_object_get_ex(top, config_root_name(rows[_i].digit), &map));
	json_write_all(map, &printed);
	ck_assert_str_eq(whole(served->text, &text), str_text(&printed));
	str_free(&text);
	str_free(&printed);
	json_object_put(top);
	config_free(served);
	config_free(checked);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("config_text");

	tcase_add_loop_test(tc, parts, 0, 2);
	tcase_add_test(tc, same_text_same_hash);
	tcase_add_loop_test(tc, written_as_printed, 0, sizeof(rows) / sizeof(rows[0]));
	return suite_run(tc);
}
