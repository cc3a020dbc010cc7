/* SPDX-License-Identifier: MPL-2.0 */
/*
 * PostgreSQL through libpq in pipeline mode: all statements of a group are sent, then one sync, then the results are
 * read. What lies between two syncs is one transaction; after an error the server skips to the next sync. Statements
 * are prepared in the first group that uses them. Calls of one statement are sent as one with arrays, which saves the
 * server most of its work for each, above all that of triggers.
 */
#include "base/clock.h"
#include "base/ip.h"
#include "db/units.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>

#define STATEMENTS_IN_PACKET 32 /* each packet wakes the server */
#define PARAMS_MAX 64
#define ROOM_KEEP (1 << 20) /* a larger room is freed after the group */

enum form { FORM_MUST = 1, FORM_MANY = 2, FORMS = 4 }; /* of a statement */
enum prepared { NOT_PREPARED, PREPARE_SENT, PREPARED };

struct pgsql {
	struct db_conn base;
	PGconn *pg;
	enum prepared *prepared; /* FORMS for each statement */
	struct db_units units;
	struct str room; /* the parameters of one statement that are not borrowed */
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
		str_add(&text, "; SET plan_cache_mode = force_generic_plan; SET max_parallel_workers_per_gather = 0; "
			       "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off");
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
	db_units_free(&conn->units);
	str_free(&conn->room);
	str_free(&base->why);
	free(conn);
}

static struct db_conn *pgsql_open(const struct db_conf *conf, struct str *why)
{
	struct pgsql *conn = xcalloc(1, sizeof(*conn));

	conn->base.ops = &db_pgsql_ops;
	conn->base.conf = conf;
	conn->prepared = xcalloc(FORMS * (size_t)(conf->n_stmts + 1), sizeof(*conn->prepared));
	conn->pg = start(conf);
	if (!conn->pg)
		die_of_memory();
	if (finish_connecting(conf, conn->pg, why) && set_up(conn, why))
		return &conn->base;
	pgsql_close(&conn->base);
	return NULL;
}

/* --- sending ----------------------------------------------------------------------- */

/* A statement changes a row once only, and rows are known by the first parameter. */
static bool fits(const struct db_units *units, const struct db_unit *unit, const struct db_call *call)
{
	const struct db_call *of_unit = db_unit_call(units, unit);

	if (of_unit->stmt != call->stmt || of_unit->must != call->must || !call->stmt->many)
		return false;
	if (!call->stmt->writes)
		return true;
	for (unsigned i = unit->first; i != DB_END; i = units->places.v[i].next) {
		const struct db_value *a = &db_place_call(&units->places.v[i])->params[0], *b = &call->params[0];

		if (a->number == b->number && bytes_equal(a->bytes, b->bytes))
			return false;
	}
	return true;
}

static unsigned form_of(const struct db_call *call, const struct db_unit *unit)
{
	return (db_call_is_must(call) ? FORM_MUST : 0) | (unit->n > 1 ? FORM_MANY : 0);
}

static enum prepared *prepared(const struct pgsql *conn, const struct db_call *call, unsigned form)
{
	return &conn->prepared[FORMS * (size_t)(call->stmt - conn->base.conf->stmts) + form];
}

static void statement_name(const struct db_call *call, unsigned form, struct str *out)
{
	str_reset(out);
	str_addf(out, "%s%s%s", call->stmt->name, form & FORM_MANY ? "*" : "", form & FORM_MUST ? "!" : "");
}

static bool send_prepare(const struct pgsql *conn, const struct db_call *call, unsigned form, const char *name)
{
	const char *text = form & FORM_MANY ? call->stmt->many : call->stmt->text[DB_PGSQL];
	struct str must = { 0 };
	bool is_sent;

	/* Divides by zero, and thereby fails, unless each call changed one row. */
	if (form & FORM_MUST)
		str_addf(&must, "WITH changed AS (%s%s) SELECT 1 / (count(*) = %s)::int FROM changed", text,
			 form & FORM_MANY ? "" : " RETURNING 1", form & FORM_MANY ? "cardinality($1)" : "1");
	is_sent = PQsendPrepare(conn->pg, name, must.len ? must.text : text, 0, NULL);
	str_free(&must);
	return is_sent;
}

/* A value's text, but its bytes if it has the type x, which are borrowed. Writes to the room, and leaves a NUL there.
 */
static void add_text(struct str *room, char type, const struct db_value *v)
{
	switch (type) {
	case 't':
		str_add_n(room, (const char *)v->bytes.data, v->bytes.len);
		break;
	case '6': {
		char address[IP_TEXT_MAX];
		struct ip ip;

		memcpy(ip.b, v->bytes.data, sizeof(ip.b));
		str_add(room, ip_format(&ip, address));
		break;
	}
	case 'b':
		str_addc(room, v->number ? 't' : 'f');
		break;
	default:
		str_addf(room, "%lld", (long long)v->number);
	}
	str_addc(room, 0);
}

struct params {
	int n;
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	size_t at[PARAMS_MAX]; /* where in the room, if it is there */
	bool is_in_room[PARAMS_MAX];
};

/* Parameters are text, but bytes are binary. */
static void put_call(struct str *room, const struct db_call *call, struct params *p)
{
	const char *types = call->stmt->params;

	for (int i = 0; i < p->n; i++) {
		const struct db_value *v = &call->params[i];

		if (v->is_null)
			continue;
		if (types[i] == 'x') {
			p->formats[i] = 1;
			p->values[i] = v->bytes.len ? (const char *)v->bytes.data : "";
			p->lengths[i] = (int)v->bytes.len;
			continue;
		}
		p->is_in_room[i] = true;
		p->at[i] = room->len;
		add_text(room, types[i], v);
	}
}

static void add_u32(struct str *room, uint32_t number)
{
	char bytes[4] = { (char)(number >> 24), (char)(number >> 16), (char)(number >> 8), (char)number };

	str_add_n(room, bytes, sizeof(bytes));
}

/* An element of an array: its length and its binary form. */
static void add_element(struct str *room, char type, const struct db_value *v)
{
	static const char inet[4] = { 3, (char)128, 0, 16 }; /* IPv6, bits, no network, bytes */

	if (v->is_null) {
		add_u32(room, UINT32_MAX);
		return;
	}
	switch (type) {
	case 't':
	case 'x':
		add_u32(room, (uint32_t)v->bytes.len);
		str_add_n(room, (const char *)v->bytes.data, v->bytes.len);
		break;
	case '6':
		add_u32(room, sizeof(inet) + 16);
		str_add_n(room, inet, sizeof(inet));
		str_add_n(room, (const char *)v->bytes.data, 16);
		break;
	case 'b':
		add_u32(room, 1);
		str_addc(room, v->number ? 1 : 0);
		break;
	default:
		add_u32(room, 8);
		add_u32(room, (uint32_t)((uint64_t)v->number >> 32));
		add_u32(room, (uint32_t)v->number);
	}
}

static uint32_t type_oid(char type)
{
	switch (type) {
	case 't':
		return 25;
	case 'x':
		return 17;
	case '6':
		return 869;
	case 'b':
		return 16;
	default:
		return 20;
	}
}

/* Each parameter is an array: dimensions, whether there may be NULL, type, elements, index of the first, elements. */
static void put_calls(struct pgsql *conn, const struct db_unit *unit, struct params *p)
{
	const struct db_place *places = conn->units.places.v;
	const char *types = db_unit_call(&conn->units, unit)->stmt->params;

	for (int i = 0; i < p->n; i++) {
		const uint32_t header[] = { 1, 1, type_oid(types[i]), unit->n, 1 };

		p->formats[i] = 1;
		p->is_in_room[i] = true;
		p->at[i] = conn->room.len;
		for (size_t k = 0; k < sizeof(header) / sizeof(header[0]); k++)
			add_u32(&conn->room, header[k]);
		for (unsigned k = unit->first; k != DB_END; k = places[k].next)
			add_element(&conn->room, types[i], &db_place_call(&places[k])->params[i]);
		p->lengths[i] = (int)(conn->room.len - p->at[i]);
	}
}

static bool send_params(struct pgsql *conn, const struct db_unit *unit, const char *name)
{
	const struct db_call *call = db_unit_call(&conn->units, unit);
	struct params p = { .n = (int)strlen(call->stmt->params) };

	str_reset(&conn->room);
	if (unit->n > 1)
		put_calls(conn, unit, &p);
	else
		put_call(&conn->room, call, &p);
	for (int i = 0; i < p.n; i++)
		if (p.is_in_room[i])
			p.values[i] = conn->room.text + p.at[i];
	return PQsendQueryPrepared(conn->pg, name, p.n, p.values, p.lengths, p.formats, 0);
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
static bool send_unit(struct pgsql *conn, const struct db_unit *unit, bool is_one, struct str *name)
{
	const struct db_call *call = db_unit_call(&conn->units, unit);
	unsigned form = form_of(call, unit);
	enum prepared *state = prepared(conn, call, form);

	statement_name(call, form, name);
	if (*state == NOT_PREPARED) {
		if (is_one)
			*state = PREPARE_SENT;
		else
			str_reset(name);
		if (!send_prepare(conn, call, form, str_text(name)))
			return false;
	}
	return send_params(conn, unit, str_text(name));
}

/* The index of the first unit after the transaction that begins with this one. */
static size_t end_of_transaction(const struct db_units *units, size_t i, bool is_one)
{
	const struct db_work *work = units->places.v[units->v.v[i].first].work;

	if (is_one)
		return units->v.n;
	while (i < units->v.n && units->places.v[units->v.v[i].first].work == work)
		i++;
	return i;
}

static bool send_units(struct pgsql *conn, bool is_one, int64_t deadline_ms)
{
	const struct db_units *units = &conn->units;
	struct str name = { 0 };
	bool is_ok = true;

	for (size_t i = 0, end = 0; is_ok && i < units->v.n; i++) {
		if (i == end)
			end = end_of_transaction(units, i, is_one);
		is_ok = send_unit(conn, &units->v.v[i], is_one, &name) &&
			(i + 1 < end || PQpipelineSync(conn->pg) == 1) &&
			((i + 1) % STATEMENTS_IN_PACKET || relieve(conn, deadline_ms));
	}
	str_free(&name);
	if (conn->room.cap > ROOM_KEEP)
		str_free(&conn->room);
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

/* The call that a row of several calls is for; NULL if there is none. */
static const struct db_place *place_of_row(const struct db_units *units, const struct db_unit *unit, PGresult *result,
					   int row)
{
	unsigned at = unit->first;
	int64_t number = 1;

	if (unit->n > 1 && (PQnfields(result) < 1 || PQgetisnull(result, row, 0) ||
			    !db_parse_int(PQgetvalue(result, row, 0), (size_t)PQgetlength(result, row, 0), &number) ||
			    number < 1 || number > unit->n))
		return NULL;
	while (--number)
		at = units->places.v[at].next;
	return &units->places.v[at];
}

static void deliver_row(const struct db_place *place, PGresult *result, int row, int skip)
{
	const char *types = db_place_call(place)->stmt->columns;
	struct db_value v[DB_COLUMNS_MAX] = { 0 };
	struct ip addresses[DB_COLUMNS_MAX];
	bool is_wrong[DB_COLUMNS_MAX] = { 0 };
	unsigned n = (unsigned)strlen(types);

	for (unsigned i = 0; i < n; i++) {
		int column = (int)i + skip;

		if (column >= PQnfields(result))
			is_wrong[i] = true;
		else if (PQgetisnull(result, row, column))
			v[i].is_null = true;
		else
			is_wrong[i] = !decode(types[i], PQgetvalue(result, row, column),
					      PQgetlength(result, row, column), &addresses[i], &v[i]);
	}
	db_deliver(place->work, place->call, v, is_wrong, n);
}

/* False if a row belongs to no call. */
static bool deliver_rows(const struct db_units *units, const struct db_unit *unit, PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++) {
		const struct db_place *place = place_of_row(units, unit, result, row);

		if (!place)
			return false;
		db_place_call(place)->n++;
		if (*db_place_call(place)->stmt->columns && place->work->row)
			deliver_row(place, result, row, unit->n > 1);
	}
	return true;
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

/* Of a PREPARE, if one was sent, and of the statement; true if both succeeded. *ret is freed by the caller. */
static bool read_statement(struct reading *r, const struct db_unit *unit, PGresult **ret)
{
	const struct db_call *call = db_unit_call(&r->conn->units, unit);
	enum prepared *state = prepared(r->conn, call, form_of(call, unit));
	PGresult *skipped = NULL;
	bool is_ok;

	if (*state == PREPARED || (*state == NOT_PREPARED && r->is_one))
		return read_one(r, ret);
	is_ok = read_one(r, ret);
	if (*state == PREPARE_SENT)
		*state = is_ok ? PREPARED : NOT_PREPARED;
	if (is_ok) {
		PQclear(*ret);
		return read_one(r, ret);
	}
	/* After a failed PREPARE the server skips the statement, too. */
	if (!r->is_lost)
		(void)read_one(r, &skipped);
	PQclear(skipped);
	return false;
}

static bool accept_result(const struct db_units *units, const struct db_unit *unit, PGresult *result)
{
	struct db_call *call = db_unit_call(units, unit);
	int64_t n = 0;

	if (db_call_is_must(call)) {
		for (unsigned i = unit->first; i != DB_END; i = units->places.v[i].next)
			db_place_call(&units->places.v[i])->n = 1; /* or else the check fails */
	} else if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		return deliver_rows(units, unit, result);
	} else {
		(void)db_parse_int(PQcmdTuples(result), strlen(PQcmdTuples(result)), &n);
		call->n = (uint64_t)n;
	}
	return true;
}

/* Returns OUTCOME_NONE if the statement succeeded. */
static int read_unit(struct reading *r, const struct db_unit *unit)
{
	PGresult *result = NULL;
	int outcome = OUTCOME_NONE;
	bool is_ok = read_statement(r, unit, &result);

	if (!is_ok && result && PQresultStatus(result) == PGRES_FATAL_ERROR) {
		const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

		outcome = sqlstate ? outcome_of(db_unit_call(&r->conn->units, unit), sqlstate) : DB_FAILED;
		r->is_read_only = r->is_read_only || (sqlstate && strcmp(sqlstate, "25006") == 0);
		note(&r->conn->base.why, PQresultErrorMessage(result));
	} else if (!is_ok) {
		outcome = OUTCOME_AGAIN; /* skipped */
	} else if (!accept_result(&r->conn->units, unit, result)) {
		/* It is executed, and whether it will be committed nobody knows. */
		note(&r->conn->base.why, "a row has no valid number");
		r->is_lost = true;
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

static void note_outcome(const struct db_units *units, const struct db_unit *unit, int outcome)
{
	/* Skipped statements do not hide the one that failed. */
	for (unsigned i = unit->first; i != DB_END; i = units->places.v[i].next)
		if (units->places.v[i].work->outcome == OUTCOME_NONE)
			units->places.v[i].work->outcome = outcome;
}

/* Reads what one sync ends: the works from first to before end, and their units from *at. */
static void read_transaction(struct reading *r, struct db_work *first, const struct db_work *end, size_t *at)
{
	const struct db_units *units = &r->conn->units;
	bool is_alone = first->next == end, is_ok = true;

	if (!r->is_lost) {
		size_t after = end_of_transaction(units, *at, r->is_one);

		for (; *at < after && !r->is_lost; (*at)++) {
			int outcome = read_unit(r, &units->v.v[*at]);

			if (outcome != OUTCOME_NONE && !r->is_lost)
				note_outcome(units, &units->v.v[*at], outcome);
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
	size_t at = 0;

	db_units_fill(&conn->units, list, NULL, is_one ? fits : NULL);
	if (!send_units(conn, is_one, deadline_ms)) {
		/* Without the sync that ends it, the server rolls the transaction back; earlier ones may be complete.
		 */
		note(&base->why, PQerrorMessage(conn->pg));
		db_settle(list, OUTCOME_AGAIN, DB_UNKNOWN);
		return false;
	}
	for (struct db_work *work = list, *next; work; work = next) {
		next = is_one ? NULL : work->next;
		read_transaction(&r, work, next, &at);
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
