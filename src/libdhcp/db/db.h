/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A connection to an SQL database: one or more connections, each with its thread. Callers submit work (a
 * few statements that belong together) from any thread and never wait. A thread takes all reads that are queued, or all
 * writes, sends them as one group in one round trip and one transaction, and hands the results to each work.
 *
 * Work that fails does not harm the others of its group: the group is rolled back and its members are run again,
 * each in a separate transaction. The same happens after a deadlock.
 *
 * Nothing in this header knows DHCP. Statements are rows of a table that the caller owns; so are SQL dialects.
 */
enum db_kind {
	DB_PGSQL, /* libpq, pipeline mode, prepared statements */
	DB_MYSQL, /* libmariadb or libmysqlclient, several statements in one packet */
	DB_KIND_N
};

/* --- statements -------------------------------------------------------------------- */

/*
 * Types of parameters and columns, one letter each:
 *	i	integer of up to 64 bits; times are integers, too, in seconds since 1970 (the text converts them)
 *	b	boolean
 *	t	text in UTF-8
 *	x	bytes
 *	6	IPv6 address: 16 bytes here, inet in PostgreSQL, binary(16) in MySQL
 */

/*
 * How calls of one statement become a single one in MySQL, where every result costs a packet and a wake-up. So do calls
 * of statements with the same head, tail and columns: the head, an item for each with separators between, the tail. The
 * item of a statement with columns is a SELECT whose first column is $0, the number of the call. Without columns, every
 * item has to change exactly one row: otherwise the group is run again without batches.
 */
struct db_batch {
	const char *head, *item, *separator, *tail;
};

struct db_stmt {
	const char *name;            /* unique in its table */
	const char *text[DB_KIND_N]; /* parameters are $1, $2...; each may be used repeatedly */
	const char *params;
	const char *columns; /* of the rows it returns; "" if it returns none */
	bool writes;
	struct db_batch batch; /* MySQL; item is NULL if calls remain single statements */
	/*
	 * The statement that several calls become in PostgreSQL, NULL if they remain single ones. Each parameter is an
	 * array with an element for each call: bigint[], boolean[], text[], bytea[], inet[] for i, b, t, x, 6. It
	 * returns the number of a call, from 1, and the columns for each row, or that alone for each row that was
	 * changed.
	 */
	const char *many;
};

struct db_value {
	bool is_null;
	int64_t number;     /* i, b */
	struct bytes bytes; /* t, x, 6 */
};

static inline struct db_value db_null(void)
{
	return (struct db_value){ .is_null = true };
}

static inline struct db_value db_number(int64_t number)
{
	return (struct db_value){ .number = number };
}

static inline struct db_value db_bytes_value(struct bytes bytes)
{
	return (struct db_value){ .bytes = bytes };
}

static inline struct db_value db_string(const char *text)
{
	return text ? db_bytes_value(bytes_of(text, strlen(text))) : db_null();
}

/*
 * A row of a result. Rows are hostile: other programs write the same tables. Values are read with sticky errors, as
 * with a cursor: after a value of the wrong type or out of range `err` is set, with the number of its column.
 */
struct db_row {
	const struct db_value *v; /* valid during the call */
	const bool *is_wrong;     /* the value does not have the column's type */
	unsigned n;
	bool err;
	unsigned err_column; /* from 0 */
};

bool db_row_is_null(const struct db_row *row, unsigned column);
/* NULL counts as an error; so does a value outside of min...max. */
int64_t db_row_int(struct db_row *row, unsigned column, int64_t min, int64_t max);
bool db_row_bool(struct db_row *row, unsigned column);
/* Text and bytes; NULL is empty. An error if there are more than max, or if text contains a NUL. */
struct bytes db_row_bytes(struct db_row *row, unsigned column, size_t max);
struct bytes db_row_text(struct db_row *row, unsigned column, size_t max);

/* --- work -------------------------------------------------------------------------- */

enum db_result {
	DB_OK,
	DB_CONFLICT, /* a `must` call did not change exactly one row, or the row exists already; nothing was changed */
	DB_BAD,      /* the database rejects a statement or its values; nothing was changed */
	DB_FAILED,   /* no connection, too late, read-only, full...; nothing was changed */
	DB_UNKNOWN,  /* the connection was lost before the response: the changes were made, or not */
};

struct db_call {
	const struct db_stmt *stmt;
	const struct db_value *params; /* as many as the statement has */
	bool must; /* a statement without columns has to change exactly one row, or the work is a conflict */
	/* The response: */
	uint64_t n; /* rows returned or changed */
};

/* Calls that belong together. The struct and everything it points to must live until done(). */
struct db_work {
	struct db_call *v;
	unsigned n; /* at least 1 */
	/* Called by the connection's thread before rows are delivered, each time if that is repeated; may be NULL. */
	void (*begin)(struct db_work *work);
	void (*row)(struct db_work *work, unsigned call, struct db_row *row); /* may be NULL if no call has columns */
	/* The last call; the work may be freed or submitted again. */
	void (*done)(struct db_work *work, enum db_result result);
	void *owner; /* for the caller */
	/* Private: */
	struct db_work *next;
	int64_t deadline_ms;
	unsigned tries;
	int outcome;
};

/* --- databases --------------------------------------------------------------------- */

enum db_ssl_mode {
	DB_SSL_DEFAULT,
	DB_SSL_DISABLE,
	DB_SSL_PREFER,
	DB_SSL_REQUIRE,
	DB_SSL_VERIFY_CA,
	DB_SSL_VERIFY_FULL
};

enum db_event {
	DB_CONNECTED, /* there is a connection again, or for the first time */
	DB_LOST,      /* there was a connection, now there is none; the text is the reason */
	DB_RETRIED,   /* there is still none: an attempt at all hosts failed */
};

struct db_conf {
	enum db_kind kind;
	const char *const *hosts;           /* tried in order */
	unsigned n_hosts;                   /* 0 = the local socket; a host that begins with '/' is a socket, too */
	unsigned port;                      /* 0 = the kind's own */
	const char *name, *user, *password; /* NULL = the library's own choice */
	const char *trust_anchor, *cert_file, *key_file; /* TLS; NULL = none */
	const char *cipher_list;                         /* MySQL */
	enum db_ssl_mode ssl_mode;
	unsigned connect_timeout_ms;   /* for each host; 0 = 5000 */
	unsigned statement_timeout_ms; /* for the statements of a group, and for waiting in the queue; 0 = 5000 */
	unsigned read_timeout_ms, write_timeout_ms; /* MySQL; 0 or too long: what suits the statement timeout */
	unsigned tcp_user_timeout_ms;               /* 0 = the system's own */
	unsigned connections;                       /* 0 = 1; at most half of them write at the same time */
	unsigned max_pending;                       /* queued and running work; more is rejected; 0 = 65536 */
	unsigned group_max;                         /* calls in a group; 0 = 512 */
	unsigned reconnect_wait_ms;                 /* pause after a failed attempt; 0 = 100, growing to 2000 */
	bool reads_only;                            /* a read-only server or standby is good enough */
	/* PostgreSQL plans once, without parallel workers, and so that an index finds the rows of each statement: also
	   in a table that was empty then. */
	bool reads_few_rows;
	const struct db_stmt *stmts; /* the table: calls refer to its rows */
	unsigned n_stmts;
	/* Called by a connection's thread, one call at a time; may be NULL. */
	void (*event)(void *ctx, enum db_event event, const char *why);
	void *ctx;
};

struct db;

/* True if this program has the client library. */
bool db_is_built(enum db_kind kind);
/*
 * Copies conf, but not the table of statements. Starts the threads; they keep connecting until they succeed. Always
 * succeeds: db_wait_connected() reports whether there is a connection.
 */
struct db *db_open(const struct db_conf *conf);
/*
 * Waits for the first result of connecting: 0, or -E_CLOSED with the reason in `why` after an attempt at all hosts
 * failed. Blocks: not for workers.
 */
int db_wait_connected(struct db *db, struct str *why);
/* Waits for running work up to its deadline; queued work fails. No function may be running. NULL is fine. */
void db_close(struct db *db);

/*
 * Queues work. 0: done() will be called, by any thread, possibly before this returns. -E_BUSY if too much is pending,
 * -E_CLOSED while there is no connection: done() is not called.
 */
int db_submit(struct db *db, struct db_work *work);
/* Runs work to completion. `done` is set by this function. Blocks: not for workers. */
enum db_result db_run_wait(struct db *db, struct db_work *work);
/* The reason of the last failure of a statement or a connection; "" if there was none. */
void db_why(struct db *db, struct str *out);
bool db_is_connected(struct db *db);

struct db_stats {
	uint64_t works, calls; /* completed, whatever the result */
	uint64_t groups;       /* round trips with work */
	uint64_t retries;      /* work that was run again */
	uint64_t connects;
	uint64_t pending;
};
void db_get_stats(struct db *db, struct db_stats *ret);
