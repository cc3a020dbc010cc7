/* SPDX-License-Identifier: MPL-2.0 */
/* Definitions, names and labels; and a value for every definition, converted both ways. */
#include "../suite.h"

#include "base/err.h"
#include "wire/codec.h"
#include "wire/dict4.h"
#include "wire/dict6.h"
#include "wire/domain.h"
#include "wire/ident.h"

static const char *const sample[OPT_TYPES] = {
	[OPT_EMPTY] = "",
	[OPT_BINARY] = "0102ff",
	[OPT_BOOLEAN] = "true",
	[OPT_INT8] = "-5",
	[OPT_INT16] = "-300",
	[OPT_INT32] = "-70000",
	[OPT_UINT8] = "200",
	[OPT_UINT16] = "60000",
	[OPT_UINT32] = "4000000000",
	[OPT_STRING] = "some text\\, and more",
	[OPT_FQDN] = "www.example.org.",
	[OPT_TUPLE] = "abc",
	[OPT_IPV4_ADDRESS] = "192.0.2.1",
	[OPT_IPV6_ADDRESS] = "2001:db8::1",
	[OPT_IPV6_PREFIX] = "2001:db8::/35",
	[OPT_PSID] = "3/4",
};

/* Makes a text value for any definition; arrays have two elements. */
static void sample_of(const struct optdef *def, struct str *out)
{
	unsigned n = def->type == OPT_RECORD ? def->record_n : 1;

	if (def->type == OPT_INTERNAL) {
		str_add(out, def->code == OPT4_CLASSLESS_STATIC_ROUTE || def->code == OPT4_MS_CLASSLESS_STATIC_ROUTE
				     ? "10.0.0.0/8 - 192.0.2.1, 0.0.0.0/0 - 192.0.2.2"
			     : strcmp(def->space, "dhcp6") ? "1, a., 192.0.2.1, port=853"
							   : "1, a., 2001:db8::1, port=853");
		return;
	}
	for (unsigned i = 0; i < n + def->array; i++) {
		unsigned f = i < n ? i : n - 1;
		const char *value = sample[def->type == OPT_RECORD ? def->record[f] : def->type];

		if (i + 1 == def->prefix_field) /* its length: no host bits are set */
			value = def->record[i + 1] == OPT_IPV4_ADDRESS ? "32" : "128";
		str_addf(out, "%s%s", i ? ", " : "", value);
	}
}

static void both_ways(const struct optdef *def)
{
	struct arena *arena = arena_new(0);
	struct str text = { 0 }, back = { 0 };
	const char *why = "";
	struct bytes data;
	int err;

	sample_of(def, &text);
	err = codec_encode_text(def, str_text(&text), arena, &data, &why);
	ck_assert_msg(err == 0, "%s.%s \"%s\": %s", def->space, def->name, str_text(&text), why);
	ck_assert_msg(codec_check(def, data) == 0, "%s.%s", def->space, def->name);
	ck_assert_int_eq(codec_decode_text(def, data, &back), 0);
	ck_assert_msg(strcmp(str_text(&back), str_text(&text)) == 0, "%s.%s: \"%s\" became \"%s\"", def->space,
		      def->name, str_text(&text), str_text(&back));
	/* whatever the bytes, nothing is read past the end */
	for (size_t len = 0; len < data.len; len++)
		(void)codec_check(def, bytes_of(arena_dup(arena, data.data, len + 1), len));
	str_free(&text);
	str_free(&back);
	arena_free(arena);
}

START_TEST(every_definition_goes_both_ways)
{
	ck_assert_uint_eq(dict4_n, 190);
	ck_assert_uint_eq(dict6_n, 172);
	for (unsigned i = 0; i < dict4_n; i++)
		both_ways(&dict4[i]);
	for (unsigned i = 0; i < dict6_n; i++)
		both_ways(&dict6[i]);
}
END_TEST

START_TEST(lookups)
{
	struct arena *arena = arena_new(0);
	struct dict *d4 = dict_new(arena, 0), *d6 = dict_new(arena, 1);

	ck_assert_int_eq(OPT4_ROUTERS, 3);
	ck_assert_int_eq(OPT6_ORO, 6);
	ck_assert_int_eq(RAI_RELAY_PORT, 19);
	for (unsigned i = 0; i < dict4_n; i++) {
		ck_assert_ptr_eq(dict_by_code(d4, dict4[i].space, dict4[i].code), &dict4[i]);
		ck_assert_ptr_eq(dict_by_name(d4, dict4[i].space, dict4[i].name), &dict4[i]);
	}
	for (unsigned i = 0; i < dict6_n; i++)
		ck_assert_ptr_eq(dict_by_code(d6, dict6[i].space, dict6[i].code), &dict6[i]);
	ck_assert_ptr_null(dict_by_code(d4, "dhcp4", 96));
	ck_assert_ptr_null(dict_by_name(d4, "dhcp6", "routers"));
	ck_assert(dict_has_space(d4, "dhcp-agent-options-space"));
	ck_assert(!dict_has_space(d4, "nowhere"));
	ck_assert_str_eq(dict_main_space(d6), "dhcp6");
	ck_assert_int_eq(opt_type_by_name("ipv6-prefix"), OPT_IPV6_PREFIX);
	ck_assert_int_eq(opt_type_by_name("ipv5-address"), -E_NOENT);
	arena_free(arena);
}
END_TEST

START_TEST(own_definitions)
{
	struct arena *arena = arena_new(0);
	struct dict *d = dict_new(arena, 0);
	enum opt_type record[] = { OPT_UINT8, OPT_STRING }, bad_record[] = { OPT_STRING, OPT_UINT8 };
	char name[] = "mine";
	struct optdef def = {
		.name = name, .code = 230, .type = OPT_RECORD, .record = record, .record_n = 2, .space = "dhcp4"
	};
	const struct optdef *found;

	ck_assert_int_eq(dict_add(d, &def), 0);
	name[0] = 'x';
	record[0] = OPT_BINARY;
	found = dict_by_name(d, "dhcp4", "mine");
	ck_assert_ptr_eq(found, dict_by_code(d, "dhcp4", 230));
	ck_assert_int_eq(found->record[0], OPT_UINT8);
	ck_assert_int_eq(dict_add(d, found), -E_EXIST);
	def.code = 3;
	def.record = bad_record;
	ck_assert_int_eq(dict_add(d, &def), -E_INVAL);
	def.record = record;
	def.array = true;
	record[0] = OPT_UINT8;
	ck_assert_int_eq(dict_add(d, &def), -E_INVAL);
	def.array = false;
	ck_assert_int_eq(dict_add(d, &def), -E_EXIST);
	def = (struct optdef){ .name = "a", .code = 231, .type = OPT_STRING, .array = true, .space = "dhcp4" };
	ck_assert_int_eq(dict_add(d, &def), -E_INVAL);
	def = (struct optdef){ .name = "a", .code = 231, .type = OPT_RECORD, .space = "dhcp4" };
	ck_assert_int_eq(dict_add(d, &def), -E_INVAL);
	arena_free(arena);
}
END_TEST

static void name_is(const char *text, const char *wire, size_t len)
{
	uint8_t buf[DOMAIN_WIRE_MAX];
	struct writer w = writer_init(buf, sizeof(buf));

	ck_assert_msg(domain_write(&w, text, strlen(text)) == 0, "%s", text);
	ck_assert_uint_eq(writer_len(&w), len);
	ck_assert_mem_eq(buf, wire, len);
}

static void no_name(const char *text)
{
	uint8_t buf[DOMAIN_WIRE_MAX];
	struct writer w = writer_init(buf, sizeof(buf));

	ck_assert_msg(domain_write(&w, text, strlen(text)) == -E_INVAL, "%s", text);
}

START_TEST(names_to_labels)
{
	char text[300];

	name_is("a.bc", "\1a\2bc\0", 6);
	name_is("a.bc.", "\1a\2bc\0", 6);
	name_is(".", "\0", 1);
	name_is("a\\.b.\\065\\\\", "\3a.b\2A\\\0", 8);
	no_name("");
	no_name("..");
	no_name(".a");
	no_name("a..b");
	no_name("a\\256");
	no_name("a\\");
	no_name("a\\1");
	memset(text, 'a', sizeof(text));
	text[64] = 0;
	no_name(text);
	/* 63 + 63 + 63 + 61 with length bytes and root are 255 */
	for (int i = 63; i < 192; i += 64)
		text[i] = '.';
	text[64] = 'a';
	text[253] = 0;
	{
		uint8_t buf[DOMAIN_WIRE_MAX];
		struct writer w = writer_init(buf, sizeof(buf));

		ck_assert_int_eq(domain_write(&w, text, 253), 0);
		ck_assert_uint_eq(writer_len(&w), 255);
	}
	text[253] = 'a';
	text[254] = 0;
	no_name(text);
}
END_TEST

static int read_at(const char *whole, size_t len, size_t from, char *buf, size_t *ret_end)
{
	struct bytes b = bytes_of(whole, len);
	struct reader r = reader_init(b.data + from, len - from);
	int n = domain_read(&r, b, buf);

	*ret_end = (size_t)(r.pos - b.data);
	return n;
}

START_TEST(labels_to_names)
{
	char buf[DOMAIN_TEXT_MAX];
	size_t end;

	ck_assert_int_eq(read_at("\1a\2b.\0", 6, 0, buf, &end), 6);
	ck_assert_str_eq(buf, "a.b\\..");
	ck_assert_uint_eq(end, 6);
	ck_assert_int_eq(read_at("\0", 1, 0, buf, &end), 1);
	ck_assert_str_eq(buf, ".");
	/* RFC 1035 4.1.4: "a.b." then "c." and a pointer to b */
	ck_assert_int_eq(read_at("\1a\1b\0\1c\xc0\2", 9, 5, buf, &end), 4);
	ck_assert_str_eq(buf, "c.b.");
	ck_assert_uint_eq(end, 9);
	/* to itself, forward, truncated, into the middle of nothing, wrong label type */
	ck_assert_int_eq(read_at("\xc0\0", 2, 0, buf, &end), -E_INVAL);
	ck_assert_int_eq(read_at("\1a\xc0\0", 4, 0, buf, &end), -E_INVAL);
	ck_assert_int_eq(read_at("\xc0\2\1a\0", 5, 0, buf, &end), -E_INVAL);
	ck_assert_int_eq(read_at("\3ab", 3, 0, buf, &end), -E_INVAL);
	ck_assert_int_eq(read_at("\1a", 2, 0, buf, &end), -E_INVAL);
	ck_assert_int_eq(read_at("\xc0", 1, 0, buf, &end), -E_INVAL);
	ck_assert_int_eq(read_at("\x41z\0", 3, 0, buf, &end), -E_INVAL);
}
END_TEST

START_TEST(labels_of_clients)
{
	static const uint8_t hw[] = { 2, 0, 0, 0, 0, 1 }, id[] = { 1, 2, 0xff };
	static uint8_t long_id[1000];
	char buf[IDENT_MAX], small[16];

	ident_label4(1, bytes_of(hw, 6), bytes_of(id, 3), 0x12345678, buf, sizeof(buf));
	ck_assert_str_eq(buf, "[hwtype=1 02:00:00:00:00:01], cid=[01:02:ff], tid=0x12345678");
	ident_label4(1, bytes_of(hw, 6), bytes_of(NULL, 0), 7, buf, sizeof(buf));
	ck_assert_str_eq(buf, "[hwtype=1 02:00:00:00:00:01], cid=[no info], tid=0x7");
	ident_label4(0, bytes_of(NULL, 0), bytes_of(NULL, 0), 7, buf, sizeof(buf));
	ck_assert_str_eq(buf, "[no hwaddr info], cid=[no info], tid=0x7");
	ident_label4(1, bytes_of(hw, 6), bytes_of(long_id, 1000), 7, buf, sizeof(buf));
	ck_assert_ptr_nonnull(strstr(buf, "00], tid=0x7"));
	ident_label4(1, bytes_of(hw, 6), bytes_of(id, 3), 7, small, sizeof(small));
	ck_assert_str_eq(small, "[hwtype=1 02:00");
}
END_TEST

START_TEST(resolvers_of_several_instances)
{
	struct arena *arena = arena_new(0);
	struct dict *dict = dict_new(arena, 0);
	const struct optdef *def = dict_by_code(dict, "dhcp4", OPT4_V4_DNR);
	static const uint8_t want[] = { 0, 6, 0, 1, 3, 1, 'a', 0, 0, 11, 0, 2, 3, 1, 'b', 0, 4, 192, 0, 2, 1 };
	struct str text = { 0 };
	const char *why = NULL;
	struct bytes got;

	ck_assert_int_eq(codec_encode_text(def, "1, a.|2, b., 192.0.2.1", arena, &got, &why), 0);
	ck_assert(bytes_equal(got, bytes_of(want, sizeof(want))));
	ck_assert_int_eq(codec_decode_text(def, got, &text), 0);
	ck_assert_str_eq(str_text(&text), "1, a. | 2, b., 192.0.2.1");
	str_free(&text);
	arena_free(arena);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("codec");

	tcase_add_test(t, resolvers_of_several_instances);
	tcase_add_test(t, every_definition_goes_both_ways);
	tcase_add_test(t, lookups);
	tcase_add_test(t, own_definitions);
	tcase_add_test(t, names_to_labels);
	tcase_add_test(t, labels_to_names);
	tcase_add_test(t, labels_of_clients);
	return suite_run(t);
}
