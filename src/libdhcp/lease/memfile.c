/* SPDX-License-Identifier: MPL-2.0 */
/*
 * All leases in memory (memtable.h), each change in the journal (journal.h).
 *
 * Records never change: an update replaces the old record with a new one. The old one is kept until the change
 * is durable; a rollback puts it back. Transactions are rolled back newest first, so each finds the state it
 * left.
 *
 * Lock order: stripes, then the journal's queue lock.
 */
#include "lease/memfile.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/list.h"
#include "lease/journal.h"
#include "lease/memfind.h"
#include "lease/memload.h"
#include "lease/memtable.h"
#include "log/log.h"

#include <stdatomic.h>

#define EPOCH_BACK (1LL << 24) /* leases that ended up to half a year before the start keep their order */
#define MAX_PENDING 65536
#define CHECK_MS 10000

struct memfile {
	struct store store;
	int family;
	struct memtable table;
	struct journal *journal; /* NULL without persist */
	store_watch_fn *changed;
	void *changed_ctx;
	struct memload loaded;
};

static struct memfile *memfile_of(struct store *store)
{
	return container_of(store, struct memfile, store);
}

static struct record *rec_of(const struct memfile *m, uint32_t ref)
{
	return memtable_record(&m->table, ref);
}

static struct store_held held(const struct memfile *m, const struct record *rec)
{
	return (struct store_held){
		.present = true,
		.in_use = !record_is_retired(rec),
		.len = lease_span_len((enum lease_type)rec->type, rec->prefix_len),
		.type = (enum lease_type)rec->type,
		.state = (enum lease_state)rec->state,
		.subnet_id = rec->subnet_id,
		.pool_id = rec->pool_id,
		.expires = record_expires(rec, m->table.epoch),
	};
}

/* True if the identifier (and IAID) is the same. DHCPv4: unless both have one, the same hardware address is enough. */
static bool same_client(const struct record *a, const struct record *b)
{
	enum record_key key = a->type == LEASE_V4 && !(a->id_len && b->id_len) ? KEY_HWADDR : KEY_ID;

	return record_iaid(a) == record_iaid(b) && bytes_equal(record_key(a, key), record_key(b, key));
}

/* Reports to the watcher that the change was made or undone. */
static void notify(struct memfile *m, const struct store_change *change, bool is_undo)
{
	uint32_t from = is_undo ? change->new_ref : change->old_ref, to = is_undo ? change->old_ref : change->new_ref;
	const struct record *old = from ? rec_of(m, from) : NULL, *new = to ? rec_of(m, to) : NULL;
	struct store_notice notice = { .was_ended = change->ended != NULL || change->kind == CHANGE_TAKE,
				       .is_undo = is_undo };

	if (!m->changed || !(old || new))
		return;
	notice.addr = record_addr(old ? old : new);
	if (old)
		notice.old = held(m, old);
	if (new)
		notice.new = held(m, new);
	notice.same_client = old && new &&same_client(old, new);
	m->changed(m->changed_ctx, &notice);
}

/* --- transactions --- */

static const struct ip *change_addr(const struct store_change *change)
{
	return change->kind == CHANGE_DELETE ? &change->addr : &change->new.addr;
}

/* The key of the new record; empty if there is none. */
static struct bytes change_key(const struct store_change *change, enum record_key key)
{
	if (change->kind == CHANGE_DELETE)
		return (struct bytes){ 0 };
	return key == KEY_HWADDR ? change->new.hwaddr : change->new.client_id;
}

/* The stripes a change touches, as far as the change itself shows. */
static uint64_t change_mask(const struct store_change *change)
{
	uint64_t mask = memtable_bit(memtable_hash_addr(change_addr(change)));

	for (enum record_key key = 0; key < RECORD_KEYS; key++)
		mask |= memtable_key_bit(key, change_key(change, key));
	return mask;
}

/* The stripes of the keys of a current record, except those that it has in common with the change. */
static uint64_t key_mask(const struct store_change *change, const struct record *rec)
{
	uint64_t mask = 0;

	for (enum record_key key = 0; key < RECORD_KEYS; key++) {
		struct bytes id = record_key(rec, key);

		if (!bytes_equal(id, change_key(change, key)))
			mask |= memtable_key_bit(key, id);
	}
	return mask;
}

/* The stripes of the current records; the locks of the addresses are held. */
static uint64_t txn_present_mask(struct memfile *m, const struct store_txn *txn)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < txn->n; i++) {
		const struct ip *addr = change_addr(&txn->v[i]);
		uint32_t ref = memtable_by_addr(&m->table, addr, memtable_hash_addr(addr));

		if (ref)
			mask |= key_mask(&txn->v[i], rec_of(m, ref));
	}
	return mask;
}

/*
 * Locks all stripes of the transaction. Those of the current records are only known after a lookup, but usually they
 * are the client's, whose stripes the changes show. Otherwise everything is locked again, with theirs; the records
 * may have changed meanwhile: then look again.
 */
static uint64_t lock_txn(struct memfile *m, const struct store_txn *txn)
{
	uint64_t own = 0, mask, present;

	for (unsigned i = 0; i < txn->n; i++)
		own |= change_mask(&txn->v[i]);
	for (mask = own;; mask = own | present) {
		memtable_lock(&m->table, mask);
		present = txn_present_mask(m, txn);
		if (!(present & ~mask))
			return mask;
		memtable_unlock(&m->table, mask);
	}
}

static bool has_ended(const struct memfile *m, const struct record *rec)
{
	return record_is_retired(rec) || record_expires(rec, m->table.epoch) <= clock_boot_sec();
}

static enum store_result check_change(const struct memfile *m, const struct store_change *change,
				      const struct record *there)
{
	if (change->kind == CHANGE_INSERT)
		return there ? CHANGE_CONFLICT : CHANGE_OK;
	if (change->kind == CHANGE_TAKE)
		return there && !has_ended(m, there) ? CHANGE_CONFLICT : CHANGE_OK;
	if (!there)
		return CHANGE_GONE;
	return change->expected_version && there->version != change->expected_version ? CHANGE_CONFLICT : CHANGE_OK;
}

static enum store_result make_change(struct memfile *m, struct store_change *change)
{
	const struct ip *addr = change_addr(change);
	uint32_t there = memtable_by_addr(&m->table, addr, memtable_hash_addr(addr));
	enum store_result result = check_change(m, change, there ? rec_of(m, there) : NULL);

	change->old_ref = there;
	change->new_ref = 0;
	if (result != CHANGE_OK)
		return result;
	if (change->kind != CHANGE_DELETE) {
		change->new_ref = memtable_make(&m->table, &change->new);
		if (!change->new_ref)
			return CHANGE_FAILED;
		change->new.version = rec_of(m, change->new_ref)->version;
	}
	memtable_swap(&m->table, change->old_ref, change->new_ref);
	return CHANGE_OK;
}

static void undo_change(struct memfile *m, const struct store_change *change)
{
	memtable_swap(&m->table, change->new_ref, change->old_ref);
	if (change->new_ref)
		memtable_drop(&m->table, change->new_ref);
}

static void undo_changes(struct memfile *m, struct store_txn *txn, unsigned n)
{
	while (n-- > 0)
		undo_change(m, &txn->v[n]);
}

static void set_results(struct store_txn *txn, enum store_result result)
{
	for (unsigned i = 0; i < txn->n; i++)
		txn->v[i].result = result;
	txn->result = result;
}

static void forget_old(struct memfile *m, const struct store_txn *txn)
{
	for (unsigned i = 0; i < txn->n; i++)
		if (txn->v[i].old_ref)
			memtable_drop(&m->table, txn->v[i].old_ref);
}

/* Makes all changes or none, in memory; the locks are held. */
static bool make_changes(struct memfile *m, struct store_txn *txn)
{
	for (unsigned i = 0; i < txn->n; i++) {
		enum store_result result = make_change(m, &txn->v[i]);

		if (result == CHANGE_OK)
			continue;
		undo_changes(m, txn, i);
		set_results(txn, CHANGE_ABORTED);
		txn->result = txn->v[i].result = result;
		return false;
	}
	set_results(txn, CHANGE_OK);
	return true;
}

static int check_txn(const struct memfile *m, const struct store_txn *txn)
{
	for (unsigned i = 0; i < txn->n; i++) {
		const struct store_change *change = &txn->v[i];

		if (change->kind != CHANGE_DELETE && record_check(&change->new, m->family) < 0)
			return -E_RANGE;
	}
	return 0;
}

static void log_change(const struct memfile *m, const struct store_change *change)
{
	unsigned family = (unsigned)m->family;
	char text[PREFIX_TEXT_MAX];

	if (change->kind == CHANGE_INSERT || change->kind == CHANGE_TAKE)
		LOGF(family, DHCPSRV_MEMFILE_ADD_ADDRx, lease_address_text(&change->new, text));
	else if (change->kind == CHANGE_UPDATE)
		LOGF(family, DHCPSRV_MEMFILE_UPDATE_ADDRx, lease_address_text(&change->new, text));
	else
		LOGF(family, DHCPSRV_MEMFILE_DELETE_ADDRx, ip_format(&change->addr, text));
}

static int memfile_apply(struct store *store, struct store_txn *txn)
{
	struct memfile *m = memfile_of(store);
	bool queued = false;
	uint64_t mask;

	if (check_txn(m, txn) < 0)
		return -E_RANGE;
	if (m->journal && journal_is_failing(m->journal)) {
		set_results(txn, CHANGE_FAILED);
		txn->done(txn, txn->ticket);
		return 0;
	}
	if (m->journal && journal_is_full(m->journal))
		return -E_BUSY;
	for (unsigned i = 0; i < txn->n; i++)
		log_change(m, &txn->v[i]);
	mask = lock_txn(m, txn);
	if (make_changes(m, txn)) {
		/*
		 * From journal_queue() on, the journal thread owns the transaction; but committed() and failed() need
		 * the stripes, so it cannot end before these locks are released.
		 */
		queued = m->journal && journal_queue(m->journal, txn) == 0;
		if (m->journal && !queued) {
			undo_changes(m, txn, txn->n);
			set_results(txn, CHANGE_FAILED);
		} else {
			for (unsigned i = 0; i < txn->n; i++)
				notify(m, &txn->v[i], false);
			if (!m->journal)
				forget_old(m, txn);
		}
	}
	memtable_unlock(&m->table, mask);
	if (!queued)
		txn->done(txn, txn->ticket);
	return 0;
}

/* --- callbacks of the journal --- */

static void rows_of(void *ctx, const struct store_txn *txn,
		    void (*row)(void *arg, const struct lease *lease, bool deleted), void *arg)
{
	struct memfile *m = ctx;

	for (unsigned i = 0; i < txn->n; i++) {
		const struct store_change *change = &txn->v[i];
		struct lease lease;

		record_unpack(rec_of(m, change->new_ref ? change->new_ref : change->old_ref), m->table.epoch, &lease);
		row(arg, &lease, !change->new_ref);
	}
}

static void committed(void *ctx, struct store_txn *list)
{
	struct memfile *m = ctx;

	LOG(DHCPSRV_MEMFILE_COMMIT);
	while (list) {
		struct store_txn *txn = list;

		list = txn->next;
		/* Taking the lock also waits until store_apply() has finished with the transaction. */
		for (unsigned i = 0; i < txn->n; i++) {
			const struct store_change *change = &txn->v[i];
			uint64_t stripe = memtable_bit(memtable_hash_addr(change_addr(change)));

			memtable_lock(&m->table, stripe);
			if (change->old_ref)
				memtable_drop(&m->table, change->old_ref);
			memtable_unlock(&m->table, stripe);
		}
		txn->done(txn, txn->ticket);
	}
}

static uint64_t refs_mask(const struct memfile *m, const struct store_txn *txn)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < txn->n; i++) {
		if (txn->v[i].old_ref)
			mask |= memtable_mask(rec_of(m, txn->v[i].old_ref));
		if (txn->v[i].new_ref)
			mask |= memtable_mask(rec_of(m, txn->v[i].new_ref));
	}
	return mask;
}

static struct store_txn *reversed(struct store_txn *list)
{
	struct store_txn *ret = NULL;

	while (list) {
		struct store_txn *next = list->next;

		list->next = ret;
		ret = list;
		list = next;
	}
	return ret;
}

/* Newest first: each transaction finds the records it left. done() is called only after all are rolled back. */
static void failed(void *ctx, struct store_txn *list)
{
	struct memfile *m = ctx;
	struct store_txn *newest = reversed(list);

	LOG(DHCPSRV_MEMFILE_ROLLBACK);
	for (struct store_txn *txn = newest; txn; txn = txn->next) {
		uint64_t mask = refs_mask(m, txn);

		memtable_lock(&m->table, mask);
		for (unsigned i = txn->n; i-- > 0;) {
			memtable_swap(&m->table, txn->v[i].new_ref, txn->v[i].old_ref);
			notify(m, &txn->v[i], true);
			if (txn->v[i].new_ref)
				memtable_drop(&m->table, txn->v[i].new_ref);
		}
		memtable_unlock(&m->table, mask);
		set_results(txn, CHANGE_FAILED);
	}
	list = reversed(newest);
	while (list) {
		struct store_txn *txn = list;

		list = txn->next;
		txn->done(txn, txn->ticket);
	}
}

/* The journal needs a consistent snapshot of a part, between two of its groups. */
static bool each_part(void *ctx, unsigned part, bool (*fn)(void *, const struct lease *), void *arg)
{
	struct memfile *m = ctx;
	const struct index *index;
	bool more = true;

	if (part >= STRIPES)
		return false;
	index = &m->table.stripes[part].by_addr;
	memtable_lock(&m->table, 1ULL << part);
	for (uint32_t s = 0; more && s < index->cap; s++) {
		struct lease lease;

		memtable_look_ahead(&m->table, index, s);
		if (!index->v[s].ref)
			continue;
		record_unpack(rec_of(m, index->v[s].ref), m->table.epoch, &lease);
		more = fn(arg, &lease);
	}
	memtable_unlock(&m->table, 1ULL << part);
	return true;
}

static bool has_lease(void *ctx, const struct ip *addr)
{
	struct memfile *m = ctx;
	uint64_t hash = memtable_hash_addr(addr);
	bool has;

	memtable_lock(&m->table, memtable_bit(hash));
	has = memtable_by_addr(&m->table, addr, hash) != 0;
	memtable_unlock(&m->table, memtable_bit(hash));
	return has;
}

static const struct journal_owner journal_owner = {
	.rows = rows_of,
	.committed = committed,
	.failed = failed,
	.each = each_part,
	.has = has_lease,
};

/* --- reading --- */

static void log_search(const struct memfile *m, const struct lease_query *query)
{
	char text[3 * LEASE_ID_MAX + 1];

	if (query->by == BY_ADDR) {
		LOGF((unsigned)m->family, DHCPSRV_MEMFILE_GET_ADDRx, ip_format(&query->addr, text));
		return;
	}
	if (query->by == BY_PAGE) {
		LOGF((unsigned)m->family, DHCPSRV_MEMFILE_GET_PAGEx, query->max, ip_format(&query->addr, text));
		return;
	}
	if (query->by == BY_EXPIRY || query->by == BY_RETIRED)
		return;
	if (!log_is_on(&log_msg_DHCPSRV_MEMFILE_GET_CLIENTID))
		return;
	(void)bytes_to_hex(query->id, ':', text, sizeof(text));
	if (query->by == BY_HWADDR)
		LOGF((unsigned)m->family, DHCPSRV_MEMFILE_GET_HWADDRx, text);
	else if (query->has_iaid)
		LOG(DHCPSRV_MEMFILE_GET_IAID_DUID, query->iaid, text);
	else
		LOG(DHCPSRV_MEMFILE_GET_CLIENTID, text);
}

static int memfile_find(struct store *store, struct store_find *find)
{
	struct memfile *m = memfile_of(store);

	for (unsigned i = 0; i < find->n; i++) {
		log_search(m, &find->v[i]);
		find->v[i].n = memfind_query(&m->table, &find->v[i], find->arena);
	}
	return 0;
}

static int memfile_scan(struct store *store, struct store_scan *scan)
{
	return memfind_scan(&memfile_of(store)->table, scan);
}

static uint64_t memfile_count(struct store *store, enum lease_state state)
{
	return memtable_count(&memfile_of(store)->table, state);
}

static void memfile_watch(struct store *store, store_watch_fn *changed, void *ctx)
{
	struct memfile *m = memfile_of(store);

	m->changed = changed;
	m->changed_ctx = ctx;
}

/* Mean size of a row, over all rows read and written. */
static uint64_t mean_row(const struct memfile *m, const struct store_stats *stats)
{
	uint64_t rows = m->loaded.rows + stats->rows;

	return rows ? (m->loaded.bytes + stats->bytes) / rows : 100;
}

static void memfile_stats(struct store *store, struct store_stats *ret)
{
	struct memfile *m = memfile_of(store);
	struct store_stats stats = { .loaded_rows = m->loaded.rows, .bad_rows = m->loaded.bad };

	for (unsigned i = 0; i < LEASE_STATE_N; i++)
		stats.leases += memfile_count(store, (enum lease_state)i);
	stats.memory = memtable_bytes(&m->table);
	if (m->journal)
		journal_stats(m->journal, &stats);
	stats.need_bytes = stats.leases * mean_row(m, &stats);
	*ret = stats;
}

/* --- the lease file --- */

const char *memfile_path(const struct store *store)
{
	const struct memfile *m = container_of(store, struct memfile, store);

	return store->ops == &memfile_ops && m->journal ? journal_path(m->journal) : NULL;
}

int memfile_rotate(struct store *store, void (*done)(void *ctx, int result), void *ctx)
{
	return memfile_path(store) ? journal_rotate(memfile_of(store)->journal, done, ctx) : -E_UNSUPPORTED;
}

void memfile_set_sync(struct store *store, bool sync)
{
	if (memfile_path(store))
		journal_set_sync(memfile_of(store)->journal, sync);
}

uint64_t memfile_page_cost(const struct store *store)
{
	const struct memfile *m = container_of(store, struct memfile, store);

	return store->ops == &memfile_ops ? m->table.n_paged : 0;
}

/* --- opening --- */

static void memfile_close(struct store *store)
{
	struct memfile *m = memfile_of(store);

	journal_free(m->journal);
	memtable_done(&m->table);
	free(m);
}

static struct memfile *memfile_new(const struct store_conf *conf)
{
	struct memfile *m = xcalloc_lines(1, sizeof(*m));

	m->store.ops = &memfile_ops;
	m->family = conf->family;
	memtable_init(&m->table, clock_boot_sec() - EPOCH_BACK);
	return m;
}

static int open_file(struct memfile *m, const struct store_conf *conf, char **reterr)
{
	struct journal_conf jconf = {
		.family = conf->family,
		.path = conf->path,
		.sync = conf->sync,
		.max_pending = conf->max_pending ? conf->max_pending : MAX_PENDING,
		.check_ms = conf->check_ms ? conf->check_ms : CHECK_MS,
		.sys = conf->sys,
		.owner = &journal_owner,
		.ctx = m,
	};
	int64_t start_us = clock_boot_us();
	struct store_stats stats;
	int err;

	err = journal_new(&jconf, &m->journal, reterr);
	if (err < 0)
		return err;
	err = memload_fill(&m->table, m->family, journal_path(m->journal), conf->max_row_errors, &m->loaded, reterr);
	if (err < 0)
		return err;
	memfile_stats(&m->store, &stats);
	LOG(DHCPSRV_MEMFILE_LEASE_FILE_LOADED, (unsigned long long)stats.leases, (unsigned long long)m->loaded.rows,
	    (long long)((clock_boot_us() - start_us) / 1000));
	return journal_start(m->journal, &m->loaded.last, reterr);
}

static int memfile_open(const struct store_conf *conf, struct store **ret, char **reterr)
{
	struct memfile *m = memfile_new(conf);
	int err = 0;

	if (conf->persist) {
		LOG(DHCPSRV_MEMFILE_DB, conf->path, conf->sync ? "" : ", without sync");
		if (!conf->sync)
			LOG(DHCPSRV_MEMFILE_NO_SYNC);
		err = open_file(m, conf, reterr);
	} else {
		LOG(DHCPSRV_MEMFILE_NO_STORAGE);
	}
	if (err < 0) {
		memfile_close(&m->store);
		return err;
	}
	*ret = &m->store;
	return 0;
}

const struct store_ops memfile_ops = {
	.name = "memfile",
	.finds_at_once = true,
	.has_parts = true,
	.open = memfile_open,
	.close = memfile_close,
	.find = memfile_find,
	.apply = memfile_apply,
	.scan = memfile_scan,
	.count = memfile_count,
	.watch = memfile_watch,
	.stats = memfile_stats,
};
