/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the DNS gets to know: the client's name, where it came from, and the records that are asked for, or why none
 * are.
 */
#include "serve/explain_json.h"

#include "serve/binding.h"
#include "serve/classify.h"
#include "serve/event.h"
#include "serve/family.h"
#include "serve/lease_dns.h"
#include "serve/name.h"

static const char *const sources[] = {
	[NAME_FROM_NOTHING] = NULL,
	[NAME_FROM_HOST] = "the reservation",
	[NAME_FROM_FQDN] = "the client's FQDN option",
	[NAME_FROM_HOSTNAME] = "the client's host name option",
	[NAME_FROM_ADDRESS] = "the address, by ddns-replace-client-name and ddns-generated-prefix",
};

/* Returns the outermost scope that has this naming: scopes that set none of its keys share that of the outer one. */
static void naming_scope(const struct request *req, const struct pool *pool, const struct naming *naming,
			 char buf[SCOPE_TEXT_MAX])
{
	const struct subnet *sub = pool ? pool->sub : req->sub ? req->sub : req->chosen;
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];

	if (naming == req->cfg->plan.naming || !sub)
		(void)snprintf(buf, SCOPE_TEXT_MAX, "global");
	else if (sub->net && naming == sub->net->naming)
		(void)snprintf(buf, SCOPE_TEXT_MAX, "shared network %s", sub->net->name);
	else if (naming == sub->naming)
		(void)snprintf(buf, SCOPE_TEXT_MAX, "subnet %u", sub->id);
	else
		(void)snprintf(buf, SCOPE_TEXT_MAX, "pool %s-%s", pool ? ip_format(&pool->first, first) : "",
			       pool ? ip_format(&pool->last, last) : "");
}

/* NULL: nothing keeps the server from updating both records. */
static const char *why_not(const struct request *req, const struct name *name, const struct naming *naming)
{
	for (unsigned i = 0; i < req->n_bindings && !name->len; i++)
		if (req->bindings[i].is_granted && req->bindings[i].lease.hostname[0])
			return "the message has no name: the lease keeps its own";
	if (!name->len)
		return name->from == NAME_FROM_NOTHING ? "the client has no name" : "the name is not usable";
	if (name->fwd && name->rev)
		return NULL;
	if (!req->cfg->ncr_target.is_enabled)
		return "enable-updates of dhcp-ddns is false";
	if (is_in_class(req, CLASS_BIT_SKIP_DDNS))
		return "the client is in class SKIP_DDNS";
	if (!naming->sends)
		return "ddns-send-updates is false";
	if (!name->is_fqdn)
		return "the client has not sent the FQDN option";
	if (name->n)
		return "the client asks for no updates, and ddns-override-no-update is false";
	return "the client updates its address itself, and ddns-override-client-update is false";
}

static void add_name(struct json_object *map, const struct request *req)
{
	const struct name *name = req->name;
	const struct binding *b = req->n_bindings ? &req->bindings[0] : NULL;
	const struct pool *pool = NULL;
	char scope[SCOPE_TEXT_MAX];

	for (unsigned i = 0; i < req->n_bindings && !pool; i++, b++)
		pool = b->candidate.exists ? b->candidate.pool : NULL;
	explain_text(map, "name", name->text);
	explain_text(map, "name-from", sources[name->from]);
	if (name_has_suffix(name, name->naming))
		explain_text(map, "qualifying-suffix", name->naming->suffix);
	naming_scope(req, pool, name->naming, scope);
	explain_text(map, "scope", scope);
	json_object_object_add(map, "forward", json_object_new_boolean(name->len && name->fwd));
	json_object_object_add(map, "reverse", json_object_new_boolean(name->len && name->rev));
	explain_text(map, "why", why_not(req, name, name->naming));
}

static void add_update(struct json_object *list, const struct request *req, const char *what, const struct lease *lease)
{
	struct json_object *map;
	struct lease_dns how;
	char addr[IP_TEXT_MAX];

	if (!lease || !req->cfg->ncr_target.is_enabled)
		return;
	how = lease_dns_how(req->cfg, lease);
	map = json_object_new_object();
	explain_text(map, "what", what);
	explain_text(map, "name", lease->hostname);
	explain_text(map, "address", ip_format(&lease->addr, addr));
	json_object_object_add(map, "forward", json_object_new_boolean(lease->fqdn_fwd));
	json_object_object_add(map, "reverse", json_object_new_boolean(lease->fqdn_rev));
	json_object_object_add(map, "ttl", json_object_new_int64(how.ttl));
	explain_text(map, "conflict-resolution-mode", ncr_mode_words[how.mode]);
	json_object_array_add(list, map);
}

static void add_updates(struct json_object *list, const struct request *req, const struct store_change *change)
{
	const struct lease *old, *new;

	lease_dns_difference(req->cfg, change, &old, &new);
	add_update(list, req, "remove", old);
	add_update(list, req, "add", new);
}

/* An offer changes nothing; this is what follows from it. */
static void add_offered(struct json_object *list, const struct request *req)
{
	for (unsigned i = 0; i < req->n_bindings; i++) {
		const struct binding *b = &req->bindings[i];
		struct store_change change = { .kind = CHANGE_INSERT, .new = b->lease, .old = b->candidate.lease };

		if (b->is_granted)
			add_updates(list, req, &change);
	}
}

void explain_name(const struct request *req, struct json_object *map)
{
	struct json_object *dns = json_object_new_object(), *list = json_object_new_array();
	bool is_offer = false;

	if (req->name)
		add_name(dns, req);
	for (unsigned i = 0; i < req->n_events; i++)
		is_offer |= req->events[i].kind == EVENT_OFFERED;
	for (unsigned i = 0; i < req->n_changes && !is_offer; i++)
		add_updates(list, req, &req->changes[i]);
	if (is_offer)
		add_offered(list, req);
	if (is_offer && json_object_array_length(list))
		explain_text(dns, "when", "once the lease is assigned");
	if (req->name || json_object_array_length(list)) {
		json_object_object_add(dns, "updates", json_object_get(list));
		json_object_object_add(map, "dns", json_object_get(dns));
	}
	json_object_put(list);
	json_object_put(dns);
}
