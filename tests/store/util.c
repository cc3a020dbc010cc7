/* SPDX-License-Identifier: MPL-2.0 */
#include "util.h"

#include "fake_store.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"
#include "lease/memfile.h"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const companions[] = { "",       ".lock",     ".bad", ".new",    ".1",    ".2",      ".completed",
					  ".newer", ".replaced", ".x",   ".output", ".next", ".damaged" };

void tmp_make(struct tmp_dir *tmp)
{
	(void)snprintf(tmp->dir, sizeof(tmp->dir),
		       "/tmp/kea-store-XXXXX"
		       "X");
	ck_assert_ptr_nonnull(mkdtemp(tmp->dir));
	(void)snprintf(tmp->path, sizeof(tmp->path), "%s/leases.csv", tmp->dir);
	(void)snprintf(tmp->previous, sizeof(tmp->previous), "%s.2", tmp->path);
	(void)snprintf(tmp->copy, sizeof(tmp->copy), "%s.1", tmp->path);
	(void)snprintf(tmp->output, sizeof(tmp->output), "%s.output", tmp->path);
	(void)snprintf(tmp->finish, sizeof(tmp->finish), "%s.completed", tmp->path);
}

struct lfc_files tmp_lfc_files(const struct tmp_dir *tmp, int family)
{
	return (struct lfc_files){ family, tmp->previous, tmp->copy, tmp->output, tmp->finish };
}

static void companion(const struct tmp_dir *tmp, const char *suffix, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s%s", tmp->path, suffix);
}

void tmp_remove(struct tmp_dir *tmp)
{
	char path[128];

	for (size_t i = 0; i < sizeof(companions) / sizeof(companions[0]); i++) {
		companion(tmp, companions[i], path, sizeof(path));
		(void)unlink(path);
	}
	ck_assert_msg(rmdir(tmp->dir) == 0, "something unknown is left in %s", tmp->dir);
}

bool tmp_exists(const struct tmp_dir *tmp, const char *suffix)
{
	char path[128];

	companion(tmp, suffix, path, sizeof(path));
	return access(path, F_OK) == 0;
}

char *tmp_read(const struct tmp_dir *tmp, const char *suffix, size_t *ret_len)
{
	char path[128], *text;
	struct stat st;
	int fd;

	companion(tmp, suffix, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s cannot be opened", path);
	ck_assert_int_eq(fstat(fd, &st), 0);
	text = xmalloc((size_t)st.st_size + 1);
	ck_assert_int_eq(read(fd, text, (size_t)st.st_size), st.st_size);
	text[st.st_size] = '\0';
	(void)close(fd);
	if (ret_len)
		*ret_len = (size_t)st.st_size;
	return text;
}

void tmp_write(const struct tmp_dir *tmp, const char *suffix, const char *text, size_t len)
{
	char path[128];
	int fd;

	companion(tmp, suffix, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	(void)close(fd);
}

struct lease test_lease(uint32_t i, uint32_t valid)
{
	static _Thread_local uint8_t hw[6], id[7];
	static _Thread_local char host[16];
	struct lease lease = {
		.addr = ip_from4(0x0a000000 + i),
		.prefix_len = 32,
		.type = LEASE_V4,
		.hwtype = 1,
		.hwaddr = bytes_of(hw, sizeof(hw)),
		.client_id = bytes_of(id, sizeof(id)),
		.subnet_id = 1,
		.hostname = host,
	};

	for (unsigned b = 0; b < 4; b++)
		hw[2 + b] = id[3 + b] = (uint8_t)(i >> (24 - 8 * b));
	hw[0] = id[1] = 2;
	id[0] = 1;
	(void)snprintf(host, sizeof(host), "h%u", i);
	lease_start(&lease, valid);
	return lease;
}

struct lease test_lease6(uint32_t i, uint32_t valid, bool pd)
{
	struct lease lease = test_lease(i, valid);

	ck_assert_int_eq(ip_parse(pd ? "2001:db8:8000::" : "2001:db8::", &lease.addr), 0);
	for (unsigned b = 0; b < 4; b++)
		lease.addr.b[(pd ? 3 : 12) + b] ^= (uint8_t)(i >> (24 - 8 * b));
	lease.type = pd ? LEASE_PD : LEASE_NA;
	lease.prefix_len = pd ? 56 : 128;
	lease.preferred = valid / 2;
	lease.iaid = i * 3;
	lease.hwsource = 2;
	return lease;
}

struct store *open_store(const struct store_conf *conf)
{
	struct store *store = NULL;
	char *why = NULL;
	int err = store_open(conf, &store, &why);

	ck_assert_msg(err == 0, "open: %d %s", err, why ? why : "");
	return store;
}

/* --- databases --------------------------------------------------------------------- */

static const char *database_env(enum store_kind kind)
{
	return getenv(kind == PGSQL ? "KEA_TEST_PGSQL" : "KEA_TEST_MYSQL");
}

int kinds_first(void)
{
	return database_env(PGSQL) ? PGSQL : IN_MEMORY;
}

int kinds_end(void)
{
	return database_env(PGSQL) ? KINDS : PGSQL;
}

struct db_conf database_conf(enum store_kind kind)
{
	static char buf[2][128];
	static const char *hosts[2];
	int i = kind == PGSQL ? 0 : 1;
	char *colon;

	ck_assert_msg(database_env(kind), "tests/sql/run starts the servers");
	(void)snprintf(buf[i], sizeof(buf[i]), "%s", database_env(kind));
	colon = strrchr(buf[i], ':');
	*colon = 0;
	hosts[i] = buf[i];
	return (struct db_conf){ .kind = kind == PGSQL ? DB_PGSQL : DB_MYSQL,
				 .hosts = &hosts[i],
				 .n_hosts = 1,
				 .port = (unsigned)strtoul(colon + 1, NULL, 10),
				 .name = "keastore",
				 .user = "keatest",
				 .password = "keatest",
				 .statement_timeout_ms = 60000 };
}

void database_run(enum store_kind kind, const char *text)
{
	const struct db_stmt stmt = {
		.name = "run", .text = { text, text }, .params = "", .columns = "", .writes = true
	};
	struct db_call call = { .stmt = &stmt };
	struct db_work work = { .v = &call, .n = 1 };
	struct db_conf conf = database_conf(kind);
	struct str why = { 0 };
	struct db *db;

	conf.stmts = &stmt;
	conf.n_stmts = 1;
	db = db_open(&conf);
	ck_assert_msg(db_wait_connected(db, &why) == 0, "%s", str_text(&why));
	if (db_run_wait(db, &work) != DB_OK) {
		db_why(db, &why);
		ck_abort_msg("%s: %s", text, str_text(&why));
	}
	str_free(&why);
	db_close(db);
}

struct store *open_database_store(enum store_kind kind, int family)
{
	struct db_conf db = database_conf(kind);
	struct store_conf conf = { .type = kind == PGSQL ? "postgresql" : "mysql", .family = family, .db = &db };

	return open_store(&conf);
}

struct store *open_kind_of_store(enum store_kind kind, int family, const struct tmp_dir *tmp)
{
	struct store_conf conf = {
		.type = "memfile",
		.family = family,
		.path = tmp->path,
		.persist = kind == ON_DISK || kind == UNSYNCED,
		.sync = kind == ON_DISK,
	};

	if (kind == PGSQL || kind == MYSQL) {
		database_run(kind, family ? "DELETE FROM lease6" : "DELETE FROM lease4");
		return open_database_store(kind, family);
	}
	return kind == FAKE ? fake_store_new(family) : open_store(&conf);
}

static void post(struct store_txn *txn, uint64_t ticket)
{
	(void)ticket;
	(void)sem_post(txn->owner);
}

enum store_result apply(struct store *store, struct store_change *v, unsigned n)
{
	sem_t sem;
	struct store_txn txn = { .v = v, .n = n, .done = post, .owner = &sem };

	(void)sem_init(&sem, 0, 0);
	ck_assert_int_eq(store_apply(store, &txn), 0);
	while (sem_wait(&sem) < 0)
		;
	(void)sem_destroy(&sem);
	return txn.result;
}

enum store_result insert(struct store *store, const struct lease *lease)
{
	struct store_change change = { .kind = CHANGE_INSERT, .new = *lease };

	return apply(store, &change, 1);
}

enum store_result update(struct store *store, const struct lease *lease, uint64_t version)
{
	struct store_change change = { .kind = CHANGE_UPDATE, .new = *lease, .expected_version = version };

	return apply(store, &change, 1);
}

enum store_result delete_addr(struct store *store, const struct ip *addr, uint64_t version)
{
	struct store_change change = { .kind = CHANGE_DELETE, .addr = *addr, .expected_version = version };

	return apply(store, &change, 1);
}

int get(struct store *store, struct arena *arena, const struct ip *addr, struct lease *ret)
{
	static const enum lease_type types[] = { LEASE_NA, LEASE_PD, LEASE_V4 };

	for (unsigned i = 0; i < 3; i++) {
		struct lease_query query = { .by = BY_ADDR, .addr = *addr, .type = types[i] };
		int n = store_find_wait(store, &query, arena, ret, 1);

		ck_assert_int_ge(n, 0);
		if (n)
			return n;
	}
	return 0;
}

bool same_lease(const struct lease *a, const struct lease *b)
{
	return ip_equal(&a->addr, &b->addr) && a->prefix_len == b->prefix_len && a->type == b->type &&
	       a->state == b->state && a->hwtype == b->hwtype && a->hwsource == b->hwsource &&
	       bytes_equal(a->hwaddr, b->hwaddr) && bytes_equal(a->client_id, b->client_id) && a->iaid == b->iaid &&
	       a->subnet_id == b->subnet_id && a->pool_id == b->pool_id && a->valid == b->valid &&
	       a->preferred == b->preferred && a->cltt - b->cltt <= 1 && b->cltt - a->cltt <= 1 &&
	       a->expires == b->expires && a->fqdn_fwd == b->fqdn_fwd && a->fqdn_rev == b->fqdn_rev &&
	       strcmp(a->hostname, b->hostname) == 0 && !a->user_context == !b->user_context &&
	       (!a->user_context || strcmp(a->user_context, b->user_context) == 0);
}

struct dump {
	VEC(char *) lines;
};

static void dump_one(struct dump *dump, const struct lease *lease)
{
	char addr[IP_TEXT_MAX], hw[64], id[800];
	char *line = NULL;

	(void)bytes_to_hex(lease->hwaddr, ':', hw, sizeof(hw));
	(void)bytes_to_hex(lease->client_id, ':', id, sizeof(id));
	ck_assert_int_gt(asprintf(&line,
				  "%s/%u type=%d state=%d hw=%u/%u/%s id=%s iaid=%u sub=%u/%u valid=%u/%u cltt=%lld "
				  "expires=%lld fqdn=%d%d host=%s ctx=%s\n",
				  ip_format(&lease->addr, addr), lease->prefix_len, (int)lease->type, (int)lease->state,
				  lease->hwtype, lease->hwsource, hw, id, lease->iaid, lease->subnet_id, lease->pool_id,
				  lease->valid, lease->preferred, (long long)lease->cltt, (long long)lease->expires,
				  lease->fqdn_fwd, lease->fqdn_rev, lease->hostname,
				  lease->user_context ? lease->user_context : "-"),
			 0);
	*vec_push(&dump->lines) = line;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *dump_store(struct store *store)
{
	struct dump dump = { 0 };
	struct store_scan scan = { .arena = arena_new(0) };
	struct str text = { 0 };
	int n;

	while ((n = store_scan(store, &scan)) > 0) {
		for (int i = 0; i < n; i++)
			dump_one(&dump, &scan.v[i]);
		arena_reset(scan.arena);
	}
	ck_assert_int_eq(n, 0);
	arena_free(scan.arena);
	if (dump.lines.n)
		qsort(dump.lines.v, dump.lines.n, sizeof(char *), by_text);
	str_add(&text, "");
	for (size_t i = 0; i < dump.lines.n; i++) {
		str_add(&text, dump.lines.v[i]);
		free(dump.lines.v[i]);
	}
	vec_free(&dump.lines);
	return text.text ? text.text : xstrdup("");
}

void check_dump(char *before, struct store *store)
{
	char *after = dump_store(store);

	ck_assert_msg(strcmp(before, after) == 0, "before:\n%.3000safter:\n%.3000s", before, after);
	free(before);
	free(after);
}

bool store_is_failing(struct store *store)
{
	struct store_stats stats;

	store_get_stats(store, &stats);
	return stats.failing;
}

void wait_sound(struct store *store, unsigned ms)
{
	for (unsigned i = 0; store_is_failing(store); i++) {
		ck_assert_msg(i < ms, "the store does not recover");
		(void)usleep(1000);
	}
}

struct rotation {
	sem_t sem;
	int result;
};

static void rotated(void *ctx, int result)
{
	struct rotation *r = ctx;

	r->result = result;
	(void)sem_post(&r->sem);
}

int rotate(struct store *store)
{
	struct rotation r;
	int err;

	(void)sem_init(&r.sem, 0, 0);
	err = memfile_rotate(store, rotated, &r);
	if (err == 0) {
		while (sem_wait(&r.sem) < 0)
			;
		err = r.result;
	}
	(void)sem_destroy(&r.sem);
	return err;
}
