/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "db/db.h"
#include "host/source.h"

/*
 * Reservations in PostgreSQL or MySQL/MariaDB: Kea's tables hosts, ipv6_reservations, dhcp4_options and dhcp6_options.
 * All queries of one find travel in one round trip, and share it with the finds of other requests.
 *
 *	struct host_sql_conf conf = { .db = &db_conf, .family = 1, .unique = true, .encode = config_host_options,
 *				      .subnet = config_host_subnet, .ctx = cfg };
 *	struct host_source *source = host_sql_open(&conf);
 *	err = host_sql_wait_ready(source, &why);
 *
 * A database that is down, slow or full of errors never looks like one without reservations: the queries fail with
 * -E_SYS. A host with something wrong in its rows is skipped, logged with its host_id and counted; everything else is
 * served. Lookups by address or prefix find it all the same, without its settings: it is nobody else's.
 */

/*
 * Checks and encodes the options of a host as those of the configuration file. Called by a connection's thread; may use
 * the heap. The result is in the arena, which has no cap. -E_INVAL with the reason in `why`.
 */
typedef int host_encode_fn(void *ctx, const struct host_option *v, unsigned n, struct arena *arena, struct optlist *ret,
			   struct str *why);

/* Returns a subnet's prefix, which contains all addresses reserved there; false: not checked. */
typedef bool host_subnet_fn(void *ctx, uint32_t subnet_id, struct prefix *ret);

struct host_sql_conf {
	const struct db_conf *db; /* `stmts` is set by the source; `event` and `ctx` are the caller's */
	int family;               /* 0 = DHCPv4, 1 = DHCPv6 */
	bool readonly;            /* nothing may be added, changed or removed */
	bool unique;              /* ip-reservations-unique: no two hosts of a subnet have the same address or prefix */
	/*
	 * What was found, and what was not, is remembered for so long: another program's changes take effect that much
	 * later. 0 = 3000; HOST_SQL_NO_CACHE = not at all.
	 */
	unsigned cache_ms;
	unsigned cache_max;     /* remembered lookups; 0 = 65536 */
	host_encode_fn *encode; /* root/config.h: config_host_options */
	host_subnet_fn *subnet; /* config_host_subnet */
	void *ctx;              /* for both; must live as long as the source */
};

#define HOST_SQL_NO_CACHE UINT32_MAX

/* Copies conf and starts connecting. Always succeeds: host_sql_wait_ready() reports whether it is usable. */
struct host_source *host_sql_open(const struct host_sql_conf *conf);
/*
 * Waits for the first result of connecting and compares the schema's version. 0; -E_CLOSED: no connection yet;
 * -E_CONFIG: not a schema that this program can use. The reason is in `why`. Blocks: not for workers. Until the version
 * is known to be right, which is also tried with each new connection, all queries fail.
 */
int host_sql_wait_ready(struct host_source *source, struct str *why);
bool host_sql_is_connected(struct host_source *source);

struct host_sql_stats {
	uint64_t finds;    /* batches that went to the database */
	uint64_t hits;     /* queries answered from what was remembered */
	uint64_t failures; /* batches that failed */
	uint64_t skipped;  /* hosts not served because of something wrong in their rows, each time */
	struct db_stats db;
};
void host_sql_get_stats(struct host_source *source, struct host_sql_stats *ret);
