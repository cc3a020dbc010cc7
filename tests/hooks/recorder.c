/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The library of the tests: it does what its parameters say and logs it. Without parameters it logs each call.
 *
 *	{ "at": { "pkt4_receive": [ ACTION... ] } }
 *
 * An action is a list; each one that begins with a lower case word logs "POINT: WORD ... = RESULT":
 *
 *	[ "get", ARGUMENT, FIELD ]		a field as text; an argument is "query", or [ "leases", 1 ] by index
 *	[ "part", ARGUMENT, PART, I, FIELD ]	the same of a part: "relay", "pool", "pd-pool"
 *	[ "parts", ARGUMENT, PART ]		how many there are
 *	[ "set", ARGUMENT, FIELD, VALUE ]	a number or text; text beginning with 0x is bytes for a field of bytes
 *	[ "option", ARGUMENT, PATH, NTH ]	a path is a list of codes
 *	[ "option-set", ARGUMENT, PATH, HEX ], "option-add", [ "option-delete", ARGUMENT, PATH ]
 *	[ "options", ARGUMENT, PATH ]		codes
 *	[ "class-add", NAME ], [ "class-has", NAME ], [ "classes" ]
 *	[ "subnet", I ], [ "subnet-id", ID ]	selects it
 *	[ "count" ]				calls for this packet
 *	[ "test", ARGUMENT, I ], [ "evaluate", ARGUMENT, I ]	expression I of "tests" or "texts"
 *	[ "park", MS, VERDICT ]			until "resume", then VERDICT is returned; "again" parks it again
 *	[ "resume" ], [ "drop" ]		the packet that was parked last, in any configuration
 *	[ "crash" ]				the process ends here
 *	[ "timer", MS ], [ "timer-free" ]	the timer of the library; when it runs out, it logs "timer"
 *	[ "pipe" ], [ "write" ]			watches a pipe and logs what it reads; [ "write", 0 ] closes it
 *	[ "post", TEXT ]			TEXT is logged in the main thread, posted by a thread
 *	[ "search", BY, HEX, NUMBER, MAX ]	leases: by "address", "hwaddr", "client-id", or "after"; logs what it
 *found [ "search-free" ]			ends the search [ "server-id" ]				the server's
 *DUID [ "arguments" ]				of a command
 *	[ "stat", N ]				adds to the statistic "recorder-calls"
 *	[ "config", KEY ]			a global value of the configuration
 *	[ "late" ]				tries what is for loading only; how much of it was accepted
 *	[ "verdict", WORD ]			continue, skip, drop, none (not a verdict); the default is continue
 */
#include <kea/hooks.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kea_api *kea;
static struct kea_message *recorded;
static struct kea_stat *calls;

#define EXPRESSIONS_MAX 4
#define PARK_AGAIN 100 /* instead of a verdict */

struct recorder {
	struct kea_timer *timer;
	struct kea_pool *pool;
	struct kea_watch *watch;
	struct kea_search *search;
	int pipe[2];
	struct kea_expression *expressions[2][EXPRESSIONS_MAX]; /* texts, tests */
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

static struct kea_object *argument(struct kea_call *call, const struct kea_json *json)
{
	static const char *const names[] = { "call", "query",  "response", "subnet", "subnets", "lease",
					     "old",  "leases", "deleted",  "host",   "pool" };
	bool by_index = kea->json_type(json) == KEA_JSON_LIST;
	const char *name = kea->json_text(by_index ? kea->json_at(json, 0, NULL) : json);
	unsigned i = by_index ? (unsigned)kea->json_int(kea->json_at(json, 1, NULL)) : 0;

	for (unsigned k = 0; k < sizeof(names) / sizeof(names[0]); k++)
		if (!strcmp(names[k], name))
			return kea->argument(call, (enum kea_argument)k, i);
	return NULL;
}

static struct kea_object *part(struct kea_object *object, const char *name, unsigned i)
{
	if (!object)
		return NULL;
	return kea->part(object,
			 !strcmp(name, "relay")  ? KEA_PART_RELAY
			 : !strcmp(name, "pool") ? KEA_PART_POOL
						 : KEA_PART_PD_POOL,
			 i);
}

static void get(struct kea_object *object, const char *name, char *out, size_t size)
{
	enum kea_field field;

	if (!object) {
		snprintf(out, size, "nothing");
		return;
	}
	field = kea->field_by_name(kea->kind(object), name);
	if (kea->get_text(object, field, out, size) < 0)
		snprintf(out, size, "no field");
}

static void count_parts(struct kea_object *object, const char *name, char *out, size_t size)
{
	unsigned n = 0;

	while (part(object, name, n))
		n++;
	snprintf(out, size, "%u", n);
}

static size_t bytes_of_hex(const char *text, unsigned char *out, size_t size)
{
	size_t n = 0;
	unsigned byte;

	while (n < size && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (unsigned char)byte;
	return n;
}

static int set(struct kea_object *object, const char *name, const struct kea_json *value)
{
	unsigned char bytes[512];
	const char *text = kea->json_text(value);
	enum kea_field field;

	if (!object)
		return KEA_E_NOENT;
	field = kea->field_by_name(kea->kind(object), name);
	if (kea->json_type(value) == KEA_JSON_INT)
		return kea->set_int(object, field, kea->json_int(value));
	if (!strncmp(text, "0x", 2))
		return kea->set_bytes(object, field, bytes, bytes_of_hex(text + 2, bytes, sizeof(bytes)));
	return kea->set_text(object, field, text);
}

static unsigned path_of(const struct kea_json *json, uint32_t path[8])
{
	unsigned n = 0;

	for (; n < 8 && n < kea->json_count(json); n++)
		path[n] = (uint32_t)kea->json_int(kea->json_at(json, n, NULL));
	return n;
}

static void option(struct kea_object *object, const struct kea_json *json, unsigned nth, char *out, size_t size)
{
	uint32_t path[8];
	unsigned depth = path_of(json, path);
	const unsigned char *data;
	size_t len, at = 0;

	out[0] = '\0';
	data = object ? kea->option_get(object, path, depth, nth, &len) : NULL;
	if (!data) {
		snprintf(out, size, "none");
		return;
	}
	for (size_t i = 0; i < len && at + 3 < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%02x", data[i]);
}

static void codes(struct kea_object *object, const struct kea_json *json, char *out, size_t size)
{
	uint32_t path[8], code;
	unsigned depth = path_of(json, path);
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; object && kea->option_at(object, path, depth, i, &code, NULL, NULL) && at + 12 < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%u", i ? "," : "", (unsigned)code);
}

static int edit(const char *word, struct kea_object *object, const struct kea_json *json, const char *hex)
{
	unsigned char bytes[512];
	uint32_t path[8];
	unsigned depth = path_of(json, path);
	size_t len = bytes_of_hex(hex, bytes, sizeof(bytes));

	if (!object)
		return KEA_E_NOENT;
	if (!strcmp(word, "option-set"))
		return kea->option_set(object, path, depth, bytes, len);
	if (!strcmp(word, "option-add"))
		return kea->option_add(object, path, depth, bytes, len);
	return kea->option_delete(object, path, depth);
}

static void classes(struct kea_call *call, char *out, size_t size)
{
	const char *name;
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; (name = kea->class_at(call, i)) != NULL && at + strlen(name) + 2 < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? "," : "", name);
}

static int verdict_of(const char *word)
{
	return !strcmp(word, "skip")    ? KEA_SKIP
	       : !strcmp(word, "drop")  ? KEA_DROP
	       : !strcmp(word, "none")  ? 99
	       : !strcmp(word, "again") ? PARK_AGAIN
					: KEA_CONTINUE;
}

/* Only one packet is parked at a time. */
static struct kea_parked *parked;
static unsigned n_loaded;

static int resumed(struct kea_call *call, void *context)
{
	char point[64];

	(void)kea->get_text(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_POINT, point, sizeof(point));
	kea->log(recorded, "%s: resumed", point);
	if ((intptr_t)context == PARK_AGAIN) {
		kea->log(recorded, "%s: parked again: %d", point, kea->park(call, 0, NULL, NULL) != NULL);
		return KEA_PARK;
	}
	return (int)(intptr_t)context;
}

static int end_parked(int (*end)(struct kea_parked *))
{
	struct kea_parked *handle = parked;

	parked = NULL;
	return handle ? end(handle) : KEA_E_INVAL;
}

static void evaluate(struct kea_call *call, const struct kea_json *which, const struct kea_json *i, int is_test,
		     char *out, size_t size);

/* The end of a packet's memory: counted in the library's own. */
static void packet_ended(void *context)
{
	unsigned *count = context;

	*count = 0;
}

static int called(struct kea_call *call);

static void timed_out(void *context)
{
	(void)context;
	kea->log(recorded, "timer");
}

static void posted(void *context)
{
	kea->log(recorded, "posted %s", (const char *)context);
}

static void readable(int fd, unsigned events, void *context)
{
	struct recorder *recorder = context;
	char data[16];
	ssize_t n = read(fd, data, sizeof(data));

	kea->log(recorded, "read %.*s, events %u", (int)(n > 0 ? n : 0), data, events);
	if (n > 0)
		return;
	kea->unwatch(recorder->watch);
	recorder->watch = NULL;
	(void)close(fd);
}

static void found(struct kea_search *search, void *context)
{
	const struct kea_object *lease;
	char text[512] = "", address[64];
	size_t n = 0;

	(void)context;
	for (unsigned i = 0; (lease = kea->search_lease(search, i)) != NULL && n < sizeof(text) - sizeof(address);
	     i++) {
		(void)kea->get_text(lease, KEA_LEASE_ADDRESS, address, sizeof(address));
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %s", address);
	}
	kea->log(recorded, "found %d:%s", kea->search_count(search), text);
}

static int search(struct kea_library *lib, const char *by, const char *hex, int number, unsigned max)
{
	static const char *const words[] = {
		[KEA_FIND_ADDRESS] = "address",
		[KEA_FIND_HWADDR] = "hwaddr",
		[KEA_FIND_CLIENT_ID] = "client-id",
		[KEA_FIND_AFTER] = "after",
	};
	struct recorder *recorder = kea->context(lib);
	unsigned char id[64];
	unsigned i = 0;

	while (i < KEA_FIND_AFTER && strcmp(words[i], by) != 0)
		i++;
	return kea->search_start(recorder->search, (enum kea_find_by)i, id, bytes_of_hex(hex, id, sizeof(id)), number,
				 NULL, 0, max);
}

struct posting {
	struct kea_library *lib;
	const char *text;
	int result;
};

static void *post(void *arg)
{
	struct posting *posting = arg;

	posting->result = kea->post(posting->lib, posted, (void *)(uintptr_t)posting->text);
	return NULL;
}

static void work(void *context)
{
	(void)context;
	(void)usleep(1000);
}

static void worked(int result, void *context)
{
	kea->log(recorded, "worked %s: %d", (const char *)context, result);
}

static int task(struct kea_library *lib, const char *word, const struct kea_json *a)
{
	struct recorder *recorder = kea->context(lib);
	struct posting posting = { .lib = lib, .text = kea->json_text(a) };
	pthread_t thread;

	if (!strcmp(word, "timer"))
		return kea->timer_start(recorder->timer, kea->json_int(a));
	if (!strcmp(word, "timer-free")) {
		kea->timer_free(recorder->timer);
		return 0;
	}
	if (!strcmp(word, "search-free")) {
		kea->search_free(recorder->search);
		return 0;
	}
	if (!strcmp(word, "work"))
		return kea->pool_work(recorder->pool, work, worked, (void *)(uintptr_t)kea->json_text(a));
	if (!strcmp(word, "write"))
		return a ? close(recorder->pipe[1]) : (int)write(recorder->pipe[1], "x", 1);
	if (!strcmp(word, "pipe")) {
		if (pipe(recorder->pipe) < 0)
			return -1;
		recorder->watch = kea->watch(lib, recorder->pipe[0], KEA_READABLE, readable, recorder);
		return recorder->watch && !kea->watch(lib, recorder->pipe[0], KEA_READABLE, readable, recorder) ? 0
														: -1;
	}
	if (pthread_create(&thread, NULL, post, &posting) != 0)
		return -1;
	(void)pthread_join(thread, NULL);
	return posting.result;
}

static void resume_parked(void *context)
{
	(void)kea->resume(context);
}

static int park_work(struct kea_call *call, int64_t ms)
{
	struct recorder *recorder = kea->context(kea->library(call));
	struct kea_parked *handle = kea->park(call, ms, resumed, NULL);

	if (handle && kea->pool_work(recorder->pool, resume_parked, NULL, handle) < 0)
		(void)kea->drop(handle);
	return KEA_PARK;
}

static int act(struct kea_call *call, const struct kea_json *action, const char *point)
{
	const char *word = kea->json_text(kea->json_at(action, 0, NULL));
	const struct kea_json *a = kea->json_at(action, 1, NULL), *b = kea->json_at(action, 2, NULL),
			      *c = kea->json_at(action, 3, NULL), *d = kea->json_at(action, 4, NULL);
	char text[1024] = "", what[512];
	int err = 0;

	if (!strcmp(word, "verdict"))
		return verdict_of(kea->json_text(a));
	if (!strcmp(word, "crash"))
		(void)raise(SIGSEGV); /* nothing that a sanitizer reports first */
	if (!strcmp(word, "park")) {
		struct kea_parked *handle =
			kea->park(call, kea->json_int(a), resumed, (void *)(intptr_t)verdict_of(kea->json_text(b)));

		if (handle)
			parked = handle;
		return KEA_PARK;
	}
	if (!strcmp(word, "park-work"))
		return park_work(call, kea->json_int(a));
	if (!strcmp(word, "get"))
		get(argument(call, a), kea->json_text(b), text, sizeof(text));
	else if (!strcmp(word, "part"))
		get(part(argument(call, a), kea->json_text(b), (unsigned)kea->json_int(c)), kea->json_text(d), text,
		    sizeof(text));
	else if (!strcmp(word, "parts"))
		count_parts(argument(call, a), kea->json_text(b), text, sizeof(text));
	else if (!strcmp(word, "option"))
		option(argument(call, a), b, (unsigned)kea->json_int(c), text, sizeof(text));
	else if (!strcmp(word, "options"))
		codes(argument(call, a), b, text, sizeof(text));
	else if (!strcmp(word, "classes"))
		classes(call, text, sizeof(text));
	else if (!strcmp(word, "config"))
		(void)kea->json_print(kea->json_get(kea->config(call), kea->json_text(a)), text, sizeof(text));
	else if (!strcmp(word, "test") || !strcmp(word, "evaluate"))
		evaluate(call, a, b, !strcmp(word, "test"), text, sizeof(text));
	else if (!strcmp(word, "arguments"))
		(void)kea->json_print(kea->command_arguments(call), text, sizeof(text));
	else if (!strcmp(word, "search"))
		snprintf(text, sizeof(text), "%d",
			 search(kea->library(call), kea->json_text(a), kea->json_text(b), (int)kea->json_int(c),
				(unsigned)kea->json_int(d)));
	else if (!strcmp(word, "server-id")) {
		size_t len;
		const void *id = kea->server_id(kea->library(call), &len);

		snprintf(text, sizeof(text), "%zu bytes%s", len, id ? "" : ", none");
	} else if (!strcmp(word, "work") || !strcmp(word, "timer") || !strcmp(word, "timer-free") ||
		   !strcmp(word, "pipe") || !strcmp(word, "write") || !strcmp(word, "post") ||
		   !strcmp(word, "search-free"))
		snprintf(text, sizeof(text), "%d", task(kea->library(call), word, a));
	else if (!strcmp(word, "stat")) {
		kea->stat_add(calls, kea->json_int(a));
		snprintf(text, sizeof(text), "%lld", (long long)kea->stat_get(calls));
	} else if (!strcmp(word, "late")) {
		struct kea_library *lib = kea->library(call);
		int n = kea->message(lib, "LATE", "recorder", KEA_INFO, 0) != NULL;

		n += kea->expression(lib, kea->json_at(action, 0, NULL), 0) != NULL;
		n += kea->on(lib, point, called) == 0;
		n += kea->command(lib, "late", KEA_READ, "", NULL, NULL) == 0;
		n += kea->depends_on(lib, "late") == 0;
		snprintf(text, sizeof(text), "%d", n);
	} else if (!strcmp(word, "count")) {
		unsigned *count = kea->packet_context(call, sizeof(*count), packet_ended);

		snprintf(text, sizeof(text), "%u", count ? ++*count : 0);
	} else {
		if (!strcmp(word, "set"))
			err = set(argument(call, a), kea->json_text(b), c);
		else if (!strncmp(word, "option-", 7))
			err = edit(word, argument(call, a), b, kea->json_text(c));
		else if (!strcmp(word, "resume") || !strcmp(word, "drop"))
			err = end_parked(!strcmp(word, "drop") ? kea->drop : kea->resume);
		else if (!strcmp(word, "class-add"))
			err = kea->class_add(call, kea->json_text(a));
		else if (!strcmp(word, "class-has"))
			err = kea->class_has(call, kea->json_text(a));
		else if (!strcmp(word, "subnet-id"))
			err = kea->set_subnet_id(call, (uint32_t)kea->json_int(a));
		else if (!strcmp(word, "subnet")) {
			struct kea_object *subnet = kea->argument(call, KEA_ARG_SUBNETS, (unsigned)kea->json_int(a));

			err = subnet ? kea->set_subnet(call, subnet) : KEA_E_NOENT;
		}
		snprintf(text, sizeof(text), "%d", err);
	}
	(void)kea->json_print(action, what, sizeof(what));
	kea->log(recorded, "%s: %s = %s", point, what, text);
	return KEA_CONTINUE;
}

static void evaluate(struct kea_call *call, const struct kea_json *which, const struct kea_json *i, int is_test,
		     char *out, size_t size)
{
	const struct recorder *recorder = kea->context(kea->library(call));
	const struct kea_expression *expression = recorder->expressions[is_test][kea->json_int(i) % EXPRESSIONS_MAX];
	struct kea_object *packet = argument(call, which);
	const void *value;
	size_t len;

	if (is_test) {
		snprintf(out, size, "%d", kea->test(packet, expression));
		return;
	}
	value = kea->evaluate(packet, expression, &len);
	snprintf(out, size, "%.*s", (int)len, value ? (const char *)value : "");
}

static int called(struct kea_call *call)
{
	struct kea_library *lib = kea->library(call);
	const struct kea_json *at = kea->json_get(kea->parameters(lib), "at"), *actions;
	struct kea_object *self = kea->argument(call, KEA_ARG_CALL, 0);
	char point[64];
	int verdict = KEA_CONTINUE;

	if (kea->get_text(self, KEA_CALL_POINT, point, sizeof(point)) < 0)
		return KEA_DROP;
	actions = kea->json_get(at, point);
	if (!at)
		kea->log(recorded, "%s", point);
	for (size_t i = 0; i < kea->json_count(actions); i++) {
		int said = act(call, kea->json_at(actions, i, NULL), point);

		if (said > verdict)
			verdict = said;
	}
	return verdict;
}

static void echo(struct kea_request *request, void *context)
{
	char text[256];

	(void)context;
	(void)kea->json_print(kea->arguments(request), text, sizeof(text));
	kea->respond(request, KEA_SUCCESS, kea->json_read(text, strlen(text)), "echoed %s",
		     kea->json_text(kea->json_get(kea->arguments(request), "text")));
}

void kea_hook_unload(struct kea_library *lib)
{
	free(kea->context(lib));
	if (!--n_loaded)
		(void)end_parked(kea->drop);
}

static const char *const points[] = {
	"dhcp#_srv_configured",  "buffer#_receive", "pkt#_receive",      "host#_identifier",
	"subnet#_select",        "lease#_select",   "lease#_renew",      "lease6_rebind",
	"lease#_release",        "lease#_decline",  "addr6_register",    "lease4_offer",
	"lease4_server_decline", "ddns#_update",    "leases#_committed", "pkt#_send",
	"buffer#_send",          "lease#_expire",   "lease#_recover",    "command_processed",
	"d2_srv_configured",     "select_key",      "http_auth",         "http_response",
};

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "at", "limit", "texts", "tests", "map", "point", "constant", NULL },
				 *const none[] = { NULL };
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	const struct kea_json *parameters;
	int err = 0;

	kea = api;
	if (!recorder)
		return KEA_E_NOMEM;
	kea->set_context(lib, recorder);
	n_loaded++;
	recorder->timer = kea->timer(lib, timed_out, recorder);
	recorder->pool = kea->pool(lib, 1, 8);
	recorder->search = kea->search(lib, found, recorder);
	recorded = kea->message(lib, "RECORDED", "recorder", KEA_INFO, 0);
	calls = kea->stat(lib, "recorder-calls");
	if (kea->command(lib, "recorder-echo", KEA_READ, "Returns its arguments.", echo, NULL) < 0 ||
	    kea->command_argument(lib, "recorder-echo", "text", KEA_JSON_TEXT, 1, "any text") < 0 ||
	    kea->command_argument(lib, "recorder-echo", "number", KEA_JSON_INT, 0, "any number") < 0 ||
	    kea->command_argument(lib, "recorder-echo", "ratio", KEA_JSON_REAL, 0, "any number") < 0 ||
	    kea->command_argument(lib, "recorder-echo", "maps", KEA_JSON_LIST, 0, "any maps") < 0 ||
	    kea->command_argument(lib, "recorder-echo", "map", KEA_JSON_MAP, 0, "any map") < 0 ||
	    kea->command_argument(lib, "recorder-echo", "null", KEA_JSON_NULL, 0, "no type") != KEA_E_INVAL ||
	    kea->command_argument(lib, "recorder-echo", "other", (enum kea_json_type)7, 0, "no type") != KEA_E_INVAL)
		return kea->fail(lib, NULL, "a command is not accepted");
	parameters = kea->parameters(lib);
	(void)kea->param_keys(lib, parameters, keys);
	(void)kea->param_keys(lib, kea->json_get(parameters, "map"), none);
	(void)kea->param_int(lib, parameters, "limit", 1, 1, 10);
	for (unsigned is_test = 0; is_test < 2; is_test++) {
		const struct kea_json *list = kea->json_get(parameters, is_test ? "tests" : "texts");

		for (unsigned i = 0; i < kea->json_count(list) && i < EXPRESSIONS_MAX; i++)
			recorder->expressions[is_test][i] =
				kea->expression(lib, kea->json_at(list, i, NULL), (int)is_test);
	}
	if (kea->json_get(parameters, "constant"))
		(void)kea->expression(lib, kea->json_read("\"pkt4.mac\"", 10), 0);
	if (kea->json_get(parameters, "point"))
		return kea->on(lib, kea->param_text(lib, parameters, "point", ""), called);
	if (kea->on(lib, "no_such_point", called) != KEA_E_NOENT)
		return kea->fail(lib, NULL, "a point that does not exist was accepted");
	for (unsigned i = 0; i < sizeof(points) / sizeof(points[0]) && !err; i++)
		err = kea->on(lib, points[i], called);
	return err;
}
