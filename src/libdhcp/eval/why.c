/* SPDX-License-Identifier: MPL-2.0 */
/* Which part of an expression decided its value. It evaluates parts again; the packet path does not come here. */
#include "eval/expr_int.h"

/* The first operand with this value; NULL if there is none. */
static const struct eval_node *operand_with(const struct eval_node *node, bool value, struct eval *ev)
{
	for (const struct eval_node *arg = node->first; arg; arg = arg->next)
		if (node_test(arg, ev) == value)
			return arg;
	return NULL;
}

/* The operand that decides, or the node itself if all of them do. */
static const struct eval_node *decider(const struct eval_node *node, struct eval *ev)
{
	const struct eval_node *arg = node;

	/* Nested no deeper than EVAL_DEPTH_MAX. */
	while (arg) {
		node = arg;
		if (node->test == test_and)
			arg = operand_with(node, false, ev);
		else if (node->test == test_or)
			arg = operand_with(node, true, ev);
		else if (node->test == test_not)
			arg = node->first;
		else
			break;
	}
	return node;
}

struct eval_reason eval_why(const struct eval_expr *expr, struct eval *ev)
{
	const struct eval_node *node = decider(expr->root, ev), *left = node->first;
	struct eval_reason ret = { .value = node_test(node, ev), .from = node->from, .to = node->to };

	ret.has_left = left && node->op->args[0] == ARG_TEXT && left->op->result == EVAL_TEXT && !eval_is_place(left);
	if (ret.has_left)
		ret.left = node_text(left, ev);
	return ret;
}
