/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sockets with real packets: two network namespaces of this process and a veth pair between them. Needs root, or
 * a kernel with unprivileged user namespaces; otherwise skipped with a message.
 *
 *	server: s0 192.0.2.1/24, also 192.0.2.9	client: c0 192.0.2.2/24
 */
#include "../suite.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "io/iface.h"
#include "io/sock_int.h"
#include "stat/stat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 64, SIZE = 2048, SKIPPED = 77 };

static int server_ns, client_ns;
static uint8_t s0_mac[6], c0_mac[6];
static int s0_index, c0_index;
static uint8_t buffers[SLOTS][SIZE];
static struct dgram slots[SLOTS];

/* --- the two namespaces --- */

static void run(const char *first, ...)
{
	const char *argv[24] = { first };
	va_list ap;
	int n = 1, status;
	pid_t pid;

	va_start(ap, first);
	while (n < 23 && (argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		execvp(first, (char *const *)argv);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "%s %s %s: status %d", argv[0], argv[1], argv[2], status);
}

static int try_unshare(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int fd;

	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -1;
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	(void)!write(fd, "deny", 4);
	close(fd);
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	(void)!write(fd, map, strlen(map));
	close(fd);
	(void)snprintf(map, sizeof(map), "0 %u 1", gid);
	fd = open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
	(void)!write(fd, map, strlen(map));
	close(fd);
	return 0;
}

static void in(int ns)
{
	ck_assert_int_eq(setns(ns, CLONE_NEWNET), 0);
}

static void find_link(const char *name, uint8_t *mac, int *index)
{
	struct ifaces *ifaces;
	const struct iface *iface;

	ck_assert_int_eq(ifaces_read(&ifaces), 0);
	iface = ifaces_by_name(ifaces, name);
	ck_assert_ptr_nonnull(iface);
	ck_assert_uint_eq(iface->mac_len, 6);
	memcpy(mac, iface->mac, 6);
	*index = (int)iface->index;
	ifaces_free(ifaces);
}

/*
 * A new link drops packets until the kernel's link watch has seen it. That holds the lock needed for setting the
 * link, so after the last line it is done.
 */
static void wait_for_link(const char *name)
{
	bool running = false;

	for (int i = 0; i < 5000 && !running; i++) {
		struct ifaces *ifaces;
		const struct iface *iface;

		ck_assert_int_eq(ifaces_read(&ifaces), 0);
		iface = ifaces_by_name(ifaces, name);
		running = iface && (iface->flags & IFF_RUNNING);
		ifaces_free(ifaces);
		if (!running)
			usleep(1000);
	}
	ck_assert(running);
	run("ip", "link", "set", name, "up", NULL);
}

static void setup(void)
{
	char path[64];

	ck_assert_int_eq(try_unshare(), 0);
	server_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	client_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(), server_ns);
	run("ip", "link", "add", "c0", "type", "veth", "peer", "name", "s0", "netns", path, NULL);
	run("ip", "address", "add", "192.0.2.2/24", "broadcast", "+", "dev", "c0", NULL);
	run("ip", "link", "set", "c0", "up", NULL);
	find_link("c0", c0_mac, &c0_index);
	in(server_ns);
	run("ip", "link", "set", "lo", "up", NULL);
	run("ip", "address", "add", "192.0.2.1/24", "broadcast", "+", "dev", "s0", NULL);
	run("ip", "address", "add", "192.0.2.9/24", "dev", "s0", NULL);
	run("ip", "link", "set", "s0", "up", NULL);
	find_link("s0", s0_mac, &s0_index);
	wait_for_link("s0");
	in(client_ns);
	wait_for_link("c0");
	in(server_ns);
	for (int i = 0; i < SLOTS; i++)
		slots[i] = (struct dgram){ .buf = buffers[i], .size = SIZE };
}

/* This program's wall clock, which kernel timestamps are compared with, is ahead of the kernel's by this much. */
static int later_sec;

/* On 32-bit systems, the one with seconds of 64 bits. */
#ifdef SYS_clock_gettime64
#define READ_CLOCK SYS_clock_gettime64
#else
#define READ_CLOCK SYS_clock_gettime
#endif

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int err = (int)syscall(READ_CLOCK, id, ret);

	if (id == CLOCK_REALTIME)
		ret->tv_sec += later_sec;
	return err;
}

/* --- the server's side --- */

static char reports[16][256];
static int n_reports;

static void report(void *ctx, const char *ifname, const struct ip *addr, const char *text)
{
	char ip[IP_TEXT_MAX] = "-";

	(void)ctx;
	if (addr)
		(void)ip_format(addr, ip);
	ck_assert_int_lt(n_reports, 16);
	(void)snprintf(reports[n_reports++], sizeof(reports[0]), "%s %s %s", ifname, ip, text ? text : "open");
}

static int open_sets(const char *what, bool raw, unsigned n, struct sockset *const *old, unsigned n_old,
		     struct sockset **sets)
{
	struct listen listen;
	struct sockset_conf conf = { .listen = &listen, .n_listen = 1, .raw = raw, .port = 67, .n_sets = n };

	ck_assert_int_eq(listen_parse(what, &listen), 0);
	n_reports = 0;
	return sockset_open(&conf, old, n_old, report, NULL, sets);
}

static struct sockset *open_set(const char *what, bool raw)
{
	struct sockset *set;

	in(server_ns);
	ck_assert_int_eq(open_sets(what, raw, 1, NULL, 0, &set), 1);
	return set;
}

/* Receives into slots, until there are `want`, for at most 5 seconds. */
static int receive(struct sockset *set, int want)
{
	int n = 0;

	for (int i = 0; i < 5000 && n < want; i++) {
		n += sockset_recv(set, slots + n, SLOTS - (unsigned)n);
		if (n < want)
			usleep(1000);
	}
	return n;
}

/* Nothing more arrives; a short check, since a veth delivers at once when nothing else is running. */
static void quiet(struct sockset *set)
{
	usleep(20000);
	ck_assert_int_eq(sockset_recv(set, slots, SLOTS), 0);
}

/* Waits for the counter of these sockets, at most 5 seconds. */
#define WAIT_FOR(what)                                       \
	do {                                                 \
		for (int i_ = 0; i_ < 5000 && !(what); i_++) \
			usleep(1000);                        \
		ck_assert(what);                             \
	} while (0)

/* Returns the number of datagrams received and sent by all sockets of the set. */
static struct sock_info totals(struct sockset *set)
{
	struct sock_info sum = { 0 }, info;

	for (unsigned i = 0; sockset_info(set, i, &info); i++) {
		sum.rx += info.rx;
		sum.tx += info.tx;
	}
	return sum;
}

/* Returns the number of invalid datagrams dropped; each test is a process with its own counters. */
static int64_t sum_bad(void)
{
	return stat_sum(STAT_SOCKET_CHECKSUM) + stat_sum(STAT_SOCKET_MALFORMED) + stat_sum(STAT_SOCKET_NOT_FOR_US) +
	       stat_sum(STAT_SOCKET_TRUNCATED);
}

static struct ip ip4(const char *text)
{
	struct ip ip;

	ck_assert_int_eq(ip_parse(text, &ip), 0);
	return ip;
}

static void ip_is(const struct ip *ip, const char *expected)
{
	char text[IP_TEXT_MAX];

	ck_assert_str_eq(ip_format(ip, text), expected);
}

/* --- the client's side --- */

/* An ordinary socket like those of relays and clients with an address. */
static int client_udp(const char *addr, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd, on = 1;

	in(client_ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "c0", 3), 0);
	ck_assert_int_eq(inet_pton(AF_INET, addr, &at.sin_addr), 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	in(server_ns);
	return fd;
}

static void send_to(int fd, const char *addr, const void *data, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(67) };

	ck_assert_int_eq(inet_pton(AF_INET, addr, &to.sin_addr), 1);
	ck_assert_int_eq(sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}

/* Receives the next datagram within 2 seconds: its length, and its source as "address:port". */
static int client_recv(int fd, void *data, size_t size, char *from)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	char text[INET_ADDRSTRLEN];
	ssize_t n;

	if (poll(&p, 1, 2000) <= 0)
		return -1;
	n = recvfrom(fd, data, size, 0, (struct sockaddr *)&at, &len);
	if (from)
		(void)snprintf(from, 32, "%s:%u", inet_ntop(AF_INET, &at.sin_addr, text, sizeof(text)),
			       ntohs(at.sin_port));
	return (int)n;
}

static int client_packet(void)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = c0_index };
	int fd, on = 1;

	in(client_ns);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)), 0);
	in(server_ns);
	return fd;
}

static uint16_t sum(const uint8_t *p, size_t len, uint32_t start)
{
	for (size_t i = 0; i < len; i++)
		start += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return (uint16_t)start;
}

/* Properties of a frame; zero fields have the usual values. */
struct frame {
	const char *src, *dst;
	const uint8_t *to_mac;
	uint16_t dport;
	unsigned ip_options; /* bytes */
	uint16_t frag;
	bool bad_ip, bad_udp, no_udp_check;
	int udp_len_off, total_off;
	unsigned padding;
};

/* An independent implementation: RFC 791, 768 and the sum of RFC 1071 as above. */
static size_t build(uint8_t *buf, const struct frame *f, const void *payload, size_t len)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	size_t ihl = 20 + f->ip_options;
	uint8_t *ip = buf + 14, *udp = ip + ihl;
	struct writer w = writer_init(buf, 2048);
	struct ip src = ip4(f->src ? f->src : "0.0.0.0"), dst = ip4(f->dst ? f->dst : "255.255.255.255");
	uint16_t check;

	write_bytes(&w, f->to_mac ? f->to_mac : all, 6);
	write_bytes(&w, c0_mac, 6);
	write_u16(&w, ETH_P_IP);
	write_u8(&w, (uint8_t)(0x40 | ihl / 4));
	write_u8(&w, 0);
	write_u16(&w, (uint16_t)(ihl + 8 + len + (size_t)f->total_off));
	write_u16(&w, 1);
	write_u16(&w, f->frag);
	write_u8(&w, 64);
	write_u8(&w, 17);
	write_u16(&w, 0);
	write_u32(&w, ip_to4(&src));
	write_u32(&w, ip_to4(&dst));
	for (unsigned i = 0; i < f->ip_options; i++)
		write_u8(&w, 1); /* no operation */
	check = (uint16_t)~sum(ip, ihl, f->bad_ip);
	ip[10] = (uint8_t)(check >> 8);
	ip[11] = (uint8_t)check;
	write_u16(&w, 68);
	write_u16(&w, f->dport ? f->dport : 67);
	write_u16(&w, (uint16_t)(8 + len + (size_t)f->udp_len_off));
	write_u16(&w, 0);
	write_bytes(&w, payload, len);
	check = (uint16_t)~sum(udp, 8 + len, (uint32_t)sum(ip + 12, 8, 0) + 17 + 8 + (uint32_t)len + f->bad_udp);
	if (!f->no_udp_check) {
		udp[6] = (uint8_t)(check >> 8);
		udp[7] = (uint8_t)check;
	}
	write_zeros(&w, f->padding);
	ck_assert(!w.err);
	return writer_len(&w);
}

static void inject(int fd, const struct frame *f, const void *payload, size_t len)
{
	uint8_t buf[2048];
	size_t n = build(buf, f, payload, len);

	ck_assert_int_eq(send(fd, buf, n, 0), n);
}

/* Returns a payload as long as a DHCP message, with chaddr from `client`. */
static const uint8_t *message(uint32_t client)
{
	static uint8_t payload[300];

	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + client);
	payload[0] = 1;
	payload[28] = 2;
	payload[29] = 0;
	payload[30] = (uint8_t)(client >> 24);
	payload[31] = (uint8_t)(client >> 16);
	payload[32] = (uint8_t)(client >> 8);
	payload[33] = (uint8_t)client;
	return payload;
}

/* --- raw --- */

/* An ordinary sender leaves the checksum to the network card, but a veth has none: it must be ignored. */
START_TEST(raw_takes_a_broadcast_with_partial_checksum)
{
	struct sockset *set = open_set("s0", true);
	int fd = client_udp("192.0.2.2", 68);

	ck_assert_str_eq(reports[0], "s0 192.0.2.1 open");
	ck_assert_str_eq(reports[1], "s0 192.0.2.9 open");
	ck_assert_int_eq(n_reports, 2);
	send_to(fd, "255.255.255.255", message(1), 300);
	ck_assert_int_eq(receive(set, 1), 1);
	ck_assert_uint_eq(slots[0].len, 300);
	ck_assert_mem_eq(slots[0].buf, message(1), 300);
	ck_assert_mem_eq(slots[0].src_mac, c0_mac, 6);
	ck_assert_uint_eq(slots[0].dst_mac[0], 0xff);
	ck_assert_str_eq(slots[0].ifname, "s0");
	ck_assert_uint_eq(slots[0].ifindex, (unsigned)s0_index);
	ck_assert(slots[0].raw_in);
	ck_assert_uint_eq(slots[0].sport, 68);
	ck_assert_uint_eq(slots[0].dport, 67);
	ip_is(&slots[0].src, "192.0.2.2");
	ip_is(&slots[0].dst, "255.255.255.255");
	ip_is(&slots[0].local, "192.0.2.1");
	quiet(set);
	ck_assert_uint_eq(totals(set).rx, 1);
	ck_assert_int_eq(stat_sum(STAT_SOCKET_CHECKSUM), 0);
	sockset_free(set);
}
END_TEST

/* Verifies that the packets above really arrive with partial checksums; otherwise the test proves nothing. */
START_TEST(veth_leaves_checksums_partial)
{
	int fd = client_udp("192.0.2.2", 68), packet;
	struct pollfd p = { .events = POLLIN };
	uint8_t frame[2048];
	uint32_t pseudo;
	ssize_t n;

	in(server_ns);
	packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP));
	ck_assert_int_ge(packet, 0);
	send_to(fd, "255.255.255.255", message(1), 300);
	p.fd = packet;
	ck_assert_int_eq(poll(&p, 1, 2000), 1);
	n = recv(packet, frame, sizeof(frame), 0);
	ck_assert_int_eq(n, 14 + 20 + 8 + 300);
	/* The field contains only the sum of the pseudo header. */
	pseudo = (uint32_t)sum(frame + 14 + 12, 8, 0) + 17 + 308;
	ck_assert_uint_ne(sum(frame + 34, 308, pseudo), 0xffff);
	close(packet);
}
END_TEST

/* Unicast and relayed packets arrive once: the UDP socket accepts nothing, and no ICMP error is sent. */
START_TEST(raw_takes_a_unicast_once)
{
	struct sockset *set = open_set("*", true);
	int fd = client_udp("192.0.2.2", 67);
	uint8_t buf[16];

	ck_assert_int_eq(connect(fd,
				 (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET,
									   .sin_port = htons(67),
									   .sin_addr.s_addr = inet_addr("192.0.2.9") },
				 sizeof(struct sockaddr_in)),
			 0);
	ck_assert_int_eq(send(fd, message(5), 300, 0), 300);
	ck_assert_int_eq(receive(set, 1), 1);
	ip_is(&slots[0].dst, "192.0.2.9");
	ip_is(&slots[0].local, "192.0.2.9");
	ck_assert_mem_eq(slots[0].dst_mac, s0_mac, 6);
	quiet(set);
	ck_assert_uint_eq(totals(set).rx, 1);
	ck_assert_uint_eq(sockset_new_drops(set), 0);
	/* A connected socket would report an ICMP error. */
	ck_assert_int_eq(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
	sockset_free(set);
}
END_TEST

/* Handmade frames: which are accepted, and which counter the others increment. */
START_TEST(raw_checks_frames)
{
	struct sockset *set = open_set("s0/192.0.2.1", true);
	int fd = client_packet();
	static const uint8_t other_mac[6] = { 2, 9, 9, 9, 9, 9 };

	ck_assert_str_eq(reports[0], "s0 192.0.2.1 open");
	ck_assert_int_eq(n_reports, 1);

	inject(fd, &(struct frame){ 0 }, message(1), 300);
	inject(fd, &(struct frame){ .no_udp_check = true }, message(2), 300);
	inject(fd, &(struct frame){ .ip_options = 12 }, message(3), 299);
	inject(fd, &(struct frame){ .ip_options = 40, .dst = "192.0.2.1", .to_mac = s0_mac }, message(4), 300);
	inject(fd, &(struct frame){ .padding = 18 }, message(5), 20);
	inject(fd, &(struct frame){ .dst = "192.0.2.255" }, message(6), 300);
	inject(fd, &(struct frame){ 0 }, message(7), 0);
	ck_assert_int_eq(receive(set, 7), 7);
	for (int i = 0; i < 7; i++) {
		static const unsigned lens[] = { 300, 300, 299, 300, 20, 300, 0 };

		ck_assert_uint_eq(slots[i].len, lens[i]);
		ck_assert_mem_eq(slots[i].buf, message((uint32_t)i + 1), lens[i]);
		ip_is(&slots[i].local, "192.0.2.1");
	}
	ip_is(&slots[0].src, "0.0.0.0");
	ck_assert_int_eq(sum_bad(), 0);

	/* Valid ones between invalid ones, to see that each keeps its own buffer. */
	inject(fd, &(struct frame){ .bad_ip = true }, message(8), 300);
	inject(fd, &(struct frame){ 0 }, message(9), 300);
	inject(fd, &(struct frame){ .bad_udp = true }, message(10), 300);
	inject(fd, &(struct frame){ .udp_len_off = 1 }, message(11), 300);
	inject(fd, &(struct frame){ .udp_len_off = -301 }, message(12), 300);
	inject(fd, &(struct frame){ .total_off = 5 }, message(13), 300);
	inject(fd, &(struct frame){ .total_off = -307 }, message(14), 300);
	inject(fd, &(struct frame){ .dst = "192.0.2.9", .to_mac = s0_mac }, message(15), 300);
	inject(fd, &(struct frame){ .dst = "198.51.100.1", .to_mac = s0_mac }, message(16), 300);
	inject(fd, &(struct frame){ .dst = "192.0.2.1", .to_mac = s0_mac }, message(17), 300);
	ck_assert_int_eq(receive(set, 2), 2);
	ck_assert_mem_eq(slots[0].buf, message(9), 300);
	ck_assert_mem_eq(slots[1].buf, message(17), 300);
	quiet(set);
	for (int i = 0; i < SLOTS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_ptr_ne(slots[i].buf, slots[j].buf);
	ck_assert_int_eq(stat_sum(STAT_SOCKET_CHECKSUM), 2);
	ck_assert_int_eq(stat_sum(STAT_SOCKET_MALFORMED), 4);
	ck_assert_int_eq(stat_sum(STAT_SOCKET_NOT_FOR_US), 2);

	/* What the kernel's filter rejects is not seen at all. */
	inject(fd, &(struct frame){ .dport = 68 }, message(18), 300);
	inject(fd, &(struct frame){ .frag = 0x2000 }, message(19), 300);
	inject(fd, &(struct frame){ .frag = 0x0010 }, message(20), 300);
	inject(fd, &(struct frame){ .to_mac = other_mac }, message(21), 300);
	quiet(set);
	ck_assert_uint_eq(totals(set).rx, 9);

	/* Longer than the buffer. */
	slots[0].size = 100;
	inject(fd, &(struct frame){ 0 }, message(22), 300);
	WAIT_FOR(sockset_recv(set, slots, 1) != 0 || stat_sum(STAT_SOCKET_TRUNCATED) == 1);
	ck_assert_uint_eq(totals(set).rx, 9);
	sockset_free(set);
}
END_TEST

/* Headers with flipped bits: each frame is accepted or counted, and what is accepted fits its frame. */
START_TEST(raw_survives_noise)
{
	enum { ROUNDS = 400, PER_ROUND = 50 };
	struct sockset *set = open_set("s0", true);
	int fd = client_packet();
	uint64_t taken = 0, bad;

	rand_seed(4711);
	for (int round = 0; round < ROUNDS; round++) {
		int n;

		for (int i = 0; i < PER_ROUND; i++) {
			struct frame f = { .ip_options = (unsigned)rand_below(11) * 4, .bad_ip = false };
			size_t len = rand_below(301), n_frame, flips = rand_below(4);
			uint8_t buf[2048];

			f.no_udp_check = rand_below(2);
			n_frame = build(buf, &f, message((uint32_t)i), len);
			/* From the IP header on; the header checksum is corrected half of the time. */
			while (flips--)
				buf[14 + rand_below(n_frame - 14 < 60 ? n_frame - 14 : 60)] ^=
					(uint8_t)(1u << rand_below(8));
			if (rand_below(2)) {
				size_t ihl = (size_t)(buf[14] & 15) * 4;
				uint16_t check;

				buf[24] = buf[25] = 0;
				check = (uint16_t)~sum(buf + 14, ihl < n_frame - 14 ? ihl : n_frame - 14, 0);
				buf[24] = (uint8_t)(check >> 8);
				buf[25] = (uint8_t)check;
			}
			if (rand_below(8) == 0)
				n_frame = 34 + rand_below(n_frame - 34);
			ck_assert_int_eq(send(fd, buf, n_frame, 0), n_frame);
		}
		while ((n = sockset_recv(set, slots, SLOTS)) > 0) {
			for (int i = 0; i < n; i++) {
				ck_assert_uint_le(slots[i].len, 301);
				ck_assert_uint_eq(slots[i].dport, 67);
			}
			taken += (uint64_t)n;
		}
	}
	bad = (uint64_t)sum_bad();
	ck_assert_uint_eq(totals(set).rx, taken);
	ck_assert_uint_le(taken + bad, ROUNDS * PER_ROUND);
	ck_assert_uint_gt(taken, ROUNDS * PER_ROUND / 10);
	ck_assert_int_gt(stat_sum(STAT_SOCKET_CHECKSUM), 100);
	ck_assert_int_gt(stat_sum(STAT_SOCKET_MALFORMED), 100);
	sockset_free(set);
}
END_TEST

/* To a client without an address, by its mac; seen as a frame and through the client's own kernel. */
START_TEST(raw_sends_to_a_mac)
{
	struct sockset *set = open_set("s0", true);
	int packet = client_packet(), fd;
	uint8_t frame[2048], buf[1024];
	struct dgram out[3], *v[3] = { &out[0], &out[1], &out[2] };
	uint8_t odd[301];
	char from[32];
	ssize_t n;

	fd = client_udp("0.0.0.0", 68);
	memcpy(odd, message(3), 300);
	odd[300] = 0xab;
	out[0] = (struct dgram){ .buf = odd,
				 .len = 301,
				 .dst = ip4("192.0.2.77"),
				 .dport = 68,
				 .local = ip4("192.0.2.9"),
				 .ifindex = (uint32_t)s0_index,
				 .raw_out = true };
	memcpy(out[0].dst_mac, c0_mac, 6);
	out[1] = out[0];
	out[1].dst = ip4("255.255.255.255");
	memset(out[1].dst_mac, 0xff, 6);
	out[2] = out[0];
	out[2].dst = ip4("192.0.2.2");
	out[2].sport = 6767;
	ck_assert_uint_eq(sockset_send(set, v, 3), 3);
	ck_assert_uint_eq(totals(set).tx, 3);
	ck_assert_int_eq(stat_sum(STAT_SENT_BY_MAC), 0);

	n = recv(packet, frame, sizeof(frame), 0);
	ck_assert_int_eq(n, 14 + 20 + 8 + 301);
	ck_assert_mem_eq(frame, c0_mac, 6);
	ck_assert_mem_eq(frame + 6, s0_mac, 6);
	ck_assert_uint_eq(sum(frame + 14, 20, 0), 0xffff);
	ck_assert_uint_eq(sum(frame + 34, 309, (uint32_t)sum(frame + 26, 8, 0) + 17 + 309), 0xffff);
	ck_assert_mem_eq(frame + 26, "\xc0\x00\x02\x09\xc0\x00\x02\x4d\x00\x43\x00\x44", 12);
	ck_assert_mem_eq(frame + 42, odd, 301);

	/* The kernel there verifies checksums too; the first was for an address it does not have. */
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), from), 301);
	ck_assert_str_eq(from, "192.0.2.9:67");
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), from), 301);
	ck_assert_str_eq(from, "192.0.2.9:6767");
	ck_assert_mem_eq(buf, odd, 301);
	sockset_free(set);
}
END_TEST

/* In raw mode routed packets are sent by UDP, from the address that was asked. */
START_TEST(raw_mode_sends_routed)
{
	struct sockset *set = open_set("s0", true);
	int fd = client_udp("192.0.2.2", 67);
	struct dgram out[2], *v[2] = { &out[0], &out[1] };
	uint8_t buf[1024];
	char from[32];

	for (int i = 0; i < 2; i++)
		out[i] = (struct dgram){ .buf = (uint8_t *)message(4),
					 .len = 300,
					 .dst = ip4("192.0.2.2"),
					 .dport = 67,
					 .local = ip4(i ? "192.0.2.9" : "192.0.2.1"),
					 .ifindex = (uint32_t)s0_index };
	ck_assert_uint_eq(sockset_send(set, v, 2), 2);
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), from), 300);
	ck_assert_str_eq(from, "192.0.2.1:67");
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), from), 300);
	ck_assert_str_eq(from, "192.0.2.9:67");
	ck_assert_mem_eq(buf, message(4), 300);
	/* No route: counted, and the next one is sent anyway. */
	out[0].dst = ip4("203.0.113.1");
	ck_assert_uint_eq(sockset_send(set, v, 2), 1);
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), from), 300);
	ck_assert_int_eq(stat_sum(STAT_SEND_FAILED), 1);
	ck_assert_uint_eq(totals(set).tx, 3);
	sockset_free(set);
}
END_TEST

/* Thousands of responses to relays that do not answer ARP: nothing waits, and others are still served. */
START_TEST(silent_relays_stop_nobody)
{
	struct sockset *set = open_set("s0", true);
	struct dgram out[SLOTS], good, *v[SLOTS], *one = &good;
	int fd = client_udp("192.0.2.2", 68);
	static uint8_t big[1200];
	struct rusage before, after;
	uint8_t buf[1024];

	for (int i = 0; i < SLOTS; i++) {
		out[i] = (struct dgram){ .buf = big,
					 .len = sizeof(big),
					 .dport = 67,
					 .local = ip4("192.0.2.1"),
					 .ifindex = (uint32_t)s0_index };
		v[i] = &out[i];
	}
	getrusage(RUSAGE_THREAD, &before);
	for (int round = 0; round < 400 && !stat_sum(STAT_SEND_FULL); round++) {
		for (int i = 0; i < SLOTS; i++)
			out[i].dst = ip_from4(0xc0000200u + 20 + (uint32_t)((round * SLOTS + i) % 230));
		(void)sockset_send(set, v, SLOTS);
	}
	getrusage(RUSAGE_THREAD, &after);
	ck_assert_int_eq(after.ru_nvcsw, before.ru_nvcsw); /* it would sleep for seconds of ARP timeouts */
	if (!stat_sum(STAT_SEND_FULL))
		return; /* the kernel's ARP queues overflowed before the socket: silence served by others */
	/* With the sender's mac the response is sent even now. */
	good = (struct dgram){ .buf = (uint8_t *)message(1),
			       .len = 300,
			       .dst = ip4("192.0.2.2"),
			       .dport = 68,
			       .local = ip4("192.0.2.1"),
			       .ifindex = (uint32_t)s0_index };
	memcpy(good.dst_mac, c0_mac, 6);
	ck_assert_uint_eq(sockset_send(set, &one, 1), 1);
	ck_assert_int_eq(stat_sum(STAT_SENT_BY_MAC), 1);
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), NULL), 300);
	sockset_free(set);
}
END_TEST

/*
 * Packets dropped because the kernel's buffer was full are reported only once. The socket types count them
 * differently.
 */
static void overrun(bool raw)
{
	enum { SENT = 200 };
	struct listen listen;
	struct sockset_conf conf = {
		.listen = &listen, .n_listen = 1, .raw = raw, .port = 67, .n_sets = 1, .rcvbuf = 8192
	};
	struct sockset *set, *next;
	uint64_t dropped = 0, got = 0;
	int fd = client_udp("192.0.2.2", 68), n;

	ck_assert_int_eq(listen_parse("s0", &listen), 0);
	ck_assert_int_eq(sockset_open(&conf, NULL, 0, NULL, NULL, &set), 1);
	for (int i = 0; i < SENT; i++)
		send_to(fd, "192.0.2.1", message(1), 300);
	WAIT_FOR((dropped += sockset_new_drops(set)) > 0);
	/* On a busy host, some arrive late. If a set reported them again, there would be more than were sent. */
	ck_assert_int_eq(sockset_open(&conf, &set, 1, NULL, NULL, &next), 1);
	for (int i = 0; i < 5000 && got + dropped < SENT; i++) {
		dropped += sockset_new_drops(next);
		n = sockset_recv(next, slots, SLOTS);
		got += (unsigned)n;
		if (!n)
			usleep(1000);
	}
	dropped += sockset_new_drops(next);
	ck_assert_uint_eq(got + dropped, SENT);
	sockset_free(set);
	sockset_free(next);
}

START_TEST(raw_overrun)
{
	overrun(true);
}
END_TEST

START_TEST(udp_overrun)
{
	overrun(false);
}
END_TEST

/* What has waited longer than its sender is dropped and counted, if more is queued after it. */
static void stale(bool raw)
{
	struct sockset *set = open_set("s0", raw);
	int fd = client_udp("192.0.2.2", 68);

	for (uint32_t i = 1; i <= 3; i++)
		send_to(fd, "192.0.2.1", message(i), 300);
	usleep(20000);
	later_sec = 2;
	/* The third is the last. */
	ck_assert_int_eq(sockset_recv(set, slots, 1), 0);
	ck_assert_int_eq(stat_sum(STAT_SOCKET_STALE), 1);
	ck_assert_int_eq(sockset_recv(set, slots, 3), 2);
	ck_assert_mem_eq(slots[1].buf, message(3), 300);
	/* However few there are: ten seconds are too long for any client. */
	later_sec = 11;
	send_to(fd, "192.0.2.1", message(4), 300);
	usleep(20000);
	ck_assert_int_eq(sockset_recv(set, slots, 3), 0);
	ck_assert_int_eq(stat_sum(STAT_SOCKET_STALE), 2);
	later_sec = 0;
	send_to(fd, "192.0.2.1", message(5), 300);
	ck_assert_int_eq(receive(set, 1), 1);
	ck_assert_int_eq(stat_sum(STAT_SOCKET_STALE), 2);
	sockset_free(set);
}

START_TEST(raw_stale)
{
	stale(true);
}
END_TEST

START_TEST(udp_stale)
{
	stale(false);
}
END_TEST

/* --- udp --- */

START_TEST(udp_both_ways)
{
	struct sockset *set = open_set("s0", false);
	int fd = client_udp("0.0.0.0", 68);
	struct dgram out, *v = &out;
	uint8_t buf[1024];
	char from[32];

	send_to(fd, "255.255.255.255", message(1), 300);
	send_to(fd, "192.0.2.9", message(2), 300);
	send_to(fd, "192.0.2.255", message(3), 300);
	for (int n = 0; n < 3;) {
		int got = receive(set, 1);

		ck_assert_int_gt(got, 0);
		for (int i = 0; i < got; i++, n++) {
			ck_assert_uint_eq(slots[i].len, 300);
			ck_assert_mem_eq(slots[i].buf, message((uint32_t)n + 1), 300);
			ip_is(&slots[i].local, n == 1 ? "192.0.2.9" : "192.0.2.1");
			ip_is(&slots[i].src, "192.0.2.2");
			ck_assert_uint_eq(slots[i].sport, 68);
			ck_assert_str_eq(slots[i].ifname, "s0");
			ck_assert(!slots[i].raw_in);
			ck_assert_uint_eq(slots[i].src_mac[0] | slots[i].src_mac[5], 0);
		}
	}
	quiet(set);
	out = (struct dgram){ .buf = (uint8_t *)message(9),
			      .len = 300,
			      .dst = ip4("192.0.2.2"),
			      .dport = 68,
			      .local = ip4("192.0.2.9"),
			      .ifindex = (uint32_t)s0_index };
	ck_assert_uint_eq(sockset_send(set, &v, 1), 1);
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), from), 300);
	ck_assert_str_eq(from, "192.0.2.9:67");
	out.dst = ip4("255.255.255.255");
	ck_assert_uint_eq(sockset_send(set, &v, 1), 1);
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), from), 300);
	ck_assert_str_eq(from, "192.0.2.9:67");
	/* No packet socket to reach a mac with: broadcast. */
	out.dst = ip4("192.0.2.77");
	out.raw_out = true;
	ck_assert_uint_eq(sockset_send(set, &v, 1), 1);
	ck_assert_int_eq(client_recv(fd, buf, sizeof(buf), from), 300);
	ck_assert_mem_eq(buf, message(9), 300);
	sockset_free(set);
}
END_TEST

START_TEST(udp_on_loopback)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(67), .sin_addr.s_addr = htonl(0x7f000001) };
	struct sockset *set = open_set("lo", false);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_str_eq(reports[0], "lo 127.0.0.1 open");
	ck_assert_int_eq(sendto(fd, message(1), 300, 0, (struct sockaddr *)&to, sizeof(to)), 300);
	ck_assert_int_eq(receive(set, 1), 1);
	ip_is(&slots[0].local, "127.0.0.1");
	ck_assert_str_eq(slots[0].ifname, "lo");
	sockset_free(set);
}
END_TEST

/* --- several workers, reloads, what cannot be opened --- */

/* Reads what worker s has and records which clients they are; returns the number. */
static int note(struct sockset *set, int s, int *where, int *got)
{
	int n = sockset_recv(set, slots, SLOTS);

	for (int i = 0; i < n; i++) {
		unsigned client = slots[i].buf[33];

		ck_assert_uint_lt(client, 64);
		ck_assert(where[client] == -1 || where[client] == s);
		where[client] = s;
		got[client]++;
	}
	return n;
}

/* 64 clients, 5 packets each: every packet once, each client at one worker, both workers busy. */
static void divide(bool raw)
{
	struct sockset *sets[2];
	int fd, where[64], got[64] = { 0 }, busy[2] = { 0 };

	in(server_ns);
	ck_assert_int_eq(open_sets("s0", raw, 2, NULL, 0, sets), 1);
	fd = client_udp("192.0.2.2", 68);
	for (int i = 0; i < 64; i++)
		where[i] = -1;
	for (int round = 0; round < 5; round++) {
		for (uint32_t client = 0; client < 64; client++)
			send_to(fd, round % 2 ? "192.0.2.1" : "255.255.255.255", message(client), 300);
		for (int tries = 0; tries < 5000 && busy[0] + busy[1] < (round + 1) * 64; tries++) {
			busy[0] += note(sets[0], 0, where, got);
			busy[1] += note(sets[1], 1, where, got);
			usleep(tries ? 1000 : 0);
		}
	}
	quiet(sets[0]);
	quiet(sets[1]);
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(got[i], 5);
	ck_assert_int_gt(busy[0], 64);
	ck_assert_int_gt(busy[1], 64);
	sockset_free(sets[0]);
	sockset_free(sets[1]);
}

START_TEST(raw_workers_divide)
{
	divide(true);
}
END_TEST

START_TEST(udp_workers_divide)
{
	divide(false);
}
END_TEST

/* Fewer or more workers after a reload, while the old sets are still open: every packet is read once. */
static void resize(bool raw)
{
	struct sockset *old[3], *one[1];
	int fd;

	in(server_ns);
	ck_assert_int_eq(open_sets("s0", raw, 3, NULL, 0, old), 1);
	fd = client_udp("192.0.2.2", 68);
	ck_assert_int_eq(open_sets("s0", raw, 1, old, 3, one), 1);
	for (uint32_t client = 0; client < 48; client++)
		send_to(fd, client % 2 ? "192.0.2.1" : "255.255.255.255", message(client), 300);
	ck_assert_int_eq(receive(one[0], 48), 48);
	for (int i = 0; i < 3; i++)
		quiet(old[i]);
	quiet(one[0]);
	for (int i = 0; i < 3; i++)
		sockset_free(old[i]);
	sockset_free(one[0]);
}

START_TEST(raw_resize)
{
	resize(true);
}
END_TEST

START_TEST(udp_resize)
{
	resize(false);
}
END_TEST

/* What arrived before a reload is read after it, by sockets that were never closed. */
static void reload(bool raw)
{
	struct sockset *old[1], *new[2], *last[1];
	int fd, total = 0;

	in(server_ns);
	ck_assert_int_eq(open_sets("s0/192.0.2.1", raw, 1, NULL, 0, old), 1);
	fd = client_udp("192.0.2.2", 68);
	send_to(fd, "255.255.255.255", message(1), 300);
	ck_assert_int_eq(open_sets("*", raw, 2, old, 1, new), 1);
	sockset_free(old[0]);
	for (uint32_t i = 0; i < 32; i++)
		send_to(fd, "192.0.2.1", message(i), 300);
	for (int tries = 0; tries < 5000 && total < 33; tries++) {
		for (int i = 0; i < 2; i++)
			total += sockset_recv(new[i], slots, SLOTS);
		usleep(1000);
	}
	ck_assert_int_eq(total, 33);
	ck_assert_int_eq(open_sets("s0", raw, 1, new, 2, last), 1);
	sockset_free(new[0]);
	sockset_free(new[1]);
	for (uint32_t i = 0; i < 32; i++)
		send_to(fd, "192.0.2.1", message(i), 300);
	ck_assert_int_eq(receive(last[0], 32), 32);
	sockset_free(last[0]);
}

START_TEST(raw_reload)
{
	reload(true);
}
END_TEST

START_TEST(udp_reload)
{
	reload(false);
}
END_TEST

START_TEST(what_cannot_be_opened)
{
	struct sockset *set, *second, *both[2], *none;
	struct sock_info info;
	struct listen listen;

	set = open_set("s0", true);
	ck_assert(sockset_info(set, 0, &info));
	ck_assert(info.raw && info.receives);
	ck_assert_str_eq(info.ifname, "s0");
	ck_assert(sockset_info(set, 2, &info));
	ck_assert(!info.raw && !info.receives);
	ip_is(&info.addr, "192.0.2.9");
	ck_assert(!sockset_info(set, 3, &info));

	/* A second server, both ways. */
	ck_assert_int_eq(open_sets("s0", true, 1, NULL, 0, &second), 0);
	ck_assert_str_eq(reports[0],
			 "s0 192.0.2.1 bind to port 67: Address already in use - is another DHCP server running?");
	ck_assert_int_eq(n_reports, 1);
	ck_assert(!sockset_info(second, 0, &info));
	sockset_free(second);
	ck_assert_int_eq(open_sets("s0", false, 2, NULL, 0, both), 0);
	ck_assert_str_eq(reports[0], "s0 - bind to port 67: Address already in use - is another DHCP server running?");
	sockset_free(both[0]);
	sockset_free(both[1]);
	sockset_free(set);

	ck_assert_int_eq(open_sets("nope", true, 1, NULL, 0, &none), 0);
	ck_assert_str_eq(reports[0], "nope - there is no such interface");
	sockset_free(none);
	ck_assert_int_eq(open_sets("lo", true, 1, NULL, 0, &none), 0);
	ck_assert_str_eq(reports[0], "lo - not an Ethernet interface: needs dhcp-socket-type udp");
	sockset_free(none);
	ck_assert_int_eq(open_sets("s0/192.0.2.3", true, 1, NULL, 0, &none), 0);
	ck_assert_str_eq(reports[0], "s0 192.0.2.3 the interface does not have this address");
	sockset_free(none);
	run("ip", "address", "flush", "dev", "s0", NULL);
	ck_assert_int_eq(open_sets("s0", true, 1, NULL, 0, &none), 0);
	ck_assert_str_eq(reports[0], "s0 - the interface has no IPv4 address");
	sockset_free(none);
	ck_assert_int_eq(open_sets("*", true, 1, NULL, 0, &none), 0);
	ck_assert_int_eq(n_reports, 1);
	ck_assert_str_eq(reports[0], "* - no matching interface is up and has an address");
	ck_assert_int_eq(sockset_recv(none, slots, SLOTS), 0);
	sockset_free(none);

	ck_assert_int_eq(listen_parse("e*h*0", &listen), 0);
	ck_assert(listen_matches(&listen, "eth0") && listen_matches(&listen, "ehh00") &&
		  listen_matches(&listen, "eh0"));
	ck_assert(!listen_matches(&listen, "eth1") && !listen_matches(&listen, "eth") && !listen_matches(&listen, ""));
	ck_assert_int_eq(listen_parse("", &listen), -E_INVAL);
	ck_assert_int_eq(listen_parse("/192.0.2.1", &listen), -E_INVAL);
	ck_assert_int_eq(listen_parse("eth0/", &listen), -E_INVAL);
	ck_assert_int_eq(listen_parse("*/192.0.2.1", &listen), -E_INVAL);
	ck_assert_int_eq(listen_parse("an-interface-name-too-long", &listen), -E_RANGE);
}
END_TEST

/* --- interfaces --- */

static struct iface_event events[64];
static int n_events;

static void changed(void *ctx, const struct iface_event *event)
{
	(void)ctx;
	if (n_events < 64)
		events[n_events++] = *event;
}

static const struct iface_event *find_event(struct loop *loop, enum iface_change change)
{
	for (int tries = 0; tries < 200; tries++) {
		for (int i = 0; i < n_events; i++)
			if (events[i].change == change)
				return &events[i];
		ck_assert_int_eq(loop_run_once(loop, 10), 0);
	}
	return NULL;
}

START_TEST(interfaces_and_their_changes)
{
	struct loop *loop = loop_new();
	struct iface_watch *watch;
	struct ifaces *ifaces;
	const struct iface *s0;
	const struct iface_event *event;
	struct ip ip;

	in(server_ns);
	ck_assert_int_eq(iface_watch_new(loop, changed, NULL, &watch), 0);
	ck_assert_int_eq(ifaces_read(&ifaces), 0);
	s0 = ifaces_by_name(ifaces, "s0");
	ck_assert_ptr_nonnull(s0);
	ck_assert_ptr_eq(ifaces_by_index(ifaces, s0->index), s0);
	ck_assert(iface_is_up(s0));
	ck_assert_uint_eq(s0->mtu, 1500);
	ip_is(&iface_addr4(s0)->ip, "192.0.2.1");
	ip_is(&iface_addr4(s0)->broadcast, "192.0.2.255");
	ck_assert_uint_eq(iface_addr4(s0)->prefix_len, 24);
	ip = ip4("192.0.2.9");
	ck_assert_ptr_eq(ifaces_by_addr(ifaces, &ip), s0);
	ip = ip4("192.0.2.8");
	ck_assert_ptr_null(ifaces_by_addr(ifaces, &ip));
	ck_assert_ptr_null(ifaces_by_name(ifaces, "c0"));
	ifaces_free(ifaces);

	run("ip", "address", "add", "198.51.100.1/24", "dev", "s0", NULL);
	event = find_event(loop, IFACE_ADDR);
	ck_assert_ptr_nonnull(event);
	ip_is(&event->ip, "198.51.100.1");
	ck_assert_uint_eq(event->index, (unsigned)s0_index);
	run("ip", "address", "del", "198.51.100.1/24", "dev", "s0", NULL);
	event = find_event(loop, IFACE_ADDR_GONE);
	ck_assert_ptr_nonnull(event);
	ip_is(&event->ip, "198.51.100.1");
	n_events = 0;
	run("ip", "link", "set", "s0", "down", NULL);
	event = find_event(loop, IFACE_LINK);
	ck_assert_ptr_nonnull(event);
	ck_assert_str_eq(event->name, "s0");
	ck_assert_uint_eq(event->flags & IFF_UP, 0);
	run("ip", "link", "del", "s0", NULL);
	event = find_event(loop, IFACE_GONE);
	ck_assert_ptr_nonnull(event);
	ck_assert_str_eq(event->name, "s0");
	iface_watch_free(watch);
	loop_free(loop);
}
END_TEST

static int n_readable;

static void readable(void *ctx)
{
	int n = sockset_recv(ctx, slots, SLOTS);

	ck_assert_int_ge(n, 0);
	n_readable += n;
}

/* The host is busy and runs the server late: nothing is left unread because of that. */
START_TEST(late_is_no_flood)
{
	struct sockset *set = open_set("s0", true);
	struct loop *loop = loop_new();
	int fd = client_udp("192.0.2.2", 68);

	ck_assert_int_eq(io_watch(sockset_engine(set), loop, readable, set), 0);
	for (int i = 1; i <= 4; i++) {
		send_to(fd, "255.255.255.255", message((uint32_t)i), 300);
		usleep(130000);
		for (int k = 0; k < 100 && n_readable < i; k++)
			ck_assert_int_eq(loop_run_once(loop, 20), 0);
		ck_assert_int_eq(n_readable, i);
		ck_assert_uint_eq(set->flood.keep, 0);
	}
	io_unwatch(sockset_engine(set), loop);
	io_free(sockset_engine(set));
	loop_free(loop);
}
END_TEST

/* Down and up again: the sockets keep working, and the loop does not spin on the error meanwhile. */
START_TEST(raw_survives_link_down)
{
	struct sockset *set = open_set("s0", true);
	struct loop *loop = loop_new();
	int fd = client_udp("192.0.2.2", 68);
	struct dgram out = { .buf = (uint8_t *)message(1),
			     .len = 300,
			     .dst = ip4("192.0.2.2"),
			     .dport = 68,
			     .local = ip4("192.0.2.1"),
			     .ifindex = (uint32_t)s0_index,
			     .raw_out = true },
		     *v = &out;

	ck_assert_int_eq(io_watch(sockset_engine(set), loop, readable, set), 0);
	send_to(fd, "255.255.255.255", message(1), 300);
	for (int i = 0; i < 100 && n_readable < 1; i++)
		ck_assert_int_eq(loop_run_once(loop, 20), 0);
	ck_assert_int_eq(n_readable, 1);
	run("ip", "link", "set", "s0", "down", NULL);
	ck_assert_uint_eq(sockset_send(set, &v, 1), 0);
	ck_assert_int_eq(stat_sum(STAT_SEND_FAILED), 1);
	run("ip", "link", "set", "s0", "up", NULL);
	wait_for_link("s0");
	for (int i = 0; i < 200 && n_readable < 2; i++) {
		(void)sendto(fd, message(2), 300, 0,
			     (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET,
								       .sin_port = htons(67),
								       .sin_addr.s_addr = INADDR_BROADCAST },
			     sizeof(struct sockaddr_in));
		ck_assert_int_eq(loop_run_once(loop, 20), 0);
	}
	ck_assert_int_ge(n_readable, 2);
	memcpy(out.dst_mac, c0_mac, 6);
	ck_assert_uint_eq(sockset_send(set, &v, 1), 1);
	io_unwatch(sockset_engine(set), loop);
	io_free(sockset_engine(set));
	loop_free(loop);
}
END_TEST

static bool can_run(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(try_unshare() == 0 && access("/sbin/ip", X_OK) == 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	TCase *tc = tcase_create("all");

	if (!can_run()) {
		printf("SKIPPED: no network namespaces (needs root and ip)\n");
		return SKIPPED;
	}
	/* Each test changes the namespace of its process: CK_FORK=no is not obeyed. */
	(void)unsetenv("CK_FORK");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, raw_takes_a_broadcast_with_partial_checksum);
	tcase_add_test(tc, veth_leaves_checksums_partial);
	tcase_add_test(tc, raw_takes_a_unicast_once);
	tcase_add_test(tc, raw_checks_frames);
	tcase_add_test(tc, raw_survives_noise);
	tcase_add_test(tc, raw_sends_to_a_mac);
	tcase_add_test(tc, raw_mode_sends_routed);
	tcase_add_test(tc, silent_relays_stop_nobody);
	tcase_add_test(tc, raw_overrun);
	tcase_add_test(tc, udp_overrun);
	tcase_add_test(tc, raw_stale);
	tcase_add_test(tc, udp_stale);
	tcase_add_test(tc, udp_both_ways);
	tcase_add_test(tc, udp_on_loopback);
	tcase_add_test(tc, raw_workers_divide);
	tcase_add_test(tc, udp_workers_divide);
	tcase_add_test(tc, raw_resize);
	tcase_add_test(tc, udp_resize);
	tcase_add_test(tc, raw_reload);
	tcase_add_test(tc, udp_reload);
	tcase_add_test(tc, what_cannot_be_opened);
	tcase_add_test(tc, interfaces_and_their_changes);
	tcase_add_test(tc, late_is_no_flood);
	tcase_add_test(tc, raw_survives_link_down);
	return suite_run(tc);
}
