/* SPDX-License-Identifier: MPL-2.0 */
#include "ddns/sender.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/sockaddr.h"
#include "base/thread.h"
#include "base/vec.h"
#include "ddns/journal.h"
#include "log/log.h"
#include "stat/stat.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
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

#define GROUP 64       /* requests that are stored or sent at once */
#define CONNECT_SEC 3  /* limit for connecting, and for sending */
#define CONFIRM_MAX 64 /* bytes of a confirmation */
#define END_MS 1000    /* how long the end waits for confirmations */

/* The thread's own. */
struct kept {
	struct ncr_journal *journal;
	unsigned n_stored, n_sent; /* of the items in the queue, the first ones */
	int64_t not_before_ms;     /* when to connect again */
	bool is_failing;           /* the file cannot be written, which was reported */
	size_t in_len;
	uint8_t in[4096];
};

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
	struct kept *kept;    /* NULL until there is a journal */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct ncr_target target;
	unsigned number; /* of the target */
	bool is_ending;
	bool is_polling; /* the thread waits for wake_fd */
	int wake_fd;
	struct ncr_item *ring; /* target.max_queue items */
	unsigned first, n;
	uint64_t first_id;  /* counts the items that were first */
	uint64_t n_dropped; /* not reported yet */
};

struct ncr_sender *ncr_sender_new(unsigned family)
{
	struct ncr_sender *sender = xcalloc(1, sizeof(*sender));

	sender->family = family;
	sender->fd = -1;
	sender->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sender->stats = stats_new();
	(void)pthread_mutex_init(&sender->lock, NULL);
	cond_init(&sender->wake);
	return sender;
}

/* With the lock. */
static void wake(struct ncr_sender *sender)
{
	(void)pthread_cond_signal(&sender->wake);
	if (sender->is_polling)
		(void)eventfd_write(sender->wake_fd, 1);
	sender->is_polling = false;
}

void ncr_sender_free_wait(struct ncr_sender *sender)
{
	if (!sender)
		return;
	(void)pthread_mutex_lock(&sender->lock);
	sender->is_ending = true;
	wake(sender);
	(void)pthread_mutex_unlock(&sender->lock);
	if (sender->is_started)
		(void)pthread_join(sender->thread, NULL);
	if (sender->fd >= 0)
		(void)close(sender->fd);
	(void)pthread_cond_destroy(&sender->wake);
	(void)pthread_mutex_destroy(&sender->lock);
	stats_free(sender->stats);
	if (sender->wake_fd >= 0)
		(void)close(sender->wake_fd);
	if (sender->kept)
		ncr_journal_close(sender->kept->journal);
	free(sender->kept);
	free(sender->ring);
	free(sender);
}

void ncr_sender_put(struct ncr_sender *sender, const struct ncr_item *item)
{
	(void)pthread_mutex_lock(&sender->lock);
	if (sender->target.is_enabled && sender->n < sender->target.max_queue) {
		sender->ring[(sender->first + sender->n) % sender->target.max_queue] = *item;
		if (!sender->n++ || sender->is_polling)
			wake(sender);
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

/* Returns the length of the datagram; negative if there is none. journal is 0 without one. */
static int make_datagram(const struct ncr_item *item, uint64_t journal, uint8_t buf[NCR_DATAGRAM_MAX])
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
		.journal = journal,
		.serial = journal ? item->serial : 0,
	};
	int err = 0;

	if (dname_of_labels(item->name, item->name_len, &ncr.fqdn) < 0)
		return -E_INVAL;
	if (item->has_dhcid) {
		ncr.dhcid_len = item->client_len;
		memcpy(ncr.dhcid, item->client, item->client_len);
	} else {
		err = dhcid_make(item->client_type, bytes_of(item->client, item->client_len), &ncr.fqdn, ncr.dhcid);
	}
	return err < 0 ? err : ncr_write(&ncr, buf, NCR_DATAGRAM_MAX);
}

/* --- sending -------------------------------------------------------------------- */

static void close_socket(struct ncr_sender *sender)
{
	if (sender->fd >= 0)
		(void)close(sender->fd);
	sender->fd = -1;
}

static int new_socket(struct ncr_sender *sender, const struct ncr_target *target, int type)
{
	close_socket(sender);
	sender->fd = socket(ip_is4(&target->server) ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
	return sender->fd < 0 ? errno : 0;
}

/* From this port (0: any) of the sender's address to the target. Returns 0, or an errno, and the socket is closed. */
static int connect_from(struct ncr_sender *sender, const struct ncr_target *target, uint16_t port)
{
	struct ip any = ip_is4(&target->server) ? ip_from4(0) : (struct ip){ 0 };
	struct sockaddr_storage from, to;
	socklen_t from_len = sockaddr_of(target->has_sender ? &target->sender : &any, port, &from);
	socklen_t to_len = sockaddr_of(&target->server, target->port, &to);
	int err;

	if ((!(target->has_sender || port) || bind(sender->fd, (struct sockaddr *)&from, from_len) == 0) &&
	    connect(sender->fd, (struct sockaddr *)&to, to_len) == 0)
		return 0;
	err = errno;
	close_socket(sender);
	return err;
}

/* Connected, so that the kernel reports if nobody listens there. Returns 0, or an errno. */
static int open_socket(struct ncr_sender *sender, const struct ncr_target *target)
{
	int err = new_socket(sender, target, SOCK_DGRAM | SOCK_NONBLOCK);

	return err ? err : connect_from(sender, target, target->sender_port);
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

/* Sends one item; returns 0, or an errno if it must be tried again. */
static int deliver(struct ncr_sender *sender, const struct ncr_target *target, unsigned number,
		   const struct ncr_item *item)
{
	uint8_t buf[NCR_DATAGRAM_MAX];
	char addr[IP_TEXT_MAX];
	int len = make_datagram(item, 0, buf), err = 0;

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

/* --- with a journal ----------------------------------------------------------------- */

static struct ncr_item *item_at(struct ncr_sender *sender, unsigned i)
{
	return &sender->ring[(sender->first + i) % sender->target.max_queue];
}

static void disconnect(struct ncr_sender *sender)
{
	close_socket(sender);
	sender->kept->n_sent = 0;
	sender->kept->in_len = 0;
}

/* Returns 0, or an errno. */
static int open_connection(struct ncr_sender *sender, const struct ncr_target *target)
{
	struct timeval limit = { .tv_sec = CONNECT_SEC };
	int one = 1, err;

	disconnect(sender);
	err = new_socket(sender, target, SOCK_STREAM);
	if (err)
		return err;
	(void)setsockopt(sender->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	(void)setsockopt(sender->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	err = connect_from(sender, target, 0);
	return err == EINPROGRESS ? ETIMEDOUT : err;
}

/* Marks the item as confirmed and removes those at the start of the queue that are. With the lock. */
static void confirm(struct ncr_sender *sender, uint64_t serial)
{
	struct kept *kept = sender->kept;
	unsigned low = 0, high = kept->n_stored;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (item_at(sender, middle)->serial < serial)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == kept->n_stored || item_at(sender, low)->serial != serial || item_at(sender, low)->is_done)
		return;
	item_at(sender, low)->is_done = true;
	ncr_journal_done(kept->journal, serial);
	stat_add(sender->stats, STAT_NCR_SENT, 1);
	while (kept->n_stored && item_at(sender, 0)->is_done) {
		sender->n--;
		sender->first = sender->n ? (sender->first + 1) % sender->target.max_queue : 0;
		kept->n_stored--;
		kept->n_sent -= kept->n_sent > 0;
	}
}

/* Copies items; with the lock. Returns how many. */
static unsigned copy_items(struct ncr_sender *sender, unsigned from, unsigned to, struct ncr_item v[GROUP])
{
	unsigned n = 0;

	for (; from < to && n < GROUP; from++)
		v[n++] = *item_at(sender, from);
	return n;
}

static void report_file(struct ncr_sender *sender, bool ok)
{
	struct kept *kept = sender->kept;

	if (!ok && !kept->is_failing)
		LOGF(sender->family, DHCPx_NCR_JOURNAL_FAILED, strerror(errno));
	else if (ok && kept->is_failing)
		LOGF(sender->family, DHCPx_NCR_JOURNAL_RESUMED);
	kept->is_failing = !ok;
}

/* Stores a group of new items; called and returns with the lock, which it releases. */
static void store_some(struct ncr_sender *sender)
{
	struct kept *kept = sender->kept;
	struct ncr_item v[GROUP];
	bool is_bad[GROUP] = { false };
	unsigned n, from = kept->n_stored;

	/* A reload meanwhile keeps the items and their order. */
	for (unsigned i = from; i < sender->n && i < from + GROUP; i++)
		item_at(sender, i)->serial = ncr_journal_next_serial(kept->journal);
	n = copy_items(sender, from, sender->n, v);
	(void)pthread_mutex_unlock(&sender->lock);
	for (unsigned i = 0; i < n; i++) {
		uint8_t buf[NCR_DATAGRAM_MAX];
		int len = make_datagram(&v[i], ncr_journal_id(kept->journal), buf);
		char addr[IP_TEXT_MAX];

		is_bad[i] = len < 0;
		if (is_bad[i])
			LOGF(sender->family, DHCPx_NCR_CREATION_FAILED, ip_format(&v[i].addr, addr), err_text(len));
		else
			ncr_journal_add(kept->journal, bytes_of(buf, (size_t)len));
	}
	report_file(sender, ncr_journal_write(kept->journal, true) == 0);
	(void)pthread_mutex_lock(&sender->lock);
	kept->n_stored = from + n < sender->n ? from + n : sender->n;
	for (unsigned i = 0; i < n; i++)
		if (is_bad[i])
			confirm(sender, v[i].serial);
}

/* Sends a group of stored items; called and returns with the lock, which it releases. */
static void send_some(struct ncr_sender *sender)
{
	struct kept *kept = sender->kept;
	struct ncr_target target = sender->target;
	struct ncr_item v[GROUP];
	unsigned n, number = sender->number;
	int err = 0;

	n = copy_items(sender, kept->n_sent, kept->n_stored, v);
	(void)pthread_mutex_unlock(&sender->lock);
	if (sender->fd < 0)
		err = open_connection(sender, &target);
	for (unsigned i = 0; i < n && !err; i++) {
		uint8_t buf[NCR_DATAGRAM_MAX];
		int len = v[i].is_done ? 0 : make_datagram(&v[i], ncr_journal_id(kept->journal), buf);

		if (len > 0 && !file_write(sender->fd, buf, (size_t)len))
			err = errno;
	}
	report_reach(sender, &target, err);
	(void)pthread_mutex_lock(&sender->lock);
	if (err) {
		disconnect(sender);
		kept->not_before_ms = clock_boot_ms() + RETRY_MS;
	} else if (number == sender->number) {
		kept->n_sent += n;
	}
}

/* Reads the confirmations in the buffer; false if they are none. With the lock. */
static bool take_confirmations(struct ncr_sender *sender)
{
	struct kept *kept = sender->kept;
	size_t pos = 0;

	while (kept->in_len - pos >= 2) {
		size_t len = (size_t)(kept->in[pos] << 8 | kept->in[pos + 1]);
		char text[CONFIRM_MAX + 1];
		uint64_t serial;

		if (len > CONFIRM_MAX)
			return false;
		if (kept->in_len - pos < 2 + len)
			break;
		memcpy(text, kept->in + pos + 2, len);
		text[len] = '\0';
		if (sscanf(text, "{ \"done\": %" SCNu64 " }", &serial) != 1)
			return false;
		confirm(sender, serial);
		pos += 2 + len;
	}
	memmove(kept->in, kept->in + pos, kept->in_len - pos);
	kept->in_len -= pos;
	return true;
}

/* Waits for confirmations and for new items; with the lock, which it releases. */
static void await_some(struct ncr_sender *sender, int64_t ms)
{
	struct kept *kept = sender->kept;
	struct pollfd fds[2] = { { .fd = sender->wake_fd, .events = POLLIN }, { .fd = sender->fd, .events = POLLIN } };
	eventfd_t count;
	ssize_t n = -1;
	bool ok = true;

	sender->is_polling = true;
	(void)pthread_mutex_unlock(&sender->lock);
	(void)poll(fds, 2, (int)ms);
	if (fds[0].revents)
		(void)eventfd_read(sender->wake_fd, &count);
	if (sender->fd >= 0 && fds[1].revents) {
		n = recv(sender->fd, kept->in + kept->in_len, sizeof(kept->in) - kept->in_len, MSG_DONTWAIT);
		ok = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
		kept->in_len += n > 0 ? (size_t)n : 0;
	}
	(void)pthread_mutex_lock(&sender->lock);
	sender->is_polling = false;
	if (n > 0)
		ok = take_confirmations(sender);
	if (!ok) {
		disconnect(sender);
		kept->not_before_ms = clock_boot_ms() + RETRY_MS;
	}
}

/* Writes the file anew with what is not confirmed; called and returns with the lock, which it releases. */
static void shorten(struct ncr_sender *sender)
{
	struct kept *kept = sender->kept;
	unsigned n, from = 0;
	struct ncr_item v[GROUP];
	bool ok;

	/* A reload meanwhile keeps the items and their order. */
	ok = ncr_journal_begin(kept->journal) == 0;
	while (ok && (n = copy_items(sender, from, kept->n_stored, v))) {
		(void)pthread_mutex_unlock(&sender->lock);
		for (unsigned i = 0; i < n; i++) {
			uint8_t buf[NCR_DATAGRAM_MAX];
			int len = v[i].is_done ? 0 : make_datagram(&v[i], ncr_journal_id(kept->journal), buf);

			if (len > 0)
				ncr_journal_add(kept->journal, bytes_of(buf, (size_t)len));
		}
		(void)pthread_mutex_lock(&sender->lock);
		from += n;
	}
	(void)pthread_mutex_unlock(&sender->lock);
	if (ok)
		report_file(sender, ncr_journal_end(kept->journal) == 0);
	(void)pthread_mutex_lock(&sender->lock);
}

/* With the lock; returns when the queue no longer has a journal, or at the end. */
static void run_kept(struct ncr_sender *sender)
{
	struct kept *kept = sender->kept;
	int64_t end_ms = 0;

	while (sender->target.journal) {
		int64_t now_ms = clock_boot_ms();

		if (sender->opened != sender->number) {
			disconnect(sender);
			sender->opened = sender->number;
			kept->not_before_ms = 0;
		}
		if (sender->is_ending && !end_ms)
			end_ms = now_ms + END_MS;
		if (kept->n_stored < sender->n) {
			store_some(sender);
			continue;
		}
		if (sender->is_ending && (!sender->n || now_ms >= end_ms || sender->fd < 0))
			break;
		if (kept->n_sent < kept->n_stored && now_ms >= kept->not_before_ms) {
			send_some(sender);
			continue;
		}
		if (sender->n_dropped) {
			uint64_t n_dropped = sender->n_dropped;

			sender->n_dropped = 0;
			(void)pthread_mutex_unlock(&sender->lock);
			report_dropped(sender, n_dropped);
			(void)pthread_mutex_lock(&sender->lock);
		}
		await_some(sender, kept->n_sent < kept->n_stored || sender->is_ending || kept->is_failing ? 50 : 1000);
		/* Confirmations need not be durable: at worst, a request is carried out again. */
		if (ncr_journal_is_long(kept->journal))
			shorten(sender);
		if (ncr_journal_write(kept->journal, kept->is_failing) == 0)
			report_file(sender, true);
	}
	/* Without a journal, requests are lost at the end: they must not be found there later. */
	if (!sender->target.journal) {
		kept->n_stored = 0;
		disconnect(sender);
		if (ncr_journal_begin(kept->journal) == 0)
			(void)ncr_journal_end(kept->journal);
	}
	(void)ncr_journal_write(kept->journal, false);
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

		while (!sender->n && !sender->is_ending && !sender->target.journal)
			(void)pthread_cond_wait(&sender->wake, &sender->lock);
		if (sender->target.journal) {
			run_kept(sender);
			if (sender->is_ending)
				break;
			continue;
		}
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
			cond_wait_ms(&sender->wake, &sender->lock, RETRY_MS);
	}
	(void)pthread_mutex_unlock(&sender->lock);
	return NULL;
}

/* --- the main thread ------------------------------------------------------------------ */

struct loaded {
	VEC(struct ncr_item) v;
};

static void load_item(void *ctx, const struct ncr *ncr)
{
	struct loaded *loaded = ctx;
	struct ncr_item *item = vec_push(&loaded->v);
	size_t at = 0, len = 0;

	item->change = ncr->change;
	item->mode = ncr->mode;
	item->forward = ncr->forward;
	item->reverse = ncr->reverse;
	item->addr = ncr->addr;
	item->expires_sec = ncr->expires_sec;
	item->lease_length = ncr->lease_length;
	item->serial = ncr->serial;
	item->has_dhcid = true;
	item->client_len = ncr->dhcid_len;
	memcpy(item->client, ncr->dhcid, ncr->dhcid_len);
	/* A name is shorter as text: a dot in place of each length, and neither for the root. */
	while (ncr->fqdn.wire[at]) {
		memcpy(item->name + len, ncr->fqdn.wire + at + 1, ncr->fqdn.wire[at]);
		len += ncr->fqdn.wire[at];
		item->name[len++] = '.';
		at += 1u + ncr->fqdn.wire[at];
	}
	item->name_len = (uint8_t)len;
}

/* Opens the journal, once; false if it cannot be used. */
static bool open_journal(struct ncr_sender *sender, const char *path, struct loaded *loaded)
{
	struct ncr_journal *journal;
	struct str why = { 0 };
	uint64_t n_bad = 0;
	int err;

	if (sender->kept)
		return true;
	err = sender->wake_fd < 0 ? -E_SYS : ncr_journal_open(path, load_item, loaded, &journal, &n_bad, &why);
	if (err < 0) {
		LOGF(sender->family, DHCPx_NCR_JOURNAL_FAILED, why.len ? why.text : err_text(err));
	} else {
		sender->kept = xcalloc(1, sizeof(*sender->kept));
		sender->kept->journal = journal;
		sender->kept->n_stored = (unsigned)loaded->v.n;
		if (loaded->v.n || n_bad)
			LOGF(sender->family, DHCPx_NCR_JOURNAL_LOADED, (unsigned)loaded->v.n, path,
			     (unsigned long long)n_bad);
	}
	str_free(&why);
	return err == 0;
}

/* True if the socket need not be opened again. */
static bool goes_the_same_way(const struct ncr_target *a, const struct ncr_target *b)
{
	return a->is_enabled == b->is_enabled && ip_equal(&a->server, &b->server) && a->port == b->port &&
	       a->has_sender == b->has_sender && (!a->has_sender || ip_equal(&a->sender, &b->sender)) &&
	       a->sender_port == b->sender_port && !a->journal == !b->journal;
}

int ncr_sender_use(struct ncr_sender *sender, const struct ncr_target *wanted)
{
	struct ncr_item *ring = NULL, *old;
	struct ncr_target target = *wanted;
	struct loaded loaded = { 0 };
	unsigned i, n_kept;

	/* Nothing but a path to open: the thread only looks whether there is one. */
	target.journal =
		target.is_enabled && target.journal && open_journal(sender, target.journal, &loaded) ? "" : NULL;
	(void)pthread_mutex_lock(&sender->lock);
	/* What the journal has is not dropped because the queue is shorter now. */
	if (target.journal && target.max_queue < sender->n + loaded.v.n)
		target.max_queue = sender->n + (unsigned)loaded.v.n;
	if (target.is_enabled)
		ring = xcalloc(target.max_queue, sizeof(*ring));
	n_kept = !target.is_enabled ? 0 : sender->n < target.max_queue ? sender->n : target.max_queue;
	for (i = 0; i < loaded.v.n; i++)
		ring[i] = loaded.v.v[i];
	for (i = 0; i < n_kept; i++)
		ring[loaded.v.n + i] = sender->ring[(sender->first + i) % sender->target.max_queue];
	if (target.is_enabled && sender->n > n_kept) {
		sender->n_dropped += sender->n - n_kept;
		stat_add(sender->stats, STAT_NCR_DROPPED, sender->n - n_kept);
	}
	/* The one that is being sent is no longer the first. */
	if (!n_kept || loaded.v.n)
		sender->first_id++;
	old = sender->ring;
	sender->ring = ring;
	sender->first = 0;
	sender->n = n_kept + (unsigned)loaded.v.n;
	if (sender->kept && sender->kept->n_stored > sender->n)
		sender->kept->n_stored = sender->kept->n_sent = 0;
	if (!goes_the_same_way(&sender->target, &target))
		sender->number++;
	sender->target = target;
	wake(sender);
	(void)pthread_mutex_unlock(&sender->lock);
	free(old);
	vec_free(&loaded.v);
	if (!target.is_enabled || sender->is_started)
		return 0;
	sender->is_started = thread_start(&sender->thread, run, sender) == 0;
	return sender->is_started ? 0 : -E_SYS;
}
