/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Random clients against the real pipeline and a store that answers late, in any order, with conflicts and
 * failures, while time passes and configurations change. A model of what each client was told says what
 * must never happen:
 *
 *	an address is acknowledged or offered while somebody else may still use it
 *	an ACK is not in the store, or promises more time than the store keeps
 *	a client is refused the address it holds
 *	a request never ends, or leaves a claim, a turn or a free map that is wrong
 *
 * usage: model [SEED [STEPS]]; without a seed it plays the first few. A failure names its seed; MODEL_TRACE=1 shows
 * how it came to it.
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

#define CLIENTS 24
#define WORKERS 2
#define BASE 0xc0000200u /* 192.0.2.0 */
#define FIRST 10u        /* the pool is FIRST .. FIRST + POOL - 1 */
#define POOL 12u
#define XIDS 8192        /* messages in flight are told apart by xid modulo this */

struct client {
	uint8_t mac[6];
	uint8_t cid[8];
	unsigned cid_len;     /* 0: it sends none */
	uint32_t addr;        /* it holds, or held; 0 if none */
	int64_t ends_ms;      /* boot time */
	uint32_t offered;     /* 0 if none */
	unsigned outstanding; /* messages that may still be answered */
	bool moving;          /* one of them gives up what it holds */
};

struct sent {
	struct client *client;
	uint8_t type;
	uint32_t wanted;
	uint32_t round; /* of configurations */
	int64_t at_ms;  /* boot time; RFC 2131 4.4.1: a client counts its lease from here */
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
	struct sent sent[XIDS];
	uint32_t xid, round;
	struct arena *arena;
	uint64_t n[256]; /* answers by type */
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

/* With MODEL_TRACE set: what happens, for whoever looks for the reason. */
static void __attribute__((format(printf, 1, 2))) trace(const char *fmt, ...)
{
	va_list ap;

	if (!m.trace)
		return;
	printf("%u @%lld ms: ", m.step, (long long)clock_boot_ms());
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static unsigned dice(unsigned n)
{
	return (unsigned)rand_below(n);
}

static bool holds(const struct client *c, uint32_t addr)
{
	return c->addr == addr && addr && c->ends_ms > clock_boot_ms();
}

static const struct client *other_holder(const struct client *me, uint32_t addr)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		if (&m.clients[i] != me && holds(&m.clients[i], addr))
			return &m.clients[i];
	return NULL;
}

/* --- what the server says -------------------------------------------------- */

static uint32_t option_u32(const struct packet4 *pkt, uint16_t code)
{
	const struct opt *opt = opts_find(&pkt->opts, code);
	struct reader r;

	if (!opt || opt->data.len != 4)
		fail("the answer of type %u lacks option %u", pkt->type, code);
	r = reader_of(opt->data);
	return read_u32(&r);
}

static bool is_lease_of(const struct lease *lease, const struct client *c)
{
	if (c->cid_len && lease->client_id.len)
		return bytes_equal(lease->client_id, bytes_of(c->cid, c->cid_len));
	return bytes_equal(lease->hwaddr, bytes_of(c->mac, 6));
}

static void check_ack(const struct sent *sent, const struct packet4 *pkt)
{
	struct client *c = sent->client;
	uint32_t life = option_u32(pkt, OPT4_DHCP_LEASE_TIME);
	const struct client *other = other_holder(c, pkt->yiaddr);
	struct lease_query query = { .by = BY_ADDR, .addr = ip_from4(pkt->yiaddr), .type = LEASE_V4 };
	struct lease lease;

	c->addr = pkt->yiaddr;
	c->ends_ms = sent->at_ms + life * 1000LL;
	c->offered = 0;
	if (!holds(c, c->addr))
		return; /* it took so long that the lease is over */
	if (other)
		fail("%08x was acknowledged to client %td and is held by %td", pkt->yiaddr, c - m.clients, other - m.clients);
	if (store_find(m.store, &query, m.arena, &lease, 1) != 1)
		fail("%08x was acknowledged and is not in the store", pkt->yiaddr);
	if (!is_lease_of(&lease, c) || lease.state != LEASE_DEFAULT)
		fail("%08x was acknowledged to client %td and the store says something else", pkt->yiaddr, c - m.clients);
	if (lease.expires * 1000 < c->ends_ms)
		fail("%08x was acknowledged for %u s, the store has %lld ms", pkt->yiaddr, life,
		     (long long)(lease.expires * 1000 - sent->at_ms));
}

static void take_answer(const struct packet4 *pkt)
{
	const struct sent *sent = &m.sent[pkt->xid % XIDS];
	struct client *c = sent->client;

	m.n[pkt->type]++;
	trace("client %td gets %s %08x, xid %u", c - m.clients, packet4_type_name(pkt->type), pkt->yiaddr, pkt->xid);
	if (memcmp(pkt->chaddr, c->mac, 6) != 0)
		fail("an answer went to somebody else");
	switch (pkt->type) {
	case DHCP4_OFFER:
		if (other_holder(c, pkt->yiaddr))
			fail("%08x was offered to client %td and is held by %td", pkt->yiaddr, c - m.clients,
			     other_holder(c, pkt->yiaddr) - m.clients);
		c->offered = pkt->yiaddr;
		break;
	case DHCP4_ACK:
		if (sent->type != DHCP4_INFORM)
			check_ack(sent, pkt);
		break;
	case DHCP4_NAK:
		if (holds(c, sent->wanted) && sent->round == m.round)
			fail("client %td was refused %08x, which it holds", c - m.clients, sent->wanted);
		if (c->addr == sent->wanted)
			c->addr = 0;
		break;
	default:
		fail("an answer of type %u", pkt->type);
	}
}

static unsigned take_answers(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	for (unsigned i = 0; i < n; i++) {
		struct packet4 pkt;
		const char *why;

		if (packet4_parse(bytes_of(v[i]->buf, v[i]->len), m.arena, &pkt, &why) < 0)
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
		 "{ \"Dhcp4\": { \"valid-lifetime\": 100, \"min-valid-lifetime\": 20, \"max-valid-lifetime\": 200,"
		 " \"authoritative\": true, \"cache-threshold\": %s, \"allocator\": \"%s\", \"offer-lifetime\": %u,"
		 " \"decline-probation-period\": %u, \"expired-leases-processing\": { \"hold-reclaimed-time\": %u },"
		 " \"lease-database\": { \"type\": \"memfile\", \"persist\": false },"
		 " \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": ["
		 " { \"pool\": \"192.0.2.%u - 192.0.2.%u\" }, { \"pool\": \"192.0.2.%u - 192.0.2.%u\" } ] } ] } }",
		 dice(2) ? "0.0" : "0.5", allocators[dice(3)], dice(3) ? 0 : 30, dice(3) ? 50 : 0, dice(2) ? 0 : 60, FIRST,
		 FIRST + POOL / 2 - 1, FIRST + POOL / 2, FIRST + POOL - 1);
	if (config_load_text("model", text.text, text.len, 4, 0, &diag, &cfg) < 0) {
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

static uint8_t *put_option(uint8_t *at, uint8_t code, const void *data, unsigned len)
{
	*at++ = code;
	*at++ = (uint8_t)len;
	memcpy(at, data, len);
	return at + len;
}

static uint8_t *put_u32(uint8_t *at, uint8_t code, uint32_t v)
{
	uint8_t bytes[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	return put_option(at, code, bytes, 4);
}

struct message {
	uint8_t type;
	uint32_t ciaddr, wanted, server, life;
};

static void say(struct client *c, const struct message *msg)
{
	static const uint8_t cookie[] = { 0x63, 0x82, 0x53, 0x63 };
	uint8_t buf[512] = { BOOTREQUEST, 1, 6 }, *at = buf + 240;
	struct dgram dgram = { .buf = buf, .size = sizeof(buf), .sport = 68, .dport = 67, .ifindex = 1, .ifname = "eth0", .raw_in = true };
	struct serve_worker *w = &m.srv.workers[dice(WORKERS)];
	uint32_t xid = ++m.xid, ciaddr = htobe32(msg->ciaddr), be_xid = htobe32(xid);

	m.sent[xid % XIDS] = (struct sent){ c, msg->type, msg->ciaddr ? msg->ciaddr : msg->wanted, m.round, clock_boot_ms() };
	memcpy(buf + 4, &be_xid, 4);
	memcpy(buf + 12, &ciaddr, 4);
	memcpy(buf + 28, c->mac, 6);
	memcpy(buf + 236, cookie, 4);
	at = put_option(at, OPT4_DHCP_MESSAGE_TYPE, &msg->type, 1);
	if (c->cid_len)
		at = put_option(at, OPT4_DHCP_CLIENT_IDENTIFIER, c->cid, c->cid_len);
	if (msg->wanted)
		at = put_u32(at, OPT4_DHCP_REQUESTED_ADDRESS, msg->wanted);
	if (msg->server)
		at = put_u32(at, OPT4_DHCP_SERVER_IDENTIFIER, msg->server);
	if (msg->life)
		at = put_u32(at, OPT4_DHCP_LEASE_TIME, msg->life);
	*at++ = OPT4_END;
	dgram.len = (uint32_t)(at - buf) < 300 ? 300 : (uint32_t)(at - buf);
	dgram.local = ip_from4(BASE + 1);
	dgram.src = msg->ciaddr ? ip_from4(msg->ciaddr) : ip_zero4;
	dgram.dst = ip_from4(msg->ciaddr ? BASE + 1 : UINT32_MAX);
	c->outstanding++;
	trace("client %td says %s ciaddr %08x wanted %08x server %08x, xid %u, worker %td", c - m.clients,
	      packet4_type_name(msg->type), msg->ciaddr, msg->wanted, msg->server, xid, w - m.srv.workers);
	serve_worker_batch(w, &dgram, 1);
	serve_worker_flush(w);
	pump();
}

static uint32_t any_address(void)
{
	return BASE + FIRST + dice(POOL);
}

static void ask_for(struct client *c, struct message msg)
{
	if (msg.wanted != c->addr) {
		/* Who asks for another address gives up the one it holds, whatever comes of it. */
		if (c->outstanding)
			return;
		c->addr = 0;
		c->moving = true;
	}
	msg.type = DHCP4_REQUEST;
	say(c, &msg);
}

static void give_up(struct client *c, bool declines)
{
	uint32_t addr = dice(4) ? c->addr : any_address();

	if (c->outstanding)
		return;
	if (c->addr == addr)
		c->addr = 0; /* whether the server hears of it or not */
	c->moving = true;
	say(c, &(struct message){ .type = declines ? DHCP4_DECLINE : DHCP4_RELEASE,
				  .ciaddr = declines ? 0 : addr,
				  .wanted = declines ? addr : 0,
				  .server = BASE + 1 });
}

static void client_acts(void)
{
	struct client *c = &m.clients[dice(CLIENTS)];
	bool has = holds(c, c->addr);
	uint32_t life = dice(3) ? 0 : 10 + dice(300);
	unsigned what = dice(100);

	if (c->moving)
		return;
	if (what < 30)
		say(c, &(struct message){ .type = DHCP4_DISCOVER, .wanted = dice(3) ? 0 : any_address(), .life = life });
	else if (what < 55 && c->offered)
		ask_for(c, (struct message){ .wanted = c->offered, .server = BASE + 1, .life = life });
	else if (what < 70 && has)
		say(c, &(struct message){ .type = DHCP4_REQUEST, .ciaddr = c->addr, .life = life });
	else if (what < 78 && c->addr)
		say(c, &(struct message){ .type = DHCP4_REQUEST, .wanted = c->addr, .life = life });
	else if (what < 84) /* what it was never offered */
		ask_for(c, (struct message){ .wanted = any_address(), .server = dice(2) ? BASE + 1 : 0 });
	else if (what < 87)
		say(c, &(struct message){ .type = DHCP4_REQUEST, .life = life });
	else if (what < 90)
		say(c, &(struct message){ .type = DHCP4_REQUEST, .wanted = any_address(), .server = BASE + 2 });
	else if (what < 98)
		give_up(c, what >= 95);
	else if (has)
		say(c, &(struct message){ .type = DHCP4_INFORM, .ciaddr = c->addr });
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

struct count {
	unsigned n[POOL];
};

static bool count_lease(void *ctx, const struct lease *lease)
{
	struct count *count = ctx;
	uint32_t i = ip_to4(&lease->addr) - BASE - FIRST;

	if (i >= POOL)
		fail("a lease of %08x, which is in no pool", ip_to4(&lease->addr));
	count->n[i] += lease_is_in_use(lease);
	return true;
}

/* At rest: nobody is waiting, and the free maps say what the store says. */
static void check_rest(void)
{
	struct count count = { 0 };
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
	(void)store_each(m.store, count_lease, &count);
	for (unsigned i = 0; i < POOL; i++)
		n_used += count.n[i];
	for (unsigned i = 0; i < 2; i++)
		n_free += alloc_n_free(m.srv.alloc, m.live->set, i);
	if (n_free + n_used != POOL)
		fail("%u addresses are in use and %llu free", n_used, (unsigned long long)n_free);
}

static void begin(uint64_t seed)
{
	struct live *none = NULL;

	m.seed = seed;
	m.step = 0;
	rand_seed(seed);
	clock_set_virtual(1700000000, 100000);
	m.arena = arena_new(0);
	m.store = fake_store_new(0);
	server_init(&m.srv, &family4, m.store, WORKERS, 64);
	for (unsigned i = 0; i < WORKERS; i++)
		m.srv.workers[i].engine = &engine;
	store_watch(m.store, watch, m.srv.alloc);
	m.stats = stats_new();
	m.reclaim = reclaim_new(m.store, 0, m.stats);
	m.live = none;
	memset(m.clients, 0, sizeof(m.clients));
	for (unsigned i = 0; i < CLIENTS; i++) {
		struct client *c = &m.clients[i];

		/* Every third has an identifier of its own, and two of these share one card. */
		c->mac[0] = 2;
		c->mac[5] = (uint8_t)(i % 6 == 5 ? i - 3 : i);
		if (i % 3 == 2) {
			c->cid_len = 2 + i % 7;
			memset(c->cid, (int)i, c->cid_len);
		}
	}
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
	if (!m.n[DHCP4_OFFER] || !m.n[DHCP4_ACK] || !m.n[DHCP4_NAK])
		fail("nothing happened: %llu offers, %llu acks, %llu naks", (unsigned long long)m.n[DHCP4_OFFER],
		     (unsigned long long)m.n[DHCP4_ACK], (unsigned long long)m.n[DHCP4_NAK]);
	return 0;
}
