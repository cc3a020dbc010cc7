/* SPDX-License-Identifier: MPL-2.0 */
/* DHCPv6 messages: exact bytes both ways, nested relays, hostile bytes, wrapped responses. */
#include "fixture.h"

#include "base/err.h"
#include "wire/ia6.h"
#include "wire/packet6.h"

#include <stdbool.h>
#include <time.h>

static void parse(struct bytes b, struct packet6 *pkt)
{
	const char *why = "";
	int err = packet6_parse(b, arena, pkt, &why);

	ck_assert_msg(err == 0, "%d: %s", err, why);
}

static void refused(struct bytes b, const char *expected)
{
	struct packet6 pkt;
	const char *why = "";

	ck_assert_int_eq(packet6_parse(b, arena, &pkt, &why), -E_INVAL);
	ck_assert_str_eq(why, expected);
}

static struct ip ip(const char *text)
{
	struct ip addr;

	ck_assert_int_eq(ip_parse(text, &addr), 0);
	return addr;
}

static void same(struct bytes got, struct bytes expected)
{
	char a[4096], b[4096];

	bytes_to_hex(got, 0, a, sizeof(a));
	bytes_to_hex(expected, 0, b, sizeof(b));
	ck_assert_str_eq(a, b);
}

static void writes(const struct packet6 *pkt, struct bytes expected)
{
	uint8_t buf[65536];
	int len = packet6_write(pkt, buf, sizeof(buf), NULL);

	ck_assert_int_ge(len, 0);
	same(bytes_of(buf, (size_t)len), expected);
}

START_TEST(parses_and_writes_a_message)
{
	struct bytes b = hex("01 123456 0001000a 00030001020000000001 0008 0002 0000 000e0000");
	struct packet6 pkt;

	parse(b, &pkt);
	ck_assert_uint_eq(pkt.type, DHCP6_SOLICIT);
	ck_assert_uint_eq(pkt.xid, 0x123456);
	ck_assert_uint_eq(pkt.opts.n, 3);
	ck_assert_uint_eq(opts_find(&pkt.opts, OPT6_CLIENTID)->data.len, 10);
	ck_assert_uint_eq(opts_find(&pkt.opts, OPT6_RAPID_COMMIT)->data.len, 0);
	ck_assert_ptr_null(opts_find(&pkt.opts, OPT6_SERVERID));
	ck_assert_ptr_nonnull(packet6_fixed(&pkt, OPT6_ELAPSED_TIME, 2).data);
	ck_assert_ptr_null(packet6_fixed(&pkt, OPT6_CLIENTID, 2).data);
	ck_assert_uint_eq(pkt.n_relays, 0);
	ck_assert_uint_eq(pkt.relay_type, 0);
	ck_assert_ptr_null(packet6_first_relay(&pkt));
	ck_assert_ptr_null(packet6_relay_opt(&pkt, OPT6_INTERFACE_ID));
	ck_assert_uint_eq(packet6_answer_port(&pkt, 1234), 546);
	writes(&pkt, b);
	parse(hex("0b 000001"), &pkt);
	ck_assert_uint_eq(pkt.opts.n, 0);
}
END_TEST

/*
 * Two relays: the one closer to the server with a source port option, the one closer to the client with an
 * interface-id.
 */
#define LINK1 "20010db8000000000000000000000001"
#define LINK2 "00000000000000000000000000000000"
#define PEER1 "fe800000000000000000000000000002"
#define PEER2 "fe800000000000000000000000000003"
#define INNER "03 abcdef 0008 0002 0064"
#define RELAYED                                        \
	"0c 01" LINK1 PEER1 "0087 0002 1f90 0009 0038" \
	"0c 00" LINK2 PEER2 "0012 0004 65746830 0009 000a" INNER

START_TEST(opens_relays_from_the_outside)
{
	struct packet6 pkt;
	struct ip link = ip("2001:db8::1"), peer = ip("fe80::3");

	parse(hex(RELAYED), &pkt);
	ck_assert_uint_eq(pkt.type, DHCP6_REQUEST);
	ck_assert_uint_eq(pkt.xid, 0xabcdef);
	ck_assert_uint_eq(pkt.relay_type, DHCP6_RELAY_FORW);
	ck_assert_uint_eq(pkt.n_relays, 2);
	ck_assert_uint_eq(pkt.relays[0].hop_count, 1);
	ck_assert(ip_equal(&pkt.relays[0].link, &link));
	ck_assert_uint_eq(pkt.relays[0].opts.n, 1);
	ck_assert(ip_is_zero(&pkt.relays[1].link));
	ck_assert(ip_equal(&pkt.relays[1].peer, &peer));
	ck_assert_ptr_eq(packet6_first_relay(&pkt), &pkt.relays[1]);
	ck_assert_uint_eq(packet6_relay_opt(&pkt, OPT6_INTERFACE_ID)->data.len, 4);
	ck_assert_uint_eq(packet6_relay_opt(&pkt, OPT6_RELAY_SOURCE_PORT)->data.len, 2);
	ck_assert_uint_eq(packet6_answer_port(&pkt, 8080), 8080);
	writes(&pkt, hex(RELAYED));
}
END_TEST

START_TEST(wraps_an_answer)
{
	struct packet6 query, answer = { .type = DHCP6_REPLY, .xid = 0xabcdef };

	opts_init(&answer.opts, arena);
	parse(hex(RELAYED), &query);
	ck_assert_int_eq(packet6_wrap_answer(&query, arena, &answer), 0);
	writes(&answer, hex("0d 01" LINK1 PEER1 "0087 0002 1f90 0009 0032"
			    "0d 00" LINK2 PEER2 "0012 0004 65746830 0009 0004 07 abcdef"));

	/* RFC 4994: it requests 37, 38 (which it does not have), 9 and 18 */
	parse(hex("0c 00" LINK1 PEER1 "002b 0008 0025 0026 0009 0012 0025 0006 0000000a 6162"
		  "0012 0001 61 0009 0004 01 000001"),
	      &query);
	ck_assert_uint_eq(packet6_answer_port(&query, 8080), 547);
	ck_assert_int_eq(packet6_wrap_answer(&query, arena, &answer), 0);
	writes(&answer, hex("0d 00" LINK1 PEER1 "0012 0001 61 0025 0006 0000000a 6162"
			    "0009 0004 07 abcdef"));

	parse(hex(INNER), &query);
	answer = (struct packet6){ .type = DHCP6_REPLY, .opts = { .arena = arena } };
	ck_assert_int_eq(packet6_wrap_answer(&query, arena, &answer), 0);
	writes(&answer, hex("07 000000"));
}
END_TEST

/* n envelopes around a message of four bytes; each adds 38 bytes and its own option 9. */
static struct bytes nested(unsigned n, uint8_t hop_count)
{
	size_t size = 4 + 38u * n;
	uint8_t *buf = arena_alloc(arena, size);
	struct writer w = writer_init(buf, size);

	for (unsigned i = 0; i < n; i++) {
		write_u8(&w, DHCP6_RELAY_FORW);
		write_u8(&w, hop_count);
		write_zeros(&w, 32);
		write_u16(&w, OPT6_RELAY_MSG);
		write_u16(&w, (uint16_t)(size - writer_len(&w) - 2));
	}
	write_u32(&w, 0x01000007);
	ck_assert(!w.err);
	return bytes_of(buf, size);
}

START_TEST(counts_real_depth)
{
	static const uint8_t hop_counts[] = { 0, 8, 32, 255 };
	struct packet6 pkt;

	for (unsigned i = 0; i < 4; i++) {
		for (unsigned n = 0; n <= 32; n++) {
			parse(nested(n, hop_counts[i]), &pkt);
			ck_assert_uint_eq(pkt.n_relays, n);
			ck_assert_uint_eq(pkt.xid, 7);
			writes(&pkt, nested(n, hop_counts[i]));
		}
		refused(nested(33, hop_counts[i]), "more than 32 relays");
		refused(nested(255, hop_counts[i]), "more than 32 relays");
		refused(nested(1700, hop_counts[i]), "more than 32 relays");
	}
}
END_TEST

START_TEST(refuses_broken_messages)
{
	struct bytes whole = hex(RELAYED);

	refused(hex(""), "shorter than the header of 4 bytes");
	refused(hex("01"), "shorter than the header of 4 bytes");
	refused(hex("01 1234"), "shorter than the header of 4 bytes");
	refused(hex("01 123456 00"), "option 0 is cut short");
	refused(hex("01 123456 0001"), "option 1 is cut short");
	refused(hex("01 123456 0001 00"), "option 1 is cut short");
	refused(hex("01 123456 0001 0003 0001"), "option 1 is cut short");
	refused(hex("0c"), "a relay header is shorter than 34 bytes");
	refused(hex("0c 00" LINK1 PEER1), "a relay message contains no message");
	refused(hex("0c 00" LINK1 PEER1 "0012 0001 61"), "a relay message contains no message");
	refused(hex("0c 00" LINK1 PEER1 "0009 0000"), "shorter than the header of 4 bytes");
	refused(hex("0c 00" LINK1 PEER1 "0009 0005 01 000001"), "option 9 is cut short");
	refused(hex("0c 00" LINK1 PEER1 "0009 0026 0d 00" LINK1 PEER1 "0009 0000"),
		"a Relay-forward inside a Relay-reply, or the reverse");
	/* the first message counts, wherever it is */
	for (unsigned i = 0; i < 2; i++) {
		struct packet6 pkt;

		parse(hex(i ? "0c 00" LINK1 PEER1 "0009 0004 01 000001 0012 0001 61"
			    : "0c 00" LINK1 PEER1 "0009 0004 01 000001 0009 0004 02 000002"),
		      &pkt);
		ck_assert_uint_eq(pkt.type, DHCP6_SOLICIT);
		ck_assert_uint_eq(pkt.relays[0].opts.n, i);
	}
	for (size_t i = 0; i < whole.len; i++) {
		struct packet6 pkt;
		const char *why = NULL;

		ck_assert_int_eq(packet6_parse(bytes_of(arena_dup(arena, whole.data, i), i), arena, &pkt, &why),
				 -E_INVAL);
		ck_assert_ptr_nonnull(why);
	}
}
END_TEST

START_TEST(refuses_broken_ias)
{
	struct packet6 pkt;
	const char *why = "";

	refused(hex("01 000001 0003 000b 0000000100000000000000"), "an IA is shorter than 12 bytes");
	refused(hex("01 000001 0019 0000"), "an IA is shorter than 12 bytes");
	refused(hex("01 000001 0004 0003 000000"), "an IA_TA is shorter than 4 bytes");
	refused(hex("01 000001 0003 000e 000000010000000000000000 0005"), "an option inside an IA is cut short");
	refused(hex("01 000001 0003 0027 000000010000000000000000 0005 0017" LINK1 "00000001 000002"),
		"an address option is shorter than 24 bytes");
	refused(hex("01 000001 0019 0028 000000010000000000000000 001a 0018 00000001 00000002"
		    "20010db8000000000000000000000000"),
		"a prefix option is shorter than 25 bytes");
	refused(hex("01 000001 0019 0029 000000010000000000000000 001a 0019 00000001 00000002 81" LINK1),
		"a prefix is longer than 128 bits");
	refused(hex("01 000001 0019 002b 000000010000000000000000 001a 001b 00000001 00000002 40" LINK1 "0043"),
		"an option inside an address or prefix is cut short");
	refused(hex("01 000001 0003 0011 000000010000000000000000 000d 0001 00"),
		"a status code is shorter than 2 bytes");

	/* the lenient reader drops them */
	ck_assert_int_eq(packet6_parse_lenient(hex("01 000001 0003 0001 00 000e0000 0004 0004 00000009 0007 0002 01"),
					       arena, &pkt, &why),
			 0);
	ck_assert_uint_eq(pkt.opts.n, 2);
	ck_assert_uint_eq(pkt.opts.v[0].code, OPT6_RAPID_COMMIT);
	ck_assert_uint_eq(pkt.opts.v[1].code, OPT6_IA_TA);
}
END_TEST

static struct bytes many_options(uint16_t code, size_t len, unsigned n)
{
	size_t size = 4 + n * (4 + len);
	struct writer w = writer_init(arena_alloc(arena, size), size);

	write_u32(&w, 0x01000001);
	for (unsigned i = 0; i < n; i++) {
		size_t mark = opt_begin6(&w, code);

		write_u32(&w, i);
		write_zeros(&w, len - 4);
		opt_end6(&w, mark);
	}
	ck_assert(!w.err);
	return bytes_of(w.start, size);
}

START_TEST(large_messages)
{
	struct arena *capped = arena_new(PACKET6_ARENA), *small = arena_new(4096);
	struct bytes ias = many_options(OPT6_IA_NA, 12, 4000), too_many = hex("");
	const char *why = "";
	struct timespec a, b;
	struct packet6 pkt;
	struct ia6 ia;
	unsigned pos = 0, n = 0;
	double best = 1;

	for (unsigned i = 0; i < 20; i++) {
		double sec;

		arena_reset(capped);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
		ck_assert_int_eq(packet6_parse(ias, capped, &pkt, &why), 0);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
		sec = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
		best = sec < best ? sec : best;
	}
	ck_assert_uint_eq(pkt.opts.n, 4000);
	ck_assert_uint_eq(ia6_count(&pkt.opts), 4000);
	while (ia6_next(&pkt.opts, &pos, &ia))
		ck_assert_uint_eq(ia.iaid, n++);
	ck_assert_uint_eq(n, 4000);
	/* An instrumented build is several times slower, so it is not measured. */
	ck_assert_msg(IS_SANITIZED || best < 0.001, "4000 IAs took %.0f us", best * 1e6);

	ck_assert_int_eq(packet6_parse(ias, small, &pkt, &why), -E_NOMEM);
	ck_assert_str_eq(why, "not enough memory");
	too_many = many_options(OPT6_IA_TA, 4, PACKET6_OPTS_MAX);
	arena_reset(capped);
	ck_assert_int_eq(packet6_parse(too_many, capped, &pkt, &why), 0);
	refused(many_options(OPT6_IA_TA, 4, PACKET6_OPTS_MAX + 1), "more than 4096 options");
	arena_free(capped);
	arena_free(small);
}
END_TEST

START_TEST(writing_has_limits)
{
	struct packet6 pkt = { .type = DHCP6_REPLY, .xid = 1, .opts = { .arena = arena } };
	static uint8_t buf[200000];
	struct relay6 relays[33] = { 0 };
	uint8_t *big = arena_alloc(arena, 65536);

	opts_add(&pkt.opts, 1, bytes_of(big, 100));
	for (size_t size = 0; size < 108; size++)
		ck_assert_int_eq(packet6_write(&pkt, buf, size, NULL), -E_SPACE);
	ck_assert_int_eq(packet6_write(&pkt, buf, 108, NULL), 108);
	pkt.xid = 0x1000000;
	ck_assert_int_eq(packet6_write(&pkt, buf, sizeof(buf), NULL), -E_RANGE);
	pkt.xid = 1;
	opts_add(&pkt.opts, 2, bytes_of(big, 65535));
	ck_assert_int_eq(packet6_write(&pkt, buf, sizeof(buf), NULL), 108 + 4 + 65535);
	/* too long for option 9 */
	pkt.relay_type = DHCP6_RELAY_REPL;
	pkt.relays = relays;
	pkt.n_relays = 1;
	ck_assert_int_eq(packet6_write(&pkt, buf, sizeof(buf), NULL), -E_RANGE);
	ck_assert_int_eq(packet6_write(&pkt, buf, 65536, NULL), -E_SPACE);
	pkt.opts.v[1].data.len = 65536;
	ck_assert_int_eq(packet6_write(&pkt, buf, sizeof(buf), NULL), -E_RANGE);
	pkt.opts.n = 1;
	pkt.n_relays = 32;
	ck_assert_int_eq(packet6_write(&pkt, buf, sizeof(buf), NULL), 108 + 32 * 38);
	pkt.n_relays = 33;
	ck_assert_int_eq(packet6_write(&pkt, buf, sizeof(buf), NULL), -E_RANGE);
}
END_TEST

/* The message means the same with less space: informational options are left out, the last ones first. */
START_TEST(leaves_out_what_does_not_fit)
{
	struct packet6 pkt = { .type = DHCP6_REPLY, .xid = 1, .opts = { .arena = arena } }, back;
	struct relay6 relay = { .opts = { .arena = arena } };
	uint8_t *big = arena_alloc(arena, 70000), *buf = arena_alloc(arena, 70000);
	struct opts_omitted omitted = { 0 };
	int len;

	opts_add(&pkt.opts, OPT6_DNS_SERVERS, bytes_of(big, 160));
	opts_add(&pkt.opts, OPT6_BOOTFILE_URL, bytes_of(big, 65536));
	opts_add(&pkt.opts, OPT6_DOMAIN_SEARCH, bytes_of(big, 100));
	opts_add(&pkt.opts, OPT6_IA_NA, bytes_of(big, 12));
	opts_add(&pkt.opts, OPT6_SERVERID, bytes_of(big, 10));
	len = packet6_write(&pkt, buf, 4 + 164 + 104 + 16 + 14, &omitted);
	ck_assert_int_eq(len, 4 + 164 + 104 + 16 + 14);
	ck_assert_uint_eq(omitted.n, 1);
	ck_assert_uint_eq(omitted.codes[0], OPT6_BOOTFILE_URL);
	omitted.n = 0;
	len = packet6_write(&pkt, buf, 4 + 164 + 104 + 16 + 13, &omitted);
	ck_assert_int_eq(len, 4 + 164 + 16 + 14);
	ck_assert_uint_eq(omitted.n, 2);
	ck_assert_uint_eq(omitted.codes[1], OPT6_DOMAIN_SEARCH);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_ptr_nonnull(opts_find(&back.opts, OPT6_IA_NA));
	ck_assert_ptr_nonnull(opts_find(&back.opts, OPT6_SERVERID));
	/* what a relay asked to have echoed is also left out, its interface-id is not */
	opts_add(&relay.opts, OPT6_INTERFACE_ID, bytes_of(big, 20));
	opts_add(&relay.opts, OPT6_REMOTE_ID, bytes_of(big, 30));
	pkt.relay_type = DHCP6_RELAY_REPL;
	pkt.relays = &relay;
	pkt.n_relays = 1;
	omitted.n = 0;
	len = packet6_write(&pkt, buf, 38 + 24 + 4 + 16 + 14 + 33, &omitted);
	ck_assert_int_eq(len, 38 + 24 + 4 + 16 + 14);
	ck_assert_uint_eq(omitted.n, 4);
	ck_assert_uint_eq(omitted.codes[0], OPT6_REMOTE_ID);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_uint_eq(back.relays[0].opts.n, 1);
	ck_assert_int_eq(packet6_write(&pkt, buf, 38 + 24 + 4 + 16 + 13, &omitted), -E_SPACE);
}
END_TEST

/* The parser rejects or accepts any truncated datagram; a sanitizer watches the exact copies. */
START_TEST(every_short_datagram)
{
	struct packet6 pkt;
	const char *why;
	uint8_t buf[80];

	for (unsigned fill = 0; fill < 256; fill += 51) {
		for (size_t len = 0; len <= sizeof(buf); len++) {
			for (unsigned type = 0; type < 256; type++) {
				struct bytes b;
				int err;

				arena_reset(arena);
				memset(buf, (int)fill, sizeof(buf));
				buf[0] = (uint8_t)type;
				b = bytes_of(arena_dup(arena, buf, len), len);
				why = NULL;
				err = packet6_parse(b, arena, &pkt, &why);
				ck_assert(err == -E_INVAL ? why != NULL : err == 0);
				err = packet6_parse_lenient(b, arena, &pkt, &why);
				ck_assert(err == 0 || err == -E_INVAL);
				/* relays without a message are never accepted, a header always is */
				if (type != DHCP6_RELAY_FORW && type != DHCP6_RELAY_REPL)
					ck_assert_int_eq(err, len < PACKET6_HEADER ? -E_INVAL : 0);
				else
					ck_assert_int_eq(err, -E_INVAL);
			}
		}
	}
}
END_TEST

/* Returns a message with one option of that code and length, all zero, in an IA of type `ia` or outside. */
static struct bytes with_option(uint16_t ia, uint16_t code, size_t len)
{
	size_t size = 256 + len, mark = 0;
	struct writer w = writer_init(arena_alloc(arena, size), size);

	write_u32(&w, 0x03000001);
	if (ia) {
		mark = opt_begin6(&w, ia);
		write_zeros(&w, ia6_fixed_len(ia));
	}
	write_u16(&w, code);
	write_u16(&w, (uint16_t)len);
	write_zeros(&w, len);
	if (ia)
		opt_end6(&w, mark);
	return bytes_of(arena_dup(arena, w.start, writer_len(&w)), writer_len(&w));
}

START_TEST(every_short_option_of_an_ia)
{
	static const struct {
		uint16_t ia, code;
		size_t fixed;
	} rows[] = {
		{ 0, OPT6_IA_NA, 12 },
		{ 0, OPT6_IA_PD, 12 },
		{ 0, OPT6_IA_TA, 4 },
		{ OPT6_IA_NA, OPT6_IAADDR, 24 },
		{ OPT6_IA_TA, OPT6_IAADDR, 24 },
		{ OPT6_IA_PD, OPT6_IAPREFIX, 25 },
		{ OPT6_IA_NA, OPT6_STATUS_CODE, 2 },
	};
	struct packet6 pkt;
	const char *why = NULL;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t len = 0; len < rows[i].fixed; len++)
			ck_assert_int_eq(packet6_parse(with_option(rows[i].ia, rows[i].code, len), arena, &pkt, &why),
					 -E_INVAL);
		parse(with_option(rows[i].ia, rows[i].code, rows[i].fixed), &pkt);
		ck_assert_uint_eq(pkt.opts.n, 1);
	}
	/* the other type of item does not belong in this IA and is not parsed */
	parse(with_option(OPT6_IA_NA, OPT6_IAPREFIX, 3), &pkt);
	parse(with_option(OPT6_IA_PD, OPT6_IAADDR, 3), &pkt);
}
END_TEST

START_TEST(ias_in_ias)
{
	enum { DEPTH = 4000, SIZE = 4 + 16 * DEPTH };
	struct writer w = writer_init(arena_alloc(arena, SIZE), SIZE);
	struct packet6 pkt;
	struct ia6_item item;
	struct reader r;
	struct ia6 ia;
	unsigned pos = 0;

	write_u32(&w, 0x01000001);
	for (unsigned i = 0; i < DEPTH; i++) {
		write_u16(&w, OPT6_IA_NA);
		write_u16(&w, (uint16_t)(SIZE - writer_len(&w) - 2));
		write_zeros(&w, 12);
	}
	ck_assert(!w.err);
	parse(bytes_of(w.start, SIZE), &pkt);
	ck_assert_uint_eq(ia6_count(&pkt.opts), 1);
	ck_assert(ia6_next(&pkt.opts, &pos, &ia));
	r = reader_of(ia.subs);
	ck_assert(!ia6_next_item(&ia, &r, &item));
	ck_assert(!r.err);
}
END_TEST

START_TEST(an_answer_too_long_for_its_envelope)
{
	size_t id_len = 60000, size = 65000;
	struct writer w = writer_init(arena_alloc(arena, size), size);
	struct packet6 query, answer = { .type = DHCP6_REPLY, .opts = { .arena = arena } };
	uint8_t *buf = arena_alloc(arena, 200000);
	struct opt opt = { OPT6_INTERFACE_ID, bytes_of(arena_alloc(arena, id_len), id_len) };

	write_u16(&w, DHCP6_RELAY_FORW << 8);
	write_zeros(&w, 32);
	opt_write6(&w, opt.code, opt.data);
	opt_write6(&w, OPT6_RELAY_MSG, nested(1, 0));
	ck_assert(!w.err);
	parse(bytes_of(w.start, writer_len(&w)), &query);
	ck_assert_uint_eq(query.n_relays, 2);
	opts_add(&answer.opts, OPT6_BOOTFILE_URL, bytes_of(opt.data.data, 50000));
	ck_assert_int_eq(packet6_wrap_answer(&query, arena, &answer), 0);
	/* the outer relay's identifier comes after its content */
	ck_assert_int_gt(packet6_write(&answer, buf, 200000, NULL), 110000);
	ck_assert_int_eq(packet6_write(&answer, buf, PACKET6_MAX, NULL), -E_SPACE);
	answer.relays[1].opts = answer.relays[0].opts;
	ck_assert_int_eq(packet6_write(&answer, buf, 200000, NULL), -E_RANGE);
}
END_TEST

START_TEST(names_of_types)
{
	ck_assert_str_eq(packet6_type_name(1), "SOLICIT");
	ck_assert_str_eq(packet6_type_name(11), "INFORMATION_REQUEST");
	ck_assert_str_eq(packet6_type_name(36), "ADDR_REG_INFORM");
	ck_assert_str_eq(packet6_type_name(37), "ADDR_REG_REPLY");
	ck_assert_str_eq(packet6_type_name(0), "unknown");
	ck_assert_str_eq(packet6_type_name(38), "unknown");
	ck_assert_str_eq(packet6_type_name(255), "unknown");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("packet6");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, parses_and_writes_a_message);
	tcase_add_test(tc, opens_relays_from_the_outside);
	tcase_add_test(tc, wraps_an_answer);
	tcase_add_test(tc, counts_real_depth);
	tcase_add_test(tc, refuses_broken_messages);
	tcase_add_test(tc, refuses_broken_ias);
	tcase_add_test(tc, large_messages);
	tcase_add_test(tc, writing_has_limits);
	tcase_add_test(tc, leaves_out_what_does_not_fit);
	tcase_add_test(tc, every_short_datagram);
	tcase_add_test(tc, every_short_option_of_an_ia);
	tcase_add_test(tc, ias_in_ias);
	tcase_add_test(tc, an_answer_too_long_for_its_envelope);
	tcase_add_test(tc, names_of_types);
	return suite_run(tc);
}
