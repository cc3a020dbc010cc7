/* SPDX-License-Identifier: MPL-2.0 */
/* Options and DHCPv4 packets: exact bytes out, hostile bytes in, overload, long options. */
#include "fixture.h"

#include "base/err.h"
#include "wire/dump.h"
#include "wire/packet4.h"

static const uint8_t cookie[] = { 0x63, 0x82, 0x53, 0x63 };

/* Returns a request from 02:00:00:00:00:01 with these option bytes. */
static struct bytes request(const void *options, size_t len)
{
	uint8_t *p = arena_alloc(arena, 240 + len);

	memcpy(p, (const uint8_t[]){ 1, 1, 6, 2, 0x12, 0x34, 0x56, 0x78, 0, 9, 0x80, 0 }, 12);
	memcpy(p + 24, (const uint8_t[]){ 192, 0, 2, 1 }, 4);
	memcpy(p + 28, (const uint8_t[]){ 2, 0, 0, 0, 0, 1 }, 6);
	memcpy(p + 236, cookie, 4);
	if (len)
		memcpy(p + 240, options, len);
	return bytes_of(p, 240 + len);
}

static void parse(struct bytes b, struct packet4 *pkt)
{
	const char *why = "";
	int err = packet4_parse(b, arena, pkt, &why);

	ck_assert_msg(err == 0, "%d: %s", err, why);
}

static void refused(struct bytes b, const char *expected)
{
	struct packet4 pkt;
	const char *why = "";

	ck_assert_int_eq(packet4_parse(b, arena, &pkt, &why), -E_INVAL);
	ck_assert_str_eq(why, expected);
}

START_TEST(parses_header_and_options)
{
	static const uint8_t o[] = { 0, 53, 1, 1, 0, 0, 12, 2, 'p', 'c', 55, 3, 1, 3, 6, 255, 99, 99 };
	struct packet4 pkt;

	parse(request(o, sizeof(o)), &pkt);
	ck_assert_uint_eq(pkt.op, BOOTREQUEST);
	ck_assert_uint_eq(pkt.htype, 1);
	ck_assert_uint_eq(pkt.hlen, 6);
	ck_assert_uint_eq(pkt.hops, 2);
	ck_assert_uint_eq(pkt.xid, 0x12345678);
	ck_assert_uint_eq(pkt.secs, 9);
	ck_assert_uint_eq(pkt.flags, DHCP4_BROADCAST_FLAG);
	ck_assert_uint_eq(pkt.giaddr, 0xc0000201);
	ck_assert_uint_eq(pkt.chaddr[5], 1);
	ck_assert_uint_eq(pkt.type, DHCP4_DISCOVER);
	ck_assert_str_eq(pkt.sname, "");
	ck_assert_str_eq(pkt.file, "");
	ck_assert_uint_eq(pkt.opts.n, 3);
	ck_assert_uint_eq(opts_find(&pkt.opts, OPT4_HOST_NAME)->data.len, 2);
	ck_assert_ptr_null(opts_find(&pkt.opts, 99));
}
END_TEST

START_TEST(refuses_broken_packets)
{
	static const uint8_t cut[] = { 53, 1, 1, 12, 5, 'a', 'b' }, no_len[] = { 53, 1, 1, 61 };
	static const uint8_t long_type[] = { 53, 2, 1, 1, 255 }, zero_type[] = { 53, 1, 0, 255 };
	static const uint8_t empty_type[] = { 53, 0, 255 };
	struct bytes b = request(NULL, 0);

	refused(request(cut, sizeof(cut)), "option 12 is cut short");
	refused(request(no_len, sizeof(no_len)), "option 61 is cut short");
	refused(request(long_type, sizeof(long_type)), "option 53 is not one byte long");
	refused(request(empty_type, sizeof(empty_type)), "option 53 is not one byte long");
	refused(request(zero_type, sizeof(zero_type)), "option 53 is zero");
	for (size_t len = 0; len < 236; len++)
		refused(bytes_of(b.data, len), "shorter than the fixed header of 236 bytes");
	refused(bytes_of(NULL, 0), "shorter than the fixed header of 236 bytes");
	((uint8_t *)b.data)[2] = 17;
	refused(b, "hardware address longer than 16 bytes");
}
END_TEST

START_TEST(bootp_and_missing_end)
{
	static const uint8_t o[] = { 53, 1, 3, 50, 4, 192, 0, 2, 9 };
	struct bytes b = request(o, sizeof(o));
	struct packet4 pkt;

	parse(b, &pkt);
	ck_assert_uint_eq(pkt.type, DHCP4_REQUEST);
	ck_assert_uint_eq(pkt.opts.n, 2);
	((uint8_t *)b.data)[236] = 0;
	parse(b, &pkt);
	ck_assert_uint_eq(pkt.type, 0);
	ck_assert_uint_eq(pkt.opts.n, 0);
	parse(bytes_of(b.data, 236), &pkt);
	ck_assert_uint_eq(pkt.opts.n, 0);
}
END_TEST

START_TEST(joins_parts_over_all_fields)
{
	static const uint8_t o[] = { 52, 1, 3, 12, 2, 'a', 'b', 53, 1, 1, 12, 0, 12, 1, 'c', 255 };
	static const uint8_t in_file[] = { 12, 1, 'd', 255, 12, 1, 'x' }, in_sname[] = { 12, 1, 'e' };
	struct bytes b = request(o, sizeof(o));
	const struct opt *name;
	struct packet4 pkt;

	memcpy((uint8_t *)b.data + 108, in_file, sizeof(in_file));
	memcpy((uint8_t *)b.data + 44, in_sname, sizeof(in_sname));
	parse(b, &pkt);
	name = opts_find(&pkt.opts, 12);
	ck_assert_uint_eq(name->data.len, 5);
	ck_assert_mem_eq(name->data.data, "abcde", 5);
	ck_assert_uint_eq(pkt.opts.n, 3);
	ck_assert_uint_eq(pkt.opts.v[1].code, 12);
	ck_assert_str_eq(pkt.file, "");
	ck_assert_str_eq(pkt.sname, "");
}
END_TEST

START_TEST(joining_many_parts_is_linear)
{
	enum { PARTS = 21000 };
	uint8_t *o = arena_alloc(arena, 3 * PARTS);
	struct packet4 pkt;
	struct bytes b;
	size_t before;

	for (unsigned i = 0; i < PARTS; i++)
		memcpy(o + 3 * i, (const uint8_t[]){ 77, 1, (uint8_t)i }, 3);
	b = request(o, 3 * PARTS);
	before = arena_used(arena);
	parse(b, &pkt);
	ck_assert_uint_eq(pkt.opts.n, 1);
	ck_assert_uint_eq(pkt.opts.v[0].data.len, PARTS);
	ck_assert_uint_eq(pkt.opts.v[0].data.data[20999], (uint8_t)20999);
	ck_assert_uint_lt(arena_used(arena) - before, 64 * 1024);
}
END_TEST

START_TEST(full_arena_is_no_memory)
{
	static const uint8_t o[] = { 53, 1, 1, 255 };
	struct bytes b = request(o, sizeof(o));
	struct arena *tiny = arena_new(1);
	struct packet4 pkt;
	const char *why = "";

	ck_assert_int_eq(packet4_parse(b, tiny, &pkt, &why), -E_NOMEM);
	ck_assert_str_eq(why, "not enough memory");
	arena_free(tiny);
}
END_TEST

static struct packet4 answer(void)
{
	struct packet4 pkt = { .op = BOOTREPLY,
			       .htype = 1,
			       .hlen = 6,
			       .xid = 0xdeadbeef,
			       .type = DHCP4_ACK,
			       .yiaddr = 0xc0000209,
			       .sname = "",
			       .file = "" };

	pkt.chaddr[0] = 2;
	opts_init(&pkt.opts, arena);
	return pkt;
}

static void add(struct packet4 *pkt, uint16_t code, size_t len)
{
	uint8_t *p = arena_alloc(arena, len + 1);

	memset(p, (int)code, len);
	ck_assert_int_eq(opts_add(&pkt->opts, code, bytes_of(p, len)), 0);
}

/* Written into size bytes of buf; the options left out are in `omitted`. */
static struct opts_omitted omitted;

static int write_limited(const struct packet4 *pkt, unsigned client, unsigned link, uint8_t *buf, size_t size)
{
	struct packet4_limits limits = { client, link };
	int len, again;

	memset(&omitted, 0, sizeof(omitted));
	len = packet4_write(pkt, &limits, buf, size, &omitted);
	again = packet4_write(pkt, &limits, buf, size, NULL);
	ck_assert_int_eq(again, omitted.n ? -E_SPACE : len);
	/* so that a caller's buffer is really large enough */
	memset(&omitted, 0, sizeof(omitted));
	return packet4_write(pkt, &limits, buf, size, &omitted);
}

static int write_up_to(const struct packet4 *pkt, unsigned max_len, uint8_t *buf, size_t size)
{
	return write_limited(pkt, max_len, max_len, buf, size);
}

START_TEST(writes_exact_bytes)
{
	static const uint8_t tail[] = { 0x63, 0x82, 0x53, 0x63, 53, 1, 5,  51, 4,  51, 51, 51, 51,
					3,    4,    3,    3,    3,  3, 14, 0,  82, 2,  82, 82, 255 };
	static const uint8_t head[] = { 2, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 9 };
	struct packet4 pkt = answer();
	uint8_t buf[1500];

	add(&pkt, 82, 2);
	add(&pkt, 51, 4);
	add(&pkt, 53, 1);
	add(&pkt, 0, 0);
	add(&pkt, 255, 1);
	add(&pkt, 52, 1);
	add(&pkt, 3, 4);
	add(&pkt, 14, 0);
	pkt.sname = "srv";
	pkt.file = "boot";
	memset(buf, 0xaa, sizeof(buf));
	ck_assert_int_eq(write_up_to(&pkt, 576, buf, sizeof(buf)), 300);
	ck_assert_mem_eq(buf, head, sizeof(head));
	ck_assert_mem_eq(buf + 44, "srv\0", 4);
	ck_assert_mem_eq(buf + 108, "boot\0", 5);
	ck_assert_mem_eq(buf + 236, tail, sizeof(tail));
	for (unsigned i = 236 + sizeof(tail); i < 300; i++)
		ck_assert_uint_eq(buf[i], 0);
	ck_assert_uint_eq(buf[300], 0xaa);
}
END_TEST

START_TEST(splits_long_options)
{
	struct packet4 pkt = answer(), back;
	uint8_t buf[1500];
	int len;

	add(&pkt, 43, 600);
	len = write_up_to(&pkt, 1500, buf, sizeof(buf));
	ck_assert_int_eq(len, 240 + 3 + 600 + 6 + 1);
	ck_assert_uint_eq(buf[244], 255);
	ck_assert_uint_eq(buf[243 + 257], 43);
	ck_assert_uint_eq(buf[243 + 514 + 1], 90);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_uint_eq(opts_find(&back.opts, 43)->data.len, 600);
	ck_assert_uint_eq(back.opts.n, 2);
}
END_TEST

START_TEST(overloads_then_leaves_out)
{
	struct packet4 pkt = answer(), back;
	uint8_t buf[1500];
	int len;

	/* 548 - 245 leave 303 for these; file takes 127, sname 63 */
	add(&pkt, 15, 250);
	add(&pkt, 17, 100);
	add(&pkt, 18, 60);
	add(&pkt, 66, 200);
	add(&pkt, 61, 7);
	add(&pkt, 82, 20);
	len = write_up_to(&pkt, 0, buf, sizeof(buf));
	ck_assert_int_gt(len, 0);
	ck_assert_int_le(len, 548);
	ck_assert_mem_eq(buf + 240, ((const uint8_t[]){ 53, 1, 5, 52, 1, 3 }), 6);
	ck_assert_uint_eq(buf[108], 17);
	ck_assert_uint_eq(buf[108 + 102], 255);
	ck_assert_uint_eq(buf[44], 18);
	ck_assert_uint_eq(buf[44 + 62], 255);
	ck_assert_uint_eq(buf[len - 1], 255);
	ck_assert_uint_eq(buf[len - 23], 82);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_uint_eq(opts_find(&back.opts, 15)->data.len, 250);
	ck_assert_uint_eq(opts_find(&back.opts, 17)->data.len, 100);
	ck_assert_uint_eq(opts_find(&back.opts, 18)->data.len, 60);
	ck_assert_uint_eq(opts_find(&back.opts, 61)->data.len, 7);
	ck_assert_ptr_null(opts_find(&back.opts, 66));
	ck_assert_uint_eq(omitted.n, 1);
	ck_assert_uint_eq(omitted.codes[0], 66);

	/* a name is in the way: its field is not used */
	pkt.file = "pxe";
	len = write_up_to(&pkt, 0, buf, sizeof(buf));
	ck_assert_mem_eq(buf + 240, ((const uint8_t[]){ 53, 1, 5, 52, 1, 2 }), 6);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_str_eq(back.file, "pxe");
	ck_assert_ptr_null(opts_find(&back.opts, 17));
	ck_assert_uint_eq(opts_find(&back.opts, 18)->data.len, 60);

	/* with enough space nothing is overloaded */
	len = write_up_to(&pkt, 1500, buf, sizeof(buf));
	ck_assert_uint_eq(buf[243], 15);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_uint_eq(opts_find(&back.opts, 66)->data.len, 200);
}
END_TEST

/* RFC 3396 5: one option over all three fields, in the order options, file, sname. */
START_TEST(splits_over_fields)
{
	struct packet4 pkt = answer(), back;
	uint8_t value[480], buf[1500];
	int len;

	for (unsigned i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)(i * 7);
	/* 548 - 247 leave 301 in the options field: 297 bytes of the value; then 125 and 58 */
	(void)opts_add(&pkt.opts, 121, bytes_of(value, sizeof(value)));
	len = write_up_to(&pkt, 576, buf, sizeof(buf));
	ck_assert_int_eq(len, 548);
	ck_assert_uint_eq(omitted.n, 0);
	ck_assert_mem_eq(buf + 240, ((const uint8_t[]){ 53, 1, 5, 52, 1, 3, 121, 255 }), 8);
	ck_assert_mem_eq(buf + 246 + 257, ((const uint8_t[]){ 121, 42 }), 2);
	ck_assert_mem_eq(buf + 108, ((const uint8_t[]){ 121, 125 }), 2);
	ck_assert_mem_eq(buf + 110, value + 297, 125);
	ck_assert_uint_eq(buf[108 + 127], 255);
	ck_assert_mem_eq(buf + 44, ((const uint8_t[]){ 121, 58 }), 2);
	ck_assert_uint_eq(buf[44 + 60], 255);
	ck_assert_uint_eq(buf[547], 255);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert(bytes_equal(opts_find(&back.opts, 121)->data, pkt.opts.v[0].data));

	/* three bytes more fill sname; another one does not fit */
	add(&pkt, 12, 1);
	ck_assert_int_eq(write_up_to(&pkt, 576, buf, sizeof(buf)), 548);
	ck_assert_uint_eq(omitted.n, 0);
	ck_assert_mem_eq(buf + 44 + 60, ((const uint8_t[]){ 12, 1, 12, 255 }), 4);
	add(&pkt, 15, 0);
	ck_assert_int_eq(write_up_to(&pkt, 576, buf, sizeof(buf)), 548);
	ck_assert_uint_eq(omitted.n, 1);
	ck_assert_uint_eq(omitted.codes[0], 15);

	/* one field is not free: then it does not fit at all, and leaves its space to the others */
	pkt.sname = "srv";
	len = write_up_to(&pkt, 576, buf, sizeof(buf));
	ck_assert_uint_eq(omitted.n, 1);
	ck_assert_uint_eq(omitted.codes[0], 121);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_uint_eq(opts_find(&back.opts, 12)->data.len, 1);
	ck_assert_str_eq(back.sname, "srv");
}
END_TEST

/* Options that are all too long: nothing is lost as long as the three fields have space for it. */
START_TEST(fills_all_fields)
{
	for (unsigned first = 1; first < 480; first++) {
		struct packet4 pkt = answer(), back;
		uint8_t buf[1500];
		int len;

		add(&pkt, 43, first);
		add(&pkt, 119, 470 - first);
		len = write_up_to(&pkt, 576, buf, sizeof(buf));
		ck_assert_msg(len > 0 && len <= 548 && !omitted.n, "%u: %d, %u omitted", first, len, omitted.n);
		parse(bytes_of(buf, (size_t)len), &back);
		ck_assert_uint_eq(opts_find(&back.opts, 43)->data.len, first);
		ck_assert_uint_eq(opts_find(&back.opts, 119)->data.len, 470 - first);
		if (first == 470)
			break;
	}
}
END_TEST

START_TEST(relay_information_is_on_top)
{
	struct packet4 pkt = answer(), back;
	uint8_t buf[1500];
	int len;

	add(&pkt, 82, 400);
	add(&pkt, 15, 250);
	add(&pkt, 51, 4);
	len = write_limited(&pkt, 576, 1500, buf, sizeof(buf));
	ck_assert_int_eq(len, 240 + 3 + 252 + 6 + 404 + 1);
	ck_assert_uint_eq(omitted.n, 0);
	ck_assert_uint_eq(buf[len - 405], 82);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_uint_eq(back.opts.v[back.opts.n - 1].code, 82);
	/* the link is the limit: options the client does not need are left out first ... */
	len = write_limited(&pkt, 576, 700, buf, sizeof(buf));
	ck_assert_int_le(len, 672);
	ck_assert_uint_eq(omitted.n, 1);
	ck_assert_uint_eq(omitted.codes[0], 15);
	/* ... then option 82 (RFC 3046 2.2), which gives the client its space back */
	len = write_limited(&pkt, 576, 660, buf, sizeof(buf));
	ck_assert_int_gt(len, 0);
	ck_assert_uint_eq(omitted.n, 1);
	ck_assert_uint_eq(omitted.codes[0], 82);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_uint_eq(opts_find(&back.opts, 15)->data.len, 250);
	/* longer than any link */
	opts_remove(&pkt.opts, 82);
	add(&pkt, 82, 3000);
	ck_assert_int_gt(write_limited(&pkt, 576, 1500, buf, sizeof(buf)), 0);
	ck_assert_uint_eq(omitted.codes[0], 82);
}
END_TEST

/* There is a response whatever the lengths of the other options. */
START_TEST(the_lease_comes_first)
{
	struct packet4 pkt = answer(), back;
	uint8_t buf[1500];
	int len;

	for (unsigned i = 100; i < 120; i++)
		add(&pkt, (uint16_t)i, 60);
	add(&pkt, 58, 400);
	add(&pkt, 59, 500);
	add(&pkt, 61, 255);
	add(&pkt, 51, 4);
	add(&pkt, 54, 4);
	len = write_up_to(&pkt, 576, buf, sizeof(buf));
	ck_assert_int_gt(len, 0);
	ck_assert_int_le(len, 548);
	parse(bytes_of(buf, (size_t)len), &back);
	ck_assert_uint_eq(opts_find(&back.opts, 51)->data.len, 4);
	ck_assert_uint_eq(opts_find(&back.opts, 54)->data.len, 4);
	ck_assert_uint_eq(opts_find(&back.opts, 58)->data.len, 400);
	ck_assert_ptr_null(opts_find(&back.opts, 59));
	ck_assert_uint_gt(omitted.n, OMITTED_MAX);
	ck_assert_uint_eq(omitted.codes[0], 101);
}
END_TEST

START_TEST(write_refuses)
{
	struct packet4 pkt = answer();
	uint8_t buf[1500];
	char name[130];

	ck_assert_int_eq(write_up_to(&pkt, 576, buf, 299), -E_SPACE);
	ck_assert_int_eq(write_up_to(&pkt, 576, buf, 300), 300);
	memset(name, 'a', sizeof(name));
	name[65] = 0;
	pkt.sname = name;
	ck_assert_int_eq(write_up_to(&pkt, 576, buf, sizeof(buf)), -E_RANGE);
	name[65] = 'a';
	name[129] = 0;
	pkt.sname = "";
	pkt.file = name;
	ck_assert_int_eq(write_up_to(&pkt, 576, buf, sizeof(buf)), -E_RANGE);
	pkt.file = "";
	add(&pkt, 256, 1);
	ck_assert_int_eq(write_up_to(&pkt, 576, buf, sizeof(buf)), -E_RANGE);
	opts_remove(&pkt.opts, 256);
	ck_assert_uint_eq(pkt.opts.n, 0);
	add(&pkt, 54, 600);
	ck_assert_int_eq(write_up_to(&pkt, 576, buf, sizeof(buf)), -E_SPACE);
	ck_assert_int_gt(write_up_to(&pkt, 1500, buf, sizeof(buf)), 0);
	pkt.hlen = 17;
	ck_assert_int_eq(write_up_to(&pkt, 1500, buf, sizeof(buf)), -E_RANGE);
}
END_TEST

START_TEST(options6)
{
	static const uint8_t in[] = { 0, 1, 0, 2, 7, 8, 0, 3, 0, 0, 0, 1, 0, 1, 9 };
	struct reader r = reader_init(in, sizeof(in)), cut = reader_init(in, sizeof(in) - 1);
	uint8_t buf[32];
	struct writer w = writer_init(buf, sizeof(buf)), small = writer_init(buf, 6);
	struct opts opts;

	opts_init(&opts, arena);
	ck_assert_int_eq(opts_parse6(&r, arena, &opts), 0);
	ck_assert_uint_eq(opts.n, 3);
	ck_assert_uint_eq(opts.v[2].data.len, 1);
	ck_assert_int_eq(opts_write6(&w, &opts), 0);
	ck_assert_uint_eq(writer_len(&w), sizeof(in));
	ck_assert_mem_eq(buf, in, sizeof(in));
	ck_assert_int_eq(opts_write6(&small, &opts), -E_SPACE);
	opts_init(&opts, arena);
	ck_assert_int_eq(opts_parse6(&cut, arena, &opts), -E_INVAL);
}
END_TEST

START_TEST(dump_is_one_printable_line)
{
	static const uint8_t o[] = { 53, 1, 1, 12, 3, 'a', '\n', 'b', 50, 3, 1, 2, 3, 250, 1, 7, 255 };
	struct str out = { 0 };
	struct packet4 pkt;

	parse(request(o, sizeof(o)), &pkt);
	dump_packet4(&pkt, &out);
	ck_assert_str_eq(str_text(&out),
			 "DHCPDISCOVER op=1 hwtype=1 hwaddr=02:00:00:00:00:01 hops=2 xid=0x12345678 secs=9 "
			 "flags=0x8000 giaddr=192.0.2.1 options(4): 53:dhcp-message-type=1 "
			 "12:host-name=a\\x0ab 50:dhcp-requested-address=010203 250=07");
	str_free(&out);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("packet4");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, parses_header_and_options);
	tcase_add_test(t, refuses_broken_packets);
	tcase_add_test(t, bootp_and_missing_end);
	tcase_add_test(t, joins_parts_over_all_fields);
	tcase_add_test(t, joining_many_parts_is_linear);
	tcase_add_test(t, full_arena_is_no_memory);
	tcase_add_test(t, writes_exact_bytes);
	tcase_add_test(t, splits_long_options);
	tcase_add_test(t, overloads_then_leaves_out);
	tcase_add_test(t, splits_over_fields);
	tcase_add_test(t, fills_all_fields);
	tcase_add_test(t, relay_information_is_on_top);
	tcase_add_test(t, the_lease_comes_first);
	tcase_add_test(t, write_refuses);
	tcase_add_test(t, options6);
	tcase_add_test(t, dump_is_one_printable_line);
	return suite_run(t);
}
