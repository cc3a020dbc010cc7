/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "../unit/suite.h"

#include "db/db.h"
#include "lease/journal.h"
#include "lease/lfc.h"
#include "lease/store.h"

/* Helpers for the store tests. */

/* A temporary directory for one test; the lease file is DIR/leases.csv. */
struct tmp_dir {
	char dir[64];
	char path[96];
	char previous[112], copy[112], output[112], finish[112]; /* the files of a cleanup */
};
void tmp_make(struct tmp_dir *tmp);
/* The paths live as long as tmp. */
struct lfc_files tmp_lfc_files(const struct tmp_dir *tmp, int family);
void tmp_remove(struct tmp_dir *tmp);
/* Returns the lease file, or with a suffix (".bad") a companion; NUL-terminated, malloc'd. */
char *tmp_read(const struct tmp_dir *tmp, const char *suffix, size_t *ret_len);
void tmp_write(const struct tmp_dir *tmp, const char *suffix, const char *text, size_t len);
bool tmp_exists(const struct tmp_dir *tmp, const char *suffix);

/* Returns a v4 lease of client i (address 10.0.0.0 + i) that ends in `valid` s. */
struct lease test_lease(uint32_t i, uint32_t valid);
/* Same for v6: an address, or with pd a /56. */
struct lease test_lease6(uint32_t i, uint32_t valid, bool pd);

/* Opens the store or fails the test. */
struct store *open_store(const struct store_conf *conf);
/*
 * The kinds that must all behave the same: in memory, with a file, with an unsynced file, the test double, and those in
 * a database. A program runs either with the first four or, if tests/sql/run starts it, with databases.
 */
enum store_kind { IN_MEMORY, ON_DISK, UNSYNCED, FAKE, PGSQL, MYSQL, KINDS };
/* Adds the test for each kind. */
#define EACH_KIND(tc, test) tcase_add_loop_test(tc, test, kinds_first(), kinds_end())
int kinds_first(void);
int kinds_end(void);
/* The configuration of a database, without a table of statements. */
struct db_conf database_conf(enum store_kind kind);
/* Runs one statement, without parameters or results, in both databases the same. */
void database_run(enum store_kind kind, const char *text);
/* Opens the store without emptying it first. */
struct store *open_database_store(enum store_kind kind, int family);
struct store *open_kind_of_store(enum store_kind kind, int family, const struct tmp_dir *tmp);

/* Applies the changes and waits for the result. */
enum store_result apply(struct store *store, struct store_change *v, unsigned n);
enum store_result insert(struct store *store, const struct lease *lease);
enum store_result update(struct store *store, const struct lease *lease, uint64_t version);
enum store_result delete_addr(struct store *store, const struct ip *addr, uint64_t version);

/* Finds by address: 1 and the lease, or 0. */
int get(struct store *store, struct arena *arena, const struct ip *addr, struct lease *ret);
/*
 * Compares two leases except for the version; times to the second. The time of the client's last transaction may differ
 * by one: databases store when a lease ends and its lifetime, and clocks do not tick at the same moment.
 */
bool same_lease(const struct lease *a, const struct lease *b);
/* Returns all leases of the store as sorted text, one line each; malloc'd. */
char *dump_store(struct store *store);
/* Fails the test if the leases are not those of an earlier dump; frees the dump. */
void check_dump(char *before, struct store *store);

/* Rotates the lease file and waits for the result. */
int rotate(struct store *store);

/* True while the store rejects changes because it cannot write. */
bool store_is_failing(struct store *store);
/* Waits until the store accepts changes again; fails the test after this time. */
void wait_sound(struct store *store, unsigned ms);
