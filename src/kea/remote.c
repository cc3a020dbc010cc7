/* SPDX-License-Identifier: MPL-2.0 */
#include "kea/remote.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/screen.h"
#include "json/limits.h"
#include "json/read.h"
#include "json/value.h"
#include "kea/input.h"

#include <errno.h>
#include <string.h>

#define DEPTH_MAX (JSON_DEPTH_MAX + 8) /* a configuration within a response */
#define PASSWORD_FILE_MAX 65536
#define MEMORY_MAX (3072ULL << 20) /* of the values of a response */

/* The servers, in the order of the families' bits. */
static const struct place {
	unsigned family;
	const char *map, *config, *socket;
} places[] = {
	{ KEY_4, "Dhcp4", KEA_CONF_DIR "/kea-dhcp4.conf", "kea4-ctrl-socket" },
	{ KEY_6, "Dhcp6", KEA_CONF_DIR "/kea-dhcp6.conf", "kea6-ctrl-socket" },
	{ KEY_D2, "DhcpDdns", KEA_CONF_DIR "/kea-dhcp-ddns.conf", "kea-ddns-ctrl-socket" },
};
#define N_PLACES (sizeof(places) / sizeof(places[0]))

/* --- where it is --- */

static const char *socket_name(struct json_object *conf, const struct place *place)
{
	const char *name = json_member_text(conf, "socket-name");

	return name[0] ? name : place->socket;
}

/* Returns the unix socket that the server's map names; NULL if there is none. */
static char *socket_of(struct json_object *map, const struct place *place)
{
	struct json_object *list = json_member(map, "control-sockets"), *one = json_member(map, "control-socket");
	const char *name = NULL, *folder = getenv("KEA_CONTROL_SOCKET_DIR");
	struct str path = { 0 };

	if (one && !strcmp(json_member_text(one, "socket-type"), "unix"))
		name = socket_name(one, place);
	for (size_t i = 0; json_object_is_type(list, json_type_array) && !name && i < json_object_array_length(list);
	     i++)
		if (!strcmp(json_member_text(json_object_array_get_idx(list, i), "socket-type"), "unix"))
			name = socket_name(json_object_array_get_idx(list, i), place);
	if (!name)
		return NULL;
	if (!strchr(name, '/'))
		str_addf(&path, "%s/", folder && *folder ? folder : KEA_RUN_DIR);
	str_add(&path, name);
	return path.text;
}

static const struct place *place_of(unsigned family)
{
	for (size_t i = 0; i < N_PLACES; i++)
		if (places[i].family == family)
			return &places[i];
	return &places[0];
}

int remote_read_config(const struct cli *cli, unsigned *family, struct json_doc *ret, struct json_object **ret_map)
{
	const struct place *place = place_of(*family);
	const char *file = cli->config ? cli->config : place->config;
	struct diag *diag = diag_new();
	struct str why = { 0 };
	int err, code = EXIT_OK;

	*ret = (struct json_doc){ 0 };
	err = json_read_file(file, NULL, diag, ret);
	for (size_t i = 0; cli->config && !cli->family && i < N_PLACES && !json_member(ret->root, place->map); i++)
		if (json_member(ret->root, places[i].map))
			place = &places[i];
	*ret_map = json_member(ret->root, place->map);
	*family = place->family;
	if (!*ret_map && err < 0) {
		diag_reason(diag, &why);
		code = cli_fail(EXIT_UNREACHABLE, "%s", str_text(&why));
	} else if (!*ret_map) {
		code = cli_fail(EXIT_UNREACHABLE, "%s has no \"%s\"", file, place->map);
	}
	str_free(&why);
	diag_free(diag);
	return code;
}

/* The configuration names it. */
static int find_socket(const struct cli *cli, struct remote *remote)
{
	struct json_object *map;
	struct json_doc doc;
	int code = remote_read_config(cli, &remote->family, &doc, &map);
	const struct place *place = place_of(remote->family);

	if (code != EXIT_OK) {
		if (!cli->config)
			(void)cli_fail(code, "--socket or --url names the server without a configuration");
	} else {
		remote->peer.path = socket_of(map, place);
		if (!remote->peer.path)
			code = cli_fail(
				EXIT_UNREACHABLE,
				"%s has no unix socket for commands: add \"control-socket\": { \"socket-type\": "
				"\"unix\" } to \"%s\", or use --url",
				cli->config ? cli->config : place->config, place->map);
	}
	json_doc_done(&doc);
	return code;
}

/* Appends the first line of the file. */
static int read_password(const struct cli *cli, struct str *out)
{
	struct str text = { 0 };
	FILE *file;
	bool ok;

	if (!cli->password_file)
		return EXIT_OK;
	errno = 0;
	file = fopen(cli->password_file, "re");
	ok = file && input_read(file, PASSWORD_FILE_MAX, &text);
	if (!ok)
		(void)cli_fail(EXIT_UNREACHABLE, "%s: %s", cli->password_file, errno ? strerror(errno) : "is too long");
	if (file)
		(void)fclose(file);
	if (ok)
		str_add_n(out, str_text(&text), strcspn(str_text(&text), "\r\n"));
	str_free(&text);
	return ok ? EXIT_OK : EXIT_UNREACHABLE;
}

static int set_url(const struct cli *cli, struct remote *remote)
{
	struct peer *peer = &remote->peer;
	struct str text = { 0 };

	if (!peer_set_url(peer, cli->url))
		return cli_fail(EXIT_USAGE, "--url: %s is not http://HOST:PORT/ or https://HOST:PORT/", cli->url);
	if ((cli->ca || cli->cert || cli->key) && !peer->is_https)
		return cli_fail(EXIT_USAGE, "--ca, --cert and --key are for https");
	if (!cli->cert != !cli->key)
		return cli_fail(EXIT_USAGE, "--cert and --key must be used together");
	if (cli->password_file && !cli->user)
		return cli_fail(EXIT_USAGE, "--password-file needs --user");
	peer->ca = cli->ca;
	peer->cert = cli->cert;
	peer->key = cli->key;
	if (!cli->user)
		return EXIT_OK;
	str_addf(&text, "%s:", cli->user);
	if (read_password(cli, &text) != EXIT_OK) {
		str_free(&text);
		return EXIT_UNREACHABLE;
	}
	free(peer->authorization);
	peer->authorization = text.text;
	return EXIT_OK;
}

int remote_open(const struct cli *cli, unsigned family, struct remote *ret)
{
	int code = EXIT_OK;

	*ret = (struct remote){ .family = cli->family ? cli->family : family, .service = cli->service };
	if (!cli->url && (cli->user || cli->password_file || cli->ca || cli->cert || cli->key || cli->service))
		return cli_fail(EXIT_USAGE, "--user, --password-file, --ca, --cert, --key and --service need --url");
	if (cli->url)
		code = set_url(cli, ret);
	else if (cli->socket)
		ret->peer.path = xstrdup(cli->socket);
	else
		code = find_socket(cli, ret);
	ret->peer.timeout_sec = cli->timeout_sec;
	if (code != EXIT_OK)
		remote_close(ret);
	return code;
}

void remote_close(struct remote *remote)
{
	peer_done(&remote->peer);
}

/* --- commands --- */

int remote_unreachable(const struct remote *remote, const char *why)
{
	const struct peer *p = &remote->peer;

	if (p->path)
		return cli_fail(EXIT_UNREACHABLE, "%s: %s", p->path, why);
	return cli_fail(EXIT_UNREACHABLE, "%s://%s:%s: %s", p->is_https ? "https" : "http", p->host, p->port, why);
}

/* Returns about how much memory the values take; "{}" takes 400 times its size. */
static uint64_t memory_of(const char *text, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			for (i++; i < len && text[i] != '"'; i++)
				i += text[i] == '\\';
		else if (text[i] == '{')
			sum += 900;
		else if (text[i] == '[')
			sum += 400;
		else if (text[i] == ',')
			sum += 100;
	}
	return sum;
}

static struct json_object *parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *v = NULL;

	if (len <= INT32_MAX)
		v = json_tokener_parse_ex(tokener, text, (int)len);
	if (v) {
		size_t end = json_tokener_get_parse_end(tokener);

		end += strspn(text + end, " \t\r\n");
		if (end != len) {
			json_object_put(v);
			v = NULL;
		}
	}
	json_tokener_free(tokener);
	return v;
}

/* False if it is not a response. */
static bool read_reply(const char *text, size_t len, struct reply *ret)
{
	struct json_object *v = parse(text, len), *result;

	*ret = (struct reply){ .root = v };
	if (json_object_is_type(v, json_type_array) && json_object_array_length(v) > 0) {
		ret->root = json_object_get(json_object_array_get_idx(v, 0));
		json_object_put(v);
	}
	result = json_member(ret->root, "result");
	if (!json_object_is_type(result, json_type_int)) {
		reply_done(ret);
		return false;
	}
	ret->result = json_object_get_int(result);
	ret->text = json_member_text(ret->root, "text");
	ret->arguments = json_member(ret->root, "arguments");
	return true;
}

int remote_ask_json(struct remote *remote, struct json_object *request, struct reply *ret)
{
	const char *text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_NOSLASHESCAPE);
	struct str response = { 0 }, why = { 0 };
	int code = EXIT_OK;

	*ret = (struct reply){ 0 };
	if (peer_ask(&remote->peer, text, strlen(text), &response, &why) < 0)
		code = remote_unreachable(remote, str_text(&why));
	else if (memory_of(str_text(&response), response.len) > MEMORY_MAX)
		code = remote_unreachable(remote, "the response has too many values");
	else if (!read_reply(str_text(&response), response.len, ret))
		code = remote_unreachable(remote, "the response is not one of Kea's control protocol");
	str_free(&response);
	str_free(&why);
	return code;
}

int remote_ask(struct remote *remote, const char *command, struct json_object *arguments, struct reply *ret)
{
	struct json_object *request = json_object_new_object(), *services;
	int code;

	json_object_object_add(request, "command", json_object_new_string(command));
	if (remote->service) {
		services = json_object_new_array();
		json_object_array_add(services, json_object_new_string(remote->service));
		json_object_object_add(request, "service", services);
	}
	if (arguments)
		json_object_object_add(request, "arguments", arguments);
	code = remote_ask_json(remote, request, ret);
	json_object_put(request);
	return code;
}

void reply_done(struct reply *reply)
{
	json_object_put(reply->root);
	*reply = (struct reply){ 0 };
}

int reply_code(const struct reply *reply)
{
	switch (reply->result) {
	case 0:
		return EXIT_OK;
	case 3:
		return cli_fail(EXIT_NOTHING, "%s", reply->text[0] ? reply->text : "nothing was found");
	default:
		return cli_fail(EXIT_REFUSED, "%s",
				reply->text[0] ? reply->text : "the server responded with an error");
	}
}

int reply_print(const struct cli *cli, const struct reply *reply)
{
	struct str text = { 0 };

	if (cli->json) {
		screen_print_json(reply->root);
		return reply->result == 0 ? EXIT_OK : reply->result == 3 ? EXIT_NOTHING : EXIT_REFUSED;
	}
	if (reply->arguments && (reply->result == 0 || reply->result == 3))
		screen_print_json(reply->arguments);
	if (reply->result != 0)
		return reply_code(reply);
	if (!reply->arguments) {
		screen_add(&text, reply->text, strlen(reply->text), SIZE_MAX);
		puts(text.len ? str_text(&text) : "done");
		str_free(&text);
	}
	return EXIT_OK;
}
