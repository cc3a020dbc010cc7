/* SPDX-License-Identifier: MPL-2.0 */
/* A "match" and the test that --print-config --kea prints for it have the same value for every message. */
#include "../suite.h"

#include "base/hash.h"
#include "root/config.h"

#define CLASSES                                                                                                        \
	"\"client-classes\": ["                                                                                        \
	"{ \"name\": \"blocks\", \"match\": { \"hardware\": [ \"01:*\", \"00:01:0*\", \"10:11:10:00:00:00/28\","       \
	"  \"11:00:11:00:00:11\", \"11:00:11:00:00:10\", \"11:00:11:00:00:11:00\" ] } },"                              \
	"{ \"name\": \"random\", \"match\": { \"random-mac\": true, \"hardware\": [ \"11*\" ] } },"                    \
	"{ \"name\": \"texts\", \"match\": { \"vendor-class\": [ \"a*\", \"ba\", \"b'*\" ], \"user-class\": [ \"ab\" " \
	"] } } ]"

static const char *const texts[] = {
	"{ \"Dhcp4\": { \"interfaces-config\": { \"interfaces\": [ ] }, " CLASSES " } }",
	"{ \"Dhcp6\": { \"interfaces-config\": { \"interfaces\": [ ] }, " CLASSES " } }",
};

static struct config *load(unsigned digit, const char *text)
{
	struct config *cfg = NULL;
	struct diag *diag = NULL;

	(void)config_load_text("test", text, strlen(text), digit, CONFIG_CHECK, &diag, &cfg);
	if (!cfg)
		diag_print(diag, stderr, DIAG_TEXT);
	ck_assert_ptr_nonnull(cfg);
	diag_free(diag);
	return cfg;
}

/* --- messages ----------------------------------------------------------------------- */

/* Few different bytes, so that lists match often, and come close more often. */
static void put_some(struct writer *w, const char *letters, size_t max)
{
	size_t n = (size_t)rand_below(max + 1), i;

	for (i = 0; i < n; i++)
		write_u8(w, (uint8_t)letters[rand_below(strlen(letters))]);
}

static void put_mac(struct writer *w)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0x10, 0x11, 0x02, 0x1e };

	for (int i = 0; i < 6; i++)
		write_u8(w, bytes[rand_below(sizeof(bytes))]);
}

static void put_option4(struct writer *w, uint8_t code)
{
	uint8_t buf[16];
	struct writer value = writer_init(buf, sizeof(buf));

	put_some(&value, "ab'", 4);
	if (!writer_len(&value))
		return;
	write_u8(w, code);
	write_u8(w, (uint8_t)writer_len(&value));
	write_bytes(w, buf, writer_len(&value));
}

static void build4(struct writer *w)
{
	write_u32(w, 0x01010600);
	write_zeros(w, 24);
	put_mac(w);
	write_zeros(w, 10 + 64 + 128);
	write_u32(w, 0x63825363);
	write_u8(w, 53);
	write_u16(w, 0x0101);
	put_option4(w, 60);
	put_option4(w, 77);
	write_u8(w, 255);
}

static void put_option6(struct writer *w, uint16_t code, const struct writer *value)
{
	write_u16(w, code);
	write_u16(w, (uint16_t)writer_len(value));
	write_bytes(w, value->start, writer_len(value));
}

static void put_class6(struct writer *w, uint16_t code)
{
	uint8_t buf[32], text_buf[16];
	struct writer value = writer_init(buf, sizeof(buf)), text = writer_init(text_buf, sizeof(text_buf));

	put_some(&text, "ab'", 4);
	if (!writer_len(&text))
		return;
	if (code == 16)
		write_u32(&value, 343);
	write_u16(&value, (uint16_t)writer_len(&text));
	write_bytes(&value, text_buf, writer_len(&text));
	put_option6(w, code, &value);
}

static void build_solicit(struct writer *w)
{
	uint8_t buf[64];
	struct writer duid = writer_init(buf, sizeof(buf));
	uint64_t kind = rand_below(3);

	write_u32(w, 0x01000001);
	write_u16(&duid, kind == 0 ? 3 : kind == 1 ? 1 : 2);
	write_u16(&duid, 1);
	if (kind == 1)
		write_u32(&duid, 99);
	put_mac(&duid);
	put_option6(w, 1, &duid);
	put_class6(w, 16);
	put_class6(w, 15);
}

static void build6(struct writer *w)
{
	uint8_t buf[512], mac_buf[16];
	struct writer inner = writer_init(buf, sizeof(buf)), mac = writer_init(mac_buf, sizeof(mac_buf));

	if (rand_below(2)) {
		build_solicit(w);
		return;
	}
	write_u16(w, 0x0c00);
	write_zeros(w, 32);
	build_solicit(&inner);
	put_option6(w, 9, &inner);
	write_u16(&mac, 1);
	put_mac(&mac);
	if (rand_below(2))
		put_option6(w, 79, &mac);
}

/* --- comparison --------------------------------------------------------------------- */

static const struct client_class *class_of(const struct config *cfg, const char *name)
{
	for (unsigned i = 0; i < cfg->classes.n; i++)
		if (!strcmp(cfg->classes.v[i].name, name))
			return &cfg->classes.v[i];
	ck_abort_msg("no class %s", name);
	return NULL;
}

static bool is_in(const struct client_class *class, struct eval *ev)
{
	bool is_true;

	eval_begin(ev);
	is_true = eval_test(class->test, ev) && !ev->is_exceeded;
	/* By this estimate -t warns if all tests together cost too much. */
	if (class->match)
		ck_assert_uint_le(EVAL_WORK_MAX - ev->work_left, 2 * eval_work(class->test));
	return is_true;
}

START_TEST(same)
{
	static const char *const names[] = { "blocks", "random", "texts" };
	const unsigned digit = _i ? 6 : 4;
	struct config *cfg = load(digit, texts[_i]), *kea;
	struct diag *diag = diag_new();
	struct json_object *tree = config_print_kea(cfg, diag);
	struct arena *arena = arena_new(0);
	unsigned n_true[3] = { 0 };

	ck_assert_uint_eq(diag_warnings(diag), 0);
	kea = load(digit, json_object_to_json_string(tree));
	for (int i = 0; i < 20000; i++) {
		uint8_t buf[1024];
		struct writer w = writer_init(buf, sizeof(buf));
		struct packet4 q4;
		struct packet6 q6;
		struct eval ev = { .q4 = _i ? NULL : &q4, .q6 = _i ? &q6 : NULL, .iface = "eth0" };
		const char *why = "";

		(_i ? build6 : build4)(&w);
		ck_assert_msg((_i ? packet6_parse(bytes_of(buf, writer_len(&w)), arena, &q6, &why)
				  : packet4_parse(bytes_of(buf, writer_len(&w)), arena, &q4, &why)) == 0,
			      "%s", why);
		ev.scratch = eval_scratch_new(false);
		for (unsigned k = 0; k < 3; k++) {
			bool is = is_in(class_of(cfg, names[k]), &ev);

			n_true[k] += is;
			ck_assert_msg(is == is_in(class_of(kea, names[k]), &ev), "%s: match is %d", names[k], (int)is);
		}
		eval_scratch_free(ev.scratch);
		arena_reset(arena);
	}
	for (unsigned k = 0; k < 3; k++)
		ck_assert_msg(n_true[k] > 500 && n_true[k] < 19500, "%s: true %u times", names[k], n_true[k]);
	arena_free(arena);
	json_object_put(tree);
	diag_free(diag);
	config_free(kea);
	config_free(cfg);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("match");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, same, 0, 2);
	return suite_run(tc);
}
