/* SPDX-License-Identifier: MPL-2.0 */
/* What the server does while a database cannot be reached, for every on-fail and max-reconnect-tries. */
#include "../suite.h"

#include "daemon/outage.h"

#include <pthread.h>

/*
 * Events: l lost, c connected, r retried. Actions expected after each: B begins, E ends, T tried, N no more, X exit,
 * S stop, R resume; '-' for none; separated by blanks.
 */
static const struct {
	enum database_on_fail on_fail;
	uint32_t max;
	const char *events, *actions;
} table[] = {
	/* Kea's default: the first failure is the last. */
	{ ON_FAIL_STOP_EXIT, 0, "lr", "BS TX" },
	{ ON_FAIL_SERVE_EXIT, 0, "lr", "B TX" },
	{ ON_FAIL_SERVE, 0, "lrrrc", "B TN T T E" },
	{ ON_FAIL_CACHED, 0, "lrrrc", "B TN T T E" },
	/* Back at once: the attempt that follows a loss succeeds, as with several hosts. */
	{ ON_FAIL_STOP_EXIT, 0, "lclc", "BS ER BS ER" },
	{ ON_FAIL_SERVE_EXIT, 0, "lc", "B E" },
	/* Three attempts, and all three again after a success. */
	{ ON_FAIL_STOP_EXIT, 3, "lrrclrrr", "BS T T ER BS T T TX" },
	{ ON_FAIL_SERVE_EXIT, 3, "lrrclrrr", "B T T E B T T TX" },
	{ ON_FAIL_SERVE, 3, "lrrrrc", "B T T TN T E" },
	{ ON_FAIL_CACHED, 3, "lrrrrclrrr", "B T T TN T E B T T TN" },
	/* Exits once, not at each further attempt. */
	{ ON_FAIL_STOP_EXIT, 2, "lrrr", "BS T TX T" },
	/* Never connected. */
	{ ON_FAIL_STOP_EXIT, 2, "rrc", "BST TX ER" },
	{ ON_FAIL_SERVE_EXIT, 1, "r", "BTX" },
	{ ON_FAIL_SERVE, 2, "rrrc", "BT TN T E" },
	/* No news. */
	{ ON_FAIL_STOP_EXIT, 5, "cllcc", "- BS - ER -" },
};

static void add_actions(struct str *out, unsigned actions)
{
	static const struct {
		unsigned bit;
		char letter;
	} letters[] = { { OUTAGE_BEGINS, 'B' }, { OUTAGE_STOP, 'S' },    { OUTAGE_ENDS, 'E' }, { OUTAGE_RESUME, 'R' },
			{ OUTAGE_TRIED, 'T' },  { OUTAGE_NO_MORE, 'N' }, { OUTAGE_EXIT, 'X' } };

	if (!actions)
		str_addc(out, '-');
	for (unsigned i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (actions & letters[i].bit)
			str_addc(out, letters[i].letter);
}

START_TEST(states)
{
	struct outage_state state = { .on_fail = table[_i].on_fail, .tries_max = table[_i].max };
	struct str got = { 0 };

	for (const char *e = table[_i].events; *e; e++) {
		if (got.len)
			str_addc(&got, ' ');
		add_actions(&got, outage_next(&state, *e == 'l' ? DB_LOST : *e == 'c' ? DB_CONNECTED : DB_RETRIED));
	}
	ck_assert_msg(!strcmp(str_text(&got), table[_i].actions), "on-fail %d, tries %u, events %s: %s, expected %s",
		      (int)table[_i].on_fail, table[_i].max, table[_i].events, str_text(&got), table[_i].actions);
	str_free(&got);
}
END_TEST

struct seen {
	struct str actions;
	char why[256];
};

static void note(void *ctx, struct outage *outage, unsigned actions)
{
	struct seen *seen = ctx;

	if (seen->actions.len)
		str_addc(&seen->actions, ' ');
	add_actions(&seen->actions, actions);
	(void)snprintf(seen->why, sizeof(seen->why), "%s", outage->why);
}

static void *report(void *outage)
{
	outage_event(outage, DB_LOST, "gone");
	outage_event(outage, DB_RETRIED, "refused");
	outage_event(outage, DB_RETRIED, "refused again");
	return NULL;
}

/* Events of another thread are acted upon by the loop's, all of them and in order; an outage that is freed is over. */
START_TEST(threads)
{
	struct database_conf conf = { .on_fail = ON_FAIL_CACHED, .max_reconnect_tries = 2, .type = DATABASE_MYSQL };
	struct loop *loop = loop_new();
	struct seen seen = { .why = "" };
	struct outage *outage = outage_new(loop, &conf, "lease", note, &seen);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, report, outage), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(seen.actions.len, 0);
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	ck_assert_str_eq(str_text(&seen.actions), "B T TN");
	ck_assert_str_eq(seen.why, "refused again");
	str_reset(&seen.actions);
	outage_event(outage, DB_CONNECTED, "");
	outage_event(outage, DB_LOST, "gone");
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	ck_assert_uint_eq(seen.actions.len, 0);
	outage_free(outage);
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	ck_assert_uint_eq(seen.actions.len, 0);
	/* One that has stopped the service no longer does. */
	conf.on_fail = ON_FAIL_STOP_EXIT;
	outage = outage_new(loop, &conf, "lease", note, &seen);
	outage_event(outage, DB_LOST, "gone");
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	outage_free(outage);
	ck_assert_int_eq(loop_run_once(loop, 0), 0);
	ck_assert_str_eq(str_text(&seen.actions), "BS R");
	str_free(&seen.actions);
	loop_free(loop);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("outage");

	tcase_add_loop_test(tc, states, 0, (int)(sizeof(table) / sizeof(table[0])));
	tcase_add_test(tc, threads);
	return suite_run(tc);
}
