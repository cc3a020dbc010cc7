/* SPDX-License-Identifier: MPL-2.0 */
/* Rows write fields with their own types, mark them, inherit them, and print what was written. */
#include "../suite.h"

#include "conf/key.h"

#include "base/arena.h"

enum color { RED, GREEN, BLUE };
static const char *const color_words[] = { "red", "green", "blue", NULL };

struct shared {
	uint32_t lifetime;
	bool flag;
	enum color color;
	const char *text;
	uint32_t server;
	uint8_t small;
};

struct outer_conf {
	struct conf_node node;
	struct shared shared;
	uint64_t large;
};

struct inner_conf {
	struct conf_node node;
	struct shared shared;
	uint32_t own;
};

#define SHARED_ROWS(s, inner)                                                                                 \
	K_INT(s, shared.lifetime, "lifetime", .def = "60", .since = "1", .inherit = inner),                   \
		K_BOOL(s, shared.flag, "flag", .def = "true", .since = "1", .inherit = inner),                \
		K_ENUM(s, shared.color, "color", .words = color_words, .def = "\"green\"", .since = "1",      \
		       .inherit = inner),                                                                     \
		K_STRING(s, shared.text, "text", .max = 5, .def = "\"none\"", .since = "1", .inherit = inner, \
			 .empty_inherits = true),                                                             \
		K_IP4(s, shared.server, "server", .def = "\"192.0.2.1\"", .since = "1", .inherit = inner,     \
		      .empty_inherits = true),                                                                \
		K_INT(s, shared.small, "small", .max = 8, .def = "1", .since = "1", .inherit = inner,         \
		      .own_default = true)

static const struct key outer_keys[] = {
	SHARED_ROWS(struct outer_conf, false),
	K_INT(struct outer_conf, large, "large", .max = 1099511627776, .since = "1"),
};
static const struct key inner_keys[] = {
	SHARED_ROWS(struct inner_conf, true),
	K_INT(struct inner_conf, own, "own", .def = "7", .since = "1"),
};
static const struct scope outer_scope =
	SCOPE("outer", struct outer_conf, outer_keys,
	      .hands_down = offsetof(struct outer_conf, shared) + sizeof(struct shared));
static const struct scope inner_scope = SCOPE("inner", struct inner_conf, inner_keys);

struct store_conf {
	struct conf_node node;
	enum color type;
	const char *path, *password;
	bool keeps;
};
static const struct key store_keys[] = {
	K_ENUM(struct store_conf, type, "type", .words = color_words, .def = "\"red\"", .since = "1"),
	K_STRING(struct store_conf, path, "path", .def = "\"here\"", .since = "1", .for_types = 1 << RED),
	K_BOOL(struct store_conf, keeps, "keeps", .def = "true", .since = "1", .for_types = 1 << RED),
	K_STRING(struct store_conf, password, "password", .since = "1", .for_types = 1 << GREEN | 1 << BLUE),
};
static const struct scope store_scope = SCOPE("store", struct store_conf, store_keys);

static struct arena *arena;
static struct diag *diag;
static struct json_doc docs[8];
static unsigned n_docs;

static void setup(void)
{
	arena = arena_new(0);
	diag = diag_new();
	n_docs = 0;
}

static void teardown(void)
{
	while (n_docs)
		json_doc_done(&docs[--n_docs]);
	diag_free(diag);
	arena_free(arena);
}

static bool read_conf(const struct scope *scope, const char *text, void *out)
{
	struct conf_reader rd = { .family = KEY_4, .diag = diag, .arena = arena };
	struct json_shape shape = conf_shape(scope);
	struct json_doc *doc = &docs[n_docs++];

	ck_assert_int_eq(json_read_text("test", text, strlen(text), 0, &shape, diag, doc), 0);
	return conf_read(&rd, scope, doc->root, out);
}

static void check_print(const struct scope *scope, const void *conf, const char *expect)
{
	struct json_object *map = conf_print(KEY_4, scope, conf);

	ck_assert_str_eq(json_object_to_json_string_ext(map, JSON_C_TO_STRING_PLAIN), expect);
	json_object_put(map);
}

START_TEST(fields)
{
	struct outer_conf conf;

	ck_assert(read_conf(&outer_scope,
			    "{ \"lifetime\": 4294967295, \"flag\": false, \"color\": \"Blue\", \"small\": 8,"
			    " \"server\": \"192.0.2.7\", \"large\": 1099511627776 }",
			    &conf));
	ck_assert_uint_eq(conf.shared.lifetime, UINT32_MAX);
	ck_assert(!conf.shared.flag);
	ck_assert_int_eq(conf.shared.color, BLUE);
	ck_assert_uint_eq(conf.shared.small, 8);
	ck_assert_uint_eq(conf.shared.server, 0xc0000207);
	ck_assert_uint_eq(conf.large, 1099511627776);
	ck_assert_str_eq(conf.shared.text, "none");
	ck_assert(CONF_SET(&conf, shared.flag) && CONF_SET(&conf, shared.small) && CONF_SET(&conf, large));
	ck_assert(!CONF_SET(&conf, shared.text) && !CONF_BAD(&conf, shared.flag));
	check_print(&outer_scope, &conf,
		    "{\"lifetime\":4294967295,\"flag\":false,\"color\":\"blue\",\"text\":\"none\","
		    "\"server\":\"192.0.2.7\",\"small\":8,\"large\":1099511627776}");
}
END_TEST

/* Each wrong value is reported, marks only its own field, and leaves the default. */
START_TEST(wrong)
{
	struct outer_conf conf;

	ck_assert(!read_conf(&outer_scope,
			     "{ \"lifetime\": -1, \"flag\": 1, \"text\": \"longer\", \"server\": \"x\", \"small\": 9 }",
			     &conf));
	ck_assert_uint_eq(diag_errors(diag), 5);
	ck_assert(CONF_BAD(&conf, shared.lifetime) && CONF_BAD(&conf, shared.flag) && CONF_BAD(&conf, shared.text));
	ck_assert(CONF_BAD(&conf, shared.server) && CONF_BAD(&conf, shared.small) && !CONF_BAD(&conf, shared.color));
	ck_assert(!CONF_SET(&conf, shared.lifetime) && !CONF_SET(&conf, shared.server));
	ck_assert_uint_eq(conf.shared.lifetime, 60);
	ck_assert_uint_eq(conf.shared.server, 0xc0000201);
}
END_TEST

/* The inner scope's own values apply; the rest comes from the outer scope, and is only printed there. */
START_TEST(inherit)
{
	struct outer_conf outer;
	struct inner_conf inner;

	ck_assert(
		read_conf(&outer_scope, "{ \"lifetime\": 100, \"text\": \"out\", \"server\": \"192.0.2.9\" }", &outer));
	ck_assert(read_conf(&inner_scope, "{ \"flag\": false, \"text\": \"\", \"server\": \"0.0.0.0\" }", &inner));
	conf_inherit(&inner_scope, &inner, &outer_scope, &outer);
	ck_assert_uint_eq(inner.shared.lifetime, 100);
	ck_assert(!inner.shared.flag);
	ck_assert_int_eq(inner.shared.color, GREEN);
	ck_assert_str_eq(inner.shared.text, "out"); /* "" means not set ... */
	ck_assert_uint_eq(inner.shared.server, 0);  /* ... but 0.0.0.0 does */
	ck_assert_uint_eq(inner.shared.small, 1);
	ck_assert_uint_eq(inner.own, 7);
	ck_assert_ptr_eq(conf_origin(&inner.node, offsetof(struct inner_conf, shared.flag)), &inner.node);
	ck_assert_ptr_eq(conf_origin(&inner.node, offsetof(struct inner_conf, shared.lifetime)), &outer.node);
	ck_assert_ptr_eq(conf_origin(&inner.node, offsetof(struct inner_conf, shared.color)), &outer.node);
	ck_assert(conf_is_given(&inner.node, offsetof(struct inner_conf, shared.flag)));
	ck_assert(conf_is_given(&inner.node, offsetof(struct inner_conf, shared.lifetime)));
	ck_assert(!conf_is_given(&inner.node, offsetof(struct inner_conf, shared.color)));
	check_print(&inner_scope, &inner,
		    "{\"flag\":false,\"text\":\"\",\"server\":\"0.0.0.0\",\"small\":1,\"own\":7}");
}
END_TEST

/* A value is unknown if it is wrong in the scope that determines it, or in an inner scope. */
START_TEST(unknown)
{
	const size_t lifetime = offsetof(struct inner_conf, shared.lifetime);
	const size_t color = offsetof(struct inner_conf, shared.color);
	const size_t flag = offsetof(struct inner_conf, shared.flag);
	struct outer_conf outer;
	struct inner_conf inner;

	ck_assert(!read_conf(&outer_scope, "{ \"lifetime\": 100, \"color\": \"pink\", \"flag\": 1 }", &outer));
	ck_assert(!read_conf(&inner_scope, "{ \"lifetime\": \"x\", \"flag\": true }", &inner));
	conf_inherit(&inner_scope, &inner, &outer_scope, &outer);
	ck_assert(conf_is_unknown(&inner.node, lifetime));
	ck_assert(!conf_is_unknown(&outer.node, lifetime));
	ck_assert(conf_is_unknown(&inner.node, color));
	ck_assert(!conf_is_unknown(&inner.node, flag));
	ck_assert(conf_is_unknown(&outer.node, flag));
}
END_TEST

/* A key for other types is an error unless its value means nothing; a password is not printed. */
START_TEST(types)
{
	struct store_conf conf;

	ck_assert(read_conf(&store_scope, "{ \"path\": \"there\", \"password\": \"\" }", &conf));
	check_print(&store_scope, &conf, "{\"type\":\"red\",\"path\":\"there\",\"keeps\":true,\"password\":\"\"}");
	ck_assert(read_conf(&store_scope,
			    "{ \"type\": \"blue\", \"path\": \"here\", \"keeps\": true, \"password\": \"x\" }", &conf));
	ck_assert_str_eq(conf.password, "x");
	check_print(&store_scope, &conf, "{\"type\":\"blue\",\"path\":\"here\",\"keeps\":true,\"password\":\"*****\"}");
	ck_assert(read_conf(&store_scope, "{ \"type\": \"green\" }", &conf));
	check_print(&store_scope, &conf, "{\"type\":\"green\"}");
	ck_assert_uint_eq(diag_errors(diag), 0);
	ck_assert(!read_conf(&store_scope, "{ \"type\": \"green\", \"path\": \"there\", \"keeps\": false }", &conf));
	ck_assert_uint_eq(diag_errors(diag), 2);
	ck_assert(!read_conf(&store_scope, "{ \"type\": \"red\", \"password\": \"x\" }", &conf));
	ck_assert_uint_eq(diag_errors(diag), 3);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("keys");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, fields);
	tcase_add_test(tc, wrong);
	tcase_add_test(tc, inherit);
	tcase_add_test(tc, unknown);
	tcase_add_test(tc, types);
	return suite_run(tc);
}
