/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Queries about an address or a client are searches; all others walk over the leases in order of address, a page at a
 * time, and pass over those that they are not about. Relay and remote identifiers are in the user-context of leases,
 * for which stores have no index: one in this library would not see the leases of other servers on the same database.
 */
#include "lease_query/bulk_run.h"

#include "lease_query/answer.h"

#include <stdlib.h>

static bool is_walk(enum bulk_by by)
{
	return by != BULK_BY_ADDRESS && by != BULK_BY_HWADDR && by != BULK_BY_CLIENT_ID;
}

static size_t addr_len(const struct bulk_run *run)
{
	return run->self->family == 4 ? 4 : LINKS_ADDR;
}

/* --- begin and end ----------------------------------------------------------------------------------------------- */

static enum bulk_status begin6(struct bulk_run *run, const char **ret_why)
{
	const struct bulk_query *query = &run->query;
	const struct links *links = run->plan->links;
	size_t n = 0;
	const void *duid = kea->server_id(run->self->lib, &n);

	if (query->server && (!duid || n != query->server_len || memcmp(duid, query->server, n) != 0)) {
		*ret_why = "it is for another server";
		return BULK_NOT_ALLOWED;
	}
	if (query->has_link) {
		run->link = links_of_relay(links, query->link, LINKS_ADDR);
		if (run->link < 0) {
			*ret_why = "the link address is on no link of the configuration";
			return BULK_NOT_CONFIGURED;
		}
		run->subnets = links_subnets(links, run->link, &n);
		run->n_subnets = (unsigned)n;
		/* None would mean any. */
		run->is_over = !n;
		if (!run->subnets) {
			*ret_why = "out of memory";
			return BULK_TERMINATED;
		}
	} else if (query->by == BULK_BY_ADDRESS && links_of_address(links, query->id, LINKS_ADDR) < 0 &&
		   !links_delegates(links, query->id)) {
		*ret_why = "the address is in no subnet or pool of prefixes";
		return BULK_NOT_CONFIGURED;
	}
	return BULK_SUCCESS;
}

struct bulk_run *bulk_run_new(const struct lease_query *self, struct plan *plan, const struct bulk_query *query,
			      enum bulk_status *ret_status, const char **ret_why)
{
	struct bulk_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->self = self;
	run->plan = plan;
	plan->refs++;
	run->query = *query;
	run->link = -1;
	run->prefix_len = LINKS_LENGTHS - 1;
	run->is_walk = is_walk(query->by);
	/* Pages of which few leases are sent may be longer. */
	run->max = query->kind == BULK_QUERY && (query->by == BULK_ALL || query->by == BULK_BY_LINK)
			   ? self->bulk_conf.fetch
		   : self->bulk_conf.fetch < BULK_FIND_MAX / 10 ? self->bulk_conf.fetch * 10
								: BULK_FIND_MAX;
	if (query->requester_len) {
		memcpy(run->requester, query->requester, query->requester_len);
		run->requester_len = query->requester_len;
	}
	if (*ret_status == BULK_SUCCESS && self->family == 6 && query->kind != BULK_TLS)
		*ret_status = begin6(run, ret_why);
	/* The message ends with this call. */
	run->query.requester = run->query.server = NULL;
	if (query->by == BULK_BY_RELAY_ID || query->by == BULK_BY_REMOTE_ID)
		relay_wanted(&run->wanted, self->family, &run->query);
	return run;
}

void bulk_run_free(struct bulk_run *run)
{
	if (!run)
		return;
	plan_unref(run->plan);
	free(run->subnets);
	free(run);
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

/* The next type of leases, or the end. */
static void next_type(struct bulk_run *run)
{
	memset(run->after, 0, sizeof(run->after));
	run->is_walk = is_walk(run->query.by);
	run->is_over = run->self->family == 4 || run->type == TYPE_PD;
	run->type++;
}

/* Writes the first address of the prefix of the current length that contains the address. */
static void prefix_of(const struct bulk_run *run, uint8_t addr[LINKS_ADDR])
{
	memcpy(addr, run->query.id, LINKS_ADDR);
	prefix_mask(addr, run->prefix_len);
}

/* The next shorter length that delegated prefixes have, and that makes a difference. */
static void next_length(struct bulk_run *run)
{
	uint8_t last[LINKS_ADDR], addr[LINKS_ADDR];

	prefix_of(run, last);
	do {
		run->prefix_len--;
		prefix_of(run, addr);
	} while (run->prefix_len && (!run->plan->has_len[run->prefix_len] || !memcmp(addr, last, sizeof(addr))));
	run->is_over = !run->prefix_len;
}

static int ask(const struct bulk_run *run, struct kea_search *search)
{
	const struct bulk_query *query = &run->query;
	uint8_t addr[LINKS_ADDR];

	if (run->is_walk)
		return kea->search_start(search, KEA_FIND_AFTER, run->after, addr_len(run), run->type, run->subnets,
					 run->n_subnets, run->max);
	if (query->by == BULK_BY_HWADDR)
		return kea->search_start(search, KEA_FIND_HWADDR, query->id, query->id_len, query->htype, NULL, 0,
					 BULK_FIND_MAX);
	if (query->by == BULK_BY_CLIENT_ID)
		return kea->search_start(search, KEA_FIND_CLIENT_ID, query->id, query->id_len, run->type, run->subnets,
					 run->n_subnets, BULK_FIND_MAX);
	if (run->self->family == 4)
		return kea->search_start(search, KEA_FIND_ADDRESS, query->id, query->id_len, 0, NULL, 0, 1);
	prefix_of(run, addr);
	return kea->search_start(search, KEA_FIND_ADDRESS, addr, sizeof(addr), 0, NULL, 0, 1);
}

bool bulk_run_ask(struct bulk_run *run, struct kea_search *search, bool *ret_failed)
{
	*ret_failed = false;
	while (!run->is_over) {
		int err = ask(run, search);

		if (err >= 0)
			return true;
		/* No lease has such an identifier. */
		if (err != KEA_E_INVAL) {
			*ret_failed = true;
			return false;
		}
		next_type(run);
	}
	return false;
}

bool bulk_run_found(struct bulk_run *run, const struct kea_search *search, bool *ret_failed)
{
	int n = kea->search_count(search);

	*ret_failed = false;
	/* Leases with long user-contexts: fewer at once. */
	if (n == KEA_E_NOMEM && run->is_walk && run->max > 1) {
		run->max = (run->max + 3) / 4;
		return false;
	}
	/* A client with more leases than a search returns. */
	if (!run->is_walk && run->query.by != BULK_BY_ADDRESS && (n == BULK_FIND_MAX || n == KEA_E_NOMEM)) {
		run->is_walk = true;
		return false;
	}
	*ret_failed = n < 0;
	return n >= 0;
}

void bulk_run_next(struct bulk_run *run, struct kea_search *search)
{
	int n = kea->search_count(search);
	const struct kea_object *last = n > 0 ? kea->search_lease(search, (unsigned)n - 1) : NULL;
	size_t len = 0;
	const void *addr = last ? kea->get_bytes(last, KEA_LEASE_ADDRESS, &len) : NULL;

	if (run->is_walk && addr && len == addr_len(run))
		memcpy(run->after, addr, len);
	else if (run->self->family == 6 && run->query.by == BULK_BY_ADDRESS && !run->n_sent)
		next_length(run);
	else if (run->query.by == BULK_BY_ADDRESS)
		run->is_over = true;
	else
		next_type(run);
}

/* --- which leases ------------------------------------------------------------------------------------------------ */

static bool has_bytes(const struct kea_object *lease, enum kea_field field, const struct bulk_query *query)
{
	size_t len = 0;
	const void *bytes = kea->get_bytes(lease, field, &len);

	return bytes && len == query->id_len && !memcmp(bytes, query->id, len);
}

/* The lease is for the address, or a prefix that contains it. */
static bool covers(const struct bulk_run *run, const struct kea_object *lease)
{
	unsigned prefix_len = (unsigned)number_of(lease, KEA_LEASE_PREFIX_LEN);
	size_t len = 0;
	const uint8_t *addr = kea->get_bytes(lease, KEA_LEASE_ADDRESS, &len);

	return addr && len == addr_len(run) && prefix_len <= 8 * len &&
	       prefix_contains(addr, prefix_len, run->query.id);
}

int64_t bulk_state_began(const struct kea_object *lease)
{
	int64_t cltt = number_of(lease, KEA_LEASE_CLTT);
	int64_t state = number_of(lease, KEA_LEASE_STATE);

	if (state == STATE_DECLINED || is_active(lease))
		return cltt;
	/* It has ended; the lifetime of one that was released ends then, too. */
	return cltt + number_of(lease, KEA_LEASE_VALID_LIFETIME);
}

static bool is_in_time(const struct bulk_query *query, const struct kea_object *lease)
{
	int64_t began = query->has_start || query->has_end ? bulk_state_began(lease) : 0;

	return (!query->has_start || began >= query->start) && (!query->has_end || began <= query->end);
}

static bool is_about(const struct bulk_run *run, const struct kea_object *lease)
{
	const struct bulk_query *query = &run->query;

	switch (query->by) {
	case BULK_BY_ADDRESS:
		return covers(run, lease);
	case BULK_BY_HWADDR:
		return number_of(lease, KEA_LEASE_HWTYPE) == query->htype && has_bytes(lease, KEA_LEASE_HWADDR, query);
	case BULK_BY_CLIENT_ID:
		return has_bytes(lease, KEA_LEASE_CLIENT_ID, query);
	case BULK_BY_RELAY_ID:
	case BULK_BY_REMOTE_ID:
		return relay_is_wanted(&run->wanted, lease);
	case BULK_BY_LINK:
	case BULK_ALL:
		return true;
	}
	return false;
}

/* RFC 5007: bindings, which leases that have ended are not. The end of one is a change that an active query is about.
 */
static bool is_binding(const struct bulk_run *run, const struct kea_object *lease)
{
	if (run->query.kind == BULK_ACTIVE)
		return number_of(lease, KEA_LEASE_STATE) != STATE_REGISTERED;
	return is_active(lease);
}

bool bulk_run_is_about(const struct bulk_run *run, const struct kea_object *lease)
{
	if (run->self->family == 6 && !is_binding(run, lease))
		return false;
	if (run->query.has_link &&
	    (run->link < 0 || links_of_subnet(run->plan->links, number_of(lease, KEA_LEASE_SUBNET_ID)) != run->link))
		return false;
	return is_about(run, lease);
}

bool bulk_run_wants(const struct bulk_run *run, const struct kea_object *lease)
{
	return is_in_time(&run->query, lease) && bulk_run_is_about(run, lease);
}

void bulk_run_follow(struct bulk_run *run)
{
	struct plan *plan = run->self->plans;

	if (!plan || plan == run->plan)
		return;
	plan_unref(run->plan);
	run->plan = plan;
	plan->refs++;
	/* Negative: it is on no link any longer. */
	if (run->query.has_link)
		run->link = links_of_relay(plan->links, run->query.link, LINKS_ADDR);
}
