/* SPDX-License-Identifier: MPL-2.0 */
/* The messages of ping_check: written as the RFCs say, and nothing else is read. */
#include "ping_check/probe.h"

#include "../../unit/suite.h"

#include <stdlib.h>
#include <string.h>

static const unsigned char cookie[PROBE_COOKIE] = "0123456789abcde";

/* An echo reply from 192.0.2.7 with an IPv4 header of 20 bytes; returns its length. */
static size_t make_reply(unsigned char data[64])
{
	memset(data, 0, 64);
	data[0] = 0x45;
	data[9] = 1;
	memcpy(data + 12, (const unsigned char[]){ 192, 0, 2, 7 }, 4);
	probe_echo_write(data + 20, 0x1234, 77, cookie);
	data[20] = 0;
	/* The type is 8 less, in the high byte. */
	data[22] = (unsigned char)(data[22] + 8);
	if (data[22] < 8)
		data[23]++;
	return 20 + PROBE_ECHO_LEN;
}

START_TEST(echo_is_read)
{
	unsigned char data[64];
	struct probe_echo echo;

	ck_assert(probe_echo_read(data, make_reply(data), &echo));
	ck_assert_int_eq(echo.sequence, 77);
	ck_assert_mem_eq(echo.cookie, cookie, PROBE_COOKIE);
	ck_assert_mem_eq(echo.addr, ((const unsigned char[]){ 192, 0, 2, 7 }), 4);
}
END_TEST

/* Each shorter one, and each with one bit changed in what matters. */
START_TEST(other_datagrams_are_not)
{
	unsigned char data[64];
	struct probe_echo echo;
	size_t len = make_reply(data);

	for (size_t n = 0; n < len; n++) {
		unsigned char *copy = malloc(n ? n : 1);

		memcpy(copy, data, n);
		ck_assert_msg(!probe_echo_read(copy, n, &echo), "%zu bytes", n);
		free(copy);
	}
	for (size_t i = 20; i < len; i++) {
		data[i] ^= 1;
		ck_assert_msg(!probe_echo_read(data, len, &echo), "byte %zu", i);
		data[i] ^= 1;
	}
	for (unsigned version = 0; version < 256; version++) {
		unsigned char *copy = malloc(len);

		memcpy(copy, data, len);
		copy[0] = (unsigned char)version;
		ck_assert_int_eq(probe_echo_read(copy, len, &echo), version == 0x45);
		free(copy);
	}
	data[9] = 17;
	ck_assert(!probe_echo_read(data, len, &echo));
}
END_TEST

START_TEST(probes_and_responses)
{
	static const unsigned char own[6] = { 2, 0, 0, 0, 0, 1 }, addr[4] = { 192, 0, 2, 7 };
	unsigned char data[PROBE_ARP_LEN];
	struct probe_arp arp;

	probe_arp_write(data, own, addr);
	/* A probe is from nobody. */
	ck_assert(!probe_arp_read(data, sizeof(data), &arp));
	ck_assert_mem_eq(data, ((const unsigned char[]){ 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0,   0, 0, 1,
							 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 7 }),
			 PROBE_ARP_LEN);
	memcpy(data + 14, addr, 4);
	ck_assert(probe_arp_read(data, sizeof(data), &arp));
	ck_assert_mem_eq(arp.addr, addr, 4);
	ck_assert_mem_eq(arp.hwaddr, own, 6);
	for (size_t n = 0; n < sizeof(data); n++)
		ck_assert(!probe_arp_read(data, n, &arp));
	for (size_t i = 0; i < 6; i++) {
		data[i] ^= 1;
		ck_assert(!probe_arp_read(data, sizeof(data), &arp));
		data[i] ^= 1;
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("probe");

	tcase_add_test(tc, echo_is_read);
	tcase_add_test(tc, other_datagrams_are_not);
	tcase_add_test(tc, probes_and_responses);
	return suite_run(tc);
}
