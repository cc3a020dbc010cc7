/* SPDX-License-Identifier: MPL-2.0 */
/* Commands of libraries: rows like all others, made of what a library says about them. */
#include "api/api.h"

#include "api/api_int.h"
#include "base/err.h"
#include "base/str.h"
#include "ctl/command.h"
#include "json/value.h"
#include "log/log.h"
#include "root/config.h"

#include <float.h>

/* What a request's arguments are read into: a node, and a place for each. */
union place {
	struct json_object *json;
	const char *text;
	uint64_t number;
	double real;
	bool is;
};

static const struct type_row {
	enum key_type type;
	size_t size;
	int64_t min, max;
	double min_real, max_real;
} type_rows[] = {
	[KEA_JSON_BOOL] = { KEY_BOOL, sizeof(bool) },
	[KEA_JSON_INT] = { KEY_INT, sizeof(uint64_t), INT64_MIN, INT64_MAX },
	[KEA_JSON_REAL] = { KEY_REAL, sizeof(double), .min_real = -DBL_MAX, .max_real = DBL_MAX },
	[KEA_JSON_TEXT] = { KEY_STRING, sizeof(const char *) },
	[KEA_JSON_LIST] = { KEY_JSONS, sizeof(struct json_object *) },
	[KEA_JSON_MAP] = { KEY_JSON, sizeof(struct json_object *) },
};

/* NULL: no type of an argument. The number comes from a library. */
static const struct type_row *type_row(enum kea_json_type type)
{
	bool is_known = (unsigned)type < sizeof(type_rows) / sizeof(type_rows[0]) && type_rows[type].size;

	return is_known ? &type_rows[type] : NULL;
}

struct made_row {
	struct command command;
	struct scope scope;
	struct hook_command *of;
	struct key keys[];
};

struct kea_request {
	struct ctl_call *call;
	struct kea_library *lib;
	struct json_object *arguments;
	bool is_running; /* the library's function has not returned */
	bool is_over;    /* respond() was called */
};

struct execution {
	kea_command_fn *fn;
	struct kea_request *request;
	void *context;
};

static struct hook_command *find(const struct kea_library *lib, const char *name)
{
	for (size_t i = 0; i < lib->commands.n; i++)
		if (!strcmp(lib->commands.v[i]->name, name))
			return lib->commands.v[i];
	return NULL;
}

int api_command(struct kea_library *lib, const char *name, enum kea_access access, const char *doc, kea_command_fn *fn,
		void *context)
{
	struct hook_command *command;

	if (!hook_is_loading(lib))
		return -E_UNSUPPORTED;
	if (find(lib, name))
		return -E_EXIST;
	command = xcalloc(1, sizeof(*command));
	command->name = xstrdup(name);
	command->doc = xstrdup(doc);
	command->writes = access == KEA_WRITE;
	command->fn = fn;
	command->context = context;
	command->lib = lib;
	*vec_push(&lib->commands) = command;
	return 0;
}

int api_command_argument(struct kea_library *lib, const char *name, const char *argument, enum kea_json_type type,
			 int is_required, const char *doc)
{
	struct hook_command *command = find(lib, name);

	if (!hook_is_loading(lib) || !command)
		return -E_NOENT;
	if (!type_row(type))
		return -E_INVAL;
	*vec_push(&command->args) = (struct hook_command_argument){
		.name = xstrdup(argument), .doc = xstrdup(doc), .type = type, .is_required = is_required
	};
	return 0;
}

int api_command_any(struct kea_library *lib, const char *name)
{
	struct hook_command *command = find(lib, name);

	if (!hook_is_loading(lib) || !command)
		return -E_NOENT;
	command->takes_any = true;
	return 0;
}

static void free_request(struct kea_request *request)
{
	struct kea_library *lib = request->lib;

	json_object_put(request->arguments);
	free(request);
	hook_library_unref(lib);
}

static int execute(void *arg)
{
	const struct execution *execution = arg;

	execution->fn(execution->request, execution->context);
	return 0;
}

static void run(struct ctl_call *call, const void *args)
{
	const struct made_row *row = container_of(ctl_call_command(call), struct made_row, command);
	struct execution execution = { .fn = row->of->fn, .context = row->of->context };
	struct kea_request *request = xcalloc(1, sizeof(*request));
	struct json_object *arguments = ctl_call_arguments(call);
	int result;

	(void)args;
	request->call = call;
	request->lib = row->of->lib;
	/* The call may end before the library responds. */
	request->arguments = arguments ? json_copy(arguments) : json_object_new_object();
	hook_library_ref(request->lib);
	request->is_running = true;
	execution.request = request;
	if (!hook_enter(request->lib, row->of->name, execute, &execution, &result) && !request->is_over)
		api_respond(request, KEA_FAILED, NULL, "hook library %s threw an exception", request->lib->name);
	request->is_running = false;
	if (request->is_over)
		free_request(request);
}

static struct key key_of(const struct hook_command_argument *arg, size_t i)
{
	const struct type_row *row = type_row(arg->type);

	return (struct key){
		.name = arg->name,
		.type = row->type,
		.offset = sizeof(struct conf_node) + i * sizeof(union place),
		.size = row->size,
		.min = row->min,
		.max = row->max,
		.min_real = row->min_real,
		.max_real = row->max_real,
		.required = arg->is_required,
		.native = true,
		.since = PACKAGE_VERSION,
		.doc = arg->doc,
	};
}

static struct command *row_of(struct hook_command *command)
{
	struct made_row *row = command->row;
	size_t n = command->args.n;

	if (row)
		return &row->command;
	row = xcalloc(1, sizeof(*row) + n * sizeof(row->keys[0]));
	row->of = command;
	for (size_t i = 0; i < n; i++)
		row->keys[i] = key_of(&command->args.v[i], i);
	row->scope = (struct scope){
		.name = "arguments",
		.keys = row->keys,
		.n = (unsigned)n,
		.size = sizeof(struct conf_node) + n * sizeof(union place),
	};
	row->command = (struct command){
		.name = command->name,
		.families = KEY_ALL,
		.access = command->writes ? CTL_WRITE : CTL_READ,
		.args = n ? &row->scope : NULL,
		.takes_any = command->takes_any,
		.provider = "core",
		.native = true,
		.since = PACKAGE_VERSION,
		.doc = command->doc,
		.run = run,
	};
	command->row = row;
	command->free_row = free;
	return &row->command;
}

static void processed(void *ctx, const char *name, struct json_object *arguments, enum ctl_result result)
{
	const struct hooks *hooks = ctx;
	struct hook_call call = {
		.point = HOOK_COMMAND_PROCESSED,
		.digit = hooks->uses ? hooks->uses->lib->digit : 4,
		.db = hooks->db,
		.command = name,
		.arguments = arguments,
		.result = (int)result,
	};

	(void)hooks_call(hooks, &call);
}

void api_use_commands(struct ctl *ctl, const struct hooks *hooks)
{
	bool is_asked = hooks_at(hooks, HOOK_COMMAND_PROCESSED);

	ctl_on_processed(ctl, is_asked ? processed : NULL, (void *)(uintptr_t)hooks);
	api_use_http(ctl, hooks);
	ctl_remove(ctl, run);
	for (const struct hook_use *use = hooks ? hooks->uses : NULL; use; use = use->next)
		for (size_t i = 0; i < use->lib->commands.n; i++) {
			struct hook_command *command = use->lib->commands.v[i];

			if (ctl_has(ctl, command->name))
				LOG(HOOKS_COMMAND_EXISTS, use->lib->name, command->name);
			else
				ctl_add(ctl, row_of(command), 1);
		}
}

const struct kea_json *api_command_arguments(const struct kea_call *call)
{
	return json_handle(call->hook->arguments);
}

const struct kea_json *api_arguments(const struct kea_request *request)
{
	return json_handle(request->arguments);
}

void api_respond(struct kea_request *request, enum kea_result result, struct kea_json *arguments, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	ctl_respond(request->call, (enum ctl_result)result, (struct json_object *)arguments, "%s", str_text(&text));
	str_free(&text);
	request->is_over = true;
	if (!request->is_running)
		free_request(request);
}
