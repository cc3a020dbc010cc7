/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/classify.h"

#include "base/err.h"
#include "base/str.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/step.h"
#include "serve/service.h"

const char classes_too_expensive[] = "the message makes the tests of client classes too expensive";

static const struct client_class *class_of(const struct request *req, unsigned number)
{
	return &req->cfg->classes.v[number];
}

/* --- assignment ------------------------------------------------------------- */

static bool open_set(struct request *req)
{
	const struct classes *classes = &req->cfg->classes;
	struct class_set *set = &req->classes;
	unsigned n_scopes = OPT_SCOPES_FEW + classes->n_with_opts;

	set->bits = arena_new_array(req->arena, uint64_t, classes->n_words);
	set->order = arena_room(req->arena, classes->n * sizeof(*set->order));
	req->scopes.classes = set->bits;
	if (classes->n_with_opts) {
		req->scopes.v = arena_room(req->arena, n_scopes * sizeof(*req->scopes.v));
		req->scopes.max = n_scopes;
		if (!req->scopes.v)
			return false;
	}
	return set->bits && set->order;
}

/* Puts the client in the class, without a place in the order; false if it is in it already. */
static bool enter(struct request *req, unsigned number)
{
	struct class_set *set = &req->classes;
	uint64_t *word = &set->bits[number / 64], bit = 1ULL << number % 64;

	if (*word & bit)
		return false;
	*word |= bit;
	set->sets |= class_of(req, number)->sets;
	set->n_with_opts += class_of(req, number)->opts.n != 0;
	LOGF(req->fam->idx, DHCPx_CLASS_ASSIGNED, request_label(req), class_of(req, number)->name);
	return true;
}

static void assign(struct request *req, unsigned number)
{
	struct class_set *set = &req->classes;

	if (enter(req, number))
		set->order[set->n++] = number;
}

/* As in Kea, options of the reservation's classes take precedence over those of all others. */
static void assign_first(struct request *req, unsigned number)
{
	struct class_set *set = &req->classes;
	unsigned at = set->n;

	if (enter(req, number))
		set->n++;
	else
		for (at = 0; set->order[at] != number; at++)
			;
	if (at < set->n_reserved)
		return;
	memmove(&set->order[set->n_reserved + 1], &set->order[set->n_reserved],
		(at - set->n_reserved) * sizeof(*set->order));
	set->order[set->n_reserved++] = number;
}

static void assign_reserved(struct request *req, const struct host *host)
{
	unsigned n = host->extra ? host->extra->n_classes : 0;

	for (unsigned i = 0; i < n; i++) {
		int number = class_by_name(&req->cfg->classes, host->extra->classes[i]);

		if (number >= 0)
			assign_first(req, (unsigned)number);
	}
}

/* Assigns the one of the classes, if there is one, whose name is made of these parts. */
static void assign_named(struct request *req, const unsigned *sorted, unsigned n, const struct bytes *parts,
			 unsigned n_parts)
{
	int number = class_by_parts(&req->cfg->classes, sorted, n, parts, n_parts);

	if (number >= 0)
		assign(req, (unsigned)number);
}

static struct bytes bytes_of_text(const char *text)
{
	return bytes_of(text, strlen(text));
}

static void assign_vendor_class(void *ctx, struct bytes value)
{
	struct request *req = ctx;
	const struct classes *classes = &req->cfg->classes;
	const struct bytes parts[] = { bytes_of_text(VENDOR_CLASS_PREFIX), value };

	assign_named(req, classes->vendor, classes->n_vendor, parts, 2);
}

struct eval classify_eval(const struct request *req)
{
	const bool is_v6 = req->fam->digit == 6;

	return (struct eval){
		.q4 = is_v6 ? NULL : &req->q,
		.q6 = is_v6 ? &req->q6 : NULL,
		.iface = req->in.ifname,
		.src = req->in.src,
		.dst = req->in.dst,
		.len = req->in.len,
		.classes = req->classes.bits,
		.order = req->classes.order,
		.is_known = req->classes.is_known,
		.scratch = req->worker->scratch,
	};
}

/* The class SPAWN_<class>_<value>, if the configuration has it. */
static void assign_spawned(struct request *req, const struct client_class *class, struct bytes value)
{
	const struct classes *classes = &req->cfg->classes;
	const struct bytes parts[] = { bytes_of_text(SPAWN_PREFIX), bytes_of_text(class->name), bytes_of_text("_"),
				       value };

	assign_named(req, classes->spawned, classes->n_spawned, parts, 4);
}

/* What a client sends must neither look like another class in a list nor end the line. */
static void add_value(struct str *text, struct bytes value)
{
	size_t i;

	for (i = 0; i < value.len; i++) {
		uint8_t byte = value.data[i];

		if (byte < ' ' || byte == 0x7f || byte == ',' || byte == '%' || byte == '\'')
			str_addf(text, "%%%02x", byte);
		else
			str_add_n(text, (const char *)&value.data[i], 1);
	}
}

static void log_template(const struct request *req, const struct client_class *class, struct bytes value)
{
	struct str text = { 0 };

	add_value(&text, value);
	LOG(DHCPSRV_TEMPLATE_EVAL_RESULT, request_label(req), class->name, str_text(&text));
	str_free(&text);
}

static bool is_member(struct request *req, const struct client_class *class, struct eval *ev)
{
	struct bytes value;

	ev->n_order = req->classes.n;
	if (!class->is_template)
		return eval_test(class->test, ev);
	value = eval_text(class->test, ev);
	if (ev->is_exceeded)
		return false;
	if (log_is_on(&log_msg_DHCPSRV_TEMPLATE_EVAL_RESULT))
		log_template(req, class, value);
	if (value.len)
		assign_spawned(req, class, value);
	return value.len != 0;
}

/* False if an expression exceeded a limit: no decision may then depend on classes. */
static bool evaluate(struct request *req, const unsigned *numbers, unsigned n)
{
	struct eval ev;
	unsigned i;

	if (!n)
		return true;
	ev = classify_eval(req);
	eval_begin(&ev);
	for (i = 0; i < n; i++) {
		const struct client_class *class = class_of(req, numbers[i]);
		bool is_in = is_member(req, class, &ev);

		if (!class->is_template)
			LOG(DHCPSRV_EVAL_RESULT, request_label(req), class->name, is_in ? "true" : "false");
		if (is_in)
			assign(req, numbers[i]);
	}
	return !ev.is_exceeded;
}

/* A class without a test is assigned. */
static bool evaluate_additional(struct request *req, const struct class_refs *refs)
{
	struct eval ev;
	unsigned i;

	if (!refs->n)
		return true;
	ev = classify_eval(req);
	eval_begin(&ev);
	for (i = 0; i < refs->n; i++) {
		const struct client_class *class = class_of(req, refs->v[i]);
		bool is_in;

		if (!class->conf || is_in_class(req, refs->v[i]))
			continue;
		is_in = !class->test || is_member(req, class, &ev);
		if (class->test)
			LOGF(req->fam->idx, DHCPx_ADDITIONAL_CLASS_EVAL_RESULT, request_label(req), class->name,
			     is_in ? "true" : "false");
		else
			LOGF(req->fam->idx, DHCPx_ADDITIONAL_CLASS_NO_TEST, request_label(req), class->name);
		if (is_in)
			assign(req, refs->v[i]);
	}
	return !ev.is_exceeded;
}

bool classify_additional(struct request *req)
{
	const struct subnet *sub = req->sub;

	if (!req->cfg->classes.any_additional || !sub)
		return true;
	return (!sub->net || evaluate_additional(req, &sub->net->additional)) &&
	       evaluate_additional(req, &sub->additional) &&
	       (!req->pool || evaluate_additional(req, &req->pool->additional)) &&
	       (!req->second_pool || evaluate_additional(req, &req->second_pool->additional));
}

/* --- the steps -------------------------------------------------------------- */

static void add_vendor_name(void *ctx, struct bytes value)
{
	struct str *text = ctx;

	str_add(text, ", " VENDOR_CLASS_PREFIX);
	add_value(text, value);
}

static bool is_vendor_class(const struct request *req, unsigned number)
{
	return !strncmp(class_of(req, number)->name, VENDOR_CLASS_PREFIX, strlen(VENDOR_CLASS_PREFIX));
}

/*
 * Includes the vendor's classes that the configuration does not have, so that they can be found before they are
 * configured.
 */
static void log_classes(const struct request *req, bool is_late)
{
	const struct class_set *set = &req->classes;
	struct str text = { 0 };
	unsigned i;

	str_add(&text, "ALL");
	req->fam->each_vendor_class(req, add_vendor_name, &text);
	for (i = 0; i < set->n; i++)
		if (set->order[i] != CLASS_BIT_ALL && !is_vendor_class(req, set->order[i])) {
			str_add(&text, ", ");
			str_add(&text, class_of(req, set->order[i])->name);
		}
	if (is_late)
		LOGF(req->fam->idx, DHCPx_CLASSES_ASSIGNED_AFTER_SUBNET_SELECTION, request_label(req), str_text(&text));
	else
		LOGF(req->fam->idx, DHCPx_CLASSES_ASSIGNED, request_label(req), req->row->name, str_text(&text));
	str_free(&text);
}

/* `drop`: why a member of DROP is dropped. */
static enum verdict verdict_of(struct request *req, bool is_complete, enum drop_reason drop)
{
	if (!is_complete)
		return request_drop(req, DROP_LIMIT, classes_too_expensive);
	return is_in_class(req, CLASS_BIT_DROP) ? request_drop(req, drop, NULL) : STEP_NEXT;
}

static __attribute__((noinline)) enum verdict classify(struct request *req)
{
	const struct classes *classes = &req->cfg->classes;
	bool is_complete = true;

	if (classes->n) {
		if (!req->classes.bits && !open_set(req))
			return request_drop(req, DROP_LIMIT, "the message is too large");
		assign(req, CLASS_BIT_ALL);
		if (classes->n_vendor)
			req->fam->each_vendor_class(req, assign_vendor_class, req);
		is_complete = evaluate(req, classes->early, classes->n_early);
	}
	if (log_is_on(&log_msg_DHCPx_CLASSES_ASSIGNED[req->fam->idx]))
		log_classes(req, false);
	return classes->n ? verdict_of(req, is_complete, DROP_CLASS) : STEP_NEXT;
}

enum verdict step_classify(struct request *req)
{
	bool any = req->cfg->classes.n || log_is_on(&log_msg_DHCPx_CLASSES_ASSIGNED[req->fam->idx]);

	return any ? classify(req) : STEP_NEXT;
}

enum verdict classify_host(struct request *req, const struct host *host, bool is_final)
{
	const struct classes *classes = &req->cfg->classes;
	bool is_complete;

	if (host)
		assign_reserved(req, host);
	if (host || req->classes.is_known) {
		req->classes.is_known = true;
		assign(req, CLASS_BIT_KNOWN);
	} else if (is_final) {
		assign(req, CLASS_BIT_UNKNOWN);
	}
	is_complete = evaluate(req, classes->late, classes->n_late);
	if (is_final && log_is_on(&log_msg_DHCPx_CLASSES_ASSIGNED_AFTER_SUBNET_SELECTION[req->fam->idx]))
		log_classes(req, true);
	return verdict_of(req, is_complete, is_final ? DROP_CLASS_HOST : DROP_CLASS_EARLY);
}

int classify_add(struct request *req, const char *name)
{
	int number = req->cfg->classes.n ? class_by_name(&req->cfg->classes, name) : -1;

	if (number < 0)
		return -E_NOENT;
	if (!req->classes.bits && !open_set(req))
		return -E_NOMEM;
	if (is_in_class(req, (unsigned)number))
		return 1;
	assign(req, (unsigned)number);
	return 0;
}

/* --- what classes set ------------------------------------------------------- */

void classify_scopes(struct request *req)
{
	unsigned i;

	for (i = 0; req->classes.n_with_opts && i < req->classes.n; i++)
		opt_scopes_add(&req->scopes, &class_of(req, req->classes.order[i])->opts);
}

const struct client_class *first_class(const struct request *req, enum class_sets what)
{
	unsigned i = 0;

	while (!(class_of(req, req->classes.order[i])->sets & what))
		i++;
	return class_of(req, req->classes.order[i]);
}
