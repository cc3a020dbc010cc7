/* SPDX-License-Identifier: MPL-2.0 */
/* DHCPv6 messages, relayed and not, and templates. */
#include "../suite.h"

#include "perfdhcp/packets.h"

static struct options opt;
static uint8_t out[2048];
static size_t out_len;
static struct ip relay, addr, prefix;

#define CLIENT "0001000a00030001000c01020304"
#define SERVER "0002000a00030001020000000001"
#define ADDR "20010db8000000000000000000000005"
#define PREFIX "20010db8800000000000000000000000"
#define LINK "20010db8000000000000000000000002"

static void setup(void)
{
	opt = (struct options){ .family = 6, .clients = 1, .leases = LEASE_ADDRESS, .mac = { 0, 0x0c, 1, 2, 3, 4 } };
	ck_assert_int_eq(ip_parse("2001:db8::2", &relay), 0);
	ck_assert_int_eq(ip_parse("2001:db8::5", &addr), 0);
	ck_assert_int_eq(ip_parse("2001:db8:8000::", &prefix), 0);
}

static struct grant granted(bool has_addr, bool has_prefix)
{
	return (struct grant){ .has_addr = has_addr,
			       .has_prefix = has_prefix,
			       .addr = addr,
			       .prefix = prefix,
			       .prefix_len = 64,
			       .valid = 3600,
			       .prefix_valid = 3600,
			       .server = bytes_of("\0\3\0\1\2\0\0\0\0\1", 10) };
}

/* Returns the message in hex. */
static const char *written(enum kind kind, uint32_t client, const struct grant *grant, const struct ip *via)
{
	static char text[4096];
	struct writer w = writer_init(out, sizeof(out));
	struct message msg = {
		.kind = kind, .client = client, .xid = 0x0a0b0c, .waited_ms = 2000, .grant = grant, .relay = via
	};

	proto6.write(&opt, &msg, &w);
	ck_assert(!w.err);
	out_len = writer_len(&w);
	(void)bytes_to_hex(bytes_of(out, out_len), 0, text, sizeof(text));
	return text;
}

START_TEST(generated)
{
	struct grant both = granted(true, true), only = granted(true, false);

	ck_assert_str_eq(written(FIRST, 0, NULL, NULL), "010a0b0c" CLIENT "0003000c000000010000000000000000"
							"0006000400170018"
							"0008000200c8");
	opt.rapid = true;
	opt.leases = LEASE_PREFIX;
	ck_assert_str_eq(written(FIRST, 0, NULL, NULL), "010a0b0c" CLIENT "0019000c000000010000000000000000"
							"0006000400170018"
							"0008000200c8"
							"000e0000");
	opt.leases = LEASE_BOTH;
	ck_assert_str_eq(written(SECOND, 0, &both, NULL),
			 "030a0b0c" CLIENT SERVER "0003002800000001000000000000000000050018" ADDR "0000000000000000"
			 "001900290000000100000000000000"
			 "00001a0019000000000000000040" PREFIX "0006000400170018"
			 "0008000200c8");
	/* a renewal names what the client has */
	ck_assert_str_eq(written(RENEWAL, 0, &only, NULL),
			 "050a0b0c" CLIENT SERVER "0003002800000001000000000000000000050018" ADDR "0000000000000000"
			 "0006000400170018"
			 "0008000200c8");
	opt.extra[0] = (struct extra_option){ 16, bytes_of("\1\2\3\4", 4) };
	opt.n_extra = 1;
	ck_assert_str_eq(written(RELEASING, 0, &only, NULL),
			 "080a0b0c" CLIENT SERVER "0003002800000001000000000000000000050018" ADDR "0000000000000000"
			 "0008000200c8"
			 "0010000401020304");
}
END_TEST

START_TEST(relayed)
{
	ck_assert_str_eq(written(FIRST, 1, NULL, &relay), "0c00" LINK "fe80000000000000020c01fffe020305"
							  "00090030"
							  "010a0b0c"
							  "0001000a00030001000c01020305"
							  "0003000c000000010000000000000000"
							  "0006000400170018"
							  "0008000200c8");
}
END_TEST

/* Reads a response from hex. */
static bool read_hex(const char *text, struct answer *a)
{
	static uint8_t bytes[1024];
	int n = hex_to_bytes(text, strlen(text), bytes, sizeof(bytes));

	ck_assert_int_gt(n, 0);
	return proto6.read(&opt, bytes_of(bytes, (size_t)n), a);
}

#define IA_NA(valid)                       \
	"00030028000000010000000100000002" \
	"00050018" ADDR "00000e10" valid
#define IA_PD                              \
	"00190029000000010000000100000002" \
	"001a0019"                         \
	"00000e1000000e10"                 \
	"40" PREFIX

START_TEST(answers)
{
	struct answer a;
	struct ip ip;
	bool last;

	ck_assert(read_hex("020a0b0c" CLIENT SERVER IA_NA("00000e10") IA_PD "0007000101", &a));
	ck_assert_uint_eq(a.type, 2);
	ck_assert_uint_eq(a.xid, 0x0a0b0c);
	ck_assert(!a.refused && !a.committed && a.grant.has_addr && a.grant.has_prefix);
	ip = a.grant.addr;
	ck_assert(ip_equal(&ip, &addr));
	ip = a.grant.prefix;
	ck_assert(ip_equal(&ip, &prefix));
	ck_assert_uint_eq(a.grant.prefix_len, 64);
	ck_assert_uint_eq(a.grant.valid, 3600);
	ck_assert_uint_eq(a.client.len, 10);
	ck_assert_uint_eq(a.grant.server.len, 10);

	/* a lifetime of zero removes the address; status codes at either level mean rejection */
	ck_assert(read_hex("070a0b0c" CLIENT SERVER IA_NA("00000000"), &a));
	ck_assert(a.committed && !a.grant.has_addr && !a.refused);
	ck_assert(read_hex("070a0b0c" CLIENT SERVER "000d00020000", &a) && !a.refused);
	ck_assert(read_hex("070a0b0c" CLIENT SERVER "000d00020001", &a) && a.refused);
	ck_assert(read_hex("070a0b0c" CLIENT SERVER "00030012000000010000000000000000"
			   "000d00020002",
			   &a) &&
		  a.refused);

	ck_assert(!read_hex("020a0b", &a));
	ck_assert(!read_hex("020a0b0c"
			    "0001000a0003",
			    &a));
	ck_assert(!read_hex("020a0b0c"
			    "00030004000000010000000000000000",
			    &a));
	ck_assert(!read_hex("020a0b0c" CLIENT SERVER "000300140000000100000000000000000005001820010db8", &a));
	ck_assert(!read_hex("020a0b0c" CLIENT SERVER "000d000100", &a));

	opt.relay_level = 1;
	ck_assert(read_hex("0d00" LINK LINK "0012000200ff"
			   "00090020"
			   "070a0b0c" CLIENT SERVER,
			   &a));
	ck_assert_uint_eq(a.xid, 0x0a0b0c);
	ck_assert_uint_eq(a.type, 7);
	ck_assert(!read_hex("070a0b0c" CLIENT SERVER, &a));
	ck_assert(!read_hex("0d00" LINK LINK "0012000200ff", &a));
	ck_assert(!read_hex("0d00" LINK LINK "00090021"
			    "070a0b0c" CLIENT SERVER,
			    &a));

	ck_assert(proto6.answers(&opt, 2, FIRST, &last) && !last);
	ck_assert(!proto6.answers(&opt, 7, FIRST, &last));
	ck_assert(proto6.answers(&opt, 7, SECOND, &last) && last);
	ck_assert(proto6.answers(&opt, 7, RELEASING, &last) && last);
	ck_assert(!proto6.answers(&opt, 2, RENEWAL, &last));
	opt.rapid = true;
	ck_assert(proto6.answers(&opt, 7, FIRST, &last) && last);
	ck_assert(proto6.answers(&opt, 2, FIRST, &last) && !last);
}
END_TEST

static void load(struct template *t, const char *text)
{
	int n = hex_to_bytes(text, strlen(text), t->bytes, sizeof(t->bytes));

	ck_assert_int_gt(n, 0);
	t->len = (size_t)n;
}

START_TEST(templates)
{
	struct grant both = granted(true, true);

	load(&opt.templates[0], "01ffffff"
				"0001000600030001aaff"
				"00080002eeee");
	/* server identifier at 14, shorter than the real one; IA_NA at 20 with an address; elapsed at 56 */
	load(&opt.templates[1], "03ffffff"
				"0001000600030001aaff"
				"00020002dddd"
				"00030018000000010000000000000000"
				"00050008dddddddddddddddd"
				"00080002eeee"
				"0019000c000000010000000000000000");
	opt.n_templates = 2;
	opt.clients = 300;
	opt.server_id_at = 14;
	opt.ip_at = 20;
	opt.time_at = 52;
	/* by default the end of the DUID distinguishes clients */
	ck_assert_str_eq(written(FIRST, 1, NULL, NULL), "010a0b0c"
							"0001000600030001ab00"
							"0008000200c8");
	ck_assert_str_eq(written(SECOND, 0, &both, NULL),
			 "030a0b0c"
			 "0001000600030001aaff" SERVER "0003002800000001000000000000000000050018" ADDR
			 "0000000000000000"
			 "0008000200c8"
			 "0019000c000000010000000000000000");
	opt.leases = LEASE_BOTH;
	ck_assert_str_eq(written(SECOND, 0, &both, NULL),
			 "030a0b0c"
			 "0001000600030001aaff" SERVER "0003002800000001000000000000000000050018" ADDR
			 "0000000000000000"
			 "0008000200c8"
			 "00190029000000010000000000000000"
			 "001a0019000000000000000040" PREFIX);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, generated);
	tcase_add_test(tc, relayed);
	tcase_add_test(tc, answers);
	tcase_add_test(tc, templates);
	return suite_run(tc);
}
