/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The steps hand over batches of rows in a ring. Each step, and each key, has data of its own: the slabs and the index
 * of addresses, the index and the lists of a key, so there are no locks but that of the ring. A record that was
 * replaced is in use until the keys' steps have passed its batch; it is dropped when the batch is used again.
 *
 * The step that allocates the records is the caller's, because the main thread's heap uses huge pages (base/heap.h).
 */
#include "lease/loadline.h"

#include "base/arena.h"
#include "base/thread.h"
#include "lease/clientlist.h"

#define BATCHES 16 /* in the ring */
#define ROWS 512   /* of a batch */
#define BYTES (128U * 1024)
/*
 * Each row touches three indexes at uncached locations; prefetching has them in the cache by the time the row is
 * inserted.
 */
#define AHEAD 24

struct loaded {
	struct ip addr;
	uint64_t hash, key_hash[RECORD_KEYS]; /* key_hash: 0 if it has no such key */
	uint32_t at, len;                     /* the packed record in `bytes`; len 0: the lease was deleted */
};

struct batch {
	unsigned n;
	uint32_t used;
	struct loaded v[ROWS];
	unsigned n_swaps;
	struct swap {
		uint32_t old, new; /* 0: none */
	} swaps[ROWS];
	uint64_t bytes[BYTES / 8];
};

enum step { READ, ENTER, KEYS, STEPS = KEYS + RECORD_KEYS };

struct loadline {
	struct memtable *table;
	bool has_threads;
	int (*read)(void *ctx, struct loadline *line);
	void (*progress)(void *ctx, uint64_t rows);
	void *ctx;
	int err; /* of read */
	struct loadline_sum sum;
	struct batch *ring, *filling; /* filling: by the first step; NULL: none */
	pthread_mutex_t lock;         /* guards what follows */
	pthread_cond_t changed;
	uint64_t n_done[STEPS]; /* batches */
	bool is_end;            /* the first step has done its last batch */
};

struct key_step {
	struct loadline *line;
	enum record_key key;
	pthread_t thread;
};

/* --- handing over --- */

/* Returns the next batch for the step, which the step before it has done; NULL at the end. */
static struct batch *next(struct loadline *line, enum step step)
{
	enum step before = step == ENTER ? READ : ENTER;
	uint64_t n;

	(void)pthread_mutex_lock(&line->lock);
	n = line->n_done[step];
	while (line->n_done[before] == n && !(line->is_end && line->n_done[READ] == n))
		(void)pthread_cond_wait(&line->changed, &line->lock);
	if (line->n_done[before] == n)
		n = UINT64_MAX;
	(void)pthread_mutex_unlock(&line->lock);
	return n == UINT64_MAX ? NULL : &line->ring[n % BATCHES];
}

static void done(struct loadline *line, enum step step)
{
	(void)pthread_mutex_lock(&line->lock);
	line->n_done[step]++;
	(void)pthread_cond_broadcast(&line->changed);
	(void)pthread_mutex_unlock(&line->lock);
}

/* Returns a batch that all steps have done. */
static struct batch *next_empty(struct loadline *line)
{
	struct batch *batch;

	(void)pthread_mutex_lock(&line->lock);
	for (enum step step = KEYS; step < STEPS; step++)
		while (line->n_done[READ] >= line->n_done[step] + BATCHES)
			(void)pthread_cond_wait(&line->changed, &line->lock);
	batch = &line->ring[line->n_done[READ] % BATCHES];
	(void)pthread_mutex_unlock(&line->lock);
	batch->n = batch->used = 0;
	return batch;
}

/* --- the steps --- */

static void drop_old(struct loadline *line, struct batch *batch)
{
	for (unsigned i = 0; i < batch->n_swaps; i++)
		if (batch->swaps[i].old)
			memtable_drop(line->table, batch->swaps[i].old);
	batch->n_swaps = 0;
}

static void enter_row(struct loadline *line, const struct batch *batch, unsigned i, struct swap *ret)
{
	const struct loaded *row = &batch->v[i];
	const struct record *packed = (const struct record *)(batch->bytes + row->at);

	*ret = (struct swap){ 0 };
	if (row->len)
		ret->new = memtable_load_copy(line->table, row->hash, packed, row->len);
	if (row->len && !ret->new)
		line->sum.n_full++;
	else
		ret->old = memtable_load_addr(line->table, &row->addr, row->hash, ret->new);
}

static void enter(struct loadline *line, struct batch *batch)
{
	struct stripe *stripes = line->table->stripes;

	drop_old(line, batch);
	for (unsigned i = 0; i < batch->n; i++) {
		if (i + AHEAD < batch->n) {
			uint64_t hash = batch->v[i + AHEAD].hash;

			index_prefetch(&stripes[memtable_stripe(hash)].by_addr, hash);
		}
		enter_row(line, batch, i, &batch->swaps[i]);
	}
	batch->n_swaps = batch->n;
	line->sum.rows += batch->n;
	line->progress(line->ctx, line->sum.rows);
}

static void fetch_ahead(const struct loadline *line, const struct batch *batch, unsigned i, enum record_key key)
{
	uint64_t hash = batch->v[i].key_hash[key];

	if (!hash || !batch->swaps[i].new)
		return;
	index_prefetch(&line->table->stripes[memtable_stripe(hash)].key[key].lists, hash);
	__builtin_prefetch(memtable_record(line->table, batch->swaps[i].new), 1);
	__builtin_prefetch((const char *)memtable_record(line->table, batch->swaps[i].new) + 64);
}

static void enter_key(struct loadline *line, const struct batch *batch, enum record_key key)
{
	for (unsigned i = 0; i < batch->n; i++) {
		if (i + AHEAD < batch->n)
			fetch_ahead(line, batch, i + AHEAD, key);
		if (batch->swaps[i].old || batch->swaps[i].new)
			clientlist_swap(line->table, batch->swaps[i].old, batch->swaps[i].new, key);
	}
}

/* The first step hands the batch over, or does all the work. */
static void flush(struct loadline *line)
{
	struct batch *batch = line->filling;

	if (!batch)
		return;
	line->filling = NULL;
	done(line, READ);
	if (line->has_threads)
		return;
	enter(line, batch);
	done(line, ENTER);
	for (enum record_key key = 0; key < RECORD_KEYS; key++) {
		enter_key(line, batch, key);
		done(line, KEYS + key);
	}
}

void loadline_row(struct loadline *line, const struct lease_row *row)
{
	const struct lease *lease = &row->lease;
	uint32_t len = row->deleted ? 0 : (uint32_t)record_size(lease);
	struct batch *batch = line->filling;
	struct loaded *loaded;

	if (batch && (batch->n == ROWS || batch->used + (len + 7) / 8 > BYTES / 8)) {
		flush(line);
		batch = NULL;
	}
	if (!batch)
		batch = line->filling = next_empty(line);
	loaded = &batch->v[batch->n++];
	*loaded = (struct loaded){
		.addr = lease->addr, .hash = memtable_hash_addr(&lease->addr), .at = batch->used, .len = len
	};
	if (!len)
		return;
	record_pack((struct record *)(batch->bytes + batch->used), lease, line->table->epoch, 0);
	batch->used += (len + 7) / 8;
	loaded->key_hash[KEY_HWADDR] = lease->hwaddr.len ? memtable_hash_key(KEY_HWADDR, lease->hwaddr) : 0;
	loaded->key_hash[KEY_ID] = lease->client_id.len ? memtable_hash_key(KEY_ID, lease->client_id) : 0;
}

/* --- threads --- */

static void *run_read(void *arg)
{
	struct loadline *line = arg;

	line->err = line->read(line->ctx, line);
	flush(line);
	(void)pthread_mutex_lock(&line->lock);
	line->is_end = true;
	(void)pthread_cond_broadcast(&line->changed);
	(void)pthread_mutex_unlock(&line->lock);
	return NULL;
}

static void *run_key(void *arg)
{
	const struct key_step *step = arg;
	struct batch *batch;

	while ((batch = next(step->line, KEYS + step->key))) {
		enter_key(step->line, batch, step->key);
		done(step->line, KEYS + step->key);
	}
	return NULL;
}

/* Returns false, with nothing read, if there are no threads. */
static bool run_threads(struct loadline *line)
{
	struct key_step steps[RECORD_KEYS];
	struct batch *batch;
	unsigned n = 0;
	pthread_t reader;
	bool started;

	for (; n < RECORD_KEYS; n++) {
		steps[n] = (struct key_step){ .line = line, .key = n };
		if (thread_start(&steps[n].thread, run_key, &steps[n]) != 0)
			break;
	}
	started = n == RECORD_KEYS && thread_start(&reader, run_read, line) == 0;
	if (!started) {
		(void)pthread_mutex_lock(&line->lock);
		line->is_end = true;
		(void)pthread_cond_broadcast(&line->changed);
		(void)pthread_mutex_unlock(&line->lock);
	}
	while (started && (batch = next(line, ENTER))) {
		enter(line, batch);
		done(line, ENTER);
	}
	while (n--)
		(void)pthread_join(steps[n].thread, NULL);
	if (started)
		(void)pthread_join(reader, NULL);
	return started;
}

int loadline_run(struct memtable *table, bool has_threads, int (*read)(void *ctx, struct loadline *line),
		 void (*progress)(void *ctx, uint64_t rows), void *ctx, struct loadline_sum *ret)
{
	struct loadline line = {
		.table = table, .has_threads = has_threads, .read = read, .progress = progress, .ctx = ctx
	};

	line.ring = xcalloc(BATCHES, sizeof(*line.ring));
	(void)pthread_mutex_init(&line.lock, NULL);
	(void)pthread_cond_init(&line.changed, NULL);
	if (!has_threads || !run_threads(&line)) {
		line.has_threads = false;
		(void)run_read(&line);
	}
	for (unsigned i = 0; i < BATCHES; i++)
		drop_old(&line, &line.ring[i]);
	free(line.ring);
	(void)pthread_mutex_destroy(&line.lock);
	(void)pthread_cond_destroy(&line.changed);
	*ret = line.sum;
	return line.err;
}
