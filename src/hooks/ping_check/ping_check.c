/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ping_check: before an address is offered, the network is asked whether a host uses it. If one responds, the address
 * is declined and another one is offered. The packet is parked meanwhile, so no other client waits.
 */
#include "label.h"
#include "ping_check/channel.h"
#include "ping_check/messages.h"
#include "ping_check/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS_MAX 16
#define SLACK_MS 5000 /* a check that takes this much longer than its requests has failed: the packet is dropped */

struct ping {
	struct settings settings;
	unsigned n_channels;
	struct channel *channels[CHANNELS_MAX];
};

/* Of a message, in its memory. */
struct packet {
	struct check *check; /* NULL: none, or it has ended */
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

/* --- the offer -------------------------------------------------------------------------------------------------- */

static bool is_equal(const struct kea_object *a, const struct kea_object *b, enum kea_field field, bool *ret_has)
{
	size_t n, m;
	const void *x = kea->get_bytes(a, field, &n), *y = kea->get_bytes(b, field, &m);

	*ret_has = x && n;
	return *ret_has && y && n == m && !memcmp(x, y, n);
}

static bool is_same_client(const struct kea_object *lease, const struct kea_object *old)
{
	bool has_id, is_same = is_equal(lease, old, KEA_LEASE_CLIENT_ID, &has_id);

	return has_id ? is_same : is_equal(lease, old, KEA_LEASE_HWADDR, &has_id);
}

/* The client has the lease, or had it a moment ago: it is the one that would respond. */
static bool is_its_own(struct kea_call *call, const struct kea_object *lease, const struct settings *settings)
{
	const struct kea_object *old = kea->argument(call, KEA_ARG_OLD_LEASE, 0);
	int64_t state, cltt, valid, now;

	if (!old || kea->get_int(old, KEA_LEASE_STATE, &state) < 0 || kea->get_int(old, KEA_LEASE_CLTT, &cltt) < 0 ||
	    kea->get_int(old, KEA_LEASE_VALID_LIFETIME, &valid) < 0 || kea->get_int(lease, KEA_LEASE_CLTT, &now) < 0 ||
	    !is_same_client(lease, old))
		return false;
	return now - cltt < settings->cltt_sec || (state == 0 && now - cltt < valid);
}

/* As in Kea: what is reserved is for that client, whoever uses it now. */
static bool is_reserved(struct kea_call *call, const struct kea_object *lease)
{
	const struct kea_object *host = kea->argument(call, KEA_ARG_HOST, 0);
	size_t n, m;
	const void *x, *y;

	if (!host)
		return false;
	x = kea->get_bytes(host, KEA_HOST_ADDRESS, &n);
	y = kea->get_bytes(lease, KEA_LEASE_ADDRESS, &m);
	return x && y && n == m && !memcmp(x, y, n);
}

static bool make_target(struct kea_call *call, const struct kea_object *lease, const struct settings *settings,
			struct target *target)
{
	const struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	int64_t relayed = 1, ifindex = 0;
	size_t len;
	const void *addr = kea->get_bytes(lease, KEA_LEASE_ADDRESS, &len), *client;

	if (!addr || len != 4)
		return false;
	*target = (struct target){ .timeout_ms = settings->timeout_ms, .n_requests = settings->n_requests };
	memcpy(target->addr, addr, 4);
	if (kea->get_int(query, KEA_PACKET_RELAYED, &relayed) == 0 && !relayed && settings->by_arp &&
	    kea->get_int(query, KEA_PACKET_IFACE_INDEX, &ifindex) == 0)
		target->ifindex = (unsigned)ifindex;
	client = kea->get_bytes(query, KEA_PACKET_HWADDR, &len);
	target->has_client = client && len == PROBE_HWADDR;
	if (target->has_client)
		memcpy(target->client, client, PROBE_HWADDR);
	return true;
}

static void packet_ended(void *context)
{
	struct packet *packet = context;

	check_release(packet->check);
}

static int checked(struct kea_call *call, void *context)
{
	struct packet *packet = context;
	bool is_in_use = check_is_in_use(packet->check);

	check_release(packet->check);
	packet->check = NULL;
	if (is_in_use)
		(void)kea->set_int(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_IN_USE, 1);
	return KEA_CONTINUE;
}

static int refuse(struct kea_call *call, const char *why)
{
	char label[LABEL_MAX];

	LOG(PING_CHECK_LEASE4_OFFER_FAILED, label_of(call, label), why);
	return KEA_DROP;
}

static int start(struct kea_call *call, const struct ping *ping, const struct settings *settings,
		 const struct target *target)
{
	struct packet *packet = kea->packet_context(call, sizeof(*packet), packet_ended);
	struct channel *channel = ping->channels[target->addr[3] % ping->n_channels];
	struct kea_parked *parked;

	if (!packet)
		return refuse(call, "out of memory");
	parked = kea->park(call, (int64_t)settings->timeout_ms * settings->n_requests + SLACK_MS, checked, packet);
	if (!parked)
		return refuse(call, "\"parked-packet-limit\" is reached");
	packet->check = channel_check(channel, target, parked);
	if (packet->check)
		return KEA_PARK;
	(void)kea->drop(parked);
	(void)refuse(call, "too many checks at once");
	return KEA_PARK;
}

static int lease4_offer(struct kea_call *call)
{
	const struct ping *ping = kea->context(kea->library(call));
	const struct kea_object *lease = kea->argument(call, KEA_ARG_LEASES, 0);
	const struct settings *settings = &ping->settings;
	char label[LABEL_MAX], text[32];
	struct target target;
	int64_t id;

	if (!lease || kea->get_int(lease, KEA_LEASE_SUBNET_ID, &id) < 0)
		return KEA_CONTINUE;
	settings = subnets_find(kea->config_context(call), id, settings);
	if (!settings->is_enabled || !ping->n_channels)
		return KEA_CONTINUE;
	if (is_its_own(call, lease, settings) || is_reserved(call, lease)) {
		LOG(PING_CHECK_NO_LEASE_OR_LEASE_REUSED, label_of(call, label));
		return KEA_CONTINUE;
	}
	if (!make_target(call, lease, settings, &target))
		return KEA_CONTINUE;
	if (kea->log_is_on(messages[M_PING_CHECK_MGR_START_PING_CHECK]) &&
	    kea->get_text(lease, KEA_LEASE_ADDRESS, text, sizeof(text)) >= 0)
		LOG(PING_CHECK_MGR_START_PING_CHECK, label_of(call, label), text);
	return start(call, ping, settings, &target);
}

/* --- configuration ---------------------------------------------------------------------------------------------- */

static void end_channels(struct ping *ping)
{
	for (unsigned i = 0; i < CHANNELS_MAX; i++)
		channel_free(ping->channels[i]);
}

/* Only with the first configuration that needs them: without, no capability is necessary. */
static const char *open_channels(struct ping *ping, unsigned n)
{
	const char *why = NULL;

	for (unsigned i = 0; i < n && !ping->channels[i]; i++) {
		ping->channels[i] = channel_new(true, &why);
		if (!ping->channels[i])
			return why;
	}
	return NULL;
}

static void end_config(void *context)
{
	subnets_free(context);
}

static int dhcp4_srv_configured(struct kea_call *call)
{
	struct ping *ping = kea->context(kea->library(call));
	char why[256];
	struct subnets *subnets = subnets_read(kea->config(call), &ping->settings);
	const char *failed;

	(void)snprintf(why, sizeof(why), "ping_check: out of memory");
	if (!subnets)
		goto fail;
	(void)kea->set_config_context(call, subnets, end_config);
	if (!ping->settings.is_enabled && !subnets_any(subnets))
		return KEA_CONTINUE;
	failed = open_channels(ping, ping->n_channels);
	if (!failed) {
		LOG(PING_CHECK_MGR_STARTED, ping->n_channels);
		return KEA_CONTINUE;
	}
	(void)snprintf(why, sizeof(why), "cannot open the socket for %s: it needs the capability CAP_NET_RAW", failed);
fail:
	LOG(PING_CHECK_DHCP4_SRV_CONFIGURED_FAILED, why);
	(void)kea->set_text(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_REASON, why);
	return KEA_DROP;
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char threads[] = "ping-channel-threads";
	const struct kea_json *parameters = api->parameters(lib);
	struct ping *ping = calloc(1, sizeof(*ping));
	int64_t n;
	int err;

	messages_register(lib, api);
	if (!ping)
		return KEA_E_NOMEM;
	kea->set_context(lib, ping);
	if (kea->family(lib) != 4)
		return kea->fail(lib, NULL, "ping_check is for DHCPv4 only");
	settings_read(lib, parameters, threads, &ping->settings);
	(void)kea->scope_map(lib, "ping-check", KEA_SCOPE_NETWORK | KEA_SCOPE_SUBNET, settings_check);
	n = kea->param_int(lib, parameters, threads, 0, 0, CHANNELS_MAX);
	ping->n_channels = n ? (unsigned)n : 1;
	err = kea->on(lib, "dhcp4_srv_configured", dhcp4_srv_configured);
	if (!err)
		err = kea->on(lib, "lease4_offer", lease4_offer);
	if (!err && !kea->is_check(lib))
		LOG(PING_CHECK_LOAD_OK);
	return err;
}

void kea_hook_unload(struct kea_library *lib)
{
	struct ping *ping = kea->context(lib);

	if (!ping)
		return;
	end_channels(ping);
	if (!kea->is_check(lib))
		LOG(PING_CHECK_UNLOAD);
	free(ping);
}
