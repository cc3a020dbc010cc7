/* SPDX-License-Identifier: MPL-2.0 */
#include "root/agent.h"

#include "base/str.h"
#include "json/diag.h"
#include "root/config.h"
#include "root/program.h"

#include <unistd.h>

static bool is_given(const char *value)
{
	return value && value[0];
}

static void build_channel(const struct program_build *pb, struct agent_map_conf *map, struct channel_conf *ch)
{
	const struct control_socket_conf *http = &map->http;
	bool has_tls = is_given(http->trust_anchor) || is_given(http->cert_file) || is_given(http->key_file);

	ch->type = has_tls ? CHANNEL_HTTPS : CHANNEL_HTTP;
	program_http(pb, http, ch);
}

static void build_paths(const struct program_build *pb, const struct agent_sockets_conf *sockets, const char **paths)
{
	for (unsigned i = 0; i < CTL_SERVICES; i++) {
		const struct agent_socket_conf *conf = sockets->service[i];
		struct pos pos;

		if (!conf || !conf->socket_name || CONF_BAD(conf, socket_name))
			continue;
		pos = conf_pos(&conf->node, "socket-name");
		paths[i] = conf->socket_name;
		/* Nothing is created there, so it may be anywhere. */
		if (!strchr(paths[i], '/'))
			paths[i] =
				program_path(pb, pos, "socket-name", paths[i], "KEA_CONTROL_SOCKET_DIR", KEA_RUN_DIR);
		if (paths[i][0] != '/')
			diag_error(pb->diag, pos, "\"socket-name\" %s is not an absolute path", paths[i]);
		else if (strlen(paths[i]) > CHANNEL_PATH_MAX)
			diag_error(pb->diag, pos, "%s has %zu bytes; the path of a unix socket may have %d", paths[i],
				   strlen(paths[i]), CHANNEL_PATH_MAX);
	}
}

struct agent_conf *agent_build(const struct program_build *pb, struct json_object *map)
{
	struct agent_conf *conf = xcalloc(1, sizeof(*conf));
	struct program_build own = *pb;
	struct agent_map_conf *read;
	unsigned before = diag_errors(pb->diag);
	struct conf_output out = { 0 };

	own.arena = conf->arena = arena_new(0);
	read = arena_new_obj(conf->arena, struct agent_map_conf);
	if (!json_object_is_type(map, json_type_object)) {
		if (!json_is_broken(map))
			diag_error(pb->diag, json_pos(map), "\"" AGENT_ROOT "\" must be a map");
		goto out;
	}
	(void)conf_read(
		&(struct conf_reader){ .family = KEY_AGENT, .diag = own.diag, .arena = own.arena, .all = agent_scopes },
		&agent_scope, map, read);
	build_channel(&own, read, &conf->channel);
	build_paths(&own, read->sockets, conf->paths);
	if (diag_errors(pb->diag) > before)
		goto out;
	out.with_secrets = true;
	conf_write(KEY_AGENT, &agent_scope, read, &out);
	conf->text = config_text_new(&out.text);
	out.with_secrets = false;
	conf_write(KEY_AGENT, &agent_scope, read, &out);
	conf->shown = config_text_new(&out.text);
	memcpy(conf->shown->hash, conf->text->hash, sizeof(conf->text->hash));
	conf_detach(&agent_scope, read);
	return conf;
out:
	agent_conf_free(conf);
	return NULL;
}

struct agent_conf *agent_load(const struct program_build *pb, const char *path, const char *text, size_t len)
{
	struct program_top top;
	struct json_shape shape = program_shape(&top, &agent_scope);
	struct json_doc doc = { 0 };
	struct agent_conf *conf = NULL;
	struct json_object *map;

	if (text)
		(void)json_read_text(path, text, len, 0, &shape, pb->diag, &doc);
	else
		(void)json_read_file(path, &shape, pb->diag, &doc);
	if (diag_errors(pb->diag))
		goto out;
	if (json_object_is_type(doc.root, json_type_object) && json_object_object_get_ex(doc.root, AGENT_ROOT, &map))
		conf = agent_build(pb, map);
	else
		diag_error(pb->diag, json_pos(doc.root), "this file has no \"" AGENT_ROOT "\"");
out:
	json_doc_done(&doc);
	return conf;
}

struct agent_conf *agent_build_beside(const struct program_build *pb, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str file = { 0 }, why = { 0 };
	struct program_build own = *pb;
	struct agent_conf *conf = NULL;
	struct diag *diag;

	str_addf(&file, "%.*s" AGENT_FILE, slash ? (int)(slash - path) + 1 : 0, path);
	if (access(file.text, F_OK) < 0)
		goto out;
	own.diag = diag = diag_new();
	conf = agent_load(&own, file.text, NULL, 0);
	if (conf) {
		conf->path = arena_strdup(conf->arena, file.text);
		diag_warn(pb->diag, POS_NONE, "%s is used: this server opens the port of the control agent, %s",
			  file.text, conf->channel.name);
	} else {
		diag_reason(diag, &why);
		diag_warn(pb->diag, POS_NONE, "%s is not used: %s", file.text, str_text(&why));
	}
	diag_free(diag);
out:
	str_free(&file);
	str_free(&why);
	return conf;
}

void agent_conf_free(struct agent_conf *conf)
{
	if (!conf)
		return;
	config_text_unref(conf->text);
	config_text_unref(conf->shown);
	arena_free(conf->arena);
	free(conf);
}
