/* SPDX-License-Identifier: MPL-2.0 */
/* Reads from a request what was decided about it. Nothing here decides. */
#include "serve/explain_json.h"

#include "base/str.h"
#include "host/chain.h"
#include "host/file.h"
#include "serve/binding.h"
#include "serve/classify.h"
#include "serve/event.h"
#include "serve/family.h"
#include "serve/pipeline.h"
#include "serve/refuse.h"
#include "serve/report.h"
#include "serve/service.h"
#include "serve/trace.h"

#define CLASSES_MAX 1000 /* of a configuration with more, those that the client is in come first */

/* --- values ---------------------------------------------------------------- */

void explain_text(struct json_object *map, const char *name, const char *text)
{
	if (text && text[0])
		json_object_object_add(map, name, json_object_new_string(text));
}

static bool is_printable(struct bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i] < ' ' || bytes.data[i] > '~')
			return false;
	return true;
}

void explain_bytes(struct json_object *map, const char *name, struct bytes bytes)
{
	size_t size = 2 * bytes.len + 3;
	char *text = xmalloc(size);

	if (is_printable(bytes)) {
		(void)snprintf(text, size, "'%.*s'", (int)bytes.len, bytes.len ? (const char *)bytes.data : "");
	} else {
		memcpy(text, "0x", 2);
		(void)bytes_to_hex(bytes, 0, text + 2, size - 2);
	}
	json_object_object_add(map, name, json_object_new_string(text));
	free(text);
}

static void add_hex(struct json_object *map, const char *name, struct bytes bytes, char sep)
{
	size_t size = 3 * bytes.len + 1;
	char *text = xmalloc(size);

	(void)bytes_to_hex(bytes, sep, text, size);
	json_object_object_add(map, name, json_object_new_string(text));
	free(text);
}

static void add_int(struct json_object *map, const char *name, int64_t value)
{
	json_object_object_add(map, name, json_object_new_int64(value));
}

static void add_printf(struct json_object *map, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void add_printf(struct json_object *map, const char *name, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	explain_text(map, name, str_text(&text));
	str_free(&text);
}

static void add_ip(struct json_object *map, const char *name, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	explain_text(map, name, ip_format(ip, text));
}

/* "address" or "prefix". */
static void add_place(struct json_object *map, const struct prefix *prefix, enum lease_type type)
{
	char text[PREFIX_TEXT_MAX];

	if (type == LEASE_PD)
		explain_text(map, "prefix", prefix_format(prefix, text));
	else
		add_ip(map, "address", &prefix->addr);
}

static void add_pool(struct json_object *map, const struct pool *pool)
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];

	add_printf(map, "pool", "%s-%s", ip_format(&pool->first, first), ip_format(&pool->last, last));
	add_int(map, "subnet-id", pool->sub->id);
}

/* --- what is asked --------------------------------------------------------- */

static void add_message(struct json_object *map, const struct request *req)
{
	struct link_text link = { 0 };

	if (!pipeline_passed(req, step_accept))
		return;
	explain_text(map, "message", req->row->name);
	explain_text(map, "client", request_label(req));
	explain_text(map, "interface", req->in.ifname);
	req->fam->describe_link(req, &link);
	explain_text(map, "link", link.buf + strspn(link.buf, ", "));
}

static void add_response(struct json_object *map, const struct request *req)
{
	json_object_object_add(map, "response",
			       req->has_answer ? json_object_new_string(message_row(req->fam, req->answer_type)->name)
					       : NULL);
	if (req->drop && req->why)
		add_printf(map, "reason", "%s: %s", drop_rows[req->drop].name, req->why);
	else if (req->drop)
		explain_text(map, "reason", drop_rows[req->drop].name);
	else if (!req->has_answer)
		explain_text(map, "reason", "the protocol has no response to this message");
	else if (req->status_text)
		explain_text(map, "reason", req->status_text);
}

/* --- subnet ---------------------------------------------------------------- */

static const char *name_of_address(const struct select_query *query, const struct ip *addr)
{
	if (addr == &query->link_addr)
		return "the link that the message names";
	if (addr == &query->relay_addr)
		return "the relay's address";
	if (addr == &query->client_addr)
		return "the client's address";
	if (addr == &query->src_addr)
		return "the source address";
	return "the server's address on the interface";
}

static void add_rule(struct json_object *map, const struct request *req)
{
	struct select_query query = { 0 };
	char text[IP_TEXT_MAX];
	const struct ip *addr;
	enum selected by;

	req->fam->where(req, &query);
	by = report_selected_by(req->chosen, &query, &addr);
	if (by == SELECTED_BY_INTERFACE_ID)
		explain_text(map, "rule", "it has the interface-id of the relay");
	else if (by == SELECTED_BY_RELAY)
		add_printf(map, "rule", "it names the relay %s", ip_format(addr, text));
	else if (by == SELECTED_BY_INTERFACE)
		add_printf(map, "rule", "it names the interface %s", query.iface);
	else if (prefix_contains(&req->chosen->prefix, addr))
		add_printf(map, "rule", "it contains %s, %s", ip_format(addr, text), name_of_address(&query, addr));
	else
		add_printf(map, "rule", "it is in the shared network of %s, %s", ip_format(addr, text),
			   name_of_address(&query, addr));
}

/* Other subnets on the link, if the client's classes keep it out of them. */
static void add_closed(struct json_object *map, const struct request *req)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < link_size(req->chosen); i++)
		if (!subnet_allows(link_subnet(req->chosen, i), req->classes.bits))
			json_object_array_add(list, json_object_new_int64(link_subnet(req->chosen, i)->id));
	if (json_object_array_length(list))
		json_object_object_add(map, "closed-to-the-client", json_object_get(list));
	json_object_put(list);
}

static void add_subnet(struct json_object *map, const struct request *req)
{
	struct json_object *sub;
	char prefix[PREFIX_TEXT_MAX];

	if (!req->chosen && !pipeline_passed(req, step_choose))
		return;
	if (!req->chosen) {
		json_object_object_add(map, "subnet", NULL);
		return;
	}
	sub = json_object_new_object();
	add_int(sub, "id", req->chosen->id);
	explain_text(sub, "subnet", prefix_format(&req->chosen->prefix, prefix));
	explain_text(sub, "shared-network", req->chosen->net ? req->chosen->net->name : NULL);
	add_rule(sub, req);
	add_closed(sub, req);
	json_object_object_add(map, "subnet", sub);
}

/* --- classes --------------------------------------------------------------- */

static bool is_reserved_class(const struct request *req, const char *name)
{
	const struct host *hosts[] = { req->host, req->global_host };

	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; hosts[k] && hosts[k]->extra && i < hosts[k]->extra->n_classes; i++)
			if (!strcmp(hosts[k]->extra->classes[i], name))
				return true;
	return false;
}

/* Why the client is in a class that no test of its own decides. */
static const char *origin_of(const struct request *req, unsigned number)
{
	const char *name = req->cfg->classes.v[number].name;

	if (number < CLASS_BITS_BUILT_IN && number != CLASS_BIT_DROP && number != CLASS_BIT_SKIP_DDNS)
		return "built in";
	if (is_reserved_class(req, name))
		return "reservation";
	if (!strncmp(name, VENDOR_CLASS_PREFIX, strlen(VENDOR_CLASS_PREFIX)))
		return "vendor class of the message";
	if (!strncmp(name, SPAWN_PREFIX, strlen(SPAWN_PREFIX)))
		return "template";
	return "evaluate-additional-classes";
}

static void add_test(struct json_object *map, const struct request *req, const struct client_class *class)
{
	struct eval ev = classify_eval(req);
	struct eval_reason why;

	ev.n_order = req->classes.n;
	eval_begin(&ev);
	explain_text(map, "test", class->test_text);
	if (class->is_template) {
		explain_bytes(map, "value", eval_text(class->test, &ev));
		return;
	}
	why = eval_why(class->test, &ev);
	if (class->test_text && why.to > why.from && why.to <= strlen(class->test_text))
		add_printf(map, "because", "%.*s is %s", (int)(why.to - why.from), class->test_text + why.from,
			   why.value ? "true" : "false");
	if (why.has_left)
		explain_bytes(map, "value", why.left);
}

static void add_class(struct json_object *list, const struct request *req, unsigned number, bool is_evaluated)
{
	const struct client_class *class = &req->cfg->classes.v[number];
	struct json_object *map = json_object_new_object();

	explain_text(map, "name", class->name);
	json_object_object_add(map, "member", json_object_new_boolean(is_in_class(req, number)));
	if (is_evaluated && class->test)
		add_test(map, req, class);
	else
		explain_text(map, "from", origin_of(req, number));
	json_object_array_add(list, map);
}

static bool is_among(const unsigned *v, unsigned n, unsigned number)
{
	for (unsigned i = 0; i < n; i++)
		if (v[i] == number)
			return true;
	return false;
}

static bool is_evaluated(const struct request *req, unsigned number)
{
	const struct classes *classes = &req->cfg->classes;
	const struct pool *pools[] = { req->pool, req->second_pool };

	if (is_among(classes->early, classes->n_early, number))
		return true;
	if (pipeline_passed(req, step_host) && is_among(classes->late, classes->n_late, number))
		return true;
	if (!req->has_answer || !req->sub)
		return false;
	if (is_among(req->sub->additional.v, req->sub->additional.n, number) ||
	    (req->sub->net && is_among(req->sub->net->additional.v, req->sub->net->additional.n, number)))
		return true;
	for (unsigned i = 0; i < 2; i++)
		if (pools[i] && is_among(pools[i]->additional.v, pools[i]->additional.n, number))
			return true;
	return false;
}

static void add_classes(struct json_object *map, const struct request *req)
{
	struct json_object *list;
	unsigned n_left = CLASSES_MAX, n_cut = 0;

	if (!req->classes.bits)
		return;
	list = json_object_new_array();
	for (unsigned i = 0; i < req->classes.n && n_left; i++, n_left--)
		add_class(list, req, req->classes.order[i], is_evaluated(req, req->classes.order[i]));
	for (unsigned i = 0; i < req->cfg->classes.n; i++) {
		if (is_in_class(req, i) || !is_evaluated(req, i))
			continue;
		if (n_left)
			add_class(list, req, i, true);
		n_cut += !n_left;
		n_left -= n_left != 0;
	}
	json_object_object_add(map, "classes", list);
	if (n_cut)
		add_int(map, "classes-left-out", n_cut);
}

/* --- reservation ----------------------------------------------------------- */

static const char *source_of(const struct request *req, const struct host *host)
{
	for (unsigned i = 0; i < host_chain_size(req->cfg->hosts); i++)
		if (host_file_has(host_chain_at(req->cfg->hosts, i), host))
			return "configuration";
	return "hosts-databases";
}

static struct json_object *places_of(const struct host *host)
{
	struct json_object *list = json_object_new_array();
	char text[PREFIX_TEXT_MAX];

	for (unsigned i = 0; i < host->n_places; i++)
		json_object_array_add(list,
				      json_object_new_string(host->places[i].is_delegated
								     ? prefix_format(&host->places[i].prefix, text)
								     : ip_format(&host->places[i].prefix.addr, text)));
	return list;
}

static void add_reservation(struct json_object *map, const struct request *req)
{
	const struct host *host = req->host ? req->host : req->global_host;
	struct json_object *ret;

	if (!pipeline_passed(req, step_host) && !host)
		return;
	if (!host) {
		json_object_object_add(map, "reservation", NULL);
		return;
	}
	ret = json_object_new_object();
	explain_text(ret, "identifier-type", host_id_rows[host->id.type].name);
	add_hex(ret, "identifier", host->id.value, ':');
	if (host->subnet_id)
		add_int(ret, "subnet-id", host->subnet_id);
	else
		json_object_object_add(ret, "global", json_object_new_boolean(true));
	explain_text(ret, "source", source_of(req, host));
	explain_text(ret, "hostname", host->hostname);
	json_object_object_add(ret, "addresses", places_of(host));
	json_object_object_add(map, "reservation", ret);
}

/* --- bindings -------------------------------------------------------------- */

/* Where a candidate comes from. */
static const struct {
	const char *name, *doc;
} source_rows[] = {
	[SOURCE_RESERVED] = { "reservation", "reserved for the client" },
	[SOURCE_HELD] = { "lease", "the client has or had a lease for it" },
	[SOURCE_OFFERED] = { "offer", "it was offered to the client a moment ago" },
	[SOURCE_HINTED] = { "request", "the client asks for it" },
	[SOURCE_FREE] = { "free", "the allocator's next free one" },
	[SOURCE_ENDED] = { "expired", "nothing is free; this lease ended first" },
	[SOURCE_OVERTAKEN] = { "overtaken", "nothing is free; it was offered to a client that has not requested it" },
	[SOURCE_OWN] = { "own", "the client made it" },
};

static const char *lifetime_from(const struct request *req, enum class_sets what, char buf[SCOPE_TEXT_MAX])
{
	if (req->classes.sets & what)
		(void)snprintf(buf, SCOPE_TEXT_MAX, "class %s", first_class(req, what)->name);
	else
		(void)snprintf(buf, SCOPE_TEXT_MAX, "subnet");
	return buf;
}

static void add_lifetimes(struct json_object *map, const struct request *req, const struct binding *b)
{
	char scope[SCOPE_TEXT_MAX];

	add_int(map, "valid-lifetime", b->lease.valid);
	explain_text(map, "valid-lifetime-from", lifetime_from(req, CLASS_SETS_VALID, scope));
	if (!req->fam->one_lease) {
		add_int(map, "preferred-lifetime", b->lease.preferred);
		explain_text(map, "preferred-lifetime-from", lifetime_from(req, CLASS_SETS_PREFERRED, scope));
	}
	if (b->candidate.is_scarce)
		json_object_object_add(map, "is-reduced", json_object_new_boolean(true));
	if (b->is_reused)
		json_object_object_add(map, "is-unchanged", json_object_new_boolean(true));
}

/* Reserved addresses that are in no pool are from one without addresses. */
static bool is_outside(const struct pool *pool)
{
	const struct pool *outside = pool->sub->outside;

	return outside && (pool == &outside[0] || pool == &outside[1]);
}

static struct json_object *granted(const struct request *req, const struct binding *b)
{
	struct json_object *map = json_object_new_object();
	const struct candidate *c = &b->candidate;

	add_place(map, &c->prefix, b->ia->type);
	explain_text(map, "from", source_rows[c->source].name);
	explain_text(map, "why", source_rows[c->source].doc);
	if (c->pool && is_outside(c->pool))
		add_int(map, "subnet-id", c->pool->sub->id);
	else if (c->pool)
		add_pool(map, c->pool);
	add_lifetimes(map, req, b);
	return map;
}

static struct json_object *passed_over(const struct request *req, const struct ia *ia)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < req->trace->notes.n; i++) {
		const struct trace_note *note = &req->trace->notes.v[i];
		struct json_object *map;

		if (note->ia != ia)
			continue;
		map = json_object_new_object();
		if (note->pool) {
			add_pool(map, note->pool);
		} else {
			add_place(map, &note->prefix, ia->type);
			explain_text(map, "from", source_rows[note->source].name);
		}
		explain_text(map, "why", note->why);
		json_object_array_add(list, map);
	}
	return list;
}

static struct json_object *binding(const struct request *req, const struct ia *ia)
{
	struct json_object *map = json_object_new_object(), *list = json_object_new_array(), *passed;

	explain_text(map, "type", ia->type == LEASE_PD ? "prefix" : "address");
	if (!req->fam->one_lease)
		add_int(map, "iaid", ia->iaid);
	for (unsigned i = 0; i < ia->n_bindings; i++)
		if (ia->bindings[i].is_granted)
			json_object_array_add(list, granted(req, &ia->bindings[i]));
	if (ia->has_status && ia->text)
		explain_text(map, "reason", ia->text);
	else if (ia->policy && !json_object_array_length(list))
		explain_text(map, "reason", refusal_text(refusal_of_ia(req, ia), ia));
	json_object_object_add(map, "granted", list);
	if (req->has_answer && req->fam->explain_times)
		req->fam->explain_times(req, ia, map);
	passed = passed_over(req, ia);
	if (json_object_array_length(passed))
		json_object_object_add(map, "passed-over", json_object_get(passed));
	json_object_put(passed);
	return map;
}

static void add_bindings(struct json_object *map, const struct request *req)
{
	struct json_object *list;

	if (!pipeline_passed(req, step_propose) || !req->n_ias)
		return;
	list = json_object_new_array();
	for (unsigned i = 0; i < req->n_ias; i++)
		json_object_array_add(list, binding(req, &req->ias[i]));
	json_object_object_add(map, "bindings", list);
	if (req->trace->is_cut)
		json_object_object_add(map, "is-cut", json_object_new_boolean(true));
}

/* --- decisions ------------------------------------------------------------- */

static const char *const event_names[EVENT_N] = {
	[EVENT_OFFERED] = "offered",
	[EVENT_ASSIGNED] = "assigned",
	[EVENT_RENEWED] = "renewed",
	[EVENT_REUSED] = "confirmed unchanged",
	[EVENT_REGISTERED] = "registered",
	[EVENT_REVOKED] = "revoked",
	[EVENT_RELEASED] = "released",
	[EVENT_DECLINED] = "declined",
	[EVENT_DECLINE_LIMIT] = "declined, but the client declines too often",
	[EVENT_UNAVAILABLE] = "nothing is available",
	[EVENT_MAX_LEASES] = "max-leases-per-client reached",
	[EVENT_REFUSED] = "refused",
	[EVENT_REBOOT] = "the client has rebooted",
	[EVENT_REBOOT_REFUSED] = "refused: the address is not the client's",
	[EVENT_REBOOT_UNKNOWN] = "no response: the client is unknown, and the server is not authoritative",
	[EVENT_RELEASE_UNKNOWN] = "nothing to release: there is no lease",
	[EVENT_RELEASE_FOREIGN] = "nothing to release: the lease is another client's",
	[EVENT_DECLINE_UNKNOWN] = "nothing to decline: there is no lease",
	[EVENT_DECLINE_FOREIGN] = "nothing to decline: the lease is another client's",
	[EVENT_UNREGISTERED] = "no longer registered",
	[EVENT_REGISTER_MOVED] = "registered by another client before",
	[EVENT_HOST_CONFLICT] = "reserved for the client, but in use by another client",
	[EVENT_V6_ONLY] = "the client does without an IPv4 address",
};

static void add_event_place(struct json_object *map, const struct request *req, const struct event *event)
{
	struct prefix span;

	if (event->lease)
		span = lease_span(event->lease);
	else if (event->hint)
		span = event->hint->prefix;
	else if (event->kind == EVENT_REFUSED || event->kind == EVENT_REBOOT || event->kind == EVENT_REBOOT_REFUSED)
		span = (struct prefix){ req->wanted, req->fam->one_lease ? 32 : 128 };
	else
		return;
	if (!ip_is_zero(&span.addr))
		add_place(map, &span, event->lease ? event->lease->type : event->ia ? event->ia->type : LEASE_NA);
}

static void add_decisions(struct json_object *map, const struct request *req)
{
	struct json_object *list, *one;

	if (!req->n_events)
		return;
	list = json_object_new_array();
	for (unsigned i = 0; i < req->n_events; i++) {
		const struct event *event = &req->events[i];

		if (!event_names[event->kind])
			continue;
		one = json_object_new_object();
		explain_text(one, "what", event_names[event->kind]);
		add_event_place(one, req, event);
		explain_text(one, "why", event->why);
		json_object_array_add(list, one);
	}
	json_object_object_add(map, "decisions", list);
}

/* --- the response ---------------------------------------------------------- */

static void add_answer(struct json_object *map, const struct request *req)
{
	char to[IP_TEXT_MAX];

	if (!req->has_answer)
		return;
	if (req->fam->explain_header)
		req->fam->explain_header(req, map);
	json_object_object_add(map, "options", explain_options(req));
	add_printf(map, "destination", "%s port %u", ip_format(&req->out.dst, to), req->out.dport);
	add_hex(map, "packet", bytes_of(req->out.buf, req->out.len), 0);
}

struct json_object *explain_json(const struct request *req)
{
	struct json_object *map = json_object_new_object();

	add_message(map, req);
	add_response(map, req);
	add_subnet(map, req);
	add_classes(map, req);
	add_reservation(map, req);
	add_bindings(map, req);
	add_decisions(map, req);
	explain_name(req, map);
	add_answer(map, req);
	if (req->live->hooks)
		explain_text(map, "not-asked", "hook libraries: what they would change is not known");
	return map;
}
