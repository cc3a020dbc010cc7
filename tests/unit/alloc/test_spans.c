/* SPDX-License-Identifier: MPL-2.0 */
/* The set agrees with a plain list, whatever is inserted and removed, and keeps no memory when it is empty. */
#include "../suite.h"

#include "alloc/spans.h"
#include "base/hash.h"

enum { MAX = 200 };

static struct {
	struct prefix prefix;
	unsigned marks;
} list[MAX];
static unsigned n_list;

/* Few different ones, so that they collide. */
static struct prefix any_prefix(void)
{
	static const uint8_t lens[] = { 0, 1, 47, 48, 56, 63, 64, 65, 127, 128 };
	struct prefix prefix = { .len = lens[rand_below(10)] };

	prefix.addr.b[0] = (uint8_t)(0x20 + rand_below(2) * 0x80);
	prefix.addr.b[5] = (uint8_t)rand_below(2);
	prefix.addr.b[6] = (uint8_t)rand_below(3);
	prefix.addr.b[7] = (uint8_t)rand_below(4);
	prefix.addr.b[15] = (uint8_t)rand_below(3);
	prefix.addr = prefix_first(&prefix);
	return prefix;
}

static unsigned find(const struct prefix *prefix)
{
	unsigned i;

	for (i = 0; i < n_list; i++)
		if (prefix_equal(&list[i].prefix, prefix))
			break;
	return i;
}

static bool meets(const struct prefix *a, const struct prefix *b)
{
	return prefix_contains(a, &b->addr) || prefix_contains(b, &a->addr);
}

static void check_member(void *ctx, const struct prefix *prefix, unsigned marks)
{
	unsigned i = find(prefix), *n = ctx;

	ck_assert_uint_lt(i, n_list);
	ck_assert_uint_eq(list[i].marks, marks);
	++*n;
}

static bool is_outermost(const struct prefix *prefix, const struct ip *except)
{
	bool ret = true;

	for (unsigned i = 0; i < n_list; i++)
		if (list[i].prefix.len < prefix->len && prefix_contains(&list[i].prefix, &prefix->addr))
			ret &= except && ip_equal(except, &list[i].prefix.addr);
	return ret;
}

START_TEST(agrees_with_a_list)
{
	struct spans spans = { 0 };

	rand_seed(3);
	n_list = 0;
	for (unsigned round = 0; round < 10000; round++) {
		struct prefix prefix = any_prefix(), other;
		const struct ip *except = rand_below(2) ? &prefix.addr : NULL;
		unsigned mark = 1 + (unsigned)rand_below(2), i = find(&prefix), n = 0,
			 marks = 1 + (unsigned)rand_below(3);
		bool want = false;

		if (rand_below(5) < (round / 1000 % 2 ? 1u : 3u) && n_list < MAX) {
			spans_mark(&spans, &prefix, mark);
			list[i].prefix = prefix;
			list[i].marks = mark | (i == n_list ? 0 : list[i].marks);
			n_list += i == n_list;
		} else {
			spans_unmark(&spans, &prefix, mark);
			if (i < n_list && !(list[i].marks &= ~mark))
				list[i] = list[--n_list];
		}
		ck_assert_uint_eq(spans.n, n_list);
		prefix = any_prefix();
		for (i = 0; i < n_list; i++)
			want |= list[i].marks & marks && meets(&list[i].prefix, &prefix) &&
				!(except && ip_equal(except, &list[i].prefix.addr));
		ck_assert_int_eq(spans_overlap(&spans, &prefix, marks, except, &other), want);
		if (want) {
			ck_assert(meets(&other, &prefix) && !(except && ip_equal(except, &other.addr)));
			ck_assert_uint_lt(find(&other), n_list);
			ck_assert(marks != 3 || other.len >= prefix.len || is_outermost(&other, except));
		}
		if (prefix.len) {
			struct prefix gap = prefix;
			bool any = spans_next_gap(&spans, &prefix, &gap.addr);

			ck_assert(!any || !spans_overlap(&spans, &gap, 3, NULL, &other));
			/* closer ones are taken: check some, there are too many */
			for (i = 0; i < 8 && !(any && ip_equal(&prefix.addr, &gap.addr)); i++) {
				struct ip before = prefix.addr;

				ck_assert(spans_overlap(&spans, &prefix, 3, NULL, &other));
				prefix.addr = ip_add_steps(&prefix.addr, 1, 128u - prefix.len);
				if (ip_cmp(&prefix.addr, &before) < 0)
					break;
			}
		}
		if (round % 1000 == 0) {
			spans_each(&spans, check_member, &n);
			ck_assert_uint_eq(n, n_list);
		}
	}
	while (n_list) {
		n_list--;
		spans_unmark(&spans, &list[n_list].prefix, 3);
	}
	ck_assert_ptr_null(spans.root);
	spans_done(&spans);
	ck_assert_ptr_null(spans.chunks);
}
END_TEST

START_TEST(memory_of_many_is_not_kept)
{
	struct spans spans = { 0 };
	struct prefix prefix = { .len = 64 }, other;
	unsigned n = 0;

	for (unsigned i = 0; i < 100000; i++) {
		prefix.addr = ip_add_steps(&ip_zero6, i * 7919u, 64);
		spans_mark(&spans, &prefix, 1);
	}
	for (unsigned i = 0; i < 100000; i++) {
		prefix.addr = ip_add_steps(&ip_zero6, i * 7919u, 64);
		n += spans_overlap(&spans, &prefix, 3, NULL, &other);
		spans_unmark(&spans, &prefix, 1);
	}
	ck_assert_uint_eq(n, 100000);
	ck_assert_ptr_null(spans.chunks);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("spans");

	tcase_add_test(tc, agrees_with_a_list);
	tcase_add_test(tc, memory_of_many_is_not_kept);
	return suite_run(tc);
}
