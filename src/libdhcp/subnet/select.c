/* SPDX-License-Identifier: MPL-2.0 */
/* Finds a subnet by various identifiers: sorted arrays, so a search in ten thousand takes fourteen steps. */
#include "subnet/subnet.h"

#include <stdlib.h>

static int by_id(const void *x, const void *y)
{
	const struct subnet *const *a = x, *const *b = y;

	return (*a)->id < (*b)->id ? -1 : (*a)->id > (*b)->id;
}

static int by_addr(const void *x, const void *y)
{
	const struct subnet_ref *a = x, *b = y;
	int order = ip_cmp(&a->addr, &b->addr);

	/* Of two that begin at the same address, the outer one comes first. */
	return order ? order : (int)a->sub->prefix.len - (int)b->sub->prefix.len;
}

/* Several subnets that name the same relay are in configuration order. */
static int by_relay(const void *x, const void *y)
{
	const struct subnet_ref *a = x, *b = y;
	int order = ip_cmp(&a->addr, &b->addr);

	return order ? order : a->sub < b->sub ? -1 : a->sub > b->sub;
}

static int by_iface(const void *x, const void *y)
{
	const struct subnet_ref *a = x, *b = y;
	int order = strcmp(a->iface, b->iface);

	return order ? order : a->sub < b->sub ? -1 : a->sub > b->sub;
}

static int compare_bytes(struct bytes a, struct bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int by_iface_id(const void *x, const void *y)
{
	const struct subnet_ref *a = x, *b = y;
	int order = compare_bytes(a->iface_id, b->iface_id);

	return order ? order : a->sub < b->sub ? -1 : a->sub > b->sub;
}

static void link_parents(struct plan *plan)
{
	uint32_t i, parent = 0;

	for (i = 0; i < plan->n; i++) {
		struct subnet_ref *ref = &plan->by_first[i];

		while (parent && !prefix_contains(&plan->by_first[parent - 1].sub->prefix, &ref->addr))
			parent = plan->by_first[parent - 1].parent;
		ref->parent = parent;
		parent = i + 1;
	}
}

static struct ip *addresses(const struct subnet_ref *refs, size_t n, struct arena *arena)
{
	struct ip *ret = arena_new_array(arena, struct ip, n);

	for (size_t i = 0; i < n; i++)
		ret[i] = refs[i].addr;
	return ret;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

static void list_ids(struct network *net, struct arena *arena)
{
	net->ids = arena_new_array(arena, uint32_t, net->n);
	for (unsigned i = 0; i < net->n; i++)
		net->ids[i] = net->subs[i].id;
	if (net->n)
		qsort(net->ids, net->n, sizeof(*net->ids), by_number);
}

void plan_index(struct plan *plan, struct arena *arena)
{
	size_t i, k, n_relays = 0, n_ifaces = 0, n_iface_ids = 0;

	for (i = 0; i < plan->n; i++) {
		n_relays += plan->subs[i].n_relays;
		n_ifaces += plan->subs[i].iface[0] != '\0';
		n_iface_ids += plan->subs[i].iface_id.len != 0;
	}
	plan->by_id = arena_new_array(arena, struct subnet *, plan->n);
	plan->by_first = arena_new_array(arena, struct subnet_ref, plan->n);
	plan->by_relay = arena_new_array(arena, struct subnet_ref, n_relays);
	plan->by_iface = arena_new_array(arena, struct subnet_ref, n_ifaces);
	plan->by_iface_id = arena_new_array(arena, struct subnet_ref, n_iface_ids);
	for (i = 0; i < plan->n; i++) {
		struct subnet *sub = &plan->subs[i];

		plan->by_id[i] = sub;
		plan->by_first[i] =
			(struct subnet_ref){ .addr = prefix_first(&sub->prefix), .sub = sub, .len = sub->prefix.len };
		for (k = 0; k < sub->n_relays; k++)
			plan->by_relay[plan->n_relays++] = (struct subnet_ref){ .addr = sub->relays[k], .sub = sub };
		if (sub->iface[0])
			plan->by_iface[plan->n_ifaces++] = (struct subnet_ref){ .iface = sub->iface, .sub = sub };
		if (sub->iface_id.len)
			plan->by_iface_id[plan->n_iface_ids++] =
				(struct subnet_ref){ .iface_id = sub->iface_id, .sub = sub };
	}
	for (i = 0; i < plan->n_nets; i++)
		list_ids(&plan->nets[i], arena);
	if (!plan->n)
		return;
	qsort(plan->by_id, plan->n, sizeof(*plan->by_id), by_id);
	qsort(plan->by_first, plan->n, sizeof(*plan->by_first), by_addr);
	qsort(plan->by_relay, plan->n_relays, sizeof(*plan->by_relay), by_relay);
	qsort(plan->by_iface, plan->n_ifaces, sizeof(*plan->by_iface), by_iface);
	qsort(plan->by_iface_id, plan->n_iface_ids, sizeof(*plan->by_iface_id), by_iface_id);
	plan->firsts = addresses(plan->by_first, plan->n, arena);
	plan->relays = addresses(plan->by_relay, plan->n_relays, arena);
	link_parents(plan);
}

const struct subnet *subnet_by_id(const struct plan *plan, uint32_t id)
{
	size_t lo = 0, hi = plan->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (plan->by_id[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < plan->n && plan->by_id[lo]->id == id ? plan->by_id[lo] : NULL;
}

/* The subnet, or another one on its link, that the client may use; NULL if there is none. */
static const struct subnet *usable(const struct subnet *sub, const uint64_t *classes)
{
	unsigned i;

	for (i = 0; i < link_size(sub); i++)
		if (subnet_allows(link_subnet(sub, i), classes))
			return link_subnet(sub, i);
	return NULL;
}

static const struct subnet *by_address(const struct plan *plan, const struct ip *addr, const uint64_t *classes)
{
	size_t i = ip_count_less(plan->firsts, plan->n, addr, true);

	while (i) {
		const struct subnet_ref *ref = &plan->by_first[i - 1];

		/* With ten thousand subnets this one is not cached, and all of it will be read. */
		fetch(ref->sub, sizeof(*ref->sub));
		if (prefix_contains(&(struct prefix){ ref->addr, ref->len }, addr)) {
			const struct subnet *sub = usable(ref->sub, classes);

			if (sub)
				return sub;
		}
		i = ref->parent;
	}
	return NULL;
}

const struct subnet *subnet_by_address(const struct plan *plan, const struct ip *addr)
{
	return by_address(plan, addr, NULL);
}

static const struct subnet *by_relay_address(const struct plan *plan, const struct ip *addr, const uint64_t *classes)
{
	size_t i = ip_count_less(plan->relays, plan->n_relays, addr, false);

	/* If several name it, the first one in the configuration that the client may use. */
	for (; i < plan->n_relays && ip_equal(&plan->relays[i], addr); i++)
		if (subnet_allows(plan->by_relay[i].sub, classes))
			return plan->by_relay[i].sub;
	return NULL;
}

/* Returns the position of the first one that is not before the key, which has no subnet. */
static size_t first_at(const struct subnet_ref *refs, size_t n, const struct subnet_ref *key,
		       int (*compare)(const void *, const void *))
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&refs[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct subnet *by_interface(const struct plan *plan, const char *iface, const uint64_t *classes)
{
	size_t i = first_at(plan->by_iface, plan->n_ifaces, &(struct subnet_ref){ .iface = iface }, by_iface);

	for (; i < plan->n_ifaces && !strcmp(plan->by_iface[i].iface, iface); i++)
		if (subnet_allows(plan->by_iface[i].sub, classes))
			return plan->by_iface[i].sub;
	return NULL;
}

static const struct subnet *by_interface_id(const struct plan *plan, struct bytes id, const uint64_t *classes)
{
	size_t i = first_at(plan->by_iface_id, plan->n_iface_ids, &(struct subnet_ref){ .iface_id = id }, by_iface_id);

	for (; i < plan->n_iface_ids && bytes_equal(plan->by_iface_id[i].iface_id, id); i++)
		if (subnet_allows(plan->by_iface_id[i].sub, classes))
			return plan->by_iface_id[i].sub;
	return NULL;
}

const struct subnet *subnet_by_interface_id(const struct plan *plan, struct bytes id)
{
	return by_interface_id(plan, id, NULL);
}

const struct pool *subnet_pool_of(const struct subnet *sub, const struct ip *addr)
{
	unsigned i;

	for (i = 0; i < sub->n_pools; i++)
		if (ip_cmp(&sub->pools[i].first, addr) <= 0 && ip_cmp(addr, &sub->pools[i].last) <= 0)
			return &sub->pools[i];
	return NULL;
}

size_t ip_span_at(const struct ip_span *spans, size_t n, const struct ip *addr)
{
	return n ? ip_count_less_in(&spans->last, sizeof(*spans), n, addr, false) : 0;
}

bool ip_span_overlaps(const struct ip_span *spans, size_t n, const struct prefix *prefix)
{
	bool is_address = prefix->len == (ip_is4(&prefix->addr) ? 32 : 128);
	struct ip first = is_address ? prefix->addr : prefix_first(prefix);
	struct ip last = is_address ? prefix->addr : prefix_last(prefix);
	size_t i = ip_span_at(spans, n, &first);

	return i < n && ip_cmp(&spans[i].first, &last) <= 0;
}

struct wide pool_total(const struct pool *pool)
{
	struct wide first = { ip_half(&pool->first, 0), ip_half(&pool->first, 1) };
	struct wide last = { ip_half(&pool->last, 0), ip_half(&pool->last, 1) };
	unsigned shift = ip_is4(&pool->first) ? 0 : 128u - pool->len;

	return wide_add(wide_shift_right(wide_sub(last, first), shift), (struct wide){ 0, 1 });
}

const struct pool *link_pool_of(const struct subnet *sub, const struct ip *addr)
{
	const struct pool *pool = NULL;
	unsigned i;

	for (i = 0; i < link_size(sub) && !pool; i++) {
		const struct subnet *other = link_subnet(sub, i);

		if (prefix_contains(&other->prefix, addr))
			pool = subnet_pool_of(other, addr);
	}
	return pool;
}

bool link_has_pools(const struct subnet *sub, bool prefixes, const uint64_t *classes)
{
	unsigned i, k, n;

	for (i = 0; i < link_size(sub); i++) {
		const struct pool *pools = subnet_pools(link_subnet(sub, i), prefixes, &n);

		for (k = 0; k < n; k++)
			if (pool_allows(&pools[k], classes))
				return true;
	}
	return false;
}

bool link_denies_unknown(const struct subnet *sub, bool prefixes, const uint64_t *classes)
{
	unsigned i, k, n;

	for (i = 0; classes && i < link_size(sub); i++) {
		const struct pool *pools = subnet_pools(link_subnet(sub, i), prefixes, &n);

		for (k = 0; k < n; k++)
			if (pools[k].known.n && pool_guards_allow(&pools[k], classes))
				return !link_has_pools(sub, prefixes, classes);
	}
	return false;
}

bool link_contains(const struct subnet *sub, const struct ip *addr)
{
	unsigned i;

	for (i = 0; i < link_size(sub); i++)
		if (prefix_contains(&link_subnet(sub, i)->prefix, addr))
			return true;
	return false;
}

const struct pool *link_pd_pool_of(const struct subnet *sub, const struct prefix *prefix)
{
	unsigned i, k;

	for (i = 0; i < link_size(sub); i++) {
		const struct subnet *other = link_subnet(sub, i);

		for (k = 0; k < other->n_pd_pools; k++) {
			const struct pool *pool = &other->pd_pools[k];

			if ((!prefix->len || pool->len == prefix->len) && ip_cmp(&pool->first, &prefix->addr) <= 0 &&
			    ip_cmp(&prefix->addr, &pool->last) <= 0)
				return pool;
		}
	}
	return NULL;
}

const struct pool *link_pd_pool_around(const struct subnet *sub, const struct prefix *prefix)
{
	struct ip first = prefix_first(prefix), last = prefix_last(prefix);
	const struct pool *ret = NULL;
	unsigned i, k;

	for (i = 0; i < link_size(sub); i++) {
		const struct subnet *other = link_subnet(sub, i);

		for (k = 0; k < other->n_pd_pools; k++) {
			const struct pool *pool = &other->pd_pools[k];

			if (ip_cmp(&pool->first, &first) > 0 || ip_cmp(&last, &pool->last) > 0)
				continue;
			if (pool->len == prefix->len)
				return pool;
			if (!ret)
				ret = pool;
		}
	}
	return ret;
}

static const struct subnet *select_relayed(const struct plan *plan, const struct select_query *query)
{
	const struct subnet *sub = by_relay_address(plan, &query->relay_addr, query->classes);

	return sub ? sub : by_address(plan, &query->relay_addr, query->classes);
}

const struct subnet *subnet_select(const struct plan *plan, const struct select_query *query)
{
	bool has_client = !ip_is_zero(&query->client_addr), has_src = !ip_is_zero(&query->src_addr);
	const struct subnet *sub = NULL;

	if (query->has_link)
		return by_address(plan, &query->link_addr, query->classes);
	if (query->has_relay && query->iface_id.len)
		sub = by_interface_id(plan, query->iface_id, query->classes);
	if (!sub && query->has_relay && !ip_is_zero(&query->relay_addr))
		return select_relayed(plan, query);
	if (!sub && has_client)
		sub = by_address(plan, &query->client_addr, query->classes);
	if (!sub && has_src)
		sub = by_address(plan, &query->src_addr, query->classes);
	if (sub || ((has_client || has_src) && !query->on_link))
		return sub;
	sub = by_interface(plan, query->iface, query->classes);
	return sub ? sub : by_address(plan, &query->local_addr, query->classes);
}
