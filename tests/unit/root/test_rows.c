/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the compiler does not check of a row: its range fits the field, and outer scopes have the keys that inner
 * ones inherit.
 */
#include "../suite.h"

#include "root/keys.h"

static const struct key *find(const struct scope *scope, const char *name)
{
	for (unsigned i = 0; i < scope->n; i++)
		if (!strcmp(scope->keys[i].name, name))
			return &scope->keys[i];
	return NULL;
}

static void check_row(const struct scope *scope, const struct key *key)
{
	int64_t max = key->max ? key->max : UINT32_MAX;

	ck_assert_msg(key->offset + key->size <= scope->size, "%s in %s", key->name, scope->name);
	ck_assert_msg(!key->since != !key->refuse, "%s in %s either works or is refused", key->name, scope->name);
	if (key->type == KEY_INT)
		ck_assert_msg(key->min >= 0 && (key->size == 8 || max < INT64_C(1) << (8 * key->size)),
			      "%s in %s: %" PRId64 "..%" PRId64 " in %zu bytes", key->name, scope->name, key->min, max,
			      key->size);
}

START_TEST(ranges)
{
	for (unsigned k = 0; all_scopes[k]; k++)
		for (unsigned i = 0; i < all_scopes[k]->n; i++)
			check_row(all_scopes[k], &all_scopes[k]->keys[i]);
}
END_TEST

/* Each inherited row has a counterpart at the same offset in one of the outer scopes, which hands it down. */
START_TEST(inheritance)
{
	static const struct {
		const struct scope *inner, *outer[2];
	} pairs[] = {
		{ &shared_network_scope, { &global_scope } },
		{ &subnet_scope, { &shared_network_scope, &global_scope } },
		{ &pool_scope, { &subnet_scope } },
		{ &pd_pool_scope, { &subnet_scope } },
		{ &client_class_scope, { &global_scope } },
	};
	unsigned n = 0;

	for (unsigned p = 0; p < sizeof(pairs) / sizeof(pairs[0]); p++)
		for (unsigned i = 0; i < pairs[p].inner->n; i++) {
			const struct key *key = &pairs[p].inner->keys[i], *outer;

			if (!key->inherit)
				continue;
			n++;
			outer = find(pairs[p].outer[0], key->name);
			ck_assert_msg(outer != NULL, "%s in %s", key->name, pairs[p].inner->name);
			ck_assert_msg(outer->offset == key->offset && outer->size == key->size &&
					      outer->type == key->type && outer->offset < pairs[p].outer[0]->hands_down,
				      "%s in %s", key->name, pairs[p].inner->name);
			/* Without a network, global has the same field, or hands nothing down there. */
			outer = pairs[p].outer[1] ? find(pairs[p].outer[1], key->name) : NULL;
			if (outer)
				ck_assert_uint_eq(outer->offset, key->offset);
			else if (pairs[p].outer[1])
				ck_assert_msg(key->own_default, "%s in %s", key->name, pairs[p].inner->name);
		}
	ck_assert_uint_gt(n, 100);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("rows");

	tcase_add_test(tc, ranges);
	tcase_add_test(tc, inheritance);
	return suite_run(tc);
}
