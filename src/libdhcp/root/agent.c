/* SPDX-License-Identifier: MPL-2.0 */
#include "root/agent.h"

#include "base/str.h"
#include "json/diag.h"
#include "root/config.h"

#include <unistd.h>

struct agent_socket_conf {
	struct conf_node node;
	uint32_t socket_type;
	const char *socket_name;
	struct json_object *user_context;
	const char *comment;
};

struct agent_sockets_conf {
	struct conf_node node;
	struct agent_socket_conf *service[CTL_SERVICES];
	struct json_object *user_context;
	const char *comment;
};

/* The agent's map has the keys of an HTTP control socket, some with other names. */
struct agent_map_conf {
	struct control_socket_conf http;
	struct agent_sockets_conf *sockets;
	struct conf_list hooks_libraries;
	struct json_object *loggers;
	struct json_object *user_context;
	const char *comment;
};

static const char *const socket_type_words[] = { "unix", NULL };

static const struct key agent_socket_keys[] = {
	K_ENUM(struct agent_socket_conf, socket_type, "socket-type", .families = KEY_AGENT, .words = socket_type_words,
	       .def = "\"unix\"", .since = "4.2.0", .doc = "unix"),
	K_STRING(struct agent_socket_conf, socket_name, "socket-name", .families = KEY_AGENT, .required = true,
		 .since = "4.2.0", .doc = "path of the socket, as in \"control-socket\" of the service"),
	K_COMMENT(struct agent_socket_conf),
};
const struct scope agent_socket_scope = SCOPE("agent-socket", struct agent_socket_conf, agent_socket_keys);

#define K_SERVICE(number, word)                                                                      \
	K_MAP(struct agent_sockets_conf, service[number], word, agent_socket, .families = KEY_AGENT, \
	      .may_be_absent = true, .since = "4.2.0",                                               \
	      .doc = "where requests with \"service\": [ \"" word "\" ] are forwarded to")
static const struct key agent_sockets_keys[] = {
	K_SERVICE(SERVICE_DHCP4, "dhcp4"),
	K_SERVICE(SERVICE_DHCP6, "dhcp6"),
	K_SERVICE(SERVICE_D2, "d2"),
	K_COMMENT(struct agent_sockets_conf),
};
const struct scope agent_sockets_scope = SCOPE("control-sockets", struct agent_sockets_conf, agent_sockets_keys);

static const struct key agent_keys[] = {
	K_STRING(struct agent_map_conf, http.socket_address, "http-host", .families = KEY_AGENT, .def = "\"127.0.0.1\"",
		 .since = "4.2.0", .doc = "listen address"),
	K_INT(struct agent_map_conf, http.socket_port, "http-port", .families = KEY_AGENT, .min = 1, .max = 65535,
	      .def = "8000", .since = "4.2.0", .doc = "listen port"),
	K_MAP(struct agent_map_conf, http.authentication, "authentication", authentication, .families = KEY_AGENT,
	      .may_be_absent = true, .since = "4.2.0", .doc = "HTTP basic authentication"),
	K_STRING(struct agent_map_conf, http.trust_anchor, "trust-anchor", .families = KEY_AGENT, .since = "4.2.0",
		 .doc = "CA file or directory: with the next two keys, the port speaks HTTPS"),
	K_STRING(struct agent_map_conf, http.cert_file, "cert-file", .families = KEY_AGENT, .since = "4.2.0",
		 .doc = "certificate"),
	K_STRING(struct agent_map_conf, http.key_file, "key-file", .families = KEY_AGENT, .since = "4.2.0",
		 .doc = "private key"),
	K_BOOL(struct agent_map_conf, http.cert_required, "cert-required", .families = KEY_AGENT, .def = "true",
	       .since = "4.2.0", .doc = "ask for client certificate"),
	K_LIST(struct agent_map_conf, http.http_headers, "http-headers", http_header_scope, .families = KEY_AGENT,
	       .since = "4.2.0", .doc = "extra response headers"),
	K_MAP(struct agent_map_conf, sockets, "control-sockets", agent_sockets, .families = KEY_AGENT, .since = "4.2.0",
	      .doc = "unix sockets of the services"),
	K_LIST(struct agent_map_conf, hooks_libraries, "hooks-libraries", hooks_library_scope, .families = KEY_AGENT,
	       .refuse = "hook libraries of the control agent are", .doc = "shared objects to load, in order"),
	K_JSONS(struct agent_map_conf, loggers, "loggers", .families = KEY_AGENT, .since = "4.2.0",
		.doc = "not used: the loggers of the server that opens the port are"),
	K_COMMENT(struct agent_map_conf),
};
const struct scope agent_scope = SCOPE(AGENT_ROOT, struct agent_map_conf, agent_keys);

const struct scope *const agent_scopes[] = {
	&agent_scope,       &agent_sockets_scope, &agent_socket_scope,  &authentication_scope,
	&auth_client_scope, &http_header_scope,   &hooks_library_scope, NULL,
};

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
	struct json_object *printed;

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
	printed = conf_print(KEY_AGENT, &agent_scope, read);
	conf->text = config_text_new(printed);
	json_object_put(printed);
	conf_detach(&agent_scope, read);
	return conf;
out:
	agent_conf_free(conf);
	return NULL;
}

/* Same, from a document with its own diag. */
static struct agent_conf *build_from(const struct program_build *pb, const char *path, struct diag *diag)
{
	struct program_build own = *pb;
	struct program_top top;
	struct json_shape shape = program_shape(&top, &agent_scope);
	struct json_doc doc = { 0 };
	struct agent_conf *conf = NULL;
	struct json_object *map;

	own.diag = diag;
	(void)json_read_file(path, &shape, diag, &doc);
	if (diag_errors(diag))
		goto out;
	if (json_object_is_type(doc.root, json_type_object) && json_object_object_get_ex(doc.root, AGENT_ROOT, &map))
		conf = agent_build(&own, map);
	else
		diag_error(diag, json_pos(doc.root), "this file has no \"" AGENT_ROOT "\"");
out:
	json_doc_done(&doc);
	return conf;
}

struct agent_conf *agent_build_beside(const struct program_build *pb, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str file = { 0 }, why = { 0 };
	struct agent_conf *conf = NULL;
	struct diag *diag;

	str_addf(&file, "%.*s" AGENT_FILE, slash ? (int)(slash - path) + 1 : 0, path);
	if (access(file.text, F_OK) < 0)
		goto out;
	diag = diag_new();
	conf = build_from(pb, file.text, diag);
	if (conf) {
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
	arena_free(conf->arena);
	free(conf);
}
