/* SPDX-License-Identifier: MPL-2.0 */
/* Requests: { "command": name, "arguments": { ... } }, with "service" and "remote-address" for agents. */
#include "ctl/call_int.h"

struct request_conf {
	struct conf_node node;
	const char *command;
	struct json_object *arguments;
	struct conf_strings service;
	const char *remote_address;
};

static const struct key request_keys[] = {
	K_STRING(struct request_conf, command, "command", .families = KEY_ALL, .required = true, .max = 128,
		 .since = "4.2.0", .doc = "name of the command"),
	K_JSON(struct request_conf, arguments, "arguments", .families = KEY_ALL, .since = "4.2.0",
	       .doc = "arguments of the command"),
	K_STRINGS(struct request_conf, service, "service", .families = KEY_ALL, .since = "4.2.0",
		  .doc = "the servers that an agent forwards the command to"),
	K_STRING(struct request_conf, remote_address, "remote-address", .families = KEY_ALL, .since = "4.2.0",
		 .doc = "address of the client, added by agents"),
};
static const struct scope request_scope = SCOPE("the request", struct request_conf, request_keys);

/*
 * Takes out arguments that are no map, which few commands of Kea have: whether this one does is not known here. They
 * are put back once the rest was read, as the request may be forwarded.
 */
static struct json_object *take_bare(struct json_object *root)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(root, "arguments", &value) || !value ||
	    json_object_is_type(value, json_type_object))
		return NULL;
	value = json_object_get(value);
	json_object_object_del(root, "arguments");
	return value;
}

static bool read_map(struct ctl_request *req, struct request_conf *ret)
{
	static const struct scope *const all[] = { &request_scope, NULL };
	const struct conf_reader rd = { .family = KEY_ALL, .diag = req->diag, .arena = req->doc.arena, .all = all };

	return conf_read(&rd, &request_scope, req->doc.root, ret);
}

void request_refuse_bare(struct ctl_request *req)
{
	struct request_conf conf;

	(void)read_map(req, &conf);
}

struct ctl_request *ctl_request_parse(const char *text, size_t len)
{
	struct ctl_request *req = xcalloc(1, sizeof(*req));
	struct json_object *bare;
	struct request_conf conf;
	bool ok;

	req->diag = diag_new();
	(void)json_read_text("request", text, len, JSON_STRICT, NULL, req->diag, &req->doc);
	if (diag_errors(req->diag))
		return req;
	req->is_json = true;
	if (!json_object_is_type(req->doc.root, json_type_object)) {
		diag_error(req->diag, json_pos(req->doc.root), "expected a map: { \"command\": ... }");
		return req;
	}
	bare = take_bare(req->doc.root);
	ok = read_map(req, &conf);
	if (bare)
		json_object_object_add(req->doc.root, "arguments", bare);
	if (!ok) {
		request_refuse_bare(req);
		return req;
	}
	req->command = conf.command;
	req->arguments = bare ? bare : conf.arguments;
	req->service = conf.service;
	return req;
}

void ctl_request_free(struct ctl_request *req)
{
	if (!req)
		return;
	json_doc_done(&req->doc);
	diag_free(req->diag);
	free(req);
}

const char *ctl_request_command(const struct ctl_request *req)
{
	return req->command;
}

struct json_object *ctl_request_arguments(const struct ctl_request *req)
{
	return req->arguments;
}

bool ctl_request_is_json(const struct ctl_request *req)
{
	return req->is_json;
}

struct json_object *ctl_request_json(const struct ctl_request *req)
{
	return json_object_is_type(req->doc.root, json_type_object) ? req->doc.root : NULL;
}
