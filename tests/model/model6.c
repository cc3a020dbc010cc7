/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The rules of the game (model.c) for DHCPv6: clients with several IAs of addresses and prefixes, several leases
 * in each, and prefix pools that each configuration divides differently, moves, or makes overlap the addresses.
 * Besides, these must never happen:
 *
 *	a client is told to stop using what it holds, or that an IA it holds is unknown
 *	a response has the same prefix, or a part of it, in two IAs
 *	T1 and T2 differ between the IAs of a response, or something is preferred for longer than it is valid
 */
#include "model.h"

#define CLIENTS 14
#define IAS IAS_MODEL /* per client: 0 and 1 for addresses, 2 and 3 for prefixes */
#define ADDRESSES 14u /* 2001:db8:1::10 and up, in two pools */
#define ADDRESSES2 4u /* 2001:db8:2::10 and up, in a second subnet that is sometimes on the link */
#define OUTSIDE 2u    /* 2001:db8:1::f0 and up, in no pool; and in the second subnet */
#define N_NA (ADDRESSES + ADDRESSES2 + 2 * OUTSIDE)
#define SERVER_DUID "00:03:00:01:aa:bb:cc:dd:ee:ff"

static uint64_t n_several, n_refused, n_kept;
static unsigned n_things;

static struct bytes duid_of(const struct client *c)
{
	return bytes_of(c->id, sizeof(c->id));
}

/* Where prefixes may be delegated: 2001:db8:8000::/61, and the prefix that contains the addresses. */
static const struct area {
	const char *text;
	uint8_t len, lens[5]; /* of the pool, and of the prefixes it delegates in some configuration */
} areas[] = {
	{ "2001:db8:8000::", 61, { 62, 63, 64, 65 } },
	{ "2001:db8:1::10", 124, { 126, 128 } },
};

static void add_thing(const struct ip *addr, uint8_t len, enum lease_type type, unsigned subnet_id)
{
	if (n_things == THINGS_MAX)
		fail("THINGS_MAX");
	m.things[n_things++] = (struct thing){ .prefix = { *addr, len }, .type = type, .subnet_id = subnet_id };
}

static void add_addresses(const char *text, unsigned n, unsigned subnet_id)
{
	struct ip first;

	(void)ip_parse(text, &first);
	for (unsigned i = 0; i < n; i++) {
		struct ip addr = ip_add(&first, i);

		add_thing(&addr, 128, LEASE_NA, subnet_id);
	}
}

static void make_things(void)
{
	struct ip first;

	n_things = 0;
	add_addresses("2001:db8:1::10", ADDRESSES, 1);
	add_addresses("2001:db8:2::10", ADDRESSES2, 2);
	add_addresses("2001:db8:1::f0", OUTSIDE, 1);
	add_addresses("2001:db8:2::f0", OUTSIDE, 2);
	for (unsigned a = 0; a < 2; a++)
		for (const uint8_t *len = areas[a].lens; *len; len++) {
			(void)ip_parse(areas[a].text, &first);
			for (unsigned i = 0; i < 1u << (*len - areas[a].len); i++) {
				struct ip addr = ip_add_steps(&first, i, 128u - *len);

				add_thing(&addr, *len, LEASE_PD, 0);
			}
		}
	/* One that is in no pool. */
	(void)ip_parse("2001:db8:c000::", &first);
	add_thing(&first, 56, LEASE_PD, 0);
}

static unsigned ia_index(const struct ia6 *ia)
{
	return (ia->code == OPT6_IA_PD ? 2 : 0) + ia->iaid - 1;
}

/* --- server messages --- */

static bool is_lease_of(const struct lease *lease, const struct client *c, unsigned ia)
{
	return bytes_equal(lease->client_id, duid_of(c)) && lease->iaid == ia % 2 + 1 &&
	       lease->type == (ia < 2 ? LEASE_NA : LEASE_PD);
}

static enum lease_type type_of(unsigned ia)
{
	return ia < 2 ? LEASE_NA : LEASE_PD;
}

/* What the current response says about its IAs. */
static struct {
	struct prefix v[IAS * 8];
	unsigned n;
} said;

static void check_said(const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	for (unsigned i = 0; i < said.n; i++)
		if (prefix_contains(prefix, &said.v[i].addr) || prefix_contains(&said.v[i], &prefix->addr))
			fail("a response has %s twice", prefix_format(prefix, text));
	said.v[said.n++] = *prefix;
}

static void take_item(const struct sent *sent, const struct ia6 *ia, const struct ia6_item *item, bool is_reply)
{
	unsigned k = ia_index(ia);
	struct thing *thing = thing_of(&item->prefix, type_of(k));
	const struct pool *pool;
	char text[PREFIX_TEXT_MAX];

	(void)prefix_format(&item->prefix, text);
	trace("  ia %u: %s for %u s", k, text, item->valid);
	if (item->valid)
		check_said(&item->prefix);
	if (item->valid)
		tell(sent->client, k, is_reply ? TOLD_GIVEN : TOLD_OFFER, &item->prefix);
	if (item->preferred > item->valid)
		fail("%s is preferred for %u s and valid for %u s", text, item->preferred, item->valid);
	if (!item->valid) {
		n_refused++;
		sent->client->told[k].stopped = item->prefix;
		if (!thing || !holds(thing, sent->client, k))
			return;
		if (sent->round == m.round && may_keep(sent->client, sent->look, thing))
			fail("client %d was told to stop using %s, which it holds", client_no(sent->client), text);
		thing->client = NULL;
		return;
	}
	take_lease(sent, &item->prefix, type_of(k), k, item->valid, is_reply);
	/* It has asked again since, and thereby loses it. */
	if (is_reply && m.sent[sent->client->last_xid % XIDS].client == sent->client &&
	    sent != &m.sent[sent->client->last_xid % XIDS] && !may_keep(sent->client, sent->client->look, thing))
		thing->client = NULL;
	pool = k < 2 ? NULL : link_pd_pool_around(&m.live->cfg->plan.subs[0], &item->prefix);
	n_kept += pool && pool->len != item->prefix.len;
}

/* What the client holds in the IA and does not get again is no longer its own, if it may not keep it. */
static void forget_rest(const struct sent *sent, const struct ia6 *ia)
{
	for (unsigned i = 0; i < n_things; i++) {
		struct thing *thing = &m.things[i];
		struct reader r = reader_of(ia->subs);
		struct ia6_item item;
		bool found = false;

		if (!holds(thing, sent->client, ia_index(ia)) ||
		    (sent->round == m.round && may_keep(sent->client, sent->look, thing)))
			continue;
		while (!found && ia6_next_item(ia, &r, &item))
			found = thing == thing_of(&item.prefix, thing->type);
		if (!found)
			thing->client = NULL;
	}
}

static void take_ia(const struct sent *sent, const struct ia6 *ia, bool is_reply)
{
	struct reader r = reader_of(ia->subs);
	struct status6_value status;
	struct ia6_item item;
	unsigned n = 0;

	if (is_reply)
		forget_rest(sent, ia);
	while (ia6_next_item(ia, &r, &item)) {
		n += item.valid != 0;
		take_item(sent, ia, &item, is_reply);
	}
	n_several += n > 1;
	if (ia6_status(ia->subs, &status))
		trace("  ia %u: status %u, %.*s", ia_index(ia), status.code, (int)status.text.len,
		      (const char *)status.text.data);
	if (ia6_status(ia->subs, &status) && status.code == STATUS6_NO_BINDING)
		tell(sent->client, ia_index(ia), TOLD_REFUSED, NULL);
	if (!ia6_status(ia->subs, &status) || (sent->type != DHCP6_RENEW && sent->type != DHCP6_REBIND) ||
	    sent->round != m.round)
		return;
	for (unsigned i = 0; i < n_things; i++)
		if (holds(&m.things[i], sent->client, ia_index(ia)) && may_keep(sent->client, sent->look, &m.things[i]))
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

	said.n = 0;
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

static void add_pool(struct str *text, unsigned nth, unsigned k, unsigned first, unsigned n)
{
	str_addf(text, "%s { \"pool\": \"2001:db8:%u::%x - 2001:db8:%u::%x\"", k ? "," : " \"pools\": [", nth + 1,
		 first, nth + 1, first + n - 1);
	add_pool_guard(text, &m.access.pools[nth][k]);
	add_pool_id(text);
}

static void end_pd_pool(struct str *text, unsigned k)
{
	add_pool_guard(text, &m.access.pd_pools[0][k]);
	add_pool_id(text);
}

static void configure(struct str *text)
{
	str_add(text, " \"preferred-lifetime\": 60, \"min-preferred-lifetime\": 10, \"max-preferred-lifetime\": 300,");
	str_addf(text, " \"pd-allocator\": \"%s\",", any_allocator());
	str_addf(text, " \"max-addresses-per-ia\": %u,", 1 + dice(3));
	str_addf(text, " \"max-prefixes-per-ia\": %u,", 1 + dice(2));
	m.access.network = 0;
	if (m.has_second) {
		str_add(text, " \"shared-networks\": [ { \"name\": \"link\"");
		add_guard(text, &m.access.network);
		add_scope_option(text, "shared network link");
		str_add(text, ",");
	}
	str_add(text, " \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8:1::/64\", \"interface\": \"eth0\", "
		      "\"rapid-commit\": true,");
	add_pool(text, 0, 0, 0x10, ADDRESSES / 2);
	if (dice(4))
		add_pool(text, 0, 1, 0x10 + ADDRESSES / 2, ADDRESSES / 2);
	str_add(text, " ], \"pd-pools\": [");
	if (m.is_shared) {
		str_add(text, " { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 61, \"delegated-len\": 64");
	} else if (!dice(4)) { /* a part of it */
		str_addf(text, " { \"prefix\": \"2001:db8:8000:%u::\", \"prefix-len\": 62,", 4 * dice(2));
		str_addf(text, " \"delegated-len\": %u", 63 + dice(3));
	} else {
		str_addf(text, " { \"prefix\": \"2001:db8:8000::\", \"prefix-len\": 61, \"delegated-len\": %u",
			 dice(2) ? 64 : 62 + dice(4));
	}
	end_pd_pool(text, 0);
	if (!m.is_shared && !dice(3)) {
		str_addf(text, ", { \"prefix\": \"2001:db8:1::10\", \"prefix-len\": 124, \"delegated-len\": %u",
			 dice(2) ? 126 : 128);
		end_pd_pool(text, 1);
	}
	str_add(text, " ]");
	add_reservations(text, 1);
	add_guard(text, &m.access.subnets[0]);
	if (m.has_second) {
		str_add(text, " }, { \"id\": 2, \"subnet\": \"2001:db8:2::/64\", \"interface\": \"eth0\", "
			      "\"rapid-commit\": true,");
		add_pool(text, 1, 0, 0x10, ADDRESSES2);
		str_add(text, " ]");
		add_reservations(text, 2);
		add_guard(text, &m.access.subnets[1]);
		str_add(text, " } ]");
	}
	str_add(text, " } ]");
}

/* --- client messages --- */

static struct thing *any_thing(unsigned ia)
{
	return &m.things[ia < 2 ? dice(N_NA) : N_NA + dice(n_things - N_NA)];
}

/*
 * A client that asks for an IA loses what it holds there and may not keep: another client may get it before the
 * response arrives.
 */
static void lose_things(const struct client *c, unsigned ia)
{
	for (unsigned i = 0; i < n_things; i++)
		if (holds(&m.things[i], c, ia) && !may_keep(c, c->look, &m.things[i]))
			m.things[i].client = NULL;
}

/* Names what the client holds in the IA, and now and then something else. */
static void name_things(struct ia6_builder *b, const struct client *c, unsigned ia, bool gives_up)
{
	unsigned n_other = dice(3) ? 0 : 1 + dice(3);
	char text[PREFIX_TEXT_MAX];

	for (unsigned i = 0; i < n_things; i++) {
		uint32_t preferred, valid;

		if (!holds(&m.things[i], c, ia) || !dice(6))
			continue;
		if (gives_up)
			m.things[i].client = NULL; /* whether the server receives it or not */
		preferred = dice(3) ? 0 : dice(300);
		valid = dice(3) ? 0 : dice(300);
		trace("  ia %u names %s", ia, prefix_format(&m.things[i].prefix, text));
		ia6_add(b, &m.things[i].prefix, preferred, valid);
	}
	while (n_other--) {
		struct thing *thing = any_thing(ia);
		struct prefix prefix =
			dice(4) ? thing->prefix : (struct prefix){ .addr = ip_zero6, .len = ia < 2 ? 128 : 64 };

		if (gives_up && holds(thing, c, ia))
			thing->client = NULL;
		trace("  ia %u names %s", ia, prefix_format(&prefix, text));
		ia6_add(b, &prefix, 0, 0);
	}
}

/* `ias`: a bit for each IA concerned. `named`: what the client names there; NULL: a random choice. */
static void say(struct client *c, uint8_t type, unsigned ias, const struct prefix *named, bool is_rapid)
{
	static uint8_t buf[2048];
	bool gives_up = type == DHCP6_RELEASE || type == DHCP6_DECLINE;
	struct packet6 pkt = { .type = type };
	struct dgram dgram = {
		.buf = buf, .size = sizeof(buf), .sport = 546, .dport = 547, .ifindex = 1, .ifname = "eth0"
	};
	struct serve_worker *w = say_begin(c, type, 0);
	uint8_t class[8] = { 0 };
	struct ia6_builder b;
	int len;

	pkt.xid = m.xid;
	opts_init(&pkt.opts, m.arena);
	(void)opts_add(&pkt.opts, OPT6_CLIENTID, duid_of(c));
	if (type == DHCP6_REQUEST || type == DHCP6_RENEW || gives_up)
		(void)opts_add(&pkt.opts, OPT6_SERVERID, duid_bytes(&m.srv.duid));
	if (c->look) {
		class[1] = (uint8_t)strlen(look_text[c->look]);
		memcpy(class + 2, look_text[c->look], class[1]);
		(void)opts_add(&pkt.opts, OPT6_USER_CLASS, bytes_of(class, 2u + class[1]));
	}
	if (is_rapid)
		(void)opts_add(&pkt.opts, OPT6_RAPID_COMMIT, bytes_of("", 0));
	(void)ia6_builder_init(&b, &pkt.opts, 1500);
	trace("client %d says %s, xid %u, worker %td", client_no(c), packet6_type_name(type), m.xid, w - m.srv.workers);
	for (unsigned ia = 0; ia < IAS; ia++) {
		if (!(ias >> ia & 1))
			continue;
		ia6_open(&b, ia < 2 ? OPT6_IA_NA : OPT6_IA_PD, ia % 2 + 1, 0, 0);
		if (named)
			ia6_add(&b, named, 0, 0);
		else
			name_things(&b, c, ia, gives_up);
		lose_things(c, ia);
		(void)ia6_close(&b);
	}
	len = packet6_write(&pkt, buf, sizeof(buf), NULL);
	if (len < 0)
		fail("cannot write a message");
	dgram.len = (uint32_t)len;
	(void)ip_parse("fe80::1", &dgram.local);
	(void)ip_parse("fe80::2", &dgram.src);
	(void)ip_parse("ff02::1:2", &dgram.dst);
	c->moving |= gives_up;
	say_end(c, w, &dgram);
}

static unsigned any_ias(uint8_t type)
{
	unsigned ias = 0;

	for (unsigned ia = 0; ia < (type == DHCP6_DECLINE ? 2 : IAS); ia++)
		ias |= dice(2) << ia;
	return type == DHCP6_DECLINE ? ias : ias | 1;
}

static void say_any(struct client *c, uint8_t type)
{
	unsigned ias = any_ias(type);

	say(c, type, ias, NULL, type == DHCP6_SOLICIT && !dice(4));
}

static void act(struct client *c)
{
	unsigned what = dice(100);

	if (c->moving)
		return;
	if (what < 25)
		say_any(c, DHCP6_SOLICIT);
	else if (what < 55)
		say_any(c, DHCP6_REQUEST);
	else if (what < 75)
		say_any(c, DHCP6_RENEW);
	else if (what < 85)
		say_any(c, DHCP6_REBIND);
	else if (!c->outstanding)
		say_any(c, what < 95 ? DHCP6_RELEASE : DHCP6_DECLINE);
}

static void discover(struct client *c, unsigned ia)
{
	say(c, DHCP6_SOLICIT, 1u << ia, NULL, false);
}

static void request(struct client *c, unsigned ia)
{
	struct prefix offered = c->told[ia].prefix;

	say(c, DHCP6_REQUEST, 1u << ia, &offered, false);
}

static void renew(struct client *c, unsigned ia, const struct prefix *held)
{
	struct prefix named = *held;

	say(c, DHCP6_RENEW, 1u << ia, &named, false);
}

static void make_noise(struct client *c, bool is_new)
{
	unsigned ias, number;

	if (is_new || !c->id[1]) {
		number = dice(3000);
		memcpy(c->id, (const uint8_t[]){ 0, 3, 0, 1, 2, 1, 0, 0, (uint8_t)(number >> 8), (uint8_t)number },
		       sizeof(c->id));
		c->look = dice(LOOKS);
	}
	ias = any_ias(DHCP6_SOLICIT);
	say(c, DHCP6_SOLICIT, ias, NULL, false);
}

/* --- reservations --- */

enum { ID_DUID, ID_HWADDR };
static const char *const id_names[] = { [ID_DUID] = "duid", [ID_HWADDR] = "hw-address", NULL };

/* The hardware address is the one in the DUID. */
static struct bytes id_of(const struct client *c, unsigned kind)
{
	return kind == ID_DUID ? duid_of(c) : bytes_of(c->id + 4, 6);
}

static bool shares_id(const struct client *c, unsigned kind)
{
	(void)c;
	(void)kind;
	return false;
}

/* --- start and end --- */

static void begin(void)
{
	(void)duid_parse(SERVER_DUID, &m.srv.duid);
	make_things();
	for (unsigned i = 0; i < CLIENTS; i++)
		memcpy(m.clients[i].id, (const uint8_t[]){ 0, 3, 0, 1, 2, 0, 0, 0, 0, (uint8_t)i },
		       sizeof(m.clients[i].id));
}

static void check_enough(void)
{
	if (!m.n[DHCP6_ADVERTISE] || !m.n[DHCP6_REPLY] || !n_several || !n_refused || !n_kept)
		fail("nothing happened: %llu offers, %llu replies, %llu IAs with several leases, %llu refused, %llu "
		     "kept",
		     (unsigned long long)m.n[DHCP6_ADVERTISE], (unsigned long long)m.n[DHCP6_REPLY],
		     (unsigned long long)n_several, (unsigned long long)n_refused, (unsigned long long)n_kept);
}

const struct rules rules = {
	.family = &family6,
	.n_clients = CLIENTS,
	.n_things = N_NA + 2 + 4 + 8 + 16 + 4 + 16 + 1,
	.max_leases = 2,
	.begin = begin,
	.configure = configure,
	.act = act,
	.discover = discover,
	.request = request,
	.renew = renew,
	.make_noise = make_noise,
	.n_ias = IAS,
	.type_of = type_of,
	.id_names = id_names,
	.id_of = id_of,
	.shares_id = shares_id,
	.class_test = "substring(option[15].hex, 2, all)",
	.take_answer = take_answer,
	.is_lease_of = is_lease_of,
	.check_enough = check_enough,
};
