/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/replay_pair.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

#include <string.h>

#define LATE_US 10000000        /* a response that is later than this finds no request */
#define WINDOW_MAX 8192         /* requests that wait for a response */
#define WINDOW_BYTES (64 << 20) /* of their messages */
#define BUCKETS 4096

struct replay_reader {
	struct capture *capture;
	unsigned digit;
	uint16_t server_port;
	struct arena *arena;
	struct list waiting;          /* exchanges, in order */
	struct list buckets[BUCKETS]; /* those without a response, by key: same_key, the last one first */
	size_t n, n_bytes;
	int64_t latest_us;
	int end; /* 0, or the error that ended the capture */
	bool is_ended;
	char why[CAPTURE_WHY_MAX];
	uint64_t n_unpaired;
	struct captured first;
	bool has_first;
};

struct replay_reader *replay_reader_new(struct capture *capture, unsigned digit, uint16_t server_port)
{
	struct replay_reader *r = xcalloc(1, sizeof(*r));

	r->capture = capture;
	r->digit = digit;
	r->server_port = server_port;
	r->arena = arena_new(PACKET6_ARENA + PACKET6_MAX);
	list_init(&r->waiting);
	for (unsigned i = 0; i < BUCKETS; i++)
		list_init(&r->buckets[i]);
	return r;
}

void replay_exchange_free(struct replay_exchange *x)
{
	if (!x)
		return;
	free((uint8_t *)x->request.captured.payload.data);
	free((uint8_t *)x->response.captured.payload.data);
	free(x);
}

void replay_reader_free(struct replay_reader *r)
{
	struct list *item;

	if (!r)
		return;
	while ((item = list_pop(&r->waiting)))
		replay_exchange_free(container_of(item, struct replay_exchange, link));
	free((uint8_t *)r->first.payload.data);
	arena_free(r->arena);
	free(r);
}

/* --- messages -------------------------------------------------------------- */

/* What a message is, as far as pairing needs to know. */
struct message {
	bool is_request, is_response;
	uint16_t type;
	uint64_t key;    /* the same for a request and its response */
	uint32_t giaddr; /* DHCPv4 */
};

static void read4(struct replay_reader *r, const struct captured *packet, struct message *ret)
{
	struct packet4 pkt;
	const char *why;
	struct {
		uint32_t xid;
		uint8_t chaddr[16];
	} key;

	if (packet4_parse_lenient(packet->payload, r->arena, &pkt, &why) < 0) {
		ret->is_request = packet->dport == r->server_port && packet->payload.len &&
				  packet->payload.data[0] == BOOTREQUEST;
		return;
	}
	ret->is_request = pkt.op == BOOTREQUEST && packet->dport == r->server_port;
	ret->is_response = pkt.op == BOOTREPLY && packet->sport == r->server_port;
	ret->type = pkt.type;
	memset(&key, 0, sizeof(key));
	key.xid = pkt.xid;
	ret->giaddr = pkt.giaddr;
	memcpy(key.chaddr, pkt.chaddr, sizeof(key.chaddr));
	ret->key = hash_bytes(&key, sizeof(key), 0);
}

static void read6(struct replay_reader *r, const struct captured *packet, struct message *ret)
{
	uint8_t first = packet->payload.len ? packet->payload.data[0] : 0;
	bool is_of_server = packet6_is_response(first);
	const struct relay6 *relay;
	struct packet6 pkt;
	const char *why;
	struct {
		uint32_t xid, n_relays;
		struct ip link, peer;
	} key;

	/* Neither what a server asks for by itself nor what servers say to each other. */
	if (!is_of_server && !packet6_is_request(first))
		return;
	ret->is_request = !is_of_server && packet->dport == r->server_port;
	if (packet6_parse_lenient(packet->payload, r->arena, &pkt, &why) < 0)
		return;
	ret->is_response = is_of_server && packet->sport == r->server_port;
	ret->type = pkt.type;
	memset(&key, 0, sizeof(key));
	key.xid = pkt.xid;
	key.n_relays = pkt.n_relays;
	relay = packet6_first_relay(&pkt);
	if (relay) {
		key.link = relay->link;
		key.peer = relay->peer;
	} else {
		key.peer = is_of_server ? packet->dst : packet->src;
	}
	ret->key = hash_bytes(&key, sizeof(key), 0);
}

static struct message message_of(struct replay_reader *r, const struct captured *packet)
{
	struct message message = { 0 };

	arena_reset(r->arena);
	if (r->digit == 4)
		read4(r, packet, &message);
	else
		read6(r, packet, &message);
	return message;
}

/* True if a server may respond like that. */
static bool fits(unsigned digit, unsigned request, unsigned response)
{
	if (digit == 6)
		return response != DHCP6_ADVERTISE || request == DHCP6_SOLICIT;
	if (response == DHCP4_OFFER)
		return request == DHCP4_DISCOVER;
	if (response == DHCP4_NAK)
		return request == DHCP4_REQUEST;
	return (response != 0) == (request != 0);
}

/* --- pairs ----------------------------------------------------------------- */

static struct captured copy_of(const struct captured *packet)
{
	struct captured copy = *packet;
	uint8_t *data = xmalloc(packet->payload.len + 1);

	if (packet->payload.len)
		memcpy(data, packet->payload.data, packet->payload.len);
	copy.payload = bytes_of(data, packet->payload.len);
	return copy;
}

static void add_request(struct replay_reader *r, const struct captured *packet, const struct message *message)
{
	struct replay_exchange *x = xcalloc(1, sizeof(*x));

	x->request = (struct replay_packet){ copy_of(packet), message->type };
	x->key = message->key;
	x->giaddr = message->giaddr;
	list_add_tail(&r->waiting, &x->link);
	list_add_head(&r->buckets[x->key % BUCKETS], &x->same_key);
	r->n++;
	r->n_bytes += packet->payload.len;
}

/* DHCPv4 responses to relayed clients that have an address may bypass the relay, and do not name it then. */
static struct replay_exchange *find_request(struct replay_reader *r, const struct captured *packet,
					    const struct message *message)
{
	struct replay_exchange *other = NULL;

	list_for_each (item, &r->buckets[message->key % BUCKETS]) {
		struct replay_exchange *x = container_of(item, struct replay_exchange, same_key);

		if (x->key != message->key || !fits(r->digit, x->request.type, message->type) ||
		    packet->when_us - x->request.captured.when_us > LATE_US)
			continue;
		if (x->giaddr == message->giaddr)
			return x;
		if (!message->giaddr && !other)
			other = x;
	}
	return other;
}

static void add_response(struct replay_reader *r, const struct captured *packet, const struct message *message)
{
	struct replay_exchange *x = find_request(r, packet, message);

	if (!r->has_first) {
		r->first = copy_of(packet);
		r->has_first = true;
	}
	if (!x) {
		r->n_unpaired++;
		return;
	}
	list_remove(&x->same_key);
	x->response = (struct replay_packet){ copy_of(packet), message->type };
	r->n_bytes += packet->payload.len;
}

/* Returns true if the first exchange is complete, or will not become more complete. */
static bool is_ready(const struct replay_reader *r)
{
	const struct replay_exchange *x;

	if (list_is_empty(&r->waiting))
		return r->is_ended;
	x = container_of(r->waiting.next, struct replay_exchange, link);
	return r->is_ended || x->response.captured.number || r->n >= WINDOW_MAX || r->n_bytes >= WINDOW_BYTES ||
	       r->latest_us - x->request.captured.when_us > LATE_US;
}

static void read_on(struct replay_reader *r)
{
	struct captured packet;
	struct message message;
	int n = capture_next(r->capture, &packet, r->why);

	if (n <= 0) {
		r->is_ended = true;
		r->end = n;
		return;
	}
	if (packet.when_us > r->latest_us)
		r->latest_us = packet.when_us;
	message = message_of(r, &packet);
	if (message.is_request)
		add_request(r, &packet, &message);
	else if (message.is_response)
		add_response(r, &packet, &message);
}

int replay_next(struct replay_reader *r, struct replay_exchange **ret, char why[CAPTURE_WHY_MAX])
{
	struct replay_exchange *x;

	while (!is_ready(r))
		read_on(r);
	if (list_is_empty(&r->waiting)) {
		memcpy(why, r->why, CAPTURE_WHY_MAX);
		return r->end;
	}
	x = container_of(list_pop(&r->waiting), struct replay_exchange, link);
	list_remove(&x->same_key);
	r->n--;
	r->n_bytes -= x->request.captured.payload.len + x->response.captured.payload.len;
	*ret = x;
	return 1;
}

uint64_t replay_n_unpaired(const struct replay_reader *r)
{
	return r->n_unpaired;
}

const struct captured *replay_first_response(const struct replay_reader *r)
{
	return r->has_first ? &r->first : NULL;
}
