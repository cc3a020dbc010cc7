/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DHCPLEASEQUERY (RFC 4388): who has this address, which address does this client have. Only requesters in the list,
 * who name themselves in giaddr, get a response; what is malformed gets none.
 */
#include "lease_query/answer.h"

#include "label.h"
#include "lease_query/relay.h"

#include <string.h>

#define ASSOCIATED_MAX 60 /* addresses that option 92 may have: 255 bytes */

static int refuse(struct kea_call *call, const char *why)
{
	char label[LABEL_MAX];

	LOG(DHCP4_LEASE_QUERY_PROCESS_FAILED, label_of(call, label), why);
	return KEA_DROP;
}

static bool is_zero(const void *addr, size_t len)
{
	const uint8_t *bytes = addr;

	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* --- the response ------------------------------------------------------------------------------------------------ */

static void set_option(struct kea_object *answer, uint32_t code, const void *data, size_t len)
{
	(void)kea->option_set(answer, &code, 1, data, len);
}

static void set_seconds(struct kea_object *answer, uint32_t code, int64_t seconds)
{
	uint8_t bytes[4];

	put32(bytes, seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds);
	set_option(answer, code, bytes, sizeof(bytes));
}

static bool is_requested(const struct kea_object *query, uint8_t code)
{
	uint32_t path = OPT_PARAMETER_REQUEST_LIST;
	size_t len = 0;
	const void *list = kea->option_get(query, &path, 1, 0, &len);

	return list && len && memchr(list, code, len);
}

static void set_relay_info(struct kea_object *answer, const struct kea_object *lease)
{
	uint8_t info[RELAY_INFO_MAX];
	size_t n = relay_info4(lease, info);

	if (n)
		set_option(answer, OPT_RELAY_AGENT_INFO, info, n);
}

static void set_associated(struct kea_call *call, struct kea_object *answer)
{
	uint8_t addrs[ASSOCIATED_MAX * 4];
	const struct kea_object *lease;
	size_t n = 0, len;

	for (unsigned i = 0; (lease = kea->found(call, 0, i)) != NULL && n < ASSOCIATED_MAX; i++) {
		const void *addr = kea->get_bytes(lease, KEA_LEASE_ADDRESS, &len);

		if (addr && len == 4 && is_active(lease))
			memcpy(&addrs[4 * n++], addr, 4);
	}
	if (n > 1)
		set_option(answer, OPT_ASSOCIATED_IP, addrs, 4 * n);
}

static void set_lease(struct kea_call *call, struct kea_object *answer, const struct kea_object *lease)
{
	const struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	int64_t left = number_of(lease, KEA_LEASE_LEFT), elapsed = number_of(lease, KEA_LEASE_ELAPSED);
	int64_t t1 = number_of(lease, KEA_LEASE_T1), t2 = number_of(lease, KEA_LEASE_T2);
	size_t len = 0;
	const void *bytes = kea->get_bytes(lease, KEA_LEASE_ADDRESS, &len);

	(void)kea->set_bytes(answer, KEA_PACKET_CIADDR, bytes, len);
	bytes = kea->get_bytes(lease, KEA_LEASE_HWADDR, &len);
	(void)kea->set_bytes(answer, KEA_PACKET_CHADDR, bytes, bytes ? len : 0);
	(void)kea->set_int(answer, KEA_PACKET_HTYPE, bytes ? number_of(lease, KEA_LEASE_HWTYPE) : 0);
	bytes = kea->get_bytes(lease, KEA_LEASE_CLIENT_ID, &len);
	if (bytes)
		set_option(answer, OPT_CLIENT_ID, bytes, len);
	set_seconds(answer, OPT_LEASE_TIME, left);
	if (t1 > elapsed)
		set_seconds(answer, OPT_T1, t1 - elapsed);
	if (t2 > elapsed)
		set_seconds(answer, OPT_T2, t2 - elapsed);
	set_seconds(answer, OPT_LAST_TRANSACTION_TIME, elapsed);
	if (is_requested(query, OPT_ASSOCIATED_IP))
		set_associated(call, answer);
	set_relay_info(answer, lease);
}

/* The client may have several: that of its last message. */
static const struct kea_object *latest(struct kea_call *call)
{
	const struct kea_object *lease, *best = NULL;

	for (unsigned i = 0; (lease = kea->found(call, 0, i)) != NULL; i++)
		if (is_active(lease) && (!best || number_of(lease, KEA_LEASE_CLTT) > number_of(best, KEA_LEASE_CLTT)))
			best = lease;
	return best;
}

/* The leases were found. */
static int answer(struct kea_call *call, void *context)
{
	static const char *const names[] = { "DHCPLEASEUNASSIGNED", "DHCPLEASEUNKNOWN", "DHCPLEASEACTIVE" };
	const struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0), *lease;
	const struct plan *plan = kea->config_context(call);
	char label[LABEL_MAX], to[64];
	unsigned type = DHCPLEASEACTIVE;
	size_t len = 0;
	const uint8_t *addr = kea->get_bytes(query, KEA_PACKET_CIADDR, &len);

	(void)context;
	/* Whether there is a lease is not known. */
	if (kea->found_count(call, 0) < 0)
		return refuse(call, "the lease database failed");
	/* Which of them is the last is not known, either. */
	if (kea->found_count(call, 0) == LEASES_MAX)
		return refuse(call, "the client has more leases than can be compared");
	lease = latest(call);
	if (!lease)
		type = addr && !is_zero(addr, len) && links_of_address(plan->links, addr, len) >= 0
			       ? DHCPLEASEUNASSIGNED
			       : DHCPLEASEUNKNOWN;
	if (kea->answer(call, type) < 0)
		return refuse(call, "out of memory");
	if (lease)
		set_lease(call, kea->argument(call, KEA_ARG_RESPONSE, 0), lease);
	else
		(void)kea->set_bytes(kea->argument(call, KEA_ARG_RESPONSE, 0), KEA_PACKET_CIADDR, addr, len);
	(void)kea->get_text(query, KEA_PACKET_GIADDR, to, sizeof(to));
	LOG(DHCP4_LEASE_QUERY_RESPONSE_SENT, label_of(call, label), names[type - DHCPLEASEUNASSIGNED], to);
	return KEA_CONTINUE;
}

/* --- the query --------------------------------------------------------------------------------------------------- */

int query4(struct kea_call *call)
{
	const struct lease_query *self = kea->context(kea->library(call));
	const struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	size_t len = 0, mac_len = 0, id_len = 0;
	const void *relay = kea->get_bytes(query, KEA_PACKET_GIADDR, &len), *addr, *mac, *id;
	uint32_t path = OPT_CLIENT_ID;
	char label[LABEL_MAX];
	int err;

	LOG(DHCP4_LEASE_QUERY_RECEIVED, label_of(call, label));
	if (!relay || is_zero(relay, len))
		return refuse(call, "giaddr, which names the requester, is zero");
	if (!is_requester(self, relay, len))
		return refuse(call, "giaddr is not in \"requesters\"");
	addr = kea->get_bytes(query, KEA_PACKET_CIADDR, &len);
	mac = kea->get_bytes(query, KEA_PACKET_CHADDR, &mac_len);
	id = kea->option_get(query, &path, 1, 0, &id_len);
	if (id && !id_len)
		return refuse(call, "the client identifier is empty");
	/* RFC 4388 6.1: by one of the three. */
	if (!addr || !is_zero(addr, len) + (mac && mac_len) + (id != NULL) != 1)
		return refuse(call, "it must have either an address or a hardware address or a client identifier");
	if (!is_zero(addr, len))
		err = kea->find(call, KEA_FIND_ADDRESS, addr, len, 0, 1);
	else if (id)
		err = kea->find(call, KEA_FIND_CLIENT_ID, id, id_len, 0, LEASES_MAX);
	else
		err = kea->find(call, KEA_FIND_HWADDR, mac, mac_len, (int)number_of(query, KEA_PACKET_HTYPE),
				LEASES_MAX);
	err = err < 0 ? err : kea->find_start(call, answer, NULL);
	if (err == KEA_PARK)
		return KEA_PARK;
	return err < 0 ? refuse(call, "the leases cannot be searched now") : answer(call, NULL);
}
