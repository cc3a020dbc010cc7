/* SPDX-License-Identifier: MPL-2.0 */
/* The table of commands, and what every command has in common: access, arguments, errors. */
#include "ctl/call_int.h"

#include "base/str.h"
#include "ctl/forward.h"
#include "ctl/library.h"
#include "log/log.h"

#include <assert.h>

/* --- list-commands --- */

static void add_name(void *ctx, const struct command *cmd, bool is_available)
{
	if (is_available)
		json_object_array_add(ctx, json_object_new_string(cmd->name));
}

static void list_commands(struct ctl_call *call, const void *args)
{
	struct json_object *names = json_object_new_array();

	(void)args;
	ctl_each(call->ctl, add_name, names);
	ctl_respond(call, CTL_SUCCESS, names, NULL);
}

static const struct command own_rows[] = {
	{ .name = "list-commands",
	  .families = KEY_ALL,
	  .access = CTL_READ,
	  .provider = "core",
	  .since = "4.2.0",
	  .doc = "Lists the commands that are available.",
	  .run = list_commands },
};

/* --- the table --- */

struct ctl *ctl_new(unsigned family, void *user)
{
	struct ctl *ctl = xcalloc(1, sizeof(*ctl));

	ctl->family = family;
	ctl->user = user;
	ctl_add(ctl, own_rows, sizeof(own_rows) / sizeof(own_rows[0]));
	return ctl;
}

void ctl_free(struct ctl *ctl)
{
	if (!ctl)
		return;
	vec_free(&ctl->entries);
	vec_free(&ctl->pages);
	free(ctl->forwarder);
	free(ctl);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct ctl_entry *)a)->cmd->name, ((const struct ctl_entry *)b)->cmd->name);
}

static bool is_core(const struct command *cmd)
{
	return !strcmp(cmd->provider, "core");
}

void ctl_add(struct ctl *ctl, const struct command *rows, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		assert(is_core(&rows[i]) || ctl_library_name(rows[i].provider));
		if (!((rows[i].families ? rows[i].families : KEY_DHCP) & ctl->family))
			continue;
		*vec_push(&ctl->entries) = (struct ctl_entry){ &rows[i], is_core(&rows[i]) };
	}
	qsort(ctl->entries.v, ctl->entries.n, sizeof(*ctl->entries.v), compare);
	for (size_t i = 1; i < ctl->entries.n; i++)
		assert(compare(&ctl->entries.v[i - 1], &ctl->entries.v[i]));
}

void ctl_remove(struct ctl *ctl, void (*fn)(struct ctl_call *call, const void *args))
{
	size_t n = 0;

	for (size_t i = 0; i < ctl->entries.n; i++)
		if (ctl->entries.v[i].cmd->run != fn)
			ctl->entries.v[n++] = ctl->entries.v[i];
	ctl->entries.n = n;
}

static bool is_listed(const struct conf_strings *libraries, const char *provider)
{
	for (unsigned i = 0; i < libraries->n; i++) {
		const char *other = ctl_library_provider(libraries->v[i]);

		if (other && !strcmp(other, provider))
			return true;
	}
	return false;
}

void ctl_set_libraries(struct ctl *ctl, const struct conf_strings *libraries, bool all)
{
	for (size_t i = 0; i < ctl->entries.n; i++) {
		struct ctl_entry *entry = &ctl->entries.v[i];

		entry->is_available = all || is_core(entry->cmd) || is_listed(libraries, entry->cmd->provider);
	}
}

void ctl_on_processed(struct ctl *ctl, ctl_processed_fn *fn, void *ctx)
{
	ctl->processed = fn;
	ctl->processed_ctx = ctx;
}

void ctl_each(const struct ctl *ctl, void (*fn)(void *ctx, const struct command *cmd, bool is_available), void *ctx)
{
	for (size_t i = 0; i < ctl->entries.n; i++)
		fn(ctx, ctl->entries.v[i].cmd, ctl->entries.v[i].is_available);
}

static const struct ctl_entry *find(const struct ctl *ctl, const char *name)
{
	const struct command wanted = { .name = name };
	const struct ctl_entry key = { .cmd = &wanted };

	if (!ctl->entries.n)
		return NULL;
	return bsearch(&key, ctl->entries.v, ctl->entries.n, sizeof(key), compare);
}

const struct command *ctl_find(const struct ctl *ctl, const char *name)
{
	const struct ctl_entry *entry = find(ctl, name);

	return entry ? entry->cmd : NULL;
}

bool ctl_has(const struct ctl *ctl, const char *name)
{
	return find(ctl, name) != NULL;
}

/* --- what is rejected --- */

static void respond_unknown(struct ctl_call *call, const char *name, const struct ctl_entry *entry)
{
	const struct ctl *ctl = call->ctl;
	const char **names, *near;
	size_t n = 0;

	if (entry) {
		ctl_respond(call, CTL_UNSUPPORTED, NULL,
			    "'%s' command not supported: add %s to \"hooks-libraries\", or set \"commands\" to \"all\"",
			    name, ctl_library_name(entry->cmd->provider));
		return;
	}
	names = arena_new_array(call->arena, const char *, ctl->entries.n + 1);
	for (size_t i = 0; i < ctl->entries.n; i++)
		if (ctl->entries.v[i].is_available)
			names[n++] = ctl->entries.v[i].cmd->name;
	near = diag_suggest(name, names, n);
	if (ctl->forwarder) {
		ctl_respond(
			call, CTL_UNSUPPORTED, NULL,
			"'%s' command not supported. Without \"service\" in the request, the agent itself is meant: "
			"add for example \"service\": [ \"dhcp4\" ] to forward it",
			name);
		return;
	}
	ctl_respond(call, CTL_UNSUPPORTED, NULL, "'%s' command not supported.%s%s%s", name,
		    near ? " Did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool has_name(const struct conf_strings *names, const char *name)
{
	for (unsigned i = 0; i < names->n; i++)
		if (!strcmp(names->v[i], name))
			return true;
	return false;
}

/* Returns the key that forbids the command; NULL if nothing does. */
static const char *forbidden_by(const char *name, enum ctl_access access, const struct ctl_who *who)
{
	if (who->is_read_only && access == CTL_WRITE)
		return "\"access\" is \"read-only\"";
	if (who->commands && !has_name(who->commands, name))
		return "\"allowed-commands\" does not list it";
	return NULL;
}

/* Responds that the command is not allowed; false if it is allowed. */
static bool is_forbidden(struct ctl_call *call, const char *name, enum ctl_access access, const struct ctl_who *who)
{
	const char *why = forbidden_by(name, access, who);

	if (!why)
		return false;
	ctl_respond(call, CTL_ERROR, NULL, "'%s' command is not allowed: %s%s%s", name, why, who->rule ? " for " : "",
		    who->rule ? who->rule : "");
	return true;
}

/* Responds that the channel cannot send a stream; false if it can, or the command has none. */
static bool is_misplaced(struct ctl_call *call, const struct command *cmd, bool takes_streams)
{
	if (!cmd->is_stream || takes_streams)
		return false;
	ctl_respond(
		call, CTL_ERROR, NULL,
		"'%s' command responds with a stream: use a unix socket of the server, or GET /%s on an HTTP socket",
		cmd->name, cmd->name);
	return true;
}

static void dispatch_to_services(struct ctl_call *call, const struct ctl_who *who)
{
	const struct ctl_entry *entry = find(call->ctl->forwarder->known, call->req->command);

	if (entry && is_misplaced(call, entry->cmd, false))
		return;
	if (!is_forbidden(call, call->req->command, entry ? entry->cmd->access : CTL_WRITE, who))
		call_forward(call);
}

/* --- arguments --- */

struct no_args {
	struct conf_node node;
};
static const struct scope no_args_scope = { .name = "arguments", .size = sizeof(struct no_args) };

/* Returns the struct of the arguments; NULL after errors. */
static void *read_args(struct ctl_call *call)
{
	const struct scope *scope = call->cmd->args ? call->cmd->args : &no_args_scope;
	const struct scope *const all[] = { scope, NULL };
	const struct conf_reader rd = {
		.family = call->ctl->family, .diag = call->req->diag, .arena = call->arena, .all = all
	};
	void *args = arena_alloc(call->arena, scope->size);

	if (call->cmd->takes_any)
		return args;
	if (call->req->arguments && !json_object_is_type(call->req->arguments, json_type_object)) {
		request_refuse_bare(call->req);
		return NULL;
	}
	/* Without arguments, required ones are missing. */
	if (!call->req->arguments) {
		call->req->arguments = json_object_new_object();
		json_object_object_add(call->req->doc.root, "arguments", call->req->arguments);
	}
	return conf_read(&rd, scope, call->req->arguments, args) ? args : NULL;
}

struct ctl_call *ctl_dispatch(struct ctl *ctl, struct ctl_request *req, const struct ctl_who *who, ctl_ready_fn *ready,
			      void *ctx)
{
	struct ctl_call *call = call_new(ctl, req, who, ready, ctx);
	const struct ctl_entry *entry;
	void *args;

	if (!req->command) {
		ctl_respond_diag(call);
		return call;
	}
	LOG(COMMAND_RECEIVED, req->command, call->who);
	if (ctl->forwarder && req->service.n) {
		dispatch_to_services(call, who);
		return call;
	}
	entry = find(ctl, req->command);
	if (!entry || !entry->is_available) {
		respond_unknown(call, req->command, entry);
		return call;
	}
	call->cmd = entry->cmd;
	if (is_forbidden(call, entry->cmd->name, entry->cmd->access, who))
		return call;
	if (is_misplaced(call, entry->cmd, who->takes_streams))
		return call;
	args = read_args(call);
	if (!args)
		ctl_respond_diag(call);
	else
		entry->cmd->run(call, entry->cmd->args ? args : NULL);
	return call;
}

/* --- pages --- */

void ctl_add_page(struct ctl *ctl, const struct ctl_page *page)
{
	*vec_push(&ctl->pages) = page;
}

const struct ctl_page *ctl_page_find(const struct ctl *ctl, struct bytes target)
{
	const uint8_t *query = target.len ? memchr(target.data, '?', target.len) : NULL;
	size_t len = query ? (size_t)(query - target.data) : target.len;

	for (size_t i = 0; i < ctl->pages.n; i++)
		if (strlen(ctl->pages.v[i]->path) == len && memcmp(ctl->pages.v[i]->path, target.data, len) == 0)
			return ctl->pages.v[i];
	return NULL;
}

bool ctl_page_is_allowed(const struct ctl_page *page, const struct ctl_who *who)
{
	return !forbidden_by(page->command, CTL_READ, who);
}

bool ctl_page_user_may(const struct ctl_call *call, const struct command *cmd)
{
	return !forbidden_by(cmd->name, cmd->access, call->page_user);
}

struct ctl_call *ctl_page_open(struct ctl *ctl, const struct ctl_page *page, const struct ctl_get *get,
			       const struct ctl_who *who, ctl_ready_fn *ready, void *ctx)
{
	struct ctl_call *call;

	if (!ctl_page_is_allowed(page, who))
		return NULL;
	call = call_new(ctl, NULL, who, ready, ctx);
	call->is_whole = true;
	call->page_user = who;
	call->get = (struct ctl_get){
		bytes_of(arena_dup(call->arena, get->query.data, get->query.len), get->query.len),
		bytes_of(arena_dup(call->arena, get->last_event_id.data, get->last_event_id.len),
			 get->last_event_id.len),
	};
	if (page->text)
		call_respond_text(call, page->text);
	else
		page->run(call);
	call->page_user = NULL;
	return call;
}
