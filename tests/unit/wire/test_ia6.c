/* SPDX-License-Identifier: MPL-2.0 */
/* Identity associations: read without lists, built without malloc, excluded prefixes. */
#include "fixture.h"

#include "base/err.h"
#include "wire/ia6.h"
#include "wire/packet6.h"

static struct opts opts;

static void setup_opts(void)
{
	setup();
	opts_init(&opts, arena);
}

static struct prefix prefix(const char *text)
{
	struct prefix p;

	ck_assert_int_eq(prefix_parse(text, &p), 0);
	return p;
}

static const char *hex_of(struct bytes b)
{
	char *buf = arena_alloc(arena, 2 * b.len + 1);

	bytes_to_hex(b, 0, buf, 2 * b.len + 1);
	return buf;
}

static const char *text_of(const struct prefix *p)
{
	return prefix_format(p, arena_alloc(arena, PREFIX_TEXT_MAX));
}

START_TEST(builds_and_reads)
{
	struct prefix a = prefix("2001:db8::1/128"), b = prefix("2001:db8::2/128");
	struct prefix p = prefix("2001:db8:8000::/56"), x = prefix("2001:db8:8000:4::/62");
	struct ia6_builder build;
	struct status6_value status;
	struct ia6_item item;
	struct bytes sub;
	struct reader r;
	struct ia6 ia;
	unsigned pos = 0;

	ck_assert_int_eq(ia6_builder_init(&build, &opts, 1000), 0);
	ia6_open(&build, OPT6_IA_NA, 7, 1000, 2000);
	ia6_add(&build, &a, 3000, 4000);
	ia6_add(&build, &b, 0, 0);
	ck_assert_int_eq(ia6_close(&build), 0);
	opts_add(&opts, OPT6_PREFERENCE, bytes_of("\1", 1));
	ia6_open(&build, OPT6_IA_PD, 8, 1, 2);
	ia6_begin_item(&build, &p, 5, 6);
	ia6_add_exclude(&build, 56, &x);
	ia6_add_status(&build, STATUS6_SUCCESS, "fine");
	ia6_end_item(&build);
	ck_assert_int_eq(ia6_close(&build), 0);
	ia6_open(&build, OPT6_IA_TA, 9, 1, 2);
	ia6_add_status(&build, STATUS6_NO_ADDRS_AVAIL, NULL);
	ia6_add_option(&build, 65000, bytes_of("ab", 2));
	ck_assert_int_eq(ia6_close(&build), 0);
	ck_assert_int_eq(ia6_message_status(&build, STATUS6_NOT_ON_LINK, "no"), 0);

	ck_assert_uint_eq(opts.n, 5);
	ck_assert_str_eq(hex_of(opts.v[0].data), "00000007000003e8000007d0"
						 "0005001820010db800000000000000000000000100000bb800000fa0"
						 "0005001820010db80000000000000000000000020000000000000000");
	ck_assert_str_eq(hex_of(opts.v[2].data), "000000080000000100000002"
						 "001a00290000000500000006"
						 "38"
						 "20010db8800000000000000000000000"
						 "00430002"
						 "3e04"
						 "000d0006"
						 "0000"
						 "66696e65");
	ck_assert_str_eq(hex_of(opts.v[3].data), "00000009"
						 "000d0002"
						 "0002"
						 "fde80002"
						 "6162");
	ck_assert_str_eq(hex_of(opts.v[4].data), "00046e6f");
	ck_assert_uint_eq(opts.v[4].code, OPT6_STATUS_CODE);

	ck_assert_uint_eq(ia6_count(&opts), 3);
	ck_assert(ia6_next(&opts, &pos, &ia));
	ck_assert_uint_eq(ia.code, OPT6_IA_NA);
	ck_assert_uint_eq(ia.iaid, 7);
	ck_assert_uint_eq(ia.t1, 1000);
	ck_assert_uint_eq(ia.t2, 2000);
	ck_assert(!ia6_status(ia.subs, &status));
	r = reader_of(ia.subs);
	ck_assert(ia6_next_item(&ia, &r, &item));
	ck_assert_str_eq(text_of(&item.prefix), "2001:db8::1/128");
	ck_assert_uint_eq(item.preferred, 3000);
	ck_assert_uint_eq(item.valid, 4000);
	ck_assert(ia6_next_item(&ia, &r, &item));
	ck_assert_str_eq(text_of(&item.prefix), "2001:db8::2/128");
	ck_assert(!ia6_next_item(&ia, &r, &item));

	ck_assert(ia6_next(&opts, &pos, &ia));
	ck_assert_uint_eq(ia.code, OPT6_IA_PD);
	ck_assert(!ia6_status(ia.subs, &status)); /* its prefix's status is not its own */
	r = reader_of(ia.subs);
	ck_assert(ia6_next_item(&ia, &r, &item));
	ck_assert_str_eq(text_of(&item.prefix), "2001:db8:8000::/56");
	ck_assert(opt_find6(item.subs, OPT6_PD_EXCLUDE, &sub));
	ck_assert_int_eq(pd_exclude_read(sub, &item.prefix, &x), 0);
	ck_assert_str_eq(text_of(&x), "2001:db8:8000:4::/62");
	ck_assert(ia6_status(item.subs, &status));
	ck_assert_uint_eq(status.code, STATUS6_SUCCESS);
	ck_assert_uint_eq(status.text.len, 4);

	ck_assert(ia6_next(&opts, &pos, &ia));
	ck_assert_uint_eq(ia.code, OPT6_IA_TA);
	ck_assert_uint_eq(ia.t1, 0);
	ck_assert(ia6_status(ia.subs, &status));
	ck_assert_uint_eq(status.code, STATUS6_NO_ADDRS_AVAIL);
	ck_assert_uint_eq(status.text.len, 0);
	ck_assert(!ia6_next(&opts, &pos, &ia));
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_whole)
{
	struct prefix a = prefix("2001:db8::1/128");
	struct ia6_builder build;

	/* space for the first and the third */
	ck_assert_int_eq(ia6_builder_init(&build, &opts, IA6_SIZE + IA6_ADDR_SIZE + IA6_SIZE), 0);
	ia6_open(&build, OPT6_IA_NA, 1, 0, 0);
	ia6_add(&build, &a, 1, 2);
	ck_assert_int_eq(ia6_close(&build), 0);
	ia6_open(&build, OPT6_IA_NA, 2, 0, 0);
	ia6_add(&build, &a, 1, 2);
	ck_assert_int_eq(ia6_close(&build), -E_SPACE);
	ia6_open(&build, OPT6_IA_NA, 3, 0, 0);
	ck_assert_int_eq(ia6_close(&build), 0);
	ck_assert_uint_eq(opts.n, 2);
	ck_assert_str_eq(hex_of(opts.v[1].data), "000000030000000000000000");

	/* nor one too long for an option */
	ck_assert_int_eq(ia6_builder_init(&build, &opts, 200000), 0);
	ia6_open(&build, OPT6_IA_NA, 4, 0, 0);
	for (unsigned i = 0; i < 2340; i++)
		ia6_add(&build, &a, 1, 2);
	ck_assert_int_eq(ia6_close(&build), 0);
	ck_assert_uint_eq(opts.v[2].data.len, 12 + 2340 * IA6_ADDR_SIZE);
	ia6_open(&build, OPT6_IA_NA, 5, 0, 0);
	for (unsigned i = 0; i < 2341; i++)
		ia6_add(&build, &a, 1, 2);
	ck_assert_int_eq(ia6_close(&build), -E_SPACE);
	/* an invalid exclusion */
	ia6_open(&build, OPT6_IA_PD, 6, 0, 0);
	ia6_add_exclude(&build, 64, &(struct prefix){ a.addr, 64 });
	ck_assert_int_eq(ia6_close(&build), -E_SPACE);
	ck_assert_uint_eq(opts.n, 3);
}
END_TEST

START_TEST(builder_respects_the_arenas_cap)
{
	struct arena *small = arena_new(2048);
	struct ia6_builder build;
	struct opts list;
	unsigned n = 0;

	opts_init(&list, small);
	ck_assert_int_eq(ia6_builder_init(&build, &list, 4096), -E_NOMEM);
	ck_assert_int_eq(ia6_builder_init(&build, &list, 1024), 0);
	do
		ia6_open(&build, OPT6_IA_TA, n, 0, 0);
	while (ia6_close(&build) == 0 && ++n < 1000);
	ck_assert_uint_lt(n, 1000);
	ck_assert_uint_eq(list.n, n);
	arena_free(small);
}
END_TEST

static const char *first_prefix(const char *option)
{
	uint8_t buf[256];
	int len = hex_to_bytes(option, strlen(option), buf, sizeof(buf));
	struct opt opt = { OPT6_IA_PD, bytes_of(arena_dup(arena, buf, (size_t)len), (size_t)len) };
	struct opts one = { &opt, 1, 1, arena };
	struct ia6_item item;
	struct reader r;
	struct ia6 ia;
	unsigned pos = 0;

	ck_assert_ptr_null(ia6_check(&opt));
	ck_assert(ia6_next(&one, &pos, &ia));
	r = reader_of(ia.subs);
	return ia6_next_item(&ia, &r, &item) ? text_of(&item.prefix) : "none";
}

#define PD                         \
	"000000010000000000000000" \
	"001a0019"                 \
	"0000000000000000"

START_TEST(prefixes_are_cleaned)
{
	ck_assert_str_eq(first_prefix(PD "38"
					 "20010db8800000ff00000000000000ff"),
			 "2001:db8:8000::/56");
	ck_assert_str_eq(first_prefix(PD "39"
					 "20010db8800000ff00000000000000ff"),
			 "2001:db8:8000:80::/57");
	ck_assert_str_eq(first_prefix(PD "00"
					 "20010db8800000ff00000000000000ff"),
			 "::/0");
	ck_assert_str_eq(first_prefix(PD "80"
					 "20010db8800000ff00000000000000ff"),
			 "2001:db8:8000:ff::ff/128");
	/* what looks like an IPv4 address still has IPv6 lengths */
	ck_assert_str_eq(first_prefix(PD "79"
					 "00000000000000000000ffffffffffff"),
			 "255.255.255.128/121");
	ck_assert_str_eq(first_prefix(PD "21"
					 "00000000000000000000ffffffffffff"),
			 "::/33");
	/* an address in an IA_PD, an IA in an IA: unknown options */
	ck_assert_str_eq(first_prefix("000000010000000000000000"
				      "00050000"
				      "00190000"),
			 "none");
}
END_TEST

static const char *exclude(uint8_t delegated_len, const char *excluded)
{
	struct prefix x = prefix(excluded);
	uint8_t buf[32];
	struct writer w = writer_init(buf, sizeof(buf));

	pd_exclude_write(&w, delegated_len, &x);
	return w.err ? "refused" : hex_of(bytes_of(buf, writer_len(&w)));
}

static const char *excluded(const char *delegated, const char *option)
{
	struct prefix d = prefix(delegated), x;
	uint8_t buf[32];
	int len = hex_to_bytes(option, strlen(option), buf, sizeof(buf));

	ck_assert_int_ge(len, 0);
	return pd_exclude_read(bytes_of(arena_dup(arena, buf, (size_t)len), (size_t)len), &d, &x) < 0 ? "refused"
												      : text_of(&x);
}

START_TEST(excluded_prefixes)
{
	/* RFC 6603 4.2: the bits between the lengths, from the left */
	ck_assert_str_eq(exclude(48, "2001:db8:dead:bee0::/59"), "3bbee0");
	ck_assert_str_eq(exclude(59, "2001:db8:dead:bee0::/64"), "4000");
	ck_assert_str_eq(exclude(59, "2001:db8:dead:befc::/64"), "40e0");
	ck_assert_str_eq(exclude(64, "2001:db8:1:8000:cafe:80::/72"), "48ca");
	ck_assert_str_eq(exclude(0, "2001:db8::1/128"), "8020010db8000000000000000000000001");
	ck_assert_str_eq(exclude(127, "2001:db8::1/128"), "8080");
	ck_assert_str_eq(exclude(60, "2001:db8:dead:bee0::/60"), "refused");
	ck_assert_str_eq(exclude(64, "2001:db8:dead:bee0::/60"), "refused");

	ck_assert_str_eq(excluded("2001:db8:dead::/48", "3bbee0"), "2001:db8:dead:bee0::/59");
	ck_assert_str_eq(excluded("2001:db8:dead:bee0::/59", "40e0"), "2001:db8:dead:befc::/64");
	/* bits after its length are ignored */
	ck_assert_str_eq(excluded("2001:db8:dead:bee0::/59", "40ff"), "2001:db8:dead:beff::/64");
	ck_assert_str_eq(excluded("::/0", "8020010db8000000000000000000000001"), "2001:db8::1/128");
	ck_assert_str_eq(excluded("2001:db8::/32", ""), "refused");
	ck_assert_str_eq(excluded("2001:db8::/32", "20"), "refused");
	ck_assert_str_eq(excluded("2001:db8::/32", "21"), "refused");
	ck_assert_str_eq(excluded("2001:db8::/32", "210000"), "refused");
	ck_assert_str_eq(excluded("2001:db8::/32", "8100000000000000000000000000"), "refused");
}
END_TEST

START_TEST(an_address_outside_of_an_ia)
{
	struct ia6_item item;
	struct prefix want = prefix("2001:db8::7/128");

	ia6_read_address(hex("20010db8000000000000000000000007 0000000a 00000014 000d0002 0000"), &item);
	ck_assert(prefix_equal(&item.prefix, &want));
	ck_assert_uint_eq(item.preferred, 10);
	ck_assert_uint_eq(item.valid, 20);
	ck_assert_uint_eq(item.subs.len, 6);
	ia6_read_address(hex("20010db8000000000000000000000007 0000000a"), &item);
	ck_assert(prefix_equal(&item.prefix, &want));
	ck_assert_uint_eq(item.valid, 0);
	ia6_read_address(hex("20010db8"), &item);
	ck_assert(ip_is_zero(&item.prefix.addr));
	ia6_read_address(bytes_of(NULL, 0), &item);
	ck_assert(ip_is_zero(&item.prefix.addr));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ia6");

	tcase_add_checked_fixture(tc, setup_opts, teardown);
	tcase_add_test(tc, builds_and_reads);
	tcase_add_test(tc, what_does_not_fit_is_left_out_whole);
	tcase_add_test(tc, builder_respects_the_arenas_cap);
	tcase_add_test(tc, prefixes_are_cleaned);
	tcase_add_test(tc, excluded_prefixes);
	tcase_add_test(tc, an_address_outside_of_an_ia);
	return suite_run(tc);
}
