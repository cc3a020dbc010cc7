/* SPDX-License-Identifier: MPL-2.0 */
/*
 * legal_log: a line for each lease that a client gets or gives back, in a file or in syslog. A response is sent once
 * its lines were written, so that no client has a lease which the log does not know.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "legal_log/messages.h"
#include "legal_log/sentence.h"
#include "legal_log/sink.h"
#include "number.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define DEFAULT_TIMESTAMP "%Y-%m-%d %H:%M:%S %Z"
#define DEFAULT_PATTERN "%-5p [%c.%t] %m\n"
#define LOGGER "legal-log-hooks"
#define COUNT_MAX 1000000

struct legal {
	struct sink *sink; /* NULL with -t */
	const struct kea_expression *request, *response;
	bool is_v6;
	char logger[32]; /* of lines for syslog */
};

/* The subnets whose leases are not logged, of a configuration; sorted. */
struct silent {
	size_t n;
	uint32_t ids[];
};

/* What is logged when the changes are durable, of a message. */
struct ended {
	struct ended *next;
	size_t len;
	char text[];
};
struct packet {
	struct ended *first, **last;
};

/* The entry that is queued next: the last one of a message makes it wait. */
struct pending {
	size_t len;
	char text[SINK_LINE_MAX];
};

enum { RELEASE4 = 7, DECLINE4 = 4, OFFER4 = 2, RELEASE6 = 8, DECLINE6 = 9, ADVERTISE6 = 2 };

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

/* --- subnets that are not logged ------------------------------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool is_silent(struct kea_call *call, uint32_t subnet_id)
{
	const struct silent *silent = kea->config_context(call);

	return silent && bsearch(&subnet_id, silent->ids, silent->n, sizeof(subnet_id), compare);
}

static bool is_logged(struct kea_call *call, const struct kea_object *lease)
{
	return !is_silent(call, (uint32_t)number_of(lease, KEA_LEASE_SUBNET_ID));
}

/* Adds the silent ones of a list of subnets, if there is memory for ids; returns how many there are. */
static size_t add_silent(const struct kea_json *subnets, struct silent *silent)
{
	size_t n = 0;

	for (size_t i = 0; i < kea->json_count(subnets); i++) {
		const struct kea_json *subnet = kea->json_at(subnets, i, NULL);
		const struct kea_json *is = kea->json_get(kea->json_get(subnet, "user-context"), "legal-logging");

		if (kea->json_type(is) != KEA_JSON_BOOL || kea->json_bool(is))
			continue;
		n++;
		if (silent)
			silent->ids[silent->n++] = (uint32_t)kea->json_int(kea->json_get(subnet, "id"));
	}
	return n;
}

static size_t add_all_silent(const struct kea_json *config, const char *key, struct silent *silent)
{
	const struct kea_json *networks = kea->json_get(config, "shared-networks");
	size_t n = add_silent(kea->json_get(config, key), silent);

	for (size_t i = 0; i < kea->json_count(networks); i++)
		n += add_silent(kea->json_get(kea->json_at(networks, i, NULL), key), silent);
	return n;
}

static int srv_configured(struct kea_call *call)
{
	const char *key = kea->family(kea->library(call)) == 6 ? "subnet6" : "subnet4";
	const struct kea_json *config = kea->config(call);
	size_t n = add_all_silent(config, key, NULL);
	struct silent *silent = n ? calloc(1, sizeof(*silent) + n * sizeof(silent->ids[0])) : NULL;

	if (n && !silent)
		return KEA_DROP;
	if (!silent)
		return KEA_CONTINUE;
	(void)add_all_silent(config, key, silent);
	qsort(silent->ids, silent->n, sizeof(silent->ids[0]), compare);
	if (kea->set_config_context(call, silent, free) < 0)
		free(silent);
	return KEA_CONTINUE;
}

/* --- entries --------------------------------------------------------------------------------------------------------
 */

static struct pending *pending_of(struct kea_call *call)
{
	struct pending *pending = kea->thread_context(kea->library(call), sizeof(*pending), NULL);

	if (pending)
		pending->len = 0;
	return pending;
}

static void queue(const struct legal *legal, struct pending *pending, const char *text, size_t len)
{
	if (!len)
		return;
	if (pending->len)
		(void)sink_add(legal->sink, pending->text, pending->len, NULL);
	pending->len = len < sizeof(pending->text) ? len : sizeof(pending->text);
	memcpy(pending->text, text, pending->len);
}

/* Queues the last entry. With a response, the packet waits until it is written; returns what the hook function does. */
static int finish(struct kea_call *call, const struct legal *legal, const struct pending *pending, bool has_response)
{
	struct kea_parked *parked;

	if (!pending->len)
		return KEA_CONTINUE;
	/* Beyond parked-packet-limit, responses do not wait: the entries are in the queue. */
	parked = has_response ? kea->park(call, 0, NULL, NULL) : NULL;
	(void)sink_add(legal->sink, pending->text, pending->len, parked);
	return parked ? KEA_PARK : KEA_CONTINUE;
}

static bool has_expressions(const struct legal *legal)
{
	return legal->request || legal->response;
}

static void add_expression(struct text *text, struct kea_object *packet, const struct kea_object *lease,
			   const struct kea_expression *expression)
{
	size_t len = 0;
	const char *value = packet && expression ? kea->evaluate_lease(packet, lease, expression, &len) : NULL;

	if (!value)
		return;
	/* Not as text: it may contain zeros. */
	len = len < text->size - text->len ? len : text->size - text->len - 1;
	memcpy(text->buf + text->len, value, len);
	text->len += len;
}

/* Writes the entry of a lease; its length is 0 if expressions have no text for it. */
static void write_entry(struct text *text, struct kea_call *call, const struct legal *legal,
			const struct kea_object *lease, bool has_ended)
{
	if (!has_expressions(legal)) {
		sentence_add(text, call, lease, has_ended);
		return;
	}
	add_expression(text, kea->argument(call, KEA_ARG_QUERY, 0), lease, legal->request);
	add_expression(text, kea->argument(call, KEA_ARG_RESPONSE, 0), lease, legal->response);
}

static void queue_leases(struct kea_call *call, const struct legal *legal, struct pending *pending,
			 enum kea_argument which, bool have_ended)
{
	struct kea_object *lease;

	for (unsigned i = 0; (lease = kea->argument(call, which, i)) != NULL; i++) {
		char buf[SINK_LINE_MAX];
		struct text text = { .buf = buf, .size = sizeof(buf) };

		if (!is_logged(call, lease))
			continue;
		write_entry(&text, call, legal, lease, have_ended);
		queue(legal, pending, buf, text.len);
	}
}

static bool gives_back(struct kea_call *call, const struct legal *legal)
{
	int64_t type = number_of(kea->argument(call, KEA_ARG_QUERY, 0), KEA_PACKET_TYPE);

	return legal->is_v6 ? type == RELEASE6 || type == DECLINE6 : type == RELEASE4 || type == DECLINE4;
}

/* What a client gives back is described before the lease changes, and logged once that is durable. */
static int given_back(struct kea_call *call)
{
	const struct legal *legal = kea->context(kea->library(call));
	const struct kea_object *lease = kea->argument(call, KEA_ARG_LEASE, 0);
	struct packet *packet = kea->packet_context(call, sizeof(*packet), NULL);
	char buf[SINK_LINE_MAX];
	struct text text = { .buf = buf, .size = sizeof(buf) };
	struct ended *ended;

	if (!packet || !lease || has_expressions(legal) || !is_logged(call, lease))
		return KEA_CONTINUE;
	sentence_add(&text, call, lease, true);
	ended = kea->packet_alloc(call, sizeof(*ended) + text.len);
	if (!ended)
		return KEA_CONTINUE;
	memcpy(ended->text, buf, text.len);
	ended->len = text.len;
	*(packet->last ? packet->last : &packet->first) = ended;
	packet->last = &ended->next;
	return KEA_CONTINUE;
}

static int log_given_back(struct kea_call *call, const struct legal *legal, bool has_response)
{
	const struct kea_object *object = kea->argument(call, KEA_ARG_CALL, 0);
	const struct packet *packet = kea->packet_context(call, sizeof(*packet), NULL);
	struct pending *pending = pending_of(call);

	/* Without a change: another library kept the leases as they are. */
	if (!pending || !packet ||
	    !(number_of(object, KEA_CALL_N_LEASES) + number_of(object, KEA_CALL_N_DELETED_LEASES)))
		return KEA_CONTINUE;
	if (has_expressions(legal)) {
		queue_leases(call, legal, pending, KEA_ARG_LEASES, true);
		queue_leases(call, legal, pending, KEA_ARG_DELETED_LEASES, true);
	}
	for (const struct ended *ended = packet->first; ended; ended = ended->next)
		queue(legal, pending, ended->text, ended->len);
	return finish(call, legal, pending, has_response);
}

/* In DHCPv4, there is no response to what gives a lease back. */
static int committed(struct kea_call *call)
{
	const struct legal *legal = kea->context(kea->library(call));

	return legal->sink && !legal->is_v6 && gives_back(call, legal) ? log_given_back(call, legal, false)
								       : KEA_CONTINUE;
}

static int pkt_send(struct kea_call *call)
{
	const struct legal *legal = kea->context(kea->library(call));
	int64_t type = number_of(kea->argument(call, KEA_ARG_RESPONSE, 0), KEA_PACKET_TYPE);
	struct pending *pending;

	if (!legal->sink || type == (legal->is_v6 ? ADVERTISE6 : OFFER4))
		return KEA_CONTINUE;
	if (gives_back(call, legal))
		return log_given_back(call, legal, true);
	pending = pending_of(call);
	if (!pending)
		return KEA_CONTINUE;
	queue_leases(call, legal, pending, KEA_ARG_LEASES, false);
	queue_leases(call, legal, pending, KEA_ARG_DELETED_LEASES, true);
	return finish(call, legal, pending, true);
}

/* --- commands -------------------------------------------------------------------------------------------------------
 */

/* A value of a command's arguments, as it was written. Returns false if there is none. */
static bool add_argument(struct text *text, const char *before, const struct kea_json *arguments, const char *key)
{
	const char *value = kea->json_text(kea->json_get(arguments, key));

	if (!*value)
		return false;
	text_add(text, "%s%s", before, value);
	return true;
}

/* What a lease that was added or updated consists of. */
static void add_lease(struct text *text, const struct legal *legal, const struct kea_json *arguments)
{
	const struct kea_json *lifetime = kea->json_get(arguments, "valid-lft");
	bool is_prefix = !strcmp(kea->json_text(kea->json_get(arguments, "type")), "IA_PD");

	(void)add_argument(text, is_prefix ? "prefix: " : "address: ", arguments, "ip-address");
	if (is_prefix)
		text_add(text, "/%lld", (long long)kea->json_int(kea->json_get(arguments, "prefix-len")));
	if (legal->is_v6) {
		(void)add_argument(text, " to a device with DUID: ", arguments, "duid");
		(void)add_argument(text, ", hardware address: ", arguments, "hw-address");
	} else {
		(void)add_argument(text, " to a device with hardware address: ", arguments, "hw-address");
		(void)add_argument(text, ", client-id: ", arguments, "client-id");
	}
	if (lifetime) {
		text_add(text, " for ");
		sentence_add_duration(text, kea->json_int(lifetime));
	}
}

static void add_deleted(struct text *text, const struct kea_json *arguments)
{
	if (add_argument(text, "deleted the lease for address: ", arguments, "ip-address"))
		return;
	(void)add_argument(text, "deleted a lease for a device identified by: ", arguments, "identifier-type");
	(void)add_argument(text, " of ", arguments, "identifier");
}

/* Commands that add, change or delete a lease; there is no packet, and no expressions. */
static int command_processed(struct kea_call *call)
{
	const struct legal *legal = kea->context(kea->library(call));
	const struct kea_object *object = kea->argument(call, KEA_ARG_CALL, 0);
	const struct kea_json *arguments = kea->command_arguments(call);
	const char *origin = kea->json_text(kea->json_get(arguments, "origin"));
	char name[32], buf[SINK_LINE_MAX];
	struct text text = { .buf = buf, .size = sizeof(buf) };
	const char *verb = name + strlen("lease4");

	if (!legal->sink || number_of(object, KEA_CALL_RESULT) ||
	    kea->get_text(object, KEA_CALL_COMMAND, name, sizeof(name)) < 0 ||
	    strncmp(name, legal->is_v6 ? "lease6-" : "lease4-", strlen("lease4-")) != 0 ||
	    is_silent(call, (uint32_t)kea->json_int(kea->json_get(arguments, "subnet-id"))))
		return KEA_CONTINUE;
	text_add(&text, "%s ", !strcmp(origin, "ha-partner") ? "HA partner" : "Administrator");
	if (!strcmp(verb, "-add")) {
		text_add(&text, "added a lease of ");
		add_lease(&text, legal, arguments);
	} else if (!strcmp(verb, "-update")) {
		text_add(&text, "updated information on the lease of ");
		add_lease(&text, legal, arguments);
	} else if (!strcmp(verb, "-del")) {
		add_deleted(&text, arguments);
	} else {
		return KEA_CONTINUE;
	}
	(void)sink_add(legal->sink, buf, text.len, NULL);
	return KEA_CONTINUE;
}

static const struct {
	const char *point;
	kea_hook_fn *fn;
} points[] = {
	{ "dhcp#_srv_configured", srv_configured },
	{ "lease#_release", given_back },
	{ "lease#_decline", given_back },
	{ "leases#_committed", committed },
	{ "pkt#_send", pkt_send },
	{ "command_processed", command_processed },
};

/* --- parameters -----------------------------------------------------------------------------------------------------
 */

static const char *default_directory(void)
{
	const char *env = getenv("KEA_LEGAL_LOG_DIR");

	return env && *env ? env : KEA_LEGAL_DIR;
}

/* True if the path is the directory or in it, however both are written. */
static bool is_inside(const char *path, const char *directory)
{
	char *real = realpath(directory, NULL), *other = realpath(path, NULL);
	size_t len = real ? strlen(real) : 0;
	bool inside = real && other && !strncmp(other, real, len) && (!other[len] || other[len] == '/' || len == 1);

	free(real);
	free(other);
	return inside;
}

static void set_directory(struct kea_library *lib, const struct kea_json *parameters, struct file_conf *conf)
{
	const struct kea_json *value = kea->json_get(parameters, "path");
	const char *directory = default_directory();
	struct stat st;

	conf->directory = kea->param_text(lib, parameters, "path", directory);
	if (stat(conf->directory, &st) < 0)
		(void)kea->fail(lib, value, "cannot write to %s: %s", conf->directory, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		(void)kea->fail(lib, value, "cannot write to %s: it is not a directory", conf->directory);
	else if (!is_inside(conf->directory, directory))
		(void)kea->fail(lib, value,
				"invalid path specified: legal logs are in %s only; use that, or set KEA_LEGAL_LOG_DIR",
				directory);
}

static const char *program(struct kea_library *lib, const struct kea_json *parameters, const char *key)
{
	const struct kea_json *value = kea->json_get(parameters, key);
	const char *path = kea->param_text(lib, parameters, key, "");
	struct stat st;

	if (!*path)
		return NULL;
	if (*path != '/' || stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		(void)kea->fail(lib, value, "cannot run %s: expected the absolute path of an executable file", path);
	else if (st.st_mode & S_IWOTH)
		(void)kea->fail(lib, value, "other users may write to the program %s", path);
	return path;
}

static void set_file(struct kea_library *lib, const struct kea_json *parameters, struct file_conf *conf)
{
	const char *unit = kea->param_text(lib, parameters, "time-unit", file_units[FILE_DAY]);

	set_directory(lib, parameters, conf);
	conf->base = kea->param_text(lib, parameters, "base-name", "kea-legal");
	if (!*conf->base || strchr(conf->base, '/') || strlen(conf->base) > 200)
		(void)kea->fail(lib, kea->json_get(parameters, "base-name"),
				"\"base-name\" is the beginning of a file name, at most 200 bytes without \"/\"");
	while (conf->unit < FILE_UNIT_N && strcmp(unit, file_units[conf->unit]) != 0)
		conf->unit++;
	if (conf->unit == FILE_UNIT_N)
		(void)kea->fail(lib, kea->json_get(parameters, "time-unit"),
				"\"time-unit\" is \"%s\", expected second, day, month or year", unit);
	conf->count = (unsigned)kea->param_int(lib, parameters, "count", 1, 0, COUNT_MAX);
	conf->prerotate = program(lib, parameters, "prerotate");
	conf->postrotate = program(lib, parameters, "postrotate");
}

static int facility_of(const char *name)
{
	static const struct {
		const char *name;
		int facility;
	} rows[] = {
		{ "kern", LOG_KERN },     { "user", LOG_USER },         { "mail", LOG_MAIL },
		{ "daemon", LOG_DAEMON }, { "auth", LOG_AUTH },         { "syslog", LOG_SYSLOG },
		{ "lpr", LOG_LPR },       { "news", LOG_NEWS },         { "uucp", LOG_UUCP },
		{ "cron", LOG_CRON },     { "authpriv", LOG_AUTHPRIV }, { "ftp", LOG_FTP },
		{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },     { "local2", LOG_LOCAL2 },
		{ "local3", LOG_LOCAL3 }, { "local4", LOG_LOCAL4 },     { "local5", LOG_LOCAL5 },
		{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcasecmp(name, rows[i].name))
			return rows[i].facility;
	return -1;
}

static void set_syslog(struct kea_library *lib, const struct kea_json *parameters, struct sink_conf *conf)
{
	const char *facility = kea->param_text(lib, parameters, "facility", "local0"), *wrong;

	conf->pattern = kea->param_text(lib, parameters, "pattern", DEFAULT_PATTERN);
	wrong = sink_check_pattern(conf->pattern);
	if (wrong)
		(void)kea->fail(lib, kea->json_get(parameters, "pattern"),
				"\"pattern\": \"%.3s\" is not supported: use %%p, %%c, %%t, %%i, %%m, %%n and %%%%",
				wrong);
	conf->facility = facility_of(facility);
	if (conf->facility < 0)
		(void)kea->fail(lib, kea->json_get(parameters, "facility"), "\"%s\" is no facility of syslog",
				facility);
}

/* False: lines go to a database, which is not possible. */
static bool set_type(struct kea_library *lib, const struct kea_json *parameters, struct sink_conf *conf)
{
	const char *type = kea->param_text(lib, parameters, "type", "logfile");

	conf->is_syslog = !strcmp(type, "syslog");
	if (conf->is_syslog || !strcmp(type, "logfile"))
		return true;
	(void)kea->fail(lib, kea->json_get(parameters, "type"),
			"\"type\" \"%s\" is not supported%s: use logfile or syslog", type,
			!strcmp(type, "mysql") || !strcmp(type, "postgresql") ? " yet" : "");
	return false;
}

static const struct kea_expression *expression_of(struct kea_library *lib, const struct kea_json *parameters,
						  const char *key)
{
	const struct kea_json *text = kea->json_get(parameters, key);

	if (!text || (kea->json_type(text) == KEA_JSON_TEXT && !*kea->json_text(text)))
		return NULL;
	return kea->expression(lib, text, 0);
}

static int open_sink(struct kea_library *lib, struct legal *legal, const struct sink_conf *conf)
{
	const char *why;

	legal->sink = sink_new(conf, &why);
	return legal->sink ? 0 : kea->fail(lib, NULL, "cannot open a file in %s: %s", conf->file.directory, why);
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "type",
					    "path",
					    "base-name",
					    "time-unit",
					    "count",
					    "prerotate",
					    "postrotate",
					    "timestamp-format",
					    "request-parser-format",
					    "response-parser-format",
					    "mark-continuation-lines",
					    "pattern",
					    "facility",
					    NULL };
	const struct kea_json *parameters = api->parameters(lib);
	struct legal *legal = calloc(1, sizeof(*legal));
	struct sink_conf conf = { 0 };
	bool is_valid;
	int err = 0;

	messages_register(lib, api);
	if (!legal)
		return KEA_E_NOMEM;
	kea->set_context(lib, legal);
	legal->is_v6 = conf.is_v6 = kea->family(lib) == 6;
	snprintf(legal->logger, sizeof(legal->logger), "kea-dhcp%d." LOGGER, kea->family(lib));
	conf.logger = legal->logger;
	if (!set_type(lib, parameters, &conf))
		return KEA_E_CONFIG;
	is_valid = kea->param_keys(lib, parameters, keys) >= 0;
	set_file(lib, parameters, &conf.file);
	set_syslog(lib, parameters, &conf);
	conf.timestamp = kea->param_text(lib, parameters, "timestamp-format", DEFAULT_TIMESTAMP);
	conf.marks = kea->param_bool(lib, parameters, "mark-continuation-lines", 1);
	legal->request = expression_of(lib, parameters, "request-parser-format");
	legal->response = expression_of(lib, parameters, "response-parser-format");
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]) && !err; i++)
		err = kea->on(lib, points[i].point, points[i].fn);
	return err || !is_valid || kea->is_check(lib) ? err : open_sink(lib, legal, &conf);
}

void kea_hook_unload(struct kea_library *lib)
{
	struct legal *legal = kea->context(lib);

	if (legal)
		sink_free(legal->sink);
	free(legal);
}
