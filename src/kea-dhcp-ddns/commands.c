/* SPDX-License-Identifier: MPL-2.0 */
/* The control commands of kea-dhcp-ddns. What changes the configuration responds later, from the loop: the channel that
 * carries the command may itself be reconfigured. */
#include "kea-dhcp-ddns/daemon.h"

#include "base/clock.h"
#include "base/str.h"
#include "daemon/command_text.h"
#include "daemon/config_file.h"
#include "json/diag.h"
#include "root/config.h"

#include <json-c/json_c_version.h>
#include <openssl/crypto.h>
#include <time.h>
#include <unistd.h>

static struct d2_daemon *daemon_of(const struct ctl_call *call)
{
	return ctl_call_user(call);
}

static void put_int(struct json_object *map, const char *name, int64_t v)
{
	json_object_object_add(map, name, json_object_new_int64(v));
}

/* --- the process --- */

void d2_print_version(FILE *to)
{
	fprintf(to, "%s\nDHCP-DDNS server\nlinked with:\nlog4c\n%s\njson-c %s\n", PACKAGE_VERSION,
		OpenSSL_version(OPENSSL_VERSION), json_c_version());
}

static void print_version(const void *ctx, FILE *to)
{
	(void)ctx;
	d2_print_version(to);
}

static void version_get(struct ctl_call *call, const void *args)
{
	struct json_object *map = json_object_new_object();
	char *text = command_printed(print_version, NULL);

	(void)args;
	json_object_object_add(map, "extended", json_object_new_string(text));
	free(text);
	ctl_respond(call, CTL_SUCCESS, map, "%s", PACKAGE_VERSION);
}

static void build_report_get(struct ctl_call *call, const void *args)
{
	(void)args;
	command_respond_build_report(call);
}

static void status_get(struct ctl_call *call, const void *args)
{
	const struct d2_daemon *d = daemon_of(call);
	struct json_object *map = json_object_new_object();
	int64_t now_ms = clock_boot_ms();

	(void)args;
	put_int(map, "pid", getpid());
	put_int(map, "uptime", (now_ms - d->started_ms) / 1000);
	put_int(map, "reload", (now_ms - d->configured_ms) / 1000);
	ctl_respond(call, CTL_SUCCESS, map, NULL);
}

struct shutdown_args {
	struct conf_node node;
	enum d2_end type;
	uint32_t exit_value;
};
static const char *const end_words[] = {
	[D2_END_NORMAL] = "normal", [D2_END_DRAIN] = "drain_first", [D2_END_NOW] = "now", NULL
};
static const struct key shutdown_keys[] = {
	K_INT(struct shutdown_args, exit_value, "exit-value", .families = KEY_D2, .def = "0", .max = 255,
	      .since = "4.2.0", .doc = "exit status of the process"),
	K_ENUM(struct shutdown_args, type, "type", .families = KEY_D2, .words = end_words, .def = "\"normal\"",
	       .since = "4.2.0",
	       .doc = "normal: updates in progress may end, for 2 s; drain_first: all requests received so far end "
		      "first, "
		      "however long it takes; now: nothing is waited for"),
};
static const struct scope shutdown_scope = SCOPE("arguments", struct shutdown_args, shutdown_keys);

static void end_normal(void *user, void *ctx)
{
	(void)ctx;
	d2_daemon_end(user, D2_END_NORMAL);
}

static void end_drained(void *user, void *ctx)
{
	(void)ctx;
	d2_daemon_end(user, D2_END_DRAIN);
}

static void end_now(void *user, void *ctx)
{
	(void)ctx;
	d2_daemon_end(user, D2_END_NOW);
}

static void shutdown_server(struct ctl_call *call, const void *args)
{
	static void (*const ends[])(void *user, void *ctx) = {
		[D2_END_NORMAL] = end_normal, [D2_END_DRAIN] = end_drained, [D2_END_NOW] = end_now
	};
	const struct shutdown_args *a = args;

	daemon_of(call)->exit_value = (int)a->exit_value;
	ctl_after(call, ends[a->type], NULL);
	ctl_respond(call, CTL_SUCCESS, NULL, "Shutdown initiated, type is: %s", end_words[a->type]);
}

/* --- the configuration --- */

static struct config_text *current(const struct ctl_call *call)
{
	return daemon_of(call)->d2.cfg->text;
}

static void config_get(struct ctl_call *call, const void *args)
{
	(void)args;
	command_respond_text(call, current(call), D2_ROOT);
}

static void config_hash_get(struct ctl_call *call, const void *args)
{
	(void)args;
	ctl_respond(call, CTL_SUCCESS, command_hash(current(call)), NULL);
}

struct config_args {
	struct conf_node node;
	struct json_object *root;
	const char *hash;
};
static const struct key config_keys[] = {
	K_JSON(struct config_args, root, D2_ROOT, .families = KEY_D2, .required = true, .since = "4.2.0",
	       .doc = "the configuration, as in a file"),
	K_STRING(struct config_args, hash, "hash", .families = KEY_D2, .max = CONFIG_HASH_MAX, .since = "4.2.0",
		 .doc = "hash of the configuration that is replaced, as config-get returned it: if it has changed "
			"since, the result is 4 and nothing changes"),
};
static const struct scope config_scope = SCOPE("arguments", struct config_args, config_keys);

/* Reads the configuration in the arguments; NULL after responding with its errors. */
static struct d2_config *load(struct ctl_call *call, const struct config_args *a)
{
	struct json_object *top = json_object_new_object();
	struct d2_config *cfg = NULL;
	int err;

	json_object_object_add(top, D2_ROOT, json_object_get(a->root));
	err = d2_config_load_json(top, d2_daemon_flags(daemon_of(call)), ctl_call_diag(call), &cfg);
	if (err < 0)
		ctl_respond_diag(call);
	json_object_put(top);
	return err < 0 ? NULL : cfg;
}

static void config_test(struct ctl_call *call, const void *args)
{
	struct d2_config *cfg = load(call, args);

	if (!cfg)
		return;
	d2_config_free(cfg);
	ctl_respond(call, CTL_SUCCESS, NULL, "Configuration check successful");
}

static bool is_ending(struct ctl_call *call)
{
	if (daemon_of(call)->is_ending)
		ctl_respond(call, CTL_ERROR, NULL, "the server is shutting down");
	return daemon_of(call)->is_ending;
}

struct setting {
	struct ctl_call *call;
	const struct config_args *args;
};

static void set_now(void *ctx)
{
	struct setting *s = ctx;
	struct ctl_call *call = s->call;
	struct d2_config *cfg = NULL;
	struct str why = { 0 };

	if (!is_ending(call) && command_hash_matches(call, current(call), s->args->hash))
		cfg = load(call, s->args);
	free(s);
	if (!cfg)
		return;
	if (d2_daemon_use(daemon_of(call), cfg, &why))
		ctl_respond(call, CTL_SUCCESS, command_hash(current(call)), "Configuration applied successfully.");
	else
		ctl_respond(call, CTL_ERROR, NULL, "%s", str_text(&why));
	str_free(&why);
}

static void config_set(struct ctl_call *call, const void *args)
{
	struct setting *s = xcalloc(1, sizeof(*s));

	s->call = call;
	s->args = args;
	loop_timer(daemon_of(call)->loop, 0, set_now, s);
}

static void reload_now(void *ctx)
{
	struct ctl_call *call = ctx;
	struct str why = { 0 };

	if (is_ending(call))
		return;
	if (d2_daemon_reload(daemon_of(call), &why))
		ctl_respond(call, CTL_SUCCESS, command_hash(current(call)), "Configuration applied successfully.");
	else
		ctl_respond(call, CTL_ERROR, NULL, "Config reload failed: %s", str_text(&why));
	str_free(&why);
}

static void config_reload(struct ctl_call *call, const void *args)
{
	(void)args;
	loop_timer(daemon_of(call)->loop, 0, reload_now, call);
}

struct write_args {
	struct conf_node node;
	const char *filename;
};
static const struct key write_keys[] = {
	K_STRING(struct write_args, filename, "filename", .families = KEY_D2, .max = 4096, .since = "4.2.0",
		 .doc = "a file in the directory of the configuration file, which is the default"),
};
static const struct scope write_scope = SCOPE("arguments", struct write_args, write_keys);

static struct config_text *read_text(const struct config_file *file, const char *text, size_t len,
				     struct diag **ret_diag)
{
	struct config_text *read = NULL;
	struct d2_config *cfg = NULL;

	if (text)
		(void)d2_config_load_text(file->path, text, len, file->flags, ret_diag, &cfg);
	else
		(void)d2_config_load_file(file->path, file->flags, ret_diag, &cfg);
	if (cfg)
		read = config_text_ref(cfg->text);
	d2_config_free(cfg);
	return read;
}

static void config_write(struct ctl_call *call, const void *args)
{
	const struct write_args *a = args;
	const struct d2_daemon *d = daemon_of(call);
	const struct config_file file = { .path = d->opts.config_file,
					  .root = D2_ROOT,
					  .is_any_allowed = d->opts.relaxed,
					  .read = read_text,
					  .flags = d2_daemon_flags(d) };

	command_config_write(call, &file, current(call), a->filename);
}

/* --- statistics --- */

/* Calls fn for each statistic; ends once fn returns false. */
static void each_stat(const struct ctl_call *call,
		      bool (*fn)(void *ctx, const char *name, struct d2_stats *stats, enum d2_stat id), void *ctx)
{
	struct d2 *d2 = &daemon_of(call)->d2;
	struct str name = { 0 };
	bool goes_on = true;

	for (unsigned id = 0; id < D2_STAT_N && goes_on; id++)
		goes_on = fn(ctx, d2_stat_names[id], &d2->stats, id);
	for (unsigned i = 0; i < d2->cfg->n_keys; i++) {
		const struct d2_key *key = &d2->cfg->keys[i];
		size_t len = strlen(key->text);

		for (unsigned id = D2_FIRST_OF_KEY; id < D2_STAT_N && goes_on; id++) {
			str_reset(&name);
			str_addf(&name, "key[%s%s].%s", key->text, len && key->text[len - 1] == '.' ? "" : ".",
				 d2_stat_names[id]);
			goes_on = fn(ctx, str_text(&name), key->stats, id);
		}
	}
	str_free(&name);
}

static struct json_object *print_samples(const struct d2_samples *samples)
{
	struct json_object *list = json_object_new_array(), *pair;
	char text[64], stamp[32];

	for (unsigned i = 0; i < samples->n; i++) {
		time_t sec = (time_t)(samples->v[i].at_us / 1000000);
		struct tm tm = { 0 };

		(void)localtime_r(&sec, &tm);
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
		(void)snprintf(text, sizeof(text), "%s.%06d", stamp, (int)(samples->v[i].at_us % 1000000));
		pair = json_object_new_array();
		json_object_array_add(pair, json_object_new_int64((int64_t)samples->v[i].value));
		json_object_array_add(pair, json_object_new_string(text));
		json_object_array_add(list, pair);
	}
	return list;
}

/* What to do with one statistic, or with all if name is NULL. */
struct stat_search {
	const char *name;
	struct json_object *map; /* receives them; NULL: they are reset */
	bool was_found;
};

static bool handle_stat(void *ctx, const char *name, struct d2_stats *stats, enum d2_stat id)
{
	struct stat_search *search = ctx;

	if (search->name && strcmp(search->name, name) != 0)
		return true;
	search->was_found = true;
	if (search->map)
		json_object_object_add(search->map, name, print_samples(d2_stats_read(stats, id)));
	else
		d2_stats_reset(stats, id);
	return !search->name;
}

struct name_args {
	struct conf_node node;
	const char *name;
};
static const struct key name_keys[] = {
	K_STRING(struct name_args, name, "name", .families = KEY_D2, .required = true, .max = 512, .since = "4.2.0",
		 .doc = "name of the statistic"),
};
static const struct scope name_scope = SCOPE("arguments", struct name_args, name_keys);

/* A statistic that does not exist is an empty map. */
static void statistic_get(struct ctl_call *call, const void *args)
{
	struct stat_search search = { .name = ((const struct name_args *)args)->name, .map = json_object_new_object() };

	each_stat(call, handle_stat, &search);
	ctl_respond(call, CTL_SUCCESS, search.map, NULL);
}

static void statistic_get_all(struct ctl_call *call, const void *args)
{
	struct stat_search search = { .map = json_object_new_object() };

	(void)args;
	each_stat(call, handle_stat, &search);
	ctl_respond(call, CTL_SUCCESS, search.map, NULL);
}

static void statistic_reset(struct ctl_call *call, const void *args)
{
	struct stat_search search = { .name = ((const struct name_args *)args)->name };

	each_stat(call, handle_stat, &search);
	if (search.was_found)
		ctl_respond(call, CTL_SUCCESS, NULL, "Statistic '%s' reset.", search.name);
	else
		ctl_respond(call, CTL_ERROR, NULL, "No '%s' statistic found", search.name);
}

static void statistic_reset_all(struct ctl_call *call, const void *args)
{
	struct stat_search search = { 0 };

	(void)args;
	each_stat(call, handle_stat, &search);
	ctl_respond(call, CTL_SUCCESS, NULL, "All statistics reset to neutral values.");
}

#define ROW(n, a) .name = n, .families = KEY_D2, .access = a, .provider = "core", .since = "4.2.0"

static const struct command rows[] = {
	{ ROW("build-report", CTL_READ), .run = build_report_get,
	  .doc = "Returns how the program was configured and built." },
	{ ROW("config-get", CTL_READ), .run = config_get,
	  .doc = "Returns the configuration with all defaults, and its hash." },
	{ ROW("config-hash-get", CTL_READ), .run = config_hash_get,
	  .doc = "Returns the SHA-256 hash of what config-get returns." },
	{ ROW("config-reload", CTL_WRITE), .run = config_reload,
	  .doc = "Loads the configuration file again. If it has errors, all of them are returned and nothing "
		 "changes." },
	{ ROW("config-set", CTL_WRITE), .args = &config_scope, .run = config_set,
	  .doc = "Replaces the configuration, until it is loaded from the file again. If it has errors, all of them "
		 "are returned and nothing changes." },
	{ ROW("config-test", CTL_WRITE), .args = &config_scope, .run = config_test,
	  .doc = "Checks a configuration and returns all its errors; nothing changes." },
	{ ROW("config-write", CTL_WRITE), .args = &write_scope, .run = config_write,
	  .doc = "Writes the configuration to a file, which is replaced at once and keeps its mode and owner. In the "
		 "file the server was started with, what is unchanged keeps its text and comments." },
	{ ROW("shutdown", CTL_WRITE), .args = &shutdown_scope, .run = shutdown_server,
	  .doc = "Stops the server once the response was sent." },
	{ ROW("statistic-get", CTL_READ), .args = &name_scope, .run = statistic_get,
	  .doc = "Returns the samples of a statistic, newest first. A sample is taken when the statistic is read and "
		 "has changed. Of a statistic that does not exist, there are none." },
	{ ROW("statistic-get-all", CTL_READ), .run = statistic_get_all,
	  .doc = "Returns all statistics: of the server, then of TSIG keys." },
	{ ROW("statistic-reset", CTL_WRITE), .args = &name_scope, .run = statistic_reset,
	  .doc = "Sets a counter to 0 and discards its samples." },
	{ ROW("statistic-reset-all", CTL_WRITE), .run = statistic_reset_all, .doc = "Sets all counters to 0." },
	{ ROW("status-get", CTL_READ), .run = status_get,
	  .doc = "Returns the process id, and the seconds since the start and since the last configuration." },
	{ ROW("version-get", CTL_READ), .run = version_get,
	  .doc = "Returns the version, and as \"extended\" the versions of the libraries in use." },
};

void d2_commands_add(struct ctl *ctl)
{
	ctl_add(ctl, rows, sizeof(rows) / sizeof(rows[0]));
}
