/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The life of a request: accept, wait for the turn, forward steps, reverse steps, end. Nothing here calls itself
 * through another request: ends and failures only put requests into lists, which run() empties.
 */
#include "kea-dhcp-ddns/request.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/sockaddr.h"
#include "base/str.h"
#include "kea-dhcp-ddns/hooks.h"
#include "kea-dhcp-ddns/message.h"
#include "log/log.h"

#include <errno.h>
#include <openssl/rand.h>
#include <sys/socket.h>
#include <unistd.h>

/* Why a try failed, the worst last. */
enum failure { FAIL_NONE, FAIL_SKIPPED, FAIL_REJECTED, FAIL_SERVFAIL, FAIL_CORRUPT, FAIL_IO, FAIL_TIMEOUT };

/* The bytes of an update and its response over TCP, each after two bytes of length. */
struct stream {
	size_t out_len, out_pos, in_len;
	uint8_t out[2 + UPDATE_MESSAGE_MAX], in[2 + UPDATE_MESSAGE_MAX];
};

struct request {
	struct list all, link; /* link: d2->runnable or zone->ready */
	struct ncr ncr;
	struct turn turns[TURNS_MAX];
	struct d2 *d2;
	struct d2_zone *zone;
	struct d2_origin *origin; /* NULL: none */
	int64_t since_ms;

	bool reverse; /* the current direction */
	enum update_step step;
	unsigned n_moves;
	struct dname owner;

	/* The servers tried in this step, in this round. */
	uint64_t tried; /* bits; from the 64th server on, one bit */
	unsigned server, n_tries;
	enum failure failure; /* the worst */
	unsigned rcode;       /* with FAIL_REJECTED */

	/* The update in progress. */
	const struct d2_key *key; /* NULL: it is not signed */
	int fd;                   /* -1: none */
	int idle_fd;              /* of the update before, connected to this server; -1: none */
	struct ip idle_ip;
	uint16_t idle_port;
	bool uses_tcp;         /* for this step, at this server */
	struct stream *stream; /* NULL: over UDP */
	uint16_t id;
	bool saw_invalid; /* a response that was ignored */
	struct tsig_mac mac;
	struct timer timer;
};

#define DATAGRAM_MAX 1232 /* longer updates go over TCP: datagrams would be fragmented */

static void run(struct d2 *d2);
static void finish(struct request *req, const char *failed);

/* --- log --- */

/* The messages of a step: what Kea logs for it. */
static const struct step_messages {
	struct log_msg *io_error, *rejected, *corrupt, *timeout;
} forward_add = { &log_msg_DHCP_DDNS_FORWARD_ADD_IO_ERROR, &log_msg_DHCP_DDNS_FORWARD_ADD_REJECTED,
		  &log_msg_DHCP_DDNS_FORWARD_ADD_RESP_CORRUPT, &log_msg_DHCP_DDNS_FORWARD_ADD_TIMEOUT },
  forward_replace = { &log_msg_DHCP_DDNS_FORWARD_REPLACE_IO_ERROR, &log_msg_DHCP_DDNS_FORWARD_REPLACE_REJECTED,
		      &log_msg_DHCP_DDNS_FORWARD_REPLACE_RESP_CORRUPT, &log_msg_DHCP_DDNS_FORWARD_REPLACE_TIMEOUT },
  remove_addrs = { &log_msg_DHCP_DDNS_FORWARD_REMOVE_ADDRS_IO_ERROR, &log_msg_DHCP_DDNS_FORWARD_REMOVE_ADDRS_REJECTED,
		   &log_msg_DHCP_DDNS_FORWARD_REMOVE_ADDRS_RESP_CORRUPT,
		   &log_msg_DHCP_DDNS_FORWARD_REMOVE_ADDRS_TIMEOUT },
  remove_rrs = { &log_msg_DHCP_DDNS_FORWARD_REMOVE_RRS_IO_ERROR, &log_msg_DHCP_DDNS_FORWARD_REMOVE_RRS_REJECTED,
		 &log_msg_DHCP_DDNS_FORWARD_REMOVE_RRS_RESP_CORRUPT, &log_msg_DHCP_DDNS_FORWARD_REMOVE_RRS_TIMEOUT },
  reverse_replace = { &log_msg_DHCP_DDNS_REVERSE_REPLACE_IO_ERROR, &log_msg_DHCP_DDNS_REVERSE_REPLACE_REJECTED,
		      &log_msg_DHCP_DDNS_REVERSE_REPLACE_RESP_CORRUPT, &log_msg_DHCP_DDNS_REVERSE_REPLACE_TIMEOUT },
  reverse_remove = { &log_msg_DHCP_DDNS_REVERSE_REMOVE_IO_ERROR, &log_msg_DHCP_DDNS_REVERSE_REMOVE_REJECTED,
		     &log_msg_DHCP_DDNS_REVERSE_REMOVE_RESP_CORRUPT, &log_msg_DHCP_DDNS_REVERSE_REMOVE_TIMEOUT };

static const struct step_messages *const messages[UPDATE_N] = {
	[UPDATE_ADD] = &forward_add,
	[UPDATE_REPLACE] = &forward_replace,
	[UPDATE_REMOVE_ADDR] = &remove_addrs,
	[UPDATE_REMOVE_NAME] = &remove_rrs,
	[UPDATE_ADD_EXISTS] = &forward_add,
	[UPDATE_REPLACE_EXISTS] = &forward_replace,
	[UPDATE_REMOVE_ADDR_EXISTS] = &remove_addrs,
	[UPDATE_REMOVE_NAME_EXISTS] = &remove_rrs,
	[UPDATE_OVERWRITE] = &forward_replace,
	[UPDATE_REMOVE] = &remove_rrs,
	[UPDATE_OVERWRITE_PLAIN] = &forward_replace,
	[UPDATE_REMOVE_PLAIN] = &remove_rrs,
	[UPDATE_REVERSE] = &reverse_replace,
	[UPDATE_REVERSE_PLAIN] = &reverse_replace,
	[UPDATE_REMOVE_REVERSE] = &reverse_remove,
};

static const struct d2_server *server_of(const struct request *req)
{
	return &req->zone->domain->servers[req->server];
}

/* All messages of one kind have the same arguments, so their texts have the same conversions. */
static void log_failure(const struct request *req, enum failure failure)
{
	const struct step_messages *m = messages[req->step];
	char id[NCR_ID_TEXT_MAX], name[DNAME_TEXT_MAX], rcode[RCODE_TEXT_MAX];
	const char *server = server_of(req)->text;

	(void)ncr_id(&req->ncr, id);
	(void)dname_format(&req->ncr.fqdn, name);
	switch (failure) {
	case FAIL_IO:
		if (log_is_on(m->io_error))
			log_write(m->io_error, LOGTEXT_DHCP_DDNS_FORWARD_ADD_IO_ERROR, id, name, server);
		break;
	case FAIL_TIMEOUT:
		if (log_is_on(m->timeout))
			log_write(m->timeout, LOGTEXT_DHCP_DDNS_FORWARD_ADD_TIMEOUT, id, name, server);
		break;
	case FAIL_CORRUPT:
		if (log_is_on(m->corrupt))
			log_write(m->corrupt, LOGTEXT_DHCP_DDNS_FORWARD_ADD_RESP_CORRUPT, id, server, name);
		break;
	default:
		if (log_is_on(m->rejected))
			log_write(m->rejected, LOGTEXT_DHCP_DDNS_FORWARD_ADD_REJECTED, id, server, name,
				  rcode_text(req->rcode, rcode));
	}
}

void d2_log_stats(const struct d2 *d2)
{
	struct str text = { 0 };

	for (unsigned i = 0; i < D2_STAT_N; i++)
		str_addf(&text, "%s%s=%llu", i ? " " : "", d2_stat_names[i], (unsigned long long)d2->stats.n[i]);
	LOG(DHCP_DDNS_STATISTICS, str_text(&text));
	str_free(&text);
}

/* --- one update --- */

static void count(const struct request *req, enum d2_stat stat)
{
	req->d2->stats.n[stat]++;
	if (req->key && stat >= D2_FIRST_OF_KEY)
		req->key->stats->n[stat]++;
}

static void end_update(struct request *req)
{
	loop_timer_stop(req->d2->loop, &req->timer);
	if (req->fd < 0)
		return;
	loop_del(req->d2->loop, req->fd);
	(void)close(req->fd);
	free(req->stream);
	req->stream = NULL;
	req->fd = -1;
	req->zone->n_updates--;
	req->d2->n_updates--;
}

static void close_idle(struct request *req)
{
	if (req->idle_fd < 0)
		return;
	loop_del(req->d2->loop, req->idle_fd);
	(void)close(req->idle_fd);
	req->idle_fd = -1;
	req->d2->n_idle--;
}

/*
 * Ends an update that was answered. Most requests send the next one to the same server, which makes half of the system
 * calls unnecessary; another request has a socket of its own, so that its port cannot be guessed.
 */
static void end_answered(struct request *req)
{
	if (req->stream || req->d2->n_idle >= IDLE_MAX) {
		end_update(req);
		return;
	}
	loop_timer_stop(req->d2->loop, &req->timer);
	req->idle_fd = req->fd;
	req->idle_ip = server_of(req)->ip;
	req->idle_port = server_of(req)->port;
	req->fd = -1;
	req->d2->n_idle++;
	req->zone->n_updates--;
	req->d2->n_updates--;
}

/* Returns the socket of the update before, if it can serve this one; -1: none can. */
static int reuse_socket(struct request *req, bool uses_tcp)
{
	const struct d2_server *server = server_of(req);
	int fd = req->idle_fd;

	if (fd >= 0 && (uses_tcp || server->port != req->idle_port || !ip_equal(&server->ip, &req->idle_ip))) {
		close_idle(req);
		fd = -1;
	}
	if (fd >= 0)
		req->d2->n_idle--;
	req->idle_fd = -1;
	return fd;
}

/* The request sends its next update as soon as the zone has room. */
static void make_ready(struct request *req)
{
	list_add_tail(&req->zone->ready, &req->link);
}

/*
 * True if the server failed a short while ago. When it has rested, a single request tries it again, and the others wait
 * for its result.
 */
static bool server_rests(struct d2_zone *zone, unsigned server)
{
	int64_t now_ms = clock_boot_ms();

	if (zone->rest_until_ms[server] > now_ms)
		return true;
	if (zone->rest_until_ms[server])
		zone->rest_until_ms[server] = now_ms + SERVER_REST_MS;
	return false;
}

static uint64_t server_bit(unsigned server)
{
	return 1ull << (server < 63 ? server : 63);
}

/* Sets req->server to the next one to try in this round; false if all were tried. */
static bool choose_server(struct request *req)
{
	unsigned n = req->zone->domain->n_servers;

	req->n_tries = 0;
	req->uses_tcp = false;
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < n; i++)
			if (!(req->tried & server_bit(i)) && (pass || !server_rests(req->zone, i))) {
				req->server = i;
				return true;
			}
	return false;
}

static void start_step(struct request *req, enum update_step step)
{
	req->step = step;
	req->tried = 0;
	req->failure = FAIL_NONE;
	(void)choose_server(req);
}

/* No server has responded: the zone's requests wait. */
static void hold_zone(struct d2_zone *zone)
{
	if (!zone->is_down) {
		zone->is_down = true;
		zone->retry_ms = RETRY_MIN_MS;
		LOG(DHCP_DDNS_ZONE_DOWN, zone->domain->text, zone->n_requests);
	}
	zone->may_try = false;
	if (timer_is_running(&zone->retry))
		return;
	loop_timer_start(zone->d2->loop, &zone->retry, zone->retry_ms);
	zone->retry_ms = zone->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : zone->retry_ms * 2;
}

/* All servers have failed. */
static void give_up(struct request *req)
{
	char rcode[RCODE_TEXT_MAX];

	/* If every server has responded, trying again later would not help. */
	if (req->failure <= FAIL_REJECTED) {
		finish(req, req->failure == FAIL_SKIPPED ? "a hook library passes over all DNS servers"
							 : rcode_text(req->rcode, rcode));
		return;
	}
	hold_zone(req->zone);
	if ((!req->origin || req->origin->is_gone) && clock_boot_ms() - req->since_ms > HOLD_MAX_MS) {
		finish(req, "no DNS server of the domain has responded for an hour");
		return;
	}
	start_step(req, req->step);
	list_add_head(&req->zone->ready, &req->link);
}

/* This try has failed; the update has ended. */
static void fail_try(struct request *req, enum failure failure)
{
	struct d2_zone *zone = req->zone;

	/* A response that could not be used is more than none. */
	if (failure == FAIL_TIMEOUT && req->saw_invalid)
		failure = FAIL_CORRUPT;
	if (failure == FAIL_TIMEOUT)
		count(req, D2_UPDATE_TIMEOUT);
	else if (failure == FAIL_CORRUPT || failure == FAIL_IO)
		count(req, D2_UPDATE_ERROR);
	if (failure > req->failure)
		req->failure = failure;
	if ((failure == FAIL_TIMEOUT || failure == FAIL_CORRUPT) && !zone->is_down && ++req->n_tries < TRIES_MAX) {
		make_ready(req);
		return;
	}
	if (!zone->is_down && failure != FAIL_SKIPPED)
		log_failure(req, failure);
	if (failure > FAIL_REJECTED)
		zone->rest_until_ms[req->server] = clock_boot_ms() + SERVER_REST_MS;
	req->tried |= server_bit(req->server);
	if (choose_server(req))
		list_add_head(&zone->ready, &req->link);
	else
		give_up(req);
}

static void begin_direction(struct request *req, bool reverse);

/* A valid response was received. */
static void go_on(struct request *req, unsigned rcode)
{
	struct d2_zone *zone = req->zone;
	char text[RCODE_TEXT_MAX];
	enum update_step next;

	count(req, D2_UPDATE_SUCCESS);
	zone->rest_until_ms[req->server] = 0;
	if (rcode != LDNS_RCODE_SERVFAIL && zone->is_down) {
		zone->is_down = false;
		loop_timer_stop(req->d2->loop, &zone->retry);
		LOG(DHCP_DDNS_ZONE_UP, zone->domain->text, zone->n_requests);
	}
	next = update_next(req->step, rcode);
	if (next == UPDATE_REJECTED || ++req->n_moves > MOVES_MAX) {
		req->rcode = rcode;
		if (!update_is_conflict(rcode)) {
			fail_try(req, rcode == LDNS_RCODE_SERVFAIL ? FAIL_SERVFAIL : FAIL_REJECTED);
			return;
		}
		/* Another client has the name: what the other servers would say, too. */
		log_failure(req, FAIL_REJECTED);
		finish(req, rcode_text(rcode, text));
		return;
	}
	if (next < UPDATE_N) {
		start_step(req, next);
		make_ready(req);
	} else if (!req->reverse && req->ncr.reverse) {
		begin_direction(req, true);
	} else {
		finish(req, NULL);
	}
}

static void timed_out(void *ctx)
{
	struct request *req = ctx;
	struct d2 *d2 = req->d2;

	end_update(req);
	fail_try(req, FAIL_TIMEOUT);
	run(d2);
}

/* Returns true if the message is the response to the update. */
static bool check_response(struct request *req, struct bytes msg, struct response *ret)
{
	const struct d2_key *key = req->key;
	char text[RCODE_TEXT_MAX];

	switch (message_read(msg, req->id, key ? &key->tsig : NULL, &req->mac, clock_wall_sec(), ret)) {
	case RESPONSE_VALID:
		return true;
	case RESPONSE_MALFORMED:
		LOG(DHCP_DDNS_INVALID_RESPONSE, server_of(req)->text);
		return false;
	case RESPONSE_UNSIGNED:
		LOG(DHCP_DDNS_TSIG_INVALID, server_of(req)->text, key->text);
		return false;
	case RESPONSE_KEY_REFUSED:
		LOG(DHCP_DDNS_TSIG_REJECTED, server_of(req)->text, key->text, rcode_text(ret->tsig_error, text));
		ret->rcode = LDNS_RCODE_NOTAUTH;
		return true;
	}
	return false;
}

/* False if it is not the response, and the right one may follow. */
static bool take_response(struct request *req, struct bytes msg)
{
	char id[NCR_ID_TEXT_MAX], text[RCODE_TEXT_MAX];
	struct response res;

	if (!check_response(req, msg, &res))
		return false;
	LOG(DHCP_DDNS_UPDATE_RESPONSE_RECEIVED, ncr_id(&req->ncr, id), server_of(req)->text,
	    rcode_text(res.rcode, text));
	/* RFC 2136 2.1, 7.6: the same again over TCP. If it was made, the steps that follow find that out. */
	if (res.is_truncated && !req->stream) {
		end_update(req);
		req->uses_tcp = true;
		list_add_head(&req->zone->ready, &req->link);
		return true;
	}
	end_answered(req);
	go_on(req, res.rcode);
	return true;
}

static void readable(void *ctx, uint32_t events)
{
	struct request *req = ctx;
	struct d2 *d2 = req->d2;
	uint8_t buf[UPDATE_MESSAGE_MAX];
	ssize_t n = recv(req->fd < 0 ? req->idle_fd : req->fd, buf, sizeof(buf), MSG_DONTWAIT);

	(void)events;
	/* Too late: that update was answered. */
	if (req->fd < 0) {
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			close_idle(req);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		end_update(req);
		fail_try(req, FAIL_IO);
	} else if (!take_response(req, bytes_of(buf, (size_t)n))) {
		/* It may be forged. */
		req->saw_invalid = true;
		return;
	}
	run(d2);
}

/* --- over TCP --- */

/* Sends what is left and reads what is there; returns 0 once the response is complete, -E_AGAIN, or -E_SYS. */
static int stream_go_on(struct request *req)
{
	struct stream *stream = req->stream;
	size_t wanted = 2;
	ssize_t n;

	while (stream->out_pos < stream->out_len) {
		n = send(req->fd, stream->out + stream->out_pos, stream->out_len - stream->out_pos,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? -E_AGAIN : -E_SYS;
		stream->out_pos += (size_t)n;
		if (stream->out_pos == stream->out_len && loop_mod(req->d2->loop, req->fd, EPOLLIN) < 0)
			return -E_SYS;
	}
	for (;;) {
		if (stream->in_len >= 2)
			wanted = 2 + (size_t)(stream->in[0] << 8 | stream->in[1]);
		if (wanted > sizeof(stream->in))
			return -E_SYS;
		if (stream->in_len == wanted && wanted > 2)
			return 0;
		n = recv(req->fd, stream->in + stream->in_len, wanted - stream->in_len, MSG_DONTWAIT);
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR) ? -E_AGAIN : -E_SYS;
		stream->in_len += (size_t)n;
	}
}

static void stream_ready(void *ctx, uint32_t events)
{
	struct request *req = ctx;
	struct d2 *d2 = req->d2;
	int err = stream_go_on(req);

	(void)events;
	if (err == -E_AGAIN)
		return;
	if (err < 0 || !take_response(req, bytes_of(req->stream->in + 2, req->stream->in_len - 2))) {
		end_update(req);
		fail_try(req, err < 0 ? FAIL_IO : FAIL_CORRUPT);
	}
	run(d2);
}

static int open_socket(const struct d2_server *server, int type)
{
	struct sockaddr_storage addr;
	socklen_t len = sockaddr_of(&server->ip, server->port, &addr);
	int fd = socket(addr.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -E_SYS;
	/* Connected: from another address or port nothing is received. The kernel picks a random port. */
	if (connect(fd, (struct sockaddr *)&addr, len) == 0 || errno == EINPROGRESS)
		return fd;
	(void)close(fd);
	return -E_SYS;
}

/* Makes the message, with a new id. Returns its length, 0 if that is impossible. */
static size_t write_update(struct request *req, uint8_t buf[UPDATE_MESSAGE_MAX])
{
	const struct d2_key *key = req->key;

	if (RAND_bytes((unsigned char *)&req->id, sizeof(req->id)) != 1)
		req->id = (uint16_t)rand_u64();
	return message_write(req->step, &req->ncr, &req->zone->domain->name, &req->owner, req->id,
			     key ? &key->tsig : NULL, clock_wall_sec(), buf, &req->mac);
}

/* Returns the socket that the update was sent with, or will be; -E_SYS. */
static int begin_update(struct request *req)
{
	uint8_t buf[UPDATE_MESSAGE_MAX];
	size_t len = write_update(req, buf);
	bool uses_tcp = req->uses_tcp || len > DATAGRAM_MAX, is_new;
	int fd, err;

	if (!len)
		return -E_SYS;
	fd = reuse_socket(req, uses_tcp);
	is_new = fd < 0;
	if (is_new)
		fd = open_socket(server_of(req), uses_tcp ? SOCK_STREAM : SOCK_DGRAM);
	if (fd < 0)
		return fd;
	if (uses_tcp) {
		struct writer w;

		req->stream = xcalloc(1, sizeof(*req->stream));
		w = writer_init(req->stream->out, sizeof(req->stream->out));
		write_u16(&w, (uint16_t)len);
		write_bytes(&w, buf, len);
		req->stream->out_len = writer_len(&w);
		err = loop_add(req->d2->loop, fd, EPOLLIN | EPOLLOUT, stream_ready, req);
	} else {
		err = send(fd, buf, len, MSG_NOSIGNAL) < 0 ? -E_SYS : 0;
		if (err == 0 && is_new)
			err = loop_add(req->d2->loop, fd, EPOLLIN, readable, req);
	}
	if (err == 0)
		return fd;
	if (!is_new)
		loop_del(req->d2->loop, fd);
	free(req->stream);
	req->stream = NULL;
	(void)close(fd);
	return -E_SYS;
}

static void send_update(struct request *req)
{
	char id[NCR_ID_TEXT_MAX];
	int fd;

	req->saw_invalid = false;
	req->key = server_of(req)->key;
	if (!d2_hooks_select_key(req->d2->cfg, req->zone->domain, server_of(req), &req->key)) {
		fail_try(req, FAIL_SKIPPED);
		return;
	}
	fd = begin_update(req);
	if (fd < 0) {
		fail_try(req, FAIL_IO);
		return;
	}
	req->fd = fd;
	req->zone->n_updates++;
	req->d2->n_updates++;
	count(req, D2_UPDATE_SENT);
	req->d2->stats.n[req->key ? D2_UPDATE_SIGNED : D2_UPDATE_UNSIGNED]++;
	LOG(DHCP_DDNS_UPDATE_REQUEST_SENT, ncr_id(&req->ncr, id), update_step_text(req->step), server_of(req)->text);
	loop_timer_start(req->d2->loop, &req->timer, req->d2->cfg->conf.dns_server_timeout);
}

/* --- zones --- */

static bool zone_has_room(const struct d2_zone *zone)
{
	return zone->is_down ? zone->may_try && !zone->n_updates : zone->n_updates < ZONE_UPDATES_MAX;
}

static void run_zone(struct d2_zone *zone)
{
	struct list *link;

	while (zone_has_room(zone) && (link = list_pop(&zone->ready)))
		send_update(container_of(link, struct request, link));
}

static void zone_retry(void *ctx)
{
	struct d2_zone *zone = ctx;

	zone->may_try = true;
	run(zone->d2);
}

/* --- the life of a request --- */

static void enter_zone(struct request *req, struct d2_zone *zone)
{
	bool is_kept = req->origin != NULL;

	if (req->zone) {
		req->zone->n_requests--;
		req->zone->n_kept -= is_kept;
	}
	req->zone = zone;
	if (zone) {
		zone->n_requests++;
		zone->n_kept += is_kept;
	}
}

/* Returns the zone of a direction, and the name of the records there; NULL if there is none. */
static struct d2_zone *find_zone(const struct d2 *d2, const struct ncr *ncr, bool reverse, struct dname *ret_owner)
{
	const struct d2_domain *domain;

	*ret_owner = ncr->fqdn;
	domain = reverse ? d2_find_reverse(d2->cfg, &ncr->addr, ret_owner) : d2_find_forward(d2->cfg, &ncr->fqdn);
	return domain ? &d2->zones[domain->number] : NULL;
}

static void begin_direction(struct request *req, bool reverse)
{
	struct d2_zone *zone = find_zone(req->d2, &req->ncr, reverse, &req->owner);

	req->reverse = reverse;
	req->n_moves = 0;
	enter_zone(req, zone);
	start_step(req, update_first(&req->ncr, reverse));
	make_ready(req);
}

static void now_runnable(void *ctx, void *owner)
{
	struct request *req = owner;
	struct d2 *d2 = ctx;

	list_add_tail(&d2->runnable, &req->link);
}

/* Frees a request that has no update in progress. */
static void drop(struct request *req, bool is_done)
{
	struct d2_origin *origin = req->origin;
	uint64_t serial = req->ncr.serial;
	struct d2 *d2 = req->d2;

	close_idle(req);
	list_remove(&req->link);
	list_remove(&req->all);
	turns_leave(&d2->turns, req->turns, now_runnable, d2);
	enter_zone(req, NULL);
	d2->n_requests--;
	objpool_give(&d2->pool, req);
	if (!origin)
		return;
	d2->n_kept--;
	origin->n_requests--;
	origin->ended(origin, serial, is_done);
}

/* failed: why; NULL if it succeeded. */
static void finish(struct request *req, const char *failed)
{
	char id[NCR_ID_TEXT_MAX], text[NCR_TEXT_MAX];

	(void)ncr_id(&req->ncr, id);
	if (req->ncr.change == NCR_ADD && failed)
		LOG(DHCP_DDNS_ADD_FAILED, id, failed);
	else if (req->ncr.change == NCR_ADD)
		LOG(DHCP_DDNS_ADD_SUCCEEDED, id, ncr_format(&req->ncr, text));
	else if (failed)
		LOG(DHCP_DDNS_REMOVE_FAILED, id, failed);
	else
		LOG(DHCP_DDNS_REMOVE_SUCCEEDED, id, ncr_format(&req->ncr, text));
	drop(req, true);
}

static void run(struct d2 *d2)
{
	bool again = true;
	struct list *link;

	while (again) {
		while ((link = list_pop(&d2->runnable))) {
			struct request *req = container_of(link, struct request, link);
			char id[NCR_ID_TEXT_MAX];

			LOG(DHCP_DDNS_STARTING_TRANSACTION, ncr_id(&req->ncr, id));
			begin_direction(req, !req->ncr.forward);
		}
		for (unsigned i = 0; i < d2->n_zones; i++)
			if (!list_is_empty(&d2->zones[i].ready))
				run_zone(&d2->zones[i]);
		/* What has ended may have let others run. */
		again = !list_is_empty(&d2->runnable);
	}
}

/*
 * Finds the zones of both directions and removes those that are disabled from the request. Returns the first zone; NULL
 * if the request is discarded, which was logged.
 */
static struct d2_zone *match(const struct d2 *d2, struct ncr *ncr)
{
	char id[NCR_ID_TEXT_MAX], text[NCR_TEXT_MAX], name[DNAME_TEXT_MAX], addr[IP_TEXT_MAX];
	struct d2_zone *forward = NULL, *reverse = NULL;
	struct dname owner;

	(void)ncr_id(ncr, id);
	(void)ncr_format(ncr, text);
	if (ncr->forward && !d2->cfg->forward.n) {
		LOG(DHCP_DDNS_FWD_REQUEST_IGNORED, id, text);
		ncr->forward = false;
	}
	if (ncr->reverse && !d2->cfg->reverse.n) {
		LOG(DHCP_DDNS_REV_REQUEST_IGNORED, id, text);
		ncr->reverse = false;
	}
	if (!ncr->forward && !ncr->reverse) {
		LOG(DHCP_DDNS_REQUEST_DROPPED, id, text);
		return NULL;
	}
	if (ncr->forward) {
		forward = find_zone(d2, ncr, false, &owner);
		if (!forward) {
			LOG(DHCP_DDNS_NO_MATCH, dname_format(&ncr->fqdn, name));
			LOG(DHCP_DDNS_NO_FWD_MATCH_ERROR, id, text);
			return NULL;
		}
	}
	if (ncr->reverse) {
		reverse = find_zone(d2, ncr, true, &owner);
		if (!reverse) {
			LOG(DHCP_DDNS_NO_MATCH, ip_format(&ncr->addr, addr));
			LOG(DHCP_DDNS_NO_REV_MATCH_ERROR, id, text);
			return NULL;
		}
	}
	return forward ? forward : reverse;
}

/* What the request concerns: the client, the name, the address. */
static void enter_turns(struct d2 *d2, struct request *req)
{
	struct dname lower = dname_lower(&req->ncr.fqdn);
	uint64_t keys[TURNS_MAX];
	unsigned n = 0;

	keys[n++] = hash_bytes(lower.wire, lower.len, 1);
	keys[n++] = hash_bytes(req->ncr.addr.b, sizeof(req->ncr.addr.b), 2);
	if (req->ncr.dhcid_len)
		keys[n++] = hash_bytes(req->ncr.dhcid, req->ncr.dhcid_len, 3);
	turns_enter(&d2->turns, req->turns, keys, n, req);
}

bool d2_has_room(const struct d2 *d2)
{
	return d2->n_kept < KEPT_MAX;
}

/* It is of no use to send it again. */
static void discard(struct d2_origin *origin, const struct ncr *ncr)
{
	if (origin)
		origin->ended(origin, ncr->serial, true);
}

void d2_accept(struct d2 *d2, const struct ncr *received, struct d2_origin *origin)
{
	struct ncr ncr = *received;
	struct d2_zone *zone = match(d2, &ncr);
	struct request *req;
	char id[NCR_ID_TEXT_MAX];

	if (!zone) {
		discard(origin, &ncr);
		return;
	}
	if (!origin && zone->n_requests - zone->n_kept >= REQUESTS_MAX - (d2->n_requests - d2->n_kept)) {
		d2->stats.n[D2_QUEUE_FULL]++;
		LOG_FOLDED(d2->fold, zone->domain->number, DHCP_DDNS_QUEUE_MGR_QUEUE_FULL, zone->n_requests,
			   zone->domain->text);
		return;
	}
	req = objpool_take(&d2->pool);
	req->ncr = ncr;
	req->d2 = d2;
	req->origin = origin;
	if (origin) {
		origin->n_requests++;
		d2->n_kept++;
	}
	req->fd = req->idle_fd = -1;
	req->since_ms = clock_boot_ms();
	list_init(&req->link);
	timer_init(&req->timer, timed_out, req);
	list_add_tail(&d2->all, &req->all);
	d2->n_requests++;
	enter_zone(req, zone);
	enter_turns(d2, req);
	LOG(DHCP_DDNS_QUEUE_MGR_QUEUE_RECEIVE, ncr_id(&ncr, id));
	if (turns_may_run(req->turns)) {
		list_add_tail(&d2->runnable, &req->link);
		run(d2);
	}
}

/* --- configurations --- */

static void free_zones(struct d2 *d2)
{
	for (unsigned i = 0; i < d2->n_zones; i++) {
		loop_timer_stop(d2->loop, &d2->zones[i].retry);
		free(d2->zones[i].rest_until_ms);
	}
	free(d2->zones);
	d2->zones = NULL;
	d2->n_zones = 0;
}

static void make_zone(struct d2 *d2, struct d2_domain *domain)
{
	struct d2_zone *zone = &d2->zones[domain->number];

	zone->domain = domain;
	zone->d2 = d2;
	zone->rest_until_ms = xcalloc(domain->n_servers, sizeof(*zone->rest_until_ms));
	list_init(&zone->ready);
	timer_init(&zone->retry, zone_retry, zone);
}

static void make_zones(struct d2 *d2)
{
	d2->n_zones = d2->cfg->forward.n + d2->cfg->reverse.n;
	d2->zones = xcalloc(d2->n_zones + 1, sizeof(*d2->zones));
	for (unsigned i = 0; i < d2->cfg->forward.n; i++)
		make_zone(d2, &d2->cfg->forward.v[i]);
	for (unsigned i = 0; i < d2->cfg->reverse.n; i++)
		make_zone(d2, &d2->cfg->reverse.v[i]);
}

/* Every request is put back: without a zone, without an update. */
static void suspend(struct d2 *d2)
{
	list_for_each (pos, &d2->all) {
		struct request *req = container_of(pos, struct request, all);

		end_update(req);
		close_idle(req);
		list_remove(&req->link);
		req->zone = NULL;
	}
}

static void resume(struct d2 *d2)
{
	struct list *next;

	for (struct list *pos = d2->all.next; pos != &d2->all; pos = next) {
		struct request *req = container_of(pos, struct request, all);
		struct d2_zone *zone = match(d2, &req->ncr);

		next = pos->next;
		if (!zone) {
			finish(req, "the new configuration has no domain for it");
			continue;
		}
		enter_zone(req, zone);
		list_remove(&req->link);
		if (turns_may_run(req->turns))
			list_add_tail(&d2->runnable, &req->link);
	}
	run(d2);
}

/* Keys that stay keep their statistics. */
static void inherit_stats(struct d2_config *cfg, const struct d2_config *old)
{
	for (unsigned i = 0; i < cfg->n_keys; i++) {
		cfg->keys[i].stats = arena_new_obj(cfg->arena, struct d2_stats);
		d2_stats_init(cfg->keys[i].stats);
		for (unsigned k = 0; old && k < old->n_keys; k++)
			if (dname_equal(&cfg->keys[i].tsig.name, &old->keys[k].tsig.name))
				*cfg->keys[i].stats = *old->keys[k].stats;
	}
}

void d2_use(struct d2 *d2, struct d2_config *cfg)
{
	struct d2_config *old = d2->cfg;

	inherit_stats(cfg, old);
	suspend(d2);
	free_zones(d2);
	d2->cfg = cfg;
	make_zones(d2);
	resume(d2);
	d2_config_free(old);
}

void d2_init(struct d2 *d2, struct loop *loop)
{
	memset(d2, 0, sizeof(*d2));
	d2_stats_init(&d2->stats);
	d2->loop = loop;
	objpool_init(&d2->pool, sizeof(struct request));
	list_init(&d2->all);
	list_init(&d2->runnable);
	turns_init(&d2->turns);
	d2->fold = log_fold_new();
}

void d2_forget(struct d2 *d2, uint64_t journal)
{
	struct list *next;

	for (struct list *pos = d2->all.next; pos != &d2->all; pos = next) {
		struct request *req = container_of(pos, struct request, all);

		next = pos->next;
		if (!req->origin || req->ncr.journal != journal)
			continue;
		end_update(req);
		drop(req, false);
	}
	run(d2);
}

void d2_done(struct d2 *d2)
{
	suspend(d2);
	while (!list_is_empty(&d2->all))
		drop(container_of(d2->all.next, struct request, all), false);
	free_zones(d2);
	objpool_done(&d2->pool);
	log_fold_free(d2->fold);
	d2_config_free(d2->cfg);
}
