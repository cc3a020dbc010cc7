/* SPDX-License-Identifier: MPL-2.0 */
#include "api/api_int.h"

#include "eval/expr.h"
#include "root/config.h"
#include "serve/classify.h"
#include "serve/service.h"

struct kea_expression *api_expression(struct kea_library *lib, const struct kea_json *text, int is_test)
{
	struct kea_expression *expression;

	if (!lib->diag)
		return NULL;
	if (api_json_type(text) != KEA_JSON_TEXT) {
		(void)api_fail(lib, text, "expected an expression, in a string");
		return NULL;
	}
	expression = xcalloc(1, sizeof(*expression));
	*expression = (struct kea_expression){ (unsigned)lib->expressions.n, json_of(text), is_test };
	*vec_push(&lib->expressions) = expression;
	return expression;
}

/* The expression as the packet's configuration compiled it; NULL if it cannot be evaluated. */
static const struct eval_expr *begin(struct kea_object *packet, const struct kea_expression *expression,
				     struct eval *ev)
{
	const struct request *req = packet->at;

	if (packet->kind != KEA_OBJECT_PACKET || !packet->call->use->expressions || !req->worker->scratch)
		return NULL;
	*ev = classify_eval(req);
	if (packet->role == KEA_ARG_RESPONSE) {
		ev->q4 = ev->q4 ? &req->a : NULL;
		ev->q6 = ev->q6 ? &req->a6 : NULL;
	}
	eval_begin(ev);
	ev->work_left -= packet->call->hook->packet->eval_work;
	return packet->call->use->expressions[expression->index];
}

/* The limit is for all expressions of a packet: they may depend on each other, and a library may have any number. */
static void end(struct kea_object *packet, const struct eval *ev)
{
	struct hook_packet *account = packet->call->hook->packet;

	account->eval_work = EVAL_WORK_MAX - ev->work_left;
	account->is_eval_exceeded |= ev->is_exceeded;
}

int api_test(struct kea_object *packet, const struct kea_expression *expression)
{
	struct eval ev;
	const struct eval_expr *compiled = begin(packet, expression, &ev);
	bool is_true;

	if (!compiled || !expression->is_test)
		return 0;
	is_true = eval_test(compiled, &ev);
	end(packet, &ev);
	return is_true;
}

const void *api_evaluate(struct kea_object *packet, const struct kea_expression *expression, size_t *ret_len)
{
	struct eval ev;
	const struct eval_expr *compiled = begin(packet, expression, &ev);
	struct bytes value = { 0 };
	const void *copy = NULL;

	if (compiled && !expression->is_test) {
		value = eval_text(compiled, &ev);
		end(packet, &ev);
	}
	if (value.len && !ev.is_exceeded)
		copy = arena_dup(call_arena(packet->call), value.data, value.len);
	*ret_len = copy ? value.len : 0;
	return copy;
}
