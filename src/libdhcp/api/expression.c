/* SPDX-License-Identifier: MPL-2.0 */
#include "api/api_int.h"

#include "eval/expr.h"
#include "root/config.h"
#include "serve/binding.h"
#include "serve/classify.h"
#include "serve/service.h"
#include "wire/dict6.h"
#include "wire/ia6.h"

static bool may_declare(struct kea_library *lib, const struct kea_json *text)
{
	if (hook_is_loading(lib) && !lib->digit)
		(void)api_fail(lib, text, "expressions are for the DHCP servers");
	return hook_is_loading(lib) && lib->digit;
}

struct kea_expression *api_expression(struct kea_library *lib, const struct kea_json *text, int is_test)
{
	struct kea_expression *expression;

	if (!may_declare(lib, text))
		return NULL;
	if (api_json_type(text) != KEA_JSON_TEXT) {
		(void)api_fail(lib, text, "expected an expression, in a string");
		return NULL;
	}
	/* It is compiled for each configuration, from the text there. */
	if (!hook_twin(lib->parameters, lib->parameters, json_of(text))) {
		(void)api_fail(lib, NULL, "the expression %s is not part of the parameters", api_json_text(text));
		return NULL;
	}
	expression = xcalloc(1, sizeof(*expression));
	*expression = (struct kea_expression){
		.index = (unsigned)lib->expressions.n,
		.value = json_of(text),
		.is_test = is_test,
	};
	*vec_push(&lib->expressions) = expression;
	return expression;
}

struct kea_expression *api_scope_expression(struct kea_library *lib, const char *map, const char *key,
					    const struct kea_expression *outer, int is_test)
{
	struct kea_expression *expression;

	if (!may_declare(lib, NULL))
		return NULL;
	expression = xcalloc(1, sizeof(*expression));
	*expression = (struct kea_expression){
		.index = (unsigned)lib->expressions.n,
		.map = xstrdup(map),
		.key = xstrdup(key),
		.outer = outer,
		.is_test = is_test,
	};
	*vec_push(&lib->expressions) = expression;
	return expression;
}

struct kea_expression *api_expression_text(struct kea_library *lib, const char *text, const struct kea_json *where,
					   const char *name)
{
	struct kea_expression *expression;

	if (!may_declare(lib, where))
		return NULL;
	expression = xcalloc(1, sizeof(*expression));
	*expression = (struct kea_expression){
		.index = (unsigned)lib->expressions.n,
		.text = json_object_new_string(text),
		.name = xstrdup(name),
		.where = json_of(where),
	};
	*vec_push(&lib->expressions) = expression;
	return expression;
}

/* The expressions of the innermost scope. */
static const struct scope_exprs *exprs_of(const struct hook_call *hook)
{
	const struct request *req = hook->req;

	if (hook->pool || req->pool)
		return (hook->pool ? hook->pool : req->pool)->exprs;
	return req->sub ? req->sub->exprs : req->cfg->plan.exprs;
}

static const struct eval_expr *compiled_of(const struct kea_call *call, const struct kea_expression *expression)
{
	const struct scope_exprs *exprs = expression->map ? exprs_of(call->hook) : NULL;

	return exprs ? exprs->v[call->use->scoped[expression->index]] : call->use->expressions[expression->index];
}

/* While a client is named, its message has the address that the client gets. */
static const struct packet4 *with_address(const struct request *req, struct packet4 *copy)
{
	*copy = req->q;
	copy->yiaddr = ip_to4(&req->bindings[0].candidate.prefix.addr);
	return copy;
}

/* A message as expressions see it, where that is not the message itself. */
struct view {
	struct packet4 q4;
	struct packet6 q6;
};

/* The expression as the packet's configuration compiled it; NULL if it cannot be evaluated. */
static const struct eval_expr *begin(struct kea_object *packet, const struct kea_expression *expression,
				     struct eval *ev, struct view *view)
{
	const struct request *req = packet->at;

	if (packet->kind != KEA_OBJECT_PACKET || !packet->call->use->expressions || !req->worker->scratch)
		return NULL;
	*ev = classify_eval(req);
	if (packet->role == KEA_ARG_RESPONSE) {
		ev->q4 = ev->q4 ? &req->a : NULL;
		ev->q6 = ev->q6 ? &req->a6 : NULL;
	} else if (ev->q4 && packet->call->hook->name) {
		ev->q4 = with_address(req, &view->q4);
	}
	eval_begin(ev);
	ev->work_left -= packet->call->hook->packet->eval_work;
	return compiled_of(packet->call, expression);
}

/* The limit is for all expressions of a packet: they may depend on each other, and a library may have any number. */
static void end(struct kea_object *packet, const struct eval *ev)
{
	struct hook_packet *account = packet->call->hook->packet;

	account->eval_work = EVAL_WORK_MAX - ev->work_left;
	account->is_eval_exceeded |= ev->is_exceeded;
}

int api_is_test(struct kea_object *packet, const struct kea_expression *expression)
{
	const struct eval_expr *compiled =
		packet->call->use->expressions ? compiled_of(packet->call, expression) : NULL;

	return compiled && eval_type_of(compiled) == EVAL_BOOL;
}

int api_test(struct kea_object *packet, const struct kea_expression *expression)
{
	struct view view;
	struct eval ev;
	const struct eval_expr *compiled = begin(packet, expression, &ev, &view);
	bool is_true;

	if (!compiled || eval_type_of(compiled) != EVAL_BOOL)
		return 0;
	is_true = eval_test(compiled, &ev);
	end(packet, &ev);
	return is_true;
}

static const void *text_of(struct kea_object *packet, const struct eval_expr *compiled, struct eval *ev,
			   size_t *ret_len)
{
	struct bytes value = { 0 };
	const void *copy = NULL;

	if (compiled && eval_type_of(compiled) == EVAL_TEXT) {
		value = eval_text(compiled, ev);
		end(packet, ev);
	}
	if (value.len && !ev->is_exceeded)
		copy = arena_dup(call_arena(packet->call), value.data, value.len);
	*ret_len = copy ? value.len : 0;
	return copy;
}

const void *api_evaluate(struct kea_object *packet, const struct kea_expression *expression, size_t *ret_len)
{
	struct view view;
	struct eval ev;
	const struct eval_expr *compiled = begin(packet, expression, &ev, &view);

	return text_of(packet, compiled, &ev, ret_len);
}

/* --- a message with a single lease ------------------------------------------------------------------------------ */

static bool is_item(uint16_t code)
{
	return code == OPT6_IAADDR || code == OPT6_IAPREFIX;
}

/* True if the option in an IA is the lease's address or prefix. */
static bool is_of_lease(const struct opt *opt, const struct lease *lease)
{
	size_t at = opt->code == OPT6_IAPREFIX ? 9 : 0;

	return opt->data.len >= at + sizeof(lease->addr.b) &&
	       !memcmp(opt->data.data + at, lease->addr.b, sizeof(lease->addr.b)) &&
	       (opt->code == OPT6_IAPREFIX) == (lease->type == LEASE_PD);
}

static bool holds_lease(const struct ia6 *ia, const struct lease *lease)
{
	struct reader r = reader_of(ia->subs);
	struct opt opt;

	if ((ia->code == OPT6_IA_PD) != (lease->type == LEASE_PD))
		return false;
	if (ia->iaid == lease->iaid)
		return true;
	while (opt_next6(&r, &opt))
		if (is_item(opt.code) && is_of_lease(&opt, lease))
			return true;
	return false;
}

/* Returns the IA without other addresses and prefixes; empty if there is no memory. */
static struct bytes cut_ia(struct bytes ia, size_t fixed, const struct lease *lease, struct arena *arena)
{
	struct reader r = reader_of(bytes_of(ia.data + fixed, ia.len - fixed));
	uint8_t *buf = arena_room(arena, ia.len);
	struct writer w;
	struct opt opt;

	if (!buf)
		return bytes_of(NULL, 0);
	w = writer_init(buf, ia.len);
	write_bytes(&w, ia.data, fixed);
	while (opt_next6(&r, &opt)) {
		if (is_item(opt.code) && !is_of_lease(&opt, lease))
			continue;
		write_u16(&w, opt.code);
		write_u16(&w, (uint16_t)opt.data.len);
		write_bytes(&w, opt.data.data, opt.data.len);
	}
	return w.err ? bytes_of(NULL, 0) : bytes_of(buf, writer_len(&w));
}

/* Copies the message with the IA of the lease as its only one. False if there is no memory. */
static bool isolate(const struct packet6 *from, const struct lease *lease, struct arena *arena, struct packet6 *ret)
{
	*ret = *from;
	opts_init(&ret->opts, arena);
	for (unsigned i = 0; i < from->opts.n; i++) {
		struct opt opt = from->opts.v[i];
		size_t fixed = is_item(opt.code) ? 0 : ia6_fixed_len(opt.code);
		unsigned pos = i;
		struct ia6 ia;

		if (fixed && opt.data.len >= fixed && ia6_next(&from->opts, &pos, &ia)) {
			if (!holds_lease(&ia, lease))
				continue;
			opt.data = cut_ia(opt.data, fixed, lease, arena);
			if (!opt.data.len)
				return false;
		}
		if (opts_add(&ret->opts, opt.code, opt.data) < 0)
			return false;
	}
	return true;
}

const void *api_evaluate_lease(struct kea_object *packet, const struct kea_object *lease,
			       const struct kea_expression *expression, size_t *ret_len)
{
	struct view view;
	struct eval ev;
	const struct eval_expr *compiled = begin(packet, expression, &ev, &view);

	if (compiled && ev.q6 && lease->kind == KEA_OBJECT_LEASE) {
		if (!isolate(ev.q6, lease->at, call_arena(packet->call), &view.q6))
			compiled = NULL;
		ev.q6 = &view.q6;
	}
	return text_of(packet, compiled, &ev, ret_len);
}
