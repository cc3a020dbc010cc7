/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A datagram to a complete server with everything configured and all log messages enabled. The first byte says
 * how it arrived, the rest is the payload. Invariants: the response parses and fits, goes to the sender, and
 * nothing stays pending. The rules of each family are in fuzz_serve4.c and fuzz_serve6.c.
 */
#include "fuzz_serve.h"

#include "base/clock.h"
#include "base/hash.h"
#include "json/diag.h"
#include "log/config.h"
#include "log/log.h"
#include "daemon/reclaim.h"
#include "serve/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct server srv;
static struct store *store;
static struct leasedb *db;
static struct reclaim *reclaim;
static struct live *live;
static struct arena *arena;
static struct dgram query;

static unsigned take_answers(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	for (unsigned i = 0; i < n; i++)
		fuzz_family.check(v[i], &query, arena);
	return n;
}

static const struct io_ops ops = { .send = take_answers };
static struct io_engine engine = { .ops = &ops };

static void begin(void)
{
	static const struct log_output nowhere = { .kind = LOG_TO_FILE, .target = "/dev/null" };
	static const struct log_logger all = {
		.name = "fuzz", .severity = LOG_DBG, .debuglevel = 99, .outputs = &nowhere, .n_outputs = 1
	};
	static const struct log_conf log = { .loggers = &all, .n_loggers = 1 };
	struct store_conf conf = { .type = "memfile", .family = (int)fuzz_family.family->idx, .persist = false };
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	const char *why;

	if (log_start("fuzz") < 0 || log_configure(&log, &why) < 0)
		abort();
	clock_set_virtual(1700000000, 100000);
	rand_seed(1);
	arena = arena_new(0);
	if (config_load_text("fuzz", fuzz_family.config, strlen(fuzz_family.config), fuzz_family.family->digit, 0,
			     &diag, &cfg) < 0) {
		diag_print(diag, stderr, DIAG_TEXT);
		abort();
	}
	diag_free(diag);
	if (store_open(&conf, &store, NULL) < 0)
		abort();
	server_init(&srv, fuzz_family.family, 1, 16);
	srv.workers[0].engine = &engine;
	if (fuzz_family.server_duid && duid_parse(fuzz_family.server_duid, &srv.duid) < 0)
		abort();
	db = leasedb_new(store);
	reclaim = reclaim_new(fuzz_family.family->idx, NULL, NULL);
	live = live_new(&srv, db, cfg);
	server_enter(&srv, live);
	serve_worker_switch(&srv.workers[0], live);
}

static void rest(void)
{
	struct serve_worker *w = &srv.workers[0];

	for (unsigned i = 0; w->n_busy && i < 100; i++) {
		serve_worker_resume(w);
		serve_worker_flush(w);
	}
	assert(w->n_busy == 0 && live->users == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dgram dgram = {
		.sport = fuzz_family.family->client_port,
		.dport = fuzz_family.family->server_port,
		.ifindex = 1,
		.ifname = "eth0",
	};
	uint8_t how;

	if (!arena)
		begin();
	arena_reset(arena);
	if (!size || size > fuzz_family.size_max)
		return 0;
	how = data[0];
	dgram.buf = (uint8_t *)data + 1;
	dgram.len = dgram.size = (uint32_t)size - 1;
	fuzz_family.arrive(&dgram, how);
	query = dgram;
	serve_worker_batch(&srv.workers[0], &dgram, 1);
	serve_worker_flush(&srv.workers[0]);
	rest();
	clock_advance(how & 0x80 ? 7000 : 10);
	(void)reclaim_slice(reclaim, store, live->hooks, live->cfg->global.expired_leases_processing);
	(void)reclaim_flush(reclaim, store, live->cfg->global.expired_leases_processing);
	return 0;
}
