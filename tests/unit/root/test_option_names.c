/* SPDX-License-Identifier: MPL-2.0 */
/* Words for options lead to existing options, and each word to one row. */
#include "../suite.h"

#include "root/option_names.h"

#include "base/arena.h"

static void check_name(const struct dict *dict, const char *space, const char *name)
{
	if (name)
		ck_assert_msg(dict_by_name(dict, space, name) != NULL, "%s has no option %s", space, name);
}

START_TEST(names_exist)
{
	struct arena *arena = arena_new(1 << 20);
	struct dict *for4 = dict_new(arena, 0), *for6 = dict_new(arena, 1);
	unsigned i, k;

	for (i = 0; i < n_option_names; i++) {
		const struct option_names *row = &option_names[i];

		check_name(for4, "dhcp4", row->v4);
		check_name(for6, "dhcp6", row->v6);
		for (k = 0; row->words[k]; k++)
			ck_assert_msg(option_names_find(row->words[k]) == row, "%s is in an earlier row, too",
				      row->words[k]);
	}
	arena_free(arena);
}
END_TEST

START_TEST(finds)
{
	ck_assert_str_eq(option_names_find("DNS")->v6, "dns-servers");
	ck_assert_str_eq(option_names_find("dns-servers")->v4, "domain-name-servers");
	ck_assert_ptr_null(option_names_find("routers")->v6);
	ck_assert_ptr_null(option_names_find("no-such"));
	ck_assert_ptr_null(option_names_find(""));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("option_names");

	tcase_add_test(tc, names_exist);
	tcase_add_test(tc, finds);
	return suite_run(tc);
}
