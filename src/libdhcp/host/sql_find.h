/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "host/cache.h"
#include "host/sql.h"
#include "host/sql_stmts.h"
#include "log/fold.h"

#include <stdatomic.h>

/* What the files of the source for databases share; private to host/sql*.c. */

enum sql_schema {
	SCHEMA_UNKNOWN, /* the next find also asks for the version */
	SCHEMA_RIGHT,
	SCHEMA_WRONG,
};

struct sql {
	struct host_source source;
	struct host_sql_conf conf; /* `db` is the caller's, and only used in host_sql_open() */
	enum db_kind kind;
	char *name; /* for messages */
	struct db *db;
	struct host_cache *cache; /* NULL: none */
	struct log_fold *fold;
	void (*event)(void *ctx, enum db_event event, const char *why); /* the caller's */
	void *event_ctx;
	_Atomic int schema; /* enum sql_schema */
	_Atomic uint64_t finds, hits, failures, skipped;
};

int host_sql_find(struct host_source *source, struct host_find *find);
/* Returns SCHEMA_RIGHT, or SCHEMA_WRONG with the reason in `why`. */
enum sql_schema sql_schema_of(const struct sql *s, int64_t version, int64_t minor, struct str *why);

int sql_add(struct host_source *source, const struct host *host, struct str *why);
int sql_change(struct host_source *source, const struct host *host, struct str *why);
int sql_remove(struct host_source *source, uint32_t subnet_id, const struct host_id *id, struct str *why);
