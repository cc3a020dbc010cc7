/* SPDX-License-Identifier: MPL-2.0 */
/* Every hook point has one place, at an existing step, where its verdicts make sense. */
#include "../suite.h"

#include "serve/slots.h"

#include "serve/step.h"

static bool is_step(const char *name)
{
	for (unsigned i = 0; i < pipeline_n; i++)
		if (!strcmp(pipeline_steps[i].name, name))
			return true;
	return false;
}

START_TEST(every_point_has_one_place)
{
	unsigned n[HOOK_POINT_N] = { 0 };

	for (unsigned i = 0; i < slots_n; i++) {
		ck_assert_msg((slots[i].step != NULL) == (slots[i].when != SLOT_OUTSIDE), "slot %u", i);
		ck_assert_msg(!slots[i].step || is_step(slots[i].step), "%s is no step", slots[i].step);
		n[slots[i].point]++;
	}
	for (unsigned i = 0; i < HOOK_POINT_N; i++)
		ck_assert_msg(n[i] == 1, "%s has %u places", hook_points[i].name, n[i]);
}
END_TEST

START_TEST(verdicts_fit_their_place)
{
	for (unsigned i = 0; i < slots_n; i++) {
		const struct hook_point *point = &hook_points[slots[i].point];

		/* A lease cannot wait without its message. */
		ck_assert_msg((slots[i].when != SLOT_EACH_LEASE && slots[i].when != SLOT_EACH_ENDED) ||
				      !point->may_park,
			      "%s", point->name);
		ck_assert_msg(point->skip != SKIP_STEP || slots[i].when == SLOT_BEFORE, "%s", point->name);
		ck_assert_msg((point->skip != SKIP_LEASE && point->skip != SKIP_CHANGE) ||
				      slots[i].when == SLOT_EACH_LEASE || slots[i].when == SLOT_EACH_ENDED ||
				      slots[i].when == SLOT_OUTSIDE,
			      "%s", point->name);
	}
}
END_TEST

/* Kea's documentation has 18 points for each family, and three for both. */
START_TEST(every_documented_point_is_there)
{
	unsigned n[3] = { 0 };

	for (unsigned i = 0; i < HOOK_POINT_N; i++) {
		const struct hook_point *point = &hook_points[i];

		ck_assert_msg(point->name && point->arguments && point->doc && point->families, "point %u", i);
		if (!strchr(point->name, '#'))
			n[2]++;
		else
			for (unsigned k = 0; k < 2; k++)
				n[k] += point->families >> k & 1;
	}
	ck_assert_uint_eq(n[0], 18);
	ck_assert_uint_eq(n[1], 18);
	ck_assert_uint_eq(n[2], 3);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("slots");

	tcase_add_test(tcase, every_point_has_one_place);
	tcase_add_test(tcase, verdicts_fit_their_place);
	tcase_add_test(tcase, every_documented_point_is_there);
	return suite_run(tcase);
}
