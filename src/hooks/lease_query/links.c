/* SPDX-License-Identifier: MPL-2.0 */
#include "lease_query/links.h"

#include "subnets.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct prefix {
	uint8_t addr[LINKS_ADDR];
	uint8_t len;
};

struct subnet {
	struct prefix prefix;
	int64_t id;
	int link;
	size_t parent; /* of those by prefix, the innermost one around it: its number + 1; 0: none */
};

struct relay {
	uint8_t addr[LINKS_ADDR];
	int link;
};

struct pd_pool {
	struct prefix prefix;
	uint8_t delegated;
};

#define LIST(type)        \
	struct {          \
		type *v;  \
		size_t n; \
	}

struct links {
	size_t addr_len;             /* 4 or 16 */
	LIST(struct subnet) by_id;   /* ascending */
	LIST(struct subnet) subnets; /* by prefix, the outer ones first */
	LIST(struct relay) relays;
	LIST(struct pd_pool) pools;
	int n_links;
	bool is_failed; /* out of memory */
};

/* Returns the place for one more; NULL: out of memory. */
static void *more(struct links *links, void **v, size_t *n, size_t size)
{
	/* Grows at each power of two. */
	if (!(*n & (*n - 1))) {
		void *grown = realloc(*v, (*n ? *n * 2 : 1) * size);

		if (!grown) {
			links->is_failed = true;
			return NULL;
		}
		*v = grown;
	}
	return (char *)*v + (*n)++ * size;
}

#define MORE(links, list) more(links, (void **)&(list)->v, &(list)->n, sizeof(*(list)->v))

/* --- reading ----------------------------------------------------------------------------------------------------- */

static bool parse_address(const struct links *links, const char *text, uint8_t addr[LINKS_ADDR])
{
	return inet_pton(links->addr_len == 4 ? AF_INET : AF_INET6, text, addr) == 1;
}

void prefix_mask(uint8_t addr[LINKS_ADDR], unsigned len)
{
	for (unsigned i = 0; i < LINKS_ADDR; i++) {
		if (i * 8 >= len)
			addr[i] = 0;
		else if (i * 8 + 8 > len)
			addr[i] &= (uint8_t)(0xff << (8 - (len - i * 8)));
	}
}

/* "192.0.2.0/24" */
static bool parse_prefix(const struct links *links, const char *text, struct prefix *ret)
{
	char addr[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');

	if (!slash || (size_t)(slash - text) >= sizeof(addr))
		return false;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	memset(ret, 0, sizeof(*ret));
	if (!parse_address(links, addr, ret->addr))
		return false;
	ret->len = (uint8_t)strtoul(slash + 1, NULL, 10);
	if (ret->len > links->addr_len * 8)
		return false;
	/* Kea's form allows bits of the host. */
	prefix_mask(ret->addr, ret->len);
	return true;
}

static void read_relays(struct links *links, const struct kea_json *scope, int link)
{
	const struct kea_json *list = kea->json_get(kea->json_get(scope, "relay"), "ip-addresses");

	for (size_t i = 0; i < kea->json_count(list); i++) {
		struct relay found = { .link = link }, *at;

		if (!parse_address(links, kea->json_text(kea->json_at(list, i, NULL)), found.addr))
			continue;
		at = MORE(links, &links->relays);
		if (at)
			*at = found;
	}
}

static void read_pools(struct links *links, const struct kea_json *subnet)
{
	const struct kea_json *list = kea->json_get(subnet, "pd-pools");

	for (size_t i = 0; i < kea->json_count(list); i++) {
		const struct kea_json *map = kea->json_at(list, i, NULL);
		int64_t len = kea->json_int(kea->json_get(map, "prefix-len"));
		int64_t delegated = kea->json_int(kea->json_get(map, "delegated-len"));
		struct pd_pool pool = { 0 }, *at;

		if (len < 1 || len > 128 || delegated < len || delegated > 128 ||
		    !parse_address(links, kea->json_text(kea->json_get(map, "prefix")), pool.prefix.addr))
			continue;
		pool.prefix.len = (uint8_t)len;
		pool.delegated = (uint8_t)delegated;
		prefix_mask(pool.prefix.addr, pool.prefix.len);
		at = MORE(links, &links->pools);
		if (at)
			*at = pool;
	}
}

static void read_subnets(struct links *links, const struct kea_json *list, int link)
{
	for (size_t i = 0; i < kea->json_count(list); i++) {
		const struct kea_json *map = kea->json_at(list, i, NULL);
		struct subnet subnet = { .id = kea->json_int(kea->json_get(map, "id")) }, *at;

		if (!parse_prefix(links, kea->json_text(kea->json_get(map, "subnet")), &subnet.prefix))
			continue;
		subnet.link = link >= 0 ? link : links->n_links++;
		at = MORE(links, &links->subnets);
		if (!at)
			return;
		*at = subnet;
		at = MORE(links, &links->by_id);
		if (!at)
			return;
		*at = subnet;
		read_relays(links, map, subnet.link);
		read_pools(links, map);
	}
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix *x = &((const struct subnet *)a)->prefix, *y = &((const struct subnet *)b)->prefix;
	int order = memcmp(x->addr, y->addr, LINKS_ADDR);

	return order ? order : (int)x->len - (int)y->len;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = ((const struct subnet *)a)->id, y = ((const struct subnet *)b)->id;

	return x < y ? -1 : x > y;
}

static bool contains(const struct prefix *prefix, const uint8_t *addr)
{
	return prefix_contains(prefix->addr, prefix->len, addr);
}

static void sort(struct links *links)
{
	struct subnet *v = links->subnets.v;

	if (!links->subnets.n)
		return;
	qsort(v, links->subnets.n, sizeof(*v), compare_prefixes);
	for (size_t i = 0, parent = 0; i < links->subnets.n; parent = ++i) {
		while (parent && !contains(&v[parent - 1].prefix, v[i].prefix.addr))
			parent = v[parent - 1].parent;
		v[i].parent = parent;
	}
	qsort(links->by_id.v, links->by_id.n, sizeof(links->by_id.v[0]), compare_ids);
}

struct links *links_read(const struct kea_json *config, int family)
{
	const char *key = family == 4 ? "subnet4" : "subnet6";
	const struct kea_json *networks = kea->json_get(config, "shared-networks");
	struct links *links = calloc(1, sizeof(*links));

	if (!links)
		return NULL;
	links->addr_len = family == 4 ? 4 : 16;
	read_subnets(links, kea->json_get(config, key), -1);
	for (size_t i = 0; i < kea->json_count(networks); i++) {
		const struct kea_json *network = kea->json_at(networks, i, NULL);
		int link = links->n_links++;

		read_relays(links, network, link);
		read_subnets(links, kea->json_get(network, key), link);
	}
	if (links->is_failed) {
		links_free(links);
		return NULL;
	}
	sort(links);
	return links;
}

void links_free(struct links *links)
{
	if (!links)
		return;
	free(links->by_id.v);
	free(links->subnets.v);
	free(links->relays.v);
	free(links->pools.v);
	free(links);
}

/* --- finding ----------------------------------------------------------------------------------------------------- */

bool prefix_contains(const uint8_t *prefix, unsigned len, const uint8_t *addr)
{
	unsigned bytes = len / 8, bits = len % 8;

	return !memcmp(prefix, addr, bytes) && (!bits || (prefix[bytes] ^ addr[bytes]) >> (8 - bits) == 0);
}

int links_of_address(const struct links *links, const uint8_t *addr, size_t len)
{
	const struct subnet *v = links->subnets.v;
	size_t low = 0, high = links->subnets.n;

	if (len != links->addr_len)
		return -1;
	/* The last subnet that does not begin after it. */
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(v[middle].prefix.addr, addr, len) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low && !contains(&v[low - 1].prefix, addr))
		low = v[low - 1].parent;
	return low ? v[low - 1].link : -1;
}

int links_of_relay(const struct links *links, const uint8_t *addr, size_t len)
{
	int link = links_of_address(links, addr, len);

	for (size_t i = 0; link < 0 && len == links->addr_len && i < links->relays.n; i++)
		if (!memcmp(links->relays.v[i].addr, addr, len))
			link = links->relays.v[i].link;
	return link;
}

static const struct subnet *find_subnet(const struct links *links, int64_t id)
{
	struct subnet wanted = { .id = id };

	return links->by_id.n ? bsearch(&wanted, links->by_id.v, links->by_id.n, sizeof(links->by_id.v[0]), compare_ids)
			      : NULL;
}

int links_of_subnet(const struct links *links, int64_t subnet_id)
{
	const struct subnet *subnet = find_subnet(links, subnet_id);

	return subnet ? subnet->link : -1;
}

uint32_t *links_subnets(const struct links *links, int link, size_t *ret_n)
{
	uint32_t *ids = calloc(links->by_id.n + 1, sizeof(*ids));

	*ret_n = 0;
	for (size_t i = 0; ids && i < links->by_id.n; i++)
		if (links->by_id.v[i].link == link)
			ids[(*ret_n)++] = (uint32_t)links->by_id.v[i].id;
	return ids;
}

bool links_delegates(const struct links *links, const uint8_t *addr)
{
	for (size_t i = 0; i < links->pools.n; i++)
		if (contains(&links->pools.v[i].prefix, addr))
			return true;
	return false;
}

const uint8_t *links_prefix(const struct links *links, int64_t subnet_id)
{
	const struct subnet *subnet = find_subnet(links, subnet_id);

	return subnet ? subnet->prefix.addr : NULL;
}

void links_lengths(const struct links *links, bool has_len[LINKS_LENGTHS])
{
	for (size_t i = 0; i < links->pools.n; i++)
		has_len[links->pools.v[i].delegated] = true;
}
