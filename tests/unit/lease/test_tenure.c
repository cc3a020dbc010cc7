/* SPDX-License-Identifier: MPL-2.0 */
/* Rows of lease files become tenures: who had which address, from when until when, and how that ended. */
#include "../suite.h"

#include "base/clock.h"
#include "base/str.h"
#include "lease/load.h"
#include "lease/tenure.h"

#define NOW 10000
#define HEADER4                                                                                                        \
	"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_" \
	"id\n"
#define HEADER6                                                                                                    \
	"address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev," \
	"hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"

static void note(void *ctx, const struct tenure *t)
{
	struct str *out = ctx;
	char addr[PREFIX_TEXT_MAX];

	str_addf(out, "%s %u %lld-%lld +%u %s\n", lease_address_text(&t->lease, addr),
		 t->lease.client_id.len ? t->lease.client_id.data[t->lease.client_id.len - 1] : 0, (long long)t->from,
		 t->until == INT64_MAX ? -1LL : (long long)t->until, t->n_renewals, tenure_end_names[t->end]);
}

static struct tenure_query of_address(const char *text)
{
	struct tenure_query query = { 0 };

	ck_assert_int_ge(ip_parse(text, &query.addr), 0);
	return query;
}

/* Reads the rows `times` times, as where one file contains another. */
static void expect(int family, const struct tenure_query *query, const char *rows, unsigned times, const char *want)
{
	struct str text = { 0 }, got = { 0 };
	struct load_result res;
	struct tenures *ts;
	const char *why = NULL;

	clock_set_virtual(NOW, 100000);
	str_addf(&text, "%s%s", family ? HEADER6 : HEADER4, rows);
	ts = tenures_new(query, NOW, note, &got);
	for (unsigned i = 0; i < times; i++)
		ck_assert_msg(load_text(text.text, text.len, family, tenures_row, ts, &res, &why) == 0, "%s", why);
	ck_assert_uint_eq(res.bad, 0);
	ck_assert(!tenures_end(ts));
	ck_assert_str_eq(str_text(&got), want);
	str_free(&text);
	str_free(&got);
}

/* Client `id`, granted at `from` for `valid` seconds; a release is at `from + valid`. */
#define ROW(addr, id, from, valid, state) \
	addr ",02:00:00:00:00:" id ",01:" id "," #valid "," from ",1,0,0,h," #state ",,0\n"

START_TEST(ends)
{
	struct tenure_query query = of_address("192.0.2.9");

	/* Expired, and reclaimed later; then renewed twice and still active. */
	expect(0, &query,
	       ROW("192.0.2.9", "01", "1100", 100, 0) ROW("192.0.2.9", "01", "1100", 100, 2)
		       ROW("192.0.2.9", "02", "5600", 600, 0) ROW("192.0.2.9", "02", "6000", 600, 0)
			       ROW("192.0.2.9", "02", "10600", 4600, 0) ROW("192.0.2.8", "03", "9999", 9, 0),
	       1, "192.0.2.9 1 1000-1100 +0 expired\n192.0.2.9 2 5000-10600 +2 active\n");
	/* Released; replaced; declined; without an end; deleted, which was after the last change before it. */
	expect(0, &query, ROW("192.0.2.9", "01", "2000", 1000, 0) ROW("192.0.2.9", "01", "1500", 1000, 3), 1,
	       "192.0.2.9 1 1000-1500 +0 released\n");
	expect(0, &query, ROW("192.0.2.9", "01", "3000", 2000, 0) ROW("192.0.2.9", "02", "3500", 2000, 0), 1,
	       "192.0.2.9 1 1000-1500 +0 replaced\n192.0.2.9 2 1500-3500 +0 expired\n");
	expect(0, &query, ROW("192.0.2.9", "01", "3000", 2000, 0) "192.0.2.9,,,5000,6500,1,0,0,,1,,0\n", 1,
	       "192.0.2.9 1 1000-1500 +0 declined\n192.0.2.9 0 1500-6500 +0 expired\n");
	expect(0, &query, ROW("192.0.2.9", "01", "4294968295", 4294967295, 0), 1, "192.0.2.9 1 1000--1 +0 active\n");
	expect(0, &query,
	       ROW("192.0.2.9", "01", "3000", 2000, 0) ROW("192.0.2.8", "03", "1900", 200, 0)
		       ROW("192.0.2.9", "01", "1000", 0, 0),
	       1, "192.0.2.9 1 1000-1700 +0 deleted\n");
	/* The history begins with the end. */
	expect(0, &query, ROW("192.0.2.9", "01", "1100", 100, 2), 1, "192.0.2.9 1 1000-1100 +0 expired\n");
	expect(0, &query, ROW("192.0.2.9", "01", "1000", 0, 0), 1, "");
}
END_TEST

START_TEST(repeated_rows)
{
	struct tenure_query query = of_address("192.0.2.9");

	/* The last row of an address again, as in the file that a cleanup has made. */
	expect(0, &query,
	       ROW("192.0.2.9", "01", "1100", 100, 0) ROW("192.0.2.9", "01", "1100", 100, 2)
		       ROW("192.0.2.9", "01", "1100", 100, 2),
	       1, "192.0.2.9 1 1000-1100 +0 expired\n");
	expect(0, &query, ROW("192.0.2.9", "01", "10600", 1600, 0), 3, "192.0.2.9 1 9000-10600 +0 active\n");
}
END_TEST

START_TEST(clients)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 }, id[2] = { 1, 1 }, other[2] = { 1, 7 };
	struct tenure_query query = { .by_id = true, .id = bytes_of(mac, 6) };
	static const char rows[] = ROW("192.0.2.9", "01", "2000", 1000, 0) ROW("192.0.2.8", "02", "2000", 1000, 0)
		ROW("192.0.2.8", "01", "2500", 1000, 0) ROW("192.0.2.9", "02", "2500", 700, 0);
	static const char want[] = "192.0.2.9 1 1000-1800 +0 replaced\n192.0.2.8 1 1500-2500 +0 expired\n";

	expect(0, &query, rows, 1, want);
	query.id = bytes_of(id, 2);
	expect(0, &query, rows, 1, want);
	query.id = bytes_of(other, 2);
	expect(0, &query, rows, 1, "");
}
END_TEST

/* An address in a prefix that was delegated. */
START_TEST(prefixes)
{
	struct tenure_query query = of_address("2001:db8:8000:3::1");
	static const char rows[] = "2001:db8:8000::,00:03:00:01:02:05,1000,2000,1,500,2,1,56,0,0,,,0,,,,0\n"
				   "2001:db8:8000:3::1,00:03:00:01:02:06,1000,3000,1,500,0,1,128,0,0,h,,0,,,,0\n"
				   "2001:db8:8000::,00:03:00:01:02:05,1000,1500,1,500,2,1,56,0,0,,,3,,,,0\n";

	expect(1, &query, rows, 1,
	       "2001:db8:8000::/56 5 1000-1500 +0 released\n2001:db8:8000:3::1 6 2000-3000 +0 expired\n");
	query = of_address("2001:db8:8001::");
	expect(1, &query, rows, 1, "");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("tenure");

	tcase_add_test(tc, ends);
	tcase_add_test(tc, repeated_rows);
	tcase_add_test(tc, clients);
	tcase_add_test(tc, prefixes);
	return suite_run(tc);
}
