/* SPDX-License-Identifier: MPL-2.0 */
/*
 * control-socket and control-sockets. What depends on this host (directories, files with passwords) is not checked by
 * -t; certificates are read when the sockets are opened.
 */
#include "root/program.h"

#include "base/file.h"
#include "base/str.h"
#include "root/config.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 1024
#define DIRECTORY_MODE 0750

/* The sockets built so far. */
struct control {
	const char *default_name; /* of unix sockets */
	struct channel_conf *v;
	unsigned n;
};

static bool is_read_only(uint32_t access)
{
	return access == 1;
}

/* An error, or with -X a warning. Returns true if it is an error. */
static bool restricted(const struct program_build *b, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static bool restricted(const struct program_build *b, struct pos pos, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	if (b->flags & CONFIG_RELAXED)
		diag_warn(b->diag, pos, "%s", str_text(&text));
	else
		diag_error(b->diag, pos, "%s", str_text(&text));
	str_free(&text);
	return !(b->flags & CONFIG_RELAXED);
}

/* --- unix sockets --- */

static void check_directory(const struct program_build *b, struct pos pos, const char *path)
{
	char *folder = arena_strndup(b->arena, path, (size_t)(strrchr(path, '/') - path));
	struct stat st;

	if (b->flags & CONFIG_CHECK)
		return;
	if (stat(folder[0] ? folder : "/", &st) < 0) {
		diag_error(b->diag, pos, "the directory of the control socket, %s, cannot be used: %s", folder,
			   strerror(errno));
		return;
	}
	if (!(st.st_mode & 07777 & ~DIRECTORY_MODE))
		return;
	if (restricted(b, pos, "the directory of the control socket, %s, has mode %04o, more than 0750 allows", folder,
		       (unsigned)st.st_mode & 07777))
		diag_help(b->diag, "run \"chmod 0750 %s\"", folder);
}

static void build_unix(const struct program_build *b, const struct control *c, const struct control_socket_conf *conf,
		       struct channel_conf *ch)
{
	struct pos pos = conf_pos(&conf->node, "socket-name");
	const char *name = CONF_SET(conf, socket_name) ? conf->socket_name : c->default_name;

	if (!name[0]) {
		diag_error(b->diag, pos, "\"socket-name\" is empty");
		return;
	}
	ch->path = program_path(b, pos, "socket-name", name, "KEA_CONTROL_SOCKET_DIR", KEA_RUN_DIR);
	if (!ch->path)
		return;
	if (ch->path[0] != '/') {
		diag_error(b->diag, pos, "\"socket-name\" %s is not an absolute path", ch->path);
		return;
	}
	if (strlen(ch->path) > CHANNEL_PATH_MAX) {
		diag_error(b->diag, pos, "%s has %zu bytes; the path of a unix socket may have %d", ch->path,
			   strlen(ch->path), CHANNEL_PATH_MAX);
		return;
	}
	check_directory(b, pos, ch->path);
	ch->name = arena_printf(b->arena, "unix:%s", ch->path);
}

/* --- passwords --- */

/* Returns the first line of a file; NULL after an error. */
static const char *read_secret(const struct program_build *b, const struct authentication_conf *auth, struct pos pos,
			       const char *name)
{
	const char *folder = CONF_SET(auth, directory) ? auth->directory : KEA_CREDS_DIR;
	const char *path = name[0] == '/' ? name : arena_printf(b->arena, "%s/%s", folder, name);
	char text[SECRET_MAX + 2], why[FILE_WHY_MAX];
	const char *line = NULL;
	struct stat st;
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		diag_error(b->diag, pos, "cannot read %s: %s", path, file_why(path, R_OK, why));
		return NULL;
	}
	len = read(fd, text, SECRET_MAX + 1);
	if (len < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		diag_error(b->diag, pos, "cannot read %s: %s", path, len < 0 ? strerror(errno) : "not a file");
		goto out;
	}
	if (st.st_mode & 07)
		diag_warn(b->diag, pos, "%s can be read by every user of this host: run \"chmod o= %s\"", path, path);
	text[len] = '\0';
	if (strcspn(text, "\r\n") < strlen(text))
		len = (ssize_t)strcspn(text, "\r\n");
	if (len > SECRET_MAX || memchr(text, '\0', (size_t)len))
		diag_error(b->diag, pos, "the first line of %s is longer than %d bytes or not text", path, SECRET_MAX);
	else if (!len)
		diag_error(b->diag, pos, "the first line of %s is empty", path);
	else
		line = arena_strndup(b->arena, text, (size_t)len);
out:
	OPENSSL_cleanse(text, sizeof(text));
	close(fd);
	return line;
}

/* Sets the user of a client, or reports an error. */
static void build_user(const struct program_build *b, const struct authentication_conf *auth,
		       const struct auth_client_conf *conf, struct auth_user *user)
{
	const char *name = conf->user, *password = CONF_SET(conf, password) ? conf->password : NULL, *colon;
	struct pos pos = conf_pos(&conf->node, "user");
	bool is_in_files = CONF_SET(conf, user_file) || CONF_SET(conf, password_file);

	user->is_read_only = is_read_only(conf->access);
	user->commands = CONF_SET(conf, allowed_commands) ? &conf->allowed_commands : NULL;
	if (CONF_SET(conf, user) && CONF_SET(conf, user_file))
		diag_error(b->diag, pos, "both \"user\" and \"user-file\"");
	if (CONF_SET(conf, password) && CONF_SET(conf, password_file))
		diag_error(b->diag, conf_pos(&conf->node, "password"), "both \"password\" and \"password-file\"");
	if (is_in_files && b->flags & CONFIG_CHECK)
		return;
	if (CONF_SET(conf, user_file))
		name = read_secret(b, auth, conf_pos(&conf->node, "user-file"), conf->user_file);
	if (CONF_SET(conf, password_file))
		password = read_secret(b, auth, conf_pos(&conf->node, "password-file"), conf->password_file);
	if ((CONF_SET(conf, user_file) && !name) || (CONF_SET(conf, password_file) && !password))
		return;
	if (!name && CONF_SET(conf, password_file)) {
		colon = strchr(password, ':');
		name = colon ? arena_strndup(b->arena, password, (size_t)(colon - password)) : NULL;
		password = colon ? colon + 1 : password;
	}
	if (!name || !name[0]) {
		diag_error(b->diag, pos,
			   "a client needs \"user\", or \"user-file\", or user:password in \"password-file\"");
		return;
	}
	for (const char *p = name; *p; p++)
		if (*p == ':' || (unsigned char)*p < ' ' || *p == 0x7f) {
			diag_error(b->diag, pos, "a user name must not contain colons or control characters");
			return;
		}
	auth_user_init(user, name, password ? password : "");
}

static const struct auth *build_auth(const struct program_build *b, const struct authentication_conf *conf)
{
	const struct auth_client_conf *clients = conf->clients.v;
	struct auth *auth = arena_new_obj(b->arena, struct auth);

	auth->realm = conf->realm;
	auth->n_users = conf->clients.n;
	auth->users = arena_new_array(b->arena, struct auth_user, conf->clients.n);
	for (const char *p = auth->realm; *p; p++)
		if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ' || *p == 0x7f) {
			diag_error(b->diag, conf_pos(&conf->node, "realm"),
				   "\"realm\" must not contain quotes, backslashes or control characters");
			break;
		}
	for (unsigned i = 0; i < conf->clients.n; i++)
		build_user(b, conf, &clients[i], &auth->users[i]);
	if (!conf->clients.n && !CONF_BAD(conf, clients))
		diag_warn(b->diag, conf_pos(&conf->node, "clients"),
			  "\"authentication\" without \"clients\" rejects all requests");
	return auth;
}

/* --- HTTP --- */

static bool is_loopback(const struct ip *addr)
{
	if (ip_is4(addr))
		return ip_to4(addr) >> 24 == 127;
	return ip_half(addr, 0) == 0 && ip_half(addr, 1) == 1;
}

/* RFC 9110 5.1, 5.5; those that describe the message are the server's. */
static bool is_header(const struct http_header_conf *conf)
{
	static const char *const own[] = { "Content-Length", "Content-Type", "Transfer-Encoding", "Connection",
					   "Date" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (str_case_equal(conf->name, own[i]))
			return false;
	for (const char *p = conf->name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *p))
			return false;
	for (const char *p = conf->value; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return false;
	return conf->name[0] != '\0';
}

static void build_headers(const struct program_build *b, const struct control_socket_conf *conf,
			  struct channel_conf *ch)
{
	const struct http_header_conf *v = conf->http_headers.v;
	struct channel_header *headers = arena_new_array(b->arena, struct channel_header, conf->http_headers.n);

	for (unsigned i = 0; i < conf->http_headers.n; i++) {
		if (!v[i].name || !v[i].value)
			continue;
		if (!is_header(&v[i]))
			diag_error(b->diag, conf_pos(&v[i].node, "name"),
				   "\"%s\" cannot be added: its name or value is invalid, or the server sets it",
				   v[i].name);
		headers[ch->n_headers++] = (struct channel_header){ v[i].name, v[i].value };
	}
	ch->headers = headers;
}

static void build_tls(const struct program_build *b, const struct control_socket_conf *conf, struct channel_conf *ch)
{
	static const char *const names[] = { "trust-anchor", "cert-file", "key-file" };
	const char *const values[] = { conf->trust_anchor, conf->cert_file, conf->key_file };

	for (unsigned i = 0; i < 3; i++) {
		if (ch->type == CHANNEL_HTTPS && (!values[i] || !values[i][0]))
			diag_error(b->diag, conf_pos(&conf->node, names[i]), "\"socket-type\": \"https\" needs \"%s\"",
				   names[i]);
		if (ch->type == CHANNEL_HTTP && values[i] && values[i][0]) {
			diag_error(b->diag, conf_pos(&conf->node, names[i]), "\"%s\" has no effect with \"http\"",
				   names[i]);
			diag_help(b->diag, "use \"socket-type\": \"https\"");
		}
	}
	ch->trust_anchor = conf->trust_anchor;
	ch->cert_file = conf->cert_file;
	ch->key_file = conf->key_file;
	ch->cert_required = conf->cert_required;
}

static void check_access(const struct program_build *b, const struct control_socket_conf *conf,
			 const struct channel_conf *ch)
{
	struct pos pos = conf_pos(&conf->node, "socket-address");

	if (ch->auth || (ch->type == CHANNEL_HTTPS && ch->cert_required))
		return;
	if (is_loopback(&ch->addr)) {
		diag_warn(b->diag, pos, "every user of this host can control the server through %s", ch->name);
		diag_help(b->diag, "add \"authentication\"");
		return;
	}
	if (restricted(b, pos, "everybody who reaches %s could control the server", ch->name))
		diag_help(b->diag, "add \"authentication\", or use \"https\" with \"cert-required\"");
}

void program_http(const struct program_build *b, const struct control_socket_conf *conf, struct channel_conf *ch)
{
	const char *scheme = ch->type == CHANNEL_HTTPS ? "https" : "http";
	char text[IP_TEXT_MAX];

	build_headers(b, conf, ch);
	build_tls(b, conf, ch);
	if (conf->authentication)
		ch->auth = build_auth(b, conf->authentication);
	if (ip_parse(conf->socket_address, &ch->addr) < 0) {
		diag_error(b->diag, conf_pos(&conf->node, "socket-address"), "\"%s\" is not an address",
			   conf->socket_address);
		return;
	}
	ch->port = (uint16_t)conf->socket_port;
	(void)ip_format(&ch->addr, text);
	ch->name = arena_printf(b->arena, ip_is4(&ch->addr) ? "%s:%s:%u" : "%s:[%s]:%u", scheme, text, ch->port);
	if (!CONF_BAD(conf, socket_port))
		check_access(b, conf, ch);
}

/* --- all --- */

static void build_socket(const struct program_build *b, struct control *c, const struct control_socket_conf *conf)
{
	struct channel_conf *ch = &c->v[c->n];

	if (CONF_BAD(conf, socket_type) || !CONF_SET(conf, socket_type))
		return;
	ch->type = (enum channel_type)conf->socket_type;
	ch->is_read_only = is_read_only(conf->access);
	ch->has_page = conf->page;
	if (ch->type == CHANNEL_UNIX) {
		build_unix(b, c, conf, ch);
	} else {
		if (CONF_SET(conf, socket_name))
			diag_error(b->diag, conf_pos(&conf->node, "socket-name"),
				   "\"socket-name\" is for unix sockets only");
		program_http(b, conf, ch);
	}
	if (!ch->name)
		return;
	for (unsigned i = 0; i < c->n; i++)
		if (channel_conf_is_same(ch, &c->v[i]))
			diag_error(b->diag, conf_pos(&conf->node, ch->path ? "socket-name" : "socket-address"),
				   "two control sockets have the address %s", ch->name);
	c->n++;
}

unsigned program_control(const struct program_build *b, const struct conf_node *root,
			 const struct control_socket_conf *one, const struct conf_list *list, const char *default_name,
			 struct channel_conf **ret)
{
	struct control c = { .default_name = default_name };

	if (one && list->n) {
		diag_error(b->diag, conf_pos(root, "control-socket"),
			   "both \"control-socket\" and \"control-sockets\"");
		return 0;
	}
	c.v = arena_new_array(b->arena, struct channel_conf, list->n + 1);
	if (one)
		build_socket(b, &c, one);
	for (unsigned i = 0; i < list->n; i++)
		build_socket(b, &c, &((const struct control_socket_conf *)list->v)[i]);
	*ret = c.v;
	return c.n;
}
