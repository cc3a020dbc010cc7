/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lists of patterns, compared with a text: what the "match" of a class is made of. The patterns are sorted and none
 * covers another, so only the last one that is not greater than the text can match it.
 */
#include "eval/expr_int.h"

/* In digits, half bytes: an address block may end in the middle of a byte. */
static int compare_digits(const uint8_t *a, size_t a_digits, const uint8_t *b, size_t b_digits)
{
	size_t n = a_digits < b_digits ? a_digits : b_digits;
	int order = n > 1 ? memcmp(a, b, n / 2) : 0;

	if (!order && n % 2)
		order = (a[n / 2] >> 4) - (b[n / 2] >> 4);
	if (order)
		return order;
	return a_digits < b_digits ? -1 : a_digits > b_digits;
}

int eval_pattern_compare(const struct eval_pattern *a, const struct eval_pattern *b)
{
	int order = compare_digits(a->data, a->n_digits, b->data, b->n_digits);

	return order ? order : (int)b->is_prefix - (int)a->is_prefix;
}

bool eval_pattern_covers(const struct eval_pattern *pattern, const uint8_t *data, size_t n_digits)
{
	if (!pattern->is_prefix)
		return !compare_digits(pattern->data, pattern->n_digits, data, n_digits);
	return pattern->n_digits <= n_digits &&
	       !compare_digits(pattern->data, pattern->n_digits, data, pattern->n_digits);
}

static bool test_listed(const struct eval_node *node, struct eval *ev)
{
	struct bytes text = node_text(node->first, ev);
	uint32_t low = 0, high = node->n_patterns;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct eval_pattern *p = &node->patterns[mid];

		if (!eval_charge(ev, 1 + p->n_digits / 32))
			return false;
		if (compare_digits(p->data, p->n_digits, text.data, 2 * text.len) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low && eval_pattern_covers(&node->patterns[low - 1], text.data, 2 * text.len);
}

/* IEEE 802: the address is local (not from a manufacturer) and not a group's. */
static bool test_random(const struct eval_node *node, struct eval *ev)
{
	struct bytes mac = node_text(node->first, ev);

	return mac.len && (mac.data[0] & 3) == 2;
}

static const struct eval_op op_listed = { .name = "listed", .families = FAM_46, .result = EVAL_BOOL };
static const struct eval_op op_any = { .name = "any", .families = FAM_46, .result = EVAL_BOOL };

const struct eval_expr *eval_any_list(struct arena *arena, const struct eval_list *lists, size_t n)
{
	struct eval_expr *expr = arena_new_obj(arena, struct eval_expr);
	struct eval_node *root = arena_new_obj(arena, struct eval_node), **end = &root->first;
	size_t i, k;

	root->op = &op_any;
	root->test = test_or;
	for (i = 0; i < n; i++) {
		struct eval_node *node = arena_new_obj(arena, struct eval_node);

		node->op = &op_listed;
		node->test = lists[i].is_random ? test_random : test_listed;
		node->patterns = lists[i].patterns;
		node->n_patterns = lists[i].n;
		/* The text is used once only: its root may be linked here. */
		node->first = arena_dup(arena, lists[i].text->root, sizeof(*node->first));
		*end = node;
		end = &node->next;
		expr->work += 2 + lists[i].text->work;
		for (k = lists[i].n; k; k /= 2)
			expr->work++;
	}
	expr->root = root;
	expr->work++;
	return expr;
}
