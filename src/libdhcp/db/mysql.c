/* SPDX-License-Identifier: MPL-2.0 */
/*
 * MySQL and MariaDB, through either client library: all statements of a group are sent as one text of several
 * statements, and their results are read in order. Such a text works with both libraries and every server, takes one
 * round trip, and stops at the first error.
 */
#include "base/clock.h"
#include "base/ip.h"
#include "db/conn.h"
#include "db/mysql_text.h"

#include <mysql.h>
#include <stdio.h>
#include <sys/stat.h>

#define ER_DUP_ENTRY 1062
#define ER_SUBQUERY_NO_1_ROW 1242
#define CR_MALFORMED_PACKET 2027

struct mysql {
	struct db_conn base;
	MYSQL *my;
	struct mysql_text text;
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
	mysql_text_free(&conn->text);
	str_free(&base->why);
	free(conn);
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

/* In a batch, the first column is the number of the call. Returns false if it is none. */
static bool deliver_rows(const struct db_units *units, const struct db_unit *unit, MYSQL_RES *result)
{
	const struct db_place *place = &units->places.v[unit->first];
	unsigned skip = unit->n > 1, fields = mysql_num_fields(result);
	const char *types = db_place_call(place)->stmt->columns;
	unsigned n = (unsigned)strlen(types);
	MYSQL_ROW row;

	while ((row = mysql_fetch_row(result))) {
		const unsigned long *lengths = mysql_fetch_lengths(result);
		struct db_value v[DB_COLUMNS_MAX] = { 0 };
		bool is_wrong[DB_COLUMNS_MAX] = { 0 };
		int64_t number;

		if (skip) {
			if (!row[0] || !db_parse_int(row[0], lengths[0], &number) || number < 0 ||
			    (uint64_t)number >= units->places.n)
				return false;
			place = &units->places.v[number];
		}
		db_place_call(place)->n++;
		if (!place->work->row)
			continue;
		for (unsigned i = 0; i < n; i++) {
			unsigned k = i + skip;

			if (k >= fields)
				is_wrong[i] = true;
			else if (!row[k])
				v[i].is_null = true;
			else
				is_wrong[i] = !decode(types[i], row[k], lengths[k], &v[i]);
		}
		db_deliver(place->work, place->call, v, is_wrong, n);
	}
	return true;
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

static bool read_unit(struct reading *r, const struct mysql_text *text, const struct db_unit *unit)
{
	const struct db_units *units = &text->units;
	MYSQL_RES *result;
	bool is_ok = true;

	if (!next_result(r))
		return false;
	result = mysql_store_result(r->my);
	if (!result && mysql_errno(r->my))
		return false;
	if (result) {
		is_ok = deliver_rows(units, unit, result);
		mysql_free_result(result);
	} else if (unit->n == 1) {
		db_unit_call(units, unit)->n = mysql_affected_rows(r->my);
	} else {
		for (unsigned i = unit->first; i != DB_END; i = units->places.v[i].next)
			db_place_call(&units->places.v[i])->n = 1; /* or else the check fails */
	}
	return is_ok && (!mysql_text_is_checked(text, unit) || skip_result(r));
}

/* What one attempt at a text found. */
struct attempt {
	bool is_ok;
	bool has_ended; /* the transaction, before its COMMIT */
	unsigned error;
	const struct db_call *failed; /* NULL: none, or a batch */
};

static void run_once(struct mysql *conn, struct db_work *first, struct db_work *end, bool is_txn, bool in_batches,
		     struct attempt *ret)
{
	struct mysql_text *text = &conn->text;
	struct reading r = { .my = conn->my, .is_first = true };

	*ret = (struct attempt){ .failed = NULL };
	mysql_text_write(text, first, end,
			 (is_txn ? MYSQL_TEXT_BEGINS : 0) | (is_txn && !conn->is_galera ? MYSQL_TEXT_COMMITS : 0) |
				 (in_batches ? MYSQL_TEXT_IN_BATCHES : 0));
	ret->is_ok = mysql_real_query(conn->my, text->sql.text, (unsigned long)text->sql.len) == 0 &&
		     (!is_txn || skip_result(&r));
	for (size_t i = 0; ret->is_ok && i < text->units.v.n; i++) {
		const struct db_unit *unit = &text->units.v.v[i];

		ret->failed = unit->n == 1 ? db_unit_call(&text->units, unit) : NULL;
		ret->is_ok = read_unit(&r, text, unit);
		ret->has_ended |= ret->is_ok && is_txn && !(conn->my->server_status & SERVER_STATUS_IN_TRANS);
	}
	if (ret->is_ok && is_txn) {
		ret->failed = NULL;
		ret->is_ok = conn->is_galera ? run_text(conn->my, "COMMIT") : skip_result(&r);
	}
	if (!ret->is_ok) {
		ret->error = mysql_errno(conn->my) ? mysql_errno(conn->my) : CR_MALFORMED_PACKET;
		note(&conn->base.why, conn->my);
	}
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
	bool is_alone = first->next == end, is_usable;
	struct attempt attempt;
	unsigned writers = 0;

	for (struct db_work *work = first; work != end; work = work->next) {
		writers += db_work_writes(work) ? work->n : 0;
		for (unsigned i = 0; i < work->n; i++)
			writers += work->v[i].must;
	}
	run_once(conn, first, end, writers > 1, true, &attempt);
	/* A batch says that something in it failed, but not what. */
	if (!attempt.is_ok && !attempt.failed && !attempt.has_ended &&
	    (attempt.error == ER_DUP_ENTRY || attempt.error == ER_SUBQUERY_NO_1_ROW) &&
	    (writers <= 1 || run_text(conn->my, "ROLLBACK"))) {
		db_begin(first, end);
		run_once(conn, first, end, writers > 1, false, &attempt);
	}
	is_usable = !ends_connection(attempt.error);
	/* After an error, the rest of the text was not executed. */
	if (!attempt.is_ok && is_usable && writers > 1)
		is_usable = run_text(conn->my, "ROLLBACK");
	for (struct db_work *work = first; work != end; work = work->next) {
		if (attempt.has_ended)
			work->outcome = db_work_writes(work) ? DB_UNKNOWN : OUTCOME_AGAIN;
		else if (attempt.is_ok)
			work->outcome = DB_OK;
		else if (is_client_error(attempt.error))
			work->outcome = db_work_writes(work) ? DB_UNKNOWN : OUTCOME_AGAIN;
		else if (!is_alone)
			work->outcome = OUTCOME_AGAIN;
		else
			work->outcome = outcome_of(attempt.failed, attempt.error);
	}
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
