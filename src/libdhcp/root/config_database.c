/* SPDX-License-Identifier: MPL-2.0 */
/* "lease-database", "hosts-database" and "hosts-databases": checks, and the connections that they describe. */
#include "root/config_build.h"

#include "base/file.h"
#include "json/secret.h"
#include "lease/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_MAX 1024

const char *database_type_name(const struct database_conf *conf)
{
	static const char *const names[] = { "memfile", "mysql", "postgresql" };

	return names[conf->type];
}

static enum db_kind kind_of(const struct database_conf *conf)
{
	return conf->type == DATABASE_MYSQL ? DB_MYSQL : DB_PGSQL;
}

/* --- the connection ---------------------------------------------------------------- */

/* The names in "host", which are separated by commas. */
static void split_hosts(struct arena *arena, const char *text, struct db_conf *ret)
{
	const char **hosts;
	unsigned n = 1;

	for (const char *p = text; (p = strchr(p, ',')); p++)
		n++;
	hosts = arena_new_array(arena, const char *, n);
	ret->hosts = hosts;
	for (;;) {
		size_t len;

		text += strspn(text, ", ");
		len = strcspn(text, ", ");
		if (!len)
			return;
		hosts[ret->n_hosts++] = arena_strndup(arena, text, len);
		text += len;
	}
}

/* NULL if there is none. */
static const char *text_or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* The one place where the keys become a connection. */
static void connection_of(struct arena *arena, const struct database_conf *conf, struct db_conf *ret)
{
	*ret = (struct db_conf){
		.kind = kind_of(conf),
		.port = conf->port,
		.name = conf->name,
		.user = text_or_null(conf->user),
		.password = text_or_null(conf->password),
		.trust_anchor = text_or_null(conf->trust_anchor),
		.cert_file = text_or_null(conf->cert_file),
		.key_file = text_or_null(conf->key_file),
		.cipher_list = text_or_null(conf->cipher_list),
		.ssl_mode = conf->ssl_mode,
		.connect_timeout_ms = conf->connect_timeout * 1000,
		.read_timeout_ms = conf->read_timeout * 1000,
		.write_timeout_ms = conf->write_timeout * 1000,
		.statement_timeout_ms = conf->statement_timeout * 1000,
		.tcp_user_timeout_ms = conf->tcp_user_timeout * 1000,
		.connections = conf->connections,
		.reconnect_wait_ms = conf->reconnect_wait_time,
		.reads_only = conf->readonly,
	};
	split_hosts(arena, conf->host, ret);
}

/* --- files ------------------------------------------------------------------------- */

static void check_path(struct build *b, struct pos pos, const char *key, const char *path)
{
	char why[FILE_WHY_MAX];

	if (!(b->flags & CONFIG_CHECK) && access(path, R_OK) != 0)
		diag_error(b->diag, pos, "\"%s\": cannot read %s: %s", key, path, file_why(path, R_OK, why));
}

static bool is_private(struct build *b, struct pos pos, int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !(st.st_mode & 07))
		return true;
	if (b->flags & CONFIG_RELAXED) {
		diag_warn(b->diag, pos, "every user of this host can access %s", path);
		return true;
	}
	diag_error(b->diag, pos, "every user of this host can access %s", path);
	diag_help(b->diag, "chmod o= %s", path);
	return false;
}

/* The first line of the file; NULL after an error. */
static const char *read_password(struct build *b, struct pos pos, const char *path)
{
	char buf[PASSWORD_MAX + 1], why[FILE_WHY_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, PASSWORD_MAX);
	const char *ret = NULL;

	if (len < 0) {
		diag_error(b->diag, pos, "cannot read the password file %s: %s", path, file_why(path, R_OK, why));
	} else if (is_private(b, pos, fd, path)) {
		buf[len] = '\0';
		buf[strcspn(buf, "\r\n")] = '\0';
		ret = arena_strdup(b->cfg->arena, buf);
		if (!*ret || len == PASSWORD_MAX)
			diag_error(b->diag, pos, "the first line of %s is not a password: it has %s characters", path,
				   *ret ? "too many" : "no");
		explicit_bzero(buf, sizeof(buf));
	}
	if (fd >= 0)
		(void)close(fd);
	return ret;
}

static void build_password(struct build *b, struct database_conf *conf)
{
	struct pos pos = conf_pos(&conf->node, "password-file");

	if (!text_or_null(conf->password_file) || CONF_BAD(conf, password_file))
		return;
	if (text_or_null(conf->password)) {
		diag_error(b->diag, pos, "\"password-file\" and \"password\" are both set");
		return;
	}
	if (!(b->flags & CONFIG_CHECK))
		conf->password = read_password(b, pos, conf->password_file);
}

/* --- checks ------------------------------------------------------------------------ */

static bool is_supported_store(const char *type)
{
	for (unsigned i = 0; store_backends[i]; i++)
		if (!strcmp(store_backends[i]->name, type))
			return true;
	return false;
}

/* Reports a type that this program cannot use. */
static void check_type(struct build *b, const struct database_conf *conf, bool is_supported)
{
	struct pos pos = conf_pos(&conf->node, "type");

	if (!db_is_built(kind_of(conf))) {
		diag_error(b->diag, pos, "\"type\": this program was built without support for \"%s\"",
			   database_type_name(conf));
	} else if (!is_supported) {
		diag_error(b->diag, pos, "\"type\": SQL lease databases are not supported yet");
		diag_help(b->diag, "use \"memfile\"");
	}
}

static void check_tls(struct build *b, const struct database_conf *conf)
{
	static const struct {
		const char *key;
		size_t offset;
	} files[] = {
		{ "trust-anchor", offsetof(struct database_conf, trust_anchor) },
		{ "cert-file", offsetof(struct database_conf, cert_file) },
		{ "key-file", offsetof(struct database_conf, key_file) },
	};

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path;

		memcpy(&path, (const char *)conf + files[i].offset, sizeof(path));
		if (text_or_null(path))
			check_path(b, conf_pos(&conf->node, files[i].key), files[i].key, path);
	}
	if (!text_or_null(conf->cert_file) != !text_or_null(conf->key_file))
		diag_error(b->diag, conf_pos(&conf->node, conf->cert_file ? "cert-file" : "key-file"),
			   "\"cert-file\" and \"key-file\" are only useful together");
	if (conf->type == DATABASE_MYSQL && conf->ssl_mode == DB_SSL_PREFER)
		diag_error(b->diag, conf_pos(&conf->node, "ssl-mode"),
			   "\"ssl-mode\" \"prefer\" is for \"type\": \"postgresql\"");
}

static void check_on_fail(struct build *b, const struct database_conf *conf)
{
	if ((conf->on_fail == ON_FAIL_STOP_EXIT || conf->on_fail == ON_FAIL_SERVE_EXIT) && !conf->max_reconnect_tries)
		diag_warn(b->diag, conf_pos(&conf->node, "max-reconnect-tries"),
			  "the server exits when the database cannot be reached: \"max-reconnect-tries\" is 0");
}

/* Checks the keys of a database over SQL and describes its connection. */
static void build_sql(struct build *b, struct database_conf *conf, struct sql_database *sql)
{
	if (!text_or_null(conf->name) && !CONF_BAD(conf, name))
		diag_error(b->diag, conf_pos(&conf->node, "name"), "\"name\" is missing: the name of the database");
	build_password(b, conf);
	if (conf->password && !strcmp(conf->password, JSON_HIDDEN))
		diag_warn(b->diag, conf_pos(&conf->node, "password"),
			  "this is what --print-config shows instead of a password");
	check_tls(b, conf);
	check_on_fail(b, conf);
	sql->conf = conf;
	connection_of(b->cfg->arena, conf, &sql->db);
}

static void build_memfile(struct build *b, const struct database_conf *conf)
{
	struct config *cfg = b->cfg;
	const char *name = CONF_SET(conf, name)   ? conf->name
			   : cfg->family == KEY_6 ? "kea-leases6.csv"
						  : "kea-leases4.csv";

	cfg->lease_file =
		build_path(b, conf_pos(&conf->node, "name"), "name", name, "KEA_DHCP_DATA_DIR", KEA_STATE_DIR);
	if (!conf->persist)
		diag_warn(b->diag, conf_pos(&conf->node, "persist"),
			  "leases are kept in memory only and are lost at a restart");
	if (!conf->persist && CONF_SET(conf, lfc_interval) && conf->lfc_interval)
		diag_warn(b->diag, conf_pos(&conf->node, "lfc-interval"),
			  "\"lfc-interval\" has no effect without \"persist\"");
	if (!conf->persist && conf->history_size)
		diag_error(b->diag, conf_pos(&conf->node, "history-size"),
			   "\"history-size\" needs \"persist\": without a lease file there is no history");
	if (conf->persist && conf->history_size && !conf->lfc_interval)
		diag_warn(b->diag, conf_pos(&conf->node, "history-size"),
			  "\"history-size\" has an effect only with the command kea-lfc-start: \"lfc-interval\" is 0");
	if (conf->persist && conf->sync == SYNC_NONE)
		diag_warn(b->diag, conf_pos(&conf->node, "sync"),
			  "with \"sync\": \"none\", acknowledged leases may be lost in a power failure");
}

void build_lease_database(struct build *b)
{
	struct database_conf *conf = b->root->lease_database;
	struct sql_database *sql;

	if (conf->type == DATABASE_MEMFILE) {
		build_memfile(b, conf);
		return;
	}
	check_type(b, conf, is_supported_store(database_type_name(conf)));
	if (conf->readonly)
		diag_error(b->diag, conf_pos(&conf->node, "readonly"),
			   "\"readonly\" is for databases of reservations: leases are written");
	if (CONF_SET(b->root, sanity_checks) && CONF_SET(b->root->sanity_checks, lease_checks))
		diag_warn(b->diag, conf_pos(&b->root->sanity_checks->node, "lease-checks"),
			  "\"lease-checks\" has no effect: it is for \"type\": \"memfile\"");
	sql = arena_new_array(b->cfg->arena, struct sql_database, 1);
	build_sql(b, conf, sql);
	b->cfg->lease_sql = sql;
}

static void build_host_database(struct build *b, struct database_conf *conf, struct sql_database *sql)
{
	if (conf->type == DATABASE_MEMFILE) {
		if (!CONF_BAD(conf, type) && CONF_SET(conf, type))
			diag_error(
				b->diag, conf_pos(&conf->node, "type"),
				"\"type\" \"memfile\" is for \"lease-database\": reservations are in the configuration "
				"file or in a database");
		return;
	}
	check_type(b, conf, true);
	if (conf->on_fail == ON_FAIL_CACHED)
		diag_error(b->diag, conf_pos(&conf->node, "on-fail"), "\"serve-cached\" is for \"lease-database\"");
	build_sql(b, conf, sql);
}

#define HOST_DATABASES_MAX 15

void build_host_databases(struct build *b)
{
	struct database_conf *one = CONF_SET(b->root, hosts_database) ? b->root->hosts_database : NULL;
	struct database_conf *more = b->root->hosts_databases.v;
	unsigned n = b->root->hosts_databases.n, i;
	struct sql_database *v;

	if (one && n)
		diag_error(b->diag, json_key_pos(one->node.json),
			   "\"hosts-database\" conflicts with \"hosts-databases\": move it there");
	if (n > HOST_DATABASES_MAX)
		diag_error(b->diag, conf_pos(&b->root->node, "hosts-databases"), "more than %u databases",
			   HOST_DATABASES_MAX);
	v = arena_new_array(b->cfg->arena, struct sql_database, n + 1);
	if (one)
		build_host_database(b, one, &v[b->cfg->n_hosts_sql++]);
	for (i = 0; i < n; i++)
		build_host_database(b, &more[i], &v[b->cfg->n_hosts_sql++]);
	b->cfg->hosts_sql = v;
}
