/* SPDX-License-Identifier: MPL-2.0 */
/* Sub-options, lists of codes, numbers and option 82 are read without building a list, whatever the bytes are. */
#include "fixture.h"

#include "wire/option.h"
#include "wire/packet4.h"
#include "wire/rai4.h"

START_TEST(sub_options_are_found_before_the_first_truncated_one)
{
	/* 0 and 255 are codes like any other */
	static const uint8_t subs[] = { 0, 1, 7, 255, 2, 8, 9, 1, 0, 3, 5, 1 };
	struct bytes all = bytes_of(subs, sizeof(subs)), got = bytes_of("x", 1);

	ck_assert(opt_find4(all, 0, &got));
	ck_assert(bytes_equal(got, bytes_of("\7", 1)));
	ck_assert(opt_find4(all, 255, &got));
	ck_assert(bytes_equal(got, bytes_of("\10\11", 2)));
	ck_assert(opt_find4(all, 1, &got));
	ck_assert_uint_eq(got.len, 0);
	got = bytes_of("x", 1);
	ck_assert(!opt_find4(all, 3, &got));
	ck_assert(!opt_find4(all, 2, &got));
	ck_assert(!opt_find4(bytes_of(subs, 1), 0, &got));
	ck_assert(!opt_find4(bytes_of(NULL, 0), 0, &got));
	ck_assert(bytes_equal(got, bytes_of("x", 1)));
}
END_TEST

START_TEST(codes_are_found_in_lists)
{
	static const uint8_t codes[] = { 1, 2, 0, 17, 9 };
	struct bytes all = bytes_of(codes, sizeof(codes));

	ck_assert(codes4_have(all, 17));
	ck_assert(codes4_have(all, 0));
	ck_assert(!codes4_have(all, 3));
	ck_assert(!codes4_have(all, 0x0102));
	ck_assert(!codes4_have(bytes_of(NULL, 0), 0));
	ck_assert(codes6_have(all, 0x0102));
	ck_assert(codes6_have(all, 17));
	/* not across two codes, and not the last byte, which is no code */
	ck_assert(!codes6_have(all, 0x0200));
	ck_assert(!codes6_have(all, 9));
	ck_assert(!codes6_have(bytes_of(NULL, 0), 0));
}
END_TEST

START_TEST(numbers_have_their_length)
{
	struct packet4 pkt = { .op = BOOTREQUEST };

	opts_init(&pkt.opts, arena);
	ck_assert_int_eq(opts_add(&pkt.opts, OPT4_DHCP_MAX_MESSAGE_SIZE, hex("05dc")), 0);
	ck_assert_int_eq(opts_add(&pkt.opts, OPT4_DHCP_LEASE_TIME, hex("ffffffff")), 0);
	ck_assert_int_eq(opts_add(&pkt.opts, OPT4_SUBNET_SELECTION, hex("c00002")), 0);
	ck_assert_uint_eq(packet4_u16(&pkt, OPT4_DHCP_MAX_MESSAGE_SIZE), 1500);
	ck_assert_uint_eq(packet4_u32(&pkt, OPT4_DHCP_LEASE_TIME), UINT32_MAX);
	ck_assert_uint_eq(packet4_u32(&pkt, OPT4_DHCP_MAX_MESSAGE_SIZE), 0);
	ck_assert_uint_eq(packet4_u32(&pkt, OPT4_SUBNET_SELECTION), 0);
	ck_assert_uint_eq(packet4_u32(&pkt, OPT4_DHCP_REQUESTED_ADDRESS), 0);
}
END_TEST

START_TEST(relay_information_is_read_up_to_what_is_malformed)
{
	struct relay_info4 rai;
	struct ip want = ip_from4(0xc0000201);

	relay_info4_read(hex("0101aa 0202bbcc 0504c0000201 0b04c0000201 0c01dd 1300"), &rai);
	ck_assert_uint_eq(rai.bytes.len, 24);
	ck_assert(bytes_equal(rai.circuit_id, hex("aa")));
	ck_assert(bytes_equal(rai.remote_id, hex("bbcc")));
	ck_assert(bytes_equal(rai.relay_id, hex("dd")));
	ck_assert(ip_equal(&rai.link, &want));
	ck_assert(ip_equal(&rai.server_id, &want));
	ck_assert(rai.source_port);
	/* addresses of another length are no addresses; the last sub-option is truncated */
	relay_info4_read(hex("0503c00002 0b05c000020101 0101aa 0202bb"), &rai);
	ck_assert(ip_is_zero(&rai.link));
	ck_assert(ip_is_zero(&rai.server_id));
	ck_assert_uint_eq(rai.circuit_id.len, 1);
	ck_assert_uint_eq(rai.remote_id.len, 0);
	ck_assert(!rai.source_port);
	relay_info4_read(bytes_of(NULL, 0), &rai);
	ck_assert_uint_eq(rai.bytes.len, 0);
	ck_assert(ip_is_zero(&rai.link));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("option");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, sub_options_are_found_before_the_first_truncated_one);
	tcase_add_test(tc, codes_are_found_in_lists);
	tcase_add_test(tc, numbers_have_their_length);
	tcase_add_test(tc, relay_information_is_read_up_to_what_is_malformed);
	return suite_run(tc);
}
