/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reservations in a real PostgreSQL and a real MariaDB database: the suite for sources of reservations, rows as Kea and
 * its users write them, hostile rows, changes, what is remembered, and databases that fail.
 */
#include "../host/host_suite.h"
#include "../unit/suite.h"
#include "hosts_db.h"

#include "base/clock.h"
#include "base/err.h"
#include "host/chain.h"
#include "host/file.h"
#include "host/sql.h"
#include "json/diag.h"
#include "root/config.h"

#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

/* --- configurations whose option definitions and classes the options refer to --------- */

static const char *const texts[2] = {
	"{ \"Dhcp4\": { \"client-classes\": [ { \"name\": \"phones\" }, { \"name\": \"printers\" } ],"
	" \"option-def\": [ { \"name\": \"site\", \"code\": 224, \"type\": \"uint16\" } ],"
	" \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\" }, { \"id\": 2, \"subnet\": \"10.0.0.0/8\" } ] } }",
	"{ \"Dhcp6\": { \"client-classes\": [ { \"name\": \"phones\" }, { \"name\": \"printers\" } ],"
	" \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8:1::/48\" }, { \"id\": 2, \"subnet\": \"2001:db8:2::/48\" }"
	" ] } }",
};

static struct config *configs[2];

static void load_configs(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct diag *diag;

		if (config_load_text("hosts", texts[i], strlen(texts[i]), i ? 6 : 4, CONFIG_SERVE, &diag, &configs[i]) <
		    0) {
			diag_print(diag, stderr, DIAG_TEXT);
			exit(99);
		}
		diag_free(diag);
	}
}

/* --- sources --------------------------------------------------------------------------- */

static int no_options(void *ctx, const struct host_option *v, unsigned n, struct arena *arena, struct optlist *ret,
		      struct str *why)
{
	(void)ctx, (void)v, (void)n, (void)arena, (void)ret;
	str_add(why, "this test has no options");
	return -E_INVAL;
}

static struct host_source *must_be_ready(struct host_source *source)
{
	struct str why = { 0 };

	ck_assert_msg(host_sql_wait_ready(source, &why) == 0, "%s", str_text(&why));
	str_free(&why);
	return source;
}

static int family_of(const struct host *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i].n_places)
			return !ip_is4(&v[i].places[0].prefix.addr);
	return 0;
}

static struct host_source *open_sql(int kind, int family, const struct host *v, unsigned n)
{
	struct db_conf db = hosts_db_conf(kind);
	struct host_sql_conf conf = { .db = &db, .family = family, .encode = no_options };
	struct host_source *source;
	struct str why = { 0 };

	db.connections = 2;
	hosts_db_wipe(kind);
	source = must_be_ready(host_sql_open(&conf));
	for (unsigned i = 0; i < n; i++)
		ck_assert_msg(host_add_wait(source, &v[i], &why) == 0, "host %u: %s", i, str_text(&why));
	return source;
}

static struct host_source *open_one(const struct host_kind *kind, struct arena *arena, const struct host *v, unsigned n)
{
	(void)arena;
	return open_sql(kind->number, family_of(v, n), v, n);
}

/* Some hosts in memory, the others in two databases. */
static struct host_source *open_mixed(const struct host_kind *kind, struct arena *arena, const struct host *v,
				      unsigned n)
{
	unsigned first = n / 2, second = n / 4;
	int family = family_of(v, n);
	struct host_file *file = host_file_new(arena, v, first, 1000, false);
	struct host_source *parts[3];
	const struct host *other;

	(void)kind;
	for (unsigned i = 0; i < first; i++)
		ck_assert_int_eq(host_file_add(file, &other), 0);
	host_file_ready(file);
	parts[0] = host_file_source(file);
	parts[1] = open_sql(DB_PGSQL, family, v + first, second);
	parts[2] = open_sql(DB_MYSQL, family, v + first + second, n - first - second);
	return host_chain_new(parts, 3);
}

static const struct host_kind kinds[] = {
	{ "postgresql", open_one, 9000, DB_PGSQL },
	{ "mysql", open_one, 9000, DB_MYSQL },
	{ "file, postgresql, mysql", open_mixed, 0, 0 },
};

/* The source of the tests below, which come with each kind of database, _i. */
static struct {
	int kind, family;
	struct arena *arena;
	struct host_source *source;
	struct str why;
	sem_t answered;
} t;

static struct host_sql_conf conf_of(const struct db_conf *db, int family)
{
	return (struct host_sql_conf){ .db = db,
				       .family = family,
				       .unique = true,
				       .cache_ms = HOST_SQL_NO_CACHE,
				       .encode = config_host_options,
				       .subnet = config_host_subnet,
				       .ctx = configs[family] };
}

static void open_conf(int kind, const struct host_sql_conf *conf)
{
	t.kind = kind;
	t.family = conf->family;
	t.arena = arena_new(0);
	(void)sem_init(&t.answered, 0, 0);
	t.source = must_be_ready(host_sql_open(conf));
}

static void open_kind(int kind, int family)
{
	struct db_conf db = hosts_db_conf(kind);
	struct host_sql_conf conf = conf_of(&db, family);

	hosts_db_wipe(kind);
	open_conf(kind, &conf);
}

static void close_kind(void)
{
	host_source_close(t.source);
	arena_free(t.arena);
	(void)sem_destroy(&t.answered);
	str_free(&t.why);
}

static void done(struct host_find *find, uint64_t ticket)
{
	ck_assert_uint_eq(ticket, 5);
	ck_assert_ptr_eq(find->owner, &t);
	(void)sem_post(&t.answered);
}

static void ask_all(struct host_query *v, unsigned n)
{
	struct host_find find = { .v = v, .n = n, .arena = t.arena, .done = done, .ticket = 5, .owner = &t };
	int err = host_find(t.source, &find);

	if (err == -E_AGAIN)
		while (sem_wait(&t.answered) < 0)
			;
	else
		ck_assert_int_eq(err, 0);
}

static struct host_query by_id(uint32_t subnet_id, const struct host_id *id)
{
	return (struct host_query){ .by = HOST_BY_ID, .subnet_id = subnet_id, .ids = id, .n_ids = 1 };
}

static struct host_id id_of(enum host_id_type type, const char *hex)
{
	uint8_t buf[256];
	int n = hex_to_bytes(hex, strlen(hex), buf, sizeof(buf));

	ck_assert_int_gt(n, 0);
	return (struct host_id){ type, bytes_of(arena_dup(t.arena, buf, (size_t)n), (size_t)n) };
}

/* Returns NULL if there is none. */
static const struct host *find_id(uint32_t subnet_id, enum host_id_type type, const char *hex, bool with_texts)
{
	struct host_id id = id_of(type, hex);
	struct host_query query = by_id(subnet_id, &id);

	query.with_texts = with_texts;
	ask_all(&query, 1);
	ck_assert_msg(query.n >= 0, "%d", query.n);
	return query.n ? query.out[0] : NULL;
}

static struct host_query at_place(uint32_t subnet_id, const char *place)
{
	struct host_query query = {
		.by = HOST_BY_PLACE, .subnet_id = subnet_id, .place = host_suite_prefix(place), .max = 9
	};

	ask_all(&query, 1);
	ck_assert_msg(query.n >= 0, "%d", query.n);
	return query;
}

static void expect_place(const struct host *host, unsigned i, const char *text, bool is_delegated)
{
	char buf[PREFIX_TEXT_MAX];

	ck_assert_uint_lt(i, host->n_places);
	ck_assert_str_eq(is_delegated ? prefix_format(&host->places[i].prefix, buf)
				      : ip_format(&host->places[i].prefix.addr, buf),
			 text);
	ck_assert_int_eq(host->places[i].is_delegated, is_delegated);
}

static void expect_option(const struct host *host, uint32_t vendor, uint16_t code, const char *hex)
{
	const struct optlist *list = &host->extra->opts;
	uint8_t buf[512];
	int n = hex_to_bytes(hex, strlen(hex), buf, sizeof(buf));

	for (unsigned i = 0; i < list->n; i++)
		if (list->v[i].vendor == vendor && list->v[i].code == code) {
			ck_assert_msg(list->v[i].data.len == (size_t)n && !memcmp(list->v[i].data.data, buf, (size_t)n),
				      "option %u has %zu bytes", code, list->v[i].data.len);
			return;
		}
	ck_abort_msg("no option %u", code);
}

static const struct optval *option(const struct host *host, uint16_t code)
{
	const struct optval *val = optlist_find(&host->extra->opts, code);

	ck_assert_msg(val, "no option %u", code);
	return val;
}

/* --- as Kea and its users write them ----------------------------------------------------- */

START_TEST(hosts4_as_in_kea)
{
	const struct host *host;
	const struct host_texts *all;

	open_kind(_i, 0);
	hosts_db_sql(
		_i,
		"INSERT INTO hosts (host_id, dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, "
		"hostname, dhcp4_client_classes, dhcp4_next_server, dhcp4_server_hostname, dhcp4_boot_file_name, "
		"user_context, auth_key) VALUES "
		"(7, {x:0102030405ff}, 0, 1, 3221225994, 'Printer.Example.', 'phones, printers,,other ', 3221225985, "
		"'boot', 'pxe/linux.0', '{\"rack\": \"4\"}', 'cafe'),"
		"(8, {x:0102030405ff}, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
		"(9, {x:0102030405ff}, 0, NULL, NULL, 'only-v6', NULL, NULL, NULL, NULL, NULL, NULL),"
		"(10, {x:00}, 2, 1, 0, '', '', 0, '', '', '', '');"
		"INSERT INTO dhcp4_options (host_id, scope_id, code, value, formatted_value, space, persistent, "
		"cancelled, client_classes, user_context) VALUES "
		"(7, 3, 6, NULL, '192.0.2.53, 192.0.2.54', 'dhcp4', true, false, '[ ]', '{\"a\": 1}'),"
		"(7, 3, 224, {x:0102}, NULL, 'dhcp4', false, false, '', NULL),"
		"(7, 3, 15, {x:ff}, 'example.org', NULL, false, false, '[ \"phones\", \"unknown\" ]', NULL),"
		"(7, 3, 15, NULL, 'never.example', 'dhcp4', false, false, '[ \"unknown\" ]', NULL),"
		"(7, 3, 3, NULL, NULL, 'dhcp4', false, true, '[]', NULL),"
		"(7, 3, 250, {x:abcdef}, '', '', false, false, '[]', NULL),"
		"(7, 3, 125, NULL, '4491', 'dhcp4', false, false, '[]', NULL),"
		"(7, 3, 2, NULL, '192.0.2.7', 'vendor-4491', false, false, '[]', NULL),"
		"(7, 2, 42, NULL, '192.0.2.8', 'dhcp4', false, false, '[]', NULL)");
	host = find_id(1, HOST_ID_HW_ADDRESS, "0102030405ff", false);
	ck_assert_ptr_nonnull(host);
	ck_assert_uint_eq(host->subnet_id, 1);
	ck_assert_uint_eq(host->n_places, 1);
	expect_place(host, 0, "192.0.2.10", false);
	ck_assert_str_eq(host->hostname, "printer.example");
	ck_assert_uint_eq(host->extra->n_classes, 3);
	ck_assert_str_eq(host->extra->classes[0], "phones");
	ck_assert_str_eq(host->extra->classes[1], "printers");
	ck_assert_str_eq(host->extra->classes[2], "other");
	ck_assert_uint_eq(ip_to4(&host->extra->next_server), 0xc0000201);
	ck_assert_str_eq(host->extra->server_hostname, "boot");
	ck_assert_str_eq(host->extra->boot_file, "pxe/linux.0");
	ck_assert_ptr_null(host->extra->texts);
	expect_option(host, 0, 6, "c0000235c0000236");
	ck_assert(option(host, 6)->always_send);
	expect_option(host, 0, 224, "0102");
	expect_option(host, 0, 15, "6578616d706c652e6f7267");
	ck_assert_uint_eq(option(host, 15)->cond->guard.n, 1);
	ck_assert_uint_eq(option(host, 15)->cond->guard.v[0], (unsigned)class_by_name(&configs[0]->classes, "phones"));
	ck_assert(option(host, 3)->never_send);
	expect_option(host, 0, 250, "abcdef");
	expect_option(host, 4491, 2, "c0000207");
	ck_assert_ptr_null(optlist_find(&host->extra->opts, 42));

	host = find_id(1, HOST_ID_HW_ADDRESS, "0102030405ff", true);
	all = host->extra->texts;
	ck_assert_str_eq(all->user_context, "{\"rack\": \"4\"}");
	ck_assert_str_eq(all->auth_key, "cafe");
	ck_assert_uint_eq(all->n_options, 8);
	ck_assert_uint_eq(all->options[0].code, 6);
	ck_assert_str_eq(all->options[0].text, "192.0.2.53, 192.0.2.54");
	ck_assert_str_eq(all->options[0].user_context, "{\"a\": 1}");
	ck_assert(all->options[0].always_send);
	ck_assert_ptr_null(all->options[1].text);
	ck_assert_uint_eq(all->options[1].data.len, 2);
	ck_assert_uint_eq(all->options[2].n_classes, 2);
	ck_assert_str_eq(all->options[2].classes[1], "unknown");
	ck_assert_str_eq(all->options[7].space, "vendor-4491");

	/* global; without anything */
	host = find_id(0, HOST_ID_HW_ADDRESS, "0102030405ff", false);
	ck_assert_uint_eq(host->subnet_id, 0);
	ck_assert_uint_eq(host->n_places, 0);
	ck_assert_ptr_null(host->extra);
	host = find_id(1, HOST_ID_CIRCUIT_ID, "00", false);
	ck_assert_uint_eq(host->n_places, 0);
	ck_assert_ptr_null(host->extra);
	/* a host of the other family is none */
	ck_assert_ptr_null(find_id(2, HOST_ID_HW_ADDRESS, "0102030405ff", false));
	ck_assert_int_eq(at_place(1, "192.0.2.10").n, 1);
	ck_assert_int_eq(at_place(2, "192.0.2.10").n, 0);
	close_kind();
}
END_TEST

START_TEST(hosts6_as_in_kea)
{
	const struct host *host;

	open_kind(_i, 1);
	hosts_db_sql(
		_i,
		"INSERT INTO hosts (host_id, dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, dhcp6_subnet_id, "
		"ipv4_address, hostname, dhcp6_client_classes) VALUES "
		"(7, {x:00010001aabb}, 1, NULL, 1, NULL, 'h', 'phones'),"
		"(8, {x:00010001aabb}, 1, 4, 2, 3221225994, NULL, NULL);"
		"INSERT INTO ipv6_reservations (host_id, address, prefix_len, type, excluded_prefix, "
		"excluded_prefix_len) VALUES (7, {6:2001:db8:1::1}, 128, 0, NULL, 0), "
		"(7, {6:2001:db8:1::2}, 128, 0, NULL, 0), "
		"(7, {6:3000::}, 48, 2, {6:3000:0:0:1::}, 64), (7, {6:3000:1::}, 48, 2, NULL, 0);"
		"INSERT INTO dhcp6_options (host_id, scope_id, code, formatted_value, space, persistent, cancelled, "
		"client_classes) VALUES (7, 3, 23, '2001:db8::53', 'dhcp6', false, false, '[]'), "
		"(7, 3, 17, '4491', 'dhcp6', false, false, '[]'), "
		"(7, 3, 32, '2001:db8::7', 'vendor-4491', false, false, '[]');");
	host = find_id(1, HOST_ID_DUID, "00010001aabb", false);
	ck_assert_ptr_nonnull(host);
	ck_assert_uint_eq(host->n_places, 4);
	expect_place(host, 0, "2001:db8:1::1", false);
	expect_place(host, 1, "2001:db8:1::2", false);
	expect_place(host, 2, "3000::/48", true);
	expect_place(host, 3, "3000:1::/48", true);
	ck_assert(host->places[2].sets_excluded && !host->places[3].sets_excluded);
	ck_assert_uint_eq(host->extra->excluded[2].len, 64);
	ck_assert_uint_eq(host->extra->excluded[2].addr.b[7], 1);
	ck_assert_uint_eq(host->extra->n_classes, 1);
	expect_option(host, 0, 23, "20010db8000000000000000000000053");
	expect_option(host, 4491, 32, "20010db8000000000000000000000007");
	ck_assert_int_eq(at_place(1, "2001:db8:1::2").n, 1);
	ck_assert_int_eq(at_place(1, "3000:1:0:8000::/50").n, 1);
	ck_assert_int_eq(at_place(1, "3000::/40").n, 1);
	ck_assert_int_eq(at_place(1, "3000:2::/48").n, 0);
	/* the same host in both families; of the other subnet's nothing appears here */
	host = find_id(2, HOST_ID_DUID, "00010001aabb", false);
	ck_assert_uint_eq(host->n_places, 0);
	close_kind();
	open_kind(_i, 0);
	close_kind();
}
END_TEST

/* Of Debian's Kea 2.2, upgraded; skipped if that is not installed. */
START_TEST(hosts_of_an_upgraded_database)
{
	struct db_conf db = hosts_db_conf(_i);
	struct host_sql_conf conf = conf_of(&db, 0);
	const struct host *host;

	db.name = getenv("KEA_TEST_OLD");
	if (!db.name) {
		puts("SKIP: hosts of an upgraded database");
		return;
	}
	open_conf(_i, &conf);
	host = find_id(1, HOST_ID_HW_ADDRESS, "0102", true);
	ck_assert_ptr_nonnull(host);
	expect_place(host, 0, "192.0.2.10", false);
	ck_assert_str_eq(host->hostname, "old.example");
	ck_assert_uint_eq(host->extra->n_classes, 1);
	ck_assert_uint_eq(ip_to4(&host->extra->next_server), 0xc0000201);
	ck_assert_str_eq(host->extra->boot_file, "pxe");
	ck_assert_str_eq(host->extra->texts->user_context, "{ \"a\": 1 }");
	expect_option(host, 0, 6, "c0000235");
	ck_assert(option(host, 6)->always_send);
	close_kind();

	conf = conf_of(&db, 1);
	open_conf(_i, &conf);
	host = find_id(1, HOST_ID_HW_ADDRESS, "0102", true);
	ck_assert_ptr_nonnull(host);
	ck_assert_uint_eq(host->n_places, 2);
	expect_place(host, 0, "2001:db8:1::1", false);
	expect_place(host, 1, "3000::/48", true);
	ck_assert_uint_eq(host->extra->n_classes, 2);
	expect_option(host, 0, 23, "20010db8000000000000000000000053");
	ck_assert_int_eq(at_place(1, "3000::1").n, 1);
	close_kind();
}
END_TEST

/* Prefixes that contain a place with every bit set: more than one statement compares. */
START_TEST(every_shorter_prefix)
{
	struct str sql = { 0 };

	open_kind(_i, 1);
	str_add(&sql, "INSERT INTO hosts (host_id, dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id) VALUES ");
	for (unsigned len = 1; len < 128; len++)
		str_addf(&sql, "%s(%u, {x:%02x}, 1, 1)", len > 1 ? "," : "", len, len);
	str_add(&sql, "; INSERT INTO ipv6_reservations (host_id, address, prefix_len, type) VALUES ");
	for (unsigned len = 1; len < 128; len++) {
		struct prefix prefix = host_suite_prefix("7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
		char text[IP_TEXT_MAX];

		prefix.len = (uint8_t)len;
		prefix.addr = prefix_first(&prefix);
		str_addf(&sql, "%s(%u, {6:%s}, %u, 2)", len > 1 ? "," : "", len, ip_format(&prefix.addr, text), len);
	}
	hosts_db_sql(_i, sql.text);
	str_free(&sql);
	for (unsigned len = 2; len <= 128; len += 9) {
		struct host_query query = { .by = HOST_BY_PLACE,
					    .subnet_id = 1,
					    .place = host_suite_prefix("7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
					    .max = 500 };

		query.place.len = (uint8_t)len;
		query.place.addr = prefix_first(&query.place);
		ask_all(&query, 1);
		/* all of them overlap it: the longer ones lie in it */
		ck_assert_msg(query.n == 127, "%d overlap a prefix of length %u", query.n, len);
	}
	ck_assert_int_eq(at_place(1, "7fff:ffff:ffff:ffff::").n, 9);
	ck_assert_int_eq(at_place(1, "8000::/1").n, 0);
	close_kind();
}
END_TEST

/* --- hostile rows ------------------------------------------------------------------------- */

#define HOST4                                                                                                          \
	"INSERT INTO hosts (host_id, dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, hostname, " \
	"dhcp4_client_classes) VALUES (%u, {x:%02x}, 0, 1, %u, NULL, NULL);"
#define OPTION4(code, value, text, space, classes)                                                                   \
	"INSERT INTO dhcp4_options (host_id, scope_id, code, value, formatted_value, space, persistent, cancelled, " \
	"client_classes) VALUES (#, 3, " code ", " value ", " text ", " space ", false, false, " classes ");"

struct bad {
	const char *sql; /* # is the host_id */
	const char *what;
};

static const struct bad bad4[] = {
	{ "UPDATE hosts SET ipv4_address = 167772161 WHERE host_id = #;", "address outside the subnet" },
	{ "UPDATE hosts SET hostname = 'not a..name' WHERE host_id = #;", "hostname" },
	{ "UPDATE hosts SET dhcp4_server_hostname = '0123456789012345678901234567890123456789012345678901234567890123' "
	  "WHERE host_id = #;",
	  "server hostname of 64 characters" },
	{ "UPDATE hosts SET dhcp4_boot_file_name = '0123456789012345678901234567890123456789012345678901234567890123"
	  "0123456789012345678901234567890123456789012345678901234567890123' WHERE host_id = #;",
	  "boot file name of 128 characters" },
	{ OPTION4("6", "NULL", "'2001:db8::1'", "'dhcp4'", "'[]'"), "address of the other family" },
	{ OPTION4("6", "{x:010203}", "NULL", "'dhcp4'", "'[]'"), "three bytes of an address" },
	{ OPTION4("6", "NULL", "NULL", "'dhcp4'", "'[ \"a\"'"), "classes that are no JSON" },
	{ OPTION4("6", "NULL", "'192.0.2.1'", "'dhcp4'", "'{ \"a\": 1 }'"), "classes that are no list" },
	{ OPTION4("6", "NULL", "'192.0.2.1'", "'dhcp4'", "'[ 1 ]'"), "classes that are no names" },
	{ OPTION4("6", "NULL", "'192.0.2.1'", "'no such space'", "'[]'"), "space" },
	{ OPTION4("6", "NULL", "'192.0.2.1'", "'dhcp6'", "'[]'"), "space of the other family" },
	{ OPTION4("250", "NULL", "'text'", "'dhcp4'", "'[]'"), "text without a definition" },
	{ OPTION4("0", "{x:00}", "NULL", "'dhcp4'", "'[]'"), "option 0" },
	{ OPTION4("54", "NULL", "'192.0.2.77'", "'dhcp4'", "'[]'"), "server identifier that no scope has" },
};
#define N_BAD4 (sizeof(bad4) / sizeof(bad4[0]))

/* Runs SQL with a host_id in the places of #. */
static void run_for(const char *text, unsigned id)
{
	struct str sql = { 0 };

	for (; *text; text++)
		if (*text == '#')
			str_addf(&sql, "%u", id);
		else
			str_addc(&sql, *text);
	hosts_db_sql(t.kind, sql.text);
	str_free(&sql);
}

static uint64_t n_skipped(void)
{
	struct host_sql_stats stats;

	host_sql_get_stats(t.source, &stats);
	return stats.skipped;
}

START_TEST(wrong_rows4)
{
	struct host_query page = { .by = HOST_BY_PAGE, .max = 3 };
	char sql[2048];
	unsigned n = 0;

	open_kind(_i, 0);
	for (unsigned i = 0; i < N_BAD4; i++) {
		unsigned id = i + 1;

		(void)snprintf(sql, sizeof(sql), HOST4, id, id, 0xc0000200 + id);
		hosts_db_sql(_i, sql);
		run_for(bad4[i].sql, id);
		/* a right one after each */
		(void)snprintf(sql, sizeof(sql), HOST4, 100 + id, 100 + id, 0xc0000264 + id);
		hosts_db_sql(_i, i % 3 ? sql : "SELECT 1");
	}
	for (unsigned i = 0; i < N_BAD4; i++) {
		uint64_t before = n_skipped();
		char hex[8], addr[IP_TEXT_MAX];
		struct ip ip = ip_from4(0xc0000201 + i);
		struct host_query query;

		(void)snprintf(hex, sizeof(hex), "%02x", i + 1);
		ck_assert_msg(!find_id(1, HOST_ID_HW_ADDRESS, hex, false), "%s", bad4[i].what);
		ck_assert_msg(n_skipped() == before + 1, "%s", bad4[i].what);
		/* it is not served, but its address is nobody else's */
		query = at_place(1, i ? ip_format(&ip, addr) : "10.0.0.1");
		ck_assert_msg(query.n == 1, "%s", bad4[i].what);
		ck_assert_ptr_null(query.out[0]->extra);
	}
	do {
		ask_all(&page, 1);
		ck_assert_int_ge(page.n, 0);
		for (int i = 0; i < page.n; i++)
			ck_assert_uint_gt(page.out[i]->id.value.data[0], 100);
		n += (unsigned)page.n;
		page.after = page.next;
	} while (page.n);
	ck_assert_uint_eq(n, N_BAD4 - (N_BAD4 + 2) / 3);
	/* without the row that was wrong it is served */
	hosts_db_sql(_i, "DELETE FROM dhcp4_options WHERE host_id = 5");
	ck_assert_ptr_nonnull(find_id(1, HOST_ID_HW_ADDRESS, "05", false));
	close_kind();
}
END_TEST

#define HOST6                                                                                                          \
	"INSERT INTO hosts (host_id, dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id) VALUES (%u, {x:%02x}, "   \
	"%u, "                                                                                                         \
	"1); INSERT INTO ipv6_reservations (host_id, address, prefix_len, type) VALUES (%u, {6:2001:db8:1::%x}, 128, " \
	"0);"
#define PLACE6(address, len, type, excluded, excluded_len)                                                          \
	"INSERT INTO ipv6_reservations (address, prefix_len, type, excluded_prefix, excluded_prefix_len, host_id) " \
	"VALUES ({6:" address "}, " len ", " type ", " excluded ", " excluded_len ", #);"

static const struct bad bad6[] = {
	{ PLACE6("2001:db8:2::1", "128", "0", "NULL", "0"), "address outside the subnet" },
	{ PLACE6("ff02::1", "128", "0", "NULL", "0"), "multicast" },
	{ PLACE6("::", "128", "0", "NULL", "0"), "no address" },
	{ PLACE6("2001:db8:1::9:9", "64", "0", "NULL", "0"), "length of an address" },
	{ PLACE6("2001:db8:1::9:9", "128", "1", "NULL", "0"), "type" },
	{ PLACE6("3000::", "0", "2", "NULL", "0"), "length of a prefix" },
	{ PLACE6("3000::", "129", "2", "NULL", "0"), "length of a prefix" },
	{ PLACE6("3000::", "48", "2", "{6:3001::}", "64"), "excluded prefix outside" },
	{ PLACE6("3000::", "48", "2", "{6:3000::}", "48"), "excluded prefix too short" },
	{ PLACE6("3000::", "48", "2", "NULL", "0") PLACE6("3000::", "48", "2", "NULL", "0"), "twice" },
	{ "INSERT INTO dhcp6_options (host_id, scope_id, code, value, persistent, cancelled, client_classes) VALUES "
	  "(#, 3, "
	  "23, {x:00}, false, false, '[]');",
	  "option" },
};
#define N_BAD6 (sizeof(bad6) / sizeof(bad6[0]))

START_TEST(wrong_rows6)
{
	char sql[2048], hex[8], text[40];

	open_kind(_i, 1);
	for (unsigned i = 0; i < N_BAD6; i++) {
		unsigned id = i + 1;

		(void)snprintf(sql, sizeof(sql), HOST6, id, id, 1, id, id);
		hosts_db_sql(_i, sql);
		run_for(bad6[i].sql, id);
		(void)snprintf(hex, sizeof(hex), "%02x", id);
		ck_assert_msg(!find_id(1, HOST_ID_DUID, hex, false), "%s", bad6[i].what);
		(void)snprintf(text, sizeof(text), "2001:db8:1::%x", id);
		ck_assert_msg(at_place(1, text).n == 1, "%s", bad6[i].what);
	}
	ck_assert_uint_eq(n_skipped(), 2 * N_BAD6);
	/* identifiers of DHCPv4 only, and of no type at all */
	hosts_db_sql(_i, "INSERT INTO host_identifier_type VALUES (9, 'other')");
	(void)snprintf(sql, sizeof(sql), HOST6, 200, 200, 2, 200, 200);
	hosts_db_sql(_i, sql);
	(void)snprintf(sql, sizeof(sql), HOST6, 201, 201, 9, 201, 201);
	hosts_db_sql(_i, sql);
	ck_assert_int_eq(at_place(1, "2001:db8:1::c8").n, 0);
	ck_assert_int_eq(at_place(1, "2001:db8:1::c9").n, 0);
	ck_assert_uint_eq(n_skipped(), 2 * N_BAD6 + 2);
	/* host bits of a prefix do not matter */
	(void)snprintf(sql, sizeof(sql), HOST6, 202, 202, 1, 202, 202);
	hosts_db_sql(_i, sql);
	run_for(PLACE6("3000:5::1:1", "48", "2", "NULL", "0"), 202);
	expect_place(find_id(1, HOST_ID_DUID, "ca", false), 1, "3000:5::/48", true);
	hosts_db_wipe(_i);
	hosts_db_sql(_i, "DELETE FROM host_identifier_type WHERE type = 9");
	close_kind();
}
END_TEST

/* --- changes ------------------------------------------------------------------------------- */

static struct host new_host(uint32_t subnet_id, enum host_id_type type, const char *hex, struct host_place *places,
			    unsigned n_places)
{
	return (struct host){
		.id = id_of(type, hex), .subnet_id = subnet_id, .places = places, .n_places = n_places, .hostname = ""
	};
}

static struct host_place place(const char *text)
{
	return (struct host_place){ .prefix = host_suite_prefix(text), .is_delegated = strchr(text, '/') };
}

static void expect_err(int err, int expected, const char *text)
{
	ck_assert_msg(err == expected, "%d, expected %d: %s", err, expected, str_text(&t.why));
	ck_assert_msg(strstr(str_text(&t.why), text), "\"%s\", expected \"%s\"", str_text(&t.why), text);
	str_reset(&t.why);
}

static void expect_done(int err)
{
	ck_assert_msg(err == 0, "%d: %s", err, str_text(&t.why));
}

START_TEST(changes4)
{
	static const char *const classes[] = { "phones", "other" };
	struct host_option options[] = {
		{ .space = "", .code = 6, .text = "192.0.2.53", .always_send = true, .user_context = "" },
		{ .space = "dhcp4",
		  .code = 224,
		  .data = bytes_of("\1\2", 2),
		  .classes = classes,
		  .n_classes = 2,
		  .user_context = "{}" },
		{ .space = "dhcp4", .code = 3, .never_send = true },
	};
	struct host_texts all = { options, 3, "{\"a\":1}", "key" };
	struct host_extra extra = { .classes = classes,
				    .n_classes = 2,
				    .next_server = ip_from4(0xc0000201),
				    .server_hostname = "boot",
				    .boot_file = "file",
				    .texts = &all };
	struct host_place a[] = { place("192.0.2.10") }, b[] = { place("192.0.2.11") },
			  outside[] = { place("10.0.0.1") };
	struct host host, same, rival;
	const struct host *found;

	open_kind(_i, 0);
	host = new_host(1, HOST_ID_HW_ADDRESS, "aabb", a, 1);
	host.hostname = "name";
	host.extra = &extra;
	expect_done(host_add_wait(t.source, &host, &t.why));
	found = find_id(1, HOST_ID_HW_ADDRESS, "aabb", true);
	ck_assert_ptr_nonnull(found);
	expect_place(found, 0, "192.0.2.10", false);
	ck_assert_str_eq(found->hostname, "name");
	ck_assert_uint_eq(found->extra->n_classes, 2);
	ck_assert_str_eq(found->extra->boot_file, "file");
	ck_assert_uint_eq(ip_to4(&found->extra->next_server), 0xc0000201);
	ck_assert_uint_eq(found->extra->texts->n_options, 3);
	ck_assert_str_eq(found->extra->texts->user_context, "{\"a\":1}");
	ck_assert_str_eq(found->extra->texts->options[0].text, "192.0.2.53");
	ck_assert_uint_eq(found->extra->texts->options[1].n_classes, 2);
	ck_assert(found->extra->texts->options[2].never_send);
	expect_option(found, 0, 224, "0102");

	expect_err(host_add_wait(t.source, &host, &t.why), -E_EXIST,
		   "hw-address aa:bb already has a reservation in subnet 1");
	rival = new_host(1, HOST_ID_HW_ADDRESS, "ccdd", a, 1);
	expect_err(host_add_wait(t.source, &rival, &t.why), -E_EXIST,
		   "192.0.2.10 is already reserved in subnet 1 for hw-address aa:bb");
	/* nothing remains of an attempt that failed */
	ck_assert_int_eq(hosts_db_number(_i, "SELECT count(*) FROM hosts"), 1);
	rival.places = outside;
	expect_err(host_add_wait(t.source, &rival, &t.why), -E_INVAL, "10.0.0.1 is not in subnet 1");
	rival.subnet_id = 2;
	expect_done(host_add_wait(t.source, &rival, &t.why));
	/* the same client elsewhere */
	same = host;
	same.subnet_id = 0;
	same.n_places = 0;
	expect_done(host_add_wait(t.source, &same, &t.why));

	/* changing replaces all of it */
	host.places = b;
	host.hostname = "";
	host.extra = NULL;
	expect_done(host_change_wait(t.source, &host, &t.why));
	found = find_id(1, HOST_ID_HW_ADDRESS, "aabb", true);
	expect_place(found, 0, "192.0.2.11", false);
	ck_assert_str_eq(found->hostname, "");
	ck_assert_uint_eq(found->extra->texts->n_options, 0);
	ck_assert_uint_eq(found->extra->n_classes, 0);
	ck_assert_int_eq(hosts_db_number(_i, "SELECT count(*) FROM dhcp4_options WHERE host_id IN "
					     "(SELECT host_id FROM hosts WHERE dhcp4_subnet_id = 1)"),
			 0);
	/* with no change at all it is still there */
	expect_done(host_change_wait(t.source, &host, &t.why));
	rival = new_host(1, HOST_ID_DUID, "ccdd", a, 1);
	expect_err(host_change_wait(t.source, &rival, &t.why), -E_NOENT, "no such reservation");
	expect_done(host_add_wait(t.source, &rival, &t.why));
	rival.places = b;
	expect_err(host_change_wait(t.source, &rival, &t.why), -E_EXIST, "192.0.2.11 is already reserved");
	expect_place(find_id(1, HOST_ID_DUID, "ccdd", false), 0, "192.0.2.10", false);

	/* values that must not be stored */
	options[0].text = "no address";
	rival.places = a;
	rival.extra = &extra;
	expect_err(host_change_wait(t.source, &rival, &t.why), -E_INVAL, "domain-name-servers");
	extra.texts = NULL;
	extra.classes = (const char *const[]){ "a,b", "c" };
	expect_err(host_change_wait(t.source, &rival, &t.why), -E_INVAL, "comma");
	rival.extra = NULL;
	rival.places = (struct host_place[]){ a[0], b[0] };
	rival.n_places = 2;
	expect_err(host_change_wait(t.source, &rival, &t.why), -E_INVAL, "one address at most");
	rival.n_places = 1;
	rival.hostname = "a..b";
	expect_err(host_change_wait(t.source, &rival, &t.why), -E_INVAL, "host name");

	expect_done(host_remove_wait(t.source, 1, &host.id, &t.why));
	ck_assert_ptr_null(find_id(1, HOST_ID_HW_ADDRESS, "aabb", false));
	ck_assert_ptr_nonnull(find_id(0, HOST_ID_HW_ADDRESS, "aabb", false));
	expect_err(host_remove_wait(t.source, 1, &host.id, &t.why), -E_NOENT, "no such reservation");
	close_kind();
}
END_TEST

START_TEST(changes6)
{
	struct host_place v[] = { place("2001:db8:1::1"), place("2001:db8:1::2"), place("3000::/48"),
				  place("3001::/48") };
	struct host_place other[] = { place("2001:db8:1::9"), place("3001::/48") };
	struct prefix excluded[4] = { { .len = 0 } };
	struct host_extra extra = { .excluded = excluded, .server_hostname = "", .boot_file = "" };
	struct host host, rival;
	const struct host *found;

	open_kind(_i, 1);
	host = new_host(1, HOST_ID_DUID, "0001", v, 4);
	v[2].sets_excluded = true;
	excluded[2] = host_suite_prefix("3000:0:0:7::/64");
	host.extra = &extra;
	expect_done(host_add_wait(t.source, &host, &t.why));
	found = find_id(1, HOST_ID_DUID, "0001", false);
	ck_assert_uint_eq(found->n_places, 4);
	expect_place(found, 3, "3001::/48", true);
	ck_assert(prefix_equal(&found->extra->excluded[2], &excluded[2]));
	rival = new_host(1, HOST_ID_HW_ADDRESS, "0001", other, 2);
	expect_err(host_add_wait(t.source, &rival, &t.why), -E_EXIST,
		   "3001::/48 is already reserved in subnet 1 for duid 00:01");
	ck_assert_int_eq(hosts_db_number(_i, "SELECT count(*) FROM hosts"), 1);
	ck_assert_int_eq(hosts_db_number(_i, "SELECT count(*) FROM ipv6_reservations"), 4);
	rival.n_places = 1;
	expect_done(host_add_wait(t.source, &rival, &t.why));
	rival.n_places = 2;
	expect_err(host_change_wait(t.source, &rival, &t.why), -E_EXIST, "3001::/48 is already reserved");
	ck_assert_uint_eq(find_id(1, HOST_ID_HW_ADDRESS, "0001", false)->n_places, 1);
	host.n_places = 1;
	host.extra = NULL;
	expect_done(host_change_wait(t.source, &host, &t.why));
	expect_done(host_change_wait(t.source, &rival, &t.why));
	ck_assert_int_eq(at_place(1, "3000::/48").n, 0);
	expect_done(host_remove_wait(t.source, 1, &rival.id, &t.why));
	expect_done(host_remove_wait(t.source, 1, &host.id, &t.why));
	ck_assert_int_eq(hosts_db_number(_i, "SELECT count(*) FROM ipv6_reservations"), 0);
	close_kind();
}
END_TEST

START_TEST(several_hosts_at_one_address)
{
	struct db_conf db = hosts_db_conf(_i);
	struct host_sql_conf conf = conf_of(&db, 0);
	struct host_place a[] = { place("192.0.2.10") };
	struct host host;

	hosts_db_wipe(_i);
	conf.unique = false;
	open_conf(_i, &conf);
	host = new_host(1, HOST_ID_HW_ADDRESS, "01", a, 1);
	expect_done(host_add_wait(t.source, &host, &t.why));
	host = new_host(1, HOST_ID_HW_ADDRESS, "02", a, 1);
	expect_done(host_add_wait(t.source, &host, &t.why));
	ck_assert_int_eq(at_place(1, "192.0.2.10").n, 2);
	close_kind();
}
END_TEST

/* A row of hosts may be about both families. */
START_TEST(removing_one_family)
{
	struct host_id id;

	open_kind(_i, 0);
	hosts_db_sql(_i, "INSERT INTO hosts (host_id, dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, "
			 "dhcp6_subnet_id, ipv4_address) VALUES (1, {x:0001}, 1, 1, 1, 3221225994);"
			 "INSERT INTO ipv6_reservations (host_id, address) VALUES (1, {6:2001:db8:1::1})");
	id = id_of(HOST_ID_DUID, "0001");
	expect_done(host_remove_wait(t.source, 1, &id, &t.why));
	ck_assert_ptr_null(find_id(1, HOST_ID_DUID, "0001", false));
	ck_assert_int_eq(at_place(1, "192.0.2.10").n, 0);
	ck_assert_int_eq(hosts_db_number(_i, "SELECT count(*) FROM hosts h JOIN ipv6_reservations r ON r.host_id = "
					     "h.host_id WHERE dhcp6_subnet_id = 1 AND dhcp4_subnet_id IS NULL"),
			 1);
	close_kind();
}
END_TEST

START_TEST(read_only)
{
	struct db_conf db = hosts_db_conf(_i);
	struct host_sql_conf conf = conf_of(&db, 0);
	struct host host;

	hosts_db_wipe(_i);
	conf.readonly = true;
	db.reads_only = true;
	open_conf(_i, &conf);
	host = new_host(1, HOST_ID_HW_ADDRESS, "01", NULL, 0);
	expect_err(host_add_wait(t.source, &host, &t.why), -E_UNSUPPORTED, "read-only: \"readonly\" is true");
	expect_err(host_change_wait(t.source, &host, &t.why), -E_UNSUPPORTED, "read-only");
	expect_err(host_remove_wait(t.source, 1, &host.id, &t.why), -E_UNSUPPORTED, "read-only");
	ck_assert_ptr_null(find_id(1, HOST_ID_HW_ADDRESS, "01", false));
	close_kind();
}
END_TEST

/* --- round trips and what is remembered ------------------------------------------------------ */

static struct host_sql_stats stats(void)
{
	struct host_sql_stats now;

	host_sql_get_stats(t.source, &now);
	return now;
}

/* All subnets of a link and all identifiers of a client, whatever their number. */
START_TEST(one_round_trip)
{
	struct host_query v[40];
	struct host_id ids[7];

	open_kind(_i, 0);
	for (unsigned i = 0; i < 5; i++)
		ids[i] = id_of((enum host_id_type)i, "0102");
	ids[5] = id_of(HOST_ID_HW_ADDRESS, "05");
	ids[6] = id_of(HOST_ID_HW_ADDRESS, "06");
	hosts_db_sql(
		_i,
		"INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id) VALUES ({x:0102}, 3, 0), "
		"({x:06}, 0, 10), ({x:0102}, 2, 12), ({x:0102}, 1, 12), ({x:0102}, 1, 500)");
	for (unsigned n = 1; n <= 40; n += 13) {
		uint64_t before = stats().db.groups;

		for (unsigned i = 0; i < n; i++) {
			v[i] = by_id(i ? 9 + i : 0, ids);
			v[i].n_ids = 7;
		}
		ask_all(v, n);
		ck_assert_uint_eq(stats().db.groups, before + 1);
		for (unsigned i = 0; i < n; i++) {
			bool has_one = v[i].subnet_id == 0 || v[i].subnet_id == 10 || v[i].subnet_id == 12;

			ck_assert_msg(v[i].n == has_one, "%d in subnet %u", v[i].n, v[i].subnet_id);
			if (v[i].subnet_id == 12) /* the first of its identifiers */
				ck_assert_int_eq(v[i].out[0]->id.type, HOST_ID_DUID);
		}
	}
	close_kind();
}
END_TEST

static void open_caching(int kind, int family, unsigned ms)
{
	struct db_conf db = hosts_db_conf(kind);
	struct host_sql_conf conf = conf_of(&db, family);

	hosts_db_wipe(kind);
	conf.cache_ms = ms;
	open_conf(kind, &conf);
}

START_TEST(what_is_remembered)
{
	struct host_place a[] = { place("2001:db8:1::1"), place("3000::/48") };
	struct host host;
	uint64_t finds;

	open_caching(_i, 1, 3600000);
	host = new_host(1, HOST_ID_DUID, "0001", a, 2);
	/* nothing */
	ck_assert_ptr_null(find_id(1, HOST_ID_DUID, "0001", false));
	ck_assert_int_eq(at_place(1, "3000::1").n, 0);
	finds = stats().finds;
	ck_assert_ptr_null(find_id(1, HOST_ID_DUID, "0001", false));
	ck_assert_int_eq(at_place(1, "3000::1").n, 0);
	ck_assert_uint_eq(stats().finds, finds);
	ck_assert_uint_eq(stats().hits, 2);
	/* a change makes it forget, also what overlaps */
	expect_done(host_add_wait(t.source, &host, &t.why));
	ck_assert_ptr_nonnull(find_id(1, HOST_ID_DUID, "0001", false));
	ck_assert_int_eq(at_place(1, "3000::1").n, 1);
	/* what was found */
	finds = stats().finds;
	for (unsigned i = 0; i < 3; i++) {
		expect_place(find_id(1, HOST_ID_DUID, "0001", false), 1, "3000::/48", true);
		ck_assert_int_eq(at_place(1, "3000::1").n, 1);
	}
	ck_assert_uint_eq(stats().finds, finds);
	/* not for commands */
	ck_assert_ptr_nonnull(find_id(1, HOST_ID_DUID, "0001", true)->extra->texts);
	ck_assert_uint_eq(stats().finds, finds + 1);
	expect_done(host_remove_wait(t.source, 1, &host.id, &t.why));
	ck_assert_ptr_null(find_id(1, HOST_ID_DUID, "0001", false));
	ck_assert_int_eq(at_place(1, "3000::1").n, 0);
	close_kind();
}
END_TEST

START_TEST(changes_of_others_are_seen)
{
	int64_t until = clock_mono_ms() + 30000;

	open_caching(_i, 0, 20);
	ck_assert_ptr_null(find_id(1, HOST_ID_HW_ADDRESS, "01", false));
	hosts_db_sql(
		_i, "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id) VALUES ({x:01}, 0, 1)");
	while (!find_id(1, HOST_ID_HW_ADDRESS, "01", false))
		ck_assert_int_lt(clock_mono_ms(), until);
	hosts_db_sql(_i, "DELETE FROM hosts");
	while (find_id(1, HOST_ID_HW_ADDRESS, "01", false))
		ck_assert_int_lt(clock_mono_ms(), until);
	close_kind();
}
END_TEST

/* --- databases that fail ---------------------------------------------------------------------- */

START_TEST(a_database_that_is_down)
{
	struct db_conf db = hosts_db_conf(_i);
	struct host_sql_conf conf = conf_of(&db, 0);
	const char *nowhere = "/nowhere";
	struct host_query query;
	struct host_id id;
	struct host host;

	db.hosts = &nowhere;
	db.connect_timeout_ms = 200;
	t.kind = _i;
	t.arena = arena_new(0);
	(void)sem_init(&t.answered, 0, 0);
	t.source = host_sql_open(&conf);
	ck_assert_int_eq(host_sql_wait_ready(t.source, &t.why), -E_CLOSED);
	ck_assert_uint_ne(t.why.len, 0);
	str_reset(&t.why);
	ck_assert(!host_sql_is_connected(t.source));
	id = id_of(HOST_ID_HW_ADDRESS, "01");
	query = by_id(1, &id);
	ask_all(&query, 1);
	ck_assert_int_eq(query.n, -E_SYS);
	ck_assert_uint_eq(stats().failures, 1);
	host = new_host(1, HOST_ID_HW_ADDRESS, "01", NULL, 0);
	ck_assert_int_eq(host_add_wait(t.source, &host, &t.why), -E_SYS);
	close_kind();
}
END_TEST

/* Too late is an error, not "no reservation", and is not remembered. */
START_TEST(a_database_that_is_slow)
{
	struct db_conf db = hosts_db_conf(_i);
	struct host_sql_conf conf = conf_of(&db, 0);
	struct host_query query;
	struct host_id id;

	hosts_db_wipe(_i);
	db.statement_timeout_ms = 300;
	conf.cache_ms = 3600000;
	open_conf(_i, &conf);
	id = id_of(HOST_ID_HW_ADDRESS, "01");
	query = by_id(1, &id);
	hosts_db_block(_i);
	ask_all(&query, 1);
	ck_assert_int_eq(query.n, -E_SYS);
	ck_assert_uint_eq(stats().failures, 1);
	hosts_db_unblock(_i);
	hosts_db_sql(
		_i, "INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id) VALUES ({x:01}, 0, 1)");
	for (int64_t until = clock_mono_ms() + 30000; query.n < 0;) {
		ck_assert_int_lt(clock_mono_ms(), until);
		ask_all(&query, 1);
	}
	ck_assert_int_eq(query.n, 1);
	close_kind();
}
END_TEST

START_TEST(another_schema)
{
	struct db_conf db = hosts_db_conf(_i);
	struct host_sql_conf conf = conf_of(&db, 0);
	struct host_query query;
	struct host_id id;

	hosts_db_wipe(_i);
	t.kind = _i;
	t.arena = arena_new(0);
	(void)sem_init(&t.answered, 0, 0);
	hosts_db_sql(_i, "UPDATE schema_version SET version = version - 12");
	t.source = host_sql_open(&conf);
	expect_err(host_sql_wait_ready(t.source, &t.why), -E_CONFIG, "kea-admin db-upgrade");
	id = id_of(HOST_ID_HW_ADDRESS, "01");
	query = by_id(1, &id);
	ask_all(&query, 1);
	ck_assert_int_eq(query.n, -E_SYS);
	hosts_db_sql(_i, "UPDATE schema_version SET version = version + 13");
	expect_err(host_sql_wait_ready(t.source, &t.why), -E_CONFIG,
		   _i == DB_PGSQL ? "35.0, expected 34.0" : "36.0, expected 35.0");
	/* a table that lacks a column fails in the same way */
	hosts_db_sql(_i, "UPDATE schema_version SET version = version - 1");
	ask_all(&query, 1);
	ck_assert_int_eq(query.n, 0);
	close_kind();
}
END_TEST

/* All that waits is answered when the source is closed. */
static void count_answer(struct host_find *find, uint64_t ticket)
{
	ck_assert_uint_eq(ticket, 9);
	ck_assert(find->v[0].n == 0 || find->v[0].n == -E_SYS);
	(*(atomic_uint *)find->owner)++;
}

START_TEST(closing_answers_all)
{
	struct host_query v[300];
	struct host_find finds[300];
	atomic_uint n_answered = 0;
	unsigned n_sent = 0;
	struct host_id id;

	open_kind(_i, 1);
	id = id_of(HOST_ID_DUID, "01");
	for (unsigned i = 0; i < 300; i++) {
		v[i] = by_id(1, &id);
		finds[i] = (struct host_find){ .v = &v[i],
					       .n = 1,
					       .arena = arena_new(0),
					       .done = count_answer,
					       .ticket = 9,
					       .owner = &n_answered };
		n_sent += host_find(t.source, &finds[i]) == -E_AGAIN;
	}
	host_source_close(t.source);
	ck_assert_uint_eq(n_sent, 300);
	ck_assert_uint_eq(n_answered, 300);
	for (unsigned i = 0; i < 300; i++)
		arena_free(finds[i].arena);
	arena_free(t.arena);
	(void)sem_destroy(&t.answered);
}
END_TEST

/* --- a million hosts: with KEA_TEST_LONG=1 ------------------------------------------------------ */

#define MANY 1000000u
#define ASKERS 256u
#define SECONDS 3

static void add_many(int kind, int family)
{
	struct str sql = { 0 };

	str_addf(&sql,
		 "INSERT INTO hosts (host_id, dhcp_identifier, dhcp_identifier_type, dhcp%d_subnet_id%s) SELECT i, ",
		 family ? 6 : 4, family ? "" : ", ipv4_address");
	str_add(&sql, kind == DB_PGSQL ? "decode(lpad(to_hex(i), 12, '0'), 'hex')" : "UNHEX(LPAD(HEX(i), 12, '0'))");
	str_addf(&sql, ", %d, 2%s FROM ", family, family ? "" : ", 167772160 + i");
	str_add(&sql, kind == DB_PGSQL ? "generate_series(1, 1000000) i" : "(SELECT seq i FROM seq_1_to_1000000) s");
	hosts_db_sql(kind, sql.text);
	if (family)
		hosts_db_sql(kind, kind == DB_PGSQL
					   ? "INSERT INTO ipv6_reservations (host_id, address) SELECT host_id, "
					     "'2001:db8:2::'::inet + host_id FROM hosts"
					   : "INSERT INTO ipv6_reservations (host_id, address) SELECT host_id, "
					     "UNHEX(CONCAT('20010db8000200000000000000', LPAD(HEX(host_id), 6, "
					     "'0'))) FROM hosts");
	hosts_db_sql(kind, kind == DB_PGSQL ? "ANALYZE" : "ANALYZE TABLE hosts, ipv6_reservations");
	str_free(&sql);
}

/* Asks again and again, as requests of many clients do: about an identifier of a client, or an address. */
struct many {
	struct host_find find;
	struct host_query query;
	struct host_id ids[2];
	uint8_t bytes[2][6];
	uint32_t next;
	bool by_place;
};

static _Atomic uint64_t n_answers;
static _Atomic bool is_over;
static atomic_uint n_asking;

/* Every other client has a reservation; every address is reserved. */
static void ask_again(struct many *m)
{
	uint32_t i = m->next = (m->next * 2654435761u + 12345) % (2 * MANY) + 1;

	for (unsigned k = 0; k < 6; k++) {
		m->bytes[0][k] = k < 2 ? 0 : (uint8_t)(i >> 8 * (5 - k));
		m->bytes[1][k] = (uint8_t)(~i >> k);
	}
	if (m->by_place) {
		m->query = (struct host_query){ .by = HOST_BY_PLACE, .subnet_id = 2, .max = 1 };
		i = i % MANY + 1;
		m->query.place =
			t.family ? host_suite_prefix("2001:db8:2::") : (struct prefix){ ip_from4(167772160 + i), 32 };
		for (unsigned k = 0; t.family && k < 3; k++)
			m->query.place.addr.b[15 - k] = (uint8_t)(i >> 8 * k);
	} else {
		m->ids[0] = (struct host_id){ t.family ? HOST_ID_DUID : HOST_ID_HW_ADDRESS, bytes_of(m->bytes[0], 6) };
		m->ids[1] =
			(struct host_id){ t.family ? HOST_ID_HW_ADDRESS : HOST_ID_CLIENT_ID, bytes_of(m->bytes[1], 6) };
		m->query = (struct host_query){ .by = HOST_BY_ID, .subnet_id = 2, .ids = m->ids, .n_ids = 2 };
	}
	arena_reset(m->find.arena);
	ck_assert_int_eq(host_find(t.source, &m->find), -E_AGAIN);
}

static void answered_one(struct host_find *find, uint64_t ticket)
{
	struct many *m = find->owner;

	(void)ticket;
	ck_assert_int_eq(m->query.n, m->by_place || m->next <= MANY);
	atomic_fetch_add(&n_answers, 1);
	if (atomic_load(&is_over))
		atomic_fetch_sub(&n_asking, 1);
	else
		ask_again(m);
}

/* Of this program, without the database server. */
static double cpu_us(void)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static void measure(unsigned n, bool by_place)
{
	static struct many v[ASKERS];
	struct host_sql_stats before = stats(), after;
	int64_t begin = clock_mono_ms(), ms;
	double cpu_before = cpu_us();

	atomic_store(&is_over, false);
	atomic_store(&n_answers, 0);
	atomic_store(&n_asking, n);
	for (unsigned i = 0; i < n; i++) {
		v[i] = (struct many){ .find = { .v = &v[i].query,
						.n = 1,
						.arena = arena_new(0),
						.done = answered_one,
						.owner = &v[i] },
				      .next = i * 7919,
				      .by_place = by_place };
		ask_again(&v[i]);
	}
	while (clock_mono_ms() < begin + SECONDS * 1000)
		(void)usleep(1000);
	atomic_store(&is_over, true);
	while (atomic_load(&n_asking))
		(void)usleep(1000);
	ms = clock_mono_ms() - begin;
	after = stats();
	printf("%s DHCPv%d, by %s, %u at once: %llu finds/s, %.1f finds per round trip, %.0f us of CPU time each\n",
	       t.kind == DB_PGSQL ? "PostgreSQL" : "MariaDB", t.family ? 6 : 4, by_place ? "address" : "identifiers", n,
	       (unsigned long long)(n_answers * 1000 / (uint64_t)ms),
	       (double)(after.finds - before.finds) / (double)(after.db.groups - before.db.groups),
	       (cpu_us() - cpu_before) / (double)(after.finds - before.finds));
	/* never more than one round trip for a find */
	ck_assert_uint_le(after.db.groups - before.db.groups, after.finds - before.finds);
	for (unsigned i = 0; i < n; i++)
		arena_free(v[i].find.arena);
}

START_TEST(a_million_hosts)
{
	int family = _i / 2;

	open_kind(_i % 2, family);
	add_many(_i % 2, family);
	for (unsigned n = 1; n <= ASKERS; n *= ASKERS)
		for (unsigned by_place = 0; by_place < 2; by_place++)
			measure(n, by_place);
	close_kind();
	hosts_db_wipe(_i % 2);
}
END_TEST

int main(void)
{
	TCase *suite = tcase_create("source of reservations"), *tc = tcase_create("databases"),
	      *many = tcase_create("many hosts");
	int err;

	hosts_db_init();
	load_configs();
	host_suite_add(suite, kinds, 3);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, hosts4_as_in_kea, 0, DB_KIND_N);
	tcase_add_loop_test(tc, hosts6_as_in_kea, 0, DB_KIND_N);
	tcase_add_loop_test(tc, hosts_of_an_upgraded_database, 0, DB_KIND_N);
	tcase_add_loop_test(tc, every_shorter_prefix, 0, DB_KIND_N);
	tcase_add_loop_test(tc, wrong_rows4, 0, DB_KIND_N);
	tcase_add_loop_test(tc, wrong_rows6, 0, DB_KIND_N);
	tcase_add_loop_test(tc, changes4, 0, DB_KIND_N);
	tcase_add_loop_test(tc, changes6, 0, DB_KIND_N);
	tcase_add_loop_test(tc, several_hosts_at_one_address, 0, DB_KIND_N);
	tcase_add_loop_test(tc, removing_one_family, 0, DB_KIND_N);
	tcase_add_loop_test(tc, read_only, 0, DB_KIND_N);
	tcase_add_loop_test(tc, one_round_trip, 0, DB_KIND_N);
	tcase_add_loop_test(tc, what_is_remembered, 0, DB_KIND_N);
	tcase_add_loop_test(tc, changes_of_others_are_seen, 0, DB_KIND_N);
	tcase_add_loop_test(tc, a_database_that_is_down, 0, DB_KIND_N);
	tcase_add_loop_test(tc, a_database_that_is_slow, 0, DB_KIND_N);
	tcase_add_loop_test(tc, another_schema, 0, DB_KIND_N);
	tcase_add_loop_test(tc, closing_answers_all, 0, DB_KIND_N);
	tcase_set_timeout(many, 600);
	if (getenv("KEA_TEST_LONG"))
		tcase_add_loop_test(many, a_million_hosts, 0, 2 * DB_KIND_N);
	err = suite_run_all((TCase *[]){ suite, tc, many }, 3);
	for (unsigned i = 0; i < 2; i++)
		config_free(configs[i]);
	return err;
}
