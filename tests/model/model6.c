/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The same game for DHCPv6: clients with several IAs of addresses and prefixes, several leases in each. What must
 * never happen:
 *
 *	an address or prefix is given or offered while another client, or another IA, may still use it
 *	a REPLY gives what is not in the store, or promises more time than the store keeps
 *	a client is told to stop using what it holds, or that an IA is not known that it holds
 *	T1 and T2 differ between the IAs of an answer, or something is preferred for longer than it is valid
 *	a request never ends, or leaves a claim, a turn or a free map that is wrong
 *
 * usage: model6 [SEED [STEPS]]; MODEL_TRACE=1 shows how it came to a failure.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "fake_store.h"
#include "io/engine.h"
#include "json/diag.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/reclaim.h"
#include "serve/server.h"

#define CLIENTS 14
#define IAS 4          /* of a client: 0 and 1 of addresses, 2 and 3 of prefixes */
#define WORKERS 2
#define ADDRESSES 14u  /* 2001:db8:1::10 and up, in two pools */
#define PREFIXES 8u    /* 2001:db8:8000::/61 of /64 */
#define THINGS (ADDRESSES + PREFIXES)
#define XIDS 8192
#define SERVER_DUID "00:03:00:01:aa:bb:cc:dd:ee:ff"

struct client {
	uint8_t duid[10];
	unsigned outstanding; /* messages that may still be answered */
	bool moving;          /* one of them gives something up */
};

/* An address or prefix, and who holds it. */
struct thing {
	const struct client *client; /* NULL: nobody ever */
	unsigned ia;
	int64_t ends_ms;
};

struct sent {
	struct client *client;
	uint8_t type;
	uint32_t round;
	int64_t at_ms;
};

static struct {
	uint64_t seed;
	unsigned step;
	struct server srv;
	struct store *store;
	struct reclaim *reclaim;
	struct stats *stats;
	struct live *live;
	struct client clients[CLIENTS];
	struct thing things[THINGS];
	struct sent sent[XIDS];
	uint32_t xid, round;
	struct arena *arena;
	uint64_t n[DHCP6_TYPES]; /* answers by type */
	uint64_t n_several, n_refused;
	bool trace;
} m;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	printf("seed %llu, step %u: ", (unsigned long long)m.seed, m.step);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

static void __attribute__((format(printf, 1, 2))) trace(const char *fmt, ...)
{
	va_list ap;

	if (!m.trace)
		return;
	printf("%u %lld: ", m.step, (long long)clock_boot_ms());
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static unsigned dice(unsigned n)
{
	return (unsigned)rand_below(n);
}

/* --- things ---------------------------------------------------------------- */

static struct prefix thing_prefix(unsigned i)
{
	struct prefix prefix = { .len = 128 };

	(void)ip_parse("2001:db8:1::10", &prefix.addr);
	if (i < ADDRESSES) {
		prefix.addr.b[15] = (uint8_t)(0x10 + i);
		return prefix;
	}
	(void)ip_parse("2001:db8:8000::", &prefix.addr);
	prefix.addr.b[7] = (uint8_t)(i - ADDRESSES);
	prefix.len = 64;
	return prefix;
}

static unsigned thing_of(const struct ip *addr)
{
	for (unsigned i = 0; i < THINGS; i++) {
		struct prefix prefix = thing_prefix(i);

		if (ip_equal(&prefix.addr, addr))
			return i;
	}
	return THINGS;
}

static bool is_held(const struct thing *thing)
{
	return thing->client && thing->ends_ms > clock_boot_ms();
}

static bool holds(const struct thing *thing, const struct client *c, unsigned ia)
{
	return is_held(thing) && thing->client == c && thing->ia == ia;
}

static unsigned ia_index(const struct ia6 *ia)
{
	return (ia->code == OPT6_IA_PD ? 2 : 0) + ia->iaid - 1;
}

/* --- what the server says -------------------------------------------------- */

static void check_stored(const struct sent *sent, const struct ia6 *ia, const struct ia6_item *item)
{
	struct lease_query query = { .by = BY_ADDR, .addr = item->prefix.addr, .type = ia->code == OPT6_IA_PD ? LEASE_PD : LEASE_NA };
	struct lease lease;
	char text[PREFIX_TEXT_MAX];

	(void)prefix_format(&item->prefix, text);
	if (store_find(m.store, &query, m.arena, &lease, 1) != 1)
		fail("%s was given and is not in the store", text);
	if (!bytes_equal(lease.client_id, bytes_of(sent->client->duid, sizeof(sent->client->duid))) || lease.iaid != ia->iaid ||
	    lease.state != LEASE_DEFAULT || lease.prefix_len != item->prefix.len)
		fail("%s was given to client %td and the store says something else", text, sent->client - m.clients);
	if (lease.expires * 1000 < sent->at_ms + item->valid * 1000LL)
		fail("%s was given for %u s, the store has %lld ms", text, item->valid, (long long)(lease.expires * 1000 - sent->at_ms));
}

static void take_item(const struct sent *sent, const struct ia6 *ia, const struct ia6_item *item, bool is_reply)
{
	unsigned i = thing_of(&item->prefix.addr), k = ia_index(ia);
	struct thing *thing = &m.things[i];
	char text[PREFIX_TEXT_MAX];

	(void)prefix_format(&item->prefix, text);
	trace("  ia %u: %s for %u s", k, text, item->valid);
	if (item->preferred > item->valid)
		fail("%s is preferred for %u s and valid for %u s", text, item->preferred, item->valid);
	if (!item->valid) {
		m.n_refused++;
		if (i < THINGS && holds(thing, sent->client, k) && sent->round == m.round)
			fail("client %td was told to stop using %s, which it holds", sent->client - m.clients, text);
		return;
	}
	if (i == THINGS)
		fail("%s was given, which is in no pool", text);
	if (is_reply && holds(thing, sent->client, k))
		thing->ends_ms = sent->at_ms + item->valid * 1000LL;
	if (sent->at_ms + item->valid * 1000LL <= clock_boot_ms())
		return; /* it took so long that the lease is over */
	if (is_held(thing) && !holds(thing, sent->client, k))
		fail("%s was given or offered to client %td, ia %u, and is held by client %td, ia %u", text, sent->client - m.clients, k,
		     thing->client - m.clients, thing->ia);
	if (!is_reply)
		return;
	*thing = (struct thing){ sent->client, k, sent->at_ms + item->valid * 1000LL };
	check_stored(sent, ia, item);
}

static void take_ia(const struct sent *sent, const struct ia6 *ia, bool is_reply)
{
	struct reader r = reader_of(ia->subs);
	struct status6_value status;
	struct ia6_item item;
	unsigned n = 0;

	while (ia6_next_item(ia, &r, &item)) {
		n += item.valid != 0;
		take_item(sent, ia, &item, is_reply);
	}
	m.n_several += n > 1;
	if (!ia6_status(ia->subs, &status) || (sent->type != DHCP6_RENEW && sent->type != DHCP6_REBIND) || sent->round != m.round)
		return;
	for (unsigned i = 0; i < THINGS; i++)
		if (holds(&m.things[i], sent->client, ia_index(ia)))
			fail("client %td holds something in ia %u and was told status %u", sent->client - m.clients, ia_index(ia), status.code);
}

static void take_answer(const struct packet6 *pkt)
{
	const struct sent *sent = &m.sent[pkt->xid % XIDS];
	bool is_reply = pkt->type == DHCP6_REPLY, gives = sent->type != DHCP6_RELEASE && sent->type != DHCP6_DECLINE;
	const struct opt *cid = opts_find(&pkt->opts, OPT6_CLIENTID);
	uint32_t t1 = 0, t2 = 0;
	unsigned pos = 0, n = 0;
	struct ia6 ia;

	m.n[pkt->type]++;
	trace("client %td gets %s, xid %u", sent->client - m.clients, packet6_type_name(pkt->type), pkt->xid);
	if (!cid || !bytes_equal(cid->data, bytes_of(sent->client->duid, sizeof(sent->client->duid))))
		fail("an answer went to somebody else");
	if (pkt->type != DHCP6_ADVERTISE && pkt->type != DHCP6_REPLY)
		fail("an answer of type %u", pkt->type);
	while (ia6_next(&pkt->opts, &pos, &ia)) {
		if (gives)
			take_ia(sent, &ia, is_reply);
		if (!ia.t1 && !ia.t2)
			continue;
		if (n++ && (t1 != ia.t1 || t2 != ia.t2))
			fail("T1 and T2 differ between IAs");
		t1 = ia.t1;
		t2 = ia.t2;
	}
}

static unsigned take_answers(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	for (unsigned i = 0; i < n; i++) {
		struct packet6 pkt;
		const char *why;

		if (packet6_parse(bytes_of(v[i]->buf, v[i]->len), m.arena, &pkt, &why) < 0)
			fail("an answer does not parse: %s", why);
		take_answer(&pkt);
	}
	return n;
}

static const struct io_ops ops = { .send = take_answers };
static struct io_engine engine = { .ops = &ops };

/* --- the server ------------------------------------------------------------ */

static void watch(void *ctx, const struct ip *addr, enum lease_type type, bool in_use)
{
	(void)type;
	alloc_note(ctx, addr, in_use);
}

static void free_live(struct live *live)
{
	live_free(&m.srv, live);
}

static struct config *make_config(void)
{
	static const char *const allocators[] = { "iterative", "random", "flq" };
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	struct str text = { 0 };

	str_addf(&text,
		 "{ \"Dhcp6\": { \"valid-lifetime\": 100, \"min-valid-lifetime\": 20, \"max-valid-lifetime\": 200,"
		 " \"preferred-lifetime\": 60, \"min-preferred-lifetime\": 10, \"max-preferred-lifetime\": 300,"
		 " \"cache-threshold\": %s, \"allocator\": \"%s\", \"pd-allocator\": \"%s\", \"max-addresses-per-ia\": %u,"
		 " \"max-prefixes-per-ia\": %u, \"decline-probation-period\": %u,"
		 " \"expired-leases-processing\": { \"hold-reclaimed-time\": %u },"
		 " \"lease-database\": { \"type\": \"memfile\", \"persist\": false },"
		 " \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"interface\": \"eth0\", \"rapid-commit\": true, \"pools\": ["
		 " { \"pool\": \"2001:db8:1::10 - 2001:db8:1::%x\" }, { \"pool\": \"2001:db8:1::%x - 2001:db8:1::%x\" } ],"
		 " \"pd-pools\": [ { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 61, \"delegated-len\": 64 } ] } ] } }",
		 dice(2) ? "0.0" : "0.5", allocators[dice(3)], allocators[dice(3)], 1 + dice(3), 1 + dice(2), dice(3) ? 50 : 0, dice(2) ? 0 : 60,
		 0x10 + ADDRESSES / 2 - 1, 0x10 + ADDRESSES / 2, 0x10 + ADDRESSES - 1);
	if (config_load_text("model", text.text, text.len, 6, 0, &diag, &cfg) < 0) {
		diag_print(diag, stdout, DIAG_TEXT);
		fail("the configuration is wrong");
	}
	diag_free(diag);
	str_free(&text);
	return cfg;
}

static void configure(void)
{
	struct live *live = live_new(&m.srv, make_config());

	live->unused = free_live;
	for (unsigned i = 0; i < WORKERS; i++)
		serve_worker_switch(&m.srv.workers[i], live);
	m.live = live;
	m.round++;
	trace("new configuration");
}

static bool has_resumed(struct serve_worker *w)
{
	bool any;

	(void)pthread_mutex_lock(&w->lock);
	any = !list_is_empty(&w->resumed);
	(void)pthread_mutex_unlock(&w->lock);
	return any;
}

static void pump(void)
{
	bool any = true;

	for (unsigned round = 0; any; round++) {
		if (round > 1000)
			fail("the pipeline does not come to rest");
		any = false;
		for (unsigned i = 0; i < WORKERS; i++)
			if (has_resumed(&m.srv.workers[i])) {
				any = true;
				serve_worker_resume(&m.srv.workers[i]);
				serve_worker_flush(&m.srv.workers[i]);
			}
	}
	if (!fake_store_n_waiting(m.store))
		for (unsigned i = 0; i < CLIENTS; i++)
			m.clients[i].outstanding = m.clients[i].moving = 0;
}

static void settle(void)
{
	for (unsigned round = 0; fake_store_n_waiting(m.store); round++) {
		if (round > 1000)
			fail("the store does not come to rest");
		fake_store_answer_all(m.store, dice(2));
		pump();
	}
}

/* --- what clients say ------------------------------------------------------ */

static unsigned any_thing(unsigned ia)
{
	return ia < 2 ? dice(ADDRESSES) : ADDRESSES + dice(PREFIXES);
}

/* What it holds in the IA, and now and then something else. */
static void name_things(struct ia6_builder *b, const struct client *c, unsigned ia, bool gives_up)
{
	unsigned n_other = dice(3) ? 0 : 1 + dice(3);

	for (unsigned i = 0; i < THINGS; i++) {
		struct prefix prefix = thing_prefix(i);

		if (!holds(&m.things[i], c, ia) || !dice(6))
			continue;
		if (gives_up)
			m.things[i].client = NULL; /* whether the server hears of it or not */
		ia6_add(b, &prefix, dice(3) ? 0 : dice(300), dice(3) ? 0 : dice(300));
	}
	while (n_other--) {
		unsigned i = any_thing(ia);
		struct prefix prefix = dice(4) ? thing_prefix(i) : (struct prefix){ .addr = ip_zero6, .len = ia < 2 ? 128 : 64 };

		if (gives_up && holds(&m.things[i], c, ia))
			m.things[i].client = NULL;
		ia6_add(b, &prefix, 0, 0);
	}
}

static void say(struct client *c, uint8_t type)
{
	static uint8_t buf[2048];
	bool gives_up = type == DHCP6_RELEASE || type == DHCP6_DECLINE;
	struct packet6 pkt = { .type = type, .xid = ++m.xid };
	struct dgram dgram = { .buf = buf, .size = sizeof(buf), .sport = 546, .dport = 547, .ifindex = 1, .ifname = "eth0" };
	struct serve_worker *w = &m.srv.workers[dice(WORKERS)];
	struct ia6_builder b;
	int len;

	m.sent[m.xid % XIDS] = (struct sent){ c, type, m.round, clock_boot_ms() };
	opts_init(&pkt.opts, m.arena);
	(void)opts_add(&pkt.opts, OPT6_CLIENTID, bytes_of(c->duid, sizeof(c->duid)));
	if (type == DHCP6_REQUEST || type == DHCP6_RENEW || gives_up)
		(void)opts_add(&pkt.opts, OPT6_SERVERID, duid_bytes(&m.srv.duid));
	if (type == DHCP6_SOLICIT && !dice(4))
		(void)opts_add(&pkt.opts, OPT6_RAPID_COMMIT, bytes_of("", 0));
	(void)ia6_builder_init(&b, &pkt.opts, 1500);
	trace("client %td says %s, xid %u, worker %td", c - m.clients, packet6_type_name(type), m.xid, w - m.srv.workers);
	for (unsigned ia = 0; ia < IAS; ia++) {
		if (dice(2) && (type == DHCP6_DECLINE || ia))
			continue;
		if (type == DHCP6_DECLINE && ia >= 2)
			continue;
		ia6_open(&b, ia < 2 ? OPT6_IA_NA : OPT6_IA_PD, ia % 2 + 1, 0, 0);
		name_things(&b, c, ia, gives_up);
		(void)ia6_close(&b);
	}
	len = packet6_write(&pkt, buf, sizeof(buf));
	if (len < 0)
		fail("cannot write a message");
	dgram.len = (uint32_t)len;
	(void)ip_parse("fe80::1", &dgram.local);
	(void)ip_parse("fe80::2", &dgram.src);
	(void)ip_parse("ff02::1:2", &dgram.dst);
	c->outstanding++;
	c->moving |= gives_up;
	serve_worker_batch(w, &dgram, 1);
	serve_worker_flush(w);
	pump();
}

static void client_acts(void)
{
	struct client *c = &m.clients[dice(CLIENTS)];
	unsigned what = dice(100);

	if (c->moving)
		return;
	if (what < 25)
		say(c, DHCP6_SOLICIT);
	else if (what < 55)
		say(c, DHCP6_REQUEST);
	else if (what < 75)
		say(c, DHCP6_RENEW);
	else if (what < 85)
		say(c, DHCP6_REBIND);
	else if (!c->outstanding)
		say(c, what < 95 ? DHCP6_RELEASE : DHCP6_DECLINE);
}

/* --- one game -------------------------------------------------------------- */

static void store_acts(void)
{
	unsigned n = fake_store_n_waiting(m.store);

	switch (dice(12)) {
	case 0:
		trace("store holds");
		fake_store_hold(m.store, true);
		break;
	case 1:
		trace("store lets go");
		fake_store_hold(m.store, false);
		settle();
		break;
	case 2:
		trace("store is sick");
		fake_store_fail_next(m.store, 1 + dice(3), dice(2) ? CHANGE_FAILED : CHANGE_CONFLICT);
		break;
	case 3:
		fake_store_busy_next(m.store, 1);
		break;
	default:
		if (n) {
			fake_store_answer(m.store, dice(n), dice(5) ? CHANGE_OK : dice(2) ? CHANGE_FAILED : CHANGE_CONFLICT);
			pump();
		}
		break;
	}
}

static void time_passes(void)
{
	clock_advance((dice(8) ? dice(15) : dice(120)) * 1000 + dice(1000));
	(void)reclaim_slice(m.reclaim, &m.live->cfg->expiry);
	(void)reclaim_flush(m.reclaim, &m.live->cfg->expiry);
}

static bool count_lease(void *ctx, const struct lease *lease)
{
	unsigned *n = ctx, i = thing_of(&lease->addr);
	char text[IP_TEXT_MAX];

	if (i == THINGS || (lease->type == LEASE_PD) != (i >= ADDRESSES))
		fail("a lease of %s, which is in no pool", ip_format(&lease->addr, text));
	*n += lease_is_in_use(lease);
	return true;
}

/* At rest: nobody is waiting, and the free maps say what the store says. */
static void check_rest(void)
{
	struct client_key nobody = { 0 };
	unsigned n_used = 0;
	uint64_t n_free = 0;
	struct ip ip;

	fake_store_fail_next(m.store, 0, CHANGE_OK);
	fake_store_busy_next(m.store, 0);
	fake_store_hold(m.store, false);
	settle();
	for (unsigned i = 0; i < WORKERS; i++)
		if (m.srv.workers[i].n_busy)
			fail("%u requests never ended", m.srv.workers[i].n_busy);
	if (m.live->users != WORKERS)
		fail("the configuration has %u users", m.live->users);
	clock_advance(16000);
	(void)alloc_claimed_by(m.srv.alloc, &nobody, &ip);
	if (alloc_n_claims(m.srv.alloc))
		fail("%zu claims never ended", alloc_n_claims(m.srv.alloc));
	(void)store_each(m.store, count_lease, &n_used);
	for (unsigned i = 0; i < 3; i++)
		n_free += alloc_n_free(m.srv.alloc, m.live->set, i);
	if (n_free + n_used != THINGS)
		fail("%u are in use and %llu free", n_used, (unsigned long long)n_free);
}

static void begin(uint64_t seed)
{
	m.seed = seed;
	m.step = 0;
	rand_seed(seed);
	clock_set_virtual(1700000000, 100000);
	m.arena = arena_new(0);
	m.store = fake_store_new(1);
	server_init(&m.srv, &family6, m.store, WORKERS, 64);
	(void)duid_parse(SERVER_DUID, &m.srv.duid);
	for (unsigned i = 0; i < WORKERS; i++)
		m.srv.workers[i].engine = &engine;
	store_watch(m.store, watch, m.srv.alloc);
	m.stats = stats_new();
	m.reclaim = reclaim_new(m.store, 1, m.stats);
	m.live = NULL;
	memset(m.clients, 0, sizeof(m.clients));
	memset(m.things, 0, sizeof(m.things));
	for (unsigned i = 0; i < CLIENTS; i++)
		memcpy(m.clients[i].duid, (const uint8_t[]){ 0, 3, 0, 1, 2, 0, 0, 0, 0, (uint8_t)i }, sizeof(m.clients[i].duid));
	configure();
}

static void end(void)
{
	check_rest();
	reclaim_free_wait(m.reclaim);
	server_done(&m.srv);
	stats_free(m.stats);
	store_close(m.store);
	arena_free(m.arena);
}

static void play(uint64_t seed, unsigned steps)
{
	begin(seed);
	for (m.step = 1; m.step <= steps; m.step++) {
		unsigned what = dice(100);

		if (what < 70)
			client_acts();
		else if (what < 90)
			store_acts();
		else if (what < 98)
			time_passes();
		else if (what < 99)
			configure();
		else
			check_rest();
		if (m.step % 256 == 0)
			arena_reset(m.arena);
	}
	end();
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, n = argc > 1 ? 1 : 40;
	unsigned steps = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 3000;

	m.trace = getenv("MODEL_TRACE") != NULL;
	for (unsigned i = 0; i < log_all_n; i++)
		log_all[i]->enabled = 0;
	for (uint64_t seed = first; seed < first + n; seed++)
		play(seed, steps);
	if (!m.n[DHCP6_ADVERTISE] || !m.n[DHCP6_REPLY] || !m.n_several || !m.n_refused)
		fail("nothing happened: %llu offers, %llu replies, %llu IAs with several leases, %llu refused",
		     (unsigned long long)m.n[DHCP6_ADVERTISE], (unsigned long long)m.n[DHCP6_REPLY], (unsigned long long)m.n_several,
		     (unsigned long long)m.n_refused);
	return 0;
}
