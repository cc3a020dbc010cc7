/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two workers serve random messages of the same clients, while a lease store, a source of reservations, or both respond
 * from other threads: late, in any order, with failures and conflicts, twice, or so late that the request was dropped.
 * Every request ends, and is answered at most once; every slot is returned, nobody gets what is reserved for another
 * client, the free maps agree with the store, and then every client is served. A reload and a shutdown do not wait for
 * a source that does not respond. Also for ThreadSanitizer; tests/model checks what responses clients may get.
 */
#include "../../serving.h"
#include "../suite.h"
#include "slow_source.h"
#include "slow_store.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/str.h"
#include "io/engine.h"
#include "json/diag.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/server.h"
#include "serve/step.h"
#include "stat/hist.h"
#include "wire/ia6.h"

#include <unistd.h>

#define WORKERS 2
#define SLOTS 64 /* more than all that may queue after the requests that are withheld */
#define CLIENTS 24u
#define MESSAGES 400 /* per worker and round */
#define ROUNDS 4
#define BASE 0xc0000200u /* 192.0.2.0 */
#define POOL 30u         /* addresses from .10 or ::10 on */
#define PATIENCE_MS 60000
#define RESERVED 8u /* clients with reservations: half of them in the pool, half outside */
#define IN_POOL 4u

/* LATE_DATABASES: like LATE_BOTH, but what is reserved for others is not known in advance. */
enum late { LATE_STORE, LATE_HOSTS, LATE_BOTH, LATE_GLOBAL_HOSTS, LATE_DATABASES, LATES };

/* --- what happened --- */

static atomic_uint n_asked[32];  /* finds by step */
static atomic_uint n_applied[2]; /* for other messages, for registrations */
static atomic_uint n_registration_finds;
static atomic_uint n_sent[256]; /* responses by type */
static struct server srv;
static struct store *store;
static struct host_source *hosts; /* NULL: no reservations */
static enum late late;

/* What was sent for each transaction id. */
enum { ANSWERED = 1, SILENT = 2 };
static atomic_uchar outcomes[WORKERS << 20];

static void asked(void *ctx, const struct store_find *find, const struct store_txn *txn)
{
	const struct request *req =
		find ? container_of(find, struct request, find) : container_of(txn, struct request, txn);
	bool registers = req->fam->idx == 1 && req->type == DHCP6_ADDR_REG_INFORM;

	(void)ctx;
	if (find)
		atomic_fetch_add(&n_asked[req->step], 1);
	else
		atomic_fetch_add(&n_applied[registers], 1);
	if (find && registers)
		atomic_fetch_add(&n_registration_finds, 1);
}

static unsigned n_asked_in(const char *step)
{
	for (unsigned i = 0; i < pipeline_n; i++)
		if (!strcmp(pipeline_steps[i].name, step))
			return atomic_load(&n_asked[i]);
	return 0;
}

static bool is_store_late(void)
{
	return late == LATE_STORE || late == LATE_BOTH || late == LATE_DATABASES;
}

static uint32_t xid_of(const struct request *req)
{
	return req->fam->idx ? req->q6.xid : req->q.xid;
}

/* Without the reservations there is no response. */
static void responds(void *ctx, const struct host_find *find, bool fails)
{
	const struct request *req = container_of(find, struct request, host_find);

	(void)ctx;
	if (fails)
		atomic_store(&outcomes[xid_of(req)], SILENT);
}

static void note_answer(uint32_t xid)
{
	unsigned before;

	ck_assert_uint_lt(xid, sizeof(outcomes));
	before = atomic_exchange(&outcomes[xid], ANSWERED);
	ck_assert_msg(!before, "message %x: %s", xid,
		      before == SILENT ? "its reservations are unknown" : "answered twice");
}

/* --- clients --- */

/* The last response to a client, from any worker. */
static atomic_uint told4[CLIENTS];
static atomic_uint told6[CLIENTS]; /* last byte of an address */

static void send4(struct serve_worker *w, unsigned client, uint8_t type, uint32_t xid, uint32_t ciaddr, uint32_t wanted,
		  uint32_t server)
{
	const uint8_t chaddr[6] = { 2, 0, 0, 0, 0, (uint8_t)client };
	struct query4 query = {
		.type = type, .chaddr = chaddr, .xid = xid, .ciaddr = ciaddr, .wanted = wanted, .server = server
	};
	uint8_t buf[512];
	struct dgram dgram = query4_write(&query, BASE + 1, buf);

	serve_worker_batch(w, &dgram, 1);
}

static void say4(struct serve_worker *w, unsigned client, uint32_t xid)
{
	static const uint8_t types[] = { DHCP4_DISCOVER, DHCP4_REQUEST, DHCP4_REQUEST, DHCP4_REQUEST,
					 DHCP4_RELEASE,  DHCP4_DECLINE, DHCP4_INFORM };
	uint8_t type = types[rand_below(sizeof(types))];
	uint32_t addr = atomic_load(&told4[client]), any = BASE + 10 + (uint32_t)rand_below(POOL);
	uint32_t ciaddr = 0, wanted = 0, server = 0;

	if (!addr || !rand_below(4))
		addr = any;
	/* With ciaddr, the lease determines the client's link. */
	if (type == DHCP4_RELEASE || type == DHCP4_INFORM || (type == DHCP4_REQUEST && rand_below(2)))
		ciaddr = addr;
	else if (type != DHCP4_DISCOVER || !rand_below(3))
		wanted = addr;
	if (type == DHCP4_RELEASE || type == DHCP4_DECLINE || (type == DHCP4_REQUEST && !ciaddr && rand_below(2)))
		server = BASE + 1;
	send4(w, client, type, xid, ciaddr, wanted, server);
}

static struct ip address6(unsigned last)
{
	struct ip ip;

	(void)ip_parse("2001:db8:1::", &ip);
	return ip_add(&ip, last);
}

static struct prefix prefix6(unsigned i)
{
	struct prefix prefix = { .len = 64 };
	struct ip ip;

	(void)ip_parse("2001:db8:8000::", &ip);
	prefix.addr = ip_add_steps(&ip, i, 64);
	return prefix;
}

static unsigned write6(uint8_t *buf, size_t size, struct arena *arena, unsigned client, uint8_t type, uint32_t xid)
{
	struct packet6 pkt = { .type = type, .xid = xid };
	uint8_t data[24] = { 0 }, duid[] = { 0, 3, 0, 1, 2, 0, 0, 0, 0, (uint8_t)client };
	unsigned last = atomic_load(&told6[client]);
	struct prefix addr = { address6(last && rand_below(4) ? last : 16 + (unsigned)rand_below(POOL)), 128 };
	struct ia6_builder b;
	int len;

	opts_init(&pkt.opts, arena);
	(void)opts_add(&pkt.opts, OPT6_CLIENTID, bytes_of(duid, sizeof(duid)));
	if (type == DHCP6_REQUEST || type == DHCP6_RENEW || type == DHCP6_RELEASE || type == DHCP6_DECLINE)
		(void)opts_add(&pkt.opts, OPT6_SERVERID, duid_bytes(&srv.duid));
	if (type == DHCP6_SOLICIT && rand_below(2))
		(void)opts_add(&pkt.opts, OPT6_RAPID_COMMIT, bytes_of("", 0));
	(void)ia6_builder_init(&b, &pkt.opts, 1000);
	if (type == DHCP6_ADDR_REG_INFORM) {
		memcpy(data, address6(0x1000 + client).b, 16);
		data[19] = 100;
		data[23] = rand_below(4) ? 100 : 0;
		(void)opts_add(&pkt.opts, OPT6_IAADDR, bytes_of(data, sizeof(data)));
	} else {
		ia6_open(&b, OPT6_IA_NA, 1, 0, 0);
		if (type != DHCP6_SOLICIT || rand_below(2))
			ia6_add(&b, &addr, 0, 0);
		(void)ia6_close(&b);
		if (type != DHCP6_DECLINE && rand_below(2)) {
			struct prefix prefix = prefix6((unsigned)rand_below(16));

			ia6_open(&b, OPT6_IA_PD, 1, 0, 0);
			ia6_add(&b, &prefix, 0, 0);
			(void)ia6_close(&b);
		}
	}
	len = packet6_write(&pkt, buf, size, NULL);
	ck_assert_int_gt(len, 0);
	return (unsigned)len;
}

static void send6(struct serve_worker *w, unsigned client, uint8_t type, uint32_t xid)
{
	uint8_t buf[1500];
	struct arena *arena = arena_new(0);
	struct dgram dgram = { .buf = buf,
			       .size = sizeof(buf),
			       .sport = 546,
			       .dport = 547,
			       .ifindex = 1,
			       .ifname = "eth0",
			       .when_us = clock_boot_us() };

	dgram.len = write6(buf, sizeof(buf), arena, client, type, xid);
	(void)ip_parse("fe80::1", &dgram.local);
	(void)ip_parse("fe80::2", &dgram.src);
	(void)ip_parse("ff02::1:2", &dgram.dst);
	if (type == DHCP6_ADDR_REG_INFORM)
		dgram.src = address6(0x1000 + client);
	serve_worker_batch(w, &dgram, 1);
	arena_free(arena);
}

static void say6(struct serve_worker *w, unsigned client, uint32_t xid)
{
	static const uint8_t types[] = { DHCP6_SOLICIT, DHCP6_REQUEST, DHCP6_RENEW,   DHCP6_REBIND,
					 DHCP6_RELEASE, DHCP6_DECLINE, DHCP6_CONFIRM, DHCP6_ADDR_REG_INFORM };

	send6(w, client, types[rand_below(sizeof(types))], xid);
}

/* --- reservations --- */

/* Last byte of the client's address. */
static unsigned reserved_last(unsigned client)
{
	return (client < IN_POOL ? 20 : 100) + client;
}

static struct prefix reserved_prefix(unsigned client)
{
	return prefix6(20 + client);
}

/* Asserts that what the client was given is not reserved for another. */
static void check_given(unsigned client, const struct prefix *given)
{
	for (unsigned i = 0; hosts && i < RESERVED; i++) {
		struct ip address = srv.fam->idx ? address6(reserved_last(i)) : ip_from4(BASE + reserved_last(i));
		struct prefix prefix = reserved_prefix(i);

		if (ip_equal(&given->addr, &address) || prefix_equal(given, &prefix))
			ck_assert_msg(i == client, "client %u has what is reserved for %u", client, i);
	}
}

static void add_reservations(struct str *text)
{
	for (unsigned i = 0; i < RESERVED; i++) {
		char prefix[PREFIX_TEXT_MAX];
		struct prefix delegated = reserved_prefix(i);

		str_addf(text, "%s{ ", i ? ", " : "");
		if (srv.fam->idx)
			str_addf(text,
				 "\"duid\": \"00:03:00:01:02:00:00:00:00:%02x\", \"ip-addresses\": [ "
				 "\"2001:db8:1::%x\" ], "
				 "\"prefixes\": [ \"%s\" ] }",
				 i, reserved_last(i), prefix_format(&delegated, prefix));
		else
			str_addf(text, "\"hw-address\": \"02:00:00:00:00:%02x\", \"ip-address\": \"192.0.2.%u\" }", i,
				 reserved_last(i));
	}
}

/* --- server messages --- */

static void take_answer4(struct bytes answer)
{
	struct arena *arena = arena_new(0);
	struct packet4 pkt;
	const char *why;

	ck_assert_msg(packet4_parse(answer, arena, &pkt, &why) == 0, "%s", why);
	ck_assert_uint_lt(pkt.chaddr[5], CLIENTS);
	atomic_fetch_add(&n_sent[pkt.type], 1);
	note_answer(pkt.xid);
	if (pkt.type == DHCP4_ACK || pkt.type == DHCP4_OFFER) {
		check_given(pkt.chaddr[5], &(struct prefix){ ip_from4(pkt.yiaddr), 32 });
		atomic_store(&told4[pkt.chaddr[5]], pkt.yiaddr);
	}
	arena_free(arena);
}

static void take_answer6(struct bytes answer)
{
	struct arena *arena = arena_new(0);
	struct packet6 pkt;
	const struct opt *id;
	struct ia6_item item;
	unsigned pos = 0;
	const char *why;
	struct ia6 ia;

	ck_assert_msg(packet6_parse(answer, arena, &pkt, &why) == 0, "%s", why);
	atomic_fetch_add(&n_sent[pkt.type], 1);
	note_answer(pkt.xid);
	id = opts_find(&pkt.opts, OPT6_CLIENTID);
	ck_assert(id && id->data.len == 10 && id->data.data[9] < CLIENTS);
	while (ia6_next(&pkt.opts, &pos, &ia)) {
		struct reader r = reader_of(ia.subs);

		while (ia6_next_item(&ia, &r, &item)) {
			if (!item.valid)
				continue;
			check_given(id->data.data[9], &item.prefix);
			if (ia.code == OPT6_IA_NA)
				atomic_store(&told6[id->data.data[9]], item.prefix.addr.b[15]);
		}
	}
	arena_free(arena);
}

static unsigned take_answers(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	for (unsigned i = 0; i < n; i++)
		(srv.fam->idx ? take_answer6 : take_answer4)(bytes_of(v[i]->buf, v[i]->len));
	return n;
}

static const struct io_ops ops = { .send = take_answers };
static struct io_engine engine = { .ops = &ops };

/* --- the server --- */

static const char config4[] =
	"\"lease-database\": { \"type\": \"memfile\", \"persist\": false }, \"valid-lifetime\": 100,"
	"\"authoritative\": true, \"cache-threshold\": 0.0, \"offer-lifetime\": 20, \"stash-agent-options\": true,"
	"\"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": \"192.0.2.10 - "
	"192.0.2.39\" } ], \"reservations\": [";
static const char config6[] =
	"\"lease-database\": { \"type\": \"memfile\", \"persist\": false }, \"valid-lifetime\": 100,"
	"\"preferred-lifetime\": 60, \"cache-threshold\": 0.0, \"subnet6\": [ { \"id\": 1, \"subnet\": "
	"\"2001:db8:1::/64\","
	"\"interface\": \"eth0\", \"rapid-commit\": true,"
	"\"pools\": [ { \"pool\": \"2001:db8:1::10 - 2001:db8:1::2d\" } ],"
	"\"pd-pools\": [ { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 59, \"delegated-len\": 64 } ],"
	"\"reservations\": [";

static struct leasedb *db;
static struct live *live;

static struct config *load(void)
{
	struct str text = { 0 };
	struct config *cfg = NULL;
	struct diag *diag = NULL;

	str_addf(&text, "{ \"Dhcp%u\": { ", srv.fam->digit);
	if (late == LATE_GLOBAL_HOSTS) {
		str_add(&text, "\"early-global-reservations-lookup\": true, \"reservations-global\": true, "
			       "\"reservations-in-subnet\": false, \"reservations\": [ ");
		add_reservations(&text);
		str_add(&text, " ], ");
	}
	str_add(&text, srv.fam->idx ? config6 : config4);
	if (late == LATE_HOSTS || late == LATE_BOTH || late == LATE_DATABASES)
		add_reservations(&text);
	str_add(&text, " ] } ] } }");
	if (config_load_text("test", str_text(&text), text.len, srv.fam->digit, CONFIG_SERVE, &diag, &cfg) < 0) {
		diag_print(diag, stdout, DIAG_TEXT);
		ck_abort_msg("the configuration is wrong");
	}
	str_free(&text);
	diag_free(diag);
	return cfg;
}

static void use(struct live *new)
{
	live = new;
	hosts = late == LATE_STORE ? NULL : new->cfg->hosts;
	for (unsigned i = 0; i < WORKERS; i++)
		serve_worker_switch(&srv.workers[i], new);
}

/* As if all reservations were in a database. */
static void forget_withheld(struct config *cfg)
{
	struct subnet *sub = &cfg->plan.subs[0];

	cfg->asks_hosts = true;
	cfg->plan.n_withheld = 0;
	for (unsigned i = 0; i < sub->n_pools; i++)
		sub->pools[i].n_withheld = 0;
	for (unsigned i = 0; i < sub->n_pd_pools; i++)
		sub->pd_pools[i].n_withheld = 0;
}

/* A configuration in service, whose source of reservations responds late. */
static struct live *new_live(void)
{
	struct config *cfg;

	cfg = load();
	if (late != LATE_STORE)
		cfg->hosts = slow_source_new(cfg->hosts, responds, NULL);
	if (late == LATE_DATABASES)
		forget_withheld(cfg);
	return live_new(&srv, db, cfg);
}

static void begin(const struct family *fam)
{
	struct store_conf conf = { .type = "memfile", .family = (int)fam->idx };

	for (unsigned i = 0; i < log_all_n; i++)
		log_all[i]->enabled = 0;
	clock_set_virtual(1700000000, 100000);
	if (is_store_late())
		store = slow_store_new((int)fam->idx, asked, NULL);
	else
		ck_assert_int_eq(store_open(&conf, &store, NULL), 0);
	db = leasedb_new(store);
	server_init(&srv, fam, WORKERS, SLOTS);
	(void)duid_parse("00:03:00:01:aa:bb:cc:dd:ee:ff", &srv.duid);
	for (unsigned i = 0; i < WORKERS; i++)
		srv.workers[i].engine = &engine;
	use(new_live());
}

static void end(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		serve_worker_switch(&srv.workers[i], NULL);
	/* Its threads may not have returned from the last response yet. */
	leasedb_close(db);
	live_free(live);
	server_done(&srv);
	leasedb_leave(db);
	clock_set_real();
}

/* --- threads --- */

static atomic_bool is_over;
static atomic_uint n_talking; /* number of workers with messages to serve */
static atomic_uint n_turns[WORKERS];
static unsigned n_round;

static void turn(struct serve_worker *w)
{
	if (has_resumed(w))
		serve_worker_resume(w);
	else
		(void)usleep(20);
	serve_worker_flush(w);
	atomic_fetch_add(&n_turns[w - srv.workers], 1);
}

static void *work(void *arg)
{
	struct serve_worker *w = arg;
	uint32_t no = (uint32_t)(w - srv.workers);
	unsigned n = MESSAGES;

	rand_seed(clock_mono_us() + no);
	while (!atomic_load(&is_over)) {
		if (n && atomic_load(&w->n_busy) < SLOTS) {
			unsigned client = (unsigned)rand_below(CLIENTS);

			(srv.fam->idx ? say6 : say4)(w, client, no << 20 | n_round << 12 | n);
			if (!--n)
				atomic_fetch_sub(&n_talking, 1);
		}
		turn(w);
	}
	return NULL;
}

static unsigned n_busy(void)
{
	return atomic_load(&srv.workers[0].n_busy) + atomic_load(&srv.workers[1].n_busy);
}

static void wait_until(bool (*is_done)(void), const char *what)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	while (!is_done()) {
		ck_assert_msg(clock_mono_ms() < end_ms, "%s: %u requests are under way", what, n_busy());
		(void)usleep(1000);
	}
}

static bool all_said(void)
{
	return !atomic_load(&n_talking);
}

/* The queues of what responds late. */
static unsigned queues(struct slow_queue *ret[2])
{
	unsigned n = 0;

	if (is_store_late())
		ret[n++] = slow_store_queue(store);
	if (hosts)
		ret[n++] = slow_source_queue(hosts);
	return n;
}

/* Of all of them together. */
struct counts {
	unsigned responses, pending, withheld;
};

static struct counts counts_now(void)
{
	struct counts sum = { 0 };
	struct slow_queue *v[2];

	for (unsigned i = 0, n = queues(v); i < n; i++) {
		struct slow_counts counts = slow_queue_counts(v[i]);

		sum.responses += counts.finds + counts.changes + counts.failed + counts.conflicts + counts.twice;
		sum.pending += counts.pending;
		sum.withheld += counts.withheld;
	}
	return sum;
}

static void withhold(bool withholds)
{
	struct slow_queue *v[2];

	for (unsigned i = 0, n = queues(v); i < n; i++)
		slow_queue_withhold(v[i], withholds);
}

static void set_failing(bool fails)
{
	struct slow_queue *v[2];

	for (unsigned i = 0, n = queues(v); i < n; i++)
		slow_queue_fail(v[i], fails);
}

/*
 * While something is withheld, not all slots are free: quiet is when there is nothing else to answer, and nothing has
 * been asked while each worker had a few turns, however long that takes on a busy host.
 */
static bool is_quiet(void)
{
	static unsigned before, since[WORKERS];
	struct counts counts = counts_now();
	bool is_new = counts.responses != before || counts.pending, quiet = !is_new;

	before = counts.responses;
	for (unsigned i = 0; i < WORKERS; i++) {
		if (is_new)
			since[i] = atomic_load(&n_turns[i]);
		quiet &= atomic_load(&n_turns[i]) - since[i] > 20;
	}
	return quiet;
}

static bool is_answered(void)
{
	return !counts_now().pending;
}

static int64_t n_dropped; /* before the deadline */

static bool has_dropped(void)
{
	return stat_sum(drop_rows[DROP_STORE].stat) > n_dropped;
}

static bool is_idle(void)
{
	return !n_busy();
}

/* Until the deadline of requests without a response has passed; then those responses arrive after all. */
static void play_round(void)
{
	unsigned withheld = counts_now().withheld;
	pthread_t threads[WORKERS];

	atomic_store(&is_over, false);
	atomic_store(&n_talking, WORKERS);
	withhold(true);
	for (unsigned i = 0; i < WORKERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &srv.workers[i]), 0);
	wait_until(all_said, "saying");
	wait_until(is_quiet, "coming to rest");
	withheld = counts_now().withheld - withheld;
	ck_assert_uint_eq(n_busy() != 0, withheld != 0);
	n_dropped = stat_sum(drop_rows[DROP_STORE].stat);
	clock_advance(11000);
	if (withheld)
		wait_until(has_dropped, "dropping what has no response");
	withhold(false);
	wait_until(is_idle, "late responses");
	atomic_store(&is_over, true);
	n_round++;
	for (unsigned i = 0; i < WORKERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	wait_until(is_answered, "repeated responses");
}

static bool is_taken_from(const struct pool *pool, const struct lease *lease)
{
	struct prefix span = lease_span(lease);

	return lease_is_in_use(lease) && ip_cmp(&pool->first, &lease->addr) <= 0 &&
	       ip_cmp(&lease->addr, &pool->last) <= 0 && !ip_span_overlaps(pool->withheld, pool->n_withheld, &span);
}

static void check_pool(const struct pool *pool)
{
	struct store_scan scan = { .arena = arena_new(0) };
	uint64_t n_used = !hosts || late == LATE_DATABASES ? 0 : pool->len == 64 ? RESERVED : IN_POOL, n_free;
	int n;

	while ((n = store_scan(store, &scan)) > 0)
		for (int i = 0; i < n; i++)
			n_used += is_taken_from(pool, &scan.v[i]);
	ck_assert_int_eq(n, 0);
	n_free = alloc_n_free(db->alloc, live->set, pool->index);
	/* What was found to be reserved is not free either. */
	if (late == LATE_DATABASES)
		ck_assert_msg(n_free + n_used <= pool->size && n_free + n_used + RESERVED >= pool->size,
			      "%llu free of %llu, %llu in use", (unsigned long long)n_free,
			      (unsigned long long)pool->size, (unsigned long long)n_used);
	else
		ck_assert_uint_eq(n_free, pool->size - n_used);
	arena_free(scan.arena);
}

static void check_rest(void)
{
	const struct subnet *sub = &live->cfg->plan.subs[0];

	clock_advance(16000);
	alloc_sweep(db->alloc);
	ck_assert_uint_eq(alloc_n_claims(db->alloc), 0);
	for (unsigned i = 0; i < sub->n_pools; i++)
		check_pool(&sub->pools[i]);
	for (unsigned i = 0; i < sub->n_pd_pools; i++)
		check_pool(&sub->pd_pools[i]);
}

/* Waits until at most n requests are in progress. */
static void finish(struct serve_worker *w, unsigned n)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	serve_worker_flush(w);
	while (n_busy() > n) {
		ck_assert_int_lt(clock_mono_ms(), end_ms);
		turn(w);
	}
}

/* All leases have ended, and the store works: every client is served by every worker. */
static void serve_all(unsigned ack4)
{
	set_failing(false);
	clock_advance(100000000);
	for (unsigned client = 0; client < CLIENTS; client++) {
		struct serve_worker *w = &srv.workers[client % WORKERS];
		unsigned before;

		if (srv.fam->idx) {
			before = atomic_load(&n_sent[DHCP6_REPLY]);
			send6(w, client, DHCP6_REQUEST, 0x7000 + client);
			finish(w, 0);
			ck_assert_uint_eq(atomic_load(&n_sent[DHCP6_REPLY]), before + 1);
			ck_assert_uint_ne(atomic_load(&told6[client]), 0);
			if (hosts && client < RESERVED)
				ck_assert_uint_eq(atomic_load(&told6[client]), reserved_last(client));
			continue;
		}
		for (unsigned i = 0; i < 2; i++) {
			before = atomic_load(&n_sent[i ? ack4 : DHCP4_OFFER]);
			if (i)
				send4(w, client, DHCP4_REQUEST, 0x7100 + client, 0, atomic_load(&told4[client]),
				      BASE + 1);
			else
				send4(w, client, DHCP4_DISCOVER, 0x7000 + client, 0, 0, 0);
			finish(w, 0);
			ck_assert_msg(atomic_load(&n_sent[i ? ack4 : DHCP4_OFFER]) == before + 1, "client %u, %u",
				      client, i);
			if (hosts && client < RESERVED)
				ck_assert_uint_eq(atomic_load(&told4[client]), BASE + reserved_last(client));
		}
	}
}

/* Everything that may happen has happened. */
static void check_counts(void)
{
	if (is_store_late()) {
		struct slow_counts counts = slow_queue_counts(slow_store_queue(store));

		ck_assert(counts.finds && counts.changes && counts.failed && counts.conflicts && counts.twice &&
			  counts.withheld);
		ck_assert(n_asked_in("recall") && n_asked_in("look") && atomic_load(&n_applied[0]));
		if (srv.fam->idx)
			ck_assert(atomic_load(&n_registration_finds) && atomic_load(&n_applied[1]));
		else
			ck_assert(n_asked_in("choose"));
	}
	if (hosts) {
		struct slow_counts counts = slow_queue_counts(slow_source_queue(hosts));

		ck_assert(counts.finds && counts.failed && counts.twice && counts.withheld);
	}
}

static void play(const struct family *fam, int what)
{
	late = (enum late)what;
	begin(fam);
	set_failing(true);
	for (unsigned i = 0; i < ROUNDS; i++) {
		play_round();
		check_rest();
	}
	check_counts();
	serve_all(DHCP4_ACK);
	end();
}

START_TEST(dhcp4)
{
	play(&family4, _i);
}
END_TEST

START_TEST(dhcp6)
{
	play(&family6, _i);
}
END_TEST

/* --- reload and shutdown --- */

static struct live *unused; /* the last one that its last user has left */

static void note_unused(struct live *of)
{
	unused = of;
}

static void discover(unsigned client, uint32_t xid)
{
	if (srv.fam->idx)
		send6(&srv.workers[0], client, DHCP6_SOLICIT, xid);
	else
		send4(&srv.workers[0], client, DHCP4_DISCOVER, xid, 0, 0, 0);
}

/* Sends messages of this client and the next seven until the source keeps one of them waiting. */
static void until_withheld(unsigned first, uint32_t xid)
{
	unsigned before = counts_now().withheld, n_before = n_busy();

	withhold(true);
	while (counts_now().withheld == before) {
		discover(first + xid % 8, xid);
		xid++;
		while (n_busy() > n_before && counts_now().withheld == before)
			turn(&srv.workers[0]);
	}
	ck_assert_uint_eq(n_busy(), n_before + 1);
}

/* A source that does not respond holds neither a new configuration nor the end up. */
static void replace_and_stop(const struct family *fam)
{
	struct live *old;

	late = LATE_HOSTS;
	begin(fam);
	old = live;
	old->unused = note_unused;
	until_withheld(0, 0x1000);
	use(new_live());
	live->unused = note_unused;
	ck_assert_ptr_null(unused);
	/* Another client is served by the new one. */
	discover(CLIENTS - 1, 0x5000);
	finish(&srv.workers[0], 1);
	ck_assert_uint_eq(atomic_load(&outcomes[0x5000]), ANSWERED);
	/* Shutdown: what still waits for the old one, and for the new one. */
	until_withheld(8, 0x6000);
	for (unsigned i = 0; i < WORKERS; i++)
		serve_worker_switch(&srv.workers[i], NULL);
	ck_assert_uint_ge(n_busy(), 2);
	ck_assert_ptr_null(unused);
	server_close_hosts(&srv);
	leasedb_close(db);
	server_done(&srv);
	ck_assert_ptr_nonnull(unused);
	live_free(live);
	live_free(old);
	leasedb_leave(db);
	clock_set_real();
}

START_TEST(reload_and_stop4)
{
	replace_and_stop(&family4);
}
END_TEST

START_TEST(reload_and_stop6)
{
	replace_and_stop(&family6);
}
END_TEST

/* The time of an exchange includes the wait for what is not in memory. */
START_TEST(exchange_time)
{
	struct stat_hist_sum before, after;
	int64_t n = 0;

	late = LATE_HOSTS;
	begin(_i ? &family6 : &family4);
	stat_hist_sum(STAT_HIST_EXCHANGE, &before);
	discover(0, 0x1000);
	ck_assert_uint_eq(n_busy(), 1);
	clock_advance(250);
	finish(&srv.workers[0], 0);
	ck_assert_uint_eq(atomic_load(&outcomes[0x1000]), ANSWERED);
	stat_hist_sum(STAT_HIST_EXCHANGE, &after);
	for (unsigned i = 0; i < STAT_HIST_BUCKETS; i++)
		n += after.n[i] - before.n[i];
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(after.sum - before.sum, 250000);
	end();
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("late responses");

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, dhcp4, 0, LATES);
	tcase_add_loop_test(tcase, dhcp6, 0, LATES);
	tcase_add_loop_test(tcase, exchange_time, 0, 2);
	tcase_add_test(tcase, reload_and_stop4);
	tcase_add_test(tcase, reload_and_stop6);
	return suite_run(tcase);
}
