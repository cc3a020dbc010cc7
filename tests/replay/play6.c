/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DHCPv6 messages of scenarios. Keys of send: xid duid server (ours or HEX) oro src dst iface opt.N=HEX,
 * rapid=1, cut, and any number of
 *
 *	na=IAID[,ADDRESS[@PREFERRED@VALID]]...    pd=IAID[,PREFIX/LEN[@P@V]]...    ta=IAID
 *	relay=LINK,PEER[,INTERFACE-ID as HEX or -[,CODE:HEX]...]     the relay closest to the server first
 *
 * Of expect: xid status (of the message, "-" = none) t1 t2 (of the first IA) relays opt.N=HEX, where "-" means
 * absent and a repeated code means its next instance, size.N=BYTES of the first option N, len,
 * relay.I=HOP,LINK,PEER[,CODE:HEX]... of the I-th relay, counted from the server, and na= and pd= in order as
 * above, "-" if there is none, !CODE for a status code in the IA, +CODE:HEX for an option in an address or
 * prefix.
 */
#include "play.h"

#include "base/str.h"
#include "wire/dict6.h"

static uint8_t type_of(const char *name)
{
	static const struct {
		const char *name;
		uint8_t type;
	} types[] = {
		{ "solicit", DHCP6_SOLICIT },
		{ "advertise", DHCP6_ADVERTISE },
		{ "request", DHCP6_REQUEST },
		{ "confirm", DHCP6_CONFIRM },
		{ "renew", DHCP6_RENEW },
		{ "rebind", DHCP6_REBIND },
		{ "reply", DHCP6_REPLY },
		{ "release", DHCP6_RELEASE },
		{ "decline", DHCP6_DECLINE },
		{ "inform", DHCP6_INFORMATION_REQUEST },
		{ "register", DHCP6_ADDR_REG_INFORM },
		{ "registered", DHCP6_ADDR_REG_REPLY },
	};
	unsigned i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(name, types[i].name))
			return types[i].type;
	return (uint8_t)number_of(name);
}

/* --- send --- */

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix = { .len = 128 };

	if (strchr(text, '/') ? prefix_parse(text, &prefix) < 0 : ip_parse(text, &prefix.addr) < 0)
		fail("%s is neither an address nor a prefix", text);
	return prefix;
}

/* "1,2001:db8::1@100@200" */
static void add_ia(struct ia6_builder *b, uint16_t code, char *text)
{
	char *save = NULL, *part = strtok_r(text, ",", &save);

	ia6_open(b, code, number_of(part), 0, 0);
	while ((part = strtok_r(NULL, ",", &save))) {
		char *preferred = strchr(part, '@'), *valid = preferred ? strchr(preferred + 1, '@') : NULL;
		struct prefix prefix;

		if (preferred)
			*preferred++ = '\0';
		if (valid)
			*valid++ = '\0';
		prefix = prefix_of(part);
		ia6_add(b, &prefix, preferred ? number_of(preferred) : 0, valid ? number_of(valid) : 0);
	}
	if (ia6_close(b) < 0)
		fail("the IA does not fit");
}

static void add_relay(struct packet6 *pkt, char *text)
{
	char *save = NULL, *link = strtok_r(text, ",", &save), *peer = strtok_r(NULL, ",", &save),
	     *id = strtok_r(NULL, ",", &save);
	struct relay6 *relay = &pkt->relays[pkt->n_relays++];

	if (!link || !peer)
		fail("a relay is LINK,PEER");
	*relay = (struct relay6){ .link = ip_of(link), .peer = ip_of(peer) };
	opts_init(&relay->opts, play.arena);
	if (id && strcmp(id, "-") != 0)
		(void)opts_add(&relay->opts, OPT6_INTERFACE_ID, hex_of(id));
	while (id && (id = strtok_r(NULL, ",", &save))) {
		char *hex = strchr(id, ':');

		if (!hex)
			fail("an option of a relay is CODE:HEX");
		(void)opts_add(&relay->opts, (uint16_t)strtoul(id, NULL, 10), hex_of(hex + 1));
	}
	pkt->relay_type = DHCP6_RELAY_FORW;
}

static void send6(void)
{
	static uint8_t buf[65535];
	struct packet6 pkt = { .type = type_of(words[1]),
			       .xid = 1,
			       .relays = arena_new_array(play.arena, struct relay6, 40) };
	struct dgram dgram = {
		.sport = 546, .dport = 547, .ifindex = 1, .ifname = "eth0", .buf = buf, .size = sizeof(buf)
	};
	struct ia6_builder b;
	const char *v;
	unsigned i;
	int len;

	opts_init(&pkt.opts, play.arena);
	dgram.local = ip_of("fe80::1");
	dgram.src = ip_of("fe80::2");
	dgram.dst = ip_of("ff02::1:2");
	if ((v = value_of("xid")))
		pkt.xid = number_of(v);
	v = value_of("duid");
	if (!v || strcmp(v, "none"))
		(void)opts_add(&pkt.opts, OPT6_CLIENTID, hex_of(v ? v : "00030001020000000001"));
	if ((v = value_of("server")))
		(void)opts_add(&pkt.opts, OPT6_SERVERID, hex_of(!strcmp(v, "ours") ? SERVER_DUID : v));
	if (value_of("rapid"))
		(void)opts_add(&pkt.opts, OPT6_RAPID_COMMIT, bytes_of("", 0));
	if ((v = value_of("oro"))) {
		uint8_t codes[128];
		size_t n = 0;

		while (*v && n + 2 <= sizeof(codes)) {
			unsigned long code = strtoul(v, (char **)&v, 10);

			codes[n++] = (uint8_t)(code >> 8);
			codes[n++] = (uint8_t)code;
			if (*v == ',')
				v++;
		}
		(void)opts_add(&pkt.opts, OPT6_ORO, bytes_of(arena_dup(play.arena, codes, n), n));
	}
	if (ia6_builder_init(&b, &pkt.opts, 16384) < 0)
		fail("no memory");
	for (i = 2; i < n_words; i++) {
		if (!strncmp(words[i], "na=", 3))
			add_ia(&b, OPT6_IA_NA, words[i] + 3);
		else if (!strncmp(words[i], "pd=", 3))
			add_ia(&b, OPT6_IA_PD, words[i] + 3);
		else if (!strncmp(words[i], "ta=", 3))
			add_ia(&b, OPT6_IA_TA, words[i] + 3);
		else if (!strncmp(words[i], "relay=", 6))
			add_relay(&pkt, words[i] + 6);
		else if (!strncmp(words[i], "opt.", 4) && (v = strchr(words[i], '=')))
			(void)opts_add(&pkt.opts, (uint16_t)strtoul(words[i] + 4, NULL, 10), hex_of(v + 1));
	}
	if (pkt.n_relays) {
		dgram.src = ip_of("2001:db8:ffff::1");
		dgram.sport = 547;
	}
	if ((v = value_of("src")))
		dgram.src = ip_of(v);
	if ((v = value_of("dst")))
		dgram.dst = ip_of(v);
	if ((v = value_of("sport")))
		dgram.sport = (uint16_t)number_of(v);
	if ((v = value_of("iface")))
		(void)snprintf(dgram.ifname, sizeof(dgram.ifname), "%s", v);
	len = packet6_write(&pkt, buf, sizeof(buf), NULL);
	if (len < 0)
		fail("cannot write the message");
	if ((v = value_of("cut")))
		len = (int)number_of(v);
	dgram.len = (uint32_t)len;
	deliver(&dgram);
}

/* --- expect --- */

static void print_option(const struct opt *opt, char before, struct str *out)
{
	char hex[1200];

	(void)bytes_to_hex(opt->data, 0, hex, sizeof(hex));
	str_addf(out, "%c%u:%s", before, opt->code, hex);
}

static void print_ia(const struct ia6 *ia, struct str *out)
{
	struct reader r = reader_of(ia->subs);
	struct status6_value status;
	struct ia6_item item;
	char text[PREFIX_TEXT_MAX];

	str_addf(out, "%u", ia->iaid);
	while (ia6_next_item(ia, &r, &item)) {
		struct reader subs = reader_of(item.subs);
		struct opt opt;

		str_addf(out, ",%s@%u@%u",
			 item.prefix.len == 128 ? ip_format(&item.prefix.addr, text)
						: prefix_format(&item.prefix, text),
			 item.preferred, item.valid);
		while (opt_next6(&subs, &opt))
			print_option(&opt, '+', out);
	}
	if (ia6_status(ia->subs, &status))
		str_addf(out, "!%u", status.code);
}

/* Compares the IAs of a type, in order, with those named on the line; "-": none. */
static void expect_ias(const struct answer *a, const char *key, uint16_t code)
{
	size_t len = strlen(key);
	unsigned i, pos = 0, n_wanted = 0, n_got = 0;
	bool none = false;
	struct ia6 ia;

	for (i = 2; i < n_words; i++) {
		struct str got = { 0 };
		bool any;

		if (strncmp(words[i], key, len) || words[i][len] != '=')
			continue;
		if (!strcmp(words[i] + len + 1, "-")) {
			none = true;
			continue;
		}
		n_wanted++;
		while ((any = ia6_next(&a->pkt6.opts, &pos, &ia)) && ia.code != code)
			;
		if (!any)
			fail("there is no %s number %u", key, n_wanted);
		print_ia(&ia, &got);
		if (strcmp(str_text(&got), words[i] + len + 1) != 0)
			fail("%s is %s, not %s", key, str_text(&got), words[i] + len + 1);
		str_free(&got);
	}
	for (pos = 0; ia6_next(&a->pkt6.opts, &pos, &ia);)
		n_got += ia.code == code;
	if ((n_wanted || none) && n_got != n_wanted)
		fail("there are %u %s, not %u", n_got, key, n_wanted);
}

static void expect_relays(const struct answer *a)
{
	unsigned i, k;

	for (i = 0; i < a->pkt6.n_relays; i++) {
		const struct relay6 *relay = &a->pkt6.relays[i];
		char key[24], link[IP_TEXT_MAX], peer[IP_TEXT_MAX];
		struct str got = { 0 };

		(void)snprintf(key, sizeof(key), "relay.%u", i);
		str_addf(&got, "%u,%s,%s", relay->hop_count, ip_format(&relay->link, link),
			 ip_format(&relay->peer, peer));
		for (k = 0; k < relay->opts.n; k++)
			print_option(&relay->opts.v[k], ',', &got);
		want_text(key, str_text(&got));
		str_free(&got);
	}
}

/* opt.N=HEX is word number i: skips as many instances as earlier words name it. */
static void expect_option(const struct answer *a, unsigned i)
{
	size_t len = strcspn(words[i], "=");
	unsigned code = (unsigned)strtoul(words[i] + 4, NULL, 10), skip = 0, k;
	char text[1200] = "-";

	for (k = 2; k < i; k++)
		skip += !strncmp(words[k], words[i], len + 1);
	for (k = 0; k < a->pkt6.opts.n; k++)
		if (a->pkt6.opts.v[k].code == code && !skip--) {
			(void)bytes_to_hex(a->pkt6.opts.v[k].data, 0, text, sizeof(text));
			break;
		}
	if (words[i][len] && strcmp(text, words[i] + len + 1) != 0)
		fail("option %u is %s, not %s", code, text, words[i] + len + 1);
}

/* size.N=BYTES, the word number i */
static void expect_size(const struct answer *a, unsigned i)
{
	const struct opt *opt = opts_find(&a->pkt6.opts, (uint16_t)strtoul(words[i] + 5, NULL, 10));
	const char *want = strchr(words[i], '=');

	if (!opt || !want || opt->data.len != number_of(want + 1))
		fail("option %s has %zu bytes", words[i] + 5, opt ? opt->data.len : 0);
}

static void expect6(struct answer *a)
{
	const struct opt *status = opts_find(&a->pkt6.opts, OPT6_STATUS_CODE);
	struct status6_value value = { 0 };
	struct ia6 ia;
	char text[1200] = "-";
	unsigned i, pos = 0;

	if (status && status6_read(status->data, &value))
		(void)snprintf(text, sizeof(text), "%u", value.code);
	want_text("status", text);
	(void)snprintf(text, sizeof(text), "%u", a->pkt6.xid);
	want_text("xid", text);
	(void)snprintf(text, sizeof(text), "%u", a->pkt6.n_relays);
	want_text("relays", text);
	if (ia6_next(&a->pkt6.opts, &pos, &ia)) {
		(void)snprintf(text, sizeof(text), "%u", ia.t1);
		want_text("t1", text);
		(void)snprintf(text, sizeof(text), "%u", ia.t2);
		want_text("t2", text);
	}
	(void)snprintf(text, sizeof(text), "%u", a->dgram.len);
	want_text("len", text);
	expect_relays(a);
	expect_ias(a, "na", OPT6_IA_NA);
	expect_ias(a, "pd", OPT6_IA_PD);
	for (i = 2; i < n_words; i++)
		if (!strncmp(words[i], "opt.", 4))
			expect_option(a, i);
		else if (!strncmp(words[i], "size.", 5))
			expect_size(a, i);
}

static const char *parse6(struct answer *a)
{
	const char *why = NULL;

	return packet6_parse(bytes_of(a->buf, a->dgram.len), play.arena, &a->pkt6, &why) < 0 ? (why ? why : "no memory")
											     : NULL;
}

static unsigned type6(const struct answer *a)
{
	return a->pkt6.type;
}

const struct dialect dialect6 = { &family6, LEASE_NA, type_of, parse6, type6, send6, expect6 };
