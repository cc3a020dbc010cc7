/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/command_edit.h"

#include "base/str.h"
#include "json/value.h"

struct editing {
	struct ctl_call *call;
	const void *args;
	const char *hash;
	command_edit_fn *edit;
};

struct json_object *command_list(struct json_object *map, const char *name)
{
	struct json_object *list = NULL;

	if (json_object_object_get_ex(map, name, &list))
		return list;
	list = json_object_new_array();
	json_object_object_add(map, name, list);
	return list;
}

int command_find(struct json_object *list, const char *key, struct json_object *value)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *v;

		if (json_object_object_get_ex(json_object_array_get_idx(list, i), key, &v) &&
		    json_object_equal(v, value))
			return (int)i;
	}
	return -1;
}

const char *command_text(struct json_object *map, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(map, key, &v) && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

const char *command_subnets(const struct ctl_call *call)
{
	return call_daemon(call)->fam->digit == 6 ? "subnet6" : "subnet4";
}

uint32_t command_subnet_id(struct json_object *map)
{
	struct json_object *v;

	return json_object_object_get_ex(map, "id", &v) ? (uint32_t)json_object_get_int64(v) : 0;
}

static bool is_it(struct json_object *map, uint32_t id, const char *prefix)
{
	return id ? command_subnet_id(map) == id : !strcmp(command_text(map, "subnet"), prefix);
}

bool command_find_in(struct json_object *list, uint32_t id, const char *prefix, struct command_place *ret)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *map = json_object_array_get_idx(list, i);

		if (!is_it(map, id, prefix))
			continue;
		*ret = (struct command_place){ list, map, i };
		return true;
	}
	return false;
}

bool command_find_subnet(const struct ctl_call *call, struct json_object *root, uint32_t id, const char *prefix,
			 struct command_place *ret)
{
	struct json_object *networks = command_list(root, "shared-networks");

	if (command_find_in(command_list(root, command_subnets(call)), id, prefix, ret))
		return true;
	for (size_t i = 0; i < json_object_array_length(networks); i++) {
		struct json_object *network = json_object_array_get_idx(networks, i);

		if (command_find_in(command_list(network, command_subnets(call)), id, prefix, ret))
			return true;
	}
	return false;
}

/* Puts the edited document into service; responds with an error if that fails. */
static bool use(struct ctl_call *call, struct json_object *top)
{
	struct daemon *d = call_daemon(call);
	unsigned flags = CONFIG_SERVE | (d->opts.relaxed ? CONFIG_RELAXED : 0);
	struct config *cfg = NULL;
	struct str why = { 0 };
	bool ok;

	if (config_load_json(top, d->fam->digit, flags, ctl_call_diag(call), &cfg) < 0) {
		ctl_respond_diag(call);
		return false;
	}
	ok = daemon_use_config(d, cfg, &why);
	if (!ok)
		ctl_respond(call, CTL_ERROR, NULL, "%s", str_text(&why));
	str_free(&why);
	return ok;
}

/* Responds with a copy: the names of members are in the document's arena, and the response outlives that. */
static void respond(struct ctl_call *call, const struct command_edited *edited)
{
	ctl_respond(call, edited->result, json_copy(edited->arguments), "%s", str_text(&edited->text));
}

static void edit_now(void *ctx)
{
	struct editing e = *(struct editing *)ctx;
	struct daemon *d = call_daemon(e.call);
	struct config_text *text = d->sockets.live->cfg->text;
	struct json_object *top = json_object_new_object();
	struct command_edited edited = { .result = CTL_SUCCESS };
	struct diag *diag = ctl_call_diag(e.call);
	struct json_doc doc;

	free(ctx);
	config_text_read(text, diag, &doc);
	json_object_object_add(top, config_root_name(d->fam->digit), json_object_get(doc.root));
	if (command_hash_is_current(e.call, e.hash)) {
		e.edit(e.call, doc.root, e.args, &edited);
		if (diag_errors(diag))
			ctl_respond_diag(e.call);
		else if (edited.result != CTL_SUCCESS || edited.only_reads || use(e.call, top))
			respond(e.call, &edited);
	}
	json_object_put(edited.arguments);
	str_free(&edited.text);
	json_object_put(top);
	json_doc_done(&doc);
}

void command_edit(struct ctl_call *call, const void *args, const char *hash, command_edit_fn *edit)
{
	struct editing *e = xcalloc(1, sizeof(*e));

	*e = (struct editing){ .call = call, .args = args, .hash = hash, .edit = edit };
	loop_timer(call_daemon(call)->loop, 0, edit_now, e);
}
