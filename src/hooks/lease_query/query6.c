/* SPDX-License-Identifier: MPL-2.0 */
/*
 * LEASEQUERY (RFC 5007): which client has this address or prefix, what does this client have. Only requesters in the
 * list get a response. What the relays said is not returned: the address of the relay, which belongs to it, is not
 * stored.
 */
#include "lease_query/answer.h"

#include "label.h"

#include <stdlib.h>
#include <string.h>

enum { BY_ADDRESS = 1, BY_CLIENTID = 2 };

enum {
	QUERY_HEAD = 17, /* type, link address */
	OPTION_HEAD = 4,
	BINDINGS_MAX = 2 * LEASES_MAX, /* in a response */
	/* Bytes of client data: bindings, of which prefixes are the longer ones; client identifier; time. */
	DATA_MAX = BINDINGS_MAX * (OPTION_HEAD + 25) + OPTION_HEAD + 255 + OPTION_HEAD + 4,
};

/* Of a message, in its memory. */
struct lookup {
	uint8_t by;
	int link; /* only bindings on this one; negative: on any */
	uint8_t addr[LINKS_ADDR];
	unsigned n_queries;
};

static const char too_many[] = "the client has more bindings than a response can contain";

static int refuse(struct kea_call *call, const char *why)
{
	char label[LABEL_MAX];

	LOG(DHCP6_LEASE_QUERY_PROCESS_FAILED, label_of(call, label), why);
	return KEA_DROP;
}

/* --- the response ------------------------------------------------------------------------------------------------ */

static int sent(struct kea_call *call, const char *what)
{
	char label[LABEL_MAX], to[64];

	(void)kea->get_text(kea->argument(call, KEA_ARG_QUERY, 0), KEA_PACKET_REMOTE_ADDR, to, sizeof(to));
	LOG(DHCP6_LEASE_QUERY_REPLY_SENT, label_of(call, label), what, to);
	return KEA_CONTINUE;
}

static struct kea_object *response(struct kea_call *call)
{
	return kea->argument(call, KEA_ARG_RESPONSE, 0);
}

/* False if the query names another server than the response, which has begun, does. */
static bool is_for_us(struct kea_call *call)
{
	uint32_t path = OPT6_SERVERID;
	size_t len = 0, n = 0;
	const void *wanted = kea->option_get(kea->argument(call, KEA_ARG_QUERY, 0), &path, 1, 0, &len);
	const void *ours = kea->option_get(response(call), &path, 1, 0, &n);

	return !wanted || (ours && n == len && !memcmp(wanted, ours, n));
}

static int answer_status(struct kea_call *call, uint16_t status, const char *text)
{
	uint8_t bytes[128] = { (uint8_t)(status >> 8), (uint8_t)status };
	uint32_t path = OPT6_STATUS_CODE;
	size_t n = strlen(text);

	memcpy(bytes + 2, text, n);
	(void)kea->option_set(response(call), &path, 1, bytes, n + 2);
	return sent(call, text);
}

/* --- what was found ---------------------------------------------------------------------------------------------- */

/* Whether the lease contains the address that was asked for. */
static bool covers(const struct lookup *lookup, const struct kea_object *lease)
{
	unsigned len = (unsigned)number_of(lease, KEA_LEASE_PREFIX_LEN);
	size_t n = 0;
	const uint8_t *addr = kea->get_bytes(lease, KEA_LEASE_ADDRESS, &n);

	return addr && n == LINKS_ADDR && len < LINKS_LENGTHS && prefix_contains(addr, len, lookup->addr);
}

struct client {
	struct out data;
	uint8_t bytes[DATA_MAX];
	const struct plan *plan;
	const struct kea_object *first; /* binding */
	uint32_t elapsed;               /* since the client's last message about any of them */
	int links[BINDINGS_MAX];
	uint8_t addrs[BINDINGS_MAX][LINKS_ADDR];
	unsigned n_links;
};

/* Calls fn for each binding that the query is about. */
static void each(struct kea_call *call, const struct lookup *lookup,
		 void (*fn)(struct client *client, const struct kea_object *lease, int link), struct client *client)
{
	const struct plan *plan = kea->config_context(call);

	for (unsigned i = 0; i < lookup->n_queries; i++) {
		const struct kea_object *lease;

		for (unsigned k = 0; (lease = kea->found(call, i, k)) != NULL; k++) {
			int link = links_of_subnet(plan->links, number_of(lease, KEA_LEASE_SUBNET_ID));

			if (!is_active(lease) || (lookup->by == BY_ADDRESS && !covers(lookup, lease)) ||
			    (lookup->link >= 0 && link != lookup->link))
				continue;
			fn(client, lease, link);
		}
	}
}

static void note_link(struct client *client, const struct kea_object *lease, int link)
{
	const uint8_t *prefix = links_prefix(client->plan->links, number_of(lease, KEA_LEASE_SUBNET_ID));
	uint32_t elapsed = (uint32_t)number_of(lease, KEA_LEASE_ELAPSED);
	unsigned i = 0;

	if (!client->first || elapsed < client->elapsed)
		client->elapsed = elapsed;
	client->first = client->first ? client->first : lease;
	while (i < client->n_links && client->links[i] != link)
		i++;
	if (i < client->n_links || !prefix || i == BINDINGS_MAX)
		return;
	client->links[i] = link;
	memcpy(client->addrs[i], prefix, LINKS_ADDR);
	client->n_links++;
}

static void note_lease(struct client *client, const struct kea_object *lease, int link)
{
	(void)link;
	add_lease6(&client->data, lease, false);
}

static int compare_addrs(const void *a, const void *b)
{
	return memcmp(a, b, LINKS_ADDR);
}

static int answer_data(struct kea_call *call, const struct lookup *lookup, struct client *client)
{
	uint32_t path = OPT6_CLIENT_DATA;
	size_t len = 0;
	const void *duid;

	each(call, lookup, note_link, client);
	if (!client->first)
		return sent(call, "there is no binding");
	qsort(client->addrs, client->n_links, sizeof(client->addrs[0]), compare_addrs);
	/* RFC 5007 4.3.4: of several links, only their addresses. */
	if (lookup->by == BY_CLIENTID && lookup->link < 0 && client->n_links > 1) {
		path = OPT6_CLIENT_LINK;
		(void)kea->option_set(response(call), &path, 1, client->addrs, client->n_links * (size_t)LINKS_ADDR);
		return sent(call, "the client is on several links");
	}
	duid = kea->get_bytes(client->first, KEA_LEASE_CLIENT_ID, &len);
	if (duid)
		out_option6(&client->data, OPT6_CLIENTID, duid, len);
	out_head6(&client->data, OPT6_CLT_TIME, 4);
	out32(&client->data, client->elapsed);
	each(call, lookup, note_lease, client);
	if (client->data.is_full)
		return refuse(call, too_many);
	if (kea->option_set(response(call), &path, 1, client->data.bytes, client->data.n) < 0)
		return refuse(call, "out of memory");
	return sent(call, "the client's bindings");
}

/* The leases were found. */
static int answer(struct kea_call *call, void *context)
{
	const struct lookup *lookup = context;
	struct client *client;

	for (unsigned i = 0; i < lookup->n_queries; i++) {
		int n = kea->found_count(call, i);

		/* Whether there are leases, or further ones, is not known. */
		if (n < 0)
			return refuse(call, "the lease database failed");
		if (n == LEASES_MAX)
			return refuse(call, too_many);
	}
	client = kea->packet_alloc(call, sizeof(*client));
	if (!client)
		return refuse(call, "out of memory");
	client->plan = kea->config_context(call);
	client->data = (struct out){ .bytes = client->bytes, .max = sizeof(client->bytes) };
	return answer_data(call, lookup, client);
}

/* --- the query --------------------------------------------------------------------------------------------------- */

static int start(struct kea_call *call, struct lookup *lookup)
{
	int err = kea->find_start(call, answer, lookup);

	if (err == KEA_PARK)
		return KEA_PARK;
	return err < 0 ? refuse(call, "the leases cannot be searched now") : answer(call, lookup);
}

/* As an address, and as part of a prefix of each length. */
static int by_address(struct kea_call *call, struct lookup *lookup)
{
	const struct plan *plan = kea->config_context(call);
	uint8_t last[LINKS_ADDR];

	if (lookup->link < 0 && links_of_address(plan->links, lookup->addr, LINKS_ADDR) < 0 &&
	    !links_delegates(plan->links, lookup->addr))
		return answer_status(call, STATUS6_NOT_CONFIGURED, "the address is in no subnet or pool of prefixes");
	memcpy(last, lookup->addr, sizeof(last));
	if (kea->find(call, KEA_FIND_ADDRESS, lookup->addr, LINKS_ADDR, 0, 1) < 0)
		return refuse(call, "out of memory");
	lookup->n_queries = 1;
	/* Longest first: a shorter prefix has the same bits or fewer, so only the last one can be the same. */
	for (unsigned len = LINKS_LENGTHS - 1; len; len--) {
		uint8_t addr[LINKS_ADDR];

		memcpy(addr, lookup->addr, sizeof(addr));
		prefix_mask(addr, len);
		if (!plan->has_len[len] || !memcmp(addr, last, sizeof(addr)))
			continue;
		if (kea->find(call, KEA_FIND_ADDRESS, addr, sizeof(addr), 0, 1) < 0)
			return refuse(call, "out of memory");
		memcpy(last, addr, sizeof(last));
		lookup->n_queries++;
	}
	return start(call, lookup);
}

static int by_client(struct kea_call *call, struct lookup *lookup, const void *duid, size_t len)
{
	if (kea->find(call, KEA_FIND_CLIENT_ID, duid, len, TYPE_NA, LEASES_MAX) < 0 ||
	    kea->find(call, KEA_FIND_CLIENT_ID, duid, len, TYPE_PD, LEASES_MAX) < 0)
		return refuse(call, "the client identifier is not valid");
	lookup->n_queries = 2;
	return start(call, lookup);
}

/* Returns an option inside of the query option; NULL: there is none, or it does not fit. */
static const uint8_t *inner(const uint8_t *data, size_t len, uint16_t code, size_t *ret_len)
{
	size_t at = QUERY_HEAD;

	while (len - at >= 4) {
		size_t n = (size_t)data[at + 2] << 8 | data[at + 3];

		if (len - at - 4 < n)
			return NULL;
		if ((data[at] << 8 | data[at + 1]) == code) {
			*ret_len = n;
			return data + at + 4;
		}
		at += 4 + n;
	}
	return NULL;
}

static int look(struct kea_call *call, const uint8_t *data, size_t len)
{
	static const uint8_t any[LINKS_ADDR];
	const struct plan *plan = kea->config_context(call);
	struct lookup *lookup = kea->packet_alloc(call, sizeof(*lookup));
	const uint8_t *option;
	size_t n = 0;

	if (!lookup)
		return refuse(call, "out of memory");
	*lookup = (struct lookup){ .by = data[0], .link = -1 };
	if (lookup->by != BY_ADDRESS && lookup->by != BY_CLIENTID)
		return answer_status(call, STATUS6_UNKNOWN_QUERY_TYPE,
				     "only queries by address and client identifier are known");
	if (memcmp(data + 1, any, sizeof(any)) != 0) {
		lookup->link = links_of_relay(plan->links, data + 1, LINKS_ADDR);
		if (lookup->link < 0)
			return answer_status(call, STATUS6_NOT_CONFIGURED,
					     "the link address is on no link of the configuration");
	}
	option = inner(data, len, lookup->by == BY_ADDRESS ? OPT6_IAADDR : OPT6_CLIENTID, &n);
	if (!option || n < (lookup->by == BY_ADDRESS ? 24U : 3U))
		return answer_status(call, STATUS6_MALFORMED_QUERY, "the option that the query is about is missing");
	if (lookup->by == BY_CLIENTID)
		return by_client(call, lookup, option, n);
	memcpy(lookup->addr, option, LINKS_ADDR);
	return by_address(call, lookup);
}

int query6(struct kea_call *call)
{
	const struct lease_query *self = kea->context(kea->library(call));
	const struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	uint32_t id_path = OPT6_CLIENTID, query_path = OPT6_LQ_QUERY;
	size_t len = 0, id_len = 0;
	const void *from, *id;
	const uint8_t *data;
	char label[LABEL_MAX];

	LOG(DHCP6_LEASE_QUERY_RECEIVED, label_of(call, label));
	from = kea->get_bytes(query, KEA_PACKET_REMOTE_ADDR, &len);
	if (!from || !is_requester(self, from, len))
		return refuse(call, "its source address is not in \"requesters\"");
	id = kea->option_get(query, &id_path, 1, 0, &id_len);
	/* RFC 5007 4.3: a message without these is discarded. */
	if (!id || !id_len)
		return refuse(call, "it has no client identifier");
	if (kea->answer(call, LEASEQUERY_REPLY) < 0)
		return refuse(call, "out of memory");
	if (!is_for_us(call))
		return refuse(call, "it is for another server");
	data = kea->option_get(query, &query_path, 1, 0, &len);
	if (!data)
		return refuse(call, "it has no query option");
	if (len < QUERY_HEAD)
		return answer_status(call, STATUS6_MALFORMED_QUERY, "the query option is too short");
	return look(call, data, len);
}
