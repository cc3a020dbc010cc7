/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The ledger client: generates DHCPv4 load and records every ACK; and compares a ledger with the server's lease
 * file, for DHCPv4 or DHCPv6 (perfdhcp writes the same format). It answers two questions: was an acknowledged
 * lease lost, and was an address or prefix assigned to two clients at once?
 *
 *	ledger load [options]                        see usage(); the result is one line of JSON
 *	ledger check [--slack S] LEDGER CSVFILE...   lease files in the order in which the server reads them
 *
 * A ledger line is "MONOTONIC-SECONDS CLIENT ADDRESS[/LENGTH] LIFETIME SERVER", with lifetime 0 for a release; a
 * line starting with # gives the offset to wall-clock time. One thread, one socket, none of the server's code,
 * so that both cannot share a bug. The load acts as a relay agent over UDP, or with --raw as directly attached
 * clients. Closed loop: --window exchanges are pending. Open loop (--rate): this many are started per second
 * whatever the server does.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000ull
#define SLOT_BITS 16
#define N_SLOTS (1u << SLOT_BITS)
#define BATCH 128u
#define TX_MAX 512
#define RX_MAX 2048
#define RAW_HEAD 42       /* Ethernet, IPv4, UDP */
#define LEASE_SLACK_SEC 2 /* wall clocks are read in whole seconds, in two places */

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK };
enum { IDLE, WAIT_OFFER, WAIT_ACK };

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	fputs("ledger: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s%s\n", err ? ": " : "", err ? strerror(err) : "");
	exit(2);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void *alloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("out of memory");
	return p;
}

/* --- address or prefix -> its state --- */

/* An IPv4 address in the last four bytes; the length of a prefix, 128 for an address. */
struct place {
	uint8_t b[16];
	uint8_t len;
};

struct held {
	struct place place;
	bool used;
	uint64_t id;    /* the last acknowledged client: hardware address, or in check its number */
	uint64_t at_ns; /* when; monotonic */
	uint32_t lifetime;
	bool has_row; /* lease file: last row of the address */
	uint64_t row_id;
	uint64_t row_valid, row_expire;
	unsigned row_state;
};

struct map {
	struct held *v;
	uint32_t mask, n;
};

static uint64_t hash(uint64_t h, const uint8_t *p, size_t n)
{
	while (n--)
		h = (h ^ *p++) * 0x100000001b3u;
	return h ^ h >> 29;
}

static struct held *map_slot(const struct map *m, const struct place *place)
{
	uint32_t i = (uint32_t)hash(0xcbf29ce484222325u, place->b, sizeof(place->b)) & m->mask;

	while (m->v[i].used && memcmp(&m->v[i].place, place, sizeof(*place)) != 0)
		i = (i + 1) & m->mask;
	return &m->v[i];
}

static struct held *map_get(struct map *m, const struct place *place)
{
	struct held *h;

	if (!m->v || m->n * 2 > m->mask) {
		struct map bigger = { .mask = m->v ? m->mask * 2 + 1 : 1023, .n = m->n };

		bigger.v = alloc((size_t)bigger.mask + 1, sizeof(*bigger.v));
		for (uint32_t i = 0; m->v && i <= m->mask; i++)
			if (m->v[i].used)
				*map_slot(&bigger, &m->v[i].place) = m->v[i];
		free(m->v);
		*m = bigger;
	}
	h = map_slot(m, place);
	if (!h->used) {
		h->used = true;
		h->place = *place;
		m->n++;
	}
	return h;
}

/* Records an ACK. True if another client still holds the address: a duplicate assignment. */
static bool map_ack(struct map *m, const struct place *place, uint64_t id, uint64_t at_ns, uint32_t lifetime)
{
	struct held *h = map_get(m, place);
	bool twice = h->id && h->id != id && at_ns < h->at_ns + h->lifetime * NS;

	h->id = id;
	h->at_ns = at_ns;
	h->lifetime = lifetime;
	return twice;
}

/* --- load --- */

static struct {
	const char *server, *src, *iface, *ledger;
	bool raw, cid, opt82, renew;
	uint32_t clients, first, window, lifetime, timeout_ms;
	uint64_t count;
	double rate, seconds;
} conf = { .clients = 10000, .window = 32, .seconds = 5, .timeout_ms = 1000 };

struct slot {
	uint64_t start_ns, step_ns;
	uint32_t client, xid, offered, server;
	uint16_t gen;
	uint8_t state;
	bool renewing;
};

struct timer {
	uint64_t at_ns;
	uint32_t slot, xid;
};
#define N_TIMERS (1u << 20)

static struct slot *slots;
static uint32_t *free_slots, n_free;
static struct timer *timers;
static uint32_t timer_head, timer_tail;
static uint32_t *leases; /* client -> its address, 0 = none */
struct request {
	uint64_t at_ns;
	uint32_t xid;
};
static struct request *requests; /* client -> its last message */
static struct map owners;
static uint32_t next_client;
static FILE *ledger;
static struct {
	uint64_t started, completed, renewed, drops, naks, dups, bad, late, send_fails;
	uint64_t gap_ns; /* longest time without an ACK */
} count;
static uint64_t *latency_us;
static uint64_t n_latency, size_latency;

static int fd;
static struct sockaddr_in server_addr;
static uint32_t giaddr;
static struct {
	unsigned n;
	unsigned len[BATCH];
	uint8_t buf[BATCH][TX_MAX];
} tx;
static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* 02:0c and the client number */
static void mac_of(uint32_t client, uint8_t *mac)
{
	mac[0] = 0x02;
	mac[1] = 0x0c;
	put32(mac + 2, client);
}

static uint64_t id_of(uint32_t client)
{
	return 0x020c00000000ull | client;
}

static void tx_flush(void)
{
	struct mmsghdr mm[BATCH] = { 0 };
	struct iovec iov[BATCH];
	unsigned done = 0, tries = 0;

	for (unsigned i = 0; i < tx.n; i++) {
		iov[i] = (struct iovec){ tx.buf[i], tx.len[i] };
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
		if (!conf.raw) {
			mm[i].msg_hdr.msg_name = &server_addr;
			mm[i].msg_hdr.msg_namelen = sizeof(server_addr);
		}
	}
	while (done < tx.n) {
		int r = sendmmsg(fd, mm + done, tx.n - done, MSG_DONTWAIT);

		if (r > 0) {
			done += (unsigned)r;
		} else if ((errno == EAGAIN || errno == ENOBUFS) && tries++ < 1000) {
			(void)poll(&(struct pollfd){ fd, POLLOUT, 0 }, 1, 1);
		} else {
			count.send_fails++;
			done++;
		}
	}
	tx.n = 0;
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, unsigned n)
{
	for (; n > 1; n -= 2, p += 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	return n ? sum + ((uint32_t)p[0] << 8) : sum;
}

static uint32_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Writes the headers of a frame that already contains the DHCP message. */
static void raw_head(uint8_t *b, unsigned len, uint32_t client)
{
	uint32_t sum;

	memset(b, 0, RAW_HEAD);
	memset(b, 0xff, 6);
	mac_of(client, b + 6);
	put16(b + 12, ETHERTYPE_IP);
	b[14] = 0x45;
	put16(b + 16, 28 + len);
	b[22] = 64;
	b[23] = IPPROTO_UDP;
	memset(b + 30, 0xff, 4);
	put16(b + 24, fold(sum16(0, b + 14, 20)));
	put16(b + 34, 68);
	put16(b + 36, 67);
	put16(b + 38, 8 + len);
	sum = fold(sum16(sum16(IPPROTO_UDP + 8 + len, b + 26, 8), b + 34, 8 + len));
	put16(b + 40, sum ? sum : 0xffff);
}

static void send_message(struct slot *s, uint8_t type)
{
	uint32_t client = s->client + conf.first;
	unsigned head = conf.raw ? RAW_HEAD : 0;
	uint8_t *p, *o;

	if (tx.n == BATCH)
		tx_flush();
	p = tx.buf[tx.n] + head;
	memset(p, 0, 240);
	p[0] = 1;
	p[1] = 1;
	p[2] = 6;
	put32(p + 4, s->xid);
	if (s->renewing)
		put32(p + 12, leases[s->client]);
	if (!conf.raw) {
		p[3] = 1;
		put32(p + 24, giaddr);
	}
	mac_of(client, p + 28);
	put32(p + 236, 0x63825363);
	o = p + 240;
	*o++ = 53;
	*o++ = 1;
	*o++ = type;
	if (conf.cid) {
		*o++ = 61;
		*o++ = 7;
		*o++ = 1;
		mac_of(client, o);
		o += 6;
	}
	if (type == REQUEST && !s->renewing) {
		*o++ = 50;
		*o++ = 4;
		put32(o, s->offered);
		o += 4;
		*o++ = 54;
		*o++ = 4;
		put32(o, s->server);
		o += 4;
	}
	if (conf.lifetime) {
		*o++ = 51;
		*o++ = 4;
		put32(o, conf.lifetime);
		o += 4;
	}
	memcpy(o, (uint8_t[]){ 55, 4, 1, 3, 6, 15 }, 6);
	o += 6;
	if (conf.opt82 && !conf.raw) {
		*o++ = 82;
		*o++ = 6;
		*o++ = 1;
		*o++ = 4;
		put32(o, client);
		o += 4;
	}
	*o++ = 255;
	while (o < p + 300)
		*o++ = 0;
	if (conf.raw)
		raw_head(tx.buf[tx.n], (unsigned)(o - p), client);
	tx.len[tx.n++] = (unsigned)(o - p) + head;
}

static void arm(struct slot *s, uint64_t t)
{
	s->step_ns = t;
	requests[s->client] = (struct request){ .at_ns = t, .xid = s->xid };
	timers[timer_tail++ & (N_TIMERS - 1)] =
		(struct timer){ .at_ns = t, .slot = (uint32_t)(s - slots), .xid = s->xid };
}

static void finish(struct slot *s)
{
	s->state = IDLE;
	free_slots[n_free++] = (uint32_t)(s - slots);
}

static bool start(uint64_t t)
{
	struct slot *s;

	if (!n_free || timer_tail - timer_head >= N_TIMERS - 2)
		return false;
	s = &slots[free_slots[--n_free]];
	s->client = next_client;
	next_client = (next_client + 1) % conf.clients;
	s->start_ns = t;
	s->xid = (uint32_t)(s - slots) | (uint32_t)++s->gen << SLOT_BITS;
	s->renewing = conf.renew && leases[s->client];
	s->state = s->renewing ? WAIT_ACK : WAIT_OFFER;
	arm(s, t);
	send_message(s, s->renewing ? REQUEST : DISCOVER);
	count.started++;
	return true;
}

static void expire(uint64_t t)
{
	for (; timer_head != timer_tail; timer_head++) {
		const struct timer *tm = &timers[timer_head & (N_TIMERS - 1)];
		struct slot *s = &slots[tm->slot];

		if (s->state == IDLE || s->xid != tm->xid || s->step_ns != tm->at_ns)
			continue; /* renewed, or already assigned to another client */
		if (t < tm->at_ns + conf.timeout_ms * 1000000ull)
			break;
		count.drops++;
		finish(s);
	}
}

/* How long the client may use the address from now: its lease began when it was requested (RFC 2131 4.4.1). */
static uint32_t left_of(uint32_t lifetime, uint64_t requested, uint64_t t)
{
	uint64_t late_sec = (t - requested + NS * 9 / 10) / NS;

	return late_sec < lifetime ? lifetime - (uint32_t)late_sec : 0;
}

/* The server promised an address: records it, also in the ledger. */
static void promised(uint32_t client, uint32_t addr, uint32_t lifetime, uint32_t server, uint64_t t)
{
	static uint64_t last_ns;
	uint64_t id = id_of(client + conf.first);
	struct place place = { .len = 128 };

	put32(place.b + 12, addr);
	if (map_ack(&owners, &place, id, t, lifetime))
		count.dups++;
	if (ledger) {
		char a[INET_ADDRSTRLEN], sv[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &(struct in_addr){ htonl(addr) }, a, sizeof(a));
		inet_ntop(AF_INET, &(struct in_addr){ htonl(server) }, sv, sizeof(sv));
		fprintf(ledger, "%" PRIu64 ".%09" PRIu64 " %012" PRIx64 " %s %" PRIu32 " %s\n", (uint64_t)(t / NS),
			(uint64_t)(t % NS), id, a, lifetime, sv);
	}
	if (last_ns && t - last_ns > count.gap_ns)
		count.gap_ns = t - last_ns;
	last_ns = t;
	leases[client] = addr;
}

static void completed(struct slot *s, uint64_t t)
{
	count.completed++;
	count.renewed += s->renewing;
	if (n_latency == size_latency) {
		size_latency = size_latency ? size_latency * 2 : 65536;
		latency_us = realloc(latency_us, size_latency * sizeof(*latency_us));
		if (!latency_us)
			die("out of memory");
	}
	latency_us[n_latency++] = (t - s->start_ns) / 1000;
	finish(s);
}

struct answer {
	uint8_t type;
	uint32_t xid, yiaddr, server, lifetime;
	const uint8_t *chaddr;
};

static bool parse(const uint8_t *p, unsigned n, struct answer *a)
{
	const uint8_t *o, *end = p + n;

	*a = (struct answer){ 0 };
	if (n < 241 || p[0] != 2 || get32(p + 236) != 0x63825363)
		return false;
	a->xid = get32(p + 4);
	a->yiaddr = get32(p + 16);
	a->chaddr = p + 28;
	for (o = p + 240; o < end && *o != 255;) {
		if (!*o) {
			o++;
			continue;
		}
		if (end - o < 2 || end - o < 2 + o[1])
			return false;
		if (*o == 53 && o[1] == 1)
			a->type = o[2];
		else if (*o == 54 && o[1] == 4)
			a->server = get32(o + 2);
		else if (*o == 51 && o[1] == 4)
			a->lifetime = get32(o + 2);
		o += 2 + o[1];
	}
	return a->type != 0;
}

static void receive_one(const uint8_t *p, unsigned n, uint64_t t)
{
	struct answer a;
	struct slot *s;
	uint8_t mac[6];

	if (conf.raw) {
		unsigned ip_len = n > 14 ? (p[14] & 15u) * 4 : 0;

		if (n < 14 + ip_len + 8) {
			count.bad++;
			return;
		}
		p += 14 + ip_len + 8;
		n -= 14 + ip_len + 8;
	}
	if (!parse(p, n, &a)) {
		count.bad++;
		return;
	}
	s = &slots[a.xid & (N_SLOTS - 1)];
	mac_of(s->client + conf.first, mac);
	if (s->state == IDLE || s->xid != a.xid) {
		/* An ACK that nobody waits for is still a promise, unless the client has begun again. */
		uint32_t client = get32(a.chaddr + 2) - conf.first;

		count.late++;
		if (a.type == ACK && a.yiaddr && a.lifetime && a.chaddr[0] == 0x02 && a.chaddr[1] == 0x0c &&
		    client < conf.clients && requests[client].xid == a.xid)
			promised(client, a.yiaddr, left_of(a.lifetime, requests[client].at_ns, t), a.server, t);
		return;
	}
	if (memcmp(mac, a.chaddr, sizeof(mac)) != 0) {
		count.bad++;
	} else if (a.type == NAK) {
		count.naks++;
		leases[s->client] = 0;
		finish(s);
	} else if (a.type == OFFER && s->state == WAIT_OFFER && a.yiaddr) {
		s->offered = a.yiaddr;
		s->server = a.server;
		s->state = WAIT_ACK;
		arm(s, t);
		send_message(s, REQUEST);
	} else if (a.type == ACK && s->state == WAIT_ACK && a.yiaddr && a.lifetime) {
		if (a.yiaddr != (s->renewing ? leases[s->client] : s->offered))
			count.bad++;
		promised(s->client, a.yiaddr, left_of(a.lifetime, requests[s->client].at_ns, t), a.server, t);
		completed(s, t);
	} else if (a.type != OFFER) { /* a second OFFER is harmless */
		count.bad++;
	}
}

static unsigned receive(void)
{
	static uint8_t buf[BATCH][RX_MAX];
	struct mmsghdr mm[BATCH] = { 0 };
	struct iovec iov[BATCH];
	uint64_t t;
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ buf[i], RX_MAX };
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(fd, mm, BATCH, MSG_DONTWAIT, NULL);
	t = now_ns();
	for (int i = 0; i < n; i++)
		receive_one(buf[i], mm[i].msg_len, t);
	return n > 0 ? (unsigned)n : 0;
}

static uint32_t address(const char *name, const char *text)
{
	struct in_addr a;

	if (!text || inet_pton(AF_INET, text, &a) != 1) {
		errno = 0;
		die("%s needs an IPv4 address, not \"%s\"", name, text ? text : "");
	}
	return ntohl(a.s_addr);
}

static void open_raw(void)
{
	/* IPv4 without options, UDP, to port 68 */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 36), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),      BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };

	at.sll_ifindex = conf.iface ? (int)if_nametoindex(conf.iface) : 0;
	if (!at.sll_ifindex)
		die("--raw needs --iface with an interface");
	all.mr_ifindex = at.sll_ifindex;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		die("packet socket on %s", conf.iface);
}

static void open_relay(void)
{
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(67) };

	giaddr = address("--src", conf.src);
	me.sin_addr.s_addr = htonl(giaddr);
	server_addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(67) };
	server_addr.sin_addr.s_addr = htonl(address("--server", conf.server));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof(me)) < 0)
		die("socket on %s port 67", conf.src);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t percentile(double q)
{
	return n_latency ? latency_us[(uint64_t)(q * (double)(n_latency - 1))] : 0;
}

static void run(void)
{
	uint64_t begin = now_ns(), t, end = begin + (uint64_t)(conf.seconds * 1e9);

	for (;;) {
		unsigned sent = 0, got;
		bool more;

		t = now_ns();
		more = !stopped && t < end && (!conf.count || count.started < conf.count);
		if (!more && n_free == N_SLOTS)
			break;
		while (more && sent < BATCH && N_SLOTS - n_free < conf.window) {
			if (conf.rate > 0 && (double)count.started >= conf.rate * (double)(t - begin) / 1e9)
				break;
			if (!start(t))
				break;
			sent++;
			more = !conf.count || count.started < conf.count;
		}
		tx_flush();
		got = receive();
		tx_flush();
		expire(now_ns());
		if (!got && !sent)
			(void)poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 1);
	}
	if (latency_us)
		qsort(latency_us, n_latency, sizeof(*latency_us), by_value);
	double seconds = (double)(t - begin) / 1e9;

	printf("{\"seconds\":%.3f,\"started\":%" PRIu64 ",\"completed\":%" PRIu64 ",\"renewed\":%" PRIu64
	       ",\"rate\":%.0f,\"drops\":%" PRIu64 ",\"naks\":%" PRIu64 ",\"dups\":%" PRIu64 ",\"bad\":%" PRIu64
	       ",\"late\":%" PRIu64 ",\"send_fails\":%" PRIu64 ",\"gap_ms\":%.1f,\"p50_us\":%" PRIu64
	       ",\"p99_us\":%" PRIu64 ",\"max_us\":%" PRIu64 "}\n",
	       seconds, count.started, count.completed, count.renewed, (double)count.completed / seconds, count.drops,
	       count.naks, count.dups, count.bad, count.late, count.send_fails, (double)count.gap_ns / 1e6,
	       percentile(.5), percentile(.99), percentile(1));
}

static void usage(void) __attribute__((noreturn));
static void usage(void)
{
	fputs("usage: ledger load [options]\n"
	      "  --server A --src A   relay: the server's address; our address and giaddr\n"
	      "  --raw --iface IF     directly attached clients\n"
	      "  --renew              a client that has a lease renews it (default: DORA again)\n"
	      "  --clients N          distinct clients (10000); --first I: number of the first\n"
	      "  --window W           exchanges outstanding at most (32)\n"
	      "  --rate R             open loop: exchanges started per second\n"
	      "  --seconds S          how long (5); --count N: how many exchanges at most\n"
	      "  --timeout MS         when to give up on a message (1000)\n"
	      "  --lifetime S         lifetime to ask for; --cid: send a client id; --opt82\n"
	      "  --ledger FILE        append every ACK here\n"
	      "usage: ledger check [--slack S] LEDGER CSVFILE...\n"
	      "  --slack S            a lease may expire so many seconds before it does if counted from the ACK (2)\n",
	      stderr);
	exit(2);
}

static double number(const char *text, double min, double max)
{
	char *end;
	double v = strtod(text, &end);

	if (*end || end == text || v < min || v > max) {
		fprintf(stderr, "ledger: %s is not a number from %g to %g\n", text, min, max);
		usage();
	}
	return v;
}

static int load(int argc, char **argv)
{
	static const struct option options[] = {
		{ "server", 1, NULL, 's' },   { "src", 1, NULL, 'a' },    { "raw", 0, NULL, 'r' },
		{ "iface", 1, NULL, 'i' },    { "renew", 0, NULL, 'n' },  { "clients", 1, NULL, 'c' },
		{ "first", 1, NULL, 'f' },    { "window", 1, NULL, 'w' }, { "rate", 1, NULL, 'R' },
		{ "seconds", 1, NULL, 't' },  { "count", 1, NULL, 'C' },  { "timeout", 1, NULL, 'o' },
		{ "lifetime", 1, NULL, 'l' }, { "cid", 0, NULL, 'I' },    { "opt82", 0, NULL, '8' },
		{ "ledger", 1, NULL, 'L' },   { NULL, 0, NULL, 0 }
	};
	int c, size = 16 << 20;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 's':
			conf.server = optarg;
			break;
		case 'a':
			conf.src = optarg;
			break;
		case 'r':
			conf.raw = true;
			break;
		case 'i':
			conf.iface = optarg;
			break;
		case 'n':
			conf.renew = true;
			break;
		case 'c':
			conf.clients = (uint32_t)number(optarg, 1, 1e8);
			break;
		case 'f':
			conf.first = (uint32_t)number(optarg, 0, 4e9);
			break;
		case 'w':
			conf.window = (uint32_t)number(optarg, 1, N_SLOTS);
			break;
		case 'R':
			conf.rate = number(optarg, 1, 1e7);
			break;
		case 't':
			conf.seconds = number(optarg, 0.001, 86400);
			break;
		case 'C':
			conf.count = (uint64_t)number(optarg, 1, 1e12);
			break;
		case 'o':
			conf.timeout_ms = (uint32_t)number(optarg, 1, 60000);
			break;
		case 'l':
			conf.lifetime = (uint32_t)number(optarg, 1, 4e9);
			break;
		case 'I':
			conf.cid = true;
			break;
		case '8':
			conf.opt82 = true;
			break;
		case 'L':
			conf.ledger = optarg;
			break;
		default:
			usage();
		}
	if (optind != argc)
		usage();
	if (conf.raw)
		open_raw();
	else
		open_relay();
	/* beyond the system's limits if permitted */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (conf.ledger) {
		ledger = fopen(conf.ledger, "ae");
		if (!ledger)
			die("%s", conf.ledger);
		fprintf(ledger, "# wall - monotonic = %.3f s\n",
			((double)clock_ns(CLOCK_REALTIME) - (double)clock_ns(CLOCK_MONOTONIC)) / 1e9);
	}
	slots = alloc(N_SLOTS, sizeof(*slots));
	free_slots = alloc(N_SLOTS, sizeof(*free_slots));
	timers = alloc(N_TIMERS, sizeof(*timers));
	leases = alloc(conf.clients, sizeof(*leases));
	requests = alloc(conf.clients, sizeof(*requests));
	for (uint32_t i = N_SLOTS; i-- > 0;)
		free_slots[n_free++] = i;
	(void)signal(SIGTERM, on_signal);
	(void)signal(SIGINT, on_signal);
	run();
	if (ledger && fclose(ledger) != 0)
		die("%s", conf.ledger);
	return count.dups || count.bad ? 1 : 0;
}

/* --- check --- */

static struct {
	uint64_t acks, dups, rows, bad_rows, lost, missing, stolen, early, expired;
} found;
static double wall_minus_mono;

/* "192.0.2.1", "2001:db8::1", "2001:db8::/56" */
static bool parse_place(char *text, struct place *ret)
{
	char *slash = strchr(text, '/');

	*ret = (struct place){ .len = 128 };
	if (slash) {
		*slash++ = '\0';
		ret->len = (uint8_t)strtoul(slash, NULL, 10);
	}
	return inet_pton(AF_INET6, text, ret->b) == 1 || inet_pton(AF_INET, text, ret->b + 12) == 1;
}

/* Converts a client's hex digits, with or without colons, to a number; 0 if invalid. */
static uint64_t client_number(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text; text++) {
		uint8_t digit = (uint8_t)(*text | 32);

		if (*text == ':')
			continue;
		if (!isxdigit((unsigned char)*text))
			return 0;
		h = hash(h, &digit, 1);
	}
	return h;
}

static void read_ledger(const char *path, struct map *m)
{
	FILE *f = fopen(path, "re");
	char line[1024];

	if (!f)
		die("%s", path);
	errno = 0;
	for (unsigned n = 1; fgets(line, sizeof(line), f); n++) {
		char client[512], text[64];
		uint64_t sec, nsec, id;
		struct place place;
		uint32_t lifetime;

		if (sscanf(line, "# wall - monotonic = %lf", &wall_minus_mono) == 1)
			continue;
		if (!strchr(line, '\n') ||
		    sscanf(line, "%" SCNu64 ".%9" SCNu64 " %511s %63s %" SCNu32, &sec, &nsec, client, text,
			   &lifetime) != 5 ||
		    !(id = client_number(client)) || !parse_place(text, &place))
			die("%s:%u: not a ledger line", path, n);
		found.acks++;
		found.dups += map_ack(m, &place, id, sec * NS + nsec, lifetime);
	}
	fclose(f);
}

/*
 * The columns used; the header gives their positions. The client is in one of two columns, the last one may be
 * missing.
 */
enum { COL_ADDRESS, COL_VALID, COL_EXPIRE, COL_STATE, COL_DUID, COL_HWADDR, COL_LEN, N_COLS, N_NEEDED = COL_DUID };
static const char *const col_names[N_COLS] = { "address", "valid_lifetime", "expire",    "state",
					       "duid",    "hwaddr",         "prefix_len" };

static void find_columns(const char *path, char *const *field, unsigned n, int *ret_col)
{
	for (int c = 0; c < N_COLS; c++) {
		ret_col[c] = -1;
		for (unsigned i = 0; i < n; i++)
			if (strcmp(field[i], col_names[c]) == 0)
				ret_col[c] = (int)i;
		if (ret_col[c] < 0 && c < N_NEEDED)
			die("%s: no column %s", path, col_names[c]);
	}
	if (ret_col[COL_DUID] < 0)
		ret_col[COL_DUID] = ret_col[COL_HWADDR];
	if (ret_col[COL_DUID] < 0)
		die("%s: no column that says who the client is", path);
}

/* Splits at commas, in place. Kea writes a comma inside a value as &#x2c. */
static unsigned cut(char *line, char **ret_field, unsigned max)
{
	unsigned n = 0;

	for (char *p = line; p && n < max; n++) {
		ret_field[n] = p;
		p = strchr(p, ',');
		if (p)
			*p++ = '\0';
	}
	return n;
}

static void read_csv(const char *path, struct map *m)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, *field[32];
	size_t size = 0;
	ssize_t len;
	int col[N_COLS];
	unsigned width = 0;

	if (!f)
		die("%s", path);
	errno = 0;
	while ((len = getline(&line, &size, f)) > 0) {
		struct place place;
		struct held *h;
		uint64_t id;
		unsigned n;

		if (line[len - 1] != '\n') {
			found.bad_rows++; /* torn */
			continue;
		}
		line[len - 1] = '\0';
		n = cut(line, field, 32);
		if (!width) {
			width = n;
			find_columns(path, field, n, col);
			continue;
		}
		if (n != width || !parse_place(field[col[COL_ADDRESS]], &place) ||
		    !(id = client_number(field[col[COL_DUID]]))) {
			found.bad_rows++;
			continue;
		}
		found.rows++;
		if (col[COL_LEN] >= 0)
			place.len = (uint8_t)strtoul(field[col[COL_LEN]], NULL, 10);
		h = map_get(m, &place);
		h->has_row = true;
		h->row_id = id;
		h->row_valid = strtoull(field[col[COL_VALID]], NULL, 10);
		h->row_expire = strtoull(field[col[COL_EXPIRE]], NULL, 10);
		h->row_state = (unsigned)strtoul(field[col[COL_STATE]], NULL, 10);
	}
	free(line);
	fclose(f);
}

/* A client counts from its request, the ledger from the ACK: with a slow database, that is later. */
static double slack_sec = LEASE_SLACK_SEC;

/* Returns what is wrong with an acknowledged lease, NULL if nothing is. */
static const char *verdict(const struct held *h, double now_wall)
{
	double until = (double)h->at_ns / 1e9 + wall_minus_mono + h->lifetime;

	if (until < now_wall) {
		found.expired++;
		return NULL;
	}
	if (!h->has_row || !h->row_valid || h->row_state != 0) {
		found.missing++;
		return "missing";
	}
	if (h->row_id != h->id) {
		found.stolen++;
		return "of another client";
	}
	if ((double)h->row_expire + slack_sec < until) {
		found.early++;
		return "expires too early";
	}
	return NULL;
}

static int check(int argc, char **argv)
{
	double now_wall = (double)clock_ns(CLOCK_REALTIME) / 1e9;
	struct map m = { 0 };
	uint32_t addresses = 0;

	if (argc > 2 && strcmp(argv[1], "--slack") == 0) {
		slack_sec = number(argv[2], 0, 3600);
		argc -= 2;
		argv += 2;
	}
	if (argc < 3)
		usage();
	read_ledger(argv[1], &m);
	addresses = m.n;
	for (int i = 2; i < argc; i++)
		read_csv(argv[i], &m);
	for (uint32_t i = 0; m.v && i <= m.mask; i++) {
		const struct held *h = &m.v[i];
		const char *why;

		if (!h->used || !h->id || !h->lifetime)
			continue;
		why = verdict(h, now_wall);
		if (why && ++found.lost <= 5) {
			char text[INET6_ADDRSTRLEN];

			if (h->place.len == 128 && !memcmp(h->place.b, (uint8_t[12]){ 0 }, 12))
				inet_ntop(AF_INET, h->place.b + 12, text, sizeof(text));
			else
				inet_ntop(AF_INET6, h->place.b, text, sizeof(text));
			fprintf(stderr, "ledger: %s/%u: %s in the lease file (%.3f s before %u s after the ACK)\n",
				text, h->place.len, why,
				(double)h->at_ns / 1e9 + wall_minus_mono + h->lifetime - (double)h->row_expire,
				h->lifetime);
		}
	}
	printf("{\"acks\":%" PRIu64 ",\"addresses\":%" PRIu32 ",\"rows\":%" PRIu64 ",\"bad_rows\":%" PRIu64
	       ",\"lost\":%" PRIu64 ",\"missing\":%" PRIu64 ",\"stolen\":%" PRIu64 ",\"early\":%" PRIu64
	       ",\"expired\":%" PRIu64 ",\"dup\":%" PRIu64 "}\n",
	       found.acks, addresses, found.rows, found.bad_rows, found.lost, found.missing, found.stolen, found.early,
	       found.expired, found.dups);
	free(m.v);
	return found.lost || found.dups ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "load") == 0)
		return load(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return check(argc - 1, argv + 1);
	usage();
}
