/* SPDX-License-Identifier: MPL-2.0 */
/*
 * lease_query: routers and access concentrators that have lost their tables ask which client has which address. Queries
 * by UDP of RFC 4388 and RFC 5007, bulk queries by TCP of RFC 6926 and RFC 5460, active queries of RFC 7724 and RFC
 * 7653.
 */
#include "lease_query/bulk.h"
#include "lease_query/messages.h"
#include "lease_query/stream.h"
#include "lease_query/tls.h"
#include "number.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

KEA_HOOK_LIBRARY

#define HOLD_SEC 3600 /* Kea's default of hold-reclaimed-time */

int kea_hook_threads(void)
{
	return 1;
}

bool is_requester(const struct lease_query *self, const void *addr, size_t len)
{
	for (unsigned i = 0; i < self->n_requesters && len == (self->family == 4 ? 4 : LINKS_ADDR); i++)
		if (!memcmp(self->requesters[i].addr, addr, len))
			return true;
	return false;
}

static int pkt_receive(struct kea_call *call)
{
	const struct lease_query *self = kea->context(kea->library(call));
	int64_t type = number_of(kea->argument(call, KEA_ARG_QUERY, 0), KEA_PACKET_TYPE);

	if (type != (self->family == 4 ? DHCPLEASEQUERY : LEASEQUERY) || !kea->config_context(call))
		return KEA_CONTINUE;
	return self->family == 4 ? query4(call) : query6(call);
}

/* --- a configuration --------------------------------------------------------------------------------------------- */

void plan_unref(struct plan *plan)
{
	struct plan **at = &plan->self->plans;

	if (--plan->refs)
		return;
	while (*at != plan)
		at = &(*at)->next;
	*at = plan->next;
	links_free(plan->links);
	free(plan);
}

static void plan_free(void *context)
{
	plan_unref(context);
}

static void log_lengths(const struct plan *plan)
{
	char text[4 * LINKS_LENGTHS + 1] = "";
	size_t n = 0;

	for (unsigned len = LINKS_LENGTHS - 1; len; len--)
		if (plan->has_len[len])
			n += (size_t)snprintf(text + n, sizeof(text) - n, n ? " %u" : "%u", len);
	LOG(DHCP6_LEASE_QUERY_PREFIX_LENGTH_LIST, text);
}

static int64_t read_hold(const struct kea_json *config)
{
	const struct kea_json *value =
		kea->json_get(kea->json_get(config, "expired-leases-processing"), "hold-reclaimed-time");

	return value ? kea->json_int(value) : HOLD_SEC;
}

static int srv_configured(struct kea_call *call)
{
	struct lease_query *self = kea->context(kea->library(call));
	struct plan *plan = calloc(1, sizeof(*plan));

	if (plan)
		plan->links = links_read(kea->config(call), self->family);
	if (!plan || !plan->links) {
		free(plan);
		(void)kea->set_text(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_REASON,
				    "lease_query: out of memory");
		return KEA_DROP;
	}
	memcpy(plan->has_len, self->has_len, sizeof(plan->has_len));
	if (!self->has_lengths)
		links_lengths(plan->links, plan->has_len);
	if (self->family == 6)
		log_lengths(plan);
	plan->hold_sec = read_hold(kea->config(call));
	plan->self = self;
	plan->next = self->plans;
	plan->refs = 1;
	self->plans = plan;
	(void)kea->set_config_context(call, plan, plan_free);
	if (self->bulk_conf.has_active)
		stream_note(self, plan->hold_sec);
	if (self->bulk)
		bulk_listen(self->bulk);
	return KEA_CONTINUE;
}

/* --- parameters -------------------------------------------------------------------------------------------------- */

static void read_requesters(struct lease_query *self, struct kea_library *lib)
{
	const struct kea_json *parameters = kea->parameters(lib), *list = kea->json_get(parameters, "requesters");
	size_t n = kea->json_count(list);

	if (kea->json_type(list) != KEA_JSON_LIST || !n || n > REQUESTERS_MAX) {
		(void)kea->fail(lib, list, "\"requesters\": expected a list of the addresses that may ask, 1 to %d",
				REQUESTERS_MAX);
		return;
	}
	self->requesters = calloc(n, sizeof(*self->requesters));
	for (size_t i = 0; self->requesters && i < n; i++) {
		const struct kea_json *value = kea->json_at(list, i, NULL);
		const char *text = kea->json_text(value);
		struct requester requester = { .addr = { 0 } };

		if (inet_pton(self->family == 4 ? AF_INET : AF_INET6, text, requester.addr) != 1)
			(void)kea->fail(lib, value, "\"requesters\": expected an IPv%d address", self->family);
		else if (is_requester(self, requester.addr, self->family == 4 ? 4 : LINKS_ADDR))
			(void)kea->fail(lib, value, "\"requesters\": %s is in the list already", text);
		else
			self->requesters[self->n_requesters++] = requester;
	}
}

static void read_lengths(struct lease_query *self, struct kea_library *lib)
{
	const struct kea_json *list = kea->json_get(kea->parameters(lib), "prefix-lengths");

	if (!list)
		return;
	if (kea->json_type(list) != KEA_JSON_LIST) {
		(void)kea->fail(lib, list, "\"prefix-lengths\": expected a list of lengths");
		return;
	}
	for (size_t i = 0; i < kea->json_count(list); i++) {
		const struct kea_json *value = kea->json_at(list, i, NULL);
		int64_t len = kea->json_int(value);

		if (kea->json_type(value) != KEA_JSON_INT || len < 1 || len > 128)
			(void)kea->fail(lib, value, "\"prefix-lengths\": expected a length of 1 to 128");
		else
			self->has_len[len] = self->has_lengths = true;
	}
}

static void read_address(struct lease_query *self, struct kea_library *lib, const struct kea_json *map)
{
	const char *text = kea->param_text(lib, map, "lease-query-ip", self->family == 4 ? "127.0.0.1" : "::1");

	if (inet_pton(self->family == 4 ? AF_INET : AF_INET6, text, self->bulk_conf.addr) != 1)
		(void)kea->fail(lib, kea->json_get(map, "lease-query-ip"),
				"\"lease-query-ip\": expected an IPv%d address", self->family);
}

/* Returns the value, or with a warning the limit, if the value is larger. */
static unsigned read_limited(struct kea_library *lib, const struct kea_json *map, const char *key, unsigned def,
			     unsigned min, unsigned limit)
{
	int64_t value = kea->param_int(lib, map, key, def, min, UINT32_MAX);

	if (value <= limit)
		return (unsigned)value;
	kea->warn(lib, kea->json_get(map, key), "\"%s\": more than %u mean %u", key, limit, limit);
	return limit;
}

/* Warns of those settings that are there. */
static void warn_without_effect(struct kea_library *lib, const struct kea_json *map, const char *const *keys,
				const char *why)
{
	for (; *keys; keys++)
		if (kea->json_get(map, *keys))
			kea->warn(lib, kea->json_get(map, *keys), "\"%s\" has no effect: %s", *keys, why);
}

/* Kea's settings of queries by TCP, and those of active queries. */
static void read_advanced(struct lease_query *self, struct kea_library *lib)
{
	static const char *const keys[] = {
		"bulk-query-enabled",
		"active-query-enabled",
		"extended-info-tables-enabled",
		"lease-query-ip",
		"lease-query-tcp-port",
		"max-bulk-query-threads",
		"max-requester-connections",
		"max-concurrent-queries",
		"max-requester-idle-time",
		"max-leases-per-fetch",
		"active-query-keepalive",
		"active-query-send-timeout",
		"trust-anchor",
		"cert-file",
		"key-file",
		"cert-required",
		"tls-required",
		NULL,
	};
	static const char *const of_kea[] = { "extended-info-tables-enabled", "max-bulk-query-threads", NULL };
	static const char *const of_tcp[] = { "lease-query-ip",
					      "lease-query-tcp-port",
					      "max-requester-connections",
					      "max-concurrent-queries",
					      "max-requester-idle-time",
					      "max-leases-per-fetch",
					      "cert-file",
					      NULL };
	static const char *const of_active[] = { "active-query-keepalive", "active-query-send-timeout", NULL };
	static const char *const of_tls[] = { "cert-required", NULL };
	const struct kea_json *map = kea->json_get(kea->parameters(lib), "advanced");
	struct bulk_conf *conf = &self->bulk_conf;

	(void)kea->param_keys(lib, map, keys);
	conf->has_bulk = kea->param_bool(lib, map, "bulk-query-enabled", 0);
	conf->has_active = kea->param_bool(lib, map, "active-query-enabled", 0);
	(void)kea->param_bool(lib, map, "extended-info-tables-enabled", 0);
	(void)kea->param_int(lib, map, "max-bulk-query-threads", 0, 0, UINT32_MAX);
	warn_without_effect(lib, map, of_kea, "queries need no threads and no tables of their own");
	read_address(self, lib, map);
	conf->port = (uint16_t)kea->param_int(lib, map, "lease-query-tcp-port", self->family == 4 ? 67 : 547, 1, 65535);
	conf->connections_max = (unsigned)kea->param_int(lib, map, "max-requester-connections", 10, 1, 10000);
	conf->queries_max = read_limited(lib, map, "max-concurrent-queries", 0, 0, QUERIES_MAX);
	if (!conf->queries_max)
		conf->queries_max = QUERIES_MAX;
	conf->idle_ms = 1000 * kea->param_int(lib, map, "max-requester-idle-time", 300, 1, INT32_MAX / 1000);
	conf->fetch = read_limited(lib, map, "max-leases-per-fetch", 100, 1, FETCH_MAX);
	conf->keepalive_ms = 1000 * kea->param_int(lib, map, "active-query-keepalive", 60, 1, 3600);
	conf->send_ms = 1000 * kea->param_int(lib, map, "active-query-send-timeout", 120, 1, 3600);
	conf->requires_tls = kea->param_bool(lib, map, "tls-required", 0);
	if (!conf->has_bulk && !conf->has_active)
		warn_without_effect(lib, map, of_tcp, "queries by TCP are not enabled");
	if (!conf->has_active)
		warn_without_effect(lib, map, of_active, "active queries are not enabled");
	if (!kea->json_get(map, "cert-file"))
		warn_without_effect(lib, map, of_tls, "there is no \"cert-file\"");
	self->tls = tls_read_config(lib, map);
	if (conf->requires_tls && !kea->json_get(map, "cert-file"))
		(void)kea->fail(lib, kea->json_get(map, "tls-required"),
				"\"tls-required\" needs \"trust-anchor\", \"cert-file\" and \"key-file\"");
}

static void read_parameters(struct lease_query *self, struct kea_library *lib)
{
	static const char *const keys4[] = { "requesters", "advanced", NULL };
	static const char *const keys6[] = { "requesters", "prefix-lengths", "advanced", NULL };

	(void)kea->param_keys(lib, kea->parameters(lib), self->family == 4 ? keys4 : keys6);
	read_requesters(self, lib);
	if (self->family == 6)
		read_lengths(self, lib);
	read_advanced(self, lib);
}

/* --- statistics --------------------------------------------------------------------------------------------------- */

static void add_stats(struct lease_query *self, struct kea_library *lib)
{
	/* After "pkt4-" or "pkt6-". */
	static const char *const names[LQ_STATS] = {
		[LQ_BULK_RECEIVED] = "bulk-lease-query-received",
		[LQ_ACTIVE_RECEIVED] = "active-lease-query-received",
		[LQ_REJECTED] = "tcp-lease-query-rejected",
		[LQ_LEASES_SENT] = "lease-query-leases-sent",
		[LQ_CHANGES_SENT] = "lease-query-changes-sent",
		[LQ_CONNECTIONS_ACCEPTED] = "lease-query-connections-accepted",
		[LQ_CONNECTIONS_REJECTED] = "lease-query-connections-rejected",
		[LQ_CONNECTIONS_DROPPED] = "lease-query-connections-dropped",
	};
	char name[64];

	for (unsigned i = 0; i < LQ_STATS; i++) {
		(void)snprintf(name, sizeof(name), "pkt%d-%s", self->family, names[i]);
		self->stats[i] = kea->stat(lib, name);
	}
}

/* --- life -------------------------------------------------------------------------------------------------------- */

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	struct lease_query *self = calloc(1, sizeof(*self));
	int err;

	messages_register(lib, api);
	if (!self)
		return KEA_E_NOMEM;
	kea->set_context(lib, self);
	self->lib = lib;
	self->family = kea->family(lib);
	read_parameters(self, lib);
	if (self->bulk_conf.has_bulk || self->bulk_conf.has_active) {
		add_stats(self, lib);
		self->bulk = bulk_new(lib, self);
	}
	err = kea->on(lib, "dhcp#_srv_configured", srv_configured);
	if (!err)
		err = kea->on(lib, "pkt#_receive", pkt_receive);
	if (!err && !kea->is_check(lib))
		LOG(LEASE_QUERY_LOAD_OK, self->n_requesters);
	return err;
}

void kea_hook_unload(struct kea_library *lib)
{
	struct lease_query *self = kea->context(lib);

	if (!self)
		return;
	if (!kea->is_check(lib))
		LOG(LEASE_QUERY_UNLOAD_OK);
	bulk_free(self->bulk);
	kea->feed_free(self->deletions);
	tls_free(self->tls);
	free(self->requesters);
	free(self);
}
