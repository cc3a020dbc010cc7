/* SPDX-License-Identifier: MPL-2.0 */
#include "perfmon/alarms.h"

#include "perfmon/messages.h"
#include "perfmon/names.h"
#include "perfmon/when.h"

#include <stdio.h>
#include <stdlib.h>

#define ALARMS_MAX 1000
#define MS_MAX INT64_C(86400000)

/* Returns the value of a key that must be there; NULL after an error. */
static const char *need(struct kea_library *lib, const struct kea_json *map, const char *key)
{
	const struct kea_json *value = kea->json_get(map, key);

	if (value)
		return kea->param_text(lib, map, key, NULL);
	(void)kea->fail(lib, map, "\"%s\" is missing", key);
	return NULL;
}

static bool read_type(struct kea_library *lib, const struct kea_json *map, const char *key, uint8_t *ret)
{
	const char *name = need(lib, map, key);
	int type;

	if (!name)
		return false;
	type = message_type(kea->family(lib), name);
	if (type < 0) {
		(void)kea->fail(lib, kea->json_get(map, key), "\"%s\": \"%s\" is not a message that is measured", key,
				name);
		return false;
	}
	*ret = (uint8_t)type;
	return true;
}

static bool read_key(struct alarm_row *alarm, struct kea_library *lib, const struct kea_json *map)
{
	static const char *const keys[] = { "query-type", "response-type", "start-event",
					    "stop-event", "subnet-id",     NULL };
	int family = kea->family(lib), pair;
	const char *start, *stop;

	if (kea->param_keys(lib, map, keys) < 0 || !read_type(lib, map, "query-type", &alarm->query) ||
	    !read_type(lib, map, "response-type", &alarm->response))
		return false;
	if (!message_responds(family, alarm->query, alarm->response)) {
		(void)kea->fail(lib, kea->json_get(map, "response-type"), "%s is not a response to %s",
				message_name(family, alarm->response), message_name(family, alarm->query));
		return false;
	}
	start = need(lib, map, "start-event");
	stop = need(lib, map, "stop-event");
	if (!start || !stop)
		return false;
	pair = pair_find(start, stop);
	if (pair < 0) {
		(void)kea->fail(
			lib, kea->json_get(map, "start-event"),
			"the time from \"%s\" to \"%s\" is not measured: the events are socket_received, buffer_read, "
			"process_started, process_completed and response_sent, each to the next one, or composite "
			"to total_response",
			start, stop);
		return false;
	}
	alarm->pair = (unsigned)pair;
	alarm->subnet = (uint32_t)kea->param_int(lib, map, "subnet-id", 0, 0, UINT32_MAX);
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct alarm_row *x = a, *y = b;

	if (x->subnet != y->subnet)
		return x->subnet < y->subnet ? -1 : 1;
	if (x->query != y->query)
		return x->query - y->query;
	return x->response != y->response ? x->response - y->response : (int)x->pair - (int)y->pair;
}

static bool read_alarm(struct alarm_row *alarm, struct kea_library *lib, const struct kea_json *map)
{
	static const char *const keys[] = { "duration-key", "enable-alarm", "high-water-ms", "low-water-ms", NULL };
	static const char *const needed[] = { "duration-key", "high-water-ms", "low-water-ms" };

	if (kea->param_keys(lib, map, keys) < 0)
		return false;
	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!kea->json_get(map, needed[i])) {
			(void)kea->fail(lib, map, "\"%s\" is missing", needed[i]);
			return false;
		}
	if (!read_key(alarm, lib, kea->json_get(map, "duration-key")))
		return false;
	alarm->is_enabled = kea->param_bool(lib, map, "enable-alarm", 1);
	alarm->high_ms = kea->param_int(lib, map, "high-water-ms", 2, 1, MS_MAX);
	alarm->low_ms = kea->param_int(lib, map, "low-water-ms", 1, 1, MS_MAX);
	if (alarm->low_ms < alarm->high_ms)
		return true;
	(void)kea->fail(lib, kea->json_get(map, "low-water-ms"),
			"\"low-water-ms\" must be less than \"high-water-ms\"");
	return false;
}

void alarms_read(struct alarms *alarms, struct kea_library *lib, const struct kea_json *list)
{
	size_t n = kea->json_count(list);

	if (!list)
		return;
	if (kea->json_type(list) != KEA_JSON_LIST || n > ALARMS_MAX) {
		(void)kea->fail(lib, list, "\"alarms\": expected a list of at most %d maps", ALARMS_MAX);
		return;
	}
	alarms->v = calloc(n + 1, sizeof(*alarms->v));
	for (size_t i = 0; alarms->v && i < n; i++) {
		const struct kea_json *map = kea->json_at(list, i, NULL);
		struct alarm_row *alarm = &alarms->v[alarms->n];
		unsigned k = 0;

		if (!read_alarm(alarm, lib, map))
			continue;
		while (compare(&alarms->v[k], alarm) != 0)
			k++;
		if (k < alarms->n)
			(void)kea->fail(lib, map, "there is an alarm for this duration already");
		else
			alarms->n++;
	}
	if (alarms->n)
		qsort(alarms->v, alarms->n, sizeof(*alarms->v), compare);
}

void alarms_done(struct alarms *alarms)
{
	free(alarms->v);
}

struct alarm_row *alarms_find(const struct alarms *alarms, const struct group *group, unsigned pair)
{
	const struct alarm_row wanted = {
		.query = group->query, .response = group->response, .subnet = group->subnet, .pair = pair
	};

	return alarms->n ? bsearch(&wanted, alarms->v, alarms->n, sizeof(*alarms->v), compare) : NULL;
}

void alarm_check(const struct alarms *alarms, struct alarm_row *alarm, int family, const struct group *group,
		 int64_t now_us)
{
	int64_t mean = interval_mean(&group->last[alarm->pair]), now_ms = kea->now_ms();
	char name[DURATION_NAME_MAX + 32], duration[DURATION_NAME_MAX], since[WHEN_MAX];

	if (!alarm->is_enabled)
		return;
	(void)snprintf(name, sizeof(name), group->subnet ? "%s in subnet %u" : "%s",
		       duration_name(family, group, alarm->pair, duration), group->subnet);
	if (alarm->is_triggered && mean < alarm->low_ms * 1000) {
		alarm->is_triggered = false;
		LOG(PERFMON_ALARM_CLEARED, name, (long long)mean, (long long)alarm->low_ms);
		return;
	}
	if (alarm->is_triggered ? now_ms - alarm->logged_ms < alarms->report_ms : mean <= alarm->high_ms * 1000)
		return;
	if (!alarm->is_triggered)
		alarm->since_us = now_us;
	alarm->is_triggered = true;
	alarm->logged_ms = now_ms;
	LOG(PERFMON_ALARM_TRIGGERED, name, when_text(alarm->since_us, since), (long long)mean,
	    (long long)alarm->high_ms);
}
