/* SPDX-License-Identifier: MPL-2.0 */
/*
 * MySQL and MariaDB, through either client library: all statements of a group are sent as one text of several
 * statements, and their results are read in order. Such a text works with both libraries and every server, takes one
 * round trip, and stops at the first error. Values are written as numbers and hexadecimal literals, so nothing needs
 * to be escaped.
 */
#include "base/clock.h"
#include "base/ip.h"
#include "db/conn.h"

#include <mysql.h>
#include <stdio.h>
#include <sys/stat.h>

#define ER_DUP_ENTRY 1062
#define ER_SUBQUERY_NO_1_ROW 1242
#define TEXT_KEEP (1 << 20) /* a longer text is freed after use */

struct mysql {
	struct db_conn base;
	MYSQL *my;
	struct str text;
	bool is_galera; /* a node of a cluster: see run_transaction() */
};

/* --- connecting -------------------------------------------------------------------- */

/* The libraries' bool is bool, or a char in older ones. */
static void set_flag(MYSQL *my, enum mysql_option option)
{
	char on = 1;

	(void)mysql_options(my, option, &on);
}

static void set_seconds(MYSQL *my, enum mysql_option option, unsigned ms)
{
	unsigned sec = (ms + 999) / 1000;

	(void)mysql_options(my, option, &sec);
}

/* 0: not set. */
static unsigned shorter(unsigned ms, unsigned limit_ms)
{
	return ms && ms < limit_ms ? ms : limit_ms;
}

static void set_tls(MYSQL *my, const struct db_conf *conf)
{
	struct stat st;
	bool is_folder = conf->trust_anchor && stat(conf->trust_anchor, &st) == 0 && S_ISDIR(st.st_mode);

	(void)mysql_ssl_set(my, conf->key_file, conf->cert_file, is_folder ? NULL : conf->trust_anchor,
			    is_folder ? conf->trust_anchor : NULL, conf->cipher_list);
#ifdef MARIADB_PACKAGE_VERSION
	set_flag(my, MYSQL_OPT_SSL_ENFORCE);
	if (conf->ssl_mode == DB_SSL_VERIFY_FULL)
		set_flag(my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT);
#else
	unsigned mode = conf->ssl_mode == DB_SSL_VERIFY_FULL ? SSL_MODE_VERIFY_IDENTITY
			: conf->trust_anchor                 ? SSL_MODE_VERIFY_CA
							     : SSL_MODE_REQUIRED;

	(void)mysql_options(my, MYSQL_OPT_SSL_MODE, &mode);
#endif
}

static void note(struct str *why, MYSQL *my)
{
	str_reset(why);
	str_addf(why, "%s (error %u)", mysql_error(my), mysql_errno(my));
}

/* Reads away all results of a text; false at an error. */
static bool run_text(MYSQL *my, const char *text)
{
	int next;

	if (mysql_real_query(my, text, (unsigned long)strlen(text)) != 0)
		return false;
	do {
		MYSQL_RES *result = mysql_store_result(my);

		if (result)
			mysql_free_result(result);
		else if (mysql_errno(my))
			return false;
		next = mysql_next_result(my);
	} while (next == 0);
	return next < 0;
}

/*
 * Times are numbers. Values that do not fit are errors. READ COMMITTED takes no locks on gaps, which would make
 * servers that insert into one pool wait for one another.
 */
static bool set_up(MYSQL *my, const struct db_conf *conf)
{
	struct str text = { 0 };
	bool is_ok;

	str_addf(&text,
		 "SET SESSION time_zone = '+00:00', SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
		 "SESSION transaction_isolation = 'READ-COMMITTED', SESSION autocommit = 1, "
		 "SESSION innodb_lock_wait_timeout = %u",
		 (conf->statement_timeout_ms + 999) / 1000);
	is_ok = run_text(my, text.text);
	if (!is_ok && mysql_errno(my) == 1193) { /* unknown variable: MariaDB before 11.1 */
		str_reset(&text);
		str_addf(&text,
			 "SET SESSION time_zone = '+00:00', "
			 "SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
			 "SESSION tx_isolation = 'READ-COMMITTED', SESSION autocommit = 1, "
			 "SESSION innodb_lock_wait_timeout = %u, SESSION max_statement_time = %u.%03u",
			 (conf->statement_timeout_ms + 999) / 1000, conf->statement_timeout_ms / 1000,
			 conf->statement_timeout_ms % 1000);
		is_ok = run_text(my, text.text);
	}
	str_free(&text);
	return is_ok;
}

/* The last column of the only row is copied to ret; "" if there is no row. False with `why`. */
static bool ask(MYSQL *my, const char *query, char *ret, size_t size, struct str *why)
{
	MYSQL_RES *result;
	MYSQL_ROW row;
	const char *value;

	if (mysql_query(my, query) != 0 || !(result = mysql_store_result(my))) {
		note(why, my);
		return false;
	}
	row = mysql_fetch_row(result);
	value = row ? row[mysql_num_fields(result) - 1] : NULL;
	(void)snprintf(ret, size, "%s", value ? value : "");
	mysql_free_result(result);
	return true;
}

/*
 * False if the server accepts no writes although they are needed, or if it is a node of a Galera cluster that has lost
 * the others: it lets clients connect but rejects their statements.
 */
static bool is_of_use(MYSQL *my, const struct db_conf *conf, bool *ret_is_galera, struct str *why)
{
	const char *wrong = NULL;
	char value[8];

	if (!ask(my, "SHOW VARIABLES LIKE 'wsrep_on'", value, sizeof(value), why))
		return false;
	*ret_is_galera = strcmp(value, "ON") == 0;
	if (*ret_is_galera && !ask(my, "SHOW STATUS LIKE 'wsrep_ready'", value, sizeof(value), why))
		return false;
	if (*ret_is_galera && strcmp(value, "ON") != 0)
		wrong = "the node is not part of its cluster";
	if (!wrong && !conf->reads_only) {
		if (!ask(my, "SELECT @@global.read_only", value, sizeof(value), why))
			return false;
		if (strcmp(value, "0") != 0)
			wrong = "the server is read-only";
	}
	if (wrong) {
		str_reset(why);
		str_add(why, wrong);
	}
	return !wrong;
}

static MYSQL *connect_to(const struct db_conf *conf, const char *host, bool *ret_is_galera, struct str *why)
{
	bool is_socket = host && *host == '/';
	MYSQL *my = mysql_init(NULL);

	if (!my)
		die_of_memory();
	set_seconds(my, MYSQL_OPT_CONNECT_TIMEOUT, conf->connect_timeout_ms);
	/* The server's own timeout of a statement comes first. */
	set_seconds(my, MYSQL_OPT_READ_TIMEOUT, shorter(conf->read_timeout_ms, conf->statement_timeout_ms + 1000));
	set_seconds(my, MYSQL_OPT_WRITE_TIMEOUT, shorter(conf->write_timeout_ms, conf->statement_timeout_ms));
	(void)mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (conf->trust_anchor || conf->cert_file || conf->key_file || conf->ssl_mode >= DB_SSL_REQUIRE)
		set_tls(my, conf);
	if (mysql_real_connect(my, is_socket ? NULL : host, conf->user, conf->password, conf->name,
			       is_socket ? 0 : conf->port, is_socket ? host : NULL,
			       CLIENT_MULTI_STATEMENTS | CLIENT_FOUND_ROWS) &&
	    set_up(my, conf) && is_of_use(my, conf, ret_is_galera, why))
		return my;
	if (mysql_errno(my))
		note(why, my);
	mysql_close(my);
	return NULL;
}

/* The library initializes itself at the first use, but not safely if several threads do that at once. */
static void mysql_start(void)
{
	(void)mysql_library_init(0, NULL, NULL);
}

static struct db_conn *mysql_open(const struct db_conf *conf, struct str *why)
{
	struct mysql *conn;
	bool is_galera = false;
	MYSQL *my = NULL;

	(void)mysql_thread_init();
	if (!conf->n_hosts)
		my = connect_to(conf, NULL, &is_galera, why);
	for (unsigned i = 0; !my && i < conf->n_hosts; i++)
		my = connect_to(conf, conf->hosts[i], &is_galera, why);
	if (!my) {
		mysql_thread_end();
		return NULL;
	}
	conn = xcalloc(1, sizeof(*conn));
	conn->base.ops = &db_mysql_ops;
	conn->base.conf = conf;
	conn->my = my;
	conn->is_galera = is_galera;
	return &conn->base;
}

static void mysql_conn_close(struct db_conn *base)
{
	struct mysql *conn = (struct mysql *)base;

	mysql_close(conn->my);
	mysql_thread_end();
	str_free(&conn->text);
	str_free(&base->why);
	free(conn);
}

/* --- the text of a group ----------------------------------------------------------- */

static void add_hex(struct str *out, struct bytes bytes)
{
	static const char digits[] = "0123456789abcdef";

	str_add(out, "x'");
	for (size_t i = 0; i < bytes.len; i++) {
		str_addc(out, digits[bytes.data[i] >> 4]);
		str_addc(out, digits[bytes.data[i] & 15]);
	}
	str_addc(out, '\'');
}

static void add_value(struct str *out, char type, const struct db_value *v)
{
	if (v->is_null) {
		str_add(out, "NULL");
		return;
	}
	switch (type) {
	case 't':
		str_add(out, "_utf8mb4 ");
		add_hex(out, v->bytes);
		break;
	case 'x':
	case '6':
		str_add(out, "_binary ");
		add_hex(out, v->bytes);
		break;
	default:
		str_addf(out, "%lld", (long long)v->number);
	}
}

static void add_call(struct str *out, const struct db_call *call)
{
	const char *text = call->stmt->text[DB_MYSQL];

	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "$");
		unsigned i;

		str_add_n(out, p, len);
		p += len;
		if (!*p)
			break;
		for (i = 0, p++; *p >= '0' && *p <= '9'; p++)
			i = i * 10 + (unsigned)(*p - '0');
		add_value(out, call->stmt->params[i - 1], &call->params[i - 1]);
	}
	str_addc(out, ';');
	/* More than one row where one is expected: an error, unless one row was changed. */
	if (db_call_is_must(call))
		str_add(out, "SELECT IF(ROW_COUNT() = 1, 1, (SELECT 1 UNION SELECT 2));");
}

/* --- results ----------------------------------------------------------------------- */

static int outcome_of(const struct db_call *call, unsigned error)
{
	switch (error) {
	case 1213: /* deadlock; Galera also reports certification failures as one */
	case 1205: /* waited too long for a lock */
	case 1290: /* --read-only: on another connection */
	case 1836: /* read-only mode */
	case 1792: /* read-only transaction */
	case 1047: /* Galera: the node is not ready */
		return OUTCOME_AGAIN;
	case ER_DUP_ENTRY:
		return DB_CONFLICT;
	case ER_SUBQUERY_NO_1_ROW:
		return call && call->must ? DB_CONFLICT : DB_BAD;
	case 1048: /* NULL */
	case 1054: /* no such column */
	case 1064: /* syntax */
	case 1142: /* no privilege */
	case 1143:
	case 1146: /* no such table */
	case 1264: /* out of range */
	case 1292: /* wrong value */
	case 1364: /* no default */
	case 1366: /* wrong text */
	case 1406: /* too long */
	case 1411:
	case 1451: /* foreign keys */
	case 1452:
	case 1644: /* SIGNAL of a trigger */
	case 4025: /* CHECK */
	case 3819:
		return DB_BAD;
	default:
		return DB_FAILED;
	}
}

/* Of the client library, not of the server: MariaDB's server has errors from 3000 and from 4000, too. */
static bool is_client_error(unsigned error)
{
	return (error >= 2000 && error < 3000) || (error >= 5000 && error < 6000);
}

static bool ends_connection(unsigned error)
{
	return is_client_error(error) || error == 1290 || error == 1836 || error == 1792 || error == 1047 ||
	       error == 1053 || error == 1927;
}

static bool decode(char type, const char *text, unsigned long len, struct db_value *ret)
{
	switch (type) {
	case '6':
		ret->bytes = bytes_of(text, len);
		return len == 16;
	case 't':
	case 'x':
		ret->bytes = bytes_of(text, len);
		return true;
	case 'b':
		return db_parse_int(text, len, &ret->number) && (ret->number = ret->number != 0, true);
	default:
		return db_parse_int(text, len, &ret->number);
	}
}

static void deliver_rows(struct db_work *work, unsigned call, MYSQL_RES *result)
{
	const char *types = work->v[call].stmt->columns;
	unsigned n = (unsigned)strlen(types), fields = mysql_num_fields(result);
	MYSQL_ROW row;

	work->v[call].n = mysql_num_rows(result);
	if (!work->row)
		return;
	while ((row = mysql_fetch_row(result))) {
		const unsigned long *lengths = mysql_fetch_lengths(result);
		struct db_value v[DB_COLUMNS_MAX] = { 0 };
		bool is_wrong[DB_COLUMNS_MAX] = { 0 };

		for (unsigned i = 0; i < n; i++) {
			if (i >= fields)
				is_wrong[i] = true;
			else if (!row[i])
				v[i].is_null = true;
			else
				is_wrong[i] = !decode(types[i], row[i], lengths[i], &v[i]);
		}
		db_deliver(work, call, v, is_wrong, n);
	}
}

struct reading {
	MYSQL *my;
	bool is_first; /* no result was read */
};

/* Moves to the result of the next statement of the text; false at an error. */
static bool next_result(struct reading *r)
{
	bool is_ok = r->is_first || mysql_next_result(r->my) == 0;

	r->is_first = false;
	return is_ok;
}

/* Reads the result of a statement that returns none, or one that nobody needs. */
static bool skip_result(struct reading *r)
{
	MYSQL_RES *result;

	if (!next_result(r))
		return false;
	result = mysql_store_result(r->my);
	if (result)
		mysql_free_result(result);
	return !mysql_errno(r->my);
}

static bool read_call(struct reading *r, struct db_work *work, unsigned i)
{
	struct db_call *call = &work->v[i];
	MYSQL_RES *result;

	if (!next_result(r))
		return false;
	result = mysql_store_result(r->my);
	if (!result && mysql_errno(r->my))
		return false;
	if (result) {
		deliver_rows(work, i, result);
		mysql_free_result(result);
	} else {
		call->n = mysql_affected_rows(r->my);
	}
	return !db_call_is_must(call) || skip_result(r);
}

/*
 * Runs the work from first to before end in one text, as a transaction if more than one statement writes. Returns
 * false if the connection is lost.
 *
 * A node of a Galera cluster undoes a transaction that another node's contradicts, and if that happens between two
 * statements of one text, it reports no error: the rest is executed without a transaction, and COMMIT succeeds. So
 * COMMIT is a request of its own there, which does fail, and if a transaction has ended before its COMMIT, nobody knows
 * what was done.
 */
static bool run_transaction(struct mysql *conn, struct db_work *first, struct db_work *end)
{
	struct reading r = { .my = conn->my, .is_first = true };
	bool is_alone = first->next == end, has_ended = false, is_ok, is_usable;
	const struct db_call *failed = NULL;
	unsigned writers = 0, error = 0;

	str_reset(&conn->text);
	for (struct db_work *work = first; work != end; work = work->next) {
		writers += db_work_writes(work) ? work->n : 0;
		for (unsigned i = 0; i < work->n; i++)
			writers += work->v[i].must;
	}
	if (writers > 1)
		str_add(&conn->text, "START TRANSACTION;");
	for (struct db_work *work = first; work != end; work = work->next)
		for (unsigned i = 0; i < work->n; i++)
			add_call(&conn->text, &work->v[i]);
	if (writers > 1 && !conn->is_galera)
		str_add(&conn->text, "COMMIT;");

	is_ok = mysql_real_query(conn->my, conn->text.text, (unsigned long)conn->text.len) == 0 &&
		(writers <= 1 || skip_result(&r));
	for (struct db_work *work = first; is_ok && work != end; work = work->next) {
		for (unsigned i = 0; is_ok && i < work->n; i++) {
			failed = &work->v[i];
			is_ok = read_call(&r, work, i);
			has_ended |= is_ok && writers > 1 && !(conn->my->server_status & SERVER_STATUS_IN_TRANS);
		}
	}
	if (is_ok && writers > 1) {
		failed = NULL;
		is_ok = conn->is_galera ? run_text(conn->my, "COMMIT") : skip_result(&r);
	}
	if (!is_ok) {
		error = mysql_errno(conn->my);
		note(&conn->base.why, conn->my);
	}
	is_usable = !ends_connection(error);
	/* After an error, the rest of the text was not executed. */
	if (!is_ok && is_usable && writers > 1)
		is_usable = run_text(conn->my, "ROLLBACK");
	for (struct db_work *work = first; work != end; work = work->next) {
		if (has_ended)
			work->outcome = db_work_writes(work) ? DB_UNKNOWN : OUTCOME_AGAIN;
		else if (is_ok)
			work->outcome = DB_OK;
		else if (is_client_error(error))
			work->outcome = db_work_writes(work) ? DB_UNKNOWN : OUTCOME_AGAIN;
		else if (!is_alone)
			work->outcome = OUTCOME_AGAIN;
		else
			work->outcome = outcome_of(failed, error);
	}
	if (conn->text.cap > TEXT_KEEP)
		str_free(&conn->text);
	return is_usable;
}

static bool mysql_conn_run(struct db_conn *base, struct db_work *list, bool is_one, int64_t deadline_ms)
{
	struct mysql *conn = (struct mysql *)base;

	for (struct db_work *work = list, *next; work; work = next) {
		next = is_one ? NULL : work->next;
		if (clock_mono_ms() > deadline_ms) {
			db_settle(work, DB_FAILED, DB_FAILED);
			return true;
		}
		if (!run_transaction(conn, work, next)) {
			db_settle(list, OUTCOME_AGAIN, OUTCOME_AGAIN); /* not sent */
			return false;
		}
	}
	return true;
}

static int mysql_conn_fd(const struct db_conn *base)
{
	return (int)((const struct mysql *)base)->my->net.fd;
}

const struct db_conn_ops db_mysql_ops = {
	.name = "mysql",
	.init = mysql_start,
	.open = mysql_open,
	.close = mysql_conn_close,
	.fd = mysql_conn_fd,
	.run = mysql_conn_run,
};
