/* SPDX-License-Identifier: MPL-2.0 */
/* The text of a configuration in compressed blocks: every part of it can be read. */
#include "../suite.h"

#include "json/value.h"
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

START_TEST(parts)
{
	/* repeats: compressed; otherwise hardly; the first sizes are within one block */
	static const size_t sizes[] = { 1, 20000, 32700, 200000 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct json_object *map = map_of(sizes[i], _i), *read;
		struct config_text *text = config_text_new(map);

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
	struct config_text *a = config_text_new(map), *b = config_text_new(map), *c = config_text_new(other);

	ck_assert_str_eq(a->hash, b->hash);
	ck_assert_str_ne(a->hash, c->hash);
	json_object_put(map);
	json_object_put(other);
	config_text_unref(a);
	config_text_unref(b);
	config_text_unref(c);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("config_text");

	tcase_add_loop_test(tc, parts, 0, 2);
	tcase_add_test(tc, same_text_same_hash);
	return suite_run(tc);
}
