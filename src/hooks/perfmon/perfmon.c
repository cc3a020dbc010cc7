/* SPDX-License-Identifier: MPL-2.0 */
/*
 * perfmon: how long the server takes, from the datagram in the socket to the response, as statistics, in a command, and
 * with alarms. Times are noted while a message passes through the hook points, and added up when it has ended.
 */
#include "label.h"
#include "number.h"
#include "perfmon/alarms.h"
#include "perfmon/messages.h"
#include "perfmon/names.h"
#include "perfmon/when.h"
#include "subnets.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_TEXT_MAX 320

struct perfmon {
	int family;
	atomic_bool is_on, has_stats;
	atomic_uint n_threads;
	struct durations *durations;
	struct alarms alarms;
	struct kea_library *lib;
	struct kea_timer *timer;
	int64_t width_ms;
	int64_t started_us, ends_ms; /* the interval: wall clock, clock of now_ms() */
};

/* Of a message, in its memory. */
struct packet {
	struct perfmon *perfmon;
	struct sample sample;
};

/* Of a worker. */
struct worker {
	unsigned number; /* + 1 */
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

static struct perfmon *perfmon_of(struct kea_call *call)
{
	return kea->context(kea->library(call));
}

/* --- a message --------------------------------------------------------------------------------------------------- */

static struct kea_message *log_of(const struct perfmon *perfmon)
{
	return messages[perfmon->family == 4 ? M_PERFMON_DHCP4_PKT_EVENTS : M_PERFMON_DHCP6_PKT_EVENTS];
}

static bool is_measured(const struct perfmon *perfmon)
{
	return atomic_load_explicit(&perfmon->is_on, memory_order_relaxed) || kea->log_is_on(log_of(perfmon));
}

static unsigned shard_of(struct perfmon *perfmon)
{
	struct worker *worker = kea->thread_context(perfmon->lib, sizeof(*worker), NULL);

	if (!worker)
		return 0;
	if (!worker->number)
		worker->number = atomic_fetch_add(&perfmon->n_threads, 1) + 1;
	return worker->number;
}

static void packet_ended(void *context)
{
	struct packet *packet = context;
	struct sample *sample = &packet->sample;

	if (!sample->at_us[PROCESS_COMPLETED])
		return;
	sample->at_us[RESPONSE_SENT] = kea->now_us();
	durations_add(packet->perfmon->durations, shard_of(packet->perfmon), sample);
}

static int buffer_receive(struct kea_call *call)
{
	struct perfmon *perfmon = perfmon_of(call);
	const struct kea_object *query;
	struct packet *packet;
	char label[LABEL_MAX];

	if (!is_measured(perfmon))
		return KEA_CONTINUE;
	packet = kea->packet_context(call, sizeof(*packet), packet_ended);
	if (!packet) {
		if (perfmon->family == 4)
			LOG(PERFMON_DHCP4_PKT_PROCESS_ERROR, label_of(call, label), "out of memory");
		else
			LOG(PERFMON_DHCP6_PKT_PROCESS_ERROR, label_of(call, label), "out of memory");
		return KEA_CONTINUE;
	}
	query = kea->argument(call, KEA_ARG_QUERY, 0);
	packet->perfmon = perfmon;
	packet->sample.at_us[SOCKET_RECEIVED] = number_of(query, KEA_PACKET_SOCKET_US);
	packet->sample.at_us[BUFFER_READ] = number_of(query, KEA_PACKET_READ_US);
	packet->sample.at_us[PROCESS_STARTED] = kea->now_us();
	return KEA_CONTINUE;
}

static void log_events(struct kea_call *call, const struct perfmon *perfmon, const struct sample *sample)
{
	int64_t offset = wall_us() - kea->now_us();
	char label[LABEL_MAX], text[EVENTS_TEXT_MAX] = "", when[WHEN_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < RESPONSE_SENT; i++)
		if (sample->at_us[i])
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s : %s", n ? ", " : "",
					      when_text(sample->at_us[i] + offset, when), event_name(i));
	if (perfmon->family == 4)
		LOG(PERFMON_DHCP4_PKT_EVENTS, label_of(call, label), text);
	else
		LOG(PERFMON_DHCP6_PKT_EVENTS, label_of(call, label), text);
}

static int buffer_send(struct kea_call *call)
{
	struct perfmon *perfmon = perfmon_of(call);
	struct packet *packet = is_measured(perfmon) ? kea->packet_context(call, sizeof(*packet), packet_ended) : NULL;
	struct sample *sample;

	/* Measuring began after the message arrived. */
	if (!packet || !packet->perfmon)
		return KEA_CONTINUE;
	sample = &packet->sample;
	sample->at_us[PROCESS_COMPLETED] = kea->now_us();
	sample->query = (uint8_t)number_of(kea->argument(call, KEA_ARG_QUERY, 0), KEA_PACKET_TYPE);
	sample->response = (uint8_t)number_of(kea->argument(call, KEA_ARG_RESPONSE, 0), KEA_PACKET_TYPE);
	sample->subnet = (uint32_t)number_of(kea->argument(call, KEA_ARG_SUBNET, 0), KEA_SUBNET_ID);
	if (kea->log_is_on(log_of(perfmon)))
		log_events(call, perfmon, sample);
	/* Only the events are logged. */
	if (!atomic_load_explicit(&perfmon->is_on, memory_order_relaxed))
		sample->at_us[PROCESS_COMPLETED] = 0;
	return KEA_CONTINUE;
}

/* --- the end of an interval -------------------------------------------------------------------------------------- */

static void report_stat(struct perfmon *perfmon, struct group *group, unsigned pair)
{
	char name[DURATION_NAME_MAX + 64], duration[DURATION_NAME_MAX], subnet[32] = "";

	if (!group->stat[pair]) {
		if (group->subnet)
			(void)snprintf(subnet, sizeof(subnet), "subnet[%u].", group->subnet);
		(void)snprintf(name, sizeof(name), "%sperfmon.%s.mean-usecs", subnet,
			       duration_name(perfmon->family, group, pair, duration));
		group->stat[pair] = kea->stat(perfmon->lib, name);
	}
	if (group->stat[pair])
		kea->stat_set(group->stat[pair], interval_mean(&group->last[pair]));
}

static void report(struct group *group, unsigned pair, void *context)
{
	struct perfmon *perfmon = context;
	struct alarm_row *alarm = alarms_find(&perfmon->alarms, group, pair);

	if (atomic_load_explicit(&perfmon->has_stats, memory_order_relaxed))
		report_stat(perfmon, group, pair);
	if (alarm)
		alarm_check(&perfmon->alarms, alarm, perfmon->family, group, wall_us());
}

static void end_interval(struct perfmon *perfmon)
{
	int64_t now_ms = kea->now_ms();
	uint64_t n_lost;

	if (now_ms < perfmon->ends_ms)
		return;
	n_lost = durations_close(perfmon->durations, perfmon->started_us, report, perfmon);
	if (n_lost)
		LOG(PERFMON_DURATIONS_UNRECORDED, (unsigned long long)n_lost);
	perfmon->started_us = wall_us();
	perfmon->ends_ms = now_ms + perfmon->width_ms;
}

static void on_timer(void *context)
{
	struct perfmon *perfmon = context;
	int64_t left_ms;

	end_interval(perfmon);
	left_ms = perfmon->ends_ms - kea->now_ms();
	(void)kea->timer_start(perfmon->timer, left_ms > 0 ? left_ms : 0);
}

/* --- commands ---------------------------------------------------------------------------------------------------- */

/* Sets a switch to an argument, if the request has it. */
static bool take(const struct kea_json *arguments, const char *key, atomic_bool *is)
{
	const struct kea_json *value = kea->json_get(arguments, key);

	if (value)
		atomic_store(is, kea->json_bool(value) != 0);
	return atomic_load(is);
}

static const char *on_off(bool is)
{
	return is ? "true" : "false";
}

static void control(struct kea_request *request, void *context)
{
	struct perfmon *perfmon = context;
	const struct kea_json *arguments = kea->arguments(request);
	bool is_on = take(arguments, "enable-monitoring", &perfmon->is_on);
	bool has_stats = take(arguments, "stats-mgr-reporting", &perfmon->has_stats);
	char text[80];
	int n = snprintf(text, sizeof(text), "{\"enable-monitoring\":%s,\"stats-mgr-reporting\":%s}", on_off(is_on),
			 on_off(has_stats));

	LOG(PERFMON_CMDS_CONTROL_OK, is_on ? "on" : "off", has_stats ? "on" : "off");
	kea->respond(request, KEA_SUCCESS, kea->json_read(text, (size_t)n), "perfmon-control success");
}

struct text {
	FILE *file;
	const struct perfmon *perfmon;
	unsigned n;
	bool is_set; /* result-set-format */
};

static void add_duration(struct text *text, const struct group *group, unsigned pair)
{
	/* Keys and values: as a map, or as a row whose columns are named once. */
	static const char map[] =
		"%s{\"duration-key\":{\"query-type\":\"%s\",\"response-type\":\"%s\",\"start-event\":\"%s\","
		"\"stop-event\":\"%s\",\"subnet-id\":%u},\"start-time\":\"%s\",\"occurrences\":%llu,"
		"\"min-duration-usecs\":%u,\"max-duration-usecs\":%u,\"total-duration-usecs\":%llu,"
		"\"mean-duration-usecs\":%lld}";
	static const char row[] = "%s[\"%s\",\"%s\",\"%s\",\"%s\",%u,\"%s\",%llu,%u,%u,%llu,%lld]";
	const struct interval *last = &group->last[pair];
	int family = text->perfmon->family;
	char when[WHEN_MAX];

	if (!last->n)
		return;
	(void)fprintf(text->file, text->is_set ? row : map, text->n++ ? "," : "", message_name(family, group->query),
		      message_name(family, group->response), pair_start(pair), pair_stop(pair), group->subnet,
		      when_text(group->started_us[pair], when), (unsigned long long)last->n, last->min_us, last->max_us,
		      (unsigned long long)last->total_us, (long long)interval_mean(last));
}

static void add_durations(struct text *text)
{
	const struct perfmon *perfmon = text->perfmon;
	char when[WHEN_MAX];

	(void)fprintf(text->file, "{\"interval-width-secs\":%lld,\"timestamp\":\"%s\",\"result-set-format\":%s,",
		      (long long)perfmon->width_ms / 1000, when_text(wall_us(), when), on_off(text->is_set));
	if (text->is_set)
		(void)fputs("\"durations-result-set\":{\"columns\":[\"query-type\",\"response-type\",\"start-event\","
			    "\"end-event\",\"subnet-id\",\"interval-start\",\"occurrences\",\"min-duration-usecs\","
			    "\"max-duration-usecs\",\"total-duration-usecs\",\"mean-duration-usecs\"],\"rows\":[",
			    text->file);
	else
		(void)fputs("\"durations\":[", text->file);
	for (size_t i = 0; i < durations_count(perfmon->durations); i++)
		for (unsigned pair = 0; pair < PAIR_N; pair++)
			add_duration(text, durations_at(perfmon->durations, i), pair);
	(void)fputs(text->is_set ? "]}}" : "]}", text->file);
}

static void get_all(struct kea_request *request, void *context)
{
	struct perfmon *perfmon = context;
	struct text text = { .perfmon = perfmon };
	struct kea_json *arguments;
	char *buf = NULL;
	size_t len = 0;

	end_interval(perfmon);
	text.is_set = kea->json_bool(kea->json_get(kea->arguments(request), "result-set-format"));
	text.file = open_memstream(&buf, &len);
	if (text.file) {
		add_durations(&text);
		(void)fclose(text.file);
	}
	arguments = buf ? kea->json_read(buf, len) : NULL;
	free(buf);
	LOG(PERFMON_CMDS_GET_ALL_DURATIONS_OK, text.n);
	kea->respond(request, text.n ? KEA_SUCCESS : KEA_EMPTY, arguments, "perfmon-get-all-durations: %u found",
		     text.n);
}

static void add_commands(struct perfmon *perfmon)
{
	static const char command_control[] = "perfmon-control", command_get[] = "perfmon-get-all-durations";

	(void)kea->command(perfmon->lib, command_control, KEA_WRITE,
			   "Switches the measuring of durations, and their statistics, on or off.", control, perfmon);
	(void)kea->command_argument(perfmon->lib, command_control, "enable-monitoring", KEA_JSON_BOOL, 0,
				    "measures durations; unchanged if missing");
	(void)kea->command_argument(perfmon->lib, command_control, "stats-mgr-reporting", KEA_JSON_BOOL, 0,
				    "updates their statistics; unchanged if missing");
	(void)kea->command(perfmon->lib, command_get, KEA_READ,
			   "Returns all durations that were measured, each of the last interval in which it occurred.",
			   get_all, perfmon);
	(void)kea->command_argument(perfmon->lib, command_get, "result-set-format", KEA_JSON_BOOL, 0,
				    "returns rows, whose columns are named once, instead of maps");
}

/* --- life -------------------------------------------------------------------------------------------------------- */

static int srv_configured(struct kea_call *call)
{
	struct perfmon *perfmon = perfmon_of(call);

	(void)durations_reserve(perfmon->durations, subnet_count(kea->config(call), perfmon->family));
	on_timer(perfmon);
	return KEA_CONTINUE;
}

static void read_parameters(struct perfmon *perfmon)
{
	static const char *const keys[] = {
		"enable-monitoring", "interval-width-secs", "stats-mgr-reporting", "alarm-report-secs", "alarms", NULL
	};
	struct kea_library *lib = perfmon->lib;
	const struct kea_json *parameters = kea->parameters(lib);

	(void)kea->param_keys(lib, parameters, keys);
	atomic_init(&perfmon->is_on, kea->param_bool(lib, parameters, "enable-monitoring", 0));
	atomic_init(&perfmon->has_stats, kea->param_bool(lib, parameters, "stats-mgr-reporting", 1));
	perfmon->width_ms = kea->param_int(lib, parameters, "interval-width-secs", 60, 1, 86400) * 1000;
	perfmon->alarms.report_ms = kea->param_int(lib, parameters, "alarm-report-secs", 300, 0, 86400) * 1000;
	alarms_read(&perfmon->alarms, lib, kea->json_get(parameters, "alarms"));
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const struct {
		const char *point;
		kea_hook_fn *fn;
	} points[] = {
		{ "dhcp#_srv_configured", srv_configured },
		{ "buffer#_receive", buffer_receive },
		{ "buffer#_send", buffer_send },
	};
	struct perfmon *perfmon = calloc(1, sizeof(*perfmon));
	int err = 0;

	messages_register(lib, api);
	if (!perfmon)
		return KEA_E_NOMEM;
	kea->set_context(lib, perfmon);
	perfmon->lib = lib;
	perfmon->family = kea->family(lib);
	read_parameters(perfmon);
	perfmon->durations = durations_new();
	if (!perfmon->durations)
		return KEA_E_NOMEM;
	perfmon->started_us = wall_us();
	perfmon->ends_ms = kea->now_ms() + perfmon->width_ms;
	perfmon->timer = kea->timer(lib, on_timer, perfmon);
	add_commands(perfmon);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]) && !err; i++)
		err = kea->on(lib, points[i].point, points[i].fn);
	if (!err && !kea->is_check(lib))
		LOG(PERFMON_INIT_OK, (long long)perfmon->width_ms / 1000, atomic_load(&perfmon->is_on) ? "on" : "off",
		    perfmon->alarms.n);
	return err;
}

void kea_hook_unload(struct kea_library *lib)
{
	struct perfmon *perfmon = kea->context(lib);

	if (!perfmon)
		return;
	if (!kea->is_check(lib))
		LOG(PERFMON_DEINIT_OK);
	durations_free(perfmon->durations);
	alarms_done(&perfmon->alarms);
	free(perfmon);
}
