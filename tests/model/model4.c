/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The rules of the game (model.c) for DHCPv4. Besides, this must never happen:
 *
 *	a client is refused the address it holds
 */
#include "../serving.h"
#include "model.h"

#define CLIENTS 24
#define BASE 0xc0000200u   /* 192.0.2.0 */
#define SECOND 0xc6336400u /* 198.51.100.0, sometimes on the same link */
#define FIRST 10u          /* the pools are FIRST .. FIRST + POOL - 1 */
#define POOL 12u
#define POOL2 4u     /* of the second subnet */
#define OUTSIDE 100u /* addresses outside all pools */
#define N_OUTSIDE 3u /* in each subnet */
#define THINGS (POOL + POOL2 + 2 * N_OUTSIDE)

/* Additional state of a client. */
static struct own {
	uint8_t cid[12];
	unsigned cid_len; /* 0: does not send one */
	uint8_t circuit;  /* 0: its relay does not name one */
	uint32_t addr;    /* it holds, or held; 0 if none */
	uint32_t offered; /* 0 if none */
} states[CLIENTS + NOISY];

static struct own *own_of(const struct client *c)
{
	return &states[client_no(c)];
}

static struct thing *thing_at(uint32_t addr)
{
	struct prefix prefix = { ip_from4(addr), 32 };

	return thing_of(&prefix, LEASE_V4);
}

static bool has(const struct client *c, uint32_t addr)
{
	const struct thing *thing = thing_at(addr);

	return thing && holds(thing, c, 0);
}

/* The client will no longer use its address. */
static void forget(struct client *c)
{
	struct thing *thing = thing_at(own_of(c)->addr);

	if (thing && thing->client == c)
		thing->client = NULL;
	own_of(c)->addr = 0;
}

/* --- server messages --- */

static uint32_t option_u32(const struct packet4 *pkt, uint16_t code)
{
	const struct opt *opt = opts_find(&pkt->opts, code);
	struct reader r;

	if (!opt || opt->data.len != 4)
		fail("the answer of type %u lacks option %u", pkt->type, code);
	r = reader_of(opt->data);
	return read_u32(&r);
}

static bool is_lease_of(const struct lease *lease, const struct client *c, unsigned ia)
{
	const struct own *own = own_of(c);

	(void)ia;
	if (own->cid_len && lease->client_id.len)
		return bytes_equal(lease->client_id, bytes_of(own->cid, own->cid_len));
	return bytes_equal(lease->hwaddr, bytes_of(c->id, 6));
}

static void take_answer(struct bytes answer)
{
	struct packet4 pkt;
	const struct sent *sent;
	struct client *c;
	struct own *own;
	struct prefix yours = { .len = 32 };
	const char *why;

	if (packet4_parse(answer, m.arena, &pkt, &why) < 0)
		fail("an answer does not parse: %s", why);
	sent = &m.sent[pkt.xid % XIDS];
	c = sent->client;
	own = own_of(c);
	yours.addr = ip_from4(pkt.yiaddr);
	m.n[pkt.type]++;
	trace("client %d gets %s %08x, xid %u", client_no(c), packet4_type_name(pkt.type), pkt.yiaddr, pkt.xid);
	if (memcmp(pkt.chaddr, c->id, 6) != 0)
		fail("an answer went to somebody else");
	switch (pkt.type) {
	case DHCP4_OFFER:
		tell(c, 0, TOLD_OFFER, &yours);
		take_lease(sent, &yours, LEASE_V4, 0, option_u32(&pkt, OPT4_DHCP_LEASE_TIME), false);
		own->offered = pkt.yiaddr;
		break;
	case DHCP4_ACK:
		if (sent->type == DHCP4_INFORM)
			break;
		tell(c, 0, TOLD_GIVEN, &yours);
		if (own->addr != pkt.yiaddr)
			forget(c);
		own->addr = pkt.yiaddr;
		own->offered = 0;
		take_lease(sent, &yours, LEASE_V4, 0, option_u32(&pkt, OPT4_DHCP_LEASE_TIME), true);
		break;
	case DHCP4_NAK:
		tell(c, 0, TOLD_REFUSED, NULL);
		if (has(c, sent->wanted) && sent->round == m.round && may_keep(c, sent->look, thing_at(sent->wanted)))
			fail("client %d was refused %08x, which it holds", client_no(c), sent->wanted);
		if (own->addr == sent->wanted)
			forget(c);
		break;
	default:
		fail("an answer of type %u", pkt.type);
	}
}

static void add_pool(struct str *text, unsigned nth, unsigned k, uint32_t first, unsigned n)
{
	struct ip from = ip_from4(first), to = ip_from4(first + n - 1);
	char text1[IP_TEXT_MAX], text2[IP_TEXT_MAX];

	str_addf(text, "%s { \"pool\": \"%s - %s\"", k ? "," : " \"pools\": [", ip_format(&from, text1),
		 ip_format(&to, text2));
	add_pool_guard(text, &m.access.pools[nth][k]);
	add_pool_id(text);
}

static void configure(struct str *text)
{
	str_addf(text, " \"authoritative\": true, \"offer-lifetime\": %u,", dice(3) ? 0 : 30);
	m.access.network = 0;
	if (m.has_second) {
		str_add(text, " \"shared-networks\": [ { \"name\": \"link\"");
		add_guard(text, &m.access.network);
		add_scope_option(text, "shared network link");
		str_add(text, ",");
	}
	str_add(text, " \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\",");
	add_pool(text, 0, 0, BASE + FIRST, POOL / 2);
	add_pool(text, 0, 1, BASE + FIRST + POOL / 2, POOL / 2);
	str_add(text, " ]");
	add_reservations(text, 1);
	add_guard(text, &m.access.subnets[0]);
	if (m.has_second) {
		str_add(text, " }, { \"id\": 2, \"subnet\": \"198.51.100.0/24\",");
		add_pool(text, 1, 0, SECOND + FIRST, POOL2);
		str_add(text, " ]");
		add_reservations(text, 2);
		add_guard(text, &m.access.subnets[1]);
		str_add(text, " } ]");
	}
	str_add(text, " } ]");
}

/* --- client messages --- */

struct message {
	uint8_t type;
	uint32_t ciaddr, wanted, server, life;
};

static void say(struct client *c, const struct message *msg)
{
	struct serve_worker *w = say_begin(c, msg->type, msg->ciaddr ? msg->ciaddr : msg->wanted);
	const struct own *own = own_of(c);
	const uint8_t rai[] = { RAI_CIRCUIT_ID, 1, own->circuit };
	struct query4 query = {
		.type = msg->type,
		.chaddr = c->id,
		.client_id = bytes_of(own->cid, own->cid_len),
		.vendor_class = bytes_of(look_text[c->look], strlen(look_text[c->look])),
		.rai = bytes_of(rai, own->circuit ? sizeof(rai) : 0),
		.xid = m.xid,
		.ciaddr = msg->ciaddr,
		.wanted = msg->wanted,
		.server = msg->server,
		.life = msg->life,
	};
	uint8_t buf[512];
	struct dgram dgram = query4_write(&query, BASE + 1, buf);

	trace("client %d says %s ciaddr %08x wanted %08x server %08x, xid %u, worker %td", client_no(c),
	      packet4_type_name(msg->type), msg->ciaddr, msg->wanted, msg->server, m.xid, w - m.srv.workers);
	say_end(c, w, &dgram);
}

static uint32_t any_address(void)
{
	return ip_to4(&m.things[dice(THINGS)].prefix.addr);
}

static void ask_for(struct client *c, struct message msg)
{
	if (msg.wanted != own_of(c)->addr) {
		/* A client that asks for another address gives up the one it holds, whatever the result. */
		if (c->outstanding)
			return;
		forget(c);
		c->moving = true;
	}
	msg.type = DHCP4_REQUEST;
	say(c, &msg);
}

/* With neither state nor address, it gets what it has, or something else. */
static void ask_bare(struct client *c, uint32_t life)
{
	const struct thing *thing = thing_at(own_of(c)->addr);

	if (thing && !may_keep(c, c->look, thing)) {
		if (c->outstanding)
			return;
		forget(c);
		c->moving = true;
	}
	say(c, &(struct message){ .type = DHCP4_REQUEST, .life = life });
}

static void give_up(struct client *c, bool declines)
{
	uint32_t addr = dice(4) ? own_of(c)->addr : any_address();

	if (c->outstanding)
		return;
	if (own_of(c)->addr == addr)
		forget(c); /* whether the server receives it or not */
	c->moving = true;
	say(c, &(struct message){ .type = declines ? DHCP4_DECLINE : DHCP4_RELEASE,
				  .ciaddr = declines ? 0 : addr,
				  .wanted = declines ? addr : 0,
				  .server = BASE + 1 });
}

static void act(struct client *c)
{
	const struct own *own = own_of(c);
	bool holds_it = has(c, own->addr);
	uint32_t life = dice(3) ? 0 : 10 + dice(300);
	unsigned what = dice(100);
	uint32_t any = any_address(), server = dice(2) ? BASE + 1 : 0;

	if (c->moving)
		return;
	if (what < 30)
		say(c, &(struct message){ .type = DHCP4_DISCOVER, .wanted = dice(3) ? 0 : any, .life = life });
	else if (what < 55 && own->offered)
		ask_for(c, (struct message){ .wanted = own->offered, .server = BASE + 1, .life = life });
	else if (what < 70 && holds_it)
		say(c, &(struct message){ .type = DHCP4_REQUEST, .ciaddr = own->addr, .life = life });
	else if (what < 78 && own->addr)
		say(c, &(struct message){ .type = DHCP4_REQUEST, .wanted = own->addr, .life = life });
	else if (what < 84) /* an address it was never offered */
		ask_for(c, (struct message){ .wanted = any, .server = server });
	else if (what < 87)
		ask_bare(c, life);
	else if (what < 90)
		say(c, &(struct message){ .type = DHCP4_REQUEST, .wanted = any, .server = BASE + 2 });
	else if (what < 98)
		give_up(c, what >= 95);
	else if (holds_it)
		say(c, &(struct message){ .type = DHCP4_INFORM, .ciaddr = own->addr });
}

static void discover(struct client *c, unsigned ia)
{
	uint32_t wanted = dice(4) ? 0 : any_address();

	(void)ia;
	say(c, &(struct message){ .type = DHCP4_DISCOVER, .wanted = wanted });
}

static void request(struct client *c, unsigned ia)
{
	ask_for(c, (struct message){ .wanted = ip_to4(&c->told[ia].prefix.addr), .server = BASE + 1 });
}

static void renew(struct client *c, unsigned ia, const struct prefix *held)
{
	(void)ia;
	say(c, &(struct message){ .type = DHCP4_REQUEST, .ciaddr = ip_to4(&held->addr) });
}

/* Some have the hardware address of an honest client that has an identifier, and another identifier. */
static void make_noise(struct client *c, bool is_new)
{
	struct own *own = own_of(c);
	uint32_t wanted = 0;

	if (is_new || !c->id[0]) {
		uint32_t number = dice(3000);

		memcpy(c->id, (const uint8_t[]){ 2, 1, 0, 0, (uint8_t)(number >> 8), (uint8_t)number }, 6);
		own->cid_len = dice(2) ? 0 : 8;
		c->look = dice(LOOKS);
		memset(own->cid, 0xee, sizeof(own->cid));
		own->cid[0] = (uint8_t)dice(256);
		if (own->cid_len && !dice(4))
			memcpy(c->id, m.clients[dice(CLIENTS / 3) * 3 + 2].id, 6);
	}
	if (!dice(3))
		wanted = any_address();
	say(c, &(struct message){ .type = DHCP4_DISCOVER, .wanted = wanted });
}

static enum lease_type type_of(unsigned ia)
{
	(void)ia;
	return LEASE_V4;
}

/* --- reservations ---------------------------------------------------------- */

enum { ID_HWADDR, ID_CLIENT_ID, ID_CIRCUIT_ID, ID_DUID };
static const char *const id_names[] = { [ID_HWADDR] = "hw-address",
					[ID_CLIENT_ID] = "client-id",
					[ID_CIRCUIT_ID] = "circuit-id",
					[ID_DUID] = "duid",
					NULL };

static struct bytes id_of(const struct client *c, unsigned kind)
{
	const struct own *own = own_of(c);

	switch (kind) {
	case ID_HWADDR:
		return bytes_of(c->id, 6);
	case ID_CLIENT_ID:
		return bytes_of(own->cid, own->cid_len);
	case ID_CIRCUIT_ID:
		return bytes_of(&own->circuit, own->circuit != 0);
	default:
		return own->cid[0] == 255 ? bytes_of(own->cid + 5, own->cid_len - 5) : bytes_of(NULL, 0);
	}
}

static bool shares_id(const struct client *c, unsigned kind)
{
	return kind == ID_HWADDR && client_no(c) % 3 == 2;
}

/* --- start and end --- */

static void add_things(uint32_t first, unsigned n, unsigned subnet_id)
{
	static unsigned n_things;

	while (n--)
		m.things[n_things++ % THINGS] = (struct thing){ .prefix = { .addr = ip_from4(first++), .len = 32 },
								.type = LEASE_V4,
								.subnet_id = subnet_id };
}

static void begin(void)
{
	memset(states, 0, sizeof(states));
	add_things(BASE + FIRST, POOL, 1);
	add_things(SECOND + FIRST, POOL2, 2);
	add_things(BASE + OUTSIDE, N_OUTSIDE, 1);
	add_things(SECOND + OUTSIDE, N_OUTSIDE, 2);
	for (unsigned i = 0; i < CLIENTS; i++) {
		struct own *own = &states[i];

		/* Every third has its own identifier, and two of these share a hardware address. */
		m.clients[i].id[0] = 2;
		m.clients[i].id[5] = (uint8_t)(i % 6 == 5 ? i - 3 : i);
		if (i % 3 == 2) {
			own->cid_len = 2 + i % 7;
			memset(own->cid, (int)i, own->cid_len);
		}
		/* Some of them are made of a DUID. */
		if (i % 9 == 8) {
			own->cid_len = 12;
			memset(own->cid, (int)i, own->cid_len);
			own->cid[0] = 255;
		}
		own->circuit = (uint8_t)(i % 4 == 1 ? i : 0);
	}
}

static void check_enough(void)
{
	if (!m.n[DHCP4_OFFER] || !m.n[DHCP4_ACK] || !m.n[DHCP4_NAK])
		fail("nothing happened: %llu offers, %llu acks, %llu naks", (unsigned long long)m.n[DHCP4_OFFER],
		     (unsigned long long)m.n[DHCP4_ACK], (unsigned long long)m.n[DHCP4_NAK]);
}

const struct rules rules = {
	.family = &family4,
	.n_clients = CLIENTS,
	.n_things = THINGS,
	.max_leases = 1,
	.begin = begin,
	.configure = configure,
	.act = act,
	.discover = discover,
	.request = request,
	.renew = renew,
	.make_noise = make_noise,
	.n_ias = 1,
	.type_of = type_of,
	.id_names = id_names,
	.id_of = id_of,
	.shares_id = shares_id,
	.class_test = "option[60].hex",
	.take_answer = take_answer,
	.is_lease_of = is_lease_of,
	.check_enough = check_enough,
};
