/* SPDX-License-Identifier: MPL-2.0 */
/*
 * PostgreSQL through libpq in pipeline mode: all statements of a group are sent, then one sync, then the results are
 * read. What lies between two syncs is one transaction; after an error the server skips to the next sync. Statements
 * are prepared in the first group that uses them.
 */
#include "base/clock.h"
#include "base/ip.h"
#include "db/conn.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>

#define CALLS_IN_PACKET 32 /* each packet wakes the server */
#define PARAMS_MAX 64
#define PARAMS_ROOM 262144 /* text of the parameters of one call that are not borrowed */

enum prepared { NOT_PREPARED, PREPARE_SENT, PREPARED };

struct pgsql {
	struct db_conn base;
	PGconn *pg;
	enum prepared *prepared; /* two for each statement: as it is, and as `must` */
};

/* --- connecting -------------------------------------------------------------------- */

static void note(struct str *why, const char *text)
{
	size_t len = strcspn(text, "\n");

	str_reset(why);
	str_add_n(why, text, len);
}

/* Waits until the socket is ready for reading, and for writing if asked; false at the deadline. */
static bool wait_socket(PGconn *pg, bool reading, bool writing, int64_t deadline_ms)
{
	struct pollfd fd = { .fd = PQsocket(pg), .events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)) };

	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms();
		int n = left > 0 ? poll(&fd, 1, (int)left) : 0;

		if (n > 0)
			return true;
		if (n == 0)
			return false;
	}
}

static const char *joined_hosts(const struct db_conf *conf, struct str *out)
{
	for (unsigned i = 0; i < conf->n_hosts; i++)
		str_addf(out, "%s%s", i ? "," : "", conf->hosts[i]);
	return out->len ? out->text : NULL;
}

static const char *ssl_mode(enum db_ssl_mode mode)
{
	static const char *const names[] = {
		[DB_SSL_DEFAULT] = NULL,      [DB_SSL_DISABLE] = "disable",     [DB_SSL_PREFER] = "prefer",
		[DB_SSL_REQUIRE] = "require", [DB_SSL_VERIFY_CA] = "verify-ca", [DB_SSL_VERIFY_FULL] = "verify-full",
	};

	return names[mode];
}

static void ignore_notice(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static PGconn *start(const struct db_conf *conf)
{
	struct str hosts = { 0 };
	char port[16] = "", user_timeout[16] = "";
	const char *names[20], *values[20];
	unsigned n = 0;
	PGconn *pg;

#define PARAM(name, value)                   \
	do {                                 \
		const char *text_ = (value); \
		if (text_ && *text_) {       \
			names[n] = (name);   \
			values[n++] = text_; \
		}                            \
	} while (0)
	if (conf->port)
		(void)snprintf(port, sizeof(port), "%u", conf->port);
	if (conf->tcp_user_timeout_ms)
		(void)snprintf(user_timeout, sizeof(user_timeout), "%u", conf->tcp_user_timeout_ms);
	PARAM("host", joined_hosts(conf, &hosts));
	PARAM("port", port);
	PARAM("dbname", conf->name);
	PARAM("user", conf->user);
	PARAM("password", conf->password);
	PARAM("sslmode", ssl_mode(conf->ssl_mode));
	PARAM("sslrootcert", conf->trust_anchor);
	PARAM("sslcert", conf->cert_file);
	PARAM("sslkey", conf->key_file);
	PARAM("tcp_user_timeout", user_timeout);
	PARAM("keepalives_idle", "3");
	PARAM("keepalives_interval", "2");
	PARAM("keepalives_count", "2");
	PARAM("client_encoding", "UTF8");
	PARAM("application_name", "kea");
	/* A standby, or a server that lost its role, is passed over. */
	PARAM("target_session_attrs", conf->reads_only ? "any" : "read-write");
#undef PARAM
	names[n] = values[n] = NULL;
	pg = PQconnectStartParams(names, values, 0);
	str_free(&hosts);
	(void)PQsetNoticeProcessor(pg, ignore_notice, NULL); /* else they are printed */
	return pg;
}

static bool finish_connecting(const struct db_conf *conf, PGconn *pg, struct str *why)
{
	unsigned hosts = conf->n_hosts ? conf->n_hosts : 1;
	int64_t deadline_ms = clock_mono_ms() + (int64_t)conf->connect_timeout_ms * hosts;
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	while (PQstatus(pg) != CONNECTION_BAD && status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
		if (!wait_socket(pg, status == PGRES_POLLING_READING, status == PGRES_POLLING_WRITING, deadline_ms)) {
			note(why, "timeout of the connection attempt");
			return false;
		}
		status = PQconnectPoll(pg);
	}
	if (status == PGRES_POLLING_OK)
		return true;
	note(why, PQerrorMessage(pg));
	return false;
}

/* Sends what libpq has buffered and waits for the next result; NULL at the end of one statement's results. */
static PGresult *next_result(PGconn *pg, int64_t deadline_ms, bool *ret_late)
{
	while (PQisBusy(pg)) {
		int unsent = PQflush(pg);

		if (unsent < 0)
			break;
		if (!wait_socket(pg, true, unsent > 0, deadline_ms)) {
			*ret_late = true;
			return NULL;
		}
		if (!PQconsumeInput(pg))
			break;
	}
	return PQgetResult(pg);
}

/* Times are numbers, and the server ends what takes too long, even if this program does not. */
static bool set_up(struct pgsql *conn, struct str *why)
{
	const struct db_conf *conf = conn->base.conf;
	int64_t deadline_ms = clock_mono_ms() + conf->connect_timeout_ms;
	bool is_ok = true, is_late = false;
	struct str text = { 0 };
	PGresult *result;

	str_addf(&text,
		 "SET timezone = 'UTC'; SET statement_timeout = %u; SET synchronous_commit = on; "
		 "SET default_transaction_isolation = 'read committed'",
		 conf->statement_timeout_ms);
	if (conf->reads_few_rows && PQserverVersion(conn->pg) >= 120000)
		str_add(&text, "; SET plan_cache_mode = force_generic_plan; SET max_parallel_workers_per_gather = 0");
	if (PQsetnonblocking(conn->pg, 1) != 0 || !PQsendQuery(conn->pg, text.text))
		is_ok = false;
	while (is_ok && (result = next_result(conn->pg, deadline_ms, &is_late))) {
		is_ok = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}
	str_free(&text);
	is_ok = is_ok && !is_late && PQenterPipelineMode(conn->pg) == 1;
	if (!is_ok)
		note(why, is_late ? "timeout of the first statement" : PQerrorMessage(conn->pg));
	return is_ok;
}

static void pgsql_close(struct db_conn *base)
{
	struct pgsql *conn = (struct pgsql *)base;

	PQfinish(conn->pg);
	free(conn->prepared);
	str_free(&base->why);
	free(conn);
}

static struct db_conn *pgsql_open(const struct db_conf *conf, struct str *why)
{
	struct pgsql *conn = xcalloc(1, sizeof(*conn));

	conn->base.ops = &db_pgsql_ops;
	conn->base.conf = conf;
	conn->prepared = xcalloc(2 * (size_t)(conf->n_stmts + 1), sizeof(*conn->prepared));
	conn->pg = start(conf);
	if (!conn->pg)
		die_of_memory();
	if (finish_connecting(conf, conn->pg, why) && set_up(conn, why))
		return &conn->base;
	pgsql_close(&conn->base);
	return NULL;
}

/* --- sending ----------------------------------------------------------------------- */

static enum prepared *prepared(const struct pgsql *conn, const struct db_call *call)
{
	return &conn->prepared[2 * (size_t)(call->stmt - conn->base.conf->stmts) + db_call_is_must(call)];
}

static void statement_name(const struct db_call *call, struct str *out)
{
	str_reset(out);
	str_addf(out, "%s%s", call->stmt->name, db_call_is_must(call) ? "!" : "");
}

static bool send_prepare(const struct pgsql *conn, const struct db_call *call, const char *name)
{
	const char *text = call->stmt->text[DB_PGSQL];
	struct str must = { 0 };
	bool is_sent;

	/* Divides by zero, and thereby fails, unless one row was changed. */
	if (db_call_is_must(call))
		str_addf(&must, "WITH changed AS (%s RETURNING 1) SELECT 1 / (count(*) = 1)::int FROM changed", text);
	is_sent = PQsendPrepare(conn->pg, name, must.len ? must.text : text, 0, NULL);
	str_free(&must);
	return is_sent;
}

/* Parameters are text, but bytes are binary. Numbers and addresses are written to `room`. */
static bool send_call(const struct pgsql *conn, const struct db_call *call, const char *name, struct writer *room)
{
	const char *types = call->stmt->params, *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX], n = (int)strlen(types);

	for (int i = 0; i < n; i++) {
		const struct db_value *v = &call->params[i];
		char *text = (char *)room->pos;

		values[i] = NULL;
		lengths[i] = formats[i] = 0;
		if (v->is_null)
			continue;
		values[i] = text;
		switch (types[i]) {
		case 'x':
			formats[i] = 1;
			values[i] = v->bytes.len ? (const char *)v->bytes.data : "";
			lengths[i] = (int)v->bytes.len;
			continue;
		case 't':
			write_bytes(room, v->bytes.data, v->bytes.len);
			break;
		case '6': {
			char address[IP_TEXT_MAX];
			struct ip ip;

			memcpy(ip.b, v->bytes.data, sizeof(ip.b));
			write_bytes(room, address, strlen(ip_format(&ip, address)));
			break;
		}
		case 'b':
			write_u8(room, v->number ? 't' : 'f');
			break;
		default: {
			char number[24];

			write_bytes(room, number,
				    (size_t)snprintf(number, sizeof(number), "%lld", (long long)v->number));
		}
		}
		write_u8(room, 0);
	}
	return !room->err && PQsendQueryPrepared(conn->pg, name, n, values, lengths, formats, 0);
}

/* Reads the server's responses while statements are sent: with both sides' buffers full, neither could continue. */
static bool relieve(const struct pgsql *conn, int64_t deadline_ms)
{
	int unsent;

	while ((unsent = PQflush(conn->pg)) > 0)
		if (!wait_socket(conn->pg, true, true, deadline_ms) || !PQconsumeInput(conn->pg))
			return false;
	return unsent == 0;
}

/* Without a name a statement is prepared for one call. */
static bool send_one(struct pgsql *conn, const struct db_call *call, bool is_one, struct writer *room, struct str *name)
{
	enum prepared *state = prepared(conn, call);

	statement_name(call, name);
	if (*state == NOT_PREPARED) {
		if (is_one)
			*state = PREPARE_SENT;
		else
			str_reset(name);
		if (!send_prepare(conn, call, str_text(name)))
			return false;
	}
	return send_call(conn, call, str_text(name), room);
}

static bool send_list(struct pgsql *conn, const struct db_work *list, bool is_one, uint8_t *room, int64_t deadline_ms)
{
	struct str name = { 0 };
	unsigned n = 0;
	bool is_ok = true;

	for (const struct db_work *work = list; is_ok && work; work = work->next) {
		for (unsigned i = 0; is_ok && i < work->n; i++) {
			struct writer w = writer_init(room, PARAMS_ROOM);

			is_ok = send_one(conn, &work->v[i], is_one, &w, &name) &&
				(++n % CALLS_IN_PACKET || relieve(conn, deadline_ms));
		}
		if (is_ok && (!is_one || !work->next))
			is_ok = PQpipelineSync(conn->pg) == 1;
	}
	str_free(&name);
	return is_ok;
}

/* --- results ----------------------------------------------------------------------- */

/* What an SQLSTATE means for the work whose statement it ended. */
static int outcome_of(const struct db_call *call, const char *state)
{
	static const struct {
		const char *begins;
		int outcome;
	} rows[] = {
		{ "25006", OUTCOME_AGAIN }, /* read-only: on another connection */
		{ "40", OUTCOME_AGAIN },    /* deadlock, serialization failure */
		{ "23505", DB_CONFLICT },   /* unique violation */
		{ "23", DB_BAD },           /* other constraints */
		{ "22", DB_BAD },           /* values */
		{ "42", DB_BAD },           /* no such table, no privilege */
		{ "0A", DB_BAD },           /* not supported */
		{ "P0", DB_BAD },           /* raised by a trigger */
	};

	if (call->must && strcmp(state, "22012") == 0)
		return DB_CONFLICT;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(state, rows[i].begins, strlen(rows[i].begins)) == 0)
			return rows[i].outcome;
	return DB_FAILED;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* bytea is \x and hex; decoded in place, as the result is ours. */
static bool decode_bytes(char *text, int len, struct bytes *ret)
{
	uint8_t *out = (uint8_t *)text;

	if (len < 2 || text[0] != '\\' || text[1] != 'x' || len % 2)
		return false;
	for (int i = 2; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		*out++ = (uint8_t)(high << 4 | low);
	}
	*ret = bytes_of(text, (size_t)(len - 2) / 2);
	return true;
}

static bool decode(char type, char *text, int len, struct ip *address, struct db_value *ret)
{
	switch (type) {
	case 'x':
		return decode_bytes(text, len, &ret->bytes);
	case 't':
		ret->bytes = bytes_of(text, (size_t)len);
		return true;
	case '6':
		if (ip_parse(text, address) < 0 || ip_is4(address))
			return false;
		ret->bytes = bytes_of(address->b, 16);
		return true;
	case 'b':
		ret->number = text[0] == 't';
		return len == 1;
	default:
		return db_parse_int(text, (size_t)len, &ret->number);
	}
}

static void deliver_rows(struct db_work *work, unsigned call, PGresult *result)
{
	const char *types = work->v[call].stmt->columns;
	unsigned n = (unsigned)strlen(types);

	work->v[call].n = (uint64_t)PQntuples(result);
	if (!n || !work->row)
		return;
	for (int row = 0; row < PQntuples(result); row++) {
		struct db_value v[DB_COLUMNS_MAX] = { 0 };
		struct ip addresses[DB_COLUMNS_MAX];
		bool is_wrong[DB_COLUMNS_MAX] = { 0 };

		for (unsigned i = 0; i < n; i++) {
			int column = (int)i;

			if (column >= PQnfields(result))
				is_wrong[i] = true;
			else if (PQgetisnull(result, row, column))
				v[i].is_null = true;
			else
				is_wrong[i] = !decode(types[i], PQgetvalue(result, row, column),
						      PQgetlength(result, row, column), &addresses[i], &v[i]);
		}
		db_deliver(work, call, v, is_wrong, n);
	}
}

struct reading {
	struct pgsql *conn;
	int64_t deadline_ms;
	bool is_one;
	bool is_lost; /* or too late */
	bool is_read_only;
};

/* The only result of one message; true unless it is an error. *ret is freed by the caller, NULL if the connection is
 * lost. */
static bool read_one(struct reading *r, PGresult **ret)
{
	bool is_late = false;
	PGresult *end;

	*ret = next_result(r->conn->pg, r->deadline_ms, &is_late);
	if (!*ret || PQstatus(r->conn->pg) == CONNECTION_BAD) {
		r->is_lost = true;
		note(&r->conn->base.why, is_late ? "timeout of a statement" : PQerrorMessage(r->conn->pg));
		return false;
	}
	end = next_result(r->conn->pg, r->deadline_ms, &is_late);
	r->is_lost = is_late;
	PQclear(end);
	return PQresultStatus(*ret) == PGRES_COMMAND_OK || PQresultStatus(*ret) == PGRES_TUPLES_OK;
}

/* Returns OUTCOME_NONE if the call succeeded. */
static int read_call(struct reading *r, struct db_work *work, unsigned i)
{
	struct db_call *call = &work->v[i];
	enum prepared *state = prepared(r->conn, call);
	PGresult *result = NULL;
	int outcome = OUTCOME_NONE;
	bool is_ok = true;

	if (*state == PREPARE_SENT || (*state == NOT_PREPARED && !r->is_one)) {
		is_ok = read_one(r, &result);
		if (*state == PREPARE_SENT)
			*state = is_ok ? PREPARED : NOT_PREPARED;
		if (is_ok)
			PQclear(result);
	}
	/* After a failed PREPARE the server skips the call, too. */
	if (is_ok) {
		is_ok = read_one(r, &result);
	} else if (!r->is_lost) {
		PGresult *skipped = NULL;

		(void)read_one(r, &skipped);
		PQclear(skipped);
	}
	if (!is_ok && result && PQresultStatus(result) == PGRES_FATAL_ERROR) {
		const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

		outcome = sqlstate ? outcome_of(call, sqlstate) : DB_FAILED;
		r->is_read_only = r->is_read_only || (sqlstate && strcmp(sqlstate, "25006") == 0);
		note(&r->conn->base.why, PQresultErrorMessage(result));
	} else if (!is_ok) {
		outcome = OUTCOME_AGAIN; /* skipped */
	} else if (db_call_is_must(call)) {
		call->n = 1;
	} else if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		deliver_rows(work, i, result);
	} else {
		int64_t n = 0;

		(void)db_parse_int(PQcmdTuples(result), strlen(PQcmdTuples(result)), &n);
		call->n = (uint64_t)n;
	}
	PQclear(result);
	return outcome;
}

/* The end of a transaction; false if it failed only now. */
static bool read_sync(struct reading *r)
{
	bool is_ok = true, is_late = false;

	for (unsigned i = 0; i < 4; i++) {
		PGresult *result = next_result(r->conn->pg, r->deadline_ms, &is_late);
		ExecStatusType status = result ? PQresultStatus(result) : PGRES_EMPTY_QUERY;

		if (status == PGRES_FATAL_ERROR)
			note(&r->conn->base.why, PQresultErrorMessage(result));
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC)
			return is_ok;
		if (is_late || PQstatus(r->conn->pg) == CONNECTION_BAD)
			break;
		is_ok = is_ok && status != PGRES_FATAL_ERROR;
	}
	r->is_lost = true;
	return false;
}

/* Reads what one sync ends: from first to before end. */
static void read_transaction(struct reading *r, struct db_work *first, struct db_work *end)
{
	bool is_alone = first->next == end, is_ok = true;

	for (struct db_work *work = first; work != end && !r->is_lost; work = work->next) {
		for (unsigned i = 0; i < work->n && !r->is_lost; i++) {
			int outcome = read_call(r, work, i);

			/* Skipped calls do not hide the one that failed. */
			if (outcome != OUTCOME_NONE && work->outcome == OUTCOME_NONE && !r->is_lost)
				work->outcome = outcome;
			is_ok = is_ok && outcome == OUTCOME_NONE;
		}
	}
	if (!r->is_lost)
		is_ok = read_sync(r) && is_ok;
	for (struct db_work *work = first; work != end; work = work->next) {
		if (r->is_lost)
			work->outcome = db_work_writes(work) ? DB_UNKNOWN : OUTCOME_AGAIN;
		else if (is_ok)
			work->outcome = DB_OK;
		else if (!is_alone)
			work->outcome = OUTCOME_AGAIN; /* undone by another's failure, or by its own */
		else if (work->outcome == OUTCOME_NONE)
			work->outcome = DB_FAILED;
	}
}

static bool pgsql_run(struct db_conn *base, struct db_work *list, bool is_one, int64_t deadline_ms)
{
	struct pgsql *conn = (struct pgsql *)base;
	struct reading r = { .conn = conn, .deadline_ms = deadline_ms, .is_one = is_one };
	uint8_t *room = xmalloc(PARAMS_ROOM);
	bool is_sent = send_list(conn, list, is_one, room, deadline_ms);

	free(room);
	if (!is_sent) {
		/* Without the sync that ends it, the server rolls the transaction back; earlier ones may be complete.
		 */
		note(&base->why, PQerrorMessage(conn->pg));
		db_settle(list, OUTCOME_AGAIN, DB_UNKNOWN);
		return false;
	}
	for (struct db_work *work = list, *next; work; work = next) {
		next = is_one ? NULL : work->next;
		read_transaction(&r, work, next);
	}
	return !r.is_lost && !r.is_read_only;
}

static int pgsql_fd(const struct db_conn *base)
{
	return PQsocket(((const struct pgsql *)base)->pg);
}

const struct db_conn_ops db_pgsql_ops = {
	.name = "postgresql",
	.open = pgsql_open,
	.close = pgsql_close,
	.fd = pgsql_fd,
	.run = pgsql_run,
};
