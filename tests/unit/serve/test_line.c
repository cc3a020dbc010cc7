/* SPDX-License-Identifier: MPL-2.0 */
/* The table of log lines about requests: texts and arguments match, and no row is unreachable. */
#include "../suite.h"

#include "serve/drop.h"
#include "serve/event.h"
#include "serve/family.h"
#include "serve/report.h"

#include <stdlib.h>

static unsigned check_list(const struct line *line)
{
	unsigned n = 0;

	for (; line && line->msg; line++, n++) {
		ck_assert_msg(line_is_right(line), "%s: the arguments are not those of \"%s\"", line->msg->id,
			      line->text);
		ck_assert_msg(line->when || line->goes_on || !line[1].msg, "%s: what comes after it is never logged",
			      line->msg->id);
	}
	return n;
}

static unsigned check_table(const struct line *const *table, unsigned size)
{
	unsigned n = 0;

	for (unsigned i = 0; table && i < size; i++)
		n += check_list(table[i]);
	return n;
}

/* report_bound() and report_chosen() look at them only if a debug message is enabled. */
static void check_debug(const struct line *const *table, unsigned size)
{
	for (unsigned i = 0; table && i < size; i++)
		for (const struct line *line = table[i]; line && line->msg; line++)
			ck_assert_msg(line->msg->severity == LOG_DBG, "%s is not a debug message", line->msg->id);
}

START_TEST(rows_are_right)
{
	const struct family *fam = _i ? &family6 : &family4;
	const struct line_tables *lines = fam->lines;
	unsigned n = check_table(lines->message, fam->n_messages);

	n += check_table(lines->ia, fam->n_messages);
	n += check_table(lines->binding, fam->n_messages);
	n += check_table(lines->removed, fam->n_messages);
	n += check_table(lines->end, fam->n_messages);
	n += check_table(lines->events, EVENT_N);
	n += check_table(lines->drops, DROP_N);
	n += check_list(lines->chosen);
	n += check_list(lines->not_chosen);
	check_debug(lines->message, fam->n_messages);
	check_debug(lines->ia, fam->n_messages);
	check_debug(lines->binding, fam->n_messages);
	check_debug(lines->removed, fam->n_messages);
	check_debug(lines->end, fam->n_messages);
	check_debug(&lines->chosen, 1);
	check_debug(&lines->not_chosen, 1);
	ck_assert_uint_gt(n, 50);
	ck_assert_ptr_nonnull(lines->drops[DROP_NONE]);
}
END_TEST

static struct log_msg some = { .id = "SOME" };

START_TEST(wrong_rows_are_found)
{
	static const struct {
		struct line line;
		bool is_right;
	} rows[] = {
		{ { .text = "no argument" }, true },
		{ { .text = "%s: 100 %% of %u", .args = { SAY_LABEL, SAY_VALID } }, true },
		{ { .text = "%s: %llu more", .args = { SAY_LABEL, SAY_IAID } }, true },
		{ { .text = "%s: one too many", .args = { SAY_LABEL, SAY_VALID } }, false },
		{ { .text = "%s: one is missing %u", .args = { SAY_LABEL } }, false },
		{ { .text = "%s: a number %u", .args = { SAY_LABEL, SAY_ADDRESS } }, false },
		{ { .text = "%s: a text %s", .args = { SAY_LABEL, SAY_IAID } }, false },
		{ { .text = "%s: folded%s", .often = LINE_ONCE, .args = { SAY_LABEL } }, true },
		{ { .text = "%s: folded", .often = LINE_ONCE, .args = { SAY_LABEL } }, false },
		{ { .text = "%s: not folded%s", .args = { SAY_LABEL } }, false },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct line line = rows[i].line;

		line.msg = &some;
		ck_assert_msg(line_is_right(&line) == rows[i].is_right, "row %u", i);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("line");

	tcase_add_loop_test(tc, rows_are_right, 0, 2);
	tcase_add_test(tc, wrong_rows_are_found);
	return suite_run(tc);
}
