/* SPDX-License-Identifier: MPL-2.0 */
/* One request per client at a time: order, retransmissions, and inheriting the queue. */
#include "../suite.h"

#include "serve/turn.h"

static struct turn make(uint64_t client, uint32_t xid, uint8_t type)
{
	return (struct turn){ .client = { client, 1 }, .xid = xid, .type = type };
}

START_TEST(the_line_is_kept)
{
	struct turns *turns = turns_new();
	struct turn a = make(1, 1, 1), b = make(1, 2, 3), c = make(1, 3, 3), again = make(1, 2, 3),
		    other = make(2, 1, 1);

	ck_assert_int_eq(turn_take(turns, &a), TURN_MINE);
	ck_assert_int_eq(turn_take(turns, &b), TURN_WAIT);
	ck_assert_int_eq(turn_take(turns, &c), TURN_WAIT);
	ck_assert_int_eq(turn_take(turns, &again), TURN_REPEAT);
	ck_assert_int_eq(turn_take(turns, &other), TURN_MINE);
	ck_assert_ptr_eq(turn_give(turns, &a), &b);
	ck_assert_int_eq(turn_take(turns, &again), TURN_REPEAT);
	ck_assert_ptr_eq(turn_give(turns, &b), &c);
	ck_assert_int_eq(turn_take(turns, &again), TURN_WAIT);
	ck_assert_ptr_eq(turn_give(turns, &c), &again);
	ck_assert_ptr_null(turn_give(turns, &again));
	ck_assert_int_eq(turn_take(turns, &a), TURN_MINE);
	ck_assert_ptr_null(turn_give(turns, &a));
	ck_assert_ptr_null(turn_give(turns, &other));
	turns_free(turns);
}
END_TEST

START_TEST(the_line_is_bounded)
{
	struct turns *turns = turns_new();
	struct turn t[12];
	unsigned i, n_waiting = 0;

	for (i = 0; i < 12; i++) {
		t[i] = make(7, i, 3);
		n_waiting += turn_take(turns, &t[i]) == TURN_WAIT;
	}
	ck_assert_uint_eq(n_waiting, 8);
	turns_free(turns);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("turn");

	tcase_add_test(tc, the_line_is_kept);
	tcase_add_test(tc, the_line_is_bounded);
	return suite_run(tc);
}
