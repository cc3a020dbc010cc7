/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "db/db.h"

/*
 * One connection, used by one thread: what the two client libraries do differently. Functions may block, but not
 * beyond the deadline given.
 */
enum outcome {                      /* of one work after one attempt; the first ones are enum db_result */
	       OUTCOME_AGAIN = 100, /* nothing was changed, and running it again may succeed: a deadlock, or another's
				       failure */
};

struct db_conn {
	const struct db_conn_ops *ops;
	const struct db_conf *conf;
	struct str why; /* reason of the last failure */
};

struct db_conn_ops {
	const char *name;
	void (*init)(void); /* called before the first thread starts; NULL if nothing is needed */
	struct db_conn *(*open)(const struct db_conf *conf, struct str *why); /* NULL with the reason */
	void (*close)(struct db_conn *conn);                                  /* by the thread that opened it */
	/*
	 * Runs the list and sets the outcome of each. With `is_one` in one transaction, otherwise in one each. Returns
	 * false if the connection can no longer be used.
	 */
	bool (*run)(struct db_conn *conn, struct db_work *list, bool is_one, int64_t deadline_ms);
	int (*fd)(const struct db_conn *conn); /* its socket */
};

extern const struct db_conn_ops db_pgsql_ops, db_mysql_ops;

/* Delivers a row whose columns were decoded. */
void db_deliver(struct db_work *work, unsigned call, const struct db_value *v, const bool *is_wrong, unsigned n);
/* Decodes what both libraries return as text: integers; false if it is none. */
bool db_parse_int(const char *text, size_t len, int64_t *ret);
/* True if it is a conflict unless the call changes exactly one row. */
static inline bool db_call_is_must(const struct db_call *call)
{
	return call->must && !*call->stmt->columns;
}
bool db_work_writes(const struct db_work *work);
/* Before each attempt at the works from `list` to before `end`: they have no results yet. */
void db_begin(struct db_work *list, const struct db_work *end);
/* All of the list that have no outcome yet get this one; writing work the other. */
void db_settle(struct db_work *list, int outcome, int outcome_of_writes);

#define OUTCOME_NONE (-1)
#define DB_COLUMNS_MAX 32
