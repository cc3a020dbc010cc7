/* SPDX-License-Identifier: MPL-2.0 */
/* Rows of lease files: which are read, which are rejected and why, and that writing is the inverse. */
#include "../suite.h"

#include "base/arena.h"
#include "base/clock.h"
#include "lease/csv.h"
#include "lease/load.h"

#define HEAD4                                                                                                          \
	"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_" \
	"id"
#define HEAD6                                                                                                      \
	"address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev," \
	"hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id"

static struct lease_row row;

static int read_line(int family, const char *header, const char *line)
{
	struct csv_layout layout;
	const char *why = NULL;

	ck_assert_msg(csv_read_header(family, header, strlen(header), &layout, &why) == 0, "%s", why);
	return csv_read_row(&layout, line, strlen(line), &row);
}

START_TEST(headers_are_the_table)
{
	char buf[CSV_HEADER_MAX];
	size_t len = csv_write_header(0, buf);

	ck_assert_uint_eq(len, strlen(HEAD4) + 1);
	ck_assert_int_eq(memcmp(buf, HEAD4 "\n", len), 0);
	len = csv_write_header(1, buf);
	ck_assert_uint_eq(len, strlen(HEAD6) + 1);
	ck_assert_int_eq(memcmp(buf, HEAD6 "\n", len), 0);
}
END_TEST

/* Each line is read and written back to the same bytes. */
START_TEST(rows_there_and_back)
{
	static const struct {
		int family;
		const char *line;
	} rows[] = {
		{ 0, "192.0.2.1,02:00:00:00:00:01,01:aa:bb,4000,1700004000,1,0,0,,0,,0" },
		{ 0, "255.255.255.255,,ff:00,1,4000000001,4294967295,1,1,a.b.c,2,{ \"a\": 1&#x2c \"b\": \"&#x26\" "
		     "},4294967295" },
		{ 0, "10.0.0.1,,,86400,1700086400,7,0,0,,1,,0" },
		{ 0, "10.0.0.1,01,,4294967295,5994967295,7,0,0,we&#x2cird&#x0a&#x7f,3,,0" },
		{ 1, "2001:db8::1,00:03:00:01:02:00:00:00:00:01,4000,1700004000,1,2000,0,7,128,0,1,h,02:00:00:00:00:01,"
		     "0,,1,2,0" },
		{ 1, "2001:db8:1::,00:01,4000,1700004000,1,2000,2,4294967295,56,0,0,,,0,,,,5" },
		{ 1, "2001:db8::2,00:00:00,4000,1700004000,1,0,0,7,128,0,0,,,1,,,,0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[1024], *end;

		ck_assert_msg(read_line(rows[i].family, rows[i].family ? HEAD6 : HEAD4, rows[i].line) == 0, "%s: %s",
			      rows[i].line, row.why);
		ck_assert_uint_le(csv_row_bound(&row.lease), sizeof(buf));
		end = csv_write_row(rows[i].family, &row.lease, false, buf);
		ck_assert_int_eq(end[-1], '\n');
		end[-1] = '\0';
		ck_assert_str_eq(buf, rows[i].line);
	}
}
END_TEST

START_TEST(values_of_a_row)
{
	ck_assert_int_eq(read_line(0, HEAD4, "192.0.2.9,02:0:00:00:00:0A,,4000,1700004000,12,1,0,host,2,{},9"), 0);
	ck_assert_uint_eq(ip_to4(&row.lease.addr), 0xc0000209);
	ck_assert_uint_eq(row.lease.hwaddr.len, 6);
	ck_assert_uint_eq(row.lease.hwaddr.data[5], 10);
	ck_assert_uint_eq(row.lease.hwtype, 1);
	ck_assert_uint_eq(row.lease.client_id.len, 0);
	ck_assert_uint_eq(row.lease.valid, 4000);
	ck_assert_int_eq(row.lease.cltt, 1700000000);
	ck_assert_int_eq(row.expire_wall, 1700004000);
	ck_assert_uint_eq(row.lease.subnet_id, 12);
	ck_assert(row.lease.fqdn_fwd && !row.lease.fqdn_rev);
	ck_assert_str_eq(row.lease.hostname, "host");
	ck_assert_int_eq(row.lease.state, LEASE_RECLAIMED);
	ck_assert_str_eq(row.lease.user_context, "{}");
	ck_assert_uint_eq(row.lease.pool_id, 9);
	ck_assert(!row.deleted);
	ck_assert_int_eq(read_line(0, HEAD4, "192.0.2.9,,,0,1700004000,12,0,0,,0,,0"), 0);
	ck_assert(row.deleted);
	/* an ampersand that does not begin an escape is literal */
	ck_assert_int_eq(read_line(0, HEAD4, "192.0.2.9,01,,1,1700004000,12,0,0,a&b&#xZZ&#x2,0,,0"), 0);
	ck_assert_str_eq(row.lease.hostname, "a&b&#xZZ&#x2");
}
END_TEST

START_TEST(bad_rows_and_why)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "192.0.2.1,01,,4000,1700004000,1,0,0,,0,", "fewer columns" },
		{ "192.0.2.1,01,,4000,1700004000,1,0,0,,0,,0,0", "more columns" },
		{ "192.0.2.256,01,,4000,1700004000,1,0,0,,0,,0", "address" },
		{ "192.0.2,01,,4000,1700004000,1,0,0,,0,,0", "address" },
		{ "192.0.2.01,01,,4000,1700004000,1,0,0,,0,,0", "address" },
		{ "2001:db8::1,01,,4000,1700004000,1,0,0,,0,,0", "address" },
		{ ",01,,4000,1700004000,1,0,0,,0,,0", "address" },
		{ "192.0.2.1,0g,,4000,1700004000,1,0,0,,0,,0", "hwaddr" },
		{ "192.0.2.1,01:,,4000,1700004000,1,0,0,,0,,0", "hwaddr" },
		{ "192.0.2.1,:01,,4000,1700004000,1,0,0,,0,,0", "hwaddr" },
		{ "192.0.2.1,00:01:02:03:04:05:06:07:08:09:10:11:12:13:14:15:16:17:18:19:20,,4000,1700004000,1,0,0,,0,,"
		  "0",
		  "hwaddr" },
		{ "192.0.2.1,01,012,4000,1700004000,1,0,0,,0,,0", "client_id" },
		{ "192.0.2.1,01,,4294967296,1700004000,1,0,0,,0,,0", "valid_lifetime" },
		{ "192.0.2.1,01,,-1,1700004000,1,0,0,,0,,0", "valid_lifetime" },
		{ "192.0.2.1,01,, 1,1700004000,1,0,0,,0,,0", "valid_lifetime" },
		{ "192.0.2.1,01,,1,99999999999999999999,1,0,0,,0,,0", "expire" },
		{ "192.0.2.1,01,,1,,1,0,0,,0,,0", "expire" },
		{ "192.0.2.1,01,,1,1700004000,x,0,0,,0,,0", "subnet_id" },
		{ "192.0.2.1,01,,1,1700004000,1,2,0,,0,,0", "fqdn_fwd" },
		{ "192.0.2.1,01,,1,1700004000,1,0,yes,,0,,0", "fqdn_rev" },
		{ "192.0.2.1,01,,1,1700004000,1,0,0,a&#x00b,0,,0", "hostname" },
		{ "192.0.2.1,01,,1,1700004000,1,0,0,,5,,0", "state" },
		{ "192.0.2.1,01,,1,1700004000,1,0,0,,0,,-", "pool_id" },
		{ "192.0.2.1,,,1,1700004000,1,0,0,,0,,0", "no client" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(read_line(0, HEAD4, rows[i].line) < 0, "accepted: %s", rows[i].line);
		ck_assert_msg(strstr(row.why, rows[i].why) != NULL, "%s: %s", rows[i].line, row.why);
	}
}
END_TEST

START_TEST(bad_rows_of_prefixes)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "2001:db8::,00:01:02,4000,1700004000,1,3000,2,7,0,0,0,,,0,,,,0", "prefix_len of a prefix is 0" },
		{ "2001:db8::,00:01:02,4000,1700004000,1,3000,2,7,129,0,0,,,0,,,,0", "prefix_len is not" },
		{ "2001:db8::1,00:01:02,4000,1700004000,1,3000,0,7,64,0,0,,,0,,,,0", "prefix_len of an address" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(read_line(1, HEAD6, rows[i].line) < 0, "accepted: %s", rows[i].line);
		ck_assert_msg(strstr(row.why, rows[i].why) != NULL, "%s: %s", rows[i].line, row.why);
	}
	/* a deletion always takes effect */
	ck_assert_int_eq(read_line(1, HEAD6, "2001:db8::,00:01:02,0,1700004000,1,0,2,7,0,0,0,,,0,,,,0"), 0);
}
END_TEST

static void nothing(void *ctx, const struct lease_row *r)
{
	(*(unsigned *)ctx)++;
	ck_assert_int_eq(r->lease.expires, 5001); /* limited to its lifetime */
}

START_TEST(whole_texts)
{
	static const char text[] = HEAD4 "\n\n192.0.2.1,01,,1,1700004000,1,0,0,,0,,0\nrubbish\n192.0.2.1,01";
	struct load_result res;
	const char *why = NULL;
	unsigned n = 0;

	clock_set_virtual(1700000000, 5000);
	ck_assert_int_eq(load_text(text, sizeof(text) - 1, 0, nothing, &n, &res, &why), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(res.rows, 1);
	ck_assert_uint_eq(res.bad, 1);
	ck_assert_int_eq(res.good_len, (int)(sizeof(text) - 1 - strlen("192.0.2.1,01")));
	ck_assert(!res.no_newline);
	/* up to the row that lacks only its newline */
	n = 0;
	ck_assert_int_eq(load_text(text, (size_t)(strstr(text, "\nrubbish") - text), 0, nothing, &n, &res, &why), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(res.rows, 1);
	ck_assert_uint_eq(res.bad, 0);
	ck_assert(res.no_newline);
	ck_assert_int_eq(res.good_len, (int)(strstr(text, "\nrubbish") - text));
	ck_assert_int_lt(load_text(text, sizeof(text) - 1, 1, nothing, &n, &res, &why), 0);
	ck_assert_ptr_nonnull(strstr(why, "DHCPv4"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("csv");

	tcase_add_test(tc, headers_are_the_table);
	tcase_add_test(tc, rows_there_and_back);
	tcase_add_test(tc, values_of_a_row);
	tcase_add_test(tc, bad_rows_and_why);
	tcase_add_test(tc, bad_rows_of_prefixes);
	tcase_add_test(tc, whole_texts);
	return suite_run(tc);
}
