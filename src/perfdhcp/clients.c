/* SPDX-License-Identifier: MPL-2.0 */
#include "perfdhcp/clients.h"

#include "base/arena.h"

#include <sys/mman.h>

#define MAX_SERVERS 255

void count_up(uint8_t *number, size_t len, uint32_t n)
{
	uint64_t carry = n;

	while (len-- > 0 && carry) {
		carry += number[len];
		number[len] = (uint8_t)carry;
		carry >>= 8;
	}
}

void client_mac(const struct options *opt, uint32_t client, uint8_t mac[MAC_LEN])
{
	if (opt->macs) {
		memcpy(mac, opt->macs[client], MAC_LEN);
		return;
	}
	memcpy(mac, opt->mac, MAC_LEN);
	/* the first byte contains the group and local administration bits */
	count_up(mac + 1, MAC_LEN - 1, client);
}

/* Without -b duid= a DUID-LL, so that every run has the same clients. */
size_t client_duid(const struct options *opt, uint32_t client, uint8_t *duid)
{
	struct writer w = writer_init(duid, MAX_DUID);
	uint8_t *mac;

	if (opt->duid_len && !opt->macs) {
		write_bytes(&w, opt->duid, opt->duid_len);
		count_up(duid + opt->duid_len - 4, 4, client);
		return opt->duid_len;
	}
	write_u16(&w, 3); /* RFC 8415 11.4 */
	write_u16(&w, 1);
	mac = write_space(&w, MAC_LEN);
	client_mac(opt, client, mac);
	return writer_len(&w);
}

enum { HAS_ADDR = 1, HAS_PREFIX = 2, QUEUED = 4 };

struct lease {
	struct ip addr, prefix;
	uint8_t flags, prefix_len, server;
};

struct server {
	uint8_t id[MAX_DUID];
	size_t len;
};

struct held {
	struct lease *leases;
	uint32_t *queue; /* ring buffer; each client is in it at most once */
	uint32_t size, first, n;
	struct server servers[MAX_SERVERS];
	unsigned n_servers;
};

/* Zeroed memory that is only allocated once written to: there may be 2^32 clients. */
static void *lazy_array(uint64_t n, size_t size)
{
	void *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		fprintf(stderr, "perfdhcp: no memory for the leases of %llu clients\n", (unsigned long long)n);
		exit(1);
	}
	return p;
}

struct held *held_new(uint32_t clients)
{
	struct held *h = xcalloc(1, sizeof(*h));

	h->size = clients;
	h->leases = lazy_array(clients, sizeof(*h->leases));
	h->queue = lazy_array(clients, sizeof(*h->queue));
	return h;
}

void held_free(struct held *h)
{
	if (!h)
		return;
	(void)munmap(h->leases, (size_t)h->size * sizeof(*h->leases));
	(void)munmap(h->queue, (size_t)h->size * sizeof(*h->queue));
	free(h);
}

/* Few servers respond, usually one. MAX_SERVERS: the table is full. */
static unsigned server_index(struct held *h, struct bytes id)
{
	unsigned i;

	if (id.len > MAX_DUID)
		return MAX_SERVERS;
	for (i = 0; i < h->n_servers; i++)
		if (bytes_equal(id, bytes_of(h->servers[i].id, h->servers[i].len)))
			return i;
	if (i == MAX_SERVERS)
		return i;
	if (id.len)
		memcpy(h->servers[i].id, id.data, id.len);
	h->servers[i].len = id.len;
	return h->n_servers++;
}

void held_put_back(struct held *h, uint32_t client)
{
	struct lease *lease = &h->leases[client];

	if (lease->flags & QUEUED || !(lease->flags & (HAS_ADDR | HAS_PREFIX)))
		return;
	lease->flags |= QUEUED;
	h->queue[((uint64_t)h->first + h->n) % h->size] = client;
	h->n++;
}

void held_store(struct held *h, uint32_t client, const struct grant *grant)
{
	unsigned server = server_index(h, grant->server);
	struct lease *lease = &h->leases[client];

	if (server == MAX_SERVERS)
		return;
	*lease = (struct lease){ .addr = grant->addr,
				 .prefix = grant->prefix,
				 .prefix_len = grant->prefix_len,
				 .server = (uint8_t)server,
				 .flags = lease->flags & QUEUED };
	lease->flags |= grant->has_addr ? HAS_ADDR : 0;
	lease->flags |= grant->has_prefix ? HAS_PREFIX : 0;
}

void held_keep(struct held *h, uint32_t client, const struct grant *grant)
{
	held_store(h, client, grant);
	held_put_back(h, client);
}

bool held_get(const struct held *h, uint32_t client, struct grant *ret)
{
	const struct lease *lease = &h->leases[client];
	const struct server *server = &h->servers[lease->server];

	if (!(lease->flags & (HAS_ADDR | HAS_PREFIX)))
		return false;
	*ret = (struct grant){ .has_addr = lease->flags & HAS_ADDR,
			       .has_prefix = lease->flags & HAS_PREFIX,
			       .addr = lease->addr,
			       .prefix = lease->prefix,
			       .prefix_len = lease->prefix_len,
			       .server = bytes_of(server->id, server->len) };
	return true;
}

bool held_take(struct held *h, uint32_t *ret_client, struct grant *ret)
{
	while (h->n) {
		uint32_t client = h->queue[h->first];

		h->first = h->first + 1 == h->size ? 0 : h->first + 1;
		h->n--;
		h->leases[client].flags &= (uint8_t)~QUEUED;
		if (held_get(h, client, ret)) { /* not forgotten since */
			*ret_client = client;
			return true;
		}
	}
	return false;
}

void held_forget(struct held *h, uint32_t client)
{
	h->leases[client].flags &= QUEUED;
}

uint32_t held_count(const struct held *h)
{
	return h->n;
}
