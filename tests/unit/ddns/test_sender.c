/* SPDX-License-Identifier: MPL-2.0 */
/* Requests to the DDNS server: what arrives, what waits while nobody listens, and what is dropped and counted. */
#include "../suite.h"

#include "ddns/sender.h"
#include "stat/stat.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 20000

static int listen_fd;
static uint16_t port;

/* Binds a socket to `port`, 0 for a new one. */
static void open_listener(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof(addr);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listen_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(listen_fd, 0);
	ck_assert_int_eq(bind(listen_fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(getsockname(listen_fd, (struct sockaddr *)&addr, &len), 0);
	port = ntohs(addr.sin_port);
}

static struct ncr_target target(uint32_t max_queue)
{
	return (struct ncr_target){
		.is_enabled = true, .server = ip_from4(INADDR_LOOPBACK), .port = port, .max_queue = max_queue
	};
}

static struct ncr_item item(const char *name, unsigned n)
{
	struct ncr_item it = { .change = NCR_ADD,
			       .forward = true,
			       .reverse = true,
			       .addr = ip_from4(0xc0000200 + n),
			       .client_type = DHCID_HWADDR,
			       .client_len = 7,
			       .client = { 1, 2, 0, 0, 0, 0, 1 },
			       .expires_sec = 1700000000,
			       .lease_length = 600 };

	it.name_len = (uint8_t)strlen(name);
	memcpy(it.name, name, it.name_len);
	return it;
}

static struct ncr receive(void)
{
	struct pollfd wait = { .fd = listen_fd, .events = POLLIN };
	uint8_t buf[NCR_DATAGRAM_MAX];
	char why[NCR_WHY_MAX];
	struct ncr ncr;
	ssize_t len;

	ck_assert_int_eq(poll(&wait, 1, WAIT_MS), 1);
	len = recv(listen_fd, buf, sizeof(buf), 0);
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(ncr_parse(bytes_of(buf, (size_t)len), &ncr, why), 0);
	return ncr;
}

static void put(struct ncr_sender *sender, const char *name, unsigned n)
{
	struct ncr_item it = item(name, n);

	ncr_sender_put(sender, &it);
}

static void await_empty(struct ncr_sender *sender)
{
	for (unsigned i = 0; i < WAIT_MS && ncr_sender_waiting(sender); i++)
		(void)poll(NULL, 0, 1);
	ck_assert_uint_eq(ncr_sender_waiting(sender), 0);
}

START_TEST(arrives)
{
	struct ncr_sender *sender = ncr_sender_new(0);
	struct ncr_target to;
	struct ncr got;
	char text[DNAME_TEXT_MAX];

	put(sender, "before.any.target", 1); /* ignored */
	open_listener();
	to = target(8);
	ck_assert_int_eq(ncr_sender_use(sender, &to), 0);
	put(sender, "pc1.example.", 1);
	put(sender, "b\303\274 o\\.lan", 2);
	got = receive();
	ck_assert_str_eq(dname_format(&got.fqdn, text), "pc1.example.");
	ck_assert(got.forward && got.reverse && got.change == NCR_ADD && got.lease_length == 600);
	ck_assert_uint_eq(got.dhcid_len, DHCID_LEN);
	got = receive();
	ck_assert_uint_eq(got.fqdn.wire[0], 6);
	ck_assert_mem_eq(got.fqdn.wire + 1, "b\303\274 o\\", 6);
	ncr_sender_free_wait(sender);
	(void)close(listen_fd);
}
END_TEST

/* What is not a name is left out, and the next request follows. */
START_TEST(no_name)
{
	struct ncr_sender *sender = ncr_sender_new(0);
	struct ncr_target to;
	struct ncr got;

	open_listener();
	to = target(8);
	ck_assert_int_eq(ncr_sender_use(sender, &to), 0);
	put(sender, "a..b", 1);
	put(sender, ".", 2);
	put(sender, "ok", 3);
	got = receive();
	ck_assert_uint_eq(ip_to4(&got.addr), 0xc0000203);
	ncr_sender_free_wait(sender);
	(void)close(listen_fd);
}
END_TEST

/* Nobody listens: the queue fills, the rest is dropped; what waits arrives in order as soon as somebody does. */
START_TEST(waits)
{
	struct ncr_sender *sender = ncr_sender_new(0);
	int64_t before = stat_sum(STAT_NCR_DROPPED);
	struct ncr_target to;

	open_listener();
	(void)close(listen_fd);
	to = target(5);
	ck_assert_int_eq(ncr_sender_use(sender, &to), 0);
	for (unsigned i = 1; i <= 8; i++)
		put(sender, "pc", i);
	ck_assert_uint_eq(ncr_sender_waiting(sender), 5);
	ck_assert_int_eq(stat_sum(STAT_NCR_DROPPED) - before, 3);
	open_listener();
	for (unsigned i = 1; i <= 5; i++) {
		struct ncr got = receive();

		ck_assert_uint_eq(ip_to4(&got.addr), 0xc0000200 + i);
	}
	await_empty(sender);
	ncr_sender_free_wait(sender);
	(void)close(listen_fd);
}
END_TEST

/* A reload with a shorter queue keeps the oldest, one that disables updates drops all without counting. */
START_TEST(reloads)
{
	struct ncr_sender *sender = ncr_sender_new(1);
	int64_t before = stat_sum(STAT_NCR_DROPPED);
	struct ncr_target to, off = { 0 };
	struct ncr got;

	open_listener();
	(void)close(listen_fd);
	to = target(10);
	ck_assert_int_eq(ncr_sender_use(sender, &to), 0);
	for (unsigned i = 1; i <= 6; i++)
		put(sender, "pc", i);
	to.max_queue = 4;
	ck_assert_int_eq(ncr_sender_use(sender, &to), 0);
	ck_assert_uint_eq(ncr_sender_waiting(sender), 4);
	ck_assert_int_eq(stat_sum(STAT_NCR_DROPPED) - before, 2);
	ck_assert_int_eq(ncr_sender_use(sender, &off), 0);
	ck_assert_uint_eq(ncr_sender_waiting(sender), 0);
	put(sender, "pc", 7);
	ck_assert_uint_eq(ncr_sender_waiting(sender), 0);
	ck_assert_int_eq(stat_sum(STAT_NCR_DROPPED) - before, 2);
	open_listener();
	ck_assert_int_eq(ncr_sender_use(sender, &to), 0);
	put(sender, "pc", 8);
	got = receive();
	/* The thread may have had the first one in its hands all the time. */
	if (ip_to4(&got.addr) == 0xc0000201)
		got = receive();
	ck_assert_uint_eq(ip_to4(&got.addr), 0xc0000208);
	ncr_sender_free_wait(sender);
	(void)close(listen_fd);
}
END_TEST

/* The end of the server sends what waits; without a listener it does not wait for one. */
START_TEST(ends)
{
	struct ncr_sender *sender = ncr_sender_new(0);
	struct ncr_target to;

	open_listener();
	to = target(1000);
	ck_assert_int_eq(ncr_sender_use(sender, &to), 0);
	for (unsigned i = 0; i < 100; i++)
		put(sender, "pc", i);
	ncr_sender_free_wait(sender);
	for (unsigned i = 0; i < 100; i++)
		(void)receive();
	(void)close(listen_fd);
	sender = ncr_sender_new(0);
	ck_assert_int_eq(ncr_sender_use(sender, &to), 0);
	put(sender, "pc", 1);
	ncr_sender_free_wait(sender);
	ncr_sender_free_wait(NULL);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("sender");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, arrives);
	tcase_add_test(t, no_name);
	tcase_add_test(t, waits);
	tcase_add_test(t, reloads);
	tcase_add_test(t, ends);
	return suite_run(t);
}
