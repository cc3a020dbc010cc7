/* SPDX-License-Identifier: MPL-2.0 */
/* DHCPv4 messages, templates, clients and their leases, the ledger. */
#include "../suite.h"

#include "perfdhcp/ledger.h"
#include "perfdhcp/packets.h"

#include <unistd.h>

static struct options opt;
static uint8_t out[2048];
static size_t out_len;
static const uint8_t server[] = { 192, 0, 2, 1 };

static void setup(void)
{
	opt = (struct options){ .family = 4, .clients = 1, .mac = { 0, 0x0c, 1, 2, 3, 0xfe } };
}

static struct grant granted(uint32_t addr)
{
	return (struct grant){ .has_addr = true, .addr = ip_from4(addr), .valid = 3600, .server = bytes_of(server, 4) };
}

static void write_message(enum kind kind, uint32_t client, const struct grant *grant, const struct ip *relay)
{
	struct writer w = writer_init(out, sizeof(out));
	struct message msg = {
		.kind = kind, .client = client, .xid = 0x01020304, .waited_ms = 5999, .grant = grant, .relay = relay
	};

	proto4.write(&opt, &msg, &w);
	ck_assert(!w.err);
	out_len = writer_len(&w);
}

/* Returns part of the message in hex. */
static const char *part(size_t at, size_t len)
{
	static char text[512];

	ck_assert_uint_le(at + len, out_len);
	(void)bytes_to_hex(bytes_of(out + at, len), 0, text, sizeof(text));
	return text;
}

START_TEST(generated)
{
	struct ip relay = ip_from4(0x0a000002);
	struct grant grant = granted(0xc0000264);
	struct extra_option extra = { 60, bytes_of("doc", 3) };

	opt.extra[0] = extra;
	opt.n_extra = 1;
	write_message(FIRST, 3, NULL, &relay);
	ck_assert_uint_eq(out_len, 300);
	/* op, htype, hlen, hops, xid, secs, flags; giaddr, chaddr: the last byte with carry */
	ck_assert_str_eq(part(0, 12), "010106010102030400050000");
	ck_assert_str_eq(part(24, 10), "0a000002000c01020401");
	ck_assert_str_eq(part(236, 7), "63825363350101");
	ck_assert_str_eq(part(243, 9), "3707011c02030f060c");
	ck_assert_str_eq(part(252, 9), "3d0701000c01020401");
	ck_assert_str_eq(part(261, 6), "3c03646f63ff");

	write_message(SECOND, 3, &grant, NULL);
	ck_assert_str_eq(part(3, 1), "00");
	ck_assert_str_eq(part(12, 4), "00000000");
	ck_assert_str_eq(part(24, 4), "00000000");
	ck_assert_str_eq(part(240, 15), "3501033204c00002643604c0000201");

	opt.broadcast = true;
	write_message(RENEWAL, 3, &grant, NULL);
	ck_assert_str_eq(part(10, 6), "8000c0000264");
	ck_assert_str_eq(part(240, 5), "3501033707");
	write_message(RELEASING, 3, &grant, NULL);
	ck_assert_str_eq(part(12, 4), "c0000264");
	ck_assert_str_eq(part(240, 11), "3501073604c00002013d07");
}
END_TEST

/* Writes a response to the message just written. */
static void answer(uint8_t type, uint32_t yiaddr)
{
	struct writer w = writer_init(out, sizeof(out));

	write_u32(&w, 0x02010600);
	write_u32(&w, 0x01020304);
	write_zeros(&w, 8);
	write_u32(&w, yiaddr);
	write_zeros(&w, 8);
	write_bytes(&w, "\0\x0c\1\2\3\xfe", 6);
	write_zeros(&w, 202);
	write_u32(&w, 0x63825363);
	write_bytes(&w, (uint8_t[]){ 0, 53, 1, type, 54, 4, 192, 0, 2, 1, 51, 4, 0, 0, 14, 16, 255 }, 17);
	out_len = writer_len(&w);
}

START_TEST(answers)
{
	struct answer a;
	bool last;

	answer(2, 0xc0000264);
	ck_assert(proto4.read(&opt, bytes_of(out, out_len), &a));
	ck_assert_uint_eq(a.type, 2);
	ck_assert_uint_eq(a.xid, 0x01020304);
	ck_assert(!a.refused && a.grant.has_addr);
	ck_assert_uint_eq(ip_to4(&a.grant.addr), 0xc0000264);
	ck_assert_uint_eq(a.grant.valid, 3600);
	ck_assert(bytes_equal(a.grant.server, bytes_of(server, 4)));
	ck_assert(bytes_equal(a.client, bytes_of("\0\x0c\1\2\3\xfe", 6)));
	ck_assert(proto4.answers(&opt, 2, FIRST, &last) && !last);
	ck_assert(!proto4.answers(&opt, 5, FIRST, &last));
	ck_assert(proto4.answers(&opt, 5, SECOND, &last) && last);
	ck_assert(proto4.answers(&opt, 6, RENEWAL, &last) && last);
	ck_assert(!proto4.answers(&opt, 2, SECOND, &last));
	opt.first_only = true;
	ck_assert(proto4.answers(&opt, 2, FIRST, &last) && last);

	answer(6, 0);
	ck_assert(proto4.read(&opt, bytes_of(out, out_len), &a));
	ck_assert(a.refused && !a.grant.has_addr);
	answer(2, 0);
	ck_assert(proto4.read(&opt, bytes_of(out, out_len), &a) && !a.grant.has_addr);
	/* truncated anywhere up to the last byte of options it is malformed, never read beyond the end */
	answer(5, 0xc0000264);
	for (size_t len = 0; len < out_len - 1; len++)
		ck_assert_msg(!proto4.read(&opt, bytes_of(out, len), &a) || len == 241 || len == 244 || len == 250 ||
				      len == 256,
			      "%zu bytes", len);
	out[236] = 0;
	ck_assert(!proto4.read(&opt, bytes_of(out, out_len), &a));
	answer(5, 0xc0000264);
	out[0] = 1;
	ck_assert(!proto4.read(&opt, bytes_of(out, out_len), &a));
}
END_TEST

/* A template of 272 bytes: 53, 50 at 243, 54 at 249, 60. */
static void prepare(struct template *t, uint8_t type)
{
	static const uint8_t options[] = { 50,  4,   170, 170, 170, 170, 54,  4,   187,
					   187, 187, 187, 60,  3,   'a', 'b', 'c', 255 };
	struct writer w = writer_init(t->bytes, sizeof(t->bytes));

	write_u32(&w, 0x01010600);
	write_zeros(&w, 24);
	write_bytes(&w, "\2\0\0\0\0\xff", 6);
	write_zeros(&w, 202);
	write_u32(&w, 0x63825363);
	write_bytes(&w, (uint8_t[]){ 53, 1, type }, 3);
	write_bytes(&w, options, sizeof(options));
	t->len = writer_len(&w);
}

START_TEST(templates)
{
	struct ip relay = ip_from4(0x0a000002);
	struct grant grant = granted(0xc0000264);

	prepare(&opt.templates[0], 1);
	prepare(&opt.templates[1], 3);
	opt.n_templates = 2;
	opt.clients = 300;
	opt.time_at = 8;
	opt.server_id_at = 249;
	opt.ip_at = 243;
	write_message(FIRST, 259, NULL, &relay);
	ck_assert_uint_eq(out_len, 261);
	/* two bytes distinguish 300 clients: 00ff + 259 */
	ck_assert_str_eq(part(0, 10), "01010600010203040005");
	ck_assert_str_eq(part(24, 10), "0a000002020000000202");
	ck_assert_str_eq(part(243, 12), "3204aaaaaaaa3604bbbbbbbb");

	write_message(SECOND, 1, &grant, &relay);
	ck_assert_uint_eq(out_len, 261);
	ck_assert_str_eq(part(4, 6), "010203040005");
	ck_assert_str_eq(part(28, 6), "020000000100");
	ck_assert_str_eq(part(240, 21), "3501033204c00002643604c00002013c03616263ff");

	/* offsets that point between options overwrite what is there, as with Kea's tool */
	opt.ip_at = 245;
	opt.server_id_at = 0;
	write_message(SECOND, 1, &grant, &relay);
	ck_assert_uint_eq(out_len, 261);
	ck_assert_str_eq(part(243, 12), "32043204c0000264bbbbbbbb");
	/* and those past the end add nothing */
	opt.ip_at = 1000;
	opt.templates[1].id_at = 1300;
	opt.templates[1].xid_at = 259;
	write_message(SECOND, 1, &grant, &relay);
	ck_assert_uint_eq(out_len, 261);
	ck_assert_str_eq(part(243, 18), "3204aaaaaaaa3604bbbbbbbb3c03616263ff");

	/* with -b mac= it is the hardware address */
	memcpy(opt.mac, "\x02\x0a\x0b\x0c\x0d\x0e", MAC_LEN);
	opt.has_mac = true;
	write_message(FIRST, 259, NULL, &relay);
	ck_assert_str_eq(part(24, 10), "0a000002020a0b0c0e11");
}
END_TEST

START_TEST(clients_are_told_apart)
{
	uint8_t mac[MAC_LEN], duid[MAX_DUID];

	client_mac(&opt, 0, mac);
	ck_assert_mem_eq(mac, "\0\x0c\1\2\3\xfe", 6);
	client_mac(&opt, 0x01fcfd02, mac);
	ck_assert_mem_eq(mac, "\0\x0c\2\xff\1\0", 6);
	ck_assert_uint_eq(client_duid(&opt, 2, duid), 10);
	ck_assert_mem_eq(duid, "\0\3\0\1\0\x0c\1\2\4\0", 10);
	memcpy(opt.duid, "\1\1\1\1\1\1\xff", 7);
	opt.duid_len = 7;
	ck_assert_uint_eq(client_duid(&opt, 1, duid), 7);
	ck_assert_mem_eq(duid, "\1\1\1\1\1\2\0", 7);
}
END_TEST

START_TEST(leases_take_turns)
{
	struct held *h = held_new(3);
	struct grant g = granted(1), got;
	uint32_t client;

	ck_assert(!held_take(h, &client, &got));
	for (uint32_t i = 0; i < 3; i++) {
		g.addr = ip_from4(10 + i);
		held_keep(h, i, &g);
	}
	g.addr = ip_from4(20);
	held_keep(h, 0, &g); /* a new lease, the old position */
	ck_assert_uint_eq(held_count(h), 3);
	ck_assert(held_take(h, &client, &got));
	ck_assert_uint_eq(client, 0);
	ck_assert_uint_eq(ip_to4(&got.addr), 20);
	ck_assert(bytes_equal(got.server, bytes_of(server, 4)));
	held_put_back(h, 0);
	held_put_back(h, 0);
	ck_assert_uint_eq(held_count(h), 3);
	held_forget(h, 1);
	ck_assert(held_take(h, &client, &got));
	ck_assert_uint_eq(client, 2);
	ck_assert(held_take(h, &client, &got));
	ck_assert_uint_eq(client, 0);
	ck_assert(!held_take(h, &client, &got));
	held_put_back(h, 1); /* nothing to put back */
	ck_assert_uint_eq(held_count(h), 0);
	held_free(h);
}
END_TEST

START_TEST(ledger_lines)
{
	char path[] = "/tmp/kea-perfdhcp-XXXXXX", text[2048];
	struct grant g = granted(0xc0000264);
	int fd = mkstemp(path);
	struct ledger *l = ledger_open(path);
	double offset;
	char *lines;
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_nonnull(l);
	ledger_add(l, bytes_of("\0\x0c\1\2\3\4", 6), &g, UINT64_C(12000000345));
	g.valid = 0;
	ledger_add(l, bytes_of("\0\x0c\1\2\3\4", 6), &g, UINT64_C(13999999999));
	g = (struct grant){ .has_addr = true,
			    .has_prefix = true,
			    .prefix_len = 56,
			    .valid = 10,
			    .prefix_valid = UINT32_MAX,
			    .server = bytes_of("\0\3\0\1", 4) };
	ck_assert_int_eq(ip_parse("2001:db8::5", &g.addr), 0);
	ck_assert_int_eq(ip_parse("2001:db8:1::", &g.prefix), 0);
	ledger_add(l, bytes_of("\0\3\0\1\xaa", 5), &g, 5);
	ck_assert(ledger_close(l));
	n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	ck_assert_int_eq(sscanf(text, "# wall - monotonic = %lf s\n", &offset), 1);
	lines = strchr(text, '\n') + 1;
	ck_assert_str_eq(lines, "12.000000345 000c01020304 192.0.2.100 3600 192.0.2.1\n"
				"13.999999999 000c01020304 192.0.2.100 0 192.0.2.1\n"
				"0.000000005 00030001aa 2001:db8::5 10 00030001\n"
				"0.000000005 00030001aa 2001:db8:1::/56 4294967295 00030001\n");
	(void)close(fd);
	(void)unlink(path);
	ck_assert(ledger_close(NULL));
	ck_assert_ptr_null(ledger_open("/nonexistent/ledger"));
	/* a full disk is noticed */
	l = ledger_open("/dev/full");
	if (l) {
		ck_assert(!ledger_flush(l));
		ck_assert(!ledger_close(l));
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, generated);
	tcase_add_test(tc, answers);
	tcase_add_test(tc, templates);
	tcase_add_test(tc, clients_are_told_apart);
	tcase_add_test(tc, leases_take_turns);
	tcase_add_test(tc, ledger_lines);
	return suite_run(tc);
}
