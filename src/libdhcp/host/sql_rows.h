/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "host/sql.h"
#include "host/sql_stmts.h"

/* Hosts made of rows; private to host/sql*.c. Rows are hostile: whatever they contain, a host is right or skipped. */

/* An address or prefix, or an option, of a host. */
struct sql_place;
struct sql_option;

/* A host as its rows have it. */
struct sql_host {
	struct sql_host *next;
	uint32_t number;          /* host_id */
	bool is_findable;         /* identifier and subnet are right, so that it can be found by its addresses */
	const char *wrong;        /* NULL: nothing so far; else the host is not served */
	struct host host;         /* identifier and subnet; the other fields are unused */
	struct sql_place *places; /* in the order of their ids */
	struct sql_option *options;
	unsigned n_places, n_options;
	const char *hostname, *classes, *user_context, *auth_key, *server_hostname, *boot_file;
	uint32_t next_server;
};

/* The hosts of one lookup, in the order of their ids. */
struct sql_hosts {
	struct arena *arena;
	struct sql_host *first, *last;
	struct sql_host *recent; /* that of the last row */
	unsigned n;
	bool no_memory; /* the arena is at its cap: the lookup has failed */
};

void sql_hosts_init(struct sql_hosts *hosts, struct arena *arena);
void sql_hosts_add(struct sql_hosts *hosts, enum sql_shape shape, struct db_row *row);

/*
 * Builds the host in the arena, which has no cap: with texts, for commands. Returns 0, or -E_INVAL with the reason in
 * `why`; then *ret has only identifier, subnet, and the addresses and prefixes that are right.
 */
int sql_host_build(const struct sql_host *from, const struct host_sql_conf *conf, bool with_texts, struct arena *arena,
		   struct host *ret, struct str *why);
