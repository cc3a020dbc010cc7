/* SPDX-License-Identifier: MPL-2.0 */
/*
 * limits: how many leases the members of a class or the clients in a subnet may have, and how many of their messages
 * get a response. Leases of subnets are counted by the server, those of classes here: each lease has its classes in its
 * user context, from which they are counted when a configuration is put into service.
 */
#include "label.h"
#include "limits/context.h"
#include "limits/messages.h"
#include "limits/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT_MAX 8192
#define CLASSES_MAX 64

enum { IA_PD_TYPE = 2, STATE_DEFAULT = 0 };

/* A lease that is counted, but not stored yet. */
struct pending {
	struct pending *next;
	struct counts_key key;
	struct counts_classes before;
};

/* Of a message, in its memory. */
struct packet {
	struct counts *counts;
	struct pending *pending;
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

static const struct limits *limits_of(struct kea_call *call)
{
	return kea->context(kea->library(call));
}

/* --- rates ----------------------------------------------------------------------------------------------------- */

static int subnet_select(struct kea_call *call)
{
	const struct rules *rules = kea->config_context(call);
	const struct kea_object *subnet = kea->argument(call, KEA_ARG_SUBNET, 0);
	int64_t now = kea->now_ms(), id;
	const struct rule *rule;
	char label[LABEL_MAX];

	for (size_t i = 0; rules && i < rules->n_classes; i++) {
		rule = &rules->classes[i];
		if (!rule->rate || kea->class_has(call, rule->name) != 1)
			continue;
		if (!rate_take(rule_rate(rule), now)) {
			LOG(LIMITS_PACKET_WITH_CLIENT_CLASSES_RATE_LIMIT_DROPPED, label_of(call, label),
			    rule->rate_text, rule->name);
			return KEA_DROP;
		}
	}
	if (!rules || !subnet || kea->get_int(subnet, KEA_SUBNET_ID, &id) < 0)
		return KEA_CONTINUE;
	rule = rules_subnet(rules, id);
	if (!rule || !rule->rate || rate_take(rule_rate(rule), now))
		return KEA_CONTINUE;
	LOG(LIMITS_PACKET_WITH_SUBNET_ID_RATE_LIMIT_DROPPED, label_of(call, label), rule->rate_text, (long long)id);
	return KEA_DROP;
}

/* --- leases of subnets ------------------------------------------------------------------------------------------ */

static bool is_prefix(const struct kea_object *lease)
{
	int64_t type;

	return kea->get_int(lease, KEA_LEASE_TYPE, &type) == 0 && type == IA_PD_TYPE;
}

/* True if the lease takes the place of one that is counted. */
static bool replaces(struct kea_call *call, int64_t subnet_id)
{
	const struct kea_object *old = kea->argument(call, KEA_ARG_OLD_LEASE, 0);
	int64_t state, id;

	return old && kea->get_int(old, KEA_LEASE_STATE, &state) == 0 && state == STATE_DEFAULT &&
	       kea->get_int(old, KEA_LEASE_SUBNET_ID, &id) == 0 && id == subnet_id;
}

static bool fits_subnet(struct kea_call *call, const struct rules *rules, const struct kea_object *lease)
{
	bool prefix = is_prefix(lease);
	const struct rule *rule;
	char label[LABEL_MAX];
	int64_t id, n;

	if (kea->get_int(lease, KEA_LEASE_SUBNET_ID, &id) < 0)
		return true;
	rule = rules_subnet(rules, id);
	if (!rule || !rule->has[prefix] || replaces(call, id))
		return true;
	n = kea->lease_count(call, (uint32_t)id, prefix);
	if (n < rule->max[prefix])
		return true;
	LOG(LIMITS_LEASE_LIMIT_EXCEEDED, label_of(call, label), prefix ? "prefix" : "address", rule->max[prefix],
	    "subnet", rule->name, (long long)n);
	return false;
}

/* --- leases of classes ------------------------------------------------------------------------------------------ */

static bool make_key(const struct kea_object *lease, struct counts_key *key)
{
	size_t len;
	const void *addr = kea->get_bytes(lease, KEA_LEASE_ADDRESS, &len);

	*key = (struct counts_key){ .is_prefix = is_prefix(lease) };
	if (!addr || len > sizeof(key->addr))
		return false;
	memcpy(key->addr, addr, len);
	return true;
}

/* The limited classes that the client is in; names[i] is that of v[i]. */
static void classes_of(struct kea_call *call, const struct rules *rules, bool prefix, struct counts_classes *classes,
		       const char *names[COUNTS_PER_LEASE])
{
	classes->n = 0;
	for (size_t i = 0; i < rules->n_classes && classes->n < COUNTS_PER_LEASE; i++) {
		const struct rule *rule = &rules->classes[i];

		if (rule->class < 0 || kea->class_has(call, rule->name) != 1)
			continue;
		names[classes->n] = rule->name;
		classes->limits[classes->n] = rule->has[prefix] ? rule->max[prefix] : UINT32_MAX;
		classes->v[classes->n++] = (uint16_t)rule->class;
	}
}

static void remember_classes(struct kea_call *call, struct kea_object *lease)
{
	char old[CONTEXT_MAX], fresh[CONTEXT_MAX];
	const char *names[CLASSES_MAX];
	struct kea_json *context;
	size_t n = 0;
	int len = kea->get_text(lease, KEA_LEASE_USER_CONTEXT, old, sizeof(old));

	while (n < CLASSES_MAX && (names[n] = kea->class_at(call, (unsigned)n)) != NULL)
		n++;
	if (len < 0 || len >= (int)sizeof(old))
		return;
	context = len ? kea->json_read(old, (size_t)len) : NULL;
	if (context_write(context, names, n, fresh, sizeof(fresh)))
		(void)kea->set_text(lease, KEA_LEASE_USER_CONTEXT, fresh);
	kea->json_free(context);
}

static void packet_ended(void *context)
{
	const struct packet *packet = context;

	for (const struct pending *at = packet->pending; at; at = at->next)
		counts_set(packet->counts, &at->key, &at->before);
}

/* What is counted for the message is taken back if it is not stored. False: there is no memory. */
static bool note(struct kea_call *call, struct counts *counts, const struct counts_key *key,
		 const struct counts_classes *before)
{
	struct packet *packet = kea->packet_context(call, sizeof(*packet), packet_ended);
	struct pending *pending = kea->packet_alloc(call, sizeof(*pending));

	if (!packet || !pending)
		return false;
	*pending = (struct pending){ packet->pending, *key, *before };
	packet->counts = counts;
	packet->pending = pending;
	return true;
}

/* is_new: the limits apply, else the client has the lease already. */
static bool fits_classes(struct kea_call *call, const struct rules *rules, struct kea_object *lease, bool is_new)
{
	struct counts *counts = limits_of(call)->counts;
	const char *names[COUNTS_PER_LEASE];
	struct counts_classes classes, before;
	struct counts_key key;
	char label[LABEL_MAX];
	int64_t is_fake = 0;
	int exceeded;

	if (!make_key(lease, &key))
		return true;
	(void)kea->get_int(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_FAKE, &is_fake);
	classes_of(call, rules, key.is_prefix, &classes, names);
	for (unsigned i = 0; i < classes.n && !is_new; i++)
		classes.limits[i] = UINT32_MAX;
	exceeded = counts_take(counts, &key, &classes, is_fake, &before);
	if (exceeded >= 0) {
		LOG(LIMITS_LEASE_LIMIT_EXCEEDED, label_of(call, label), key.is_prefix ? "prefix" : "address",
		    classes.limits[exceeded], "class", names[exceeded], (long long)classes.limits[exceeded]);
		return false;
	}
	if (is_fake)
		return true;
	remember_classes(call, lease);
	if (note(call, counts, &key, &before))
		return true;
	counts_set(counts, &key, &before);
	return false;
}

/* --- the points of leases --------------------------------------------------------------------------------------- */

static int lease_select(struct kea_call *call)
{
	const struct rules *rules = kea->config_context(call);
	struct kea_object *lease = kea->argument(call, KEA_ARG_LEASE, 0);
	char label[LABEL_MAX];

	if (!rules || !rules->limits_leases || !lease)
		return KEA_CONTINUE;
	if (!fits_subnet(call, rules, lease) || !fits_classes(call, rules, lease, true))
		return KEA_SKIP;
	LOG(LIMITS_LEASE_WITHIN_LIMITS, label_of(call, label));
	return KEA_CONTINUE;
}

static int lease_renew(struct kea_call *call)
{
	const struct rules *rules = kea->config_context(call);
	struct kea_object *lease = kea->argument(call, KEA_ARG_LEASE, 0);

	if (rules && rules->limits_leases && lease)
		(void)fits_classes(call, rules, lease, false);
	return KEA_CONTINUE;
}

static void confirm(struct packet *packet, const struct counts_key *key)
{
	struct pending **at = &packet->pending;

	while (*at) {
		if (!memcmp((*at)->key.addr, key->addr, COUNTS_ADDR) && (*at)->key.is_prefix == key->is_prefix)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}

static int leases_committed(struct kea_call *call)
{
	static const struct counts_classes none;
	struct packet *packet = kea->packet_context(call, sizeof(*packet), packet_ended);
	struct kea_object *lease;
	struct counts_key key;

	for (unsigned i = 0; (lease = kea->argument(call, KEA_ARG_LEASES, i)) != NULL; i++) {
		int64_t state;

		if (!make_key(lease, &key))
			continue;
		if (packet)
			confirm(packet, &key);
		if (kea->get_int(lease, KEA_LEASE_STATE, &state) == 0 && state != STATE_DEFAULT)
			counts_set(limits_of(call)->counts, &key, &none);
	}
	for (unsigned i = 0; (lease = kea->argument(call, KEA_ARG_DELETED_LEASES, i)) != NULL; i++)
		if (make_key(lease, &key))
			counts_set(limits_of(call)->counts, &key, &none);
	return KEA_CONTINUE;
}

static int lease_expire(struct kea_call *call)
{
	static const struct counts_classes none;
	const struct kea_object *lease = kea->argument(call, KEA_ARG_LEASE, 0);
	struct counts_key key;

	if (lease && make_key(lease, &key))
		counts_set(limits_of(call)->counts, &key, &none);
	return KEA_CONTINUE;
}

/* --- counting what is stored ------------------------------------------------------------------------------------ */

static void see(const struct kea_object *lease, void *context)
{
	const struct limits *limits = context;
	struct counts_classes classes = { 0 };
	char text[CONTEXT_MAX];
	const struct kea_json *list;
	struct kea_json *json;
	struct counts_key key;
	int64_t state;
	int len;

	if (kea->get_int(lease, KEA_LEASE_STATE, &state) < 0 || state != STATE_DEFAULT || !make_key(lease, &key))
		return;
	len = kea->get_text(lease, KEA_LEASE_USER_CONTEXT, text, sizeof(text));
	if (len <= 0 || len >= (int)sizeof(text) || !strstr(text, "client-classes"))
		return;
	json = kea->json_read(text, (size_t)len);
	list = context_classes(json);
	for (size_t i = 0; i < kea->json_count(list) && classes.n < COUNTS_PER_LEASE; i++) {
		int class = counts_find_class(limits->counts, kea->json_text(kea->json_at(list, i, NULL)));

		if (class >= 0)
			classes.v[classes.n++] = (uint16_t) class;
	}
	kea->json_free(json);
	if (classes.n)
		counts_seen(limits->counts, &key, &classes);
}

static void recount(struct kea_call *call, struct limits *limits)
{
	counts_begin(limits->counts);
	(void)kea->lease_walk(call, see, limits);
	counts_end(limits->counts);
}

static bool limits_classes(const struct rules *rules)
{
	for (size_t i = 0; i < rules->n_classes; i++)
		if (rules->classes[i].class >= 0)
			return true;
	return false;
}

/* Commands may have changed any lease. */
static int command_processed(struct kea_call *call)
{
	const struct rules *rules = kea->config_context(call);
	const struct kea_object *self = kea->argument(call, KEA_ARG_CALL, 0);
	char name[64];
	int64_t result;

	if (!rules || !limits_classes(rules) || kea->get_int(self, KEA_CALL_RESULT, &result) < 0 ||
	    result != KEA_SUCCESS || kea->get_text(self, KEA_CALL_COMMAND, name, sizeof(name)) < 0 ||
	    strncmp(name, "lease", 5) != 0)
		return KEA_CONTINUE;
	if (strstr(name, "-add") || strstr(name, "-update") || strstr(name, "-del") || strstr(name, "-wipe") ||
	    strstr(name, "-apply"))
		recount(call, kea->context(kea->library(call)));
	return KEA_CONTINUE;
}

/* --- life ------------------------------------------------------------------------------------------------------- */

static void config_ended(void *context)
{
	rules_free(context);
}

static int srv_configured(struct kea_call *call)
{
	struct limits *limits = kea->context(kea->library(call));
	char why[256];
	struct rules *rules = rules_read(limits, kea->config(call), why, sizeof(why));

	if (!rules) {
		(void)kea->set_text(kea->argument(call, KEA_ARG_CALL, 0), KEA_CALL_REASON, why);
		return KEA_DROP;
	}
	(void)kea->set_config_context(call, rules, config_ended);
	if (limits_classes(rules))
		recount(call, limits);
	return KEA_CONTINUE;
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { NULL };
	static const struct {
		const char *point;
		kea_hook_fn *fn;
	} points[] = {
		{ "dhcp#_srv_configured", srv_configured }, { "subnet#_select", subnet_select },
		{ "lease#_select", lease_select },          { "lease#_renew", lease_renew },
		{ "lease6_rebind", lease_renew },           { "leases#_committed", leases_committed },
		{ "lease#_expire", lease_expire },          { "command_processed", command_processed },
	};
	struct limits *limits = calloc(1, sizeof(*limits));
	int err = 0;

	messages_register(lib, api);
	if (!limits)
		return KEA_E_NOMEM;
	kea->set_context(lib, limits);
	limits->family = kea->family(lib);
	limits->counts = counts_new();
	(void)kea->param_keys(lib, kea->parameters(lib), keys);
	(void)kea->scope_map(lib, "limits", KEA_SCOPE_SUBNET | KEA_SCOPE_CLASS, rules_check);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]) && !err; i++)
		err = kea->on(lib, points[i].point, points[i].fn);
	return limits->counts ? err : KEA_E_NOMEM;
}

void kea_hook_unload(struct kea_library *lib)
{
	struct limits *limits = kea->context(lib);

	if (!limits)
		return;
	counts_free(limits->counts);
	free(limits);
}
