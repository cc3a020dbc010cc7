/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A datagram to a whole server with everything configured and all log lines on. The first byte says how it
 * arrived, the rest is the payload. What must hold: the answer parses and fits, goes to who asked, and
 * nothing is left under way.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "io/engine.h"
#include "json/diag.h"
#include "log/config.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/reclaim.h"
#include "serve/server.h"

#undef NDEBUG
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] =
	"{ \"Dhcp4\": { \"valid-lifetime\": 100, \"min-valid-lifetime\": 1, \"max-valid-lifetime\": 4294967295,"
	" \"authoritative\": true, \"calculate-tee-times\": true, \"store-extended-info\": true, \"stash-agent-options\": true,"
	" \"lease-database\": { \"type\": \"memfile\", \"persist\": false }, \"decline-probation-period\": 60,"
	" \"option-def\": ["
	"  { \"name\": \"box\", \"code\": 222, \"type\": \"record\", \"record-types\": \"uint8, fqdn, string\" },"
	"  { \"name\": \"inner\", \"code\": 1, \"space\": \"mine\", \"type\": \"ipv4-address\", \"array\": true },"
	"  { \"name\": \"outer\", \"code\": 223, \"type\": \"empty\", \"encapsulate\": \"mine\" } ],"
	" \"option-data\": ["
	"  { \"name\": \"domain-name-servers\", \"data\": \"192.0.2.53, 192.0.2.54\" },"
	"  { \"name\": \"domain-search\", \"data\": \"a.example.org, b.example.org\" },"
	"  { \"name\": \"v6-only-preferred\", \"data\": \"1800\" },"
	"  { \"name\": \"box\", \"data\": \"7, box.example.org, text\", \"always-send\": true },"
	"  { \"name\": \"outer\" }, { \"name\": \"inner\", \"space\": \"mine\", \"data\": \"192.0.2.1, 192.0.2.2\" },"
	"  { \"code\": 224, \"data-hex\": \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" },"
	"  { \"name\": \"vivso-suboptions\", \"data\": \"4491\", \"always-send\": true },"
	"  { \"name\": \"tftp-servers\", \"space\": \"vendor-4491\", \"data\": \"192.0.2.7\" } ],"
	" \"shared-networks\": [ { \"name\": \"two\", \"interface\": \"eth0\", \"subnet4\": ["
	"  { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": \"192.0.2.10 - 192.0.2.13\" } ] },"
	"  { \"id\": 2, \"subnet\": \"198.51.100.0/24\", \"allocator\": \"flq\", \"cache-threshold\": 0.9,"
	"    \"pools\": [ { \"pool\": \"198.51.100.0/30\" } ], \"boot-file-name\": \"boot\", \"next-server\": \"192.0.2.9\" } ] } ],"
	" \"subnet4\": [ { \"id\": 3, \"subnet\": \"203.0.113.0/24\", \"allocator\": \"random\", \"offer-lifetime\": 9,"
	"    \"match-client-id\": false, \"pools\": [ { \"pool\": \"203.0.113.1 - 203.0.113.254\" } ],"
	"    \"relay\": { \"ip-addresses\": [ \"10.0.0.1\" ] } } ] } }";

static struct server srv;
static struct store *store;
static struct reclaim *reclaim;
static struct live *live;
static struct arena *arena;
static const uint8_t *input;

static unsigned take_answers(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	for (unsigned i = 0; i < n; i++) {
		struct packet4 pkt;
		const char *why;

		assert(v[i]->len >= PACKET4_MIN && v[i]->len <= 1500 - 28);
		assert(packet4_parse(bytes_of(v[i]->buf, v[i]->len), arena, &pkt, &why) == 0);
		assert(pkt.op == BOOTREPLY);
		/* xid and chaddr come back as they are */
		assert(memcmp(v[i]->buf + 4, input + 4, 4) == 0 && memcmp(v[i]->buf + 28, input + 28, 16) == 0);
		assert(pkt.type == DHCP4_OFFER || pkt.type == DHCP4_ACK || pkt.type == DHCP4_NAK);
		assert(opts_find(&pkt.opts, OPT4_DHCP_SERVER_IDENTIFIER));
		assert(!pkt.yiaddr || opts_find(&pkt.opts, OPT4_DHCP_LEASE_TIME));
	}
	return n;
}

static const struct io_ops ops = { .send = take_answers };
static struct io_engine engine = { .ops = &ops };

static void watch(void *ctx, const struct ip *addr, enum lease_type type, bool in_use)
{
	(void)type;
	alloc_note(ctx, addr, in_use);
}

static void begin(void)
{
	static const struct log_output nowhere = { .kind = LOG_TO_FILE, .target = "/dev/null" };
	static const struct log_logger all = { .name = "fuzz", .severity = LOG_DBG, .debuglevel = 99, .outputs = &nowhere, .n_outputs = 1 };
	static const struct log_conf log = { .loggers = &all, .n_loggers = 1 };
	struct store_conf conf = { .type = "memfile", .persist = false };
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	const char *why;

	if (log_start("fuzz") < 0 || log_configure(&log, &why) < 0)
		abort();
	clock_set_virtual(1700000000, 100000);
	rand_seed(1);
	arena = arena_new(0);
	if (config_load_text("fuzz", text, sizeof(text) - 1, 4, 0, &diag, &cfg) < 0) {
		diag_print(diag, stderr, DIAG_TEXT);
		abort();
	}
	diag_free(diag);
	if (store_open(&conf, &store, NULL) < 0)
		abort();
	server_init(&srv, &family4, store, 1, 16);
	srv.workers[0].engine = &engine;
	store_watch(store, watch, srv.alloc);
	reclaim = reclaim_new(store, 0, stats_new());
	live = live_new(&srv, cfg);
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
	struct dgram dgram = { .sport = 68, .dport = 67, .ifindex = 1, .ifname = "eth0" };
	uint8_t how;

	if (!arena)
		begin();
	arena_reset(arena);
	if (!size || size > 2048)
		return 0;
	how = data[0];
	input = data + 1;
	dgram.buf = (uint8_t *)data + 1;
	dgram.len = dgram.size = (uint32_t)size - 1;
	dgram.raw_in = how & 1;
	dgram.local = ip_from4(0xc0000201);
	dgram.src = how & 2 ? ip_from4(0xc000020a + (how >> 4)) : ip_zero4;
	dgram.dst = how & 4 ? dgram.local : ip_from4(UINT32_MAX);
	if (how & 8)
		dgram.sport = 67;
	serve_worker_batch(&srv.workers[0], &dgram, 1);
	serve_worker_flush(&srv.workers[0]);
	rest();
	clock_advance(how & 0x80 ? 7000 : 10);
	(void)reclaim_slice(reclaim, &live->cfg->expiry);
	(void)reclaim_flush(reclaim, &live->cfg->expiry);
	return 0;
}
