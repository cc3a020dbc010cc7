/* SPDX-License-Identifier: MPL-2.0 */
/* Published names: leases before reservations, reserved names for nobody else, what a hosts file can have. */
#include "../suite.h"

#include "ddns/names.h"

static struct ip addr(unsigned n)
{
	return ip_from4(0xc0000200u + n);
}

static void lease(struct names *names, unsigned n, const char *name)
{
	struct ip ip = addr(n);

	names_lease(names, &ip, name);
}

static void reserve(struct names *names, unsigned n, const char *name)
{
	struct ip ip = addr(n);

	names_reserve(names, &ip, name);
}

static void check(struct names *names, const char *expected)
{
	struct str out = { 0 };

	(void)names_write_hosts(names, &out);
	ck_assert_str_eq(str_text(&out), expected);
	str_free(&out);
}

START_TEST(who_has_a_name)
{
	struct names *names = names_new();

	reserve(names, 9, "printer.example.");
	reserve(names, 8, "camera.example");
	names_reserved(names);
	ck_assert(names_have_changed(names) && !names_have_changed(names));
	check(names, "192.0.2.8\tcamera.example\n192.0.2.9\tprinter.example\n");
	/* Another client calls itself so; the one with the reservation may. */
	lease(names, 1, "Printer.Example");
	check(names, "192.0.2.8\tcamera.example\n192.0.2.9\tprinter.example\n");
	lease(names, 9, "printer.example.");
	lease(names, 1, "pc.example.");
	lease(names, 8, "other.example.");
	ck_assert(names_have_changed(names));
	check(names, "192.0.2.1\tpc.example\n192.0.2.8\tother.example\n192.0.2.9\tprinter.example\n");
	lease(names, 1, "pc.example.");
	ck_assert(!names_have_changed(names));
	lease(names, 1, NULL);
	lease(names, 8, "");
	lease(names, 77, NULL);
	check(names, "192.0.2.8\tcamera.example\n192.0.2.9\tprinter.example\n");
	names_begin(names);
	names_reserved(names);
	check(names, "");
	names_free(names);
	names_free(NULL);
}
END_TEST

/* A name ends up in a file that other programs read line by line. */
START_TEST(hostile_names)
{
	struct names *names = names_new();

	lease(names, 1, "a b");
	lease(names, 2, "a\n192.0.2.1 bank.example");
	lease(names, 3, "#x");
	lease(names, 4, "m\xc3\xbcller");
	lease(names, 5, "under_score-1.example");
	lease(names, 6, ".");
	check(names, "192.0.2.5\tunder_score-1.example\n");
	names_free(names);
}
END_TEST

/* Addresses that come and go do not fill the memory; what was sent is remembered until it is replaced. */
START_TEST(many)
{
	struct names *names = names_new();
	struct names_row *row;
	size_t place = 0, n = 0;

	lease(names, 0, "first");
	row = names_next(names, &place);
	ck_assert_ptr_nonnull(row);
	names_set_sent(row, "first");
	lease(names, 0, NULL);
	for (unsigned i = 1; i < 20000; i++) {
		lease(names, i, "x.example");
		lease(names, i, NULL);
	}
	for (place = 0; (row = names_next(names, &place));) {
		n++;
		if (row->sent) {
			ck_assert_str_eq(row->sent, "first");
			ck_assert_ptr_null(names_of(names, row));
		}
	}
	ck_assert_uint_lt(n, 200);
	for (unsigned i = 1; i < 5000; i++)
		lease(names, i, "x.example");
	for (place = 0, n = 0; (row = names_next(names, &place));)
		n += names_of(names, row) != NULL;
	ck_assert_uint_eq(n, 4999);
	names_free(names);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("names");

	tcase_add_test(t, who_has_a_name);
	tcase_add_test(t, hostile_names);
	tcase_add_test(t, many);
	return suite_run(t);
}
