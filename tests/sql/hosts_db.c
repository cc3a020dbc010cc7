/* SPDX-License-Identifier: MPL-2.0 */
/* See hosts_db.h. Uses the client libraries directly, so that db/ does not test itself. */
#include "hosts_db.h"

#include <check.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "keahosts"

static char hosts[DB_KIND_N][128];
static unsigned ports[DB_KIND_N];

void hosts_db_init(void)
{
	for (int kind = 0; kind < DB_KIND_N; kind++) {
		const char *env = getenv(kind == DB_PGSQL ? "KEA_TEST_PGSQL" : "KEA_TEST_MYSQL");
		char *colon;

		if (!env) {
			fputs("tests/sql/run starts the servers\n", stderr);
			exit(99);
		}
		(void)snprintf(hosts[kind], sizeof(hosts[kind]), "%s", env);
		colon = strrchr(hosts[kind], ':');
		*colon = 0;
		ports[kind] = (unsigned)strtoul(colon + 1, NULL, 10);
	}
}

struct db_conf hosts_db_conf(int kind)
{
	static const char *names[DB_KIND_N] = { hosts[DB_PGSQL], hosts[DB_MYSQL] };

	return (struct db_conf){ .kind = (enum db_kind)kind,
				 .hosts = &names[kind],
				 .n_hosts = 1,
				 .port = ports[kind],
				 .name = NAME,
				 .user = "keatest",
				 .password = "keatest" };
}

/* --- SQL by hand --------------------------------------------------------------------- */

static PGconn *connect_pgsql(void)
{
	char text[256];
	PGconn *pg;

	(void)snprintf(text, sizeof(text), "host=%s port=%u dbname=" NAME " user=keatest password=keatest",
		       hosts[DB_PGSQL], ports[DB_PGSQL]);
	pg = PQconnectdb(text);
	ck_assert_msg(PQstatus(pg) == CONNECTION_OK, "%s", PQerrorMessage(pg));
	return pg;
}

static MYSQL *connect_mysql(void)
{
	MYSQL *my = mysql_init(NULL);

	ck_assert_msg(
		mysql_real_connect(my, NULL, "keatest", "keatest", NAME, 0, hosts[DB_MYSQL], CLIENT_MULTI_STATEMENTS),
		"%s", mysql_error(my));
	return my;
}

static void add_value(int kind, char type, const char *value, size_t len, struct str *out)
{
	const char *begin = type == 'x' ? kind == DB_PGSQL ? "'\\x" : "x'" : kind == DB_PGSQL ? "'" : "INET6_ATON('";

	str_add(out, begin);
	str_add_n(out, value, len);
	str_add(out, type == '6' && kind == DB_MYSQL ? "')" : "'");
}

static void expand(int kind, const char *text, struct str *out)
{
	for (const char *p; (p = strchr(text, '{')); text = p) {
		size_t len = strcspn(p, "}");

		str_add_n(out, text, (size_t)(p - text));
		if (p[1] && p[2] == ':')
			add_value(kind, p[1], p + 3, len - 3, out);
		else
			str_add_n(out, p, len + 1);
		p += len + 1;
	}
	str_add(out, text);
}

static void run_pgsql(PGconn *pg, const char *text)
{
	PGresult *result = PQexec(pg, text);
	ExecStatusType status = PQresultStatus(result);

	ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s%s", PQerrorMessage(pg), text);
	PQclear(result);
}

static void run_mysql(MYSQL *my, const char *text)
{
	int next = mysql_query(my, text);

	ck_assert_msg(next == 0, "%s: %s", mysql_error(my), text);
	for (; next == 0; next = mysql_next_result(my)) {
		MYSQL_RES *result = mysql_store_result(my);

		ck_assert_msg(!mysql_errno(my), "%s: %s", mysql_error(my), text);
		mysql_free_result(result);
	}
	ck_assert_msg(next < 0, "%s: %s", mysql_error(my), text);
}

void hosts_db_sql(int kind, const char *text)
{
	struct str sql = { 0 };

	expand(kind, text, &sql);
	if (kind == DB_PGSQL) {
		PGconn *pg = connect_pgsql();

		run_pgsql(pg, sql.text);
		PQfinish(pg);
	} else {
		MYSQL *my = connect_mysql();

		run_mysql(my, sql.text);
		mysql_close(my);
	}
	str_free(&sql);
}

long hosts_db_number(int kind, const char *text)
{
	long number = -1;

	if (kind == DB_PGSQL) {
		PGconn *pg = connect_pgsql();
		PGresult *result = PQexec(pg, text);

		ck_assert_msg(PQntuples(result) == 1, "%s", PQerrorMessage(pg));
		number = strtol(PQgetvalue(result, 0, 0), NULL, 10);
		PQclear(result);
		PQfinish(pg);
	} else {
		MYSQL *my = connect_mysql();
		MYSQL_RES *result;
		MYSQL_ROW row;

		ck_assert_msg(mysql_query(my, text) == 0, "%s", mysql_error(my));
		result = mysql_store_result(my);
		row = mysql_fetch_row(result);
		ck_assert(row && row[0]);
		number = strtol(row[0], NULL, 10);
		mysql_free_result(result);
		mysql_close(my);
	}
	return number;
}

void hosts_db_wipe(int kind)
{
	hosts_db_sql(kind, kind == DB_PGSQL
				   ? "TRUNCATE hosts, ipv6_reservations, dhcp4_options, dhcp6_options CASCADE"
				   : "DELETE FROM hosts; DELETE FROM dhcp4_options; DELETE FROM dhcp6_options");
}

static PGconn *blocking_pg;
static MYSQL *blocking_my;

void hosts_db_block(int kind)
{
	if (kind == DB_PGSQL) {
		blocking_pg = connect_pgsql();
		run_pgsql(blocking_pg, "BEGIN; LOCK TABLE hosts IN ACCESS EXCLUSIVE MODE");
	} else {
		blocking_my = connect_mysql();
		run_mysql(blocking_my, "LOCK TABLES hosts WRITE");
	}
}

void hosts_db_unblock(int kind)
{
	if (kind == DB_PGSQL)
		PQfinish(blocking_pg);
	else
		mysql_close(blocking_my);
}
