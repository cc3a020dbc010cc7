/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config-*: reading, checking, replacing and writing the configuration. A command that changes it responds later, from
 * the loop: the channel that carries the command may itself be reconfigured.
 */
#include "daemon/commands.h"

#include "base/str.h"
#include "daemon/command_text.h"
#include "daemon/config_file.h"
#include "log/log.h"

/* --- config-get, config-hash-get --- */

static struct config_text *current(const struct ctl_call *call)
{
	return call_daemon(call)->sockets.live->cfg->text;
}

static void config_get(struct ctl_call *call, const void *args)
{
	(void)args;
	command_respond_text(call, current(call), config_root_name(call_daemon(call)->fam->digit));
}

static void config_hash_get(struct ctl_call *call, const void *args)
{
	(void)args;
	ctl_respond(call, CTL_SUCCESS, command_hash(current(call)), NULL);
}

/* --- config-test, config-set, config-reload --- */

struct config_args {
	struct conf_node node;
	struct json_object *dhcp4, *dhcp6;
	const char *hash;
};
#define K_CONFIG                                                                                                  \
	K_JSON(struct config_args, dhcp4, "Dhcp4", .families = KEY_4, .required = true, .since = "4.2.0",         \
	       .doc = "the configuration, as in a file"),                                                         \
		K_JSON(struct config_args, dhcp6, "Dhcp6", .families = KEY_6, .required = true, .since = "4.2.0", \
		       .doc = "the configuration, as in a file")

static const struct key config_keys[] = {
	K_CONFIG,
	K_STRING(struct config_args, hash, "hash", .max = CONFIG_HASH_MAX, .since = "4.2.0",
		 .doc = "hash of the configuration that is replaced, as config-get returned it: if it has changed "
			"since, "
			"the result is 4 and nothing changes"),
};
static const struct scope config_args_scope = SCOPE("arguments", struct config_args, config_keys);

/* Reads the configuration in the arguments; NULL after responding with its errors. */
static struct config *load(struct ctl_call *call, const struct config_args *a, unsigned flags)
{
	const struct daemon *d = call_daemon(call);
	struct config *cfg = NULL;
	struct json_object *top = json_object_new_object();
	int err;

	json_object_object_add(top, config_root_name(d->fam->digit), json_object_get(a->dhcp4 ? a->dhcp4 : a->dhcp6));
	if (d->opts.relaxed)
		flags |= CONFIG_RELAXED;
	err = config_load_json(top, d->fam->digit, flags, ctl_call_diag(call), &cfg);
	if (err < 0)
		ctl_respond_diag(call);
	json_object_put(top);
	return err < 0 ? NULL : cfg;
}

static void config_test(struct ctl_call *call, const void *args)
{
	struct config *cfg = load(call, args, 0);

	if (!cfg)
		return;
	config_free(cfg);
	ctl_respond(
		call, CTL_SUCCESS, NULL,
		"Configuration seems sane. Control-socket, hook-libraries, and D2 configuration were sanity checked, "
		"but not applied.");
}

struct setting {
	struct ctl_call *call;
	const struct config_args *args;
};

bool command_hash_is_current(struct ctl_call *call, const char *hash)
{
	return command_hash_matches(call, current(call), hash);
}

static void set_now(void *ctx)
{
	struct setting *s = ctx;
	struct ctl_call *call = s->call;
	struct daemon *d = call_daemon(call);
	struct config *cfg = NULL;
	struct str why = { 0 };

	if (command_hash_is_current(call, s->args->hash))
		cfg = load(call, s->args, CONFIG_SERVE);
	free(s);
	if (!cfg)
		return;
	if (daemon_use_config(d, cfg, &why))
		ctl_respond(call, CTL_SUCCESS, command_hash(current(call)), "Configuration successful.");
	else
		ctl_respond(call, CTL_ERROR, NULL, "%s", str_text(&why));
	str_free(&why);
}

static void config_set(struct ctl_call *call, const void *args)
{
	struct setting *s = xcalloc(1, sizeof(*s));

	s->call = call;
	s->args = args;
	loop_timer(call_daemon(call)->loop, 0, set_now, s);
}

static void reload_now(void *ctx)
{
	struct ctl_call *call = ctx;
	struct str why = { 0 };

	if (daemon_reload_why(call_daemon(call), &why))
		ctl_respond(call, CTL_SUCCESS, command_hash(current(call)), "Configuration successful.");
	else
		ctl_respond(call, CTL_ERROR, NULL, "Config reload failed: %s", str_text(&why));
	str_free(&why);
}

static void config_reload(struct ctl_call *call, const void *args)
{
	(void)args;
	loop_timer(call_daemon(call)->loop, 0, reload_now, call);
}

/* --- config-rollback --- */

struct rollback_args {
	struct conf_node node;
	uint32_t steps;
	const char *hash;
};
static const struct key rollback_keys[] = {
	K_INT(struct rollback_args, steps, "steps", .min = 1, .max = HISTORY_MAX, .def = "1", .since = "4.2.0",
	      .doc = "how many changes to go back"),
	K_STRING(struct rollback_args, hash, "hash", .max = CONFIG_HASH_MAX, .since = "4.2.0",
		 .doc = "hash of the configuration that is replaced: if it has changed since, the result is 4 and "
			"nothing changes"),
};
static const struct scope rollback_scope = SCOPE("arguments", struct rollback_args, rollback_keys);

struct rollback {
	struct ctl_call *call;
	const struct rollback_args *args;
};

/* Returns the configuration that was in service; NULL after responding. */
static struct config *load_earlier(struct ctl_call *call, unsigned steps)
{
	const struct daemon *d = call_daemon(call);
	unsigned flags = CONFIG_SERVE | (d->opts.relaxed ? CONFIG_RELAXED : 0);
	struct json_object *top = json_object_new_object();
	struct str text = { 0 };
	struct config *cfg = NULL;
	struct json_doc doc;

	history_get(&d->history, current(call), steps, &text);
	(void)json_read_text("configuration", text.text, text.len, JSON_STRICT, NULL, ctl_call_diag(call), &doc);
	json_object_object_add(top, config_root_name(d->fam->digit), json_object_get(doc.root));
	if (config_load_json(top, d->fam->digit, flags, ctl_call_diag(call), &cfg) < 0)
		ctl_respond_diag(call);
	json_object_put(top);
	json_doc_done(&doc);
	str_free(&text);
	return cfg;
}

static void rollback_now(void *ctx)
{
	struct rollback r = *(struct rollback *)ctx;
	struct daemon *d = call_daemon(r.call);
	char count[COUNT_TEXT_MAX];
	struct str why = { 0 };
	struct config *cfg;

	free(ctx);
	if (!command_hash_is_current(r.call, r.args->hash))
		return;
	if (r.args->steps > d->history.n) {
		ctl_respond(r.call, CTL_EMPTY, NULL, "there was no such configuration: %s since the start",
			    str_count(count, d->history.n, "change"));
		return;
	}
	cfg = load_earlier(r.call, r.args->steps);
	if (!cfg)
		return;
	if (daemon_use_config(d, cfg, &why))
		ctl_respond(r.call, CTL_SUCCESS, command_hash(current(r.call)), "Configuration successful.");
	else
		ctl_respond(r.call, CTL_ERROR, NULL, "%s", str_text(&why));
	str_free(&why);
}

static void config_rollback(struct ctl_call *call, const void *args)
{
	struct rollback *r = xcalloc(1, sizeof(*r));

	*r = (struct rollback){ .call = call, .args = args };
	loop_timer(call_daemon(call)->loop, 0, rollback_now, r);
}

/* --- config-write --- */

struct write_args {
	struct conf_node node;
	const char *filename;
};
static const struct key write_keys[] = {
	K_STRING(struct write_args, filename, "filename", .max = 4096, .since = "4.2.0",
		 .doc = "a file in the directory of the configuration file, which is the default"),
};
static const struct scope write_scope = SCOPE("arguments", struct write_args, write_keys);

static struct config_text *read_server(const struct config_file *file, const char *text, size_t len,
				       struct diag **ret_diag)
{
	struct config_text *read = NULL;
	struct config *cfg = NULL;

	if (text)
		(void)config_load_text(file->path, text, len, file->digit, file->flags, ret_diag, &cfg);
	else
		(void)config_load_file(file->path, file->digit, file->flags, ret_diag, &cfg);
	if (cfg)
		read = config_text_ref(cfg->text);
	config_free(cfg);
	return read;
}

/* The file will include the changes by commands that are stored next to it. */
static bool fold(const struct config_file *file, const char *text, size_t len, struct str *why)
{
	return changes_fold(file->ctx, text, len, why);
}

static void folded(const struct config_file *file, bool is_written)
{
	changes_folded(file->ctx, is_written);
}

static void config_write(struct ctl_call *call, const void *args)
{
	const struct write_args *a = args;
	struct daemon *d = call_daemon(call);
	const struct config_file file = {
		.path = d->opts.config_file,
		.root = config_root_name(d->fam->digit),
		.is_any_allowed = d->opts.relaxed,
		.read = read_server,
		.replacing = fold,
		.replaced = folded,
		.ctx = &d->changes,
		.flags = CONFIG_SERVE | (d->opts.relaxed ? CONFIG_RELAXED : 0),
		.digit = d->fam->digit,
	};

	command_config_write(call, &file, current(call), a->filename);
}

#define ROW(n, a) .name = n, .families = KEY_DHCP, .access = a, .provider = "core", .since = "4.2.0"

static const struct command rows[] = {
	{ ROW("config-get", CTL_READ), .run = config_get,
	  .doc = "Returns the configuration with all defaults, and its hash." },
	{ ROW("config-hash-get", CTL_READ), .run = config_hash_get,
	  .doc = "Returns the SHA-256 hash of what config-get returns." },
	{ ROW("config-test", CTL_WRITE), .args = &config_args_scope, .run = config_test,
	  .doc = "Checks a configuration and returns all its errors; nothing changes." },
	{ ROW("config-set", CTL_WRITE), .args = &config_args_scope, .run = config_set,
	  .doc = "Replaces the configuration, until it is loaded from the file again. If it has errors, all of them "
		 "are "
		 "returned and nothing changes." },
	{ ROW("config-reload", CTL_WRITE), .run = config_reload,
	  .doc = "Loads the configuration file again. If it has errors, all of them are returned and nothing "
		 "changes." },
	{ ROW("config-rollback", CTL_WRITE), .native = true, .args = &rollback_scope, .run = config_rollback,
	  .doc = "Returns to one of the last 10 configurations that were in service since the start. That is a change "
		 "itself: another one with 1 step undoes it." },
	{ ROW("config-write", CTL_WRITE), .args = &write_scope, .run = config_write,
	  .doc = "Writes the configuration to a file, which is replaced at once and keeps its mode and owner. In the "
		 "file the server was started with, what is unchanged keeps its text and comments." },
};
const struct command_rows commands_config = COMMAND_ROWS(rows);
