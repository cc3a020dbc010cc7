/* SPDX-License-Identifier: MPL-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "script/script.h"

#include "hex.h"
#include "script/describe.h"
#include "script/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- parameters and text ------------------------------------------------------------------------------------------ */

/* Reads the script as it is now; reports why it cannot. */
static int read_text(struct script *script, struct kea_library *lib)
{
	int fd = open(script->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	script->text = calloc(1, SCRIPT_TEXT_MAX + 1);
	while (fd >= 0 && script->text && script->len <= SCRIPT_TEXT_MAX) {
		n = read(fd, script->text + script->len, SCRIPT_TEXT_MAX + 1 - script->len);
		if (n <= 0)
			break;
		script->len += (size_t)n;
	}
	if (fd < 0 || n < 0)
		(void)kea->fail(lib, script->where, "cannot read %s: %s", script->path, strerror(errno));
	else if (!script->text || script->len > SCRIPT_TEXT_MAX)
		(void)kea->fail(lib, script->where, "the script %s is larger than 1 MiB", script->path);
	if (fd >= 0)
		(void)close(fd);
	if (fd < 0 || n < 0 || !script->text || script->len > SCRIPT_TEXT_MAX)
		return KEA_E_CONFIG;
	script->text[script->len] = '\0';
	return 0;
}

static bool reads_drop(struct kea_library *lib, const struct kea_json *parameters)
{
	const char *word = kea->param_text(lib, parameters, "on-error", "continue");

	if (strcmp(word, "continue") != 0 && strcmp(word, "drop") != 0)
		(void)kea->fail(lib, kea->json_get(parameters, "on-error"),
				"\"on-error\" is \"%s\", expected \"continue\" or \"drop\"", word);
	return !strcmp(word, "drop");
}

int script_open(struct script *script, struct kea_library *lib, const char *const *more, const char *errors)
{
	const char *keys[16] = { "script", "on-error", "parameters" };
	const struct kea_json *parameters = kea->parameters(lib);
	size_t n = 3;

	while (*more && n < sizeof(keys) / sizeof(keys[0]) - 1)
		keys[n++] = *more++;
	(void)kea->param_keys(lib, parameters, keys);
	script->is_loading = true;
	script->errors = kea->stat(lib, errors);
	script->where = kea->json_get(parameters, "script");
	script->parameters = kea->json_get(parameters, "parameters");
	script->drops = reads_drop(lib, parameters);
	if (kea->json_type(script->where) != KEA_JSON_TEXT)
		return kea->fail(lib, script->where, "\"script\", the path of the script, %s",
				 script->where ? "must be a string" : "is missing");
	script->path = script_file_path(lib, script->where, false);
	if (!script->path)
		return KEA_E_CONFIG;
	script->name = strrchr(script->path, '/') + 1;
	(void)kea->depends_on(lib, script->path);
	return read_text(script, lib);
}

void script_close(struct script *script)
{
	for (unsigned i = 0; i < script->n_points; i++)
		free(script->points[i]);
	for (unsigned i = 0; i < script->n_stats; i++)
		free(script->stats[i].name);
	for (unsigned i = 0; i < script->n_commands; i++)
		free(script->commands[i].name);
	for (unsigned i = 0; i < script->n_expressions; i++)
		free(script->expressions[i].text);
	free(script->path);
	free(script->text);
}

/* --- points ------------------------------------------------------------------------------------------------------- */

/* A function of the table has no context: there is one for each slot. */
/* clang-format off */
#define SLOTS(S) \
	S(0) S(1) S(2) S(3) S(4) S(5) S(6) S(7) S(8) S(9) S(10) S(11) S(12) S(13) S(14) S(15) \
	S(16) S(17) S(18) S(19) S(20) S(21) S(22) S(23) S(24) S(25) S(26) S(27) S(28) S(29) S(30) S(31)
/* clang-format on */
#define SLOT(n)                                    \
	static int slot_##n(struct kea_call *call) \
	{                                          \
		return script_call(call, n);       \
	}
SLOTS(SLOT)
#define SLOT_ROW(n) slot_##n,
static kea_hook_fn *const slots[] = { SLOTS(SLOT_ROW) };
_Static_assert(sizeof(slots) / sizeof(slots[0]) == SCRIPT_SLOTS, "a function for each slot");

int script_on(struct script *script, struct kea_library *lib, const char *point, const char **ret_why)
{
	int err;

	for (unsigned i = 0; i < script->n_points; i++)
		if (!strcmp(script->points[i], point)) {
			*ret_why = "the point has a function already";
			return script->is_loading ? KEA_E_EXIST : (int)i;
		}
	*ret_why = "functions are registered while the script is loaded, the same ones each time";
	if (!script->is_loading)
		return KEA_E_UNSUPPORTED;
	*ret_why = "too many hook points";
	if (script->n_points == SCRIPT_SLOTS)
		return KEA_E_SPACE;
	err = kea->on(lib, point, slots[script->n_points]);
	*ret_why = err == KEA_E_NOENT ? "there is no such hook point" : "the server does not call this point yet";
	if (err < 0)
		return err;
	script->points[script->n_points] = strdup(point);
	*ret_why = "out of memory";
	return script->points[script->n_points] ? (int)script->n_points++ : KEA_E_NOMEM;
}

/* --- statistics --------------------------------------------------------------------------------------------------- */

struct kea_stat *script_stat(struct script *script, struct kea_library *lib, const char *name)
{
	struct script_stat *stat = &script->stats[script->n_stats];

	for (unsigned i = 0; i < script->n_stats; i++)
		if (!strcmp(script->stats[i].name, name))
			return script->stats[i].stat;
	if (!script->is_loading || script->n_stats == SCRIPT_STATS_MAX)
		return NULL;
	stat->name = strdup(name);
	stat->stat = stat->name ? kea->stat(lib, name) : NULL;
	if (stat->stat)
		script->n_stats++;
	else
		free(stat->name);
	return stat->stat;
}

/* --- commands, expressions, the main thread ----------------------------------------------------------------------- */

static void run_command(struct kea_request *request, void *context)
{
	script_run_command(context, request);
}

static const struct script_command *find_command(const struct script *script, const char *name)
{
	for (unsigned i = 0; i < script->n_commands; i++)
		if (!strcmp(script->commands[i].name, name))
			return &script->commands[i];
	return NULL;
}

int script_command(struct script *script, struct kea_library *lib, const char *name, const char *access,
		   const char **ret_why)
{
	const struct script_command *known = find_command(script, name);
	struct script_command *command = &script->commands[script->n_commands];
	bool is_read = !strcmp(access, "read");

	*ret_why = "the script has that command already";
	if (known)
		return script->is_loading ? KEA_E_EXIST : (int)known->index;
	*ret_why = "commands are added while the script is loaded, the same ones each time";
	if (!script->is_loading)
		return KEA_E_UNSUPPORTED;
	*ret_why = "the access is \"read\" or \"write\"";
	if (!is_read && strcmp(access, "write") != 0)
		return KEA_E_INVAL;
	*ret_why = "too many commands";
	if (script->n_commands == SCRIPT_COMMANDS_MAX)
		return KEA_E_SPACE;
	*ret_why = "out of memory";
	command->name = strdup(name);
	if (!command->name)
		return KEA_E_NOMEM;
	command->script = script;
	command->index = script->n_commands;
	(void)kea->command(lib, name, is_read ? KEA_READ : KEA_WRITE, "A command of a script.", run_command, command);
	(void)kea->command_any(lib, name);
	return (int)script->n_commands++;
}

const struct kea_expression *script_expression(struct script *script, struct kea_library *lib, const char *text,
					       int line)
{
	struct script_expression *expression = &script->expressions[script->n_expressions];
	char name[SCRIPT_LABEL_MAX];

	for (unsigned i = 0; i < script->n_expressions; i++)
		if (!strcmp(script->expressions[i].text, text))
			return script->expressions[i].expression;
	if (!script->is_loading || script->n_expressions == SCRIPT_EXPRESSIONS_MAX)
		return NULL;
	snprintf(name, sizeof(name), "%s:%d", script->name, line);
	expression->text = strdup(text);
	expression->expression = expression->text ? kea->expression_text(lib, text, script->where, name) : NULL;
	if (expression->expression)
		script->n_expressions++;
	else
		free(expression->text);
	return expression->expression;
}

int script_main(struct script *script, unsigned *n)
{
	unsigned max = script->is_loading ? SCRIPT_MAIN_MAX : script->n_main;

	if (*n >= max)
		return KEA_E_SPACE;
	if (script->is_loading)
		script->n_main = *n + 1;
	return (int)(*n)++;
}

int64_t script_ms(double seconds)
{
	return seconds >= 0 && seconds <= 30.0 * 24 * 3600 ? (int64_t)(seconds * 1000) : -1;
}

static const char *const events_texts[] = { "", "r", "w", "rw" };
_Static_assert(KEA_READABLE == 1 && KEA_WRITABLE == 2, "the texts are in their order");

unsigned script_events(const char *text)
{
	unsigned events = KEA_READABLE | KEA_WRITABLE;

	while (events && strcmp(text, events_texts[events]) != 0)
		events--;
	return events;
}

const char *script_events_text(unsigned events)
{
	return events_texts[events & (KEA_READABLE | KEA_WRITABLE)];
}

int script_descriptor(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* --- errors --------------------------------------------------------------------------------------------------------
 */

static long now_sec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec + 1; /* 0 is never */
}

unsigned long script_error(struct script *script)
{
	long now = now_sec(), last = atomic_load(&script->logged_at);

	kea->stat_add(script->errors, 1);
	(void)atomic_fetch_add(&script->unreported, 1);
	if (last && now - last < SCRIPT_ERROR_PAUSE_SEC)
		return 0;
	if (!atomic_compare_exchange_strong(&script->logged_at, &last, now))
		return 0;
	return atomic_exchange(&script->unreported, 0);
}

const char *script_label(struct kea_call *call, char label[SCRIPT_LABEL_MAX])
{
	struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);

	if (!query || kea->get_text(query, KEA_PACKET_LABEL, label, SCRIPT_LABEL_MAX) <= 0)
		return "-";
	return label;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

const struct script_field script_fields[] = {
#define FIELD(object, number, constant, name, type, access, families, since, doc) \
	{ KEA_##object##_##constant, name, KEA_TYPE_##type, families },
	KEA_FIELDS(FIELD)
#undef FIELD
};
const unsigned script_fields_n = sizeof(script_fields) / sizeof(script_fields[0]);

const struct script_part script_parts[] = {
#define PART(object, name, kind, which, families, doc) { KEA_OBJECT_##object, name, PART_##kind, which, families },
	SCRIPT_PARTS(PART)
#undef PART
};
const unsigned script_parts_n = sizeof(script_parts) / sizeof(script_parts[0]);

const char *script_kind(enum kea_object_kind kind)
{
	static const char *const names[] = {
		[KEA_OBJECT_PACKET] = "PACKET", [KEA_OBJECT_RELAY] = "RELAY", [KEA_OBJECT_SUBNET] = "SUBNET",
		[KEA_OBJECT_POOL] = "POOL",     [KEA_OBJECT_LEASE] = "LEASE", [KEA_OBJECT_HOST] = "HOST",
		[KEA_OBJECT_CALL] = "CALL",
	};

	return names[kind];
}

const char *script_server(int family)
{
	return family == 4 ? "DHCPv4" : family == 6 ? "DHCPv6" : "kea-dhcp-ddns";
}

int script_get(const struct kea_object *object, const struct script_field *row, struct script_value *ret)
{
	int err;

	ret->type = row->type;
	switch (row->type) {
	case KEA_TYPE_INT:
		return kea->get_int(object, row->field, &ret->number);
	case KEA_TYPE_ADDR:
		err = kea->get_text(object, row->field, ret->buf, sizeof(ret->buf));
		ret->text = ret->buf;
		ret->len = err < 0 ? 0 : strlen(ret->buf);
		return err < 0 ? err : 0;
	case KEA_TYPE_TEXT:
	case KEA_TYPE_BYTES:
		ret->text = kea->get_bytes(object, row->field, &ret->len);
		if (!ret->text) {
			ret->text = "";
			ret->len = 0;
		}
		return 0;
	}
	return KEA_E_INVAL;
}

int script_set_text(struct kea_object *object, const struct script_field *row, const char *text, size_t len)
{
	if (row->type == KEA_TYPE_BYTES)
		return kea->set_bytes(object, row->field, text, len);
	return strlen(text) == len ? kea->set_text(object, row->field, text) : KEA_E_INVAL;
}

struct kea_object *script_part(struct kea_call *call, struct kea_object *object, const struct script_part *row,
			       unsigned i)
{
	if (row->kind == PART_PARTS)
		return kea->part(object, (enum kea_part)row->which, i);
	return kea->argument(call, (enum kea_argument)row->which, i);
}

const char *script_why(int err)
{
	switch (err) {
	case KEA_E_NOMEM:
		return "the memory of the packet is used up";
	case KEA_E_INVAL:
		return "the value is not valid";
	case KEA_E_RANGE:
		return "the value is out of range";
	case KEA_E_SPACE:
		return "it does not fit";
	case KEA_E_NOENT:
		return "it does not exist here";
	case KEA_E_EXIST:
		return "it exists already";
	case KEA_E_BUSY:
		return "it is in use";
	case KEA_E_UNSUPPORTED:
		return "it cannot be written at this point";
	default:
		return "not possible";
	}
}

/* --- helpers of the module ---------------------------------------------------------------------------------------- */

size_t script_hex(const unsigned char *data, size_t len, char *buf)
{
	return hex_write(data, len, ':', buf);
}

int script_unhex(const char *text, size_t len, unsigned char *buf)
{
	int n = 0;

	for (size_t i = 0; i < len;) {
		int byte;

		if (text[i] == ':') {
			i++;
			continue;
		}
		byte = hex_pair(text + i, len - i);
		if (byte < 0)
			return -1;
		buf[n++] = (unsigned char)byte;
		i += 2;
	}
	return n;
}

bool script_addr_text(const void *data, size_t len, char buf[INET6_ADDRSTRLEN])
{
	if (len != 4 && len != 16)
		return false;
	return inet_ntop(len == 4 ? AF_INET : AF_INET6, data, buf, INET6_ADDRSTRLEN) != NULL;
}

size_t script_addr_bytes(const char *text, unsigned char buf[16])
{
	if (inet_pton(AF_INET, text, buf) == 1)
		return 4;
	return inet_pton(AF_INET6, text, buf) == 1 ? 16 : 0;
}
