/* SPDX-License-Identifier: MPL-2.0 */
/* Loading and unloading; what libraries are told while they load. */
#include "hook/library.h"

#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/str.h"
#include "json/value.h"
#include "log/log.h"

#include <dlfcn.h>
#include <sys/stat.h>

_Static_assert((int)KEA_CONTINUE == HOOK_CONTINUE && (int)KEA_SKIP == HOOK_SKIP && (int)KEA_PARK == HOOK_PARK &&
		       (int)KEA_DROP == HOOK_DROP,
	       "verdicts are passed unchanged");

static const struct kea_api *the_api;
static struct kea_library *instances;
static struct hook_message *messages;
static struct list stats = LIST_INIT(stats);
static struct hook_stat *stat_chains[4096];

void hooks_set_api(const struct kea_api *api)
{
	the_api = api;
}

/* dlsym() returns an object pointer; POSIX promises that it can be one of a function. */
static void *function_of(void *handle, const char *name)
{
	return dlsym(handle, name);
}

/* Two texts are equal exactly if the same instance serves both. */
static char *key_of(const struct hook_load *load)
{
	const char *parameters =
		load->parameters ? json_object_to_json_string_ext(load->parameters, JSON_C_TO_STRING_PLAIN) : "{}";
	struct str key = { 0 };
	struct stat st = { 0 };

	(void)stat(load->path, &st);
	str_addf(&key, "%s %llu %llu %lld.%09ld %u %d %s", load->path, (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, load->digit,
		 load->is_check, parameters);
	return key.text;
}

bool hook_any_library(void)
{
	const struct kea_library *lib = instances;

	while (lib && lib->is_check)
		lib = lib->next;
	return lib;
}

/* --- files that instances depend on --- */

static struct hook_file file_as_it_is(char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct hook_file){ .path = path };
	return (struct hook_file){
		.path = path, .device = st.st_dev, .number = st.st_ino, .size = st.st_size, .mtime = st.st_mtim
	};
}

static bool has_changed(const struct hook_file *file)
{
	const struct hook_file now = file_as_it_is(file->path);

	return now.device != file->device || now.number != file->number || now.size != file->size ||
	       now.mtime.tv_sec != file->mtime.tv_sec || now.mtime.tv_nsec != file->mtime.tv_nsec;
}

int hook_depends_on(struct kea_library *lib, const char *path)
{
	if (!hook_is_loading(lib))
		return -E_UNSUPPORTED;
	*vec_push(&lib->files) = file_as_it_is(xstrdup(path));
	return 0;
}

static bool is_outdated(const struct kea_library *lib)
{
	for (size_t i = 0; i < lib->files.n; i++)
		if (has_changed(&lib->files.v[i]))
			return true;
	return false;
}

/* Returns the instance that a configuration with this key shares; NULL: it needs a new one. */
static struct kea_library *find(const char *key)
{
	for (struct kea_library *lib = instances; lib; lib = lib->next)
		if (!strcmp(lib->key, key) && !is_outdated(lib))
			return lib;
	return NULL;
}

struct json_object *hook_twin(struct json_object *tree, struct json_object *positioned, struct json_object *wanted)
{
	struct json_object *found = NULL, *twin;

	if (tree == wanted || !positioned)
		return tree == wanted ? positioned : NULL;
	if (json_object_is_type(tree, json_type_object)) {
		json_object_object_foreach(tree, key, value) if (!found && value &&
								 json_object_object_get_ex(positioned, key, &twin))
			found = hook_twin(value, twin, wanted);
	} else if (json_object_is_type(tree, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(tree) && !found; i++)
			found = hook_twin(json_object_array_get_idx(tree, i), json_object_array_get_idx(positioned, i),
					  wanted);
	}
	return found;
}

/* --- unloading --- */

static void unref_message(struct hook_message *message)
{
	struct hook_message **link = &messages;

	if (--message->refs)
		return;
	while (*link != message)
		link = &(*link)->next;
	*link = message->next;
	log_remove(&message->msg);
	free((void *)(uintptr_t)message->msg.id);
	free((void *)(uintptr_t)message->msg.logger);
	free(message);
}

struct unloading {
	void (*fn)(struct kea_library *lib);
	struct kea_library *lib;
};

static int run_unload(void *arg)
{
	const struct unloading *unloading = arg;

	unloading->fn(unloading->lib);
	return 0;
}

static void call_unload(struct kea_library *lib)
{
	struct unloading unloading = { (void (*)(struct kea_library *))function_of(lib->handle, "kea_hook_unload"),
				       lib };
	int result;

	for (unsigned i = 0; i < HOOK_THREADS_MAX; i++) {
		if (lib->threads[i].data)
			hook_call_done(lib, "the end of a thread's memory", lib->threads[i].done, lib->threads[i].data);
		free(lib->threads[i].data);
	}
	if (unloading.fn)
		(void)hook_enter(lib, "kea_hook_unload", run_unload, &unloading, &result);
}

static struct hook_stat **chain_of(const char *name)
{
	return &stat_chains[hash_bytes(name, strlen(name), 0) % (sizeof(stat_chains) / sizeof(stat_chains[0]))];
}

static void unref_stat(struct hook_stat *stat)
{
	struct hook_stat **link = chain_of(stat->name);

	if (--stat->refs)
		return;
	while (*link != stat)
		link = &(*link)->chain;
	*link = stat->chain;
	list_remove(&stat->link);
	free(stat->name);
	free(stat);
}

static void free_command(struct hook_command *command)
{
	for (size_t i = 0; i < command->args.n; i++) {
		free(command->args.v[i].name);
		free(command->args.v[i].doc);
	}
	if (command->row)
		command->free_row(command->row);
	vec_free(&command->args);
	free(command->name);
	free(command->doc);
	free(command);
}

static void free_parts(struct kea_library *lib)
{
	for (size_t i = 0; i < lib->stats.n; i++)
		unref_stat(lib->stats.v[i]);
	for (size_t i = 0; i < lib->commands.n; i++)
		free_command(lib->commands.v[i]);
	for (size_t i = 0; i < lib->expressions.n; i++) {
		free(lib->expressions.v[i]->map);
		free(lib->expressions.v[i]->key);
		free(lib->expressions.v[i]->name);
		json_object_put(lib->expressions.v[i]->text);
		free(lib->expressions.v[i]);
	}
	for (size_t i = 0; i < lib->options.n; i++) {
		free(lib->options.v[i]->space);
		free(lib->options.v[i]->name);
		free(lib->options.v[i]);
	}
	for (size_t i = 0; i < lib->messages.n; i++)
		unref_message(lib->messages.v[i]);
	for (size_t i = 0; i < lib->files.n; i++)
		free(lib->files.v[i].path);
	for (size_t i = 0; i < lib->scope_maps.n; i++)
		free(lib->scope_maps.v[i].name);
	vec_free(&lib->scope_maps);
	vec_free(&lib->files);
	vec_free(&lib->stats);
	vec_free(&lib->commands);
	vec_free(&lib->expressions);
	vec_free(&lib->options);
	vec_free(&lib->messages);
	vec_free(&lib->functions);
}

static void free_library(struct kea_library *lib)
{
	hook_pools_end_wait(lib);
	if (lib->is_loaded)
		call_unload(lib);
	hook_tasks_end(lib);
	free_parts(lib);
	hook_slow_forget();
	if (lib->handle)
		(void)dlclose(lib->handle);
	json_object_put(lib->parameters);
	(void)pthread_mutex_destroy(&lib->lock);
	free(lib->path);
	free(lib->name);
	free(lib->key);
	free(lib);
}

void hook_library_ref(struct kea_library *lib)
{
	lib->refs++;
}

void hook_library_unref(struct kea_library *lib)
{
	struct kea_library **link = &instances;

	if (--lib->refs)
		return;
	while (*link && *link != lib)
		link = &(*link)->next;
	if (*link)
		*link = lib->next;
	if (!lib->is_check)
		LOG(HOOKS_LIBRARY_UNLOADED, lib->name);
	free_library(lib);
}

void hooks_unload(struct hooks *hooks)
{
	if (!hooks)
		return;
	for (struct hook_use *use = hooks->uses; use; use = use->next)
		hook_call_done(use->lib, "the end of a configuration", use->done, use->context);
	for (struct hook_use *use = hooks->uses; use; use = use->next)
		hook_library_unref(use->lib);
	hooks->uses = NULL;
}

/* --- loading --- */

struct hook_message *hook_message(struct kea_library *lib, const char *id, const char *logger,
				  enum log_severity severity, int debuglevel)
{
	struct hook_message *message = messages;

	while (message && strcmp(message->msg.id, id) != 0)
		message = message->next;
	if (!message) {
		message = xcalloc(1, sizeof(*message));
		message->msg = (struct log_msg){
			.id = xstrdup(id), .logger = xstrdup(logger), .severity = severity, .debuglevel = debuglevel
		};
		message->next = messages;
		messages = message;
		log_add(&message->msg);
	}
	message->refs++;
	*vec_push(&lib->messages) = message;
	return message;
}

static bool check_version(struct kea_library *lib, const struct hook_load *load)
{
	unsigned (*version)(void) = (unsigned (*)(void))function_of(lib->handle, "kea_hook_version");
	unsigned has;

	if (!version) {
		diag_error(load->diag, load->pos, "%s is not a hook library: it has no function kea_hook_version",
			   lib->name);
		return false;
	}
	has = version();
	if (has >> 16 == the_api->major && (has & 0xffff) <= the_api->minor)
		return true;
	diag_error(load->diag, load->pos, "%s was built for version %u.%u of the hook interface; this server has %u.%u",
		   lib->name, has >> 16, has & 0xffff, (unsigned)the_api->major, (unsigned)the_api->minor);
	return false;
}

static bool open_library(struct kea_library *lib, const struct hook_load *load)
{
	const char *why;

	lib->handle = dlopen(lib->path, RTLD_NOW | RTLD_LOCAL);
	if (lib->handle)
		return check_version(lib, load);
	why = dlerror();
	diag_error(load->diag, load->pos, "cannot load %s: %s", lib->path, why ? why : "unknown reason");
	return false;
}

struct loading {
	int (*fn)(struct kea_library *lib, const struct kea_api *api);
	struct kea_library *lib;
};

static int run_load(void *arg)
{
	const struct loading *loading = arg;

	return loading->fn(loading->lib, the_api);
}

static bool call_load(struct kea_library *lib, const struct hook_load *load)
{
	int (*threads)(void) = (int (*)(void))function_of(lib->handle, "kea_hook_threads");
	int (*fn)(struct kea_library *, const struct kea_api *) =
		(int (*)(struct kea_library *, const struct kea_api *))function_of(lib->handle, "kea_hook_load");
	struct loading loading = { fn, lib };
	struct hook_outer outer;
	int err = 0;
	bool ok;

	if (!fn) {
		diag_error(load->diag, load->pos, "%s is not a hook library: it has no function kea_hook_load",
			   lib->name);
		return false;
	}
	lib->is_threaded = threads && threads() == 1;
	lib->diag = load->diag;
	lib->pos = load->pos;
	lib->positioned = load->parameters;
	lib->is_loaded = true;
	lib->guard.begin_catch = (void *(*)(void *))function_of(lib->handle, "__cxa_begin_catch");
	lib->guard.end_catch = (void (*)(void))function_of(lib->handle, "__cxa_end_catch");
	if (!lib->is_check) {
		hook_guard_crashes();
		hook_slow_start();
	}
	outer = hook_slow_begin(lib, "kea_hook_load");
	ok = hook_guarded(&lib->guard, "kea_hook_load", run_load, &loading, &err);
	hook_slow_end(&outer);
	if (!ok) {
		diag_error(load->diag, load->pos, "%s threw an exception while it was loaded", lib->name);
		lib->has_failed = true;
	}
	if (err < 0 && !lib->has_failed)
		diag_error(load->diag, load->pos, "%s rejects its configuration, without a reason", lib->name);
	lib->diag = NULL;
	lib->positioned = NULL;
	return err >= 0 && !lib->has_failed;
}

/* A copy without positions, which lives longer than the document. */
static struct json_object *copy_of(struct json_object *parameters)
{
	struct json_object *copy = json_copy(parameters);

	return copy ? copy : json_object_new_object();
}

/* Recursive: the response to a command may bring the next one, in the same thread. */
static void init_lock(struct kea_library *lib)
{
	pthread_mutexattr_t attr;

	(void)pthread_mutexattr_init(&attr);
	(void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	(void)pthread_mutex_init(&lib->lock, &attr);
	(void)pthread_mutexattr_destroy(&attr);
}

/* Returns an instance with one use; NULL after an error. Takes key. */
static struct kea_library *load_new(const struct hook_load *load, char *key)
{
	struct kea_library *lib = xcalloc(1, sizeof(*lib));

	lib->path = xstrdup(load->path);
	lib->name = xstrdup(file_name(load->path));
	lib->key = key;
	lib->guard.name = lib->name;
	lib->digit = load->digit;
	lib->is_check = load->is_check;
	lib->parameters = copy_of(load->parameters);
	init_lock(lib);
	hook_tasks_init(lib);
	if (!hook_file_check(load) || !open_library(lib, load) || !call_load(lib, load)) {
		free_library(lib);
		return NULL;
	}
	lib->refs = 1;
	lib->next = instances;
	instances = lib;
	if (!lib->is_check)
		LOG(HOOKS_LIBRARY_LOADED, lib->path);
	return lib;
}

struct hook_stat *hook_stat_next(const struct hook_stat *stat)
{
	struct list *next = stat ? stat->link.next : stats.next;

	return next == &stats ? NULL : container_of(next, struct hook_stat, link);
}

struct hook_stat *hook_stat_find(const char *name)
{
	struct hook_stat *stat = *chain_of(name);

	while (stat && strcmp(stat->name, name) != 0)
		stat = stat->chain;
	return stat;
}

struct hook_stat *hook_stat(struct kea_library *lib, const char *name)
{
	struct hook_stat **chain = chain_of(name), *stat = hook_stat_find(name);

	if (!stat) {
		stat = xcalloc(1, sizeof(*stat));
		stat->name = xstrdup(name);
		stat->chain = *chain;
		*chain = stat;
		list_add_tail(&stats, &stat->link);
	}
	stat->refs++;
	*vec_push(&lib->stats) = stat;
	return stat;
}

/* --- maps in user-context ---------------------------------------------------------------------------------------- */

int hook_scope_map(struct kea_library *lib, const char *map, unsigned scopes, kea_scope_fn *fn)
{
	if (!hook_is_loading(lib))
		return -E_UNSUPPORTED;
	*vec_push(&lib->scope_maps) = (struct hook_scope_map){ .name = xstrdup(map), .scopes = scopes, .fn = fn };
	return 0;
}

struct checking {
	kea_scope_fn *fn;
	struct kea_library *lib;
	enum kea_scope scope;
	struct json_object *map;
};

static int run_check(void *arg)
{
	const struct checking *checking = arg;

	checking->fn(checking->lib, checking->scope, (const struct kea_json *)checking->map);
	return 0;
}

static void check_map(struct kea_library *lib, const struct hook_check *check, const struct hook_scope_map *declared,
		      enum kea_scope scope, struct json_object *map)
{
	struct checking checking = { declared->fn, lib, scope, map };
	int result;

	if (!(declared->scopes & scope)) {
		diag_warn(check->diag, json_key_pos(map), "\"%s\" has no effect here: %s reads it in other scopes",
			  declared->name, lib->name);
		return;
	}
	lib->diag = check->diag;
	lib->lease_database = check->lease_database;
	lib->pos = json_pos(map);
	lib->in_scope = true;
	if (!hook_enter(lib, "checking user-context", run_check, &checking, &result))
		diag_error(check->diag, lib->pos, "%s threw an exception", lib->name);
	lib->in_scope = false;
	lib->lease_database = NULL;
	lib->diag = NULL;
}

const char *hook_lease_database(const struct kea_library *lib)
{
	return lib->lease_database;
}

void hook_allow_threads(struct kea_library *lib)
{
	/* kea_hook_load() runs without the lock, unlike what checks a scope. */
	if (lib->diag && !lib->in_scope)
		lib->is_threaded = true;
}

void hook_check_scope(struct kea_library *lib, const struct hook_check *check, enum kea_scope scope,
		      struct json_object *user_context)
{
	struct json_object *map;

	for (size_t i = 0; i < lib->scope_maps.n; i++)
		if (json_object_object_get_ex(user_context, lib->scope_maps.v[i].name, &map) && map)
			check_map(lib, check, &lib->scope_maps.v[i], scope, map);
}

static struct hook_use *use_library(struct hooks *hooks, struct kea_library *lib)
{
	struct hook_use *use = arena_new_obj(hooks->arena, struct hook_use), **last = &hooks->uses;

	use->lib = lib;
	while (*last)
		last = &(*last)->next;
	*last = use;
	for (size_t i = 0; i < lib->functions.n; i++) {
		struct hook_callout *callout = arena_new_obj(hooks->arena, struct hook_callout);

		*callout = (struct hook_callout){ .use = use, .fn = lib->functions.v[i].fn };
		hooks_register(hooks, lib->functions.v[i].point, hook_call_library, callout);
	}
	return use;
}

bool hooks_load(struct hooks *hooks, const struct hook_load *load)
{
	char *key = key_of(load);
	struct kea_library *lib = find(key);

	if (!the_api) {
		diag_error(load->diag, load->pos, "this program does not load hook libraries");
		free(key);
		return false;
	}
	if (lib) {
		lib->refs++;
		free(key);
	} else {
		lib = load_new(load, key);
		if (!lib)
			return false;
	}
	use_library(hooks, lib)->positioned = load->parameters;
	return true;
}
