/* SPDX-License-Identifier: MPL-2.0 */
/* Every hook point has one place, at an existing step, where its verdicts make sense. */
#include "../suite.h"

#include "serve/slots.h"

#include "hook/library.h"
#include "serve/step.h"

#include <pthread.h>
#include <unistd.h>

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

struct responding {
	struct kea_parked *parked;
	atomic_bool has_begun, has_responded;
};

static void *respond(void *arg)
{
	struct responding *r = arg;

	ck_assert(hook_parked_take(r->parked));
	atomic_store(&r->has_begun, true);
	(void)usleep(20000);
	atomic_store(&r->has_responded, true);
	hook_parked_unref(r->parked);
	return NULL;
}

/* A library resumes a request in its thread while the server ends: the request is there until it has done so. */
START_TEST(a_library_that_responds_is_waited_for)
{
	struct kea_parked *parked = xcalloc(1, sizeof(*parked));
	struct kea_parked *idle = xcalloc(1, sizeof(*idle));
	struct hook_packet packet = { .parked = parked };
	struct responding r = { .parked = parked };
	pthread_t thread;

	atomic_init(&parked->refs, 2);
	atomic_init(&idle->refs, 2);
	parked->next = idle;
	ck_assert(pthread_create(&thread, NULL, respond, &r) == 0);
	while (!atomic_load(&r.has_begun))
		(void)usleep(100);
	hook_packet_settle_wait(&packet);
	ck_assert(atomic_load(&r.has_responded));
	ck_assert_msg(!hook_parked_take(idle), "the library must find that it has ended");
	hook_parked_unref(idle);
	hook_packet_end(&packet);
	(void)pthread_join(thread, NULL);
}
END_TEST

/* Kea's documentation has 18 points for each family, three for both, and two for kea-dhcp-ddns. */
START_TEST(every_documented_point_is_there)
{
	unsigned n[4] = { 0 };

	for (unsigned i = 0; i < HOOK_POINT_N; i++) {
		const struct hook_point *point = &hook_points[i];

		ck_assert_msg(point->name && point->arguments && point->doc && point->families, "point %u", i);
		if (!strchr(point->name, '#'))
			n[point->families == HOOK_POINT_D2 ? 3 : 2]++;
		else
			for (unsigned k = 0; k < 2; k++)
				n[k] += point->families >> k & 1;
	}
	ck_assert_uint_eq(n[0], 18);
	ck_assert_uint_eq(n[1], 18);
	ck_assert_uint_eq(n[2], 3);
	ck_assert_uint_eq(n[3], 2);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("slots");

	tcase_add_test(tcase, every_point_has_one_place);
	tcase_add_test(tcase, verdicts_fit_their_place);
	tcase_add_test(tcase, every_documented_point_is_there);
	tcase_add_test(tcase, a_library_that_responds_is_waited_for);
	return suite_run(tcase);
}
