/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about leases, those of Kea's library lease_cmds. */
#include "daemon/commands.h"

#include "base/err.h"
#include "base/str.h"
#include "daemon/lease_op.h"
#include "daemon/lease_text.h"
#include "daemon/lease_walk.h"
#include "daemon/lease_write.h"
#include "root/program.h"
#include "serve/lease_dns.h"

#define SINCE .since = "4.2.0"

/* A change of one lease, or a search for a few. */
struct job {
	struct ctl_call *call;
	struct lease_op op;
	bool updates_dns; /* lease4-del, lease6-del: records are removed too */
};

static void *new_job(struct ctl_call *call, enum lease_op_kind kind, void (*done)(struct lease_op *op))
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->call = call;
	job->op = (struct lease_op){
		.d = call_daemon(call), .kind = kind, .arena = ctl_call_arena(call), .done = done, .owner = job
	};
	return job;
}

static unsigned digit(const struct ctl_call *call)
{
	return call_daemon(call)->fam->digit;
}

static const struct plan *plan_of(const struct ctl_call *call)
{
	return &call_daemon(call)->sockets.live->cfg->plan;
}

/* Ends the command with the reason of an error. */
static void fail(struct ctl_call *call, struct str *why)
{
	ctl_respond(call, CTL_ERROR, NULL, "%s", str_text(why));
	str_free(why);
}

static void fail_storage(struct ctl_call *call)
{
	ctl_respond(call, CTL_ERROR, NULL, "the lease database is failing: nothing was changed");
}

/* --- get and del: by address or by client --- */

struct which_args {
	struct conf_node node;
	const char *ip_address, *identifier_type, *identifier;
	uint32_t subnet_id, iaid, type;
	bool update_ddns;
};
#define K_WHICH                                                                                                      \
	K_STRING(struct which_args, ip_address, "ip-address", .max = 64, SINCE,                                      \
		 .doc = "address, or address of the prefix"),                                                        \
		K_STRING(struct which_args, identifier_type, "identifier-type", .max = 32, SINCE,                    \
			 .doc = "without ip-address: hw-address or client-id, in DHCPv6 duid"),                      \
		K_STRING(struct which_args, identifier, "identifier", .max = 3 * LEASE_ID_MAX, SINCE,                \
			 .doc = "the client's identifier"),                                                          \
		K_INT(struct which_args, subnet_id, "subnet-id", SINCE, .doc = "with identifier: id of the subnet"), \
		K_ENUM(struct which_args, type, "type", .families = KEY_6, .words = lease_type_words,                \
		       .def = "\"IA_NA\"", SINCE, .doc = "address or prefix"),                                       \
		K_INT(struct which_args, iaid, "iaid", .families = KEY_6, SINCE, .doc = "with identifier: IAID")
static const struct key get_keys[] = { K_WHICH };
static const struct key del_keys[] = {
	K_WHICH,
	K_BOOL(struct which_args, update_ddns, "update-ddns", .def = "false", SINCE,
	       .doc = "also remove the DNS records of the lease"),
};
static const struct scope get_scope = SCOPE("arguments", struct which_args, get_keys);
static const struct scope del_scope = SCOPE("arguments", struct which_args, del_keys);

static int by_client(struct ctl_call *call, const struct which_args *a, struct lease_op *op, struct str *why)
{
	bool is4 = digit(call) == 4;
	struct lease_query *query = &op->queries[0];
	uint32_t *subnet = arena_new_obj(op->arena, uint32_t);

	if (!a->identifier) {
		str_add(why, "No 'ip-address' provided and 'identifier' is either missing or not a string.");
		return -E_INVAL;
	}
	if (!a->identifier_type) {
		str_add(why, "No 'ip-address' provided and 'identifier-type' is either missing or not a string.");
		return -E_INVAL;
	}
	if (!CONF_SET(a, subnet_id)) {
		str_add(why, "Mandatory 'subnet-id' parameter missing.");
		return -E_INVAL;
	}
	*query = (struct lease_query){ .type = is4 ? LEASE_V4 : (enum lease_type)a->type,
				       .subnets = subnet,
				       .n_subnets = 1,
				       .has_iaid = !is4,
				       .iaid = a->iaid,
				       .max = 2 };
	*subnet = a->subnet_id;
	op->n_queries = 1;
	if (is4 && !strcmp(a->identifier_type, "hw-address")) {
		query->by = BY_HWADDR;
		query->hwtype = 1;
		return lease_id_parse("identifier", a->identifier, LEASE_HWADDR_MAX, op->arena, &query->id, why);
	}
	if (!strcmp(a->identifier_type, is4 ? "client-id" : "duid")) {
		query->by = BY_CLIENT_ID;
		return lease_id_parse("identifier", a->identifier, LEASE_ID_MAX, op->arena, &query->id, why);
	}
	str_addf(why, "Incorrect identifier type: %s, the only supported values are: %s", a->identifier_type,
		 is4 ? "hw-address, client-id" : "duid");
	return -E_INVAL;
}

/* Sets what the operation looks for; on failure responds and returns false. */
static bool set_which(struct ctl_call *call, const struct which_args *a, struct lease_op *op)
{
	struct str why = { 0 };
	struct ip addr;
	int err;

	if (a->ip_address) {
		err = lease_address_parse(a->ip_address, ctl_call_family(call), &addr, &why);
		if (err == 0)
			lease_op_by_address(op, digit(call) == 4 ? LEASE_V4 : (enum lease_type)a->type, &addr);
	} else {
		err = by_client(call, a, op, &why);
	}
	if (err == 0)
		return true;
	fail(call, &why);
	return false;
}

static bool is_asked_type(const struct lease_op *op)
{
	return op->n_found && op->found[0].type == op->queries[0].type;
}

static void got(struct lease_op *op)
{
	struct job *job = op->owner;
	struct str text = { 0 };

	if (op->result == CHANGE_FAILED) {
		fail_storage(job->call);
	} else if (!is_asked_type(op)) {
		ctl_respond(job->call, CTL_EMPTY, NULL, "Lease not found.");
	} else if (op->n_found > 1) {
		ctl_respond(job->call, CTL_ERROR, NULL, "More than one lease found for this client: ask by address.");
	} else {
		lease_add_json(&text, op->found);
		ctl_respond_raw(job->call, CTL_SUCCESS, &text, "IPv%u lease found.", op->d->fam->digit);
	}
	free(job);
}

static void lease_get(struct ctl_call *call, const void *args)
{
	struct job *job = new_job(call, LEASE_OP_FIND, got);

	if (set_which(call, args, &job->op))
		lease_op_start(&job->op);
	else
		free(job);
}

static void deleted(struct lease_op *op)
{
	struct job *job = op->owner;

	if (op->is_ambiguous)
		ctl_respond(job->call, CTL_ERROR, NULL,
			    "More than one lease found for this client: delete by address.");
	else if (op->result == CHANGE_OK && job->updates_dns)
		(void)lease_dns_send(op->d->srv.sender, op->d->sockets.live->cfg, NCR_REMOVE, op->found);
	if (!op->is_ambiguous && op->result == CHANGE_OK)
		ctl_respond(job->call, CTL_SUCCESS, NULL, "IPv%u lease deleted.", op->d->fam->digit);
	else if (op->result == CHANGE_GONE)
		ctl_respond(job->call, CTL_EMPTY, NULL, "IPv%u lease not found.", op->d->fam->digit);
	else if (op->result == CHANGE_CONFLICT)
		ctl_respond(job->call, CTL_CONFLICT, NULL, "The lease was changed meanwhile: try again.");
	else
		fail_storage(job->call);
	free(job);
}

static void lease_del(struct ctl_call *call, const void *args)
{
	struct job *job = new_job(call, LEASE_OP_DELETE, deleted);

	job->updates_dns = ((const struct which_args *)args)->update_ddns;
	if (set_which(call, args, &job->op))
		lease_op_start(&job->op);
	else
		free(job);
}

/* --- add and update --- */

static void added(struct lease_op *op)
{
	struct job *job = op->owner;
	char text[PREFIX_TEXT_MAX];

	if (op->result == CHANGE_OK)
		ctl_respond(job->call, CTL_SUCCESS, NULL, "Lease for %s %s, subnet-id %u added.",
			    op->lease.type == LEASE_PD ? "prefix" : "address", lease_address_text(&op->lease, text),
			    op->lease.subnet_id);
	else if (op->result == CHANGE_CONFLICT)
		ctl_respond(job->call, CTL_CONFLICT, NULL, "IPv%u lease already exists.", op->d->fam->digit);
	else
		fail_storage(job->call);
	free(job);
}

static void updated(struct lease_op *op)
{
	struct job *job = op->owner;
	char text[IP_TEXT_MAX];

	if (op->result == CHANGE_OK)
		ctl_respond(job->call, CTL_SUCCESS, NULL, "IPv%u lease %s.", op->d->fam->digit,
			    op->was_added ? "added" : "updated");
	else if (op->result == CHANGE_GONE || op->result == CHANGE_CONFLICT)
		ctl_respond(
			job->call, CTL_CONFLICT, NULL,
			"failed to update the lease with address %s either because the lease has been deleted or it "
			"has changed in the database, in both cases a retry might succeed",
			ip_format(&op->lease.addr, text));
	else
		fail_storage(job->call);
	free(job);
}

static void start_change(struct ctl_call *call, const struct lease_args *a, enum lease_op_kind kind,
			 void (*done)(struct lease_op *op))
{
	struct job *job = new_job(call, kind, done);
	struct str why = { 0 };

	if (lease_from_args(a, ctl_call_family(call), plan_of(call), job->op.arena, &job->op.lease, &why) == 0) {
		lease_op_start(&job->op);
		return;
	}
	free(job);
	fail(call, &why);
}

static void lease_add(struct ctl_call *call, const void *args)
{
	start_change(call, args, LEASE_OP_ADD, added);
}

static void lease_update(struct ctl_call *call, const void *args)
{
	const struct lease_args *a = args;

	start_change(call, a, a->force_create ? LEASE_OP_PUT : LEASE_OP_UPDATE, updated);
}

/* --- several --- */

struct search_args {
	struct conf_node node;
	struct conf_ints subnets;
	const char *hw_address, *client_id, *duid, *hostname, *from, *search;
	uint32_t state, subnet_id, limit;
};
static const struct key all_keys[] = {
	K_INTS(struct search_args, subnets, "subnets", .min = 1, SINCE, .doc = "ids of subnets; missing: all"),
};
static const struct key hw_address_keys[] = {
	K_STRING(struct search_args, hw_address, "hw-address", .required = true, .max = 3 * LEASE_HWADDR_MAX, SINCE,
		 .doc = "hardware address of the client"),
};
static const struct key client_id_keys[] = {
	K_STRING(struct search_args, client_id, "client-id", .required = true, .max = 3 * LEASE_ID_MAX, SINCE,
		 .doc = "client identifier"),
};
static const struct key duid_keys[] = {
	K_STRING(struct search_args, duid, "duid", .required = true, .max = 3 * LEASE_ID_MAX, SINCE,
		 .doc = "DUID of the client"),
};
static const struct key hostname_keys[] = {
	K_STRING(struct search_args, hostname, "hostname", .required = true, .max = LEASE_HOSTNAME_MAX, SINCE,
		 .doc = "host name, in any case"),
};
static const struct key state_keys[] = {
	K_INT(struct search_args, state, "state", .required = true, .max = LEASE_STATE_N - 1, SINCE,
	      .doc = "0 default, 1 declined, 2 expired-reclaimed, 3 released, 4 registered"),
	K_INT(struct search_args, subnet_id, "subnet-id", SINCE, .doc = "only leases of this subnet; 0: of all"),
};
static const struct key page_keys[] = {
	K_STRING(struct search_args, from, "from", .required = true, .max = 64, SINCE,
		 .doc = "\"start\", or the last address of the previous page"),
	K_INT(struct search_args, limit, "limit", .required = true, .min = 1, SINCE, .doc = "size of the page"),
	K_STRING(struct search_args, search, "search", .max = 64, .native = true, SINCE,
		 .doc = "only leases whose address, hardware address, client identifier, DUID or host name contains "
			"this, "
			"in any case"),
};
static const struct scope all_scope = SCOPE("arguments", struct search_args, all_keys);
static const struct scope hw_address_scope = SCOPE("arguments", struct search_args, hw_address_keys);
static const struct scope client_id_scope = SCOPE("arguments", struct search_args, client_id_keys);
static const struct scope duid_scope = SCOPE("arguments", struct search_args, duid_keys);
static const struct scope hostname_scope = SCOPE("arguments", struct search_args, hostname_keys);
static const struct scope state_scope = SCOPE("arguments", struct search_args, state_keys);
static const struct scope page_scope = SCOPE("arguments", struct search_args, page_keys);

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void lease_get_all(struct ctl_call *call, const void *args)
{
	const struct search_args *a = args;
	struct lease_filter filter = { .subnets = a->subnets.v, .n_subnets = a->subnets.n };

	filter.no_subnet = CONF_SET(a, subnets) && !a->subnets.n;
	if (a->subnets.n)
		qsort(a->subnets.v, a->subnets.n, sizeof(*a->subnets.v), by_number);
	lease_walk_respond(call, &filter);
}

static void lease_get_by_state(struct ctl_call *call, const void *args)
{
	const struct search_args *a = args;
	struct lease_filter filter = { .states = 1U << a->state,
				       .subnets = &a->subnet_id,
				       .n_subnets = a->subnet_id != 0 };

	lease_walk_respond(call, &filter);
}

static void lease_get_by_hostname(struct ctl_call *call, const void *args)
{
	const struct search_args *a = args;

	if (a->hostname[0])
		lease_walk_respond(call, &(struct lease_filter){ .hostname = a->hostname });
	else
		ctl_respond(call, CTL_ERROR, NULL, "'hostname' parameter is empty");
}

static void lease_get_page(struct ctl_call *call, const void *args)
{
	const struct search_args *a = args;
	struct lease_filter filter = { .is_page = true, .limit = a->limit };
	char *search;
	struct str why = { 0 };

	if (!strcmp(a->from, "start")) {
		filter.after = digit(call) == 4 ? ip_zero4 : ip_zero6;
	} else if (lease_address_parse(a->from, ctl_call_family(call), &filter.after, &why) < 0) {
		str_free(&why);
		ctl_respond(call, CTL_ERROR, NULL,
			    "'from' parameter value is neither 'start' keyword nor a valid IPv%u address", digit(call));
		return;
	}
	if (a->search && a->search[0]) {
		search = arena_strdup(ctl_call_arena(call), a->search);
		for (char *c = search; *c; c++)
			*c = ascii_lower(*c);
		filter.search = search;
	}
	lease_walk_respond(call, &filter);
}

/* The leases of a client, from an index. */
static void found_some(struct lease_op *op)
{
	struct job *job = op->owner;
	struct str text = { 0 };

	if (op->result == CHANGE_FAILED) {
		fail_storage(job->call);
		free(job);
		return;
	}
	str_add(&text, "{ \"leases\": [ ");
	for (unsigned i = 0; i < op->n_found; i++) {
		if (i)
			str_add(&text, ", ");
		lease_add_json(&text, &op->found[i]);
	}
	str_add(&text, " ] }");
	ctl_respond_raw(job->call, op->n_found ? CTL_SUCCESS : CTL_EMPTY, &text, "%u IPv%u lease(s) found.",
			op->n_found, op->d->fam->digit);
	free(job);
}

static void find_client(struct ctl_call *call, enum store_by by, const char *name, const char *id, uint32_t max)
{
	static const enum lease_type types6[] = { LEASE_NA, LEASE_TA, LEASE_PD };
	struct job *job = new_job(call, LEASE_OP_FIND, found_some);
	bool is4 = digit(call) == 4;
	struct str why = { 0 };
	struct bytes bytes;

	if (lease_id_parse(name, id, max, job->op.arena, &bytes, &why) < 0) {
		free(job);
		fail(call, &why);
		return;
	}
	job->op.n_queries = is4 ? 1 : LEASE_OP_QUERIES;
	for (unsigned i = 0; i < job->op.n_queries; i++)
		job->op.queries[i] = (struct lease_query){
			.by = by, .type = is4 ? LEASE_V4 : types6[i], .id = bytes, .hwtype = 1, .max = LEASE_OP_MAX
		};
	lease_op_start(&job->op);
}

static void lease4_get_by_hw_address(struct ctl_call *call, const void *args)
{
	find_client(call, BY_HWADDR, "hw-address", ((const struct search_args *)args)->hw_address, LEASE_HWADDR_MAX);
}

static void lease4_get_by_client_id(struct ctl_call *call, const void *args)
{
	find_client(call, BY_CLIENT_ID, "client-id", ((const struct search_args *)args)->client_id, LEASE_ID_MAX);
}

static void lease6_get_by_duid(struct ctl_call *call, const void *args)
{
	find_client(call, BY_CLIENT_ID, "duid", ((const struct search_args *)args)->duid, LEASE_ID_MAX);
}

/* No index has the hardware addresses of DHCPv6 clients. */
static void lease6_get_by_hw_address(struct ctl_call *call, const void *args)
{
	const struct search_args *a = args;
	struct lease_filter filter = { 0 };
	struct str why = { 0 };

	if (lease_id_parse("hw-address", a->hw_address, LEASE_HWADDR_MAX, ctl_call_arena(call), &filter.hwaddr, &why) <
	    0)
		fail(call, &why);
	else
		lease_walk_respond(call, &filter);
}

/* --- wipe --- */

struct wipe_args {
	struct conf_node node;
	uint32_t subnet_id;
};
static const struct key wipe_keys[] = {
	K_INT(struct wipe_args, subnet_id, "subnet-id", SINCE, .doc = "id of the subnet; 0 or missing: all"),
};
static const struct scope wipe_scope = SCOPE("arguments", struct wipe_args, wipe_keys);

#define WIPE_AT_ONCE 256

struct wipe {
	struct ctl_call *call;
	struct daemon *d;
	struct store *store;
	struct arena *arena;
	uint32_t subnet_id;
	struct store_scan scan;
	int n_page, at; /* leases of the page; the next one */
	unsigned n_open, n_deleted, n_failed;
	bool is_over, is_starting;
	struct lease_op ops[WIPE_AT_ONCE];
};

static void wipe_more(struct wipe *wipe);

static void wiped(struct lease_op *op)
{
	struct wipe *wipe = op->owner;

	wipe->n_deleted += op->result == CHANGE_OK;
	wipe->n_failed += op->result == CHANGE_FAILED;
	arena_free(op->arena);
	if (!--wipe->n_open && !wipe->is_starting)
		wipe_more(wipe);
}

static bool next_page(struct wipe *wipe)
{
	arena_reset(wipe->arena);
	wipe->scan.arena = wipe->arena;
	wipe->n_page = wipe->store == wipe->d->db->store ? store_scan(wipe->store, &wipe->scan) : 0;
	wipe->at = 0;
	wipe->is_over = wipe->n_page <= 0;
	return !wipe->is_over;
}

static void wipe_end(struct wipe *wipe)
{
	struct str ids = { 0 };

	for (size_t i = 0; !wipe->subnet_id && i < plan_of(wipe->call)->n; i++)
		str_addf(&ids, " %u", plan_of(wipe->call)->by_id[i]->id);
	if (wipe->subnet_id)
		str_addf(&ids, " %u", wipe->subnet_id);
	if (wipe->n_failed)
		fail_storage(wipe->call);
	else
		ctl_respond(wipe->call, wipe->n_deleted ? CTL_SUCCESS : CTL_EMPTY, NULL,
			    "Deleted %u IPv%u lease(s) from subnet(s)%s", wipe->n_deleted, wipe->d->fam->digit,
			    str_text(&ids));
	str_free(&ids);
	arena_free(wipe->arena);
	free(wipe);
}

/* Deletes a part of the page; the changes are stored together. */
static void wipe_more(struct wipe *wipe)
{
	unsigned n = 0;

	wipe->is_starting = true;
	while (!n && !wipe->n_failed && (wipe->at < wipe->n_page || next_page(wipe))) {
		for (; wipe->at < wipe->n_page && n < WIPE_AT_ONCE; wipe->at++) {
			const struct lease *lease = &wipe->scan.v[wipe->at];

			if (wipe->subnet_id && lease->subnet_id != wipe->subnet_id)
				continue;
			wipe->ops[n] = (struct lease_op){ .d = wipe->d,
							  .kind = LEASE_OP_DELETE,
							  .arena = arena_new(0),
							  .done = wiped,
							  .owner = wipe };
			lease_op_by_address(&wipe->ops[n], lease->type, &lease->addr);
			wipe->n_open++;
			n++;
		}
	}
	for (unsigned i = 0; i < n; i++)
		lease_op_start(&wipe->ops[i]);
	wipe->is_starting = false;
	if (!n)
		wipe_end(wipe);
	else if (!wipe->n_open)
		wipe_more(wipe);
}

static void lease_wipe(struct ctl_call *call, const void *args)
{
	struct wipe *wipe = xcalloc(1, sizeof(*wipe));

	wipe->call = call;
	wipe->d = call_daemon(call);
	wipe->store = wipe->d->db->store;
	wipe->arena = arena_new(0);
	wipe->subnet_id = ((const struct wipe_args *)args)->subnet_id;
	wipe_more(wipe);
}

/* --- lease6-bulk-apply --- */

struct bulk_args {
	struct conf_node node;
	struct conf_list deleted, leases;
	const char *origin;
};
static const struct scope bulk_del_scope = SCOPE("deleted-leases", struct which_args, del_keys);
static const struct key bulk_keys[] = {
	K_LIST(struct bulk_args, deleted, "deleted-leases", bulk_del_scope, SINCE, .doc = "leases to delete"),
	K_LIST(struct bulk_args, leases, "leases", lease6_update_scope, SINCE, .doc = "leases to add or update"),
	K_STRING(struct bulk_args, origin, "origin", .max = 32, SINCE, .doc = "accepted from HA partners"),
};
static const struct scope bulk_scope = SCOPE("arguments", struct bulk_args, bulk_keys);

struct bulk {
	struct ctl_call *call;
	struct json_object *failed_deleted, *failed;
	unsigned n_open, n_done;
	bool is_starting;
	struct bulk_op *ops;
};

struct bulk_op {
	struct bulk *bulk;
	struct arena *arena; /* the store writes to it from its thread */
	struct lease_op op;
};

static void bulk_end(struct bulk *bulk)
{
	struct json_object *map = json_object_new_object();

	if (json_object_array_length(bulk->failed_deleted))
		json_object_object_add(map, "failed-deleted-leases", json_object_get(bulk->failed_deleted));
	if (json_object_array_length(bulk->failed))
		json_object_object_add(map, "failed-leases", json_object_get(bulk->failed));
	if (!json_object_object_length(map)) {
		json_object_put(map);
		map = NULL;
	}
	ctl_respond(bulk->call, bulk->n_done ? CTL_SUCCESS : CTL_EMPTY, map, "Bulk apply of %u IPv6 leases completed.",
		    bulk->n_done);
	json_object_put(bulk->failed_deleted);
	json_object_put(bulk->failed);
	free(bulk->ops);
	free(bulk);
}

static void note_failure(struct json_object *list, enum lease_type type, const struct ip *addr, enum ctl_result result,
			 const char *why)
{
	struct json_object *map = json_object_new_object();
	char text[IP_TEXT_MAX];

	json_object_object_add(map, "error-message", json_object_new_string(why));
	json_object_object_add(map, "ip-address", json_object_new_string(ip_format(addr, text)));
	json_object_object_add(map, "result", json_object_new_int((int)result));
	json_object_object_add(map, "type", json_object_new_string(lease_type_words[type]));
	json_object_array_add(list, map);
}

static void bulk_done(struct lease_op *op)
{
	struct bulk_op *one = op->owner;
	struct bulk *bulk = one->bulk;
	bool deletes = op->kind == LEASE_OP_DELETE;
	enum ctl_result result = op->result == CHANGE_GONE       ? CTL_EMPTY
				 : op->result == CHANGE_CONFLICT ? CTL_CONFLICT
								 : CTL_ERROR;

	if (op->result == CHANGE_OK)
		bulk->n_done++;
	else
		note_failure(deletes ? bulk->failed_deleted : bulk->failed,
			     deletes ? op->queries[0].type : op->lease.type,
			     deletes ? &op->queries[0].addr : &op->lease.addr, result,
			     result == CTL_EMPTY      ? "lease not found"
			     : result == CTL_CONFLICT ? "the lease was changed meanwhile"
						      : "the lease database is failing");
	arena_free(one->arena);
	one->arena = NULL;
	if (!--bulk->n_open && !bulk->is_starting)
		bulk_end(bulk);
}

/* Prepares one; on failure returns false, with the reason in why. */
static bool prepare(struct bulk *bulk, unsigned i, const struct which_args *del, const struct lease_args *put,
		    struct str *why)
{
	struct bulk_op *one = &bulk->ops[i];
	struct ip addr;

	one->bulk = bulk;
	one->arena = arena_new(0);
	one->op = (struct lease_op){ .d = call_daemon(bulk->call),
				     .kind = del ? LEASE_OP_DELETE : LEASE_OP_PUT,
				     .arena = one->arena,
				     .done = bulk_done,
				     .owner = one };
	if (put)
		return lease_from_args(put, KEY_6, plan_of(bulk->call), one->arena, &one->op.lease, why) == 0;
	if (!del->ip_address) {
		str_add(why, "'ip-address' is missing in deleted-leases");
		return false;
	}
	if (lease_address_parse(del->ip_address, KEY_6, &addr, why) < 0)
		return false;
	lease_op_by_address(&one->op, (enum lease_type)del->type, &addr);
	return true;
}

/* All or none are valid; then each is applied, and those that fail are listed. */
static void bulk_apply(struct ctl_call *call, const void *args)
{
	const struct bulk_args *a = args;
	unsigned n = a->deleted.n + a->leases.n;
	const struct which_args *deleted_leases = a->deleted.v;
	const struct lease_args *leases = a->leases.v;
	struct bulk *bulk;
	struct str why = { 0 };
	bool ok = true;

	if (!CONF_SET(a, deleted) && !CONF_SET(a, leases)) {
		ctl_respond(call, CTL_ERROR, NULL, "neither 'deleted-leases' nor 'leases' parameter specified");
		return;
	}
	bulk = xcalloc(1, sizeof(*bulk));
	bulk->call = call;
	bulk->failed_deleted = json_object_new_array();
	bulk->failed = json_object_new_array();
	bulk->ops = xcalloc(n + 1, sizeof(*bulk->ops));
	for (unsigned i = 0; i < n && ok; i++)
		ok = prepare(bulk, i, i < a->deleted.n ? &deleted_leases[i] : NULL,
			     i < a->deleted.n ? NULL : &leases[i - a->deleted.n], &why);
	if (!ok) {
		for (unsigned i = 0; i < n; i++)
			arena_free(bulk->ops[i].arena);
		json_object_put(bulk->failed_deleted);
		json_object_put(bulk->failed);
		free(bulk->ops);
		free(bulk);
		fail(call, &why);
		return;
	}
	bulk->n_open = n;
	bulk->is_starting = true;
	for (unsigned i = 0; i < n; i++)
		lease_op_start(&bulk->ops[i].op);
	bulk->is_starting = false;
	if (!bulk->n_open)
		bulk_end(bulk);
}

/* --- write --- */

struct write_args {
	struct conf_node node;
	const char *filename;
};
static const struct key write_keys[] = {
	K_STRING(
		struct write_args, filename, "filename", .required = true, .max = 4096, SINCE,
		.doc = "a file in the directory of lease files; an existing one is replaced, but not one that a server "
		       "uses"),
};
static const struct scope write_scope = SCOPE("arguments", struct write_args, write_keys);

static void lease_write(struct ctl_call *call, const void *args)
{
	const struct write_args *a = args;
	const struct daemon *d = call_daemon(call);
	const struct program_build pb = { .arena = ctl_call_arena(call),
					  .diag = ctl_call_diag(call),
					  .flags = d->opts.relaxed ? CONFIG_RELAXED : 0,
					  .program = d->fam->program };
	const char *path = program_path(&pb, conf_pos(&a->node, "filename"), "filename", a->filename,
					"KEA_DHCP_DATA_DIR", KEA_STATE_DIR);

	if (path)
		lease_write_respond(call, path);
	else
		ctl_respond_diag(call);
}

/* --- DNS --- */

struct ddns_args {
	struct conf_node node;
	const char *ip_address;
};
static const struct key ddns_keys[] = {
	K_STRING(struct ddns_args, ip_address, "ip-address", .required = true, .max = 64, SINCE,
		 .doc = "address of the lease"),
};
static const struct scope ddns_scope = SCOPE("arguments", struct ddns_args, ddns_keys);

static void resend_found(struct lease_op *op)
{
	const struct lease *lease = op->n_found ? op->found : NULL;
	struct job *job = op->owner;
	char addr[IP_TEXT_MAX];

	(void)ip_format(&op->queries[0].addr, addr);
	if (op->result == CHANGE_FAILED)
		fail_storage(job->call);
	else if (!lease || !is_asked_type(op))
		ctl_respond(job->call, CTL_EMPTY, NULL, "No lease found for: %s", addr);
	else if (!lease->hostname[0])
		ctl_respond(job->call, CTL_ERROR, NULL, "Lease for: %s, has no hostname, nothing to update", addr);
	else if (!lease->fqdn_fwd && !lease->fqdn_rev)
		ctl_respond(job->call, CTL_ERROR, NULL, "Neither forward nor reverse updates enabled for lease for: %s",
			    addr);
	else if (!lease_dns_send(op->d->srv.sender, op->d->sockets.live->cfg, NCR_ADD, lease))
		ctl_respond(job->call, CTL_ERROR, NULL, "Lease for: %s, is not in use, nothing to update", addr);
	else
		ctl_respond(job->call, CTL_SUCCESS, NULL, "NCR generated for: %s, hostname: %s", addr, lease->hostname);
	free(job);
}

static void resend_ddns(struct ctl_call *call, const void *args)
{
	const struct ddns_args *a = args;
	struct str why = { 0 };
	struct job *job;
	struct ip addr;

	if (!call_daemon(call)->sockets.live->cfg->ncr_target.is_enabled) {
		ctl_respond(call, CTL_ERROR, NULL, "DDNS updating is not enabled");
		return;
	}
	if (lease_address_parse(a->ip_address, ctl_call_family(call), &addr, &why) < 0) {
		fail(call, &why);
		return;
	}
	job = new_job(call, LEASE_OP_FIND, resend_found);
	lease_op_by_address(&job->op, digit(call) == 4 ? LEASE_V4 : LEASE_NA, &addr);
	lease_op_start(&job->op);
}

#define ROW(n, f, a, s, r) .name = n, .families = f, .access = a, .args = s, .provider = "lease_cmds", SINCE, .run = r
#define ROW4(n, a, s, r) ROW("lease4-" n, KEY_4, a, s, r)
#define ROW6(n, a, s, r) ROW("lease6-" n, KEY_6, a, s, r)
#define BOTH(n, a, s, r, text)                \
	{ ROW4(n, a, s, r), .doc = text },    \
	{                                     \
		ROW6(n, a, s, r), .doc = text \
	}

static const struct command rows[] = {
	BOTH("get", CTL_READ, &get_scope, lease_get, "Returns the lease of an address, or of a client in a subnet."),
	BOTH("get-all", CTL_READ, &all_scope, lease_get_all,
	     "Returns all leases, or those in some subnets, in any order and state."),
	BOTH("get-page", CTL_READ, &page_scope, lease_get_page,
	     "Returns leases in order of address, a number at a time. A page with fewer is the last one."),
	BOTH("get-by-hostname", CTL_READ, &hostname_scope, lease_get_by_hostname,
	     "Returns the leases with a host name."),
	BOTH("get-by-state", CTL_READ, &state_scope, lease_get_by_state, "Returns the leases in a state."),
	{ ROW4("get-by-hw-address", CTL_READ, &hw_address_scope, lease4_get_by_hw_address),
	  .doc = "Returns the leases of a hardware address, 4096 at most." },
	{ ROW4("get-by-client-id", CTL_READ, &client_id_scope, lease4_get_by_client_id),
	  .doc = "Returns the leases of a client identifier, 4096 at most." },
	{ ROW6("get-by-duid", CTL_READ, &duid_scope, lease6_get_by_duid),
	  .doc = "Returns the leases of a DUID, 4096 of each type at most; registered addresses are left out." },
	{ ROW6("get-by-hw-address", CTL_READ, &hw_address_scope, lease6_get_by_hw_address),
	  .doc = "Returns the leases of a hardware address. All leases are looked at." },
	{ ROW4("add", CTL_WRITE, &lease4_add_scope, lease_add),
	  .doc = "Adds a lease. Result 4: the address has one, in whatever state." },
	{ ROW6("add", CTL_WRITE, &lease6_add_scope, lease_add),
	  .doc = "Adds a lease. Result 4: the address or prefix has one, in whatever state." },
	{ ROW4("update", CTL_WRITE, &lease4_update_scope, lease_update),
	  .doc = "Replaces a lease. Result 4: there is none, or a client has changed it meanwhile." },
	{ ROW6("update", CTL_WRITE, &lease6_update_scope, lease_update),
	  .doc = "Replaces a lease. Result 4: there is none, or a client has changed it meanwhile." },
	BOTH("del", CTL_WRITE, &del_scope, lease_del, "Deletes the lease of an address, or of a client in a subnet."),
	BOTH("wipe", CTL_WRITE, &wipe_scope, lease_wipe, "Deletes all leases of a subnet, or of all subnets."),
	BOTH("write", CTL_WRITE, &write_scope, lease_write,
	     "Writes all leases to a file, from any lease database, in the format of lease files."),
	BOTH("resend-ddns", CTL_WRITE, &ddns_scope, resend_ddns,
	     "Sends the DNS update of a lease again, as when it was granted."),
	{ ROW6("bulk-apply", CTL_WRITE, &bulk_scope, bulk_apply),
	  .doc = "Deletes, adds and updates leases, and returns those for which this failed." },
};
const struct command_rows commands_lease = COMMAND_ROWS(rows);
