/* SPDX-License-Identifier: MPL-2.0 */
/* The command line: values, which options go together, and the lists and templates it names. */
#include "../suite.h"

#include "perfdhcp/cmdline.h"

#include "base/err.h"

#include <unistd.h>

#define MAX_ARGS 64

static struct options opt;
static char why[OPTIONS_WHY_MAX];
static char path[64];

/* Words separated by blanks; @ is replaced with the path of the file. */
static int parse(const char *line)
{
	static char text[1024];
	char *argv[MAX_ARGS] = { "perfdhcp" }, *rest;
	int argc = 1;

	options_done(&opt);
	why[0] = '\0';
	(void)snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &rest); word && argc < MAX_ARGS - 1; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = strcmp(word, "@") == 0 ? path : word;
	return options_parse(argc, argv, &opt, why);
}

static void file(const char *content)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(content, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void setup(void)
{
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/kea-perfdhcp-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static void teardown(void)
{
	options_done(&opt);
	(void)unlink(path);
}

START_TEST(defaults)
{
	ck_assert_int_eq(parse("192.0.2.1"), 0);
	ck_assert_uint_eq(opt.family, 4);
	ck_assert_uint_eq(opt.clients, 1);
	ck_assert_uint_eq(opt.n_requests[0], 1);
	ck_assert_uint_eq(opt.window, 1);
	ck_assert_double_eq(opt.drop_sec[0], 1);
	ck_assert_double_eq(opt.drop_sec[1], 1);
	ck_assert_uint_eq(opt.mac[1], 0x0c);
	ck_assert_uint_eq(ip_to4(&opt.server), 0xc0000201);
	ck_assert(!opt.has_exit_wait);
	ck_assert_uint_eq(opt.threads, 1);
}
END_TEST

START_TEST(values)
{
	ck_assert_int_eq(
		parse("-r 100 -R 2000 -n 10 -n 9 -p 2.5 -d .5 -d 3 -D 7 -D 2.5% -t 1 -W 0 -L 1067 -N 2067 -P 3 -u -B "
		      "-f 40 -F 60 -g multi -C , -Y 3 -y 10 -b ether=02:0a:0b:0c:0d:0e -x aeilst --ledger l 192.0.2.1"),
		0);
	ck_assert_uint_eq(opt.rate, 100);
	ck_assert_uint_eq(opt.clients, 2000);
	ck_assert_uint_eq(opt.n_requests[0], 10);
	ck_assert_uint_eq(opt.n_requests[1], 9);
	ck_assert_double_eq(opt.period_sec, 2.5);
	ck_assert_double_eq(opt.drop_sec[0], 0.5);
	ck_assert_double_eq(opt.drop_sec[1], 3);
	ck_assert(opt.has_max_drops[0] && !opt.has_max_drops[1]);
	ck_assert_uint_eq(opt.max_drops[0], 7);
	ck_assert_double_eq(opt.max_drop_percent[1], 2.5);
	ck_assert(opt.has_exit_wait);
	ck_assert_uint_eq(opt.local_port, 1067);
	ck_assert_uint_eq(opt.remote_port, 2067);
	ck_assert_uint_eq(opt.preload, 3);
	ck_assert(opt.unique && opt.broadcast);
	ck_assert_uint_eq(opt.renew_rate + opt.release_rate, 100);
	ck_assert_uint_eq(opt.threads, 2);
	ck_assert_str_eq(opt.separator, ",");
	ck_assert_double_eq(opt.late_from_sec, 3);
	ck_assert_double_eq(opt.late_for_sec, 10);
	ck_assert_mem_eq(opt.mac, "\x02\x0a\x0b\x0c\x0d\x0e", 6);
	ck_assert(opt.diag_args && opt.diag_exit && opt.diag_rate && opt.diag_leases && opt.diag_server_id &&
		  opt.diag_times && !opt.diag_templates);
	ck_assert_str_eq(opt.ledger, "l");
	/* scripts append their own options to those they always pass */
	ck_assert_int_eq(parse("-4 -r 5 -l eth0 -4 -r 6 -l eth1 all"), 0);
	ck_assert_uint_eq(opt.rate, 6);
	ck_assert_str_eq(opt.local, "eth1");
	ck_assert_uint_eq(ip_to4(&opt.server), UINT32_MAX);

	/* one drop time applies to both halves; two colons, as Kea prints addresses */
	ck_assert_int_eq(parse("-d 2 -b mac=00::0c::01::02::03::ff -l eth0"), 0);
	ck_assert_double_eq(opt.drop_sec[1], 2);
	ck_assert_uint_eq(opt.mac[5], 0xff);
	ck_assert_uint_eq(ip_to4(&opt.server), UINT32_MAX);

	ck_assert_int_eq(parse("-o 60,646f63 -o 12,41 192.0.2.1"), 0);
	ck_assert_uint_eq(opt.n_extra, 2);
	ck_assert_uint_eq(opt.extra[0].code, 60);
	ck_assert_uint_eq(opt.extra[0].data.len, 3);
	ck_assert_mem_eq(opt.extra[0].data.data, "doc", 3);

	ck_assert_int_eq(parse("--scenario renew -R 50 192.0.2.1"), 0);
	ck_assert_int_eq(opt.scenario, SCENARIO_RENEW);
	ck_assert_uint_eq(opt.preload, 50);
	ck_assert_uint_eq(opt.n_requests[0], 0);
	ck_assert_int_eq(parse("--direct -l eth0 -p 1"), 0);
	ck_assert(opt.direct);
	ck_assert_int_eq(parse("-h -r x"), 0);
	ck_assert(opt.help);
}
END_TEST

START_TEST(values6)
{
	struct ip ip;

	ck_assert_int_eq(
		parse("-6 -l eth0 -c -A 1 -e address-and-prefix -b duid=0001000101020304aabbccddeeff -o 300,00"), 0);
	ck_assert_int_eq(ip_parse("ff02::1:2", &ip), 0);
	ck_assert(ip_equal(&ip, &opt.server));
	ck_assert_uint_eq(opt.relay_level, 1);
	ck_assert_int_eq(opt.leases, LEASE_BOTH);
	ck_assert_uint_eq(opt.duid_len, 14);
	ck_assert(opt.rapid);
	ck_assert_int_eq(parse("-6 -l eth0 -e prefix-only servers"), 0);
	ck_assert_int_eq(opt.leases, LEASE_PREFIX);
	ck_assert_int_eq(ip_parse("ff05::1:3", &ip), 0);
	ck_assert(ip_equal(&ip, &opt.server));
	ck_assert_int_eq(parse("-6 -B -l eth0"), -E_INVAL);
	ck_assert_int_eq(parse("-6 --direct -l eth0"), -E_INVAL);
	ck_assert_int_eq(parse("-6 192.0.2.1"), -E_INVAL);
	ck_assert_str_eq(why, "192.0.2.1 is not an address of DHCPv6");
	file("2001:db8::1\n");
	ck_assert_int_eq(parse("-6 -J @ -l eth0"), -E_INVAL);
	ck_assert_str_eq(why, "-J is for relayed messages: use it with -A 1");
	ck_assert_int_eq(parse("-6 -A 1 -J @ -l eth0"), 0);
}
END_TEST

static const struct {
	const char *line, *why; /* why: beginning of the message */
} wrong[] = {
	{ "", "say which server" },
	{ "-l 192.0.2.2", "say which server" },
	{ "-q 192.0.2.1", "unknown option -q" },
	{ "--foo 192.0.2.1", "unknown option --foo" },
	{ "192.0.2.1 -r", "-r needs a value" },
	{ "-r 0 192.0.2.1", "-r: 0 is not a number from 1" },
	{ "-r -5 192.0.2.1", "-r: -5" },
	{ "-r 5x 192.0.2.1", "-r: 5x" },
	{ "-r 4294967296 192.0.2.1", "-r: 4294967296" },
	{ "-n 1 -n 2 -n 3 192.0.2.1", "-n is given too often" },
	{ "-R 0 192.0.2.1", "-R: 0" },
	{ "-p 0 192.0.2.1", "-p: 0" },
	{ "-d inf 192.0.2.1", "-d: inf" },
	{ "-d 1e400 192.0.2.1", "-d: 1e400" },
	{ "-D 101% 192.0.2.1", "-D: 101%" },
	{ "-D 0% 192.0.2.1", "-D: 0%" },
	{ "-D abc 192.0.2.1", "-D: abc" },
	{ "-L 65536 192.0.2.1", "-L: 65536" },
	{ "-b mac=1:2:3 192.0.2.1", "-b: 1:2:3 is not a hardware address" },
	{ "-b mac=000c01020304 192.0.2.1", "-b: 000c01020304 is not a hardware address" },
	{ "-b foo 192.0.2.1", "-b: foo" },
	{ "-b duid=010203040506 192.0.2.1", "-b: DUIDs are for DHCPv6" },
	{ "-e all 192.0.2.1", "-e: all" },
	{ "-e prefix-only 192.0.2.1", "-e: prefixes are for DHCPv6" },
	{ "-g two 192.0.2.1", "-g: two" },
	{ "-x aq 192.0.2.1", "-x: there is no diagnostic q" },
	{ "-o 60 192.0.2.1", "-o: 60 is not CODE,HEX" },
	{ "-o 60,6 192.0.2.1", "-o: 6 is not hex" },
	{ "-o 60,zz 192.0.2.1", "-o: zz is not hex" },
	{ "-o 53,01 192.0.2.1", "-o: 53 is not an option" },
	{ "-o 300,01 192.0.2.1", "-o: 300 is not an option" },
	{ "-4 -6 192.0.2.1", "-4 and -6" },
	{ "-c 192.0.2.1", "-c is for DHCPv6" },
	{ "-A 1 192.0.2.1", "-A is for DHCPv6" },
	{ "-A 2 192.0.2.1", "-A: 2 is not 1, the only value there is" },
	{ "-f 5 192.0.2.1", "-f and -F need -r" },
	{ "-r 10 -f 6 -F 5 192.0.2.1", "-f and -F together are more than -r" },
	{ "-y 1 192.0.2.1", "-y and -Y are used together" },
	{ "-r 1 --window 4 192.0.2.1", "--window" },
	{ "-i -1 192.0.2.1", "-1 is about the second half" },
	{ "-i -r 5 -F 1 192.0.2.1", "-F is about the second half" },
	{ "-i -n 1 -n 1 192.0.2.1", "a second -n" },
	{ "--scenario foo 192.0.2.1", "--scenario: foo" },
	{ "--scenario avalanche -r 5 192.0.2.1", "-r has no meaning in the scenario avalanche" },
	{ "--scenario renew -i 192.0.2.1", "-i has no meaning in the scenario renew" },
	{ "-X 4 192.0.2.1", "-X and -O are about templates" },
	{ "-T /nonexistent 192.0.2.1", "-T: /nonexistent: " },
	{ "-M /nonexistent 192.0.2.1", "-M: /nonexistent: " },
	{ "-J /nonexistent 192.0.2.1", "-J: /nonexistent: " },
	{ "--direct 192.0.2.1", "--direct needs an interface" },
	{ "192.0.2.1 192.0.2.2", "one server is enough: 192.0.2.2" },
	{ "2001:db8::1", "2001:db8::1 is not an address of DHCPv4" },
	{ "servers", "servers is not the address of a server" },
	{ "-p 0x10 192.0.2.1", "-p: 0x10" },
};

START_TEST(refused)
{
	ck_assert_msg(parse(wrong[_i].line) == -E_INVAL, "accepted: %s", wrong[_i].line);
	ck_assert_msg(strncmp(why, wrong[_i].why, strlen(wrong[_i].why)) == 0, "%s: %s", wrong[_i].line, why);
}
END_TEST

START_TEST(lists)
{
	file("# clients\n00:0c:01:02:03:04\n\n  00:0c:01:02:03:05\r\n00:0c:01:02:03:06");
	ck_assert_int_eq(parse("-M @ 192.0.2.1"), 0);
	ck_assert_uint_eq(opt.clients, 3);
	ck_assert_uint_eq(opt.macs[2][5], 6);
	ck_assert_int_eq(parse("-M @ -R 2 192.0.2.1"), 0);
	ck_assert_uint_eq(opt.clients, 2);
	ck_assert_int_eq(parse("-M @ -R 4 192.0.2.1"), -E_INVAL);
	ck_assert_int_eq(parse("-M @ -b mac=02:00:00:00:00:00 192.0.2.1"), -E_INVAL);
	ck_assert_str_eq(why, "-M and -b cannot be used together");
	file("00:0c:01:02:03\n");
	ck_assert_int_eq(parse("-M @ 192.0.2.1"), -E_INVAL);
	ck_assert_ptr_nonnull(strstr(why, ":1: 00:0c:01:02:03 is not a hardware address"));
	file("\n");
	ck_assert_int_eq(parse("-M @ 192.0.2.1"), -E_INVAL);

	file("10.0.0.1\n10.0.1.1\n");
	ck_assert_int_eq(parse("-J @ 192.0.2.1"), 0);
	ck_assert_uint_eq(opt.n_relays, 2);
	ck_assert_uint_eq(ip_to4(&opt.relays[1]), 0x0a000101);
	file("10.0.0.1\n2001:db8::1\n");
	ck_assert_int_eq(parse("-J @ 192.0.2.1"), -E_INVAL);
	ck_assert_str_eq(why, "-J: an address of the other family is in the list");
	file("10.0.0.256\n");
	ck_assert_int_eq(parse("-J @ 192.0.2.1"), -E_INVAL);
}
END_TEST

START_TEST(templates)
{
	char text[2 * 254 + 8] = "01 0 2\nAb\tcD";

	memset(text + strlen(text), '0', 2 * 250);
	file(text);
	ck_assert_int_eq(parse("-T @ -X 4 -O 33 192.0.2.1"), 0);
	ck_assert_uint_eq(opt.templates[0].len, 254);
	ck_assert_mem_eq(opt.templates[0].bytes, "\x01\x02\xab\xcd", 4);
	ck_assert_uint_eq(opt.templates[0].xid_at, 4);
	ck_assert_uint_eq(opt.templates[0].id_at, 33);
	ck_assert_int_eq(parse("-T @ -T @ -S 254 -I 248 -E 8 192.0.2.1"), 0);
	ck_assert_uint_eq(opt.n_templates, 2);
	ck_assert_uint_eq(opt.server_id_at, 254);
	/* an option may be placed after the end, a number may not */
	ck_assert_int_eq(parse("-T @ -T @ -S 255 192.0.2.1"), -E_INVAL);
	ck_assert_str_eq(why, "-S: the second template has 254 bytes: there is no room at 255");
	ck_assert_int_eq(parse("-T @ -T @ -E 252 192.0.2.1"), 0);
	ck_assert_int_eq(parse("-T @ -T @ -E 253 192.0.2.1"), -E_INVAL);
	ck_assert_int_eq(parse("-T @ -X 250 192.0.2.1"), 0);
	ck_assert_int_eq(parse("-T @ -X 251 192.0.2.1"), -E_INVAL);
	ck_assert_int_eq(parse("-T @ -O 254 192.0.2.1"), -E_INVAL);
	ck_assert_int_eq(parse("-T @ -T @ -S 250 -I 250 192.0.2.1"), -E_INVAL);
	ck_assert_int_eq(parse("-T @ -S 254 192.0.2.1"), -E_INVAL);
	ck_assert_int_eq(parse("-T @ -X 4 -X 4 192.0.2.1"), -E_INVAL);
	ck_assert_int_eq(parse("-T @ -O 3 192.0.2.1"), -E_INVAL);
	ck_assert_int_eq(parse("-T @ -r 5 -f 1 192.0.2.1"), -E_INVAL);
	file("01020304");
	ck_assert_int_eq(parse("-T @ 192.0.2.1"), -E_INVAL);
	ck_assert_ptr_nonnull(strstr(why, "-X: the first template has 4 bytes"));
	ck_assert_int_eq(parse("-6 -T @ 2001:db8::1"), 0);
	file("010");
	ck_assert_int_eq(parse("-T @ 192.0.2.1"), -E_INVAL);
	ck_assert_ptr_nonnull(strstr(why, "an odd number of digits"));
	file("01 0g");
	ck_assert_int_eq(parse("-T @ 192.0.2.1"), -E_INVAL);
	ck_assert_ptr_nonnull(strstr(why, "0x67"));
	file(" \n");
	ck_assert_int_eq(parse("-T @ 192.0.2.1"), -E_INVAL);
	ck_assert_ptr_nonnull(strstr(why, "is empty"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, values);
	tcase_add_test(tc, values6);
	tcase_add_loop_test(tc, refused, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tc, lists);
	tcase_add_test(tc, templates);
	return suite_run(tc);
}
