/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A check is used by two: its packet, and the thread until it has resumed that. New checks reach the thread through a
 * queue; all it does with them is done without the lock.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ping_check/channel.h"

#include "ping_check/messages.h"

#include <errno.h>
#include <linux/icmp.h>
#include <linux/if.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECEIVE_MAX 64 /* datagrams of a socket before the others have their turn */
#define FOLD_MS 60000  /* what every check could repeat is logged this often */

struct check {
	struct channel *channel;
	struct check *next; /* free or queued */
	unsigned refs;
	bool is_waiting; /* the thread's */
	struct target target;
	struct kea_parked *parked;
	unsigned char cookie[PROBE_COOKIE];
	unsigned n_sent;
	bool by_arp;
	int64_t deadline_ms;
	_Atomic bool is_in_use;
};

struct channel {
	int wake, icmp, arp; /* arp: -1 if it is not used */
	bool is_raw;         /* icmp: it receives the IPv4 header */
	uint16_t id;
	pthread_t thread;
	/* Guards what follows, up to the thread's own. */
	pthread_mutex_t lock;
	struct check *free, *first, *last; /* queued */
	bool is_ending;
	/* The thread's own. */
	unsigned n_waiting;
	int64_t next_log_ms;
	unsigned long n_unsent;
	struct check checks[CHANNEL_CHECKS_MAX];
};

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *text_of(const unsigned char addr[4], char text[16])
{
	(void)snprintf(text, 16, "%u.%u.%u.%u", addr[0], addr[1], addr[2], addr[3]);
	return text;
}

/* --- what packets call ---------------------------------------------------------------------------------------- */

static void wake(struct channel *channel)
{
	uint64_t one = 1;

	(void)!write(channel->wake, &one, sizeof(one));
}

struct check *channel_check(struct channel *channel, const struct target *target, struct kea_parked *parked)
{
	struct check *check;

	(void)pthread_mutex_lock(&channel->lock);
	check = channel->free;
	if (check) {
		channel->free = check->next;
		check->next = NULL;
		check->refs = 2;
		check->target = *target;
		check->parked = parked;
		atomic_store(&check->is_in_use, false);
		if (channel->first)
			channel->last->next = check;
		else
			channel->first = check;
		channel->last = check;
	}
	(void)pthread_mutex_unlock(&channel->lock);
	if (check)
		wake(channel);
	return check;
}

bool check_is_in_use(const struct check *check)
{
	return atomic_load(&check->is_in_use);
}

void check_release(struct check *check)
{
	struct channel *channel = check ? check->channel : NULL;

	if (!channel)
		return;
	(void)pthread_mutex_lock(&channel->lock);
	if (!--check->refs) {
		check->next = channel->free;
		channel->free = check;
	}
	(void)pthread_mutex_unlock(&channel->lock);
}

/* --- sending -------------------------------------------------------------------------------------------------- */

static void end(struct channel *channel, struct check *check, bool is_in_use)
{
	char text[16];

	if (!is_in_use)
		LOG(PING_CHECK_MGR_LEASE_FREE_TO_USE, text_of(check->target.addr, text));
	atomic_store(&check->is_in_use, is_in_use);
	channel->n_waiting -= check->is_waiting;
	check->is_waiting = false;
	(void)kea->resume(check->parked);
	check_release(check);
}

/* Finds the hardware address of an interface; false: it has none of Ethernet. */
static bool own_address(int fd, unsigned ifindex, unsigned char own[PROBE_HWADDR])
{
	struct ifreq request = { .ifr_ifindex = (int)ifindex };

	if (ioctl(fd, SIOCGIFNAME, &request) < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0 ||
	    request.ifr_flags & (IFF_NOARP | IFF_LOOPBACK | IFF_POINTOPOINT))
		return false;
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	memcpy(own, request.ifr_hwaddr.sa_data, PROBE_HWADDR);
	return true;
}

static ssize_t send_arp(const struct channel *channel, const struct check *check, const unsigned char own[PROBE_HWADDR])
{
	unsigned char message[PROBE_ARP_LEN];
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
		.sll_ifindex = (int)check->target.ifindex,
		.sll_halen = PROBE_HWADDR,
	};

	memset(to.sll_addr, 0xff, PROBE_HWADDR);
	probe_arp_write(message, own, check->target.addr);
	return sendto(channel->arp, message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to));
}

static ssize_t send_echo(const struct channel *channel, const struct check *check)
{
	unsigned char message[PROBE_ECHO_LEN];
	struct sockaddr_in to = { .sin_family = AF_INET };

	memcpy(&to.sin_addr, check->target.addr, 4);
	probe_echo_write(message, channel->id, (uint16_t)(check - channel->checks), check->cookie);
	return sendto(channel->icmp, message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to));
}

static void log_unsent(struct channel *channel, const struct check *check, int err)
{
	char text[16];

	channel->n_unsent++;
	if (now_ms() < channel->next_log_ms)
		return;
	LOG(PING_CHECK_CHANNEL_NETWORK_WRITE_ERROR, text_of(check->target.addr, text), strerror(err),
	    channel->n_unsent);
	channel->next_log_ms = now_ms() + FOLD_MS;
	channel->n_unsent = 0;
}

/* Sends the next request. One that cannot be sent says nothing about the address. */
static void send_request(struct channel *channel, struct check *check)
{
	const struct target *target = &check->target;
	unsigned char own[PROBE_HWADDR];
	char text[16];
	ssize_t sent;

	check->by_arp = channel->arp >= 0 && target->ifindex && own_address(channel->arp, target->ifindex, own);
	sent = check->by_arp ? send_arp(channel, check, own) : send_echo(channel, check);
	/* A full queue is as good as a request that is lost. */
	if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) {
		log_unsent(channel, check, errno);
		end(channel, check, false);
		return;
	}
	check->n_sent++;
	check->deadline_ms = now_ms() + target->timeout_ms;
	LOG(PING_CHECK_CHANNEL_ECHO_REQUEST_SENT, check->by_arp ? "ARP probe" : "ICMP echo request",
	    text_of(target->addr, text), check->n_sent, target->n_requests);
}

static void begin(struct channel *channel, struct check *check)
{
	check->n_sent = 0;
	check->is_waiting = true;
	channel->n_waiting++;
	if (getrandom(check->cookie, sizeof(check->cookie), GRND_NONBLOCK) != (ssize_t)sizeof(check->cookie)) {
		end(channel, check, false);
		return;
	}
	send_request(channel, check);
}

/* --- receiving ------------------------------------------------------------------------------------------------ */

static void on_echo(struct channel *channel, const struct probe_echo *echo)
{
	struct check *check = &channel->checks[echo->sequence % CHANNEL_CHECKS_MAX];
	char text[16];

	if (!check->is_waiting || check->by_arp || memcmp(check->cookie, echo->cookie, PROBE_COOKIE) != 0 ||
	    memcmp(check->target.addr, echo->addr, 4) != 0) {
		LOG(PING_CHECK_MGR_RECEIVED_UNEXPECTED_ECHO_REPLY, text_of(echo->addr, text));
		return;
	}
	LOG(PING_CHECK_MGR_RECEIVED_ECHO_REPLY, text_of(echo->addr, text), "ICMP");
	end(channel, check, true);
}

static void receive_echoes(struct channel *channel)
{
	unsigned char data[2048];
	struct sockaddr_in from;
	/* A datagram socket leaves out the IPv4 header. */
	size_t skip = channel->is_raw ? 0 : 20;

	for (unsigned n = 0; n < RECEIVE_MAX; n++) {
		socklen_t size = sizeof(from);
		ssize_t len = recvfrom(channel->icmp, data + skip, sizeof(data) - skip, MSG_DONTWAIT,
				       (struct sockaddr *)&from, &size);
		struct probe_echo echo;

		if (len < 0)
			return;
		if (skip) {
			memset(data, 0, skip);
			data[0] = 0x45;
			data[9] = IPPROTO_ICMP;
			memcpy(data + 12, &from.sin_addr, 4);
		}
		if (probe_echo_read(data, (size_t)len + skip, &echo))
			on_echo(channel, &echo);
	}
}

static void on_arp(struct channel *channel, const struct probe_arp *arp, unsigned ifindex)
{
	for (unsigned i = 0; i < CHANNEL_CHECKS_MAX && channel->n_waiting; i++) {
		struct check *check = &channel->checks[i];
		bool is_client;
		char text[16];

		if (!check->is_waiting || !check->by_arp || check->target.ifindex != ifindex ||
		    memcmp(check->target.addr, arp->addr, 4) != 0)
			continue;
		is_client = check->target.has_client && !memcmp(check->target.client, arp->hwaddr, PROBE_HWADDR);
		LOG(PING_CHECK_MGR_RECEIVED_ECHO_REPLY, text_of(arp->addr, text), is_client ? "client itself" : "ARP");
		end(channel, check, !is_client);
	}
}

static void receive_arps(struct channel *channel)
{
	for (unsigned n = 0; n < RECEIVE_MAX; n++) {
		unsigned char data[64];
		struct sockaddr_ll from;
		socklen_t size = sizeof(from);
		ssize_t len = recvfrom(channel->arp, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from, &size);
		struct probe_arp arp;

		if (len < 0)
			return;
		if (from.sll_pkttype != PACKET_OUTGOING && probe_arp_read(data, (size_t)len, &arp))
			on_arp(channel, &arp, (unsigned)from.sll_ifindex);
	}
}

/* --- the thread ----------------------------------------------------------------------------------------------- */

/* Returns false at the end. */
static bool take_new(struct channel *channel)
{
	struct check *check;
	bool goes_on;

	(void)pthread_mutex_lock(&channel->lock);
	check = channel->first;
	channel->first = channel->last = NULL;
	goes_on = !channel->is_ending;
	(void)pthread_mutex_unlock(&channel->lock);
	while (check) {
		struct check *next = check->next;

		begin(channel, check);
		check = next;
	}
	return goes_on;
}

/* Sends again or ends what has waited long enough; returns how long the others may wait, ms; -1: there is none. */
static int look_at_time(struct channel *channel)
{
	int64_t now = now_ms(), next = INT64_MAX;

	for (unsigned i = 0; i < CHANNEL_CHECKS_MAX && channel->n_waiting; i++) {
		struct check *check = &channel->checks[i];
		char text[16];

		if (check->is_waiting && now >= check->deadline_ms) {
			LOG(PING_CHECK_MGR_REPLY_TIMEOUT_EXPIRED, text_of(check->target.addr, text), check->n_sent,
			    check->target.n_requests, check->target.timeout_ms);
			if (check->n_sent < check->target.n_requests)
				send_request(channel, check);
			else
				end(channel, check, false);
		}
		if (check->is_waiting && check->deadline_ms < next)
			next = check->deadline_ms;
	}
	return next == INT64_MAX ? -1 : next <= now ? 0 : (int)(next - now);
}

static void *run(void *arg)
{
	struct channel *channel = arg;
	struct pollfd fds[] = {
		{ .fd = channel->wake, .events = POLLIN },
		{ .fd = channel->icmp, .events = POLLIN },
		{ .fd = channel->arp, .events = POLLIN },
	};
	uint64_t count;

	while (take_new(channel)) {
		(void)poll(fds, 3, look_at_time(channel));
		if (fds[0].revents & POLLIN)
			(void)!read(channel->wake, &count, sizeof(count));
		if (fds[1].revents)
			receive_echoes(channel);
		if (fds[2].revents)
			receive_arps(channel);
	}
	for (unsigned i = 0; i < CHANNEL_CHECKS_MAX; i++)
		if (channel->checks[i].is_waiting)
			end(channel, &channel->checks[i], false);
	return NULL;
}

/* --- life ----------------------------------------------------------------------------------------------------- */

static const char *open_sockets(struct channel *channel, bool by_arp)
{
	struct icmp_filter filter = { ~(1u << ICMP_ECHOREPLY) };

	channel->icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	channel->is_raw = channel->icmp >= 0;
	if (!channel->is_raw)
		channel->icmp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);
	if (channel->icmp < 0)
		return "ICMP";
	if (channel->is_raw)
		(void)setsockopt(channel->icmp, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter));
	if (by_arp) {
		channel->arp = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETHERTYPE_ARP));
		if (channel->arp < 0)
			return "ARP";
	}
	channel->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return channel->wake < 0 ? "its thread" : NULL;
}

static bool start_thread(struct channel *channel)
{
	sigset_t every, old;
	bool ok;

	(void)sigfillset(&every);
	(void)pthread_sigmask(SIG_SETMASK, &every, &old);
	ok = pthread_create(&channel->thread, NULL, run, channel) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

static void close_all(struct channel *channel)
{
	const int fds[] = { channel->wake, channel->icmp, channel->arp };

	for (unsigned i = 0; i < 3; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	(void)pthread_mutex_destroy(&channel->lock);
	free(channel);
}

struct channel *channel_new(bool by_arp, const char **ret_why)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	*ret_why = "memory";
	if (!channel)
		return NULL;
	channel->wake = channel->icmp = channel->arp = -1;
	(void)pthread_mutex_init(&channel->lock, NULL);
	for (unsigned i = CHANNEL_CHECKS_MAX; i-- > 0;) {
		channel->checks[i].channel = channel;
		channel->checks[i].next = channel->free;
		channel->free = &channel->checks[i];
	}
	/* What tells replies apart is the cookie. */
	channel->id = (uint16_t)getpid();
	*ret_why = open_sockets(channel, by_arp);
	if (!*ret_why && start_thread(channel))
		return channel;
	if (!*ret_why)
		*ret_why = "its thread";
	close_all(channel);
	return NULL;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	(void)pthread_mutex_lock(&channel->lock);
	channel->is_ending = true;
	(void)pthread_mutex_unlock(&channel->lock);
	wake(channel);
	(void)pthread_join(channel->thread, NULL);
	close_all(channel);
}
