/* SPDX-License-Identifier: MPL-2.0 */
#include "ddns/sender.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/sockaddr.h"
#include "base/thread.h"
#include "log/log.h"
#include "stat/stat.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS 1000   /* while nobody listens */
#define REPORT_MS 60000 /* between lines about dropped requests */
#define FULL_MS 100     /* longest wait for room in the socket's buffer */
/*
 * A burst, after the DDNS server was down for a while, must not be longer than the buffer of its socket: 64 datagrams
 * take less than half of the default, and are read in a millisecond.
 */
#define BURST 64
#define BURST_NS 1000000

struct ncr_sender {
	unsigned family;
	struct stats *stats; /* written under the lock */
	pthread_t thread;
	bool is_started;
	/* the thread's own: */
	int fd;
	unsigned opened;     /* number of the target that fd is for */
	bool is_unreachable; /* reported */
	unsigned n_burst;    /* sent since the last pause */
	int64_t reported_ms; /* when dropped requests were last reported; 0: never */
	uint64_t n_unreported;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct ncr_target target;
	unsigned number; /* of the target */
	bool is_ending;
	struct ncr_item *ring; /* target.max_queue items */
	unsigned first, n;
	uint64_t first_id;  /* counts the items that were first */
	uint64_t n_dropped; /* not reported yet */
};

struct ncr_sender *ncr_sender_new(unsigned family)
{
	struct ncr_sender *sender = xcalloc(1, sizeof(*sender));
	pthread_condattr_t attr;

	sender->family = family;
	sender->fd = -1;
	sender->stats = stats_new();
	(void)pthread_mutex_init(&sender->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&sender->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	return sender;
}

void ncr_sender_free_wait(struct ncr_sender *sender)
{
	if (!sender)
		return;
	(void)pthread_mutex_lock(&sender->lock);
	sender->is_ending = true;
	(void)pthread_cond_signal(&sender->wake);
	(void)pthread_mutex_unlock(&sender->lock);
	if (sender->is_started)
		(void)pthread_join(sender->thread, NULL);
	if (sender->fd >= 0)
		(void)close(sender->fd);
	(void)pthread_cond_destroy(&sender->wake);
	(void)pthread_mutex_destroy(&sender->lock);
	stats_free(sender->stats);
	free(sender->ring);
	free(sender);
}

void ncr_sender_put(struct ncr_sender *sender, const struct ncr_item *item)
{
	(void)pthread_mutex_lock(&sender->lock);
	if (sender->target.is_enabled && sender->n < sender->target.max_queue) {
		sender->ring[(sender->first + sender->n) % sender->target.max_queue] = *item;
		if (!sender->n++)
			(void)pthread_cond_signal(&sender->wake);
	} else if (sender->target.is_enabled) {
		sender->n_dropped++;
		stat_add(sender->stats, STAT_NCR_DROPPED, 1);
	}
	(void)pthread_mutex_unlock(&sender->lock);
}

unsigned ncr_sender_waiting(struct ncr_sender *sender)
{
	unsigned n;

	(void)pthread_mutex_lock(&sender->lock);
	n = sender->n;
	(void)pthread_mutex_unlock(&sender->lock);
	return n;
}

/* --- a datagram ----------------------------------------------------------------- */

/* Returns the length of the datagram; negative if there is none. */
static int make_datagram(const struct ncr_item *item, uint8_t buf[NCR_DATAGRAM_MAX])
{
	struct ncr ncr = {
		.change = item->change,
		.mode = item->mode,
		.forward = item->forward,
		.reverse = item->reverse,
		.addr = item->addr,
		.dhcid_len = DHCID_LEN,
		.expires_sec = item->expires_sec,
		.lease_length = item->lease_length,
	};
	int err;

	if (dname_of_labels(item->name, item->name_len, &ncr.fqdn) < 0)
		return -E_INVAL;
	err = dhcid_make(item->client_type, bytes_of(item->client, item->client_len), &ncr.fqdn, ncr.dhcid);
	return err < 0 ? err : ncr_write(&ncr, buf, NCR_DATAGRAM_MAX);
}

/* --- sending -------------------------------------------------------------------- */

/* Returns 0, or an errno. */
static int open_socket(struct ncr_sender *sender, const struct ncr_target *target)
{
	struct ip any = ip_is4(&target->server) ? ip_from4(0) : (struct ip){ 0 };
	struct sockaddr_storage addr;
	socklen_t len;

	if (sender->fd >= 0)
		(void)close(sender->fd);
	sender->fd = socket(ip_is4(&target->server) ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sender->fd < 0)
		return errno;
	if (target->has_sender || target->sender_port) {
		len = sockaddr_of(target->has_sender ? &target->sender : &any, target->sender_port, &addr);
		if (bind(sender->fd, (struct sockaddr *)&addr, len) < 0)
			goto failed;
	}
	/* Connected, so that the kernel reports if nobody listens there. */
	len = sockaddr_of(&target->server, target->port, &addr);
	if (connect(sender->fd, (struct sockaddr *)&addr, len) == 0)
		return 0;
failed:
	len = (socklen_t)errno;
	(void)close(sender->fd);
	sender->fd = -1;
	return (int)len;
}

/* Returns 0, or an errno. */
static int send_datagram(int fd, const uint8_t *buf, size_t len)
{
	socklen_t size = sizeof(int);
	int err = 0;

	while (send(fd, buf, len, MSG_NOSIGNAL) < 0) {
		struct pollfd wait = { .fd = fd, .events = POLLOUT };

		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || poll(&wait, 1, FULL_MS) == 0)
			return errno;
	}
	/* On this host, it is known at once that nobody listens. */
	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
	return err;
}

/* --- the thread ------------------------------------------------------------------- */

static const char *target_text(const struct ncr_target *target, char buf[IP_TEXT_MAX + 16])
{
	size_t len;

	(void)ip_format(&target->server, buf);
	len = strlen(buf);
	(void)snprintf(buf + len, 16, " port %u", target->port);
	return buf;
}

static void report_reach(struct ncr_sender *sender, const struct ncr_target *target, int err)
{
	char text[IP_TEXT_MAX + 16];

	if (err && !sender->is_unreachable)
		LOGF(sender->family, DHCPx_DDNS_REQUEST_SEND_FAILED, target_text(target, text), strerror(err));
	else if (!err && sender->is_unreachable)
		LOGF(sender->family, DHCPx_DDNS_SERVER_REACHED, target_text(target, text));
	sender->is_unreachable = err != 0;
}

static void report_dropped(struct ncr_sender *sender, uint64_t n_dropped)
{
	int64_t now = clock_boot_ms();

	sender->n_unreported += n_dropped;
	if (!sender->n_unreported || (sender->reported_ms && now - sender->reported_ms < REPORT_MS))
		return;
	LOGF(sender->family, DHCPx_DDNS_REQUESTS_DROPPED, (unsigned long long)sender->n_unreported);
	sender->n_unreported = 0;
	sender->reported_ms = now;
}

static void wait_ms(struct ncr_sender *sender, int64_t ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	(void)pthread_cond_timedwait(&sender->wake, &sender->lock, &until);
}

/* Sends one item; returns 0, or an errno if it must be tried again. */
static int deliver(struct ncr_sender *sender, const struct ncr_target *target, unsigned number,
		   const struct ncr_item *item)
{
	uint8_t buf[NCR_DATAGRAM_MAX];
	char addr[IP_TEXT_MAX];
	int len = make_datagram(item, buf), err = 0;

	if (len < 0) {
		LOGF(sender->family, DHCPx_NCR_CREATION_FAILED, ip_format(&item->addr, addr), err_text(len));
		return 0;
	}
	if (sender->fd < 0 || sender->opened != number) {
		err = open_socket(sender, target);
		sender->opened = number;
	}
	if (!err)
		err = send_datagram(sender->fd, buf, (size_t)len);
	report_reach(sender, target, err);
	if (++sender->n_burst % BURST == 0)
		(void)nanosleep(&(struct timespec){ .tv_nsec = BURST_NS }, NULL);
	return err;
}

static void *run(void *arg)
{
	struct ncr_sender *sender = arg;

	(void)pthread_mutex_lock(&sender->lock);
	for (;;) {
		struct ncr_target target;
		struct ncr_item item;
		uint64_t n_dropped, id;
		unsigned number;
		int err;

		while (!sender->n && !sender->is_ending)
			(void)pthread_cond_wait(&sender->wake, &sender->lock);
		if (!sender->n)
			break;
		target = sender->target;
		number = sender->number;
		item = sender->ring[sender->first];
		id = sender->first_id;
		n_dropped = sender->n_dropped;
		sender->n_dropped = 0;
		(void)pthread_mutex_unlock(&sender->lock);
		report_dropped(sender, n_dropped);
		err = deliver(sender, &target, number, &item);
		(void)pthread_mutex_lock(&sender->lock);
		if (!err)
			stat_add(sender->stats, STAT_NCR_SENT, 1);
		/* Unless a reload has removed it. */
		if (!err && id == sender->first_id) {
			sender->first_id++;
			/* From the start again when it is empty, so that it uses no more memory than it must. */
			sender->first = --sender->n ? (sender->first + 1) % sender->target.max_queue : 0;
		}
		if (err && sender->is_ending)
			break;
		if (err && number == sender->number)
			wait_ms(sender, RETRY_MS);
	}
	(void)pthread_mutex_unlock(&sender->lock);
	return NULL;
}

int ncr_sender_use(struct ncr_sender *sender, const struct ncr_target *target)
{
	struct ncr_item *ring = NULL, *old;
	unsigned i, n_kept;

	if (target->is_enabled)
		ring = xcalloc(target->max_queue, sizeof(*ring));
	(void)pthread_mutex_lock(&sender->lock);
	n_kept = !target->is_enabled ? 0 : sender->n < target->max_queue ? sender->n : target->max_queue;
	for (i = 0; i < n_kept; i++)
		ring[i] = sender->ring[(sender->first + i) % sender->target.max_queue];
	if (target->is_enabled && sender->n > n_kept) {
		sender->n_dropped += sender->n - n_kept;
		stat_add(sender->stats, STAT_NCR_DROPPED, sender->n - n_kept);
	}
	if (!n_kept)
		sender->first_id++;
	old = sender->ring;
	sender->ring = ring;
	sender->first = 0;
	sender->n = n_kept;
	sender->target = *target;
	sender->number++;
	(void)pthread_cond_signal(&sender->wake);
	(void)pthread_mutex_unlock(&sender->lock);
	free(old);
	if (!target->is_enabled || sender->is_started)
		return 0;
	sender->is_started = thread_start(&sender->thread, run, sender) == 0;
	return sender->is_started ? 0 : -E_SYS;
}
