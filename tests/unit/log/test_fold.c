/* SPDX-License-Identifier: MPL-2.0 */
/* Folding: one line per key in 10 seconds, suppressed lines are counted, and a flood of keys cannot fill the log. */
#include "../suite.h"

#include "log/fold.h"
#include "base/clock.h"

static struct log_msg msgs[20];
static char text[FOLD_TEXT_MAX];

static void setup(void)
{
	clock_set_virtual(1700000000, 1000);
}

START_TEST(a_key_is_logged_once_in_10_seconds)
{
	struct log_fold *fold = log_fold_new();

	ck_assert(log_fold_passes(fold, &msgs[0], 1, text));
	ck_assert_str_eq(text, "");
	ck_assert(!log_fold_passes(fold, &msgs[0], 1, text));
	clock_advance(9999);
	ck_assert(!log_fold_passes(fold, &msgs[0], 1, text));
	/* another key, and another message with this key, are independent */
	ck_assert(log_fold_passes(fold, &msgs[0], 2, text));
	ck_assert(log_fold_passes(fold, &msgs[1], 1, text));
	clock_advance(1);
	ck_assert(log_fold_passes(fold, &msgs[0], 1, text));
	ck_assert_str_eq(text, " (2 more in the last 10 s)");
	ck_assert(!log_fold_passes(fold, &msgs[0], 1, text));
	clock_advance(15000);
	ck_assert(log_fold_passes(fold, &msgs[0], 1, text));
	ck_assert_str_eq(text, " (1 more in the last 15 s)");
	clock_advance(15000);
	ck_assert(log_fold_passes(fold, &msgs[0], 1, text));
	ck_assert_str_eq(text, "");
	log_fold_free(fold);
}
END_TEST

START_TEST(a_flood_of_keys_is_limited)
{
	struct log_fold *fold = log_fold_new();
	unsigned i, n = 0;

	for (i = 0; i < 100000; i++)
		n += log_fold_passes(fold, &msgs[0], i, text);
	ck_assert_uint_eq(n, FOLD_PER_SEC);
	/* the other message is not affected, and the next second reports the missing lines */
	ck_assert(log_fold_passes(fold, &msgs[1], 0, text));
	clock_advance(1000);
	ck_assert(log_fold_passes(fold, &msgs[0], 100000, text));
	ck_assert_str_eq(text, " (more than 100 lines a second: 99900 others with this id were left out)");
	ck_assert(log_fold_passes(fold, &msgs[0], 100001, text));
	ck_assert_str_eq(text, "");
	log_fold_free(fold);
}
END_TEST

START_TEST(many_keys_and_messages_fit)
{
	struct log_fold *fold = log_fold_new();
	unsigned i, n = 0;

	for (i = 0; i < 1000; i++) {
		ck_assert(log_fold_passes(fold, &msgs[i % 20], i, text));
		clock_advance(5);
	}
	for (i = 0; i < 1000; i++)
		n += !log_fold_passes(fold, &msgs[i % 20], i, text);
	ck_assert_msg(n > 950, "%u of 1000 keys are remembered", n);
	log_fold_free(fold);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("fold");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_key_is_logged_once_in_10_seconds);
	tcase_add_test(tc, a_flood_of_keys_is_limited);
	tcase_add_test(tc, many_keys_and_messages_fit);
	return suite_run(tc);
}
