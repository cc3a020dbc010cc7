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
	"{ \"Dhcp6\": { \"valid-lifetime\": 100, \"min-valid-lifetime\": 1, \"max-valid-lifetime\": 4294967295, \"preferred-lifetime\": 50,"
	" \"min-preferred-lifetime\": 0, \"max-preferred-lifetime\": 4294967295, \"store-extended-info\": true, \"max-addresses-per-ia\": 3,"
	" \"max-prefixes-per-ia\": 2, \"mac-sources\": [ \"any\" ], \"relay-supplied-options\": [ \"65\", \"bootfile-url\" ],"
	" \"lease-database\": { \"type\": \"memfile\", \"persist\": false }, \"decline-probation-period\": 60,"
	" \"option-def\": ["
	"  { \"name\": \"box\", \"code\": 1222, \"type\": \"record\", \"record-types\": \"uint8, fqdn, string\" },"
	"  { \"name\": \"inner\", \"code\": 1, \"space\": \"mine\", \"type\": \"ipv6-address\", \"array\": true },"
	"  { \"name\": \"outer\", \"code\": 1223, \"type\": \"empty\", \"encapsulate\": \"mine\" } ],"
	" \"option-data\": ["
	"  { \"name\": \"dns-servers\", \"data\": \"2001:db8::53, 2001:db8::54\" },"
	"  { \"name\": \"domain-search\", \"data\": \"a.example.org, b.example.org\" },"
	"  { \"name\": \"solmax-rt\", \"data\": \"3600\" }, { \"name\": \"information-refresh-time\", \"data\": \"3600\" },"
	"  { \"name\": \"box\", \"data\": \"7, box.example.org, text\", \"always-send\": true },"
	"  { \"name\": \"outer\" }, { \"name\": \"inner\", \"space\": \"mine\", \"data\": \"2001:db8::1, 2001:db8::2\" },"
	"  { \"code\": 224, \"data-hex\": \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\" },"
	"  { \"name\": \"vendor-opts\", \"data\": \"4491\" }, { \"name\": \"tftp-servers\", \"space\": \"vendor-4491\", \"data\": \"2001:db8::7\", \"always-send\": true } ],"
	" \"shared-networks\": [ { \"name\": \"two\", \"interface\": \"eth0\", \"subnet6\": ["
	"  { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"rapid-commit\": true, \"pools\": [ { \"pool\": \"2001:db8:1::10 - 2001:db8:1::13\" } ],"
	"    \"pd-pools\": [ { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 62, \"delegated-len\": 64,"
	"                    \"excluded-prefix\": \"2001:db8:8000::8000:0:0:0\", \"excluded-prefix-len\": 72 } ] },"
	"  { \"id\": 2, \"subnet\": \"2001:db8:2::/64\", \"allocator\": \"flq\", \"cache-threshold\": 0.9, \"pools\": [ { \"pool\": \"2001:db8:2::/126\" } ],"
	"    \"pd-pools\": [ { \"prefix\": \"2001:9000::\", \"prefix-len\": 32, \"delegated-len\": 64 } ] } ] } ],"
	" \"subnet6\": ["
	"  { \"id\": 3, \"subnet\": \"2001:db8:3::/64\", \"allocator\": \"random\", \"pd-allocator\": \"random\", \"pools\": [ { \"pool\": \"2001:db8:3::/64\" } ],"
	"    \"relay\": { \"ip-addresses\": [ \"2001:db8:f::1\" ] } },"
	"  { \"id\": 4, \"subnet\": \"2001:db8:4::/64\", \"interface-id\": \"port\", \"pools\": [ { \"pool\": \"2001:db8:4::/112\" } ] } ] } }";

static struct server srv;
static struct store *store;
static struct reclaim *reclaim;
static struct live *live;
static struct arena *arena;
static const uint8_t *input;
static size_t input_len;
static struct packet6 query;
static struct ip from;

/* T1 and T2 are the same in all IAs, preferred is at most valid, and nothing is in two IAs. */
static void check_ias(const struct packet6 *pkt)
{
	uint32_t t1 = 0, t2 = 0, n = 0;
	struct ia6_item item, items[256];
	struct ia6 ia, iaids[256];
	unsigned pos = 0, n_items = 0, i;

	while (ia6_next(&pkt->opts, &pos, &ia)) {
		struct reader r = reader_of(ia.subs);
		bool any = false;

		while (ia6_next_item(&ia, &r, &item)) {
			assert(item.preferred <= item.valid);
			if (!item.valid)
				continue;
			any = true;
			for (i = 0; i < n_items; i++)
				assert(!ip_equal(&items[i].prefix.addr, &item.prefix.addr) || items[i].prefix.len != item.prefix.len ||
				       (iaids[i].iaid == ia.iaid && iaids[i].code == ia.code));
			assert(n_items < 256);
			iaids[n_items] = ia;
			items[n_items++] = item;
		}
		if (!any)
			continue;
		assert(!n || (t1 == ia.t1 && t2 == ia.t2));
		assert(!ia.t2 || ia.t1 <= ia.t2);
		t1 = ia.t1;
		t2 = ia.t2;
		n++;
	}
}

static unsigned take_answers(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	for (unsigned i = 0; i < n; i++) {
		struct packet6 pkt;
		const char *why;

		assert(packet6_parse(bytes_of(v[i]->buf, v[i]->len), arena, &pkt, &why) == 0);
		assert(packet6_parse_lenient(bytes_of(input, input_len), arena, &query, &why) == 0);
		assert(pkt.xid == query.xid && pkt.n_relays == query.n_relays);
		assert(pkt.type == DHCP6_ADVERTISE || pkt.type == DHCP6_REPLY || pkt.type == DHCP6_ADDR_REG_REPLY);
		assert(ip_equal(&v[i]->dst, &from));
		for (unsigned k = 0; k < pkt.n_relays; k++)
			assert(ip_equal(&pkt.relays[k].link, &query.relays[k].link) && ip_equal(&pkt.relays[k].peer, &query.relays[k].peer) &&
			       pkt.relay_type == DHCP6_RELAY_REPL);
		assert(opts_find(&pkt.opts, OPT6_SERVERID));
		assert(!opts_find(&pkt.opts, OPT6_CLIENTID) == !opts_find(&query.opts, OPT6_CLIENTID));
		check_ias(&pkt);
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
	struct store_conf conf = { .type = "memfile", .family = 1, .persist = false };
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	const char *why;

	if (log_start("fuzz") < 0 || log_configure(&log, &why) < 0)
		abort();
	clock_set_virtual(1700000000, 100000);
	rand_seed(1);
	arena = arena_new(0);
	if (config_load_text("fuzz", text, sizeof(text) - 1, 6, 0, &diag, &cfg) < 0) {
		diag_print(diag, stderr, DIAG_TEXT);
		abort();
	}
	diag_free(diag);
	if (store_open(&conf, &store, NULL) < 0)
		abort();
	server_init(&srv, &family6, store, 1, 16);
	srv.workers[0].engine = &engine;
	(void)duid_parse("00:03:00:01:aa:bb:cc:dd:ee:ff", &srv.duid);
	store_watch(store, watch, srv.alloc);
	reclaim = reclaim_new(store, 1, stats_new());
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
	struct dgram dgram = { .sport = 546, .dport = 547, .ifindex = 1, .ifname = "eth0" };
	uint8_t how;

	if (!arena)
		begin();
	arena_reset(arena);
	if (!size || size > 65536)
		return 0;
	how = data[0];
	input = data + 1;
	input_len = size - 1;
	dgram.buf = (uint8_t *)data + 1;
	dgram.len = dgram.size = (uint32_t)size - 1;
	(void)ip_parse("fe80::1", &dgram.local);
	(void)ip_parse(how & 2 ? "2001:db8:1::abcd" : "fe80::2", &dgram.src);
	(void)ip_parse(how & 4 ? "2001:db8::1" : "ff02::1:2", &dgram.dst);
	if (how & 8)
		dgram.sport = 1000 + how;
	if (how & 16)
		(void)snprintf(dgram.ifname, sizeof(dgram.ifname), "eth1");
	from = dgram.src;
	serve_worker_batch(&srv.workers[0], &dgram, 1);
	serve_worker_flush(&srv.workers[0]);
	rest();
	clock_advance(how & 0x80 ? 7000 : 10);
	(void)reclaim_slice(reclaim, &live->cfg->expiry);
	(void)reclaim_flush(reclaim, &live->cfg->expiry);
	return 0;
}
