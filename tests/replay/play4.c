/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DHCPv4 messages of scenarios. Keys of send: mac cid xid secs flags ciaddr giaddr want server prl life size
 * rai iface local src dst sport raw mtu op hlen cut and opt.N=HEX. Of expect: yiaddr ciaddr siaddr giaddr dst port
 * dstmac raw mac htype server life t1 t2 last flags file sname cid len and opt.N=HEX, where "-" means absent.
 */
#include "play.h"

static uint8_t type_of(const char *name)
{
	static const struct {
		const char *name;
		uint8_t type;
	} types[] = {
		{ "discover", DHCP4_DISCOVER }, { "offer", DHCP4_OFFER },   { "request", DHCP4_REQUEST },
		{ "decline", DHCP4_DECLINE },   { "ack", DHCP4_ACK },       { "nak", DHCP4_NAK },
		{ "release", DHCP4_RELEASE },   { "inform", DHCP4_INFORM }, { "bootp", 0 },
	};
	unsigned i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(name, types[i].name))
			return types[i].type;
	return (uint8_t)number_of(name);
}

static void send4(void)
{
	struct packet4 pkt = { .op = BOOTREQUEST, .htype = 1, .hlen = 6, .xid = 1, .sname = "", .file = "" };
	struct dgram dgram = { .sport = 68, .dport = 67, .ifindex = 1, .ifname = "eth0", .raw_in = true };
	struct bytes mac = hex_of("02:00:00:00:00:01");
	uint8_t buf[2048];
	const char *v;
	unsigned i;
	int len;

	opts_init(&pkt.opts, play.arena);
	pkt.type = type_of(words[1]);
	dgram.local = ip_of("192.0.2.1");
	dgram.src = ip_zero4;
	dgram.dst = ip_of("255.255.255.255");
	if ((v = value_of("mac")))
		mac = hex_of(v);
	memcpy(pkt.chaddr, mac.data, mac.len > 16 ? 16 : mac.len);
	memcpy(dgram.src_mac, mac.data, mac.len > 6 ? 6 : mac.len);
	pkt.hlen = (uint8_t)mac.len;
	if ((v = value_of("hlen")))
		pkt.hlen = (uint8_t)number_of(v);
	if ((v = value_of("op")))
		pkt.op = (uint8_t)number_of(v);
	if ((v = value_of("xid")))
		pkt.xid = number_of(v);
	if ((v = value_of("secs")))
		pkt.secs = (uint16_t)number_of(v);
	if ((v = value_of("flags")))
		pkt.flags = !strcmp(v, "broadcast") ? 0x8000 : (uint16_t)number_of(v);
	if ((v = value_of("ciaddr"))) {
		struct ip ip = ip_of(v);

		pkt.ciaddr = ip_to4(&ip);
		dgram.src = ip;
	}
	if ((v = value_of("giaddr"))) {
		struct ip ip = ip_of(v);

		pkt.giaddr = ip_to4(&ip);
		dgram.src = ip;
		dgram.sport = 67;
		dgram.raw_in = false;
	}
	if ((v = value_of("sport")))
		dgram.sport = (uint16_t)number_of(v);
	if ((v = value_of("src")))
		dgram.src = ip_of(v);
	if ((v = value_of("dst")))
		dgram.dst = ip_of(v);
	if ((v = value_of("local")))
		dgram.local = ip_of(v);
	if ((v = value_of("iface")))
		(void)snprintf(dgram.ifname, sizeof(dgram.ifname), "%s", v);
	if ((v = value_of("mtu")))
		dgram.mtu = number_of(v);
	if ((v = value_of("raw")))
		dgram.raw_in = number_of(v);
	if ((v = value_of("cid")))
		(void)opts_add(&pkt.opts, 61, hex_of(v));
	if ((v = value_of("want"))) {
		struct ip ip = ip_of(v);

		(void)opts_add(&pkt.opts, 50, be32(ip_to4(&ip)));
	}
	if ((v = value_of("server"))) {
		struct ip ip = ip_of(v);

		(void)opts_add(&pkt.opts, 54, be32(ip_to4(&ip)));
	}
	if ((v = value_of("life")))
		(void)opts_add(&pkt.opts, 51, be32(number_of(v)));
	if ((v = value_of("size"))) {
		struct bytes n = be32(number_of(v));

		(void)opts_add(&pkt.opts, 57, bytes_of(n.data + 2, 2));
	}
	if ((v = value_of("prl"))) {
		uint8_t codes[64];
		size_t n = 0;

		while (*v && n < sizeof(codes)) {
			codes[n++] = (uint8_t)strtoul(v, (char **)&v, 10);
			if (*v == ',')
				v++;
		}
		(void)opts_add(&pkt.opts, 55, bytes_of(arena_dup(play.arena, codes, n), n));
	}
	for (i = 2; i < n_words; i++)
		if (!strncmp(words[i], "opt.", 4) && (v = strchr(words[i], '=')))
			(void)opts_add(&pkt.opts, (uint16_t)strtoul(words[i] + 4, NULL, 10), hex_of(v + 1));
	if ((v = value_of("rai")))
		(void)opts_add(&pkt.opts, 82, hex_of(v));
	len = packet4_write(&pkt, &(struct packet4_limits){ 1500, 1500 }, buf, sizeof(buf), NULL);
	if (len < 0)
		fail("cannot write the message");
	if ((v = value_of("cut")))
		len = (int)number_of(v);
	dgram.buf = buf;
	dgram.len = (uint32_t)len;
	dgram.size = sizeof(buf);
	deliver(&dgram);
}

static void want_ip(const char *key, uint32_t got)
{
	char text[IP_TEXT_MAX];
	struct ip ip = ip_from4(got);

	want_text(key, ip_format(&ip, text));
}

static void want_option(const char *key, unsigned code, bool as_number)
{
	const struct opt *opt = opts_find(&play.answers[play.next_answer].pkt.opts, (uint16_t)code);
	char text[4096] = "-";

	if (opt && as_number && opt->data.len == 4) {
		struct reader r = reader_of(opt->data);

		(void)snprintf(text, sizeof(text), "%u", read_u32(&r));
	} else if (opt) {
		(void)bytes_to_hex(opt->data, 0, text, sizeof(text));
	}
	want_text(key, text);
}

static void expect4(struct answer *a)
{
	char text[64];
	unsigned i;

	want_ip("yiaddr", a->pkt.yiaddr);
	want_ip("ciaddr", a->pkt.ciaddr);
	want_ip("siaddr", a->pkt.siaddr);
	want_ip("giaddr", a->pkt.giaddr);
	(void)bytes_to_hex(bytes_of(a->dgram.dst_mac, 6), ':', text, sizeof(text));
	want_text("dstmac", text);
	(void)snprintf(text, sizeof(text), "%d", a->dgram.raw_out);
	want_text("raw", text);
	(void)snprintf(text, sizeof(text), "%u", a->pkt.xid);
	want_text("xid", text);
	(void)snprintf(text, sizeof(text), "%u", a->pkt.flags);
	want_text("flags", text);
	(void)bytes_to_hex(bytes_of(a->pkt.chaddr, a->pkt.hlen), ':', text, sizeof(text));
	want_text("mac", text);
	(void)snprintf(text, sizeof(text), "%u", a->pkt.htype);
	want_text("htype", text);
	want_text("file", a->pkt.file);
	want_text("sname", a->pkt.sname);
	want_option("server", 54, false);
	want_option("life", 51, true);
	want_option("t1", 58, true);
	want_option("t2", 59, true);
	want_option("cid", 61, false);
	if (a->pkt.opts.n) {
		(void)snprintf(text, sizeof(text), "%u", a->pkt.opts.v[a->pkt.opts.n - 1].code);
		want_text("last", text);
	}
	(void)snprintf(text, sizeof(text), "%u", a->dgram.len);
	want_text("len", text);
	for (i = 2; i < n_words; i++)
		if (!strncmp(words[i], "opt.", 4)) {
			char key[16];
			size_t len = strcspn(words[i], "=");

			(void)snprintf(key, sizeof(key), "%.*s", (int)len, words[i]);
			want_option(key, (unsigned)strtoul(words[i] + 4, NULL, 10), false);
		}
}

static const char *parse4(struct answer *a)
{
	const char *why = NULL;

	return packet4_parse(bytes_of(a->buf, a->dgram.len), play.arena, &a->pkt, &why) < 0 ? (why ? why : "no memory")
											    : NULL;
}

static unsigned type4(const struct answer *a)
{
	return a->pkt.type;
}

const struct dialect dialect4 = { &family4, LEASE_V4, type_of, parse4, type4, send4, expect4 };
