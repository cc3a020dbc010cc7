/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The rules of the game (model.c) for DHCPv6: clients with several IAs of addresses and prefixes, several leases
 * in each. What must never happen besides:
 *
 *	a client is told to stop using what it holds, or that an IA is not known that it holds
 *	T1 and T2 differ between the IAs of an answer, or something is preferred for longer than it is valid
 */
#include "model.h"

#define CLIENTS 14
#define IAS 4         /* of a client: 0 and 1 of addresses, 2 and 3 of prefixes */
#define ADDRESSES 14u /* 2001:db8:1::10 and up, in two pools */
#define PREFIXES 8u   /* 2001:db8:8000::/61 of /64 */
#define THINGS (ADDRESSES + PREFIXES)
#define SERVER_DUID "00:03:00:01:aa:bb:cc:dd:ee:ff"

static uint64_t n_several, n_refused;

static struct bytes duid_of(const struct client *c)
{
	return bytes_of(c->id, sizeof(c->id));
}

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

static unsigned ia_index(const struct ia6 *ia)
{
	return (ia->code == OPT6_IA_PD ? 2 : 0) + ia->iaid - 1;
}

/* --- what the server says -------------------------------------------------- */

static bool is_lease_of(const struct lease *lease, const struct client *c, unsigned ia)
{
	return bytes_equal(lease->client_id, duid_of(c)) && lease->iaid == ia % 2 + 1 &&
	       lease->type == (ia < 2 ? LEASE_NA : LEASE_PD) && lease->prefix_len == (ia < 2 ? 128 : 64);
}

static void take_item(const struct sent *sent, const struct ia6 *ia, const struct ia6_item *item, bool is_reply)
{
	const struct thing *thing = thing_of(&item->prefix.addr);
	unsigned k = ia_index(ia);
	char text[PREFIX_TEXT_MAX];

	(void)prefix_format(&item->prefix, text);
	trace("  ia %u: %s for %u s", k, text, item->valid);
	if (item->preferred > item->valid)
		fail("%s is preferred for %u s and valid for %u s", text, item->preferred, item->valid);
	if (!item->valid) {
		n_refused++;
		if (thing && holds(thing, sent->client, k) && sent->round == m.round)
			fail("client %d was told to stop using %s, which it holds", client_no(sent->client), text);
		return;
	}
	take_lease(sent, &item->prefix, k, item->valid, is_reply);
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
	n_several += n > 1;
	if (!ia6_status(ia->subs, &status) || (sent->type != DHCP6_RENEW && sent->type != DHCP6_REBIND) ||
	    sent->round != m.round)
		return;
	for (unsigned i = 0; i < THINGS; i++)
		if (holds(&m.things[i], sent->client, ia_index(ia)))
			fail("client %d holds something in ia %u and was told status %u", client_no(sent->client),
			     ia_index(ia), status.code);
}

static void take_answer(struct bytes answer)
{
	const struct sent *sent;
	const struct opt *cid;
	uint32_t t1 = 0, t2 = 0;
	unsigned pos = 0, n = 0;
	struct packet6 pkt;
	const char *why;
	struct ia6 ia;
	bool gives;

	if (packet6_parse(answer, m.arena, &pkt, &why) < 0)
		fail("an answer does not parse: %s", why);
	sent = &m.sent[pkt.xid % XIDS];
	gives = sent->type != DHCP6_RELEASE && sent->type != DHCP6_DECLINE;
	cid = opts_find(&pkt.opts, OPT6_CLIENTID);
	m.n[pkt.type]++;
	trace("client %d gets %s, xid %u", client_no(sent->client), packet6_type_name(pkt.type), pkt.xid);
	if (!cid || !bytes_equal(cid->data, duid_of(sent->client)))
		fail("an answer went to somebody else");
	if (pkt.type != DHCP6_ADVERTISE && pkt.type != DHCP6_REPLY)
		fail("an answer of type %u", pkt.type);
	while (ia6_next(&pkt.opts, &pos, &ia)) {
		if (gives)
			take_ia(sent, &ia, pkt.type == DHCP6_REPLY);
		if (!ia.t1 && !ia.t2)
			continue;
		if (n++ && (t1 != ia.t1 || t2 != ia.t2))
			fail("T1 and T2 differ between IAs");
		t1 = ia.t1;
		t2 = ia.t2;
	}
}

static void configure(struct str *text)
{
	str_add(text, " \"preferred-lifetime\": 60, \"min-preferred-lifetime\": 10, \"max-preferred-lifetime\": 300,");
	str_addf(text, " \"pd-allocator\": \"%s\",", any_allocator());
	str_addf(text, " \"max-addresses-per-ia\": %u,", 1 + dice(3));
	str_addf(text, " \"max-prefixes-per-ia\": %u,", 1 + dice(2));
	str_addf(
		text,
		" \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"interface\": \"eth0\", "
		"\"rapid-commit\": true,"
		" \"pools\": [ { \"pool\": \"2001:db8:1::10 - 2001:db8:1::%x\" }, { \"pool\": \"2001:db8:1::%x - "
		"2001:db8:1::%x\" } ],"
		" \"pd-pools\": [ { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 61, \"delegated-len\": 64 } ] } ]",
		0x10 + ADDRESSES / 2 - 1, 0x10 + ADDRESSES / 2, 0x10 + ADDRESSES - 1);
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
		uint32_t preferred, valid;

		if (!holds(&m.things[i], c, ia) || !dice(6))
			continue;
		if (gives_up)
			m.things[i].client = NULL; /* whether the server hears of it or not */
		preferred = dice(3) ? 0 : dice(300);
		valid = dice(3) ? 0 : dice(300);
		ia6_add(b, &m.things[i].prefix, preferred, valid);
	}
	while (n_other--) {
		unsigned i = any_thing(ia);
		struct prefix prefix =
			dice(4) ? m.things[i].prefix : (struct prefix){ .addr = ip_zero6, .len = ia < 2 ? 128 : 64 };

		if (gives_up && holds(&m.things[i], c, ia))
			m.things[i].client = NULL;
		ia6_add(b, &prefix, 0, 0);
	}
}

static void say(struct client *c, uint8_t type)
{
	static uint8_t buf[2048];
	bool gives_up = type == DHCP6_RELEASE || type == DHCP6_DECLINE;
	struct packet6 pkt = { .type = type };
	struct dgram dgram = {
		.buf = buf, .size = sizeof(buf), .sport = 546, .dport = 547, .ifindex = 1, .ifname = "eth0"
	};
	struct serve_worker *w = say_begin(c, type, 0);
	struct ia6_builder b;
	int len;

	pkt.xid = m.xid;
	opts_init(&pkt.opts, m.arena);
	(void)opts_add(&pkt.opts, OPT6_CLIENTID, duid_of(c));
	if (type == DHCP6_REQUEST || type == DHCP6_RENEW || gives_up)
		(void)opts_add(&pkt.opts, OPT6_SERVERID, duid_bytes(&m.srv.duid));
	if (type == DHCP6_SOLICIT && !dice(4))
		(void)opts_add(&pkt.opts, OPT6_RAPID_COMMIT, bytes_of("", 0));
	(void)ia6_builder_init(&b, &pkt.opts, 1500);
	trace("client %d says %s, xid %u, worker %td", client_no(c), packet6_type_name(type), m.xid, w - m.srv.workers);
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
	c->moving |= gives_up;
	say_end(c, w, &dgram);
}

static void act(struct client *c)
{
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

/* --- the start and the end --------------------------------------------------- */

static void begin(void)
{
	(void)duid_parse(SERVER_DUID, &m.srv.duid);
	for (unsigned i = 0; i < THINGS; i++)
		m.things[i] = (struct thing){ .prefix = thing_prefix(i), .type = i < ADDRESSES ? LEASE_NA : LEASE_PD };
	for (unsigned i = 0; i < CLIENTS; i++)
		memcpy(m.clients[i].id, (const uint8_t[]){ 0, 3, 0, 1, 2, 0, 0, 0, 0, (uint8_t)i },
		       sizeof(m.clients[i].id));
}

static void check_enough(void)
{
	if (!m.n[DHCP6_ADVERTISE] || !m.n[DHCP6_REPLY] || !n_several || !n_refused)
		fail("nothing happened: %llu offers, %llu replies, %llu IAs with several leases, %llu refused",
		     (unsigned long long)m.n[DHCP6_ADVERTISE], (unsigned long long)m.n[DHCP6_REPLY],
		     (unsigned long long)n_several, (unsigned long long)n_refused);
}

const struct rules rules = {
	.family = &family6,
	.n_clients = CLIENTS,
	.n_things = THINGS,
	.n_pools = 3,
	.max_leases = 2,
	.begin = begin,
	.configure = configure,
	.act = act,
	.take_answer = take_answer,
	.is_lease_of = is_lease_of,
	.check_enough = check_enough,
};
